/* SPDX-License-Identifier: Apache-2.0 */
/* Octets of an open file, piece by piece. */
#ifndef PRIVYSEAL_TOOL_PIECE_H
#define PRIVYSEAL_TOOL_PIECE_H

#include <stddef.h>
#include <stdint.h>

#include "issuer/status.h"

/* Up to size octets of file, which the error calls path; *got 0: its end.
 * ISS_USAGE: it cannot be read. */
ISS_CHECKED enum iss_status tool_piece_read(int file, const char *path,
                                            uint8_t *octets, size_t size,
                                            size_t *got,
                                            struct iss_error *error);

#endif
