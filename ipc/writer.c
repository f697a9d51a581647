#include "ipc/writer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ipc/pack.h"

static bool put(as_writer *writer, const char *bytes, size_t byte_count)
{
    if (writer->failed || byte_count > writer->out_bytes - writer->used) {
        writer->failed = true;
        return false;
    }
    memcpy(writer->out + writer->used, bytes, byte_count);
    writer->used += byte_count;
    return true;
}

/* What ipc/pack.h has written into head, to be put. */
static void put_head(as_writer *writer, const uint8_t *head, const uint8_t *end)
{
    put(writer, (const char *)head, (size_t)(end - head));
}

void as_writer_msgpack(as_writer *writer, uint8_t *out, size_t out_bytes)
{
    *writer = (as_writer){.out = (char *)out, .out_bytes = out_bytes};
}

void as_writer_json(as_writer *writer, char *out, size_t out_bytes)
{
    /* the last byte is the terminating zero's */
    *writer = (as_writer){.out = out, .out_bytes = out_bytes ? out_bytes - 1 : 0, .json = true};
}

size_t as_writer_finish(as_writer *writer)
{
    if (writer->json)
        writer->out[writer->failed ? 0 : writer->used] = 0;
    return writer->failed ? 0 : writer->used;
}

/* ---- JSON ---- */

static void separate(as_writer *writer)
{
    if (writer->comma)
        put(writer, ",", 1);
    writer->comma = true;
}

__attribute__((format(printf, 2, 3))) static void print(as_writer *writer, const char *format, ...)
{
    char text[40];
    va_list args;
    separate(writer);
    va_start(args, format);
    int bytes = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    put(writer, text, (size_t)bytes);
}

static void quote(as_writer *writer, const char *text, size_t byte_count)
{
    put(writer, "\"", 1);
    for (const char *end = text + byte_count; text < end; text++) {
        unsigned char c = (unsigned char)*text;
        char escape[8];
        if (c == '"' || c == '\\') {
            escape[0] = '\\';
            escape[1] = (char)c;
            put(writer, escape, 2);
        } else if (c < 0x20) {
            int bytes = snprintf(escape, sizeof escape, "\\u%04x", c);
            put(writer, escape, (size_t)bytes);
        } else {
            put(writer, text, 1);
        }
    }
    put(writer, "\"", 1);
}

static void open_json(as_writer *writer, const char *bracket)
{
    separate(writer);
    put(writer, bracket, 1);
    writer->comma = false;
}

static void close_json(as_writer *writer, const char *bracket)
{
    put(writer, bracket, 1);
    writer->comma = true;
}

/* ---- both ---- */

void as_writer_map(as_writer *writer, unsigned pair_count)
{
    uint8_t head[AS_PACK_VALUE_BYTES];
    if (writer->json)
        open_json(writer, "{");
    else
        put_head(writer, head, as_pack_map(head, pair_count));
}

void as_writer_map_end(as_writer *writer)
{
    if (writer->json)
        close_json(writer, "}");
}

void as_writer_array(as_writer *writer, unsigned count)
{
    uint8_t head[AS_PACK_VALUE_BYTES];
    if (writer->json)
        open_json(writer, "[");
    else
        put_head(writer, head, as_pack_array(head, count));
}

void as_writer_array_end(as_writer *writer)
{
    if (writer->json)
        close_json(writer, "]");
}

void as_writer_key(as_writer *writer, const char *key)
{
    as_writer_text(writer, key);
    if (writer->json) {
        put(writer, ":", 1);
        writer->comma = false;
    }
}

void as_writer_text(as_writer *writer, const char *text)
{
    as_writer_text_bytes(writer, text, strlen(text));
}

void as_writer_text_bytes(as_writer *writer, const char *text, size_t byte_count)
{
    uint8_t head[AS_PACK_VALUE_BYTES];
    if (writer->json) {
        separate(writer);
        quote(writer, text, byte_count);
        return;
    }
    put_head(writer, head, as_pack_text_header(head, (uint32_t)byte_count));
    put(writer, text, byte_count);
}

void as_writer_uint(as_writer *writer, uint64_t value)
{
    uint8_t head[AS_PACK_VALUE_BYTES];
    if (writer->json)
        print(writer, "%llu", (unsigned long long)value);
    else
        put_head(writer, head, as_pack_uint(head, value));
}

void as_writer_int(as_writer *writer, int64_t value)
{
    uint8_t head[AS_PACK_VALUE_BYTES];
    if (writer->json)
        print(writer, "%lld", (long long)value);
    else
        put_head(writer, head, as_pack_int(head, value));
}

void as_writer_double(as_writer *writer, double value)
{
    uint8_t head[AS_PACK_VALUE_BYTES];
    if (writer->json)
        print(writer, "%.17g", value);
    else
        put_head(writer, head, as_pack_double(head, value));
}

void as_writer_bool(as_writer *writer, bool value)
{
    uint8_t head[AS_PACK_VALUE_BYTES];
    if (writer->json)
        print(writer, "%s", value ? "true" : "false");
    else
        put_head(writer, head, as_pack_bool(head, value));
}

void as_writer_nil(as_writer *writer)
{
    uint8_t head[AS_PACK_VALUE_BYTES];
    if (writer->json)
        print(writer, "null");
    else
        put_head(writer, head, as_pack_nil(head));
}

void as_writer_bin(as_writer *writer, const void *bytes, size_t byte_count)
{
    uint8_t head[AS_PACK_VALUE_BYTES];
    if (writer->json) {
        writer->failed = true;
        return;
    }
    put_head(writer, head, as_pack_bin_header(head, (uint32_t)byte_count));
    put(writer, bytes, byte_count);
}

void as_writer_raw(as_writer *writer, const void *bytes, size_t byte_count)
{
    if (writer->json)
        separate(writer);
    put(writer, bytes, byte_count);
}
