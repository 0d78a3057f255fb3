/* SPDX-License-Identifier: Apache-2.0 */
/* privyseal key probe */
#include "key.h"
#include "probe.h"
#include "verbs.h"

static enum iss_status run(struct tool *tool)
{
    char uri[TOOL_URI_SIZE];
    struct tool_device device;
    struct tool_probe probe;
    struct p11_object *key = NULL;
    enum iss_status status = tool_device_open(tool, &device);

    if (status == ISS_OK)
        status = tool_device_object(tool, &device, uri);
    if (status == ISS_OK)
        status = tool_key_find(tool, &device, uri, &key);
    if (status == ISS_OK)
        status = tool_key_is_general(tool, key);
    if (status == ISS_OK)
        status = tool_probe_key(tool, &device, key, &probe);
    if (status == ISS_OK) {
        if (tool->out.as_json) {
            tool_json_open(&tool->out.json, NULL, '{');
            tool_json_text(&tool->out.json, "uri", p11_object_uri(key));
        }
        tool_line(&tool->out, "key", "%s", p11_object_uri(key));
        tool_probe_print(tool, &probe);
        if (tool->out.as_json)
            tool_json_close(&tool->out.json, '}');
    }
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

const struct tool_verb tool_key_probe = {
    .name = "key probe",
    .summary = "try a general key: sign, verify, unseal, with times",
    .operands = "[URI]",
    .most = 1,
    .uses = uses,
    .text = "Signs with a general key, verifies each signature in software, "
            "and where the key may decrypt, unseals what was sealed in "
            "software. A store's key is refused: each of its signatures is "
            "recorded, and a probe has no record.\n\n"
            "  privyseal key probe --token pkcs11:token=root --label web \\\n"
            "      --pin-source file:pin",
    .run = run,
};
