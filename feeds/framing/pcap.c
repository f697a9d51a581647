#include "feeds/framing/pcap.h"

#include <string.h>

#include "feeds/be.h"
#include "feeds/le.h"

#define MAGIC_US UINT32_C(0xa1b2c3d4)
#define MAGIC_NS UINT32_C(0xa1b23c4d)
#define MAGIC_MODIFIED UINT32_C(0xa1b2cd34)

enum {
    FILE_HEADER = 24,
    RECORD_HEADER = 16,
    BLOCK_HEADER = 8,
    BLOCK_MIN = 12,
    SECTION_MIN = 28,
    RESOLUTION_US = 6,
    RESOLUTION_BINARY = 0x80
};

enum {
    WHY_NONE = 0,
    WHY_MAGIC,
    WHY_MODIFIED,
    WHY_VERSION,
    WHY_RECORD,
    WHY_BLOCK_BYTES,
    WHY_SECTION,
    WHY_BYTE_ORDER,
    WHY_TRAILER,
    WHY_INTERFACE,
    WHY_PACKET,
    WHY_COUNT
};

static const char *const why_text[WHY_COUNT] = {
    [WHY_NONE] = "",
    [WHY_MAGIC] = "neither pcap nor pcapng",
    [WHY_MODIFIED] = "the \"modified\" pcap format (magic a1b2cd34), which is not read; convert it with editcap",
    [WHY_VERSION] = "a version that is not read; pcap 2.4 and pcapng 1.x are",
    [WHY_RECORD] = "a packet of more than 262144 captured bytes",
    [WHY_BLOCK_BYTES] = "a block's length is not a multiple of 4 between 12 and 16777216",
    [WHY_SECTION] = "a section header's length is not between 28 and 1048576",
    [WHY_BYTE_ORDER] = "a section header without a byte-order magic",
    [WHY_TRAILER] = "a block's two lengths differ",
    [WHY_INTERFACE] = "an interface description that is too short",
    [WHY_PACKET] = "a packet that is longer than its block",
};

void as_pcap_init(as_pcap *state)
{
    memset(state, 0, sizeof *state);
}

const char *as_pcap_why(const as_pcap *state)
{
    return why_text[state->damaged];
}

static uint16_t get16(const as_pcap *state, const uint8_t *p)
{
    return state->swapped ? as_be16(p) : as_le16(p);
}

static uint32_t get32(const as_pcap *state, const uint8_t *p)
{
    return state->swapped ? as_be32(p) : as_le32(p);
}

static uint64_t get64(const as_pcap *state, const uint8_t *p)
{
    return state->swapped ? as_be64(p) : as_le64(p);
}

static as_pcap_result damaged(as_pcap *state, uint8_t why)
{
    state->damaged = why;
    return AS_PCAP_DAMAGED;
}

/* The view ends too early. Bytes already consumed by this call stay so. */
static as_pcap_result ends_early(as_pcap *state, size_t want_bytes, size_t have_bytes, bool final)
{
    state->want_bytes = want_bytes;
    if (!final)
        return AS_PCAP_NEED_MORE;
    return have_bytes == 0 && state->skip_bytes == 0 && state->trailer_bytes == 0 ? AS_PCAP_EOF : AS_PCAP_TRUNCATED;
}

/* ---- recognising ---- */

static bool is_pcap_magic(uint32_t magic)
{
    return magic == MAGIC_US || magic == MAGIC_NS || magic == MAGIC_MODIFIED;
}

as_pcap_form as_pcap_sniff(const uint8_t *data, size_t bytes)
{
    if (bytes < 4)
        return AS_PCAP_FORM_NONE;
    if (is_pcap_magic(as_le32(data)) || is_pcap_magic(as_be32(data)))
        return AS_PCAP_FORM_PCAP;
    if (as_le32(data) != AS_PCAPNG_SECTION || bytes < 12)
        return AS_PCAP_FORM_NONE;
    bool magic = as_le32(data + 8) == AS_PCAPNG_MAGIC || as_be32(data + 8) == AS_PCAPNG_MAGIC;
    return magic ? AS_PCAP_FORM_PCAPNG : AS_PCAP_FORM_NONE;
}

/* ---- time ---- */

#define NS_PER_S UINT64_C(1000000000)

static const uint64_t power_of_10[20] = {1,
                                         10,
                                         100,
                                         1000,
                                         10000,
                                         100000,
                                         1000000,
                                         10000000,
                                         100000000,
                                         1000000000,
                                         10000000000,
                                         100000000000,
                                         1000000000000,
                                         10000000000000,
                                         100000000000000,
                                         1000000000000000,
                                         10000000000000000,
                                         100000000000000000,
                                         1000000000000000000,
                                         UINT64_C(10000000000000000000)};

/* Nanoseconds in fraction units of 2^-shift of a second: fraction * 10^9 / 2^shift in two halves, exact. */
static uint64_t binary_ns(uint64_t fraction, unsigned shift)
{
    uint64_t high = (fraction >> 32) * NS_PER_S;
    uint64_t low = (fraction & UINT32_MAX) * NS_PER_S;
    if (shift >= 32)
        return (high + (low >> 32)) >> (shift - 32);
    return low >> shift; /* fraction < 2^32 */
}

/* A stamp of an interface to ns since 1970; false if it does not fit. */
static bool to_ns(const as_pcap_interface *interface, uint64_t ticks, uint64_t *ns)
{
    unsigned n = interface->ts_resolution & (RESOLUTION_BINARY - 1);
    uint64_t seconds, rest_ns;
    if (interface->ts_resolution & RESOLUTION_BINARY) {
        seconds = n == 0 ? ticks : ticks >> n;
        rest_ns = n == 0 ? 0 : binary_ns(ticks & ((UINT64_C(1) << n) - 1), n);
    } else {
        uint64_t rest = ticks % power_of_10[n];
        seconds = ticks / power_of_10[n];
        rest_ns = n <= 9 ? rest * power_of_10[9 - n] : rest / power_of_10[n - 9];
    }
    /* Seconds beyond the year 2554 do not fit into 64 bits of ns, so neither sum can overflow for what is kept. */
    if (seconds > UINT64_MAX / NS_PER_S || interface->ts_offset_s > (int64_t)(UINT64_MAX / NS_PER_S) ||
        interface->ts_offset_s < -(int64_t)(UINT64_MAX / NS_PER_S))
        return false;
    int64_t moved = (int64_t)seconds + interface->ts_offset_s;
    if (moved < 0 || (uint64_t)moved > UINT64_MAX / NS_PER_S - 1)
        return false;
    *ns = (uint64_t)moved * NS_PER_S + rest_ns;
    return true;
}

/* ---- pcap ---- */

static as_pcap_result pcap_header(as_pcap *state, const uint8_t *buf, size_t bytes, bool final)
{
    if (bytes < FILE_HEADER)
        return ends_early(state, FILE_HEADER, bytes, final);
    uint32_t magic = as_le32(buf);
    state->swapped = !is_pcap_magic(magic);
    if (state->swapped)
        magic = as_be32(buf);
    if (magic == MAGIC_MODIFIED)
        return damaged(state, WHY_MODIFIED);
    if (get16(state, buf + 4) != 2 || get16(state, buf + 6) != 4)
        return damaged(state, WHY_VERSION);
    uint32_t snap_bytes = get32(state, buf + 16);
    bool limited = snap_bytes > 0 && snap_bytes < AS_PCAP_CAPTURE_BYTES;
    state->nanoseconds = magic == MAGIC_NS;
    state->form = AS_PCAP_FORM_PCAP;
    state->interface[0] = (as_pcap_interface){.link_type = (uint16_t)get32(state, buf + 20),
                                              .ts_resolution = state->nanoseconds ? 9 : RESOLUTION_US,
                                              .snap_bytes = limited ? snap_bytes : AS_PCAP_CAPTURE_BYTES};
    state->interface_count = 1;
    state->sections = state->interfaces = 1;
    state->consumed_bytes += FILE_HEADER;
    return AS_PCAP_SECTION;
}

static as_pcap_result pcap_record(as_pcap *state, const uint8_t *buf, size_t bytes, bool final, as_pcap_packet *packet)
{
    const as_pcap_interface *interface = &state->interface[0];
    if (bytes < RECORD_HEADER)
        return ends_early(state, RECORD_HEADER, bytes, final);
    uint32_t record_bytes = get32(state, buf + 8);
    if (record_bytes > AS_PCAP_CAPTURE_BYTES)
        return damaged(state, WHY_RECORD);
    bool oversized = record_bytes > interface->snap_bytes;
    uint32_t captured_bytes = oversized ? interface->snap_bytes : record_bytes;
    size_t shown = captured_bytes < AS_PCAP_DATA_BYTES ? captured_bytes : AS_PCAP_DATA_BYTES;
    if (bytes < RECORD_HEADER + shown)
        return ends_early(state, RECORD_HEADER + shown, bytes, final);
    uint64_t fraction = get32(state, buf + 4);
    *packet = (as_pcap_packet){.ts_ns = get32(state, buf) * NS_PER_S + fraction * (state->nanoseconds ? 1 : 1000),
                               .stamped = true,
                               .link_type = interface->link_type,
                               .captured_bytes = captured_bytes,
                               .original_bytes = get32(state, buf + 12),
                               .data = buf + RECORD_HEADER,
                               .data_bytes = shown};
    state->oversized += oversized;
    state->packets++;
    state->consumed_bytes += RECORD_HEADER + shown;
    state->skip_bytes = record_bytes - shown;
    return AS_PCAP_PACKET;
}

/* ---- pcapng: options ---- */

static void copy_text(char *out, size_t out_bytes, const uint8_t *value, size_t value_bytes)
{
    size_t n = value_bytes < out_bytes - 1 ? value_bytes : out_bytes - 1;
    memcpy(out, value, n);
    out[n] = '\0';
}

static void interface_option(as_pcap *state, as_pcap_interface *interface, uint16_t code, const uint8_t *value,
                             uint16_t value_bytes)
{
    if (code == AS_PCAPNG_IF_NAME) {
        copy_text(interface->name, sizeof interface->name, value, value_bytes);
    } else if (code == AS_PCAPNG_IF_DESCRIPTION) {
        copy_text(interface->description, sizeof interface->description, value, value_bytes);
    } else if (code == AS_PCAPNG_IF_TSRESOL) {
        unsigned n = value_bytes == 1 ? value[0] : UINT8_MAX;
        if ((n & RESOLUTION_BINARY) ? (n & ~(unsigned)RESOLUTION_BINARY) <= 63 : n <= 19)
            interface->ts_resolution = (uint8_t)n;
        else
            state->bad_options++;
    } else if (code == AS_PCAPNG_IF_TSOFFSET) {
        if (value_bytes == 8)
            interface->ts_offset_s = (int64_t)get64(state, value);
        else
            state->bad_options++;
    }
}

static void statistics_option(as_pcap *state, as_pcap_interface *interface, uint16_t code, const uint8_t *value,
                              uint16_t value_bytes)
{
    if (code != AS_PCAPNG_ISB_IFDROP)
        return;
    if (value_bytes == 8)
        interface->dropped = get64(state, value);
    else
        state->bad_options++;
}

typedef void (*option_fn)(as_pcap *state, as_pcap_interface *interface, uint16_t code, const uint8_t *value,
                          uint16_t value_bytes);

/* whole: the list is all there; else it goes on beyond the window and what is seen of it is used. */
static void read_options(as_pcap *state, as_pcap_interface *interface, const uint8_t *list, size_t bytes, bool whole,
                         option_fn fn)
{
    while (bytes >= 4) {
        uint16_t code = get16(state, list);
        uint16_t value_bytes = get16(state, list + 2);
        size_t padded = ((size_t)value_bytes + 3) & ~(size_t)3;
        if (code == 0)
            return;
        if (bytes - 4 < padded) {
            state->bad_options += whole;
            return;
        }
        fn(state, interface, code, list + 4, value_bytes);
        list += 4 + padded;
        bytes -= 4 + padded;
    }
    state->bad_options += whole && bytes > 0;
}

/* ---- pcapng: blocks ---- */

static as_pcap_result section(as_pcap *state, const uint8_t *buf, size_t bytes, bool final)
{
    if (bytes < SECTION_MIN - 4)
        return ends_early(state, SECTION_MIN, bytes, final);
    bool swapped = as_be32(buf + 8) == AS_PCAPNG_MAGIC;
    if (!swapped && as_le32(buf + 8) != AS_PCAPNG_MAGIC)
        return damaged(state, WHY_BYTE_ORDER);
    state->swapped = swapped;
    uint32_t block_bytes = get32(state, buf + 4);
    if (block_bytes < SECTION_MIN || block_bytes > AS_PCAP_SECTION_BYTES || block_bytes % 4)
        return damaged(state, WHY_SECTION);
    if (get16(state, buf + 12) != 1)
        return damaged(state, WHY_VERSION);
    state->form = AS_PCAP_FORM_PCAPNG;
    state->interface_count = 0;
    state->sections++;
    state->consumed_bytes += SECTION_MIN - 4;
    state->skip_bytes = block_bytes - SECTION_MIN;
    state->trailer_bytes = block_bytes;
    return AS_PCAP_SECTION;
}

/* A block's body, as much of it as the window shows. */
typedef struct block {
    uint32_t type;
    uint32_t body_bytes; /* without padding of its own: a multiple of 4 */
    const uint8_t *body;
    size_t shown_bytes;
} block;

static as_pcap_result interface_block(as_pcap *state, const block *b)
{
    if (b->body_bytes < 8)
        return damaged(state, WHY_INTERFACE);
    uint32_t idx = state->interface_count++;
    state->interfaces++;
    if (idx >= AS_CAPTURE_INTERFACE_MAX)
        return AS_PCAP_NEED_MORE;
    as_pcap_interface *interface = &state->interface[idx];
    *interface = (as_pcap_interface){
        .link_type = get16(state, b->body), .ts_resolution = RESOLUTION_US, .snap_bytes = get32(state, b->body + 4)};
    read_options(state, interface, b->body + 8, b->shown_bytes - 8, b->shown_bytes == b->body_bytes, interface_option);
    state->interface_idx = idx;
    return AS_PCAP_INTERFACE;
}

static as_pcap_result statistics_block(as_pcap *state, const block *b)
{
    uint32_t idx = b->body_bytes >= 12 ? get32(state, b->body) : UINT32_MAX;
    if (idx >= state->interface_count || idx >= AS_CAPTURE_INTERFACE_MAX) {
        state->no_interface++;
        return AS_PCAP_NEED_MORE;
    }
    as_pcap_interface *interface = &state->interface[idx];
    read_options(state, interface, b->body + 12, b->shown_bytes - 12, b->shown_bytes == b->body_bytes,
                 statistics_option);
    state->interface_idx = idx;
    return AS_PCAP_DROPS;
}

/* Bytes of a packet block's body before the data. */
static uint32_t packet_header_bytes(uint32_t type)
{
    return type == AS_PCAPNG_SIMPLE_PACKET ? 4 : 20;
}

static as_pcap_result packet_block(as_pcap *state, const block *b, as_pcap_packet *packet)
{
    const uint8_t *p = b->body;
    uint32_t header_bytes = packet_header_bytes(b->type);
    if (b->body_bytes < header_bytes)
        return damaged(state, WHY_PACKET);
    bool simple = b->type == AS_PCAPNG_SIMPLE_PACKET;
    uint32_t idx = simple ? 0 : b->type == AS_PCAPNG_OLD_PACKET ? get16(state, p) : get32(state, p);
    if (idx >= state->interface_count || idx >= AS_CAPTURE_INTERFACE_MAX) {
        state->no_interface++;
        return AS_PCAP_NEED_MORE;
    }
    const as_pcap_interface *interface = &state->interface[idx];
    as_pcap_packet found = {.interface_idx = idx,
                            .link_type = interface->link_type,
                            .captured_bytes = get32(state, p + (simple ? 0 : 12)),
                            .original_bytes = get32(state, p + (simple ? 0 : 16))};
    if (simple && interface->snap_bytes > 0 && found.captured_bytes > interface->snap_bytes)
        found.captured_bytes = interface->snap_bytes;
    if (found.captured_bytes > b->body_bytes - header_bytes)
        return damaged(state, WHY_PACKET);
    if (!simple)
        found.stamped = to_ns(interface, (uint64_t)get32(state, p + 4) << 32 | get32(state, p + 8), &found.ts_ns);
    found.data = p + header_bytes;
    found.data_bytes = found.captured_bytes < AS_PCAP_DATA_BYTES ? found.captured_bytes : AS_PCAP_DATA_BYTES;
    *packet = found;
    state->packets++;
    return AS_PCAP_PACKET;
}

/* NEED_MORE: nothing that anybody wants to know. */
static as_pcap_result use_block(as_pcap *state, const block *b, as_pcap_packet *packet)
{
    switch (b->type) {
    case AS_PCAPNG_INTERFACE:
        return interface_block(state, b);
    case AS_PCAPNG_STATISTICS:
        return statistics_block(state, b);
    case AS_PCAPNG_PACKET:
    case AS_PCAPNG_OLD_PACKET:
    case AS_PCAPNG_SIMPLE_PACKET:
        return packet_block(state, b, packet);
    default:
        state->skipped_blocks++;
        return AS_PCAP_NEED_MORE;
    }
}

static bool is_used(uint32_t type)
{
    return type == AS_PCAPNG_INTERFACE || type == AS_PCAPNG_STATISTICS || type == AS_PCAPNG_PACKET ||
           type == AS_PCAPNG_OLD_PACKET || type == AS_PCAPNG_SIMPLE_PACKET;
}

/* A block; NEED_MORE with bytes consumed: it means nothing here, and the next one is to be looked at. */
static as_pcap_result pcapng_block(as_pcap *state, const uint8_t *buf, size_t bytes, bool final, as_pcap_packet *packet)
{
    if (bytes < BLOCK_HEADER)
        return ends_early(state, BLOCK_HEADER, bytes, final);
    if (as_le32(buf) == AS_PCAPNG_SECTION)
        return section(state, buf, bytes, final);
    block b = {.type = get32(state, buf), .body = buf + BLOCK_HEADER};
    uint32_t block_bytes = get32(state, buf + 4);
    if (block_bytes < BLOCK_MIN || block_bytes > AS_PCAP_BLOCK_BYTES || block_bytes % 4)
        return damaged(state, WHY_BLOCK_BYTES);
    b.body_bytes = block_bytes - BLOCK_MIN;
    /* the whole block with its second length, or as much of a long one as the window shows */
    size_t room = AS_PCAP_WINDOW_BYTES - BLOCK_MIN;
    b.shown_bytes = !is_used(b.type) ? 0 : b.body_bytes < room ? b.body_bytes : room;
    bool whole = b.shown_bytes == b.body_bytes;
    size_t want_bytes = BLOCK_HEADER + b.shown_bytes + (whole ? 4 : 0);
    if (bytes < want_bytes)
        return ends_early(state, want_bytes, bytes, final);
    if (whole && get32(state, buf + block_bytes - 4) != block_bytes)
        return damaged(state, WHY_TRAILER);
    as_pcap_result result = use_block(state, &b, packet);
    if (result == AS_PCAP_DAMAGED)
        return result;
    state->consumed_bytes += want_bytes;
    state->skip_bytes = b.body_bytes - b.shown_bytes;
    state->trailer_bytes = whole ? 0 : block_bytes;
    return result;
}

/* ---- the iterator ---- */

/* Pass over what is left of a record. true: it is done. */
static bool skip_rest(as_pcap *state, const uint8_t *buf, size_t bytes, bool final, as_pcap_result *result)
{
    size_t left = bytes - state->consumed_bytes;
    size_t step = state->skip_bytes < left ? (size_t)state->skip_bytes : left;
    state->skip_bytes -= step;
    state->consumed_bytes += step;
    left -= step;
    if (state->skip_bytes > 0 || (state->trailer_bytes > 0 && left < 4)) {
        uint64_t want = state->skip_bytes + (state->trailer_bytes > 0 ? 4 : 0);
        *result = ends_early(state, want < AS_PCAP_WINDOW_BYTES ? (size_t)want : AS_PCAP_WINDOW_BYTES, left, final);
        return false;
    }
    if (state->trailer_bytes > 0) {
        if (get32(state, buf + state->consumed_bytes) != state->trailer_bytes) {
            *result = damaged(state, WHY_TRAILER);
            return false;
        }
        state->consumed_bytes += 4;
        state->trailer_bytes = 0;
    }
    return true;
}

static as_pcap_result begin(as_pcap *state, const uint8_t *buf, size_t bytes, bool final)
{
    if (bytes < 4)
        return ends_early(state, FILE_HEADER, bytes, final);
    if (as_le32(buf) == AS_PCAPNG_SECTION)
        return section(state, buf, bytes, final);
    if (as_pcap_sniff(buf, bytes) == AS_PCAP_FORM_PCAP)
        return pcap_header(state, buf, bytes, final);
    return damaged(state, WHY_MAGIC);
}

as_pcap_result as_pcap_next(as_pcap *state, const uint8_t *buf, size_t bytes, bool final, as_pcap_packet *packet)
{
    as_pcap_result result = AS_PCAP_DAMAGED;
    state->consumed_bytes = 0;
    if (state->damaged)
        return AS_PCAP_DAMAGED;
    if (state->form == AS_PCAP_FORM_NONE)
        return begin(state, buf, bytes, final);
    size_t before;
    do {
        if (!skip_rest(state, buf, bytes, final, &result))
            return result;
        before = state->consumed_bytes;
        const uint8_t *at = buf + before;
        size_t left = bytes - before;
        result = state->form == AS_PCAP_FORM_PCAP ? pcap_record(state, at, left, final, packet)
                                                  : pcapng_block(state, at, left, final, packet);
    } while (result == AS_PCAP_NEED_MORE && state->consumed_bytes > before);
    return result;
}
