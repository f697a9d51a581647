#include "core/ring.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* From this size on a ring is laid on huge pages where the kernel grants them: fewer TLB misses over a long ring. */
#define HUGE_PAGE_BYTES (UINT64_C(2) << 20)

static int check_shape(uint32_t slots, uint32_t slot_bytes)
{
    if (slots == 0 || slots > AS_RING_SLOTS_MAX || (slots & (slots - 1)) != 0)
        return as_error_set(-EINVAL, "ring: %u slots; allowed is a power of two from 1 to %u", slots,
                            AS_RING_SLOTS_MAX);
    if (slot_bytes == 0 || slot_bytes > AS_RING_SLOT_BYTES_MAX || slot_bytes % 8 != 0)
        return as_error_set(-EINVAL, "ring: slots of %u bytes; allowed is a multiple of 8 from 8 to %u", slot_bytes,
                            AS_RING_SLOT_BYTES_MAX);
    if ((uint64_t)slots * slot_bytes > AS_RING_BYTES_MAX)
        return as_error_set(-EINVAL, "ring: %u slots of %u bytes; allowed are %llu bytes together", slots, slot_bytes,
                            (unsigned long long)AS_RING_BYTES_MAX);
    return 0;
}

static uint64_t round_up(uint64_t bytes, uint64_t unit)
{
    return (bytes + unit - 1) / unit * unit;
}

int as_ring_new_at(uint32_t slots, uint32_t slot_bytes, uint64_t first_seq, as_ring **ring)
{
    int rc = check_shape(slots, slot_bytes);
    if (rc)
        return rc;
    uint64_t wanted = sizeof(as_ring) + (uint64_t)slots * slot_bytes;
    uint64_t alignment = wanted < HUGE_PAGE_BYTES ? AS_RING_LINE_BYTES : HUGE_PAGE_BYTES;
    uint64_t total_bytes = round_up(wanted, alignment);
    as_ring *made = aligned_alloc(alignment, total_bytes);
    if (!made)
        return as_error_set(-ENOMEM, "ring: no memory for %u slots of %u bytes", slots, slot_bytes);
    if (alignment == HUGE_PAGE_BYTES)
        (void)madvise(made, total_bytes, MADV_HUGEPAGE);
    memset(made, 0, total_bytes);
    made->producer = (as_ring_side){
        .other_seq = first_seq, .mask = slots - 1, .slot_bytes = slot_bytes, .slot = (unsigned char *)(made + 1)};
    made->consumer = made->producer;
    atomic_init(&made->producer.seq, first_seq);
    atomic_init(&made->consumer.seq, first_seq);
    *ring = made;
    return 0;
}

int as_ring_new(uint32_t slots, uint32_t slot_bytes, as_ring **ring)
{
    return as_ring_new_at(slots, slot_bytes, 0, ring);
}

void as_ring_free(as_ring *ring)
{
    free(ring);
}
