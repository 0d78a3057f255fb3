/* SPDX-License-Identifier: Apache-2.0 */
/* What privyseal revoke is told to revoke. */
#ifndef PRIVYSEAL_TOOL_REVOKE_H
#define PRIVYSEAL_TOOL_REVOKE_H

#include "issuer/revoke_set.h"
#include "tool.h"
#include "when.h"

struct tool_revoking {
    struct iss_revoke_set *set; /* owned by the verb */
    size_t before;              /* entries of earlier lists, which come first */
    uint8_t signer[32];         /* hash of a store's key */
};

struct tool_revoked {
    char path[ISS_PATH_MAX]; /* "": nothing was signed */
    char words[ISS_WORDS_SIZE];
    bool taken;
};

/* Whether the options go together, and say something. */
ISS_CHECKED enum iss_status tool_revoking_check(struct tool *tool);
/* The entries of the list that this store has taken of its own, unless --fresh
 * is given; fills signer. */
ISS_CHECKED enum iss_status
tool_revoking_earlier(struct tool *tool, struct iss *store,
                      struct tool_revoking *revoking);
/* Those of --list, which signer (hash of a key) must have signed; then --guid,
 * --hash and the operands. */
ISS_CHECKED enum iss_status tool_revoking_read(struct tool *tool,
                                               OSSL_LIB_CTX *libctx,
                                               const uint8_t signer[static 32],
                                               struct tool_revoking *revoking);

#endif
