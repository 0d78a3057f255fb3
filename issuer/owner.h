/* SPDX-License-Identifier: Apache-2.0 */
/* Whose a store is: who may change it, and which user its files belong to. */
#ifndef PRIVYSEAL_OWNER_H
#define PRIVYSEAL_OWNER_H

#include <sys/types.h>

#include "handle.h"

/* R1: where a group of administrators is configured, its members and root may
 * change the store, by iss->env.user and groups, whatever user the process runs
 * as; else the owner of its folder and root. ISS_REFUSED names user and group
 * or owner. */
ISS_CHECKED enum iss_status iss_owner_check(const struct iss *iss,
                                            struct iss_error *error);

struct iss_owner { /* the user that a store is made for */
    bool other;    /* than the one who makes it */
    uid_t uid;
    gid_t gid;
};

/* By name; NULL: the caller. ISS_USAGE: no such user. ISS_REFUSED: the caller
 * may not give files to another. */
ISS_CHECKED enum iss_status iss_owner_find(const char *user,
                                           struct iss_owner *owner,
                                           struct iss_error *error);

/* Gives the folder's files and then the folder to its owner, where that is
 * another. Only regular files with one link are touched, so that whoever can
 * write there already gets nothing else that way: ISS_CONFLICT. */
ISS_CHECKED enum iss_status iss_owner_give(const char *dir,
                                           const struct iss_owner *owner,
                                           struct iss_error *error);

/* A file that was just made in the folder of a store: where root has made it,
 * it gets the folder's owner. */
ISS_CHECKED enum iss_status iss_owner_keep(const char *dir, const char *path,
                                           struct iss_error *error);

#endif
