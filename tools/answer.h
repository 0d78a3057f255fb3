/* SPDX-License-Identifier: Apache-2.0 */
/* Answering a request file with a certificate: what an authority and a root
 * have in common. */
#ifndef PRIVYSEAL_TOOL_ANSWER_H
#define PRIVYSEAL_TOOL_ANSWER_H

#include "checks.h"
#include "store.h"

struct tool_office { /* who answers */
    enum iss_role role;
    const char *other; /* said, with ISS_REFUSED, where the store's is not it */
    const char *chain; /* "the authority's chain" */
    const char *taken; /* the verb that imports a first certificate */
};

struct tool_job { /* one request on its way; owners NULL at first */
    const struct tool_office *office;
    const char *store;   /* folder */
    const char *contact; /* whom the refused may ask, or "" */
    struct tool_request request;
    struct iss_order order;
    char *policy;
    char out[ISS_PATH_MAX];
};

/* Reads the request and its proof, shows what is asked and how it is judged,
 * asks, signs, publishes the response and --receipt. Reads --out, --days,
 * --policy, --without-proof, --as, --receipt, --dry-run (the store may be
 * read-only then). A refusal is shown, journaled and told to the system's log.
 */
ISS_CHECKED enum iss_status tool_answer(struct tool *tool,
                                        struct tool_store *store,
                                        const char *request,
                                        const struct tool_office *office);

/* ---- what is shown of it ---------------------------------------------------
 */

/* What is asked, how it was judged, what would be signed. */
void tool_answer_describe(struct tool *tool, const struct tool_job *job,
                          const struct iss_answer *answer);
void tool_answer_refused(struct tool *tool, const struct tool_job *job,
                         const struct iss_answer *answer,
                         enum iss_status status);
/* With --dry-run: the body. */
void tool_answer_rehearsed(struct tool *tool, const struct tool_job *job,
                           const struct iss_answer *answer);
void tool_answer_report(struct tool *tool, const struct tool_job *job,
                        const struct iss_answer *answer);

#endif
