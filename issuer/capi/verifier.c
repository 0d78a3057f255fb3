/* SPDX-License-Identifier: Apache-2.0 */
/* Verifying: whom to trust, and the verdict. */
#include <stdlib.h>
#include <string.h>

#include "handles.h"

struct privyseal_verdict {
    struct xrml_report report;
};

int privyseal_verifier_new(privyseal *context, const char *anchors, size_t len,
                           privyseal_verifier **out)
{
    struct iss_error *error = capi_begin(context);
    privyseal_verifier *verifier = calloc(1, sizeof(*verifier));
    enum iss_status status = ISS_OK;

    *out = NULL;
    if (verifier == NULL)
        return (int)iss_fail(error, ISS_INTERNAL, "out of memory");
    status = xrml_anchors_parse(anchors, len, &verifier->anchors, error);
    if (status != ISS_OK) {
        free(verifier);
        return (int)status;
    }
    *out = verifier;
    return ISS_OK;
}

void privyseal_verifier_free(privyseal_verifier *verifier)
{
    if (verifier == NULL)
        return;
    xrml_anchors_free(verifier->anchors);
    xrml_revocations_free(verifier->lists);
    free(verifier);
}

int privyseal_verifier_add_list(privyseal *context,
                                privyseal_verifier *verifier, const char *text,
                                size_t len)
{
    struct iss_error *error = capi_begin(context);
    struct xrml_document *list = NULL;
    enum iss_status status = xrml_parse(text, len, NULL, &list, error);

    if (status == ISS_OK && verifier->lists == NULL)
        status = xrml_revocations_new(&verifier->lists, error);
    if (status == ISS_OK)
        status =
            xrml_revocations_add(verifier->lists, context->libctx, list, error);
    xrml_document_free(list);
    return (int)status;
}

void privyseal_verifier_set_legacy(privyseal_verifier *verifier, int legacy)
{
    verifier->legacy = legacy != 0;
}

void privyseal_verifier_set_time(privyseal_verifier *verifier, int64_t at)
{
    verifier->at_set = true;
    verifier->at = at;
}

int privyseal_verify(privyseal *context, const privyseal_verifier *verifier,
                     const privyseal_chain *chain, privyseal_verdict **verdict)
{
    struct iss_error *error = capi_begin(context);
    const struct xrml_policy policy = {.legacy = verifier->legacy,
                                       .at_set = verifier->at_set,
                                       .at = verifier->at,
                                       .now = capi_now(context),
                                       .revocations = verifier->lists};
    privyseal_verdict *given = calloc(1, sizeof(*given));
    enum iss_status status = ISS_OK;

    if (verdict != NULL)
        *verdict = NULL;
    if (given == NULL)
        return (int)iss_fail(error, ISS_INTERNAL, "out of memory");
    status =
        xrml_chain_verify(context->libctx, &chain->chain, verifier->anchors,
                          &policy, &given->report, error);
    if (verdict != NULL)
        *verdict = given;
    else
        free(given);
    return (int)status;
}

void privyseal_verdict_free(privyseal_verdict *verdict)
{
    free(verdict);
}

int privyseal_verdict_test(const privyseal_verdict *verdict, size_t document,
                           unsigned test, const char **reason)
{
    static const int results[] = {[XRML_NOT_RUN] = PRIVYSEAL_NOT_RUN,
                                  [XRML_PASSED] = PRIVYSEAL_PASSED,
                                  [XRML_FAILED] = PRIVYSEAL_FAILED};
    const bool known = document < verdict->report.count && test >= 1 &&
                       test <= PRIVYSEAL_TESTS;

    if (reason != NULL)
        *reason =
            known ? verdict->report.nodes[document].reasons[test - 1] : "";
    return known ? results[verdict->report.nodes[document].tests[test - 1]]
                 : PRIVYSEAL_NOT_RUN;
}

int64_t privyseal_verdict_ended(const privyseal_verdict *verdict,
                                size_t document)
{
    return document < verdict->report.count &&
                   verdict->report.nodes[document].ended
               ? verdict->report.nodes[document].ends
               : 0;
}
