/* SPDX-License-Identifier: Apache-2.0 */
/* privyseal status */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "horizon.h"
#include "report.h"
#include "resources.h"
#include "status_missing.h"
#include "store.h"
#include "verbs.h"
#include "when.h"

enum {
    MEBIBYTE = 1 << 20,
    ROOM = 256, /* MiB that a journal should have before it */
    PAGE_MAX = 16 << 20
};

struct view { /* what is shown; owners NULL at first */
    struct tool_store store;
    struct iss_info info;
    int64_t now;
    struct xrml_chain chain;
    struct xrml_anchors *anchors;
    struct xrml_report verified;
    struct tool_horizon horizon;
    char missing[TOOL_MISSING_SIZE];
    enum iss_status standing; /* what the state amounts to */
};

/* ---- clock and room -------------------------------------------------------
 */

/* A clock that stands behind the journal has been set back, or the journal was
 * written under one that ran ahead: nothing is issued before that is known. */
static enum iss_status check_clock(struct tool *tool, struct view *view)
{
    struct iss_error error = {0};

    if (iss_may_issue(view->store.iss, &error) != ISS_CLOCK)
        return ISS_OK;
    return tool_fail(tool, ISS_CLOCK,
                     "%s: nothing is issued until they agree (an administrator "
                     "can say that the clock is right: --accept-time)",
                     error.text);
}

/* Where the journal cannot grow nothing is signed. */
static void print_room(struct tool *tool, const struct view *view)
{
    struct statvfs disk;
    uint64_t room;

    if (statvfs(view->info.dir, &disk) != 0)
        return;
    room = (uint64_t)disk.f_bavail * disk.f_frsize / MEBIBYTE;
    if (tool->out.as_json)
        tool_json_number(&tool->out.json, "free-mib", (int64_t)room);
    else if (room < ROOM)
        tool_text(&tool->out, TOOL_WARN,
                  "  only %llu MiB are free where the journal is: when it "
                  "cannot be written nothing is signed",
                  (unsigned long long)room);
}

/* ---- parts ----------------------------------------------------------------
 */

static const char *root_of(const struct view *view)
{
    return view->info.role == ISS_LICENSING && view->chain.count > 1
               ? xrml_fields(view->chain.documents[1])->principal.address
               : NULL;
}

static void print_missing(struct tool *tool, const struct view *view)
{
    if (tool->out.as_json)
        tool_json_text(&tool->out.json, "missing",
                       view->missing[0] != '\0' ? view->missing : NULL);
    else if (view->missing[0] != '\0')
        tool_text(&tool->out, TOOL_WARN,
                  "  init was interrupted: %s; the same privyseal init again "
                  "goes on",
                  view->missing);
}

/* Chain and anchors, as far as there are any. */
static void load_chain(struct view *view)
{
    const struct xrml_policy policy = {.now = view->now};
    struct iss_error ignored = {0};

    if (iss_chain(view->store.iss, &view->chain, &ignored) != ISS_OK)
        view->chain.count = 0;
    if (iss_anchors(view->store.iss, &view->anchors, &ignored) != ISS_OK)
        view->anchors = NULL;
    view->verified.status = ISS_KEY;
    if (view->chain.count > 0 && view->anchors != NULL)
        (void)(xrml_chain_verify(NULL, &view->chain, view->anchors, &policy,
                                 &view->verified, &ignored) == ISS_OK);
}

static enum iss_status load(struct tool *tool, struct view *view)
{
    enum iss_status status =
        iss_info(view->store.iss, &view->info, &tool->error);

    if (status == ISS_OK)
        status =
            tool_missing(tool, view->store.iss, &view->info, view->missing);
    if (status != ISS_OK)
        return status;
    if (view->info.state == ISS_ENROLLED || view->info.state == ISS_SLC_EXPIRED)
        view->info.state =
            view->now < view->info.slc.until ? ISS_ENROLLED : ISS_SLC_EXPIRED;
    load_chain(view);
    view->standing = view->missing[0] != '\0'
                         ? ISS_NOT_ENROLLED
                         : tool_resources_status(&view->info, view->now);
    return tool_horizon_load(tool, view->store.iss, view->now, &view->horizon);
}

struct names {
    struct tool_out *out;
    size_t count;
};

static bool each_member(void *arg, const struct iss_member *member)
{
    struct names *names = arg;

    if (names->out->as_json)
        tool_json_text(&names->out->json, NULL, member->name);
    else
        tool_part(names->out, TOOL_PLAIN, "%s%s",
                  names->count == 0 ? "  members " : ", ", member->name);
    names->count++;
    return true;
}

/* By name where there are several: the block is the same on each of them. */
static enum iss_status print_members(struct tool *tool, struct view *view)
{
    struct names names = {.out = &tool->out};
    enum iss_status status;

    if (!tool->out.as_json && view->info.members < 2)
        return ISS_OK;
    if (tool->out.as_json)
        tool_json_open(&tool->out.json, "member-names", '[');
    status = iss_members(view->store.iss, each_member, &names, &tool->error);
    if (tool->out.as_json)
        tool_json_close(&tool->out.json, ']');
    else
        tool_end_line(&tool->out);
    return status;
}

/* ---- page -----------------------------------------------------------------
 */

/* A page may be replaced by the next; anything else may not. */
static enum iss_status check_target(struct tool *tool, const char *path)
{
    char *text = NULL;
    size_t len = 0;
    enum iss_status status;

    if (access(path, F_OK) != 0)
        return ISS_OK;
    status = iss_read_file(path, PAGE_MAX, &text, &len, NULL);
    if (status != ISS_OK || !tool_report_is(text))
        status = tool_fail(tool, ISS_CONFLICT,
                           "%s: there already, and no page of privyseal: "
                           "another name, or remove it",
                           path);
    free(text);
    return status;
}

static enum iss_status write_page(struct tool *tool, const struct view *view)
{
    const char *path = tool_value(tool, TOOL_HTML);
    const struct tool_report report = {.info = &view->info,
                                       .horizon = &view->horizon,
                                       .chain = &view->chain,
                                       .anchors = view->anchors,
                                       .verified = &view->verified,
                                       .root = root_of(view),
                                       .missing = view->missing,
                                       .status = view->standing};
    char *text = NULL;
    size_t len = 0;
    FILE *file;
    enum iss_status status = check_target(tool, path);

    if (status != ISS_OK)
        return status;
    file = open_memstream(&text, &len);
    if (file == NULL)
        return tool_fail(tool, ISS_INTERNAL, "out of memory");
    tool_report_write(file, &report);
    if (fclose(file) != 0)
        status = tool_fail(tool, ISS_INTERNAL, "out of memory");
    if (status == ISS_OK)
        status = iss_publish(path, text, len, ISS_PUBLISH_FORCE, &tool->error);
    if (status == ISS_OK)
        tool_note(&tool->out, "wrote", "%s", path);
    free(text);
    return status;
}

/* ---- the verb -------------------------------------------------------------
 */

static enum iss_status print(struct tool *tool, struct view *view)
{
    enum iss_status status;

    tool_resources_below(tool, &view->info, root_of(view), view->now);
    status = print_members(tool, view);
    print_missing(tool, view);
    print_room(tool, view);
    if (status == ISS_OK && tool_given(tool, TOOL_HORIZON))
        status = tool_horizon_print(tool, &view->horizon);
    if (status == ISS_OK && tool_given(tool, TOOL_HTML))
        status = write_page(tool, view);
    if (status == ISS_OK && !tool_given(tool, TOOL_AT))
        status = check_clock(tool, view);
    return status == ISS_OK ? view->standing : status;
}

static enum iss_status show(struct tool *tool, struct view *view)
{
    struct tool_json *json = &tool->out.json;
    enum iss_status status = load(tool, view);

    if (status != ISS_OK)
        return status;
    if (tool->out.as_json)
        tool_json_open(json, NULL, '{');
    status = print(tool, view);
    if (tool->out.as_json) {
        tool_json_number(json, "exit", status);
        tool_json_text(json, "meaning", iss_status_text(status));
        tool_json_close(json, '}');
    }
    return status;
}

/* The folder is a store's, but init stopped before there was a journal. */
static enum iss_status not_begun(struct tool *tool, const char *dir)
{
    struct tool_json *json = &tool->out.json;

    tool->error = (struct iss_error){0};
    if (!tool->out.as_json) {
        tool_text(&tool->out, TOOL_STRONG, "Cluster resources");
        tool_text(&tool->out, TOOL_WARN,
                  "  init was interrupted: %s has a configuration and no "
                  "journal yet; the same privyseal init again goes on",
                  dir);
        return ISS_NOT_ENROLLED;
    }
    tool_json_open(json, NULL, '{');
    tool_json_text(json, "store", dir);
    tool_json_text(json, "state", "unenrolled");
    tool_json_text(json, "missing", "no journal");
    tool_json_number(json, "exit", ISS_NOT_ENROLLED);
    tool_json_text(json, "meaning", iss_status_text(ISS_NOT_ENROLLED));
    tool_json_close(json, '}');
    return ISS_NOT_ENROLLED;
}

static enum iss_status run(struct tool *tool)
{
    struct view *view = calloc(1, sizeof(*view));
    enum iss_status status = ISS_OK;

    if (view == NULL)
        return tool_fail(tool, ISS_INTERNAL, "out of memory");
    view->now = tool_now();
    if (tool_given(tool, TOOL_AT))
        status = tool_time_parse("at", tool_value(tool, TOOL_AT), &view->now,
                                 &tool->error);
    if (status != ISS_OK)
        goto out;
    status = tool_store_open(tool, TOOL_LOOK, &view->store);
    if (status == ISS_OK)
        status = show(tool, view);
    else if (view->store.dir != NULL && tool_missing_all(view->store.dir))
        status = not_begun(tool, view->store.dir);
    status = tool_store_close(tool, &view->store, status);
    tool_horizon_clear(&view->horizon);
    xrml_chain_clear(&view->chain);
    xrml_anchors_free(view->anchors);
out:
    free(view);
    return status;
}

static const struct tool_use uses[] = {
    {TOOL_STORE, "the store's folder; default: $PRIVYSEAL_STORE"},
    {TOOL_AT, "how it will stand then: now, YYYY-MM-DD or YYYY-MM-DDThh:mm, "
              "UTC"},
    {TOOL_HORIZON, "also every certificate, anchor, proof and license: when "
                   "it ends, and what stops working then"},
    {TOOL_HTML, "all of it as one page with a plot, which needs nothing else; "
                "an older page there is replaced"},
    TOOL_USE_QUIET,
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
            "certificate expires within 30 or 7 days (events 16 and 17), 14 it "
            "has expired (event 18), 15 the clock cannot be trusted.\n\n"
            "  privyseal status --store root1 --at 2027-03-01\n"
            "  privyseal status --store root1 --horizon --html root1.html",
    .run = run,
};
