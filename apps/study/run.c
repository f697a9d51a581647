#include "apps/study/run.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/study/write.h"
#include "core/error.h"
#include "core/stats/p_value.h"

/* ---- which names ---- */

static bool is_factor(const as_universe *universe, uint32_t instrument)
{
    for (uint32_t i = 0; i < universe->symbols.count; i++)
        if (universe->instrument[i].factor == instrument)
            return true;
    uint8_t bucket = universe->instrument[instrument].bucket;
    return bucket != AS_BUCKET_NONE && strcmp(universe->bucket[bucket], "index") == 0;
}

static bool takes_part(const as_study_run *run, const as_study_event *event, uint32_t instrument)
{
    if (run->panel->series[instrument].count == 0 || instrument == run->options.market)
        return false;
    switch (run->names) {
    case AS_STUDY_OWN:
        return instrument == event->instrument;
    case AS_STUDY_LINKED:
        if (instrument == event->instrument ||
            as_playbook_channel(run->playbook, run->universe, event->type, event->instrument, instrument).set)
            return true;
        return false;
    default:
        return instrument == event->instrument || !is_factor(run->universe, instrument);
    }
}

static size_t event_cases(const as_study_run *run, const as_study_event *event, as_study_case *cases)
{
    size_t count = 0;
    for (uint32_t i = 0; i < run->universe->symbols.count; i++)
        if (takes_part(run, event, i))
            cases[count++] = (as_study_case){.instrument = i, .ts = event->ts};
    return count;
}

static size_t pool_cases(const as_study_run *run, uint16_t type, as_study_case *cases)
{
    size_t count = 0;
    for (size_t i = 0; i < run->events->count; i++) {
        const as_study_event *event = &run->events->event[i];
        if (event->type == type)
            cases[count++] = (as_study_case){.instrument = event->instrument, .ts = event->ts};
    }
    return count;
}

/* ---- answers ---- */

static const char *symbol_of(const as_study_run *run, uint32_t instrument)
{
    return as_symbols_name(&run->universe->symbols, instrument);
}

/* No name could be fitted: say of the one that matters what there is. */
static int nothing_to_fit(const as_study_run *run, const as_study_answer *answer)
{
    const as_study_sample *sample = &answer->sample;
    const as_study_skip *skip = sample->skipped ? &sample->skip[0] : NULL;
    for (size_t i = 0; answer->event && i < sample->skipped; i++)
        if (sample->skip[i].instrument == answer->event->instrument)
            skip = &sample->skip[i];
    const char *id = answer->event ? answer->event->id : "pool";
    if (!skip)
        return as_error_set(-EINVAL, "event '%s': no name with prices in the inputs", id);
    if (skip->day0 >= skip->prices)
        return as_error_set(-EINVAL, "event '%s': %s has no price at or after it (%zu prices, all before)", id,
                            symbol_of(run, skip->instrument), skip->prices);
    return as_error_set(-EINVAL,
                        "event '%s': %s has %zu returns in the estimation window (%zu prices before day 0); needed: "
                        "%zu, see --estimation, --gap and --min-estimation",
                        id, symbol_of(run, skip->instrument), skip->estimated, skip->day0,
                        sample->options.estimation_min);
}

static void warn_of_skipped(const as_study_run *run, const as_study_answer *answer)
{
    const as_study_sample *sample = &answer->sample;
    const char *id = answer->event ? answer->event->id : "pool";
    for (size_t i = 0; i < sample->skipped; i++)
        as_warn("event '%s': %s is left out: %zu returns in the estimation window; needed: %zu", id,
                symbol_of(run, sample->skip[i].instrument), sample->skip[i].estimated, sample->options.estimation_min);
}

/* ---- what is missing ---- */

const char *as_study_flaw_key(as_study_flaw flaw)
{
    static const char *const key[] = {"no_market_price", "no_price", "gap"};
    return key[flaw];
}

static void note(as_study_run *run, const as_study_warning *warning)
{
    if (run->warning_count == run->warning_room) {
        run->warning_room = run->warning_room ? 2 * run->warning_room : 16;
        run->warning = realloc(run->warning, run->warning_room * sizeof *run->warning);
        AS_ASSERT(run->warning);
    }
    run->warning[run->warning_count++] = *warning;
}

static void find_flaws(as_study_run *run, const char *id, const as_study_name *name)
{
    const as_study_series *s = &run->panel->series[name->instrument];
    for (int d = run->options.first; d <= run->options.last; d++) {
        long k = (long)name->day0 + d;
        as_study_warning w = {.event = id, .instrument = name->instrument, .day = d};
        if (k >= 0 && k < (long)s->count) {
            w.ts = s->ts[k];
            w.date = as_calendar_session(as_universe_calendar(run->universe, name->instrument), w.ts)->date;
        }
        if (k < 1 || k >= (long)s->count)
            w.flaw = AS_STUDY_NO_PRICE;
        else if (s->sessions[k] == 0 || !isfinite(name->ar[d - run->options.first]))
            w.flaw = AS_STUDY_NO_MARKET;
        else if (s->sessions[k] > 1)
            w.flaw = AS_STUDY_GAP;
        else
            continue;
        w.sessions = w.ts ? s->sessions[k] : 0;
        note(run, &w);
    }
}

static bool same_flaw(const as_study_warning *a, const as_study_warning *b)
{
    return a->flaw == b->flaw && a->day == b->day && a->ts == b->ts && a->sessions == b->sessions;
}

/* One line for all names of a day; who they are, up to some. */
static void say_flaw(const as_study_run *run, size_t first)
{
    enum { NAMED_MAX = 6 };
    const as_study_warning *w = &run->warning[first];
    char names[256] = "";
    char moment[32] = "";
    size_t used = 0;
    size_t count = 0;
    for (size_t i = first; i < run->warning_count; i++)
        if (same_flaw(w, &run->warning[i]) && count++ < NAMED_MAX)
            used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", used ? ", " : "",
                                     symbol_of(run, run->warning[i].instrument));
    if (count > NAMED_MAX)
        snprintf(names + used, sizeof names - used, " and %zu more", count - NAMED_MAX);
    if (w->ts && run->panel->bar_ns)
        as_study_moment_text(w->ts, moment);
    else if (w->ts)
        snprintf(moment, sizeof moment, "%04d-%02d-%02d", w->date / 10000, w->date / 100 % 100, w->date % 100);
    const char *loud = w->day == 0 && w->flaw != AS_STUDY_GAP ? "DAY 0 IS MISSING: " : "";
    if (w->flaw == AS_STUDY_GAP)
        as_warn("event '%s': day %+d (%s) of %s: the return spans %u sessions%s", w->event, w->day, moment, names,
                w->sessions, run->panel->keep_gaps ? "" : "; it is divided by the root of their number");
    else if (w->flaw == AS_STUDY_NO_PRICE)
        as_warn("%sevent '%s': day %+d of %s: no price", loud, w->event, w->day, names);
    else
        as_warn("%sevent '%s': day %+d (%s) of %s: %s has no new price, so there is no return; the next one spans both "
                "days",
                loud, w->event, w->day, moment, names,
                run->options.market == AS_INSTRUMENT_NONE ? "the model" : symbol_of(run, run->options.market));
}

static void warn_of_flaws(as_study_run *run, const as_study_answer *answer)
{
    size_t before = run->warning_count;
    for (size_t i = 0; i < answer->sample.names; i++)
        find_flaws(run, answer->event ? answer->event->id : "pool", &answer->sample.name[i]);
    for (size_t i = before; i < run->warning_count; i++) {
        bool said = false;
        for (size_t k = before; k < i && !said; k++)
            said = same_flaw(&run->warning[k], &run->warning[i]);
        if (!said)
            say_flaw(run, i);
    }
}

/* Events of a pool that are not independent of each other. */
static void warn_of_overlaps(as_study_run *run, const as_study_case *cases, size_t count)
{
    size_t width = as_study_window(&run->options);
    size_t same = 0;
    size_t overlapping = 0;
    uint32_t ruler = run->options.market != AS_INSTRUMENT_NONE ? run->options.market : cases[0].instrument;
    const as_study_series *s = &run->panel->series[ruler];
    for (size_t i = 0; i < count; i++) {
        bool shares = false;
        bool touches = false;
        size_t at = as_study_series_at(s, cases[i].ts);
        for (size_t k = 0; k < count; k++) {
            size_t other = as_study_series_at(s, cases[k].ts);
            shares = shares || (k != i && other == at);
            touches = touches || (other != at && (other > at ? other - at : at - other) < width);
        }
        same += shares;
        overlapping += touches;
    }
    run->same_day += same;
    run->overlapping += overlapping;
    if (same || overlapping)
        as_warn(
            "pool: of %zu events %zu share their day with another and %zu have a window that overlaps with another's: "
            "they are not independent",
            count, same, overlapping);
}

/* The estimation window has served: a study of many events does not keep it. */
static void forget_estimation(as_study_sample *sample)
{
    free(sample->scaled);
    free(sample->residual);
    free(sample->work);
    sample->scaled = sample->residual = sample->work = NULL;
}

static int answer_one(as_study_run *run, as_study_answer *answer, const as_study_case *cases, size_t count)
{
    int rc = as_study_sample_init(&answer->sample, &run->options, count ? count : 1);
    if (rc < 0)
        return rc;
    as_study_sample_fit(&answer->sample, run->panel, cases, count);
    if (answer->sample.names == 0) {
        rc = nothing_to_fit(run, answer);
        if (answer->event && answer->event->line == 0) { /* a headline: news of names without prices is usual */
            as_warn("%s: passed over", as_error_message(0));
            as_error_clear();
            return 1;
        }
        return rc;
    }
    warn_of_skipped(run, answer);
    warn_of_flaws(run, answer);
    if (!answer->event)
        warn_of_overlaps(run, cases, count);
    as_study_sample_test(&answer->sample);
    as_study_diagnose(&answer->diagnosis, &answer->sample, run->universe, run->playbook, answer->event);
    return 0;
}

/* ---- placebo ---- */

static int add_placebo(as_study_run *run, const char *names, const as_study_case *cases, size_t count, bool own_dates)
{
    as_study_sample sample;
    size_t i = run->placebo_count++;
    snprintf(run->placebo_names[i], sizeof *run->placebo_names, "%s", names);
    int rc = as_study_sample_init(&sample, &run->options, count ? count : 1);
    if (rc < 0)
        return rc;
    uint64_t *event = calloc(run->events->count + 1, sizeof *event);
    AS_ASSERT(event);
    for (size_t e = 0; e < run->events->count; e++)
        event[e] = run->events->event[e].ts;
    as_study_placebo_options options = {.wanted = run->placebo_wanted,
                                        .seed = run->seed,
                                        .event = event,
                                        .event_count = run->events->count,
                                        .own_dates = own_dates};
    rc = as_study_placebo_run(&run->placebo[i], &options, run->panel, cases, count, &sample);
    free(event);
    as_study_sample_fini(&sample);
    return rc;
}

/* The set of names of an answer; its placebo is made when it is met first. */
static int placebo_for(as_study_run *run, as_study_answer *answer, const as_study_case *cases, size_t count)
{
    char names[AS_EVENT_NAME_BYTES] = "all";
    if (run->pool || run->names == AS_STUDY_LINKED)
        snprintf(names, sizeof names, "%s", as_event_type_name(answer->type));
    if (!run->pool && run->names == AS_STUDY_OWN)
        snprintf(names, sizeof names, "%s", symbol_of(run, answer->event->instrument));
    for (answer->placebo = 0; answer->placebo < run->placebo_count; answer->placebo++)
        if (strcmp(run->placebo_names[answer->placebo], names) == 0)
            return 0;
    return add_placebo(run, names, cases, count, run->pool);
}

/* ---- many tests ---- */

static int correct(as_study_run *run)
{
    size_t count = run->answer_count * AS_STUDY_TEST_COUNT;
    double *p = calloc(3 * count + 1, sizeof *p);
    if (!p)
        return as_error_set(-ENOMEM, "out of memory for %zu tests", count);
    double *holm = p + count;
    double *bh = holm + count;
    for (size_t i = 0; i < count; i++)
        p[i] = run->answer[i / AS_STUDY_TEST_COUNT].sample.whole[i % AS_STUDY_TEST_COUNT].p;
    as_holm(p, count, holm);
    as_benjamini_hochberg(p, count, bh);
    for (size_t i = 0; i < count; i++) {
        as_study_answer *answer = &run->answer[i / AS_STUDY_TEST_COUNT];
        size_t test = i % AS_STUDY_TEST_COUNT;
        answer->p_holm[test] = holm[i];
        answer->p_bh[test] = bh[i];
        answer->p_placebo[test] =
            as_study_placebo_p(&run->placebo[answer->placebo], (as_study_test)test, answer->sample.whole[test].stat);
    }
    free(p);
    return 0;
}

/* ---- all of it ---- */

static int take_answer(as_study_run *run, const as_study_event *event, uint16_t type, as_study_case *cases)
{
    as_study_answer *answer = &run->answer[run->answer_count];
    *answer = (as_study_answer){.event = event, .type = type};
    size_t count = event ? event_cases(run, event, cases) : pool_cases(run, type, cases);
    answer->pooled = event ? 0 : count;
    if (!event && count == 0)
        return 0;
    int rc = answer_one(run, answer, cases, count);
    if (rc != 0) {
        as_study_sample_fini(&answer->sample);
        return rc < 0 ? rc : 0;
    }
    run->answer_count++;
    rc = placebo_for(run, answer, cases, count);
    forget_estimation(&answer->sample);
    return rc;
}

int as_study_run_all(as_study_run *run)
{
    size_t answers = run->pool ? as_event_type_count() : run->events->count;
    size_t cases_max = run->pool ? run->events->count : run->universe->symbols.count;
    run->answer = calloc(answers + 1, sizeof *run->answer);
    run->placebo = calloc(answers + 1, sizeof *run->placebo);
    run->placebo_names = calloc(answers + 1, sizeof *run->placebo_names);
    as_study_case *cases = calloc(cases_max + 1, sizeof *cases);
    int rc = 0;
    if (!run->answer || !run->placebo || !run->placebo_names || !cases)
        rc = as_error_set(-ENOMEM, "out of memory for %zu events", answers);
    for (size_t i = 0; rc == 0 && i < answers; i++)
        rc = run->pool ? take_answer(run, NULL, (uint16_t)i, cases)
                       : take_answer(run, &run->events->event[i], run->events->event[i].type, cases);
    free(cases);
    if (rc == 0 && run->answer_count == 0)
        rc = as_error_set(-EINVAL, "none of the %zu events can be studied; the warnings say why", run->events->count);
    return rc == 0 ? correct(run) : rc;
}

void as_study_run_fini(as_study_run *run)
{
    for (size_t i = 0; run->answer && i < run->answer_count; i++)
        as_study_sample_fini(&run->answer[i].sample);
    for (size_t i = 0; run->placebo && i < run->placebo_count; i++)
        as_study_placebo_fini(&run->placebo[i]);
    free(run->answer);
    free(run->placebo);
    free(run->placebo_names);
    free(run->warning);
    run->warning = NULL;
    run->warning_count = run->warning_room = 0;
    run->answer = NULL;
    run->placebo = NULL;
    run->placebo_names = NULL;
    run->answer_count = run->placebo_count = 0;
}
