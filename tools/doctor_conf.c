/* SPDX-License-Identifier: Apache-2.0 */
/* OpenSSL's own part of the file: from openssl_conf to the list of providers,
 * and what is active. */
#include "doctor.h"

#include <openssl/provider.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* As libcrypto: no default for what a section lacks. */
static const char *value_of(const struct tool_doctor *doctor,
                            const char *section, const char *name)
{
    STACK_OF(CONF_VALUE) *values = NCONF_get_section(doctor->conf, section);

    for (int i = 0; values != NULL && i < sk_CONF_VALUE_num(values); i++) {
        const CONF_VALUE *value = sk_CONF_VALUE_value(values, i);

        if (strcmp(value->name, name) == 0)
            return value->value;
    }
    return NULL;
}

static bool exists(const struct tool_doctor *doctor, const char *section)
{
    return NCONF_get_section(doctor->conf, section) != NULL;
}

/* Follows one name to the section that it names. NULL after saying why not. */
static const char *follow(struct tool_doctor *doctor, const char *section,
                          const char *name)
{
    const char *next = value_of(doctor, section, name);

    if (next == NULL) {
        tool_doctor_say(doctor, TOOL_ERROR, section,
                        "'%s = SECTION' is missing, so that OpenSSL loads no "
                        "provider from this file%s",
                        name,
                        strcmp(section, "default") == 0
                            ? "; it must stand before the first [section]"
                            : "");
        return NULL;
    }
    if (exists(doctor, next))
        return next;
    tool_doctor_say(doctor, TOOL_ERROR, section,
                    "%s names the section [%s], which is not there", name,
                    next);
    return NULL;
}

static bool is_no(const char *value)
{
    static const char *const words[] = {"0", "no", "off", "false"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcasecmp(value, words[i]) == 0)
            return true;
    }
    return false;
}

/* Whether the provider of a section is active, after saying what is odd. */
static bool is_active(struct tool_doctor *doctor, const char *name,
                      const char *section)
{
    const char *activate = value_of(doctor, section, "activate");

    if (activate == NULL) {
        tool_doctor_say(doctor, TOOL_WARNING, section,
                        "'activate = 1' is missing: the provider %s is not "
                        "used unless a program asks for it",
                        name);
        return false;
    }
    if (is_no(activate))
        tool_doctor_say(doctor, TOOL_WARNING, section,
                        "'activate = %s' activates %s all the same in OpenSSL "
                        "3.0: remove the line",
                        activate, name);
    return !is_no(activate);
}

static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

/* What OpenSSL will load for a provider of this name and section. */
static const char *module_of(const struct tool_doctor *doctor, const char *name,
                             const char *section)
{
    const char *module = value_of(doctor, section, "module");

    return module != NULL ? module : name;
}

static bool is_ours(const char *module)
{
    module = file_name(module);
    return strcmp(module, "privyseal.so") == 0 ||
           strcmp(module, "privyseal") == 0;
}

static bool is_rival(const char *module)
{
    static const char *const names[] = {"pkcs11.so", "pkcs11", "pkcs11prov.so",
                                        "pkcs11prov"};

    module = file_name(module);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(module, names[i]) == 0)
            return true;
    }
    return false;
}

/* libcrypto takes a value that is the name of a section for that section. */
static bool trapped(struct tool_doctor *doctor, const char *name,
                    const char *section)
{
    STACK_OF(CONF_VALUE) *values = NCONF_get_section(doctor->conf, section);

    if (strcmp(section, "default") == 0) {
        tool_doctor_say(doctor, TOOL_ERROR, name,
                        "its section must not be called [default]: that is "
                        "OpenSSL's own, the lines before the first section, "
                        "and ends in 'recursive section reference'; call it "
                        "[default_sect]");
        return true;
    }
    for (int i = 0; i < sk_CONF_VALUE_num(values); i++) {
        const CONF_VALUE *value = sk_CONF_VALUE_value(values, i);

        if (value->value == NULL || !exists(doctor, value->value))
            continue;
        tool_doctor_say(doctor, TOOL_ERROR, section,
                        "the value of %s is also the name of a section, and "
                        "OpenSSL hands over that section's lines instead of "
                        "the value: rename the section",
                        value->name);
        return true;
    }
    return false;
}

static void check_provider(struct tool_doctor *doctor, const char *name,
                           const char *section, size_t *ours, size_t *rivals)
{
    const char *module;
    bool active;

    if (!exists(doctor, section)) {
        tool_doctor_say(doctor, TOOL_ERROR, name,
                        "names the section [%s], which is not there", section);
        return;
    }
    if (trapped(doctor, name, section))
        return;
    module = module_of(doctor, name, section);
    active = is_active(doctor, name, section);
    if (strcmp(file_name(module), "default") == 0 ||
        strcmp(file_name(module), "fips") == 0 ||
        strcmp(file_name(module), "fips.so") == 0)
        doctor->has_default = doctor->has_default || active;
    *rivals += is_rival(module) && active;
    if (is_ours(module) && active)
        (*ours)++;
}

static void check_properties(struct tool_doctor *doctor, const char *init)
{
    const char *section = value_of(doctor, init, "alg_section");
    const char *query = section != NULL
                            ? value_of(doctor, section, "default_properties")
                            : NULL;

    if (query != NULL && strstr(query, "?provider=") != NULL)
        tool_doctor_say(doctor, TOOL_NOTE, section,
                        "default_properties = %s: TLS has no groups then "
                        "unless the preferred provider says tls-capabilities "
                        "= on; keys of tokens need no such preference",
                        query);
    if (query != NULL && strncmp(query, "provider=", 9) == 0)
        tool_doctor_say(doctor, TOOL_WARNING, section,
                        "default_properties = %s forbids everything that "
                        "other providers offer; '?%s' prefers, and neither is "
                        "needed",
                        query, query);
}

static void check_random(struct tool_doctor *doctor, const char *init)
{
    const char *section = value_of(doctor, init, "random");
    const char *seed =
        section != NULL ? value_of(doctor, section, "seed") : NULL;

    if (seed != NULL && strcmp(seed, "PRIVYSEAL-RAND") == 0)
        tool_doctor_say(doctor, TOOL_ERROR, section,
                        "PRIVYSEAL-RAND has no seed to give, so that every "
                        "program would fail; 'random = PRIVYSEAL-RAND' takes "
                        "random numbers of the token");
}

static void check_list(struct tool_doctor *doctor, const char *list)
{
    STACK_OF(CONF_VALUE) *values = NCONF_get_section(doctor->conf, list);
    size_t ours = 0, rivals = 0;

    for (int i = 0; i < sk_CONF_VALUE_num(values); i++) {
        const CONF_VALUE *value = sk_CONF_VALUE_value(values, i);

        check_provider(doctor, value->name, value->value, &ours, &rivals);
    }
    if (doctor->has_default)
        tool_doctor_say(doctor, TOOL_WELL, list,
                        "default is active, before or after privyseal: the "
                        "order does not matter");
    else
        tool_doctor_say(doctor, TOOL_ERROR, list,
                        "the provider default is not active: OpenSSL loads it "
                        "by itself only where no other is; add 'default = "
                        "default_sect' with 'activate = 1'");
    if (ours == 0)
        tool_doctor_say(doctor, TOOL_ERROR, list,
                        "privyseal is not listed and active; 'privyseal doctor "
                        "openssl-conf --print' shows what to write");
    if (ours > 0 && rivals > 0)
        tool_doctor_say(doctor, TOOL_WARNING, list,
                        "another provider for pkcs11: URIs is active too: the "
                        "first of the list gets them all");
    for (int i = 0; i < sk_CONF_VALUE_num(values); i++) {
        const CONF_VALUE *value = sk_CONF_VALUE_value(values, i);

        if (exists(doctor, value->value) &&
            strcmp(value->value, "default") != 0 &&
            is_ours(module_of(doctor, value->name, value->value)))
            tool_doctor_section(doctor, value->name, value->value);
    }
}

void tool_doctor_conf(struct tool_doctor *doctor)
{
    const char *init = follow(doctor, "default", "openssl_conf");
    const char *list = init != NULL ? follow(doctor, init, "providers") : NULL;

    if (list == NULL)
        return;
    if (value_of(doctor, "default", "config_diagnostics") == NULL)
        tool_doctor_say(doctor, TOOL_NOTE, doctor->path,
                        "programs pass over a provider that does not load in "
                        "silence, and over other errors of this file too, "
                        "unless 'config_diagnostics = 1' stands before the "
                        "first section");
    check_properties(doctor, init);
    check_random(doctor, init);
    check_list(doctor, list);
}
