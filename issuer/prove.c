/* SPDX-License-Identifier: Apache-2.0 */
/* Proofs of requests: see prove.h. */
#include "prove.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "issue.h"
#include "pop.h"
#include "superior.h"

static const char proof_kind[] = "proof";

enum iss_purpose iss_prove_subject(enum iss_op op)
{
    return op == ISS_REKEY ? ISS_KEY_NEXT : ISS_KEY_LICENSOR;
}

/* ---- its lines ------------------------------------------------------------
 */

static enum iss_status read_birth(struct iss *iss, struct iss_pop *pop,
                                  struct iss_error *error)
{
    struct iss_key_row row;
    struct iss_loaded record = {0};
    char born[ISS_BORN_SIZE] = "";
    enum iss_status status = iss_store_key_get(
        iss->db, iss_purpose_name(iss_prove_subject(pop->op)), &row, error);

    if (status == ISS_OK)
        status = iss_journal_load(iss->db, row.seq, &record, error);
    if (status == ISS_OK &&
        (!iss_record_text(&record.decoded.record, ISS_TAG_BORN, born,
                          sizeof(born)) ||
         (born[0] != '\0' && !iss_pop_born_parse(born, strlen(born), pop))))
        status = iss_fail(error, ISS_JOURNAL,
                          "journal: record %llu: birth facts of unknown form",
                          (unsigned long long)row.seq);
    iss_loaded_clear(&record);
    iss_key_row_clear(&row);
    return status;
}

/* For whom: the key that signs above this server, then the anchors. */
static enum iss_status address(struct iss *iss, struct iss_pop *pop,
                               struct iss_error *error)
{
    struct xrml_anchors *anchors = NULL;
    bool known = false;
    enum iss_status status =
        iss_superior_key(iss, pop->issuers[0], &known, error);

    pop->issuer_count = known ? 1 : 0;
    if (status == ISS_OK)
        status = iss_anchors(iss, &anchors, error);
    size_t count = status == ISS_OK ? xrml_anchors_count(anchors) : 0;
    for (size_t i = 0;
         i < count && pop->issuer_count < ISS_POP_ISSUERS && status == ISS_OK;
         i++) {
        uint8_t *place = pop->issuers[pop->issuer_count];

        status = xrml_key_hash(xrml_anchor_key(anchors, i), place, error);
        if (!known || memcmp(place, pop->issuers[0], ISS_HASH_SIZE) != 0)
            pop->issuer_count++;
    }
    xrml_anchors_free(anchors);
    return status;
}

static enum iss_status read_predecessor(struct iss *iss, struct iss_pop *pop,
                                        struct iss_error *error)
{
    struct iss_slc_row slc;
    enum iss_status status = ISS_OK;

    if (pop->op != ISS_RENEW && pop->op != ISS_REKEY)
        return ISS_OK;
    status = iss_store_slc_get(iss->db, &slc, error);
    pop->has_predecessor = true;
    memcpy(pop->predecessor, slc.body_hash, sizeof(pop->predecessor));
    iss_slc_row_clear(&slc);
    return status;
}

/* A proof's text for this request, as new as the clock. */
static enum iss_status compose(struct iss *iss,
                               const struct iss_request *request, int64_t now,
                               char **text, size_t *len,
                               struct iss_error *error)
{
    struct iss_pop *pop = calloc(1, sizeof(*pop));
    enum iss_status status = ISS_INTERNAL;

    if (pop == NULL)
        return iss_fail(error, status, "out of memory");
    pop->op = request->op;
    pop->created = now;
    pop->expires = now + (int64_t)ISS_POP_DAYS * ISS_CLOCK_DAY;
    memcpy(pop->request, request->digest, sizeof(pop->request));
    if (RAND_bytes(pop->nonce, sizeof(pop->nonce)) != 1)
        (void)iss_fail(error, status, "no random numbers");
    else
        status = read_birth(iss, pop, error);
    if (status == ISS_OK)
        status = read_predecessor(iss, pop, error);
    if (status == ISS_OK)
        status = address(iss, pop, error);
    if (status == ISS_OK)
        status = iss_pop_print(pop, text, len, error);
    free(pop);
    return status;
}

/* ---- interrupted ones -------------------------------------------------------
 */

static enum iss_status close_proof(struct iss *iss, uint64_t intent,
                                   struct iss_error *error)
{
    struct iss_entry entry = iss_entry_of(ISS_REC_VOID);

    iss_entry_number(&entry, ISS_TAG_INTENT, intent);
    iss_entry_text(&entry, ISS_TAG_HOST, iss->host);
    iss_entry_text(&entry, ISS_TAG_USER, iss->user);
    iss_entry_text(&entry, ISS_TAG_CAUSE, "a newer request replaces it");
    return iss_journal_write(iss, &entry, 1, NULL, error);
}

/* Whether a proof that was begun is of this request and still good. Of two
 * signatures the second covers the line of the first: what it signs begins with
 * the proof. */
static bool is_ours(const struct iss_done *done,
                    const struct iss_request *request, int64_t now, size_t *len)
{
    static const char line[] = "\nsig ";
    const char *sig = strstr(done->octets, line);
    struct iss_pop *pop = calloc(1, sizeof(*pop));
    bool ours = false;

    *len = sig == NULL ? done->len : (size_t)(sig + 1 - done->octets);
    ours = pop != NULL &&
           iss_pop_parse_signed(done->octets, *len, pop, NULL) == ISS_OK &&
           pop->op == request->op && now < pop->expires &&
           memcmp(pop->request, request->digest, ISS_HASH_SIZE) == 0;
    free(pop);
    return ours;
}

/* A proof that an interrupted export has begun: *text gets it where it is of
 * this request and still good; else it is closed for good. */
static enum iss_status take_up(struct iss *iss,
                               const struct iss_request *request, int64_t now,
                               char **text, size_t *len,
                               struct iss_error *error)
{
    struct iss_done done = {0};
    uint64_t exported = 0;
    enum iss_status status = iss_act_newest(iss, proof_kind, &done, error);

    if (status == ISS_OK)
        status = iss_store_newest(iss->db, ISS_REC_EXPORT, 0, &exported, error);
    if (status != ISS_OK || done.intent == 0 || done.intent < exported)
        goto out;
    if (is_ours(&done, request, now, len)) {
        *text = done.octets;
        (*text)[*len] = '\0';
        done.octets = NULL;
    } else if (done.result == 0) {
        status = close_proof(iss, done.intent, error);
    }
out:
    iss_done_clear(&done);
    return status;
}

/* ---- signing ----------------------------------------------------------------
 */

/* Appends the line of one signer to *text, which it signs all of. */
static enum iss_status sign(struct iss *iss, const char *who,
                            enum iss_purpose signer, char **text, size_t *len,
                            struct iss_error *error)
{
    char line[ISS_SIG_LINE_SIZE];
    uint8_t digest[ISS_HASH_SIZE];
    struct enroll_key key;
    struct iss_done done = {0};
    enum iss_status status = iss_sha256(*text, *len, digest, error);
    const struct iss_act act = {.kind = proof_kind,
                                .digest = digest,
                                .signer = signer,
                                .octets = *text,
                                .len = *len};

    if (status == ISS_OK)
        status = iss_act_perform(iss, &act, &done, error);
    if (status == ISS_OK)
        status = iss_handle_public(iss, signer, &key, error);
    if (status == ISS_OK)
        status =
            iss_note_sig_print(who, &key, done.sig, done.sig_len, line, error);
    iss_done_clear(&done);
    if (status != ISS_OK)
        return status;
    size_t more = strlen(line);
    char *longer = realloc(*text, *len + more + 1);
    if (longer == NULL)
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    memcpy(longer + *len, line, more + 1);
    *text = longer;
    *len += more;
    return ISS_OK;
}

enum iss_status iss_prove(struct iss *iss, struct iss_request *request,
                          int64_t now, uint8_t digest[static ISS_HASH_SIZE],
                          struct iss_error *error)
{
    char *text = NULL;
    size_t len = 0;
    enum iss_status status = take_up(iss, request, now, &text, &len, error);

    if (status == ISS_OK && text == NULL)
        status = compose(iss, request, now, &text, &len, error);
    if (status == ISS_OK)
        status = iss_sha256(text, len, digest, error);
    if (status == ISS_OK)
        status = sign(iss, "subject", iss_prove_subject(request->op), &text,
                      &len, error);
    if (status == ISS_OK && request->op == ISS_REKEY)
        status = sign(iss, "licensor", ISS_KEY_LICENSOR, &text, &len, error);
    if (status == ISS_OK) {
        int n = asprintf(&request->proof, "%send\n", text);

        if (n < 0) {
            request->proof = NULL;
            status = iss_fail(error, ISS_INTERNAL, "out of memory");
        }
        request->proof_len = n < 0 ? 0 : (size_t)n;
    }
    free(text);
    return status;
}
