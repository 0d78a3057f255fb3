/* SPDX-License-Identifier: Apache-2.0 */
/* The block "Cluster resources". */
#include "resources.h"

#include <inttypes.h>

#include "say.h"
#include "when.h"

enum { WEEK = 7, MONTH = 30, WINDOW = 60 };

static const char *const roles[] = {[ISS_AUTHORITY] = "authority",
                                    [ISS_ROOT] = "root",
                                    [ISS_LICENSING] = "licensing"};
static const char *const hierarchies[] = {
    [ISS_PRODUCTION] = "production", [ISS_PRE_PRODUCTION] = "pre-production"};
static const char *const states[] = {[ISS_UNENROLLED] = "unenrolled",
                                     [ISS_ENROLLMENT_PENDING] =
                                         "enrollment pending",
                                     [ISS_ENROLLED] = "enrolled",
                                     [ISS_RENEWAL_PENDING] = "renewal pending",
                                     [ISS_SLC_EXPIRED] = "expired"};

const char *tool_state_text(enum iss_state state)
{
    return states[state];
}

const char *tool_role_text(enum iss_role role)
{
    return roles[role];
}

const char *tool_hierarchy_text(enum iss_hierarchy hierarchy)
{
    return hierarchies[hierarchy];
}

/* The numbers and names of Windows Rights Management Services. */
static const struct event {
    int number;
    const char *name, *text;
} events[] = {
    {ISS_EVENT_MONTH, "LicensorCertExpiresInOneMonthEvent", "renew it now"},
    {ISS_EVENT_WEEK, "LicensorCertExpiresInOneWeekEvent", "renew it now"},
    {ISS_EVENT_EXPIRED, "LicensorCertExpiredEvent",
     "nothing is issued until it is renewed"},
};

/* NULL: none. */
static const struct event *event_of(const struct iss_info *info, int64_t now)
{
    const int number = iss_event_at(info, now);

    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
        if (events[i].number == number)
            return &events[i];
    return NULL;
}

enum iss_status tool_resources_status(const struct iss_info *info, int64_t now)
{
    if (info->state == ISS_UNENROLLED)
        return ISS_NOT_ENROLLED;
    if (info->state == ISS_ENROLLMENT_PENDING)
        return ISS_PENDING;
    if (info->slc.present && now >= info->slc.until)
        return ISS_EXPIRED;
    if (info->slc.present && now >= info->slc.until - (int64_t)WEEK * TOOL_DAY)
        return ISS_EXPIRES_WEEK;
    if (info->slc.present && now >= info->slc.until - (int64_t)MONTH * TOOL_DAY)
        return ISS_EXPIRES_MONTH;
    return info->state == ISS_RENEWAL_PENDING ? ISS_PENDING : ISS_OK;
}

static void print_certificate(struct tool *tool, const struct iss_info *info,
                              int64_t now)
{
    const char *what =
        info->role == ISS_AUTHORITY ? "Enrollment Service certificate" : "SLC";
    char date[TOOL_DATE_SIZE];
    /* counted by calendar days, as people do */
    int64_t left = info->slc.until / TOOL_DAY - now / TOOL_DAY;

    if (!info->slc.present || !tool_date_print(info->slc.until, date)) {
        tool_part(&tool->out, TOOL_WARN, "  %s",
                  tool_say(tool_state_text(info->state)));
    } else if (now >= info->slc.until) {
        tool_part(&tool->out, TOOL_BAD, "  %s expired %s", what, date);
    } else {
        tool_part(&tool->out,
                  tool_resources_status(info, now) == ISS_OK ? TOOL_GOOD
                                                             : TOOL_WARN,
                  "  %s expires %s (%" PRId64 " day%s)", what, date, left,
                  left == 1 ? "" : "s");
    }
    tool_text(&tool->out, TOOL_PLAIN, "   key RSA-%u in token %s",
              info->key_bits, info->token_label);
}

/* The URLs that clients are told. A licensing server sends those who want to be
 * certified to its root. */
static void print_urls(struct tool_out *out, const struct iss_info *info,
                       const char *root)
{
    if (info->url[0] == '\0')
        return;
    tool_text(out, TOOL_PLAIN, "  licensing URL %s/licensing", info->url);
    if (info->role != ISS_LICENSING)
        tool_text(out, TOOL_PLAIN, "  certification URL %s/certification",
                  info->url);
    else if (root != NULL)
        tool_text(out, TOOL_PLAIN,
                  "  certification URL %s/certification (its root's)", root);
    else
        tool_text(out, TOOL_PLAIN, "  certification URL is its root's");
}

static void print_event(struct tool_out *out, const struct iss_info *info,
                        int64_t now)
{
    const struct event *event = event_of(info, now);

    if (event != NULL)
        tool_text(out,
                  event->number == ISS_EVENT_EXPIRED ? TOOL_BAD : TOOL_WARN,
                  "  event %d %s: %s", event->number, event->name, event->text);
    else if (info->generation > 0 && info->slc.present &&
             info->state == ISS_ENROLLED &&
             now >= info->slc.until - (int64_t)WINDOW * TOOL_DAY)
        tool_text(out, TOOL_PLAIN,
                  "  it is time to renew: privyseal renew --export");
}

static void print_text(struct tool *tool, const struct iss_info *info,
                       const char *root, int64_t now)
{
    struct tool_out *out = &tool->out;
    char date[TOOL_TIME_SIZE];

    tool_text(out, TOOL_STRONG, "Cluster resources");
    tool_text(out, TOOL_PLAIN,
              "  name %s   role %s   hierarchy %s   members %zu", info->name,
              tool_say(roles[info->role]),
              tool_say(hierarchies[info->hierarchy]), info->members);
    print_certificate(tool, info, now);
    print_event(out, info, now);
    if (info->issuer_name[0] != '\0')
        tool_text(out, TOOL_PLAIN, "  issued by %s   generation %" PRIu64,
                  info->issuer_name, info->generation);
    if (info->pending_since != 0 && tool_time_print(info->pending_since, date))
        tool_text(out, TOOL_WARN, "  %s since %s",
                  tool_say(tool_state_text(info->state)), date);
    print_urls(out, info, root);
    tool_text(out, TOOL_PLAIN, "  cluster %s", info->guid);
    tool_text(out, TOOL_PLAIN,
              "  database %s/store.db (SQLite)   journal %" PRIu64 " record%s",
              info->dir, info->journal_size,
              info->journal_size == 1 ? "" : "s");
    if (info->unfinished > 0)
        tool_text(out, TOOL_WARN,
                  "  %" PRIu64 " signature%s begun and not finished: run the "
                  "command again",
                  info->unfinished, info->unfinished == 1 ? "" : "s");
}

static void optional_time(struct tool_json *json, const char *name,
                          bool present, int64_t time)
{
    if (present)
        tool_json_time(json, name, time);
    else
        tool_json_text(json, name, NULL);
}

static void json_urls(struct tool_json *json, const struct iss_info *info,
                      const char *root)
{
    const char *const base = info->role == ISS_LICENSING ? root : info->url;
    char url[ENROLL_URL_MAX + 32];

    tool_json_text(json, "url", info->url[0] != '\0' ? info->url : NULL);
    (void)snprintf(url, sizeof(url), "%s/licensing", info->url);
    tool_json_text(json, "licensing-url", info->url[0] != '\0' ? url : NULL);
    (void)snprintf(url, sizeof(url), "%s/certification",
                   base != NULL ? base : "");
    tool_json_text(json, "certification-url",
                   base != NULL && base[0] != '\0' ? url : NULL);
}

static void json_event(struct tool_json *json, const struct iss_info *info,
                       int64_t now)
{
    const struct event *event = event_of(info, now);

    if (event == NULL) {
        tool_json_text(json, "event", NULL);
        return;
    }
    tool_json_open(json, "event", '{');
    tool_json_number(json, "number", event->number);
    tool_json_text(json, "name", event->name);
    tool_json_close(json, '}');
}

void tool_resources_print(struct tool *tool, const struct iss_info *info,
                          int64_t now)
{
    tool_resources_below(tool, info, NULL, now);
}

void tool_resources_below(struct tool *tool, const struct iss_info *info,
                          const char *root, int64_t now)
{
    struct tool_json *json = &tool->out.json;

    if (!tool->out.as_json) {
        print_text(tool, info, root, now);
        return;
    }
    tool_json_text(json, "store", info->dir);
    tool_json_text(json, "cluster", info->guid);
    tool_json_text(json, "name", info->name);
    tool_json_text(json, "role", roles[info->role]);
    tool_json_text(json, "hierarchy", hierarchies[info->hierarchy]);
    tool_json_text(json, "state", tool_state_text(info->state));
    tool_json_number(json, "members", (int64_t)info->members);
    json_urls(json, info, root);
    tool_json_text(json, "issuer",
                   info->issuer_name[0] != '\0' ? info->issuer_name : NULL);
    tool_json_text(json, "slc",
                   info->slc_guid[0] != '\0' ? info->slc_guid : NULL);
    optional_time(json, "from", info->slc.present, info->slc.from);
    optional_time(json, "until", info->slc.present, info->slc.until);
    json_event(json, info, now);
    tool_json_number(json, "generation", (int64_t)info->generation);
    optional_time(json, "pending-since", info->pending_since != 0,
                  info->pending_since);
    tool_json_text(json, "key", info->key_uri);
    tool_json_text(json, "token", info->token_label);
    tool_json_number(json, "bits", info->key_bits);
    tool_json_hex(json, "key-sha-256", info->key_hash, sizeof(info->key_hash));
    tool_json_number(json, "journal", (int64_t)info->journal_size);
    tool_json_number(json, "unfinished", (int64_t)info->unfinished);
}
