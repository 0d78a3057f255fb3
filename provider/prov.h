/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One instance of the provider: everything that its operations share. Made by
 * OSSL_provider_init, freed by teardown; immutable in between but for what
 * locks itself.
 */
#ifndef PRIVYSEAL_PROV_H
#define PRIVYSEAL_PROV_H

#include <stdbool.h>

#include "algs.h"
#include "config.h"
#include "core.h"
#include "pkcs11/p11.h"
#include "prime.h"
#include "soft.h"
#include "trace.h"

struct prov {
    struct prov_core core;
    struct prov_conf conf;
    struct prov_trace trace;
    struct prov_algs algs;
    struct prov_prime prime;
    struct prov_soft soft;
    struct p11 *p11;
};

/* Brackets around everything that may run foreign code: errors that it leaves
 * on the thread's stack are dropped by prov_leave, and while it runs, this
 * provider offers no algorithm to the same thread (a module that uses OpenSSL
 * itself must not end up in its own token). They nest. */
void prov_enter(const struct prov *prov);
void prov_leave(const struct prov *prov);

/* Whether the calling thread is between the two. */
bool prov_is_inside(void);

#endif
