#include "feeds/live/lookup.h"

#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef enum lookup_state { RUNNING, DONE, ABANDONED } lookup_state;

struct as_lookup {
    _Atomic int state;
    int error; /* of getaddrinfo; 0: there are addresses */
    unsigned address_count;
    as_address address[AS_LOOKUP_ADDRESS_MAX];
    char host[AS_HOST_BYTES];
    char port[8];
};

static void ask(as_lookup *lookup)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    lookup->error = getaddrinfo(lookup->host, lookup->port, &hints, &found);
    if (lookup->error != 0)
        return;
    for (const struct addrinfo *one = found; one != NULL && lookup->address_count < AS_LOOKUP_ADDRESS_MAX;
         one = one->ai_next) {
        as_address *address = &lookup->address[lookup->address_count];
        if (one->ai_addrlen > sizeof address->storage)
            continue;
        memcpy(&address->storage, one->ai_addr, one->ai_addrlen);
        address->storage_bytes = one->ai_addrlen;
        lookup->address_count++;
    }
    freeaddrinfo(found);
    if (lookup->address_count == 0)
        lookup->error = EAI_NONAME;
}

static void *resolve(void *ctx)
{
    as_lookup *lookup = ctx;
    ask(lookup);
    int before = atomic_exchange_explicit(&lookup->state, DONE, memory_order_acq_rel); /* edges L1, L2 */
    if (before == ABANDONED)
        free(lookup);
    return NULL;
}

/* A detached thread that no signal reaches. 0 or a positive errno. */
static int start_thread(as_lookup *lookup)
{
    pthread_attr_t attributes;
    pthread_t thread;
    sigset_t all, before;
    int error = pthread_attr_init(&attributes);
    if (error != 0)
        return error;
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, AS_LOOKUP_STACK_BYTES);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(&thread, &attributes, resolve, lookup);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return error;
}

int as_lookup_start(const char *host, uint16_t port, as_lookup **lookup)
{
    as_lookup *made = calloc(1, sizeof *made);
    if (made == NULL)
        return -ENOMEM;
    snprintf(made->host, sizeof made->host, "%s", host);
    snprintf(made->port, sizeof made->port, "%u", port);
    atomic_init(&made->state, RUNNING);
    int error = start_thread(made);
    if (error != 0) {
        free(made);
        return -error;
    }
    *lookup = made;
    return 0;
}

bool as_lookup_is_done(const as_lookup *lookup)
{
    return atomic_load_explicit(&lookup->state, memory_order_acquire) == DONE; /* edge L1 */
}

int as_lookup_answer(const as_lookup *lookup, const as_address **address, const char **why)
{
    if (lookup->error != 0) {
        *why = gai_strerror(lookup->error);
        return -1;
    }
    *address = lookup->address;
    return (int)lookup->address_count;
}

void as_lookup_free(as_lookup *lookup)
{
    if (lookup == NULL)
        return;
    int before = atomic_exchange_explicit(&lookup->state, ABANDONED, memory_order_acq_rel); /* edges L1, L2 */
    if (before == DONE)
        free(lookup);
}
