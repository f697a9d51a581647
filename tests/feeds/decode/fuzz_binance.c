/*
 * Any line as a Binance trade of each form: what is taken has a price, and its quantity lies inside the line.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "feeds/decode/binance.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    const char *line = (const char *)data;
    for (as_binance_form form = AS_BINANCE_NONE; form <= AS_BINANCE_FUTURES_AGG_TRADES; form++) {
        as_binance_trade trade;
        if (as_binance_parse(form, line, bytes, &trade) != AS_BINANCE_OK)
            continue;
        if (trade.px <= 0 || trade.qty < line || trade.qty + trade.qty_bytes > line + bytes || form == AS_BINANCE_NONE)
            abort();
    }
    bool header;
    (void)as_binance_sniff(line, bytes, &header);
    return 0;
}
