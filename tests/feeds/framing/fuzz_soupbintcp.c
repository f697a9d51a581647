/*
 * Any bytes as a stream, cut into pieces of lengths that the bytes themselves give: the packets are those of the uncut
 * stream, they are the stream's bytes again when they are written, and a login or an acceptance that is read is the
 * same when it is written and read once more.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/framing/soupbintcp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

typedef struct digest {
    uint64_t hash; /* FNV-1a over the packets */
    uint64_t packets;
    size_t packet_bytes;
    size_t held_bytes;
    int result;
} digest;

static void add(digest *sum, const as_soup_packet *packet)
{
    sum->hash = (sum->hash ^ packet->type ^ packet->payload_bytes << 8) * UINT64_C(0x100000001b3);
    for (size_t i = 0; i < packet->payload_bytes; i++)
        sum->hash = (sum->hash ^ packet->payload[i]) * UINT64_C(0x100000001b3);
    sum->packets++;
    sum->packet_bytes += AS_SOUP_HEADER_BYTES + packet->payload_bytes;
}

static void again(const as_soup_packet *packet)
{
    static uint8_t out[AS_SOUP_PACKET_BYTES_MAX];
    as_soup_login login, login_again;
    as_soup_accepted accepted, accepted_again;
    memset(&login, 0, sizeof login);
    memset(&login_again, 0, sizeof login_again);
    memset(&accepted, 0, sizeof accepted);
    memset(&accepted_again, 0, sizeof accepted_again);
    if (as_soup_login_decode(packet->payload, packet->payload_bytes, &login)) {
        size_t n = as_soup_login_encode(&login, out, sizeof out);
        if (n < AS_SOUP_HEADER_BYTES || !as_soup_login_decode(out + 3, n - 3, &login_again) ||
            strcmp(login.user, login_again.user) != 0 || strcmp(login.password, login_again.password) != 0 ||
            strcmp(login.session, login_again.session) != 0 || login.seq != login_again.seq ||
            login.timeout != login_again.timeout)
            abort();
    }
    if (as_soup_accepted_decode(packet->payload, packet->payload_bytes, &accepted)) {
        size_t n = as_soup_accepted_encode(&accepted, out, sizeof out);
        if (n < AS_SOUP_HEADER_BYTES || !as_soup_accepted_decode(out + 3, n - 3, &accepted_again) ||
            strcmp(accepted.session, accepted_again.session) != 0 || accepted.seq != accepted_again.seq)
            abort();
    }
}

static digest split(const uint8_t *data, size_t bytes, int cut)
{
    static as_soup soup;
    digest sum = {.hash = UINT64_C(0xcbf29ce484222325), .result = AS_SOUP_NEED_MORE};
    as_soup_packet packet;
    as_soup_init(&soup);
    for (size_t at = 0; at < bytes && sum.result == AS_SOUP_NEED_MORE;) {
        size_t piece_bytes = cut ? (size_t)data[at] % 17 + 1 : bytes;
        if (piece_bytes > bytes - at)
            piece_bytes = bytes - at;
        uint8_t *piece = malloc(piece_bytes); /* of this length, so that reading beyond it is seen */
        if (piece == NULL)
            abort();
        memcpy(piece, data + at, piece_bytes);
        const uint8_t *rest = piece;
        size_t rest_bytes = piece_bytes;
        while ((sum.result = as_soup_next(&soup, &rest, &rest_bytes, &packet)) == AS_SOUP_PACKET) {
            add(&sum, &packet);
            if (!cut)
                again(&packet);
        }
        if (sum.result == AS_SOUP_NEED_MORE && rest_bytes > 0)
            abort();
        free(piece);
        at += piece_bytes;
    }
    sum.held_bytes = soup.tail_bytes;
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    digest whole = split(data, bytes, 0), cut = split(data, bytes, 1);
    if (whole.hash != cut.hash || whole.packets != cut.packets || whole.result != cut.result)
        abort();
    if (whole.result == AS_SOUP_NEED_MORE &&
        (whole.held_bytes != cut.held_bytes || whole.packet_bytes + whole.held_bytes != bytes))
        abort();
    return 0;
}
