/* SPDX-License-Identifier: Apache-2.0 */
/* OpenSSL's KEM operation, generic over the type of key. */
#include <openssl/core_dispatch.h>
#include <openssl/crypto.h>
#include <stdlib.h>

#include "algs.h"
#include "error.h"
#include "key.h"
#include "prov.h"

struct kem {
    struct prov *prov;
    struct prov_key *key; /* NULL before init */
};

static OSSL_FUNC_kem_newctx_fn kem_newctx;
static OSSL_FUNC_kem_freectx_fn kem_freectx;
static OSSL_FUNC_kem_dupctx_fn kem_dupctx;
static OSSL_FUNC_kem_encapsulate_init_fn kem_init;
static OSSL_FUNC_kem_encapsulate_fn kem_encapsulate;
static OSSL_FUNC_kem_decapsulate_fn kem_decapsulate;

static void *kem_newctx(void *provctx)
{
    struct prov *prov = provctx;
    struct kem *kem = calloc(1, sizeof(*kem));

    if (kem == NULL)
        prov_raise(&prov->core, CKR_HOST_MEMORY, "encapsulation context");
    else
        kem->prov = prov;
    return kem;
}

static void kem_freectx(void *vctx)
{
    struct kem *kem = vctx;

    if (kem == NULL)
        return;
    prov_key_free(kem->key);
    free(kem);
}

static void *kem_dupctx(void *vctx)
{
    const struct kem *from = vctx;
    struct kem *to = kem_newctx(from->prov);

    if (to != NULL && from->key != NULL)
        to->key = prov_key_up_ref(from->key);
    return to;
}

static int no_key(const struct kem *kem)
{
    return prov_raise(&kem->prov->core, CKR_OPERATION_NOT_INITIALIZED,
                      "encapsulation: not initialised");
}

/* There are no parameters. */
static int kem_init(void *vctx, void *provkey, const OSSL_PARAM params[])
{
    struct prov_key *key = provkey;
    struct kem *kem = vctx;

    (void)params;
    if (key == NULL)
        return kem->key != NULL ? 1 : no_key(kem);
    if (key->type->kem == NULL)
        return prov_raise(&kem->prov->core, CKR_KEY_FUNCTION_NOT_PERMITTED,
                          "%s: keys of this type do not encapsulate",
                          prov_key_name(key));
    (void)prov_key_up_ref(key);
    prov_key_free(kem->key);
    kem->key = key;
    return 1;
}

static int no_room(const struct kem *kem)
{
    return prov_raise(&kem->prov->core, CKR_BUFFER_TOO_SMALL,
                      "%s: no room for what encapsulation gives",
                      prov_key_name(kem->key));
}

/* Whether a buffer of *len octets holds size of them, which *len is set to. */
static bool fits(size_t *len, size_t size)
{
    bool ok = len == NULL || *len >= size;

    if (len != NULL)
        *len = size;
    return ok;
}

static int kem_encapsulate(void *vctx, unsigned char *out, size_t *outlen,
                           unsigned char *secret, size_t *secretlen)
{
    const struct prov_kem_ops *ops;
    struct kem *kem = vctx;
    bool room;

    if (kem->key == NULL)
        return no_key(kem);
    ops = kem->key->type->kem;
    room = fits(outlen, ops->ciphertext_size(kem->key));
    room = fits(secretlen, ops->secret_size(kem->key)) && room;
    if (out == NULL)
        return 1;
    return room && secret != NULL ? ops->encapsulate(kem->key, out, secret)
                                  : no_room(kem);
}

static int kem_decapsulate(void *vctx, unsigned char *out, size_t *outlen,
                           const unsigned char *in, size_t inlen)
{
    const struct prov_kem_ops *ops;
    struct kem *kem = vctx;
    bool room;

    if (kem->key == NULL)
        return no_key(kem);
    ops = kem->key->type->kem;
    room = fits(outlen, ops->secret_size(kem->key));
    if (out == NULL)
        return 1;
    return room ? ops->decapsulate(kem->key, out, in, inlen) : no_room(kem);
}

const OSSL_DISPATCH prov_kem[] = {
    {OSSL_FUNC_KEM_NEWCTX, (void (*)(void))kem_newctx},
    {OSSL_FUNC_KEM_FREECTX, (void (*)(void))kem_freectx},
    {OSSL_FUNC_KEM_DUPCTX, (void (*)(void))kem_dupctx},
    {OSSL_FUNC_KEM_ENCAPSULATE_INIT, (void (*)(void))kem_init},
    {OSSL_FUNC_KEM_ENCAPSULATE, (void (*)(void))kem_encapsulate},
    {OSSL_FUNC_KEM_DECAPSULATE_INIT, (void (*)(void))kem_init},
    {OSSL_FUNC_KEM_DECAPSULATE, (void (*)(void))kem_decapsulate},
    {0, NULL}};
