#include "apps/score/book.h"

#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "core/error.h"

const uint64_t as_score_delay_ns[AS_SCORE_DELAYS] = {0,           AS_NS_PER_MS, 5 * AS_NS_PER_MS, 50 * AS_NS_PER_MS,
                                                     AS_NS_PER_S, AS_NS_PER_MIN};
const char *const as_score_delay_text[AS_SCORE_DELAYS] = {"0", "1 ms", "5 ms", "50 ms", "1 s", "1 min"};

/* Room for one more. */
static void *grow(void *list, size_t count, size_t *room, size_t item_bytes)
{
    if (count < *room)
        return list;
    *room = *room ? 2 * *room : 64;
    void *grown = realloc(list, *room * item_bytes);
    AS_ASSERT(grown);
    return grown;
}

as_score_signal *as_score_book_signal(as_score_book *book)
{
    book->signal = grow(book->signal, book->signal_count, &book->signal_room, sizeof *book->signal);
    as_score_signal *signal = &book->signal[book->signal_count++];
    memset(signal, 0, sizeof *signal);
    return signal;
}

as_score_day *as_score_book_day(as_score_book *book)
{
    book->day = grow(book->day, book->day_count, &book->day_room, sizeof *book->day);
    as_score_day *day = &book->day[book->day_count++];
    memset(day, 0, sizeof *day);
    return day;
}

as_score_run *as_score_book_run(as_score_book *book)
{
    size_t room = book->run_room;
    book->run = grow(book->run, book->run_count, &room, sizeof *book->run);
    book->run_room = (uint32_t)room;
    as_score_run *run = &book->run[book->run_count++];
    memset(run, 0, sizeof *run);
    return run;
}

uint8_t as_score_book_lane(as_score_book *book, const char *strategy, uint8_t kind)
{
    for (uint32_t i = 0; i < book->lane_count; i++)
        if (book->lane[i].kind == kind && strcmp(book->lane[i].strategy, strategy) == 0)
            return (uint8_t)i;
    if (book->lane_count == AS_SCORE_LANE_MAX)
        return AS_SCORE_LANE_MAX - 1;
    as_score_lane *lane = &book->lane[book->lane_count];
    lane->kind = kind;
    memcpy(lane->strategy, strategy, strnlen(strategy, sizeof lane->strategy - 1));
    return (uint8_t)book->lane_count++;
}

void as_score_book_count(as_score_book *book, const as_engine_counters *counters)
{
    as_engine_counters *sum = &book->counters;
    sum->events += counters->events;
    sum->headlines += counters->headlines;
    sum->facts += counters->facts;
    sum->shocks += counters->shocks;
    sum->decisions += counters->decisions;
    for (unsigned kind = 0; kind < AS_SIGNAL_KIND_COUNT; kind++) {
        sum->opened[kind] += counters->opened[kind];
        sum->closed[kind] += counters->closed[kind];
        sum->expired[kind] += counters->expired[kind];
        sum->updated[kind] += counters->updated[kind];
        sum->near_misses[kind] += counters->near_misses[kind];
        for (unsigned reason = 0; reason < AS_REASON_COUNT; reason++)
            sum->veto[kind][reason] += counters->veto[kind][reason];
    }
}

uint64_t as_score_headline_hash(const char *id)
{
    uint64_t hash = XXH3_64bits(id, strlen(id));
    return hash ? hash : 1;
}

void as_score_book_headline(as_score_book *book, uint32_t run, const char *id)
{
    as_score_run *r = &book->run[run];
    r->headline = grow(r->headline, r->headline_count, &r->headline_room, sizeof *r->headline);
    r->headline[r->headline_count++] = as_score_headline_hash(id);
}

static int by_hash(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

void as_score_book_end_run(as_score_book *book, uint32_t run)
{
    as_score_run *r = &book->run[run];
    if (r->headline_count)
        qsort(r->headline, r->headline_count, sizeof *r->headline, by_hash);
    for (size_t i = 0; i < book->day_count; i++)
        if (book->day[i].run == run && r->calibration_from && book->day[i].date >= r->calibration_from &&
            book->day[i].date <= r->calibration_to)
            r->calibration_overlaps = true;
}

void as_score_book_fini(as_score_book *book)
{
    for (uint32_t i = 0; i < book->run_count; i++)
        free(book->run[i].headline);
    free(book->signal);
    free(book->day);
    free(book->run);
    *book = (as_score_book){0};
}

const char *as_score_outcome_text(uint8_t outcome)
{
    static const char *const text[] = {"unfinished", "scored", "no_side", "no_hedge"};
    return outcome < sizeof text / sizeof *text ? text[outcome] : "?";
}
