/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the built-in token's lock, its sessions, who is logged in, and its
 * function list. */
#include "token.h"

#include "store.h"
#include "token_state.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct token_session *sessions;
static CK_SESSION_HANDLE next_session = 1;
static enum token_user users[STORE_TOKENS];

void token_lock(void)
{
    (void)pthread_mutex_lock(&lock);
}

void token_unlock(void)
{
    (void)pthread_mutex_unlock(&lock);
}

struct token_session *token_session(CK_SESSION_HANDLE handle)
{
    struct token_session *session = sessions;

    while (session != NULL && session->handle != handle)
        session = session->next;
    if (session != NULL)
        store_select(session->token);
    return session;
}

bool token_at(CK_SLOT_ID slot)
{
    if (!token_slot_is_there(slot))
        return false;
    store_select((unsigned)slot);
    return true;
}

enum token_user token_user(void)
{
    return users[store_selected()];
}

bool token_has_sessions(void)
{
    const struct token_session *session = sessions;

    while (session != NULL && session->token != store_selected())
        session = session->next;
    return session != NULL;
}

unsigned long token_operations(void)
{
    unsigned long count = 0;

    token_lock();
    for (const struct token_session *at = sessions; at != NULL; at = at->next) {
        count += at->finding;
        for (size_t i = 0; i < OP_KINDS; i++)
            count += at->operations[i].mechanism != NULL;
    }
    token_unlock();
    return count;
}

bool token_visible(const struct object *object)
{
    return token_user() == TOKEN_USER || !object_bool(object, CKA_PRIVATE);
}

struct object *token_object(CK_OBJECT_HANDLE handle)
{
    struct object *object =
        store_sync() == CKR_OK ? objects_find(handle) : NULL;

    return object != NULL && token_visible(object) ? object : NULL;
}

CK_RV token_may_write(const struct token_session *session, bool on_token,
                      bool private)
{
    if (on_token && !session->rw)
        return CKR_SESSION_READ_ONLY;
    if (private && token_user() != TOKEN_USER)
        return CKR_USER_NOT_LOGGED_IN;
    return CKR_OK;
}

void token_drop_objects(CK_SESSION_HANDLE session, bool private_only)
{
    for (size_t i = objects_count(); i > 0; i--) {
        struct object *object = objects_at(i - 1);

        if (object->session == CK_INVALID_HANDLE ||
            (session != CK_INVALID_HANDLE && object->session != session) ||
            (private_only && !object_bool(object, CKA_PRIVATE)))
            continue;
        objects_remove(object);
    }
}

static void free_session(struct token_session *session)
{
    token_drop_objects(session->handle, false);
    for (size_t i = 0; i < OP_KINDS; i++)
        operation_end(&session->operations[i]);
    free(session->found);
    free(session);
}

/* All sessions of the selected token. */
static void close_all(void)
{
    struct token_session **at = &sessions;

    while (*at != NULL) {
        struct token_session *session = *at;

        if (session->token != store_selected()) {
            at = &session->next;
            continue;
        }
        *at = session->next;
        free_session(session);
    }
    users[store_selected()] = TOKEN_NOBODY;
}

static void close_everything(void)
{
    for (unsigned i = 0; i < STORE_TOKENS; i++) {
        store_select(i);
        close_all();
    }
}

void token_forget(void)
{
    token_lock();
    for (unsigned i = 0; i < STORE_TOKENS; i++) {
        store_select(i);
        close_all();
        objects_clear();
        store_forget();
        store_identity_forget();
    }
    token_unlock();
}

void token_cancel(CK_SESSION_HANDLE handle)
{
    struct token_session *session;

    token_lock();
    session = token_session(handle);
    for (size_t i = 0; session != NULL && i < OP_KINDS; i++)
        operation_end(&session->operations[i]);
    token_unlock();
}

void token_use_other_key(CK_SESSION_HANDLE handle)
{
    struct token_session *session;

    token_lock();
    session = token_session(handle);
    if (session != NULL)
        session->other_key = true;
    token_unlock();
}

static CK_RV initialize(void *args)
{
    CK_RV rv = CKR_OK;

    (void)args;
    if (rsa_libctx() == NULL)
        return CKR_FUNCTION_FAILED;
    token_lock();
    close_everything();
    for (unsigned i = 0; rv == CKR_OK && i < STORE_TOKENS; i++) {
        if (token_at(i))
            rv = store_sync();
    }
    token_unlock();
    return rv;
}

static CK_RV finalize(void *reserved)
{
    (void)reserved;
    token_lock();
    close_everything();
    token_unlock();
    return CKR_OK;
}

static CK_RV open_session(CK_SLOT_ID slot, CK_FLAGS flags, void *application,
                          CK_NOTIFY notify, CK_SESSION_HANDLE *handle)
{
    struct token_session *session = NULL;
    CK_RV rv = CKR_OK;

    (void)application;
    (void)notify;
    if (handle == NULL)
        return CKR_ARGUMENTS_BAD;
    if ((flags & CKF_SERIAL_SESSION) == 0)
        return CKR_SESSION_PARALLEL_NOT_SUPPORTED;
    session = calloc(1, sizeof(*session));
    if (session == NULL)
        return CKR_HOST_MEMORY;
    session->rw = (flags & CKF_RW_SESSION) != 0;
    token_lock();
    if (!token_at(slot)) {
        rv = CKR_SLOT_ID_INVALID;
    } else if (token_user() == TOKEN_SO && !session->rw) {
        rv = CKR_SESSION_READ_WRITE_SO_EXISTS;
    } else {
        session->token = (unsigned)slot;
        session->handle = next_session++;
        session->next = sessions;
        sessions = session;
        *handle = session->handle;
    }
    token_unlock();
    if (rv != CKR_OK)
        free(session);
    return rv;
}

static CK_RV close_session(CK_SESSION_HANDLE handle)
{
    struct token_session **at = &sessions;
    struct token_session *session;

    token_lock();
    while (*at != NULL && (*at)->handle != handle)
        at = &(*at)->next;
    session = *at;
    if (session != NULL) {
        *at = session->next;
        store_select(session->token);
        free_session(session);
        if (!token_has_sessions())
            users[store_selected()] = TOKEN_NOBODY;
    }
    token_unlock();
    return session != NULL ? CKR_OK : CKR_SESSION_HANDLE_INVALID;
}

static CK_RV close_all_sessions(CK_SLOT_ID slot)
{
    CK_RV rv = CKR_SLOT_ID_INVALID;

    token_lock();
    if (token_at(slot)) {
        close_all();
        rv = CKR_OK;
    }
    token_unlock();
    return rv;
}

static CK_RV session_info(CK_SESSION_HANDLE handle, CK_SESSION_INFO *info)
{
    static const CK_STATE states[][2] = {
        [TOKEN_NOBODY] = {CKS_RO_PUBLIC_SESSION, CKS_RW_PUBLIC_SESSION},
        [TOKEN_USER] = {CKS_RO_USER_FUNCTIONS, CKS_RW_USER_FUNCTIONS},
        [TOKEN_SO] = {CKS_RW_SO_FUNCTIONS, CKS_RW_SO_FUNCTIONS},
    };
    const struct token_session *session;
    CK_RV rv = CKR_SESSION_HANDLE_INVALID;

    if (info == NULL)
        return CKR_ARGUMENTS_BAD;
    token_lock();
    session = token_session(handle);
    if (session != NULL) {
        *info = (CK_SESSION_INFO){.slotID = session->token,
                                  .state = states[token_user()][session->rw],
                                  .flags = CKF_SERIAL_SESSION |
                                           (session->rw ? CKF_RW_SESSION : 0)};
        rv = CKR_OK;
    }
    token_unlock();
    return rv;
}

/* ---- login ------------------------------------------------------------- */

static bool is_pin(const char *want, const CK_BYTE *pin, CK_ULONG len)
{
    return strlen(want) == len && len > 0 && pin != NULL &&
           CRYPTO_memcmp(want, pin, len) == 0;
}

static CK_RV login_context(struct token_session *session)
{
    CK_RV rv = CKR_OPERATION_NOT_INITIALIZED;

    for (size_t i = 0; i < OP_KINDS; i++) {
        if (session->operations[i].mechanism != NULL &&
            session->operations[i].wants_login) {
            session->operations[i].logged_in = true;
            rv = CKR_OK;
        }
    }
    return rv;
}

static bool has_ro_session(void)
{
    for (const struct token_session *at = sessions; at != NULL; at = at->next) {
        if (!at->rw && at->token == store_selected())
            return true;
    }
    return false;
}

static CK_RV log_in(struct token_session *session, CK_USER_TYPE type,
                    const CK_BYTE *pin, CK_ULONG pin_len)
{
    enum token_user *user = &users[store_selected()];
    struct store_identity identity;
    CK_RV rv = CKR_OK;
    bool right;

    store_identity_load(&identity);
    if (type != CKU_SO && type != CKU_USER && type != CKU_CONTEXT_SPECIFIC)
        return CKR_USER_TYPE_INVALID;
    if (type != CKU_SO && !identity.has_pin)
        return CKR_USER_PIN_NOT_INITIALIZED;
    if (fault_conf()->pin_pad && pin != NULL)
        rv = CKR_ARGUMENTS_BAD; /* the PIN is typed at the token */
    right =
        fault_conf()->pin_pad ||
        is_pin(type == CKU_SO ? identity.so_pin : identity.pin, pin, pin_len);
    OPENSSL_cleanse(&identity, sizeof(identity));
    if (rv != CKR_OK)
        return rv;
    if (type == CKU_CONTEXT_SPECIFIC)
        return right ? login_context(session) : CKR_PIN_INCORRECT;
    if (*user == (type == CKU_SO ? TOKEN_SO : TOKEN_USER))
        return CKR_USER_ALREADY_LOGGED_IN;
    if (*user != TOKEN_NOBODY)
        return CKR_USER_ANOTHER_ALREADY_LOGGED_IN;
    if (type == CKU_SO && has_ro_session())
        return CKR_SESSION_READ_ONLY_EXISTS;
    if (!right)
        return CKR_PIN_INCORRECT;
    *user = type == CKU_SO ? TOKEN_SO : TOKEN_USER;
    return CKR_OK;
}

static CK_RV login(CK_SESSION_HANDLE handle, CK_USER_TYPE type, CK_BYTE *pin,
                   CK_ULONG pin_len)
{
    struct token_session *session;
    CK_RV rv = CKR_SESSION_HANDLE_INVALID;

    token_lock();
    session = token_session(handle);
    if (session != NULL)
        rv = log_in(session, type, pin, pin_len);
    token_unlock();
    return rv;
}

static CK_RV logout(CK_SESSION_HANDLE handle)
{
    CK_RV rv = CKR_OK;

    token_lock();
    if (token_session(handle) == NULL)
        rv = CKR_SESSION_HANDLE_INVALID;
    else if (token_user() == TOKEN_NOBODY)
        rv = CKR_USER_NOT_LOGGED_IN;
    if (rv == CKR_OK) {
        users[store_selected()] = TOKEN_NOBODY;
        token_drop_objects(CK_INVALID_HANDLE, true);
    }
    token_unlock();
    return rv;
}

/* ---- random ------------------------------------------------------------ */

static CK_RV check_session(CK_SESSION_HANDLE handle)
{
    CK_RV rv;

    token_lock();
    rv = token_session(handle) != NULL ? CKR_OK : CKR_SESSION_HANDLE_INVALID;
    token_unlock();
    return rv;
}

static CK_RV seed_random(CK_SESSION_HANDLE handle, CK_BYTE *seed, CK_ULONG len)
{
    (void)seed;
    (void)len;
    return check_session(handle);
}

static CK_RV generate_random(CK_SESSION_HANDLE handle, CK_BYTE *out,
                             CK_ULONG len)
{
    CK_RV rv = check_session(handle);

    if (rv != CKR_OK)
        return rv;
    if (out == NULL)
        return CKR_ARGUMENTS_BAD;
    return RAND_bytes_ex(rsa_libctx(), out, len, 0) == 1 ? CKR_OK
                                                         : CKR_DEVICE_ERROR;
}

static CK_RV not_parallel(CK_SESSION_HANDLE handle)
{
    CK_RV rv = check_session(handle);

    return rv == CKR_OK ? CKR_FUNCTION_NOT_PARALLEL : rv;
}

const CK_FUNCTION_LIST *token_functions_get(void)
{
    static const CK_FUNCTION_LIST functions = {
        .version = {2, 40},
        .C_Initialize = initialize,
        .C_Finalize = finalize,
        .C_GetInfo = token_get_info,
        .C_GetSlotList = token_slot_list,
        .C_GetSlotInfo = token_slot_info,
        .C_GetTokenInfo = token_token_info,
        .C_GetMechanismList = token_mechanism_list,
        .C_GetMechanismInfo = token_mechanism_info,
        .C_InitToken = token_init,
        .C_InitPIN = token_init_pin,
        .C_SetPIN = token_set_pin,
        .C_OpenSession = open_session,
        .C_CloseSession = close_session,
        .C_CloseAllSessions = close_all_sessions,
        .C_GetSessionInfo = session_info,
        .C_Login = login,
        .C_Logout = logout,
        .C_CreateObject = token_create,
        .C_CopyObject = token_copy,
        .C_DestroyObject = token_destroy,
        .C_GetAttributeValue = token_get_attributes,
        .C_SetAttributeValue = token_set_attributes,
        .C_FindObjectsInit = token_find_init,
        .C_FindObjects = token_find,
        .C_FindObjectsFinal = token_find_final,
        .C_EncryptInit = token_encrypt_init,
        .C_Encrypt = token_encrypt,
        .C_DecryptInit = token_decrypt_init,
        .C_Decrypt = token_decrypt,
        .C_SignInit = token_sign_init,
        .C_Sign = token_sign,
        .C_SignUpdate = token_sign_update,
        .C_SignFinal = token_sign_final,
        .C_VerifyInit = token_verify_init,
        .C_Verify = token_verify,
        .C_GenerateKeyPair = token_generate_pair,
        .C_DeriveKey = token_derive,
        .C_SeedRandom = seed_random,
        .C_GenerateRandom = generate_random,
        .C_GetFunctionStatus = not_parallel,
        .C_CancelFunction = not_parallel,
    };

    return &functions;
}
