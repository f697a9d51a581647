#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zmq.h>

#include "core/error.h"
#include "core/text_file.h"
#include "ipc/zap.h"
#include "tests/support/config_folder.h"

/* A ROUTER as the server of requests has it, with the handler in front. */
typedef struct world {
    void *context, *router;
    as_auth *auth;
    as_audit *audit;
    as_zap *zap;
    char endpoint[128];
    as_key_pair server, known, unknown;
} world;

static void write_list(const world *w, const char *name)
{
    char text[AS_KEY_TEXT_BYTES], line[128];
    as_key_to_text(w->known.public_key, text);
    snprintf(line, sizeof line, "%s %s *\n", text, name);
    ast_config_write("allow", line);
}

static int make_world(void **state)
{
    static world w;
    int one = 1, linger = 0;
    size_t bytes = sizeof w.endpoint;
    char path[1024];
    w = (world){0};
    as_keys_generate(&w.server);
    as_keys_generate(&w.known);
    as_keys_generate(&w.unknown);
    snprintf(path, sizeof path, "%s/server.key", ast_config_folder());
    assert_int_equal(as_keys_write_secret(path, "server", &w.server, true), 0);
    write_list(&w, "bot-1");
    assert_int_equal(as_auth_new(path, ast_config_path("allow"), &w.auth), 0);
    remove(ast_config_path("audit"));
    assert_int_equal(as_audit_open(ast_config_path("audit"), &w.audit), 0);
    w.context = zmq_ctx_new();
    assert_int_equal(as_zap_start(w.context, w.auth, w.audit, &w.zap), 0);
    w.router = zmq_socket(w.context, ZMQ_ROUTER);
    zmq_setsockopt(w.router, ZMQ_LINGER, &linger, sizeof linger);
    zmq_setsockopt(w.router, ZMQ_CURVE_SERVER, &one, sizeof one);
    zmq_setsockopt(w.router, ZMQ_CURVE_SECRETKEY, w.server.secret_key, AS_KEY_BYTES);
    assert_int_equal(zmq_bind(w.router, "tcp://127.0.0.1:*"), 0);
    zmq_getsockopt(w.router, ZMQ_LAST_ENDPOINT, w.endpoint, &bytes);
    *state = &w;
    return 0;
}

static int drop_world(void **state)
{
    world *w = *state;
    zmq_close(w->router);
    as_zap_stop(w->zap);
    zmq_ctx_term(w->context);
    as_auth_free(w->auth);
    as_audit_close(w->audit);
    return 0;
}

/*
 * A client with these keys says hello: does the server hear it, and as whom? "": it does not. pair NULL: without
 * CURVE.
 */
static void say(const world *w, const as_key_pair *pair, char user[64])
{
    void *context = zmq_ctx_new(), *dealer = zmq_socket(context, ZMQ_DEALER);
    int linger = 0;
    zmq_setsockopt(dealer, ZMQ_LINGER, &linger, sizeof linger);
    if (pair) {
        zmq_setsockopt(dealer, ZMQ_CURVE_SERVERKEY, w->server.public_key, AS_KEY_BYTES);
        zmq_setsockopt(dealer, ZMQ_CURVE_PUBLICKEY, pair->public_key, AS_KEY_BYTES);
        zmq_setsockopt(dealer, ZMQ_CURVE_SECRETKEY, pair->secret_key, AS_KEY_BYTES);
    }
    assert_int_equal(zmq_connect(dealer, w->endpoint), 0);
    zmq_send(dealer, "hello", 5, ZMQ_DONTWAIT);
    zmq_pollitem_t item = {.socket = w->router, .events = ZMQ_POLLIN};
    user[0] = '\0';
    /* a refusal is heard of by its count; silence by a short time */
    uint64_t refused = as_zap_refused(w->zap);
    bool heard = false;
    for (unsigned i = 0; i < (pair ? 200u : 6u) && !heard && as_zap_refused(w->zap) == refused; i++)
        heard = zmq_poll(&item, 1, 50) > 0;
    for (int more = 1; heard && more;) {
        zmq_msg_t frame;
        zmq_msg_init(&frame);
        zmq_msg_recv(&frame, w->router, 0);
        snprintf(user, 64, "%s", zmq_msg_gets(&frame, "User-Id"));
        more = zmq_msg_more(&frame);
        zmq_msg_close(&frame);
    }
    zmq_close(dealer);
    zmq_ctx_term(context);
}

static char *audit_log(void)
{
    char *text;
    size_t bytes;
    assert_int_equal(as_text_file_read(ast_config_path("audit"), 1 << 20, &text, &bytes), 0);
    return text;
}

static void a_known_key_comes_in_under_its_name(void **state)
{
    world *w = *state;
    char user[64];
    say(w, &w->known, user);
    assert_string_equal(user, "bot-1");
    assert_int_equal(as_zap_refused(w->zap), 0);
    char *text = audit_log();
    assert_non_null(
        strstr(text, "\"what\":\"joined\",\"where\":\"requests\",\"peer\":\"127.0.0.1\",\"client\":\"bot-1\""));
    free(text);
}

static void an_unknown_key_is_refused_counted_and_told(void **state)
{
    world *w = *state;
    char user[64], key[AS_KEY_TEXT_BYTES];
    say(w, &w->unknown, user);
    assert_string_equal(user, "");
    assert_true(as_zap_refused(w->zap) > 0);
    as_key_to_text(w->unknown.public_key, key);
    char *text = audit_log();
    assert_non_null(strstr(text, "\"what\":\"refused\",\"where\":\"requests\""));
    assert_non_null(strstr(text, key)); /* to be pasted into the list */
    free(text);
}

static void without_curve_nobody_comes_in(void **state)
{
    world *w = *state;
    char user[64];
    say(w, NULL, user);
    assert_string_equal(user, "");
}

static void a_reload_counts_at_once(void **state)
{
    world *w = *state;
    char user[64];
    ast_config_write("allow", "");
    assert_int_equal(as_auth_reload(w->auth), 0);
    say(w, &w->known, user);
    assert_string_equal(user, "");
    write_list(w, "renamed");
    assert_int_equal(as_auth_reload(w->auth), 0);
    say(w, &w->known, user);
    assert_string_equal(user, "renamed");
}

/* Frames that only a program in this process could send. */
static void odd_questions_are_refused(void **state)
{
    world *w = *state;
    static const char *const odd[][8] = {
        {"1.0", "7", "", "127.0.0.1", "", "NULL"},
        {"1.0", "7", "", "127.0.0.1", "", "PLAIN", "user", "password"},
        {"1.0", "7", "", "127.0.0.1", "", "CURVE", "short"},
        {"2.0", "7", "", "127.0.0.1", "", "CURVE", "01234567890123456789012345678901"},
        {"1.0", "7", "", "127.0.0.1", "", "GSSAPI", "a key that is known"},
        {"1.0", "7"},
    };
    for (unsigned i = 0; i < sizeof odd / sizeof *odd; i++) {
        void *req = zmq_socket(w->context, ZMQ_REQ);
        char status[8];
        assert_int_equal(zmq_connect(req, "inproc://zeromq.zap.01"), 0);
        for (unsigned k = 0; k < 8 && odd[i][k]; k++)
            if (odd[i][k][0] == 'a')
                zmq_send(req, w->known.public_key, AS_KEY_BYTES, 0);
            else
                zmq_send(req, odd[i][k], strlen(odd[i][k]), k < 7 && odd[i][k + 1] ? ZMQ_SNDMORE : 0);
        assert_int_equal(zmq_recv(req, status, sizeof status, 0), 3); /* version */
        assert_int_equal(zmq_recv(req, status, sizeof status, 0), 1); /* the question's id */
        assert_memory_equal(status, "7", 1);
        assert_int_equal(zmq_recv(req, status, sizeof status, 0), 3);
        assert_memory_equal(status, "400", 3);
        zmq_close(req);
    }
    assert_int_equal(as_zap_refused(w->zap), 6);
}

static void a_context_has_one_handler(void **state)
{
    world *w = *state;
    as_zap *second = NULL;
    assert_int_equal(as_zap_start(w->context, w->auth, NULL, &second), -EADDRINUSE);
    assert_null(second);
    as_zap_stop(NULL);
    assert_int_equal(as_zap_refused(NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_known_key_comes_in_under_its_name, make_world, drop_world),
        cmocka_unit_test_setup_teardown(an_unknown_key_is_refused_counted_and_told, make_world, drop_world),
        cmocka_unit_test_setup_teardown(without_curve_nobody_comes_in, make_world, drop_world),
        cmocka_unit_test_setup_teardown(a_reload_counts_at_once, make_world, drop_world),
        cmocka_unit_test_setup_teardown(odd_questions_are_refused, make_world, drop_world),
        cmocka_unit_test_setup_teardown(a_context_has_one_handler, make_world, drop_world),
    };
    return cmocka_run_group_tests(tests, ast_config_folder_make, ast_config_folder_remove);
}
