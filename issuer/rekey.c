/* SPDX-License-Identifier: Apache-2.0 */
/* The pair that a re-key asks for: see rekey.h. */
#include "rekey.h"

#include <string.h>

#include "init.h"
#include "journal.h"
#include "pop.h"

enum { OP_SIZE = 16 };

/* What is asked for; else of the pair that is there already, else of the
 * present one. */
static enum iss_status find_size(struct iss *iss, unsigned asked,
                                 unsigned *bits, struct iss_error *error)
{
    struct enroll_key known = {0};
    struct iss_key_row next;
    enum iss_status status = ISS_OK;

    *bits = asked;
    if (asked != 0)
        return iss_init_size_known(asked)
                   ? ISS_OK
                   : iss_fail(error, ISS_USAGE,
                              "key: RSA-%u is not made, only 2048, 3072 and "
                              "4096",
                              asked);
    status = iss_store_key_get(iss->db, iss_purpose_name(ISS_KEY_NEXT), &next,
                               error);
    if (status == ISS_OK)
        status = iss_handle_public(
            iss, next.seq != 0 ? ISS_KEY_NEXT : ISS_KEY_LICENSOR, &known,
            error);
    *bits = (unsigned)known.modulus_len * 8;
    iss_key_row_clear(&next);
    return status;
}

/* Whether a request for this pair has ever been given out. */
static enum iss_status is_asked_for(struct iss *iss,
                                    const struct iss_key_row *pair, bool *asked,
                                    struct iss_error *error)
{
    uint64_t seq = 0;
    enum iss_status status = ISS_OK;

    *asked = false;
    do {
        struct iss_loaded record = {0};
        char op[OP_SIZE];

        status = iss_store_newest(iss->db, ISS_REC_EXPORT, seq, &seq, error);
        if (status != ISS_OK || seq < pair->seq)
            break;
        status = iss_journal_load(iss->db, seq, &record, error);
        *asked = status == ISS_OK &&
                 iss_record_text(&record.decoded.record, ISS_TAG_OP, op,
                                 sizeof(op)) &&
                 strcmp(op, iss_op_name(ISS_REKEY)) == 0;
        iss_loaded_clear(&record);
    } while (status == ISS_OK && !*asked);
    return status;
}

/* A pair of another size from an earlier re-key is given up, unless its request
 * has left the house: whoever answered that knows this server by it. */
static enum iss_status drop_other_size(struct iss *iss, unsigned bits,
                                       struct iss_error *error)
{
    struct iss_entry entry = iss_entry_of(ISS_REC_VOID);
    struct enroll_key numbers;
    struct iss_key_row row;
    bool asked = false;
    enum iss_status status =
        iss_store_key_get(iss->db, iss_purpose_name(ISS_KEY_NEXT), &row, error);

    if (status != ISS_OK || row.seq == 0)
        goto out;
    status = iss_handle_public(iss, ISS_KEY_NEXT, &numbers, error);
    if (status != ISS_OK || numbers.modulus_len * 8 == bits)
        goto out;
    status = is_asked_for(iss, &row, &asked, error);
    if (status == ISS_OK && asked)
        status = iss_fail(error, ISS_CONFLICT,
                          "%s: a re-key to RSA-%zu was asked for and may have "
                          "been answered: it goes on with that key",
                          iss->dir, numbers.modulus_len * 8);
    if (status != ISS_OK)
        goto out;
    iss_entry_octets(&entry, ISS_TAG_ID, row.id, ISS_ID_SIZE);
    iss_entry_text(&entry, ISS_TAG_HOST, iss->host);
    iss_entry_text(&entry, ISS_TAG_USER, iss->user);
    iss_entry_text(&entry, ISS_TAG_CAUSE, "a key of another size is asked for");
    status = iss_journal_write(iss, &entry, 1, NULL, error);
out:
    iss_key_row_clear(&row);
    return status;
}

enum iss_status iss_rekey_provide(struct iss *iss,
                                  const struct iss_asking *asking,
                                  struct iss_error *error)
{
    struct iss_key_order order = {.purpose = ISS_KEY_NEXT,
                                  .token_uri = iss->conf.token_uri,
                                  .unseal = iss->can_unseal,
                                  .make = asking->make,
                                  .arg = asking->arg};
    enum iss_status status = find_size(iss, asking->bits, &order.bits, error);

    if (status == ISS_OK)
        status = drop_other_size(iss, order.bits, error);
    return status == ISS_OK ? iss_key_provide(iss, &order, error) : status;
}
