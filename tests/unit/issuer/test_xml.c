/* SPDX-License-Identifier: Apache-2.0 */
/* Trees: what the parser makes of what the scanner has passed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "issuer/xml.h"
#include "unit.h"

static const char *const namespaces[] = {"urn:a", "urn:b", NULL};
static const struct xml_options options = {.failure = ISS_MALFORMED,
                                           .object = "text",
                                           .flags = XML_XMLNS,
                                           .namespaces = namespaces};

static enum iss_status parse(const char *text, struct xml_tree **tree,
                             struct iss_error *error)
{
    struct xml_span span;
    enum iss_status status =
        xml_scan(text, strlen(text), 0, &options, NULL, 0, &span, error);

    *tree = NULL;
    return status == ISS_OK ? xml_parse(text, &span, &options, tree, error)
                            : status;
}

static void tree_has_elements_attributes_and_text(void)
{
    struct xml_tree *tree = NULL;
    size_t count = 0;

    CU_ASSERT_EQUAL_FATAL(parse("<a b=\"1\" c='2'>\n <d>x &amp; y</d>\n "
                                "<e/><d>z</d>\n</a>",
                                &tree, NULL),
                          ISS_OK);
    const struct xml_node *a = xml_root(tree);
    CU_ASSERT_STRING_EQUAL(a->name, "a");
    CU_ASSERT_STRING_EQUAL(a->text, "");
    CU_ASSERT_STRING_EQUAL(xml_attribute(a, "c"), "2");
    CU_ASSERT_PTR_NULL(xml_attribute(a, "d"));
    const struct xml_node *d = xml_child(a, "d");
    CU_ASSERT_STRING_EQUAL(d->text, "x & y");
    CU_ASSERT_STRING_EQUAL(d->next->name, "e");
    CU_ASSERT_STRING_EQUAL(xml_next(d, "d")->text, "z");
    CU_ASSERT_PTR_NULL(xml_next(xml_next(d, "d"), "d"));
    CU_ASSERT_PTR_EQUAL(xml_path(a, "d"), d);
    CU_ASSERT_PTR_NULL(xml_path(a, "d/e"));
    CU_ASSERT_PTR_EQUAL(xml_nodes(tree, &count), a);
    CU_ASSERT_EQUAL(count, 4);
    xml_tree_free(tree);
}

static void references_are_resolved_everywhere(void)
{
    struct xml_tree *tree = NULL;

    CU_ASSERT_EQUAL_FATAL(parse("<a b=\"&amp;&lt;&gt;&quot;&apos;&#38;&#xe4;\">"
                                "&amp;&lt;&gt;&quot;&apos;&#38;&#xe4;</a>",
                                &tree, NULL),
                          ISS_OK);
    CU_ASSERT_STRING_EQUAL(xml_root(tree)->text, "&<>\"'&\xc3\xa4");
    CU_ASSERT_STRING_EQUAL(xml_attribute(xml_root(tree), "b"),
                           "&<>\"'&\xc3\xa4");
    xml_tree_free(tree);
}

static void namespaces_are_known_or_refused(void)
{
    struct xml_tree *tree = NULL;
    struct iss_error error = {0};

    CU_ASSERT_EQUAL_FATAL(
        parse("<a><b xmlns=\"urn:b\"><c/></b></a>", &tree, NULL), ISS_OK);
    CU_ASSERT_STRING_EQUAL(xml_root(tree)->namespace, "");
    CU_ASSERT_STRING_EQUAL(xml_path(xml_root(tree), "b/c")->namespace, "urn:b");
    xml_tree_free(tree);
    CU_ASSERT_EQUAL(parse("<a xmlns=\"urn:c\"/>", &tree, &error),
                    ISS_MALFORMED);
    CU_ASSERT_STRING_EQUAL(error.text, "text: unknown namespace");
}

/* The counts bound the memory; a tree as large as its source allows is whole.
 */
static void every_node_of_a_dense_text_is_kept(void)
{
    enum { ELEMENTS = 50000 };
    char *text = malloc(ELEMENTS * 5 + 16);
    struct xml_tree *tree = NULL;
    size_t count = 0;
    char *at = text;

    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    at += snprintf(at, 4, "<a>");
    for (int i = 0; i < ELEMENTS; i++)
        at += snprintf(at, 6, " <b/>");
    (void)snprintf(at, 5, "</a>");
    CU_ASSERT_EQUAL_FATAL(parse(text, &tree, NULL), ISS_OK);
    (void)xml_nodes(tree, &count);
    CU_ASSERT_EQUAL(count, ELEMENTS + 1);
    xml_tree_free(tree);
    free(text);
}

static void long_text_in_many_pieces_is_one_text(void)
{
    enum { PIECES = 40000 };
    char *text = malloc(PIECES * 7 + 16);
    struct xml_tree *tree = NULL;
    char *at = text;

    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    at += snprintf(at, 4, "<a>");
    for (int i = 0; i < PIECES; i++)
        at += snprintf(at, 8, "ab&lt;\n");
    (void)snprintf(at, 5, "</a>");
    CU_ASSERT_EQUAL_FATAL(parse(text, &tree, NULL), ISS_OK);
    CU_ASSERT_EQUAL(strlen(xml_root(tree)->text), PIECES * 4);
    CU_ASSERT_EQUAL(strncmp(xml_root(tree)->text, "ab<\nab<\n", 8), 0);
    xml_tree_free(tree);
    free(text);
}

UNIT_MAIN("xml", UNIT(tree_has_elements_attributes_and_text),
          UNIT(references_are_resolved_everywhere),
          UNIT(namespaces_are_known_or_refused),
          UNIT(every_node_of_a_dense_text_is_kept),
          UNIT(long_text_in_many_pieces_is_one_text))
