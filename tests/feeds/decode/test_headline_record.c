#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "feeds/decode/headline_record.h"

static as_headline hl;

static void fields_are_cut_at_a_character(void **state)
{
    (void)state;
    char field[8];
    bool cut;
    assert_true(as_headline_set(field, sizeof field, "abcdefg", 7, &cut));
    assert_string_equal(field, "abcdefg");
    assert_false(cut);
    assert_true(as_headline_set(field, sizeof field, "abcdefgh", 8, &cut));
    assert_string_equal(field, "abcdefg");
    assert_true(cut);
    assert_true(as_headline_set(field, sizeof field, "abcde\xe2\x82\xac", 8, &cut));
    assert_string_equal(field, "abcde");
    assert_true(cut);
    assert_true(as_headline_set(field, sizeof field, "a\0b", 3, &cut));
    assert_string_equal(field, "a b");
    assert_false(as_headline_set(field, sizeof field, "ab\xff", 3, NULL));
    assert_string_equal(field, "");
    assert_true(as_headline_set(field, sizeof field, "", 0, &cut));
    assert_false(cut);
}

static void tags_are_a_set_of_limited_size(void **state)
{
    (void)state;
    as_headline_clear(&hl);
    as_headline_add_tag(&hl, 3);
    as_headline_add_tag(&hl, 3);
    assert_int_equal(hl.tag_count, 1);
    for (uint32_t i = 0; i < 100; i++)
        as_headline_add_tag(&hl, i);
    assert_int_equal(hl.tag_count, AS_HEADLINE_TAG_MAX);
}

static void an_id_is_made_of_what_is_there(void **state)
{
    (void)state;
    as_headline_clear(&hl);
    strcpy(hl.source, " Wire\n");
    strcpy(hl.text, "\tone\ttwo ");
    assert_true(as_headline_finish(&hl, NULL, 0));
    assert_string_equal(hl.text, "one two");
    assert_int_equal(hl.text_bytes, 7);
    assert_string_equal(hl.source, "Wire");
    assert_int_equal(strlen(hl.id), 21);
    char id[AS_HEADLINE_ID_BYTES];
    strcpy(id, hl.id);
    assert_true(as_headline_finish(&hl, NULL, 0)); /* once more changes nothing */
    assert_string_equal(hl.id, id);
    assert_true(as_headline_finish(&hl, "a very long id", 14));
    assert_string_not_equal(hl.id, id);
    hl.text[0] = 0;
    assert_false(as_headline_finish(&hl, NULL, 0));
}

static void a_long_source_leaves_room_for_the_hash(void **state)
{
    (void)state;
    as_headline_clear(&hl);
    strcpy(hl.text, "x");
    memset(hl.source, 's', sizeof hl.source - 1);
    memcpy(hl.source + sizeof hl.source - 4, "\xe2\x82\xac", 3); /* a character across the cut */
    assert_true(as_headline_finish(&hl, NULL, 0));
    assert_true(strlen(hl.id) < AS_HEADLINE_ID_BYTES);
    assert_int_equal(hl.id[strlen(hl.id) - 17], '-');
    assert_int_equal(hl.id[strlen(hl.id) - 18], 's');
}

static void classes_have_words(void **state)
{
    (void)state;
    for (unsigned i = AS_CLASS_OFFICIAL; i <= AS_CLASS_SOCIAL; i++)
        assert_int_equal(as_source_class_parse(as_source_class_word((as_source_class)i)), i);
    assert_int_equal(as_source_class_parse("Press"), AS_CLASS_UNKNOWN);
    assert_int_equal(as_source_class_parse(""), AS_CLASS_UNKNOWN);
    assert_string_equal(as_source_class_word(AS_CLASS_UNKNOWN), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_cut_at_a_character),
        cmocka_unit_test(tags_are_a_set_of_limited_size),
        cmocka_unit_test(an_id_is_made_of_what_is_there),
        cmocka_unit_test(a_long_source_leaves_room_for_the_hash),
        cmocka_unit_test(classes_have_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
