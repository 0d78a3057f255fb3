/* SPDX-License-Identifier: Apache-2.0 */
/* REVOKE elements: see xrml_revoke.h. */
#include "xrml_revoke.h"

#include <string.h>

#include "xrml_part.h"

static const struct xrml_revoke_row rows[XRML_REVOKED_KINDS] = {
    [XRML_REVOKED_KEY] = {"principal", "principal-key", XRML_REVOKE_PUBLICKEY},
    [XRML_REVOKED_ID] = {"license", "license-id", XRML_REVOKE_OBJECT},
    [XRML_REVOKED_HASH] = {"license", "license-hash", XRML_REVOKE_DIGEST},
    [XRML_REVOKED_ISSUER_KEY] = {"license", "issuer-key",
                                 XRML_REVOKE_PUBLICKEY},
    [XRML_REVOKED_ISSUER_ID] = {"license", "issuer-id", XRML_REVOKE_OBJECT},
    [XRML_REVOKED_CONTENT_ID] = {"content", "content-id", XRML_REVOKE_OBJECT},
    [XRML_REVOKED_PRINCIPAL_ID] = {"principal", "principal-id",
                                   XRML_REVOKE_OBJECT},
};

static const char *const parts[] = {[XRML_REVOKE_PUBLICKEY] = "PUBLICKEY",
                                    [XRML_REVOKE_OBJECT] = "OBJECT",
                                    [XRML_REVOKE_DIGEST] = "DIGEST"};

const struct xrml_revoke_row *xrml_revoke_row(enum xrml_revoked kind)
{
    return (unsigned)kind < XRML_REVOKED_KINDS ? &rows[kind] : NULL;
}

static bool find(const struct xml_node *node, enum xrml_revoked *kind)
{
    for (size_t i = 0; i < XRML_REVOKED_KINDS; i++)
        if (xrml_same_text(xml_attribute(node, "type"), rows[i].type) &&
            xrml_same_text(xml_attribute(node, "category"), rows[i].category)) {
            *kind = (enum xrml_revoked)i;
            return true;
        }
    return false;
}

enum iss_status xrml_revoke_read(const struct xml_node *node,
                                 struct xrml_revoke *out,
                                 const struct xml_node **key,
                                 struct iss_error *error)
{
    const char *type = xml_attribute(node, "type");
    const struct xml_node *part = node->first;

    *key = NULL;
    if (!find(node, &out->kind))
        return iss_fail(error, ISS_XML,
                        "XrML document: REVOKE of type %.40s: unknown, or of "
                        "another category",
                        type == NULL ? "?" : type);
    const enum xrml_revoke_part wanted = rows[out->kind].part;
    if (part == NULL || part->next != NULL ||
        strcmp(part->name, parts[wanted]) != 0)
        return iss_fail(error, ISS_XML,
                        "XrML document: REVOKE of type %s: does not name one "
                        "%s",
                        rows[out->kind].type, parts[wanted]);
    if (wanted == XRML_REVOKE_OBJECT)
        xrml_part_object(part, &out->object);
    if (wanted == XRML_REVOKE_PUBLICKEY)
        *key = part;
    if (wanted == XRML_REVOKE_DIGEST) {
        out->digest = xml_child(part, "ALGORITHM")->text;
        out->hash = xml_child(part, "VALUE")->text;
    }
    return ISS_OK;
}

void xrml_revoke_write(struct xml_out *out, const struct xrml_revoke *revoke)
{
    const struct xrml_revoke_row *row = xrml_revoke_row(revoke->kind);

    if (row == NULL) {
        out->failed = true;
        return;
    }
    xml_out_raw(out, "<REVOKE category=\"");
    xml_out_raw(out, row->category);
    xml_out_raw(out, "\" type=\"");
    xml_out_raw(out, row->type);
    xml_out_raw(out, "\">");
    if (row->part == XRML_REVOKE_DIGEST) {
        xml_out_raw(out, "<DIGEST>");
        xrml_write_element(out, "ALGORITHM", revoke->digest);
        xml_out_raw(out, "<VALUE encoding=\"base64\">");
        xml_out_text(out, revoke->hash);
        xml_out_raw(out, "</VALUE></DIGEST>");
    }
    if (row->part == XRML_REVOKE_PUBLICKEY)
        xrml_write_key(out, &revoke->key);
    if (row->part == XRML_REVOKE_OBJECT)
        xrml_write_object(out, &revoke->object);
    xml_out_raw(out, "</REVOKE>");
}
