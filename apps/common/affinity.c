#include "apps/common/affinity.h"

#include <pthread.h>
#include <sched.h>
#include <string.h>

#include "core/error.h"

void as_affinity_set(int cpu)
{
    cpu_set_t set;
    if (cpu < 0)
        return;
    CPU_ZERO(&set);
    if (cpu < CPU_SETSIZE)
        CPU_SET((size_t)cpu, &set);
    int error = pthread_setaffinity_np(pthread_self(), sizeof set, &set);
    if (error)
        as_warn("cpu %d: %s; the thread is not pinned", cpu, strerror(error));
}
