/* SPDX-License-Identifier: Apache-2.0 */
/* ECDSA and EdDSA signatures spoilt in one place; ECDH with peers of the curve
 * and not of it. */
#include "vectors.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <stdio.h>
#include <string.h>

enum { PEERS = 20, MESSAGES = 6 };

static const char *digest_of(const struct pair *pair)
{
    return EVP_PKEY_is_a(pair->reference.private_key, "EC") ? "SHA256" : NULL;
}

static void verify(const struct judge *judge, const char *digest,
                   const uint8_t *text, const uint8_t *sig, size_t len,
                   struct outcome *outcome)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();

    outcome->len = 0;
    outcome->ok = EVP_DigestVerifyInit_ex(ctx, NULL, digest, judge->libctx,
                                          NULL, judge->public_key, NULL) == 1 &&
                  EVP_DigestVerify(ctx, sig, len, text, MESSAGES) == 1;
    EVP_MD_CTX_free(ctx);
}

static void check(struct pair *pair, const char *what, const uint8_t *text,
                  const uint8_t *sig, size_t len)
{
    static struct outcome expected, got;

    verify(&pair->reference, digest_of(pair), text, sig, len, &expected);
    verify(&pair->token, digest_of(pair), text, sig, len, &got);
    vectors_compare(pair, what, &expected, &got);
}

static void spoil(struct pair *pair, const uint8_t *text, const uint8_t *sig,
                  size_t len)
{
    uint8_t wrong[VECTOR_MAX];
    char what[48];

    check(pair, "right", text, sig, len);
    for (size_t i = 0; i < len; i++) {
        memcpy(wrong, sig, len);
        wrong[i] ^= (uint8_t)(1U << (i % 8));
        (void)snprintf(what, sizeof(what), "signature spoilt at %zu", i);
        check(pair, what, text, wrong, len);
    }
    memcpy(wrong, sig, len);
    wrong[len] = 0;
    check(pair, "an octet too many", text, wrong, len + 1);
    check(pair, "an octet too few", text, wrong, len - 1);
    check(pair, "empty", text, wrong, 0);
    memset(wrong, 0, len);
    check(pair, "zeros", text, wrong, len);
    memset(wrong, 0xff, len);
    check(pair, "ones", text, wrong, len);
}

/* Numbers beyond their range, each in right DER. */
static void numbers(struct pair *pair, const uint8_t *text, const uint8_t *sig,
                    size_t len)
{
    static const char *const names[] = {"0",     "1",          "-1",
                                        "order", "order plus", "negated"};
    EVP_PKEY *pkey = pair->reference.private_key;
    BIGNUM *order = NULL;

    if (EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_EC_ORDER, &order) != 1)
        vectors_stop("order");
    for (size_t n = 0; n < 2 * sizeof(names) / sizeof(names[0]); n++) {
        const uint8_t *at = sig;
        ECDSA_SIG *right = d2i_ECDSA_SIG(NULL, &at, (long)len);
        BIGNUM *both[2] = {BN_dup(ECDSA_SIG_get0_r(right)),
                           BN_dup(ECDSA_SIG_get0_s(right))};
        BIGNUM *x = both[n % 2];
        uint8_t *der = NULL;
        int der_len;

        switch (n / 2) {
        case 0:
        case 1:
        case 2:
            (void)BN_set_word(x, n / 2 == 0 ? 0 : 1);
            BN_set_negative(x, n / 2 == 2);
            break;
        case 3:
            (void)BN_copy(x, order);
            break;
        case 4:
            (void)BN_add(x, x, order);
            break;
        default:
            (void)BN_sub(x, order, x);
        }
        (void)ECDSA_SIG_set0(right, both[0], both[1]);
        der_len = i2d_ECDSA_SIG(right, &der);
        if (der_len > 0)
            check(pair, names[n / 2], text, der, (size_t)der_len);
        OPENSSL_free(der);
        ECDSA_SIG_free(right);
    }
    BN_free(order);
}

static void signatures(struct pair *pair)
{
    const struct judge *judge = &pair->reference;
    uint8_t text[MESSAGES] = {0}, sig[VECTOR_MAX];

    for (uint8_t i = 0; i < MESSAGES; i++) {
        EVP_MD_CTX *ctx = EVP_MD_CTX_new();
        size_t len = sizeof(sig);

        text[0] = i;
        if (EVP_DigestSignInit_ex(ctx, NULL, digest_of(pair), judge->libctx,
                                  NULL, judge->private_key, NULL) != 1 ||
            EVP_DigestSign(ctx, sig, &len, text, sizeof(text)) != 1)
            vectors_stop("signing by the key file");
        EVP_MD_CTX_free(ctx);
        spoil(pair, text, sig, len);
        if (digest_of(pair) != NULL)
            numbers(pair, text, sig, len);
    }
}

/* ---- key agreement ----------------------------------------------------- */

static void agree(const struct judge *judge, const char *group,
                  const uint8_t *point, size_t len, struct outcome *outcome)
{
    EVP_PKEY_CTX *make = EVP_PKEY_CTX_new_from_name(judge->libctx, "EC", NULL);
    EVP_PKEY_CTX *ctx =
        EVP_PKEY_CTX_new_from_pkey(judge->libctx, judge->private_key, NULL);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    OSSL_PARAM *params;
    EVP_PKEY *peer = NULL;

    (void)OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME,
                                          group, 0);
    (void)OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY,
                                           point, len);
    params = OSSL_PARAM_BLD_to_param(builder);
    outcome->len = sizeof(outcome->out);
    outcome->ok =
        EVP_PKEY_fromdata_init(make) == 1 &&
        EVP_PKEY_fromdata(make, &peer, EVP_PKEY_PUBLIC_KEY, params) == 1 &&
        EVP_PKEY_derive_init(ctx) == 1 &&
        EVP_PKEY_derive_set_peer(ctx, peer) == 1 &&
        EVP_PKEY_derive(ctx, outcome->out, &outcome->len) == 1;
    EVP_PKEY_free(peer);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(builder);
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_CTX_free(make);
}

static void check_peer(struct pair *pair, const char *group, const char *what,
                       const uint8_t *point, size_t len)
{
    static struct outcome expected, got;

    agree(&pair->reference, group, point, len, &expected);
    agree(&pair->token, group, point, len, &got);
    vectors_compare(pair, what, &expected, &got);
}

static void agreements(struct pair *pair)
{
    const struct judge *judge = &pair->reference;
    char group[64];
    size_t group_len;

    if (EVP_PKEY_get_group_name(judge->private_key, group, sizeof(group),
                                &group_len) != 1)
        vectors_stop("group");
    for (size_t i = 0; i < PEERS; i++) {
        EVP_PKEY *peer = EVP_PKEY_Q_keygen(judge->libctx, NULL, "EC", group);
        uint8_t point[VECTOR_MAX];
        size_t len;

        if (peer == NULL ||
            EVP_PKEY_get_octet_string_param(peer, OSSL_PKEY_PARAM_PUB_KEY,
                                            point, sizeof(point), &len) != 1)
            vectors_stop("peer");
        check_peer(pair, group, "peer", point, len);
        point[1 + i] ^= 1;
        check_peer(pair, group, "peer spoilt", point, len);
        point[1 + i] ^= 1;
        point[0] = (uint8_t)(2 + (point[len - 1] & 1));
        check_peer(pair, group, "peer compressed", point, 1 + len / 2);
        check_peer(pair, group, "peer cut", point, len - 1);
        EVP_PKEY_free(peer);
    }
    check_peer(pair, group, "infinity", (const uint8_t *)"", 1);
    check_peer(pair, "P-224", "another curve", (const uint8_t *)"\4", 1);
}

void vectors_curves(struct pair *pair)
{
    signatures(pair);
    if (digest_of(pair) != NULL)
        agreements(pair);
    ERR_clear_error();
}
