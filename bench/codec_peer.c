#include "bench/codec_peer.h"

#include <math.h>
#include <string.h>

static void text(msgpack_packer *to, const char *value)
{
    size_t bytes = strlen(value);
    msgpack_pack_str(to, bytes);
    msgpack_pack_str_body(to, value, bytes);
}

static void key(msgpack_packer *to, const char *name)
{
    text(to, name);
}

static void text_or_nil(msgpack_packer *to, const char *value)
{
    value &&*value ? text(to, value) : (void)msgpack_pack_nil(to);
}

static void number(msgpack_packer *to, double value)
{
    isfinite(value) ? msgpack_pack_double(to, value) : msgpack_pack_nil(to);
}

static void time_or_nil(msgpack_packer *to, uint64_t value)
{
    value == AS_TS_UNDEFINED ? msgpack_pack_nil(to) : msgpack_pack_uint64(to, value);
}

static void price(msgpack_packer *to, int64_t value)
{
    value == AS_PX_UNDEFINED ? msgpack_pack_nil(to) : msgpack_pack_int64(to, value);
}

static void hex(msgpack_packer *to, const uint8_t *bytes, unsigned byte_count)
{
    static const char digit[] = "0123456789abcdef";
    char word[2 * 16];
    for (unsigned i = 0; i < byte_count; i++) {
        word[2 * i] = digit[bytes[i] >> 4];
        word[2 * i + 1] = digit[bytes[i] & 15];
    }
    msgpack_pack_str(to, 2 * byte_count);
    msgpack_pack_str_body(to, word, 2 * byte_count);
}

static void hash(msgpack_packer *to, uint64_t value)
{
    uint8_t bytes[8];
    for (unsigned i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(value >> (56 - 8 * i));
    hex(to, bytes, sizeof bytes);
}

static void headlines(msgpack_packer *to, const as_decision *d)
{
    msgpack_pack_array(to, d->headline_count);
    for (unsigned i = 0; i < d->headline_count; i++)
        text(to, d->headline[i]);
}

static void reasons(msgpack_packer *to, uint64_t set)
{
    msgpack_pack_array(to, (size_t)__builtin_popcountll(set));
    for (unsigned i = 0; i < AS_REASON_COUNT; i++)
        if (set >> i & 1)
            text(to, as_reason_text((as_reason)i));
}

static void tick(msgpack_packer *to, const as_decision *d)
{
    msgpack_pack_array(to, 2);
    msgpack_pack_uint64(to, d->tick_seq);
    time_or_nil(to, d->anchor_seq);
}

static const char *kind_of(const as_decision *d)
{
    return d->kind == AS_SIGNAL_CUSTOM ? d->strategy : as_signal_kind_text((as_signal_kind)d->kind);
}

static void envelope(msgpack_packer *to, const as_envelope *e)
{
    key(to, "v");
    msgpack_pack_uint64(to, AS_WIRE_VERSION);
    key(to, "epoch");
    msgpack_pack_uint64(to, e->epoch);
    key(to, "gseq");
    msgpack_pack_uint64(to, e->gseq);
    key(to, "tseq");
    msgpack_pack_uint64(to, e->tseq);
    key(to, "prev");
    msgpack_pack_uint64(to, e->prev);
    key(to, "ts_pub");
    msgpack_pack_uint64(to, e->ts_pub);
    key(to, "kind");
}

static void sig_score(msgpack_packer *to, const as_decision *d)
{
    text(to, kind_of(d));
    key(to, "action");
    text(to, as_action_text((as_action)d->action));
    key(to, "id");
    hex(to, d->id, sizeof d->id);
    key(to, "sym");
    text(to, d->symbol);
    key(to, "side");
    msgpack_pack_int8(to, d->side);
    key(to, "strength");
    number(to, d->strength);
    key(to, "p");
    number(to, d->p);
    key(to, "z");
    number(to, d->z);
    key(to, "e");
    number(to, d->e);
    key(to, "os");
    number(to, d->os);
    key(to, "b");
    number(to, d->b);
    key(to, "k");
    number(to, d->k);
    key(to, "s");
    number(to, d->s);
    key(to, "rev_bps");
    number(to, d->rev_bps);
    key(to, "cost_bps");
    number(to, d->cost_bps);
    key(to, "half_life_ns");
    time_or_nil(to, d->half_life_ns);
    key(to, "horizon_ns");
    time_or_nil(to, d->horizon_ns);
    key(to, "valid_until");
    time_or_nil(to, d->valid_until);
}

static void sig_rest(msgpack_packer *to, const as_decision *d, const as_envelope *e)
{
    key(to, "px");
    price(to, d->px);
    key(to, "target");
    price(to, d->target);
    key(to, "stop");
    price(to, d->stop);
    key(to, "fact");
    text_or_nil(to, d->fact);
    key(to, "status");
    text_or_nil(to, as_fact_status_text((as_fact_status)d->status));
    key(to, "headlines");
    headlines(to, d);
    key(to, "ts_event");
    time_or_nil(to, d->ts_event);
    key(to, "ts_recv");
    time_or_nil(to, d->ts_recv);
    key(to, "replay");
    e->replay ? msgpack_pack_true(to) : msgpack_pack_false(to);
    key(to, "tick");
    tick(to, d);
    key(to, "reasons");
    reasons(to, d->reasons);
    key(to, "model");
    text(to, AS_MODEL_VERSION);
    key(to, "playbook");
    text(to, d->playbook);
    key(to, "params");
    hash(to, d->params);
    key(to, "strategy");
    text(to, d->strategy);
    key(to, "event");
    text_or_nil(to, d->event_name);
    key(to, "m");
    number(to, d->m);
    key(to, "g");
    number(to, d->g);
    key(to, "generation");
    msgpack_pack_uint32(to, d->generation);
    if (!d->partner[0])
        return;
    key(to, "partner");
    text(to, d->partner);
    key(to, "hedge");
    number(to, d->hedge);
}

static void shock(msgpack_packer *to, const as_decision *d, const as_envelope *e)
{
    text(to, "shock");
    key(to, "fact");
    text(to, d->fact);
    key(to, "status");
    text_or_nil(to, as_fact_status_text((as_fact_status)d->status));
    key(to, "headlines");
    headlines(to, d);
    key(to, "ts_event");
    time_or_nil(to, d->ts_event);
    key(to, "ts_recv");
    time_or_nil(to, d->ts_recv);
    key(to, "replay");
    e->replay ? msgpack_pack_true(to) : msgpack_pack_false(to);
    key(to, "tick");
    tick(to, d);
    key(to, "reasons");
    reasons(to, d->reasons);
    key(to, "playbook");
    text(to, d->playbook);
    key(to, "params");
    hash(to, d->params);
    key(to, "issuer");
    text(to, d->symbol);
    key(to, "event");
    text(to, d->event_name);
    key(to, "generation");
    msgpack_pack_uint32(to, d->generation);
    key(to, "dir");
    msgpack_pack_int8(to, d->dir);
    key(to, "m");
    number(to, d->m);
    key(to, "g");
    number(to, d->g);
    key(to, "z");
    number(to, d->z);
    key(to, "b");
    number(to, d->b);
    key(to, "k");
    number(to, d->k);
    key(to, "linked");
    msgpack_pack_uint32(to, d->linked);
}

static void fact(msgpack_packer *to, const as_decision *d, const as_envelope *e)
{
    text(to, "fact");
    key(to, "fact");
    text(to, d->fact);
    key(to, "status");
    text_or_nil(to, as_fact_status_text((as_fact_status)d->status));
    key(to, "headlines");
    headlines(to, d);
    key(to, "ts_event");
    time_or_nil(to, d->ts_event);
    key(to, "ts_recv");
    time_or_nil(to, d->ts_recv);
    key(to, "replay");
    e->replay ? msgpack_pack_true(to) : msgpack_pack_false(to);
    key(to, "playbook");
    text(to, d->playbook);
    key(to, "params");
    hash(to, d->params);
    key(to, "issuer");
    text(to, d->symbol);
    key(to, "event");
    text(to, d->event_name);
    key(to, "generation");
    msgpack_pack_uint32(to, d->generation);
    key(to, "novelty");
    number(to, d->novelty);
    key(to, "g");
    number(to, d->g);
}

void as_codec_peer_pack(const as_decision *decision, const as_envelope *e, msgpack_sbuffer *buffer)
{
    msgpack_packer to;
    msgpack_packer_init(&to, buffer, msgpack_sbuffer_write);
    switch ((as_decision_type)decision->type) {
    case AS_DECISION_SIG:
        msgpack_pack_map(&to, decision->partner[0] ? 45 : 43);
        envelope(&to, e);
        sig_score(&to, decision);
        sig_rest(&to, decision, e);
        break;
    case AS_DECISION_SHOCK:
        msgpack_pack_map(&to, 27);
        envelope(&to, e);
        shock(&to, decision, e);
        break;
    case AS_DECISION_FACT:
        msgpack_pack_map(&to, 20);
        envelope(&to, e);
        fact(&to, decision, e);
        break;
    }
}
