#include "tests/support/desk_fixture.h"

#include "tests/support/json_vector.h"

/* Exact set match for each of the 26 cases, with the universe of the reference day. */
static void every_case_links_exactly_the_expected_issuers(void **state)
{
    (void)state;
    ast_json *vector = ast_vector("18_entity_linking.json");
    const ast_json *cases = ast_json_at(vector, "cases");
    ast_desk d;
    unsigned wrong = 0;
    ast_desk_open_reference(&d);
    assert_true(cases->item_count >= 26);
    for (size_t i = 0; i < cases->item_count; i++) {
        const ast_json *expected = ast_json_at(&cases->item[i], "expected");
        const char *text = ast_json_at(&cases->item[i], "text")->text;
        const as_reading *reading = &ast_desk_read(&d, "wire", text)->reading;
        bool same = reading->issuer_count == expected->item_count;
        for (size_t k = 0; same && k < expected->item_count; k++) {
            const char *symbol = expected->item[k].text;
            uint32_t wanted = as_symbols_find(&d.universe.symbols, symbol, strlen(symbol));
            bool found = false;
            for (unsigned j = 0; j < reading->issuer_count; j++)
                found = found || reading->issuer[j] == wanted;
            same = found;
        }
        if (!same) {
            wrong++;
            printf("\"%s\" links [%s]\n", text, ast_issuers_of(&d, reading));
        }
    }
    assert_int_equal(wrong, 0);
    ast_desk_close(&d);
    ast_json_free(vector);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_links_exactly_the_expected_issuers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
