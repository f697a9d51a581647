/*
 * ZAP (RFC 27): answers libzmq's question whether a client key may connect, for the ROUTER of requests.
 *
 * One thread per ZeroMQ context, bound to inproc://zeromq.zap.01 before any socket of the context that uses CURVE.
 * Grants with the key's name as User-Id, and the key itself in Z85 as AS_ZAP_KEY: a name may be given to another
 * key by a reload, what a connection was made with does not change. Counts and audits refusals.
 */
#ifndef AS_IPC_ZAP_H
#define AS_IPC_ZAP_H

#include <stdint.h>

#include "ipc/audit.h"
#include "ipc/auth.h"

#define AS_ZAP_KEY "X-Aftershock-Key" /* for zmq_msg_gets */

typedef struct as_zap as_zap;

int as_zap_start(void *zmq_context, as_auth *auth, as_audit *audit, as_zap **zap);
/* Before the context ends. Safe on NULL. */
void as_zap_stop(as_zap *zap);
uint64_t as_zap_refused(const as_zap *zap);

#endif
