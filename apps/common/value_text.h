/*
 * A decoded MessagePack value as text for people: what `aftershock ctl` prints.
 *
 *     uptime_s     12            scalars of a map: aligned
 *     halted       no
 *
 *     playbook                   a map in a map: its name, then the same, indented
 *       version    0.1-prior
 *
 *     feeds                      an array of maps: a table, its columns the keys of the first row; one that would be
 *       name  state  messages    wider than AS_VALUE_TABLE_COLUMNS columns is turned round
 *       wire  live         12
 *
 * Of numbers named as follows: `epoch` is 16 hex digits, as in the names of journals; `ts_now`, `since` and
 * `last_packet_ns` (ns since 1970) are times of UTC, 0 is "-". Other numbers stand to the right, nil is "-", what is
 * not printable in a text is "?". Depth is bounded by as_frame_check.
 */
#ifndef AS_APPS_COMMON_VALUE_TEXT_H
#define AS_APPS_COMMON_VALUE_TEXT_H

#include <stdio.h>

#include <msgpack.h>

enum { AS_VALUE_TABLE_COLUMNS = 12, AS_VALUE_CELL_BYTES = 128 };

/* 0, -ENOMEM or -EIO. */
int as_value_print_text(FILE *stream, const msgpack_object *value);

/* A map's value of a key; NULL: it has none, or it is no map. */
const msgpack_object *as_value_find(const msgpack_object *map, const char *key);

#endif
