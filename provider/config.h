/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Settings of one provider instance, from its section of openssl.cnf and the
 * environment: names and values in setting.h, here what they add up to. See
 * privyseal-provider(7).
 */
#ifndef PRIVYSEAL_PROV_CONFIG_H
#define PRIVYSEAL_PROV_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "core.h"
#include "pkcs11/p11.h"

enum {
    PROV_LIST_MAX = 16, /* names in modules= or pins= */
    PROV_NOTES_SIZE = 1024
};

struct prov_conf {
    const char *name; /* of the configured instance; borrowed from the core */
    struct p11_module_conf modules[PROV_LIST_MAX];
    struct p11_pin_conf pins[PROV_LIST_MAX];
    char *pin_sources[PROV_LIST_MAX + 1]; /* may hold PINs; last: pin-source */
    struct p11_conf p11;                  /* points into this struct */
    char *trace_path;
    int trace_level;       /* 1: failures, 2: every call */
    bool rand;             /* offer random numbers of the token */
    bool tls_capabilities; /* answer libssl's questions */
    bool fips;             /* our algorithms bear "fips=yes" */
    bool encode_uri;       /* private keys are written as their URI, the
                            * default */
    unsigned long blocked; /* bit n: operation OSSL_OP_* n is not offered */
    char notes[PROV_NOTES_SIZE]; /* lines for the trace, no secrets */
};

/* Fills conf, to be cleared by prov_conf_clear; must stay where it is as long
 * as conf->p11 is used. What is wrong is raised, one error: false. */
bool prov_conf_read(const struct prov_core *core, struct prov_conf *conf);

/* Wipes and frees. */
void prov_conf_clear(struct prov_conf *conf);

#endif
