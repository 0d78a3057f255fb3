/* SPDX-License-Identifier: Apache-2.0 */
/* PKCS#11 URIs. */
#include "uri.h"

#include "diag.h"

#include <p11-kit/uri.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char SCHEME[] = "pkcs11:";
static const char HEX_DIGITS[] = "0123456789abcdefABCDEF";
enum { SCHEME_LEN = sizeof(SCHEME) - 1, URI_MAX = 4096 };

struct p11_uri {
    P11KitUri *kit;
    char *key;     /* see p11_uri_key */
    char *unknown; /* see p11_uri_unknown */
};

static const struct {
    CK_OBJECT_CLASS class;
    unsigned bit;
} class_rows[] = {{CKO_PRIVATE_KEY, P11_PRIVATE_KEY},
                  {CKO_PUBLIC_KEY, P11_PUBLIC_KEY},
                  {CKO_CERTIFICATE, P11_CERTIFICATE},
                  {CKO_SECRET_KEY, P11_SECRET_KEY},
                  {CKO_DATA, P11_DATA}};

/* ---- parsing ----------------------------------------------------------- */

/* What RFC 7512 defines, and where it may stand. */
enum { IN_PATH = 1, IN_QUERY = 2 };

static const struct row {
    const char *name;
    unsigned where;
    bool secret; /* or leads to a secret: kept out of messages */
    enum { TEXT, OCTETS, NUMBER } form; /* octets: zero, too */
} rows[] = {
    {"token", IN_PATH, false, TEXT},
    {"manufacturer", IN_PATH, false, TEXT},
    {"serial", IN_PATH, false, TEXT},
    {"model", IN_PATH, false, TEXT},
    {"library-manufacturer", IN_PATH, false, TEXT},
    {"library-description", IN_PATH, false, TEXT},
    {"library-version", IN_PATH, false, TEXT},
    {"slot-manufacturer", IN_PATH, false, TEXT},
    {"slot-description", IN_PATH, false, TEXT},
    {"slot-id", IN_PATH, false, NUMBER},
    {"object", IN_PATH, false, OCTETS},
    {"id", IN_PATH, false, OCTETS},
    {"type", IN_PATH, false, TEXT},
    {"module-name", IN_QUERY, false, TEXT},
    {"module-path", IN_QUERY, false, TEXT},
    {"pin-value", IN_PATH | IN_QUERY, true, TEXT},
    {"pin-source", IN_PATH | IN_QUERY, true, TEXT},
    {"pinfile", IN_PATH | IN_QUERY, true, TEXT}, /* before the RFC */
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\v';
}

/* p11-kit compares the scheme with case, RFC 3986 without; and of a text with
 * blanks it makes a copy, which nobody wipes. */
static char *made_plain(const char *text)
{
    size_t len = 0;
    char *copy;

    if (strncasecmp(text, SCHEME, SCHEME_LEN) != 0 || strlen(text) > URI_MAX)
        return NULL;
    copy = calloc(1, strlen(text) + 1);
    for (; copy != NULL && *text != '\0'; text++) {
        if (!is_blank(*text))
            copy[len++] = *text;
    }
    if (copy != NULL)
        memcpy(copy, SCHEME, SCHEME_LEN);
    return copy;
}

/* Where in the text as it was written, from 1, a percent sign is not followed
 * by two digits; 0: nowhere. */
static size_t bad_escape(const char *text)
{
    size_t start = 0;
    unsigned missing = 0;

    for (size_t i = 0; text[i] != '\0'; i++) {
        if (is_blank(text[i]))
            continue;
        if (missing > 0 && strchr(HEX_DIGITS, text[i]) == NULL)
            return start;
        if (missing > 0)
            missing--;
        else if (text[i] == '%') {
            start = i + 1;
            missing = 2;
        }
    }
    return missing > 0 ? start : 0;
}

static const struct row *row_of(const char *at, size_t len)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (strlen(rows[i].name) == len && memcmp(rows[i].name, at, len) == 0)
            return &rows[i];
    }
    return NULL;
}

/* One attribute of the URI, as it is written. */
struct span {
    const char *at;
    size_t name_len, len;
    unsigned where;
};

/* Appends to the key, which has room for all of the URI. */
static void tell(struct p11_uri *uri, const struct span *span)
{
    size_t len = strlen(uri->key);

    if (len > SCHEME_LEN || span->where == IN_QUERY)
        uri->key[len++] = span->where == IN_PATH          ? ';'
                          : strchr(uri->key, '?') == NULL ? '?'
                                                          : '&';
    memcpy(uri->key + len, span->at, span->len);
}

/* What is wrong with the value, or NULL. p11-kit takes a slot-id that is too
 * large for none, and ends a text at a zero octet. */
static const char *wrong(const struct row *row, const struct span *span)
{
    enum { DIGITS_MAX = 18 };
    const char *value = span->at + span->name_len + 1;
    const size_t len = span->len - span->name_len - 1;

    if (row->form == NUMBER &&
        (len == 0 || len > DIGITS_MAX || strspn(value, "0123456789") < len))
        return "is not a number that fits";
    if (row->form == TEXT && memmem(value, len, "%00", 3) != NULL)
        return "holds a zero octet";
    return NULL;
}

static CK_RV check(struct p11_uri *uri, const struct span *span, unsigned *seen,
                   struct p11_diag *diag)
{
    const struct row *row = row_of(span->at, span->name_len);
    const char *cause;
    unsigned bit;

    if (span->name_len == 0 || span->name_len == span->len)
        return p11_diag_set(diag, P11R_URI_INVALID,
                            "'%s': an attribute without name or \"=\"",
                            uri->key);
    if (row == NULL || (row->where & span->where) == 0) {
        if (uri->unknown == NULL)
            uri->unknown = strndup(span->at, span->name_len);
        return uri->unknown != NULL ? CKR_OK : CKR_HOST_MEMORY;
    }
    bit = 1U << (row - rows);
    cause = (*seen & bit) != 0 ? "is given twice" : wrong(row, span);
    if (cause != NULL)
        return p11_diag_set(diag, P11R_URI_INVALID, "'%s': the attribute %s %s",
                            uri->key, row->name, cause);
    *seen |= bit;
    if (!row->secret)
        tell(uri, span);
    return CKR_OK;
}

/* What p11-kit lets pass; fills uri->key and uri->unknown. */
static CK_RV check_all(struct p11_uri *uri, const char *plain,
                       struct p11_diag *diag)
{
    struct span span = {.where = IN_PATH};
    unsigned seen = 0;
    CK_RV rv = CKR_OK;

    for (const char *at = plain + SCHEME_LEN; rv == CKR_OK && *at != '\0';) {
        span.at = at;
        span.len = strcspn(at, span.where == IN_PATH ? ";?" : "&");
        span.name_len = strcspn(at, "=");
        if (span.name_len > span.len)
            span.name_len = span.len;
        if (span.len > 0)
            rv = check(uri, &span, &seen, diag);
        at += span.len;
        if (*at == '?')
            span.where = IN_QUERY;
        if (*at != '\0')
            at++;
    }
    return rv;
}

static void wipe(char *text)
{
    if (text != NULL)
        explicit_bzero(text, strlen(text));
    free(text);
}

/* p11-kit's own text, about to be freed by it. */
static void wipe_borrowed(const char *text)
{
    if (text != NULL)
        explicit_bzero((void *)(uintptr_t)text, strlen(text));
}

/* p11-kit's part. It takes another type= for an unknown attribute, and a value
 * that no token could have. */
static CK_RV understand(struct p11_uri *uri, const char *plain,
                        struct p11_diag *diag)
{
    const int result = p11_kit_uri_parse(plain, P11_KIT_URI_FOR_ANY, uri->kit);

    if (result == P11_KIT_URI_UNEXPECTED)
        return CKR_HOST_MEMORY;
    if (result != P11_KIT_URI_OK)
        return p11_diag_set(diag, P11R_URI_INVALID, "'%s': %s", uri->key,
                            p11_kit_uri_message(result));
    if (uri->unknown != NULL || p11_kit_uri_any_unrecognized(uri->kit) == 0)
        return CKR_OK;
    uri->unknown = strdup(strstr(uri->key, "type=") != NULL &&
                                  p11_uri_attr(uri, CKA_CLASS) == NULL
                              ? "type"
                              : "too long a value");
    return uri->unknown != NULL ? CKR_OK : CKR_HOST_MEMORY;
}

CK_RV p11_uri_parse(const char *text, struct p11_uri **out,
                    struct p11_diag *diag)
{
    char *plain = made_plain(text);
    const size_t bad = bad_escape(text);
    struct p11_uri *uri = NULL;
    CK_RV rv;

    if (plain == NULL) {
        rv = p11_diag_set(diag, P11R_URI_INVALID,
                          "not a PKCS#11 URI: it must begin with pkcs11: and "
                          "be at most %d octets long",
                          URI_MAX);
        goto out;
    }
    if (bad != 0) {
        rv = p11_diag_set(diag, P11R_URI_INVALID,
                          "not a PKCS#11 URI: octet %zu, %%, is not followed "
                          "by two hexadecimal digits",
                          bad);
        goto out;
    }
    rv = CKR_HOST_MEMORY;
    uri = calloc(1, sizeof(*uri));
    if (uri == NULL)
        goto out;
    uri->kit = p11_kit_uri_new();
    uri->key = calloc(1, strlen(plain) + 1);
    if (uri->key == NULL || uri->kit == NULL)
        goto out;
    memcpy(uri->key, SCHEME, SCHEME_LEN);
    rv = check_all(uri, plain, diag);
    if (rv == CKR_OK)
        rv = understand(uri, plain, diag);
    if (rv != CKR_OK)
        goto out;
    *out = uri;
    uri = NULL;
out:
    p11_uri_free(uri);
    wipe(plain);
    return rv;
}

void p11_uri_free(struct p11_uri *uri)
{
    if (uri == NULL)
        return;
    if (uri->kit != NULL) {
        wipe_borrowed(p11_kit_uri_get_pin_value(uri->kit));
        wipe_borrowed(p11_kit_uri_get_pin_source(uri->kit));
        p11_kit_uri_free(uri->kit);
    }
    free(uri->key);
    free(uri->unknown);
    free(uri);
}

const char *p11_uri_unknown(const struct p11_uri *uri)
{
    return uri->unknown;
}

const char *p11_uri_key(const struct p11_uri *uri)
{
    return uri->key;
}

/* ---- matching ---------------------------------------------------------- */

/* What matches something whose names nothing has, says nothing of names. */
bool p11_uri_asks_library(const struct p11_uri *uri)
{
    CK_INFO odd;

    memset(&odd, 0xfe, sizeof(odd));
    return p11_kit_uri_match_module_info(uri->kit, &odd) == 0;
}

bool p11_uri_asks_slot(const struct p11_uri *uri)
{
    CK_SLOT_INFO odd;

    memset(&odd, 0xfe, sizeof(odd));
    return p11_kit_uri_match_slot_info(uri->kit, &odd) == 0;
}

bool p11_uri_narrows(const struct p11_uri *uri)
{
    CK_TOKEN_INFO odd;

    memset(&odd, 0xfe, sizeof(odd));
    return p11_kit_uri_get_slot_id(uri->kit) != (CK_SLOT_ID)-1 ||
           p11_kit_uri_get_module_name(uri->kit) != NULL ||
           p11_kit_uri_get_module_path(uri->kit) != NULL ||
           p11_kit_uri_match_token_info(uri->kit, &odd) == 0 ||
           p11_uri_asks_slot(uri) || p11_uri_asks_library(uri);
}

/* RFC 7512 2.3: the file's name without "lib" and without what follows. */
static bool is_module_name(const char *wanted, const char *path)
{
    const char *base = strrchr(path, '/');
    const size_t len = strlen(wanted);

    base = base != NULL ? base + 1 : path;
    if (strncmp(base, "lib", 3) == 0 && strncmp(base + 3, wanted, len) == 0 &&
        (base[3 + len] == '.' || base[3 + len] == '\0'))
        return true;
    return strncmp(base, wanted, len) == 0 &&
           (base[len] == '.' || base[len] == '\0');
}

bool p11_uri_matches_file(const struct p11_uri *uri, const char *path,
                          const char *name)
{
    const char *by_path = p11_kit_uri_get_module_path(uri->kit);
    const char *by_name = p11_kit_uri_get_module_name(uri->kit);

    if (by_path != NULL && strcmp(by_path, path) != 0)
        return false;
    return by_name == NULL || strcmp(by_name, name) == 0 ||
           is_module_name(by_name, path);
}

bool p11_uri_matches_library(const struct p11_uri *uri, const CK_INFO *info)
{
    return p11_kit_uri_match_module_info(uri->kit, info) != 0;
}

bool p11_uri_matches_slot(const struct p11_uri *uri, const CK_SLOT_INFO *info)
{
    return p11_kit_uri_match_slot_info(uri->kit, info) != 0;
}

bool p11_uri_matches_token(const struct p11_uri *uri, CK_SLOT_ID slot,
                           const CK_TOKEN_INFO *token)
{
    const CK_SLOT_ID wanted = p11_kit_uri_get_slot_id(uri->kit);

    return (wanted == (CK_SLOT_ID)-1 || wanted == slot) &&
           p11_kit_uri_match_token_info(uri->kit, token) != 0;
}

unsigned p11_uri_class(const struct p11_uri *uri)
{
    const CK_ATTRIBUTE *attr = p11_uri_attr(uri, CKA_CLASS);
    CK_OBJECT_CLASS class;

    if (attr == NULL || attr->ulValueLen != sizeof(class))
        return 0;
    memcpy(&class, attr->pValue, sizeof(class));
    for (size_t i = 0; i < sizeof(class_rows) / sizeof(class_rows[0]); i++) {
        if (class_rows[i].class == class)
            return class_rows[i].bit;
    }
    return 0;
}

const CK_ATTRIBUTE *p11_uri_attr(const struct p11_uri *uri,
                                 CK_ATTRIBUTE_TYPE type)
{
    return p11_kit_uri_get_attribute(uri->kit, type);
}

const char *p11_uri_pin_value(const struct p11_uri *uri)
{
    return p11_kit_uri_get_pin_value(uri->kit);
}

const char *p11_uri_pin_source(const struct p11_uri *uri)
{
    return p11_kit_uri_get_pin_source(uri->kit);
}

/* ---- building ---------------------------------------------------------- */

char *p11_uri_of_object(const CK_TOKEN_INFO *token, CK_OBJECT_CLASS class,
                        const CK_ATTRIBUTE *id, const CK_ATTRIBUTE *label)
{
    P11KitUri *kit = p11_kit_uri_new();
    CK_ATTRIBUTE attrs[3] = {
        {.type = CKA_CLASS, .pValue = &class, .ulValueLen = sizeof(class)}};
    CK_ULONG count = 1;
    char *text = NULL, *copy = NULL;
    CK_TOKEN_INFO *info;

    if (kit == NULL)
        return NULL;
    info = p11_kit_uri_get_token_info(kit);
    memcpy(info->label, token->label, sizeof(info->label));
    memcpy(info->serialNumber, token->serialNumber, sizeof(info->serialNumber));
    if (id != NULL && id->ulValueLen > 0)
        attrs[count++] = *id;
    if (label != NULL && label->ulValueLen > 0)
        attrs[count++] = *label;
    if (p11_kit_uri_set_attributes(kit, attrs, count) == P11_KIT_URI_OK &&
        p11_kit_uri_format(kit, P11_KIT_URI_FOR_OBJECT_ON_TOKEN, &text) ==
            P11_KIT_URI_OK)
        copy = text;
    p11_kit_uri_free(kit);
    return copy;
}

CK_RV p11_uri_check(const char *text, struct p11_uri_says *says,
                    struct p11_diag *diag)
{
    struct p11_uri *uri = NULL;
    CK_RV rv = p11_uri_parse(text, &uri, diag);

    *says = (struct p11_uri_says){0};
    if (rv != CKR_OK)
        return rv;
    says->classes = p11_uri_class(uri);
    says->object = p11_uri_attr(uri, CKA_LABEL) != NULL ||
                   p11_uri_attr(uri, CKA_ID) != NULL;
    p11_uri_free(uri);
    return CKR_OK;
}
