/*
 * aftershock desk: what the desk reads in each headline, and what it does to the facts.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/aftershock/commands.h"
#include "apps/common/setup.h"
#include "core/error.h"
#include "core/fact.h"
#include "feeds/files/input.h"
#include "feeds/files/input_merge.h"
#include "ipc/writer.h"

static const char help[] =
    "usage: aftershock desk --config F INPUT... [--json] [--why]\n"
    "  --config F  configuration: its universe and playbook are what the desk knows\n"
    "  --why       below each line: the words that named an issuer, the phrases that gave event\n"
    "              and cue (with --json they are always there, key why)\n"
    "  --json      one JSON object a headline; without it a line for people\n"
    "INPUT: headlines as NDJSON or CSV (by a mapping); market data in them are passed over.\n";

typedef struct options {
    const char *config;
    bool json;
    bool why;
    char **input;
    unsigned input_count;
} options;

typedef struct desk_run {
    const options *o;
    as_setup setup;
    as_fact_table facts;
    as_input *input[AS_INPUT_MAX];
    unsigned opened;
    uint64_t headlines;
    as_headline *merged; /* into one that has not come out of its input yet */
    size_t merged_count, merged_room;
    int failed; /* no memory to keep them: a negative errno */
} desk_run;

static int parse(int argc, char **argv, options *o)
{
    static const struct option known[] = {{"config", required_argument, NULL, 'c'},
                                          {"json", no_argument, NULL, 'j'},
                                          {"why", no_argument, NULL, 'w'},
                                          {"help", no_argument, NULL, 'h'},
                                          {0}};
    *o = (options){0};
    optind = 1;
    for (int c; (c = getopt_long(argc, argv, "c:h", known, NULL)) != -1;) {
        switch (c) {
        case 'c':
            o->config = optarg;
            break;
        case 'j':
            o->json = true;
            break;
        case 'w':
            o->why = true;
            break;
        case 'h':
            fputs(help, stdout);
            exit(0);
        default:
            return as_error_set(-EINVAL, "see `aftershock desk --help`");
        }
    }
    o->input = argv + optind;
    o->input_count = (unsigned)(argc - optind);
    if (!o->config)
        return as_error_set(-EINVAL, "--config is missing; see `aftershock desk --help`");
    if (o->input_count == 0 || o->input_count > AS_INPUT_MAX)
        return as_error_set(-EINVAL, "found %u inputs; allowed: 1 to %d", o->input_count, AS_INPUT_MAX);
    return 0;
}

static const char *const cue_text[] = {"confirmed", "rumour", "developing", "denied", "opinion"};

/* Every issuer's fact is updated; the change of the first issuer that has one speaks for the headline. */
static as_fact_change apply(desk_run *run, const as_headline *headline)
{
    as_fact_change first = {.novelty = (double)NAN}, taken;
    for (uint64_t serial = 0; as_fact_take_back(&run->facts, headline, &serial, &taken);)
        if (headline->reading.issuer_count == 0) {
            first = taken;
            first.novelty = (double)NAN;
        }
    for (unsigned i = 0; i < headline->reading.issuer_count; i++) {
        uint32_t issuer = headline->reading.issuer[i];
        as_fact_expire_due(&run->facts, issuer, as_universe_calendar(&run->setup.universe, issuer),
                           (unsigned)run->setup.playbook->thresholds.expiry_sessions, headline->ts_recv);
        as_fact_change change =
            as_fact_apply(&run->facts, run->setup.playbook, &run->setup.universe.symbols, headline, i);
        if (i == 0 || (!first.fact && change.fact))
            first = change;
    }
    return first;
}

static void text_or_nil(as_writer *writer, const char *key, const char *text)
{
    as_writer_key(writer, key);
    text ? as_writer_text(writer, text) : as_writer_nil(writer);
}

static void number_or_nil(as_writer *writer, const char *key, double number)
{
    as_writer_key(writer, key);
    isfinite(number) ? as_writer_double(writer, number) : as_writer_nil(writer);
}

/* Which words linked each issuer, and which phrases gave event, cue and polarity. */
static void put_why(as_writer *writer, const desk_run *run, const as_headline *headline)
{
    as_desk_why why;
    as_desk_explain(run->setup.desk, headline, &why);
    as_writer_key(writer, "why");
    as_writer_map(writer, 0);
    as_writer_key(writer, "issuers");
    as_writer_array(writer, why.mention_count);
    for (unsigned i = 0; i < why.mention_count; i++) {
        as_writer_map(writer, 0);
        text_or_nil(writer, "symbol", as_symbols_name(&run->setup.universe.symbols, why.mention[i].issuer));
        text_or_nil(writer, "text", why.mention[i].text);
        text_or_nil(writer, "class", why.mention[i].class);
        number_or_nil(writer, "score", why.mention[i].judged ? why.mention[i].score : (double)NAN);
        as_writer_map_end(writer);
    }
    as_writer_array_end(writer);
    text_or_nil(writer, "event", why.event);
    text_or_nil(writer, "cue", why.cue);
    text_or_nil(writer, "good", why.good);
    text_or_nil(writer, "bad", why.bad);
    as_writer_map_end(writer);
}

static void print_json(const desk_run *run, const as_headline *headline, const as_fact_change *change)
{
    const as_reading *reading = &headline->reading;
    const as_fact *fact = change->fact;
    char line[16384], group[24];
    as_writer writer;
    as_writer_json(&writer, line, sizeof line);
    as_writer_map(&writer, 0);
    as_writer_key(&writer, "schema");
    as_writer_uint(&writer, 1);
    as_writer_key(&writer, "id");
    as_writer_text(&writer, headline->id);
    as_writer_key(&writer, "ts");
    as_writer_uint(&writer, headline->ts_event);
    as_writer_key(&writer, "issuers");
    as_writer_array(&writer, reading->issuer_count);
    for (unsigned i = 0; i < reading->issuer_count; i++)
        as_writer_text(&writer, as_symbols_name(&run->setup.universe.symbols, reading->issuer[i]));
    as_writer_array_end(&writer);
    text_or_nil(&writer, "event", as_event_type_name(reading->event_type));
    text_or_nil(&writer, "status", fact ? as_fact_status_text((as_fact_status)fact->status) : NULL);
    text_or_nil(&writer, "cue", cue_text[reading->cue]);
    as_writer_key(&writer, "polarity");
    as_writer_int(&writer, reading->polarity);
    number_or_nil(&writer, "relevance", reading->issuer_count ? (double)reading->relevance[0] : (double)NAN);
    number_or_nil(&writer, "novelty", change->novelty);
    text_or_nil(&writer, "fact", fact ? fact->key : NULL);
    snprintf(group, sizeof group, "g%" PRIu64, change->story);
    text_or_nil(&writer, "group", change->story ? group : NULL);
    number_or_nil(&writer, "cred", fact ? fact->cred : (double)NAN);
    number_or_nil(&writer, "ens", fact ? fact->ens : (double)NAN);
    as_writer_key(&writer, "tier");
    as_writer_uint(&writer, reading->tier);
    as_writer_key(&writer, "text");
    as_writer_text(&writer, headline->text);
    put_why(&writer, run, headline);
    as_writer_map_end(&writer);
    as_writer_finish(&writer);
    puts(line);
}

static void print_why(const desk_run *run, const as_headline *headline)
{
    as_desk_why why;
    as_desk_explain(run->setup.desk, headline, &why);
    for (unsigned i = 0; i < why.mention_count; i++) {
        const as_desk_mention *m = &why.mention[i];
        printf("    %s: \"%s\", %s", as_symbols_name(&run->setup.universe.symbols, m->issuer), m->text, m->class);
        m->judged ? printf(", score %.1f\n", m->score) : puts("");
    }
    printf("    event: %s\n", why.event ? why.event : "(no phrase)");
    printf("    cue: %s\n", why.cue ? why.cue : "(no phrase)");
}

static void print_line(const desk_run *run, const as_headline *headline, const as_fact_change *change)
{
    const as_reading *reading = &headline->reading;
    const as_fact *fact = change->fact;
    char issuers[AS_HEADLINE_ISSUER_MAX * AS_SYMBOL_BYTES] = "-";
    size_t used = 0;
    for (unsigned i = 0; i < reading->issuer_count; i++)
        used += (size_t)snprintf(issuers + used, sizeof issuers - used, "%s%s", i ? "," : "",
                                 as_symbols_name(&run->setup.universe.symbols, reading->issuer[i]));
    printf("%-14s %-20s %-10s %+d  %-16s %s\n", issuers, as_event_type_name(reading->event_type),
           cue_text[reading->cue], reading->polarity,
           fact ? as_fact_status_text((as_fact_status)fact->status) : "(no fact)", headline->text);
    if (run->o->why)
        print_why(run, headline);
}

/* ---- merged headlines ---- */

static void keep_merged(void *arg, const as_headline *headline)
{
    desk_run *run = arg;
    if (run->merged_count == run->merged_room) {
        size_t room = 2 * run->merged_room + 16;
        as_headline *grown = realloc(run->merged, room * sizeof *grown);
        if (!grown) {
            run->failed = -ENOMEM;
            return;
        }
        run->merged = grown;
        run->merged_room = room;
    }
    run->merged[run->merged_count++] = *headline;
}

/* Are they one headline (DESIGN 6.23)? */
static bool is_one(const as_headline *a, const as_headline *b)
{
    bool same_name = (a->url[0] && strcmp(a->url, b->url) == 0) || strcmp(a->id, b->id) == 0;
    return same_name && a->ts_event == b->ts_event && a->revision == b->revision && a->retracted == b->retracted;
}

static void print(const desk_run *run, const as_headline *headline, const as_fact_change *change)
{
    run->o->json ? print_json(run, headline, change) : print_line(run, headline, change);
}

/* An object a headline: those merged into this one say what it says, under their own names. Nothing in them is new. */
static void print_merged(desk_run *run, const as_headline *headline, as_fact_change change)
{
    size_t left = 0;
    change.novelty = isfinite(change.novelty) ? 0 : change.novelty;
    for (size_t i = 0; i < run->merged_count; i++) {
        as_headline *merged = &run->merged[i];
        if (!is_one(merged, headline)) {
            run->merged[left++] = *merged;
            continue;
        }
        merged->reading = headline->reading;
        run->headlines++;
        print(run, merged, &change);
    }
    run->merged_count = left;
}

static int read_all(desk_run *run)
{
    as_input_merge *merge;
    const as_event *event;
    const as_headline *headline;
    int rc = as_input_merge_open(run->input, run->opened, 0, UINT64_MAX, &merge);
    if (rc < 0)
        return rc;
    while ((rc = as_input_merge_next(merge, &event, &headline)) > 0) {
        if (event->kind != AS_EVENT_HEADLINE)
            continue;
        as_fact_change change = apply(run, headline);
        run->headlines++;
        print(run, headline, &change);
        if (headline->merged_count)
            print_merged(run, headline, change);
    }
    as_input_merge_close(merge);
    if (rc == 0 && run->failed)
        rc = as_error_set(run->failed, "desk: out of memory for %zu repeated headlines", run->merged_count);
    return rc;
}

static int run_desk(desk_run *run)
{
    const options *o = run->o;
    int rc = as_setup_load(&run->setup, o->config);
    if (rc == 0)
        rc = as_fact_table_init(&run->facts);
    for (unsigned i = 0; rc == 0 && i < o->input_count; i++) {
        as_input_options input = {.universe = &run->setup.universe,
                                  .desk = run->setup.desk,
                                  .config = run->setup.config,
                                  .merged = keep_merged,
                                  .merged_arg = run,
                                  .source = (uint16_t)i};
        rc = as_input_open(o->input[i], &input, &run->input[i]);
        run->opened += rc == 0;
    }
    if (rc == 0)
        rc = read_all(run);
    if (rc == 0 && run->headlines == 0)
        as_warn("no headlines in the input");
    return rc;
}

int as_cmd_desk(int argc, char **argv)
{
    static desk_run run;
    options o;
    int rc = parse(argc, argv, &o);
    if (rc == 0) {
        run = (desk_run){.o = &o};
        rc = run_desk(&run);
        for (unsigned i = 0; i < run.opened; i++)
            as_input_close(run.input[i]);
        free(run.merged);
        as_fact_table_fini(&run.facts);
        as_setup_fini(&run.setup);
    }
    if (rc < 0)
        as_error_print(stderr, "aftershock desk");
    if (fflush(stdout) != 0 && rc == 0)
        return 1;
    return rc < 0 ? 2 : 0;
}
