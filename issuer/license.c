/* SPDX-License-Identifier: Apache-2.0 */
/* One license, step after step: see matter.h. */
#include "license.h"

#include <stdlib.h>
#include <string.h>

#include "checkpoint.h"
#include "matter.h"

static bool is_refusal(enum iss_status status)
{
    static const enum iss_status refusals[] = {
        ISS_REFUSED, ISS_MALFORMED, ISS_CONFLICT,  ISS_NOT_ENROLLED,
        ISS_EXPIRED, ISS_CLOCK,     ISS_XML,       ISS_SIGNATURE,
        ISS_REVOKED, ISS_KEY,       ISS_SEMANTICS, ISS_CONDITIONS};
    bool refusal = false;

    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
        refusal = refusal || refusals[i] == status;
    return refusal;
}

enum iss_status iss_matter_refuse(struct iss_matter *matter,
                                  enum iss_status status,
                                  const struct iss_error *why)
{
    return is_refusal(status) ? iss_matter_deny(matter, status, why) : status;
}

/* One pass. *stale: what it was judged by has changed before its INTENT. */
static enum iss_status pass(struct iss_matter *matter, struct iss *store,
                            const struct iss_license_order *order, bool *stale,
                            struct iss_error *why)
{
    struct iss_act act;
    enum iss_status status = iss_matter_open(store, order, matter, why);
    const bool begun = matter->done.intent != 0;

    *stale = false;
    if (status == ISS_OK && !begun) {
        iss_matter_unseal(matter);
        status = iss_matter_write(matter, why);
    }
    if (status != ISS_OK || matter->done.again)
        return status;
    iss_matter_act(matter, &act);
    iss_done_clear(&matter->done);
    status = iss_act_perform(store, &act, &matter->done, why);
    *stale = status == ISS_CONFLICT && !begun;
    return status;
}

enum iss_status iss_license(struct iss *store,
                            const struct iss_license_order *order,
                            struct iss_licensed *licensed,
                            struct iss_error *error)
{
    enum { PASSES = 4 };
    struct iss_matter *matter = calloc(1, sizeof(*matter));
    struct iss_error why = {.status = ISS_OK};
    enum iss_status status = ISS_OK;
    bool stale = true;

    memset(licensed, 0, sizeof(*licensed));
    if (matter == NULL)
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    for (int i = 0; i < PASSES && stale; i++) {
        iss_matter_clear(matter);
        why = (struct iss_error){.status = ISS_OK};
        status = pass(matter, store, order, &stale, &why);
    }
    if (status == ISS_OK)
        status = iss_matter_answer(matter, licensed, &why);
    else
        status = iss_matter_refuse(matter, status, &why);
    if (status == ISS_OK)
        status = iss_checkpoint_keep_up(store, &why);
    iss_matter_clear(matter);
    free(matter);
    if (status == ISS_OK)
        return ISS_OK;
    iss_licensed_clear(licensed);
    return iss_fail(error, status, "%s", why.text);
}
