#include "bench/engine_world.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"
#include "strategies/mean_reversion.h"
#include "strategies/overreaction.h"

enum { PLAYBOOK_BYTES = 4096, WARM_DATE = 20260630 };

static double uniform(as_engine_world *world) /* -1..1 */
{
    world->seed = world->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(world->seed >> 11) / 4503599627370496.0 - 1;
}

/* ---- universe and playbook ---- */

static void write_row(FILE *file, uint32_t i)
{
    if (i == AS_WORLD_MARKET)
        fputs("S000000,Market Fund,index,,XNYS,USD,0,\n", file);
    else if (i < AS_WORLD_LINKED)
        fprintf(file, "S%06u,Issuer %u Corp,issuers,S000000,XNYS,USD,0,\n", i, i);
    else if (i < AS_WORLD_CONTROL)
        fprintf(file, "S%06u,Linked %u Inc,bucket%u,S000000,XNYS,USD,0,\n", i, i,
                (i - AS_WORLD_LINKED) / AS_WORLD_BUCKET_NAMES);
    else if (i < AS_WORLD_CONTROL + 3)
        fprintf(file, "S%06u,Control %u Inc,controls,S000000,XNYS,USD,0,\n", i, i);
    else
        fprintf(file, "S%06u,Filler %u Inc,rest%u,S000000,XNYS,USD,0,\n", i, i, i % 40);
}

static int load_universe(as_engine_world *world)
{
    char path[] = "/tmp/aftershock-bench-XXXXXX";
    int fd = mkstemp(path);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (!file) {
        int error = errno;
        if (fd >= 0)
            close(fd);
        return as_error_set(-error, "bench: %s: %s", path, strerror(error));
    }
    fputs("symbol,name,bucket,factor,calendar,currency,qty_exp,aliases\n", file);
    for (uint32_t i = 0; i < world->symbol_count; i++)
        write_row(file, i);
    int rc = fclose(file) ? as_error_set(-EIO, "bench: %s: %s", path, strerror(errno)) : 0;
    if (rc == 0)
        rc = as_universe_load(&world->universe, path, NULL, 0);
    unlink(path);
    return rc;
}

static int compile_playbook(as_engine_world *world)
{
    char text[PLAYBOOK_BYTES];
    size_t used = (size_t)snprintf(text, sizeof text, "version: bench\nevents:\n");
    for (unsigned family = 0; family <= AS_WORLD_FAMILY_WIDE; family++) {
        unsigned first = family == AS_WORLD_FAMILY_WIDE ? 0 : family;
        unsigned last = family == AS_WORLD_FAMILY_WIDE ? AS_WORLD_FACTS - 1 : family;
        used +=
            (size_t)snprintf(text + used, sizeof text - used,
                             "  bench_family_%u:\n    default_M: 4\n    control: glut\n    phrases: [\"words %u\"]\n"
                             "    channels: {",
                             family, family);
        for (unsigned bucket = first; bucket <= last; bucket++)
            used += (size_t)snprintf(text + used, sizeof text - used, "%sbucket%u: [-0.05, 0.10, none]",
                                     bucket == first ? "" : ", ", bucket);
        used += (size_t)snprintf(text + used, sizeof text - used, "}\n");
    }
    used +=
        (size_t)snprintf(text + used, sizeof text - used,
                         "controls:\n  glut: {members: [S%06u, S%06u, S%06u], q: [1.0, 0.5, 0.5], needs: 3}\n",
                         (unsigned)AS_WORLD_CONTROL, (unsigned)AS_WORLD_CONTROL + 1, (unsigned)AS_WORLD_CONTROL + 2);
    AS_ASSERT(used < sizeof text);
    return as_playbook_compile("bench playbook", text, used, &world->universe, 0, &world->playbook);
}

/* ---- engine ---- */

static void keep_decision(void *context, const as_decision *decision)
{
    as_engine_world *world = context;
    world->latest = *decision;
    world->said++;
}

static int make_engine(as_engine_world *world, const as_engine_world_options *options)
{
    world->config.costs = (as_costs_config){.half_spread_bps = 5, .fees_bps = 0.5, .impact_bps = 2, .borrow = true};
    as_engine_options engine = {
        .universe = &world->universe,
        .playbook = world->playbook,
        .config = &world->config,
        .strategy = {&as_strategy_overreaction, &as_strategy_mean_reversion, options->strategy},
        .strategy_count = options->strategy ? 3 : 2,
        .orders_max = options->orders_max,
        .emit = keep_decision,
        .emit_context = world,
    };
    int rc = as_engine_new(&engine, &world->engine);
    world->merge = (as_merge){.engine = world->engine};
    return rc;
}

uint64_t as_engine_world_close(const as_engine_world *world, uint64_t ts)
{
    return as_calendar_session(world->universe.calendar[0], ts)->close;
}

void as_engine_world_day(as_engine_world *world, uint64_t close)
{
    double market = 0.008 * uniform(world);
    for (uint32_t i = 0; i < world->symbol_count; i++) {
        double move = i == AS_WORLD_MARKET ? market : 1.2 * market + 0.03 * uniform(world);
        int64_t px = world->px[i] = (int64_t)((double)world->px[i] * (1 + move));
        as_event bar = {
            .kind = AS_EVENT_BAR,
            .ts_event = close,
            .ts_recv = close,
            .instrument = i,
            .flags = i + 1 == world->symbol_count ? AS_EVENT_LAST : 0,
            .bar = {.open = px, .high = px, .low = px, .close = px, .volume_duration = as_bar_pack(0, 86400)}};
        as_merge_event(&world->merge, &bar, NULL, NULL);
    }
    world->now = close;
}

static void warm(as_engine_world *world, uint64_t until_ns)
{
    const as_calendar *calendar = world->universe.calendar[0];
    uint64_t close[AS_WORLD_SESSIONS];
    uint64_t ts = as_calendar_session_on(calendar, WARM_DATE)->close;
    if (until_ns)
        ts = as_calendar_session(calendar, until_ns)->prev_close;
    for (unsigned i = AS_WORLD_SESSIONS; i-- > 0;) {
        close[i] = ts;
        ts = as_calendar_session(calendar, ts)->prev_close;
    }
    for (unsigned i = 0; i < AS_WORLD_SESSIONS; i++)
        as_engine_world_day(world, close[i]);
}

int as_engine_world_init(as_engine_world *world, const as_engine_world_options *options)
{
    AS_ASSERT(options->symbol_count >= AS_WORLD_HOT);
    *world = (as_engine_world){.symbol_count = options->symbol_count, .seed = 20260701};
    world->px = calloc(options->symbol_count, sizeof *world->px);
    int rc = world->px ? load_universe(world) : as_error_set(-ENOMEM, "bench: no memory for a market");
    if (rc == 0)
        rc = compile_playbook(world);
    if (rc == 0)
        rc = make_engine(world, options);
    if (rc < 0) {
        as_engine_world_fini(world);
        return rc;
    }
    for (uint32_t i = 0; i < options->symbol_count; i++)
        world->px[i] = 100 * AS_PX_ONE;
    warm(world, options->until_ns);
    return 0;
}

void as_engine_world_fini(as_engine_world *world)
{
    as_engine_free(world->engine);
    as_playbook_free(world->playbook);
    if (world->universe.instrument)
        as_universe_fini(&world->universe);
    free(world->px);
    *world = (as_engine_world){0};
}

/* ---- headlines ---- */

void as_engine_world_headline(as_engine_world *world, uint32_t issuer, unsigned family, uint64_t ts,
                              as_headline *headline)
{
    char name[AS_EVENT_NAME_BYTES];
    uint64_t number = ++world->headline_count;
    (void)snprintf(name, sizeof name, "bench_family_%u", family);
    memset(headline, 0, sizeof *headline);
    headline->ts_event = headline->ts_recv = ts;
    (void)snprintf(headline->id, sizeof headline->id, "bench-%llu", (unsigned long long)number);
    (void)snprintf(headline->source, sizeof headline->source, "Wire");
    headline->reading = (as_reading){
        .issuer = {issuer},
        .relevance = {0.9F},
        .issuer_count = 1,
        .event_type = (uint16_t)as_event_type_find(name),
        .cue = AS_CUE_RUMOUR,
        .polarity = 1,
        .source_class = AS_CLASS_PRESS,
        .tier = 1,
        .feature_count = 24,
    };
    for (uint32_t i = 0; i < headline->reading.feature_count; i++) /* ascending, others for every headline */
        headline->reading.feature[i] = (i << 26) + (uint32_t)(number * 2654435761U >> 8 & 0x3FFFFFF);
}

void as_engine_world_say(as_engine_world *world, const as_headline *headline)
{
    as_event event = {.kind = AS_EVENT_HEADLINE,
                      .ts_event = headline->ts_event,
                      .ts_recv = headline->ts_recv,
                      .instrument = AS_INSTRUMENT_NONE};
    as_merge_event(&world->merge, &event, headline, NULL);
    world->now = headline->ts_recv;
}
