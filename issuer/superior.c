/* SPDX-License-Identifier: Apache-2.0 */
/* Who signs above this server: see superior.h. */
#include "superior.h"

#include <string.h>

#include "journal.h"

enum iss_status iss_superior_chain(struct iss *iss, struct xrml_chain *chain,
                                   struct iss_error *error)
{
    const struct iss_field *field = NULL;
    struct iss_loaded record = {0};
    uint64_t seq = 0;
    enum iss_status status = ISS_OK;

    memset(chain, 0, sizeof(*chain));
    if (iss->role != ISS_LICENSING)
        return iss_fail(error, ISS_USAGE, "%s: role %s has no root above it",
                        iss->dir, iss_role_name(iss->role));
    status = iss_store_newest(iss->db, ISS_REC_TRUST, ISS_TRUST_OF_INIT, &seq,
                              error);
    if (status == ISS_OK && seq != 0)
        status = iss_journal_load(iss->db, seq, &record, error);
    if (status == ISS_OK && seq != 0)
        field = iss_record_field(&record.decoded.record, ISS_TAG_CHAIN);
    if (status == ISS_OK && field == NULL)
        status = iss_fail(error, ISS_JOURNAL,
                          "%s: the journal does not say which root it has",
                          iss->dir);
    if (status == ISS_OK && field != NULL)
        status = xrml_chain_append(chain, (const char *)field->value,
                                   field->len, 0, error);
    iss_loaded_clear(&record);
    return status;
}

enum iss_status iss_superior_key(struct iss *iss,
                                 uint8_t hash[static ISS_HASH_SIZE],
                                 bool *known, struct iss_error *error)
{
    struct xrml_chain chain = {0};
    struct iss_slc_row slc;
    size_t issuer = 1;
    enum iss_status status = iss_store_slc_get(iss->db, &slc, error);

    *known = false;
    if (status == ISS_OK && slc.generation > 0) {
        status = iss_chain(iss, &chain, error);
    } else if (status == ISS_OK && iss->role == ISS_LICENSING) {
        status = iss_superior_chain(iss, &chain, error);
        issuer = 0;
    }
    if (status == ISS_OK && issuer < chain.count) {
        status = xrml_key_hash(
            &xrml_fields(chain.documents[issuer])->principal_key, hash, error);
        *known = status == ISS_OK;
    }
    iss_slc_row_clear(&slc);
    xrml_chain_clear(&chain);
    return status;
}

enum iss_status iss_superior_check(OSSL_LIB_CTX *libctx,
                                   const struct xrml_anchors *anchors,
                                   const char *text, size_t len, int64_t now,
                                   struct iss_error *error)
{
    const struct xrml_policy policy = {.at_set = true, .at = now, .now = now};
    struct xrml_chain chain = {0};
    struct xrml_report report;
    struct iss_error cause = {.status = ISS_OK};
    enum iss_status status = xrml_chain_append(&chain, text, len, 0, &cause);

    if (status == ISS_OK && chain.count == 0)
        status = iss_fail(&cause, ISS_XML, "no document in it");
    if (status == ISS_OK)
        status = xrml_chain_verify(libctx, &chain, anchors, &policy, &report,
                                   &cause);
    if (status == ISS_OK && report.nodes[0].place != XRML_PLACE_SLC)
        status = iss_fail(&cause, ISS_REFUSED,
                          "its first document is a %s and no root server's "
                          "certificate",
                          xrml_place_text(report.nodes[0].place));
    xrml_chain_clear(&chain);
    return status == ISS_OK ? ISS_OK
                            : iss_fail(error, status, "root: %s", cause.text);
}
