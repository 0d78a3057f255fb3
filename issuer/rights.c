/* SPDX-License-Identifier: Apache-2.0 */
/* Rights: see rights.h. */
#include "rights.h"

#include <stdlib.h>
#include <string.h>

#include "mail.h"

enum { DAY = 86400, HOUR = 3600, MINUTE = 60, LCID_DIGITS = 10 };

static const char owner[] = "OWNER";

/* ASCII alone, whatever the locale. */
static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static bool same_without_case(const char *a, const char *b)
{
    while (*a != '\0' && upper(*a) == upper(*b)) {
        a++;
        b++;
    }
    return *a == *b;
}

static bool is_there(const char *text)
{
    return text != NULL && text[0] != '\0';
}

bool iss_mail_same(const char *a, const char *b)
{
    return is_there(a) && is_there(b) && same_without_case(a, b);
}

bool iss_right_name(const char *name, char out[static ISS_RIGHT_MAX + 1])
{
    size_t len = strlen(name);

    if (len == 0 || len > ISS_RIGHT_MAX)
        return false;
    for (size_t i = 0; i < len; i++) {
        const char c = upper(name[i]);
        const bool letter = c >= 'A' && c <= 'Z';

        if (!letter &&
            (i == 0 || (strchr("-_.", c) == NULL && (c < '0' || c > '9'))))
            return false;
        out[i] = c;
    }
    out[len] = '\0';
    return true;
}

/* Steps over a word; NULL: it is not there. */
static const char *behind(const char *at, const char *word)
{
    const size_t len = strlen(word);

    return at != NULL && strncmp(at, word, len) == 0 ? at + len : NULL;
}

/* One entry; what follows it, or NULL. */
static const char *behind_entry(const char *text)
{
    static const char name[] = ":NAME ";
    static const char description[] = ":DESCRIPTION ";
    const char *at = behind(text + strspn(text, " "), "LCID ");
    const size_t digits = at == NULL ? 0 : strspn(at, "0123456789");

    if (digits == 0 || digits > LCID_DIGITS)
        return NULL;
    at = behind(at + digits, name);
    const char *end = at == NULL ? NULL : strstr(at, description);
    if (end == NULL || end == at)
        return NULL;
    at = strchr(end + strlen(description), ';');
    return at == NULL ? NULL : at + 1;
}

bool iss_policy_text_good(const char *text)
{
    const char *at = text;

    do
        at = behind_entry(at);
    while (at != NULL && *at != '\0');
    return at != NULL;
}

/* ---- from terms -------------------------------------------------------------
 */

void iss_rights_clear(struct iss_rights *rights)
{
    free(rights->rights);
    free(rights->names);
    *rights = (struct iss_rights){0};
}

static int64_t seconds_of(const struct xrml_interval *interval)
{
    return (int64_t)interval->days * DAY + (int64_t)interval->hours * HOUR +
           (int64_t)interval->minutes * MINUTE + interval->seconds;
}

static bool same_range(const struct xrml_range *a, const struct xrml_range *b)
{
    return a->present == b->present &&
           (!a->present || (a->from == b->from && a->until == b->until));
}

static bool same_interval(const struct xrml_interval *a,
                          const struct xrml_interval *b)
{
    return a->present == b->present &&
           (!a->present || seconds_of(a) == seconds_of(b));
}

static bool same_user(const struct xrml_object *a, const struct xrml_object *b)
{
    return strcmp(a->id_type, b->id_type) == 0 &&
           (a->name == NULL ? b->name == NULL
                            : iss_mail_same(a->name, b->name));
}

static enum iss_status check_grant(const struct iss_grant *grant,
                                   struct iss_error *error)
{
    const struct xrml_interval *interval = &grant->interval;

    if (grant->mail != NULL && !iss_mail_good(grant->mail))
        return iss_fail(error, ISS_MALFORMED,
                        "right %.40s: \"%.80s\" is no mail address",
                        grant->right, grant->mail);
    if (grant->range.present && grant->range.from >= grant->range.until)
        return iss_fail(error, ISS_MALFORMED,
                        "right %.40s: ends before it begins", grant->right);
    if (interval->present &&
        (seconds_of(interval) == 0 || interval->days > INT32_MAX ||
         interval->hours > INT32_MAX || interval->minutes > INT32_MAX ||
         interval->seconds > INT32_MAX))
        return iss_fail(error, ISS_MALFORMED,
                        "right %.40s: no time at all, or too long an interval",
                        grant->right);
    return ISS_OK;
}

/* Adds one, unless it is there. */
static enum iss_status add_grant(struct iss_rights *rights,
                                 const struct xrml_right *right,
                                 struct iss_error *error)
{
    for (size_t i = 0; i < rights->count; i++) {
        const struct xrml_right *there = &rights->rights[i];

        if (strcmp(there->name, right->name) != 0 ||
            !same_user(&there->user, &right->user))
            continue;
        if (same_range(&there->range, &right->range) &&
            same_interval(&there->interval, &right->interval))
            return ISS_OK;
        return iss_fail(error, ISS_MALFORMED,
                        "right %s: to %.80s twice, under different conditions",
                        right->name,
                        right->user.name == NULL ? "anyone" : right->user.name);
    }
    rights->rights[rights->count++] = *right;
    return ISS_OK;
}

enum iss_status iss_rights_of_terms(const struct iss_terms *terms,
                                    struct iss_rights *rights,
                                    struct iss_error *error)
{
    enum iss_status status = ISS_OK;

    *rights = (struct iss_rights){0};
    if (terms->grant_count > ISS_RIGHTS_GRANTED_MAX)
        return iss_fail(error, ISS_MALFORMED,
                        "rights: %zu are granted, at most %d can be",
                        terms->grant_count, ISS_RIGHTS_GRANTED_MAX);
    rights->rights = calloc(terms->grant_count + 1, sizeof(*rights->rights));
    rights->names = calloc(terms->grant_count + 1, sizeof(*rights->names));
    if (rights->rights == NULL || rights->names == NULL)
        status = iss_fail(error, ISS_INTERNAL, "out of memory");
    else
        rights->rights[rights->count++] = (struct xrml_right){
            .name = owner, .user = {.id_type = "Internal", .id = "Owner"}};
    for (size_t i = 0; i < terms->grant_count && status == ISS_OK; i++) {
        const struct iss_grant *grant = &terms->grants[i];
        struct xrml_right right = {.name = rights->names[i],
                                   .range = grant->range,
                                   .interval = grant->interval};

        right.user =
            grant->mail == NULL
                ? (struct xrml_object){.id_type = "Internal", .id = "ANYONE"}
                : (struct xrml_object){.id_type = "Unspecified",
                                       .name = grant->mail};
        if (!is_there(grant->right) ||
            !iss_right_name(grant->right, rights->names[i]))
            status = iss_fail(error, ISS_MALFORMED,
                              "\"%.60s\" is no name of a right",
                              grant->right == NULL ? "" : grant->right);
        if (status == ISS_OK)
            status = check_grant(grant, error);
        if (status == ISS_OK)
            status = add_grant(rights, &right, error);
    }
    if (status != ISS_OK)
        iss_rights_clear(rights);
    return status;
}

/* ---- whose they are ---------------------------------------------------------
 */

/* MS-RMPR 2.2.9.8.5.3: an identifier, where there is one, says who it is; else
 * the mail address does. */
static bool is_for(const struct xrml_object *user,
                   const struct iss_holder *holder)
{
    static const char *const by_mail[] = {"Unspecified", "Windows",
                                          "Federation", "Passport"};
    bool known = false;

    if (user->id_type == NULL)
        return false;
    if (strcmp(user->id_type, "Internal") == 0 && user->id != NULL)
        return same_without_case(user->id, "Anyone") ||
               (holder->owner && same_without_case(user->id, "Owner"));
    for (size_t i = 0; i < sizeof(by_mail) / sizeof(by_mail[0]); i++)
        known = known || strcmp(user->id_type, by_mail[i]) == 0;
    if (known && is_there(user->id))
        return holder->id_type != NULL && is_there(holder->id) &&
               strcmp(user->id_type, holder->id_type) == 0 &&
               same_without_case(user->id, holder->id);
    return known && iss_mail_same(user->name, holder->mail);
}

/* Narrows range to what it shares with other; false: nothing. */
static bool narrow(struct xrml_range *range, const struct xrml_range *other)
{
    if (!other->present)
        return true;
    if (!range->present) {
        *range = *other;
        return true;
    }
    if (range->from < other->from)
        range->from = other->from;
    if (range->until > other->until)
        range->until = other->until;
    return range->from < range->until;
}

static void shorten(struct xrml_interval *interval,
                    const struct xrml_interval *other)
{
    if (other->present &&
        (!interval->present || seconds_of(other) < seconds_of(interval)))
        *interval = *other;
}

static bool covers(const struct xrml_right *a, const struct xrml_right *b)
{
    return strcmp(a->name, b->name) == 0 && a->range.from <= b->range.from &&
           a->range.until >= b->range.until &&
           (!a->interval.present ||
            (b->interval.present &&
             seconds_of(&a->interval) >= seconds_of(&b->interval)));
}

/* Adds one that no other covers, in place of those that it covers. */
static size_t add_held(struct xrml_right *held, size_t count,
                       const struct xrml_right *right)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++)
        if (covers(&held[i], right))
            return count;
    for (size_t i = 0; i < count; i++)
        if (!covers(right, &held[i]))
            held[kept++] = held[i];
    held[kept] = *right;
    return kept + 1;
}

static bool holds(const struct xrml_right *right, int64_t now)
{
    return now >= right->range.from && now < right->range.until;
}

/* OWNER that holds now is all there is to say; one that does not is nothing. */
static size_t settle(struct xrml_right *held, size_t count, int64_t now)
{
    size_t kept = 0;
    bool any = false;

    for (size_t i = 0; i < count; i++) {
        if (strcmp(held[i].name, owner) == 0) {
            if (!holds(&held[i], now))
                continue;
            held[0] = held[i];
            return 1;
        }
        any = any || holds(&held[i], now);
        held[kept++] = held[i];
    }
    return any ? kept : 0;
}

size_t iss_rights_held(const struct xrml_license *said,
                       const struct iss_holder *holder,
                       const struct xrml_range *within, int64_t now,
                       struct xrml_right held[static XRML_RIGHTS_MAX])
{
    size_t count = 0;

    if (holder->owner) {
        held[0] =
            (struct xrml_right){.name = owner, .first = true, .range = *within};
        return holds(&held[0], now) ? 1 : 0;
    }
    for (size_t i = 0; i < said->right_count && i < XRML_RIGHTS_MAX; i++) {
        const struct xrml_right *one = &said->rights[i];
        struct xrml_right right = {.name = one->name,
                                   .first = true,
                                   .range = *within,
                                   .interval = one->interval};

        shorten(&right.interval, &said->how_long);
        if (!one->first && is_for(&one->user, holder) &&
            narrow(&right.range, &said->when) &&
            narrow(&right.range, &one->range) && right.range.until > now)
            count = add_held(held, count, &right);
    }
    return settle(held, count, now);
}
