/*
 * Any line as a LOBSTER message and as a row of its book: what is taken lies in range.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "feeds/decode/lobster.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    const char *line = (const char *)data;
    as_lobster_message message;
    as_event quote;
    if (as_lobster_parse(line, bytes, &message) == AS_LOBSTER_OK &&
        (message.ns >= AS_NS_PER_DAY || message.type < AS_LOBSTER_ADD || message.type > AS_LOBSTER_HALT))
        abort();
    if (as_lobster_parse_top(line, bytes, &quote) &&
        ((quote.quote.bid_px == AS_PX_UNDEFINED) != (quote.quote.bid_qty == 0) ||
         (quote.quote.ask_px == AS_PX_UNDEFINED) != (quote.quote.ask_qty == 0)))
        abort();
    if (as_lobster_sniff(line, bytes) && as_lobster_sniff_book(line, bytes))
        abort();
    return 0;
}
