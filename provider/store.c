/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenSSL's STORE operation: a pkcs11: URI -> keys by reference, certificates
 * as DER, secret keys and data objects by name. The search is made by the first
 * load, since only loads bring the application's callback for the PIN, and only
 * then all is known that narrows it.
 */
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>
#include <openssl/store.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "algs.h"
#include "error.h"
#include "find.h"
#include "handout.h"
#include "passphrase.h"
#include "prov.h"

static const char scheme[] = "pkcs11:";

struct list {
    struct p11_object **objects;
    size_t count;
    bool out_of_memory;
};

struct loader {
    struct prov *prov;
    char *uri;  /* may hold a PIN */
    int expect; /* OSSL_STORE_INFO_*, 0: all */
    struct prov_find find;
    struct list list;
    size_t next;
    bool searched;
    bool failed; /* the last load has, and that is no end of the list */
};

static OSSL_FUNC_store_open_fn store_open;
static OSSL_FUNC_store_settable_ctx_params_fn store_settable_ctx_params;
static OSSL_FUNC_store_set_ctx_params_fn store_set_ctx_params;
static OSSL_FUNC_store_load_fn store_load;
static OSSL_FUNC_store_eof_fn store_eof;
static OSSL_FUNC_store_close_fn store_close;

/* ---- life -------------------------------------------------------------- */

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

static void free_list(struct list *list)
{
    for (size_t i = 0; i < list->count; i++)
        p11_object_free(list->objects[i]);
    free(list->objects);
}

static int store_close(void *loaderctx)
{
    struct loader *loader = loaderctx;

    free_list(&loader->list);
    prov_find_clear(&loader->find);
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
        PROV_FIND_SETTABLE, OSSL_PARAM_END};

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
    if (p != NULL && OSSL_PARAM_get_int(p, &loader->expect) != 1)
        return prov_raise(&loader->prov->core, CKR_ARGUMENTS_BAD,
                          "store: what to expect is not understood");
    return prov_find_set(&loader->find, loader->prov, params);
}

/* ---- searching --------------------------------------------------------- */

static bool keep_object(void *arg, struct p11_object *object)
{
    struct list *list = arg;
    struct p11_object **more =
        realloc(list->objects, (list->count + 1) * sizeof(*more));

    if (more == NULL) {
        list->out_of_memory = true;
        return false;
    }
    list->objects = more;
    list->objects[list->count++] = p11_object_up_ref(object);
    return true;
}

static unsigned classes_of(int expect)
{
    static const struct {
        int expect;
        unsigned classes;
    } rows[] = {{0, 0},
                {OSSL_STORE_INFO_NAME, 0},
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
    struct prov_passphrase passphrase = {prov, pw_cb, pw_cbarg};
    const struct p11_pin_callback pin = prov_passphrase_pin(&passphrase);
    struct p11_match match;
    const bool narrow = prov_find_match(&loader->find, &match);
    struct p11_diag diag = {""};
    CK_RV rv;

    prov_enter(prov);
    rv = p11_search_match(prov->p11, loader->uri, classes_of(loader->expect),
                          narrow ? &match : NULL, &pin, keep_object,
                          &loader->list, &diag);
    prov_leave(prov);
    if (rv == CKR_OK && loader->list.out_of_memory)
        rv = CKR_HOST_MEMORY;
    if (rv == CKR_OK)
        return 1;
    return prov_raise(&prov->core, rv, "%s",
                      diag.text[0] != '\0' ? diag.text : p11_rv_text(rv));
}

/* ---- handing out ------------------------------------------------------- */

/* A name that a program follows leads to the object itself; to be given the
 * name again would send it in a circle. */
static bool is_followed(const struct loader *loader,
                        const struct p11_object *object)
{
    const char *uri = p11_object_uri(object);

    return strncmp(loader->uri, uri, strlen(uri)) == 0;
}

/* Names come beside what a program expects in any case, and confuse those that
 * expect something. */
static enum prov_handout form_of(const struct loader *loader,
                                 const struct p11_object *object)
{
    const bool listing =
        loader->expect == 0 || loader->expect == OSSL_STORE_INFO_NAME;
    enum prov_handout form = prov_handout_of(object);

    if (loader->expect == OSSL_STORE_INFO_NAME && form != PROV_HAND_NOTHING)
        form = PROV_HAND_NAME;
    if (form == PROV_HAND_NAME && (!listing || is_followed(loader, object)))
        return PROV_HAND_NOTHING;
    return form;
}

static void skip_others(struct loader *loader)
{
    const struct list *list = &loader->list;

    while (loader->next < list->count &&
           (form_of(loader, list->objects[loader->next]) == PROV_HAND_NOTHING ||
            !prov_find_fits(&loader->find, loader->prov,
                            list->objects[loader->next])))
        loader->next++;
}

static int first_load(struct loader *loader, OSSL_PASSPHRASE_CALLBACK *pw_cb,
                      void *pw_cbarg)
{
    loader->searched = true;
    loader->failed = true;
    if (search(loader, pw_cb, pw_cbarg) != 1)
        return 0;
    skip_others(loader);
    if (loader->next < loader->list.count)
        return 1;
    if (loader->expect == 0 && is_followed(loader, loader->list.objects[0])) {
        loader->failed = false; /* that was all, and is no failure */
        return 0;
    }
    return prov_raise(&loader->prov->core, P11R_NO_OBJECT,
                      "the token has no object of the kind that is wanted and "
                      "supported that matches the URI");
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
    if (loader->next >= loader->list.count) {
        loader->failed = false;
        return 0;
    }
    object = loader->list.objects[loader->next++];
    skip_others(loader);
    ok = prov_hand_out(loader->prov, object, form_of(loader, object), object_cb,
                       object_cbarg);
    loader->failed = ok != 1;
    return ok;
}

/* A failed search or item is an item of the list, so that libcrypto sees the
 * failure (it takes one at the end of the list for the end); the next load ends
 * it. */
static int store_eof(void *loaderctx)
{
    const struct loader *loader = loaderctx;

    return loader->searched && !loader->failed &&
           loader->next >= loader->list.count;
}

/* ---- deleting ---------------------------------------------------------- */

#ifdef OSSL_FUNC_STORE_DELETE
static OSSL_FUNC_store_open_ex_fn store_open_ex;
static OSSL_FUNC_store_delete_fn store_delete;

static void *store_open_ex(void *provctx, const char *uri,
                           const OSSL_PARAM params[],
                           OSSL_PASSPHRASE_CALLBACK *pw_cb, void *pw_cbarg)
{
    struct loader *loader = store_open(provctx, uri);

    (void)pw_cb, (void)pw_cbarg; /* the load brings them again */
    if (loader != NULL && store_set_ctx_params(loader, params) != 1) {
        (void)store_close(loader);
        return NULL;
    }
    return loader;
}

/* One object, or one of each kind that belong together by label and id. More
 * than that, or a URI that names none of its own, is refused before anything is
 * deleted: nothing brings a key back. */
static CK_RV may_delete(const char *uri, const struct list *list,
                        struct p11_diag *diag)
{
    const char *refusal = NULL;
    struct p11_uri_says says;
    CK_RV rv = p11_uri_check(uri, &says, diag);

    if (rv != CKR_OK)
        return rv;
    if (!says.object)
        refusal = "deletes nothing: the URI has neither object= nor id=";
    for (size_t i = 0; i < list->count && refusal == NULL; i++) {
        for (size_t k = 0; k < i && refusal == NULL; k++) {
            if (p11_object_class(list->objects[i]) ==
                p11_object_class(list->objects[k]))
                refusal = "deletes nothing: several objects of a kind match";
        }
    }
    if (refusal == NULL)
        return CKR_OK;
    (void)snprintf(diag->text, sizeof(diag->text), "store: %s", refusal);
    return P11R_AMBIGUOUS;
}

static CK_RV delete_all(struct prov *prov, const struct list *list,
                        struct p11_diag *diag)
{
    char note[P11_TEXT_MAX];
    CK_RV rv = CKR_OK;

    for (size_t i = 0; i < list->count && rv == CKR_OK; i++) {
        struct p11_object *object = list->objects[i];

        rv = p11_object_destroy(object);
        (void)snprintf(note, sizeof(note), "%s %.240s: %s\n",
                       rv == CKR_OK ? "deleted" : "not deleted",
                       p11_object_uri(object), p11_rv_text(rv));
        prov_trace_note(&prov->trace, note);
        if (rv != CKR_OK)
            (void)snprintf(diag->text, sizeof(diag->text),
                           "%.240s: not deleted: %s", p11_object_uri(object),
                           p11_rv_text(rv));
    }
    return rv;
}

static int store_delete(void *provctx, const char *uri,
                        const OSSL_PARAM params[],
                        OSSL_PASSPHRASE_CALLBACK *pw_cb, void *pw_cbarg)
{
    struct prov *prov = provctx;
    struct prov_passphrase passphrase = {prov, pw_cb, pw_cbarg};
    const struct p11_pin_callback pin = prov_passphrase_pin(&passphrase);
    struct p11_diag diag = {""};
    struct list list = {NULL, 0, false};
    CK_RV rv;

    (void)params; /* properties, which chose us */
    prov_enter(prov);
    rv = p11_search(prov->p11, uri, 0, &pin, keep_object, &list, &diag);
    if (rv == CKR_OK && list.out_of_memory)
        rv = CKR_HOST_MEMORY;
    if (rv == CKR_OK)
        rv = may_delete(uri, &list, &diag);
    if (rv == CKR_OK)
        rv = delete_all(prov, &list, &diag);
    prov_leave(prov);
    free_list(&list);
    if (rv == CKR_OK)
        return 1;
    return prov_raise(&prov->core, rv, "%s",
                      diag.text[0] != '\0' ? diag.text : p11_rv_text(rv));
}

#define DELETING                                              \
    {OSSL_FUNC_STORE_OPEN_EX, (void (*)(void))store_open_ex}, \
        {OSSL_FUNC_STORE_DELETE, (void (*)(void))store_delete},
#else
#define DELETING /* OpenSSL 3.0 and 3.1 know no such function */
#endif

const OSSL_DISPATCH prov_store[] = {
    {OSSL_FUNC_STORE_OPEN, (void (*)(void))store_open},
    {OSSL_FUNC_STORE_SETTABLE_CTX_PARAMS,
     (void (*)(void))store_settable_ctx_params},
    {OSSL_FUNC_STORE_SET_CTX_PARAMS, (void (*)(void))store_set_ctx_params},
    {OSSL_FUNC_STORE_LOAD, (void (*)(void))store_load},
    {OSSL_FUNC_STORE_EOF, (void (*)(void))store_eof},
    {OSSL_FUNC_STORE_CLOSE, (void (*)(void))store_close},
    DELETING{0, NULL}};
