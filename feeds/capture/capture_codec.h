/*
 * Codecs: what turns the recorded bytes of a connection into events, one for each kind of feed that is not made of
 * sequenced packets (those go through capture_stream.h).
 *
 *   a piece of a stream, a datagram or a whole message -> begin; then next until it has no more
 *
 * A codec does with recorded bytes what the live driver of its framing does with received ones. The table is in
 * capture_codec.c; a row has the framing and the format it is for.
 *
 * Threads: one. Memory: the state of each connection, or of each feed (shared), allocated at open.
 */
#ifndef AS_FEEDS_CAPTURE_CODEC_H
#define AS_FEEDS_CAPTURE_CODEC_H

#include "feeds/capture/capture_format.h"
#include "feeds/files/input_internal.h"

typedef struct as_capture_codec {
    as_feed_framing framing;
    as_feed_format format;
    /* Pieces are parts of messages: they are put together, and begin gets whole ones. */
    bool messages;
    /* One state for all connections of a feed and all its lines: what one brings is known on the others. */
    bool shared;
    /* 0; or a negative errno with the error chain set. */
    int (*open)(as_input *input, const as_capture_line *line, void **state);
    /*
     * Bytes received at ts_ns, valid until the next begin. end: nothing follows them (a datagram, a message, the end of
     * the connection, when there are none).
     */
    void (*begin)(void *state, const uint8_t *data, size_t data_bytes, bool end, uint64_t ts_ns);
    /* An event of what was begun: 1; 0 if there are no more; a negative errno with the error chain set. */
    int (*next)(void *state, as_event *event, as_headline *headline);
    /* What comes next does not follow what came before: bytes in between are not in the capture. */
    void (*lost)(void *state);
    void (*close)(void *state); /* NULL is allowed */
} as_capture_codec;

/* NULL: recordings of such a feed are not read. */
const as_capture_codec *as_capture_codec_find(as_feed_framing framing, as_feed_format format);

extern const as_capture_codec as_capture_alpaca, as_capture_benzinga, as_capture_ws_ndjson; /* capture_news.c */
extern const as_capture_codec as_capture_lines; /* NDJSON lines (capture_lines.c) */
extern const as_capture_codec as_capture_soup;  /* SoupBinTCP (capture_soup.c) */
extern const as_capture_codec as_capture_rss;   /* RSS and Atom (capture_rss.c) */

#endif
