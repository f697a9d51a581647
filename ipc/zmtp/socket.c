#include "ipc/zmtp/socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    SEND_BUFFER_BYTES = 256 * 1024, /* the kernel's part of what can wait for a peer: bounded, not tuned */
    DRAIN_READS = 16,
    DRAIN_BYTES = 4096,
    KEEPALIVE_IDLE_S = 30,
    KEEPALIVE_INTERVAL_S = 10,
    KEEPALIVE_PROBES = 3
};

static void set_option(int descriptor, int level, int option, int value)
{
    setsockopt(descriptor, level, option, &value, sizeof value);
}

void as_zmtp_socket_prepare(int descriptor, bool is_tcp)
{
    set_option(descriptor, SOL_SOCKET, SO_SNDBUF, SEND_BUFFER_BYTES);
    if (!is_tcp)
        return;
    set_option(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
    set_option(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1); /* a peer whose machine is gone says nothing */
    set_option(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S);
    set_option(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S);
    set_option(descriptor, IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_PROBES);
}

void as_zmtp_socket_describe(int descriptor, char *out, size_t out_bytes)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
        struct sockaddr_un local;
    } from = {0};
    socklen_t bytes = sizeof from;
    char host[INET6_ADDRSTRLEN] = "";
    if (getpeername(descriptor, &from.any, &bytes) != 0) {
        snprintf(out, out_bytes, "gone");
    } else if (from.any.sa_family == AF_INET) {
        inet_ntop(AF_INET, &from.v4.sin_addr, host, sizeof host);
        snprintf(out, out_bytes, "%s:%u", host, ntohs(from.v4.sin_port));
    } else if (from.any.sa_family == AF_INET6) {
        inet_ntop(AF_INET6, &from.v6.sin6_addr, host, sizeof host);
        snprintf(out, out_bytes, "[%s]:%u", host, ntohs(from.v6.sin6_port));
    } else {
        struct ucred who = {0};
        bytes = sizeof who;
        getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &who, &bytes);
        snprintf(out, out_bytes, "pid=%d uid=%u", (int)who.pid, (unsigned)who.uid);
    }
}

bool as_zmtp_socket_would_block(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR || error == ENOBUFS;
}

/*
 * Bytes that the peer has sent and we have not read would make the kernel answer our closing with a reset, which throws
 * away what the peer has not read yet: read them first.
 */
void as_zmtp_socket_close(int descriptor)
{
    uint8_t bytes[DRAIN_BYTES];
    for (unsigned i = 0; i < DRAIN_READS && recv(descriptor, bytes, sizeof bytes, MSG_DONTWAIT) > 0; i++) {}
    shutdown(descriptor, SHUT_WR);
    close(descriptor);
}
