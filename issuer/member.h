/* SPDX-License-Identifier: Apache-2.0 */
/* One member of a cluster: its file, its keys' URIs. */
#ifndef PRIVYSEAL_MEMBER_H
#define PRIVYSEAL_MEMBER_H

#include "handle.h"

/* STORE/member-NAME.conf; false: no name for a member, or too long. */
bool iss_member_path(const char *dir, const char *name,
                     char out[static ISS_PATH_MAX]);

/* Where iss->env names somebody who has a file in the store: iss->member gets
 * the name, iss->conf the token. ISS_USAGE: the file is invalid. */
ISS_CHECKED enum iss_status iss_member_enter(struct iss *iss,
                                             struct iss_error *error);

/* Whether whom iss->env names expressly is a member at all: the first one,
 * which is host, or one that has joined. ISS_USAGE. */
ISS_CHECKED enum iss_status iss_member_known(const struct iss *iss,
                                             const char *host,
                                             struct iss_error *error);

/* The URI by which this member reaches a key whose own URI is uri: the same
 * object in the member's token. ISS_USAGE: too long. */
ISS_CHECKED enum iss_status iss_member_uri(const struct iss *iss,
                                           const char *uri,
                                           char out[static ISS_URI_MAX],
                                           struct iss_error *error);

/* The key that the store's certificate names, else of its signing purpose:
 * what every member must hold. */
ISS_CHECKED enum iss_status iss_member_key(struct iss *iss,
                                           uint8_t hash[static ISS_HASH_SIZE],
                                           struct iss_error *error);

/* Members, the first included. */
ISS_CHECKED enum iss_status iss_member_count(struct iss *iss, size_t *count,
                                             struct iss_error *error);

#endif
