#include "apps/common/account.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "apps/common/json_text.h"
#include "core/error.h"

static uint64_t filtered_rows(const as_input_stats *stats)
{
    uint64_t rows = 0;
    for (unsigned i = 0; i < stats->filtered_count; i++)
        rows += stats->filtered[i].count;
    return rows;
}

void as_account_faults(const as_input_stats *stats, FILE *stream)
{
    if (stats->gaps)
        fprintf(stream, ", %" PRIu64 " gaps of %" PRIu64 " messages", stats->gaps, stats->lost);
    if (stats->duplicates)
        fprintf(stream, ", %" PRIu64 " duplicates", stats->duplicates);
    if (stats->restarts)
        fprintf(stream, ", %" PRIu64 " restarts", stats->restarts);
    if (stats->out_of_order)
        fprintf(stream, ", %" PRIu64 " out of order", stats->out_of_order);
}

static void print_input(const as_input_account *input, FILE *stream)
{
    const as_input_stats *stats = &input->stats;
    fprintf(stream, "input %s: %s", input->path, stats->format);
    if (stats->rows) {
        fprintf(stream, ", %" PRIu64 " rows =", stats->rows);
        if (stats->headlines || stats->merged)
            fprintf(stream, " %" PRIu64 " headlines + %" PRIu64 " merged", stats->headlines, stats->merged);
        uint64_t market = stats->events - stats->headlines;
        if (market || !stats->headlines)
            fprintf(stream, "%s %" PRIu64 " market events", stats->headlines ? " +" : "", market);
        if (stats->unknown_symbol)
            fprintf(stream, " + %" PRIu64 " of unknown symbols", stats->unknown_symbol);
        if (stats->bad)
            fprintf(stream, " + %" PRIu64 " bad", stats->bad);
        for (unsigned i = 0; i < stats->filtered_count; i++)
            fprintf(stream, " + %" PRIu64 " left out by %s", stats->filtered[i].count, stats->filtered[i].rule);
        uint64_t accounted = stats->events + stats->merged + stats->unknown_symbol + stats->bad + filtered_rows(stats);
        if (stats->rows > accounted)
            fprintf(stream, " + %" PRIu64 " at or after --to", stats->rows - accounted);
    } else {
        fprintf(stream, ", %" PRIu64 " messages, %" PRIu64 " events", stats->messages, stats->events);
        if (stats->unknown_symbol)
            fprintf(stream, ", %" PRIu64 " of unknown symbols", stats->unknown_symbol);
    }
    as_account_faults(stats, stream);
    fputs(stats->truncated ? ", cut\n" : "\n", stream);
    for (unsigned i = 0; i < stats->error_count; i++)
        fprintf(stream, "  %s %" PRIu64 "\n", stats->error[i].reason, stats->error[i].count);
}

static void print_vetoes(const as_engine_counters *counters, FILE *stream)
{
    for (unsigned kind = 0; kind < AS_SIGNAL_KIND_COUNT; kind++) {
        bool any = false;
        for (unsigned i = 0; i < AS_REASON_COUNT; i++) {
            if (!counters->veto[kind][i])
                continue;
            if (!any)
                fprintf(stream, "vetoes of %s:", as_signal_kind_text((as_signal_kind)kind));
            fprintf(stream, " %s %" PRIu64, as_reason_text((as_reason)i), counters->veto[kind][i]);
            any = true;
        }
        if (any)
            fputc('\n', stream);
    }
}

void as_account_print(const as_account *account, const as_engine *engine, FILE *stream)
{
    const as_engine_counters *counters = &engine->counters;
    for (unsigned i = 0; i < account->input_count; i++)
        print_input(&account->input[i], stream);
    if (account->journal)
        fprintf(stream, "journal: %" PRIu64 " records, %s%s\n", account->journal_records,
                account->journal_complete ? "closed in good order" : "not closed",
                account->journal_truncated ? ", cut in its last record" : "");
    if (account->journal_losses)
        fprintf(stream, "journal: %" PRIu64 " records were lost while recording: not replayable past the first\n",
                account->journal_losses);
    if (account->history_bars)
        fprintf(stream, "history: %" PRIu64 " daily bars\n", account->history_bars);
    if (account->reordered)
        fprintf(stream, "merge: %" PRIu64 " events were received before the logical time\n", account->reordered);
    if (account->headlines_before)
        fprintf(stream, "headlines before --from: %" PRIu64 "\n", account->headlines_before);
    fprintf(stream,
            "events %" PRIu64 ", headlines %" PRIu64 " (%" PRIu64 " name no instrument, %" PRIu64
            " belong to no fact), facts %" PRIu64 ", shocks %" PRIu64 "\n",
            counters->events, counters->headlines, counters->headlines_no_issuer, counters->headlines_no_fact,
            counters->facts, counters->shocks);
    if (engine->shocks.refused_refs || engine->facts.forgotten || engine->timers.refused || engine->shocks.late_news ||
        counters->shocks_displaced)
        fprintf(stream,
                "limits: %" PRIu64 " names left out of a shock, %" PRIu64 " facts forgotten, %" PRIu64
                " timers refused, %" PRIu64 " shocks displaced; late news %" PRIu64 "\n",
                engine->shocks.refused_refs, engine->facts.forgotten, engine->timers.refused,
                counters->shocks_displaced, engine->shocks.late_news);
    for (unsigned kind = 0; kind < AS_SIGNAL_KIND_COUNT; kind++)
        if (counters->opened[kind] || counters->near_misses[kind])
            fprintf(stream,
                    "%s: %" PRIu64 " opened, %" PRIu64 " closed, %" PRIu64 " expired, %" PRIu64 " near misses\n",
                    as_signal_kind_text((as_signal_kind)kind), counters->opened[kind], counters->closed[kind],
                    counters->expired[kind], counters->near_misses[kind]);
    print_vetoes(counters, stream);
}

/* ---- JSON ---- */

static void json_inputs(const as_account *account, FILE *file)
{
    fputs("\"inputs\":[", file);
    for (unsigned i = 0; i < account->input_count; i++) {
        const as_input_stats *stats = &account->input[i].stats;
        fputs(i ? ",{\"path\":" : "{\"path\":", file);
        as_json_text(file, account->input[i].path, strlen(account->input[i].path));
        fprintf(file,
                ",\"format\":\"%s\",\"rows\":%" PRIu64 ",\"messages\":%" PRIu64 ",\"events\":%" PRIu64
                ",\"headlines\":%" PRIu64 ",\"merged\":%" PRIu64 ",\"unknown_symbol\":%" PRIu64 ",\"bad\":%" PRIu64
                ",\"gaps\":%" PRIu64 ",\"lost\":%" PRIu64 ",\"duplicates\":%" PRIu64 ",\"restarts\":%" PRIu64
                ",\"filtered\":%" PRIu64 ",\"out_of_order\":%" PRIu64 ",\"truncated\":%s,\"errors\":{",
                stats->format, stats->rows, stats->messages, stats->events, stats->headlines, stats->merged,
                stats->unknown_symbol, stats->bad, stats->gaps, stats->lost, stats->duplicates, stats->restarts,
                filtered_rows(stats), stats->out_of_order, stats->truncated ? "true" : "false");
        for (unsigned e = 0; e < stats->error_count; e++)
            fprintf(file, "%s\"%s\":%" PRIu64, e ? "," : "", stats->error[e].reason, stats->error[e].count);
        fputs("}}", file);
    }
    fputs("]", file);
}

static void json_kinds(const as_engine_counters *counters, FILE *file)
{
    fputs("\"signals\":{", file);
    for (unsigned kind = 0; kind < AS_SIGNAL_KIND_COUNT; kind++) {
        fprintf(file,
                "%s\"%s\":{\"opened\":%" PRIu64 ",\"updated\":%" PRIu64 ",\"closed\":%" PRIu64 ",\"expired\":%" PRIu64
                ",\"near_misses\":%" PRIu64 ",\"vetoes\":{",
                kind ? "," : "", as_signal_kind_text((as_signal_kind)kind), counters->opened[kind],
                counters->updated[kind], counters->closed[kind], counters->expired[kind], counters->near_misses[kind]);
        bool comma = false;
        for (unsigned i = 0; i < AS_REASON_COUNT; i++) {
            if (!counters->veto[kind][i])
                continue;
            fprintf(file, "%s\"%s\":%" PRIu64, comma ? "," : "", as_reason_text((as_reason)i), counters->veto[kind][i]);
            comma = true;
        }
        fputs("}}", file);
    }
    fputs("}", file);
}

int as_account_write(const as_account *account, const as_engine *engine, const char *path, uint64_t decisions,
                     const char *sha256)
{
    const as_engine_counters *counters = &engine->counters;
    bool standard = strcmp(path, "-") == 0;
    FILE *file = standard ? stdout : fopen(path, "we");
    if (!file)
        return as_error_set(-errno, "%s: cannot be written: %s", path, strerror(errno));
    fprintf(file,
            "{\"schema\":1,\"decisions\":%" PRIu64 ",\"sha256\":\"%s\",\"events\":%" PRIu64 ",\"instants\":%" PRIu64
            ",\"timers\":%" PRIu64 ",\"headlines\":{\"read\":%" PRIu64 ",\"no_issuer\":%" PRIu64 ",\"no_fact\":%" PRIu64
            ",\"repeated\":%" PRIu64 "},\"facts\":%" PRIu64 ",\"generations\":%" PRIu64 ",\"shocks\":%" PRIu64
            ",\"history_bars\":%" PRIu64 ",\"reordered\":%" PRIu64 ",\"headlines_before\":%" PRIu64 ",",
            decisions, sha256, counters->events, counters->instants, counters->timers, counters->headlines,
            counters->headlines_no_issuer, counters->headlines_no_fact, counters->headlines_repeated, counters->facts,
            counters->generations, counters->shocks, account->history_bars, account->reordered,
            account->headlines_before);
    json_inputs(account, file);
    fputc(',', file);
    json_kinds(counters, file);
    fputs("}\n", file);
    int rc = fflush(file) || ferror(file) ? as_error_set(-EIO, "%s: %s", path, strerror(errno)) : 0;
    if (!standard)
        fclose(file);
    return rc;
}

void as_account_fini(as_account *account)
{
    free(account->input);
    *account = (as_account){0};
}
