/*
 * Published messages for people and scripts: a checked MessagePack map as JSON, or as a line of text.
 */
#ifndef AS_APPS_COMMON_MESSAGE_H
#define AS_APPS_COMMON_MESSAGE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <msgpack.h>

/* {"topic":..,"message":{..}} and LF. The frame must have passed as_frame_check. 0 or -EIO. */
int as_message_print_json(FILE *stream, const char *topic, const uint8_t *frame, size_t frame_bytes);

/* One line: time, kind, name, what matters of it. 0 or -EIO. */
int as_message_print_text(FILE *stream, const char *topic, const uint8_t *frame, size_t frame_bytes);

/* A decoded value as JSON, without LF. The frame must have passed as_frame_check. */
void as_message_print_value(FILE *stream, const msgpack_object *value);

#endif
