/*
 * Certificates for tests: an authority of its own and what it signs, made when the test runs, on P-256 keys.
 */
#ifndef AST_SUPPORT_CERTIFICATE_H
#define AST_SUPPORT_CERTIFICATE_H

#include <openssl/ssl.h>

typedef struct ast_authority {
    EVP_PKEY *key;
    X509 *certificate;
    char path[64]; /* its PEM file */
} ast_authority;

/* Make an authority and write its certificate to a new file below /tmp. */
void ast_authority_init(ast_authority *authority, const char *name);
void ast_authority_fini(ast_authority *authority);

/*
 * What a server needs: a new key and a certificate for the names ("DNS:localhost,IP:127.0.0.1"), valid from begin_days
 * to end_days from now, signed by the authority, or by itself if that is NULL.
 */
SSL_CTX *ast_server_new(const ast_authority *authority, const char *names, int begin_days, int end_days);

#endif
