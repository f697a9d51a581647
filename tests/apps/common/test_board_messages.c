#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <msgpack.h>

#include "apps/common/board_messages.h"

enum { EPOCH = 77 };

/* The bytes of a dump of docs/WIRE.md: "0000  de 00 13 ..  ....". */
static size_t golden(const char *name, uint8_t *out, size_t out_bytes)
{
    char path[128], line[256];
    size_t used = 0;
    snprintf(path, sizeof path, "tests/ipc/golden/%s.hex", name);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    while (fgets(line, sizeof line, file)) {
        for (int i = 0, at = 6; i < 16; i++, at += 3) {
            unsigned byte;
            if (sscanf(line + at, "%2x", &byte) != 1 || line[at] == ' ')
                break;
            assert_true(used < out_bytes);
            out[used++] = (uint8_t)byte;
        }
    }
    fclose(file);
    return used;
}

/* ---- answers of a server, made with msgpack-c ---- */

typedef struct reply {
    msgpack_sbuffer buffer;
    msgpack_packer packer;
} reply;

static void text(reply *r, const char *value)
{
    msgpack_pack_str(&r->packer, strlen(value));
    msgpack_pack_str_body(&r->packer, value, strlen(value));
}

static void number(reply *r, const char *key, uint64_t value)
{
    text(r, key);
    msgpack_pack_uint64(&r->packer, value);
}

static void begin(reply *r, unsigned keys, const char *error, uint64_t gseq, uint64_t oldest)
{
    msgpack_sbuffer_init(&r->buffer);
    msgpack_packer_init(&r->packer, &r->buffer, msgpack_sbuffer_write);
    msgpack_pack_map(&r->packer, 5 + keys);
    text(r, "error");
    if (error)
        text(r, error);
    else
        msgpack_pack_nil(&r->packer);
    number(r, "epoch", EPOCH);
    number(r, "gseq", gseq);
    number(r, "oldest", oldest);
    text(r, "halted");
    msgpack_pack_false(&r->packer);
}

static void message(reply *r, const char *topic, const uint8_t *payload, size_t bytes)
{
    msgpack_pack_array(&r->packer, 2);
    text(r, topic);
    msgpack_pack_bin(&r->packer, bytes);
    msgpack_pack_bin_body(&r->packer, payload, bytes);
}

static void give(as_board_messages *m, reply *r)
{
    as_board_messages_take(m, (const uint8_t *)r->buffer.data, r->buffer.size);
    msgpack_sbuffer_destroy(&r->buffer);
}

/* A snapshot's part with one message in it. */
static void give_snapshot(as_board_messages *m, uint64_t gseq, unsigned parts, unsigned part, const char *topic,
                          const char *name)
{
    uint8_t payload[4096];
    size_t bytes = golden(name, payload, sizeof payload);
    reply r;
    begin(&r, 5, NULL, gseq, 1);
    number(&r, "count", parts);
    number(&r, "parts", parts);
    number(&r, "part", part);
    number(&r, "token", 9);
    text(&r, "messages");
    msgpack_pack_array(&r.packer, 1);
    message(&r, topic, payload, bytes);
    give(m, &r);
}

static void give_replay(as_board_messages *m, uint64_t gseq, uint64_t next, unsigned count, const char *topic,
                        const char *name)
{
    uint8_t payload[4096];
    size_t bytes = golden(name, payload, sizeof payload);
    reply r;
    begin(&r, 2, NULL, gseq, 1);
    number(&r, "next", next);
    text(&r, "messages");
    msgpack_pack_array(&r.packer, count);
    for (unsigned i = 0; i < count; i++)
        message(&r, topic, payload, bytes);
    give(m, &r);
}

/* The request's `op`, and one number of it; "" when the round is over. */
static const char *asked(as_board_messages *m, const char *key, uint64_t *value)
{
    static char op[32];
    uint8_t request[1024];
    size_t bytes = as_board_messages_ask(m, request, sizeof request), at = 0;
    msgpack_unpacked unpacked;
    op[0] = '\0';
    if (bytes == 0)
        return op;
    msgpack_unpacked_init(&unpacked);
    assert_int_equal(msgpack_unpack_next(&unpacked, (const char *)request, bytes, &at), MSGPACK_UNPACK_SUCCESS);
    const msgpack_object_map *map = &unpacked.data.via.map;
    for (uint32_t i = 0; i < map->size; i++) {
        const msgpack_object_str *k = &map->ptr[i].key.via.str;
        if (k->size == 2 && memcmp(k->ptr, "op", 2) == 0)
            snprintf(op, sizeof op, "%.*s", (int)map->ptr[i].val.via.str.size, map->ptr[i].val.via.str.ptr);
        if (key && k->size == strlen(key) && memcmp(k->ptr, key, k->size) == 0)
            *value = map->ptr[i].val.via.u64;
    }
    msgpack_unpacked_destroy(&unpacked);
    return op;
}

/* ---- */

static void each_golden_message_becomes_json(void **unused)
{
    (void)unused;
    static const struct {
        const char *name, *topic, *must;
        char kind;
    } vector[] = {
        {"sig", "sig.overreaction.BRK%2EB.", "\"sym\":\"BRK.B\"", 's'},
        {"pair", "sig.pairs.BRK%2EB.", "\"partner\":", 's'},
        {"shock", "shock.BRK%2EB.", "\"linked\":38", '!'},
        {"fact", "fact.BRK%2EB.", "\"headlines\":[\"bbg-1\",\"rtr\\\"1\"]", 'f'},
        {"feed", "feed.wire.", "\"state\":\"stale\"", 'F'},
        {"sys", "sys.", "\"what\":\"bye\"", 'y'},
        {"hb", "hb.", "\"tails\":null", 'h'},
    };
    for (unsigned i = 0; i < sizeof vector / sizeof *vector; i++) {
        uint8_t payload[4096];
        size_t bytes = golden(vector[i].name, payload, sizeof payload), json_bytes;
        char *json;
        as_board_entry entry = {0};
        FILE *out = open_memstream(&json, &json_bytes);
        assert_int_equal(as_board_message_json(vector[i].topic, strlen(vector[i].topic), payload, bytes, &entry, out),
                         0);
        fclose(out);
        assert_int_equal(entry.kind, vector[i].kind);
        assert_non_null(strstr(json, vector[i].must));
        assert_null(strstr(json, "nan"));
        free(json);
        for (size_t cut = 0; cut < bytes; cut++) /* a piece of a message is refused */
            assert_int_equal(as_board_message_json("sig.", 4, payload, cut, &entry, stderr), -EPROTO);
    }
}

static void times_are_ms_and_long_numbers_text(void **unused)
{
    (void)unused;
    uint8_t payload[4096];
    size_t bytes = golden("fact", payload, sizeof payload), json_bytes;
    char *json;
    as_board_entry entry = {0};
    FILE *out = open_memstream(&json, &json_bytes);
    assert_int_equal(as_board_message_json("fact.BRK%2EB.", 13, payload, bytes, &entry, out), 0);
    fclose(out);
    assert_non_null(strstr(json, "\"epoch\":\"1234605616436508552\"")); /* 0x1122334455667788 */
    assert_non_null(strstr(json, "\"ts_event\":1782936000000.000"));
    assert_string_equal(entry.fact, "META|compute_supply_entry|excess_ai_compute");
    assert_int_equal(entry.headline_count, 2);
    assert_string_equal(entry.headline[1], "rtr\"1");
    assert_int_equal(entry.gseq, 9);
    free(json);
}

static void a_round_asks_for_the_state_then_for_what_is_new(void **unused)
{
    (void)unused;
    as_board_messages m;
    uint64_t from = 0, part = 0;
    assert_int_equal(as_board_messages_init(&m), 0);
    as_board_messages_begin(&m);
    assert_string_equal(asked(&m, NULL, NULL), "snapshot");
    give_snapshot(&m, 5000, 2, 1, "fact.META.", "fact");
    assert_false(m.known);
    assert_string_equal(asked(&m, "part", &part), "snapshot");
    assert_int_equal(part, 2);
    give_snapshot(&m, 5000, 2, 2, "shock.META.", "shock");
    assert_true(m.known);
    assert_int_equal(as_board_messages_state(&m)->count, 2);
    assert_string_equal(asked(&m, "from", &from), "replay");
    assert_int_equal(from, 4001); /* not from the beginning of the day */
    give_replay(&m, 5000, 4500, 3, "sig.overreaction.MU.", "sig");
    assert_string_equal(asked(&m, "from", &from), "replay");
    assert_int_equal(from, 4500);
    give_replay(&m, 5000, 5001, 2, "sys.", "sys");
    assert_string_equal(asked(&m, NULL, NULL), "");
    assert_int_equal(m.latest_count, 5);
    assert_int_equal(as_board_messages_latest(&m, 0)->kind, 'y');
    assert_int_equal(as_board_messages_latest(&m, 4)->kind, 's');
    assert_null(as_board_messages_latest(&m, 5));
    as_board_messages_begin(&m); /* the next round goes on from there */
    assert_string_equal(asked(&m, NULL, NULL), "snapshot");
    give_snapshot(&m, 5003, 1, 1, "fact.META.", "fact");
    assert_int_equal(as_board_messages_state(&m)->count, 1);
    assert_string_equal(asked(&m, "from", &from), "replay");
    assert_int_equal(from, 5001);
    as_board_messages_fini(&m);
}

static void only_the_latest_messages_are_kept(void **unused)
{
    (void)unused;
    as_board_messages m;
    assert_int_equal(as_board_messages_init(&m), 0);
    as_board_messages_begin(&m);
    asked(&m, NULL, NULL);
    give_snapshot(&m, 900, 1, 1, "fact.META.", "fact");
    asked(&m, NULL, NULL);
    give_replay(&m, 900, 901, AS_PAGE_MESSAGE_MAX + 7, "sys.", "sys");
    assert_non_null(as_board_messages_latest(&m, AS_PAGE_MESSAGE_MAX - 1));
    assert_null(as_board_messages_latest(&m, AS_PAGE_MESSAGE_MAX));
    as_board_messages_fini(&m);
}

static void errors_end_the_round_and_are_told(void **unused)
{
    (void)unused;
    as_board_messages m;
    reply r;
    uint64_t from = 0;
    assert_int_equal(as_board_messages_init(&m), 0);
    as_board_messages_begin(&m);
    asked(&m, NULL, NULL);
    as_board_messages_take(&m, (const uint8_t *)"\xdd\xff\xff\xff\xff", 5); /* a bomb */
    assert_string_equal(asked(&m, NULL, NULL), "");
    assert_int_equal(m.errors, 1);
    as_board_messages_begin(&m);
    asked(&m, NULL, NULL);
    give_snapshot(&m, 50, 1, 1, "fact.META.", "fact");
    asked(&m, NULL, NULL);
    begin(&r, 0, "gone", 6000, 5500);
    give(&m, &r);
    assert_string_equal(m.last_error, "gone");
    assert_string_equal(asked(&m, NULL, NULL), "");
    as_board_messages_begin(&m);
    asked(&m, NULL, NULL);
    give_snapshot(&m, 6000, 1, 1, "fact.META.", "fact");
    asked(&m, "from", &from);
    assert_int_equal(from, 5500);
    as_board_messages_fini(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_golden_message_becomes_json),
        cmocka_unit_test(times_are_ms_and_long_numbers_text),
        cmocka_unit_test(a_round_asks_for_the_state_then_for_what_is_new),
        cmocka_unit_test(only_the_latest_messages_are_kept),
        cmocka_unit_test(errors_end_the_round_and_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
