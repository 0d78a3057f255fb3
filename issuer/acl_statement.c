/* SPDX-License-Identifier: Apache-2.0 */
/* serial and principal; whose turn it is: one function a statement. */
#include "acl_statement.h"

#include <stdlib.h>
#include <string.h>

#include "acl_forms.h"

enum iss_status iss_acl_complain(const struct iss_acl_parser *parser,
                                 unsigned line, struct iss_acl_text word,
                                 const char *what, struct iss_error *error)
{
    return iss_fail(error, ISS_USAGE, "%s:%u: '%.*s': %s", parser->reader.name,
                    line, (int)(word.len < 80 ? word.len : 80), word.at, what);
}

void *iss_acl_room(void *array, size_t count, size_t *room, size_t size)
{
    const size_t more = *room == 0 ? 16 : *room * 2;
    void *larger;

    if (count < *room)
        return array;
    larger = reallocarray(array, more, size);
    if (larger != NULL)
        *room = more;
    return larger;
}

enum iss_status iss_acl_out_of_memory(const struct iss_acl_parser *parser,
                                      struct iss_error *error)
{
    return iss_fail(error, ISS_INTERNAL, "%s: out of memory",
                    parser->reader.name);
}

static enum iss_status take_serial(struct iss_acl_parser *parser,
                                   const struct iss_acl_words *words,
                                   struct iss_error *error)
{
    if (words->count != 2 || parser->has_serial ||
        !iss_acl_number(words->words[1], &parser->acl->serial))
        return iss_acl_complain(
            parser, words->line, words->words[0],
            parser->has_serial ? "given twice" : "wants one number below 2^31",
            error);
    parser->has_serial = true;
    return ISS_OK;
}

static enum iss_status take_credential(const struct iss_acl_parser *parser,
                                       const struct iss_acl_words *words,
                                       struct iss_acl_credential *credential,
                                       size_t *used, struct iss_error *error)
{
    static const struct {
        const char *word;
        bool (*take)(struct iss_acl_text text, struct iss_acl_text *out);
    } kinds[] = {
#define ACL_KIND(name, word, form) [ISS_ACL_##name] = {word, form},
#include "acl_words.def"
#undef ACL_KIND
    };
    struct iss_acl_text word = words->words[2];

    for (int i = 0; i < ISS_ACL_KINDS; i++) {
        if (!iss_acl_strip(&word, kinds[i].word))
            continue;
        credential->kind = (enum iss_acl_kind)i;
        if (!kinds[i].take(word, &credential->value))
            return iss_acl_complain(parser, words->line, words->words[2],
                                    "not of this credential's form", error);
        *used = 3;
        if (i != ISS_ACL_TLS_NAME)
            return ISS_OK;
        word = *used < words->count ? words->words[(*used)++]
                                    : (struct iss_acl_text){"", 0};
        if (iss_acl_strip(&word, "issuer-spki:") &&
            iss_acl_hex(word, &credential->issuer))
            return ISS_OK;
        return iss_acl_complain(parser, words->line, words->words[2],
                                "issuer-spki:HEX must follow", error);
    }
    return iss_acl_complain(parser, words->line, word, "no such credential",
                            error);
}

static bool from_tls(const struct iss_acl_credential *credential)
{
    return credential->kind <= ISS_ACL_TLS_NAME;
}

static bool take_from(struct iss_acl_text text)
{
    struct iss_acl_text rest;
    bool more = true;

    while (more) {
        if (!iss_acl_is_cidr(iss_acl_before(text, ',', &rest, &more)))
            return false;
        text = rest;
    }
    return true;
}

static enum iss_status take_principal_options(
    const struct iss_acl_parser *parser, const struct iss_acl_words *words,
    size_t at, struct iss_acl_credential *credential, struct iss_error *error)
{
    bool expires = false, from = false;

    for (; at < words->count; at++) {
        struct iss_acl_text word = words->words[at];
        bool *seen, right;

        if (iss_acl_strip(&word, "expires=")) {
            seen = &expires;
            right = iss_acl_time(word, &credential->expires);
        } else if (iss_acl_strip(&word, "from=")) {
            seen = &from;
            right = from_tls(credential) && take_from(word);
        } else {
            return iss_acl_complain(parser, words->line, word, "unknown word",
                                    error);
        }
        if (*seen || !right)
            return iss_acl_complain(
                parser, words->line, words->words[at],
                *seen ? "given twice" : "not of the right form", error);
        *seen = true;
    }
    return ISS_OK;
}

static enum iss_status
keep_principal(struct iss_acl_parser *parser,
               const struct iss_acl_principal *principal,
               const struct iss_acl_credential *credential,
               const struct iss_acl_text *name, struct iss_error *error)
{
    struct iss_acl *acl = parser->acl;
    struct iss_acl_principal *principals =
        iss_acl_room(acl->principals, acl->principal_count,
                     &parser->principal_room, sizeof(*principals));
    struct iss_acl_credential *credentials;
    struct iss_acl_text *names;

    if (principals == NULL)
        return iss_acl_out_of_memory(parser, error);
    acl->principals = principals;
    credentials = iss_acl_room(acl->credentials, acl->credential_count,
                               &parser->credential_room, sizeof(*credentials));
    if (credentials == NULL)
        return iss_acl_out_of_memory(parser, error);
    acl->credentials = credentials;
    names = iss_acl_room(parser->credential_names, acl->credential_count,
                         &parser->credential_name_room, sizeof(*names));
    if (names == NULL)
        return iss_acl_out_of_memory(parser, error);
    parser->credential_names = names;
    principals[acl->principal_count++] = *principal;
    names[acl->credential_count] = *name;
    credentials[acl->credential_count++] = *credential;
    return ISS_OK;
}

static enum iss_status take_principal(struct iss_acl_parser *parser,
                                      const struct iss_acl_words *words,
                                      struct iss_error *error)
{
    struct iss_acl_credential credential = {.line = words->line,
                                            .expires = INT64_MAX};
    struct iss_acl_principal principal = {.line = words->line};
    enum iss_status status;
    size_t at = 0;

    if (words->count < 3 || !iss_acl_is_name(words->words[1]))
        return iss_acl_complain(parser, words->line, words->words[0],
                                "wants a name and a credential", error);
    memcpy(principal.name, words->words[1].at, words->words[1].len);
    status = take_credential(parser, words, &credential, &at, error);
    if (status == ISS_OK)
        status = take_principal_options(parser, words, at, &credential, error);
    if (status != ISS_OK)
        return status;
    return keep_principal(parser, &principal, &credential, &words->words[1],
                          error);
}

enum iss_status iss_acl_statement(struct iss_acl_parser *parser,
                                  const struct iss_acl_words *words,
                                  struct iss_error *error)
{
    static const struct {
        const char *word;
        enum iss_status (*take)(struct iss_acl_parser *parser,
                                const struct iss_acl_words *words,
                                struct iss_error *error);
    } statements[] = {{"serial", take_serial},
                      {"principal", take_principal},
                      {"allow", iss_acl_take_rule},
                      {"deny", iss_acl_take_rule}};

    for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++) {
        if (iss_acl_is(words->words[0], statements[i].word))
            return statements[i].take(parser, words, error);
    }
    return iss_acl_complain(parser, words->line, words->words[0],
                            "unknown statement", error);
}
