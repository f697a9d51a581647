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

size_t as_zmtp_metadata_encode(as_zmtp_role role, uint8_t out[AS_ZMTP_METADATA_BYTES])
{
    static const uint8_t xpub[] = "\x0bSocket-Type\0\0\0\4XPUB", router[] = "\x0bSocket-Type\0\0\0\6ROUTER";
    size_t bytes = role == AS_ZMTP_ROUTER ? sizeof router - 1 : sizeof xpub - 1;
    memcpy(out, role == AS_ZMTP_ROUTER ? router : xpub, bytes);
    return bytes;
}

static bool is_text(const uint8_t *bytes, size_t count, const char *text)
{
    return count == strlen(text) && strncasecmp((const char *)bytes, text, count) == 0;
}

const char *as_zmtp_metadata_check(as_zmtp_role role, const uint8_t *bytes, size_t bytes_left)
{
    static const char malformed[] = "malformed metadata";
    static const char *const suits[][2] = {[AS_ZMTP_XPUB] = {"SUB", "XSUB"}, [AS_ZMTP_ROUTER] = {"DEALER", "REQ"}};
    bool found = false;
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
            found = is_text(value, value_bytes, suits[role][0]) || is_text(value, value_bytes, suits[role][1]);
            if (!found)
                return role == AS_ZMTP_ROUTER ? "neither a DEALER nor a REQ socket"
                                              : "neither a SUB nor an XSUB socket";
        }
        bytes = value + value_bytes;
        bytes_left -= value_bytes;
    }
    return found ? NULL : "no Socket-Type";
}
