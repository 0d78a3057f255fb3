/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The journal, read and verified: chain, checkpoints in it and beside it, every
 * signature by the key that its INTENT names, and the tables, recomputed.
 */
#include <openssl/rand.h>
#include <openssl/types.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "checkpoint.h"
#include "issue.h"
#include "journal.h"
#include "key.h"
#include "publish.h"

enum { CHECKPOINTS_MAX = 256 * 1024 * 1024, KIND_SIZE = 32 };

static const char note_title[] = "privyseal-checkpoint 1\n";

/* ---- reading ----------------------------------------------------------- */

struct reader {
    iss_record_fn *each;
    void *arg;
    bool stopped;
};

static enum iss_status read_one(void *arg, const struct iss_row *row,
                                struct iss_error *error)
{
    struct reader *reader = arg;
    struct iss_decoded decoded;
    uint8_t hash[ISS_HASH_SIZE];
    enum iss_status status =
        iss_record_hash(row->record, row->len, hash, error);

    if (status != ISS_OK || reader->stopped)
        return status;
    if (memcmp(hash, row->hash, sizeof(hash)) != 0 ||
        !iss_record_decode(row->record, row->len, &decoded))
        return iss_fail(error, ISS_JOURNAL,
                        "journal: record %llu has been changed",
                        (unsigned long long)row->seq);
    decoded.record.hash = row->hash;
    reader->stopped = !reader->each(reader->arg, &decoded.record);
    return ISS_OK;
}

enum iss_status iss_log_each(struct iss *store, uint64_t from, uint64_t to,
                             iss_record_fn *each, void *arg,
                             struct iss_error *error)
{
    struct reader reader = {.each = each, .arg = arg};
    return iss_store_each(store->db, from, to, read_one, &reader, error);
}

/* ---- verifying: one record after the other ------------------------------ */

/* Sums over pairs of type and number, by a key that nobody knows before: two
 * sets of pairs give the same only where they are the same. */
struct tally {
    uint64_t keys[2];
    uint64_t from; /* pairs of lower numbers do not count */
    uint64_t count, sum, folded;
};

struct verifier {
    struct iss *iss;
    struct iss_store *scratch; /* NULL: not from the beginning */
    struct iss_walk walk;
    struct tally walked;
    struct iss_log_verdict *verdict;
};

/* ---- types --------------------------------------------------------------- */

/* The finaliser of SplitMix64. */
static uint64_t mix(uint64_t value)
{
    value = (value ^ (value >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ (value >> 27)) * UINT64_C(0x94d049bb133111eb);
    return value ^ (value >> 31);
}

static void add_pair(void *arg, unsigned type, uint64_t seq)
{
    struct tally *tally = arg;
    uint64_t value = mix(mix(seq + tally->keys[0]) ^ (tally->keys[1] + type));

    if (seq < tally->from)
        return;
    tally->count++;
    tally->sum += value;
    tally->folded ^= mix(value + tally->keys[1]);
}

static bool new_tally(struct verifier *verifier)
{
    struct tally *tally = &verifier->walked;

    tally->from = verifier->walk.seq + 1;
    return RAND_bytes((unsigned char *)tally->keys, sizeof(tally->keys)) == 1;
}

/* The index that finds records by type has those that were walked, and no
 * other. */
static enum iss_status compare_types(struct verifier *verifier,
                                     struct iss_error *error)
{
    const struct tally *walked = &verifier->walked;
    struct tally indexed = {.keys = {walked->keys[0], walked->keys[1]},
                            .from = walked->from};
    enum iss_status status =
        iss_store_each_type(verifier->iss->db, add_pair, &indexed, error);

    if (status == ISS_OK &&
        (indexed.count != walked->count || indexed.sum != walked->sum ||
         indexed.folded != walked->folded))
        status = iss_fail(error, ISS_JOURNAL,
                          "store.db: the index of record types is not what the "
                          "journal says");
    return status;
}

/* ---- records ------------------------------------------------------------- */

static enum iss_status bad_record(const struct iss_record *record,
                                  const char *why, struct iss_error *error)
{
    return iss_fail(error, ISS_JOURNAL, "journal: record %llu: %s %s",
                    (unsigned long long)record->seq, record->type_name, why);
}

/* The key that an INTENT names, which must be one of the store's own. */
static enum iss_status issuer_key(struct verifier *verifier,
                                  const struct iss_record *intent,
                                  struct enroll_key *key,
                                  struct iss_error *error)
{
    struct iss_store *db =
        verifier->scratch != NULL ? verifier->scratch : verifier->iss->db;
    struct iss_key_row row = {0};
    const uint8_t *hash =
        iss_record_octets(intent, ISS_TAG_ISSUER, ISS_HASH_SIZE);
    enum iss_status status =
        hash == NULL ? bad_record(intent, "names no issuer's key", error)
                     : iss_store_key_by_hash(db, hash, &row, error);

    if (status == ISS_OK &&
        (row.seq == 0 || !iss_key_from_spki(row.spki.data, row.spki.len, key)))
        status =
            bad_record(intent, "names a key that is not the store's", error);
    iss_key_row_clear(&row);
    return status;
}

/* Signature and hash of the whole document, from the two records. */
static enum iss_status verify_result(struct verifier *verifier,
                                     const struct iss_record *record,
                                     struct iss_error *error)
{
    struct iss_loaded intent = {0};
    struct iss_done done = {0};
    struct enroll_key key;
    struct iss_issue_row row = {.intent =
                                    iss_record_number(record, ISS_TAG_INTENT),
                                .result = record->seq};
    char kind[KIND_SIZE];
    uint8_t hash[ISS_HASH_SIZE];
    char *document = NULL;
    size_t len = 0;
    const uint8_t *wanted =
        iss_record_octets(record, ISS_TAG_WHOLE_HASH, ISS_HASH_SIZE);
    enum iss_status status = ISS_OK;

    if (wanted == NULL || row.intent == 0 || row.intent >= record->seq)
        return bad_record(record, "lacks a field or has a wrong one", error);
    status = iss_journal_load(verifier->iss->db, row.intent, &intent, error);
    if (status == ISS_OK &&
        (intent.decoded.record.type != ISS_REC_INTENT ||
         !iss_record_text(&intent.decoded.record, ISS_TAG_KIND, kind,
                          sizeof(kind))))
        status = bad_record(record, "names no INTENT", error);
    if (status == ISS_OK)
        status = issuer_key(verifier, &intent.decoded.record, &key, error);
    if (status == ISS_OK)
        status = iss_done_load(verifier->iss->db, &row, &done, error);
    if (status != ISS_OK)
        goto out;
    if (iss_kind_verify(verifier->iss->env.libctx, kind, &key, &done, NULL) !=
        ISS_OK)
        status =
            bad_record(record, "holds a signature that does not verify", error);
    else
        status = iss_done_document(&done, kind, &document, &len, error);
    if (status == ISS_OK)
        status = iss_sha256(document, len, hash, error);
    if (status == ISS_OK && memcmp(hash, wanted, sizeof(hash)) != 0)
        status = bad_record(record, "has the hash of another document", error);
    verifier->verdict->results++;
out:
    free(document);
    iss_done_clear(&done);
    iss_loaded_clear(&intent);
    return status;
}

/* A note says what stood before it; its record has nothing else in it. */
static enum iss_status verify_checkpoint(struct verifier *verifier,
                                         const struct iss_record *record,
                                         const uint8_t *prev,
                                         struct iss_error *error)
{
    const struct iss_field *note = iss_record_field(record, ISS_TAG_NOTE);
    struct iss_checkpoint checkpoint;

    if (note == NULL || record->field_count != 1)
        return bad_record(record, "lacks a field or has a wrong one", error);
    if (iss_checkpoint_read(verifier->iss, (const char *)note->value, note->len,
                            &checkpoint, error) != ISS_OK)
        return bad_record(record, "is not signed by the audit key", error);
    if (checkpoint.size != record->seq - 1 || checkpoint.time != record->time ||
        memcmp(checkpoint.head, prev, ISS_HASH_SIZE) != 0)
        return bad_record(record, "is of another journal", error);
    verifier->verdict->checkpoints++;
    return ISS_OK;
}

static enum iss_status verify_one(void *arg, const struct iss_row *row,
                                  struct iss_error *error)
{
    struct verifier *verifier = arg;
    struct iss_decoded decoded;
    enum iss_status status =
        iss_walk_step(&verifier->walk, row, &decoded, error);

    if (status != ISS_OK)
        return status;
    verifier->verdict->records++;
    add_pair(&verifier->walked, decoded.record.type, row->seq);
    if (verifier->scratch != NULL)
        status = iss_index_apply(verifier->scratch, &decoded.record, error);
    if (status == ISS_OK && decoded.record.type == ISS_REC_RESULT)
        status = verify_result(verifier, &decoded.record, error);
    if (status == ISS_OK && decoded.record.type == ISS_REC_CHECKPOINT)
        status =
            verify_checkpoint(verifier, &decoded.record, decoded.prev, error);
    return status == ISS_OK || status == ISS_INTERNAL
               ? status
               : iss_fail(error, ISS_JOURNAL, "journal: record %llu",
                          (unsigned long long)row->seq);
}

/* ---- verifying: what was kept elsewhere ---------------------------------- */

static enum iss_status compare_head(struct iss *iss, const char *what,
                                    uint64_t seq, const uint8_t *hash,
                                    struct iss_error *error)
{
    struct iss_loaded record = {0};
    uint64_t size = 0;
    enum iss_status status = iss_store_head(iss->db, &size, error);

    if (status == ISS_OK && seq > size)
        status =
            iss_fail(error, ISS_JOURNAL,
                     "journal: %s knows record %llu, but the journal ends "
                     "with %llu: its tail was cut",
                     what, (unsigned long long)seq, (unsigned long long)size);
    if (status == ISS_OK)
        status = iss_journal_load(iss->db, seq, &record, error);
    if (status == ISS_OK && memcmp(record.row.hash, hash, ISS_HASH_SIZE) != 0)
        status = iss_fail(error, ISS_JOURNAL,
                          "journal: record %llu is not the one that %s knows",
                          (unsigned long long)seq, what);
    iss_loaded_clear(&record);
    return status;
}

/* Where the note that begins at an octet of a text ends. */
static size_t note_end(const char *text, size_t len, size_t at)
{
    const char *next =
        memmem(text + at + 1, len - at - 1, note_title, sizeof(note_title) - 1);
    return next == NULL ? len : (size_t)(next - text);
}

/* One note of the file: its record stands right behind the head it names. A
 * note cut short by an interruption must begin like one of this store's. */
static enum iss_status check_note(struct iss *iss, const char *text, size_t len,
                                  struct iss_error *error)
{
    char begin[sizeof(note_title) + XRML_GUID_SIZE + 16];
    struct iss_loaded record = {0};
    const struct iss_field *note = NULL;
    uint64_t size = 0;
    enum iss_status status = ISS_OK;
    size_t at = (size_t)snprintf(begin, sizeof(begin), "%sstore %s\nsize ",
                                 note_title, iss->guid);

    while (len > 0 && text[len - 1] == '\n')
        len--;
    if (memcmp(text, begin, len < at ? len : at) != 0)
        return ISS_JOURNAL;
    for (; at < len && text[at] >= '0' && text[at] <= '9'; at++)
        size = size * 10 + (uint64_t)(text[at] - '0');
    if (at >= len)
        return ISS_OK;
    status = iss_journal_load(iss->db, size + 1, &record, error);
    if (status == ISS_OK)
        note = iss_record_field(&record.decoded.record, ISS_TAG_NOTE);
    if (status != ISS_OK || note == NULL ||
        record.decoded.record.type != ISS_REC_CHECKPOINT ||
        memcmp(note->value, text, len < note->len ? len : note->len) != 0)
        status = ISS_JOURNAL;
    /* the next one may have been cut within its first line */
    else if (len > note->len &&
             (len - note->len >= sizeof(note_title) ||
              memcmp(note_title, text + note->len, len - note->len) != 0))
        status = ISS_JOURNAL;
    iss_loaded_clear(&record);
    return status;
}

/* One checkpoint, or a copy of the store's file of them. */
static enum iss_status check_checkpoints(struct iss *iss, const char *text,
                                         size_t len, struct iss_error *error)
{
    struct iss_checkpoint kept;
    size_t at = 0;
    enum iss_status status = ISS_OK;

    do {
        size_t end = len > 0 ? note_end(text, len, at) : 0;

        status = iss_checkpoint_read(iss, text + at, end - at, &kept, error);
        if (status == ISS_OK)
            status = compare_head(iss, "the checkpoint", kept.size, kept.head,
                                  error);
        if (status == ISS_OK &&
            check_note(iss, text + at, end - at, NULL) != ISS_OK)
            status = iss_fail(error, ISS_JOURNAL,
                              "journal: record %llu is not the checkpoint that "
                              "was kept: it was cut or changed",
                              (unsigned long long)kept.size + 1);
        at = end;
    } while (status == ISS_OK && at < len);
    return status;
}

static enum iss_status check_kept(struct iss *iss,
                                  const struct iss_log_check *check,
                                  struct iss_error *error)
{
    struct iss_checkpoint kept;
    enum iss_status status = ISS_OK;

    if (check->checkpoint != NULL)
        status = check_checkpoints(iss, check->checkpoint,
                                   check->checkpoint_len, error);
    if (status != ISS_OK || check->receipt == NULL)
        return status;
    status =
        iss_receipt_read(iss, check->receipt, check->receipt_len, &kept, error);
    if (status == ISS_OK)
        status = compare_head(iss, "the receipt", kept.size, kept.head, error);
    if (status == ISS_OK)
        status = compare_head(iss, "the receipt", kept.record, kept.record_hash,
                              error);
    return status;
}

static enum iss_status check_file(struct iss *iss, struct iss_error *error)
{
    char path[ISS_PATH_MAX];
    char *text = NULL;
    size_t len = 0;
    size_t at = 0;
    enum iss_status status = ISS_OK;

    if (!iss_path_join(path, iss->dir, "checkpoints"))
        return iss_fail(error, ISS_USAGE, "%s: path too long", iss->dir);
    if (access(path, F_OK) != 0)
        return ISS_OK;
    status = iss_read_file(path, CHECKPOINTS_MAX, &text, &len, error);
    while (status == ISS_OK && at < len) {
        size_t end = note_end(text, len, at);
        struct iss_error none = {.status = ISS_OK};

        status = check_note(iss, text + at, end - at, &none);
        if (status != ISS_OK)
            status =
                iss_fail(error, ISS_JOURNAL,
                         "%s: at octet %zu: the journal does not hold this "
                         "checkpoint: one of them was cut or changed",
                         path, at);
        at = end;
    }
    free(text);
    return status;
}

/* ---- verifying ----------------------------------------------------------- */

/* Begins at a checkpoint: at the head that the newest one before from names. */
static enum iss_status begin_at(struct verifier *verifier, uint64_t from,
                                struct iss_error *error)
{
    struct iss_loaded head = {0};
    uint64_t seq = 0;
    struct iss *iss = verifier->iss;
    enum iss_status status =
        iss_store_newest(iss->db, ISS_REC_CHECKPOINT, from + 1, &seq, error);

    if (status == ISS_OK && seq > 1)
        status = iss_journal_load(iss->db, seq - 1, &head, error);
    if (status == ISS_OK && seq > 1) {
        verifier->walk.seq = seq - 1;
        verifier->walk.time = head.decoded.record.time;
        memcpy(verifier->walk.hash, head.row.hash, ISS_HASH_SIZE);
    }
    iss_loaded_clear(&head);
    return status;
}

enum iss_status iss_log_verify(struct iss *store,
                               const struct iss_log_check *check,
                               struct iss_log_verdict *verdict,
                               struct iss_error *error)
{
    struct verifier verifier = {.iss = store, .verdict = verdict};
    /* what was kept elsewhere is quickly compared */
    enum iss_status status = check_kept(store, check, error);

    memset(verdict, 0, sizeof(*verdict));
    if (status == ISS_OK)
        status = iss_store_check(store->db, error);
    if (status == ISS_OK && check->from > 1)
        status = begin_at(&verifier, check->from, error);
    verdict->began = verifier.walk.seq + 1;
    if (status == ISS_OK && verifier.walk.seq == 0)
        status = iss_store_scratch(&verifier.scratch, error);
    if (status == ISS_OK && !new_tally(&verifier))
        status = iss_fail(error, ISS_INTERNAL, "no random numbers");
    if (status == ISS_OK)
        status = iss_store_each(store->db, verifier.walk.seq + 1, 0, verify_one,
                                &verifier, error);
    if (status == ISS_OK)
        status = compare_types(&verifier, error);
    if (status == ISS_OK && verifier.scratch != NULL)
        status = iss_store_compare(store->db, verifier.scratch, error);
    if (status == ISS_OK)
        status = check_file(store, error);
    if (status == ISS_OK)
        status =
            iss_store_issue_open_count(store->db, &verdict->unfinished, error);
    memcpy(verdict->head, verifier.walk.hash, sizeof(verdict->head));
    iss_walk_end(&verifier.walk);
    iss_store_close(verifier.scratch);
    return status;
}
