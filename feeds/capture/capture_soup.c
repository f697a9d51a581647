/*
 * Codec: recorded bytes of a SoupBinTCP server, as feed_soup.c reads them.
 */
#include <errno.h>
#include <stdlib.h>

#include "core/error.h"
#include "core/timezone.h"
#include "feeds/capture/capture_codec.h"
#include "feeds/framing/soup_session.h"
#include "feeds/files/input_capture.h"

typedef struct soup_state {
    as_input *input;
    as_timezone *zone;
    as_wire *wire;
    as_event_queue queue;
    as_soup_session session;
    bool over;  /* nothing more is read of this connection */
    bool ended; /* the connection before is over: what comes is another */
    bool begun, trust_r;
    uint64_t last_ts_recv; /* of the latest event given; 0 before the first */
    uint64_t ts_ns;
    const uint8_t *data; /* not read yet */
    size_t data_bytes;
    as_soup soup;
} soup_state;

static void soup_close(void *state)
{
    soup_state *s = state;
    if (!s)
        return;
    as_event_queue_fini(&s->queue);
    as_wire_free(s->wire);
    as_timezone_free(s->zone);
    free(s);
}

static int soup_open(as_input *input, const as_capture_line *line, void **state)
{
    soup_state *made = calloc(1, sizeof *made);
    const as_config *config = input->options.config;
    if (!made)
        return as_error_set(-ENOMEM, "%s: out of memory", input->path);
    made->input = input;
    made->ended = true;
    made->trust_r = line->trust_r;
    as_soup_session_init(&made->session, "");
    as_wire_options wire = {.format = AS_WIRE_ITCH50,
                            .symbols = as_input_symbols(input),
                            .resolve = input->options.universe ? NULL : as_input_resolve,
                            .arg = input,
                            .source = input->options.source,
                            .trust_r = line->trust_r};
    int code =
        as_timezone_new(config && config->session.zone[0] ? config->session.zone : "America/New_York", &made->zone);
    if (code == 0 && as_wire_new(&wire, &made->wire) < 0)
        code = as_error_set(-ENOMEM, "%s: out of memory", input->path);
    if (code < 0) {
        soup_close(made);
        return code;
    }
    *state = made;
    return 0;
}

typedef struct clearing {
    soup_state *state;
    uint64_t ts;
} clearing;

static void clear_book(void *arg, uint32_t instrument)
{
    const clearing *c = arg;
    as_event_queue_put(&c->state->queue, &(as_event){.ts_event = c->ts,
                                                     .ts_recv = c->ts,
                                                     .raw = {0},
                                                     .instrument = instrument,
                                                     .kind = AS_EVENT_CLEAR,
                                                     .source = c->state->input->options.source});
}

static void on_welcome(soup_state *s)
{
    /* as live (feed_wire.c): with trust_r what is in no message is said at the data's own time */
    uint64_t at = s->trust_r && s->last_ts_recv != 0 ? s->last_ts_recv : s->ts_ns;
    if (s->session.restarted) {
        as_wire_each_instrument(s->wire, clear_book, &(clearing){.state = s, .ts = at});
        as_wire_reset(s->wire, as_timezone_midnight_ns(s->zone, as_input_date(s->input), s->ts_ns));
        s->input->stats->restarts++;
    }
    uint64_t from = s->session.gap_from, to = s->session.gap_to;
    if (from == to)
        return;
    s->input->stats->gaps++;
    s->input->stats->lost += to - from;
    as_event_queue_put(&s->queue, &(as_event){.ts_event = at,
                                              .ts_recv = at,
                                              .raw = {from, to},
                                              .instrument = AS_INSTRUMENT_NONE,
                                              .kind = AS_EVENT_GAP,
                                              .source = s->input->options.source});
}

/* 0, or a negative errno (strict). */
static int on_message(soup_state *s, const as_soup_packet *packet)
{
    as_event event[AS_WIRE_EVENTS_MAX];
    unsigned count = as_wire_decode(s->wire, packet->payload, packet->payload_bytes, s->ts_ns, event);
    for (unsigned i = 0; i < count; i++) {
        if (as_soup_session_is_late(&s->session, event[i].ts_event, event[i].ts_recv))
            event[i].flags |= AS_EVENT_MORE;
        s->last_ts_recv = event[i].ts_recv;
        as_event_queue_put(&s->queue, &event[i]);
    }
    as_capture_reading *c = as_capture_of(s->input);
    if (c && packet->payload_bytes > 0) {
        c->by_type[AS_WIRE_ITCH50][packet->payload[0]]++;
        c->messages++;
    }
    as_wire_bad bad = as_wire_last_bad(s->wire);
    return bad == AS_WIRE_BAD_NONE ? 0 : as_input_bad_message(s->input, as_wire_bad_name(bad));
}

static int on_packet(soup_state *s, const as_soup_packet *packet)
{
    uint64_t duplicates = s->session.duplicates;
    as_soup_turn turn = as_soup_session_take(&s->session, packet);
    s->input->stats->duplicates += s->session.duplicates - duplicates;
    switch (turn) {
    case AS_SOUP_MESSAGE:
        return on_message(s, packet);
    case AS_SOUP_WELCOME:
        on_welcome(s);
        return 0;
    case AS_SOUP_NOTHING:
        s->input->stats->heartbeats += packet->type == AS_SOUP_SERVER_HEARTBEAT;
        return 0;
    case AS_SOUP_UNKNOWN:
        return as_input_bad_message(s->input, "unknown_packet");
    case AS_SOUP_REFUSED:
    case AS_SOUP_AGAIN:
    case AS_SOUP_OVER:
        s->over = true;
        return 0;
    case AS_SOUP_OUT_OF_TURN:
    case AS_SOUP_BAD_ANSWER:
        s->over = true;
        return as_input_bad_message(s->input, turn == AS_SOUP_OUT_OF_TURN ? "unexpected_packet" : "bad_login_answer");
    }
    return 0;
}

static void soup_begin(void *state, const uint8_t *data, size_t data_bytes, bool end, uint64_t ts_ns)
{
    soup_state *s = state;
    if (s->ended) {
        as_soup_init(&s->soup);
        as_soup_session_connected(&s->session);
        s->ended = s->over = false;
    }
    if (!s->begun)
        as_wire_reset(s->wire, as_timezone_midnight_ns(s->zone, as_input_date(s->input), ts_ns));
    s->begun = true;
    s->ts_ns = ts_ns;
    s->data = data;
    s->data_bytes = data_bytes;
    s->ended = end;
}

static int soup_next(void *state, as_event *event, as_headline *headline)
{
    soup_state *s = state;
    (void)headline;
    for (;;) {
        as_soup_packet packet;
        if (as_event_queue_take(&s->queue, event))
            return 1;
        if (s->queue.failed)
            return as_error_set(-ENOMEM, "%s: out of memory", s->input->path);
        as_soup_result result = s->over ? AS_SOUP_NEED_MORE : as_soup_next(&s->soup, &s->data, &s->data_bytes, &packet);
        int code = 0;
        if (result == AS_SOUP_NEED_MORE)
            return 0;
        if (result == AS_SOUP_BAD_LENGTH) {
            s->over = true;
            code = as_input_bad_message(s->input, "bad_length");
        } else {
            code = on_packet(s, &packet);
        }
        if (code < 0)
            return code;
    }
}

/* Where the next packet begins is not known any more: the rest of this connection cannot be read. */
static void soup_lost(void *state)
{
    soup_state *s = state;
    s->over = true;
}

const as_capture_codec as_capture_soup = {.framing = AS_FRAMING_SOUPBINTCP,
                                          .format = AS_FORMAT_ITCH50,
                                          .shared = true,
                                          .open = soup_open,
                                          .begin = soup_begin,
                                          .next = soup_next,
                                          .lost = soup_lost,
                                          .close = soup_close};
