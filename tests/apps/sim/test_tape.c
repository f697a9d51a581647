#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apps/sim/tape.h"
#include "core/error.h"
#include "core/text_file.h"
#include "feeds/framing/binaryfile.h"
#include "tests/support/random.h"

enum { NAMES = 3, QUOTES = 4000, ORDERS_MAX = 1 << 18 };

/* A reader's books: every order by its reference. */
typedef struct model_order {
    uint16_t locate;
    char side; /* 0: not there */
    uint32_t shares, px4;
} model_order;

static model_order order[ORDERS_MAX];

static void best_of(uint16_t locate, uint64_t ref_max, uint32_t *bid, uint32_t *ask)
{
    *bid = 0;
    *ask = UINT32_MAX;
    uint64_t from = ref_max > 200 ? ref_max - 200 : 0; /* with three names no order is older than that */
    for (uint64_t i = from; i <= ref_max; i++) {
        if (order[i].locate != locate || order[i].side == 0)
            continue;
        if (order[i].side == 'B' && order[i].px4 > *bid)
            *bid = order[i].px4;
        if (order[i].side == 'S' && order[i].px4 < *ask)
            *ask = order[i].px4;
    }
}

static uint64_t apply(const as_itch50 *m)
{
    switch (m->type) {
    case 'A':
        assert_int_equal(order[m->add.ref].side, 0);
        order[m->add.ref] = (model_order){m->locate, m->add.side, m->add.shares, m->add.px4};
        return m->add.ref;
    case 'U':
        assert_int_not_equal(order[m->replace.ref].side, 0);
        order[m->replace.new_ref] = order[m->replace.ref];
        order[m->replace.new_ref].shares = m->replace.shares;
        order[m->replace.new_ref].px4 = m->replace.px4;
        order[m->replace.ref].side = 0;
        return m->replace.new_ref;
    case 'D':
        assert_int_not_equal(order[m->remove.ref].side, 0);
        order[m->remove.ref].side = 0;
        return 0;
    case 'E':
        assert_int_not_equal(order[m->execute.ref].side, 0);
        assert_true(m->execute.shares > 0 && m->execute.shares < order[m->execute.ref].shares);
        order[m->execute.ref].shares -= m->execute.shares;
        return 0;
    default:
        fail_msg("found a message '%c'", m->type);
        return 0;
    }
}

typedef struct wanted {
    uint64_t ts;
    uint16_t locate;
    uint32_t bid, ask;
} wanted;

static wanted want[QUOTES];

static void write_walk(const char *path, uint64_t seed)
{
    static const char *const symbols[NAMES] = {"AAA", "EIGHTLET", "C"};
    as_sim_tape tape;
    uint32_t mid[NAMES] = {500, 20000, 150000};
    uint64_t random = seed;
    printf("seed %llu\n", (unsigned long long)seed);
    assert_int_equal(as_sim_tape_open(&tape, path, seed, symbols, NAMES), 0);
    for (unsigned i = 0; i < QUOTES; i++) {
        uint32_t name = (uint32_t)(ast_random(&random) % NAMES);
        uint32_t jump = 1 + mid[name] / 2000;
        mid[name] += (uint32_t)(ast_random(&random) % (2 * jump + 1)) - jump;
        uint32_t half = 1 + (uint32_t)(ast_random(&random) % (1 + mid[name] / 4000));
        want[i] = (wanted){.ts = 1000 + 10 * (uint64_t)i,
                           .locate = (uint16_t)(name + 1),
                           .bid = (mid[name] - half) * AS_SIM_TICK_PX4,
                           .ask = (mid[name] + half) * AS_SIM_TICK_PX4};
        as_sim_tape_trade(&tape, want[i].ts, name, (int)(ast_random(&random) & 1));
        as_sim_tape_quote(&tape, want[i].ts, name, want[i].bid, want[i].ask);
    }
    assert_int_equal(tape.quotes, QUOTES);
    as_sim_tape_clear(&tape, 1000 + 10 * (uint64_t)QUOTES);
    assert_int_equal(as_sim_tape_close(&tape), 0);
}

/*
 * Read back by the project's decoder: after every message no book is crossed, after every quote it is the wanted
 * one.
 */
static void books_are_never_crossed_and_end_where_they_are_wanted(void **state)
{
    (void)state;
    char path[] = "/tmp/aftershock-tape-XXXXXX", *text;
    size_t bytes, at = 0, message_bytes;
    const uint8_t *message;
    as_binaryfile reader;
    uint64_t ref_max = 0, latest = 0;
    unsigned next = 0;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    write_walk(path, 20260701);
    assert_int_equal(as_text_file_read(path, AS_TEXT_FILE_BYTES_MAX, &text, &bytes), 0);
    as_binaryfile_init(&reader, NULL);
    while (as_binaryfile_next(&reader, (const uint8_t *)text + at, bytes - at, true, &message, &message_bytes) ==
           AS_BINARYFILE_MESSAGE) {
        as_itch50 m;
        uint32_t bid, ask;
        assert_int_equal(as_itch50_decode(message, message_bytes, &m), AS_ITCH50_OK);
        at += reader.consumed_bytes;
        assert_true(m.ts_ns >= latest);
        while (next < QUOTES && want[next].ts < m.ts_ns) { /* the quote before is complete */
            best_of(want[next].locate, ref_max, &bid, &ask);
            assert_int_equal(bid, want[next].bid);
            assert_int_equal(ask, want[next].ask);
            next++;
        }
        latest = m.ts_ns;
        uint64_t ref = apply(&m);
        ref_max = ref > ref_max ? ref : ref_max;
        best_of(m.locate, ref_max, &bid, &ask);
        assert_true(bid < ask);
    }
    assert_int_equal(at, bytes);
    assert_int_equal(next, QUOTES);
    for (uint64_t i = 0; i <= ref_max; i++)
        assert_int_equal(order[i].side, 0); /* the day leaves no order behind */
    free(text);
    unlink(path);
}

static void a_file_that_cannot_be_written_is_named(void **state)
{
    (void)state;
    static const char *const symbols[1] = {"A"};
    as_sim_tape tape;
    assert_true(as_sim_tape_open(&tape, "/nowhere/day.itch", 1, symbols, 1) < 0);
    assert_non_null(strstr(as_error_message(0), "/nowhere/day.itch: cannot be written"));
    assert_int_equal(as_sim_tape_close(&tape), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(books_are_never_crossed_and_end_where_they_are_wanted),
        cmocka_unit_test(a_file_that_cannot_be_written_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
