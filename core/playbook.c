#include "core/playbook.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "core/error.h"
#include "core/playbook_pairs.h"
#include "core/playbook_schema.h"
#include "core/text_file.h"
#include "core/yaml.h"

enum { PHRASE_BYTES = 1024 };

/* What a compilation carries along. Families are in the file's order until all of them are read. */
typedef struct compiler {
    const as_yaml *yaml;
    const as_universe *universe;
    as_playbook *playbook;
    as_event_family *family; /* as_yaml_count of `events` of them */
    uint32_t family_count;
    char (*family_name)[AS_EVENT_NAME_BYTES];
} compiler;

static int no_memory(const compiler *c)
{
    return as_error_set(-ENOMEM, "%s: out of memory", as_yaml_path(c->yaml));
}

static uint32_t find_symbol(const compiler *c, const char *name)
{
    return as_symbols_find(&c->universe->symbols, name, strlen(name));
}

/* Lower-case words joined by _: family names and control groups. */
static bool is_name(const char *name, size_t name_bytes)
{
    return *name && strlen(name) < name_bytes && name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
}

/* ---- sources ---- */

static int compile_source(const compiler *c, const char *name, int node, as_news_source *source)
{
    static const char *const keys[] = {"class", "tier", NULL};
    static const char *const classes[] = {"official", "press", "aggregator", "social", NULL};
    if (!*name || strlen(name) >= sizeof source->name)
        return as_yaml_error_text(c->yaml, node, "found a name of %zu bytes, allowed 1 to %zu", strlen(name),
                                  sizeof source->name - 1);
    for (uint32_t i = 0; i < c->playbook->source_count; i++)
        if (strcasecmp(c->playbook->source[i].name, name) == 0)
            return as_yaml_error_text(c->yaml, node, "found '%s' again (names are compared without case), allowed once",
                                      name);
    int rc = as_yaml_expect_map(c->yaml, node, keys);
    if (rc)
        return rc;
    int class_node = as_yaml_get(c->yaml, node, "class"), tier_node = as_yaml_get(c->yaml, node, "tier");
    if (!class_node)
        return as_yaml_missing(c->yaml, node, "class", "official, press, aggregator, social");
    int class_idx = 0;
    rc = as_yaml_choice(c->yaml, class_node, classes, &class_idx);
    int64_t tier = class_idx + 1; /* official 1, press 2, aggregator 3, social 4 */
    if (!rc && tier_node)
        rc = as_yaml_int(c->yaml, tier_node, 1, 4, &tier);
    if (rc)
        return rc;
    memcpy(source->name, name, strlen(name) + 1);
    source->source_class = (uint8_t)(class_idx + AS_CLASS_OFFICIAL);
    source->tier = (uint8_t)tier;
    return 0;
}

static int compile_sources(compiler *c, int node)
{
    if (!node)
        return 0;
    int rc = as_yaml_expect_map(c->yaml, node, NULL);
    if (rc)
        return rc;
    uint32_t count = as_yaml_count(c->yaml, node);
    if (count > AS_NEWS_SOURCE_MAX)
        return as_yaml_error_text(c->yaml, node, "found %u sources, allowed %d", count, AS_NEWS_SOURCE_MAX);
    c->playbook->source = calloc(count + 1, sizeof *c->playbook->source);
    if (!c->playbook->source)
        return no_memory(c);
    for (uint32_t i = 0; i < count; i++) {
        const char *name;
        int entry = as_yaml_at(c->yaml, node, i, &name);
        rc = compile_source(c, name, entry, &c->playbook->source[c->playbook->source_count]);
        if (rc)
            return rc;
        c->playbook->source_count++;
    }
    return 0;
}

/* ---- controls ---- */

static int compile_members(const compiler *c, int members, int q, as_control *control)
{
    int rc = as_yaml_expect_list(c->yaml, members, AS_CONTROL_MAX);
    if (!rc && q)
        rc = as_yaml_expect_list(c->yaml, q, AS_CONTROL_MAX);
    if (rc)
        return rc;
    uint32_t count = as_yaml_count(c->yaml, members);
    if (q && as_yaml_count(c->yaml, q) != count)
        return as_yaml_error_text(c->yaml, q, "found %u weights, allowed %u: one a member", as_yaml_count(c->yaml, q),
                                  count);
    for (uint32_t i = 0; i < count; i++) {
        char symbol[AS_SYMBOL_BYTES];
        int entry = as_yaml_at(c->yaml, members, i, NULL);
        double weight = 1.0;
        rc = as_yaml_text(c->yaml, entry, symbol, sizeof symbol);
        if (!rc && q)
            rc = as_yaml_double(c->yaml, as_yaml_at(c->yaml, q, i, NULL), 0, 10, &weight);
        if (rc)
            return rc;
        uint32_t instrument = find_symbol(c, symbol);
        if (instrument == AS_INSTRUMENT_NONE) {
            as_yaml_warn(c->yaml, entry, "'%s' is not in this universe: left out", symbol);
            continue;
        }
        for (uint32_t k = 0; k < control->member_count; k++)
            if (control->member[k] == instrument)
                return as_yaml_error_text(c->yaml, entry, "found '%s' twice, allowed once", symbol);
        control->member[control->member_count] = instrument;
        control->q[control->member_count++] = weight;
    }
    return 0;
}

static int compile_control(const compiler *c, const char *name, int node, as_control *control)
{
    static const char *const keys[] = {"members", "q", "needs", NULL};
    if (!is_name(name, sizeof control->name))
        return as_yaml_error_text(c->yaml, node, "found the name '%.60s', allowed 1 to %zu of a-z, 0-9 and _", name,
                                  sizeof control->name - 1);
    int rc = as_yaml_expect_map(c->yaml, node, keys);
    if (rc)
        return rc;
    int members = as_yaml_get(c->yaml, node, "members"), needs_node = as_yaml_get(c->yaml, node, "needs");
    if (!members)
        return as_yaml_missing(c->yaml, node, "members", "a list of symbols");
    memcpy(control->name, name, strlen(name) + 1);
    rc = compile_members(c, members, as_yaml_get(c->yaml, node, "q"), control);
    int64_t needs = 3;
    if (!rc && needs_node)
        rc = as_yaml_int(c->yaml, needs_node, 1, AS_CONTROL_MAX, &needs);
    if (rc)
        return rc;
    if (needs > as_yaml_count(c->yaml, members))
        return as_yaml_error_text(c->yaml, node, "found needs %lld with %u members, allowed at most as many",
                                  (long long)needs, as_yaml_count(c->yaml, members));
    control->needs = (uint32_t)needs;
    if (control->member_count < control->needs)
        as_yaml_warn(c->yaml, node, "needs %u members and has %u in this universe: it will never have a value",
                     control->needs, control->member_count);
    return 0;
}

static int compile_controls(compiler *c, int node)
{
    if (!node)
        return 0;
    int rc = as_yaml_expect_map(c->yaml, node, NULL);
    if (rc)
        return rc;
    uint32_t count = as_yaml_count(c->yaml, node);
    if (count > AS_CONTROL_GROUP_MAX)
        return as_yaml_error_text(c->yaml, node, "found %u groups, allowed %d", count, AS_CONTROL_GROUP_MAX);
    for (uint32_t i = 0; i < count && !rc; i++) {
        const char *name;
        int entry = as_yaml_at(c->yaml, node, i, &name);
        rc = compile_control(c, name, entry, &c->playbook->control[i]);
        if (!rc)
            c->playbook->control_count++;
    }
    return rc;
}

/* ---- events ---- */

/* {w, s, why} or [w, s, why]; s and why may be left out. */
static int compile_channel(const compiler *c, int node, as_channel *channel)
{
    static const char *const keys[] = {"w", "s", "why", NULL};
    as_channel made = {.set = true};
    int part[3] = {0, 0, 0};
    int rc = 0;
    if (as_yaml_kind_of(c->yaml, node) == AS_YAML_LIST) {
        rc = as_yaml_expect_list(c->yaml, node, 3);
        for (uint32_t i = 0; i < 3; i++)
            part[i] = as_yaml_at(c->yaml, node, i, NULL);
    } else if (as_yaml_kind_of(c->yaml, node) == AS_YAML_MAP) {
        rc = as_yaml_expect_map(c->yaml, node, keys);
        for (uint32_t i = 0; i < 3; i++)
            part[i] = as_yaml_get(c->yaml, node, keys[i]);
    } else {
        return as_yaml_error(c->yaml, node, "[w, s, why] or {w, s, why}");
    }
    if (rc)
        return rc;
    if (!part[0])
        return as_yaml_missing(c->yaml, node, "w", "a number from -10 to 10");
    rc = as_yaml_double(c->yaml, part[0], -10, 10, &made.w);
    if (!rc && part[1])
        rc = as_yaml_double(c->yaml, part[1], 0, 10, &made.s);
    if (!rc && part[2])
        rc = as_yaml_text(c->yaml, part[2], made.why, sizeof made.why);
    if (!rc)
        *channel = made;
    return rc;
}

static int compare_symbol_channels(const void *a, const void *b)
{
    uint32_t x = ((const as_symbol_channel *)a)->instrument, y = ((const as_symbol_channel *)b)->instrument;
    return (x > y) - (x < y);
}

/* Does a family before this one have a channel of that key? Then it was warned about there. */
static bool was_met(const compiler *c, uint32_t order, const char *key)
{
    int events = as_yaml_get(c->yaml, as_yaml_root(c->yaml), "events");
    for (uint32_t i = 0; i < order; i++)
        if (as_yaml_get(c->yaml, as_yaml_get(c->yaml, as_yaml_at(c->yaml, events, i, NULL), "channels"), key))
            return true;
    return false;
}

static int compile_channels(const compiler *c, int node, as_event_family *family)
{
    const struct {
        const char *name;
        as_channel *channel;
    } relations[] = {{"winner", &family->winner},
                     {"same_bucket", &family->same_bucket},
                     {"supplier", &family->supplier},
                     {"customer", &family->customer}};
    int rc = as_yaml_expect_map(c->yaml, node, NULL);
    if (rc)
        return rc;
    uint32_t count = as_yaml_count(c->yaml, node);
    family->symbol = calloc(count + 1, sizeof *family->symbol);
    if (!family->symbol)
        return no_memory(c);
    for (uint32_t i = 0; i < count; i++) {
        const char *key;
        as_channel channel;
        int entry = as_yaml_at(c->yaml, node, i, &key);
        rc = compile_channel(c, entry, &channel);
        if (rc)
            return rc;
        size_t r = 0;
        while (r < sizeof relations / sizeof *relations && strcmp(relations[r].name, key) != 0)
            r++;
        int bucket = as_universe_bucket(c->universe, key);
        uint32_t instrument = find_symbol(c, key);
        if (r < sizeof relations / sizeof *relations)
            *relations[r].channel = channel;
        else if (bucket >= 0)
            family->bucket[bucket] = channel;
        else if (instrument != AS_INSTRUMENT_NONE)
            family->symbol[family->symbol_count++] = (as_symbol_channel){instrument, channel};
        else if (!was_met(c, family->order, key))
            as_yaml_warn(c->yaml, entry, "neither a bucket nor a symbol of this universe: left out, here and below");
    }
    qsort(family->symbol, family->symbol_count, sizeof *family->symbol, compare_symbol_channels);
    return 0;
}

static int compile_phrases(const compiler *c, int node, as_event_family *family)
{
    int rc = as_yaml_expect_list(c->yaml, node, AS_PHRASE_MAX);
    if (rc)
        return rc;
    uint32_t count = as_yaml_count(c->yaml, node);
    family->phrase = calloc(count + 1, sizeof *family->phrase);
    family->phrase_line = calloc(count + 1, sizeof *family->phrase_line);
    if (!family->phrase || !family->phrase_line)
        return no_memory(c);
    for (uint32_t i = 0; i < count; i++) {
        char phrase[PHRASE_BYTES];
        int entry = as_yaml_at(c->yaml, node, i, NULL);
        rc = as_yaml_text(c->yaml, entry, phrase, sizeof phrase);
        if (rc)
            return rc;
        family->phrase_line[i] = (uint32_t)as_yaml_line(c->yaml, entry);
        family->phrase[i] = strdup(phrase);
        if (!family->phrase[i])
            return no_memory(c);
        family->phrase_count++;
    }
    return 0;
}

static int compile_control_name(const compiler *c, int node, as_event_family *family)
{
    char name[AS_EVENT_NAME_BYTES];
    int rc = as_yaml_text(c->yaml, node, name, sizeof name);
    if (rc)
        return rc;
    for (uint32_t i = 0; i < c->playbook->control_count; i++)
        if (strcmp(c->playbook->control[i].name, name) == 0) {
            family->control = (int)i;
            return 0;
        }
    return as_yaml_error(c->yaml, node, "a group of 'controls'");
}

static int compile_epicentre(const compiler *c, int node, as_event_family *family)
{
    char symbol[AS_SYMBOL_BYTES];
    int rc = as_yaml_text(c->yaml, node, symbol, sizeof symbol);
    if (rc)
        return rc;
    family->epicentre = find_symbol(c, symbol);
    if (family->epicentre == AS_INSTRUMENT_NONE)
        as_yaml_warn(c->yaml, node, "'%s' is not in this universe: left out", symbol);
    return 0;
}

static int compile_family(const compiler *c, int node, as_event_family *family)
{
    static const char *const keys[] = {"default_M", "fade",    "signed",   "object", "control",
                                       "epicentre", "phrases", "channels", NULL};
    const as_yaml *y = c->yaml;
    int rc = as_yaml_expect_map(y, node, keys);
    int value;
    if (!rc && (value = as_yaml_get(y, node, "default_M")))
        rc = as_yaml_double(y, value, 0, 20, &family->default_m);
    if (!rc && (value = as_yaml_get(y, node, "fade")))
        rc = as_yaml_bool(y, value, &family->fade);
    if (!rc && (value = as_yaml_get(y, node, "signed")))
        rc = as_yaml_bool(y, value, &family->is_signed);
    if (!rc && (value = as_yaml_get(y, node, "object"))) {
        rc = as_yaml_text(y, value, family->object, sizeof family->object);
        if (!rc && strchr(family->object, '|'))
            rc = as_yaml_error(y, value, "a text without |, which parts the fact's key");
    }
    if (!rc && (value = as_yaml_get(y, node, "control")))
        rc = compile_control_name(c, value, family);
    if (!rc && (value = as_yaml_get(y, node, "epicentre")))
        rc = compile_epicentre(c, value, family);
    if (!rc && (value = as_yaml_get(y, node, "phrases")))
        rc = compile_phrases(c, value, family);
    if (!rc && (value = as_yaml_get(y, node, "channels")))
        rc = compile_channels(c, value, family);
    return rc;
}

/* A playbook whose families name no control group means its first one for all of them. */
static void default_control(const compiler *c, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (c->family[i].control >= 0)
            return;
    for (uint32_t i = 0; c->playbook->control_count > 0 && i < count; i++)
        c->family[i].control = 0;
}

static int compile_events(compiler *c, int node)
{
    if (!node)
        return as_yaml_missing(c->yaml, as_yaml_root(c->yaml), "events", "a map of event families");
    int rc = as_yaml_expect_map(c->yaml, node, NULL);
    if (rc)
        return rc;
    uint32_t count = as_yaml_count(c->yaml, node);
    if (count >= AS_EVENT_TYPE_MAX)
        return as_yaml_error_text(c->yaml, node, "found %u families, allowed %d", count, AS_EVENT_TYPE_MAX - 1);
    c->family = calloc(count + 1, sizeof *c->family);
    c->family_name = calloc(count + 1, sizeof *c->family_name);
    if (!c->family || !c->family_name)
        return no_memory(c);
    for (uint32_t i = 0; i < count; i++) {
        const char *name;
        int entry = as_yaml_at(c->yaml, node, i, &name);
        if (!is_name(name, AS_EVENT_NAME_BYTES) || strcmp(name, "other") == 0)
            return as_yaml_error_text(c->yaml, entry,
                                      "found the name '%.60s', allowed 1 to %d of a-z, 0-9 and _, not "
                                      "'other'",
                                      name, AS_EVENT_NAME_BYTES - 1);
        memcpy(c->family_name[i], name, strlen(name) + 1);
        c->family[i] = (as_event_family){
            .used = true, .fade = true, .default_m = 2.0, .control = -1, .epicentre = AS_INSTRUMENT_NONE, .order = i};
        c->family_count++;
        rc = compile_family(c, entry, &c->family[i]);
        if (rc)
            return rc;
    }
    default_control(c, count);
    return 0;
}

static void free_family(as_event_family *family)
{
    for (uint32_t i = 0; i < family->phrase_count; i++)
        free(family->phrase[i]);
    free(family->phrase);
    free(family->phrase_line);
    free(family->symbol);
    *family = (as_event_family){.control = -1};
}

/* Names are interned only when everything else was right, so that a broken reload leaves no trace in the table. */
static int place_families(compiler *c)
{
    int events = as_yaml_get(c->yaml, as_yaml_root(c->yaml), "events");
    for (uint32_t i = 0; i < c->family_count; i++) {
        uint16_t type = as_event_type_intern(c->family_name[i]);
        if (type == UINT16_MAX)
            return as_yaml_error_text(c->yaml, as_yaml_at(c->yaml, events, i, NULL),
                                      "found more than %d names of "
                                      "families since the start, allowed %d",
                                      AS_EVENT_TYPE_MAX, AS_EVENT_TYPE_MAX);
        c->playbook->family[type] = c->family[i];
        c->playbook->family[type].event_type = type;
        c->family[i] = (as_event_family){.control = -1};
    }
    return 0;
}

/* ---- status gate and thresholds ---- */

static int compile_gate(const compiler *c, int node)
{
    static const char *const keys[] = {"RUMOUR_T1", "RUMOUR_T2", "RUMOUR_T3", "DEVELOPING",
                                       "CONFIRMED", "DENIED",    NULL};
    double value[] = {0.6, 0.45, 0.2, 0.8, 1.0, 0.0}; /* SCIENCE 1.4 */
    int rc = node ? as_yaml_expect_map(c->yaml, node, keys) : 0;
    for (size_t i = 0; keys[i] && !rc; i++) {
        int entry = as_yaml_get(c->yaml, node, keys[i]);
        if (entry)
            rc = as_yaml_double(c->yaml, entry, 0, 1, &value[i]);
    }
    c->playbook->gate = (as_status_gate){.rumour = {value[2], value[0], value[1], value[2], value[2]},
                                         .developing = value[3],
                                         .confirmed = value[4],
                                         .denied = value[5]};
    return rc;
}

/* Pairs that only make sense in one order. */
static int check_order(const compiler *c, int node)
{
    const as_thresholds *t = &c->playbook->thresholds;
    const struct {
        const char *low, *high;
        double low_value, high_value;
    } pairs[] = {
        {"m_min", "m_max", t->m_min, t->m_max},
        {"os_close", "os_open", t->os_close, t->os_open},
        {"s_close_long", "s_open", t->s_close_long, t->s_open},
        {"s_close_short", "s_open", t->s_close_short, t->s_open},
        {"z_hysteresis", "z_breadth", t->z_hysteresis, t->z_breadth},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        if (pairs[i].low_value <= pairs[i].high_value)
            continue;
        int low = as_yaml_get(c->yaml, node, pairs[i].low); /* one of the two is in the file */
        return as_yaml_error_text(c->yaml, low ? low : as_yaml_get(c->yaml, node, pairs[i].high),
                                  "found %s %g above %s %g, allowed at most as high", pairs[i].low, pairs[i].low_value,
                                  pairs[i].high, pairs[i].high_value);
    }
    return 0;
}

static int compile_thresholds(const compiler *c, int node)
{
    const char *keys[AS_THRESHOLD_COUNT + 1];
    as_thresholds_default(&c->playbook->thresholds);
    if (!node)
        return 0;
    for (size_t i = 0; i < AS_THRESHOLD_COUNT; i++)
        keys[i] = as_threshold_keys[i].name;
    keys[AS_THRESHOLD_COUNT] = NULL;
    int rc = as_yaml_expect_map(c->yaml, node, keys);
    for (size_t i = 0; i < AS_THRESHOLD_COUNT && !rc; i++) {
        int entry = as_yaml_get(c->yaml, node, keys[i]);
        if (entry)
            rc = as_yaml_double(c->yaml, entry, as_threshold_keys[i].least, as_threshold_keys[i].most,
                                as_threshold_at(&c->playbook->thresholds, i));
    }
    return rc ? rc : check_order(c, node);
}

/* ---- the whole ---- */

static int compile_document(compiler *c)
{
    static const char *const keys[] = {"version", "sources",     "events",     "controls",
                                       "pairs",   "status_gate", "thresholds", NULL};
    const as_yaml *y = c->yaml;
    int root = as_yaml_root(y);
    int rc = as_yaml_expect_map(y, root, keys);
    if (rc)
        return rc;
    int version = as_yaml_get(y, root, "version");
    if (!version)
        return as_yaml_missing(y, root, "version", "a text of 1 to 31 bytes");
    rc = as_yaml_text(y, version, c->playbook->version, sizeof c->playbook->version);
    if (!rc)
        rc = compile_sources(c, as_yaml_get(y, root, "sources"));
    if (!rc)
        rc = compile_controls(c, as_yaml_get(y, root, "controls"));
    if (!rc)
        rc = as_playbook_pairs_compile(y, as_yaml_get(y, root, "pairs"), c->universe, c->playbook);
    if (!rc)
        rc = compile_gate(c, as_yaml_get(y, root, "status_gate"));
    if (!rc)
        rc = compile_thresholds(c, as_yaml_get(y, root, "thresholds"));
    if (!rc)
        rc = compile_events(c, as_yaml_get(y, root, "events"));
    return rc ? rc : place_families(c);
}

static as_playbook *new_playbook(const char *path, const char *text, size_t text_bytes, uint32_t generation)
{
    as_playbook *playbook = calloc(1, sizeof *playbook);
    if (!playbook)
        return NULL;
    playbook->path = strdup(path);
    playbook->text = malloc(text_bytes + 1);
    if (!playbook->path || !playbook->text) {
        free(playbook->path);
        free(playbook->text);
        free(playbook);
        return NULL;
    }
    memcpy(playbook->text, text, text_bytes);
    playbook->text[text_bytes] = '\0';
    playbook->text_bytes = text_bytes;
    playbook->hash = XXH3_64bits(text, text_bytes);
    playbook->generation = generation;
    for (size_t i = 0; i < AS_EVENT_TYPE_MAX; i++)
        playbook->family[i] = (as_event_family){.event_type = (uint16_t)i, .control = -1};
    return playbook;
}

int as_playbook_compile(const char *path, const char *text, size_t text_bytes, const as_universe *universe,
                        uint32_t generation, as_playbook **playbook)
{
    as_yaml *yaml;
    int rc = as_yaml_load(path, text, text_bytes, &yaml);
    if (rc)
        return rc;
    compiler c = {.yaml = yaml, .universe = universe, .playbook = new_playbook(path, text, text_bytes, generation)};
    rc = c.playbook ? compile_document(&c) : no_memory(&c);
    for (uint32_t i = 0; i < c.family_count; i++)
        free_family(&c.family[i]);
    free(c.family);
    free(c.family_name);
    as_yaml_free(yaml);
    if (rc) {
        as_playbook_free(c.playbook);
        return rc;
    }
    *playbook = c.playbook;
    return 0;
}

int as_playbook_load(const char *path, const as_universe *universe, uint32_t generation, as_playbook **playbook)
{
    char *text;
    size_t text_bytes;
    int rc = as_text_file_read(path, AS_YAML_BYTES_MAX, &text, &text_bytes);
    if (rc)
        return rc;
    rc = as_playbook_compile(path, text, text_bytes, universe, generation, playbook);
    free(text);
    return rc;
}

void as_playbook_free(as_playbook *playbook)
{
    if (!playbook)
        return;
    for (size_t i = 0; i < AS_EVENT_TYPE_MAX; i++)
        free_family(&playbook->family[i]);
    free(playbook->source);
    free(playbook->path);
    free(playbook->text);
    free(playbook);
}

/* ---- look-ups ---- */

static const as_channel *symbol_channel(const as_event_family *family, uint32_t instrument)
{
    as_symbol_channel wanted = {.instrument = instrument};
    const as_symbol_channel *found = family->symbol_count ? bsearch(&wanted, family->symbol, family->symbol_count,
                                                                    sizeof wanted, compare_symbol_channels)
                                                          : NULL;
    return found ? &found->channel : NULL;
}

/* The supplier's or customer's channel, scaled by the link's weight. Links are sorted by issuer, then instrument. */
static as_channel linked_channel(const as_event_family *family, const as_universe *universe, uint32_t issuer,
                                 uint32_t instrument)
{
    uint32_t low = 0, high = universe->link_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const as_link *link = &universe->link[middle];
        if (link->issuer < issuer || (link->issuer == issuer && link->instrument < instrument))
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < universe->link_count; low++) {
        const as_link *link = &universe->link[low];
        if (link->issuer != issuer || link->instrument != instrument)
            break;
        as_channel channel = link->relation == AS_RELATION_SUPPLIER ? family->supplier : family->customer;
        if (channel.set) {
            channel.w *= link->weight;
            channel.s *= link->weight;
            return channel;
        }
    }
    return (as_channel){.set = false};
}

/* The more a channel says about this very pair, the earlier it is asked: symbol, link, issuer's bucket, bucket. */
as_channel as_playbook_channel(const as_playbook *playbook, const as_universe *universe, uint16_t event_type,
                               uint32_t issuer, uint32_t instrument)
{
    const as_channel none = {.set = false};
    if (event_type >= AS_EVENT_TYPE_MAX || instrument >= universe->symbols.count || issuer >= universe->symbols.count)
        return none;
    const as_event_family *family = &playbook->family[event_type];
    if (!family->used)
        return none;
    if (instrument == issuer)
        return family->winner;
    const as_channel *own = symbol_channel(family, instrument);
    if (own)
        return *own;
    as_channel linked = linked_channel(family, universe, issuer, instrument);
    if (linked.set)
        return linked;
    uint8_t bucket = universe->instrument[instrument].bucket;
    if (bucket == AS_BUCKET_NONE)
        return none;
    if (bucket == universe->instrument[issuer].bucket && family->same_bucket.set)
        return family->same_bucket;
    return family->bucket[bucket];
}

const as_news_source *as_playbook_source(const as_playbook *playbook, const char *name)
{
    for (uint32_t i = 0; i < playbook->source_count; i++)
        if (strcasecmp(playbook->source[i].name, name) == 0)
            return &playbook->source[i];
    return NULL;
}
