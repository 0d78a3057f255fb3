/* SPDX-License-Identifier: Apache-2.0 */
/* A parsed access list, as its parser leaves it to whoever decides by it. */
#ifndef PRIVYSEAL_ACL_LIST_H
#define PRIVYSEAL_ACL_LIST_H

#include "acl.h"
#include "xrml.h"

enum iss_acl_unit {
    ISS_ACL_SECONDS, /* min, h and d */
    ISS_ACL_YEARS    /* calendar years */
};

struct iss_acl_span {
    uint64_t count; /* of seconds or years */
    enum iss_acl_unit unit;
};

struct iss_acl_text { /* a slice of the file */
    const char *at;
    size_t len;
};

struct iss_acl_credential {
    enum iss_acl_kind kind;
    struct iss_acl_text value;
    struct iss_acl_text issuer; /* of tls-name */
    size_t principal;           /* index */
    int64_t expires;            /* 0: never */
    unsigned line;
};

struct iss_acl_principal {
    char name[ISS_ACL_NAME_MAX + 1];
    unsigned line; /* of its first statement */
};

#define ISS_ACL_EVERYBODY SIZE_MAX

struct iss_acl_rule {
    unsigned line;
    bool deny;
    size_t principal; /* index, or ISS_ACL_EVERYBODY */
    unsigned ops;     /* bits */
    unsigned stated;  /* bits of constraints (acl_parse.c) */
    struct iss_acl_text url, subject_key, why;
    char guid[XRML_GUID_SIZE];
    struct iss_acl_span validity, quota_span;
    int64_t not_after, expires; /* 0: never */
    unsigned key_min, key_max;
    unsigned quota, outstanding;
    bool offline, mtls, approval;
    size_t approver; /* index, with approval */
};

struct iss_acl {
    char *text; /* the file's octets, which the slices point into */
    size_t len;
    uint8_t hash[32];
    uint32_t serial;
    struct iss_acl_principal *principals;
    size_t principal_count;
    struct iss_acl_credential *credentials; /* sorted by kind and value */
    size_t credential_count;
    struct iss_acl_rule *rules; /* in the file's order */
    size_t rule_count;
};

/* Constraints that a rule may state, bits 1 << n of `stated`. */
enum iss_acl_constraint {
    ISS_ACL_C_OP,
    ISS_ACL_C_URL,
    ISS_ACL_C_GUID,
    ISS_ACL_C_SUBJECT_KEY,
    ISS_ACL_C_RIGHTS,
    ISS_ACL_C_MAX_VALIDITY,
    ISS_ACL_C_NOT_AFTER,
    ISS_ACL_C_EXPIRES,
    ISS_ACL_C_KEY,
    ISS_ACL_C_QUOTA,
    ISS_ACL_C_OUTSTANDING,
    ISS_ACL_C_REQUIRE,
    ISS_ACL_C_WHY
};

static inline bool iss_acl_states(const struct iss_acl_rule *rule,
                                  enum iss_acl_constraint constraint)
{
    return (rule->stated >> constraint & 1) != 0;
}

/* time plus span, or minus it; clamped to years 1 and 9999. */
int64_t iss_acl_later(int64_t time, struct iss_acl_span span);
int64_t iss_acl_earlier(int64_t time, struct iss_acl_span span);

/* Words of one statement, continuation lines joined, comments gone. */
enum { ISS_ACL_WORDS = 64 };
struct iss_acl_words {
    struct iss_acl_text words[ISS_ACL_WORDS];
    size_t count;
    unsigned line; /* where it begins */
};

struct iss_acl_reader {
    const char *name, *text;
    size_t len, at;
    unsigned line; /* of `at`, from 1 */
};

/* The next line that is not empty, as words; *end: the text is over. */
ISS_CHECKED enum iss_status iss_acl_next(struct iss_acl_reader *reader,
                                         struct iss_acl_words *words, bool *end,
                                         struct iss_error *error);

#endif
