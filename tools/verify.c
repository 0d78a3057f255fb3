/* SPDX-License-Identifier: Apache-2.0 */
/* privyseal verify */
#include <stdlib.h>
#include <string.h>

#include "explain.h"
#include "issuer/trust.h"
#include "issuer/xrml_revocation.h"
#include "store.h"
#include "verbs.h"
#include "when.h"

enum { ANCHORS_MAX = 1024 * 1024, FILES_MAX = XRML_CHAIN_DOCUMENTS };

struct matter { /* what is to be judged; owners NULL at first */
    struct xrml_chain chain;
    struct xrml_anchors *anchors;
    struct xrml_revocations *revocations;
    struct xrml_policy policy;
    struct xrml_report report;
    const char *trusted; /* see explain.h */
};

static enum iss_status anchors_from_file(struct tool *tool, const char *path,
                                         struct xrml_anchors **out)
{
    char *text = NULL;
    size_t len = 0;
    struct iss_error why = {.status = ISS_OK};
    enum iss_status status =
        iss_read_file(path, ANCHORS_MAX, &text, &len, &tool->error);

    if (status == ISS_MALFORMED)
        status = tool->error.status = ISS_USAGE;
    if (status != ISS_OK)
        return status;
    status = xrml_anchors_parse(text, len, out, &why);
    free(text);
    return status == ISS_OK ? ISS_OK
                            : tool_fail(tool, status, "%s: %s", path, why.text);
}

/* For what a store takes what is trusted beside its anchors: accounts, content,
 * machines. */
static unsigned accepted(const struct xrml_chain *chain)
{
    static const struct {
        enum xrml_type type;
        enum iss_trust_kind kind;
    } rows[] = {{XRML_RAC, ISS_TRUST_USERS},
                {XRML_PL, ISS_TRUST_PUBLISHING},
                {XRML_MACHINE_CERTIFICATE, ISS_TRUST_MACHINES}};
    unsigned bits = 0;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (xrml_fields(chain->documents[0])->type == rows[i].type)
            bits |= 1U << rows[i].kind;
    return bits;
}

static enum iss_status read_ground(struct tool *tool,
                                   const struct tool_store *store,
                                   struct matter *matter)
{
    struct iss_trust_ground ground;
    enum iss_status status = ISS_OK;

    if (!tool_given(tool, TOOL_TRUST))
        return iss_anchors(store->iss, &matter->anchors, &tool->error);
    status = iss_trust_ground(store->iss, &matter->chain,
                              accepted(&matter->chain), &ground, &tool->error);
    matter->anchors = ground.anchors;
    if (ground.beside)
        matter->trusted = iss_trust_kind_name(ground.kind);
    return status;
}

/* Whom a store trusts, and the revocation lists that it has taken. */
static enum iss_status read_store(struct tool *tool, struct matter *matter)
{
    struct tool_store store;
    enum iss_status status;

    if (tool_store_named(tool) == NULL)
        return tool_fail(tool, ISS_USAGE,
                         "whom do you trust? --anchors FILE, or --store DIR "
                         "(or $PRIVYSEAL_STORE) for those of a store");
    status = tool_store_open(tool, TOOL_LOOK, &store);
    if (status == ISS_OK)
        status = read_ground(tool, &store, matter);
    if (status == ISS_OK)
        status = iss_trust_lists(store.iss, &matter->revocations, &tool->error);
    return tool_store_close(tool, &store, status);
}

/* In a file given to verify, whatever is wrong with its form is test 1. */
static enum iss_status append_file(struct tool *tool, const char *path,
                                   unsigned flags, struct xrml_chain *chain)
{
    struct iss_error error = {0};
    char *text = NULL;
    size_t len = 0;
    enum iss_status status =
        iss_read_file(path, XRML_CHAIN_MAX, &text, &len, &error);

    if (status == ISS_MALFORMED)
        status = ISS_XML;
    if (status == ISS_OK)
        status = xrml_chain_append(chain, text, len, flags, &error);
    free(text);
    if (status == ISS_OK)
        return ISS_OK;
    if (strncmp(error.text, path, strlen(path)) == 0)
        return tool_fail(tool, status, "%s", error.text);
    return tool_fail(tool, status, "%s: %s", path, error.text);
}

/* A file with a list, or with a list and the chain that it was signed under:
 * what counts is whether its key may revoke something in the chain judged. */
static enum iss_status add_list(struct tool *tool, const char *path,
                                unsigned flags,
                                struct xrml_revocations *revocations)
{
    struct xrml_chain chain = {.count = 0};
    struct iss_error error = {0};
    bool found = false;
    enum iss_status status = append_file(tool, path, flags, &chain);

    for (size_t i = 0; i < chain.count && status == ISS_OK; i++) {
        if (xrml_fields(chain.documents[i])->type != XRML_REVOCATION_LIST)
            continue;
        status =
            xrml_revocations_add(revocations, NULL, chain.documents[i], &error);
        if (status != ISS_OK)
            (void)tool_fail(tool, status, "%s: %s", path, error.text);
        found = true;
    }
    if (status == ISS_OK && !found)
        status =
            tool_fail(tool, ISS_USAGE,
                      "%s: there is no revocation list in this file", path);
    xrml_chain_clear(&chain);
    return status;
}

static enum iss_status read_lists(struct tool *tool, unsigned flags,
                                  struct matter *matter)
{
    enum iss_status status = ISS_OK;

    if (matter->revocations == NULL && tool_given(tool, TOOL_REVOCATION_LIST))
        status = xrml_revocations_new(&matter->revocations, &tool->error);
    if (status == ISS_OK && matter->revocations != NULL)
        xrml_revocations_legacy(matter->revocations, matter->policy.legacy);
    for (size_t i = 0; i < tool->options.list_count && status == ISS_OK; i++)
        status =
            add_list(tool, tool->options.list[i], flags, matter->revocations);
    matter->policy.revocations = matter->revocations;
    return status;
}

static enum iss_status read_matter(struct tool *tool, struct matter *matter)
{
    const char *anchors = tool_value(tool, TOOL_ANCHORS);
    unsigned flags = tool_given(tool, TOOL_PRETTY) ? XRML_PRETTY : 0;
    enum iss_status status = ISS_OK;

    matter->policy.now = tool_now();
    matter->policy.legacy = tool_given(tool, TOOL_LEGACY);
    matter->policy.at_set = tool_given(tool, TOOL_AT);
    if (matter->policy.at_set)
        status = tool_time_parse("at", tool_value(tool, TOOL_AT),
                                 &matter->policy.at, &tool->error);
    if (status == ISS_OK && anchors != NULL && tool_given(tool, TOOL_TRUST))
        status = tool_fail(tool, ISS_USAGE,
                           "--trust is of a store, --anchors is in place of "
                           "one: not both");
    for (size_t i = 0; status == ISS_OK && i < tool->options.operand_count; i++)
        status =
            append_file(tool, tool->options.operands[i], flags, &matter->chain);
    if (status == ISS_OK)
        status = anchors != NULL
                     ? anchors_from_file(tool, anchors, &matter->anchors)
                     : read_store(tool, matter);
    if (status == ISS_OK)
        status = read_lists(tool, flags, matter);
    return status;
}

static enum iss_status run(struct tool *tool)
{
    struct matter *matter = calloc(1, sizeof(*matter));
    struct tool_explained explained;
    enum iss_status status;

    if (matter == NULL)
        return tool_fail(tool, ISS_INTERNAL, "out of memory");
    status = read_matter(tool, matter);
    if (status != ISS_OK)
        goto out;
    status = xrml_chain_verify(NULL, &matter->chain, matter->anchors,
                               &matter->policy, &matter->report, &tool->error);
    explained = (struct tool_explained){.chain = &matter->chain,
                                        .report = &matter->report,
                                        .anchors = matter->anchors,
                                        .error = &tool->error,
                                        .trusted = matter->trusted};
    if (tool->out.as_json)
        tool_explain_json(tool, &explained);
    else if (tool_given(tool, TOOL_EXPLAIN))
        tool_explain_tree(tool, &explained);
    else
        tool_explain_short(tool, &explained);
    if (status == ISS_OK && matter->trusted != NULL)
        tool_note(&tool->out, "trusted",
                  "%s: the store trusts it beside its anchors (privyseal "
                  "trust list)",
                  matter->trusted);
out:
    xrml_chain_clear(&matter->chain);
    xrml_anchors_free(matter->anchors);
    xrml_revocations_free(matter->revocations);
    free(matter);
    return status;
}

static const struct tool_use uses[] = {
    {TOOL_ANCHORS, "whom to trust: PEM public keys, or XrML certificates; "
                   "default: the anchors of the store"},
    {TOOL_STORE, "a store, for its anchors and revocation lists, where no "
                 "--anchors are given; default: $PRIVYSEAL_STORE"},
    {TOOL_TRUST, "judge as the store does: accounts, content and machines also "
                 "by what it trusts beside its anchors (trust add)"},
    {TOOL_REVOCATION_LIST, "a revocation list for test 5, beside those that "
                           "the store has taken; may be given several times"},
    {TOOL_EXPLAIN, "the chain as a tree: of each document its place, dates, "
                   "fields, rights, who may revoke it, and the six tests"},
    {TOOL_AT, "the leaf's own dates must hold then, too: now, YYYY-MM-DD or "
              "YYYY-MM-DDThh:mm, UTC; default: as of its issue"},
    {TOOL_LEGACY, "also accept SHA-1 signatures and RSA keys under 2048 bits"},
    {TOOL_PRETTY, "where a document does not verify, try once more without "
                  "white space between tags"},
    TOOL_USE_QUIET,
    TOOL_USE_JSON,
    TOOL_USES_END,
};

const struct tool_verb tool_verify = {
    .name = "verify",
    .summary = "verify a chain of XrML documents, six tests each",
    .operands = "FILE...",
    .least = 1,
    .most = FILES_MAX,
    .uses = uses,
    .text =
        "Verifies a chain: one file with the documents one after the "
        "other, or several files in that order, the leaf first; a response "
        "of an authority is such a file. Each document must be issued by "
        "the next, the last by an anchor. A document is judged at the time "
        "of its issue; that it has ended since is said, and is no failure. "
        "Exit 20 to 25: test 1 XML, 2 signature, 3 semantics, 4 "
        "conditions, 5 revocation, 6 the issuer's key; the first that "
        "failed, leaf first. No token is needed.\n\n"
        "A revocation list takes effect on what its signer issued, directly or "
        "not, and on what names the signer's key as one that may revoke.\n\n"
        "  privyseal verify --explain --anchors ea/anchors.pem RMS01.slc.xml",
    .run = run,
};
