/* Pinning a thread to a CPU. */
#ifndef AS_APPS_COMMON_AFFINITY_H
#define AS_APPS_COMMON_AFFINITY_H

/* Pin the calling thread; cpu < 0 does nothing. A CPU that is not there is a warning: the thread floats. */
void as_affinity_set(int cpu);

#endif
