/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A catalogue of messages: a .mo file as msgfmt writes it. It is read here and
 * not by the C library, whose gettext translates nothing in a C locale, the
 * only one that many servers have.
 */
#ifndef PRIVYSEAL_TOOL_CATALOGUE_H
#define PRIVYSEAL_TOOL_CATALOGUE_H

#include <stdbool.h>

struct catalogue;

/* The catalogue in that file; NULL: not there, or no whole .mo file, low
 * octets first. The caller frees it. */
struct catalogue *catalogue_open(const char *path);
void catalogue_free(struct catalogue *catalogue);

/* The translation of text, UTF-8, or NULL: it has none. Borrowed from the
 * catalogue. Any number of threads may ask at once. */
const char *catalogue_find(const struct catalogue *catalogue, const char *text);

#endif
