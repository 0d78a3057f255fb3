/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records of the journal: encoding, hash chain, and the tables that follow
 * from them. docs/formats/journal.md. Whoever appends holds a transaction.
 */
#ifndef PRIVYSEAL_JOURNAL_H
#define PRIVYSEAL_JOURNAL_H

#include "handle.h"

enum iss_record_type {
#define TYPE(name, number) ISS_REC_##name = (number),
#include "journal.def"
#undef TYPE
};

enum iss_tag {
#define TAG(name, number, form, text) ISS_TAG_##name = (number),
#include "journal.def"
#undef TAG
};

enum { ISS_RECORD_MAX = 2 * 1024 * 1024, ISS_RECORD_FIELDS = 32 };

/* Behind it stands no TRUST of init, which is appended with record 1: what it
 * took are the anchors and the root above, what others took is trust.h's. */
enum { ISS_TRUST_OF_INIT = 3 };

/* ---- writing ------------------------------------------------------------ */

struct iss_entry { /* a record to be; borrows its values */
    unsigned type;
    int64_t time; /* 0: now; never before the newest record */
    size_t count;
    struct iss_value {
        unsigned tag;
        const void *data; /* NULL: the number below */
        size_t len;
        uint8_t number[8];
    } values[ISS_RECORD_FIELDS];
};

struct iss_entry iss_entry_of(enum iss_record_type type);
/* In any order; NULL or "" is left out. */
void iss_entry_text(struct iss_entry *entry, enum iss_tag tag,
                    const char *text);
void iss_entry_octets(struct iss_entry *entry, enum iss_tag tag,
                      const void *data, size_t len);
void iss_entry_number(struct iss_entry *entry, enum iss_tag tag,
                      uint64_t number);

/* Appends within the caller's transaction, numbers and chains the records, and
 * brings the tables up to date. *first (NULL is legal) gets the number of the
 * first. */
ISS_CHECKED enum iss_status iss_journal_append(struct iss *iss,
                                               struct iss_entry *entries,
                                               size_t count, uint64_t *first,
                                               struct iss_error *error);
/* The same in a transaction of its own: durable when it returns ISS_OK. */
ISS_CHECKED enum iss_status iss_journal_write(struct iss *iss,
                                              struct iss_entry *entries,
                                              size_t count, uint64_t *first,
                                              struct iss_error *error);

/* Now, or the time of the newest record where the clock is behind by no more
 * than the tolerance; else ISS_CLOCK, or now where iss_accept_time said so. */
ISS_CHECKED enum iss_status iss_journal_time(struct iss *iss, int64_t *now,
                                             struct iss_error *error);
/* Records what iss_journal_time refused, where the store may be written; the
 * refusal itself is what the caller has to hear. */
void iss_journal_clock(struct iss *iss, const char *cause);

/* ---- reading ------------------------------------------------------------ */

struct iss_decoded { /* borrows the encoding */
    struct iss_record record;
    struct iss_field fields[ISS_RECORD_FIELDS];
    const uint8_t *prev;
};

/* Strict: false for anything that iss_journal_append would not have written. */
bool iss_record_decode(const uint8_t *data, size_t len,
                       struct iss_decoded *out);
ISS_CHECKED enum iss_status iss_record_hash(const uint8_t *data, size_t len,
                                            uint8_t hash[static ISS_HASH_SIZE],
                                            struct iss_error *error);

/* NULL: no such field. */
const struct iss_field *iss_record_field(const struct iss_record *record,
                                         enum iss_tag tag);
/* 0 where absent. */
uint64_t iss_record_number(const struct iss_record *record, enum iss_tag tag);
/* "" where absent; false: does not fit. */
bool iss_record_text(const struct iss_record *record, enum iss_tag tag,
                     char *out, size_t size);
/* Octets of exactly this length; NULL: absent or of another length. */
const uint8_t *iss_record_octets(const struct iss_record *record,
                                 enum iss_tag tag, size_t len);

struct iss_loaded { /* one record, owned */
    struct iss_row row;
    struct iss_decoded decoded;
    uint8_t *data;
};
/* Reads record seq, its hash and its form checked. ISS_JOURNAL. */
ISS_CHECKED enum iss_status iss_journal_load(struct iss_store *db, uint64_t seq,
                                             struct iss_loaded *out,
                                             struct iss_error *error);
void iss_loaded_clear(struct iss_loaded *loaded);

struct iss_walk { /* where a verification of the chain stands; zeros at first */
    uint64_t seq; /* of the record before, 0: none */
    int64_t time;
    uint8_t hash[ISS_HASH_SIZE];
    EVP_MD_CTX *ctx; /* one for all records, freed by iss_walk_end */
};
void iss_walk_end(struct iss_walk *walk);
/* Form, hash, number, link and time of the next record. ISS_JOURNAL. */
ISS_CHECKED enum iss_status iss_walk_step(struct iss_walk *walk,
                                          const struct iss_row *row,
                                          struct iss_decoded *decoded,
                                          struct iss_error *error);

/* ---- tables ------------------------------------------------------------- */

/* Writes into db what a record means for the tables. */
ISS_CHECKED enum iss_status iss_index_apply(struct iss_store *db,
                                            const struct iss_record *record,
                                            struct iss_error *error);

#endif
