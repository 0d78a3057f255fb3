/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Responses: MS-RMPR 3.6.4.1.4.7 and 3.6.4.2 (from an authority), MS-RMPRS
 * 3.3.4.1 (from a root). Written in one form, read in each that is published.
 */
#include "enroll_response.h"

#include <string.h>

#include "enroll.h"
#include "xml.h"
#include "xrml_chain.h"

static const char enrollment[] = "http://microsoft.com/DRM/EnrollmentService";
static const char sub_enrollment[] =
    "http://microsoft.com/DRM/SubEnrollmentService";
static const char *const namespaces[] = {enrollment, sub_enrollment, NULL};

static const char chain_name[] = "LicensorCertificateChain";
static const char *const children[] = {"SLC", "EnrollmentServiceCert",
                                       "EnrollmentCACert", "CACert"};

enum {
    CHILDREN = sizeof(children) / sizeof(children[0]),
    ELEMENTS_MAX = 3 + XRML_CHAIN_DOCUMENTS
};

static const struct form {
    const char *root, *result;
    bool result_needed;
    const char *namespace;
    bool named; /* children are those of the table above, else <string> */
} forms[] = {
    [ENROLL_RESPONSE] = {.root = "EnrollResponse",
                         .result = "EnrollResult",
                         .namespace = enrollment,
                         .named = true},
    [SUB_ENROLL_RESPONSE] = {.root = "SubEnrollResponse",
                             .result = "SubEnrollResult",
                             .result_needed = true,
                             .namespace = sub_enrollment},
};

/* The one child of that name, nothing beside it; NULL: something else. */
static const struct xml_node *only_child(const struct xml_node *node,
                                         const char *name)
{
    const struct xml_node *child = node == NULL ? NULL : node->first;

    return child != NULL && child->next == NULL &&
                   child->attribute_count == 0 && strcmp(child->name, name) == 0
               ? child
               : NULL;
}

static const struct xml_node *find_chain(const struct xml_node *root)
{
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        if (strcmp(root->name, forms[i].root) != 0 || root->attribute_count > 0)
            continue;
        const struct xml_node *result = only_child(root, forms[i].result);
        if (result == NULL && !forms[i].result_needed)
            result = root;
        return only_child(result, chain_name);
    }
    return NULL;
}

/* Every child <string>, or the four names in their order. */
static bool well_named(const struct xml_node *chain)
{
    size_t count = 0;
    bool strings = true;
    bool named = true;

    for (const struct xml_node *c = chain->first; c != NULL; c = c->next) {
        strings = strings && strcmp(c->name, "string") == 0;
        named =
            named && count < CHILDREN && strcmp(c->name, children[count]) == 0;
        count++;
        if (c->first != NULL || c->attribute_count > 0)
            return false;
    }
    return count > 0 && (strings || (named && count == CHILDREN));
}

static bool one_namespace(const struct xml_tree *tree)
{
    size_t count = 0;
    const struct xml_node *nodes = xml_nodes(tree, &count);

    for (size_t i = 1; i < count; i++)
        if (strcmp(nodes[i].namespace, nodes[0].namespace) != 0)
            return false;
    return true;
}

enum iss_status enroll_response_add(struct xrml_chain *chain, const char *text,
                                    size_t len, unsigned flags,
                                    enum iss_status failure,
                                    struct iss_error *error)
{
    const struct xml_options options = {.failure = failure,
                                        .object = "response",
                                        .flags = XML_XMLNS,
                                        .namespaces = namespaces};
    struct xml_tree *tree = NULL;
    struct xml_span span;
    enum iss_status status =
        xml_scan(text, len, 0, &options, NULL, 0, &span, error);

    if (status == ISS_OK && xml_skip_space(text, len, span.end) != len)
        status = iss_fail(error, failure,
                          "response: octet %zu: something stands behind it",
                          span.end);
    if (status == ISS_OK && span.elements > ELEMENTS_MAX)
        status = iss_fail(error, failure, "response: %zu elements, at most %d",
                          span.elements, ELEMENTS_MAX);
    if (status == ISS_OK)
        status = xml_parse(text, &span, &options, &tree, error);
    if (status != ISS_OK)
        return status;
    const struct xml_node *node = find_chain(xml_root(tree));
    if (node == NULL || !well_named(node) || !one_namespace(tree))
        status = iss_fail(error, failure,
                          "response: neither XrML documents nor an "
                          "EnrollResponse (MS-RMPR 3.6.4.2) nor a "
                          "SubEnrollResponse (MS-RMPRS 3.3.4.1)");
    for (const struct xml_node *c = node == NULL ? NULL : node->first;
         c != NULL && status == ISS_OK; c = c->next)
        status =
            xrml_chain_add(chain, c->text, strlen(c->text), flags, NULL, error);
    xml_tree_free(tree);
    return status;
}

enum iss_status enroll_response_parse(const char *text, size_t len,
                                      struct xrml_chain *chain,
                                      struct iss_error *error)
{
    struct iss_error cause = {.status = ISS_OK};
    enum iss_status status =
        xrml_chain_add_file(chain, text, len, 0, ISS_MALFORMED, &cause);

    if (status == ISS_OK)
        return ISS_OK;
    if (status == ISS_XML)
        status = ISS_MALFORMED;
    return iss_fail(error, status, "%s", cause.text);
}

static void open_tag(struct xml_out *out, const char *indent, const char *name)
{
    xml_out_raw(out, indent);
    xml_out_raw(out, "<");
    xml_out_raw(out, name);
    xml_out_raw(out, ">");
}

static void close_tag(struct xml_out *out, const char *indent, const char *name)
{
    xml_out_raw(out, indent);
    xml_out_raw(out, "</");
    xml_out_raw(out, name);
    xml_out_raw(out, ">\n");
}

static void write_result(struct xml_out *out, const struct form *form,
                         const char *const *documents, size_t count)
{
    const char *outer = form->result_needed ? "    " : "  ";
    const char *inner = form->result_needed ? "      " : "    ";

    xml_out_raw(out, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<");
    xml_out_raw(out, form->root);
    xml_out_raw(out, " xmlns=\"");
    xml_out_raw(out, form->namespace);
    xml_out_raw(out, "\">\n");
    if (form->result_needed) {
        open_tag(out, "  ", form->result);
        xml_out_raw(out, "\n");
    }
    open_tag(out, outer, chain_name);
    xml_out_raw(out, "\n");
    for (size_t i = 0; i < count; i++) {
        const char *name = form->named ? children[i] : "string";
        open_tag(out, inner, name);
        xml_out_content(out, documents[i]);
        close_tag(out, "", name);
    }
    close_tag(out, outer, chain_name);
    if (form->result_needed)
        close_tag(out, "  ", form->result);
    close_tag(out, "", form->root);
}

enum iss_status enroll_response_print(enum enroll_response_form form,
                                      const char *const *documents,
                                      size_t count, char **out, size_t *len,
                                      struct iss_error *error)
{
    struct xml_out text = {.text = NULL};

    *out = NULL;
    if (count == 0 || count > XRML_CHAIN_DOCUMENTS ||
        (forms[form].named && count != CHILDREN))
        return iss_fail(error, ISS_INTERNAL,
                        "response: %zu documents do not fit its form", count);
    write_result(&text, &forms[form], documents, count);
    *out = xml_out_take(&text, len);
    return *out == NULL ? iss_fail(error, ISS_INTERNAL, "out of memory")
                        : ISS_OK;
}
