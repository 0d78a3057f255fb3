/* SPDX-License-Identifier: Apache-2.0 */
/* The scanner: see xml_scan.h. */
#include "xml_scan.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "xml_text.h"
#include "xrml.h"

struct name {
    size_t at, len;
};

struct scanner {
    const char *text;
    size_t len, at;
    const struct xml_options *options;
    struct iss_error *error;
    struct xml_watch *watches;
    size_t watch_count;
    struct xml_span *span;
    size_t depth;
    struct open {
        struct name name;
        bool has_child, has_text;
    } open[XRML_DEPTH_MAX];
    struct name attributes[XRML_ATTRIBUTES_MAX];
    size_t attribute_count;
};

static bool refuse(struct scanner *s, const char *what)
{
    (void)iss_fail(s->error, s->options->failure, "%s: octet %zu: %s",
                   s->options->object, s->at, what);
    return false;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

size_t xml_skip_space(const char *text, size_t len, size_t at)
{
    while (at < len && is_space(text[at]))
        at++;
    return at;
}

static bool starts(const struct scanner *s, const char *literal)
{
    size_t len = strlen(literal);
    return s->len - s->at >= len && memcmp(s->text + s->at, literal, len) == 0;
}

static bool same(const struct scanner *s, struct name a, struct name b)
{
    return a.len == b.len && memcmp(s->text + a.at, s->text + b.at, a.len) == 0;
}

static bool is_name_start(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

static bool is_name_char(char c)
{
    return is_name_start(c) || (c >= '0' && c <= '9') || c == '-' || c == '.';
}

static bool scan_name(struct scanner *s, struct name *name)
{
    name->at = s->at;
    if (s->at >= s->len || !is_name_start(s->text[s->at]))
        return refuse(s, "a name is expected");
    while (s->at < s->len && is_name_char(s->text[s->at]) &&
           s->at - name->at <= XRML_NAME_MAX)
        s->at++;
    name->len = s->at - name->at;
    return name->len <= XRML_NAME_MAX || refuse(s, "name above 128 octets");
}

/* White space, where the format allows some; CR only where it is harmless. */
static bool scan_space(struct scanner *s)
{
    size_t end = xml_skip_space(s->text, s->len, s->at);

    for (; s->at < end; s->at++)
        if (s->text[s->at] == '\r' && (s->options->flags & XML_REFUSE_CR) != 0)
            return refuse(s, "carriage return");
    return true;
}

static int digit_value(char c, unsigned base)
{
    int value = c >= '0' && c <= '9'   ? c - '0'
                : c >= 'a' && c <= 'f' ? c - 'a' + 10
                : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                       : -1;
    return value < (int)base ? value : -1;
}

/* "&#...;" in its shortest form, of a character that may stand here. */
static bool scan_number(struct scanner *s)
{
    unsigned base = 10;
    uint32_t value = 0;

    s->at += 2;
    if (s->at < s->len && s->text[s->at] == 'x') {
        base = 16;
        s->at++;
    }
    if (s->at < s->len && s->text[s->at] == '0')
        return refuse(s, "character reference begins with zero");
    for (; s->at < s->len && s->text[s->at] != ';'; s->at++) {
        int digit = digit_value(s->text[s->at], base);
        if (digit < 0)
            return refuse(s, "broken character reference");
        value = value * base + (uint32_t)digit;
        if (value > 0x10ffff)
            return refuse(s, "character reference above U+10FFFF");
    }
    if (s->at >= s->len || !xml_char_allowed(value))
        return refuse(s, "reference to a character that is not allowed");
    s->at++;
    return true;
}

static bool scan_reference(struct scanner *s)
{
    static const char *const entities[] = {"&amp;", "&lt;", "&gt;", "&quot;",
                                           "&apos;"};

    if (starts(s, "&#"))
        return scan_number(s);
    for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++)
        if (starts(s, entities[i])) {
            s->at += strlen(entities[i]);
            return true;
        }
    return refuse(s, "entity that is none of the five");
}

/* ASCII that stands for itself wherever text may stand; nearly all of a
 * document is, and is passed over at a run. */
static bool is_plain(char c)
{
    return c >= ' ' && c < 0x7f && c != '&' && c != '<' && c != '>' &&
           c != '"' && c != '\'' && c != ']';
}

static void skip_plain(struct scanner *s)
{
    while (s->at < s->len && is_plain(s->text[s->at]))
        s->at++;
}

static bool scan_character(struct scanner *s)
{
    uint32_t c = 0;
    size_t at = s->at;

    if (s->text[at] == '&')
        return scan_reference(s);
    if (s->text[at] == '\r') {
        if ((s->options->flags & XML_REFUSE_CR) != 0)
            return refuse(s, "carriage return");
        s->at++;
        return true;
    }
    if (!xml_utf8_next(s->text, s->len, &at, &c))
        return refuse(s, "not well-formed UTF-8");
    if (!xml_char_allowed(c))
        return refuse(s, "character that is not allowed");
    s->at = at;
    return true;
}

static bool scan_value(struct scanner *s)
{
    if (s->at >= s->len || (s->text[s->at] != '"' && s->text[s->at] != '\''))
        return refuse(s, "attribute value without quotes");
    char quote = s->text[s->at++];
    while (s->at < s->len && s->text[s->at] != quote) {
        char c = s->text[s->at];
        if (c == '<' || c == '\n' || c == '\r' || c == '\t')
            return refuse(s, "'<', tab or line end in an attribute value");
        if (!scan_character(s))
            return false;
        skip_plain(s);
    }
    if (s->at >= s->len)
        return refuse(s, "attribute value without an end");
    s->at++;
    return true;
}

/* "xmlns" may always say that there is no namespace; what else is declared is
 * the caller's choice. A colon stands in no other name. */
static bool scan_attribute_name(struct scanner *s, struct name *name)
{
    bool declared = (s->options->flags & XML_XMLNS) != 0;

    if (!scan_name(s, name))
        return false;
    bool is_xmlns =
        name->len == 5 && memcmp(s->text + name->at, "xmlns", 5) == 0;
    if (is_xmlns && declared && s->at < s->len && s->text[s->at] == ':') {
        struct name prefix;
        s->at++;
        if (!scan_name(s, &prefix))
            return false;
        name->len = s->at - name->at;
    } else if (is_xmlns && !declared && !starts(s, "=\"\"")) {
        return refuse(s, "namespace");
    }
    for (size_t i = 0; i < s->attribute_count; i++)
        if (same(s, s->attributes[i], *name))
            return refuse(s, "attribute stands twice");
    return true;
}

static bool scan_attributes(struct scanner *s)
{
    s->attribute_count = 0;
    for (;;) {
        size_t before = s->at;
        struct name name;
        if (!scan_space(s))
            return false;
        if (s->at >= s->len || s->text[s->at] == '>' || s->text[s->at] == '/')
            return true;
        if (s->at == before)
            return refuse(s, "broken start tag");
        if (s->attribute_count == XRML_ATTRIBUTES_MAX)
            return refuse(s, "element with more than 16 attributes");
        if (!scan_attribute_name(s, &name) || !scan_space(s))
            return false;
        if (s->at >= s->len || s->text[s->at] != '=')
            return refuse(s, "attribute without a value");
        s->at++;
        if (!scan_space(s) || !scan_value(s))
            return false;
        s->attributes[s->attribute_count++] = name;
        s->span->attributes++;
    }
}

static bool matches(const struct scanner *s, const char *path)
{
    const struct name *last = &s->open[s->depth - 1].name;
    size_t whole = strlen(path);

    /* most elements are told apart by their own name */
    if (whole < last->len ||
        memcmp(path + whole - last->len, s->text + last->at, last->len) != 0)
        return false;
    for (size_t i = 0; i < s->depth; i++) {
        size_t len = strcspn(path, "/");
        const struct name *name = &s->open[i].name;
        if (len != name->len || memcmp(path, s->text + name->at, len) != 0)
            return false;
        path += len;
        if (*path == '/' && i + 1 < s->depth)
            path++;
    }
    return *path == '\0';
}

static void watch_start(struct scanner *s, size_t start, size_t attributes)
{
    for (size_t i = 0; i < s->watch_count; i++) {
        struct xml_watch *watch = &s->watches[i];
        if (!matches(s, watch->path) || ++watch->count > 1)
            continue;
        watch->start = start;
        watch->inner = s->at;
        /* Until the end is seen: what had been counted before it began. */
        watch->elements = s->span->elements - 1;
        watch->attributes = attributes;
    }
}

static void watch_end(struct scanner *s, size_t inner_end)
{
    for (size_t i = 0; i < s->watch_count; i++) {
        struct xml_watch *watch = &s->watches[i];
        if (watch->count != 1 || !matches(s, watch->path))
            continue;
        watch->inner_end = inner_end;
        watch->end = s->at;
        watch->elements = s->span->elements - watch->elements;
        watch->attributes = s->span->attributes - watch->attributes;
    }
}

static bool scan_start_tag(struct scanner *s)
{
    size_t start = s->at++;
    size_t attributes = s->span->attributes;
    struct name name;

    if (starts(s, "!") || starts(s, "?"))
        return refuse(s, "declaration, comment, CDATA or processing "
                         "instruction");
    if (!scan_name(s, &name))
        return false;
    if (s->depth == XRML_DEPTH_MAX)
        return refuse(s, "elements nested deeper than 64");
    if (!scan_attributes(s))
        return false;
    bool empty = starts(s, "/");
    if (!starts(s, empty ? "/>" : ">"))
        return refuse(s, "broken start tag");
    s->at += empty ? 2 : 1;
    if (s->depth > 0) {
        if (s->open[s->depth - 1].has_text)
            return refuse(s, "text beside an element");
        s->open[s->depth - 1].has_child = true;
    }
    s->open[s->depth++] = (struct open){.name = name};
    s->span->elements++;
    watch_start(s, start, attributes);
    if (empty) {
        watch_end(s, s->at);
        s->depth--;
    }
    return true;
}

static bool scan_end_tag(struct scanner *s)
{
    size_t start = s->at;
    struct name name;

    s->at += 2;
    if (!scan_name(s, &name))
        return false;
    if (!same(s, name, s->open[s->depth - 1].name))
        return refuse(s, "end tag of another element");
    if (!starts(s, ">"))
        return refuse(s, "broken end tag");
    s->at++;
    watch_end(s, start);
    s->depth--;
    return true;
}

static bool scan_content(struct scanner *s)
{
    struct open *open = &s->open[s->depth - 1];

    if (s->text[s->at] == '<')
        return starts(s, "</") ? scan_end_tag(s) : scan_start_tag(s);
    if (!is_space(s->text[s->at])) {
        if (open->has_child)
            return refuse(s, "text beside an element");
        open->has_text = true;
    }
    if (starts(s, "]]>"))
        return refuse(s, "\"]]>\" in text");
    if (!scan_character(s))
        return false;
    if (open->has_text)
        skip_plain(s);
    return true;
}

enum iss_status xml_scan(const char *text, size_t len, size_t at,
                         const struct xml_options *options,
                         struct xml_watch *watches, size_t count,
                         struct xml_span *span, struct iss_error *error)
{
    struct scanner s = {.text = text,
                        .len = len,
                        .at = at,
                        .options = options,
                        .error = error,
                        .watches = watches,
                        .watch_count = count,
                        .span = span};

    *span = (struct xml_span){.start = at};
    if (!starts(&s, "<")) {
        (void)refuse(&s, "an element is expected");
        return options->failure;
    }
    if (!scan_start_tag(&s))
        return options->failure;
    while (s.depth > 0 && s.at < len)
        if (!scan_content(&s))
            return options->failure;
    if (s.depth > 0) {
        (void)refuse(&s, "the text ends in the middle");
        return options->failure;
    }
    span->end = s.at;
    return ISS_OK;
}

/* name="value" after white space; *value is NULL where another name follows. */
static bool scan_pseudo(struct scanner *s, const char *name, struct name *value,
                        bool *found)
{
    size_t at = xml_skip_space(s->text, s->len, s->at);
    size_t len = strlen(name);

    *found = at > s->at && s->len - at > len &&
             memcmp(s->text + at, name, len) == 0 && s->text[at + len] == '=';
    if (!*found)
        return true;
    s->at = at + len + 1;
    value->at = s->at + 1;
    if (!scan_value(s))
        return false;
    value->len = s->at - 1 - value->at;
    return true;
}

static bool is_value(const struct scanner *s, struct name value,
                     const char *wanted)
{
    return value.len == strlen(wanted) &&
           strncasecmp(s->text + value.at, wanted, value.len) == 0;
}

static bool is_ascii(const struct scanner *s)
{
    for (size_t i = 0; i < s->len; i++)
        if ((uint8_t)s->text[i] >= 0x80)
            return false;
    return true;
}

static bool may_declare(const struct scanner *s, struct name encoding,
                        unsigned declares)
{
    if (is_value(s, encoding, "utf-8"))
        return (declares & XML_DECLARES_UTF8) != 0;
    if (!is_value(s, encoding, "utf-16"))
        return false;
    return (declares & XML_DECLARES_UTF16) != 0 ||
           ((declares & XML_DECLARES_ASCII_UTF16) != 0 && is_ascii(s));
}

static bool scan_declaration(struct scanner *s, unsigned declares)
{
    struct name value = {0};
    bool found = false;

    s->at += 5;
    if (!scan_pseudo(s, "version", &value, &found))
        return false;
    if (!found || !is_value(s, value, "1.0"))
        return refuse(s, "XML declaration of another version than 1.0");
    if (!scan_pseudo(s, "encoding", &value, &found))
        return false;
    if (found && !may_declare(s, value, declares))
        return refuse(s, "declared encoding is not that of the text");
    if (!scan_pseudo(s, "standalone", &value, &found))
        return false;
    if (found && !is_value(s, value, "yes") && !is_value(s, value, "no"))
        return refuse(s, "broken XML declaration");
    s->at = xml_skip_space(s->text, s->len, s->at);
    if (!starts(s, "?>"))
        return refuse(s, "broken XML declaration");
    s->at += 2;
    return true;
}

enum iss_status xml_prolog(const char *text, size_t len, unsigned declares,
                           const struct xml_options *options, size_t *at,
                           struct iss_error *error)
{
    struct scanner s = {.text = text,
                        .len = len,
                        .at = *at,
                        .options = options,
                        .error = error};

    if (starts(&s, "<?xml") && !scan_declaration(&s, declares))
        return options->failure;
    *at = xml_skip_space(text, len, s.at);
    return ISS_OK;
}
