#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <math.h>

#include "ipc/client/c/message.h"

/* A dump of docs/WIRE.md, with `prev` before `ts_pub` if it has none yet. */
static size_t golden(const char *name, uint8_t *bytes, size_t bytes_max)
{
    char path[128], line[128];
    size_t count = 0;
    (void)snprintf(path, sizeof path, "tests/ipc/golden/%s.hex", name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file))
        for (char *at = line + 6; at + 2 < line + 54 && *at != ' '; at += 3) {
            unsigned byte;
            if (sscanf(at, "%2x", &byte) != 1)
                break;
            assert_true(count < bytes_max);
            bytes[count++] = (uint8_t)byte;
        }
    (void)fclose(file);
    if (!memmem(bytes, count, "\xa4prev", 5)) {
        uint8_t *at = memmem(bytes, count, "\xa6ts_pub", 7);
        assert_true(at && count + 6 <= bytes_max);
        memmove(at + 6, at, count - (size_t)(at - bytes));
        memcpy(at, "\xa4prev\x01", 6);
        count += 6;
        bytes[bytes[0] == 0xde ? 2 : 0]++;
    }
    return count;
}

static void the_fields_of_the_golden_signal_are_read(void **state)
{
    (void)state;
    uint8_t bytes[2048];
    bool no_memory;
    as_client_body body;
    asc_arena arena = {0};
    size_t count = golden("sig", bytes, sizeof bytes);
    asc_message *m = asc_message_new("sig.overreaction.BRK%2EB.", 25, bytes, count, &no_memory);
    assert_non_null(m);
    assert_true(m->epoch == UINT64_C(0x1122334455667788) && m->gseq == 9 && m->tseq == 3 &&
                m->effect == ASC_EFFECT_SET);
    assert_true(asc_message_body(m, &arena, &body));
    assert_string_equal(body.kind, "overreaction");
    assert_string_equal(body.sym, "BRK.B");
    assert_int_equal(body.side, 1);
    assert_true(body.strength == 2.5 && isnan(body.p) && body.e == -0.125 && body.b == 0.25 && body.m == 4.0);
    assert_true(body.target == AS_CLIENT_NIL_INT && body.px > 0 && body.tick[0] == 41 && body.tick[1] == 7);
    assert_string_equal(body.fact, "META|compute_supply_entry|excess_ai_compute");
    assert_int_equal(body.headlines_count, 2);
    assert_string_equal(body.headlines[1], "rtr\"1");
    assert_string_equal(body.reasons[0], "NO_CHANNEL");
    assert_true(body.generation == 2 && isnan(body.hedge) && !body.partner);
    asc_message_unref(m);
    asc_arena_fini(&arena);
}

/* Whatever byte of a message is cut off or changed: it is refused, or read without harm (under the sanitizers). */
static void every_cut_is_refused_and_every_changed_byte_is_harmless(void **state)
{
    (void)state;
    static const char *const names[] = {"sig", "pair", "shock", "fact", "feed", "hb", "sys"};
    static const char *const topics[] = {"sig.t.A.", "sig.t.A.", "shock.A.", "fact.A.", "feed.a.", "hb.", "sys."};
    uint8_t bytes[2048];
    bool no_memory;
    as_client_body body;
    asc_arena arena = {0};
    unsigned read = 0;
    for (size_t n = 0; n < 7; n++) {
        size_t count = golden(names[n], bytes, sizeof bytes);
        for (size_t cut = 0; cut < count; cut++)
            assert_null(asc_message_new(topics[n], strlen(topics[n]), bytes, cut, &no_memory));
        for (size_t at = 0; at < count; at++)
            for (unsigned flip = 1; flip < 256; flip = flip * 2 + 1) {
                bytes[at] ^= (uint8_t)flip;
                asc_message *m = asc_message_new(topics[n], strlen(topics[n]), bytes, count, &no_memory);
                read += m != NULL;
                assert_true(!m || asc_message_body(m, &arena, &body));
                asc_message_unref(m);
                bytes[at] ^= (uint8_t)flip;
            }
    }
    assert_true(read > 1000);
    asc_arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_fields_of_the_golden_signal_are_read),
        cmocka_unit_test(every_cut_is_refused_and_every_changed_byte_is_harmless),
    };
    return cmocka_run_group_tests_name("client message", tests, NULL, NULL);
}
