/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests: the exported form of MS-RMPR 3.6.4.2, used for sub-enrollment too
 * (MS-RMPRS 3.3.4.1 has the same parts). docs/formats/request.md.
 */
#include "enroll.h"

#include <stdlib.h>
#include <string.h>

#include "xml.h"
#include "xml_text.h"
#include "xrml_base64.h"
#include "xrml_key.h"

static const char namespace[] = "http://microsoft.com/DRM/EnrollmentService";
static const char *const namespaces[] = {namespace, NULL};

static const struct xml_options options = {.failure = ISS_MALFORMED,
                                           .object = "request",
                                           .flags = XML_XMLNS,
                                           .namespaces = namespaces};

static const char *const revocations[] = {[ENROLL_STANDARD] =
                                              "StandardRevocation",
                                          [ENROLL_CUSTOM] = "CustomRevocation"};

/* ---- writing ---------------------------------------------------------------
 */

static void write_field(struct xml_out *out, const char *indent,
                        const char *name, const char *text)
{
    xml_out_raw(out, indent);
    xml_out_raw(out, "<");
    xml_out_raw(out, name);
    xml_out_raw(out, ">");
    xml_out_ascii(out, text);
    xml_out_raw(out, "</");
    xml_out_raw(out, name);
    xml_out_raw(out, ">\n");
}

static void write_key(struct xml_out *out, const char *indent, const char *name,
                      const struct enroll_key *key)
{
    const struct xrml_key numbers = {.modulus = key->modulus,
                                     .modulus_len = key->modulus_len,
                                     .exponent = key->exponent};
    uint8_t der[XRML_DER_MAX];
    char text[XRML_BASE64_SIZE(XRML_DER_MAX)];

    if (!xrml_key_plausible(&numbers)) {
        out->failed = true;
        return;
    }
    (void)xrml_base64_encode(
        der, xrml_key_print(&numbers, XRML_RSA_PUBLIC_KEY, der), text);
    write_field(out, indent, name, text);
}

static void write_authorities(struct xml_out *out,
                              const struct enroll_request *request)
{
    if (request->authority_count == 0)
        return;
    xml_out_raw(out, "    <aRevocationAuthorities>\n");
    for (size_t i = 0; i < request->authority_count; i++) {
        xml_out_raw(out, "      <RevocationAuthorityInformation>\n");
        write_key(out, "        ", "aRevocationAuthorityPublicKey",
                  &request->authorities[i]);
        xml_out_raw(out, "      </RevocationAuthorityInformation>\n");
    }
    xml_out_raw(out, "    </aRevocationAuthorities>\n");
}

static void write_request(struct xml_out *out,
                          const struct enroll_request *request,
                          const char *guid)
{
    xml_out_raw(out,
                "<?xml version=\"1.0\"?>\n"
                "<EnrollParameters "
                "xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" "
                "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\n"
                "  <RevocationInformation>\n");
    write_field(out, "    ", "RevocationType",
                revocations[request->revocation]);
    write_authorities(out, request);
    xml_out_raw(out, "  </RevocationInformation>\n"
                     "  <CertificatePublicKey xmlns=\"");
    xml_out_raw(out, namespace);
    xml_out_raw(out, "\">\n");
    write_key(out, "    ", "aPublicKeyBytes", &request->key);
    write_field(out, "    ", "Guid", guid);
    xml_out_raw(out, "  </CertificatePublicKey>\n"
                     "  <EnrolleeInformation xmlns=\"");
    xml_out_raw(out, namespace);
    xml_out_raw(out, "\">\n");
    write_field(out, "    ", "SKU", request->sku);
    write_field(out, "    ", "Version", request->version);
    write_field(out, "    ", "Name", request->name);
    write_field(out, "    ", "URL", request->url);
    xml_out_raw(out, "  </EnrolleeInformation>\n"
                     "</EnrollParameters>\n");
}

static bool custom_fits(enum enroll_revocation revocation, size_t authorities)
{
    return (revocation == ENROLL_CUSTOM) == (authorities > 0) &&
           authorities <= ENROLL_AUTHORITIES_MAX;
}

enum iss_status enroll_request_print(const struct enroll_request *request,
                                     char **out, size_t *len,
                                     struct iss_error *error)
{
    struct xml_out text = {.text = NULL};
    char guid[XRML_GUID_SIZE];

    *out = NULL;
    if (!xrml_guid_normal(request->guid, guid) ||
        !custom_fits(request->revocation, request->authority_count))
        return iss_fail(error, ISS_INTERNAL,
                        "request: no GUID, or revocation authorities that do "
                        "not fit");
    guid[XRML_GUID_SIZE - 2] = '\0'; /* published without braces */
    write_request(&text, request, guid + 1);
    *out = xml_out_take(&text, len);
    return *out == NULL
               ? iss_fail(error, ISS_INTERNAL,
                          "request: a key is none, a name is not UTF-8, or "
                          "out of memory")
               : ISS_OK;
}

/* ---- reading ----------------------------------------------------------------
 */

static const char clause[] = "MS-RMPR 3.6.4.2";

static enum iss_status refuse(struct iss_error *error, const char *name,
                              const char *what)
{
    return iss_fail(error, ISS_MALFORMED, "%s: request: %s: %s", clause, name,
                    what);
}

/* Exactly the children of that list, in that order, without attributes, in the
 * published namespace or in none. A "?" behind the last name: may be absent. */
static enum iss_status check_children(const struct xml_node *node,
                                      const char *const *names,
                                      struct iss_error *error)
{
    const struct xml_node *child = node->first;

    if (node->attribute_count > 0)
        return refuse(error, node->name, "has an attribute");
    for (; *names != NULL; names++) {
        size_t len = strcspn(*names, "?");
        bool found = child != NULL && strlen(child->name) == len &&
                     memcmp(child->name, *names, len) == 0;
        if (found)
            child = child->next;
        else if ((*names)[len] != '?')
            return iss_fail(error, ISS_MALFORMED,
                            "%s: request: %s: %.*s is missing or not in its "
                            "place",
                            clause, node->name, (int)len, *names);
    }
    if (child != NULL)
        return refuse(error, child->name, "is unknown or stands twice");
    return ISS_OK;
}

static enum iss_status read_text(const struct xml_node *node, char *out,
                                 size_t size, size_t characters_max,
                                 struct iss_error *error)
{
    size_t len = strlen(node->text);
    size_t characters = 0;

    if (node->first != NULL || node->attribute_count > 0)
        return refuse(error, node->name, "is not plain text");
    for (size_t at = 0; at < len; characters++) {
        uint32_t c = 0;
        if (!xml_utf8_next(node->text, len, &at, &c) || c < 0x20)
            return refuse(error, node->name, "holds a line end or tab");
    }
    if (len >= size || characters > characters_max)
        return iss_fail(error, ISS_MALFORMED,
                        "%s: request: %s: %zu characters, at most %zu", clause,
                        node->name, characters, characters_max);
    memcpy(out, node->text, len + 1);
    return ISS_OK;
}

static enum iss_status read_key(const struct xml_node *node,
                                struct enroll_key *out, struct iss_error *error)
{
    uint8_t der[XRML_DER_MAX];
    struct xrml_key key;
    size_t len =
        xrml_base64_decode(node->text, strlen(node->text), der, sizeof(der));

    if (node->first != NULL || node->attribute_count > 0 || len == SIZE_MAX)
        return refuse(error, node->name, "is not canonical base64 of a key");
    if (!xrml_key_parse(der, len, XRML_RSA_PUBLIC_KEY, &key))
        return refuse(error, node->name,
                      "is not the DER of an RSAPublicKey (RFC 8017 A.1.1)");
    memcpy(out->modulus, key.modulus, key.modulus_len);
    out->modulus_len = key.modulus_len;
    out->exponent = key.exponent;
    return ISS_OK;
}

static enum iss_status read_authorities(const struct xml_node *list,
                                        struct enroll_request *request,
                                        struct iss_error *error)
{
    static const char *const names[] = {"aRevocationAuthorityPublicKey", NULL};
    enum iss_status status = ISS_OK;

    if (list == NULL)
        return ISS_OK;
    if (list->attribute_count > 0)
        return refuse(error, list->name, "has an attribute");
    for (const struct xml_node *c = list->first; c != NULL; c = c->next) {
        if (strcmp(c->name, "RevocationAuthorityInformation") != 0)
            return refuse(error, c->name, "is unknown");
        if (request->authority_count == ENROLL_AUTHORITIES_MAX)
            return refuse(error, list->name, "more than 8 authorities");
        status = check_children(c, names, error);
        if (status == ISS_OK)
            status = read_key(c->first,
                              &request->authorities[request->authority_count++],
                              error);
        if (status != ISS_OK)
            return status;
    }
    return ISS_OK;
}

static enum iss_status read_revocation(const struct xml_node *node,
                                       struct enroll_request *request,
                                       struct iss_error *error)
{
    static const char *const names[] = {"RevocationType",
                                        "aRevocationAuthorities?", NULL};
    enum { COUNT = sizeof(revocations) / sizeof(revocations[0]) };
    size_t i = 0;
    enum iss_status status = check_children(node, names, error);

    if (status != ISS_OK)
        return status;
    while (i < COUNT && strcmp(node->first->text, revocations[i]) != 0)
        i++;
    if (i == COUNT || node->first->attribute_count > 0)
        return refuse(error, "RevocationType",
                      "is neither StandardRevocation nor CustomRevocation");
    request->revocation = (enum enroll_revocation)i;
    status = read_authorities(node->first->next, request, error);
    if (status != ISS_OK)
        return status;
    if (!custom_fits(request->revocation, request->authority_count) ||
        (request->authority_count == 0 && node->first->next != NULL))
        return refuse(error, "aRevocationAuthorities",
                      "stands with CustomRevocation, and only there");
    return ISS_OK;
}

static enum iss_status read_certificate_key(const struct xml_node *node,
                                            struct enroll_request *request,
                                            struct iss_error *error)
{
    static const char *const names[] = {"aPublicKeyBytes", "Guid", NULL};
    char guid[XRML_GUID_SIZE];
    enum iss_status status = check_children(node, names, error);

    if (status == ISS_OK)
        status = read_key(node->first, &request->key, error);
    if (status == ISS_OK)
        status = read_text(node->first->next, guid, sizeof(guid),
                           sizeof(guid) - 1, error);
    if (status == ISS_OK && !xrml_guid_normal(guid, request->guid))
        status = refuse(error, "Guid", "not 8-4-4-4-12, or nil");
    return status;
}

static enum iss_status read_enrollee(const struct xml_node *node,
                                     struct enroll_request *request,
                                     struct iss_error *error)
{
    static const char *const names[] = {"SKU", "Version", "Name", "URL", NULL};
    const struct {
        char *out;
        size_t size, characters;
    } rows[] = {
        {request->sku, sizeof(request->sku), ENROLL_SKU_MAX},
        {request->version, sizeof(request->version), ENROLL_VERSION_MAX},
        {request->name, sizeof(request->name), ENROLL_NAME_MAX},
        {request->url, sizeof(request->url), ENROLL_URL_MAX}};
    const struct xml_node *child = node->first;
    enum iss_status status = check_children(node, names, error);

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) && status == ISS_OK;
         i++, child = child->next)
        status = read_text(child, rows[i].out, rows[i].size, rows[i].characters,
                           error);
    return status;
}

static enum iss_status read_request(const struct xml_node *root,
                                    struct enroll_request *request,
                                    struct iss_error *error)
{
    static const char *const names[] = {"RevocationInformation",
                                        "CertificatePublicKey",
                                        "EnrolleeInformation", NULL};
    enum iss_status status = ISS_OK;

    if (strcmp(root->name, "EnrollParameters") != 0)
        return refuse(error, root->name, "is not EnrollParameters");
    status = check_children(root, names, error);
    if (status != ISS_OK)
        return status;
    const struct xml_node *key = root->first->next;
    status = read_revocation(root->first, request, error);
    if (status == ISS_OK)
        status = read_certificate_key(key, request, error);
    if (status == ISS_OK)
        status = read_enrollee(key->next, request, error);
    return status;
}

enum iss_status enroll_request_parse(const char *text, size_t len,
                                     struct enroll_request *request,
                                     struct iss_error *error)
{
    struct xml_tree *tree = NULL;
    struct xml_span span;
    size_t at = 0;
    enum iss_status status = ISS_OK;

    memset(request, 0, sizeof(*request));
    if (len > ENROLL_REQUEST_MAX)
        return iss_fail(error, ISS_MALFORMED,
                        "request: %zu octets, at most %d are read", len,
                        ENROLL_REQUEST_MAX);
    status = xml_prolog(text, len, XML_DECLARES_UTF8, &options, &at, error);
    if (status == ISS_OK)
        status = xml_scan(text, len, at, &options, NULL, 0, &span, error);
    if (status == ISS_OK && xml_skip_space(text, len, span.end) != len)
        status = iss_fail(error, ISS_MALFORMED,
                          "request: octet %zu: something stands behind it",
                          span.end);
    if (status == ISS_OK)
        status = xml_parse(text, &span, &options, &tree, error);
    if (status != ISS_OK)
        return status;
    status = read_request(xml_root(tree), request, error);
    xml_tree_free(tree);
    if (status != ISS_OK)
        memset(request, 0, sizeof(*request));
    return status;
}
