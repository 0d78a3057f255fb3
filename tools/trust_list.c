/* SPDX-License-Identifier: Apache-2.0 */
/* privyseal trust list */
#include <stdio.h>

#include "store.h"
#include "verbs.h"

static enum iss_status show(struct tool *tool,
                            const struct xrml_anchors *anchors)
{
    struct tool_json *json = &tool->out.json;
    enum iss_status status = ISS_OK;

    if (tool->out.as_json) {
        tool_json_open(json, NULL, '{');
        tool_json_open(json, "anchors", '[');
    }
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
        status = show(tool, anchors);
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
    .summary = "the anchors that a store trusts",
    .operands = "",
    .uses = uses,
    .text = "Lists the anchors of a store, with the hash of each key: every "
            "chain that it accepts ends in one of them. They were pinned when "
            "the store was made (privyseal init --anchors). Needs no "
            "token.\n\n"
            "  privyseal trust list --store root1",
    .run = run,
};
