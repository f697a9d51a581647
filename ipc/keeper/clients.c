#include "ipc/keeper/clients.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "core/error.h"

struct as_clients {
    as_client *client; /* 1 .. count; 0 is the list's head: .newer the oldest, .older the newest */
    uint32_t *slot;    /* index of a client, 0 empty */
    uint32_t mask, count, count_max;
};

int as_clients_new(uint32_t count_max, as_clients **out)
{
    as_clients *clients = calloc(1, sizeof *clients);
    uint32_t slots = 4;
    while (slots < 2 * count_max)
        slots *= 2;
    if (clients) {
        clients->count_max = count_max;
        clients->mask = slots - 1;
        clients->client = calloc(count_max + (size_t)1, sizeof *clients->client);
        clients->slot = calloc(slots, sizeof *clients->slot);
    }
    if (!clients || !clients->client || !clients->slot) {
        as_clients_free(clients);
        return as_error_set(-ENOMEM, "server: out of memory for %u clients", count_max);
    }
    *out = clients;
    return 0;
}

void as_clients_free(as_clients *clients)
{
    if (!clients)
        return;
    free(clients->client);
    free(clients->slot);
    free(clients);
}

static uint32_t slot_of(const as_clients *clients, const uint64_t key[2])
{
    uint32_t at = (uint32_t)key[0] & clients->mask;
    for (; clients->slot[at]; at = (at + 1) & clients->mask)
        if (memcmp(clients->client[clients->slot[at]].key, key, 2 * sizeof *key) == 0)
            break;
    return at;
}

static void empty_slot(as_clients *clients, uint32_t hole)
{
    for (uint32_t at = (hole + 1) & clients->mask; clients->slot[at]; at = (at + 1) & clients->mask) {
        uint32_t home = (uint32_t)clients->client[clients->slot[at]].key[0] & clients->mask;
        if (((at - home) & clients->mask) < ((at - hole) & clients->mask))
            continue;
        clients->slot[hole] = clients->slot[at];
        hole = at;
    }
    clients->slot[hole] = 0;
}

static void unlink_client(as_clients *clients, uint32_t i)
{
    as_client *c = &clients->client[i];
    clients->client[c->older].newer = c->newer;
    clients->client[c->newer].older = c->older;
}

static void link_newest(as_clients *clients, uint32_t i)
{
    as_client *head = clients->client, *c = &clients->client[i];
    c->older = head->older;
    c->newer = 0;
    clients->client[c->older].newer = i;
    head->older = i;
}

/* A place for a new client: a fresh one, or the oldest one's. */
static uint32_t place(as_clients *clients)
{
    if (clients->count < clients->count_max)
        return ++clients->count;
    uint32_t i = clients->client[0].newer;
    empty_slot(clients, slot_of(clients, clients->client[i].key));
    unlink_client(clients, i);
    return i;
}

as_client *as_clients_get(as_clients *clients, const void *identity, size_t identity_bytes)
{
    XXH128_hash_t hash = XXH3_128bits(identity, identity_bytes);
    const uint64_t key[2] = {hash.low64, hash.high64};
    uint32_t at = slot_of(clients, key), i = clients->slot[at];
    if (i) {
        unlink_client(clients, i);
    } else {
        i = place(clients);
        as_client *c = &clients->client[i];
        c->key[0] = key[0];
        c->key[1] = key[1];
        c->reported = false;
        c->name[0] = 0;
        c->seen = c->lost = c->at = c->requests = c->refused = 0;
        clients->slot[slot_of(clients, key)] = i;
    }
    link_newest(clients, i);
    return &clients->client[i];
}

uint32_t as_clients_count(const as_clients *clients)
{
    return clients->count;
}

as_client *as_clients_at(as_clients *clients, uint32_t idx)
{
    return &clients->client[idx + 1];
}

void as_clients_report(as_clients *clients, as_client *client, const char *name, uint64_t seen, uint64_t lost)
{
    if (!client->reported || strcmp(client->name, name) != 0) {
        for (uint32_t i = 1; i <= clients->count; i++) {
            as_client *other = &clients->client[i];
            if (other == client || !other->reported || strcmp(other->name, name) != 0)
                continue;
            other->reported = false;
            client->requests += other->requests;
            client->refused += other->refused;
        }
    }
    client->reported = true;
    (void)snprintf(client->name, sizeof client->name, "%s", name);
    client->seen = seen;
    client->lost = lost;
}
