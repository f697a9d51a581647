#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "feeds/live/lookup.h"

static as_lookup *ask(const char *host, uint16_t port)
{
    as_lookup *lookup = NULL;
    assert_int_equal(as_lookup_start(host, port, &lookup), 0);
    for (int i = 0; i < 5000 && !as_lookup_is_done(lookup); i++)
        usleep(1000);
    assert_true(as_lookup_is_done(lookup));
    return lookup;
}

static void a_name_has_addresses_with_the_port(void **state)
{
    (void)state;
    static const char *const host[] = {"localhost", "127.0.0.1", "::1"};
    for (size_t i = 0; i < sizeof host / sizeof *host; i++) {
        const as_address *address = NULL;
        const char *why = NULL;
        as_lookup *lookup = ask(host[i], 7010);
        int count = as_lookup_answer(lookup, &address, &why);
        assert_in_range(count, 1, AS_LOOKUP_ADDRESS_MAX);
        for (int j = 0; j < count; j++) {
            assert_true(as_address_is_local(&address[j]));
            in_port_t port = address[j].storage.ss_family == AF_INET
                                 ? ((const struct sockaddr_in *)&address[j].storage)->sin_port
                                 : ((const struct sockaddr_in6 *)&address[j].storage)->sin6_port;
            assert_int_equal(ntohs(port), 7010);
        }
        as_lookup_free(lookup);
    }
}

static void a_name_without_an_address_says_why(void **state)
{
    (void)state;
    const as_address *address = NULL;
    const char *why = NULL;
    as_lookup *lookup = ask("no such host", 80);
    assert_true(as_lookup_answer(lookup, &address, &why) < 0);
    assert_non_null(why);
    assert_true(strlen(why) > 5);
    assert_null(address);
    as_lookup_free(lookup);
}

/* The sanitizers see a record that nobody frees, or that both free. */
static void it_may_be_abandoned_at_any_time(void **state)
{
    (void)state;
    as_lookup_free(NULL);
    for (unsigned i = 0; i < 40; i++) {
        as_lookup *lookup;
        assert_int_equal(as_lookup_start(i % 2 ? "localhost" : "no such host", 80, &lookup), 0);
        usleep(i * 50);
        as_lookup_free(lookup);
    }
    usleep(50000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_has_addresses_with_the_port),
        cmocka_unit_test(a_name_without_an_address_says_why),
        cmocka_unit_test(it_may_be_abandoned_at_any_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
