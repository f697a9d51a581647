#include "feeds/decode/lobster.h"

#include <string.h>

#include "core/price.h"

enum { MESSAGE_FIELDS = 6, LEVEL_FIELDS = 4 };

#define EMPTY_LEVEL INT64_C(9999999999) /* magnitude of the price of a level that is not there */

typedef struct text {
    const char *at;
    size_t bytes;
} text;

/* The fields of a line, as many as there are; up to count_max of them are written. */
static size_t split(const char *line, size_t line_bytes, text *field, size_t count_max)
{
    size_t count = 0, begin = 0;
    for (size_t i = 0; i <= line_bytes; i++) {
        if (i < line_bytes && line[i] != ',')
            continue;
        if (count < count_max)
            field[count] = (text){line + begin, i - begin};
        count++;
        begin = i + 1;
    }
    return count;
}

static bool parse_whole(text t, int64_t min, int64_t max, int64_t *value)
{
    bool negative = t.bytes > 0 && t.at[0] == '-';
    size_t i = negative;
    uint64_t v = 0;
    if (t.bytes == i || t.bytes - i > 18)
        return false;
    for (; i < t.bytes; i++) {
        if (t.at[i] < '0' || t.at[i] > '9')
            return false;
        v = v * 10 + (uint64_t)(t.at[i] - '0');
    }
    *value = negative ? -(int64_t)v : (int64_t)v;
    return *value >= min && *value <= max;
}

const char *as_lobster_result_name(as_lobster_result result)
{
    static const char *const name[] = {"ok", "columns", "bad_time", "bad_type", "bad_number"};
    return name[-(int)result];
}

as_lobster_result as_lobster_parse(const char *line, size_t line_bytes, as_lobster_message *message)
{
    text field[MESSAGE_FIELDS];
    int64_t ns, type, order_id, size, price, direction;
    if (split(line, line_bytes, field, MESSAGE_FIELDS) != MESSAGE_FIELDS)
        return AS_LOBSTER_COLUMNS;
    /* a decimal of nine places is a count of nanoseconds */
    if (as_price_parse(field[0].at, field[0].bytes, &ns) != AS_PRICE_OK || ns < 0 || (uint64_t)ns >= AS_NS_PER_DAY)
        return AS_LOBSTER_TIME;
    if (!parse_whole(field[1], AS_LOBSTER_ADD, AS_LOBSTER_HALT, &type))
        return AS_LOBSTER_TYPE;
    if (!parse_whole(field[2], 0, INT64_MAX, &order_id) || !parse_whole(field[3], 0, INT64_MAX, &size) ||
        !parse_whole(field[4], -EMPTY_LEVEL, EMPTY_LEVEL, &price) || !parse_whole(field[5], -1, 1, &direction) ||
        direction == 0)
        return AS_LOBSTER_NUMBER;
    *message = (as_lobster_message){.ns = (uint64_t)ns,
                                    .order_id = (uint64_t)order_id,
                                    .size = (uint64_t)size,
                                    .px = price * 100000,
                                    .type = (uint8_t)type,
                                    .sell = direction < 0};
    return AS_LOBSTER_OK;
}

static bool parse_level(const text field[2], int64_t *px, uint64_t *qty)
{
    int64_t price, size;
    if (!parse_whole(field[0], -EMPTY_LEVEL, EMPTY_LEVEL, &price) || !parse_whole(field[1], 0, INT64_MAX, &size))
        return false;
    bool empty = size == 0 || price == EMPTY_LEVEL || price == -EMPTY_LEVEL;
    *px = empty ? AS_PX_UNDEFINED : price * 100000;
    *qty = empty ? 0 : (uint64_t)size;
    return true;
}

bool as_lobster_parse_top(const char *line, size_t line_bytes, as_event *quote)
{
    text field[LEVEL_FIELDS];
    size_t count = split(line, line_bytes, field, LEVEL_FIELDS);
    return count >= LEVEL_FIELDS && count % LEVEL_FIELDS == 0 &&
           parse_level(field, &quote->quote.ask_px, &quote->quote.ask_qty) &&
           parse_level(field + 2, &quote->quote.bid_px, &quote->quote.bid_qty);
}

static size_t first_line(const char *data, size_t bytes)
{
    const char *lf = memchr(data, '\n', bytes);
    size_t n = lf ? (size_t)(lf - data) : bytes;
    return n > 0 && data[n - 1] == '\r' ? n - 1 : n;
}

bool as_lobster_sniff(const char *data, size_t bytes)
{
    as_lobster_message message;
    size_t n = first_line(data, bytes);
    const char *comma = memchr(data, ',', n);
    /* a stamp with decimals tells it from any other table of six whole numbers */
    return comma && memchr(data, '.', (size_t)(comma - data)) && as_lobster_parse(data, n, &message) == AS_LOBSTER_OK;
}

bool as_lobster_sniff_book(const char *data, size_t bytes)
{
    as_event quote;
    text field[1];
    size_t n = first_line(data, bytes);
    return split(data, n, field, 1) >= LEVEL_FIELDS && as_lobster_parse_top(data, n, &quote) &&
           (quote.quote.bid_px == AS_PX_UNDEFINED || quote.quote.bid_px < quote.quote.ask_px) &&
           quote.quote.bid_qty + quote.quote.ask_qty > 0;
}
