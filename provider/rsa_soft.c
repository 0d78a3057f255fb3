/* SPDX-License-Identifier: Apache-2.0 */
/* RSA signatures in software: verification of all, and software keys. */
#include "rsa_ops.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rsa.h>

#include "error.h"
#include "key.h"
#include "prov.h"

struct settings { /* a scheme in the words of the software implementation */
    OSSL_PARAM params[5];
    struct prov_digest_name digest, mgf1;
};

static void fill_settings(struct prov_scheme *scheme, struct settings *s)
{
    size_t n = 0;

    s->params[n++] =
        OSSL_PARAM_construct_int(OSSL_SIGNATURE_PARAM_PAD_MODE, &scheme->pad);
    if (scheme->digest != NULL) {
        s->digest = prov_digest_name(scheme->digest);
        s->params[n++] = OSSL_PARAM_construct_utf8_string(
            OSSL_SIGNATURE_PARAM_DIGEST, s->digest.text, 0);
    }
    if (scheme->pad == RSA_PKCS1_PSS_PADDING) {
        s->params[n++] = OSSL_PARAM_construct_int(
            OSSL_SIGNATURE_PARAM_PSS_SALTLEN, &scheme->saltlen);
        s->mgf1 = prov_digest_name(scheme->mgf1 != NULL ? scheme->mgf1
                                                        : scheme->digest);
        s->params[n++] = OSSL_PARAM_construct_utf8_string(
            OSSL_SIGNATURE_PARAM_MGF1_DIGEST, s->mgf1.text, 0);
    }
    s->params[n] = OSSL_PARAM_construct_end();
}

typedef int soft_init_fn(EVP_PKEY_CTX *ctx);

static EVP_PKEY_CTX *soft_begin(struct prov_scheme *scheme, soft_init_fn *begin)
{
    EVP_PKEY *soft = prov_key_soft(scheme->key);
    struct settings settings;
    EVP_PKEY_CTX *pctx;
    bool ready;

    if (soft == NULL)
        return NULL;
    fill_settings(scheme, &settings);
    prov_enter(scheme->prov);
    pctx = prov_soft_use(&scheme->prov->soft, soft);
    ready = pctx != NULL && begin(pctx) == 1 &&
            EVP_PKEY_CTX_set_params(pctx, settings.params) == 1;
    prov_leave(scheme->prov);
    if (!ready) {
        EVP_PKEY_CTX_free(pctx);
        prov_raise(&scheme->prov->core, CKR_MECHANISM_INVALID,
                   "%s: no software implementation of this padding and digest",
                   prov_key_name(scheme->key));
        return NULL;
    }
    return pctx;
}

int prov_rsa_verify(struct prov_scheme *scheme, const uint8_t *sig,
                    size_t sig_len, const uint8_t *data, size_t len)
{
    EVP_PKEY_CTX *pctx;
    int ok;

    pctx = soft_begin(scheme, EVP_PKEY_verify_init);
    if (pctx == NULL)
        return 0;
    prov_enter(scheme->prov);
    ok = EVP_PKEY_verify(pctx, sig, sig_len, data, len);
    EVP_PKEY_CTX_free(pctx);
    prov_leave(scheme->prov);
    return ok == 1 ? 1
                   : prov_raise(&scheme->prov->core, CKR_SIGNATURE_INVALID,
                                "%s: the signature does not verify",
                                prov_key_name(scheme->key));
}

int prov_rsa_recover(struct prov_scheme *scheme, uint8_t *out, size_t *out_len,
                     const uint8_t *sig, size_t sig_len)
{
    EVP_PKEY_CTX *pctx = soft_begin(scheme, EVP_PKEY_verify_recover_init);
    int ok;

    if (pctx == NULL)
        return 0;
    prov_enter(scheme->prov);
    ok = EVP_PKEY_verify_recover(pctx, out, out_len, sig, sig_len);
    EVP_PKEY_CTX_free(pctx);
    prov_leave(scheme->prov);
    return ok == 1 ? 1
                   : prov_raise(&scheme->prov->core, CKR_SIGNATURE_INVALID,
                                "%s: nothing to be recovered from this "
                                "signature",
                                prov_key_name(scheme->key));
}

int prov_rsa_sign_soft(struct prov_scheme *scheme,
                       const struct prov_input *input, uint8_t *sig,
                       size_t *sig_len)
{
    EVP_PKEY_CTX *pctx = soft_begin(scheme, EVP_PKEY_sign_init);
    int ok;

    if (pctx == NULL)
        return 0;
    prov_enter(scheme->prov);
    ok = EVP_PKEY_sign(pctx, sig, sig_len, input->data, input->len);
    EVP_PKEY_CTX_free(pctx);
    prov_leave(scheme->prov);
    return ok == 1 ? 1
                   : prov_raise(&scheme->prov->core, CKR_FUNCTION_FAILED,
                                "%s: software does not sign this",
                                prov_key_name(scheme->key));
}
