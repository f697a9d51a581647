#include "feeds/framing/http1.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
    STATE_STATUS,     /* in the status line */
    STATE_FIELDS,     /* in the header fields */
    STATE_LENGTH,     /* in a body with a length */
    STATE_CLOSE,      /* in a body that ends with the stream */
    STATE_CHUNK_SIZE, /* in the line before a chunk */
    STATE_CHUNK_DATA,
    STATE_CHUNK_END, /* in the line end behind a chunk */
    STATE_TRAILER,
    STATE_DONE,
    STATE_FAILED
};

enum { CHUNK_DIGITS_MAX = 8, LENGTH_DIGITS_MAX = 15, ARENA_ALIGNMENT = 64 };

const char *as_http1_result_name(as_http1_result result)
{
    static const char *const name[] = {"done",       "more",       "bad_status", "bad_field",     "head_too_long",
                                       "bad_length", "bad_coding", "bad_chunk",  "body_too_long", "cut"};
    int at = 1 - (int)result;
    return at >= 0 && at < (int)(sizeof name / sizeof *name) ? name[at] : "?";
}

void as_http1_init(as_http1 *http, uint8_t *body, size_t body_max_bytes)
{
    http->body = body;
    http->body_max_bytes = body_max_bytes;
    as_http1_begin(http, false);
}

void as_http1_begin(as_http1 *http, bool head_only)
{
    http->status = http->minor = 0;
    http->keep_alive = false;
    http->head_bytes = http->field_count = 0;
    http->body_bytes = 0;
    http->received_bytes = http->left_bytes = 0;
    http->state = STATE_STATUS;
    http->failed = AS_HTTP1_MORE;
    http->head_only = head_only;
    http->chunked = http->gzip = http->inflate_ended = http->has_length = false;
    http->interim_count = http->trailer_count = 0;
    http->line_at = http->line_end = 0;
    http->arena_used = 0;
}

bool as_http1_is_idle(const as_http1 *http)
{
    return http->state == STATE_STATUS && http->line_end == 0 && http->interim_count == 0;
}

/* ---- characters (RFC 9110, section 5.6.2) ---- */

static bool is_token_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != 0 && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool is_token(const char *text, size_t text_bytes)
{
    for (size_t i = 0; i < text_bytes; i++)
        if (!is_token_byte(text[i]))
            return false;
    return text_bytes > 0;
}

/* A value: no control characters but tabs. */
static bool is_value(const char *text, size_t text_bytes)
{
    for (size_t i = 0; i < text_bytes; i++)
        if (((unsigned char)text[i] < 0x20 && text[i] != '\t') || text[i] == 0x7f)
            return false;
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static void trim(const char **text, size_t *text_bytes)
{
    while (*text_bytes > 0 && is_blank(**text)) {
        ++*text;
        --*text_bytes;
    }
    while (*text_bytes > 0 && is_blank((*text)[*text_bytes - 1]))
        --*text_bytes;
}

static bool same_word(const char *text, size_t text_bytes, const char *word)
{
    return strlen(word) == text_bytes && strncasecmp(text, word, text_bytes) == 0;
}

/* ---- fields ---- */

const char *as_http1_get(const as_http1 *http, const char *name, size_t *value_bytes)
{
    for (uint32_t i = 0; i < http->field_count; i++) {
        const as_http1_field *field = &http->field[i];
        if (same_word(http->head + field->name_at, field->name_bytes, name)) {
            *value_bytes = field->value_bytes;
            return http->head + field->value_at;
        }
    }
    return NULL;
}

static bool list_has(const char *list, size_t list_bytes, const char *token)
{
    while (list_bytes > 0) {
        const char *comma = memchr(list, ',', list_bytes), *item = list;
        size_t item_bytes = comma ? (size_t)(comma - list) : list_bytes;
        size_t used = item_bytes + (comma != NULL);
        list += used;
        list_bytes -= used;
        trim(&item, &item_bytes);
        if (same_word(item, item_bytes, token))
            return true;
    }
    return false;
}

bool as_http1_has_token(const as_http1 *http, const char *name, const char *token)
{
    for (uint32_t i = 0; i < http->field_count; i++) {
        const as_http1_field *field = &http->field[i];
        if (same_word(http->head + field->name_at, field->name_bytes, name) &&
            list_has(http->head + field->value_at, field->value_bytes, token))
            return true;
    }
    return false;
}

/* How many fields have this name. */
static unsigned field_total(const as_http1 *http, const char *name)
{
    unsigned total = 0;
    for (uint32_t i = 0; i < http->field_count; i++)
        total += same_word(http->head + http->field[i].name_at, http->field[i].name_bytes, name);
    return total;
}

/* "name: value" into *field, offsets from head. */
static bool read_field(const as_http1 *http, const char *line, size_t line_bytes, as_http1_field *field)
{
    const char *colon = memchr(line, ':', line_bytes);
    if (!colon || !is_token(line, (size_t)(colon - line)))
        return false;
    const char *value = colon + 1;
    size_t value_bytes = line_bytes - (size_t)(value - line);
    trim(&value, &value_bytes);
    if (!is_value(value, value_bytes))
        return false;
    *field = (as_http1_field){.name_at = (uint16_t)(line - http->head),
                              .name_bytes = (uint16_t)(colon - line),
                              .value_at = (uint16_t)(value - http->head),
                              .value_bytes = (uint16_t)value_bytes};
    return true;
}

/* ---- the head ---- */

/* HTTP/1.x SP 3DIGIT [SP reason] */
static as_http1_result read_status(as_http1 *http, const char *line, size_t line_bytes)
{
    if (line_bytes < 12 || memcmp(line, "HTTP/1.", 7) != 0 || (line[7] != '0' && line[7] != '1') || line[8] != ' ')
        return AS_HTTP1_BAD_STATUS;
    unsigned status = 0;
    for (size_t i = 9; i < 12; i++) {
        if (line[i] < '0' || line[i] > '9')
            return AS_HTTP1_BAD_STATUS;
        status = status * 10 + (unsigned)(line[i] - '0');
    }
    bool reason = line_bytes == 12 || (line[12] == ' ' && is_value(line + 13, line_bytes - 13));
    if (status < 100 || status > 599 || !reason)
        return AS_HTTP1_BAD_STATUS;
    http->status = status;
    http->minor = line[7] == '1';
    http->state = STATE_FIELDS;
    return AS_HTTP1_MORE;
}

/* Plain digits, once. Leading zeros are allowed as long as there are not too many digits. */
static as_http1_result read_length(as_http1 *http)
{
    size_t bytes = 0;
    const char *text = as_http1_get(http, "Content-Length", &bytes);
    if (!text)
        return AS_HTTP1_MORE;
    if (field_total(http, "Content-Length") != 1 || bytes == 0 || bytes > LENGTH_DIGITS_MAX)
        return AS_HTTP1_BAD_LENGTH;
    uint64_t value = 0;
    for (size_t i = 0; i < bytes; i++) {
        if (text[i] < '0' || text[i] > '9')
            return AS_HTTP1_BAD_LENGTH;
        value = value * 10 + (uint64_t)(text[i] - '0');
    }
    http->has_length = true;
    http->left_bytes = value;
    return AS_HTTP1_MORE;
}

static as_http1_result read_codings(as_http1 *http)
{
    size_t bytes = 0;
    const char *transfer = as_http1_get(http, "Transfer-Encoding", &bytes);
    if (transfer) {
        if (field_total(http, "Transfer-Encoding") != 1 || !same_word(transfer, bytes, "chunked") || http->minor == 0)
            return AS_HTTP1_BAD_CODING;
        if (http->has_length)
            return AS_HTTP1_BAD_LENGTH;
        http->chunked = true;
    }
    const char *content = as_http1_get(http, "Content-Encoding", &bytes);
    if (!content || bytes == 0 || same_word(content, bytes, "identity"))
        return AS_HTTP1_MORE;
    if (field_total(http, "Content-Encoding") != 1 ||
        (!same_word(content, bytes, "gzip") && !same_word(content, bytes, "x-gzip")))
        return AS_HTTP1_BAD_CODING;
    http->gzip = true;
    return AS_HTTP1_MORE;
}

/* zlib's memory: taken from the arena and given back with it. */
static voidpf arena_take(voidpf opaque, uInt items, uInt item_bytes)
{
    as_http1 *http = opaque;
    size_t want = ((size_t)items * item_bytes + ARENA_ALIGNMENT - 1) / ARENA_ALIGNMENT * ARENA_ALIGNMENT;
    if (want > sizeof http->arena - http->arena_used)
        return Z_NULL;
    void *taken = http->arena + http->arena_used;
    http->arena_used += want;
    return taken;
}

static void arena_give(voidpf opaque, voidpf address)
{
    (void)opaque;
    (void)address;
}

static as_http1_result begin_body(as_http1 *http)
{
    if (http->gzip) {
        memset(&http->inflate, 0, sizeof http->inflate);
        http->arena_used = 0;
        http->inflate.zalloc = arena_take;
        http->inflate.zfree = arena_give;
        http->inflate.opaque = http;
        if (inflateInit2(&http->inflate, 16 + MAX_WBITS) != Z_OK)
            return AS_HTTP1_BAD_CODING;
    }
    if (http->chunked)
        http->state = STATE_CHUNK_SIZE;
    else if (!http->has_length)
        http->state = STATE_CLOSE;
    else if (http->left_bytes > http->body_max_bytes)
        return AS_HTTP1_BODY_TOO_LONG;
    else
        http->state = http->left_bytes > 0 ? STATE_LENGTH : STATE_DONE;
    return AS_HTTP1_MORE;
}

/* The empty line behind the fields: what kind of body follows (RFC 9112, section 6.3). */
static as_http1_result end_head(as_http1 *http)
{
    as_http1_result result = read_length(http);
    if (result == AS_HTTP1_MORE)
        result = read_codings(http);
    if (result < 0)
        return result;
    bool interim = http->status < 200, bodiless = interim || http->status == 204;
    if (bodiless && (http->chunked || http->left_bytes > 0))
        return AS_HTTP1_BAD_LENGTH;
    if (interim && http->status != 101) {
        unsigned interim_count = http->interim_count + 1;
        bool head_only = http->head_only;
        as_http1_begin(http, head_only);
        http->interim_count = interim_count;
        return interim_count > AS_HTTP1_INTERIM_MAX ? AS_HTTP1_BAD_STATUS : AS_HTTP1_MORE;
    }
    http->head_bytes = http->line_at = http->line_end;
    http->keep_alive = http->minor == 1 && !as_http1_has_token(http, "Connection", "close") &&
                       (http->chunked || http->has_length || bodiless || http->status == 304 || http->head_only);
    if (bodiless || http->status == 304 || http->head_only) {
        http->state = STATE_DONE;
        return AS_HTTP1_MORE;
    }
    return begin_body(http);
}

static as_http1_result head_line(as_http1 *http, const char *line, size_t line_bytes)
{
    if (http->state == STATE_STATUS)
        return read_status(http, line, line_bytes);
    if (line_bytes == 0)
        return end_head(http);
    if (http->field_count == AS_HTTP1_FIELD_MAX)
        return AS_HTTP1_HEAD_TOO_LONG;
    if (!read_field(http, line, line_bytes, &http->field[http->field_count]))
        return AS_HTTP1_BAD_FIELD;
    http->field_count++;
    return AS_HTTP1_MORE;
}

/* ---- the body ---- */

static as_http1_result put_inflated(as_http1 *http, const uint8_t *data, size_t data_bytes)
{
    uint8_t beyond = 0; /* where a byte too many shows */
    z_stream *z = &http->inflate;
    if (http->inflate_ended || data_bytes == 0)
        return data_bytes == 0 ? AS_HTTP1_MORE : AS_HTTP1_BAD_CODING;
    z->next_in = (Bytef *)(uintptr_t)data;
    z->avail_in = (uInt)data_bytes;
    for (;;) {
        size_t room = http->body_max_bytes - http->body_bytes;
        size_t want = room == 0 ? 1 : room > UINT32_MAX ? UINT32_MAX : room;
        z->next_out = room == 0 ? &beyond : http->body + http->body_bytes;
        z->avail_out = (uInt)want;
        int result = inflate(z, Z_NO_FLUSH);
        size_t made = want - z->avail_out;
        if (room == 0 && made > 0)
            return AS_HTTP1_BODY_TOO_LONG;
        http->body_bytes += made;
        if (result == Z_STREAM_END) {
            http->inflate_ended = true;
            return z->avail_in == 0 ? AS_HTTP1_MORE : AS_HTTP1_BAD_CODING;
        }
        if (result != Z_OK && result != Z_BUF_ERROR)
            return AS_HTTP1_BAD_CODING;
        if (z->avail_out > 0)
            return AS_HTTP1_MORE; /* all of the piece is used: there was room for more */
    }
}

/* A body that is too long is refused at its first byte too many, however the stream was cut. */
static as_http1_result put_body(as_http1 *http, const uint8_t *data, size_t data_bytes)
{
    size_t room = http->body_max_bytes - http->received_bytes, bytes = data_bytes < room ? data_bytes : room;
    as_http1_result result = AS_HTTP1_MORE;
    http->received_bytes += bytes;
    if (http->gzip) {
        result = put_inflated(http, data, bytes);
    } else {
        memcpy(http->body + http->body_bytes, data, bytes);
        http->body_bytes += bytes;
    }
    return result == AS_HTTP1_MORE && bytes < data_bytes ? AS_HTTP1_BODY_TOO_LONG : result;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* 1*HEXDIG [blanks ; extension] */
static as_http1_result chunk_size_line(as_http1 *http, const char *line, size_t line_bytes)
{
    uint64_t size = 0;
    size_t digits = 0;
    for (; digits < line_bytes && hex_digit(line[digits]) >= 0; digits++) {
        if (digits == CHUNK_DIGITS_MAX)
            return AS_HTTP1_BAD_CHUNK;
        size = size << 4 | (uint64_t)hex_digit(line[digits]);
    }
    size_t rest = digits;
    while (rest < line_bytes && is_blank(line[rest]))
        rest++;
    if (digits == 0 || (rest < line_bytes && line[rest] != ';') || !is_value(line + rest, line_bytes - rest))
        return AS_HTTP1_BAD_CHUNK;
    if (rest == line_bytes && rest != digits) /* blanks and nothing behind them */
        return AS_HTTP1_BAD_CHUNK;
    if (size > http->body_max_bytes - http->received_bytes)
        return AS_HTTP1_BODY_TOO_LONG;
    http->left_bytes = size;
    http->state = size > 0 ? STATE_CHUNK_DATA : STATE_TRAILER;
    return AS_HTTP1_MORE;
}

static as_http1_result trailer_line(as_http1 *http, const char *line, size_t line_bytes)
{
    as_http1_field field;
    if (line_bytes == 0) {
        http->state = STATE_DONE;
        return AS_HTTP1_MORE;
    }
    if (++http->trailer_count > AS_HTTP1_TRAILER_MAX)
        return AS_HTTP1_HEAD_TOO_LONG;
    return read_field(http, line, line_bytes, &field) ? AS_HTTP1_MORE : AS_HTTP1_BAD_FIELD;
}

/* ---- pieces ---- */

static bool in_head(const as_http1 *http)
{
    return http->state == STATE_STATUS || http->state == STATE_FIELDS;
}

/* A line without its end. */
static as_http1_result take_line(as_http1 *http, const char *line, size_t line_bytes)
{
    switch (http->state) {
    case STATE_CHUNK_SIZE:
        return chunk_size_line(http, line, line_bytes);
    case STATE_CHUNK_END:
        http->state = STATE_CHUNK_SIZE;
        return line_bytes == 0 ? AS_HTTP1_MORE : AS_HTTP1_BAD_CHUNK;
    case STATE_TRAILER:
        return trailer_line(http, line, line_bytes);
    default:
        return head_line(http, line, line_bytes);
    }
}

static as_http1_result line_fault(const as_http1 *http)
{
    static const as_http1_result fault[] = {[STATE_STATUS] = AS_HTTP1_BAD_STATUS,
                                            [STATE_FIELDS] = AS_HTTP1_BAD_FIELD,
                                            [STATE_CHUNK_SIZE] = AS_HTTP1_BAD_CHUNK,
                                            [STATE_CHUNK_END] = AS_HTTP1_BAD_CHUNK,
                                            [STATE_TRAILER] = AS_HTTP1_BAD_FIELD};
    return fault[http->state];
}

/* A byte of a line: its end is CRLF, and neither stands alone. */
static as_http1_result line_byte(as_http1 *http, char byte)
{
    bool head = in_head(http), after_cr = http->line_end > http->line_at && http->head[http->line_end - 1] == '\r';
    uint32_t limit = head ? AS_HTTP1_HEAD_BYTES : http->head_bytes + AS_HTTP1_LINE_BYTES;
    if ((byte == '\n') != after_cr)
        return line_fault(http);
    if (http->line_end == limit)
        return head ? AS_HTTP1_HEAD_TOO_LONG : line_fault(http);
    http->head[http->line_end++] = byte;
    if (byte != '\n')
        return AS_HTTP1_MORE;
    uint32_t line_at = http->line_at, line_bytes = http->line_end - line_at - 2;
    if (head)
        http->line_at = http->line_end;
    else
        http->line_end = line_at;
    return take_line(http, http->head + line_at, line_bytes);
}

/* A piece of a body without lines in it. */
static as_http1_result body_piece(as_http1 *http, const uint8_t *data, size_t data_bytes, size_t *used_bytes)
{
    size_t bytes = data_bytes;
    if (http->state != STATE_CLOSE && bytes > http->left_bytes)
        bytes = (size_t)http->left_bytes;
    *used_bytes = bytes;
    as_http1_result result = put_body(http, data, bytes);
    if (result < 0 || http->state == STATE_CLOSE)
        return result;
    http->left_bytes -= bytes;
    if (http->left_bytes == 0)
        http->state = http->state == STATE_LENGTH ? STATE_DONE : STATE_CHUNK_END;
    return AS_HTTP1_MORE;
}

static as_http1_result fail(as_http1 *http, as_http1_result result)
{
    http->state = STATE_FAILED;
    http->failed = result;
    http->keep_alive = false;
    return result;
}

/* A gzip body is whole when its own end has come; none at all is an empty one. */
static as_http1_result end_response(as_http1 *http)
{
    if (http->gzip && http->received_bytes > 0 && !http->inflate_ended)
        return fail(http, AS_HTTP1_BAD_CODING);
    return AS_HTTP1_DONE;
}

as_http1_result as_http1_read(as_http1 *http, const uint8_t *data, size_t data_bytes, size_t *used_bytes)
{
    size_t at = 0;
    as_http1_result result = AS_HTTP1_MORE;
    *used_bytes = 0;
    if (http->state == STATE_FAILED)
        return http->failed;
    while (at < data_bytes && result == AS_HTTP1_MORE && http->state != STATE_DONE) {
        size_t used = 1;
        if (http->state == STATE_LENGTH || http->state == STATE_CLOSE || http->state == STATE_CHUNK_DATA)
            result = body_piece(http, data + at, data_bytes - at, &used);
        else
            result = line_byte(http, (char)data[at]);
        at += used;
    }
    *used_bytes = at;
    if (result < 0)
        return fail(http, result);
    return http->state == STATE_DONE ? end_response(http) : AS_HTTP1_MORE;
}

as_http1_result as_http1_finish(as_http1 *http)
{
    if (http->state == STATE_FAILED)
        return http->failed;
    if (http->state != STATE_DONE && http->state != STATE_CLOSE)
        return fail(http, AS_HTTP1_CUT);
    http->state = STATE_DONE;
    return end_response(http);
}

/* ---- requests ---- */

/* All of it, or *at becomes out_bytes + 1 and stays there. */
static void put(char *out, size_t out_bytes, size_t *at, const char *text)
{
    size_t text_bytes = strlen(text);
    if (*at > out_bytes || text_bytes > out_bytes - *at) {
        *at = out_bytes + 1;
        return;
    }
    memcpy(out + *at, text, text_bytes);
    *at += text_bytes;
}

/* Visible ASCII: nothing that ends or splits a request line. */
static bool is_visible(const char *text, const char *without)
{
    for (const char *p = text; *p; p++)
        if (*p <= 0x20 || *p >= 0x7f || strchr(without, *p) != NULL)
            return false;
    return *text != 0;
}

static void put_host(const as_http1_request *request, char *out, size_t out_bytes, size_t *at)
{
    bool ipv6 = strchr(request->host, ':') != NULL;
    char port[8];
    snprintf(port, sizeof port, ":%u", (unsigned)request->port);
    put(out, out_bytes, at, "Host: ");
    put(out, out_bytes, at, ipv6 ? "[" : "");
    put(out, out_bytes, at, request->host);
    put(out, out_bytes, at, ipv6 ? "]" : "");
    put(out, out_bytes, at, request->port ? port : "");
    put(out, out_bytes, at, "\r\n");
}

size_t as_http1_encode(const as_http1_request *request, char *out, size_t out_bytes)
{
    size_t at = 0;
    if (!is_token(request->method, strlen(request->method)) || !is_visible(request->host, "/?#@[]") ||
        !is_visible(request->path, "#") || request->path[0] != '/')
        return 0;
    put(out, out_bytes, &at, request->method);
    put(out, out_bytes, &at, " ");
    put(out, out_bytes, &at, request->path);
    put(out, out_bytes, &at, " HTTP/1.1\r\n");
    put_host(request, out, out_bytes, &at);
    for (unsigned i = 0; i < request->header_count; i++) {
        const as_http1_header *header = &request->header[i];
        if (!header->value || !header->value[0])
            continue;
        if (!is_token(header->name, strlen(header->name)) || !is_value(header->value, strlen(header->value)))
            return 0;
        put(out, out_bytes, &at, header->name);
        put(out, out_bytes, &at, ": ");
        put(out, out_bytes, &at, header->value);
        put(out, out_bytes, &at, "\r\n");
    }
    put(out, out_bytes, &at, "\r\n");
    return at <= out_bytes ? at : 0;
}
