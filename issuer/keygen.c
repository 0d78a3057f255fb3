/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The birth of a key: KEYGEN before the pair is made, KEY after, then a test of
 * it. Interrupted anywhere, the next run finds the KEYGEN without KEY and with
 * its id the pair, if there is one.
 */
#include "init.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "issue.h"

enum { LABEL_SIZE = 5 * ENROLL_NAME_MAX, TEST_SIZE = 512, TRIES = 4 };

struct plan {     /* an open KEYGEN */
    uint64_t seq; /* 0: none */
    bool earlier; /* there was one before, closed for good */
    unsigned bits;
    uint8_t id[ISS_ID_SIZE];
    char label[LABEL_SIZE];
};

/* Whether a later VOID closes the KEYGEN of this id. */
static enum iss_status is_void(struct iss *iss, const struct plan *plan,
                               bool *closed, struct iss_error *error)
{
    uint64_t seq = 0;
    enum iss_status status = ISS_OK;

    *closed = false;
    do {
        struct iss_loaded record = {0};

        status = iss_store_newest(iss->db, ISS_REC_VOID, seq, &seq, error);
        if (status != ISS_OK || seq < plan->seq)
            break;
        status = iss_journal_load(iss->db, seq, &record, error);
        const uint8_t *id = status == ISS_OK
                                ? iss_record_octets(&record.decoded.record,
                                                    ISS_TAG_ID, ISS_ID_SIZE)
                                : NULL;
        *closed = id != NULL && memcmp(id, plan->id, ISS_ID_SIZE) == 0;
        iss_loaded_clear(&record);
    } while (status == ISS_OK && !*closed);
    return status;
}

/* Whether the pair of this id was made and recorded: of a purpose that comes
 * again, an earlier one. */
static enum iss_status is_born(struct iss *iss, const struct plan *plan,
                               bool *born, struct iss_error *error)
{
    uint64_t seq = 0;
    enum iss_status status = ISS_OK;

    *born = false;
    do {
        struct iss_loaded record = {0};

        status = iss_store_newest(iss->db, ISS_REC_KEY, seq, &seq, error);
        if (status != ISS_OK || seq < plan->seq)
            break;
        status = iss_journal_load(iss->db, seq, &record, error);
        const uint8_t *id = status == ISS_OK
                                ? iss_record_octets(&record.decoded.record,
                                                    ISS_TAG_ID, ISS_ID_SIZE)
                                : NULL;
        *born = id != NULL && memcmp(id, plan->id, ISS_ID_SIZE) == 0;
        iss_loaded_clear(&record);
    } while (status == ISS_OK && !*born);
    return status;
}

/* The newest KEYGEN of a purpose, where it was not closed. */
static enum iss_status find_plan(struct iss *iss, const char *purpose,
                                 struct plan *plan, struct iss_error *error)
{
    uint64_t seq = 0;
    bool closed = false;
    enum iss_status status = ISS_OK;

    memset(plan, 0, sizeof(*plan));
    do {
        struct iss_loaded record = {0};
        char name[16];

        status = iss_store_newest(iss->db, ISS_REC_KEYGEN, seq, &seq, error);
        if (status != ISS_OK || seq == 0)
            return status;
        status = iss_journal_load(iss->db, seq, &record, error);
        const struct iss_record *at = &record.decoded.record;
        if (status == ISS_OK &&
            iss_record_text(at, ISS_TAG_PURPOSE, name, sizeof(name)) &&
            strcmp(name, purpose) == 0 &&
            iss_record_octets(at, ISS_TAG_ID, ISS_ID_SIZE) != NULL) {
            memcpy(plan->id, iss_record_octets(at, ISS_TAG_ID, ISS_ID_SIZE),
                   ISS_ID_SIZE);
            if (!iss_record_text(at, ISS_TAG_LABEL, plan->label,
                                 sizeof(plan->label)))
                plan->label[0] = '\0';
            plan->bits = (unsigned)iss_record_number(at, ISS_TAG_BITS);
            plan->seq = seq;
        }
        iss_loaded_clear(&record);
    } while (status == ISS_OK && plan->seq == 0);
    if (status == ISS_OK)
        status = is_void(iss, plan, &closed, error);
    if (status == ISS_OK && !closed)
        status = is_born(iss, plan, &closed, error);
    plan->earlier = closed;
    if (closed)
        plan->seq = 0;
    return status;
}

static enum iss_status write_plan(struct iss *iss,
                                  const struct iss_key_order *order,
                                  struct plan *plan, struct iss_error *error)
{
    enum { SHORT_ID = 4 };
    struct iss_entry entry = iss_entry_of(ISS_REC_KEYGEN);
    char hex[2 * SHORT_ID + 1];

    if (!plan->earlier && order->id != NULL)
        memcpy(plan->id, order->id, ISS_ID_SIZE);
    else if (RAND_bytes(plan->id, ISS_ID_SIZE) != 1)
        return iss_fail(error, ISS_INTERNAL, "no random numbers");
    iss_entry_text(&entry, ISS_TAG_PURPOSE, iss_purpose_name(order->purpose));
    iss_entry_octets(&entry, ISS_TAG_ID, plan->id, ISS_ID_SIZE);
    iss_entry_number(&entry, ISS_TAG_BITS, order->bits);
    /* what lies under an id that was given up may bear the plain label */
    iss_hex(plan->id, SHORT_ID, hex);
    (void)snprintf(plan->label, sizeof(plan->label), "%s %s%s%s", iss->name,
                   iss_purpose_name(order->purpose), plan->earlier ? " " : "",
                   plan->earlier ? hex : "");
    iss_entry_text(&entry, ISS_TAG_LABEL, plan->label);
    return iss_journal_write(iss, &entry, 1, &plan->seq, error);
}

/* What lies under its id is left alone; another plan is made. */
static enum iss_status close_plan(struct iss *iss, struct plan *plan,
                                  const char *cause, struct iss_error *error)
{
    struct iss_entry entry = iss_entry_of(ISS_REC_VOID);

    iss_entry_octets(&entry, ISS_TAG_ID, plan->id, ISS_ID_SIZE);
    iss_entry_text(&entry, ISS_TAG_HOST, iss->host);
    iss_entry_text(&entry, ISS_TAG_USER, iss->user);
    iss_entry_text(&entry, ISS_TAG_CAUSE, cause);
    plan->seq = 0;
    plan->earlier = true;
    return iss_journal_write(iss, &entry, 1, NULL, error);
}

static enum iss_status write_key(struct iss *iss,
                                 const struct iss_key_order *order,
                                 const struct plan *plan,
                                 const struct iss_made *made,
                                 struct iss_error *error)
{
    struct iss_entry entry = iss_entry_of(ISS_REC_KEY);
    struct enroll_key numbers;
    uint8_t hash[ISS_HASH_SIZE];
    uint8_t *spki = NULL;
    size_t spki_len = 0;
    enum iss_status status = iss_key_public(made->key, &numbers, error);
    const struct xrml_key view = iss_key_view(&numbers);

    if (status == ISS_OK && numbers.modulus_len * 8 != order->bits)
        status = iss_fail(error, ISS_TOKEN,
                          "%s key: %zu bits instead of %u were made",
                          iss_purpose_name(order->purpose),
                          numbers.modulus_len * 8, order->bits);
    if (status == ISS_OK)
        status = xrml_key_spki(&view, &spki, &spki_len, error);
    if (status == ISS_OK)
        status = iss_sha256(spki, spki_len, hash, error);
    if (status != ISS_OK)
        goto out;
    iss_entry_text(&entry, ISS_TAG_PURPOSE, iss_purpose_name(order->purpose));
    iss_entry_octets(&entry, ISS_TAG_ID, plan->id, ISS_ID_SIZE);
    iss_entry_octets(&entry, ISS_TAG_KEY_HASH, hash, sizeof(hash));
    iss_entry_octets(&entry, ISS_TAG_SPKI, spki, spki_len);
    iss_entry_text(&entry, ISS_TAG_URI, made->uri);
    iss_entry_text(&entry, ISS_TAG_BORN, made->born);
    iss_entry_text(&entry, ISS_TAG_MISSING, made->missing);
    status = iss_journal_write(iss, &entry, 1, NULL, error);
out:
    free(spki);
    return status;
}

static enum iss_status call_maker(struct iss *iss,
                                  const struct iss_key_order *order,
                                  const struct iss_keygen *keygen,
                                  struct iss_made *made,
                                  struct iss_error *error)
{
    struct iss_error cause = {.status = ISS_OK};
    enum iss_status status =
        order->make(order->arg, &iss->env, keygen, made, &cause);

    if (status == ISS_LOGIN)
        iss_handle_login_refused(iss, cause.text);
    return status == ISS_OK ? ISS_OK
                            : iss_fail(error, status, "%s", cause.text);
}

static enum iss_status make_key(struct iss *iss,
                                const struct iss_key_order *order,
                                struct iss_error *error)
{
    struct plan plan;
    struct iss_made made = {0};
    enum iss_status status =
        find_plan(iss, iss_purpose_name(order->purpose), &plan, error);

    if (status == ISS_OK && plan.seq != 0 && plan.bits != order->bits)
        status =
            close_plan(iss, &plan, "a key of another size is asked for", error);
    for (int i = 0; i < TRIES && status == ISS_OK && made.key == NULL; i++) {
        if (plan.seq == 0)
            status = write_plan(iss, order, &plan, error);
        const struct iss_keygen keygen = {.token_uri = order->token_uri,
                                          .label = plan.label,
                                          .id = plan.id,
                                          .bits = order->bits,
                                          .unseal = order->unseal};
        if (status == ISS_OK)
            status = call_maker(iss, order, &keygen, &made, error);
        if (status == ISS_OK && made.unfit)
            status = close_plan(
                iss, &plan,
                "half a key pair, or a weaker one, lies under this id", error);
    }
    if (status == ISS_OK && made.key == NULL)
        status = iss_fail(error, ISS_TOKEN, "%s: no usable key pair was made",
                          plan.label);
    if (status == ISS_OK)
        status = write_key(iss, order, &plan, &made, error);
    iss->token_failed = iss->token_failed || status != ISS_OK;
    if (status == ISS_OK) {
        EVP_PKEY_free(iss->keys[order->purpose]);
        iss->keys[order->purpose] = made.key;
        made.key = NULL;
    }
    EVP_PKEY_free(made.key);
    return status;
}

/* Sign and verify; unseal where it is to. Its text is the same in every run, so
 * that a test once passed is not made again. */
static enum iss_status test_key(struct iss *iss,
                                const struct iss_key_order *order,
                                struct iss_error *error)
{
    char text[TEST_SIZE];
    char hex[2 * ISS_HASH_SIZE + 1];
    uint8_t digest[ISS_HASH_SIZE];
    struct enroll_key numbers;
    struct iss_done done = {0};
    enum iss_status status =
        iss_handle_public(iss, order->purpose, &numbers, error);

    if (status == ISS_OK)
        status = iss_key_hash(&numbers, digest, error);
    if (status != ISS_OK)
        return status;
    iss_hex(digest, sizeof(digest), hex);
    int n = snprintf(text, sizeof(text),
                     "privyseal-self-test 1\nstore %s\npurpose %s\nkey %s\n",
                     iss->guid, iss_purpose_name(order->purpose), hex);
    const struct iss_act act = {.kind = "self-test",
                                .digest = digest,
                                .signer = order->purpose,
                                .octets = text,
                                .len = n > 0 ? (size_t)n : 0};
    status = iss_sha256(text, act.len, digest, error);
    if (status == ISS_OK)
        status = iss_act_find(iss, digest, &done, error);
    if (status != ISS_OK || done.result != 0)
        goto out;
    iss_done_clear(&done);
    if (order->unseal) {
        EVP_PKEY *key = NULL;

        status = iss_handle_key(iss, order->purpose, &key, &numbers, error);
        if (status == ISS_OK)
            status = iss_key_unseals(&iss->env, key, error);
    }
    if (status == ISS_OK)
        status = iss_act_perform(iss, &act, &done, error);
out:
    iss_done_clear(&done);
    return status;
}

enum iss_status iss_key_provide(struct iss *iss,
                                const struct iss_key_order *order,
                                struct iss_error *error)
{
    struct iss_key_row row;
    enum iss_status status = iss_store_key_get(
        iss->db, iss_purpose_name(order->purpose), &row, error);
    bool known = row.seq != 0;

    iss_key_row_clear(&row);
    if (status == ISS_OK && !known)
        status = make_key(iss, order, error);
    return status == ISS_OK ? test_key(iss, order, error) : status;
}
