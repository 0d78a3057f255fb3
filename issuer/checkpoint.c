/* SPDX-License-Identifier: Apache-2.0 */
/* Checkpoints and receipts: see checkpoint.h. */
#include "checkpoint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "publish.h"

enum { HEX_SIZE = 2 * ISS_HASH_SIZE + 1, TEXT_SIZE = 1024 };

static const char checkpoint_title[] = "privyseal-checkpoint 1";
static const char receipt_title[] = "privyseal-receipt 1";

/* ---- reading ----------------------------------------------------------- */

static bool read_store(struct iss_note *note, const struct iss *iss)
{
    const char *value = NULL;
    size_t len = 0;

    return iss_note_value(note, "store", &value, &len) &&
           len == strlen(iss->guid) && memcmp(value, iss->guid, len) == 0;
}

/* "record N <hex64>" and "document <hex64>" */
static bool read_record(struct iss_note *note, struct iss_checkpoint *out)
{
    enum { NUMBER_MAX = 32 };
    char number[NUMBER_MAX + sizeof("n \n")];
    const char *value = NULL;
    size_t len = 0;

    if (!iss_note_value(note, "record", &value, &len))
        return false;
    const char *blank = memchr(value, ' ', len);
    size_t digits = blank == NULL ? 0 : (size_t)(blank - value);
    if (digits == 0 || digits > NUMBER_MAX ||
        !iss_hex_parse(blank + 1, len - digits - 1, out->record_hash,
                       ISS_HASH_SIZE))
        return false;
    int n = snprintf(number, sizeof(number), "n %.*s\n", (int)digits, value);
    struct iss_note alone = {.text = number, .len = (size_t)n};
    return iss_note_number(&alone, "n", &out->record) && out->record > 0 &&
           iss_note_hex(note, "document", out->document, ISS_HASH_SIZE);
}

static enum iss_status read_note(struct iss *iss, const char *text, size_t len,
                                 bool receipt, struct iss_checkpoint *out,
                                 struct iss_error *error)
{
    const char *what = receipt ? "receipt" : "checkpoint";
    struct iss_note note = {.text = text, .len = len};
    struct enroll_key audit;
    struct iss_sig sig;

    memset(out, 0, sizeof(*out));
    if (!iss_note_line(&note, receipt ? receipt_title : checkpoint_title))
        return iss_fail(error, ISS_MALFORMED, "%s: not one", what);
    if (!read_store(&note, iss))
        return iss_fail(error, ISS_JOURNAL, "%s: of another store", what);
    if ((receipt && !read_record(&note, out)) ||
        !iss_note_number(&note, "size", &out->size) ||
        !iss_note_hex(&note, "head", out->head, ISS_HASH_SIZE) ||
        !iss_note_time(&note, "time", &out->time) ||
        !iss_note_sig(&note, &sig) || strcmp(sig.who, "audit") != 0 ||
        !iss_note_line(&note, "end") || note.at != len)
        return iss_fail(error, ISS_MALFORMED, "%s: form, at octet %zu", what,
                        note.at);
    enum iss_status status =
        iss_handle_public(iss, ISS_KEY_AUDIT, &audit, error);
    if (status != ISS_OK)
        return status;
    if (!iss_key_same(&audit, &sig.key) ||
        !iss_note_sig_good(iss->env.libctx, text, &sig))
        return iss_fail(error, ISS_JOURNAL,
                        "%s: not signed by the store's audit key", what);
    return ISS_OK;
}

enum iss_status iss_checkpoint_read(struct iss *iss, const char *text,
                                    size_t len, struct iss_checkpoint *out,
                                    struct iss_error *error)
{
    return read_note(iss, text, len, false, out, error);
}

enum iss_status iss_receipt_read(struct iss *iss, const char *text, size_t len,
                                 struct iss_checkpoint *out,
                                 struct iss_error *error)
{
    return read_note(iss, text, len, true, out, error);
}

/* ---- writing ----------------------------------------------------------- */

/* text, its signature by the audit key, and "end". *out returns new. */
static enum iss_status sign_note(struct iss *iss, EVP_PKEY *key,
                                 const struct enroll_key *audit,
                                 const char *text, char **out,
                                 struct iss_error *error)
{
    char line[ISS_SIG_LINE_SIZE];
    uint8_t sig[XRML_MODULUS_MAX];
    size_t sig_len = 0;
    size_t len = strlen(text);
    enum iss_status status = iss_key_sign(&iss->env, key, (const uint8_t *)text,
                                          len, sig, &sig_len, error);

    *out = NULL;
    iss->token_failed = iss->token_failed || status != ISS_OK;
    if (status == ISS_OK &&
        !iss_key_verify(iss->env.libctx, audit, (const uint8_t *)text, len, sig,
                        sig_len))
        status = iss_fail(error, ISS_TOKEN,
                          "audit key: the token's signature does not verify");
    if (status == ISS_OK)
        status = iss_note_sig_print("audit", audit, sig, sig_len, line, error);
    if (status != ISS_OK)
        return status;
    if (asprintf(out, "%s%send\n", text, line) < 0) {
        *out = NULL;
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    }
    return ISS_OK;
}

/* The head now, its time, and the text up to there. first: what stands between
 * "store" and "size". */
static enum iss_status describe_head(struct iss *iss, const char *title,
                                     const char *first,
                                     char text[static TEXT_SIZE],
                                     struct iss_checkpoint *out,
                                     struct iss_error *error)
{
    char hex[HEX_SIZE];
    char clock[ISS_CLOCK_SIZE];
    struct iss_loaded head = {0};
    enum iss_status status = iss_store_head(iss->db, &out->size, error);

    if (status == ISS_OK)
        status = iss_journal_load(iss->db, out->size, &head, error);
    if (status != ISS_OK)
        goto out;
    memcpy(out->head, head.row.hash, ISS_HASH_SIZE);
    out->time = iss_clock_now(&iss->env);
    if (out->time < head.decoded.record.time)
        out->time = head.decoded.record.time;
    iss_hex(out->head, ISS_HASH_SIZE, hex);
    int n = -1;
    if (iss_clock_print(out->time, clock))
        n = snprintf(
            text, TEXT_SIZE, "%s\nstore %s\n%ssize %llu\nhead %s\ntime %s\n",
            title, iss->guid, first, (unsigned long long)out->size, hex, clock);
    if (n < 0 || n >= TEXT_SIZE)
        status = iss_fail(error, ISS_INTERNAL, "checkpoint: too long");
out:
    iss_loaded_clear(&head);
    return status;
}

/* Within a transaction, so that the record stands right behind the head that
 * its note names; the key is open already and nobody is asked for a PIN. */
static enum iss_status append_note(struct iss *iss, EVP_PKEY *key,
                                   const struct enroll_key *audit, char **note,
                                   uint64_t *size, struct iss_error *error)
{
    char text[TEXT_SIZE];
    struct iss_checkpoint head;
    struct iss_entry entry = iss_entry_of(ISS_REC_CHECKPOINT);
    enum iss_status status = iss_store_begin(iss->db, error);

    if (status != ISS_OK)
        return status;
    status = describe_head(iss, checkpoint_title, "", text, &head, error);
    if (status == ISS_OK)
        status = sign_note(iss, key, audit, text, note, error);
    if (status == ISS_OK) {
        entry.time = head.time;
        iss_entry_text(&entry, ISS_TAG_NOTE, *note);
        status = iss_journal_append(iss, &entry, 1, NULL, error);
    }
    *size = head.size;
    if (status == ISS_OK)
        return iss_store_commit(iss->db, error);
    iss_store_rollback(iss->db);
    return status;
}

enum iss_status iss_checkpoint_write(struct iss *iss, struct iss_error *error)
{
    char path[ISS_PATH_MAX];
    struct enroll_key audit;
    EVP_PKEY *key = NULL;
    char *note = NULL;
    uint64_t size = 0;
    enum iss_status status =
        iss_handle_key(iss, ISS_KEY_AUDIT, &key, &audit, error);

    if (status == ISS_OK)
        status = append_note(iss, key, &audit, &note, &size, error);
    if (status == ISS_OK && !iss_path_join(path, iss->dir, "checkpoints"))
        status = iss_fail(error, ISS_USAGE, "%s: path too long", iss->dir);
    if (status == ISS_OK)
        status = iss_append_file(path, note, strlen(note), error);
    if (status == ISS_OK) {
        iss->checkpoint = size;
        iss->due = false;
    }
    free(note);
    return status;
}

enum iss_status iss_checkpoint_keep_up(struct iss *iss, struct iss_error *error)
{
    uint64_t size = 0;
    enum iss_status status = iss_store_head(iss->db, &size, error);

    return status == ISS_OK && size - iss->checkpoint >= ISS_CHECKPOINT_EVERY
               ? iss_checkpoint_write(iss, error)
               : status;
}

/* ---- opening ----------------------------------------------------------- */

static enum iss_status step(void *arg, const struct iss_row *row,
                            struct iss_error *error)
{
    struct iss_decoded decoded;
    return iss_walk_step(arg, row, &decoded, error);
}

/* The record of the newest checkpoint and the head it names. */
static enum iss_status load_newest(struct iss *iss, uint64_t seq,
                                   struct iss_walk *walk,
                                   struct iss_error *error)
{
    struct iss_loaded record = {0};
    struct iss_loaded head = {0};
    struct iss_checkpoint checkpoint;
    const struct iss_field *note = NULL;
    enum iss_status status = iss_journal_load(iss->db, seq, &record, error);

    if (status == ISS_OK)
        note = iss_record_field(&record.decoded.record, ISS_TAG_NOTE);
    if (status == ISS_OK && note == NULL)
        status = iss_fail(error, ISS_JOURNAL,
                          "journal: record %llu is no checkpoint",
                          (unsigned long long)seq);
    if (status == ISS_OK && note != NULL)
        status = iss_checkpoint_read(iss, (const char *)note->value, note->len,
                                     &checkpoint, error);
    if (status == ISS_OK)
        status = iss_journal_load(iss->db, checkpoint.size, &head, error);
    if (status == ISS_OK &&
        (checkpoint.size != seq - 1 ||
         memcmp(head.row.hash, checkpoint.head, ISS_HASH_SIZE) != 0))
        status = iss_fail(error, ISS_JOURNAL,
                          "journal: record %llu is not the head that the "
                          "checkpoint behind it names",
                          (unsigned long long)checkpoint.size);
    if (status == ISS_OK) {
        walk->seq = checkpoint.size;
        walk->time = head.decoded.record.time;
        memcpy(walk->hash, head.row.hash, ISS_HASH_SIZE);
    }
    iss_loaded_clear(&record);
    iss_loaded_clear(&head);
    return status == ISS_MALFORMED ? ISS_JOURNAL : status;
}

enum iss_status iss_checkpoint_resume(struct iss *iss, struct iss_error *error)
{
    struct iss_walk walk = {0};
    uint64_t seq = 0;
    enum iss_status status =
        iss_store_newest(iss->db, ISS_REC_CHECKPOINT, 0, &seq, error);

    if (status == ISS_OK && seq > 1)
        status = load_newest(iss, seq, &walk, error);
    iss->checkpoint = walk.seq;
    if (status == ISS_OK)
        status = iss_store_each(iss->db, walk.seq + 1, 0, step, &walk, error);
    iss_walk_end(&walk);
    return status;
}

/* ---- receipts ---------------------------------------------------------- */

enum iss_status iss_receipt_print(struct iss *iss, struct iss_answer *answer,
                                  struct iss_error *error)
{
    char first[TEXT_SIZE];
    char text[TEXT_SIZE];
    char hex[HEX_SIZE];
    char body[HEX_SIZE];
    struct iss_checkpoint head;
    struct enroll_key audit;
    struct iss_loaded result = {0};
    EVP_PKEY *key = NULL;
    enum iss_status status =
        iss_handle_key(iss, ISS_KEY_AUDIT, &key, &audit, error);

    if (status == ISS_OK)
        status = iss_journal_load(iss->db, answer->record, &result, error);
    if (status != ISS_OK)
        return status;
    iss_hex(result.row.hash, ISS_HASH_SIZE, hex);
    iss_hex(answer->body_hash, ISS_HASH_SIZE, body);
    iss_loaded_clear(&result);
    (void)snprintf(first, sizeof(first), "record %llu %s\ndocument %s\n",
                   (unsigned long long)answer->record, hex, body);
    status = describe_head(iss, receipt_title, first, text, &head, error);
    if (status == ISS_OK)
        status = sign_note(iss, key, &audit, text, &answer->receipt, error);
    answer->receipt_len = status == ISS_OK ? strlen(answer->receipt) : 0;
    return status;
}
