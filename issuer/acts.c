/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Acts on their way: see acts.h. The only place that knows the order in which
 * an act comes about: ADMIT and INTENT, durable; signature; verification in
 * software; RESULT, durable. Nothing that has no RESULT is ever handed out.
 */
#include "acts.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "lock.h"

/* ---- one act ------------------------------------------------------------- */

static void unlock(struct iss *iss, struct iss_acting *acting)
{
    if (acting->locked)
        iss_lock_drop(iss->lock, acting->row.intent);
    acting->locked = false;
}

void iss_acting_clear(struct iss *iss, struct iss_acting *acting)
{
    unlock(iss, acting);
    iss_signer_drop(acting->signer);
    EVP_PKEY_CTX_free(acting->signing);
    free(acting->octets);
    iss_done_clear(&acting->done);
    memset(acting, 0, sizeof(*acting));
}

/* As if it had not been begun. */
static void reset(struct iss *iss, struct iss_acting *acting)
{
    const struct iss_act *act = acting->act;

    iss_acting_clear(iss, acting);
    acting->act = act;
}

static enum iss_status spoil(struct iss_acting *acting, enum iss_status status,
                             const char *text)
{
    return acting->status = iss_fail(&acting->error, status, "%s", text);
}

/* ---- beginning -------------------------------------------------------------
 */

/* Within the transaction: the row of an act that was begun before. */
static void take_up(struct iss *iss, struct iss_acting *acting)
{
    struct iss_issue_row *row = &acting->row;

    if (row->closed != 0) {
        acting->status =
            iss_fail(&acting->error, ISS_CONFLICT,
                     "INTENT %llu of this request was closed for good",
                     (unsigned long long)row->intent);
        return;
    }
    acting->busy = row->result == 0 && !iss_lock_try(iss->lock, row->intent);
    if (acting->busy)
        return;
    acting->locked = row->result == 0;
    acting->status = iss_done_load(iss->db, row, &acting->done, &acting->error);
    acting->done.again = acting->status == ISS_OK && row->result != 0;
}

/* An earlier one of the group that is the same act. */
static bool is_twin(struct iss_acting *const *acts, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (memcmp(acts[i]->act->digest, acts[at]->act->digest,
                   ISS_HASH_SIZE) == 0)
            return true;
    return false;
}

/* Within the transaction: what is known of each act, and whether those that are
 * new may be begun. */
static void look_up(struct iss *iss, struct iss_acting *const *acts,
                    size_t count)
{
    struct iss_error clock = {.status = ISS_OK};
    int64_t now = 0;
    bool asked = false;

    for (size_t i = 0; i < count; i++) {
        struct iss_acting *acting = acts[i];
        const struct iss_act *act = acting->act;

        acting->busy = is_twin(acts, i);
        if (acting->busy)
            continue;
        acting->status = iss_store_issue_by_request(
            iss->db, act->digest, &acting->row, &acting->error);
        if (acting->status != ISS_OK)
            continue;
        if (acting->row.intent != 0) {
            take_up(iss, acting);
            continue;
        }
        if (!asked)
            (void)(iss_journal_time(iss, &now, &clock) == ISS_OK);
        asked = true;
        if (clock.status != ISS_OK)
            (void)spoil(acting, clock.status, clock.text);
        else if (act->guard != NULL)
            acting->status = act->guard(act->guard_arg, &acting->error);
    }
}

static struct iss_entry describe(const struct iss_act *act,
                                 const struct iss_signer *signer)
{
    struct iss_entry intent = iss_entry_of(ISS_REC_INTENT);

    iss_entry_text(&intent, ISS_TAG_KIND, act->kind);
    iss_entry_octets(&intent, ISS_TAG_DIGEST, act->digest, ISS_HASH_SIZE);
    iss_entry_text(&intent, ISS_TAG_OP, act->op);
    iss_entry_text(&intent, ISS_TAG_DOCUMENT, act->document);
    iss_entry_text(&intent, ISS_TAG_GUID, act->guid);
    iss_entry_text(&intent, ISS_TAG_URL, act->url);
    iss_entry_text(&intent, ISS_TAG_PRINCIPAL, act->principal);
    iss_entry_text(&intent, ISS_TAG_HOST, act->host);
    iss_entry_text(&intent, ISS_TAG_USER, act->user);
    iss_entry_text(&intent, ISS_TAG_MEMBER, act->member);
    iss_entry_octets(&intent, ISS_TAG_SUBJECT, act->subject, ISS_HASH_SIZE);
    iss_entry_octets(&intent, ISS_TAG_ISSUER, signer->hash, ISS_HASH_SIZE);
    iss_entry_octets(&intent, ISS_TAG_SIGNED, act->octets, act->len);
    return intent;
}

/* What iss_done_load would read back. */
static enum iss_status fill_done(struct iss_acting *acting,
                                 const struct iss_signer *signer)
{
    const struct iss_act *act = acting->act;
    struct iss_done *done = &acting->done;
    const char *body = NULL;
    size_t len = 0;

    memset(done, 0, sizeof(*done));
    if (act->octets == NULL || strlen(act->kind) >= sizeof(done->kind))
        return spoil(acting, ISS_INTERNAL, "nothing to be signed");
    done->octets = strndup(act->octets, act->len);
    if (done->octets == NULL)
        return spoil(acting, ISS_INTERNAL, "out of memory");
    done->len = act->len;
    memcpy(done->kind, act->kind, strlen(act->kind));
    memcpy(done->issuer, signer->hash, sizeof(done->issuer));
    if (act->draft != NULL)
        body = xrml_body(act->draft, &len);
    if (body == NULL)
        return ISS_OK;
    if (len != act->len || memcmp(body, act->octets, len) != 0)
        return spoil(acting, ISS_INTERNAL, "the draft is another document");
    acting->draft = act->draft;
    return ISS_OK;
}

/* Within the transaction: the records of those that are new, one call for all
 * of them. They are locked before anyone can see them. */
static enum iss_status append_new(struct iss *iss, struct iss_signer *signer,
                                  struct iss_acting *const *acts, size_t count,
                                  struct iss_error *error)
{
    struct iss_entry *entries = calloc(2 * count, sizeof(*entries));
    uint64_t seq = 0;
    size_t used = 0;
    enum iss_status status = ISS_OK;

    if (entries == NULL)
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    for (size_t i = 0; i < count; i++) {
        struct iss_acting *acting = acts[i];

        if (!iss_acting_well(acting) || acting->row.intent != 0 ||
            fill_done(acting, signer) != ISS_OK)
            continue;
        if (acting->act->admit != NULL)
            entries[used++] = *acting->act->admit;
        acting->row.intent = used + 1; /* its place, for now */
        entries[used++] = describe(acting->act, signer);
    }
    if (used > 0)
        status = iss_journal_append(iss, entries, used, &seq, error);
    for (size_t i = 0; i < count && status == ISS_OK; i++) {
        struct iss_acting *acting = acts[i];

        if (!iss_acting_well(acting) || acting->locked)
            continue;
        acting->row.intent += seq - 1;
        acting->done.intent = acting->row.intent;
        acting->locked = iss_lock_try(iss->lock, acting->row.intent);
        if (!acting->locked)
            status = iss_fail(error, ISS_STORE,
                              "lock: number %llu is held before it was given",
                              (unsigned long long)acting->row.intent);
    }
    free(entries);
    return status;
}

/* One transaction. Otherwise nothing was written and every act is as before. */
static enum iss_status begin_together(struct iss *iss,
                                      struct iss_signer *signer,
                                      struct iss_acting *const *acts,
                                      size_t count, struct iss_error *error)
{
    enum iss_status status = iss_store_begin(iss->db, error);

    if (status != ISS_OK)
        return status;
    look_up(iss, acts, count);
    status = append_new(iss, signer, acts, count, error);
    if (status == ISS_OK)
        status = iss_store_commit(iss->db, error);
    else
        iss_store_rollback(iss->db);
    for (size_t i = 0; i < count && status != ISS_OK; i++)
        reset(iss, acts[i]);
    return status;
}

/* An INTENT of a key that has been replaced since can never be signed as what
 * it is: it is closed, and whoever asked asks anew. */
static void close_replaced(struct iss *iss, struct iss_acting *acting,
                           const struct iss_signer *signer)
{
    struct iss_entry entry = iss_entry_of(ISS_REC_VOID);
    static const char cause[] = "the key that was to sign has been replaced";
    const unsigned long long intent = acting->done.intent;

    if (memcmp(signer->hash, acting->done.issuer, ISS_HASH_SIZE) == 0)
        return;
    iss_entry_number(&entry, ISS_TAG_INTENT, acting->done.intent);
    iss_entry_text(&entry, ISS_TAG_HOST, iss->host);
    iss_entry_text(&entry, ISS_TAG_USER, iss->user);
    iss_entry_text(&entry, ISS_TAG_CAUSE, cause);
    acting->status = iss_journal_write(iss, &entry, 1, NULL, &acting->error);
    if (acting->status == ISS_OK)
        acting->status =
            iss_fail(&acting->error, ISS_CONFLICT,
                     "INTENT %llu was closed: %s; ask anew", intent, cause);
}

void iss_acts_begin(struct iss *iss, struct iss_signer *signer,
                    struct iss_acting *const *acts, size_t count)
{
    struct iss_error why = {.status = ISS_OK};
    enum iss_status status =
        count == 0 ? ISS_OK : begin_together(iss, signer, acts, count, &why);

    /* one that the tables refuse takes the others with it: each by itself */
    for (size_t i = 0; i < count && status != ISS_OK; i++) {
        if (count > 1)
            iss_acts_begin(iss, signer, &acts[i], 1);
        else
            (void)spoil(acts[i], status, why.text);
    }
    for (size_t i = 0; i < count && status == ISS_OK; i++) {
        struct iss_acting *acting = acts[i];

        if (iss_acting_well(acting))
            close_replaced(iss, acting, signer);
        if (acting->status != ISS_OK)
            unlock(iss, acting);
        if (!iss_acting_well(acting))
            continue;
        acting->signer = signer;
        signer->users++;
    }
}

/* ---- finishing -------------------------------------------------------------
 */

static enum iss_status finish_together(struct iss *iss,
                                       struct iss_acting *const *acts,
                                       size_t count, struct iss_error *error)
{
    struct iss_entry *entries = calloc(count, sizeof(*entries));
    uint64_t seq = 0;
    size_t used = 0;
    enum iss_status status = ISS_OK;

    if (entries == NULL)
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    for (size_t i = 0; i < count; i++) {
        const struct iss_done *done = &acts[i]->done;
        struct iss_entry *entry = &entries[used];

        if (!iss_acting_well(acts[i]))
            continue;
        *entry = iss_entry_of(ISS_REC_RESULT);
        iss_entry_number(entry, ISS_TAG_INTENT, done->intent);
        iss_entry_octets(entry, ISS_TAG_SIGNATURE, done->sig, done->sig_len);
        iss_entry_octets(entry, ISS_TAG_WHOLE_HASH, acts[i]->whole,
                         sizeof(acts[i]->whole));
        used++;
    }
    if (used > 0)
        status = iss_journal_write(iss, entries, used, &seq, error);
    for (size_t i = 0; i < count && status == ISS_OK; i++)
        if (iss_acting_well(acts[i]))
            acts[i]->done.result = seq++;
    free(entries);
    return status;
}

void iss_acts_finish(struct iss *iss, struct iss_acting *const *acts,
                     size_t count)
{
    struct iss_error why = {.status = ISS_OK};
    enum iss_status status =
        count == 0 ? ISS_OK : finish_together(iss, acts, count, &why);

    for (size_t i = 0; i < count && status != ISS_OK; i++) {
        if (count > 1)
            iss_acts_finish(iss, &acts[i], 1);
        else if (iss_acting_well(acts[i]))
            (void)spoil(acts[i], status, why.text);
    }
    for (size_t i = 0; i < count; i++) {
        iss->token_failed = iss->token_failed || acts[i]->token_failed;
        unlock(iss, acts[i]);
    }
}

/* ---- one after the other --------------------------------------------------
 */

/* Waits for who signs it now, who may have finished it. */
static enum iss_status await(struct iss *iss, struct iss_acting *acting,
                             struct iss_signer *signer, struct iss_error *error)
{
    const uint64_t intent = acting->row.intent;
    enum iss_status status = iss_lock_take(iss->lock, intent, error);

    if (status != ISS_OK)
        return status;
    /* a lock of this process is no hindrance to it: no one comes between */
    reset(iss, acting);
    iss_acts_begin(iss, signer, &acting, 1);
    if (!acting->locked)
        iss_lock_drop(iss->lock, intent);
    return ISS_OK;
}

enum iss_status iss_act_perform(struct iss *iss, const struct iss_act *act,
                                struct iss_done *done, struct iss_error *error)
{
    struct iss_acting acting = {.act = act};
    struct iss_acting *const one = &acting;
    struct iss_signer *signer = NULL;
    enum iss_status status = iss_signer_get(iss, act->signer, &signer, error);

    memset(done, 0, sizeof(*done));
    if (status != ISS_OK)
        return status;
    iss_acts_begin(iss, signer, &one, 1);
    if (acting.busy)
        status = await(iss, &acting, signer, error);
    if (status != ISS_OK)
        goto out;
    iss_acting_prepare(&acting);
    iss_acting_sign(&acting);
    iss_acting_verify(&acting);
    iss_acts_finish(iss, &one, 1);
    status = acting.status;
    if (status != ISS_OK) {
        (void)iss_fail(error, status, "%s", acting.error.text);
        goto out;
    }
    *done = acting.done;
    memset(&acting.done, 0, sizeof(acting.done));
out:
    iss_acting_clear(iss, &acting);
    iss_signer_drop(signer);
    return status;
}
