/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RSA decryption in the token, encryption in software: PKCS#1 v1.5 (with TLS's
 * rules for a pre-master secret), OAEP and bare.
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

enum { PREMASTER = 48, VERSION_BITS = 8 };

static void init(struct prov_padding *padding)
{
    padding->pad = RSA_PKCS1_PADDING;
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

static const struct prov_digest *digest(const struct prov_padding *padding)
{
    return padding->digest != NULL ? padding->digest : prov_digest_find("SHA1");
}

static const struct prov_digest *mgf1(const struct prov_padding *padding)
{
    return padding->mgf1 != NULL ? padding->mgf1 : digest(padding);
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
                  digest(padding)) ||
        !put_name(params, OSSL_ASYM_CIPHER_PARAM_MGF1_DIGEST, mgf1(padding)))
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
    struct prov_digest_name oaep = prov_digest_name(digest(padding));
    struct prov_digest_name mgf = prov_digest_name(mgf1(padding));
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

/* ---- in the token ------------------------------------------------------ */

/* What a token may say of a ciphertext that does not decrypt. The caller must
 * not learn which: to an attacker each would be an oracle. */
static bool about_ciphertext(CK_RV rv)
{
    static const CK_RV codes[] = {
        CKR_ENCRYPTED_DATA_INVALID, CKR_ENCRYPTED_DATA_LEN_RANGE,
        CKR_DATA_INVALID,           CKR_DATA_LEN_RANGE,
        CKR_GENERAL_ERROR,          CKR_FUNCTION_FAILED,
        CKR_BUFFER_TOO_SMALL,       P11R_OUTPUT};

    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        if (codes[i] == rv)
            return true;
    }
    return false;
}

static CK_RV token_decrypt(struct prov_padding *padding,
                           const CK_MECHANISM *how, const struct job *job,
                           uint8_t plain[static PROV_RSA_MAX], size_t *len)
{
    CK_RV rv;

    *len = PROV_RSA_MAX;
    prov_enter(padding->prov);
    rv = p11_decrypt(padding->key->object, how, job->in, job->in_len, plain,
                     len, &prov_ask_default);
    prov_leave(padding->prov);
    return about_ciphertext(rv) ? CKR_ENCRYPTED_DATA_INVALID : rv;
}

static int hand_out(const struct prov_padding *padding, const struct job *job,
                    const uint8_t *plain, size_t len)
{
    if (*job->out_len < len)
        return failed(padding, CKR_BUFFER_TOO_SMALL);
    memcpy(job->out, plain, len);
    *job->out_len = len;
    return 1;
}

static int decrypt_pkcs1(struct prov_padding *padding, const struct job *job,
                         uint8_t plain[static PROV_RSA_MAX])
{
    const CK_MECHANISM how = {CKM_RSA_PKCS, NULL, 0};
    size_t len;
    CK_RV rv = token_decrypt(padding, &how, job, plain, &len);

    return rv == CKR_OK ? hand_out(padding, job, plain, len)
                        : failed(padding, rv);
}

static int decrypt_bare(struct prov_padding *padding, const struct job *job,
                        uint8_t plain[static PROV_RSA_MAX])
{
    const CK_MECHANISM how = {CKM_RSA_X_509, NULL, 0};
    size_t k = padding->key->size, len;
    CK_RV rv = token_decrypt(padding, &how, job, plain, &len);

    if (rv == CKR_OK && len > k)
        rv = P11R_OUTPUT;
    if (rv != CKR_OK)
        return failed(padding, rv);
    memmove(plain + (k - len), plain, len);
    memset(plain, 0, k - len);
    return hand_out(padding, job, plain, k);
}

/* All ones where a equals b. */
static unsigned char equal_mask(unsigned a, unsigned b)
{
    unsigned x = a ^ b;

    return (unsigned char)(((x | (0U - x)) >> (8 * sizeof(x) - 1)) - 1U);
}

/* RFC 5246, 7.4.7.1: whatever is wrong with the ciphertext, the caller gets 48
 * octets, random ones, and the handshake fails later. */
static int decrypt_tls(struct prov_padding *padding, const struct job *job,
                       uint8_t plain[static PROV_RSA_MAX])
{
    const CK_MECHANISM how = {CKM_RSA_PKCS, NULL, 0};
    unsigned client = padding->tls_client, other = padding->tls_negotiated;
    uint8_t fallback[PREMASTER];
    unsigned char good, version;
    size_t len;
    CK_RV rv;

    if (client == 0 || *job->out_len < PREMASTER)
        return failed(padding, CKR_MECHANISM_PARAM_INVALID);
    if (!prov_soft_random(&padding->prov->soft, fallback, sizeof(fallback)))
        return failed(padding, CKR_FUNCTION_FAILED);
    memset(plain, 0, PREMASTER);
    rv = token_decrypt(padding, &how, job, plain, &len);
    if (rv != CKR_OK && rv != CKR_ENCRYPTED_DATA_INVALID)
        return failed(padding, rv);
    version = equal_mask(plain[0], client >> VERSION_BITS) &
              equal_mask(plain[1], client & 0xff);
    /* A client that offered more and then used what was negotiated. */
    if (other != 0)
        version |= equal_mask(plain[0], other >> VERSION_BITS) &
                   equal_mask(plain[1], other & 0xff);
    good = equal_mask((unsigned)rv, CKR_OK) &
           equal_mask((unsigned)len, PREMASTER) & version;
    for (size_t i = 0; i < PREMASTER; i++)
        job->out[i] = (uint8_t)((plain[i] & good) | (fallback[i] & ~good));
    *job->out_len = PREMASTER;
    OPENSSL_cleanse(fallback, sizeof(fallback));
    return 1;
}

static CK_RV token_oaep(struct prov_padding *padding, const struct job *job,
                        uint8_t plain[static PROV_RSA_MAX],
                        struct prov_part *message)
{
    CK_RSA_PKCS_OAEP_PARAMS params = {
        .hashAlg = digest(padding)->hash,
        .mgf = mgf1(padding)->mgf,
        .source = CKZ_DATA_SPECIFIED,
        .pSourceData = padding->label_len != 0 ? padding->label : NULL,
        .ulSourceDataLen = padding->label_len};
    const CK_MECHANISM how = {CKM_RSA_PKCS_OAEP, &params, sizeof(params)};

    if (params.hashAlg == 0 || params.mgf == 0)
        return CKR_MECHANISM_PARAM_INVALID;
    message->data = plain;
    return token_decrypt(padding, &how, job, plain, &message->len);
}

static CK_RV raw_oaep(struct prov_padding *padding, const struct job *job,
                      uint8_t plain[static PROV_RSA_MAX],
                      struct prov_part *message)
{
    const CK_MECHANISM how = {CKM_RSA_X_509, NULL, 0};
    const struct prov_rsa_hash hash = {&padding->prov->soft, digest(padding),
                                       mgf1(padding)};
    const struct prov_part label = {padding->label, padding->label_len};
    size_t k = padding->key->size, len, start = 0;
    CK_RV rv = token_decrypt(padding, &how, job, plain, &len);

    if (rv != CKR_OK)
        return rv;
    if (len > k)
        return P11R_OUTPUT;
    memmove(plain + (k - len), plain, len);
    memset(plain, 0, k - len);
    prov_enter(padding->prov);
    if (!prov_rsa_oaep_decode(&hash, plain, k, &label, &start))
        rv = CKR_ENCRYPTED_DATA_INVALID;
    prov_leave(padding->prov);
    *message = (struct prov_part){plain + start, k - start};
    return rv;
}

static bool refused_oaep(CK_RV rv)
{
    /* SoftHSM2 calls every digest but SHA-1 a bad argument. */
    return prov_key_wrong_mechanism(rv) || rv == CKR_ARGUMENTS_BAD;
}

/* The token's own OAEP first, but with a label or a digest of MGF1's own: some
 * tokens (SoftHSM2) ignore the label, and then a ciphertext made for one
 * purpose decrypts for another, some (TPMs) the digest. */
static int decrypt_oaep(struct prov_padding *padding, const struct job *job,
                        uint8_t plain[static PROV_RSA_MAX])
{
    bool special = padding->label_len != 0 || mgf1(padding) != digest(padding);
    struct prov_key *key = padding->key;
    struct prov_part message;
    CK_RV rv = CKR_MECHANISM_PARAM_INVALID, raw;

    if (!special && !prov_key_refused(key, PROV_REFUSED_OAEP, digest(padding)))
        rv = token_oaep(padding, job, plain, &message);
    if (refused_oaep(rv) && prov_key_allows(key, CKM_RSA_X_509)) {
        raw = raw_oaep(padding, job, plain, &message);
        if (raw == CKR_OK && !special)
            prov_key_refuse(key, PROV_REFUSED_OAEP, digest(padding));
        if (!prov_key_wrong_mechanism(raw))
            rv = raw;
    }
    if (special && refused_oaep(rv))
        rv = token_oaep(padding, job, plain, &message);
    return rv == CKR_OK ? hand_out(padding, job, message.data, message.len)
                        : failed(padding, rv);
}

static int decrypt(struct prov_padding *padding, uint8_t *out, size_t *out_len,
                   const uint8_t *in, size_t in_len)
{
    static const struct {
        int pad;
        int (*decrypt)(struct prov_padding *padding, const struct job *job,
                       uint8_t plain[static PROV_RSA_MAX]);
    } ways[] = {{RSA_PKCS1_PADDING, decrypt_pkcs1},
                {RSA_PKCS1_WITH_TLS_PADDING, decrypt_tls},
                {RSA_PKCS1_OAEP_PADDING, decrypt_oaep},
                {RSA_NO_PADDING, decrypt_bare}};
    const struct job job = {out, out_len, in, in_len};
    uint8_t plain[PROV_RSA_MAX];
    int ok;

    if (!prov_key_is_private(padding->key))
        return failed(padding, CKR_KEY_FUNCTION_NOT_PERMITTED);
    if (out == NULL) {
        *out_len = padding->pad == RSA_PKCS1_WITH_TLS_PADDING
                       ? PREMASTER
                       : padding->key->size;
        return 1;
    }
    if (padding->key->object == NULL)
        return soft_run(padding, EVP_PKEY_decrypt_init, EVP_PKEY_decrypt, &job);
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        if (ways[i].pad != padding->pad)
            continue;
        ok = ways[i].decrypt(padding, &job, plain);
        OPENSSL_cleanse(plain, sizeof(plain));
        return ok;
    }
    return failed(padding, CKR_MECHANISM_INVALID);
}

static const OSSL_PARAM settable[] = {
    OSSL_PARAM_utf8_string(OSSL_ASYM_CIPHER_PARAM_PAD_MODE, NULL, 0),
    OSSL_PARAM_utf8_string(OSSL_ASYM_CIPHER_PARAM_OAEP_DIGEST, NULL, 0),
    OSSL_PARAM_utf8_string(OSSL_ASYM_CIPHER_PARAM_OAEP_DIGEST_PROPS, NULL, 0),
    OSSL_PARAM_utf8_string(OSSL_ASYM_CIPHER_PARAM_MGF1_DIGEST, NULL, 0),
    OSSL_PARAM_utf8_string(OSSL_ASYM_CIPHER_PARAM_MGF1_DIGEST_PROPS, NULL, 0),
    OSSL_PARAM_octet_string(OSSL_ASYM_CIPHER_PARAM_OAEP_LABEL, NULL, 0),
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
