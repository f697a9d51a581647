/*
 * The audit log: joins, refusals and disconnections, one JSON object a line, appended to a file.
 *
 *   {"ts":"2026-07-01T13:30:00.123456789Z","what":"refused","where":"live","peer":"127.0.0.1:40112",
 *    "client":"bot-1","reason":"..."}
 *
 * Any thread but the core's. A line is copied under a mutex and written by a thread of the log's own: who says
 * something never waits for a disk or for a pipe that nobody reads. What has no room to wait, what cannot be written
 * and what is beyond AS_AUDIT_RATE lines a second is counted, and the next line says how many. Text of a peer is
 * escaped. Without a path refusals, evictions and forgeries go to the log (as_note) at the same rate; joins and leaves
 * nowhere.
 */
#ifndef AS_IPC_AUDIT_H
#define AS_IPC_AUDIT_H

#include <stdbool.h>
#include <stdint.h>

enum { AS_AUDIT_RATE = 100 };

typedef struct as_audit as_audit;

/* path "" or NULL: the log only. 0, or a negative errno with the error chain set. */
int as_audit_open(const char *path, as_audit **audit);
/* Wait until every line is written; false: after a second some are not. Not for the publisher. */
bool as_audit_flush(as_audit *audit);
/* The lines that wait are written; what takes longer than a second is given up. Safe on NULL. */
void as_audit_close(as_audit *audit);

/*
 * what: "joined" "left" "refused" "evicted" "forged"; where: "live" "latest" "requests" "control". NULL audit:
 * nothing.
 */
void as_audit_write(as_audit *audit, const char *what, const char *where, const char *peer, const char *client,
                    const char *reason);
uint64_t as_audit_suppressed(const as_audit *audit);

#endif
