#include "tests/support/desk_score.h"

/*
 * Headlines of the project's own writing, in the manner of wires, over all families and every status, and words that
 * only look like a company: tests/golden/desk_cases.ndjson, labelled by labels/GUIDE.md before the desk had read them.
 * Each set was written after the rules had been mended on the one before, so its first reading was a blind one:
 *
 *   set      rows  exact issuers  event   status   (first reading)
 *   A         293      97.3 %     59.7 %   90.8 %
 *   traps-A    95      84.2 %     93.7 %   97.9 %
 *   B         194      98.5 %     78.4 %   96.4 %
 *   traps-B    65      96.9 %     93.8 %  100.0 %
 *   C         120      96.7 %     83.3 %   97.5 %
 *   D         148      95.3 %     87.8 %   93.9 %
 *   E          67      94.0 %     82.1 %   94.0 %
 *
 * One label of traps-A (a foil is no issuer) was corrected after its first reading. All sets have one author, who
 * knew the rules; a stranger's headlines may be read less well.
 * Now that the rules have seen them the sets only guard against a relapse.
 */
typedef struct ast_floor {
    const char *set;
    double issuers, event, status, polarity;
    ast_desk_score score;
} ast_floor;

static ast_floor ast_floors[] = {
    {.set = "A", .issuers = 98, .event = 97, .status = 97, .polarity = 85},
    {.set = "B", .issuers = 97, .event = 97, .status = 97, .polarity = 80},
    {.set = "C", .issuers = 97, .event = 97, .status = 97, .polarity = 80},
    {.set = "D", .issuers = 96, .event = 93, .status = 95},
    {.set = "E", .issuers = 94, .event = 93, .status = 95},
    {.set = "F", .issuers = 94, .event = 93, .status = 95},
    {.set = "traps-A", .issuers = 95, .event = 95, .status = 95},
    {.set = "traps-B", .issuers = 95, .event = 95, .status = 95},
};

static ast_desk_score *ast_score_of(const char *set)
{
    for (size_t i = 0; i < sizeof ast_floors / sizeof ast_floors[0]; i++)
        if (strcmp(ast_floors[i].set, set) == 0)
            return &ast_floors[i].score;
    fail_msg("desk_cases.ndjson: found set '%s', allowed: A, B, C, D, E, F, traps-A, traps-B", set);
    return NULL;
}

static void ast_check(const ast_floor *floor)
{
    ast_print_score(floor->set, &floor->score);
    assert_true(floor->score.rows > 0);
    assert_true(ast_percent(floor->score.issuers) >= floor->issuers);
    assert_true(ast_percent(floor->score.event) >= floor->event);
    assert_true(ast_percent(floor->score.status) >= floor->status);
    assert_true(ast_percent(floor->score.polarity) >= floor->polarity);
}

static void written_headlines_of_all_families_are_read_as_labelled(void **state)
{
    (void)state;
    static ast_desk_score all;
    ast_desk d;
    char *text = ast_file_text("tests/golden/desk_cases.ndjson");
    ast_desk_open(&d, "tests/golden/desk_universe.csv", "examples/reference-day/playbook.yaml");
    printf("read otherwise than labelled:\n");
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        ast_json *row = ast_json_parse(line);
        ast_score_row(&d, row, "wire", true, &all);
        ast_score_row(&d, row, "wire", false, ast_score_of(ast_json_at(row, "set")->text));
        ast_json_free(row);
    }
    ast_print_events(&all);
    ast_print_cues(&all);
    ast_print_score("all sets", &all);
    for (size_t i = 0; i < sizeof ast_floors / sizeof ast_floors[0]; i++)
        ast_check(&ast_floors[i]);
    for (int type = 1; type < AST_EVENT_MAX; type++)
        if (as_event_type_name((uint16_t)type) != NULL && d.playbook->family[type].used)
            assert_true(all.events[type][type] >= 4); /* no family goes untested */
    ast_desk_close(&d);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(written_headlines_of_all_families_are_read_as_labelled),
    };
    return cmocka_run_group_tests_name("desk_headlines", tests, NULL, NULL);
}
