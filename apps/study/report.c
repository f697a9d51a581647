#include "apps/study/report.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apps/common/out_file.h"
#include "apps/common/plot.h"
#include "apps/study/write.h"
#include "core/config.h"
#include "core/error.h"

enum { HISTOGRAM_BINS = 30, NAMES_SHOWN = 60 };

static const char style[] =
    ":root{color-scheme:light dark}body{font:15px system-ui,sans-serif;max-width:1080px;margin:2em auto;padding:0 1em}"
    "table{border-collapse:collapse;font-size:13px;margin:1em 0}th,td{padding:2px 10px;text-align:right}"
    "th:first-child,td:first-child{text-align:left}tr:nth-child(even){background:#8882}svg{max-width:100%;height:auto}"
    ".plots{display:flex;flex-wrap:wrap;gap:12px}small{color:#888}";

static const char *symbol_of(const as_study_run *run, uint32_t instrument)
{
    return as_symbols_name(&run->universe->symbols, instrument);
}

static void number(FILE *stream, const char *format, double value)
{
    if (isfinite(value))
        fprintf(stream, format, value);
    else
        fputs("&ndash;", stream);
}

static void plot_car(FILE *stream, const as_study_run *run, const as_study_sample *sample)
{
    size_t window = as_study_window(&run->options);
    double *day = calloc(4 * window, sizeof *day);
    AS_ASSERT(day);
    double *mean = day + window;
    double *low = mean + window;
    double *high = low + window;
    double least = 0;
    double most = 0;
    for (size_t d = 0; d < window; d++) {
        day[d] = run->options.first + (double)d;
        mean[d] = 100 * sample->mean_car_to[d];
        low[d] = mean[d] - 196 * sample->car_se[d];
        high[d] = mean[d] + 196 * sample->car_se[d];
    }
    as_plot_fit(mean, 3 * window, &least, &most);
    as_plot_margin(&least, &most);
    as_plot plot;
    as_plot_begin(&plot, stream,
                  &(as_plot_frame){.title = "Mean cumulative abnormal return",
                                   .x_label = run->panel->bar_ns ? "interval" : "session",
                                   .y_label = "%",
                                   .x_min = run->options.first,
                                   .x_max = run->options.last,
                                   .y_min = least,
                                   .y_max = most,
                                   .whole_x = true,
                                   .width = 520});
    as_plot_reference(&plot, NULL, run->options.first, 0, run->options.last, 0);
    as_plot_reference(&plot, NULL, 0, least, 0, most);
    as_plot_band(&plot, "95 % over names", 0, day, low, high, window);
    as_plot_line(&plot, "mean CAR", 0, day, mean, window);
    as_plot_points(&plot, NULL, 0, day, mean, NULL, NULL, window);
    as_plot_end(&plot);
    free(day);
}

static int by_z(const void *a, const void *b)
{
    double x = (*(const as_study_name *const *)a)->scar;
    double y = (*(const as_study_name *const *)b)->scar;
    return (x > y) - (x < y);
}

/* z and, where the playbook says one, the justified move of every name, in the order of z. */
static void plot_names(FILE *stream, const as_study_run *run, const as_study_sample *sample)
{
    size_t count = sample->names < NAMES_SHOWN ? sample->names : NAMES_SHOWN;
    const as_study_name **name = calloc(sample->names + 1, sizeof(*name));
    const char **label = calloc(count + 1, sizeof(*label));
    double *x = calloc(3 * count + 1, sizeof *x);
    AS_ASSERT(name && label && x);
    double *z = x + count;
    double *e = z + count;
    for (size_t i = 0; i < sample->names; i++)
        name[i] = &sample->name[i];
    qsort((void *)name, sample->names, sizeof *name, by_z);
    double least = 0;
    double most = 0;
    for (size_t i = 0; i < count; i++) {
        /* more names than there is room for: the outermost of both ends */
        const as_study_name *n = name[i < count / 2 ? i : sample->names - count + i];
        label[i] = symbol_of(run, n->instrument);
        x[i] = (double)i;
        z[i] = n->scar;
        e[i] = n->e;
    }
    as_plot_fit(z, 2 * count, &least, &most);
    as_plot_margin(&least, &most);
    as_plot plot;
    as_plot_begin(&plot, stream,
                  &(as_plot_frame){.title = "Standardised abnormal return by name",
                                   .y_label = "z",
                                   .x_min = -0.7,
                                   .x_max = (double)count - 0.3,
                                   .y_min = least,
                                   .y_max = most,
                                   .category = label,
                                   .category_count = count,
                                   .width = 1060});
    as_plot_bars(&plot, "z", 0, x, z, count, 0.8);
    as_plot_points(&plot, "E, what the playbook justifies", 1, x, e, NULL, NULL, count);
    as_plot_reference(&plot, NULL, -0.7, 0, (double)count - 0.3, 0);
    as_plot_end(&plot);
    free((void *)name);
    free((void *)label);
    free(x);
}

static void plot_placebo(FILE *stream, const as_study_placebo *placebo, as_study_test test, double stat)
{
    if (placebo->dates == 0)
        return;
    const double *value = placebo->stat + test * placebo->wanted;
    double low = isfinite(stat) ? stat : INFINITY;
    double high = isfinite(stat) ? stat : -INFINITY;
    as_plot_fit(value, placebo->dates, &low, &high);
    as_plot_margin(&low, &high);
    double x[HISTOGRAM_BINS];
    double y[HISTOGRAM_BINS] = {0};
    double width = (high - low) / HISTOGRAM_BINS;
    double most = 1;
    for (int b = 0; b < HISTOGRAM_BINS; b++)
        x[b] = low + (b + 0.5) * width;
    for (size_t i = 0; i < placebo->dates; i++) {
        if (!isfinite(value[i]))
            continue;
        int b = (int)((value[i] - low) / width);
        b = b < 0 ? 0 : b < HISTOGRAM_BINS ? b : HISTOGRAM_BINS - 1;
        most = ++y[b] > most ? y[b] : most;
    }
    char title[96];
    snprintf(title, sizeof title, "%s on %zu placebo dates", as_study_test_title(test), placebo->dates);
    as_plot plot;
    as_plot_begin(&plot, stream,
                  &(as_plot_frame){.title = title,
                                   .x_label = "statistic",
                                   .y_label = "dates",
                                   .x_min = low,
                                   .x_max = high,
                                   .y_min = 0,
                                   .y_max = 1.1 * most,
                                   .width = 520});
    as_plot_bars(&plot, "placebo", 5, x, y, HISTOGRAM_BINS, width);
    if (isfinite(stat))
        as_plot_line(&plot, "this event", 1, (double[]){stat, stat}, (double[]){0, 1.1 * most}, 2);
    as_plot_end(&plot);
}

static void write_tests(FILE *stream, const as_study_answer *answer, const as_study_placebo *placebo)
{
    fputs("<table><tr><th>test over the window<th>statistic<th>p<th>p placebo<th>p Holm<th>p BH<th>size at 5 %</tr>\n",
          stream);
    for (int t = 0; t < AS_STUDY_TEST_COUNT; t++) {
        fprintf(stream, "<tr><td>%s<td>", as_study_test_title((as_study_test)t));
        number(stream, "%.4f", answer->sample.whole[t].stat);
        const double p[] = {answer->sample.whole[t].p, answer->p_placebo[t], answer->p_holm[t], answer->p_bh[t],
                            as_study_placebo_size(placebo, (as_study_test)t, 0.05)};
        for (unsigned i = 0; i < sizeof p / sizeof *p; i++) {
            fputs("<td>", stream);
            number(stream, "%.3g", p[i]);
        }
        fputs("</tr>\n", stream);
    }
    fputs("</table>\n", stream);
}

static void write_sectors(FILE *stream, const as_study_run *run, const as_study_diagnosis *d)
{
    if (!d->sectors)
        return;
    fputs("<table><tr><th>sector<th>names<th>CAR %<th>z<th>t</tr>\n", stream);
    for (size_t i = 0; i < d->sectors; i++) {
        fputs("<tr><td>", stream);
        as_plot_text(stream, run->universe->bucket[d->sector[i].bucket]);
        fprintf(stream, "<td>%zu<td>", d->sector[i].names);
        number(stream, "%.2f", 100 * d->sector[i].mean_car);
        fputs("<td>", stream);
        number(stream, "%.2f", d->sector[i].mean_z);
        fputs("<td>", stream);
        number(stream, "%.2f", d->sector[i].t);
        fputs("</tr>\n", stream);
    }
    fputs("</table>\n", stream);
}

static void write_answer(FILE *stream, const as_study_run *run, const as_study_answer *answer)
{
    char moment[32];
    const as_study_event *event = answer->event;
    const as_study_placebo *placebo = &run->placebo[answer->placebo];
    fputs("<h2>", stream);
    as_plot_text(stream, event ? symbol_of(run, event->instrument) : "Pool");
    fprintf(stream, ", %s</h2>\n<p>", answer->type ? as_event_type_name(answer->type) : "no family");
    if (event) {
        fprintf(stream, "%s ", as_study_moment_text(event->ts, moment));
        as_plot_text(stream, event->text);
    } else {
        fprintf(stream, "%zu events", answer->pooled);
    }
    fprintf(stream, "<br>%zu names, %zu left out; mean CAR ", answer->sample.names, answer->sample.skipped);
    number(stream, "%.3f %%", 100 * answer->sample.mean_car);
    fputs(", residual correlation ", stream);
    number(stream, "%.3f", answer->sample.rbar);
    fputs(", breadth ", stream);
    number(stream, "%.3f", answer->diagnosis.breadth);
    fputs(", control K ", stream);
    number(stream, "%.2f", answer->diagnosis.control.k);
    fputs("</p>\n<div class=\"plots\">\n", stream);
    plot_car(stream, run, &answer->sample);
    plot_placebo(stream, placebo, AS_STUDY_KP, answer->sample.whole[AS_STUDY_KP].stat);
    plot_names(stream, run, &answer->sample);
    fputs("</div>\n", stream);
    write_tests(stream, answer, placebo);
    write_sectors(stream, run, &answer->diagnosis);
}

/* Returns that are missing or span several sessions, name by name. */
static void write_warnings(FILE *stream, const as_study_run *run)
{
    if (!run->warning_count)
        return;
    fputs("<details><summary>", stream);
    fprintf(stream,
            "%zu returns of event windows are missing or span several sessions</summary>\n<table>"
            "<tr><th>event<th>name<th>day<th>date<th>what<th>sessions</tr>\n",
            run->warning_count);
    for (size_t i = 0; i < run->warning_count; i++) {
        const as_study_warning *w = &run->warning[i];
        fputs("<tr><td>", stream);
        as_plot_text(stream, w->event);
        fputs("<td>", stream);
        as_plot_text(stream, symbol_of(run, w->instrument));
        fprintf(stream, "<td>%+d<td>%d<td>%s<td>%u</tr>\n", w->day, w->date, as_study_flaw_key(w->flaw), w->sessions);
    }
    fputs("</table></details>\n", stream);
}

static void write_page(FILE *stream, const as_study_run *run)
{
    const as_study_options *o = &run->options;
    fprintf(stream,
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Event study</title>"
            "<style>%s</style></head><body>\n<h1>Event study</h1>\n<p>Model: %s",
            style, as_study_model_name(o->model));
    if (o->market != AS_INSTRUMENT_NONE) {
        fputs(", market ", stream);
        as_plot_text(stream, symbol_of(run, o->market));
    }
    fprintf(stream, "; estimation %zu returns, gap %zu, window %d to %d. %zu answers.</p>\n", o->estimation, o->gap,
            o->first, o->last, run->answer_count);
    write_warnings(stream, run);
    for (size_t i = 0; i < run->answer_count; i++)
        write_answer(stream, run, &run->answer[i]);
    fputs("<p><small>p placebo: share of placebo dates with a statistic as large. p Holm, p BH: corrected over all "
          "answers and tests. size: share of placebo dates that the test calls significant at 5 %; what is far from "
          "0.05 says that the test's assumptions do not hold here.</small></p>\n</body></html>\n",
          stream);
}

int as_study_report_check(const char *folder)
{
    struct stat info;
    if (mkdir(folder, 0777) != 0 && errno != EEXIST)
        return as_error_set(-errno, "--report: %s cannot be made: %s", folder, strerror(errno));
    if (stat(folder, &info) < 0 || !S_ISDIR(info.st_mode))
        return as_error_set(-ENOTDIR, "--report: %s is no folder", folder);
    if (access(folder, W_OK | X_OK) < 0)
        return as_error_set(-errno, "--report: %s cannot be written: %s", folder, strerror(errno));
    return 0;
}

int as_study_report_write(const char *folder, const as_study_run *run)
{
    char path[AS_PATH_BYTES];
    as_out_file *out;
    if (snprintf(path, sizeof path, "%s/study.html", folder) >= (int)sizeof path)
        return as_error_set(-ENAMETOOLONG, "%s: too long", folder);
    int rc = as_out_file_open(path, true, false, &out);
    if (rc < 0)
        return rc;
    write_page(as_out_file_stream(out), run);
    return as_out_file_commit(out);
}
