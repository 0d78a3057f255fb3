/* SPDX-License-Identifier: Apache-2.0 */
/* THE table of settings, and the reading of their values. */
#include "setting.h"

#include <openssl/core_dispatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pkcs11/p11.h"

enum { SESSIONS_MAX = 65536, WAIT_MAX_MS = 3600000, DEBUG_MAX = 9 };

static const struct prov_word flag[] = {{"on", 1}, {"off", 0},  {"yes", 1},
                                        {"no", 0}, {"true", 1}, {"false", 0},
                                        {"1", 1},  {"0", 0},    {NULL, 0}};
static const struct prov_word login[] = {{"auto", P11_LOGIN_AUTO},
                                         {"always", P11_LOGIN_ALWAYS},
                                         {"never", P11_LOGIN_NEVER},
                                         {NULL, 0}};
static const struct prov_word force[] = {{"1", P11_LOGIN_ALWAYS},
                                         {"yes", P11_LOGIN_ALWAYS},
                                         {"true", P11_LOGIN_ALWAYS},
                                         {"on", P11_LOGIN_ALWAYS},
                                         {"0", P11_LOGIN_AUTO},
                                         {"no", P11_LOGIN_AUTO},
                                         {"false", P11_LOGIN_AUTO},
                                         {"off", P11_LOGIN_AUTO},
                                         {NULL, 0}};
static const struct prov_word copies[] = {{"auto", P11_COPIES_AUTO},
                                          {"on", P11_COPIES_ON},
                                          {"off", P11_COPIES_OFF},
                                          {NULL, 0}};
static const struct prov_word cache_keys[] = {
    {"true", P11_COPIES_AUTO}, {"false", P11_COPIES_OFF}, {NULL, 0}};
static const struct prov_word cache_pins[] = {{"cache", 1}, {NULL, 0}};
static const struct prov_word loading[] = {{"early", 1}, {NULL, 0}};
static const struct prov_word sources[] = {{"token", 1}, {"off", 0}, {NULL, 0}};
static const struct prov_word quirks[] = {{"no-deinit", 1},
                                          {"no-operation-state", 2},
                                          {"no-session-callbacks", 4},
                                          {"no-allowed-mechanisms", 8},
                                          {NULL, 0}};

/* OSSL_OP_SKEYMGMT, which OpenSSL 3.0 does not know. */
enum { SKEY_OPERATION = 15 };

static const struct prov_word operations[] = {
    {"digest", 1L << OSSL_OP_DIGEST},
    {"cipher", 1L << OSSL_OP_CIPHER},
    {"mac", 1L << OSSL_OP_MAC},
    {"kdf", 1L << OSSL_OP_KDF},
    {"rand", 1L << OSSL_OP_RAND},
    {"keymgmt", 1L << OSSL_OP_KEYMGMT},
    {"keyexch", 1L << OSSL_OP_KEYEXCH},
    {"signature", 1L << OSSL_OP_SIGNATURE},
    {"asym-cipher", 1L << OSSL_OP_ASYM_CIPHER},
    {"kem", 1L << OSSL_OP_KEM},
    {"encoder", 1L << OSSL_OP_ENCODER},
    {"decoder", 1L << OSSL_OP_DECODER},
    {"store", 1L << OSSL_OP_STORE},
    {"skeymgmt", 1L << SKEY_OPERATION},
    {NULL, 0}};

#define THEIRS "pkcs11-module-"

static const struct prov_setting settings[] = {
    {"modules", PROV_SET_MODULES, PROV_FORM_TEXT, NULL, 0, false},
    {"module-path", PROV_SET_MODULE, PROV_FORM_TEXT, NULL, 0, false},
    {"init-args", PROV_SET_INIT_ARGS, PROV_FORM_TEXT, NULL, 0, false},
    {"pins", PROV_SET_PINS, PROV_FORM_TEXT, NULL, 0, false},
    {"pin-source", PROV_SET_PIN, PROV_FORM_SOURCE, NULL, 0, false},
    {"pin-cache", PROV_SET_PIN_CACHE, PROV_FORM_WORD, flag, 0, false},
    {"login", PROV_SET_LOGIN, PROV_FORM_WORD, login, 0, false},
    {"key-copies", PROV_SET_COPIES, PROV_FORM_WORD, copies, 0, false},
    {"session-limit", PROV_SET_SESSION_LIMIT, PROV_FORM_NUMBER, NULL,
     SESSIONS_MAX, false},
    {"session-wait", PROV_SET_SESSION_WAIT, PROV_FORM_NUMBER, NULL, WAIT_MAX_MS,
     false},
    {"rand", PROV_SET_RAND, PROV_FORM_WORD, sources, 0, false},
    {"tls-capabilities", PROV_SET_TLS, PROV_FORM_WORD, flag, 0, false},
    {"trace", PROV_SET_TRACE, PROV_FORM_TRACE, NULL, 0, false},

    {THEIRS "path", PROV_SET_MODULE, PROV_FORM_TEXT, NULL, 0, false},
    {THEIRS "init-args", PROV_SET_INIT_ARGS, PROV_FORM_TEXT, NULL, 0, false},
    {THEIRS "token-pin", PROV_SET_PIN, PROV_FORM_PIN, NULL, 0, false},
    {THEIRS "allow-export", PROV_SET_EXPORT, PROV_FORM_WORD, flag, 0, false},
    {THEIRS "login-behavior", PROV_SET_LOGIN, PROV_FORM_WORD, login, 0, false},
    {THEIRS "load-behavior", PROV_SET_LOADING, PROV_FORM_WORD, loading, 0,
     false},
    {THEIRS "cache-pins", PROV_SET_PIN_CACHE, PROV_FORM_WORD, cache_pins, 0,
     false},
    {THEIRS "cache-keys", PROV_SET_COPIES, PROV_FORM_WORD, cache_keys, 0,
     false},
    {THEIRS "quirks", PROV_SET_QUIRKS, PROV_FORM_WORDS, quirks, 0, true},
    {THEIRS "cache-sessions", PROV_SET_SESSIONS, PROV_FORM_NUMBER, NULL,
     SESSIONS_MAX, false},
    {THEIRS "encode-provider-uri-to-pem", PROV_SET_PEM, PROV_FORM_WORD, flag, 0,
     false},
    {THEIRS "block-operations", PROV_SET_BLOCK, PROV_FORM_WORDS, operations, 0,
     false},
    {THEIRS "assume-fips", PROV_SET_FIPS, PROV_FORM_WORD, flag, 0, false},

    {"pkcs11_module", PROV_SET_MODULE, PROV_FORM_TEXT, NULL, 0, false},
    {"init_args", PROV_SET_INIT_ARGS, PROV_FORM_TEXT, NULL, 0, false},
    {"pin", PROV_SET_PIN, PROV_FORM_PIN, NULL, 0, false},
    {"force_login", PROV_SET_LOGIN, PROV_FORM_WORD, force, 0, false},
    {"debug_level", PROV_SET_DEBUG, PROV_FORM_NUMBER, NULL, DEBUG_MAX, false},
};

static const struct prov_setting variables[] = {
    {"PKCS11_MODULE_PATH", PROV_SET_MODULE, PROV_FORM_TEXT, NULL, 0, false},
    {"PKCS11_PIN", PROV_SET_PIN, PROV_FORM_PIN, NULL, 0, false},
    {"PKCS11_FORCE_LOGIN", PROV_SET_LOGIN, PROV_FORM_WORD, force, 0, false},
    {"PKCS11_DEBUG_LEVEL", PROV_SET_DEBUG, PROV_FORM_NUMBER, NULL, DEBUG_MAX,
     false},
    {"PKCS11_PROVIDER_DEBUG", PROV_SET_TRACE, PROV_FORM_DEBUG, NULL, 0, false},
};

const struct prov_setting prov_variable_module = {
    "PKCS11_PROVIDER_MODULE", PROV_SET_MODULE, PROV_FORM_TEXT, NULL, 0, false};

const struct prov_setting *prov_setting_at(size_t n)
{
    return n < sizeof(settings) / sizeof(settings[0]) ? &settings[n] : NULL;
}

const struct prov_setting *prov_variable_at(size_t n)
{
    return n < sizeof(variables) / sizeof(variables[0]) ? &variables[n] : NULL;
}

/* ---- reading ----------------------------------------------------------- */

static const struct prov_word *find(const struct prov_word *words,
                                    const char *text, size_t len)
{
    for (; words->text != NULL; words++) {
        if (strlen(words->text) == len && strncmp(words->text, text, len) == 0)
            return words;
    }
    return NULL;
}

static bool read_text(const struct prov_setting *setting, const char *value,
                      struct prov_value *out)
{
    (void)setting;
    out->text = value;
    out->len = strlen(value);
    return out->len > 0;
}

static bool read_word(const struct prov_setting *setting, const char *value,
                      struct prov_value *out)
{
    const struct prov_word *word = find(setting->words, value, strlen(value));

    out->number = word != NULL ? word->value : 0;
    return word != NULL;
}

static bool read_words(const struct prov_setting *setting, const char *value,
                       struct prov_value *out)
{
    while (*(value += strspn(value, " ,;:")) != '\0') {
        size_t len = strcspn(value, " ,;:");
        const struct prov_word *word = find(setting->words, value, len);

        if (word != NULL) {
            out->number |= word->value;
        } else if (out->unknown == NULL) {
            out->unknown = value;
            out->unknown_len = len;
        }
        value += len;
    }
    return out->unknown == NULL || setting->lenient;
}

static bool digits(const char *value, long max, long *out)
{
    char *end = NULL;
    unsigned long n;

    if (value[0] < '0' || value[0] > '9')
        return false;
    n = strtoul(value, &end, 10);
    *out = (long)n;
    return *end == '\0' && n <= (unsigned long)max;
}

static bool read_number(const struct prov_setting *setting, const char *value,
                        struct prov_value *out)
{
    return digits(value, setting->max, &out->number);
}

static bool read_source(const struct prov_setting *setting, const char *value,
                        struct prov_value *out)
{
    static const char literal[] = "value:";

    if (strncmp(value, literal, sizeof(literal) - 1) == 0) {
        out->literal = true;
        value += sizeof(literal) - 1;
    }
    return read_text(setting, value, out);
}

/* Both peers take the PIN itself here, one of them "file:PATH" too. */
static bool read_pin(const struct prov_setting *setting, const char *value,
                     struct prov_value *out)
{
    out->literal = strncmp(value, "file:", 5) != 0;
    return read_text(setting, value, out);
}

static bool read_trace(const struct prov_setting *setting, const char *value,
                       struct prov_value *out)
{
    const char *comma = strrchr(value, ',');

    (void)setting;
    out->text = value;
    out->len = comma != NULL ? (size_t)(comma - value) : strlen(value);
    out->number = 1;
    return out->len > 0 &&
           (comma == NULL ||
            (digits(comma + 1, 2, &out->number) && out->number > 0));
}

/* pkcs11-provider's levels begin at 0 and go on where ours end. */
static bool read_debug(const struct prov_setting *setting, const char *value,
                       struct prov_value *out)
{
    static const char file[] = "file:", level[] = ",level:";
    const char *after = strstr(value, level);
    long number = 2;

    (void)setting;
    if (strncmp(value, file, sizeof(file) - 1) != 0)
        return false;
    out->text = value + sizeof(file) - 1;
    out->len = after != NULL ? (size_t)(after - out->text) : strlen(out->text);
    if (after != NULL && !digits(after + sizeof(level) - 1, DEBUG_MAX, &number))
        return false;
    out->number = number < 2 ? 1 : 2;
    return out->len > 0;
}

bool prov_setting_read(const struct prov_setting *setting, const char *value,
                       struct prov_value *out)
{
    static bool (*const read[])(const struct prov_setting *, const char *,
                                struct prov_value *) = {
        [PROV_FORM_TEXT] = read_text,     [PROV_FORM_WORD] = read_word,
        [PROV_FORM_WORDS] = read_words,   [PROV_FORM_NUMBER] = read_number,
        [PROV_FORM_SOURCE] = read_source, [PROV_FORM_PIN] = read_pin,
        [PROV_FORM_TRACE] = read_trace,   [PROV_FORM_DEBUG] = read_debug};

    *out = (struct prov_value){0};
    return read[setting->form](setting, value, out);
}

static void join(const struct prov_word *words, char *text, size_t size)
{
    size_t used = 0;

    for (; words->text != NULL && used < size; words++) {
        int len = snprintf(text + used, size - used, "%s%s",
                           used > 0 ? ", " : "", words->text);

        used += len > 0 ? (size_t)len : 0;
    }
}

void prov_setting_allowed(const struct prov_setting *setting, char *text,
                          size_t size)
{
    static const char *const texts[] = {
        [PROV_FORM_TEXT] = "a text that is not empty",
        [PROV_FORM_SOURCE] = "file:PATH, a path, credential:NAME, value:PIN",
        [PROV_FORM_PIN] = "a PIN that is not empty, file:PATH",
        [PROV_FORM_TRACE] = "FILE, FILE,1 or FILE,2",
        [PROV_FORM_DEBUG] = "file:FILE or file:FILE,level:N"};

    if (setting->words != NULL)
        join(setting->words, text, size);
    else if (setting->form == PROV_FORM_NUMBER)
        (void)snprintf(text, size, "a number from 0 to %ld", setting->max);
    else
        (void)snprintf(text, size, "%s", texts[setting->form]);
}

bool prov_value_same(const struct prov_value *a, const struct prov_value *b)
{
    return a->number == b->number && a->literal == b->literal &&
           a->len == b->len &&
           (a->len == 0 || memcmp(a->text, b->text, a->len) == 0);
}

bool prov_setting_secret(const struct prov_setting *setting)
{
    return setting->thing == PROV_SET_PIN;
}
