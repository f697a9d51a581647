#include "apps/sim/scenario.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/date.h"
#include "core/error.h"
#include "core/logexp.h"
#include "core/score.h"
#include "core/text_file.h"
#include "core/view.h"
#include "core/yaml.h"

typedef struct status_name {
    const char *text;
    uint8_t tier; /* of a rumour */
} status_name;

static const status_name statuses[] = {{"RUMOUR_T1", 1},  {"RUMOUR_T2", 2}, {"RUMOUR_T3", 3},
                                       {"DEVELOPING", 0}, {"CONFIRMED", 0}, {"DENIED", 0}};

static const char *const status_words[] = {"RUMOUR_T1", "RUMOUR_T2", "RUMOUR_T3", "DEVELOPING",
                                           "CONFIRMED", "DENIED",    NULL};

/* ---- reading ---- */

static int member(const as_yaml *yaml, int node, const char *key, const char *allowed, int *value)
{
    *value = as_yaml_get(yaml, node, key);
    return *value ? 0 : as_yaml_missing(yaml, node, key, allowed);
}

static int text(const as_yaml *yaml, int node, const char *key, char *out, size_t out_bytes)
{
    int value;
    int rc = member(yaml, node, key, "a text", &value);
    return rc < 0 ? rc : as_yaml_text(yaml, value, out, out_bytes);
}

static int number(const as_yaml *yaml, int node, const char *key, double min, double max, double *out)
{
    int value;
    int rc = member(yaml, node, key, "a number", &value);
    return rc < 0 ? rc : as_yaml_double(yaml, value, min, max, out);
}

static int count_of(const as_yaml *yaml, int node, const char *key, int64_t min, int64_t max, uint32_t *out)
{
    int value;
    int64_t found;
    int rc = member(yaml, node, key, "a whole number", &value);
    if (rc == 0)
        rc = as_yaml_int(yaml, value, min, max, &found);
    if (rc == 0)
        *out = (uint32_t)found;
    return rc;
}

/* A file beside the scenario. */
static int beside(const as_sim_scenario *s, const as_yaml *yaml, int node, const char *key, char *out)
{
    char name[AS_PATH_BYTES];
    int rc = text(yaml, node, key, name, sizeof name);
    if (rc < 0)
        return rc;
    const char *slash = strrchr(s->path, '/');
    int folder_bytes = name[0] == '/' || !slash ? 0 : (int)(slash + 1 - s->path);
    int written = snprintf(out, AS_PATH_BYTES, "%.*s%s", folder_bytes, s->path, name);
    if (written >= AS_PATH_BYTES)
        return as_yaml_error_text(yaml, as_yaml_get(yaml, node, key), "the path is too long");
    return 0;
}

static int read_date(as_sim_scenario *s, const as_yaml *yaml, int root)
{
    char found[16];
    int year, month, day, end = 0;
    int rc = text(yaml, root, "date", found, sizeof found);
    if (rc < 0)
        return rc;
    if (sscanf(found, "%4d-%2d-%2d%n", &year, &month, &day, &end) != 3 || found[end])
        return as_yaml_error(yaml, as_yaml_get(yaml, root, "date"), "YYYY-MM-DD");
    s->date = year * 10000 + month * 100 + day;
    return 0;
}

static int read_event(as_sim_scenario *s, const as_yaml *yaml, int root)
{
    static const char *const keys[] = {"issuer", "family", "status", NULL};
    int event, status;
    int rc = member(yaml, root, "event", "{issuer, family, status}", &event);
    if (rc == 0)
        rc = as_yaml_expect_map(yaml, event, keys);
    if (rc == 0)
        rc = text(yaml, event, "issuer", s->issuer, sizeof s->issuer);
    if (rc == 0)
        rc = text(yaml, event, "family", s->family, sizeof s->family);
    if (rc == 0)
        rc = text(yaml, event, "status", s->status, sizeof s->status);
    if (rc == 0)
        rc = as_yaml_choice(yaml, as_yaml_get(yaml, event, "status"), status_words, &status);
    return rc;
}

static int read_head(as_sim_scenario *s, const as_yaml *yaml, int root)
{
    static const char *const keys[] = {"name",    "label", "date",   "universe", "playbook", "headlines",
                                       "history", "event", "market", "names",    NULL};
    static const char *const history_keys[] = {"sessions", NULL};
    int history;
    int rc = as_yaml_expect_map(yaml, root, keys);
    if (rc == 0)
        rc = text(yaml, root, "name", s->name, sizeof s->name);
    if (rc == 0)
        rc = text(yaml, root, "label", s->label, sizeof s->label);
    if (rc == 0)
        rc = read_date(s, yaml, root);
    if (rc == 0)
        rc = beside(s, yaml, root, "universe", s->universe_path);
    if (rc == 0)
        rc = beside(s, yaml, root, "playbook", s->playbook_path);
    if (rc == 0)
        rc = beside(s, yaml, root, "headlines", s->headlines_path);
    if (rc == 0)
        rc = member(yaml, root, "history", "{sessions: N}", &history);
    if (rc == 0)
        rc = as_yaml_expect_map(yaml, history, history_keys);
    if (rc == 0)
        rc = count_of(yaml, history, "sessions", AS_SIM_SESSION_MIN, AS_SIM_SESSION_MAX, &s->history_sessions);
    return rc < 0 ? rc : read_event(s, yaml, root);
}

/* What the market and the other names have in common. */
static int read_common(as_sim_name *name, const as_yaml *yaml, int node)
{
    double close = 0, move = 0;
    int rc = number(yaml, node, "close", 1, 99999, &close);
    if (rc == 0)
        rc = number(yaml, node, "move", -90, 300, &move);
    if (rc == 0)
        rc = number(yaml, node, "sigma", 1e-4, 0.5, &name->sigma);
    if (rc == 0)
        rc = count_of(yaml, node, "quotes", AS_SIM_QUOTE_MIN, AS_SIM_QUOTE_MAX, &name->quote_count);
    if (rc < 0)
        return rc;
    name->line = (uint32_t)as_yaml_line(yaml, node);
    name->close_cents = (int64_t)(close * 100 + 0.5);
    name->move = as_log(1 + move / 100);
    return 0;
}

static int read_market(as_sim_scenario *s, const as_yaml *yaml, int root)
{
    static const char *const keys[] = {"symbol", "close", "move", "sigma", "quotes", NULL};
    int node;
    int rc = member(yaml, root, "market", "{symbol, close, move, sigma, quotes}", &node);
    if (rc == 0)
        rc = as_yaml_expect_map(yaml, node, keys);
    if (rc == 0)
        rc = text(yaml, node, "symbol", s->sim[0].symbol, sizeof s->sim[0].symbol);
    if (rc == 0)
        rc = read_common(&s->sim[0], yaml, node);
    s->sim[0].beta = 1;
    return rc;
}

static int read_names(as_sim_scenario *s, const as_yaml *yaml, int root)
{
    static const char *const keys[] = {"close", "move", "beta", "sigma", "common", "quotes", NULL};
    int names;
    int rc = member(yaml, root, "names", "a map of symbols", &names);
    if (rc == 0)
        rc = as_yaml_expect_map(yaml, names, NULL);
    uint32_t count = as_yaml_count(yaml, names);
    if (rc == 0 && count >= AS_SIM_NAME_MAX)
        rc = as_yaml_error(yaml, names, "at most %d names", AS_SIM_NAME_MAX - 1);
    if (rc < 0)
        return rc;
    s->sim = calloc(count + 1, sizeof *s->sim);
    if (!s->sim)
        return as_error_set(-ENOMEM, "out of memory for %u names", count);
    s->count = count + 1;
    rc = read_market(s, yaml, root);
    for (uint32_t i = 0; rc == 0 && i < count; i++) {
        const char *symbol;
        int node = as_yaml_at(yaml, names, i, &symbol);
        as_sim_name *name = &s->sim[i + 1];
        if (strlen(symbol) >= sizeof name->symbol)
            return as_yaml_error_text(yaml, node, "a symbol has at most %d bytes", AS_SYMBOL_BYTES - 1);
        memcpy(name->symbol, symbol, strlen(symbol) + 1);
        rc = as_yaml_expect_map(yaml, node, keys);
        if (rc == 0)
            rc = read_common(name, yaml, node);
        if (rc == 0)
            rc = number(yaml, node, "beta", -10, 10, &name->beta);
        if (rc == 0)
            rc = number(yaml, node, "common", -0.99, 0.99, &name->common);
    }
    return rc;
}

static int read_file(as_sim_scenario *s)
{
    char *bytes = NULL;
    size_t byte_count;
    as_yaml *yaml;
    int rc = as_text_file_read(s->path, AS_YAML_BYTES_MAX, &bytes, &byte_count);
    if (rc < 0)
        return rc;
    rc = as_yaml_load(s->path, bytes, byte_count, &yaml);
    free(bytes);
    if (rc < 0)
        return rc;
    int root = as_yaml_root(yaml);
    rc = read_head(s, yaml, root);
    if (rc == 0)
        rc = read_names(s, yaml, root);
    as_yaml_free(yaml);
    return rc;
}

/* ---- what follows ---- */

static int resolve(as_sim_scenario *s)
{
    for (uint32_t i = 0; i < s->count; i++) {
        as_sim_name *name = &s->sim[i];
        name->instrument = as_symbols_find(&s->universe.symbols, name->symbol, strlen(name->symbol));
        if (name->instrument == AS_INSTRUMENT_NONE)
            return as_error_set(-EINVAL, "%s:%u: names: found '%s'; allowed: a symbol of %s", s->path, name->line,
                                name->symbol, s->universe_path);
        if (strlen(name->symbol) > 8)
            return as_error_set(-EINVAL, "%s:%u: names: found '%s'; allowed: at most 8 characters, as ITCH has them",
                                s->path, name->line, name->symbol);
        if (i > 0 && s->universe.instrument[name->instrument].factor != s->sim[0].instrument)
            return as_error_set(-EINVAL, "%s:%u: names: '%s' has another factor than %s in %s", s->path, name->line,
                                name->symbol, s->sim[0].symbol, s->universe_path);
        const as_calendar *own = as_universe_calendar(&s->universe, name->instrument);
        if (own != as_universe_calendar(&s->universe, s->sim[0].instrument))
            return as_error_set(-EINVAL, "%s:%u: names: '%s' trades on another calendar than %s", s->path, name->line,
                                name->symbol, s->sim[0].symbol);
    }
    s->session = as_calendar_session_on(as_universe_calendar(&s->universe, s->sim[0].instrument), s->date);
    if (!s->session)
        return as_error_set(-EINVAL, "%s: date: found %d, a day without a session", s->path, s->date);
    return 0;
}

/* ITCH is Nasdaq's: its day is New York's. */
static int find_midnight(as_sim_scenario *s)
{
    as_timezone *zone;
    int rc = as_timezone_new("America/New_York", &zone);
    if (rc < 0)
        return rc;
    int64_t utc =
        as_timezone_to_utc(zone, as_date_year(s->date), as_date_month(s->date), as_date_day(s->date), 0, 0, 0);
    s->midnight = (uint64_t)utc * AS_NS_PER_S;
    s->utc_offset_s = as_timezone_offset_at(zone, (int64_t)(s->session->open / AS_NS_PER_S));
    as_timezone_free(zone);
    return 0;
}

static double gate_of(const as_sim_scenario *s)
{
    const as_status_gate *gate = &s->playbook->gate;
    for (unsigned i = 0; i < sizeof statuses / sizeof *statuses; i++)
        if (statuses[i].tier && strcmp(s->status, statuses[i].text) == 0)
            return gate->rumour[statuses[i].tier];
    return strcmp(s->status, "DEVELOPING") == 0  ? gate->developing
           : strcmp(s->status, "CONFIRMED") == 0 ? gate->confirmed
                                                 : gate->denied;
}

static uint8_t role_of(const as_sim_scenario *s, const as_sim_name *name, const as_event_family *family, bool channel)
{
    uint8_t bucket = s->universe.instrument[name->instrument].bucket;
    if (name == &s->sim[0])
        return AS_SIM_MARKET;
    if (strcmp(name->symbol, s->issuer) == 0)
        return AS_SIM_EPICENTRE;
    for (uint32_t i = 0; family->control >= 0 && i < s->playbook->control[family->control].member_count; i++)
        if (s->playbook->control[family->control].member[i] == name->instrument)
            return AS_SIM_CONTROL;
    bool index = bucket != AS_BUCKET_NONE && strcmp(s->universe.bucket[bucket], "index") == 0;
    return channel && !index ? AS_SIM_LINKED : AS_SIM_OTHER;
}

static uint8_t class_of(const as_sim_scenario *s, const as_sim_name *name)
{
    const as_thresholds *th = &s->playbook->thresholds;
    bool along = as_sign(name->z) == as_sign(name->e) && as_sign(name->os) == as_sign(name->e);
    if (along && fabs(name->os) >= th->os_open)
        return AS_SIM_OVERREACTION;
    if (fabs(name->e) >= th->under_e && fabs(name->os) < th->os_open)
        return AS_SIM_JUSTIFIED;
    return along && fabs(name->os) >= th->os_close ? AS_SIM_WATCH : AS_SIM_NONE;
}

/* The score of every name at the close, from the scenario's own figures. */
static int score(as_sim_scenario *s)
{
    const as_thresholds *th = &s->playbook->thresholds;
    int type = as_event_type_find(s->family);
    if (type < 0 || !s->playbook->family[type].used)
        return as_error_set(-EINVAL, "%s: event.family: found '%s'; allowed: a family of %s", s->path, s->family,
                            s->playbook_path);
    const as_event_family *family = &s->playbook->family[type];
    const as_sim_name *issuer = NULL;
    for (uint32_t i = 0; i < s->count; i++) {
        as_sim_name *name = &s->sim[i];
        name->z = i == 0 ? 0 : (name->move - name->beta * s->sim[0].move) / name->sigma;
        if (strcmp(name->symbol, s->issuer) == 0)
            issuer = name;
    }
    if (!issuer)
        return as_error_set(-EINVAL, "%s: event.issuer: found '%s'; allowed: one of `names`", s->path, s->issuer);
    double size = fabs(issuer->z);
    s->g = gate_of(s);
    s->m = size < th->m_min ? th->m_min : size > th->m_max ? th->m_max : size;
    int dir = family->is_signed ? 1 : as_sign(issuer->z);
    for (uint32_t i = 0; i < s->count; i++) {
        as_sim_name *name = &s->sim[i];
        as_channel channel =
            as_playbook_channel(s->playbook, &s->universe, (uint16_t)type, issuer->instrument, name->instrument);
        name->role = role_of(s, name, family, channel.set);
        name->w = channel.set ? channel.w : (double)NAN;
        name->s_w = channel.set ? channel.s : (double)NAN;
        name->e = name->os = (double)NAN;
        if (!channel.set || name->role == AS_SIM_MARKET || name->role == AS_SIM_EPICENTRE)
            continue;
        as_score result = as_score_compute(
            &(as_score_input){.z = name->z, .w = name->w, .s_w = name->s_w, .g = s->g, .m = s->m, .dir = dir});
        name->e = result.e;
        name->os = result.os;
        if (name->role == AS_SIM_LINKED)
            name->expected = class_of(s, name);
    }
    return 0;
}

int as_sim_scenario_load(as_sim_scenario *scenario, const char *path)
{
    *scenario = (as_sim_scenario){0};
    if (strlen(path) >= sizeof scenario->path)
        return as_error_set(-ENAMETOOLONG, "%s: the path is too long", path);
    memcpy(scenario->path, path, strlen(path) + 1);
    int rc = read_file(scenario);
    if (rc < 0)
        return rc;
    rc = as_universe_load(&scenario->universe, scenario->universe_path, NULL, 0);
    if (rc < 0)
        return as_error_add("%s: universe", path);
    scenario->universe_loaded = true;
    rc = as_playbook_load(scenario->playbook_path, &scenario->universe, 0, &scenario->playbook);
    if (rc < 0)
        return as_error_add("%s: playbook", path);
    rc = resolve(scenario);
    if (rc == 0)
        rc = find_midnight(scenario);
    return rc < 0 ? rc : score(scenario);
}

void as_sim_scenario_fini(as_sim_scenario *scenario)
{
    as_playbook_free(scenario->playbook);
    if (scenario->universe_loaded)
        as_universe_fini(&scenario->universe);
    free(scenario->sim);
    *scenario = (as_sim_scenario){0};
}

const char *as_sim_role_text(as_sim_role role)
{
    static const char *const words[] = {"market", "epicentre", "linked", "control", "other"};
    return words[role];
}

const char *as_sim_class_text(as_sim_class expected)
{
    static const char *const words[] = {"none", "justified", "watch", "overreaction"};
    return words[expected];
}
