/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RSA encryption: settings, and what software does. Decryption in a token is
 * in rsa_decrypt.c.
 */
#include "rsa_ops.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "error.h"
#include "key.h"
#include "prov.h"
#include "rsa_pad.h"
#include "rsa_reject.h"

/* A parameter since OpenSSL 3.2. */
#define IMPLICIT_REJECTION "implicit-rejection"

static void init(struct prov_padding *padding)
{
    padding->pad = RSA_PKCS1_PADDING;
    padding->reveals = false;
}

static int bad_value(const struct prov_padding *padding, const char *name)
{
    return prov_raise(&padding->prov->core, CKR_ARGUMENTS_BAD,
                      "RSA encryption: value of %s not understood", name);
}

static int get_digest(const struct prov_padding *padding,
                      const OSSL_PARAM *params, const char *key,
                      const struct prov_digest **out)
{
    const OSSL_PARAM *p = OSSL_PARAM_locate_const(params, key);
    const char *name;

    if (p == NULL)
        return 1;
    if (OSSL_PARAM_get_utf8_string_ptr(p, &name) != 1 ||
        (*out = prov_digest_find(name)) == NULL)
        return bad_value(padding, key);
    return 1;
}

static int get_label(struct prov_padding *padding, const OSSL_PARAM *p)
{
    void *label = NULL;
    size_t len = 0;

    if (OSSL_PARAM_get_octet_string(p, &label, 0, &len) != 1)
        return bad_value(padding, OSSL_ASYM_CIPHER_PARAM_OAEP_LABEL);
    OPENSSL_free(padding->label);
    padding->label = label;
    padding->label_len = len;
    return 1;
}

static bool known_pad(int pad)
{
    return pad == RSA_PKCS1_PADDING || pad == RSA_PKCS1_OAEP_PADDING ||
           pad == RSA_NO_PADDING || pad == RSA_PKCS1_WITH_TLS_PADDING;
}

static int set_params(struct prov_padding *padding, const OSSL_PARAM *params)
{
    const OSSL_PARAM *p;
    unsigned implicit;

    p = OSSL_PARAM_locate_const(params, OSSL_ASYM_CIPHER_PARAM_PAD_MODE);
    if (p != NULL &&
        (!prov_rsa_pad_get(p, &padding->pad) || !known_pad(padding->pad)))
        return bad_value(padding, OSSL_ASYM_CIPHER_PARAM_PAD_MODE);
    if (get_digest(padding, params, OSSL_ASYM_CIPHER_PARAM_OAEP_DIGEST,
                   &padding->digest) != 1 ||
        get_digest(padding, params, OSSL_ASYM_CIPHER_PARAM_MGF1_DIGEST,
                   &padding->mgf1) != 1)
        return 0;
    p = OSSL_PARAM_locate_const(params, OSSL_ASYM_CIPHER_PARAM_OAEP_LABEL);
    if (p != NULL && get_label(padding, p) != 1)
        return 0;
    p = OSSL_PARAM_locate_const(params, IMPLICIT_REJECTION);
    if (p != NULL) {
        if (OSSL_PARAM_get_uint(p, &implicit) != 1)
            return bad_value(padding, IMPLICIT_REJECTION);
        padding->reveals = implicit == 0;
    }
    p = OSSL_PARAM_locate_const(params,
                                OSSL_ASYM_CIPHER_PARAM_TLS_CLIENT_VERSION);
    if (p != NULL && OSSL_PARAM_get_uint(p, &padding->tls_client) != 1)
        return bad_value(padding, OSSL_ASYM_CIPHER_PARAM_TLS_CLIENT_VERSION);
    p = OSSL_PARAM_locate_const(params,
                                OSSL_ASYM_CIPHER_PARAM_TLS_NEGOTIATED_VERSION);
    if (p != NULL && OSSL_PARAM_get_uint(p, &padding->tls_negotiated) != 1)
        return bad_value(padding,
                         OSSL_ASYM_CIPHER_PARAM_TLS_NEGOTIATED_VERSION);
    return 1;
}

static bool put_name(OSSL_PARAM *params, const char *key,
                     const struct prov_digest *value)
{
    OSSL_PARAM *p = OSSL_PARAM_locate(params, key);
    struct prov_digest_name name = prov_digest_name(value);

    return p == NULL || OSSL_PARAM_set_utf8_string(p, name.text) == 1;
}

static int get_params(struct prov_padding *padding, OSSL_PARAM *params)
{
    OSSL_PARAM *pad, *label;

    pad = OSSL_PARAM_locate(params, OSSL_ASYM_CIPHER_PARAM_PAD_MODE);
    label = OSSL_PARAM_locate(params, OSSL_ASYM_CIPHER_PARAM_OAEP_LABEL);
    if ((pad != NULL && !prov_rsa_pad_set(pad, padding->pad)) ||
        (label != NULL && OSSL_PARAM_set_octet_ptr(label, padding->label,
                                                   padding->label_len) != 1) ||
        !put_name(params, OSSL_ASYM_CIPHER_PARAM_OAEP_DIGEST,
                  prov_rsa_oaep_digest(padding)) ||
        !put_name(params, OSSL_ASYM_CIPHER_PARAM_MGF1_DIGEST,
                  prov_rsa_oaep_mgf1(padding)))
        return prov_raise(&padding->prov->core, CKR_BUFFER_TOO_SMALL,
                          "RSA encryption: a parameter has no room");
    return 1;
}

/* ---- in software ------------------------------------------------------- */

static int failed(const struct prov_padding *padding, CK_RV rv)
{
    return prov_raise(&padding->prov->core, rv, "%s: %s",
                      prov_key_name(padding->key), p11_rv_text(rv));
}

typedef int soft_init_fn(EVP_PKEY_CTX *ctx);

static EVP_PKEY_CTX *soft_begin(struct prov_padding *padding, EVP_PKEY *soft,
                                soft_init_fn *begin)
{
    struct prov_digest_name oaep =
        prov_digest_name(prov_rsa_oaep_digest(padding));
    struct prov_digest_name mgf = prov_digest_name(prov_rsa_oaep_mgf1(padding));
    EVP_PKEY_CTX *pctx = prov_soft_use(&padding->prov->soft, soft);
    OSSL_PARAM params[5];
    size_t n = 0;

    params[n++] = OSSL_PARAM_construct_int(OSSL_ASYM_CIPHER_PARAM_PAD_MODE,
                                           &padding->pad);
    if (padding->pad == RSA_PKCS1_OAEP_PADDING) {
        params[n++] = OSSL_PARAM_construct_utf8_string(
            OSSL_ASYM_CIPHER_PARAM_OAEP_DIGEST, oaep.text, 0);
        params[n++] = OSSL_PARAM_construct_utf8_string(
            OSSL_ASYM_CIPHER_PARAM_MGF1_DIGEST, mgf.text, 0);
    }
    if (padding->label_len != 0)
        params[n++] = OSSL_PARAM_construct_octet_string(
            OSSL_ASYM_CIPHER_PARAM_OAEP_LABEL, padding->label,
            padding->label_len);
    params[n] = OSSL_PARAM_construct_end();
    if (pctx != NULL && begin(pctx) == 1 &&
        EVP_PKEY_CTX_set_params(pctx, params) == 1)
        return pctx;
    EVP_PKEY_CTX_free(pctx);
    return NULL;
}

typedef int soft_run_fn(EVP_PKEY_CTX *ctx, unsigned char *out, size_t *out_len,
                        const unsigned char *in, size_t in_len);

struct job { /* out NULL: the length is all that is wanted */
    uint8_t *out;
    size_t *out_len; /* size in, length out */
    const uint8_t *in;
    size_t in_len;
};

static int soft_run(struct prov_padding *padding, soft_init_fn *begin,
                    soft_run_fn *run, const struct job *job)
{
    EVP_PKEY *soft = prov_key_soft(padding->key);
    EVP_PKEY_CTX *pctx;
    bool ok;

    if (soft == NULL)
        return 0;
    prov_enter(padding->prov);
    pctx = soft_begin(padding, soft, begin);
    ok = pctx != NULL &&
         run(pctx, job->out, job->out_len, job->in, job->in_len) == 1;
    EVP_PKEY_CTX_free(pctx);
    prov_leave(padding->prov);
    return ok ? 1 : failed(padding, CKR_DATA_LEN_RANGE);
}

static int encrypt(struct prov_padding *padding, uint8_t *out, size_t *out_len,
                   const uint8_t *in, size_t in_len)
{
    const struct job job = {out, out_len, in, in_len};

    return soft_run(padding, EVP_PKEY_encrypt_init, EVP_PKEY_encrypt, &job);
}

static int decrypt(struct prov_padding *padding, uint8_t *out, size_t *out_len,
                   const uint8_t *in, size_t in_len)
{
    const struct job job = {out, out_len, in, in_len};

    if (!prov_key_is_private(padding->key))
        return failed(padding, CKR_KEY_FUNCTION_NOT_PERMITTED);
    if (out == NULL) {
        *out_len = padding->pad == RSA_PKCS1_WITH_TLS_PADDING
                       ? PROV_PREMASTER
                       : padding->key->size;
        return 1;
    }
    return padding->key->object == NULL
               ? soft_run(padding, EVP_PKEY_decrypt_init, EVP_PKEY_decrypt,
                          &job)
               : prov_rsa_decrypt(padding, out, out_len, in, in_len);
}

static const OSSL_PARAM settable[] = {
    OSSL_PARAM_utf8_string(OSSL_ASYM_CIPHER_PARAM_PAD_MODE, NULL, 0),
    OSSL_PARAM_utf8_string(OSSL_ASYM_CIPHER_PARAM_OAEP_DIGEST, NULL, 0),
    OSSL_PARAM_utf8_string(OSSL_ASYM_CIPHER_PARAM_OAEP_DIGEST_PROPS, NULL, 0),
    OSSL_PARAM_utf8_string(OSSL_ASYM_CIPHER_PARAM_MGF1_DIGEST, NULL, 0),
    OSSL_PARAM_utf8_string(OSSL_ASYM_CIPHER_PARAM_MGF1_DIGEST_PROPS, NULL, 0),
    OSSL_PARAM_octet_string(OSSL_ASYM_CIPHER_PARAM_OAEP_LABEL, NULL, 0),
    OSSL_PARAM_uint(IMPLICIT_REJECTION, NULL),
    OSSL_PARAM_uint(OSSL_ASYM_CIPHER_PARAM_TLS_CLIENT_VERSION, NULL),
    OSSL_PARAM_uint(OSSL_ASYM_CIPHER_PARAM_TLS_NEGOTIATED_VERSION, NULL),
    OSSL_PARAM_END};

static const OSSL_PARAM gettable[] = {
    OSSL_PARAM_utf8_string(OSSL_ASYM_CIPHER_PARAM_PAD_MODE, NULL, 0),
    OSSL_PARAM_utf8_string(OSSL_ASYM_CIPHER_PARAM_OAEP_DIGEST, NULL, 0),
    OSSL_PARAM_utf8_string(OSSL_ASYM_CIPHER_PARAM_MGF1_DIGEST, NULL, 0),
    OSSL_PARAM_octet_ptr(OSSL_ASYM_CIPHER_PARAM_OAEP_LABEL, NULL, 0),
    OSSL_PARAM_END};

const struct prov_cipher_ops prov_rsa_cipher = {
    .settable = settable,
    .gettable = gettable,
    .init = init,
    .set_params = set_params,
    .get_params = get_params,
    .encrypt = encrypt,
    .decrypt = decrypt,
};
