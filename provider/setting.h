/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names and values of settings: which names mean one thing, what each takes,
 * and how a value is read. One row a name; see privyseal-provider(7).
 */
#ifndef PRIVYSEAL_PROV_SETTING_H
#define PRIVYSEAL_PROV_SETTING_H

#include <stdbool.h>
#include <stddef.h>

/* What may be set. Names of one thing must agree. */
enum prov_thing {
    PROV_SET_MODULES,
    PROV_SET_MODULE,
    PROV_SET_INIT_ARGS,
    PROV_SET_PINS,
    PROV_SET_PIN,
    PROV_SET_PIN_CACHE,
    PROV_SET_LOGIN,
    PROV_SET_COPIES,
    PROV_SET_SESSION_LIMIT,
    PROV_SET_SESSION_WAIT,
    PROV_SET_RAND,
    PROV_SET_TLS,
    PROV_SET_TRACE,
    PROV_SET_FIPS,
    PROV_SET_PEM,
    PROV_SET_BLOCK,
    PROV_SET_QUIRKS,
    PROV_SET_EXPORT, /* from here: read, checked, of no effect */
    PROV_SET_LOADING,
    PROV_SET_SESSIONS,
    PROV_SET_DEBUG,
    PROV_THINGS
};

enum prov_form {
    PROV_FORM_TEXT,
    PROV_FORM_WORD,   /* one of words */
    PROV_FORM_WORDS,  /* several, their values OR-ed; others are kept apart */
    PROV_FORM_NUMBER, /* 0 to max */
    PROV_FORM_SOURCE, /* of a PIN */
    PROV_FORM_PIN,    /* the PIN itself, or file:PATH */
    PROV_FORM_TRACE,  /* FILE, FILE,1 or FILE,2 */
    PROV_FORM_DEBUG   /* file:FILE or file:FILE,level:N */
};

struct prov_word {
    const char *text; /* NULL ends a table */
    long value;
};

struct prov_setting {
    const char *name;
    enum prov_thing thing;
    enum prov_form form;
    const struct prov_word *words;
    long max;
    bool lenient; /* PROV_FORM_WORDS: an unknown word is no error */
};

/* A value that was read. Two names of one thing agree if all is equal. */
struct prov_value {
    const char *text; /* borrowed from the setting; NULL: number counts */
    size_t len;
    long number;
    bool literal;        /* text is a PIN */
    const char *unknown; /* a word that lenient forms do not know, or NULL */
    size_t unknown_len;
};

/* Settings of the configuration file, then NULL. */
const struct prov_setting *prov_setting_at(size_t n);
/* Variables of the environment, where the file says nothing; then NULL. */
const struct prov_setting *prov_variable_at(size_t n);
/* The variable that stands above the file. */
extern const struct prov_setting prov_variable_module;

/* False where value does not fit. Borrows value. */
bool prov_setting_read(const struct prov_setting *setting, const char *value,
                       struct prov_value *out);

/* What the setting takes, for people: "auto, always, never". */
void prov_setting_allowed(const struct prov_setting *setting, char *text,
                          size_t size);

bool prov_value_same(const struct prov_value *a, const struct prov_value *b);

/* Whether a value of this setting may be or hold a PIN. */
bool prov_setting_secret(const struct prov_setting *setting);

#endif
