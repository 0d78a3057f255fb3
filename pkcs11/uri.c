/* SPDX-License-Identifier: Apache-2.0 */
/* PKCS#11 URIs. */
#include "uri.h"

#include "diag.h"

#include <p11-kit/uri.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char SCHEME[] = "pkcs11:";
enum { SCHEME_LEN = sizeof(SCHEME) - 1, URI_MAX = 4096 };

struct p11_uri {
    P11KitUri *kit;
    char *key; /* path part only */
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
        if (strchr(" \n\r\v", *text) == NULL)
            copy[len++] = *text;
    }
    if (copy != NULL)
        memcpy(copy, SCHEME, SCHEME_LEN);
    return copy;
}

static bool about_pin(const char *attribute)
{
    static const char *const names[] = {
        "pin-value=", "pin-source=", "pinfile="};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strncmp(attribute, names[i], strlen(names[i])) == 0)
            return true;
    }
    return false;
}

/* The path without what p11-kit takes for a PIN there too: this is the text of
 * messages. */
static char *key_of(const char *plain)
{
    const char *end = plain + strcspn(plain, "?");
    char *key = calloc(1, strlen(plain) + 1);
    size_t len = SCHEME_LEN;

    if (key == NULL)
        return NULL;
    memcpy(key, SCHEME, SCHEME_LEN);
    for (const char *at = plain + SCHEME_LEN; at < end;) {
        const size_t size = strcspn(at, ";?");

        if (!about_pin(at)) {
            if (len > SCHEME_LEN)
                key[len++] = ';';
            memcpy(key + len, at, size);
            len += size;
        }
        at += size + (at[size] == ';');
    }
    return key;
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

CK_RV p11_uri_parse(const char *text, struct p11_uri **out,
                    struct p11_diag *diag)
{
    char *plain = made_plain(text);
    struct p11_uri *uri = NULL;
    CK_RV rv;
    int result;

    if (plain == NULL) {
        rv = p11_diag_set(diag, P11R_URI_INVALID,
                          "not a PKCS#11 URI: it must begin with pkcs11: and "
                          "be at most %d octets long",
                          URI_MAX);
        goto out;
    }
    rv = CKR_HOST_MEMORY;
    uri = calloc(1, sizeof(*uri));
    if (uri == NULL)
        goto out;
    uri->key = key_of(plain);
    uri->kit = p11_kit_uri_new();
    if (uri->key == NULL || uri->kit == NULL)
        goto out;
    result = p11_kit_uri_parse(plain, P11_KIT_URI_FOR_ANY, uri->kit);
    if (result != P11_KIT_URI_OK) {
        rv = p11_diag_set(diag, P11R_URI_INVALID, "'%s': %s", uri->key,
                          p11_kit_uri_message(result));
        goto out;
    }
    *out = uri;
    uri = NULL;
    rv = CKR_OK;
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
    free(uri);
}

bool p11_uri_unknown(const struct p11_uri *uri)
{
    return p11_kit_uri_any_unrecognized(uri->kit) != 0;
}

const char *p11_uri_key(const struct p11_uri *uri)
{
    return uri->key;
}

/* ---- matching ---------------------------------------------------------- */

bool p11_uri_narrows(const struct p11_uri *uri)
{
    /* Where a token without names matches, nothing is said of tokens. */
    const CK_TOKEN_INFO token = {.flags = 0};
    const CK_SLOT_INFO slot = {.flags = 0};
    const CK_INFO info = {.flags = 0};

    return p11_kit_uri_get_slot_id(uri->kit) != (CK_SLOT_ID)-1 ||
           p11_kit_uri_get_module_name(uri->kit) != NULL ||
           p11_kit_uri_get_module_path(uri->kit) != NULL ||
           p11_kit_uri_match_token_info(uri->kit, &token) == 0 ||
           p11_kit_uri_match_slot_info(uri->kit, &slot) == 0 ||
           p11_kit_uri_match_module_info(uri->kit, &info) == 0;
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

bool p11_uri_matches_token(const struct p11_uri *uri, CK_SLOT_ID slot,
                           const CK_SLOT_INFO *slot_info,
                           const CK_TOKEN_INFO *token)
{
    const CK_SLOT_ID wanted = p11_kit_uri_get_slot_id(uri->kit);

    return (wanted == (CK_SLOT_ID)-1 || wanted == slot) &&
           p11_kit_uri_match_slot_info(uri->kit, slot_info) != 0 &&
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
