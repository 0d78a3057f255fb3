/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of batches: see batch_list.h. */
#include "batch_list.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"
#include "verbs.h"

static const char title[] = "privyseal-batch 1";
static const char last[] = "end ";

static const struct kind { /* that a list may ask for */
    enum iss_license_kind kind;
    const struct tool_verb *verb;
} kinds[] = {{ISS_RAC, &tool_license_rac},
             {ISS_CLC, &tool_license_clc},
             {ISS_PL, &tool_license_pl},
             {ISS_UL, &tool_license_ul},
             {ISS_TEMPLATE, &tool_license_template}};

/* Options of those verbs that are said once, for all of the batch, or make no
 * sense in a list. */
static const enum tool_option general[] = {
    TOOL_STORE, TOOL_CONFIG,      TOOL_MEMBER, TOOL_JSON,
    TOOL_QUIET, TOOL_YES,         TOOL_HELP,   TOOL_DRY_RUN,
    TOOL_NONCE, TOOL_ACCEPT_TIME, TOOL_FORCE};

static enum iss_status complain(const struct tool_batch_list *list,
                                const char *cause, struct iss_error *error)
{
    return iss_fail(error, ISS_MALFORMED, "%s:%" PRIu64 ": %s", list->path,
                    list->line, cause);
}

/* ---- words ----------------------------------------------------------------
 */

/* A word in quotes, its escapes resolved in place; *at goes behind it. */
static bool take_quoted(char **at, char **word)
{
    char *from = *at + 1, *to = *at + 1;

    *word = to;
    for (; *from != '"'; from++) {
        if (*from == '\\')
            from++;
        if (*from == '\0' ||
            (from[-1] == '\\' && *from != '"' && *from != '\\'))
            return false;
        *to++ = *from;
    }
    *at = from + 1;
    if (**at != '\0' && **at != ' ')
        return false;
    *to = '\0';
    return true;
}

static const char *cut(struct tool_batch_order *order)
{
    char *at = order->text;

    order->word_count = 0;
    for (;;) {
        while (*at == ' ')
            at++;
        if (*at == '\0')
            break;
        if (order->word_count == TOOL_BATCH_WORDS)
            return "too many words";
        char **word = &order->words[order->word_count++];
        if (*at == '"') {
            if (!take_quoted(&at, word))
                return "a quote that does not end, or \\ before something "
                       "else than \" and \\";
        } else {
            *word = at;
            at += strcspn(at, " \"\\");
            if (*at == '"' || *at == '\\')
                return "\" and \\ stand in a word in quotes only";
        }
        if (*at != '\0')
            *at++ = '\0';
    }
    order->words[order->word_count] = NULL;
    return NULL;
}

static bool printable(const char *text, size_t len)
{
    for (size_t at = 0; at < len;) {
        uint32_t point = 0;

        at += tool_utf8_next(text + at, len - at, &point);
        if (point == TOOL_NO_POINT || point < ' ' ||
            (point >= 0x7f && point < 0xa0))
            return false;
    }
    return true;
}

/* ---- lines -----------------------------------------------------------------
 */

/* The next line, less its end; false at the end of the file. */
static bool next_line(struct tool_batch_list *list, const char **text,
                      size_t *len)
{
    const char *end = NULL;

    if (list->at >= list->len)
        return false;
    *text = list->text + list->at;
    end = memchr(*text, '\n', list->len - list->at);
    *len = end == NULL ? list->len - list->at : (size_t)(end - *text);
    list->at += *len + 1;
    list->line++;
    return true;
}

static bool is_line(const char *text, size_t len, const char *wanted)
{
    return strlen(wanted) == len && memcmp(text, wanted, len) == 0;
}

static const struct kind *find_kind(const char *name)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(iss_license_kind_name(kinds[i].kind), name) == 0)
            return &kinds[i];
    return NULL;
}

/* --out, or LINE.KIND.xml. */
static const char *name_file(struct tool_batch_order *order)
{
    const char *named = order->options.value[TOOL_OUT];
    int n =
        named != NULL
            ? snprintf(order->name, sizeof(order->name), "%s", named)
            : snprintf(order->name, sizeof(order->name), "%08" PRIu64 ".%s.xml",
                       order->line, iss_license_kind_name(order->kind));

    if (n < 0 || (size_t)n >= sizeof(order->name))
        return "--out: too long";
    if (order->name[0] == '.' || strchr(order->name, '/') != NULL)
        return "--out: the name of a file alone, which begins with no dot";
    return NULL;
}

/* docs/formats/batch.md: the first half of SHA-256 over "HASH LINE". */
static bool make_nonce(const struct tool_batch_list *list,
                       struct tool_batch_order *order)
{
    uint8_t hash[EVP_MAX_MD_SIZE];
    char text[sizeof(list->hash) * 2 + 32];
    size_t used = 0;

    for (size_t i = 0; i < sizeof(list->hash); i++)
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%02x",
                                 list->hash[i]);
    used += (size_t)snprintf(text + used, sizeof(text) - used, " %" PRIu64 "\n",
                             order->line);
    if (EVP_Digest(text, used, hash, NULL, EVP_sha256(), NULL) != 1)
        return false;
    for (size_t i = 0; i < ISS_LICENSE_NONCE_SIZE; i++)
        (void)snprintf(order->nonce + 2 * i, 3, "%02x", hash[i]);
    return true;
}

static enum iss_status parse(struct tool_batch_list *list,
                             struct tool_batch_order *order, const char *text,
                             size_t len, struct iss_error *error)
{
    struct iss_error why = {.status = ISS_OK};
    const struct kind *kind = NULL;
    const char *cause = NULL;

    if (len > TOOL_BATCH_LINE)
        return complain(list, "the line is too long", error);
    if (len > 0 && text[len - 1] == '\r')
        return complain(list, "a carriage return at its end", error);
    if (!printable(text, len))
        return complain(list, "not UTF-8, or a control character", error);
    memcpy(order->text, text, len);
    order->text[len] = '\0';
    cause = cut(order);
    if (cause == NULL) {
        kind = find_kind(order->words[0]);
        cause =
            kind == NULL ? "no such kind: rac, clc, pl, ul or template" : NULL;
    }
    if (cause != NULL)
        return complain(list, cause, error);
    order->kind = kind->kind;
    order->line = list->line;
    memset(&order->options, 0, sizeof(order->options));
    if (tool_options_parse(kind->verb->uses, (int)order->word_count,
                           order->words, &order->options, &why) != ISS_OK)
        return complain(list, why.text, error);
    for (size_t i = 0; i < sizeof(general) / sizeof(general[0]); i++)
        if (order->options.value[general[i]] != NULL)
            cause = "an option that no order in a list has";
    if (order->options.operand_count > 0)
        cause = "a word too many";
    if (cause == NULL)
        cause = name_file(order);
    if (cause != NULL)
        return complain(list, cause, error);
    return make_nonce(list, order)
               ? ISS_OK
               : iss_fail(error, ISS_INTERNAL, "SHA-256 is not to be had");
}

enum iss_status tool_batch_list_next(struct tool_batch_list *list,
                                     struct tool_batch_order *order, bool *more,
                                     struct iss_error *error)
{
    const char *text = NULL;
    size_t len = 0;

    *more = false;
    while (next_line(list, &text, &len)) {
        if (len == 0 || text[0] == '#' || list->line == 1)
            continue;
        if (len >= strlen(last) && memcmp(text, last, strlen(last)) == 0)
            return ISS_OK;
        *more = true;
        return parse(list, order, text, len, error);
    }
    return complain(list, "the last line, \"end N\", is missing", error);
}

/* ---- the whole -------------------------------------------------------------
 */

static int compare(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* Eight octets stand for a name, so that a long list takes little memory. */
static uint64_t hash_name(const char *name)
{
    uint8_t hash[EVP_MAX_MD_SIZE] = {0};
    uint64_t out = 0;

    (void)EVP_Digest(name, strlen(name), hash, NULL, EVP_sha256(), NULL);
    memcpy(&out, hash, sizeof(out));
    return out;
}

/* The lines are looked up only now: a name that is written twice is rare. */
static enum iss_status tell_twice(struct tool_batch_list *list, uint64_t name,
                                  struct tool_batch_order *order,
                                  struct iss_error *error)
{
    uint64_t first = 0;
    bool more = true;

    list->at = 0;
    list->line = 0;
    while (tool_batch_list_next(list, order, &more, error) == ISS_OK && more) {
        if (hash_name(order->name) != name)
            continue;
        if (first != 0)
            break;
        first = order->line;
    }
    return iss_fail(error, ISS_MALFORMED,
                    "%s:%" PRIu64 ": two orders write one file, this and line "
                    "%" PRIu64 ": %s",
                    list->path, order->line, first, order->name);
}

static enum iss_status check_names(struct tool_batch_list *list,
                                   uint64_t *names,
                                   struct tool_batch_order *order,
                                   struct iss_error *error)
{
    if (list->orders > 1)
        qsort(names, (size_t)list->orders, sizeof(*names), compare);
    for (uint64_t i = 1; i < list->orders; i++)
        if (names[i] == names[i - 1])
            return tell_twice(list, names[i], order, error);
    return ISS_OK;
}

/* What editors elsewhere make of a file is told by its name. */
static const char *why_no_title(const char *text, size_t len)
{
    static const char mark[] = "\xef\xbb\xbf";

    if (len >= sizeof(mark) - 1 && memcmp(text, mark, sizeof(mark) - 1) == 0)
        return "a byte order mark: the list is UTF-8 without one";
    if (len > 0 && text[len - 1] == '\r')
        return "a carriage return: lines of a list end in a line feed alone";
    return "not \"privyseal-batch 1\"";
}

/* Behind the last order: the line that counts them, and nothing more. */
static enum iss_status check_end(struct tool_batch_list *list,
                                 struct iss_error *error)
{
    char wanted[32];
    size_t len = (size_t)snprintf(wanted, sizeof(wanted), "%s%" PRIu64 "\n",
                                  last, list->orders);

    return list->len >= len && list->at == list->len &&
                   memcmp(list->text + list->len - len, wanted, len) == 0
               ? ISS_OK
               : complain(list,
                          "not the last line, or another number of orders",
                          error);
}

static enum iss_status check(struct tool_batch_list *list,
                             struct iss_error *error)
{
    struct tool_batch_order *order = malloc(sizeof(*order));
    uint64_t *names = NULL;
    size_t size = 0;
    bool more = order != NULL;
    enum iss_status status =
        more ? ISS_OK : iss_fail(error, ISS_INTERNAL, "out of memory");

    while (status == ISS_OK && more) {
        status = tool_batch_list_next(list, order, &more, error);
        if (status != ISS_OK || !more)
            break;
        if (list->orders == size) {
            size = size == 0 ? 1024 : 2 * size;
            uint64_t *grown = realloc(names, size * sizeof(*names));
            if (grown == NULL)
                status = iss_fail(error, ISS_INTERNAL, "out of memory");
            else
                names = grown;
        }
        if (status == ISS_OK)
            names[list->orders++] = hash_name(order->name);
    }
    if (status == ISS_OK)
        status = check_end(list, error);
    if (status == ISS_OK)
        status = check_names(list, names, order, error);
    free(names);
    free(order);
    return status;
}

enum iss_status tool_batch_list_read(const char *path,
                                     struct tool_batch_list *list,
                                     struct iss_error *error)
{
    const char *text = NULL;
    size_t len = 0;

    *list = (struct tool_batch_list){.path = path};
    enum iss_status status = iss_read_file(path, TOOL_BATCH_LIST_MAX,
                                           &list->text, &list->len, error);
    if (status != ISS_OK)
        return status;
    if (EVP_Digest(list->text, list->len, list->hash, NULL, EVP_sha256(),
                   NULL) != 1)
        return iss_fail(error, ISS_INTERNAL, "SHA-256 is not to be had");
    if (!next_line(list, &text, &len) || !is_line(text, len, title)) {
        list->line = 1;
        return complain(list, why_no_title(text, len), error);
    }
    status = check(list, error);
    list->at = 0;
    list->line = 0;
    return status;
}

void tool_batch_list_clear(struct tool_batch_list *list)
{
    free(list->text);
    *list = (struct tool_batch_list){0};
}
