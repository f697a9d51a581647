#include "tests/support/desk_score.h"

/*
 * How well the desk reads 354 real, labelled headlines (labels/GUIDE.md). Issuers that are not in the universe of the
 * reference day are left out of the wanted sets. The floors are the issue's; for polarity, which the issue does not
 * bound, a floor that only catches a collapse. Groups of one fact are scored in test_novel_groups.c.
 */
static void real_headlines_are_mostly_read_as_people_read_them(void **state)
{
    (void)state;
    char path[4096];
    static ast_desk_score score;
    ast_desk d;
    ast_shared_path("labels/headlines.jsonl", path, sizeof path);
    char *text = ast_file_text(path);
    ast_desk_open_reference(&d);
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        ast_json *row = ast_json_parse(line);
        ast_score_row(&d, row, ast_json_at(row, "site")->text, false, &score);
        ast_json_free(row);
    }
    ast_print_events(&score);
    ast_print_cues(&score);
    ast_print_score("labels/headlines.jsonl", &score);
    ast_print_folds(&score);
    assert_true(ast_percent(score.issuers) >= 95);
    assert_true(ast_percent(score.event) >= 85);
    assert_true(ast_percent(score.status) >= 90);
    assert_true(ast_percent(score.polarity) >= 70);
    ast_desk_close(&d);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(real_headlines_are_mostly_read_as_people_read_them),
    };
    return cmocka_run_group_tests_name("labelled_headlines", tests, NULL, NULL);
}
