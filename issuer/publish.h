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

#endif
