/* SPDX-License-Identifier: Apache-2.0 */
/* An access list as a whole: statements, their order, what refers to what. */
#include <stdlib.h>
#include <string.h>

#include "acl_forms.h"
#include "acl_statement.h"
#include "handle.h"
#include "xml_text.h"

static const char first_line[] = "privyseal-acl 1\n";

static enum iss_status fault(const struct iss_acl_parser *parser, unsigned line,
                             const char *what, struct iss_error *error)
{
    return iss_fail(error, ISS_USAGE, "%s:%u: %s", parser->reader.name, line,
                    what);
}

/* Well-formed UTF-8, no mark, no controls but line feeds, no directional
 * overrides: what a reader sees is what is there. */
static enum iss_status check_characters(const struct iss_acl_parser *parser,
                                        struct iss_error *error)
{
    const struct iss_acl_reader *reader = &parser->reader;
    unsigned line = 1;
    size_t at = 0;
    uint32_t c = 0;

    while (at < reader->len) {
        if (!xml_utf8_next(reader->text, reader->len, &at, &c))
            return fault(parser, line, "not UTF-8", error);
        if (c == '\n')
            line++;
        else if (c < ' ' || c == 0x7f || !xml_char_allowed(c))
            return fault(parser, line,
                         "a control character, mark or line end other than LF",
                         error);
    }
    return ISS_OK;
}

static enum iss_status take_end(const struct iss_acl_parser *parser,
                                const struct iss_acl_words *words,
                                struct iss_error *error)
{
    uint32_t count = 0;

    if (words->count != 2 || !iss_acl_number(words->words[1], &count))
        return fault(parser, words->line, "not \"end NUMBER\"", error);
    if (count != parser->statements)
        return iss_fail(error, ISS_USAGE,
                        "%s:%u: end: %u statements were written, %zu are here",
                        parser->reader.name, words->line, (unsigned)count,
                        parser->statements);
    if (parser->reader.at != parser->reader.len)
        return fault(parser, words->line, "end: something follows", error);
    return ISS_OK;
}

static enum iss_status take_all(struct iss_acl_parser *parser,
                                struct iss_error *error)
{
    struct iss_acl_words words;
    enum iss_status status = ISS_OK;
    bool over = false;

    while (status == ISS_OK) {
        status = iss_acl_next(&parser->reader, &words, &over, error);
        if (status != ISS_OK)
            break;
        if (over)
            return fault(parser, words.line,
                         "the last line, \"end NUMBER\", is missing", error);
        if (iss_acl_is(words.words[0], "end"))
            return take_end(parser, &words, error);
        status = iss_acl_statement(parser, &words, error);
        parser->statements++;
    }
    return status;
}

/* ---- who is who --------------------------------------------------------- */

static int compare_names(const void *a, const void *b)
{
    const struct iss_acl_principal *x = a, *y = b;
    const int order = strcmp(x->name, y->name);

    return order != 0 ? order : (x->line > y->line) - (x->line < y->line);
}

/* One principal a name, with the line of its first statement. */
static void unite_principals(struct iss_acl *acl)
{
    size_t kept = 0;

    if (acl->principal_count > 1)
        qsort(acl->principals, acl->principal_count, sizeof(*acl->principals),
              compare_names);
    for (size_t i = 0; i < acl->principal_count; i++) {
        if (kept > 0 && strcmp(acl->principals[kept - 1].name,
                               acl->principals[i].name) == 0)
            continue;
        acl->principals[kept++] = acl->principals[i];
    }
    acl->principal_count = kept;
}

static int compare_name(const void *key, const void *element)
{
    const struct iss_acl_text *name = key;
    const struct iss_acl_principal *principal = element;
    const int order = strncmp(name->at, principal->name, name->len);

    return order != 0 ? order : -(principal->name[name->len] != '\0');
}

static bool resolve(const struct iss_acl *acl, struct iss_acl_text name,
                    size_t *index)
{
    const struct iss_acl_principal *found =
        acl->principal_count == 0
            ? NULL
            : bsearch(&name, acl->principals, acl->principal_count,
                      sizeof(*acl->principals), compare_name);

    if (found != NULL)
        *index = (size_t)(found - acl->principals);
    return found != NULL;
}

bool iss_acl_knows(const struct iss_acl *acl, const char *principal)
{
    size_t index;

    return resolve(acl, (struct iss_acl_text){principal, strlen(principal)},
                   &index);
}

int iss_acl_compare_credentials(const struct iss_acl_credential *a,
                                const struct iss_acl_credential *b)
{
    const struct iss_acl_text *x[] = {&a->value, &a->issuer};
    const struct iss_acl_text *y[] = {&b->value, &b->issuer};
    int order = (a->kind > b->kind) - (a->kind < b->kind);

    for (size_t i = 0; order == 0 && i < 2; i++) {
        const size_t len = x[i]->len < y[i]->len ? x[i]->len : y[i]->len;

        order = len == 0 ? 0 : memcmp(x[i]->at, y[i]->at, len);
        if (order == 0)
            order = (x[i]->len > y[i]->len) - (x[i]->len < y[i]->len);
    }
    return order;
}

static int compare_credentials(const void *a, const void *b)
{
    const struct iss_acl_credential *x = a, *y = b;
    const int order = iss_acl_compare_credentials(x, y);

    return order != 0 ? order : (x->line > y->line) - (x->line < y->line);
}

static enum iss_status settle_credentials(struct iss_acl_parser *parser,
                                          struct iss_error *error)
{
    struct iss_acl *acl = parser->acl;

    for (size_t i = 0; i < acl->credential_count; i++)
        (void)resolve(acl, parser->credential_names[i],
                      &acl->credentials[i].principal);
    if (acl->credential_count > 1)
        qsort(acl->credentials, acl->credential_count,
              sizeof(*acl->credentials), compare_credentials);
    for (size_t i = 1; i < acl->credential_count; i++) {
        const struct iss_acl_credential *c = &acl->credentials[i];

        if (iss_acl_compare_credentials(c - 1, c) == 0 &&
            c[-1].principal != c->principal)
            return fault(parser, c->line,
                         "this credential is another principal's too", error);
    }
    return ISS_OK;
}

static enum iss_status settle_rules(struct iss_acl_parser *parser,
                                    struct iss_error *error)
{
    struct iss_acl *acl = parser->acl;

    for (size_t i = 0; i < acl->rule_count; i++) {
        struct iss_acl_rule *rule = &acl->rules[i];
        const struct iss_acl_rule_names *names = &parser->rule_names[i];

        rule->principal = ISS_ACL_EVERYBODY;
        if (!iss_acl_is(names->principal, "*") &&
            !resolve(acl, names->principal, &rule->principal))
            return iss_fail(error, ISS_USAGE, "%s:%u: no principal '%.*s'",
                            parser->reader.name, rule->line,
                            (int)names->principal.len, names->principal.at);
        if (rule->approval && !resolve(acl, names->approver, &rule->approver))
            return iss_fail(error, ISS_USAGE, "%s:%u: no principal '%.*s'",
                            parser->reader.name, rule->line,
                            (int)names->approver.len, names->approver.at);
    }
    return ISS_OK;
}

static enum iss_status parse(struct iss_acl_parser *parser,
                             struct iss_error *error)
{
    struct iss_acl_reader *reader = &parser->reader;
    enum iss_status status = check_characters(parser, error);

    if (status != ISS_OK)
        return status;
    if (reader->len < sizeof(first_line) - 1 ||
        memcmp(reader->text, first_line, sizeof(first_line) - 1) != 0)
        return fault(parser, 1, "the first line is not \"privyseal-acl 1\"",
                     error);
    reader->at = sizeof(first_line) - 1;
    reader->line = 2;
    status = take_all(parser, error);
    if (status == ISS_OK)
        unite_principals(parser->acl);
    if (status == ISS_OK)
        status = settle_credentials(parser, error);
    if (status == ISS_OK)
        status = settle_rules(parser, error);
    return status;
}

enum iss_status iss_acl_parse(const char *name, const char *text, size_t len,
                              struct iss_acl **out, struct iss_error *error)
{
    struct iss_acl_parser parser = {.reader = {name, NULL, len, 0, 1}};
    enum iss_status status = ISS_OK;

    *out = NULL;
    if (len > ISS_ACL_MAX)
        return iss_fail(error, ISS_USAGE, "%s: above 1 MiB", name);
    parser.acl = calloc(1, sizeof(*parser.acl));
    if (parser.acl != NULL)
        parser.acl->text = malloc(len + 1);
    if (parser.acl == NULL || parser.acl->text == NULL) {
        status = iss_fail(error, ISS_INTERNAL, "%s: out of memory", name);
        goto out;
    }
    if (len > 0)
        memcpy(parser.acl->text, text, len);
    parser.acl->text[len] = '\0';
    parser.acl->len = len;
    parser.reader.text = parser.acl->text;
    status = iss_sha256(text, len, parser.acl->hash, error);
    if (status == ISS_OK)
        status = parse(&parser, error);
    if (status == ISS_OK) {
        *out = parser.acl;
        parser.acl = NULL;
    }
out:
    free(parser.credential_names);
    free(parser.rule_names);
    iss_acl_free(parser.acl);
    return status;
}

void iss_acl_free(struct iss_acl *acl)
{
    if (acl == NULL)
        return;
    free(acl->principals);
    free(acl->credentials);
    free(acl->rules);
    free(acl->text);
    free(acl);
}

const uint8_t *iss_acl_hash(const struct iss_acl *acl)
{
    return acl->hash;
}

uint32_t iss_acl_serial(const struct iss_acl *acl)
{
    return acl->serial;
}

size_t iss_acl_rule_count(const struct iss_acl *acl)
{
    return acl->rule_count;
}
