/* SPDX-License-Identifier: Apache-2.0 */
/* privyseal enroll --export */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "checks.h"
#include "enroll.h"

static bool is_folder(const char *path)
{
    struct stat file;
    size_t len = strlen(path);

    return (len > 0 && path[len - 1] == '/') ||
           (stat(path, &file) == 0 && S_ISDIR(file.st_mode));
}

static enum iss_status choose_path(struct tool *tool, const char *name,
                                   char out[static ISS_PATH_MAX])
{
    const char *path =
        tool->options.operand_count > 0 ? tool->options.operands[0] : NULL;
    int len;

    if (path == NULL)
        len = snprintf(out, ISS_PATH_MAX, "%s", name);
    else if (!is_folder(path))
        len = snprintf(out, ISS_PATH_MAX, "%s", path);
    else
        len = snprintf(out, ISS_PATH_MAX, "%s%s%s", path,
                       path[strlen(path) - 1] == '/' ? "" : "/", name);
    if (len > 0 && len < ISS_PATH_MAX)
        return ISS_OK;
    return tool_fail(tool, ISS_USAGE, "%s: the path is too long", path);
}

static void report(struct tool *tool, const char *dir,
                   const struct iss_request *request, const char *path,
                   const char *pop)
{
    struct tool_json *json = &tool->out.json;
    char hash[TOOL_HASH_SIZE], size[TOOL_COUNT_SIZE];

    tool_count_print(request->len, size);
    tool_hash_groups(request->digest, hash);
    tool_line(&tool->out, "store", "%s", dir);
    tool_line(&tool->out, "wrote", "%s     %s bytes%s", path, size,
              request->again ? "   (the pending request, as before)" : "");
    tool_line(&tool->out, "sha-256", "%s", hash);
    tool_line(&tool->out, "words", "%s", request->words);
    tool_line(&tool->out, "also", "%s     proof that the token holds the key",
              pop);
    tool_note(&tool->out, "note",
              "you may view the file (privyseal request show) but must not "
              "change it");
    tool_note(&tool->out, "next",
              "carry both to the authority: privyseal authority sign %s", path);
    if (!tool->out.as_json)
        return;
    tool_json_open(json, NULL, '{');
    tool_json_text(json, "store", dir);
    tool_json_text(json, "request", path);
    tool_json_text(json, "proof", pop);
    tool_json_number(json, "size", (int64_t)request->len);
    tool_json_hex(json, "sha-256", request->digest, sizeof(request->digest));
    tool_json_text(json, "words", request->words);
    tool_json_bool(json, "again", request->again);
    tool_json_close(json, '}');
}

static enum iss_status rehearse(struct tool *tool, struct tool_store *store)
{
    struct iss_info info;
    char name[ENROLL_NAME_MAX * 4 + 32], path[ISS_PATH_MAX];
    char pop[ISS_PATH_MAX];
    enum iss_status status = iss_info(store->iss, &info, &tool->error);

    if (status != ISS_OK)
        return status;
    (void)snprintf(name, sizeof(name), "%sEnrollRequest.xml", info.name);
    status = choose_path(tool, name, path);
    if (status != ISS_OK)
        return status;
    if (!tool_pop_path(path, pop))
        return tool_fail(tool, ISS_USAGE, "%s: the path is too long", path);
    tool_line(&tool->out, "would write", "%s and %s", path, pop);
    tool_line(&tool->out, "store", "%s: %s", store->dir,
              info.state == ISS_ENROLLMENT_PENDING
                  ? "the pending request again"
                  : "a new request, its proof signed in the token");
    if (tool->out.as_json) {
        tool_json_open(&tool->out.json, NULL, '{');
        tool_json_text(&tool->out.json, "request", path);
        tool_json_text(&tool->out.json, "proof", pop);
        tool_json_bool(&tool->out.json, "dry-run", true);
        tool_json_close(&tool->out.json, '}');
    }
    return ISS_OK;
}

enum iss_status tool_enroll_export(struct tool *tool, struct tool_store *store)
{
    unsigned flags = tool_given(tool, TOOL_FORCE) ? ISS_PUBLISH_FORCE : 0;
    struct iss_request request = {0};
    char path[ISS_PATH_MAX], pop[ISS_PATH_MAX];
    enum iss_status status;

    if (tool_given(tool, TOOL_DRY_RUN))
        return rehearse(tool, store);
    status = iss_export(store->iss, ISS_ENROLL, &request, &tool->error);
    if (status == ISS_OK)
        status = choose_path(tool, request.file_name, path);
    if (status == ISS_OK && !tool_pop_path(path, pop))
        status = tool_fail(tool, ISS_USAGE, "%s: the path is too long", path);
    if (status == ISS_OK)
        status =
            iss_publish(path, request.text, request.len, flags, &tool->error);
    if (status == ISS_OK)
        status = iss_publish(pop, request.proof, request.proof_len, flags,
                             &tool->error);
    if (status == ISS_OK)
        report(tool, store->dir, &request, path, pop);
    iss_request_clear(&request);
    return status;
}
