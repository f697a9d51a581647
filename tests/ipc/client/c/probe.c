/*
 * aftershock-client-probe: listen for a while, then say in one line of JSON what became of it; for tests that compare
 * clients with a publisher. The probes of the other clients take the same options.
 *
 *     aftershock-client-probe [--live E] [--requests E] [--topic PREFIX]... [--seconds N] [--acknowledge] [--items]
 *         [--name N] [--server-key Z85 (--public-key Z85 --secret-key Z85 | --key-file F)]
 *
 * --acknowledge: acknowledge every loss and death as soon as it can be. --items: also a line for each item. SIGTERM and
 * SIGINT end it early.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ipc/client/c/aftershock_client.h"

static volatile sig_atomic_t stopped;

static void stop(int number)
{
    (void)number;
    stopped = 1;
}

static double seconds_now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static const char *truth(bool value)
{
    return value ? "true" : "false";
}

/* Topics, ids and error texts: no control characters but those are the publisher's; what JSON forbids becomes '?'. */
static void print_text(const char *text)
{
    putchar('"');
    for (; text && *text; text++)
        putchar((unsigned char)*text < 0x20 || *text == '"' || *text == '\\' ? '?' : *text);
    putchar('"');
}

static void print_item(const as_client_item *item)
{
    const as_client_message *m = &item->message;
    if (item->kind == AS_CLIENT_GAP) {
        printf("{\"gap\":\"%s\",\"cause\":\"%s\",\"topic\":", as_client_cause_name(item->gap.cause),
               as_client_cause_name(item->gap.cause));
        print_text(item->gap.topic);
        printf(",\"lost\":%" PRIu64 ",\"repaired\":%s}\n", item->gap.lost, truth(item->gap.repaired));
    } else {
        printf("{\"topic\":");
        print_text(m->topic);
        printf(",\"gseq\":%" PRIu64 ",\"tseq\":%" PRIu64
               ",\"snapshot\":%s,\"repaired\":%s,\"stale\":%s,\"actionable\":%s",
               m->gseq, m->tseq, truth(m->snapshot), truth(m->repaired), truth(m->stale), truth(m->actionable));
        if (m->kind == AS_CLIENT_SIGNAL) {
            printf(",\"action\":");
            print_text(m->body.action);
            printf(",\"id\":");
            print_text(m->body.id);
        }
        printf("}\n");
    }
    (void)fflush(stdout);
}

static void print_counters(const as_client_counters *c)
{
    const struct {
        const char *name;
        uint64_t value;
    } all[] = {{"messages", c->messages},     {"lost", c->lost},
               {"repaired", c->repaired},     {"duplicates", c->duplicates},
               {"stale", c->stale},           {"stale_epoch", c->stale_epoch},
               {"epochs", c->epochs},         {"malformed", c->malformed},
               {"withheld", c->withheld},     {"received", c->received},
               {"heartbeats", c->heartbeats}, {"gaps", c->gaps},
               {"snapshots", c->snapshots},   {"replays", c->replays},
               {"deaths", c->deaths}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        printf("%s\"%s\":%" PRIu64, i ? "," : "{", all[i].name, all[i].value);
    printf("}");
}

static void print_end(as_client *client)
{
    char hash[65];
    as_client_counters counters = as_client_counters_get(client);
    as_client_hash(client, hash);
    printf("{\"client\":\"c\",\"state\":\"%s\",\"degraded\":%s,\"halted\":%s,\"epoch\":",
           as_client_state_name(as_client_state_get(client)), truth(as_client_degraded(client)),
           truth(as_client_halted(client)));
    if (as_client_epoch(client))
        printf("\"%" PRIu64 "\"", as_client_epoch(client));
    else
        printf("null");
    printf(",\"counters\":");
    print_counters(&counters);
    printf(",\"gseq\":%" PRIu64 ",\"entries\":%zu,\"hash\":\"%s\",\"error\":", as_client_gseq(client),
           as_client_state_count(client), hash);
    print_text(as_client_error(client));
    printf("}\n");
}

typedef struct arguments {
    as_client_options options;
    const char *topic[AS_CLIENT_TOPICS_MAX];
    double seconds;
    bool acknowledge, items;
} arguments;

static bool parse(int argc, char **argv, arguments *a)
{
    const struct {
        const char *name;
        const char **target;
    } texts[] = {{"--live", &a->options.live},
                 {"--requests", &a->options.requests},
                 {"--name", &a->options.name},
                 {"--server-key", &a->options.server_key},
                 {"--public-key", &a->options.public_key},
                 {"--secret-key", &a->options.secret_key},
                 {"--key-file", &a->options.key_file}};
    size_t topics = 0;
    for (int i = 1; i < argc; i++) {
        size_t t = 0;
        for (; t < sizeof texts / sizeof *texts && strcmp(argv[i], texts[t].name) != 0; t++)
            ;
        if (strcmp(argv[i], "--acknowledge") == 0)
            a->acknowledge = true;
        else if (strcmp(argv[i], "--items") == 0)
            a->items = true;
        else if (i + 1 == argc)
            return false;
        else if (strcmp(argv[i], "--topic") == 0 && topics < AS_CLIENT_TOPICS_MAX)
            a->topic[topics++] = argv[++i];
        else if (strcmp(argv[i], "--seconds") == 0)
            a->seconds = strtod(argv[++i], NULL);
        else if (t < sizeof texts / sizeof *texts)
            *texts[t].target = argv[++i];
        else
            return false;
    }
    if (topics) {
        a->options.topics = a->topic;
        a->options.topics_count = topics;
    }
    return true;
}

int main(int argc, char **argv)
{
    arguments a = {.options = as_client_defaults(), .seconds = 5};
    char error[256];
    if (!parse(argc, argv, &a)) {
        (void)fprintf(stderr, "aftershock-client-probe: an option it does not know, or without its value\n");
        return 2;
    }
    as_client *client = as_client_new(&a.options, error, sizeof error);
    if (!client) {
        (void)fprintf(stderr, "aftershock-client-probe: %s\n", error);
        return 2;
    }
    (void)signal(SIGTERM, stop);
    (void)signal(SIGINT, stop);
    if (a.items) {
        printf("{\"started\":true}\n");
        (void)fflush(stdout);
    }
    as_client_item item;
    double end = seconds_now() + a.seconds;
    for (double left = a.seconds; !stopped && left > 0; left = end - seconds_now()) {
        int rc = as_client_next(client, (int)((left < 0.2 ? left : 0.2) * 1000), &item);
        if (rc < 0)
            break;
        if (rc > 0 && a.items)
            print_item(&item);
        if (a.acknowledge && (as_client_degraded(client) || as_client_state_get(client) == AS_CLIENT_DEAD))
            as_client_acknowledge(client);
    }
    print_end(client);
    as_client_free(client);
    return 0;
}
