/* SPDX-License-Identifier: Apache-2.0 */
/* Keys by URI, through OSSL_STORE and EVP: see key.h. */
#include "key.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/store.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xrml_key.h"

/* Public operations stay in software: a token's answer must not vouch for the
 * token. */
static const char software[] = "?provider=default";

enum { PROBE_SIZE = 16, NO_OBJECT = 0x00700003 };

/* ---- errors ------------------------------------------------------------ */

/* Reasons of a provider of tokens are Cryptoki's results (PKCS #11, CKR_*) or
 * its own beyond them, privyseal-provider(7). */
static const struct {
    unsigned long reason;
    enum iss_status status;
} reasons[] = {
    {0x000000a0, ISS_LOGIN},    /* CKR_PIN_INCORRECT */
    {0x000000a1, ISS_LOGIN},    /* CKR_PIN_INVALID */
    {0x000000a2, ISS_LOGIN},    /* CKR_PIN_LEN_RANGE */
    {0x000000a3, ISS_LOGIN},    /* CKR_PIN_EXPIRED */
    {0x000000a4, ISS_LOGIN},    /* CKR_PIN_LOCKED */
    {0x00000101, ISS_TOKEN},    /* CKR_USER_NOT_LOGGED_IN: lost, not refused */
    {0x00000102, ISS_LOGIN},    /* CKR_USER_PIN_NOT_INITIALIZED */
    {0x00700001, ISS_USAGE},    /* module missing */
    {0x00700004, ISS_CONFLICT}, /* several keys match */
    {0x00700005, ISS_USAGE},    /* URI invalid */
    {0x00700006, ISS_TOKEN},    /* PIN missing: none was sent */
    {0x00700007, ISS_LOGIN},    /* final try, not sent */
    {0x00700008, ISS_USAGE},    /* PIN source unreadable */
    {0x00700009, ISS_REFUSED},  /* weaker than asked for */
    {0x0070000f, ISS_CONFLICT}, /* there is one already */
};

/* The first error that a provider raised says the cause; the text in front of
 * it names the object. The queue is empty afterwards. */
static enum iss_status fail_crypto(struct iss_error *error, const char *object,
                                   const char *what)
{
    enum iss_status status = ISS_TOKEN;
    char cause[ISS_TEXT_MAX] = "";
    const char *data = NULL;
    int flags = 0;
    unsigned long code = 0;

    while ((code = ERR_get_error_all(NULL, NULL, NULL, &data, &flags)) != 0) {
        bool own = ERR_GET_LIB(code) >= ERR_LIB_USER;
        const char *reason = ERR_reason_error_string(code);
        const char *text =
            (flags & ERR_TXT_STRING) != 0 && data[0] != '\0' ? data : reason;

        if (cause[0] != '\0' && !own)
            continue;
        (void)snprintf(cause, sizeof(cause), "%s",
                       text == NULL ? "unknown cause" : text);
        if (!own)
            continue;
        for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
            if (reasons[i].reason == (unsigned long)ERR_GET_REASON(code))
                status = reasons[i].status;
        break;
    }
    ERR_clear_error();
    return iss_fail(error, status, "%s: %s%s%s", object, what,
                    cause[0] == '\0' ? "" : ": ", cause);
}

/* Whether the newest trouble is no more than that nothing was found. */
static bool only_absent(void)
{
    unsigned long code = ERR_peek_last_error();

    return code == 0 || ERR_GET_LIB(code) < ERR_LIB_USER ||
           ERR_GET_REASON(code) == NO_OBJECT;
}

/* ---- opening ----------------------------------------------------------- */

/* The first key of a URI; kind EVP_PKEY of expect. NULL: none, queue filled. */
static EVP_PKEY *load(const struct iss_env *env, const char *uri, int expect)
{
    EVP_PKEY *key = NULL;
    OSSL_STORE_CTX *store = NULL;

    ERR_clear_error();
    store = OSSL_STORE_open_ex(uri, env->libctx, NULL, env->ui, env->ui_data,
                               NULL, NULL, NULL);
    if (store == NULL || OSSL_STORE_expect(store, expect) != 1)
        goto out;
    while (key == NULL && OSSL_STORE_eof(store) == 0) {
        OSSL_STORE_INFO *info = OSSL_STORE_load(store);

        if (info == NULL)
            break;
        if (OSSL_STORE_INFO_get_type(info) == OSSL_STORE_INFO_PKEY)
            key = OSSL_STORE_INFO_get1_PKEY(info);
        else if (OSSL_STORE_INFO_get_type(info) == OSSL_STORE_INFO_PUBKEY)
            key = OSSL_STORE_INFO_get1_PUBKEY(info);
        OSSL_STORE_INFO_free(info);
    }
out:
    (void)OSSL_STORE_close(store);
    return key;
}

enum iss_status iss_key_open(const struct iss_env *env, const char *uri,
                             EVP_PKEY **out, struct iss_error *error)
{
    *out = load(env, uri, OSSL_STORE_INFO_PKEY);
    return *out != NULL ? ISS_OK
                        : fail_crypto(error, uri, "the key cannot be opened");
}

enum iss_status iss_key_label_free(const struct iss_env *env,
                                   const char *token_uri, const char *label,
                                   struct iss_error *error)
{
    const struct iss_keygen wanted = {.token_uri = token_uri, .label = label};
    char uri[ISS_URI_MAX];
    EVP_PKEY *key = NULL;

    if (!iss_key_uri(&wanted, ";type=private", uri))
        return iss_fail(error, ISS_USAGE, "%s: too long", token_uri);
    key = load(env, uri, OSSL_STORE_INFO_PKEY);
    if (key == NULL && !only_absent())
        return fail_crypto(error, token_uri, "the token cannot be used");
    ERR_clear_error();
    if (key == NULL)
        return ISS_OK;
    EVP_PKEY_free(key);
    return iss_fail(error, ISS_CONFLICT,
                    "%s: the token has a key '%s' already, of this store made "
                    "before or of another of this name",
                    token_uri, label);
}

enum iss_status iss_key_public(EVP_PKEY *key, struct enroll_key *out,
                               struct iss_error *error)
{
    enum iss_status status = ISS_TOKEN;
    BIGNUM *n = NULL;
    BIGNUM *e = NULL;

    memset(out, 0, sizeof(*out));
    ERR_clear_error();
    if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n) != 1 ||
        EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) != 1) {
        (void)fail_crypto(error, "key", "no RSA public numbers");
        goto out;
    }
    if (BN_num_bytes(n) > XRML_MODULUS_MAX || BN_num_bytes(e) > 4) {
        (void)iss_fail(error, status, "key: larger than RSA-8192");
        goto out;
    }
    out->modulus_len = (size_t)BN_bn2bin(n, out->modulus);
    out->exponent = (uint32_t)BN_get_word(e);
    status = ISS_OK;
out:
    BN_free(n);
    BN_free(e);
    return status;
}

struct xrml_key iss_key_view(const struct enroll_key *key)
{
    return (struct xrml_key){.modulus = key->modulus,
                             .modulus_len = key->modulus_len,
                             .exponent = key->exponent};
}

bool iss_key_same(const struct enroll_key *a, const struct enroll_key *b)
{
    return a->modulus_len == b->modulus_len && a->exponent == b->exponent &&
           memcmp(a->modulus, b->modulus, a->modulus_len) == 0;
}

enum iss_status iss_key_hash(const struct enroll_key *key,
                             uint8_t hash[static ISS_HASH_SIZE],
                             struct iss_error *error)
{
    const struct xrml_key view = iss_key_view(key);
    return xrml_key_hash(&view, hash, error);
}

/* ---- signing and verifying --------------------------------------------- */

enum iss_status iss_key_sign(const struct iss_env *env, EVP_PKEY *key,
                             const uint8_t *data, size_t len, uint8_t *sig,
                             size_t *sig_len, struct iss_error *error)
{
    enum iss_status status = ISS_OK;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();

    *sig_len = XRML_MODULUS_MAX;
    ERR_clear_error();
    if (ctx == NULL ||
        EVP_DigestSignInit_ex(ctx, NULL, "SHA256", env->libctx, NULL, key,
                              NULL) != 1 ||
        EVP_DigestSign(ctx, sig, sig_len, data, len) != 1)
        status = fail_crypto(error, "key", "the token did not sign");
    EVP_MD_CTX_free(ctx);
    return status;
}

enum iss_status iss_key_signing(const struct iss_env *env, EVP_PKEY *key,
                                EVP_PKEY_CTX **out, struct iss_error *error)
{
    ERR_clear_error();
    *out = EVP_PKEY_CTX_new_from_pkey(env->libctx, key, NULL);
    if (*out != NULL && EVP_PKEY_sign_init(*out) == 1 &&
        EVP_PKEY_CTX_set_rsa_padding(*out, RSA_PKCS1_PADDING) == 1 &&
        EVP_PKEY_CTX_set_signature_md(*out, EVP_sha256()) == 1)
        return ISS_OK;
    EVP_PKEY_CTX_free(*out);
    *out = NULL;
    return fail_crypto(error, "key", "the token does not sign");
}

enum iss_status iss_key_sign_hash(EVP_PKEY_CTX *signing,
                                  const uint8_t hash[static ISS_HASH_SIZE],
                                  uint8_t *sig, size_t *sig_len,
                                  struct iss_error *error)
{
    *sig_len = XRML_MODULUS_MAX;
    ERR_clear_error();
    return EVP_PKEY_sign(signing, sig, sig_len, hash, ISS_HASH_SIZE) == 1
               ? ISS_OK
               : fail_crypto(error, "key", "the token did not sign");
}

EVP_PKEY *iss_key_software(OSSL_LIB_CTX *libctx, const struct enroll_key *key)
{
    const struct xrml_key view = iss_key_view(key);
    EVP_PKEY *out = NULL;

    return xrml_key_pkey(libctx, &view, &out, NULL) == ISS_OK ? out : NULL;
}

bool iss_key_verifies(OSSL_LIB_CTX *libctx, EVP_PKEY *key, const uint8_t *data,
                      size_t len, const uint8_t *sig, size_t sig_len)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = ctx != NULL &&
                EVP_DigestVerifyInit_ex(ctx, NULL, "SHA256", libctx, software,
                                        key, NULL) == 1 &&
                EVP_DigestVerify(ctx, sig, sig_len, data, len) == 1;

    EVP_MD_CTX_free(ctx);
    ERR_clear_error();
    return good;
}

bool iss_key_verify(OSSL_LIB_CTX *libctx, const struct enroll_key *key,
                    const uint8_t *data, size_t len, const uint8_t *sig,
                    size_t sig_len)
{
    EVP_PKEY *public = iss_key_software(libctx, key);
    bool good = public != NULL &&
                iss_key_verifies(libctx, public, data, len, sig, sig_len);

    EVP_PKEY_free(public);
    return good;
}

/* OAEP as sealed keys have it. False: not to be set up, or refused. */
static bool oaep(OSSL_LIB_CTX *libctx, EVP_PKEY *key, const char *properties,
                 bool seal, const uint8_t *in, size_t in_len, uint8_t *out,
                 size_t *out_len)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(libctx, key, properties);
    bool good =
        ctx != NULL &&
        (seal ? EVP_PKEY_encrypt_init(ctx) : EVP_PKEY_decrypt_init(ctx)) == 1 &&
        EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1 &&
        EVP_PKEY_CTX_set_rsa_oaep_md_name(ctx, "SHA1", NULL) == 1 &&
        EVP_PKEY_CTX_set_rsa_mgf1_md_name(ctx, "SHA1", NULL) == 1 &&
        (seal ? EVP_PKEY_encrypt(ctx, out, out_len, in, in_len)
              : EVP_PKEY_decrypt(ctx, out, out_len, in, in_len)) == 1;

    EVP_PKEY_CTX_free(ctx);
    return good;
}

enum iss_status iss_key_unseals(const struct iss_env *env, EVP_PKEY *key,
                                struct iss_error *error)
{
    uint8_t plain[PROBE_SIZE];
    uint8_t sealed[XRML_MODULUS_MAX];
    uint8_t opened[XRML_MODULUS_MAX];
    size_t sealed_len = sizeof(sealed);
    size_t opened_len = sizeof(opened);
    struct enroll_key numbers;
    EVP_PKEY *public = NULL;
    enum iss_status status = iss_key_public(key, &numbers, error);

    if (status != ISS_OK)
        return status;
    ERR_clear_error();
    public = iss_key_software(env->libctx, &numbers);
    if (public == NULL || RAND_bytes(plain, sizeof(plain)) != 1 ||
        !oaep(env->libctx, public, software, true, plain, sizeof(plain), sealed,
              &sealed_len) ||
        !oaep(env->libctx, key, NULL, false, sealed, sealed_len, opened,
              &opened_len))
        status = fail_crypto(error, "key", "the token did not unseal");
    else if (opened_len != sizeof(plain) ||
             CRYPTO_memcmp(opened, plain, sizeof(plain)) != 0)
        status = iss_fail(error, ISS_TOKEN,
                          "key: the token unsealed something else");
    EVP_PKEY_free(public);
    return status;
}

bool iss_key_from_spki(const uint8_t *der, size_t len, struct enroll_key *out)
{
    struct xrml_key key;

    memset(out, 0, sizeof(*out));
    if (!xrml_key_parse(der, len, XRML_SPKI, &key) ||
        key.modulus_len > sizeof(out->modulus))
        return false;
    memcpy(out->modulus, key.modulus, key.modulus_len);
    out->modulus_len = key.modulus_len;
    out->exponent = key.exponent;
    return true;
}

/* ---- making ------------------------------------------------------------ */

/* What the provider tells of a key that it has made or found. */
static bool read_facts(struct iss_made *made)
{
    size_t len = 0;

    made->born[0] = '\0';
    made->missing[0] = '\0';
    bool known =
        EVP_PKEY_get_utf8_string_param(made->key, "privyseal_born", made->born,
                                       sizeof(made->born), &len) == 1;
    (void)EVP_PKEY_get_utf8_string_param(made->key, "privyseal_refused",
                                         made->missing, sizeof(made->missing),
                                         &len);
    ERR_clear_error();
    return known;
}

/* A pair that an interrupted run has left under this id: it is good where both
 * halves are there, equal, and the private one was never outside. */
static enum iss_status adopt(const struct iss_env *env,
                             const struct iss_keygen *keygen,
                             struct iss_made *made, struct iss_error *error)
{
    char uri[ISS_URI_MAX];
    struct enroll_key private_half;
    struct enroll_key public_half;
    EVP_PKEY *other = NULL;

    made->unfit = true;
    if (!iss_key_uri(keygen, ";type=public", uri))
        return iss_fail(error, ISS_USAGE, "%s: too long", keygen->token_uri);
    other = load(env, uri, OSSL_STORE_INFO_PUBKEY);
    if (other != NULL && iss_key_public(other, &public_half, NULL) == ISS_OK &&
        iss_key_public(made->key, &private_half, NULL) == ISS_OK)
        made->unfit = !iss_key_same(&public_half, &private_half) ||
                      private_half.modulus_len * 8 != keygen->bits ||
                      !read_facts(made) ||
                      strstr(made->born, "never-extractable") == NULL ||
                      strstr(made->born, "always-sensitive") == NULL;
    EVP_PKEY_free(other);
    ERR_clear_error();
    return ISS_OK;
}

/* A public key without its private one: making the pair was interrupted within
 * the token, and another pair of this id would be ambiguous. */
static bool half_is_there(const struct iss_env *env,
                          const struct iss_keygen *keygen)
{
    char uri[ISS_URI_MAX];
    EVP_PKEY *half = NULL;

    if (iss_key_uri(keygen, ";type=public", uri))
        half = load(env, uri, OSSL_STORE_INFO_PUBKEY);
    bool found = half != NULL;
    EVP_PKEY_free(half);
    ERR_clear_error();
    return found;
}

/* The token URI and the id, so that the token is asked for the PIN by the
 * store, which has a callback; key generation has none. */
static enum iss_status generate(const struct iss_env *env,
                                const struct iss_keygen *keygen,
                                const char *uri, struct iss_made *made,
                                struct iss_error *error)
{
    enum iss_status status = ISS_OK;
    size_t bits = keygen->bits;
    /* the parameters are inputs: OSSL_PARAM has no const */
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string("pkcs11_uri", (char *)(uintptr_t)uri,
                                         0),
        OSSL_PARAM_construct_size_t(OSSL_PKEY_PARAM_RSA_BITS, &bits),
        OSSL_PARAM_construct_utf8_string(
            "privyseal_purpose",
            (char *)(uintptr_t)(keygen->unseal ? "unsealing" : "signing"), 0),
        OSSL_PARAM_construct_end()};
    EVP_PKEY_CTX *ctx = NULL;

    ERR_clear_error();
    ctx = EVP_PKEY_CTX_new_from_name(env->libctx, "RSA", "provider=privyseal");
    if (ctx == NULL || EVP_PKEY_keygen_init(ctx) != 1 ||
        EVP_PKEY_CTX_set_params(ctx, params) != 1 ||
        EVP_PKEY_generate(ctx, &made->key) != 1)
        status = fail_crypto(error, keygen->label,
                             "no key pair was made in the token");
    EVP_PKEY_CTX_free(ctx);
    return status;
}

enum iss_status iss_key_make(void *arg, const struct iss_env *env,
                             const struct iss_keygen *keygen,
                             struct iss_made *made, struct iss_error *error)
{
    char uri[ISS_URI_MAX];
    enum iss_status status = ISS_OK;
    size_t len = 0;

    (void)arg;
    memset(made, 0, sizeof(*made));
    if (!iss_key_uri(keygen, ";type=private", uri))
        return iss_fail(error, ISS_USAGE, "%s: too long", keygen->token_uri);
    made->key = load(env, uri, OSSL_STORE_INFO_PKEY);
    if (made->key != NULL)
        status = adopt(env, keygen, made, error);
    else if (!only_absent())
        status = fail_crypto(error, keygen->token_uri, "no key can be made");
    else if (half_is_there(env, keygen))
        made->unfit = true;
    else
        status = generate(env, keygen, uri, made, error);
    if (status != ISS_OK || made->unfit)
        goto out;
    (void)read_facts(made);
    if (EVP_PKEY_get_utf8_string_param(made->key, "pkcs11_uri", made->uri,
                                       sizeof(made->uri), &len) != 1)
        status = fail_crypto(error, keygen->label, "the key has no URI");
out:
    if (status != ISS_OK || made->unfit) {
        EVP_PKEY_free(made->key);
        made->key = NULL;
    }
    return status;
}
