/*
 * A bot that trades on paper: one unit of a name for each actionable fade, flat when it ends, flat whenever anything is
 * missing. It shows the order in which a bot does things; it is no advice.
 *
 *     paper_trader [--live E] [--requests E] [--topic PREFIX] [--seconds N] [--resume]
 *
 * After a gap it is flat and goes on. Not while the publisher is dead, whatever gaps follow: that is for a person,
 * who starts it again, or has started it with --resume. What it holds is marked at the price of the last signal of
 * the name; there are no fills but these.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "aftershock_client.h"

enum { POSITIONS_MAX = 256, TEXT_BYTES = 64 };

typedef struct position {
    char id[TEXT_BYTES], sym[TEXT_BYTES];
    int side;
    int64_t entry_px; /* 1e-9 */
    uint64_t valid_until;
} position;

typedef struct book {
    position held[POSITIONS_MAX];
    size_t count;
    double profit; /* in prices */
    unsigned trades;
} book;

static position *find(book *b, const char *id)
{
    for (size_t i = 0; i < b->count; i++)
        if (strcmp(b->held[i].id, id) == 0)
            return &b->held[i];
    return NULL;
}

/* px: AS_CLIENT_NIL_INT if unknown, then out at the entry. */
static void leave(book *b, position *p, int64_t px, const char *why)
{
    double gain = px == AS_CLIENT_NIL_INT ? 0 : (double)p->side * (double)(px - p->entry_px) / 1e9;
    printf("%-4s %s: %s, %+.4f\n", p->side > 0 ? "SELL" : "BUY", p->sym, why, gain);
    b->profit += gain;
    *p = b->held[--b->count];
}

static void leave_all(book *b, const char *why)
{
    while (b->count > 0)
        leave(b, &b->held[b->count - 1], AS_CLIENT_NIL_INT, why);
}

static void enter(book *b, const as_client_body *s)
{
    if (b->count == POSITIONS_MAX || s->px == AS_CLIENT_NIL_INT || !s->sym || strlen(s->id) >= TEXT_BYTES ||
        strlen(s->sym) >= TEXT_BYTES)
        return;
    position *p = &b->held[b->count++];
    *p = (position){.side = s->side > 0 ? 1 : -1, .entry_px = s->px, .valid_until = s->valid_until};
    memcpy(p->id, s->id, strlen(s->id) + 1);
    memcpy(p->sym, s->sym, strlen(s->sym) + 1);
    b->trades++;
    printf("%-4s %s at %.4f\n", p->side > 0 ? "BUY" : "SELL", p->sym, (double)p->entry_px / 1e9);
}

static void on_signal(book *b, const as_client_message *m)
{
    const as_client_body *s = &m->body;
    position *held = find(b, s->id);
    bool ends = strcmp(s->action, "close") == 0 || strcmp(s->action, "expire") == 0;
    if (held && ends)
        leave(b, held, s->px, s->reasons_count ? s->reasons[0] : s->action);
    else if (held && s->side != held->side)
        leave(b, held, s->px, "the signal has changed its side");
    else if (!held && m->actionable)
        enter(b, s);
}

/* Nobody needs to say that a signal's time is over. */
static void leave_expired(book *b, uint64_t ts_now)
{
    for (size_t i = 0; ts_now != AS_CLIENT_NIL_UINT && i < b->count;)
        if (b->held[i].valid_until <= ts_now)
            leave(b, &b->held[i], AS_CLIENT_NIL_INT, "expired");
        else
            i++;
}

/* Once each: a bot that is refused waits for ever, and somebody must know why. */
static void tell_refusal(const as_client *client)
{
    static char told[256];
    if (strcmp(told, as_client_error(client)) == 0)
        return;
    (void)snprintf(told, sizeof told, "%s", as_client_error(client));
    (void)fprintf(stderr, "the daemon refuses: %s\n", told);
}

static int trade(as_client *client, double seconds, bool resume, book *b)
{
    as_client_item item;
    time_t begun = time(NULL);
    while (difftime(time(NULL), begun) < seconds) {
        int rc = as_client_next(client, 100, &item);
        if (rc < 0)
            return rc;
        leave_expired(b, as_client_ts_now(client));
        if (as_client_halted(client))
            leave_all(b, "halted");
        if (rc > 0 && item.kind == AS_CLIENT_GAP && !item.gap.repaired) {
            leave_all(b, as_client_cause_name(item.gap.cause));
            if (resume || as_client_state_get(client) != AS_CLIENT_DEAD)
                as_client_acknowledge(client); /* flat: whatever was missed concerns nothing that is held */
        } else if (rc > 0 && item.kind == AS_CLIENT_MESSAGE && item.message.kind == AS_CLIENT_SIGNAL) {
            on_signal(b, &item.message);
        }
        tell_refusal(client);
        (void)fflush(stdout);
    }
    return 0;
}

int main(int argc, char **argv)
{
    const char *topics[] = {"sig.mean_reversion."}; /* fades with an edge; the rest is diagnosis */
    as_client_options options = as_client_defaults();
    double seconds = 1e9;
    bool resume = false;
    options.topics = topics;
    options.topics_count = 1;
    options.name = "paper_trader";
    for (int i = 1; i < argc; i++) {
        if (i + 1 < argc && strcmp(argv[i], "--live") == 0)
            options.live = argv[++i];
        else if (i + 1 < argc && strcmp(argv[i], "--requests") == 0)
            options.requests = argv[++i];
        else if (i + 1 < argc && strcmp(argv[i], "--topic") == 0)
            topics[0] = argv[++i];
        else if (i + 1 < argc && strcmp(argv[i], "--seconds") == 0)
            seconds = strtod(argv[++i], NULL);
        else if (strcmp(argv[i], "--resume") == 0)
            resume = true;
        else
            return fprintf(stderr, "usage: paper_trader [--live E] [--requests E] [--topic PREFIX] [--seconds N] "
                                   "[--resume]\n"),
                   2;
    }
    char error[256];
    as_client *client = as_client_new(&options, error, sizeof error);
    if (!client)
        return fprintf(stderr, "paper_trader: %s\n", error), 2;
    static book b;
    int rc = trade(client, seconds, resume, &b);
    leave_all(&b, "end");
    printf("%u trades, profit %+.4f\n", b.trades, b.profit);
    as_client_free(client);
    return rc < 0;
}
