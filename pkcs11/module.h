/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Modules: one struct a file and process, whoever uses it. Loaded and
 * initialised at first use, again in a forked child, finalised only where
 * nothing can be running any more.
 */
#ifndef PRIVYSEAL_P11_MODULE_H
#define PRIVYSEAL_P11_MODULE_H

#include "call.h"

#include <pthread.h>

struct p11_token;

struct p11_module {
    char *path, *name, *init_args; /* immutable */
    char *file;                    /* path without links; immutable */
    pthread_mutex_t lock;          /* of what follows */
    pthread_cond_t changed;
    bool busy;            /* a thread loads, initialises or enumerates */
    CK_FUNCTION_LIST *fn; /* once ready: immutable */
    CK_INFO info;         /* where known */
    bool known;
    bool renewed;   /* the gate stands before its fork handlers */
    bool ours;      /* C_Initialize answered CKR_OK here */
    bool was_ready; /* once in this process */
    CK_RV failed;   /* what C_Initialize said last, and when */
    uint64_t failed_us;
    bool enumerated; /* by the claimant, as the next two */
    CK_RV unseen;    /* the first slot's that gave an error */
    uint64_t enumerated_us;
    atomic_bool ready;           /* initialised in this process */
    _Atomic(const void *) newer; /* its 3.2 function list (interface.h) */
    atomic_bool newer_asked;
    /* Newest first; tokens are added, never taken out. */
    _Atomic(struct p11_token *) tokens;
    unsigned users;          /* under the registry's lock */
    struct p11_module *next; /* the same */
};

/* The module of a file, however its path is written; name and init-args are the
 * first user's, for a file is initialised once a process. Loads nothing yet.
 * Returns new or up-refs; NULL: no memory. */
struct p11_module *p11_module_open(const struct p11_module_conf *conf);

/* The modules registered with p11-kit, loaded, not initialised. Returns new:
 * an array of *count references, to be freed by free(). */
P11_CHECKED CK_RV p11_module_registered(struct p11_module ***modules,
                                        size_t *count, struct p11_diag *diag);

/* Gives a reference back; with the last one finalises the module if this
 * process initialised it, is no forked child, and is not exiting. */
void p11_module_close(struct p11_module *module);

/* Loads and initialises it unless that is done. Waits for another thread that
 * does. The caller holds no mark. */
P11_CHECKED CK_RV p11_module_ready(struct p11_module *module,
                                   const struct p11_tracer *tracer,
                                   struct p11_diag *diag);

/* What the ready module says of itself, asked once. The caller has no lock. */
P11_CHECKED CK_RV p11_module_info(struct p11_module *module,
                                  const struct p11_tracer *tracer,
                                  CK_INFO *info);

/* The file that a ready module was loaded from, where p11-kit has found it.
 * Returns new, or NULL (no memory). */
char *p11_module_file(const struct p11_module *module);

/* The module said CKR_CRYPTOKI_NOT_INITIALIZED. */
void p11_module_lost(struct p11_module *module);

/* One thread at a time between these two; the caller holds no mark. */
void p11_module_claim(struct p11_module *module);
void p11_module_unclaim(struct p11_module *module);

/* The process has begun to exit: no call into a module any more but those for
 * the application's own operations. */
bool p11_module_exiting(void);

/* The lock of the registry, which also guards what a struct p11 remembers.
 * Short; never held over a call; held around a fork. */
void p11_registry_lock(void);
void p11_registry_unlock(void);

/* The first of all modules in use; the registry's lock is held. */
struct p11_module *p11_module_first(void);

extern const struct p11_gate_hooks p11_fork_hooks;

#endif
