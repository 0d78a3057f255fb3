/* SPDX-License-Identifier: Apache-2.0 */
/* What the doctor of a store finds: each with its cause and its cure. */
#ifndef PRIVYSEAL_TOOL_DOCTOR_FIND_H
#define PRIVYSEAL_TOOL_DOCTOR_FIND_H

#include "doctor.h"
#include "store.h"

struct tool_check {
    struct tool *tool;
    const char *dir;
    struct iss_conf conf;
    bool conf_good;       /* conf could be read */
    struct iss *iss;      /* open to look at, or NULL */
    struct iss_info info; /* where iss is open */
    int64_t now;
    size_t found[TOOL_VERDICTS];
    enum iss_status status; /* of the gravest error so far */
};

/* Prints one finding. status: what an error amounts to (ISS_OK else). cure:
 * what to do, NULL where there is nothing to be done. Never given a PIN. */
void tool_find(struct tool_check *check, enum tool_verdict verdict,
               enum iss_status status, const char *what, const char *cure,
               const char *format, ...) __attribute__((format(printf, 6, 7)));

/* The graver of two statuses of errors: which of them a script should see. */
enum iss_status tool_graver(enum iss_status a, enum iss_status b);

/* Folder, files, configuration, PIN source: what needs no open store. */
void tool_doctor_files(struct tool_check *check);
void tool_doctor_settings(struct tool_check *check);
/* Journal, clock, certificate, anchors, access list, room. */
void tool_doctor_clock(struct tool_check *check);
void tool_doctor_state(struct tool_check *check);
/* The token, and the keys in it against those of the records. */
void tool_doctor_token(struct tool_check *check);

#endif
