#include "feeds/decode/binance.h"

#include <string.h>

#include "core/event.h"
#include "core/price.h"

enum { FIELD_MAX = 8, FIELD_MIN = 6 };

#define MICROSECONDS_FROM UINT64_C(100000000000000) /* as milliseconds this is the year 5138 */
#define MICROSECONDS_MAX UINT64_C(18446744073709551)

typedef struct text {
    const char *at;
    size_t bytes;
} text;

/* Where the form has what. */
static const struct {
    size_t count, time, maker;
    const char *name;
} layouts[] = {
    [AS_BINANCE_TRADES] = {7, 4, 5, "trades"},
    [AS_BINANCE_AGG_TRADES] = {8, 5, 6, "aggTrades"},
    [AS_BINANCE_FUTURES_TRADES] = {6, 4, 5, "trades"},
    [AS_BINANCE_FUTURES_AGG_TRADES] = {7, 5, 6, "aggTrades"},
};

static size_t split(const char *line, size_t line_bytes, text field[FIELD_MAX])
{
    size_t count = 0, begin = 0;
    for (size_t i = 0; i <= line_bytes; i++) {
        if (i < line_bytes && line[i] != ',')
            continue;
        if (count < FIELD_MAX)
            field[count] = (text){line + begin, i - begin};
        count++;
        begin = i + 1;
    }
    return count;
}

static bool parse_u64(text t, uint64_t *value)
{
    uint64_t v = 0;
    if (t.bytes == 0 || t.bytes > 19)
        return false;
    for (size_t i = 0; i < t.bytes; i++) {
        if (t.at[i] < '0' || t.at[i] > '9')
            return false;
        v = v * 10 + (uint64_t)(t.at[i] - '0');
    }
    *value = v;
    return true;
}

/* true, True, TRUE */
static bool parse_flag(text t, bool *value)
{
    static const char *const word[] = {"false", "true"};
    for (unsigned w = 0; w < 2; w++) {
        bool same = t.bytes == strlen(word[w]);
        for (size_t i = 0; same && i < t.bytes; i++)
            same = (t.at[i] | 0x20) == word[w][i];
        if (same) {
            *value = w == 1;
            return true;
        }
    }
    return false;
}

const char *as_binance_result_name(as_binance_result result)
{
    static const char *const name[] = {"ok", "columns", "bad_number", "bad_price", "bad_time", "bad_flag"};
    return name[-(int)result];
}

const char *as_binance_form_name(as_binance_form form)
{
    return layouts[form].name;
}

as_binance_form as_binance_form_of(const char *line, size_t line_bytes)
{
    for (as_binance_form form = AS_BINANCE_TRADES; form <= AS_BINANCE_FUTURES_AGG_TRADES; form++) {
        as_binance_trade trade;
        if (as_binance_parse(form, line, line_bytes, &trade) == AS_BINANCE_OK)
            return form;
    }
    return AS_BINANCE_NONE;
}

as_binance_form as_binance_sniff(const char *data, size_t bytes, bool *header)
{
    for (int line = 0; line < 2; line++) {
        const char *lf = memchr(data, '\n', bytes);
        size_t n = lf ? (size_t)(lf - data) : bytes;
        as_binance_form form = as_binance_form_of(data, n > 0 && data[n - 1] == '\r' ? n - 1 : n);
        *header = line == 1;
        if (form != AS_BINANCE_NONE || !lf)
            return form;
        if (n < 8 || (memcmp(data, "id,price", 8) != 0 && memcmp(data, "agg_trad", 8) != 0))
            return AS_BINANCE_NONE;
        bytes -= n + 1;
        data += n + 1;
    }
    return AS_BINANCE_NONE;
}

as_binance_result as_binance_parse(as_binance_form form, const char *line, size_t line_bytes, as_binance_trade *trade)
{
    text field[FIELD_MAX];
    as_binance_trade t = {0};
    uint64_t time, id;
    bool flag;
    size_t count = split(line, line_bytes, field);
    if (form == AS_BINANCE_NONE || count < FIELD_MIN || count != layouts[form].count)
        return AS_BINANCE_COLUMNS;
    if (!parse_u64(field[0], &t.id))
        return AS_BINANCE_NUMBER;
    if (as_price_parse(field[1].at, field[1].bytes, &t.px) < 0 || t.px <= 0)
        return AS_BINANCE_PRICE;
    t.qty = field[2].at;
    t.qty_bytes = field[2].bytes;
    if (t.qty_bytes == 0 || t.qty[0] < '0' || t.qty[0] > '9')
        return AS_BINANCE_NUMBER;
    bool aggregated = form == AS_BINANCE_AGG_TRADES || form == AS_BINANCE_FUTURES_AGG_TRADES;
    if (aggregated && (!parse_u64(field[3], &id) || !parse_u64(field[4], &id)))
        return AS_BINANCE_NUMBER;
    if (!parse_u64(field[layouts[form].time], &time) || time > MICROSECONDS_MAX)
        return AS_BINANCE_TIME;
    t.ts = time * (time >= MICROSECONDS_FROM ? AS_NS_PER_US : AS_NS_PER_MS);
    if (!parse_flag(field[layouts[form].maker], &t.seller_aggressor))
        return AS_BINANCE_FLAG;
    for (size_t i = layouts[form].maker + 1; i < count; i++)
        if (!parse_flag(field[i], &flag))
            return AS_BINANCE_FLAG;
    *trade = t;
    return AS_BINANCE_OK;
}
