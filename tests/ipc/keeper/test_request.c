#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ipc/keeper/request.h"
#include "ipc/writer.h"

static as_request r;
static uint8_t frame[8192];
static as_writer w;

static void begin(unsigned keys, const char *op)
{
    as_writer_msgpack(&w, frame, sizeof frame);
    as_writer_map(&w, keys + 1);
    as_writer_key(&w, "op");
    as_writer_text(&w, op);
}

static bool parse(void)
{
    return as_request_parse(frame, as_writer_finish(&w), false, &r);
}

static void key_uint(const char *key, uint64_t value)
{
    as_writer_key(&w, key);
    as_writer_uint(&w, value);
}

/* Wrong, and the detail names the key, what was found and what is allowed. */
static void expect(const char *error, const char *detail)
{
    assert_false(parse());
    assert_string_equal(r.error, error);
    assert_string_equal(r.detail, detail);
}

static void every_key_of_the_table_is_read(void **state)
{
    (void)state;
    begin(6, "replay");
    key_uint("id", UINT64_MAX);
    key_uint("epoch", 1);
    key_uint("from", 2);
    key_uint("to", 3);
    key_uint("wait_ms", 10000);
    as_writer_key(&w, "prefix");
    as_writer_array(&w, 2);
    as_writer_text(&w, "sig.");
    as_writer_text(&w, "fact.");
    assert_true(parse());
    assert_int_equal(r.op, AS_OP_REPLAY);
    assert_true(r.id.given && r.id.value == UINT64_MAX);
    assert_int_equal(r.epoch.value, 1);
    assert_int_equal(r.from.value, 2);
    assert_int_equal(r.to.value, 3);
    assert_int_equal(r.wait_ms.value, 10000);
    assert_int_equal(r.prefixes.count, 2);
    begin(3, "ping");
    key_uint("seen", 4);
    key_uint("lost", 5);
    as_writer_key(&w, "client");
    as_writer_text(&w, "bot\n\xc3\xa9");
    assert_true(parse());
    assert_string_equal(r.client, "bot???");
    assert_int_equal(r.seen.value, 4);
    assert_int_equal(r.lost.value, 5);
    begin(3, "snapshot");
    key_uint("at", 6);
    key_uint("token", 7);
    key_uint("part", 8);
    assert_true(parse());
    assert_int_equal(r.at.value, 6);
    assert_int_equal(r.token.value, 7);
    assert_int_equal(r.part.value, 8);
    begin(0, "schema");
    assert_true(parse());
    assert_int_equal(r.op, AS_OP_SCHEMA);
    assert_false(r.id.given);
}

static void defaults_are_those_of_the_table(void **state)
{
    (void)state;
    begin(1, "snapshot");
    as_writer_key(&w, "prefix");
    as_writer_array(&w, 0); /* it would match nothing */
    assert_false(parse());
    assert_string_equal(r.error, "bad_key");
    begin(1, "snapshot");
    as_writer_key(&w, "prefix");
    as_writer_nil(&w);
    assert_true(parse());
    assert_int_equal(r.prefixes.count, 1); /* the empty prefix: everything */
    assert_false(r.at.given || r.token.given || r.part.given);
}

static void keys_that_the_operation_does_not_know_are_ignored(void **state)
{
    (void)state;
    begin(4, "ping");
    key_uint("prefix", 7);
    key_uint("a key that is longer than any of ours", 7);
    as_writer_key(&w, "from");
    as_writer_text(&w, "x");
    as_writer_int(&w, -3); /* a key need not be text */
    as_writer_nil(&w);
    assert_true(parse());
}

static void what_is_wrong_is_named(void **state)
{
    (void)state;
    begin(0, "nix");
    expect("unknown_op", "op: found nix; allowed: snapshot, replay, ping, schema");
    begin(0, "an operation with a very long name");
    expect("unknown_op", "op: found no name of an operation; allowed: snapshot, replay, ping, schema");
    assert_string_equal(r.op_text, "");
    begin(1, "ping");
    as_writer_key(&w, "id");
    as_writer_int(&w, -1);
    expect("bad_key", "id: found a negative number; allowed: a uint");
    begin(0, "replay");
    expect("bad_key", "epoch: found nothing; allowed: a uint");
    begin(1, "replay");
    key_uint("epoch", 1);
    expect("bad_key", "from: found nothing; allowed: a uint");
    begin(2, "replay");
    key_uint("epoch", 1);
    key_uint("from", 0);
    expect("bad_key", "from: found 0; allowed: 1 or more");
    begin(3, "replay");
    key_uint("epoch", 1);
    key_uint("from", 1);
    key_uint("wait_ms", 10001);
    expect("bad_key", "wait_ms: found 10001; allowed: at most 10000");
    begin(1, "snapshot");
    as_writer_key(&w, "at");
    as_writer_text(&w, "x");
    expect("bad_key", "at: found text; allowed: a uint");
    begin(1, "snapshot");
    key_uint("token", 1);
    expect("bad_key", "part: found nothing; allowed: token and part together");
    begin(1, "snapshot");
    key_uint("prefix", 1);
    expect("bad_key", "prefix: found a uint; allowed: text, or an array of at most 64 texts");
    begin(1, "ping");
    as_writer_key(&w, "client");
    as_writer_text(&w, "a name of more than thirty-one bytes");
    expect("bad_key", "client: found 36 bytes; allowed: at most 31");
}

static void prefixes_have_limits(void **state)
{
    (void)state;
    char text[200];
    memset(text, 't', sizeof text);
    text[192] = 0;
    begin(1, "snapshot");
    as_writer_key(&w, "prefix");
    as_writer_text(&w, text);
    expect("bad_key", "prefix: found 192 bytes; allowed: at most 191");
    begin(1, "snapshot");
    as_writer_key(&w, "prefix");
    as_writer_array(&w, 65);
    for (unsigned i = 0; i < 65; i++)
        as_writer_text(&w, "s");
    expect("bad_key", "prefix: found 65 prefixes; allowed: at most 64");
}

static void what_is_no_map_is_malformed(void **state)
{
    (void)state;
    static const uint8_t bomb[] = {0xdd, 0x07, 0xff, 0xff, 0xff}, number[] = {7}, two[] = {0x80, 0x80};
    static uint8_t large[AS_REQUEST_BYTES_MAX + 1];
    assert_false(as_request_parse(bomb, sizeof bomb, false, &r));
    assert_string_equal(r.error, "malformed");
    assert_string_equal(r.op_text, "");
    assert_false(as_request_parse(number, sizeof number, false, &r));
    assert_string_equal(r.detail, "found a uint; allowed: one MessagePack map");
    assert_false(as_request_parse(two, sizeof two, false, &r));
    assert_string_equal(r.detail, "bytes follow the value; allowed: one MessagePack map");
    assert_false(as_request_parse(NULL, 0, false, &r));
    assert_string_equal(r.error, "malformed");
    assert_false(as_request_parse(large, sizeof large, false, &r));
    assert_string_equal(r.detail, "found 4097 bytes; allowed: at most 4096");
}

/* Cut anywhere, with any byte changed: never a crash, always a reason. */
static void any_damage_is_survived(void **state)
{
    (void)state;
    static uint8_t copy[256];
    begin(3, "replay");
    key_uint("epoch", UINT64_MAX);
    key_uint("from", 200);
    as_writer_key(&w, "prefix");
    as_writer_text(&w, "sig.");
    size_t bytes = as_writer_finish(&w);
    assert_true(parse());
    for (size_t i = 0; i < bytes; i++)
        assert_false(as_request_parse(frame, i, false, &r));
    for (size_t i = 0; i < bytes; i++)
        for (unsigned value = 0; value < 256; value++) {
            memcpy(copy, frame, bytes);
            copy[i] = (uint8_t)value;
            bool right = as_request_parse(copy, bytes, true, &r);
            assert_int_equal(right, r.error == NULL);
            assert_true(right || *r.detail);
        }
}

static void an_operator_may_ask_for_more(void **state)
{
    (void)state;
    begin(0, "halt");
    size_t bytes = as_writer_finish(&w);
    assert_true(as_request_parse(frame, bytes, true, &r));
    assert_int_equal(r.op, AS_OP_OTHER);
    assert_string_equal(r.op_text, "halt");
    assert_false(as_request_parse(frame, bytes, false, &r));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_of_the_table_is_read),
        cmocka_unit_test(defaults_are_those_of_the_table),
        cmocka_unit_test(keys_that_the_operation_does_not_know_are_ignored),
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(prefixes_have_limits),
        cmocka_unit_test(what_is_no_map_is_malformed),
        cmocka_unit_test(any_damage_is_survived),
        cmocka_unit_test(an_operator_may_ask_for_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
