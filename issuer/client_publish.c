/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Publishing without a server at hand (MS-RMPR 3.8.4.4): a publishing license
 * signed with the key of a client licensor certificate, its content key sealed
 * to the server that issued that certificate, and the owner's own use license.
 */
#include <stdlib.h>
#include <string.h>

#include "client_part.h"
#include "client_rights.h"
#include "xml.h"
#include "xrml_document.h"
#include "xrml_key.h"

static enum iss_status check_clc(const struct client_publication *what,
                                 struct iss_error *error)
{
    const struct xrml_fields *clc =
        what->clc->count == 0 ? NULL : xrml_fields(what->clc->documents[0]);
    struct client_numbers own;
    char until[XRML_TIME_SIZE] = "?";
    enum iss_status status = client_numbers(what->key, &own, error);

    if (status != ISS_OK)
        return status;
    if (clc == NULL || clc->type != XRML_CLC)
        return iss_fail(error, ISS_REFUSED,
                        "publishing: no client licensor certificate");
    if (!xrml_key_same(&own.key, &clc->principal_key))
        return iss_fail(error, ISS_REFUSED,
                        "publishing: the key is not that of the client "
                        "licensor certificate");
    if (clc->range.present && what->now >= clc->range.from &&
        what->now < clc->range.until)
        return ISS_OK;
    (void)xrml_time_print(clc->range.until, until);
    return iss_fail(error, ISS_REFUSED,
                    "publishing: the client licensor certificate %s holds "
                    "until %s, not now",
                    clc->descriptor.id == NULL ? "" : clc->descriptor.id,
                    until);
}

static struct sealed_secret content_key(const struct client_publication *what)
{
    struct sealed_secret secret = {.len = what->content_key_len};

    memcpy(secret.octets, what->content_key, what->content_key_len);
    return secret;
}

/* Fills bits of *place, which belongs to fields, when all else of them is
 * there; *text is what they point to, to be freed. */
static enum iss_status
seal_into(OSSL_LIB_CTX *libctx, const struct client_publication *what,
          const struct xrml_license *fields, const struct xrml_key *to,
          struct xrml_bits *place, char **text, struct iss_error *error)
{
    struct sealed_secret secret = content_key(what);
    char *bound = NULL;
    enum iss_status status = xrml_license_binding(fields, &bound, error);

    *text = NULL;
    if (status == ISS_OK)
        status = client_seal(libctx, bound, to, &secret, text, error);
    if (status == ISS_OK)
        *place = (struct xrml_bits){.form = sealed_form_name(SEALED_V2),
                                    .text = *text};
    sealed_secret_wipe(&secret);
    free(bound);
    return status;
}

/* The document and those of the chain, one after the other. */
static enum iss_status join(const char *document,
                            const struct xrml_chain *chain, char **out,
                            size_t *len, struct iss_error *error)
{
    struct xml_out text = {0};

    xml_out_raw(&text, document);
    xml_out_raw(&text, "\n");
    for (size_t i = 0; i < chain->count; i++) {
        size_t one = 0;
        const char *next = xrml_text(chain->documents[i], &one);

        xml_out_octets(&text, next, one);
        xml_out_raw(&text, "\n");
    }
    *out = xml_out_take(&text, len);
    return *out == NULL ? iss_fail(error, ISS_INTERNAL, "out of memory")
                        : ISS_OK;
}

static enum iss_status sign_all(OSSL_LIB_CTX *libctx,
                                const struct client_publication *what,
                                const struct xrml_license *fields, char **out,
                                size_t *len, struct iss_error *error)
{
    char *document = NULL;
    enum iss_status status =
        client_sign(libctx, fields, what->key, &document, error);

    if (status == ISS_OK)
        status = join(document, what->clc, out, len, error);
    free(document);
    return status;
}

/* ISSUEDPRINCIPALS is the server that ISSUER of the CLC names, and the places
 * to ask it are the CLC's: MS-RMPR 2.2.9.7.3, 2.2.9.7.4. */
static void name_server(const struct xrml_license *clc,
                        struct xrml_license *fields)
{
    fields->principal = clc->issuer;
    fields->point_count = clc->point_count;
    memcpy(fields->points, clc->points, sizeof(fields->points));
}

static enum iss_status publish(OSSL_LIB_CTX *libctx,
                               const struct client_publication *what,
                               const struct xrml_license *clc, char **out,
                               size_t *len, struct iss_error *error)
{
    const struct xrml_fields *own = xrml_fields(what->clc->documents[0]);
    struct client_rights rights;
    char guid[XRML_GUID_SIZE];
    char *bits = NULL;
    enum iss_status status =
        client_rights_make(libctx, what, &own->principal, &rights, error);

    if (status == ISS_OK)
        status = client_guid(guid, error);
    if (status == ISS_OK) {
        struct xrml_license pl = {
            .type = XRML_PL,
            .guid = guid,
            .text = what->terms->text,
            .issued = what->now,
            .validity = what->terms->validity,
            .issuer_text = own->principal_text,
            .issuer_text_len = own->principal_text_len,
            .referral = rights.license.referral,
            .work = rights.license.work,
            .owner = rights.license.owner,
            .refresh = what->terms->refresh,
            .data_count = 1,
            .data = {{.id = "Encrypted-Rights-Data", .text = rights.sealed}}};

        name_server(clc, &pl);
        status = seal_into(libctx, what, &pl, &clc->issuer.key,
                           &pl.principal.bits, &bits, error);
        if (status == ISS_OK)
            status = sign_all(libctx, what, &pl, out, len, error);
    }
    free(bits);
    client_rights_clear(&rights);
    return status;
}

enum iss_status client_publish(OSSL_LIB_CTX *libctx,
                               const struct client_publication *what,
                               char **out, size_t *len, struct iss_error *error)
{
    struct xrml_reading *clc = NULL;
    enum iss_status status = check_clc(what, error);

    *out = NULL;
    *len = 0;
    if (status == ISS_OK && what->content_key_len != 16 &&
        what->content_key_len != ISS_CONTENT_KEY_MAX)
        status = iss_fail(error, ISS_USAGE,
                          "content key: %zu octets, 16 or %d are one",
                          what->content_key_len, ISS_CONTENT_KEY_MAX);
    if (status == ISS_OK)
        status = xrml_license_read(what->clc->documents[0], &clc, error);
    if (status == ISS_OK)
        status =
            publish(libctx, what, xrml_reading_license(clc), out, len, error);
    xrml_reading_free(clc);
    return status;
}

/* ---- the owner's license
 */

static enum iss_status license_owner(OSSL_LIB_CTX *libctx,
                                     const struct client_publication *what,
                                     const struct xrml_license *pl,
                                     const struct xrml_license *rac, char **out,
                                     size_t *len, struct iss_error *error)
{
    const struct xrml_fields *own = xrml_fields(what->clc->documents[0]);
    char guid[XRML_GUID_SIZE];
    char *bits = NULL;
    struct xrml_right right = {.name = "OWNER", .first = true};
    enum iss_status status = client_guid(guid, error);

    if (status != ISS_OK)
        return status;
    const struct xrml_license ul = {.type = XRML_UL,
                                    .guid = guid,
                                    .issued = what->now,
                                    .issuer_text = own->principal_text,
                                    .issuer_text_len = own->principal_text_len,
                                    .principal = rac->principal,
                                    .referral = pl->referral,
                                    .work = pl->work,
                                    .owner = pl->owner,
                                    .right_count = 1,
                                    .rights = &right};
    status = seal_into(libctx, what, &ul, &rac->principal.key, &right.bits,
                       &bits, error);
    if (status == ISS_OK)
        status = sign_all(libctx, what, &ul, out, len, error);
    free(bits);
    return status;
}

enum iss_status client_license_owner(OSSL_LIB_CTX *libctx,
                                     const struct client_publication *what,
                                     const struct xrml_document *pl,
                                     const struct xrml_document *rac,
                                     char **out, size_t *len,
                                     struct iss_error *error)
{
    struct xrml_reading *content = NULL;
    struct xrml_reading *account = NULL;
    enum iss_status status = check_clc(what, error);

    *out = NULL;
    *len = 0;
    if (status == ISS_OK && (xrml_fields(pl)->type != XRML_PL ||
                             xrml_fields(rac)->type != XRML_RAC))
        status = iss_fail(error, ISS_USAGE,
                          "owner's license: made from a publishing license and "
                          "an account certificate");
    if (status == ISS_OK &&
        !xrml_object_same(&xrml_fields(rac)->principal,
                          &xrml_fields(what->clc->documents[0])->principal))
        status = iss_fail(error, ISS_REFUSED,
                          "owner's license: account and client licensor "
                          "certificate are of two users");
    if (status == ISS_OK)
        status = xrml_license_read(pl, &content, error);
    if (status == ISS_OK)
        status = xrml_license_read(rac, &account, error);
    if (status == ISS_OK)
        status = license_owner(libctx, what, xrml_reading_license(content),
                               xrml_reading_license(account), out, len, error);
    xrml_reading_free(content);
    xrml_reading_free(account);
    return status;
}
