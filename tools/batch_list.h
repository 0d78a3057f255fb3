/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list of a batch: one order a line, a kind and the options of the verb
 * that issues it. docs/formats/batch.md.
 */
#ifndef PRIVYSEAL_TOOL_BATCH_LIST_H
#define PRIVYSEAL_TOOL_BATCH_LIST_H

#include "issuer/license.h"
#include "option.h"

enum {
    TOOL_BATCH_LIST_MAX = 256 * 1024 * 1024,
    TOOL_BATCH_LINE = 8192,
    TOOL_BATCH_WORDS = 64,
    TOOL_BATCH_NAME = 256 /* of a file, with NUL */
};

struct tool_batch_list {
    const char *path; /* borrowed, for messages */
    char *text;
    size_t len;
    uint8_t hash[32]; /* SHA-256 of the file */
    uint64_t orders;
    size_t at; /* where the next line begins */
    uint64_t line;
};

struct tool_batch_order { /* a line, read */
    uint64_t line;
    enum iss_license_kind kind;
    struct tool_options options; /* borrow from words */
    char name[TOOL_BATCH_NAME];  /* of the file that is written */
    char nonce[2 * ISS_LICENSE_NONCE_SIZE + 1]; /* in hex */
    size_t word_count;
    char *words[TOOL_BATCH_WORDS + 1]; /* that point into text */
    char text[TOOL_BATCH_LINE + 1];
};

/* Reads a file and checks every line of it: form, kinds, options, names. What
 * a line's options name is not looked at. ISS_USAGE: the file is not there;
 * ISS_MALFORMED: "PATH:LINE: cause". Cleared by tool_batch_list_clear whatever
 * it returns. */
ISS_CHECKED enum iss_status tool_batch_list_read(const char *path,
                                                 struct tool_batch_list *list,
                                                 struct iss_error *error);
void tool_batch_list_clear(struct tool_batch_list *list);

/* The next order of a list that was read, from the first; *more false: there
 * are no more. order stays where it is while its options are used. */
ISS_CHECKED enum iss_status tool_batch_list_next(struct tool_batch_list *list,
                                                 struct tool_batch_order *order,
                                                 bool *more,
                                                 struct iss_error *error);

#endif
