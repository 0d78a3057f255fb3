/* SPDX-License-Identifier: Apache-2.0 */
/* privyseal key show */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "key.h"
#include "keytype.h"
#include "store.h"
#include "verbs.h"

enum { USES_SIZE = 64 };

/* "sign, decrypt": what the key may do; "-" for nothing. */
static void may(struct p11_object *key, char out[static USES_SIZE])
{
    struct tool_use_of_key use;
    size_t used = 0;

    (void)snprintf(out, USES_SIZE, "-");
    for (size_t i = 0; tool_use_at(i, &use); i++)
        if (tool_key_may(key, use.attribute))
            used += (size_t)snprintf(out + used, USES_SIZE - used, "%s%s",
                                     used > 0 ? ", " : "", use.word);
}

static void show(struct tool *tool, struct p11_object *key,
                 const struct iss_info *info)
{
    struct tool_json *json = &tool->out.json;
    char label[TOOL_LABEL_SIZE], id[TOOL_ID_SIZE], born[TOOL_BORN_SIZE];
    char hash[TOOL_HASH_SIZE], type[TOOL_TYPE_SIZE], uses[USES_SIZE];

    tool_type_of_key(key, type);
    may(key, uses);
    tool_key_label(key, label);
    tool_key_id(key, id);
    tool_key_born(key, born);
    tool_line(&tool->out, "key", "%s", p11_object_uri(key));
    tool_line(&tool->out, "label", "%s", label);
    tool_line(&tool->out, "id", "%s", id);
    tool_line(&tool->out, "type", "%s in token %s, %s key", type,
              p11_object_token_label(key), tool_key_kind(key));
    tool_line(&tool->out, "born", "%s", born);
    tool_line(&tool->out, "may", "%s", uses);
    if (info != NULL) {
        tool_hash_groups(info->key_hash, hash);
        tool_line(&tool->out, "store", "%s  (cluster %s)", info->dir,
                  info->guid);
        tool_line(&tool->out, "sha-256", "%s", hash);
        tool_line(&tool->out, "SLC", "generation %" PRIu64 "%s",
                  info->generation, info->generation == 0 ? " (none yet)" : "");
    }
    if (!tool->out.as_json)
        return;
    tool_json_open(json, NULL, '{');
    tool_json_text(json, "uri", p11_object_uri(key));
    tool_json_text(json, "token", p11_object_token_label(key));
    tool_json_text(json, "label", label);
    tool_json_text(json, "id", id);
    tool_json_text(json, "type", type);
    if (p11_object_key_type(key) == CKK_RSA)
        tool_json_number(json, "bits", tool_key_bits(key));
    tool_json_text(json, "kind", tool_key_kind(key));
    tool_json_text(json, "born", born);
    tool_json_bool(json, "sign", tool_key_may(key, CKA_SIGN));
    tool_json_bool(json, "decrypt", tool_key_may(key, CKA_DECRYPT));
    tool_json_bool(json, "derive", tool_key_may(key, CKA_DERIVE));
    if (info != NULL) {
        tool_json_text(json, "store", info->dir);
        tool_json_text(json, "cluster", info->guid);
        tool_json_hex(json, "sha-256", info->key_hash, sizeof(info->key_hash));
        tool_json_number(json, "generation", (int64_t)info->generation);
    }
    tool_json_close(json, '}');
}

/* The store's own key, where one is named and no other key is asked for. */
static bool wants_store(const struct tool *tool)
{
    return tool_store_named(tool) != NULL && tool->options.operand_count == 0 &&
           !tool_given(tool, TOOL_LABEL) && !tool_given(tool, TOOL_ID);
}

static enum iss_status run(struct tool *tool)
{
    bool of_store = wants_store(tool);
    char uri[TOOL_URI_SIZE];
    struct tool_store store = {0};
    struct tool_device device = {0};
    struct p11_object *key = NULL;
    struct iss_info info;
    enum iss_status status = tool_device_open(tool, &device);

    if (status == ISS_OK && of_store) {
        status = tool_store_open(tool, TOOL_LOOK, &store);
        if (status == ISS_OK)
            status = iss_info(store.iss, &info, &tool->error);
        if (status == ISS_OK)
            (void)snprintf(uri, sizeof(uri), "%s", info.key_uri);
    } else if (status == ISS_OK) {
        status = tool_device_object(tool, &device, uri);
    }
    if (status == ISS_OK)
        status = tool_key_find(tool, &device, uri, &key);
    if (status == ISS_OK)
        show(tool, key, of_store ? &info : NULL);
    if (of_store)
        status = tool_store_close(tool, &store, status);
    p11_object_free(key);
    tool_device_close(&device);
    return status;
}

static const struct tool_use uses[] = {
    TOOL_USES_DEVICE,
    TOOL_USES_LOGIN,
    {TOOL_LABEL, "the key's label"},
    {TOOL_ID, "the key's id (CKA_ID)"},
    {TOOL_JSON, "one JSON object instead of text"},
    TOOL_USES_END,
};

const struct tool_verb tool_key_show = {
    .name = "key show",
    .summary = "one private key: type, birth facts, what it may do",
    .operands = "[URI]",
    .most = 1,
    .uses = uses,
    .text = "Shows one private key: by its pkcs11: URI, by --token with "
            "--label or --id, or, with --store alone, the key of that store's "
            "certificate.\n\n"
            "  privyseal key show --store root1",
    .run = run,
};
