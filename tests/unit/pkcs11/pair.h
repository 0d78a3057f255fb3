/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two modules for tests of pkcs11/: copies of the fault module under names of
 * their own, "libone.so" with the token "one" (PIN 1111) and "libtwo.so" with
 * "two" (PIN 2222).
 */
#ifndef PRIVYSEAL_TEST_PAIR_H
#define PRIVYSEAL_TEST_PAIR_H

#include "pkcs11/p11.h"
#include "unit.h"

enum { PAIR = 2, PAIR_PATH = 700 };

struct pair {
    char path[PAIR][PAIR_PATH];     /* of the modules */
    char settings[PAIR][PAIR_PATH]; /* given to C_Initialize */
    struct p11_module_conf modules[PAIR];
    char *folder;
    void *handles[PAIR];
};

/* more: settings of the second module, or NULL. Asserts. */
void pair_open(struct pair *pair, const char *more);
void pair_close(struct pair *pair);

/* A p11 over both modules, with conf's other settings. Asserts. */
struct p11 *pair_p11(struct pair *pair, const struct p11_conf *conf);

/* Makes an RSA-1024 key in the token of that index, with its PIN. Asserts. */
void pair_make(struct pair *pair, unsigned which, const char *label,
               uint8_t id);

/* Puts an object in, as the user. */
CK_RV pair_put(struct pair *pair, unsigned which, CK_ATTRIBUTE *attrs,
               CK_ULONG count);

/* Control of one module. */
unsigned long pair_count(struct pair *pair, unsigned which,
                         const char *function);
int pair_rule(struct pair *pair, unsigned which, const char *rule);
int pair_set(struct pair *pair, unsigned which, const char *settings);
void pair_reset(struct pair *pair);
void pair_do(struct pair *pair, unsigned which, const char *action);
unsigned long pair_violations(struct pair *pair);

#endif
