#include "apps/sim/random.h"

#include "core/logexp.h"

static uint64_t split_mix(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static uint64_t rotate(uint64_t x, unsigned bits)
{
    return x << bits | x >> (64 - bits);
}

void as_sim_random_init(as_sim_random *random, uint64_t seed, const char *label)
{
    uint64_t mixed = split_mix(&seed);
    for (const char *c = label; *c; c++) {
        mixed ^= (unsigned char)*c;
        mixed = split_mix(&mixed);
    }
    *random = (as_sim_random){0};
    for (unsigned i = 0; i < 4; i++)
        random->state[i] = split_mix(&mixed);
}

uint64_t as_sim_random_next(as_sim_random *random)
{
    uint64_t *s = random->state;
    uint64_t result = rotate(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

double as_sim_random_uniform(as_sim_random *random)
{
    return (double)(as_sim_random_next(random) >> 11) * 0x1p-53;
}

uint32_t as_sim_random_below(as_sim_random *random, uint32_t n)
{
    return (uint32_t)(((as_sim_random_next(random) >> 32) * n) >> 32);
}

double as_sim_random_normal(as_sim_random *random)
{
    if (random->has_spare) {
        random->has_spare = false;
        return random->spare;
    }
    for (;;) {
        double x = 2 * as_sim_random_uniform(random) - 1;
        double y = 2 * as_sim_random_uniform(random) - 1;
        double r = x * x + y * y;
        if (r >= 1 || r == 0)
            continue;
        double scale = as_sqrt(-2 * as_log(r) / r);
        random->spare = y * scale;
        random->has_spare = true;
        return x * scale;
    }
}
