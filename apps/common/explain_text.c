#include "apps/common/explain_page.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <time.h>

#include "apps/common/event_list.h"
#include "apps/common/explain_terms.h"

enum { WIDTH = 100, TEXT_HEADLINES = 64, TIME_BYTES = 40, COURSE_HEAD = 10, COURSE_TAIL = 6 };

static const char *when(uint64_t ts, char text[TIME_BYTES])
{
    time_t seconds = (time_t)(ts / 1000000000);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    size_t used = strftime(text, TIME_BYTES, "%Y-%m-%d %H:%M:%S", &tm);
    (void)snprintf(text + used, TIME_BYTES - used, ".%03u", (unsigned)(ts / 1000000 % 1000));
    return text;
}

/* A number in a column; "-" if it is undefined. */
static void number(FILE *out, int width, int digits, double value)
{
    if (isfinite(value))
        fprintf(out, " %*.*f", width, digits, value);
    else
        fprintf(out, " %*s", width, "-");
}

static void price(FILE *out, int width, int64_t px)
{
    number(out, width, 4, px == AS_PX_UNDEFINED ? (double)NAN : (double)px / 1e9);
}

/* Words from the column where the line stands, broken before WIDTH, indented. */
static void wrap(FILE *out, int indent, const char *text)
{
    int column = indent;
    fprintf(out, "%*s", indent, "");
    while (*text) {
        int bytes = (int)strcspn(text, " ");
        if (column + 1 + bytes > WIDTH && column > indent) {
            fprintf(out, "\n%*s", indent, "");
            column = indent;
        }
        bytes = bytes > WIDTH - indent ? WIDTH - indent : bytes;
        fprintf(out, "%s%.*s", column > indent ? " " : "", bytes, text);
        column += bytes + (column > indent);
        text += bytes;
        text += strspn(text, " ");
    }
    fputc('\n', out);
}

/* ---- the headlines ---- */

const char *as_explain_cue(const as_headline *headline)
{
    static const char *const text[] = {"confirmed", "rumour", "developing", "denied", "opinion"};
    return headline->reading.cue < sizeof text / sizeof *text ? text[headline->reading.cue] : "?";
}

const char *as_explain_class(const as_headline *headline)
{
    static const char *const text[] = {"unknown", "official", "press", "aggregator", "social"};
    return headline->reading.source_class < sizeof text / sizeof *text ? text[headline->reading.source_class] : "?";
}

void as_explain_marks(const as_headline *headline, char *text, size_t text_bytes)
{
    static const char *const mark[] = {
        "hypothetical", "declined to comment", "unverified",           "own sourcing", "retracted",
        "revised",      "corroborates",        "quotes another outlet"};
    size_t used = 0;
    *text = 0;
    for (unsigned i = 0; i < sizeof mark / sizeof *mark; i++)
        if (headline->reading.marks >> i & 1 && used < text_bytes)
            used += (size_t)snprintf(text + used, text_bytes - used, "%s%s", used ? ", " : "", mark[i]);
}

static void print_headline(const as_explain_case *c, const char *id, FILE *out)
{
    char at[TIME_BYTES], line[512], marks[160];
    const as_headline *headline = as_explain_headline(c, id);
    if (!headline) {
        fprintf(out, "  %s: not in the recording\n", id);
        return;
    }
    fprintf(out, "  %s  %.30s (%s, tier %u), id %.24s\n", when(headline->ts_recv, at), headline->source,
            as_explain_class(headline), headline->reading.tier, headline->id);
    wrap(out, 6, headline->text);
    if (headline->ts_event != headline->ts_recv) {
        (void)snprintf(line, sizeof line, "at its source %s", when(headline->ts_event, at));
        wrap(out, 6, line);
    }
    as_explain_marks(headline, marks, sizeof marks);
    (void)snprintf(line, sizeof line, "read as: %s, %s%s%s; polarity %+d", as_explain_cue(headline),
                   as_event_type_name(headline->reading.event_type), *marks ? "; " : "", marks,
                   headline->reading.polarity);
    wrap(out, 6, line);
}

static void print_fact(const as_explain_case *c, FILE *out)
{
    const char *id[TEXT_HEADLINES];
    uint32_t count = as_explain_headline_ids(c, id, TEXT_HEADLINES);
    const as_decision *last = &c->step[c->step_count - 1].decision;
    if (!last->fact[0]) {
        fprintf(out, "\nNO FACT  said at a session's close, outside events (core/outside.h)\n");
        return;
    }
    fprintf(out, "\nTHE NEWS  %s", last->fact);
    if (last->generation > 1)
        fprintf(out, ", generation %u", last->generation);
    fputc('\n', out);
    for (uint32_t i = 0; i < count; i++)
        print_headline(c, id[i], out);
}

/* ---- prices before ---- */

static void print_anchor(const as_explain_case *c, const char *role, const as_anchor *anchor, FILE *out)
{
    char at[TIME_BYTES];
    const as_symbols *symbols = &c->setup->universe.symbols;
    if (anchor->px == AS_PX_UNDEFINED) {
        fprintf(out, "  %-10s no price: its family's default_M counts\n", role);
        return;
    }
    fprintf(out, "  %-10s %-10s %s", role, as_symbols_name(symbols, anchor->instrument), when(anchor->ts, at));
    price(out, 12, anchor->px);
    fprintf(out, "  beta");
    number(out, 5, 2, anchor->beta);
    fprintf(out, "  sigma");
    number(out, 5, 2, 100 * anchor->sigma);
    fprintf(out, " %% a day\n");
}

static void print_anchors(const as_explain_case *c, const as_explain_step *step, FILE *out)
{
    const as_anchor *own = step->is_linked ? &step->linked.anchor : &step->shock.epicentre;
    char at[TIME_BYTES];
    fprintf(out, "\nBEFORE IT  last valid mids before the headline of %s (DESIGN 6.13)\n", when(step->shock.t0, at));
    print_anchor(c, "epicentre", &step->shock.epicentre, out);
    if (step->is_linked)
        print_anchor(c, "the name", own, out);
    if (own->factor != AS_INSTRUMENT_NONE) {
        fprintf(out, "  %-10s %-10s %-23s", "market", as_symbols_name(&c->setup->universe.symbols, own->factor),
                "at the same moment");
        price(out, 12, own->factor_px);
        fputc('\n', out);
    }
    for (unsigned i = 0; i < step->shock.control_count; i++)
        print_anchor(c, "control", &step->shock.control[i].anchor, out);
}

/* ---- the course ---- */

static const char *action_of(const as_decision *d)
{
    if (d->type == AS_DECISION_FACT)
        return "fact";
    if (d->type == AS_DECISION_SHOCK)
        return "shock";
    return as_explain_near_miss(d) ? "near miss" : as_action_text((as_action)d->action);
}

static void print_course(const as_explain_case *c, bool all, FILE *out)
{
    char at[TIME_BYTES];
    fprintf(out, "\nTHE COURSE  M, K, z, E, OS, s in sigmas; B is a share\n");
    fprintf(out, "  %-23s %-9s %-11s %4s %5s %5s %5s %6s %6s %6s %6s\n", "UTC", "said", "status", "G", "M", "B", "K",
            "z", "E", "OS", "s");
    for (uint32_t i = 0; i < c->step_count; i++) {
        const as_decision *d = &c->step[i].decision;
        const char *status = as_fact_status_text((as_fact_status)d->status);
        if (!all && i >= COURSE_HEAD && i + COURSE_TAIL < c->step_count) {
            if (i == COURSE_HEAD)
                fprintf(out, "  .. %u more: --all\n", c->step_count - COURSE_HEAD - COURSE_TAIL);
            continue;
        }
        fprintf(out, "  %s %-9s %-11.11s", when(d->ts_recv, at), action_of(d), status ? status : "-");
        number(out, 4, 2, d->g);
        number(out, 5, 2, d->m);
        number(out, 5, 2, d->b);
        number(out, 5, 2, d->k);
        number(out, 6, 2, d->z);
        number(out, 6, 2, d->e);
        number(out, 6, 2, d->os);
        number(out, 6, 2, d->s);
        fputc('\n', out);
    }
    if (c->steps_beyond)
        fprintf(out, "  and %" PRIu64 " more\n", c->steps_beyond);
}

/* ---- a decision ---- */

static void print_trigger(const as_explain_case *c, const as_explain_step *step, FILE *out)
{
    const as_event *e = &step->trigger;
    char at[TIME_BYTES];
    fprintf(out, "    tick      %s", as_event_kind_name(e->kind));
    if (e->instrument != AS_INSTRUMENT_NONE && e->kind != AS_EVENT_TIMER && e->kind != AS_EVENT_HEADLINE)
        fprintf(out, " of %s", as_symbols_name(&c->setup->universe.symbols, e->instrument));
    fprintf(out, ", received %s, instant %" PRIu64, when(e->ts_recv, at), step->decision.tick_seq);
    if (step->decision.px != AS_PX_UNDEFINED)
        fprintf(out, "; mid %.4f", (double)step->decision.px / 1e9);
    fputc('\n', out);
}

static void print_evidence(const as_explain_step *step, FILE *out)
{
    const as_linked *l = &step->linked;
    const as_shock *s = &step->shock;
    char line[256];
    if (!step->is_linked)
        return;
    fprintf(out, "    moved     CAR %+.2f %% in %.2f sessions: z = CAR / (sigma sqrt H) = %.2f  [SCIENCE 2.2, 2.5]\n",
            100 * l->anchor.car, l->anchor.h, l->anchor.z);
    fprintf(out, "    justified E = w G M dir = %.2f x %.2f x %.2f x %+d = %.2f  [SCIENCE 3.2]\n", l->w, s->g, s->m,
            s->dir, l->e);
    fprintf(out, "    left over OS = (z - E) / sqrt(1 + (s_w G M)^2) = %.2f, s_w %.2f  [SCIENCE 3.3]\n", l->os,
            step->s_w);
    if (isfinite(l->s))
        fprintf(out, "    level     s = (X - m) / s_eq = (%.4f - %.4f) / %.4f = %.2f  [SCIENCE 4.3]\n", l->x, l->x_mean,
                l->s_eq, l->s);
    (void)snprintf(line, sizeof line, "B %.2f: %u of %u linked names; z of the basket %.2f, dispersion %.2f",
                   step->breadth, s->breadth_count, s->usable_count, step->basket_z, step->dispersion);
    fprintf(out, "    others    %s  [SCIENCE 3.4]\n", line);
}

static void print_check(const as_explain_check *check, FILE *out)
{
    fprintf(out, "      %-6s %-38s", !check->asked ? "-" : check->held ? "holds" : "FAILS", check->name);
    if (*check->found_text) {
        fprintf(out, " %s\n", check->found_text);
        return;
    }
    number(out, 7, 2, check->found);
    fprintf(out, " %2s", check->relation);
    number(out, 7, 2, check->limit);
    fprintf(out, "%s%s\n", check->key ? "  " : "", check->key ? check->key : "");
}

static void print_reasons(const as_decision *d, FILE *out)
{
    for (unsigned i = 0; i < AS_REASON_COUNT; i++) {
        const as_explain_reason *reason = as_explain_reason_of((as_reason)i);
        if (!(d->reasons >> i & 1))
            continue;
        fprintf(out, "      %-17s %s%s  [%s]\n", as_reason_text((as_reason)i), reason->veto ? "veto: " : "",
                reason->text, reason->source);
    }
}

static void print_decision(const as_explain_case *c, const as_explain_step *step, FILE *out)
{
    const as_decision *d = &step->decision;
    as_explain_check check[AS_EXPLAIN_CHECKS];
    char at[TIME_BYTES];
    fprintf(out, "\n  %s  %s", when(d->ts_recv, at), as_explain_near_miss(d) ? "near miss: vetoed" : action_of(d));
    if (d->side)
        fprintf(out, ", %s", d->side > 0 ? "buy" : "sell");
    if (d->valid_until > d->ts_recv && d->valid_until != AS_TS_UNDEFINED)
        fprintf(out, ", valid until %s", when(d->valid_until, at));
    fputc('\n', out);
    print_trigger(c, step, out);
    print_evidence(step, out);
    unsigned count = as_explain_checks(step, check);
    if (count)
        fprintf(out, "    conditions, with the thresholds of playbook %s\n", d->playbook);
    for (unsigned i = 0; i < count; i++)
        print_check(&check[i], out);
    if (d->reasons)
        fprintf(out, "    reasons\n");
    print_reasons(d, out);
}

static bool is_own(const as_explain_case *c, uint32_t idx)
{
    return c->step[idx].decision.type == AS_DECISION_SIG;
}

static void print_decisions(const as_explain_case *c, bool all, FILE *out)
{
    uint32_t first = 0, last = c->step_count, passed = 0;
    while (first < c->step_count && !is_own(c, first))
        first++;
    while (last > first && !is_own(c, last - 1))
        last--;
    fprintf(out, "\nTHE DECISIONS\n");
    for (uint32_t i = first; i < last; i++) {
        bool update = c->step[i].decision.action == AS_ACTION_UPDATE;
        if (is_own(c, i) && (all || !update || i == first || i + 1 == last))
            print_decision(c, &c->step[i], out);
        else
            passed += is_own(c, i);
    }
    if (passed)
        fprintf(out, "\n  %u updates between them: --all\n", passed);
}

int as_explain_print_text(const as_explain_case *c, const char *where, bool all, FILE *out)
{
    const as_decision *d = NULL;
    for (uint32_t i = 0; i < c->step_count && !d; i++)
        d = c->step[i].decision.type == AS_DECISION_SIG ? &c->step[i].decision : NULL;
    const as_explain_step *first = as_explain_first(c);
    static const char *const verified[] = {"no journal to compare with", "NOT what the journal says",
                                           "equal to the journal, byte for byte"};
    fprintf(out, "SIGNAL %s\n", c->id);
    if (d)
        fprintf(out, "  %s of %s, said by %s\n",
                d->kind == AS_SIGNAL_CUSTOM ? d->strategy : as_signal_kind_text((as_signal_kind)d->kind), d->symbol,
                d->strategy);
    fprintf(out, "  replayed from %s\n  %u decision%s of it: %s\n", where, c->said_count, c->said_count == 1 ? "" : "s",
            verified[as_explain_verified(c) + 1]);
    if (c->step_count == 0)
        return ferror(out) ? -EIO : 0;
    print_fact(c, out);
    if (first)
        print_anchors(c, first, out);
    print_course(c, all, out);
    print_decisions(c, all, out);
    return fflush(out) || ferror(out) ? -EIO : 0;
}
