/*
 * Desk: what does it cost to read a headline and to know how new it is, and does it grow with the number of names?
 *
 * Eight headlines, read in turn by the desk of the reference universe and playbook (examples/reference-day, when the
 * working directory has it) and by desks of 100 and 5,000 generated names with four aliases each (20,000), all with the
 * same playbook text. The headlines name companies of the universe that reads them, and some that it does not know.
 * The table of facts is full: 1,024 facts, eight of them, with eight texts each, of every company that the headlines
 * name.
 *
 * Inside a sample: one as_desk_read (linking, typing, cue, fingerprint); one as_fact_apply for each issuer of the
 * headline (novelty against everything of the issuer, which fact, status, credibility); both together. Headlines
 * without an issuer are left out of the last two: they have no novelty, and would only make the figure better.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/bench.h"
#include "core/error.h"
#include "core/fact.h"
#include "feeds/news/desk.h"

enum { DESKS = 3, TEXTS = 8, ROUNDS = 7, READS_MIN = 64, READS_ROUND = 20000, ISSUER_FACTS = 8, FACT_TEXTS = 8 };

/* What issue 4 demands of linking, typing and novelty together at 5,000 names and 20,000 aliases. */
static const double allowed_ns = 5000;

#define REFERENCE "examples/reference-day/"

static const uint32_t generated_names[DESKS] = {0, 100, 5000}; /* 0: the reference universe */

static const char plain_playbook[] =
    "version: bench\n"
    "events:\n"
    "  compute_supply_entry:\n    phrases: [\"sells compute\", \"sell excess * compute\"]\n    channels: {names: [0.1, "
    "0.1]}\n"
    "  capex_cut:\n    phrases: [\"cuts capex\", \"cut* * spending\"]\n    channels: {names: [0.1, 0.1]}\n"
    "  capex_raise:\n    phrases: [\"raises capex\", \"raise* * guidance\"]\n    channels: {names: [0.1, 0.1]}\n";

typedef struct reader {
    as_universe universe;
    bool loaded;
    as_playbook *playbook;
    as_desk *desk;
    as_headline headline[TEXTS];
    as_fact_table facts;
    as_bench_stage *stage, *fact_stage, *total_stage;
    uint64_t linked, now;
} reader;

/* A pronounceable word of its own for every i. */
static void word_of(uint32_t i, char word[16])
{
    static const char first[] = "bdfgklmnprstvz", second[] = "aeiou";
    char *at = word;
    for (unsigned k = 0; k < 4; k++) {
        *at++ = first[i % 14];
        i /= 14;
        *at++ = second[(i + k) % 5];
        i /= k == 1 ? 5 : 1;
    }
    *at = 0;
    word[0] = (char)(word[0] - 'a' + 'A');
}

static int write_universe(const char *path, uint32_t count)
{
    FILE *file = fopen(path, "we");
    if (!file)
        return as_error_set(-errno, "bench desk: %s: %s", path, strerror(errno));
    fputs("symbol,name,bucket,factor,calendar,currency,qty_exp,aliases\n", file);
    for (uint32_t i = 0; i < count; i++) {
        char word[16];
        word_of(i, word);
        fprintf(file, "S%06u,%s%u Holdings Inc,names,,XNYS,USD,0,", i, word, i);
        fprintf(file, "%s%u Systems|SAFE;%s%u|CASED;%s%u Group|SAFE;%s%u|CONTEXT\n", word, i, word, i, word, i,
                word + 1, i);
    }
    return fclose(file) ? as_error_set(-EIO, "bench desk: %s: %s", path, strerror(errno)) : 0;
}

static int load_generated(reader *r, uint32_t count)
{
    char path[] = "/tmp/aftershock-bench-XXXXXX";
    int fd = mkstemp(path);
    if (fd < 0)
        return as_error_set(-errno, "bench desk: %s: %s", path, strerror(errno));
    close(fd);
    int rc = write_universe(path, count);
    if (rc == 0)
        rc = as_universe_load(&r->universe, path, NULL, 0);
    unlink(path);
    r->loaded = rc == 0;
    return rc;
}

/* The reference playbook where it can be read, else a small one of our own. */
static int load_reader(reader *r, unsigned which)
{
    int rc;
    if (generated_names[which]) {
        rc = load_generated(r, generated_names[which]);
    } else {
        rc = as_universe_load(&r->universe, REFERENCE "universe.csv", NULL, 0);
        r->loaded = rc == 0;
    }
    if (rc == 0 && access(REFERENCE "playbook.yaml", R_OK) == 0)
        rc = as_playbook_load(REFERENCE "playbook.yaml", &r->universe, 0, &r->playbook);
    else if (rc == 0)
        rc = as_playbook_compile("bench playbook", plain_playbook, sizeof plain_playbook - 1, &r->universe, 0,
                                 &r->playbook);
    return rc == 0 ? as_desk_new(&r->universe, r->playbook, &r->desk) : rc;
}

static void close_reader(reader *r)
{
    as_fact_table_fini(&r->facts);
    as_desk_free(r->desk);
    as_playbook_free(r->playbook);
    if (r->loaded)
        as_universe_fini(&r->universe);
}

static void make_headlines(reader *r)
{
    static const char *const texts[TEXTS] = {
        "%s Plans to Sell Excess AI Compute",
        "%s is in talks to sell spare compute capacity, people familiar with the matter told Reuters",
        "%s raises full-year capex guidance to $105 billion as AI demand outpaces supply",
        "UPDATE 2-%s denies report it will cut data center spending, shares rise",
        "Nvidia supplier %s said to consider new plant in Arizona; the company declined to comment",
        "Memory prices to climb 20% next quarter, says TrendForce; %s among those exposed",
        "Stocks slip as traders weigh inflation data and the path of interest rates",
        "What to watch this week: earnings from three banks, the jobs report, and oil",
    };
    for (unsigned i = 0; i < TEXTS; i++) {
        as_headline *headline = &r->headline[i];
        uint32_t instrument = i * (r->universe.symbols.count / TEXTS);
        char text[AS_HEADLINE_TEXT_BYTES];
        char name[AS_NAME_BYTES];
        const char *at = strstr(texts[i], "%s");
        (void)snprintf(name, sizeof name, "%s", r->universe.instrument[instrument].name);
        if (at)
            (void)snprintf(text, sizeof text, "%.*s%s%s", (int)(at - texts[i]), texts[i], name, at + 2);
        else
            (void)snprintf(text, sizeof text, "%s", texts[i]);
        *headline = (as_headline){.ts_event = 1, .ts_recv = 1, .text_bytes = (uint16_t)strlen(text)};
        memcpy(headline->text, text, strlen(text));
        (void)snprintf(headline->id, sizeof headline->id, "bench-%u", i);
        (void)snprintf(headline->source, sizeof headline->source, "Bloomberg");
    }
}

static uint64_t mixed(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

/* A text of twenty words and bigrams; words of one story are drawn from sixty. */
static void draw_features(as_reading *reading, uint32_t story, uint64_t *state)
{
    bool word[60] = {false};
    for (unsigned i = 0; i < 26; i++)
        word[mixed(state) % 60] = true;
    reading->feature_count = 0;
    for (uint32_t i = 0; i < 60; i++) /* ascending: the story's number is in the high bits */
        if (word[i])
            reading->feature[reading->feature_count++] = (i << 26) + (story * 2654435761U >> 8) + i;
}

/* The headlines' companies have eight facts of eight texts each, other companies the rest. */
static void fill_facts(reader *r, uint64_t *state)
{
    uint16_t types[AS_EVENT_TYPE_MAX];
    unsigned type_count = 0;
    for (uint16_t type = 1; type < AS_EVENT_TYPE_MAX; type++)
        if (r->playbook->family[type].used)
            types[type_count++] = type;
    for (uint32_t i = AS_FACT_HISTORY_MAX; i-- > 0;) {
        bool named = i < TEXTS * ISSUER_FACTS;
        as_headline headline = {.ts_event = 1, .id = "fill", .source = "Reuters"};
        headline.reading.issuer_count = 1;
        headline.reading.issuer[0] = named ? r->headline[i % TEXTS].reading.issuer[0] : i % r->universe.symbols.count;
        headline.reading.event_type = types[(i / TEXTS) % type_count];
        headline.reading.tier = 1;
        headline.reading.cue = AS_CUE_RUMOUR;
        for (unsigned k = 0; k < (named ? FACT_TEXTS : 1); k++) {
            headline.ts_recv = r->now += AS_NS_PER_MIN;
            draw_features(&headline.reading, i + 1, state);
            (void)as_fact_apply(&r->facts, r->playbook, &r->universe.symbols, &headline, 0);
        }
    }
}

static void apply_facts(reader *r, as_headline *headline)
{
    for (unsigned i = 0; i < headline->reading.issuer_count; i++)
        (void)as_fact_apply(&r->facts, r->playbook, &r->universe.symbols, headline, i);
}

static void close_round(as_bench_stage *stage, const as_bench_stage *round)
{
    as_histogram_merge(&stage->histogram, &round->histogram);
    as_bench_round(stage, as_bench_percentile_ns(round, 50));
}

static void measure(as_bench_context *ctx, reader *r, uint32_t read_count)
{
    static as_bench_stage read, fact, total;
    read.unit = fact.unit = total.unit = AS_BENCH_NS;
    as_histogram_init(&read.histogram);
    as_histogram_init(&fact.histogram);
    as_histogram_init(&total.histogram);
    for (uint32_t i = 0; i < read_count; i++) {
        as_headline *headline = &r->headline[i % TEXTS];
        headline->ts_recv = r->now += AS_NS_PER_S;
        uint64_t from_ticks = as_clock_ticks();
        as_desk_read(r->desk, headline);
        uint64_t read_ticks = as_clock_ticks();
        apply_facts(r, headline);
        uint64_t end_ticks = as_clock_ticks();
        as_bench_record(&read, as_clock_ticks_to_ns(&ctx->ticks, read_ticks - from_ticks));
        r->linked += headline->reading.issuer_count;
        if (headline->reading.issuer_count == 0)
            continue;
        as_bench_record(&fact, as_clock_ticks_to_ns(&ctx->ticks, end_ticks - read_ticks));
        as_bench_record(&total, as_clock_ticks_to_ns(&ctx->ticks, end_ticks - from_ticks));
    }
    close_round(r->stage, &read);
    close_round(r->fact_stage, &fact);
    close_round(r->total_stage, &total);
}

static as_bench_stage *add_stage(as_bench_context *ctx, const reader *r, const char *what, const char *inside)
{
    char name[AS_BENCH_NAME_BYTES];
    (void)snprintf(name, sizeof name, "%s, %u names", what, r->universe.symbols.count);
    return as_bench_stage_add(ctx, &(as_bench_stage_info){.name = name, .unit = AS_BENCH_NS, .inside = inside});
}

static int open_facts(as_bench_context *ctx, reader *r)
{
    uint64_t state = 20260701;
    int rc = as_fact_table_init(&r->facts);
    if (rc < 0)
        return as_error_set(rc, "bench desk: out of memory for the facts");
    r->stage = add_stage(ctx, r, "read", "one as_desk_read, timer included");
    r->fact_stage = add_stage(ctx, r, "novelty and fact", "one as_fact_apply for each issuer, timer included");
    r->total_stage = add_stage(ctx, r, "both", "as_desk_read and as_fact_apply of a headline with an issuer");
    make_headlines(r);
    for (unsigned k = 0; k < READS_MIN; k++)
        as_desk_read(r->desk, &r->headline[k % TEXTS]);
    fill_facts(r, &state);
    return 0;
}

static int open_readers(as_bench_context *ctx, reader *readers)
{
    for (unsigned i = 0; i < DESKS; i++) {
        reader *r = &readers[i];
        if (generated_names[i] == 0 && access(REFERENCE "universe.csv", R_OK) != 0) {
            as_bench_note(ctx, "no reference universe: " REFERENCE "universe.csv is not in the working directory");
            continue;
        }
        as_message_level(0); /* that the reference playbook names companies which a generated universe has not */
        int rc = load_reader(r, i);
        as_message_level(2);
        if (rc < 0)
            return rc;
        rc = open_facts(ctx, r);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int run(as_bench_context *ctx)
{
    static reader readers[DESKS];
    memset(readers, 0, sizeof readers);
    int rc = open_readers(ctx, readers);
    uint64_t end_ns = as_clock_monotonic_ns() + (uint64_t)(ctx->seconds * 1e9);
    (void)as_bench_pin(ctx, 0);
    for (unsigned round = 0; round < ROUNDS && rc == 0; round++) {
        if (round >= 5 && as_clock_monotonic_ns() > end_ns)
            break;
        as_bench_progress(ctx, round, ROUNDS);
        for (unsigned i = 0; i < DESKS; i++)
            if (readers[i].stage)
                measure(ctx, &readers[i], ctx->seconds < 1 ? READS_MIN : READS_ROUND);
    }
    as_bench_progress(ctx, 1, 1);
    if (rc == 0) {
        double ratio[AS_BENCH_ROUND_MAX];
        const as_bench_stage *few = readers[1].stage, *many = readers[2].stage;
        for (uint32_t i = 0; i < many->round_count; i++)
            ratio[i] = many->round_ns[i] / few->round_ns[i];
        as_bench_ratio(ctx, &(as_bench_ratio_info){.name = "5,000 : 100 names",
                                                   .at_most = 1.5,
                                                   .value = as_bench_median(ratio, many->round_count)});
        const as_bench_stage *total = readers[2].total_stage;
        as_bench_ratio(ctx, &(as_bench_ratio_info){.name = "both, 5,000 names : 5 us",
                                                   .at_most = 1,
                                                   .value = as_bench_median_ns(total) / allowed_ns});
        as_bench_note(ctx, "%u facts, %" PRIu64 " items beside them; generated names have four aliases each",
                      AS_FACT_HISTORY_MAX, readers[2].facts.next_loose - 1);
        for (unsigned i = 0; i < DESKS; i++)
            if (readers[i].stage && readers[i].linked == 0)
                rc = as_error_set(-EIO, "bench desk: %s: no headline was linked", readers[i].stage->name);
    }
    for (unsigned i = 0; i < DESKS; i++)
        close_reader(&readers[i]);
    return rc;
}

const as_bench as_bench_desk = {"desk",
                                "reading a headline: issuers, event, cue, fingerprint; its novelty and its fact", run};
