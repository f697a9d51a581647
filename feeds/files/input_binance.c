/*
 * Reader: Binance trades and aggTrades. The symbol is the beginning of the file's name (BTCUSDT-trades-2024-08-08.csv).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "feeds/decode/binance.h"
#include "feeds/decode/quantity.h"
#include "feeds/files/input_internal.h"

typedef struct binance_state {
    as_binance_form form;
    uint32_t instrument;
    int qty_exp;
    uint64_t rows, fractional;
} binance_state;

static int find_instrument(as_input *input)
{
    binance_state *binance = input->state;
    const as_universe *universe = input->options.universe;
    const char *slash = strrchr(input->path, '/');
    const char *name = slash ? slash + 1 : input->path;
    size_t bytes = strcspn(name, "-");
    if (bytes == 0 || bytes >= AS_SYMBOL_BYTES || name[bytes] != '-')
        return as_error_set(-EINVAL,
                            "%s: Binance trades, but the name does not begin with SYMBOL-: found \"%s\", allowed "
                            "SYMBOL-trades-DATE.csv and SYMBOL-aggTrades-DATE.csv",
                            input->path, name);
    binance->instrument =
        universe ? as_symbols_find(&universe->symbols, name, bytes) : as_input_resolve(input, name, bytes);
    if (universe && binance->instrument != AS_INSTRUMENT_NONE)
        binance->qty_exp = universe->instrument[binance->instrument].qty_exp;
    return 0;
}

static int open_binance(as_input *input)
{
    binance_state *binance = input->state = calloc(1, sizeof *binance);
    if (!binance)
        return as_error_set(-ENOMEM, "%s: out of memory", input->path);
    as_input_skip_byte_order_mark(input);
    bool header;
    binance->form =
        as_binance_sniff((const char *)input->view + input->view_at, input->view_bytes - input->view_at, &header);
    const char *line;
    size_t line_bytes;
    bool too_long;
    int code = header ? as_input_next_line(input, &line, &line_bytes, &too_long) : 0;
    return code < 0 ? code : find_instrument(input);
}

static void close_binance(as_input *input)
{
    free(input->state);
}

static void count_binance(as_input *input)
{
    const binance_state *binance = input->state;
    input->stats->messages = binance->rows;
    as_input_count_type(input, as_binance_form_name(binance->form), binance->rows);
    as_input_count_error(input, "fractional_qty", binance->fractional);
}

/* 1 an event, 0 none from this row, a negative errno. */
static int read_row(as_input *input, const char *line, size_t line_bytes, as_event *event)
{
    binance_state *binance = input->state;
    as_binance_trade trade;
    uint64_t qty = 0;
    as_binance_result result = as_binance_parse(binance->form, line, line_bytes, &trade);
    as_quantity_result quantity = AS_QUANTITY_OK;
    if (result == AS_BINANCE_OK)
        quantity = as_quantity_parse(trade.qty, trade.qty_bytes, binance->qty_exp, &qty);
    if (quantity < 0)
        result = AS_BINANCE_NUMBER;
    if (as_input_at_cut(input, line + line_bytes) && (result != AS_BINANCE_OK || input->stats->truncated)) {
        input->stats->truncated = true;
        input->stats->rows--;
        return 0;
    }
    if (result != AS_BINANCE_OK)
        return as_input_bad_line(input, as_binance_result_name(result), line, line_bytes);
    binance->rows++;
    binance->fractional += quantity == AS_QUANTITY_FLOORED;
    if (binance->instrument == AS_INSTRUMENT_NONE) {
        input->stats->unknown_symbol++;
        return 0;
    }
    *event = (as_event){.ts_event = trade.ts,
                        .ts_recv = trade.ts,
                        .instrument = binance->instrument,
                        .kind = AS_EVENT_TRADE,
                        .flags = trade.seller_aggressor ? AS_EVENT_SELL : 0,
                        .source = input->options.source};
    event->trade.px = trade.px;
    event->trade.qty = qty;
    event->trade.match = trade.id;
    return 1;
}

static int next_binance(as_input *input, as_event *event, as_headline *headline)
{
    (void)headline;
    const char *line = NULL;
    size_t line_bytes = 0;
    bool too_long = false;
    int result;
    while ((result = as_input_next_line(input, &line, &line_bytes, &too_long)) > 0) {
        if (line_bytes == 0)
            continue;
        input->stats->rows++;
        result = read_row(input, line, line_bytes, event);
        if (result)
            return result;
    }
    return result;
}

const as_input_reader as_input_binance = {open_binance,  next_binance,   count_binance,
                                          close_binance, .sorted = true, .text = true};
