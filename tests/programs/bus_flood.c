/*
 * A real signal bus under made-up decisions: what the soak and end-to-end tests of the wire run instead of a market.
 *
 *   bus_flood CONFIG --rate N [--names N] [--facts N] [--seed N] [--seconds N] [--valid MS] [--paused]
 *
 * Decisions follow the life of signals: opens, updates, closes, expiries, near misses; facts with their shocks. A
 * rate of 0 is as fast as the ring takes them. Lines on standard input: `go`, `pause`, `report`, `halt`,
 * `resume`, `quit`. After `report` it prints one JSON line at once, after `pause` and at the end it waits until
 * everything is published and kept; at the start one with the epoch and the endpoints.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/error.h"
#include "ipc/bus.h"
#include "tests/support/random.h"

enum { NAMES_MAX = 65536, FACTS_MAX = 512 };

typedef struct flood {
    as_bus *bus;
    as_ring *ring;
    uint64_t rate, names, facts, seed, seconds, valid_ms;
    uint64_t seq, random;
    uint64_t generation[NAMES_MAX]; /* of a name's signal: each open has an id of its own */
    bool open[NAMES_MAX], fact_open[FACTS_MAX];
} flood;

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
    (void)number;
    stopped = 1;
}

static uint64_t draw(flood *f, uint64_t below)
{
    return ast_random(&f->random) % below;
}

static as_decision *next_slot(flood *f)
{
    as_decision *slot;
    while (!(slot = as_ring_claim(f->ring)))
        sched_yield();
    as_decision_clear(slot);
    slot->seq = ++f->seq;
    slot->ts_recv = slot->ts_event = as_clock_now_ns();
    slot->status = AS_FACT_RUMOUR;
    return slot;
}

static void name_fact(as_decision *slot, uint64_t fact)
{
    snprintf(slot->fact, sizeof slot->fact, "F%" PRIu64 "|flood|x", fact);
}

static void say_fact(flood *f)
{
    uint64_t fact = draw(f, f->facts);
    as_decision *slot = next_slot(f);
    bool shock = f->fact_open[fact] && draw(f, 3) == 0;
    bool over = f->fact_open[fact] && !shock && draw(f, 3) == 0;
    slot->type = shock ? AS_DECISION_SHOCK : AS_DECISION_FACT;
    slot->status = over ? AS_FACT_EXPIRED : AS_FACT_RUMOUR;
    slot->m = 4.0;
    slot->g = 0.25;
    f->fact_open[fact] = !over;
    name_fact(slot, fact);
    snprintf(slot->symbol, sizeof slot->symbol, "F%" PRIu64, fact);
    as_ring_publish(f->ring);
}

static void say_signal(flood *f)
{
    uint64_t name = draw(f, f->names);
    as_decision *slot = next_slot(f);
    slot->type = AS_DECISION_SIG;
    slot->kind = AS_SIGNAL_OVERREACTION;
    slot->side = draw(f, 2) ? 1 : -1;
    slot->strength = 2.5 + (double)draw(f, 1000) / 500;
    slot->z = -3;
    slot->os = slot->strength;
    slot->valid_until = slot->ts_recv + f->valid_ms * AS_NS_PER_MS;
    slot->horizon_ns = f->valid_ms * AS_NS_PER_MS;
    slot->px = 100000000000 + (int64_t)draw(f, 1000000000);
    if (!f->open[name] && draw(f, 8) == 0) {
        slot->action = AS_ACTION_UPDATE; /* a near miss */
        slot->side = 0;
    } else if (!f->open[name]) {
        slot->action = AS_ACTION_OPEN;
        f->open[name] = true;
        f->generation[name]++;
    } else if (draw(f, 3)) {
        slot->action = AS_ACTION_UPDATE;
    } else {
        slot->action = draw(f, 2) ? AS_ACTION_CLOSE : AS_ACTION_EXPIRE;
        f->open[name] = false;
    }
    uint64_t near_miss = slot->side == 0;
    memcpy(slot->id, &name, sizeof name);
    uint64_t generation = f->generation[name] * 2 + near_miss;
    memcpy(slot->id + 8, &generation, sizeof generation);
    name_fact(slot, name % f->facts);
    snprintf(slot->symbol, sizeof slot->symbol, "N%" PRIu64, name);
    snprintf(slot->strategy, sizeof slot->strategy, "overreaction");
    as_ring_publish(f->ring);
}

static uint64_t rss_kib(void)
{
    char text[128];
    unsigned long long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file)
        return 0;
    if (fgets(text, sizeof text, file))
        sscanf(text, "%*u %llu", &pages);
    fclose(file);
    return pages * (uint64_t)sysconf(_SC_PAGESIZE) / 1024;
}

/* Everything that was decided is published, and everything that was published is kept. */
static void settle(flood *f)
{
    as_server *server = as_bus_server(f->bus);
    as_publisher *publisher = as_bus_publisher(f->bus);
    while (as_ring_depth(f->ring) > 0)
        sched_yield();
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL); /* the last one is under way */
    while (as_server_counters_get(server).messages < as_publisher_counters_get(publisher).published)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

static void report(flood *f, const char *what)
{
    as_publisher_counters p = as_publisher_counters_get(as_bus_publisher(f->bus));
    as_server_counters s = as_server_counters_get(as_bus_server(f->bus));
    as_fanout_counters c = as_publisher_fanout_counters(as_bus_publisher(f->bus));
    printf("{\"what\":\"%s\",\"epoch\":%" PRIu64 ",\"live\":\"%s\",\"requests\":\"%s\",\"decisions\":%" PRIu64
           ",\"gseq\":%" PRIu64 ",\"published\":%" PRIu64 ",\"waits\":%" PRIu64 ",\"encode_errors\":%" PRIu64
           ",\"signals\":%" PRIu64 ",\"facts\":%" PRIu64 ",\"clients\":%" PRIu64 ",\"dropped\":%" PRIu64
           ",\"evicted\":%" PRIu64 ",\"joined\":%" PRIu64 ",\"handshaking\":%" PRIu64 ",\"subscriptions\":%" PRIu64
           ",\"refused_full\":%" PRIu64 ",\"refused_handshake\":%" PRIu64 ",\"oldest\":%" PRIu64 ",\"rss_kib\":%" PRIu64
           ",\"ts\":%" PRIu64 "}\n",
           what, as_publisher_epoch(as_bus_publisher(f->bus)), as_publisher_endpoint(as_bus_publisher(f->bus)),
           as_server_endpoint(as_bus_server(f->bus)), f->seq, as_publisher_gseq(as_bus_publisher(f->bus)), p.published,
           p.waits, p.encode_errors, s.signals, s.facts, c.clients, c.dropped, c.evicted, c.joined, c.handshaking,
           c.subscriptions, c.refused_full, c.refused_handshake, as_server_oldest(as_bus_server(f->bus)), rss_kib(),
           as_clock_now_ns());
    fflush(stdout);
}

/* A line of standard input: false at its end and for `quit`. */
static bool obey(flood *f, bool *paused)
{
    char line[64];
    if (!fgets(line, sizeof line, stdin) || strcmp(line, "quit\n") == 0)
        return false;
    if (strcmp(line, "pause\n") == 0) {
        *paused = true;
        settle(f);
        report(f, "paused");
    } else if (strcmp(line, "report\n") == 0) {
        report(f, "running");
    } else if (strcmp(line, "go\n") == 0) {
        *paused = false;
    } else if (strcmp(line, "halt\n") == 0 || strcmp(line, "resume\n") == 0) {
        as_publisher_system(as_bus_publisher(f->bus), line[0] == 'h' ? "halt" : "resume");
    }
    return true;
}

static void run(flood *f, bool paused)
{
    uint64_t began = as_clock_monotonic_ns(), due = began;
    bool input = true;
    setvbuf(stdin, NULL, _IONBF, 0); /* so that poll tells the truth */
    while (!stopped && (f->seconds == 0 || as_clock_monotonic_ns() - began < f->seconds * AS_NS_PER_S)) {
        struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
        if (input && poll(&in, 1, paused ? 20 : 0) > 0 && !obey(f, &paused))
            break;
        if (paused) {
            due = as_clock_monotonic_ns();
            continue;
        }
        for (unsigned i = 0; i < 64; i++)
            draw(f, 50) == 0 ? say_fact(f) : say_signal(f);
        if (f->rate == 0)
            continue;
        due += 64 * AS_NS_PER_S / f->rate;
        uint64_t now = as_clock_monotonic_ns();
        if (due > now)
            nanosleep(&(struct timespec){.tv_sec = (time_t)((due - now) / AS_NS_PER_S),
                                         .tv_nsec = (long)((due - now) % AS_NS_PER_S)},
                      NULL);
        else if (now - due > AS_NS_PER_S)
            due = now; /* this machine does not reach the rate: what it does reach is in the report */
    }
}

static bool parse(int argc, char **argv, flood *f, bool *paused)
{
    *f = (flood){.rate = 1000, .names = 1000, .facts = 32, .seed = 1, .valid_ms = 60000};
    const struct {
        const char *name;
        uint64_t *value, max;
    } option[] = {{"--rate", &f->rate, UINT64_MAX},       {"--names", &f->names, NAMES_MAX},
                  {"--facts", &f->facts, FACTS_MAX},      {"--seed", &f->seed, UINT64_MAX},
                  {"--seconds", &f->seconds, UINT64_MAX}, {"--valid", &f->valid_ms, UINT64_MAX}};
    for (int i = 2; i < argc; i++) {
        bool known = strcmp(argv[i], "--paused") == 0;
        *paused |= known;
        for (unsigned k = 0; !known && i + 1 < argc && k < sizeof option / sizeof *option; k++)
            if (strcmp(argv[i], option[k].name) == 0) {
                *option[k].value = strtoull(argv[++i], NULL, 10);
                known = *option[k].value <= option[k].max;
            }
        if (!known)
            return false;
    }
    return argc >= 2 && f->names > 0 && f->facts > 0;
}

int main(int argc, char **argv)
{
    static flood f;
    bool paused = false;
    as_config *config;
    if (!parse(argc, argv, &f, &paused)) {
        fprintf(stderr,
                "usage: bus_flood CONFIG [--rate N] [--names N] [--facts N] [--seed N] [--seconds N] [--valid MS] "
                "[--paused]\n");
        return 2;
    }
    signal(SIGTERM, on_signal);
    signal(SIGINT, on_signal);
    f.random = f.seed;
    int rc = as_config_load(argv[1], &config);
    if (rc == 0)
        rc = as_ring_new(AS_DECISION_RING_SLOTS, (uint32_t)sizeof(as_decision), &f.ring);
    as_bus_options options = {.config = rc == 0 ? config : NULL, .no_control = true, .decisions = f.ring};
    if (rc == 0)
        rc = as_bus_start(&options, &f.bus);
    if (rc < 0) {
        as_error_print(stderr, "bus_flood");
        return 2;
    }
    report(&f, "started");
    run(&f, paused);
    settle(&f);
    report(&f, "ended");
    as_bus_stop(f.bus, "shutdown");
    as_ring_free(f.ring);
    as_config_free(config);
    return 0;
}
