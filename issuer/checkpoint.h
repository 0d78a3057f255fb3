/* SPDX-License-Identifier: Apache-2.0 */
/* Heads of the journal signed by the audit key, and receipts for documents:
 * docs/formats/journal.md. */
#ifndef PRIVYSEAL_CHECKPOINT_H
#define PRIVYSEAL_CHECKPOINT_H

#include "journal.h"
#include "note.h"

enum { ISS_CHECKPOINT_MAX = 4096, ISS_CHECKPOINT_EVERY = 1000 };

struct iss_checkpoint { /* or a receipt: then record is not 0 */
    uint64_t size;
    uint8_t head[ISS_HASH_SIZE];
    int64_t time;
    uint64_t record; /* RESULT of a receipt */
    uint8_t record_hash[ISS_HASH_SIZE];
    uint8_t document[ISS_HASH_SIZE]; /* body hash */
};

/* Form, store and signature. ISS_MALFORMED, ISS_JOURNAL. */
ISS_CHECKED enum iss_status iss_checkpoint_read(struct iss *iss,
                                                const char *text, size_t len,
                                                struct iss_checkpoint *out,
                                                struct iss_error *error);
ISS_CHECKED enum iss_status iss_receipt_read(struct iss *iss, const char *text,
                                             size_t len,
                                             struct iss_checkpoint *out,
                                             struct iss_error *error);

/* Signs the head now: a CHECKPOINT record and the same text in
 * DIR/checkpoints. */
ISS_CHECKED enum iss_status iss_checkpoint_write(struct iss *iss,
                                                 struct iss_error *error);
/* The same where the newest is many records old. */
ISS_CHECKED enum iss_status iss_checkpoint_keep_up(struct iss *iss,
                                                   struct iss_error *error);
/* Verifies the newest checkpoint and the chain behind it. */
ISS_CHECKED enum iss_status iss_checkpoint_resume(struct iss *iss,
                                                  struct iss_error *error);

/* A receipt for an answer, into answer->receipt. */
ISS_CHECKED enum iss_status iss_receipt_print(struct iss *iss,
                                              struct iss_answer *answer,
                                              struct iss_error *error);

#endif
