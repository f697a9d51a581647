/*
 * Any bytes as a message of Alpaca's: no headline is given twice, each is within its contract and comes back the same
 * from NDJSON, and reading it again says the same.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "tests/support/news_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    return ast_news_fuzz(AS_FORMAT_ALPACA, data, bytes);
}
