/*
 * How well the desk reads headlines that a person has labelled: counts by field, by event and by fold, confusion
 * tables, and the mistakes themselves. A row is a JSON object {"title","issuers","event","status","polarity"}; an
 * event, status or polarity of null is not what the row is about and is not counted.
 */
#ifndef AST_SUPPORT_DESK_SCORE_H
#define AST_SUPPORT_DESK_SCORE_H

#include "tests/support/desk_fixture.h"
#include "tests/support/json_vector.h"

enum { AST_EVENT_MAX = 32, AST_FOLD_COUNT = 5, AST_CUE_COUNT = 5 };

typedef struct ast_hits {
    unsigned right, rows;
} ast_hits;

typedef struct ast_desk_score {
    ast_hits issuers, event, status, polarity; /* polarity: rows whose issuers are wanted */
    ast_hits fold[3][AST_FOLD_COUNT];          /* issuers, event, status; row i is in fold i % 5 */
    unsigned events[AST_EVENT_MAX][AST_EVENT_MAX], cues[AST_CUE_COUNT][AST_CUE_COUNT]; /* [wanted][read] */
    unsigned rows;
} ast_desk_score;

static const char *const ast_cue_names[AST_CUE_COUNT] = {"confirmed", "rumour", "developing", "denied", "opinion"};

static inline bool ast_hit(ast_hits *hits, bool right)
{
    hits->rows++;
    hits->right += right;
    return right;
}

static inline double ast_percent(ast_hits hits)
{
    return hits.rows > 0 ? 100.0 * hits.right / hits.rows : 100.0;
}

/* Exactly the wanted issuers, less those that the universe does not have; *wanted_any: is one left? */
static inline bool ast_issuers_exact(const ast_desk *d, const as_reading *reading, const ast_json *wanted,
                                     bool *wanted_any)
{
    unsigned known = 0;
    bool all = true;
    for (size_t i = 0; i < wanted->item_count; i++) {
        uint32_t id = as_symbols_find(&d->universe.symbols, wanted->item[i].text, strlen(wanted->item[i].text));
        bool found = id == AS_INSTRUMENT_NONE;
        known += id != AS_INSTRUMENT_NONE;
        for (unsigned k = 0; k < reading->issuer_count; k++)
            found = found || reading->issuer[k] == id;
        all = all && found;
    }
    *wanted_any = known > 0;
    return all && known == reading->issuer_count;
}

static inline int ast_cue_of(const char *name)
{
    for (int i = 0; i < AST_CUE_COUNT; i++)
        if (strcmp(ast_cue_names[i], name) == 0)
            return i;
    return -1;
}

static inline void ast_print_mistake(const ast_desk *d, const ast_json *row, const as_headline *h)
{
    const ast_json *wanted = ast_json_at(row, "issuers"), *event = ast_json_at(row, "event");
    const ast_json *status = ast_json_at(row, "status");
    printf("  \"%s\"\n      read [%s] %s %s %+d, wanted [", ast_json_at(row, "title")->text,
           ast_issuers_of(d, &h->reading), ast_event_of(h), ast_cue_names[h->reading.cue], h->reading.polarity);
    for (size_t i = 0; i < wanted->item_count; i++)
        printf("%s%s", i > 0 ? "," : "", wanted->item[i].text);
    printf("] %s %s\n", event->kind == AST_JSON_STRING ? event->text : "(any)",
           status->kind == AST_JSON_STRING ? status->text : "(any)");
}

/* Read one row and count it. print: show what is read wrongly. */
static inline void ast_score_row(const ast_desk *d, const ast_json *row, const char *source, bool print,
                                 ast_desk_score *score)
{
    const as_headline *h = ast_desk_read(d, source, ast_json_at(row, "title")->text);
    const ast_json *event = ast_json_at(row, "event"), *status = ast_json_at(row, "status");
    const ast_json *polarity = ast_json_at(row, "polarity");
    unsigned fold = score->rows++ % AST_FOLD_COUNT;
    bool issuers_wanted = false, right;
    right = ast_hit(&score->issuers, ast_issuers_exact(d, &h->reading, ast_json_at(row, "issuers"), &issuers_wanted));
    (void)ast_hit(&score->fold[0][fold], right);
    if (event->kind == AST_JSON_STRING) {
        int wanted = as_event_type_find(event->text);
        bool same = wanted == h->reading.event_type;
        assert_true(wanted >= 0 && wanted < AST_EVENT_MAX);
        (void)ast_hit(&score->event, same);
        (void)ast_hit(&score->fold[1][fold], same);
        score->events[wanted][h->reading.event_type]++;
        right = right && same;
    }
    if (status->kind == AST_JSON_STRING) {
        int wanted = ast_cue_of(status->text);
        bool same = wanted == h->reading.cue;
        assert_true(wanted >= 0);
        (void)ast_hit(&score->status, same);
        (void)ast_hit(&score->fold[2][fold], same);
        score->cues[wanted][h->reading.cue]++;
        right = right && same;
    }
    if (polarity->kind == AST_JSON_NUMBER && issuers_wanted)
        (void)ast_hit(&score->polarity, h->reading.polarity == (int)polarity->number);
    if (!right && print)
        ast_print_mistake(d, row, h);
}

static inline void ast_print_events(const ast_desk_score *score)
{
    printf("event (wanted)          right/rows  read as\n");
    for (int wanted = 0; wanted < AST_EVENT_MAX; wanted++) {
        unsigned rows = 0;
        for (int got = 0; got < AST_EVENT_MAX; got++)
            rows += score->events[wanted][got];
        if (rows == 0)
            continue;
        printf("%-24s %4u/%-4u ", as_event_type_name((uint16_t)wanted), score->events[wanted][wanted], rows);
        for (int got = 0; got < AST_EVENT_MAX; got++)
            if (got != wanted && score->events[wanted][got] > 0)
                printf(" %s %u", as_event_type_name((uint16_t)got), score->events[wanted][got]);
        printf("\n");
    }
}

static inline void ast_print_cues(const ast_desk_score *score)
{
    printf("%-12s", "status");
    for (int got = 0; got < AST_CUE_COUNT; got++)
        printf(" %10s", ast_cue_names[got]);
    printf("   (columns: read as)\n");
    for (int wanted = 0; wanted < AST_CUE_COUNT; wanted++) {
        printf("%-12s", ast_cue_names[wanted]);
        for (int got = 0; got < AST_CUE_COUNT; got++)
            printf(" %10u", score->cues[wanted][got]);
        printf("\n");
    }
}

static inline void ast_print_score(const char *name, const ast_desk_score *score)
{
    printf("%s: %u headlines: exact issuers %.1f %%, event %.1f %%, status %.1f %%, polarity %.1f %% of %u with an "
           "issuer\n",
           name, score->rows, ast_percent(score->issuers), ast_percent(score->event), ast_percent(score->status),
           ast_percent(score->polarity), score->polarity.rows);
}

static inline void ast_print_folds(const ast_desk_score *score)
{
    static const char *const field[3] = {"issuers", "event", "status"};
    printf("5-fold (no rule is learned from the file, so every fold is read by the same rules):");
    for (int f = 0; f < 3; f++) {
        double low = 100, high = 0;
        for (int i = 0; i < AST_FOLD_COUNT; i++) {
            low = fmin(low, ast_percent(score->fold[f][i]));
            high = fmax(high, ast_percent(score->fold[f][i]));
        }
        printf("%s %s %.1f..%.1f %%", f > 0 ? "," : "", field[f], low, high);
    }
    printf("\n");
}

#endif
