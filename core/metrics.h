/*
 * as_metrics: the registry of what a process counts.
 *
 * A metric is one 64-bit cell. The thread that owns it adds with a plain load and store; any thread reads. Metrics are
 * registered at start with name, help and at most one label; the exporter walks the registry. Nothing here formats,
 * locks or allocates after start.
 *
 * A cell comes from the registry, which keeps the cells of different owners in different pairs of cache lines, or it
 * stands in a structure of its owner and is only watched.
 *
 * Threads: registration on one thread, before the owners and the readers start; after that a cell is written by its
 * owner only. Reads are relaxed: each value was current a moment ago, and no reader may conclude from one metric what
 * another one holds. Memory: one block of fixed size. Limits: below; a full registry is a start-up error.
 */
#ifndef AS_CORE_METRICS_H
#define AS_CORE_METRICS_H

#include <stdatomic.h>
#include <stdint.h>

enum {
    AS_METRIC_MAX = 1024,        /* metrics in a registry */
    AS_METRIC_OWNER_MAX = 64,    /* owners: threads that write cells of the registry */
    AS_METRIC_NAME_BYTES = 64,   /* a name, with its zero */
    AS_METRIC_HELP_BYTES = 128,  /* a help text, with its zero */
    AS_METRIC_LABEL_BYTES = 32,  /* a label's name, with its zero */
    AS_METRIC_VALUE_BYTES = 64,  /* a label's value, with its zero */
    AS_METRIC_LINE_BYTES = 128   /* cells of different owners are this far apart; see core/ring.h */
};

/* A cell. */
typedef _Atomic(uint64_t) as_metric;

typedef enum as_metric_kind {
    AS_METRIC_COUNTER = 0, /* only grows; its name ends in _total by custom */
    AS_METRIC_GAUGE = 1    /* goes up and down */
} as_metric_kind;

/* What a metric is. The strings are copied by the registry. */
typedef struct as_metric_info {
    const char *name;        /* [a-zA-Z_:][a-zA-Z0-9_:]*, as Prometheus has it */
    const char *help;
    const char *label;       /* NULL if none; else [a-zA-Z_][a-zA-Z0-9_]* */
    const char *label_value; /* any text */
    as_metric_kind kind;
} as_metric_info;

/* One row of a snapshot. The strings belong to the registry. */
typedef struct as_metric_sample {
    as_metric_info info;
    uint64_t value;
} as_metric_sample;

typedef struct as_metrics as_metrics;

/* An empty registry. 0 or -ENOMEM (error chain set). */
int as_metrics_new(as_metrics **metrics);
void as_metrics_free(as_metrics *metrics);

/*
 * Register a metric with a cell of its own, at 0, for the thread `owner` (0..AS_METRIC_OWNER_MAX-1, the caller's
 * numbering). Metrics of one name differ in their label's value and agree in kind, help and label. *cell stays
 * valid until free. 0, -EINVAL (owner, name, label or a text beyond its limit, or disagreement), -EEXIST (name and
 * label value are registered) or -ENOSPC, with the error chain set.
 */
int as_metrics_add(as_metrics *metrics, uint32_t owner, const as_metric_info *info, as_metric **cell);

/* Register a cell that stands elsewhere and outlives the registry's readers. Errors as as_metrics_add. */
int as_metrics_watch(as_metrics *metrics, const as_metric_info *info, const as_metric *cell);

uint32_t as_metrics_count(const as_metrics *metrics);

/* The idx-th metric (below as_metrics_count) and its value now. Metrics of one name follow each other. Any thread. */
void as_metrics_sample(const as_metrics *metrics, uint32_t idx, as_metric_sample *sample);

/* Add to a cell. Owner only; hot path. */
static inline void as_metric_add(as_metric *cell, uint64_t n)
{
    uint64_t value = atomic_load_explicit(cell, memory_order_relaxed); /* relaxed: own value */
    atomic_store_explicit(cell, value + n, memory_order_relaxed);      /* relaxed: a statistic */
}

/* Set a cell. Owner only; hot path. */
static inline void as_metric_set(as_metric *cell, uint64_t value)
{
    atomic_store_explicit(cell, value, memory_order_relaxed); /* relaxed: a statistic */
}

/* Read a cell. Any thread. */
static inline uint64_t as_metric_get(const as_metric *cell)
{
    return atomic_load_explicit(cell, memory_order_relaxed); /* relaxed: a statistic */
}

#endif
