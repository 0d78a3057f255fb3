/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the settings in use and reads their text. */
#include "conf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum form { PATH, TEXT, COUNT, YES_NO, LIST, FLAGS, LATENCY, RULE, RULE_FILE };

struct flag {
    const char *name;
    unsigned value;
};

struct setting {
    const char *key;
    enum form form;
    size_t offset;
    const struct flag *flags; /* ended by a NULL name */
};

static const struct flag strict_flags[] = {
    {"fork", FAULT_STRICT_FORK},
    {"thread", FAULT_STRICT_THREAD},
    {"state", FAULT_STRICT_STATE},
    {"buffer", FAULT_STRICT_BUFFER},
    {"none", 0},
    {"finalize", FAULT_STRICT_FINALIZE},
    {"all", FAULT_STRICT_ALL},
    {NULL, 0},
};
static const struct flag weak_flags[] = {
    {"extractable", FAULT_WEAK_EXTRACTABLE},
    {"sensitive", FAULT_WEAK_SENSITIVE},
    {"decrypt", FAULT_WEAK_DECRYPT},
    {"sign", FAULT_WEAK_SIGN},
    {"private", FAULT_WEAK_PRIVATE},
    {"mechanisms", FAULT_WEAK_MECHANISMS},
    {"unwrap", FAULT_WEAK_UNWRAP},
    {NULL, 0},
};

#define AT(member) offsetof(struct fault_conf, member)
static const struct setting settings[] = {
    {"module", PATH, AT(module), NULL},
    {"token-dir", PATH, AT(token_dir), NULL},
    {"log", PATH, AT(log), NULL},
    {"count", PATH, AT(count), NULL},
    {"journal", PATH, AT(journal), NULL},
    {"label", TEXT, AT(label), NULL},
    {"pin", TEXT, AT(pin), NULL},
    {"so-pin", TEXT, AT(so_pin), NULL},
    {"seed", TEXT, AT(seed), NULL},
    {"serial", TEXT, AT(serial), NULL},
    {"module-args", TEXT, AT(module_args), NULL},
    {"max-sessions", COUNT, AT(max_sessions), NULL},
    {"pin-tries", COUNT, AT(pin_tries), NULL},
    {"auto-logout", COUNT, AT(auto_logout), NULL},
    {"latency", LATENCY, AT(latency), NULL},
    {"local", YES_NO, AT(local), NULL},
    {"public", YES_NO, AT(has_public), NULL},
    {"initialized", YES_NO, AT(initialized), NULL},
    {"always-auth", YES_NO, AT(always_auth), NULL},
    {"no-attr", LIST, AT(no_attr), NULL},
    {"refuse", LIST, AT(refuse), NULL},
    {"no-mechanism", LIST, AT(no_mechanism), NULL},
    {"strict", FLAGS, AT(strict), strict_flags},
    {"weak", FLAGS, AT(weak), weak_flags},
    {"rule", RULE, 0, NULL},
    {"rules", RULE_FILE, 0, NULL},
};

static const struct fault_conf nothing = {.strict = FAULT_STRICT_ALL};
static _Atomic(const struct fault_conf *) in_use = &nothing;

void fault_complain(const char *format, ...)
{
    char text[512];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    (void)fprintf(stderr, "privyseal-fault: %s\n", text);
}

void fault_conf_default(struct fault_conf *conf)
{
    *conf = (struct fault_conf){.label = "fault",
                                .pin = "1234",
                                .so_pin = "12345678",
                                .strict = FAULT_STRICT_ALL,
                                .local = true,
                                .has_public = true,
                                .initialized = true};
}

static bool read_text(char *out, size_t size, const char *value)
{
    if (strlen(value) >= size)
        return false;
    memcpy(out, value, strlen(value) + 1);
    return true;
}

static bool read_count(unsigned *out, const char *value)
{
    char *end = NULL;
    unsigned long number = strtoul(value, &end, 10);

    if (value[0] < '0' || value[0] > '9' || *end != '\0' || number > INT_MAX)
        return false;
    *out = (unsigned)number;
    return true;
}

static bool read_yes_no(bool *out, const char *value)
{
    bool yes = strcmp(value, "yes") == 0 || strcmp(value, "true") == 0;

    if (!yes && strcmp(value, "no") != 0 && strcmp(value, "false") != 0)
        return false;
    *out = yes;
    return true;
}

static bool read_list(struct fault_list *out, char *value)
{
    char *rest = NULL;

    out->count = 0;
    for (char *word = strtok_r(value, ",", &rest); word != NULL;
         word = strtok_r(NULL, ",", &rest)) {
        if (out->count == FAULT_LIST_MAX ||
            !fault_number(word, &out->values[out->count]))
            return false;
        out->count++;
    }
    return true;
}

static bool read_flags(unsigned *out, const struct flag *flags, char *value)
{
    char *rest = NULL;

    *out = 0;
    for (char *word = strtok_r(value, ",", &rest); word != NULL;
         word = strtok_r(NULL, ",", &rest)) {
        const struct flag *flag = flags;

        while (flag->name != NULL && strcmp(flag->name, word) != 0)
            flag++;
        if (flag->name == NULL)
            return false;
        *out |= flag->value;
    }
    return true;
}

static bool read_latency(unsigned *out, char *value)
{
    enum fault_function function = FAULT_FUNCTIONS;
    char *colon = strchr(value, ':');

    if (colon != NULL) {
        *colon = '\0';
        if (!fault_function_find(value, &function))
            return false;
        value = colon + 1;
    }
    return read_count(&out[function], value);
}

static bool read_rule_file(const char *path, fault_conf_rule_fn *rule)
{
    char line[512];
    bool good = true;
    FILE *file = fopen(path, "re");

    if (file == NULL) {
        fault_complain("rules=%s: %s", path, strerror(errno));
        return false;
    }
    while (good && fgets(line, sizeof(line), file) != NULL) {
        line[strcspn(line, "#\r\n")] = '\0';
        if (line[strspn(line, " \t")] != '\0')
            good = rule(line);
    }
    (void)fclose(file);
    return good;
}

static bool read_setting(struct fault_conf *conf, const struct setting *setting,
                         char *value, fault_conf_rule_fn *rule)
{
    void *out = (char *)conf + setting->offset;

    switch (setting->form) {
    case PATH:
        return read_text(out, PATH_MAX, value);
    case TEXT:
        return read_text(out, FAULT_TEXT_MAX, value);
    case COUNT:
        return read_count(out, value);
    case YES_NO:
        return read_yes_no(out, value);
    case LIST:
        return read_list(out, value);
    case FLAGS:
        return read_flags(out, setting->flags, value);
    case LATENCY:
        return read_latency(out, value);
    case RULE:
        return rule(value);
    case RULE_FILE:
        return read_rule_file(value, rule);
    }
    return false;
}

/* The next "key=value" of *text, unquoted in place; NULL at the end. */
static char *next_word(char **text)
{
    static const char separators[] = " \t\r\n;";
    char *start = *text + strspn(*text, separators);
    char *to = start;
    const char *from = start;
    char quote = '\0';

    if (*start == '\0')
        return NULL;
    for (; *from != '\0'; from++) {
        if (quote == '\0' && strchr(separators, *from) != NULL)
            break;
        if (quote == '\0' && (*from == '\'' || *from == '"'))
            quote = *from;
        else if (quote != '\0' && *from == quote)
            quote = '\0';
        else
            *to++ = *from;
    }
    *text = start + (from - start) + (*from != '\0');
    *to = '\0';
    return start;
}

bool fault_conf_read(struct fault_conf *conf, const char *text,
                     fault_conf_rule_fn *rule)
{
    char copy[FAULT_SETTINGS_MAX];
    char *rest = copy;

    if (!read_text(copy, sizeof(copy), text)) {
        fault_complain("the settings are longer than %d octets",
                       FAULT_SETTINGS_MAX);
        return false;
    }
    for (char *word = next_word(&rest); word != NULL; word = next_word(&rest)) {
        char *equal = strchr(word, '=');
        size_t i = 0;
        const size_t count = sizeof(settings) / sizeof(settings[0]);

        if (strcmp(word, "no-public") == 0) {
            conf->has_public = false;
            continue;
        }
        if (equal != NULL) {
            *equal = '\0';
            while (i < count && strcmp(settings[i].key, word) != 0)
                i++;
        }
        if (equal == NULL || i == count) {
            fault_complain("unknown setting '%s'", word);
            return false;
        }
        if (!read_setting(conf, &settings[i], equal + 1, rule)) {
            fault_complain("bad value of setting '%s'", word);
            return false;
        }
    }
    return true;
}

bool fault_list_has(const struct fault_list *list, CK_ULONG value)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->values[i] == value)
            return true;
    }
    return false;
}

bool fault_conf_use(const struct fault_conf *conf)
{
    struct fault_conf *copy = malloc(sizeof(*copy));

    if (copy == NULL)
        return false;
    *copy = *conf;
    copy->previous = atomic_load(&in_use);
    atomic_store(&in_use, copy);
    return true;
}

const struct fault_conf *fault_conf(void)
{
    return atomic_load(&in_use);
}
