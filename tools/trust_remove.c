/* SPDX-License-Identifier: Apache-2.0 */
/* privyseal trust remove */
#include <string.h>

#include "prompt.h"
#include "store.h"
#include "trust.h"
#include "verbs.h"

static const char *const means[ISS_TRUST_KINDS] = {
    [ISS_TRUST_USERS] = "accounts that it certifies get nothing here any more",
    [ISS_TRUST_PUBLISHING] = ("content published for it is not opened here any "
                              "more"),
    [ISS_TRUST_MACHINES] = "machines that it certifies are unknown from now on",
    [ISS_TRUST_LIST] = "what it revokes is accepted again",
    [ISS_TRUST_EXCLUDED] = "this account gets licenses again",
};

struct wanted {
    enum iss_trust_kind kind;
    const char *name;
    bool found;
    uint8_t hash[32];
};

static bool look(void *arg, const struct iss_trusted *trusted)
{
    struct wanted *wanted = arg;

    if (trusted->kind != wanted->kind ||
        strcmp(trusted->name, wanted->name) != 0)
        return true;
    wanted->found = true;
    memcpy(wanted->hash, trusted->hash, sizeof(wanted->hash));
    return false;
}

static void describe(struct tool *tool, const struct wanted *wanted)
{
    char hash[TOOL_HASH_SIZE];

    tool_hash_groups(wanted->hash, hash);
    tool_line(&tool->out, iss_trust_kind_name(wanted->kind), "%s",
              wanted->name);
    tool_line(&tool->out,
              wanted->kind == ISS_TRUST_LIST ? "body hash" : "key hash", "%s",
              hash);
    tool_line(&tool->out, "means", "%s", means[wanted->kind]);
}

static void report(struct tool *tool, const struct wanted *wanted)
{
    bool dry = tool_given(tool, TOOL_DRY_RUN);

    if (dry)
        tool_line(&tool->out, "dry run", "nothing was changed");
    else
        tool_line(&tool->out, "removed", "it is in the journal");
    if (!tool->out.as_json)
        return;
    tool_json_open(&tool->out.json, NULL, '{');
    tool_json_text(&tool->out.json, "kind", iss_trust_kind_name(wanted->kind));
    tool_json_text(&tool->out.json, "name", wanted->name);
    tool_json_bool(&tool->out.json, "removed", !dry);
    tool_json_close(&tool->out.json, '}');
}

static enum iss_status drop(struct tool *tool, struct tool_store *store,
                            struct wanted *wanted)
{
    enum iss_status status =
        iss_trust_each(store->iss, look, wanted, &tool->error);

    if (status == ISS_OK && !wanted->found)
        return tool_fail(tool, ISS_USAGE, "%s: no %s \"%s\" is trusted",
                         store->dir, iss_trust_kind_name(wanted->kind),
                         wanted->name);
    if (status != ISS_OK)
        return status;
    describe(tool, wanted);
    if (!tool_given(tool, TOOL_DRY_RUN)) {
        status = tool_confirm(tool, "Remove it?");
        if (status == ISS_OK)
            status = iss_trust_remove(store->iss, wanted->kind, wanted->name,
                                      &tool->error);
    }
    if (status == ISS_OK)
        report(tool, wanted);
    return status;
}

static enum iss_status run(struct tool *tool)
{
    struct wanted wanted = {.name = tool->options.operands[1]};
    struct tool_store store;
    enum iss_status status = tool_trust_kind(tool, &wanted.kind);

    if (status != ISS_OK)
        return status;
    status = tool_store_open(tool, TOOL_CHANGE, &store);
    if (status == ISS_OK)
        status = drop(tool, &store, &wanted);
    return tool_store_close(tool, &store, status);
}

static const struct tool_use uses[] = {
    TOOL_USES_STORE,
    TOOL_USE_YES,
    {TOOL_DRY_RUN, "say what would happen, change nothing"},
    TOOL_USE_QUIET,
    TOOL_USE_JSON,
    TOOL_USES_END,
};

const struct tool_verb tool_trust_remove = {
    .name = "trust remove",
    .summary = "trust something no longer",
    .operands = "KIND NAME",
    .least = 2,
    .most = 2,
    .uses = uses,
    .text = "Gives up what privyseal trust add has taken: KIND and NAME as "
            "privyseal trust list shows them. What it was and who removed it "
            "stays in the journal. Anchors are not removed: they are what "
            "the store was made with.\n\n"
            "  privyseal trust remove --store root1 users PARTNER01",
    .run = run,
};
