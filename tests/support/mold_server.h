/*
 * A MoldUDP64 request server for tests: keeps the messages of a session and sends again what it is asked for, as it is
 * told to: all of it, less than was asked, or nothing. A step at a time, on the test's own thread.
 * Include cmocka.h first.
 */
#ifndef AST_SUPPORT_MOLD_SERVER_H
#define AST_SUPPORT_MOLD_SERVER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "feeds/decode/itch50_encode.h"
#include "feeds/framing/moldudp64.h"
#include "feeds/live/socket.h"

enum { AST_MOLD_MESSAGES = 8192, AST_MOLD_PACKET_BYTES = 1400 };

typedef struct ast_mold_server {
    int fd;
    uint16_t port;
    uint8_t session[AS_PACKET_SESSION_BYTES];
    uint64_t next_seq; /* messages 1 to next_seq - 1 are kept */
    uint8_t message[AST_MOLD_MESSAGES][AS_ITCH50_BYTES_MAX];
    uint8_t message_bytes[AST_MOLD_MESSAGES];
    /* what it does */
    unsigned deaf_count;   /* requests that it ignores, from the next on */
    unsigned packet_max;   /* packets of an answer; 0: all that it takes */
    unsigned messages_max; /* messages of a packet; 0: what fits */
    uint64_t from_seq;     /* what is before it is gone */
    /* what it has seen */
    unsigned requests, refused;
    as_packet_request last;
    uint64_t sent;
} ast_mold_server;

static inline void ast_mold_server_open(ast_mold_server *server, const uint8_t *session)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    memset(server, 0, sizeof *server);
    memcpy(server->session, session, sizeof server->session);
    server->next_seq = server->from_seq = 1;
    server->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    assert_true(server->fd >= 0);
    assert_int_equal(bind(server->fd, (struct sockaddr *)&at, sizeof at), 0);
    server->port = as_socket_port(server->fd);
}

static inline void ast_mold_server_close(ast_mold_server *server)
{
    close(server->fd);
}

/* The session's next message; its sequence. */
static inline uint64_t ast_mold_server_add(ast_mold_server *server, const as_itch50 *message)
{
    uint64_t seq = server->next_seq++;
    assert_true(seq < AST_MOLD_MESSAGES);
    size_t bytes = as_itch50_encode(message, server->message[seq], sizeof server->message[seq]);
    assert_true(bytes > 0);
    server->message_bytes[seq] = (uint8_t)bytes;
    return seq;
}

/* A packet of messages [seq, seq + count) as far as they fit; how many did. */
static inline unsigned ast_mold_server_packet(const ast_mold_server *server, uint64_t seq, unsigned count, uint8_t *out,
                                              size_t *out_bytes)
{
    as_mold_builder builder;
    unsigned added = 0;
    as_mold_builder_init(&builder, server->session, seq, out, AST_MOLD_PACKET_BYTES);
    while (added < count && seq + added < server->next_seq &&
           as_mold_builder_add(&builder, server->message[seq + added], server->message_bytes[seq + added]))
        added++;
    *out_bytes = as_mold_builder_finish(&builder);
    return added;
}

/* Send messages [from, to) on a line, in packets. */
static inline void ast_mold_server_publish(const ast_mold_server *server, int fd, uint64_t from, uint64_t to,
                                           unsigned packet_messages)
{
    while (from < to) {
        uint8_t packet[AST_MOLD_PACKET_BYTES];
        size_t bytes;
        unsigned count = to - from < packet_messages ? (unsigned)(to - from) : packet_messages;
        from += ast_mold_server_packet(server, from, count, packet, &bytes);
        assert_int_equal(send(fd, packet, bytes, 0), bytes);
    }
}

static inline void ast_mold_server_answer(ast_mold_server *server, const struct sockaddr_in *to)
{
    uint64_t seq = server->last.seq, end = seq + server->last.count;
    if (seq < server->from_seq)
        seq = server->from_seq;
    if (end > server->next_seq)
        end = server->next_seq;
    for (unsigned packets = 0; seq < end && (server->packet_max == 0 || packets < server->packet_max); packets++) {
        uint8_t packet[AST_MOLD_PACKET_BYTES];
        size_t bytes;
        unsigned count = (unsigned)(end - seq);
        if (server->messages_max > 0 && count > server->messages_max)
            count = server->messages_max;
        unsigned added = ast_mold_server_packet(server, seq, count, packet, &bytes);
        assert_int_equal(sendto(server->fd, packet, bytes, 0, (const struct sockaddr *)to, sizeof *to), bytes);
        seq += added;
        server->sent += added;
    }
}

/* Take the requests that have come and answer them; true, so that it can stand in a condition. */
static inline bool ast_mold_server_turn(ast_mold_server *server)
{
    uint8_t packet[64];
    struct sockaddr_in from;
    socklen_t from_bytes = sizeof from;
    ssize_t bytes;
    while ((bytes = recvfrom(server->fd, packet, sizeof packet, 0, (struct sockaddr *)&from, &from_bytes)) >= 0) {
        as_packet_request request;
        if (!as_mold_request_decode(packet, (size_t)bytes, &request) ||
            memcmp(request.session, server->session, sizeof server->session) != 0) {
            server->refused++;
            continue;
        }
        server->requests++;
        server->last = request;
        if (server->deaf_count > 0)
            server->deaf_count--;
        else
            ast_mold_server_answer(server, &from);
        from_bytes = sizeof from;
    }
    return true;
}

#endif
