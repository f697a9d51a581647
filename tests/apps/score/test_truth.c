#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "apps/score/truth.h"
#include "core/error.h"

static const char truth_text[] =
    "{\"schema\":2,\"kind\":\"market\",\"sessions\":[{\"date\":\"2026-03-02\",\"null\":false},"
    "{\"date\":\"2026-03-03\",\"null\":true,\"carry\":true}],\"events\":["
    "{\"id\":\"e1\",\"kind\":\"overreaction\",\"issuer\":\"META\",\"family\":\"capex_cut\",\"t0\":1000000000000000000,"
    "\"headlines\":[\"a\"],\"names\":[{\"symbol\":\"AAA\",\"excess\":-4,\"planted_os\":-3.5,\"half_life_sessions\":2},"
    "{\"symbol\":\"BBB\",\"planted_os\":2.6,\"half_life_sessions\":null},{\"symbol\":\"CCC\",\"planted_os\":0}]},"
    "{\"id\":\"e2\",\"kind\":\"justified\",\"issuer\":\"META\",\"family\":\"tariff\",\"t0\":2000000000000000000,"
    "\"names\":[{\"symbol\":\"AAA\",\"planted_os\":0}]},"
    "{\"id\":\"e3\",\"kind\":\"unrelated\",\"issuer\":null,\"family\":null,\"t0\":3,\"names\":[]}]}";

static int load(as_truth *truth, const char *text)
{
    char path[] = "/tmp/ast-truth-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    int rc = as_truth_load(truth, path, 0);
    unlink(path);
    return rc;
}

static void say(as_score_book *book, uint8_t kind, const char *symbol, int side, uint64_t t0, double after_s,
                int32_t date)
{
    as_score_signal *s = as_score_book_signal(book);
    s->kind = kind;
    s->side = (int8_t)side;
    s->t0 = t0;
    s->opened_at = t0 + (uint64_t)(after_s * 1e9);
    s->date = date;
    (void)strcpy(s->symbol, symbol);
    (void)strcpy(s->issuer, "META");
}

static void close_to(double got, double want)
{
    if (!(fabs(got - want) < 1e-9))
        fail_msg("%.12g, expected %.12g", got, want);
}

/*
 * AAA is found after 60 s, BBB only on the wrong side, CCC overreacts though nothing was planted; the justified event's
 * AAA underreacts. In the null session one false OVERREACTION of CCC and a late one of AAA; 50 linked, 100 names.
 */
static void detection_by_hand(void **state)
{
    (void)state;
    as_truth truth = {0};
    as_score_book book = {0};
    uint64_t e1 = 1000000000000000000;
    assert_int_equal(load(&truth, truth_text), 0);
    say(&book, AS_SIGNAL_OVERREACTION, "AAA", 1, e1, 60, 20260302);
    say(&book, AS_SIGNAL_OVERREACTION, "BBB", 1, e1, 10, 20260302);
    say(&book, AS_SIGNAL_OVERREACTION, "CCC", 1, e1, 10, 20260302);
    say(&book, AS_SIGNAL_MEAN_REVERSION, "AAA", 1, e1, 90, 20260302);
    say(&book, AS_SIGNAL_UNDERREACTION, "AAA", 1, 2 * e1, 10, 20260302);
    say(&book, AS_SIGNAL_OVERREACTION, "CCC", 1, e1, 80000, 20260303);
    say(&book, AS_SIGNAL_OVERREACTION, "AAA", 1, e1, 80000, 20260303);
    for (unsigned i = 0; i < 2; i++) {
        as_score_day *day = as_score_book_day(&book);
        day->date = 20260302 + (int32_t)i;
        day->linked_names = 50;
        day->names = 100;
    }
    as_truth_detection d = as_truth_detect(&truth, &book);
    assert_int_equal(d.kinds, 3);
    assert_string_equal(d.row[0].kind, "overreaction");
    assert_int_equal(d.row[0].events, 1);
    assert_int_equal(d.row[0].shocks, 1);
    assert_int_equal(d.row[0].names, 3);
    assert_int_equal(d.row[0].overreaction, 2); /* AAA, CCC */
    assert_int_equal(d.row[0].wrong_side, 1);
    assert_int_equal(d.row[0].mean_reversion, 1);
    assert_int_equal(d.row[1].underreaction, 1);
    assert_int_equal(d.row[2].names, 0);
    assert_int_equal(d.planted.planted, 2);
    assert_int_equal(d.planted.found, 1);
    assert_int_equal(d.band[0].planted, 2); /* nothing planted */
    assert_int_equal(d.band[0].found, 1);
    assert_int_equal(d.band[4].planted, 1); /* 2.5..3 */
    assert_int_equal(d.band[4].found, 0);
    assert_int_equal(d.band[5].found, 1); /* 3..4 */
    close_to(d.found_after_s[1], 60);
    assert_int_equal(d.null_sessions, 1);
    assert_int_equal(d.false_linked.count, 1);
    assert_int_equal(d.late, 1);
    close_to(d.false_linked.per_1000, 20);
    close_to(d.false_all.per_1000, 10);
    assert_int_equal(d.false_quiet.count, 0); /* the session carries an excess */
    assert_true(isnan(d.false_quiet.per_1000));
    assert_int_equal(d.unplanted_linked.count, 2);
    close_to(d.unplanted_linked.name_days, 100);
    assert_string_equal(as_truth_gate_text(&d.false_linked), "undecided");
    assert_string_equal(as_truth_gate_text(&d.false_quiet), "no_data");
    /* five OVERREACTIONs: AAA twice with its excess, which reverts, BBB on the wrong side, CCC twice with nothing */
    assert_int_equal(d.precision.reverting.planted, 5);
    assert_int_equal(d.precision.reverting.found, 2);
    assert_int_equal(d.precision.not_reverting.found, 0);
    assert_int_equal(d.precision.wrong_side.found, 1);
    assert_int_equal(d.precision.nothing.found, 2);
    assert_int_equal(d.planted.events, 1);
    assert_true(isnan(d.planted.interval.low)); /* names of one event: no variance */
    close_to(d.planted.naive.low, as_score_wilson(1, 2).low);
    assert_int_equal(d.events, 3);
    truth.session_count = 1; /* the truth does not know the second session: in no count */
    d = as_truth_detect(&truth, &book);
    assert_int_equal(d.unknown_sessions, 1);
    assert_int_equal(d.sessions, 1);
    close_to(d.unplanted_linked.name_days, 50);
    as_score_book_fini(&book);
    as_truth_fini(&truth);
}

static void the_ends_of_the_bands(void **state)
{
    (void)state;
    as_truth truth = {0};
    as_score_book book = {0};
    assert_int_equal(load(&truth,
                          "{\"schema\":2,\"sessions\":[],\"events\":[{\"id\":\"e\",\"kind\":\"k\",\"t0\":1,\"names\":["
                          "{\"symbol\":\"A\",\"planted_os\":0.5},{\"symbol\":\"A\",\"planted_os\":-1},"
                          "{\"symbol\":\"A\",\"planted_os\":2},{\"symbol\":\"A\",\"planted_os\":2.5},"
                          "{\"symbol\":\"A\",\"planted_os\":3},{\"symbol\":\"A\",\"planted_os\":-40}]}]}"),
                     0);
    as_truth_detection d = as_truth_detect(&truth, &book);
    for (unsigned band = 1; band < AS_TRUTH_BANDS; band++)
        assert_int_equal(d.band[band].planted, 1);
    assert_int_equal(d.planted.planted, 3);
    as_truth_fini(&truth);
}

static void what_is_no_truth_is_refused(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"[]", "no JSON object"},
        {"{\"schema\":1}", "found '1', allowed 2"},
        {"{\"schema\":2,\"events\":[]}", "no list 'sessions'"},
        {"{\"schema\":2,\"sessions\":[{\"date\":1}],\"events\":[]}", "without date"},
        {"{\"schema\":2,\"sessions\":[],\"events\":[{\"id\":\"x\"}]}", "without id, kind or t0"},
        {"{\"schema\":2,\"sessions\":[],\"events\":[{\"id\":\"x\",\"kind\":\"k\",\"t0\":1,\"names\":[{}]}]}",
         "event x: found a name without symbol"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        as_truth truth = {0};
        assert_true(load(&truth, bad[i][0]) < 0);
        if (!strstr(as_error_message(0), bad[i][1]))
            fail_msg("%s: expected %s", as_error_message(0), bad[i][1]);
        as_truth_fini(&truth);
    }
}

/* Events outside the data do not count; sessions and headlines of another run are refused. */
static void a_truth_must_be_of_its_run(void **state)
{
    (void)state;
    as_truth truth = {0};
    as_score_book book = {0};
    assert_int_equal(load(&truth, truth_text), 0);
    as_score_run *run = as_score_book_run(&book);
    (void)strcpy(run->label, "market");
    run->first_ts = 500000000000000000;
    run->last_ts = 1500000000000000000; /* e1 alone */
    as_score_day *day = as_score_book_day(&book);
    day->date = 20260302;
    assert_int_equal(as_truth_detect(&truth, &book).outside, 2);
    assert_int_equal(as_truth_detect(&truth, &book).events, 1);
    assert_true(as_truth_check(&truth, &book) < 0); /* no headline 'a' */
    assert_non_null(strstr(as_error_message(0), "event e1 is not in the inputs"));
    as_score_book_headline(&book, 0, "b");
    as_score_book_headline(&book, 0, "a");
    as_score_book_end_run(&book, 0);
    assert_int_equal(as_truth_check(&truth, &book), 0);
    say(&book, AS_SIGNAL_OVERREACTION, "BBB", -1, 1000000000000000000, 10, 20260302); /* its excess stays */
    as_truth_precision precision = as_truth_detect(&truth, &book).precision;
    assert_int_equal(precision.not_reverting.found, 1);
    assert_int_equal(precision.reverting.found, 0);
    day->date = 20270302;
    assert_true(as_truth_check(&truth, &book) < 0);
    assert_non_null(strstr(as_error_message(0), "none of its sessions"));
    as_score_book_fini(&book);
    as_truth_fini(&truth);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(detection_by_hand),
        cmocka_unit_test(the_ends_of_the_bands),
        cmocka_unit_test(a_truth_must_be_of_its_run),
        cmocka_unit_test(what_is_no_truth_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
