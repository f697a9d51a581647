#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "core/error.h"
#include "feeds/live/tls.h"
#include "tests/support/certificate.h"

/* A client and a server in one thread, with nothing but memory between them. */

static ast_authority authority;

typedef struct peer {
    SSL_CTX *settings;
    SSL *session;
    BIO *in, *out;
} peer;

static void peer_init(peer *p, SSL_CTX *settings)
{
    p->settings = settings;
    p->session = SSL_new(settings);
    p->in = BIO_new(BIO_s_mem());
    p->out = BIO_new(BIO_s_mem());
    SSL_set_bio(p->session, p->in, p->out);
    SSL_set_accept_state(p->session);
}

static void peer_fini(peer *p)
{
    SSL_free(p->session);
    SSL_CTX_free(p->settings);
}

static as_tls *open_client(const char *host)
{
    as_tls *tls;
    assert_int_equal(as_tls_open(host, authority.path, &tls), 0);
    assert_int_equal(as_tls_start(tls), 0);
    return tls;
}

/* What each has to say goes to the other, piece_bytes at a time, until nobody has anything; the client's last word. */
static as_tls_result shake(as_tls *tls, peer *p, size_t piece_bytes)
{
    as_tls_result result = AS_TLS_WAIT;
    uint8_t data[4096];
    for (int quiet = 0; quiet < 2 && result == AS_TLS_WAIT;) {
        size_t n = as_tls_take(tls, data, sizeof data);
        quiet = n > 0 ? 0 : quiet + 1;
        if (n > 0)
            BIO_write(p->in, data, (int)n);
        SSL_do_handshake(p->session);
        int got;
        while (result == AS_TLS_WAIT &&
               (got = BIO_read(p->out, data, (int)(piece_bytes < sizeof data ? piece_bytes : sizeof data))) > 0) {
            quiet = 0;
            assert_int_equal(as_tls_put(tls, data, (size_t)got), 0);
            result = as_tls_handshake(tls);
        }
    }
    size_t n = as_tls_take(tls, data, sizeof data);
    if (n > 0)
        BIO_write(p->in, data, (int)n);
    SSL_do_handshake(p->session);
    return result;
}

static void to_client(as_tls *tls, peer *p)
{
    uint8_t data[32768];
    int got = BIO_read(p->out, data, sizeof data);
    if (got > 0)
        assert_int_equal(as_tls_put(tls, data, (size_t)got), 0);
}

static void a_session_carries_bytes_in_pieces_of_any_length(void **state)
{
    (void)state;
    static const size_t piece[] = {1, 2, 3, 5, 17, 1000, 4096};
    for (size_t i = 0; i < sizeof piece / sizeof *piece; i++) {
        peer p;
        char data[64];
        size_t n = 0;
        as_tls *tls = open_client("news.example");
        peer_init(&p, ast_server_new(&authority, "DNS:news.example", -1, 1));
        assert_int_equal(shake(tls, &p, piece[i]), AS_TLS_OK);
        assert_true(SSL_is_init_finished(p.session));
        assert_string_equal(SSL_get_servername(p.session, TLSEXT_NAMETYPE_host_name), "news.example");
        SSL_write(p.session, "hello", 5);
        to_client(tls, &p);
        assert_int_equal(as_tls_read(tls, data, 3, &n), AS_TLS_OK);
        assert_int_equal(n, 3);
        assert_int_equal(as_tls_read(tls, data + 3, sizeof data - 3, &n), AS_TLS_OK);
        assert_memory_equal(data, "hello", 5);
        assert_int_equal(as_tls_read(tls, data, sizeof data, &n), AS_TLS_WAIT);
        assert_int_equal(as_tls_write(tls, "answer", 6), AS_TLS_OK);
        n = as_tls_take(tls, data, sizeof data);
        BIO_write(p.in, data, (int)n);
        assert_int_equal(SSL_read(p.session, data, sizeof data), 6);
        assert_memory_equal(data, "answer", 6);
        SSL_shutdown(p.session);
        to_client(tls, &p);
        assert_int_equal(as_tls_read(tls, data, sizeof data, &n), AS_TLS_ENDED);
        as_tls_close(tls);
        peer_fini(&p);
    }
}

static void the_end_is_told_to_the_peer(void **state)
{
    (void)state;
    peer p;
    char data[64];
    as_tls *tls = open_client("127.0.0.1");
    peer_init(&p, ast_server_new(&authority, "IP:127.0.0.1", -1, 1));
    assert_int_equal(shake(tls, &p, 4096), AS_TLS_OK);
    assert_null(SSL_get_servername(p.session, TLSEXT_NAMETYPE_host_name));
    as_tls_finish(tls);
    size_t n = as_tls_take(tls, data, sizeof data);
    assert_true(n > 0);
    BIO_write(p.in, data, (int)n);
    assert_int_equal(SSL_get_error(p.session, SSL_read(p.session, data, sizeof data)), SSL_ERROR_ZERO_RETURN);
    as_tls_close(tls);
    peer_fini(&p);
    as_tls_close(NULL);
}

static void refused(const char *host, SSL_CTX *settings, const char *why)
{
    peer p;
    as_tls *tls = open_client(host);
    peer_init(&p, settings);
    assert_int_equal(shake(tls, &p, 4096), AS_TLS_FAILED);
    if (strstr(as_tls_why(tls), why) == NULL)
        fail_msg("%s: \"%s\"", host, as_tls_why(tls));
    assert_false(SSL_is_init_finished(p.session)); /* it was told with an alert */
    as_tls_close(tls);
    peer_fini(&p);
}

static void the_name_must_be_the_one_that_was_asked_for(void **state)
{
    (void)state;
    refused("news.example", ast_server_new(&authority, "DNS:example", -1, 1),
            "certificate of \"news.example\" refused: hostname mismatch");
    refused("news.example", ast_server_new(&authority, "DNS:a.news.example", -1, 1), "hostname mismatch");
    refused("news.example", ast_server_new(&authority, "DNS:n*.example", -1, 1), "hostname mismatch");
    refused("a.b.news.example", ast_server_new(&authority, "DNS:*.news.example", -1, 1), "hostname mismatch");
    refused("127.0.0.1", ast_server_new(&authority, "DNS:127.0.0.1", -1, 1), "IP address mismatch");
    peer p;
    as_tls *tls = open_client("a.news.example");
    peer_init(&p, ast_server_new(&authority, "DNS:*.news.example", -1, 1));
    assert_int_equal(shake(tls, &p, 4096), AS_TLS_OK);
    as_tls_close(tls);
    peer_fini(&p);
}

static void another_session_begins_afresh_after_a_failure(void **state)
{
    (void)state;
    peer p;
    as_tls *tls = open_client("news.example");
    static const char garbage[] = "HTTP/1.1 400 Bad Request\r\n\r\n";
    assert_int_equal(as_tls_put(tls, garbage, sizeof garbage - 1), 0);
    assert_int_equal(as_tls_handshake(tls), AS_TLS_FAILED);
    assert_string_equal(as_tls_why(tls), "TLS: wrong version number");
    assert_int_equal(as_tls_start(tls), 0);
    assert_string_equal(as_tls_why(tls), "");
    peer_init(&p, ast_server_new(&authority, "DNS:news.example", -1, 1));
    assert_int_equal(shake(tls, &p, 4096), AS_TLS_OK);
    as_tls_close(tls);
    peer_fini(&p);
}

static void nothing_is_written_before_the_handshake(void **state)
{
    (void)state;
    as_tls *tls = open_client("news.example");
    assert_int_equal(as_tls_write(tls, "secret", 6), AS_TLS_FAILED);
    as_tls_finish(tls);
    as_tls_close(tls);
    assert_int_equal(as_tls_open("news.example", authority.path, &tls), 0);
    uint8_t data[8];
    assert_int_equal(as_tls_take(tls, data, sizeof data), 0);
    as_tls_finish(tls);
    as_tls_close(tls);
}

static void authorities_are_a_file_or_the_systems(void **state)
{
    (void)state;
    as_tls *tls = NULL;
    assert_int_equal(as_tls_open("h", "/no/such/file", &tls), -ENOENT);
    assert_non_null(strstr(as_error_message(0), "ca \"/no/such/file\": No such file or directory"));
    assert_int_equal(as_tls_open("h", "/proc/self/stat", &tls), -EINVAL);
    assert_non_null(strstr(as_error_message(0), "allowed: a PEM file of certificates"));
    assert_null(tls);
    assert_int_equal(as_tls_open("h", NULL, &tls), 0);
    as_tls_close(tls);
    assert_int_equal(as_tls_open("h", "", &tls), 0);
    as_tls_close(tls);
}

static int setup(void **state)
{
    (void)state;
    ast_authority_init(&authority, "Test authority");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    ast_authority_fini(&authority);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_carries_bytes_in_pieces_of_any_length),
        cmocka_unit_test(the_end_is_told_to_the_peer),
        cmocka_unit_test(the_name_must_be_the_one_that_was_asked_for),
        cmocka_unit_test(another_session_begins_afresh_after_a_failure),
        cmocka_unit_test(nothing_is_written_before_the_handshake),
        cmocka_unit_test(authorities_are_a_file_or_the_systems),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
