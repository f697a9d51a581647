#include "feeds/decode/csv_mapping.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <xxhash.h>

#include "core/error.h"
#include "core/price.h"
#include "feeds/decode/headline_record.h"
#include "feeds/decode/quantity.h"
#include "feeds/decode/time_layout.h"

enum { NO_COLUMN = -1, INFER_SLOTS = 8192, SCRATCH_BYTES = 2048 };

struct as_csv_mapper {
    const as_csv_mapping *mapping;
    as_csv_mapper_options options;
    as_time_layout time;
    uint64_t duration_ns;
    as_calendar *fallback_calendar; /* without a universe, and for headlines */
    as_timezone *fallback_zone;
    /* places of the columns in a row, NO_COLUMN if the mapping has none */
    int stamp, symbol, open, high, low, close, volume, price, qty, bid, bid_qty, ask, ask_qty;
    int id, source, text, url, symbols, tier;
};

static const char *const row_name[AS_CSV_ROW_RESULT_COUNT] = {
    [AS_CSV_ROW_OK] = "ok",
    [AS_CSV_ROW_UNKNOWN_SYMBOL] = "unknown_symbol",
    [AS_CSV_ROW_MISSING_COLUMN] = "missing_column",
    [AS_CSV_ROW_BAD_SYMBOL] = "bad_symbol",
    [AS_CSV_ROW_BAD_TIME] = "bad_time",
    [AS_CSV_ROW_NO_SESSION] = "no_session",
    [AS_CSV_ROW_BAD_PRICE] = "bad_price",
    [AS_CSV_ROW_BAD_QTY] = "bad_qty",
    [AS_CSV_ROW_BAD_TEXT] = "bad_text",
    [AS_CSV_ROW_BAD_VALUE] = "bad_value",
    [AS_CSV_ROW_BAD_UTF8] = "bad_utf8",
};

const char *as_csv_row_result_name(as_csv_row_result result)
{
    return (unsigned)result < AS_CSV_ROW_RESULT_COUNT ? row_name[result] : "?";
}

const char *as_csv_kind_name(as_csv_kind kind)
{
    static const char *const name[] = {"bar", "trade", "quote", "headline"};
    return name[kind];
}

/* ---- which file ---- */

bool as_csv_mapping_headerless(const as_csv_mapping *mapping)
{
    return mapping->time.column[0] == '#';
}

static bool field_is(as_csv_field field, const char *text)
{
    char name[AS_COLUMN_BYTES];
    bool cut;
    field = as_csv_field_trim(field);
    as_csv_field_copy(&field, name, sizeof name, &cut);
    return !cut && strcmp(name, text) == 0;
}

static int find_column(const as_csv_record *header, const char *name)
{
    for (uint32_t i = 0; header && i < header->count; i++)
        if (field_is(header->field[i], name))
            return (int)i;
    return NO_COLUMN;
}

static bool path_matches(const char *glob, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash && !strchr(glob, '/') ? slash + 1 : path;
    char bare[AS_PATH_BYTES];
    size_t bytes = strlen(name);
    if (fnmatch(glob, name, 0) == 0)
        return true;
    if (bytes >= sizeof bare)
        return false;
    memcpy(bare, name, bytes + 1);
    if (bytes > 3 && strcmp(bare + bytes - 3, ".gz") == 0)
        bare[bytes - 3] = 0;
    else if (bytes > 4 && strcmp(bare + bytes - 4, ".zst") == 0)
        bare[bytes - 4] = 0;
    return fnmatch(glob, bare, 0) == 0;
}

bool as_csv_mapping_matches(const as_csv_mapping *mapping, const char *path, const as_csv_record *header)
{
    if (!mapping->match_path[0] && mapping->match_column_count == 0)
        return false;
    if (mapping->match_path[0] && !path_matches(mapping->match_path, path))
        return false;
    for (uint32_t i = 0; i < mapping->match_column_count; i++)
        if (find_column(header, mapping->match_column[i]) == NO_COLUMN)
            return false;
    return true;
}

/* ---- binding ---- */

static void list_columns(const as_csv_record *header, char *out, size_t out_bytes)
{
    size_t n = 0;
    out[0] = 0;
    for (uint32_t i = 0; header && i < header->count && n + AS_COLUMN_BYTES + 3 < out_bytes; i++) {
        char name[AS_COLUMN_BYTES];
        as_csv_field_copy(&header->field[i], name, sizeof name, NULL);
        n += (size_t)snprintf(out + n, out_bytes - n, "%s%s", i ? ", " : "", name);
    }
}

static int bind(as_csv_mapper *m, const char *key, const char *name, bool required, int *column)
{
    const as_csv_mapping *mapping = m->mapping;
    *column = NO_COLUMN;
    if (!name[0]) {
        if (required)
            return as_error_set(-EINVAL, "%s: mapping \"%s\" (line %d of the configuration): a %s needs %s",
                                m->options.path, mapping->name, mapping->line, as_csv_kind_name(mapping->kind), key);
        return 0;
    }
    if (name[0] == '#') {
        char *end;
        long place = strtol(name + 1, &end, 10);
        if (*end || place < 1 || place > AS_CSV_FIELD_MAX)
            return as_error_set(-EINVAL,
                                "%s: mapping \"%s\" (line %d of the configuration): %s: \"%s\" is no column; #1 to "
                                "#%d are allowed",
                                m->options.path, mapping->name, mapping->line, key, name, AS_CSV_FIELD_MAX);
        *column = (int)place - 1;
        return 0;
    }
    *column = find_column(m->options.header, name);
    if (*column == NO_COLUMN) {
        char columns[360];
        list_columns(m->options.header, columns, sizeof columns);
        return as_error_set(-EINVAL,
                            "%s:1: mapping \"%s\" (line %d of the configuration): %s: there is no column \"%s\"; the "
                            "file has: %s",
                            m->options.path, mapping->name, mapping->line, key, name,
                            columns[0] ? columns : "no header");
    }
    return 0;
}

static int bind_columns(as_csv_mapper *m)
{
    const as_csv_mapping *map = m->mapping;
    bool bar = map->kind == AS_CSV_BAR, trade = map->kind == AS_CSV_TRADE, quote = map->kind == AS_CSV_QUOTE;
    bool news = map->kind == AS_CSV_HEADLINE;
    const struct {
        const char *key, *name;
        bool used, required;
        int *column;
    } table[] = {
        {"time.column", map->time.column, true, true, &m->stamp},
        {"columns.symbol", map->column.symbol, !map->symbol[0], !news, &m->symbol},
        {"columns.open", map->column.open, bar, false, &m->open},
        {"columns.high", map->column.high, bar, false, &m->high},
        {"columns.low", map->column.low, bar, false, &m->low},
        {"columns.close", map->column.close, bar, true, &m->close},
        {"columns.volume", map->column.volume, bar, false, &m->volume},
        {"columns.price", map->column.price, trade, true, &m->price},
        {"columns.qty", map->column.qty, trade, false, &m->qty},
        {"columns.bid", map->column.bid, quote, true, &m->bid},
        {"columns.bid_qty", map->column.bid_qty, quote, false, &m->bid_qty},
        {"columns.ask", map->column.ask, quote, true, &m->ask},
        {"columns.ask_qty", map->column.ask_qty, quote, false, &m->ask_qty},
        {"columns.id", map->column.id, news, false, &m->id},
        {"columns.source", map->column.source, news, false, &m->source},
        {"columns.text", map->column.text, news, true, &m->text},
        {"columns.url", map->column.url, news, false, &m->url},
        {"columns.symbols", map->column.symbols, news, false, &m->symbols},
        {"columns.tier", map->column.tier, news, false, &m->tier},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        *table[i].column = NO_COLUMN;
        if (table[i].used) {
            int code = bind(m, table[i].key, table[i].name, table[i].required, table[i].column);
            if (code < 0)
                return code;
        }
    }
    return 0;
}

static int prepare_time(as_csv_mapper *m)
{
    const as_csv_mapping *map = m->mapping;
    int32_t date = map->time.date ? map->time.date : m->options.date;
    int code = as_time_layout_init(&m->time, map->time.layout, map->time.zone, date);
    if (code < 0)
        return as_error_add("%s: mapping \"%s\" (line %d of the configuration)", m->options.path, map->name, map->line);
    if (m->time.form == AS_TIME_MS_OF_DAY && date <= 0)
        return as_error_set(-EINVAL,
                            "%s: mapping \"%s\" (line %d of the configuration): time.layout ms_of_day needs a date: "
                            "time.date, --date YYYYMMDD or a date in the file's name",
                            m->options.path, map->name, map->line);
    if (map->time.stamps == AS_STAMPS_SESSION_CLOSE) {
        if (m->time.form == AS_TIME_EPOCH)
            return as_error_set(-EINVAL,
                                "%s: mapping \"%s\" (line %d of the configuration): time.stamps session_close needs "
                                "a date in time.layout",
                                m->options.path, map->name, map->line);
        code = as_calendar_new_shipped("XNYS", &m->fallback_calendar);
        if (code == 0)
            code = as_timezone_new("America/New_York", &m->fallback_zone);
    }
    uint64_t second_max = AS_BAR_SECONDS_MAX;
    if (code == 0 && (map->duration_ns % AS_NS_PER_S != 0 || map->duration_ns / AS_NS_PER_S > second_max))
        return as_error_set(-EINVAL,
                            "%s: mapping \"%s\" (line %d of the configuration): a bar's duration of %llu ns; whole "
                            "seconds up to %llu are allowed",
                            m->options.path, map->name, map->line, (unsigned long long)map->duration_ns,
                            (unsigned long long)second_max);
    m->duration_ns = map->duration_ns;
    if (m->duration_ns == 0 && map->time.stamps == AS_STAMPS_SESSION_CLOSE)
        m->duration_ns = AS_NS_PER_DAY;
    return code;
}

int as_csv_mapper_new(const as_csv_mapper_options *options, as_csv_mapper **mapper)
{
    as_csv_mapper *m = calloc(1, sizeof *m);
    if (!m)
        return as_error_set(-ENOMEM, "%s: out of memory", options->path);
    m->options = *options;
    m->mapping = options->mapping;
    int code = bind_columns(m);
    if (code == 0)
        code = prepare_time(m);
    m->options.header = NULL; /* the caller's buffer; not needed any more */
    if (code < 0) {
        as_csv_mapper_free(m);
        return code;
    }
    *mapper = m;
    return 0;
}

void as_csv_mapper_free(as_csv_mapper *mapper)
{
    if (!mapper)
        return;
    as_time_layout_fini(&mapper->time);
    as_calendar_free(mapper->fallback_calendar);
    as_timezone_free(mapper->fallback_zone);
    free(mapper);
}

/* ---- the duration of bars ---- */

bool as_csv_mapper_needs_duration(const as_csv_mapper *mapper)
{
    return mapper->mapping->kind == AS_CSV_BAR && mapper->duration_ns == 0;
}

typedef struct last_stamp {
    uint64_t symbol_hash, ts;
} last_stamp;

/* Puts ts in the place of the symbol's last stamp; the distance, 0 if there was none or it is the same. */
static uint64_t step_from_last(last_stamp *table, uint64_t hash, uint64_t ts)
{
    for (uint64_t probe = 0; probe < INFER_SLOTS; probe++) {
        last_stamp *slot = &table[(hash + probe) % INFER_SLOTS];
        if (slot->symbol_hash == 0) {
            *slot = (last_stamp){hash, ts};
            return 0;
        }
        if (slot->symbol_hash == hash) {
            uint64_t step = ts > slot->ts ? ts - slot->ts : slot->ts - ts;
            slot->ts = ts;
            return step;
        }
    }
    return 0;
}

int as_csv_mapper_infer_duration(as_csv_mapper *mapper, const char *data, size_t bytes)
{
    last_stamp *table = calloc(INFER_SLOTS, sizeof *table);
    as_csv_record *row = malloc(sizeof *row);
    uint64_t step = UINT64_MAX;
    if (table && row) {
        while (bytes > 0) {
            as_csv_result result = as_csv_split(data, bytes, false, row);
            if (result == AS_CSV_NEED_MORE)
                break;
            data += row->used_bytes;
            bytes -= row->used_bytes;
            if (result != AS_CSV_RECORD || (int)row->count <= mapper->stamp || (int)row->count <= mapper->symbol)
                continue;
            as_csv_field stamp = as_csv_field_trim(row->field[mapper->stamp]);
            as_time_value value;
            if (!as_time_layout_parse(&mapper->time, stamp.text, stamp.text_bytes, &value))
                continue;
            uint64_t hash = 1;
            if (mapper->symbol != NO_COLUMN)
                hash = XXH3_64bits(row->field[mapper->symbol].text, row->field[mapper->symbol].text_bytes) | 1;
            uint64_t distance = step_from_last(table, hash, value.ts);
            if (distance > 0 && distance < step)
                step = distance;
        }
    }
    bool memory = table && row;
    free(row);
    free(table);
    if (!memory)
        return as_error_set(-ENOMEM, "%s: out of memory", mapper->options.path);
    if (step % AS_NS_PER_S != 0 || step / AS_NS_PER_S > AS_BAR_SECONDS_MAX)
        return as_error_set(-EINVAL,
                            "%s: mapping \"%s\" (line %d of the configuration): how long a bar is cannot be seen from "
                            "the first rows; say so with duration",
                            mapper->options.path, mapper->mapping->name, mapper->mapping->line);
    mapper->duration_ns = step;
    return 0;
}

/* ---- rows ---- */

static bool is_empty(as_csv_field field)
{
    return field.text_bytes == 0 || (field.text_bytes == 3 && strncasecmp(field.text, "nan", 3) == 0);
}

static as_csv_field column(const as_csv_record *row, int place)
{
    return as_csv_field_trim(row->field[place]);
}

static as_csv_row_result read_price(const as_csv_mapper *m, const as_csv_record *row, int place, int64_t *px)
{
    as_csv_field field = column(row, place);
    int64_t parsed = 0;
    if (is_empty(field) || as_price_parse_scaled(field.text, field.text_bytes, -m->mapping->price_scale, &parsed) < 0 ||
        parsed <= 0)
        return AS_CSV_ROW_BAD_PRICE;
    *px = parsed;
    return AS_CSV_ROW_OK;
}

/* Quantities in the instrument's units. floor: what is finer than a unit is dropped (volumes). */
static as_csv_row_result read_qty(const as_csv_mapper *m, const as_csv_record *row, int place, uint32_t instrument,
                                  bool floor, uint64_t absent, uint64_t *qty)
{
    *qty = absent;
    if (place == NO_COLUMN)
        return AS_CSV_ROW_OK;
    as_csv_field field = column(row, place);
    if (is_empty(field))
        return AS_CSV_ROW_OK;
    int exponent = m->options.universe ? m->options.universe->instrument[instrument].qty_exp : 0;
    as_quantity_result result = as_quantity_parse(field.text, field.text_bytes, exponent, qty);
    return result == AS_QUANTITY_OK || (floor && result == AS_QUANTITY_FLOORED) ? AS_CSV_ROW_OK : AS_CSV_ROW_BAD_QTY;
}

/* An unmapped open is the close; unmapped high and low are the higher and the lower of the two. */
static as_csv_row_result read_bar(const as_csv_mapper *m, const as_csv_record *row, as_event *ev)
{
    uint64_t volume = 0;
    as_csv_row_result result = read_price(m, row, m->close, &ev->bar.close);
    ev->bar.open = ev->bar.close;
    if (!result && m->open != NO_COLUMN)
        result = read_price(m, row, m->open, &ev->bar.open);
    ev->bar.high = ev->bar.open > ev->bar.close ? ev->bar.open : ev->bar.close;
    ev->bar.low = ev->bar.open < ev->bar.close ? ev->bar.open : ev->bar.close;
    if (!result && m->high != NO_COLUMN)
        result = read_price(m, row, m->high, &ev->bar.high);
    if (!result && m->low != NO_COLUMN)
        result = read_price(m, row, m->low, &ev->bar.low);
    if (!result)
        result = read_qty(m, row, m->volume, ev->instrument, true, 0, &volume);
    ev->bar.volume_duration = as_bar_pack(volume, m->duration_ns / AS_NS_PER_S);
    return result;
}

static as_csv_row_result read_side(const as_csv_mapper *m, const as_csv_record *row, int px_place, int qty_place,
                                   uint32_t instrument, int64_t *px, uint64_t *qty)
{
    as_csv_field field = column(row, px_place);
    int64_t parsed = 0;
    bool none = is_empty(field) || (as_price_parse(field.text, field.text_bytes, &parsed) >= 0 && parsed == 0);
    *px = AS_PX_UNDEFINED;
    *qty = 0;
    if (none)
        return AS_CSV_ROW_OK;
    as_csv_row_result result = read_price(m, row, px_place, px);
    return result ? result : read_qty(m, row, qty_place, instrument, false, AS_QTY_UNDEFINED, qty);
}

static as_csv_row_result read_quote(const as_csv_mapper *m, const as_csv_record *row, as_event *ev)
{
    uint32_t instrument = ev->instrument;
    as_csv_row_result result = read_side(m, row, m->bid, m->bid_qty, instrument, &ev->quote.bid_px, &ev->quote.bid_qty);
    return result ? result : read_side(m, row, m->ask, m->ask_qty, instrument, &ev->quote.ask_px, &ev->quote.ask_qty);
}

static as_csv_row_result read_trade(const as_csv_mapper *m, const as_csv_record *row, as_event *ev)
{
    as_csv_row_result result = read_price(m, row, m->price, &ev->trade.px);
    return result ? result : read_qty(m, row, m->qty, ev->instrument, false, 0, &ev->trade.qty);
}

static uint32_t resolve(const as_csv_mapper *m, const char *symbol, size_t symbol_bytes)
{
    if (m->options.universe)
        return as_symbols_find(&m->options.universe->symbols, symbol, symbol_bytes);
    return m->options.resolve(m->options.arg, symbol, symbol_bytes);
}

static as_csv_row_result read_symbol(const as_csv_mapper *m, const as_csv_record *row, uint32_t *instrument)
{
    char symbol[AS_SYMBOL_BYTES];
    bool cut = false;
    size_t bytes = strlen(m->mapping->symbol);
    if (bytes > 0) {
        memcpy(symbol, m->mapping->symbol, bytes + 1);
    } else {
        as_csv_field field = column(row, m->symbol);
        bytes = as_csv_field_copy(&field, symbol, sizeof symbol, &cut);
    }
    if (bytes == 0 || cut)
        return AS_CSV_ROW_BAD_SYMBOL;
    *instrument = resolve(m, symbol, bytes);
    return *instrument == AS_INSTRUMENT_NONE ? AS_CSV_ROW_UNKNOWN_SYMBOL : AS_CSV_ROW_OK;
}

static as_csv_row_result session_close(const as_csv_mapper *m, uint32_t instrument, int32_t date, uint64_t *ts)
{
    bool known = m->options.universe && instrument != AS_INSTRUMENT_NONE;
    const as_calendar *calendar = known ? as_universe_calendar(m->options.universe, instrument) : m->fallback_calendar;
    const as_session *session = as_calendar_session_on(calendar, date);
    if (session) {
        *ts = session->close;
        return AS_CSV_ROW_OK;
    }
    if (m->options.universe)
        return AS_CSV_ROW_NO_SESSION;
    *ts = (uint64_t)as_timezone_to_utc(m->fallback_zone, date / 10000, date / 100 % 100, date % 100, 16, 0, 0) *
          AS_NS_PER_S;
    return AS_CSV_ROW_OK;
}

static as_csv_row_result read_time(const as_csv_mapper *m, const as_csv_record *row, as_event *ev)
{
    as_csv_field field = column(row, m->stamp);
    as_time_value value;
    if (!as_time_layout_parse(&m->time, field.text, field.text_bytes, &value))
        return AS_CSV_ROW_BAD_TIME;
    as_csv_row_result result = AS_CSV_ROW_OK;
    if (m->mapping->time.stamps == AS_STAMPS_SESSION_CLOSE)
        result = session_close(m, ev->instrument, value.date, &value.ts);
    else if (m->mapping->time.stamps == AS_STAMPS_START && ev->kind == AS_EVENT_BAR)
        value.ts += m->duration_ns;
    ev->ts_event = ev->ts_recv = value.ts;
    return result;
}

/* A field as UTF-8 text; what is beyond SCRATCH_BYTES cannot fit into any field of a headline. */
static bool read_text(const as_csv_record *row, int place, char *out, size_t out_bytes, bool *cut)
{
    char scratch[SCRATCH_BYTES];
    bool longer;
    if (place == NO_COLUMN)
        return true;
    size_t n = as_csv_field_copy(&row->field[place], scratch, sizeof scratch, &longer);
    if (longer) { /* the last character may be half of one: leave it out */
        while (n > 0 && (scratch[n - 1] & 0xc0) == 0x80)
            n--;
        n -= n > 0;
    }
    return as_headline_set(out, out_bytes, scratch, n, cut);
}

static void read_tags(const as_csv_mapper *m, const as_csv_record *row, as_headline *hl)
{
    static const char separators[] = " ,;|[]'\"\t";
    char list[SCRATCH_BYTES];
    int place = m->symbols != NO_COLUMN ? m->symbols : m->symbol;
    if (place == NO_COLUMN)
        return;
    as_csv_field_copy(&row->field[place], list, sizeof list, NULL);
    for (char *p = list + strspn(list, separators); *p; p += strspn(p, separators)) {
        size_t bytes = strcspn(p, separators);
        uint32_t instrument = bytes < AS_SYMBOL_BYTES ? resolve(m, p, bytes) : AS_INSTRUMENT_NONE;
        if (instrument != AS_INSTRUMENT_NONE)
            as_headline_add_tag(hl, instrument);
        p += bytes;
    }
}

static as_csv_row_result read_headline(const as_csv_mapper *m, const as_csv_record *row, const as_event *ev,
                                       as_headline *hl)
{
    bool cut = false, id_cut = false;
    as_headline_clear(hl);
    hl->ts_event = ev->ts_event;
    hl->ts_recv = ev->ts_recv;
    if (!read_text(row, m->text, hl->text, sizeof hl->text, &cut) ||
        !read_text(row, m->source, hl->source, sizeof hl->source, NULL) ||
        !read_text(row, m->url, hl->url, sizeof hl->url, NULL) ||
        !read_text(row, m->id, hl->id, sizeof hl->id, &id_cut))
        return AS_CSV_ROW_BAD_UTF8;
    hl->cut = cut;
    if (m->tier != NO_COLUMN) {
        as_csv_field field = column(row, m->tier);
        uint64_t tier = 0;
        if (!is_empty(field) &&
            (as_quantity_parse(field.text, field.text_bytes, 0, &tier) != AS_QUANTITY_OK || tier < 1 || tier > 4))
            return AS_CSV_ROW_BAD_VALUE;
        hl->tier_given = (uint8_t)tier;
    }
    read_tags(m, row, hl);
    const as_csv_field *id = id_cut ? &row->field[m->id] : NULL;
    return as_headline_finish(hl, id ? id->text : NULL, id ? id->text_bytes : 0) ? AS_CSV_ROW_OK : AS_CSV_ROW_BAD_TEXT;
}

static bool row_is_whole(const as_csv_mapper *m, const as_csv_record *row)
{
    const int place[] = {m->stamp,  m->symbol, m->open, m->high,    m->low, m->close,   m->volume,
                         m->price,  m->qty,    m->bid,  m->bid_qty, m->ask, m->ask_qty, m->id,
                         m->source, m->text,   m->url,  m->symbols, m->tier};
    for (size_t i = 0; i < sizeof place / sizeof *place; i++)
        if (place[i] >= (int)row->count)
            return false;
    return true;
}

as_csv_row_result as_csv_mapper_row(const as_csv_mapper *mapper, const as_csv_record *row, as_event *ev,
                                    as_headline *hl)
{
    static const uint8_t kind[] = {AS_EVENT_BAR, AS_EVENT_TRADE, AS_EVENT_QUOTE, AS_EVENT_HEADLINE};
    const as_csv_mapper *m = mapper;
    as_event event;
    if (!row_is_whole(m, row))
        return AS_CSV_ROW_MISSING_COLUMN;
    memset(&event, 0, sizeof event);
    event.kind = kind[m->mapping->kind];
    event.source = m->options.source;
    event.instrument = AS_INSTRUMENT_NONE;
    as_csv_row_result result = AS_CSV_ROW_OK;
    if (event.kind != AS_EVENT_HEADLINE)
        result = read_symbol(m, row, &event.instrument);
    if (result == AS_CSV_ROW_UNKNOWN_SYMBOL)
        *ev = event;
    if (!result)
        result = read_time(m, row, &event);
    if (result)
        return result;
    switch (m->mapping->kind) {
    case AS_CSV_BAR:
        result = read_bar(m, row, &event);
        break;
    case AS_CSV_TRADE:
        result = read_trade(m, row, &event);
        break;
    case AS_CSV_QUOTE:
        result = read_quote(m, row, &event);
        break;
    default:
        result = read_headline(m, row, &event, hl);
    }
    if (!result)
        *ev = event;
    return result;
}
