/* SPDX-License-Identifier: Apache-2.0 */
/* privyseal token init */
#include <openssl/crypto.h>
#include <string.h>

#include "device.h"
#include "pinfile.h"
#include "verbs.h"

enum { LABEL_MAX = 32 };

struct search {
    const char *label;
    bool taken, blank; /* a token of that label; one without any */
};

static bool each_token(void *arg, const struct p11_token_info *info)
{
    struct search *search = arg;

    if ((info->flags & CKF_TOKEN_INITIALIZED) == 0)
        search->blank = true;
    else if (strcmp(info->label, search->label) == 0)
        search->taken = true;
    return true;
}

/* Two tokens of one label cannot be told apart by token= in a URI. */
static enum iss_status
check_label(struct tool *tool, struct tool_device *device, const char *label)
{
    struct search search = {.label = label};
    struct p11_diag diag = {""};
    CK_RV rv = p11_tokens(device->p11, NULL, each_token, &search, &diag);

    if (rv != CKR_OK)
        return tool_device_fail(tool, device, "tokens", rv, &diag);
    if (search.taken)
        return tool_fail(tool, ISS_CONFLICT,
                         "token %s: a token of this label is there already",
                         label);
    if (!search.blank && !tool_given(tool, TOOL_TOKEN))
        return tool_fail(tool, ISS_TOKEN,
                         "no token waits to be initialised; see privyseal "
                         "token list");
    return ISS_OK;
}

static enum iss_status read_pins(struct tool *tool, struct tool_device *device,
                                 const char *label, char *so_pin, char *pin)
{
    struct tool_pin so = {.source = tool_value(tool, TOOL_SO_PIN_SOURCE),
                          .what = "SO PIN"};
    enum iss_status status = ISS_OK;
    ssize_t len;

    if (so.source == NULL)
        so.source = "";
    status = tool_pin_check(so.source, &tool->error);
    if (status != ISS_OK)
        return status;
    len = tool_pin_get(&so, label, so_pin, TOOL_PIN_MAX + 1);
    if (len < 0) {
        tool->error = so.error;
        return so.error.status;
    }
    so_pin[len] = '\0';
    len = tool_pin_get(&device->pin, label, pin, TOOL_PIN_MAX + 1);
    if (len < 0) {
        tool->error = device->pin.error;
        return device->pin.error.status;
    }
    pin[len] = '\0';
    return ISS_OK;
}

static void report(struct tool *tool, const char *label)
{
    struct tool_json *json = &tool->out.json;
    bool dry = tool_given(tool, TOOL_DRY_RUN);

    tool_line(&tool->out, "token", "%s%s", label,
              dry ? " would be initialised" : " is ready");
    if (!dry)
        tool_note(&tool->out, "next",
                  "privyseal init --token 'pkcs11:token=%s' ..., or privyseal "
                  "key generate",
                  label);
    if (!tool->out.as_json)
        return;
    tool_json_open(json, NULL, '{');
    tool_json_text(json, "label", label);
    tool_json_bool(json, "initialized", !dry);
    tool_json_close(json, '}');
}

static enum iss_status run(struct tool *tool)
{
    const char *label = tool_value(tool, TOOL_LABEL);
    char so_pin[TOOL_PIN_MAX + 2] = "", pin[TOOL_PIN_MAX + 2] = "";
    struct tool_device device = {0};
    struct p11_diag diag = {""};
    enum iss_status status;

    if (label == NULL || strlen(label) > LABEL_MAX)
        return tool_fail(tool, ISS_USAGE,
                         "--label TEXT is needed, at most %d octets: it is "
                         "what URIs name the token by",
                         LABEL_MAX);
    status = tool_device_open(tool, &device);
    if (status == ISS_OK)
        status = check_label(tool, &device, label);
    if (status == ISS_OK && !tool_given(tool, TOOL_DRY_RUN)) {
        status = read_pins(tool, &device, label, so_pin, pin);
        if (status == ISS_OK)
            status = tool_device_fail(
                tool, &device, label,
                p11_token_init(device.p11, tool_value(tool, TOOL_TOKEN), label,
                               so_pin, pin, false, &diag),
                &diag);
    }
    OPENSSL_cleanse(so_pin, sizeof(so_pin));
    OPENSSL_cleanse(pin, sizeof(pin));
    if (status == ISS_OK)
        report(tool, label);
    tool_device_close(&device);
    return status;
}

static const struct tool_use uses[] = {
    TOOL_USES_DEVICE,
    {TOOL_LABEL, "the new token's label"},
    {TOOL_TOKEN, "which token; default: the first that is not initialised"},
    {TOOL_SO_PIN_SOURCE, "the new security officer's PIN: file:PATH, "
                         "credential:NAME or askpass"},
    {TOOL_PIN_SOURCE, "the new user's PIN, in the same forms"},
    {TOOL_DRY_RUN, "check only, change nothing"},
    {TOOL_QUIET, "no notes, only results"},
    {TOOL_JSON, "one JSON object instead of text"},
    TOOL_USES_END,
};

const struct tool_verb tool_token_init = {
    .name = "token init",
    .summary = "initialise an empty token, with its two PINs",
    .operands = "",
    .uses = uses,
    .text =
        "Initialises a token that holds nothing yet and sets the security "
        "officer's and the user's PIN. A token that is initialised is "
        "refused: nothing is ever erased. Without PIN sources both PINs "
        "are asked for on the terminal.\n\n"
        "  privyseal token init --label root --so-pin-source file:so-pin \\\n"
        "      --pin-source file:pin",
    .run = run,
};
