#include "apps/aftershockd/board.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/resource.h>

#include <zmq.h>

#include "apps/aftershockd/daemon.h"
#include "apps/common/board_json.h"
#include "apps/common/board_metrics.h"
#include "apps/common/version.h"
#include "core/clock.h"
#include "core/error.h"
#include "ipc/http.h"

enum { REQUEST_BYTES = 1024, REPORT_MAX = 256, STAGES = 4 };

struct as_board {
    as_daemon *daemon;
    as_http *http;
    as_glance glance;
    as_headline_texts *texts;
    as_board_messages messages;
    void *socket; /* DEALER to the server of requests; NULL: not yet */
    as_tick_rate rate;
    uint64_t started_ns;
    uint64_t taken_at, asked_at; /* monotonic: the picture; the glance */
    uint64_t heartbeats, heartbeat_at;
    as_board_view view;
    as_feed_stats stats;
    as_board_feed feed[AS_FEED_MAX];
    as_client_view client[AS_BOARD_CLIENT_MAX];
    as_report_view report[REPORT_MAX];
    as_board_stage stage[STAGES];
    as_histogram merged;
};

/* ---- what the daemon's parts give out ---- */

static void take_process(as_board *board)
{
    as_board_view *view = &board->view;
    struct rusage usage;
    unsigned long size, resident;
    view->version = AS_VERSION;
    view->now_ns = as_clock_now_ns();
    view->started_ns = board->started_ns;
    if (getrusage(RUSAGE_SELF, &usage) == 0)
        view->cpu_ns = (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * AS_NS_PER_S +
                       (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000;
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file)
        return;
    if (fscanf(file, "%lu %lu", &size, &resident) == 2)
        view->memory_bytes = resident * (uint64_t)sysconf(_SC_PAGESIZE);
    fclose(file);
}

static void take_feeds(as_board *board)
{
    as_daemon *daemon = board->daemon;
    as_feed_stats *stats = &board->stats;
    board->view.feed = board->feed;
    board->view.feed_count = daemon->setup.config->feed_count;
    for (uint32_t i = 0; i < board->view.feed_count; i++) {
        bool open = as_lane_stats(&daemon->lane[i], stats);
        board->feed[i] = (as_board_feed){
            .name = daemon->setup.config->feed[i].name,
            .state = as_feed_state_name(open ? stats->state : AS_FEED_DOWN),
            .packets = stats->packets,
            .bytes = stats->bytes,
            .messages = stats->messages,
            .events = stats->events,
            .headlines = stats->headlines,
            .gaps = stats->gaps,
            .lost = stats->lost,
            .filled = stats->filled,
            .duplicates = stats->duplicates,
            .dropped = stats->dropped,
            .bad = stats->bad,
            .unknown_symbol = stats->unknown_symbol,
            .connects = stats->connects,
            .disconnects = stats->disconnects,
            .last_packet_ns = stats->last_packet_ns,
            .waiting = as_ring_depth(daemon->lane[i].events),
        };
    }
}

static void take_core(as_board *board)
{
    as_daemon *daemon = board->daemon;
    as_board_view *view = &board->view;
    uint32_t generation = atomic_load_explicit(&daemon->core.generation, memory_order_acquire); /* edge C1 */
    const as_playbook *playbook = generation ? daemon->playbook[generation] : daemon->setup.playbook;
    view->generation = generation;
    view->playbook = playbook->version;
    view->thresholds = &playbook->thresholds;
    view->universe = &daemon->setup.universe;
    view->data_clock = daemon->data_clock;
    view->reloads_failed = as_console_reloads_failed(&daemon->console);
    view->ts_now = atomic_load_explicit(&daemon->core.ts_now, memory_order_relaxed); /* relaxed: a time to be shown */
    view->decisions_dropped =
        atomic_load_explicit(&daemon->core.dropped, memory_order_relaxed); /* relaxed: statistic */
    view->decisions_waiting = as_ring_depth(daemon->decisions);
    view->journaled = daemon->recorder.journaled;
    view->journal_lost = atomic_load_explicit(&daemon->recorder.lost, memory_order_relaxed); /* relaxed: statistic */
    view->journal_failed =
        atomic_load_explicit(&daemon->recorder.failed, memory_order_relaxed); /* relaxed: statistic */
    view->journal_waiting_bytes = as_byte_ring_depth_bytes(daemon->recorder.ring);
}

static void take_wire(as_board *board, uint64_t now)
{
    as_publisher *publisher = as_bus_publisher(board->daemon->bus);
    as_server *server = as_bus_server(board->daemon->bus);
    as_board_view *view = &board->view;
    view->epoch = as_publisher_epoch(publisher);
    view->gseq = as_publisher_gseq(publisher);
    view->halted = as_publisher_halted(publisher);
    view->heartbeat_ms = board->daemon->setup.config->publish.heartbeat_ms;
    view->publisher = as_publisher_counters_get(publisher);
    view->fanout = as_publisher_fanout_counters(publisher);
    view->client = board->client;
    view->client_count = as_publisher_clients(publisher, board->client, AS_BOARD_CLIENT_MAX);
    view->oldest = as_server_oldest(server);
    view->server = as_server_counters_get(server);
    view->report = board->report;
    view->report_count = as_server_reports(server, board->report, REPORT_MAX);
    view->report_now = now;
    if (view->publisher.heartbeats != board->heartbeats || board->heartbeat_at == 0)
        board->heartbeat_at = now;
    board->heartbeats = view->publisher.heartbeats;
    view->heartbeat_age_ms = (now - board->heartbeat_at) / AS_NS_PER_MS;
}

static void summarize(as_board_stage *stage, const as_histogram *histogram, const as_tick_rate *rate)
{
    as_histogram_summary *s = &stage->ns;
    as_histogram_summarize(histogram, s);
    stage->sum_ns = s->mean * (double)s->count;
    if (!rate || rate->ticks_hz == 0)
        return;
    uint64_t *const value[] = {&s->min, &s->max, &s->p50, &s->p90, &s->p99, &s->p999, &s->p9999};
    for (unsigned i = 0; i < sizeof value / sizeof *value; i++)
        *value[i] = as_clock_ticks_to_ns(rate, *value[i]);
    stage->sum_ns *= 1e9 / (double)rate->ticks_hz;
}

static void take_stages(as_board *board)
{
    as_daemon *daemon = board->daemon;
    board->stage[0] =
        (as_board_stage){.name = "receive", .from_to = "packet received \xe2\x86\x92 its events in the core's ring"};
    board->stage[1] =
        (as_board_stage){.name = "decide", .from_to = "batch taken \xe2\x86\x92 decision in the publisher's ring"};
    board->stage[2] =
        (as_board_stage){.name = "publish", .from_to = "decision in the ring \xe2\x86\x92 handed to subscribers"};
    board->stage[3] = (as_board_stage){.name = "deliver",
                                       .from_to = "handed over \xe2\x86\x92 read by a bot",
                                       .missing = "needs the bot's clock: aftershock bench wire"};
    as_histogram_init(&board->merged);
    for (uint32_t i = 0; i < daemon->setup.config->feed_count && i < AS_FEED_MAX; i++)
        if (daemon->feed_agent[i].stride)
            as_histogram_merge(&board->merged, &daemon->feed_agent[i].received);
    summarize(&board->stage[0], &board->merged, NULL);
    summarize(&board->stage[1], &daemon->core.latency, &board->rate);
    summarize(&board->stage[2], &daemon->handed, &board->rate);
    board->view.stage = board->stage;
    board->view.stage_count = STAGES;
}

/* ---- the core's glance ---- */

static void take_glance(as_board *board, uint64_t now)
{
    bool mine = as_glance_take(&board->glance);
    if (mine && (board->asked_at == 0 || now - board->asked_at >= AS_BOARD_GLANCE_MS * AS_NS_PER_MS)) {
        board->asked_at = now;
        as_glance_ask(&board->glance);
        mine = false;
    }
    for (unsigned waited = 0; !mine && waited < AS_BOARD_GLANCE_WAIT_MS; waited++) {
        nanosleep(&(struct timespec){.tv_nsec = AS_NS_PER_MS}, NULL);
        mine = as_glance_take(&board->glance);
    }
    board->view.glance = mine ? &board->glance : NULL;
}

/* ---- the server of requests ---- */

static bool connect_inside(as_board *board)
{
    const int linger = 0, wait_ms = AS_BOARD_ANSWER_MS;
    if (board->socket)
        return true;
    board->socket = zmq_socket(as_server_context(as_bus_server(board->daemon->bus)), ZMQ_DEALER);
    if (!board->socket)
        return false;
    zmq_setsockopt(board->socket, ZMQ_LINGER, &linger, sizeof linger);
    zmq_setsockopt(board->socket, ZMQ_RCVTIMEO, &wait_ms, sizeof wait_ms);
    zmq_setsockopt(board->socket, ZMQ_SNDTIMEO, &wait_ms, sizeof wait_ms);
    return zmq_connect(board->socket, AS_SERVER_INSIDE) == 0;
}

/* An answer that did not come in time could come later, in the place of another: a new socket begins anew. */
static void give_up(as_board *board, const char *why)
{
    as_board_messages_give_up(&board->messages, why);
    if (board->socket)
        zmq_close(board->socket);
    board->socket = NULL;
}

static void take_messages(as_board *board)
{
    uint8_t request[REQUEST_BYTES];
    as_board_messages_begin(&board->messages);
    board->view.messages = &board->messages;
    if (!connect_inside(board)) {
        give_up(board, "the server of requests cannot be reached");
        return;
    }
    for (size_t bytes; (bytes = as_board_messages_ask(&board->messages, request, sizeof request)) > 0;) {
        zmq_msg_t answer;
        zmq_msg_init(&answer);
        if (zmq_send(board->socket, request, bytes, 0) < 0 || zmq_msg_recv(&answer, board->socket, 0) < 0)
            give_up(board, "the server of requests has not answered in time");
        else
            as_board_messages_take(&board->messages, zmq_msg_data(&answer), zmq_msg_size(&answer));
        zmq_msg_close(&answer);
    }
}

/* ---- the three answers ---- */

static void take(as_board *board)
{
    uint64_t now = as_clock_monotonic_ns();
    if (board->taken_at && now - board->taken_at < AS_BOARD_FRESH_MS * AS_NS_PER_MS)
        return;
    board->taken_at = now;
    take_process(board);
    take_feeds(board);
    take_core(board);
    take_wire(board, now);
    take_stages(board);
    take_glance(board, now);
    board->view.texts = board->texts;
}

static void metrics(void *context, FILE *out)
{
    as_board *board = context;
    take(board);
    as_board_metrics(&board->view, out);
}

static bool health(void *context, FILE *out)
{
    as_board *board = context;
    take(board);
    return as_board_health(&board->view, out);
}

static void state(void *context, FILE *out)
{
    as_board *board = context;
    uint64_t was = board->taken_at;
    take(board);
    if (board->taken_at != was || !board->view.messages)
        take_messages(board);
    as_board_json(&board->view, out);
}

/* ---- life ---- */

int as_board_start(as_daemon *daemon, as_board **out)
{
    *out = NULL;
    if (!*daemon->setup.config->metrics)
        return 0;
    as_board *board = calloc(1, sizeof *board);
    if (!board)
        return as_error_set(-ENOMEM, "metrics: out of memory");
    board->daemon = daemon;
    board->started_ns = as_clock_now_ns();
    as_clock_calibrate(5 * AS_NS_PER_MS, &board->rate);
    int rc = as_glance_init(&board->glance, daemon->setup.universe.symbols.count);
    if (rc < 0)
        rc = as_error_set(rc, "metrics: out of memory for %u names", daemon->setup.universe.symbols.count);
    if (rc == 0)
        rc = as_headline_texts_new(&board->texts);
    if (rc == 0)
        rc = as_board_messages_init(&board->messages);
    as_http_options options = {
        .address = daemon->setup.config->metrics,
        .context = board,
        .metrics = metrics,
        .health = health,
        .state = state,
    };
    if (rc == 0)
        rc = as_http_start(&options, &board->http);
    if (rc < 0) {
        as_board_free(board);
        return as_error_add("%s: metrics", daemon->setup.config->path);
    }
    daemon->core.glance = &board->glance;
    daemon->recorder.texts = board->texts;
    const char *address = options.address;
    as_note("aftershockd: page on http://%.*s:%u/", (int)(strrchr(address, ':') - address), address,
            as_http_port(board->http));
    *out = board;
    return 0;
}

void as_board_stop(as_board *board)
{
    if (!board)
        return;
    as_http_stop(board->http); /* joins its thread: the socket is ours now */
    board->http = NULL;
    if (board->socket)
        zmq_close(board->socket);
    board->socket = NULL;
}

void as_board_free(as_board *board)
{
    if (!board)
        return;
    as_board_stop(board);
    as_board_messages_fini(&board->messages);
    as_headline_texts_free(board->texts);
    as_glance_fini(&board->glance);
    free(board);
}
