#include "feeds/files/sniff.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "feeds/decode/binance.h"
#include "feeds/decode/dbn_metadata.h"
#include "feeds/decode/itch50.h"
#include "feeds/decode/lobster.h"
#include "feeds/framing/pcap.h"

enum { FOREIGN_RECORDS_MIN = 4, FOREIGN_RECORD_BYTES_MAX = 2048 };

static const struct {
    const char *magic;
    size_t magic_bytes;
    const char *name;
} others[] = {
    {"\x0a\x0d\x0d\x0a", 4, "pcapng without a byte-order magic"},
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
};

const char *as_input_format_name(as_input_format format)
{
    static const char *const name[AS_INPUT_FORMAT_COUNT] = {
        [AS_INPUT_UNKNOWN] = "unknown", [AS_INPUT_ITCH50] = "itch50",   [AS_INPUT_NDJSON] = "ndjson",
        [AS_INPUT_CSV] = "csv",         [AS_INPUT_JOURNAL] = "journal", [AS_INPUT_LOBSTER] = "lobster",
        [AS_INPUT_BINANCE] = "binance", [AS_INPUT_DBN] = "dbn",         [AS_INPUT_PCAP] = "pcap",
        [AS_INPUT_PCAPNG] = "pcapng",   [AS_INPUT_NEWS_XML] = "xml",    [AS_INPUT_NEWS_JSON] = "json",
    };
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

/* '<' and something behind it, as bytes or in UTF-16. */
static bool is_xml(const uint8_t *data, size_t bytes, size_t skip)
{
    static const uint8_t little[] = {0xff, 0xfe, '<', 0}, big[] = {0xfe, 0xff, 0, '<'};
    return (skip < bytes && data[skip] == '<') ||
           (bytes >= 4 && (memcmp(data, little, 4) == 0 || memcmp(data, big, 4) == 0));
}

/* Text begins behind a string's opening quote; returns what is behind the closing one, NULL if the string is cut. */
static const char *behind_string(const char *text, const char *end)
{
    for (; end - text >= 2 && *text != '"'; text++)
        text += *text == '\\';
    return text < end && *text == '"' ? text + 1 : NULL;
}

static const char *behind_blanks(const char *text, const char *end)
{
    while (text < end && (*text == ' ' || *text == '\t' || *text == '\r'))
        text++;
    return text;
}

/*
 * Is the object at text a document: not a line of NDJSON, because its first line ends behind the brace, or because it
 * has "news" or "feed" with an array, and no "k" before that?
 */
static bool is_document(const char *text, size_t bytes)
{
    const char *end = text + bytes, *p = behind_blanks(text + 1, end);
    unsigned depth = 1;
    if (*text != '{' || (p < end && *p == '\n'))
        return *text == '{';
    while (p < end && *p != '\n' && depth > 0) {
        char c = *p++;
        depth += c == '{' || c == '[';
        depth -= c == '}' || c == ']';
        if (c != '"')
            continue;
        const char *key = p;
        p = behind_string(p, end);
        if (!p)
            return false;
        size_t key_bytes = (size_t)(p - key) - 1;
        const char *colon = behind_blanks(p, end);
        if (depth > 1 || colon == end || *colon != ':')
            continue;
        if (key_bytes == 1 && *key == 'k')
            return false;
        p = behind_blanks(colon + 1, end);
        if (key_bytes == 4 && p < end && *p == '[' && (memcmp(key, "news", 4) == 0 || memcmp(key, "feed", 4) == 0))
            return true;
    }
    return false;
}

/* Tables without a header that need no mapping; any other needs one. */
static as_input_format sniff_table(const char *data, size_t bytes)
{
    bool header;
    if (as_lobster_sniff(data, bytes))
        return AS_INPUT_LOBSTER;
    return as_binance_sniff(data, bytes, &header) != AS_BINANCE_NONE ? AS_INPUT_BINANCE : AS_INPUT_CSV;
}

as_input_format as_sniff(const uint8_t *data, size_t bytes)
{
    if (bytes >= 4 && memcmp(data, "ASJ1", 4) == 0)
        return AS_INPUT_JOURNAL;
    as_pcap_form capture = as_pcap_sniff(data, bytes);
    if (capture != AS_PCAP_FORM_NONE)
        return capture == AS_PCAP_FORM_PCAP ? AS_INPUT_PCAP : AS_INPUT_PCAPNG;
    if (as_itch50_sniff(data, bytes) != AS_ITCH50_FORM_NONE)
        return AS_INPUT_ITCH50;
    as_dbn_layout layout;
    if (as_dbn_is_metadata(data, bytes) || as_dbn_sniff_fragment(data, bytes, &layout))
        return AS_INPUT_DBN;
    size_t skip = blanks(data, bytes);
    if (is_xml(data, bytes, skip))
        return AS_INPUT_NEWS_XML;
    if (skip < bytes && (data[skip] == '[' || is_document((const char *)data + skip, bytes - skip)))
        return AS_INPUT_NEWS_JSON;
    if (skip < bytes && data[skip] == '{')
        return AS_INPUT_NDJSON;
    if (skip < bytes && is_csv(data + skip, bytes - skip))
        return sniff_table((const char *)data + skip, bytes - skip);
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
    snprintf(out, AS_SNIFF_TEXT_BYTES,
             "%s%s%s%s%s%s; known are ITCH 5.0 (BinaryFILE), Databento DBN, NDJSON, pcap and pcapng, documents of news "
             "(XML, JSON), LOBSTER, Binance trades, CSV with a mapping, and the journal, each plain or compressed with "
             "gzip or zstd",
             bytes ? "it begins with " : "it is empty", hex, name ? " (" : "", name ? name : "", name ? ")" : "",
             !name && as_sniff_foreign_payload(data, bytes)
                 ? " (unknown_payload: BinaryFILE records, but their messages are not ITCH 5.0)"
                 : "");
}
