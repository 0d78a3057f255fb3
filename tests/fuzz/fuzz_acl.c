/* SPDX-License-Identifier: Apache-2.0 */
/* An access list: what is accepted decides, and never allows who proved
 * nothing; less of it is never accepted. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "issuer/acl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void decide(const struct iss_acl *acl)
{
    static const char key[] =
        "9a41000000000000000000000000000000000000000000000000000000000000";
    static const struct iss_acl_proof proofs[] = {
        {ISS_ACL_KEY_SHA256, key}, {ISS_ACL_UNIX_USER, "rmsops"}};
    struct iss_acl_question question = {
        .proofs = proofs,
        .proof_count = 2,
        .op = ISS_ACL_SUB_ENROLL,
        .url = "https://lic.example/_wmcs",
        .guid = "{00000000-0000-0000-0000-000000000001}",
        .subject_key = key,
        .key_bits = 2048,
        .years = 1,
        .now = INT64_C(1795255200)};
    struct iss_acl_decision decision =
        iss_acl_decide(acl, &question, NULL, NULL);

    if (decision.cause == ISS_ACL_ALLOWED &&
        (decision.principal == NULL || decision.until <= question.now))
        __builtin_trap();
    question.proof_count = 0;
    decision = iss_acl_decide(acl, &question, NULL, NULL);
    if (decision.cause != ISS_ACL_NOBODY)
        __builtin_trap();
}

static void read_warning(void *arg, unsigned line, const char *text)
{
    (void)arg;
    if (line == 0 || text[0] == '\0')
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct iss_acl *acl = NULL;
    struct iss_error error = {.status = ISS_OK};

    if (iss_acl_parse("acl", (const char *)data, size, &acl, &error) !=
        ISS_OK) {
        if (acl != NULL || error.text[0] == '\0')
            __builtin_trap();
        return 0;
    }
    decide(acl);
    iss_acl_review(acl, INT64_C(1795255200), read_warning, NULL);
    iss_acl_free(acl);
    if (iss_acl_parse("acl", (const char *)data, size - 1, &acl, NULL) ==
        ISS_OK)
        __builtin_trap();
    return 0;
}
