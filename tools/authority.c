/* SPDX-License-Identifier: Apache-2.0 */
/* privyseal authority sign */
#include "answer.h"
#include "verbs.h"

static const struct tool_office office = {
    .role = ISS_AUTHORITY,
    .other = "only an authority signs for roots; a root answers by privyseal "
             "subenroll --serve",
    .chain = "the authority's chain",
    .taken = "enroll",
};

static enum iss_status run(struct tool *tool)
{
    struct tool_store store;
    enum iss_status status = tool_store_open(
        tool, tool_given(tool, TOOL_DRY_RUN) ? TOOL_LOOK : TOOL_CHANGE, &store);

    if (status == ISS_OK)
        status = tool_accept_time(tool, &store);
    if (status == ISS_OK)
        status = tool_answer(tool, &store, tool->options.operands[0], &office);
    return tool_store_close(tool, &store, status);
}

static const struct tool_use uses[] = {
    TOOL_USES_STORE,
    {TOOL_OUT, "the response; default: ./NAME.slc.xml"},
    {TOOL_DAYS, "how long the certificate lives; default: the policy's "
                "validity, one year"},
    {TOOL_POLICY, "what is refused and what is let pass, instead of the "
                  "store's policy.conf"},
    {TOOL_WITHOUT_PROOF,
     "no proof came: you vouch for the request, and the journal says so"},
    {TOOL_ACCEPT_TIME, "the clock is right although it stands behind the "
                       "journal: record that, and go on"},
    {TOOL_RECEIPT, "also write a signed receipt, for log verify --receipt"},
    TOOL_USE_YES,
    {TOOL_DRY_RUN, "judge, print what would be signed, change nothing"},
    TOOL_USE_QUIET,
    TOOL_USE_JSON,
    TOOL_USES_END,
};

const struct tool_verb tool_authority_sign = {
    .name = "authority sign",
    .summary = "answer a root's request with a certificate",
    .operands = "REQUEST",
    .least = 1,
    .most = 1,
    .uses = uses,
    .text =
        "Judges a request and the proof beside it (the same name, .pop): an "
        "enrollment, a renewal, or a renewal with a new key. Shows the "
        "words and what would be signed, for a renewal also which "
        "certificate it follows and the dates of both, asks, signs in the "
        "token, verifies the signature in software and writes the "
        "response: the certificate with the authority's chain. The same "
        "request again gets the same octets, whatever happened in "
        "between.\n\n"
        "  privyseal authority sign --store ea RMS01EnrollRequest.xml",
    .run = run,
};
