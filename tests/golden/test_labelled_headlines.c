#include "tests/support/desk_fixture.h"

#include "tests/support/json_vector.h"

/*
 * How well the desk reads 354 real, labelled headlines. A report; the floors only catch a
 * collapse. Issuers that are not in the universe of the reference day are left out of the wanted
 * sets.
 */
typedef struct ast_score {
    unsigned rows, issuers, event, status, polarity, polarity_rows;
} ast_score;

static const char *ast_cue_name(uint8_t cue)
{
    static const char *const name[] = {"confirmed", "rumour", "developing", "denied", "opinion"};
    return name[cue];
}

static bool ast_same_issuers(const ast_desk *d, const as_reading *reading, const ast_json *wanted)
{
    unsigned known = 0;
    for (size_t i = 0; i < wanted->item_count; i++) {
        uint32_t id = as_symbols_find(&d->universe.symbols, wanted->item[i].text, strlen(wanted->item[i].text));
        bool found = id == AS_INSTRUMENT_NONE;
        known += id != AS_INSTRUMENT_NONE;
        for (unsigned k = 0; k < reading->issuer_count; k++)
            found = found || reading->issuer[k] == id;
        if (!found)
            return false;
    }
    return known == reading->issuer_count;
}

static void ast_row(const ast_desk *d, const ast_json *row, ast_score *score)
{
    const as_headline *h = ast_desk_read(d, ast_json_at(row, "site")->text, ast_json_at(row, "title")->text);
    score->rows++;
    score->issuers += ast_same_issuers(d, &h->reading, ast_json_at(row, "issuers"));
    score->event += strcmp(ast_event_of(h), ast_json_at(row, "event")->text) == 0;
    score->status += strcmp(ast_cue_name(h->reading.cue), ast_json_at(row, "status")->text) == 0;
    if (h->reading.issuer_count > 0) {
        score->polarity_rows++;
        score->polarity += h->reading.polarity == (int)ast_json_number(row, "polarity");
    }
}

static void real_headlines_are_mostly_read_as_people_read_them(void **state)
{
    (void)state;
    char path[4096];
    ast_score score = {0};
    ast_desk d;
    ast_shared_path("labels/headlines.jsonl", path, sizeof path);
    char *text = ast_file_text(path);
    ast_desk_open_reference(&d);
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        ast_json *row = ast_json_parse(line);
        ast_row(&d, row, &score);
        ast_json_free(row);
    }
    printf("%u headlines: exact issuers %.1f %%, event %.1f %%, status %.1f %%, polarity %.1f %% (where an issuer is "
           "linked)\n",
           score.rows, 100.0 * score.issuers / score.rows, 100.0 * score.event / score.rows,
           100.0 * score.status / score.rows, 100.0 * score.polarity / score.polarity_rows);
    assert_true(score.issuers * 100 >= score.rows * 95);
    assert_true(score.event * 100 >= score.rows * 80);
    assert_true(score.status * 100 >= score.rows * 80);
    ast_desk_close(&d);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(real_headlines_are_mostly_read_as_people_read_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
