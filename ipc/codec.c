#include "ipc/codec.h"

#include <math.h>
#include <string.h>

#include "ipc/pack.h"
#include "ipc/writer.h"

/* Texts of ours, in memory that as_pack_field may read. */
static const char model[] = AS_MODEL_VERSION "\0\0\0\0\0\0\0";
static const char shock_kind[AS_WORD_BYTES] = "shock", fact_kind[AS_WORD_BYTES] = "fact";

/*
 * ---- the tables: which keys a message has, in which order (DESIGN 4.3) ----
 *
 * X(from, type, key, member): the member of the decision or of the envelope that a key's value is made of, and how.
 * Both encodings are made of these rows: a payload by straight-line code (it is on the way to the subscriber), a line
 * by a walk over tables that leaves the envelope out.
 */
/* clang-format off */
#define SIG_FIELDS(X)                                                                                                  \
    X(decision, VERSION, "v", type)                                                                                    \
    X(envelope, UINT, "epoch", epoch)                                                                                  \
    X(envelope, UINT, "gseq", gseq)                                                                                    \
    X(envelope, UINT, "tseq", tseq)                                                                                    \
    X(envelope, UINT, "prev", prev)                                                                                    \
    X(envelope, UINT, "ts_pub", ts_pub)                                                                                \
    X(decision, KIND, "kind", kind)                                                                                    \
    X(decision, ACTION, "action", action)                                                                              \
    X(decision, ID, "id", id)                                                                                          \
    X(decision, TEXT, "sym", symbol)                                                                                   \
    X(decision, SIGN, "side", side)                                                                                    \
    X(decision, NUMBER, "strength", strength)                                                                          \
    X(decision, NUMBER, "p", p)                                                                                        \
    X(decision, NUMBER, "z", z)                                                                                        \
    X(decision, NUMBER, "e", e)                                                                                        \
    X(decision, NUMBER, "os", os)                                                                                      \
    X(decision, NUMBER, "b", b)                                                                                        \
    X(decision, NUMBER, "k", k)                                                                                        \
    X(decision, NUMBER, "s", s)                                                                                        \
    X(decision, NUMBER, "rev_bps", rev_bps)                                                                            \
    X(decision, NUMBER, "cost_bps", cost_bps)                                                                          \
    X(decision, TIME, "half_life_ns", half_life_ns)                                                                    \
    X(decision, TIME, "horizon_ns", horizon_ns)                                                                        \
    X(decision, TIME, "valid_until", valid_until)                                                                      \
    X(decision, PRICE, "px", px)                                                                                       \
    X(decision, PRICE, "target", target)                                                                               \
    X(decision, PRICE, "stop", stop)                                                                                   \
    X(decision, TEXT_OR_NIL, "fact", fact)                                                                             \
    X(decision, STATUS, "status", status)                                                                              \
    X(decision, HEADLINES, "headlines", headline)                                                                      \
    X(decision, TIME, "ts_event", ts_event)                                                                            \
    X(decision, TIME, "ts_recv", ts_recv)                                                                              \
    X(envelope, BOOL, "replay", replay)                                                                                \
    X(decision, TICK, "tick", tick_seq)                                                                                \
    X(decision, REASONS, "reasons", reasons)                                                                           \
    X(decision, MODEL, "model", type)                                                                                  \
    X(decision, TEXT, "playbook", playbook)                                                                            \
    X(decision, PARAMS, "params", params)                                                                              \
    X(decision, TEXT, "strategy", strategy)                                                                            \
    X(decision, TEXT_OR_NIL, "event", event_name)                                                                      \
    X(decision, NUMBER, "m", m)                                                                                        \
    X(decision, NUMBER, "g", g)                                                                                        \
    X(decision, COUNT32, "generation", generation)

/* The last ones of a sig, in a pair's only. */
#define PAIR_FIELDS(X)                                                                                                 \
    X(decision, TEXT, "partner", partner)                                                                              \
    X(decision, NUMBER, "hedge", hedge)

#define SHOCK_FIELDS(X)                                                                                                \
    X(decision, VERSION, "v", type)                                                                                    \
    X(envelope, UINT, "epoch", epoch)                                                                                  \
    X(envelope, UINT, "gseq", gseq)                                                                                    \
    X(envelope, UINT, "tseq", tseq)                                                                                    \
    X(envelope, UINT, "prev", prev)                                                                                    \
    X(envelope, UINT, "ts_pub", ts_pub)                                                                                \
    X(decision, KIND, "kind", kind)                                                                                    \
    X(decision, TEXT, "fact", fact)                                                                                    \
    X(decision, STATUS, "status", status)                                                                              \
    X(decision, HEADLINES, "headlines", headline)                                                                      \
    X(decision, TIME, "ts_event", ts_event)                                                                            \
    X(decision, TIME, "ts_recv", ts_recv)                                                                              \
    X(envelope, BOOL, "replay", replay)                                                                                \
    X(decision, TICK, "tick", tick_seq)                                                                                \
    X(decision, REASONS, "reasons", reasons)                                                                           \
    X(decision, TEXT, "playbook", playbook)                                                                            \
    X(decision, PARAMS, "params", params)                                                                              \
    X(decision, TEXT, "issuer", symbol)                                                                                \
    X(decision, TEXT, "event", event_name)                                                                             \
    X(decision, COUNT32, "generation", generation)                                                                     \
    X(decision, SIGN, "dir", dir)                                                                                      \
    X(decision, NUMBER, "m", m)                                                                                        \
    X(decision, NUMBER, "g", g)                                                                                        \
    X(decision, NUMBER, "z", z)                                                                                        \
    X(decision, NUMBER, "b", b)                                                                                        \
    X(decision, NUMBER, "k", k)                                                                                        \
    X(decision, COUNT32, "linked", linked)

#define FACT_FIELDS(X)                                                                                                 \
    X(decision, VERSION, "v", type)                                                                                    \
    X(envelope, UINT, "epoch", epoch)                                                                                  \
    X(envelope, UINT, "gseq", gseq)                                                                                    \
    X(envelope, UINT, "tseq", tseq)                                                                                    \
    X(envelope, UINT, "prev", prev)                                                                                    \
    X(envelope, UINT, "ts_pub", ts_pub)                                                                                \
    X(decision, KIND, "kind", kind)                                                                                    \
    X(decision, TEXT, "fact", fact)                                                                                    \
    X(decision, STATUS, "status", status)                                                                              \
    X(decision, HEADLINES, "headlines", headline)                                                                      \
    X(decision, TIME, "ts_event", ts_event)                                                                            \
    X(decision, TIME, "ts_recv", ts_recv)                                                                              \
    X(envelope, BOOL, "replay", replay)                                                                                \
    X(decision, TEXT, "playbook", playbook)                                                                            \
    X(decision, PARAMS, "params", params)                                                                              \
    X(decision, TEXT, "issuer", symbol)                                                                                \
    X(decision, TEXT, "event", event_name)                                                                             \
    X(decision, COUNT32, "generation", generation)                                                                     \
    X(decision, NUMBER, "novelty", novelty)                                                                            \
    X(decision, NUMBER, "g", g)
/* clang-format on */

static const char *kind_of(const as_decision *decision)
{
    if (decision->type == AS_DECISION_SHOCK)
        return shock_kind;
    if (decision->type == AS_DECISION_FACT)
        return fact_kind;
    return decision->kind == AS_SIGNAL_CUSTOM ? decision->strategy
                                              : as_signal_kind_text((as_signal_kind)decision->kind);
}

/* ---- payload ---- */

static uint8_t *pack_number(uint8_t *at, double number)
{
    return isfinite(number) ? as_pack_double(at, number) : as_pack_nil(at);
}

static uint8_t *pack_time(uint8_t *at, uint64_t time)
{
    return time == AS_TS_UNDEFINED ? as_pack_nil(at) : as_pack_uint(at, time);
}

static uint8_t *pack_price(uint8_t *at, int64_t px)
{
    return px == AS_PX_UNDEFINED ? as_pack_nil(at) : as_pack_int(at, px);
}

static uint8_t *pack_text_or_nil(uint8_t *at, const char *text)
{
    return text && *text ? as_pack_field(at, text) : as_pack_nil(at);
}

static uint8_t *pack_headlines(uint8_t *at, const as_decision *decision)
{
    unsigned count = decision->headline_count < AS_FACT_HEADLINE_MAX ? decision->headline_count : AS_FACT_HEADLINE_MAX;
    at = as_pack_array(at, count);
    for (unsigned i = 0; i < count; i++)
        at = as_pack_field(at, decision->headline[i]);
    return at;
}

static uint8_t *pack_reasons(uint8_t *at, uint64_t reasons)
{
    reasons &= (UINT64_C(1) << AS_REASON_COUNT) - 1;
    uint32_t count = 0;
    for (uint64_t left = reasons; left; left &= left - 1) /* a few bits: quicker than counting without an instruction */
        count++;
    at = as_pack_array(at, count);
    for (; reasons; reasons &= reasons - 1)
        at = as_pack_field(at, as_reason_text((as_reason)__builtin_ctzll(reasons)));
    return at;
}

static uint8_t *pack_hash(uint8_t *at, uint64_t hash)
{
    uint64_t big = __builtin_bswap64(hash);
    return as_pack_hex(at, &big, sizeof big);
}

static uint8_t *pack_model(uint8_t *at)
{
    _Static_assert(sizeof AS_MODEL_VERSION - 1 < 32, "a short text");
    *at = 0xa0 | (sizeof AS_MODEL_VERSION - 1);
    memcpy(at + 1, model, sizeof model);
    return at + sizeof AS_MODEL_VERSION;
}

/* Of each type: how it is packed, and how long it is at most. */
#define PACK_VERSION(member) as_pack_uint(at, AS_WIRE_VERSION)
#define PACK_UINT(member) as_pack_uint(at, member)
#define PACK_BOOL(member) as_pack_bool(at, member)
#define PACK_KIND(member) as_pack_field(at, kind_of(decision))
#define PACK_ACTION(member) as_pack_field(at, as_action_text((as_action)(member)))
#define PACK_ID(member) as_pack_hex(at, member, sizeof(member))
#define PACK_TEXT(member) as_pack_field(at, member)
#define PACK_TEXT_OR_NIL(member) pack_text_or_nil(at, member)
#define PACK_SIGN(member) as_pack_int(at, member)
#define PACK_NUMBER(member) pack_number(at, member)
#define PACK_TIME(member) pack_time(at, member)
#define PACK_PRICE(member) pack_price(at, member)
#define PACK_COUNT32(member) as_pack_uint(at, member)
#define PACK_STATUS(member) pack_text_or_nil(at, as_fact_status_text((as_fact_status)(member)))
#define PACK_HEADLINES(member) pack_headlines(at, decision)
#define PACK_TICK(member) pack_time(as_pack_uint(as_pack_array(at, 2), member), decision->anchor_seq)
#define PACK_REASONS(member) pack_reasons(at, member)
#define PACK_MODEL(member) pack_model(at)
#define PACK_PARAMS(member) pack_hash(at, member)

#define MAX_VERSION(member) 1
#define MAX_UINT(member) AS_PACK_VALUE_BYTES
#define MAX_BOOL(member) 1
#define MAX_KIND(member) (1 + AS_WORD_BYTES)
#define MAX_ACTION(member) (1 + AS_WORD_BYTES)
#define MAX_ID(member) (2 + 2 * sizeof(member))
#define MAX_TEXT(member) (2 + sizeof(member))
#define MAX_TEXT_OR_NIL(member) (2 + sizeof(member))
#define MAX_SIGN(member) 2
#define MAX_NUMBER(member) AS_PACK_VALUE_BYTES
#define MAX_TIME(member) AS_PACK_VALUE_BYTES
#define MAX_PRICE(member) AS_PACK_VALUE_BYTES
#define MAX_COUNT32(member) 5
#define MAX_STATUS(member) (1 + AS_WORD_BYTES)
#define MAX_HEADLINES(member) (1 + AS_FACT_HEADLINE_MAX * (2 + AS_HEADLINE_ID_BYTES))
#define MAX_TICK(member) (1 + 2 * AS_PACK_VALUE_BYTES)
#define MAX_REASONS(member) (3 + AS_REASON_COUNT * (1 + AS_WORD_BYTES))
#define MAX_MODEL(member) (1 + sizeof model)
#define MAX_PARAMS(member) (1 + 2 * sizeof(member))

#define MAX_FIELD(from, type, key, member) +sizeof(key) + MAX_##type(((const as_##from *)0)->member)
_Static_assert(3 SIG_FIELDS(MAX_FIELD) PAIR_FIELDS(MAX_FIELD) + AS_PACK_SLACK <= AS_PAYLOAD_BYTES, "no sig is longer");
_Static_assert(3 SHOCK_FIELDS(MAX_FIELD) + AS_PACK_SLACK <= AS_PAYLOAD_BYTES, "no shock is longer");
_Static_assert(3 FACT_FIELDS(MAX_FIELD) + AS_PACK_SLACK <= AS_PAYLOAD_BYTES, "no fact is longer");

/* as_pack_field reads and writes words of 8 bytes. */
_Static_assert(AS_SYMBOL_BYTES % 8 == 0 && AS_STRATEGY_NAME_BYTES % 8 == 0 && AS_EVENT_NAME_BYTES % 8 == 0 &&
                   AS_VERSION_BYTES % 8 == 0 && AS_FACT_KEY_BYTES % 8 == 0 && AS_HEADLINE_ID_BYTES % 8 == 0 &&
                   AS_WORD_BYTES % 8 == 0 && AS_FACT_KEY_BYTES <= 256,
               "texts of a decision are whole words");

#define COUNT_FIELD(from, type, key, member) +1
enum {
    SIG_KEYS = SIG_FIELDS(COUNT_FIELD),
    PAIR_KEYS = PAIR_FIELDS(COUNT_FIELD),
    SHOCK_KEYS = SHOCK_FIELDS(COUNT_FIELD),
    FACT_KEYS = FACT_FIELDS(COUNT_FIELD)
};

/* A key is a constant of 8 or 16 bytes behind its header; what is too much is written over by the value. */
#define ZEROES "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define CHECK_KEY(from, type, key, member) _Static_assert(sizeof(key) <= 17, key " is no key of at most 16 bytes");
SIG_FIELDS(CHECK_KEY)
PAIR_FIELDS(CHECK_KEY)
SHOCK_FIELDS(CHECK_KEY)
FACT_FIELDS(CHECK_KEY)

#define PACK_FIELD(from, type, key, member)                                                                            \
    *at = 0xa0 | (sizeof(key) - 1);                                                                                    \
    memcpy(at + 1, key ZEROES, sizeof(key) <= 9 ? 8 : 16);                                                             \
    at += sizeof(key);                                                                                                 \
    at = PACK_##type((from)->member);

static uint8_t *pack_sig(uint8_t *at, const as_decision *decision, const as_envelope *envelope)
{
    at = as_pack_map(at, SIG_KEYS + (decision->partner[0] ? PAIR_KEYS : 0));
    SIG_FIELDS(PACK_FIELD)
    if (decision->partner[0]) {
        PAIR_FIELDS(PACK_FIELD)
    }
    return at;
}

static uint8_t *pack_shock(uint8_t *at, const as_decision *decision, const as_envelope *envelope)
{
    at = as_pack_map(at, SHOCK_KEYS);
    SHOCK_FIELDS(PACK_FIELD)
    return at;
}

static uint8_t *pack_fact(uint8_t *at, const as_decision *decision, const as_envelope *envelope)
{
    at = as_pack_map(at, FACT_KEYS);
    FACT_FIELDS(PACK_FIELD)
    return at;
}

/* Into AS_PAYLOAD_BYTES. */
static size_t pack_message(const as_decision *decision, const as_envelope *envelope, uint8_t *out)
{
    switch ((as_decision_type)decision->type) {
    case AS_DECISION_SHOCK:
        return (size_t)(pack_shock(out, decision, envelope) - out);
    case AS_DECISION_FACT:
        return (size_t)(pack_fact(out, decision, envelope) - out);
    case AS_DECISION_SIG:
    default:
        return (size_t)(pack_sig(out, decision, envelope) - out);
    }
}

/* Where there is less room than the longest message needs, it is packed beside and copied if it fits. */
static size_t pack_beside(const as_decision *decision, const as_envelope *envelope, uint8_t *out, size_t out_bytes)
{
    uint8_t payload[AS_PAYLOAD_BYTES];
    size_t bytes = pack_message(decision, envelope, payload);
    if (bytes > out_bytes)
        return 0;
    memcpy(out, payload, bytes);
    return bytes;
}

size_t as_codec_payload(const as_decision *decision, const as_envelope *envelope, uint8_t *out, size_t out_bytes)
{
    return out_bytes >= AS_PAYLOAD_BYTES ? pack_message(decision, envelope, out)
                                         : pack_beside(decision, envelope, out, out_bytes);
}

/* ---- line ---- */

typedef enum field_type {
    FIELD_VERSION,
    FIELD_KIND,
    FIELD_ACTION,
    FIELD_ID,
    FIELD_TEXT,
    FIELD_TEXT_OR_NIL, /* nil when empty */
    FIELD_SIGN,
    FIELD_NUMBER,
    FIELD_TIME,
    FIELD_PRICE,
    FIELD_COUNT32,
    FIELD_STATUS,
    FIELD_HEADLINES,
    FIELD_TICK,
    FIELD_REASONS,
    FIELD_MODEL,
    FIELD_PARAMS
} field_type;

typedef struct field {
    const char *key;
    field_type type;
    size_t offset; /* in as_decision */
} field;

#define LINE_envelope(type, key, member)
#define LINE_decision(type, key, member) {key, FIELD_##type, offsetof(as_decision, member)},
#define LINE_FIELD(from, type, key, member) LINE_##from(type, key, member)

static const field sig_field[] = {SIG_FIELDS(LINE_FIELD) PAIR_FIELDS(LINE_FIELD)};
static const field shock_field[] = {SHOCK_FIELDS(LINE_FIELD)};
static const field fact_field[] = {FACT_FIELDS(LINE_FIELD)};

typedef struct table {
    const field *field;
    unsigned count;
} table;

static table table_of(const as_decision *decision)
{
    switch ((as_decision_type)decision->type) {
    case AS_DECISION_SHOCK:
        return (table){shock_field, sizeof shock_field / sizeof *shock_field};
    case AS_DECISION_FACT:
        return (table){fact_field, sizeof fact_field / sizeof *fact_field};
    case AS_DECISION_SIG:
    default:
        return (table){sig_field, sizeof sig_field / sizeof *sig_field - (decision->partner[0] ? 0 : PAIR_KEYS)};
    }
}

static void put_headlines(as_writer *writer, const as_decision *decision)
{
    as_writer_array(writer, decision->headline_count);
    for (unsigned i = 0; i < decision->headline_count; i++)
        as_writer_text(writer, decision->headline[i]);
    as_writer_array_end(writer);
}

static void put_tick(as_writer *writer, const as_decision *decision)
{
    as_writer_array(writer, 2);
    as_writer_uint(writer, decision->tick_seq);
    if (decision->anchor_seq == AS_TS_UNDEFINED)
        as_writer_nil(writer);
    else
        as_writer_uint(writer, decision->anchor_seq);
    as_writer_array_end(writer);
}

static void put_reasons(as_writer *writer, uint64_t reasons)
{
    as_writer_array(writer, (unsigned)__builtin_popcountll(reasons));
    for (unsigned i = 0; i < AS_REASON_COUNT; i++)
        if (reasons >> i & 1)
            as_writer_text(writer, as_reason_text((as_reason)i));
    as_writer_array_end(writer);
}

static void put_hash(as_writer *writer, uint64_t hash)
{
    static const char digit[] = "0123456789abcdef";
    char text[17] = {0};
    for (unsigned i = 0; i < 16; i++)
        text[i] = digit[hash >> (60 - 4 * i) & 15];
    as_writer_text(writer, text);
}

static void put_double(as_writer *writer, double number)
{
    if (isfinite(number))
        as_writer_double(writer, number);
    else
        as_writer_nil(writer);
}

/* A number of as_decision: what is undefined becomes nil. */
static void put_number(as_writer *writer, const char *at, field_type type)
{
    uint64_t time;
    int64_t px;
    uint32_t count;
    double number;
    switch (type) {
    case FIELD_SIGN:
        as_writer_int(writer, *(const int8_t *)at);
        break;
    case FIELD_NUMBER:
        memcpy(&number, at, sizeof number);
        put_double(writer, number);
        break;
    case FIELD_PRICE:
        memcpy(&px, at, sizeof px);
        px == AS_PX_UNDEFINED ? as_writer_nil(writer) : as_writer_int(writer, px);
        break;
    case FIELD_COUNT32:
        memcpy(&count, at, sizeof count);
        as_writer_uint(writer, count);
        break;
    default: /* FIELD_TIME */
        memcpy(&time, at, sizeof time);
        time == AS_TS_UNDEFINED ? as_writer_nil(writer) : as_writer_uint(writer, time);
    }
}

static void put_status(as_writer *writer, as_fact_status status)
{
    const char *text = as_fact_status_text(status);
    text ? as_writer_text(writer, text) : as_writer_nil(writer);
}

static void put_value(as_writer *writer, const as_decision *decision, const field *f)
{
    const char *at = (const char *)decision + f->offset;
    char hex[33];
    switch (f->type) {
    case FIELD_VERSION:
        as_writer_uint(writer, AS_WIRE_VERSION);
        break;
    case FIELD_KIND:
        as_writer_text(writer, kind_of(decision));
        break;
    case FIELD_ACTION:
        as_writer_text(writer, as_action_text((as_action)decision->action));
        break;
    case FIELD_ID:
        as_codec_id(decision->id, hex);
        as_writer_text(writer, hex);
        break;
    case FIELD_TEXT:
        as_writer_text(writer, at);
        break;
    case FIELD_TEXT_OR_NIL:
        *at ? as_writer_text(writer, at) : as_writer_nil(writer);
        break;
    case FIELD_STATUS:
        put_status(writer, (as_fact_status)decision->status);
        break;
    case FIELD_HEADLINES:
        put_headlines(writer, decision);
        break;
    case FIELD_TICK:
        put_tick(writer, decision);
        break;
    case FIELD_REASONS:
        put_reasons(writer, decision->reasons);
        break;
    case FIELD_MODEL:
        as_writer_text(writer, model);
        break;
    case FIELD_PARAMS:
        put_hash(writer, decision->params);
        break;
    default:
        put_number(writer, at, f->type);
    }
}

size_t as_codec_line(const as_decision *decision, char *out, size_t out_bytes)
{
    table keys = table_of(decision);
    as_writer writer;
    as_writer_json(&writer, out, out_bytes);
    as_writer_map(&writer, keys.count);
    for (unsigned i = 0; i < keys.count; i++) {
        as_writer_key(&writer, keys.field[i].key);
        put_value(&writer, decision, &keys.field[i]);
    }
    as_writer_map_end(&writer);
    return as_writer_finish(&writer);
}

void as_codec_id(const uint8_t id[16], char hex[33])
{
    static const char digit[] = "0123456789abcdef";
    for (unsigned i = 0; i < 16; i++) {
        hex[2 * i] = digit[id[i] >> 4];
        hex[2 * i + 1] = digit[id[i] & 15];
    }
    hex[32] = 0;
}

/* ---- topics ---- */

size_t as_codec_component(const char *text, char *out, size_t out_bytes)
{
    static const char digit[] = "0123456789ABCDEF";
    size_t used = 0;
    for (; *text && used + 4 <= out_bytes; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '.' || c == '%') {
            out[used++] = '%';
            out[used++] = digit[c >> 4];
            out[used++] = digit[c & 15];
        } else {
            out[used++] = (char)c;
        }
    }
    out[used] = 0;
    return used;
}

size_t as_codec_topic(const as_decision *decision, char *topic)
{
    static const char *const prefix[] = {
        [AS_DECISION_SIG] = "sig.", [AS_DECISION_SHOCK] = "shock.", [AS_DECISION_FACT] = "fact."};
    size_t used = strlen(prefix[decision->type]);
    memcpy(topic, prefix[decision->type], used);
    if (decision->type == AS_DECISION_SIG) {
        used += as_codec_component(decision->strategy, topic + used, AS_TOPIC_BYTES - used);
        topic[used++] = '.';
    }
    used += as_codec_component(decision->symbol, topic + used, AS_TOPIC_BYTES - used - 1);
    topic[used++] = '.';
    topic[used] = 0;
    return used;
}
