#include "apps/common/check.h"

#include <errno.h>
#include <libgen.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* Could a file or folder be made there? Its own folder must be there. */
static int check_room(const char *path)
{
    char copy[AS_PATH_BYTES];
    snprintf(copy, sizeof copy, "%s", path);
    const char *folder = dirname(copy);
    struct stat info;
    if (stat(folder, &info) != 0 || access(folder, W_OK | X_OK) != 0)
        return as_error_set(-errno, "%s: cannot be made: its folder %s: %s", path, folder, strerror(errno));
    return S_ISDIR(info.st_mode) ? 0 : as_error_set(-ENOTDIR, "%s: cannot be made: %s is no folder", path, folder);
}

/* Would the daemon find its places? Nothing is made. */
static int check_place(const char *config_path, const char *key, const char *place, bool folder)
{
    struct stat info;
    char path[AS_PATH_BYTES];
    size_t bytes = (size_t)snprintf(path, sizeof path, "%s", place);
    int rc = 0;
    if (!bytes)
        return 0;
    while (bytes > 1 && bytes < sizeof path && path[bytes - 1] == '/')
        path[--bytes] = '\0';
    if (stat(path, &info) != 0)
        rc = errno == ENOENT ? check_room(path) : as_error_set(-errno, "%s: %s", path, strerror(errno));
    else if (folder != S_ISDIR(info.st_mode))
        rc = as_error_set(-EINVAL, "%s: found a %s; allowed: a %s, or nothing yet", path, folder ? "file" : "folder",
                          folder ? "folder" : "file");
    else if (access(path, folder ? W_OK | X_OK : W_OK) != 0)
        rc = as_error_set(-errno, "%s: cannot be written: %s", path, strerror(errno));
    return rc < 0 ? as_error_add("%s: %s", config_path, key) : 0;
}

/* What only compiling or opening shows: phrases, keys and the allow-list, shared objects, the history's bars. */
static int try_parts(const as_config *config, const as_universe *universe, const as_playbook *playbook)
{
    as_desk *desk = NULL;
    as_strategies strategies = {0};
    as_history history = {0};
    as_auth *auth = NULL;
    int rc = as_desk_new(universe, playbook, &desk);
    if (!rc)
        rc = check_place(config->path, "journal.dir", config->journal.dir, true);
    if (!rc)
        rc = check_place(config->path, "publish.audit", config->publish.audit, false);
    if (!rc && *config->publish.server_key)
        rc = as_auth_new(config->publish.server_key, config->publish.allow, &auth) < 0
                 ? as_error_add("%s: publish.curve", config->path)
                 : 0;
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
