#include "apps/common/history.h"

#include <errno.h>
#include <stdlib.h>

#include "core/error.h"
#include "feeds/files/input.h"
#include "feeds/files/input_merge.h"

enum { HISTORY_SOURCE = UINT16_MAX };

static int append(as_history *history, size_t *room, const as_event *event)
{
    if (history->count == *room) {
        size_t more = *room ? 2 * *room : 4096;
        as_event *grown = realloc(history->event, more * sizeof *grown);
        if (!grown)
            return as_error_set(-ENOMEM, "out of memory after %zu bars", history->count);
        history->event = grown;
        *room = more;
    }
    history->event[history->count++] = *event;
    return 0;
}

static int read_all(as_history *history, as_input *input)
{
    as_input_merge *merge;
    const as_event *event;
    const as_headline *headline;
    size_t room = 0;
    int rc = as_input_merge_open(&input, 1, 0, UINT64_MAX, &merge);
    if (rc < 0)
        return rc;
    while ((rc = as_input_merge_next(merge, &event, &headline)) > 0) {
        if (event->kind != AS_EVENT_BAR)
            rc = as_error_set(-EINVAL, "history holds daily bars; found an event that is none");
        else
            rc = append(history, &room, event);
        if (rc < 0)
            break;
    }
    as_input_merge_close(merge);
    return rc;
}

int as_history_load(as_history *history, const as_config *config, const as_universe *universe)
{
    as_input *input;
    as_input_options options = {.universe = universe, .config = config, .source = HISTORY_SOURCE};
    *history = (as_history){0};
    if (!config->history[0])
        return 0;
    int rc = as_input_open(config->history, &options, &input);
    if (rc < 0)
        return rc;
    rc = read_all(history, input);
    as_input_close(input);
    if (rc < 0) {
        as_history_fini(history);
        return as_error_add("%s", config->history);
    }
    return 0;
}

void as_history_apply(as_history *history, const as_universe *universe, uint64_t first_ts, as_merge *merge)
{
    uint64_t before[AS_CALENDAR_MAX];
    for (uint32_t i = 0; i < universe->calendar_count; i++)
        before[i] = as_calendar_session(universe->calendar[i], first_ts)->prev_close;
    merge->engine->history = true;
    for (size_t i = 0; i < history->count; i++) {
        const as_event *event = &history->event[i];
        if (event->ts_recv <= before[universe->instrument[event->instrument].calendar]) {
            as_merge_event(merge, event, NULL, NULL);
            history->applied++;
        }
    }
    as_engine_flush(merge->engine);
    merge->engine->history = false;
}

void as_history_fini(as_history *history)
{
    free(history->event);
    *history = (as_history){0};
}
