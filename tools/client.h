/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client's folder: what one user has on one machine. key.pem (0600),
 * machine.xml, authority.pem, anchors.pem; rac.xml and clc.xml once they were
 * accepted; licenses/CONTENT.xml, lists/LIST.xml, uses/LICENSE.
 */
#ifndef PRIVYSEAL_TOOL_CLIENT_H
#define PRIVYSEAL_TOOL_CLIENT_H

#include "issuer/client.h"
#include "issuer/xrml_revocation.h"
#include "tool.h"

#define TOOL_USE_CLIENT                                                \
    {                                                                  \
        TOOL_CLIENT, "the client's folder; default: $PRIVYSEAL_CLIENT" \
    }

enum { TOOL_CLIENT_NAME_SIZE = 48 };

/* --client, else $PRIVYSEAL_CLIENT; ISS_USAGE: neither. Borrowed. */
ISS_CHECKED enum iss_status tool_client_named(struct tool *tool,
                                              const char **dir);

struct tool_client { /* tool_client_close */
    const char *dir;
    int64_t now;
    struct xrml_anchors *anchors;
    struct xrml_revocations *lists;      /* NULL: none */
    struct xrml_chain machine, rac, clc; /* count 0: not there */
    EVP_PKEY *machine_key;
    EVP_PKEY *account; /* NULL without rac */
};

/* Opens what is there, and the account's key with the machine's where there is
 * a RAC. ISS_USAGE: no client's folder; a key that others can read. */
ISS_CHECKED enum iss_status tool_client_open(struct tool *tool,
                                             struct tool_client *client);
void tool_client_close(struct tool_client *client);
/* Whether there is a RAC: ISS_REFUSED says how to get one. */
ISS_CHECKED enum iss_status
tool_client_need_rac(struct tool *tool, const struct tool_client *client);

/* "DIR/name" or "DIR/folder/name". ISS_USAGE: too long. */
ISS_CHECKED enum iss_status tool_client_path(struct tool *tool,
                                             const struct tool_client *client,
                                             const char *folder,
                                             const char *name,
                                             char out[static ISS_PATH_MAX]);
/* Writes a file of the folder, 0600, in place of one that is there. */
ISS_CHECKED enum iss_status tool_client_put(struct tool *tool,
                                            const struct tool_client *client,
                                            const char *folder,
                                            const char *name, const char *text,
                                            size_t len);

/* The documents of a text or a file, whatever is wrong said with its name. */
ISS_CHECKED enum iss_status
tool_client_parse_chain(struct tool *tool, const char *path, const char *text,
                        size_t len, struct xrml_chain *chain);
ISS_CHECKED enum iss_status tool_client_read_chain(struct tool *tool,
                                                   const char *path,
                                                   struct xrml_chain *chain);
/* The six tests, as of now; what is for the message. */
ISS_CHECKED enum iss_status tool_client_verify(const struct tool_client *client,
                                               const char *what,
                                               const struct xrml_chain *chain,
                                               struct iss_error *error);

/* When a license was first used here, 0: never; and that it is now. The note is
 * the user's own: who deletes it begins anew. */
ISS_CHECKED enum iss_status
tool_client_first_use(struct tool *tool, const struct tool_client *client,
                      const char *guid, int64_t *first);
ISS_CHECKED enum iss_status
tool_client_note_use(struct tool *tool, const struct tool_client *client,
                     const char *guid);

/* A GUID without braces and a suffix, as a file's name. False: no GUID. */
bool tool_client_file_name(const char *guid, const char *suffix,
                           char out[static TOOL_CLIENT_NAME_SIZE]);

#endif
