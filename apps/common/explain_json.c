#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "apps/common/event_list.h"
#include "apps/common/explain_page.h"
#include "apps/common/explain_terms.h"
#include "apps/common/json_text.h"

enum { JSON_HEADLINES = 1024 };

static void text(FILE *out, const char *key, const char *value)
{
    fprintf(out, ",\"%s\":", key);
    if (value)
        as_json_text(out, value, strlen(value));
    else
        fputs("null", out);
}

static void number(FILE *out, const char *key, double value)
{
    if (isfinite(value))
        fprintf(out, ",\"%s\":%.17g", key, value);
    else
        fprintf(out, ",\"%s\":null", key);
}

static void whole(FILE *out, const char *key, uint64_t value)
{
    fprintf(out, ",\"%s\":%" PRIu64, key, value);
}

static void truth(FILE *out, const char *key, bool value)
{
    fprintf(out, ",\"%s\":%s", key, value ? "true" : "false");
}

static void price(FILE *out, const char *key, int64_t px)
{
    if (px == AS_PX_UNDEFINED)
        fprintf(out, ",\"%s\":null", key);
    else
        fprintf(out, ",\"%s\":%" PRId64, key, px);
}

static const char *symbol(const as_explain_case *c, uint32_t instrument)
{
    return instrument == AS_INSTRUMENT_NONE ? NULL : as_symbols_name(&c->setup->universe.symbols, instrument);
}

static void print_headlines(const as_explain_case *c, FILE *out)
{
    const char *id[JSON_HEADLINES];
    char marks[160];
    uint32_t count = as_explain_headline_ids(c, id, JSON_HEADLINES);
    fputs(",\"headlines\":[", out);
    for (uint32_t i = 0; i < count; i++) {
        const as_headline *headline = as_explain_headline(c, id[i]);
        fprintf(out, "%s{\"found\":%s", i ? "," : "", headline ? "true" : "false");
        text(out, "id", id[i]);
        if (headline) {
            whole(out, "ts_event", headline->ts_event);
            whole(out, "ts_recv", headline->ts_recv);
            text(out, "source", headline->source);
            text(out, "text", headline->text);
            text(out, "class", as_explain_class(headline));
            whole(out, "tier", headline->reading.tier);
            text(out, "cue", as_explain_cue(headline));
            text(out, "event", as_event_type_name(headline->reading.event_type));
            fprintf(out, ",\"polarity\":%d", headline->reading.polarity);
            as_explain_marks(headline, marks, sizeof marks);
            text(out, "marks", marks);
        }
        fputc('}', out);
    }
    fputc(']', out);
}

static void print_anchor(const as_explain_case *c, const char *role, const as_anchor *anchor, bool first, FILE *out)
{
    fprintf(out, "%s{\"role\":\"%s\"", first ? "" : ",", role);
    text(out, "symbol", symbol(c, anchor->instrument));
    whole(out, "ts", anchor->ts);
    whole(out, "seq", anchor->seq);
    price(out, "px", anchor->px);
    text(out, "factor", symbol(c, anchor->factor));
    price(out, "factor_px", anchor->factor_px);
    number(out, "beta", anchor->beta);
    number(out, "sigma", anchor->sigma);
    fputc('}', out);
}

static void print_anchors(const as_explain_case *c, FILE *out)
{
    const as_explain_step *step = as_explain_first(c);
    fputs(",\"anchors\":[", out);
    if (step) {
        print_anchor(c, "epicentre", &step->shock.epicentre, true, out);
        if (step->is_linked)
            print_anchor(c, "name", &step->linked.anchor, false, out);
        for (unsigned i = 0; i < step->shock.control_count; i++)
            print_anchor(c, "control", &step->shock.control[i].anchor, false, out);
    }
    fputc(']', out);
}

static void print_evidence(const as_explain_step *step, FILE *out)
{
    if (!step->has_shock) {
        fputs(",\"evidence\":null", out);
        return;
    }
    fprintf(out, ",\"evidence\":{\"t0\":%" PRIu64, step->shock.t0);
    truth(out, "shocked", step->shock.shocked);
    truth(out, "frozen", step->shock.frozen);
    number(out, "z_epicentre", step->shock.epicentre.measured ? step->shock.epicentre.z : (double)NAN);
    number(out, "z_basket", step->basket_z);
    number(out, "dispersion", step->dispersion);
    number(out, "vol_ratio", step->shock.vol_ratio);
    whole(out, "breadth_count", step->shock.breadth_count);
    whole(out, "usable", step->shock.usable_count);
    if (step->is_linked) {
        const as_linked *l = &step->linked;
        number(out, "car", l->anchor.car);
        number(out, "h", l->anchor.h);
        number(out, "w", l->w);
        number(out, "s_w", step->s_w);
        number(out, "later", l->later);
        number(out, "x", l->x);
        number(out, "x_mean", l->x_mean);
        number(out, "s_eq", l->s_eq);
        number(out, "ou_b", l->ou_b);
        number(out, "ou_k", l->ou_k);
        number(out, "variance_ratio", l->variance_ratio);
        truth(out, "in_time", l->in_time);
        truth(out, "own_news", step->own_news);
        number(out, "spread_ratio", step->view.spread_ratio);
        number(out, "depth_ratio", step->view.depth_ratio);
    }
    fputc('}', out);
}

static void print_checks(const as_explain_step *step, FILE *out)
{
    as_explain_check check[AS_EXPLAIN_CHECKS];
    unsigned count = as_explain_checks(step, check);
    fputs(",\"conditions\":[", out);
    for (unsigned i = 0; i < count; i++) {
        fprintf(out, "%s{\"held\":%s", i ? "," : "", check[i].held ? "true" : "false");
        truth(out, "asked", check[i].asked);
        text(out, "name", check[i].name);
        text(out, "veto", check[i].veto);
        if (*check[i].found_text)
            text(out, "found", check[i].found_text);
        else
            number(out, "found", check[i].found);
        text(out, "relation", check[i].relation);
        number(out, "limit", check[i].limit);
        text(out, "threshold", check[i].key);
        text(out, "source", check[i].source);
        fputc('}', out);
    }
    fputc(']', out);
}

static void print_reasons(const as_decision *d, FILE *out)
{
    const char *comma = "";
    fputs(",\"reasons\":[", out);
    for (unsigned i = 0; i < AS_REASON_COUNT; i++) {
        const as_explain_reason *reason = as_explain_reason_of((as_reason)i);
        if (!(d->reasons >> i & 1))
            continue;
        fprintf(out, "%s{\"veto\":%s", comma, reason->veto ? "true" : "false");
        text(out, "code", as_reason_text((as_reason)i));
        text(out, "text", reason->text);
        text(out, "source", reason->source);
        fputc('}', out);
        comma = ",";
    }
    fputc(']', out);
}

static void print_step(const as_explain_case *c, const as_explain_step *step, FILE *out)
{
    static const char *const type[] = {
        [AS_DECISION_SIG] = "sig", [AS_DECISION_SHOCK] = "shock", [AS_DECISION_FACT] = "fact"};
    const as_decision *d = &step->decision;
    fprintf(out, "{\"type\":\"%s\"", type[d->type]);
    truth(out, "near_miss", d->type == AS_DECISION_SIG && as_explain_near_miss(d));
    fprintf(out, ",\"decision\":%s", step->line);
    fprintf(out, ",\"trigger\":{\"kind\":\"%s\"", as_event_kind_name(step->trigger.kind));
    text(out, "symbol", symbol(c, step->trigger.instrument));
    whole(out, "ts_event", step->trigger.ts_event);
    whole(out, "ts_recv", step->trigger.ts_recv);
    fputc('}', out);
    if (d->type == AS_DECISION_SIG) {
        print_evidence(step, out);
        print_checks(step, out);
    }
    print_reasons(d, out);
    fputc('}', out);
}

int as_explain_print_json(const as_explain_case *c, const char *where, FILE *out)
{
    int verified = as_explain_verified(c);
    fprintf(out, "{\"schema\":%d", AS_EXPLAIN_SCHEMA);
    text(out, "id", c->id);
    text(out, "recording", where);
    whole(out, "decisions", c->said_count);
    fprintf(out, ",\"equals_journal\":%s", verified < 0 ? "null" : verified ? "true" : "false");
    print_headlines(c, out);
    print_anchors(c, out);
    fputs(",\"steps\":[", out);
    for (uint32_t i = 0; i < c->step_count; i++) {
        fputs(i ? "," : "", out);
        print_step(c, &c->step[i], out);
    }
    fputs("]", out);
    whole(out, "steps_beyond", c->steps_beyond);
    fputs("}\n", out);
    return fflush(out) || ferror(out) ? -EIO : 0;
}
