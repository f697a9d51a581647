#include <errno.h>

#include "core/error.h"
#include "feeds/decode/itch50.h"
#include "feeds/files/input_internal.h"

static int open_itch(as_input *input)
{
    as_wire_options options = {.format = AS_WIRE_ITCH50,
                               .symbols = as_input_symbols(input),
                               .resolve = input->options.universe ? NULL : as_input_resolve,
                               .arg = input,
                               .source = input->options.source,
                               .trust_r = true};
    int code = as_input_midnight(input, &options.midnight_ns);
    if (code < 0)
        return code;
    as_binaryfile_init(&input->itch.framing, as_itch50_lengths);
    if (as_wire_new(&options, &input->itch.wire) < 0)
        return as_error_set(-ENOMEM, "%s: out of memory", input->path);
    return 0;
}

static void close_itch(as_input *input)
{
    as_wire_free(input->itch.wire);
}

static void count_itch(as_input *input)
{
    as_input_count_error(input, "bad_prefix", input->itch.framing.bad_prefix);
    if (input->itch.wire)
        as_input_count_wire(input, input->itch.wire);
}

/* What the message gives goes to pending. 0, or a negative errno. */
static int read_message(as_input *input, const uint8_t *message, size_t message_bytes)
{
    as_wire *wire = input->itch.wire;
    input->itch.pending_at = 0;
    input->itch.pending_count = as_wire_decode(wire, message, message_bytes, 0, input->itch.pending);
    as_wire_bad bad = as_wire_last_bad(wire);
    return bad == AS_WIRE_BAD_NONE ? 0 : as_input_bad_message(input, as_wire_bad_name(bad));
}

static int next_itch(as_input *input, as_event *event, as_headline *headline)
{
    (void)headline;
    while (input->itch.pending_at == input->itch.pending_count) {
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
            code = read_message(input, message, message_bytes);
        input->view_at += input->itch.framing.consumed_bytes;
        if (code)
            return code;
    }
    *event = input->itch.pending[input->itch.pending_at++];
    return 1;
}

const as_input_reader as_input_itch = {open_itch, next_itch, count_itch, close_itch, .sorted = true};
