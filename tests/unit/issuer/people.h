/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two users with a machine each, certified by the server of hierarchy.h as a
 * server does it, with software keys: what the user's side is tested against.
 */
#ifndef PRIVYSEAL_TEST_PEOPLE_H
#define PRIVYSEAL_TEST_PEOPLE_H

#include "hierarchy.h"
#include "issuer/client.h"

enum { ANNA, BO, PEOPLE };

struct person {
    const char *mail, *sid;
    struct client_machine machine;
    EVP_PKEY *machine_key, *account_key, *clc_key;
    struct xrml_chain rac, clc; /* up to the CA */
};

struct people {
    struct person persons[PEOPLE];
    struct xrml_chain server; /* SLC to CA */
    struct xrml_anchors *anchors;
};

/* Everything is issued at HIERARCHY_TIME and lives 300 days. */
void people_open(struct people *people);
void people_close(struct people *people);

/* Signs with a key and puts a chain behind; *out is new, or appended to. */
void people_sign(const struct xrml_license *fields, EVP_PKEY *key,
                 const struct xrml_chain *above, struct xrml_chain *out);
/* Seals a secret as the ENABLINGBITS of what fields will be; free(). */
char *people_seal(const struct xrml_license *fields, enum sealed_kind kind,
                  const struct xrml_key *to,
                  const struct sealed_secret *secret);

/* A use license as the server issues it: the PL's content key, opened with the
 * server's key and sealed to the account, for each of the rights. bits of
 * rights are set. */
void people_license(const struct people *people, const struct xrml_chain *pl,
                    const struct person *user, struct xrml_right *rights,
                    size_t count, struct xrml_chain *ul);

#endif
