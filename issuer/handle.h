/* SPDX-License-Identifier: Apache-2.0 */
/* What an open store is, for the files behind issuer.h. */
#ifndef PRIVYSEAL_HANDLE_H
#define PRIVYSEAL_HANDLE_H

#include "issuer.h"
#include "store.h"

/* Keys by purpose, as meta of the journal and labels name them. */
enum iss_purpose {
    ISS_KEY_AUDIT,    /* checkpoints and receipts only */
    ISS_KEY_LICENSOR, /* root and licensing */
    ISS_KEY_NEXT,     /* that a re-key has made, until its answer is taken */
    ISS_KEY_ROOT,     /* authority: the anchor */
    ISS_KEY_CA,
    ISS_KEY_ECA,
    ISS_KEY_ESC,
    ISS_PURPOSES
};

struct iss_desk;

struct iss_trust;

struct iss {
    struct iss_env env; /* host and user are copies of our own */
    char *host, *user;
    char *dir;
    struct iss_conf conf;                 /* of this member */
    char member[4 * ENROLL_NAME_MAX + 1]; /* that joined, or "" */
    struct iss_store *db;
    int lock;
    unsigned flags;
    bool due;            /* something was appended that asks for a checkpoint */
    bool token_failed;   /* not asked again at close: one login attempt */
    uint64_t checkpoint; /* records that the newest checkpoint covers */
    /* of GENESIS */
    enum iss_role role;
    enum iss_hierarchy hierarchy;
    enum enroll_revocation revocation;
    unsigned key_bits;
    bool can_unseal;
    char guid[XRML_GUID_SIZE];
    char name[4 * ENROLL_NAME_MAX + 1];
    char url[ENROLL_URL_MAX + 1];
    uint8_t audit_id[ISS_ID_SIZE];
    struct enroll_key *authorities; /* authority_count of them */
    size_t authority_count;
    /* opened when first used */
    EVP_PKEY *keys[ISS_PURPOSES];
    struct iss_desk *desk;   /* desk.h */
    struct iss_trust *trust; /* trust.c's, what it has read; or NULL */
    /* what iss_info lends */
    char info_uri[ISS_URI_MAX], info_label[ISS_URI_MAX];
    char info_document[XRML_GUID_SIZE];
    char info_issuer[ISS_TEXT_MAX];
};

/* "audit", "licensor", ... Static. */
const char *iss_purpose_name(enum iss_purpose purpose);
/* The purpose of the keys that a role has, n = 0, 1, ...; false at the end. */
bool iss_purpose_at(enum iss_role role, size_t n, enum iss_purpose *purpose);
/* The key that signs for others: licensor, or an authority's esc. */
enum iss_purpose iss_purpose_signing(enum iss_role role);

const char *iss_role_name(enum iss_role role);
const char *iss_hierarchy_name(enum iss_hierarchy hierarchy);
/* False: no such name. */
bool iss_role_parse(const char *text, enum iss_role *role);
bool iss_hierarchy_parse(const char *text, enum iss_hierarchy *hierarchy);

/* Frees what trust.c keeps of a store; NULL is legal. */
void iss_trust_forget(struct iss_trust *trust);

/* The parts of iss_open that init.c needs: a handle with its folder, lock and
 * (create) database; then what GENESIS says. */
ISS_CHECKED enum iss_status iss_handle_new(const struct iss_env *env,
                                           const char *dir, unsigned flags,
                                           struct iss **out,
                                           struct iss_error *error);
ISS_CHECKED enum iss_status iss_handle_load(struct iss *iss,
                                            struct iss_error *error);

/* The private key of a purpose, opened once, its public numbers compared with
 * the store's; both borrowed. A refused login is journaled. */
ISS_CHECKED enum iss_status
iss_handle_key(struct iss *iss, enum iss_purpose purpose, EVP_PKEY **key,
               struct enroll_key *numbers, struct iss_error *error);
/* Journals that the token refused a login. */
void iss_handle_login_refused(struct iss *iss, const char *cause);

/* The public numbers alone, from the store. ISS_JOURNAL: no such key. */
ISS_CHECKED enum iss_status iss_handle_public(struct iss *iss,
                                              enum iss_purpose purpose,
                                              struct enroll_key *numbers,
                                              struct iss_error *error);

/* SHA-256; ISS_INTERNAL. */
ISS_CHECKED enum iss_status iss_sha256(const void *data, size_t len,
                                       uint8_t hash[static ISS_HASH_SIZE],
                                       struct iss_error *error);
/* Lower-case hex with NUL: out holds 2 * len + 1. */
void iss_hex(const uint8_t *data, size_t len, char *out);
/* Exactly 2 * len lower-case digits. */
bool iss_hex_parse(const char *text, size_t text_len, uint8_t *out, size_t len);

/* A view of owned numbers. */
struct xrml_key iss_key_view(const struct enroll_key *key);

#endif
