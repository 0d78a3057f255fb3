/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EdDSA (RFC 8032): whole messages, signed by CKM_EDDSA. The forms with a
 * context string or a hashed message are tokens' weak spot (some ignore the
 * parameter and sign as ever), so that such a signature is verified before it
 * is handed out.
 */
#include <openssl/core_names.h>
#include <openssl/obj_mac.h>
#include <openssl/params.h>
#include <string.h>
#include <strings.h>

#include "algid.h"
#include "ask.h"
#include "ec_ops.h"
#include "error.h"
#include "key.h"
#include "prov.h"

/* Parameters since OpenSSL 3.2. */
#define INSTANCE "instance"
#define CONTEXT  "context-string"

struct eddsa_params { /* CK_EDDSA_PARAMS of PKCS#11 3.0 */
    CK_BBOOL hashed;
    CK_ULONG context_len;
    CK_BYTE_PTR context;
};

/* What may be said of a variant's context string. */
enum context { CONTEXT_NONE, CONTEXT_MAY, CONTEXT_MUST };

static const struct variant {
    const char *name;
    const struct prov_keytype *type;
    int number; /* of scheme->variant */
    enum context context;
    bool hashed;
    bool plain; /* a token needs no parameter for it */
} variants[] = {
    {"Ed25519", &prov_keytype_ed25519, PROV_EDDSA_PURE, CONTEXT_NONE, false,
     true},
    {"Ed25519ctx", &prov_keytype_ed25519, PROV_EDDSA_CONTEXT, CONTEXT_MUST,
     false, false},
    {"Ed25519ph", &prov_keytype_ed25519, PROV_EDDSA_HASHED, CONTEXT_MAY, true,
     false},
    {"Ed448", &prov_keytype_ed448, PROV_EDDSA_PURE, CONTEXT_MAY, false, false},
    {"Ed448ph", &prov_keytype_ed448, PROV_EDDSA_HASHED, CONTEXT_MAY, true,
     false},
};

enum { VARIANTS = sizeof(variants) / sizeof(variants[0]) };

/* Every type has each variant that a context of it can have. */
static const struct variant *variant_of(const struct prov_scheme *scheme)
{
    size_t i = 0;

    while (i + 1 < VARIANTS && (variants[i].type != scheme->key->type ||
                                variants[i].number != scheme->variant))
        i++;
    return &variants[i];
}

static void init(struct prov_scheme *scheme)
{
    scheme->variant = PROV_EDDSA_PURE;
    scheme->context_len = 0;
}

static int bad_value(const struct prov_scheme *scheme, const char *name)
{
    return prov_raise(&scheme->prov->core, CKR_ARGUMENTS_BAD,
                      "EdDSA: value of %s not understood", name);
}

static bool set_variant(struct prov_scheme *scheme, const OSSL_PARAM *param)
{
    const char *name;

    if (OSSL_PARAM_get_utf8_string_ptr(param, &name) != 1)
        return false;
    for (size_t i = 0; i < VARIANTS; i++) {
        if (variants[i].type == scheme->key->type &&
            strcasecmp(variants[i].name, name) == 0) {
            scheme->variant = variants[i].number;
            return true;
        }
    }
    return false;
}

static int set_params(struct prov_scheme *scheme, const OSSL_PARAM *params)
{
    const OSSL_PARAM *p = OSSL_PARAM_locate_const(params, INSTANCE);
    void *context = scheme->context;

    if (p != NULL && !set_variant(scheme, p))
        return bad_value(scheme, INSTANCE);
    p = OSSL_PARAM_locate_const(params, CONTEXT);
    if (p != NULL && OSSL_PARAM_get_octet_string(p, &context, PROV_CONTEXT_MAX,
                                                 &scheme->context_len) != 1) {
        scheme->context_len = 0;
        return bad_value(scheme, CONTEXT);
    }
    return 1;
}

static int get_params(struct prov_scheme *scheme, OSSL_PARAM *params)
{
    OSSL_PARAM *p =
        OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_ALGORITHM_ID);
    int nid =
        scheme->key->type == &prov_keytype_ed448 ? NID_ED448 : NID_ED25519;

    return p == NULL || prov_algid_set(p, nid) == 1
               ? 1
               : bad_value(scheme, OSSL_SIGNATURE_PARAM_ALGORITHM_ID);
}

/* ---- in software ------------------------------------------------------- */

static bool is_pure(const struct prov_scheme *scheme)
{
    return scheme->variant == PROV_EDDSA_PURE && scheme->context_len == 0;
}

/* A context of the software implementation, set as scheme is; NULL where it
 * does not know the variant. Returns new. */
static EVP_MD_CTX *soft_begin(struct prov_scheme *scheme, EVP_PKEY *soft,
                              bool signing)
{
    const struct variant *variant = variant_of(scheme);
    EVP_PKEY_CTX *pctx = NULL;
    EVP_MD_CTX *ctx =
        prov_soft_message(&scheme->prov->soft, soft, signing, &pctx);
    const OSSL_PARAM params[] = {
        prov_param_utf8(INSTANCE, variant != NULL ? variant->name : ""),
        prov_param_octets(CONTEXT, scheme->context, scheme->context_len),
        OSSL_PARAM_END};
    const OSSL_PARAM *known;

    if (ctx == NULL || is_pure(scheme))
        return ctx;
    known = EVP_PKEY_CTX_settable_params(pctx);
    if (known != NULL && OSSL_PARAM_locate_const(known, INSTANCE) != NULL &&
        EVP_PKEY_CTX_set_params(pctx, params) == 1)
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

static int failed(const struct prov_scheme *scheme, CK_RV rv)
{
    return prov_raise(&scheme->prov->core, rv, "%s: not signed: %s",
                      prov_key_name(scheme->key), p11_rv_text(rv));
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

static CK_RV sign_by(struct prov_scheme *scheme, const CK_MECHANISM *how,
                     const struct prov_input *input, uint8_t *sig,
                     size_t *sig_len)
{
    struct prov_key *key = scheme->key;
    CK_RV rv;

    *sig_len = key->size;
    prov_enter(scheme->prov);
    rv = p11_sign(key->object, how, input->data, input->len, sig, sig_len,
                  &prov_ask_default);
    prov_leave(scheme->prov);
    return rv == CKR_OK && *sig_len != key->size ? P11R_OUTPUT : rv;
}

/* Ed448 wants a parameter, which older tokens do not know. */
static CK_RV sign_pure(struct prov_scheme *scheme,
                       const struct prov_input *input, uint8_t *sig,
                       size_t *sig_len)
{
    struct eddsa_params params = {CK_FALSE, 0, NULL};
    const CK_MECHANISM plain = {CKM_EDDSA, NULL, 0};
    const CK_MECHANISM how = {CKM_EDDSA, &params, sizeof(params)};
    struct prov_key *key = scheme->key;
    CK_RV rv;

    if (variant_of(scheme)->plain ||
        atomic_load_explicit(&key->raw, memory_order_relaxed) == PROV_RAW_WORKS)
        return sign_by(scheme, &plain, input, sig, sig_len);
    rv = sign_by(scheme, &how, input, sig, sig_len);
    if (!prov_key_wrong_mechanism(rv) && rv != CKR_ARGUMENTS_BAD)
        return rv;
    rv = sign_by(scheme, &plain, input, sig, sig_len);
    if (rv == CKR_OK)
        atomic_store(&key->raw, PROV_RAW_WORKS);
    return rv;
}

static int sign_form(struct prov_scheme *scheme, const struct prov_input *input,
                     uint8_t *sig, size_t *sig_len)
{
    struct eddsa_params params = {variant_of(scheme)->hashed,
                                  scheme->context_len, scheme->context};
    const CK_MECHANISM how = {CKM_EDDSA, &params, sizeof(params)};
    EVP_PKEY *soft = prov_key_soft(scheme->key);
    EVP_MD_CTX *known;
    CK_RV rv;

    if (soft == NULL)
        return 0;
    prov_enter(scheme->prov);
    known = soft_begin(scheme, soft, false);
    EVP_MD_CTX_free(known);
    prov_leave(scheme->prov);
    if (known == NULL)
        return prov_raise(&scheme->prov->core, CKR_MECHANISM_PARAM_INVALID,
                          "%s: this OpenSSL cannot verify %s",
                          prov_key_name(scheme->key), variant_of(scheme)->name);
    rv = sign_by(scheme, &how, input, sig, sig_len);
    if (rv != CKR_OK)
        return failed(scheme, rv);
    prov_enter(scheme->prov);
    rv = verify(scheme, sig, *sig_len, input->data, input->len) == 1
             ? CKR_OK
             : CKR_MECHANISM_PARAM_INVALID;
    prov_leave(scheme->prov);
    return rv == CKR_OK ? 1
                        : prov_raise(&scheme->prov->core, rv,
                                     "%s: the token has signed, but not as %s",
                                     prov_key_name(scheme->key),
                                     variant_of(scheme)->name);
}

static int sign_token(struct prov_scheme *scheme,
                      const struct prov_input *input, uint8_t *sig,
                      size_t *sig_len)
{
    CK_RV rv;

    if (!is_pure(scheme))
        return sign_form(scheme, input, sig, sig_len);
    rv = sign_pure(scheme, input, sig, sig_len);
    return rv == CKR_OK ? 1 : failed(scheme, rv);
}

static int sign(struct prov_scheme *scheme, const struct prov_input *input,
                uint8_t *sig, size_t *sig_len)
{
    const struct variant *variant = variant_of(scheme);

    if (!prov_key_is_private(scheme->key))
        return failed(scheme, CKR_KEY_FUNCTION_NOT_PERMITTED);
    if ((variant->context == CONTEXT_NONE && scheme->context_len != 0) ||
        (variant->context == CONTEXT_MUST && scheme->context_len == 0))
        return prov_raise(&scheme->prov->core, CKR_ARGUMENTS_BAD,
                          "%s: %s %s a context string",
                          prov_key_name(scheme->key), variant->name,
                          scheme->context_len != 0 ? "has not" : "needs");
    return scheme->key->object == NULL
               ? sign_soft(scheme, input, sig, sig_len)
               : sign_token(scheme, input, sig, sig_len);
}

static const OSSL_PARAM settable[] = {OSSL_PARAM_utf8_string(INSTANCE, NULL, 0),
                                      OSSL_PARAM_octet_string(CONTEXT, NULL, 0),
                                      OSSL_PARAM_END};

static const OSSL_PARAM gettable[] = {
    OSSL_PARAM_octet_string(OSSL_SIGNATURE_PARAM_ALGORITHM_ID, NULL, 0),
    OSSL_PARAM_END};

const struct prov_sig_ops prov_eddsa = {
    .settable = settable,
    .gettable = gettable,
    .whole = true,
    .init = init,
    .set_params = set_params,
    .get_params = get_params,
    .sign = sign,
    .verify = verify,
};
