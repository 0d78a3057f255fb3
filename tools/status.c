/* SPDX-License-Identifier: Apache-2.0 */
/* privyseal status */
#include "resources.h"
#include "store.h"
#include "verbs.h"
#include "when.h"

enum { TOLERANCE = 300 }; /* seconds that two clocks may differ */

static bool take_time(void *arg, const struct iss_record *record)
{
    int64_t *newest = arg;

    *newest = record->time;
    return true;
}

/* A clock that stands behind the journal has been set back, or the journal was
 * written under one that ran ahead: nothing is issued before that is known. */
static enum iss_status check_clock(struct tool *tool, struct tool_store *store,
                                   const struct iss_info *info, int64_t now)
{
    int64_t newest = now;
    char ours[TOOL_TIME_SIZE] = "?", theirs[TOOL_TIME_SIZE] = "?";
    enum iss_status status = ISS_OK;

    if (info->journal_size > 0)
        status = iss_log_each(store->iss, info->journal_size, 0, take_time,
                              &newest, &tool->error);
    if (status != ISS_OK || now + TOLERANCE >= newest)
        return status;
    (void)tool_time_print(now, ours);
    (void)tool_time_print(newest, theirs);
    return tool_fail(tool, ISS_CLOCK,
                     "the clock says %s, the newest record of the journal %s: "
                     "nothing is issued until they agree",
                     ours, theirs);
}

static enum iss_status run(struct tool *tool)
{
    struct tool_store store;
    struct iss_info info;
    int64_t now = tool_now();
    enum iss_status status = ISS_OK;

    if (tool_given(tool, TOOL_AT))
        status = tool_time_parse(tool_value(tool, TOOL_AT), &now, &tool->error);
    if (status != ISS_OK)
        return status;
    status = tool_store_open(tool, TOOL_LOOK, &store);
    if (status == ISS_OK)
        status = iss_info(store.iss, &info, &tool->error);
    if (status == ISS_OK) {
        if (tool->out.as_json)
            tool_json_open(&tool->out.json, NULL, '{');
        tool_resources_print(tool, &info, now);
        if (!tool_given(tool, TOOL_AT))
            status = check_clock(tool, &store, &info, now);
        if (status == ISS_OK)
            status = tool_resources_status(&info, now);
        if (tool->out.as_json) {
            tool_json_number(&tool->out.json, "exit", status);
            tool_json_text(&tool->out.json, "meaning", iss_status_text(status));
            tool_json_close(&tool->out.json, '}');
        }
    }
    return tool_store_close(tool, &store, status);
}

static const struct tool_use uses[] = {
    {TOOL_STORE, "the store's folder; default: $PRIVYSEAL_STORE"},
    {TOOL_AT, "how it will stand then: now, YYYY-MM-DD or YYYY-MM-DDThh:mm, "
              "UTC"},
    TOOL_USE_JSON,
    TOOL_USES_END,
};

const struct tool_verb tool_status = {
    .name = "status",
    .summary = "what a store is, and how its certificate stands",
    .operands = "",
    .uses = uses,
    .text = "Prints the block Cluster resources of a store. No token is "
            "needed. The exit code says how it stands: 0 all well, 10 not "
            "enrolled, 11 enrollment or renewal pending, 12 or 13 the "
            "certificate expires within 30 or 7 days, 14 it has expired, 15 "
            "the clock cannot be trusted.\n\n"
            "  privyseal status --store root1 --at 2027-03-01",
    .run = run,
};
