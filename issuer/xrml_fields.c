/* SPDX-License-Identifier: Apache-2.0 */
/* The tree of BODY to struct xrml_fields. */
#include <stdlib.h>
#include <string.h>

#include "xrml_document.h"
#include "xrml_part.h"

static const struct kind {
    const char *body_type;
    const char *descriptor_type; /* NULL: any, or none */
    enum xrml_type type;
    const char *text;
} kinds[] = {
    {"LICENSE", "DRM-CA-Certificate", XRML_CA_CERTIFICATE, "CA certificate"},
    {"LICENSE", "Server-Licensor-Certificate", XRML_SERVER_CERTIFICATE,
     "server licensor certificate"},
    {"LICENSE", "Machine-Certificate", XRML_MACHINE_CERTIFICATE,
     "machine certificate"},
    {"LICENSE", "Group-Identity-Credential", XRML_RAC, "account certificate"},
    {"LICENSE", "Client-Licensor-Certificate", XRML_CLC,
     "client licensor certificate"},
    {"LICENSE", "Content-License", XRML_UL, "use license"},
    {"LICENSE", "Revocation-List", XRML_REVOCATION_LIST, "revocation list"},
    {"Microsoft Rights Label", NULL, XRML_PL, "publishing license"},
    {"Microsoft Official Rights Template", NULL, XRML_TEMPLATE,
     "rights policy template"},
    {"Microsoft Rights Template", NULL, XRML_RIGHTS, "rights data"},
};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

const char *xrml_type_text(enum xrml_type type)
{
    for (size_t i = 0; i < KINDS; i++)
        if (kinds[i].type == type)
            return kinds[i].text;
    return "document of unknown kind";
}

enum xrml_type xrml_type_of(const char *body_type, const char *descriptor_type)
{
    for (size_t i = 0; i < KINDS; i++)
        if (strcmp(kinds[i].body_type, body_type) == 0 &&
            (kinds[i].descriptor_type == NULL ||
             (descriptor_type != NULL &&
              strcmp(kinds[i].descriptor_type, descriptor_type) == 0)))
            return kinds[i].type;
    return XRML_OTHER;
}

bool xrml_in_family(enum xrml_type type)
{
    return type == XRML_CA_CERTIFICATE || type == XRML_SERVER_CERTIFICATE;
}

static bool same_id(const char *a, const char *b)
{
    char normal_a[XRML_GUID_SIZE];
    char normal_b[XRML_GUID_SIZE];

    if (xrml_same_text(a, b))
        return true;
    return a != NULL && b != NULL && xrml_guid_normal(a, normal_a) &&
           xrml_guid_normal(b, normal_b) && strcmp(normal_a, normal_b) == 0;
}

bool xrml_object_same(const struct xrml_object *a, const struct xrml_object *b)
{
    return xrml_same_text(a->type, b->type) &&
           xrml_same_text(a->id_type, b->id_type) && same_id(a->id, b->id) &&
           xrml_same_text(a->name, b->name) &&
           xrml_same_text(a->address, b->address) &&
           xrml_same_text(a->address_type, b->address_type);
}

static bool grants_first_principal(const struct xml_node *right)
{
    const struct xml_node *principal =
        xml_path(right, "CONDITIONLIST/ACCESS/PRINCIPAL");

    return principal != NULL &&
           xrml_same_text(xml_attribute(principal, "internal-id"), "1");
}

/* The right ISSUE, which is what makes an issuer, MS-RMPR 2.2.9.3.4. */
static enum iss_status read_issue_right(const struct xml_node *rights,
                                        struct xrml_fields *out,
                                        struct iss_error *error)
{
    const struct xml_node *issue = NULL;
    enum iss_status status = ISS_OK;

    for (const struct xml_node *right = xml_child(rights, "RIGHT");
         right != NULL && status == ISS_OK; right = xml_next(right, "RIGHT")) {
        if (!xrml_same_text(xml_attribute(right, "name"), "ISSUE"))
            continue;
        if (issue != NULL)
            return iss_fail(error, ISS_XML,
                            "XrML document: RIGHTSLIST: ISSUE stands twice");
        issue = right;
        out->may_issue = grants_first_principal(right);
        status =
            xrml_part_range(xml_path(right, "CONDITIONLIST/TIME/RANGETIME"),
                            &out->range, error);
    }
    return status;
}

/* A use license holds as long as one of its rights does. */
static enum iss_status read_use_rights(const struct xml_node *rights,
                                       struct xrml_fields *out,
                                       struct iss_error *error)
{
    struct xrml_range all = {.present = rights != NULL};
    const struct xml_node *right = rights == NULL ? NULL : rights->first;

    for (bool first = true; right != NULL; right = right->next) {
        struct xrml_range one = {.present = false};
        enum iss_status status = xrml_part_range(
            xml_path(right, "CONDITIONLIST/TIME/RANGETIME"), &one, error);
        if (status != ISS_OK)
            return status;
        if (!one.present)
            return ISS_OK;
        if (first || one.from < all.from)
            all.from = one.from;
        if (first || one.until > all.until)
            all.until = one.until;
        first = false;
    }
    if (rights != NULL && rights->first != NULL)
        out->range = all;
    return ISS_OK;
}

static enum iss_status read_security_levels(const struct xml_node *principal,
                                            struct xrml_fields *out,
                                            struct iss_error *error)
{
    const struct {
        const char *name;
        const char **value;
    } rows[] = {{"Server-Version", &out->server_version},
                {"Server-SKU", &out->server_sku}};

    if (principal == NULL)
        return ISS_OK;
    for (const struct xml_node *n = principal->first; n != NULL; n = n->next)
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
            if (strcmp(n->name, "SECURITYLEVEL") != 0 ||
                !xrml_same_text(xml_attribute(n, "name"), rows[i].name))
                continue;
            if (*rows[i].value != NULL)
                return iss_fail(error, ISS_XML,
                                "XrML document: PRINCIPAL: SECURITYLEVEL %s "
                                "stands twice",
                                rows[i].name);
            *rows[i].value = xml_attribute(n, "value");
        }
    return ISS_OK;
}

/* Custom revocation, MS-RMPR 2.2.9.3.5. */
static enum iss_status read_revokers(const struct xml_node *refresh,
                                     struct xrml_document *document,
                                     struct iss_error *error)
{
    struct xrml_fields *out = &document->fields;
    enum iss_status status = ISS_OK;

    if (refresh == NULL)
        return ISS_OK;
    document->revokers = calloc(1, sizeof(*document->revokers));
    if (document->revokers == NULL)
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    out->revokers = document->revokers->keys;
    for (const struct xml_node *point = xml_child(refresh, "DISTRIBUTIONPOINT");
         point != NULL && status == ISS_OK;
         point = xml_next(point, "DISTRIBUTIONPOINT")) {
        size_t n = out->revoker_count;
        const struct xml_node *object = xml_child(point, "OBJECT");
        const struct xml_node *key = xml_child(point, "PUBLICKEY");

        if (n == XRML_REVOKERS_MAX || key == NULL ||
            !xrml_same_text(xml_attribute(object, "type"), "Revocation"))
            return iss_fail(error, ISS_XML,
                            "XrML document: CONDITIONLIST: more than %d keys "
                            "may revoke it, or one is not in the form of "
                            "MS-RMPR 2.2.9.3.5",
                            XRML_REVOKERS_MAX);
        status = xrml_part_key(key, &document->revokers->keys[n],
                               document->revokers->moduli[n], error);
        out->revoker_count += status == ISS_OK;
    }
    return status;
}

enum iss_status xrml_fields_read(struct xrml_document *document,
                                 struct iss_error *error)
{
    const struct xml_node *body = xml_root(document->tree);
    const struct xml_node *principal =
        xml_path(body, "ISSUEDPRINCIPALS/PRINCIPAL");
    const struct xml_node *rights =
        xml_path(body, "WORK/RIGHTSGROUP/RIGHTSLIST");
    const struct xml_node *descriptor = xml_path(body, "DESCRIPTOR/OBJECT");
    struct xrml_fields *out = &document->fields;
    enum iss_status status = ISS_OK;

    out->body_type = xml_attribute(body, "type");
    out->body_version = xml_attribute(body, "version");
    xrml_part_object(descriptor, &out->descriptor);
    xrml_part_object(xml_path(body, "ISSUER/OBJECT"), &out->issuer);
    xrml_part_object(xml_child(principal, "OBJECT"), &out->principal);
    xrml_part_object(xml_path(body, "WORK/OBJECT"), &out->work);
    out->type = xrml_type_of(out->body_type, out->descriptor.type);
    status = xrml_part_time(xml_child(body, "ISSUEDTIME"), &out->issued, error);
    if (status == ISS_OK)
        status = xrml_part_range(xml_child(body, "VALIDITYTIME"),
                                 &out->validity, error);
    if (status == ISS_OK)
        status = (out->type == XRML_REVOCATION_LIST ? xrml_part_listed_key
                                                    : xrml_part_key)(
            xml_path(body, "ISSUER/PUBLICKEY"), &out->issuer_key,
            document->issuer_modulus, error);
    if (status == ISS_OK)
        status = xrml_part_key(xml_child(principal, "PUBLICKEY"),
                               &out->principal_key, document->principal_modulus,
                               error);
    if (status == ISS_OK)
        status = read_security_levels(principal, out, error);
    if (status == ISS_OK)
        status = out->type == XRML_UL ? read_use_rights(rights, out, error)
                                      : read_issue_right(rights, out, error);
    if (status == ISS_OK && xrml_in_family(out->type))
        status = read_revokers(xml_path(body, "CONDITIONLIST/REFRESH"),
                               document, error);
    if (principal == NULL ||
        !xrml_same_text(xml_attribute(principal, "internal-id"), "1"))
        out->may_issue = false;
    return status;
}
