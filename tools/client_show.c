/* SPDX-License-Identifier: Apache-2.0 */
/* privyseal client show */
#include <stdio.h>

#include "client.h"
#include "store.h"
#include "verbs.h"
#include "when.h"

static const struct xrml_range *range_of(const struct xrml_fields *fields)
{
    return fields->validity.present ? &fields->validity : &fields->range;
}

/* One certificate: for whom, until when; why it holds no longer. */
static void show(struct tool *tool, const struct tool_client *client,
                 const char *label, const struct xrml_chain *chain)
{
    struct tool_json *json = &tool->out.json;
    struct iss_error why = {.status = ISS_OK};
    char until[TOOL_DATE_SIZE] = "?";

    if (chain->count == 0) {
        tool_line(&tool->out, label, "none yet");
        return;
    }
    const struct xrml_fields *fields = xrml_fields(chain->documents[0]);
    const struct xrml_range *range = range_of(fields);
    const char *whom = fields->principal.name;
    const bool holds = tool_client_verify(client, label, chain, &why) == ISS_OK;

    (void)tool_date_print(range->until, until);
    tool_line(&tool->out, label, "%s   until %s", whom == NULL ? "?" : whom,
              until);
    if (!holds)
        tool_line(&tool->out, "", "holds no longer: %s", why.text);
    if (!tool->out.as_json)
        return;
    tool_json_open(json, label, '{');
    tool_json_text(json, "guid", fields->descriptor.id);
    tool_json_text(json, "user", whom);
    tool_json_text(json, "id", fields->principal.id);
    tool_json_time(json, "until", range->until);
    tool_json_bool(json, "holds", holds);
    if (!holds)
        tool_json_text(json, "why", why.text);
    tool_json_close(json, '}');
}

static enum iss_status run(struct tool *tool)
{
    struct tool_json *json = &tool->out.json;
    struct tool_client client;
    enum iss_status status = tool_client_open(tool, &client);

    if (status == ISS_OK) {
        const struct xrml_fields *machine =
            xrml_fields(client.machine.documents[0]);
        const int64_t lists =
            client.lists == NULL
                ? 0
                : (int64_t)xrml_revocations_count(client.lists);

        if (tool->out.as_json) {
            tool_json_open(json, NULL, '{');
            tool_json_text(json, "client", client.dir);
            tool_json_text(json, "machine", machine->principal.id);
            tool_json_number(json, "revocation-lists", lists);
        }
        tool_line(&tool->out, "client", "%s", client.dir);
        tool_line(&tool->out, "machine", "%s   %s",
                  machine->principal.id == NULL ? "?" : machine->principal.id,
                  machine->issuer.name == NULL ? "" : machine->issuer.name);
        show(tool, &client, "rac", &client.rac);
        show(tool, &client, "clc", &client.clc);
        tool_line(&tool->out, "lists", "%lld of revocations", (long long)lists);
        if (tool->out.as_json)
            tool_json_close(json, '}');
    }
    tool_client_close(&client);
    return status;
}

static const struct tool_use uses[] = {
    TOOL_USE_CLIENT,
    TOOL_USE_JSON,
    TOOL_USES_END,
};

const struct tool_verb tool_client_show = {
    .name = "client show",
    .summary = "the machine and the certificates of a client's folder",
    .operands = "",
    .uses = uses,
    .text = "Shows the machine, the account certificate (RAC) and the client "
            "licensor certificate (CLC) of a client's folder, until when they "
            "hold, and why one holds no longer.\n\n"
            "  privyseal client show --client ~/.privyseal",
    .run = run,
};
