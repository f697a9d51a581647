#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <msgpack.h>

#include "core/error.h"
#include "ipc/keeper/operations.h"

enum { EPOCH = 7 };

static as_keeper keeper;
static as_operations o;
static as_task task;

static int command(void *context, const char *op, as_writer *result)
{
    (void)context;
    if (strcmp(op, "large") == 0) {
        static char text[AS_ANSWER_BYTES_MAX];
        memset(text, 'x', sizeof text - 1);
        as_writer_text(result, text);
        return 0;
    }
    return strcmp(op, "broken") == 0 ? as_error_set(-EIO, "the cause") : -ENOSYS;
}

static int start(void **state)
{
    (void)state;
    const as_keeper_options options = {.memory_bytes = 1 << 22};
    if (as_keeper_init(&keeper, &options) || as_operations_init(&o, &keeper, EPOCH))
        return -1;
    o.control_op = command;
    return 0;
}

static int finish(void **state)
{
    (void)state;
    as_operations_fini(&o);
    as_keeper_fini(&keeper);
    return 0;
}

static void publish(const char *topic, as_message_kind kind, as_message_effect effect, size_t payload_bytes)
{
    static uint8_t record[1 << 16];
    as_message message = {.gseq = keeper.gseq + 1,
                          .ts_now = 5,
                          .kind = (uint8_t)kind,
                          .effect = (uint8_t)effect,
                          .topic_bytes = (uint16_t)strlen(topic),
                          .payload_bytes = (uint32_t)payload_bytes};
    memcpy(message.key, &message.gseq, 8);
    memcpy(record, &message, sizeof message);
    memcpy(record + sizeof message, topic, strlen(topic));
    assert_true(as_keeper_take(&keeper, record, (uint32_t)(sizeof message + strlen(topic) + payload_bytes)));
}

static as_request *request(as_request_op op)
{
    memset(&task, 0, sizeof task);
    task.request.op = op;
    as_prefixes_add(&task.request.prefixes, "", 0);
    return &task.request;
}

static as_optional_uint given(uint64_t value)
{
    return (as_optional_uint){.given = true, .value = value};
}

/* Answer it; the value of a uint key of the answer, UINT64_MAX if it has none. */
static as_outcome answer(bool may_wait, const as_grant *grant, const char *key, uint64_t *value)
{
    as_outcome outcome = as_operations_do(&o, &task, grant, may_wait, 1);
    if (!outcome.answer_bytes)
        return outcome;
    assert_in_range(outcome.answer_bytes, 1, AS_ANSWER_BYTES_MAX);
    msgpack_unpacked unpacked;
    msgpack_unpacked_init(&unpacked);
    assert_int_equal(msgpack_unpack_next(&unpacked, (const char *)o.answer, outcome.answer_bytes, NULL),
                     MSGPACK_UNPACK_SUCCESS);
    if (key) {
        *value = UINT64_MAX;
        for (uint32_t i = 0; i < unpacked.data.via.map.size; i++) {
            const msgpack_object_kv *kv = &unpacked.data.via.map.ptr[i];
            if (kv->key.via.str.size == strlen(key) && memcmp(kv->key.via.str.ptr, key, strlen(key)) == 0)
                *value = kv->val.via.u64;
        }
    }
    msgpack_unpacked_destroy(&unpacked);
    return outcome;
}

static void a_replay_stops_at_the_size_of_an_answer(void **state)
{
    (void)state;
    uint64_t next = 0, count = 0, from = 1;
    for (unsigned i = 0; i < 100; i++)
        publish("sys.", AS_MESSAGE_OTHER, AS_EFFECT_NONE, 30000);
    for (unsigned answers = 0; from <= 100; from = next, answers++) {
        as_request *r = request(AS_OP_REPLAY);
        r->epoch = given(EPOCH);
        r->from = given(from);
        assert_null(answer(false, NULL, "next", &next).error);
        assert_null(answer(false, NULL, "count", &count).error);
        assert_int_equal(count, next - from);
        assert_true(count == 34 || next == 101);
        assert_true(answers < 3);
    }
}

static void to_ends_it_and_before_from_is_nothing(void **state)
{
    (void)state;
    uint64_t next, count;
    for (unsigned i = 0; i < 10; i++)
        publish("sys.", AS_MESSAGE_OTHER, AS_EFFECT_NONE, 3);
    as_request *r = request(AS_OP_REPLAY);
    r->epoch = given(EPOCH);
    r->from = given(3);
    r->to = given(5);
    answer(false, NULL, "next", &next);
    answer(false, NULL, "count", &count);
    assert_true(next == 6 && count == 3);
    r->to = given(2);
    answer(false, NULL, "next", &next);
    answer(false, NULL, "count", &count);
    assert_true(next == 3 && count == 0);
    r->to = given(UINT64_MAX);
    answer(false, NULL, "next", &next);
    assert_int_equal(next, 11);
    r->from = given(UINT64_MAX);
    assert_string_equal(answer(false, NULL, NULL, NULL).error, "ahead");
}

static void what_a_replay_only_looks_at_is_charged_less(void **state)
{
    (void)state;
    uint64_t count;
    for (unsigned i = 0; i < 40; i++)
        publish(i == 20 ? "sig." : "sys.", AS_MESSAGE_OTHER, AS_EFFECT_NONE, 996);
    as_request *r = request(AS_OP_REPLAY);
    r->epoch = given(EPOCH);
    r->from = given(1);
    as_outcome all = answer(false, NULL, "count", &count);
    assert_int_equal(count, 40);
    assert_int_equal(all.work_bytes, 40 * 1000 + all.answer_bytes);
    r->prefixes = (as_prefixes){0};
    as_prefixes_add(&r->prefixes, "sig.", 4);
    as_outcome one = answer(false, NULL, "count", &count);
    assert_int_equal(count, 1);
    assert_int_equal(one.work_bytes, 39 * 1000 / 4 + 1000 + one.answer_bytes);
}

static void what_waits_goes_on_where_it_looked_last(void **state)
{
    (void)state;
    uint64_t value;
    as_request *r = request(AS_OP_REPLAY);
    r->prefixes.count = 0;
    as_prefixes_add(&r->prefixes, "sig.", 4);
    r->epoch = given(EPOCH);
    r->from = given(1);
    r->wait_ms = given(1000);
    publish("sys.", AS_MESSAGE_OTHER, AS_EFFECT_NONE, 3);
    assert_int_equal(answer(true, NULL, NULL, NULL).answer_bytes, 0);
    assert_int_equal(task.next, 2);
    publish("sys.", AS_MESSAGE_OTHER, AS_EFFECT_NONE, 3);
    assert_int_equal(answer(true, NULL, NULL, NULL).answer_bytes, 0);
    assert_int_equal(task.next, 3);
    publish("sig.x.", AS_MESSAGE_SIGNAL, AS_EFFECT_SET, 3);
    assert_true(answer(true, NULL, "next", &value).answer_bytes > 0);
    assert_int_equal(value, 4);
    answer(true, NULL, "from", &value);
    assert_int_equal(value, 1); /* as asked for */
}

static void a_grant_limits_snapshots_and_replays(void **state)
{
    (void)state;
    uint64_t token;
    as_grant grant = {.name = "bot", .prefix = {"sig."}, .prefix_count = 1};
    for (unsigned i = 0; i < 100; i++)
        publish("fact.x.", AS_MESSAGE_FACT, AS_EFFECT_SET, 30000);
    request(AS_OP_SNAPSHOT);
    assert_string_equal(answer(false, &grant, NULL, NULL).error, "denied"); /* everything */
    assert_non_null(strstr(task.request.detail, "bot"));
    assert_null(answer(false, NULL, "token", &token).error);
    as_request *r = request(AS_OP_SNAPSHOT);
    r->token = given(token);
    r->part = given(2);
    assert_string_equal(answer(false, &grant, NULL, NULL).error, "denied"); /* somebody else's token */
    assert_null(answer(false, NULL, NULL, NULL).error);
    r->part = given(0);
    assert_string_equal(answer(false, NULL, NULL, NULL).error, "bad_key");
    r = request(AS_OP_REPLAY);
    r->epoch = given(EPOCH);
    r->from = given(1);
    assert_string_equal(answer(false, &grant, NULL, NULL).error, "denied");
    r->prefixes.count = 0;
    as_prefixes_add(&r->prefixes, "sig.x", 5);
    assert_null(answer(false, &grant, NULL, NULL).error);
}

static void operators_errors_become_answers(void **state)
{
    (void)state;
    as_request *r = request(AS_OP_OTHER);
    (void)snprintf(r->op_text, sizeof r->op_text, "broken");
    assert_string_equal(answer(false, NULL, NULL, NULL).error, "failed");
    assert_string_equal(r->detail, "the cause");
    (void)snprintf(r->op_text, sizeof r->op_text, "nix");
    assert_string_equal(answer(false, NULL, NULL, NULL).error, "unknown_op");
    (void)snprintf(r->op_text, sizeof r->op_text, "large");
    assert_string_equal(answer(false, NULL, NULL, NULL).error, "internal"); /* does not fit */
    o.control_op = NULL;
    assert_string_equal(answer(false, NULL, NULL, NULL).error, "unknown_op");
}

static void a_state_that_is_not_complete_is_not_told(void **state)
{
    (void)state;
    as_state_free(keeper.state);
    assert_int_equal(as_state_new(2, 0, &keeper.state), 0);
    for (unsigned i = 0; i < 2; i++)
        publish("fact.x.", AS_MESSAGE_FACT, AS_EFFECT_SET, 3);
    request(AS_OP_SNAPSHOT);
    assert_null(answer(false, NULL, NULL, NULL).error);
    publish("fact.x.", AS_MESSAGE_FACT, AS_EFFECT_SET, 3);
    request(AS_OP_SNAPSHOT);
    assert_string_equal(answer(false, NULL, NULL, NULL).error, "internal");
}

int main(void)
{
#define FRESH(test) cmocka_unit_test_setup_teardown(test, start, finish)
    const struct CMUnitTest tests[] = {
        FRESH(a_replay_stops_at_the_size_of_an_answer),     FRESH(to_ends_it_and_before_from_is_nothing),
        FRESH(what_a_replay_only_looks_at_is_charged_less), FRESH(what_waits_goes_on_where_it_looked_last),
        FRESH(a_grant_limits_snapshots_and_replays),        FRESH(operators_errors_become_answers),
        FRESH(a_state_that_is_not_complete_is_not_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
