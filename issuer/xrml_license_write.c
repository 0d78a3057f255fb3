/* SPDX-License-Identifier: Apache-2.0 */
/* Licenses to text: one row a kind, in the order of MS-RMPR's templates. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xml_text.h"
#include "xrml_document.h"
#include "xrml_form.h"
#include "xrml_key.h"
#include "xrml_part.h"
#include "xrml_revoke.h"
#include "xrml_rights.h"

/* Rights that are elements of their own; any other is <RIGHT name="...">, as
 * VIEWRIGHTSDATA is in 4.5.7, whatever the grammar of 2.2.9.8 says. */
static const char *const own_elements[] = {"VIEW",   "PRINT",   "EDIT",
                                           "EXPORT", "EXTRACT", "FORWARD"};

/* ---- parts ------------------------------------------------------------------
 */

static void write_guid_object(struct xml_out *out, const char *type,
                              const char *guid, const char *name)
{
    const struct xrml_object object = {
        .type = type, .id_type = "MS-GUID", .id = guid, .name = name};

    xrml_write_object(out, &object);
}

static void write_levels(struct xml_out *out,
                         const struct xrml_principal *principal)
{
    for (size_t i = 0; i < principal->level_count; i++)
        xrml_write_level(out, principal->levels[i].name,
                         principal->levels[i].value);
}

/* Of the hardware, MS-RMPR 2.2.9.4.4. The size is that of the hash, however
 * much stands behind it: real ones are longer. */
static void write_digest(struct xml_out *out,
                         const struct xrml_principal *principal)
{
    enum xrml_digest digest = XRML_SHA256;
    char size[16];

    if (principal->digest == NULL || principal->hash == NULL)
        return;
    if (!xrml_digest_find(principal->digest, strlen(principal->digest),
                          &digest)) {
        out->failed = true;
        return;
    }
    (void)snprintf(size, sizeof(size), "%zu",
                   xrml_digest_row(digest)->octets * 8);
    xml_out_raw(out, "<DIGEST>");
    xrml_write_element(out, "ALGORITHM", principal->digest);
    xml_out_raw(out, "<PARAMETER name=\"codingtype\"><VALUE "
                     "encoding=\"string\">surface-coding</VALUE>"
                     "</PARAMETER><VALUE encoding=\"base64\" size=\"");
    xml_out_raw(out, size);
    xml_out_raw(out, "\">");
    xml_out_text(out, principal->hash);
    xml_out_raw(out, "</VALUE></DIGEST>");
}

/* inner: the machine's bits come before its levels, as servers write it. */
static void write_principal(struct xml_out *out,
                            const struct xrml_principal *principal,
                            bool bits_first)
{
    xrml_write_object(out, &principal->object);
    xrml_write_key(out, &principal->key);
    write_digest(out, principal);
    if (bits_first)
        xrml_write_bits(out, &principal->bits);
    write_levels(out, principal);
    if (!bits_first)
        xrml_write_bits(out, &principal->bits);
}

static void write_issuer(struct xml_out *out, const struct xrml_license *l)
{
    if (l->issuer_text == NULL && l->issuer.key.modulus == NULL)
        return;
    xml_out_raw(out, "<ISSUER>");
    if (l->issuer_text != NULL)
        xml_out_octets(out, l->issuer_text, l->issuer_text_len);
    else
        write_principal(out, &l->issuer, false);
    xml_out_raw(out, "</ISSUER>");
}

static void write_access(struct xml_out *out, const struct xrml_right *right)
{
    xml_out_raw(out, "<ACCESS>");
    if (right->first && right->bits.form == NULL) {
        xml_out_raw(out, "<PRINCIPAL internal-id=\"1\" />");
    } else {
        xml_out_raw(out, right->first ? "<PRINCIPAL internal-id=\"1\">"
                                      : "<PRINCIPAL>");
        if (!right->first)
            xrml_write_object(out, &right->user);
        xrml_write_bits(out, &right->bits);
        xml_out_raw(out, "</PRINCIPAL>");
    }
    xml_out_raw(out, "</ACCESS>");
}

static void write_times(struct xml_out *out, const struct xrml_range *range,
                        const struct xrml_interval *interval)
{
    if (!range->present && !interval->present)
        return;
    xml_out_raw(out, "<TIME>");
    xrml_write_range(out, "RANGETIME", range);
    xrml_write_interval(out, interval);
    xml_out_raw(out, "</TIME>");
}

/* The time of ISSUE stands before whom it is for, that of others behind. */
static void write_right(struct xml_out *out, const struct xrml_right *right)
{
    bool own = false;
    bool issue = strcmp(right->name, "ISSUE") == 0;

    for (size_t i = 0; i < sizeof(own_elements) / sizeof(own_elements[0]); i++)
        own = own || strcmp(own_elements[i], right->name) == 0;
    xml_out_raw(out, own ? "<" : "<RIGHT name=\"");
    xml_out_text(out, right->name);
    xml_out_raw(out, own ? ">" : "\">");
    xml_out_raw(out, "<CONDITIONLIST>");
    if (issue)
        write_times(out, &right->range, &right->interval);
    write_access(out, right);
    if (!issue)
        write_times(out, &right->range, &right->interval);
    xml_out_raw(out, "</CONDITIONLIST></");
    xml_out_raw(out, own ? right->name : "RIGHT");
    xml_out_raw(out, ">");
}

static void write_work(struct xml_out *out, const struct xrml_license *l)
{
    if (l->work.id_type == NULL)
        return;
    xml_out_raw(out, "<WORK>");
    xrml_write_object(out, &l->work);
    if (l->owner.id_type != NULL) {
        xml_out_raw(out, "<METADATA><OWNER>");
        xrml_write_object(out, &l->owner);
        xml_out_raw(out, "</OWNER></METADATA>");
    }
    if (l->when.present || l->how_long.present) {
        xml_out_raw(out, "<PRECONDITIONLIST>");
        write_times(out, &l->when, &l->how_long);
        xml_out_raw(out, "</PRECONDITIONLIST>");
    }
    xrml_write_refresh(out, &l->refresh);
    if (l->right_count > 0) {
        xml_out_raw(out, "<RIGHTSGROUP name=\"Main-Rights\"><RIGHTSLIST>");
        for (size_t i = 0; i < l->right_count; i++)
            write_right(out, &l->rights[i]);
        xml_out_raw(out, "</RIGHTSLIST></RIGHTSGROUP>");
    }
    xml_out_raw(out, "</WORK>");
}

static void write_data(struct xml_out *out, const struct xrml_license *l)
{
    for (size_t i = 0; i < l->data_count; i++) {
        const struct xrml_data *data = &l->data[i];

        xml_out_raw(out, "<AUTHENTICATEDDATA id=\"");
        xml_out_text(out, data->id);
        if (data->name != NULL) {
            xml_out_raw(out, "\" name=\"");
            xml_out_text(out, data->name);
        }
        xml_out_raw(out, "\">");
        xml_out_text(out, data->text);
        xml_out_raw(out, "</AUTHENTICATEDDATA>");
    }
}

/* ---- the whole --------------------------------------------------------------
 */

static void write_head(struct xml_out *out, const struct xrml_form *form,
                       const struct xrml_license *l)
{
    xml_out_raw(out, "<BODY type=\"");
    xml_out_raw(out, form->body_type);
    if (form->version != NULL) {
        xml_out_raw(out, "\" version=\"");
        xml_out_raw(out, form->version);
    }
    xml_out_raw(out, "\">");
    xrml_write_time(out, "ISSUEDTIME", l->issued);
    xrml_write_range(out, "VALIDITYTIME", &l->validity);
    if (l->guid != NULL) {
        xml_out_raw(out, "<DESCRIPTOR>");
        write_guid_object(out, form->object, l->guid, l->text);
        xml_out_raw(out, "</DESCRIPTOR>");
    }
    write_issuer(out, l);
    for (size_t i = 0; i < l->point_count; i++)
        xrml_write_point(out, &l->points[i]);
}

static void write_principals(struct xml_out *out, enum xrml_type type,
                             const struct xrml_principal *principal)
{
    if (principal->object.type == NULL)
        return;
    xml_out_raw(out, "<ISSUEDPRINCIPALS>");
    xml_out_raw(out, type == XRML_MACHINE_CERTIFICATE
                         ? "<PRINCIPAL>"
                         : "<PRINCIPAL internal-id=\"1\">");
    write_principal(out, principal, false);
    xml_out_raw(out, "</PRINCIPAL></ISSUEDPRINCIPALS>");
}

static void write_tail(struct xml_out *out, const struct xrml_license *l)
{
    write_principals(out, l->type, &l->principal);
    if (l->referral.type != NULL) {
        const struct xrml_point referral = {.object = l->referral};
        xrml_write_point(out, &referral);
    }
    write_work(out, l);
    write_data(out, l);
    if (l->machine.object.type != NULL) {
        xml_out_raw(out, "<FEDERATIONPRINCIPALS><PRINCIPAL>");
        write_principal(out, &l->machine, true);
        xml_out_raw(out, "</PRINCIPAL></FEDERATIONPRINCIPALS>");
    }
    if (l->type == XRML_REVOCATION_LIST) {
        xml_out_raw(out, "<REVOCATIONLIST>");
        for (size_t i = 0; i < l->revoked_count; i++)
            xrml_revoke_write(out, &l->revoked[i]);
        xml_out_raw(out, "</REVOCATIONLIST>");
    }
    xml_out_raw(out, "</BODY>");
}

/* In a document with a signature of zeros: only BODY is looked at. */
static enum iss_status read_back(const struct xrml_license *l, const char *body,
                                 struct xrml_document **draft,
                                 struct iss_error *error)
{
    struct xrml_document *document = NULL;
    struct xrml_reading *reading = NULL;
    char *text = NULL;
    struct iss_error cause = {.status = ISS_OK};
    const bool rights = l->type == XRML_RIGHTS;
    const size_t len = strlen(body);
    enum iss_status status =
        rights ? xrml_unsigned_assemble(body, len, &text, &cause)
               : xrml_draft_assemble(body, len, &text, &cause);

    if (status == ISS_OK)
        status =
            rights ? xrml_unsigned_parse(text, strlen(text), &document, &cause)
                   : xrml_parse(text, strlen(text), NULL, &document, &cause);
    if (status == ISS_OK)
        status = xrml_license_read(document, &reading, &cause);
    if (status != ISS_OK)
        status = iss_fail(error, ISS_INTERNAL, "%s as built: %s",
                          xrml_type_text(l->type), cause.text);
    else if (!xrml_license_same(l, xrml_reading_license(reading)))
        status = iss_fail(error, ISS_INTERNAL,
                          "%s as built does not say what was asked for",
                          xrml_type_text(l->type));
    xrml_reading_free(reading);
    if (status == ISS_OK)
        *draft = document;
    else
        xrml_document_free(document);
    free(text);
    return status;
}

static bool is_text(const char *body)
{
    const size_t len = strlen(body);
    uint32_t c = 0;

    for (size_t at = 0; at < len;) {
        while (body[at] >= ' ' && body[at] <= '~')
            at++;
        if (at < len &&
            (!xml_utf8_next(body, len, &at, &c) || !xml_char_allowed(c)))
            return false;
    }
    return true;
}

enum iss_status xrml_license_draft(const struct xrml_license *fields,
                                   char **out, struct xrml_document **draft,
                                   struct iss_error *error)
{
    const struct xrml_form *form = xrml_form_of(fields->type);
    struct xml_out text = {0};
    char *body = NULL;
    enum iss_status status = xrml_form_check(fields, error);

    *out = NULL;
    *draft = NULL;
    if (status != ISS_OK)
        return status;
    write_head(&text, form, fields);
    write_tail(&text, fields);
    body = xml_out_take(&text, NULL);
    if (body == NULL)
        return iss_fail(error, ISS_INTERNAL,
                        "%s: a time outside the years 0001 to 9999, or out of "
                        "memory",
                        xrml_type_text(fields->type));
    if (!is_text(body))
        status = iss_fail(error, ISS_MALFORMED,
                          "%s: a text in it is not UTF-8, or has a control "
                          "character",
                          xrml_type_text(fields->type));
    else if (strlen(body) > XRML_BODY_MAX)
        status = iss_fail(
            error, ISS_MALFORMED, "%s: %zu octets, at most %d are signed",
            xrml_type_text(fields->type), strlen(body), XRML_BODY_MAX);
    if (status == ISS_OK)
        status = read_back(fields, body, draft, error);
    if (status == ISS_OK)
        *out = body;
    else
        free(body);
    return status;
}

enum iss_status xrml_license_build(const struct xrml_license *fields,
                                   char **out, struct iss_error *error)
{
    struct xrml_document *draft = NULL;
    enum iss_status status = xrml_license_draft(fields, out, &draft, error);

    xrml_document_free(draft);
    return status;
}

enum iss_status xrml_license_binding(const struct xrml_license *fields,
                                     char **out, struct iss_error *error)
{
    struct xrml_principal principal = fields->principal;
    struct xml_out text = {0};

    *out = NULL;
    if (principal.level_count > XRML_LEVELS_MAX ||
        fields->issuer.level_count > XRML_LEVELS_MAX)
        return iss_fail(error, ISS_MALFORMED, "%s: too many SECURITYLEVEL",
                        xrml_type_text(fields->type));
    if (fields->type == XRML_PL) {
        principal.bits = (struct xrml_bits){.form = NULL};
        write_principals(&text, fields->type, &principal);
    } else {
        write_issuer(&text, fields);
    }
    *out = xml_out_take(&text, NULL);
    if (*out == NULL)
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    if ((*out)[0] != '\0')
        return ISS_OK;
    free(*out);
    *out = NULL;
    return iss_fail(error, ISS_MALFORMED,
                    "%s: what its sealed key is bound to is not there",
                    xrml_type_text(fields->type));
}
