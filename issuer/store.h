/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables of a store, whatever keeps them: docs/formats/store.md. meta and
 * journal are the truth; journal.c alone writes the others, from records.
 * Owned octets and texts that a function returns are freed with free(); where
 * nothing was found they are NULL.
 *
 * Statuses: ISS_STORE (cannot be read or written, locked for too long),
 * ISS_JOURNAL (damaged), ISS_CONFLICT (a unique index refuses the row).
 *
 * What a keeper of these tables owes to those above it, and all they rely on:
 * - Transactions. Between begin and commit or rollback a handle is the only
 *   one that writes, on any machine: what it reads then stays true until it
 *   commits. A second begin waits, for a minute at most, then fails with
 *   ISS_STORE. Transactions do not nest.
 * - Reading needs no transaction. It never waits for writers, and each call
 *   sees all of the commits that were before it; two calls may see different
 *   ones. A walk (iss_store_each) sees one state from first to last row. In
 *   its callback other functions of the same handle may be called, another
 *   walk of the same kind may not.
 * - Durability. After a commit that returned ISS_OK the rows outlive process,
 *   machine and current. After one that failed none of them is there, unless
 *   the message speaks of a sync: then only opening anew tells, and the handle
 *   refuses to write until that is done. Nothing is tried again below.
 * - Uniqueness, whoever writes and however they race: seq of journal; id and
 *   hash of key; hash of subject; guid, hash and url of place; request and
 *   document of issue; nonce; generation and body_hash of slc; name of member;
 *   kind and name of trust; user and hash of account. The second row is
 *   ISS_CONFLICT and changes nothing.
 * - journal grows only: changing or deleting a record is refused by the
 *   database itself, not only by the want of a function here.
 * - Order. seq are numbers given by the caller, 1, 2, 3, ... without a gap.
 *   "newest" is by seq, never by time. Texts are compared octet by octet.
 * - Locks on acts longer than a transaction (one signature, one making of a
 *   store) are lock.h's, beside the tables: a keeper that serves several
 *   machines brings its own for these numbers.
 */
#ifndef PRIVYSEAL_STORE_H
#define PRIVYSEAL_STORE_H

#include "issuer.h"

enum { ISS_ID_SIZE = 16, ISS_HASH_SIZE = 32 };

struct iss_store;

struct iss_octets { /* owned */
    uint8_t *data;
    size_t len;
};

enum { ISS_STORE_CREATE = 2 }; /* beside ISS_READ_ONLY */

/* Opens the database that path (for another keeper: its URL) names, making it
 * where asked and absent. Another program's or
 * another version's database is ISS_STORE. *out returns new. */
ISS_CHECKED enum iss_status iss_store_open(const char *path, unsigned flags,
                                           struct iss_store **out,
                                           struct iss_error *error);
/* One that lives in memory, to recompute the tables in. */
ISS_CHECKED enum iss_status iss_store_scratch(struct iss_store **out,
                                              struct iss_error *error);
void iss_store_close(struct iss_store *store);

/* A transaction: others wait from begin to commit or rollback. */
ISS_CHECKED enum iss_status iss_store_begin(struct iss_store *store,
                                            struct iss_error *error);
/* Durable when it returns ISS_OK; otherwise rolled back. */
ISS_CHECKED enum iss_status iss_store_commit(struct iss_store *store,
                                             struct iss_error *error);
void iss_store_rollback(struct iss_store *store);

/* The database's own check of its pages, and of the indexes of every table but
 * journal, which whoever walks it compares: ISS_JOURNAL. */
ISS_CHECKED enum iss_status iss_store_check(struct iss_store *store,
                                            struct iss_error *error);
/* Every table but meta and journal, row by row: ISS_JOURNAL names a table. */
ISS_CHECKED enum iss_status iss_store_compare(struct iss_store *store,
                                              struct iss_store *other,
                                              struct iss_error *error);

/* Within a transaction: empties every table but meta and journal, and makes
 * what journal's rows are found by anew. */
ISS_CHECKED enum iss_status iss_store_clear(struct iss_store *store,
                                            struct iss_error *error);

/* ---- meta and journal ------------------------------------------------- */

ISS_CHECKED enum iss_status iss_store_meta_put(struct iss_store *store,
                                               const char *name,
                                               const char *value,
                                               struct iss_error *error);
ISS_CHECKED enum iss_status iss_store_meta_get(struct iss_store *store,
                                               const char *name, char **value,
                                               struct iss_error *error);

struct iss_row { /* one of journal; borrowed in callbacks */
    uint64_t seq;
    uint8_t prev[ISS_HASH_SIZE], hash[ISS_HASH_SIZE];
    const uint8_t *record;
    size_t len;
};
typedef enum iss_status iss_row_fn(void *arg, const struct iss_row *row,
                                   struct iss_error *error);

ISS_CHECKED enum iss_status iss_store_append(struct iss_store *store,
                                             const struct iss_row *row,
                                             struct iss_error *error);
/* seq 0 where the journal is empty. */
ISS_CHECKED enum iss_status
iss_store_head(struct iss_store *store, uint64_t *seq, struct iss_error *error);
/* One record with its row, *record owned: row->record points into it. A number
 * that is none gives row->seq 0. */
ISS_CHECKED enum iss_status iss_store_record(struct iss_store *store,
                                             uint64_t seq, struct iss_row *row,
                                             uint8_t **record,
                                             struct iss_error *error);
/* The newest record of a type before seq (0: at all); 0: none. */
ISS_CHECKED enum iss_status iss_store_newest(struct iss_store *store,
                                             unsigned type, uint64_t before,
                                             uint64_t *seq,
                                             struct iss_error *error);
typedef void iss_type_fn(void *arg, unsigned type, uint64_t seq);
/* What iss_store_newest looks records up by, entry by entry, by type and
 * number. */
ISS_CHECKED enum iss_status iss_store_each_type(struct iss_store *store,
                                                iss_type_fn *each, void *arg,
                                                struct iss_error *error);
/* Stops at the first status that is not ISS_OK, and returns it. */
ISS_CHECKED enum iss_status iss_store_each(struct iss_store *store,
                                           uint64_t from, uint64_t to,
                                           iss_row_fn *each, void *arg,
                                           struct iss_error *error);

/* ---- tables over the journal ------------------------------------------- */

struct iss_key_row {
    uint8_t id[ISS_ID_SIZE];
    char purpose[16];
    uint8_t hash[ISS_HASH_SIZE];
    struct iss_octets spki;
    char *uri;
    uint64_t seq;
};
void iss_key_row_clear(struct iss_key_row *row);

ISS_CHECKED enum iss_status iss_store_key_put(struct iss_store *store,
                                              const struct iss_key_row *row,
                                              struct iss_error *error);
/* The newest key of a purpose; seq 0: none. */
ISS_CHECKED enum iss_status iss_store_key_get(struct iss_store *store,
                                              const char *purpose,
                                              struct iss_key_row *row,
                                              struct iss_error *error);
/* The key of this hash, where it was licensor-next, becomes the licensor, and
 * who was it becomes licensor-old. */
ISS_CHECKED enum iss_status iss_store_key_promote(struct iss_store *store,
                                                  const uint8_t *hash,
                                                  struct iss_error *error);
/* The key of this id, where it is licensor-next, becomes licensor-old. */
ISS_CHECKED enum iss_status iss_store_key_give_up(struct iss_store *store,
                                                  const uint8_t *id,
                                                  struct iss_error *error);
ISS_CHECKED enum iss_status iss_store_key_by_hash(struct iss_store *store,
                                                  const uint8_t *hash,
                                                  struct iss_key_row *row,
                                                  struct iss_error *error);

struct iss_subject { /* all borrowed */
    const uint8_t *hash;
    const char *guid, *url, *principal;
    uint64_t seq;
};
/* Binds a key to a GUID for ever, and a GUID to its present key and URL. */
ISS_CHECKED enum iss_status iss_store_subject_put(struct iss_store *store,
                                                  const struct iss_subject *row,
                                                  struct iss_error *error);
/* The GUID a key was ever certified for, or that holds a URL now. */
ISS_CHECKED enum iss_status iss_store_guid_by_key(struct iss_store *store,
                                                  const uint8_t *hash,
                                                  char **guid,
                                                  struct iss_error *error);
ISS_CHECKED enum iss_status iss_store_guid_by_url(struct iss_store *store,
                                                  const char *url, char **guid,
                                                  struct iss_error *error);
/* The present key hash of a GUID; data NULL: none. */
ISS_CHECKED enum iss_status iss_store_key_of_guid(struct iss_store *store,
                                                  const char *guid,
                                                  struct iss_octets *hash,
                                                  struct iss_error *error);

struct iss_issue_row {
    uint64_t intent, result, closed; /* closed: seq of a VOID; 0: none */
};
struct iss_issue_new { /* all borrowed; document and guid may be NULL */
    uint64_t intent;
    const uint8_t *request;
    const uint8_t *body; /* SHA-256 of the octets that are signed */
    const char *kind, *document, *guid;
};
ISS_CHECKED enum iss_status iss_store_issue_put(struct iss_store *store,
                                                const struct iss_issue_new *row,
                                                struct iss_error *error);
ISS_CHECKED enum iss_status iss_store_issue_result(struct iss_store *store,
                                                   uint64_t intent,
                                                   uint64_t result,
                                                   struct iss_error *error);
ISS_CHECKED enum iss_status iss_store_issue_close(struct iss_store *store,
                                                  uint64_t intent, uint64_t seq,
                                                  struct iss_error *error);
/* By request digest; by kind, the newest; by INTENT; intent 0: none. */
ISS_CHECKED enum iss_status
iss_store_issue_by_request(struct iss_store *store, const uint8_t *request,
                           struct iss_issue_row *row, struct iss_error *error);
/* The first finished one that signed octets of this hash. */
ISS_CHECKED enum iss_status iss_store_issue_by_body(struct iss_store *store,
                                                    const uint8_t *body,
                                                    struct iss_issue_row *row,
                                                    struct iss_error *error);
ISS_CHECKED enum iss_status iss_store_issue_by_kind(struct iss_store *store,
                                                    const char *kind,
                                                    struct iss_issue_row *row,
                                                    struct iss_error *error);
ISS_CHECKED enum iss_status iss_store_issue_by_intent(struct iss_store *store,
                                                      uint64_t intent,
                                                      struct iss_issue_row *row,
                                                      struct iss_error *error);
/* The next unfinished one, or the next of a GUID, behind an INTENT. */
ISS_CHECKED enum iss_status
iss_store_issue_open_after(struct iss_store *store, uint64_t intent,
                           struct iss_issue_row *row, struct iss_error *error);
ISS_CHECKED enum iss_status
iss_store_issue_of_guid_after(struct iss_store *store, const char *guid,
                              uint64_t intent, struct iss_issue_row *row,
                              struct iss_error *error);
/* The next of a kind, likewise. */
ISS_CHECKED enum iss_status
iss_store_issue_of_kind_after(struct iss_store *store, const char *kind,
                              uint64_t intent, struct iss_issue_row *row,
                              struct iss_error *error);
ISS_CHECKED enum iss_status iss_store_issue_open_count(struct iss_store *store,
                                                       uint64_t *count,
                                                       struct iss_error *error);

struct iss_admit_row { /* what an access list has let in; all borrowed */
    uint64_t seq;
    const char *principal, *op, *guid;
    int64_t time, until; /* until: end of the certificate */
};
ISS_CHECKED enum iss_status iss_store_admit_put(struct iss_store *store,
                                                const struct iss_admit_row *row,
                                                struct iss_error *error);
/* All of a principal, newest first; *rows returns new, free(). */
struct iss_admitted {
    char op[16];
    int64_t time;
};
ISS_CHECKED enum iss_status iss_store_admit_past(struct iss_store *store,
                                                 const char *principal,
                                                 struct iss_admitted **rows,
                                                 size_t *count,
                                                 struct iss_error *error);
/* GUIDs of a principal, but this one, that hold a certificate at now. */
ISS_CHECKED enum iss_status iss_store_admit_valid(struct iss_store *store,
                                                  const char *principal,
                                                  const char *but, int64_t now,
                                                  uint64_t *count,
                                                  struct iss_error *error);
/* Who holds a GUID; NULL: nobody. */
ISS_CHECKED enum iss_status
iss_store_principal_of_guid(struct iss_store *store, const char *guid,
                            char **principal, struct iss_error *error);

ISS_CHECKED enum iss_status iss_store_nonce_put(struct iss_store *store,
                                                const struct iss_octets *nonce,
                                                const uint8_t *request,
                                                struct iss_error *error);
/* The digest of the request that used a nonce; data NULL: none. */
ISS_CHECKED enum iss_status iss_store_nonce_get(struct iss_store *store,
                                                const struct iss_octets *nonce,
                                                struct iss_octets *request,
                                                struct iss_error *error);

struct iss_pending_row {
    char *op; /* NULL: nothing is pending */
    struct iss_octets request, proof;
    uint64_t seq;
};
void iss_pending_row_clear(struct iss_pending_row *row);
ISS_CHECKED enum iss_status
iss_store_pending_put(struct iss_store *store,
                      const struct iss_pending_row *row,
                      struct iss_error *error);
ISS_CHECKED enum iss_status iss_store_pending_drop(struct iss_store *store,
                                                   struct iss_error *error);
ISS_CHECKED enum iss_status iss_store_pending_get(struct iss_store *store,
                                                  struct iss_pending_row *row,
                                                  struct iss_error *error);

struct iss_slc_row {
    uint64_t generation; /* 0: none */
    uint8_t body_hash[ISS_HASH_SIZE];
    struct iss_octets chain;
    uint64_t seq;
};
void iss_slc_row_clear(struct iss_slc_row *row);
ISS_CHECKED enum iss_status iss_store_slc_put(struct iss_store *store,
                                              const struct iss_slc_row *row,
                                              struct iss_error *error);
ISS_CHECKED enum iss_status iss_store_slc_get(struct iss_store *store,
                                              struct iss_slc_row *row,
                                              struct iss_error *error);
/* The generation of that one alone; 0: none. */
ISS_CHECKED enum iss_status iss_store_slc_newest(struct iss_store *store,
                                                 uint64_t *generation,
                                                 struct iss_error *error);
/* The one that was current when a record was written. */
ISS_CHECKED enum iss_status iss_store_slc_before(struct iss_store *store,
                                                 uint64_t seq,
                                                 struct iss_slc_row *row,
                                                 struct iss_error *error);
/* The generation that a certificate was once; 0: never one of this store. */
ISS_CHECKED enum iss_status iss_store_slc_by_hash(struct iss_store *store,
                                                  const uint8_t *body_hash,
                                                  uint64_t *generation,
                                                  struct iss_error *error);

struct iss_member_row {
    char *name, *guid, *host,
        *uri;     /* uri: of the licensor key, at the member */
    uint64_t seq; /* 0: none */
};
void iss_member_row_clear(struct iss_member_row *row);
/* The same name again replaces its row. */
ISS_CHECKED enum iss_status
iss_store_member_put(struct iss_store *store, const struct iss_member_row *row,
                     struct iss_error *error);
ISS_CHECKED enum iss_status iss_store_member_get(struct iss_store *store,
                                                 const char *name,
                                                 struct iss_member_row *row,
                                                 struct iss_error *error);
/* The first that joined behind a record, by the number of its record. */
ISS_CHECKED enum iss_status iss_store_member_after(struct iss_store *store,
                                                   uint64_t seq,
                                                   struct iss_member_row *row,
                                                   struct iss_error *error);
ISS_CHECKED enum iss_status iss_store_member_count(struct iss_store *store,
                                                   uint64_t *count,
                                                   struct iss_error *error);

struct iss_trust_row { /* trust.h */
    char *kind, *name;
    struct iss_octets text;
    char *uri; /* "" but of a publishing domain */
    uint8_t hash[ISS_HASH_SIZE];
    uint64_t seq; /* 0: none */
};
void iss_trust_row_clear(struct iss_trust_row *row);
/* The same kind and name again replaces its row. */
ISS_CHECKED enum iss_status iss_store_trust_put(struct iss_store *store,
                                                const struct iss_trust_row *row,
                                                struct iss_error *error);
/* ISS_JOURNAL: there is none of that name. */
ISS_CHECKED enum iss_status iss_store_trust_drop(struct iss_store *store,
                                                 const char *kind,
                                                 const char *name,
                                                 struct iss_error *error);
ISS_CHECKED enum iss_status
iss_store_trust_get(struct iss_store *store, const char *kind, const char *name,
                    struct iss_trust_row *row, struct iss_error *error);
/* The newest of a kind with this hash. */
ISS_CHECKED enum iss_status iss_store_trust_by_hash(struct iss_store *store,
                                                    const char *kind,
                                                    const uint8_t *hash,
                                                    struct iss_trust_row *row,
                                                    struct iss_error *error);
/* The first behind a record, by the number of its record. */
ISS_CHECKED enum iss_status iss_store_trust_after(struct iss_store *store,
                                                  uint64_t seq,
                                                  struct iss_trust_row *row,
                                                  struct iss_error *error);

struct iss_account_row { /* the key pair of a user: account.h */
    char *user;
    uint8_t hash[ISS_HASH_SIZE];
    struct iss_octets spki, sealed;
    uint64_t seq; /* 0: none */
};
void iss_account_row_clear(struct iss_account_row *row);
/* The same user with the same key again replaces what is sealed; another key of
 * the user, or another user of the key, is ISS_CONFLICT. */
ISS_CHECKED enum iss_status
iss_store_account_put(struct iss_store *store,
                      const struct iss_account_row *row,
                      struct iss_error *error);
ISS_CHECKED enum iss_status iss_store_account_get(struct iss_store *store,
                                                  const char *user,
                                                  struct iss_account_row *row,
                                                  struct iss_error *error);
ISS_CHECKED enum iss_status
iss_store_account_by_hash(struct iss_store *store, const uint8_t *hash,
                          struct iss_account_row *row, struct iss_error *error);

#endif
