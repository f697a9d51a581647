#include "apps/sim/market.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/text_file.h"
#include "core/yaml.h"

static const char *const kind_text[] = {"justified",        "overreaction", "no_reversion", "denial",
                                        "rumour_confirmed", "noise",        "unrelated",    NULL};
static const char *const status_text[] = {"RUMOUR_T1", "RUMOUR_T2", "DEVELOPING", "CONFIRMED", NULL};
static const char *const close_text[] = {"trade", "mid", NULL};

const char *as_plant_kind_text(as_plant_kind kind)
{
    return kind_text[kind];
}

const char *as_plant_status_text(as_plant_status status)
{
    return status_text[status];
}

/* ---- values ---- */

static int text(const as_yaml *yaml, int node, const char *key, char *out, size_t out_bytes)
{
    int value = as_yaml_get(yaml, node, key);
    return value ? as_yaml_text(yaml, value, out, out_bytes) : as_yaml_missing(yaml, node, key, "a text");
}

static int number(const as_yaml *yaml, int node, const char *key, double min, double max, double *out)
{
    int value = as_yaml_get(yaml, node, key);
    return value ? as_yaml_double(yaml, value, min, max, out) : as_yaml_missing(yaml, node, key, "a number");
}

static int whole(const as_yaml *yaml, int node, const char *key, int64_t min, int64_t max, uint32_t *out)
{
    int64_t found;
    int value = as_yaml_get(yaml, node, key);
    int rc = value ? as_yaml_int(yaml, value, min, max, &found) : as_yaml_missing(yaml, node, key, "a whole number");
    if (rc == 0)
        *out = (uint32_t)found;
    return rc;
}

static int map(const as_yaml *yaml, int node, const char *key, const char *const *keys, int *out)
{
    *out = as_yaml_get(yaml, node, key);
    return *out ? as_yaml_expect_map(yaml, *out, keys) : as_yaml_missing(yaml, node, key, "a map");
}

/* [low, high] */
static int range(const as_yaml *yaml, int node, const char *key, double min, double max, as_range *out)
{
    as_range found;
    int list = as_yaml_get(yaml, node, key);
    if (!list)
        return as_yaml_missing(yaml, node, key, "[low, high]");
    int rc = as_yaml_expect_list(yaml, list, 2);
    if (rc == 0 && as_yaml_count(yaml, list) != 2)
        rc = as_yaml_error_text(yaml, list, "allowed two numbers, [low, high]");
    if (rc == 0)
        rc = as_yaml_double(yaml, as_yaml_at(yaml, list, 0, NULL), min, max, &found.low);
    if (rc == 0)
        rc = as_yaml_double(yaml, as_yaml_at(yaml, list, 1, NULL), min, max, &found.high);
    if (rc == 0 && found.high < found.low)
        rc = as_yaml_error_text(yaml, list, "the second number is below the first");
    if (rc == 0)
        *out = found;
    return rc;
}

/* {word: weight, ..}: words left out weigh nothing; together they weigh something. */
static int weights(const as_yaml *yaml, int node, const char *key, const char *const *words, uint32_t count,
                   double *out)
{
    const char *allowed[AS_PLANT_KIND_COUNT + 1] = {0};
    double sum = 0;
    int list;
    memcpy(allowed, words, count * sizeof *allowed);
    int rc = map(yaml, node, key, allowed, &list);
    for (uint32_t i = 0; rc == 0 && i < count; i++) {
        int value = as_yaml_get(yaml, list, words[i]);
        out[i] = 0;
        if (value)
            rc = as_yaml_double(yaml, value, 0, 1e6, &out[i]);
        sum += out[i];
    }
    if (rc == 0 && !(sum > 0))
        rc = as_yaml_error_text(yaml, list, "all weights are 0");
    return rc;
}

/* A file beside the scenario. */
static int beside(const as_sim_market *m, const as_yaml *yaml, int node, const char *key, char *out)
{
    char name[AS_PATH_BYTES];
    int rc = text(yaml, node, key, name, sizeof name);
    if (rc < 0)
        return rc;
    const char *slash = strrchr(m->path, '/');
    int folder_bytes = name[0] == '/' || !slash ? 0 : (int)(slash + 1 - m->path);
    if (snprintf(out, AS_PATH_BYTES, "%.*s%s", folder_bytes, m->path, name) >= AS_PATH_BYTES)
        return as_yaml_error_text(yaml, as_yaml_get(yaml, node, key), "the path is too long");
    return 0;
}

/* ---- parts ---- */

static int read_start(as_sim_market *m, const as_yaml *yaml, int root)
{
    char found[16];
    int year, month, day, end = 0;
    int rc = text(yaml, root, "start", found, sizeof found);
    if (rc < 0)
        return rc;
    if (sscanf(found, "%4d-%2d-%2d%n", &year, &month, &day, &end) != 3 || found[end] || year < 1995 || year > 2049 ||
        month < 1 || month > 12 || day < 1 || day > 31)
        return as_yaml_error(yaml, as_yaml_get(yaml, root, "start"), "YYYY-MM-DD, 1995 to 2049");
    m->start = year * 10000 + month * 100 + day;
    return 0;
}

static int read_head(as_sim_market *m, const as_yaml *yaml, int root)
{
    static const char *const keys[] = {"kind",     "name",    "label",  "universe",   "playbook", "start",
                                       "sessions", "history", "market", "volatility", "trades",   "bars",
                                       "events",   "private", "names",  NULL};
    static const char *const kinds[] = {"market", NULL};
    static const char *const history_keys[] = {"sessions", NULL};
    int history, kind;
    int rc = as_yaml_expect_map(yaml, root, keys);
    if (rc == 0)
        rc = as_yaml_choice(yaml, as_yaml_get(yaml, root, "kind"), kinds, &kind);
    if (rc == 0)
        rc = text(yaml, root, "name", m->name, sizeof m->name);
    if (rc == 0)
        rc = text(yaml, root, "label", m->label, sizeof m->label);
    if (rc == 0)
        rc = beside(m, yaml, root, "universe", m->universe_path);
    if (rc == 0)
        rc = beside(m, yaml, root, "playbook", m->playbook_path);
    if (rc == 0)
        rc = read_start(m, yaml, root);
    if (rc == 0)
        rc = whole(yaml, root, "sessions", 1, AS_MARKET_SESSION_MAX, &m->session_count);
    if (rc == 0)
        rc = map(yaml, root, "history", history_keys, &history);
    if (rc == 0)
        rc = whole(yaml, history, "sessions", AS_MARKET_HISTORY_MIN, AS_MARKET_HISTORY_MAX, &m->history_count);
    return rc;
}

static int read_volatility(as_sim_market *m, const as_yaml *yaml, int root)
{
    static const char *const keys[] = {"arch", "garch", "tails", "overnight", "jump_rate", "jump_size", NULL};
    as_volatility *v = &m->volatility;
    int node;
    int rc = map(yaml, root, "volatility", keys, &node);
    if (rc == 0)
        rc = number(yaml, node, "arch", 0, 0.5, &v->arch);
    if (rc == 0)
        rc = number(yaml, node, "garch", 0, 0.999, &v->garch);
    if (rc == 0)
        rc = whole(yaml, node, "tails", 3, 1000, &v->tails);
    if (rc == 0)
        rc = number(yaml, node, "overnight", 0, 0.9, &v->overnight);
    if (rc == 0)
        rc = number(yaml, node, "jump_rate", 0, 1, &v->jump_rate);
    if (rc == 0)
        rc = number(yaml, node, "jump_size", 0, 10, &v->jump_size);
    if (rc == 0 && v->arch + v->garch >= 0.9999)
        rc = as_yaml_error_text(yaml, node, "arch and garch add up to %g; allowed: less than 1", v->arch + v->garch);
    if (rc == 0 && v->jump_rate * v->jump_size * v->jump_size > 0.8)
        rc = as_yaml_error_text(yaml, node, "jump_rate x jump_size^2 is %g of the variance; allowed: up to 0.8",
                                v->jump_rate * v->jump_size * v->jump_size);
    return rc;
}

static int read_trades(as_sim_market *m, const as_yaml *yaml, int root)
{
    static const char *const keys[] = {"cluster", "cluster_s", NULL};
    static const char *const bar_keys[] = {"close", NULL};
    int node, choice = 0;
    int rc = map(yaml, root, "trades", keys, &node);
    if (rc == 0)
        rc = number(yaml, node, "cluster", 0, 0.9, &m->cluster);
    if (rc == 0)
        rc = number(yaml, node, "cluster_s", 0.1, 3600, &m->cluster_s);
    if (rc == 0)
        rc = map(yaml, root, "bars", bar_keys, &node);
    if (rc == 0)
        rc = as_yaml_choice(yaml, as_yaml_get(yaml, node, "close"), close_text, &choice);
    m->close_mid = choice == 1;
    return rc;
}

static int read_plant_sizes(as_plant_rules *p, const as_yaml *yaml, int node)
{
    int rc = range(yaml, node, "epicentre_z", 1, 20, &p->epicentre_z);
    if (rc == 0)
        rc = range(yaml, node, "excess_os", 0, 20, &p->excess_os);
    if (rc == 0)
        rc = range(yaml, node, "excess_share", 0, 1, &p->excess_share);
    if (rc == 0)
        rc = range(yaml, node, "half_life", 0.05, 60, &p->half_life);
    if (rc == 0)
        rc = range(yaml, node, "answer_hours", 0.1, 240, &p->answer_hours);
    if (rc == 0)
        rc = number(yaml, node, "noise_every", 0.2, 1e6, &p->noise_every);
    return rc < 0 ? rc : number(yaml, node, "unrelated", 0, 500, &p->unrelated);
}

static int read_plant(as_sim_market *m, const as_yaml *yaml, int root)
{
    static const char *const keys[] = {
        "every",        "before_open", "private_share", "kinds",       "status",    "epicentre_z", "excess_os",
        "excess_share", "half_life",   "answer_hours",  "noise_every", "unrelated", NULL};
    as_plant_rules *p = &m->plant;
    int node;
    int rc = map(yaml, root, "events", keys, &node);
    if (rc == 0)
        rc = number(yaml, node, "every", 0.2, 1e6, &p->every);
    if (rc == 0)
        rc = number(yaml, node, "before_open", 0, 1, &p->before_open);
    if (rc == 0)
        rc = number(yaml, node, "private_share", 0, 1, &p->private_share);
    if (rc == 0)
        rc = weights(yaml, node, "kinds", kind_text, AS_PLANT_PRICED, p->kind);
    if (rc == 0)
        rc = weights(yaml, node, "status", status_text, AS_PLANT_STATUS_COUNT, p->status);
    return rc < 0 ? rc : read_plant_sizes(p, yaml, node);
}

/* ---- names ---- */

static int read_common(as_market_name *name, const as_yaml *yaml, int node)
{
    name->line = (uint32_t)as_yaml_line(yaml, node);
    int rc = number(yaml, node, "close", 0.5, 1e7, &name->close);
    if (rc == 0)
        rc = number(yaml, node, "sigma", 1e-4, 0.2, &name->sigma);
    if (rc == 0)
        rc = number(yaml, node, "trades", 1, 100000, &name->trades);
    if (rc == 0)
        rc = number(yaml, node, "quotes", 1, 200000, &name->quotes);
    return rc < 0 ? rc : number(yaml, node, "spread_bps", 0.1, 500, &name->spread_bps);
}

static int read_factor(as_sim_market *m, const as_yaml *yaml, int root)
{
    static const char *const keys[] = {"symbol", "close", "sigma", "trades", "quotes", "spread_bps", NULL};
    int node;
    int rc = map(yaml, root, "market", keys, &node);
    if (rc == 0)
        rc = text(yaml, node, "symbol", m->sim[0].symbol, sizeof m->sim[0].symbol);
    m->sim[0].beta = 1;
    return rc < 0 ? rc : read_common(&m->sim[0], yaml, node);
}

static int read_name(as_market_name *name, const as_yaml *yaml, int node, const char *symbol)
{
    static const char *const keys[] = {"close", "beta", "sigma", "common", "trades", "quotes", "spread_bps", NULL};
    if (strlen(symbol) >= sizeof name->symbol)
        return as_yaml_error_text(yaml, node, "a symbol has at most %d bytes", AS_SYMBOL_BYTES - 1);
    memcpy(name->symbol, symbol, strlen(symbol) + 1);
    int rc = as_yaml_expect_map(yaml, node, keys);
    if (rc == 0)
        rc = read_common(name, yaml, node);
    if (rc == 0)
        rc = number(yaml, node, "beta", -10, 10, &name->beta);
    return rc < 0 ? rc : number(yaml, node, "common", -0.99, 0.99, &name->common);
}

static int read_names(as_sim_market *m, const as_yaml *yaml, int root)
{
    int names;
    int rc = map(yaml, root, "names", NULL, &names);
    uint32_t count = as_yaml_count(yaml, names);
    if (rc == 0 && (count == 0 || count >= AS_MARKET_NAME_MAX))
        rc = as_yaml_error(yaml, names, "1 to %d names", AS_MARKET_NAME_MAX - 1);
    if (rc < 0)
        return rc;
    m->sim = calloc(count + 1, sizeof *m->sim);
    if (!m->sim)
        return as_error_set(-ENOMEM, "out of memory for %u names", count);
    m->count = count + 1;
    rc = read_factor(m, yaml, root);
    for (uint32_t i = 0; rc == 0 && i < count; i++) {
        const char *symbol;
        int node = as_yaml_at(yaml, names, i, &symbol);
        rc = read_name(&m->sim[i + 1], yaml, node, symbol);
    }
    return rc;
}

/* ---- what follows ---- */

static int resolve_name(as_sim_market *m, as_market_name *name)
{
    const as_symbols *symbols = &m->universe.symbols;
    uint32_t found = as_symbols_find(symbols, name->symbol, strlen(name->symbol));
    if (found == AS_INSTRUMENT_NONE)
        return as_error_set(-EINVAL, "%s:%u: names: found '%s'; allowed: a symbol of %s", m->path, name->line,
                            name->symbol, m->universe_path);
    const as_instrument *instrument = &m->universe.instrument[found];
    if (name != m->sim && instrument->factor != m->sim[0].instrument)
        return as_error_set(-EINVAL, "%s:%u: names: '%s' has another factor than %s in %s", m->path, name->line,
                            name->symbol, m->sim[0].symbol, m->universe_path);
    const as_session *session = as_calendar_session_on(m->universe.calendar[instrument->calendar], 20240612);
    if (!session || session->open <= session->prev_close)
        return as_error_set(-EINVAL, "%s:%u: names: '%s' never closes; allowed: a market that closes at night", m->path,
                            name->line, name->symbol);
    name->instrument = found;
    name->calendar = instrument->calendar;
    name->bucket = instrument->bucket;
    name->tick_px = strcmp(instrument->currency, "KRW") == 0 ? 100 * AS_PX_ONE : AS_PX_ONE / 100;
    return 0;
}

static int read_private(as_sim_market *m, const as_yaml *yaml, int root)
{
    int list = as_yaml_get(yaml, root, "private");
    int rc = list ? as_yaml_expect_list(yaml, list, AS_MARKET_PRIVATE_MAX) : 0;
    for (uint32_t i = 0; rc == 0 && i < as_yaml_count(yaml, list); i++) {
        char symbol[AS_SYMBOL_BYTES];
        int node = as_yaml_at(yaml, list, i, NULL);
        rc = as_yaml_text(yaml, node, symbol, sizeof symbol);
        uint32_t found = rc < 0 ? 0 : as_symbols_find(&m->universe.symbols, symbol, strlen(symbol));
        if (rc == 0 && found == AS_INSTRUMENT_NONE)
            rc = as_yaml_error(yaml, node, "a symbol of %s", m->universe_path);
        else if (rc == 0 && as_sim_market_find(m, found) >= 0)
            rc = as_yaml_error_text(yaml, node, "'%s' is one of `names`: it has a price", symbol);
        if (rc == 0)
            m->private_issuer[m->private_count++] = found;
    }
    return rc;
}

static int load_world(as_sim_market *m)
{
    int rc = as_universe_load(&m->universe, m->universe_path, NULL, 0);
    if (rc < 0)
        return as_error_add("%s: universe", m->path);
    m->universe_loaded = true;
    rc = as_playbook_load(m->playbook_path, &m->universe, 0, &m->playbook);
    if (rc < 0)
        return as_error_add("%s: playbook", m->path);
    for (uint32_t i = 0; rc == 0 && i < m->count; i++)
        rc = resolve_name(m, &m->sim[i]);
    return rc;
}

static int read_document(as_sim_market *m, const as_yaml *yaml)
{
    int root = as_yaml_root(yaml);
    int rc = read_head(m, yaml, root);
    if (rc == 0)
        rc = read_volatility(m, yaml, root);
    if (rc == 0)
        rc = read_trades(m, yaml, root);
    if (rc == 0)
        rc = read_plant(m, yaml, root);
    if (rc == 0)
        rc = read_names(m, yaml, root);
    if (rc == 0)
        rc = load_world(m);
    return rc < 0 ? rc : read_private(m, yaml, root);
}

static int open_yaml(const char *path, as_yaml **yaml)
{
    char *bytes = NULL;
    size_t byte_count;
    int rc = as_text_file_read(path, AS_YAML_BYTES_MAX, &bytes, &byte_count);
    if (rc < 0)
        return rc;
    rc = as_yaml_load(path, bytes, byte_count, yaml);
    free(bytes);
    return rc;
}

int as_sim_market_load(as_sim_market *market, const char *path)
{
    as_yaml *yaml;
    *market = (as_sim_market){0};
    if (strlen(path) >= sizeof market->path)
        return as_error_set(-ENAMETOOLONG, "%s: the path is too long", path);
    memcpy(market->path, path, strlen(path) + 1);
    int rc = open_yaml(path, &yaml);
    if (rc < 0)
        return rc;
    rc = read_document(market, yaml);
    as_yaml_free(yaml);
    return rc;
}

void as_sim_market_fini(as_sim_market *market)
{
    as_playbook_free(market->playbook);
    if (market->universe_loaded)
        as_universe_fini(&market->universe);
    free(market->sim);
    *market = (as_sim_market){0};
}

int as_sim_market_kind(const char *path, bool *is)
{
    as_yaml *yaml;
    int rc = open_yaml(path, &yaml);
    if (rc < 0)
        return rc;
    *is = as_yaml_get(yaml, as_yaml_root(yaml), "kind") != 0;
    as_yaml_free(yaml);
    return 0;
}

bool as_sim_market_is(const char *path)
{
    bool is = false;
    if (as_sim_market_kind(path, &is) < 0)
        as_error_clear();
    return is;
}

int as_sim_market_find(const as_sim_market *market, uint32_t instrument)
{
    for (uint32_t i = 0; i < market->count; i++)
        if (market->sim[i].instrument == instrument)
            return (int)i;
    return -1;
}
