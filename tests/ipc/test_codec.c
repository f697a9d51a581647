#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <math.h>
#include <msgpack.h>

#include "bench/codec_peer.h"
#include "ipc/codec.h"
#include "tests/support/golden.h"

static const as_envelope envelope = {
    .epoch = 0x1122334455667788, .gseq = 9, .tseq = 3, .prev = 6, .ts_pub = 1782936000000000123};

static as_decision sample(as_decision_type type)
{
    as_decision d;
    as_decision_clear(&d);
    d.type = (uint8_t)type;
    d.kind = AS_SIGNAL_OVERREACTION;
    d.action = AS_ACTION_OPEN;
    d.status = AS_FACT_RUMOUR;
    d.side = 1;
    d.dir = 1;
    for (unsigned i = 0; i < 16; i++)
        d.id[i] = (uint8_t)(i * 17);
    d.strength = 2.5;
    d.z = -3.25;
    d.e = -0.125;
    d.os = -2.5;
    d.b = 0.25;
    d.half_life_ns = 216000000000000;
    d.horizon_ns = 432000000000000;
    d.valid_until = 1783368000000000000;
    d.px = 157250000000;
    d.ts_event = 1782936000000000000;
    d.ts_recv = 1782936000000000001;
    d.tick_seq = 41;
    d.anchor_seq = 7;
    d.reasons = AS_REASON_BIT(NO_CHANNEL) | AS_REASON_BIT(RUMOUR_T1);
    d.params = 0x0123456789abcdef;
    d.generation = 2;
    d.linked = 38;
    d.m = 4;
    d.g = 0.6;
    d.novelty = 0.75;
    d.headline_count = 2;
    strcpy(d.headline[0], "bbg-1");
    strcpy(d.headline[1], "rtr\"1");
    strcpy(d.symbol, "BRK.B");
    strcpy(d.strategy, "overreaction");
    strcpy(d.event_name, "compute_supply_entry");
    strcpy(d.playbook, "0.1-prior");
    strcpy(d.fact, "META|compute_supply_entry|excess_ai_compute");
    return d;
}

static void a_line_has_every_key_in_the_tables_order(void **state)
{
    (void)state;
    static const char expected[] =
        "{\"v\":1,\"kind\":\"overreaction\",\"action\":\"open\",\"id\":\"00112233445566778899aabbccddeeff\","
        "\"sym\":\"BRK.B\",\"side\":1,\"strength\":2.5,\"p\":null,\"z\":-3.25,\"e\":-0.125,\"os\":-2.5,\"b\":0.25,"
        "\"k\":null,\"s\":null,\"rev_bps\":null,\"cost_bps\":null,\"half_life_ns\":216000000000000,"
        "\"horizon_ns\":432000000000000,\"valid_until\":1783368000000000000,\"px\":157250000000,\"target\":null,"
        "\"stop\":null,\"fact\":\"META|compute_supply_entry|excess_ai_compute\",\"status\":\"rumour\","
        "\"headlines\":[\"bbg-1\",\"rtr\\\"1\"],\"ts_event\":1782936000000000000,\"ts_recv\":1782936000000000001,"
        "\"tick\":[41,7],\"reasons\":[\"NO_CHANNEL\",\"RUMOUR_T1\"],\"model\":\"aftershock-0.1\","
        "\"playbook\":\"0.1-prior\",\"params\":\"0123456789abcdef\",\"strategy\":\"overreaction\","
        "\"event\":\"compute_supply_entry\",\"m\":4,\"g\":0.59999999999999998,\"generation\":2}";
    as_decision d = sample(AS_DECISION_SIG);
    char line[AS_LINE_BYTES_OUT];
    assert_int_equal(as_codec_line(&d, line, sizeof line), sizeof expected - 1);
    assert_string_equal(line, expected);
}

static void a_shock_and_a_fact_have_their_own_tables(void **state)
{
    (void)state;
    as_decision d = sample(AS_DECISION_SHOCK);
    char line[AS_LINE_BYTES_OUT];
    as_codec_line(&d, line, sizeof line);
    assert_non_null(strstr(line, "{\"v\":1,\"kind\":\"shock\",\"fact\":"));
    assert_non_null(strstr(line, "\"issuer\":\"BRK.B\""));
    assert_non_null(strstr(line, "\"linked\":38}"));
    d.type = AS_DECISION_FACT;
    as_codec_line(&d, line, sizeof line);
    assert_non_null(strstr(line, "{\"v\":1,\"kind\":\"fact\",\"fact\":"));
    assert_null(strstr(line, "\"sym\""));
}

/* A leg of a pair, outside events. */
static as_decision sample_pair(void)
{
    as_decision d = sample(AS_DECISION_SIG);
    d.kind = AS_SIGNAL_MEAN_REVERSION;
    d.status = AS_FACT_NONE;
    d.e = d.os = d.b = d.m = d.g = (double)NAN;
    d.generation = 0;
    d.anchor_seq = AS_TS_UNDEFINED;
    d.reasons = 0;
    d.headline_count = 0;
    d.fact[0] = d.event_name[0] = 0;
    d.hedge = 1.25;
    strcpy(d.partner, "BRK.A");
    strcpy(d.strategy, "pairs");
    return d;
}

static void outside_events_there_is_no_fact_and_a_pair_has_its_partner(void **state)
{
    (void)state;
    as_decision d = sample_pair();
    char line[AS_LINE_BYTES_OUT], topic[AS_TOPIC_BYTES];
    as_codec_line(&d, line, sizeof line);
    assert_non_null(strstr(line, "\"kind\":\"mean_reversion\",\"action\":\"open\""));
    assert_non_null(strstr(line, "\"fact\":null,\"status\":null,\"headlines\":[],"));
    assert_non_null(strstr(line, "\"tick\":[41,null],\"reasons\":[],"));
    assert_non_null(strstr(line, "\"strategy\":\"pairs\",\"event\":null,\"m\":null,\"g\":null,\"generation\":0,"
                                 "\"partner\":\"BRK.A\",\"hedge\":1.25}"));
    as_codec_topic(&d, topic);
    assert_string_equal(topic, "sig.pairs.BRK%2EB.");
    d.partner[0] = 0;
    as_codec_line(&d, line, sizeof line);
    assert_non_null(strstr(line, "\"generation\":0}"));
}

/* The value of a key in an unpacked map, NULL if it is not there. */
static const msgpack_object *get(const msgpack_object *map, const char *key)
{
    for (uint32_t i = 0; i < map->via.map.size; i++) {
        const msgpack_object_kv *pair = &map->via.map.ptr[i];
        if (pair->key.via.str.size == strlen(key) && memcmp(pair->key.via.str.ptr, key, strlen(key)) == 0)
            return &pair->val;
    }
    return NULL;
}

static void a_payload_is_one_map_that_msgpack_reads_back(void **state)
{
    (void)state;
    static const char *const key[] = {"v",        "epoch",   "gseq",     "tseq",         "prev",       "ts_pub",
                                      "kind",     "action",  "id",       "sym",          "side",       "strength",
                                      "p",        "z",       "e",        "os",           "b",          "k",
                                      "s",        "rev_bps", "cost_bps", "half_life_ns", "horizon_ns", "valid_until",
                                      "px",       "target",  "stop",     "fact",         "status",     "headlines",
                                      "ts_event", "ts_recv", "replay",   "tick",         "reasons",    "model",
                                      "playbook", "params"};
    as_decision d = sample(AS_DECISION_SIG);
    uint8_t payload[AS_PAYLOAD_BYTES];
    size_t bytes = as_codec_payload(&d, &envelope, payload, sizeof payload), used = 0;
    assert_true(bytes > 0);
    msgpack_unpacked unpacked;
    msgpack_unpacked_init(&unpacked);
    assert_int_equal(msgpack_unpack_next(&unpacked, (const char *)payload, bytes, &used), MSGPACK_UNPACK_SUCCESS);
    assert_int_equal(used, bytes);
    const msgpack_object *map = &unpacked.data;
    assert_int_equal(map->type, MSGPACK_OBJECT_MAP);
    for (unsigned i = 0; i < sizeof key / sizeof *key; i++) {
        const msgpack_object_kv *pair = &map->via.map.ptr[i];
        assert_int_equal(pair->key.via.str.size, strlen(key[i]));
        assert_memory_equal(pair->key.via.str.ptr, key[i], strlen(key[i]));
    }
    assert_int_equal(get(map, "epoch")->via.u64, envelope.epoch);
    assert_int_equal(get(map, "tseq")->via.u64, 3);
    assert_int_equal(get(map, "replay")->type, MSGPACK_OBJECT_BOOLEAN);
    assert_int_equal(get(map, "p")->type, MSGPACK_OBJECT_NIL);
    assert_true(get(map, "z")->via.f64 == -3.25);
    assert_int_equal(get(map, "px")->via.i64, 157250000000);
    assert_int_equal(get(map, "headlines")->via.array.size, 2);
    assert_int_equal(get(map, "reasons")->via.array.size, 2);
    msgpack_unpacked_destroy(&unpacked);
}

static void the_first_bytes_are_golden(void **state)
{
    (void)state;
    /* map 16 of 43 pairs; "v" 1; "epoch" uint64; written out from the MessagePack specification */
    static const uint8_t golden[] = {0xde, 0x00, 0x2b, 0xa1, 'v',  0x01, 0xa5, 'e',  'p',  'o',  'c',
                                     'h',  0xcf, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0xa4,
                                     'g',  's',  'e',  'q',  0x09, 0xa4, 't',  's',  'e',  'q',  0x03};
    as_decision d = sample(AS_DECISION_SIG);
    uint8_t payload[AS_PAYLOAD_BYTES];
    as_codec_payload(&d, &envelope, payload, sizeof payload);
    assert_memory_equal(payload, golden, sizeof golden);
}

static void whole_payloads_are_golden_and_shown_in_the_documentation(void **state)
{
    (void)state;
    static const struct {
        as_decision_type type;
        const char *path;
    } one[] = {{AS_DECISION_SIG, "tests/ipc/golden/sig.hex"},
               {AS_DECISION_SHOCK, "tests/ipc/golden/shock.hex"},
               {AS_DECISION_FACT, "tests/ipc/golden/fact.hex"}};
    for (unsigned i = 0; i < sizeof one / sizeof *one; i++) {
        as_decision d = sample(one[i].type);
        uint8_t payload[AS_PAYLOAD_BYTES];
        size_t bytes = as_codec_payload(&d, &envelope, payload, sizeof payload);
        ast_golden(one[i].path, "docs/WIRE.md", payload, bytes);
    }
    as_decision pair = sample_pair();
    uint8_t payload[AS_PAYLOAD_BYTES];
    size_t bytes = as_codec_payload(&pair, &envelope, payload, sizeof payload);
    ast_golden("tests/ipc/golden/pair.hex", "docs/WIRE.md", payload, bytes);
}

static void the_documentation_has_every_reason(void **state)
{
    (void)state;
    char *page = ast_file_text("docs/WIRE.md");
    for (unsigned i = 0; i < AS_REASON_COUNT; i++) {
        char row[64];
        (void)snprintf(row, sizeof row, "\n| `%s` |", as_reason_text((as_reason)i));
        if (!strstr(page, row))
            fail_msg("docs/WIRE.md has no row for the reason %s", as_reason_text((as_reason)i));
    }
    free(page);
}

static void what_does_not_fit_fails_whole(void **state)
{
    (void)state;
    as_decision d = sample(AS_DECISION_SIG);
    uint8_t payload[AS_PAYLOAD_BYTES];
    char line[AS_LINE_BYTES_OUT];
    size_t bytes = as_codec_payload(&d, &envelope, payload, sizeof payload);
    for (size_t room = 0; room < bytes; room++)
        assert_int_equal(as_codec_payload(&d, &envelope, payload, room), 0);
    assert_int_equal(as_codec_payload(&d, &envelope, payload, bytes), bytes);
    bytes = as_codec_line(&d, line, sizeof line);
    assert_int_equal(as_codec_line(&d, line, bytes), 0);
    assert_int_equal(as_codec_line(&d, line, bytes + 1), bytes);
}

static void the_largest_decision_fits(void **state)
{
    (void)state;
    as_decision d = sample(AS_DECISION_SIG);
    uint8_t payload[AS_PAYLOAD_BYTES];
    char line[AS_LINE_BYTES_OUT];
    d.headline_count = AS_FACT_HEADLINE_MAX;
    for (unsigned i = 0; i < AS_FACT_HEADLINE_MAX; i++) {
        memset(d.headline[i], '\x01', AS_HEADLINE_ID_BYTES - 1); /* six bytes each in JSON */
        d.headline[i][AS_HEADLINE_ID_BYTES - 1] = 0;
    }
    memset(d.fact, '"', AS_FACT_KEY_BYTES - 1);
    d.reasons = (UINT64_C(1) << AS_REASON_COUNT) - 1;
    assert_true(as_codec_payload(&d, &envelope, payload, sizeof payload) > 0);
    assert_true(as_codec_line(&d, line, sizeof line) > 0);
}

/* ---- any decision: the bytes that msgpack-c packs ---- */

static uint64_t draw(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005 + 1442695040888963407;
    uint64_t x = *seed ^ *seed >> 29;
    return x * UINT64_C(0xbf58476d1ce4e5b9) ^ x >> 32;
}

/* Of all lengths alike: what decides between the forms. */
static uint64_t draw_number(uint64_t *seed)
{
    uint64_t number = draw(seed);
    return number >> draw(seed) % 64;
}

static double draw_double(uint64_t *seed)
{
    static const double special[] = {0, -0.0, (double)INFINITY, -(double)INFINITY, (double)NAN, 5e-324, 0.1};
    uint64_t bits = draw(seed);
    double value;
    memcpy(&value, &bits, sizeof value);
    return bits % 4 ? value : special[bits / 4 % (sizeof special / sizeof *special)];
}

static void draw_text(uint64_t *seed, char *text, size_t text_bytes)
{
    size_t length = draw(seed) % text_bytes;
    for (size_t i = 0; i < text_bytes; i++)
        text[i] = (char)(draw(seed) % 255 + 1); /* behind the zero, too: none of it may be read */
    text[length] = 0;
}

static as_decision draw_decision(uint64_t *seed)
{
    as_decision d;
    as_decision_clear(&d);
    d.type = (uint8_t)(AS_DECISION_SIG + draw(seed) % 3);
    d.kind = (uint8_t)(draw(seed) % (AS_SIGNAL_KIND_COUNT + 1));
    d.action = (uint8_t)(draw(seed) % 5);
    d.status = (uint8_t)(draw(seed) % (AS_FACT_STATUS_COUNT + 1));
    d.side = (int8_t)draw(seed);
    d.dir = (int8_t)draw(seed);
    d.headline_count = (uint8_t)(draw(seed) % (AS_FACT_HEADLINE_MAX + 1));
    for (unsigned i = 0; i < sizeof d.id; i++)
        d.id[i] = (uint8_t)draw(seed);
    d.generation = (uint32_t)draw_number(seed);
    d.linked = (uint32_t)draw_number(seed);
    double *const number[] = {&d.strength, &d.p, &d.z, &d.e,       &d.os,       &d.b,       &d.k,
                              &d.s,        &d.m, &d.g, &d.rev_bps, &d.cost_bps, &d.novelty, &d.hedge};
    for (unsigned i = 0; i < sizeof number / sizeof *number; i++)
        *number[i] = draw_double(seed);
    uint64_t *const time[] = {&d.half_life_ns, &d.horizon_ns, &d.valid_until, &d.ts_event,
                              &d.ts_recv,      &d.tick_seq,   &d.anchor_seq,  &d.params};
    for (unsigned i = 0; i < sizeof time / sizeof *time; i++)
        *time[i] = draw(seed) % 8 ? draw_number(seed) : i == 5 ? 0 : AS_TS_UNDEFINED;
    int64_t *const px[] = {&d.px, &d.target, &d.stop};
    for (unsigned i = 0; i < sizeof px / sizeof *px; i++)
        *px[i] = draw(seed) % 8 == 0 ? AS_PX_UNDEFINED
                 : draw(seed) % 2    ? (int64_t)draw_number(seed)
                                     : -(int64_t)(draw_number(seed) >> 1);
    d.reasons = draw(seed) & draw(seed) & ((UINT64_C(1) << AS_REASON_COUNT) - 1);
    draw_text(seed, d.symbol, sizeof d.symbol);
    draw_text(seed, d.strategy, sizeof d.strategy);
    draw_text(seed, d.partner, draw(seed) % 2 ? sizeof d.partner : 1);
    draw_text(seed, d.event_name, sizeof d.event_name);
    draw_text(seed, d.playbook, sizeof d.playbook);
    draw_text(seed, d.fact, sizeof d.fact);
    for (unsigned i = 0; i < AS_FACT_HEADLINE_MAX; i++)
        draw_text(seed, d.headline[i], sizeof d.headline[i]);
    return d;
}

static void any_decision_has_the_bytes_that_msgpack_c_packs(void **state)
{
    (void)state;
    uint64_t seed = 20260701;
    msgpack_sbuffer buffer;
    msgpack_sbuffer_init(&buffer);
    for (unsigned i = 0; i < 20000; i++) {
        uint64_t from = seed;
        as_decision d = draw_decision(&seed);
        as_envelope e = {draw_number(&seed), draw_number(&seed), draw_number(&seed),
                         draw_number(&seed), draw_number(&seed), (int)(draw(&seed) % 2)};
        uint8_t payload[AS_PAYLOAD_BYTES], beside[AS_PAYLOAD_BYTES];
        size_t bytes = as_codec_payload(&d, &e, payload, sizeof payload);
        msgpack_sbuffer_clear(&buffer);
        as_codec_peer_pack(&d, &e, &buffer);
        if (bytes != buffer.size || memcmp(payload, buffer.data, bytes) != 0)
            fail_msg("seed %llu: ours has %zu bytes, msgpack-c's %zu", (unsigned long long)from, bytes, buffer.size);
        /* into just the room it needs, and not a byte beyond */
        memset(beside, 0x5a, sizeof beside);
        assert_int_equal(as_codec_payload(&d, &e, beside, bytes), bytes);
        assert_memory_equal(beside, payload, bytes);
        assert_int_equal(beside[bytes], 0x5a);
    }
    msgpack_sbuffer_destroy(&buffer);
}

static void topics_end_with_a_dot_and_escape_what_they_must(void **state)
{
    (void)state;
    char topic[AS_TOPIC_BYTES];
    as_decision d = sample(AS_DECISION_SIG);
    assert_int_equal(as_codec_topic(&d, topic), strlen("sig.overreaction.BRK%2EB."));
    assert_string_equal(topic, "sig.overreaction.BRK%2EB.");
    strcpy(d.symbol, "A%B");
    d.type = AS_DECISION_SHOCK;
    as_codec_topic(&d, topic);
    assert_string_equal(topic, "shock.A%25B.");
    d.type = AS_DECISION_FACT;
    strcpy(d.symbol, "000660.KS");
    as_codec_topic(&d, topic);
    assert_string_equal(topic, "fact.000660%2EKS.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_has_every_key_in_the_tables_order),
        cmocka_unit_test(a_shock_and_a_fact_have_their_own_tables),
        cmocka_unit_test(outside_events_there_is_no_fact_and_a_pair_has_its_partner),
        cmocka_unit_test(a_payload_is_one_map_that_msgpack_reads_back),
        cmocka_unit_test(the_first_bytes_are_golden),
        cmocka_unit_test(whole_payloads_are_golden_and_shown_in_the_documentation),
        cmocka_unit_test(the_documentation_has_every_reason),
        cmocka_unit_test(what_does_not_fit_fails_whole),
        cmocka_unit_test(the_largest_decision_fits),
        cmocka_unit_test(any_decision_has_the_bytes_that_msgpack_c_packs),
        cmocka_unit_test(topics_end_with_a_dot_and_escape_what_they_must),
    };
    return cmocka_run_group_tests_name("codec", tests, NULL, NULL);
}
