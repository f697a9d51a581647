#include "core/playbook_pairs.h"

#include <string.h>

/* One leg; *instrument is AS_INSTRUMENT_NONE where the universe lacks it. */
static int compile_leg(const as_yaml *yaml, int node, const as_universe *universe, uint32_t *instrument)
{
    char symbol[AS_SYMBOL_BYTES];
    int rc = as_yaml_text(yaml, node, symbol, sizeof symbol);
    if (rc)
        return rc;
    *instrument = as_symbols_find(&universe->symbols, symbol, strlen(symbol));
    if (*instrument == AS_INSTRUMENT_NONE)
        as_yaml_warn(yaml, node, "'%s' is not in this universe: its pair is left out", symbol);
    return 0;
}

static bool is_known(const as_playbook *playbook, const as_pair *pair)
{
    for (uint32_t i = 0; i < playbook->pair_count; i++) {
        const as_pair *other = &playbook->pair[i];
        if ((other->leg[0] == pair->leg[0] && other->leg[1] == pair->leg[1]) ||
            (other->leg[0] == pair->leg[1] && other->leg[1] == pair->leg[0]))
            return true;
    }
    return false;
}

static int compile_pair(const as_yaml *yaml, int node, const as_universe *universe, as_playbook *playbook)
{
    as_pair pair;
    int rc = as_yaml_expect_list(yaml, node, 2);
    if (rc)
        return rc;
    if (as_yaml_count(yaml, node) != 2)
        return as_yaml_error_text(yaml, node, "found %u symbols, allowed two: [A, B]", as_yaml_count(yaml, node));
    for (uint32_t k = 0; k < 2 && !rc; k++)
        rc = compile_leg(yaml, as_yaml_at(yaml, node, k, NULL), universe, &pair.leg[k]);
    if (rc || pair.leg[0] == AS_INSTRUMENT_NONE || pair.leg[1] == AS_INSTRUMENT_NONE)
        return rc;
    const char *first = as_symbols_name(&universe->symbols, pair.leg[0]);
    const char *second = as_symbols_name(&universe->symbols, pair.leg[1]);
    if (pair.leg[0] == pair.leg[1])
        return as_yaml_error_text(yaml, node, "found '%s' with itself, allowed two symbols", first);
    if (is_known(playbook, &pair))
        return as_yaml_error_text(yaml, node, "found the pair '%s' and '%s' again, allowed once", first, second);
    const as_calendar *one = as_universe_calendar(universe, pair.leg[0]);
    const as_calendar *two = as_universe_calendar(universe, pair.leg[1]);
    if (one != two)
        return as_yaml_error_text(yaml, node, "found '%s' of calendar %s with '%s' of %s, allowed one calendar", first,
                                  as_calendar_name(one), second, as_calendar_name(two));
    playbook->pair[playbook->pair_count++] = pair;
    return 0;
}

int as_playbook_pairs_compile(const as_yaml *yaml, int node, const as_universe *universe, as_playbook *playbook)
{
    int rc = node ? as_yaml_expect_list(yaml, node, AS_PAIR_MAX) : 0;
    for (uint32_t i = 0; i < as_yaml_count(yaml, node) && !rc; i++)
        rc = compile_pair(yaml, as_yaml_at(yaml, node, i, NULL), universe, playbook);
    return rc;
}
