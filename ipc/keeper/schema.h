/*
 * The schema: every key of every published message, its type, its unit, and whether it may be nil.
 *
 * The answer of the `schema` operation. Tests hold it to the tables of docs/WIRE.md and to encoded messages.
 */
#ifndef AS_IPC_KEEPER_SCHEMA_H
#define AS_IPC_KEEPER_SCHEMA_H

#include <stdbool.h>
#include <stdint.h>

#include "ipc/writer.h"

typedef struct as_schema_key {
    const char *key, *type, *unit;
    bool nullable; /* or, of a pair's two keys, absent */
} as_schema_key;

typedef struct as_schema_message {
    const char *name; /* "envelope" "sig" "shock" "fact" "feed" "hb" "sys" */
    const as_schema_key *key;
    uint32_t key_count;
} as_schema_message;

/* All messages; *count of them. */
const as_schema_message *as_schema_messages(uint32_t *count);

/* One value: {message: [[key, type, unit, nullable], ..]}. */
void as_schema_write(as_writer *writer);

#endif
