/* SPDX-License-Identifier: Apache-2.0 */
/* Lines for the system's log, in English, of harmless characters. */
#include "notice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "issuer/issuer.h"
#include "text.h"
#include "when.h"

static const char ident[] = "privyseal";

static const struct event {
    int event, priority;
    const char *name, *text;
} events[] = {
    {ISS_EVENT_MONTH, LOG_WARNING, "LicensorCertExpiresInOneMonthEvent",
     "expires within 30 days"},
    {ISS_EVENT_WEEK, LOG_WARNING, "LicensorCertExpiresInOneWeekEvent",
     "expires within 7 days"},
    {ISS_EVENT_EXPIRED, LOG_ERR, "LicensorCertExpiredEvent",
     "has expired, nothing is issued any more"},
};

static const enum iss_status refusals[] = {
    ISS_REFUSED,   ISS_MALFORMED, ISS_CONFLICT, ISS_XML, ISS_SIGNATURE,
    ISS_SEMANTICS, ISS_REVOKED,   ISS_CLUSTER,  ISS_KEY, ISS_CONDITIONS,
};

/* Names and URLs come from elsewhere: no line of theirs may look like another
 * record. */
static void tell(int facility, int priority, const char *text)
{
    char *safe = NULL;
    size_t len = 0;
    FILE *file = open_memstream(&safe, &len);

    if (file == NULL)
        return;
    (void)tool_text_write(file, text, strlen(text));
    if (fclose(file) == 0) {
        openlog(ident, LOG_PID, facility);
        syslog(priority, "%s", safe);
        closelog();
    }
    free(safe);
}

void tool_notice_event(int event, const char *name, int64_t until)
{
    char date[TOOL_DATE_SIZE] = "?", text[ISS_TEXT_MAX];

    (void)tool_date_print(until, date);
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        if (events[i].event != event)
            continue;
        (void)snprintf(text, sizeof(text), "event %d %s: the SLC of %s %s (%s)",
                       event, events[i].name, name, events[i].text, date);
        tell(LOG_DAEMON, events[i].priority, text);
    }
}

void tool_notice_refusal(const char *verb, const char *store,
                         enum iss_status status, const char *text)
{
    char line[2 * ISS_TEXT_MAX];

    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        if (refusals[i] != status)
            continue;
        (void)snprintf(line, sizeof(line), "%s refused, store %s, exit %d: %s",
                       verb, store, (int)status, text);
        tell(LOG_AUTHPRIV, LOG_NOTICE, line);
        return;
    }
}
