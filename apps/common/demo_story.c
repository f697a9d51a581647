#include "apps/common/demo_story.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/logexp.h"
#include "core/text_file.h"
#include "feeds/decode/ndjson.h"

enum { WIDTH = 98, TEXT_WIDTH = 88 };

typedef struct as_reason_words {
    as_reason reason;
    const char *words;
} as_reason_words;

/* Vetoes in plain words. */
static const as_reason_words veto_words[] = {
    {AS_REASON_BREADTH_LOW, "too few names fell: such moves came back on average only after broad ones"},
    {AS_REASON_NO_EDGE, "what is expected to come back does not pay for the costs"},
    {AS_REASON_S_SMALL, "the name is not far enough from its sector to expect a return"},
    {AS_REASON_NO_OU, "before the event the name did not revert to its sector fast enough"},
    {AS_REASON_UNSTABLE, "still making new lows: no half hour without one"},
    {AS_REASON_VR_VETO, "prices trend from minute to minute: momentum, not noise"},
    {AS_REASON_SESSION_START, "the first five minutes of the session"},
    {AS_REASON_STALE, "the last quote was older than five seconds"},
    {AS_REASON_WIDE_SPREAD, "the spread was too wide"},
    {AS_REASON_OWN_NEWS, "the name has news of its own"},
    {AS_REASON_CONFIRMED, "confirmed news with a channel is not faded"},
    {AS_REASON_NO_FADE, "this family of news is never faded"},
    {AS_REASON_HALT, "trading was halted"},
    {AS_REASON_WARMUP, "too little history"},
};

as_paint as_paint_of(bool colour)
{
    if (!colour)
        return (as_paint){"", "", "", "", "", ""};
    return (as_paint){"\033[1m", "\033[2m", "\033[31m", "\033[32m", "\033[33m", "\033[0m"};
}

/* The live shock of the scenario's issuer. */
static as_shock *find_shock(const as_story *story)
{
    for (unsigned i = 0; i < AS_FACT_MAX; i++) {
        as_shock *shock = &story->engine->shocks.shock[i];
        if (shock->fact &&
            strcmp(as_symbols_name(&story->engine->universe->symbols, shock->issuer), story->scenario->issuer) == 0)
            return shock;
    }
    return NULL;
}

bool as_story_has_shock(const as_story *story)
{
    return find_shock(story) != NULL;
}

static const char *symbol_of(const as_story *story, const as_anchor *anchor)
{
    return as_symbols_name(&story->engine->universe->symbols, anchor->instrument);
}

static double move_percent(const as_story *story, const as_anchor *anchor)
{
    int64_t mid = story->engine->market.name[anchor->instrument].mark.mid;
    return 100 * ((double)mid / (double)anchor->px - 1);
}

void as_story_clock(const as_sim_scenario *scenario, uint64_t ts, char *out, size_t out_bytes)
{
    time_t local = (time_t)(ts / AS_NS_PER_S) + scenario->utc_offset_s;
    bool same_day = ts >= scenario->midnight && ts < scenario->midnight + AS_NS_PER_DAY;
    struct tm tm;
    gmtime_r(&local, &tm);
    strftime(out, out_bytes, same_day ? "%H:%M" : "%d %b", &tm);
}

/* ---- headlines and shock ---- */

static void print_headlines(const as_story *story, const as_paint *paint, FILE *out)
{
    static as_headline headline;
    char *text;
    size_t text_bytes;
    as_ndjson_context context = {.symbols = &story->engine->universe->symbols};
    if (as_text_file_read(story->headlines_path, AS_TEXT_FILE_BYTES_MAX, &text, &text_bytes) < 0)
        return;
    for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1) {
        as_event event;
        char at[16];
        if (as_ndjson_decode(line, (size_t)(end - line), &context, &event, &headline) != AS_NDJSON_OK)
            continue;
        as_story_clock(story->scenario, headline.ts_recv, at, sizeof at);
        int room = TEXT_WIDTH - (int)strlen(headline.source) - 2;
        bool cut = (int)strlen(headline.text) > room;
        fprintf(out, "  %s%-6s%s %s%s:%s %.*s%s\n", paint->dim, at, paint->plain, paint->bold, headline.source,
                paint->plain, cut ? room - 2 : room, headline.text, cut ? ".." : "");
    }
    free(text);
}

static void print_shock(const as_story *story, const as_shock *shock, const as_paint *paint, FILE *out)
{
    const as_fact *fact = as_fact_find(&story->engine->facts, shock->fact);
    fprintf(out, "\n%sThe shock%s  %s %+.1f %%, %+.1f of its daily sigmas on its own; M = %.2f\n", paint->bold,
            paint->plain, story->scenario->issuer, move_percent(story, &shock->epicentre), shock->epicentre.z,
            shock->m);
    if (fact)
        fprintf(out,
                "  A %s from tier %d: %.0f %% of what it would justify counts. The doubt and the repetition that\n",
                as_fact_status_text((as_fact_status)fact->status), fact->tier, 100 * shock->g);
    fprintf(out, "  followed did not raise it; the remark in May was known, and anchors nothing.\n");
    fprintf(out, "  %u names have a channel to it in the playbook; %u moved two sigmas its way: breadth %.0f %%.\n",
            shock->linked_count, shock->breadth_count, 100 * as_shock_breadth(shock));
}

/* ---- the names ---- */

/* Index of a strategy, -1 if it does not run. */
static int strategy_of(const as_story *story, const char *name)
{
    for (unsigned i = 0; i < story->engine->strategy_count; i++)
        if (strcmp(story->engine->strategy[i]->name, name) == 0)
            return (int)i;
    return -1;
}

static as_sim_class verdict_of(const as_story *story, const as_linked *linked)
{
    const as_thresholds *th = &story->engine->playbook->thresholds;
    int idx = strategy_of(story, "overreaction");
    if (idx >= 0 && linked->signal[idx].open && linked->signal[idx].kind == AS_SIGNAL_OVERREACTION)
        return AS_SIM_OVERREACTION;
    if (fabs(linked->e) >= th->under_e && fabs(linked->os) < th->os_open)
        return AS_SIM_JUSTIFIED;
    bool along = as_sign(linked->os) == as_sign(linked->e) && as_sign(linked->anchor.z) == as_sign(linked->e);
    return along && fabs(linked->os) >= th->os_close ? AS_SIM_WATCH : AS_SIM_NONE;
}

static void print_row(const as_story *story, const as_linked *linked, const char *bucket, const as_paint *paint,
                      FILE *out)
{
    bool over = verdict_of(story, linked) == AS_SIM_OVERREACTION;
    const char *colour = over ? paint->red : paint->green;
    fprintf(out, "  %-12s%-6s %+6.1f %% %+8.1f %+9.1f %+8.2f   %s%s%s\n", bucket, symbol_of(story, &linked->anchor),
            move_percent(story, &linked->anchor), linked->anchor.z, linked->e, linked->os, colour,
            over ? "OVERREACTION" : "justified", paint->plain);
}

/* The other names of a bucket, in one line. */
static void print_rest(const as_story *story, const as_shock *shock, uint8_t bucket, const char *title,
                       const as_paint *paint, FILE *out)
{
    char watch[WIDTH] = "", calm[WIDTH] = "";
    for (uint32_t i = 0; i < shock->linked_count; i++) {
        const as_linked *linked = &shock->linked[i];
        as_sim_class verdict = verdict_of(story, linked);
        if (linked->bucket != bucket || verdict == AS_SIM_OVERREACTION || verdict == AS_SIM_JUSTIFIED)
            continue;
        char *line = verdict == AS_SIM_WATCH ? watch : calm;
        size_t used = strlen(line);
        snprintf(line + used, WIDTH - used, " %s %+.1f", symbol_of(story, &linked->anchor), linked->os);
    }
    if (!*watch && !*calm)
        return;
    fprintf(out, "  %-12s%s%s%s%s%s%s%s%s\n", title, *watch ? paint->yellow : "", *watch ? "watch" : "", watch,
            paint->plain, *watch && *calm ? "; " : "", paint->dim, *calm ? "in line" : "", calm);
    fputs(paint->plain, out);
}

static void print_bucket(const as_story *story, const as_shock *shock, uint8_t bucket, const as_paint *paint, FILE *out)
{
    const char *title = story->engine->universe->bucket[bucket];
    for (uint32_t i = 0; i < shock->linked_count; i++) {
        const as_linked *linked = &shock->linked[i];
        as_sim_class verdict = linked->bucket == bucket ? verdict_of(story, linked) : AS_SIM_NONE;
        if (verdict != AS_SIM_OVERREACTION && verdict != AS_SIM_JUSTIFIED)
            continue;
        print_row(story, linked, title, paint, out);
        title = "";
    }
    print_rest(story, shock, bucket, title, paint, out);
}

static void print_names(const as_story *story, const as_shock *shock, const as_paint *paint, FILE *out)
{
    static const char legend[] = "move; z: in sigmas beyond the market; justified by the news; score of the rest";
    fprintf(out, "\n%sThe names%s  %s%s%s\n", paint->bold, paint->plain, paint->dim, legend, paint->plain);
    fprintf(out, "  %s%-12s%-6s %8s %8s %9s %8s   verdict%s\n", paint->dim, "bucket", "name", "move", "z", "justified",
            "score", paint->plain);
    for (uint32_t bucket = 0; bucket < story->engine->universe->bucket_count; bucket++)
        print_bucket(story, shock, (uint8_t)bucket, paint, out);
}

/* ---- controls ---- */

static void print_controls(const as_story *story, const as_shock *shock, const as_paint *paint, FILE *out)
{
    double limit = story->engine->playbook->thresholds.control_k;
    fprintf(out, "\n%sThe controls%s ", paint->bold, paint->plain);
    for (uint32_t i = 0; i < shock->control_count; i++)
        fprintf(out, " %s %+.1f %% ", symbol_of(story, &shock->control[i].anchor),
                move_percent(story, &shock->control[i].anchor));
    fprintf(out, " K = %+.2f\n", shock->k);
    if (shock->contradicted)
        fprintf(out, "  They moved against the basket by more than they usually do: the story is contradicted.\n");
    else
        fprintf(out,
                "  Names that 'too much compute' should have hurt did what they usually do on such a day;\n"
                "  a contradiction needs K = %+.0f, against the basket, from at least three of them.\n",
                as_shock_basket_car(shock) < 0 ? limit : -limit);
}

/* ---- trades ---- */

static const char *words_of(unsigned reason)
{
    for (unsigned i = 0; i < sizeof veto_words / sizeof *veto_words; i++)
        if (veto_words[i].reason == reason)
            return veto_words[i].words;
    return "";
}

/* How many of the overreacting names a veto stands in the way of now. */
static unsigned vetoed_names(const as_story *story, const as_shock *shock, unsigned reason)
{
    int fade = strategy_of(story, "mean_reversion");
    unsigned count = 0;
    for (uint32_t i = 0; fade >= 0 && i < shock->linked_count; i++)
        if (verdict_of(story, &shock->linked[i]) == AS_SIM_OVERREACTION &&
            (shock->linked[i].signal[fade].vetoes >> reason & 1))
            count++;
    return count;
}

static void print_trades(const as_story *story, const as_shock *shock, const as_paint *paint, FILE *out)
{
    const as_engine_counters *counters = &story->engine->counters;
    unsigned flagged = 0, lines = 0;
    for (uint32_t i = 0; i < shock->linked_count; i++)
        flagged += verdict_of(story, &shock->linked[i]) == AS_SIM_OVERREACTION;
    fprintf(out,
            "\n%sThe trades%s  %" PRIu64 " opened. At the close the fades of the %u overreactions were vetoed by:\n",
            paint->bold, paint->plain, counters->opened[AS_SIGNAL_MEAN_REVERSION], flagged);
    for (unsigned reason = 0; reason < AS_REASON_COUNT; reason++) {
        unsigned names = vetoed_names(story, shock, reason);
        if (names && lines++ < 7)
            fprintf(out, "  %-12s %u of %u  %s%s%s\n", as_reason_text((as_reason)reason), names, flagged, paint->dim,
                    words_of(reason), paint->plain);
    }
    fprintf(out, "  %" PRIu64 " contradictions, %" PRIu64 " underreactions, %" PRIu64 " near misses were published.\n",
            counters->opened[AS_SIGNAL_CONTRADICTION], counters->opened[AS_SIGNAL_UNDERREACTION],
            counters->near_misses[AS_SIGNAL_MEAN_REVERSION]);
}

void as_story_print(const as_story *story, FILE *out)
{
    as_paint paint = as_paint_of(story->colour);
    const as_shock *shock = find_shock(story);
    fprintf(out, "%sWhat happened%s\n", paint.bold, paint.plain);
    print_headlines(story, &paint, out);
    if (!shock) {
        fprintf(out, "  No shock of %s is open at the end.\n", story->scenario->issuer);
        return;
    }
    print_shock(story, shock, &paint, out);
    print_names(story, shock, &paint, out);
    print_controls(story, shock, &paint, out);
    print_trades(story, shock, &paint, out);
}
