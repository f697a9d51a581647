/* What a program returns for an error: 1 if it failed while running, 2 if what it was given is not right. */
#ifndef AS_APPS_COMMON_EXIT_STATUS_H
#define AS_APPS_COMMON_EXIT_STATUS_H

#include <errno.h>

static inline int as_exit_status(int rc)
{
    switch (rc) {
    case -EIO:
    case -ENOSPC:
    case -EDQUOT:
    case -EROFS:
    case -ENOMEM:
    case -EADDRINUSE:    /* passes when the other one has ended */
    case -EADDRNOTAVAIL: /* ... when the network is up */
        return 1;
    default:
        return rc < 0 ? 2 : rc;
    }
}

#endif
