#include "apps/aftershockd/control.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apps/aftershockd/daemon.h"
#include "apps/common/version.h"
#include "core/error.h"
#include "core/histogram.h"

/* ---- life ---- */

void as_console_init(as_console *console)
{
    pthread_mutex_init(&console->lock, NULL);
    if (as_clock_calibrate(10 * AS_NS_PER_MS, &console->rate) < 0)
        console->rate = (as_tick_rate){0};
}

void as_console_open(as_console *console)
{
    pthread_mutex_lock(&console->lock);
    console->open = true;
    console->opened_at = as_clock_monotonic_ns();
    pthread_mutex_unlock(&console->lock);
}

void as_console_close(as_console *console)
{
    pthread_mutex_lock(&console->lock);
    console->open = false;
    pthread_mutex_unlock(&console->lock);
}

void as_console_reload_failed(as_console *console)
{
    size_t used = 0;
    pthread_mutex_lock(&console->lock);
    console->reloads_failed++;
    console->reload_error[0] = '\0';
    for (unsigned i = 0; as_error_message(i) && used < sizeof console->reload_error; i++) {
        const char *before = i ? "; " : "";
        used += (size_t)snprintf(console->reload_error + used, sizeof console->reload_error - used, "%s%s", before,
                                 as_error_message(i));
    }
    pthread_mutex_unlock(&console->lock);
}

uint64_t as_console_reloads_failed(as_console *console)
{
    pthread_mutex_lock(&console->lock);
    uint64_t failed = console->reloads_failed;
    pthread_mutex_unlock(&console->lock);
    return failed;
}

bool as_console_drains(as_console *console)
{
    pthread_mutex_lock(&console->lock);
    bool drain = console->drain;
    pthread_mutex_unlock(&console->lock);
    return drain;
}

/* ---- writing ---- */

typedef struct counter {
    const char *name;
    uint64_t value;
} counter;

#define COUNT(array) ((unsigned)(sizeof(array) / sizeof *(array)))

static void put_uint(as_writer *w, const char *key, uint64_t value)
{
    as_writer_key(w, key);
    as_writer_uint(w, value);
}

static void put_text(as_writer *w, const char *key, const char *text)
{
    as_writer_key(w, key);
    if (text && *text)
        as_writer_text(w, text);
    else
        as_writer_nil(w);
}

static void put_bool(as_writer *w, const char *key, bool value)
{
    as_writer_key(w, key);
    as_writer_bool(w, value);
}

static void put_counters(as_writer *w, const char *key, const counter *c, unsigned count)
{
    as_writer_key(w, key);
    as_writer_map(w, count);
    for (unsigned i = 0; i < count; i++)
        put_uint(w, c[i].name, c[i].value);
    as_writer_map_end(w);
}

/* ---- what is looked at ---- */

/* Of the playbook that the core works by. It was published before its generation was (edge C1). */
static const as_playbook *playbook_in_force(const as_daemon *daemon, uint32_t *generation)
{
    *generation = atomic_load_explicit(&daemon->core.generation, memory_order_acquire); /* edge C1 */
    return *generation ? daemon->playbook[*generation] : daemon->setup.playbook;
}

static uint64_t resident_bytes(void)
{
    unsigned long long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file)
        return 0;
    if (fscanf(file, "%*u %llu", &pages) != 1)
        pages = 0;
    fclose(file);
    return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static uint64_t ts_now(const as_daemon *daemon)
{
    return atomic_load_explicit(&daemon->core.ts_now, memory_order_relaxed); /* relaxed: only shown */
}

static void put_playbook(as_writer *w, const as_daemon *daemon)
{
    uint32_t generation;
    const as_playbook *playbook = playbook_in_force(daemon, &generation);
    as_writer_key(w, "playbook");
    as_writer_map(w, 4);
    put_text(w, "version", playbook->version);
    put_uint(w, "generation", generation);
    put_uint(w, "reloads_failed", daemon->console.reloads_failed);
    put_text(w, "reload_error", daemon->console.reload_error);
    as_writer_map_end(w);
}

/* ---- feeds ---- */

static void put_feed_head(as_writer *w, const as_config *config, uint32_t idx, const as_feed_stats *stats, bool open)
{
    put_text(w, "name", config->feed[idx].name);
    put_text(w, "state", as_feed_state_name(open ? stats->state : AS_FEED_DOWN));
}

static void put_feeds(as_writer *w, as_daemon *daemon)
{
    const as_config *config = daemon->setup.config;
    as_writer_key(w, "feeds");
    as_writer_array(w, config->feed_count);
    for (uint32_t i = 0; i < config->feed_count; i++) {
        as_feed_stats stats;
        bool open = as_lane_stats(&daemon->lane[i], &stats);
        as_writer_map(w, 8);
        put_feed_head(w, config, i, &stats, open);
        put_uint(w, "messages", stats.messages);
        put_uint(w, "events", stats.events);
        put_uint(w, "gaps", stats.gaps);
        put_uint(w, "lost", stats.lost);
        put_uint(w, "dropped", stats.dropped);
        put_uint(w, "bad", stats.bad);
        as_writer_map_end(w);
    }
    as_writer_array_end(w);
}

static void put_feed_counters(as_writer *w, as_daemon *daemon)
{
    const as_config *config = daemon->setup.config;
    as_writer_key(w, "feeds");
    as_writer_array(w, config->feed_count);
    for (uint32_t i = 0; i < config->feed_count; i++) {
        as_feed_stats s;
        bool open = as_lane_stats(&daemon->lane[i], &s);
        const counter c[] = {
            {"packets", s.packets},
            {"bytes", s.bytes},
            {"messages", s.messages},
            {"events", s.events},
            {"headlines", s.headlines},
            {"gaps", s.gaps},
            {"lost", s.lost},
            {"duplicates", s.duplicates},
            {"heartbeats", s.heartbeats},
            {"restarts", s.restarts},
            {"filled", s.filled},
            {"requested", s.requested},
            {"dropped", s.dropped},
            {"unknown_symbol", s.unknown_symbol},
            {"connects", s.connects},
            {"refused", s.refused},
            {"disconnects", s.disconnects},
            {"capture_lost", s.capture_lost},
            {"bad", s.bad},
            {"last_packet_ns", s.last_packet_ns},
            {"ring_depth", as_ring_depth(daemon->lane[i].events)},
        };
        as_writer_map(w, 2 + COUNT(c));
        put_feed_head(w, config, i, &s, open);
        for (unsigned k = 0; k < COUNT(c); k++)
            put_uint(w, c[k].name, c[k].value);
        as_writer_map_end(w);
    }
    as_writer_array_end(w);
}

/* ---- operations ---- */

static void put_open(as_writer *w, as_daemon *daemon)
{
    as_server_counters server = as_server_counters_get(as_bus_server(daemon->bus));
    const counter c[] = {{"signals", server.signals}, {"facts", server.facts}, {"shocks", server.shocks}};
    put_counters(w, "open", c, COUNT(c));
}

static void put_endpoints(as_writer *w, as_daemon *daemon)
{
    const as_publisher *publisher = as_bus_publisher(daemon->bus);
    as_writer_key(w, "endpoints");
    as_writer_map(w, 4);
    put_text(w, "live", as_publisher_endpoint(publisher));
    put_text(w, "latest", as_publisher_latest_endpoint(publisher));
    put_text(w, "requests", as_server_endpoint(as_bus_server(daemon->bus)));
    put_bool(w, "curve", daemon->setup.config->publish.server_key[0] != '\0');
    as_writer_map_end(w);
}

static bool journal_failed(const as_daemon *daemon)
{
    return atomic_load_explicit(&daemon->recorder.failed, memory_order_relaxed); /* relaxed: only shown */
}

static void put_journal(as_writer *w, const as_daemon *daemon)
{
    as_writer_key(w, "journal");
    as_writer_map(w, 2);
    put_text(w, "state", !daemon->recorder.journaled ? "none" : journal_failed(daemon) ? "failed" : "written");
    put_uint(w, "lost", atomic_load_explicit(&daemon->recorder.lost, memory_order_relaxed)); /* relaxed: a statistic */
    as_writer_map_end(w);
}

/* From the root, so that whoever asks can compare it with his own. */
static void put_config(as_writer *w, const as_config *config)
{
    char *whole = realpath(config->path, NULL);
    put_text(w, "config", whole ? whole : config->path);
    free(whole);
}

static int status(as_daemon *daemon, as_writer *w)
{
    const as_config *config = daemon->setup.config;
    as_publisher *publisher = as_bus_publisher(daemon->bus);
    uint64_t up = as_clock_monotonic_ns() - daemon->console.opened_at;
    as_writer_map(w, 17);
    put_text(w, "version", AS_VERSION);
    put_config(w, config);
    put_uint(w, "pid", (uint64_t)getpid());
    put_uint(w, "uptime_s", up / AS_NS_PER_S);
    put_text(w, "topology", config->pinned ? "pinned" : "compact");
    put_text(w, "clock", daemon->data_clock ? "data" : "wall");
    put_uint(w, "epoch", as_publisher_epoch(publisher));
    put_uint(w, "gseq", as_publisher_gseq(publisher));
    put_uint(w, "ts_now", ts_now(daemon));
    put_bool(w, "halted", as_publisher_halted(publisher));
    put_uint(w, "clients", as_publisher_fanout_counters(publisher).clients);
    put_uint(w, "rss_bytes", resident_bytes());
    put_playbook(w, daemon);
    put_journal(w, daemon);
    put_endpoints(w, daemon);
    put_open(w, daemon);
    put_feeds(w, daemon);
    as_writer_map_end(w);
    return 0;
}

static void put_core(as_writer *w, const as_daemon *daemon)
{
    const counter c[] = {
        {"decisions", as_histogram_count(&daemon->core.latency)},
        {"dropped", atomic_load_explicit(&daemon->core.dropped, memory_order_relaxed)}, /* relaxed: a statistic */
        {"ring_depth", as_ring_depth(daemon->decisions)},
        {"journal_lost", atomic_load_explicit(&daemon->recorder.lost, memory_order_relaxed)}, /* relaxed: a statistic */
        {"journal_failed", journal_failed(daemon)},
        {"warnings", as_warn_count()},
    };
    put_counters(w, "core", c, COUNT(c));
}

/* From taking a batch to a decision on the ring. */
static void put_latency(as_writer *w, const as_daemon *daemon)
{
    const as_tick_rate *rate = &daemon->console.rate;
    as_histogram_summary s;
    as_histogram_summarize(&daemon->core.latency, &s);
    const counter c[] = {
        {"count", s.count},
        {"min", as_clock_ticks_to_ns(rate, s.min)},
        {"p50", as_clock_ticks_to_ns(rate, s.p50)},
        {"p90", as_clock_ticks_to_ns(rate, s.p90)},
        {"p99", as_clock_ticks_to_ns(rate, s.p99)},
        {"p999", as_clock_ticks_to_ns(rate, s.p999)},
        {"max", as_clock_ticks_to_ns(rate, s.max)},
    };
    put_counters(w, "decision_latency_ns", c, COUNT(c));
}

static void put_publisher(as_writer *w, as_publisher *publisher)
{
    as_publisher_counters p = as_publisher_counters_get(publisher);
    as_fanout_counters f = as_publisher_fanout_counters(publisher);
    const counter published[] = {
        {"published", p.published},         {"heartbeats", p.heartbeats}, {"missed", p.missed},
        {"encode_errors", p.encode_errors}, {"waits", p.waits},           {"gseq", as_publisher_gseq(publisher)},
    };
    const counter fanout[] = {
        {"clients", f.clients},
        {"handshaking", f.handshaking},
        {"joined", f.joined},
        {"left", f.left},
        {"refused_full", f.refused_full},
        {"refused_handshake", f.refused_handshake},
        {"refused_key", f.refused_key},
        {"evicted", f.evicted},
        {"forged", f.forged},
        {"subscriptions", f.subscriptions},
        {"subscribed", f.subscribed},
        {"sent", f.sent},
        {"sent_bytes", f.sent_bytes},
        {"dropped", f.dropped},
    };
    put_counters(w, "publisher", published, COUNT(published));
    put_counters(w, "fanout", fanout, COUNT(fanout));
}

static void put_server(as_writer *w, as_server *server)
{
    as_server_counters s = as_server_counters_get(server);
    const counter c[] = {
        {"requests", s.requests},
        {"snapshots", s.snapshots},
        {"replays", s.replays},
        {"pings", s.pings},
        {"errors", s.errors},
        {"malformed", s.malformed},
        {"busy", s.busy},
        {"denied", s.denied},
        {"answers_lost", s.answers_lost},
        {"messages", s.messages},
        {"memory_messages", s.memory_messages},
        {"memory_bytes", s.memory_bytes},
        {"disk_bytes", s.disk_bytes},
        {"oldest", as_server_oldest(server)},
        {"signals", s.signals},
        {"facts", s.facts},
        {"shocks", s.shocks},
        {"feeds", s.feeds},
    };
    put_counters(w, "server", c, COUNT(c));
}

static int stats(as_daemon *daemon, as_writer *w)
{
    as_writer_map(w, 6);
    put_core(w, daemon);
    put_latency(w, daemon);
    put_publisher(w, as_bus_publisher(daemon->bus));
    put_server(w, as_bus_server(daemon->bus));
    put_feed_counters(w, daemon);
    as_writer_map_end(w);
    return 0;
}

static void put_clients(as_writer *w, const as_client_view *view, uint32_t count)
{
    as_writer_key(w, "clients");
    as_writer_array(w, count);
    for (uint32_t i = 0; i < count; i++) {
        const as_client_view *c = &view[i];
        as_writer_map(w, 10);
        put_uint(w, "id", c->id);
        put_text(w, "where", c->where);
        put_text(w, "peer", c->peer);
        put_text(w, "name", c->name);
        put_uint(w, "since", c->since);
        put_uint(w, "subscriptions", c->subscriptions);
        put_uint(w, "sent", c->sent);
        put_uint(w, "dropped", c->dropped);
        put_uint(w, "queued_bytes", c->queued_bytes);
        put_uint(w, "gseq", c->gseq);
        as_writer_map_end(w);
    }
    as_writer_array_end(w);
}

static void put_reports(as_writer *w, const as_report_view *view, uint32_t count, uint64_t gseq)
{
    uint64_t now = as_clock_monotonic_ns();
    as_writer_key(w, "reports");
    as_writer_array(w, count);
    for (uint32_t i = 0; i < count; i++) {
        const as_report_view *r = &view[i];
        as_writer_map(w, 7);
        put_text(w, "client", r->client);
        put_uint(w, "seen", r->seen);
        put_uint(w, "behind", gseq > r->seen ? gseq - r->seen : 0);
        put_uint(w, "lost", r->lost);
        put_uint(w, "silent_ms", now > r->at ? (now - r->at) / AS_NS_PER_MS : 0);
        put_uint(w, "requests", r->requests);
        put_uint(w, "refused", r->refused);
        as_writer_map_end(w);
    }
    as_writer_array_end(w);
}

static int subscribers(as_daemon *daemon, as_writer *w)
{
    as_publisher *publisher = as_bus_publisher(daemon->bus);
    uint32_t clients = daemon->setup.config->publish.clients; /* of each endpoint */
    as_client_view *view = calloc(2 * (size_t)clients, sizeof *view);
    as_report_view *report = calloc(clients, sizeof *report);
    int rc = 0;
    if (view && report) {
        uint64_t gseq = as_publisher_gseq(publisher);
        as_writer_map(w, 3);
        put_uint(w, "gseq", gseq);
        put_clients(w, view, as_publisher_clients(publisher, view, 2 * clients));
        put_reports(w, report, as_server_reports(as_bus_server(daemon->bus), report, clients), gseq);
        as_writer_map_end(w);
    } else {
        rc = as_error_set(-ENOMEM, "subscribers: out of memory for %u clients", clients);
    }
    free(view);
    free(report);
    return rc;
}

/* The supervisor takes the signal in its own time. */
static int signal_self(int number)
{
    return kill(getpid(), number) < 0 ? as_error_set(-errno, "kill: %s", strerror(errno)) : 0;
}

/* What is in force now: it has changed when `status` says another generation, or another count of failures. */
static int reload(as_daemon *daemon, as_writer *w)
{
    as_writer_map(w, 1);
    put_playbook(w, daemon);
    as_writer_map_end(w);
    return signal_self(SIGHUP);
}

static int system_word(as_daemon *daemon, as_writer *w, const char *word)
{
    as_publisher_system(as_bus_publisher(daemon->bus), word);
    as_writer_map(w, 1);
    put_text(w, "asked", word);
    as_writer_map_end(w);
    return 0;
}

static int halt(as_daemon *daemon, as_writer *w)
{
    return system_word(daemon, w, "halt");
}

static int resume(as_daemon *daemon, as_writer *w)
{
    return system_word(daemon, w, "resume");
}

static int drain(as_daemon *daemon, as_writer *w)
{
    daemon->console.drain = true;
    as_writer_map(w, 1);
    put_text(w, "asked", "drain");
    as_writer_map_end(w);
    return signal_self(SIGTERM);
}

static int find_and_run(as_daemon *daemon, const char *op, as_writer *result)
{
    static const struct {
        const char *name;
        int (*run)(as_daemon *daemon, as_writer *result);
    } known[] = {
        {"status", status}, {"stats", stats}, {"subscribers", subscribers}, {"reload", reload}, {"halt", halt},
        {"resume", resume}, {"drain", drain},
    };
    for (unsigned i = 0; i < COUNT(known); i++)
        if (strcmp(op, known[i].name) == 0)
            return known[i].run(daemon, result);
    return as_error_set(-ENOSYS, "op: found '%.32s'; allowed: status, stats, subscribers, reload, halt, resume, drain",
                        op);
}

int as_control_op(void *context, const char *op, as_writer *result)
{
    as_daemon *daemon = context;
    pthread_mutex_lock(&daemon->console.lock);
    int rc = daemon->console.open
                 ? find_and_run(daemon, op, result)
                 : as_error_set(-EAGAIN, daemon->console.opened_at ? "the daemon is ending"
                                                                   : "the daemon is starting, try again");
    pthread_mutex_unlock(&daemon->console.lock);
    return rc;
}
