/*
 * The tape: what an exchange would have sent, as an ITCH 5.0 BinaryFILE.
 *
 * Keeps for every name AS_SIM_LEVELS orders a side and turns a wanted quote into the messages that lead to it: replace,
 * or delete and add; executions against the best orders; crosses. Everything said for one quote carries one stamp. The
 * side that retreats moves first, so that no book is ever crossed, not even between two messages.
 *
 * One thread. Memory: the books and a stdio buffer. Write errors are kept and told by as_sim_tape_close.
 */
#ifndef AS_APPS_SIM_TAPE_H
#define AS_APPS_SIM_TAPE_H

#include <stdint.h>
#include <stdio.h>

#include "apps/sim/random.h"
#include "feeds/decode/itch50.h"

enum { AS_SIM_LEVELS = 3, AS_SIM_TICK_PX4 = 100 };

typedef struct as_sim_order {
    uint64_t ref; /* 0: none yet */
    uint32_t px4;
    uint32_t shares;
} as_sim_order;

typedef struct as_sim_book {
    char stock[8];
    as_sim_order side[2][AS_SIM_LEVELS]; /* bids, asks; best first */
} as_sim_book;

typedef struct as_sim_tape {
    FILE *file;
    const char *path;
    as_sim_book *book;
    uint32_t book_count;
    as_sim_random random; /* of sizes, distances and the choice of messages */
    uint64_t ref, match;
    uint64_t messages, quotes, trades;
} as_sim_tape;

/* symbol: names of at most 8 characters, in the order of their locate codes (from 1). */
int as_sim_tape_open(as_sim_tape *tape, const char *path, uint64_t seed, const char *const *symbol, uint32_t count);

/* System event 'O' 'S' 'Q' 'M' 'E' 'C'. Stamps count from midnight, never backwards. */
void as_sim_tape_system(as_sim_tape *tape, uint64_t ts_ns, char event);
/* Stock directory, and trading action 'T'. */
void as_sim_tape_directory(as_sim_tape *tape, uint64_t ts_ns, uint32_t name);
void as_sim_tape_trading(as_sim_tape *tape, uint64_t ts_ns, uint32_t name);
/* The book's best prices are to be these; multiples of the tick, bid below ask. */
void as_sim_tape_quote(as_sim_tape *tape, uint64_t ts_ns, uint32_t name, uint32_t bid_px4, uint32_t ask_px4);
/* Somebody takes a part of the best bid (buy 0) or of the best ask (buy 1); the order is never used up. */
void as_sim_tape_trade(as_sim_tape *tape, uint64_t ts_ns, uint32_t name, int buy);
/* Opening 'O' or closing 'C' cross. */
void as_sim_tape_cross(as_sim_tape *tape, uint64_t ts_ns, uint32_t name, char cross, uint32_t px4, uint32_t shares);

/* Delete every order: no order lives into the next day. */
void as_sim_tape_clear(as_sim_tape *tape, uint64_t ts_ns);

/* 0, or a negative errno with the error chain set. Safe on zeroes. */
int as_sim_tape_close(as_sim_tape *tape);

#endif
