/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rights policy template: MS-RMPR 2.2.9.10. What an administrator allows, for
 * authors to choose; a single document, which they need not trust to be whole:
 * it is signed.
 */
#include <stdlib.h>

#include "matter.h"
#include "rights.h"

enum { MINUTE = 60 };

static enum iss_status read_order(struct iss_matter *matter,
                                  struct iss_error *error)
{
    const struct iss_terms *terms = matter->order->terms;

    if (terms == NULL || terms->text == NULL)
        return iss_fail(error, ISS_MALFORMED,
                        "template: it has no terms, or no name");
    if (!iss_policy_text_good(terms->text))
        return iss_fail(error, ISS_MALFORMED,
                        "template: its name is not of the form \"LCID 1033:"
                        "NAME x:DESCRIPTION y;\"");
    if (terms->grant_count == 0)
        return iss_fail(error, ISS_MALFORMED,
                        "template: it grants no right to anybody");
    if (terms->owner.mail != NULL || terms->content_guid != NULL)
        return iss_fail(error, ISS_MALFORMED,
                        "template: it is for contents of many owners, and "
                        "names none");
    return ISS_OK;
}

/* ISSUER has no SECURITYLEVEL here. */
static enum iss_status build(struct iss_matter *matter,
                             const struct iss_rights *rights,
                             const char *address, struct iss_error *error)
{
    const struct xrml_fields *own = xrml_fields(matter->own.documents[0]);
    const struct iss_terms *terms = matter->order->terms;
    struct xrml_license fields = {
        .type = XRML_TEMPLATE,
        .guid = matter->guid,
        .text = terms->text,
        .issued = matter->now - matter->now % MINUTE,
        .issuer = {.object = own->principal, .key = own->principal_key},
        .point_count = 1,
        .points = {{.object = {.type = "Publishing-URL",
                               .id_type = "MS-GUID",
                               .id = "{9A23D98E-4449-4ba5-812A-F30808F3CB16}",
                               .name = "Publishing Point",
                               .address = address}}},
        .work = {.id_type = ""},
        .when = terms->validity,
        .refresh = terms->refresh,
        .right_count = rights->count,
        .rights = rights->rights};

    if (terms->referral != NULL)
        fields.referral =
            (struct xrml_object){.type = "Referral-Info",
                                 .id_type = "MS-GUID",
                                 .id = "{81C42010-208A-458A-BAB6-C3C60F06DD5F}",
                                 .name = terms->referral,
                                 .address = terms->referral};
    return xrml_license_build(&fields, &matter->body, error);
}

static enum iss_status write_template(struct iss_matter *matter,
                                      struct iss_error *error)
{
    const struct iss_terms *terms = matter->order->terms;
    struct iss_rights rights = {.count = 0};
    char *address = NULL;
    enum iss_status status = ISS_OK;

    if (terms->validity.present && terms->validity.until <= matter->now)
        return iss_fail(error, ISS_REFUSED, "template: its content has ended");
    status = iss_rights_of_terms(terms, &rights, error);

    if (status == ISS_OK)
        status = iss_matter_address(matter, "/licensing", &address, error);
    if (status == ISS_OK)
        status = build(matter, &rights, address, error);
    free(address);
    iss_rights_clear(&rights);
    return status;
}

const struct iss_license_profile iss_license_template = {
    .kind = "template", .read = read_order, .write = write_template};
