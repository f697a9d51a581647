/*
 * Golden bytes: what an encoder makes must be what tests/<layer>/golden/<name>.hex holds, and a page of the
 * documentation must show just that. The files are written by make.py beside them, which knows nothing of our encoder.
 * Include cmocka.h first.
 */
#ifndef AST_SUPPORT_GOLDEN_H
#define AST_SUPPORT_GOLDEN_H

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A whole file, zero-terminated; the caller frees it. */
static inline char *ast_file_text(const char *path)
{
    char *text = NULL;
    size_t room = 0;
    FILE *file = fopen(path, "rbe");
    if (!file)
        fail_msg("%s: cannot be opened", path);
    if (getdelim(&text, &room, 0, file) < 0)
        fail_msg("%s: is empty", path);
    fclose(file);
    return text;
}

/* 16 bytes a line: offset, hexadecimal, printable characters. The caller frees it. */
static inline char *ast_hex_dump(const uint8_t *bytes, size_t byte_count)
{
    char *text = NULL;
    size_t text_bytes;
    FILE *out = open_memstream(&text, &text_bytes);
    for (size_t at = 0; at < byte_count; at += 16) {
        (void)fprintf(out, "%04zx ", at);
        for (size_t i = at; i < at + 16; i++)
            (void)(i < byte_count ? fprintf(out, " %02x", bytes[i]) : fprintf(out, "   "));
        (void)fputs("  ", out);
        for (size_t i = at; i < at + 16 && i < byte_count; i++)
            (void)fputc(bytes[i] < 0x80 && isprint(bytes[i]) ? bytes[i] : '.', out);
        (void)fputc('\n', out);
    }
    fclose(out);
    return text;
}

static inline void ast_golden(const char *path, const char *page_path, const uint8_t *bytes, size_t byte_count)
{
    char *expected = ast_file_text(path);
    char *found = ast_hex_dump(bytes, byte_count);
    assert_string_equal(found, expected);
    char *page = ast_file_text(page_path);
    if (!strstr(page, expected))
        fail_msg("%s does not show %s as it is", page_path, path);
    free(page);
    free(found);
    free(expected);
}

#endif
