/* SPDX-License-Identifier: Apache-2.0 */
#include "revokers.h"

#include <stdlib.h>
#include <string.h>

#include "grants.h"

/* The identifier that MS-RMPR 2.2.9.3.5 prints. */
static const char authority[] = "External revocation authority";

/* Of a chain, its first document is meant: what stands above it revokes as it
 * is. */
static bool is_chain(const char *text, size_t len)
{
    const size_t blank = strspn(text, " \t\r\n");

    return blank < len && memchr("<\xef\xff\xfe", text[blank], 4) != NULL;
}

static enum iss_status read_keys(const char *path, struct xrml_anchors **owner,
                                 size_t *count, struct iss_error *error)
{
    struct iss_error why = {.status = ISS_OK};
    char *text = NULL;
    size_t len = 0;
    enum iss_status status =
        iss_read_file(path, XRML_CHAIN_MAX, &text, &len, error);

    if (status != ISS_OK)
        return status;
    if (xrml_anchors_parse(text, len, owner, &why) != ISS_OK)
        status =
            iss_fail(error, ISS_USAGE, "--revokers %s: %s", path, why.text);
    else
        *count = is_chain(text, len) ? 1 : xrml_anchors_count(*owner);
    free(text);
    if (status == ISS_OK && *count > XRML_POINTS_MAX)
        status = iss_fail(error, ISS_USAGE, "--revokers %s: more than %d keys",
                          path, XRML_POINTS_MAX);
    return status;
}

/* Neither means anything without somebody whose lists are meant. */
static enum iss_status check_alone(const struct tool_options *options,
                                   struct iss_error *error)
{
    static const enum tool_option others[] = {TOOL_REFRESH, TOOL_LIST_URL};

    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        if (options->value[others[i]] != NULL)
            return iss_fail(error, ISS_USAGE,
                            "--%s goes with --revokers: whose list?",
                            tool_option_info(others[i])->name);
    return ISS_OK;
}

static struct xrml_point point_of(const struct xrml_anchors *keys, size_t n,
                                  const char *address)
{
    const char *name = xrml_anchor_name(keys, n);

    return (struct xrml_point){.object = {.type = "Revocation",
                                          .id_type = "ascii-tag",
                                          .id = authority,
                                          .name = name[0] != '\0' ? name : NULL,
                                          .address = address},
                               .key = *xrml_anchor_key(keys, n)};
}

enum iss_status tool_revokers_read(const struct tool_options *options,
                                   struct xrml_anchors **owner,
                                   struct xrml_refresh *refresh,
                                   struct iss_error *error)
{
    const char *path = options->value[TOOL_REVOKERS];
    const char *age = options->value[TOOL_REFRESH];
    enum iss_status status = ISS_OK;

    *owner = NULL;
    *refresh = (struct xrml_refresh){.count = 0};
    if (path == NULL)
        return check_alone(options, error);
    if (age != NULL && !tool_interval_parse(age, &refresh->interval))
        return iss_fail(error, ISS_USAGE,
                        "--refresh: not a duration (d, h, min): %.60s", age);
    status = read_keys(path, owner, &refresh->count, error);
    for (size_t i = 0; status == ISS_OK && i < refresh->count; i++)
        refresh->points[i] = point_of(*owner, i, options->value[TOOL_LIST_URL]);
    return status;
}
