/* SPDX-License-Identifier: Apache-2.0 */
/* The scanner: limits, and where elements are. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "issuer/xml_scan.h"
#include "issuer/xrml.h"
#include "unit.h"

static const struct xml_options options = {.failure = ISS_XML,
                                           .object = "text"};

static enum iss_status scan(const char *text)
{
    struct xml_span span;
    return xml_scan(text, strlen(text), 0, &options, NULL, 0, &span, NULL);
}

/* before, count times middle, after; free(). */
static char *repeated(const char *before, const char *middle, size_t count,
                      const char *after)
{
    size_t one = strlen(middle);
    char *text = malloc(strlen(before) + one * count + strlen(after) + 1);
    char *at = text;

    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    at += snprintf(at, strlen(before) + 1, "%s", before);
    for (size_t i = 0; i < count; i++, at += one)
        memcpy(at, middle, one + 1);
    (void)snprintf(at, strlen(after) + 1, "%s", after);
    return text;
}

static void depth_is_held_at_64(void)
{
    char *open = repeated("", "<a>", 64, "");
    char *text = repeated(open, "</a>", 64, "");

    CU_ASSERT_EQUAL(scan(text), ISS_OK);
    free(text);
    free(open);
    open = repeated("", "<a>", 65, "");
    text = repeated(open, "</a>", 65, "");
    CU_ASSERT_EQUAL(scan(text), ISS_XML);
    free(text);
    free(open);
}

static char *attributes(int count)
{
    char *text = malloc((size_t)count * 16 + 16);
    char *at = text;

    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    at += snprintf(at, 4, "<a");
    for (int i = 0; i < count; i++)
        at += snprintf(at, 16, " a%d=\"\"", i);
    (void)snprintf(at, 4, "/>");
    return text;
}

static void attributes_are_held_at_16(void)
{
    static const struct {
        int count;
        enum iss_status status;
    } rows[] = {{16, ISS_OK}, {17, ISS_XML}, {100000, ISS_XML}};

    for (size_t i = 0; i < 3; i++) {
        char *text = attributes(rows[i].count);
        CU_ASSERT_EQUAL(scan(text), rows[i].status);
        free(text);
    }
}

static void names_are_held_at_128(void)
{
    char *text = repeated("<", "a", 128, "/>");
    CU_ASSERT_EQUAL(scan(text), ISS_OK);
    free(text);
    text = repeated("<", "a", 129, "/>");
    CU_ASSERT_EQUAL(scan(text), ISS_XML);
    free(text);
}

static void elements_are_found_by_their_path(void)
{
    static const char text[] =
        "<a><b x='1'>t</b><c><b/><b><d y=\"\" z=\"\"/></b></c></a>behind";
    struct xml_watch watches[] = {{.path = "a"},     {.path = "a/b"},
                                  {.path = "a/c/b"}, {.path = "a/c/d"},
                                  {.path = "b"},     {.path = "a/c"}};
    struct xml_span span;

    CU_ASSERT_EQUAL_FATAL(
        xml_scan(text, strlen(text), 0, &options, watches, 6, &span, NULL),
        ISS_OK);
    CU_ASSERT_EQUAL(span.end, strlen(text) - 6);
    CU_ASSERT_EQUAL(span.elements, 6);
    CU_ASSERT_EQUAL(span.attributes, 3);
    CU_ASSERT_EQUAL(watches[0].count, 1);
    CU_ASSERT_EQUAL(watches[0].elements, 6);
    CU_ASSERT_EQUAL(watches[1].count, 1);
    CU_ASSERT_EQUAL(strncmp(text + watches[1].inner, "t</b>", 5), 0);
    CU_ASSERT_EQUAL(watches[1].inner_end, watches[1].inner + 1);
    CU_ASSERT_EQUAL(watches[1].attributes, 1);
    CU_ASSERT_EQUAL(watches[2].count, 2);
    CU_ASSERT_EQUAL(strncmp(text + watches[2].start, "<b/><b>", 7), 0);
    CU_ASSERT_EQUAL(watches[2].end, watches[2].start + 4);
    CU_ASSERT_EQUAL(watches[3].count, 0);
    CU_ASSERT_EQUAL(watches[4].count, 0);
    CU_ASSERT_EQUAL(watches[5].elements, 4);
    CU_ASSERT_EQUAL(watches[5].attributes, 2);
}

static void what_is_outside_the_subset_is_refused(void)
{
    static const char *const texts[] = {"",
                                        "a",
                                        "<",
                                        "<a",
                                        "<a>",
                                        "<a></b>",
                                        "<a></a >",
                                        "<a><!----></a>",
                                        "<a><?b?></a>",
                                        "<a>&b;</a>",
                                        "<a>&</a>",
                                        "<a b></a>",
                                        "<a b=c/>",
                                        "<a b=\"<\"/>",
                                        "<a b=\"\"c=\"\"/>",
                                        "<a b=\"\t\"/>",
                                        "<1/>",
                                        "<a:b/>",
                                        "<a b:c=\"\"/>",
                                        "<a xmlns:b=\"\"/>",
                                        "<a xmlns=\"b\"/>",
                                        "<\xc3\xa4/>",
                                        "<a>]]></a>",
                                        "<a>t<b/></a>",
                                        "<a><b/>t</a>",
                                        "<a/ >",
                                        "< a/>",
                                        "<a b=\"&#x80;\"/>",
                                        "<a b='\"/>",
                                        "<a>&#00065;</a>",
                                        "<a>&#x1234567;</a>",
                                        "<a>&lt</a>"};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (scan(texts[i]) != ISS_XML)
            (void)fprintf(stderr, "accepted: %s\n", texts[i]);
        CU_ASSERT_EQUAL(scan(texts[i]), ISS_XML);
    }
}

static void namespaces_and_cr_are_a_matter_of_options(void)
{
    const struct xml_options open = {
        .failure = ISS_XML, .object = "text", .flags = XML_XMLNS};
    const struct xml_options closed = {
        .failure = ISS_XML, .object = "text", .flags = XML_REFUSE_CR};
    const char *declared = "<a xmlns=\"urn:a\" xmlns:b=\"urn:b\"/>";
    const char *cr = "<a>\r\n</a>";
    struct xml_span span;

    CU_ASSERT_EQUAL(scan(declared), ISS_XML);
    CU_ASSERT_EQUAL(
        xml_scan(declared, strlen(declared), 0, &open, NULL, 0, &span, NULL),
        ISS_OK);
    CU_ASSERT_EQUAL(scan(cr), ISS_OK);
    CU_ASSERT_EQUAL(xml_scan(cr, strlen(cr), 0, &closed, NULL, 0, &span, NULL),
                    ISS_XML);
}

UNIT_MAIN("xml_scan", UNIT(depth_is_held_at_64),
          UNIT(attributes_are_held_at_16), UNIT(names_are_held_at_128),
          UNIT(elements_are_found_by_their_path),
          UNIT(what_is_outside_the_subset_is_refused),
          UNIT(namespaces_and_cr_are_a_matter_of_options))
