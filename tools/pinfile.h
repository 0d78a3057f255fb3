/* SPDX-License-Identifier: Apache-2.0 */
/* A file that holds a PIN, and whether it was kept as one must be. */
#ifndef PRIVYSEAL_TOOL_PINFILE_H
#define PRIVYSEAL_TOOL_PINFILE_H

#include <stddef.h>
#include <sys/types.h>

#include "issuer/status.h"

enum { TOOL_PIN_MAX = 256 };

enum tool_pinfile_kind {
    TOOL_PINFILE_OWN,       /* the person's: owner, mode and folders count */
    TOOL_PINFILE_CREDENTIAL /* laid down by the service manager */
};

/* Reads the PIN into pin (size above TOOL_PIN_MAX), strips one line end at its
 * end. Returns its length, or -1 with ISS_USAGE: not a regular file, a link,
 * someone else's, open to others, in a folder that others may write to, empty,
 * too long, or with NUL, CR or LF in it. All but the folders is judged on the
 * open file. The caller wipes pin. */
ssize_t tool_pinfile_read(const char *path, enum tool_pinfile_kind kind,
                          char *pin, size_t size, struct iss_error *error);

#endif
