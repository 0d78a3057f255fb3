/* SPDX-License-Identifier: Apache-2.0 */
/* What is written to a configuration: that is read from any folder, so paths in
 * it are absolute. */
#ifndef PRIVYSEAL_TOOL_ABSPATH_H
#define PRIVYSEAL_TOOL_ABSPATH_H

#include "issuer/issuer.h"
#include "tool.h"

/* The real path of an existing file; what ("module") is for the message.
 * ISS_USAGE. */
ISS_CHECKED enum iss_status tool_abspath(struct tool *tool, const char *what,
                                         const char *path,
                                         char out[static ISS_PATH_MAX]);

/* --pin-source, checked, the path of a file: made absolute; "" where it is not
 * given. ISS_USAGE. */
ISS_CHECKED enum iss_status
tool_abspath_pin_source(struct tool *tool, char out[static ISS_PATH_MAX]);

/* --module likewise. */
ISS_CHECKED enum iss_status tool_abspath_module(struct tool *tool,
                                                char out[static ISS_PATH_MAX]);

#endif
