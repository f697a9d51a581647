#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>
#include <stdio.h>

#include "core/cluster.h"
#include "tests/support/random.h"

typedef struct ast_text {
    uint32_t feature[AS_HEADLINE_FEATURE_MAX];
    unsigned count;
} ast_text;

/* Features from a small range, so that texts share many and places of the index collide. */
static ast_text ast_draw(uint64_t *seed)
{
    ast_text text = {.count = 0};
    for (uint32_t x = 0; x < 90 && text.count < AS_HEADLINE_FEATURE_MAX; x++)
        if (ast_random(seed) % 3 == 0)
            text.feature[text.count++] = (x / 2) + (x % 2) * 1024 * 7;
    return text;
}

static bool ast_has(const ast_text *text, uint32_t feature)
{
    for (unsigned i = 0; i < text->count; i++)
        if (text->feature[i] == feature)
            return true;
    return false;
}

static void counts_and_cover_are_those_of_counting_by_hand_while_the_ring_turns(void **state)
{
    (void)state;
    uint64_t seed = 41;
    static as_cluster cluster;
    ast_text text[40];
    printf("seed 41\n");
    for (unsigned n = 0; n < 40; n++) {
        text[n] = ast_draw(&seed);
        as_cluster_add(&cluster, text[n].feature, text[n].count, n);
        unsigned held = n + 1 < AS_FACT_CLUSTER_MAX ? n + 1 : AS_FACT_CLUSTER_MAX;
        assert_int_equal(cluster.text_count, held);
        ast_text item = ast_draw(&seed);
        as_print_index index;
        as_print_index_init(&index, item.feature, item.count);
        as_cluster_shared shared = as_cluster_compare(&cluster, &index, 5);
        unsigned covered = 0;
        for (unsigned i = 0; i < item.count; i++) {
            bool any = false;
            for (unsigned age = 0; age < 5 && age < held; age++)
                any = any || ast_has(&text[n - age], item.feature[i]);
            covered += any;
        }
        assert_int_equal(shared.covered, covered);
        for (unsigned age = 0; age < held; age++) {
            unsigned slot = (n - age) % AS_FACT_CLUSTER_MAX, both = 0;
            for (unsigned i = 0; i < item.count; i++)
                both += ast_has(&text[n - age], item.feature[i]);
            assert_int_equal(shared.counts >> (8 * slot) & 0xFF, both);
            assert_int_equal(cluster.ts[slot], n - age);
            assert_int_equal(cluster.feature_count[slot], text[n - age].count);
        }
    }
}

/* All features of all texts differ, and all are of the largest size: nothing runs over. */
static void the_largest_texts_fit(void **state)
{
    (void)state;
    static as_cluster cluster;
    uint32_t feature[AS_HEADLINE_FEATURE_MAX];
    for (uint32_t n = 0; n < 20; n++) {
        for (uint32_t i = 0; i < AS_HEADLINE_FEATURE_MAX; i++)
            feature[i] = n * 4096 + i;
        as_cluster_add(&cluster, feature, AS_HEADLINE_FEATURE_MAX, n);
        assert_int_equal(cluster.member_count, AS_HEADLINE_FEATURE_MAX * cluster.text_count);
    }
    as_print_index index;
    as_print_index_init(&index, feature, AS_HEADLINE_FEATURE_MAX);
    as_cluster_shared shared = as_cluster_compare(&cluster, &index, 1);
    assert_true(shared.counts == (uint64_t)AS_HEADLINE_FEATURE_MAX << (8 * 3)); /* the twentieth text: slot 19 % 8 */
    assert_int_equal(shared.covered, AS_HEADLINE_FEATURE_MAX);
}

static void an_empty_text_is_like_nothing(void **state)
{
    (void)state;
    static as_cluster cluster;
    as_print_index index;
    as_print_index_init(&index, NULL, 0);
    as_cluster_add(&cluster, NULL, 0, 1);
    as_cluster_shared shared = as_cluster_compare(&cluster, &index, 5);
    assert_true(shared.counts == 0 && shared.covered == 0);
    assert_int_equal(cluster.member_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_and_cover_are_those_of_counting_by_hand_while_the_ring_turns),
        cmocka_unit_test(the_largest_texts_fit),
        cmocka_unit_test(an_empty_text_is_like_nothing),
    };
    return cmocka_run_group_tests_name("cluster", tests, NULL, NULL);
}
