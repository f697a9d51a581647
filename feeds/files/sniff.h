/*
 * What kind of recording is this? Looks at the first bytes (uncompressed), never at the name.
 *
 * Threads: any (pure functions).
 */
#ifndef AS_FEEDS_SNIFF_H
#define AS_FEEDS_SNIFF_H

#include <stddef.h>
#include <stdint.h>

/* Bytes worth looking at: 64 ITCH records, or a header line of reasonable length. */
enum { AS_SNIFF_BYTES = 16384, AS_SNIFF_TEXT_BYTES = 480 };

typedef enum as_input_format {
    AS_INPUT_UNKNOWN = 0,
    AS_INPUT_ITCH50,     /* BinaryFILE with ITCH 5.0, length prefixes present or zero */
    AS_INPUT_NDJSON,     /* the first byte that is no blank is '{' */
    AS_INPUT_CSV,        /* a line of text with a comma in it */
    AS_INPUT_JOURNAL,    /* our own journal */
    AS_INPUT_LOBSTER,    /* a LOBSTER message file */
    AS_INPUT_BINANCE,    /* Binance trades or aggTrades */
    AS_INPUT_DBN,        /* Databento DBN, with its metadata or a fragment without them */
    AS_INPUT_PCAP,       /* captured packets */
    AS_INPUT_PCAPNG,     /* captured packets, and our own captures of feeds */
    AS_INPUT_NEWS_XML,   /* an XML document; its root element says which */
    AS_INPUT_NEWS_JSON,  /* a JSON array, or an object that is no line of NDJSON */
    AS_INPUT_FORMAT_COUNT
} as_input_format;

as_input_format as_sniff(const uint8_t *data, size_t bytes);

/* "itch50" "ndjson" "csv" "journal" "lobster" "binance" "dbn" "unknown" */
const char *as_input_format_name(as_input_format format);

/*
 * Is it a container that we know, with something in it that we do not? BinaryFILE records whose messages are no
 * ITCH 5.0.
 */
int as_sniff_foreign_payload(const uint8_t *data, size_t bytes);

/*
 * What was found and what is known, for the error message about a file of no known format: its first bytes in
 * hexadecimal, the name of the format if it is a common one, and the list of formats that are read.
 */
void as_sniff_explain(const uint8_t *data, size_t bytes, char out[AS_SNIFF_TEXT_BYTES]);

#endif
