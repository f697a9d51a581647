#include "core/byte_ring.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { CAPACITY_MIN = 64 };

/* As in core/ring.c: from here on the memory asks for huge pages. */
#define HUGE_PAGE_BYTES ((size_t)2 << 20)

int as_byte_ring_new_at(uint32_t capacity_bytes, uint64_t first_seq, as_byte_ring **ring)
{
    if (capacity_bytes < CAPACITY_MIN || capacity_bytes > AS_BYTE_RING_BYTES_MAX ||
        (capacity_bytes & (capacity_bytes - 1)) != 0)
        return as_error_set(-EINVAL, "byte ring: %u bytes; allowed is a power of two from %d to %u", capacity_bytes,
                            CAPACITY_MIN, AS_BYTE_RING_BYTES_MAX);
    if (first_seq % 8 != 0)
        return as_error_set(-EINVAL, "byte ring: first sequence %llu; allowed is a multiple of 8",
                            (unsigned long long)first_seq);
    size_t wanted = sizeof(as_byte_ring) + capacity_bytes;
    size_t alignment = wanted < HUGE_PAGE_BYTES ? AS_BYTE_RING_LINE_BYTES : HUGE_PAGE_BYTES;
    size_t total_bytes = (wanted + alignment - 1) / alignment * alignment;
    as_byte_ring *made = aligned_alloc(alignment, total_bytes);
    if (!made)
        return as_error_set(-ENOMEM, "byte ring: no memory for %u bytes", capacity_bytes);
    if (alignment == HUGE_PAGE_BYTES)
        (void)madvise(made, total_bytes, MADV_HUGEPAGE);
    memset(made, 0, total_bytes);
    made->producer = (as_byte_ring_side){.other_seq = first_seq,
                                         .next_seq = first_seq,
                                         .mask = capacity_bytes - 1,
                                         .memory = (unsigned char *)(made + 1)};
    made->consumer = made->producer;
    atomic_init(&made->producer.seq, first_seq);
    atomic_init(&made->consumer.seq, first_seq);
    *ring = made;
    return 0;
}

int as_byte_ring_new(uint32_t capacity_bytes, as_byte_ring **ring)
{
    return as_byte_ring_new_at(capacity_bytes, 0, ring);
}

void as_byte_ring_free(as_byte_ring *ring)
{
    free(ring);
}
