/* SPDX-License-Identifier: Apache-2.0 */
/* libp11's engine. OpenSSL calls engines deprecated; programs use them. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "bridge.h"

#include <openssl/engine.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

struct by_engine {
    ENGINE *engine;
    const char *uri;
    EVP_PKEY *key;
    bool ec;
};

static void *engine_open(const struct bench_target *target)
{
    struct by_engine *e = calloc(1, sizeof(*e));
    ENGINE *engine;

    ENGINE_load_dynamic();
    engine = ENGINE_by_id("pkcs11");
    if (e == NULL || engine == NULL) {
        (void)fprintf(stderr, "the engine pkcs11 is not installed\n");
        return NULL;
    }
    e->ec = target->ec;
    e->engine = engine;
    e->uri = bench_uri(target);
    if (ENGINE_ctrl_cmd_string(engine, "MODULE_PATH", target->module, 0) == 1 &&
        (target->init_args == NULL ||
         ENGINE_ctrl_cmd_string(engine, "INIT_ARGS", target->init_args, 0) ==
             1) &&
        ENGINE_init(engine) == 1)
        e->key = ENGINE_load_private_key(engine, e->uri, NULL, NULL);
    if (e->key != NULL)
        return e;
    ERR_print_errors_fp(stderr);
    return NULL;
}

static void *engine_thread_new(void *key, enum bench_op op)
{
    const struct by_engine *e = key;

    return bench_evp_thread_new(e->key, NULL, e->ec, op);
}

static bool engine_again(void *key)
{
    const struct by_engine *e = key;
    EVP_PKEY *again = ENGINE_load_private_key(e->engine, e->uri, NULL, NULL);

    EVP_PKEY_free(again);
    return again != NULL;
}

static EVP_PKEY *engine_evp(void *key, OSSL_LIB_CTX **context)
{
    *context = NULL;
    return ((struct by_engine *)key)->key;
}

const struct bench_bridge bench_engine = {
    .name = "libp11-engine",
    .open = engine_open,
    .thread_new = engine_thread_new,
    .once = bench_evp_once,
    .again = engine_again,
    .thread_free = bench_evp_thread_free,
    .evp = engine_evp,
};
