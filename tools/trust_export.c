/* SPDX-License-Identifier: Apache-2.0 */
/* privyseal trust export */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store.h"
#include "verbs.h"
#include "when.h"

/* The documents as they were received, one after the other. */
static enum iss_status join_texts(struct tool *tool,
                                  const struct xrml_chain *chain, char **out,
                                  size_t *len)
{
    FILE *file = open_memstream(out, len);
    bool good = file != NULL;

    for (size_t i = 0; i < chain->count && good; i++) {
        size_t text_len = 0;
        const char *text = xrml_text(chain->documents[i], &text_len);

        good = fwrite(text, 1, text_len, file) == text_len &&
               fputc('\n', file) != EOF;
    }
    if (file != NULL && fclose(file) == 0 && good)
        return ISS_OK;
    return tool_fail(tool, ISS_INTERNAL, "out of memory");
}

static enum iss_status choose_out(struct tool *tool, const char *name,
                                  char out[static ISS_PATH_MAX])
{
    const char *path = tool_value(tool, TOOL_OUT);
    int len = path != NULL ? snprintf(out, ISS_PATH_MAX, "%s", path)
                           : snprintf(out, ISS_PATH_MAX, "%s.chain.xml", name);

    if (len > 0 && len < ISS_PATH_MAX)
        return ISS_OK;
    return tool_fail(tool, ISS_USAGE, "--out: the path is too long");
}

static void report(struct tool *tool, const struct iss_info *info,
                   const struct xrml_chain *chain, const char *path)
{
    struct tool_json *json = &tool->out.json;
    char until[TOOL_DATE_SIZE] = "?", words[ISS_WORDS_SIZE];
    uint8_t hash[32];

    xrml_body_hash(chain->documents[0], hash);
    iss_words(hash, words);
    (void)tool_date_print(info->slc.until, until);
    tool_line(&tool->out, "wrote", "%s   %zu certificates, of %s, until %s",
              path, chain->count, info->name, until);
    tool_line(&tool->out, "words", "%s", words);
    if (info->role == ISS_ROOT)
        tool_note(&tool->out, "next",
                  "carry it to a new licensing server: privyseal init --role "
                  "licensing --root %s",
                  path);
    if (!tool->out.as_json)
        return;
    tool_json_open(json, NULL, '{');
    tool_json_text(json, "chain", path);
    tool_json_text(json, "name", info->name);
    tool_json_number(json, "certificates", (int64_t)chain->count);
    tool_json_hex(json, "body-sha-256", hash, sizeof(hash));
    tool_json_text(json, "words", words);
    tool_json_close(json, '}');
}

static enum iss_status export(struct tool *tool, struct tool_store *store) {
    unsigned flags = tool_given(tool, TOOL_FORCE) ? ISS_PUBLISH_FORCE : 0;
    struct xrml_chain chain = {0};
    char path[ISS_PATH_MAX];
    struct iss_info info;
    char *text = NULL;
    size_t len = 0;
    enum iss_status status = iss_info(store->iss, &info, &tool->error);

    if (status == ISS_OK && info.role != ISS_AUTHORITY &&
        info.generation ==
            0) return tool_fail(tool, ISS_NOT_ENROLLED,
                                "%s: not enrolled, there is no chain yet",
                                store->dir);
    if (status == ISS_OK) status = iss_chain(store->iss, &chain, &tool->error);
    if (status == ISS_OK) status = join_texts(tool, &chain, &text, &len);
    if (status == ISS_OK) status = choose_out(tool, info.name, path);
    if (status == ISS_OK)
        status = iss_publish(path, text, len, flags, &tool->error);
    if (status == ISS_OK) report(tool, &info, &chain, path);
    free(text);
    xrml_chain_clear(&chain);
    return status;
}

static enum iss_status run(struct tool *tool)
{
    struct tool_store store;
    enum iss_status status = tool_store_open(tool, TOOL_LOOK, &store);

    if (status == ISS_OK)
        status = export(tool, &store);
    return tool_store_close(tool, &store, status);
}

static const struct tool_use uses[] = {
    TOOL_USES_STORE,
    {TOOL_OUT, "the file; default: ./NAME.chain.xml"},
    {TOOL_FORCE, "replace a file of other content"},
    TOOL_USE_QUIET,
    TOOL_USE_JSON,
    TOOL_USES_END,
};

const struct tool_verb tool_trust_export = {
    .name = "trust export",
    .summary = "write a server's chain, so that others can trust it",
    .operands = "",
    .uses = uses,
    .text = "Writes the certificates of a server to a file, its own first, "
            "then those above it. A root's file is what a licensing server is "
            "made with (privyseal init --role licensing --root FILE), and "
            "what another installation needs to trust this one. Nothing in "
            "it is secret. Needs no token.\n\n"
            "  privyseal trust export --store root1 --out root1.chain.xml",
    .run = run,
};
