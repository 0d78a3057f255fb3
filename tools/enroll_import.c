/* SPDX-License-Identifier: Apache-2.0 */
/* privyseal enroll --import */
#include <stdlib.h>

#include "enroll.h"
#include "prompt.h"
#include "resources.h"
#include "when.h"

static void describe(struct tool *tool, const struct iss_import *import,
                     const struct iss_info *info)
{
    const struct xrml_fields *slc = xrml_fields(import->chain.documents[0]);
    const char *issuer = slc->issuer.name;
    char before[TOOL_DATE_SIZE] = "?", after[TOOL_DATE_SIZE] = "?";
    char hash[TOOL_HASH_SIZE];

    (void)tool_date_print(import->after.until, after);
    tool_line(&tool->out, "store", "%s  (cluster %s)", info->dir, info->guid);
    tool_line(&tool->out, "import", "SLC %s issued by %s, expires %s",
              slc->descriptor.id != NULL ? slc->descriptor.id : "-",
              issuer != NULL ? issuer : "-", after);
    tool_hash_groups(info->key_hash, hash);
    tool_line(
        &tool->out, "matches",
        "the pending request, key %.19s\xe2\x80\xa6, chain ends in anchor "
        "\"%s\"",
        hash, import->anchor_name);
    if (import->before.present && tool_date_print(import->before.until, before))
        tool_line(&tool->out, "changes", "expiry %s -> %s", before, after);
    /* Words that are to be typed must be read from elsewhere. */
    if (!tool_given(tool, TOOL_CONFIRM_WORDS))
        tool_line(&tool->out, "words", "%s", import->words);
}

static enum iss_status agree(struct tool *tool, const struct iss_import *import)
{
    enum iss_status status = ISS_OK;

    if (tool_given(tool, TOOL_CONFIRM_WORDS))
        status = tool_confirm_words(
            tool,
            "The eight words of the certificate, as the authority has "
            "them: ",
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
        tool_json_bool(json, "again", import->again);
        tool_json_text(json, "words", import->words);
        tool_json_close(json, '}');
    }
    return ISS_OK;
}

static enum iss_status rehearsed(struct tool *tool,
                                 const struct iss_import *import)
{
    tool_line(&tool->out, "dry run", "nothing was changed");
    if (tool->out.as_json) {
        tool_json_open(&tool->out.json, NULL, '{');
        tool_json_text(&tool->out.json, "words", import->words);
        tool_json_bool(&tool->out.json, "again", import->again);
        tool_json_bool(&tool->out.json, "dry-run", true);
        tool_json_close(&tool->out.json, '}');
    }
    return ISS_OK;
}

enum iss_status tool_enroll_import(struct tool *tool, struct tool_store *store)
{
    const char *path = tool_value(tool, TOOL_IMPORT);
    struct iss_import *import = calloc(1, sizeof(*import));
    struct iss_info info;
    char *text = NULL;
    size_t len = 0;
    enum iss_status status;

    if (import == NULL)
        return tool_fail(tool, ISS_INTERNAL, "out of memory");
    status = iss_read_file(path, XRML_CHAIN_MAX, &text, &len, &tool->error);
    if (status == ISS_OK)
        status = iss_import_check(store->iss, text, len, import, &tool->error);
    if (status == ISS_OK)
        status = iss_info(store->iss, &info, &tool->error);
    if (status != ISS_OK)
        goto out;
    if (import->again)
        tool_line(&tool->out, "again",
                  "this certificate was imported before; nothing changes");
    else
        describe(tool, import, &info);
    if (tool_given(tool, TOOL_DRY_RUN)) {
        status = rehearsed(tool, import);
        goto out;
    }
    if (!import->again) {
        status = agree(tool, import);
        if (status == ISS_OK)
            status = iss_import_take(store->iss, import, 0, &tool->error);
    }
    if (status == ISS_OK)
        status = report(tool, store, import);
out:
    iss_import_clear(import);
    free(import);
    free(text);
    return status;
}
