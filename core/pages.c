#include "core/pages.h"

#include <stdint.h>
#include <sys/mman.h>

#include "core/error.h"

static size_t rounded(size_t bytes)
{
    size_t unit = bytes >= AS_PAGES_HUGE_BYTES ? AS_PAGES_HUGE_BYTES : AS_PAGES_BYTES;
    return (bytes + unit - 1) / unit * unit;
}

static void *map(size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

void *as_pages_new(size_t bytes)
{
    AS_ASSERT(bytes > 0);
    size_t total = rounded(bytes);
    if (total < AS_PAGES_HUGE_BYTES)
        return map(total);
    unsigned char *memory = map(total + AS_PAGES_HUGE_BYTES);
    if (!memory)
        return NULL;
    /* older kernels align no mapping to a huge page: one page more, and what lies outside goes back */
    size_t before = -(uintptr_t)memory % AS_PAGES_HUGE_BYTES;
    if (before)
        munmap(memory, before);
    munmap(memory + before + total, AS_PAGES_HUGE_BYTES - before);
    memory += before;
    (void)madvise(memory, total, MADV_HUGEPAGE); /* refusal only costs speed */
    return memory;
}

void as_pages_free(void *memory, size_t bytes)
{
    if (memory)
        munmap(memory, rounded(bytes));
}

void as_pages_touch(void *memory, size_t bytes)
{
    unsigned char *p = memory;
    for (size_t i = 0; i < bytes; i += AS_PAGES_BYTES)
        p[i] = 0;
}
