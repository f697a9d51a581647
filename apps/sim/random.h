/*
 * The simulator's random numbers: xoshiro256** (Blackman and Vigna 2018), seeded through SplitMix64.
 *
 * A stream is named by (seed, label), so that adding a name to a scenario does not change the others. Only integer
 * operations, + - * / sqrt and core/logexp.h are used: the same seed gives the same numbers on every machine.
 * Not for secrets. One thread an object; memory: the struct.
 */
#ifndef AS_APPS_SIM_RANDOM_H
#define AS_APPS_SIM_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

typedef struct as_sim_random {
    uint64_t state[4];
    double spare; /* normals are made in pairs */
    bool has_spare;
} as_sim_random;

void as_sim_random_init(as_sim_random *random, uint64_t seed, const char *label);

uint64_t as_sim_random_next(as_sim_random *random);

/* Uniform in [0, 1). */
double as_sim_random_uniform(as_sim_random *random);

/* Uniform whole number in [0, n), n > 0. */
uint32_t as_sim_random_below(as_sim_random *random, uint32_t n);

/* Standard normal, by Marsaglia's polar method (1964). */
double as_sim_random_normal(as_sim_random *random);

#endif
