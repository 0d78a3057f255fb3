/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenSSL's STORE operation: a pkcs11: URI -> keys by reference, certificates
 * as DER. The search is made by the first load, since only loads bring the
 * application's callback for the PIN.
 */
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/core_object.h>
#include <openssl/crypto.h>
#include <openssl/params.h>
#include <openssl/store.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "algs.h"
#include "error.h"
#include "key.h"
#include "prov.h"

enum { PROMPT_SIZE = 256 };

static const char scheme[] = "pkcs11:";

struct loader {
    struct prov *prov;
    char *uri;  /* may hold a PIN */
    int expect; /* OSSL_STORE_INFO_*, 0: all */
    struct p11_object **objects;
    size_t count, next;
    bool searched, out_of_memory;
    bool failed; /* the last load has, and that is no end of the list */
};

static OSSL_FUNC_store_open_fn store_open;
static OSSL_FUNC_store_settable_ctx_params_fn store_settable_ctx_params;
static OSSL_FUNC_store_set_ctx_params_fn store_set_ctx_params;
static OSSL_FUNC_store_load_fn store_load;
static OSSL_FUNC_store_eof_fn store_eof;
static OSSL_FUNC_store_close_fn store_close;

static void *store_open(void *provctx, const char *uri)
{
    struct prov *prov = provctx;
    struct loader *loader;

    if (strncasecmp(uri, scheme, sizeof(scheme) - 1) != 0)
        return NULL;
    loader = calloc(1, sizeof(*loader));
    if (loader == NULL || (loader->uri = strdup(uri)) == NULL) {
        prov_raise(&prov->core, CKR_HOST_MEMORY, "store");
        free(loader);
        return NULL;
    }
    loader->prov = prov;
    return loader;
}

static int store_close(void *loaderctx)
{
    struct loader *loader = loaderctx;

    for (size_t i = 0; i < loader->count; i++)
        p11_object_free(loader->objects[i]);
    free(loader->objects);
    OPENSSL_cleanse(loader->uri, strlen(loader->uri));
    free(loader->uri);
    free(loader);
    return 1;
}

static const OSSL_PARAM *store_settable_ctx_params(void *provctx)
{
    static const OSSL_PARAM settable[] = {
        OSSL_PARAM_int(OSSL_STORE_PARAM_EXPECT, NULL),
        OSSL_PARAM_utf8_string(OSSL_STORE_PARAM_PROPERTIES, NULL, 0),
        OSSL_PARAM_END};

    (void)provctx;
    return settable;
}

static int store_set_ctx_params(void *loaderctx, const OSSL_PARAM params[])
{
    struct loader *loader = loaderctx;
    const OSSL_PARAM *p;

    if (params == NULL)
        return 1;
    p = OSSL_PARAM_locate_const(params, OSSL_STORE_PARAM_EXPECT);
    return p == NULL || OSSL_PARAM_get_int(p, &loader->expect) == 1;
}

/* ---- searching --------------------------------------------------------- */

struct prompt {
    struct prov *prov;
    OSSL_PASSPHRASE_CALLBACK *ask;
    void *arg;
};

static ssize_t ask_pin(void *arg, const struct p11_pin_request *request,
                       char *pin, size_t size)
{
    const struct prompt *prompt = arg;
    char info[PROMPT_SIZE];
    size_t len = 0;
    int ok;

    if (request->object_label != NULL)
        (void)snprintf(info, sizeof(info), "PIN of token '%s' for key '%s'",
                       request->token_label, request->object_label);
    else
        (void)snprintf(info, sizeof(info), "PIN of token '%s'",
                       request->token_label);
    const OSSL_PARAM params[] = {
        prov_param_utf8(OSSL_PASSPHRASE_PARAM_INFO, info), OSSL_PARAM_END};

    prov_enter(prompt->prov);
    ok = prompt->ask(pin, size, &len, params, prompt->arg);
    prov_leave(prompt->prov);
    return ok == 1 && len <= size ? (ssize_t)len : -1;
}

static bool keep_object(void *arg, struct p11_object *object)
{
    struct loader *loader = arg;
    struct p11_object **more;

    more = realloc(loader->objects, (loader->count + 1) * sizeof(*more));
    if (more == NULL) {
        loader->out_of_memory = true;
        return false;
    }
    loader->objects = more;
    loader->objects[loader->count++] = p11_object_up_ref(object);
    return true;
}

static unsigned classes_of(int expect)
{
    static const struct {
        int expect;
        unsigned classes;
    } rows[] = {{0, 0},
                {OSSL_STORE_INFO_PKEY, P11_PRIVATE_KEY},
                {OSSL_STORE_INFO_PUBKEY, P11_PUBLIC_KEY},
                {OSSL_STORE_INFO_CERT, P11_CERTIFICATE}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].expect == expect)
            return rows[i].classes;
    }
    return P11_DATA; /* CRLs and the like: tokens have none */
}

static int search(struct loader *loader, OSSL_PASSPHRASE_CALLBACK *pw_cb,
                  void *pw_cbarg)
{
    struct prov *prov = loader->prov;
    struct prompt prompt = {prov, pw_cb, pw_cbarg};
    const struct p11_pin_callback pin = {pw_cb != NULL ? ask_pin : NULL,
                                         &prompt};
    struct p11_diag diag = {""};
    CK_RV rv;

    prov_enter(prov);
    rv = p11_search(prov->p11, loader->uri, classes_of(loader->expect), &pin,
                    keep_object, loader, &diag);
    prov_leave(prov);
    if (rv == CKR_OK && loader->out_of_memory)
        rv = CKR_HOST_MEMORY;
    if (rv == CKR_OK)
        return 1;
    return prov_raise(&prov->core, rv, "%s",
                      diag.text[0] != '\0' ? diag.text : p11_rv_text(rv));
}

/* ---- handing out ------------------------------------------------------- */

static int hand_key(struct loader *loader, const struct prov_keytype *type,
                    struct p11_object *object, OSSL_CALLBACK *object_cb,
                    void *object_cbarg)
{
    struct prov_key *key = prov_key_from_object(loader->prov, type, object);
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

    if (value == NULL)
        return 1;
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_int(OSSL_OBJECT_PARAM_TYPE, &kind),
        prov_param_octets(OSSL_OBJECT_PARAM_DATA, value->pValue,
                          value->ulValueLen),
        OSSL_PARAM_END};

    return object_cb(params, object_cbarg);
}

static bool is_key(const struct p11_object *object)
{
    return p11_object_class(object) == CKO_PRIVATE_KEY ||
           p11_object_class(object) == CKO_PUBLIC_KEY;
}

/* What OpenSSL has no word for, secret keys, data and foreign types of key, is
 * passed over. */
static bool can_hand(const struct p11_object *object)
{
    return p11_object_class(object) == CKO_CERTIFICATE ||
           (is_key(object) && prov_keytype_of(object) != NULL);
}

static void skip_foreign(struct loader *loader)
{
    while (loader->next < loader->count &&
           !can_hand(loader->objects[loader->next]))
        loader->next++;
}

static int first_load(struct loader *loader, OSSL_PASSPHRASE_CALLBACK *pw_cb,
                      void *pw_cbarg)
{
    loader->searched = true;
    if (search(loader, pw_cb, pw_cbarg) != 1) {
        loader->failed = true;
        return 0;
    }
    skip_foreign(loader);
    if (loader->next < loader->count)
        return 1;
    loader->failed = true;
    return prov_raise(&loader->prov->core, CKR_KEY_TYPE_INCONSISTENT,
                      "the token has no object of a supported kind that "
                      "matches the URI");
}

static int store_load(void *loaderctx, OSSL_CALLBACK *object_cb,
                      void *object_cbarg, OSSL_PASSPHRASE_CALLBACK *pw_cb,
                      void *pw_cbarg)
{
    struct loader *loader = loaderctx;
    struct p11_object *object;
    int ok;

    if (!loader->searched && first_load(loader, pw_cb, pw_cbarg) != 1)
        return 0;
    if (loader->next >= loader->count) {
        loader->failed = false;
        return 0;
    }
    object = loader->objects[loader->next++];
    skip_foreign(loader);
    if (is_key(object))
        ok = hand_key(loader, prov_keytype_of(object), object, object_cb,
                      object_cbarg);
    else
        ok = hand_certificate(object, object_cb, object_cbarg);
    loader->failed = ok != 1;
    return ok;
}

/* A failed search or item is an item of the list, so that libcrypto sees the
 * failure (it takes one at the end of the list for the end); the next load ends
 * it. */
static int store_eof(void *loaderctx)
{
    const struct loader *loader = loaderctx;

    return loader->searched && !loader->failed && loader->next >= loader->count;
}

const OSSL_DISPATCH prov_store[] = {
    {OSSL_FUNC_STORE_OPEN, (void (*)(void))store_open},
    {OSSL_FUNC_STORE_SETTABLE_CTX_PARAMS,
     (void (*)(void))store_settable_ctx_params},
    {OSSL_FUNC_STORE_SET_CTX_PARAMS, (void (*)(void))store_set_ctx_params},
    {OSSL_FUNC_STORE_LOAD, (void (*)(void))store_load},
    {OSSL_FUNC_STORE_EOF, (void (*)(void))store_eof},
    {OSSL_FUNC_STORE_CLOSE, (void (*)(void))store_close},
    {0, NULL}};
