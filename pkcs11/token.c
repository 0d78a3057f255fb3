/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens: finding them in the slots, generations. */
#include "token.h"

#include <stdlib.h>
#include <string.h>

enum { SLOTS = 64, SLOTS_MAX = 4096 };

void p11_token_trim(char *text, size_t size, const unsigned char *field,
                    size_t len)
{
    while (len > 0 && (field[len - 1] == ' ' || field[len - 1] == '\0'))
        len--;
    if (len >= size)
        len = size - 1;
    memcpy(text, field, len);
    text[len] = '\0';
}

/* ---- generations ------------------------------------------------------- */

void p11_token_new_era(struct p11_token *token)
{
    (void)pthread_mutex_lock(&token->lock);
    atomic_store(&token->generation,
                 (uint64_t)(p11_era(atomic_load(&token->generation)) + 1)
                     << 32);
    token->logged_in = false;
    (void)pthread_mutex_unlock(&token->lock);
}

void p11_token_new_generation(struct p11_token *token, bool logged_out)
{
    (void)pthread_mutex_lock(&token->lock);
    atomic_fetch_add(&token->generation, 1);
    if (logged_out)
        token->logged_in = false;
    (void)pthread_mutex_unlock(&token->lock);
}

unsigned p11_token_leases(struct p11_token *token)
{
    const unsigned used = atomic_load(&token->sessions.used);
    unsigned count = 0;

    for (unsigned i = 0; i < used; i++)
        count += atomic_load(&token->sessions.slots[i].state) == P11_SLOT_BUSY;
    return count;
}

void p11_token_in_child(struct p11_token *token)
{
    struct p11_sessions *sessions = &token->sessions;

    for (unsigned i = 0; i < P11_SESSIONS_MAX; i++) {
        atomic_store(&sessions->slots[i].state, P11_SLOT_EMPTY);
        sessions->slots[i].session = CK_INVALID_HANDLE;
    }
    atomic_store(&sessions->used, 0);
    atomic_store(&sessions->waiting, 0);
    sessions->open = 0;
    sessions->full = P11_SESSIONS_MAX;
    sessions->first = sessions->last = NULL;
    atomic_store(&token->generation,
                 (uint64_t)(p11_era(atomic_load(&token->generation)) + 1)
                     << 32);
    token->busy = false;
    token->logged_in = false;
    token->recovered_us = 0;
    token->seen_us = 0;
    atomic_store(&token->copies.busy, false);
    token->copies.session = CK_INVALID_HANDLE;
    (void)pthread_cond_init(&token->changed, NULL);
    (void)pthread_mutex_unlock(&token->lock);
}

/* ---- enumerating ------------------------------------------------------- */

void p11_token_free(struct p11_token *token)
{
    p11_sessions_clear(&token->sessions);
    (void)pthread_mutex_destroy(&token->lock);
    (void)pthread_cond_destroy(&token->changed);
    free(token);
}

static struct p11_token *token_new(struct p11_module *module,
                                   const CK_TOKEN_INFO *info)
{
    struct p11_token *token = calloc(1, sizeof(*token));

    if (token == NULL)
        return NULL;
    if (!p11_sessions_init(&token->sessions)) {
        free(token);
        return NULL;
    }
    token->module = module;
    token->info = *info;
    p11_token_trim(token->label, sizeof(token->label), info->label,
                   sizeof(info->label));
    p11_token_trim(token->serial, sizeof(token->serial), info->serialNumber,
                   sizeof(info->serialNumber));
    atomic_init(&token->generation, (uint64_t)1 << 32);
    (void)pthread_mutex_init(&token->lock, NULL);
    (void)pthread_cond_init(&token->changed, NULL);
    (void)pthread_mutex_lock(&module->lock);
    token->next = atomic_load(&module->tokens);
    atomic_store(&module->tokens, token);
    (void)pthread_mutex_unlock(&module->lock);
    return token;
}

bool p11_token_same(const CK_TOKEN_INFO *a, const CK_TOKEN_INFO *b)
{
    return memcmp(a->label, b->label, sizeof(a->label)) == 0 &&
           memcmp(a->serialNumber, b->serialNumber, sizeof(a->serialNumber)) ==
               0 &&
           memcmp(a->manufacturerID, b->manufacturerID,
                  sizeof(a->manufacturerID)) == 0 &&
           memcmp(a->model, b->model, sizeof(a->model)) == 0 &&
           ((a->flags ^ b->flags) & CKF_TOKEN_INITIALIZED) == 0;
}

struct sight { /* what one slot shows */
    CK_SLOT_ID slot;
    CK_TOKEN_INFO info;
    uint64_t at_us; /* before info was read */
    bool seen;      /* a token, to which it is not yet given */
};

/* Of tokens that call themselves the same, the one that was in this slot. */
static struct p11_token *known(struct p11_module *module,
                               const struct sight *sight, bool same_slot)
{
    for (struct p11_token *t = atomic_load(&module->tokens); t != NULL;
         t = t->next) {
        if (!t->placed && p11_token_same(&t->info, &sight->info) &&
            (!same_slot || atomic_load(&t->slot) == sight->slot))
            return t;
    }
    return NULL;
}

static void place(struct p11_token *token, const struct sight *sight)
{
    const bool moved = atomic_load(&token->slot) != sight->slot;

    (void)pthread_mutex_lock(&token->lock);
    token->seen_flags = sight->info.flags;
    token->seen_us = sight->at_us;
    (void)pthread_mutex_unlock(&token->lock);
    atomic_store(&token->slot, sight->slot);
    atomic_store(&token->present, true);
    token->placed = true;
    if (moved)
        p11_token_new_era(token);
}

static CK_RV settle(struct p11_module *module, struct sight *sights, size_t n)
{
    struct p11_token *token;

    for (token = atomic_load(&module->tokens); token != NULL;
         token = token->next)
        token->placed = false;
    for (int same_slot = 1; same_slot >= 0; same_slot--) {
        for (size_t i = 0; i < n; i++) {
            token = sights[i].seen ? known(module, &sights[i], same_slot == 1)
                                   : NULL;
            if (token == NULL)
                continue;
            sights[i].seen = false;
            place(token, &sights[i]);
        }
    }
    for (size_t i = 0; i < n; i++) {
        if (!sights[i].seen)
            continue;
        token = token_new(module, &sights[i].info);
        if (token == NULL)
            return CKR_HOST_MEMORY;
        place(token, &sights[i]);
    }
    for (token = atomic_load(&module->tokens); token != NULL;
         token = token->next) {
        if (!token->placed)
            atomic_store(&token->present, false);
    }
    return CKR_OK;
}

static CK_RV list_slots(struct p11_module *module,
                        const struct p11_tracer *tracer, CK_SLOT_ID **slots,
                        CK_ULONG *count)
{
    CK_RV rv = CKR_BUFFER_TOO_SMALL;

    *slots = NULL;
    for (CK_ULONG room = SLOTS; rv == CKR_BUFFER_TOO_SMALL && room <= SLOTS_MAX;
         room *= 4) {
        free(*slots);
        *slots = calloc(room, sizeof(**slots));
        if (*slots == NULL)
            return CKR_HOST_MEMORY;
        *count = room;
        P11_CALL_PASSING(rv, tracer, module->fn, C_GetSlotList,
                         (CK_TRUE, *slots, count));
        if (rv == CKR_OK && *count > room)
            rv = CKR_GENERAL_ERROR;
    }
    return rv;
}

/* A slot that does not answer is one without a token, but why is kept. */
static CK_RV look(struct p11_module *module, const struct p11_tracer *tracer,
                  struct sight *sight)
{
    CK_RV rv;

    sight->at_us = p11_gate_now_us();
    P11_CALL_PASSING(rv, tracer, module->fn, C_GetTokenInfo,
                     (sight->slot, &sight->info));
    sight->seen = rv == CKR_OK;
    return rv == CKR_TOKEN_NOT_PRESENT || rv == CKR_TOKEN_NOT_RECOGNIZED
               ? CKR_OK
               : rv;
}

static CK_RV enumerate(struct p11_module *module,
                       const struct p11_tracer *tracer)
{
    struct sight *sights = NULL;
    CK_SLOT_ID *slots = NULL;
    CK_ULONG count = 0;
    CK_RV rv = list_slots(module, tracer, &slots, &count);

    if (rv != CKR_OK)
        goto out;
    sights = calloc(count + 1, sizeof(*sights));
    rv = CKR_HOST_MEMORY;
    if (sights == NULL)
        goto out;
    module->unseen = CKR_OK;
    for (CK_ULONG i = 0; i < count; i++) {
        CK_RV seen;

        sights[i].slot = slots[i];
        seen = look(module, tracer, &sights[i]);
        if (module->unseen == CKR_OK)
            module->unseen = seen;
        if (seen != CKR_OK)
            p11_note(tracer, seen, "slot %lu of '%.64s' is passed over",
                     slots[i], module->name);
        rv = seen;
        if (rv == CKR_CRYPTOKI_NOT_INITIALIZED)
            goto out;
    }
    rv = settle(module, sights, count);
out:
    free(sights);
    free(slots);
    return rv;
}

CK_RV p11_token_enumerate(struct p11_module *module,
                          const struct p11_tracer *tracer, uint64_t max_age_us)
{
    CK_RV rv = CKR_OK;

    p11_module_claim(module);
    if (!module->enumerated || max_age_us == 0 ||
        p11_gate_now_us() - module->enumerated_us > max_age_us) {
        rv = enumerate(module, tracer);
        module->enumerated = rv == CKR_OK;
        module->enumerated_us = p11_gate_now_us();
        if (rv == CKR_CRYPTOKI_NOT_INITIALIZED)
            p11_module_lost(module);
    }
    p11_module_unclaim(module);
    return rv;
}

bool p11_token_matches(struct p11_token *token, const struct p11_tracer *tracer,
                       const struct p11_uri *uri)
{
    const CK_SLOT_ID slot = atomic_load(&token->slot);
    CK_SLOT_INFO info;
    CK_RV rv;

    if (!atomic_load(&token->present) ||
        !p11_uri_matches_token(uri, slot, &token->info))
        return false;
    if (!p11_uri_asks_slot(uri))
        return true;
    P11_CALL_PASSING(rv, tracer, token->module->fn, C_GetSlotInfo,
                     (slot, &info));
    return rv == CKR_OK && p11_uri_matches_slot(uri, &info);
}
