#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/framing/lines.h"

/* What came out: every line as "seq:text|", and the counter of long lines. */
typedef struct collected {
    char text[4096];
    size_t text_bytes;
} collected;

static void collect(collected *out, const as_line *line)
{
    char head[32];
    int n = snprintf(head, sizeof head, "%llu:", (unsigned long long)line->line_seq);
    memcpy(out->text + out->text_bytes, head, (size_t)n);
    out->text_bytes += (size_t)n;
    memcpy(out->text + out->text_bytes, line->text, line->text_bytes);
    out->text_bytes += line->text_bytes;
    out->text[out->text_bytes++] = '|';
    out->text[out->text_bytes] = 0;
}

static void push(as_lines *lines, const char *piece, size_t piece_bytes, collected *out)
{
    /* A copy of exactly this length, so that a sanitizer sees any reading beyond the piece. */
    uint8_t *copy = malloc(piece_bytes + (piece_bytes == 0));
    assert_non_null(copy);
    memcpy(copy, piece, piece_bytes);
    const uint8_t *data = copy;
    size_t data_bytes = piece_bytes;
    as_line line;
    while (as_lines_next(lines, &data, &data_bytes, &line))
        collect(out, &line);
    assert_int_equal(data_bytes, 0);
    free(copy);
}

static void finish(as_lines *lines, collected *out)
{
    as_line line;
    if (as_lines_finish(lines, &line))
        collect(out, &line);
}

static as_lines lines;

static void every_split_point_gives_the_same_lines(void **state)
{
    (void)state;
    static const char text[] = "one\ntwo\r\n\n\r\nmid\rdle\nlast\r";
    static const char want[] = "1:one|2:two|3:|4:|5:mid\rdle|6:last|";
    size_t text_bytes = sizeof text - 1;
    for (size_t a = 0; a <= text_bytes; a++) {
        for (size_t b = a; b <= text_bytes; b++) {
            collected out = {0};
            as_lines_init(&lines);
            push(&lines, text, a, &out);
            push(&lines, text + a, b - a, &out);
            push(&lines, text + b, text_bytes - b, &out);
            finish(&lines, &out);
            assert_string_equal(out.text, want);
        }
    }
}

static void nothing_is_held_after_a_line_end(void **state)
{
    (void)state;
    collected out = {0};
    as_lines_init(&lines);
    push(&lines, "a\n", 2, &out);
    finish(&lines, &out);
    finish(&lines, &out);
    assert_string_equal(out.text, "1:a|");
}

static void a_line_of_the_limit_passes_and_one_byte_more_is_skipped(void **state)
{
    (void)state;
    static const char *ending[] = {"\n", "\r\n"};
    static char text[AS_LINE_BYTES + 2 + 8];
    for (size_t e = 0; e < 2; e++) {
        for (size_t extra = 0; extra < 3; extra++) {
            size_t line_bytes = AS_LINE_BYTES + extra;
            for (size_t piece_bytes = 1; piece_bytes <= sizeof text; piece_bytes += 13001) {
                memset(text, 'x', line_bytes);
                size_t text_bytes = line_bytes;
                memcpy(text + text_bytes, ending[e], strlen(ending[e]));
                text_bytes += strlen(ending[e]);
                memcpy(text + text_bytes, "ok\n", 3);
                text_bytes += 3;
                as_lines_init(&lines);
                uint64_t given = 0;
                size_t last_bytes = 0;
                for (size_t at = 0; at < text_bytes; at += piece_bytes) {
                    const uint8_t *data = (const uint8_t *)text + at;
                    size_t data_bytes = text_bytes - at < piece_bytes ? text_bytes - at : piece_bytes;
                    as_line line;
                    while (as_lines_next(&lines, &data, &data_bytes, &line)) {
                        if (given++ == 0 && extra == 0)
                            assert_int_equal(line.text_bytes, AS_LINE_BYTES);
                        last_bytes = line.text_bytes;
                        assert_int_equal(line.line_seq, extra == 0 ? given : 2);
                    }
                }
                assert_int_equal(given, extra == 0 ? 2 : 1);
                assert_int_equal(last_bytes, 2);
                assert_int_equal(lines.too_long, extra == 0 ? 0 : 1);
                assert_int_equal(lines.line_seq, 2);
            }
        }
    }
}

static void an_endless_line_is_counted_once_at_its_end(void **state)
{
    (void)state;
    static char block[AS_LINE_BYTES];
    collected out = {0};
    memset(block, 'y', sizeof block);
    as_lines_init(&lines);
    for (int i = 0; i < 10; i++)
        push(&lines, block, sizeof block, &out);
    assert_int_equal(lines.too_long, 0);
    finish(&lines, &out);
    assert_int_equal(lines.too_long, 1);
    push(&lines, "z\n", 2, &out);
    assert_string_equal(out.text, "2:z|");
}

static void random_pieces_of_random_lines_agree_with_a_plain_splitter(void **state)
{
    (void)state;
    unsigned seed = 20260701;
    print_message("seed %u\n", seed);
    for (int round = 0; round < 500; round++) {
        char text[600], want[4096];
        size_t text_bytes = 1 + (size_t)rand_r(&seed) % (sizeof text - 1), want_bytes = 0, begin = 0;
        for (size_t i = 0; i < text_bytes; i++)
            text[i] = "ab\r\n"[rand_r(&seed) % 4];
        unsigned long long seq = 0;
        for (size_t i = 0; i <= text_bytes; i++) {
            if (i < text_bytes ? text[i] != '\n' : begin == i)
                continue;
            size_t end = i > begin && text[i - 1] == '\r' ? i - 1 : i;
            want_bytes += (size_t)snprintf(want + want_bytes, sizeof want - want_bytes, "%llu:%.*s|", ++seq,
                                           (int)(end - begin), text + begin);
            begin = i + 1;
        }
        want[want_bytes] = 0;
        collected out = {0};
        as_lines_init(&lines);
        for (size_t at = 0; at < text_bytes;) {
            size_t piece_bytes = 1 + (size_t)rand_r(&seed) % 40;
            if (piece_bytes > text_bytes - at)
                piece_bytes = text_bytes - at;
            push(&lines, text + at, piece_bytes, &out);
            at += piece_bytes;
        }
        finish(&lines, &out);
        assert_string_equal(out.text, want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_split_point_gives_the_same_lines),
        cmocka_unit_test(nothing_is_held_after_a_line_end),
        cmocka_unit_test(a_line_of_the_limit_passes_and_one_byte_more_is_skipped),
        cmocka_unit_test(an_endless_line_is_counted_once_at_its_end),
        cmocka_unit_test(random_pieces_of_random_lines_agree_with_a_plain_splitter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
