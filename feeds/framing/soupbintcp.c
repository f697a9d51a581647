#include "feeds/framing/soupbintcp.h"

#include <string.h>

#include "feeds/be.h"

/* Where the fields of a login's and an acceptance's payload begin. */
enum {
    LOGIN_PASSWORD = AS_SOUP_USER_BYTES,
    LOGIN_SESSION = LOGIN_PASSWORD + AS_SOUP_PASSWORD_BYTES,
    LOGIN_SEQ = LOGIN_SESSION + AS_SOUP_SESSION_BYTES,
    LOGIN_TIMEOUT = LOGIN_SEQ + AS_SOUP_SEQ_BYTES,
    LOGIN_BYTES = LOGIN_TIMEOUT,
    LOGIN_LONG_BYTES = LOGIN_TIMEOUT + AS_SOUP_TIMEOUT_BYTES,
    ACCEPTED_SEQ = AS_SOUP_SESSION_BYTES,
    ACCEPTED_BYTES = ACCEPTED_SEQ + AS_SOUP_SEQ_BYTES
};

_Static_assert((int)LOGIN_LONG_BYTES + (int)AS_SOUP_HEADER_BYTES == (int)AS_SOUP_LOGIN_PACKET_BYTES,
               "room for a login is room for its longer form");

/* ---- packets ---- */

as_soup_result as_soup_parse(const uint8_t *data, size_t data_bytes, as_soup_packet *packet, size_t *used_bytes)
{
    if (data_bytes < 2)
        return AS_SOUP_NEED_MORE;
    size_t length = as_be16(data);
    if (length == 0)
        return AS_SOUP_BAD_LENGTH;
    if (data_bytes - 2 < length)
        return AS_SOUP_NEED_MORE;
    packet->type = data[2];
    packet->payload = data + AS_SOUP_HEADER_BYTES;
    packet->payload_bytes = length - 1;
    *used_bytes = 2 + length;
    return AS_SOUP_PACKET;
}

size_t as_soup_encode(uint8_t type, const void *payload, size_t payload_bytes, uint8_t *out, size_t out_bytes)
{
    if (payload_bytes > AS_SOUP_PAYLOAD_BYTES_MAX || out_bytes < AS_SOUP_HEADER_BYTES + payload_bytes)
        return 0;
    as_be16_put(out, (uint16_t)(1 + payload_bytes));
    out[2] = type;
    if (payload_bytes > 0)
        memcpy(out + AS_SOUP_HEADER_BYTES, payload, payload_bytes);
    return AS_SOUP_HEADER_BYTES + payload_bytes;
}

/* ---- streams ---- */

void as_soup_init(as_soup *soup)
{
    soup->tail_bytes = 0;
    soup->over = false;
}

/* Move bytes from the piece into the tail until it holds wanted_bytes; false if the piece does not have them. */
static bool fill_tail(as_soup *soup, size_t wanted_bytes, const uint8_t **data, size_t *data_bytes)
{
    size_t missing_bytes = wanted_bytes - soup->tail_bytes;
    size_t count = missing_bytes < *data_bytes ? missing_bytes : *data_bytes;
    if (count > 0)
        memcpy(soup->tail + soup->tail_bytes, *data, count);
    soup->tail_bytes += count;
    *data += count;
    *data_bytes -= count;
    return count == missing_bytes;
}

static as_soup_result stream_is_over(as_soup *soup)
{
    soup->over = true;
    return AS_SOUP_BAD_LENGTH;
}

/* A packet whose beginning is in the tail. */
static as_soup_result next_in_tail(as_soup *soup, const uint8_t **data, size_t *data_bytes, as_soup_packet *packet)
{
    size_t used_bytes;
    if (soup->tail_bytes < 2 && !fill_tail(soup, 2, data, data_bytes))
        return AS_SOUP_NEED_MORE;
    if (as_be16(soup->tail) == 0)
        return stream_is_over(soup);
    if (!fill_tail(soup, 2u + as_be16(soup->tail), data, data_bytes))
        return AS_SOUP_NEED_MORE;
    as_soup_result result = as_soup_parse(soup->tail, soup->tail_bytes, packet, &used_bytes);
    soup->tail_bytes = 0;
    return result;
}

as_soup_result as_soup_next(as_soup *soup, const uint8_t **data, size_t *data_bytes, as_soup_packet *packet)
{
    if (soup->over)
        return AS_SOUP_BAD_LENGTH;
    if (soup->tail_bytes > 0)
        return next_in_tail(soup, data, data_bytes, packet);
    size_t used_bytes;
    as_soup_result result = as_soup_parse(*data, *data_bytes, packet, &used_bytes);
    if (result == AS_SOUP_PACKET) {
        *data += used_bytes;
        *data_bytes -= used_bytes;
    } else if (result == AS_SOUP_NEED_MORE) {
        fill_tail(soup, *data_bytes, data, data_bytes);
    } else {
        return stream_is_over(soup);
    }
    return result;
}

/* ---- fields ---- */

static bool is_printable(const uint8_t *field, size_t field_bytes)
{
    for (size_t i = 0; i < field_bytes; i++) {
        if (field[i] < ' ' || field[i] > '~')
            return false;
    }
    return true;
}

/* *begin and *end of what is not blank at the field's sides. */
static void trim(const uint8_t *field, size_t *begin, size_t *end)
{
    while (*begin < *end && field[*begin] == ' ')
        ++*begin;
    while (*begin < *end && field[*end - 1] == ' ')
        --*end;
}

static void get_text(const uint8_t *field, size_t field_bytes, char *text)
{
    size_t begin = 0, end = field_bytes;
    trim(field, &begin, &end);
    memcpy(text, field + begin, end - begin);
    text[end - begin] = '\0';
}

static bool get_number(const uint8_t *field, size_t field_bytes, uint64_t *number)
{
    size_t begin = 0, end = field_bytes;
    uint64_t value = 0;
    trim(field, &begin, &end);
    if (begin == end)
        return false;
    for (size_t i = begin; i < end; i++) {
        if (field[i] < '0' || field[i] > '9')
            return false;
        uint64_t digit = (uint64_t)(field[i] - '0');
        if (value > (UINT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *number = value;
    return true;
}

/* false: too long, or not printable. */
static bool put_text(uint8_t *field, size_t field_bytes, const char *text, bool right)
{
    size_t text_bytes = strlen(text);
    if (text_bytes > field_bytes || !is_printable((const uint8_t *)text, text_bytes))
        return false;
    memset(field, ' ', field_bytes);
    memcpy(field + (right ? field_bytes - text_bytes : 0), text, text_bytes);
    return true;
}

/* false: too many digits. */
static bool put_number(uint8_t *field, size_t field_bytes, uint64_t number)
{
    memset(field, ' ', field_bytes);
    do {
        if (field_bytes == 0)
            return false;
        field[--field_bytes] = (uint8_t)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    return true;
}

/* ---- login ---- */

size_t as_soup_login_encode(const as_soup_login *login, uint8_t *out, size_t out_bytes)
{
    uint8_t payload[LOGIN_LONG_BYTES];
    bool good = put_text(payload, AS_SOUP_USER_BYTES, login->user, false) &&
                put_text(payload + LOGIN_PASSWORD, AS_SOUP_PASSWORD_BYTES, login->password, false) &&
                put_text(payload + LOGIN_SESSION, AS_SOUP_SESSION_BYTES, login->session, true) &&
                put_number(payload + LOGIN_SEQ, AS_SOUP_SEQ_BYTES, login->seq) &&
                (!login->has_timeout || put_number(payload + LOGIN_TIMEOUT, AS_SOUP_TIMEOUT_BYTES, login->timeout));
    size_t payload_bytes = login->has_timeout ? LOGIN_LONG_BYTES : LOGIN_BYTES;
    return good ? as_soup_encode(AS_SOUP_LOGIN, payload, payload_bytes, out, out_bytes) : 0;
}

bool as_soup_login_decode(const uint8_t *payload, size_t payload_bytes, as_soup_login *login)
{
    uint64_t seq, timeout = 0;
    bool has_timeout = payload_bytes == LOGIN_LONG_BYTES;
    if ((!has_timeout && payload_bytes != LOGIN_BYTES) || !is_printable(payload, payload_bytes) ||
        !get_number(payload + LOGIN_SEQ, AS_SOUP_SEQ_BYTES, &seq) ||
        (has_timeout && !get_number(payload + LOGIN_TIMEOUT, AS_SOUP_TIMEOUT_BYTES, &timeout)))
        return false;
    get_text(payload, AS_SOUP_USER_BYTES, login->user);
    get_text(payload + LOGIN_PASSWORD, AS_SOUP_PASSWORD_BYTES, login->password);
    get_text(payload + LOGIN_SESSION, AS_SOUP_SESSION_BYTES, login->session);
    login->seq = seq;
    login->has_timeout = has_timeout;
    login->timeout = (uint32_t)timeout;
    return true;
}

size_t as_soup_accepted_encode(const as_soup_accepted *accepted, uint8_t *out, size_t out_bytes)
{
    uint8_t payload[ACCEPTED_BYTES];
    bool good = put_text(payload, AS_SOUP_SESSION_BYTES, accepted->session, true) &&
                put_number(payload + ACCEPTED_SEQ, AS_SOUP_SEQ_BYTES, accepted->seq);
    return good ? as_soup_encode(AS_SOUP_ACCEPTED, payload, sizeof payload, out, out_bytes) : 0;
}

bool as_soup_accepted_decode(const uint8_t *payload, size_t payload_bytes, as_soup_accepted *accepted)
{
    uint64_t seq;
    if (payload_bytes < ACCEPTED_BYTES || !is_printable(payload, ACCEPTED_BYTES) ||
        !get_number(payload + ACCEPTED_SEQ, AS_SOUP_SEQ_BYTES, &seq))
        return false;
    get_text(payload, AS_SOUP_SESSION_BYTES, accepted->session);
    accepted->seq = seq;
    return true;
}
