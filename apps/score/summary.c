#include "apps/score/summary.h"

#include <inttypes.h>
#include <math.h>

static void number(FILE *f, const char *format, double value)
{
    fputs(" ", f);
    if (!isfinite(value))
        fputs("-", f);
    else if (format[0] == '1')
        fprintf(f, "%.1f", value);
    else if (format[0] == '3')
        fprintf(f, "%.3f", value);
    else
        fprintf(f, "%.2f", value);
    fputs(" |", f);
}

static void share(FILE *f, uint64_t part, uint64_t whole, as_score_interval between)
{
    if (whole)
        fprintf(f, " %.3f (%.3f..%.3f) |", (double)part / (double)whole, between.low, between.high);
    else
        fputs(" - |", f);
}

static void sections(const as_score_report *report, FILE *f)
{
    fputs("| kind | signals | scored | hit rate (95 %) | gross bps | net bps | t | rank IC | t | Brier | BSS | ECE |\n"
          "|---|---|---|---|---|---|---|---|---|---|---|---|\n",
          f);
    for (unsigned i = 0; i < report->section_count; i++) {
        const as_score_group *g = &report->section[i].group;
        bool stated = g->probability.count > 0;
        fprintf(f, "| %s | %zu | %zu |", as_signal_kind_text((as_signal_kind)report->section[i].kind), g->signals,
                g->scored);
        share(f, g->hits, g->scored, g->hit);
        number(f, "1", g->gross.mean);
        number(f, "1", g->net.mean);
        number(f, "2", g->net.t);
        number(f, "3", g->ic.mean);
        number(f, "2", g->ic.t);
        number(f, "3", stated ? g->probability.score.brier : (double)NAN);
        number(f, "3", stated ? g->probability.score.skill : (double)NAN);
        number(f, "3", stated ? g->probability.score.ece : (double)NAN);
        fputc('\n', f);
    }
}

static void reliability(const as_score_report *report, FILE *f)
{
    const as_score_probability *p = &report->overall.probability;
    if (!p->count)
        return;
    fprintf(f,
            "\n%zu signals with p: Brier %.4f = reliability %.4f - resolution %.4f + uncertainty %.4f (and what bins "
            "lose), "
            "BSS %.4f, log loss %.4f, ECE %.4f (equal width) %.4f (equal count)\n\n"
            "| stated p | signals | came back (95 %%) |\n|---|---|---|\n",
            p->count, p->score.brier, p->score.reliability, p->score.resolution, p->score.uncertainty, p->score.skill,
            p->score.log_loss, p->score.ece, p->ece_equal_count);
    for (size_t k = 0; k < p->equal_count.count; k++)
        fprintf(f, "| %.3f | %zu | %.3f (%.3f..%.3f) |\n", p->equal_count.bin[k].p, p->equal_count.bin[k].count,
                p->equal_count.bin[k].observed, p->equal_count.interval[k].low, p->equal_count.interval[k].high);
}

static void recalls(const as_truth_detection *d, FILE *f)
{
    fputs("\n| planted \\|OS\\| | names | OVERREACTION (95 %) |\n|---|---|---|\n", f);
    for (unsigned b = 0; b < AS_TRUTH_BANDS; b++) {
        fprintf(f, "| %s | %" PRIu64 " |", as_truth_band_text[b], d->band[b].planted);
        share(f, d->band[b].found, d->band[b].planted, d->band[b].interval);
        fputc('\n', f);
    }
    fprintf(f, "| 2.5 and above, any kind | %" PRIu64 " |", d->planted.planted);
    share(f, d->planted.found, d->planted.planted, d->planted.interval);
    fprintf(f, "\n| 2.5 and above, kind overreaction | %" PRIu64 " |", d->reverting.planted);
    share(f, d->reverting.found, d->reverting.planted, d->reverting.interval);
    fputc('\n', f);
    if (isfinite(d->found_after_s[0]))
        fprintf(f, "\nFound after %.0f s, %.0f s, %.0f s (quartiles).\n", d->found_after_s[0], d->found_after_s[1],
                d->found_after_s[2]);
}

static void rate(const char *name, const as_truth_rate *r, FILE *f)
{
    fprintf(f, "| %s | %" PRIu64 " | %.0f |", name, r->count, r->name_days);
    if (isfinite(r->per_1000))
        fprintf(f, " %.2f (%.2f..%.2f) |\n", r->per_1000, r->interval.low, r->interval.high);
    else
        fputs(" - |\n", f);
}

static void detection(const as_truth_detection *d, FILE *f)
{
    recalls(d, f);
    fputs("\n| planted | events | names | overreaction | wrong side | underreaction | none "
          "|\n|---|---|---|---|---|---|---|\n",
          f);
    for (unsigned k = 0; k < d->kinds; k++) {
        const as_truth_row *r = &d->row[k];
        fprintf(f, "| %s | %" PRIu64 " | %" PRIu64 " | %" PRIu64 " | %" PRIu64 " | %" PRIu64 " | %" PRIu64 " |\n",
                r->kind, r->events, r->names, r->overreaction, r->wrong_side, r->underreaction, r->none);
    }
    fprintf(f,
            "\n%" PRIu64 " of %" PRIu64 " sessions are null; %" PRIu64
            " late OVERREACTIONs in them on planted names.\n\n"
            "| false OVERREACTIONs | count | name-days | per 1,000 (95 %%) |\n|---|---|---|---|\n",
            d->null_sessions, d->sessions, d->late);
    rate("null sessions, linked names", &d->false_linked, f);
    rate("null sessions, all names", &d->false_all, f);
    rate("null sessions without a carried excess, linked names", &d->false_quiet, f);
    rate("any session, linked names", &d->unplanted_linked, f);
}

void as_score_summary(const as_score_report *report, FILE *file)
{
    sections(report, file);
    reliability(report, file);
    if (report->has_detection)
        detection(&report->detection, file);
}
