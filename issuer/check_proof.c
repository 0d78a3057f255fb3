/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of the proof that came with a request. */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "issue.h"

/* Of a root: whether a key hash is that of a certificate above it or of an
 * anchor. An authority has all of these keys itself. */
static enum iss_status is_above(struct iss *iss, const uint8_t *hash,
                                bool *found, struct iss_error *error)
{
    struct xrml_chain chain = {0};
    struct xrml_anchors *anchors = NULL;
    uint8_t other[ISS_HASH_SIZE];
    enum iss_status status = iss_chain(iss, &chain, error);

    if (status == ISS_OK)
        status = iss_anchors(iss, &anchors, error);
    for (size_t i = 0; i < chain.count && status == ISS_OK && !*found; i++) {
        status = xrml_key_hash(&xrml_fields(chain.documents[i])->principal_key,
                               other, error);
        *found = status == ISS_OK && memcmp(hash, other, ISS_HASH_SIZE) == 0;
    }
    size_t count = anchors == NULL ? 0 : xrml_anchors_count(anchors);
    for (size_t i = 0; i < count && status == ISS_OK && !*found; i++) {
        status = xrml_key_hash(xrml_anchor_key(anchors, i), other, error);
        *found = status == ISS_OK && memcmp(hash, other, ISS_HASH_SIZE) == 0;
    }
    xrml_anchors_free(anchors);
    xrml_chain_clear(&chain);
    return status;
}

/* Whether a key hash is that of this issuer or of a key above it. */
static enum iss_status addressed(struct iss_case *matter, bool *found,
                                 struct iss_error *error)
{
    enum iss_status status = ISS_OK;

    *found = matter->iss == NULL;
    for (size_t i = 0;
         i < matter->pop.issuer_count && status == ISS_OK && !*found; i++) {
        struct iss_key_row row;
        status = iss_store_key_by_hash(matter->iss->db, matter->pop.issuers[i],
                                       &row, error);
        *found = row.seq != 0 &&
                 strcmp(row.purpose, iss_purpose_name(ISS_KEY_AUDIT)) != 0;
        iss_key_row_clear(&row);
        if (status == ISS_OK && !*found && matter->iss->role == ISS_ROOT)
            status =
                is_above(matter->iss, matter->pop.issuers[i], found, error);
    }
    return status;
}

/* The key that speaks for a renewal: with rekey that of the second signature.
 */
static enum iss_status hash_speaker(const struct iss_pop *pop,
                                    uint8_t hash[static ISS_HASH_SIZE],
                                    struct iss_error *error)
{
    return iss_key_hash(&pop->sigs[pop->op == ISS_REKEY ? 1 : 0].key, hash,
                        error);
}

/* That key is the present one of the GUID, or, where a re-key was issued and
 * its answer lost, the one before: then the new key is the present one. */
enum iss_status iss_check_speaker(struct iss_case *matter,
                                  struct iss_finding *finding,
                                  struct iss_error *error)
{
    const struct iss_pop *pop = &matter->pop;
    struct iss_octets present = {0};
    uint8_t speaker[ISS_HASH_SIZE];
    enum iss_status status = ISS_OK;

    if (!matter->verdict->has_proof || !pop->has_predecessor)
        return ISS_OK;
    status = iss_store_key_of_guid(
        matter->iss->db, matter->verdict->request.guid, &present, error);
    if (status == ISS_OK)
        status = hash_speaker(pop, speaker, error);
    if (status != ISS_OK)
        goto out;
    const bool known = present.len == ISS_HASH_SIZE;
    const bool now = known && memcmp(present.data, speaker, ISS_HASH_SIZE) == 0;
    const bool again =
        known && pop->op == ISS_REKEY &&
        memcmp(present.data, matter->subject, ISS_HASH_SIZE) == 0;
    if (!now && !again)
        iss_find(finding, ISS_REFUSED,
                 "the predecessor's key is no longer the one of its GUID");
out:
    free(present.data);
    return status;
}

/* The predecessor that a renewal names was issued here, to this GUID, and the
 * key that it certifies speaks for it. */
static enum iss_status check_predecessor(struct iss_case *matter,
                                         struct iss_finding *finding,
                                         struct iss_error *error)
{
    const struct iss_pop *pop = &matter->pop;
    struct iss_issued before = {.found = false};
    uint8_t speaker[ISS_HASH_SIZE];
    enum iss_status status = ISS_OK;

    if (pop->op == ISS_ENROLL || pop->op == ISS_SUB_ENROLL) {
        if (pop->has_predecessor)
            iss_find(finding, ISS_REFUSED,
                     "a first enrollment with a predecessor");
        return ISS_OK;
    }
    if (!pop->has_predecessor) {
        iss_find(finding, ISS_REFUSED, "a renewal without a predecessor");
        return ISS_OK;
    }
    status = iss_issued_to(matter->iss, matter->verdict->request.guid,
                           pop->predecessor, &before, error);
    if (status == ISS_OK)
        status = hash_speaker(pop, speaker, error);
    if (status != ISS_OK)
        return status;
    if (!before.found)
        iss_find(finding, ISS_REFUSED,
                 "its predecessor was not issued here to it");
    else if (memcmp(before.subject, speaker, ISS_HASH_SIZE) != 0)
        iss_find(finding, ISS_REFUSED, "not signed by the predecessor's key");
    else
        status = iss_check_speaker(matter, finding, error);
    return status;
}

enum iss_status iss_check_nonce(struct iss_case *matter,
                                struct iss_finding *finding,
                                struct iss_error *error)
{
    const struct iss_octets nonce = {.data = matter->pop.nonce,
                                     .len = ISS_NONCE_SIZE};
    struct iss_octets user = {0};
    enum iss_status status = ISS_OK;

    if (!matter->verdict->has_proof)
        return ISS_OK;
    status = iss_store_nonce_get(matter->iss->db, &nonce, &user, error);

    /* the same request may have been begun by another process just now */
    if (user.data != NULL &&
        (user.len != ISS_HASH_SIZE ||
         memcmp(user.data, matter->digest, ISS_HASH_SIZE) != 0))
        iss_find(finding, ISS_CONFLICT,
                 "its nonce was used by another request");
    free(user.data);
    return status;
}

/* Which requests an issuer answers at all; NULL: this one. */
static const char *op_fault(const struct iss_case *matter)
{
    const enum iss_op op = matter->pop.op;

    if (matter->iss == NULL)
        return NULL;
    if (matter->iss->role == ISS_ROOT)
        return op == ISS_ENROLL ? "a root signs no enrollment of another root"
                                : NULL;
    return op == ISS_SUB_ENROLL ? "an authority signs no sub-enrollment" : NULL;
}

enum iss_status iss_check_proof(struct iss_case *matter,
                                struct iss_finding *finding,
                                struct iss_error *error)
{
    const struct iss_verdict *verdict = matter->verdict;
    bool here = false;
    enum iss_status status = ISS_OK;

    if (!verdict->has_proof && matter->iss != NULL &&
        matter->iss->role == ISS_ROOT) {
        finding->always = true;
        iss_find(finding, ISS_REFUSED,
                 "none came with the request; a root asks for one always");
        return ISS_OK;
    }
    if (!verdict->has_proof) {
        finding->warn = matter->without_proof || matter->iss == NULL;
        iss_find(finding, ISS_REFUSED,
                 matter->without_proof
                     ? "none; the operator vouches for the request"
                     : "none came with the request");
        return ISS_OK;
    }
    finding->always = true;
    status = addressed(matter, &here, error);
    if (status != ISS_OK)
        return status;
    const char *fault =
        here ? iss_pop_key_fault(&matter->pop, &verdict->request.key)
             : "the proof is for another issuer";
    if (fault == NULL)
        fault = iss_pop_sig_fault(matter->libctx, matter->proof, &matter->pop);
    if (fault == NULL)
        fault = op_fault(matter);
    if (fault != NULL)
        iss_find(finding, ISS_REFUSED, fault);
    if (fault != NULL || matter->iss == NULL)
        return ISS_OK;
    status = check_predecessor(matter, finding, error);
    if (status == ISS_OK && finding->status == ISS_OK)
        status = iss_check_nonce(matter, finding, error);
    return status;
}

enum iss_status iss_check_expiry(struct iss_case *matter,
                                 struct iss_finding *finding,
                                 struct iss_error *error)
{
    const char *fault = matter->verdict->has_proof
                            ? iss_pop_time_fault(&matter->pop, matter->now)
                            : NULL;
    (void)error;
    if (fault != NULL)
        iss_find(finding, ISS_REFUSED, fault);
    return ISS_OK;
}

enum iss_status iss_check_born(struct iss_case *matter,
                               struct iss_finding *finding,
                               struct iss_error *error)
{
    (void)error;
    if (!matter->verdict->has_proof) {
        finding->warn = true;
        iss_find(finding, ISS_REFUSED, "not known without a proof");
    } else if (!matter->pop.never_extractable ||
               !matter->pop.always_sensitive) {
        iss_find(finding, ISS_REFUSED,
                 "the key is not said to have been in its token all its life");
    }
    return ISS_OK;
}
