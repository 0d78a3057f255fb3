/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ECDSA. The host hashes, cuts the digest to the group's order and puts the
 * token's r and s into DER; the token does CKM_ECDSA, and hashes itself only
 * where it or the key refuses that.
 */
#include <openssl/core_names.h>
#include <openssl/obj_mac.h>
#include <openssl/objects.h>
#include <openssl/params.h>
#include <string.h>

#include "algid.h"
#include "ask.h"
#include "curve.h"
#include "ec_ops.h"
#include "error.h"
#include "key.h"
#include "prov.h"

#define NONCE_TYPE "nonce-type" /* since OpenSSL 3.2 */

static void init(struct prov_scheme *scheme)
{
    scheme->deterministic = false;
}

/* How a token chooses its nonce cannot be told to it. */
static int set_params(struct prov_scheme *scheme, const OSSL_PARAM *params)
{
    const OSSL_PARAM *p = OSSL_PARAM_locate_const(params, NONCE_TYPE);
    unsigned type = 0;

    if (p == NULL)
        return 1;
    if (OSSL_PARAM_get_uint(p, &type) != 1 || type > 1)
        return prov_raise(&scheme->prov->core, CKR_ARGUMENTS_BAD,
                          "ECDSA: value of %s not understood", NONCE_TYPE);
    if (type == 1 && scheme->key->object != NULL)
        return prov_raise(&scheme->prov->core, CKR_MECHANISM_PARAM_INVALID,
                          "%s: a token chooses its nonces by itself",
                          prov_key_name(scheme->key));
    scheme->deterministic = type == 1;
    return 1;
}

/* OpenSSL 3.0 has the identifiers with SHA-3, but not in its table. */
static int algorithm(const struct prov_digest *digest)
{
    static const struct {
        int digest, nid;
    } rows[] = {{NID_sha3_224, NID_ecdsa_with_SHA3_224},
                {NID_sha3_256, NID_ecdsa_with_SHA3_256},
                {NID_sha3_384, NID_ecdsa_with_SHA3_384},
                {NID_sha3_512, NID_ecdsa_with_SHA3_512}};
    int nid = NID_undef;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].digest == digest->nid)
            return rows[i].nid;
    }
    (void)OBJ_find_sigid_by_algs(&nid, digest->nid, NID_X9_62_id_ecPublicKey);
    return nid;
}

static int get_params(struct prov_scheme *scheme, OSSL_PARAM *params)
{
    OSSL_PARAM *p =
        OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_ALGORITHM_ID);
    int nid = NID_undef;

    if (p == NULL)
        return 1;
    if (scheme->digest != NULL)
        nid = algorithm(scheme->digest);
    return prov_algid_set(p, nid) == 1
               ? 1
               : prov_raise(&scheme->prov->core, CKR_MECHANISM_INVALID,
                            "ECDSA: no AlgorithmIdentifier for this digest");
}

/* ---- DER --------------------------------------------------------------- */

/* An unsigned number as INTEGER; returns its length. */
static size_t put_integer(uint8_t *out, const uint8_t *number, size_t len)
{
    size_t n = 0;

    while (len > 1 && *number == 0) {
        number++;
        len--;
    }
    out[n++] = 0x02;
    out[n++] = (uint8_t)(len + (*number >> 7));
    if (*number >> 7)
        out[n++] = 0x00;
    memcpy(out + n, number, len);
    return n + len;
}

/* ECDSA-Sig-Value (RFC 3279) of r and s, half of raw each; the length. */
static size_t put_signature(uint8_t *out, const uint8_t *raw, size_t raw_len)
{
    uint8_t integers[2 * (PROV_FIELD_MAX + 3)];
    size_t half = raw_len / 2, n = 0, len;

    len = put_integer(integers, raw, half);
    len += put_integer(integers + len, raw + half, half);
    out[n++] = 0x30;
    if (len >= 128)
        out[n++] = 0x81;
    out[n++] = (uint8_t)len;
    memcpy(out + n, integers, len);
    return n + len;
}

/* ---- in the token ------------------------------------------------------ */

static int failed(const struct prov_scheme *scheme, CK_RV rv)
{
    return prov_raise(&scheme->prov->core, rv, "%s: not signed: %s",
                      prov_key_name(scheme->key), p11_rv_text(rv));
}

static CK_RV token_sign(struct prov_scheme *scheme, CK_MECHANISM_TYPE mechanism,
                        const uint8_t *data, size_t len, uint8_t *sig,
                        size_t *sig_len)
{
    const CK_MECHANISM how = {mechanism, NULL, 0};
    struct prov_key *key = scheme->key;
    uint8_t raw[2 * PROV_FIELD_MAX];
    size_t order = ((size_t)key->bits + 7) / 8, raw_len = sizeof(raw);
    CK_RV rv;

    prov_enter(scheme->prov);
    rv = p11_sign(key->object, &how, data, len, raw, &raw_len,
                  &prov_ask_default);
    prov_leave(scheme->prov);
    if (rv != CKR_OK)
        return rv;
    if (raw_len == 0 || raw_len % 2 != 0 || raw_len > 2 * order)
        return P11R_OUTPUT;
    *sig_len = put_signature(sig, raw, raw_len);
    return CKR_OK;
}

/* Which of the two ways a key goes is written once. */
static void remember(struct prov_key *key, int raw)
{
    if (atomic_load_explicit(&key->raw, memory_order_relaxed) != raw)
        atomic_store(&key->raw, raw);
}

static int sign_token(struct prov_scheme *scheme,
                      const struct prov_input *input, uint8_t *sig,
                      size_t *sig_len)
{
    const struct prov_digest *digest = scheme->digest;
    struct prov_key *key = scheme->key;
    size_t order = ((size_t)key->bits + 7) / 8;
    size_t len = input->len < order ? input->len : order;
    CK_RV rv = CKR_MECHANISM_INVALID;

    if (atomic_load_explicit(&key->raw, memory_order_relaxed) !=
            PROV_RAW_REFUSED ||
        input->message == NULL)
        rv = token_sign(scheme, CKM_ECDSA, input->data, len, sig, sig_len);
    if (rv == CKR_OK) {
        remember(key, PROV_RAW_WORKS);
        return 1;
    }
    if (prov_key_wrong_mechanism(rv) && digest != NULL && digest->ecdsa != 0 &&
        input->message != NULL) {
        rv = token_sign(scheme, digest->ecdsa, input->message,
                        input->message_len, sig, sig_len);
        if (rv == CKR_OK) {
            remember(key, PROV_RAW_REFUSED);
            return 1;
        }
    }
    return failed(scheme, rv);
}

/* ---- in software ------------------------------------------------------- */

static int sign_soft(struct prov_scheme *scheme, const struct prov_input *input,
                     uint8_t *sig, size_t *sig_len)
{
    EVP_PKEY *soft = prov_key_soft(scheme->key);
    unsigned nonce = scheme->deterministic ? 1 : 0;
    struct prov_digest_name name = {""};
    OSSL_PARAM params[3] = {OSSL_PARAM_END, OSSL_PARAM_END, OSSL_PARAM_END};
    EVP_PKEY_CTX *ctx;
    int ok;

    if (soft == NULL)
        return 0;
    if (scheme->deterministic && scheme->digest != NULL) {
        name = prov_digest_name(scheme->digest);
        params[0] = OSSL_PARAM_construct_uint(NONCE_TYPE, &nonce);
        params[1] = OSSL_PARAM_construct_utf8_string(
            OSSL_SIGNATURE_PARAM_DIGEST, name.text, 0);
    }
    prov_enter(scheme->prov);
    ctx = prov_soft_use(&scheme->prov->soft, soft);
    ok = ctx != NULL && EVP_PKEY_sign_init_ex(ctx, params) == 1 &&
         EVP_PKEY_sign(ctx, sig, sig_len, input->data, input->len) == 1;
    EVP_PKEY_CTX_free(ctx);
    prov_leave(scheme->prov);
    return ok ? 1 : failed(scheme, CKR_FUNCTION_FAILED);
}

static int sign(struct prov_scheme *scheme, const struct prov_input *input,
                uint8_t *sig, size_t *sig_len)
{
    if (!prov_key_is_private(scheme->key))
        return failed(scheme, CKR_KEY_FUNCTION_NOT_PERMITTED);
    if (scheme->digest != NULL && input->len != scheme->digest->size)
        return prov_raise(&scheme->prov->core, CKR_DATA_LEN_RANGE,
                          "%s: this is no value of the digest",
                          prov_key_name(scheme->key));
    return scheme->key->object == NULL
               ? sign_soft(scheme, input, sig, sig_len)
               : sign_token(scheme, input, sig, sig_len);
}

static int verify(struct prov_scheme *scheme, const uint8_t *sig,
                  size_t sig_len, const uint8_t *data, size_t len)
{
    EVP_PKEY *soft = prov_key_soft(scheme->key);
    EVP_PKEY_CTX *ctx;
    bool ok;

    if (soft == NULL)
        return 0;
    prov_enter(scheme->prov);
    ctx = prov_soft_use(&scheme->prov->soft, soft);
    ok = ctx != NULL && EVP_PKEY_verify_init(ctx) == 1 &&
         (scheme->digest == NULL || len == scheme->digest->size) &&
         EVP_PKEY_verify(ctx, sig, sig_len, data, len) == 1;
    EVP_PKEY_CTX_free(ctx);
    prov_leave(scheme->prov);
    return ok ? 1
              : prov_raise(&scheme->prov->core, CKR_SIGNATURE_INVALID,
                           "%s: the signature does not verify",
                           prov_key_name(scheme->key));
}

static const OSSL_PARAM settable[] = {
    OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, NULL, 0),
    OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PROPERTIES, NULL, 0),
    OSSL_PARAM_uint(NONCE_TYPE, NULL), OSSL_PARAM_END};

static const OSSL_PARAM gettable[] = {
    OSSL_PARAM_octet_string(OSSL_SIGNATURE_PARAM_ALGORITHM_ID, NULL, 0),
    OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, NULL, 0),
    OSSL_PARAM_END};

const struct prov_sig_ops prov_ecdsa = {
    .settable = settable,
    .gettable = gettable,
    .init = init,
    .set_params = set_params,
    .get_params = get_params,
    .sign = sign,
    .verify = verify,
};
