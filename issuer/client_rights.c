/* SPDX-License-Identifier: Apache-2.0 */
/* Rights data of a publication: see client_rights.h. */
#include "client_rights.h"

#include <stdlib.h>
#include <string.h>

#include "client_part.h"
#include "xrml_rights.h"

/* MS-RMPR 2.2.9.8.3 gives the identifier; the address is the author's. */
static const char referral_guid[] = "{81C42010-208A-458A-BAB6-C3C60F06DD5F}";

void client_rights_clear(struct client_rights *rights)
{
    free(rights->rights);
    free(rights->names);
    free(rights->sealed);
    *rights = (struct client_rights){0};
}

/* Upper case: letters, digits, '-', '_' and '.', a letter first. */
static bool copy_name(const char *name, char out[static CLIENT_RIGHT_MAX + 1])
{
    size_t len = strlen(name);

    if (len == 0 || len > CLIENT_RIGHT_MAX)
        return false;
    for (size_t i = 0; i < len; i++) {
        char c = name[i];

        if (c >= 'a' && c <= 'z')
            c = (char)(c - 'a' + 'A');
        bool letter = c >= 'A' && c <= 'Z';
        bool other = (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
        if (!letter && (i == 0 || !other))
            return false;
        out[i] = c;
    }
    out[len] = '\0';
    return true;
}

/* MS-RMPR 2.2.9.8.5.3: by mail, or anyone. */
static struct xrml_object grantee(const struct iss_grant *grant)
{
    if (grant->mail == NULL)
        return (struct xrml_object){
            .id_type = "Internal", .id = "Anyone", .name = "Anyone"};
    return (struct xrml_object){.id_type = "Unspecified", .name = grant->mail};
}

static enum iss_status fill_grants(const struct iss_terms *terms,
                                   struct client_rights *rights,
                                   struct iss_error *error)
{
    if (terms->grant_count == 0 || terms->grant_count > ISS_GRANTS_MAX)
        return iss_fail(error, ISS_MALFORMED,
                        "rights: %zu of them, 1 to %d can be granted",
                        terms->grant_count, ISS_GRANTS_MAX);
    rights->rights = calloc(terms->grant_count, sizeof(*rights->rights));
    rights->names = calloc(terms->grant_count, sizeof(*rights->names));
    if (rights->rights == NULL || rights->names == NULL)
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    for (size_t i = 0; i < terms->grant_count; i++) {
        const struct iss_grant *grant = &terms->grants[i];

        if (!copy_name(grant->right, rights->names[i]))
            return iss_fail(error, ISS_MALFORMED,
                            "rights: '%.60s' is no name of a right",
                            grant->right);
        rights->rights[i] = (struct xrml_right){.name = rights->names[i],
                                                .user = grantee(grant),
                                                .range = grant->range,
                                                .interval = grant->interval};
    }
    return ISS_OK;
}

static enum iss_status fill(const struct client_publication *what,
                            const struct xrml_object *author,
                            struct client_rights *rights,
                            struct iss_error *error)
{
    const struct iss_terms *terms = what->terms;
    const char *mail =
        terms->owner.mail != NULL ? terms->owner.mail : author->name;
    enum iss_status status = fill_grants(terms, rights, error);

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
        .right_count = terms->grant_count,
        .rights = rights->rights};
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
    char *body = NULL;
    char *text = NULL;
    enum iss_status status = ISS_OK;

    *rights = (struct client_rights){0};
    status = fill(what, author, rights, error);
    if (status == ISS_OK)
        status = xrml_license_build(&rights->license, &body, error);
    if (status == ISS_OK)
        status = xrml_unsigned_assemble(body, strlen(body), &text, error);
    if (status == ISS_OK)
        status =
            xrml_rights_seal(libctx, what->content_key, what->content_key_len,
                             text, &rights->sealed, error);
    free(body);
    free(text);
    return status;
}
