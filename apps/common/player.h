/*
 * The player: recorded inputs, or one journal, into the engine of a setup.
 *
 * Inputs are merged by receive time (feeds/files/input_merge.h) and go through core/merge.h as live events do; a
 * journal goes straight to the engine, step by step as it was recorded. With `topology: pinned` the inputs are read
 * and decoded on their own thread and cross the same rings as live feeds do, held back instead of dropped while
 * these are full; the decisions are the same. With a speed the events are paced by their receive times; nothing
 * else changes.
 */
#ifndef AS_APPS_COMMON_PLAYER_H
#define AS_APPS_COMMON_PLAYER_H

#include <stdbool.h>
#include <stdint.h>

#include "apps/common/account.h"
#include "apps/common/setup.h"
#include "ipc/publisher.h"

typedef struct as_player {
    as_setup *setup;
    char *const *path;
    unsigned path_count;
    double speed;       /* 0: as fast as possible; else times real time */
    uint64_t from, to;  /* receive time: headlines in [from, to), prices before to (the earlier ones warm estimators) */
    int32_t date;
    bool strict;
    as_account *account; /* filled with what each input was */
} as_player;

/* Live orders to make room for: what an input holds is known only when it is read, and unused room is never touched. */
enum { AS_PLAYER_ORDERS_MAX = 1 << 20 };

/* 0; or a negative errno with the error chain set. */
int as_player_run(as_player *player);

/* Wait until someone subscribes, at most wait_s seconds. */
void as_player_wait_subscriber(const as_publisher *publisher, unsigned wait_s);

#endif
