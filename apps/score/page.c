#include "apps/score/page.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "apps/common/plot.h"
#include "core/error.h"

static const char head[] =
    "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<title>Aftershock backtest</title>\n<style>\n"
    ":root{color-scheme:light dark}\n"
    "body{font:15px/1.45 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}\n"
    "table{border-collapse:collapse;margin:.6rem 0 1.4rem;display:block;overflow-x:auto}\n"
    "th,td{padding:.2rem .6rem;text-align:right;border-bottom:1px solid #8884;white-space:nowrap}\n"
    "th:first-child,td:first-child{text-align:left}\nth{font-weight:600}\n"
    "small{color:#777}\nsvg{max-width:100%;height:auto}\n</style></head><body>\n"
    "<h1>Backtest</h1>\n";

/* ---- cells ---- */

static void cell_number(FILE *f, double value, const char *format)
{
    fputs("<td>", f);
    if (!isfinite(value))
        fputs("&ndash;", f);
    else if (format[0] == '1')
        fprintf(f, "%.1f", value);
    else if (format[0] == '2')
        fprintf(f, "%.2f", value);
    else
        fprintf(f, "%.4f", value);
    fputs("</td>", f);
}

static void cell_interval(FILE *f, double value, as_score_interval between)
{
    if (!isfinite(value)) {
        fputs("<td>&ndash;</td>", f);
        return;
    }
    if (!isfinite(between.low)) {
        fprintf(f, "<td>%.3f <small>one event</small></td>", value);
        return;
    }
    fprintf(f, "<td>%.3f <small>%.3f..%.3f</small></td>", value, between.low, between.high);
}

static void cell_mean(FILE *f, const as_score_mean *m)
{
    if (!m->count) {
        fputs("<td>&ndash;</td>", f);
        return;
    }
    fprintf(f, "<td>%.1f", m->mean);
    if (isfinite(m->t))
        fprintf(f, " <small>t %.2f</small>", m->t);
    fputs("</td>", f);
}

static double share(uint64_t part, uint64_t whole)
{
    return whole ? (double)part / (double)whole : (double)NAN;
}

/* ---- groups ---- */

static void group_row(FILE *f, const char *name, const as_score_group *g)
{
    fputs("<tr><td>", f);
    as_plot_text(f, name);
    fprintf(f, "</td><td>%zu</td><td>%zu</td><td>%zu</td><td>%zu</td>", g->signals, g->scored, g->unfinished,
            g->events);
    cell_interval(f, share(g->hits, g->scored), g->hit);
    cell_mean(f, &g->gross);
    cell_mean(f, &g->net);
    cell_mean(f, &g->raw_net);
    cell_mean(f, &g->own_net);
    if (g->ic.count > 1)
        fprintf(f, "<td>%.3f <small>t %.2f, %zu events</small></td>", g->ic.mean, g->ic.t, g->ic.clusters);
    else
        fputs("<td>&ndash;</td>", f);
    cell_number(f, g->probability.count ? g->probability.score.brier : (double)NAN, "4");
    cell_number(f, g->probability.count ? g->probability.score.skill : (double)NAN, "4");
    cell_number(f, g->probability.count ? g->probability.score.ece : (double)NAN, "4");
    fputs("</tr>\n", f);
}

static void group_tables(FILE *f, const as_score_report *report)
{
    char name[96];
    fputs(
        "<h2>Signals</h2>\n<p>Returns in basis points of one unit a signal, hedged with the market factor, from the "
        "first price after the decision to the end of the horizon; net of spread, fees, impact, borrow and the hedge's "
        "costs. Hit: net above zero. Intervals and t are clustered by events. p, and net, are of a position held to "
        "<code>valid_until</code>. Own close: left when the signal closes, which for an OVERREACTION is the end of the "
        "diagnosis (OS below 1), not a trade's exit.</p>\n<table><tr><th></th><th>signals</th><th>scored</th>"
        "<th>unfinished</th><th>events</th><th>hit rate (95 %)</th><th>gross</th><th>net</th><th>net, unhedged</th>"
        "<th>net, own close</th><th>rank IC</th><th>Brier</th><th>BSS</th><th>ECE</th></tr>\n",
        f);
    for (unsigned i = 0; i < report->section_count; i++) {
        const as_score_section *s = &report->section[i];
        (void)snprintf(name, sizeof name, "%s: %s", s->strategy, as_signal_kind_text((as_signal_kind)s->kind));
        group_row(f, name, &s->group);
        for (unsigned k = 0; k < s->family_count; k++) {
            (void)snprintf(name, sizeof name, "\u2003%s", s->family[k]);
            group_row(f, name, &s->of_family[k]);
        }
    }
    group_row(f, "all", &report->overall);
    fputs("</table>\n", f);
}

static void path_table(FILE *f, const as_score_report *report)
{
    fputs("<h2>Daily net result</h2>\n<p>Positions closed when their signals close, marked to market at each close; "
          "costs on "
          "the day of the exit.</p>\n<table><tr><th></th><th>days</th><th>sum, bps</th><th>Sharpe, a day</th>"
          "<th>a year</th><th>PSR</th><th>DSR</th><th>drawdown, bps</th><th>units traded a day</th></tr>\n",
          f);
    for (unsigned i = 0; i <= report->section_count; i++) {
        bool all = i == report->section_count;
        const as_score_path *p = all ? &report->overall_path : &report->section[i].path;
        fprintf(f, "<tr><td>%s</td><td>%zu</td>",
                all ? "all" : as_signal_kind_text((as_signal_kind)report->section[i].kind), p->days);
        cell_number(f, p->net_bps, "1");
        cell_number(f, p->sharpe.ratio, "4");
        cell_number(f, p->sharpe.ratio * sqrt(252), "2");
        cell_number(f, p->psr, "4");
        cell_number(f, p->dsr, "4");
        cell_number(f, p->drawdown_bps, "1");
        cell_number(f, p->turnover, "2");
        fputs("</tr>\n", f);
    }
    fprintf(f, "</table>\n<p>DSR counts %.0f tries.</p>\n", report->tries);
}

static void delay_table(FILE *f, const as_score_report *report)
{
    fputs("<h2>Reaction delay</h2>\n<table><tr><th>net, bps</th>", f);
    for (unsigned d = 0; d < AS_SCORE_DELAYS; d++)
        fprintf(f, "<th>%s</th>", as_score_delay_text[d]);
    fputs("</tr>\n", f);
    for (unsigned i = 0; i < report->section_count; i++) {
        const as_score_section *s = &report->section[i];
        fprintf(f, "<tr><td>%s</td>", as_signal_kind_text((as_signal_kind)s->kind));
        for (unsigned d = 0; d < AS_SCORE_DELAYS; d++)
            cell_mean(f, &s->group.delay_net[d]);
        fputs("</tr>\n", f);
    }
    fputs("</table>\n", f);
}

/* ---- plots ---- */

static void reliability_plot(FILE *f, const as_score_section *s)
{
    const as_score_bins *bins = &s->group.probability.equal_count;
    double x[AS_SCORE_BIN_MAX];
    double y[AS_SCORE_BIN_MAX];
    double low[AS_SCORE_BIN_MAX];
    double high[AS_SCORE_BIN_MAX];
    as_plot plot;
    for (size_t k = 0; k < bins->count; k++) {
        x[k] = bins->bin[k].p;
        y[k] = bins->bin[k].observed;
        low[k] = bins->interval[k].low;
        high[k] = bins->interval[k].high;
    }
    as_plot_frame frame = {.title = as_signal_kind_text((as_signal_kind)s->kind),
                           .x_label = "stated p",
                           .y_label = "share with net > 0",
                           .x_max = 1,
                           .y_max = 1,
                           .square = true,
                           .width = 420};
    as_plot_begin(&plot, f, &frame);
    as_plot_reference(&plot, "perfect", 0, 0, 1, 1);
    as_plot_points(&plot, "signals, 95 %", 0, x, y, low, high, bins->count);
    as_plot_end(&plot);
}

static void reliability_plots(FILE *f, const as_score_report *report)
{
    fputs("<h2>Reliability</h2>\n", f);
    bool any = false;
    for (unsigned i = 0; i < report->section_count; i++) {
        const as_score_probability *p = &report->section[i].group.probability;
        if (!p->count)
            continue;
        any = true;
        fprintf(f,
                "<p>%s: %zu forecasts, Brier %.4f = reliability %.4f &minus; resolution %.4f + uncertainty %.4f, ECE "
                "%.4f (equal width), %.4f (equal count). One number for all, %.3f: Brier %.4f, ECE %.4f. Low ECE says "
                "little where p varies little.</p>\n",
                as_signal_kind_text((as_signal_kind)report->section[i].kind), p->count, p->score.brier,
                p->score.reliability, p->score.resolution, p->score.uncertainty, p->score.ece, p->ece_equal_count,
                p->constant_p, p->constant_brier, p->constant_ece);
        reliability_plot(f, &report->section[i]);
    }
    if (!any)
        fputs("<p>No signal stated a probability: the configuration has no <code>calibration</code>.</p>\n", f);
}

static void path_plot(FILE *f, const as_score_report *report)
{
    const as_score_book *book = report->book;
    size_t n = book->day_count;
    double *x = calloc(2 * n + 1, sizeof *x);
    AS_ASSERT(x);
    double *y = x + n;
    double low = 0;
    double high = 0;
    for (int lane = -1; lane < AS_SCORE_LANE_MAX; lane++) {
        double sum = 0;
        for (size_t i = 0; i < n; i++) {
            sum += as_score_day_net(&book->day[i], lane);
            low = sum < low ? sum : low;
            high = sum > high ? sum : high;
        }
    }
    as_plot_margin(&low, &high);
    as_plot plot;
    as_plot_frame frame = {.title = "Net result, summed",
                           .x_label = "session, runs one after the other",
                           .y_label = "bps",
                           .x_max = (double)n,
                           .y_min = low,
                           .y_max = high};
    as_plot_begin(&plot, f, &frame);
    as_plot_reference(&plot, NULL, 0, 0, (double)n, 0);
    for (unsigned k = 0; k < report->section_count; k++) {
        double sum = 0;
        for (size_t i = 0; i < n; i++) {
            sum += as_score_day_net(&book->day[i], report->section[k].lane);
            x[i] = (double)i + 1;
            y[i] = sum;
        }
        if (report->section[k].group.scored)
            as_plot_line(&plot, as_signal_kind_text((as_signal_kind)report->section[k].kind), k, x, y, n);
    }
    as_plot_end(&plot);
    free(x);
}

static void delay_plot(FILE *f, const as_score_report *report)
{
    double x[AS_SCORE_DELAYS];
    double y[AS_SCORE_DELAYS];
    double low = INFINITY;
    double high = -INFINITY;
    for (unsigned i = 0; i < report->section_count; i++)
        for (unsigned d = 0; d < AS_SCORE_DELAYS; d++)
            as_plot_fit(&report->section[i].group.delay_net[d].mean, 1, &low, &high);
    as_plot_margin(&low, &high);
    as_plot plot;
    as_plot_frame frame = {.title = "Mean net result by delay",
                           .x_label = "delay of the order",
                           .y_label = "bps",
                           .x_min = -0.3,
                           .x_max = AS_SCORE_DELAYS - 0.7,
                           .y_min = low,
                           .y_max = high,
                           .category = as_score_delay_text,
                           .category_count = AS_SCORE_DELAYS};
    as_plot_begin(&plot, f, &frame);
    for (unsigned i = 0; i < report->section_count; i++) {
        for (unsigned d = 0; d < AS_SCORE_DELAYS; d++) {
            x[d] = d;
            y[d] = report->section[i].group.delay_net[d].mean;
        }
        if (report->section[i].group.scored)
            as_plot_line(&plot, as_signal_kind_text((as_signal_kind)report->section[i].kind), i, x, y, AS_SCORE_DELAYS);
    }
    as_plot_end(&plot);
}

/* ---- detection, vetoes, runs ---- */

static void cell_recall(FILE *f, const as_truth_recall *r)
{
    if (!r->planted)
        fputs("<td>&ndash;</td>", f);
    else
        fprintf(f, "<td>%.3f <small>%" PRIu64 " of %" PRIu64 ", %zu events, %.3f..%.3f</small></td>",
                share(r->found, r->planted), r->found, r->planted, r->events, r->interval.low, r->interval.high);
}

static void rate_row(FILE *f, const char *name, const as_truth_rate *r)
{
    fprintf(f, "<tr><td>%s</td><td>%" PRIu64 "</td><td>%.0f</td>", name, r->count, r->name_days);
    cell_interval(f, r->per_1000, r->interval);
    fprintf(f, "<td>%s</td></tr>\n", as_truth_gate_text(r));
}

static void detection(FILE *f, const as_score_report *report)
{
    const as_truth_detection *d = &report->detection;
    if (!report->has_detection)
        return;
    fputs("<h2>Detection</h2>\n<p>Share of names with a planted excess on which an OVERREACTION opened, by the excess "
          "in units "
          "of the score.</p>\n<table><tr><th>planted |OS|</th>",
          f);
    for (unsigned b = 0; b < AS_TRUTH_BANDS; b++)
        fprintf(f, "<th>%s</th>", as_truth_band_text[b]);
    fputs("</tr>\n", f);
    for (unsigned k = 0; k <= d->kinds; k++) {
        fprintf(f, "<tr><td>%s</td>", k < d->kinds ? d->row[k].kind : "all");
        for (unsigned b = 0; b < AS_TRUTH_BANDS; b++)
            cell_recall(f, k < d->kinds ? &d->row[k].band[b] : &d->band[b]);
        fputs("</tr>\n", f);
    }
    fputs("</table>\n<table><tr><th>2.5 and above</th><th>recall</th></tr>\n<tr><td>any kind</td>", f);
    cell_recall(f, &d->planted);
    fputs("</tr>\n<tr><td>kind overreaction</td>", f);
    cell_recall(f, &d->reverting);
    fputs(
        "</tr></table>\n<table><tr><th>OVERREACTIONs opened on</th><th>share</th></tr>\n<tr><td>a planted excess that "
        "reverts, its side</td>",
        f);
    cell_recall(f, &d->precision.reverting);
    fputs("</tr>\n<tr><td>a planted excess that stays, its side</td>", f);
    cell_recall(f, &d->precision.not_reverting);
    fputs("</tr>\n<tr><td>a planted excess, the wrong side</td>", f);
    cell_recall(f, &d->precision.wrong_side);
    fputs("</tr>\n<tr><td>a name with nothing planted</td>", f);
    cell_recall(f, &d->precision.nothing);
    fputs("</tr></table>\n", f);
    if (isfinite(d->found_after_s[0]))
        fprintf(f, "<p>Found after %.0f s, %.0f s, %.0f s (quartiles).</p>\n", d->found_after_s[0], d->found_after_s[1],
                d->found_after_s[2]);
    fputs("<h3>What each kind was taken for</h3>\n<table><tr><th>planted</th><th>events</th><th>with signals</th>"
          "<th>contradiction</th><th>names</th><th>overreaction</th><th>wrong side</th><th>underreaction</th>"
          "<th>none</th><th>mean reversion</th></tr>\n",
          f);
    for (unsigned k = 0; k < d->kinds; k++) {
        const as_truth_row *r = &d->row[k];
        const uint64_t count[] = {r->events,     r->shocks,        r->contradiction, r->names,         r->overreaction,
                                  r->wrong_side, r->underreaction, r->none,          r->mean_reversion};
        fprintf(f, "<tr><td>%s</td>", r->kind);
        for (size_t i = 0; i < sizeof count / sizeof *count; i++)
            fprintf(f, "<td>%" PRIu64 "</td>", count[i]);
        fputs("</tr>\n", f);
    }
    fprintf(f,
            "</table>\n<h3>False alarms</h3>\n<p>%" PRIu64 " of %" PRIu64 " sessions had nothing planted; %" PRIu64
            " OVERREACTIONs opened in them late, on names with an excess.</p>\n<table><tr><th>OVERREACTIONs</th>"
            "<th>count</th><th>name-days</th><th>per 1,000 (95 %%, by sessions)</th><th>at most 1</th></tr>\n",
            d->null_sessions, d->sessions, d->late);
    rate_row(f, "null sessions, linked names", &d->false_linked);
    rate_row(f, "null sessions, all names", &d->false_all);
    rate_row(f, "null sessions without a carried excess, linked names", &d->false_quiet);
    rate_row(f, "null sessions without a carried excess, all names", &d->false_quiet_all);
    rate_row(f, "any session, nothing planted, linked names", &d->unplanted_linked);
    fputs("</table>\n", f);
}

static void vetoes(FILE *f, const as_score_book *book)
{
    const as_engine_counters *c = &book->counters;
    fputs("<h2>Openings and vetoes</h2>\n<table><tr><th>kind</th><th>opened</th><th>near misses</th>"
          "<th style=\"text-align:left\">vetoes</th></tr>\n",
          f);
    for (unsigned kind = 0; kind < AS_SIGNAL_KIND_COUNT; kind++) {
        fprintf(f,
                "<tr><td>%s</td><td>%" PRIu64 "</td><td>%" PRIu64
                "</td><td style=\"text-align:left;white-space:normal\">",
                as_signal_kind_text((as_signal_kind)kind), c->opened[kind], c->near_misses[kind]);
        for (unsigned r = 0; r < AS_REASON_COUNT; r++)
            if (c->veto[kind][r])
                fprintf(f, "%s %" PRIu64 " ", as_reason_text((as_reason)r), c->veto[kind][r]);
        fputs("</td></tr>\n", f);
    }
    fputs("</table>\n", f);
}

static void runs(FILE *f, const as_score_book *book)
{
    fputs("<h2>Runs</h2>\n<table><tr><th>run</th><th>events</th><th>decisions</th><th>sha256</th></tr>\n", f);
    for (uint32_t i = 0; i < book->run_count; i++) {
        fputs("<tr><td>", f);
        as_plot_text(f, book->run[i].label);
        fprintf(f, "</td><td>%" PRIu64 "</td><td>%" PRIu64 "</td><td><small>%s</small></td></tr>\n",
                book->run[i].events, book->run[i].decisions, book->run[i].sha256);
    }
    fputs("</table>\n", f);
    for (uint32_t i = 0; i < book->run_count; i++) {
        const as_score_run *run = &book->run[i];
        if (!*run->calibration || (i && run->calibration_hash == book->run[i - 1].calibration_hash))
            continue;
        fputs("<p>p from ", f);
        as_plot_text(f, run->calibration);
        fprintf(f, ", hash %016" PRIx64 ", %" PRIu64 " signals, %d to %d: ", run->calibration_hash,
                run->calibration_signals, run->calibration_from, run->calibration_to);
        as_plot_text(f, run->calibration_source);
        fputs(run->calibration_same_data ? ". <b>It was fitted on these very data.</b></p>\n" : ".</p>\n", f);
    }
    fprintf(f, "\n<p>Latency %.3f ms, borrow %.0f bps a year.</p>\n", (double)book->latency_ns / 1e6,
            book->borrow_bps_year);
}

void as_score_page(const as_score_report *report, FILE *file)
{
    fputs(head, file);
    group_tables(file, report);
    detection(file, report);
    reliability_plots(file, report);
    path_table(file, report);
    path_plot(file, report);
    delay_table(file, report);
    delay_plot(file, report);
    vetoes(file, report->book);
    runs(file, report->book);
    fputs("</body></html>\n", file);
}
