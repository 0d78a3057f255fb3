/* SPDX-License-Identifier: Apache-2.0 */
/* What the process inherits, put in order before anything else runs. */
#ifndef PRIVYSEAL_TOOL_PROCESS_H
#define PRIVYSEAL_TOOL_PROCESS_H

#include <stdbool.h>

/* Descriptors 0 to 2 open, umask 077, SIGPIPE ignored (a write that fails is
 * reported), settings of libraries that could change what is loaded or whose
 * PIN is used taken out of the environment, no openssl.cnf. False: a
 * descriptor could not be opened. Call once, before any thread. */
bool tool_process_start(void);

/* For verbs that print and change nothing: a reader that has seen enough and
 * goes away (head) ends the program, and that is no error. */
void tool_process_only_prints(void);

#endif
