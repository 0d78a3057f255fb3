/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration of a library context with our provider, as text. */
#ifndef PRIVYSEAL_TOOL_PROVCONF_H
#define PRIVYSEAL_TOOL_PROVCONF_H

#include <stdio.h>

#include "issuer/status.h"

/* Text for libcrypto's configuration reader that activates default and the
 * provider in file provider; module: of the token, NULL: the registered ones.
 * *out returns new, free(). Every character of a path reaches the provider as
 * it is; a control character in one is ISS_USAGE. */
ISS_CHECKED enum iss_status tool_provconf_print(const char *provider,
                                                const char *module, char **out,
                                                struct iss_error *error);

/* One line "key = value" of such a text, value quoted; the same errors. */
ISS_CHECKED enum iss_status tool_provconf_line(FILE *file, const char *key,
                                               const char *value,
                                               struct iss_error *error);

#endif
