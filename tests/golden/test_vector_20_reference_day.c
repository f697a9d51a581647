#include "tests/support/json_vector.h"

#include <zlib.h>

#include "core/logexp.h"
#include "core/price.h"
#include "core/score.h"
#include "core/stats/beta.h"
#include "core/stats/control.h"

/*
 * Vector 20: the reference day from daily closes alone. Logarithmic returns, the market model of
 * SPY lagged by one session, M from META, the score of every row.
 *
 * The vector's tolerance is stated in words: 2 percent of z and OS, or 0.03 absolute. The model
 * itself is compared much closer.
 */
#define DATA "data/daily_us/ai_universe_daily_2025-02_2026-07.csv.gz"
#define SYMBOL_MAX 128
#define DAY_MAX 512
#define MODEL_TOLERANCE 1e-9

typedef struct ast_closes {
    char date[DAY_MAX][11];
    char symbol[SYMBOL_MAX][16];
    size_t day_count, symbol_count;
    int64_t px[SYMBOL_MAX][DAY_MAX]; /* 0 where there is none */
} ast_closes;

static size_t ast_symbol(ast_closes *closes, const char *symbol)
{
    for (size_t i = 0; i < closes->symbol_count; i++) {
        if (strcmp(closes->symbol[i], symbol) == 0)
            return i;
    }
    assert_true(closes->symbol_count < SYMBOL_MAX);
    snprintf(closes->symbol[closes->symbol_count], sizeof closes->symbol[0], "%s", symbol);
    return closes->symbol_count++;
}

/* Lines date,symbol,price in order of date. */
static ast_closes *ast_closes_read(void)
{
    char path[4096];
    ast_shared_path(DATA, path, sizeof path);
    gzFile file = gzopen(path, "rb");
    assert_non_null(file);
    ast_closes *closes = calloc(1, sizeof *closes);
    assert_non_null(closes);
    char line[256];
    assert_non_null(gzgets(file, line, sizeof line));
    while (gzgets(file, line, sizeof line) != NULL) {
        char date[16];
        char symbol[16];
        char price[32];
        assert_int_equal(sscanf(line, "%15[^,],%15[^,],%31[0-9.eE+-]", date, symbol, price), 3);
        if (closes->day_count == 0 || strcmp(closes->date[closes->day_count - 1], date) != 0) {
            assert_true(closes->day_count < DAY_MAX);
            snprintf(closes->date[closes->day_count++], sizeof closes->date[0], "%.10s", date);
        }
        int64_t px;
        assert_true(as_price_parse(price, strlen(price), &px) >= AS_PRICE_OK);
        closes->px[ast_symbol(closes, symbol)][closes->day_count - 1] = px;
    }
    gzclose(file);
    return closes;
}

typedef struct ast_day {
    double r, beta, ar, sigma, z;
    uint32_t n;
    double residual[DAY_MAX]; /* by session before the day, NAN where missing */
    size_t session_count;
} ast_day;

/* Run a symbol's model over the sessions of SPY up to the day; the day itself uses what was known before it. */
static ast_day ast_run(ast_closes *closes, const char *symbol, const char *date)
{
    ast_day day = {0};
    const int64_t *factor = closes->px[ast_symbol(closes, "SPY")];
    const int64_t *name = closes->px[ast_symbol(closes, symbol)];
    as_market_model model;
    as_market_model_init(&model, 0.94, 60);
    size_t before = SIZE_MAX;
    for (size_t d = 0; d < closes->day_count; d++) {
        if (factor[d] == 0)
            continue;
        double x = before == SIZE_MAX ? NAN : as_log_ratio(factor[d], factor[before]);
        double y = before == SIZE_MAX ? NAN : as_log_ratio(name[d], name[before]);
        before = d;
        if (strcmp(closes->date[d], date) == 0) {
            day.r = y;
            day.beta = as_market_model_beta(&model);
            day.ar = y - day.beta * x;
            day.sigma = as_sqrt(as_market_model_variance(&model));
            day.z = day.ar / day.sigma;
            day.n = model.n;
            return day;
        }
        day.residual[day.session_count++] = as_market_model_update(&model, x, y);
    }
    fail_msg("no close of %s on %s", symbol, date);
    return day;
}

/* 2 percent or 0.03. */
static void ast_within(const char *symbol, const char *what, double got, double want)
{
    double allowed = fabs(want) * 0.02 > 0.03 ? fabs(want) * 0.02 : 0.03;
    if (!(fabs(got - want) <= allowed))
        fail_msg("%s %s: %.6f, expected %.6f within %.3f", symbol, what, got, want, allowed);
}

static void ast_expect_day(const ast_json *row, const ast_day *day)
{
    ast_close("beta", day->beta, ast_json_number(row, "beta"), MODEL_TOLERANCE);
    ast_close("AR", day->ar, ast_json_number(row, "AR"), MODEL_TOLERANCE);
    ast_close("sigma", day->sigma, ast_json_number(row, "sigma"), MODEL_TOLERANCE);
    ast_close("z", day->z, ast_json_number(row, "z"), MODEL_TOLERANCE);
}

static double ast_clip(double x, double low, double high)
{
    if (x < low)
        return low;
    return x > high ? high : x;
}

static void the_epicentre_and_the_basket_are_the_reference(void **state)
{
    (void)state;
    ast_json *vector = ast_vector("20_reference_day_log.json");
    ast_closes *closes = ast_closes_read();
    static const char *const name[] = {"META", "SOXX"};
    for (size_t i = 0; i < 2; i++) {
        const ast_json *row = ast_json_at(vector, name[i]);
        ast_day day = ast_run(closes, name[i], ast_json_at(vector, "date")->text);
        ast_expect_day(row, &day);
        ast_close("r", day.r, ast_json_number(row, "r"), MODEL_TOLERANCE);
        assert_int_equal(day.n, (uint32_t)ast_json_number(row, "n"));
    }
    free(closes);
    ast_json_free(vector);
}

static void every_row_scores_as_the_reference(void **state)
{
    (void)state;
    ast_json *vector = ast_vector("20_reference_day_log.json");
    ast_closes *closes = ast_closes_read();
    const char *date = ast_json_at(vector, "date")->text;
    double m = ast_clip(fabs(ast_run(closes, "META", date).z), 1, 6);
    ast_close("M", m, ast_json_number(vector, "M"), MODEL_TOLERANCE);

    const ast_json *rows = ast_json_at(vector, "rows");
    const ast_json *flagged = ast_json_at(vector, "overreaction");
    size_t flagged_count = 0;
    assert_int_equal(rows->item_count, 42);
    for (size_t i = 0; i < rows->item_count; i++) {
        const ast_json *row = &rows->item[i];
        const char *symbol = ast_json_at(row, "symbol")->text;
        ast_day day = ast_run(closes, symbol, date);
        as_score_input input = {.z = day.z,
                                .w = ast_json_number(row, "w"),
                                .s_w = ast_json_number(row, "s_w"),
                                .g = ast_json_number(vector, "G"),
                                .m = m,
                                .dir = 1};
        as_score score = as_score_compute(&input);
        ast_within(symbol, "z", day.z, ast_json_number(row, "z"));
        ast_within(symbol, "OS", score.os, ast_json_number(row, "OS"));
        ast_expect_day(row, &day);
        ast_close("E", score.e, ast_json_number(row, "E"), MODEL_TOLERANCE);
        ast_close("OS", score.os, ast_json_number(row, "OS"), MODEL_TOLERANCE);
        for (size_t k = 0; k < flagged->item_count; k++) {
            if (strcmp(flagged->item[k].text, symbol) == 0) {
                assert_true(score.os <= -2);
                flagged_count++;
            }
        }
    }
    assert_int_equal(flagged_count, flagged->item_count);
    free(closes);
    ast_json_free(vector);
}

/*
 * Nothing was contradicted on the reference day: the controls moved as their own history against
 * semiconductors says, K is far below 2 (SCIENCE 0.4).
 */
static void the_controls_of_the_reference_day_contradict_nothing(void **state)
{
    (void)state;
    ast_closes *closes = ast_closes_read();
    static const char *const name[] = {"ORCL", "MSFT", "AMZN", "GOOGL"};
    static const double q[] = {1, 0.5, 0.5, 0.5};
    double kappa[4];
    ast_day basket = ast_run(closes, "SOXX", "2026-07-01");
    for (size_t i = 0; i < 4; i++) {
        ast_day day = ast_run(closes, name[i], "2026-07-01");
        assert_int_equal(day.session_count, basket.session_count);
        as_control_fit fit = as_control_fit_residuals(day.residual, basket.residual, day.session_count);
        assert_int_equal(fit.count, AS_CONTROL_SESSION_MAX);
        assert_true(fit.g < 0);
        kappa[i] = as_control_kappa(&fit, day.ar, basket.ar);
        printf("%s: g %.3f kappa %.2f\n", name[i], fit.g, kappa[i]);
    }
    as_control_verdict verdict = as_control_combine(q, kappa, 4);
    printf("K %.2f\n", verdict.k);
    assert_true(fabs(verdict.k) < 1);
    assert_true(kappa[0] < -0.5 && kappa[0] > -1.6);
    free(closes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_epicentre_and_the_basket_are_the_reference),
        cmocka_unit_test(every_row_scores_as_the_reference),
        cmocka_unit_test(the_controls_of_the_reference_day_contradict_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
