/*
 * What the clients of the server have said of themselves, beyond the end of their connections.
 *
 * Without CURVE a connection costs its owner little, so the table is bounded: the client that has been silent for
 * longest makes room. What is remembered of it is lost then, never what others have.
 *
 * Threads: the caller keeps them apart. Memory: fixed, count_max clients.
 */
#ifndef AS_IPC_KEEPER_CLIENTS_H
#define AS_IPC_KEEPER_CLIENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipc/auth.h"

typedef struct as_client {
    uint64_t key[2];       /* of its identity */
    uint32_t older, newer; /* by last request; indices */
    bool reported;         /* a ping has come */
    char name[AS_GRANT_NAME_BYTES];
    uint64_t seen, lost, at, requests, refused;
} as_client;

typedef struct as_clients as_clients;

/* count_max: 1 .. 2^20. */
int as_clients_new(uint32_t count_max, as_clients **clients);
void as_clients_free(as_clients *clients);

/* The client of an identity, new if need be; it is the newest now. */
as_client *as_clients_get(as_clients *clients, const void *identity, size_t identity_bytes);
uint32_t as_clients_count(const as_clients *clients);
/* The i-th, in no order, idx below the count. */
as_client *as_clients_at(as_clients *clients, uint32_t idx);
/*
 * A ping of this name: the client takes over what another connection of the same name has counted, so that one that
 * connects again is shown once.
 */
void as_clients_report(as_clients *clients, as_client *client, const char *name, uint64_t seen, uint64_t lost);

#endif
