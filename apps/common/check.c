#include "apps/common/check.h"

#include "apps/common/history.h"
#include "core/config.h"
#include "core/error.h"
#include "core/playbook.h"
#include "core/universe.h"
#include "feeds/news/desk.h"
#include "ipc/auth.h"
#include "strategies/loader.h"

typedef struct totals {
    unsigned families, phrases, channels;
} totals;

static totals count_playbook(const as_playbook *playbook, const as_universe *universe)
{
    totals sum = {0};
    for (size_t i = 0; i < AS_EVENT_TYPE_MAX; i++) {
        const as_event_family *family = &playbook->family[i];
        sum.families += family->used;
        sum.phrases += family->phrase_count;
        sum.channels += family->symbol_count + family->winner.set + family->same_bucket.set + family->supplier.set +
                        family->customer.set;
        for (uint32_t b = 0; b < universe->bucket_count; b++)
            sum.channels += family->bucket[b].set;
    }
    return sum;
}

/* What only compiling or opening shows: phrases, keys and the allow-list, shared objects, the history's bars. */
static int try_parts(const as_config *config, const as_universe *universe, const as_playbook *playbook)
{
    as_desk *desk = NULL;
    as_strategies strategies = {0};
    as_history history = {0};
    as_auth *auth = NULL;
    int rc = as_desk_new(universe, playbook, &desk);
    if (!rc && *config->publish.server_key)
        rc = as_auth_new(config->publish.server_key, config->publish.allow, &auth);
    if (!rc)
        rc = as_strategies_load(&strategies, config);
    if (!rc)
        rc = as_history_load(&history, config, universe);
    as_auth_free(auth);
    as_history_fini(&history);
    as_strategies_unload(&strategies);
    as_desk_free(desk);
    return rc;
}

static int report(const as_config *config, const as_universe *universe, unsigned warnings_before, FILE *out)
{
    as_playbook *playbook;
    int rc = as_playbook_load(config->playbook, universe, 0, &playbook);
    if (!rc) {
        rc = try_parts(config, universe, playbook);
        if (rc)
            as_playbook_free(playbook);
    }
    if (rc)
        return rc;
    totals sum = count_playbook(playbook, universe);
    fprintf(out,
            "%s: ok: %u instruments in %u buckets, %u links, %u calendars; playbook %s with %u families, %u phrases, "
            "%u channels, %u control groups, %u sources; %u feeds, %u mappings, %u strategies; params %016llx; "
            "%u warnings\n",
            config->path, universe->symbols.count, universe->bucket_count, universe->link_count,
            universe->calendar_count, playbook->version, sum.families, sum.phrases, sum.channels,
            playbook->control_count, playbook->source_count, config->feed_count, config->mapping_count,
            config->strategy_count, (unsigned long long)config->hash, as_warn_count() - warnings_before);
    as_playbook_free(playbook);
    return 0;
}

int as_check_config(const char *path, FILE *out)
{
    unsigned warnings_before = as_warn_count();
    as_config *config;
    as_universe universe;
    int rc = as_config_load(path, &config);
    if (rc)
        return rc;
    if (!*config->universe) {
        fprintf(out, "%s: ok: %u mappings and nothing else; %u warnings\n", path, config->mapping_count,
                as_warn_count() - warnings_before);
        as_config_free(config);
        return 0;
    }
    rc = as_universe_load(&universe, config->universe, config->calendar, config->calendar_count);
    if (!rc) {
        rc = report(config, &universe, warnings_before, out);
        as_universe_fini(&universe);
    }
    as_config_free(config);
    return rc;
}
