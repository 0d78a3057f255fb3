/* SPDX-License-Identifier: Apache-2.0 */
/* Octets of an open file, piece by piece. */
#ifndef PRIVYSEAL_TOOL_PIECE_H
#define PRIVYSEAL_TOOL_PIECE_H

#include <stddef.h>
#include <stdint.h>

#include "issuer/status.h"

/* Opens a regular file; *file: -1, or the caller's to close. ISS_USAGE: there
 * is none, or something else, which might have no end. */
ISS_CHECKED enum iss_status tool_piece_open(const char *path, int *file,
                                            struct iss_error *error);
/* Up to size octets of file, which the error calls path; *got 0: its end.
 * ISS_USAGE: it cannot be read. */
ISS_CHECKED enum iss_status tool_piece_read(int file, const char *path,
                                            uint8_t *octets, size_t size,
                                            size_t *got,
                                            struct iss_error *error);

#endif
