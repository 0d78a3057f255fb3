/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verdict of xrml_chain_verify as a program, for chain_agrees.py:
 * chain_verdict (--legacy|--strict) ANCHOR FILE... One line, exit as privyseal.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "issuer/xrml.h"
#include "unit.h"

int main(int argc, char **argv)
{
    struct xrml_policy policy = {.legacy = argc > 1 &&
                                           strcmp(argv[1], "--legacy") == 0};
    struct iss_error error = {.status = ISS_OK};
    struct xrml_chain chain = {.count = 0};
    struct xrml_anchors *anchors = NULL;
    struct xrml_report report;
    enum iss_status status = ISS_OK;

    for (int i = 2; i < argc && status == ISS_OK; i++) {
        size_t len = 0;
        char *text = unit_read_file(argv[i], &len);
        if (text == NULL)
            status = iss_fail(&error, ISS_USAGE, "%s: cannot be read", argv[i]);
        else if (i == 2)
            status = xrml_anchors_parse(text, len, &anchors, &error);
        else
            status = xrml_chain_append(&chain, text, len, 0, &error);
        free(text);
    }
    if (status == ISS_OK && anchors != NULL)
        status =
            xrml_chain_verify(NULL, &chain, anchors, &policy, &report, &error);
    (void)puts(status == ISS_OK ? "valid" : error.text);
    xrml_chain_clear(&chain);
    xrml_anchors_free(anchors);
    return (int)status;
}
