#include "feeds/live/tls.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "core/error.h"
#include "feeds/live/socket.h"

struct as_tls {
    SSL_CTX *settings;
    SSL *session;
    BIO *in, *out; /* the session's */
    char host[AS_HOST_BYTES];
    char why[AS_TLS_WHY_BYTES];
};

/* ---- settings ---- */

/* The reason at the bottom of OpenSSL's queue, the first that was recorded; the queue is emptied. */
static const char *first_reason(void)
{
    unsigned long error = ERR_get_error();
    ERR_clear_error();
    const char *reason = error != 0 ? ERR_reason_error_string(error) : NULL;
    return reason != NULL ? reason : "unknown error";
}

static int load_authorities(SSL_CTX *settings, const char *ca)
{
    if (ca == NULL || *ca == 0) {
        if (SSL_CTX_set_default_verify_paths(settings) == 1)
            return 0;
        return as_error_set(-EINVAL, "TLS: the system's certificates: %s", first_reason());
    }
    FILE *file = fopen(ca, "re");
    if (file == NULL)
        return as_error_set(-errno, "ca \"%s\": %s", ca, strerror(errno));
    fclose(file);
    if (SSL_CTX_load_verify_file(settings, ca) == 1)
        return 0;
    return as_error_set(-EINVAL, "ca \"%s\": %s; allowed: a PEM file of certificates", ca, first_reason());
}

/* Whom the peer's certificate must name. */
static bool set_host(X509_VERIFY_PARAM *wanted, const char *host)
{
    X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (X509_VERIFY_PARAM_set1_ip_asc(wanted, host) == 1)
        return true;
    ERR_clear_error();
    return X509_VERIFY_PARAM_set1_host(wanted, host, 0) == 1;
}

int as_tls_open(const char *host, const char *ca, as_tls **tls)
{
    as_tls *made = calloc(1, sizeof *made);
    int result = 0;
    if (made != NULL)
        made->settings = SSL_CTX_new(TLS_client_method());
    if (made == NULL || made->settings == NULL) {
        result = as_error_set(-ENOMEM, "TLS: out of memory");
        goto fail;
    }
    snprintf(made->host, sizeof made->host, "%s", host);
    SSL_CTX_set_verify(made->settings, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_options(made->settings, SSL_OP_NO_RENEGOTIATION);
    if (SSL_CTX_set_min_proto_version(made->settings, TLS1_2_VERSION) != 1 ||
        !set_host(SSL_CTX_get0_param(made->settings), host)) {
        result = as_error_set(-EINVAL, "TLS with \"%s\": %s", host, first_reason());
        goto fail;
    }
    result = load_authorities(made->settings, ca);
    if (result < 0)
        goto fail;
    *tls = made;
    return 0;
fail:
    as_tls_close(made);
    return result;
}

void as_tls_close(as_tls *tls)
{
    if (tls == NULL)
        return;
    SSL_free(tls->session); /* with its BIOs */
    SSL_CTX_free(tls->settings);
    free(tls);
}

/* ---- a session ---- */

static bool is_address(const char *host)
{
    ASN1_OCTET_STRING *address = a2i_IPADDRESS(host);
    ERR_clear_error();
    ASN1_OCTET_STRING_free(address);
    return address != NULL;
}

int as_tls_start(as_tls *tls)
{
    SSL_free(tls->session);
    tls->session = SSL_new(tls->settings);
    tls->in = BIO_new(BIO_s_mem());
    tls->out = BIO_new(BIO_s_mem());
    tls->why[0] = 0;
    if (tls->session == NULL || tls->in == NULL || tls->out == NULL) {
        BIO_free(tls->in);
        BIO_free(tls->out);
        SSL_free(tls->session);
        tls->session = NULL;
        tls->in = tls->out = NULL;
        return -ENOMEM;
    }
    SSL_set_bio(tls->session, tls->in, tls->out);
    SSL_set_connect_state(tls->session);
    if (!is_address(tls->host) && SSL_set_tlsext_host_name(tls->session, tls->host) != 1)
        return -ENOMEM;
    return as_tls_handshake(tls) == AS_TLS_FAILED ? -ENOMEM : 0;
}

int as_tls_put(as_tls *tls, const void *data, size_t data_bytes)
{
    size_t put_bytes = 0;
    return BIO_write_ex(tls->in, data, data_bytes, &put_bytes) == 1 && put_bytes == data_bytes ? 0 : -ENOMEM;
}

/* What a call of OpenSSL that did not succeed means. */
static as_tls_result outcome(as_tls *tls, int returned)
{
    int error = SSL_get_error(tls->session, returned);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
        return AS_TLS_WAIT;
    if (error == SSL_ERROR_ZERO_RETURN)
        return AS_TLS_ENDED;
    long verified = SSL_get_verify_result(tls->session);
    if (verified != X509_V_OK)
        snprintf(tls->why, sizeof tls->why, "certificate of \"%s\" refused: %s", tls->host,
                 X509_verify_cert_error_string(verified));
    else
        snprintf(tls->why, sizeof tls->why, "TLS: %s", first_reason());
    ERR_clear_error();
    return AS_TLS_FAILED;
}

as_tls_result as_tls_handshake(as_tls *tls)
{
    ERR_clear_error();
    int returned = SSL_do_handshake(tls->session);
    return returned == 1 ? AS_TLS_OK : outcome(tls, returned);
}

as_tls_result as_tls_read(as_tls *tls, void *room, size_t room_bytes, size_t *got_bytes)
{
    ERR_clear_error();
    int returned = SSL_read_ex(tls->session, room, room_bytes, got_bytes);
    return returned == 1 ? AS_TLS_OK : outcome(tls, returned);
}

as_tls_result as_tls_write(as_tls *tls, const void *data, size_t data_bytes)
{
    size_t written_bytes = 0;
    ERR_clear_error();
    int returned = SSL_write_ex(tls->session, data, data_bytes, &written_bytes);
    if (returned == 1)
        return AS_TLS_OK;
    as_tls_result result = outcome(tls, returned);
    if (result != AS_TLS_FAILED)
        snprintf(tls->why, sizeof tls->why, "TLS: writing is not possible now");
    return AS_TLS_FAILED;
}

void as_tls_finish(as_tls *tls)
{
    if (tls->session != NULL && SSL_is_init_finished(tls->session))
        SSL_shutdown(tls->session);
    ERR_clear_error();
}

size_t as_tls_take(as_tls *tls, void *room, size_t room_bytes)
{
    size_t got_bytes = 0;
    if (tls->session == NULL || room_bytes == 0 || BIO_read_ex(tls->out, room, room_bytes, &got_bytes) != 1)
        return 0;
    return got_bytes;
}

const char *as_tls_why(const as_tls *tls)
{
    return tls->why;
}
