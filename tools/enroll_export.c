/* SPDX-License-Identifier: Apache-2.0 */
/* The part --export: a request and its proof become two files. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checks.h"
#include "device.h"
#include "enroll.h"
#include "text.h"

static const struct asking { /* by op */
    const char *ending;      /* of the file's name */
    const char *text;
    bool renewal;
} askings[] = {
    [ISS_ENROLL] = {"EnrollRequest.xml", "enrollment", false},
    [ISS_RENEW] = {"RenewalRequest.xml", "renewal, same key", true},
    [ISS_REKEY] = {"RenewalRequest.xml", "renewal with a new key", true},
    [ISS_SUB_ENROLL] = {"EnrollRequest.xml", "sub-enrollment", false},
};

static bool is_folder(const char *path)
{
    struct stat file;
    size_t len = strlen(path);

    return (len > 0 && path[len - 1] == '/') ||
           (stat(path, &file) == 0 && S_ISDIR(file.st_mode));
}

enum iss_status tool_export_paths(struct tool *tool, const char *name,
                                  const struct tool_export *order,
                                  struct tool_exported *exported)
{
    const struct asking *asking = &askings[order->op];
    const char *where = order->where != NULL ? order->where : "";
    bool folder = where[0] != '\0' && is_folder(where);
    bool named = where[0] != '\0' && !folder;
    bool slash = folder && where[strlen(where) - 1] != '/';
    int len = snprintf(exported->path, ISS_PATH_MAX, "%s%s%s%s", where,
                       slash ? "/" : "", named ? "" : name,
                       named ? "" : asking->ending);

    exported->renewal = asking->renewal;
    if (len > 0 && len < ISS_PATH_MAX &&
        tool_pop_path(exported->path, exported->pop))
        return ISS_OK;
    return tool_fail(tool, ISS_USAGE, "the path of the request is too long");
}

/* A new request has a nonce of its own: no file that is there already can be
 * it, and nothing must be pending before the way is clear. */
static enum iss_status check_way(struct tool *tool,
                                 const struct tool_export *order,
                                 const struct iss_info *info,
                                 const struct tool_exported *exported)
{
    const char *const files[] = {exported->path, exported->pop};

    if (order->force || info->pending_since != 0)
        return ISS_OK;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        if (access(files[i], F_OK) == 0)
            return tool_fail(tool, ISS_CONFLICT,
                             "%s: a file is there already; --force replaces "
                             "it, nothing was begun",
                             files[i]);
    return ISS_OK;
}

enum iss_status tool_export(struct tool *tool, struct tool_store *store,
                            const struct tool_export *order,
                            struct tool_exported *exported)
{
    unsigned flags = order->force ? ISS_PUBLISH_FORCE : 0;
    struct iss_request *request = &exported->request;
    struct iss_info info;
    enum iss_status status = iss_info(store->iss, &info, &tool->error);

    if (status == ISS_OK)
        status = tool_role_check(tool, store, &info, order->op);
    if (status == ISS_OK)
        status = tool_export_paths(tool, info.name, order, exported);
    if (status == ISS_OK)
        status = check_way(tool, order, &info, exported);
    if (status != ISS_OK)
        return status;
    exported->to_root = info.role == ISS_LICENSING;
    status =
        order->bits != 0
            ? iss_export_rekey(store->iss, order->bits, request, &tool->error)
            : iss_export(store->iss, order->op, request, &tool->error);
    if (status == ISS_OK)
        status = iss_publish(exported->path, request->text, request->len, flags,
                             &tool->error);
    if (status == ISS_OK)
        status = iss_publish(exported->pop, request->proof, request->proof_len,
                             flags, &tool->error);
    return status;
}

void tool_exported_clear(struct tool_exported *exported)
{
    iss_request_clear(&exported->request);
}

static void print_lines(struct tool *tool, const struct tool_exported *exported)
{
    const struct iss_request *request = &exported->request;
    char hash[TOOL_HASH_SIZE], size[TOOL_COUNT_SIZE];
    char word[TOOL_WORD_SIZE];

    tool_count_print(request->len, size);
    tool_hash_groups(request->digest, hash);
    tool_line(&tool->out, "wrote", "%s     %s bytes   %s%s", exported->path,
              size, askings[request->op].text,
              request->again ? " (the pending request, as before)" : "");
    tool_line(&tool->out, "sha-256", "%s", hash);
    tool_line(&tool->out, "words", "%s", request->words);
    tool_line(&tool->out, "also", "%s     proof that the token holds the key",
              exported->pop);
    if (exported->renewal)
        tool_note(&tool->out, "meanwhile",
                  "the present certificate stays in use until the answer is "
                  "imported");
    tool_note(&tool->out, "note",
              "you may view the file (privyseal request show) but must not "
              "change it");
    tool_shell_word(exported->path, word);
    if (exported->to_root)
        tool_note(&tool->out, "next",
                  "carry both to the root: privyseal subenroll --serve %s",
                  word);
    else
        tool_note(&tool->out, "next",
                  "carry both to the authority: privyseal authority sign %s",
                  word);
}

void tool_exported_print(struct tool *tool,
                         const struct tool_exported *exported)
{
    static const char *const ops[] = {[ISS_ENROLL] = "enroll",
                                      [ISS_RENEW] = "renew",
                                      [ISS_REKEY] = "rekey",
                                      [ISS_SUB_ENROLL] = "sub-enroll"};
    const struct iss_request *request = &exported->request;
    struct tool_json *json = &tool->out.json;

    if (!tool->out.as_json) {
        print_lines(tool, exported);
        return;
    }
    tool_json_text(json, "op", ops[request->op]);
    tool_json_text(json, "request", exported->path);
    tool_json_text(json, "proof", exported->pop);
    tool_json_number(json, "size", (int64_t)request->len);
    tool_json_hex(json, "sha-256", request->digest, sizeof(request->digest));
    tool_json_text(json, "words", request->words);
    tool_json_bool(json, "again", request->again);
}

/* ---- the part of a verb
 * ------------------------------------------------------
 */

static enum iss_status rehearse(struct tool *tool, struct tool_store *store,
                                const struct tool_export *order,
                                struct tool_exported *exported)
{
    struct tool_json *json = &tool->out.json;
    struct iss_info info;
    enum iss_status status = iss_info(store->iss, &info, &tool->error);

    if (status == ISS_OK)
        status = tool_role_check(tool, store, &info, order->op);
    if (status == ISS_OK && askings[order->op].renewal && info.generation == 0)
        status = tool_fail(tool, ISS_NOT_ENROLLED,
                           "%s: not enrolled, there is nothing to renew",
                           store->dir);
    if (status == ISS_OK)
        status = tool_export_paths(tool, info.name, order, exported);
    if (status == ISS_OK)
        status = check_way(tool, order, &info, exported);
    if (status != ISS_OK)
        return status;
    tool_line(&tool->out, "would write", "%s and %s", exported->path,
              exported->pop);
    tool_line(&tool->out, "store", "%s: %s", store->dir,
              info.pending_since != 0
                  ? "the pending request again"
                  : "a new request, its proof signed in the token");
    if (tool->out.as_json) {
        tool_json_open(json, NULL, '{');
        tool_json_text(json, "request", exported->path);
        tool_json_text(json, "proof", exported->pop);
        tool_json_bool(json, "dry-run", true);
        tool_json_close(json, '}');
    }
    return ISS_OK;
}

enum iss_status tool_part_export(struct tool *tool, struct tool_store *store,
                                 enum iss_op op)
{
    struct tool_export order = {.op = op,
                                .where = tool->options.operand_count > 0
                                             ? tool->options.operands[0]
                                             : NULL,
                                .force = tool_given(tool, TOOL_FORCE)};
    enum iss_status status = tool_option_bits(tool, TOOL_KEY, &order.bits);
    struct tool_exported *exported;

    if (status != ISS_OK)
        return status;
    if (order.bits != 0 && op != ISS_REKEY)
        return tool_fail(tool, ISS_USAGE, "--key goes with --rekey");
    exported = calloc(1, sizeof(*exported));
    if (exported == NULL)
        return tool_fail(tool, ISS_INTERNAL, "out of memory");
    if (tool_given(tool, TOOL_DRY_RUN)) {
        status = rehearse(tool, store, &order, exported);
        goto out;
    }
    status = tool_export(tool, store, &order, exported);
    if (status != ISS_OK)
        goto out;
    tool_line(&tool->out, "store", "%s", store->dir);
    if (tool->out.as_json) {
        tool_json_open(&tool->out.json, NULL, '{');
        tool_json_text(&tool->out.json, "store", store->dir);
    }
    tool_exported_print(tool, exported);
    if (tool->out.as_json)
        tool_json_close(&tool->out.json, '}');
out:
    tool_exported_clear(exported);
    free(exported);
    return status;
}
