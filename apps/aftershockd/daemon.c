#include "apps/aftershockd/daemon.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apps/common/account.h"
#include "core/clock.h"
#include "core/error.h"

enum { LIVE_ORDERS = 1 << 22 };

/* ---- start ---- */

static int make_rings(as_daemon *daemon)
{
    const as_config *config = daemon->setup.config;
    int rc = as_ring_new(AS_DECISION_RING_SLOTS, (uint32_t)sizeof(as_stamped_decision), &daemon->decisions);
    if (rc == 0)
        rc = as_ring_new(AS_COMMAND_SLOTS, (uint32_t)sizeof(as_command), &daemon->core.commands);
    for (uint32_t i = 0; rc == 0 && i < config->feed_count; i++) {
        pthread_mutex_init(&daemon->lane[i].lock, NULL);
        rc = as_ring_new(AS_EVENT_RING_SLOTS, (uint32_t)sizeof(as_event), &daemon->lane[i].events);
        if (rc == 0)
            rc = as_ring_new(AS_HEADLINE_RING_SLOTS, (uint32_t)sizeof(as_headline), &daemon->lane[i].headlines);
    }
    return rc < 0 ? as_error_set(rc, "out of memory for the rings of %u feeds", config->feed_count) : 0;
}

static int make_journal_folder(as_daemon *daemon)
{
    const as_config *config = daemon->setup.config;
    struct stat info;
    if (!config->journal.dir[0])
        return 0;
    daemon->made_journal_folder = mkdir(config->journal.dir, 0750) == 0;
    int rc = daemon->made_journal_folder || errno == EEXIST ? 0 : -errno;
    if (rc == 0 && (stat(config->journal.dir, &info) != 0 || !S_ISDIR(info.st_mode)))
        rc = -ENOTDIR;
    if (rc < 0)
        return as_error_set(rc, "%s: journal.dir: %s cannot be made a folder: %s", config->path, config->journal.dir,
                            strerror(-rc));
    return 0;
}

static int open_journal(as_daemon *daemon, uint64_t epoch, as_journal_writer **journal)
{
    const as_config *config = daemon->setup.config;
    char path[AS_PATH_BYTES + 64];
    *journal = NULL;
    if (!config->journal.dir[0])
        return 0;
    snprintf(path, sizeof path, "%s/aftershock-%016" PRIx64 ".asj", config->journal.dir, epoch);
    int rc = as_journal_create(path, config->hash, epoch, journal);
    if (rc < 0)
        return as_error_add("%s: journal.dir", config->path);
    snprintf(daemon->journal, sizeof daemon->journal, "%s", path);
    return 0;
}

/* The clock the core lives by: the wall's, unless a feed brings recorded time. Mixing the two would be nonsense. */
static int check_clock(as_daemon *daemon)
{
    const as_config *config = daemon->setup.config;
    for (uint32_t i = 0; i < config->feed_count; i++) {
        daemon->data_clock |= config->feed[i].trust_r;
        if (config->feed[i].trust_r != config->feed[0].trust_r)
            return as_error_set(-EINVAL,
                                "%s:%d: feeds[%u].trust_r: found %s, feed '%s' has %s; allowed: the same for all feeds",
                                config->path, config->feed[i].line, i, config->feed[i].trust_r ? "true" : "false",
                                config->feed[0].name, config->feed[0].trust_r ? "true" : "false");
    }
    return 0;
}

static bool has_orders(const as_config *config)
{
    for (uint32_t i = 0; i < config->feed_count; i++)
        if (config->feed[i].format == AS_FORMAT_ITCH50)
            return true;
    return false;
}

static uint32_t feed_views(void *context, as_feed_view *view, uint32_t count_max)
{
    as_daemon *daemon = context;
    uint32_t count = 0;
    for (uint32_t i = 0; i < daemon->setup.config->feed_count && count < count_max; i++) {
        as_feed_stats stats;
        as_feed_view *one = &view[count++];
        bool open = as_lane_stats(&daemon->lane[i], &stats);
        snprintf(one->name, sizeof one->name, "%s", daemon->setup.config->feed[i].name);
        one->state = as_feed_state_name(open ? stats.state : AS_FEED_DOWN);
        one->messages = stats.messages;
        one->gaps = stats.gaps;
        one->lost = stats.lost;
        one->dropped = stats.dropped;
        one->bad = stats.bad;
    }
    return count;
}

static int start_bus(as_daemon *daemon)
{
    const as_config *config = daemon->setup.config;
    as_histogram_init(&daemon->handed);
    as_bus_options options = {
        .config = config,
        .decisions = daemon->decisions,
        .handed = &daemon->handed,
        .feeds = feed_views,
        .feeds_context = daemon,
        .ts_now = &daemon->core.ts_now,
        .control_op = as_control_op,
        .control_context = daemon,
    };
    as_console_init(&daemon->console);
    if (config->publish.server_key[0])
        prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); /* no core dump, and no debugger of the same user, shows the secret key */
    int rc = as_bus_start(&options, &daemon->bus);
    if (rc == 0)
        daemon->epoch = as_publisher_epoch(as_bus_publisher(daemon->bus));
    return rc;
}

static int start_core(as_daemon *daemon)
{
    as_setup *setup = &daemon->setup;
    as_journal_writer *journal;
    int rc = open_journal(daemon, daemon->epoch, &journal);
    if (rc == 0)
        rc = as_recorder_init(&daemon->recorder, journal, setup->config->journal.sync_ns);
    if (rc == 0)
        rc = as_setup_engine(setup, has_orders(setup->config) ? LIVE_ORDERS : 0, as_core_agent_emit, &daemon->core);
    if (rc < 0)
        return rc;
    if (setup->engine->market.books)
        as_book_set_prefault(setup->engine->market.books); /* the first orders of a day must not pay for page faults */
    daemon->core.setup = setup;
    daemon->core.lane = daemon->lane;
    daemon->core.decisions = daemon->decisions;
    daemon->core.recorder = &daemon->recorder;
    as_histogram_init(&daemon->core.latency);
    setup->merge.record = as_recorder_step;
    setup->merge.record_context = &daemon->recorder;
    as_event first = {.kind = AS_EVENT_NONE};
    as_recorder_step(&daemon->recorder, &first, NULL, setup->playbook); /* the journal begins with the playbook */
    if (!daemon->data_clock) { /* before the feeds begin: a long history must not fill their rings */
        as_setup_start(setup, as_clock_now_ns());
        daemon->core.started = true;
    }
    return 0;
}

int as_daemon_start(as_daemon *daemon, const char *config_path)
{
    int rc = as_setup_load(&daemon->setup, config_path);
    if (rc == 0 && daemon->setup.config->feed_count == 0)
        rc = as_error_set(-EINVAL, "%s: feeds: found none; a daemon needs at least one", config_path);
    if (rc == 0)
        rc = check_clock(daemon);
    if (rc == 0)
        rc = make_rings(daemon);
    if (rc == 0)
        rc = make_journal_folder(daemon);
    if (rc == 0)
        rc = start_bus(daemon); /* binds first: a second daemon must not touch the first one's journal */
    if (rc == 0)
        rc = start_core(daemon);
    if (rc < 0)
        return rc;
    as_topology_plan(daemon);
    rc = as_board_start(daemon, &daemon->board); /* it looks at what the plan has made */
    for (unsigned i = 0; rc == 0 && i < daemon->thread_count; i++)
        rc = as_thread_start(&daemon->thread[i]);
    if (rc == 0) {
        daemon->served = true;
        if (daemon->journal[0])
            as_note("aftershockd: journal %s", daemon->journal);
        as_daemon_tick(daemon);
        as_console_open(&daemon->console);
    }
    return rc;
}

/* ---- running ---- */

static void command(as_daemon *daemon, as_command what)
{
    as_command *slot = as_ring_claim(daemon->core.commands);
    if (!slot)
        return; /* the core is busy: the next tick says the same, and a reload is tried again by its caller */
    *slot = what;
    as_ring_publish(daemon->core.commands);
}

/* The core has taken a reload: from now on the feeds read by the new desk too. Not before, so that the journal holds a
 * playbook before the first headline that was read by it. */
static void finish_reload(as_daemon *daemon)
{
    uint32_t generation = atomic_load_explicit(&daemon->core.generation, memory_order_acquire); /* edge C1 */
    if (generation == daemon->desk_generation)
        return;
    daemon->desk_generation = generation;
    for (uint32_t i = 0; i < daemon->setup.config->feed_count; i++)
        as_lane_set_desk(&daemon->lane[i], daemon->desk[generation]);
    as_note("aftershockd: playbook %s reloaded, generation %u", daemon->playbook[generation]->version, generation);
}

void as_daemon_tick(as_daemon *daemon)
{
    finish_reload(daemon);
    if (!daemon->data_clock && as_ring_depth(daemon->core.commands) == 0)
        command(daemon, (as_command){.now = as_clock_now_ns()});
}

static int compile_next(as_daemon *daemon, as_playbook **playbook, as_desk **desk)
{
    const as_setup *setup = &daemon->setup;
    if (daemon->generation + 1 >= AS_DAEMON_GENERATIONS_MAX)
        return as_error_set(-ENOSPC, "%d reloads are the most; restart instead", AS_DAEMON_GENERATIONS_MAX - 1);
    int rc = as_playbook_load(setup->config->playbook, &setup->universe, daemon->generation + 1, playbook);
    if (rc < 0)
        return rc;
    rc = as_desk_new(&setup->universe, *playbook, desk);
    if (rc < 0)
        as_playbook_free(*playbook);
    return rc;
}

void as_daemon_reload(as_daemon *daemon)
{
    as_playbook *playbook;
    as_desk *desk;
    int rc = compile_next(daemon, &playbook, &desk);
    if (rc == 0 && (rc = as_bus_reload(daemon->bus)) < 0) { /* last: what follows cannot fail */
        as_desk_free(desk);
        as_playbook_free(playbook);
    }
    if (rc < 0) {
        as_error_add("reload refused; playbook generation %u stays in force%s", daemon->generation,
                     daemon->setup.config->publish.server_key[0] ? ", and the allow-list" : "");
        as_console_reload_failed(&daemon->console);
        as_error_print(stderr, "aftershockd");
        as_error_clear();
        return;
    }
    uint32_t generation = ++daemon->generation;
    daemon->playbook[generation] = playbook;
    daemon->desk[generation] = desk;
    command(daemon, (as_command){.now = daemon->data_clock ? 0 : as_clock_now_ns(), .playbook = playbook});
}

/* ---- stop ---- */

/* What each line brought, where there is more than one. */
static void print_lines(const as_feed_config *config, const as_feed_stats *stats)
{
    static const char *const name[AS_ARBITER_LINES] = {
        [AS_ARBITER_A] = "A", [AS_ARBITER_B] = "B", [AS_ARBITER_RETRANSMIT] = "retransmit"};
    const bool present[AS_ARBITER_LINES] = {
        [AS_ARBITER_A] = true,
        [AS_ARBITER_B] = config->redundant[0] != '\0',
        [AS_ARBITER_RETRANSMIT] = config->retransmit[0] != '\0',
    };
    for (unsigned i = 0; i < AS_ARBITER_LINES && (config->redundant[0] || config->retransmit[0]); i++) {
        const as_arbiter_stats *line = &stats->line[i];
        if (present[i])
            fprintf(stderr,
                    "feed %s, line %s: %" PRIu64 " packets, %" PRIu64 " messages, first with %" PRIu64
                    ", duplicates %" PRIu64 ", filled %" PRIu64 ", no room for %" PRIu64 ", late by up to %" PRIu64
                    "\n",
                    config->name, name[i], line->packets, line->messages, line->firsts, line->duplicates, line->filled,
                    line->dropped, line->reorder_max);
    }
}

static void print_feeds(as_daemon *daemon)
{
    for (uint32_t i = 0; i < daemon->setup.config->feed_count; i++) {
        as_feed_stats stats;
        as_lane_stats(&daemon->lane[i], &stats);
        fprintf(stderr,
                "feed %s: %" PRIu64 " packets, %" PRIu64 " messages, %" PRIu64 " events, %" PRIu64
                " headlines, gaps %" PRIu64 " lost %" PRIu64 ", duplicates %" PRIu64 ", dropped %" PRIu64
                ", bad %" PRIu64 ", unknown symbol %" PRIu64 "\n",
                daemon->setup.config->feed[i].name, stats.packets, stats.messages, stats.events, stats.headlines,
                stats.gaps, stats.lost, stats.duplicates, stats.dropped, stats.bad, stats.unknown_symbol);
        print_lines(&daemon->setup.config->feed[i], &stats);
    }
}

static void print_latency(const as_daemon *daemon)
{
    as_tick_rate rate;
    if (as_histogram_count(&daemon->core.latency) == 0 || as_clock_calibrate(10 * AS_NS_PER_MS, &rate) < 0)
        return;
    fprintf(stderr,
            "latency, batch taken to decision on the ring: p50 %" PRIu64 " ns, p99 %" PRIu64 " ns (%" PRIu64
            " decisions)\n",
            as_clock_ticks_to_ns(&rate, as_histogram_percentile(&daemon->core.latency, 50)),
            as_clock_ticks_to_ns(&rate, as_histogram_percentile(&daemon->core.latency, 99)),
            as_histogram_count(&daemon->core.latency));
}

void as_daemon_stop(as_daemon *daemon, const char *reason)
{
    char hex[AS_DIGEST_HEX_BYTES];
    if (!daemon->recorder.ring)
        return;
    as_console_close(&daemon->console);
    as_board_stop(daemon->board);
    for (unsigned i = daemon->thread_count; i-- > 1;)
        as_thread_stop(&daemon->thread[i]); /* feeds, then the core */
    as_publisher_counters published =
        daemon->bus ? as_publisher_counters_get(as_bus_publisher(daemon->bus)) : (as_publisher_counters){0};
    as_bus_stop(daemon->bus, reason);
    daemon->bus = NULL;
    as_thread_stop(&daemon->thread[0]); /* the journal last: everything is in its ring now */
    as_recorder_fini(&daemon->recorder, hex);

    print_feeds(daemon);
    as_account account = {.history_bars = daemon->setup.history.applied, .reordered = daemon->setup.merge.reordered};
    as_account_print(&account, daemon->setup.engine, stderr);
    print_latency(daemon);
    uint64_t dropped = atomic_load_explicit(&daemon->core.dropped, memory_order_relaxed); /* relaxed: joined */
    uint64_t lost = atomic_load_explicit(&daemon->recorder.lost, memory_order_relaxed);   /* relaxed: joined */
    fprintf(stderr,
            "published: %" PRIu64 " heartbeats, %" PRIu64 " subscriptions seen, %" PRIu64 " decisions dropped, %" PRIu64
            " journal records lost\n",
            published.heartbeats, published.subscriptions, dropped, lost);
    fprintf(stderr, "decisions %" PRIu64 " sha256 %s\n", daemon->recorder.decisions, hex);
}

bool as_daemon_failed(const as_daemon *daemon)
{
    return atomic_load_explicit(&daemon->recorder.failed, memory_order_relaxed); /* relaxed: joined */
}

/* What a start that failed has put into the journal's folder: files that hold nothing, of an epoch that nobody saw. */
static void remove_files(const as_daemon *daemon)
{
    const as_config *config = daemon->setup.config;
    char prefix[64];
    if (!config || !config->journal.dir[0])
        return;
    size_t bytes = (size_t)snprintf(prefix, sizeof prefix, "aftershock-%016" PRIx64, daemon->epoch);
    DIR *folder = daemon->epoch ? opendir(config->journal.dir) : NULL;
    for (struct dirent *entry; folder && (entry = readdir(folder)) != NULL;)
        if (strncmp(entry->d_name, prefix, bytes) == 0)
            (void)unlinkat(dirfd(folder), entry->d_name, 0);
    if (folder)
        closedir(folder);
    if (daemon->made_journal_folder)
        (void)rmdir(config->journal.dir); /* which it does only to an empty one */
}

void as_daemon_free(as_daemon *daemon)
{
    as_board_stop(daemon->board);
    for (unsigned i = daemon->thread_count; i-- > 0;)
        as_thread_stop(&daemon->thread[i]);
    as_bus_stop(daemon->bus, "start failed");
    as_board_free(daemon->board);
    if (daemon->recorder.ring) {
        char hex[AS_DIGEST_HEX_BYTES];
        as_recorder_fini(&daemon->recorder, hex);
    }
    if (!daemon->served)
        remove_files(daemon);
    for (uint32_t i = 0; i < AS_FEED_MAX; i++) {
        as_ring_free(daemon->lane[i].events);
        as_ring_free(daemon->lane[i].headlines);
    }
    as_ring_free(daemon->core.commands);
    as_ring_free(daemon->decisions);
    for (uint32_t i = 0; i < AS_DAEMON_GENERATIONS_MAX; i++) {
        as_desk_free(daemon->desk[i]);
        as_playbook_free(daemon->playbook[i]);
    }
    as_setup_fini(&daemon->setup);
}
