/*
 * What systemd wants to know of a service of Type=notify: that it is ready, that it ends, that it is alive.
 *
 * A datagram to the socket that NOTIFY_SOCKET names (sd_notify(3)); without that variable nothing happens. Supervisor's
 * thread. Errors are nobody's business: the service manager has its own time limits.
 */
#ifndef AS_APPS_AFTERSHOCKD_NOTIFY_H
#define AS_APPS_AFTERSHOCKD_NOTIFY_H

#include <stdint.h>

/* "READY=1", "STOPPING=1", "STATUS=..."; several with a line feed between them. */
void as_notify(const char *text);

/* "WATCHDOG=1", if WATCHDOG_USEC asks for it and half of that time has passed since the last. now: monotonic ns. */
void as_notify_alive(uint64_t now);

#endif
