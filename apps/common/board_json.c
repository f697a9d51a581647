#include "apps/common/board_json.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "apps/common/json_text.h"

/* ---- pieces ---- */

static void text(FILE *out, const char *key, const char *value)
{
    fprintf(out, "\"%s\":", key);
    if (value)
        as_json_text(out, value, strlen(value));
    else
        fputs("null", out);
}

static void count(FILE *out, const char *key, uint64_t value)
{
    fprintf(out, "\"%s\":%" PRIu64, key, value);
}

static void flag(FILE *out, const char *key, bool value)
{
    fprintf(out, "\"%s\":%s", key, value ? "true" : "false");
}

/* ns UTC as ms; 0: null */
static void moment(FILE *out, const char *key, uint64_t ns)
{
    if (ns)
        fprintf(out, "\"%s\":%.3f", key, (double)ns / 1e6);
    else
        fprintf(out, "\"%s\":null", key);
}

static void real(FILE *out, double value, int digits)
{
    if (isfinite(value))
        fprintf(out, "%.*f", digits, value);
    else
        fputs("null", out);
}

/* ---- who, how well ---- */

static void write_reasons(const as_board_view *view, FILE *out)
{
    char *reasons = NULL;
    size_t bytes;
    FILE *memory = open_memstream(&reasons, &bytes);
    fputs("\"reasons\":[", out);
    if (memory) {
        as_board_health(view, memory);
        fclose(memory);
        const char *comma = "";
        for (char *rest, *line = strtok_r(reasons, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
            fputs(comma, out);
            as_json_text(out, line, strlen(line));
            comma = ",";
        }
    }
    free(reasons);
    fputs("]", out);
}

static void write_head(const as_board_view *view, FILE *out)
{
    text(out, "state", view->halted ? "HALTED" : view->replay ? "REPLAY" : "LIVE");
    fputs(",", out), text(out, "version", view->version);
    fprintf(out, ",\"epoch\":\"%016" PRIx64 "\",", view->epoch);
    count(out, "gseq", view->gseq);
    fputs(",", out), count(out, "oldest", view->oldest);
    fputs(",", out), moment(out, "ts_now", view->ts_now);
    fputs(",", out), moment(out, "wall", view->now_ns);
    fputs(",", out), moment(out, "started", view->started_ns);
    fputs(",", out), text(out, "clock", view->data_clock ? "data" : "wall");
    fputs(",", out), text(out, "playbook", view->playbook);
    fputs(",", out), count(out, "generation", view->generation);
    fputs(",", out), count(out, "memory_bytes", view->memory_bytes);
    fputs(",", out), count(out, "cpu_ms", view->cpu_ns / 1000000);
    fputs(",", out), write_reasons(view, out);
}

/* ---- feeds, stages, subscribers ---- */

static void write_feeds(const as_board_view *view, FILE *out)
{
    fputs(",\"feeds\":[", out);
    for (uint32_t i = 0; i < view->feed_count; i++) {
        const as_board_feed *feed = &view->feed[i];
        fputs(i ? ",{" : "{", out);
        text(out, "name", feed->name);
        fputs(",", out), text(out, "state", feed->state);
        fputs(",", out), count(out, "messages", feed->messages);
        fputs(",", out), count(out, "events", feed->events);
        fputs(",", out), count(out, "headlines", feed->headlines);
        fputs(",", out), count(out, "gaps", feed->gaps);
        fputs(",", out), count(out, "lost", feed->lost);
        fputs(",", out), count(out, "dropped", feed->dropped);
        fputs(",", out), count(out, "bad", feed->bad);
        fputs(",", out), count(out, "waiting", feed->waiting);
        fputs(",", out), moment(out, "last_packet", feed->last_packet_ns);
        fputs("}", out);
    }
    fputs("]", out);
}

static void write_stages(const as_board_view *view, FILE *out)
{
    fputs(",\"stages\":[", out);
    for (uint32_t i = 0; i < view->stage_count; i++) {
        const as_board_stage *stage = &view->stage[i];
        fputs(i ? ",{" : "{", out);
        text(out, "name", stage->name);
        fputs(",", out), text(out, "from_to", stage->from_to);
        fputs(",", out), text(out, "missing", stage->missing);
        fputs(",", out), count(out, "count", stage->ns.count);
        fprintf(out,
                ",\"ns\":{\"p50\":%" PRIu64 ",\"p90\":%" PRIu64 ",\"p99\":%" PRIu64 ",\"p999\":%" PRIu64
                ",\"max\":%" PRIu64 "}}",
                stage->ns.p50, stage->ns.p90, stage->ns.p99, stage->ns.p999, stage->ns.max);
    }
    fputs("]", out);
}

static void write_clients(const as_board_view *view, FILE *out)
{
    fputs(",\"subscribers\":[", out);
    for (uint32_t i = 0; i < view->client_count; i++) {
        const as_client_view *client = &view->client[i];
        fputs(i ? ",{" : "{", out);
        text(out, "where", client->where);
        fputs(",", out), text(out, "peer", client->peer);
        fputs(",", out), text(out, "name", client->name);
        fputs(",", out), moment(out, "since", client->since);
        fputs(",", out), count(out, "sent", client->sent);
        fputs(",", out), count(out, "dropped", client->dropped);
        fputs(",", out), count(out, "queued_bytes", client->queued_bytes);
        fputs(",", out), count(out, "gseq", client->gseq);
        fputs(",", out), count(out, "subscriptions", client->subscriptions);
        fputs("}", out);
    }
    fputs("],\"reports\":[", out);
    for (uint32_t i = 0; i < view->report_count; i++) {
        const as_report_view *report = &view->report[i];
        fputs(i ? ",{" : "{", out);
        text(out, "client", report->client);
        fputs(",", out), count(out, "seen", report->seen);
        fputs(",", out), count(out, "lost", report->lost);
        fputs(",", out),
            count(out, "age_ms", view->report_now > report->at ? (view->report_now - report->at) / 1000000 : 0);
        fputs(",", out), count(out, "requests", report->requests);
        fputs(",", out), count(out, "refused", report->refused);
        fputs("}", out);
    }
    fputs("]", out);
}

static void write_totals(const as_board_view *view, FILE *out)
{
    fputs(",\"totals\":{", out);
    count(out, "published", view->publisher.published);
    fputs(",", out), count(out, "missed", view->publisher.missed);
    fputs(",", out), count(out, "clients", view->fanout.clients);
    fputs(",", out), count(out, "sent", view->fanout.sent);
    fputs(",", out), count(out, "dropped", view->fanout.dropped);
    fputs(",", out),
        count(out, "refused", view->fanout.refused_full + view->fanout.refused_handshake + view->fanout.refused_key);
    fputs(",", out), count(out, "evicted", view->fanout.evicted);
    fputs(",", out), count(out, "requests", view->server.requests);
    fputs(",", out), count(out, "journal_lost", view->journal_lost);
    fputs(",", out), count(out, "decisions_dropped", view->decisions_dropped);
    fputs(",", out), flag(out, "journaled", view->journaled);
    fputs("}", out);
}

/* ---- the sector map ---- */

/* A name as the map shows it. */
typedef struct cell {
    uint32_t instrument;
    uint8_t bucket;
    uint8_t flags; /* 1 stale, 2 halted, 4 paused, 8 no price, 16 no close to compare with */
    double log_return, z, rank;
} cell;

enum { CELL_STALE = 1, CELL_HALTED = 2, CELL_PAUSED = 4, CELL_NO_PRICE = 8, CELL_NO_CLOSE = 16 };

/* The same limits as core/market.c's, DESIGN 6.20, of the name alone. */
static bool is_old(const as_board_view *view, uint32_t instrument)
{
    const as_glance *glance = view->glance;
    uint64_t then = glance->mid_ts[instrument];
    if (!(glance->flags[instrument] & AS_GLANCE_BAR))
        return glance->now > then && (double)(glance->now - then) > view->thresholds->quote_stale_s * 1e9;
    const as_calendar *calendar = as_universe_calendar(view->universe, instrument);
    double overnight = view->thresholds->overnight_share;
    double age = as_session_clock(as_calendar_session(calendar, glance->now), glance->now, overnight) -
                 as_session_clock(as_calendar_session(calendar, then), then, overnight);
    return age > view->thresholds->bar_stale_days;
}

static cell cell_of(const as_board_view *view, uint32_t i)
{
    const as_glance *glance = view->glance;
    unsigned seen = glance->flags[i], flags = 0;
    int64_t mid = glance->mid_px[i], close = glance->close_px[i];
    cell one = {
        .instrument = i, .bucket = view->universe->instrument[i].bucket, .log_return = NAN, .z = NAN, .rank = -1};
    bool priced = !(seen & AS_GLANCE_NO_PRICE) && mid != AS_PX_UNDEFINED && mid > 0;
    bool closed = close != AS_PX_UNDEFINED && close > 0;
    flags |= priced ? 0U : CELL_NO_PRICE;
    flags |= closed ? 0U : CELL_NO_CLOSE;
    flags |= priced && ((seen & (AS_GLANCE_INVALID | AS_GLANCE_GAP)) || is_old(view, i)) ? CELL_STALE : 0U;
    flags |= seen & (AS_GLANCE_HALTED | AS_GLANCE_RESUMED) ? CELL_HALTED : 0U;
    flags |= seen & AS_GLANCE_PAUSED ? CELL_PAUSED : 0U;
    one.flags = (uint8_t)flags;
    if (priced && closed) {
        one.log_return = log((double)mid / (double)close);
        one.z = one.log_return / sqrt((double)glance->variance[i]);
        one.rank = isfinite(one.z) ? fabs(one.z) : 0;
    }
    return one;
}

static int by_bucket_then_rank(const void *a, const void *b)
{
    const cell *x = a, *y = b;
    if (x->bucket != y->bucket)
        return x->bucket < y->bucket ? -1 : 1;
    if (x->rank != y->rank)
        return x->rank > y->rank ? -1 : 1;
    return x->instrument < y->instrument ? -1 : x->instrument > y->instrument;
}

static int by_bucket_then_place(const void *a, const void *b)
{
    const cell *x = a, *y = b;
    if (x->bucket != y->bucket)
        return x->bucket < y->bucket ? -1 : 1;
    return x->instrument < y->instrument ? -1 : x->instrument > y->instrument;
}

/* One bucket of `held` names, of which at most `shown` are listed. */
static void write_bucket(const as_board_view *view, const cell *names, uint32_t held, uint32_t shown, FILE *out)
{
    double sum = 0;
    uint32_t known = 0;
    for (uint32_t i = 0; i < held; i++)
        if (isfinite(names[i].log_return))
            sum += names[i].log_return, known++;
    text(out, "name", names->bucket == AS_BUCKET_NONE ? "no bucket" : view->universe->bucket[names->bucket]);
    fputs(",", out), count(out, "count", held);
    fputs(",\"mean\":", out);
    real(out, known ? sum / known : NAN, 5);
    fputs(",\"cells\":[", out);
    for (uint32_t i = 0; i < shown; i++) {
        const cell *one = &names[i];
        const char *symbol = as_symbols_name(&view->universe->symbols, one->instrument);
        fputs(i ? ",[" : "[", out);
        as_json_text(out, symbol, strlen(symbol));
        fputs(",", out), real(out, one->log_return, 5);
        fputs(",", out), real(out, one->z, 2);
        fprintf(out, ",%u]", one->flags);
    }
    fputs("]", out);
}

static void write_names(const as_board_view *view, cell *names, uint32_t name_count, FILE *out)
{
    bool all = name_count <= AS_PAGE_NAME_MAX;
    qsort(names, name_count, sizeof *names, all ? by_bucket_then_place : by_bucket_then_rank);
    for (uint32_t from = 0, to; from < name_count; from = to) {
        for (to = from + 1; to < name_count && names[to].bucket == names[from].bucket; to++) {}
        uint32_t held = to - from;
        uint32_t share = (uint32_t)((uint64_t)AS_PAGE_NAME_MAX * held / name_count);
        fputs(from ? ",{" : "{", out);
        write_bucket(view, names + from, held, all ? held : share ? share : 1, out);
        fputs("}", out);
    }
}

static void write_map(const as_board_view *view, FILE *out)
{
    const as_glance *glance = view->glance;
    if (!glance || glance->pictures == 0) {
        fputs(",\"glance\":null,\"sectors\":[]", out);
        return;
    }
    fputs(",\"glance\":{", out);
    moment(out, "now", glance->now);
    fputs(",", out), count(out, "pictures", glance->pictures);
    fputs(",", out), count(out, "names", glance->count);
    fputs(",", out), count(out, "shocks", glance->shocks);
    fputs(",", out), count(out, "events", glance->engine.events);
    fputs(",", out), count(out, "decisions", glance->engine.decisions);
    fputs(",", out), count(out, "headlines", glance->engine.headlines);
    fputs("},\"sectors\":[", out);
    cell *names = calloc(glance->count ? glance->count : 1, sizeof *names);
    for (uint32_t i = 0; names && i < glance->count; i++)
        names[i] = cell_of(view, i);
    if (names)
        write_names(view, names, glance->count, out);
    free(names);
    fputs("]", out);
}

/* ---- messages ---- */

static void write_story(const as_board_view *view, const as_board_entry *entry, FILE *out)
{
    fputs("\"story\":[", out);
    for (unsigned i = 0; i < entry->headline_count; i++) {
        as_headline_text headline;
        bool known = view->texts && as_headline_texts_get(view->texts, entry->headline[i], &headline);
        fputs(i ? ",{" : "{", out);
        text(out, "id", entry->headline[i]);
        fputs(",", out), moment(out, "at", known ? headline.ts_event : 0);
        fputs(",", out), text(out, "source", known ? headline.source : NULL);
        fputs(",", out), text(out, "text", known ? headline.text : NULL);
        fputs("}", out);
    }
    fputs("]", out);
}

static const as_board_entry *shock_of(const as_board_state *state, const char *fact)
{
    for (uint32_t i = 0; i < state->count; i++)
        if (state->entry[i].kind == '!' && strcmp(state->entry[i].fact, fact) == 0)
            return &state->entry[i];
    return NULL;
}

/* What was said last of the fact knows most of its headlines: a fact's own message comes only with a new status. */
static const as_board_entry *latest_of(const as_board_state *state, const as_board_entry *fact)
{
    const as_board_entry *latest = fact;
    for (uint32_t i = 0; i < state->count; i++)
        if (state->entry[i].gseq > latest->gseq && state->entry[i].headline_count >= latest->headline_count &&
            strcmp(state->entry[i].fact, fact->fact) == 0)
            latest = &state->entry[i];
    return latest;
}

static void write_facts(const as_board_view *view, const as_board_state *state, FILE *out)
{
    const char *comma = "";
    fputs(",\"facts\":[", out);
    for (uint32_t i = 0; i < state->count; i++) {
        const as_board_entry *entry = &state->entry[i];
        if (entry->kind != 'f')
            continue;
        const as_board_entry *shock = shock_of(state, entry->fact);
        fprintf(out, "%s{\"fact\":%s,\"shock\":%s,", comma, entry->json, shock ? shock->json : "null");
        write_story(view, latest_of(state, entry), out);
        fputs("}", out);
        comma = ",";
    }
    fputs("]", out);
}

static void write_messages(const as_board_view *view, FILE *out)
{
    const as_board_messages *messages = view->messages;
    if (!messages || !messages->known) {
        fputs(",\"wire\":null,\"facts\":[],\"signals\":[],\"messages\":[]", out);
        return;
    }
    const as_board_state *state = as_board_messages_state(messages);
    const char *comma = "";
    fputs(",\"wire\":{", out);
    count(out, "gseq", state->gseq);
    fputs(",", out), count(out, "entries", state->total);
    fputs(",", out), count(out, "shown", state->count);
    fputs(",", out), count(out, "skipped", messages->skipped);
    fputs(",", out), count(out, "errors", messages->errors);
    fputs(",", out), text(out, "last_error", messages->errors ? messages->last_error : NULL);
    fputs("}", out);
    write_facts(view, state, out);
    fputs(",\"signals\":[", out);
    for (uint32_t i = 0; i < state->count; i++)
        if (state->entry[i].kind == 's')
            fprintf(out, "%s%s", comma, state->entry[i].json), comma = ",";
    fputs("],\"messages\":[", out);
    const as_board_entry *entry;
    for (uint32_t i = 0; (entry = as_board_messages_latest(messages, i)); i++)
        fprintf(out, "%s%s", i ? "," : "", entry->json);
    fputs("]", out);
}

void as_board_json(const as_board_view *view, FILE *out)
{
    fputs("{", out);
    write_head(view, out);
    write_feeds(view, out);
    write_stages(view, out);
    write_clients(view, out);
    write_totals(view, out);
    write_map(view, out);
    write_messages(view, out);
    fputs("}\n", out);
}
