/* SPDX-License-Identifier: Apache-2.0 */
/* privyseal token list */
#include <stdio.h>
#include <string.h>

#include "device.h"
#include "verbs.h"

enum { CELL = 64, FLAGS_SIZE = 160 };

struct listing {
    struct tool *tool;
    struct tool_device *device;
    struct tool_table *table;
    bool mechanisms, failed;
    size_t count;
    CK_RV rv;
    struct p11_diag diag;
};

struct flag {
    CK_FLAGS flag;
    bool set; /* said where the flag is set, or where it is not */
    const char *text;
};

static const struct flag flags[] = {
    {CKF_TOKEN_INITIALIZED, false, "not initialised"},
    {CKF_USER_PIN_INITIALIZED, false, "no user PIN"},
    {CKF_LOGIN_REQUIRED, false, "no login"},
    {CKF_PROTECTED_AUTHENTICATION_PATH, true, "PIN pad"},
    {CKF_WRITE_PROTECTED, true, "write-protected"},
    {CKF_USER_PIN_COUNT_LOW, true, "a wrong PIN was sent"},
    {CKF_USER_PIN_FINAL_TRY, true, "one try left"},
    {CKF_USER_PIN_LOCKED, true, "PIN locked"},
    {CKF_USER_PIN_TO_BE_CHANGED, true, "PIN to be changed"},
};

static void describe(CK_FLAGS given, char out[static FLAGS_SIZE])
{
    size_t used = 0;

    out[0] = '\0';
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        if (((given & flags[i].flag) != 0) != flags[i].set)
            continue;
        if (flags[i].flag == CKF_USER_PIN_INITIALIZED &&
            (given & CKF_LOGIN_REQUIRED) == 0)
            continue; /* it never asks for one */
        used += (size_t)snprintf(out + used, FLAGS_SIZE - used, "%s%s",
                                 used > 0 ? ", " : "", flags[i].text);
        if ((given & CKF_TOKEN_INITIALIZED) == 0)
            return;
    }
    if (used == 0)
        (void)snprintf(out, FLAGS_SIZE, "ready");
}

static bool each_mechanism(void *arg, CK_MECHANISM_TYPE mechanism,
                           const CK_MECHANISM_INFO *info)
{
    struct tool_out *out = arg;
    const char *name = p11_mechanism_name(mechanism);
    char number[CELL], keys[CELL] = "";

    (void)snprintf(number, sizeof(number), "0x%08lx", mechanism);
    if (info->ulMaxKeySize > 0)
        (void)snprintf(keys, sizeof(keys), "  keys %lu to %lu",
                       info->ulMinKeySize, info->ulMaxKeySize);
    tool_text(out, TOOL_PLAIN, "    %s%s", name != NULL ? name : number, keys);
    if (out->as_json)
        tool_json_text(&out->json, NULL, name != NULL ? name : number);
    return true;
}

static bool list_mechanisms(struct listing *listing,
                            const struct p11_token_info *info)
{
    char uri[TOOL_URI_SIZE] = "pkcs11:";

    if (!tool_uri_add(uri, "serial", info->serial, strlen(info->serial)) ||
        !tool_uri_add(uri, "token", info->label, strlen(info->label)))
        return true;
    listing->rv = p11_mechanisms(listing->device->p11, uri, each_mechanism,
                                 &listing->tool->out, &listing->diag);
    return listing->rv == CKR_OK;
}

static bool token_json(struct listing *listing,
                       const struct p11_token_info *info, const char *state)
{
    struct tool_json *json = &listing->tool->out.json;
    char firmware[CELL];
    bool more = true;

    (void)snprintf(firmware, sizeof(firmware), "%u.%u", info->firmware.major,
                   info->firmware.minor);
    tool_json_open(json, NULL, '{');
    tool_json_text(json, "label", info->label);
    tool_json_text(json, "serial", info->serial);
    tool_json_text(json, "model", info->model);
    tool_json_text(json, "manufacturer", info->manufacturer);
    tool_json_text(json, "firmware", firmware);
    tool_json_number(json, "slot", (int64_t)info->slot);
    tool_json_text(json, "module", info->module);
    tool_json_bool(json, "initialized",
                   (info->flags & CKF_TOKEN_INITIALIZED) != 0);
    tool_json_text(json, "state", state);
    if (listing->mechanisms) {
        tool_json_open(json, "mechanisms", '[');
        more = list_mechanisms(listing, info);
        tool_json_close(json, ']');
    }
    tool_json_close(json, '}');
    return more;
}

static bool each_token(void *arg, const struct p11_token_info *info)
{
    struct listing *listing = arg;
    struct tool_out *out = &listing->tool->out;
    char state[FLAGS_SIZE];

    listing->count++;
    describe(info->flags, state);
    if (out->as_json)
        return token_json(listing, info, state);
    if (!listing->mechanisms) {
        const char *cells[] = {info->label[0] != '\0' ? info->label : "-",
                               info->serial, info->model, state, info->module};

        listing->failed = !tool_table_row(listing->table, cells);
        return !listing->failed;
    }
    tool_text(out, TOOL_STRONG, "%s  %s  %s  %s", info->label, info->serial,
              info->model, state);
    return list_mechanisms(listing, info);
}

static enum iss_status run(struct tool *tool)
{
    static const char *const headings[] = {"TOKEN", "SERIAL", "MODEL",
                                           "STATE", "MODULE", NULL};
    struct tool_device device;
    struct listing listing = {.tool = tool,
                              .device = &device,
                              .mechanisms = tool_given(tool, TOOL_MECHANISMS)};
    enum iss_status status = tool_device_open(tool, &device);
    CK_RV rv;

    if (status != ISS_OK)
        return status;
    listing.table = tool_table_new(headings);
    if (listing.table == NULL) {
        status = tool_fail(tool, ISS_INTERNAL, "out of memory");
        goto out;
    }
    if (tool->out.as_json) {
        tool_json_open(&tool->out.json, NULL, '{');
        tool_json_open(&tool->out.json, "tokens", '[');
    }
    rv = p11_tokens(device.p11, tool_value(tool, TOOL_TOKEN), each_token,
                    &listing, &listing.diag);
    if (rv == CKR_OK)
        rv = listing.rv;
    if (tool->out.as_json) {
        tool_json_close(&tool->out.json, ']');
        tool_json_close(&tool->out.json, '}');
    }
    if (listing.failed)
        rv = CKR_HOST_MEMORY;
    status = tool_device_fail(tool, &device, "tokens", rv, &listing.diag);
    if (status == ISS_OK && tool_table_rows(listing.table) > 0)
        tool_table_print(listing.table, &tool->out);
    else if (status == ISS_OK && listing.count == 0)
        tool_note(&tool->out, "none", "no token is present");
out:
    tool_table_free(listing.table);
    tool_device_close(&device);
    return status;
}

static const struct tool_use uses[] = {
    TOOL_USES_DEVICE,
    {TOOL_TOKEN, "only tokens that match this pkcs11: URI"},
    {TOOL_MECHANISMS, "the mechanisms of each token, with their key sizes"},
    {TOOL_JSON, "one JSON object instead of text"},
    TOOL_USES_END,
};

const struct tool_verb tool_token_list = {
    .name = "token list",
    .summary = "the tokens that are present",
    .operands = "",
    .uses = uses,
    .text = "Lists every token that is present: its label (what stands behind "
            "token= in a URI), serial number, model, state and module. No PIN "
            "is needed or asked for.\n\n"
            "  privyseal token list --module /usr/lib/softhsm/libsofthsm2.so",
    .run = run,
};
