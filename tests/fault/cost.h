/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signatures that cost nothing (cost=none), to measure what a caller adds:
 * octets of the right number, no signature; nothing is checked, counted,
 * logged or locked, and no cache line is written by two sessions. Latency is
 * slept.
 */
#ifndef PRIVYSEAL_FAULT_COST_H
#define PRIVYSEAL_FAULT_COST_H

#include "conf.h"

#include <p11-kit/pkcs11.h>
#include <stdatomic.h>
#include <stdbool.h>

extern atomic_bool fault_cost_none;

static inline bool fault_is_free(void)
{
    return atomic_load_explicit(&fault_cost_none, memory_order_relaxed);
}

/* Handles as the caller has them. */
CK_RV fault_free_sign_init(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key);
CK_RV fault_free_sign(CK_SESSION_HANDLE session, CK_BYTE *sig, CK_ULONG *len);

/* Takes the setting and its latencies, which are slept. */
void fault_cost_use(const struct fault_conf *conf);

/* Forgets the keys seen. */
void fault_free_forget(void);

#endif
