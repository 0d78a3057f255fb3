/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Settings of the module, as README.md lists them: key=value, separated by
 * blanks or ';', values may be quoted by ' or ".
 */
#ifndef PRIVYSEAL_FAULT_CONF_H
#define PRIVYSEAL_FAULT_CONF_H

#include "names.h"

#include <limits.h>
#include <stddef.h>

enum {
    FAULT_LIST_MAX = 24,  /* values in no-attr=, refuse=, no-mechanism= */
    FAULT_TEXT_MAX = 256, /* label, pin, seed, module-args */
    FAULT_SETTINGS_MAX = 8192
};

enum fault_strict {
    FAULT_STRICT_FORK = 1,
    FAULT_STRICT_THREAD = 2,
    FAULT_STRICT_STATE = 4,
    FAULT_STRICT_BUFFER = 8,
    FAULT_STRICT_FINALIZE = 16,
    FAULT_STRICT_ALL = 31
};

enum fault_weak { /* what a key gets against its template */
                  FAULT_WEAK_EXTRACTABLE = 1,
                  FAULT_WEAK_SENSITIVE = 2,
                  FAULT_WEAK_DECRYPT = 4,
                  FAULT_WEAK_SIGN = 8,
                  FAULT_WEAK_PRIVATE = 16,
                  FAULT_WEAK_MECHANISMS = 32,
                  FAULT_WEAK_UNWRAP = 64
};

enum fault_ec_params {
    FAULT_PARAMS_OID,
    FAULT_PARAMS_NAME,
    FAULT_PARAMS_EXPLICIT
};
enum fault_ec_point {
    FAULT_POINT_WRAPPED,
    FAULT_POINT_RAW,
    FAULT_POINT_COMPRESSED
};
enum fault_ec_peer { FAULT_PEER_ANY, FAULT_PEER_RAW, FAULT_PEER_WRAPPED };

struct fault_list {
    size_t count;
    CK_ULONG values[FAULT_LIST_MAX];
};

struct fault_conf {
    char module[PATH_MAX], token_dir[PATH_MAX];
    char log[PATH_MAX], count[PATH_MAX], journal[PATH_MAX];
    char label[FAULT_TEXT_MAX], pin[FAULT_TEXT_MAX], so_pin[FAULT_TEXT_MAX];
    char seed[FAULT_TEXT_MAX], serial[FAULT_TEXT_MAX];
    char module_args[FAULT_TEXT_MAX];
    unsigned latency[FAULT_FUNCTIONS + 1]; /* µs; the last one is for all */
    unsigned max_sessions, pin_tries, auto_logout;
    unsigned strict, weak; /* of enum fault_strict, enum fault_weak */
    unsigned ec_params, ec_point, ec_peer;
    bool local, has_public, initialized, always_auth;
    bool newer; /* a 3.2 interface */
    bool private_point, key_info, pin_pad, late, spare, fresh_slots;
    bool no_cost;
    unsigned slots;
    char label_2[FAULT_TEXT_MAX], pin_2[FAULT_TEXT_MAX];
    char so_pin_2[FAULT_TEXT_MAX], serial_2[FAULT_TEXT_MAX];
    struct fault_list no_attr, refuse, no_mechanism;
    const struct fault_conf *previous; /* of fault_conf_use */
};

/* Called with the text of each rule= and each line of rules=. */
typedef bool fault_conf_rule_fn(const char *rule);

void fault_conf_default(struct fault_conf *conf);

/* Reads settings over those in conf; false with a line on stderr where they
 * are malformed (conf may then be half changed). */
bool fault_conf_read(struct fault_conf *conf, const char *settings,
                     fault_conf_rule_fn *rule);

bool fault_list_has(const struct fault_list *list, CK_ULONG value);

/* Puts a copy of conf into use. False: no memory. */
bool fault_conf_use(const struct fault_conf *conf);

/* The settings in use. Borrowed; immutable, valid for ever: what is replaced
 * is kept, for the sake of other threads. */
const struct fault_conf *fault_conf(void);

/* One line on stderr: "privyseal-fault: ...". */
void fault_complain(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

#endif
