/* SPDX-License-Identifier: Apache-2.0 */
/* The texts of --help, made from the tables of the verbs. */
#ifndef PRIVYSEAL_TOOL_HELP_H
#define PRIVYSEAL_TOOL_HELP_H

#include <stdio.h>

#include "tool.h"

void tool_help_verb(FILE *file, const struct tool_verb *verb);
/* The verbs that begin with group; NULL: all. */
void tool_help_group(FILE *file, const char *group);
void tool_help_version(FILE *file, const char *group);

#endif
