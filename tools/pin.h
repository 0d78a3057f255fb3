/* SPDX-License-Identifier: Apache-2.0 */
/* Where a PIN comes from: a file, a service credential, the person. Never the
 * command line, the environment or a URI. */
#ifndef PRIVYSEAL_TOOL_PIN_H
#define PRIVYSEAL_TOOL_PIN_H

#include <stddef.h>
#include <sys/types.h>

#include "issuer/status.h"

struct tool_pin {
    const char *source; /* "file:PATH", "credential:NAME", "askpass"; "": asked
                           on the terminal. Borrowed */
    const char *what;   /* "PIN", "SO PIN": for the prompt */
    struct iss_error error; /* why the last tool_pin_get gave none */
};

/* Whether source is one that is known. ISS_USAGE. */
ISS_CHECKED enum iss_status tool_pin_check(const char *source,
                                           struct iss_error *error);

/* Reads the PIN for token (its label, for the prompt) into pin, not terminated;
 * size above 256. Returns the length, or -1 with pin->error. The caller wipes
 * it; nothing is kept. */
ssize_t tool_pin_get(struct tool_pin *source, const char *token, char *pin,
                     size_t size);

/* ISS_USAGE where a URI carries a PIN or names a source of one: command lines
 * and configurations are read by too many. NULL is good. */
ISS_CHECKED enum iss_status tool_uri_check(const char *uri,
                                           struct iss_error *error);

#endif
