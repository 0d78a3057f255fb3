/* SPDX-License-Identifier: Apache-2.0 */
/* privyseal acl check */
#include <inttypes.h>

#include "acl_file.h"
#include "process.h"
#include "store.h"
#include "verbs.h"
#include "when.h"

struct warnings {
    struct tool *tool;
    const char *path;
    size_t count;
};

static void each_warning(void *arg, unsigned line, const char *text)
{
    struct warnings *warnings = arg;
    struct tool_out *out = &warnings->tool->out;

    warnings->count++;
    if (out->as_json) {
        tool_json_open(&out->json, NULL, '{');
        tool_json_number(&out->json, "line", line);
        tool_json_text(&out->json, "text", text);
        tool_json_close(&out->json, '}');
        return;
    }
    tool_part(out, TOOL_WARN, "%-10s ", "warning");
    tool_text(out, TOOL_PLAIN, "%s:%u: %s", warnings->path, line, text);
}

static void print_text(struct tool *tool, const char *path,
                       const struct tool_acl *list)
{
    struct tool_out *out = &tool->out;
    char hash[TOOL_HASH_SIZE];

    if (list->acl != NULL) {
        tool_hash_groups(iss_acl_hash(list->acl), hash);
        tool_line(out, "list", "%s   serial %" PRIu32 "   %zu rule%s", path,
                  iss_acl_serial(list->acl), iss_acl_rule_count(list->acl),
                  iss_acl_rule_count(list->acl) == 1 ? "" : "s");
        tool_line(out, "sha-256", "%s", hash);
    }
    if (list->unsafe[0] == '\0')
        tool_line(out, "owner", "nobody but root and you can have written it");
    tool_text(out, TOOL_STRONG, "default: deny");
}

static void print_json(struct tool *tool, const char *path,
                       const struct tool_acl *list)
{
    struct tool_json *json = &tool->out.json;

    tool_json_text(json, "file", path);
    tool_json_text(json, "default", "deny");
    tool_json_bool(json, "valid", list->acl != NULL);
    tool_json_bool(json, "safe", list->unsafe[0] == '\0');
    if (list->unsafe[0] != '\0')
        tool_json_text(json, "unsafe", list->unsafe);
    if (list->acl == NULL) {
        tool_json_text(json, "error", tool->error.text);
        return;
    }
    tool_json_hex(json, "sha-256", iss_acl_hash(list->acl), 32);
    tool_json_number(json, "serial", iss_acl_serial(list->acl));
    tool_json_number(json, "rules", (int64_t)iss_acl_rule_count(list->acl));
}

static enum iss_status run(struct tool *tool)
{
    struct warnings warnings = {.tool = tool,
                                .path = tool->options.operands[0]};
    struct tool_json *json = &tool->out.json;
    struct tool_acl list;
    int64_t now = tool_now();
    enum iss_status status = ISS_OK;

    tool_process_only_prints();
    if (tool_given(tool, TOOL_AT))
        status = tool_time_parse("at", tool_value(tool, TOOL_AT), &now,
                                 &tool->error);
    if (status != ISS_OK)
        return status;
    status = tool_acl_read(tool, warnings.path, &list);
    if (tool->out.as_json) {
        tool_json_open(json, NULL, '{');
        print_json(tool, warnings.path, &list);
        tool_json_open(json, "warnings", '[');
    } else {
        print_text(tool, warnings.path, &list);
    }
    if (list.acl != NULL)
        iss_acl_review(list.acl, now, each_warning, &warnings);
    if (status == ISS_OK && list.unsafe[0] != '\0')
        status = tool_fail(tool, ISS_USAGE, "%s", list.unsafe);
    if (tool->out.as_json) {
        tool_json_close(json, ']');
        tool_json_number(json, "exit", status);
        tool_json_close(json, '}');
    } else if (status == ISS_OK) {
        tool_text(&tool->out, warnings.count > 0 ? TOOL_WARN : TOOL_GOOD,
                  "valid%s", warnings.count > 0 ? ", with warnings" : "");
    }
    tool_acl_clear(&list);
    return status;
}

static const struct tool_use uses[] = {
    {TOOL_AT, "what will have expired then: now, YYYY-MM-DD or "
              "YYYY-MM-DDThh:mm, UTC"},
    TOOL_USE_JSON,
    TOOL_USES_END,
};

const struct tool_verb tool_acl_check = {
    .name = "acl check",
    .summary = "whether an access list is valid, what is unwise in it",
    .operands = "FILE",
    .least = 1,
    .most = 1,
    .uses = uses,
    .text =
        "Reads an access list as a root does before each decision: its form, "
        "and that nobody but root and you can have written it (owner, mode, "
        "links, the folders above). What is not valid is named with its line, "
        "exit 2: such a list denies everything. Then come warnings of what is "
        "valid and unwise: rules that never end, that let the requester choose "
        "a name, that allow nothing.\n\n"
        "Write a new file, check it, and rename it to STORE/acl: it holds from "
        "the next decision on.\n\n"
        "  privyseal acl check acl.new && mv acl.new root1/acl",
    .run = run,
};
