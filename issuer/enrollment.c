/* SPDX-License-Identifier: Apache-2.0 */
/* Requests over an air gap: one goes out with its proof, a chain comes back.
 * Every step may be repeated. */
#include "enrollment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "issue.h"
#include "issuer.h"
#include "lock.h"
#include "pop.h"
#include "prove.h"
#include "rekey.h"

void iss_request_clear(struct iss_request *request)
{
    free(request->text);
    free(request->proof);
    memset(request, 0, sizeof(*request));
}

void iss_import_clear(struct iss_import *import)
{
    xrml_chain_clear(&import->chain);
    memset(import, 0, sizeof(*import));
}

/* ---- which requests a store makes -------------------------------------------
 */

static const struct op_row {
    const char *suffix; /* of the file's name */
    bool root, licensing;
    bool enrolled; /* only with a certificate */
} ops[] = {
    [ISS_ENROLL] = {"EnrollRequest.xml", true, false, false},
    [ISS_SUB_ENROLL] = {"EnrollRequest.xml", false, true, false},
    [ISS_RENEW] = {"RenewalRequest.xml", true, true, true},
    [ISS_REKEY] = {"RenewalRequest.xml", true, true, true},
};

static enum iss_status check_op(struct iss *iss, enum iss_op op,
                                struct iss_error *error)
{
    struct iss_slc_row slc;
    enum iss_status status = ISS_OK;

    if (iss->role == ISS_AUTHORITY)
        return iss_fail(error, ISS_USAGE,
                        "%s: an authority is not enrolled, it enrolls others",
                        iss->dir);
    if (!(iss->role == ISS_ROOT ? ops[op].root : ops[op].licensing))
        return iss_fail(error, ISS_USAGE,
                        "%s: a %s server makes no request of op %s", iss->dir,
                        iss_role_name(iss->role), iss_op_name(op));
    /* what is renewed is the cluster's; what is enrolled is its first member */
    if (!ops[op].enrolled && iss->member[0] != '\0')
        return iss_fail(error, ISS_REFUSED,
                        "%s: %s has joined the cluster and uses its "
                        "certificate; members are not enrolled separately",
                        iss->dir, iss->member);
    /* its URI leads into that token, where the first member looks for it */
    if (op == ISS_REKEY && iss->member[0] != '\0')
        return iss_fail(error, ISS_REFUSED,
                        "%s: %s has joined the cluster; a new key is made by "
                        "its first member, in the token of that",
                        iss->dir, iss->member);
    if (!ops[op].enrolled)
        return ISS_OK;
    status = iss_store_slc_get(iss->db, &slc, error);
    if (status == ISS_OK && slc.generation == 0)
        status = iss_fail(error, ISS_NOT_ENROLLED,
                          "%s: not enrolled: there is no certificate to renew",
                          iss->dir);
    iss_slc_row_clear(&slc);
    return status;
}

/* ---- request
 * ------------------------------------------------------------------ */

static enum iss_status name_request(const struct iss *iss,
                                    struct iss_request *request,
                                    struct iss_error *error)
{
    enum iss_status status =
        iss_sha256(request->text, request->len, request->digest, error);

    iss_words(request->digest, request->words);
    (void)snprintf(request->file_name, sizeof(request->file_name), "%s%s",
                   iss->name, ops[request->op].suffix);
    return status;
}

static enum iss_status print_request(struct iss *iss,
                                     struct iss_request *request,
                                     struct iss_error *error)
{
    struct enroll_request fields = {
        .revocation = iss->revocation,
        .authority_count = iss->authority_count,
        .sku = "privyseal",
        .version = PRIVYSEAL_VERSION,
    };
    enum iss_status status = iss_handle_public(
        iss, iss_prove_subject(request->op), &fields.key, error);

    if (iss->authority_count > 0)
        memcpy(fields.authorities, iss->authorities,
               iss->authority_count * sizeof(fields.authorities[0]));
    memcpy(fields.guid, iss->guid, sizeof(fields.guid));
    memcpy(fields.name, iss->name, sizeof(fields.name));
    memcpy(fields.url, iss->url, sizeof(fields.url));
    if (status == ISS_OK)
        status =
            enroll_request_print(&fields, &request->text, &request->len, error);
    return status == ISS_OK ? name_request(iss, request, error) : status;
}

static enum iss_status make_request(struct iss *iss,
                                    struct iss_request *request, int64_t now,
                                    struct iss_error *error)
{
    struct iss_entry entry = iss_entry_of(ISS_REC_EXPORT);
    uint8_t digest[ISS_HASH_SIZE];
    enum iss_status status = print_request(iss, request, error);

    if (status == ISS_OK)
        status = iss_prove(iss, request, now, digest, error);
    if (status != ISS_OK)
        return status;
    iss_entry_text(&entry, ISS_TAG_OP, iss_op_name(request->op));
    iss_entry_octets(&entry, ISS_TAG_DIGEST, digest, sizeof(digest));
    iss_entry_octets(&entry, ISS_TAG_FILE_HASH, request->digest,
                     sizeof(request->digest));
    iss_entry_octets(&entry, ISS_TAG_REQUEST, request->text, request->len);
    iss_entry_octets(&entry, ISS_TAG_PROOF, request->proof, request->proof_len);
    iss_entry_text(&entry, ISS_TAG_HOST, iss->host);
    iss_entry_text(&entry, ISS_TAG_USER, iss->user);
    return iss_journal_write(iss, &entry, 1, NULL, error);
}

/* ---- export
 * ------------------------------------------------------------------- */

/* Whether a pending re-key is to the size that is asked for. */
static enum iss_status same_size(const struct iss_pending_row *pending,
                                 const struct iss_asking *asking,
                                 struct iss_error *error)
{
    struct enroll_request fields;

    if (asking->bits == 0)
        return ISS_OK;
    enum iss_status status =
        enroll_request_parse((const char *)pending->request.data,
                             pending->request.len, &fields, error);
    if (status == ISS_OK && fields.key.modulus_len * 8 != asking->bits)
        status = iss_fail(error, ISS_PENDING,
                          "a request of op %s is pending, to RSA-%zu: import "
                          "its answer or abandon it",
                          pending->op, fields.key.modulus_len * 8);
    return status;
}

/* The pending request as it was written, where its proof is still good. */
static enum iss_status repeat(struct iss *iss, const struct iss_asking *asking,
                              struct iss_request *request, int64_t now,
                              struct iss_error *error)
{
    struct iss_pending_row pending;
    struct iss_pop *pop = calloc(1, sizeof(*pop));
    enum iss_status status = iss_store_pending_get(iss->db, &pending, error);

    if (status == ISS_OK && pop == NULL)
        status = iss_fail(error, ISS_INTERNAL, "out of memory");
    if (status != ISS_OK || pending.op == NULL ||
        iss_pop_parse((const char *)pending.proof.data, pending.proof.len, pop,
                      NULL) != ISS_OK ||
        now >= pop->expires)
        goto out;
    if (pop->op != request->op) {
        status = iss_fail(error, ISS_PENDING,
                          "%s: a request of op %s is pending: import its "
                          "answer or abandon it",
                          iss->dir, pending.op);
        goto out;
    }
    status = same_size(&pending, asking, error);
    if (status != ISS_OK)
        goto out;
    request->text = (char *)pending.request.data;
    request->len = pending.request.len;
    request->proof = (char *)pending.proof.data;
    request->proof_len = pending.proof.len;
    request->again = true;
    pending.request.data = NULL;
    pending.proof.data = NULL;
    status = name_request(iss, request, error);
out:
    free(pop);
    iss_pending_row_clear(&pending);
    return status;
}

static enum iss_status begin(struct iss *iss, int64_t *now,
                             struct iss_error *error)
{
    struct iss_error cause = {.status = ISS_OK};
    enum iss_status status = iss_journal_time(iss, now, &cause);

    if (status == ISS_CLOCK)
        iss_journal_clock(iss, cause.text);
    if (status == ISS_OK)
        status = iss_lock_take(iss->lock, ISS_LOCK_MAKING, &cause);
    return status == ISS_OK ? ISS_OK
                            : iss_fail(error, status, "%s", cause.text);
}

enum iss_status iss_export_with(struct iss *store,
                                const struct iss_asking *asking,
                                struct iss_request *request,
                                struct iss_error *error)
{
    int64_t now = 0;
    enum iss_status status = check_op(store, asking->op, error);

    memset(request, 0, sizeof(*request));
    request->op = asking->op;
    if (status == ISS_OK)
        status = begin(store, &now, error);
    if (status != ISS_OK)
        return status;
    status = repeat(store, asking, request, now, error);
    if (status == ISS_OK && !request->again && asking->op == ISS_REKEY)
        status = iss_rekey_provide(store, asking, error);
    if (status == ISS_OK && !request->again)
        status = make_request(store, request, now, error);
    iss_lock_drop(store->lock, ISS_LOCK_MAKING);
    if (status != ISS_OK)
        iss_request_clear(request);
    return status;
}

enum iss_status iss_export(struct iss *store, enum iss_op op,
                           struct iss_request *request, struct iss_error *error)
{
    const struct iss_asking asking = {.op = op, .make = iss_key_make};

    return iss_export_with(store, &asking, request, error);
}

enum iss_status iss_export_rekey(struct iss *store, unsigned bits,
                                 struct iss_request *request,
                                 struct iss_error *error)
{
    const struct iss_asking asking = {
        .op = ISS_REKEY, .bits = bits, .make = iss_key_make};

    return iss_export_with(store, &asking, request, error);
}

/* ---- giving up
 * ---------------------------------------------------------------- */

/* The new pair of a re-key stays: its request may have been answered already,
 * and then it alone can ask again. The next re-key is of the same pair. */
enum iss_status iss_abandon(struct iss *store, struct iss_error *error)
{
    struct iss_entry entry = iss_entry_of(ISS_REC_VOID);
    struct iss_pending_row pending;
    uint8_t digest[ISS_HASH_SIZE];
    /* what is given up is what was looked at, whoever asks or imports now */
    enum iss_status status = iss_store_begin(store->db, error);

    if (status != ISS_OK)
        return status;
    status = iss_store_pending_get(store->db, &pending, error);
    if (status == ISS_OK && pending.op == NULL)
        status = iss_fail(error, ISS_CONFLICT, "%s: no request is pending",
                          store->dir);
    if (status == ISS_OK)
        status = iss_sha256(pending.request.data, pending.request.len, digest,
                            error);
    iss_pending_row_clear(&pending);
    iss_entry_octets(&entry, ISS_TAG_DIGEST, digest, sizeof(digest));
    iss_entry_text(&entry, ISS_TAG_HOST, store->host);
    iss_entry_text(&entry, ISS_TAG_USER, store->user);
    iss_entry_text(&entry, ISS_TAG_CAUSE, "request abandoned");
    if (status == ISS_OK)
        status = iss_journal_append(store, &entry, 1, NULL, error);
    if (status == ISS_OK)
        return iss_store_commit(store->db, error);
    iss_store_rollback(store->db);
    return status;
}
