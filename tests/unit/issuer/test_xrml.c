/* SPDX-License-Identifier: Apache-2.0 */
/* One document: what is read, and what is refused. */
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "unit.h"

static enum iss_status parse(const char *text, size_t len,
                             struct iss_error *error)
{
    struct xrml_document *document = NULL;
    enum iss_status status = xrml_parse(text, len, NULL, &document, error);

    CU_ASSERT_TRUE((status == ISS_OK) == (document != NULL));
    xrml_document_free(document);
    return status;
}

/* The known document with the first find behind <BODY, or anywhere, replaced;
 * free(). */
static char *changed(const char *find, const char *replace)
{
    const char *at = strstr(fixture_known_answer, find);
    size_t len = strlen(fixture_known_answer) + strlen(replace) + 1;
    char *text = malloc(len);

    CU_ASSERT_PTR_NOT_NULL_FATAL(at);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    (void)snprintf(text, len, "%.*s%s%s", (int)(at - fixture_known_answer),
                   fixture_known_answer, replace, at + strlen(find));
    return text;
}

static void fields_are_those_of_the_known_document(void)
{
    struct xrml_document *document = NULL;
    struct iss_error error = {0};

    CU_ASSERT_EQUAL_FATAL(xrml_parse(fixture_known_answer,
                                     strlen(fixture_known_answer), NULL,
                                     &document, &error),
                          ISS_OK);
    const struct xrml_fields *f = xrml_fields(document);
    CU_ASSERT_EQUAL(f->type, XRML_SERVER_CERTIFICATE);
    CU_ASSERT_STRING_EQUAL(f->body_type, "LICENSE");
    CU_ASSERT_STRING_EQUAL(f->body_version, "3.0");
    CU_ASSERT_EQUAL(f->issued, 1073012640); /* date -u +%s */
    CU_ASSERT_FALSE(f->validity.present);
    CU_ASSERT_TRUE(f->range.present);
    CU_ASSERT_EQUAL(f->range.until, 1104635040);
    CU_ASSERT_TRUE(f->may_issue);
    CU_ASSERT_STRING_EQUAL(f->descriptor.id,
                           "{11111111-2222-3333-4444-555555555555}");
    CU_ASSERT_STRING_EQUAL(f->issuer.name, "Test Enrollment Service");
    CU_ASSERT_STRING_EQUAL(f->principal.address,
                           "http://rms.example.test/_wmcs");
    CU_ASSERT_PTR_NULL(f->principal.name);
    CU_ASSERT_STRING_EQUAL(f->server_version, "1.0.3246.0");
    CU_ASSERT_STRING_EQUAL(f->server_sku, "RMS 1.0");
    CU_ASSERT_EQUAL(f->issuer_key.modulus_len, 128);
    CU_ASSERT_EQUAL(f->issuer_key.exponent, 65537);
    /* Last octet of the base64 in the document is the first of the number. */
    CU_ASSERT_EQUAL(f->issuer_key.modulus[0], 0xf9);
    CU_ASSERT_EQUAL(strncmp(f->issuer_text, "<OBJECT type=\"MS-DRM", 20), 0);
    CU_ASSERT_EQUAL(
        strncmp(f->principal_text + f->principal_text_len, "</PRINCIPAL>", 12),
        0);
    xrml_document_free(document);
}

/* The numbers of the published description of the vector. */
static void hash_is_over_utf_16_of_the_literal_body(void)
{
    static const char wanted[] = "yHVDUPiF9Pht9y7gC2XVeeoag/g=";
    struct xrml_document *document = NULL;
    struct iss_error error = {0};
    uint8_t *octets = NULL;
    uint8_t hash[EVP_MAX_MD_SIZE];
    uint8_t text[64];
    size_t len = 0;

    CU_ASSERT_EQUAL_FATAL(xrml_parse(fixture_known_answer,
                                     strlen(fixture_known_answer), NULL,
                                     &document, &error),
                          ISS_OK);
    const char *body = xrml_body(document, &len);
    CU_ASSERT_EQUAL(len, 1900);
    CU_ASSERT_EQUAL(xrml_utf16le(body, len, &octets, &len, &error), ISS_OK);
    CU_ASSERT_EQUAL(len, 3800);
    CU_ASSERT_EQUAL(EVP_Digest(octets, len, hash, NULL, EVP_sha1(), NULL), 1);
    (void)EVP_EncodeBlock(text, hash, 20);
    CU_ASSERT_STRING_EQUAL((char *)text, wanted);
    CU_ASSERT_EQUAL(EVP_Digest(octets, len, hash, NULL, EVP_sha256(), NULL), 1);
    xrml_body_hash(document, text);
    CU_ASSERT_EQUAL(memcmp(text, hash, 32), 0);
    free(octets);
    xrml_document_free(document);
}

static const struct attack {
    const char *find, *replace;
} attacks[] = {
    /* declarations and entities */
    {"<XrML", "<!DOCTYPE a><XrML"},
    {"<XrML", "<!DOCTYPE a [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><XrML"},
    {"<XrML", "<!DOCTYPE a PUBLIC \"x\" \"http://a.test/a.dtd\"><XrML"},
    {"<XrML", "<!DOCTYPE a [<!ATTLIST a role CDATA \"admin\">]><XrML"},
    {"<XrML", "<?xml-stylesheet href=\"a.xsl\"?><XrML"},
    {"<ISSUEDTIME>", "<?php a ?><ISSUEDTIME>"},
    {"Test Enrollment", "Test &foo; Enrollment"},
    {"MS-GUID", "&bar;"},
    {"<WORK>", "<xi:include href=\"a\"/><WORK>"},
    /* shape */
    {"<WORK>", "<WORK a=\"1\" a=\"2\">"},
    {"Test Enrollment", "Test &#0; Enrollment"},
    {"Test Enrollment", "Test &#xD800; Enrollment"},
    {"Test Enrollment", "Test &#x110000; Enrollment"},
    {"Test Enrollment", "Test &#x0000000041; Enrollment"},
    {"Test Enrollment", "Test &#13; Enrollment"},
    {"Test Enrollment", "Test &#; Enrollment"},
    /* encodings */
    {"<XrML", "<?xml version=\"1.0\" encoding=\"utf-16\"?><XrML"},
    {"<XrML", "<?xml version=\"1.0\" encoding=\"utf-7\"?><XrML"},
    {"<XrML", "<?xml version=\"1.1\"?><XrML"},
    {"<XrML", " <?xml version=\"1.0\"?><XrML"},
    {"<XrML", "<?xml version=\"1.0\"?><?xml version=\"1.0\"?><XrML"},
    {"Test Enrollment", "Test\xc0\xaf Enrollment"},
    {"Test Enrollment", "Test\xed\xa0\x80 Enrollment"},
    {"Test Enrollment", "Test\xff Enrollment"},
    {"Test Enrollment", "Test\xef\xbb\xbf Enrollment"},
    {"Test Enrollment", "Test\r\nEnrollment"},
    {"Test Enrollment", "Test\xc2\x85 Enrollment"},
    {"Test Enrollment", "Test\xe2\x80\xa8 Enrollment"},
    {"Test Enrollment", "Test\xe2\x80\xae Enrollment"},
    {"Test Enrollment", "Test\x01 Enrollment"},
    {"</XrML>", "</XrML>a"},
    {"</XrML>", "</XrML><XrML/>"},
    /* which BODY */
    {"<SIGNATURE>", "<BODY type=\"LICENSE\"></BODY><SIGNATURE>"},
    {"<BODY", "<BODY type=\"LICENSE\"></BODY><BODY"},
    {"<ISSUEDTIME>", "<BODY type=\"LICENSE\"></BODY><ISSUEDTIME>"},
    {"<BODY", "<!-- <BODY></BODY> --><BODY"},
    {"Test Enrollment", "<![CDATA[</BODY>]]>"},
    {"Test Enrollment", "Test <!-- --> Enrollment"},
    {"<BODY", "<SIGNATURE></SIGNATURE><BODY"},
    {"</BODY>", "<SIGNATURE></SIGNATURE></BODY>"},
    {"</XrML>", "<SIGNATURE></SIGNATURE></XrML>"},
    {"<BODY type=\"LICENSE\" version=\"3.0\">", "<BODY>"},
    {"<BODY type=\"LICENSE\" version=\"3.0\">", "<BODY\t>"},
    {"<BODY type=\"LICENSE\" version=\"3.0\">", "<body type=\"LICENSE\">"},
    {"<BODY", "<a:BODY"},
    {"<BODY", "<BODY xmlns=\"urn:a\""},
    {"<BODY", "<BODY xmlns:a=\"urn:a\""},
    {"<XrML xmlns=\"\"", "<XrML xmlns=\"urn:a\""},
    {"<XrML xmlns=\"\"", "<XrML xmlns=\"\" a=\"\""},
    {"<XrML xmlns=\"\"", "<XrML"},
    {"version=\"1.2\"", "version=\"1.3\""},
    {"version=\"1.2\"", "version=\"1.2\" purpose=\"Other\""},
    {"<BODY", "\n<BODY"},
    {"<SIGNATURE>", " <SIGNATURE>"},
    {"</SIGNATURE>", "</SIGNATURE>\n"},
    {"<BODY", "<EXTENSION/><BODY"},
    /* what stands twice, elsewhere or is unknown */
    {"<DESCRIPTOR>", "<ISSUEDTIME>2004-01-02T03:04</ISSUEDTIME><DESCRIPTOR>"},
    {"<ADDRESS", "<NAME>a</NAME><NAME>b</NAME><ADDRESS"},
    {"<ISSUEDPRINCIPALS>",
     "<ISSUEDPRINCIPALS><PRINCIPAL internal-id=\"2\"></PRINCIPAL>"},
    {"<TIME>", "<TIME><RANGETIME><FROM>2004-01-02T03:04</FROM><UNTIL>"
               "2009-01-02T03:04</UNTIL></RANGETIME>"},
    {"<UNTIL>", "<FROM>2004-01-02T03:04</FROM><UNTIL>"},
    {"<NAME>Test", "<ID type=\"MS-GUID\">a</ID><NAME>Test"},
    {"<SECURITYLEVEL name=\"Server-SKU\"",
     "<SECURITYLEVEL name=\"Server-Version\""},
    {"<DESCRIPTOR>", "<UNKNOWN/><DESCRIPTOR>"},
    {"<RIGHT name", "<RIGHT other"},
    {"<WORK>", "<WORK a=\"1\">"},
    {"<ISSUER>", "stray<ISSUER>"},
    {"<ISSUER>", "<VALIDITYTIME><FROM>2004-01-02T03:04</FROM><UNTIL>"
                 "2009-01-02T03:04</UNTIL></VALIDITYTIME><ISSUER>"},
    /* times */
    {"2004-01-02T03:04", "0000-01-02T03:04"},
    {"2004-01-02T03:04", "10000-01-02T03:04"},
    {"2004-01-02T03:04", "2004-02-30T03:04"},
    {"2004-01-02T03:04", "2004-01-02T24:00"},
    {"2004-01-02T03:04", "2004-01-02T03:60"},
    {"2004-01-02T03:04", "2004-01-02T03:04Z"},
    {"2004-01-02T03:04", "2004-01-02T03:04:05"},
    {"2004-01-02T03:04", " 2004-01-02T03:04"},
    {"<UNTIL>2005", "<UNTIL>2003"},
    /* numbers, base64, modulus */
    {"65537", "+65537"},
    {"65537", "065537"},
    {"65537", "65537 "},
    {"65537", "3"},
    {"integer32", "integer64"},
    {"size=\"1024\"", "size=\"1025\""},
    {"size=\"1024\"", "size=\"01024\""},
    {"size=\"1024\"", "size=\"-1024\""},
    {"size=\"1024\"", "size=\"18446744073709552640\""},
    {"bEKpPk=", "bEKpPk"},
    {"bEKpPk=", "bEKpPk=="},
    {"bEKpPk=", "bEKpPl="},
    {"bEKpPk=", "bEKpPk= "},
    {"bEKpPk=", "bEKp\nPk="},
    {"bEKpPk=", "bEKpAA=="},
    {"KaunedEaEa", "KKunedEaEa"},
    {"KaunedEaEa", "KauneAAAAdEaEa"},
    {"8wo/", "8wo_"},
    /* SIGNATURE */
    {"<SIGNATURE>", "<SIGNATURE a=\"\">"},
    {"SHA1", "MD5"},
    {"SHA1", "none"},
    {"SHA1", "SHA256"},
    {"SHA1", "SHA-1"},
    {"surface-coding", "surface-codin"},
    {"size=\"160\"", "size=\"256\""},
    {"RSA PKCS#1-V1.5", "RSA PKCS#1-V1.6"},
    {"RSA PKCS#1-V1.5", "RSA PKCS&#35;1-V1.5"},
    {"65z3E=</VALUE>", "65z3E=</VALUE >"},
    {"65z3E=", "65z3F="},
    {"</DIGEST>", "</DIGEST><ALGORITHM>RSA PKCS#1-V1.5</ALGORITHM>"},
};

static void attack_documents_are_refused_with_one_line(void)
{
    for (size_t i = 0; i < sizeof(attacks) / sizeof(attacks[0]); i++) {
        struct iss_error error = {0};
        char *text = changed(attacks[i].find, attacks[i].replace);
        enum iss_status status = parse(text, strlen(text), &error);
        if (status != ISS_XML || error.text[0] == '\0' ||
            strchr(error.text, '\n') != NULL)
            (void)fprintf(stderr, "accepted: %s -> %s\n", attacks[i].find,
                          attacks[i].replace);
        CU_ASSERT_EQUAL(status, ISS_XML);
        CU_ASSERT_NOT_EQUAL(error.text[0], '\0');
        CU_ASSERT_PTR_NULL(strchr(error.text, '\n'));
        free(text);
    }
}

static void octet_zero_and_other_encodings_are_refused(void)
{
    enum { UTF_16LE, UTF_16BE, UTF_32, ENCODINGS };
    size_t len = strlen(fixture_known_answer);
    char *wide = calloc(len, 4);
    char *zero = strdup(fixture_known_answer);

    CU_ASSERT_PTR_NOT_NULL_FATAL(wide);
    CU_ASSERT_PTR_NOT_NULL_FATAL(zero);
    zero[100] = '\0';
    CU_ASSERT_EQUAL(parse(zero, len, NULL), ISS_XML);
    for (size_t i = UTF_16LE; i < ENCODINGS; i++) {
        size_t unit = i < UTF_32 ? 2 : 4;
        for (size_t at = 0; at < len; at++)
            wide[at * unit + (i == UTF_16BE ? 1 : 0)] =
                fixture_known_answer[at];
        CU_ASSERT_EQUAL(parse(wide, len * unit, NULL), ISS_XML);
        memset(wide, 0, len * 4);
    }
    free(zero);
    free(wide);
}

static void documents_cut_anywhere_are_refused(void)
{
    size_t len = strlen(fixture_known_answer);

    for (size_t cut = 0; cut < len; cut++) {
        char *text = malloc(cut + 1); /* exact, so that a sanitizer sees */
        CU_ASSERT_PTR_NOT_NULL_FATAL(text);
        memcpy(text, fixture_known_answer, cut);
        CU_ASSERT_EQUAL(parse(text, cut, NULL), ISS_XML);
        free(text);
    }
}

static void harmless_forms_are_accepted(void)
{
    static const struct attack forms[] = {
        {"<XrML xmlns=\"\" version=\"1.2\">",
         "<XrML version=\"1.2\" xmlns=\"\">"},
        {"<XrML xmlns=\"\" version=\"1.2\">",
         "<XrML\n    xmlns=\"\" version=\"1.2\" purpose=\"Content-License\" >"},
        {"<XrML", "<?xml version=\"1.0\"?>\n<XrML"},
        {"<XrML", "<?xml version=\"1.0\" encoding=\"UTF-8\" "
                  "standalone=\"yes\"?><XrML"},
        {"<XrML", "\r\n\t <XrML"},
        {"</XrML>", "</XrML>\r\n"},
        {"Test Enrollment", "T&amp;&lt;&gt;&quot;&apos;&#228; &#x20AC; Enr"},
        {"<RIGHT name=", "<RIGHT name = "},
        {"<PRINCIPAL internal-id=\"1\" />",
         "<PRINCIPAL internal-id='1'></PRINCIPAL>"},
        {"version=\"3.0\">", "xmlns=\"\" version=\"3.0\">"},
    };

    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        struct iss_error error = {0};
        char *text = changed(forms[i].find, forms[i].replace);
        CU_ASSERT_EQUAL(parse(text, strlen(text), &error), ISS_OK);
        if (error.status != ISS_OK)
            (void)fprintf(stderr, "%s: %s\n", forms[i].replace, error.text);
        free(text);
    }
}

static void references_are_resolved_in_text_and_attributes(void)
{
    struct xrml_document *document = NULL;
    struct iss_error error = {0};
    char *text =
        changed("Test Enrollment Service", "a&amp;b&lt;&#228;&#x20ac;");

    CU_ASSERT_EQUAL_FATAL(
        xrml_parse(text, strlen(text), NULL, &document, &error), ISS_OK);
    CU_ASSERT_STRING_EQUAL(xrml_fields(document)->issuer.name,
                           "a&b<\xc3\xa4\xe2\x82\xac");
    xrml_document_free(document);
    free(text);
    text = changed("RMS 1.0", "R&amp;M &quot;S&quot; &#228;");
    CU_ASSERT_EQUAL_FATAL(
        xrml_parse(text, strlen(text), NULL, &document, &error), ISS_OK);
    CU_ASSERT_STRING_EQUAL(xrml_fields(document)->server_sku,
                           "R&M \"S\" \xc3\xa4");
    xrml_document_free(document);
    free(text);
}

static void unsigned_and_foreign_samples_are_told_apart(void)
{
    struct iss_error error = {0};
    size_t len = 0;

    if (unit_samples() == NULL) {
        unit_skip("the real documents are not here");
        return;
    }
    char *text = fixture_sample("spec-examples/MS-RMPR-4.5.5-ERD.xml", &len);
    CU_ASSERT_EQUAL(parse(text, len, &error), ISS_XML);
    free(text);
    text = fixture_sample("spec-examples/MS-RMPR-4.5.7-TEMPLATE.xml", &len);
    CU_ASSERT_EQUAL(parse(text, len, &error), ISS_OK);
    free(text);
}

UNIT_MAIN("xrml", UNIT(fields_are_those_of_the_known_document),
          UNIT(hash_is_over_utf_16_of_the_literal_body),
          UNIT(attack_documents_are_refused_with_one_line),
          UNIT(octet_zero_and_other_encodings_are_refused),
          UNIT(documents_cut_anywhere_are_refused),
          UNIT(harmless_forms_are_accepted),
          UNIT(references_are_resolved_in_text_and_attributes),
          UNIT(unsigned_and_foreign_samples_are_told_apart))
