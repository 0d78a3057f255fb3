/* SPDX-License-Identifier: Apache-2.0 */
/* What enroll, renew and subenroll share: a request goes out over an air gap,
 * its answer comes back. */
#ifndef PRIVYSEAL_TOOL_ENROLL_H
#define PRIVYSEAL_TOOL_ENROLL_H

#include "store.h"

/* ---- one of several things that a verb does -------------------------------
 */

enum { TOOL_WITH_MAX = 5 };

struct tool_part { /* chosen by an option of its own */
    enum tool_option option;
    bool path; /* takes an operand */
    /* Options that go with this part; zeros (TOOL_HELP) end the list. One that
     * no part lists goes with all. */
    enum tool_option with[TOOL_WITH_MAX];
    /* The store is open, read-only with --dry-run. */
    enum iss_status (*run)(struct tool *tool, struct tool_store *store);
};

/* Finds the one part that was asked for, opens the store, runs the part. */
ISS_CHECKED enum iss_status
tool_parts_run(struct tool *tool, const struct tool_part *parts, size_t count);

/* ISS_USAGE where a server of this role does not ask for that, and which verb
 * does instead; ISS_REFUSED where a joined member would be enrolled. */
ISS_CHECKED enum iss_status tool_role_check(struct tool *tool,
                                            struct tool_store *store,
                                            const struct iss_info *info,
                                            enum iss_op op);

/* ---- export ----------------------------------------------------------------
 */

struct tool_export {
    enum iss_op op;
    const char *where; /* folder or file name; NULL: the current folder */
    bool force;        /* replace files of other content */
    unsigned bits;     /* of a re-key; 0: as large as the present key */
};

struct tool_exported { /* owned; tool_exported_clear */
    char path[ISS_PATH_MAX], pop[ISS_PATH_MAX];
    bool renewal, to_root; /* what it is, and who will answer it */
    struct iss_request request;
};

/* Where the request of a server of this name goes. ISS_USAGE: too long. */
ISS_CHECKED enum iss_status tool_export_paths(struct tool *tool,
                                              const char *name,
                                              const struct tool_export *order,
                                              struct tool_exported *exported);

/* Asks the engine for the request and publishes it with its proof. Files of
 * other content are in the way before anything is begun: ISS_CONFLICT. */
ISS_CHECKED enum iss_status tool_export(struct tool *tool,
                                        struct tool_store *store,
                                        const struct tool_export *order,
                                        struct tool_exported *exported);
/* As lines, with --json as members of the open object. */
void tool_exported_print(struct tool *tool,
                         const struct tool_exported *exported);
void tool_exported_clear(struct tool_exported *exported);

/* The whole part --export of a verb, with the operand and --force. */
ISS_CHECKED enum iss_status
tool_part_export(struct tool *tool, struct tool_store *store, enum iss_op op);

/* ---- import ----------------------------------------------------------------
 */

/* Reads path and has the engine judge it; *import: tool_import_free. */
ISS_CHECKED enum iss_status tool_import_judge(struct tool *tool,
                                              struct tool_store *store,
                                              const char *path,
                                              struct iss_import **import);
void tool_import_free(struct iss_import *import);

/* What would change, as lines. words: show those of the certificate. */
void tool_import_describe(struct tool *tool, const struct iss_import *import,
                          const struct iss_info *info, bool words);
/* The same as members of the open JSON object. */
void tool_import_json(struct tool *tool, const struct iss_import *import);

/* ISS_NOT_CONFIRMED, naming the first change that is only taken with
 * --accept-change. */
ISS_CHECKED enum iss_status
tool_import_consent(struct tool *tool, const struct iss_import *import);

/* The whole parts --import and --abandon of a verb. */
ISS_CHECKED enum iss_status tool_part_import(struct tool *tool,
                                             struct tool_store *store);
ISS_CHECKED enum iss_status tool_part_abandon(struct tool *tool,
                                              struct tool_store *store);

/* ---- tables of uses ---------------------------------------------------------
 */

#define TOOL_USES_AIR_GAP                                                    \
    {TOOL_EXPORT, "write the request and its proof; PATH: a folder or file " \
                  "name, default the current folder"},                       \
        {TOOL_IMPORT, "take the certificate that came back"},                \
        {TOOL_ABANDON, "give the pending request up"},                       \
        {TOOL_FORCE, "with --export: replace files of other content"},       \
        {TOOL_CONFIRM_WORDS, "with --import: have the eight words typed "    \
                             "that were read out where it was signed"},      \
    {                                                                        \
        TOOL_ACCEPT_CHANGE,                                                  \
            "with --import: also take a key, name, URL, right or issuer "    \
            "that has changed"                                               \
    }
#define TOOL_USE_ACCEPT_TIME                                              \
    {                                                                     \
        TOOL_ACCEPT_TIME, "the clock is right although it stands behind " \
                          "the journal: record that, and go on"           \
    }

#endif
