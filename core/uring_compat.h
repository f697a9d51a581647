/*
 * io_uring numbers that the build's liburing may not have.
 *
 * The code is written against liburing 2.3 (Debian 12). Every flag below is part of the kernel's interface, so it
 * may be used with older headers; whether the running kernel knows it is found out by trying
 * (feeds/live/reactor_uring.c), never by comparing versions. Numbers: linux/io_uring.h.
 *
 * Left out on purpose: IORING_SETUP_NO_SQARRAY (6.6). liburing before 2.6 writes the array that the flag removes.
 */
#ifndef AS_CORE_URING_COMPAT_H
#define AS_CORE_URING_COMPAT_H

#include <liburing.h>

#ifndef IORING_SETUP_SUBMIT_ALL
#define IORING_SETUP_SUBMIT_ALL (1U << 7) /* 5.18: go on submitting after an entry that fails */
#endif
#ifndef IORING_SETUP_COOP_TASKRUN
#define IORING_SETUP_COOP_TASKRUN (1U << 8) /* 5.19: no interrupt to run completions */
#endif
#ifndef IORING_SETUP_TASKRUN_FLAG
#define IORING_SETUP_TASKRUN_FLAG (1U << 9) /* 5.19: say in the shared ring that completions wait */
#endif
#ifndef IORING_SETUP_SINGLE_ISSUER
#define IORING_SETUP_SINGLE_ISSUER (1U << 12) /* 6.0 */
#endif
#ifndef IORING_SETUP_DEFER_TASKRUN
#define IORING_SETUP_DEFER_TASKRUN (1U << 13) /* 6.1: completions run only when this thread asks */
#endif
#ifndef IORING_RECV_MULTISHOT
#define IORING_RECV_MULTISHOT (1U << 1) /* 6.0 */
#endif
#ifndef IORING_ACCEPT_MULTISHOT
#define IORING_ACCEPT_MULTISHOT (1U << 0) /* 5.19 */
#endif

#endif
