#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "apps/common/headline_texts.h"

static void put(as_headline_texts *texts, const char *id, const char *text)
{
    as_headline headline;
    memset(&headline, 0, sizeof headline);
    snprintf(headline.id, sizeof headline.id, "%s", id);
    snprintf(headline.source, sizeof headline.source, "Wire");
    snprintf(headline.text, sizeof headline.text, "%s", text);
    headline.ts_event = 7;
    as_headline_texts_put(texts, &headline);
}

static void a_text_is_found_by_its_id(void **unused)
{
    (void)unused;
    as_headline_texts *texts;
    as_headline_text text;
    assert_int_equal(as_headline_texts_new(&texts), 0);
    assert_false(as_headline_texts_get(texts, "a", &text));
    put(texts, "a", "first");
    put(texts, "b", "second");
    assert_true(as_headline_texts_get(texts, "a", &text));
    assert_string_equal(text.text, "first");
    assert_string_equal(text.source, "Wire");
    assert_int_equal(text.ts_event, 7);
    put(texts, "a", "revised");
    assert_true(as_headline_texts_get(texts, "a", &text));
    assert_string_equal(text.text, "revised");
    as_headline_texts_free(texts);
    as_headline_texts_free(NULL);
}

static void the_oldest_is_forgotten(void **unused)
{
    (void)unused;
    as_headline_texts *texts;
    as_headline_text text;
    char id[16];
    assert_int_equal(as_headline_texts_new(&texts), 0);
    for (int i = 0; i <= AS_PAGE_TEXT_MAX; i++) {
        snprintf(id, sizeof id, "%d", i);
        put(texts, id, id);
    }
    assert_false(as_headline_texts_get(texts, "0", &text));
    assert_true(as_headline_texts_get(texts, "1", &text));
    assert_true(as_headline_texts_get(texts, id, &text));
    as_headline_texts_free(texts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_is_found_by_its_id),
        cmocka_unit_test(the_oldest_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
