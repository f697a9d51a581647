#include "bench/environment.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "bench/bench.h"
#include "core/clock.h"

#ifndef AS_BUILD_FLAGS
#define AS_BUILD_FLAGS "unknown"
#endif
#ifndef AS_GIT_COMMIT
#define AS_GIT_COMMIT "unknown"
#endif

enum { TIMER_CALLS = 20000, TIMER_ROUNDS = 5 };

/* The first line of a text, cut to what fits. */
static void set_text(char *out, size_t out_bytes, const char *text)
{
    size_t text_bytes = strcspn(text, "\n");
    if (text_bytes >= out_bytes)
        text_bytes = out_bytes - 1;
    memcpy(out, text, text_bytes);
    out[text_bytes] = '\0';
}

/* The value behind the colon of the first line of a file that begins with key; key "" takes the first line whole. */
static void read_line_of(const char *path, const char *key, char *out, size_t out_bytes)
{
    char text[512];
    FILE *file = fopen(path, "re");
    set_text(out, out_bytes, "unknown");
    if (!file)
        return;
    while (fgets(text, sizeof text, file)) {
        if (strncmp(text, key, strlen(key)) != 0)
            continue;
        const char *value = *key ? strchr(text, ':') : text;
        if (value)
            set_text(out, out_bytes, *key ? value + 1 + strspn(value + 1, " \t") : value);
        break;
    }
    fclose(file);
}

static uint64_t cache_bytes(int name)
{
    long bytes = sysconf(name);
    return bytes > 0 ? (uint64_t)bytes : 0;
}

static uint64_t many_ticks(void)
{
    uint64_t sum = 0;
    for (int i = 0; i < TIMER_CALLS; i++)
        sum += as_clock_ticks();
    return sum;
}

static uint64_t many_clocks(void)
{
    uint64_t sum = 0;
    for (int i = 0; i < TIMER_CALLS; i++)
        sum += as_clock_monotonic_ns();
    return sum;
}

/* Cost of one call: the best of some rounds, since other work on the machine only ever adds. */
static double cost_ns(uint64_t (*calls)(void))
{
    double best_ns = 1e9;
    for (int i = 0; i < TIMER_ROUNDS; i++) {
        uint64_t from_ns = as_clock_monotonic_ns();
        uint64_t sum = calls();
        double each_ns = (double)(as_clock_monotonic_ns() - from_ns) / TIMER_CALLS;
        if (sum != 0 && each_ns < best_ns)
            best_ns = each_ns;
    }
    return best_ns;
}

static void read_build(as_bench_environment *environment)
{
#if defined(__clang__)
    snprintf(environment->compiler, sizeof environment->compiler, "clang %s", __clang_version__);
#elif defined(__GNUC__)
    snprintf(environment->compiler, sizeof environment->compiler, "gcc %s", __VERSION__);
#else
    set_text(environment->compiler, sizeof environment->compiler, "unknown");
#endif
    set_text(environment->flags, sizeof environment->flags, AS_BUILD_FLAGS);
    set_text(environment->commit, sizeof environment->commit, AS_GIT_COMMIT);
#ifndef NDEBUG
    environment->assertions = true;
#endif
}

void as_bench_environment_read(as_bench_environment *environment)
{
    static const as_bench nothing = {.name = "environment"};
    static as_bench_context ctx;
    struct utsname uts;
    cpu_set_t allowed;
    *environment = (as_bench_environment){.cpu = {-1, -1}};
    read_build(environment);
    read_line_of("/proc/cpuinfo", "model name", environment->cpu_model, sizeof environment->cpu_model);
    read_line_of("/sys/kernel/mm/transparent_hugepage/enabled", "", environment->huge_pages,
                 sizeof environment->huge_pages);
    if (uname(&uts) == 0)
        snprintf(environment->kernel, sizeof environment->kernel, "%s %s %s", uts.sysname, uts.release, uts.machine);
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    environment->cpus_online = online > 0 ? (uint32_t)online : 0;
    if (sched_getaffinity(0, sizeof allowed, &allowed) == 0)
        environment->cpus_allowed = (uint32_t)CPU_COUNT(&allowed);
    environment->l2_bytes = cache_bytes(_SC_LEVEL2_CACHE_SIZE);
    environment->l3_bytes = cache_bytes(_SC_LEVEL3_CACHE_SIZE);
    if (as_bench_context_init(&ctx, &nothing, 1) == 0) {
        environment->ticks_hz = ctx.ticks.ticks_hz;
        memcpy(environment->cpu, ctx.cpu, sizeof environment->cpu);
    }
    environment->ticks_steady = as_clock_ticks_are_steady();
    environment->ticks_cost_ns = cost_ns(many_ticks);
    environment->clock_cost_ns = cost_ns(many_clocks);
    if (getloadavg(&environment->load_1min, 1) != 1)
        environment->load_1min = 0;
}

const char *as_bench_environment_note(const as_bench_environment *environment, unsigned idx)
{
    const char *notes[4];
    unsigned count = 0;
    if (environment->assertions)
        notes[count++] = "built with assertions (no NDEBUG): the figures are no measurement; use the bench preset";
    if (environment->cpus_allowed < 4)
        notes[count++] = "fewer than 4 CPUs: the pinned topology (feed, core, ipc, admin) does not fit, use compact; "
                         "compare ratios of one run only";
    if (environment->load_1min > 0.5 * environment->cpus_allowed)
        notes[count++] = "the machine is busy with other work: compare ratios of one run, and p50 only";
    if (!environment->ticks_steady)
        notes[count++] = "the tick counter is not invariant: intervals across CPUs or power states are off";
    return idx < count ? notes[idx] : NULL;
}

void as_bench_environment_print_text(const as_bench_environment *environment, FILE *stream)
{
    fprintf(stream, "cpu       %s, %u online, %u allowed, L2 %llu KiB, L3 %llu KiB\n", environment->cpu_model,
            environment->cpus_online, environment->cpus_allowed, (unsigned long long)environment->l2_bytes / 1024,
            (unsigned long long)environment->l3_bytes / 1024);
    fprintf(stream, "kernel    %s, transparent huge pages %s, load %.2f\n", environment->kernel,
            environment->huge_pages, environment->load_1min);
    fprintf(stream, "compiler  %s, flags %s\n", environment->compiler, environment->flags);
    fprintf(stream, "commit    %s\n", environment->commit);
    fprintf(stream, "timer     ticks %.3f GHz%s, %.1f ns a reading; clock_gettime %.1f ns\n",
            (double)environment->ticks_hz / 1e9, environment->ticks_steady ? "" : " (not invariant)",
            environment->ticks_cost_ns, environment->clock_cost_ns);
    if (environment->cpu[0] >= 0)
        fprintf(stream, "pinned    CPU %d and CPU %d\n", environment->cpu[0], environment->cpu[1]);
    else
        fprintf(stream, "pinned    no: fewer than two CPUs are allowed\n");
    for (unsigned i = 0; as_bench_environment_note(environment, i); i++)
        fprintf(stream, "note      %s\n", as_bench_environment_note(environment, i));
}

void as_bench_print_json_string(const char *text, FILE *stream)
{
    fputc('"', stream);
    for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
        if (*at == '"' || *at == '\\')
            fprintf(stream, "\\%c", *at);
        else if (*at < 0x20)
            fprintf(stream, "\\u%04x", *at);
        else
            fputc(*at, stream);
    }
    fputc('"', stream);
}

static void print_member(const char *key, const char *text, FILE *stream)
{
    fprintf(stream, "\"%s\":", key);
    as_bench_print_json_string(text, stream);
    fputc(',', stream);
}

void as_bench_environment_print_json(const as_bench_environment *environment, FILE *stream)
{
    fputc('{', stream);
    print_member("cpu", environment->cpu_model, stream);
    print_member("kernel", environment->kernel, stream);
    print_member("compiler", environment->compiler, stream);
    print_member("flags", environment->flags, stream);
    print_member("commit", environment->commit, stream);
    print_member("huge_pages", environment->huge_pages, stream);
    fprintf(stream, "\"assertions\":%s,\"cpus_online\":%u,\"cpus_allowed\":%u,\"pinned\":[",
            environment->assertions ? "true" : "false", environment->cpus_online, environment->cpus_allowed);
    if (environment->cpu[0] >= 0)
        fprintf(stream, "%d,%d", environment->cpu[0], environment->cpu[1]);
    fprintf(stream, "],\"l2_bytes\":%llu,\"l3_bytes\":%llu,\"ticks_hz\":%llu,\"ticks_steady\":%s,",
            (unsigned long long)environment->l2_bytes, (unsigned long long)environment->l3_bytes,
            (unsigned long long)environment->ticks_hz, environment->ticks_steady ? "true" : "false");
    fprintf(stream, "\"ticks_cost_ns\":%.2f,\"clock_cost_ns\":%.2f,\"load_1min\":%.2f,\"notes\":[",
            environment->ticks_cost_ns, environment->clock_cost_ns, environment->load_1min);
    for (unsigned i = 0; as_bench_environment_note(environment, i); i++) {
        if (i)
            fputc(',', stream);
        as_bench_print_json_string(as_bench_environment_note(environment, i), stream);
    }
    fputs("]}", stream);
}
