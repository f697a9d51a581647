/*
 * Any bytes as a server's answers, one after the other: cut into pieces of lengths that the bytes themselves give they
 * are the same answers as uncut. The body keeps within its buffer, slices within the head. The first byte says how much
 * room there is for the body, and whether the requests were HEAD.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/framing/http1.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static uint64_t add(uint64_t hash, const void *data, size_t bytes)
{
    const uint8_t *byte = data;
    for (size_t i = 0; i < bytes; i++)
        hash = (hash ^ byte[i]) * UINT64_C(0x100000001b3); /* FNV-1a */
    return hash;
}

static uint64_t add_response(uint64_t hash, const as_http1 *http, as_http1_result result)
{
    if (http->body_bytes > http->body_max_bytes || http->received_bytes > http->body_max_bytes)
        abort();
    hash = add(hash, &result, sizeof result);
    if (result != AS_HTTP1_DONE)
        return hash;
    hash = add(hash, &http->status, sizeof http->status);
    for (uint32_t i = 0; i < http->field_count; i++) {
        const as_http1_field *field = &http->field[i];
        if (field->value_at + field->value_bytes > http->head_bytes || field->name_bytes == 0)
            abort();
        hash = add(hash, http->head + field->name_at, field->name_bytes);
        hash = add(hash, http->head + field->value_at, field->value_bytes);
    }
    return add(hash, http->body, http->body_bytes);
}

static uint64_t run(const uint8_t *data, size_t bytes, size_t room, bool head_only, bool cut)
{
    static as_http1 http;
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    uint8_t *body = malloc(room + 1);
    if (!body)
        abort();
    as_http1_init(&http, body, room);
    as_http1_begin(&http, head_only);
    as_http1_result result = AS_HTTP1_MORE;
    for (size_t at = 0; at < bytes && result >= 0;) {
        size_t piece_bytes = cut ? (size_t)data[at] % 17 + 1 : bytes - at, used;
        if (piece_bytes > bytes - at)
            piece_bytes = bytes - at;
        uint8_t *piece = malloc(piece_bytes); /* of this length, so that reading beyond it is seen */
        if (!piece)
            abort();
        memcpy(piece, data + at, piece_bytes);
        result = as_http1_read(&http, piece, piece_bytes, &used);
        free(piece);
        if (used > piece_bytes || (used < piece_bytes && result == AS_HTTP1_MORE))
            abort();
        at += used;
        if (result != AS_HTTP1_DONE)
            continue;
        hash = add_response(hash, &http, result);
        as_http1_begin(&http, head_only);
        result = AS_HTTP1_MORE;
    }
    result = as_http1_finish(&http);
    hash = add_response(hash, &http, result);
    free(body);
    return hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    if (bytes == 0)
        return 0;
    size_t room = (size_t)(data[0] & 0x7f) * 32;
    bool head_only = data[0] & 0x80;
    uint64_t whole = run(data + 1, bytes - 1, room, head_only, false);
    if (run(data + 1, bytes - 1, room, head_only, true) != whole)
        abort();
    return 0;
}
