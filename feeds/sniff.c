#include "feeds/sniff.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "feeds/decode/itch50.h"

enum { FOREIGN_RECORDS_MIN = 4, FOREIGN_RECORD_BYTES_MAX = 2048 };

static const struct {
    const char *magic;
    size_t magic_bytes;
    const char *name;
} others[] = {
    {"\xd4\xc3\xb2\xa1", 4, "pcap"},
    {"\xa1\xb2\xc3\xd4", 4, "pcap"},
    {"\x4d\x3c\xb2\xa1", 4, "pcap"},
    {"\xa1\xb2\x3c\x4d", 4, "pcap"},
    {"\x0a\x0d\x0d\x0a", 4, "pcapng"},
    {"DBN", 3, "Databento DBN"},
    {"PK\x03\x04", 4, "zip"},
    {"\xfd"
     "7zXZ",
     5, "xz"},
    {"BZh", 3, "bzip2"},
    {"\x04\x22\x4d\x18", 4, "lz4"},
    {"PAR1", 4, "Parquet"},
    {"ARROW1", 6, "Arrow"},
    {"SQLite format 3", 15, "SQLite"},
    {"\x7f"
     "ELF",
     4, "ELF"},
    {"%PDF", 4, "PDF"},
    {"\x1f\x8b", 2, "gzip within gzip"},
    {"<?xml", 5, "XML"},
    {"[", 1, "a JSON array"},
};

const char *as_input_format_name(as_input_format format)
{
    static const char *const name[] = {"unknown", "itch50", "ndjson", "csv", "journal"};
    return name[format];
}

/* The first line is text (ASCII or the upper half of any 8-bit set) and has a comma. */
static bool is_csv(const uint8_t *data, size_t bytes)
{
    bool comma = false;
    for (size_t i = 0; i < bytes && data[i] != '\n'; i++) {
        if (data[i] < 0x20 && data[i] != '\t' && data[i] != '\r')
            return false;
        comma = comma || data[i] == ',';
    }
    return comma;
}

static size_t blanks(const uint8_t *data, size_t bytes)
{
    size_t n = bytes >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    while (n < bytes && (data[n] == ' ' || data[n] == '\t' || data[n] == '\r' || data[n] == '\n'))
        n++;
    return n;
}

as_input_format as_sniff(const uint8_t *data, size_t bytes)
{
    if (bytes >= 4 && memcmp(data, "ASJ1", 4) == 0)
        return AS_INPUT_JOURNAL;
    if (as_itch50_sniff(data, bytes) != AS_ITCH50_FORM_NONE)
        return AS_INPUT_ITCH50;
    size_t skip = blanks(data, bytes);
    if (skip < bytes && data[skip] == '{')
        return AS_INPUT_NDJSON;
    if (skip < bytes && data[skip] != '[' && data[skip] != '<' && is_csv(data + skip, bytes - skip))
        return AS_INPUT_CSV;
    return AS_INPUT_UNKNOWN;
}

int as_sniff_foreign_payload(const uint8_t *data, size_t bytes)
{
    size_t at = 0, records = 0;
    while (at + 2 <= bytes && records < 32) {
        size_t record_bytes = (size_t)data[at] << 8 | data[at + 1];
        if (record_bytes == 0 || record_bytes > FOREIGN_RECORD_BYTES_MAX)
            return 0;
        at += 2 + record_bytes;
        records += at <= bytes;
    }
    return records >= FOREIGN_RECORDS_MIN;
}

void as_sniff_explain(const uint8_t *data, size_t bytes, char out[AS_SNIFF_TEXT_BYTES])
{
    char hex[3 * 16 + 1] = "";
    size_t n = 0;
    const char *name = NULL;
    for (size_t i = 0; i < bytes && i < 16; i++)
        n += (size_t)snprintf(hex + n, sizeof hex - n, "%s%02x", i ? " " : "", data[i]);
    for (size_t i = 0; i < sizeof others / sizeof *others && !name; i++)
        if (bytes >= others[i].magic_bytes && memcmp(data, others[i].magic, others[i].magic_bytes) == 0)
            name = others[i].name;
    snprintf(
        out, AS_SNIFF_TEXT_BYTES,
        "%s%s%s%s%s%s; known are ITCH 5.0 (BinaryFILE), NDJSON, CSV with a mapping, and the journal, each plain or "
        "compressed with gzip or zstd",
        bytes ? "it begins with " : "it is empty", hex, name ? " (" : "", name ? name : "", name ? ")" : "",
        !name && as_sniff_foreign_payload(data, bytes)
            ? " (unknown_payload: BinaryFILE records, but their messages are not ITCH 5.0)"
            : "");
}
