/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The trace file: one line for a call into a token's module, with its result
 * and duration. No arguments, so no secret can be in it.
 */
#ifndef PRIVYSEAL_PROV_TRACE_H
#define PRIVYSEAL_PROV_TRACE_H

#include <stdbool.h>

#include "pkcs11/p11.h"

struct prov_trace {
    int fd; /* -1: off */
    int level;
};

/* Opens path for appending: a regular file, made with mode 0600, never
 * through a symbolic link; /dev/stderr and /dev/stdout are the process' own.
 * False with errno set. */
bool prov_trace_open(struct prov_trace *trace, const char *path, int level);
void prov_trace_close(struct prov_trace *trace);

/* Writes each line of text, which must hold no secret. */
void prov_trace_note(const struct prov_trace *trace, const char *text);

/* A p11_trace_fn; arg is a struct prov_trace. Any thread; after a fork parent
 * and child write to the same file, each line whole. */
void prov_trace_call(void *arg, const char *function, CK_RV rv,
                     uint64_t microseconds);

#endif
