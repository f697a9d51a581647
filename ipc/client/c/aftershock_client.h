/*
 * libaftershock-client: signals of an Aftershock daemon for a trading bot, with nothing lost, stale or doubled unsaid.
 *
 * The client subscribes, takes a snapshot of what is open, follows the sequences, has back what was lost, and says what
 * cannot be had back. The rules are docs/WIRE.md, "A client, step by step". In short:
 *
 *     as_client_options options = as_client_defaults();
 *     as_client *client = as_client_new(&options, NULL, 0);
 *     as_client_item item;
 *     while (as_client_next(client, -1, &item) >= 0) {
 *         if (item.kind == AS_CLIENT_GAP && !item.gap.repaired) {
 *             go_flat();                            -- drop what you hold
 *             if (as_client_state_get(client) != AS_CLIENT_DEAD)    -- a death is for a person to look at
 *                 as_client_acknowledge(client);    -- say so: no signal is actionable before
 *         } else if (item.kind == AS_CLIENT_MESSAGE && item.message.actionable) {
 *             trade(item.message.body.sym, item.message.body.side);
 *         }
 *     }
 *
 * Threads: a client belongs to one thread at a time. No function of one client may run twice at once; several
 * clients in several threads are independent. There is no thread of ours but libzmq's own for the network, and
 * nothing happens but in as_client_next: call it at least once per heartbeat interval, or wait on as_client_fd.
 * Memory: bounded. While the client joins or repairs it keeps at most 262,144 messages or 256 MiB; what is more is
 * dropped as a whole and told as a gap. Everything that comes from the network is checked before it is unpacked.
 * Errors: negative errno, with as_client_error for people. An error of the network is none: it shows in the state.
 */
#ifndef AFTERSHOCK_CLIENT_H
#define AFTERSHOCK_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__) && __GNUC__ >= 4
#define AS_CLIENT_API __attribute__((visibility("default")))
#else
#define AS_CLIENT_API
#endif

#define AS_CLIENT_VERSION "0.1.0"

/* Limits, and what stands for nil: texts are NULL, doubles NAN (isnan), integers these. */
#define AS_CLIENT_TOPICS_MAX 64 /* prefixes of one client */
#define AS_CLIENT_LIST_MAX 64   /* texts of one list that are told: reasons, headlines */
#define AS_CLIENT_NIL_UINT UINT64_MAX
#define AS_CLIENT_NIL_INT INT64_MIN

/*
 * ---- options
 * ------------------------------------------------------------------------------------------------------
 */

typedef struct as_client_options {
    const char *live;              /* endpoint that publishes; "tcp://127.0.0.1:5600" */
    const char *requests;          /* endpoint that answers; "tcp://127.0.0.1:5601" */
    const char *const *topics;     /* prefixes, ASCII, as on the wire: "sig.", "fact.META."; "" is everything */
    size_t topics_count;           /* 0: sig. shock. fact. feed. sys.*/
    const char *name;              /* who asks, shown to the operator; at most 31 bytes; NULL: "c" */
    uint32_t heartbeat_ms;         /* interval to expect until the publisher has said its own; 0: 250 */
    /*
     * CURVE, if the daemon demands it: all in Z85, 40 characters. Either public_key and secret_key, or key_file,
     * which is what `aftershock keygen` writes; it is refused if others may read it. server_key: the daemon's
     * public key.
     */
    const char *server_key, *public_key, *secret_key, *key_file;
} as_client_options;

/* The defaults above. */
AS_CLIENT_API as_client_options as_client_defaults(void);

/*
 * ---- what as_client_next gives
 * --------------------------------------------------------------------------------------
 */

typedef enum as_client_state {
    AS_CLIENT_CONNECTING, /* no heartbeat yet */
    AS_CLIENT_SYNCING,    /* asks what is true: hands out nothing */
    AS_CLIENT_LIVE,
    AS_CLIENT_REPAIRING,  /* asks for what was lost: hands out nothing */
    AS_CLIENT_DEAD,       /* no heartbeat for four intervals; stays so until it is back and you have acknowledged */
    AS_CLIENT_BYE         /* the publisher has ended; the next one is another epoch. Nothing is actionable */
} as_client_state;

typedef enum as_client_cause {
    AS_CLIENT_GAP_TSEQ,      /* a hole in a topic's sequence, or of topic "": more came than the client keeps */
    AS_CLIENT_GAP_TAIL,      /* the last message of a topic never came: a heartbeat says so */
    AS_CLIENT_GAP_MISSED,    /* the daemon itself lost decisions before they were messages */
    AS_CLIENT_GAP_EPOCH,     /* another publisher: what you held may be over */
    AS_CLIENT_GAP_DEAD,      /* the publisher is silent */
    AS_CLIENT_GAP_MALFORMED  /* a message could not be read; if it was one, its topic's sequence will show a hole */
} as_client_cause;

typedef struct as_client_gap {
    as_client_cause cause;
    const char *topic;   /* "" if it is of no single topic */
    uint64_t lost;       /* messages (of a missed gap: decisions), at least; 0 if nobody knows */
    bool repaired;       /* they follow at once, marked repaired. Else the client is degraded */
} as_client_gap;

typedef enum as_client_kind {
    AS_CLIENT_SIGNAL,
    AS_CLIENT_SHOCK,
    AS_CLIENT_FACT,
    AS_CLIENT_FEED,
    AS_CLIENT_HEARTBEAT,
    AS_CLIENT_SYSTEM,
    AS_CLIENT_OTHER /* a topic of a later version */
} as_client_kind;

/*
 * The fields of a message, by their names on the wire (docs/WIRE.md has meaning and units; times are ns UTC, prices
 * 1e-9). What a kind of message does not have, and what is nil, is undefined: NULL, NAN, AS_CLIENT_NIL_UINT or _INT.
 * Texts end with a zero, lists have as many texts as their count says (the first 64).
 */
typedef struct as_client_body {
    /* signal */
    const char *kind;     /* overreaction underreaction contradiction mean_reversion; also shock, fact */
    const char *action;   /* open update close expire */
    const char *id;       /* of the signal, from open to end */
    const char *sym;
    int64_t side;         /* +1 buy, -1 sell, 0 none */
    double strength;      /* absolute score */
    double p;             /* calibrated probability of a positive net reversion */
    double z, e;          /* standardised and justified move, sigma; z also of a shock */
    double os;            /* overreaction score */
    double b, k;          /* breadth 0 to 1, control statistic; also of a shock */
    double s;             /* OU s-score */
    double rev_bps, cost_bps;
    uint64_t half_life_ns, horizon_ns;
    uint64_t valid_until; /* ns UTC: act until then, by the publisher's clock */
    int64_t px, target, stop;
    const char *model, *strategy;
    const char *partner;  /* pairs: the other leg */
    double hedge;
    /* signal, shock, fact */
    const char *fact;     /* key: issuer|event|object */
    const char *status;   /* rumour developing confirmed denied updated expired prior_disclosure */
    const char *event;
    const char *playbook, *params;
    uint64_t ts_event, ts_recv;
    uint64_t generation;
    double m, g;          /* size of the shock in sigma; gate 0 to 1 */
    uint64_t tick[2];     /* sequence of the triggering event, of the anchor */
    const char *headlines[AS_CLIENT_LIST_MAX];
    size_t headlines_count;
    const char *reasons[AS_CLIENT_LIST_MAX];
    size_t reasons_count;
    /* shock, fact */
    const char *issuer;
    int64_t dir;          /* shock: +1 0 -1 */
    uint64_t linked;      /* shock: names */
    double novelty;       /* fact: 0 to 1 */
    /* feed */
    const char *feed;
    const char *state;    /* down connecting live stale */
    uint64_t messages, gaps, lost, dropped, bad;
    /* heartbeat */
    uint64_t interval_ms, oldest, ts_now, missed;
    bool halted;
    /* sys */
    const char *what;     /* halt resume bye */
    const char *reason;
} as_client_body;

typedef struct as_client_message {
    as_client_kind kind;
    const char *topic;
    size_t topic_bytes;
    const uint8_t *payload; /* as published, MessagePack */
    size_t payload_bytes;
    uint64_t epoch, gseq, tseq, prev, ts_pub;
    bool replay;            /* a recorded day is published, not the present */
    bool snapshot;          /* not news: it was said before you joined */
    bool repaired;          /* it was lost, and asked for again */
    bool stale;             /* a signal whose valid_until has passed by the publisher's clock */
    bool actionable;        /* a signal that is open, has a side, is not stale, and nothing is missing: see above */
    as_client_body body;
} as_client_message;

typedef enum as_client_item_kind { AS_CLIENT_MESSAGE, AS_CLIENT_GAP } as_client_item_kind;

/* Texts and payload are valid until the next call of as_client_next, as_client_open_next or as_client_free. */
typedef struct as_client_item {
    as_client_item_kind kind;
    as_client_gap gap;         /* of a gap only */
    as_client_message message; /* of a message only */
} as_client_item;

/*
 * ---- life cycle
 * -----------------------------------------------------------------------------------------------------
 */

typedef struct as_client as_client;

/*
 * Connect in the background; the network need not be there. Options are copied. NULL if an option is wrong, a key file
 * cannot be read, or there is no memory; the cause is then in error (may be NULL) as text of at most error_bytes.
 */
AS_CLIENT_API as_client *as_client_new(const as_client_options *options, char *error, size_t error_bytes);
/* Never blocks. NULL is allowed. */
AS_CLIENT_API void as_client_free(as_client *client);

/*
 * The next message or gap. timeout_ms: 0 does not wait, negative waits for ever. 1 if there is one, 0 if the time
 * has passed, -EINTR if a signal came while it waited, -ENOMEM, or another negative errno if the transport is
 * broken for good.
 */
AS_CLIENT_API int as_client_next(as_client *client, int timeout_ms, as_client_item *item);

/*
 * A descriptor for poll, select or epoll: readable when as_client_next may have something to do (a timer is among its
 * reasons, so that a dead publisher wakes you). Edge-triggered in meaning: when it is readable, and once after
 * as_client_new, call as_client_next(client, 0, &item) until it returns 0; only then wait again. It may be readable for
 * nothing. Do not read from it or close it.
 */
AS_CLIENT_API int as_client_fd(as_client *client);

/*
 * You know that something is missing (or that the publisher was dead), hold nothing that depends on it, and want to
 * go on. It covers the gaps that you have been given; one that still waits in as_client_next keeps the client
 * degraded. If the client has come back to life behind a dead state, the signals that are open are handed out
 * again, as snapshot.
 */
AS_CLIENT_API void as_client_acknowledge(as_client *client);

/*
 * ---- how things are
 * -------------------------------------------------------------------------------------------------
 */

AS_CLIENT_API as_client_state as_client_state_get(const as_client *client);
/* Something is missing that nothing gives back and you have not acknowledged: no signal is actionable. */
AS_CLIENT_API bool as_client_degraded(const as_client *client);
/* The operator has stopped trading: no signal is actionable. */
AS_CLIENT_API bool as_client_halted(const as_client *client);
/* 0 before the first heartbeat. */
AS_CLIENT_API uint64_t as_client_epoch(const as_client *client);
/* The gseq of the last message that was taken: what as_client_hash is true at while live. */
AS_CLIENT_API uint64_t as_client_gseq(const as_client *client);
/* The publisher's logical clock, ns UTC: its last heartbeat's and the time since. AS_CLIENT_NIL_UINT: not begun. */
AS_CLIENT_API uint64_t as_client_ts_now(const as_client *client);

/* Since as_client_new; none of them ever falls. */
typedef struct as_client_counters {
    uint64_t messages;    /* handed out, those of snapshots excepted */
    uint64_t lost;        /* of gaps that were not repaired */
    uint64_t repaired;    /* messages that a replay gave back */
    uint64_t duplicates;  /* came twice, or were covered by the snapshot: not handed out */
    uint64_t stale;       /* signals that were stale when their turn came */
    uint64_t stale_epoch; /* of a publisher that was replaced: dropped */
    uint64_t epochs;      /* changes of publisher */
    uint64_t malformed;   /* messages and answers that could not be read */
    uint64_t withheld;    /* signals that came while dead */
    uint64_t received;    /* messages from the network, all of them */
    uint64_t heartbeats;
    uint64_t gaps;        /* told, repaired ones included */
    uint64_t snapshots;   /* taken */
    uint64_t replays;     /* asked for */
    uint64_t deaths;
} as_client_counters;
AS_CLIENT_API as_client_counters as_client_counters_get(const as_client *client);

/* Messages in the state: open signals, shocks, facts, feeds. */
AS_CLIENT_API size_t as_client_state_count(const as_client *client);
/*
 * SHA-256 over the state as docs/WIRE.md says, 64 hex digits and a zero: equal to the hash of a snapshot with the same
 * prefixes at the same gseq.
 */
AS_CLIENT_API void as_client_hash(const as_client *client, char hex[65]);

/*
 * The signals that are open, in order of their gseq: *cursor is 0 at first. false at the end. The message is marked as
 * snapshot; stale and actionable are as of now. A call of as_client_next ends the iteration.
 */
AS_CLIENT_API bool as_client_open_next(as_client *client, uint64_t *cursor, as_client_message *message);

/* What the server last refused, or what broke the transport, for people; "" if nothing. Valid until the next call. */
AS_CLIENT_API const char *as_client_error(const as_client *client);

AS_CLIENT_API const char *as_client_state_name(as_client_state state); /* "live" */
AS_CLIENT_API const char *as_client_cause_name(as_client_cause cause); /* "tseq" */

#ifdef __cplusplus
}
#endif

#endif
