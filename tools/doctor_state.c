/* SPDX-License-Identifier: Apache-2.0 */
/* A store's journal, clock, certificate, anchors and access list. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include "doctor_find.h"
#include "issuer/acl.h"
#include "resources.h"
#include "status_missing.h"
#include "when.h"

enum { MEBIBYTE = 1 << 20, ROOM = 256, POLICY_MAX = 64 * 1024 };

/* ---- clock ----------------------------------------------------------------
 */

/* The kernel knows whether something keeps its clock right. */
static void check_synchronised(struct tool_check *check)
{
    struct timex state = {.modes = 0};
    const int answer = adjtimex(&state);

    if (answer < 0)
        tool_find(check, TOOL_NOTE, ISS_OK, "clock", NULL,
                  "whether it is kept right is not known here: %s",
                  strerror(errno));
    else if (answer == TIME_ERROR || (state.status & STA_UNSYNC) != 0)
        tool_find(check, TOOL_NOTE, ISS_OK, "clock",
                  "NTP where there is a network; without one compare it with "
                  "another before each ceremony",
                  "nothing keeps it right (the kernel says: not synchronised)");
    else
        tool_find(check, TOOL_WELL, ISS_OK, "clock", NULL,
                  "synchronised, the kernel says to within %ld ms",
                  state.maxerror / 1000);
}

void tool_doctor_clock(struct tool_check *check)
{
    char now[TOOL_TIME_SIZE] = "?";
    struct iss_error error = {0};

    check_synchronised(check);
    if (check->iss == NULL)
        return;
    (void)tool_time_print(check->now, now);
    if (iss_may_issue(check->iss, &error) == ISS_CLOCK)
        tool_find(check, TOOL_ERROR, ISS_CLOCK, "clock",
                  "set the clock right; where it is right and the journal was "
                  "written under a wrong one: --accept-time",
                  "%s; nothing is issued", error.text);
    else
        tool_find(check, TOOL_WELL, ISS_OK, "clock", NULL,
                  "%s, not behind the journal", now);
}

/* ---- journal --------------------------------------------------------------
 */

static void check_journal(struct tool_check *check)
{
    const struct iss_info *info = &check->info;

    if (info->unfinished > 0)
        tool_find(check, TOOL_WARNING, ISS_OK, "journal",
                  "run the interrupted command again with the same request: it "
                  "finishes the signature, with the same octets",
                  "%" PRIu64 " signature%s begun and not finished",
                  info->unfinished, info->unfinished == 1 ? "" : "s");
    else
        tool_find(check, TOOL_WELL, ISS_OK, "journal", NULL,
                  "%" PRIu64 " records, whole from the last checkpoint on "
                  "(privyseal log verify looks at all)",
                  info->journal_size);
}

static void check_missing(struct tool_check *check)
{
    char missing[TOOL_MISSING_SIZE];
    struct iss_error error = check->tool->error;

    if (tool_missing(check->tool, check->iss, &check->info, missing) ==
        ISS_OK) {
        if (missing[0] != '\0')
            tool_find(check, TOOL_ERROR, ISS_NOT_ENROLLED, "init",
                      "the same privyseal init again goes on where it stopped",
                      "was interrupted: %s", missing);
    } else {
        tool_find(check, TOOL_ERROR, check->tool->error.status, "store", NULL,
                  "%s", check->tool->error.text);
    }
    check->tool->error = error;
}

static void check_room(struct tool_check *check)
{
    struct statvfs disk;
    uint64_t room;

    if (statvfs(check->dir, &disk) != 0)
        return;
    room = (uint64_t)disk.f_bavail * disk.f_frsize / MEBIBYTE;
    if (room < ROOM || (disk.f_files > 0 && disk.f_favail == 0))
        tool_find(check, TOOL_WARNING, ISS_OK, "room",
                  "make room: where the journal cannot be written nothing is "
                  "signed",
                  "%" PRIu64 " MiB are free where the store is", room);
    else
        tool_find(check, TOOL_WELL, ISS_OK, "room", NULL,
                  "%" PRIu64 " MiB are free where the store is", room);
}

/* ---- certificate ----------------------------------------------------------
 */

static const char *cure_of(enum iss_status status)
{
    static const struct {
        enum iss_status status;
        const char *cure;
    } cures[] = {
        {ISS_NOT_ENROLLED, "privyseal enroll --export (a licensing server: "
                           "privyseal subenroll --export)"},
        {ISS_PENDING, "carry the request, and import the answer"},
        {ISS_EXPIRES_MONTH, "privyseal renew --export"},
        {ISS_EXPIRES_WEEK, "privyseal renew --export, today"},
        {ISS_EXPIRED, "privyseal renew --export: it works after expiry too"}};

    for (size_t i = 0; i < sizeof(cures) / sizeof(cures[0]); i++)
        if (cures[i].status == status)
            return cures[i].cure;
    return NULL;
}

static void check_certificate(struct tool_check *check)
{
    const enum iss_status standing =
        tool_resources_status(&check->info, check->now);
    const char *text = iss_status_text(standing);
    struct iss_error why = {0};

    if (check->iss != NULL && iss_may_issue(check->iss, &why) == ISS_REVOKED)
        tool_find(check, TOOL_ERROR, ISS_REVOKED, "certificate",
                  "ask who revoked it; a new one: privyseal renew --export",
                  "%s", why.text);
    else if (standing == ISS_OK)
        tool_find(check, TOOL_WELL, ISS_OK, "certificate", NULL, "valid now");
    else if (standing == ISS_EXPIRED)
        tool_find(check, TOOL_ERROR, ISS_EXPIRED, "certificate",
                  cure_of(standing), "%s: nothing is issued", text);
    else
        tool_find(check,
                  standing == ISS_PENDING || standing == ISS_NOT_ENROLLED
                      ? TOOL_NOTE
                      : TOOL_WARNING,
                  ISS_OK, "certificate", cure_of(standing), "%s", text);
}

static void check_anchors(struct tool_check *check)
{
    const struct xrml_policy policy = {.now = check->now};
    struct xrml_report *report = calloc(1, sizeof(*report));
    struct xrml_anchors *anchors = NULL;
    struct xrml_chain chain = {0};
    struct iss_error error = {0}, none = {0};
    enum iss_status status;

    if (report == NULL)
        return;
    status = iss_anchors(check->iss, &anchors, &error);
    if (status == ISS_OK && iss_chain(check->iss, &chain, &none) == ISS_OK)
        status =
            xrml_chain_verify(NULL, &chain, anchors, &policy, report, &error);
    if (status != ISS_OK)
        tool_find(check, TOOL_ERROR, status, "anchors",
                  "anchors.pem has to be the file that the authority gave, "
                  "compared by its words",
                  "%s", error.text);
    else
        tool_find(check, TOOL_WELL, ISS_OK, "anchors", NULL, "%zu pinned%s",
                  xrml_anchors_count(anchors),
                  chain.count > 0 ? ", and the own chain ends in one of them"
                                  : "");
    xrml_chain_clear(&chain);
    xrml_anchors_free(anchors);
    free(report);
}

/* ---- what may be issued ---------------------------------------------------
 */

struct warnings {
    struct tool_check *check;
    const char *path;
};

static void each_warning(void *arg, unsigned line, const char *text)
{
    const struct warnings *warnings = arg;

    tool_find(warnings->check, TOOL_WARNING, ISS_OK, "access list", NULL,
              "%s:%u: %s", warnings->path, line, text);
}

static void check_acl(struct tool_check *check, const char *path)
{
    struct warnings warnings = {.check = check, .path = path};
    struct iss_error error = {0};
    struct iss_acl *acl = NULL;
    char *text = NULL;
    size_t len = 0;
    enum iss_status status = iss_acl_read(path, &text, &len, &error);

    if (status == ISS_OK)
        status = iss_acl_parse(path, text, len, &acl, &error);
    if (status != ISS_OK) {
        tool_find(check, TOOL_ERROR, ISS_REFUSED, "access list",
                  "privyseal acl check FILE, until it is valid", "%s",
                  error.text);
    } else {
        tool_find(check, TOOL_WELL, ISS_OK, "access list", NULL,
                  "%zu rule%s, default: deny", iss_acl_rule_count(acl),
                  iss_acl_rule_count(acl) == 1 ? "" : "s");
        iss_acl_review(acl, check->now, each_warning, &warnings);
    }
    iss_acl_free(acl);
    free(text);
}

/* An empty request is refused by any policy, but only after it was read. */
static void check_policy(struct tool_check *check, const char *path)
{
    struct iss_verdict *verdict = calloc(1, sizeof(*verdict));
    struct iss_error error = {0};
    struct iss_order order = {.text = ""};
    char *text = NULL;
    enum iss_status status;

    if (verdict == NULL)
        return;
    status = iss_read_file(path, POLICY_MAX, &text, &order.policy_len, &error);
    order.policy = text;
    if (status == ISS_OK)
        status = iss_request_check(NULL, &order, check->now, verdict, &error);
    if (status == ISS_USAGE)
        tool_find(check, TOOL_ERROR, ISS_USAGE, "policy",
                  "correct it: every request is refused until then", "%s",
                  error.text);
    else
        tool_find(check, TOOL_WELL, ISS_OK, "policy", NULL, "%s is understood",
                  path);
    free(text);
    free(verdict);
}

static void check_rules(struct tool_check *check)
{
    const bool root = check->info.role == ISS_ROOT;
    char path[ISS_PATH_MAX];
    const int len = snprintf(path, sizeof(path), "%s/%s", check->dir,
                             root ? "acl" : "policy.conf");

    if (check->info.role == ISS_LICENSING || len < 0 || len >= ISS_PATH_MAX)
        return;
    if (access(path, F_OK) != 0)
        tool_find(check, TOOL_NOTE, ISS_OK, root ? "access list" : "policy",
                  root ? "privyseal acl template" : NULL, "%s",
                  root ? "there is none: no server may sub-enroll here"
                       : "there is no policy.conf: the defaults hold");
    else if (root)
        check_acl(check, path);
    else
        check_policy(check, path);
}

/* ---- members --------------------------------------------------------------
 */

static void each_mismatch(void *arg, const struct iss_mismatch *mismatch)
{
    tool_find(arg, TOOL_ERROR, ISS_CLUSTER, "cluster",
              "make the member as the others are, or let it join anew: "
              "privyseal cluster join",
              "%s%s%s: %s", mismatch->member,
              mismatch->member[0] != '\0' ? ", " : "", mismatch->what,
              mismatch->text);
}

static void check_members(struct tool_check *check)
{
    const size_t before = check->found[TOOL_ERROR];
    struct iss_error error = {0};
    enum iss_status status;

    if (check->info.members < 2)
        return;
    status = iss_cluster_check(check->iss, NULL, each_mismatch, check, &error);
    if (status == ISS_OK)
        tool_find(check, TOOL_WELL, ISS_OK, "cluster", NULL,
                  "%zu members, all alike", check->info.members);
    else if (check->found[TOOL_ERROR] == before)
        tool_find(check, TOOL_ERROR, status, "cluster", NULL, "%s", error.text);
}

void tool_doctor_state(struct tool_check *check)
{
    check_room(check);
    if (check->iss == NULL)
        return;
    check_missing(check);
    check_journal(check);
    check_certificate(check);
    check_anchors(check);
    check_rules(check);
    check_members(check);
}
