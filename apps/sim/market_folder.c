#include "apps/sim/market_folder.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "apps/sim/folder.h"
#include "core/error.h"
#include "core/logexp.h"
#include "core/price.h"

typedef struct writing {
    const as_sim_market *market;
    const as_market_folder *options;
    const char *folder;
    as_sim_plan plan;
    as_sim_feed feed;
    as_sim_out out;
    FILE *daily;
    char daily_path[AS_PATH_BYTES];
} writing;

/* ---- configuration ---- */

static int write_config(const writing *w)
{
    char path[AS_PATH_BYTES];
    FILE *file = NULL;
    int rc = as_sim_folder_open(w->folder, "aftershock.yaml", path, &file);
    if (rc < 0)
        return rc;
    fprintf(file,
            "# Written by `aftershock simulate`: %s, a %s, seed %" PRIu64 ".\n"
            "universe: universe.csv\n"
            "playbook: playbook.yaml\n"
            "history: daily.csv\n"
            "strategies: [overreaction, mean_reversion]\n"
            "inputs:\n"
            "  - name: daily\n"
            "    match: {columns: [date, symbol, close]}\n"
            "    format: csv\n"
            "    kind: bar\n"
            "    columns: {symbol: symbol, close: close}\n"
            "    time: {column: date, layout: \"%%Y-%%m-%%d\", stamps: session_close}\n",
            w->market->name, w->market->label, w->options->seed);
    if (w->options->format == AS_SIM_FORMAT_CSV)
        fprintf(file,
                "  - name: bars\n"
                "    match: {columns: [time, symbol, open, high, low, close, volume]}\n"
                "    format: csv\n"
                "    kind: bar\n"
                "    duration: %um\n"
                "    columns: {symbol: symbol, open: open, high: high, low: low, close: close, volume: volume}\n"
                "    time: {column: time, layout: \"%%Y-%%m-%%d %%H:%%M:%%S\", zone: UTC, stamps: end}\n",
                w->options->bar_minutes);
    return as_sim_folder_close(file, path);
}

/* ---- the newswire ---- */

static int write_headlines(const writing *w)
{
    char path[AS_PATH_BYTES];
    FILE *file = NULL;
    int rc = as_sim_folder_open(w->folder, "headlines.ndjson", path, &file);
    for (uint32_t i = 0; rc == 0 && i < w->plan.headline_count; i++) {
        const as_plan_headline *h = &w->plan.headline[i];
        bool named = h->issuer != AS_INSTRUMENT_NONE;
        fprintf(file,
                "{\"k\":\"headline\",\"t\":%" PRIu64 ",\"id\":\"%s\",\"src\":\"%s\",\"text\":\"%s\",\"symbols\":[",
                h->ts, h->id, h->source, h->text);
        if (named)
            fprintf(file, "\"%s\"", as_symbols_name(&w->market->universe.symbols, h->issuer));
        fputs("]}\n", file);
    }
    return rc < 0 ? rc : as_sim_folder_close(file, path);
}

/* ---- the truth ---- */

static void number(FILE *file, const char *key, double value)
{
    if (isfinite(value))
        fprintf(file, ",\"%s\":%.6g", key, value == 0 ? 0 : value);
    else
        fprintf(file, ",\"%s\":null", key);
}

static void moment(FILE *file, const char *key, uint64_t ts)
{
    if (ts)
        fprintf(file, ",\"%s\":%" PRIu64, key, ts);
    else
        fprintf(file, ",\"%s\":null", key);
}

static void text_or_null(FILE *file, const char *key, const char *text)
{
    if (text)
        fprintf(file, ",\"%s\":\"%s\"", key, text);
    else
        fprintf(file, ",\"%s\":null", key);
}

static void write_name(FILE *file, const as_sim_market *m, const as_planted *p)
{
    double half_life_ns = p->half_life * 86400e9;
    fprintf(file, "\n    {\"symbol\":\"%s\"", m->sim[p->name].symbol);
    number(file, "w", p->w);
    number(file, "s_w", p->s_w);
    number(file, "w_true", p->w_true);
    number(file, "e", p->e);
    number(file, "e_true", p->e_true);
    number(file, "excess", p->excess);
    number(file, "planted_os", p->planted_os);
    moment(file, "half_life_ns", (uint64_t)half_life_ns);
    number(file, "half_life_sessions", p->half_life > 0 ? p->half_life : (double)NAN);
    number(file, "sigma", p->sigma > 0 ? p->sigma : (double)NAN);
    moment(file, "t_ref", p->t_ref);
    number(file, "h_ref", p->h_ref);
    fputc('}', file);
}

static void write_event(FILE *file, const as_sim_market *m, const as_plan_event *e, uint32_t index)
{
    bool answered = e->answered_at != 0;
    const as_planted *epicentre = NULL;
    fprintf(file, "  {\"id\":\"e%04u\",\"kind\":\"%s\"", index + 1, as_plant_kind_text((as_plant_kind)e->kind));
    bool named = e->issuer != AS_INSTRUMENT_NONE;
    text_or_null(file, "issuer", named ? as_symbols_name(&m->universe.symbols, e->issuer) : NULL);
    text_or_null(file, "family", e->family);
    moment(file, "t0", e->t0);
    fputs(",\"headlines\":[", file);
    for (uint32_t i = 0; i < e->headline_count; i++)
        fprintf(file, "%s\"%s\"", i ? "," : "", e->headline[i]);
    fputc(']', file);
    moment(file, "denied_at", answered && e->kind == AS_PLANT_DENIAL ? e->answered_at : 0);
    moment(file, "confirmed_at", answered && e->kind == AS_PLANT_RUMOUR_CONFIRMED ? e->answered_at : 0);
    if (e->kind == AS_PLANT_UNRELATED) {
        fputs(",\"names\":[]}", file);
        return;
    }
    number(file, "m", e->m);
    number(file, "g", e->g);
    fprintf(file, ",\"dir\":%d,\"status\":\"%s\"", e->dir, as_plant_status_text((as_plant_status)e->status));
    moment(file, "t_ref", e->t_ref);
    number(file, "h_ref", e->h_ref);
    for (uint32_t i = 0; i < e->planted_count; i++)
        if (e->planted[i].epicentre)
            epicentre = &e->planted[i];
    text_or_null(file, "epicentre", epicentre ? m->sim[epicentre->name].symbol : NULL);
    number(file, "epicentre_z", epicentre ? epicentre->e_true : (double)NAN);
    fputs(",\"names\":[", file);
    for (uint32_t i = 0, done = 0; i < e->planted_count; i++) {
        if (e->planted[i].epicentre)
            continue;
        fputs(done++ ? "," : "", file);
        write_name(file, m, &e->planted[i]);
    }
    fputs("]}", file);
}

/* Did a priced event begin in it, or get its answer? And does an earlier excess above half a sigma last into it? */
static void session_marks(const as_sim_plan *plan, uint32_t session, bool *null, bool *carry)
{
    const as_session *s = plan->session[session];
    const double least = 0.5;
    *null = true;
    *carry = false;
    for (uint32_t i = 0; i < plan->event_count && plan->event[i].t0 <= s->close; i++) {
        const as_plan_event *e = &plan->event[i];
        if (e->kind >= AS_PLANT_PRICED)
            continue;
        if (e->t0 > s->prev_close || (e->answered_at > s->prev_close && e->answered_at <= s->close)) {
            *null = false;
            continue;
        }
        for (uint32_t k = 0; k < e->planted_count; k++) {
            const as_planted *p = &e->planted[k];
            double age = (double)s->index - p->v_ref, limit = (double)AS_PLAN_GAP_SESSIONS;
            double left = p->half_life > 0 ? as_half((age > 0 ? age : 0) / p->half_life) : age < limit;
            *carry |= fabs(p->excess) * left > least;
        }
    }
}

static int write_truth(const writing *w)
{
    char path[AS_PATH_BYTES];
    FILE *file = NULL;
    const as_sim_plan *plan = &w->plan;
    int rc = as_sim_folder_open(w->folder, "truth.json", path, &file);
    if (rc < 0)
        return rc;
    fprintf(file,
            "{\"schema\":2,\"kind\":\"market\",\"seed\":%" PRIu64 ",\"scenario\":\"%s\",\"label\":\"%s\","
            "\"format\":\"%s\",\n \"sessions\":[",
            w->options->seed, w->market->name, w->market->label, as_sim_format_text(w->options->format));
    for (uint32_t i = 0; i < plan->session_count; i++) {
        int32_t date = plan->session[i]->date;
        bool null, carry;
        session_marks(plan, i, &null, &carry);
        fprintf(file, "%s\n  {\"date\":\"%04d-%02d-%02d\",\"null\":%s,\"carry\":%s}", i ? "," : "", date / 10000,
                date / 100 % 100, date % 100, null ? "true" : "false", carry ? "true" : "false");
    }
    fputs("],\n \"events\":[", file);
    for (uint32_t i = 0; i < plan->event_count; i++) {
        fputs(i ? ",\n" : "\n", file);
        write_event(file, w->market, &plan->event[i], i);
    }
    fputs("]}\n", file);
    return as_sim_folder_close(file, path);
}

/* ---- prices ---- */

static void write_closes(writing *w)
{
    const as_session *session = w->feed.slot->session;
    char px[AS_PRICE_TEXT_BYTES];
    for (uint32_t i = 0; i < w->market->count; i++) {
        if (!as_sim_feed_trades(&w->feed, i))
            continue;
        as_price_format(as_sim_feed_close(&w->feed, i), px);
        fprintf(w->daily, "%04d-%02d-%02d,%s,%s\n", session->date / 10000, session->date / 100 % 100,
                session->date % 100, w->market->sim[i].symbol, px);
    }
}

static int write_prices(writing *w)
{
    int rc = as_sim_folder_open(w->folder, "daily.csv", w->daily_path, &w->daily);
    if (rc < 0)
        return rc;
    fputs("date,symbol,close\n", w->daily);
    rc = as_sim_out_open(&w->out, w->options->format, w->options->bar_minutes, &w->feed, w->folder, w->options->seed);
    while (rc == 0 && as_sim_feed_next(&w->feed)) {
        if (w->feed.history)
            write_closes(w);
        else
            rc = as_sim_out_session(&w->out);
    }
    int closed = as_sim_out_close(&w->out);
    rc = rc < 0 ? rc : closed;
    closed = as_sim_folder_close(w->daily, w->daily_path);
    return rc < 0 ? rc : closed;
}

static void count(const writing *w, as_market_folder_counts *counts)
{
    *counts = (as_market_folder_counts){.sessions = w->plan.session_count,
                                        .history_sessions = w->plan.history_count,
                                        .names = w->market->count,
                                        .headlines = w->plan.headline_count,
                                        .out = w->out.counts};
    for (uint32_t i = 0; i < w->plan.event_count; i++) {
        counts->priced += w->plan.event[i].kind < AS_PLANT_PRICED;
        counts->noise += w->plan.event[i].kind == AS_PLANT_NOISE;
    }
}

static int write_all(writing *w)
{
    int rc = as_sim_folder_make(w->folder, w->options->force);
    if (rc == 0)
        rc = as_sim_folder_copy(w->market->universe_path, w->folder, "universe.csv");
    if (rc == 0)
        rc = as_sim_folder_copy(w->market->playbook_path, w->folder, "playbook.yaml");
    if (rc == 0)
        rc = write_config(w);
    if (rc == 0)
        rc = write_headlines(w);
    if (rc == 0)
        rc = write_prices(w);
    return rc < 0 ? rc : write_truth(w); /* last: it tells the volatilities that were met */
}

int as_market_folder_write(const as_sim_market *market, const as_market_folder *options, const char *folder,
                           as_market_folder_counts *counts)
{
    writing w = {.market = market, .options = options, .folder = folder};
    int rc = as_sim_plan_make(&w.plan, market, options->seed, options->sessions);
    if (rc == 0)
        rc = as_sim_feed_init(&w.feed, &w.plan, options->seed);
    if (rc == 0)
        rc = write_all(&w);
    if (rc == 0)
        count(&w, counts);
    as_sim_feed_fini(&w.feed);
    as_sim_plan_fini(&w.plan);
    return rc;
}
