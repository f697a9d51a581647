#include "core/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "core/config_schema.h"
#include "core/error.h"
#include "core/text_file.h"
#include "core/universe.h"
#include "core/yaml.h"

enum { CPU_MAX = 1023, CONFIG_BYTES_MAX = 1 << 20 };

/* ---- topology ---- */

static int read_cpu(const as_yaml *y, int node, int *cpu)
{
    int64_t number;
    if (!node)
        return 0;
    int rc = as_yaml_int(y, node, 0, CPU_MAX, &number);
    if (!rc)
        *cpu = (int)number;
    return rc;
}

static int read_cpus(const as_yaml *y, int node, as_config *config)
{
    int feeds = as_yaml_get(y, node, "feeds");
    int rc = feeds ? as_yaml_expect_list(y, feeds, AS_FEED_MAX) : 0;
    for (uint32_t i = 0; i < as_yaml_count(y, feeds) && !rc; i++) {
        rc = read_cpu(y, as_yaml_at(y, feeds, i, NULL), &config->cpu_feeds[i]);
        config->cpu_feed_count = i + 1;
    }
    if (!rc)
        rc = read_cpu(y, as_yaml_get(y, node, "core"), &config->cpu_core);
    if (!rc)
        rc = read_cpu(y, as_yaml_get(y, node, "ipc"), &config->cpu_ipc);
    if (!rc)
        rc = read_cpu(y, as_yaml_get(y, node, "admin"), &config->cpu_admin);
    return rc;
}

static int read_wait(const as_yaml *y, int root, int node, as_config *config)
{
    static const char *const waits[] = {"yield", "spin", "block", NULL};
    int idx;
    if (!node)
        return 0;
    if (as_yaml_get(y, root, "wait"))
        return as_yaml_error(y, node, "nothing: top-level wait says it already");
    int rc = as_yaml_choice(y, node, waits, &idx);
    if (!rc)
        config->wait = (as_wait)idx;
    return rc;
}

/* compact | pinned | {feeds, core, ipc, admin, wait} | {pinned: {feeds, core, ipc, admin}, wait} */
static int read_topology(const as_config_reader *r, int root, as_config *config)
{
    static const char *const words[] = {"compact", "pinned", NULL};
    static const char *const outer_keys[] = {"pinned", "wait", NULL};
    static const char *const inner_keys[] = {"feeds", "core", "ipc", "admin", NULL};
    const as_yaml *y = r->yaml;
    int node = as_yaml_get(y, root, "topology");
    config->cpu_core = config->cpu_ipc = config->cpu_admin = -1;
    for (uint32_t i = 0; i < AS_FEED_MAX; i++)
        config->cpu_feeds[i] = -1;
    if (!node)
        return 0;
    if (as_yaml_kind_of(y, node) == AS_YAML_TEXT) {
        int idx = 0;
        int rc = as_yaml_choice(y, node, words, &idx);
        config->pinned = idx == 1;
        return rc;
    }
    if (as_yaml_kind_of(y, node) != AS_YAML_MAP)
        return as_yaml_error(y, node, "compact, pinned, {feeds: [CPU, ..], core: CPU, ipc: CPU, admin: CPU}");
    config->pinned = true;
    int inner = as_yaml_get(y, node, "pinned");
    int rc = inner ? as_yaml_expect_map(y, node, outer_keys) : as_config_check_keys(r, node, "topology.");
    if (!rc && inner)
        rc = as_yaml_expect_map(y, inner, inner_keys);
    if (!rc)
        rc = read_wait(y, root, as_yaml_get(y, node, "wait"), config);
    return rc ? rc : read_cpus(y, inner ? inner : node, config);
}

/* ---- strategies ---- */

static int read_strategy(const as_config_reader *r, int node, as_strategy_config *strategy)
{
    static const char *const names[] = {"overreaction", "mean_reversion", "residual_reversion", "pairs", NULL};
    static const char *const keys[] = {"load", NULL};
    const as_yaml *y = r->yaml;
    strategy->line = as_yaml_line(y, node);
    if (as_yaml_kind_of(y, node) == AS_YAML_MAP) {
        int load = as_yaml_get(y, node, "load");
        int rc = as_yaml_expect_map(y, node, keys);
        if (rc || !load)
            return rc ? rc : as_yaml_missing(y, node, "load", "the path of a shared object");
        return as_config_read_path(r, load, strategy->load);
    }
    const char *text = as_yaml_scalar(y, node);
    for (size_t i = 0; names[i]; i++)
        if (text && strcmp(text, names[i]) == 0) {
            memcpy(strategy->name, names[i], strlen(names[i]) + 1);
            return 0;
        }
    return as_yaml_error(y, node, "overreaction, mean_reversion, residual_reversion, pairs, {load: PATH}");
}

static int read_strategies(const as_config_reader *r, int node, as_config *config)
{
    if (!node) {
        config->strategy_count = 2;
        config->strategy[0] = (as_strategy_config){.name = "overreaction"};
        config->strategy[1] = (as_strategy_config){.name = "mean_reversion"};
        return 0;
    }
    int rc = as_yaml_expect_list(r->yaml, node, AS_STRATEGY_MAX);
    for (uint32_t i = 0; i < as_yaml_count(r->yaml, node) && !rc; i++) {
        int entry = as_yaml_at(r->yaml, node, i, NULL);
        rc = read_strategy(r, entry, &config->strategy[i]);
        for (uint32_t k = 0; k < i && !rc; k++)
            if (strcmp(config->strategy[k].name, config->strategy[i].name) == 0 &&
                strcmp(config->strategy[k].load, config->strategy[i].load) == 0)
                rc = as_yaml_error(r->yaml, entry, "each strategy once (line %d has it)", config->strategy[k].line);
        config->strategy_count = i + 1;
    }
    return rc;
}

/* ---- publish ---- */

/* Is host 127.0.0.0/8, ::1 or localhost? */
static bool is_loopback(const char *host, size_t host_bytes)
{
    static const char *const names[] = {"localhost", "[::1]"};
    for (size_t i = 0; i < 2; i++)
        if (strlen(names[i]) == host_bytes && strncmp(host, names[i], host_bytes) == 0)
            return true;
    return host_bytes > 4 && strncmp(host, "127.", 4) == 0 && strspn(host, "0123456789.") == host_bytes;
}

static bool is_port(const char *text)
{
    return strcmp(text, "*") == 0 ||
           (*text && strlen(text) <= 5 && text[strspn(text, "0123456789")] == '\0' && atoi(text) <= 65535);
}

static int check_endpoint(const as_yaml *y, int node, const char *endpoint, bool curve)
{
    const char *host = endpoint + 6, *colon = strrchr(endpoint, ':');
    if (strncmp(endpoint, "ipc://", 6) == 0 && *host)
        return 0;
    if (strncmp(endpoint, "tcp://", 6) == 0 && colon > host && is_port(colon + 1) &&
        (curve || is_loopback(host, (size_t)(colon - host))))
        return 0;
    return as_yaml_error(y, node,
                         "ipc://PATH, or tcp:// with a port on a loopback address (127.0.0.1, [::1], localhost); any "
                         "other bind demands publish.curve with server_key and allow");
}

static int check_curve(const as_yaml *y, int publish, const as_config *config)
{
    int curve = as_yaml_get(y, publish, "curve");
    if (curve && !*config->publish.server_key)
        return as_yaml_missing(y, curve, "server_key", "the secret key file of the server");
    if (curve && !*config->publish.allow)
        return as_yaml_missing(y, curve, "allow", "the file of clients that may connect");
    return 0;
}

static int check_publish(const as_yaml *y, int root, const as_config *config)
{
    int publish = as_yaml_get(y, root, "publish");
    const struct {
        const char *key, *endpoint;
    } bind[] = {
        {"live", config->publish.live}, {"requests", config->publish.requests}, {"latest", config->publish.latest}};
    int rc = check_curve(y, publish, config);
    for (unsigned i = 0; i < 3 && !rc; i++) {
        int node = as_yaml_get(y, publish, bind[i].key);
        if (*bind[i].endpoint)
            rc = check_endpoint(y, node, bind[i].endpoint, *config->publish.server_key != 0);
        for (unsigned k = 0; k < i && !rc; k++)
            if (strcmp(bind[k].endpoint, bind[i].endpoint) == 0 && !strstr(bind[i].endpoint, ":*"))
                rc = as_yaml_error(y, node ? node : as_yaml_get(y, publish, bind[k].key),
                                   "another endpoint than the %s one", node ? bind[k].key : bind[i].key);
    }
    return rc;
}

/* The address of the HTTP server: anybody who can connect may read everything. */
static int check_metrics(const as_yaml *y, int root, const as_config *config)
{
    const char *colon = strrchr(config->metrics, ':');
    if (!*config->metrics ||
        (colon && is_port(colon + 1) && is_loopback(config->metrics, (size_t)(colon - config->metrics))))
        return 0;
    return as_yaml_error(y, as_yaml_get(y, root, "metrics"),
                         "ADDRESS:PORT on a loopback address, such as 127.0.0.1:5680");
}

/* ---- files and hash ---- */

static int check_file(const as_yaml *y, int node, const char *path)
{
    if (node && access(path, R_OK) != 0)
        return as_yaml_error(y, node, "a file that can be read (%.200s: %s)", path, strerror(errno));
    return 0;
}

static int check_files(const as_yaml *y, int root, const as_config *config)
{
    int rc = check_file(y, as_yaml_get(y, root, "universe"), config->universe);
    if (!rc)
        rc = check_file(y, as_yaml_get(y, root, "playbook"), config->playbook);
    if (!rc)
        rc = check_file(y, as_yaml_get(y, root, "history"), config->history);
    if (!rc)
        rc = check_file(y, as_yaml_get(y, root, "calibration"), config->calibration);
    int strategies = as_yaml_get(y, root, "strategies");
    for (uint32_t i = 0; i < as_yaml_count(y, strategies) && !rc; i++)
        rc = check_file(y, as_yaml_get(y, as_yaml_at(y, strategies, i, NULL), "load"), config->strategy[i].load);
    return rc;
}

/* XXH3-64 of a file's bytes. The state is on the heap: it wants an alignment that sanitizers' stacks do not give. */
static int hash_file(const char *path, uint64_t *hash)
{
    unsigned char block[65536];
    size_t got;
    FILE *file = fopen(path, "rb");
    if (!file)
        return as_error_set(-errno, "%s: cannot be opened: %s", path, strerror(errno));
    XXH3_state_t *state = XXH3_createState();
    AS_ASSERT(state);
    XXH3_64bits_reset(state);
    while ((got = fread(block, 1, sizeof block, file)) > 0)
        XXH3_64bits_update(state, block, got);
    int failed = ferror(file);
    fclose(file);
    *hash = XXH3_64bits_digest(state);
    XXH3_freeState(state);
    return failed ? as_error_set(-EIO, "%s: cannot be read", path) : 0;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* What decides, as text in one form; where the files lie is no part of it. */
static void write_canonical(FILE *out, const as_config *config, uint64_t universe, uint64_t playbook, uint64_t history)
{
    fprintf(out, "universe %016llx\nplaybook %016llx\nhistory %016llx\n", (unsigned long long)universe,
            (unsigned long long)playbook, (unsigned long long)history);
    if (*config->calibration)
        fprintf(out, "calibration %016llx\n", (unsigned long long)config->calibration_hash);
    fprintf(out, "costs %.17g %.17g %.17g %d\n", config->costs.half_spread_bps, config->costs.fees_bps,
            config->costs.impact_bps, config->costs.borrow);
    fprintf(out, "session %d %s\n", config->session.date, config->session.zone);
    for (uint32_t i = 0; i < config->strategy_count; i++)
        fprintf(out, "strategy %s %s\n", config->strategy[i].name, base_name(config->strategy[i].load));
    for (uint32_t i = 0; i < config->calendar_count; i++) {
        const as_calendar_spec *spec = &config->calendar[i];
        fprintf(out, "calendar %s %s %d %d %u %d\n", spec->name, spec->zone, spec->open_min, spec->close_min,
                spec->weekdays, spec->half_day_count ? spec->half_close_min : 0);
        for (uint32_t k = 0; k < spec->holiday_count; k++)
            fprintf(out, "holiday %d\n", spec->holiday[k]);
        for (uint32_t k = 0; k < spec->half_day_count; k++)
            fprintf(out, "half_day %d\n", spec->half_day[k]);
    }
}

static int hash_parts(as_config *config, uint64_t playbook_hash)
{
    char *text = NULL;
    size_t text_bytes = 0;
    FILE *out = open_memstream(&text, &text_bytes);
    if (!out)
        return as_error_set(-ENOMEM, "%s: out of memory", config->path);
    write_canonical(out, config, config->universe_hash, playbook_hash, config->history_hash);
    fclose(out);
    config->hash = XXH3_64bits(text, text_bytes);
    free(text);
    return 0;
}

int as_config_set_playbook(as_config *config, const void *text, size_t text_bytes)
{
    return hash_parts(config, XXH3_64bits(text, text_bytes));
}

static int hash_config(as_config *config)
{
    uint64_t playbook_hash = 0;
    int rc = 0;
    if (*config->universe) {
        as_universe universe;
        rc = as_universe_load(&universe, config->universe, config->calendar, config->calendar_count);
        if (rc)
            return rc;
        config->universe_hash = as_universe_hash(&universe);
        as_universe_fini(&universe);
    }
    if (*config->playbook)
        rc = hash_file(config->playbook, &playbook_hash);
    if (!rc && *config->history)
        rc = hash_file(config->history, &config->history_hash);
    if (!rc && *config->calibration)
        rc = hash_file(config->calibration, &config->calibration_hash);
    return rc ? rc : hash_parts(config, playbook_hash);
}

/* ---- the whole ---- */

/* A file with nothing but mappings and what they need is one for `inspect` and `convert`. */
static bool is_mapping_only(const as_yaml *y, int root)
{
    static const char *const keys[] = {"inputs", "session", "calendars"};
    uint32_t known = 0;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        known += as_yaml_get(y, root, keys[i]) != 0;
    return as_yaml_get(y, root, "inputs") && known == as_yaml_count(y, root);
}

static int read_config(as_config_reader *r, as_config *config)
{
    const as_yaml *y = r->yaml;
    int root = as_yaml_root(y);
    if (as_yaml_kind_of(y, root) != AS_YAML_MAP)
        return as_yaml_error(y, root, "a map");
    config->control_given = as_yaml_get(y, root, "control") != 0;
    r->mapping_only = is_mapping_only(y, root);
    int rc = as_config_read_map(r, root, "", config);
    if (!rc)
        rc = read_topology(r, root, config);
    if (!rc)
        rc = as_config_read_feeds(r, as_yaml_get(y, root, "feeds"), config);
    if (!rc)
        rc = as_config_read_inputs(r, as_yaml_get(y, root, "inputs"), config);
    if (!rc)
        rc = as_config_read_calendars(r, as_yaml_get(y, root, "calendars"), config);
    if (!rc)
        rc = read_strategies(r, as_yaml_get(y, root, "strategies"), config);
    if (!rc)
        rc = check_publish(y, root, config);
    if (!rc)
        rc = check_metrics(y, root, config);
    if (!rc)
        rc = check_files(y, root, config);
    return rc ? rc : hash_config(config);
}

static int read_text(const char *path, const char *text, size_t text_bytes, as_config *config)
{
    as_config_reader reader = {0};
    as_yaml *yaml;
    int rc = as_yaml_load(path, text, text_bytes, &yaml);
    if (rc)
        return rc;
    reader.yaml = yaml;
    size_t folder_bytes = (size_t)(base_name(path) - path);
    memcpy(reader.folder, path, folder_bytes);
    rc = read_config(&reader, config);
    as_yaml_free(yaml);
    return rc;
}

int as_config_load(const char *path, as_config **out)
{
    char *text;
    size_t text_bytes;
    if (strlen(path) >= AS_PATH_BYTES)
        return as_error_set(-ENAMETOOLONG, "%.200s...: found a path of %zu bytes, allowed %d", path, strlen(path),
                            AS_PATH_BYTES - 1);
    int rc = as_text_file_read(path, CONFIG_BYTES_MAX, &text, &text_bytes);
    if (rc)
        return rc;
    as_config *config = calloc(1, sizeof *config);
    if (config) {
        memcpy(config->path, path, strlen(path) + 1);
        rc = read_text(path, text, text_bytes, config);
    } else {
        rc = as_error_set(-ENOMEM, "%s: out of memory", path);
    }
    free(text);
    if (rc) {
        as_config_free(config);
        return rc;
    }
    *out = config;
    return 0;
}

/* The spec's members point to what it borrows; here they were allocated by core/config_calendars.c. */
static void free_borrowed(const void *memory)
{
    free((void *)(uintptr_t)memory);
}

void as_config_free(as_config *config)
{
    if (!config)
        return;
    for (uint32_t i = 0; i < config->calendar_count; i++) {
        free_borrowed(config->calendar[i].name);
        free_borrowed(config->calendar[i].zone);
        free_borrowed(config->calendar[i].holiday);
        free_borrowed(config->calendar[i].half_day);
    }
    free(config->mapping);
    free(config);
}
