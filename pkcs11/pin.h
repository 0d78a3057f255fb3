/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PIN sources: text in, a PIN in the caller's buffer out. A PIN is read, used
 * and wiped by one function of the caller's.
 */
#ifndef PRIVYSEAL_P11_PIN_H
#define PRIVYSEAL_P11_PIN_H

#include "p11.h"

struct p11_pin {
    char pin[P11_PIN_MAX];
    size_t len;
};

void p11_pin_wipe(struct p11_pin *pin);

/* Reads the PIN that source names: "value:PIN", "file:PATH", "file:///PATH" or
 * a path; one newline at the end of a file is not part of it. P11R_PIN_SOURCE
 * where it cannot be read or is longer than P11_PIN_MAX. */
P11_CHECKED CK_RV p11_pin_read(const char *source, struct p11_pin *pin);

/* Octets of text, as a PIN. P11R_PIN_SOURCE where too long. */
P11_CHECKED CK_RV p11_pin_take(const char *text, struct p11_pin *pin);

/* Where PINs of one key or search come from, in this order. NULLs: none. */
struct p11_pin_sources {
    const char *uri_value, *uri_source; /* of the URI */
    const char *configured;             /* for this token, or the default */
    const struct p11_pin_callback *callback;
};

/* The first source's PIN. P11R_PIN_MISSING where none has one. A source that
 * is named but unreadable ends the search. Calls back: hold no lock, no mark.*/
P11_CHECKED CK_RV p11_pin_get(const struct p11_pin_sources *sources,
                              const struct p11_pin_request *request,
                              struct p11_pin *pin);

/* A keyed fingerprint, by which a refused PIN is known again without keeping
 * it. 0 is never returned. The key is drawn once a process. */
uint64_t p11_pin_mark(const struct p11_pin *pin);

#endif
