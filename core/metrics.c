#include "core/metrics.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"

enum {
    LINE_CELLS = AS_METRIC_LINE_BYTES / sizeof(as_metric),
    LINE_MAX = AS_METRIC_MAX / LINE_CELLS + AS_METRIC_OWNER_MAX, /* each owner leaves at most one line part empty */
    LINE_NONE = UINT16_MAX
};

typedef struct line {
    _Alignas(AS_METRIC_LINE_BYTES) as_metric cell[LINE_CELLS];
} line;

typedef struct entry {
    char name[AS_METRIC_NAME_BYTES];
    char help[AS_METRIC_HELP_BYTES];
    char label[AS_METRIC_LABEL_BYTES]; /* empty: no label */
    char label_value[AS_METRIC_VALUE_BYTES];
    as_metric_kind kind;
    const as_metric *cell;
} entry;

struct as_metrics {
    line lines[LINE_MAX];
    entry entries[AS_METRIC_MAX]; /* in the order of registration */
    uint16_t order[AS_METRIC_MAX]; /* entries so that equal names follow each other */
    uint32_t count;
    uint32_t line_count;
    struct {
        uint16_t line_idx, cell_count;
    } owner[AS_METRIC_OWNER_MAX]; /* the line that the owner's next cell comes from */
};

int as_metrics_new(as_metrics **metrics)
{
    as_metrics *made = aligned_alloc(AS_METRIC_LINE_BYTES, sizeof *made);
    if (!made)
        return as_error_set(-ENOMEM, "metrics: no memory for %zu bytes", sizeof *made);
    memset(made, 0, sizeof *made);
    for (uint32_t i = 0; i < AS_METRIC_OWNER_MAX; i++)
        made->owner[i].line_idx = LINE_NONE;
    *metrics = made;
    return 0;
}

void as_metrics_free(as_metrics *metrics)
{
    free(metrics);
}

static bool is_word(const char *text, bool colon)
{
    for (const char *at = text; *at; at++) {
        bool letter = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') || *at == '_' || (colon && *at == ':');
        if (!letter && (at == text || *at < '0' || *at > '9'))
            return false;
    }
    return *text != '\0';
}

static bool fits(const char *text, size_t limit_bytes)
{
    return text && strnlen(text, limit_bytes) < limit_bytes;
}

/* Copy a text that check_info has found to fit. */
static void keep(char *out, const char *text)
{
    memcpy(out, text, strlen(text) + 1);
}

static int check_info(const as_metric_info *info)
{
    if (!fits(info->name, AS_METRIC_NAME_BYTES) || !is_word(info->name, true))
        return as_error_set(-EINVAL,
                            "metric name \"%s\": allowed are letters, digits, _ and :, no digit first, "
                            "at most %d bytes",
                            info->name ? info->name : "", AS_METRIC_NAME_BYTES - 1);
    if (!fits(info->help, AS_METRIC_HELP_BYTES))
        return as_error_set(-EINVAL, "metric %s: help of at most %d bytes is needed", info->name,
                            AS_METRIC_HELP_BYTES - 1);
    if (!info->label)
        return 0;
    if (!fits(info->label, AS_METRIC_LABEL_BYTES) || !is_word(info->label, false))
        return as_error_set(-EINVAL,
                            "metric %s: label \"%s\": allowed are letters, digits and _, no digit first, "
                            "at most %d bytes",
                            info->name, info->label, AS_METRIC_LABEL_BYTES - 1);
    if (!fits(info->label_value, AS_METRIC_VALUE_BYTES))
        return as_error_set(-EINVAL, "metric %s: a value of at most %d bytes is needed for label %s", info->name,
                            AS_METRIC_VALUE_BYTES - 1, info->label);
    return 0;
}

/* Where the metric goes in the order: behind the last one of its name, or at the end. */
static int find_place(const as_metrics *metrics, const as_metric_info *info, uint32_t *place)
{
    const char *label = info->label ? info->label : "";
    const char *label_value = info->label ? info->label_value : "";
    uint32_t found = metrics->count;
    for (uint32_t i = 0; i < metrics->count; i++) {
        const entry *other = &metrics->entries[metrics->order[i]];
        if (strcmp(other->name, info->name) != 0)
            continue;
        if (strcmp(other->label, label) != 0 || other->kind != info->kind || strcmp(other->help, info->help) != 0)
            return as_error_set(-EINVAL, "metric %s: registered before with another kind, help or label", info->name);
        if (strcmp(other->label_value, label_value) == 0)
            return as_error_set(-EEXIST, "metric %s: registered before with label value \"%s\"", info->name,
                                label_value);
        found = i + 1;
    }
    *place = found;
    return 0;
}

int as_metrics_watch(as_metrics *metrics, const as_metric_info *info, const as_metric *cell)
{
    uint32_t place = 0;
    int rc = check_info(info);
    if (!rc)
        rc = find_place(metrics, info, &place);
    if (rc)
        return rc;
    if (metrics->count == AS_METRIC_MAX)
        return as_error_set(-ENOSPC, "metric %s: %d metrics are registered, no more are allowed", info->name,
                            AS_METRIC_MAX);
    entry *made = &metrics->entries[metrics->count];
    keep(made->name, info->name);
    keep(made->help, info->help);
    keep(made->label, info->label ? info->label : "");
    keep(made->label_value, info->label ? info->label_value : "");
    made->kind = info->kind;
    made->cell = cell;
    memmove(&metrics->order[place + 1], &metrics->order[place], (metrics->count - place) * sizeof *metrics->order);
    metrics->order[place] = (uint16_t)metrics->count++;
    return 0;
}

int as_metrics_add(as_metrics *metrics, uint32_t owner, const as_metric_info *info, as_metric **cell)
{
    if (owner >= AS_METRIC_OWNER_MAX)
        return as_error_set(-EINVAL, "metric %s: owner %u; allowed is 0 to %d", info->name ? info->name : "", owner,
                            AS_METRIC_OWNER_MAX - 1);
    uint16_t line_idx = metrics->owner[owner].line_idx;
    uint16_t cell_idx = metrics->owner[owner].cell_count;
    bool new_line = line_idx == LINE_NONE || cell_idx == LINE_CELLS;
    if (new_line) {
        line_idx = (uint16_t)metrics->line_count;
        cell_idx = 0;
    }
    AS_ASSERT(line_idx < LINE_MAX || metrics->count == AS_METRIC_MAX);
    as_metric *made = metrics->count == AS_METRIC_MAX ? NULL : &metrics->lines[line_idx].cell[cell_idx];
    int rc = as_metrics_watch(metrics, info, made);
    if (rc)
        return rc;
    metrics->line_count += new_line;
    metrics->owner[owner].line_idx = line_idx;
    metrics->owner[owner].cell_count = (uint16_t)(cell_idx + 1);
    *cell = made;
    return 0;
}

uint32_t as_metrics_count(const as_metrics *metrics)
{
    return metrics->count;
}

void as_metrics_sample(const as_metrics *metrics, uint32_t idx, as_metric_sample *sample)
{
    AS_ASSERT(idx < metrics->count);
    const entry *from = &metrics->entries[metrics->order[idx]];
    *sample = (as_metric_sample){.info = {.name = from->name,
                                          .help = from->help,
                                          .label = from->label[0] ? from->label : NULL,
                                          .label_value = from->label[0] ? from->label_value : NULL,
                                          .kind = from->kind},
                                 .value = as_metric_get(from->cell)};
}
