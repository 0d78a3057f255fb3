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

/* Reads the PIN that source names: "value:PIN", "credential:NAME" (a file in
 * the folder), "file:PATH", "file:///PATH" or a path; one newline at the end of
 * a file is not part of it. P11R_PIN_SOURCE where it cannot be read, is empty
 * or longer than P11_PIN_MAX; diag then says why, and never what a source holds
 * that might be the PIN itself. */
P11_CHECKED CK_RV p11_pin_read(const char *source, const char *credentials,
                               struct p11_pin *pin, struct p11_diag *diag);

/* Octets of text, as a PIN. P11R_PIN_SOURCE where too long. */
P11_CHECKED CK_RV p11_pin_take(const char *text, struct p11_pin *pin,
                               struct p11_diag *diag);

/* What people answer. P11R_PIN_MISSING where they do not, or cannot be asked.
 * Calls back: hold no lock, no mark. */
P11_CHECKED CK_RV p11_pin_ask(const struct p11_pin_callback *callback,
                              const struct p11_pin_request *request,
                              struct p11_pin *pin);

/* A keyed fingerprint, by which a refused PIN is known again without keeping
 * it. 0 is never returned. The key is drawn once a process. */
uint64_t p11_pin_mark(const struct p11_pin *pin);

#endif
