/* SPDX-License-Identifier: Apache-2.0 */
/* Who issues: see office.h. */
#include "office.h"

#include <stdlib.h>
#include <string.h>

#include "authority.h"

static enum iss_status open_authority(struct iss *iss, uint64_t intent,
                                      struct iss_office *office,
                                      struct iss_error *error)
{
    char *texts[ISS_AUTHORITY_DOCUMENTS] = {NULL};
    enum iss_status status = iss_authority_documents(iss, texts, error);

    (void)intent; /* its own certificates are made once */
    for (size_t i = 0; i < ISS_AUTHORITY_DOCUMENTS; i++) {
        if (status == ISS_OK)
            status = xrml_chain_append(&office->chain, texts[i],
                                       strlen(texts[i]), 0, error);
        free(texts[i]);
    }
    office->kind = "slc";
    office->signer = ISS_KEY_ESC;
    office->form = ENROLL_RESPONSE;
    return status;
}

static enum iss_status open_root(struct iss *iss, uint64_t intent,
                                 struct iss_office *office,
                                 struct iss_error *error)
{
    struct iss_slc_row slc;
    enum iss_status status =
        intent == 0 ? iss_store_slc_get(iss->db, &slc, error)
                    : iss_store_slc_before(iss->db, intent, &slc, error);

    if (status == ISS_OK && slc.generation == 0)
        status = iss_fail(
            error, ISS_NOT_ENROLLED,
            "%s: not enrolled: it has no certificate to issue with", iss->dir);
    if (status == ISS_OK)
        status = xrml_chain_append(&office->chain, (const char *)slc.chain.data,
                                   slc.chain.len, 0, error);
    office->generation = slc.generation;
    iss_slc_row_clear(&slc);
    office->kind = "sub-slc";
    office->signer = ISS_KEY_LICENSOR;
    office->form = SUB_ENROLL_RESPONSE;
    return status;
}

static enum iss_status refuse(struct iss *iss, uint64_t intent,
                              struct iss_office *office,
                              struct iss_error *error)
{
    (void)intent;
    (void)office;
    return iss_fail(error, ISS_REFUSED,
                    "%s: role %s signs no server's certificate", iss->dir,
                    iss_role_name(iss->role));
}

static enum iss_status (*const openers[])(struct iss *iss, uint64_t intent,
                                          struct iss_office *office,
                                          struct iss_error *error) = {
    [ISS_AUTHORITY] = open_authority,
    [ISS_ROOT] = open_root,
    [ISS_LICENSING] = refuse,
};

enum iss_status iss_office_open(struct iss *iss, uint64_t intent,
                                struct iss_office *office,
                                struct iss_error *error)
{
    memset(office, 0, sizeof(*office));
    enum iss_status status = openers[iss->role](iss, intent, office, error);

    if (status != ISS_OK)
        iss_office_clear(office);
    return status;
}

enum iss_status iss_office_same(struct iss *iss,
                                const struct iss_office *office,
                                struct iss_error *error)
{
    struct iss_slc_row slc;
    enum iss_status status = ISS_OK;

    if (iss->role != ISS_ROOT)
        return ISS_OK;
    status = iss_store_slc_get(iss->db, &slc, error);
    if (status == ISS_OK && slc.generation != office->generation)
        status = iss_fail(error, ISS_CONFLICT,
                          "%s: its certificate was renewed while the request "
                          "was judged; bring it again",
                          iss->dir);
    iss_slc_row_clear(&slc);
    return status;
}

void iss_office_clear(struct iss_office *office)
{
    xrml_chain_clear(&office->chain);
}

const struct xrml_fields *iss_office_issuer(const struct iss_office *office)
{
    return xrml_fields(office->chain.documents[0]);
}

enum iss_status iss_office_respond(const struct iss_office *office,
                                   const char *document, char **out,
                                   size_t *len, struct iss_error *error)
{
    const char *documents[XRML_CHAIN_DOCUMENTS + 1] = {document};
    char *copies[XRML_CHAIN_DOCUMENTS] = {NULL};
    enum iss_status status = ISS_OK;

    for (size_t i = 0; i < office->chain.count; i++) {
        size_t part = 0;
        const char *text = xrml_text(office->chain.documents[i], &part);

        copies[i] = strndup(text, part);
        documents[i + 1] = copies[i];
        if (copies[i] == NULL)
            status = iss_fail(error, ISS_INTERNAL, "out of memory");
    }
    if (status == ISS_OK)
        status = enroll_response_print(
            office->form, documents, office->chain.count + 1, out, len, error);
    for (size_t i = 0; i < office->chain.count; i++)
        free(copies[i]);
    return status;
}
