/* SPDX-License-Identifier: Apache-2.0 */
/* privyseal token probe */
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdio.h>

#include "key.h"
#include "probe.h"
#include "verbs.h"

enum { ID_LEN = 16, BITS = 2048 };

static bool destroy(void *arg, struct p11_object *object)
{
    CK_RV *rv = arg;
    CK_RV one = p11_object_destroy(object);

    if (*rv == CKR_OK)
        *rv = one;
    return true;
}

/* Both halves of the probe's own key, known by an id of random octets. */
static enum iss_status clean_up(struct tool *tool, struct tool_device *device,
                                const uint8_t id[static ID_LEN])
{
    char uri[TOOL_URI_SIZE];
    struct p11_diag diag = {""};
    CK_RV destroyed = CKR_OK, rv;

    (void)snprintf(uri, sizeof(uri), "%s", device->token);
    if (!tool_uri_add(uri, "id", id, ID_LEN))
        return tool_fail(tool, ISS_USAGE, "the URI is too long");
    rv = p11_search(device->p11, uri, P11_PRIVATE_KEY | P11_PUBLIC_KEY,
                    &device->callback, destroy, &destroyed, &diag);
    if (rv == CKR_OK)
        rv = destroyed;
    return tool_device_fail(tool, device,
                            "the key \"privyseal probe\" could not be deleted",
                            rv, &diag);
}

static enum iss_status probe_new_key(struct tool *tool,
                                     struct tool_device *device,
                                     struct tool_probe *probe)
{
    uint8_t id[ID_LEN];
    const struct p11_keygen keygen = {.uri = device->token,
                                      .label = "privyseal probe",
                                      .id = id,
                                      .id_len = sizeof(id),
                                      .purpose = P11_GENERAL,
                                      .bits = BITS};
    struct p11_object *key = NULL;
    struct p11_diag diag = {""};
    struct iss_error first = {0};
    enum iss_status status, cleaned;
    CK_RV rv;

    if (RAND_bytes(id, sizeof(id)) != 1)
        return tool_fail(tool, ISS_INTERNAL, "no random octets");
    rv = p11_generate(device->p11, &keygen, &device->callback, &key, NULL,
                          &diag);
    if (rv != CKR_OK)
        return tool_device_fail(tool, device, device->token, rv, &diag);
    status = tool_probe_key(tool, device, key, probe);
    p11_object_free(key);
    first = tool->error;
    tool->error = (struct iss_error){0};
    cleaned = clean_up(tool, device, id);
    if (status == ISS_OK)
        return cleaned;
    tool->error = first;
    return status;
}

static enum iss_status probe_own_key(struct tool *tool,
                                     struct tool_device *device,
                                     struct tool_probe *probe)
{
    char uri[TOOL_URI_SIZE];
    struct p11_object *key = NULL;
    enum iss_status status = tool_device_object(tool, device, uri);

    if (status == ISS_OK)
        status = tool_key_find(tool, device, uri, &key);
    if (status == ISS_OK)
        status = tool_key_is_general(tool, key);
    if (status == ISS_OK)
        status = tool_probe_key(tool, device, key, probe);
    p11_object_free(key);
    return status;
}

static enum iss_status run(struct tool *tool)
{
    struct tool_device device;
    struct tool_probe probe;
    enum iss_status status = tool_device_open(tool, &device);

    if (status != ISS_OK)
        return status;
    if (device.token == NULL)
        status = tool_fail(tool, ISS_USAGE,
                           "which token? --token 'pkcs11:token=...'; see "
                           "privyseal token list");
    else if (tool_given(tool, TOOL_ID))
        status = probe_own_key(tool, &device, &probe);
    else
        status = probe_new_key(tool, &device, &probe);
    if (status == ISS_OK) {
        if (tool->out.as_json) {
            tool_json_open(&tool->out.json, NULL, '{');
            tool_json_text(&tool->out.json, "token", device.token);
        }
        tool_line(&tool->out, "token", "%s", device.token);
        tool_probe_print(tool, &probe);
        if (tool->out.as_json)
            tool_json_close(&tool->out.json, '}');
    }
    tool_device_close(&device);
    return status;
}

static const struct tool_use uses[] = {
    TOOL_USES_DEVICE,
    TOOL_USES_LOGIN,
    {TOOL_ID, "use this general key instead of making one"},
    {TOOL_JSON, "one JSON object instead of text"},
    TOOL_USES_END,
};

const struct tool_verb tool_token_probe = {
    .name = "token probe",
    .summary = "try a token: sign, verify, unseal, with times",
    .operands = "",
    .uses = uses,
    .text = "Makes an RSA-2048 key of its own in the token, signs with it, "
            "verifies each signature in software, unseals what was sealed in "
            "software, and deletes the key again. Keys of a store are never "
            "used: each of their signatures is recorded.\n\n"
            "  privyseal token probe --token pkcs11:token=root --pin-source "
            "file:pin",
    .run = run,
};
