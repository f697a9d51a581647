/*
 * A subscriber that speaks ZMTP itself, over a plain socket: for what no stock one would say, and to see the bytes.
 * The sockets do not block; bytes that come are gathered in .in.
 */
#ifndef AST_SUPPORT_RAW_SUBSCRIBER_H
#define AST_SUPPORT_RAW_SUBSCRIBER_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Bytes as RFC 37 gives them. */
#define AST_SIGNATURE "\xff\0\0\0\0\0\0\0\0\x7f"
#define AST_GREETING(minor, mechanism20, server)                                                                       \
    AST_SIGNATURE "\3" minor mechanism20 server "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define AST_NULL20 "NULL\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define AST_PLAIN20 "PLAIN\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define AST_CURVE20 "CURVE\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define AST_READY_SUB "\4\x19\5READY\xbSocket-Type\0\0\0\3SUB"
#define AST_READY_XPUB "\4\x1a\5READY\xbSocket-Type\0\0\0\4XPUB"

typedef struct ast_raw {
    int descriptor;
    bool closed; /* by the other side */
    size_t in_bytes, taken;
    uint8_t in[1 << 21];
} ast_raw;

static inline int ast_raw_connect(ast_raw *raw, const char *endpoint)
{
    unsigned port;
    memset(raw, 0, offsetof(ast_raw, in));
    if (sscanf(endpoint, "tcp://127.0.0.1:%u", &port) == 1) {
        struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        raw->descriptor = socket(AF_INET, SOCK_STREAM, 0);
        return connect(raw->descriptor, (struct sockaddr *)&to, sizeof to);
    }
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    snprintf(to.sun_path, sizeof to.sun_path, "%.107s", endpoint + 6);
    raw->descriptor = socket(AF_UNIX, SOCK_STREAM, 0);
    return connect(raw->descriptor, (struct sockaddr *)&to, sizeof to);
}

static inline void ast_raw_close(ast_raw *raw)
{
    close(raw->descriptor);
    raw->descriptor = -1;
}

static inline bool ast_raw_send(ast_raw *raw, const void *bytes, size_t count)
{
    return send(raw->descriptor, bytes, count, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)count;
}

/* Gather what has come. */
static inline void ast_raw_read(ast_raw *raw)
{
    if (raw->taken > 0) {
        memmove(raw->in, raw->in + raw->taken, raw->in_bytes - raw->taken);
        raw->in_bytes -= raw->taken;
        raw->taken = 0;
    }
    ssize_t n = 0;
    while (raw->in_bytes < sizeof raw->in &&
           (n = recv(raw->descriptor, raw->in + raw->in_bytes, sizeof raw->in - raw->in_bytes, MSG_DONTWAIT)) > 0)
        raw->in_bytes += (size_t)n;
    if (raw->in_bytes < sizeof raw->in && (n == 0 || (errno != EAGAIN && errno != EINTR)))
        raw->closed = true;
}

typedef struct ast_raw_frame {
    uint8_t flags;
    size_t body_bytes;
    const uint8_t *body; /* until the next read */
} ast_raw_frame;

/* The next whole frame of what was gathered. */
static inline bool ast_raw_frame_take(ast_raw *raw, ast_raw_frame *frame)
{
    const uint8_t *in = raw->in + raw->taken;
    size_t have = raw->in_bytes - raw->taken, header = 2;
    if (have < 2)
        return false;
    frame->flags = in[0];
    frame->body_bytes = in[1];
    if (in[0] & 2) {
        header = 9;
        if (have < 9)
            return false;
        frame->body_bytes = (size_t)in[5] << 24 | (size_t)in[6] << 16 | (size_t)in[7] << 8 | in[8];
    }
    if (have < header + frame->body_bytes)
        return false;
    frame->body = in + header;
    raw->taken += header + frame->body_bytes;
    return true;
}

#endif
