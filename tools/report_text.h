/* SPDX-License-Identifier: Apache-2.0 */
/* Text in a page that is HTML and well-formed XML at once. */
#ifndef PRIVYSEAL_TOOL_REPORT_TEXT_H
#define PRIVYSEAL_TOOL_REPORT_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Any text, harmless in an element or in a quoted attribute: the five special
 * characters as references, controls and what is not UTF-8 as "?". */
void tool_report_text(FILE *file, const char *text);

/* A date, "?" where the year has not four digits. */
void tool_report_date(FILE *file, int64_t seconds);

/* Octets as groups of four digits. */
void tool_report_hash(FILE *file, const uint8_t hash[static 32]);

#endif
