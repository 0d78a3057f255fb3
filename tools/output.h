/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a person reads: labelled lines and tables with aligned columns, in
 * colour on a terminal. With --json these write nothing, and the JSON writer
 * has the stream. Text from elsewhere is made safe on the way (text.h).
 */
#ifndef PRIVYSEAL_TOOL_OUTPUT_H
#define PRIVYSEAL_TOOL_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "issuer/status.h"
#include "json.h"

enum tool_colour {
    TOOL_PLAIN,
    TOOL_STRONG,
    TOOL_DIM,
    TOOL_GOOD,
    TOOL_WARN,
    TOOL_BAD,
    TOOL_COLOURS
};

struct tool_out {
    FILE *file;
    bool colour, quiet, as_json;
    struct tool_json json;
};

/* colour: whether the stream is a terminal that wants it. Borrows file. */
void tool_out_init(struct tool_out *out, FILE *file, bool as_json, bool quiet);

/* Flushes; ISS_STORE where anything could not be written. */
ISS_CHECKED enum iss_status tool_out_finish(struct tool_out *out,
                                            struct iss_error *error);

/* "label      text": the label in columns of eleven. */
void tool_line(struct tool_out *out, const char *label, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same, left out with --quiet. */
void tool_note(struct tool_out *out, const char *label, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* A line without a label, in a colour. */
void tool_text(struct tool_out *out, enum tool_colour colour,
               const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Text without an end of line. */
void tool_part(struct tool_out *out, enum tool_colour colour,
               const char *format, ...) __attribute__((format(printf, 3, 4)));
void tool_end_line(struct tool_out *out);

enum { TOOL_COLUMNS_MAX = 8 };

struct tool_table; /* cells are copied; printed and freed at the end */
/* headings: NULL-terminated, at most TOOL_COLUMNS_MAX. Returns new or NULL. */
struct tool_table *tool_table_new(const char *const *headings);
/* As many cells as headings; false: no memory. */
bool tool_table_row(struct tool_table *table, const char *const *cells);
size_t tool_table_rows(const struct tool_table *table);
void tool_table_print(const struct tool_table *table, struct tool_out *out);
void tool_table_free(struct tool_table *table);

/* "853f f937 62a0 ...": hash as groups of four digits. */
enum { TOOL_HASH_SIZE = 80 };
void tool_hash_groups(const uint8_t hash[static 32],
                      char out[static TOOL_HASH_SIZE]);
/* "1 184" */
enum { TOOL_COUNT_SIZE = 32 };
void tool_count_print(uint64_t count, char out[static TOOL_COUNT_SIZE]);

#endif
