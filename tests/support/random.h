/*
 * Seeded random numbers for model checks: splitmix64 (Steele, Lea, Flood 2014).
 */
#ifndef AST_SUPPORT_RANDOM_H
#define AST_SUPPORT_RANDOM_H

#include <stdint.h>

static inline uint64_t ast_random(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* Uniform in [0, 1). */
static inline double ast_uniform(uint64_t *state)
{
    return (double)(ast_random(state) >> 11) * 0x1p-53;
}

/* Close to N(0,1): twelve uniforms less six. */
static inline double ast_normal(uint64_t *state)
{
    double sum = -6;
    for (int i = 0; i < 12; i++)
        sum += ast_uniform(state);
    return sum;
}

#endif
