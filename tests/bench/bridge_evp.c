/* SPDX-License-Identifier: Apache-2.0 */
/* Threads that sign through EVP; and providers: ours, the peer's, a file's. */
#include "bridge.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>
#include <openssl/store.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TEXT_MAX = 4096, OUTPUT_MAX = 1024, MESSAGE = 64, DIGEST = 32 };

const char *bench_uri(const struct bench_target *target)
{
    static char uri[TEXT_MAX];

    (void)snprintf(uri, sizeof(uri),
                   "pkcs11:token=%s;object=%s;type=private?pin-value=%s",
                   target->token, target->label, target->pin);
    for (char *at = uri; (at = strchr(at, ' ')) != NULL;) {
        memmove(at + 3, at + 1, strlen(at + 1) + 1);
        memcpy(at, "%20", 3);
    }
    return uri;
}

/* ---- threads ----------------------------------------------------------- */

struct evp_thread {
    EVP_PKEY *key;
    OSSL_LIB_CTX *context;
    EVP_PKEY_CTX *prepared; /* of BENCH_SIGN */
};

void *bench_evp_thread_new(EVP_PKEY *key, OSSL_LIB_CTX *context, bool ec,
                           enum bench_op op)
{
    struct evp_thread *t = calloc(1, sizeof(*t));

    if (t == NULL)
        return NULL;
    t->key = key;
    t->context = context;
    if (op == BENCH_DIGEST)
        return t;
    t->prepared = EVP_PKEY_CTX_new_from_pkey(context, key, NULL);
    if (t->prepared == NULL || EVP_PKEY_sign_init(t->prepared) != 1 ||
        (!ec &&
         EVP_PKEY_CTX_set_rsa_padding(t->prepared, RSA_PKCS1_PADDING) != 1) ||
        (!ec &&
         EVP_PKEY_CTX_set_signature_md(t->prepared, EVP_sha256()) != 1)) {
        bench_evp_thread_free(t);
        return NULL;
    }
    return t;
}

static bool digest_sign(const struct evp_thread *t)
{
    static const unsigned char message[MESSAGE];
    unsigned char signature[OUTPUT_MAX];
    size_t len = sizeof(signature);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = ctx != NULL &&
              EVP_DigestSignInit_ex(ctx, NULL, "SHA256", t->context, NULL,
                                    t->key, NULL) == 1 &&
              EVP_DigestSign(ctx, signature, &len, message, MESSAGE) == 1;

    EVP_MD_CTX_free(ctx);
    return ok;
}

bool bench_evp_once(void *thread)
{
    static const unsigned char digest[DIGEST] = {0x5a};
    struct evp_thread *t = thread;
    unsigned char signature[OUTPUT_MAX];
    size_t len = sizeof(signature);

    if (t->prepared == NULL)
        return digest_sign(t);
    return EVP_PKEY_sign(t->prepared, signature, &len, digest, DIGEST) == 1;
}

void bench_evp_thread_free(void *thread)
{
    struct evp_thread *t = thread;

    EVP_PKEY_CTX_free(t->prepared);
    free(t);
}

/* ---- providers --------------------------------------------------------- */

struct provided {
    OSSL_LIB_CTX *context;
    EVP_PKEY *key;
    const char *uri; /* NULL: a file */
    bool ec;
};

static struct provided *refuse(const char *what)
{
    (void)fprintf(stderr, "%s\n", what);
    ERR_print_errors_fp(stderr);
    return NULL;
}

/* A library context with `default` and the provider of the section. */
static OSSL_LIB_CTX *context_with(const char *section)
{
    char name[] = "/tmp/bench-XXXXXX";
    const int fd = mkstemp(name);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
    OSSL_LIB_CTX *context = OSSL_LIB_CTX_new();

    if (file == NULL || context == NULL)
        return NULL;
    (void)fprintf(file,
                  "openssl_conf = init\n[init]\nproviders = list\n[list]\n"
                  "measured = measured_section\ndefault = default_section\n"
                  "[default_section]\nactivate = 1\n[measured_section]\n"
                  "activate = 1\n%s",
                  section);
    (void)fclose(file);
    if (OSSL_LIB_CTX_load_config(context, name) != 1) {
        OSSL_LIB_CTX_free(context);
        context = NULL;
    }
    (void)unlink(name);
    return context;
}

static EVP_PKEY *load(OSSL_LIB_CTX *context, const char *uri)
{
    OSSL_STORE_CTX *store =
        OSSL_STORE_open_ex(uri, context, NULL, NULL, NULL, NULL, NULL, NULL);
    EVP_PKEY *key = NULL;

    if (store == NULL)
        return NULL;
    (void)OSSL_STORE_expect(store, OSSL_STORE_INFO_PKEY);
    while (key == NULL && OSSL_STORE_eof(store) == 0) {
        OSSL_STORE_INFO *info = OSSL_STORE_load(store);

        if (info == NULL)
            break;
        key = OSSL_STORE_INFO_get1_PKEY(info);
        OSSL_STORE_INFO_free(info);
    }
    (void)OSSL_STORE_close(store);
    return key;
}

static void *open_provider(const struct bench_target *target,
                           const char *section)
{
    struct provided *p = calloc(1, sizeof(*p));

    if (p == NULL)
        return NULL;
    p->ec = target->ec;
    p->context = context_with(section);
    if (p->context == NULL)
        return refuse("the provider does not load");
    p->uri = bench_uri(target);
    p->key = load(p->context, p->uri);
    return p->key != NULL ? p : refuse("no such key");
}

static void *privyseal_open(const struct bench_target *target)
{
    char section[TEXT_MAX];

    (void)snprintf(section, sizeof(section),
                   "module = %s\nmodule-path = %s\n%s%s\n", target->provider,
                   target->module, target->init_args ? "init-args = " : "",
                   target->init_args ? target->init_args : "");
    return open_provider(target, section);
}

static void *pkcs11_provider_open(const struct bench_target *target)
{
    const char *module = getenv("BENCH_PKCS11_PROVIDER");
    char section[TEXT_MAX];

    if (module == NULL)
        return refuse("BENCH_PKCS11_PROVIDER names no file");
    (void)snprintf(section, sizeof(section),
                   "module = %s\npkcs11-module-path = %s\n"
                   "pkcs11-module-quirks = no-deinit no-operation-state\n"
                   "%s%s\n",
                   module, target->module,
                   target->init_args ? "pkcs11-module-init-args = " : "",
                   target->init_args ? target->init_args : "");
    return open_provider(target, section);
}

static void *file_open(const struct bench_target *target)
{
    struct provided *p = calloc(1, sizeof(*p));
    FILE *file = target->file != NULL ? fopen(target->file, "r") : NULL;

    if (p == NULL || file == NULL)
        return refuse("no key file");
    p->ec = target->ec;
    p->key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
    (void)fclose(file);
    return p->key != NULL ? p : refuse("no key in the file");
}

static void *provided_thread_new(void *key, enum bench_op op)
{
    const struct provided *p = key;

    return bench_evp_thread_new(p->key, p->context, p->ec, op);
}

static bool provided_again(void *key)
{
    const struct provided *p = key;
    EVP_PKEY *again = p->uri != NULL ? load(p->context, p->uri) : NULL;

    EVP_PKEY_free(again);
    return again != NULL;
}

static EVP_PKEY *provided_evp(void *key, OSSL_LIB_CTX **context)
{
    const struct provided *p = key;

    *context = p->context;
    return p->key;
}

#define PROVIDED(symbol, text, opener)        \
    const struct bench_bridge symbol = {      \
        .name = text,                         \
        .open = opener,                       \
        .thread_new = provided_thread_new,    \
        .once = bench_evp_once,               \
        .again = provided_again,              \
        .thread_free = bench_evp_thread_free, \
        .evp = provided_evp,                  \
    }

PROVIDED(bench_privyseal, "privyseal", privyseal_open);
PROVIDED(bench_pkcs11_provider, "pkcs11-provider", pkcs11_provider_open);
PROVIDED(bench_file, "file", file_open);
