/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Settings of one provider instance: our own short names, the names that users
 * of pkcs11-provider and of libp11's provider know, and three environment
 * variables. See privyseal-provider(7).
 */
#ifndef PRIVYSEAL_PROV_CONFIG_H
#define PRIVYSEAL_PROV_CONFIG_H

#include <stdbool.h>

#include "core.h"
#include "pkcs11/p11.h"

enum { PROV_LIST_MAX = 16 }; /* names in modules= or pins= */

struct prov_conf {
    const char *name; /* of the configured instance; borrowed from the core */
    struct p11_module_conf modules[PROV_LIST_MAX];
    struct p11_pin_conf pins[PROV_LIST_MAX];
    char *pin_source;    /* may hold a PIN */
    struct p11_conf p11; /* points into this struct */
    char *trace_path;
    int trace_level; /* 1: failures, 2: every call */
};

/* Fills conf, to be cleared by prov_conf_clear; must stay where it is as long
 * as conf->p11 is used. A value that is not understood is raised: false. */
bool prov_conf_read(const struct prov_core *core, struct prov_conf *conf);

/* Wipes and frees. */
void prov_conf_clear(struct prov_conf *conf);

#endif
