/*
 * Any bytes as JSON: nothing is read behind the end, and of an object that was accepted every string resolves to UTF-8
 * and comes back from the writer.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/decode/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void check_string(const as_json_value *value)
{
    static char text[1 << 16], escaped[(1 << 16) * 6];
    bool cut;
    size_t n = as_json_string_copy(value, text, sizeof text, &cut);
    for (size_t i = 0; i < n;) {
        unsigned length = as_utf8_length(text + i, text + n);
        if (length == 0)
            abort();
        i += length;
    }
    if (!cut && as_json_escape(text, n, escaped, sizeof escaped) == SIZE_MAX)
        abort();
    if (!cut && !memchr(text, ' ', n) && !as_json_string_is(value, text)) /* U+0000 becomes a blank */
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    as_json_member member[AS_JSON_MEMBER_MAX];
    uint32_t count = 0;
    if (as_json_object((const char *)data, bytes, member, &count) != AS_JSON_OK)
        return 0;
    for (uint32_t i = 0; i < count; i++) {
        check_string(&member[i].key);
        if (member[i].value.type == AS_JSON_STRING)
            check_string(&member[i].value);
        as_json_value item;
        if (member[i].value.type == AS_JSON_ARRAY)
            for (uint32_t at = 0; as_json_array_next(&member[i].value, &at, &item);)
                if (item.text < (const char *)data || item.text + item.text_bytes > (const char *)data + bytes)
                    abort();
    }
    return 0;
}
