/* SPDX-License-Identifier: Apache-2.0 */
/* Asking the person at the terminal. */
#ifndef PRIVYSEAL_TOOL_PROMPT_H
#define PRIVYSEAL_TOOL_PROMPT_H

#include <stdbool.h>
#include <sys/types.h>

#include "tool.h"

/* Whether someone can be asked: standard input is a terminal. */
bool tool_prompt_possible(void);

/* One line, without its end, NUL-terminated; echoed unless secret. Returns its
 * length, or -1: end of input, too long, or no terminal. The caller wipes. */
ssize_t tool_prompt_read(const char *prompt, bool secret, char *line,
                         size_t size);

/* ISS_OK where --yes is given or "yes" is answered; else ISS_NOT_CONFIRMED.
 * Everything said so far is on the terminal before the question. */
ISS_CHECKED enum iss_status tool_confirm(struct tool *tool,
                                         const char *question);

/* Has the words typed and compares them, blanks and case aside; --yes does not
 * stand for it. ISS_NOT_CONFIRMED. */
ISS_CHECKED enum iss_status
tool_confirm_words(struct tool *tool, const char *prompt, const char *words);

#endif
