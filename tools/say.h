/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The language of what a person reads. Texts are written in English and looked
 * up where they are printed, so that verbs know nothing of it. JSON, the
 * journal and syslog are English always.
 */
#ifndef PRIVYSEAL_TOOL_SAY_H
#define PRIVYSEAL_TOOL_SAY_H

#include <stdbool.h>

#include "issuer/status.h"

/* Takes --lang WORD (or --lang=WORD), wherever it stands before "--", out of
 * argv and speaks that language, else that of the locale. ISS_USAGE: one that
 * is not known. Once, before any thread. */
ISS_CHECKED enum iss_status tool_speak(int *argc, char **argv,
                                       struct iss_error *error);
/* English from now on. */
void tool_speak_english(void);

/* The text in that language, or the text itself. Static or borrowed. */
const char *tool_say(const char *text) __attribute__((format_arg(1)));

/* Whether an answer means yes: "yes" or "y", and what the language says. */
bool tool_says_yes(const char *answer);

#endif
