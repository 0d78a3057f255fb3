/* SPDX-License-Identifier: Apache-2.0 */
/* privyseal log fsck */
#include <inttypes.h>

#include "prompt.h"
#include "store.h"
#include "verbs.h"

struct fsck {
    struct tool_store store;
    struct iss_log_verdict verdict;
    struct iss_error found; /* ISS_OK: the tables are right */
};

/* What log verify would say, of a store too that does not open. */
static enum iss_status look(struct fsck *fsck, struct iss_error *error)
{
    const struct iss_log_check all = {0};
    struct iss *iss = NULL;
    enum iss_status status = iss_open(&fsck->store.env.iss, fsck->store.dir,
                                      ISS_READ_ONLY, &iss, error);

    if (status == ISS_OK)
        status = iss_log_verify(iss, &all, &fsck->verdict, error);
    iss_free(iss);
    return status;
}

/* A lost row of a key looks like an init that was interrupted. */
static bool may_be_the_tables(enum iss_status status)
{
    return status == ISS_JOURNAL || status == ISS_CONFLICT ||
           status == ISS_USAGE;
}

/* No token, and no handle: iss_open may refuse the store. */
static enum iss_status begin(struct tool *tool, struct tool_store *store)
{
    store->dir = tool_store_named(tool);
    if (store->dir == NULL)
        return tool_fail(tool, ISS_USAGE,
                         "which store? --store DIR, or $PRIVYSEAL_STORE");
    tool_env_plain(&store->env);
    store->env.iss.conf = tool_value(tool, TOOL_CONFIG);
    store->env.iss.member = tool_member_named(tool);
    return tool_store_conf(tool, store->dir, &store->conf);
}

static void report(struct tool *tool, const struct fsck *fsck)
{
    const struct iss_log_verdict *verdict = &fsck->verdict;
    const bool changed = fsck->found.status != ISS_OK;
    struct tool_json *json = &tool->out.json;

    if (changed)
        tool_line(&tool->out, "tables",
                  "made anew from the journal: they say what the records do");
    else
        tool_line(&tool->out, "tables",
                  "they say what the records do: nothing was changed");
    tool_line(&tool->out, "journal",
              "%s: %" PRIu64 " record%s, %" PRIu64 " signature%s, %" PRIu64
              " checkpoint%s: whole and in order",
              fsck->store.dir, verdict->records,
              verdict->records == 1 ? "" : "s", verdict->results,
              verdict->results == 1 ? "" : "s", verdict->checkpoints,
              verdict->checkpoints == 1 ? "" : "s");
    if (!tool->out.as_json)
        return;
    tool_json_open(json, NULL, '{');
    tool_json_text(json, "store", fsck->store.dir);
    tool_json_text(json, "found", changed ? fsck->found.text : NULL);
    tool_json_bool(json, "changed", changed);
    tool_json_number(json, "records", (int64_t)verdict->records);
    tool_json_number(json, "results", (int64_t)verdict->results);
    tool_json_number(json, "checkpoints", (int64_t)verdict->checkpoints);
    tool_json_hex(json, "head", verdict->head, sizeof(verdict->head));
    tool_json_text(json, "verdict", "good");
    tool_json_close(json, '}');
}

static enum iss_status run(struct tool *tool)
{
    struct fsck fsck = {0};
    enum iss_status status = begin(tool, &fsck.store);

    if (status != ISS_OK)
        return status;
    status = look(&fsck, &fsck.found);
    if (status != ISS_OK && !may_be_the_tables(status)) {
        tool->error = fsck.found;
        return status;
    }
    if (status != ISS_OK) {
        tool_line(&tool->out, "found", "%s", fsck.found.text);
        status = tool_confirm(tool, "Make the tables anew from the journal?");
        if (status == ISS_OK)
            status = iss_log_rebuild(&fsck.store.env.iss, fsck.store.dir,
                                     &fsck.verdict, &tool->error);
        /* an init that was interrupted stays one */
        if (status == ISS_OK)
            status = look(&fsck, &tool->error);
    }
    if (status == ISS_OK)
        report(tool, &fsck);
    return status;
}

static const struct tool_use uses[] = {
    TOOL_USES_STORE,
    TOOL_USE_YES,
    TOOL_USE_JSON,
    TOOL_USES_END,
};

const struct tool_verb tool_log_fsck = {
    .name = "log fsck",
    .summary = "make a store's tables anew from its journal",
    .operands = "",
    .uses = uses,
    .text = "The journal is the truth, and the other tables of a store are an "
            "index over it. Where they do not say what the records say, as "
            "log verify finds, or the store does not open for that, they are "
            "made anew: all of them or, where the journal itself does not "
            "verify, none (exit 16): put the folder back from a copy then. "
            "The journal gets no record of it. No token is needed.\n\n"
            "  privyseal log verify --store ea\n"
            "  privyseal log fsck --store ea",
    .run = run,
};
