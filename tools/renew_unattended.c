/* SPDX-License-Identifier: Apache-2.0 */
/* privyseal renew --unattended */
#include "renew.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "enroll.h"
#include "notice.h"
#include "resources.h"
#include "when.h"

enum { DAYS_MAX = 36525 };

enum deed { NOTHING, TAKEN, ASKED };

static const char *const deeds[] = {
    [NOTHING] = "nothing", [TAKEN] = "imported", [ASKED] = "exported"};

bool tool_renew_due(int64_t until, int64_t now, unsigned long days)
{
    return now >= until - (int64_t)days * TOOL_DAY;
}

static enum iss_status check_folder(struct tool *tool, const char *dir)
{
    struct stat file;

    if (stat(dir, &file) != 0)
        return tool_fail(tool, ISS_USAGE, "--unattended %s: %s", dir,
                         strerror(errno));
    if (!S_ISDIR(file.st_mode))
        return tool_fail(tool, ISS_USAGE, "--unattended %s: not a folder", dir);
    return ISS_OK;
}

/* Events are told once for each certificate; the journal knows which. */
static enum iss_status tell_event(struct tool *tool, struct tool_store *store,
                                  const struct iss_info *info)
{
    int event = 0;
    enum iss_status status = ISS_OK;

    if (!tool_given(tool, TOOL_DRY_RUN))
        status = iss_event(store->iss, &event, &tool->error);
    if (status != ISS_OK || event == 0)
        return status;
    tool_line(&tool->out, "event", "%d", event);
    tool_notice_event(event, info->name, info->slc.until);
    return ISS_OK;
}

/* The answer that lies in the folder. One that was imported before, the last
 * renewal's, says nothing new. */
static enum iss_status take_answer(struct tool *tool, struct tool_store *store,
                                   const struct iss_info *info,
                                   const char *path, enum deed *deed)
{
    struct iss_import *import = NULL;
    enum iss_status status;

    if (access(path, F_OK) != 0)
        return ISS_OK;
    status = tool_import_judge(tool, store, path, &import);
    if (status != ISS_OK || import->again)
        goto out;
    tool_import_describe(tool, import, info, true);
    status = tool_import_consent(tool, import);
    if (status == ISS_OK && !tool_given(tool, TOOL_DRY_RUN))
        status = iss_import_take(store->iss, import, 0, &tool->error);
    if (status == ISS_OK)
        *deed = TAKEN;
    else
        tool_notice_refusal(tool->verb->name, store->dir, status,
                            tool->error.text);
out:
    tool_import_free(import);
    return status;
}

/* Files of an earlier renewal give way to those of this one: the folder is for
 * nothing else. */
static enum iss_status ask(struct tool *tool, struct tool_store *store,
                           enum deed *deed)
{
    const struct tool_export order = {.op = ISS_RENEW,
                                      .where =
                                          tool_value(tool, TOOL_UNATTENDED),
                                      .force = true};
    struct tool_exported *exported;
    enum iss_status status;

    *deed = ASKED;
    if (tool_given(tool, TOOL_DRY_RUN)) {
        tool_line(&tool->out, "would write", "the request to %s", order.where);
        return ISS_OK;
    }
    exported = calloc(1, sizeof(*exported));
    if (exported == NULL)
        return tool_fail(tool, ISS_INTERNAL, "out of memory");
    status = tool_export(tool, store, &order, exported);
    if (status == ISS_OK && !tool->out.as_json)
        tool_exported_print(tool, exported);
    tool_exported_clear(exported);
    free(exported);
    return status;
}

static enum iss_status report(struct tool *tool, struct tool_store *store,
                              enum deed deed)
{
    struct tool_json *json = &tool->out.json;
    struct iss_info info;
    int64_t now = tool_now();
    enum iss_status status = iss_info(store->iss, &info, &tool->error);

    if (status != ISS_OK)
        return status;
    status = tool_resources_status(&info, now);
    if (deed == NOTHING)
        tool_line(&tool->out, "renewal", "nothing to do");
    if (tool->out.as_json) {
        tool_json_open(json, NULL, '{');
        tool_resources_print(tool, &info, now);
        tool_json_text(json, "done", deeds[deed]);
        if (tool_given(tool, TOOL_DRY_RUN))
            tool_json_bool(json, "dry-run", true);
        tool_json_number(json, "exit", status);
        tool_json_close(json, '}');
    } else if (deed == TAKEN && !tool_given(tool, TOOL_DRY_RUN)) {
        tool_resources_print(tool, &info, now);
    }
    return status;
}

/* A first enrollment is a person's matter; so is a certificate without end. */
static bool renews(const struct iss_info *info, int64_t now, unsigned long days)
{
    return info->generation > 0 && info->slc.present &&
           tool_renew_due(info->slc.until, now, days);
}

enum iss_status tool_renew_unattended(struct tool *tool,
                                      struct tool_store *store)
{
    const char *dir = tool_value(tool, TOOL_UNATTENDED);
    unsigned long days = TOOL_WINDOW;
    char path[ISS_PATH_MAX];
    struct iss_info info;
    enum deed deed = NOTHING;
    enum iss_status status = tool_option_number(&tool->options, TOOL_DAYS,
                                                DAYS_MAX, &days, &tool->error);
    int len;

    if (status == ISS_OK)
        status = check_folder(tool, dir);
    if (status == ISS_OK)
        status = iss_info(store->iss, &info, &tool->error);
    if (status == ISS_OK)
        status = tool_role_check(tool, store, &info, ISS_RENEW);
    if (status != ISS_OK)
        return status;
    len = snprintf(path, sizeof(path), "%s/%s.slc.xml", dir, info.name);
    if (len < 0 || (size_t)len >= sizeof(path))
        return tool_fail(tool, ISS_USAGE, "%s: the path is too long", dir);
    tool_line(&tool->out, "store", "%s", store->dir);
    status = tell_event(tool, store, &info);
    if (status == ISS_OK)
        status = iss_info(store->iss, &info, &tool->error);
    if (status == ISS_OK && info.generation > 0 && info.pending_since != 0)
        status = take_answer(tool, store, &info, path, &deed);
    if (status == ISS_OK && deed == NOTHING && renews(&info, tool_now(), days))
        status = ask(tool, store, &deed);
    return status == ISS_OK ? report(tool, store, deed) : status;
}
