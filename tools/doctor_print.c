/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration for this machine: the provider as it is installed, a module
 * that shows tokens, what its tokens are called. */
#include "doctor.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "device.h"
#include "env.h"
#include "pin.h"
#include "provconf.h"

/* Where Debian and its like put them. */
static const char *const usual[] = {
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/libtpm2_pkcs11.so.1",
    "/usr/lib/aarch64-linux-gnu/libtpm2_pkcs11.so.1",
    "/usr/lib/x86_64-linux-gnu/libykcs11.so.2",
    "/usr/lib/aarch64-linux-gnu/libykcs11.so.2",
    "/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so",
    "/usr/lib/aarch64-linux-gnu/opensc-pkcs11.so",
};

struct tokens {
    FILE *file; /* comments go here */
    size_t count;
};

static bool each_token(void *arg, const struct p11_token_info *info)
{
    struct tokens *tokens = arg;
    char uri[TOOL_URI_SIZE] = "pkcs11:";

    /* Collections of certificates have no keys and no PIN. */
    if ((info->flags & CKF_TOKEN_INITIALIZED) == 0 ||
        (info->flags & CKF_LOGIN_REQUIRED) == 0 ||
        !tool_uri_add(uri, "token", info->label, strlen(info->label)))
        return true;
    tokens->count++;
    (void)fprintf(tokens->file, "# a token: %s\n", uri);
    return true;
}

/* How many tokens a module shows (NULL: the registered ones). */
static size_t look(const char *path, FILE *file)
{
    const struct p11_module_conf module = {.path = path};
    const struct p11_conf conf = {.modules = &module,
                                  .module_count = path != NULL ? 1 : 0};
    struct tokens tokens = {.file = file};
    struct p11 *p11 = NULL;

    if (p11_new(&conf, &p11) != CKR_OK ||
        p11_tokens(p11, NULL, each_token, &tokens, NULL) != CKR_OK)
        tokens.count = 0;
    p11_free(p11);
    return tokens.count;
}

/* The module to be named, NULL where those registered with p11-kit do, or "".
 */
static const char *choose(struct tool *tool, FILE *file)
{
    const char *given = tool_value(tool, TOOL_MODULE);

    if (given != NULL) {
        if (look(given, file) == 0)
            (void)fputs("# this module shows no token now\n", file);
        return given;
    }
    if (look(NULL, file) > 0)
        return NULL;
    for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
        if (access(usual[i], R_OK) == 0 && look(usual[i], file) > 0)
            return usual[i];
    }
    (void)fputs("# no token is present: name the module of yours by\n"
                "# module-path = /path/of/module.so in the last section\n",
                file);
    return NULL;
}

static enum iss_status write_text(struct tool *tool, FILE *file)
{
    const char *source = tool_value(tool, TOOL_PIN_SOURCE);
    char found[TOOL_PATH_SIZE], provider[PATH_MAX];
    const char *module;
    char *text = NULL;
    enum iss_status status;

    (void)fputs("# OpenSSL: keys of PKCS#11 tokens, see "
                "privyseal-provider(7)\n",
                file);
    tool_env_provider(found);
    if (realpath(found, provider) == NULL)
        return tool_fail(tool, ISS_USAGE, "the provider is not installed: %s",
                         found);
    module = choose(tool, file);
    status = tool_provconf_print(provider, module, &text, &tool->error);
    if (status == ISS_OK) {
        (void)fputs(text, file);
        if (source != NULL)
            status =
                tool_provconf_line(file, "pin-source", source, &tool->error);
        else
            (void)fputs("# pin-source = file:/path/of/pin\n", file);
    }
    free(text);
    return status;
}

static void print(struct tool_out *out, char *text)
{
    char *rest = NULL;

    if (out->as_json) {
        tool_json_open(&out->json, NULL, '{');
        tool_json_text(&out->json, "configuration", text);
        tool_json_close(&out->json, '}');
        return;
    }
    for (char *line = strtok_r(text, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest))
        tool_text(out, TOOL_PLAIN, "%s", line);
}

/* The PIN itself does not belong on a command line. */
static enum iss_status check_source(struct tool *tool)
{
    const char *source = tool_value(tool, TOOL_PIN_SOURCE);

    if (source == NULL || strncmp(source, "file:", 5) == 0 ||
        strncmp(source, "credential:", 11) == 0)
        return ISS_OK;
    return tool_fail(tool, ISS_USAGE,
                     "--pin-source: neither file:PATH nor credential:NAME");
}

enum iss_status tool_doctor_print(struct tool *tool)
{
    char *text = NULL;
    size_t len = 0;
    enum iss_status status = check_source(tool);
    FILE *file;

    if (status != ISS_OK)
        return status;
    file = open_memstream(&text, &len);
    if (file == NULL)
        return tool_fail(tool, ISS_INTERNAL, "out of memory");
    status = write_text(tool, file);
    if (fclose(file) != 0 && status == ISS_OK)
        status = tool_fail(tool, ISS_INTERNAL, "out of memory");
    if (status == ISS_OK)
        print(&tool->out, text);
    free(text);
    return status;
}
