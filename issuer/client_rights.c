/* SPDX-License-Identifier: Apache-2.0 */
/* Rights data of a publication: see client_rights.h. */
#include "client_rights.h"

#include <stdlib.h>
#include <string.h>

#include "client_part.h"
#include "mail.h"
#include "xrml_rights.h"

/* MS-RMPR 2.2.9.8.3 gives the identifier; the address is the author's. */
static const char referral_guid[] = "{81C42010-208A-458A-BAB6-C3C60F06DD5F}";

void client_rights_clear(struct client_rights *rights)
{
    iss_rights_clear(&rights->rights);
    free(rights->sealed);
    *rights = (struct client_rights){0};
}

static enum iss_status fill(const struct client_publication *what,
                            const struct xrml_object *author,
                            struct client_rights *rights,
                            struct iss_error *error)
{
    const struct iss_terms *terms = what->terms;
    const char *mail =
        terms->owner.mail != NULL ? terms->owner.mail : author->name;
    enum iss_status status = iss_rights_of_terms(terms, &rights->rights, error);

    if (status == ISS_OK && terms->grant_count == 0)
        status = iss_fail(error, ISS_MALFORMED, "rights: none is granted");
    if (status == ISS_OK && (mail == NULL || !iss_mail_good(mail)))
        status = iss_fail(error, ISS_MALFORMED,
                          "owner: \"%.80s\" is no mail address",
                          mail == NULL ? "" : mail);
    if (status == ISS_OK && terms->content_guid == NULL)
        status = client_guid(rights->content, error);
    else if (status == ISS_OK &&
             !xrml_guid_normal(terms->content_guid, rights->content))
        status = iss_fail(error, ISS_MALFORMED, "content: '%.60s' is no GUID",
                          terms->content_guid);
    if (status != ISS_OK)
        return status;
    rights->license = (struct xrml_license){
        .type = XRML_RIGHTS,
        .issued = what->now,
        .work = {.id_type = "MS-GUID", .id = rights->content},
        .owner = {.id_type = terms->owner.id_type == NULL
                                 ? "Windows"
                                 : terms->owner.id_type,
                  .id = terms->owner.id,
                  .name = mail},
        .when = terms->validity,
        .right_count = rights->rights.count,
        .rights = rights->rights.rights};
    if (terms->referral != NULL)
        rights->license.referral =
            (struct xrml_object){.type = "Referral-Info",
                                 .id_type = "MS-GUID",
                                 .id = referral_guid,
                                 .name = mail,
                                 .address = terms->referral};
    return ISS_OK;
}

enum iss_status client_rights_make(OSSL_LIB_CTX *libctx,
                                   const struct client_publication *what,
                                   const struct xrml_object *author,
                                   struct client_rights *rights,
                                   struct iss_error *error)
{
    struct xrml_document *written = NULL;
    char *body = NULL;
    enum iss_status status = ISS_OK;

    *rights = (struct client_rights){0};
    status = fill(what, author, rights, error);
    if (status == ISS_OK)
        status = xrml_license_draft(&rights->license, &body, &written, error);
    if (status == ISS_OK)
        status =
            xrml_rights_close(libctx, what->content_key, what->content_key_len,
                              written, &rights->sealed, error);
    xrml_document_free(written);
    free(body);
    return status;
}
