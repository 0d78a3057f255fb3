/* SPDX-License-Identifier: Apache-2.0 */
/* privyseal trust add */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "issuer/trust.h"
#include "pin.h"
#include "prompt.h"
#include "store.h"
#include "trust.h"
#include "verbs.h"
#include "when.h"

/* What taking one of a kind means, for who agrees to it. */
static const struct {
    const char *question, *counted, *what;
} kinds[ISS_TRUST_KINDS] = {
    [ISS_TRUST_USERS] = {"Trust the accounts that this server certifies?",
                         "certificate",
                         "accounts that it certifies get licenses here"},
    [ISS_TRUST_PUBLISHING] = {"Open content that was published for this "
                              "server?",
                              "certificate",
                              "content published for it is opened here with "
                              "its key, which never signs"},
    [ISS_TRUST_MACHINES] = {"Trust the machines that these keys certify?",
                            "key",
                            "accounts are bound to machines that they "
                            "certify"},
    [ISS_TRUST_LIST] = {"Take this revocation list?", "revocation",
                        "what it revokes is refused here"},
    [ISS_TRUST_EXCLUDED] = {"Exclude this account?", "document",
                            "this account gets nothing more here"},
};

enum iss_status tool_trust_kind(struct tool *tool, enum iss_trust_kind *kind)
{
    if (iss_trust_kind_find(tool->options.operands[0], kind))
        return ISS_OK;
    return tool_fail(tool, ISS_USAGE,
                     "%s: not one of users, publishing, machines, list, "
                     "excluded",
                     tool->options.operands[0]);
}

static void describe_range(struct tool *tool,
                           const struct iss_trust_review *review)
{
    char from[TOOL_DATE_SIZE] = "?", until[TOOL_DATE_SIZE] = "?";

    if (review->range.present && tool_date_print(review->range.from, from) &&
        tool_date_print(review->range.until, until))
        tool_line(&tool->out, "valid", "%s to %s%s", from, until,
                  review->range.until <= tool_now() ? ", which is over" : "");
    else if (review->issued != 0 && tool_date_print(review->issued, from))
        tool_line(&tool->out, "issued", "%s", from);
}

static void describe(struct tool *tool, const struct iss_trusted *trusted,
                     const struct iss_trust_review *review)
{
    const char *kind = iss_trust_kind_name(trusted->kind);
    char hash[TOOL_HASH_SIZE];

    tool_line(&tool->out, kind, "%s", review->name);
    if (review->issuer[0] != '\0' && trusted->kind != ISS_TRUST_LIST)
        tool_line(&tool->out, "issued by", "%s", review->issuer);
    else if (review->issuer[0] != '\0')
        tool_line(&tool->out, "signed by", "%s", review->issuer);
    describe_range(tool, review);
    tool_line(&tool->out, "holds", "%zu %s%s", review->count,
              kinds[trusted->kind].counted, review->count == 1 ? "" : "s");
    tool_hash_groups(review->hash, hash);
    tool_line(&tool->out,
              trusted->kind == ISS_TRUST_LIST ? "body hash" : "key hash", "%s",
              hash);
    if (review->has_root) {
        tool_hash_groups(review->root, hash);
        tool_line(&tool->out, "its root", "%s", hash);
    }
    if (trusted->uri != NULL)
        tool_line(&tool->out, "key", "%s", trusted->uri);
    tool_line(&tool->out, "words", "%s", review->words);
    if (review->again)
        return;
    if (review->replaces[0] != '\0')
        tool_line(&tool->out, "replaces", "the list \"%s\" of the same key",
                  review->replaces);
    tool_line(&tool->out, "means", "%s", kinds[trusted->kind].what);
}

static void report(struct tool *tool, const struct iss_trusted *trusted,
                   const struct iss_trust_review *review)
{
    bool dry = tool_given(tool, TOOL_DRY_RUN);
    struct tool_json *json = &tool->out.json;

    if (review->again)
        tool_line(&tool->out, "again",
                  "it is trusted already; nothing changes");
    else if (dry)
        tool_line(&tool->out, "dry run", "nothing was changed");
    else
        tool_line(&tool->out, "taken", "it is in the journal");
    if (!tool->out.as_json)
        return;
    tool_json_open(json, NULL, '{');
    tool_json_text(json, "kind", iss_trust_kind_name(trusted->kind));
    tool_json_text(json, "name", review->name);
    tool_json_hex(
        json, trusted->kind == ISS_TRUST_LIST ? "body-sha-256" : "key-sha-256",
        review->hash, sizeof(review->hash));
    if (review->has_root)
        tool_json_hex(json, "root-sha-256", review->root, sizeof(review->root));
    tool_json_text(json, "words", review->words);
    tool_json_number(json, "count", (int64_t)review->count);
    tool_json_bool(json, "again", review->again);
    tool_json_text(json, "replaces",
                   review->replaces[0] != '\0' ? review->replaces : NULL);
    if (dry)
        tool_json_bool(json, "dry-run", true);
    tool_json_close(json, '}');
}

static enum iss_status add(struct tool *tool, struct tool_store *store,
                           const struct iss_trusted *trusted)
{
    struct iss_trust_review review;
    struct iss_error why = {.status = ISS_OK};
    enum iss_status status =
        iss_trust_check(store->iss, trusted, &review, &why);

    if (status == ISS_TOKEN || status == ISS_LOGIN || status == ISS_STORE)
        return tool_fail(tool, status, "%s", why.text); /* not for the file */
    if (status != ISS_OK)
        return tool_fail(tool, status, "%s: %s", tool->options.operands[1],
                         why.text);
    describe(tool, trusted, &review);
    if (!review.again && !tool_given(tool, TOOL_DRY_RUN)) {
        status = tool_confirm(tool, kinds[trusted->kind].question);
        if (status == ISS_OK)
            status = iss_trust_add(store->iss, trusted, &tool->error);
    }
    if (status == ISS_OK)
        report(tool, trusted, &review);
    return status;
}

static enum iss_status run(struct tool *tool)
{
    const char *path = tool->options.operands[1];
    struct iss_trusted trusted = {.name = tool_value(tool, TOOL_NAME),
                                  .uri = tool_value(tool, TOOL_URI)};
    char *text = NULL;
    struct tool_store store;
    enum iss_status status = tool_trust_kind(tool, &trusted.kind);

    if (status == ISS_OK)
        status = tool_uri_check(trusted.uri, &tool->error);
    trusted.legacy = tool_given(tool, TOOL_LEGACY);
    if (status == ISS_OK && trusted.legacy &&
        trusted.kind != ISS_TRUST_PUBLISHING)
        status = tool_fail(tool, ISS_USAGE,
                           "--legacy goes with publishing: nobody else's old "
                           "documents are taken");
    if (status == ISS_OK)
        status = iss_read_file(path, XRML_CHAIN_MAX, &text, &trusted.text.len,
                               &tool->error);
    trusted.text.text = text;
    if (status == ISS_OK) {
        status = tool_store_open(tool, TOOL_CHANGE, &store);
        if (status == ISS_OK)
            status = add(tool, &store, &trusted);
        status = tool_store_close(tool, &store, status);
    }
    free(text);
    return status;
}

static const struct tool_use uses[] = {
    TOOL_USES_STORE,
    {TOOL_NAME, "its name here; default: the name that it has itself"},
    {TOOL_URI, "publishing: the server's key in a token, a pkcs11: URI"},
    {TOOL_LEGACY, "publishing: also a chain of SHA-1 signatures and RSA keys "
                  "under 2048 bits"},
    TOOL_USE_YES,
    {TOOL_DRY_RUN, "judge it, change nothing"},
    TOOL_USE_QUIET,
    TOOL_USE_JSON,
    TOOL_USES_END,
};

const struct tool_verb tool_trust_add = {
    .name = "trust add",
    .summary = "trust somebody else's users, content, machines, lists",
    .operands = "KIND FILE",
    .least = 2,
    .most = 2,
    .uses = uses,
    .text =
        "Takes what is trusted beside the anchors. Each is judged, shown "
        "with the hash of its key, and recorded with who took it and when. "
        "The kinds:\n\n"
        "users: FILE is the chain of another installation's root (privyseal "
        "trust export); accounts that it certifies are accepted. Its own "
        "root is trusted for this alone.\n\n"
        "publishing: FILE is the chain of a server, --uri its key, which "
        "must lie in a token already, able to decrypt and not to sign: "
        "content that was published for that server is opened with it. A "
        "key that can sign is refused, exit 3.\n\n"
        "machines: FILE holds PEM public keys or certificates of those who "
        "certify machines.\n\n"
        "list: FILE is a revocation list (privyseal revoke), signed by "
        "somebody who may revoke something here; a newer one replaces the "
        "older of the same key.\n\n"
        "excluded: FILE is the certificate of an account, which gets nothing "
        "more.\n\n"
        "The root of an installation is trusted by its servers as it is.\n\n"
        "  privyseal trust add --store root1 users partner.chain.xml\n"
        "  privyseal trust add --store root1 publishing old.chain.xml \\\n"
        "      --uri 'pkcs11:token=old;object=OLD%20licensor'",
    .run = run,
};
