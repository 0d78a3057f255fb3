/* SPDX-License-Identifier: Apache-2.0 */
/* Chains: documents out of files, leaf first. */
#include "xrml_chain.h"

#include <stdlib.h>
#include <string.h>

#include "enroll_response.h"
#include "xml_scan.h"
#include "xml_text.h"
#include "xrml_document.h"

void xrml_chain_cut(struct xrml_chain *chain, size_t count)
{
    while (chain->count > count) {
        xrml_document_free(chain->documents[--chain->count]);
        chain->documents[chain->count] = NULL;
    }
}

void xrml_chain_clear(struct xrml_chain *chain)
{
    xrml_chain_cut(chain, 0);
}

/* A pretty-printed copy as it was when it was signed: nothing between '>' and
 * '<', line feeds alone inside text. out holds len octets. */
static size_t remove_space(const char *text, size_t len, char *out)
{
    size_t used = 0;

    for (size_t at = 0; at < len; at++) {
        if (text[at] == '\r' && at + 1 < len && text[at + 1] == '\n')
            continue;
        out[used++] = text[at];
        if (text[at] != '>')
            continue;
        size_t next = xml_skip_space(text, len, at + 1);
        if (next < len && text[next] == '<')
            at = next - 1;
    }
    return used;
}

/* Reads the document with white space removed; first says how much of text it
 * is, where another document follows it. */
static enum iss_status parse_rewritten(const char *text, size_t len,
                                       struct xrml_document **out,
                                       struct iss_error *error)
{
    char *rewritten = malloc(len + 1);
    enum iss_status status = ISS_INTERNAL;

    *out = NULL;
    if (rewritten == NULL)
        return iss_fail(error, status, "out of memory");
    size_t used = remove_space(text, len, rewritten);
    status = xrml_parse(rewritten, used, NULL, out, error);
    if (status == ISS_OK)
        (*out)->rewritten = true;
    free(rewritten);
    return status;
}

/* Where the document that begins text ends, whatever its form. */
static size_t document_end(const char *text, size_t len)
{
    static const struct xml_options options = {.failure = ISS_XML,
                                               .object = "XrML document"};
    struct xml_span span;
    size_t at = 0;

    if (xml_prolog(text, len, XML_DECLARES_UTF8, &options, &at, NULL) !=
            ISS_OK ||
        xml_scan(text, len, at, &options, NULL, 0, &span, NULL) != ISS_OK)
        return len;
    return span.end;
}

enum iss_status xrml_chain_add(struct xrml_chain *chain, const char *text,
                               size_t len, unsigned flags, size_t *consumed,
                               struct iss_error *error)
{
    struct iss_error cause = {.status = ISS_OK};
    struct xrml_document *document = NULL;
    size_t end = len;
    enum iss_status status = ISS_OK;

    if (chain->count == XRML_CHAIN_DOCUMENTS)
        return iss_fail(error, ISS_XML, "chain: more than %d documents",
                        XRML_CHAIN_DOCUMENTS);
    status = xrml_parse(text, len, consumed == NULL ? NULL : &end, &document,
                        &cause);
    bool wrong = status == ISS_XML ||
                 (status == ISS_OK &&
                  xrml_digest_check(document, NULL) == ISS_SIGNATURE);
    if (wrong && (flags & XRML_PRETTY) != 0) {
        struct xrml_document *again = NULL;
        size_t again_end = consumed == NULL ? len : document_end(text, len);
        enum iss_status second =
            parse_rewritten(text, again_end, &again, &cause);
        if (second == ISS_OK &&
            (status != ISS_OK || xrml_digest_check(again, NULL) == ISS_OK)) {
            xrml_document_free(document);
            document = again;
            end = again_end;
            status = ISS_OK;
        } else {
            xrml_document_free(again);
        }
    }
    if (status != ISS_OK)
        return iss_fail(error, status, "document %zu: %s", chain->count + 1,
                        cause.text);
    chain->documents[chain->count++] = document;
    if (consumed != NULL)
        *consumed = end;
    return ISS_OK;
}

enum iss_status xrml_chain_add_all(struct xrml_chain *chain, const char *text,
                                   size_t len, unsigned flags,
                                   struct iss_error *error)
{
    size_t before = chain->count;
    size_t at = 0;
    enum iss_status status = ISS_OK;

    do {
        size_t consumed = 0;
        /* An XML declaration stands before the first document only. */
        if (at > 0 && len - at >= 2 && memcmp(text + at, "<?", 2) == 0)
            status = iss_fail(error, ISS_XML,
                              "document %zu: XML declaration in the middle of "
                              "a file",
                              chain->count + 1);
        else
            status = xrml_chain_add(chain, text + at, len - at, flags,
                                    &consumed, error);
        at = xml_skip_space(text, len, at + consumed);
    } while (status == ISS_OK && at < len);
    if (status != ISS_OK)
        xrml_chain_cut(chain, before);
    return status;
}

enum iss_status xrml_chain_add_file(struct xrml_chain *chain, const char *file,
                                    size_t len, unsigned flags,
                                    enum iss_status failure,
                                    struct iss_error *error)
{
    const struct xml_options options = {.failure = failure, .object = "file"};
    enum xml_encoding encoding = XML_UTF8;
    struct xml_span span = {0};
    size_t before = chain->count;
    char *text = NULL;
    size_t at = 0;
    enum iss_status status = ISS_OK;

    if (len > XRML_CHAIN_MAX)
        return iss_fail(error, failure, "file: %zu octets, at most %d are read",
                        len, XRML_CHAIN_MAX);
    status = xml_decode(file, len, failure, &text, &span.end, &encoding, error);
    if (status != ISS_OK)
        return status;
    unsigned declares =
        encoding == XML_UTF16 ? XML_DECLARES_UTF16 : XML_DECLARES_UTF8;
    /* The published form of a response declares UTF-16 and is ASCII. */
    status = xml_prolog(text, span.end, declares | XML_DECLARES_ASCII_UTF16,
                        &options, &at, error);
    bool documents = strncmp(text + at, "<XrML", 5) == 0;
    if (status == ISS_OK && documents) {
        at = 0;
        status = xml_prolog(text, span.end, declares, &options, &at, error);
    }
    if (status != ISS_OK)
        goto out;
    status = documents ? xrml_chain_add_all(chain, text + at, span.end - at,
                                            flags, error)
                       : enroll_response_add(chain, text + at, span.end - at,
                                             flags, failure, error);
out:
    if (status != ISS_OK)
        xrml_chain_cut(chain, before);
    free(text);
    return status;
}

enum iss_status xrml_chain_append(struct xrml_chain *chain, const char *text,
                                  size_t len, unsigned flags,
                                  struct iss_error *error)
{
    return xrml_chain_add_file(chain, text, len, flags, ISS_XML, error);
}
