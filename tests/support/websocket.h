/*
 * The server's side of WebSocket, for tests of the client's: frames as RFC 6455, section 5.2, lays them out, written by
 * hand here so that nothing of the code under test is trusted.
 */
#ifndef AST_SUPPORT_WEBSOCKET_H
#define AST_SUPPORT_WEBSOCKET_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* A server's frame. Returns its bytes; out has room for payload_bytes + 10. */
static inline size_t ast_frame(uint8_t *out, bool fin, uint8_t opcode, const void *payload, size_t payload_bytes)
{
    size_t n = 0;
    out[n++] = (uint8_t)((fin ? 0x80 : 0) | opcode);
    if (payload_bytes < 126) {
        out[n++] = (uint8_t)payload_bytes;
    } else if (payload_bytes < 65536) {
        out[n++] = 126;
        out[n++] = (uint8_t)(payload_bytes >> 8);
        out[n++] = (uint8_t)payload_bytes;
    } else {
        out[n++] = 127;
        for (int shift = 56; shift >= 0; shift -= 8)
            out[n++] = (uint8_t)((uint64_t)payload_bytes >> shift);
    }
    if (payload_bytes > 0)
        memcpy(out + n, payload, payload_bytes);
    return n + payload_bytes;
}

typedef struct ast_client_frame {
    uint8_t opcode;
    bool fin, masked;
    uint8_t mask[4];
    size_t payload_bytes;
    char payload[1024]; /* unmasked, zero-terminated */
} ast_client_frame;

/* Take a client's frame apart. Returns its bytes, 0 if it is not whole or does not fit. */
static inline size_t ast_frame_read(const uint8_t *data, size_t data_bytes, ast_client_frame *frame)
{
    if (data_bytes < 6)
        return 0;
    size_t n = 2, payload_bytes = data[1] & 0x7f;
    frame->fin = data[0] & 0x80;
    frame->opcode = data[0] & 0x7f;
    frame->masked = data[1] & 0x80;
    if (payload_bytes == 126) {
        payload_bytes = (size_t)data[2] << 8 | data[3];
        n = 4;
    }
    if (payload_bytes >= sizeof frame->payload || data_bytes < n + 4 + payload_bytes)
        return 0;
    memcpy(frame->mask, data + n, 4);
    n += 4;
    for (size_t i = 0; i < payload_bytes; i++)
        frame->payload[i] = (char)(data[n + i] ^ frame->mask[i % 4]);
    frame->payload[payload_bytes] = 0;
    frame->payload_bytes = payload_bytes;
    return n + payload_bytes;
}

/* The value of a header field in a request: into value, empty if there is none. */
static inline void ast_request_field(const char *request, const char *name, char *value, size_t value_bytes)
{
    char wanted[64];
    snprintf(wanted, sizeof wanted, "\r\n%s: ", name);
    const char *at = strstr(request, wanted);
    value[0] = 0;
    if (at != NULL)
        snprintf(value, value_bytes, "%.*s", (int)strcspn(at + strlen(wanted), "\r"), at + strlen(wanted));
}

#endif
