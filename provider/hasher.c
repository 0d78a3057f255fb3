/* SPDX-License-Identifier: Apache-2.0 */
/* Digest contexts kept for re-use; see hasher.h. */
#include "hasher.h"

#include <stdlib.h>

static atomic_uint threads;
static _Thread_local unsigned hint; /* 1 + index of the slot used last */

void prov_hashers_init(struct prov_hashers *hashers)
{
    hashers->slots = aligned_alloc(PROV_HASHER_LINE,
                                   PROV_HASHERS * sizeof(struct prov_hasher));
    for (size_t i = 0; i < PROV_HASHERS && hashers->slots != NULL; i++) {
        atomic_init(&hashers->slots[i].busy, false);
        hashers->slots[i].ctx = NULL;
        hashers->slots[i].md = NULL;
    }
}

void prov_hashers_clear(struct prov_hashers *hashers)
{
    for (size_t i = 0; i < PROV_HASHERS && hashers->slots != NULL; i++)
        EVP_MD_CTX_free(hashers->slots[i].ctx);
    free(hashers->slots);
    hashers->slots = NULL;
}

static bool take(struct prov_hasher *slot)
{
    bool busy = false;

    return atomic_compare_exchange_strong_explicit(
        &slot->busy, &busy, true, memory_order_acquire, memory_order_relaxed);
}

static struct prov_hasher *take_any(struct prov_hashers *hashers)
{
    if (hint == 0)
        hint = atomic_fetch_add(&threads, 1) % PROV_HASHERS + 1;
    for (unsigned i = 0; i < PROV_HASHERS && hashers->slots != NULL; i++) {
        unsigned n = (hint - 1 + i) % PROV_HASHERS;

        if (take(&hashers->slots[n])) {
            hint = n + 1;
            return &hashers->slots[n];
        }
    }
    return NULL;
}

/* The same digest again needs no more than a new beginning. */
static bool begin(struct prov_hasher *slot, const EVP_MD *md)
{
    if (slot->ctx == NULL && (slot->ctx = EVP_MD_CTX_new()) == NULL)
        return false;
    if (slot->md == md)
        return EVP_DigestInit_ex2(slot->ctx, NULL, NULL) == 1;
    slot->md = EVP_DigestInit_ex2(slot->ctx, md, NULL) == 1 ? md : NULL;
    return slot->md != NULL;
}

bool prov_hash(struct prov_hashers *hashers, const EVP_MD *md,
               const uint8_t *data, size_t len, uint8_t *out)
{
    struct prov_hasher *slot = take_any(hashers);
    bool ok;

    if (slot == NULL) /* more threads at once than slots */
        return EVP_Digest(data, len, out, NULL, md, NULL) == 1;
    ok = begin(slot, md) && EVP_DigestUpdate(slot->ctx, data, len) == 1 &&
         EVP_DigestFinal_ex(slot->ctx, out, NULL) == 1;
    if (!ok)
        slot->md = NULL;
    atomic_store_explicit(&slot->busy, false, memory_order_release);
    return ok;
}
