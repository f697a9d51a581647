#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"
#include "core/playbook_pairs.h"

static as_universe universe;

static int load_universe(void **state)
{
    static const char text[] = "symbol,name,bucket,factor,calendar,currency,qty_exp,aliases\n"
                               "AA,A Inc,one,,XNYS,USD,0,\nBB,B Inc,one,,XNYS,USD,0,\nCC,C Inc,one,,XNYS,USD,0,\n"
                               "KK,K Inc,one,,XKRX,KRW,0,\n";
    char path[] = "/tmp/ast-pairs-XXXXXX";
    (void)state;
    int fd = mkstemp(path);
    if (fd < 0 || write(fd, text, sizeof text - 1) < 0)
        return -1;
    close(fd);
    int rc = as_universe_load(&universe, path, NULL, 0);
    unlink(path);
    return rc;
}

static int free_universe(void **state)
{
    (void)state;
    as_universe_fini(&universe);
    return 0;
}

static int compile(const char *pairs, as_playbook **playbook)
{
    char text[16384];
    int bytes = snprintf(text, sizeof text, "version: x\nevents: {}\n%s\n", pairs);
    as_error_clear();
    return as_playbook_compile("p.yaml", text, (size_t)bytes, &universe, 0, playbook);
}

static void pairs_are_read_in_their_order(void **state)
{
    (void)state;
    as_playbook *playbook;
    assert_int_equal(compile("pairs: [[BB, AA], [AA, CC]]", &playbook), 0);
    assert_int_equal(playbook->pair_count, 2);
    assert_int_equal(playbook->pair[0].leg[0], 1);
    assert_int_equal(playbook->pair[0].leg[1], 0);
    assert_int_equal(playbook->pair[1].leg[1], 2);
    as_playbook_free(playbook);
    assert_int_equal(compile("", &playbook), 0);
    assert_int_equal(playbook->pair_count, 0);
    as_playbook_free(playbook);
}

static void a_name_of_another_universe_leaves_its_pair_out(void **state)
{
    (void)state;
    as_playbook *playbook;
    unsigned warnings = as_warn_count();
    assert_int_equal(compile("pairs: [[AA, ZZ], [AA, CC]]", &playbook), 0);
    assert_int_equal(as_warn_count() - warnings, 1);
    assert_int_equal(playbook->pair_count, 1);
    assert_int_equal(playbook->pair[0].leg[1], 2);
    as_playbook_free(playbook);
}

static void an_error_names_its_line_and_what_is_allowed(void **state)
{
    (void)state;
    static const struct {
        const char *pairs, *message;
    } cases[] = {
        {"pairs: AA", "p.yaml:3: key 'pairs'"},
        {"pairs:\n  - [AA, BB]\n  - [AA]", "p.yaml:5: key 'pairs[1]': found 1 symbols, allowed two"},
        {"pairs:\n  - [AA, BB, CC]", "p.yaml:4"},
        {"pairs:\n  - AA", "p.yaml:4"},
        {"pairs:\n  - [AA, AA]", "found 'AA' with itself"},
        {"pairs:\n  - [AA, BB]\n  - [BB, AA]", "p.yaml:5: key 'pairs[1]': found the pair 'BB' and 'AA' again"},
        {"pairs:\n  - [AA, KK]", "found 'AA' of calendar XNYS with 'KK' of XKRX, allowed one calendar"},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        as_playbook *playbook = NULL;
        assert_int_equal(compile(cases[i].pairs, &playbook), -EINVAL);
        assert_null(playbook);
        if (!strstr(as_error_message(0), cases[i].message))
            fail_msg("\"%s\" is not in \"%s\"", cases[i].message, as_error_message(0));
    }
}

static void more_pairs_than_the_limit_are_refused(void **state)
{
    (void)state;
    char text[8192] = "pairs: [[AA, BB]";
    as_playbook *playbook = NULL;
    for (unsigned i = 0; i < AS_PAIR_MAX; i++)
        strcat(text, ", [AA, ZZ]");
    strcat(text, "]");
    assert_int_equal(compile(text, &playbook), -EINVAL);
    assert_non_null(strstr(as_error_message(0), "256"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_are_read_in_their_order),
        cmocka_unit_test(a_name_of_another_universe_leaves_its_pair_out),
        cmocka_unit_test(an_error_names_its_line_and_what_is_allowed),
        cmocka_unit_test(more_pairs_than_the_limit_are_refused),
    };
    return cmocka_run_group_tests_name("playbook_pairs", tests, load_universe, free_universe);
}
