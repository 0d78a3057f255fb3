/* SPDX-License-Identifier: Apache-2.0 */
/* privyseal acl diff */
#include <inttypes.h>
#include <stdio.h>

#include "acl_file.h"
#include "process.h"
#include "store.h"
#include "verbs.h"

struct changes {
    struct tool *tool;
    struct tool_table *table;
    size_t gains, losses;
    bool memory;
};

static void line_text(unsigned line, char out[static 16])
{
    if (line == 0)
        (void)snprintf(out, 16, "-");
    else
        (void)snprintf(out, 16, "%u", line);
}

static void each_change(void *arg, const struct iss_acl_change *change)
{
    struct changes *changes = arg;
    struct tool_json *json = &changes->tool->out.json;
    char before[16], after[16];

    if (change->gains)
        changes->gains++;
    else
        changes->losses++;
    if (changes->tool->out.as_json) {
        tool_json_open(json, NULL, '{');
        tool_json_text(json, "effect", change->gains ? "gains" : "loses");
        tool_json_text(json, "principal", change->principal);
        tool_json_number(json, "old-line", change->old_line);
        tool_json_number(json, "new-line", change->new_line);
        tool_json_text(json, "text", change->text);
        tool_json_close(json, '}');
        return;
    }
    line_text(change->old_line, before);
    line_text(change->new_line, after);
    changes->memory =
        tool_table_row(changes->table,
                       (const char *const[]){change->principal,
                                             change->gains ? "gains" : "loses",
                                             before, after, change->text}) &&
        changes->memory;
}

static void say_lists(struct tool *tool, const struct tool_acl *before,
                      const struct tool_acl *after)
{
    const uint32_t old_serial = iss_acl_serial(before->acl);
    const uint32_t new_serial = iss_acl_serial(after->acl);
    struct tool_json *json = &tool->out.json;

    if (tool->out.as_json) {
        tool_json_text(json, "old", tool->options.operands[0]);
        tool_json_text(json, "new", tool->options.operands[1]);
        tool_json_hex(json, "old-sha-256", iss_acl_hash(before->acl), 32);
        tool_json_hex(json, "new-sha-256", iss_acl_hash(after->acl), 32);
        tool_json_number(json, "old-serial", old_serial);
        tool_json_number(json, "new-serial", new_serial);
        return;
    }
    tool_acl_note(tool, after);
    tool_line(&tool->out, "serial", "%" PRIu32 " -> %" PRIu32, old_serial,
              new_serial);
    if (new_serial < old_serial)
        tool_text(&tool->out, TOOL_WARN,
                  "warning    the serial goes back: an older list?");
}

static enum iss_status compare(struct tool *tool, const struct tool_acl *before,
                               const struct tool_acl *after)
{
    static const char *const headings[] = {"who",      "effect", "old line",
                                           "new line", "what",   NULL};
    struct changes changes = {
        .tool = tool, .table = tool_table_new(headings), .memory = true};
    struct tool_json *json = &tool->out.json;
    enum iss_status status = ISS_OK;

    if (tool->out.as_json)
        tool_json_open(json, NULL, '{');
    say_lists(tool, before, after);
    if (tool->out.as_json)
        tool_json_open(json, "changes", '[');
    if (changes.table == NULL ||
        !iss_acl_diff(before->acl, after->acl, each_change, &changes) ||
        !changes.memory)
        status = tool_fail(tool, ISS_INTERNAL, "out of memory");
    if (tool->out.as_json) {
        tool_json_close(json, ']');
        tool_json_close(json, '}');
    } else if (status == ISS_OK && changes.gains + changes.losses == 0) {
        tool_text(&tool->out, TOOL_GOOD, "both decide the same");
    } else if (status == ISS_OK) {
        tool_table_print(changes.table, &tool->out);
    }
    tool_table_free(changes.table);
    return status;
}

static enum iss_status run(struct tool *tool)
{
    struct tool_acl before, after = {0};
    enum iss_status status =
        tool_acl_read(tool, tool->options.operands[0], &before);

    tool_process_only_prints();
    if (status == ISS_OK)
        status = tool_acl_read(tool, tool->options.operands[1], &after);
    if (status == ISS_OK)
        status = compare(tool, &before, &after);
    tool_acl_clear(&before);
    tool_acl_clear(&after);
    return status;
}

static const struct tool_use uses[] = {
    TOOL_USE_JSON,
    TOOL_USES_END,
};

const struct tool_verb tool_acl_diff = {
    .name = "acl diff",
    .summary = "who gains and who loses by a new access list",
    .operands = "OLD NEW",
    .least = 2,
    .most = 2,
    .uses = uses,
    .text =
        "Compares two valid access lists by what they mean: order, blanks, "
        "comments and why= do not count. A line for each rule or credential "
        "that is new, gone, wider or narrower, and who gains or loses by it. A "
        "deny that is new takes away. A list that is not valid is exit 2.\n\n"
        "  privyseal acl diff root1/acl acl.new",
    .run = run,
};
