/*
 * Sockets of the feeds: a source's address in a configuration, and the descriptor behind it.
 *
 *   udp://239.1.1.1:26400?if=lo      a multicast group, joined on one interface (its name or its IPv4 address)
 *   udp://127.0.0.1:26400            datagrams sent to this address
 *   tcp://host:port                  mode=auto (default), mode=connect or mode=listen; see as_tcp_mode
 *   udp://[ff15::1]:26400?if=eth0    IPv6 in brackets
 *   wss://host[:port]/path?query     ws, wss, http, https: port 80 or 443 if none is given; path begins with /
 *
 * Everything here is cold: it runs at start and when a connection is made. Errors are 0 or a negative errno with
 * the error chain set; the message quotes the URL. Descriptors are non-blocking and close on exec, and belong to
 * the caller.
 */
#ifndef AS_FEEDS_SOCKET_H
#define AS_FEEDS_SOCKET_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "core/config.h"

typedef enum as_transport {
    AS_TRANSPORT_UDP = 0,
    AS_TRANSPORT_TCP = 1,
    AS_TRANSPORT_WS = 2,
    AS_TRANSPORT_WSS = 3,
    AS_TRANSPORT_HTTP = 4,
    AS_TRANSPORT_HTTPS = 5
} as_transport;

/*
 * Who calls whom. AUTO asks the address: if somebody listens there we connect; if the connection is refused and the
 * address is one of this machine's own, we listen there and the producers connect to us. Once it has connected it
 * stays the side that connects, so that a server that restarts finds its port free.
 */
typedef enum as_tcp_mode { AS_TCP_AUTO = 0, AS_TCP_CONNECT = 1, AS_TCP_LISTEN = 2 } as_tcp_mode;

enum { AS_HOST_BYTES = 128 };

typedef struct as_url {
    char text[AS_URL_BYTES]; /* as written, for messages */
    as_transport transport;
    as_tcp_mode mode; /* tcp only */
    char host[AS_HOST_BYTES];
    uint16_t port;
    char interface[IF_NAMESIZE]; /* udp only; empty if none */
    char path[AS_URL_BYTES];     /* ws and http: with its query, "/" if none was given; else empty */
} as_url;

typedef struct as_address {
    struct sockaddr_storage storage;
    socklen_t storage_bytes;
} as_address;

/* What the kernel granted. */
typedef struct as_udp_info {
    uint32_t rcvbuf_bytes; /* receive buffer, in the kernel's own accounting */
    bool multicast;
    bool stamps;      /* datagrams carry the kernel's receive time */
    bool drop_counts; /* datagrams carry the kernel's drop count */
} as_udp_info;

/* The receive buffer that as_socket_open_udp asks for: 50 ms of a full 1 Gbit/s line and more. */
#define AS_UDP_RCVBUF_BYTES (16 << 20)

/* Take a URL apart. Pure: nothing is resolved. -EINVAL names the part, what was found and what is allowed. */
int as_url_parse(const char *text, as_url *url);

/* The address of a URL; a host name is looked up, which may block. -ENOENT if it has none. */
int as_url_resolve(const as_url *url, as_address *address);

/* Is it an address of this machine: loopback, any, or one of an interface. */
bool as_address_is_local(const as_address *address);

bool as_address_is_multicast(const as_address *address);

/*
 * A bound UDP socket; a group is joined. Address reuse is set for groups only, so that two programs cannot silently
 * share a unicast port. -EADDRINUSE, -EADDRNOTAVAIL, -ENODEV (no such interface), ... *info may be NULL.
 */
int as_socket_open_udp(const as_url *url, int *fd, as_udp_info *info);

/*
 * A UDP socket that sends to one address and hears only that one: requests for retransmission, and their answers.
 */
int as_socket_connect_udp(const as_url *url, int *fd);

/*
 * Begin to connect: *fd is connected or on its way; ask as_socket_connected. Errors that come at once are
 * returned.
 */
int as_socket_connect(const as_url *url, const as_address *address, int *fd);

/*
 * Has it connected: 0 yes, -EINPROGRESS not yet, otherwise the negative errno of the failure (no error chain: a
 * failure is part of a feed's life). Waits at most wait_ms.
 */
int as_socket_connected(int fd, int wait_ms);

/* A listening TCP socket. */
int as_socket_listen(const as_url *url, const as_address *address, int *fd);

/* Local port of a bound socket, 0 if it has none. */
uint16_t as_socket_port(int fd);

#endif
