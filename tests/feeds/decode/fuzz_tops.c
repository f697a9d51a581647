/*
 * Any bytes as messages of TOPS: see tests/support/fuzz_iex.h.
 */
#include <stddef.h>
#include <stdint.h>

#include "feeds/decode/tops.h"
#include "tests/support/fuzz_iex.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static ast_fuzz_iex f = {
        .format = AS_WIRE_TOPS, .lengths = as_tops_lengths, .decode = as_tops_decode, .encode = as_tops_encode};
    ast_fuzz_iex_run(&f, data, bytes);
    return 0;
}
