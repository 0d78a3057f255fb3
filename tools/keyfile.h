/* SPDX-License-Identifier: Apache-2.0 */
/* A content key in a file: 16 or 32 octets, raw or as hexadecimal digits. */
#ifndef PRIVYSEAL_TOOL_KEYFILE_H
#define PRIVYSEAL_TOOL_KEYFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "issuer/status.h"

enum { TOOL_KEYFILE_KEY_MAX = 32 };

/* ISS_USAGE: there is none; ISS_MALFORMED: not such a key. The caller wipes
 * key. */
ISS_CHECKED enum iss_status
tool_keyfile_read(const char *path, uint8_t key[static TOOL_KEYFILE_KEY_MAX],
                  size_t *len, struct iss_error *error);

/* The key that is there, else a new one of 32 octets, written as digits in a
 * file of mode 0600; *fresh: it is new. */
ISS_CHECKED enum iss_status
tool_keyfile_make(const char *path, uint8_t key[static TOOL_KEYFILE_KEY_MAX],
                  size_t *len, bool *fresh, struct iss_error *error);

/* len digits into len / 2 octets; false: other characters, or an odd len. */
bool tool_keyfile_hex(const char *text, size_t len, uint8_t *out);

#endif
