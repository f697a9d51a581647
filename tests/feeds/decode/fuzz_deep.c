/*
 * Any bytes as messages of DEEP: see tests/support/fuzz_iex.h.
 */
#include <stddef.h>
#include <stdint.h>

#include "feeds/decode/deep.h"
#include "tests/support/fuzz_iex.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static ast_fuzz_iex f = {
        .format = AS_WIRE_DEEP, .lengths = as_deep_lengths, .decode = as_deep_decode, .encode = as_deep_encode};
    ast_fuzz_iex_run(&f, data, bytes);
    return 0;
}
