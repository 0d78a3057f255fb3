/* SPDX-License-Identifier: Apache-2.0 */
/* privyseal key list */
#include "key.h"
#include "keytype.h"
#include "verbs.h"

struct listing {
    struct tool *tool;
    struct tool_table *table;
    bool failed;
};

static bool each_key(void *arg, struct p11_object *key)
{
    struct listing *listing = arg;
    struct tool_json *json = &listing->tool->out.json;
    char label[TOOL_LABEL_SIZE], id[TOOL_ID_SIZE], born[TOOL_BORN_SIZE];
    char type[TOOL_TYPE_SIZE];

    tool_key_label(key, label);
    tool_key_id(key, id);
    tool_key_born(key, born);
    tool_type_of_key(key, type);
    if (!listing->tool->out.as_json) {
        const char *cells[] = {p11_object_token_label(key), label, type, id,
                               tool_key_kind(key)};

        listing->failed = !tool_table_row(listing->table, cells);
        return !listing->failed;
    }
    tool_json_open(json, NULL, '{');
    tool_json_text(json, "token", p11_object_token_label(key));
    tool_json_text(json, "label", label);
    tool_json_text(json, "type", type);
    tool_json_text(json, "id", id);
    tool_json_text(json, "kind", tool_key_kind(key));
    tool_json_text(json, "born", born);
    tool_json_text(json, "uri", p11_object_uri(key));
    tool_json_close(json, '}');
    return true;
}

static enum iss_status list(struct tool *tool, struct tool_device *device,
                            struct listing *listing)
{
    const char *uri = device->token != NULL ? device->token : "pkcs11:";
    struct p11_diag diag = {""};
    CK_RV rv;

    if (tool->out.as_json) {
        tool_json_open(&tool->out.json, NULL, '{');
        tool_json_open(&tool->out.json, "keys", '[');
    }
    rv = p11_search(device->p11, uri, P11_PRIVATE_KEY | P11_EVERY,
                    &device->callback, each_key, listing, &diag);
    if (tool->out.as_json) {
        tool_json_close(&tool->out.json, ']');
        tool_json_close(&tool->out.json, '}');
    }
    if (listing->failed)
        rv = CKR_HOST_MEMORY;
    if (rv == P11R_NO_OBJECT) /* an empty list is an answer */
        rv = CKR_OK;
    return tool_device_fail(tool, device, uri, rv, &diag);
}

static enum iss_status run(struct tool *tool)
{
    static const char *const headings[] = {"TOKEN", "LABEL", "TYPE",
                                           "ID",    "KIND",  NULL};
    struct listing listing = {.tool = tool, .table = tool_table_new(headings)};
    struct tool_device device = {0};
    enum iss_status status = tool_device_open(tool, &device);

    if (status == ISS_OK && listing.table == NULL)
        status = tool_fail(tool, ISS_INTERNAL, "out of memory");
    if (status == ISS_OK)
        status = list(tool, &device, &listing);
    if (status == ISS_OK && tool_table_rows(listing.table) > 0)
        tool_table_print(listing.table, &tool->out);
    else if (status == ISS_OK)
        tool_note(&tool->out, "none", "no private key is there");
    tool_table_free(listing.table);
    tool_device_close(&device);
    return status;
}

static const struct tool_use uses[] = {
    TOOL_USES_DEVICE,
    TOOL_USES_LOGIN,
    {TOOL_QUIET, "no notes, only results"},
    {TOOL_JSON, "one JSON object instead of text"},
    TOOL_USES_END,
};

const struct tool_verb tool_key_list = {
    .name = "key list",
    .summary = "the private keys in a token",
    .operands = "",
    .uses = uses,
    .text =
        "Lists the private keys of a token, or of all tokens that take the "
        "PIN: label, type, id, and whether a store made it or it is a "
        "general key.\n\n"
        "  privyseal key list --token pkcs11:token=root --pin-source file:pin",
    .run = run,
};
