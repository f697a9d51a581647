/*
 * An accepted socket of a ZMTP peer: its options, its name for logs, its end.
 *
 * Threads: any. Memory: none.
 */
#ifndef AS_IPC_ZMTP_SOCKET_H
#define AS_IPC_ZMTP_SOCKET_H

#include <stdbool.h>
#include <stddef.h>

/* A bounded buffer in the kernel; for TCP no delay, and probes that notice within a minute that a machine is gone. */
void as_zmtp_socket_prepare(int descriptor, bool is_tcp);

/* "127.0.0.1:40112", "[::1]:40112", "pid=17 uid=1000", "gone". */
void as_zmtp_socket_describe(int descriptor, char *out, size_t out_bytes);

/* Was it no error of the connection, so that the same may be tried later? */
bool as_zmtp_socket_would_block(int error);

/* Close, so that what was sent arrives. */
void as_zmtp_socket_close(int descriptor);

#endif
