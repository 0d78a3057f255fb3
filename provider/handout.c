/* SPDX-License-Identifier: Apache-2.0 */
/* Objects of tokens as parameters: keys by reference, certificates as DER,
 * everything else by name. */
#include "handout.h"

#include <openssl/core_names.h>
#include <openssl/core_object.h>
#include <openssl/params.h>
#include <stdio.h>
#include <string.h>

#include "error.h"
#include "key.h"
#include "keytype.h"
#include "prov.h"

enum { DESCRIPTION_SIZE = 320 };

static const struct {
    CK_OBJECT_CLASS class;
    enum prov_handout form;
    const char *word;
} rows[] = {{CKO_PRIVATE_KEY, PROV_HAND_KEY, "private key"},
            {CKO_PUBLIC_KEY, PROV_HAND_KEY, "public key"},
            {CKO_CERTIFICATE, PROV_HAND_CERTIFICATE, "certificate"},
            {CKO_SECRET_KEY, PROV_HAND_NAME, "secret key"},
            {CKO_DATA, PROV_HAND_NAME, "data object"}};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static size_t row_of(const struct p11_object *object)
{
    size_t i = 0;

    while (i < ROWS && rows[i].class != p11_object_class(object))
        i++;
    return i;
}

enum prov_handout prov_handout_of(const struct p11_object *object)
{
    const size_t row = row_of(object);

    if (row == ROWS)
        return PROV_HAND_NOTHING;
    if (rows[row].form == PROV_HAND_KEY && prov_keytype_of(object) == NULL)
        return PROV_HAND_NOTHING;
    if (rows[row].form == PROV_HAND_CERTIFICATE &&
        p11_object_attr(object, CKA_VALUE) == NULL)
        return PROV_HAND_NOTHING;
    return rows[row].form;
}

static int hand_key(struct prov *prov, struct p11_object *object,
                    OSSL_CALLBACK *object_cb, void *object_cbarg)
{
    const struct prov_keytype *type = prov_keytype_of(object);
    struct prov_key *key = prov_key_from_object(prov, type, object);
    int kind = OSSL_OBJECT_PKEY, ok;

    if (key == NULL)
        return 0;
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_int(OSSL_OBJECT_PARAM_TYPE, &kind),
        prov_param_utf8(OSSL_OBJECT_PARAM_DATA_TYPE, type->name),
        prov_param_octets(OSSL_OBJECT_PARAM_REFERENCE, &key, sizeof(key)),
        OSSL_PARAM_END};

    ok = object_cb(params, object_cbarg);
    prov_key_free(key);
    return ok;
}

static int hand_certificate(const struct p11_object *object,
                            OSSL_CALLBACK *object_cb, void *object_cbarg)
{
    const CK_ATTRIBUTE *value = p11_object_attr(object, CKA_VALUE);
    int kind = OSSL_OBJECT_CERT;
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_int(OSSL_OBJECT_PARAM_TYPE, &kind),
        prov_param_octets(OSSL_OBJECT_PARAM_DATA, value->pValue,
                          value->ulValueLen),
        OSSL_PARAM_END};

    return object_cb(params, object_cbarg);
}

/* OpenSSL 3.5 stumbles over a name that is text before it takes it, and leaves
 * an error behind. */
static int hand_clean(const struct prov *prov, const OSSL_PARAM *params,
                      OSSL_CALLBACK *object_cb, void *object_cbarg)
{
    const struct prov_core *core = &prov->core;
    int ok;

    (void)core->set_error_mark(core->handle);
    ok = object_cb(params, object_cbarg);
    if (ok == 1)
        (void)core->pop_error_to_mark(core->handle);
    else
        (void)core->clear_error_mark(core->handle);
    return ok;
}

static int hand_name(const struct prov *prov, const struct p11_object *object,
                     OSSL_CALLBACK *object_cb, void *object_cbarg)
{
    const CK_ATTRIBUTE *label = p11_object_attr(object, CKA_LABEL);
    const size_t row = row_of(object);
    char text[DESCRIPTION_SIZE];
    int kind = OSSL_OBJECT_NAME;

    (void)snprintf(text, sizeof(text), "%s '%.*s' in token '%s'",
                   rows[row].word, label != NULL ? (int)label->ulValueLen : 0,
                   label != NULL ? (const char *)label->pValue : "",
                   p11_object_token_label(object));
    /* Labels come from the token; a terminal obeys what they may hold. */
    for (char *c = text; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?';
    }
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_int(OSSL_OBJECT_PARAM_TYPE, &kind),
        prov_param_utf8(OSSL_OBJECT_PARAM_DATA, p11_object_uri(object)),
        prov_param_utf8(OSSL_OBJECT_PARAM_DESC, text), OSSL_PARAM_END};

    return hand_clean(prov, params, object_cb, object_cbarg);
}

int prov_hand_out(struct prov *prov, struct p11_object *object,
                  enum prov_handout form, OSSL_CALLBACK *object_cb,
                  void *object_cbarg)
{
    switch (form) {
    case PROV_HAND_KEY:
        return hand_key(prov, object, object_cb, object_cbarg);
    case PROV_HAND_CERTIFICATE:
        return hand_certificate(object, object_cb, object_cbarg);
    case PROV_HAND_NAME:
        return hand_name(prov, object, object_cb, object_cbarg);
    case PROV_HAND_NOTHING:
        break;
    }
    return prov_raise(&prov->core, CKR_KEY_TYPE_INCONSISTENT,
                      "%s: a key of a type that is not supported",
                      p11_object_uri(object));
}
