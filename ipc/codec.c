#include "ipc/codec.h"

#include <math.h>
#include <string.h>

#include "ipc/writer.h"

/* ---- the tables: which keys a message has, in which order (DESIGN 4.3) ---- */

typedef enum field_type {
    FIELD_ENVELOPE, /* not in a line */
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
    FIELD_PARAMS,
    FIELD_REPLAY
} field_type;

typedef struct field {
    const char *key;
    field_type type;
    size_t offset; /* in as_decision, or in as_envelope */
} field;

#define AT(member) offsetof(as_decision, member)
#define ENVELOPE(member) offsetof(as_envelope, member)

static const field sig_field[] = {
    {"v", FIELD_VERSION, 0},
    {"epoch", FIELD_ENVELOPE, ENVELOPE(epoch)},
    {"gseq", FIELD_ENVELOPE, ENVELOPE(gseq)},
    {"tseq", FIELD_ENVELOPE, ENVELOPE(tseq)},
    {"ts_pub", FIELD_ENVELOPE, ENVELOPE(ts_pub)},
    {"kind", FIELD_KIND, 0},
    {"action", FIELD_ACTION, 0},
    {"id", FIELD_ID, AT(id)},
    {"sym", FIELD_TEXT, AT(symbol)},
    {"side", FIELD_SIGN, AT(side)},
    {"strength", FIELD_NUMBER, AT(strength)},
    {"p", FIELD_NUMBER, AT(p)},
    {"z", FIELD_NUMBER, AT(z)},
    {"e", FIELD_NUMBER, AT(e)},
    {"os", FIELD_NUMBER, AT(os)},
    {"b", FIELD_NUMBER, AT(b)},
    {"k", FIELD_NUMBER, AT(k)},
    {"s", FIELD_NUMBER, AT(s)},
    {"rev_bps", FIELD_NUMBER, AT(rev_bps)},
    {"cost_bps", FIELD_NUMBER, AT(cost_bps)},
    {"half_life_ns", FIELD_TIME, AT(half_life_ns)},
    {"horizon_ns", FIELD_TIME, AT(horizon_ns)},
    {"valid_until", FIELD_TIME, AT(valid_until)},
    {"px", FIELD_PRICE, AT(px)},
    {"target", FIELD_PRICE, AT(target)},
    {"stop", FIELD_PRICE, AT(stop)},
    {"fact", FIELD_TEXT_OR_NIL, AT(fact)},
    {"status", FIELD_STATUS, AT(status)},
    {"headlines", FIELD_HEADLINES, 0},
    {"ts_event", FIELD_TIME, AT(ts_event)},
    {"ts_recv", FIELD_TIME, AT(ts_recv)},
    {"replay", FIELD_REPLAY, 0},
    {"tick", FIELD_TICK, 0},
    {"reasons", FIELD_REASONS, AT(reasons)},
    {"model", FIELD_MODEL, 0},
    {"playbook", FIELD_TEXT, AT(playbook)},
    {"params", FIELD_PARAMS, AT(params)},
    {"strategy", FIELD_TEXT, AT(strategy)},
    {"event", FIELD_TEXT_OR_NIL, AT(event_name)},
    {"m", FIELD_NUMBER, AT(m)},
    {"g", FIELD_NUMBER, AT(g)},
    {"generation", FIELD_COUNT32, AT(generation)},
    {"partner", FIELD_TEXT, AT(partner)}, /* from here on: PAIR_FIELDS */
    {"hedge", FIELD_NUMBER, AT(hedge)},
};

enum { PAIR_FIELDS = 2 }; /* the last ones of a sig, in a pair's only */

static const field shock_field[] = {
    {"v", FIELD_VERSION, 0},
    {"epoch", FIELD_ENVELOPE, ENVELOPE(epoch)},
    {"gseq", FIELD_ENVELOPE, ENVELOPE(gseq)},
    {"tseq", FIELD_ENVELOPE, ENVELOPE(tseq)},
    {"ts_pub", FIELD_ENVELOPE, ENVELOPE(ts_pub)},
    {"kind", FIELD_KIND, 0},
    {"fact", FIELD_TEXT, AT(fact)},
    {"status", FIELD_STATUS, AT(status)},
    {"headlines", FIELD_HEADLINES, 0},
    {"ts_event", FIELD_TIME, AT(ts_event)},
    {"ts_recv", FIELD_TIME, AT(ts_recv)},
    {"replay", FIELD_REPLAY, 0},
    {"tick", FIELD_TICK, 0},
    {"reasons", FIELD_REASONS, AT(reasons)},
    {"playbook", FIELD_TEXT, AT(playbook)},
    {"params", FIELD_PARAMS, AT(params)},
    {"issuer", FIELD_TEXT, AT(symbol)},
    {"event", FIELD_TEXT, AT(event_name)},
    {"generation", FIELD_COUNT32, AT(generation)},
    {"dir", FIELD_SIGN, AT(dir)},
    {"m", FIELD_NUMBER, AT(m)},
    {"g", FIELD_NUMBER, AT(g)},
    {"z", FIELD_NUMBER, AT(z)},
    {"b", FIELD_NUMBER, AT(b)},
    {"k", FIELD_NUMBER, AT(k)},
    {"linked", FIELD_COUNT32, AT(linked)},
};

static const field fact_field[] = {
    {"v", FIELD_VERSION, 0},
    {"epoch", FIELD_ENVELOPE, ENVELOPE(epoch)},
    {"gseq", FIELD_ENVELOPE, ENVELOPE(gseq)},
    {"tseq", FIELD_ENVELOPE, ENVELOPE(tseq)},
    {"ts_pub", FIELD_ENVELOPE, ENVELOPE(ts_pub)},
    {"kind", FIELD_KIND, 0},
    {"fact", FIELD_TEXT, AT(fact)},
    {"status", FIELD_STATUS, AT(status)},
    {"headlines", FIELD_HEADLINES, 0},
    {"ts_event", FIELD_TIME, AT(ts_event)},
    {"ts_recv", FIELD_TIME, AT(ts_recv)},
    {"replay", FIELD_REPLAY, 0},
    {"playbook", FIELD_TEXT, AT(playbook)},
    {"params", FIELD_PARAMS, AT(params)},
    {"issuer", FIELD_TEXT, AT(symbol)},
    {"event", FIELD_TEXT, AT(event_name)},
    {"generation", FIELD_COUNT32, AT(generation)},
    {"novelty", FIELD_NUMBER, AT(novelty)},
    {"g", FIELD_NUMBER, AT(g)},
};

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
        return (table){sig_field, sizeof sig_field / sizeof *sig_field - (decision->partner[0] ? 0 : PAIR_FIELDS)};
    }
}

static const char *kind_of(const as_decision *decision)
{
    if (decision->type == AS_DECISION_SHOCK)
        return "shock";
    if (decision->type == AS_DECISION_FACT)
        return "fact";
    return decision->kind == AS_SIGNAL_CUSTOM ? decision->strategy
                                              : as_signal_kind_text((as_signal_kind)decision->kind);
}

/* ---- one value ---- */

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

static void put_envelope(as_writer *writer, const as_envelope *envelope, size_t offset)
{
    uint64_t value;
    memcpy(&value, (const char *)envelope + offset, sizeof value);
    as_writer_uint(writer, value);
}

static void put_value(as_writer *writer, const as_decision *decision, const as_envelope *envelope, const field *f)
{
    const char *at = (const char *)decision + f->offset;
    char hex[33];
    switch (f->type) {
    case FIELD_ENVELOPE:
        put_envelope(writer, envelope, f->offset);
        break;
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
        as_writer_text(writer, AS_MODEL_VERSION);
        break;
    case FIELD_PARAMS:
        put_hash(writer, decision->params);
        break;
    case FIELD_REPLAY:
        as_writer_bool(writer, envelope->replay);
        break;
    default:
        put_number(writer, at, f->type);
    }
}

static bool in_line(const field *f)
{
    return f->type != FIELD_ENVELOPE && f->type != FIELD_REPLAY;
}

/* ---- messages ---- */

size_t as_codec_payload(const as_decision *decision, const as_envelope *envelope, uint8_t *out, size_t out_bytes)
{
    table keys = table_of(decision);
    as_writer writer;
    as_writer_msgpack(&writer, out, out_bytes);
    as_writer_map(&writer, keys.count);
    for (unsigned i = 0; i < keys.count; i++) {
        as_writer_key(&writer, keys.field[i].key);
        put_value(&writer, decision, envelope, &keys.field[i]);
    }
    as_writer_map_end(&writer);
    return as_writer_finish(&writer);
}

size_t as_codec_line(const as_decision *decision, char *out, size_t out_bytes)
{
    table keys = table_of(decision);
    as_writer writer;
    as_writer_json(&writer, out, out_bytes);
    as_writer_map(&writer, keys.count);
    for (unsigned i = 0; i < keys.count; i++) {
        if (!in_line(&keys.field[i]))
            continue;
        as_writer_key(&writer, keys.field[i].key);
        put_value(&writer, decision, NULL, &keys.field[i]);
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
