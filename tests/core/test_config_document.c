#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/config_schema.h"
#include "core/text_file.h"

static char *page(void)
{
    char *text = NULL;
    size_t text_bytes;
    FILE *stream = open_memstream(&text, &text_bytes);
    assert_non_null(stream);
    as_config_document(stream);
    fclose(stream);
    return text;
}

static void every_key_has_a_row(void **state)
{
    (void)state;
    char *text = page(), row[128];
    for (size_t i = 0; i < as_config_key_count; i++) {
        snprintf(row, sizeof row, "\n| `%s` | ", as_config_keys[i].path);
        const char *found = strstr(text, row);
        if (!found || strstr(found + 1, row))
            fail_msg("%s has no row, or two", as_config_keys[i].path);
    }
    free(text);
}

/* The working directory of a test is the project's root. */
static void the_page_in_docs_is_up_to_date(void **state)
{
    (void)state;
    char *expected = page(), *found;
    size_t found_bytes;
    assert_int_equal(as_text_file_read("docs/CONFIG.md", 1 << 20, &found, &found_bytes), 0);
    if (strcmp(found, expected) != 0) {
        FILE *fresh = fopen("/tmp/CONFIG.md", "w");
        if (fresh) {
            fputs(expected, fresh);
            fclose(fresh);
        }
        fail_msg("docs/CONFIG.md is not what the schema says: take /tmp/CONFIG.md");
    }
    free(expected);
    free(found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_has_a_row),
        cmocka_unit_test(the_page_in_docs_is_up_to_date),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
