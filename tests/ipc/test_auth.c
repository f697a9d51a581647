#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/error.h"
#include "ipc/auth.h"
#include "tests/support/config_folder.h"

#define SERVER "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"
#define SECRET "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6"
#define KEY1 "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"
#define KEY2 "9ne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"
#define KEY3 "0000000000000000000000000000000000000000"

static as_auth *open_list(const char *list)
{
    as_auth *auth = NULL;
    ast_config_write("server.key", "curve\n    public-key = \"" SERVER "\"\n    secret-key = \"" SECRET "\"\n");
    chmod(ast_config_path("server.key"), 0600);
    ast_config_write("allow", list);
    if (as_auth_new(ast_config_path("server.key"), ast_config_path("allow"), &auth) < 0)
        fail_msg("%s", as_error_message(0));
    return auth;
}

static const as_grant *find(const as_auth *auth, const char *text)
{
    uint8_t key[AS_KEY_BYTES];
    assert_int_equal(as_key_from_text(text, key), 0);
    return as_auth_find(auth, key);
}

static bool allows(const as_grant *grant, const char *prefix)
{
    return as_grant_allows(grant, prefix, strlen(prefix));
}

static void a_list_is_read_and_found_by_key_and_name(void **state)
{
    (void)state;
    as_auth *auth = open_list("# who may connect\n\n#" KEY3 " out *\n" KEY3 " zero *\n  " KEY1
                              "\tbot-1  sig.,fact.META.\r\n" KEY2 " bot.2 hb.");
    uint8_t key[AS_KEY_BYTES];
    as_key_from_text(SERVER, key);
    assert_memory_equal(as_auth_public_key(auth), key, sizeof key);
    as_key_from_text(SECRET, key);
    assert_memory_equal(as_auth_secret_key(auth), key, sizeof key);
    assert_string_equal(find(auth, KEY1)->name, "bot-1");
    assert_string_equal(find(auth, KEY2)->name, "bot.2");
    assert_string_equal(find(auth, KEY3)->name, "zero");
    assert_null(find(auth, SERVER));
    assert_ptr_equal(as_auth_find_name(auth, "bot-1"), find(auth, KEY1));
    assert_ptr_equal(as_auth_find_name(auth, "bot.2"), find(auth, KEY2));
    assert_ptr_equal(as_auth_find_name(auth, "zero"), find(auth, KEY3));
    assert_null(as_auth_find_name(auth, "bot"));
    assert_null(as_auth_find_name(auth, ""));
    assert_int_equal(find(auth, KEY1)->prefix_count, 2);
    assert_string_equal(find(auth, KEY1)->prefix[1], "fact.META.");
    as_auth_free(auth);
    as_auth_free(NULL);
}

static void an_empty_list_is_refused_at_start_and_a_warning_later(void **state)
{
    (void)state;
    as_auth *auth = open_list(KEY1 " bot-1 *\n"), *none = NULL;
    ast_config_write("allow", "# nobody\n");
    assert_int_equal(as_auth_new(ast_config_path("server.key"), ast_config_path("allow"), &none), -EINVAL);
    assert_non_null(strstr(as_error_message(0), "found no client"));
    assert_null(none);
    ast_config_write("allow", "");
    unsigned warnings = as_warn_count();
    assert_int_equal(as_auth_reload(auth), 0);
    assert_int_equal(as_warn_count(), warnings + 1);
    assert_null(find(auth, KEY1));
    assert_null(as_auth_find_name(auth, "bot-1"));
    as_auth_free(auth);
}

static void a_grant_holds_what_begins_with_its_prefixes(void **state)
{
    (void)state;
    as_auth *auth = open_list(KEY1 " some sig.overreaction.,fact.BRK%2EB.,fact.100%25.\n" KEY2 " all *\n");
    const as_grant *some = find(auth, KEY1), *all = find(auth, KEY2);
    assert_true(allows(some, "sig.overreaction."));
    assert_true(allows(some, "sig.overreaction.META."));
    assert_false(allows(some, "sig.overreaction"));                    /* shorter: reaches further */
    assert_false(as_grant_allows(some, "sig.overreaction.META.", 16)); /* a length, no zero */
    assert_false(allows(some, "sig."));
    assert_false(allows(some, ""));
    assert_false(allows(some, "sig.overreactionX"));
    assert_true(allows(some, "fact.BRK%2EB."));
    assert_true(allows(some, "fact.100%25."));
    assert_false(allows(some, "fact.BRK.B."));
    assert_false(allows(some, "shock."));
    assert_false(as_grant_allows(some, "sig.overreaction\0.", 18));
    assert_true(allows(all, ""));
    assert_true(allows(all, "anything"));
    assert_true(allows(NULL, "")); /* no authentication */
    const char *open[] = {"hb.", "sys.", "hb.x", "sys.halt"};
    for (unsigned i = 0; i < 4; i++)
        assert_true(allows(some, open[i]));
    assert_false(allows(some, "hb"));
    assert_false(allows(some, "s"));
    assert_false(allows(some, "sys"));
    as_auth_free(auth);
}

static void refused(const char *list, const char *message)
{
    as_auth *auth = open_list(KEY1 " bot-1 *\n");
    ast_config_write("allow", list);
    assert_true(as_auth_reload(auth) < 0);
    if (!strstr(as_error_message(0), message))
        fail_msg("found: %s", as_error_message(0));
    assert_int_equal(as_auth_generation(auth), 1);
    assert_non_null(find(auth, KEY1)); /* nothing has changed */
    as_auth_free(auth);
}

static void errors_name_file_line_found_and_allowed(void **state)
{
    (void)state;
    refused("\n" KEY1 "x bot *\n", "/allow:2: public key: found '" KEY1 "x'; allowed: 40 characters of Z85");
    refused("%####w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID bot *", "/allow:1: public key: found '%####w-");
    refused(KEY1 "\n", "/allow:1: found a key alone; allowed: KEY NAME PREFIX");
    refused(KEY1 " bot-1\n", "/allow:1: 'bot-1' has no prefix");
    refused(KEY1 " b/t *", "/allow:1: name: found 'b/t'; allowed: up to 31 letters");
    refused(KEY1 " 01234567890123456789012345678901 *", "/allow:1: name: found '0123");
    refused(KEY1 " a *\n" KEY1 " b *", "/allow:2: public key '" KEY1 "' twice, first on line 1");
    refused(KEY1 " a *\n# x\n" KEY2 " a *", "/allow:3: name 'a' twice, first on line 1");
    refused(KEY1 " a sig., fact.", "/allow:1: found an empty prefix; allowed: '*'");
    refused(KEY1 " a sig. fact.", "/allow:1: found 'fact.' after the prefixes");
    refused(KEY1 " a ,", "/allow:1: found an empty prefix");
    refused(KEY1 " a sig.*", "/allow:1: prefix: found 'sig.*'; allowed: '*' alone");
    refused(KEY1 " a *sig.", "/allow:1: prefix: found '*sig.'; allowed: '*' alone");
    refused(KEY1 " a fact.BRK%2eB.", "/allow:1: prefix: found 'fact.BRK%2eB.'");
    refused(KEY1 " a fact.BRK%2", "/allow:1: prefix: found 'fact.BRK%2'");
    refused(KEY1 " a signals.", "/allow:1: prefix: found 'signals.'; allowed: sig. shock.");
    refused(KEY1 " a sig.,sig.,sig.,sig.,sig.,sig.,sig.,sig.,sig.,sig.,sig.,sig.,sig.,sig.,sig.,sig.,sig.",
            "/allow:1: found more than 16 prefixes");
    char line[400];
    snprintf(line, sizeof line, KEY1 " a sig.%0200d", 1);
    refused(line, "/allow:1: prefix: found 204 bytes; allowed 191");
}

static void a_list_that_others_can_write_is_refused(void **state)
{
    (void)state;
    as_auth *auth = open_list(KEY1 " bot-1 *\n");
    chmod(ast_config_path("allow"), 0666);
    assert_int_equal(as_auth_reload(auth), -EACCES);
    chmod(ast_config_path("allow"), 0664); /* a group too may let itself in */
    assert_int_equal(as_auth_reload(auth), -EACCES);
    assert_non_null(strstr(as_error_message(0), "has mode 0664"));
    chmod(ast_config_path("allow"), 0644);
    assert_int_equal(as_auth_reload(auth), 0);
    as_auth_free(auth);
}

static void a_full_list_is_read_and_one_more_is_refused(void **state)
{
    (void)state;
    static char list[(AS_GRANT_MAX + 1) * 64];
    size_t used = 0;
    as_auth *auth = open_list(KEY1 " bot-1 *\n");
    for (unsigned i = 0; i <= AS_GRANT_MAX; i++) {
        uint8_t key[AS_KEY_BYTES] = {(uint8_t)(i >> 8), (uint8_t)i};
        char text[AS_KEY_TEXT_BYTES];
        as_key_to_text(key, text);
        if (i == AS_GRANT_MAX) {
            ast_config_write("allow", list);
            assert_int_equal(as_auth_reload(auth), 0);
        }
        used += (size_t)snprintf(list + used, sizeof list - used, "%s n%u *\n", text, i);
    }
    for (unsigned i = 0; i < AS_GRANT_MAX; i++) {
        char name[16];
        uint8_t key[AS_KEY_BYTES] = {(uint8_t)(i >> 8), (uint8_t)i};
        snprintf(name, sizeof name, "n%u", i);
        assert_string_equal(as_auth_find(auth, key)->name, name);
        assert_ptr_equal(as_auth_find_name(auth, name), as_auth_find(auth, key));
    }
    ast_config_write("allow", list);
    assert_int_equal(as_auth_reload(auth), -ENOSPC);
    assert_non_null(strstr(as_error_message(0), "allow:1025: found more than 1024 clients"));
    as_auth_free(auth);
}

static void a_reload_revokes_and_grants(void **state)
{
    (void)state;
    as_auth *auth = open_list(KEY1 " bot-1 sig.\n");
    const as_grant *old = find(auth, KEY1);
    assert_int_equal(as_auth_generation(auth), 1);
    ast_config_write("allow", KEY2 " bot-2 *\n");
    assert_int_equal(as_auth_reload(auth), 0);
    assert_int_equal(as_auth_generation(auth), 2);
    assert_null(find(auth, KEY1));
    assert_null(as_auth_find_name(auth, "bot-1"));
    assert_non_null(find(auth, KEY2));
    assert_string_equal(old->name, "bot-1"); /* valid until the end */
    for (unsigned i = 2; i < AS_AUTH_RELOAD_MAX; i++)
        assert_int_equal(as_auth_reload(auth), 0);
    assert_int_equal(as_auth_reload(auth), -ENOSPC);
    assert_non_null(find(auth, KEY2));
    as_auth_free(auth);
}

typedef struct looker {
    as_auth *auth;
    _Atomic(int) stop;
    uint64_t looks;
} looker;

/* Whatever generation it meets, what it finds there is whole. */
static void *look(void *context)
{
    looker *l = context;
    uint64_t last = 0;
    uint8_t key[AS_KEY_BYTES];
    as_key_from_text(KEY1, key);
    while (!atomic_load_explicit(&l->stop, memory_order_relaxed)) { /* relaxed: a flag of the test */
        uint64_t generation = as_auth_generation(l->auth);
        const as_grant *grant = as_auth_find(l->auth, key);
        bool whole = !grant || (strcmp(grant->name, "bot-1") == 0 && allows(grant, "sig.x") && !allows(grant, "fact."));
        const as_grant *named = as_auth_find_name(l->auth, "bot-1");
        whole &= !named || memcmp(named->key, key, sizeof key) == 0;
        if (generation < last || !whole)
            return l;
        last = generation;
        l->looks++;
    }
    return NULL;
}

static void reloads_while_others_look(void **state)
{
    (void)state;
    looker l = {.auth = open_list(KEY1 " bot-1 sig.\n")};
    pthread_t thread;
    void *failed;
    assert_int_equal(pthread_create(&thread, NULL, look, &l), 0);
    for (unsigned i = 1; i < AS_AUTH_RELOAD_MAX; i++) {
        ast_config_write("allow", i % 2 ? KEY2 " bot-2 *\n" : KEY3 " zero *\n" KEY1 " bot-1 sig.\n");
        assert_int_equal(as_auth_reload(l.auth), 0);
    }
    atomic_store_explicit(&l.stop, 1, memory_order_relaxed); /* relaxed: a flag of the test */
    pthread_join(thread, &failed);
    assert_null(failed);
    assert_true(l.looks > 0);
    as_auth_free(l.auth);
}

static void files_that_are_not_there_are_named(void **state)
{
    (void)state;
    as_auth *auth = open_list(KEY1 " bot-1 *\n");
    as_auth_free(auth);
    auth = NULL;
    assert_int_equal(as_auth_new(ast_config_path("server.key"), "/nonexistent/allow", &auth), -ENOENT);
    assert_non_null(strstr(as_error_message(0), "/nonexistent/allow"));
    assert_int_equal(as_auth_new("/nonexistent/key", ast_config_path("allow"), &auth), -ENOENT);
    chmod(ast_config_path("server.key"), 0644);
    assert_int_equal(as_auth_new(ast_config_path("server.key"), ast_config_path("allow"), &auth), -EACCES);
    assert_null(auth);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_is_read_and_found_by_key_and_name),
        cmocka_unit_test(an_empty_list_is_refused_at_start_and_a_warning_later),
        cmocka_unit_test(a_grant_holds_what_begins_with_its_prefixes),
        cmocka_unit_test(errors_name_file_line_found_and_allowed),
        cmocka_unit_test(a_list_that_others_can_write_is_refused),
        cmocka_unit_test(a_full_list_is_read_and_one_more_is_refused),
        cmocka_unit_test(a_reload_revokes_and_grants),
        cmocka_unit_test(reloads_while_others_look),
        cmocka_unit_test(files_that_are_not_there_are_named),
    };
    return cmocka_run_group_tests(tests, ast_config_folder_make, ast_config_folder_remove);
}
