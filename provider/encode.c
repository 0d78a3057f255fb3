/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenSSL's ENCODER operation: a key as text for people, its public half as
 * SubjectPublicKeyInfo and in its type's own form. Private halves have no
 * encoding.
 */
#include <openssl/bio.h>
#include <openssl/core_dispatch.h>
#include <openssl/core_object.h>
#include <openssl/encoder.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>

#include "algs.h"
#include "error.h"
#include "key.h"
#include "prov.h"

static OSSL_FUNC_encoder_newctx_fn encoder_newctx;
static OSSL_FUNC_encoder_freectx_fn encoder_freectx;
static OSSL_FUNC_encoder_does_selection_fn public_only;
static OSSL_FUNC_encoder_does_selection_fn any_key;

static void *encoder_newctx(void *provctx)
{
    return provctx;
}

static void encoder_freectx(void *ctx)
{
    (void)ctx;
}

static int public_only(void *provctx, int selection)
{
    (void)provctx;
    return (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) == 0 &&
           (selection & OSSL_KEYMGMT_SELECT_PUBLIC_KEY) != 0;
}

static int any_key(void *provctx, int selection)
{
    (void)provctx;
    return (selection & OSSL_KEYMGMT_SELECT_KEYPAIR) != 0;
}

/* Writes the encoding of a key whose software half is soft. */
typedef bool write_fn(BIO *out, const struct prov_key *key, EVP_PKEY *soft);

static bool write_text(BIO *out, const struct prov_key *key, EVP_PKEY *soft)
{
    if (key->object != NULL &&
        BIO_printf(out, "PKCS#11 %s %s key (%d bit)\nURI: %s\n",
                   key->type->name,
                   prov_key_is_private(key) ? "private" : "public", key->bits,
                   p11_object_uri(key->object)) <= 0)
        return false;
    return EVP_PKEY_print_public(out, soft, 0, NULL) == 1;
}

static bool write_spki_der(BIO *out, const struct prov_key *key, EVP_PKEY *soft)
{
    (void)key;
    return i2d_PUBKEY_bio(out, soft) == 1;
}

static bool write_spki_pem(BIO *out, const struct prov_key *key, EVP_PKEY *soft)
{
    (void)key;
    return PEM_write_bio_PUBKEY(out, soft) == 1;
}

static bool write_type(BIO *out, EVP_PKEY *soft, const char *form)
{
    OSSL_ENCODER_CTX *ctx = OSSL_ENCODER_CTX_new_for_pkey(
        soft, EVP_PKEY_PUBLIC_KEY, form, "type-specific", PROV_NOT_OURS);
    bool ok = ctx != NULL && OSSL_ENCODER_to_bio(ctx, out) == 1;

    OSSL_ENCODER_CTX_free(ctx);
    return ok;
}

static bool write_type_der(BIO *out, const struct prov_key *key, EVP_PKEY *soft)
{
    (void)key;
    return write_type(out, soft, "DER");
}

static bool write_type_pem(BIO *out, const struct prov_key *key, EVP_PKEY *soft)
{
    (void)key;
    return write_type(out, soft, "PEM");
}

static int encode(struct prov *prov, OSSL_CORE_BIO *out, const void *obj_raw,
                  write_fn *write)
{
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
    soft = prov_key_soft(key);
    if (soft == NULL)
        return 0;
    prov_enter(prov);
    buffer = BIO_new(BIO_s_mem());
    ok = buffer != NULL && write(buffer, key, soft);
    len = ok ? BIO_get_mem_data(buffer, &data) : 0;
    prov_leave(prov);
    ok = ok && len > 0 && prov_core_write(&prov->core, out, data, (size_t)len);
    BIO_free(buffer);
    return ok ? 1
              : prov_raise(&prov->core, CKR_FUNCTION_FAILED, "%s: not encoded",
                           prov_key_name(key));
}

#define ENCODER(name, selection)                                            \
    static OSSL_FUNC_encoder_encode_fn name##_encode;                       \
    static int name##_encode(void *ctx, OSSL_CORE_BIO *out,                 \
                             const void *obj_raw,                           \
                             const OSSL_PARAM obj_abstract[], int selected, \
                             OSSL_PASSPHRASE_CALLBACK *cb, void *cbarg)     \
    {                                                                       \
        (void)obj_abstract, (void)selected, (void)cb, (void)cbarg;          \
        return encode(ctx, out, obj_raw, write_##name);                     \
    }                                                                       \
    const OSSL_DISPATCH prov_encode_##name[] = {                            \
        {OSSL_FUNC_ENCODER_NEWCTX, (void (*)(void))encoder_newctx},         \
        {OSSL_FUNC_ENCODER_FREECTX, (void (*)(void))encoder_freectx},       \
        {OSSL_FUNC_ENCODER_DOES_SELECTION, (void (*)(void))selection},      \
        {OSSL_FUNC_ENCODER_ENCODE, (void (*)(void))name##_encode},          \
        {0, NULL}}

ENCODER(text, any_key);
ENCODER(spki_der, public_only);
ENCODER(spki_pem, public_only);
ENCODER(type_der, public_only);
ENCODER(type_pem, public_only);
