/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verdict of xrml_chain_verify as a program, for chain_agrees.py:
 * chain_verdict (--legacy|--strict) [--at TIME] [--revocation FILE]... ANCHOR
 * FILE... One line, exit as privyseal.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "issuer/xrml_revocation.h"
#include "unit.h"

static enum iss_status append(struct xrml_chain *chain, const char *path,
                              struct iss_error *error)
{
    size_t len = 0;
    char *text = unit_read_file(path, &len);
    enum iss_status status =
        text == NULL ? iss_fail(error, ISS_USAGE, "%s: cannot be read", path)
                     : xrml_chain_append(chain, text, len, 0, error);

    free(text);
    return status;
}

static enum iss_status add_list(struct xrml_revocations *set, const char *path,
                                struct iss_error *error)
{
    struct xrml_chain chain = {.count = 0};
    enum iss_status status = append(&chain, path, error);

    if (status == ISS_OK)
        status = xrml_revocations_add(set, NULL, chain.documents[0], error);
    xrml_chain_clear(&chain);
    return status;
}

/* The options; *next is where the files begin. */
static enum iss_status read_options(int argc, char **argv, int *next,
                                    struct xrml_policy *policy,
                                    struct xrml_revocations *set,
                                    struct iss_error *error)
{
    enum iss_status status = ISS_OK;
    int i = 1;

    for (; i + 1 < argc && argv[i][0] == '-' && status == ISS_OK; i++) {
        if (strcmp(argv[i], "--legacy") == 0) {
            policy->legacy = true;
            xrml_revocations_legacy(set, true);
        } else if (strcmp(argv[i], "--at") == 0) {
            i++;
            policy->at_set =
                xrml_time_parse(argv[i], strlen(argv[i]), &policy->at);
        } else if (strcmp(argv[i], "--revocation") == 0) {
            status = add_list(set, argv[++i], error);
            policy->revocations = set;
        }
    }
    *next = i;
    return status;
}

int main(int argc, char **argv)
{
    struct xrml_policy policy = {.legacy = false};
    struct iss_error error = {.status = ISS_OK};
    struct xrml_chain chain = {.count = 0};
    struct xrml_anchors *anchors = NULL;
    struct xrml_revocations *set = NULL;
    struct xrml_report report;
    size_t len = 0;
    char *text = NULL;
    int next = 0;
    enum iss_status status = xrml_revocations_new(&set, &error);

    if (status == ISS_OK)
        status = read_options(argc, argv, &next, &policy, set, &error);
    if (status == ISS_OK && next < argc)
        text = unit_read_file(argv[next++], &len);
    if (status == ISS_OK)
        status = text == NULL ? iss_fail(&error, ISS_USAGE, "no anchors")
                              : xrml_anchors_parse(text, len, &anchors, &error);
    for (; next < argc && status == ISS_OK; next++)
        status = append(&chain, argv[next], &error);
    if (status == ISS_OK)
        status =
            xrml_chain_verify(NULL, &chain, anchors, &policy, &report, &error);
    (void)puts(status == ISS_OK ? "valid" : error.text);
    xrml_chain_clear(&chain);
    xrml_anchors_free(anchors);
    xrml_revocations_free(set);
    free(text);
    return (int)status;
}
