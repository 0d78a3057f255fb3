/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenSSL's ENCODER operation: a key as text for people, its public half as
 * SubjectPublicKeyInfo and in its type's own form. A private key in a token is
 * written as a PEM file that names its URI (urifile.h), and in no other form.
 */
#include <openssl/bio.h>
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/core_object.h>
#include <openssl/encoder.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "algs.h"
#include "error.h"
#include "key.h"
#include "prov.h"
#include "urifile.h"

enum { NAME_SIZE = 64 };

struct encoder {
    struct prov *prov;
    int selection; /* of the encoding under way */
    OSSL_PASSPHRASE_CALLBACK *ask;
    void *ask_arg;
    /* For software keys only: a URI is no secret. */
    char cipher[NAME_SIZE];
};

static OSSL_FUNC_encoder_newctx_fn encoder_newctx;
static OSSL_FUNC_encoder_freectx_fn encoder_freectx;
static OSSL_FUNC_encoder_settable_ctx_params_fn encoder_settable;
static OSSL_FUNC_encoder_set_ctx_params_fn encoder_set;
static OSSL_FUNC_encoder_does_selection_fn public_only;
static OSSL_FUNC_encoder_does_selection_fn private_key;
static OSSL_FUNC_encoder_does_selection_fn anything;

static void *encoder_newctx(void *provctx)
{
    struct prov *prov = provctx;
    struct encoder *encoder = calloc(1, sizeof(*encoder));

    if (encoder == NULL)
        prov_raise(&prov->core, CKR_HOST_MEMORY, "encoder");
    else
        encoder->prov = prov;
    return encoder;
}

static void encoder_freectx(void *ctx)
{
    free(ctx);
}

static const OSSL_PARAM *encoder_settable(void *provctx)
{
    static const OSSL_PARAM settable[] = {
        OSSL_PARAM_utf8_string(OSSL_ENCODER_PARAM_CIPHER, NULL, 0),
        OSSL_PARAM_utf8_string(OSSL_ENCODER_PARAM_PROPERTIES, NULL, 0),
        OSSL_PARAM_END};

    (void)provctx;
    return settable;
}

static int encoder_set(void *ctx, const OSSL_PARAM params[])
{
    struct encoder *encoder = ctx;
    const OSSL_PARAM *p =
        OSSL_PARAM_locate_const(params, OSSL_ENCODER_PARAM_CIPHER);
    char *cipher = encoder->cipher;

    if (p == NULL)
        return 1;
    if (p->data == NULL) {
        cipher[0] = '\0';
        return 1;
    }
    return OSSL_PARAM_get_utf8_string(p, &cipher, sizeof(encoder->cipher)) == 1
               ? 1
               : prov_raise(&encoder->prov->core, CKR_ARGUMENTS_BAD,
                            "encoder: cipher not understood");
}

static int public_only(void *provctx, int selection)
{
    (void)provctx;
    return (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) == 0 &&
           (selection & OSSL_KEYMGMT_SELECT_PUBLIC_KEY) != 0;
}

static int private_key(void *provctx, int selection)
{
    (void)provctx;
    return (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0;
}

static int anything(void *provctx, int selection)
{
    (void)provctx;
    return (selection & OSSL_KEYMGMT_SELECT_ALL) != 0;
}

/* Writes the encoding of a key whose software half is soft. */
typedef bool write_fn(BIO *out, const struct encoder *encoder,
                      const struct prov_key *key, EVP_PKEY *soft);

static bool write_text(BIO *out, const struct encoder *encoder,
                       const struct prov_key *key, EVP_PKEY *soft)
{
    if ((encoder->selection & OSSL_KEYMGMT_SELECT_KEYPAIR) == 0)
        return EVP_PKEY_print_params(out, soft, 0, NULL) == 1;
    if (key->object != NULL &&
        BIO_printf(out, "PKCS#11 %s %s key (%d bit)\nURI: %s\n",
                   key->type->name,
                   prov_key_is_private(key) ? "private" : "public", key->bits,
                   p11_object_uri(key->object)) <= 0)
        return false;
    return EVP_PKEY_print_public(out, soft, 0, NULL) == 1;
}

static bool write_spki_der(BIO *out, const struct encoder *encoder,
                           const struct prov_key *key, EVP_PKEY *soft)
{
    (void)encoder, (void)key;
    return i2d_PUBKEY_bio(out, soft) == 1;
}

static bool write_spki_pem(BIO *out, const struct encoder *encoder,
                           const struct prov_key *key, EVP_PKEY *soft)
{
    (void)encoder, (void)key;
    return PEM_write_bio_PUBKEY(out, soft) == 1;
}

static bool delegate(BIO *out, const struct encoder *encoder, EVP_PKEY *soft,
                     const char *form, const char *structure)
{
    OSSL_ENCODER_CTX *ctx = OSSL_ENCODER_CTX_new_for_pkey(
        soft, encoder->selection, form, structure, PROV_NOT_OURS);
    bool ok = ctx != NULL &&
              (encoder->ask == NULL ||
               OSSL_ENCODER_CTX_set_passphrase_cb(ctx, encoder->ask,
                                                  encoder->ask_arg) == 1) &&
              (encoder->cipher[0] == '\0' ||
               OSSL_ENCODER_CTX_set_cipher(ctx, encoder->cipher, NULL) == 1) &&
              OSSL_ENCODER_to_bio(ctx, out) == 1;

    OSSL_ENCODER_CTX_free(ctx);
    return ok;
}

static bool write_type_der(BIO *out, const struct encoder *encoder,
                           const struct prov_key *key, EVP_PKEY *soft)
{
    (void)key;
    return delegate(out, encoder, soft, "DER", "type-specific");
}

static bool write_type_pem(BIO *out, const struct encoder *encoder,
                           const struct prov_key *key, EVP_PKEY *soft)
{
    (void)key;
    return delegate(out, encoder, soft, "PEM", "type-specific");
}

static bool write_private(BIO *out, const struct encoder *encoder,
                          const struct prov_key *key, EVP_PKEY *soft)
{
    uint8_t der[PROV_URIFILE_DER];
    size_t len;

    if (key->object == NULL)
        return delegate(out, encoder, soft, "PEM", "PrivateKeyInfo");
    len = prov_urifile_build(p11_object_uri(key->object), der);
    return len > 0 &&
           PEM_write_bio(out, PROV_URIFILE_NAME, "", der, (long)len) > 0;
}

/* Whether the private key may be written as its URI. */
static int judge_private(const struct prov *prov, const struct prov_key *key)
{
    if (!prov_key_is_private(key))
        return prov_raise(&prov->core, CKR_KEY_TYPE_INCONSISTENT,
                          "%s: not a private key", prov_key_name(key));
    if (key->object != NULL && !prov->conf.encode_uri)
        return prov_raise(&prov->core, CKR_KEY_UNEXTRACTABLE,
                          "%s: a private key is not exported, and the "
                          "configuration forbids to write its URI",
                          prov_key_name(key));
    return 1;
}

static int encode(struct encoder *encoder, OSSL_CORE_BIO *out,
                  const void *obj_raw, write_fn *write)
{
    struct prov *prov = encoder->prov;
    struct prov_key *key;
    EVP_PKEY *soft;
    BIO *buffer;
    char *data = NULL;
    long len;
    bool ok;

    memcpy(&key, &obj_raw, sizeof(key)); /* its software half is made late */
    if (key == NULL)
        return prov_raise(&prov->core, CKR_FUNCTION_NOT_SUPPORTED,
                          "encoder: keys of this provider only");
    if (write == write_private && judge_private(prov, key) != 1)
        return 0;
    soft = prov_key_soft(key);
    if (soft == NULL)
        return 0;
    prov_enter(prov);
    buffer = BIO_new(BIO_s_mem());
    ok = buffer != NULL && write(buffer, encoder, key, soft);
    len = ok ? BIO_get_mem_data(buffer, &data) : 0;
    prov_leave(prov);
    ok = ok && len > 0 && prov_core_write(&prov->core, out, data, (size_t)len);
    if (buffer != NULL && BIO_get_mem_data(buffer, &data) > 0)
        OPENSSL_cleanse(data, (size_t)BIO_get_mem_data(buffer, &data));
    BIO_free(buffer);
    return ok ? 1
              : prov_raise(&prov->core, CKR_FUNCTION_FAILED, "%s: not encoded",
                           prov_key_name(key));
}

#define ENCODER(name, selects)                                              \
    static OSSL_FUNC_encoder_encode_fn name##_encode;                       \
    static int name##_encode(void *ctx, OSSL_CORE_BIO *out,                 \
                             const void *obj_raw,                           \
                             const OSSL_PARAM obj_abstract[], int selected, \
                             OSSL_PASSPHRASE_CALLBACK *cb, void *cbarg)     \
    {                                                                       \
        struct encoder *encoder = ctx;                                      \
        (void)obj_abstract;                                                 \
        encoder->selection = selected;                                      \
        encoder->ask = cb;                                                  \
        encoder->ask_arg = cbarg;                                           \
        return encode(encoder, out, obj_raw, write_##name);                 \
    }                                                                       \
    const OSSL_DISPATCH prov_encode_##name[] = {                            \
        {OSSL_FUNC_ENCODER_NEWCTX, (void (*)(void))encoder_newctx},         \
        {OSSL_FUNC_ENCODER_FREECTX, (void (*)(void))encoder_freectx},       \
        {OSSL_FUNC_ENCODER_SETTABLE_CTX_PARAMS,                             \
         (void (*)(void))encoder_settable},                                 \
        {OSSL_FUNC_ENCODER_SET_CTX_PARAMS, (void (*)(void))encoder_set},    \
        {OSSL_FUNC_ENCODER_DOES_SELECTION, (void (*)(void))selects},        \
        {OSSL_FUNC_ENCODER_ENCODE, (void (*)(void))name##_encode},          \
        {0, NULL}}

ENCODER(text, anything);
ENCODER(spki_der, public_only);
ENCODER(spki_pem, public_only);
ENCODER(type_der, public_only);
ENCODER(type_pem, public_only);
ENCODER(private, private_key);
