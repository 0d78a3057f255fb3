/* SPDX-License-Identifier: Apache-2.0 */
/* What an order brings, verified: chains of documents, and the account that a
 * RAC speaks of. */
#include "matter.h"

#include <stdio.h>

#include "desk.h"
#include "trust.h"

enum iss_status iss_matter_chain(struct iss_matter *matter, const char *what,
                                 const struct iss_text *text, unsigned accepted,
                                 struct xrml_chain *chain,
                                 struct iss_error *error)
{
    struct iss_error why = {.status = ISS_OK};
    enum iss_status status = ISS_OK;

    if (matter->order->legacy && (accepted & ISS_ACCEPT_PUBLISHING) != 0)
        accepted |= ISS_TRUST_LEGACY;
    if (text->text == NULL)
        status = iss_fail(&why, ISS_MALFORMED, "it is missing");
    if (status == ISS_OK)
        status =
            iss_desk_chain(matter->iss, text->text, text->len, chain, &why);
    if (status == ISS_OK)
        status =
            iss_trust_verify(matter->iss, chain, accepted, matter->now, &why);
    return status == ISS_OK ? ISS_OK
                            : iss_fail(error, status, "%s: %s", what, why.text);
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
    status = xrml_key_hash(&rac->principal_key, matter->account, error);
    matter->has_account = status == ISS_OK;
    return status == ISS_OK
               ? iss_trust_excluded(matter->iss, matter->account, error)
               : status;
}
