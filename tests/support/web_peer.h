/*
 * A server in the test's own thread, for tests of what connects to one: one connection at a time, plain TCP, never
 * blocking. Include cmocka.h first.
 */
#ifndef AST_SUPPORT_WEB_PEER_H
#define AST_SUPPORT_WEB_PEER_H

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/websocket.h"

typedef struct ast_peer {
    int listen_fd, fd; /* fd -1: nobody is connected */
    size_t got_bytes;
    char got[65536]; /* received and not yet used, zero-terminated */
} ast_peer;

/* Accept if somebody waits, and read what is there. */
static inline void ast_peer_poll(ast_peer *peer)
{
    if (peer->fd < 0) {
        peer->fd = accept4(peer->listen_fd, NULL, NULL, SOCK_NONBLOCK);
        peer->got_bytes = 0;
        peer->got[0] = 0;
    }
    if (peer->fd < 0)
        return;
    ssize_t n = recv(peer->fd, peer->got + peer->got_bytes, sizeof peer->got - 1 - peer->got_bytes, MSG_DONTWAIT);
    if (n > 0)
        peer->got_bytes += (size_t)n;
    else if (n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK)) {
        close(peer->fd);
        peer->fd = -1;
    }
    peer->got[peer->got_bytes] = 0;
}

static inline void ast_peer_use(ast_peer *peer, size_t used_bytes)
{
    memmove(peer->got, peer->got + used_bytes, peer->got_bytes - used_bytes);
    peer->got_bytes -= used_bytes;
    peer->got[peer->got_bytes] = 0;
}

static inline void ast_peer_send(ast_peer *peer, const void *data, size_t data_bytes)
{
    assert_true(peer->fd >= 0);
    assert_int_equal(send(peer->fd, data, data_bytes, MSG_NOSIGNAL), data_bytes);
}

static inline void ast_peer_close(ast_peer *peer)
{
    if (peer->fd >= 0)
        close(peer->fd);
    peer->fd = -1;
}

/* A whole request is there. */
static inline bool ast_peer_has_request(const ast_peer *peer)
{
    return peer->fd >= 0 && strstr(peer->got, "\r\n\r\n") != NULL;
}

static inline void ast_peer_take_request(ast_peer *peer, char *request, size_t request_bytes)
{
    size_t n = (size_t)(strstr(peer->got, "\r\n\r\n") + 4 - peer->got);
    snprintf(request, request_bytes, "%.*s", (int)n, peer->got);
    ast_peer_use(peer, n);
}

/* Send an HTTP answer, in one piece. */
static inline void ast_peer_answer(ast_peer *peer, const char *status, const char *fields, const char *body)
{
    static char answer[65536];
    int n = snprintf(answer, sizeof answer, "HTTP/1.1 %s\r\nContent-Length: %zu\r\n%s\r\n%s", status, strlen(body),
                     fields, body);
    assert_true(n > 0 && (size_t)n < sizeof answer);
    ast_peer_send(peer, answer, (size_t)n);
}

/* ---- WebSocket ---- */

static inline void ast_peer_frame(ast_peer *peer, uint8_t opcode, const void *payload, size_t payload_bytes)
{
    static uint8_t frame[65536];
    ast_peer_send(peer, frame, ast_frame(frame, true, opcode, payload, payload_bytes));
}

static inline void ast_peer_say(ast_peer *peer, const char *text)
{
    ast_peer_frame(peer, 1, text, strlen(text));
}

/* The client's next frame, if it is there. */
static inline bool ast_peer_take_frame(ast_peer *peer, ast_client_frame *frame)
{
    size_t used_bytes = ast_frame_read((const uint8_t *)peer->got, peer->got_bytes, frame);
    ast_peer_use(peer, used_bytes);
    return used_bytes > 0;
}

#endif
