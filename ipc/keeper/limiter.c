#include "ipc/keeper/limiter.h"

#define SCALE UINT64_C(1000000000)

bool as_limiter_take(as_limiter *limiter, uint64_t rate, uint64_t burst, uint64_t cost, uint64_t now)
{
    uint64_t full_ns = burst * SCALE / rate + 1; /* after so long the bucket is full: no product overflows */
    uint64_t passed = now - limiter->at;
    uint64_t refilled = passed >= full_ns ? limiter->spent : passed * rate;
    uint64_t spent = refilled >= limiter->spent ? 0 : limiter->spent - refilled;
    limiter->at = now;
    limiter->spent = spent;
    if (cost > burst)
        cost = burst;
    if (spent + cost * SCALE > burst * SCALE)
        return false;
    limiter->spent = spent + cost * SCALE;
    return true;
}

void as_limiter_charge(as_limiter *limiter, uint64_t cost)
{
    limiter->spent += cost * SCALE;
}
