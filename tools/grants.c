/* SPDX-License-Identifier: Apache-2.0 */
#include "grants.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "when.h"

enum { NUMBER = 10, NUMBER_MAX = 36500 };

struct grants { /* as they are gathered */
    struct iss_grant *rows;
    size_t count;
    struct iss_error *error;
};

static enum iss_status add(struct grants *grants, const char *mail,
                           const char *right, const struct iss_grant *terms)
{
    if (grants->count == ISS_GRANTS_MAX)
        return iss_fail(grants->error, ISS_USAGE,
                        "more than %d rights of users", ISS_GRANTS_MAX);
    grants->rows[grants->count] = *terms;
    grants->rows[grants->count].right = right;
    grants->rows[grants->count].mail =
        strcmp(mail, "anyone") == 0 ? NULL : mail;
    grants->count++;
    return ISS_OK;
}

/* The next word of a list, cut off; NULL: none is left. */
static char *next_word(char **list)
{
    return *list == NULL ? NULL : strsep(list, ",");
}

static enum iss_status check_word(const char *option, const char *word,
                                  struct iss_error *error)
{
    return word[0] != '\0' && strchr(word, ' ') == NULL
               ? ISS_OK
               : iss_fail(error, ISS_USAGE,
                          "--%s: words with commas between them, and no "
                          "blanks",
                          option);
}

/* Every right of a list to one user. */
static enum iss_status add_rights(struct grants *grants, const char *option,
                                  const char *mail, char *rights,
                                  const struct iss_grant *terms)
{
    enum iss_status status = ISS_OK;

    for (char *right = next_word(&rights); right != NULL && status == ISS_OK;
         right = next_word(&rights)) {
        status = check_word(option, right, grants->error);
        if (status == ISS_OK)
            status = add(grants, mail, right, terms);
    }
    return status;
}

bool tool_interval_parse(const char *text, struct xrml_interval *out)
{
    char *end = NULL;

    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    unsigned long number = strtoul(text, &end, NUMBER);
    if (errno != 0 || number == 0 || number > NUMBER_MAX)
        return false;
    const struct {
        const char *unit;
        uint32_t *part;
    } units[] = {{"d", &out->days}, {"h", &out->hours}, {"min", &out->minutes}};

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (strcmp(end, units[i].unit) != 0)
            continue;
        *units[i].part = (uint32_t)number;
        out->present = true;
        return true;
    }
    return false;
}

static enum iss_status read_limit(const char *text, struct iss_grant *terms,
                                  struct iss_error *error)
{
    if (tool_interval_parse(text, &terms->interval))
        return ISS_OK;
    terms->range.present = true;
    if (tool_time_parse("grant", text, &terms->range.until, NULL) == ISS_OK)
        return ISS_OK;
    return iss_fail(error, ISS_USAGE,
                    "--grant: neither a time nor a duration (d, h, min): "
                    "%.60s",
                    text);
}

/* MAIL:RIGHT[,RIGHT][:LIMIT] */
static enum iss_status read_grant(struct grants *grants, char *text)
{
    struct iss_grant terms = {.right = NULL};
    char *mail = strsep(&text, ":");
    char *rights = strsep(&text, ":");
    enum iss_status status =
        rights == NULL ? iss_fail(grants->error, ISS_USAGE,
                                  "--grant: not MAIL:RIGHT[,RIGHT][:UNTIL]: "
                                  "%.60s",
                                  mail)
                       : check_word("grant", mail, grants->error);

    if (status == ISS_OK && text != NULL)
        status = read_limit(text, &terms, grants->error);
    return status == ISS_OK ? add_rights(grants, "grant", mail, rights, &terms)
                            : status;
}

/* The product of two lists; the rights are copied for each user, since cutting
 * a list up destroys it. */
static enum iss_status read_product(struct grants *grants, char *users,
                                    char *room, const char *rights)
{
    const struct iss_grant terms = {.right = NULL};
    enum iss_status status = ISS_OK;

    for (char *mail = next_word(&users); mail != NULL && status == ISS_OK;
         mail = next_word(&users)) {
        const size_t size = strlen(rights) + 1;

        status = check_word("for", mail, grants->error);
        memcpy(room, rights, size);
        if (status == ISS_OK)
            status = add_rights(grants, "rights", mail, room, &terms);
        room += size;
    }
    return status;
}

static bool is_known(const char *right)
{
    static const char *const known[] = {
        "view",  "print",    "edit",    "export",   "extract",        "forward",
        "reply", "replyall", "docedit", "objmodel", "viewrightsdata", "owner"};

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (strcasecmp(known[i], right) == 0)
            return true;
    return false;
}

static bool is_told(const struct iss_grant *grants, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcasecmp(grants[i].right, grants[count].right) == 0)
            return true;
    return false;
}

void tool_grants_note(struct tool_out *out, const struct iss_grant *grants,
                      size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!is_known(grants[i].right) && !is_told(grants, i))
            tool_note(out, "note",
                      "%s is a right of your own: only programs that know it "
                      "keep to it",
                      grants[i].right);
}

static size_t count_words(const char *list)
{
    size_t count = 1;

    for (; *list != '\0'; list++)
        count += *list == ',';
    return count;
}

static size_t room_needed(const struct tool_options *options, const char *users,
                          const char *rights)
{
    size_t size = 1;

    if (users != NULL && rights != NULL)
        size += strlen(users) + 1 + count_words(users) * (strlen(rights) + 1);
    for (size_t i = 0; i < options->list_count; i++)
        size += strlen(options->list[i]) + 1;
    return size;
}

static enum iss_status read_all(const struct tool_options *options, char *words,
                                struct grants *grants)
{
    const char *users = options->value[TOOL_FOR];
    const char *rights = options->value[TOOL_RIGHTS];
    char *room = words;
    enum iss_status status = ISS_OK;

    if (users != NULL && rights != NULL) {
        const size_t size = strlen(users) + 1;

        memcpy(room, users, size);
        status = read_product(grants, room, room + size, rights);
        room += size + count_words(users) * (strlen(rights) + 1);
    }
    for (size_t i = 0; i < options->list_count && status == ISS_OK; i++) {
        const size_t size = strlen(options->list[i]) + 1;

        memcpy(room, options->list[i], size);
        status = read_grant(grants, room);
        room += size;
    }
    return status;
}

enum iss_status tool_grants_read(const struct tool_options *options,
                                 char **words,
                                 struct iss_grant grants[static ISS_GRANTS_MAX],
                                 size_t *count, struct iss_error *error)
{
    const char *users = options->value[TOOL_FOR];
    const char *rights = options->value[TOOL_RIGHTS];
    struct grants all = {.rows = grants, .count = 0, .error = error};

    *count = 0;
    if ((users == NULL) != (rights == NULL))
        return iss_fail(error, ISS_USAGE,
                        "--for and --rights go together: whose rights, and "
                        "which");
    *words = malloc(room_needed(options, users, rights));
    if (*words == NULL)
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    enum iss_status status = read_all(options, *words, &all);
    *count = status == ISS_OK ? all.count : 0;
    return status;
}
