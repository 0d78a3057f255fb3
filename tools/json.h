/* SPDX-License-Identifier: Apache-2.0 */
/* A small JSON writer (RFC 8259): valid whatever text it is given. */
#ifndef PRIVYSEAL_TOOL_JSON_H
#define PRIVYSEAL_TOOL_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { TOOL_JSON_DEPTH = 16 };

struct tool_json {
    FILE *file;     /* borrowed; its error flag says whether writing failed */
    unsigned depth; /* open objects and arrays */
    bool filled[TOOL_JSON_DEPTH]; /* whether that level has a member */
};

/* name: of the member; NULL inside an array and at the top. Octets that are
 * not UTF-8 are written as U+FFFD. NULL text is written as null. */
void tool_json_open(struct tool_json *json, const char *name, char bracket);
void tool_json_close(struct tool_json *json, char bracket);
void tool_json_text(struct tool_json *json, const char *name, const char *text);
void tool_json_text_n(struct tool_json *json, const char *name,
                      const char *text, size_t len);
void tool_json_number(struct tool_json *json, const char *name, int64_t number);
void tool_json_bool(struct tool_json *json, const char *name, bool value);
/* Octets as lower-case hex. */
void tool_json_hex(struct tool_json *json, const char *name,
                   const uint8_t *octets, size_t len);
/* Seconds since 1970 as "YYYY-MM-DDThh:mm:ssZ". */
void tool_json_time(struct tool_json *json, const char *name, int64_t seconds);

#endif
