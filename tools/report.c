/* SPDX-License-Identifier: Apache-2.0 */
/* A store as one page. */
#include "report.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "report_plot.h"
#include "report_text.h"
#include "resources.h"
#include "when.h"

enum { VALUE_SIZE = 2048, SOON = 90 };

static const char beginning[] =
    "<!DOCTYPE html>\n"
    "<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n"
    "<head>\n"
    "<meta charset=\"utf-8\"/>\n"
    "<meta name=\"generator\" content=\"privyseal\"/>\n";

bool tool_report_is(const char *text)
{
    return strncmp(text, beginning, sizeof(beginning) - 1) == 0;
}

/* ---- head -----------------------------------------------------------------
 */

static const char *pill_of(enum iss_status status)
{
    return status == ISS_OK                                      ? "good"
           : status == ISS_EXPIRED || status == ISS_EXPIRES_WEEK ? "bad"
                                                                 : "warn";
}

static void write_head(FILE *file, const struct tool_report *report)
{
    (void)fputs(beginning, file);
    (void)fputs("<meta name=\"viewport\" content=\"width=device-width, "
                "initial-scale=1\"/>\n"
                "<meta http-equiv=\"Content-Security-Policy\" "
                "content=\"default-src 'none'; style-src 'unsafe-inline'\"/>\n"
                "<meta name=\"referrer\" content=\"no-referrer\"/>\n<title>",
                file);
    tool_report_text(file, report->info->name);
    (void)fputs(" \xe2\x80\x93 ", file);
    tool_report_text(file, iss_status_text(report->status));
    (void)fprintf(file, "</title>\n<style>\n%s</style>\n</head>\n",
                  tool_report_style);
}

static void write_event(FILE *file, const struct tool_report *report)
{
    const int event = iss_event_at(report->info, report->horizon->now);

    if (event == 0)
        return;
    (void)fprintf(file,
                  "<p class=\"note %s\">Event %d: ", pill_of(report->status),
                  event);
    tool_report_text(file, iss_status_text(report->status));
    (void)fputs(event == ISS_EVENT_EXPIRED
                    ? ". Nothing is issued until privyseal renew; it works "
                      "after expiry too.</p>\n"
                    : ". It is time for privyseal renew --export.</p>\n",
                file);
}

static void write_header(FILE *file, const struct tool_report *report)
{
    const char *text =
        report->status == ISS_OK ? "all well" : iss_status_text(report->status);

    (void)fputs("<header><h1>", file);
    tool_report_text(file, report->info->name);
    (void)fprintf(file, "</h1><span class=\"pill %s\">",
                  pill_of(report->status));
    tool_report_text(file, text);
    (void)fputs("</span><p>", file);
    tool_report_text(file, tool_role_text(report->info->role));
    (void)fputs(" server, ", file);
    tool_report_text(file, tool_hierarchy_text(report->info->hierarchy));
    (void)fputs(" hierarchy, as of ", file);
    tool_report_date(file, report->horizon->now);
    (void)fputs("</p></header>\n", file);
    write_event(file, report);
    if (report->missing[0] == '\0')
        return;
    (void)fputs("<p class=\"note warn\">privyseal init was interrupted: ",
                file);
    tool_report_text(file, report->missing);
    (void)fputs(". The same command again goes on where it stopped.</p>\n",
                file);
}

/* ---- cluster resources ----------------------------------------------------
 */

__attribute__((format(printf, 3, 4))) static void
write_value(FILE *file, const char *name, const char *format, ...)
{
    char value[VALUE_SIZE];
    va_list list;

    va_start(list, format);
    (void)vsnprintf(value, sizeof(value), format, list);
    va_end(list);
    (void)fputs("<div><dt>", file);
    tool_report_text(file, name);
    (void)fputs("</dt><dd>", file);
    tool_report_text(file, value);
    (void)fputs("</dd></div>\n", file);
}

static void write_urls(FILE *file, const struct tool_report *report)
{
    const struct iss_info *info = report->info;

    if (info->url[0] == '\0')
        return;
    write_value(file, "licensing URL", "%s/licensing", info->url);
    if (info->role != ISS_LICENSING)
        write_value(file, "certification URL", "%s/certification", info->url);
    else if (report->root != NULL)
        write_value(file, "certification URL (its root's)", "%s/certification",
                    report->root);
}

static void write_resources(FILE *file, const struct tool_report *report)
{
    const struct iss_info *info = report->info;
    char date[TOOL_TIME_SIZE], left[TOOL_LEFT_SIZE];

    (void)fputs("<section><h2>Cluster resources</h2>\n<dl>\n", file);
    write_value(file, info->role == ISS_AUTHORITY ? "name" : "SLC name", "%s",
                info->name);
    write_value(file, "state", "%s", tool_state_text(info->state));
    if (info->slc.present && tool_date_print(info->slc.until, date)) {
        tool_horizon_left(report->horizon, info->slc.until, left);
        write_value(file,
                    info->role == ISS_AUTHORITY ? "certificate expires"
                                                : "SLC expires",
                    "%s (%s)", date, left);
    }
    if (info->issuer_name[0] != '\0')
        write_value(file, "issued by", "%s", info->issuer_name);
    if (info->pending_since != 0 && tool_time_print(info->pending_since, date))
        write_value(file, "request pending since", "%s", date);
    write_urls(file, report);
    write_value(file, "key hierarchy", "%s",
                tool_hierarchy_text(info->hierarchy));
    write_value(file, "members", "%zu", info->members);
    write_value(file, "key", "RSA-%u in token %s", info->key_bits,
                info->token_label);
    write_value(file, "generation", "%" PRIu64, info->generation);
    write_value(file, "cluster", "%s", info->guid);
    write_value(file, "database", "%s/store.db (SQLite)", info->dir);
    write_value(file, "journal", "%" PRIu64 " records", info->journal_size);
    (void)fputs("</dl></section>\n", file);
}

/* ---- chain ----------------------------------------------------------------
 */

static const char *name_of(const struct xrml_fields *fields)
{
    return fields->principal.name != NULL ? fields->principal.name
           : fields->principal.id != NULL ? fields->principal.id
                                          : "(no name)";
}

static void write_node(FILE *file, const struct tool_report *report, size_t n)
{
    const struct xrml_document *document = report->chain->documents[n];
    const struct xrml_fields *fields = xrml_fields(document);
    const struct xrml_node *node = &report->verified->nodes[n];
    char words[ISS_WORDS_SIZE];
    uint8_t hash[32];

    xrml_body_hash(document, hash);
    iss_words(hash, words);
    (void)fputs("<div class=\"node\"><b>", file);
    tool_report_text(file, name_of(fields));
    (void)fputs("</b><span class=\"tag\">", file);
    tool_report_text(file, n < report->verified->count
                               ? xrml_place_text(node->place)
                               : xrml_type_text(fields->type));
    (void)fprintf(file, "</span><span class=\"tag\">RSA-%zu</span><p>",
                  fields->principal_key.modulus_len * 8);
    if (fields->range.present) {
        tool_report_date(file, fields->range.from);
        (void)fputs(" \xe2\x80\x93 ", file);
        tool_report_date(file, fields->range.until);
    }
    if (fields->descriptor.id != NULL) {
        (void)fputs(" \xc2\xb7 <code>", file);
        tool_report_text(file, fields->descriptor.id);
        (void)fputs("</code>", file);
    }
    (void)fputs("</p><p>SHA-256 <code>", file);
    tool_report_hash(file, hash);
    (void)fputs("</code></p><p>words ", file);
    tool_report_text(file, words);
    if (fields->revoker_count > 0)
        (void)fprintf(file, "</p><p>may be revoked by any of %zu keys",
                      fields->revoker_count);
    (void)fputs("</p></div>\n", file);
}

static void write_anchor(FILE *file, const struct tool_report *report)
{
    const char *name = "";

    if (report->verified->status == ISS_OK && report->anchors != NULL)
        name = xrml_anchor_name(report->anchors, report->verified->anchor);
    (void)fputs("<div class=\"node\"><b>", file);
    tool_report_text(file, name[0] != '\0' ? name : "(no anchor)");
    (void)fputs("</b><span class=\"tag\">anchor</span></div>\n", file);
}

static void write_chain(FILE *file, const struct tool_report *report)
{
    const size_t count = report->chain->count;
    const bool good = report->verified->status == ISS_OK;

    if (count == 0)
        return;
    (void)fprintf(file,
                  "<section><h2>Chain<span class=\"pill %s\">%s</span></h2>\n"
                  "<ul class=\"tree\"><li class=\"top\">",
                  good ? "good" : "bad",
                  good ? "verified, six tests each" : "does not verify");
    write_anchor(file, report);
    for (size_t n = count; n-- > 0;) {
        (void)fputs("<ul><li>", file);
        write_node(file, report, n);
    }
    for (size_t n = 0; n < count; n++)
        (void)fputs("</li></ul>", file);
    (void)fputs("</li></ul></section>\n", file);
}

/* ---- what ends when -------------------------------------------------------
 */

static void write_row(FILE *file, const struct tool_horizon *horizon,
                      const struct tool_end *end)
{
    const bool over = end->until != 0 && end->until <= horizon->now;
    const bool soon = end->until != 0 && !over &&
                      end->until <= horizon->now + (int64_t)SOON * TOOL_DAY;
    char left[TOOL_LEFT_SIZE];

    tool_horizon_left(horizon, end->until, left);
    (void)fputs("<tr><td><b>", file);
    tool_report_text(file, end->what);
    (void)fputs("</b><br/>", file);
    tool_report_text(file, end->name);
    (void)fputs("</td><td class=\"when\">", file);
    if (end->until != 0)
        tool_report_date(file, end->until);
    (void)fprintf(file, "</td><td class=\"when\"><span class=\"%s\">",
                  over   ? "pill bad"
                  : soon ? "pill warn"
                         : "left");
    tool_report_text(file, left);
    (void)fputs("</span></td><td class=\"then\">", file);
    tool_report_text(file, end->then);
    (void)fputs("</td></tr>\n", file);
}

static void write_horizon(FILE *file, const struct tool_horizon *horizon)
{
    if (horizon->count == 0)
        return;
    (void)fputs("<section><h2>Validity</h2>\n<div class=\"plot\">\n", file);
    tool_plot_write(file, horizon);
    (void)fputs("</div></section>\n<section><h2>What ends when</h2>\n<div "
                "class=\"scroll\"><table>\n<thead><tr><th "
                "scope=\"col\">what</th><th scope=\"col\">until</th><th "
                "scope=\"col\">ends</th><th scope=\"col\">what stops working "
                "then</th></tr></thead>\n<tbody>\n",
                file);
    for (size_t i = 0; i < horizon->count; i++)
        write_row(file, horizon, &horizon->ends[i]);
    (void)fputs("</tbody></table></div></section>\n", file);
}

void tool_report_write(FILE *file, const struct tool_report *report)
{
    write_head(file, report);
    (void)fputs("<body><main>\n", file);
    write_header(file, report);
    write_resources(file, report);
    write_chain(file, report);
    write_horizon(file, report->horizon);
    (void)fputs("<footer>written by privyseal status --html from <code>", file);
    tool_report_text(file, report->info->dir);
    (void)fputs("</code></footer>\n</main></body>\n</html>\n", file);
}
