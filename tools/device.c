/* SPDX-License-Identifier: Apache-2.0 */
/* A token's module for the verbs that speak Cryptoki. */
#include "device.h"

#include <ctype.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "env.h"
#include "pinfile.h"
#include "store.h"

static ssize_t get_pin(void *arg, const struct p11_pin_request *request,
                       char *pin, size_t size)
{
    struct tool_device *device = arg;
    char read[TOOL_PIN_MAX + 1];
    ssize_t len =
        tool_pin_get(&device->pin, request->token_label, read, sizeof(read));

    if (len >= 0 && (size_t)len <= size)
        memcpy(pin, read, (size_t)len);
    else
        len = -1;
    OPENSSL_cleanse(read, sizeof(read));
    return len;
}

static enum iss_status read_settings(struct tool *tool,
                                     struct tool_device *device,
                                     struct p11_module_conf *module)
{
    const char *store = tool_store_named(tool);
    const char *source = tool_value(tool, TOOL_PIN_SOURCE);
    enum iss_status status;

    device->conf = (struct iss_conf){0};
    if (store != NULL || tool_given(tool, TOOL_CONFIG)) {
        status = tool_store_conf(tool, store, &device->conf);
        if (status != ISS_OK)
            return status;
    }
    module->path = tool_value(tool, TOOL_MODULE);
    if (module->path == NULL && device->conf.module[0] != '\0')
        module->path = device->conf.module;
    device->token = tool_value(tool, TOOL_TOKEN);
    if (device->token == NULL && device->conf.token_uri[0] != '\0')
        device->token = device->conf.token_uri;
    device->pin = (struct tool_pin){
        .source = source != NULL ? source : device->conf.pin_source,
        .what = "PIN"};
    status = tool_uri_check(device->token, &tool->error);
    if (status != ISS_OK)
        return status;
    return tool_pin_check(device->pin.source, &tool->error);
}

enum iss_status tool_device_open(struct tool *tool, struct tool_device *device)
{
    struct p11_module_conf module = {0};
    struct p11_conf conf = {.modules = &module};
    enum iss_status status;

    device->p11 = NULL;
    status = read_settings(tool, device, &module);
    if (status != ISS_OK)
        return status;
    conf.module_count = module.path != NULL ? 1 : 0;
    device->callback = (struct p11_pin_callback){.get = get_pin, .arg = device};
    return tool_device_fail(tool, device, "PKCS#11",
                            p11_new(&conf, &device->p11), NULL);
}

void tool_device_close(struct tool_device *device)
{
    p11_free(device->p11);
    device->p11 = NULL;
}

struct meaning {
    CK_RV rv;
    enum iss_status status;
};

/* What is not here is ISS_TOKEN. The same as issuer/key.c has for reasons. */
static const struct meaning meanings[] = {
    {CKR_OK, ISS_OK},
    {CKR_HOST_MEMORY, ISS_INTERNAL},
    {CKR_ARGUMENTS_BAD, ISS_USAGE},
    {CKR_PIN_INCORRECT, ISS_LOGIN},
    {CKR_PIN_INVALID, ISS_LOGIN},
    {CKR_PIN_LEN_RANGE, ISS_LOGIN},
    {CKR_PIN_EXPIRED, ISS_LOGIN},
    {CKR_PIN_LOCKED, ISS_LOGIN},
    {CKR_USER_NOT_LOGGED_IN, ISS_LOGIN},
    {CKR_USER_PIN_NOT_INITIALIZED, ISS_LOGIN},
    {P11R_MODULE_MISSING, ISS_USAGE},
    {P11R_AMBIGUOUS, ISS_CONFLICT},
    {P11R_URI_INVALID, ISS_USAGE},
    {P11R_PIN_MISSING, ISS_LOGIN},
    {P11R_PIN_FINAL_TRY, ISS_LOGIN},
    {P11R_PIN_SOURCE, ISS_USAGE},
    {P11R_TEMPLATE, ISS_REFUSED},
    {P11R_EXISTS, ISS_CONFLICT},
};

enum iss_status tool_device_fail(struct tool *tool,
                                 const struct tool_device *device,
                                 const char *what, CK_RV rv,
                                 const struct p11_diag *diag)
{
    enum iss_status status = ISS_TOKEN;

    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
        if (meanings[i].rv == rv)
            status = meanings[i].status;
    if (status == ISS_OK)
        return ISS_OK;
    if (diag != NULL && diag->text[0] != '\0')
        (void)tool_fail(tool, status, "%s", diag->text);
    else
        (void)tool_fail(tool, status, "%s: %s", what, p11_rv_text(rv));
    return tool_env_explain(&device->pin, status, &tool->error);
}

bool tool_uri_add(char uri[static TOOL_URI_SIZE], const char *name,
                  const void *value, size_t len)
{
    static const char plain[] = "-._~";
    const unsigned char *octets = value;
    char query[TOOL_URI_SIZE] = "";
    size_t path = strcspn(uri, "?"), used = path;

    (void)snprintf(query, sizeof(query), "%s", uri + path);
    used +=
        (size_t)snprintf(uri + used, TOOL_URI_SIZE - used,
                         "%s%s=", path > strlen("pkcs11:") ? ";" : "", name);
    for (size_t i = 0; i < len && used + 3 < TOOL_URI_SIZE; i++)
        used += (size_t)snprintf(
            uri + used, TOOL_URI_SIZE - used,
            isalnum(octets[i]) ||
                    (octets[i] != 0 && strchr(plain, octets[i]) != NULL)
                ? "%c"
                : "%%%02X",
            octets[i]);
    if (used + strlen(query) + 3 >= TOOL_URI_SIZE)
        return false;
    (void)snprintf(uri + used, TOOL_URI_SIZE - used, "%s", query);
    return true;
}

enum iss_status tool_option_id(struct tool *tool, uint8_t id[static P11_ID_MAX],
                               size_t *len)
{
    const char *text = tool_value(tool, TOOL_ID);

    *len = 0;
    if (text == NULL)
        return ISS_OK;
    if (OPENSSL_hexstr2buf_ex(id, P11_ID_MAX, len, text, '\0') == 1 && *len > 0)
        return ISS_OK;
    return tool_fail(tool, ISS_USAGE,
                     "--id: not an even number of hex digits, at most %d: %s",
                     2 * P11_ID_MAX, text);
}

enum iss_status tool_option_bits(struct tool *tool, enum tool_option option,
                                 unsigned *bits)
{
    static const char *const words[] = {"rsa:2048", "rsa:3072", "rsa:4096",
                                        NULL};
    int choice = -1;
    enum iss_status status =
        tool_option_word(&tool->options, option, words, &choice, &tool->error);

    if (status == ISS_OK && choice >= 0)
        *bits = 2048 + 1024 * (unsigned)choice;
    return status;
}

enum iss_status tool_device_object(struct tool *tool,
                                   const struct tool_device *device,
                                   char uri[static TOOL_URI_SIZE])
{
    const char *label = tool_value(tool, TOOL_LABEL);
    const char *operand =
        tool->options.operand_count > 0 ? tool->options.operands[0] : NULL;
    const char *base = operand != NULL ? operand : device->token;
    uint8_t id[P11_ID_MAX];
    size_t id_len;
    bool fits = true;
    enum iss_status status = tool_uri_check(operand, &tool->error);

    if (status == ISS_OK)
        status = tool_option_id(tool, id, &id_len);
    if (status != ISS_OK)
        return status;
    if (operand == NULL && label == NULL && id_len == 0)
        return tool_fail(tool, ISS_USAGE,
                         "which key? its URI, or --token with --label or --id; "
                         "see privyseal key list");
    if (base == NULL)
        base = "pkcs11:";
    fits = snprintf(uri, TOOL_URI_SIZE, "%s", base) < TOOL_URI_SIZE;
    if (fits && label != NULL)
        fits = tool_uri_add(uri, "object", label, strlen(label));
    if (fits && id_len > 0)
        fits = tool_uri_add(uri, "id", id, id_len);
    if (!fits)
        return tool_fail(tool, ISS_USAGE, "the URI is too long");
    return ISS_OK;
}
