/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Façade of the acts: a store, its keys by URI, what it may issue, its journal.
 * Knows neither Cryptoki nor our provider: keys are opened with OSSL_STORE and
 * used with EVP in the caller's library context. Does not print, ask, exit or
 * read the environment.
 *
 * Threads: one store handle belongs to one thread at a time. Processes: many
 * may open one store at once; SQLite's locks order them.
 */
#ifndef PRIVYSEAL_ISSUER_H
#define PRIVYSEAL_ISSUER_H

#include <openssl/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "enroll.h"
#include "status.h"
#include "xrml.h"

enum { ISS_PATH_MAX = 4096, ISS_URI_MAX = 1024, ISS_WORDS_SIZE = 160 };

enum iss_role { ISS_AUTHORITY, ISS_ROOT, ISS_LICENSING };
enum iss_hierarchy { ISS_PRODUCTION, ISS_PRE_PRODUCTION };
enum iss_state {
    ISS_UNENROLLED,
    ISS_ENROLLMENT_PENDING,
    ISS_ENROLLED,
    ISS_RENEWAL_PENDING,
    ISS_SLC_EXPIRED
};

/* What the program lends the engine; borrowed as long as a store is open. */
struct iss_env {
    OSSL_LIB_CTX *libctx; /* reaches the keys' URIs, and has default */
    const UI_METHOD *ui;  /* asked for PINs; NULL: never */
    void *ui_data;
    int64_t (*now)(void *arg); /* NULL: the system's clock */
    void *now_arg;
    const char *host; /* this machine's name, for the journal */
    const char *user; /* real user's name, for the journal */
    /* the real user's groups: with the user, who vouches under an ACL */
    const char *const *groups;
    size_t group_count;
    bool groups_cut; /* there are more: then nobody's word is taken */
    const char *member; /* of a cluster; NULL: host; "": the first */
    const char *conf;   /* configuration file; NULL: DIR/privyseal.conf */
};

/* ---- configuration: STORE/privyseal.conf, docs/formats/store.md ---------- */

struct iss_lifetime { /* years, or where they are 0 seconds */
    int years;
    int64_t seconds;
};

struct iss_conf {
    char admin_group[64];
    char module[ISS_PATH_MAX]; /* "": modules registered with p11-kit */
    char token_uri[ISS_URI_MAX];
    char pin_source[ISS_PATH_MAX]; /* file: credential: askpass, or "" */
    int slc_years;                 /* [validity] slc */
    char contact[256];             /* mail address shown to who is refused */
    /* [validity] license: PL, UL, template, CLC where nothing else is said */
    struct iss_lifetime license, rac, rac_temporary;
    struct iss_lifetime clc;  /* nothing: as license */
    bool clc_as_rac;          /* a CLC ends with its RAC */
    bool client_enrollment;   /* [license]: whether CLCs are issued */
};

/* Strict: unknown and double keys are ISS_USAGE with their line. */
ISS_CHECKED enum iss_status
iss_conf_load(const char *path, struct iss_conf *conf, struct iss_error *error);
/* Every fault of such a file, one call each with its line; none: it can be
 * loaded. Unreadable: ISS_USAGE. */
typedef void iss_fault_fn(void *arg, const char *text);
ISS_CHECKED enum iss_status iss_conf_faults(const char *path,
                                            iss_fault_fn *each, void *arg,
                                            struct iss_error *error);
/* Lays over conf what STORE/member-NAME.conf says, so that conf is that of this
 * member; without such a file conf stays as it is. What a program asks before
 * it reaches for the token; iss_open does the same by iss_env. ISS_USAGE. */
ISS_CHECKED enum iss_status iss_conf_member(const char *dir, const char *member,
                                            struct iss_conf *conf,
                                            struct iss_error *error);

/* ---- making and opening a store ------------------------------------------ */

struct iss_init { /* all borrowed */
    const char *dir;
    enum iss_role role;
    enum iss_hierarchy hierarchy; /* authority; others: from the anchors */
    const char *name;             /* SLC name */
    const char *url;              /* base URL; NULL for an authority */
    const char *module;           /* written to the configuration, or NULL */
    const char *token_uri;
    const char *pin_source; /* written to the configuration, or NULL */
    unsigned key_bits;      /* 2048, 3072, 4096 */
    bool can_unseal;
    enum enroll_revocation revocation;
    const struct enroll_key *authorities;
    size_t authority_count;
    const char *anchors; /* text of the anchors file; NULL: authority */
    size_t anchors_len;
    const char *root_chain; /* licensing: the root's chain, leaf first */
    size_t root_chain_len;
    const char *contact;      /* written to the configuration, or NULL */
    const char *service_user; /* who owns the store's files; NULL: the caller */
};

struct iss; /* an open store */

/* A licensing server is made only where the root's chain verifies up to an
 * anchor, is a root's (docs/formats/verify.md) and has not expired: else
 * ISS_REFUSED or the status of the failed test, before anything is made. It
 * has no revocation of its own. */
/* Makes the store's folder and its keys in the token, every step recorded
 * before it is done; run again after an interruption it goes on where it
 * stopped (same answers asked for, else ISS_CONFLICT). An authority also gets
 * its CA, Enrollment CA and Enrollment Service certificates and anchors.pem.
 * *out returns new. */
ISS_CHECKED enum iss_status iss_init(const struct iss_env *env,
                                     const struct iss_init *init,
                                     struct iss **out, struct iss_error *error);

enum { ISS_READ_ONLY = 1 };

/* Opens a store, verifies the journal from the last checkpoint, recomputes
 * nothing else. Without ISS_READ_ONLY unfinished intents are recorded. */
ISS_CHECKED enum iss_status iss_open(const struct iss_env *env, const char *dir,
                                     unsigned flags, struct iss **out,
                                     struct iss_error *error);

/* Writes a checkpoint where the store appended; failing to is reported, the
 * handle is freed all the same. NULL is legal. */
ISS_CHECKED enum iss_status iss_close(struct iss *store,
                                      struct iss_error *error);
void iss_free(struct iss *store); /* without a checkpoint */

struct iss_info { /* borrowed from the store until it is closed or changed */
    const char *dir, *name, *url, *guid; /* url "" for an authority */
    enum iss_role role;
    enum iss_hierarchy hierarchy;
    enum iss_state state;
    size_t members;
    const char *key_uri, *token_label;
    unsigned key_bits;
    uint8_t key_hash[32];
    uint64_t generation;     /* of the SLC, 0: none */
    struct xrml_range slc;   /* its RANGETIME */
    const char *slc_guid;    /* of the document, or "" */
    const char *issuer_name; /* who issued it, or "" */
    int64_t pending_since;   /* 0: nothing pending */
    uint64_t journal_size;
    uint64_t unfinished; /* intents without result */
};

ISS_CHECKED enum iss_status iss_info(struct iss *store, struct iss_info *info,
                                     struct iss_error *error);

/* The current chain, leaf first, or the authority's own chain. */
ISS_CHECKED enum iss_status
iss_chain(struct iss *store, struct xrml_chain *chain, struct iss_error *error);
ISS_CHECKED enum iss_status iss_anchors(struct iss *store,
                                        struct xrml_anchors **out,
                                        struct iss_error *error);

struct iss_held { /* borrowed during the call */
    const char *purpose, *uri; /* "audit", "licensor", ...; "": not made */
    bool made;                 /* false: init was interrupted before */
    const uint8_t *id, *hash;  /* CKA_ID (16), SHA-256 of the key (32) */
};
typedef void iss_held_fn(void *arg, const struct iss_held *held);
/* Every key that a store of this role has: the present one of each purpose, by
 * the store's records. Needs no token. */
ISS_CHECKED enum iss_status iss_keys(struct iss *store, iss_held_fn *each,
                                     void *arg, struct iss_error *error);

/* ---- enrollment over an air gap ------------------------------------------ */

enum iss_op { ISS_ENROLL, ISS_RENEW, ISS_REKEY, ISS_SUB_ENROLL };

struct iss_request { /* a request file and its proof, owned */
    char *text;      /* the request, octet for octet */
    size_t len;
    char *proof; /* the .pop */
    size_t proof_len;
    enum iss_op op;
    uint8_t digest[32]; /* SHA-256 of the request file */
    char words[ISS_WORDS_SIZE];
    char file_name[ENROLL_NAME_MAX * 4 + 32]; /* "RMS01EnrollRequest.xml" */
    bool again; /* it was pending already: the same octets as before */
};
void iss_request_clear(struct iss_request *request);

/* The pending request, or a new one, with its proof signed in the token. op
 * must be one that the store's role and state allow: ISS_ENROLL for a root
 * (again after an enrollment: same key, same GUID), ISS_SUB_ENROLL for a
 * licensing server, ISS_RENEW and ISS_REKEY for one that is enrolled, expired
 * or not. ISS_REKEY makes a new key pair; the old one stays the store's until
 * the response is taken. Another op pending: ISS_PENDING; not enrolled:
 * ISS_NOT_ENROLLED; a joined member that enrolls or re-keys: ISS_REFUSED. */
ISS_CHECKED enum iss_status iss_export(struct iss *store, enum iss_op op,
                                       struct iss_request *request,
                                       struct iss_error *error);
/* ISS_REKEY to a key of this many bits, 2048, 3072 or 4096; iss_export makes
 * one as large as the present. One of another size that was asked for before
 * and never answered: ISS_PENDING, or ISS_CONFLICT. */
ISS_CHECKED enum iss_status iss_export_rekey(struct iss *store, unsigned bits,
                                             struct iss_request *request,
                                             struct iss_error *error);
/* The pending request is given up for good. The pair of a re-key stays the one
 * to come: its request may have been answered by then, and whoever did that
 * knows this server by the new key alone. */
ISS_CHECKED enum iss_status iss_abandon(struct iss *store,
                                        struct iss_error *error);

enum { ISS_CHANGES_MAX = 9, ISS_ACCEPT_CHANGE = 1 };

struct iss_import { /* what an import would do; owned */
    struct xrml_chain chain;
    struct xrml_report report;
    char anchor_name[128];
    bool again; /* the response imported last: nothing changes */
    bool renewal;
    struct xrml_range before, after; /* RANGETIME of the SLC */
    /* What differs from the present certificate, but dates and GUID of the
     * document. consent: taken only with ISS_ACCEPT_CHANGE. */
    size_t change_count;
    struct iss_change {
        /* with consent "key", "name", "url", "rights", "revocation", "issuer";
         * without "issuer's key", "version", "validity" (ends earlier) */
        const char *what; /* static */
        bool consent;
        char before[ENROLL_URL_MAX + 1], after[ENROLL_URL_MAX + 1];
    } changes[ISS_CHANGES_MAX];
    uint8_t before_hash[32], body_hash[32];
    uint64_t generation;        /* that it would have, or has */
    char words[ISS_WORDS_SIZE]; /* of the new certificate */
};
void iss_import_clear(struct iss_import *import);

/* Judges a response against the pending request and the anchors; changes
 * nothing but the journal of refusals. Statuses: 4, 9, 20 to 25. */
ISS_CHECKED enum iss_status iss_import_check(struct iss *store,
                                             const char *text, size_t len,
                                             struct iss_import *import,
                                             struct iss_error *error);
/* Takes what was checked, in one transaction: the old certificate is current
 * until it is durable. A change that needs consent without ISS_ACCEPT_CHANGE
 * is ISS_NOT_CONFIRMED and named. */
ISS_CHECKED enum iss_status iss_import_take(struct iss *store,
                                            const struct iss_import *import,
                                            unsigned flags,
                                            struct iss_error *error);

/* ---- expiry ---------------------------------------------------------------
 */

/* Events of the product's pages: 16 (30 days), 17 (7 days), 18 (expired). */
enum { ISS_EVENT_MONTH = 16, ISS_EVENT_WEEK = 17, ISS_EVENT_EXPIRED = 18 };

/* 16, 17, 18, or 0 where the SLC has longer to live or there is none. */
int iss_event_at(const struct iss_info *info, int64_t now);
/* Journals the event that stands now, once for each SLC; *event gets it where
 * it is new, else 0. A store open for reading only: 0. */
ISS_CHECKED enum iss_status iss_event(struct iss *store, int *event,
                                      struct iss_error *error);

/* ISS_EXPIRED, ISS_NOT_ENROLLED, ISS_CLOCK, ISS_REVOKED (by a list that it has
 * taken) or ISS_OK: whether this server may issue now. An authority always
 * may. */
ISS_CHECKED enum iss_status iss_may_issue(struct iss *store,
                                          struct iss_error *error);

/* The administrator says that the clock is right although it stands behind
 * the journal: recorded, and until it has caught up documents get the clock's
 * time and records the journal's. Set back further, it is refused again. */
ISS_CHECKED enum iss_status iss_accept_time(struct iss *store,
                                            struct iss_error *error);

/* ---- clusters --------------------------------------------------------------
 */

struct iss_join {                                /* all borrowed */
    const char *dir;                             /* the cluster's store */
    const char *module, *token_uri, *pin_source; /* of this member, or NULL */
    const char *member;                          /* name; NULL: env->host */
};

/* Makes this machine a member: the token must hold the key of the cluster's
 * SLC, shown by a signature that verifies. Writes member-NAME.conf and a MEMBER
 * record; never a request. The same again: ISS_OK. Not enrolled:
 * ISS_NOT_ENROLLED; another key: ISS_CLUSTER. */
ISS_CHECKED enum iss_status iss_join(const struct iss_env *env,
                                     const struct iss_join *join,
                                     struct iss **out, struct iss_error *error);

struct iss_member { /* borrowed during the call */
    const char *name, *host, *uri;
    int64_t since;
    uint64_t record;
};
typedef bool iss_member_fn(void *arg, const struct iss_member *member);
/* The first member is the one whose init made the store. */
ISS_CHECKED enum iss_status iss_members(struct iss *store, iss_member_fn *each,
                                        void *arg, struct iss_error *error);

struct iss_mismatch {   /* borrowed during the call */
    const char *member; /* or "" where it concerns all */
    const char *what;   /* "slc", "chain", "key", "acl", "anchors",
                         "configuration", "journal", "guid", "role", "store" */
    const char *text;
};
typedef void iss_mismatch_fn(void *arg, const struct iss_mismatch *mismatch);
/* Every mismatch between the members of a store and, where other is not NULL,
 * between this store and a copy of it (a folder). ISS_CLUSTER where there is
 * one. Needs no token. */
ISS_CHECKED enum iss_status iss_cluster_check(struct iss *store,
                                              const char *other,
                                              iss_mismatch_fn *each, void *arg,
                                              struct iss_error *error);

/* ---- judging a request ----------------------------------------------------
 */

enum { ISS_CHECKS_MAX = 24 };

enum iss_check_result { ISS_CHECK_OK, ISS_CHECK_WARN, ISS_CHECK_REFUSE };

struct iss_check {
    const char *name; /* "form", "proof", "key-size", ...: static */
    enum iss_check_result result;
    enum iss_status status; /* with ISS_CHECK_REFUSE */
    char text[200];
};

struct iss_verdict {
    struct enroll_request request;
    bool parsed, has_proof;
    uint8_t digest[32]; /* of the request file */
    char words[ISS_WORDS_SIZE];
    size_t count;
    struct iss_check checks[ISS_CHECKS_MAX];
    /* What is asked: as the proof says, else by what is known of the key. With
     * ISS_RENEW and ISS_REKEY the range and body hash of the predecessor, where
     * that was issued here; else before.present is false. */
    enum iss_op op;
    struct xrml_range before;
    uint8_t before_hash[32];
    /* of a root's access list, where one was asked */
    char principal[65]; /* "" : nobody */
    unsigned acl_line;  /* of the rule that decided; 0: default deny */
    uint8_t acl_hash[32];
    uint32_t acl_serial;
};

/* Form, proof and key policy of an order's request, without a store; its
 * policy is the text given, else the defaults. Returns the status of the first
 * refusal, with every check in verdict; an invalid policy is ISS_USAGE. */
struct iss_order;
ISS_CHECKED enum iss_status iss_request_check(OSSL_LIB_CTX *libctx,
                                              const struct iss_order *order,
                                              int64_t now,
                                              struct iss_verdict *verdict,
                                              struct iss_error *error);

/* ---- issuing ---------------------------------------------------------------
 */

struct iss_order { /* one request to be answered; all borrowed */
    const char *text;
    size_t len;
    const char *proof; /* NULL: none came */
    size_t proof_len;
    bool without_proof; /* the operator vouches; journaled */
    int days;           /* 0: the profile's validity */
    const char *policy; /* text of a policy file, NULL: STORE/policy.conf */
    size_t policy_len;
    const char *operator_name; /* NULL: env->user */
    const char *as;  /* root: the principal that must be proven; NULL: any */
    bool receipt;    /* also sign a receipt */
    bool judge_only; /* record a refusal, never sign: ISS_NOT_CONFIRMED where
                        nothing is refused */
};

struct iss_answer { /* owned */
    struct iss_verdict verdict;
    struct xrml_range range; /* of the certificate */
    char words[ISS_WORDS_SIZE];
    char *body;     /* what would be, or was, signed */
    char *response; /* NULL after iss_preview */
    size_t response_len;
    char *receipt; /* NULL unless asked for */
    size_t receipt_len;
    uint8_t body_hash[32]; /* of the certificate; zeros after iss_preview */
    uint64_t record;       /* journal number of the RESULT */
    bool again;            /* answered before: the stored document */
};
void iss_answer_clear(struct iss_answer *answer);

/* Judges an order and says what would be signed; changes nothing. */
ISS_CHECKED enum iss_status iss_preview(struct iss *store,
                                        const struct iss_order *order,
                                        struct iss_answer *answer,
                                        struct iss_error *error);

/* An authority answers requests of roots by its policy; a root those of
 * licensing servers by its access list (STORE/acl, read anew each time), always
 * with proof; other roles: ISS_REFUSED. */
/* ADMIT, INTENT (durable), sign in the token, verify in software, RESULT
 * (durable), answer. The same request again gets the same octets. */
ISS_CHECKED enum iss_status iss_issue(struct iss *store,
                                      const struct iss_order *order,
                                      struct iss_answer *answer,
                                      struct iss_error *error);

/* ---- journal ----------------------------------------------------------------
 */

struct iss_record { /* borrowed during the call */
    uint64_t seq;
    int64_t time;
    unsigned type;         /* docs/formats/journal.md */
    const char *type_name; /* "INTENT" */
    const uint8_t *hash;   /* 32 octets */
    size_t field_count;
    const struct iss_field {
        unsigned tag;
        const char *name;
        const uint8_t *value;
        size_t len;
        bool text;   /* UTF-8, printable but for line ends */
        bool number; /* 8 octets, big-endian; neither: octets */
    } * fields;
};
typedef bool iss_record_fn(void *arg, const struct iss_record *record);

/* Records from..to (to 0: the last), in order; false stops. */
ISS_CHECKED enum iss_status iss_log_each(struct iss *store, uint64_t from,
                                         uint64_t to, iss_record_fn *each,
                                         void *arg, struct iss_error *error);

struct iss_log_check {
    uint64_t from;          /* 0 or 1: from the beginning, else a checkpoint */
    const char *checkpoint; /* text of one or more kept elsewhere, or NULL */
    size_t checkpoint_len;
    const char *receipt; /* text of a receipt, or NULL */
    size_t receipt_len;
};
struct iss_log_verdict {
    uint64_t records, results, unfinished, checkpoints;
    uint64_t began; /* the first record looked at: 1, or by a checkpoint */
    uint8_t head[32];
};

/* Chain, checkpoints, every document of INTENT and RESULT, and the tables that
 * are an index over the journal. ISS_JOURNAL names the record. */
ISS_CHECKED enum iss_status iss_log_verify(struct iss *store,
                                           const struct iss_log_check *check,
                                           struct iss_log_verdict *verdict,
                                           struct iss_error *error);

/* Every table over the journal made anew from it, in one transaction, where the
 * journal itself verifies: else ISS_JOURNAL, and nothing has changed. For a
 * store that iss_open may refuse; nothing is appended. */
ISS_CHECKED enum iss_status iss_log_rebuild(const struct iss_env *env,
                                            const char *dir,
                                            struct iss_log_verdict *verdict,
                                            struct iss_error *error);

/* Where a document came from, by its body hash: who asked, what allowed it,
 * which key signed. ISS_CONFLICT: not issued by this store. */
struct iss_origin {                 /* owned texts, "" where absent */
    uint64_t admit, intent, result; /* records, 0: none */
    int64_t time;                   /* of the RESULT */
    char kind[32], document[XRML_GUID_SIZE];
    char op[16], principal[128], proven[64];
    char guid[XRML_GUID_SIZE], name[4 * ENROLL_NAME_MAX + 1];
    char url[ENROLL_URL_MAX + 1];
    char host[256], user[64];
    uint8_t subject[32], issuer[32], acl_hash[32];
    unsigned acl_line;
    char key_uri[ISS_URI_MAX];
};
ISS_CHECKED enum iss_status iss_whence(struct iss *store,
                                       const uint8_t body_hash[static 32],
                                       struct iss_origin *origin,
                                       struct iss_error *error);

/* ---- what ends when ---------------------------------------------------------
 */

struct iss_end {      /* borrowed during the call */
    const char *what; /* "SLC", "CA certificate", "pending proof", ... */
    const char *name;
    int64_t from, until; /* 0: no such end, as of an anchor */
    const char *then;    /* what stops working, one sentence */
};
typedef void iss_end_fn(void *arg, const struct iss_end *end);
/* Every certificate of the chain, anchors, pending proof, the last license that
 * could be issued today; leaf first. */
ISS_CHECKED enum iss_status iss_horizon(struct iss *store, int64_t now,
                                        iss_end_fn *each, void *arg,
                                        struct iss_error *error);

/* ---- an access list against the past
 * ----------------------------------------- */

struct iss_acl;
struct iss_replayed { /* borrowed during the call */
    uint64_t record;  /* ADMIT or DENY */
    int64_t time;
    const char *op, *url, *guid;
    bool allowed_then, allowed_now;
    const char *principal; /* now, or "" */
    unsigned line_then, line_now;
    const char *cause; /* of the decision now */
};
typedef void iss_replayed_fn(void *arg, const struct iss_replayed *replayed);
/* Every request that this root's access list has decided, decided by acl. */
ISS_CHECKED enum iss_status iss_acl_replay(struct iss *store,
                                           const struct iss_acl *acl,
                                           iss_replayed_fn *each, void *arg,
                                           struct iss_error *error);

/* ---- files and words
 * ---------------------------------------------------------- */

enum {
    ISS_PUBLISH_FORCE = 1, /* replace a regular file of other content */
    ISS_PUBLISH_SECRET = 2 /* a new file is its owner's alone: mode 0600 */
};

/* Writes a file so that it is there whole or not at all, synced with its
 * folder. The same octets there already: ISS_OK; others: ISS_CONFLICT. */
ISS_CHECKED enum iss_status iss_publish(const char *path, const void *data,
                                        size_t len, unsigned flags,
                                        struct iss_error *error);

/* Many files of one folder: each there whole or not at all, as iss_publish has
 * it, with one sync for a group of them. */
struct iss_publisher; /* opaque */
/* ISS_USAGE: no such folder. *out returns new. */
ISS_CHECKED enum iss_status iss_publisher_new(const char *folder,
                                              struct iss_publisher **out,
                                              struct iss_error *error);
/* A file, name without a slash; it has its name once the group is synced. The
 * same octets there already: ISS_OK; others: ISS_CONFLICT. ISS_STORE. */
ISS_CHECKED enum iss_status iss_publisher_add(struct iss_publisher *publisher,
                                              const char *name,
                                              const void *data, size_t len,
                                              struct iss_error *error);
/* Ends the group; what was added is there for good. */
ISS_CHECKED enum iss_status iss_publisher_sync(struct iss_publisher *publisher,
                                               struct iss_error *error);
/* What was not synced is not there; NULL is legal. */
void iss_publisher_free(struct iss_publisher *publisher);

/* A regular file of at most max octets; *out returns new, NUL-terminated,
 * free(). Missing or unreadable: ISS_USAGE; longer: ISS_MALFORMED. */
ISS_CHECKED enum iss_status iss_read_file(const char *path, size_t max,
                                          char **out, size_t *len,
                                          struct iss_error *error);

/* The first eight octets as words of the PGP word list, blanks between. */
void iss_words(const uint8_t hash[static 8], char out[static ISS_WORDS_SIZE]);

#endif
