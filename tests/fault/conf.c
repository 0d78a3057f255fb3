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

struct flag {
    const char *name;
    unsigned value;
};

struct setting;

/* Reads value, which it may change, to out. */
typedef bool read_fn(const struct setting *setting, void *out, char *value,
                     fault_conf_rule_fn *rule);

struct setting {
    const char *key;
    read_fn *read;
    size_t offset;
    const struct flag *flags; /* of read_flags; ended by a NULL name */
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

static const struct flag params_words[] = {{"oid", FAULT_PARAMS_OID},
                                           {"name", FAULT_PARAMS_NAME},
                                           {"explicit", FAULT_PARAMS_EXPLICIT},
                                           {NULL, 0}};
static const struct flag point_words[] = {
    {"wrapped", FAULT_POINT_WRAPPED},
    {"raw", FAULT_POINT_RAW},
    {"compressed", FAULT_POINT_COMPRESSED},
    {NULL, 0}};
static const struct flag peer_words[] = {{"any", FAULT_PEER_ANY},
                                         {"raw", FAULT_PEER_RAW},
                                         {"wrapped", FAULT_PEER_WRAPPED},
                                         {NULL, 0}};

static const struct flag cost_words[] = {
    {"none", true}, {"full", false}, {NULL, 0}};

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
                                .label_2 = "fault2",
                                .pin_2 = "1234",
                                .so_pin_2 = "12345678",
                                .slots = 1,
                                .strict = FAULT_STRICT_ALL,
                                .local = true,
                                .has_public = true,
                                .initialized = true};
}

static bool copy_text(char *out, size_t size, const char *value)
{
    if (strlen(value) >= size)
        return false;
    memcpy(out, value, strlen(value) + 1);
    return true;
}

static bool read_path(const struct setting *setting, void *out, char *value,
                      fault_conf_rule_fn *rule)
{
    (void)setting;
    (void)rule;
    return copy_text(out, PATH_MAX, value);
}

static bool read_text(const struct setting *setting, void *out, char *value,
                      fault_conf_rule_fn *rule)
{
    (void)setting;
    (void)rule;
    return copy_text(out, FAULT_TEXT_MAX, value);
}

static bool read_count(const struct setting *setting, void *out, char *value,
                       fault_conf_rule_fn *rule)
{
    char *end = NULL;
    unsigned long number = strtoul(value, &end, 10);

    (void)setting;
    (void)rule;
    if (value[0] < '0' || value[0] > '9' || *end != '\0' || number > INT_MAX)
        return false;
    *(unsigned *)out = (unsigned)number;
    return true;
}

static bool read_yes_no(const struct setting *setting, void *out, char *value,
                        fault_conf_rule_fn *rule)
{
    bool yes = strcmp(value, "yes") == 0 || strcmp(value, "true") == 0;

    (void)setting;
    (void)rule;
    if (!yes && strcmp(value, "no") != 0 && strcmp(value, "false") != 0)
        return false;
    *(bool *)out = yes;
    return true;
}

static bool read_list(const struct setting *setting, void *out, char *value,
                      fault_conf_rule_fn *rule)
{
    struct fault_list *list = out;
    char *rest = NULL;

    (void)setting;
    (void)rule;
    list->count = 0;
    for (char *word = strtok_r(value, ",", &rest); word != NULL;
         word = strtok_r(NULL, ",", &rest)) {
        if (list->count == FAULT_LIST_MAX ||
            !fault_number(word, &list->values[list->count]))
            return false;
        list->count++;
    }
    return true;
}

static bool read_flags(const struct setting *setting, void *out, char *value,
                       fault_conf_rule_fn *rule)
{
    unsigned *bits = out;
    char *rest = NULL;

    (void)rule;
    *bits = 0;
    for (char *word = strtok_r(value, ",", &rest); word != NULL;
         word = strtok_r(NULL, ",", &rest)) {
        const struct flag *flag = setting->flags;

        while (flag->name != NULL && strcmp(flag->name, word) != 0)
            flag++;
        if (flag->name == NULL)
            return false;
        *bits |= flag->value;
    }
    return true;
}

static bool read_word(const struct setting *setting, void *out, char *value,
                      fault_conf_rule_fn *rule)
{
    return strchr(value, ',') == NULL && value[0] != '\0' &&
           read_flags(setting, out, value, rule);
}

/* Milliseconds with at most three decimals, to microseconds. */
static bool read_ms(const char *text, unsigned *us)
{
    char *end = NULL;
    unsigned long whole = strtoul(text, &end, 10), part = 0;

    if (text[0] < '0' || text[0] > '9' || whole > INT_MAX / 1000)
        return false;
    if (*end == '.') {
        const char *digit = end + 1;

        for (unsigned long unit = 100; unit > 0; unit /= 10) {
            if (*digit >= '0' && *digit <= '9')
                part += unit * (unsigned long)(*digit++ - '0');
        }
        if (*digit != '\0' || digit == end + 1)
            return false;
    } else if (*end != '\0') {
        return false;
    }
    *us = (unsigned)(whole * 1000 + part);
    return true;
}

static bool read_cost(const struct setting *setting, void *out, char *value,
                      fault_conf_rule_fn *rule)
{
    unsigned none = 0;

    if (!read_word(setting, &none, value, rule))
        return false;
    *(bool *)out = none != 0;
    return true;
}

static bool read_slots(const struct setting *setting, void *out, char *value,
                       fault_conf_rule_fn *rule)
{
    unsigned count = 0;

    if (!read_count(setting, &count, value, rule) || count < 1 || count > 2)
        return false;
    *(unsigned *)out = count;
    return true;
}

static bool read_latency(const struct setting *setting, void *out, char *value,
                         fault_conf_rule_fn *rule)
{
    enum fault_function function = FAULT_FUNCTIONS;
    unsigned *latency = out;
    char *colon = strchr(value, ':');

    if (colon != NULL) {
        *colon = '\0';
        if (!fault_function_find(value, &function))
            return false;
        value = colon + 1;
    }
    (void)setting;
    (void)rule;
    return read_ms(value, &latency[function]);
}

static bool read_rule(const struct setting *setting, void *out, char *value,
                      fault_conf_rule_fn *rule)
{
    (void)setting;
    (void)out;
    return rule(value);
}

static bool read_rule_file(const struct setting *setting, void *out,
                           char *value, fault_conf_rule_fn *rule)
{
    char line[512];
    bool good = true;
    FILE *file = fopen(value, "re");

    (void)setting;
    (void)out;
    if (file == NULL) {
        fault_complain("rules=%s: %s", value, strerror(errno));
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

#define AT(member) offsetof(struct fault_conf, member)
static const struct setting settings[] = {
    {"module", read_path, AT(module), NULL},
    {"token-dir", read_path, AT(token_dir), NULL},
    {"log", read_path, AT(log), NULL},
    {"count", read_path, AT(count), NULL},
    {"journal", read_path, AT(journal), NULL},
    {"label", read_text, AT(label), NULL},
    {"pin", read_text, AT(pin), NULL},
    {"so-pin", read_text, AT(so_pin), NULL},
    {"seed", read_text, AT(seed), NULL},
    {"serial", read_text, AT(serial), NULL},
    {"module-args", read_text, AT(module_args), NULL},
    {"max-sessions", read_count, AT(max_sessions), NULL},
    {"pin-tries", read_count, AT(pin_tries), NULL},
    {"auto-logout", read_count, AT(auto_logout), NULL},
    {"latency", read_latency, AT(latency), NULL},
    {"local", read_yes_no, AT(local), NULL},
    {"public", read_yes_no, AT(has_public), NULL},
    {"initialized", read_yes_no, AT(initialized), NULL},
    {"always-auth", read_yes_no, AT(always_auth), NULL},
    {"no-attr", read_list, AT(no_attr), NULL},
    {"refuse", read_list, AT(refuse), NULL},
    {"no-mechanism", read_list, AT(no_mechanism), NULL},
    {"strict", read_flags, AT(strict), strict_flags},
    {"weak", read_flags, AT(weak), weak_flags},
    {"ec-params", read_word, AT(ec_params), params_words},
    {"ec-point", read_word, AT(ec_point), point_words},
    {"ec-peer", read_word, AT(ec_peer), peer_words},
    {"private-point", read_yes_no, AT(private_point), NULL},
    {"key-info", read_yes_no, AT(key_info), NULL},
    {"newer", read_yes_no, AT(newer), NULL},
    {"slots", read_slots, AT(slots), NULL},
    {"spare", read_yes_no, AT(spare), NULL},
    {"late", read_yes_no, AT(late), NULL},
    {"fresh-slots", read_yes_no, AT(fresh_slots), NULL},
    {"label-2", read_text, AT(label_2), NULL},
    {"pin-2", read_text, AT(pin_2), NULL},
    {"so-pin-2", read_text, AT(so_pin_2), NULL},
    {"serial-2", read_text, AT(serial_2), NULL},
    {"pin-pad", read_yes_no, AT(pin_pad), NULL},
    {"cost", read_cost, AT(no_cost), cost_words},
    {"rule", read_rule, 0, NULL},
    {"rules", read_rule_file, 0, NULL},
};

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

    if (!copy_text(copy, sizeof(copy), text)) {
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
        if (!settings[i].read(&settings[i], (char *)conf + settings[i].offset,
                              equal + 1, rule)) {
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
