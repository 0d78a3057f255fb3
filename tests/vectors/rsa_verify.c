/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures by RSA, PKCS#1 v1.5 and PSS: blocks spoilt before the private
 * operation, signatures spoilt after it. */
#include "vectors.h"

#include <openssl/rsa.h>
#include <stdio.h>
#include <string.h>

enum { FLIPS = 24 };

static const char *const digests[] = {"SHA1",       "SHA224",   "SHA256",
                                      "SHA384",     "SHA512",   "SHA512-256",
                                      "SHA512-224", "SHA3-256", "SHA3-512"};
enum { DIGESTS = sizeof(digests) / sizeof(digests[0]) };

struct form {
    int pad, saltlen;
    const char *digest, *mgf1;
};

static const char message[] = "a message";

static EVP_MD_CTX *begin(const struct judge *judge, const struct form *form,
                         bool signing)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *pctx = NULL;
    int ok =
        signing
            ? EVP_DigestSignInit_ex(ctx, &pctx, form->digest, judge->libctx,
                                    NULL, judge->private_key, NULL)
            : EVP_DigestVerifyInit_ex(ctx, &pctx, form->digest, judge->libctx,
                                      NULL, judge->public_key, NULL);

    if (ok != 1 || EVP_PKEY_CTX_set_rsa_padding(pctx, form->pad) != 1 ||
        (form->pad == RSA_PKCS1_PSS_PADDING &&
         (EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, form->saltlen) != 1 ||
          EVP_PKEY_CTX_set_rsa_mgf1_md_name(pctx, form->mgf1, NULL) != 1)))
        vectors_stop("signature: settings refused");
    return ctx;
}

static void verify(const struct judge *judge, const struct form *form,
                   const uint8_t *sig, size_t len, struct outcome *outcome)
{
    EVP_MD_CTX *ctx = begin(judge, form, false);

    outcome->len = 0;
    outcome->ok = EVP_DigestVerify(ctx, sig, len, (const uint8_t *)message,
                                   sizeof(message)) == 1;
    EVP_MD_CTX_free(ctx);
}

static void check(struct pair *pair, const struct form *form, const char *what,
                  const uint8_t *sig, size_t len)
{
    static struct outcome expected, got;
    char name[96];

    (void)snprintf(name, sizeof(name), "%s %s salt %d, %s",
                   form->pad == RSA_PKCS1_PADDING ? "PKCS#1" : "PSS",
                   form->digest, form->saltlen, what);
    verify(&pair->reference, form, sig, len, &expected);
    verify(&pair->token, form, sig, len, &got);
    vectors_compare(pair, name, &expected, &got);
}

/* The bare operation, by the key file. */
static void bare(const struct pair *pair, bool private_op, const uint8_t *in,
                 uint8_t out[RSA_OCTETS])
{
    const struct judge *judge = &pair->reference;
    EVP_PKEY_CTX *ctx =
        EVP_PKEY_CTX_new_from_pkey(judge->libctx, judge->private_key, NULL);
    size_t len = RSA_OCTETS;
    int ok =
        private_op ? EVP_PKEY_decrypt_init(ctx) : EVP_PKEY_encrypt_init(ctx);

    if (ok == 1 && EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) == 1)
        ok = private_op ? EVP_PKEY_decrypt(ctx, out, &len, in, RSA_OCTETS)
                        : EVP_PKEY_encrypt(ctx, out, &len, in, RSA_OCTETS);
    if (ok != 1)
        vectors_stop("bare operation");
    EVP_PKEY_CTX_free(ctx);
}

/* Every place of the block that has a meaning, and some in between. */
static void spoil_block(struct pair *pair, const struct form *form,
                        const uint8_t *sig)
{
    uint8_t em[RSA_OCTETS], wrong[RSA_OCTETS], out[RSA_OCTETS];
    char what[32];

    bare(pair, false, sig, em);
    for (size_t i = 0; i < RSA_OCTETS; i += i < 4 || i > 180 ? 3 : 19) {
        memcpy(wrong, em, sizeof(wrong));
        wrong[i] ^= i == 0 ? 0x01 : 0x80;
        if (wrong[0] > 0x7f)
            continue; /* no less than the modulus */
        bare(pair, true, wrong, out);
        (void)snprintf(what, sizeof(what), "block spoilt at %zu", i);
        check(pair, form, what, out, RSA_OCTETS);
    }
    memcpy(wrong, em, sizeof(wrong));
    memmove(wrong + 2, wrong + 3, RSA_OCTETS - 3); /* one octet of garbage */
    bare(pair, true, wrong, out);
    check(pair, form, "garbage at the end", out, RSA_OCTETS);
}

static void spoil_signature(struct pair *pair, const struct form *form,
                            const uint8_t *sig)
{
    uint8_t wrong[RSA_OCTETS + 1];
    char what[32];

    for (size_t i = 0; i < FLIPS; i++) {
        size_t at = i * RSA_OCTETS / FLIPS;

        memcpy(wrong, sig, RSA_OCTETS);
        wrong[at] ^= (uint8_t)(1U << (i % 8));
        (void)snprintf(what, sizeof(what), "signature spoilt at %zu", at);
        check(pair, form, what, wrong, RSA_OCTETS);
    }
    memcpy(wrong, sig, RSA_OCTETS);
    wrong[RSA_OCTETS] = 0;
    check(pair, form, "an octet too many", wrong, RSA_OCTETS + 1);
    check(pair, form, "an octet too few", wrong, RSA_OCTETS - 1);
    check(pair, form, "empty", wrong, 0);
    memset(wrong, 0, sizeof(wrong));
    check(pair, form, "zero", wrong, RSA_OCTETS);
    wrong[RSA_OCTETS - 1] = 1;
    check(pair, form, "one", wrong, RSA_OCTETS);
    memset(wrong, 0xff, sizeof(wrong));
    check(pair, form, "above the modulus", wrong, RSA_OCTETS);
}

static void form_vectors(struct pair *pair, const struct form *form)
{
    EVP_MD_CTX *ctx = begin(&pair->reference, form, true);
    uint8_t sig[RSA_OCTETS];
    size_t len = sizeof(sig);

    if (EVP_DigestSign(ctx, sig, &len, (const uint8_t *)message,
                       sizeof(message)) != 1)
        vectors_stop("signing by the key file");
    EVP_MD_CTX_free(ctx);
    check(pair, form, "right", sig, len);
    spoil_signature(pair, form, sig);
    spoil_block(pair, form, sig);
}

void vectors_rsa_verify(struct pair *pair)
{
    static const int salts[] = {0, 20, RSA_PSS_SALTLEN_DIGEST};

    for (size_t i = 0; i < DIGESTS; i++) {
        struct form form = {RSA_PKCS1_PADDING, 0, digests[i], digests[i]};

        form_vectors(pair, &form);
        form.pad = RSA_PKCS1_PSS_PADDING;
        for (size_t n = 0; n < sizeof(salts) / sizeof(salts[0]); n++) {
            form.saltlen = salts[n];
            form.mgf1 = n == 1 ? "SHA1" : digests[i];
            form_vectors(pair, &form);
        }
    }
}
