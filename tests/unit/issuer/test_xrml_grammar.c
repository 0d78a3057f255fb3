/* SPDX-License-Identifier: Apache-2.0 */
/* The table of elements, against small trees. */
#include <string.h>

#include "issuer/xrml_document.h"
#include "unit.h"

#define ISSUER                                                               \
    "<ISSUER><OBJECT type=\"a\"><ID type=\"b\">c</ID></OBJECT><PUBLICKEY>"   \
    "<ALGORITHM>RSA</ALGORITHM><PARAMETER name=\"m\"><VALUE encoding=\"e\">" \
    "v</VALUE></PARAMETER></PUBLICKEY></ISSUER>"
#define BODY(inside) \
    "<BODY type=\"LICENSE\"><ISSUEDTIME>t</ISSUEDTIME>" inside "</BODY>"

static enum iss_status check(const char *text, bool family)
{
    static const struct xml_options options = {.failure = ISS_XML,
                                               .object = "text"};
    struct xml_tree *tree = NULL;
    struct xml_span span;

    CU_ASSERT_EQUAL_FATAL(
        xml_scan(text, strlen(text), 0, &options, NULL, 0, &span, NULL),
        ISS_OK);
    CU_ASSERT_EQUAL_FATAL(xml_parse(text, &span, &options, &tree, NULL),
                          ISS_OK);
    enum iss_status status = xrml_grammar_check(tree, family, NULL);
    xml_tree_free(tree);
    return status;
}

static void order_matters_in_the_family_alone(void)
{
    static const char text[] =
        BODY(ISSUER "<DESCRIPTOR><OBJECT><ID type=\"a\"/></OBJECT>"
                    "</DESCRIPTOR>");

    CU_ASSERT_EQUAL(check(text, false), ISS_OK);
    CU_ASSERT_EQUAL(check(text, true), ISS_XML);
}

static void unknown_elements_are_opaque_outside_the_family(void)
{
    static const char text[] =
        BODY(ISSUER "<WORK><OBJECT><ID type=\"a\"/></OBJECT><METADATA>"
                    "<OWNER/></METADATA></WORK>");

    CU_ASSERT_EQUAL(check(text, false), ISS_OK);
    CU_ASSERT_EQUAL(check(text, true), ISS_XML);
}

static void closed_elements_are_closed_everywhere(void)
{
    static const char *const texts[] = {
        "<ROOT/>",
        BODY(ISSUER "<OTHER/>"),
        BODY(ISSUER ISSUER),
        BODY(""),
        BODY(ISSUER "<VALIDITYTIME><FROM/></VALIDITYTIME>"),
        BODY(ISSUER "<VALIDITYTIME><FROM/><UNTIL/><UNTIL/></VALIDITYTIME>"),
        BODY(ISSUER "<VALIDITYTIME>text</VALIDITYTIME>"),
        BODY(ISSUER "<DESCRIPTOR a=\"b\"><OBJECT><ID type=\"a\"/></OBJECT>"
                    "</DESCRIPTOR>"),
        BODY(ISSUER "<DESCRIPTOR><OBJECT><ID/></OBJECT></DESCRIPTOR>"),
        BODY(ISSUER "<ISSUEDPRINCIPALS/>"),
        BODY(ISSUER "<ISSUEDPRINCIPALS><PRINCIPAL><SECURITYLEVEL name=\"a\" "
                    "value=\"b\">c</SECURITYLEVEL></PRINCIPAL>"
                    "</ISSUEDPRINCIPALS>"),
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        CU_ASSERT_EQUAL(check(texts[i], false), ISS_XML);
    CU_ASSERT_EQUAL(check(BODY(ISSUER), false), ISS_OK);
    CU_ASSERT_EQUAL(check(BODY(ISSUER), true), ISS_OK);
}

UNIT_MAIN("xrml_grammar", UNIT(order_matters_in_the_family_alone),
          UNIT(unknown_elements_are_opaque_outside_the_family),
          UNIT(closed_elements_are_closed_everywhere))
