/* SPDX-License-Identifier: Apache-2.0 */
/* Whose revocation lists mean anything to a store: see trust_revoker.h. */
#include "trust_revoker.h"

#include <stdlib.h>
#include <string.h>

#include "issue.h"
#include "superior.h"
#include "trust_kept.h"
#include "xrml_key.h"
#include "xrml_license.h"

struct search {
    const struct xrml_key *key;
    bool found;
};

static void look(struct search *search, const struct xrml_key *key)
{
    search->found = search->found ||
                    (key->modulus != NULL && xrml_key_same(search->key, key));
}

/* Who issued it, whom it certifies, whom it names beside its issuer. */
static void look_document(struct search *search,
                          const struct xrml_document *document)
{
    const struct xrml_fields *fields = xrml_fields(document);

    look(search, &fields->issuer_key);
    look(search, &fields->principal_key);
    for (size_t i = 0; i < fields->revoker_count; i++)
        look(search, &fields->revokers[i]);
}

static void look_chain(struct search *search, const struct xrml_chain *chain)
{
    for (size_t i = 0; i < chain->count; i++)
        look_document(search, chain->documents[i]);
}

/* The store's own chain, and before it is enrolled its root's. */
static enum iss_status look_own(struct iss *iss, struct search *search,
                                struct iss_error *error)
{
    struct xrml_chain chain = {0};
    struct xrml_anchors *anchors = NULL;
    struct iss_slc_row slc = {0};
    enum iss_status status = iss_store_slc_get(iss->db, &slc, error);

    if (status == ISS_OK && (slc.generation != 0 || iss->role == ISS_AUTHORITY))
        status = iss_chain(iss, &chain, error);
    else if (status == ISS_OK && iss->role == ISS_LICENSING)
        status = iss_superior_chain(iss, &chain, error);
    look_chain(search, &chain);
    if (status == ISS_OK)
        status = iss_anchors(iss, &anchors, error);
    for (size_t i = 0; status == ISS_OK && i < xrml_anchors_count(anchors); i++)
        look(search, xrml_anchor_key(anchors, i));
    xrml_anchors_free(anchors);
    xrml_chain_clear(&chain);
    iss_slc_row_clear(&slc);
    return status;
}

/* Keys that the store has or had. */
static enum iss_status look_keys(struct iss *iss, struct search *search,
                                 struct iss_error *error)
{
    uint8_t hash[ISS_HASH_SIZE];
    struct iss_key_row row = {0};
    enum iss_status status = xrml_key_hash(search->key, hash, error);

    if (status == ISS_OK)
        status = iss_store_key_by_hash(iss->db, hash, &row, error);
    search->found =
        search->found || (row.seq != 0 && strcmp(row.purpose, "audit") != 0);
    iss_key_row_clear(&row);
    return status;
}

static void look_license(struct search *search,
                         const struct xrml_license *license)
{
    for (size_t i = 0; i < license->refresh.count; i++)
        look(search, &license->refresh.points[i].key);
    for (size_t i = 0; i < license->point_count; i++)
        look(search, &license->points[i].key);
}

/* Most publishing licenses name nobody: those are not taken apart. */
static bool names_somebody(const char *text, size_t len)
{
    static const char word[] = "<PUBLICKEY";
    static const char mark[] = "\"Revocation\"";

    return memmem(text, len, mark, sizeof(mark) - 1) != NULL &&
           memmem(text, len, word, sizeof(word) - 1) != NULL;
}

/* The condition of a template or a publishing license may name somebody else,
 * whose lists are then asked for by every license made from it. */
static enum iss_status look_issued(struct iss *iss,
                                   const struct iss_issue_row *row,
                                   const char *kind, struct search *search,
                                   struct iss_error *error)
{
    struct iss_done done = {0};
    char *text = NULL;
    size_t len = 0;
    struct xrml_document *document = NULL;
    struct xrml_reading *reading = NULL;
    enum iss_status status = iss_done_load(iss->db, row, &done, error);

    if (status == ISS_OK)
        status = iss_done_document(&done, kind, &text, &len, error);
    if (status != ISS_OK || !names_somebody(text, len))
        goto out;
    status = xrml_parse(text, len, NULL, &document, error);
    if (status == ISS_OK)
        status = xrml_license_read(document, &reading, error);
    if (status == ISS_OK)
        look_license(search, xrml_reading_license(reading));
out:
    xrml_reading_free(reading);
    xrml_document_free(document);
    free(text);
    iss_done_clear(&done);
    return status;
}

static enum iss_status look_all(struct iss *iss, enum iss_license_kind which,
                                struct search *search, struct iss_error *error)
{
    const char *kind = iss_license_kind_name(which);
    struct iss_issue_row row = {0};
    enum iss_status status = ISS_OK;

    do {
        status = iss_store_issue_of_kind_after(iss->db, kind, row.intent, &row,
                                               error);
        if (status == ISS_OK && row.intent != 0 && row.result != 0)
            status = look_issued(iss, &row, kind, search, error);
    } while (status == ISS_OK && row.intent != 0 && !search->found);
    return status;
}

enum iss_status iss_trust_may_revoke(struct iss *iss,
                                     const struct xrml_key *key,
                                     struct iss_error *error)
{
    struct search search = {.key = key};
    struct iss_trust *kept = NULL;
    enum iss_status status = look_own(iss, &search, error);

    if (status == ISS_OK)
        status = look_keys(iss, &search, error);
    if (status == ISS_OK)
        status = iss_trust_kept(iss, &kept, error);
    for (size_t i = 0; status == ISS_OK && i < kept->domain_count; i++)
        look_chain(&search, &kept->domains[i].chain);
    if (status == ISS_OK && !search.found)
        status = look_all(iss, ISS_TEMPLATE, &search, error);
    if (status == ISS_OK && !search.found)
        status = look_all(iss, ISS_PL, &search, error);
    if (status == ISS_OK && !search.found)
        status = iss_fail(error, ISS_REFUSED,
                          "the key that signed it may revoke nothing here: it "
                          "is in no chain, and no certificate, template or "
                          "publishing license names it");
    return status;
}
