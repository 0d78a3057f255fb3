/* SPDX-License-Identifier: Apache-2.0 */
/* privyseal cluster check */
#include "store.h"
#include "verbs.h"

struct finding {
    struct tool *tool;
    size_t count;
};

static void tell(void *arg, const struct iss_mismatch *mismatch)
{
    struct finding *finding = arg;
    struct tool_out *out = &finding->tool->out;
    bool named = mismatch->member[0] != '\0';

    finding->count++;
    if (out->as_json) {
        tool_json_open(&out->json, NULL, '{');
        tool_json_text(&out->json, "member", named ? mismatch->member : NULL);
        tool_json_text(&out->json, "what", mismatch->what);
        tool_json_text(&out->json, "text", mismatch->text);
        tool_json_close(&out->json, '}');
        return;
    }
    tool_part(out, TOOL_BAD, "%-10s ", "mismatch");
    tool_text(out, TOOL_PLAIN, "%s%s%s: %s", mismatch->member,
              named ? ", " : "", mismatch->what, mismatch->text);
}

static enum iss_status check(struct tool *tool, struct tool_store *store)
{
    const char *other =
        tool->options.operand_count > 0 ? tool->options.operands[0] : NULL;
    struct finding finding = {.tool = tool};
    struct tool_json *json = &tool->out.json;
    struct iss_info info;
    enum iss_status status = iss_info(store->iss, &info, &tool->error);

    if (status != ISS_OK)
        return status;
    tool_line(&tool->out, "cluster", "%s   %s   %zu member%s", info.guid,
              info.name, info.members, info.members == 1 ? "" : "s");
    if (tool->out.as_json) {
        tool_json_open(json, NULL, '{');
        tool_json_text(json, "cluster", info.guid);
        tool_json_number(json, "members", (int64_t)info.members);
        tool_json_open(json, "mismatches", '[');
    }
    status = iss_cluster_check(store->iss, other, tell, &finding, &tool->error);
    if (tool->out.as_json) {
        tool_json_close(json, ']');
        tool_json_number(json, "exit", status);
        tool_json_close(json, '}');
    } else if (status == ISS_OK) {
        tool_part(&tool->out, TOOL_GOOD, "%-10s ", "agree");
        tool_text(&tool->out, TOOL_PLAIN,
                  "certificate, chain, access list, configuration and key%s%s",
                  other != NULL ? ", and those of " : "",
                  other != NULL ? other : "");
    }
    return status;
}

static enum iss_status run(struct tool *tool)
{
    struct tool_store store;
    enum iss_status status = tool_store_open(tool, TOOL_LOOK, &store);

    if (status == ISS_OK)
        status = check(tool, &store);
    return tool_store_close(tool, &store, status);
}

static const struct tool_use uses[] = {
    TOOL_USES_STORE,
    TOOL_USE_JSON,
    TOOL_USES_END,
};

const struct tool_verb tool_cluster_check = {
    .name = "cluster check",
    .summary = "whether all members of a cluster have and hold the same",
    .operands = "[COPY]",
    .most = 1,
    .uses = uses,
    .text = "Compares what the members of a cluster have: certificate, chain, "
            "access list, configuration and key. Every mismatch is named, and "
            "the exit code is 30. With COPY, the folder of a store that "
            "should be the same, as on another root server, the two are "
            "compared as well. Needs no token.\n\n"
            "  privyseal cluster check --store root1 /mnt/root2/root1",
    .run = run,
};
