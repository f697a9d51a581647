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
    if (!whole)
        fputs(" - |", f);
    else if (isfinite(between.low))
        fprintf(f, " %.3f (%.3f..%.3f) |", (double)part / (double)whole, between.low, between.high);
    else
        fprintf(f, " %.3f (one event) |", (double)part / (double)whole);
}

static void between(FILE *f, uint64_t count, as_score_interval of)
{
    if (count && isfinite(of.low))
        fprintf(f, " %.3f..%.3f |", of.low, of.high);
    else
        fputs(" - |", f);
}

static void sections(const as_score_report *report, FILE *f)
{
    fputs("| kind | signals | scored | events | hit rate (95 %) | naive | gross bps | net bps | t | net to own close | "
          "t | "
          "rank IC | t | Brier | BSS | ECE |\n"
          "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n",
          f);
    for (unsigned i = 0; i < report->section_count; i++) {
        const as_score_group *g = &report->section[i].group;
        bool stated = g->probability.count > 0;
        fprintf(f, "| %s | %zu | %zu | %zu |", as_signal_kind_text((as_signal_kind)report->section[i].kind), g->signals,
                g->scored, g->events);
        share(f, g->hits, g->scored, g->hit);
        between(f, g->scored, g->hit_naive);
        number(f, "1", g->gross.mean);
        number(f, "1", g->net.mean);
        number(f, "2", g->net.t);
        number(f, "1", g->own_net.mean);
        number(f, "2", g->own_net.t);
        number(f, "3", g->ic.mean);
        number(f, "2", g->ic.t);
        number(f, "3", stated ? g->probability.score.brier : (double)NAN);
        number(f, "3", stated ? g->probability.score.skill : (double)NAN);
        number(f, "3", stated ? g->probability.score.ece : (double)NAN);
        fputc('\n', f);
    }
    fputs(
        "\n`net bps` and p are of a position held to `valid_until`; `net to own close` is of one left when the signal "
        "closes. Intervals and t are clustered by events; `naive` takes names as independent.\n",
        f);
}

static void paths(const as_score_report *report, FILE *f)
{
    fputs("\n| daily path, own closes as exits | days | sum bps | Sharpe a year | PSR | DSR | drawdown bps |\n"
          "|---|---|---|---|---|---|---|\n",
          f);
    for (unsigned i = 0; i <= report->section_count; i++) {
        bool all = i == report->section_count;
        const as_score_path *p = all ? &report->overall_path : &report->section[i].path;
        fprintf(f, "| %s | %zu |", all ? "all" : as_signal_kind_text((as_signal_kind)report->section[i].kind), p->days);
        number(f, "1", p->net_bps);
        number(f, "2", p->sharpe.ratio * sqrt(252));
        number(f, "3", p->psr);
        number(f, "3", p->dsr);
        number(f, "1", p->drawdown_bps);
        fputc('\n', f);
    }
}

static void calibration_row(FILE *f, const char *kind, const char *part, const as_score_probability *p)
{
    if (!p->count)
        return;
    fprintf(f, "| %s | %s | %zu | %.3f | %.3f | %.4f | %.4f | %.4f | %.4f |\n", kind, part, p->count, p->constant_p,
            p->score.base_rate, p->score.brier, p->constant_brier, p->score.ece, p->constant_ece);
}

/* Beside each score what one number for all, the mean of the stated p, would have got. */
static void calibrations(const as_score_report *report, FILE *f)
{
    fputs("\n| kind | family or status | signals | mean p | came back | Brier | of the constant | ECE | of the "
          "constant |\n"
          "|---|---|---|---|---|---|---|---|---|\n",
          f);
    for (unsigned i = 0; i < report->section_count; i++) {
        const as_score_section *s = &report->section[i];
        const char *kind = as_signal_kind_text((as_signal_kind)s->kind);
        calibration_row(f, kind, "all", &s->group.probability);
        for (unsigned k = AS_STATUS_OPEN; k < AS_PROBABILITY_STATUSES; k++)
            calibration_row(f, kind, as_probability_status_text[k], &s->of_status[k].probability);
        for (unsigned k = 0; k < s->family_count; k++)
            calibration_row(f, kind, s->family[k], &s->of_family[k].probability);
    }
}

static void sources(const as_score_report *report, FILE *f)
{
    const as_score_book *book = report->book;
    for (uint32_t i = 0; i < book->run_count; i++) {
        const as_score_run *run = &book->run[i];
        if (!*run->calibration || (i && run->calibration_hash == book->run[i - 1].calibration_hash))
            continue;
        fprintf(f, "\np from a table of %" PRIu64 " signals: %s, %d to %d, hash %016" PRIx64 ".\n",
                run->calibration_signals, run->calibration_source, run->calibration_from, run->calibration_to,
                run->calibration_hash);
        if (run->calibration_same_data)
            fputs("**It was fitted on these very data.**\n", f);
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
            "BSS %.4f, log loss %.4f, ECE %.4f (equal width) %.4f (equal count). One number for all, %.3f: Brier %.4f, "
            "ECE %.4f.\n\n"
            "| stated p | signals | events | came back (95 %%) | naive |\n|---|---|---|---|---|\n",
            p->count, p->score.brier, p->score.reliability, p->score.resolution, p->score.uncertainty, p->score.skill,
            p->score.log_loss, p->score.ece, p->ece_equal_count, p->constant_p, p->constant_brier, p->constant_ece);
    for (size_t k = 0; k < p->equal_count.count; k++) {
        const as_calibration_bin *bin = &p->equal_count.bin[k];
        fprintf(f, "| %.3f | %zu | %zu |", bin->p, bin->count, p->equal_count.events[k]);
        share(f, (uint64_t)llround(bin->observed * (double)bin->count), bin->count, p->equal_count.interval[k]);
        between(f, bin->count, p->equal_count.naive[k]);
        fputc('\n', f);
    }
    calibrations(report, f);
    sources(report, f);
}

static void recall_row(FILE *f, const char *name, const as_truth_recall *r)
{
    fprintf(f, "| %s | %" PRIu64 " | %zu |", name, r->planted, r->events);
    share(f, r->found, r->planted, r->interval);
    between(f, r->planted, r->naive);
    fputc('\n', f);
}

static void recalls(const as_truth_detection *d, FILE *f)
{
    fputs("\n| planted \\|OS\\| | names | events | OVERREACTION (95 %) | naive |\n|---|---|---|---|---|\n", f);
    for (unsigned b = 0; b < AS_TRUTH_BANDS; b++)
        recall_row(f, as_truth_band_text[b], &d->band[b]);
    recall_row(f, "2.5 and above, any kind", &d->planted);
    recall_row(f, "2.5 and above, kind overreaction", &d->reverting);
    if (isfinite(d->found_after_s[0]))
        fprintf(f, "\nFound after %.0f s, %.0f s, %.0f s (quartiles).\n", d->found_after_s[0], d->found_after_s[1],
                d->found_after_s[2]);
    fputs("\n| OVERREACTIONs opened on | all | events | share (95 %) | naive |\n|---|---|---|---|---|\n", f);
    recall_row(f, "a planted excess that reverts, its side", &d->precision.reverting);
    recall_row(f, "a planted excess that stays, its side", &d->precision.not_reverting);
    recall_row(f, "a planted excess, the wrong side", &d->precision.wrong_side);
    recall_row(f, "a name with nothing planted", &d->precision.nothing);
}

static void rate(const char *name, const as_truth_rate *r, FILE *f)
{
    fprintf(f, "| %s | %" PRIu64 " | %.0f | %zu |", name, r->count, r->name_days, r->sessions);
    if (isfinite(r->per_1000))
        fprintf(f, " %.2f (%.2f..%.2f) | %.2f..%.2f | %s |\n", r->per_1000, r->interval.low, r->interval.high,
                r->naive.low, r->naive.high, as_truth_gate_text(r));
    else
        fputs(" - | - | - |\n", f);
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
            " late OVERREACTIONs in them on planted names. Left out: %" PRIu64
            " planted events outside the data, %" PRIu64 " sessions that the truth does not list.\n\n"
            "| false OVERREACTIONs | count | name-days | sessions | per 1,000 (95 %%) | naive | at most %g |\n"
            "|---|---|---|---|---|---|---|\n",
            d->null_sessions, d->sessions, d->late, d->outside, d->unknown_sessions, AS_TRUTH_GATE_PER_1000);
    rate("null sessions, linked names", &d->false_linked, f);
    rate("null sessions, all names", &d->false_all, f);
    rate("null sessions without a carried excess, linked names", &d->false_quiet, f);
    rate("null sessions without a carried excess, all names", &d->false_quiet_all, f);
    rate("any session, linked names", &d->unplanted_linked, f);
}

void as_score_summary(const as_score_report *report, FILE *file)
{
    sections(report, file);
    paths(report, file);
    reliability(report, file);
    if (report->has_detection)
        detection(&report->detection, file);
}
