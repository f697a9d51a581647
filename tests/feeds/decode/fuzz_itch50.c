/*
 * Any bytes as one ITCH message and as the beginning of a file: results are within the contract, a decoded message
 * encodes back to its bytes, and nothing is read behind the end.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/decode/itch50.h"
#include "feeds/decode/itch50_encode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    as_itch50 message;
    uint8_t again[AS_ITCH50_BYTES_MAX];
    as_itch50_result result = as_itch50_decode(data, bytes, &message);
    if (result >= 0) {
        size_t length = as_itch50_length(data[0]);
        if (bytes < length || (bytes > length) != (result == AS_ITCH50_GROWN))
            abort();
        if (as_itch50_encode(&message, again, sizeof again) != length || memcmp(again, data, length) != 0)
            abort();
        const char *stock = as_itch50_stock(&message);
        if (stock && (stock < (const char *)&message || stock + 8 > (const char *)(&message + 1)))
            abort();
    }
    (void)as_itch50_sniff(data, bytes);
    return 0;
}
