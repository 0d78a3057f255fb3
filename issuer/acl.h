/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Façade of the access list: who may have a server certificate issued by this
 * server. docs/formats/acl.md. Default: nobody; a deny wins; a file that is
 * wrong in any way allows nothing.
 *
 * A decision is a pure function of the file's octets and the question. Nothing
 * here reads a clock, a store or the system's users. Threads: a parsed list is
 * immutable and may be used by all.
 */
#ifndef PRIVYSEAL_ACL_H
#define PRIVYSEAL_ACL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "status.h"

enum {
    ISS_ACL_MAX = 1024 * 1024, /* octets of a file */
    ISS_ACL_RULES = 10000,
    ISS_ACL_NAME_MAX = 64,
    ISS_ACL_PROOF_MAX = 1024 /* proofs of one question */
};

/* ---- the list ----------------------------------------------------------- */

struct iss_acl;

/* Reads len octets, a whole file; name is for messages. *out returns new,
 * iss_acl_free. Failure: ISS_USAGE with the line of the first fault. */
ISS_CHECKED enum iss_status iss_acl_parse(const char *name, const char *text,
                                          size_t len, struct iss_acl **out,
                                          struct iss_error *error);
void iss_acl_free(struct iss_acl *acl);

/* Reads a file that nobody but root and the caller can have written: regular,
 * one link, no symbolic link, its owner and those of all folders above root or
 * the caller, none of them writable by group or others (a sticky folder is).
 * *text returns new (NUL-terminated, free). Failure: ISS_REFUSED. */
ISS_CHECKED enum iss_status iss_acl_read(const char *path, char **text,
                                         size_t *len, struct iss_error *error);

/* SHA-256 of the file's octets. */
const uint8_t *iss_acl_hash(const struct iss_acl *acl);
/* Its "serial", 0 where it states none. */
uint32_t iss_acl_serial(const struct iss_acl *acl);
size_t iss_acl_rule_count(const struct iss_acl *acl);
/* Whether a principal of this name is listed. */
bool iss_acl_knows(const struct iss_acl *acl, const char *principal);

/* ---- the question ------------------------------------------------------- */

enum iss_acl_op {
#define ACL_OP(name, word) ISS_ACL_##name,
#include "acl_words.def"
#undef ACL_OP
    ISS_ACL_OPS
};

enum iss_acl_kind { /* of credentials */
#define ACL_KIND(name, word, form) ISS_ACL_##name,
#include "acl_words.def"
#undef ACL_KIND
                    ISS_ACL_KINDS
};

/* What was proven of who asks: value is 64 hex digits, a user or a group. */
struct iss_acl_proof {
    enum iss_acl_kind kind;
    const char *value;
};

struct iss_acl_past { /* an issuance for the principal, not older than needed */
    enum iss_acl_op op;
    int64_t time;
};

enum iss_acl_guid { ISS_ACL_GUID_NEW, ISS_ACL_GUID_OWN, ISS_ACL_GUID_OTHER };

/* Borrowed during the call. */
struct iss_acl_question {
    /* Who: the keys that signed count first; the administrator's user and
     * groups only where no key is listed. */
    const struct iss_acl_proof *proofs;
    size_t proof_count;
    const char *as; /* must be the principal so found; NULL: not stated */
    /* What. */
    enum iss_acl_op op;
    const char *url;  /* in normal form, or nothing matches */
    const char *guid; /* "{...}" in lower case */
    enum iss_acl_guid whose;
    const char *subject_key; /* hash of the key, 64 hex digits */
    unsigned key_bits;       /* RSA */
    int days;                /* asked validity, 0: what the rule gives */
    int years;               /* of the issuer's profile */
    int64_t now;
    /* The principal's past, of its name. */
    const struct iss_acl_past *past;
    size_t past_count;
    unsigned outstanding; /* GUIDs with a valid SLC, but the one that renews */
    /* The approver: the person who runs the command. */
    const struct iss_acl_proof *approver;
    size_t approver_count;
};

/* ---- the answer --------------------------------------------------------- */

/* Why a rule does not apply: bits 1 << ISS_ACL_WHY_... */
enum iss_acl_why {
#define ACL_WHY(name, text) ISS_ACL_WHY_##name,
#include "acl_words.def"
#undef ACL_WHY
    ISS_ACL_WHYS
};

enum iss_acl_cause { /* of the decision */
                     ISS_ACL_ALLOWED,
                     ISS_ACL_NOBODY,  /* no listed credential was proven */
                     ISS_ACL_SEVERAL, /* credentials of two principals */
                     ISS_ACL_CLAIM,   /* `as` is another than was proven */
                     ISS_ACL_DENIED,  /* a deny rule matches */
                     ISS_ACL_NO_RULE  /* no allow rule covers all of it */
};

struct iss_acl_decision {
    enum iss_acl_cause cause;
    const char *principal; /* of the list, or NULL */
    unsigned line;         /* of the rule that decided, or 0 */
    int64_t until;         /* where allowed: latest end of the certificate */
    /* Where no rule covers it: of the rule that came nearest (the fewest
     * reasons, then the lowest line), or 0. */
    unsigned nearest;
    unsigned why;
};

/* Each rule that speaks of the principal, in the file's order, with all its
 * reasons (0: it applies). */
typedef void iss_acl_rule_fn(void *arg, unsigned line, bool deny, unsigned why);

/* Who asks, without a decision: NULL and *cause where that is not one. */
const char *iss_acl_who(const struct iss_acl *acl,
                        const struct iss_acl_proof *proofs, size_t count,
                        int64_t now, enum iss_acl_cause *cause);

/* each may be NULL. */
struct iss_acl_decision iss_acl_decide(const struct iss_acl *acl,
                                       const struct iss_acl_question *question,
                                       iss_acl_rule_fn *each, void *arg);

/* "the URL does not match"; static. */
const char *iss_acl_why_text(enum iss_acl_why why);
const char *iss_acl_cause_text(enum iss_acl_cause cause);
const char *iss_acl_op_word(enum iss_acl_op op);
/* ISS_ACL_OPS where it is no op. */
enum iss_acl_op iss_acl_op_of(const char *word, size_t len);

/* ---- looking at a list --------------------------------------------------- */

/* What a valid list had better not say: called with a line and a sentence. */
typedef void iss_acl_warn_fn(void *arg, unsigned line, const char *text);
void iss_acl_review(const struct iss_acl *acl, int64_t now,
                    iss_acl_warn_fn *warn, void *arg);

/* A rule as it reads without blanks and comments; borrowed during the call. */
struct iss_acl_view {
    unsigned line;
    bool deny;
    const char *principal; /* "*": everybody */
    const char *text;      /* "op=renew url=https://a.example/_wmcs key=..." */
};
typedef void iss_acl_view_fn(void *arg, const struct iss_acl_view *view);
/* Every rule, in the file's order. */
void iss_acl_each(const struct iss_acl *acl, iss_acl_view_fn *each, void *arg);

enum { ISS_ACL_VALUE_SIZE = 1025 };
/* A credential that stands for the principal at that time, keys first; false:
 * the list names none. proof borrows value. */
bool iss_acl_proof_of(const struct iss_acl *acl, const char *principal,
                      int64_t now, char value[static ISS_ACL_VALUE_SIZE],
                      struct iss_acl_proof *proof);

/* What one list gives or takes away against another. Borrowed during the
 * call. Rules and credentials alone: what they amount to for one request is
 * iss_acl_decide's to say. */
struct iss_acl_change {
    bool gains;                  /* else loses */
    const char *principal;       /* "*": everybody */
    unsigned old_line, new_line; /* 0: not in that list */
    const char *text;
};
typedef void iss_acl_change_fn(void *arg, const struct iss_acl_change *change);
/* false: out of memory. */
bool iss_acl_diff(const struct iss_acl *before, const struct iss_acl *after,
                  iss_acl_change_fn *each, void *arg);

#endif
