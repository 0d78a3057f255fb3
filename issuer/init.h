/* SPDX-License-Identifier: Apache-2.0 */
/* Making a store, with the maker of its keys given. */
#ifndef PRIVYSEAL_INIT_H
#define PRIVYSEAL_INIT_H

#include "key.h"

/* iss_init, with pairs that come from make instead of the token. */
ISS_CHECKED enum iss_status iss_init_with(const struct iss_env *env,
                                          const struct iss_init *init,
                                          iss_key_maker *make, void *arg,
                                          struct iss **out,
                                          struct iss_error *error);

/* Whether RSA keys of this size are made. */
bool iss_init_size_known(unsigned bits);

/* What is asked for, without a look at anything but it: ISS_USAGE. */
ISS_CHECKED enum iss_status iss_init_check(const struct iss_init *init,
                                           struct iss_error *error);
/* R65, R66: the root that a licensing server is to have is there and enrolled.
 * The status of the test that failed, or ISS_REFUSED. */
ISS_CHECKED enum iss_status iss_init_check_root(const struct iss_env *env,
                                                const struct iss_init *init,
                                                struct iss_error *error);

/* The key of a purpose: made, recorded and tested, as far as it is not. */
struct iss_key_order {
    enum iss_purpose purpose;
    const char *token_uri;
    unsigned bits;
    bool unseal;
    const uint8_t *id; /* planned in GENESIS, or NULL: random */
    iss_key_maker *make;
    void *arg;
};
ISS_CHECKED enum iss_status iss_key_provide(struct iss *iss,
                                            const struct iss_key_order *order,
                                            struct iss_error *error);

#endif
