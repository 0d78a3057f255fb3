/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file that grows piece by piece and is there whole or not at all: without a
 * name while it is written, where the file system can; synced, then named.
 */
#ifndef PRIVYSEAL_TOOL_NEWFILE_H
#define PRIVYSEAL_TOOL_NEWFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "issuer/issuer.h"

struct tool_newfile { /* tool_newfile_drop, after finish too */
    int folder, file; /* -1: none */
    char path[ISS_PATH_MAX];
    char temp[48]; /* its name until then, or "" */
};

enum { TOOL_SECRET_MODE = 0600, TOOL_PUBLIC_MODE = 0666 };

/* mode: less the umask. ISS_USAGE: no such folder, no name; ISS_STORE. */
ISS_CHECKED enum iss_status tool_newfile_begin(struct tool_newfile *file,
                                               const char *path, mode_t mode,
                                               struct iss_error *error);
/* Whether the name is that of a file which is open as other: ISS_USAGE, since
 * what is read would be lost. */
ISS_CHECKED enum iss_status
tool_newfile_differs(const struct tool_newfile *file, int other,
                     struct iss_error *error);
ISS_CHECKED enum iss_status tool_newfile_write(struct tool_newfile *file,
                                               const void *octets, size_t len,
                                               struct iss_error *error);
/* Durable, under its name. ISS_CONFLICT: there is one of that name already, and
 * force is false, or it is no regular file. */
ISS_CHECKED enum iss_status tool_newfile_finish(struct tool_newfile *file,
                                                bool force,
                                                struct iss_error *error);
/* Nothing stays of what was not finished. */
void tool_newfile_drop(struct tool_newfile *file);

#endif
