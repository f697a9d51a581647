#include "bench/bench.h"

#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"
#include "core/event.h"

const as_bench *as_bench_find(const char *name)
{
    for (const as_bench *const *bench = as_benches; *bench; bench++) {
        if (strcmp((*bench)->name, name) == 0)
            return *bench;
    }
    return NULL;
}

/* Two CPUs that this process may use; one alone is not worth pinning two spinning threads to. */
static void choose_cpus(int cpu[2])
{
    cpu_set_t allowed;
    int found[2] = {-1, -1};
    int count = 0;
    cpu[0] = cpu[1] = -1;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0)
        return;
    for (int i = 0; i < CPU_SETSIZE && count < 2; i++) {
        if (CPU_ISSET((size_t)i, &allowed))
            found[count++] = i;
    }
    if (count == 2)
        memcpy(cpu, found, sizeof found);
}

int as_bench_context_init(as_bench_context *ctx, const as_bench *bench, double seconds)
{
    *ctx = (as_bench_context){.seconds = seconds, .name = bench->name, .show_progress = isatty(STDERR_FILENO) == 1};
    choose_cpus(ctx->cpu);
    return as_clock_calibrate(50 * AS_NS_PER_MS, &ctx->ticks);
}

void as_bench_context_fini(as_bench_context *ctx)
{
    for (uint32_t i = 0; i < ctx->stage_count; i++)
        free(ctx->stage[i]);
    ctx->stage_count = 0;
}

as_bench_stage *as_bench_stage_add(as_bench_context *ctx, const as_bench_stage_info *info)
{
    AS_ASSERT(ctx->stage_count < AS_BENCH_STAGE_MAX);
    as_bench_stage *stage = calloc(1, sizeof *stage);
    AS_ASSERT(stage);
    snprintf(stage->name, sizeof stage->name, "%s", info->name);
    snprintf(stage->inside, sizeof stage->inside, "%s", info->inside);
    stage->unit = info->unit;
    stage->offered_hz = info->offered_hz;
    as_histogram_init(&stage->histogram);
    ctx->stage[ctx->stage_count++] = stage;
    return stage;
}

void as_bench_round(as_bench_stage *stage, double ns_per_op)
{
    if (stage->round_count < AS_BENCH_ROUND_MAX)
        stage->round_ns[stage->round_count++] = ns_per_op;
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

double as_bench_median(double *value, uint32_t value_count)
{
    if (value_count == 0)
        return 0;
    qsort(value, value_count, sizeof *value, compare_doubles);
    double upper = value[value_count / 2];
    return value_count % 2 ? upper : (value[value_count / 2 - 1] + upper) / 2;
}

double as_bench_median_ns(const as_bench_stage *stage)
{
    double copy[AS_BENCH_ROUND_MAX];
    memcpy(copy, stage->round_ns, sizeof copy);
    return as_bench_median(copy, stage->round_count);
}

double as_bench_percentile_ns(const as_bench_stage *stage, double percent)
{
    return (double)as_histogram_percentile(&stage->histogram, percent) / (double)stage->unit;
}

void as_bench_ratio(as_bench_context *ctx, const as_bench_ratio_info *info)
{
    AS_ASSERT(ctx->ratio_count < AS_BENCH_RATIO_MAX);
    as_bench_ratio_result *ratio = &ctx->ratio[ctx->ratio_count++];
    snprintf(ratio->name, sizeof ratio->name, "%s", info->name);
    ratio->value = info->value;
    ratio->at_most = info->at_most;
    ratio->at_least = info->at_least;
}

bool as_bench_ratio_holds(const as_bench_ratio_result *ratio)
{
    return (ratio->at_most <= 0 || ratio->value <= ratio->at_most) && ratio->value >= ratio->at_least;
}

void as_bench_note(as_bench_context *ctx, const char *format, ...)
{
    if (ctx->note_count == AS_BENCH_NOTE_MAX)
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(ctx->note[ctx->note_count++], AS_BENCH_TEXT_BYTES, format, args);
    va_end(args);
}

void as_bench_progress(const as_bench_context *ctx, unsigned done, unsigned total)
{
    if (!ctx->show_progress)
        return;
    if (done < total)
        fprintf(stderr, "\r%s: %u of %u", ctx->name, done, total);
    else
        fprintf(stderr, "\r\033[K");
    fflush(stderr);
}

int as_bench_pin(const as_bench_context *ctx, unsigned which)
{
    cpu_set_t one;
    int cpu = which < 2 ? ctx->cpu[which] : -1;
    if (cpu < 0)
        return -1;
    CPU_ZERO(&one);
    CPU_SET((size_t)cpu, &one);
    return sched_setaffinity(0, sizeof one, &one) == 0 ? cpu : -1;
}
