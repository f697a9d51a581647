#include "core/universe.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "core/csv_line.h"
#include "core/error.h"
#include "core/number.h"
#include "core/text_file.h"

enum { COLUMN_MAX = 16, ALIAS_TEXT_BYTES = 64, QTY_EXP_MAX = 18, LINK_MAX = 1 << 20 };

/* ---- a table: rows of a CSV file whose header names the columns ---- */

typedef struct table {
    const char *path;
    char *text;   /* heap; fields point into it */
    char *cursor;
    int line;     /* of the row in hand */
    const char *const *name; /* the columns that may be there; a row's fields in this order */
    size_t name_count;
    size_t column[COLUMN_MAX]; /* column of the file -> index into name */
    size_t column_count;
    char *field[COLUMN_MAX];   /* by name; "" if the file lacks the column */
} table;

/* "path:line: column 'c': found 'x', allowed ...". */
static int bad_field(const table *t, size_t name_idx, const char *allowed)
{
    return as_error_set(-EINVAL, "%s:%d: column '%s': found '%.60s', allowed %s", t->path, t->line, t->name[name_idx],
                        t->field[name_idx], allowed);
}

static char *trim(char *text)
{
    text += strspn(text, " \t");
    size_t bytes = strlen(text);
    while (bytes && (text[bytes - 1] == ' ' || text[bytes - 1] == '\t'))
        text[--bytes] = '\0';
    return text;
}

/* The next line that is neither empty nor a comment, split. 1, 0 at the end, or a negative errno. */
static int next_row(table *t, char **field, size_t *field_count)
{
    char *line;
    do {
        line = as_csv_line_next(&t->cursor);
        t->line++;
        if (!line)
            return 0;
    } while (!*line || *line == '#');
    switch (as_csv_line_split(line, field, COLUMN_MAX, field_count)) {
    case AS_CSV_LINE_OK:
        break;
    case AS_CSV_LINE_QUOTE:
        return as_error_set(-EINVAL, "%s:%d: found a quote that does not end its field, allowed \"...\"", t->path,
                            t->line);
    case AS_CSV_LINE_MANY:
        return as_error_set(-EINVAL, "%s:%d: found more than %d fields, allowed %d", t->path, t->line, COLUMN_MAX,
                            COLUMN_MAX);
    }
    for (size_t i = 0; i < *field_count; i++)
        field[i] = trim(field[i]);
    return 1;
}

static int name_list_error(const table *t, const char *found, const char *what)
{
    char list[256] = "";
    for (size_t i = 0; i < t->name_count; i++) {
        strncat(list, i ? ", " : "", sizeof list - strlen(list) - 1);
        strncat(list, t->name[i], sizeof list - strlen(list) - 1);
    }
    return as_error_set(-EINVAL, "%s:%d: column '%.60s': found %s, allowed %s", t->path, t->line, found, what, list);
}

static int map_columns(table *t, char **header, size_t header_count)
{
    bool seen[COLUMN_MAX] = {false};
    for (size_t i = 0; i < header_count; i++) {
        size_t n = 0;
        while (n < t->name_count && strcmp(t->name[n], header[i]) != 0)
            n++;
        if (n == t->name_count)
            return name_list_error(t, header[i], "an unknown column");
        if (seen[n])
            return name_list_error(t, header[i], "it twice");
        seen[n] = true;
        t->column[i] = n;
    }
    t->column_count = header_count;
    return 0;
}

static int require_columns(const table *t, const bool *required)
{
    for (size_t n = 0; n < t->name_count; n++) {
        bool found = !required[n];
        for (size_t i = 0; i < t->column_count; i++)
            found |= t->column[i] == n;
        if (!found)
            return as_error_set(-EINVAL, "%s:%d: column '%s': found nothing, allowed a header that names it", t->path,
                                t->line, t->name[n]);
    }
    return 0;
}

static void table_close(table *t)
{
    free(t->text);
    t->text = NULL;
}

static int table_open(table *t, const char *path, const char *const *name, const bool *required, size_t name_count)
{
    size_t text_bytes;
    *t = (table){.path = path, .name = name, .name_count = name_count};
    int rc = as_text_file_read(path, AS_TEXT_FILE_BYTES_MAX, &t->text, &text_bytes);
    if (rc)
        return rc;
    t->cursor = t->text;
    if (text_bytes >= 3 && memcmp(t->text, "\xef\xbb\xbf", 3) == 0)
        t->cursor += 3; /* a spreadsheet's byte order mark */
    char *header[COLUMN_MAX];
    size_t header_count = 0;
    if (strlen(t->text) != text_bytes)
        rc = as_error_set(-EINVAL, "%s: found a zero byte at %zu, allowed text", path, strlen(t->text));
    else
        rc = next_row(t, header, &header_count);
    if (rc == 0)
        rc = as_error_set(-EINVAL, "%s:1: found an empty file, allowed a header and rows", path);
    else if (rc == 1)
        rc = map_columns(t, header, header_count);
    if (rc == 0)
        rc = require_columns(t, required);
    if (rc)
        table_close(t);
    return rc;
}

static int table_next(table *t)
{
    static char empty[1];
    char *field[COLUMN_MAX];
    size_t field_count;
    int rc = next_row(t, field, &field_count);
    if (rc <= 0)
        return rc;
    if (field_count != t->column_count)
        return as_error_set(-EINVAL, "%s:%d: found %zu fields, allowed %zu", t->path, t->line, field_count,
                            t->column_count);
    for (size_t n = 0; n < t->name_count; n++)
        t->field[n] = empty;
    for (size_t i = 0; i < field_count; i++)
        t->field[t->column[i]] = field[i];
    return 1;
}

static size_t count_lines(const char *text)
{
    size_t lines = 1;
    for (; *text; text++)
        lines += *text == '\n';
    return lines;
}

/* ---- universe.csv ---- */

enum { SYMBOL, NAME, BUCKET, FACTOR, CALENDAR, CURRENCY, QTY_EXP, ALIASES, UNIVERSE_COLUMNS };

static const char *const universe_columns[UNIVERSE_COLUMNS] = {"symbol",   "name",     "bucket",  "factor",
                                                               "calendar", "currency", "qty_exp", "aliases"};
static const bool universe_required[UNIVERSE_COLUMNS] = {[SYMBOL] = true, [BUCKET] = true};

/* A factor may be named before its own row: kept until all rows are read. */
typedef struct pending {
    char factor[AS_SYMBOL_BYTES];
    int line;
} pending;

typedef struct loader {
    as_universe *universe;
    const as_calendar_spec *custom;
    uint32_t custom_count;
    table table;
    pending *pending;
} loader;

static bool is_word(const char *text)
{
    return *text && text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")] == '\0';
}

static int load_symbol(loader *l, uint32_t *instrument)
{
    const char *symbol = l->table.field[SYMBOL];
    for (const char *c = symbol; *c; c++)
        if (*c <= ' ' || *c > '~')
            return bad_field(&l->table, SYMBOL, "printable ASCII without blanks");
    switch (as_symbols_add(&l->universe->symbols, symbol, strlen(symbol), instrument)) {
    case 0:
        return 0;
    case -EEXIST:
        return as_error_set(-EINVAL, "%s:%d: column 'symbol': found '%s' twice (first on line %d), allowed once",
                            l->table.path, l->table.line, symbol,
                            l->pending[as_symbols_find(&l->universe->symbols, symbol, strlen(symbol))].line);
    case -ENOSPC:
        return as_error_set(-EINVAL, "%s:%d: found more than %d symbols, allowed %d", l->table.path, l->table.line,
                            AS_INSTRUMENT_MAX, AS_INSTRUMENT_MAX);
    default:
        return bad_field(&l->table, SYMBOL, "1 to 23 bytes");
    }
}

static int load_bucket(loader *l, as_instrument *instrument)
{
    static const char *const reserved[] = {"winner", "same_bucket", "supplier", "customer"};
    as_universe *u = l->universe;
    const char *name = l->table.field[BUCKET];
    instrument->bucket = AS_BUCKET_NONE;
    if (!*name)
        return 0;
    if (!is_word(name) || strlen(name) >= AS_BUCKET_BYTES)
        return bad_field(&l->table, BUCKET, "1 to 31 letters, digits, _ and -");
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        if (strcmp(name, reserved[i]) == 0)
            return bad_field(&l->table, BUCKET,
                             "any name but winner, same_bucket, supplier, customer: playbooks use them");
    int found = as_universe_bucket(u, name);
    if (found < 0) {
        if (u->bucket_count == AS_BUCKET_MAX)
            return as_error_set(-EINVAL, "%s:%d: column 'bucket': found more than %d buckets, allowed %d",
                                l->table.path, l->table.line, AS_BUCKET_MAX, AS_BUCKET_MAX);
        found = (int)u->bucket_count++;
        memcpy(u->bucket[found], name, strlen(name) + 1);
    }
    instrument->bucket = (uint8_t)found;
    return 0;
}

static int new_calendar(loader *l, const char *name, as_calendar **calendar)
{
    for (uint32_t i = 0; i < l->custom_count; i++)
        if (strcmp(l->custom[i].name, name) == 0)
            return as_calendar_new(&l->custom[i], calendar);
    int rc = as_calendar_new_shipped(name, calendar);
    return rc == -ENOENT ? bad_field(&l->table, CALENDAR, "XNYS, XKRX, ALWAYS, or one of the configuration's calendars")
                         : rc;
}

static int load_calendar(loader *l, as_instrument *instrument)
{
    as_universe *u = l->universe;
    const char *name = *l->table.field[CALENDAR] ? l->table.field[CALENDAR] : "XNYS";
    uint32_t i = 0;
    while (i < u->calendar_count && strcmp(as_calendar_name(u->calendar[i]), name) != 0)
        i++;
    if (i == u->calendar_count) {
        if (i == AS_CALENDAR_MAX)
            return as_error_set(-EINVAL, "%s:%d: column 'calendar': found more than %d calendars, allowed %d",
                                l->table.path, l->table.line, AS_CALENDAR_MAX, AS_CALENDAR_MAX);
        int rc = new_calendar(l, name, &u->calendar[i]);
        if (rc)
            return rc;
        u->calendar_count++;
    }
    instrument->calendar = (uint8_t)i;
    return 0;
}

/* "text|CLASS" */
static int load_alias(loader *l, char *text, as_alias *alias)
{
    static const char *const classes[] = {"SAFE", "CASED", "CONTEXT"};
    char *bar = strrchr(text, '|');
    int found = -1;
    for (int i = 0; bar && i < 3; i++)
        if (strcmp(trim(bar + 1), classes[i]) == 0)
            found = i;
    if (found < 0)
        return as_error_set(-EINVAL,
                            "%s:%d: column 'aliases': found '%.60s', allowed text|SAFE, text|CASED, "
                            "text|CONTEXT, with ; between them",
                            l->table.path, l->table.line, text);
    *bar = '\0';
    text = trim(text);
    if (!*text || strlen(text) >= ALIAS_TEXT_BYTES)
        return as_error_set(-EINVAL, "%s:%d: column 'aliases': found an alias of %zu bytes, allowed 1 to %d",
                            l->table.path, l->table.line, strlen(text), ALIAS_TEXT_BYTES - 1);
    alias->alias_class = (as_alias_class)found;
    alias->text = strdup(text);
    return alias->text ? 0 : as_error_set(-ENOMEM, "%s: out of memory", l->table.path);
}

static int load_aliases(loader *l, as_instrument *instrument)
{
    char *list = l->table.field[ALIASES];
    if (!*list)
        return 0;
    size_t count = 1;
    for (const char *c = list; *c; c++)
        count += *c == ';';
    if (count > AS_ALIAS_MAX)
        return as_error_set(-EINVAL, "%s:%d: column 'aliases': found %zu aliases, allowed %d", l->table.path,
                            l->table.line, count, AS_ALIAS_MAX);
    instrument->alias = calloc(count, sizeof *instrument->alias);
    if (!instrument->alias)
        return as_error_set(-ENOMEM, "%s: out of memory", l->table.path);
    for (char *part; (part = strsep(&list, ";"));) {
        int rc = load_alias(l, trim(part), &instrument->alias[instrument->alias_count]);
        if (rc)
            return rc;
        instrument->alias_count++;
    }
    return 0;
}

static int load_plain_fields(loader *l, as_instrument *instrument)
{
    const char *name = l->table.field[NAME], *currency = l->table.field[CURRENCY];
    if (strlen(name) >= AS_NAME_BYTES)
        return bad_field(&l->table, NAME, "at most 63 bytes");
    memcpy(instrument->name, name, strlen(name) + 1);
    currency = *currency ? currency : "USD";
    if (strlen(currency) != 3 || strspn(currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 3)
        return bad_field(&l->table, CURRENCY, "three capital letters (ISO 4217)");
    memcpy(instrument->currency, currency, 4);
    int64_t qty_exp = 0;
    if (*l->table.field[QTY_EXP] &&
        (!as_number_int64(l->table.field[QTY_EXP], &qty_exp) || qty_exp < 0 || qty_exp > QTY_EXP_MAX))
        return bad_field(&l->table, QTY_EXP, "a whole number from 0 to 18");
    instrument->qty_exp = (int8_t)qty_exp;
    return 0;
}

static int load_row(loader *l)
{
    uint32_t idx = 0;
    int rc = load_symbol(l, &idx);
    if (rc)
        return rc;
    as_instrument *instrument = &l->universe->instrument[idx];
    l->pending[idx].line = l->table.line;
    if (strlen(l->table.field[FACTOR]) >= AS_SYMBOL_BYTES)
        return bad_field(&l->table, FACTOR, "a symbol of this file, or nothing");
    memcpy(l->pending[idx].factor, l->table.field[FACTOR], strlen(l->table.field[FACTOR]) + 1);
    rc = load_plain_fields(l, instrument);
    if (!rc)
        rc = load_bucket(l, instrument);
    if (!rc)
        rc = load_calendar(l, instrument);
    return rc ? rc : load_aliases(l, instrument);
}

static uint32_t find(const as_universe *universe, const char *symbol)
{
    return as_symbols_find(&universe->symbols, symbol, strlen(symbol));
}

static int resolve(loader *l)
{
    as_universe *u = l->universe;
    for (uint32_t i = 0; i < u->symbols.count; i++) {
        const pending *p = &l->pending[i];
        u->instrument[i].factor = AS_INSTRUMENT_NONE;
        if (!*p->factor)
            continue;
        uint32_t factor = find(u, p->factor);
        if (factor == AS_INSTRUMENT_NONE || factor == i)
            return as_error_set(-EINVAL,
                                "%s:%d: column 'factor': found '%s', allowed another symbol of this file, or "
                                "nothing",
                                l->table.path, p->line, p->factor);
        u->instrument[i].factor = factor;
    }
    for (uint32_t b = 0; b < u->bucket_count; b++)
        if (find(u, u->bucket[b]) != AS_INSTRUMENT_NONE)
            return as_error_set(-EINVAL,
                                "%s:%d: column 'symbol': found '%s', which is a bucket's name too, allowed one "
                                "of the two",
                                l->table.path, l->pending[find(u, u->bucket[b])].line, u->bucket[b]);
    return 0;
}

static int load_rows(loader *l)
{
    as_universe *u = l->universe;
    size_t lines = count_lines(l->table.cursor);
    uint32_t count_max = lines < AS_INSTRUMENT_MAX ? (uint32_t)lines : AS_INSTRUMENT_MAX;
    u->instrument = calloc(count_max, sizeof *u->instrument);
    l->pending = calloc(count_max, sizeof *l->pending);
    if (!u->instrument || !l->pending || as_symbols_init(&u->symbols, count_max))
        return as_error_set(-ENOMEM, "%s: out of memory", l->table.path);
    int rc;
    while ((rc = table_next(&l->table)) == 1) {
        rc = load_row(l);
        if (rc)
            return rc;
    }
    if (rc)
        return rc;
    if (!u->symbols.count)
        return as_error_set(-EINVAL, "%s:%d: found no instrument, allowed at least one row", l->table.path,
                            l->table.line);
    return resolve(l);
}

/* ---- links.csv ---- */

enum { ISSUER, RELATION, LINKED, WEIGHT, LINK_COLUMNS };

static const char *const link_columns[LINK_COLUMNS] = {"issuer", "relation", "symbol", "weight"};
static const bool link_required[LINK_COLUMNS] = {[ISSUER] = true, [RELATION] = true, [LINKED] = true};

static bool is_same_link(const as_link *x, const as_link *y)
{
    return x->issuer == y->issuer && x->instrument == y->instrument && x->relation == y->relation;
}

/* In the order in which they are looked up; the same twice in the file's order. */
static int compare_links(const void *a, const void *b)
{
    const as_link *x = a, *y = b;
    if (x->issuer != y->issuer)
        return x->issuer < y->issuer ? -1 : 1;
    if (x->instrument != y->instrument)
        return x->instrument < y->instrument ? -1 : 1;
    if (x->relation != y->relation)
        return x->relation < y->relation ? -1 : 1;
    return (x->line > y->line) - (x->line < y->line);
}

static int load_link(const table *t, const as_universe *u, as_link *link)
{
    as_link made = {
        .issuer = find(u, t->field[ISSUER]), .instrument = find(u, t->field[LINKED]), .line = t->line, .weight = 1.0};
    if (made.issuer == AS_INSTRUMENT_NONE)
        return bad_field(t, ISSUER, "a symbol of universe.csv");
    if (made.instrument == AS_INSTRUMENT_NONE || made.instrument == made.issuer)
        return bad_field(t, LINKED, "a symbol of universe.csv other than the issuer");
    if (strcmp(t->field[RELATION], "customer") == 0)
        made.relation = AS_RELATION_CUSTOMER;
    else if (strcmp(t->field[RELATION], "supplier") != 0)
        return bad_field(t, RELATION, "supplier, customer");
    if (*t->field[WEIGHT] && (!as_number_double(t->field[WEIGHT], &made.weight) || made.weight < 0 || made.weight > 10))
        return bad_field(t, WEIGHT, "a number from 0 to 10");
    *link = made;
    return 0;
}

static int load_link_rows(table *t, as_universe *u)
{
    size_t lines = count_lines(t->cursor);
    if (lines > LINK_MAX)
        return as_error_set(-EINVAL, "%s: found more than %d lines, allowed %d", t->path, LINK_MAX, LINK_MAX);
    u->link = calloc(lines, sizeof *u->link);
    if (!u->link)
        return as_error_set(-ENOMEM, "%s: out of memory", t->path);
    int rc;
    while ((rc = table_next(t)) == 1) {
        rc = load_link(t, u, &u->link[u->link_count]);
        if (rc)
            return rc;
        u->link_count++;
    }
    if (rc)
        return rc;
    qsort(u->link, u->link_count, sizeof *u->link, compare_links);
    for (uint32_t i = 1; i < u->link_count; i++)
        if (is_same_link(&u->link[i - 1], &u->link[i]))
            return as_error_set(-EINVAL, "%s:%d: found the %s %s of %s twice (first on line %d), allowed once", t->path,
                                u->link[i].line, u->link[i].relation == AS_RELATION_SUPPLIER ? "supplier" : "customer",
                                as_symbols_name(&u->symbols, u->link[i].instrument),
                                as_symbols_name(&u->symbols, u->link[i].issuer), u->link[i - 1].line);
    return 0;
}

static int load_links(as_universe *u, const char *universe_path)
{
    const char *slash = strrchr(universe_path, '/');
    int folder_bytes = slash ? (int)(slash + 1 - universe_path) : 0;
    char path[4096];
    if (snprintf(path, sizeof path, "%.*slinks.csv", folder_bytes, universe_path) >= (int)sizeof path)
        return as_error_set(-ENAMETOOLONG, "%s: found a path too long, allowed %zu bytes", universe_path, sizeof path);
    if (access(path, F_OK) != 0)
        return 0;
    table t;
    int rc = table_open(&t, path, link_columns, link_required, LINK_COLUMNS);
    if (rc)
        return rc;
    rc = load_link_rows(&t, u);
    table_close(&t);
    return rc;
}

/* ---- the whole ---- */

int as_universe_load(as_universe *universe, const char *path, const as_calendar_spec *custom, uint32_t custom_count)
{
    as_universe made = {0};
    loader l = {.universe = &made, .custom = custom, .custom_count = custom_count};
    if (!*path)
        return as_error_set(-EINVAL, "universe: found no path, allowed a configuration with the key 'universe'");
    int rc = table_open(&l.table, path, universe_columns, universe_required, UNIVERSE_COLUMNS);
    if (rc)
        return rc;
    rc = load_rows(&l);
    table_close(&l.table);
    free(l.pending);
    if (!rc)
        rc = load_links(&made, path);
    if (rc) {
        as_universe_fini(&made);
        return rc;
    }
    *universe = made;
    return 0;
}

void as_universe_fini(as_universe *universe)
{
    for (uint32_t i = 0; i < universe->symbols.count; i++) {
        for (uint8_t a = 0; a < universe->instrument[i].alias_count; a++)
            free(universe->instrument[i].alias[a].text);
        free(universe->instrument[i].alias);
    }
    free(universe->instrument);
    free(universe->link);
    for (uint32_t i = 0; i < universe->calendar_count; i++)
        as_calendar_free(universe->calendar[i]);
    as_symbols_fini(&universe->symbols);
    *universe = (as_universe){0};
}

int as_universe_bucket(const as_universe *universe, const char *name)
{
    for (uint32_t i = 0; i < universe->bucket_count; i++)
        if (strcmp(universe->bucket[i], name) == 0)
            return (int)i;
    return -1;
}

/* With its terminating zero, so that "ab","c" and "a","bc" differ. */
static void hash_text(XXH3_state_t *state, const char *text)
{
    XXH3_64bits_update(state, text, strlen(text) + 1);
}

uint64_t as_universe_hash(const as_universe *universe)
{
    XXH3_state_t *state = XXH3_createState(); /* on the heap: it is aligned to a cache line */
    AS_ASSERT(state);
    XXH3_64bits_reset(state);
    for (uint32_t i = 0; i < universe->symbols.count; i++) {
        const as_instrument *in = &universe->instrument[i];
        hash_text(state, as_symbols_name(&universe->symbols, i));
        hash_text(state, in->name);
        hash_text(state, in->bucket == AS_BUCKET_NONE ? "" : universe->bucket[in->bucket]);
        hash_text(state, in->factor == AS_INSTRUMENT_NONE ? "" : as_symbols_name(&universe->symbols, in->factor));
        hash_text(state, as_calendar_name(universe->calendar[in->calendar]));
        hash_text(state, in->currency);
        XXH3_64bits_update(state, &in->qty_exp, sizeof in->qty_exp);
        XXH3_64bits_update(state, &in->alias_count, sizeof in->alias_count);
        for (uint8_t a = 0; a < in->alias_count; a++) {
            uint8_t alias_class = (uint8_t)in->alias[a].alias_class;
            hash_text(state, in->alias[a].text);
            XXH3_64bits_update(state, &alias_class, sizeof alias_class);
        }
    }
    for (uint32_t i = 0; i < universe->link_count; i++) {
        const as_link *link = &universe->link[i];
        uint8_t relation = (uint8_t)link->relation;
        XXH3_64bits_update(state, &link->issuer, sizeof link->issuer);
        XXH3_64bits_update(state, &link->instrument, sizeof link->instrument);
        XXH3_64bits_update(state, &relation, sizeof relation);
        XXH3_64bits_update(state, &link->weight, sizeof link->weight);
    }
    uint64_t hash = XXH3_64bits_digest(state);
    XXH3_freeState(state);
    return hash;
}
