#include "feeds/framing/pcap_encode.h"

#include <string.h>

#include "feeds/framing/pcap.h"
#include "feeds/le.h"

enum { OPTION_END = 0, SHB_USERAPPL = 4, NANOSECONDS = 9 };

static size_t padded(size_t bytes)
{
    return (bytes + 3) & ~(size_t)3;
}

/* Bytes of an option with a text; none if it is empty. */
static size_t text_option_bytes(const char *text)
{
    return text[0] ? 4 + padded(strlen(text)) : 0;
}

static uint8_t *put_option(uint8_t *at, uint16_t code, const void *value, size_t value_bytes)
{
    as_le16_put(at, code);
    as_le16_put(at + 2, (uint16_t)value_bytes);
    memset(at + 4, 0, padded(value_bytes));
    if (value_bytes > 0)
        memcpy(at + 4, value, value_bytes);
    return at + 4 + padded(value_bytes);
}

static uint8_t *put_text_option(uint8_t *at, uint16_t code, const char *text)
{
    return text[0] ? put_option(at, code, text, strlen(text)) : at;
}

static uint8_t *put_begin(uint8_t *at, uint32_t type, size_t block_bytes)
{
    as_le32_put(at, type);
    as_le32_put(at + 4, (uint32_t)block_bytes);
    return at + 8;
}

size_t as_pcap_encode_section(const char *program, uint8_t *out, size_t out_bytes)
{
    size_t block_bytes = 28 + text_option_bytes(program) + 4;
    if (block_bytes > out_bytes || strlen(program) > UINT16_MAX)
        return 0;
    uint8_t *at = put_begin(out, AS_PCAPNG_SECTION, block_bytes);
    as_le32_put(at, AS_PCAPNG_MAGIC);
    as_le16_put(at + 4, 1);
    as_le16_put(at + 6, 0);
    as_le64_put(at + 8, UINT64_MAX);
    at = put_text_option(at + 16, SHB_USERAPPL, program);
    at = put_option(at, OPTION_END, NULL, 0);
    as_le32_put(at, (uint32_t)block_bytes);
    return block_bytes;
}

size_t as_pcap_encode_interface(uint16_t link_type, const char *name, const char *description, uint8_t *out,
                                size_t out_bytes)
{
    static const uint8_t resolution = NANOSECONDS;
    size_t block_bytes = 20 + text_option_bytes(name) + text_option_bytes(description) + 8 + 4;
    if (block_bytes > out_bytes || strlen(name) > UINT16_MAX || strlen(description) > UINT16_MAX)
        return 0;
    uint8_t *at = put_begin(out, AS_PCAPNG_INTERFACE, block_bytes);
    as_le16_put(at, link_type);
    as_le16_put(at + 2, 0);
    as_le32_put(at + 4, 0);
    at = put_text_option(at + 8, AS_PCAPNG_IF_NAME, name);
    at = put_text_option(at, AS_PCAPNG_IF_DESCRIPTION, description);
    at = put_option(at, AS_PCAPNG_IF_TSRESOL, &resolution, 1);
    at = put_option(at, OPTION_END, NULL, 0);
    as_le32_put(at, (uint32_t)block_bytes);
    return block_bytes;
}

static size_t packet_block_bytes(const as_pcap_head *head)
{
    return AS_PCAP_HEAD_BYTES + padded(head->data_bytes) + 4;
}

size_t as_pcap_encode_head(const as_pcap_head *head, uint8_t out[AS_PCAP_HEAD_BYTES])
{
    if (head->data_bytes > AS_PCAP_CAPTURE_BYTES)
        return 0;
    uint8_t *at = put_begin(out, AS_PCAPNG_PACKET, packet_block_bytes(head));
    as_le32_put(at, head->interface_idx);
    as_le32_put(at + 4, (uint32_t)(head->ts_ns >> 32));
    as_le32_put(at + 8, (uint32_t)head->ts_ns);
    as_le32_put(at + 12, head->data_bytes);
    as_le32_put(at + 16, head->data_bytes);
    return AS_PCAP_HEAD_BYTES;
}

size_t as_pcap_encode_tail(const as_pcap_head *head, uint8_t out[AS_PCAP_TAIL_MAX])
{
    size_t padding = padded(head->data_bytes) - head->data_bytes;
    memset(out, 0, padding);
    as_le32_put(out + padding, (uint32_t)packet_block_bytes(head));
    return padding + 4;
}

size_t as_pcap_encode_statistics(const as_pcap_statistics *statistics, uint8_t out[AS_PCAP_STATISTICS_BYTES])
{
    uint8_t number[8];
    uint8_t *at = put_begin(out, AS_PCAPNG_STATISTICS, AS_PCAP_STATISTICS_BYTES);
    as_le32_put(at, statistics->interface_idx);
    as_le32_put(at + 4, (uint32_t)(statistics->ts_ns >> 32));
    as_le32_put(at + 8, (uint32_t)statistics->ts_ns);
    as_le64_put(number, statistics->received);
    at = put_option(at + 12, AS_PCAPNG_ISB_IFRECV, number, sizeof number);
    as_le64_put(number, statistics->dropped);
    at = put_option(at, AS_PCAPNG_ISB_IFDROP, number, sizeof number);
    at = put_option(at, OPTION_END, NULL, 0);
    as_le32_put(at, AS_PCAP_STATISTICS_BYTES);
    return AS_PCAP_STATISTICS_BYTES;
}
