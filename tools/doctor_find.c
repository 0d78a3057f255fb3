/* SPDX-License-Identifier: Apache-2.0 */
/* What the doctor of a store finds. */
#include "doctor_find.h"

#include <stdarg.h>
#include <stdio.h>

enum { CAUSE_SIZE = 2 * ISS_TEXT_MAX };

static const struct {
    const char *word;
    enum tool_colour colour;
} rows[TOOL_VERDICTS] = {[TOOL_WELL] = {"ok", TOOL_GOOD},
                         [TOOL_NOTE] = {"note", TOOL_PLAIN},
                         [TOOL_WARNING] = {"warning", TOOL_WARN},
                         [TOOL_ERROR] = {"error", TOOL_BAD}};

/* The gravest first; what is not here comes after, in the order it is found. */
static const enum iss_status gravest[] = {
    ISS_JOURNAL, ISS_CLOCK, ISS_STORE,       ISS_LOGIN,
    ISS_TOKEN,   ISS_USAGE, ISS_EXPIRED,     ISS_REFUSED,
    ISS_CLUSTER, ISS_KEY,   ISS_NOT_ENROLLED};

enum { GRAVEST = sizeof(gravest) / sizeof(gravest[0]) };

static size_t rank(enum iss_status status)
{
    size_t n = 0;

    while (n < GRAVEST && gravest[n] != status)
        n++;
    return n;
}

enum iss_status tool_graver(enum iss_status a, enum iss_status b)
{
    if (a == ISS_OK || b == ISS_OK)
        return a == ISS_OK ? b : a;
    return rank(b) < rank(a) ? b : a;
}

static void json_finding(struct tool_json *json, enum tool_verdict verdict,
                         enum iss_status status, const char *what,
                         const char *cure, const char *cause)
{
    tool_json_open(json, NULL, '{');
    tool_json_text(json, "verdict", rows[verdict].word);
    tool_json_text(json, "what", what);
    tool_json_text(json, "cause", cause);
    tool_json_text(json, "cure", cure);
    if (verdict == TOOL_ERROR)
        tool_json_number(json, "exit", status);
    tool_json_close(json, '}');
}

void tool_find(struct tool_check *check, enum tool_verdict verdict,
               enum iss_status status, const char *what, const char *cure,
               const char *format, ...)
{
    struct tool_out *out = &check->tool->out;
    char cause[CAUSE_SIZE];
    va_list list;

    va_start(list, format);
    (void)vsnprintf(cause, sizeof(cause), format, list);
    va_end(list);
    check->found[verdict]++;
    if (verdict == TOOL_ERROR)
        check->status = tool_graver(check->status, status);
    if (out->as_json) {
        json_finding(&out->json, verdict, status, what, cure, cause);
        return;
    }
    if (out->quiet && verdict < TOOL_WARNING)
        return;
    tool_part(out, rows[verdict].colour, "%-10s ", rows[verdict].word);
    tool_text(out, TOOL_PLAIN, "%s: %s", what, cause);
    if (cure != NULL) {
        tool_part(out, TOOL_DIM, "%-10s ", "  cure");
        tool_text(out, TOOL_PLAIN, "%s", cure);
    }
}
