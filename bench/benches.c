/* Every benchmark that `aftershock bench` knows, in the order of its list. A new one is declared and listed here. */
#include "bench/bench.h"

extern const as_bench as_bench_codec;
extern const as_bench as_bench_decode;
extern const as_bench as_bench_desk;
extern const as_bench as_bench_engine;
extern const as_bench as_bench_ring;
extern const as_bench as_bench_wire;

const as_bench *const as_benches[] = {
    &as_bench_ring, &as_bench_decode, &as_bench_desk, &as_bench_engine, &as_bench_codec, &as_bench_wire, NULL,
};
