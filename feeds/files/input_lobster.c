/*
 * Reader: LOBSTER, the message file and the order book file beside it.
 *
 * With the order book file (the same name with "orderbook" for "message") every change of its first level is a QUOTE,
 * and executions are TRADEs: the state after each message is then exactly what LOBSTER says. Without it the messages
 * are ORDER events; the orders that rested before the first message are not in the file, so that the book is
 * incomplete, and a warning says so.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "feeds/decode/lobster.h"
#include "feeds/files/input_internal.h"

typedef struct lobster_state {
    uint64_t midnight_ns;
    uint32_t instrument;
    as_byte_stream *book; /* NULL: there is none */
    bool book_ended;
    as_event top;   /* the quote last given */
    as_event quote; /* pending, if has_quote */
    bool has_quote;
    uint64_t type_count[AS_LOBSTER_HALT + 1];
} lobster_state;

/* ---- names ---- */

/* AAPL_2012-06-21_34200000_57600000_message_10.csv: the symbol ends at the first underscore. */
static int find_instrument(as_input *input)
{
    lobster_state *lobster = input->state;
    const char *slash = strrchr(input->path, '/');
    const char *name = slash ? slash + 1 : input->path;
    size_t bytes = strcspn(name, "_");
    if (bytes == 0 || bytes >= AS_SYMBOL_BYTES || name[bytes] != '_')
        return as_error_set(-EINVAL,
                            "%s: a LOBSTER message file, but its name does not begin with SYMBOL_: found \"%s\", "
                            "allowed SYMBOL_YYYY-MM-DD_START_END_message_LEVELS.csv",
                            input->path, name);
    if (input->options.universe)
        lobster->instrument = as_symbols_find(&input->options.universe->symbols, name, bytes);
    else
        lobster->instrument = as_input_resolve(input, name, bytes);
    return 0;
}

static int open_book(as_input *input)
{
    lobster_state *lobster = input->state;
    const char *slash = strrchr(input->path, '/');
    const char *message = strstr(slash ? slash : input->path, "_message_");
    char path[AS_PATH_BYTES];
    int length = -1;
    if (message)
        length = snprintf(path, sizeof path, "%.*s_orderbook_%s", (int)(message - input->path), input->path,
                          message + strlen("_message_"));
    if (length > 0 && (size_t)length < sizeof path && as_byte_stream_open(path, &lobster->book) == 0)
        return 0;
    as_error_clear();
    lobster->book = NULL;
    as_warn("%s: there is no order book file beside it: orders from before the first message are not known",
            input->path);
    return 0;
}

static int open_lobster(as_input *input)
{
    lobster_state *lobster = input->state = calloc(1, sizeof *lobster);
    if (!lobster)
        return as_error_set(-ENOMEM, "%s: out of memory", input->path);
    lobster->top.quote.bid_px = lobster->top.quote.ask_px = AS_PX_UNDEFINED;
    int code = as_input_midnight(input, &lobster->midnight_ns);
    if (code == 0)
        code = find_instrument(input);
    return code < 0 ? code : open_book(input);
}

static void close_lobster(as_input *input)
{
    lobster_state *lobster = input->state;
    if (lobster)
        as_byte_stream_close(lobster->book);
    free(lobster);
}

static void count_lobster(as_input *input)
{
    const lobster_state *lobster = input->state;
    input->stats->messages = 0;
    for (unsigned type = AS_LOBSTER_ADD; lobster && type <= AS_LOBSTER_HALT; type++) {
        as_input_count_type(input, (const char[]){(char)('0' + type), 0}, lobster->type_count[type]);
        input->stats->messages += lobster->type_count[type];
    }
}

/* ---- rows ---- */

/* What is left of a row that was too long: to behind its LF, so that row and message stay side by side. */
static void skip_book_row(as_byte_stream *book)
{
    for (;;) {
        const uint8_t *data;
        int64_t have = as_byte_stream_peek(book, 1, &data);
        if (have <= 0)
            return; /* the next row meets the same end or failure */
        const uint8_t *lf = memchr(data, '\n', (size_t)have);
        as_byte_stream_skip(book, lf ? (size_t)(lf - data) + 1 : (size_t)have);
        if (lf)
            return;
    }
}

/* The book's row of this message: a quote is pending if the best has changed. */
static int read_book(as_input *input, const as_event *base)
{
    lobster_state *lobster = input->state;
    const uint8_t *data;
    int64_t have = as_byte_stream_peek(lobster->book, AS_LINE_BYTES + 1, &data);
    if (have < 0)
        return (int)have;
    const char *lf = memchr(data, '\n', (size_t)have);
    size_t bytes = lf ? (size_t)(lf - (const char *)data) : (size_t)have;
    as_event quote = *base;
    quote.kind = AS_EVENT_QUOTE;
    memset(quote.raw, 0, sizeof quote.raw);
    bool whole =
        have > 0 && as_lobster_parse_top((const char *)data, bytes - (bytes > 0 && data[bytes - 1] == '\r'), &quote);
    if (!whole) {
        lobster->book_ended = lobster->book_ended || have == 0;
        int code = as_input_bad_line(input, have == 0 ? "no_book_row" : "bad_book_row", (const char *)data,
                                     have == 0 ? 0 : bytes);
        as_byte_stream_skip(lobster->book, bytes + (lf != NULL));
        if (!lf && bytes > AS_LINE_BYTES)
            skip_book_row(lobster->book);
        return code;
    }
    as_byte_stream_skip(lobster->book, bytes + (lf != NULL));
    lobster->has_quote = memcmp(quote.raw, lobster->top.raw, sizeof quote.raw) != 0;
    lobster->quote = quote;
    if (lobster->has_quote)
        memcpy(lobster->top.raw, quote.raw, sizeof quote.raw);
    return 0;
}

static void make_trade(const as_lobster_message *m, as_event *event)
{
    event->kind = AS_EVENT_TRADE;
    event->trade.px = m->px;
    event->trade.qty = m->size;
    if (m->type != AS_LOBSTER_CROSS && !m->sell)
        event->flags = AS_EVENT_SELL; /* a resting buy order was hit */
}

static void make_status(const as_lobster_message *m, as_event *event)
{
    event->kind = AS_EVENT_STATUS;
    event->status.state = m->px < 0 ? AS_STATE_HALTED : m->px == 0 ? AS_STATE_QUOTE_ONLY : AS_STATE_TRADING;
}

static void make_order(const as_lobster_message *m, as_event *event)
{
    static const uint8_t kind[] = {[AS_LOBSTER_ADD] = AS_EVENT_ORDER_ADD,
                                   [AS_LOBSTER_REDUCE] = AS_EVENT_ORDER_REDUCE,
                                   [AS_LOBSTER_DELETE] = AS_EVENT_ORDER_DELETE,
                                   [AS_LOBSTER_EXECUTE] = AS_EVENT_ORDER_EXECUTE};
    event->kind = kind[m->type];
    event->flags = m->sell ? AS_EVENT_SELL : 0;
    event->order.ref = m->order_id;
    event->order.px = m->type == AS_LOBSTER_ADD ? m->px : AS_PX_UNDEFINED;
    event->order.qty = m->size;
}

/* 1 an event, 0 none from this message (a change of the book that its row tells). */
static int make_event(const lobster_state *lobster, const as_lobster_message *m, as_event *event)
{
    if (m->type == AS_LOBSTER_HALT)
        make_status(m, event);
    else if (m->type >= AS_LOBSTER_HIDDEN || (m->type == AS_LOBSTER_EXECUTE && lobster->book))
        make_trade(m, event);
    else if (!lobster->book)
        make_order(m, event);
    else
        return 0;
    return 1;
}

static int read_message(as_input *input, const char *line, size_t line_bytes, as_event *event)
{
    lobster_state *lobster = input->state;
    as_lobster_message message;
    as_lobster_result result = as_lobster_parse(line, line_bytes, &message);
    bool cut = as_input_at_cut(input, line + line_bytes);
    if (cut && (result != AS_LOBSTER_OK || input->stats->truncated)) {
        input->stats->truncated = true;
        input->stats->rows--;
        return 0;
    }
    *event = (as_event){.instrument = lobster->instrument, .source = input->options.source};
    if (result == AS_LOBSTER_OK) {
        event->ts_event = event->ts_recv = lobster->midnight_ns + message.ns;
        lobster->type_count[message.type]++;
    }
    int code = result == AS_LOBSTER_OK ? 0 : as_input_bad_line(input, as_lobster_result_name(result), line, line_bytes);
    if (code == 0 && lobster->book && !lobster->book_ended)
        code = read_book(input, event);
    if (code < 0 || result != AS_LOBSTER_OK) {
        lobster->has_quote = false; /* the row's time is not known: its quote comes with the next change */
        return code;
    }
    if (lobster->instrument == AS_INSTRUMENT_NONE) {
        input->stats->unknown_symbol++;
        lobster->has_quote = false;
        return 0;
    }
    return make_event(lobster, &message, event);
}

static int next_lobster(as_input *input, as_event *event, as_headline *headline)
{
    lobster_state *lobster = input->state;
    (void)headline;
    for (;;) {
        if (lobster->has_quote) {
            *event = lobster->quote;
            lobster->has_quote = false;
            return 1;
        }
        const char *line = NULL;
        size_t line_bytes = 0;
        bool too_long = false;
        int result = as_input_next_line(input, &line, &line_bytes, &too_long);
        if (result <= 0)
            return result;
        if (line_bytes == 0)
            continue;
        input->stats->rows++;
        result = read_message(input, line, line_bytes, event);
        if (result)
            return result;
    }
}

const as_input_reader as_input_lobster = {open_lobster,  next_lobster,   count_lobster,
                                          close_lobster, .sorted = true, .text = true};
