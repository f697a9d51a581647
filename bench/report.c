/* The figures of one benchmark for people (as_bench_print_text) and for programs (as_bench_print_json). */
#include <inttypes.h>
#include <string.h>

#include "bench/bench.h"
#include "bench/environment.h"

/* Three significant figures are what a shared machine can give; large numbers stay whole. */
static void format_ns(double ns, char out[16])
{
    if (ns >= 100 || ns == (double)(uint64_t)ns)
        snprintf(out, 16, "%.0f", ns);
    else
        snprintf(out, 16, "%.*f", ns < 10 ? 2 : 1, ns);
}

static void print_rate(double hz, FILE *stream)
{
    if (hz > 0)
        fprintf(stream, " %12.0f", hz);
    else
        fprintf(stream, " %12s", "-");
}

static void print_columns(const as_bench_stage *stage, FILE *stream)
{
    as_histogram_summary s;
    as_histogram_summarize(&stage->histogram, &s);
    const uint64_t column[] = {s.min, s.p50, s.p90, s.p99, s.p999, s.p9999, s.max};
    char text[16];
    fprintf(stream, "%10" PRIu64, s.count);
    for (size_t i = 0; i < sizeof column / sizeof *column; i++) {
        format_ns((double)column[i] / (double)stage->unit, text);
        fprintf(stream, " %9s", text);
    }
    text[0] = '-';
    text[1] = '\0';
    if (stage->round_count)
        format_ns(as_bench_median_ns(stage), text);
    fprintf(stream, " %9s", text);
    print_rate(stage->offered_hz, stream);
    print_rate(stage->achieved_hz, stream);
    fputc('\n', stream);
}

static void print_limit(const as_bench_ratio_result *ratio, FILE *stream)
{
    if (ratio->at_most > 0)
        fprintf(stream, "  hold <= %.2f", ratio->at_most);
    if (ratio->at_least > 0)
        fprintf(stream, "  hold >= %.2f", ratio->at_least);
    if (ratio->at_most > 0 || ratio->at_least > 0)
        fprintf(stream, "  %s", as_bench_ratio_holds(ratio) ? "holds" : "MISSED");
}

void as_bench_print_text(const as_bench_context *ctx, const as_bench *bench, FILE *stream)
{
    fprintf(stream, "\n%s: %s\n", bench->name, bench->what);
    fprintf(stream, "  %-40s%10s %9s %9s %9s %9s %9s %9s %9s %9s %12s %12s\n", "ns", "count", "min", "p50", "p90",
            "p99", "p99.9", "p99.99", "max", "rounds", "offered/s", "achieved/s");
    for (uint32_t i = 0; i < ctx->stage_count; i++) {
        fprintf(stream, "  %-40s", ctx->stage[i]->name);
        print_columns(ctx->stage[i], stream);
    }
    for (uint32_t i = 0; i < ctx->ratio_count; i++) {
        fprintf(stream, "  ratio %-40s %6.2f", ctx->ratio[i].name, ctx->ratio[i].value);
        print_limit(&ctx->ratio[i], stream);
        fputc('\n', stream);
    }
    for (uint32_t i = 0; i < ctx->stage_count; i++)
        fprintf(stream, "  inside \"%s\": %s\n", ctx->stage[i]->name, ctx->stage[i]->inside);
    for (uint32_t i = 0; i < ctx->note_count; i++)
        fprintf(stream, "  note: %s\n", ctx->note[i]);
}

static void print_json_rate(const char *key, double hz, FILE *stream)
{
    if (hz > 0)
        fprintf(stream, ",\"%s\":%.10g", key, hz);
    else
        fprintf(stream, ",\"%s\":null", key);
}

static void print_json_stage(const as_bench_stage *stage, FILE *stream)
{
    as_histogram_summary s;
    as_histogram_summarize(&stage->histogram, &s);
    double per_ns = (double)stage->unit;
    fputs("{\"name\":", stream);
    as_bench_print_json_string(stage->name, stream);
    fputs(",\"inside\":", stream);
    as_bench_print_json_string(stage->inside, stream);
    fprintf(stream, ",\"count\":%" PRIu64 ",\"min\":%.10g,\"p50\":%.10g,\"p90\":%.10g,\"p99\":%.10g", s.count,
            (double)s.min / per_ns, (double)s.p50 / per_ns, (double)s.p90 / per_ns, (double)s.p99 / per_ns);
    fprintf(stream, ",\"p99.9\":%.10g,\"p99.99\":%.10g,\"max\":%.10g", (double)s.p999 / per_ns,
            (double)s.p9999 / per_ns, (double)s.max / per_ns);
    print_json_rate("offered_hz", stage->offered_hz, stream);
    print_json_rate("achieved_hz", stage->achieved_hz, stream);
    fputs(",\"rounds_ns\":[", stream);
    for (uint32_t i = 0; i < stage->round_count; i++)
        fprintf(stream, "%s%.10g", i ? "," : "", stage->round_ns[i]);
    fputc(']', stream);
    if (stage->round_count)
        fprintf(stream, ",\"median_of_rounds_ns\":%.10g}", as_bench_median_ns(stage));
    else
        fputs(",\"median_of_rounds_ns\":null}", stream);
}

static void print_json_ratio(const as_bench_ratio_result *ratio, FILE *stream)
{
    fputs("{\"name\":", stream);
    as_bench_print_json_string(ratio->name, stream);
    fprintf(stream, ",\"value\":%.10g", ratio->value);
    if (ratio->at_most > 0)
        fprintf(stream, ",\"at_most\":%.10g", ratio->at_most);
    if (ratio->at_least > 0)
        fprintf(stream, ",\"at_least\":%.10g", ratio->at_least);
    fprintf(stream, ",\"holds\":%s}", as_bench_ratio_holds(ratio) ? "true" : "false");
}

void as_bench_print_json(const as_bench_context *ctx, const as_bench *bench, FILE *stream)
{
    fputs("{\"name\":", stream);
    as_bench_print_json_string(bench->name, stream);
    fputs(",\"what\":", stream);
    as_bench_print_json_string(bench->what, stream);
    fprintf(stream, ",\"seconds\":%.10g,\"stages\":[", ctx->seconds);
    for (uint32_t i = 0; i < ctx->stage_count; i++) {
        if (i)
            fputc(',', stream);
        print_json_stage(ctx->stage[i], stream);
    }
    fputs("],\"ratios\":[", stream);
    for (uint32_t i = 0; i < ctx->ratio_count; i++) {
        if (i)
            fputc(',', stream);
        print_json_ratio(&ctx->ratio[i], stream);
    }
    fputs("],\"notes\":[", stream);
    for (uint32_t i = 0; i < ctx->note_count; i++) {
        if (i)
            fputc(',', stream);
        as_bench_print_json_string(ctx->note[i], stream);
    }
    fputs("]}", stream);
}
