/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vectors KEYFILE URI: see vectors.h. The provider is configured by
 * OPENSSL_CONF. Prints the count, exits 1 where verdicts differ.
 */
#include "vectors.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/store.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Noreturn void vectors_stop(const char *what)
{
    (void)fprintf(stderr, "vectors: %s\n", what);
    ERR_print_errors_fp(stderr);
    exit(2);
}

void vectors_compare(struct pair *pair, const char *name,
                     const struct outcome *expected, const struct outcome *got)
{
    bool same = expected->ok == got->ok &&
                (!got->ok || (expected->len == got->len &&
                              memcmp(expected->out, got->out, got->len) == 0));

    pair->count++;
    pair->accepted += expected->ok;
    ERR_clear_error();
    if (same)
        return;
    pair->failures++;
    (void)fprintf(stderr, "%s: expected %s of %zu octets, got %s of %zu\n",
                  name, expected->ok ? "success" : "failure", expected->len,
                  got->ok ? "success" : "failure", got->len);
}

static EVP_PKEY *load(const char *uri, int expect)
{
    OSSL_STORE_CTX *store = OSSL_STORE_open(uri, NULL, NULL, NULL, NULL);
    OSSL_STORE_INFO *info;
    EVP_PKEY *pkey;

    if (store == NULL || OSSL_STORE_expect(store, expect) != 1 ||
        (info = OSSL_STORE_load(store)) == NULL)
        vectors_stop(uri);
    pkey = expect == OSSL_STORE_INFO_PKEY ? OSSL_STORE_INFO_get1_PKEY(info)
                                          : OSSL_STORE_INFO_get1_PUBKEY(info);
    OSSL_STORE_INFO_free(info);
    (void)OSSL_STORE_close(store);
    return pkey;
}

static EVP_PKEY *read_key(OSSL_LIB_CTX *libctx, const char *path)
{
    BIO *bio = BIO_new_file(path, "r");
    EVP_PKEY *pkey =
        bio != NULL
            ? PEM_read_bio_PrivateKey_ex(bio, NULL, NULL, NULL, libctx, NULL)
            : NULL;

    BIO_free(bio);
    if (pkey == NULL)
        vectors_stop(path);
    return pkey;
}

int main(int argc, char **argv)
{
    struct pair pair = {.count = 0};
    char uri[512];

    if (argc != 3)
        vectors_stop("usage: vectors KEYFILE URI");
    pair.reference.libctx = OSSL_LIB_CTX_new();
    pair.reference.private_key = read_key(pair.reference.libctx, argv[1]);
    pair.reference.public_key = pair.reference.private_key;
    (void)snprintf(uri, sizeof(uri), "%s;type=private", argv[2]);
    pair.token.private_key = load(uri, OSSL_STORE_INFO_PKEY);
    (void)snprintf(uri, sizeof(uri), "%s;type=public", argv[2]);
    pair.token.public_key = load(uri, OSSL_STORE_INFO_PUBKEY);
    if (EVP_PKEY_eq(pair.token.public_key, pair.reference.public_key) != 1)
        vectors_stop("the keys differ");

    if (EVP_PKEY_is_a(pair.reference.private_key, "RSA")) {
        vectors_rsa_verify(&pair);
        vectors_rsa_decrypt(&pair);
    } else {
        vectors_curves(&pair);
    }
    (void)printf("%lu vectors, %lu accepted, %lu wrong\n", pair.count,
                 pair.accepted, pair.failures);
    EVP_PKEY_free(pair.token.public_key);
    EVP_PKEY_free(pair.token.private_key);
    EVP_PKEY_free(pair.reference.private_key);
    OSSL_LIB_CTX_free(pair.reference.libctx);
    return pair.failures != 0 || pair.accepted == 0 ||
           pair.accepted == pair.count;
}
