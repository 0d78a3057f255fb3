/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A certificate of the SLC family, MS-RMPR 2.2.9.3, from its fields: one line,
 * no white space between tags, as servers write it. What was written is read
 * back and compared, so nothing is ever signed that means something else.
 */
#include <stdlib.h>
#include <string.h>

#include "xrml_document.h"
#include "xrml_key.h"
#include "xrml_part.h"

static const struct {
    enum xrml_type type;
    const char *object_type;
} rows[] = {{XRML_CA_CERTIFICATE, "DRM-CA-Certificate"},
            {XRML_SERVER_CERTIFICATE, "Server-Licensor-Certificate"}};

static const char *object_type(enum xrml_type type)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].type == type)
            return rows[i].object_type;
    return NULL;
}

/* A certificate of the family has its range whatever the caller calls it. */
static struct xrml_range asked_range(const struct xrml_certificate *c)
{
    return (struct xrml_range){
        .present = true, .from = c->range.from, .until = c->range.until};
}

static void write_work(struct xml_out *out, const struct xrml_certificate *c,
                       const struct xrml_object *document)
{
    const struct xrml_range range = asked_range(c);

    xml_out_raw(out, "<WORK>");
    xrml_write_object(out, document);
    xml_out_raw(out, "<RIGHTSGROUP name=\"Main-Rights\"><RIGHTSLIST>"
                     "<RIGHT name=\"ISSUE\"><CONDITIONLIST><TIME>");
    xrml_write_range(out, "RANGETIME", &range);
    xml_out_raw(out, "</TIME><ACCESS>"
                     "<PRINCIPAL internal-id=\"1\" /></ACCESS></CONDITIONLIST>"
                     "</RIGHT></RIGHTSLIST></RIGHTSGROUP></WORK>");
}

/* Custom revocation, MS-RMPR 2.2.9.3.5: every key that may revoke. */
static void write_revokers(struct xml_out *out,
                           const struct xrml_certificate *c)
{
    if (c->revoker_count == 0)
        return;
    xml_out_raw(out, "<CONDITIONLIST><REFRESH>");
    for (size_t i = 0; i < c->revoker_count; i++) {
        xml_out_raw(out, "<DISTRIBUTIONPOINT><OBJECT type=\"Revocation\">"
                         "<ID type=\"ascii-tag\">External revocation authority"
                         "</ID></OBJECT>");
        xrml_write_key(out, &c->revokers[i]);
        xml_out_raw(out, "</DISTRIBUTIONPOINT>");
    }
    xml_out_raw(out, "<INTERVALTIME /></REFRESH></CONDITIONLIST>");
}

static void write_body(struct xml_out *out, const struct xrml_certificate *c,
                       const struct xrml_object *document)
{
    xml_out_raw(out, "<BODY type=\"LICENSE\" version=\"3.0\">");
    xrml_write_time(out, "ISSUEDTIME", c->issued);
    xml_out_raw(out, "<DESCRIPTOR>");
    xrml_write_object(out, document);
    xml_out_raw(out, "</DESCRIPTOR><ISSUER>");
    if (c->issuer_text != NULL) {
        xml_out_raw(out, c->issuer_text);
    } else {
        xrml_write_object(out, &c->issuer);
        xrml_write_key(out, &c->issuer_key);
    }
    xml_out_raw(out, "</ISSUER><ISSUEDPRINCIPALS>"
                     "<PRINCIPAL internal-id=\"1\">");
    xrml_write_object(out, &c->principal);
    xrml_write_key(out, &c->principal_key);
    xrml_write_level(out, "Server-Version", c->server_version);
    xrml_write_level(out, "Server-SKU", c->server_sku);
    xml_out_raw(out, "</PRINCIPAL></ISSUEDPRINCIPALS>");
    write_work(out, c, document);
    write_revokers(out, c);
    xml_out_raw(out, "</BODY>");
}

static bool same_issuer(const struct xrml_certificate *c,
                        const struct xrml_fields *read)
{
    if (c->issuer_text != NULL)
        return read->issuer_text_len == strlen(c->issuer_text) &&
               memcmp(read->issuer_text, c->issuer_text,
                      read->issuer_text_len) == 0;
    return xrml_object_same(&c->issuer, &read->issuer) &&
           xrml_key_same(&c->issuer_key, &read->issuer_key);
}

static bool same_revokers(const struct xrml_certificate *c,
                          const struct xrml_fields *read)
{
    bool same = c->revoker_count == read->revoker_count;

    for (size_t i = 0; same && i < c->revoker_count; i++)
        same = xrml_key_same(&c->revokers[i], &read->revokers[i]);
    return same;
}

static bool same_fields(const struct xrml_certificate *c,
                        const struct xrml_object *document,
                        const struct xrml_fields *read)
{
    const struct xrml_range range = asked_range(c);

    return read->type == c->type && read->issued == xrml_to_minute(c->issued) &&
           !read->validity.present && read->may_issue &&
           xrml_same_range(&range, &read->range) && same_revokers(c, read) &&
           xrml_object_same(document, &read->descriptor) &&
           xrml_object_same(document, &read->work) && same_issuer(c, read) &&
           xrml_object_same(&c->principal, &read->principal) &&
           xrml_key_same(&c->principal_key, &read->principal_key) &&
           xrml_same_text(c->server_version, read->server_version) &&
           xrml_same_text(c->server_sku, read->server_sku);
}

/* In a document with a signature of zeros: only BODY is looked at. */
static enum iss_status read_back(const struct xrml_certificate *c,
                                 const struct xrml_object *document,
                                 const char *body, struct iss_error *error)
{
    struct xrml_document *read = NULL;
    char *text = NULL;
    struct iss_error cause = {0};
    enum iss_status status =
        xrml_draft_assemble(body, strlen(body), &text, &cause);

    if (status == ISS_OK)
        status = xrml_parse(text, strlen(text), NULL, &read, &cause);
    if (status != ISS_OK)
        status = iss_fail(error, ISS_INTERNAL, "certificate as built: %s",
                          cause.text);
    else if (!same_fields(c, document, xrml_fields(read)))
        status = iss_fail(error, ISS_INTERNAL,
                          "certificate as built does not have the fields that "
                          "were asked for");
    xrml_document_free(read);
    free(text);
    return status;
}

static enum iss_status check_input(const struct xrml_certificate *c,
                                   struct iss_error *error)
{
    bool objects = c->principal.type != NULL && c->principal.id_type != NULL &&
                   c->principal.id != NULL;

    if (c->issuer_text == NULL)
        objects = objects && c->issuer.type != NULL &&
                  c->issuer.id_type != NULL && c->issuer.id != NULL &&
                  xrml_key_plausible(&c->issuer_key) &&
                  c->issuer_key.exponent == 65537;
    if (!objects || !xrml_key_plausible(&c->principal_key) ||
        c->principal_key.exponent != 65537)
        return iss_fail(error, ISS_MALFORMED,
                        "certificate: an object lacks a part, or a key is not "
                        "RSA with the exponent 65537");
    bool revokers = c->revoker_count <= XRML_REVOKERS_MAX;
    for (size_t i = 0; revokers && i < c->revoker_count; i++)
        revokers = xrml_key_plausible(&c->revokers[i]) &&
                   c->revokers[i].exponent == 65537;
    if (!revokers)
        return iss_fail(error, ISS_MALFORMED,
                        "certificate: more than %d revocation authorities, or "
                        "the key of one is not RSA with the exponent 65537",
                        XRML_REVOKERS_MAX);
    return ISS_OK;
}

enum iss_status xrml_build(const struct xrml_certificate *fields, char **out,
                           struct iss_error *error)
{
    char guid[XRML_GUID_SIZE];
    const struct xrml_object document = {
        .type = object_type(fields->type), .id_type = "MS-GUID", .id = guid};
    struct xml_out text = {0};
    char *body = NULL;
    enum iss_status status = check_input(fields, error);

    *out = NULL;
    if (status != ISS_OK)
        return status;
    if (document.type == NULL || fields->guid == NULL ||
        !xrml_guid_normal(fields->guid, guid))
        return iss_fail(error, ISS_MALFORMED,
                        "certificate: not of the SLC family, or no GUID");
    write_body(&text, fields, &document);
    body = xml_out_take(&text, NULL);
    if (body == NULL)
        return iss_fail(error, ISS_INTERNAL,
                        "certificate: a time outside the years 0001 to 9999, "
                        "or out of memory");
    status = read_back(fields, &document, body, error);
    if (status == ISS_OK)
        *out = body;
    else
        free(body);
    return status;
}
