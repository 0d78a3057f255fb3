/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Revocation list of this server: MS-RMPR 2.2.9.7.9,
 * docs/formats/revocation.md. Everything that it or whoever stands below it has
 * issued can be revoked. A third party's list is signed in revoker.c.
 */
#include <stdlib.h>
#include <string.h>

#include "matter.h"
#include "xrml_base64.h"
#include "xrml_hash.h"
#include "xrml_key.h"

enum { MINUTE = 60 };

/* ---- entries ---------------------------------------------------------------
 */

/* MS-GUID in any of its forms, else whatever its kind is. */
static bool has_object(const struct xrml_revoke *revoke)
{
    const struct xrml_object *object = &revoke->object;
    char guid[XRML_GUID_SIZE];

    if (object->id == NULL || object->id[0] == '\0' || object->id_type == NULL)
        return false;
    return strcmp(object->id_type, "MS-GUID") != 0 ||
           xrml_guid_normal(object->id, guid);
}

static bool has_key(const struct xrml_revoke *revoke)
{
    return revoke->key.modulus != NULL && xrml_key_plausible(&revoke->key);
}

static bool has_hash(const struct xrml_revoke *revoke)
{
    enum xrml_digest digest = XRML_SHA256;
    uint8_t hash[XRML_HASH_MAX];

    return revoke->digest != NULL && revoke->hash != NULL &&
           xrml_digest_find(revoke->digest, strlen(revoke->digest), &digest) &&
           xrml_base64_decode(revoke->hash, strlen(revoke->hash), hash,
                              sizeof(hash)) == xrml_digest_row(digest)->octets;
}

static const struct row {
    bool (*has)(const struct xrml_revoke *revoke);
    const char *text;
} rows[XRML_REVOKED_KINDS] = {
    [XRML_REVOKED_KEY] = {has_key, "a principal's key"},
    [XRML_REVOKED_ID] = {has_object, "a document's identifier"},
    [XRML_REVOKED_HASH] = {has_hash, "the hash of a BODY"},
    [XRML_REVOKED_ISSUER_KEY] = {has_key, "an issuer's key"},
    [XRML_REVOKED_ISSUER_ID] = {has_object, "an issuer's identifier"},
    [XRML_REVOKED_CONTENT_ID] = {has_object, "a content's identifier"},
    [XRML_REVOKED_PRINCIPAL_ID] = {has_object, "a principal's identifier"}};

static bool has_one(const struct xrml_revoke *revoke)
{
    return (revoke->object.id != NULL) + (revoke->key.modulus != NULL) +
               (revoke->hash != NULL) ==
           1;
}

/* ---- the steps -------------------------------------------------------------
 */

static enum iss_status read_order(struct iss_matter *matter,
                                  struct iss_error *error)
{
    const struct iss_license_order *order = matter->order;

    if (order->revoked_count > XRML_REVOKED_MAX ||
        (order->revoked_count > 0 && order->revoked == NULL))
        return iss_fail(error, ISS_MALFORMED,
                        "revocation list: %zu are revoked, at most %d can be",
                        order->revoked_count, XRML_REVOKED_MAX);
    for (size_t i = 0; i < order->revoked_count; i++) {
        const struct xrml_revoke *revoke = &order->revoked[i];
        const bool known = (unsigned)revoke->kind < XRML_REVOKED_KINDS;

        if (!known || !has_one(revoke) || !rows[revoke->kind].has(revoke))
            return iss_fail(error, ISS_MALFORMED,
                            "revocation list: entry %zu does not name %s",
                            i + 1,
                            known ? rows[revoke->kind].text : "anything");
    }
    return ISS_OK;
}

/* Without an entry it says that nothing is revoked, which conditions ask for
 * as well. */
static enum iss_status write_list(struct iss_matter *matter,
                                  struct iss_error *error)
{
    const struct iss_license_order *order = matter->order;
    const struct xrml_fields *own = xrml_fields(matter->own.documents[0]);
    const size_t size = sizeof(struct xrml_revoke);
    struct xrml_revoke *revoked = calloc(order->revoked_count + 1, size);

    if (revoked == NULL)
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    if (order->revoked_count > 0)
        memcpy(revoked, order->revoked, order->revoked_count * size);
    const struct xrml_license fields = {
        .type = XRML_REVOCATION_LIST,
        .guid = matter->guid,
        .text = order->list_name,
        .issued = matter->now - matter->now % MINUTE,
        .issuer_text = own->principal_text,
        .issuer_text_len = own->principal_text_len,
        .revoked_count = order->revoked_count,
        .revoked = revoked};
    enum iss_status status = xrml_license_build(&fields, &matter->body, error);
    free(revoked);
    return status;
}

const struct iss_license_profile iss_license_revocation = {.kind = "revocation",
                                                           .by_authority = true,
                                                           .read = read_order,
                                                           .write = write_list};
