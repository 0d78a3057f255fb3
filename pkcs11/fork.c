/* SPDX-License-Identifier: Apache-2.0 */
/* What a fork does to modules, tokens and kept PINs. */
#include "module.h"
#include "token.h"
#include "vault.h"

static unsigned leases(void)
{
    unsigned count = 0;

    p11_registry_lock();
    for (struct p11_module *m = p11_module_first(); m != NULL; m = m->next) {
        for (struct p11_token *t = atomic_load(&m->tokens); t != NULL;
             t = t->next)
            count += p11_token_leases(t);
    }
    p11_registry_unlock();
    return count;
}

static void lock_all(void)
{
    p11_registry_lock();
    for (struct p11_module *m = p11_module_first(); m != NULL; m = m->next) {
        (void)pthread_mutex_lock(&m->lock);
        for (struct p11_token *t = atomic_load(&m->tokens); t != NULL;
             t = t->next)
            (void)pthread_mutex_lock(&t->lock);
    }
}

static void unlock_all(void)
{
    for (struct p11_module *m = p11_module_first(); m != NULL; m = m->next) {
        for (struct p11_token *t = atomic_load(&m->tokens); t != NULL;
             t = t->next)
            (void)pthread_mutex_unlock(&t->lock);
        (void)pthread_mutex_unlock(&m->lock);
    }
    p11_registry_unlock();
}

static void in_child(void)
{
    for (struct p11_module *m = p11_module_first(); m != NULL; m = m->next) {
        for (struct p11_token *t = atomic_load(&m->tokens); t != NULL;
             t = t->next)
            p11_token_in_child(t);
        m->busy = false;
        m->ours = false;
        m->enumerated = false;
        m->was_ready = false;
        atomic_store(&m->ready, false);
        (void)pthread_cond_init(&m->changed, NULL);
        (void)pthread_mutex_unlock(&m->lock);
    }
    p11_vault_in_child();
    p11_registry_unlock();
}

const struct p11_gate_hooks p11_fork_hooks = {
    .leases = leases,
    .lock = lock_all,
    .unlock = unlock_all,
    .child = in_child,
};
