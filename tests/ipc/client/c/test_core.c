/*
 * The core of the C client, driven by the conformance vectors: each case that is not met is reported by name and
 * step.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ipc/client/c/core.h"

static const char path[] = "ipc/client/conformance/vectors.msgpack";

typedef struct run {
    asc_core *core;
    const char *name;
    unsigned step;
    unsigned failures;
} run;

#define COMPLAIN(r, ...)                                                                                               \
    do {                                                                                                               \
        if ((r)->failures++ < 3) {                                                                                     \
            print_message("%s, step %u: ", (r)->name, (r)->step);                                                      \
            print_message(__VA_ARGS__);                                                                                \
            print_message("\n");                                                                                       \
        }                                                                                                              \
    } while (0)

static const msgpack_object *get(const msgpack_object *map, const char *key)
{
    for (uint32_t i = 0; i < map->via.map.size; i++)
        if (asc_text_is(&map->via.map.ptr[i].key, key))
            return &map->via.map.ptr[i].val;
    return NULL;
}

static char *text_of(const msgpack_object *object)
{
    return strndup(object->via.str.ptr, object->via.str.size);
}

static uint8_t *bytes_of_hex(const msgpack_object *object, size_t *count)
{
    *count = object->via.str.size / 2;
    uint8_t *bytes = malloc(*count + 1);
    assert_non_null(bytes);
    for (size_t i = 0; i < *count; i++) {
        unsigned byte = 0;
        assert_int_equal(sscanf(object->via.str.ptr + 2 * i, "%2x", &byte), 1);
        bytes[i] = (uint8_t)byte;
    }
    return bytes;
}

/*
 * ---- what is expected
 * ---------------------------------------------------------------------------------------------
 */

static bool flag_is(const msgpack_object *expected, const char *key, bool value)
{
    return get(expected, key)->via.boolean == value;
}

static bool item_is(const msgpack_object *expected, const asc_item *item)
{
    const msgpack_object *topic = get(expected, "topic");
    if (asc_text_is(get(expected, "type"), "gap"))
        return !item->message && asc_text_is(get(expected, "cause"), as_client_cause_name(item->cause)) &&
               asc_text_is(topic, item->topic ? item->topic : "") && get(expected, "lost")->via.u64 == item->lost &&
               flag_is(expected, "repaired", item->repaired);
    return item->message && asc_text_is(topic, item->message->topic) &&
           get(expected, "gseq")->via.u64 == item->message->gseq && flag_is(expected, "stale", item->stale) &&
           flag_is(expected, "actionable", item->actionable) && flag_is(expected, "repaired", item->repaired) &&
           flag_is(expected, "snapshot", item->snapshot);
}

static void check_items(run *r, const msgpack_object *expected)
{
    asc_item item;
    uint32_t count = 0;
    for (; asc_core_pop(r->core, &item); count++) {
        if (count >= expected->via.array.size || !item_is(&expected->via.array.ptr[count], &item))
            COMPLAIN(r, "item %u is not the expected one: %s %s gseq %llu lost %llu%s%s%s%s", count,
                     item.message ? "message" : as_client_cause_name(item.cause),
                     item.message ? item.message->topic
                     : item.topic ? item.topic
                                  : "",
                     (unsigned long long)(item.message ? item.message->gseq : 0), (unsigned long long)item.lost,
                     item.actionable ? " actionable" : "", item.stale ? " stale" : "", item.repaired ? " repaired" : "",
                     item.snapshot ? " snapshot" : "");
        asc_item_fini(&item);
    }
    if (count != expected->via.array.size)
        COMPLAIN(r, "%u items, expected %u", count, expected->via.array.size);
}

static bool same(const msgpack_object *a, const msgpack_object *b)
{
    if (a->type != MSGPACK_OBJECT_MAP || b->type != MSGPACK_OBJECT_MAP)
        return msgpack_object_equal(*a, *b);
    if (a->via.map.size != b->via.map.size)
        return false;
    for (uint32_t i = 0; i < a->via.map.size; i++) {
        char *key = text_of(&a->via.map.ptr[i].key);
        const msgpack_object *other = get(b, key);
        free(key);
        if (!other || !msgpack_object_equal(a->via.map.ptr[i].val, *other))
            return false;
    }
    return true;
}

static void check_requests(run *r, const msgpack_object *expected)
{
    const uint8_t *request;
    size_t bytes;
    bool made = asc_core_request(r->core, &request, &bytes);
    if (made != (expected->via.array.size == 1)) {
        COMPLAIN(r, "%d requests, expected %u", made, expected->via.array.size);
    } else if (made) {
        msgpack_zone zone;
        msgpack_object root;
        assert_true(msgpack_zone_init(&zone, 4096));
        assert_true(asc_unpack(request, bytes, false, &zone, &root));
        if (!same(&root, &expected->via.array.ptr[0])) {
            COMPLAIN(r, "another request than expected:");
            msgpack_object_print(stdout, root);
            printf("\n");
        }
        msgpack_zone_destroy(&zone);
    }
    asc_core_request_sent(r->core);
}

static uint64_t counter(const as_client_counters *c, const char *name)
{
    const struct {
        const char *name;
        uint64_t value;
    } all[] = {{"messages", c->messages},     {"lost", c->lost},           {"repaired", c->repaired},
               {"duplicates", c->duplicates}, {"stale", c->stale},         {"stale_epoch", c->stale_epoch},
               {"epochs", c->epochs},         {"malformed", c->malformed}, {"withheld", c->withheld}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (strcmp(all[i].name, name) == 0)
            return all[i].value;
    fail_msg("no counter %s", name);
    return 0;
}

static void check_counters(run *r, const msgpack_object *expected)
{
    for (uint32_t i = 0; expected && i < expected->via.map.size; i++) {
        char *name = text_of(&expected->via.map.ptr[i].key);
        uint64_t found = counter(asc_core_counters(r->core), name);
        if (found != expected->via.map.ptr[i].val.via.u64)
            COMPLAIN(r, "%s is %llu, expected %llu", name, (unsigned long long)found,
                     (unsigned long long)expected->via.map.ptr[i].val.via.u64);
        free(name);
    }
}

static void check_step(run *r, const msgpack_object *expect, uint64_t now)
{
    check_items(r, get(expect, "items"));
    check_requests(r, get(expect, "requests"));
    const char *state = as_client_state_name(asc_core_state(r->core));
    if (!asc_text_is(get(expect, "state"), state))
        COMPLAIN(r, "state is %s, expected %.*s", state, (int)get(expect, "state")->via.str.size,
                 get(expect, "state")->via.str.ptr);
    if (!flag_is(expect, "degraded", asc_core_degraded(r->core)))
        COMPLAIN(r, "degraded is %d", asc_core_degraded(r->core));
    if (!flag_is(expect, "halted", asc_core_halted(r->core)))
        COMPLAIN(r, "halted is %d", asc_core_halted(r->core));
    const msgpack_object *ts_now = get(expect, "ts_now");
    uint64_t expected_now = ts_now && ts_now->type == MSGPACK_OBJECT_NIL ? AS_CLIENT_NIL_UINT
                            : ts_now                                     ? ts_now->via.u64
                                                                         : 0;
    if (ts_now && asc_core_ts_now(r->core, now) != expected_now)
        COMPLAIN(r, "ts_now is %llu", (unsigned long long)asc_core_ts_now(r->core, now));
    check_counters(r, get(expect, "counters"));
    const msgpack_object *hash = get(expect, "hash");
    char hex[65];
    assert_true(asc_state_hash(asc_core_entries(r->core), hex));
    if (hash && !asc_text_is(hash, hex))
        COMPLAIN(r, "hash is %s", hex);
}

/*
 * ---- what comes in
 * ------------------------------------------------------------------------------------------------
 */

static void hear(run *r, const msgpack_object *frames, uint64_t now)
{
    uint8_t *frame[2] = {NULL, NULL};
    size_t bytes[2];
    if (frames->via.array.size != 2) {
        asc_core_malformed(r->core, now);
        return;
    }
    for (size_t i = 0; i < 2; i++)
        frame[i] = bytes_of_hex(&frames->via.array.ptr[i], &bytes[i]);
    asc_core_message(r->core, now, frame[0], bytes[0], frame[1], bytes[1]);
    free(frame[0]);
    free(frame[1]);
}

static void do_step(run *r, const msgpack_object *step)
{
    uint64_t now = get(step, "at")->via.u64 * UINT64_C(1000000);
    if (get(step, "frames")) {
        hear(r, get(step, "frames"), now);
    } else if (get(step, "answer")) {
        size_t bytes;
        uint8_t *answer = bytes_of_hex(get(step, "answer"), &bytes);
        asc_core_answer(r->core, now, answer, bytes);
        free(answer);
    } else if (get(step, "acknowledge")) {
        asc_core_acknowledge(r->core, now);
    } else {
        asc_core_tick(r->core, now);
    }
    check_step(r, get(step, "expect"), now);
}

static bool case_is_met(const msgpack_object *vector)
{
    const msgpack_object *topics = get(vector, "topics"), *steps = get(vector, "steps");
    char *topic[AS_CLIENT_TOPICS_MAX], *name = text_of(get(vector, "name"));
    assert_true(topics->via.array.size <= AS_CLIENT_TOPICS_MAX);
    for (uint32_t i = 0; i < topics->via.array.size; i++)
        topic[i] = text_of(&topics->via.array.ptr[i]);
    asc_settings settings = {.topics = (const char *const *)topic,
                             .topics_count = topics->via.array.size,
                             .heartbeat_ns = get(vector, "heartbeat_ms")->via.u64 * UINT64_C(1000000)};
    run r = {.core = asc_core_new(&settings), .name = name};
    assert_non_null(r.core);
    for (; r.step < steps->via.array.size; r.step++)
        do_step(&r, &steps->via.array.ptr[r.step]);
    asc_core_free(r.core);
    for (uint32_t i = 0; i < topics->via.array.size; i++)
        free(topic[i]);
    free(name);
    return r.failures == 0;
}

static void all_vectors_are_met(void **state)
{
    (void)state;
    static char data[8 << 20];
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("%s: not there; run ipc/client/conformance/make.py", path);
    size_t bytes = fread(data, 1, sizeof data, file), at = 0;
    fclose(file);
    msgpack_zone zone;
    msgpack_object root;
    assert_true(msgpack_zone_init(&zone, 1 << 20));
    assert_int_equal(msgpack_unpack(data, bytes, &at, &zone, &root), MSGPACK_UNPACK_SUCCESS);
    unsigned failed = 0;
    for (uint32_t i = 0; i < root.via.array.size; i++)
        failed += !case_is_met(&root.via.array.ptr[i]);
    print_message("%u cases, %u failed\n", root.via.array.size, failed);
    assert_true(root.via.array.size > 80);
    msgpack_zone_destroy(&zone);
    assert_int_equal(failed, 0);
}

/*
 * ---- what no vector can say: pings, and items that waited in a queue of the bot's
 * ------------------------------------------------------------------------------------
 */

typedef struct frame {
    msgpack_sbuffer bytes;
    msgpack_packer pk;
} frame;

static void pack_text(frame *f, const char *text)
{
    msgpack_pack_str(&f->pk, strlen(text));
    msgpack_pack_str_body(&f->pk, text, strlen(text));
}

static void begin(frame *f, size_t keys)
{
    msgpack_sbuffer_init(&f->bytes);
    msgpack_packer_init(&f->pk, &f->bytes, msgpack_sbuffer_write);
    msgpack_pack_map(&f->pk, keys);
}

static void pair(frame *f, const char *key, uint64_t value)
{
    pack_text(f, key);
    msgpack_pack_uint64(&f->pk, value);
}

static void text_pair(frame *f, const char *key, const char *value)
{
    pack_text(f, key);
    pack_text(f, value);
}

static void no(frame *f, const char *key)
{
    pack_text(f, key);
    msgpack_pack_false(&f->pk);
}

static void begin_message(frame *f, size_t keys, uint64_t epoch, uint64_t gseq, uint64_t tseq)
{
    begin(f, 7 + keys);
    pair(f, "v", 1);
    pair(f, "epoch", epoch);
    pair(f, "gseq", gseq);
    pair(f, "tseq", tseq);
    pair(f, "prev", 0);
    pair(f, "ts_pub", 5);
    no(f, "replay");
}

static void say(asc_core *core, uint64_t now, const char *topic, frame *f)
{
    asc_core_message(core, now, topic, strlen(topic), f->bytes.data, f->bytes.size);
    msgpack_sbuffer_destroy(&f->bytes);
}

static void say_heartbeat(asc_core *core, uint64_t now, uint64_t epoch, uint64_t gseq, uint64_t ts_now)
{
    frame f;
    begin_message(&f, 5, epoch, gseq, gseq);
    pair(&f, "interval_ms", 250);
    pair(&f, "ts_now", ts_now);
    pair(&f, "missed", 0);
    no(&f, "halted");
    pack_text(&f, "tails");
    msgpack_pack_map(&f.pk, 0);
    say(core, now, "hb.", &f);
}

static void say_open(asc_core *core, uint64_t now, uint64_t epoch, uint64_t gseq, uint64_t valid_until)
{
    frame f;
    begin_message(&f, 4, epoch, gseq, 1);
    text_pair(&f, "id", "0011");
    text_pair(&f, "action", "open");
    pair(&f, "side", 1);
    pair(&f, "valid_until", valid_until);
    say(core, now, "sig.s.A.", &f);
}

static void answer_ping(asc_core *core, uint64_t now, uint64_t epoch, uint64_t ts_now)
{
    frame f;
    begin(&f, 3);
    text_pair(&f, "op", "ping");
    pair(&f, "epoch", epoch);
    pair(&f, "ts_now", ts_now);
    asc_core_answer(core, now, f.bytes.data, f.bytes.size);
    msgpack_sbuffer_destroy(&f.bytes);
}

/* An empty state at this gseq, in answer to the request under way. */
static void answer_snapshot(asc_core *core, uint64_t now, uint64_t epoch, uint64_t id, uint64_t gseq)
{
    frame f;
    begin(&f, 10);
    text_pair(&f, "op", "snapshot");
    pair(&f, "id", id);
    pair(&f, "epoch", epoch);
    pair(&f, "gseq", gseq);
    no(&f, "halted");
    pair(&f, "count", 0);
    text_pair(&f, "hash", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    pair(&f, "parts", 1);
    pair(&f, "part", 1);
    pack_text(&f, "messages");
    msgpack_pack_array(&f.pk, 0);
    asc_core_answer(core, now, f.bytes.data, f.bytes.size);
    msgpack_sbuffer_destroy(&f.bytes);
}

static asc_core *joined_core(void)
{
    static const char *const topics[] = {"sig."};
    asc_core *core = asc_core_new(&(asc_settings){.topics = topics, .topics_count = 1, .heartbeat_ns = 250000000});
    assert_non_null(core);
    say_heartbeat(core, 1000, 7, 1, 10000);
    answer_snapshot(core, 1000, 7, 1, 1);
    assert_int_equal(asc_core_state(core), AS_CLIENT_LIVE);
    return core;
}

static void the_answer_to_a_ping_sets_the_clock_ahead_never_back(void **state)
{
    (void)state;
    asc_core *core = joined_core();
    assert_int_equal(asc_core_ts_now(core, 1500), 10500);
    answer_ping(core, 2000, 7, 10999); /* it took a while */
    assert_int_equal(asc_core_ts_now(core, 2000), 11000);
    answer_ping(core, 2000, 8, 90000); /* of another publisher */
    assert_int_equal(asc_core_ts_now(core, 2000), 11000);
    answer_ping(core, 2000, 7, 15000); /* the heartbeats wait */
    assert_int_equal(asc_core_ts_now(core, 2100), 15100);
    asc_item item;
    say_open(core, 2100, 7, 2, 15100);
    assert_true(asc_core_pop(core, &item) && item.stale && !item.actionable);
    asc_item_fini(&item);
    say_heartbeat(core, 3000, 7, 3, 20000);
    assert_int_equal(asc_core_ts_now(core, 3000), 20000);
    say_heartbeat(core, 3000, 9, 1, 50); /* another epoch, another clock */
    assert_int_equal(asc_core_ts_now(core, 3000), 50);
    asc_core_free(core);
}

static void what_waited_is_judged_by_its_own_epoch(void **state)
{
    (void)state;
    asc_core *core = joined_core();
    asc_item old, item;
    say_open(core, 2000, 7, 2, 90000);
    assert_true(asc_core_pop(core, &old) && old.actionable);
    assert_true(asc_core_may_act(core, old.message, 2000));
    say_heartbeat(core, 2000, 9, 1, 10000);
    answer_snapshot(core, 2000, 9, 2, 1);
    say_open(core, 2000, 9, 2, 90000); /* the same id */
    while (asc_core_pop(core, &item))
        asc_item_fini(&item);
    asc_core_acknowledge(core, 2000);
    assert_int_equal(asc_core_state(core), AS_CLIENT_LIVE);
    assert_int_equal(asc_core_entries(core)->entries.count, 1);
    assert_false(asc_core_degraded(core));
    assert_false(asc_core_may_act(core, old.message, 2000));
    asc_item_fini(&old);
    asc_core_free(core);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_vectors_are_met),
        cmocka_unit_test(the_answer_to_a_ping_sets_the_clock_ahead_never_back),
        cmocka_unit_test(what_waited_is_judged_by_its_own_epoch),
    };
    return cmocka_run_group_tests_name("client core", tests, NULL, NULL);
}
