/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One table of settings: each row is a name and what its value does. A row
 * never overrides an earlier one, so our own names stand first, then
 * pkcs11-provider's, then those of libp11's provider, then the environment.
 */
#include "config.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"

enum { KEY_SIZE = 128, SESSIONS_MAX = 65536, WAIT_MAX_MS = 3600000 };

struct reader {
    const struct prov_core *core;
    struct prov_conf *conf;
    bool login_set, copies_set, modules_listed;
};

struct word {
    const char *text;
    int value;
};

typedef bool set_fn(struct reader *r, const char *name, const char *value);

static bool pick(struct reader *r, const struct word *words, const char *name,
                 const char *value, int *out)
{
    for (; words->text != NULL; words++) {
        if (strcmp(words->text, value) == 0) {
            *out = words->value;
            return true;
        }
    }
    return prov_raise(r->core, CKR_ARGUMENTS_BAD,
                      "configuration: %s: value not understood", name) != 0;
}

static bool number(struct reader *r, const char *name, const char *value,
                   unsigned max, unsigned *out)
{
    char *end = NULL;
    unsigned long n;

    if (*out != 0)
        return true;
    n = value[0] >= '0' && value[0] <= '9' ? strtoul(value, &end, 10) : 0;
    if (end == NULL || *end != '\0' || n > max)
        return prov_raise(r->core, CKR_ARGUMENTS_BAD,
                          "configuration: %s: not a number up to %u", name,
                          max) != 0;
    *out = (unsigned)n;
    return true;
}

static bool set_module(struct reader *r, const char *name, const char *value)
{
    (void)name;
    if (!r->modules_listed && r->conf->modules[0].path == NULL) {
        r->conf->modules[0].path = value;
        r->conf->p11.module_count = 1;
    }
    return true;
}

static bool set_init_args(struct reader *r, const char *name, const char *value)
{
    (void)name;
    if (!r->modules_listed && r->conf->modules[0].init_args == NULL)
        r->conf->modules[0].init_args = value;
    return true;
}

static bool keep_pin(struct reader *r, const char *prefix, const char *value)
{
    size_t size = strlen(prefix) + strlen(value) + 1;

    if (r->conf->pin_source != NULL)
        return true;
    r->conf->pin_source = malloc(size);
    if (r->conf->pin_source == NULL)
        return prov_raise(r->core, CKR_HOST_MEMORY, "configuration") != 0;
    (void)snprintf(r->conf->pin_source, size, "%s%s", prefix, value);
    return true;
}

static bool set_pin_source(struct reader *r, const char *name,
                           const char *value)
{
    (void)name;
    return keep_pin(r, "", value);
}

/* Both peers take the PIN itself here, one of them "file:PATH" too. */
static bool set_pin(struct reader *r, const char *name, const char *value)
{
    (void)name;
    return keep_pin(r, strncmp(value, "file:", 5) == 0 ? "" : "value:", value);
}

static bool set_login(struct reader *r, const char *name, const char *value)
{
    static const struct word words[] = {{"auto", P11_LOGIN_AUTO},
                                        {"always", P11_LOGIN_ALWAYS},
                                        {"never", P11_LOGIN_NEVER},
                                        {NULL, 0}};
    int login;

    if (r->login_set)
        return true;
    if (!pick(r, words, name, value, &login))
        return false;
    r->conf->p11.login = (enum p11_login)login;
    return r->login_set = true;
}

static bool set_force_login(struct reader *r, const char *name,
                            const char *value)
{
    static const struct word words[] = {
        {"1", 1},  {"yes", 1},   {"true", 1}, {"on", 1}, {"0", 0},
        {"no", 0}, {"false", 0}, {"off", 0},  {"", 0},   {NULL, 0}};
    int force;

    if (r->login_set)
        return true;
    if (!pick(r, words, name, value, &force))
        return false;
    r->conf->p11.login = force ? P11_LOGIN_ALWAYS : P11_LOGIN_AUTO;
    return r->login_set = true;
}

static bool set_copies(struct reader *r, const char *name, const char *value)
{
    static const struct word words[] = {
        {"auto", P11_COPIES_AUTO}, {"on", P11_COPIES_ON},
        {"off", P11_COPIES_OFF},   {"true", P11_COPIES_AUTO},
        {"false", P11_COPIES_OFF}, {NULL, 0}};
    int copies;

    if (r->copies_set)
        return true;
    if (!pick(r, words, name, value, &copies))
        return false;
    r->conf->p11.copies = (enum p11_copies)copies;
    return r->copies_set = true;
}

static bool set_session_limit(struct reader *r, const char *name,
                              const char *value)
{
    return number(r, name, value, SESSIONS_MAX, &r->conf->p11.session_limit);
}

static bool set_session_wait(struct reader *r, const char *name,
                             const char *value)
{
    return number(r, name, value, WAIT_MAX_MS, &r->conf->p11.session_wait_ms);
}

static bool set_trace(struct reader *r, const char *name, const char *value)
{
    const char *comma = strrchr(value, ',');
    size_t len = comma != NULL ? (size_t)(comma - value) : strlen(value);

    if (len == 0 ||
        (comma != NULL && strcmp(comma, ",1") != 0 && strcmp(comma, ",2") != 0))
        return prov_raise(r->core, CKR_ARGUMENTS_BAD,
                          "configuration: %s: not FILE, FILE,1 or FILE,2",
                          name) != 0;
    r->conf->trace_path = strndup(value, len);
    if (r->conf->trace_path == NULL)
        return prov_raise(r->core, CKR_HOST_MEMORY, "configuration") != 0;
    r->conf->trace_level = comma != NULL ? comma[1] - '0' : 1;
    return true;
}

static const char *member(struct reader *r, const char *word, size_t len,
                          const char *suffix)
{
    char key[KEY_SIZE];

    if (len + strlen(suffix) >= sizeof(key))
        return NULL;
    (void)snprintf(key, sizeof(key), "%.*s%s", (int)len, word, suffix);
    return prov_core_setting(r->core, key);
}

static bool add_module(struct reader *r, const char *word, size_t len)
{
    struct p11_module_conf *row = &r->conf->modules[r->conf->p11.module_count];

    row->path = member(r, word, len, ".module-path");
    row->init_args = member(r, word, len, ".init-args");
    if (row->path == NULL)
        return prov_raise(r->core, CKR_ARGUMENTS_BAD,
                          "configuration: modules: %.*s.module-path is missing",
                          (int)len, word) != 0;
    r->conf->p11.module_count++;
    return true;
}

static bool add_pin(struct reader *r, const char *word, size_t len)
{
    struct p11_pin_conf *row = &r->conf->pins[r->conf->p11.pin_count];

    row->token = member(r, word, len, ".token");
    row->source = member(r, word, len, ".pin-source");
    if (row->token == NULL || row->source == NULL)
        return prov_raise(r->core, CKR_ARGUMENTS_BAD,
                          "configuration: pins: %.*s needs .token and "
                          ".pin-source",
                          (int)len, word) != 0;
    r->conf->p11.pin_count++;
    return true;
}

static bool each_word(struct reader *r, const char *name, const char *value,
                      bool (*add)(struct reader *, const char *, size_t))
{
    size_t words = 0;

    while (*(value += strspn(value, " ,")) != '\0') {
        size_t len = strcspn(value, " ,");

        if (words++ == PROV_LIST_MAX)
            return prov_raise(r->core, CKR_ARGUMENTS_BAD,
                              "configuration: %s: more than %d names", name,
                              PROV_LIST_MAX) != 0;
        if (!add(r, value, len))
            return false;
        value += len;
    }
    return true;
}

static bool set_modules(struct reader *r, const char *name, const char *value)
{
    r->modules_listed = true;
    return each_word(r, name, value, add_module);
}

static bool set_pins(struct reader *r, const char *name, const char *value)
{
    return each_word(r, name, value, add_pin);
}

/* Known, and without meaning here: the manual says why of each. */
static bool accept_only(struct reader *r, const char *name, const char *value)
{
    (void)r, (void)name, (void)value;
    return true;
}

struct setting {
    const char *name;
    set_fn *set;
};

static const struct setting settings[] = {
    {"modules", set_modules},
    {"pins", set_pins},
    {"module-path", set_module},
    {"init-args", set_init_args},
    {"pin-source", set_pin_source},
    {"login", set_login},
    {"key-copies", set_copies},
    {"session-limit", set_session_limit},
    {"session-wait", set_session_wait},
    {"trace", set_trace},
    {"pin-cache", accept_only},

    {"pkcs11-module-path", set_module},
    {"pkcs11-module-init-args", set_init_args},
    {"pkcs11-module-token-pin", set_pin},
    {"pkcs11-module-login-behavior", set_login},
    {"pkcs11-module-cache-keys", set_copies},
    {"pkcs11-module-cache-sessions", accept_only},
    {"pkcs11-module-allow-export", accept_only},
    {"pkcs11-module-load-behavior", accept_only},
    {"pkcs11-module-cache-pins", accept_only},
    {"pkcs11-module-quirks", accept_only},
    {"pkcs11-module-encode-provider-uri-to-pem", accept_only},
    {"pkcs11-module-block-operations", accept_only},
    {"pkcs11-module-assume-fips", accept_only},

    {"pkcs11_module", set_module},
    {"init_args", set_init_args},
    {"pin", set_pin},
    {"force_login", set_force_login},
    {"debug_level", accept_only},
};

static const struct setting environment[] = {
    {"PKCS11_MODULE_PATH", set_module},
    {"PKCS11_PIN", set_pin},
    {"PKCS11_FORCE_LOGIN", set_force_login},
};

static bool read_all(struct reader *r)
{
    const char *value;

    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
        value = prov_core_setting(r->core, settings[i].name);
        if (value != NULL && !settings[i].set(r, settings[i].name, value))
            return false;
    }
    for (size_t i = 0; i < sizeof(environment) / sizeof(environment[0]); i++) {
        value = secure_getenv(environment[i].name);
        if (value != NULL && !environment[i].set(r, environment[i].name, value))
            return false;
    }
    return true;
}

bool prov_conf_read(const struct prov_core *core, struct prov_conf *conf)
{
    struct reader r = {.core = core, .conf = conf};

    *conf = (struct prov_conf){
        .name = prov_core_setting(core, OSSL_PROV_PARAM_CORE_PROV_NAME)};
    if (conf->name == NULL)
        conf->name = "privyseal";
    if (!read_all(&r)) {
        prov_conf_clear(conf);
        return false;
    }
    conf->p11.modules = conf->modules;
    conf->p11.pins = conf->pins;
    conf->p11.pin_source = conf->pin_source;
    return true;
}

void prov_conf_clear(struct prov_conf *conf)
{
    if (conf->pin_source != NULL)
        OPENSSL_cleanse(conf->pin_source, strlen(conf->pin_source));
    free(conf->pin_source);
    free(conf->trace_path);
    *conf = (struct prov_conf){0};
}
