/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Elliptic curve Diffie-Hellman: shared secrets from the token. The peer's key
 * is checked here; what is made of the secret is the caller's.
 */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>
#include <string.h>

#include "ask.h"
#include "curve.h"
#include "ec_ops.h"
#include "error.h"
#include "key.h"
#include "prov.h"

enum { TAG_OCTETS = 0x04, WRAP_MAX = 3, PAIR_DIGEST = 32 };

static int failed(const struct prov_agreement *agreement, CK_RV rv)
{
    return prov_raise(&agreement->prov->core, rv, "%s: no shared secret: %s",
                      prov_key_name(agreement->key), p11_rv_text(rv));
}

static int bad_peer(const struct prov_agreement *agreement, const char *why)
{
    return prov_raise(&agreement->prov->core, CKR_PUBLIC_KEY_INVALID,
                      "%s: the peer's key %s", prov_key_name(agreement->key),
                      why);
}

/* ---- in software ------------------------------------------------------- */

static int agree_soft(struct prov_agreement *agreement, uint8_t *out,
                      size_t size)
{
    struct prov *prov = agreement->prov;
    EVP_PKEY *own = prov_key_soft(agreement->key);
    EVP_PKEY *peer = prov_key_soft(agreement->peer);
    int cofactor = agreement->cofactor;
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_int(OSSL_EXCHANGE_PARAM_EC_ECDH_COFACTOR_MODE,
                                 &cofactor),
        OSSL_PARAM_construct_end()};
    EVP_PKEY_CTX *ctx;
    size_t len = size;
    bool ok;

    if (own == NULL || peer == NULL)
        return 0;
    prov_enter(prov);
    ctx = prov_soft_use(&prov->soft, own);
    ok = ctx != NULL &&
         EVP_PKEY_derive_init_ex(ctx, cofactor != -1 ? params : NULL) == 1 &&
         EVP_PKEY_derive_set_peer(ctx, peer) == 1 &&
         EVP_PKEY_derive(ctx, out, &len) == 1 && len == size;
    EVP_PKEY_CTX_free(ctx);
    prov_leave(prov);
    return ok ? 1 : failed(agreement, CKR_FUNCTION_FAILED);
}

/* ---- in the token ------------------------------------------------------ */

/* Tokens differ in whether the point has an OCTET STRING around it. */
static CK_RV derive(const struct prov_agreement *agreement,
                    CK_MECHANISM_TYPE mechanism, const uint8_t *point,
                    size_t len, uint8_t *out, size_t size)
{
    uint8_t wrapped[WRAP_MAX + PROV_POINT_MAX];
    CK_ECDH1_DERIVE_PARAMS params = {CKD_NULL, 0, NULL, len, NULL};
    const CK_MECHANISM how = {mechanism, &params, sizeof(params)};
    struct p11_object *object = agreement->key->object;
    size_t n = 0;
    CK_RV rv;

    wrapped[n++] = TAG_OCTETS;
    if (len >= 128)
        wrapped[n++] = 0x81;
    wrapped[n++] = (uint8_t)len;
    memcpy(wrapped + n, point, len);
    params.pPublicData = wrapped + n;
    rv = p11_derive(object, &how, out, size, &prov_ask_default);
    if (rv != CKR_MECHANISM_PARAM_INVALID && rv != CKR_ARGUMENTS_BAD)
        return rv;
    params.pPublicData = wrapped;
    params.ulPublicDataLen = n + len;
    return p11_derive(object, &how, out, size, &prov_ask_default);
}

static int agree_token(struct prov_agreement *agreement,
                       CK_MECHANISM_TYPE mechanism, const uint8_t *point,
                       size_t len, uint8_t *out, size_t size)
{
    CK_RV rv;

    prov_enter(agreement->prov);
    rv = derive(agreement, mechanism, point, len, out, size);
    prov_leave(agreement->prov);
    return rv == CKR_OK ? 1 : failed(agreement, rv);
}

static const OSSL_PARAM *public_octets(const struct prov_key *key)
{
    const OSSL_PARAM *p =
        OSSL_PARAM_locate_const(key->public, OSSL_PKEY_PARAM_PUB_KEY);

    return p != NULL && p->data_type == OSSL_PARAM_OCTET_STRING ? p : NULL;
}

/* ---- groups of ECDSA --------------------------------------------------- */

static int nid_of(const struct prov_key *key)
{
    const OSSL_PARAM *p =
        OSSL_PARAM_locate_const(key->public, OSSL_PKEY_PARAM_GROUP_NAME);
    const char *name;

    return p != NULL && OSSL_PARAM_get_utf8_string_ptr(p, &name) == 1
               ? prov_curve_named(name)
               : NID_undef;
}

/* Explicit numbers have no name; software tells their field's size. */
static size_t size(const struct prov_key *key)
{
    const OSSL_PARAM *p =
        OSSL_PARAM_locate_const(key->public, OSSL_PKEY_PARAM_EC_P);
    BIGNUM *prime = NULL;
    size_t len = 0;

    if (nid_of(key) != NID_undef)
        return prov_curve_field(nid_of(key));
    if (p != NULL && OSSL_PARAM_get_BN(p, &prime) == 1)
        len = (size_t)BN_num_bytes(prime);
    BN_free(prime);
    return len;
}

static int agree(struct prov_agreement *agreement, uint8_t *out, size_t out_len)
{
    CK_MECHANISM_TYPE mechanism = CKM_ECDH1_DERIVE;
    const struct prov_key *key = agreement->key;
    uint8_t point[PROV_POINT_MAX];
    const OSSL_PARAM *pub;
    size_t len = 0;

    if (!prov_key_same_group(key, agreement->peer))
        return bad_peer(agreement, "is of another group");
    if (key->object == NULL)
        return agree_soft(agreement, out, out_len);
    pub = public_octets(agreement->peer);
    prov_enter(agreement->prov);
    if (pub != NULL)
        len = prov_curve_point(nid_of(key), pub->data, pub->data_size, point);
    /* With a cofactor of one both mechanisms are the same. */
    if (agreement->cofactor == 1 && prov_curve_cofactor(nid_of(key)) != 1)
        mechanism = CKM_ECDH1_COFACTOR_DERIVE;
    prov_leave(agreement->prov);
    if (len == 0)
        return bad_peer(agreement, "is no point of the group");
    return agree_token(agreement, mechanism, point, len, out, out_len);
}

static const OSSL_PARAM settable[] = {
    OSSL_PARAM_int(OSSL_EXCHANGE_PARAM_EC_ECDH_COFACTOR_MODE, NULL),
    OSSL_PARAM_utf8_string(OSSL_EXCHANGE_PARAM_KDF_TYPE, NULL, 0),
    OSSL_PARAM_utf8_string(OSSL_EXCHANGE_PARAM_KDF_DIGEST, NULL, 0),
    OSSL_PARAM_utf8_string(OSSL_EXCHANGE_PARAM_KDF_DIGEST_PROPS, NULL, 0),
    OSSL_PARAM_size_t(OSSL_EXCHANGE_PARAM_KDF_OUTLEN, NULL),
    OSSL_PARAM_octet_string(OSSL_EXCHANGE_PARAM_KDF_UKM, NULL, 0),
    OSSL_PARAM_END};

static const OSSL_PARAM gettable[] = {
    OSSL_PARAM_int(OSSL_EXCHANGE_PARAM_EC_ECDH_COFACTOR_MODE, NULL),
    OSSL_PARAM_utf8_string(OSSL_EXCHANGE_PARAM_KDF_TYPE, NULL, 0),
    OSSL_PARAM_utf8_string(OSSL_EXCHANGE_PARAM_KDF_DIGEST, NULL, 0),
    OSSL_PARAM_size_t(OSSL_EXCHANGE_PARAM_KDF_OUTLEN, NULL),
    OSSL_PARAM_octet_ptr(OSSL_EXCHANGE_PARAM_KDF_UKM, NULL, 0),
    OSSL_PARAM_END};

const struct prov_exchange_ops prov_ecdh = {
    .settable = settable,
    .gettable = gettable,
    .size = size,
    .agree = agree,
};

/* ---- X25519 and X448 --------------------------------------------------- */

static size_t size_safe(const struct prov_key *key)
{
    const OSSL_PARAM *octets = public_octets(key);

    return octets != NULL ? octets->data_size : 0;
}

static int agree_safe(struct prov_agreement *agreement, uint8_t *out,
                      size_t out_len)
{
    static const uint8_t zeros[PROV_FIELD_MAX];
    const OSSL_PARAM *pub = public_octets(agreement->peer);

    if (agreement->key->object == NULL)
        return agree_soft(agreement, out, out_len);
    if (pub == NULL || pub->data_size != out_len)
        return bad_peer(agreement, "has no public number of this type");
    if (agree_token(agreement, CKM_ECDH1_DERIVE, pub->data, pub->data_size, out,
                    out_len) != 1)
        return 0;
    /* RFC 7748, 6.1: a point of small order gives this. */
    if (CRYPTO_memcmp(out, zeros, out_len) == 0)
        return bad_peer(agreement, "has a small order");
    return 1;
}

static const OSSL_PARAM none[] = {OSSL_PARAM_END};

const struct prov_exchange_ops prov_ecdh_safe = {
    .settable = none,
    .gettable = none,
    .size = size_safe,
    .agree = agree_safe,
};

/* ---- do the halves belong together? ------------------------------------ */

static int pair_signs(struct prov_key *key)
{
    const struct prov_sig_ops *ops = key->type->signature;
    struct prov_scheme scheme = {.prov = key->prov, .key = key};
    uint8_t text[PAIR_DIGEST], sig[2 * PROV_POINT_MAX];
    const struct prov_input input = {.data = text,
                                     .len = sizeof(text),
                                     .message = text,
                                     .message_len = sizeof(text)};
    size_t len = sizeof(sig);

    if (ops == NULL || key->size > sizeof(sig) ||
        !prov_soft_random(&key->prov->soft, text, sizeof(text)))
        return 0;
    ops->init(&scheme);
    return ops->sign(&scheme, &input, sig, &len) == 1 &&
           ops->verify(&scheme, sig, len, text, sizeof(text)) == 1;
}

/* A software key of the same group. Returns new, or NULL. */
static struct prov_key *other_end(struct prov_key *key)
{
    struct prov_key *other = prov_key_new(key->prov, key->type);
    EVP_PKEY *soft = prov_key_soft(key), *pkey = NULL;
    EVP_PKEY_CTX *ctx =
        soft != NULL ? prov_soft_use(&key->prov->soft, soft) : NULL;

    if (other != NULL && ctx != NULL && EVP_PKEY_keygen_init(ctx) == 1 &&
        EVP_PKEY_keygen(ctx, &pkey) == 1 &&
        prov_key_take_soft(other, pkey, true)) {
        EVP_PKEY_CTX_free(ctx);
        return other;
    }
    EVP_PKEY_CTX_free(ctx);
    prov_key_free(other);
    return NULL;
}

static int pair_agrees(struct prov_key *key)
{
    const struct prov_exchange_ops *ops = key->type->exchange;
    struct prov_key *other = ops != NULL ? other_end(key) : NULL;
    struct prov_agreement here = {
        .prov = key->prov, .key = key, .peer = other, .cofactor = -1};
    struct prov_agreement there = {
        .prov = key->prov, .key = other, .peer = key, .cofactor = -1};
    uint8_t a[PROV_FIELD_MAX], b[PROV_FIELD_MAX];
    size_t len = ops != NULL ? ops->size(key) : 0;
    int ok = other != NULL && len <= sizeof(a) && ops->agree(&here, a, len) &&
             ops->agree(&there, b, len) && CRYPTO_memcmp(a, b, len) == 0;

    OPENSSL_cleanse(a, sizeof(a));
    OPENSSL_cleanse(b, sizeof(b));
    prov_key_free(other);
    return ok;
}

int prov_ec_pairwise(struct prov_key *key)
{
    int ok;

    prov_enter(key->prov);
    ok = pair_signs(key) || pair_agrees(key);
    prov_leave(key->prov);
    return ok ? 1
              : prov_raise(&key->prov->core, CKR_FUNCTION_FAILED,
                           "%s: not shown that private and public half belong "
                           "together",
                           prov_key_name(key));
}
