#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "apps/common/plot.h"

static as_plot_frame ast_frame(void)
{
    return (as_plot_frame){.title = "a < b", .x_max = 10, .y_min = -5, .y_max = 5, .x_label = "x", .y_label = "y & z"};
}

static unsigned ast_count(const char *text, const char *part)
{
    unsigned count = 0;
    for (const char *at = text; (at = strstr(at, part)) != NULL; at += strlen(part))
        count++;
    return count;
}

/* One of everything; the caller frees it. */
static char *ast_draw(void)
{
    char *text = NULL;
    size_t bytes;
    FILE *stream = open_memstream(&text, &bytes);
    double x[] = {0, 2, 4, 6, 10};
    double y[] = {-5, 0, NAN, 5, 50};
    double low[] = {-5, -1, NAN, 4, 4};
    double high[] = {-4, 1, NAN, 5, 5};
    as_plot plot;
    as_plot_frame frame = ast_frame();
    as_plot_begin(&plot, stream, &frame);
    as_plot_band(&plot, "band", 0, x, low, high, 5);
    as_plot_line(&plot, "line", 1, x, y, 5);
    as_plot_points(&plot, "points", 10, x, y, low, high, 5);
    as_plot_bars(&plot, NULL, 3, x, y, 5, 1);
    as_plot_reference(&plot, "level", 0, 0, 10, 0);
    as_plot_end(&plot);
    fclose(stream);
    return text;
}

static void a_step_is_one_two_or_five(void **state)
{
    (void)state;
    assert_true(as_plot_step(10, 5) == 2);
    assert_true(as_plot_step(10, 10) == 1);
    assert_true(fabs(as_plot_step(0.7, 6) - 0.2) < 1e-15);
    assert_true(as_plot_step(4100, 10) == 500);
    assert_true(as_plot_step(9, 1) == 10);
    assert_true(as_plot_step(0, 5) == 1 && as_plot_step(NAN, 5) == 1 && as_plot_step(INFINITY, 5) == 1);
}

static void ranges_hold_what_is_finite(void **state)
{
    (void)state;
    double value[] = {3, NAN, -1, INFINITY};
    double low = INFINITY;
    double high = -INFINITY;
    as_plot_fit(value, 4, &low, &high);
    assert_true(low == -1 && high == 3);
    as_plot_margin(&low, &high);
    assert_true(fabs(low + 1.2) < 1e-12 && fabs(high - 3.2) < 1e-12);
    low = INFINITY;
    high = -INFINITY;
    as_plot_margin(&low, &high);
    assert_true(low == 0 && high == 1);
    low = high = 7;
    as_plot_margin(&low, &high);
    assert_true(low < 7 && high > 7);
}

static void a_plot_is_whole_and_keeps_its_text(void **state)
{
    (void)state;
    char *text = ast_draw();
    assert_int_equal(strncmp(text, "<svg xmlns=", 11), 0);
    assert_non_null(strstr(text, "</svg>\n"));
    assert_int_equal(ast_count(text, "<g"), ast_count(text, "</g>"));
    assert_int_equal(ast_count(text, "<text"), ast_count(text, "</text>"));
    assert_non_null(strstr(text, ">a &lt; b</text>"));
    assert_non_null(strstr(text, ">y &amp; z</text>"));
    assert_null(strstr(text, "nan"));
    assert_null(strstr(text, "inf"));
    assert_null(strstr(text, "<script"));
    assert_int_equal(ast_count(text, "http"), 1); /* the namespace */
    free(text);
}

/* The area is 62..626 wide and 48..320 high: 0..10 and -5..5. */
static void values_are_where_they_belong(void **state)
{
    (void)state;
    char *text = ast_draw();
    /* the line begins at the lower left, breaks at the missing value */
    assert_non_null(strstr(text, "d=\"M62.0 320.0L174.8 184.0M400.4 48.0L626.0 -1176.0\""));
    assert_non_null(strstr(text, "cx=\"400.4\" cy=\"48.0\""));
    assert_int_equal(ast_count(text, "<circle class=\"f2\""),
                     5); /* four of the series, colour 10 % 8, one in the legend */
    assert_non_null(strstr(text, "<path class=\"ref\" clip-path"));
    assert_non_null(strstr(text, "x=\"146.6\" y=\"184.0\" width=\"56.4\" height=\"0.0\""));  /* a bar of 0 */
    assert_non_null(strstr(text, "x=\"33.8\" y=\"184.0\" width=\"56.4\" height=\"136.0\"")); /* one that hangs from 0 */
    assert_int_equal(ast_count(text, ">band<") + ast_count(text, ">line<") + ast_count(text, ">level<"), 3);
    free(text);
}

static void plots_of_one_page_do_not_share_names(void **state)
{
    (void)state;
    char *one = ast_draw();
    char *two = ast_draw();
    char *first = strstr(one, "<clipPath id=\"");
    char *second = strstr(two, "<clipPath id=\"");
    assert_true(strncmp(first, second, 28) != 0);
    free(one);
    free(two);
}

static void categories_and_squares_are_laid_out(void **state)
{
    (void)state;
    char *text = NULL;
    size_t bytes;
    FILE *stream = open_memstream(&text, &bytes);
    static const char *const name[] = {"NVDA", "A&B"};
    as_plot plot;
    as_plot_frame frame = {.x_min = -0.5, .x_max = 1.5, .category = name, .category_count = 2, .square = true};
    as_plot_begin(&plot, stream, &frame);
    assert_true(fabs((plot.right - plot.left) - (plot.bottom - plot.top)) < 1.5);
    for (unsigned i = 0; i < AS_PLOT_LEGEND_MAX + 3; i++)
        as_plot_reference(&plot, "more", 0, 0, 1, 1);
    assert_int_equal(plot.legend_count, AS_PLOT_LEGEND_MAX);
    as_plot_end(&plot);
    fclose(stream);
    assert_non_null(strstr(text, ">NVDA</text>"));
    assert_non_null(strstr(text, ">A&amp;B</text>"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_step_is_one_two_or_five),
        cmocka_unit_test(ranges_hold_what_is_finite),
        cmocka_unit_test(a_plot_is_whole_and_keeps_its_text),
        cmocka_unit_test(values_are_where_they_belong),
        cmocka_unit_test(plots_of_one_page_do_not_share_names),
        cmocka_unit_test(categories_and_squares_are_laid_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
