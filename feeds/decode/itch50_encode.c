#include "feeds/decode/itch50_encode.h"

#include <string.h>

#include "feeds/be.h"

/* Offsets count from the type's byte, as in PROTOCOLS A1. */

static void chr(uint8_t *m, size_t offset, char c)
{
    m[offset] = (uint8_t)c;
}

static void alpha(uint8_t *m, size_t offset, const char *field, size_t field_bytes)
{
    memcpy(m + offset, field, field_bytes);
}

static void encode_directory(const as_itch50 *in, uint8_t *m)
{
    alpha(m, 11, in->directory.stock, 8);
    chr(m, 19, in->directory.category);
    chr(m, 20, in->directory.financial_status);
    as_be32_put(m + 21, in->directory.round_lot);
    chr(m, 25, in->directory.round_lots_only);
    chr(m, 26, in->directory.issue_class);
    alpha(m, 27, in->directory.subtype, 2);
    chr(m, 29, in->directory.authenticity);
    chr(m, 30, in->directory.short_sale_threshold);
    chr(m, 31, in->directory.ipo);
    chr(m, 32, in->directory.luld_tier);
    chr(m, 33, in->directory.etp);
    as_be32_put(m + 34, in->directory.etp_leverage);
    chr(m, 38, in->directory.inverse);
}

static void encode_add(const as_itch50 *in, uint8_t *m)
{
    as_be64_put(m + 11, in->add.ref);
    chr(m, 19, in->add.side);
    as_be32_put(m + 20, in->add.shares);
    alpha(m, 24, in->add.stock, 8);
    as_be32_put(m + 32, in->add.px4);
    if (in->type == 'F')
        alpha(m, 36, in->add.mpid, 4);
}

static void encode_execute(const as_itch50 *in, uint8_t *m)
{
    as_be64_put(m + 11, in->execute.ref);
    as_be32_put(m + 19, in->execute.shares);
    as_be64_put(m + 23, in->execute.match);
    if (in->type == 'C') {
        chr(m, 31, in->execute.printable);
        as_be32_put(m + 32, in->execute.px4);
    }
}

static void encode_trade(const as_itch50 *in, uint8_t *m)
{
    as_be64_put(m + 11, in->trade.ref);
    chr(m, 19, in->trade.side);
    as_be32_put(m + 20, in->trade.shares);
    alpha(m, 24, in->trade.stock, 8);
    as_be32_put(m + 32, in->trade.px4);
    as_be64_put(m + 36, in->trade.match);
}

static void encode_imbalance(const as_itch50 *in, uint8_t *m)
{
    as_be64_put(m + 11, in->imbalance.paired);
    as_be64_put(m + 19, in->imbalance.imbalance);
    chr(m, 27, in->imbalance.direction);
    alpha(m, 28, in->imbalance.stock, 8);
    as_be32_put(m + 36, in->imbalance.far_px4);
    as_be32_put(m + 40, in->imbalance.near_px4);
    as_be32_put(m + 44, in->imbalance.reference_px4);
    chr(m, 48, in->imbalance.cross);
    chr(m, 49, in->imbalance.variation);
}

static void encode_listing(const as_itch50 *in, uint8_t *m)
{
    alpha(m, 11, in->listing.stock, 8);
    chr(m, 19, in->listing.eligible);
    as_be32_put(m + 20, in->listing.min_px4);
    as_be32_put(m + 24, in->listing.max_px4);
    as_be32_put(m + 28, in->listing.near_px4);
    as_be64_put(m + 32, in->listing.near_time);
    as_be32_put(m + 40, in->listing.lower_px4);
    as_be32_put(m + 44, in->listing.upper_px4);
}

/* Orders and trades. */
static void encode_order(const as_itch50 *in, uint8_t *m)
{
    switch (in->type) {
    case 'A':
    case 'F':
        encode_add(in, m);
        break;
    case 'E':
    case 'C':
        encode_execute(in, m);
        break;
    case 'X':
        as_be64_put(m + 11, in->cancel.ref);
        as_be32_put(m + 19, in->cancel.shares);
        break;
    case 'D':
        as_be64_put(m + 11, in->remove.ref);
        break;
    case 'U':
        as_be64_put(m + 11, in->replace.ref);
        as_be64_put(m + 19, in->replace.new_ref);
        as_be32_put(m + 27, in->replace.shares);
        as_be32_put(m + 31, in->replace.px4);
        break;
    case 'P':
        encode_trade(in, m);
        break;
    case 'Q':
        as_be64_put(m + 11, in->cross.shares);
        alpha(m, 19, in->cross.stock, 8);
        as_be32_put(m + 27, in->cross.px4);
        as_be64_put(m + 31, in->cross.match);
        chr(m, 39, in->cross.cross);
        break;
    case 'B':
        as_be64_put(m + 11, in->broken.match);
        break;
    default:
        break;
    }
}

/* Reference data, states, auctions. */
static void encode_state(const as_itch50 *in, uint8_t *m)
{
    switch (in->type) {
    case 'S':
        chr(m, 11, in->system.event);
        break;
    case 'R':
        encode_directory(in, m);
        break;
    case 'H':
        alpha(m, 11, in->action.stock, 8);
        chr(m, 19, in->action.state);
        chr(m, 20, in->action.reserved);
        alpha(m, 21, in->action.reason, 4);
        break;
    case 'h':
        alpha(m, 11, in->operational.stock, 8);
        chr(m, 19, in->operational.market);
        chr(m, 20, in->operational.action);
        break;
    case 'Y':
        alpha(m, 11, in->reg_sho.stock, 8);
        chr(m, 19, in->reg_sho.restriction);
        break;
    case 'N':
        alpha(m, 11, in->rpi.stock, 8);
        chr(m, 19, in->rpi.interest);
        break;
    case 'L':
        alpha(m, 11, in->participant.mpid, 4);
        alpha(m, 15, in->participant.stock, 8);
        chr(m, 23, in->participant.primary);
        chr(m, 24, in->participant.mode);
        chr(m, 25, in->participant.state);
        break;
    case 'V':
        for (size_t i = 0; i < 3; i++)
            as_be64_put(m + 11 + 8 * i, in->decline.level_px8[i]);
        break;
    case 'W':
        chr(m, 11, in->breach.level);
        break;
    case 'K':
        alpha(m, 11, in->ipo.stock, 8);
        as_be32_put(m + 19, in->ipo.release_s);
        chr(m, 23, in->ipo.qualifier);
        as_be32_put(m + 24, in->ipo.px4);
        break;
    case 'J':
        alpha(m, 11, in->collar.stock, 8);
        as_be32_put(m + 19, in->collar.reference_px4);
        as_be32_put(m + 23, in->collar.upper_px4);
        as_be32_put(m + 27, in->collar.lower_px4);
        as_be32_put(m + 31, in->collar.extension);
        break;
    case 'I':
        encode_imbalance(in, m);
        break;
    case 'O':
        encode_listing(in, m);
        break;
    default:
        break;
    }
}

size_t as_itch50_encode(const as_itch50 *in, uint8_t *out, size_t out_bytes)
{
    size_t length = as_itch50_length((uint8_t)in->type);
    if (length == 0 || out_bytes < length)
        return 0;
    chr(out, 0, in->type);
    as_be16_put(out + 1, in->locate);
    as_be16_put(out + 3, in->tracking);
    as_be48_put(out + 5, in->ts_ns);
    encode_order(in, out);
    encode_state(in, out);
    return length;
}
