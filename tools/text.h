/* SPDX-License-Identifier: Apache-2.0 */
/* Text that comes from elsewhere, made safe for a terminal. */
#ifndef PRIVYSEAL_TOOL_TEXT_H
#define PRIVYSEAL_TOOL_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define TOOL_NO_POINT UINT32_MAX

/* The code point at text (len > 0) into *point, TOOL_NO_POINT where the octets
 * are not UTF-8 (RFC 3629). Returns how many octets it took, at least 1. */
size_t tool_utf8_next(const char *text, size_t len, uint32_t *point);

/* Writes text with control characters, bidirectional controls, line and
 * paragraph separators and what is not UTF-8 as "?". Returns the columns. */
size_t tool_text_write(FILE *file, const char *text, size_t len);
size_t tool_text_columns(const char *text, size_t len);

/* A word as a POSIX shell takes it, for commands that a person copies: as it
 * is, or in single quotes. Cut off where out is too small. */
enum { TOOL_WORD_SIZE = 8192 };
void tool_shell_word(const char *text, char out[static TOOL_WORD_SIZE]);

#endif
