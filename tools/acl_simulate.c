/* SPDX-License-Identifier: Apache-2.0 */
/* privyseal acl simulate */
#include <inttypes.h>
#include <stdio.h>

#include "acl_file.h"
#include "process.h"
#include "store.h"
#include "verbs.h"
#include "when.h"

struct past { /* what came of every request */
    struct tool *tool;
    struct tool_table *table; /* of those that come out otherwise */
    size_t count, gains, losses;
    bool memory;
};

static const char *word_of(bool allowed)
{
    return allowed ? "allowed" : "denied";
}

static void json_one(struct tool_json *json, const struct iss_replayed *one)
{
    tool_json_open(json, NULL, '{');
    tool_json_number(json, "record", (int64_t)one->record);
    tool_json_time(json, "time", one->time);
    tool_json_text(json, "op", one->op);
    tool_json_text(json, "url", one->url);
    tool_json_text(json, "guid", one->guid);
    tool_json_text(json, "then", word_of(one->allowed_then));
    tool_json_text(json, "now", word_of(one->allowed_now));
    tool_json_text(json, "principal",
                   one->principal[0] != '\0' ? one->principal : NULL);
    tool_json_number(json, "line-then", one->line_then);
    tool_json_number(json, "line-now", one->line_now);
    tool_json_text(json, "cause", one->cause);
    tool_json_close(json, '}');
}

static void each_one(void *arg, const struct iss_replayed *one)
{
    struct past *past = arg;
    char record[24], when[TOOL_TIME_SIZE] = "?", line[16] = "-";

    past->count++;
    if (one->allowed_now && !one->allowed_then)
        past->gains++;
    if (!one->allowed_now && one->allowed_then)
        past->losses++;
    if (past->tool->out.as_json) {
        json_one(&past->tool->out.json, one);
        return;
    }
    if (one->allowed_now == one->allowed_then)
        return;
    (void)snprintf(record, sizeof(record), "%" PRIu64, one->record);
    (void)tool_time_print(one->time, when);
    if (one->line_now > 0)
        (void)snprintf(line, sizeof(line), "%u", one->line_now);
    past->memory =
        tool_table_row(
            past->table,
            (const char *const[]){
                record, when, one->op, one->url,
                one->principal[0] != '\0' ? one->principal : "-",
                one->allowed_now ? "denied -> allowed" : "allowed -> denied",
                line, one->cause}) &&
        past->memory;
}

static void print_summary(struct tool *tool, const struct past *past)
{
    const bool same = past->gains + past->losses == 0;

    if (tool_table_rows(past->table) > 0)
        tool_table_print(past->table, &tool->out);
    if (past->count == 0)
        tool_text(&tool->out, TOOL_PLAIN,
                  "no request has been decided by an access list here yet");
    else if (same)
        tool_text(&tool->out, TOOL_GOOD,
                  "%zu request%s: every one comes out as it did", past->count,
                  past->count == 1 ? "" : "s");
    else
        tool_text(&tool->out, TOOL_WARN,
                  "%zu request%s: %zu denied then and allowed now, %zu allowed "
                  "then and denied now",
                  past->count, past->count == 1 ? "" : "s", past->gains,
                  past->losses);
}

static enum iss_status simulate(struct tool *tool, struct iss *iss,
                                const struct tool_acl *list)
{
    static const char *const headings[] = {
        "record", "time", "op", "url", "who", "change", "line", "now", NULL};
    struct past past = {
        .tool = tool, .table = tool_table_new(headings), .memory = true};
    struct tool_json *json = &tool->out.json;
    enum iss_status status;

    if (past.table == NULL)
        return tool_fail(tool, ISS_INTERNAL, "out of memory");
    if (tool->out.as_json) {
        tool_json_open(json, NULL, '{');
        tool_json_text(json, "file", tool->options.operands[0]);
        tool_json_hex(json, "sha-256", iss_acl_hash(list->acl), 32);
        tool_json_open(json, "requests", '[');
    }
    status = iss_acl_replay(iss, list->acl, each_one, &past, &tool->error);
    if (status == ISS_OK && !past.memory)
        status = tool_fail(tool, ISS_INTERNAL, "out of memory");
    if (tool->out.as_json) {
        tool_json_close(json, ']');
        tool_json_number(json, "gains", (int64_t)past.gains);
        tool_json_number(json, "losses", (int64_t)past.losses);
        tool_json_close(json, '}');
    } else if (status == ISS_OK) {
        tool_acl_note(tool, list);
        print_summary(tool, &past);
    }
    tool_table_free(past.table);
    return status;
}

static enum iss_status run(struct tool *tool)
{
    struct tool_store store;
    struct tool_acl list;
    enum iss_status status =
        tool_acl_read(tool, tool->options.operands[0], &list);

    tool_process_only_prints();
    if (status == ISS_OK) {
        status = tool_store_open(tool, TOOL_LOOK, &store);
        if (status == ISS_OK)
            status = simulate(tool, store.iss, &list);
        status = tool_store_close(tool, &store, status);
    }
    tool_acl_clear(&list);
    return status;
}

static const struct tool_use uses[] = {
    {TOOL_STORE, "the root whose past is asked; default: $PRIVYSEAL_STORE"},
    TOOL_USE_QUIET,
    TOOL_USE_JSON,
    TOOL_USES_END,
};

const struct tool_verb tool_acl_simulate = {
    .name = "acl simulate",
    .summary = "what a list would have said to past requests",
    .operands = "FILE",
    .least = 1,
    .most = 1,
    .uses = uses,
    .text =
        "Decides every request of a root's journal once more, each at its own "
        "time, by another access list, and shows those that come out "
        "otherwise: what a change would have let in or kept out. --json has "
        "all of them. Nothing is changed or recorded.\n\n"
        "  privyseal acl simulate acl.new --store root1",
    .run = run,
};
