#include "strategies/loader.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#include "core/error.h"
#include "strategies/mean_reversion.h"
#include "strategies/overreaction.h"
#include "strategies/pairs.h"
#include "strategies/residual_reversion.h"

static const as_strategy *const built_in[] = {&as_strategy_overreaction, &as_strategy_mean_reversion,
                                              &as_strategy_residual_reversion, &as_strategy_pairs};

static const as_strategy *find_built_in(const char *name)
{
    for (unsigned i = 0; i < sizeof built_in / sizeof *built_in; i++)
        if (strcmp(built_in[i]->name, name) == 0)
            return built_in[i];
    return NULL;
}

static bool name_fits(const char *name)
{
    size_t bytes = name ? strlen(name) : 0;
    return bytes > 0 && bytes < AS_STRATEGY_NAME_BYTES &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == bytes;
}

static int check(const as_strategies *strategies, const as_strategy *strategy, const char *path)
{
    if (!strategy || !strategy->evaluate)
        return as_error_set(-EINVAL, "%s: " AS_STRATEGY_ENTRY " gives no strategy", path);
    if (strategy->abi != AS_STRATEGY_ABI || strategy->view_bytes != sizeof(as_view) ||
        strategy->verdict_bytes != sizeof(as_verdict))
        return as_error_set(-EPROTO,
                            "%s: built for interface %u (view %u, verdict %u bytes); this program has %u (%zu, %zu)",
                            path, strategy->abi, strategy->view_bytes, strategy->verdict_bytes, AS_STRATEGY_ABI,
                            sizeof(as_view), sizeof(as_verdict));
    if (strategy->state_bytes > AS_STRATEGY_STATE_BYTES)
        return as_error_set(-E2BIG, "%s: state of %u bytes; at most %d are allowed", path, strategy->state_bytes,
                            AS_STRATEGY_STATE_BYTES);
    if (!name_fits(strategy->name))
        return as_error_set(-EINVAL, "%s: name '%s'; allowed: 1 to %d of [a-z0-9_]", path,
                            strategy->name ? strategy->name : "", AS_STRATEGY_NAME_BYTES - 1);
    for (uint32_t i = 0; i < strategies->count; i++)
        if (strcmp(strategies->strategy[i]->name, strategy->name) == 0)
            return as_error_set(-EEXIST, "%s: a strategy named '%s' is already loaded", path, strategy->name);
    return 0;
}

static int load_shared(as_strategies *strategies, const char *path)
{
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!handle)
        return as_error_set(-ENOENT, "%s: cannot be loaded: %s", path, dlerror());
    as_strategy_entry_fn entry;
    *(void **)&entry = dlsym(handle, AS_STRATEGY_ENTRY);
    if (!entry) {
        dlclose(handle);
        return as_error_set(-ENOENT, "%s: exports no " AS_STRATEGY_ENTRY, path);
    }
    const as_strategy *strategy = entry();
    int rc = check(strategies, strategy, path);
    if (rc < 0) {
        dlclose(handle);
        return rc;
    }
    strategies->handle[strategies->count] = handle;
    strategies->strategy[strategies->count++] = strategy;
    return 0;
}

int as_strategies_load(as_strategies *strategies, const as_config *config)
{
    *strategies = (as_strategies){0};
    for (uint32_t i = 0; i < config->strategy_count; i++) {
        const as_strategy_config *wanted = &config->strategy[i];
        int rc = 0;
        if (wanted->load[0]) {
            rc = load_shared(strategies, wanted->load);
        } else {
            const as_strategy *strategy = find_built_in(wanted->name);
            rc = strategy ? check(strategies, strategy, wanted->name)
                          : as_error_set(-ENOENT,
                                         "%s:%d: strategies: found '%s'; allowed: overreaction, mean_reversion, "
                                         "residual_reversion, pairs, {load: FILE}",
                                         config->path, wanted->line, wanted->name);
            if (rc == 0)
                strategies->strategy[strategies->count++] = strategy;
        }
        if (rc < 0) {
            as_strategies_unload(strategies);
            return rc;
        }
    }
    return 0;
}

void as_strategies_unload(as_strategies *strategies)
{
    for (uint32_t i = 0; i < strategies->count; i++)
        if (strategies->handle[i])
            dlclose(strategies->handle[i]);
    *strategies = (as_strategies){0};
}
