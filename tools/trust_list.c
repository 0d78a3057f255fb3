/* SPDX-License-Identifier: Apache-2.0 */
/* privyseal trust list */
#include <inttypes.h>

#include "issuer/trust.h"
#include "store.h"
#include "verbs.h"
#include "when.h"

static enum iss_status show_anchors(struct tool *tool,
                                    const struct xrml_anchors *anchors)
{
    struct tool_json *json = &tool->out.json;
    enum iss_status status = ISS_OK;

    if (tool->out.as_json)
        tool_json_open(json, "anchors", '[');
    for (size_t i = 0; i < xrml_anchors_count(anchors) && status == ISS_OK;
         i++) {
        const struct xrml_key *key = xrml_anchor_key(anchors, i);
        const char *name = xrml_anchor_name(anchors, i);
        char text[TOOL_HASH_SIZE];
        uint8_t hash[32];

        status = xrml_key_hash(key, hash, &tool->error);
        if (status != ISS_OK)
            break;
        tool_hash_groups(hash, text);
        tool_line(&tool->out, "anchor", "%s   RSA-%zu",
                  name[0] != '\0' ? name : "-", key->modulus_len * 8);
        tool_line(&tool->out, "key hash", "%s", text);
        if (!tool->out.as_json)
            continue;
        tool_json_open(json, NULL, '{');
        tool_json_text(json, "name", name[0] != '\0' ? name : NULL);
        tool_json_number(json, "bits", (int64_t)key->modulus_len * 8);
        tool_json_hex(json, "key-sha-256", hash, sizeof(hash));
        tool_json_close(json, '}');
    }
    if (tool->out.as_json)
        tool_json_close(json, ']');
    return status;
}

static bool show_trusted(void *arg, const struct iss_trusted *trusted)
{
    struct tool *tool = arg;
    struct tool_json *json = &tool->out.json;
    char hash[TOOL_HASH_SIZE], since[TOOL_DATE_SIZE] = "?";
    bool list = trusted->kind == ISS_TRUST_LIST;

    tool_hash_groups(trusted->hash, hash);
    (void)tool_date_print(trusted->since, since);
    tool_line(&tool->out, iss_trust_kind_name(trusted->kind),
              "%s   since %s, record %" PRIu64, trusted->name, since,
              trusted->record);
    tool_line(&tool->out, list ? "body hash" : "key hash", "%s", hash);
    if (trusted->uri[0] != '\0')
        tool_line(&tool->out, "key", "%s", trusted->uri);
    if (!tool->out.as_json)
        return true;
    tool_json_open(json, NULL, '{');
    tool_json_text(json, "kind", iss_trust_kind_name(trusted->kind));
    tool_json_text(json, "name", trusted->name);
    tool_json_hex(json, list ? "body-sha-256" : "key-sha-256", trusted->hash,
                  32);
    if (trusted->uri[0] != '\0')
        tool_json_text(json, "key", trusted->uri);
    tool_json_time(json, "since", trusted->since);
    tool_json_number(json, "record", (int64_t)trusted->record);
    tool_json_close(json, '}');
    return true;
}

static enum iss_status show(struct tool *tool, struct iss *store,
                            const struct xrml_anchors *anchors)
{
    struct tool_json *json = &tool->out.json;
    enum iss_status status = ISS_OK;

    if (tool->out.as_json)
        tool_json_open(json, NULL, '{');
    status = show_anchors(tool, anchors);
    if (tool->out.as_json)
        tool_json_open(json, "trusted", '[');
    if (status == ISS_OK)
        status = iss_trust_each(store, show_trusted, tool, &tool->error);
    if (tool->out.as_json) {
        tool_json_close(json, ']');
        tool_json_close(json, '}');
    }
    return status;
}

static enum iss_status run(struct tool *tool)
{
    struct xrml_anchors *anchors = NULL;
    struct tool_store store;
    enum iss_status status = tool_store_open(tool, TOOL_LOOK, &store);

    if (status == ISS_OK)
        status = iss_anchors(store.iss, &anchors, &tool->error);
    if (status == ISS_OK)
        status = show(tool, store.iss, anchors);
    xrml_anchors_free(anchors);
    return tool_store_close(tool, &store, status);
}

static const struct tool_use uses[] = {
    TOOL_USES_STORE,
    TOOL_USE_JSON,
    TOOL_USES_END,
};

const struct tool_verb tool_trust_list = {
    .name = "trust list",
    .summary = "what a store trusts: anchors, domains, lists",
    .operands = "",
    .uses = uses,
    .text = "Lists the anchors of a store, with the hash of each key: every "
            "chain that it accepts ends in one of them, or in something that "
            "was trusted beside them. They were pinned when the store was "
            "made (privyseal init --anchors). Then what was taken by "
            "privyseal trust add: users, publishing, machines, list, "
            "excluded. Needs no token.\n\n"
            "  privyseal trust list --store root1",
    .run = run,
};
