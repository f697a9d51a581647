/*
 * Any bytes as a fragment of HTML: the text is UTF-8, ends within its room, has no blanks at its ends and never two
 * in a row; what fits into little room begins what fits into more. The first byte says how little.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/decode/json.h"
#include "feeds/news/html.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void check(const char *text, size_t text_bytes)
{
    if (strlen(text) != text_bytes || strstr(text, "  ") != NULL)
        abort();
    if (text_bytes > 0 && (text[0] == ' ' || text[text_bytes - 1] == ' '))
        abort();
    for (const char *p = text; p < text + text_bytes;) {
        unsigned length = as_utf8_length(p, text + text_bytes);
        if (length == 0)
            abort();
        p += length;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    char small[256], large[4096];
    bool small_cut, large_cut;
    if (bytes == 0)
        return 0;
    const char *html = (const char *)data + 1;
    size_t small_bytes = as_html_text(html, bytes - 1, small, (size_t)data[0] + 1, &small_cut);
    size_t large_bytes = as_html_text(html, bytes - 1, large, sizeof large, &large_cut);
    check(small, small_bytes);
    check(large, large_bytes);
    if (small_bytes > data[0] || small_bytes > large_bytes || memcmp(small, large, small_bytes) != 0)
        abort();
    if (!small_cut && (large_cut || small_bytes != large_bytes))
        abort();
    return 0;
}
