/*
 * Any bytes from a subscriber. The first byte says where they go: into a session of the NULL mechanism, at once and
 * cut into pieces of lengths that the bytes themselves give, which must give the same events; or, as commands, into
 * the server's half of CURVE.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ipc/zmtp/curve.h"
#include "ipc/zmtp/session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

typedef struct digest {
    uint64_t hash; /* FNV-1a over the events */
    uint64_t events;
    as_zmtp_event last;
} digest;

static void mix(digest *sum, const void *data, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        sum->hash = (sum->hash ^ ((const uint8_t *)data)[i]) * UINT64_C(0x100000001b3);
}

static void see(digest *sum, const as_zmtp_session *s, as_zmtp_event event)
{
    sum->last = event;
    sum->events++;
    mix(sum, &event, sizeof event);
    if (event == AS_ZMTP_REPLY && (s->reply_bytes == 0 || s->reply_bytes > AS_ZMTP_REPLY_BYTES))
        abort();
    if (event == AS_ZMTP_REPLY)
        mix(sum, s->reply, s->reply_bytes);
    if (event == AS_ZMTP_END && !s->reason)
        abort();
    if (event == AS_ZMTP_SUBSCRIBE || event == AS_ZMTP_CANCEL) {
        if (s->prefix_bytes >= AS_TOPIC_BYTES)
            abort();
        mix(sum, s->prefix, s->prefix_bytes);
    }
}

static digest play(const uint8_t *data, size_t bytes, bool cut)
{
    static as_zmtp_session s;
    digest sum = {.hash = UINT64_C(0xcbf29ce484222325)};
    as_zmtp_session_init(&s, NULL);
    while (bytes > 0 && sum.last != AS_ZMTP_END) {
        size_t piece = cut ? 1 + data[0] % 7 : bytes;
        if (piece > bytes)
            piece = bytes;
        const uint8_t *at = data;
        size_t left = piece;
        as_zmtp_event event;
        while (sum.last != AS_ZMTP_END && (event = as_zmtp_session_next(&s, &at, &left)) != AS_ZMTP_WANT)
            see(&sum, &s, event);
        if (sum.last != AS_ZMTP_END && left > 0)
            abort();
        data += piece;
        bytes -= piece;
    }
    as_zmtp_session_fini(&s);
    return sum;
}

static void play_curve(const uint8_t *data, size_t bytes)
{
    static const uint8_t secret[32] = {1}, public_key[32] = {9};
    static uint8_t body[1 << 16], metadata[1024];
    uint8_t welcome[AS_ZMTP_WELCOME_BYTES], flags;
    size_t used;
    as_zmtp_curve curve = {0};
    if (as_zmtp_curve_start() < 0 || bytes > sizeof body)
        return;
    as_zmtp_curve_hello(&curve, secret, data, bytes, welcome);
    if (!as_zmtp_curve_initiate(&curve, public_key, data, bytes, metadata, sizeof metadata, &used))
        abort(); /* nobody guesses a box */
    if (!as_zmtp_curve_open(&curve, data, bytes, &flags, body, &used))
        abort();
    as_zmtp_curve_fini(&curve);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    if (bytes < 1)
        return 0;
    if (data[0] == 'c') {
        play_curve(data + 1, bytes - 1);
        return 0;
    }
    digest whole = play(data + 1, bytes - 1, false), cut = play(data + 1, bytes - 1, true);
    if (whole.hash != cut.hash || whole.events != cut.events || whole.last != cut.last)
        abort();
    return 0;
}
