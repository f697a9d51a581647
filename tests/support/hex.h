/*
 * Golden bytes written as hexadecimal digits; blanks between them are ignored.
 */
#ifndef AST_SUPPORT_HEX_H
#define AST_SUPPORT_HEX_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Number of bytes written to out; ends the program if they do not fit. */
static inline size_t ast_hex(const char *hex, uint8_t *out, size_t out_bytes)
{
    size_t n = 0;
    for (; *hex; hex++) {
        if (*hex == ' ')
            continue;
        char digits[3] = {hex[0], hex[1], 0};
        if (n == out_bytes || !hex[1]) {
            (void)fprintf(stderr, "golden bytes do not fit or are cut\n");
            exit(1);
        }
        out[n++] = (uint8_t)strtoul(digits, NULL, 16);
        hex++;
    }
    return n;
}

#endif
