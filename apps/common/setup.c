#include "apps/common/setup.h"

#include "core/error.h"

int as_setup_load(as_setup *setup, const char *path)
{
    int rc = as_config_load(path, &setup->config);
    if (rc < 0)
        return rc;
    const as_config *config = setup->config;
    as_message_level(config->log_level);
    rc = as_universe_load(&setup->universe, config->universe, config->calendar, config->calendar_count);
    if (rc < 0)
        return as_error_add("%s: universe", path);
    setup->universe_loaded = true;
    rc = as_playbook_load(config->playbook, &setup->universe, 0, &setup->playbook);
    if (rc < 0)
        return as_error_add("%s: playbook", path);
    if (*config->calibration)
        rc = as_probability_load(config->calibration, &setup->probability);
    if (rc < 0)
        return as_error_add("%s: calibration", path);
    rc = as_desk_new(&setup->universe, setup->playbook, &setup->desk);
    if (rc < 0)
        return as_error_add("%s: desk", path);
    rc = as_strategies_load(&setup->strategies, config);
    if (rc < 0)
        return as_error_add("%s: strategies", path);
    rc = as_history_load(&setup->history, config, &setup->universe);
    return rc < 0 ? as_error_add("%s: history", path) : 0;
}

int as_setup_engine(as_setup *setup, uint32_t orders_max, as_emit_fn emit, void *emit_context)
{
    as_engine_options options = {
        .universe = &setup->universe,
        .playbook = setup->playbook,
        .config = setup->config,
        .probability = setup->probability,
        .strategy_count = setup->strategies.count,
        .orders_max = orders_max,
        .emit = emit,
        .emit_context = emit_context,
    };
    for (uint32_t i = 0; i < setup->strategies.count; i++)
        options.strategy[i] = setup->strategies.strategy[i];
    int rc = as_engine_new(&options, &setup->engine);
    if (rc == 0)
        setup->merge = (as_merge){.engine = setup->engine};
    return rc;
}

void as_setup_start(as_setup *setup, uint64_t first_ts)
{
    as_merge quiet = {.engine = setup->engine};
    as_event first = {
        .kind = AS_EVENT_NONE, .instrument = AS_INSTRUMENT_NONE, .ts_event = first_ts, .ts_recv = first_ts};
    if (setup->merge.record)
        setup->merge.record(setup->merge.record_context, &first, NULL, NULL);
    as_history_apply(&setup->history, &setup->universe, first_ts, &quiet);
}

void as_setup_fini(as_setup *setup)
{
    as_engine_free(setup->engine);
    as_history_fini(&setup->history);
    as_strategies_unload(&setup->strategies);
    as_desk_free(setup->desk);
    as_playbook_free(setup->playbook);
    as_probability_free(setup->probability);
    if (setup->universe_loaded)
        as_universe_fini(&setup->universe);
    as_config_free(setup->config);
    *setup = (as_setup){0};
}
