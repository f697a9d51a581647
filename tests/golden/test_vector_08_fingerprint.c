#include "tests/support/json_vector.h"

#include "core/event.h"
#include "core/fact.h"
#include "core/fingerprint.h"
#include "core/limits.h"
#include "feeds/news/fingerprint.h"

enum { AST_TEXT_MAX = 16 };

typedef struct ast_print {
    uint32_t set[AS_HEADLINE_FEATURE_MAX];
    unsigned set_count;
    uint64_t simhash;
    uint64_t minhash[AS_MINHASH_WORDS];
} ast_print;

static ast_print ast_print_of(const char *text)
{
    ast_print p;
    uint64_t feature[AS_HEADLINE_FEATURE_MAX];
    p.set_count = as_fingerprint_read(text, strlen(text), p.set);
    unsigned count = as_fingerprint_features(text, strlen(text), feature, AS_HEADLINE_FEATURE_MAX);
    p.simhash = as_simhash(feature, count);
    count = as_fingerprint_raw(text, strlen(text), feature, AS_HEADLINE_FEATURE_MAX);
    as_minhash(feature, count, p.minhash);
    return p;
}

static unsigned ast_prints(const ast_json *vector, ast_print *print)
{
    const ast_json *texts = ast_json_at(vector, "inputs/headlines");
    assert_true(texts->item_count <= AST_TEXT_MAX);
    for (size_t i = 0; i < texts->item_count; i++)
        print[i] = ast_print_of(texts->item[i].text);
    return (unsigned)texts->item_count;
}

static void features_and_hashes_are_those_of_the_vector(void **state)
{
    (void)state;
    ast_json *vector = ast_vector("08_simhash_jaccard_novelty.json");
    const ast_json *features = ast_json_at(vector, "expected/features_0");
    const char *text = ast_json_at(vector, "inputs/headlines")->item[0].text;
    uint64_t raw[AS_HEADLINE_FEATURE_MAX];
    unsigned count = as_fingerprint_raw(text, strlen(text), raw, AS_HEADLINE_FEATURE_MAX);
    assert_int_equal(count, features->item_count);
    for (size_t i = 0; i < features->item_count; i++) {
        uint64_t wanted = as_fnv1a64(features->item[i].text, strlen(features->item[i].text));
        unsigned found = 0;
        for (unsigned k = 0; k < count; k++)
            found += raw[k] == wanted;
        assert_int_equal(found, 1);
    }
    assert_true(as_fnv1a64("meta", 4) == strtoull(ast_json_at(vector, "expected/fnv1a64(\"meta\")")->text, NULL, 16));
    assert_true(as_fmix64(as_fnv1a64("meta", 4)) ==
                strtoull(ast_json_at(vector, "expected/fmix64(fnv1a64(\"meta\"))")->text, NULL, 16));
    ast_json_free(vector);
}

static void simhash_and_its_distances_are_those_of_the_vector(void **state)
{
    (void)state;
    ast_json *vector = ast_vector("08_simhash_jaccard_novelty.json");
    static ast_print print[AST_TEXT_MAX];
    unsigned count = ast_prints(vector, print);
    const ast_json *hex = ast_json_at(vector, "expected/simhash_hex");
    const ast_json *hamming = ast_json_at(vector, "expected/hamming");
    for (unsigned i = 0; i < count; i++) {
        assert_true(print[i].simhash == strtoull(hex->item[i].text, NULL, 16));
        for (unsigned k = 0; k < count; k++)
            assert_int_equal(__builtin_popcountll(print[i].simhash ^ print[k].simhash),
                             (int)hamming->item[i].item[k].number);
    }
    ast_json_free(vector);
}

static void jaccard_and_containment_are_those_of_the_vector(void **state)
{
    (void)state;
    ast_json *vector = ast_vector("08_simhash_jaccard_novelty.json");
    static ast_print print[AST_TEXT_MAX];
    unsigned count = ast_prints(vector, print);
    double tolerance = ast_json_number(vector, "tolerance");
    const ast_json *jaccard = ast_json_at(vector, "expected/jaccard");
    const ast_json *containment = ast_json_at(vector, "expected/containment");
    for (unsigned i = 0; i < count; i++)
        for (unsigned k = 0; k < count; k++) {
            const ast_print *a = &print[i], *b = &print[k];
            ast_close("jaccard", as_jaccard(a->set, a->set_count, b->set, b->set_count),
                      jaccard->item[i].item[k].number, tolerance);
            ast_close("containment", as_containment(a->set, a->set_count, b->set, b->set_count),
                      containment->item[i].item[k].number, tolerance);
        }
    ast_json_free(vector);
}

static void minhash_estimates_are_those_of_the_vector(void **state)
{
    (void)state;
    ast_json *vector = ast_vector("08_simhash_jaccard_novelty.json");
    static ast_print print[AST_TEXT_MAX];
    unsigned count = ast_prints(vector, print);
    const ast_json *estimate = ast_json_at(vector, "expected/minhash16_jaccard_est");
    const ast_json *first = ast_json_at(vector, "expected/minhash16_first_hex");
    for (size_t i = 0; i < first->item_count && i < AS_MINHASH_WORDS; i++)
        assert_true(print[0].minhash[i] == strtoull(first->item[i].text, NULL, 16));
    for (unsigned i = 0; i < count; i++)
        for (unsigned k = 0; k < count; k++) {
            unsigned same = 0;
            for (unsigned m = 0; m < AS_MINHASH_WORDS; m++)
                same += print[i].minhash[m] == print[k].minhash[m];
            assert_true((double)same / AS_MINHASH_WORDS == estimate->item[i].item[k].number);
        }
    ast_json_free(vector);
}

/* The headline of the vector's n-th time. */
static unsigned ast_nth(const ast_json *minutes, unsigned n)
{
    for (unsigned i = 0;; i++) {
        unsigned before = 0;
        for (unsigned k = 0; k < minutes->item_count; k++)
            before += minutes->item[k].number < minutes->item[i].number;
        if (before == n)
            return i;
    }
}

static as_fact_change ast_apply(as_fact_table *table, const as_playbook *playbook, const ast_print *print,
                                double minutes, uint16_t type)
{
    const as_symbols symbols = {.count = 1, .name = (char[1][AS_SYMBOL_BYTES]){"ANY"}};
    uint64_t from = UINT64_C(1782900000) * AS_NS_PER_S;
    as_headline headline = {.ts_recv = from + (uint64_t)((int64_t)minutes * 60 * (int64_t)AS_NS_PER_S),
                            .source = "vector"};
    (void)snprintf(headline.id, sizeof headline.id, "at %.0f", minutes);
    headline.reading = (as_reading){.issuer_count = 1, .event_type = type, .tier = 1, .cue = AS_CUE_RUMOUR};
    headline.reading.feature_count = (uint16_t)print->set_count;
    memcpy(headline.reading.feature, print->set, print->set_count * sizeof *print->set);
    return as_fact_apply(table, playbook, &symbols, &headline, 0);
}

/* In the order of their times, all of one company, through the table: as items of no fact, and as items of one. */
static void novelty_and_the_ens_chain_are_those_of_the_vector(void **state)
{
    (void)state;
    ast_json *vector = ast_vector("08_simhash_jaccard_novelty.json");
    static ast_print print[AST_TEXT_MAX];
    static as_playbook playbook = {.family[1] = {.event_type = 1, .used = true, .object = "object"}};
    unsigned count = ast_prints(vector, print);
    const ast_json *minutes = ast_json_at(vector, "inputs/minutes_from_first");
    const ast_json *wanted = ast_json_at(vector, "expected/novelty_by_headline");
    const ast_json *chain = ast_json_at(vector, "expected/ens_chain");
    as_thresholds_default(&playbook.thresholds);
    playbook.thresholds.novelty_half_life_hours = ast_json_number(vector, "inputs/novelty_half_life_minutes") / 60;
    for (uint16_t type = 0; type <= 1; type++) {
        as_fact_table table;
        assert_int_equal(as_fact_table_init(&table), 0);
        for (unsigned n = 0; n < count; n++) {
            unsigned i = ast_nth(minutes, n);
            as_fact_change change = ast_apply(&table, &playbook, &print[i], minutes->item[i].number, type);
            ast_close("novelty", change.novelty, wanted->item[i].number, ast_json_number(vector, "tolerance"));
            assert_int_equal(change.fact != NULL, type == 1);
            if (type == 1 && n < chain->item_count)
                ast_close("ens", change.fact->ens, chain->item[n].number, 1e-12);
        }
        as_fact_table_fini(&table);
    }
    ast_json_free(vector);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(features_and_hashes_are_those_of_the_vector),
        cmocka_unit_test(simhash_and_its_distances_are_those_of_the_vector),
        cmocka_unit_test(jaccard_and_containment_are_those_of_the_vector),
        cmocka_unit_test(minhash_estimates_are_those_of_the_vector),
        cmocka_unit_test(novelty_and_the_ens_chain_are_those_of_the_vector),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
