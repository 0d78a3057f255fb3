/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the signatures without cost: which session has begun one, and how long
 * those of each key are. */
#include "cost.h"

#include "state.h"
#include "token.h"

#include <stdalign.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

enum { SESSIONS = 4096, KEYS = 1024, FILL = 0x5a };

struct begun {
    alignas(64) CK_ULONG size; /* of the signature under way, 0: none */
};

/* An entry is one word: the key's low half, and the size. */
static _Atomic(uint64_t) keys[KEYS];
static struct begun begun[SESSIONS];

atomic_bool fault_cost_none;
/* Of C_SignInit and C_Sign, in microseconds: a round trip costs no CPU. */
static atomic_uint begin_us, sign_us;

void fault_cost_use(const struct fault_conf *conf)
{
    const unsigned all = conf->latency[FAULT_FUNCTIONS];

    atomic_store(&begin_us, all + conf->latency[FAULT_C_SignInit]);
    atomic_store(&sign_us, all + conf->latency[FAULT_C_Sign]);
    atomic_store(&fault_cost_none, conf->no_cost);
}

static void travel(atomic_uint *latency)
{
    const unsigned us = atomic_load_explicit(latency, memory_order_relaxed);
    const struct timespec time = {us / 1000000, us % 1000000 * 1000L};

    if (us != 0)
        (void)nanosleep(&time, NULL);
}

void fault_free_forget(void)
{
    for (size_t i = 0; i < KEYS; i++)
        atomic_store(&keys[i], 0);
}

static CK_RV learn(CK_OBJECT_HANDLE key, CK_ULONG *size)
{
    CK_RV rv = token_signature_size(fault_object_in(key), size);

    if (rv == CKR_OK)
        atomic_store(&keys[key % KEYS],
                     (uint64_t)(uint32_t)key << 32 | (uint64_t)*size);
    return rv;
}

CK_RV fault_free_sign_init(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key)
{
    uint64_t known =
        atomic_load_explicit(&keys[key % KEYS], memory_order_relaxed);
    CK_ULONG size = known & UINT32_MAX;
    CK_RV rv = CKR_OK;

    travel(&begin_us);
    if (known >> 32 != (uint32_t)key || known == 0)
        rv = learn(key, &size);
    begun[session % SESSIONS].size = rv == CKR_OK ? size : 0;
    return rv;
}

/* The first octet of either half is 0: as numbers, both are less than any
 * group's order. */
CK_RV fault_free_sign(CK_SESSION_HANDLE session, CK_BYTE *sig, CK_ULONG *len)
{
    CK_ULONG *size = &begun[session % SESSIONS].size;
    CK_ULONG room = *len;

    travel(&sign_us);
    if (*size == 0)
        return CKR_OPERATION_NOT_INITIALIZED;
    *len = *size;
    if (sig == NULL)
        return CKR_OK;
    if (room < *size)
        return CKR_BUFFER_TOO_SMALL;
    memset(sig, FILL, *size);
    sig[0] = sig[*size / 2] = 0;
    *size = 0;
    return CKR_OK;
}
