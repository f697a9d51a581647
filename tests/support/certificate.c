#include "tests/support/certificate.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

/* Tests have nothing to say when their tools fail. */
static void must(bool done)
{
    if (!done) {
        fprintf(stderr, "certificate.c: OpenSSL does not make a certificate\n");
        abort();
    }
}

static void extend(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    must(extension != NULL && X509_add_ext(certificate, extension, -1) == 1);
    X509_EXTENSION_free(extension);
}

static X509 *make(EVP_PKEY *key, const char *name, long serial, int begin_days, int end_days)
{
    X509 *made = X509_new();
    must(made != NULL && X509_set_version(made, X509_VERSION_3) == 1);
    must(ASN1_INTEGER_set(X509_get_serialNumber(made), serial) == 1);
    must(X509_gmtime_adj(X509_getm_notBefore(made), begin_days * 86400L) != NULL);
    must(X509_gmtime_adj(X509_getm_notAfter(made), end_days * 86400L) != NULL);
    must(X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_ASC, (const unsigned char *)name, -1,
                                    -1, 0) == 1);
    must(X509_set_pubkey(made, key) == 1);
    return made;
}

void ast_authority_init(ast_authority *authority, const char *name)
{
    authority->key = EVP_EC_gen("P-256");
    must(authority->key != NULL);
    authority->certificate = make(authority->key, name, 1, -1, 365);
    must(X509_set_issuer_name(authority->certificate, X509_get_subject_name(authority->certificate)) == 1);
    extend(authority->certificate, authority->certificate, NID_basic_constraints, "critical,CA:TRUE");
    extend(authority->certificate, authority->certificate, NID_key_usage, "critical,keyCertSign,cRLSign");
    extend(authority->certificate, authority->certificate, NID_subject_key_identifier, "hash");
    must(X509_sign(authority->certificate, authority->key, EVP_sha256()) > 0);
    snprintf(authority->path, sizeof authority->path, "/tmp/aftershock_ca_XXXXXX");
    int fd = mkstemp(authority->path);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
    must(file != NULL && PEM_write_X509(file, authority->certificate) == 1 && fclose(file) == 0);
}

void ast_authority_fini(ast_authority *authority)
{
    unlink(authority->path);
    X509_free(authority->certificate);
    EVP_PKEY_free(authority->key);
}

SSL_CTX *ast_server_new(const ast_authority *authority, const char *names, int begin_days, int end_days)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    must(key != NULL);
    X509 *certificate = make(key, "Test server", 2, begin_days, end_days);
    X509 *issuer = authority != NULL ? authority->certificate : certificate;
    must(X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1);
    extend(certificate, issuer, NID_subject_alt_name, names);
    must(X509_sign(certificate, authority != NULL ? authority->key : key, EVP_sha256()) > 0);
    SSL_CTX *server = SSL_CTX_new(TLS_server_method());
    must(server != NULL && SSL_CTX_use_certificate(server, certificate) == 1 &&
         SSL_CTX_use_PrivateKey(server, key) == 1);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return server;
}
