/* SPDX-License-Identifier: Apache-2.0 */
/* Judging and taking what an authority has answered. */
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "change.h"
#include "clock.h"
#include "issuer.h"
#include "journal.h"
#include "key.h"
#include "superior.h"

/* ---- against what was asked for ---------------------------------------------
 */

/* The pending request; ISS_CONFLICT: none. */
static enum iss_status read_pending(struct iss *iss,
                                    struct enroll_request *request,
                                    struct iss_error *error)
{
    struct iss_pending_row pending;
    enum iss_status status = iss_store_pending_get(iss->db, &pending, error);

    if (status == ISS_OK && pending.op == NULL)
        status = iss_fail(error, ISS_CONFLICT,
                          "response: no request is pending in %s", iss->dir);
    if (status == ISS_OK &&
        enroll_request_parse((const char *)pending.request.data,
                             pending.request.len, request, NULL) != ISS_OK)
        status = iss_fail(error, ISS_JOURNAL,
                          "journal: record %llu: the pending request cannot be "
                          "read",
                          (unsigned long long)pending.seq);
    iss_pending_row_clear(&pending);
    return status;
}

/* Whether the certificate is for this server, and asked for. */
static enum iss_status match(struct iss *iss, const struct xrml_fields *leaf,
                             struct iss_error *error)
{
    struct enroll_request wanted;
    const struct xrml_key *got = &leaf->principal_key;
    const char *what = NULL;
    enum iss_status status = read_pending(iss, &wanted, error);

    if (status != ISS_OK)
        return status;
    char guid[XRML_GUID_SIZE] = "";
    if (got->modulus == NULL || got->modulus_len != wanted.key.modulus_len ||
        got->exponent != wanted.key.exponent ||
        memcmp(got->modulus, wanted.key.modulus, got->modulus_len) != 0)
        what = "key";
    else if (leaf->principal.id == NULL ||
             !xrml_guid_normal(leaf->principal.id, guid) ||
             strcmp(guid, wanted.guid) != 0)
        what = "GUID";
    else if (leaf->principal.address == NULL ||
             strcmp(leaf->principal.address, wanted.url) != 0)
        what = "URL";
    else if (leaf->principal.name == NULL ||
             strcmp(leaf->principal.name, wanted.name) != 0)
        what = "name";
    return what == NULL ? ISS_OK
                        : iss_fail(error, ISS_CONFLICT,
                                   "response: it is for another %s than the "
                                   "pending request",
                                   what);
}

/* The certificate that is in force, for comparison. */
static enum iss_status compare(struct iss *iss, struct iss_import *import,
                               struct iss_error *error)
{
    struct iss_slc_row slc;
    struct xrml_chain chain = {0};
    enum iss_status status = iss_store_slc_get(iss->db, &slc, error);

    import->renewal = status == ISS_OK && slc.generation > 0;
    import->again = import->renewal && memcmp(slc.body_hash, import->body_hash,
                                              ISS_HASH_SIZE) == 0;
    import->generation = slc.generation + (import->again ? 0 : 1);
    if (import->renewal)
        memcpy(import->before_hash, slc.body_hash, ISS_HASH_SIZE);
    iss_slc_row_clear(&slc);
    if (!import->renewal)
        return status;
    status = iss_chain(iss, &chain, error);
    if (status == ISS_OK) {
        const struct xrml_fields *present = xrml_fields(chain.documents[0]);

        import->before = present->range;
        status = iss_changes(present, xrml_fields(import->chain.documents[0]),
                             import, error);
    }
    xrml_chain_clear(&chain);
    return status;
}

/* ---- the chain
 * ---------------------------------------------------------------- */

/* A licensing server takes the certificate of the root that it was pinned to
 * and of no other; that root's key may be a newer one by now. */
static enum iss_status is_from_root(struct iss *iss,
                                    const struct xrml_chain *chain,
                                    struct iss_error *error)
{
    struct xrml_chain root = {0};
    char pinned[XRML_GUID_SIZE] = "";
    char got[XRML_GUID_SIZE] = "";
    enum iss_status status = iss_superior_chain(iss, &root, error);

    if (status == ISS_OK) {
        const char *id = xrml_fields(root.documents[0])->principal.id;

        if (id == NULL || !xrml_guid_normal(id, pinned))
            status = iss_fail(error, ISS_JOURNAL,
                              "journal: the root that it names has no GUID");
    }
    if (status == ISS_OK) {
        const char *id = chain->count < 2
                             ? NULL
                             : xrml_fields(chain->documents[1])->principal.id;

        if (id == NULL || !xrml_guid_normal(id, got) ||
            strcmp(got, pinned) != 0)
            status = iss_fail(error, ISS_SEMANTICS,
                              "response: not issued by the root %s that this "
                              "server was set up with",
                              pinned);
    }
    xrml_chain_clear(&root);
    return status;
}

static enum iss_status check_place(struct iss *iss,
                                   const struct iss_import *import,
                                   struct iss_error *error)
{
    const enum xrml_place got = import->report.nodes[0].place;
    const bool root = iss->role == ISS_ROOT;

    if (got != (root ? XRML_PLACE_SLC : XRML_PLACE_SUB_SLC))
        return iss_fail(error, ISS_SEMANTICS,
                        "response: its first document is no %s",
                        root ? "SLC of an Enrollment Service"
                             : "SLC that a root has issued");
    return root ? ISS_OK : is_from_root(iss, &import->chain, error);
}

static enum iss_status verify(struct iss *iss, struct iss_import *import,
                              struct iss_error *error)
{
    /* what is in use already may have ended: nothing is taken anew */
    struct xrml_policy policy = {.at_set = !import->again};
    struct xrml_anchors *anchors = NULL;
    enum iss_status status = iss_journal_time(iss, &policy.at, error);

    policy.now = policy.at;
    if (status == ISS_OK)
        status = iss_anchors(iss, &anchors, error);
    if (status == ISS_OK)
        status = xrml_chain_verify(iss->env.libctx, &import->chain, anchors,
                                   &policy, &import->report, error);
    if (status == ISS_OK)
        status = check_place(iss, import, error);
    if (status == ISS_OK)
        (void)snprintf(import->anchor_name, sizeof(import->anchor_name), "%s",
                       xrml_anchor_name(anchors, import->report.anchor));
    xrml_anchors_free(anchors);
    return status;
}

/* An older response brought again would take the server back. */
static enum iss_status require_new(struct iss *iss,
                                   const struct iss_import *import,
                                   struct iss_error *error)
{
    uint64_t generation = 0;
    enum iss_status status =
        iss_store_slc_by_hash(iss->db, import->body_hash, &generation, error);

    return status != ISS_OK || generation == 0
               ? status
               : iss_fail(error, ISS_CONFLICT,
                          "response: its certificate was generation %llu here "
                          "and has been replaced by a newer one",
                          (unsigned long long)generation);
}

static enum iss_status judge(struct iss *iss, const char *text, size_t len,
                             struct iss_import *import, struct iss_error *error)
{
    enum iss_status status =
        enroll_response_parse(text, len, &import->chain, error);

    if (status == ISS_OK && import->chain.count == 0)
        status = iss_fail(error, ISS_MALFORMED, "response: no document in it");
    if (status != ISS_OK)
        return status;
    const struct xrml_fields *leaf = xrml_fields(import->chain.documents[0]);
    xrml_body_hash(import->chain.documents[0], import->body_hash);
    iss_words(import->body_hash, import->words);
    import->after = leaf->range;
    status = compare(iss, import, error);
    if (status == ISS_OK && !import->again)
        status = require_new(iss, import, error);
    if (status == ISS_OK && !import->again)
        status = match(iss, leaf, error);
    return status == ISS_OK ? verify(iss, import, error) : status;
}

static enum iss_status deny(struct iss *iss, const char *text, size_t len,
                            enum iss_status cause, const struct iss_error *why)
{
    struct iss_entry entry = iss_entry_of(ISS_REC_DENY);
    uint8_t hash[ISS_HASH_SIZE];

    if ((iss->flags & ISS_READ_ONLY) != 0 ||
        iss_sha256(text, len, hash, NULL) != ISS_OK)
        return cause;
    iss_entry_octets(&entry, ISS_TAG_FILE_HASH, hash, sizeof(hash));
    iss_entry_text(&entry, ISS_TAG_OP, "import");
    iss_entry_text(&entry, ISS_TAG_CLASS, iss_status_name(cause));
    iss_entry_text(&entry, ISS_TAG_CAUSE, why->text);
    iss_entry_text(&entry, ISS_TAG_HOST, iss->host);
    iss_entry_text(&entry, ISS_TAG_USER, iss->user);
    return iss_journal_write(iss, &entry, 1, NULL, NULL) == ISS_OK ? cause
                                                                   : ISS_STORE;
}

static bool is_refusal(enum iss_status status)
{
    return status == ISS_MALFORMED || status == ISS_CONFLICT ||
           (status >= ISS_XML && status <= ISS_KEY);
}

/* Whether another process has taken this very response since it was compared
 * with what was current then. */
static bool taken_meanwhile(struct iss *iss, const struct iss_import *import)
{
    struct iss_slc_row slc = {0};
    bool taken = !import->again &&
                 iss_store_slc_get(iss->db, &slc, NULL) == ISS_OK &&
                 slc.generation != 0 &&
                 memcmp(slc.body_hash, import->body_hash, ISS_HASH_SIZE) == 0;

    iss_slc_row_clear(&slc);
    return taken;
}

enum iss_status iss_import_check(struct iss *store, const char *text,
                                 size_t len, struct iss_import *import,
                                 struct iss_error *error)
{
    struct iss_error cause = {.status = ISS_OK};
    enum iss_status status = ISS_OK;

    memset(import, 0, sizeof(*import));
    if (store->role == ISS_AUTHORITY)
        return iss_fail(error, ISS_USAGE,
                        "%s: an authority is not enrolled, it enrolls others",
                        store->dir);
    status = judge(store, text, len, import, &cause);
    if (status == ISS_CONFLICT && taken_meanwhile(store, import)) {
        iss_import_clear(import);
        cause.status = ISS_OK;
        status = judge(store, text, len, import, &cause);
    }
    if (is_refusal(status))
        status = deny(store, text, len, status, &cause);
    if (status == ISS_CLOCK)
        iss_journal_clock(store, cause.text);
    return status == ISS_OK ? ISS_OK
                            : iss_fail(error, status, "%s", cause.text);
}

/* Plain concatenation, leaf first. */
static char *join(const struct xrml_chain *chain, size_t *len)
{
    size_t part = 0;
    size_t used = 0;

    *len = 0;
    for (size_t i = 0; i < chain->count; i++) {
        (void)xrml_text(chain->documents[i], &part);
        *len += part + 1;
    }
    char *out = malloc(*len + 1);
    for (size_t i = 0; i < chain->count && out != NULL; i++) {
        const char *text = xrml_text(chain->documents[i], &part);

        memcpy(out + used, text, part);
        used += part;
        out[used++] = '\n';
    }
    return out;
}

static enum iss_status take(struct iss *iss, const struct iss_import *import,
                            struct iss_entry *entry, struct iss_error *error)
{
    struct iss_slc_row slc;
    enum iss_status status = iss_store_begin(iss->db, error);

    if (status != ISS_OK)
        return status;
    status = iss_store_slc_get(iss->db, &slc, error);
    if (status == ISS_OK &&
        memcmp(slc.body_hash, import->body_hash, ISS_HASH_SIZE) == 0) {
        /* another process has taken the same: nothing is left to do */
        iss_slc_row_clear(&slc);
        iss_store_rollback(iss->db);
        return ISS_OK;
    }
    if (status == ISS_OK && slc.generation + 1 != import->generation)
        status = iss_fail(error, ISS_CONFLICT,
                          "response: another certificate was taken meanwhile");
    iss_slc_row_clear(&slc);
    /* perhaps another request than the one that was judged by now */
    if (status == ISS_OK)
        status = match(iss, xrml_fields(import->chain.documents[0]), error);
    if (status == ISS_OK)
        status = iss_journal_append(iss, entry, 1, NULL, error);
    if (status == ISS_OK)
        return iss_store_commit(iss->db, error);
    iss_store_rollback(iss->db);
    return status;
}

static enum iss_status require_consent(const struct iss_import *import,
                                       unsigned flags, struct iss_error *error)
{
    for (size_t i = 0; i < import->change_count; i++) {
        const struct iss_change *change = &import->changes[i];

        if (change->consent && (flags & ISS_ACCEPT_CHANGE) == 0)
            return iss_fail(error, ISS_NOT_CONFIRMED,
                            "response: the %s would change from %.100s to "
                            "%.100s, which was not agreed to",
                            change->what, change->before, change->after);
    }
    return ISS_OK;
}

/* The keys may have changed their purposes: they are opened anew. */
static void forget_keys(struct iss *iss)
{
    EVP_PKEY_free(iss->keys[ISS_KEY_LICENSOR]);
    EVP_PKEY_free(iss->keys[ISS_KEY_NEXT]);
    iss->keys[ISS_KEY_LICENSOR] = NULL;
    iss->keys[ISS_KEY_NEXT] = NULL;
}

enum iss_status iss_import_take(struct iss *store,
                                const struct iss_import *import, unsigned flags,
                                struct iss_error *error)
{
    struct iss_entry entry = iss_entry_of(ISS_REC_IMPORT);
    uint8_t subject[ISS_HASH_SIZE];
    size_t len = 0;
    char *chain = NULL;
    enum iss_status status = ISS_OK;

    if (import->again)
        return ISS_OK;
    status = require_consent(import, flags, error);
    if (status == ISS_OK)
        status = xrml_key_hash(
            &xrml_fields(import->chain.documents[0])->principal_key, subject,
            error);
    if (status != ISS_OK)
        return status;
    chain = join(&import->chain, &len);
    if (chain == NULL)
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    if (import->renewal)
        iss_entry_octets(&entry, ISS_TAG_BEFORE, import->before_hash,
                         ISS_HASH_SIZE);
    iss_entry_octets(&entry, ISS_TAG_AFTER, import->body_hash, ISS_HASH_SIZE);
    iss_entry_octets(&entry, ISS_TAG_SUBJECT, subject, sizeof(subject));
    iss_entry_number(&entry, ISS_TAG_GENERATION, import->generation);
    iss_entry_octets(&entry, ISS_TAG_CHAIN, chain, len);
    iss_entry_text(&entry, ISS_TAG_HOST, store->host);
    iss_entry_text(&entry, ISS_TAG_USER, store->user);
    status = take(store, import, &entry, error);
    free(chain);
    if (status == ISS_OK)
        forget_keys(store);
    return status;
}
