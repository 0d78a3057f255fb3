/* SPDX-License-Identifier: Apache-2.0 */
/* Forms of licenses: see xrml_form.h. */
#include "xrml_form.h"

#include <string.h>

#include "xrml_hash.h"
#include "xrml_key.h"
#include "xrml_part.h"
#include "xrml_revoke.h"

enum {
    HAS_GUID = 1 << 0,
    HAS_TEXT = 1 << 1,
    HAS_VALIDITY = 1 << 2,
    HAS_ISSUER = 1 << 3,
    HAS_POINTS = 1 << 4,
    HAS_PRINCIPAL = 1 << 5,
    HAS_BITS = 1 << 6, /* in the principal */
    HAS_WORK = 1 << 7,
    HAS_OWNER = 1 << 8,
    HAS_REFRESH = 1 << 9,
    HAS_RIGHTS = 1 << 10,
    HAS_DATA = 1 << 11,
    HAS_MACHINE = 1 << 12,
    HAS_REVOKED = 1 << 13,
    HAS_REFERRAL = 1 << 14,
    HAS_WHEN = 1 << 15,
    HAS_DIGEST = 1 << 16,
    HAS_LEVELS = 1 << 17 /* of the principal */
};

/* MS-RMPR 2.2.9.4 to 2.2.9.10. */
static const struct xrml_form forms[] = {
    {XRML_MACHINE_CERTIFICATE, "LICENSE", "3.0", "Machine-Certificate",
     HAS_GUID | HAS_ISSUER | HAS_PRINCIPAL,
     HAS_TEXT | HAS_POINTS | HAS_DIGEST | HAS_LEVELS},
    {XRML_RAC, "LICENSE", "3.0", "Group-Identity-Credential",
     HAS_GUID | HAS_VALIDITY | HAS_ISSUER | HAS_PRINCIPAL | HAS_MACHINE,
     HAS_POINTS | HAS_LEVELS},
    {XRML_CLC, "LICENSE", "3.0", "Client-Licensor-Certificate",
     HAS_GUID | HAS_ISSUER | HAS_PRINCIPAL | HAS_WORK | HAS_RIGHTS,
     HAS_POINTS | HAS_LEVELS},
    {XRML_PL, "Microsoft Rights Label", "3.0", NULL,
     HAS_ISSUER | HAS_PRINCIPAL | HAS_BITS | HAS_WORK | HAS_DATA,
     HAS_GUID | HAS_TEXT | HAS_VALIDITY | HAS_POINTS | HAS_OWNER | HAS_REFRESH |
         HAS_REFERRAL | HAS_LEVELS},
    {XRML_UL, "LICENSE", "3.0", "Content-License",
     HAS_GUID | HAS_ISSUER | HAS_PRINCIPAL | HAS_WORK | HAS_RIGHTS,
     HAS_VALIDITY | HAS_OWNER | HAS_REFRESH | HAS_REFERRAL | HAS_DATA |
         HAS_LEVELS},
    {XRML_TEMPLATE, "Microsoft Official Rights Template", NULL, NULL,
     HAS_GUID | HAS_TEXT | HAS_ISSUER | HAS_WORK | HAS_RIGHTS,
     HAS_POINTS | HAS_REFRESH | HAS_DATA | HAS_REFERRAL | HAS_WHEN},
    {XRML_REVOCATION_LIST, "LICENSE", "3.0", "Revocation-List",
     HAS_GUID | HAS_ISSUER, HAS_TEXT | HAS_REVOKED},
    {XRML_RIGHTS, "Microsoft Rights Template", "3.0", NULL,
     HAS_WORK | HAS_RIGHTS,
     HAS_GUID | HAS_TEXT | HAS_ISSUER | HAS_POINTS | HAS_OWNER | HAS_DATA |
         HAS_REFERRAL | HAS_WHEN},
};

const struct xrml_form *xrml_form_of(enum xrml_type type)
{
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
        if (forms[i].type == type)
            return &forms[i];
    return NULL;
}

/* ---- whole parts ------------------------------------------------------------
 */

static bool key_is_good(const struct xrml_key *key)
{
    return key->modulus != NULL && xrml_key_plausible(key) &&
           key->exponent == 65537;
}

static bool no_key_or_good(const struct xrml_key *key)
{
    return key->modulus == NULL || key_is_good(key);
}

static bool bits_are_whole(const struct xrml_bits *bits)
{
    return bits->form == NULL ? bits->text == NULL
                              : bits->text != NULL && bits->text[0] != '\0';
}

static bool digest_is_known(const char *name)
{
    enum xrml_digest digest = XRML_SHA256;

    return name != NULL && xrml_digest_find(name, strlen(name), &digest);
}

static bool is_object(const struct xrml_object *object)
{
    return object->type != NULL || object->id_type != NULL ||
           object->id != NULL || object->name != NULL ||
           object->address != NULL;
}

static bool is_principal(const struct xrml_principal *it)
{
    return is_object(&it->object) || it->key.modulus != NULL ||
           it->bits.form != NULL || it->bits.text != NULL ||
           it->digest != NULL || it->hash != NULL || it->level_count != 0;
}

/* Of what may stand in any principal. */
static bool principal_is_whole(const struct xrml_principal *it)
{
    bool whole = it->object.type != NULL && it->object.id_type != NULL &&
                 no_key_or_good(&it->key) && bits_are_whole(&it->bits) &&
                 (it->digest == NULL) == (it->hash == NULL) &&
                 it->level_count <= XRML_LEVELS_MAX;

    for (size_t i = 0; whole && i < it->level_count; i++)
        whole = it->levels[i].name != NULL && it->levels[i].value != NULL;
    return whole;
}

/* UNTIL is after FROM, as they are written: in minutes. */
static bool range_is_whole(const struct xrml_range *range)
{
    return !range->present ||
           xrml_to_minute(range->from) < xrml_to_minute(range->until);
}

static bool points_are_whole(const struct xrml_point *points, size_t count)
{
    bool whole = count <= XRML_POINTS_MAX;

    for (size_t i = 0; whole && i < count; i++)
        whole = points[i].object.type != NULL &&
                points[i].object.id_type != NULL &&
                no_key_or_good(&points[i].key);
    return whole;
}

static bool rights_are_whole(const struct xrml_license *l)
{
    bool whole = l->right_count <= XRML_RIGHTS_MAX;

    for (size_t i = 0; whole && i < l->right_count; i++) {
        const struct xrml_right *right = &l->rights[i];

        whole = right->name != NULL && right->name[0] != '\0' &&
                bits_are_whole(&right->bits) && range_is_whole(&right->range) &&
                right->first != is_object(&right->user) &&
                (right->first || right->user.id_type != NULL);
    }
    return whole;
}

static bool data_are_whole(const struct xrml_license *l)
{
    bool whole = l->data_count <= XRML_DATA_MAX;

    for (size_t i = 0; whole && i < l->data_count; i++)
        whole = l->data[i].id != NULL && l->data[i].text != NULL;
    return whole;
}

static bool revoked_are_whole(const struct xrml_license *l)
{
    bool whole = l->revoked_count <= XRML_REVOKED_MAX;

    for (size_t i = 0; whole && i < l->revoked_count; i++) {
        const struct xrml_revoke *it = &l->revoked[i];
        const struct xrml_revoke_row *row = xrml_revoke_row(it->kind);
        bool object = is_object(&it->object);
        bool key = it->key.modulus != NULL;
        bool hash = it->digest != NULL && it->hash != NULL;

        /* the one part that its kind names, and no other */
        whole = row != NULL && object == (row->part == XRML_REVOKE_OBJECT) &&
                key == (row->part == XRML_REVOKE_PUBLICKEY) &&
                hash == (row->part == XRML_REVOKE_DIGEST) &&
                (it->digest == NULL) == (it->hash == NULL) &&
                (!object || it->object.id_type != NULL) &&
                (!key || key_is_good(&it->key));
    }
    return whole;
}

/* ---- the whole --------------------------------------------------------------
 */

struct part {
    const char *name;
    unsigned part;
    bool there, whole;
};

static enum iss_status check_parts(const struct xrml_license *l,
                                   const struct xrml_form *form,
                                   const struct part *parts, size_t count,
                                   struct iss_error *error)
{
    const char *kind = xrml_type_text(l->type);

    for (size_t i = 0; i < count; i++) {
        const struct part *part = &parts[i];

        if (!part->there && (form->must & part->part) != 0)
            return iss_fail(error, ISS_MALFORMED, "%s: %s is missing", kind,
                            part->name);
        if (part->there && ((form->must | form->may) & part->part) == 0)
            return iss_fail(error, ISS_MALFORMED, "%s: has no %s", kind,
                            part->name);
        if (part->there && !part->whole)
            return iss_fail(error, ISS_MALFORMED,
                            "%s: %s: something of it is missing, or there is "
                            "too much of it",
                            kind, part->name);
    }
    return ISS_OK;
}

enum iss_status xrml_form_check(const struct xrml_license *l,
                                struct iss_error *error)
{
    const struct xrml_form *form = xrml_form_of(l->type);
    const struct xrml_principal *to = &l->principal;
    const struct xrml_principal *machine = &l->machine;
    const bool verbatim = l->issuer_text != NULL && l->issuer_text_len > 0;
    const struct part parts[] = {
        {"DESCRIPTOR", HAS_GUID, l->guid != NULL, true},
        {"NAME of DESCRIPTOR", HAS_TEXT, l->text != NULL, l->guid != NULL},
        {"VALIDITYTIME", HAS_VALIDITY, l->validity.present,
         range_is_whole(&l->validity)},
        {"ISSUER", HAS_ISSUER, verbatim || is_principal(&l->issuer),
         verbatim ||
             (principal_is_whole(&l->issuer) && key_is_good(&l->issuer.key))},
        {"DISTRIBUTIONPOINT", HAS_POINTS, l->point_count > 0,
         points_are_whole(l->points, l->point_count)},
        {"ISSUEDPRINCIPALS", HAS_PRINCIPAL, is_principal(to),
         principal_is_whole(to) && key_is_good(&to->key)},
        {"DIGEST", HAS_DIGEST, to->digest != NULL, digest_is_known(to->digest)},
        {"SECURITYLEVEL", HAS_LEVELS, to->level_count > 0, true},
        {"ENABLINGBITS", HAS_BITS, to->bits.form != NULL, true},
        {"WORK", HAS_WORK, is_object(&l->work), l->work.id_type != NULL},
        {"OWNER", HAS_OWNER, is_object(&l->owner), l->owner.id_type != NULL},
        {"PRECONDITIONLIST", HAS_WHEN, l->when.present || l->how_long.present,
         range_is_whole(&l->when)},
        {"CONDITIONLIST", HAS_REFRESH, l->refresh.count > 0,
         points_are_whole(l->refresh.points, l->refresh.count)},
        {"RIGHTSGROUP", HAS_RIGHTS, l->right_count > 0, rights_are_whole(l)},
        {"AUTHENTICATEDDATA", HAS_DATA, l->data_count > 0, data_are_whole(l)},
        {"FEDERATIONPRINCIPALS", HAS_MACHINE, is_principal(machine),
         principal_is_whole(machine) && machine->bits.form != NULL},
        {"Referral-Info", HAS_REFERRAL, is_object(&l->referral),
         l->referral.type != NULL && l->referral.id_type != NULL},
        {"REVOKE", HAS_REVOKED, l->revoked_count > 0, revoked_are_whole(l)},
    };

    if (form == NULL)
        return iss_fail(error, ISS_MALFORMED, "%s: is not built here",
                        xrml_type_text(l->type));
    if (l->beyond != NULL)
        return iss_fail(error, ISS_MALFORMED,
                        "%s: has %.40s, which would be lost",
                        xrml_type_text(l->type), l->beyond);
    return check_parts(l, form, parts, sizeof(parts) / sizeof(parts[0]), error);
}
