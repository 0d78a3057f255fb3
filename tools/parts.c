/* SPDX-License-Identifier: Apache-2.0 */
/* Verbs that do one of several things, each chosen by an option of its own. */
#include <stdio.h>
#include <string.h>

#include "enroll.h"
#include "prompt.h"

enum { LIST_SIZE = 160 };

static bool goes_with(const struct tool_part *part, enum tool_option option)
{
    for (size_t i = 0; i < TOOL_WITH_MAX && part->with[i] != TOOL_HELP; i++)
        if (part->with[i] == option)
            return true;
    return false;
}

/* "--export, --import FILE, --abandon" */
static void list_parts(const struct tool_part *parts, size_t count,
                       char list[static LIST_SIZE])
{
    size_t used = 0;

    list[0] = '\0';
    for (size_t i = 0; i < count && used < LIST_SIZE; i++) {
        const struct tool_option_info *info = tool_option_info(parts[i].option);

        used += (size_t)snprintf(list + used, LIST_SIZE - used, "%s--%s%s%s",
                                 i == 0 ? "" : ", ", info->name,
                                 info->value != NULL ? " " : "",
                                 info->value != NULL ? info->value : "");
    }
}

/* An option of another part is a mistake, not a thing to be passed over. */
static enum iss_status check_options(struct tool *tool,
                                     const struct tool_part *chosen,
                                     const struct tool_part *parts,
                                     size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < TOOL_WITH_MAX; k++) {
            enum tool_option option = parts[i].with[k];

            if (option == TOOL_HELP)
                break;
            if (tool_given(tool, option) && !goes_with(chosen, option))
                return tool_fail(tool, ISS_USAGE, "--%s goes with --%s",
                                 tool_option_info(option)->name,
                                 tool_option_info(parts[i].option)->name);
        }
    if (!chosen->path && tool->options.operand_count > 0)
        return tool_fail(tool, ISS_USAGE, "one word too many: %s",
                         tool->options.operands[0]);
    return ISS_OK;
}

static enum iss_status choose(struct tool *tool, const struct tool_part *parts,
                              size_t count, const struct tool_part **chosen)
{
    char list[LIST_SIZE];
    size_t given = 0;

    for (size_t i = 0; i < count; i++) {
        if (!tool_given(tool, parts[i].option))
            continue;
        *chosen = &parts[i];
        given++;
    }
    if (given == 1)
        return check_options(tool, *chosen, parts, count);
    list_parts(parts, count, list);
    return tool_fail(tool, ISS_USAGE, "one of %s; see privyseal %s --help",
                     list, tool->verb->name);
}

enum iss_status tool_parts_run(struct tool *tool, const struct tool_part *parts,
                               size_t count)
{
    const struct tool_part *part = NULL;
    struct tool_store store;
    enum iss_status status = choose(tool, parts, count, &part);

    if (status != ISS_OK)
        return status;
    /* A rehearsal must neither record nor sign. */
    status = tool_store_open(
        tool, tool_given(tool, TOOL_DRY_RUN) ? TOOL_LOOK : TOOL_CHANGE, &store);
    if (status == ISS_OK)
        status = tool_accept_time(tool, &store);
    if (status == ISS_OK)
        status = part->run(tool, &store);
    return tool_store_close(tool, &store, status);
}

struct self { /* whether this machine is a member that has joined */
    const char *name;
    size_t seen;
    bool joined;
};

/* The first member is the one that was enrolled. */
static bool find_self(void *arg, const struct iss_member *member)
{
    struct self *self = arg;

    self->joined = self->seen++ > 0 && strcmp(member->name, self->name) == 0;
    return !self->joined;
}

static enum iss_status check_member(struct tool *tool, struct tool_store *store)
{
    const struct iss_env *env = &store->env.iss;
    struct self self = {.name = env->member != NULL ? env->member : env->host};
    enum iss_status status =
        iss_members(store->iss, find_self, &self, &tool->error);

    if (status == ISS_OK && self.joined)
        status = tool_fail(tool, ISS_REFUSED,
                           "%s: %s is a joined member: members are not "
                           "enrolled, they have the certificate of their "
                           "cluster",
                           store->dir, self.name);
    return status;
}

enum iss_status tool_role_check(struct tool *tool, struct tool_store *store,
                                const struct iss_info *info, enum iss_op op)
{
    static const struct {
        enum iss_role role;
        enum iss_op op;
        const char *text;
    } wrong[] = {
        {ISS_LICENSING, ISS_ENROLL,
         "a licensing server is enrolled at its root: privyseal subenroll"},
        {ISS_ROOT, ISS_SUB_ENROLL,
         "a root is enrolled at an authority: privyseal enroll"},
    };

    if (info->role == ISS_AUTHORITY)
        return tool_fail(tool, ISS_USAGE,
                         "%s: an authority is not enrolled, it enrolls others",
                         info->dir);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        if (info->role == wrong[i].role && op == wrong[i].op)
            return tool_fail(tool, ISS_USAGE, "%s: %s", info->dir,
                             wrong[i].text);
    return op == ISS_ENROLL || op == ISS_SUB_ENROLL ? check_member(tool, store)
                                                    : ISS_OK;
}

enum iss_status tool_part_abandon(struct tool *tool, struct tool_store *store)
{
    struct iss_info info;
    enum iss_status status = iss_info(store->iss, &info, &tool->error);

    if (status != ISS_OK)
        return status;
    if (tool_given(tool, TOOL_DRY_RUN)) {
        tool_line(&tool->out, "pending", "the request would be given up");
        return ISS_OK;
    }
    /* who has certified the new key takes the old one for a past one */
    if (info.state == ISS_RENEWAL_PENDING)
        tool_note(
            &tool->out, "note",
            "if a new key was asked for and has been certified already, "
            "ask with renew --rekey again: the old key can renew no more");
    status = tool_confirm(
        tool, "Give the pending request up? An answer to it will not be "
              "taken any more.");
    if (status == ISS_OK)
        status = iss_abandon(store->iss, &tool->error);
    if (status != ISS_OK)
        return status;
    tool_line(&tool->out, "abandoned", "%s has no pending request", store->dir);
    if (tool->out.as_json) {
        tool_json_open(&tool->out.json, NULL, '{');
        tool_json_text(&tool->out.json, "store", store->dir);
        tool_json_bool(&tool->out.json, "abandoned", true);
        tool_json_close(&tool->out.json, '}');
    }
    return ISS_OK;
}
