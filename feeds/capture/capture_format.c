#include "feeds/capture/capture_format.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/be.h"

/* ---- lines ---- */

/* Is the URL's query part of what it names? A token in it would be written to the disk. */
static size_t public_bytes(const char *source)
{
    bool web = strncmp(source, "ws", 2) == 0 || strncmp(source, "http", 4) == 0;
    return web ? strcspn(source, "?") : strlen(source);
}

/* Text as one word: blanks, per cent signs and what is not printable ASCII as %XX. */
static void put_word(const char *text, char *out, size_t out_bytes)
{
    size_t used = 0;
    for (; *text && used + 4 <= out_bytes; text++) {
        unsigned char c = (unsigned char)*text;
        bool plain = c > ' ' && c < 0x7f && c != '%';
        used += (size_t)snprintf(out + used, out_bytes - used, plain ? "%c" : "%%%02X", c);
    }
    out[used] = 0;
}

static int hex_value(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The text that put_word wrote; false if it did not, or if it is too long. */
static bool take_word(const char *word, size_t word_bytes, char *out, size_t out_bytes)
{
    size_t used = 0;
    for (size_t i = 0; i < word_bytes; i++) {
        int value = (unsigned char)word[i];
        if (word[i] == '%') {
            int high = i + 2 < word_bytes ? hex_value(word[i + 1]) : -1;
            int low = high < 0 ? -1 : hex_value(word[i + 2]);
            if (low < 0)
                return false;
            value = high * 16 + low;
            i += 2;
        }
        if (value == 0 || used + 1 >= out_bytes)
            return false;
        out[used++] = (char)value;
    }
    out[used] = 0;
    return true;
}

void as_capture_line_format(const as_capture_line *line, char name[AS_CAPTURE_NAME_BYTES],
                            char description[AS_CAPTURE_TEXT_BYTES])
{
    (void)snprintf(name, AS_CAPTURE_NAME_BYTES, "%s.%s", line->feed, line->line);
    (void)snprintf(description, AS_CAPTURE_TEXT_BYTES,
                   "framing=%s format=%s lines=%" PRIu32 " ask=%d window_ns=%" PRIu64 " trust_r=%d source=%.*s",
                   as_feed_framing_name(line->framing), as_feed_format_name(line->format), line->line_count, line->ask,
                   line->window_ns, line->trust_r, (int)public_bytes(line->source), line->source);
    if (!line->publisher[0])
        return;
    char word[3 * sizeof line->publisher];
    size_t used = strlen(description);
    put_word(line->publisher, word, sizeof word);
    (void)snprintf(description + used, AS_CAPTURE_TEXT_BYTES - used, " publisher=%s", word);
}

/* The value of key in "key=value key=value ..."; NULL if there is none. */
static const char *value_of(const char *text, const char *key, size_t *value_bytes)
{
    size_t key_bytes = strlen(key);
    while (*text) {
        size_t word_bytes = strcspn(text, " ");
        if (word_bytes > key_bytes && strncmp(text, key, key_bytes) == 0 && text[key_bytes] == '=') {
            *value_bytes = word_bytes - key_bytes - 1;
            return text + key_bytes + 1;
        }
        text += word_bytes;
        text += strspn(text, " ");
    }
    return NULL;
}

static bool is_word(const char *value, size_t value_bytes, const char *word)
{
    return strlen(word) == value_bytes && memcmp(value, word, value_bytes) == 0;
}

static bool read_number(const char *text, const char *key, uint64_t max, uint64_t *number)
{
    size_t value_bytes;
    const char *value = value_of(text, key, &value_bytes);
    if (!value || value_bytes == 0 || value_bytes > 19 || strspn(value, "0123456789") != value_bytes)
        return false;
    *number = strtoull(value, NULL, 10);
    return *number <= max;
}

static bool read_framing(const char *text, as_feed_framing *framing)
{
    size_t value_bytes;
    const char *value = value_of(text, "framing", &value_bytes);
    for (int i = AS_FRAMING_MOLDUDP64; value && i <= AS_FRAMING_HTTP; i++) {
        if (is_word(value, value_bytes, as_feed_framing_name((as_feed_framing)i))) {
            *framing = (as_feed_framing)i;
            return true;
        }
    }
    return false;
}

static bool read_format(const char *text, as_feed_format *format)
{
    size_t value_bytes;
    const char *value = value_of(text, "format", &value_bytes);
    for (int i = AS_FORMAT_NDJSON; value && i <= AS_FORMAT_RSS; i++) {
        if (is_word(value, value_bytes, as_feed_format_name((as_feed_format)i))) {
            *format = (as_feed_format)i;
            return true;
        }
    }
    return false;
}

bool as_capture_line_parse(const char *name, const char *description, as_capture_line *line)
{
    const char *dot = strrchr(name, '.');
    size_t source_bytes = 0;
    const char *source = value_of(description, "source", &source_bytes);
    uint64_t lines, ask, trust_r;
    memset(line, 0, sizeof *line);
    if (!dot || dot == name || (size_t)(dot - name) >= sizeof line->feed || strlen(dot + 1) >= sizeof line->line ||
        !source || source_bytes >= sizeof line->source)
        return false;
    if (!read_framing(description, &line->framing) || !read_format(description, &line->format) ||
        !read_number(description, "lines", AS_CAPTURE_LINE_MAX, &lines) || !read_number(description, "ask", 1, &ask) ||
        !read_number(description, "trust_r", 1, &trust_r) ||
        !read_number(description, "window_ns", INT64_MAX, &line->window_ns))
        return false;
    size_t publisher_bytes = 0;
    const char *publisher = value_of(description, "publisher", &publisher_bytes);
    if (publisher && !take_word(publisher, publisher_bytes, line->publisher, sizeof line->publisher))
        return false;
    memcpy(line->feed, name, (size_t)(dot - name));
    strcpy(line->line, dot + 1);
    memcpy(line->source, source, source_bytes);
    line->line_count = (uint32_t)lines;
    line->ask = ask != 0;
    line->trust_r = trust_r != 0;
    return true;
}

/* ---- records ---- */

void as_capture_record_encode(const as_capture_record *record, uint8_t out[AS_CAPTURE_RECORD_HEADER])
{
    out[0] = AS_CAPTURE_VERSION;
    out[1] = (uint8_t)record->kind;
    as_be16_put(out + 2, record->flags);
    as_be32_put(out + 4, record->connection);
}

bool as_capture_record_decode(const uint8_t *bytes, size_t byte_count, as_capture_record *record)
{
    if (byte_count < AS_CAPTURE_RECORD_HEADER || bytes[0] != AS_CAPTURE_VERSION || bytes[1] < AS_CAPTURE_DATA ||
        bytes[1] > AS_CAPTURE_GAP)
        return false;
    *record = (as_capture_record){.kind = (as_capture_kind)bytes[1],
                                  .flags = as_be16(bytes + 2),
                                  .connection = as_be32(bytes + 4),
                                  .data = bytes + AS_CAPTURE_RECORD_HEADER,
                                  .data_bytes = byte_count - AS_CAPTURE_RECORD_HEADER};
    return true;
}
