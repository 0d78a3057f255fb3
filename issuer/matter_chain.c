/* SPDX-License-Identifier: Apache-2.0 */
/* What an order brings, verified: chains of documents, and the account that a
 * RAC speaks of. */
#include "matter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trust.h"
#include "xrml_chain.h"
#include "xrml_key.h"
#include "xrml_revocation.h"

static bool is_anchor(const struct xrml_anchors *anchors,
                      const struct xrml_key *key)
{
    for (size_t i = 0; i < xrml_anchors_count(anchors); i++)
        if (xrml_key_same(xrml_anchor_key(anchors, i), key))
            return true;
    return false;
}

/* What a trusted key has issued needs nothing above it: a domain is trusted by
 * its own certificate, wherever that comes from. */
static void cut_at_anchor(struct xrml_chain *chain,
                          const struct xrml_anchors *anchors)
{
    for (size_t i = 0; i < chain->count; i++)
        if (is_anchor(anchors, &xrml_fields(chain->documents[i])->issuer_key)) {
            xrml_chain_cut(chain, i + 1);
            return;
        }
}

enum iss_status iss_matter_chain(struct iss_matter *matter, const char *what,
                                 const struct iss_text *text, unsigned accepted,
                                 struct xrml_chain *chain,
                                 struct iss_error *error)
{
    struct iss *iss = matter->iss;
    struct xrml_anchors *anchors = NULL;
    struct xrml_revocations *lists = NULL;
    struct xrml_report *report = calloc(1, sizeof(*report));
    struct iss_error why = {.status = ISS_OK};
    enum iss_status status = ISS_OK;

    if (report == NULL)
        status = iss_fail(&why, ISS_INTERNAL, "out of memory");
    else if (text->text == NULL)
        status = iss_fail(&why, ISS_MALFORMED, "it is missing");
    if (status == ISS_OK)
        status = xrml_chain_append(chain, text->text, text->len, 0, &why);
    if (status == ISS_OK)
        status = iss_trust_anchors(iss, accepted, &anchors, &why);
    if (status == ISS_OK)
        status = iss_trust_lists(iss, &lists, &why);
    if (status == ISS_OK) {
        const struct xrml_policy policy = {.at_set = true,
                                           .at = matter->now,
                                           .now = matter->now,
                                           .revocations = lists};

        cut_at_anchor(chain, anchors);
        status = xrml_chain_verify(iss->env.libctx, chain, anchors, &policy,
                                   report, &why);
    }
    xrml_revocations_free(lists);
    xrml_anchors_free(anchors);
    free(report);
    return status == ISS_OK ? ISS_OK
                            : iss_fail(error, status, "%s: %s", what, why.text);
}

/* ---- accounts --------------------------------------------------------------
 */

/* The root of this installation: whose RACs are taken without being asked
 * for (R132). */
static const char *root_guid(const struct iss_matter *matter)
{
    if (matter->iss->role == ISS_ROOT)
        return matter->iss->guid;
    return matter->own.count > 1
               ? xrml_fields(matter->own.documents[1])->principal.id
               : NULL;
}

/* By the root's GUID, which stays when its key changes; the chain has been
 * verified up to an anchor. Issued by an anchor directly: a trusted domain. */
static enum iss_status check_root(const struct iss_matter *matter,
                                  struct iss_error *error)
{
    char root[XRML_GUID_SIZE] = "";
    char issuer[XRML_GUID_SIZE] = "";
    const char *guid = root_guid(matter);
    const struct xrml_object *by =
        &xrml_fields(matter->rac.documents[0])->issuer;

    if (matter->rac.count == 1)
        return ISS_OK;
    if (guid != NULL && xrml_guid_normal(guid, root) && by->id != NULL &&
        xrml_guid_normal(by->id, issuer) && strcmp(root, issuer) == 0)
        return ISS_OK;
    return iss_fail(error, ISS_REFUSED,
                    "RAC: issued by %s, which is neither the root of this "
                    "installation nor trusted (privyseal trust users)",
                    by->name != NULL ? by->name
                    : by->id != NULL ? by->id
                                     : "nobody");
}

enum iss_status iss_matter_account(struct iss_matter *matter,
                                   struct iss_error *error)
{
    enum iss_status status =
        iss_matter_chain(matter, "RAC", &matter->order->rac, ISS_ACCEPT_USERS,
                         &matter->rac, error);

    if (status != ISS_OK)
        return status;
    const struct xrml_fields *rac = xrml_fields(matter->rac.documents[0]);
    const char *mail = rac->principal.name;
    if (rac->type != XRML_RAC || mail == NULL ||
        rac->principal_key.modulus == NULL)
        return iss_fail(error, ISS_SEMANTICS,
                        "RAC: %s: not the certificate of an account",
                        xrml_type_text(rac->type));
    int n = snprintf(matter->user, sizeof(matter->user), "%s", mail);
    if (n < 0 || (size_t)n >= sizeof(matter->user))
        return iss_fail(error, ISS_SEMANTICS, "RAC: the name is too long");
    status = check_root(matter, error);
    if (status == ISS_OK)
        status = xrml_key_hash(&rac->principal_key, matter->account, error);
    matter->has_account = status == ISS_OK;
    return status == ISS_OK
               ? iss_trust_excluded(matter->iss, matter->account, error)
               : status;
}
