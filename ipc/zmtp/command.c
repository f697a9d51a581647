#include "ipc/zmtp/command.h"

#include <string.h>
#include <strings.h>

bool as_zmtp_command_is(const uint8_t *body, size_t body_bytes, const char *name, const uint8_t **data,
                        size_t *data_bytes)
{
    size_t name_bytes = strlen(name);
    if (body_bytes < 1 + name_bytes || body[0] != name_bytes || memcmp(body + 1, name, name_bytes) != 0)
        return false;
    *data = body + 1 + name_bytes;
    *data_bytes = body_bytes - 1 - name_bytes;
    return true;
}

bool as_zmtp_command_has_name(const uint8_t *body, size_t body_bytes)
{
    return body_bytes > 1 && body[0] > 0 && body[0] < body_bytes;
}

size_t as_zmtp_command_encode(const char *name, const void *data, size_t data_bytes, uint8_t *out)
{
    size_t name_bytes = strlen(name);
    out[0] = (uint8_t)name_bytes;
    memcpy(out + 1, name, name_bytes);
    if (data_bytes > 0)
        memcpy(out + 1 + name_bytes, data, data_bytes);
    return 1 + name_bytes + data_bytes;
}

size_t as_zmtp_metadata_encode(uint8_t out[AS_ZMTP_METADATA_BYTES])
{
    static const uint8_t ours[] = "\x0bSocket-Type\0\0\0\4XPUB";
    memcpy(out, ours, sizeof ours - 1);
    return sizeof ours - 1;
}

static bool is_text(const uint8_t *bytes, size_t count, const char *text)
{
    return count == strlen(text) && strncasecmp((const char *)bytes, text, count) == 0;
}

const char *as_zmtp_metadata_check(const uint8_t *bytes, size_t bytes_left)
{
    static const char malformed[] = "malformed metadata";
    bool subscriber = false;
    while (bytes_left > 0) {
        size_t name_bytes = bytes[0];
        if (name_bytes == 0 || bytes_left < 1 + name_bytes + 4)
            return malformed;
        const uint8_t *name = bytes + 1, *size = name + name_bytes, *value = size + 4;
        uint32_t value_bytes = (uint32_t)size[0] << 24 | (uint32_t)size[1] << 16 | (uint32_t)size[2] << 8 | size[3];
        bytes_left -= 1 + name_bytes + 4;
        if (value_bytes > bytes_left)
            return malformed;
        if (is_text(name, name_bytes, "Socket-Type")) {
            subscriber = is_text(value, value_bytes, "SUB") || is_text(value, value_bytes, "XSUB");
            if (!subscriber)
                return "neither a SUB nor an XSUB socket";
        }
        bytes = value + value_bytes;
        bytes_left -= value_bytes;
    }
    return subscriber ? NULL : "no Socket-Type";
}
