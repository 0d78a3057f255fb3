/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One document: found by the scanner, its BODY given to the parser, its
 * SIGNATURE compared literally, its start tag read here. No octet of it is
 * outside these four.
 */
#include "xrml.h"

#include <stdlib.h>
#include <string.h>

#include "xrml_document.h"
#include "xrml_rights.h"

static const struct xml_options options = {
    .failure = ISS_XML, .object = "XrML document", .flags = XML_REFUSE_CR};

enum watched { ROOT, BODY, SIGNATURE, ISSUER, PRINCIPAL, WATCHED };

/* ` name="value"`, in any order, white space as it likes; nothing else. */
static bool read_attributes(const char *at, const char *end)
{
    static const struct {
        const char *text;
        bool needed;
    } known[] = {{.text = "xmlns=\"\"", .needed = true},
                 {.text = "version=\"1.2\"", .needed = true},
                 {.text = "purpose=\"Content-License\"", .needed = false}};
    enum { KNOWN = sizeof(known) / sizeof(known[0]) };
    bool seen[KNOWN] = {false};

    for (;;) {
        size_t space = xml_skip_space(at, (size_t)(end - at), 0);
        size_t i = 0;
        at += space;
        if (at == end)
            break;
        for (; i < KNOWN; i++) {
            size_t len = strlen(known[i].text);
            if ((size_t)(end - at) >= len &&
                memcmp(at, known[i].text, len) == 0)
                break;
        }
        if (space == 0 || i == KNOWN || seen[i])
            return false;
        seen[i] = true;
        at += strlen(known[i].text);
    }
    for (size_t i = 0; i < KNOWN; i++)
        if (known[i].needed && !seen[i])
            return false;
    return true;
}

static enum iss_status check_frame(const char *text,
                                   const struct xml_watch *watches,
                                   bool has_signature, struct iss_error *error)
{
    static const char open[] = "<XrML";
    const struct xml_watch *root = &watches[ROOT];

    if (root->count != 1)
        return iss_fail(error, ISS_XML, "XrML document: root is not XrML");
    if (!read_attributes(text + root->start + sizeof(open) - 1,
                         text + root->inner - 1))
        return iss_fail(error, ISS_XML,
                        "XrML document: start tag is not <XrML xmlns=\"\" "
                        "version=\"1.2\">");
    if (watches[BODY].count != 1 || watches[SIGNATURE].count > 1)
        return iss_fail(error, ISS_XML,
                        "XrML document: not one BODY and one SIGNATURE");
    if (has_signature && watches[SIGNATURE].count == 0)
        return iss_fail(error, ISS_XML, "XrML document: no SIGNATURE");
    if (!has_signature && watches[SIGNATURE].count == 1)
        return iss_fail(error, ISS_XML,
                        "XrML document: a SIGNATURE where none may be");
    if (watches[BODY].start != root->inner ||
        (has_signature ? watches[SIGNATURE].start != watches[BODY].end ||
                             watches[SIGNATURE].end != root->inner_end
                       : watches[BODY].end != root->inner_end))
        return iss_fail(error, ISS_XML,
                        "XrML document: something stands beside BODY and "
                        "SIGNATURE (a pretty-printed copy?)");
    return ISS_OK;
}

static enum iss_status keep_text(struct xrml_document *document,
                                 const char *text,
                                 const struct xml_watch *watches,
                                 struct iss_error *error)
{
    size_t start = watches[ROOT].start;

    document->len = watches[ROOT].end - start;
    if (document->len > XRML_DOCUMENT_MAX)
        return iss_fail(error, ISS_XML,
                        "XrML document: %zu octets, at most %d are read",
                        document->len, XRML_DOCUMENT_MAX);
    document->text = malloc(document->len + 1);
    if (document->text == NULL)
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    memcpy(document->text, text + start, document->len);
    document->text[document->len] = '\0';
    document->body = watches[BODY].start - start;
    document->body_end = watches[BODY].end - start;
    if (watches[ISSUER].count == 1) {
        document->fields.issuer_text =
            document->text + watches[ISSUER].inner - start;
        document->fields.issuer_text_len =
            watches[ISSUER].inner_end - watches[ISSUER].inner;
    }
    if (watches[PRINCIPAL].count == 1 &&
        watches[PRINCIPAL].inner_end > watches[PRINCIPAL].inner) {
        document->fields.principal_text =
            document->text + watches[PRINCIPAL].inner - start;
        document->fields.principal_text_len =
            watches[PRINCIPAL].inner_end - watches[PRINCIPAL].inner;
    }
    return ISS_OK;
}

static enum iss_status read_body(struct xrml_document *document,
                                 const struct xml_watch *body,
                                 struct iss_error *error)
{
    const struct xml_span span = {.start = document->body,
                                  .end = document->body_end,
                                  .elements = body->elements,
                                  .attributes = body->attributes};
    enum iss_status status =
        xml_parse(document->text, &span, &options, &document->tree, error);
    if (status != ISS_OK)
        return status;
    const struct xml_node *root = xml_root(document->tree);
    const struct xml_node *object = xml_path(root, "DESCRIPTOR/OBJECT");
    const char *type = xml_attribute(root, "type");
    enum xrml_type kind =
        xrml_type_of(type == NULL ? "" : type,
                     object == NULL ? NULL : xml_attribute(object, "type"));

    status = xrml_grammar_check(document->tree, xrml_in_family(kind), error);
    if (status == ISS_OK)
        status = xrml_fields_read(document, error);
    return status;
}

static struct xrml_document *new_document(void)
{
    struct xrml_document *document = calloc(1, sizeof(*document));

    if (document == NULL)
        return NULL;
    document->shared = malloc(sizeof(*document->shared));
    if (document->shared == NULL) {
        free(document);
        return NULL;
    }
    atomic_init(&document->shared->uses, 1);
    atomic_init(&document->shared->genuine, false);
    return document;
}

/* has_signature: it must have one; else it must have none. */
static enum iss_status parse(const char *text, size_t len, size_t *consumed,
                             bool has_signature, struct xrml_document **out,
                             struct iss_error *error)
{
    struct xml_watch watches[WATCHED] = {
        [ROOT] = {.path = "XrML"},
        [BODY] = {.path = "XrML/BODY"},
        [SIGNATURE] = {.path = "XrML/SIGNATURE"},
        [ISSUER] = {.path = "XrML/BODY/ISSUER"},
        [PRINCIPAL] = {.path = "XrML/BODY/ISSUEDPRINCIPALS/PRINCIPAL"}};
    struct xrml_document *document = NULL;
    struct xml_span span;
    size_t at = 0;
    enum iss_status status = ISS_OK;

    *out = NULL;
    if (len > (consumed == NULL ? XRML_DOCUMENT_MAX : XRML_CHAIN_MAX))
        return iss_fail(error, ISS_XML,
                        "XrML document: %zu octets, at most %d are read", len,
                        XRML_DOCUMENT_MAX);
    status = xml_prolog(text, len, XML_DECLARES_UTF8, &options, &at, error);
    if (status == ISS_OK)
        status =
            xml_scan(text, len, at, &options, watches, WATCHED, &span, error);
    if (status == ISS_OK)
        status = check_frame(text, watches, has_signature, error);
    if (status != ISS_OK)
        return status;
    at = xml_skip_space(text, len, span.end);
    if (consumed == NULL && at < len)
        return iss_fail(error, ISS_XML,
                        "XrML document: octet %zu: something stands behind it",
                        at);
    document = new_document();
    if (document == NULL)
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    status = keep_text(document, text, watches, error);
    if (status == ISS_OK)
        status = read_body(document, &watches[BODY], error);
    if (status == ISS_OK && has_signature &&
        document->fields.issuer_key.modulus == NULL)
        status = iss_fail(error, ISS_XML,
                          "XrML document: a SIGNATURE and no ISSUER");
    if (status == ISS_OK && has_signature)
        status = xrml_signature_read(document->text + document->body_end,
                                     watches[SIGNATURE].end -
                                         watches[SIGNATURE].start,
                                     &document->signature, error);
    if (status == ISS_OK &&
        !xrml_hash_utf16le(XRML_SHA256, document->text + document->body,
                           document->body_end - document->body,
                           document->body_hash))
        status = iss_fail(error, ISS_INTERNAL, "libcrypto has no SHA-256");
    if (status != ISS_OK) {
        xrml_document_free(document);
        return status;
    }
    if (consumed != NULL)
        *consumed = span.end;
    *out = document;
    return ISS_OK;
}

enum iss_status xrml_parse(const char *text, size_t len, size_t *consumed,
                           struct xrml_document **out, struct iss_error *error)
{
    return parse(text, len, consumed, true, out, error);
}

/* What has no SIGNATURE verifies with no key: its DIGEST is zeros and its
 * signature empty. */
enum iss_status xrml_unsigned_parse(const char *text, size_t len,
                                    struct xrml_document **out,
                                    struct iss_error *error)
{
    enum iss_status status = parse(text, len, NULL, false, out, error);

    if (status != ISS_OK || (*out)->fields.type == XRML_RIGHTS ||
        (*out)->fields.type == XRML_PL)
        return status;
    status = iss_fail(error, ISS_XML, "%s: without SIGNATURE it is not read",
                      xrml_type_text((*out)->fields.type));
    xrml_document_free(*out);
    *out = NULL;
    return status;
}

void xrml_document_free(struct xrml_document *document)
{
    if (document == NULL ||
        atomic_fetch_sub_explicit(&document->shared->uses, 1,
                                  memory_order_acq_rel) > 1)
        return;
    xml_tree_free(document->tree);
    free(document->revokers);
    free(document->shared);
    free(document->text);
    free(document);
}

struct xrml_document *xrml_document_share(struct xrml_document *document)
{
    (void)atomic_fetch_add_explicit(&document->shared->uses, 1,
                                    memory_order_relaxed);
    return document;
}

const struct xrml_fields *xrml_fields(const struct xrml_document *document)
{
    return &document->fields;
}

const char *xrml_text(const struct xrml_document *document, size_t *len)
{
    *len = document->len;
    return document->text;
}

const char *xrml_body(const struct xrml_document *document, size_t *len)
{
    *len = document->body_end - document->body;
    return document->text + document->body;
}

void xrml_body_hash(const struct xrml_document *document,
                    uint8_t hash[static 32])
{
    memcpy(hash, document->body_hash, XRML_HASH_MAX);
}
