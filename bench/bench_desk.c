/*
 * Desk: what does it cost to read a headline, and does it grow with the number of names?
 *
 * Eight headlines, read in turn by the desk of the reference universe and playbook (examples/reference-day, when the
 * working directory has it) and by desks of 100 and 5,000 generated names with two aliases each, all with the same
 * playbook text. The headlines name companies of the universe that reads them, and some that it does not know.
 *
 * Inside a sample: one as_desk_read (linking, typing, cue, fingerprint); not the copy of the headline into its record.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/bench.h"
#include "core/error.h"
#include "feeds/news/desk.h"

enum { DESKS = 3, TEXTS = 8, ROUNDS = 7, READS_MIN = 64, READS_ROUND = 20000 };

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
    as_bench_stage *stage;
    uint64_t linked;
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
        fprintf(file, "S%06u,%s%u Holdings Inc,names,,XNYS,USD,0,%s%u Systems|SAFE;%s%u|CASED\n", i, word, i, word, i,
                word, i);
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

static void measure(as_bench_context *ctx, reader *r, uint32_t read_count)
{
    static as_bench_stage round;
    round.unit = AS_BENCH_NS;
    as_histogram_init(&round.histogram);
    for (uint32_t i = 0; i < read_count; i++) {
        as_headline *headline = &r->headline[i % TEXTS];
        uint64_t from_ticks = as_clock_ticks();
        as_desk_read(r->desk, headline);
        as_bench_record(&round, as_clock_ticks_to_ns(&ctx->ticks, as_clock_ticks() - from_ticks));
        r->linked += headline->reading.issuer_count;
    }
    as_histogram_merge(&r->stage->histogram, &round.histogram);
    as_bench_round(r->stage, as_bench_percentile_ns(&round, 50));
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
        char name[AS_BENCH_NAME_BYTES];
        (void)snprintf(name, sizeof name, "read, %u names%s", r->universe.symbols.count,
                       generated_names[i] ? "" : " (reference)");
        r->stage = as_bench_stage_add(
            ctx,
            &(as_bench_stage_info){.name = name, .unit = AS_BENCH_NS, .inside = "one as_desk_read, timer included"});
        make_headlines(r);
        for (unsigned k = 0; k < READS_MIN; k++)
            as_desk_read(r->desk, &r->headline[k % TEXTS]);
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
        for (unsigned i = 0; i < DESKS; i++)
            if (readers[i].stage && readers[i].linked == 0)
                rc = as_error_set(-EIO, "bench desk: %s: no headline was linked", readers[i].stage->name);
    }
    for (unsigned i = 0; i < DESKS; i++)
        close_reader(&readers[i]);
    return rc;
}

const as_bench as_bench_desk = {"desk", "reading a headline: issuers, event, cue, fingerprint", run};
