#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ipc/keeper/clients.h"
#include "tests/support/random.h"

static as_client *get(as_clients *clients, const char *identity)
{
    return as_clients_get(clients, identity, strlen(identity));
}

static void an_identity_has_one_place(void **state)
{
    (void)state;
    as_clients *clients;
    assert_int_equal(as_clients_new(4, &clients), 0);
    as_client *a = get(clients, "a"), *b = get(clients, "b");
    assert_ptr_not_equal(a, b);
    a->requests = 5;
    assert_ptr_equal(get(clients, "a"), a);
    assert_int_equal(get(clients, "a")->requests, 5);
    assert_int_equal(as_clients_count(clients), 2);
    as_clients_free(clients);
}

static void the_one_silent_for_longest_makes_room(void **state)
{
    (void)state;
    as_clients *clients;
    assert_int_equal(as_clients_new(3, &clients), 0);
    as_client *a = get(clients, "a"), *b = get(clients, "b");
    get(clients, "c");
    a->requests = b->requests = 1;
    get(clients, "a"); /* b is the oldest now */
    assert_ptr_equal(get(clients, "d"), b);
    assert_int_equal(b->requests, 0);
    assert_int_equal(get(clients, "a")->requests, 1);
    assert_int_equal(as_clients_count(clients), 3);
    as_clients_free(clients);
}

/* Ten thousand inventions: the table stays what it is, and finds what it has. */
static void inventing_identities_does_not_grow_it(void **state)
{
    (void)state;
    as_clients *clients;
    char name[32];
    assert_int_equal(as_clients_new(100, &clients), 0);
    for (unsigned i = 0; i < 10000; i++) {
        (void)snprintf(name, sizeof name, "identity %u", i);
        get(clients, name)->requests = i;
        if (i < 100)
            continue;
        (void)snprintf(name, sizeof name, "identity %u", i - 37);
        assert_int_equal(get(clients, name)->requests, i - 37);
    }
    assert_int_equal(as_clients_count(clients), 100);
    as_clients_free(clients);
}

static void who_connects_again_is_shown_once(void **state)
{
    (void)state;
    as_clients *clients;
    assert_int_equal(as_clients_new(4, &clients), 0);
    as_client *first = get(clients, "first"), *second = get(clients, "second");
    first->requests = 3;
    first->refused = 1;
    as_clients_report(clients, first, "bot", 10, 2);
    second->requests = 1;
    as_clients_report(clients, second, "bot", 12, 2);
    assert_false(first->reported);
    assert_true(second->reported);
    assert_int_equal(second->requests, 4);
    assert_int_equal(second->refused, 1);
    assert_int_equal(second->seen, 12);
    as_clients_report(clients, first, "other", 1, 0);
    assert_true(first->reported && second->reported);
    as_clients_free(clients);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_identity_has_one_place),
        cmocka_unit_test(the_one_silent_for_longest_makes_room),
        cmocka_unit_test(inventing_identities_does_not_grow_it),
        cmocka_unit_test(who_connects_again_is_shown_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
