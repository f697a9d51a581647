/*
 * A server on a thread of its own, for tests of what connects to one: real sockets, and real TLS if it has a context.
 * One connection at a time, which a script serves with blocking calls. Include cmocka.h first.
 */
#ifndef AST_SUPPORT_THREAD_SERVER_H
#define AST_SUPPORT_THREAD_SERVER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "feeds/live/socket.h"

typedef struct ast_server ast_server;

/* What it does with a connection; ssl is NULL for plain TCP, and otherwise before its handshake. */
typedef void (*ast_script_fn)(ast_server *s, int fd, SSL *ssl);

struct ast_server {
    ast_script_fn script;
    SSL_CTX *tls;
    int listen_fd;
    uint16_t port;
    pthread_t thread;
    char seen_name[64]; /* SNI */
    _Atomic int go;     /* the test lets it go on */
    _Atomic int served;
};

static inline void *ast_serve(void *ctx)
{
    ast_server *s = ctx;
    for (;;) {
        int fd = accept(s->listen_fd, NULL, NULL);
        if (fd < 0)
            return NULL;
        struct timeval limit = {.tv_sec = 3};
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
        SSL *ssl = s->tls != NULL ? SSL_new(s->tls) : NULL;
        if (ssl != NULL)
            SSL_set_fd(ssl, fd);
        s->script(s, fd, ssl);
        SSL_free(ssl);
        close(fd);
        atomic_fetch_add_explicit(&s->served, 1, memory_order_relaxed); /* relaxed: a count */
    }
}

static inline int ast_listening(uint16_t *port, int backlog)
{
    struct sockaddr_in at = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(*port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    assert_true(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(fd, backlog), 0);
    *port = as_socket_port(fd);
    return fd;
}

static inline void ast_server_start(ast_server *s, ast_script_fn script, SSL_CTX *tls)
{
    uint16_t port = s->port;
    *s = (ast_server){.script = script, .tls = tls, .port = port};
    s->listen_fd = ast_listening(&s->port, 8);
    assert_int_equal(pthread_create(&s->thread, NULL, ast_serve, s), 0);
}

/* Let a script that waits go on. */
static inline void ast_server_go(ast_server *s)
{
    atomic_store_explicit(&s->go, 1, memory_order_relaxed); /* relaxed: a signal */
}

static inline void ast_server_stop(ast_server *s)
{
    ast_server_go(s);
    shutdown(s->listen_fd, SHUT_RDWR);
    pthread_join(s->thread, NULL);
    close(s->listen_fd);
    SSL_CTX_free(s->tls);
}

static inline void ast_wait_for_go(ast_server *s)
{
    for (int i = 0; i < 3000 && !atomic_load_explicit(&s->go, memory_order_relaxed); i++) /* relaxed: a signal */
        usleep(1000);
}

static inline ssize_t ast_server_read(int fd, SSL *ssl, void *room, size_t room_bytes)
{
    return ssl != NULL ? SSL_read(ssl, room, (int)room_bytes) : recv(fd, room, room_bytes, 0);
}

static inline void ast_server_write(int fd, SSL *ssl, const void *data, size_t data_bytes)
{
    if (ssl != NULL)
        SSL_write(ssl, data, (int)data_bytes);
    else
        send(fd, data, data_bytes, MSG_NOSIGNAL);
}

#endif
