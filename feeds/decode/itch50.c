#include "feeds/decode/itch50.h"

#include <string.h>

#include "feeds/be.h"

const uint8_t as_itch50_lengths[256] = {
    ['S'] = 12, ['R'] = 39, ['H'] = 25, ['Y'] = 20, ['L'] = 26, ['V'] = 35, ['W'] = 12, ['K'] = 28,
    ['J'] = 35, ['h'] = 21, ['A'] = 36, ['F'] = 40, ['E'] = 31, ['C'] = 36, ['X'] = 23, ['D'] = 19,
    ['U'] = 35, ['P'] = 44, ['Q'] = 40, ['B'] = 19, ['I'] = 50, ['N'] = 20, ['O'] = 48,
};

/* Offsets below count from the type's byte, as in PROTOCOLS A1. */

static char chr(const uint8_t *m, size_t offset)
{
    return (char)m[offset];
}

static void alpha(char *field, const uint8_t *m, size_t offset, size_t field_bytes)
{
    memcpy(field, m + offset, field_bytes);
}

static void decode_directory(const uint8_t *m, as_itch50 *out)
{
    alpha(out->directory.stock, m, 11, 8);
    out->directory.category = chr(m, 19);
    out->directory.financial_status = chr(m, 20);
    out->directory.round_lot = as_be32(m + 21);
    out->directory.round_lots_only = chr(m, 25);
    out->directory.issue_class = chr(m, 26);
    alpha(out->directory.subtype, m, 27, 2);
    out->directory.authenticity = chr(m, 29);
    out->directory.short_sale_threshold = chr(m, 30);
    out->directory.ipo = chr(m, 31);
    out->directory.luld_tier = chr(m, 32);
    out->directory.etp = chr(m, 33);
    out->directory.etp_leverage = as_be32(m + 34);
    out->directory.inverse = chr(m, 38);
}

static void decode_add(const uint8_t *m, as_itch50 *out)
{
    out->add.ref = as_be64(m + 11);
    out->add.side = chr(m, 19);
    out->add.shares = as_be32(m + 20);
    alpha(out->add.stock, m, 24, 8);
    out->add.px4 = as_be32(m + 32);
}

static void decode_trade(const uint8_t *m, as_itch50 *out)
{
    out->trade.ref = as_be64(m + 11);
    out->trade.side = chr(m, 19);
    out->trade.shares = as_be32(m + 20);
    alpha(out->trade.stock, m, 24, 8);
    out->trade.px4 = as_be32(m + 32);
    out->trade.match = as_be64(m + 36);
}

static void decode_cross(const uint8_t *m, as_itch50 *out)
{
    out->cross.shares = as_be64(m + 11);
    alpha(out->cross.stock, m, 19, 8);
    out->cross.px4 = as_be32(m + 27);
    out->cross.match = as_be64(m + 31);
    out->cross.cross = chr(m, 39);
}

static void decode_imbalance(const uint8_t *m, as_itch50 *out)
{
    out->imbalance.paired = as_be64(m + 11);
    out->imbalance.imbalance = as_be64(m + 19);
    out->imbalance.direction = chr(m, 27);
    alpha(out->imbalance.stock, m, 28, 8);
    out->imbalance.far_px4 = as_be32(m + 36);
    out->imbalance.near_px4 = as_be32(m + 40);
    out->imbalance.reference_px4 = as_be32(m + 44);
    out->imbalance.cross = chr(m, 48);
    out->imbalance.variation = chr(m, 49);
}

static void decode_listing(const uint8_t *m, as_itch50 *out)
{
    alpha(out->listing.stock, m, 11, 8);
    out->listing.eligible = chr(m, 19);
    out->listing.min_px4 = as_be32(m + 20);
    out->listing.max_px4 = as_be32(m + 24);
    out->listing.near_px4 = as_be32(m + 28);
    out->listing.near_time = as_be64(m + 32);
    out->listing.lower_px4 = as_be32(m + 40);
    out->listing.upper_px4 = as_be32(m + 44);
}

/* Types that are rare on the wire: reference data, states, auctions. */
static void decode_rare(const uint8_t *m, as_itch50 *out)
{
    switch (out->type) {
    case 'S':
        out->system.event = chr(m, 11);
        break;
    case 'R':
        decode_directory(m, out);
        break;
    case 'H':
        alpha(out->action.stock, m, 11, 8);
        out->action.state = chr(m, 19);
        out->action.reserved = chr(m, 20);
        alpha(out->action.reason, m, 21, 4);
        break;
    case 'h':
        alpha(out->operational.stock, m, 11, 8);
        out->operational.market = chr(m, 19);
        out->operational.action = chr(m, 20);
        break;
    case 'Y':
        alpha(out->reg_sho.stock, m, 11, 8);
        out->reg_sho.restriction = chr(m, 19);
        break;
    case 'N':
        alpha(out->rpi.stock, m, 11, 8);
        out->rpi.interest = chr(m, 19);
        break;
    case 'L':
        alpha(out->participant.mpid, m, 11, 4);
        alpha(out->participant.stock, m, 15, 8);
        out->participant.primary = chr(m, 23);
        out->participant.mode = chr(m, 24);
        out->participant.state = chr(m, 25);
        break;
    case 'V':
        out->decline.level_px8[0] = as_be64(m + 11);
        out->decline.level_px8[1] = as_be64(m + 19);
        out->decline.level_px8[2] = as_be64(m + 27);
        break;
    case 'W':
        out->breach.level = chr(m, 11);
        break;
    case 'K':
        alpha(out->ipo.stock, m, 11, 8);
        out->ipo.release_s = as_be32(m + 19);
        out->ipo.qualifier = chr(m, 23);
        out->ipo.px4 = as_be32(m + 24);
        break;
    case 'J':
        alpha(out->collar.stock, m, 11, 8);
        out->collar.reference_px4 = as_be32(m + 19);
        out->collar.upper_px4 = as_be32(m + 23);
        out->collar.lower_px4 = as_be32(m + 27);
        out->collar.extension = as_be32(m + 31);
        break;
    case 'B':
        out->broken.match = as_be64(m + 11);
        break;
    case 'I':
        decode_imbalance(m, out);
        break;
    case 'O':
        decode_listing(m, out);
        break;
    default:
        break; /* the length table holds no other type */
    }
}

/* The body of a message whose bytes are all there. */
static void decode_body(const uint8_t *m, as_itch50 *out)
{
    switch (out->type) {
    case 'A':
        decode_add(m, out);
        memset(out->add.mpid, ' ', sizeof out->add.mpid);
        break;
    case 'F':
        decode_add(m, out);
        alpha(out->add.mpid, m, 36, 4);
        break;
    case 'E':
        out->execute.ref = as_be64(m + 11);
        out->execute.shares = as_be32(m + 19);
        out->execute.match = as_be64(m + 23);
        out->execute.px4 = 0;
        out->execute.printable = 'Y';
        break;
    case 'C':
        out->execute.ref = as_be64(m + 11);
        out->execute.shares = as_be32(m + 19);
        out->execute.match = as_be64(m + 23);
        out->execute.printable = chr(m, 31);
        out->execute.px4 = as_be32(m + 32);
        break;
    case 'X':
        out->cancel.ref = as_be64(m + 11);
        out->cancel.shares = as_be32(m + 19);
        break;
    case 'D':
        out->remove.ref = as_be64(m + 11);
        break;
    case 'U':
        out->replace.ref = as_be64(m + 11);
        out->replace.new_ref = as_be64(m + 19);
        out->replace.shares = as_be32(m + 27);
        out->replace.px4 = as_be32(m + 31);
        break;
    case 'P':
        decode_trade(m, out);
        break;
    case 'Q':
        decode_cross(m, out);
        break;
    default:
        decode_rare(m, out);
        break;
    }
}

as_itch50_result as_itch50_decode(const uint8_t *message, size_t message_bytes, as_itch50 *out)
{
    if (message_bytes == 0)
        return AS_ITCH50_EMPTY;
    size_t length = as_itch50_lengths[message[0]];
    if (message_bytes != length) {
        if (length == 0)
            return AS_ITCH50_UNKNOWN;
        if (message_bytes < length)
            return AS_ITCH50_SHORT;
    }
    out->type = (char)message[0];
    out->locate = as_be16(message + 1);
    out->tracking = as_be16(message + 3);
    out->ts_ns = as_be48(message + 5);
    decode_body(message, out);
    return message_bytes == length ? AS_ITCH50_OK : AS_ITCH50_GROWN;
}

const char *as_itch50_stock(const as_itch50 *message)
{
    switch (message->type) {
    case 'R':
        return message->directory.stock;
    case 'H':
        return message->action.stock;
    case 'h':
        return message->operational.stock;
    case 'Y':
        return message->reg_sho.stock;
    case 'N':
        return message->rpi.stock;
    case 'L':
        return message->participant.stock;
    case 'K':
        return message->ipo.stock;
    case 'J':
        return message->collar.stock;
    case 'A':
    case 'F':
        return message->add.stock;
    case 'P':
        return message->trade.stock;
    case 'Q':
        return message->cross.stock;
    case 'I':
        return message->imbalance.stock;
    case 'O':
        return message->listing.stock;
    default:
        return NULL;
    }
}

as_itch50_form as_itch50_sniff(const uint8_t *buf, size_t bytes)
{
    as_itch50_form form = AS_ITCH50_FORM_NONE;
    size_t at = 0;
    for (unsigned record = 0; record < AS_ITCH50_SNIFF_RECORDS && bytes - at >= 3; record++) {
        size_t prefix = as_be16(buf + at);
        size_t length = as_itch50_lengths[buf[at + 2]];
        as_itch50_form here = prefix ? AS_ITCH50_FORM_BINARYFILE : AS_ITCH50_FORM_PREFIXLESS;
        if (length == 0 || (prefix && prefix != length) || (form && form != here))
            return AS_ITCH50_FORM_NONE;
        if (bytes - at - 2 < length)
            return form;
        form = here;
        at += 2 + length;
    }
    return form;
}
