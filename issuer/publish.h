/* SPDX-License-Identifier: Apache-2.0 */
/* Files of a store beside the database; the rest is in issuer.h. */
#ifndef PRIVYSEAL_PUBLISH_H
#define PRIVYSEAL_PUBLISH_H

#include "issuer.h"

/* "folder/name" into out; false where it does not fit. */
bool iss_path_join(char out[static ISS_PATH_MAX], const char *folder,
                   const char *name);

/* Appends to a file that grows only, making it if need be, and syncs it. A
 * line cut short by an earlier interruption is closed first. ISS_STORE. */
ISS_CHECKED enum iss_status iss_append_file(const char *path, const char *text,
                                            size_t len,
                                            struct iss_error *error);

/* Syncs a folder, so that names made in it stay. ISS_STORE. */
ISS_CHECKED enum iss_status iss_sync_folder(const char *path,
                                            struct iss_error *error);

/* Many files of one folder: each there whole or not at all, as iss_publish has
 * it, with one sync for a group of them. */
struct iss_publisher; /* opaque */
/* ISS_USAGE: no such folder. *out returns new. */
ISS_CHECKED enum iss_status iss_publisher_new(const char *folder,
                                              struct iss_publisher **out,
                                              struct iss_error *error);
/* A file, name without a slash; it has its name once the group is synced. The
 * same octets there already: ISS_OK; others: ISS_CONFLICT. ISS_STORE. */
ISS_CHECKED enum iss_status iss_publisher_add(struct iss_publisher *publisher,
                                              const char *name,
                                              const void *data, size_t len,
                                              struct iss_error *error);
/* Ends the group; what was added is there for good. */
ISS_CHECKED enum iss_status iss_publisher_sync(struct iss_publisher *publisher,
                                               struct iss_error *error);
/* What was not synced is not there; NULL is legal. */
void iss_publisher_free(struct iss_publisher *publisher);

#endif
