/* SPDX-License-Identifier: Apache-2.0 */
/* A report of verifying, for people and as JSON. */
#include "explain.h"

#include <string.h>

#include "explain_license.h"
#include "when.h"

enum { RANGE_SIZE = 2 * TOOL_TIME_SIZE + 8 };

static const struct verdict {
    const char *text;
    enum tool_colour colour;
} verdicts[] = {
    [XRML_NOT_RUN] = {"not run", TOOL_DIM},
    [XRML_PASSED] = {"ok", TOOL_GOOD},
    [XRML_FAILED] = {"FAILED", TOOL_BAD},
};

static const char *anchor_name(const struct tool_explained *it)
{
    const char *name = "";

    if (it->report->status == ISS_OK)
        name = xrml_anchor_name(it->anchors, it->report->anchor);
    return name[0] != '\0' ? name : "without a name";
}

/* What the document is about: the principal of a certificate, else its own
 * name or identifier. */
static const char *subject(const struct xrml_fields *fields)
{
    const char *const names[] = {fields->principal.name,
                                 fields->principal.address, fields->work.name,
                                 fields->descriptor.id, fields->principal.id};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (names[i] != NULL && names[i][0] != '\0')
            return names[i];
    return "(no name)";
}

static void time_text(int64_t seconds, char out[static TOOL_TIME_SIZE])
{
    if (!tool_time_print(seconds, out))
        (void)snprintf(out, TOOL_TIME_SIZE, "?");
}

void tool_explain_short(struct tool *tool, const struct tool_explained *it)
{
    const struct xrml_fields *leaf = xrml_fields(it->chain->documents[0]);
    char when[TOOL_TIME_SIZE];

    if (it->report->status != ISS_OK)
        return;
    time_text(leaf->issued, when);
    tool_line(&tool->out, "valid",
              "%s %s, issued %s; %zu document%s up to anchor \"%s\"",
              xrml_type_text(leaf->type), subject(leaf), when,
              it->report->count, it->report->count == 1 ? "" : "s",
              anchor_name(it));
    for (size_t i = 0; i < it->report->count; i++) {
        const struct xrml_node *node = &it->report->nodes[i];

        time_text(node->ends, when);
        if (node->ended)
            tool_note(&tool->out, "ended", "%s: %s, after it was issued",
                      subject(xrml_fields(it->chain->documents[i])), when);
        if (node->rewritten)
            tool_note(&tool->out, "rewritten",
                      "%s: only without white space between its tags",
                      subject(xrml_fields(it->chain->documents[i])));
    }
}

static void print_range(struct tool *tool, int indent, const char *label,
                        const struct xrml_range *range)
{
    char from[TOOL_TIME_SIZE], until[TOOL_TIME_SIZE];

    if (!range->present)
        return;
    time_text(range->from, from);
    time_text(range->until, until);
    tool_text(&tool->out, TOOL_PLAIN, "%*s%-10s %s .. %s", indent, "", label,
              from, until);
}

static void print_tests(struct tool *tool, int indent,
                        const struct xrml_node *node)
{
    for (unsigned test = 0; test < XRML_TESTS; test++) {
        const struct verdict *verdict = &verdicts[node->tests[test]];

        tool_part(&tool->out, TOOL_PLAIN, "%*s%u %-14s", indent, "", test + 1,
                  xrml_test_name(test + 1));
        tool_part(&tool->out, verdict->colour, "%s", verdict->text);
        tool_text(&tool->out, TOOL_PLAIN, "%s%s",
                  node->reasons[test][0] != '\0' ? "  " : "",
                  node->reasons[test]);
    }
}

/* ---- rights and revocation -------------------------------------------------
 */

/* What a certificate of that place may issue, where it holds ISSUE at all. */
static const char *issues(const struct xrml_node *node)
{
    static const char *const texts[] = {
        [XRML_PLACE_UNKNOWN] = "",
        [XRML_PLACE_CA] = "CA and Enrollment Service certificates",
        [XRML_PLACE_ENROLLMENT_SERVICE] = "SLCs",
        [XRML_PLACE_SLC] = "sub-enrolled SLCs, RACs, CLCs, PLs, ULs",
        [XRML_PLACE_SUB_SLC] = "CLCs, PLs, ULs",
        [XRML_PLACE_LEAF] = ""};

    return texts[node->place];
}

static bool is_certificate(const struct xrml_fields *fields)
{
    return fields->type == XRML_CA_CERTIFICATE ||
           fields->type == XRML_SERVER_CERTIFICATE;
}

static void print_revokers(struct tool *tool, int indent,
                           const struct xrml_fields *fields)
{
    char groups[TOOL_HASH_SIZE];
    uint8_t hash[32];

    if (fields->revoker_count == 0) {
        tool_text(&tool->out, TOOL_PLAIN, "%*s%-10s standard: by its issuer",
                  indent, "", "revocation");
        return;
    }
    tool_text(&tool->out, TOOL_PLAIN,
              "%*s%-10s custom: by any of %zu keys, its issuer's first", indent,
              "", "revocation", fields->revoker_count);
    for (size_t i = 0; i < fields->revoker_count; i++) {
        if (xrml_key_hash(&fields->revokers[i], hash, NULL) != ISS_OK)
            continue;
        tool_hash_groups(hash, groups);
        tool_text(&tool->out, TOOL_PLAIN, "%*s%-10s %s", indent, "", "",
                  groups);
    }
}

static void print_rights(struct tool *tool, int indent,
                         const struct xrml_fields *fields,
                         const struct xrml_node *node)
{
    if (!is_certificate(fields))
        return;
    if (fields->may_issue && issues(node)[0] != '\0')
        tool_text(&tool->out, TOOL_PLAIN, "%*s%-10s ISSUE: %s", indent, "",
                  "rights", issues(node));
    else
        tool_text(&tool->out, TOOL_PLAIN, "%*s%-10s %s", indent, "", "rights",
                  fields->may_issue ? "ISSUE" : "issues nothing");
    print_revokers(tool, indent, fields);
}

/* A document whose parts have not their form has failed test 1, and shows what
 * could be read before. */
static struct xrml_reading *read_fields(const struct tool_explained *it,
                                        size_t n)
{
    struct xrml_reading *reading = NULL;

    return xrml_license_read(it->chain->documents[n], &reading, NULL) == ISS_OK
               ? reading
               : NULL;
}

static void print_fields(struct tool *tool, int indent,
                         const struct tool_explained *it, size_t n)
{
    struct xrml_reading *reading = read_fields(it, n);

    if (reading != NULL)
        tool_explain_fields(tool, indent, xrml_reading_license(reading));
    xrml_reading_free(reading);
}

static void print_node(struct tool *tool, const struct tool_explained *it,
                       size_t n)
{
    static const char branch[] = "\xe2\x94\x94\xe2\x94\x80 ";
    const struct xrml_fields *fields = xrml_fields(it->chain->documents[n]);
    const struct xrml_node *node = &it->report->nodes[n];
    int indent = 3 * (int)(it->report->count - 1 - n);
    char issued[TOOL_TIME_SIZE];

    tool_part(&tool->out, TOOL_DIM, "%*s%s", indent, "", branch);
    tool_part(&tool->out, TOOL_STRONG, "%s", subject(fields));
    tool_text(&tool->out, TOOL_PLAIN, "   %zu of %zu: %s, %s%s%s", n + 1,
              it->report->count, xrml_type_text(fields->type),
              xrml_place_text(node->place), node->legacy ? ", legacy" : "",
              node->ended ? ", ended" : "");
    indent += 3;
    time_text(fields->issued, issued);
    if (fields->descriptor.id != NULL)
        tool_text(&tool->out, TOOL_PLAIN, "%*s%-10s %s", indent, "", "document",
                  fields->descriptor.id);
    tool_text(&tool->out, TOOL_PLAIN, "%*s%-10s %s", indent, "", "issued",
              issued);
    print_range(tool, indent, "validity", &fields->validity);
    print_range(tool, indent, "range", &fields->range);
    print_rights(tool, indent, fields, node);
    print_fields(tool, indent, it, n);
    print_tests(tool, indent, node);
}

void tool_explain_tree(struct tool *tool, const struct tool_explained *it)
{
    bool good = it->report->status == ISS_OK;

    if (good)
        tool_text(&tool->out, TOOL_STRONG, "anchor \"%s\"", anchor_name(it));
    else
        tool_text(&tool->out, TOOL_STRONG, "chain, from the top");
    for (size_t n = it->report->count; n-- > 0;)
        print_node(tool, it, n);
    tool_part(&tool->out, good ? TOOL_GOOD : TOOL_BAD, "%s",
              good ? "valid" : "NOT valid");
    if (good)
        tool_text(&tool->out, TOOL_PLAIN, ": %zu document%s up to the anchor",
                  it->report->count, it->report->count == 1 ? "" : "s");
    else
        tool_text(&tool->out, TOOL_PLAIN, ": document %zu, test %u (%s)",
                  it->report->failed_node + 1, it->report->failed_test,
                  xrml_test_name(it->report->failed_test));
}

static void json_range(struct tool_json *json, const char *name,
                       const struct xrml_range *range)
{
    if (!range->present)
        return;
    tool_json_open(json, name, '{');
    tool_json_time(json, "from", range->from);
    tool_json_time(json, "until", range->until);
    tool_json_close(json, '}');
}

static void json_tests(struct tool_json *json, const struct xrml_node *node)
{
    static const char *const words[] = {[XRML_NOT_RUN] = "not-run",
                                        [XRML_PASSED] = "passed",
                                        [XRML_FAILED] = "failed"};

    tool_json_open(json, "tests", '[');
    for (unsigned test = 0; test < XRML_TESTS; test++) {
        tool_json_open(json, NULL, '{');
        tool_json_number(json, "test", test + 1);
        tool_json_text(json, "name", xrml_test_name(test + 1));
        tool_json_text(json, "verdict", words[node->tests[test]]);
        if (node->reasons[test][0] != '\0')
            tool_json_text(json, "reason", node->reasons[test]);
        tool_json_close(json, '}');
    }
    tool_json_close(json, ']');
}

static void json_rights(struct tool_json *json,
                        const struct xrml_fields *fields,
                        const struct xrml_node *node)
{
    uint8_t hash[32];

    if (!is_certificate(fields))
        return;
    tool_json_bool(json, "may-issue", fields->may_issue);
    tool_json_text(json, "issues",
                   fields->may_issue && issues(node)[0] != '\0' ? issues(node)
                                                                : NULL);
    tool_json_text(json, "revocation",
                   fields->revoker_count > 0 ? "custom" : "standard");
    tool_json_open(json, "revokers", '[');
    for (size_t i = 0; i < fields->revoker_count; i++)
        if (xrml_key_hash(&fields->revokers[i], hash, NULL) == ISS_OK)
            tool_json_hex(json, NULL, hash, sizeof(hash));
    tool_json_close(json, ']');
}

static void json_node(struct tool_json *json, const struct tool_explained *it,
                      size_t n)
{
    const struct xrml_fields *fields = xrml_fields(it->chain->documents[n]);
    const struct xrml_node *node = &it->report->nodes[n];
    uint8_t hash[32];

    xrml_body_hash(it->chain->documents[n], hash);
    tool_json_open(json, NULL, '{');
    tool_json_text(json, "type", xrml_type_text(fields->type));
    tool_json_text(json, "place", xrml_place_text(node->place));
    tool_json_text(json, "guid", fields->descriptor.id);
    tool_json_text(json, "subject", subject(fields));
    tool_json_text(json, "issuer", fields->issuer.name);
    tool_json_hex(json, "body-sha-256", hash, sizeof(hash));
    tool_json_time(json, "issued", fields->issued);
    json_range(json, "validity", &fields->validity);
    json_range(json, "range", &fields->range);
    json_rights(json, fields, node);
    struct xrml_reading *reading = read_fields(it, n);
    if (reading != NULL)
        tool_explain_fields_json(json, xrml_reading_license(reading));
    xrml_reading_free(reading);
    tool_json_bool(json, "ended", node->ended);
    if (node->ends != 0)
        tool_json_time(json, "ends", node->ends);
    tool_json_bool(json, "legacy", node->legacy);
    tool_json_bool(json, "rewritten", node->rewritten);
    json_tests(json, node);
    tool_json_close(json, '}');
}

void tool_explain_json(struct tool *tool, const struct tool_explained *it)
{
    struct tool_json *json = &tool->out.json;
    bool good = it->report->status == ISS_OK;

    tool_json_open(json, NULL, '{');
    tool_json_bool(json, "valid", good);
    tool_json_number(json, "exit", it->report->status);
    if (good) {
        tool_json_text(json, "anchor",
                       xrml_anchor_name(it->anchors, it->report->anchor));
        tool_json_text(json, "trusted", it->trusted);
    } else {
        tool_json_text(json, "error", it->error->text);
        tool_json_number(json, "failed-document",
                         (int64_t)it->report->failed_node + 1);
        tool_json_number(json, "failed-test", it->report->failed_test);
    }
    tool_json_open(json, "documents", '[');
    for (size_t n = 0; n < it->report->count; n++)
        json_node(json, it, n);
    tool_json_close(json, ']');
    tool_json_close(json, '}');
}
