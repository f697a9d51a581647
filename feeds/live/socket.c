#include "feeds/live/socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"

static const char url_forms[] = "udp://HOST:PORT[?if=INTERFACE] or tcp://HOST:PORT[?mode=auto|connect|listen], "
                                "ws[s]:// or http[s]://HOST[:PORT]/PATH";

/* ---- URLs ---- */

static int parse_host(as_url *url, const char *begin, const char *end, const char **rest)
{
    const char *host = begin, *host_end;
    if (begin < end && *begin == '[') {
        host = begin + 1;
        host_end = memchr(host, ']', (size_t)(end - host));
        if (host_end == NULL)
            return as_error_set(-EINVAL, "\"%s\": host: '[' without ']'; an IPv6 address is written [ff15::1]",
                                url->text);
        *rest = host_end + 1;
    } else {
        host_end = memchr(begin, ':', (size_t)(end - begin));
        if (host_end == NULL)
            host_end = end;
        *rest = host_end;
    }
    size_t host_bytes = (size_t)(host_end - host);
    if (host_bytes == 0)
        return as_error_set(-EINVAL, "\"%s\": host is empty; allowed: %s", url->text, url_forms);
    if (host_bytes >= sizeof url->host)
        return as_error_set(-EINVAL, "\"%s\": host has %zu bytes; allowed: up to %zu", url->text, host_bytes,
                            sizeof url->host - 1);
    memcpy(url->host, host, host_bytes);
    url->host[host_bytes] = 0;
    return 0;
}

/* The port of a scheme that has one of its own; 0 for udp and tcp. */
static uint16_t standard_port(as_transport transport)
{
    static const uint16_t port[] = {0, 0, 80, 443, 80, 443};
    return port[transport];
}

static int parse_port(as_url *url, const char *begin, const char *end)
{
    url->port = standard_port(url->transport);
    if (url->port != 0 && begin == end)
        return 0;
    if (begin == end || *begin != ':')
        return as_error_set(-EINVAL, "\"%s\": no port after the host; allowed: %s", url->text, url_forms);
    begin++;
    uint32_t port = 0;
    bool valid = end > begin && end - begin <= 5;
    for (const char *p = begin; valid && p < end; p++) {
        valid = *p >= '0' && *p <= '9';
        port = port * 10 + (uint32_t)(*p - '0');
    }
    if (!valid || port == 0 || port > UINT16_MAX)
        return as_error_set(-EINVAL, "\"%s\": port is \"%.*s\"; allowed: 1 to 65535", url->text, (int)(end - begin),
                            begin);
    url->port = (uint16_t)port;
    return 0;
}

static int parse_interface(as_url *url, const char *value, size_t value_bytes)
{
    if (value_bytes == 0 || value_bytes >= sizeof url->interface)
        return as_error_set(-EINVAL,
                            "\"%s\": if is \"%.*s\"; allowed: an interface's name or IPv4 address of 1 to %zu bytes",
                            url->text, (int)value_bytes, value, sizeof url->interface - 1);
    memcpy(url->interface, value, value_bytes);
    url->interface[value_bytes] = 0;
    return 0;
}

static int parse_mode(as_url *url, const char *value, size_t value_bytes)
{
    static const char *const name[] = {"auto", "connect", "listen"};
    for (unsigned i = 0; i < sizeof name / sizeof name[0]; i++) {
        if (value_bytes == strlen(name[i]) && memcmp(value, name[i], value_bytes) == 0) {
            url->mode = (as_tcp_mode)i;
            return 0;
        }
    }
    return as_error_set(-EINVAL, "\"%s\": mode is \"%.*s\"; allowed: auto, connect, listen", url->text,
                        (int)value_bytes, value);
}

/* The part behind '?': key=value, joined by '&'. */
static int parse_query(as_url *url, const char *query)
{
    const char *only = url->transport == AS_TRANSPORT_UDP ? "if" : "mode";
    for (;;) {
        size_t item_bytes = strcspn(query, "&");
        size_t key_bytes = strcspn(query, "=&");
        if (key_bytes != strlen(only) || memcmp(query, only, key_bytes) != 0)
            return as_error_set(-EINVAL, "\"%s\": unknown option \"%.*s\"; allowed with %s: %s", url->text,
                                (int)key_bytes, query, url->transport == AS_TRANSPORT_UDP ? "udp" : "tcp", only);
        size_t value_at = key_bytes + (key_bytes < item_bytes ? 1 : 0);
        const char *value = query + value_at;
        int result = url->transport == AS_TRANSPORT_UDP ? parse_interface(url, value, item_bytes - value_at)
                                                        : parse_mode(url, value, item_bytes - value_at);
        if (result < 0)
            return result;
        if (query[item_bytes] == 0)
            return 0;
        query += item_bytes + 1;
    }
}

/* What follows the host and port of ws and http, fit to stand in a request line. */
static int parse_path(as_url *url, const char *end)
{
    if (strchr(end, '#') != NULL)
        return as_error_set(-EINVAL, "\"%s\": \"%s\" names a part of a page, which is never sent; allowed: %s",
                            url->text, strchr(end, '#'), url_forms);
    for (const char *p = url->text; *p; p++) {
        if (*p <= ' ' || *p > '~')
            return as_error_set(-EINVAL,
                                "\"%s\": byte %zu is a blank, a control character or not ASCII; allowed: "
                                "percent-encoded, %%20",
                                url->text, (size_t)(p - url->text) + 1);
    }
    snprintf(url->path, sizeof url->path, "%s%s", *end == '/' ? "" : "/", end);
    return 0;
}

int as_url_parse(const char *text, as_url *url)
{
    as_url parsed = {.mode = AS_TCP_AUTO};
    size_t text_bytes = strlen(text);
    if (text_bytes >= sizeof parsed.text)
        return as_error_set(-EINVAL, "\"%.40s...\": URL has %zu bytes; allowed: up to %zu", text, text_bytes,
                            sizeof parsed.text - 1);
    memcpy(parsed.text, text, text_bytes + 1);
    static const char *const scheme[] = {"udp://", "tcp://", "ws://", "wss://", "http://", "https://"};
    unsigned which = 0;
    while (which < sizeof scheme / sizeof *scheme && strncmp(text, scheme[which], strlen(scheme[which])) != 0)
        which++;
    if (which == sizeof scheme / sizeof *scheme)
        return as_error_set(-EINVAL, "\"%s\": not a source URL; allowed: %s", text, url_forms);
    parsed.transport = (as_transport)which;

    const char *authority = text + strlen(scheme[which]), *rest = NULL;
    const char *end = authority + strcspn(authority, "/?#");
    if (memchr(authority, '@', (size_t)(end - authority)) != NULL) /* not quoted: it may be a password */
        return as_error_set(-EINVAL,
                            "a %s URL with a user before '@'; allowed: none, credentials are given by the keys "
                            "user and secret",
                            scheme[which]);
    int result = parse_host(&parsed, authority, end, &rest);
    if (result == 0)
        result = parse_port(&parsed, rest, end);
    if (result < 0)
        return result;
    if (parsed.transport > AS_TRANSPORT_TCP)
        result = parse_path(&parsed, end);
    if (result < 0 || parsed.transport > AS_TRANSPORT_TCP) {
        if (result == 0)
            *url = parsed;
        return result;
    }
    if (*end == '/' && (end[1] == '?' || end[1] == 0))
        end++;
    if (*end == '?')
        result = parse_query(&parsed, end + 1);
    else if (*end != 0)
        result = as_error_set(-EINVAL, "\"%s\": \"%s\" after the port; allowed: %s", text, end, url_forms);
    if (result == 0)
        *url = parsed;
    return result;
}

/* ---- addresses ---- */

int as_url_resolve(const as_url *url, as_address *address)
{
    char port[8];
    snprintf(port, sizeof port, "%u", url->port);
    struct addrinfo hints = {.ai_family = AF_UNSPEC,
                             .ai_socktype = url->transport == AS_TRANSPORT_UDP ? SOCK_DGRAM : SOCK_STREAM,
                             .ai_flags = AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    int result = getaddrinfo(url->host, port, &hints, &found);
    if (result != 0)
        return as_error_set(-ENOENT, "\"%s\": host \"%s\" has no address: %s", url->text, url->host,
                            gai_strerror(result));
    /* A name such as localhost stands for both families; IPv4 is what the other side most likely means. */
    const struct addrinfo *best = found;
    for (const struct addrinfo *item = found; item != NULL; item = item->ai_next) {
        if (item->ai_family == AF_INET) {
            best = item;
            break;
        }
    }
    memset(address, 0, sizeof *address);
    memcpy(&address->storage, best->ai_addr, best->ai_addrlen);
    address->storage_bytes = best->ai_addrlen;
    freeaddrinfo(found);
    return 0;
}

static struct sockaddr_in as_v4(const struct sockaddr *address)
{
    struct sockaddr_in v4;
    memcpy(&v4, address, sizeof v4);
    return v4;
}

static struct sockaddr_in6 as_v6(const struct sockaddr *address)
{
    struct sockaddr_in6 v6;
    memcpy(&v6, address, sizeof v6);
    return v6;
}

bool as_address_is_multicast(const as_address *address)
{
    const struct sockaddr *sa = (const struct sockaddr *)&address->storage;
    if (sa->sa_family == AF_INET)
        return IN_MULTICAST(ntohl(as_v4(sa).sin_addr.s_addr));
    struct in6_addr v6 = as_v6(sa).sin6_addr;
    return IN6_IS_ADDR_MULTICAST(&v6);
}

static bool same_host(const struct sockaddr *a, const struct sockaddr *b)
{
    if (a->sa_family != b->sa_family)
        return false;
    if (a->sa_family == AF_INET)
        return as_v4(a).sin_addr.s_addr == as_v4(b).sin_addr.s_addr;
    struct in6_addr a6 = as_v6(a).sin6_addr, b6 = as_v6(b).sin6_addr;
    return memcmp(&a6, &b6, sizeof a6) == 0;
}

bool as_address_is_local(const as_address *address)
{
    const struct sockaddr *sa = (const struct sockaddr *)&address->storage;
    if (sa->sa_family == AF_INET) {
        uint32_t host = ntohl(as_v4(sa).sin_addr.s_addr);
        if (host == INADDR_ANY || host >> 24 == 127)
            return true;
    } else {
        struct in6_addr v6 = as_v6(sa).sin6_addr;
        if (IN6_IS_ADDR_LOOPBACK(&v6) || IN6_IS_ADDR_UNSPECIFIED(&v6))
            return true;
    }
    struct ifaddrs *interfaces = NULL;
    bool local = false;
    if (getifaddrs(&interfaces) < 0)
        return false;
    for (const struct ifaddrs *item = interfaces; item != NULL && !local; item = item->ifa_next) {
        if (item->ifa_addr != NULL && (item->ifa_addr->sa_family == AF_INET || item->ifa_addr->sa_family == AF_INET6))
            local = same_host(item->ifa_addr, sa);
    }
    freeifaddrs(interfaces);
    return local;
}

/* ---- UDP ---- */

/* Index of a named interface, or of the one that has this IPv4 address; 0 if there is none. */
static unsigned interface_index(const char *name)
{
    unsigned index = if_nametoindex(name);
    struct in_addr wanted;
    struct ifaddrs *interfaces = NULL;
    if (index != 0 || inet_pton(AF_INET, name, &wanted) != 1 || getifaddrs(&interfaces) < 0)
        return index;
    for (const struct ifaddrs *item = interfaces; item != NULL && index == 0; item = item->ifa_next) {
        if (item->ifa_addr != NULL && item->ifa_addr->sa_family == AF_INET &&
            as_v4(item->ifa_addr).sin_addr.s_addr == wanted.s_addr)
            index = if_nametoindex(item->ifa_name);
    }
    freeifaddrs(interfaces);
    return index;
}

static int set_int(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof value) < 0 ? -errno : 0;
}

static int bind_error(const as_url *url, int error)
{
    const char *kind = url->transport == AS_TRANSPORT_UDP ? "UDP" : "TCP";
    if (error == EADDRINUSE)
        return as_error_set(-error, "\"%s\": %s port %u is in use by another program; stop it or choose a free port",
                            url->text, kind, url->port);
    if (error == EADDRNOTAVAIL)
        return as_error_set(-error, "\"%s\": %s is not an address of this machine; allowed: a local address%s",
                            url->text, url->host, url->transport == AS_TRANSPORT_UDP ? " or a multicast group" : "");
    return as_error_set(-error, "\"%s\": bind: %s", url->text, strerror(error));
}

static int join_group(const as_url *url, const as_address *address, unsigned index, int fd)
{
    struct group_req request = {.gr_interface = index};
    memcpy(&request.gr_group, &address->storage, address->storage_bytes);
    bool v4 = address->storage.ss_family == AF_INET;
    int level = v4 ? IPPROTO_IP : IPPROTO_IPV6;
    /* Only what this socket joined, not every group that anybody on this machine joined. */
    int result = v4 ? set_int(fd, IPPROTO_IP, IP_MULTICAST_ALL, 0) : set_int(fd, IPPROTO_IPV6, IPV6_MULTICAST_ALL, 0);
    if (result < 0 && result != -ENOPROTOOPT)
        return as_error_set(result, "\"%s\": IP_MULTICAST_ALL: %s", url->text, strerror(-result));
    if (setsockopt(fd, level, MCAST_JOIN_GROUP, &request, sizeof request) == 0)
        return 0;
    int error = errno;
    return as_error_set(-error, "\"%s\": joining the group on %s: %s%s", url->text,
                        index != 0 ? url->interface : "the default interface", strerror(error),
                        index == 0 ? "; name an interface with ?if=" : "");
}

static uint32_t set_rcvbuf(int fd)
{
    if (set_int(fd, SOL_SOCKET, SO_RCVBUFFORCE, AS_UDP_RCVBUF_BYTES) < 0)
        set_int(fd, SOL_SOCKET, SO_RCVBUF, AS_UDP_RCVBUF_BYTES);
    int granted = 0;
    socklen_t granted_bytes = sizeof granted;
    if (getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &granted, &granted_bytes) < 0 || granted < 0)
        return 0;
    return (uint32_t)granted;
}

static int open_udp(const as_url *url, const as_address *address, unsigned index, int fd, as_udp_info *info)
{
    info->multicast = as_address_is_multicast(address);
    if (info->multicast) {
        int result = set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1);
        if (result < 0)
            return as_error_set(result, "\"%s\": SO_REUSEADDR: %s", url->text, strerror(-result));
    } else if (index != 0) {
        int result = set_int(fd, SOL_SOCKET, SO_BINDTOIFINDEX, (int)index);
        if (result < 0)
            return as_error_set(result, "\"%s\": binding to interface %s: %s", url->text, url->interface,
                                strerror(-result));
    }
    info->rcvbuf_bytes = set_rcvbuf(fd);
    info->stamps = set_int(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1) == 0;
    info->drop_counts = set_int(fd, SOL_SOCKET, SO_RXQ_OVFL, 1) == 0;
    if (bind(fd, (const struct sockaddr *)&address->storage, address->storage_bytes) < 0)
        return bind_error(url, errno);
    return info->multicast ? join_group(url, address, index, fd) : 0;
}

int as_socket_open_udp(const as_url *url, int *fd, as_udp_info *info)
{
    as_address address;
    as_udp_info granted = {.rcvbuf_bytes = 0};
    int result = as_url_resolve(url, &address);
    if (result < 0)
        return result;
    unsigned index = url->interface[0] ? interface_index(url->interface) : 0;
    if (url->interface[0] && index == 0)
        return as_error_set(-ENODEV, "\"%s\": if is \"%s\": this machine has no such interface", url->text,
                            url->interface);
    int opened = socket(address.storage.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (opened < 0)
        return as_error_set(-errno, "\"%s\": socket: %s", url->text, strerror(errno));
    result = open_udp(url, &address, index, opened, &granted);
    if (result < 0) {
        close(opened);
        return result;
    }
    *fd = opened;
    if (info != NULL)
        *info = granted;
    return 0;
}

int as_socket_connect_udp(const as_url *url, int *fd)
{
    as_address address;
    int result = as_url_resolve(url, &address);
    if (result < 0)
        return result;
    int opened = socket(address.storage.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (opened < 0)
        return as_error_set(-errno, "\"%s\": socket: %s", url->text, strerror(errno));
    set_rcvbuf(opened);
    set_int(opened, SOL_SOCKET, SO_TIMESTAMPNS, 1);
    set_int(opened, SOL_SOCKET, SO_RXQ_OVFL, 1);
    if (connect(opened, (const struct sockaddr *)&address.storage, address.storage_bytes) < 0) {
        int error = errno;
        close(opened);
        return as_error_set(-error, "\"%s\": connect: %s", url->text, strerror(error));
    }
    *fd = opened;
    return 0;
}

/* ---- TCP ---- */

int as_socket_connect(const as_url *url, const as_address *address, int *fd)
{
    int opened = socket(address->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (opened < 0)
        return as_error_set(-errno, "\"%s\": socket: %s", url->text, strerror(errno));
    set_int(opened, SOL_SOCKET, SO_KEEPALIVE, 1);
    if (connect(opened, (const struct sockaddr *)&address->storage, address->storage_bytes) < 0 &&
        errno != EINPROGRESS && errno != EINTR) {
        int error = errno;
        close(opened);
        return as_error_set(-error, "\"%s\": connect: %s", url->text, strerror(error));
    }
    *fd = opened;
    return 0;
}

/*
 * A connection to a local port that nobody listens on can meet itself: the kernel picks the same port as source and
 * both ends agree. It looks connected and carries nothing.
 */
static bool connected_to_itself(int fd)
{
    struct sockaddr_storage own = {0}, peer = {0};
    socklen_t own_bytes = sizeof own, peer_bytes = sizeof peer;
    return getsockname(fd, (struct sockaddr *)&own, &own_bytes) == 0 &&
           getpeername(fd, (struct sockaddr *)&peer, &peer_bytes) == 0 && own_bytes == peer_bytes &&
           memcmp(&own, &peer, own_bytes) == 0;
}

int as_socket_connected(int fd, int wait_ms)
{
    struct pollfd ready = {.fd = fd, .events = POLLOUT};
    int count = poll(&ready, 1, wait_ms);
    if (count < 0)
        return errno == EINTR ? -EINPROGRESS : -errno;
    if (count == 0)
        return -EINPROGRESS;
    int error = 0;
    socklen_t error_bytes = sizeof error;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &error_bytes) < 0)
        return -errno;
    if (error != 0)
        return -error;
    return connected_to_itself(fd) ? -ECONNREFUSED : 0;
}

int as_socket_listen(const as_url *url, const as_address *address, int *fd)
{
    int opened = socket(address->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (opened < 0)
        return as_error_set(-errno, "\"%s\": socket: %s", url->text, strerror(errno));
    /* Connections of the last run that are still in TIME_WAIT do not keep the port; another listener does. */
    set_int(opened, SOL_SOCKET, SO_REUSEADDR, 1);
    if (bind(opened, (const struct sockaddr *)&address->storage, address->storage_bytes) < 0 ||
        listen(opened, SOMAXCONN) < 0) {
        int error = errno;
        close(opened);
        return bind_error(url, error);
    }
    *fd = opened;
    return 0;
}

uint16_t as_socket_port(int fd)
{
    struct sockaddr_storage own = {0};
    socklen_t own_bytes = sizeof own;
    if (getsockname(fd, (struct sockaddr *)&own, &own_bytes) < 0)
        return 0;
    const struct sockaddr *sa = (const struct sockaddr *)&own;
    if (sa->sa_family == AF_INET)
        return ntohs(as_v4(sa).sin_port);
    return sa->sa_family == AF_INET6 ? ntohs(as_v6(sa).sin6_port) : 0;
}
