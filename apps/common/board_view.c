#include "apps/common/board_view.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "core/event.h"

enum { HEARTBEATS_MISSED = 4 };

typedef struct judge {
    FILE *out;
    bool well;
} judge;

__attribute__((format(printf, 2, 3))) static void say(judge *j, const char *format, ...)
{
    va_list arguments;
    j->well = false;
    if (!j->out)
        return;
    va_start(arguments, format);
    vfprintf(j->out, format, arguments);
    va_end(arguments);
    fputc('\n', j->out);
}

/* A feed that never brought anything is no better than one that has stopped. */
static void judge_connecting(judge *j, const as_board_view *view, const as_board_feed *feed)
{
    uint64_t since = feed->last_packet_ns > view->started_ns ? feed->last_packet_ns : view->started_ns;
    uint64_t silent_s = view->now_ns > since ? (view->now_ns - since) / AS_NS_PER_S : 0;
    if (silent_s >= AS_BOARD_CONNECTING_S)
        say(j, "feed %s has received nothing for %" PRIu64 " s", feed->name, silent_s);
}

bool as_board_health(const as_board_view *view, FILE *out)
{
    judge j = {.out = out, .well = true};
    for (uint32_t i = 0; i < view->feed_count; i++) {
        const as_board_feed *feed = &view->feed[i];
        if (strcmp(feed->state, "down") == 0 || strcmp(feed->state, "stale") == 0)
            say(&j, "feed %s is %s", feed->name, feed->state);
        else if (strcmp(feed->state, "connecting") == 0)
            judge_connecting(&j, view, feed);
    }
    if (view->halted)
        say(&j, "halted by the operator");
    if (view->journal_failed)
        say(&j, "the journal cannot be written");
    if (view->journal_lost)
        say(&j, "the journal has lost %" PRIu64 " records: this run cannot be replayed", view->journal_lost);
    if (view->decisions_dropped)
        say(&j, "the core has dropped %" PRIu64 " decisions: the publisher's ring was full", view->decisions_dropped);
    if (view->decisions_waiting > AS_DECISION_RING_SLOTS / 2)
        say(&j, "the publisher is behind: %" PRIu32 " decisions wait, of at most %d", view->decisions_waiting,
            AS_DECISION_RING_SLOTS);
    if (view->heartbeat_age_ms > (uint64_t)HEARTBEATS_MISSED * view->heartbeat_ms)
        say(&j, "the publisher has made no heartbeat for %" PRIu64 " ms", view->heartbeat_age_ms);
    return j.well;
}
