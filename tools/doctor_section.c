/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The provider's own section, read by the provider's own reader over a core
 * that answers from the file instead of libcrypto.
 */
#include "doctor.h"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "provider/setting.h"

enum { PATH_SIZE = 4096 };

enum { TEXT_SIZE = 512, VALUES_MAX = 256 };

/* What OSSL_CORE_HANDLE points to here. */
struct stand_in {
    const char *name;
    STACK_OF(CONF_VALUE) * values;
    char *text;              /* of the one error that the reader raises */
    bool hidden[VALUES_MAX]; /* values that are as if they were not there */
};

static const char *lookup(const struct stand_in *core, const char *name)
{
    if (strcmp(name, OSSL_PROV_PARAM_CORE_PROV_NAME) == 0)
        return core->name;
    for (int i = 0; i < sk_CONF_VALUE_num(core->values); i++) {
        const CONF_VALUE *value = sk_CONF_VALUE_value(core->values, i);

        if (strcmp(value->name, name) == 0 &&
            (i >= VALUES_MAX || !core->hidden[i]))
            return value->value;
    }
    return NULL;
}

static int core_get_params(const OSSL_CORE_HANDLE *handle, OSSL_PARAM params[])
{
    const struct stand_in *core = (const struct stand_in *)(const void *)handle;

    for (OSSL_PARAM *p = params; p->key != NULL; p++) {
        const char *value = lookup(core, p->key);

        if (value != NULL && OSSL_PARAM_set_utf8_ptr(p, value) != 1)
            return 0;
    }
    return 1;
}

static void core_new_error(const OSSL_CORE_HANDLE *handle)
{
    (void)handle;
}

static void core_set_error_debug(const OSSL_CORE_HANDLE *handle,
                                 const char *file, int line,
                                 const char *function)
{
    (void)handle, (void)file, (void)line, (void)function;
}

__attribute__((format(printf, 3, 0))) static void
core_vset_error(const OSSL_CORE_HANDLE *handle, uint32_t reason,
                const char *format, va_list args)
{
    const struct stand_in *core = (const struct stand_in *)(const void *)handle;

    (void)reason;
    (void)vsnprintf(core->text, TEXT_SIZE, format, args);
}

/* ---- names ------------------------------------------------------------- */

/* OpenSSL's own. */
static bool is_openssls(const char *name)
{
    static const char *const names[] = {"module", "identity", "activate",
                                        "soft_load"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(names[i], name) == 0)
            return true;
    }
    return false;
}

static bool is_setting(const char *name)
{
    const struct prov_setting *setting;

    for (size_t i = 0; (setting = prov_setting_at(i)) != NULL; i++) {
        if (strcmp(setting->name, name) == 0)
            return true;
    }
    return false;
}

/* "a.module-path", where a is in the list that such names belong to. */
static bool is_member(const struct stand_in *core, const char *name)
{
    static const struct {
        const char *suffix, *list;
    } rows[] = {{".module-path", "modules"},
                {".init-args", "modules"},
                {".token", "pins"},
                {".pin-source", "pins"}};
    const char *dot = strrchr(name, '.');

    for (size_t i = 0; dot != NULL && i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *list = lookup(core, rows[i].list);
        size_t len = (size_t)(dot - name);

        if (strcmp(rows[i].suffix, dot) != 0 || list == NULL)
            continue;
        for (; *(list += strspn(list, " ,")) != '\0';
             list += strcspn(list, " ,")) {
            if (strcspn(list, " ,") == len && strncmp(list, name, len) == 0)
                return true;
        }
    }
    return false;
}

static void check_names(struct tool_doctor *doctor, const char *section,
                        const struct stand_in *core)
{
    for (int i = 0; i < sk_CONF_VALUE_num(core->values); i++) {
        const CONF_VALUE *value = sk_CONF_VALUE_value(core->values, i);

        if (!is_openssls(value->name) && !is_setting(value->name) &&
            !is_member(core, value->name))
            tool_doctor_say(doctor, TOOL_WARNING, section,
                            "%s is no setting, and is passed over; "
                            "privyseal-provider(7) has them all",
                            value->name);
    }
}

/* ---- PINs -------------------------------------------------------------- */

static void check_pin_file(struct tool_doctor *doctor, const char *section,
                           const char *path)
{
    struct stat st;

    path += strncmp(path, "file:", 5) == 0 ? 5 : 0;
    path += strncmp(path, "///", 3) == 0 ? 2 : 0;
    if (stat(path, &st) != 0)
        tool_doctor_say(doctor, TOOL_ERROR, section,
                        "the PIN file %s is not there for this user", path);
    else if (access(path, R_OK) != 0)
        tool_doctor_say(doctor, TOOL_WARNING, section,
                        "the PIN file %s cannot be read by this user; programs "
                        "run by others may",
                        path);
    else if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        tool_doctor_say(doctor, TOOL_WARNING, section,
                        "the PIN file %s has mode %03o: others than its owner "
                        "may read it; chmod 600",
                        path, (unsigned)st.st_mode & 0777);
    else
        tool_doctor_say(doctor, TOOL_WELL, section, "PIN file %s", path);
}

static void check_pin(struct tool_doctor *doctor, const char *section,
                      const char *source)
{
    if (strncmp(source, "credential:", 11) == 0)
        tool_doctor_say(doctor, TOOL_NOTE, section,
                        "the PIN is the service's %s: LoadCredential= or "
                        "LoadCredentialEncrypted= in its unit",
                        source);
    else if (strncmp(source, "value:", 6) != 0)
        check_pin_file(doctor, section, source);
    else if (doctor->others_read)
        tool_doctor_say(doctor, TOOL_ERROR, section,
                        "holds a PIN, and %s may be read by others than its "
                        "owner: use pin-source = file:PATH with a file of mode "
                        "600",
                        doctor->path);
    else
        tool_doctor_say(doctor, TOOL_NOTE, section,
                        "holds a PIN; a file of its own (pin-source = "
                        "file:PATH) is easier to keep");
}

static void check_pins(struct tool_doctor *doctor, const char *section,
                       const struct prov_conf *settings)
{
    if (settings->p11.pin_source != NULL)
        check_pin(doctor, section, settings->p11.pin_source);
    for (size_t i = 0; i < settings->p11.pin_count; i++)
        check_pin(doctor, section, settings->pins[i].source);
    if (settings->p11.pin_source == NULL && settings->p11.pin_count == 0)
        tool_doctor_say(doctor, TOOL_NOTE, section,
                        "no PIN source: programs ask on their terminal; "
                        "servers (nginx, haproxy, httpd) have none once they "
                        "run, and workers start without it: give them "
                        "pin-source = file:PATH or credential:NAME");
}

/* ---- the rest ---------------------------------------------------------- */

/* Where libcrypto looks for a module that is not an absolute path. */
static void check_own_file(struct tool_doctor *doctor, const char *name,
                           const struct stand_in *core)
{
    const char *module = lookup(core, "module");
    const char *folder = secure_getenv("OPENSSL_MODULES");
    char path[PATH_SIZE];

    if (folder == NULL)
        folder = OPENSSL_info(OPENSSL_INFO_MODULES_DIR);
    if (module == NULL)
        (void)snprintf(path, sizeof(path), "%s/%s.so", folder, name);
    else
        (void)snprintf(path, sizeof(path), "%s%s%s",
                       *module == '/' ? "" : folder, *module == '/' ? "" : "/",
                       module);
    if (tool_doctor_loadable(doctor, "module", path))
        tool_doctor_say(doctor, TOOL_WELL, "module", "%s", path);
}

static void say_notes(struct tool_doctor *doctor, const char *section,
                      const char *notes)
{
    while (*notes != '\0') {
        size_t len = strcspn(notes, "\n");

        /* Of PIN files more is said below. */
        if (strncmp(notes, "PIN file", 8) != 0)
            tool_doctor_say(doctor, TOOL_NOTE, section, "%.*s", (int)len,
                            notes);
        notes += len + (notes[len] == '\n');
    }
}

static void say_switches(struct tool_doctor *doctor, const char *section,
                         const struct prov_conf *settings)
{
    static const struct {
        int operation;
        const char *text;
    } needed[] = {{OSSL_OP_STORE, "store"},
                  {OSSL_OP_KEYMGMT, "keymgmt"},
                  {OSSL_OP_SIGNATURE, "signature"}};

    for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
        if ((settings->blocked >> needed[i].operation & 1) != 0)
            tool_doctor_say(doctor, TOOL_WARNING, section,
                            "pkcs11-module-block-operations switches %s off, "
                            "without which keys of tokens do not work",
                            needed[i].text);
    }
    if (settings->fips)
        tool_doctor_say(doctor, TOOL_NOTE, section,
                        "pkcs11-module-assume-fips: algorithms bear fips=yes "
                        "because this file says so; nothing checks it");
}

/* ---- every error ---------------------------------------------------------
 */

static bool any_hidden(const struct stand_in *core)
{
    for (size_t i = 0; i < VALUES_MAX; i++)
        if (core->hidden[i])
            return true;
    return false;
}

/* Whether the reader gets further, or says something else, without a value. */
static bool is_at_fault(struct stand_in *core, const struct prov_core *handle,
                        int n, const char *fault)
{
    struct prov_conf settings;
    bool other;

    core->hidden[n] = true;
    core->text[0] = '\0';
    other = prov_conf_read(handle, &settings);
    if (other)
        prov_conf_clear(&settings);
    else
        other = strcmp(core->text, fault) != 0;
    core->hidden[n] = false;
    return other;
}

/* Which value the error is about: one that it names before any other. */
static int find_fault(struct stand_in *core, const struct prov_core *handle,
                      const char *fault)
{
    const int count = sk_CONF_VALUE_num(core->values);

    for (int named = 1; named >= 0; named--)
        for (int i = 0; i < count && i < VALUES_MAX; i++) {
            const char *name = sk_CONF_VALUE_value(core->values, i)->name;

            if (!core->hidden[i] && !is_openssls(name) &&
                (strstr(fault, name) != NULL) == (named == 1) &&
                is_at_fault(core, handle, i, fault))
                return i;
        }
    return -1;
}

/* The reader stops at the first error. Each value that is at fault is told of
 * and hidden, until the rest can be read; false: something cannot. */
static bool read_all(struct tool_doctor *doctor, const char *section,
                     struct stand_in *core, const struct prov_core *handle,
                     struct prov_conf *settings)
{
    char fault[TEXT_SIZE];

    while (!prov_conf_read(handle, settings)) {
        int n;

        (void)snprintf(fault, sizeof(fault), "%s", core->text);
        tool_doctor_say(doctor, TOOL_ERROR, section,
                        "%s; the provider does not load, and most programs do "
                        "not say so",
                        fault);
        n = find_fault(core, handle, fault);
        if (n < 0)
            return false;
        core->hidden[n] = true;
    }
    return true;
}

void tool_doctor_section(struct tool_doctor *doctor, const char *name,
                         const char *section)
{
    char text[TEXT_SIZE] = "";
    struct stand_in stand_in = {.name = name,
                                .values =
                                    NCONF_get_section(doctor->conf, section),
                                .text = text};
    const struct prov_core core = {
        .handle = (const OSSL_CORE_HANDLE *)(const void *)&stand_in,
        .get_params = core_get_params,
        .new_error = core_new_error,
        .set_error_debug = core_set_error_debug,
        .vset_error = core_vset_error};
    struct prov_conf settings;

    check_own_file(doctor, name, &stand_in);
    check_names(doctor, section, &stand_in);
    if (!read_all(doctor, section, &stand_in, &core, &settings))
        return;
    if (!any_hidden(&stand_in))
        tool_doctor_say(doctor, TOOL_WELL, section,
                        "the settings are understood; algorithms of this "
                        "instance have the property provider=%s",
                        name);
    say_notes(doctor, section, settings.notes);
    say_switches(doctor, section, &settings);
    check_pins(doctor, section, &settings);
    if (!any_hidden(&stand_in)) /* else it may look at other modules */
        tool_doctor_modules(doctor, &settings);
    prov_conf_clear(&settings);
}
