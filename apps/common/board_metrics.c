#include "apps/common/board_metrics.h"

#include <inttypes.h>
#include <string.h>

#include "core/decision.h"

/* ---- the format ---- */

static void head(FILE *out, const char *name, const char *type, const char *help)
{
    fprintf(out, "# HELP aftershock_%s %s\n# TYPE aftershock_%s %s\n", name, help, name, type);
}

/* A label's value: backslash, quote and line feed escaped; other bytes that are no UTF-8 text as '?'. */
static void label(FILE *out, const char *name, const char *value)
{
    fprintf(out, "%s=\"", name);
    for (const char *c = value; *c; c++) {
        if (*c == '\\' || *c == '"')
            fprintf(out, "\\%c", *c);
        else if (*c == '\n')
            fputs("\\n", out);
        else
            fputc((unsigned char)*c < 0x20 || (unsigned char)*c >= 0x7f ? '?' : *c, out);
    }
    fputc('"', out);
}

static void single(FILE *out, const char *name, const char *type, const char *help, uint64_t value)
{
    head(out, name, type, help);
    fprintf(out, "aftershock_%s %" PRIu64 "\n", name, value);
}

static void seconds(FILE *out, const char *name, const char *help, uint64_t ns)
{
    head(out, name, "gauge", help);
    fprintf(out, "aftershock_%s %.9f\n", name, (double)ns / 1e9);
}

static void labelled(FILE *out, const char *name, const char *key, const char *value, uint64_t number)
{
    fprintf(out, "aftershock_%s{", name);
    label(out, key, value);
    fprintf(out, "} %" PRIu64 "\n", number);
}

/* ---- groups ---- */

static void write_process(const as_board_view *view, FILE *out)
{
    head(out, "info", "gauge", "What runs: always 1.");
    fputs("aftershock_info{", out);
    label(out, "version", view->version);
    fputs(",", out), label(out, "playbook", view->playbook);
    fprintf(out, ",epoch=\"%016" PRIx64 "\",clock=\"%s\"} 1\n", view->epoch, view->data_clock ? "data" : "wall");
    single(out, "healthy", "gauge", "1 if /health says ok.", as_board_health(view, NULL));
    single(out, "halted", "gauge", "1 between halt and resume.", view->halted);
    single(out, "playbook_generation", "gauge", "Reloads of the playbook that are in force.", view->generation);
    single(out, "reloads_failed_total", "counter", "Reloads that were refused.", view->reloads_failed);
    seconds(out, "clock_seconds", "The core's logical time, UTC; 0 before the first event.", view->ts_now);
    fprintf(out,
            "# HELP process_start_time_seconds Start of the process, UTC.\n# TYPE process_start_time_seconds gauge\n"
            "process_start_time_seconds %.3f\n",
            (double)view->started_ns / 1e9);
    fprintf(out,
            "# HELP process_cpu_seconds_total User and system CPU time.\n# TYPE process_cpu_seconds_total counter\n"
            "process_cpu_seconds_total %.3f\n",
            (double)view->cpu_ns / 1e9);
    fprintf(out,
            "# HELP process_resident_memory_bytes Resident memory.\n# TYPE process_resident_memory_bytes gauge\n"
            "process_resident_memory_bytes %" PRIu64 "\n",
            view->memory_bytes);
}

static void write_feeds(const as_board_view *view, FILE *out)
{
    static const char *const state[] = {"down", "connecting", "live", "stale"};
#define FIELD(f) offsetof(as_board_feed, f)
    static const struct {
        const char *name, *help;
        size_t offset;
    } counter[] = {
        {"feed_packets_total", "Datagrams, or pieces of streams.", FIELD(packets)},
        {"feed_bytes_total", "Bytes received.", FIELD(bytes)},
        {"feed_messages_total", "Messages decoded, good and bad.", FIELD(messages)},
        {"feed_events_total", "Events handed to the core.", FIELD(events)},
        {"feed_headlines_total", "Headlines handed to the core.", FIELD(headlines)},
        {"feed_gaps_total", "Holes in the source's sequence.", FIELD(gaps)},
        {"feed_lost_total", "Messages in those holes.", FIELD(lost)},
        {"feed_filled_total", "Messages that another line or a retransmission brought.", FIELD(filled)},
        {"feed_duplicates_total", "Messages that had come before.", FIELD(duplicates)},
        {"feed_dropped_total", "Events lost because the ring to the core was full.", FIELD(dropped)},
        {"feed_bad_total", "Messages, lines and datagrams that were not right.", FIELD(bad)},
        {"feed_unknown_symbol_total", "Events of symbols that are not in the universe.", FIELD(unknown_symbol)},
        {"feed_connects_total", "Connections made or accepted.", FIELD(connects)},
        {"feed_disconnects_total", "Connections that ended.", FIELD(disconnects)},
    };
#undef FIELD
    head(out, "feed_state", "gauge", "1 for the state that the feed is in.");
    for (uint32_t i = 0; i < view->feed_count; i++)
        for (unsigned k = 0; k < sizeof state / sizeof *state; k++) {
            fputs("aftershock_feed_state{", out);
            label(out, "feed", view->feed[i].name);
            fprintf(out, ",state=\"%s\"} %d\n", state[k], strcmp(view->feed[i].state, state[k]) == 0);
        }
    for (unsigned k = 0; k < sizeof counter / sizeof *counter; k++) {
        head(out, counter[k].name, "counter", counter[k].help);
        for (uint32_t i = 0; i < view->feed_count; i++) {
            uint64_t value;
            memcpy(&value, (const char *)&view->feed[i] + counter[k].offset, sizeof value);
            labelled(out, counter[k].name, "feed", view->feed[i].name, value);
        }
    }
    head(out, "feed_waiting", "gauge", "Events in the ring to the core.");
    for (uint32_t i = 0; i < view->feed_count; i++)
        labelled(out, "feed_waiting", "feed", view->feed[i].name, view->feed[i].waiting);
    head(out, "feed_last_packet_seconds", "gauge", "When the latest packet came, UTC; 0 before the first.");
    for (uint32_t i = 0; i < view->feed_count; i++) {
        fputs("aftershock_feed_last_packet_seconds{", out);
        label(out, "feed", view->feed[i].name);
        fprintf(out, "} %.3f\n", (double)view->feed[i].last_packet_ns / 1e9);
    }
}

static void write_core(const as_board_view *view, FILE *out)
{
    single(out, "decisions_dropped_total", "counter", "Decisions that found no room in the ring to the publisher.",
           view->decisions_dropped);
    single(out, "decisions_waiting", "gauge", "Decisions in the ring to the publisher.", view->decisions_waiting);
    single(out, "journal_lost_total", "counter", "Records that the journal could not take.", view->journal_lost);
    single(out, "journal_failed", "gauge", "1 if a journal was asked for and cannot be written.", view->journal_failed);
    single(out, "journal_waiting_bytes", "gauge", "Bytes in the ring to the journal.", view->journal_waiting_bytes);
    const as_glance *glance = view->glance;
    if (!glance || glance->pictures == 0)
        return;
    single(out, "engine_events_total", "counter", "Events that the core has taken.", glance->engine.events);
    single(out, "engine_headlines_total", "counter", "Headlines that the core has taken.", glance->engine.headlines);
    single(out, "engine_facts_total", "counter", "Facts begun.", glance->engine.facts);
    single(out, "engine_shocks_total", "counter", "Shocks begun.", glance->engine.shocks);
    single(out, "engine_shocks_open", "gauge", "Shocks that are open.", glance->shocks);
    single(out, "engine_decisions_total", "counter", "Decisions made.", glance->engine.decisions);
    head(out, "engine_signals_total", "counter", "Signals by kind and what became of them.");
    for (unsigned k = 0; k < AS_SIGNAL_KIND_COUNT; k++) {
        const char *kind = k == AS_SIGNAL_CUSTOM ? "custom" : as_signal_kind_text((as_signal_kind)k);
        const uint64_t value[] = {glance->engine.opened[k], glance->engine.updated[k], glance->engine.closed[k],
                                  glance->engine.expired[k], glance->engine.near_misses[k]};
        static const char *const what[] = {"open", "update", "close", "expire", "near_miss"};
        for (unsigned w = 0; w < sizeof what / sizeof *what; w++)
            fprintf(out, "aftershock_engine_signals_total{kind=\"%s\",action=\"%s\"} %" PRIu64 "\n", kind, what[w],
                    value[w]);
    }
    head(out, "engine_vetoes_total", "counter", "Vetoes by reason, counted when they appear.");
    for (unsigned r = 0; r < AS_REASON_COUNT; r++) {
        uint64_t sum = 0;
        for (unsigned k = 0; k < AS_SIGNAL_KIND_COUNT; k++)
            sum += glance->engine.veto[k][r];
        if (sum)
            labelled(out, "engine_vetoes_total", "reason", as_reason_text((as_reason)r), sum);
    }
}

static void write_publisher(const as_board_view *view, FILE *out)
{
    const as_publisher_counters *p = &view->publisher;
    single(out, "gseq", "gauge", "Sequence of the last message published.", view->gseq);
    single(out, "published_total", "counter", "Messages published.", p->published);
    single(out, "heartbeats_total", "counter", "Of them heartbeats.", p->heartbeats);
    single(out, "missed_total", "counter", "Decisions that never became messages: holes in gseq.", p->missed);
    single(out, "encode_errors_total", "counter", "Messages that did not fit and were not sent.", p->encode_errors);
    single(out, "publisher_waits_total", "counter", "Messages that waited for the server of requests.", p->waits);
    const as_fanout_counters *f = &view->fanout;
    single(out, "subscribers", "gauge", "Subscribers that are connected.", f->clients);
    single(out, "subscribers_handshaking", "gauge", "Connections whose handshake is under way.", f->handshaking);
    single(out, "subscribers_joined_total", "counter", "Subscribers that have joined.", f->joined);
    single(out, "subscribers_left_total", "counter", "Subscribers that have left.", f->left);
    head(out, "subscribers_refused_total", "counter", "Connections refused, by reason.");
    labelled(out, "subscribers_refused_total", "reason", "full", f->refused_full);
    labelled(out, "subscribers_refused_total", "reason", "handshake", f->refused_handshake);
    labelled(out, "subscribers_refused_total", "reason", "key", f->refused_key);
    single(out, "subscribers_evicted_total", "counter", "Subscribers disconnected for what they sent.", f->evicted);
    single(out, "subscriptions", "gauge", "Subscriptions that are held.", f->subscriptions);
    single(out, "subscriptions_total", "counter", "Subscriptions ever made.", f->subscribed);
    single(out, "subscriptions_forged_total", "counter", "Subscriptions beyond what the key is granted.", f->forged);
    single(out, "sent_total", "counter", "Messages sent, over all subscribers.", f->sent);
    single(out, "sent_bytes_total", "counter", "Bytes sent, over all subscribers.", f->sent_bytes);
    single(out, "sent_dropped_total", "counter", "Messages dropped from queues of slow subscribers.", f->dropped);
    uint64_t queue = 0, lag = 0;
    for (uint32_t i = 0; i < view->client_count; i++) {
        const as_client_view *client = &view->client[i];
        queue = client->queued_bytes > queue ? client->queued_bytes : queue;
        if (client->queued_bytes && view->gseq > client->gseq && view->gseq - client->gseq > lag)
            lag = view->gseq - client->gseq;
    }
    single(out, "subscriber_queue_bytes_max", "gauge", "Bytes that wait for the slowest subscriber.", queue);
    single(out, "subscriber_lag_max", "gauge", "Messages that the slowest subscriber with a queue is behind.", lag);
}

static void write_server(const as_board_view *view, FILE *out)
{
    const as_server_counters *s = &view->server;
    head(out, "requests_total", "counter", "Requests answered, by operation.");
    labelled(out, "requests_total", "op", "snapshot", s->snapshots);
    labelled(out, "requests_total", "op", "replay", s->replays);
    labelled(out, "requests_total", "op", "ping", s->pings);
    uint64_t known = s->snapshots + s->replays + s->pings;
    labelled(out, "requests_total", "op", "other", s->requests > known ? s->requests - known : 0);
    head(out, "requests_refused_total", "counter", "Requests answered with an error, by reason.");
    labelled(out, "requests_refused_total", "reason", "malformed", s->malformed);
    labelled(out, "requests_refused_total", "reason", "busy", s->busy);
    labelled(out, "requests_refused_total", "reason", "denied", s->denied);
    uint64_t named = s->malformed + s->busy + s->denied;
    labelled(out, "requests_refused_total", "reason", "other", s->errors > named ? s->errors - named : 0);
    single(out, "answers_lost_total", "counter", "Answers that a client did not read.", s->answers_lost);
    single(out, "kept_messages", "gauge", "Messages kept in memory for replays.", s->memory_messages);
    single(out, "kept_bytes", "gauge", "Bytes that they take.", s->memory_bytes);
    single(out, "kept_disk_bytes", "gauge", "Bytes kept on disk for replays.", s->disk_bytes);
    single(out, "oldest_gseq", "gauge", "Oldest message that a replay can give; 0: none.", view->oldest);
    head(out, "state_entries", "gauge", "Entries of the state that a late joiner is told.");
    labelled(out, "state_entries", "kind", "signal", s->signals);
    labelled(out, "state_entries", "kind", "fact", s->facts);
    labelled(out, "state_entries", "kind", "shock", s->shocks);
    labelled(out, "state_entries", "kind", "feed", s->feeds);
}

static void write_stages(const as_board_view *view, FILE *out)
{
    head(out, "latency_seconds", "summary", "How long a step takes; stages that are not measured are absent.");
    for (uint32_t i = 0; i < view->stage_count; i++) {
        const as_board_stage *stage = &view->stage[i];
        const struct {
            const char *quantile;
            uint64_t ns;
        } point[] = {
            {"0.5", stage->ns.p50}, {"0.9", stage->ns.p90}, {"0.99", stage->ns.p99}, {"0.999", stage->ns.p999}};
        if (stage->missing)
            continue;
        for (unsigned k = 0; k < sizeof point / sizeof *point; k++) {
            fputs("aftershock_latency_seconds{", out);
            label(out, "stage", stage->name);
            if (stage->ns.count)
                fprintf(out, ",quantile=\"%s\"} %.9f\n", point[k].quantile, (double)point[k].ns / 1e9);
            else
                fprintf(out, ",quantile=\"%s\"} NaN\n", point[k].quantile);
        }
        fputs("aftershock_latency_seconds_sum{", out);
        label(out, "stage", stage->name);
        fprintf(out, "} %.9f\naftershock_latency_seconds_count{", stage->sum_ns / 1e9);
        label(out, "stage", stage->name);
        fprintf(out, "} %" PRIu64 "\n", stage->ns.count);
    }
}

void as_board_metrics(const as_board_view *view, FILE *out)
{
    write_process(view, out);
    write_feeds(view, out);
    write_core(view, out);
    write_publisher(view, out);
    write_server(view, out);
    write_stages(view, out);
}
