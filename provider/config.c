/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads every setting there is, refuses those that contradict each other, and
 * puts the values where they belong. The environment only fills gaps, but for
 * pkcs11-provider's PKCS11_PROVIDER_MODULE, which replaces the module.
 */
#include "config.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "error.h"
#include "setting.h"

enum { KEY_SIZE = 128, ALLOWED_SIZE = 192 };

struct reader {
    const struct prov_core *core;
    struct prov_conf *conf;
    const struct prov_setting *by[PROV_THINGS]; /* NULL: not set */
    struct prov_value values[PROV_THINGS];
};

__attribute__((format(printf, 2, 3))) static void note(struct prov_conf *conf,
                                                       const char *format, ...)
{
    size_t used = strlen(conf->notes);
    va_list args;

    va_start(args, format);
    (void)vsnprintf(conf->notes + used, sizeof(conf->notes) - used, format,
                    args);
    va_end(args);
}

__attribute__((format(printf, 2, 3))) static bool
refuse(const struct reader *r, const char *format, ...)
{
    char text[KEY_SIZE * 4];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    return prov_raise(r->core, CKR_ARGUMENTS_BAD, "configuration: %s", text) !=
           0;
}

static bool out_of_memory(const struct reader *r)
{
    return prov_raise(r->core, CKR_HOST_MEMORY, "configuration") != 0;
}

/* ---- collecting -------------------------------------------------------- */

static bool wrong_value(const struct reader *r,
                        const struct prov_setting *setting, const char *value)
{
    char allowed[ALLOWED_SIZE];

    prov_setting_allowed(setting, allowed, sizeof(allowed));
    if (prov_setting_secret(setting))
        return refuse(r, "%s: not understood; allowed: %s", setting->name,
                      allowed);
    return refuse(r, "%s = %.64s: not understood; allowed: %s", setting->name,
                  value, allowed);
}

static bool contradiction(const struct reader *r, const struct prov_setting *a,
                          const struct prov_setting *b)
{
    return refuse(r, "%s and %s mean the same and have different values",
                  a->name, b->name);
}

static bool take(struct reader *r, const struct prov_setting *setting,
                 const char *text)
{
    const enum prov_thing thing = setting->thing;
    struct prov_value value;

    if (!prov_setting_read(setting, text, &value))
        return wrong_value(r, setting, text);
    if (value.unknown != NULL)
        note(r->conf, "%s: '%.*s' is not known and has no effect\n",
             setting->name, (int)value.unknown_len, value.unknown);
    if (r->by[thing] != NULL && !prov_value_same(&r->values[thing], &value))
        return contradiction(r, r->by[thing], setting);
    if (r->by[thing] == NULL) {
        r->by[thing] = setting;
        r->values[thing] = value;
    }
    return true;
}

static bool collect_file(struct reader *r)
{
    const struct prov_setting *setting;

    for (size_t i = 0; (setting = prov_setting_at(i)) != NULL; i++) {
        const char *value = prov_core_setting(r->core, setting->name);

        if (value != NULL && !take(r, setting, value))
            return false;
    }
    return true;
}

/* A list stands against the names for one. */
static bool agree(const struct reader *r)
{
    static const enum prov_thing single[] = {PROV_SET_MODULE,
                                             PROV_SET_INIT_ARGS};

    for (size_t i = 0; i < sizeof(single) / sizeof(single[0]); i++) {
        if (r->by[PROV_SET_MODULES] != NULL && r->by[single[i]] != NULL)
            return refuse(r, "modules and %s: one excludes the other",
                          r->by[single[i]]->name);
    }
    return true;
}

/* As secure_getenv; what is empty counts as not set. */
static const char *variable(const char *name)
{
    const char *value = secure_getenv(name);

    return value != NULL && *value != '\0' ? value : NULL;
}

static bool collect_environment(struct reader *r)
{
    const struct prov_setting *setting = &prov_variable_module;
    bool set[PROV_THINGS];
    const char *value = variable(setting->name);

    if (value != NULL && r->by[PROV_SET_MODULES] == NULL) {
        r->by[setting->thing] = NULL;
        if (!take(r, setting, value))
            return false;
    }
    for (size_t i = 0; i < PROV_THINGS; i++)
        set[i] = r->by[i] != NULL;
    set[PROV_SET_MODULE] |= set[PROV_SET_MODULES];
    for (size_t i = 0; (setting = prov_variable_at(i)) != NULL; i++) {
        value = variable(setting->name);
        if (value != NULL && !set[setting->thing] && !take(r, setting, value))
            return false;
    }
    return true;
}

/* ---- PIN sources ------------------------------------------------------- */

/* Who may read a PIN file is its owner's business, but worth a line. */
static void look_at(struct prov_conf *conf, const char *source)
{
    struct stat st;

    source += strncmp(source, "file:", 5) == 0 ? 5 : 0;
    source += strncmp(source, "///", 3) == 0 ? 2 : 0;
    if (stat(source, &st) == 0 && (st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        note(conf, "PIN file %s: mode %03o, others than its owner may use it\n",
             source, (unsigned)st.st_mode & 0777);
}

/* A credential of systemd is a file in a folder that the service is told. Where
 * it is not, a login fails, not the load: a program that uses no key of ours
 * goes on. */
static bool check_credential(const struct reader *r, const char *name,
                             const char *by)
{
    if (*name == '\0' || strchr(name, '/') != NULL || strcmp(name, ".") == 0 ||
        strcmp(name, "..") == 0)
        return refuse(r, "%s = credential:%.64s: not the name of a credential",
                      by, name);
    if (r->conf->p11.credentials == NULL)
        note(r->conf, "%s: credential:%s: CREDENTIALS_DIRECTORY is not set\n",
             by, name);
    return true;
}

/* Returns new in *out. by: the setting, for messages. */
static bool take_source(const struct reader *r, const struct prov_value *value,
                        const char *by, char **out)
{
    static const char literal[] = "value:", credential[] = "credential:";
    const char *prefix = value->literal ? literal : "";
    size_t size = strlen(prefix) + value->len + 1;

    if (!value->literal &&
        strncmp(value->text, credential, sizeof(credential) - 1) == 0 &&
        !check_credential(r, value->text + sizeof(credential) - 1, by))
        return false;
    if (!value->literal)
        look_at(r->conf, value->text);
    *out = malloc(size);
    if (*out == NULL)
        return out_of_memory(r);
    (void)snprintf(*out, size, "%s%s", prefix, value->text);
    return true;
}

/* ---- lists ------------------------------------------------------------- */

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
    if (row->path == NULL || *row->path == '\0')
        return refuse(r, "modules: %.*s.module-path is missing", (int)len,
                      word);
    r->conf->p11.module_count++;
    return true;
}

static bool add_pin(struct reader *r, const char *word, size_t len)
{
    static const struct prov_setting form = {
        .name = "pin-source", .thing = PROV_SET_PIN, .form = PROV_FORM_SOURCE};
    const size_t n = r->conf->p11.pin_count;
    const char *text = member(r, word, len, ".pin-source");
    struct prov_value value;
    char by[KEY_SIZE];

    r->conf->pins[n].token = member(r, word, len, ".token");
    if (r->conf->pins[n].token == NULL || text == NULL)
        return refuse(r, "pins: %.*s.%s is missing", (int)len, word,
                      text == NULL ? "pin-source" : "token");
    (void)snprintf(by, sizeof(by), "%.*s.pin-source", (int)len, word);
    if (!prov_setting_read(&form, text, &value))
        return refuse(r, "%s: it is empty", by);
    if (!take_source(r, &value, by, &r->conf->pin_sources[n]))
        return false;
    r->conf->pins[n].source = r->conf->pin_sources[n];
    r->conf->p11.pin_count++;
    return true;
}

static bool each_word(struct reader *r, enum prov_thing thing,
                      bool (*add)(struct reader *, const char *, size_t))
{
    const char *value = r->values[thing].text;
    size_t words = 0;

    if (r->by[thing] == NULL)
        return true;
    while (*(value += strspn(value, " ,")) != '\0') {
        size_t len = strcspn(value, " ,");

        if (words++ == PROV_LIST_MAX)
            return refuse(r, "%s: more than %d names", r->by[thing]->name,
                          PROV_LIST_MAX);
        if (!add(r, value, len))
            return false;
        value += len;
    }
    return true;
}

/* ---- putting into place ------------------------------------------------ */

static const char *given_text(const struct reader *r, enum prov_thing thing)
{
    return r->by[thing] != NULL ? r->values[thing].text : NULL;
}

static void place_module(struct reader *r)
{
    const char *path = given_text(r, PROV_SET_MODULE);

    if (path == NULL && r->by[PROV_SET_INIT_ARGS] != NULL)
        note(r->conf, "%s has no effect without a module\n",
             r->by[PROV_SET_INIT_ARGS]->name);
    if (path == NULL)
        return;
    r->conf->modules[0].path = path;
    r->conf->modules[0].init_args = given_text(r, PROV_SET_INIT_ARGS);
    r->conf->p11.module_count = 1;
}

static void place_numbers(struct reader *r)
{
    const struct prov_value *values = r->values; /* 0 where not set */
    struct prov_conf *conf = r->conf;

    conf->p11.login = (enum p11_login)values[PROV_SET_LOGIN].number;
    conf->p11.copies = (enum p11_copies)values[PROV_SET_COPIES].number;
    conf->p11.pin_cache = values[PROV_SET_PIN_CACHE].number != 0;
    conf->p11.session_limit = (unsigned)values[PROV_SET_SESSION_LIMIT].number;
    conf->p11.session_wait_ms = (unsigned)values[PROV_SET_SESSION_WAIT].number;
    conf->rand = values[PROV_SET_RAND].number != 0;
    conf->tls_capabilities = values[PROV_SET_TLS].number != 0;
    conf->fips = values[PROV_SET_FIPS].number != 0;
    conf->encode_uri =
        r->by[PROV_SET_PEM] == NULL || values[PROV_SET_PEM].number != 0;
    conf->blocked = (unsigned long)values[PROV_SET_BLOCK].number;
}

static bool place_trace(struct reader *r)
{
    const struct prov_value *value = &r->values[PROV_SET_TRACE];

    if (r->by[PROV_SET_TRACE] == NULL)
        return true;
    r->conf->trace_path = strndup(value->text, value->len);
    r->conf->trace_level = (int)value->number;
    return r->conf->trace_path != NULL || out_of_memory(r);
}

static bool place_pin(struct reader *r)
{
    char **out = &r->conf->pin_sources[PROV_LIST_MAX];

    if (r->by[PROV_SET_PIN] == NULL)
        return true;
    if (!take_source(r, &r->values[PROV_SET_PIN], r->by[PROV_SET_PIN]->name,
                     out))
        return false;
    r->conf->p11.pin_source = *out;
    return true;
}

static void note_ineffective(struct reader *r)
{
    for (size_t i = PROV_SET_EXPORT; i < PROV_THINGS; i++) {
        if (r->by[i] != NULL)
            note(r->conf, "%s has no effect\n", r->by[i]->name);
    }
}

bool prov_conf_read(const struct prov_core *core, struct prov_conf *conf)
{
    struct reader r = {.core = core, .conf = conf};

    *conf = (struct prov_conf){
        .name = prov_core_setting(core, OSSL_PROV_PARAM_CORE_PROV_NAME)};
    if (conf->name == NULL)
        conf->name = "privyseal";
    conf->p11.credentials = variable("CREDENTIALS_DIRECTORY");
    if (!collect_file(&r) || !agree(&r) || !collect_environment(&r) ||
        !each_word(&r, PROV_SET_MODULES, add_module) ||
        !each_word(&r, PROV_SET_PINS, add_pin) || !place_pin(&r) ||
        !place_trace(&r)) {
        prov_conf_clear(conf);
        return false;
    }
    place_module(&r);
    place_numbers(&r);
    note_ineffective(&r);
    conf->p11.modules = conf->modules;
    conf->p11.pins = conf->pins;
    return true;
}

void prov_conf_clear(struct prov_conf *conf)
{
    for (size_t i = 0; i <= PROV_LIST_MAX; i++) {
        if (conf->pin_sources[i] != NULL)
            OPENSSL_cleanse(conf->pin_sources[i], strlen(conf->pin_sources[i]));
        free(conf->pin_sources[i]);
    }
    free(conf->trace_path);
    *conf = (struct prov_conf){0};
}
