/*
 * Zeroed memory for tables that are touched at random: anonymous pages, huge ones where the kernel gives
 * them.
 *
 * A table of megabytes that is read anywhere costs a TLB miss a read with pages of 4 KiB (1 GiB at random:
 * 390 ns a read, 265 ns with pages of 2 MiB). Memory is reserved here and touched by its use, so that a
 * large limit costs nothing until it is needed.
 *
 * Threads: any; the memory is the caller's. Not for the hot path: each call is a system call or several.
 */
#ifndef AS_CORE_PAGES_H
#define AS_CORE_PAGES_H

#include <stddef.h>

enum { AS_PAGES_HUGE_BYTES = 1 << 21, AS_PAGES_BYTES = 4096 };

/* bytes > 0 of zeroes, on a boundary of AS_PAGES_HUGE_BYTES if they are that many. NULL: no memory. */
void *as_pages_new(size_t bytes);

/* The bytes are those given to new. Safe on NULL. */
void as_pages_free(void *memory, size_t bytes);

/* Write to every page, so that no fault comes later: only while all of it is zero. */
void as_pages_touch(void *memory, size_t bytes);

#endif
