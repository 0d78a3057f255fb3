/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ML-DSA (FIPS 204): whole messages, signed by CKM_ML_DSA (PKCS#11 3.2). What a
 * token is told beyond the message (context string, no fresh randomness) a
 * careless one ignores, so that such a signature is verified before it is
 * handed out.
 */
#include <openssl/core_names.h>
#include <openssl/objects.h>
#include <openssl/params.h>
#include <stdint.h>
#include <string.h>

#include "algid.h"
#include "ask.h"
#include "error.h"
#include "key.h"
#include "ml_ops.h"
#include "prov.h"

/* Parameters since OpenSSL 3.5. */
#define CONTEXT       "context-string"
#define DETERMINISTIC "deterministic"
#define ENCODING      "message-encoding"
#define MU            "mu"
#define ENTROPY       "test-entropy"

static void init(struct prov_scheme *scheme)
{
    scheme->context_len = 0;
    scheme->deterministic = false;
    scheme->unencoded = false;
    scheme->mu = false;
}

static int bad_value(const struct prov_scheme *scheme, const char *name)
{
    return prov_raise(&scheme->prov->core, CKR_ARGUMENTS_BAD,
                      "ML-DSA: value of %s not understood", name);
}

/* 0 and raises where the value is neither 0 nor 1. */
static int get_flag(const struct prov_scheme *scheme, const OSSL_PARAM *params,
                    const char *name, bool *flag)
{
    const OSSL_PARAM *p = OSSL_PARAM_locate_const(params, name);
    int value;

    if (p == NULL)
        return 1;
    if (OSSL_PARAM_get_int(p, &value) != 1 || (value & ~1) != 0)
        return bad_value(scheme, name);
    *flag = value == 1;
    return 1;
}

static int set_params(struct prov_scheme *scheme, const OSSL_PARAM *params)
{
    const OSSL_PARAM *p = OSSL_PARAM_locate_const(params, CONTEXT);
    void *context = scheme->context;
    bool encoded = !scheme->unencoded;

    if (p != NULL && OSSL_PARAM_get_octet_string(p, &context, PROV_CONTEXT_MAX,
                                                 &scheme->context_len) != 1) {
        scheme->context_len = 0;
        return bad_value(scheme, CONTEXT);
    }
    if (get_flag(scheme, params, DETERMINISTIC, &scheme->deterministic) != 1 ||
        get_flag(scheme, params, ENCODING, &encoded) != 1 ||
        get_flag(scheme, params, MU, &scheme->mu) != 1)
        return 0;
    scheme->unencoded = !encoded;
    if (OSSL_PARAM_locate_const(params, ENTROPY) != NULL)
        return prov_raise(&scheme->prov->core, CKR_ARGUMENTS_BAD,
                          "ML-DSA: a token draws its own randomness, no %s",
                          ENTROPY);
    return 1;
}

static int get_params(struct prov_scheme *scheme, OSSL_PARAM *params)
{
    OSSL_PARAM *p =
        OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_ALGORITHM_ID);

    return p == NULL ||
                   prov_algid_set(p, OBJ_txt2nid(scheme->key->type->name)) == 1
               ? 1
               : bad_value(scheme, OSSL_SIGNATURE_PARAM_ALGORITHM_ID);
}

static int failed(const struct prov_scheme *scheme, CK_RV rv)
{
    return prov_raise(&scheme->prov->core, rv, "%s: not signed: %s",
                      prov_key_name(scheme->key), p11_rv_text(rv));
}

/* ---- in software ------------------------------------------------------- */

/* A context of the software implementation, set as scheme is. Returns new, or
 * NULL. */
static EVP_MD_CTX *soft_begin(struct prov_scheme *scheme, EVP_PKEY *soft,
                              bool signing)
{
    int deterministic = scheme->deterministic, encoding = !scheme->unencoded;
    int mu = scheme->mu;
    EVP_PKEY_CTX *pctx = NULL;
    EVP_MD_CTX *ctx =
        prov_soft_message(&scheme->prov->soft, soft, signing, &pctx);
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string(CONTEXT, scheme->context,
                                          scheme->context_len),
        OSSL_PARAM_construct_int(DETERMINISTIC, &deterministic),
        OSSL_PARAM_construct_int(ENCODING, &encoding),
        OSSL_PARAM_construct_int(MU, &mu), OSSL_PARAM_construct_end()};

    if (ctx != NULL && EVP_PKEY_CTX_set_params(pctx, params) == 1)
        return ctx;
    EVP_MD_CTX_free(ctx);
    return NULL;
}

static int verify(struct prov_scheme *scheme, const uint8_t *sig,
                  size_t sig_len, const uint8_t *data, size_t len)
{
    EVP_PKEY *soft = prov_key_soft(scheme->key);
    EVP_MD_CTX *ctx;
    int ok;

    if (soft == NULL)
        return 0;
    prov_enter(scheme->prov);
    ctx = soft_begin(scheme, soft, false);
    ok = ctx != NULL && EVP_DigestVerify(ctx, sig, sig_len, data, len) == 1;
    EVP_MD_CTX_free(ctx);
    prov_leave(scheme->prov);
    return ok ? 1
              : prov_raise(&scheme->prov->core, CKR_SIGNATURE_INVALID,
                           "%s: the signature does not verify",
                           prov_key_name(scheme->key));
}

static int sign_soft(struct prov_scheme *scheme, const struct prov_input *input,
                     uint8_t *sig, size_t *sig_len)
{
    EVP_PKEY *soft = prov_key_soft(scheme->key);
    EVP_MD_CTX *ctx;
    int ok;

    if (soft == NULL)
        return 0;
    prov_enter(scheme->prov);
    ctx = soft_begin(scheme, soft, true);
    ok = ctx != NULL &&
         EVP_DigestSign(ctx, sig, sig_len, input->data, input->len) == 1;
    EVP_MD_CTX_free(ctx);
    prov_leave(scheme->prov);
    return ok ? 1 : failed(scheme, CKR_FUNCTION_FAILED);
}

/* ---- in the token ------------------------------------------------------ */

/* Verifies what the token has signed; the error, if any, is ours alone. */
static int check_signature(struct prov_scheme *scheme,
                           const struct prov_input *input, const uint8_t *sig,
                           size_t sig_len)
{
    int ok;

    prov_enter(scheme->prov);
    ok = verify(scheme, sig, sig_len, input->data, input->len);
    prov_leave(scheme->prov);
    return ok == 1
               ? 1
               : prov_raise(&scheme->prov->core, CKR_MECHANISM_PARAM_INVALID,
                            "%s: the token has signed, but not with the "
                            "context string",
                            prov_key_name(scheme->key));
}

static int sign_token(struct prov_scheme *scheme,
                      const struct prov_input *input, uint8_t *sig,
                      size_t *sig_len)
{
    const bool plain = !scheme->deterministic && scheme->context_len == 0;
    struct p11_sign_context params = {scheme->deterministic
                                          ? CKH_DETERMINISTIC_REQUIRED
                                          : CKH_HEDGE_PREFERRED,
                                      scheme->context, scheme->context_len};
    const CK_MECHANISM how = {CKM_ML_DSA, plain ? NULL : &params,
                              plain ? 0 : sizeof(params)};
    struct prov_key *key = scheme->key;
    CK_RV rv;

    if (scheme->unencoded || scheme->mu)
        return prov_raise(&scheme->prov->core, CKR_MECHANISM_PARAM_INVALID,
                          "%s: a token signs messages, not what the caller "
                          "has encoded (%s)",
                          prov_key_name(key), scheme->mu ? MU : ENCODING);
    *sig_len = key->size;
    prov_enter(scheme->prov);
    rv = p11_sign(key->object, &how, input->data, input->len, sig, sig_len,
                  &prov_ask_default);
    prov_leave(scheme->prov);
    if (rv == CKR_OK && *sig_len != key->size)
        rv = P11R_OUTPUT;
    if (rv != CKR_OK)
        return failed(scheme, rv);
    return plain ? 1 : check_signature(scheme, input, sig, *sig_len);
}

static int sign(struct prov_scheme *scheme, const struct prov_input *input,
                uint8_t *sig, size_t *sig_len)
{
    if (!prov_key_is_private(scheme->key))
        return failed(scheme, CKR_KEY_FUNCTION_NOT_PERMITTED);
    return scheme->key->object == NULL
               ? sign_soft(scheme, input, sig, sig_len)
               : sign_token(scheme, input, sig, sig_len);
}

int prov_ml_dsa_pairwise(struct prov_key *key)
{
    static const uint8_t message[] = "pairwise check";
    const struct prov_input input = {message, sizeof(message), message,
                                     sizeof(message)};
    struct prov_scheme scheme = {.prov = key->prov, .key = key};
    size_t len = key->size;
    uint8_t *sig = OPENSSL_malloc(len);
    int ok = sig != NULL
                 ? sign(&scheme, &input, sig, &len) == 1 &&
                       verify(&scheme, sig, len, message, sizeof(message)) == 1
                 : prov_raise(&key->prov->core, CKR_HOST_MEMORY, "%s",
                              prov_key_name(key));

    OPENSSL_free(sig);
    return ok;
}

static const OSSL_PARAM settable[] = {OSSL_PARAM_octet_string(CONTEXT, NULL, 0),
                                      OSSL_PARAM_int(DETERMINISTIC, NULL),
                                      OSSL_PARAM_int(ENCODING, NULL),
                                      OSSL_PARAM_int(MU, NULL),
                                      OSSL_PARAM_octet_string(ENTROPY, NULL, 0),
                                      OSSL_PARAM_END};

static const OSSL_PARAM gettable[] = {
    OSSL_PARAM_octet_string(OSSL_SIGNATURE_PARAM_ALGORITHM_ID, NULL, 0),
    OSSL_PARAM_END};

const struct prov_sig_ops prov_ml_dsa = {
    .settable = settable,
    .gettable = gettable,
    .whole = true,
    .init = init,
    .set_params = set_params,
    .get_params = get_params,
    .sign = sign,
    .verify = verify,
};
