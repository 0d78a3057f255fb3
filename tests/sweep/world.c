/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the module, its token's keys and the configuration of the provider. */
#include "sweep.h"

#include "shim.h"
#include "tests/fault/newer.h"

#include <dlfcn.h>
#include <openssl/conf.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/provider.h>
#include <openssl/store.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RAW_P256 = 65, RAW_25519 = 32 };      /* octets of a point */
enum { WAIT_MS = 500, LONG_WAIT_MS = 5000 }; /* for a session */

struct control module;

static CK_FUNCTION_LIST *ck;
static char conf_path[64], pin_path[64];
static EVP_PKEY *publics[KEYS];

static const struct world {
    const char *name, *module, *provider; /* settings */
} worlds[] = {
    {"plain", "", ""},
    {"one-session", "max-sessions=1", ""},
    {"copies", "", "key-copies = on\n"},
    {"bare", "public=no private-point=yes key-info=yes", ""},
    {"two-slots", "slots=2 spare=yes ec-point=raw ec-params=name", ""},
};
static size_t current;

static CK_BYTE p256[] = {0x06, 0x08, 0x2a, 0x86, 0x48,
                         0xce, 0x3d, 0x03, 0x01, 0x07};
static CK_BYTE ed25519[] = {0x06, 0x03, 0x2b, 0x65, 0x70};
static CK_BYTE x25519[] = {0x06, 0x03, 0x2b, 0x65, 0x6e};

static const struct kind {
    const char *label;
    CK_MECHANISM_TYPE generate;
    CK_BYTE *params; /* NULL: RSA */
    CK_ULONG params_len;
    const char *type, *group; /* libcrypto's */
    bool asks;                /* for the PIN, at each operation */
} kinds[KEYS] = {
    [KEY_RSA] = {"rsa", CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0, "RSA", NULL, false},
    [KEY_EC] = {"ec", CKM_EC_KEY_PAIR_GEN, p256, sizeof(p256), "EC",
                "prime256v1", false},
    [KEY_ED] = {"ed", CKM_EC_EDWARDS_KEY_PAIR_GEN, ed25519, sizeof(ed25519),
                "ED25519", NULL, false},
    [KEY_X] = {"x", CKM_EC_MONTGOMERY_KEY_PAIR_GEN, x25519, sizeof(x25519),
               "X25519", NULL, false},
    [KEY_ASK] = {"ask", CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0, "RSA", NULL, true},
};

const char *world_name(size_t n)
{
    return n < sizeof(worlds) / sizeof(worlds[0]) ? worlds[n].name : NULL;
}

bool world_is_limited(void)
{
    return strstr(worlds[current].module, "max-sessions") != NULL;
}

size_t world_current(void)
{
    return current;
}

/* The init string: another one in each world, so that its token is new. */
static const char *settings(void)
{
    static char text[256];

    (void)snprintf(text, sizeof(text), "label=fault %s serial=%s seed=sweep",
                   worlds[current].module, worlds[current].name);
    return text;
}

EVP_PKEY *world_public(enum world_key key)
{
    return publics[key];
}

const char *world_uri(enum world_key key)
{
    static char text[128];

    (void)snprintf(text, sizeof(text), "%s?pin-value=1234",
                   world_bare_uri(key));
    return text;
}

const char *world_bare_uri(enum world_key key)
{
    static char text[96];

    (void)snprintf(text, sizeof(text),
                   "pkcs11:token=fault;object=%s;type=private",
                   kinds[key].label);
    return text;
}

/* ---- the module -------------------------------------------------------- */

static bool find(void *handle, const char *name, void *function)
{
    void *symbol = dlsym(handle, name);

    if (symbol == NULL) {
        (void)fprintf(stderr, "%s\n", dlerror());
        return false;
    }
    memcpy(function, &symbol, sizeof(symbol)); /* ISO C has no such cast */
    return true;
}

static bool load_module(void)
{
    void *handle = dlopen(PRIVYSEAL_FAULT, RTLD_NOW);
    CK_C_GetFunctionList get = NULL;

    if (handle == NULL) {
        (void)fprintf(stderr, "%s\n", dlerror());
        return false;
    }
    return find(handle, "privyseal_fault_reset", &module.reset) &&
           find(handle, "privyseal_fault_count", &module.count) &&
           find(handle, "privyseal_fault_rule", &module.rule) &&
           find(handle, "privyseal_fault_clear_rules", &module.clear_rules) &&
           find(handle, "privyseal_fault_remove", &module.remove) &&
           find(handle, "privyseal_fault_insert", &module.insert) &&
           find(handle, "privyseal_fault_sessions", &module.sessions) &&
           find(handle, "privyseal_fault_operations", &module.operations) &&
           find(handle, "privyseal_fault_objects", &module.objects) &&
           find(handle, "privyseal_fault_violations", &module.violations) &&
           find(handle, "C_GetFunctionList", &get) && get(&ck) == CKR_OK;
}

/* ---- keys -------------------------------------------------------------- */

static bool read_attribute(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object,
                           CK_ATTRIBUTE_TYPE type, CK_BYTE out[static 512],
                           size_t *len)
{
    CK_ATTRIBUTE attribute = {type, out, 512};

    if (ck->C_GetAttributeValue(session, object, &attribute, 1) != CKR_OK)
        return false;
    *len = attribute.ulValueLen;
    return true;
}

static bool push_public(const struct kind *kind, CK_SESSION_HANDLE session,
                        CK_OBJECT_HANDLE object, OSSL_PARAM_BLD *build,
                        BIGNUM *numbers[static 2])
{
    static CK_BYTE first[512], second[512]; /* until the key is made */
    size_t len = 0, second_len = 0, head;

    if (kind->params == NULL) {
        if (!read_attribute(session, object, CKA_MODULUS, first, &len) ||
            !read_attribute(session, object, CKA_PUBLIC_EXPONENT, second,
                            &second_len))
            return false;
        numbers[0] = BN_bin2bn(first, (int)len, NULL);
        numbers[1] = BN_bin2bn(second, (int)second_len, NULL);
        return OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N,
                                      numbers[0]) == 1 &&
               OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E,
                                      numbers[1]) == 1;
    }
    if (!read_attribute(session, object, CKA_EC_POINT, first, &len))
        return false;
    head = len == 2 + RAW_25519 || len == 2 + RAW_P256 ? 2 : 0;
    return (kind->group == NULL ||
            OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME,
                                            kind->group, 0) == 1) &&
           OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY,
                                            first + head, len - head) == 1;
}

/* The public key in software. Returns new, or NULL. */
static EVP_PKEY *read_public(const struct kind *kind, CK_SESSION_HANDLE session,
                             CK_OBJECT_HANDLE object)
{
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, kind->type, NULL);
    BIGNUM *numbers[2] = {NULL, NULL};
    OSSL_PARAM *params = NULL;
    EVP_PKEY *key = NULL;

    if (build != NULL && push_public(kind, session, object, build, numbers))
        params = OSSL_PARAM_BLD_to_param(build);
    if (params == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
        key = NULL;
    OSSL_PARAM_free(params);
    BN_free(numbers[0]);
    BN_free(numbers[1]);
    OSSL_PARAM_BLD_free(build);
    EVP_PKEY_CTX_free(ctx);
    return key;
}

static bool make_key(CK_SESSION_HANDLE session, const struct kind *kind,
                     EVP_PKEY **public_key)
{
    CK_MECHANISM mechanism = {kind->generate, NULL, 0};
    CK_OBJECT_HANDLE pub, priv;
    CK_ULONG bits = 1024;
    CK_BBOOL yes = CK_TRUE, asks = kind->asks ? CK_TRUE : CK_FALSE;
    CK_BYTE label[8];
    CK_ULONG label_len = strlen(kind->label);
    CK_ATTRIBUTE pub_template[] = {
        {CKA_TOKEN, &yes, 1},
        {CKA_LABEL, label, label_len},
        {CKA_ID, label, label_len},
        {CKA_MODULUS_BITS, &bits, sizeof(bits)},
    };
    CK_ATTRIBUTE priv_template[] = {
        {CKA_TOKEN, &yes, 1},
        {CKA_LABEL, label, label_len},
        {CKA_ID, label, label_len},
        {CKA_DERIVE, &yes, 1},
        {CKA_ALWAYS_AUTHENTICATE, &asks, 1},
    };

    memcpy(label, kind->label, label_len);
    if (kind->params != NULL)
        pub_template[3] =
            (CK_ATTRIBUTE){CKA_EC_PARAMS, kind->params, kind->params_len};
    if (ck->C_GenerateKeyPair(session, &mechanism, pub_template, 4,
                              priv_template, 5, &pub, &priv) != CKR_OK)
        return false;
    *public_key =
        read_public(kind, session, pub != CK_INVALID_HANDLE ? pub : priv);
    return *public_key != NULL;
}

static bool make_keys(void)
{
    CK_C_INITIALIZE_ARGS args = {.flags = CKF_OS_LOCKING_OK,
                                 .pReserved = (void *)(uintptr_t)settings()};
    CK_SESSION_HANDLE session = 0;
    CK_BYTE pin[] = "1234";
    bool good;

    good = ck->C_Initialize(&args) == CKR_OK &&
           ck->C_OpenSession(0, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL,
                             &session) == CKR_OK &&
           ck->C_Login(session, CKU_USER, pin, 4) == CKR_OK;
    for (size_t i = 0; good && i < KEYS; i++)
        good = make_key(session, &kinds[i], &publics[i]);
    return good && ck->C_CloseSession(session) == CKR_OK &&
           ck->C_Finalize(NULL) == CKR_OK;
}

/* ---- the provider ------------------------------------------------------ */

static void remove_files(void)
{
    (void)unlink(conf_path);
    (void)unlink(pin_path);
}

static bool write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");
    bool good = file != NULL && fputs(text, file) >= 0;

    if (file != NULL)
        good = fclose(file) == 0 && good;
    return good;
}

static bool write_conf(void)
{
    char text[8192];

    (void)snprintf(conf_path, sizeof(conf_path), "sweep-%d.cnf", (int)getpid());
    (void)snprintf(pin_path, sizeof(pin_path), "sweep-%d.pin", (int)getpid());
    (void)snprintf(text, sizeof(text),
                   "openssl_conf = init\nconfig_diagnostics = 1\n"
                   "[init]\nproviders = list\n[list]\nprivyseal = ours\n"
                   "default = other\n[other]\nactivate = 1\n[ours]\n"
                   "activate = 1\nmodule-path = %s\ninit-args = %s\n"
                   "pin-source = %s\nsession-wait = %d\n%s",
                   PRIVYSEAL_FAULT, settings(), pin_path,
                   world_is_limited() ? LONG_WAIT_MS : WAIT_MS,
                   worlds[current].provider);
    return write_file(conf_path, text) && write_file(pin_path, "1234\n") &&
           chmod(pin_path, 0600) == 0;
}

bool world_make(size_t n)
{
    if (ck == NULL && (!load_module() || atexit(remove_files) != 0))
        return false;
    current = n;
    for (size_t i = 0; i < KEYS; i++) {
        EVP_PKEY_free(publics[i]);
        publics[i] = NULL;
    }
    return make_keys() && write_conf();
}

OSSL_LIB_CTX *world_context(void)
{
    OSSL_LIB_CTX *libctx = OSSL_LIB_CTX_new();

    if (libctx == NULL ||
        OSSL_PROVIDER_add_builtin(libctx, "privyseal", shim_provider_init) !=
            1 ||
        OSSL_LIB_CTX_load_config(libctx, conf_path) != 1) {
        OSSL_LIB_CTX_free(libctx);
        return NULL;
    }
    return libctx;
}

EVP_PKEY *world_load(OSSL_LIB_CTX *libctx, const char *uri)
{
    OSSL_STORE_CTX *store =
        OSSL_STORE_open_ex(uri, libctx, NULL, NULL, NULL, NULL, NULL, NULL);
    OSSL_STORE_INFO *info = NULL;
    EVP_PKEY *key = NULL;

    if (store == NULL)
        return NULL;
    if (OSSL_STORE_expect(store, OSSL_STORE_INFO_PKEY) == 1)
        info = OSSL_STORE_load(store);
    if (info != NULL)
        key = OSSL_STORE_INFO_get1_PKEY(info);
    OSSL_STORE_INFO_free(info);
    (void)OSSL_STORE_close(store);
    return key;
}
