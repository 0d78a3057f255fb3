/* SPDX-License-Identifier: Apache-2.0 */
/* Worlds for the tests of pkcs11/. */
#include "world.h"

#include "fault/fault.h"

#include <dlfcn.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const uint8_t data[20] = "twenty octets of it";

const char *world_fault_module(void)
{
    return FAULT_MODULE;
}

/* ---- control ----------------------------------------------------------- */

static void *control(const char *name)
{
    static void *module;

    if (module == NULL)
        module = dlopen(FAULT_MODULE, RTLD_NOW | RTLD_LOCAL);
    if (module == NULL) {
        CU_FAIL_FATAL("the fault module cannot be loaded");
        return NULL;
    }
    return dlsym(module, name);
}

#define CONTROL(type, name) (*(type *)&(void *){control(name)})

typedef void plain_fn(void);

unsigned long world_count(const char *function)
{
    return CONTROL(__typeof__(&privyseal_fault_count),
                   "privyseal_fault_count")(function);
}

int world_rule(const char *rule)
{
    return CONTROL(__typeof__(&privyseal_fault_rule),
                   "privyseal_fault_rule")(rule);
}

int world_set(const char *settings)
{
    return CONTROL(__typeof__(&privyseal_fault_set),
                   "privyseal_fault_set")(settings);
}

#define PLAIN(function, name)        \
    void function(void)              \
    {                                \
        CONTROL(plain_fn *, name)(); \
    }
unsigned long world_sessions(void)
{
    return CONTROL(__typeof__(&privyseal_fault_sessions),
                   "privyseal_fault_sessions")();
}

unsigned long world_objects(bool on_token)
{
    return CONTROL(__typeof__(&privyseal_fault_objects),
                   "privyseal_fault_objects")(on_token);
}

PLAIN(world_reset, "privyseal_fault_reset")
PLAIN(world_clear_rules, "privyseal_fault_clear_rules")
PLAIN(world_stale, "privyseal_fault_stale")
PLAIN(world_renumber, "privyseal_fault_renumber")
PLAIN(world_logout, "privyseal_fault_logout")
PLAIN(world_remove, "privyseal_fault_remove")
PLAIN(world_insert, "privyseal_fault_insert")

unsigned long world_violations(void)
{
    char text[2048] = "";
    const unsigned long count =
        CONTROL(__typeof__(&privyseal_fault_violations),
                "privyseal_fault_violations")(text, sizeof(text));

    if (count > 0)
        (void)fprintf(stderr, "%s\n", text);
    return count;
}

/* ---- opening ----------------------------------------------------------- */

static struct p11 *new_p11(const struct world *world,
                           const struct world_conf *conf)
{
    const struct p11_module_conf module = {
        .name = "fault", .path = FAULT_MODULE, .init_args = world->settings};
    const char *pin = conf->pin_source == NULL      ? "value:1234"
                      : conf->pin_source[0] != '\0' ? conf->pin_source
                                                    : NULL;
    const struct p11_conf settings = {.modules = &module,
                                      .module_count = 1,
                                      .pin_source = pin,
                                      .copies = conf->copies,
                                      .session_limit = conf->session_limit,
                                      .session_wait_ms = conf->session_wait_ms};
    struct p11 *p11 = NULL;

    CU_ASSERT_EQUAL_FATAL(p11_new(&settings, &p11), CKR_OK);
    return p11;
}

static CK_RV make(struct p11 *p11, const char *label, uint8_t id,
                  bool always_authenticate)
{
    const struct p11_keygen keygen = {
        .uri = "pkcs11:token=world?pin-value=1234",
        .label = label,
        .id = &id,
        .id_len = 1,
        .purpose = P11_GENERAL,
        .bits = 1024,
        .always_authenticate = always_authenticate};
    struct p11_object *object = NULL;
    struct p11_diag diag = {""};
    const CK_RV rv = p11_generate(p11, &keygen, NULL, &object, NULL, &diag);

    if (rv != CKR_OK)
        (void)fprintf(stderr, "%s\n", diag.text);
    p11_object_free(object);
    return rv;
}

CK_RV world_make(struct world *world, const char *label, uint8_t id)
{
    return make(world->p11, label, id, false);
}

static bool touch(void *arg, const struct p11_token_info *info)
{
    (void)info;
    ++*(unsigned *)arg;
    return true;
}

void world_open(struct world *world, const struct world_conf *conf)
{
    const struct world_conf plain = {.pin_source = "value:1234"};
    unsigned tokens = 0;

    *world = (struct world){.p11 = NULL, .folder = unit_temp_dir()};
    CU_ASSERT_PTR_NOT_NULL_FATAL(world->folder);
    (void)snprintf(world->settings, sizeof(world->settings),
                   "token-dir='%s' label=world seed=world", world->folder);
    world_clear_rules();
    if (!conf->no_key) {
        world->p11 = new_p11(world, &plain);
        CU_ASSERT_EQUAL_FATAL(
            make(world->p11, "key", 1, conf->always_authenticate), CKR_OK);
        p11_free(world->p11);
    }
    if (conf->settings != NULL) {
        strcat(world->settings, " ");
        strcat(world->settings, conf->settings);
    }
    world->p11 = new_p11(world, conf);
    CU_ASSERT_EQUAL_FATAL(p11_tokens(world->p11, NULL, touch, &tokens, NULL),
                          CKR_OK);
    CU_ASSERT_EQUAL_FATAL(tokens, 1);
    world_reset();
}

static bool take(void *arg, struct p11_object *object)
{
    struct p11_object **out = arg;

    if (*out == NULL)
        *out = p11_object_up_ref(object);
    return true;
}

CK_RV world_find(struct world *world, const char *uri, struct p11_object **out)
{
    struct p11_diag diag = {""};
    const CK_RV rv = p11_search(world->p11, uri, 0, NULL, take, out, &diag);

    if (rv != CKR_OK)
        CU_ASSERT_STRING_NOT_EQUAL(diag.text, "");
    return rv;
}

CK_RV world_load(struct world *world)
{
    return world_find(world, WORLD_KEY, &world->key);
}

void world_close(struct world *world)
{
    world_clear_rules();
    p11_object_free(world->key);
    p11_free(world->p11);
    free(world->folder);
    *world = (struct world){.p11 = NULL};
}

/* ---- signing ----------------------------------------------------------- */

static EVP_PKEY *public_key(const struct p11_object *key)
{
    const CK_ATTRIBUTE *n = p11_object_attr(key, CKA_MODULUS);
    const CK_ATTRIBUTE *e = p11_object_attr(key, CKA_PUBLIC_EXPONENT);
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    BIGNUM *bn = BN_bin2bn(n->pValue, (int)n->ulValueLen, NULL);
    BIGNUM *be = BN_bin2bn(e->pValue, (int)e->ulValueLen, NULL);
    OSSL_PARAM *params = NULL;
    EVP_PKEY *pkey = NULL;

    if (OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, bn) == 1 &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, be) == 1)
        params = OSSL_PARAM_BLD_to_param(build);
    if (params != NULL && EVP_PKEY_fromdata_init(ctx) == 1)
        (void)EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    EVP_PKEY_CTX_free(ctx);
    BN_free(bn);
    BN_free(be);
    return pkey;
}

bool world_verifies(const struct p11_object *key, const uint8_t *sig,
                    size_t len)
{
    EVP_PKEY *pkey = public_key(key);
    EVP_PKEY_CTX *ctx =
        pkey != NULL ? EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL) : NULL;
    bool good = ctx != NULL && EVP_PKEY_verify_init(ctx) == 1 &&
                EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
                EVP_PKEY_verify(ctx, sig, len, data, sizeof(data)) == 1;

    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(pkey);
    return good;
}

CK_RV world_sign_with(struct p11_object *key,
                      const struct p11_pin_callback *pin)
{
    const CK_MECHANISM mechanism = {CKM_RSA_PKCS, NULL, 0};
    uint8_t sig[WORLD_SIG];
    size_t len = sizeof(sig);
    CK_RV rv;

    rv = p11_sign(key, &mechanism, data, sizeof(data), sig, &len, pin);
    if (rv == CKR_OK && !world_verifies(key, sig, len))
        rv = CKR_SIGNATURE_INVALID;
    return rv;
}

CK_RV world_sign(struct p11_object *key)
{
    return world_sign_with(key, NULL);
}

/* ---- SoftHSM2 ---------------------------------------------------------- */

static bool make_softhsm(const char *folder)
{
    char path[1024], command[2048];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/tokens", folder);
    if (mkdir(path, 0700) != 0)
        return false;
    (void)snprintf(path, sizeof(path), "%s/softhsm2.conf", folder);
    file = fopen(path, "w");
    if (file == NULL)
        return false;
    (void)fprintf(file,
                  "directories.tokendir = %s/tokens\n"
                  "objectstore.backend = file\nlog.level = ERROR\n"
                  "slots.removable = false\n",
                  folder);
    (void)fclose(file);
    if (setenv("SOFTHSM2_CONF", path, 1) != 0)
        return false;
    (void)snprintf(command, sizeof(command),
                   "softhsm2-util --init-token --free --label world "
                   "--pin 1234 --so-pin 5678 >/dev/null");
    return system(command) == 0;
}

const char *world_softhsm(void)
{
    static const char *const paths[] = {
        "/usr/lib/softhsm/libsofthsm2.so",
        "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
        "/usr/lib64/pkcs11/libsofthsm2.so"};
    static const char *module;

    if (module != NULL)
        return module;
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        char *folder;

        if (access(paths[i], R_OK) != 0)
            continue;
        folder = unit_temp_dir();
        if (folder != NULL && make_softhsm(folder))
            module = paths[i];
        free(folder);
        if (module != NULL)
            return module;
    }
    unit_skip("SoftHSM2 is not installed");
    return NULL;
}
