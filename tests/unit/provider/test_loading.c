/* SPDX-License-Identifier: Apache-2.0 */
/* Servers that can only read files: the ways by which they load a key, and a
 * handshake with it. */
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"
#include "unit.h"

struct files {
    OSSL_LIB_CTX *libctx;
    char *dir, both[4096], key[4096];
};

/* A certificate of its own for the key in the token. */
static X509 *certificate(OSSL_LIB_CTX *libctx, EVP_PKEY *pkey)
{
    X509 *cert = X509_new_ex(libctx, NULL);
    X509_NAME *name = X509_get_subject_name(cert);

    CU_ASSERT_EQUAL(ASN1_INTEGER_set(X509_get_serialNumber(cert), 1), 1);
    CU_ASSERT_PTR_NOT_NULL(X509_gmtime_adj(X509_getm_notBefore(cert), -60));
    CU_ASSERT_PTR_NOT_NULL(X509_gmtime_adj(X509_getm_notAfter(cert), 3600));
    CU_ASSERT_EQUAL(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                               (const unsigned char *)"server",
                                               -1, -1, 0),
                    1);
    CU_ASSERT_EQUAL(X509_set_issuer_name(cert, name), 1);
    CU_ASSERT_EQUAL(X509_set_pubkey(cert, pkey), 1);
    CU_ASSERT_TRUE(X509_sign(cert, pkey, EVP_sha256()) > 0);
    return cert;
}

static void write_file(const char *path, X509 *cert, EVP_PKEY *pkey)
{
    BIO *bio = BIO_new_file(path, "w");

    CU_ASSERT_PTR_NOT_NULL_FATAL(bio);
    if (cert != NULL)
        CU_ASSERT_EQUAL(PEM_write_bio_X509(bio, cert), 1);
    CU_ASSERT_EQUAL(
        PEM_write_bio_PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL), 1);
    BIO_free(bio);
}

static void begin(struct files *files)
{
    EVP_PKEY *pkey = fixture_load(fixture(), FIXTURE_KEY);
    X509 *cert = certificate(fixture(), pkey);

    files->libctx = fixture_context("pin-source = value:1234", 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(files->libctx);
    files->dir = unit_temp_dir();
    (void)snprintf(files->both, sizeof(files->both), "%s/both.pem", files->dir);
    (void)snprintf(files->key, sizeof(files->key), "%s/key.pem", files->dir);
    write_file(files->both, cert, pkey);
    write_file(files->key, NULL, pkey);
    X509_free(cert);
    EVP_PKEY_free(pkey);
    ERR_clear_error();
}

static void end(struct files *files)
{
    (void)unlink(files->both);
    (void)unlink(files->key);
    (void)rmdir(files->dir);
    free(files->dir);
    OSSL_LIB_CTX_free(files->libctx);
}

/* Data from one side to the other until neither has more to say. */
static int shaken(SSL *server, SSL *client)
{
    for (int i = 0; i < 20; i++) {
        int a = SSL_do_handshake(client), b = SSL_do_handshake(server);

        if (a == 1 && b == 1)
            return 1;
    }
    return 0;
}

static int handshake(SSL_CTX *server_ctx, int version)
{
    SSL_CTX *client_ctx = SSL_CTX_new(TLS_client_method());
    SSL *server = SSL_new(server_ctx), *client = SSL_new(client_ctx);
    BIO *one = NULL, *other = NULL;
    int ok;

    CU_ASSERT_EQUAL_FATAL(BIO_new_bio_pair(&one, 0, &other, 0), 1);
    SSL_set_bio(server, one, one);
    SSL_set_bio(client, other, other);
    SSL_set_accept_state(server);
    SSL_set_connect_state(client);
    (void)SSL_set_max_proto_version(client, version);
    ok = shaken(server, client);
    SSL_free(client);
    SSL_free(server);
    SSL_CTX_free(client_ctx);
    return ok;
}

static void serves(SSL_CTX *ctx)
{
    CU_ASSERT_EQUAL(SSL_CTX_check_private_key(ctx), 1);
    CU_ASSERT_EQUAL(handshake(ctx, TLS1_3_VERSION), 1);
    CU_ASSERT_EQUAL(handshake(ctx, TLS1_2_VERSION), 1);
    CU_ASSERT_EQUAL(fixture_errors(NULL), 0);
}

static void libssl_reads_the_file_of_a_key(void)
{
    struct files files;
    SSL_CTX *ctx;

    begin(&files);
    ctx = SSL_CTX_new_ex(files.libctx, NULL, TLS_server_method());
    CU_ASSERT_EQUAL(SSL_CTX_use_certificate_chain_file(ctx, files.both), 1);
    CU_ASSERT_EQUAL(
        SSL_CTX_use_PrivateKey_file(ctx, files.key, SSL_FILETYPE_PEM), 1);
    serves(ctx);
    SSL_CTX_free(ctx);
    end(&files);
}

static void libssl_reads_one_file_for_both(void)
{
    struct files files;
    SSL_CTX *ctx;

    begin(&files);
    ctx = SSL_CTX_new_ex(files.libctx, NULL, TLS_server_method());
    CU_ASSERT_EQUAL(SSL_CTX_use_certificate_chain_file(ctx, files.both), 1);
    CU_ASSERT_EQUAL(
        SSL_CTX_use_PrivateKey_file(ctx, files.both, SSL_FILETYPE_PEM), 1);
    serves(ctx);
    SSL_CTX_free(ctx);
    end(&files);
}

/* One open file, gone through once for each kind of thing, as haproxy does. */
static void a_balancer_reads_one_file_over_and_over(void)
{
    struct files files;
    EVP_PKEY *pkey, *params;
    SSL_CTX *ctx;
    X509 *cert;
    BIO *bio;

    begin(&files);
    bio = BIO_new_file(files.both, "r");
    pkey =
        PEM_read_bio_PrivateKey_ex(bio, NULL, NULL, NULL, files.libctx, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(pkey);
    CU_ASSERT_EQUAL(BIO_reset(bio), 0);
    params = PEM_read_bio_Parameters_ex(bio, NULL, files.libctx, NULL);
    CU_ASSERT_PTR_NULL(params);
    ERR_clear_error();
    CU_ASSERT_EQUAL(BIO_reset(bio), 0);
    cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(cert);
    CU_ASSERT_PTR_NULL(PEM_read_bio_X509(bio, NULL, NULL, NULL));
    ERR_clear_error();
    BIO_free(bio);
    ctx = SSL_CTX_new_ex(files.libctx, NULL, TLS_server_method());
    CU_ASSERT_EQUAL(SSL_CTX_use_PrivateKey(ctx, pkey), 1);
    CU_ASSERT_EQUAL(SSL_CTX_use_certificate(ctx, cert), 1);
    serves(ctx);
    SSL_CTX_free(ctx);
    X509_free(cert);
    EVP_PKEY_free(pkey);
    end(&files);
}

UNIT_MAIN("provider/loading", UNIT(libssl_reads_the_file_of_a_key),
          UNIT(libssl_reads_one_file_for_both),
          UNIT(a_balancer_reads_one_file_over_and_over))
