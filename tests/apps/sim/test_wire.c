#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "apps/sim/market.h"
#include "apps/sim/wire.h"
#include "feeds/news/desk.h"

static as_sim_market market;
static as_desk *desk;
static as_headline headline;

typedef struct tally {
    unsigned all, right;
} tally;

static const as_reading *read_as(const char *source, const char *text)
{
    memset(&headline, 0, sizeof headline);
    snprintf(headline.source, sizeof headline.source, "%s", source);
    snprintf(headline.text, sizeof headline.text, "%s", text);
    headline.text_bytes = (uint16_t)strlen(headline.text);
    as_desk_read(desk, &headline);
    return &headline.reading;
}

static bool only_issuer(const as_reading *reading, uint32_t issuer)
{
    return reading->issuer_count == 1 && reading->issuer[0] == issuer;
}

static void count(tally *t, bool right, const char *text)
{
    t->all++;
    t->right += right;
    if (!right)
        print_message("misread: %s\n", text);
}

static void expect_98_percent(const tally *t, const char *what)
{
    print_message("%s: %u of %u read right\n", what, t->right, t->all);
    if (t->right < 0.98 * t->all)
        fail_msg("%s: %u of %u", what, t->right, t->all);
}

/* Every family, issuer, direction and voice, with a few draws of the words. */
static void the_desk_reads_planted_headlines_right(void **state)
{
    (void)state;
    static const char *const source[] = {"Bloomberg", "Reuters", "PR Newswire", "Business Wire"};
    static const uint8_t cue[] = {AS_CUE_RUMOUR, AS_CUE_CONFIRMED, AS_CUE_DENIED, AS_CUE_CONFIRMED};
    as_sim_random random;
    tally t = {0};
    as_sim_random_init(&random, 4, "wire");
    for (uint32_t f = 0; f < AS_WIRE_FAMILY_COUNT; f++) {
        const as_wire_family *family = &AS_WIRE_FAMILY[f];
        int type = as_event_type_find(family->family);
        assert_true(type > 0 && market.playbook->family[type].used);
        for (unsigned i = 0; i < 16 && family->issuer[i]; i++) {
            uint32_t issuer = as_symbols_find(&market.universe.symbols, family->issuer[i], strlen(family->issuer[i]));
            assert_int_not_equal(issuer, AS_INSTRUMENT_NONE);
            const char *name = as_wire_name(&market.universe.instrument[issuer]);
            for (unsigned k = 0; k < 4 * 2 * 6; k++) {
                as_voice voice = (as_voice)(k % 4);
                int dir = k / 4 % 2 ? 1 : -1;
                char text[200];
                assert_true(as_wire_text(&random, family->family, dir, voice, name, text, sizeof text));
                const as_reading *r = read_as(source[voice], text);
                count(&t, only_issuer(r, issuer) && r->event_type == type && r->cue == cue[voice], text);
            }
        }
    }
    expect_98_percent(&t, "planted");
}

/* The direction that the desk hears is the planted one, for families where both happen. */
static void the_desk_hears_the_direction(void **state)
{
    (void)state;
    as_sim_random random;
    tally t = {0};
    as_sim_random_init(&random, 5, "wire");
    for (uint32_t f = 0; f < AS_WIRE_FAMILY_COUNT; f++) {
        const as_wire_family *family = &AS_WIRE_FAMILY[f];
        if (family->own_sign)
            continue;
        uint32_t issuer = as_symbols_find(&market.universe.symbols, family->issuer[0], strlen(family->issuer[0]));
        for (unsigned k = 0; k < 40; k++) {
            char text[200];
            int dir = k % 2 ? 1 : -1;
            as_wire_text(&random, family->family, dir, AS_VOICE_PLAIN,
                         as_wire_name(&market.universe.instrument[issuer]), text, sizeof text);
            count(&t, read_as("Reuters", text)->polarity == dir, text);
        }
    }
    if (t.right < 0.9 * t.all)
        fail_msg("direction: %u of %u", t.right, t.all);
}

/* What shocks nothing is of a family without channels, or of none, or about nobody. */
static void unrelated_headlines_shock_nothing(void **state)
{
    (void)state;
    as_sim_random random;
    tally t = {0};
    as_sim_random_init(&random, 6, "wire");
    for (unsigned k = 0; k < 2000; k++) {
        uint32_t issuer = market.sim[1 + as_sim_random_below(&random, market.count - 1)].instrument;
        const char *family;
        char text[200];
        as_wire_unrelated(&random, as_wire_name(&market.universe.instrument[issuer]), &family, text, sizeof text);
        const as_reading *r = read_as("CNBC", text);
        const as_event_family *found = &market.playbook->family[r->event_type];
        bool shocks = found->winner.set || found->same_bucket.set || found->symbol_count > 0;
        for (unsigned b = 0; b < AS_BUCKET_MAX; b++)
            shocks |= found->bucket[b].set;
        bool right = !shocks && (family ? only_issuer(r, issuer) : r->issuer_count == 0);
        count(&t, right, text);
    }
    expect_98_percent(&t, "unrelated");
}

static void a_family_without_a_text_says_so(void **state)
{
    (void)state;
    as_sim_random random;
    char text[200];
    as_sim_random_init(&random, 1, "wire");
    assert_false(as_wire_text(&random, "no_such_family", 1, AS_VOICE_PLAIN, "Nvidia", text, sizeof text));
    char narrow[10];
    assert_true(as_wire_text(&random, "capex_cut", 1, AS_VOICE_PLAIN, "Microsoft", narrow, sizeof narrow));
    assert_int_equal(strlen(narrow), 9);
}

static void outlets_have_the_class_they_are_listed_under(void **state)
{
    (void)state;
    static const uint8_t class_of[] = {AS_CLASS_PRESS, AS_CLASS_PRESS, AS_CLASS_OFFICIAL, AS_CLASS_AGGREGATOR};
    static const uint8_t tier_of[] = {1, 2, 1, 3};
    as_sim_random random;
    as_sim_random_init(&random, 1, "wire");
    for (unsigned k = 0; k < 400; k++) {
        const char *outlet = as_wire_outlet(&random, (as_outlet)(k % 4));
        const as_reading *r = read_as(outlet, "Nvidia unveils new software tools for developers");
        if (r->source_class != class_of[k % 4] || r->tier != tier_of[k % 4])
            fail_msg("%s: class %u tier %u", outlet, r->source_class, r->tier);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_desk_reads_planted_headlines_right),
        cmocka_unit_test(the_desk_hears_the_direction),
        cmocka_unit_test(unrelated_headlines_shock_nothing),
        cmocka_unit_test(a_family_without_a_text_says_so),
        cmocka_unit_test(outlets_have_the_class_they_are_listed_under),
    };
    if (as_sim_market_load(&market, "examples/market/market.yaml") < 0 ||
        as_desk_new(&market.universe, market.playbook, &desk) < 0)
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    as_desk_free(desk);
    as_sim_market_fini(&market);
    return failed;
}
