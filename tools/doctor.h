/* SPDX-License-Identifier: Apache-2.0 */
/* What a doctor finds: one line a finding, with its cause and its cure. */
#ifndef PRIVYSEAL_TOOL_DOCTOR_H
#define PRIVYSEAL_TOOL_DOCTOR_H

#include <openssl/conf.h>

#include "provider/config.h"
#include "tool.h"

enum tool_verdict {
    TOOL_WELL,
    TOOL_NOTE,
    TOOL_WARNING, /* works, and may not do what was meant */
    TOOL_ERROR,   /* does not work, or tells a secret */
    TOOL_VERDICTS
};

struct tool_doctor {
    struct tool *tool;
    const char *path; /* of the file that is looked at */
    CONF *conf;       /* as OpenSSL reads it */
    bool others_read; /* group or others may read the file */
    bool has_default; /* the default provider is active */
    size_t found[TOOL_VERDICTS];
};

/* Prints one finding; text says cause and cure in one sentence. Never given a
 * value that may be a PIN. */
void tool_doctor_say(struct tool_doctor *doctor, enum tool_verdict verdict,
                     const char *what, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The text of the file: names that are given twice. */
void tool_doctor_lines(struct tool_doctor *doctor);

/* What OpenSSL makes of the file; calls tool_doctor_section for each section
 * that is ours. */
void tool_doctor_conf(struct tool_doctor *doctor);

/* Our section, read by the provider's own reader. name: of the instance. */
void tool_doctor_section(struct tool_doctor *doctor, const char *name,
                         const char *section);

/* A file that is to be loaded: whether it is there and built for this machine.
 * False after saying what is wrong. */
bool tool_doctor_loadable(struct tool_doctor *doctor, const char *what,
                          const char *path);

/* The modules that settings name, and the tokens that they show. */
void tool_doctor_modules(struct tool_doctor *doctor,
                         const struct prov_conf *settings);

/* Prints a configuration for this machine. */
ISS_CHECKED enum iss_status tool_doctor_print(struct tool *tool);

#endif
