/*
 * Binding ipc:// so that nobody else gets in and nobody is thrown out.
 *
 * libzmq removes whatever file stands where it is to bind, a living daemon's socket too. Here a socket that somebody
 * listens on is -EADDRINUSE, one that nobody listens on is replaced, and anything but a socket is left alone.
 */
#ifndef AS_IPC_KEEPER_ENDPOINT_H
#define AS_IPC_KEEPER_ENDPOINT_H

/* May a socket be bound at path? A stale one is removed. 0, or a negative errno with the error chain set. */
int as_endpoint_clear(const char *path);

/*
 * Bind a ZeroMQ socket to a Unix socket of a mode that it has from the first moment, whatever the umask. 0, or a
 * negative errno with the error chain set. The file is the caller's to unlink after the socket is closed.
 */
int as_endpoint_bind(void *zmq_socket, const char *path, unsigned mode);

/* The same for its owner alone (0600), in a folder that not everybody may write to unless it is sticky. */
int as_endpoint_bind_private(void *zmq_socket, const char *path);

#endif
