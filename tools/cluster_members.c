/* SPDX-License-Identifier: Apache-2.0 */
/* privyseal cluster members */
#include "store.h"
#include "verbs.h"
#include "when.h"

struct listing {
    struct tool *tool;
    struct tool_table *table;
    bool full; /* no memory */
};

static bool add(void *arg, const struct iss_member *member)
{
    struct listing *listing = arg;
    struct tool_json *json = &listing->tool->out.json;
    char since[TOOL_TIME_SIZE] = "?";

    if (listing->tool->out.as_json) {
        tool_json_open(json, NULL, '{');
        tool_json_text(json, "name", member->name);
        tool_json_text(json, "host", member->host);
        tool_json_text(json, "key", member->uri);
        tool_json_time(json, "since", member->since);
        tool_json_number(json, "record", (int64_t)member->record);
        tool_json_close(json, '}');
        return true;
    }
    (void)tool_time_print(member->since, since);
    listing->full = !tool_table_row(
        listing->table,
        (const char *const[]){member->name, member->host, since, member->uri});
    return !listing->full;
}

static enum iss_status list(struct tool *tool, struct tool_store *store)
{
    static const char *const headings[] = {"MEMBER", "HOST", "SINCE", "KEY",
                                           NULL};
    struct listing listing = {.tool = tool, .table = tool_table_new(headings)};
    struct tool_json *json = &tool->out.json;
    struct iss_info info;
    enum iss_status status = iss_info(store->iss, &info, &tool->error);

    if (status == ISS_OK && listing.table == NULL)
        status = tool_fail(tool, ISS_INTERNAL, "out of memory");
    if (status != ISS_OK)
        goto out;
    tool_line(&tool->out, "cluster", "%s   %s", info.guid, info.name);
    if (tool->out.as_json) {
        tool_json_open(json, NULL, '{');
        tool_json_text(json, "cluster", info.guid);
        tool_json_open(json, "members", '[');
    }
    status = iss_members(store->iss, add, &listing, &tool->error);
    if (status == ISS_OK && listing.full)
        status = tool_fail(tool, ISS_INTERNAL, "out of memory");
    if (tool->out.as_json) {
        tool_json_close(json, ']');
        tool_json_close(json, '}');
    } else if (status == ISS_OK) {
        tool_table_print(listing.table, &tool->out);
    }
out:
    tool_table_free(listing.table);
    return status;
}

static enum iss_status run(struct tool *tool)
{
    struct tool_store store;
    enum iss_status status = tool_store_open(tool, TOOL_LOOK, &store);

    if (status == ISS_OK)
        status = list(tool, &store);
    return tool_store_close(tool, &store, status);
}

static const struct tool_use uses[] = {
    TOOL_USES_STORE,
    TOOL_USE_JSON,
    TOOL_USES_END,
};

const struct tool_verb tool_cluster_members = {
    .name = "cluster members",
    .summary = "the members of a cluster, and how each reaches the key",
    .operands = "",
    .uses = uses,
    .text = "Lists the members of the cluster that shares a store, the first "
            "one included: names, hosts, since when, and the URI of the "
            "cluster's key in each one's token. Needs no token.\n\n"
            "  privyseal cluster members --store root1",
    .run = run,
};
