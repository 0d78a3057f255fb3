/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decisions of the access list for acl_agrees.py. Standard input: "FILE n" and
 * n octets, then "ASK" lines about that file, fields separated by tabs:
 *   op url guid whose subject-key bits days years now outstanding as
 *   proofs past approver
 * proofs and approver: kind:value with commas between; past: op:time; "-" is
 * nothing. A line of answer each: "invalid", or "file RULES", or
 *   cause line until principal nearest why
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "issuer/acl.h"

enum { FIELDS = 15, LIST = 64 };

static const char *const kinds[] = {
#define ACL_KIND(name, word, form) word,
#include "issuer/acl_words.def"
#undef ACL_KIND
};

static size_t take_proofs(char *text, struct iss_acl_proof *out)
{
    char *rest = NULL;
    size_t count = 0;

    if (strcmp(text, "-") == 0)
        return 0;
    for (char *word = strtok_r(text, ",", &rest); word != NULL && count < LIST;
         word = strtok_r(NULL, ",", &rest)) {
        for (int k = 0; k < ISS_ACL_KINDS; k++) {
            const size_t len = strlen(kinds[k]);

            if (strncmp(word, kinds[k], len) == 0)
                out[count++] =
                    (struct iss_acl_proof){(enum iss_acl_kind)k, word + len};
        }
    }
    return count;
}

static size_t take_past(char *text, struct iss_acl_past *out)
{
    char *rest = NULL;
    size_t count = 0;

    if (strcmp(text, "-") == 0)
        return 0;
    for (char *word = strtok_r(text, ",", &rest); word != NULL && count < LIST;
         word = strtok_r(NULL, ",", &rest)) {
        char *colon = strchr(word, ':');

        out[count++] =
            (struct iss_acl_past){iss_acl_op_of(word, (size_t)(colon - word)),
                                  strtoll(colon + 1, NULL, 10)};
    }
    return count;
}

static void answer(const struct iss_acl *acl, char *line)
{
    struct iss_acl_proof proofs[LIST], approver[LIST];
    struct iss_acl_past past[LIST];
    struct iss_acl_decision decision;
    char *fields[FIELDS] = {NULL};
    char *rest = line;

    for (int i = 0; i < FIELDS && rest != NULL; i++)
        fields[i] = strsep(&rest, "\t");
    if (fields[FIELDS - 1] == NULL || rest != NULL)
        exit(2);
    const struct iss_acl_question question = {
        .op = iss_acl_op_of(fields[1], strlen(fields[1])),
        .url = fields[2],
        .guid = fields[3],
        .whose = (enum iss_acl_guid)strtol(fields[4], NULL, 10),
        .subject_key = fields[5],
        .key_bits = (unsigned)strtoul(fields[6], NULL, 10),
        .days = (int)strtol(fields[7], NULL, 10),
        .years = (int)strtol(fields[8], NULL, 10),
        .now = strtoll(fields[9], NULL, 10),
        .outstanding = (unsigned)strtoul(fields[10], NULL, 10),
        .as = strcmp(fields[11], "-") == 0 ? NULL : fields[11],
        .proofs = proofs,
        .proof_count = take_proofs(fields[12], proofs),
        .past = past,
        .past_count = take_past(fields[13], past),
        .approver = approver,
        .approver_count = take_proofs(fields[14], approver)};

    decision = iss_acl_decide(acl, &question, NULL, NULL);
    (void)printf("%d %u %" PRId64 " %s %u %u\n", (int)decision.cause,
                 decision.line, decision.until,
                 decision.principal != NULL ? decision.principal : "-",
                 decision.nearest, decision.why);
}

int main(void)
{
    struct iss_acl *acl = NULL;
    char *line = NULL;
    size_t room = 0;
    ssize_t len;

    while ((len = getline(&line, &room, stdin)) > 0) {
        line[len - 1] = '\0';
        if (strncmp(line, "FILE ", 5) == 0) {
            const size_t size = strtoul(line + 5, NULL, 10);
            char *text = malloc(size + 1);
            struct iss_error error = {.status = ISS_OK};

            iss_acl_free(acl);
            acl = NULL;
            if (text == NULL || fread(text, 1, size, stdin) != size)
                return 2;
            if (iss_acl_parse("acl", text, size, &acl, &error) == ISS_OK)
                (void)printf("file %zu\n", iss_acl_rule_count(acl));
            else
                (void)printf("invalid %s\n", error.text);
            free(text);
        } else if (acl != NULL) {
            answer(acl, line);
        } else {
            (void)puts("invalid");
        }
        (void)fflush(stdout);
    }
    iss_acl_free(acl);
    free(line);
    return 0;
}
