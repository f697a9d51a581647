/*
 * The diagnosis table: every linked name of every open shock, with what it was expected to do and what it did.
 * A researcher's view of the engine's state at the end of a replay; not part of the decisions.
 */
#ifndef AS_APPS_COMMON_NAMES_H
#define AS_APPS_COMMON_NAMES_H

#include "core/engine.h"

/* One NDJSON object a (shock, name). path "-" is standard output. 0, or a negative errno with the error chain set. */
int as_names_write(const char *path, as_engine *engine);

#endif
