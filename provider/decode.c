/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenSSL's DECODER operation for files "PKCS#11 PROVIDER URI" (urifile.h).
 * One decoder turns PEM into DER, another DER into a key of any type. All
 * decoders look at every file that a program reads, so that these go no further
 * than the first line, or the first octets, of what is not theirs.
 */
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/core_object.h>
#include <openssl/crypto.h>
#include <openssl/params.h>
#include <stdio.h>
#include <string.h>

#include "algs.h"
#include "error.h"
#include "handout.h"
#include "passphrase.h"
#include "prov.h"
#include "urifile.h"

enum { LINE_SIZE = 256 };

static OSSL_FUNC_decoder_newctx_fn decoder_newctx;
static OSSL_FUNC_decoder_freectx_fn decoder_freectx;
static OSSL_FUNC_decoder_does_selection_fn does_selection;
static OSSL_FUNC_decoder_decode_fn decode_pem;
static OSSL_FUNC_decoder_decode_fn decode_uri;
static OSSL_FUNC_decoder_export_object_fn export_key;

static void *decoder_newctx(void *provctx)
{
    return provctx;
}

static void decoder_freectx(void *ctx)
{
    (void)ctx;
}

/* Keys; a file that holds parameters alone is not for us. */
static int does_selection(void *provctx, int selection)
{
    (void)provctx;
    return selection == 0 || (selection & OSSL_KEYMGMT_SELECT_KEYPAIR) != 0;
}

/* ---- failures ---------------------------------------------------------- */

/* Why a key was not found, kept for the PEM decoder further out in the same
 * thread: between the two libcrypto's store for files drops all errors. */
static _Thread_local struct {
    CK_RV rv;
    char text[P11_TEXT_MAX];
} failure;

static int fail(const struct prov *prov, CK_RV rv, const char *text)
{
    failure.rv = rv;
    (void)snprintf(failure.text, sizeof(failure.text), "%s",
                   text[0] != '\0' ? text : p11_rv_text(rv));
    return prov_raise(&prov->core, rv, "%s", failure.text);
}

/* ---- PEM to DER -------------------------------------------------------- */

static int not_usable(const struct prov *prov, const char *why)
{
    return prov_raise(&prov->core, P11R_URI_INVALID,
                      "a file " PROV_URIFILE_NAME " is not usable: %s", why);
}

static enum prov_urifile read_pem(const struct prov *prov, OSSL_CORE_BIO *in,
                                  uint8_t der[static PROV_URIFILE_DER],
                                  size_t *len, const char **why)
{
    struct prov_urifile_pem pem = {.state = PROV_URIFILE_SEEK};
    enum prov_urifile read;
    char line[LINE_SIZE];
    int got;

    do {
        got = prov->core.bio_gets(in, line, sizeof(line));
    } while (got > 0 && prov_urifile_pem_line(&pem, line, (size_t)got));
    read = prov_urifile_pem_der(&pem, der, len, why);
    OPENSSL_cleanse(&pem, sizeof(pem)); /* other programs write PINs there */
    OPENSSL_cleanse(line, sizeof(line));
    return read;
}

/* One error, whatever libcrypto made of it. */
static int hand_on(const struct prov *prov, const OSSL_PARAM *params,
                   OSSL_CALLBACK *data_cb, void *data_cbarg)
{
    int ok;

    failure.rv = CKR_OK;
    (void)prov->core.set_error_mark(prov->core.handle);
    ok = data_cb(params, data_cbarg);
    if (ok == 1 || failure.rv == CKR_OK) {
        (void)prov->core.clear_error_mark(prov->core.handle);
        return ok;
    }
    (void)prov->core.pop_error_to_mark(prov->core.handle);
    return prov_raise(&prov->core, failure.rv, "%s", failure.text);
}

static int decode_pem(void *ctx, OSSL_CORE_BIO *in, int selection,
                      OSSL_CALLBACK *data_cb, void *data_cbarg,
                      OSSL_PASSPHRASE_CALLBACK *pw_cb, void *pw_cbarg)
{
    struct prov *prov = ctx;
    uint8_t der[PROV_URIFILE_DER];
    char uri[PROV_URIFILE_URI + 1];
    int kind = OSSL_OBJECT_PKEY;
    const char *why;
    size_t len = 0;
    enum prov_urifile found = read_pem(prov, in, der, &len, &why);
    int ok;

    (void)selection, (void)pw_cb, (void)pw_cbarg;
    if (found == PROV_URIFILE_OTHER)
        return 1; /* and nothing came of it, which is no error */
    if (found == PROV_URIFILE_GOOD)
        found = prov_urifile_parse(der, len, uri, &why);
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_int(OSSL_OBJECT_PARAM_TYPE, &kind),
        prov_param_utf8(OSSL_OBJECT_PARAM_DATA_STRUCTURE,
                        PROV_URIFILE_STRUCTURE),
        prov_param_octets(OSSL_OBJECT_PARAM_DATA, der, len), OSSL_PARAM_END};
    ok = found == PROV_URIFILE_GOOD ? hand_on(prov, params, data_cb, data_cbarg)
                                    : not_usable(prov, why);
    OPENSSL_cleanse(der, sizeof(der));
    OPENSSL_cleanse(uri, sizeof(uri));
    return ok;
}

/* ---- DER to a key ------------------------------------------------------ */

static enum prov_urifile read_der(const struct prov *prov, OSSL_CORE_BIO *in,
                                  char uri[static PROV_URIFILE_URI + 1],
                                  const char **why)
{
    uint8_t der[PROV_URIFILE_DER + 1]; /* one more octet is one too many */
    size_t len = 0, got = 0;

    while (len < PROV_URIFILE_HEAD &&
           prov->core.bio_read_ex(in, der + len, PROV_URIFILE_HEAD - len,
                                  &got) == 1 &&
           got > 0)
        len += got;
    if (!prov_urifile_is_ours(der, len))
        return PROV_URIFILE_OTHER;
    while (len < sizeof(der) &&
           prov->core.bio_read_ex(in, der + len, sizeof(der) - len, &got) ==
               1 &&
           got > 0)
        len += got;
    const enum prov_urifile parsed = prov_urifile_parse(der, len, uri, why);

    OPENSSL_cleanse(der, sizeof(der));
    return parsed;
}

struct found {
    struct p11_object *object;
    size_t count;
};

static bool keep_first(void *arg, struct p11_object *object)
{
    struct found *found = arg;

    if (found->count++ == 0)
        found->object = p11_object_up_ref(object);
    return found->count < 2;
}

/* The private key, or, where the file was read for its public half or has none,
 * the public key. */
static CK_RV find(struct prov *prov, const char *uri, int selection,
                  const struct p11_pin_callback *pin, struct found *found,
                  struct p11_diag *diag)
{
    const bool public_only =
        selection != 0 && (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) == 0;
    const unsigned order[] = {public_only ? P11_PUBLIC_KEY : P11_PRIVATE_KEY,
                              public_only ? P11_PRIVATE_KEY : P11_PUBLIC_KEY};
    /* Who wants the private half is not served by the public one. */
    const size_t tries =
        (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0 ? 1 : 2;
    CK_RV rv = P11R_NO_OBJECT;

    prov_enter(prov);
    for (size_t i = 0; i < tries && rv == P11R_NO_OBJECT; i++)
        rv = p11_search(prov->p11, uri, order[i], pin, keep_first, found, diag);
    prov_leave(prov);
    return rv;
}

static int decode_uri(void *ctx, OSSL_CORE_BIO *in, int selection,
                      OSSL_CALLBACK *data_cb, void *data_cbarg,
                      OSSL_PASSPHRASE_CALLBACK *pw_cb, void *pw_cbarg)
{
    struct prov *prov = ctx;
    struct prov_passphrase passphrase = {prov, pw_cb, pw_cbarg};
    const struct p11_pin_callback pin = prov_passphrase_pin(&passphrase);
    struct found found = {NULL, 0};
    char uri[PROV_URIFILE_URI + 1];
    struct p11_diag diag = {""};
    const char *why;
    CK_RV rv;
    int ok;

    switch (read_der(prov, in, uri, &why)) {
    case PROV_URIFILE_OTHER:
        return 1;
    case PROV_URIFILE_BROKEN:
        return not_usable(prov, why);
    case PROV_URIFILE_GOOD:
        break;
    }
    rv = find(prov, uri, selection, &pin, &found, &diag);
    OPENSSL_cleanse(uri, sizeof(uri));
    if (rv == CKR_OK && found.count > 1) {
        rv = P11R_AMBIGUOUS;
        (void)snprintf(diag.text, sizeof(diag.text),
                       "several keys match the URI of a file %s",
                       PROV_URIFILE_NAME);
    }
    if (rv != CKR_OK)
        ok = fail(prov, rv, diag.text);
    else
        ok = prov_hand_out(prov, found.object, prov_handout_of(found.object),
                           data_cb, data_cbarg);
    p11_object_free(found.object);
    return ok;
}

/* libcrypto comes here where it has looked for keys of one type only, and this
 * is another: it would have another provider's key management take it over. */
static int export_key(void *ctx, const void *objref, size_t objref_sz,
                      OSSL_CALLBACK *export_cb, void *export_cbarg)
{
    const struct prov *prov = ctx;

    (void)objref, (void)objref_sz, (void)export_cb, (void)export_cbarg;
    return prov_raise(&prov->core, CKR_KEY_TYPE_INCONSISTENT,
                      "a file " PROV_URIFILE_NAME
                      " names a key of another type than is wanted");
}

#define DECODER(name)                                                       \
    const OSSL_DISPATCH prov_decode_##name[] = {                            \
        {OSSL_FUNC_DECODER_NEWCTX, (void (*)(void))decoder_newctx},         \
        {OSSL_FUNC_DECODER_FREECTX, (void (*)(void))decoder_freectx},       \
        {OSSL_FUNC_DECODER_DOES_SELECTION, (void (*)(void))does_selection}, \
        {OSSL_FUNC_DECODER_EXPORT_OBJECT, (void (*)(void))export_key},      \
        {OSSL_FUNC_DECODER_DECODE, (void (*)(void))decode_##name},          \
        {0, NULL}}

DECODER(pem);
DECODER(uri);
