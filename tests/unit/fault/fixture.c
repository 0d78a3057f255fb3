/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the loaded module and the tokens of the tests. */
#include "fixture.h"

#include <dlfcn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct fixture fault;
CK_FUNCTION_LIST *ck;
const CK_BYTE fixture_input[20] = "twenty octets of it";

static char *last_settings;
static CK_BYTE user_pin[] = "1234";

static void symbol(void *handle, const char *name, void *function)
{
    void *found = dlsym(handle, name);

    if (found == NULL) {
        (void)fprintf(stderr, "%s\n", dlerror());
        exit(1);
    }
    memcpy(function, &found, sizeof(found)); /* ISO C has no such cast */
}

void fixture_load(void)
{
    CK_C_GetFunctionList get = NULL;
    void *handle;

    if (ck != NULL)
        return;
    handle = dlopen(FAULT_MODULE, RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL) {
        (void)fprintf(stderr, "%s\n", dlerror());
        exit(1);
    }
    symbol(handle, "C_GetFunctionList", &get);
    symbol(handle, "privyseal_fault_reset", &fault.reset);
    symbol(handle, "privyseal_fault_count", &fault.count);
    symbol(handle, "privyseal_fault_rule", &fault.rule);
    symbol(handle, "privyseal_fault_clear_rules", &fault.clear_rules);
    symbol(handle, "privyseal_fault_set", &fault.set);
    symbol(handle, "privyseal_fault_stale", &fault.stale);
    symbol(handle, "privyseal_fault_renumber", &fault.renumber);
    symbol(handle, "privyseal_fault_logout", &fault.logout);
    symbol(handle, "privyseal_fault_remove", &fault.remove);
    symbol(handle, "privyseal_fault_insert", &fault.insert);
    symbol(handle, "privyseal_fault_appear", &fault.appear);
    symbol(handle, "privyseal_fault_sessions", &fault.sessions);
    symbol(handle, "privyseal_fault_operations", &fault.operations);
    symbol(handle, "privyseal_fault_violations", &fault.violations);
    symbol(handle, "privyseal_fault_write_counts", &fault.write_counts);
    if (get(&ck) != CKR_OK)
        exit(1);
}

char *fixture_text(const char *format, ...)
{
    char *text = NULL;
    va_list args;
    int len;

    va_start(args, format);
    len = vasprintf(&text, format, args);
    va_end(args);
    if (len < 0)
        exit(1);
    return text;
}

CK_RV fixture_again(void)
{
    CK_C_INITIALIZE_ARGS args = {.flags = CKF_OS_LOCKING_OK,
                                 .pReserved = last_settings};

    return ck->C_Initialize(&args);
}

CK_RV fixture_initialize(const char *settings)
{
    static unsigned serial;

    fixture_load();
    free(last_settings);
    last_settings = fixture_text("%s serial=%u", settings, ++serial);
    return fixture_again();
}

CK_SESSION_HANDLE fixture_session(void)
{
    CK_SESSION_HANDLE session = CK_INVALID_HANDLE;
    CK_SLOT_ID slots[8] = {0};
    CK_ULONG count = 8;

    CU_ASSERT_EQUAL(ck->C_GetSlotList(CK_TRUE, slots, &count), CKR_OK);
    CU_ASSERT_EQUAL(ck->C_OpenSession(slots[0],
                                      CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL,
                                      NULL, &session),
                    CKR_OK);
    return session;
}

CK_SESSION_HANDLE fixture_start(const char *settings)
{
    CK_SESSION_HANDLE session;

    CU_ASSERT_EQUAL_FATAL(fixture_initialize(settings), CKR_OK);
    session = fixture_session();
    CU_ASSERT_EQUAL_FATAL(ck->C_Login(session, CKU_USER, user_pin, 4), CKR_OK);
    return session;
}

void fixture_stop(void)
{
    fault.clear_rules();
    fault.insert();
    (void)ck->C_CloseAllSessions(0);
    CU_ASSERT_EQUAL(ck->C_Finalize(NULL), CKR_OK);
    fault.reset();
}

void fixture_no_violation(void)
{
    char text[1024];

    if (fault.violations(text, sizeof(text)) != 0) {
        (void)fprintf(stderr, "%s", text);
        CU_FAIL("violations were counted");
    }
}

void fixture_one_violation(const char *words)
{
    char text[1024];

    CU_ASSERT_EQUAL(fault.violations(text, sizeof(text)), 1);
    if (strstr(text, words) == NULL)
        (void)fprintf(stderr, "'%s' is not in '%s'\n", words, text);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, words));
}

CK_RV fixture_pair(CK_SESSION_HANDLE session, CK_BYTE id,
                   const CK_ATTRIBUTE *extra, CK_ULONG count,
                   struct fixture_pair *pair)
{
    CK_MECHANISM mechanism = {CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0};
    CK_ULONG bits = 1024;
    CK_ATTRIBUTE public_template[] = {
        FIXTURE_TRUE(CKA_TOKEN),
        {CKA_ID, &id, 1},
        {CKA_MODULUS_BITS, &bits, sizeof(bits)},
    };
    CK_ATTRIBUTE private_template[16] = {
        FIXTURE_TRUE(CKA_TOKEN),
        {CKA_ID, &id, 1},
    };

    for (CK_ULONG i = 0; i < count; i++)
        private_template[2 + i] = extra[i];
    return ck->C_GenerateKeyPair(session, &mechanism, public_template, 3,
                                 private_template, 2 + count, &pair->public_key,
                                 &pair->private_key);
}

CK_RV fixture_sign(CK_SESSION_HANDLE session, CK_MECHANISM_TYPE type,
                   CK_OBJECT_HANDLE key, CK_BYTE *sig, CK_ULONG *len)
{
    CK_MECHANISM mechanism = {type, NULL, 0};
    CK_BYTE input[sizeof(fixture_input)];
    CK_RV rv;

    memcpy(input, fixture_input, sizeof(input));
    rv = ck->C_SignInit(session, &mechanism, key);
    return rv == CKR_OK ? ck->C_Sign(session, input, sizeof(input), sig, len)
                        : rv;
}

long fixture_read(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object,
                  CK_ATTRIBUTE_TYPE type, void *value, size_t size)
{
    CK_ATTRIBUTE attribute = {type, value, size};

    if (ck->C_GetAttributeValue(session, object, &attribute, 1) != CKR_OK)
        return -1;
    return (long)attribute.ulValueLen;
}

int fixture_bool(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object,
                 CK_ATTRIBUTE_TYPE type)
{
    CK_BBOOL value = 2;

    return fixture_read(session, object, type, &value, 1) == 1 ? value : -1;
}

EVP_PKEY *fixture_public(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key)
{
    CK_BYTE modulus[1024], exponent[8];
    long n_len =
        fixture_read(session, key, CKA_MODULUS, modulus, sizeof(modulus));
    long e_len = fixture_read(session, key, CKA_PUBLIC_EXPONENT, exponent,
                              sizeof(exponent));
    BIGNUM *n = n_len > 0 ? BN_bin2bn(modulus, (int)n_len, NULL) : NULL;
    BIGNUM *e = e_len > 0 ? BN_bin2bn(exponent, (int)e_len, NULL) : NULL;
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    OSSL_PARAM *params = NULL;
    EVP_PKEY *public_key = NULL;

    if (n != NULL && e != NULL &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e) == 1 &&
        (params = OSSL_PARAM_BLD_to_param(build)) != NULL &&
        EVP_PKEY_fromdata_init(ctx) == 1)
        (void)EVP_PKEY_fromdata(ctx, &public_key, EVP_PKEY_PUBLIC_KEY, params);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    EVP_PKEY_CTX_free(ctx);
    BN_free(n);
    BN_free(e);
    return public_key;
}

bool fixture_verify(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE public_key,
                    CK_MECHANISM_TYPE type, const CK_BYTE *sig, CK_ULONG len)
{
    EVP_PKEY *key = fixture_public(session, public_key);
    EVP_PKEY_CTX *ctx = key ? EVP_PKEY_CTX_new(key, NULL) : NULL;
    CK_BYTE digest[32];
    const CK_BYTE *input = fixture_input;
    size_t input_len = sizeof(fixture_input);
    bool good = ctx != NULL && EVP_PKEY_verify_init(ctx) == 1 &&
                EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1;

    if (good && type == CKM_SHA256_RSA_PKCS) {
        good = EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1 &&
               EVP_Digest(input, input_len, digest, NULL, EVP_sha256(), NULL);
        input = digest;
        input_len = sizeof(digest);
    }
    good = good && EVP_PKEY_verify(ctx, sig, len, input, input_len) == 1;
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(key);
    return good;
}

CK_ULONG fixture_find(CK_SESSION_HANDLE session, CK_ATTRIBUTE *template,
                      CK_ULONG count, CK_OBJECT_HANDLE *found, CK_ULONG max)
{
    CK_OBJECT_HANDLE handles[64];
    CK_ULONG n = 0;

    CU_ASSERT_EQUAL(ck->C_FindObjectsInit(session, template, count), CKR_OK);
    CU_ASSERT_EQUAL(ck->C_FindObjects(session, handles, 64, &n), CKR_OK);
    CU_ASSERT_EQUAL(ck->C_FindObjectsFinal(session), CKR_OK);
    for (CK_ULONG i = 0; found != NULL && i < n && i < max; i++)
        found[i] = handles[i];
    return n;
}

int fixture_child(int (*run)(void *arg), void *arg)
{
    int status = -1;
    pid_t child = fork();

    if (child == 0) /* past ThreadSanitizer, which misses the threads there */
        (void)syscall(SYS_exit_group, run(arg));
    if (child < 0 || waitpid(child, &status, 0) != child)
        CU_FAIL("no child");
    return status;
}
