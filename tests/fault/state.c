/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the state of the module towards its caller. */
#include "state.h"

#include "rsa.h"
#include "violation.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum {
    BUCKETS = 1024,
    SLOTS_MAX = 64,
    HALF = (int)(sizeof(CK_ULONG) * 4) /* bits of a handle for either part */
};

static const CK_ULONG low_half = (CK_ULONG)~0UL >> HALF;
static const CK_ULONG no_handle = ((CK_ULONG)~0UL >> HALF) - 15;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const CK_FUNCTION_LIST *token_functions;
static pid_t owner; /* process that initialised, 0: none */
static struct fault_session *sessions[BUCKETS];
static unsigned session_count, reserved_count;
/* Upper half of valid handles. That of objects lags behind after a renumber:
 * the old handles stay valid, but lead elsewhere. */
static CK_ULONG generation = 1, object_generation = 1;
static CK_ULONG permutation; /* of object handles, even */
static struct timespec last_use;

void fault_state_lock(void)
{
    (void)pthread_mutex_lock(&lock);
}

void fault_state_unlock(void)
{
    (void)pthread_mutex_unlock(&lock);
}

static struct timespec now(void)
{
    struct timespec time = {.tv_sec = 0};

    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return time;
}

static long long ms_between(struct timespec from, struct timespec to)
{
    return (long long)(to.tv_sec - from.tv_sec) * 1000 +
           (to.tv_nsec - from.tv_nsec) / 1000000;
}

/* ---- sessions ---------------------------------------------------------- */

static struct fault_session **place(CK_SESSION_HANDLE inside)
{
    struct fault_session **at = &sessions[inside % BUCKETS];

    while (*at != NULL && (*at)->inside != inside)
        at = &(*at)->next;
    return at;
}

static void unlink_session(struct fault_session **at)
{
    struct fault_session *session = *at;

    *at = session->next;
    EVP_MD_CTX_free(session->input);
    free(session);
    session_count--;
}

static void drop_all(bool any_slot, CK_SLOT_ID slot)
{
    for (size_t i = 0; i < BUCKETS; i++) {
        struct fault_session **at = &sessions[i];

        while (*at != NULL) {
            if (any_slot || (*at)->slot == slot)
                unlink_session(at);
            else
                at = &(*at)->next;
        }
    }
}

CK_RV fault_session_reserve(void)
{
    unsigned max = fault_conf()->max_sessions;
    CK_RV rv = CKR_OK;

    fault_state_lock();
    if (max != 0 && session_count + reserved_count >= max)
        rv = CKR_SESSION_COUNT;
    else
        reserved_count++;
    fault_state_unlock();
    return rv;
}

void fault_session_give_up(void)
{
    fault_state_lock();
    reserved_count--;
    fault_state_unlock();
}

void fault_session_add(CK_SESSION_HANDLE inside, CK_SLOT_ID slot)
{
    struct fault_session *session = calloc(1, sizeof(*session));
    struct fault_session **at;

    fault_state_lock();
    reserved_count--;
    at = place(inside);
    if (*at == NULL && session != NULL) {
        session->inside = inside;
        session->slot = slot;
        *at = session;
        session_count++;
        session = NULL;
    }
    fault_state_unlock();
    free(session);
}

void fault_session_drop(CK_SESSION_HANDLE inside)
{
    struct fault_session **at;

    fault_state_lock();
    at = place(inside);
    if (*at != NULL)
        unlink_session(at);
    fault_state_unlock();
}

void fault_session_drop_slot(CK_SLOT_ID slot)
{
    fault_state_lock();
    drop_all(false, slot);
    fault_state_unlock();
}

bool fault_session_slot(CK_SESSION_HANDLE outside, CK_SLOT_ID *slot)
{
    const struct fault_session *session = NULL;

    fault_state_lock();
    if (outside >> HALF == generation)
        session = *place(outside & low_half);
    if (session != NULL)
        *slot = session->slot;
    fault_state_unlock();
    return session != NULL;
}

unsigned fault_session_count(void)
{
    unsigned count;

    fault_state_lock();
    count = session_count;
    fault_state_unlock();
    return count;
}

void fault_session_enter(CK_SESSION_HANDLE inside, enum fault_function function)
{
    struct fault_session *session;
    bool shared = false;

    fault_state_lock();
    session = *place(inside);
    if (session != NULL)
        shared = session->users++ > 0;
    fault_state_unlock();
    if (shared)
        fault_violate(FAULT_STRICT_THREAD, function,
                      "two threads in one session");
}

void fault_session_leave(CK_SESSION_HANDLE inside)
{
    struct fault_session *session;

    fault_state_lock();
    session = *place(inside);
    if (session != NULL && session->users > 0)
        session->users--;
    fault_state_unlock();
}

void fault_session_sign_init(CK_SESSION_HANDLE inside, CK_OBJECT_HANDLE key)
{
    struct fault_session *session;

    fault_state_lock();
    session = *place(inside);
    if (session != NULL) {
        session->sign_key = key;
        EVP_MD_CTX_free(session->input);
        session->input = NULL;
    }
    fault_state_unlock();
}

static EVP_MD_CTX *new_digest(void)
{
    EVP_MD *sha256 = EVP_MD_fetch(rsa_libctx(), "SHA256", NULL);
    EVP_MD_CTX *digest = EVP_MD_CTX_new();

    if (sha256 == NULL || digest == NULL ||
        EVP_DigestInit_ex2(digest, sha256, NULL) != 1) {
        EVP_MD_CTX_free(digest);
        digest = NULL;
    }
    EVP_MD_free(sha256);
    return digest;
}

void fault_session_sign_update(CK_SESSION_HANDLE inside, const CK_BYTE *data,
                               CK_ULONG len)
{
    struct fault_session *session;

    fault_state_lock();
    session = *place(inside);
    if (session != NULL) {
        if (session->input == NULL)
            session->input = new_digest();
        if (session->input != NULL)
            (void)EVP_DigestUpdate(session->input, data, len);
    }
    fault_state_unlock();
}

CK_OBJECT_HANDLE fault_session_sign_end(CK_SESSION_HANDLE inside,
                                        CK_BYTE digest[static 32],
                                        unsigned *len)
{
    struct fault_session *session;
    CK_OBJECT_HANDLE key = CK_INVALID_HANDLE;

    *len = 0;
    fault_state_lock();
    session = *place(inside);
    if (session != NULL) {
        key = session->sign_key;
        if (session->input != NULL)
            (void)EVP_DigestFinal_ex(session->input, digest, len);
        EVP_MD_CTX_free(session->input);
        session->input = NULL;
    }
    fault_state_unlock();
    return key;
}

/* ---- handles ----------------------------------------------------------- */

CK_SESSION_HANDLE fault_session_in(CK_SESSION_HANDLE outside)
{
    CK_SESSION_HANDLE inside = no_handle;

    fault_state_lock();
    if (outside >> HALF == generation)
        inside = outside & low_half;
    fault_state_unlock();
    return inside;
}

CK_SESSION_HANDLE fault_session_out(CK_SESSION_HANDLE inside)
{
    CK_SESSION_HANDLE outside;

    fault_state_lock();
    outside = generation << HALF | inside;
    fault_state_unlock();
    return outside;
}

CK_OBJECT_HANDLE fault_object_in(CK_OBJECT_HANDLE outside)
{
    CK_OBJECT_HANDLE inside = no_handle;

    fault_state_lock();
    if (outside >> HALF == object_generation)
        inside = (outside & low_half) ^ permutation;
    fault_state_unlock();
    return inside;
}

CK_OBJECT_HANDLE fault_object_out(CK_OBJECT_HANDLE inside)
{
    CK_OBJECT_HANDLE outside;

    fault_state_lock();
    outside = object_generation << HALF | (inside ^ permutation);
    fault_state_unlock();
    return outside;
}

/* ---- initialisation ---------------------------------------------------- */

CK_RV fault_state_open(const CK_FUNCTION_LIST *token)
{
    CK_RV rv = CKR_OK;

    fault_state_lock();
    if (owner == getpid()) {
        rv = CKR_CRYPTOKI_ALREADY_INITIALIZED;
    } else {
        owner = getpid();
        token_functions = token;
        drop_all(true, 0);
        generation++;
        object_generation = generation;
        reserved_count = 0;
        last_use = now();
    }
    fault_state_unlock();
    return rv;
}

void fault_state_close(void)
{
    unsigned left;

    fault_state_lock();
    left = session_count;
    drop_all(true, 0);
    owner = 0;
    fault_state_unlock();
    if (left > 0)
        fault_violate(FAULT_STRICT_FINALIZE, FAULT_C_Finalize,
                      "sessions left open");
}

bool fault_state_is_open(void)
{
    bool open;

    fault_state_lock();
    open = owner == getpid();
    fault_state_unlock();
    return open;
}

CK_RV fault_state_token(enum fault_function function,
                        const CK_FUNCTION_LIST **token)
{
    bool forked, lax = (fault_conf()->strict & FAULT_STRICT_FORK) == 0;
    CK_RV rv = CKR_OK;

    fault_state_lock();
    *token = token_functions;
    forked = owner != 0 && owner != getpid();
    if (owner == 0 || (forked && !lax))
        rv = CKR_CRYPTOKI_NOT_INITIALIZED;
    fault_state_unlock();
    if (forked)
        fault_violate(FAULT_STRICT_FORK, function,
                      "in a child that did not call C_Initialize");
    return rv;
}

/* ---- actions ----------------------------------------------------------- */

/* Closes every session in the token. */
/* A session of each slot that has any. Needs the lock; returns their number. */
static size_t one_each(CK_SLOT_ID slots[static SLOTS_MAX],
                       CK_SESSION_HANDLE inside[static SLOTS_MAX])
{
    size_t count = 0;

    for (size_t i = 0; i < BUCKETS; i++) {
        for (const struct fault_session *session = sessions[i];
             session != NULL && count < SLOTS_MAX; session = session->next) {
            size_t at = 0;

            while (at < count && slots[at] != session->slot)
                at++;
            slots[at] = session->slot;
            inside[at] = session->inside;
            count += at == count;
        }
    }
    return count;
}

void fault_stale(bool renumber)
{
    const CK_FUNCTION_LIST *token = NULL;
    CK_SESSION_HANDLE inside[SLOTS_MAX];
    CK_SLOT_ID slots[SLOTS_MAX];
    size_t count;

    fault_state_lock();
    generation++;
    if (renumber)
        permutation = (permutation + 2) & 0xfe;
    else
        object_generation = generation;
    count = one_each(slots, inside);
    drop_all(true, 0);
    if (owner == getpid())
        token = token_functions;
    fault_state_unlock();
    for (size_t i = 0; token != NULL && i < count; i++)
        (void)token->C_CloseAllSessions(slots[i]);
}

void fault_logout(void)
{
    const CK_FUNCTION_LIST *token = NULL;
    CK_SESSION_HANDLE inside[SLOTS_MAX];
    CK_SLOT_ID slots[SLOTS_MAX];
    size_t count;

    fault_state_lock();
    if (owner == getpid())
        token = token_functions;
    count = one_each(slots, inside);
    fault_state_unlock();
    for (size_t i = 0; token != NULL && i < count; i++)
        (void)token->C_Logout(inside[i]);
}

void fault_auto_logout(void)
{
    unsigned limit = fault_conf()->auto_logout;
    struct timespec time = now();
    bool late;

    if (limit == 0)
        return;
    fault_state_lock();
    late = ms_between(last_use, time) > (long long)limit;
    last_use = time;
    fault_state_unlock();
    if (late)
        fault_logout();
}
