#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "ipc/client/c/table.h"

enum { KEYS = 500 };

/* Against the simplest model there is: an array of what is in. */
static void it_does_what_an_array_does(void **state)
{
    (void)state;
    static char key[KEYS][8];
    static unsigned value[KEYS];
    bool in[KEYS] = {0};
    size_t count = 0;
    asc_table table = {0};
    uint64_t seed = 99;
    print_message("seed %llu\n", (unsigned long long)seed);
    for (unsigned i = 0; i < KEYS; i++)
        (void)snprintf(key[i], sizeof key[i], "k%u", i);
    for (unsigned round = 0; round < 50000; round++) {
        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        unsigned i = (unsigned)(seed >> 40) % KEYS, op = (unsigned)(seed >> 60) % 3;
        void *before = NULL, *expected = in[i] ? &value[i] : NULL;
        if (op == 0) {
            assert_true(asc_table_put(&table, key[i], strlen(key[i]), &value[i], &before));
            assert_ptr_equal(before, expected);
            count += !in[i];
            in[i] = true;
        } else if (op == 1) {
            assert_ptr_equal(asc_table_remove(&table, key[i], strlen(key[i])), expected);
            count -= in[i];
            in[i] = false;
        } else {
            assert_ptr_equal(asc_table_find(&table, key[i], strlen(key[i])), expected);
        }
        assert_int_equal(table.count, count);
    }
    for (unsigned i = 0; i < KEYS; i++)
        assert_ptr_equal(asc_table_find(&table, key[i], strlen(key[i])), in[i] ? &value[i] : NULL);
    asc_table_fini(&table);
    assert_null(asc_table_find(&table, "k1", 2));
    assert_null(asc_table_remove(&table, "k1", 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_does_what_an_array_does),
    };
    return cmocka_run_group_tests_name("client table", tests, NULL, NULL);
}
