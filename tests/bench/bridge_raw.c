/* SPDX-License-Identifier: Apache-2.0 */
/* The raw loop: what the token itself can do. */
#include "bridge.h"

#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS_MAX = 32, OUTPUT_MAX = 1024 };

/* DigestInfo of SHA-256 (RFC 8017, 9.2, note 1), before the digest. */
static const unsigned char digest_info[] = {
    0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
    0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};

struct raw {
    CK_FUNCTION_LIST *fn;
    CK_SLOT_ID slot;
    const struct bench_target *target;
    bool copy;
};

struct raw_thread {
    CK_FUNCTION_LIST *fn;
    CK_SESSION_HANDLE session;
    CK_OBJECT_HANDLE key;
    CK_MECHANISM mechanism;
    unsigned char input[sizeof(digest_info) + 32];
    CK_ULONG input_len;
    bool unseal;
    unsigned char sealed[OUTPUT_MAX];
    CK_ULONG sealed_len;
};

/* As a content key is sealed: MS-RMPR 2.2.9.1.13. */
static CK_RSA_PKCS_OAEP_PARAMS oaep_params = {CKM_SHA_1, CKG_MGF1_SHA1,
                                              CKZ_DATA_SPECIFIED, NULL, 0};
static CK_MECHANISM oaep = {CKM_RSA_PKCS_OAEP, &oaep_params,
                            sizeof(oaep_params)};

/* CK_C_INITIALIZE_ARGS, by the name that both writings of the header have. */
struct initialize {
    void *create, *destroy, *lock, *unlock;
    CK_FLAGS flags;
    void *reserved;
};

static void *refuse(const char *what, CK_RV rv)
{
    (void)fprintf(stderr, "raw: %s: 0x%lx\n", what, rv);
    return NULL;
}

static bool find_slot(struct raw *raw)
{
    const size_t len = strlen(raw->target->token);
    CK_SLOT_ID slots[SLOTS_MAX];
    CK_ULONG count = SLOTS_MAX;

    if (raw->fn->C_GetSlotList(CK_TRUE, slots, &count) != CKR_OK)
        return false;
    for (CK_ULONG i = 0; i < count; i++) {
        CK_TOKEN_INFO info;

        if (raw->fn->C_GetTokenInfo(slots[i], &info) == CKR_OK &&
            memcmp(info.label, raw->target->token, len) == 0 &&
            (len == sizeof(info.label) || info.label[len] == ' ')) {
            raw->slot = slots[i];
            return true;
        }
    }
    return false;
}

static void *open_raw(const struct bench_target *target, bool copy)
{
    struct initialize args = {.flags = CKF_OS_LOCKING_OK};
    void *library = dlopen(target->module, RTLD_NOW | RTLD_LOCAL);
    CK_C_GetFunctionList get_list = NULL;
    struct raw *raw = calloc(1, sizeof(*raw));
    CK_RV rv;

    if (library != NULL)
        *(void **)&get_list = dlsym(library, "C_GetFunctionList");
    if (get_list == NULL || raw == NULL || get_list(&raw->fn) != CKR_OK)
        return refuse("no Cryptoki module", 0);
    raw->target = target;
    raw->copy = copy;
    if (target->init_args != NULL)
        args.reserved = strdup(target->init_args);
    rv = raw->fn->C_Initialize(&args);
    if (rv != CKR_OK)
        return refuse("C_Initialize", rv);
    if (!find_slot(raw))
        return refuse("no such token", 0);
    return raw;
}

static void *raw_open(const struct bench_target *target)
{
    return open_raw(target, false);
}

static void *copy_open(const struct bench_target *target)
{
    return open_raw(target, true);
}

static bool find(const struct raw *raw, struct raw_thread *t,
                 CK_OBJECT_CLASS class, CK_OBJECT_HANDLE *key)
{
    const char *label = raw->target->label;
    CK_ATTRIBUTE match[] = {{CKA_CLASS, &class, sizeof(class)},
                            {CKA_LABEL, strdup(label), strlen(label)}};
    CK_ULONG count = 0;
    bool found = raw->fn->C_FindObjectsInit(t->session, match, 2) == CKR_OK &&
                 raw->fn->C_FindObjects(t->session, key, 1, &count) == CKR_OK &&
                 count == 1;

    (void)raw->fn->C_FindObjectsFinal(t->session);
    free(match[1].pValue);
    return found;
}

static bool find_key(const struct raw *raw, struct raw_thread *t)
{
    CK_BBOOL no = CK_FALSE;
    CK_ATTRIBUTE session = {CKA_TOKEN, &no, sizeof(no)};
    bool found = find(raw, t, CKO_PRIVATE_KEY, &t->key);

    if (found && raw->copy)
        found = raw->fn->C_CopyObject(t->session, t->key, &session, 1,
                                      &t->key) == CKR_OK;
    return found;
}

/* Something for the key to open. */
static bool seal(const struct raw *raw, struct raw_thread *t)
{
    unsigned char plain[28] = {0}; /* header and AES-128 session key */
    CK_OBJECT_HANDLE public;

    t->sealed_len = sizeof(t->sealed);
    return find(raw, t, CKO_PUBLIC_KEY, &public) &&
           t->fn->C_EncryptInit(t->session, &oaep, public) == CKR_OK &&
           t->fn->C_Encrypt(t->session, plain, sizeof(plain), t->sealed,
                            &t->sealed_len) == CKR_OK;
}

static void *raw_thread_new(void *key, enum bench_op op)
{
    const struct raw *raw = key;
    struct raw_thread *t = calloc(1, sizeof(*t));
    char *pin = strdup(raw->target->pin);
    CK_RV rv;

    if (t == NULL || pin == NULL)
        return NULL;
    t->fn = raw->fn;
    rv = raw->fn->C_OpenSession(raw->slot, CKF_SERIAL_SESSION, NULL, NULL,
                                &t->session);
    if (rv == CKR_OK)
        rv = raw->fn->C_Login(t->session, CKU_USER, (unsigned char *)pin,
                              strlen(pin));
    free(pin);
    if (rv != CKR_OK && rv != CKR_USER_ALREADY_LOGGED_IN)
        return refuse("session", rv);
    if (!find_key(raw, t))
        return refuse(raw->copy ? "no copy of the key" : "no such key", 0);
    t->mechanism.mechanism = raw->target->ec ? CKM_ECDSA : CKM_RSA_PKCS;
    if (!raw->target->ec) {
        memcpy(t->input, digest_info, sizeof(digest_info));
        t->input_len = sizeof(digest_info);
    }
    memset(t->input + t->input_len, 0x5a, 32);
    t->input_len += 32;
    t->unseal = op == BENCH_UNSEAL;
    if (t->unseal && !seal(raw, t))
        return refuse("nothing can be sealed to the key", 0);
    return t;
}

static bool open_sealed(struct raw_thread *t)
{
    unsigned char plain[OUTPUT_MAX];
    CK_ULONG len = sizeof(plain);

    return t->fn->C_DecryptInit(t->session, &oaep, t->key) == CKR_OK &&
           t->fn->C_Decrypt(t->session, t->sealed, t->sealed_len, plain,
                            &len) == CKR_OK;
}

static bool raw_once(void *thread)
{
    struct raw_thread *t = thread;
    unsigned char output[OUTPUT_MAX];
    CK_ULONG len = sizeof(output);

    return (!t->unseal || open_sealed(t)) &&
           t->fn->C_SignInit(t->session, &t->mechanism, t->key) == CKR_OK &&
           t->fn->C_Sign(t->session, t->input, t->input_len, output, &len) ==
               CKR_OK;
}

static bool raw_again(void *key)
{
    static struct raw_thread *t;

    if (t == NULL)
        t = raw_thread_new(key, BENCH_SIGN);
    return t != NULL && find_key(key, t);
}

static void raw_thread_free(void *thread)
{
    struct raw_thread *t = thread;

    (void)t->fn->C_CloseSession(t->session);
    free(t);
}

const struct bench_bridge bench_raw = {
    .name = "raw",
    .open = raw_open,
    .thread_new = raw_thread_new,
    .once = raw_once,
    .again = raw_again,
    .thread_free = raw_thread_free,
};

const struct bench_bridge bench_copy = {
    .name = "raw+copy",
    .open = copy_open,
    .thread_new = raw_thread_new,
    .once = raw_once,
    .again = raw_again,
    .thread_free = raw_thread_free,
};
