/*
 * The playbook's pairs: `pairs: [[A, B], ..]`, names whose prices are held together (strategies/pairs.h). The first is
 * explained by the second.
 *
 * An entry that is not two symbols, names one symbol twice, repeats a pair in either order, or joins two calendars is
 * an error with its line. A symbol that is not of this universe is a warning, and the pair is left out: a playbook
 * serves many universes. At most AS_PAIR_MAX entries. Cold path.
 */
#ifndef AS_CORE_PLAYBOOK_PAIRS_H
#define AS_CORE_PLAYBOOK_PAIRS_H

#include "core/playbook.h"
#include "core/yaml.h"

/* node is the list, 0: none. 0 and playbook->pair, or a negative errno with the error chain set. */
int as_playbook_pairs_compile(const as_yaml *yaml, int node, const as_universe *universe, as_playbook *playbook);

#endif
