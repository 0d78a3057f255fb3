/* SPDX-License-Identifier: Apache-2.0 */
/* Decryption by RSA, PKCS#1 v1.5 and OAEP: blocks spoilt before encryption. A
 * wrong PKCS#1 padding must be an error only to those who ask for errors. */
#include "vectors.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <string.h>

#define IMPLICIT "implicit-rejection"

struct form {
    int pad;
    const char *digest, *mgf1, *label;
};

static const struct form forms[] = {
    {RSA_PKCS1_PADDING, NULL, NULL, NULL},
    {RSA_PKCS1_OAEP_PADDING, "SHA1", "SHA1", NULL},
    {RSA_PKCS1_OAEP_PADDING, "SHA256", "SHA256", NULL},
    {RSA_PKCS1_OAEP_PADDING, "SHA512", "SHA1", "a label"},
    {RSA_PKCS1_OAEP_PADDING, "SHA3-256", "SHA384", "a label"},
    {RSA_NO_PADDING, NULL, NULL, NULL}};

static EVP_PKEY_CTX *begin(const struct judge *judge, const struct form *form,
                           int (*init)(EVP_PKEY_CTX *))
{
    EVP_PKEY_CTX *ctx =
        EVP_PKEY_CTX_new_from_pkey(judge->libctx, judge->private_key, NULL);

    if (ctx == NULL || init(ctx) != 1 ||
        EVP_PKEY_CTX_set_rsa_padding(ctx, form->pad) != 1 ||
        (form->digest != NULL &&
         (EVP_PKEY_CTX_set_rsa_oaep_md_name(ctx, form->digest, NULL) != 1 ||
          EVP_PKEY_CTX_set_rsa_mgf1_md_name(ctx, form->mgf1, NULL) != 1)) ||
        (form->label != NULL &&
         EVP_PKEY_CTX_set0_rsa_oaep_label(ctx, OPENSSL_strdup(form->label),
                                          (int)strlen(form->label)) != 1))
        vectors_stop("decryption: settings refused");
    return ctx;
}

/* Where this OpenSSL has implicit rejection, sets it. */
static void set_implicit(EVP_PKEY_CTX *ctx, unsigned implicit)
{
    const OSSL_PARAM *known = EVP_PKEY_CTX_settable_params(ctx);
    OSSL_PARAM params[] = {OSSL_PARAM_construct_uint(IMPLICIT, &implicit),
                           OSSL_PARAM_construct_end()};

    if (known != NULL && OSSL_PARAM_locate_const(known, IMPLICIT) != NULL &&
        EVP_PKEY_CTX_set_params(ctx, params) != 1)
        vectors_stop(IMPLICIT);
}

static void decrypt(const struct judge *judge, const struct form *form,
                    unsigned implicit, const uint8_t *in, size_t in_len,
                    struct outcome *outcome)
{
    EVP_PKEY_CTX *ctx = begin(judge, form, EVP_PKEY_decrypt_init);

    if (form->pad == RSA_PKCS1_PADDING)
        set_implicit(ctx, implicit);
    outcome->len = RSA_OCTETS;
    outcome->ok =
        EVP_PKEY_decrypt(ctx, outcome->out, &outcome->len, in, in_len) == 1;
    EVP_PKEY_CTX_free(ctx);
}

static void check(struct pair *pair, const struct form *form, const char *what,
                  const uint8_t *in, size_t in_len)
{
    static struct outcome expected, got;
    char name[96];

    (void)snprintf(name, sizeof(name), "decryption, padding %d %s, %s",
                   form->pad, form->digest != NULL ? form->digest : "", what);
    decrypt(&pair->reference, form, 0, in, in_len, &expected);
    decrypt(&pair->token, form, 0, in, in_len, &got);
    vectors_compare(pair, name, &expected, &got);
    if (form->pad != RSA_PKCS1_PADDING || in_len != RSA_OCTETS || in[0] > 0x7f)
        return;
    /* By default both are messages; the right ones are the same. */
    decrypt(&pair->token, form, 1, in, in_len, &got);
    if (!expected.ok && got.ok && got.len <= RSA_OCTETS - 11)
        expected = got;
    vectors_compare(pair, name, &expected, &got);
}

/* Encrypts a block of which the first octet is small. */
static void encrypt_block(const struct pair *pair, const uint8_t em[RSA_OCTETS],
                          uint8_t out[RSA_OCTETS])
{
    static const struct form none = {RSA_NO_PADDING, NULL, NULL, NULL};
    EVP_PKEY_CTX *ctx = begin(&pair->reference, &none, EVP_PKEY_encrypt_init);
    size_t len = RSA_OCTETS;

    if (EVP_PKEY_encrypt(ctx, out, &len, em, RSA_OCTETS) != 1)
        vectors_stop("bare encryption");
    EVP_PKEY_CTX_free(ctx);
}

static void spoil(struct pair *pair, const struct form *form,
                  const uint8_t cipher[RSA_OCTETS])
{
    static const struct form none = {RSA_NO_PADDING, NULL, NULL, NULL};
    uint8_t wrong[RSA_OCTETS], out[RSA_OCTETS];
    struct outcome em;
    char what[40];

    decrypt(&pair->reference, &none, 0, cipher, RSA_OCTETS, &em);
    for (size_t i = 0; i < RSA_OCTETS; i += i < 24 ? 1 : 23) {
        for (uint8_t value = 0; value < 3; value++) {
            memcpy(wrong, em.out, sizeof(wrong));
            wrong[i] =
                i == 0 ? value : (uint8_t)(value == 2 ? wrong[i] ^ 4 : value);
            encrypt_block(pair, wrong, out);
            (void)snprintf(what, sizeof(what), "%u at %zu", value, i);
            check(pair, form, what, out, RSA_OCTETS);
        }
    }
}

static void edges(struct pair *pair, const struct form *form,
                  const uint8_t cipher[RSA_OCTETS])
{
    uint8_t wrong[RSA_OCTETS + 1] = {0};

    memcpy(wrong, cipher, RSA_OCTETS);
    check(pair, form, "an octet too many", wrong, RSA_OCTETS + 1);
    wrong[RSA_OCTETS - 1] ^= 1;
    check(pair, form, "ciphertext spoilt", wrong, RSA_OCTETS);
    memset(wrong, 0xff, sizeof(wrong));
    check(pair, form, "above the modulus", wrong, RSA_OCTETS);
    memset(wrong, 0, sizeof(wrong));
    check(pair, form, "zero", wrong, RSA_OCTETS);
    wrong[RSA_OCTETS - 1] = 1;
    check(pair, form, "one", wrong, RSA_OCTETS);
}

void vectors_rsa_decrypt(struct pair *pair)
{
    static const uint8_t text[RSA_OCTETS] = {0, 0, 1, 0, 2};
    static const size_t lengths[] = {0, 1, 2, 16, 48, 62, 100, 200, 245};

    for (size_t f = 0; f < sizeof(forms) / sizeof(forms[0]); f++) {
        uint8_t cipher[RSA_OCTETS] = {0};

        for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
            EVP_PKEY_CTX *ctx =
                begin(&pair->reference, &forms[f], EVP_PKEY_encrypt_init);
            size_t len = RSA_OCTETS, text_len = lengths[i];

            if (forms[f].pad == RSA_NO_PADDING)
                text_len = RSA_OCTETS;
            if (EVP_PKEY_encrypt(ctx, cipher, &len, text, text_len) == 1)
                check(pair, &forms[f], "right", cipher, len);
            EVP_PKEY_CTX_free(ctx);
            ERR_clear_error();
        }
        if (forms[f].pad == RSA_NO_PADDING)
            continue;
        EVP_PKEY_CTX *ctx =
            begin(&pair->reference, &forms[f], EVP_PKEY_encrypt_init);
        size_t len = RSA_OCTETS;

        if (EVP_PKEY_encrypt(ctx, cipher, &len, text, 20) != 1)
            vectors_stop("encryption");
        EVP_PKEY_CTX_free(ctx);
        spoil(pair, &forms[f], cipher);
        edges(pair, &forms[f], cipher);
    }
}
