/* SPDX-License-Identifier: Apache-2.0 */
/* Kinds of licenses: see xrml_kind.h. */
#include "xrml_kind.h"

#include <string.h>

#include "xrml_document.h"
#include "xrml_key.h"
#include "xrml_license.h"
#include "xrml_part.h"

struct matter {
    const struct xrml_document *document;
    const struct xrml_license *license;
    const struct xrml_fields *issuer; /* NULL: an anchor */
    enum xrml_role role;              /* of the issuer */
};

/* Each returns what is wrong, or NULL. */

static const char *principal_key(const struct matter *it)
{
    return it->license->principal.key.modulus == NULL
               ? "ISSUEDPRINCIPALS: no key"
               : NULL;
}

static const char *account(const struct matter *it)
{
    const struct xrml_object *object = &it->license->principal.object;

    return !xrml_same_text(object->type, "Group-Identity") ||
                   object->id == NULL || object->id[0] == '\0'
               ? "ISSUEDPRINCIPALS: no Group-Identity with an identifier"
               : NULL;
}

static const char *validity(const struct matter *it)
{
    return it->license->validity.present ? NULL : "no VALIDITYTIME";
}

static const char *machine(const struct matter *it)
{
    const struct xrml_principal *machine = &it->license->machine;

    return machine->object.id == NULL || machine->bits.form == NULL
               ? "FEDERATIONPRINCIPALS: no machine with ENABLINGBITS"
               : NULL;
}

static const char *issues(const struct matter *it)
{
    const struct xrml_license *l = it->license;

    if (l->right_count != 1 || !xrml_same_text(l->rights[0].name, "ISSUE"))
        return "grants another right than ISSUE";
    return l->rights[0].bits.form == NULL
               ? "the right ISSUE has no ENABLINGBITS"
               : NULL;
}

static const char *server(const struct matter *it)
{
    const struct xrml_principal *principal = &it->license->principal;

    if (!xrml_same_text(principal->object.type, "MS-DRM-Server"))
        return "ISSUEDPRINCIPALS: no MS-DRM-Server";
    return principal->bits.form == NULL ? "ISSUEDPRINCIPALS: no ENABLINGBITS"
                                        : NULL;
}

/* The server that will issue use licenses: with a client's license the one
 * that certified the client, else the issuer itself (MS-RMPR 2.2.9.7.4). */
static const char *own_server(const struct matter *it)
{
    const struct xrml_principal *principal = &it->license->principal;
    bool client = it->role == XRML_ROLE_CLC;

    if (it->issuer == NULL)
        return NULL;
    return xrml_key_same(&principal->key, client ? &it->issuer->issuer_key
                                                 : &it->issuer->principal_key)
               ? NULL
           : client ? "ISSUEDPRINCIPALS is not the server that certified the "
                      "client"
                    : "ISSUEDPRINCIPALS is not the server that issued it";
}

static const char *content(const struct matter *it)
{
    const char *id = it->license->work.id;

    return id == NULL || id[0] == '\0' ? "WORK: no identifier of the content"
                                       : NULL;
}

static const char *rights_data(const struct matter *it)
{
    for (size_t i = 0; i < it->license->data_count; i++)
        if (xrml_same_text(it->license->data[i].id, "Encrypted-Rights-Data"))
            return NULL;
    return "no Encrypted-Rights-Data";
}

static const char *use_rights(const struct matter *it)
{
    const struct xrml_license *l = it->license;

    for (size_t i = 0; i < l->right_count; i++)
        if (!l->rights[i].first || l->rights[i].bits.form == NULL)
            return "a right is not granted to principal 1 with ENABLINGBITS";
    return l->right_count == 0 ? "grants no right" : NULL;
}

/* A client licenses its own account, and as the owner: MS-RMPR 3.8.4.4. */
static const char *owner_only(const struct matter *it)
{
    const struct xrml_license *l = it->license;

    if (it->role != XRML_ROLE_CLC || it->issuer == NULL)
        return NULL;
    if (l->right_count != 1 || !xrml_same_text(l->rights[0].name, "OWNER"))
        return "a client may grant OWNER only";
    return xrml_same_text(l->principal.object.id, it->issuer->principal.id)
               ? NULL
               : "a client may license its own account only";
}

static const char *some_right(const struct matter *it)
{
    return it->license->right_count == 0 ? "grants no right" : NULL;
}

static const char *list(const struct matter *it)
{
    return xml_child(xml_root(it->document->tree), "REVOCATIONLIST") == NULL
               ? "no REVOCATIONLIST"
               : NULL;
}

enum { CHECKS_MAX = 8 };

static const struct {
    enum xrml_type type;
    const char *(*checks[CHECKS_MAX])(const struct matter *it);
} rows[] = {
    {XRML_MACHINE_CERTIFICATE, {principal_key}},
    {XRML_RAC, {account, principal_key, validity, machine}},
    {XRML_CLC, {account, principal_key, issues}},
    {XRML_PL, {server, principal_key, own_server, content, rights_data}},
    {XRML_UL, {account, principal_key, content, use_rights, owner_only}},
    {XRML_TEMPLATE, {some_right}},
    {XRML_REVOCATION_LIST, {list}},
};

enum iss_status xrml_kind_check(const struct xrml_document *document,
                                const struct xrml_document *issuer,
                                enum xrml_role issuer_role,
                                struct iss_error *error)
{
    struct xrml_reading *reading = NULL;
    enum iss_status status = ISS_OK;

    if (xrml_in_family(document->fields.type))
        return ISS_OK;
    status = xrml_license_read(document, &reading, error);
    if (status != ISS_OK)
        return status;
    const struct matter matter = {
        .document = document,
        .license = xrml_reading_license(reading),
        .issuer = issuer == NULL ? NULL : xrml_fields(issuer),
        .role = issuer_role};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (size_t n = 0;
             rows[i].type == document->fields.type && n < CHECKS_MAX &&
             rows[i].checks[n] != NULL && status == ISS_OK;
             n++) {
            const char *fault = rows[i].checks[n](&matter);
            if (fault != NULL)
                status = iss_fail(error, ISS_SEMANTICS, "%s: %s",
                                  xrml_type_text(rows[i].type), fault);
        }
    xrml_reading_free(reading);
    return status;
}
