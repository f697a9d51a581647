/* Every benchmark that `aftershock bench` knows, in the order of its list. A new one is declared and listed here. */
#include "bench/bench.h"

extern const as_bench as_bench_decode;
extern const as_bench as_bench_ring;

const as_bench *const as_benches[] = {
    &as_bench_ring,
    &as_bench_decode,
    NULL,
};
