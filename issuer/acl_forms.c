/* SPDX-License-Identifier: Apache-2.0 */
/* Forms of words in an access list: numbers, spans, names, quoted texts. */
#include "acl_forms.h"

#include <arpa/inet.h>
#include <string.h>

#include "clock.h"
#include "xml_text.h"

enum { HEX64 = 64, QUOTED_MAX = 256, ID_MAX = 32, CIDR_MAX = 64 };

bool iss_acl_is(struct iss_acl_text text, const char *word)
{
    return text.len == strlen(word) && memcmp(text.at, word, text.len) == 0;
}

/* Moves behind the prefix where the slice begins with it. */
bool iss_acl_strip(struct iss_acl_text *text, const char *prefix)
{
    const size_t len = strlen(prefix);

    if (text->len < len || memcmp(text->at, prefix, len) != 0)
        return false;
    text->at += len;
    text->len -= len;
    return true;
}

/* The part before the first c; *rest gets what follows it, len 0 if none. */
struct iss_acl_text iss_acl_before(struct iss_acl_text text, char c,
                                   struct iss_acl_text *rest, bool *found)
{
    const char *at = text.len == 0 ? NULL : memchr(text.at, c, text.len);

    *found = at != NULL;
    if (at == NULL) {
        *rest = (struct iss_acl_text){text.at + text.len, 0};
        return text;
    }
    *rest =
        (struct iss_acl_text){at + 1, text.len - (size_t)(at - text.at) - 1};
    return (struct iss_acl_text){text.at, (size_t)(at - text.at)};
}

bool iss_acl_number(struct iss_acl_text text, uint32_t *number)
{
    uint64_t value = 0;

    if (text.len == 0 || text.len > 10 || (text.len > 1 && text.at[0] == '0'))
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] < '0' || text.at[i] > '9')
            return false;
        value = value * 10 + (uint64_t)(text.at[i] - '0');
    }
    *number = (uint32_t)value;
    return value <= INT32_MAX;
}

bool iss_acl_span(struct iss_acl_text text, struct iss_acl_span *span)
{
    static const struct {
        const char *word;
        uint32_t seconds; /* 0: years */
    } units[] = {{"min", 60}, {"h", 3600}, {"d", 86400}, {"y", 0}};
    struct iss_acl_text digits = text;
    uint32_t count;

    while (digits.len > 0 &&
           (digits.at[digits.len - 1] < '0' || digits.at[digits.len - 1] > '9'))
        digits.len--;
    if (!iss_acl_number(digits, &count))
        return false;
    text.at += digits.len;
    text.len -= digits.len;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (!iss_acl_is(text, units[i].word))
            continue;
        *span = (struct iss_acl_span){count, ISS_ACL_YEARS};
        if (units[i].seconds != 0)
            *span = (struct iss_acl_span){count * (uint64_t)units[i].seconds,
                                          ISS_ACL_SECONDS};
        return true;
    }
    return false;
}

bool iss_acl_is_name(struct iss_acl_text text)
{
    for (size_t i = 0; i < text.len; i++) {
        const char c = text.at[i];

        if ((c < 'a' || c > 'z') && (c < '0' || c > '9') &&
            (i == 0 || (c != '.' && c != '_' && c != '-')))
            return false;
    }
    return text.len > 0 && text.len <= ISS_ACL_NAME_MAX;
}

bool iss_acl_hex(struct iss_acl_text text, struct iss_acl_text *out)
{
    for (size_t i = 0; i < text.len; i++) {
        const char c = text.at[i];

        if ((c < '0' || c > '9') && (c < 'a' || c > 'f'))
            return false;
    }
    *out = text;
    return text.len == HEX64;
}

/* A name of a user or group; not digits alone, which would look like an id. */
bool iss_acl_id(struct iss_acl_text text, struct iss_acl_text *out)
{
    for (size_t i = 0; i < text.len; i++) {
        const char c = text.at[i];
        const bool letter =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        const bool later = (c >= '0' && c <= '9') || c == '.' || c == '-' ||
                           (c == '$' && i + 1 == text.len);

        if (!letter && (i == 0 || !later))
            return false;
    }
    *out = text;
    return text.len > 0 && text.len <= ID_MAX;
}

bool iss_acl_quoted(struct iss_acl_text text, struct iss_acl_text *out)
{
    size_t characters = 0, at = 0;
    uint32_t c = 0;

    if (text.len < 2 || text.at[0] != '"' || text.at[text.len - 1] != '"')
        return false;
    *out = (struct iss_acl_text){text.at + 1, text.len - 2};
    while (at < out->len) {
        if (!xml_utf8_next(out->at, out->len, &at, &c) || c == '"' || c == '\\')
            return false;
        characters++;
    }
    return characters <= QUOTED_MAX;
}

bool iss_acl_time(struct iss_acl_text text, int64_t *out)
{
    return iss_clock_parse(text.at, text.len, out);
}

bool iss_acl_is_cidr(struct iss_acl_text text)
{
    struct iss_acl_text bits;
    uint8_t address[16];
    char host[CIDR_MAX];
    uint32_t length;
    bool slash;

    text = iss_acl_before(text, '/', &bits, &slash);
    if (!slash || text.len >= sizeof(host) || !iss_acl_number(bits, &length))
        return false;
    memcpy(host, text.at, text.len);
    host[text.len] = '\0';
    return (inet_pton(AF_INET, host, address) == 1 && length <= 32) ||
           (inet_pton(AF_INET6, host, address) == 1 && length <= 128);
}
