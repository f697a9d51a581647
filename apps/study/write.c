#include "apps/study/write.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "apps/common/json_text.h"

const char *as_study_moment_text(uint64_t ts, char text[32])
{
    time_t seconds = (time_t)(ts / AS_NS_PER_S);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    strftime(text, 32, "%Y-%m-%d %H:%M UTC", &tm);
    return text;
}

const char *as_study_model_name(as_study_model model)
{
    static const char *const name[] = {"market", "mean", "sector"};
    return name[model];
}

static const char *symbol_of(const as_study_run *run, uint32_t instrument)
{
    return as_symbols_name(&run->universe->symbols, instrument);
}

static const char *bucket_of(const as_study_run *run, uint32_t instrument)
{
    uint8_t bucket = run->universe->instrument[instrument].bucket;
    return bucket == AS_BUCKET_NONE ? NULL : run->universe->bucket[bucket];
}

/* ---- JSON ---- */

static void number(FILE *stream, double value)
{
    if (isfinite(value))
        fprintf(stream, "%.17g", value);
    else
        fputs("null", stream);
}

static void key_number(FILE *stream, const char *key, double value)
{
    fprintf(stream, ",\"%s\":", key);
    number(stream, value);
}

static void key_text(FILE *stream, const char *key, const char *text)
{
    fprintf(stream, ",\"%s\":", key);
    if (text)
        as_json_text(stream, text, strlen(text));
    else
        fputs("null", stream);
}

static void key_numbers(FILE *stream, const char *key, const double *value, size_t count)
{
    fprintf(stream, ",\"%s\":[", key);
    for (size_t i = 0; i < count; i++) {
        if (i)
            fputc(',', stream);
        number(stream, value[i]);
    }
    fputc(']', stream);
}

static void json_name(FILE *stream, const as_study_run *run, const as_study_name *name)
{
    size_t window = as_study_window(&run->options);
    fputs("{\"symbol\":", stream);
    const char *symbol = symbol_of(run, name->instrument);
    as_json_text(stream, symbol, strlen(symbol));
    key_text(stream, "bucket", bucket_of(run, name->instrument));
    fprintf(stream, ",\"ts\":%" PRIu64, run->panel->series[name->instrument].ts[name->day0]);
    fprintf(stream, ",\"estimation\":%zu,\"returns\":%zu", name->ols.count, name->window_count);
    fprintf(stream, ",\"missing\":%zu,\"gaps\":%zu,\"day0_missing\":%s", window - name->window_count, name->gaps,
            name->no_day0 ? "true" : "false");
    key_number(stream, "alpha", name->ols.alpha);
    key_number(stream, "beta", run->options.model == AS_STUDY_MEAN ? (double)NAN : name->ols.beta);
    key_number(stream, "sector_beta", name->sector_beta);
    key_number(stream, "sigma", name->ols.sigma);
    key_number(stream, "r2", run->options.model == AS_STUDY_MEAN ? (double)NAN : name->ols.r2);
    key_numbers(stream, "ar", name->ar, window);
    key_numbers(stream, "sar", name->sar, window);
    key_number(stream, "car", name->car);
    key_number(stream, "z", name->scar);
    key_number(stream, "w", name->w);
    key_number(stream, "e", name->e);
    key_number(stream, "os", name->os);
    fprintf(stream, ",\"epicentre\":%s,\"linked\":%s}", name->epicentre ? "true" : "false",
            name->linked ? "true" : "false");
}

static void json_sectors(FILE *stream, const as_study_run *run, const as_study_diagnosis *d)
{
    fputs(",\"sectors\":[", stream);
    for (size_t i = 0; i < d->sectors; i++) {
        const as_study_sector *sector = &d->sector[i];
        fprintf(stream, "%s{\"sector\":", i ? "," : "");
        const char *name = run->universe->bucket[sector->bucket];
        as_json_text(stream, name, strlen(name));
        fprintf(stream, ",\"names\":%zu", sector->names);
        key_number(stream, "car", sector->mean_car);
        key_number(stream, "z", sector->mean_z);
        key_number(stream, "t", sector->t);
        fputc('}', stream);
    }
    fputc(']', stream);
}

/* p_more: the answer whose corrected and empirical p are told too; NULL for a day's tests. */
static void json_tests(FILE *stream, const as_study_stat *stat, const as_study_answer *p_more)
{
    fputs(",\"tests\":{", stream);
    for (int t = 0; t < AS_STUDY_TEST_COUNT; t++) {
        fprintf(stream, "%s\"%s\":{\"stat\":", t ? "," : "", as_study_test_key((as_study_test)t));
        number(stream, stat[t].stat);
        key_number(stream, "p", stat[t].p);
        if (p_more) {
            key_number(stream, "p_placebo", p_more->p_placebo[t]);
            key_number(stream, "p_holm", p_more->p_holm[t]);
            key_number(stream, "p_bh", p_more->p_bh[t]);
        }
        fputc('}', stream);
    }
    fputc('}', stream);
}

static void json_days(FILE *stream, const as_study_run *run, const as_study_sample *sample)
{
    fputs(",\"days\":[", stream);
    for (size_t d = 0; d < as_study_window(&run->options); d++) {
        fprintf(stream, "%s{\"day\":%d", d ? "," : "", run->options.first + (int)d);
        key_number(stream, "mean_ar", sample->mean_ar[d]);
        key_number(stream, "mean_car", sample->mean_car_to[d]);
        key_number(stream, "car_se", sample->car_se[d]);
        json_tests(stream, sample->day[d], NULL);
        fputc('}', stream);
    }
    fputc(']', stream);
}

static void json_control(FILE *stream, const as_study_run *run, const as_study_control *control)
{
    if (control->group < 0) {
        fputs(",\"control\":null", stream);
        return;
    }
    fputs(",\"control\":{\"group\":", stream);
    const char *group = run->playbook->control[control->group].name;
    as_json_text(stream, group, strlen(group));
    key_number(stream, "k", control->k);
    fprintf(stream, ",\"used\":%u,\"needs\":%u,\"members\":[", control->used, control->needs);
    for (unsigned i = 0; i < control->members; i++) {
        fprintf(stream, "%s{\"symbol\":\"%s\"", i ? "," : "", symbol_of(run, control->member[i]));
        key_number(stream, "gamma", control->gamma[i]);
        key_number(stream, "kappa", control->kappa[i]);
        fputc('}', stream);
    }
    fputs("]}", stream);
}

static void json_answer(FILE *stream, const as_study_run *run, const as_study_answer *answer)
{
    const as_study_diagnosis *d = &answer->diagnosis;
    const as_study_event *event = answer->event;
    fputs("{\"event\":", stream);
    const char *id = event ? event->id : "pool";
    as_json_text(stream, id, strlen(id));
    key_text(stream, "type", answer->type == AS_EVENT_TYPE_OTHER ? NULL : as_event_type_name(answer->type));
    if (event)
        fprintf(stream, ",\"ts\":%" PRIu64, event->ts);
    else
        fprintf(stream, ",\"ts\":null,\"pooled\":%zu", answer->pooled);
    key_text(stream, "symbol", event ? symbol_of(run, event->instrument) : NULL);
    key_text(stream, "text", event && event->text[0] ? event->text : NULL);
    fputs(",\"names\":[", stream);
    for (size_t i = 0; i < answer->sample.names; i++) {
        if (i)
            fputc(',', stream);
        json_name(stream, run, &answer->sample.name[i]);
    }
    fputc(']', stream);
    json_sectors(stream, run, d);
    json_tests(stream, answer->sample.whole, answer);
    json_days(stream, run, &answer->sample);
    key_number(stream, "mean_car", answer->sample.mean_car);
    key_number(stream, "residual_correlation", answer->sample.rbar);
    key_number(stream, "breadth", d->breadth);
    fprintf(stream, ",\"linked\":%zu", d->linked);
    key_number(stream, "m", d->m);
    key_number(stream, "g", d->g);
    json_control(stream, run, &d->control);
    fputs(",\"skipped\":[", stream);
    for (size_t i = 0; i < answer->sample.skipped; i++)
        fprintf(stream, "%s{\"symbol\":\"%s\",\"estimation\":%zu}", i ? "," : "",
                symbol_of(run, answer->sample.skip[i].instrument), answer->sample.skip[i].estimated);
    fputs("]}", stream);
}

static void json_placebo(FILE *stream, const as_study_placebo *placebo, const char *names)
{
    fputs("{\"names\":", stream);
    as_json_text(stream, names, strlen(names));
    fprintf(stream, ",\"seed\":%" PRIu64 ",\"dates\":%zu,\"eligible\":%zu,\"disjoint\":%zu,\"tests\":{", placebo->seed,
            placebo->dates, placebo->eligible, placebo->disjoint);
    for (int t = 0; t < AS_STUDY_TEST_COUNT; t++) {
        fprintf(stream, "%s\"%s\":{\"size_5pct\":", t ? "," : "", as_study_test_key((as_study_test)t));
        number(stream, as_study_placebo_size(placebo, (as_study_test)t, 0.05));
        static const struct {
            const char *key;
            double q;
        } quantile[] = {{"q025", 0.025}, {"q25", 0.25}, {"median", 0.5}, {"q75", 0.75}, {"q975", 0.975}};
        for (unsigned i = 0; i < sizeof quantile / sizeof *quantile; i++)
            key_number(stream, quantile[i].key, as_study_placebo_quantile(placebo, (as_study_test)t, quantile[i].q));
        fputc('}', stream);
    }
    fputs("}}", stream);
}

static void json_warnings(FILE *stream, const as_study_run *run)
{
    fputs(",\n\"warnings\":[", stream);
    for (size_t i = 0; i < run->warning_count; i++) {
        const as_study_warning *w = &run->warning[i];
        fputs(i ? ",\n{\"event\":" : "\n{\"event\":", stream);
        as_json_text(stream, w->event, strlen(w->event));
        key_text(stream, "symbol", symbol_of(run, w->instrument));
        fprintf(stream, ",\"day\":%d,\"what\":\"%s\",\"ts\":", w->day, as_study_flaw_key(w->flaw));
        fprintf(stream, w->ts ? "%" PRIu64 : "null", w->ts);
        fprintf(stream, ",\"date\":%d,\"sessions\":%u}", w->date, w->sessions);
    }
    fprintf(stream, "],\"pool\":{\"same_day\":%zu,\"overlapping\":%zu}", run->same_day, run->overlapping);
}

void as_study_write_json(FILE *stream, const as_study_run *run)
{
    const as_study_options *o = &run->options;
    fputs("{\"schema\":1,\"model\":", stream);
    fprintf(stream, "\"%s\"", as_study_model_name(o->model));
    key_text(stream, "market", o->market == AS_INSTRUMENT_NONE ? NULL : symbol_of(run, o->market));
    fprintf(stream, ",\"estimation\":%zu,\"gap\":%zu,\"window\":[%d,%d],\"bar_ns\":%" PRIu64, o->estimation, o->gap,
            o->first, o->last, run->panel->bar_ns);
    fputs(",\"events\":[", stream);
    for (size_t i = 0; i < run->answer_count; i++) {
        fputs(i ? ",\n" : "\n", stream);
        json_answer(stream, run, &run->answer[i]);
    }
    fputs("],\n\"placebo\":", stream);
    if (run->placebo_count == 1) {
        json_placebo(stream, &run->placebo[0], run->placebo_names[0]);
    } else {
        fputs("{\"sets\":[", stream);
        for (size_t i = 0; i < run->placebo_count; i++) {
            fputs(i ? ",\n" : "", stream);
            json_placebo(stream, &run->placebo[i], run->placebo_names[i]);
        }
        fputs("]}", stream);
    }
    json_warnings(stream, run);
    fputs("}\n", stream);
}

/* ---- tables ---- */

/* A number of width 9, or a dash. */
static const char *cell(char text[24], const char *format, double value)
{
    if (isfinite(value))
        snprintf(text, 24, format, value);
    else
        snprintf(text, 24, "%s", "-");
    return text;
}

static int by_z(const void *a, const void *b)
{
    double x = fabs((*(const as_study_name *const *)a)->scar);
    double y = fabs((*(const as_study_name *const *)b)->scar);
    return (x < y) - (x > y);
}

static void text_names(FILE *stream, const as_study_run *run, const as_study_answer *answer)
{
    size_t count = answer->sample.names;
    size_t window = as_study_window(&run->options);
    const as_study_name **name = calloc(count + 1, sizeof(*name));
    if (!name)
        return;
    for (size_t i = 0; i < count; i++)
        name[i] = &answer->sample.name[i];
    qsort((void *)name, count, sizeof *name, by_z);
    fprintf(stream, "\n  %-12s %-14s %8s %8s %8s %9s %7s %7s %7s\n", "name", "sector", "beta", "sigma %", "AR(0) %",
            "CAR %", "z", "E", "OS");
    char c[7][24];
    for (size_t i = 0; i < count; i++) {
        const as_study_name *n = name[i];
        bool has_day0 = run->options.first <= 0 && run->options.last >= 0;
        const char *bucket = bucket_of(run, n->instrument);
        fprintf(stream, "  %-12s %-14s %8s %8s %8s %9s %7s %7s %7s%s%s\n", symbol_of(run, n->instrument),
                bucket ? bucket : "-", cell(c[0], "%.3f", run->options.model == AS_STUDY_MEAN ? NAN : n->ols.beta),
                cell(c[1], "%.3f", 100 * n->ols.sigma),
                cell(c[2], "%.2f", has_day0 ? 100 * n->ar[-run->options.first] : NAN), cell(c[3], "%.2f", 100 * n->car),
                cell(c[4], "%.2f", n->scar), cell(c[5], "%.2f", n->e), cell(c[6], "%.2f", n->os),
                n->epicentre ? "  <" : "",
                n->no_day0                 ? "  no return on day 0"
                : n->window_count < window ? "  returns missing"
                : n->gaps                  ? "  gap"
                                           : "");
    }
    free((void *)name);
}

static void text_tests(FILE *stream, const as_study_answer *answer, const as_study_placebo *placebo)
{
    char c[6][24];
    fprintf(stream, "\n  %-26s %9s %10s %10s %10s %10s %9s\n", "test over the window", "stat", "p", "p placebo",
            "p Holm", "p BH", "size 5 %");
    for (int t = 0; t < AS_STUDY_TEST_COUNT; t++) {
        const as_study_stat *s = &answer->sample.whole[t];
        fprintf(stream, "  %-26s %9s %10s %10s %10s %10s %9s\n", as_study_test_title((as_study_test)t),
                cell(c[0], "%.4f", s->stat), cell(c[1], "%.3g", s->p), cell(c[2], "%.3g", answer->p_placebo[t]),
                cell(c[3], "%.3g", answer->p_holm[t]), cell(c[4], "%.3g", answer->p_bh[t]),
                cell(c[5], "%.3f", as_study_placebo_size(placebo, (as_study_test)t, 0.05)));
    }
}

static void text_days(FILE *stream, const as_study_run *run, const as_study_sample *sample)
{
    static const as_study_test shown[] = {AS_STUDY_PATELL, AS_STUDY_BMP, AS_STUDY_KP, AS_STUDY_CORRADO};
    char c[6][24];
    fprintf(stream, "\n  %5s %9s %9s %9s %9s %9s %9s\n", "day", "AR %", "CAR %", "Patell", "BMP", "KP", "Corrado");
    for (size_t d = 0; d < as_study_window(&run->options); d++) {
        fprintf(stream, "  %+5d %9s %9s", run->options.first + (int)d, cell(c[0], "%.3f", 100 * sample->mean_ar[d]),
                cell(c[1], "%.3f", 100 * sample->mean_car_to[d]));
        for (unsigned i = 0; i < sizeof shown / sizeof *shown; i++)
            fprintf(stream, " %9s", cell(c[2 + i], "%.3f", sample->day[d][shown[i]].stat));
        fputc('\n', stream);
    }
}

static void text_sectors(FILE *stream, const as_study_run *run, const as_study_diagnosis *d)
{
    char c[3][24];
    if (!d->sectors)
        return;
    fprintf(stream, "\n  %-14s %6s %9s %8s %8s\n", "sector", "names", "CAR %", "z", "t");
    for (size_t i = 0; i < d->sectors; i++)
        fprintf(stream, "  %-14s %6zu %9s %8s %8s\n", run->universe->bucket[d->sector[i].bucket], d->sector[i].names,
                cell(c[0], "%.2f", 100 * d->sector[i].mean_car), cell(c[1], "%.2f", d->sector[i].mean_z),
                cell(c[2], "%.2f", d->sector[i].t));
}

static void text_answer(FILE *stream, const as_study_run *run, const as_study_answer *answer)
{
    char moment[32], c[3][24];
    const as_study_event *event = answer->event;
    const char *type = answer->type == AS_EVENT_TYPE_OTHER ? "no family" : as_event_type_name(answer->type);
    if (event)
        fprintf(stream, "%s  %s  %s  %s\n", as_study_moment_text(event->ts, moment), symbol_of(run, event->instrument),
                type, event->text[0] ? event->text : "");
    else
        fprintf(stream, "pool of %zu events  %s\n", answer->pooled, type);
    fprintf(stream, "  %zu names, %zu left out, mean CAR %s %%, residual correlation %s, breadth %s\n",
            answer->sample.names, answer->sample.skipped, cell(c[0], "%.3f", 100 * answer->sample.mean_car),
            cell(c[1], "%.3f", answer->sample.rbar), cell(c[2], "%.3f", answer->diagnosis.breadth));
    if (answer->diagnosis.control.group >= 0)
        fprintf(stream, "  control K %s (%u of %u needed)\n", cell(c[0], "%.2f", answer->diagnosis.control.k),
                answer->diagnosis.control.used, answer->diagnosis.control.needs);
    text_names(stream, run, answer);
    text_sectors(stream, run, &answer->diagnosis);
    text_days(stream, run, &answer->sample);
    text_tests(stream, answer, &run->placebo[answer->placebo]);
    fputc('\n', stream);
}

void as_study_write_text(FILE *stream, const as_study_run *run)
{
    const as_study_options *o = &run->options;
    fprintf(stream, "model %s%s%s, estimation %zu returns, gap %zu, window %d..%d %s\n\n",
            as_study_model_name(o->model), o->market == AS_INSTRUMENT_NONE ? "" : ", market ",
            o->market == AS_INSTRUMENT_NONE ? "" : symbol_of(run, o->market), o->estimation, o->gap, o->first, o->last,
            run->panel->bar_ns ? "intervals" : "sessions");
    for (size_t i = 0; i < run->answer_count; i++)
        text_answer(stream, run, &run->answer[i]);
    for (size_t i = 0; i < run->placebo_count; i++)
        fprintf(stream, "placebo (%s): %zu dates of %zu places, %zu of them with windows apart, seed %" PRIu64 "\n",
                run->placebo_names[i], run->placebo[i].dates, run->placebo[i].eligible, run->placebo[i].disjoint,
                run->placebo[i].seed);
}
