#include "apps/common/player.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "apps/common/affinity.h"
#include "apps/common/generations.h"
#include "apps/common/lookahead.h"
#include "core/clock.h"
#include "core/error.h"
#include "core/journal.h"
#include "feeds/files/input.h"
#include "feeds/files/input_merge.h"

void as_player_wait_subscriber(const as_publisher *publisher, unsigned wait_s)
{
    for (unsigned i = 0; i < wait_s * 100 && as_publisher_counters_get(publisher).subscribed == 0; i++)
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
}

/* ---- pacing ---- */

typedef struct as_pace {
    double speed;
    uint64_t first_ts, started; /* data time and monotonic time of the first event */
} as_pace;

static void keep_pace(as_pace *pace, uint64_t ts)
{
    if (pace->speed <= 0)
        return;
    if (!pace->started) {
        pace->started = as_clock_monotonic_ns();
        pace->first_ts = ts;
    }
    uint64_t due = pace->started + (uint64_t)((double)(ts - pace->first_ts) / pace->speed);
    uint64_t now = as_clock_monotonic_ns();
    if (due > now) {
        struct timespec wait = {.tv_sec = (time_t)((due - now) / AS_NS_PER_S),
                                .tv_nsec = (long)((due - now) % AS_NS_PER_S)};
        nanosleep(&wait, NULL);
    }
}

/* ---- inputs ---- */

static void close_inputs(as_input **input, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        as_input_close(input[i]);
    free(input);
}

static int open_inputs(as_player *player, as_input ***out)
{
    const as_setup *setup = player->setup;
    as_input **input = calloc(player->path_count, sizeof *input);
    if (!input)
        return as_error_set(-ENOMEM, "out of memory for %u inputs", player->path_count);
    for (unsigned i = 0; i < player->path_count; i++) {
        as_input_options options = {
            .universe = &setup->universe,
            .desk = setup->desk,
            .config = setup->config,
            .date = player->date,
            .source = (uint16_t)i,
            .strict = player->strict,
        };
        int rc = as_input_open(player->path[i], &options, &input[i]);
        if (rc < 0) {
            close_inputs(input, i);
            return rc;
        }
    }
    *out = input;
    return 0;
}

static int account_inputs(as_player *player, as_input **input)
{
    as_account *account = player->account;
    account->input = calloc(player->path_count, sizeof *account->input);
    if (!account->input)
        return as_error_set(-ENOMEM, "out of memory");
    account->input_count = player->path_count;
    for (unsigned i = 0; i < player->path_count; i++) {
        account->input[i].path = player->path[i];
        account->input[i].stats = *as_input_stats_get(input[i]);
    }
    return 0;
}

static void deliver(as_player *player, bool *started, const as_event *event, const as_headline *headline)
{
    if (!*started) {
        *started = true;
        as_setup_start(player->setup, event->ts_recv);
    }
    as_merge_event(&player->setup->merge, event, headline, NULL);
}

/* News before --from is not played; prices before it are, so that the estimators are warm when it begins. */
static bool is_passed_over(as_player *player, const as_event *event)
{
    bool early = event->kind == AS_EVENT_HEADLINE && event->ts_recv < player->from;
    player->account->headlines_before += early;
    return early;
}

static void finish(as_player *player, bool started)
{
    as_engine *engine = player->setup->engine;
    as_engine_flush(engine);
    if (started)
        as_merge_advance(&player->setup->merge, engine->now);
    player->account->history_bars = player->setup->history.applied;
    player->account->reordered = player->setup->merge.reordered;
}

/* ---- compact: one thread ---- */

/* Events that have been read and not delivered: while they wait, the lines that they will touch are fetched. */
typedef struct as_waiting {
    as_event event[AS_ENGINE_AHEAD];
    unsigned first, count;
} as_waiting;

static as_event *waiting_at(as_waiting *w, unsigned i)
{
    return &w->event[(w->first + i) % AS_ENGINE_AHEAD];
}

static void deliver_oldest(as_player *player, as_waiting *w, bool *started)
{
    deliver(player, started, waiting_at(w, 0), NULL);
    w->first = (w->first + 1) % AS_ENGINE_AHEAD;
    w->count--;
}

static void wait_in_line(as_player *player, as_waiting *w, const as_event *event)
{
    const as_engine *engine = player->setup->engine;
    *waiting_at(w, w->count++) = *event;
    as_engine_prefetch(engine, event);
    if (w->count > AS_ENGINE_AHEAD / 2)
        as_engine_prefetch_levels(engine, waiting_at(w, w->count - 1 - AS_ENGINE_AHEAD / 2));
}

/* Headlines are delivered when they are read: their text is not kept. Paced, nothing waits for what follows it. */
static int run_compact(as_player *player, as_input_merge *merge)
{
    as_pace pace = {.speed = player->speed};
    as_waiting waiting = {.count = 0};
    const as_event *event;
    const as_headline *headline;
    bool started = false;
    int rc;
    while ((rc = as_input_merge_next(merge, &event, &headline)) > 0) {
        if (is_passed_over(player, event))
            continue;
        bool at_once = headline || pace.speed > 0;
        while (waiting.count && (at_once || waiting.count == AS_ENGINE_AHEAD))
            deliver_oldest(player, &waiting, &started);
        if (!at_once) {
            wait_in_line(player, &waiting, event);
            continue;
        }
        keep_pace(&pace, event->ts_recv);
        deliver(player, &started, event, headline);
    }
    while (waiting.count)
        deliver_oldest(player, &waiting, &started);
    finish(player, started);
    return rc;
}

/* ---- pinned: the inputs on a thread of their own ---- */

/*
 * Edge P1: .done, release by the reader after its last publish -> acquire by the core: with done set and the ring
 * empty, nothing more will come.
 */
typedef struct as_input_reader {
    as_player *player;
    as_input_merge *merge;
    as_ring *events, *headlines;
    atomic_bool done;
    int rc;
    char message[512]; /* the reader's error, handed to the core's thread */
} as_input_reader;

static void *claim(as_ring *ring)
{
    void *slot;
    while (!(slot = as_ring_claim(ring)))
        sched_yield(); /* recorded inputs wait, they are never dropped (DESIGN 6.8) */
    return slot;
}

static void *read_inputs(void *context)
{
    as_input_reader *r = context;
    const as_event *event;
    const as_headline *headline;
    if (r->player->setup->config->cpu_feed_count)
        as_affinity_set(r->player->setup->config->cpu_feeds[0]);
    as_pace pace = {.speed = r->player->speed};
    while ((r->rc = as_input_merge_next(r->merge, &event, &headline)) > 0) {
        if (is_passed_over(r->player, event))
            continue;
        keep_pace(&pace, event->ts_recv);
        if (event->kind == AS_EVENT_HEADLINE) {
            *(as_headline *)claim(r->headlines) = *headline;
            as_ring_publish(r->headlines);
        }
        *(as_event *)claim(r->events) = *event;
        as_ring_publish(r->events);
    }
    if (r->rc < 0)
        snprintf(r->message, sizeof r->message, "%s", as_error_message(0));
    atomic_store_explicit(&r->done, true, memory_order_release); /* edge P1 */
    return NULL;
}

static void play_rings(as_player *player, as_input_reader *r)
{
    as_lookahead look = {0};
    bool started = false;
    for (;;) {
        bool done = atomic_load_explicit(&r->done, memory_order_acquire); /* edge P1 */
        const as_event *event = as_ring_peek(r->events);
        if (!event) {
            if (done)
                break;
            sched_yield();
            continue;
        }
        as_lookahead_ask(&look, player->setup->engine, r->events);
        const as_headline *headline = NULL;
        if (event->kind == AS_EVENT_HEADLINE)
            headline = as_ring_peek(r->headlines); /* published before its event */
        deliver(player, &started, event, headline);
        if (headline)
            as_ring_release(r->headlines);
        as_ring_release(r->events);
        as_lookahead_took(&look);
    }
    finish(player, started);
}

static int run_pinned(as_player *player, as_input_merge *merge)
{
    as_input_reader r = {.player = player, .merge = merge};
    pthread_t thread;
    int rc = as_ring_new(AS_EVENT_RING_SLOTS, (uint32_t)sizeof(as_event), &r.events);
    if (rc == 0)
        rc = as_ring_new(AS_HEADLINE_RING_SLOTS, (uint32_t)sizeof(as_headline), &r.headlines);
    if (rc == 0)
        rc = -pthread_create(&thread, NULL, read_inputs, &r);
    if (rc < 0) {
        as_error_set(rc, "the reading thread cannot be started: %s", strerror(-rc));
    } else {
        as_affinity_set(player->setup->config->cpu_core);
        play_rings(player, &r);
        pthread_join(thread, NULL);
        if (r.rc < 0)
            rc = as_error_set(r.rc, "%s", r.message);
    }
    as_ring_free(r.headlines);
    as_ring_free(r.events);
    return rc;
}

static int run_inputs(as_player *player)
{
    as_input **input = NULL;
    as_input_merge *merge;
    int rc = open_inputs(player, &input);
    if (rc < 0)
        return rc;
    rc = as_input_merge_open(input, player->path_count, 0, player->to, &merge);
    if (rc == 0) {
        rc = player->setup->config->pinned ? run_pinned(player, merge) : run_compact(player, merge);
        if (rc == 0)
            rc = account_inputs(player, input);
        as_input_merge_close(merge);
    }
    close_inputs(input, player->path_count);
    return rc;
}

/* ---- journal ---- */

/* The run began with this playbook, whatever the file says by now. Decides what the run's configuration hash was. */
static int begin_with(const as_player *player, const as_playbook *playbook, uint64_t recorded)
{
    as_config *config = player->setup->config;
    as_engine_begin_with(player->setup->engine, playbook);
    int rc = as_config_set_playbook(config, playbook->text, playbook->text_bytes);
    if (rc == 0 && config->hash != recorded)
        as_warn("%s: was recorded with another configuration (%016llx, this one is %016llx): decisions may differ",
                player->path[0], (unsigned long long)recorded, (unsigned long long)config->hash);
    return rc;
}

static int play_record(as_player *player, as_generations *generations, const as_record *record, uint64_t recorded,
                       bool *started, as_pace *pace)
{
    as_setup *setup = player->setup;
    as_event event;
    static as_headline headline; /* two KiB that need not be on the stack */
    const as_playbook *playbook = NULL;
    if (record->type > AS_RECORD_PLAYBOOK || record->bytes < sizeof event)
        return 0;
    memcpy(&event, record->payload, sizeof event);
    const uint8_t *rest = record->payload + sizeof event;
    size_t rest_bytes = record->bytes - sizeof event;

    if (record->type == AS_RECORD_PLAYBOOK) {
        int rc = as_generations_add(generations, (const char *)rest, rest_bytes, &playbook);
        if (rc == 0 && event.kind != AS_EVENT_RELOAD && !*started)
            return begin_with(player, playbook, recorded);
        if (rc < 0 || event.kind != AS_EVENT_RELOAD)
            return rc;
    }
    if (record->type == AS_RECORD_HEADLINE) {
        if (rest_bytes != offsetof(as_headline, reading))
            return as_error_set(-EBADMSG, "journal: headline of %zu bytes; %zu are needed", rest_bytes,
                                offsetof(as_headline, reading));
        memset(&headline.reading, 0, sizeof headline.reading);
        memcpy(&headline, rest, rest_bytes);
        as_generations_read(generations, event.headline.generation, &headline);
    }
    if (!*started) {
        *started = true;
        as_setup_start(setup, event.ts_recv);
    }
    if (event.kind == AS_EVENT_NONE)
        return 0; /* only says when the run began */
    keep_pace(pace, event.ts_recv);
    if (setup->merge.record)
        setup->merge.record(setup->merge.record_context, &event, &headline, playbook);
    as_engine_step(setup->engine, &event, &headline, playbook);
    return 0;
}

static int run_journal(as_player *player)
{
    as_account *account = player->account;
    as_generations generations = {.setup = player->setup};
    as_journal_reader *reader;
    as_record record;
    bool started = false;
    as_pace pace = {.speed = player->speed};
    int rc = as_journal_open(player->path[0], &reader);
    if (rc < 0)
        return rc;
    uint64_t recorded = as_journal_config_hash(reader);
    while ((rc = as_journal_next(reader, &record)) > 0) {
        account->journal_records++;
        account->journal_losses += record.type == AS_RECORD_LOSS;
        rc = play_record(player, &generations, &record, recorded, &started, &pace);
        if (rc < 0)
            break;
    }
    as_engine_flush(player->setup->engine);
    account->journal = true;
    account->journal_truncated = as_journal_truncated(reader);
    account->journal_complete = as_journal_complete(reader);
    account->history_bars = player->setup->history.applied;
    player->setup->engine->playbook = player->setup->playbook; /* the generations go now */
    as_generations_fini(&generations);
    as_journal_reader_close(reader);
    return rc;
}

static bool is_journal(const char *path)
{
    char magic[4];
    FILE *file = fopen(path, "rbe");
    if (!file)
        return false;
    size_t got = fread(magic, 1, sizeof magic, file);
    fclose(file);
    return as_journal_sniff(magic, got);
}

int as_player_run(as_player *player)
{
    for (unsigned i = 0; i < player->path_count; i++) {
        if (!is_journal(player->path[i]))
            continue;
        if (player->path_count > 1)
            return as_error_set(-EINVAL, "%s: a journal is replayed alone; found %u inputs", player->path[i],
                                player->path_count);
        return run_journal(player);
    }
    return run_inputs(player);
}
