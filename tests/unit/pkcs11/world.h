/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A world for tests of pkcs11/: the fault module with a token of its own and
 * one RSA key, or SoftHSM2 with a configuration of its own.
 */
#ifndef PRIVYSEAL_TEST_WORLD_H
#define PRIVYSEAL_TEST_WORLD_H

#include "pkcs11/p11.h"
#include "unit.h"

enum { WORLD_SIG = 512 };

#define WORLD_KEY    "pkcs11:token=world;object=key;type=private"
#define WORLD_PUBLIC "pkcs11:token=world;object=key;type=public"

struct world_conf {
    const char *settings;   /* of the fault module, beside its token; or NULL */
    const char *pin_source; /* NULL: the right PIN; "": none */
    unsigned session_limit, session_wait_ms;
    bool always_authenticate; /* the key */
    bool no_key;
    enum p11_copies copies;
};

struct world {
    struct p11 *p11;
    struct p11_object *key; /* NULL before world_load */
    char *folder;           /* of the token */
    char settings[1024];    /* given to C_Initialize */
};

/* The fault module's control functions. */
unsigned long world_count(const char *function);
void world_reset(void); /* counters and violations */
int world_rule(const char *rule);
void world_clear_rules(void);
int world_set(const char *settings);
void world_stale(void);
void world_renumber(void);
void world_logout(void);
void world_remove(void);
void world_insert(void);

/* What is open in the module, and the objects that live in its sessions, or in
 * its token. */
unsigned long world_sessions(void);
unsigned long world_objects(bool on_token);

/* Prints and counts what we did against the rules of Cryptoki. */
unsigned long world_violations(void);

/* The fault module's file. */
const char *world_fault_module(void);

/* A token "world", PIN 1234, with the RSA-1024 key "key", id 01. The module is
 * initialised by a p11 that has not looked for the key yet. Asserts. */
void world_open(struct world *world, const struct world_conf *conf);

/* Finds the key into world->key. */
CK_RV world_load(struct world *world);

/* The same into *out, by any URI; the message to stderr where it fails. */
CK_RV world_find(struct world *world, const char *uri, struct p11_object **out);

/* Makes a key of this label and id octet. */
CK_RV world_make(struct world *world, const char *label, uint8_t id);

void world_close(struct world *world);

/* Signs 20 octets (CKM_RSA_PKCS) and verifies with libcrypto, by the numbers
 * that the object told when it was found. CKR_OK only where that holds. */
CK_RV world_sign(struct p11_object *key);
CK_RV world_sign_with(struct p11_object *key,
                      const struct p11_pin_callback *pin);

/* True where sig is the key's over the data of world_sign. */
bool world_verifies(const struct p11_object *key, const uint8_t *sig,
                    size_t len);

/* SoftHSM2's module with a fresh token "world" by SOFTHSM2_CONF, or NULL: the
 * test says that it is skipped. Once a process. */
const char *world_softhsm(void);

#endif
