/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RSA signatures: PKCS#1 v1.5, PSS and bare. The host hashes; the token gets
 * the smallest mechanism that does the rest, and a humbler one where it or the
 * key refuses that.
 */
#include "rsa_ops.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>
#include <openssl/rsa.h>
#include <string.h>

#include "ask.h"
#include "error.h"
#include "key.h"
#include "message.h"
#include "prov.h"
#include "rsa_algid.h"
#include "rsa_pad.h"

enum { PKCS1_OVERHEAD = 11 };

#ifdef RSA_PSS_SALTLEN_AUTO_DIGEST_MAX
enum { SALTLEN_DEFAULT = RSA_PSS_SALTLEN_AUTO_DIGEST_MAX };
#else
enum { SALTLEN_DEFAULT = RSA_PSS_SALTLEN_AUTO };
#endif

static bool only_pss(const struct prov_scheme *scheme)
{
    return scheme->key->type == &prov_keytype_rsa_pss;
}

static void init(struct prov_scheme *scheme)
{
    struct prov_rsa_bound bound;

    scheme->pad = RSA_PKCS1_PADDING;
    scheme->saltlen = SALTLEN_DEFAULT;
    scheme->mgf1 = NULL;
    if (only_pss(scheme))
        scheme->pad = RSA_PKCS1_PSS_PADDING;
    if (prov_rsa_bound_of(scheme->key, &bound)) {
        scheme->digest = bound.digest;
        scheme->mgf1 = bound.mgf1;
        scheme->saltlen = bound.saltlen;
    }
}

static int bad_value(const struct prov_scheme *scheme, const char *name)
{
    return prov_raise(&scheme->prov->core, CKR_ARGUMENTS_BAD,
                      "RSA signature: value of %s not understood", name);
}

static int refused(const struct prov_scheme *scheme, const char *why)
{
    return prov_raise(&scheme->prov->core, CKR_KEY_FUNCTION_NOT_PERMITTED,
                      "%s: the key is restricted: %s",
                      prov_key_name(scheme->key), why);
}

static int set_params(struct prov_scheme *scheme, const OSSL_PARAM *params)
{
    const OSSL_PARAM *p;
    const char *name;

    p = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_PAD_MODE);
    if (p != NULL) {
        if (!prov_rsa_pad_get(p, &scheme->pad) ||
            (scheme->pad != RSA_PKCS1_PADDING &&
             scheme->pad != RSA_PKCS1_PSS_PADDING &&
             scheme->pad != RSA_NO_PADDING))
            return prov_raise(&scheme->prov->core, CKR_ARGUMENTS_BAD,
                              "RSA signature: paddings are PKCS#1 v1.5, PSS "
                              "and none; X9.31 and others (%s) are not offered",
                              OSSL_SIGNATURE_PARAM_PAD_MODE);
        if (only_pss(scheme) && scheme->pad != RSA_PKCS1_PSS_PADDING)
            return refused(scheme, "its padding is PSS");
        if (scheme->pad == RSA_PKCS1_PSS_PADDING && scheme->digest == NULL)
            scheme->digest = prov_digest_find("SHA1");
    }
    p = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_PSS_SALTLEN);
    if (p != NULL && !prov_rsa_salt_get(p, &scheme->saltlen))
        return bad_value(scheme, OSSL_SIGNATURE_PARAM_PSS_SALTLEN);
    p = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_MGF1_DIGEST);
    if (p != NULL) {
        if (OSSL_PARAM_get_utf8_string_ptr(p, &name) != 1 ||
            (scheme->mgf1 = prov_digest_find(name)) == NULL)
            return bad_value(scheme, OSSL_SIGNATURE_PARAM_MGF1_DIGEST);
    }
    return 1;
}

static const struct prov_digest *mgf1(const struct prov_scheme *scheme)
{
    return scheme->mgf1 != NULL ? scheme->mgf1 : scheme->digest;
}

static int salt_len(const struct prov_scheme *scheme)
{
    return prov_rsa_salt_len(scheme->saltlen, scheme->digest,
                             scheme->key->bits);
}

/* Whether the key's own parameters allow those of the signature. */
static int check_bound(const struct prov_scheme *scheme, bool signing)
{
    struct prov_rsa_bound bound;

    if (!prov_rsa_bound_of(scheme->key, &bound))
        return 1;
    if (scheme->digest != bound.digest)
        return refused(scheme, "it is bound to another digest");
    if (mgf1(scheme) != bound.mgf1)
        return refused(scheme, "it is bound to another digest in MGF1");
    if (signing && salt_len(scheme) < bound.saltlen)
        return refused(scheme, "it is bound to a longer salt");
    return 1;
}

static int get_algorithm_id(struct prov_scheme *scheme, OSSL_PARAM *param)
{
    uint8_t *der = NULL;
    int len, ok;

    if (scheme->pad == RSA_PKCS1_PSS_PADDING && scheme->digest != NULL)
        len = prov_rsa_pss_algid(scheme->digest, mgf1(scheme), salt_len(scheme),
                                 &der);
    else if (scheme->pad == RSA_PKCS1_PADDING && scheme->digest != NULL)
        len = prov_rsa_pkcs1_algid(scheme->digest, &der);
    else
        len = -1;
    if (len < 0)
        return prov_raise(&scheme->prov->core, CKR_MECHANISM_INVALID,
                          "RSA signature: this padding and digest have no "
                          "AlgorithmIdentifier");
    ok = OSSL_PARAM_set_octet_string(param, der, (size_t)len);
    OPENSSL_free(der);
    return ok == 1 ? 1 : bad_value(scheme, OSSL_SIGNATURE_PARAM_ALGORITHM_ID);
}

static int get_params(struct prov_scheme *scheme, OSSL_PARAM *params)
{
    OSSL_PARAM *p;

    p = OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_PAD_MODE);
    if (p != NULL && !prov_rsa_pad_set(p, scheme->pad))
        return bad_value(scheme, OSSL_SIGNATURE_PARAM_PAD_MODE);
    p = OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_PSS_SALTLEN);
    if (p != NULL && !prov_rsa_salt_set(p, scheme->saltlen))
        return bad_value(scheme, OSSL_SIGNATURE_PARAM_PSS_SALTLEN);
    p = OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_MGF1_DIGEST);
    if (p != NULL && mgf1(scheme) != NULL) {
        struct prov_digest_name name = prov_digest_name(mgf1(scheme));

        if (OSSL_PARAM_set_utf8_string(p, name.text) != 1)
            return bad_value(scheme, OSSL_SIGNATURE_PARAM_MGF1_DIGEST);
    }
    p = OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_ALGORITHM_ID);
    return p == NULL || get_algorithm_id(scheme, p);
}

/* ---- in the token ------------------------------------------------------ */

static CK_RV token_sign(struct prov_scheme *scheme, const CK_MECHANISM *how,
                        const uint8_t *data, size_t len, uint8_t *sig,
                        size_t *sig_len)
{
    struct prov_key *key = scheme->key;
    size_t got = *sig_len;
    CK_RV rv;

    prov_enter(scheme->prov);
    rv = p11_sign(key->object, how, data, len, sig, &got, &prov_ask_default);
    prov_leave(scheme->prov);
    if (rv != CKR_OK)
        return rv;
    if (got > key->size)
        return P11R_OUTPUT;
    /* RFC 8017 wants the modulus' length; some tokens drop leading zeros. */
    memmove(sig + (key->size - got), sig, got);
    memset(sig, 0, key->size - got);
    *sig_len = key->size;
    return CKR_OK;
}

static int failed(const struct prov_scheme *scheme, CK_RV rv)
{
    return prov_raise(&scheme->prov->core, rv, "%s: not signed: %s",
                      prov_key_name(scheme->key), p11_rv_text(rv));
}

static int wrong_length(const struct prov_scheme *scheme)
{
    return prov_raise(&scheme->prov->core, CKR_DATA_LEN_RANGE,
                      "%s: input of this length cannot be signed with this "
                      "padding",
                      prov_key_name(scheme->key));
}

/* The failure of a key that perhaps but hashes and signs in the token, where
 * the message is no longer at hand. */
static int hashed_only(const struct prov_scheme *scheme, CK_RV rv,
                       CK_MECHANISM_TYPE mechanism,
                       const struct prov_input *input)
{
    if (mechanism == 0 || input->message != NULL ||
        !prov_key_allows(scheme->key, mechanism))
        return failed(scheme, rv);
    return prov_raise(&scheme->prov->core, rv,
                      "%s: not signed: the token refuses a digest; where it is "
                      "to hash itself, it needs the message at once, or in "
                      "parts of at most %d octets together",
                      prov_key_name(scheme->key), PROV_MESSAGE_MAX);
}

/* Written once: threads that sign share the line. */
static void remember(struct prov_key *key, int raw)
{
    if (atomic_load_explicit(&key->raw, memory_order_relaxed) != raw)
        atomic_store(&key->raw, raw);
}

static int sign_pkcs1(struct prov_scheme *scheme,
                      const struct prov_input *input, uint8_t *sig,
                      size_t *sig_len)
{
    const struct prov_digest *digest = scheme->digest;
    CK_MECHANISM how = {CKM_RSA_PKCS, NULL, 0};
    uint8_t info[PROV_DIGEST_INFO_MAX];
    const uint8_t *data = input->data;
    struct prov_key *key = scheme->key;
    CK_RV rv = CKR_MECHANISM_INVALID;
    size_t len = input->len;

    if (digest != NULL) {
        if (len != digest->size)
            return wrong_length(scheme);
        len = prov_digest_info(digest, data, info);
        data = info;
    }
    if (len + PKCS1_OVERHEAD > key->size)
        return wrong_length(scheme);
    if ((atomic_load(&key->raw) != PROV_RAW_REFUSED ||
         input->message == NULL) &&
        prov_key_allows(key, CKM_RSA_PKCS))
        rv = token_sign(scheme, &how, data, len, sig, sig_len);
    if (rv == CKR_OK) {
        remember(key, PROV_RAW_WORKS);
        return 1;
    }
    if (prov_key_wrong_mechanism(rv) && digest != NULL &&
        digest->rsa_pkcs != 0 && input->message != NULL) {
        how.mechanism = digest->rsa_pkcs;
        rv = token_sign(scheme, &how, input->message, input->message_len, sig,
                        sig_len);
        if (rv == CKR_OK) {
            remember(key, PROV_RAW_REFUSED);
            return 1;
        }
    }
    return prov_key_wrong_mechanism(rv) && digest != NULL
               ? hashed_only(scheme, rv, digest->rsa_pkcs, input)
               : failed(scheme, rv);
}

static int sign_bare(struct prov_scheme *scheme, const struct prov_input *input,
                     uint8_t *sig, size_t *sig_len)
{
    const CK_MECHANISM how = {CKM_RSA_X_509, NULL, 0};
    CK_RV rv;

    if (input->len != scheme->key->size)
        return wrong_length(scheme);
    rv = token_sign(scheme, &how, input->data, input->len, sig, sig_len);
    return rv == CKR_OK ? 1 : failed(scheme, rv);
}

static bool refused_pss(CK_RV rv)
{
    /* SoftHSM2 calls a foreign MGF1 digest a bad argument. */
    return prov_key_wrong_mechanism(rv) || rv == CKR_ARGUMENTS_BAD;
}

static CK_RV token_pss(struct prov_scheme *scheme, CK_MECHANISM_TYPE mechanism,
                       const struct prov_part *data, uint8_t *sig,
                       size_t *sig_len)
{
    const struct prov_digest *mgf = mgf1(scheme);
    CK_RSA_PKCS_PSS_PARAMS params = {scheme->digest->hash, mgf->mgf,
                                     (CK_ULONG)salt_len(scheme)};
    const CK_MECHANISM how = {mechanism, &params, sizeof(params)};

    if (mechanism == 0 || params.hashAlg == 0 || params.mgf == 0)
        return CKR_MECHANISM_PARAM_INVALID;
    return prov_key_allows(scheme->key, mechanism)
               ? token_sign(scheme, &how, data->data, data->len, sig, sig_len)
               : CKR_MECHANISM_INVALID;
}

/* The bare operation on what was encoded here. */
static CK_RV soft_pss(struct prov_scheme *scheme,
                      const struct prov_input *input, uint8_t *sig,
                      size_t *sig_len)
{
    const struct prov_rsa_hash hash = {&scheme->prov->soft, scheme->digest,
                                       mgf1(scheme)};
    const CK_MECHANISM how = {CKM_RSA_X_509, NULL, 0};
    struct prov_key *key = scheme->key;
    uint8_t em[PROV_RSA_MAX];
    bool encoded;

    if (!prov_key_allows(key, CKM_RSA_X_509))
        return CKR_MECHANISM_INVALID;
    prov_enter(scheme->prov);
    encoded = prov_rsa_pss_encode(&hash, key->bits, (size_t)salt_len(scheme),
                                  input->data, em);
    prov_leave(scheme->prov);
    return encoded ? token_sign(scheme, &how, em, key->size, sig, sig_len)
                   : CKR_FUNCTION_FAILED;
}

static int sign_pss(struct prov_scheme *scheme, const struct prov_input *input,
                    uint8_t *sig, size_t *sig_len)
{
    const struct prov_digest *digest = scheme->digest;
    enum prov_refusal what =
        mgf1(scheme) == digest ? PROV_REFUSED_PSS : PROV_REFUSED_PSS_MIXED;
    const struct prov_part value = {input->data, input->len};
    const struct prov_part message = {input->message, input->message_len};
    CK_RV rv = CKR_MECHANISM_PARAM_INVALID, other;

    if (input->len != digest->size || salt_len(scheme) < 0)
        return wrong_length(scheme);
    if (!prov_key_refused(scheme->key, what, digest))
        rv = token_pss(scheme, CKM_RSA_PKCS_PSS, &value, sig, sig_len);
    if (refused_pss(rv)) {
        other = soft_pss(scheme, input, sig, sig_len);
        if (other == CKR_OK)
            prov_key_refuse(scheme->key, what, digest);
        if (!prov_key_wrong_mechanism(other))
            rv = other;
    }
    if (refused_pss(rv) && message.data != NULL) {
        other = token_pss(scheme, digest->rsa_pss, &message, sig, sig_len);
        if (!refused_pss(other))
            rv = other;
    }
    if (rv == CKR_OK)
        return 1;
    return refused_pss(rv) ? hashed_only(scheme, rv, digest->rsa_pss, input)
                           : failed(scheme, rv);
}

static int verify(struct prov_scheme *scheme, const uint8_t *sig,
                  size_t sig_len, const uint8_t *data, size_t len)
{
    return check_bound(scheme, false) == 1
               ? prov_rsa_verify(scheme, sig, sig_len, data, len)
               : 0;
}

static int sign(struct prov_scheme *scheme, const struct prov_input *input,
                uint8_t *sig, size_t *sig_len)
{
    static const struct {
        int pad;
        int (*sign)(struct prov_scheme *scheme, const struct prov_input *input,
                    uint8_t *sig, size_t *sig_len);
    } ways[] = {{RSA_PKCS1_PADDING, sign_pkcs1},
                {RSA_PKCS1_PSS_PADDING, sign_pss},
                {RSA_NO_PADDING, sign_bare}};

    if (!prov_key_is_private(scheme->key))
        return failed(scheme, CKR_KEY_FUNCTION_NOT_PERMITTED);
    if (check_bound(scheme, true) != 1)
        return 0;
    if (scheme->key->object == NULL)
        return prov_rsa_sign_soft(scheme, input, sig, sig_len);
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        if (ways[i].pad == scheme->pad)
            return ways[i].sign(scheme, input, sig, sig_len);
    }
    return failed(scheme, CKR_MECHANISM_INVALID);
}

static const OSSL_PARAM settable[] = {
    OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, NULL, 0),
    OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PROPERTIES, NULL, 0),
    OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE, NULL, 0),
    OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, NULL, 0),
    OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_MGF1_DIGEST, NULL, 0),
    OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_MGF1_PROPERTIES, NULL, 0),
    OSSL_PARAM_END};

static const OSSL_PARAM gettable[] = {
    OSSL_PARAM_octet_string(OSSL_SIGNATURE_PARAM_ALGORITHM_ID, NULL, 0),
    OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, NULL, 0),
    OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE, NULL, 0),
    OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, NULL, 0),
    OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_MGF1_DIGEST, NULL, 0),
    OSSL_PARAM_END};

const struct prov_sig_ops prov_rsa_signature = {
    .settable = settable,
    .gettable = gettable,
    .init = init,
    .set_params = set_params,
    .get_params = get_params,
    .sign = sign,
    .verify = verify,
    .recover = prov_rsa_recover,
};
