/* SPDX-License-Identifier: Apache-2.0 */
/* The part --import: what came back is judged, shown and taken. */
#include <inttypes.h>
#include <stdlib.h>

#include "enroll.h"
#include "notice.h"
#include "prompt.h"
#include "resources.h"
#include "when.h"

enum iss_status tool_import_judge(struct tool *tool, struct tool_store *store,
                                  const char *path, struct iss_import **import)
{
    struct iss_import *judged = calloc(1, sizeof(*judged));
    char *text = NULL;
    size_t len = 0;
    enum iss_status status;

    *import = NULL;
    if (judged == NULL)
        return tool_fail(tool, ISS_INTERNAL, "out of memory");
    status = iss_read_file(path, XRML_CHAIN_MAX, &text, &len, &tool->error);
    if (status == ISS_OK)
        status = iss_import_check(store->iss, text, len, judged, &tool->error);
    free(text);
    if (status == ISS_OK) {
        *import = judged;
        return ISS_OK;
    }
    tool_import_free(judged);
    if (!tool_given(tool, TOOL_DRY_RUN))
        tool_notice_refusal(tool->verb->name, store->dir, status,
                            tool->error.text);
    return status;
}

void tool_import_free(struct iss_import *import)
{
    if (import == NULL)
        return;
    iss_import_clear(import);
    free(import);
}

/* Counted by calendar days, as people do. */
static int64_t days_gained(const struct iss_import *import)
{
    return import->after.until / TOOL_DAY - import->before.until / TOOL_DAY;
}

static void describe_changes(struct tool *tool, const struct iss_import *import)
{
    for (size_t i = 0; i < import->change_count; i++) {
        const struct iss_change *change = &import->changes[i];

        tool_part(&tool->out, change->consent ? TOOL_BAD : TOOL_PLAIN,
                  "%-10s %s: %s -> %s", change->consent ? "CHANGED" : "changed",
                  change->what, change->before, change->after);
        tool_end_line(&tool->out);
    }
    if (import->change_count == 0)
        tool_line(&tool->out, "unchanged", "key, name, URL, rights, issuer");
}

void tool_import_describe(struct tool *tool, const struct iss_import *import,
                          const struct iss_info *info, bool words)
{
    const struct xrml_fields *slc = xrml_fields(import->chain.documents[0]);
    const char *issuer = slc->issuer.name;
    char before[TOOL_DATE_SIZE] = "?", after[TOOL_DATE_SIZE] = "?";
    char hash[TOOL_HASH_SIZE] = "?";
    uint8_t key[32];

    (void)tool_date_print(import->after.until, after);
    tool_line(&tool->out, "store", "%s  (cluster %s)", info->dir, info->guid);
    if (import->again) {
        tool_line(&tool->out, "again",
                  "this certificate was imported before; nothing changes");
        return;
    }
    tool_line(&tool->out, "import", "SLC %s issued by %s, expires %s",
              slc->descriptor.id != NULL ? slc->descriptor.id : "-",
              issuer != NULL ? issuer : "-", after);
    if (xrml_key_hash(&slc->principal_key, key, NULL) == ISS_OK)
        tool_hash_groups(key, hash);
    tool_line(
        &tool->out, "matches",
        "the pending request, key %.19s\xe2\x80\xa6, chain ends in anchor "
        "\"%s\"",
        hash, import->anchor_name);
    if (import->before.present &&
        tool_date_print(import->before.until, before)) {
        tool_line(&tool->out, "expiry", "%s -> %s   (%+" PRId64 " days)",
                  before, after, days_gained(import));
        describe_changes(tool, import);
    }
    if (words)
        tool_line(&tool->out, "words", "%s", import->words);
}

void tool_import_json(struct tool *tool, const struct iss_import *import)
{
    struct tool_json *json = &tool->out.json;

    tool_json_bool(json, "again", import->again);
    tool_json_text(json, "words", import->words);
    if (import->before.present && !import->again) {
        tool_json_time(json, "until-before", import->before.until);
        tool_json_time(json, "until-after", import->after.until);
        tool_json_number(json, "days-gained", days_gained(import));
    }
    tool_json_open(json, "changes", '[');
    for (size_t i = 0; i < import->change_count; i++) {
        const struct iss_change *change = &import->changes[i];

        tool_json_open(json, NULL, '{');
        tool_json_text(json, "what", change->what);
        tool_json_text(json, "before", change->before);
        tool_json_text(json, "after", change->after);
        tool_json_bool(json, "needs-accept-change", change->consent);
        tool_json_close(json, '}');
    }
    tool_json_close(json, ']');
}

enum iss_status tool_import_consent(struct tool *tool,
                                    const struct iss_import *import)
{
    for (size_t i = 0; i < import->change_count; i++)
        if (import->changes[i].consent)
            return tool_fail(tool, ISS_NOT_CONFIRMED,
                             "the %s would change, from %s to %s: taken only "
                             "with --accept-change; nothing was changed",
                             import->changes[i].what, import->changes[i].before,
                             import->changes[i].after);
    return ISS_OK;
}

static enum iss_status agree(struct tool *tool, const struct iss_import *import)
{
    enum iss_status status = ISS_OK;

    if (!tool_given(tool, TOOL_ACCEPT_CHANGE))
        status = tool_import_consent(tool, import);
    if (status == ISS_OK && tool_given(tool, TOOL_CONFIRM_WORDS))
        status = tool_confirm_words(
            tool,
            "The eight words of the certificate, as they were read out where "
            "it was signed: ",
            import->words);
    if (status == ISS_OK)
        status = tool_confirm(tool, "Import this certificate?");
    return status;
}

static enum iss_status report(struct tool *tool, struct tool_store *store,
                              const struct iss_import *import)
{
    struct tool_json *json = &tool->out.json;
    struct iss_info info;
    enum iss_status status = iss_info(store->iss, &info, &tool->error);

    if (status != ISS_OK)
        return status;
    if (tool->out.as_json)
        tool_json_open(json, NULL, '{');
    tool_resources_print(tool, &info, tool_now());
    if (tool->out.as_json) {
        tool_import_json(tool, import);
        tool_json_close(json, '}');
    }
    return ISS_OK;
}

static void rehearsed(struct tool *tool, const struct iss_import *import)
{
    bool accepted = tool_given(tool, TOOL_ACCEPT_CHANGE);
    struct iss_error ignored = tool->error;

    if (!accepted && tool_import_consent(tool, import) != ISS_OK)
        tool_line(&tool->out, "needs", "--accept-change: %s", tool->error.text);
    tool->error = ignored;
    tool_line(&tool->out, "dry run", "nothing was changed");
    if (!tool->out.as_json)
        return;
    tool_json_open(&tool->out.json, NULL, '{');
    tool_import_json(tool, import);
    tool_json_bool(&tool->out.json, "dry-run", true);
    tool_json_close(&tool->out.json, '}');
}

enum iss_status tool_part_import(struct tool *tool, struct tool_store *store)
{
    unsigned flags =
        tool_given(tool, TOOL_ACCEPT_CHANGE) ? ISS_ACCEPT_CHANGE : 0;
    struct iss_import *import = NULL;
    struct iss_info info;
    enum iss_status status =
        tool_import_judge(tool, store, tool_value(tool, TOOL_IMPORT), &import);

    if (status == ISS_OK)
        status = iss_info(store->iss, &info, &tool->error);
    if (status != ISS_OK)
        goto out;
    /* Words that are to be typed must be read from elsewhere. */
    tool_import_describe(tool, import, &info,
                         !tool_given(tool, TOOL_CONFIRM_WORDS));
    if (tool_given(tool, TOOL_DRY_RUN)) {
        rehearsed(tool, import);
        goto out;
    }
    if (!import->again) {
        status = agree(tool, import);
        if (status == ISS_OK)
            status = iss_import_take(store->iss, import, flags, &tool->error);
    }
    if (status == ISS_OK)
        status = report(tool, store, import);
out:
    tool_import_free(import);
    return status;
}
