#include <errno.h>
#include <string.h>

#include "core/date.h"
#include "core/error.h"
#include "core/timezone.h"
#include "feeds/decode/itch50.h"
#include "feeds/file_date.h"
#include "feeds/input_internal.h"

#define DEFAULT_ZONE "America/New_York"

/* The session's date: option, configuration, name. */
static int32_t find_date(const as_input *input)
{
    const as_config *config = input->options.config;
    if (input->options.date)
        return input->options.date;
    if (config && config->session.date)
        return config->session.date;
    return as_file_date(input->path);
}

int as_input_open_itch(as_input *input)
{
    const as_config *config = input->options.config;
    const char *zone_name = config && config->session.zone[0] ? config->session.zone : DEFAULT_ZONE;
    int32_t date = find_date(input);
    if (date == 0 && !input->options.universe) { /* inspect: counts do not need the day */
        as_warn("%s: the date is not known (--date YYYYMMDD): times are given as on 1970-01-02", input->path);
        date = 19700102;
    }
    if (!as_date_valid(date))
        return as_error_set(-EINVAL,
                            "%s: ITCH times count from midnight and the date is %s: give --date YYYYMMDD, "
                            "session.date in the configuration, or a name such as 01302020.NASDAQ_ITCH50",
                            input->path, date ? "no date" : "not known");
    as_timezone *zone = NULL;
    int code = as_timezone_new(zone_name, &zone);
    if (code < 0)
        return as_error_add("%s: session.zone", input->path);
    int64_t midnight_s = as_timezone_to_utc(zone, as_date_year(date), as_date_month(date), as_date_day(date), 0, 0, 0);
    as_timezone_free(zone);
    as_normaliser_options options = {
        .symbols = as_input_symbols(input),
        .midnight_ns = (uint64_t)midnight_s * AS_NS_PER_S,
        .source = input->options.source,
        .trust_r = true,
    };
    as_binaryfile_init(&input->itch.framing, as_itch50_lengths);
    if (as_normaliser_init(&input->itch.normaliser, &options) < 0)
        return as_error_set(-ENOMEM, "%s: out of memory", input->path);
    return 0;
}

void as_input_close_itch(as_input *input)
{
    as_normaliser_fini(&input->itch.normaliser);
}

/* Without a universe every stock gets a number when it is met. */
static void meet_stock(as_input *input, const as_itch50 *message)
{
    const char *stock = as_itch50_stock(message);
    size_t bytes = AS_ITCH50_STOCK_BYTES;
    if (!stock || input->options.universe)
        return;
    while (bytes > 0 && stock[bytes - 1] == ' ')
        bytes--;
    if (bytes > 0)
        as_input_resolve(input, stock, bytes);
}

static int bad_message(as_input *input, const char *reason)
{
    uint64_t total = 1;
    for (uint32_t i = 0; i < input->stats->error_count; i++)
        if (strcmp(input->stats->error[i].reason, reason) == 0)
            total += input->stats->error[i].count;
    as_input_count_error(input, reason, total);
    input->stats->bad++;
    if (!input->options.strict)
        return 0;
    return as_error_set(-EBADMSG, "%s: byte %llu: %s (strict: no bad message is allowed)", input->path,
                        (unsigned long long)(as_byte_stream_offset(input->stream) + input->view_at), reason);
}

/* 1 an event, 0 none, a negative errno. */
static int read_message(as_input *input, const uint8_t *bytes, size_t message_bytes, as_event *event)
{
    as_itch50 message;
    switch (as_itch50_decode(bytes, message_bytes, &message)) {
    case AS_ITCH50_SHORT:
    case AS_ITCH50_EMPTY:
        return bad_message(input, "short_message");
    case AS_ITCH50_UNKNOWN:
        return bad_message(input, "unknown_type");
    case AS_ITCH50_GROWN:
        if (bad_message(input, "grown_message") < 0)
            return -EBADMSG;
        break;
    default:
        break;
    }
    input->stats->messages++;
    meet_stock(input, &message);
    return as_normalise_itch50(&input->itch.normaliser, &message, 0, event);
}

int as_input_next_itch(as_input *input, as_event *event)
{
    for (;;) {
        const uint8_t *message;
        size_t message_bytes;
        int code = as_input_fill(input, AS_BINARYFILE_RECORD_BYTES_MAX);
        if (code < 0)
            return code;
        as_binaryfile_result result =
            as_binaryfile_next(&input->itch.framing, input->view + input->view_at, input->view_bytes - input->view_at,
                               input->final, &message, &message_bytes);
        if (result == AS_BINARYFILE_EOF)
            return 0;
        if (result == AS_BINARYFILE_TRUNCATED) {
            input->stats->truncated = true;
            input->view_at = input->view_bytes;
            return as_input_fill(input, 1); /* cut, or damaged */
        }
        if (result == AS_BINARYFILE_MESSAGE)
            code = read_message(input, message, message_bytes, event);
        input->view_at += input->itch.framing.consumed_bytes;
        if (code)
            return code;
    }
}
