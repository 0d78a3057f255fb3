/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenSSL's RAND operation over a token's C_GenerateRandom, offered with
 * "rand = token" only, under one name that nobody asks for by chance. It has no
 * seed to give: libcrypto seeds under its own locks, and a module that uses
 * libcrypto would wait for them for ever.
 */
#include <errno.h>
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <sys/random.h>

#include "algs.h"
#include "error.h"
#include "prov.h"

enum { STRENGTH = 256, REQUEST_MAX = 65536 };

struct rand {
    struct prov *prov;
    int state; /* EVP_RAND_STATE_*, set before it is shared */
};

static OSSL_FUNC_rand_newctx_fn newctx;
static OSSL_FUNC_rand_freectx_fn freectx;
static OSSL_FUNC_rand_instantiate_fn instantiate;
static OSSL_FUNC_rand_uninstantiate_fn uninstantiate;
static OSSL_FUNC_rand_generate_fn generate;
static OSSL_FUNC_rand_reseed_fn reseed;
static OSSL_FUNC_rand_enable_locking_fn enable_locking;
static OSSL_FUNC_rand_lock_fn lock;
static OSSL_FUNC_rand_unlock_fn unlock;
static OSSL_FUNC_rand_gettable_ctx_params_fn gettable_ctx_params;
static OSSL_FUNC_rand_get_ctx_params_fn get_ctx_params;
static OSSL_FUNC_rand_verify_zeroization_fn verify_zeroization;

static void *newctx(void *provctx, void *parent,
                    const OSSL_DISPATCH *parent_calls)
{
    struct prov *prov = provctx;
    struct rand *rand = calloc(1, sizeof(*rand));

    (void)parent, (void)parent_calls;
    if (rand == NULL) {
        prov_raise(&prov->core, CKR_HOST_MEMORY, "random numbers");
        return NULL;
    }
    rand->prov = prov;
    rand->state = EVP_RAND_STATE_UNINITIALISED;
    return rand;
}

static void freectx(void *vctx)
{
    free(vctx);
}

/* Touches no token: libcrypto holds locks now that a module may want. */
static int instantiate(void *vctx, unsigned int strength,
                       int prediction_resistance, const unsigned char *text,
                       size_t text_len, const OSSL_PARAM params[])
{
    struct rand *rand = vctx;

    (void)prediction_resistance, (void)text, (void)text_len, (void)params;
    if (strength > STRENGTH)
        return prov_raise(&rand->prov->core, CKR_ARGUMENTS_BAD,
                          "random numbers: a strength of %u bits is not "
                          "offered, at most %d",
                          strength, STRENGTH);
    rand->state = EVP_RAND_STATE_READY;
    return 1;
}

static int uninstantiate(void *vctx)
{
    struct rand *rand = vctx;

    rand->state = EVP_RAND_STATE_UNINITIALISED;
    return 1;
}

/* A module that is inside its token's call and asks libcrypto for random
 * numbers gets the kernel's: its token cannot be asked for its own. */
static CK_RV fill_from_kernel(unsigned char *out, size_t len)
{
    while (len > 0) {
        ssize_t got = getrandom(out, len, 0);

        if (got < 0 && errno == EINTR)
            continue; /* longer ones are broken off by signals */
        if (got <= 0)
            return CKR_RANDOM_NO_RNG;
        out += got;
        len -= (size_t)got;
    }
    return CKR_OK;
}

static int generate(void *vctx, unsigned char *out, size_t outlen,
                    unsigned int strength, int prediction_resistance,
                    const unsigned char *addin, size_t addin_len)
{
    struct rand *rand = vctx;
    struct prov *prov = rand->prov;
    struct p11_diag diag = {""};
    CK_RV rv;

    (void)prediction_resistance, (void)addin, (void)addin_len;
    if (rand->state != EVP_RAND_STATE_READY || strength > STRENGTH)
        return prov_raise(&prov->core, CKR_ARGUMENTS_BAD,
                          "random numbers: not ready, or %u bits of strength",
                          strength);
    if (prov_is_inside()) {
        rv = fill_from_kernel(out, outlen);
    } else {
        prov_enter(prov);
        rv = p11_random(prov->p11, NULL, out, outlen, &diag);
        prov_leave(prov);
    }
    if (rv == CKR_OK)
        return 1;
    OPENSSL_cleanse(out, outlen);
    return prov_raise(&prov->core, rv, "random numbers: %s",
                      diag.text[0] != '\0' ? diag.text : p11_rv_text(rv));
}

/* Every number is the token's own; there is nothing to renew. */
static int reseed(void *vctx, int prediction_resistance,
                  const unsigned char *entropy, size_t entropy_len,
                  const unsigned char *addin, size_t addin_len)
{
    (void)vctx, (void)prediction_resistance, (void)entropy, (void)entropy_len;
    (void)addin, (void)addin_len;
    return 1;
}

/* Numbers are made without any state that threads could spoil, and a lock would
 * be taken twice by a module that asks for numbers within our call. */
static int enable_locking(void *vctx)
{
    (void)vctx;
    return 1;
}

static int lock(void *vctx)
{
    (void)vctx;
    return 1;
}

static void unlock(void *vctx)
{
    (void)vctx;
}

static const OSSL_PARAM *gettable_ctx_params(void *vctx, void *provctx)
{
    static const OSSL_PARAM gettable[] = {
        OSSL_PARAM_int(OSSL_RAND_PARAM_STATE, NULL),
        OSSL_PARAM_uint(OSSL_RAND_PARAM_STRENGTH, NULL),
        OSSL_PARAM_size_t(OSSL_RAND_PARAM_MAX_REQUEST, NULL), OSSL_PARAM_END};

    (void)vctx, (void)provctx;
    return gettable;
}

static int get_ctx_params(void *vctx, OSSL_PARAM params[])
{
    const struct rand *rand = vctx;
    OSSL_PARAM *p;
    int ok = 1;

    if ((p = OSSL_PARAM_locate(params, OSSL_RAND_PARAM_STATE)) != NULL)
        ok = OSSL_PARAM_set_int(p, rand->state);
    if ((p = OSSL_PARAM_locate(params, OSSL_RAND_PARAM_STRENGTH)) != NULL)
        ok = ok == 1 ? OSSL_PARAM_set_uint(p, STRENGTH) : ok;
    if ((p = OSSL_PARAM_locate(params, OSSL_RAND_PARAM_MAX_REQUEST)) != NULL)
        ok = ok == 1 ? OSSL_PARAM_set_size_t(p, REQUEST_MAX) : ok;
    return ok == 1 ? 1
                   : prov_raise(&rand->prov->core, CKR_ARGUMENTS_BAD,
                                "random numbers: a parameter of another type");
}

/* Nothing is kept. */
static int verify_zeroization(void *vctx)
{
    (void)vctx;
    return 1;
}

const OSSL_DISPATCH prov_rand[] = {
    {OSSL_FUNC_RAND_NEWCTX, (void (*)(void))newctx},
    {OSSL_FUNC_RAND_FREECTX, (void (*)(void))freectx},
    {OSSL_FUNC_RAND_INSTANTIATE, (void (*)(void))instantiate},
    {OSSL_FUNC_RAND_UNINSTANTIATE, (void (*)(void))uninstantiate},
    {OSSL_FUNC_RAND_GENERATE, (void (*)(void))generate},
    {OSSL_FUNC_RAND_RESEED, (void (*)(void))reseed},
    {OSSL_FUNC_RAND_ENABLE_LOCKING, (void (*)(void))enable_locking},
    {OSSL_FUNC_RAND_LOCK, (void (*)(void))lock},
    {OSSL_FUNC_RAND_UNLOCK, (void (*)(void))unlock},
    {OSSL_FUNC_RAND_GETTABLE_CTX_PARAMS, (void (*)(void))gettable_ctx_params},
    {OSSL_FUNC_RAND_GET_CTX_PARAMS, (void (*)(void))get_ctx_params},
    {OSSL_FUNC_RAND_VERIFY_ZEROIZATION, (void (*)(void))verify_zeroization},
    {0, NULL}};
