/* SPDX-License-Identifier: Apache-2.0 */
/* privyseal key generate */
#include "key.h"
#include "keytype.h"
#include "verbs.h"

static void report(struct tool *tool, struct p11_object *key,
                   const struct p11_keygen *keygen,
                   const struct p11_birth *birth)
{
    struct tool_json *json = &tool->out.json;
    char born[TOOL_BORN_SIZE], type[TOOL_TYPE_SIZE];

    tool_key_born(key, born);
    tool_type_of_keygen(keygen, type);
    tool_line(&tool->out, "key", "%s", p11_object_uri(key));
    tool_line(&tool->out, "type", "%s, generated in token %s", type,
              p11_object_token_label(key));
    tool_line(&tool->out, "born", "%s", born);
    if (birth->refused[0] != '\0')
        tool_line(&tool->out, "refused", "%s: the token does not take it",
                  birth->refused);
    tool_note(&tool->out, "next",
              "openssl dgst -sha256 -sign '%s' ... (privyseal-provider(7))",
              p11_object_uri(key));
    if (!tool->out.as_json)
        return;
    tool_json_open(json, NULL, '{');
    tool_json_text(json, "uri", p11_object_uri(key));
    tool_json_text(json, "type", type);
    if (keygen->key_type == CKK_RSA)
        tool_json_number(json, "bits", keygen->bits);
    tool_json_text(json, "born", born);
    tool_json_text(json, "refused", birth->refused);
    tool_json_close(json, '}');
}

static enum iss_status generate(struct tool *tool, struct tool_device *device,
                                const struct p11_keygen *keygen)
{
    struct p11_object *key = NULL;
    struct p11_birth birth;
    struct p11_diag diag = {""};
    CK_RV rv = p11_generate(device->p11, keygen, &device->callback, &key,
                            &birth, &diag);

    if (rv != CKR_OK)
        return tool_device_fail(tool, device, keygen->uri, rv, &diag);
    report(tool, key, keygen, &birth);
    p11_object_free(key);
    return ISS_OK;
}

static void say_what_would(struct tool *tool, const struct p11_keygen *keygen)
{
    char type[TOOL_TYPE_SIZE];

    tool_type_of_keygen(keygen, type);
    tool_line(&tool->out, "key", "%s \"%s\" would be generated in %s", type,
              keygen->label, keygen->uri);
    if (!tool->out.as_json)
        return;
    tool_json_open(&tool->out.json, NULL, '{');
    tool_json_text(&tool->out.json, "token", keygen->uri);
    tool_json_text(&tool->out.json, "label", keygen->label);
    tool_json_text(&tool->out.json, "type", type);
    if (keygen->key_type == CKK_RSA)
        tool_json_number(&tool->out.json, "bits", keygen->bits);
    tool_json_bool(&tool->out.json, "dry-run", true);
    tool_json_close(&tool->out.json, '}');
}

static enum iss_status run(struct tool *tool)
{
    struct tool_device device;
    uint8_t id[P11_ID_MAX], params[TOOL_PARAMS_MAX];
    struct p11_keygen keygen = {.label = tool_value(tool, TOOL_LABEL),
                                .purpose = P11_GENERAL,
                                .key_type = CKK_RSA,
                                .bits = 2048};
    enum iss_status status = tool_option_type(tool, &keygen, params);

    if (status == ISS_OK)
        status = tool_option_id(tool, id, &keygen.id_len);
    if (status == ISS_OK && keygen.label == NULL)
        status = tool_fail(tool, ISS_USAGE,
                           "--label TEXT is needed: it is what URIs name the "
                           "key by (object=)");
    if (status != ISS_OK)
        return status;
    if (keygen.id_len > 0)
        keygen.id = id;
    status = tool_device_open(tool, &device);
    if (status == ISS_OK && device.token == NULL)
        status = tool_fail(tool, ISS_USAGE,
                           "which token? --token 'pkcs11:token=...'; see "
                           "privyseal token list");
    if (status == ISS_OK) {
        keygen.uri = device.token;
        if (tool_given(tool, TOOL_DRY_RUN))
            say_what_would(tool, &keygen);
        else
            status = generate(tool, &device, &keygen);
    }
    tool_device_close(&device);
    return status;
}

static const struct tool_use uses[] = {
    TOOL_USES_DEVICE,
    TOOL_USES_LOGIN,
    {TOOL_TYPE, TOOL_TYPES},
    {TOOL_LABEL, "the new key's label"},
    {TOOL_ID, "its id (CKA_ID); default: 16 random octets"},
    {TOOL_DRY_RUN, "check only, change nothing"},
    {TOOL_QUIET, "no notes, only results"},
    {TOOL_JSON, "one JSON object instead of text"},
    TOOL_USES_END,
};

const struct tool_verb tool_key_generate = {
    .name = "key generate",
    .summary = "make a general key pair in a token",
    .operands = "",
    .uses = uses,
    .text =
        "Makes a key pair in the token, for all that its type can do (sign, "
        "decrypt, agree on a secret); it never leaves the token. Which types "
        "there are is the token's affair: privyseal token list --mechanisms. "
        "A label or id that is taken is refused. Keys of a store are made by "
        "privyseal init.\n\n"
        "  privyseal key generate --token pkcs11:token=root --label web \\\n"
        "      --type rsa:3072 --pin-source file:pin",
    .run = run,
};
