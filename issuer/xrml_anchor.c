/* SPDX-License-Identifier: Apache-2.0 */
/* Anchors: public keys that are trusted because an administrator says so. */
#include <stdlib.h>
#include <string.h>

#include "xrml_base64.h"
#include "xrml_chain.h"
#include "xrml_document.h"
#include "xrml_key.h"

enum { NAME_SIZE = 128, LINE_MAX_LEN = 4096 };

struct anchor {
    char name[NAME_SIZE];
    struct xrml_key key;
    uint8_t modulus[XRML_MODULUS_MAX];
};

struct xrml_anchors {
    size_t count;
    struct anchor anchors[XRML_ANCHORS_MAX];
};

struct pem { /* reader of lines */
    const char *at, *end;
    size_t line;
    char name[NAME_SIZE]; /* of the next key */
    char base64[XRML_BASE64_SIZE(XRML_DER_MAX)];
    size_t base64_len;
    bool inside;
};

static void copy_name(char out[NAME_SIZE], const char *text, size_t len)
{
    bool cut = len >= NAME_SIZE;

    if (cut)
        len = NAME_SIZE - 1;
    /* Not in the middle of a character. */
    while (cut && len > 0 && ((uint8_t)text[len] & 0xc0) == 0x80)
        len--;
    memcpy(out, text, len);
    out[len] = '\0';
}

enum iss_status xrml_anchors_new(struct xrml_anchors **out,
                                 struct iss_error *error)
{
    *out = calloc(1, sizeof(**out));
    return *out == NULL ? iss_fail(error, ISS_INTERNAL, "out of memory")
                        : ISS_OK;
}

enum iss_status xrml_anchors_add(struct xrml_anchors *anchors, const char *name,
                                 const struct xrml_key *key,
                                 struct iss_error *error)
{
    if (key->modulus == NULL || key->modulus_len > XRML_MODULUS_MAX)
        return iss_fail(error, ISS_USAGE, "anchors: no RSA key");
    if (anchors->count == XRML_ANCHORS_MAX)
        return iss_fail(error, ISS_USAGE, "anchors: more than %d",
                        XRML_ANCHORS_MAX);
    struct anchor *anchor = &anchors->anchors[anchors->count++];
    copy_name(anchor->name, name, strlen(name));
    memcpy(anchor->modulus, key->modulus, key->modulus_len);
    anchor->key = *key;
    anchor->key.modulus = anchor->modulus;
    return ISS_OK;
}

static enum iss_status add_pem(struct xrml_anchors *anchors,
                               const struct pem *pem, struct iss_error *error)
{
    uint8_t der[XRML_DER_MAX];
    struct xrml_key key;
    size_t len =
        xrml_base64_decode(pem->base64, pem->base64_len, der, sizeof(der));

    if (len == SIZE_MAX || !xrml_key_parse(der, len, XRML_SPKI, &key))
        return iss_fail(error, ISS_USAGE,
                        "anchors: line %zu: not an RSA public key in PEM",
                        pem->line);
    return xrml_anchors_add(anchors, pem->name, &key, error);
}

static bool is_line(const char *line, size_t len, const char *wanted)
{
    return len == strlen(wanted) && memcmp(line, wanted, len) == 0;
}

static enum iss_status read_line(struct xrml_anchors *anchors, struct pem *pem,
                                 const char *line, size_t len,
                                 struct iss_error *error)
{
    if (is_line(line, len, "-----BEGIN PUBLIC KEY-----") && !pem->inside) {
        pem->inside = true;
        pem->base64_len = 0;
        return ISS_OK;
    }
    if (is_line(line, len, "-----END PUBLIC KEY-----") && pem->inside) {
        pem->inside = false;
        enum iss_status status = add_pem(anchors, pem, error);
        pem->name[0] = '\0';
        return status;
    }
    if (pem->inside && len > 0 && len < sizeof(pem->base64) - pem->base64_len) {
        memcpy(pem->base64 + pem->base64_len, line, len);
        pem->base64_len += len;
        return ISS_OK;
    }
    if (!pem->inside && len == 0)
        return ISS_OK;
    if (!pem->inside && line[0] == '#') {
        size_t blanks = 1;
        while (blanks < len && line[blanks] == ' ')
            blanks++;
        copy_name(pem->name, line + blanks, len - blanks);
        return ISS_OK;
    }
    return iss_fail(error, ISS_USAGE,
                    "anchors: line %zu: neither \"# NAME\" nor part of a PEM "
                    "public key",
                    pem->line);
}

static enum iss_status parse_pem(struct xrml_anchors *anchors, const char *text,
                                 size_t len, struct iss_error *error)
{
    struct pem pem = {.at = text, .end = text + len};
    enum iss_status status = ISS_OK;

    while (status == ISS_OK && pem.at < pem.end) {
        size_t left = (size_t)(pem.end - pem.at);
        const char *end = memchr(pem.at, '\n', left);
        size_t line = end == NULL ? left : (size_t)(end - pem.at);
        size_t shown = line > 0 && pem.at[line - 1] == '\r' ? line - 1 : line;
        pem.line++;
        if (line > LINE_MAX_LEN)
            return iss_fail(error, ISS_USAGE,
                            "anchors: line %zu: above %d octets", pem.line,
                            LINE_MAX_LEN);
        status = read_line(anchors, &pem, pem.at, shown, error);
        pem.at += line + (end != NULL);
    }
    if (status == ISS_OK && pem.inside)
        status =
            iss_fail(error, ISS_USAGE, "anchors: the last key has no END line");
    return status;
}

static enum iss_status parse_documents(struct xrml_anchors *anchors,
                                       const char *text, size_t len,
                                       struct iss_error *error)
{
    struct xrml_chain chain = {.count = 0};
    struct iss_error cause = {.status = ISS_OK};
    enum iss_status status =
        xrml_chain_add_file(&chain, text, len, 0, ISS_XML, &cause);

    if (status == ISS_XML)
        status = iss_fail(error, ISS_USAGE, "anchors: %s", cause.text);
    for (size_t i = 0; i < chain.count && status == ISS_OK; i++) {
        const struct xrml_fields *fields = xrml_fields(chain.documents[i]);
        const struct xrml_object *object = &fields->principal;
        if (fields->principal_key.modulus == NULL)
            status = iss_fail(error, ISS_USAGE,
                              "anchors: document %zu certifies no key", i + 1);
        else
            status = xrml_anchors_add(anchors,
                                      object->name != NULL ? object->name
                                      : object->id != NULL ? object->id
                                                           : "",
                                      &fields->principal_key, error);
    }
    xrml_chain_clear(&chain);
    return status;
}

static bool looks_like_xml(const char *text, size_t len)
{
    size_t at = 0;

    while (at < len && strchr(" \t\r\n\xef\xbb\xbf\xff\xfe", text[at]) != NULL)
        at++;
    return at < len && text[at] == '<';
}

enum iss_status xrml_anchors_parse(const char *text, size_t len,
                                   struct xrml_anchors **out,
                                   struct iss_error *error)
{
    struct xrml_anchors *anchors = NULL;
    enum iss_status status = ISS_OK;

    *out = NULL;
    if (len > XRML_CHAIN_MAX)
        return iss_fail(error, ISS_USAGE, "anchors: more than %d octets",
                        XRML_CHAIN_MAX);
    status = xrml_anchors_new(&anchors, error);
    if (status != ISS_OK)
        return status;
    status = looks_like_xml(text, len)
                 ? parse_documents(anchors, text, len, error)
                 : parse_pem(anchors, text, len, error);
    if (status == ISS_OK && anchors->count == 0)
        status = iss_fail(error, ISS_USAGE, "anchors: no key in the file");
    if (status != ISS_OK) {
        free(anchors);
        return status;
    }
    *out = anchors;
    return ISS_OK;
}

void xrml_anchors_free(struct xrml_anchors *anchors)
{
    free(anchors);
}

size_t xrml_anchors_count(const struct xrml_anchors *anchors)
{
    return anchors->count;
}

const char *xrml_anchor_name(const struct xrml_anchors *anchors, size_t n)
{
    return anchors->anchors[n].name;
}

const struct xrml_key *xrml_anchor_key(const struct xrml_anchors *anchors,
                                       size_t n)
{
    return &anchors->anchors[n].key;
}
