/*
 * Any bytes as a line of NDJSON: an event that was accepted is within its contract, and encodes to a line that decodes
 * to the same event.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/decode/ndjson.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static as_symbols symbols;
    static as_instrument instrument[2];
    uint32_t idx;
    if (!symbols.slot) {
        if (as_symbols_init(&symbols, 2) < 0 || as_symbols_add(&symbols, "NVDA", 4, &idx) < 0 ||
            as_symbols_add(&symbols, "META", 4, &idx) < 0)
            abort();
        instrument[1].qty_exp = 8;
    }
    as_ndjson_context ctx = {.symbols = &symbols, .instrument = instrument, .source = 1};
    as_event event, again;
    as_headline headline, headline_again;
    char line[AS_NDJSON_LINE_BYTES];
    if (as_ndjson_decode((const char *)data, bytes, &ctx, &event, &headline) != AS_NDJSON_OK)
        return 0;
    size_t n = as_ndjson_encode(&event, &headline, &ctx, line, sizeof line);
    if (n == 0 || line[n - 1] != '\n' || memchr(line, '\n', n - 1))
        abort();
    if (as_ndjson_decode(line, n - 1, &ctx, &again, &headline_again) != AS_NDJSON_OK)
        abort();
    if (memcmp(&event, &again, sizeof event) != 0)
        abort();
    headline.cut = headline_again.cut = 0; /* what was cut is not cut again */
    if (event.kind == AS_EVENT_HEADLINE && memcmp(&headline, &headline_again, sizeof headline) != 0)
        abort();
    return 0;
}
