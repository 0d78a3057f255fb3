/* SPDX-License-Identifier: Apache-2.0 */
/* The tree of BODY to struct xrml_license. */
#include <stdlib.h>
#include <string.h>

#include "xrml_document.h"
#include "xrml_part.h"
#include "xrml_revoke.h"

struct xrml_reading {
    struct xrml_license license;
    struct xrml_right *rights;
    struct xrml_revoke *revoked;
    uint8_t (*moduli)[XRML_MODULUS_MAX]; /* one for each PUBLICKEY */
    size_t keys, used;
};

/* What struct xrml_license has a place for. */
static const char *const shown[] = {"ISSUEDTIME",
                                    "VALIDITYTIME",
                                    "FROM",
                                    "UNTIL",
                                    "DESCRIPTOR",
                                    "OBJECT",
                                    "ID",
                                    "NAME",
                                    "ADDRESS",
                                    "ISSUER",
                                    "PUBLICKEY",
                                    "ALGORITHM",
                                    "PARAMETER",
                                    "VALUE",
                                    "SECURITYLEVEL",
                                    "DISTRIBUTIONPOINT",
                                    "ISSUEDPRINCIPALS",
                                    "PRINCIPAL",
                                    "ENABLINGBITS",
                                    "DIGEST",
                                    "WORK",
                                    "METADATA",
                                    "OWNER",
                                    "PRECONDITIONLIST",
                                    "CONDITIONLIST",
                                    "REFRESH",
                                    "INTERVALTIME",
                                    "RIGHTSGROUP",
                                    "RIGHTSLIST",
                                    "ACCESS",
                                    "TIME",
                                    "RANGETIME",
                                    "FEDERATIONPRINCIPALS",
                                    "AUTHENTICATEDDATA",
                                    "REVOCATIONLIST",
                                    "REVOKE"};

static enum iss_status too_many(struct iss_error *error, const char *what,
                                size_t most)
{
    return iss_fail(error, ISS_XML, "XrML document: more than %zu %s", most,
                    what);
}

static enum iss_status read_key(struct xrml_reading *reading,
                                const struct xml_node *parent,
                                struct xrml_key *out, struct iss_error *error)
{
    const struct xml_node *node =
        parent == NULL ? NULL : xml_child(parent, "PUBLICKEY");

    if (node == NULL)
        return ISS_OK;
    if (reading->used == reading->keys)
        return iss_fail(error, ISS_INTERNAL, "more keys than were counted");
    uint8_t *modulus = reading->moduli[reading->used++];
    return reading->license.type == XRML_REVOCATION_LIST
               ? xrml_part_listed_key(node, out, modulus, error)
               : xrml_part_key(node, out, modulus, error);
}

static enum iss_status read_principal(struct xrml_reading *reading,
                                      const struct xml_node *node,
                                      struct xrml_principal *out,
                                      struct iss_error *error)
{
    enum iss_status status = ISS_OK;

    if (node == NULL)
        return ISS_OK;
    xrml_part_object(xml_child(node, "OBJECT"), &out->object);
    status = read_key(reading, node, &out->key, error);
    const struct xml_node *digest = xml_path(node, "DIGEST/ALGORITHM");
    const struct xml_node *hash = xml_path(node, "DIGEST/VALUE");
    if (digest != NULL && hash != NULL) {
        out->digest = digest->text;
        out->hash = hash->text;
    }
    if (status == ISS_OK)
        status =
            xrml_part_bits(xml_child(node, "ENABLINGBITS"), &out->bits, error);
    for (const struct xml_node *level = xml_child(node, "SECURITYLEVEL");
         level != NULL && status == ISS_OK;
         level = xml_next(level, "SECURITYLEVEL")) {
        if (out->level_count == XRML_LEVELS_MAX)
            return too_many(error, "SECURITYLEVEL in one principal",
                            XRML_LEVELS_MAX);
        out->levels[out->level_count++] =
            (struct xrml_level){.name = xml_attribute(level, "name"),
                                .value = xml_attribute(level, "value")};
    }
    return status;
}

static enum iss_status read_point(struct xrml_reading *reading,
                                  const struct xml_node *node,
                                  struct xrml_point *points, size_t *count,
                                  struct iss_error *error)
{
    if (*count == XRML_POINTS_MAX)
        return too_many(error, "DISTRIBUTIONPOINT in one place",
                        XRML_POINTS_MAX);
    struct xrml_point *point = &points[(*count)++];
    xrml_part_object(xml_child(node, "OBJECT"), &point->object);
    return read_key(reading, node, &point->key, error);
}

/* The first Referral-Info is the referral, wherever it stands. */
static enum iss_status read_points(struct xrml_reading *reading,
                                   const struct xml_node *body,
                                   struct iss_error *error)
{
    static const char name[] = "DISTRIBUTIONPOINT";
    struct xrml_license *l = &reading->license;
    enum iss_status status = ISS_OK;

    for (const struct xml_node *node = xml_child(body, name);
         node != NULL && status == ISS_OK; node = xml_next(node, name)) {
        struct xrml_object object = {0};

        xrml_part_object(xml_child(node, "OBJECT"), &object);
        if (l->referral.type == NULL &&
            xrml_same_text(object.type, "Referral-Info"))
            l->referral = object;
        else
            status =
                read_point(reading, node, l->points, &l->point_count, error);
    }
    return status;
}

static enum iss_status read_right(const struct xml_node *node,
                                  struct xrml_right *right,
                                  struct iss_error *error)
{
    const struct xml_node *conditions = xml_child(node, "CONDITIONLIST");
    const struct xml_node *above = conditions == NULL ? node : conditions;
    const struct xml_node *principal = xml_path(above, "ACCESS/PRINCIPAL");
    enum iss_status status = ISS_OK;

    right->name = strcmp(node->name, "RIGHT") == 0 ? xml_attribute(node, "name")
                                                   : node->name;
    if (principal == NULL || xml_next(principal, "PRINCIPAL") != NULL)
        return iss_fail(error, ISS_XML,
                        "XrML document: right %.40s: not granted to one "
                        "PRINCIPAL",
                        right->name);
    right->first = xrml_same_text(xml_attribute(principal, "internal-id"), "1");
    xrml_part_object(xml_child(principal, "OBJECT"), &right->user);
    status = xrml_part_bits(xml_child(principal, "ENABLINGBITS"), &right->bits,
                            error);
    if (status == ISS_OK)
        status = xrml_part_range(xml_path(above, "TIME/RANGETIME"),
                                 &right->range, error);
    if (status == ISS_OK)
        status = xrml_part_interval(xml_path(above, "TIME/INTERVALTIME"),
                                    &right->interval, error);
    return status;
}

static enum iss_status read_rights(struct xrml_reading *reading,
                                   const struct xml_node *list,
                                   struct iss_error *error)
{
    size_t count = 0;
    enum iss_status status = ISS_OK;

    if (list == NULL)
        return ISS_OK;
    for (const struct xml_node *n = list->first; n != NULL; n = n->next)
        count++;
    if (count > XRML_RIGHTS_MAX)
        return too_many(error, "rights", XRML_RIGHTS_MAX);
    reading->rights = calloc(count + 1, sizeof(*reading->rights));
    if (reading->rights == NULL)
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    reading->license.rights = reading->rights;
    reading->license.right_count = count;
    count = 0;
    for (const struct xml_node *n = list->first; n != NULL && status == ISS_OK;
         n = n->next)
        status = read_right(n, &reading->rights[count++], error);
    return status;
}

static enum iss_status read_work(struct xrml_reading *reading,
                                 const struct xml_node *work,
                                 struct iss_error *error)
{
    static const char name[] = "DISTRIBUTIONPOINT";
    struct xrml_license *l = &reading->license;
    enum iss_status status = ISS_OK;

    if (work == NULL)
        return ISS_OK;
    xrml_part_object(xml_child(work, "OBJECT"), &l->work);
    xrml_part_object(xml_path(work, "METADATA/OWNER/OBJECT"), &l->owner);
    status = xrml_part_range(xml_path(work, "PRECONDITIONLIST/TIME/RANGETIME"),
                             &l->when, error);
    if (status == ISS_OK)
        status = xrml_part_interval(
            xml_path(work, "PRECONDITIONLIST/TIME/INTERVALTIME"), &l->how_long,
            error);
    const struct xml_node *refresh = xml_path(work, "CONDITIONLIST/REFRESH");
    const struct xml_node *point =
        refresh == NULL ? NULL : xml_child(refresh, name);
    for (; point != NULL && status == ISS_OK; point = xml_next(point, name))
        status = read_point(reading, point, l->refresh.points,
                            &l->refresh.count, error);
    if (status == ISS_OK && refresh != NULL)
        status = xrml_part_interval(xml_child(refresh, "INTERVALTIME"),
                                    &l->refresh.interval, error);
    if (status == ISS_OK)
        status = read_rights(reading, xml_path(work, "RIGHTSGROUP/RIGHTSLIST"),
                             error);
    return status;
}

static enum iss_status read_data(const struct xml_node *body,
                                 struct xrml_license *l,
                                 struct iss_error *error)
{
    static const char name[] = "AUTHENTICATEDDATA";

    for (const struct xml_node *node = xml_child(body, name); node != NULL;
         node = xml_next(node, name)) {
        if (l->data_count == XRML_DATA_MAX)
            return too_many(error, name, XRML_DATA_MAX);
        l->data[l->data_count++] =
            (struct xrml_data){.id = xml_attribute(node, "id"),
                               .name = xml_attribute(node, "name"),
                               .text = node->text};
    }
    return ISS_OK;
}

static enum iss_status read_revoke(struct xrml_reading *reading,
                                   const struct xml_node *node,
                                   struct xrml_revoke *out,
                                   struct iss_error *error)
{
    const struct xml_node *key = NULL;
    enum iss_status status = xrml_revoke_read(node, out, &key, error);

    if (status == ISS_OK && key != NULL)
        status = read_key(reading, node, &out->key, error);
    return status;
}

static enum iss_status read_revoked(struct xrml_reading *reading,
                                    const struct xml_node *list,
                                    struct iss_error *error)
{
    static const char name[] = "REVOKE";
    size_t count = 0;
    enum iss_status status = ISS_OK;

    if (list == NULL)
        return ISS_OK;
    for (const struct xml_node *n = xml_child(list, name); n != NULL;
         n = xml_next(n, name))
        count++;
    if (count > XRML_REVOKED_MAX)
        return too_many(error, name, XRML_REVOKED_MAX);
    reading->revoked = calloc(count + 1, sizeof(*reading->revoked));
    if (reading->revoked == NULL)
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    reading->license.revoked = reading->revoked;
    reading->license.revoked_count = count;
    count = 0;
    for (const struct xml_node *n = xml_child(list, name);
         n != NULL && status == ISS_OK; n = xml_next(n, name))
        status = read_revoke(reading, n, &reading->revoked[count++], error);
    return status;
}

static enum iss_status make_room(struct xrml_reading *reading,
                                 const struct xml_tree *tree,
                                 struct iss_error *error)
{
    size_t count = 0;
    const struct xml_node *nodes = xml_nodes(tree, &count);

    for (size_t i = 0; i < count; i++)
        reading->keys += strcmp(nodes[i].name, "PUBLICKEY") == 0;
    reading->moduli = calloc(reading->keys + 1, sizeof(*reading->moduli));
    return reading->moduli == NULL
               ? iss_fail(error, ISS_INTERNAL, "out of memory")
               : ISS_OK;
}

static bool is_shown(const char *name)
{
    for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
        if (strcmp(shown[i], name) == 0)
            return true;
    return false;
}

/* The first element below that struct xrml_license does not show; NULL: it
 * shows them all. As deep as documents are. */
static const char *beyond(const struct xml_node *node)
{
    const bool rights = strcmp(node->name, "RIGHTSLIST") == 0;
    const char *found = NULL;

    for (const struct xml_node *n = node->first; n != NULL && found == NULL;
         n = n->next) {
        bool once = strcmp(n->name, "ADDRESS") == 0 ||
                    strcmp(n->name, "OWNER") == 0 ||
                    strcmp(n->name, "PRINCIPAL") == 0;
        if ((!rights && !is_shown(n->name)) ||
            (once && xml_next(n, n->name) != NULL))
            found = n->name;
        else
            found = beyond(n);
    }
    return found;
}

static enum iss_status read_all(struct xrml_reading *reading,
                                const struct xrml_document *document,
                                struct iss_error *error)
{
    const struct xml_node *body = xml_root(document->tree);
    const struct xml_node *descriptor = xml_path(body, "DESCRIPTOR/OBJECT");
    struct xrml_license *l = &reading->license;
    struct xrml_object object = {0};
    enum iss_status status = make_room(reading, document->tree, error);

    xrml_part_object(descriptor, &object);
    l->type = document->fields.type;
    l->descriptor_type = object.type;
    l->guid = object.id;
    l->text = object.name;
    l->beyond = beyond(body);
    l->issued = document->fields.issued;
    l->validity = document->fields.validity;
    l->issuer_text = document->fields.issuer_text;
    l->issuer_text_len = document->fields.issuer_text_len;
    if (status == ISS_OK)
        status = read_principal(reading, xml_child(body, "ISSUER"), &l->issuer,
                                error);
    if (status == ISS_OK)
        status = read_points(reading, body, error);
    if (status == ISS_OK)
        status = read_principal(reading,
                                xml_path(body, "ISSUEDPRINCIPALS/PRINCIPAL"),
                                &l->principal, error);
    if (status == ISS_OK)
        status = read_work(reading, xml_child(body, "WORK"), error);
    if (status == ISS_OK)
        status = read_data(body, l, error);
    if (status == ISS_OK)
        status = read_principal(
            reading, xml_path(body, "FEDERATIONPRINCIPALS/PRINCIPAL"),
            &l->machine, error);
    if (status == ISS_OK)
        status =
            read_revoked(reading, xml_child(body, "REVOCATIONLIST"), error);
    return status;
}

enum iss_status xrml_license_read(const struct xrml_document *document,
                                  struct xrml_reading **reading,
                                  struct iss_error *error)
{
    struct xrml_reading *out = calloc(1, sizeof(*out));

    *reading = NULL;
    if (out == NULL)
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    enum iss_status status = read_all(out, document, error);
    if (status == ISS_OK)
        *reading = out;
    else
        xrml_reading_free(out);
    return status;
}

void xrml_reading_free(struct xrml_reading *reading)
{
    if (reading == NULL)
        return;
    free(reading->rights);
    free(reading->revoked);
    free(reading->moduli);
    free(reading);
}

const struct xrml_license *
xrml_reading_license(const struct xrml_reading *reading)
{
    return &reading->license;
}
