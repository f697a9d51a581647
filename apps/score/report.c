#include "apps/score/report.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "apps/common/json_text.h"
#include "apps/score/page.h"
#include "apps/score/summary.h"
#include "core/error.h"

/* ---- scoring ---- */

static as_score_section *section_of(as_score_report *report, const as_score_signal *s)
{
    for (unsigned i = 0; i < report->section_count; i++)
        if (report->section[i].kind == s->kind && strcmp(report->section[i].strategy, s->strategy) == 0)
            return &report->section[i];
    if (report->section_count == AS_SCORE_SECTION_MAX)
        return NULL;
    as_score_section *section = &report->section[report->section_count++];
    section->kind = s->kind;
    section->lane = s->lane;
    memcpy(section->strategy, s->strategy, sizeof section->strategy);
    return section;
}

static void add_family(as_score_section *section, const char *family)
{
    for (unsigned i = 0; i < section->family_count; i++)
        if (strcmp(section->family[i], family) == 0)
            return;
    if (section->family_count < AS_SCORE_FAMILY_MAX)
        memcpy(section->family[section->family_count++], family, strlen(family) + 1);
}

static int by_name(const void *a, const void *b)
{
    const as_score_section *x = a;
    const as_score_section *y = b;
    int order = strcmp(x->strategy, y->strategy);
    return order ? order : x->kind - y->kind;
}

static int by_family(const void *a, const void *b)
{
    return strcmp(a, b);
}

as_score_report as_score_report_of(const as_score_book *book, const as_truth *truth, double tries, double variance)
{
    as_score_report report = {.book = book, .tries = tries, .tries_variance = variance};
    report.section = calloc(AS_SCORE_SECTION_MAX, sizeof *report.section);
    AS_ASSERT(report.section);
    for (size_t i = 0; i < book->signal_count; i++) {
        as_score_section *section = section_of(&report, &book->signal[i]);
        if (section)
            add_family(section, book->signal[i].family);
    }
    qsort(report.section, report.section_count, sizeof *report.section, by_name);
    report.overall = as_score_group_of(book, &(as_score_filter){.kind = -1});
    report.overall_path = as_score_path_of(book, -1, tries, variance);
    for (unsigned i = 0; i < report.section_count; i++) {
        as_score_section *section = &report.section[i];
        as_score_filter filter = {.kind = section->kind, .strategy = section->strategy};
        section->group = as_score_group_of(book, &filter);
        section->path = as_score_path_of(book, section->lane, tries, variance);
        qsort(section->family, section->family_count, sizeof section->family[0], by_family);
        for (unsigned f = 0; f < section->family_count; f++) {
            filter.family = section->family[f];
            section->of_family[f] = as_score_group_of(book, &filter);
        }
        filter.family = NULL;
        for (unsigned k = AS_STATUS_OPEN; k < AS_PROBABILITY_STATUSES; k++) {
            filter.status = (as_probability_status)k;
            section->of_status[k] = as_score_group_of(book, &filter);
        }
    }
    if (truth) {
        report.has_detection = true;
        report.detection = as_truth_detect(truth, book);
    }
    return report;
}

void as_score_report_fini(as_score_report *report)
{
    free(report->section);
    *report = (as_score_report){0};
}

/* ---- JSON ---- */

static void number(FILE *file, const char *key, double value)
{
    fprintf(file, "\"%s\":", key);
    if (isfinite(value))
        fprintf(file, "%.10g", value);
    else
        fputs("null", file);
}

static void interval(FILE *file, const char *key, as_score_interval between)
{
    fprintf(file, "\"%s\":[", key);
    fprintf(file, isfinite(between.low) ? "%.10g" : "null", between.low);
    fputc(',', file);
    fprintf(file, isfinite(between.high) ? "%.10g" : "null", between.high);
    fputc(']', file);
}

static void mean(FILE *file, const char *key, const as_score_mean *m)
{
    fprintf(file, ",\"%s\":{\"count\":%zu,\"events\":%zu,", key, m->count, m->clusters);
    number(file, "mean", m->mean);
    fputc(',', file);
    number(file, "t", m->t);
    fputc(',', file);
    interval(file, "ci95", (as_score_interval){m->low, m->high});
    fputc('}', file);
}

static void bins(FILE *file, const char *key, const as_score_bins *b)
{
    fprintf(file, ",\"%s\":[", key);
    for (size_t k = 0; k < b->count; k++) {
        fprintf(file, "%s{\"count\":%zu,", k ? "," : "", b->bin[k].count);
        number(file, "p", b->bin[k].p);
        fputc(',', file);
        number(file, "observed", b->bin[k].observed);
        fputc(',', file);
        interval(file, "ci95", b->interval[k]);
        fputc(',', file);
        interval(file, "ci95_naive", b->naive[k]);
        fprintf(file, ",\"events\":%zu}", b->events[k]);
    }
    fputc(']', file);
}

static void probability(FILE *file, const as_score_probability *p)
{
    const as_calibration_score *s = &p->score;
    const struct {
        const char *key;
        double value;
    } row[] = {
        {"base_rate", s->base_rate},
        {"brier", s->brier},
        {"reliability", s->reliability},
        {"resolution", s->resolution},
        {"uncertainty", s->uncertainty},
        {"bss", s->skill},
        {"log_loss", s->log_loss},
        {"ece", s->ece},
        {"ece_equal_count", p->ece_equal_count},
        {"constant_p", p->constant_p},
        {"constant_brier", p->constant_brier},
        {"constant_ece", p->constant_ece},
    };
    fprintf(file, ",\"probability\":{\"count\":%zu", p->count);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        fputc(',', file);
        number(file, row[i].key, row[i].value);
    }
    bins(file, "bins_equal_width", &p->equal_width);
    bins(file, "bins_equal_count", &p->equal_count);
    fputc('}', file);
}

/* The inside of a group's object. */
static void group(FILE *file, const as_score_group *g)
{
    fprintf(file,
            "\"signals\":%zu,\"closed\":%zu,\"expired\":%zu,\"open\":%zu,\"scored\":%zu,\"unfinished\":%zu,"
            "\"no_side\":%zu,\"no_hedge\":%zu,\"hits\":%" PRIu64 ",",
            g->signals, g->closed, g->expired, g->open, g->scored, g->unfinished, g->no_side, g->no_hedge, g->hits);
    number(file, "hit_rate", g->scored ? (double)g->hits / (double)g->scored : (double)NAN);
    fputc(',', file);
    interval(file, "hit_rate_ci95", g->hit);
    fputc(',', file);
    interval(file, "hit_rate_ci95_naive", g->hit_naive);
    fprintf(file, ",\"events\":%zu", g->events);
    fputc(',', file);
    number(file, "own_close_hit_rate", g->scored ? (double)g->own_hits / (double)g->scored : (double)NAN);
    fputc(',', file);
    interval(file, "own_close_hit_rate_ci95", g->own_hit);
    fputc(',', file);
    interval(file, "own_close_hit_rate_ci95_naive", g->own_hit_naive);
    fputc(',', file);
    number(file, "held_days", g->scored ? g->held_days : (double)NAN);
    mean(file, "rank_ic", &g->ic);
    mean(file, "gross_bps", &g->gross);
    mean(file, "net_bps", &g->net);
    mean(file, "unhedged_gross_bps", &g->raw_gross);
    mean(file, "unhedged_net_bps", &g->raw_net);
    mean(file, "own_close_gross_bps", &g->own_gross);
    mean(file, "own_close_net_bps", &g->own_net);
    fputs(",\"delays\":[", file);
    for (unsigned d = 0; d < AS_SCORE_DELAYS; d++) {
        fprintf(file, "%s{\"delay\":\"%s\",\"delay_ns\":%" PRIu64, d ? "," : "", as_score_delay_text[d],
                as_score_delay_ns[d]);
        mean(file, "gross_bps", &g->delay_gross[d]);
        mean(file, "net_bps", &g->delay_net[d]);
        fputc('}', file);
    }
    fputc(']', file);
    probability(file, &g->probability);
}

static void path_json(FILE *file, const as_score_path *p)
{
    const struct {
        const char *key;
        double value;
    } row[] = {
        {"net_bps", p->net_bps},
        {"daily_mean_bps", p->sharpe.mean},
        {"daily_deviation_bps", p->sharpe.deviation},
        {"sharpe_daily", p->sharpe.ratio},
        {"sharpe_annual", p->sharpe.ratio * sqrt(252)},
        {"skewness", p->sharpe.skewness},
        {"kurtosis", p->sharpe.kurtosis},
        {"psr", p->psr},
        {"dsr", p->dsr},
        {"dsr_benchmark_daily", p->dsr_benchmark},
        {"drawdown_bps", p->drawdown_bps},
        {"turnover_per_day", p->turnover},
    };
    fprintf(file, ",\"daily\":{\"days\":%zu", p->days);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        fputc(',', file);
        number(file, row[i].key, row[i].value);
    }
    fputc('}', file);
}

static void sections(const as_score_report *report, FILE *file)
{
    fputs(",\n\"strategies\":[", file);
    for (unsigned i = 0; i < report->section_count; i++) {
        const as_score_section *s = &report->section[i];
        fputs(i ? ",\n{\"strategy\":" : "\n{\"strategy\":", file);
        as_json_text(file, s->strategy, strlen(s->strategy));
        fprintf(file, ",\"kind\":\"%s\",", as_signal_kind_text((as_signal_kind)s->kind));
        group(file, &s->group);
        path_json(file, &s->path);
        fputs(",\"families\":[", file);
        for (unsigned f = 0; f < s->family_count; f++) {
            fprintf(file, "%s\n {\"family\":\"%s\",", f ? "," : "", s->family[f]);
            group(file, &s->of_family[f]);
            fputc('}', file);
        }
        fputs("],\"statuses\":[", file);
        for (unsigned k = AS_STATUS_OPEN; k < AS_PROBABILITY_STATUSES; k++) {
            fprintf(file, "%s\n {\"status\":\"%s\",", k > AS_STATUS_OPEN ? "," : "", as_probability_status_text[k]);
            group(file, &s->of_status[k]);
            fputc('}', file);
        }
        fputs("]}", file);
    }
    fputs("]", file);
}

static void vetoes(const as_score_book *book, FILE *file)
{
    fputs(",\n\"engine\":{", file);
    for (unsigned kind = 0; kind < AS_SIGNAL_KIND_COUNT; kind++) {
        const as_engine_counters *c = &book->counters;
        bool comma = false;
        fprintf(file,
                "%s\"%s\":{\"opened\":%" PRIu64 ",\"updated\":%" PRIu64 ",\"closed\":%" PRIu64 ",\"expired\":%" PRIu64
                ",\"near_misses\":%" PRIu64 ",\"vetoes\":{",
                kind ? "," : "", as_signal_kind_text((as_signal_kind)kind), c->opened[kind], c->updated[kind],
                c->closed[kind], c->expired[kind], c->near_misses[kind]);
        for (unsigned r = 0; r < AS_REASON_COUNT; r++) {
            if (!c->veto[kind][r])
                continue;
            fprintf(file, "%s\"%s\":%" PRIu64, comma ? "," : "", as_reason_text((as_reason)r), c->veto[kind][r]);
            comma = true;
        }
        fputs("}}", file);
    }
    fputs("}", file);
}

static void recall(FILE *file, const char *key, const as_truth_recall *r)
{
    fprintf(file, "\"%s\":{\"planted\":%" PRIu64 ",\"found\":%" PRIu64 ",", key, r->planted, r->found);
    number(file, "recall", r->planted ? (double)r->found / (double)r->planted : (double)NAN);
    fputc(',', file);
    interval(file, "ci95", r->interval);
    fputc(',', file);
    interval(file, "ci95_naive", r->naive);
    fprintf(file, ",\"events\":%zu}", r->events);
}

static void precision_of(FILE *file, const char *key, const as_truth_recall *r)
{
    fprintf(file, "\"%s\":{\"opened\":%" PRIu64 ",\"count\":%" PRIu64 ",", key, r->planted, r->found);
    number(file, "share", r->planted ? (double)r->found / (double)r->planted : (double)NAN);
    fputc(',', file);
    interval(file, "ci95", r->interval);
    fprintf(file, ",\"events\":%zu}", r->events);
}

static void precision(FILE *file, const as_truth_precision *p)
{
    fputs(",\"precision\":{", file);
    precision_of(file, "reverting", &p->reverting);
    fputc(',', file);
    precision_of(file, "not_reverting", &p->not_reverting);
    fputc(',', file);
    precision_of(file, "wrong_side", &p->wrong_side);
    fputc(',', file);
    precision_of(file, "nothing_planted", &p->nothing);
    fputc('}', file);
}

static void bands(FILE *file, const as_truth_recall *band)
{
    fputs("\"by_planted_os\":{", file);
    for (unsigned b = 0; b < AS_TRUTH_BANDS; b++) {
        fputs(b ? "," : "", file);
        recall(file, as_truth_band_text[b], &band[b]);
    }
    fputc('}', file);
}

static void rate(FILE *file, const char *key, const as_truth_rate *r)
{
    fprintf(file, "\"%s\":{\"count\":%" PRIu64 ",\"name_days\":%.0f,", key, r->count, r->name_days);
    number(file, "per_1000", r->per_1000);
    fputc(',', file);
    interval(file, "ci95", r->interval);
    fputc(',', file);
    interval(file, "ci95_naive", r->naive);
    fprintf(file, ",\"sessions\":%zu,\"gate\":\"%s\"}", r->sessions, as_truth_gate_text(r));
}

static void detection(const as_score_report *report, FILE *file)
{
    const as_truth_detection *d = &report->detection;
    fputs(",\n\"detection\":", file);
    if (!report->has_detection) {
        fputs("null", file);
        return;
    }
    fprintf(file, "{\"sessions\":%" PRIu64 ",\"null_sessions\":%" PRIu64 ",\"late\":%" PRIu64 ",", d->sessions,
            d->null_sessions, d->late);
    fprintf(file, "\"events\":%" PRIu64 ",\"events_outside\":%" PRIu64 ",\"sessions_without_truth\":%" PRIu64 ",",
            d->events, d->outside, d->unknown_sessions);
    recall(file, "planted_os_2_5", &d->planted);
    fputc(',', file);
    recall(file, "overreaction_os_2_5", &d->reverting);
    fputs(",\"found_after_s\":{", file);
    number(file, "p25", d->found_after_s[0]);
    fputc(',', file);
    number(file, "p50", d->found_after_s[1]);
    fputc(',', file);
    number(file, "p75", d->found_after_s[2]);
    fputs("},", file);
    bands(file, d->band);
    fputs(",\"kinds\":[", file);
    for (unsigned k = 0; k < d->kinds; k++) {
        const as_truth_row *row = &d->row[k];
        fprintf(file,
                "%s\n {\"kind\":\"%s\",\"events\":%" PRIu64 ",\"with_signals\":%" PRIu64 ",\"contradiction\":%" PRIu64
                ",\"names\":%" PRIu64 ",\"overreaction\":%" PRIu64 ",\"overreaction_wrong_side\":%" PRIu64
                ",\"underreaction\":%" PRIu64 ",\"none\":%" PRIu64 ",\"mean_reversion\":%" PRIu64 ",",
                k ? "," : "", row->kind, row->events, row->shocks, row->contradiction, row->names, row->overreaction,
                row->wrong_side, row->underreaction, row->none, row->mean_reversion);
        bands(file, row->band);
        fputc('}', file);
    }
    fputs("],", file);
    rate(file, "false_overreactions_linked", &d->false_linked);
    fputc(',', file);
    rate(file, "false_overreactions_all_names", &d->false_all);
    fputc(',', file);
    rate(file, "false_overreactions_quiet", &d->false_quiet);
    fputc(',', file);
    rate(file, "false_overreactions_quiet_all_names", &d->false_quiet_all);
    fputc(',', file);
    rate(file, "unplanted_overreactions_linked", &d->unplanted_linked);
    precision(file, &d->precision);
    fputs("}", file);
}

static void calibration(FILE *file, const as_score_run *run)
{
    if (!*run->calibration) {
        fputs("null", file);
        return;
    }
    fputs("{\"file\":", file);
    as_json_text(file, run->calibration, strlen(run->calibration));
    fputs(",\"source\":", file);
    as_json_text(file, run->calibration_source, strlen(run->calibration_source));
    fprintf(file,
            ",\"from\":%d,\"to\":%d,\"signals\":%" PRIu64 ",\"hash\":\"%016" PRIx64
            "\",\"fitted_on_these_data\":%s,\"period_overlaps\":%s}",
            run->calibration_from, run->calibration_to, run->calibration_signals, run->calibration_hash,
            run->calibration_same_data ? "true" : "false", run->calibration_overlaps ? "true" : "false");
}

void as_score_report_json(const as_score_report *report, FILE *file)
{
    const as_score_book *book = report->book;
    fprintf(file, "{\"schema\":1,\"latency_ns\":%" PRIu64 ",", book->latency_ns);
    number(file, "borrow_bps_year", book->borrow_bps_year);
    fputc(',', file);
    number(file, "tries", report->tries);
    fputs(",\n\"runs\":[", file);
    for (uint32_t i = 0; i < book->run_count; i++) {
        const as_score_run *run = &book->run[i];
        fputs(i ? ",\n{\"label\":" : "{\"label\":", file);
        as_json_text(file, run->label, strlen(run->label));
        fprintf(file,
                ",\"decisions\":%" PRIu64 ",\"sha256\":\"%s\",\"events\":%" PRIu64 ",\"first_ts\":%" PRIu64
                ",\"last_ts\":%" PRIu64 ",\"params\":\"%016" PRIx64 "\",\"data\":\"%016" PRIx64 "\",\"calibration\":",
                run->decisions, run->sha256, run->events, run->first_ts, run->last_ts, run->params, run->data);
        calibration(file, run);
        fputc('}', file);
    }
    fputs("],\n\"overall\":{", file);
    group(file, &report->overall);
    path_json(file, &report->overall_path);
    fputc('}', file);
    sections(report, file);
    vetoes(book, file);
    detection(report, file);
    fputs("}\n", file);
}

/* ---- signals ---- */

static void cell(FILE *file, double value)
{
    fprintf(file, isfinite(value) ? ",%.10g" : ",", value);
}

static void moment(FILE *file, const as_score_fill *fill, bool is)
{
    fputc(',', file);
    if (is)
        fprintf(file, "%" PRIu64, fill->ts);
    cell(file, is ? fill->px : (double)NAN);
    cell(file, is ? fill->hedge_px : (double)NAN);
}

/* Mids and what came off them; hedge units are of money in the market factor, for one in the name. */
static void prices(FILE *file, const as_score_signal *s, bool scored)
{
    fprintf(file, ",%" PRIu64, s->valid_until);
    moment(file, &s->entry, scored);
    moment(file, &s->end, scored);
    moment(file, &s->own_exit, scored);
    cell(file, scored ? -s->side * s->beta : (double)NAN);
    cell(file, scored ? s->horizon.gross_bps - s->horizon.net_bps : (double)NAN);
    cell(file, scored ? s->closed.gross_bps - s->closed.net_bps : (double)NAN);
}

void as_score_report_signals(const as_score_report *report, FILE *file)
{
    const as_score_book *book = report->book;
    fputs(
        "run,strategy,kind,symbol,issuer,family,status,date,t0,opened_at,closed_at,action,outcome,side,strength,p,z,"
        "e,os,"
        "breadth,beta,rev_bps,cost_bps,forward_bps,gross_bps,net_bps,unhedged_gross_bps,unhedged_net_bps,"
        "own_close_gross_bps,own_close_net_bps,valid_until,entry_at,entry_px,hedge_entry_px,end_at,end_px,hedge_end_px,"
        "own_close_at,own_close_px,hedge_own_close_px,hedge_units,cost_to_horizon_bps,cost_to_own_close_bps\n",
        file);
    for (size_t i = 0; i < book->signal_count; i++) {
        const as_score_signal *s = &book->signal[i];
        bool scored = s->outcome == AS_SCORE_SCORED;
        const double said[] = {s->strength, s->p, s->z, s->e, s->os, s->breadth, s->beta, s->rev_bps, s->said_cost_bps};
        const double had[] = {s->forward_bps,           s->horizon.gross_bps,   s->horizon.net_bps,
                              s->horizon.raw_gross_bps, s->horizon.raw_net_bps, s->closed.gross_bps,
                              s->closed.net_bps};
        fprintf(file, "%s,%s,%s,%s,%s,%s,%s,%d,%" PRIu64 ",%" PRIu64 ",", book->run[s->run].label, s->strategy,
                as_signal_kind_text((as_signal_kind)s->kind), s->symbol, s->issuer, s->family,
                as_fact_status_text((as_fact_status)s->status), s->date, s->t0, s->opened_at);
        if (s->closed_at != AS_TS_UNDEFINED)
            fprintf(file, "%" PRIu64, s->closed_at);
        fprintf(file, ",%s,%s,%d", as_action_text((as_action)s->action), as_score_outcome_text(s->outcome), s->side);
        for (size_t k = 0; k < sizeof said / sizeof *said; k++)
            cell(file, said[k]);
        for (size_t k = 0; k < sizeof had / sizeof *had; k++)
            cell(file, scored ? had[k] : (double)NAN);
        prices(file, s, scored);
        fputc('\n', file);
    }
}

/* ---- files ---- */

static int write_one(const as_score_report *report, const char *folder, const char *name,
                     void (*print)(const as_score_report *, FILE *))
{
    char path[AS_PATH_BYTES];
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
        return as_error_set(-ENAMETOOLONG, "%s: the path is too long", folder);
    FILE *file = fopen(path, "we");
    if (!file)
        return as_error_set(-errno, "%s: cannot be written: %s", path, strerror(errno));
    print(report, file);
    int rc = fflush(file) || ferror(file) ? as_error_set(-EIO, "%s: %s", path, strerror(errno)) : 0;
    fclose(file);
    return rc;
}

int as_score_report_write(const as_score_report *report, const char *folder)
{
    if (mkdir(folder, 0777) < 0 && errno != EEXIST)
        return as_error_set(-errno, "%s: cannot be made: %s", folder, strerror(errno));
    int rc = write_one(report, folder, "report.json", as_score_report_json);
    if (rc == 0)
        rc = write_one(report, folder, "signals.csv", as_score_report_signals);
    if (rc == 0)
        rc = write_one(report, folder, "report.md", as_score_summary);
    return rc < 0 ? rc : write_one(report, folder, "report.html", as_score_page);
}
