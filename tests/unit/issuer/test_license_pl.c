/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "issuer/issue.h"
#include "publishing.h"
#include "unit.h"

/* The server's licensor key, opened as any key: by its URI. */
static EVP_PKEY *server_key(struct publishing *publishing)
{
    struct enroll_key numbers;
    EVP_PKEY *key = NULL;

    CU_ASSERT_EQUAL_FATAL(iss_handle_key(publishing->licensing.root,
                                         ISS_KEY_LICENSOR, &key, &numbers,
                                         NULL),
                          ISS_OK);
    return key;
}

static void a_license_is_what_is_published(void)
{
    struct publishing publishing;
    struct iss_licensed pl;
    uint8_t key[32];

    publishing_new(&publishing);
    const struct iss_license_order order = publishing_pl(&publishing);
    licensing_must(&publishing.licensing, &order, &pl);
    const char *text = pl.document;
    CU_ASSERT_PTR_NOT_NULL(
        strstr(text, "<BODY type=\"Microsoft Rights Label\" version=\"3.0\">"
                     "<ISSUEDTIME>2026-11-21T10:00</ISSUEDTIME>"
                     "<VALIDITYTIME><FROM>2026-11-21T10:00</FROM>"
                     "<UNTIL>2033-11-21T10:00</UNTIL></VALIDITYTIME>"));
    CU_ASSERT_PTR_NOT_NULL(strstr(
        text,
        "<DISTRIBUTIONPOINT><OBJECT type=\"License-Acquisition-URL\">"
        "<ID type=\"MS-GUID\">{0F45FD50-383B-43EE-90A4-ED013CD0CFE5}</ID>"
        "<NAME>DRM Server Cluster</NAME><ADDRESS type=\"URL\">https://"
        "rms.example/_wmcs/licensing</ADDRESS></OBJECT></DISTRIBUTIONPOINT>"));
    CU_ASSERT_PTR_NOT_NULL(
        strstr(text, "<WORK><OBJECT><ID type=\"MS-GUID\">" PUBLISHING_CONTENT
                     "</ID></OBJECT><METADATA><OWNER><OBJECT>"
                     "<ID type=\"Windows\" /><NAME>ann@example.org</NAME>"
                     "</OBJECT></OWNER></METADATA></WORK>"));
    /* of the server for which it is, everything as its certificate has it */
    char *issuer = licensing_between(text, "<ISSUER>", "<ISSUER>", "</ISSUER>");
    char *server =
        licensing_between(text, "<ISSUEDPRINCIPALS>",
                          "<PRINCIPAL internal-id=\"1\">", "<ENABLINGBITS");
    CU_ASSERT_STRING_EQUAL(issuer, server);
    char *element = publishing_element(text);
    CU_ASSERT_EQUAL(publishing_open(text, "<ISSUEDPRINCIPALS>", element,
                                    server_key(&publishing), key),
                    16);
    CU_ASSERT_EQUAL(memcmp(key, publishing_key, 16), 0);
    CU_ASSERT_EQUAL(pl.range.until, INT64_C(2016180000)); /* date -u -d */
    free(element);
    free(issuer);
    free(server);
    iss_licensed_clear(&pl);
    publishing_free(&publishing);
}

static void its_rights_are_for_who_has_the_content_key(void)
{
    struct publishing publishing;
    struct iss_licensed pl;

    publishing_new(&publishing);
    publishing.terms.validity = (struct xrml_range){
        .present = true, .from = 1795255200, .until = 1826791200};
    publishing.terms.referral = "mailto:ann@example.org";
    publishing.grants[1].mail = NULL;
    publishing.grants[1].right = "ObjModel";
    publishing.grants[1].interval =
        (struct xrml_interval){.present = true, .days = 3};
    const struct iss_license_order order = publishing_pl(&publishing);
    licensing_must(&publishing.licensing, &order, &pl);
    char *rights = publishing_rights(pl.document, publishing_key, 16);
    CU_ASSERT_STRING_EQUAL(
        rights,
        "<XrML xmlns=\"\" version=\"1.2\"><BODY type=\"Microsoft Rights "
        "Template\" version=\"3.0\"><ISSUEDTIME>2026-11-21T10:00</ISSUEDTIME>"
        "<DISTRIBUTIONPOINT><OBJECT type=\"Referral-Info\"><ID type=\"MS-GUID\""
        ">{81C42010-208A-458A-BAB6-C3C60F06DD5F}</ID><NAME>ann@example.org"
        "</NAME><ADDRESS type=\"URL\">mailto:ann@example.org</ADDRESS></OBJECT>"
        "</DISTRIBUTIONPOINT>"
        "<WORK><OBJECT><ID type=\"MS-GUID\">" PUBLISHING_CONTENT
        "</ID></OBJECT><METADATA><OWNER><OBJECT><ID type=\"Windows\" />"
        "<NAME>ann@example.org</NAME></OBJECT></OWNER></METADATA>"
        "<PRECONDITIONLIST><TIME><RANGETIME><FROM>2026-11-21T10:00</FROM>"
        "<UNTIL>2027-11-21T10:00</UNTIL></RANGETIME></TIME></PRECONDITIONLIST>"
        "<RIGHTSGROUP name=\"Main-Rights\"><RIGHTSLIST>"
        "<RIGHT name=\"OWNER\"><CONDITIONLIST><ACCESS><PRINCIPAL><OBJECT>"
        "<ID type=\"Internal\">Owner</ID></OBJECT></PRINCIPAL></ACCESS>"
        "</CONDITIONLIST></RIGHT>"
        "<VIEW><CONDITIONLIST><ACCESS><PRINCIPAL><OBJECT>"
        "<ID type=\"Unspecified\" /><NAME>bob@example.org</NAME></OBJECT>"
        "</PRINCIPAL></ACCESS></CONDITIONLIST></VIEW>"
        "<RIGHT name=\"OBJMODEL\"><CONDITIONLIST><ACCESS><PRINCIPAL><OBJECT>"
        "<ID type=\"Internal\">ANYONE</ID></OBJECT></PRINCIPAL></ACCESS>"
        "<TIME><INTERVALTIME days=\"3\" /></TIME></CONDITIONLIST></RIGHT>"
        "</RIGHTSLIST></RIGHTSGROUP></WORK></BODY></XrML>");
    CU_ASSERT_EQUAL(pl.range.until, 1826791200);
    free(rights);
    iss_licensed_clear(&pl);
    publishing_free(&publishing);
}

static void a_longer_content_key_is_kept_whole(void)
{
    struct publishing publishing;
    struct iss_licensed pl;
    uint8_t content[32];
    uint8_t key[32];

    publishing_new(&publishing);
    for (size_t i = 0; i < sizeof(content); i++)
        content[i] = (uint8_t)(i * 7);
    struct iss_license_order order = publishing_pl(&publishing);
    order.content_key = content;
    order.content_key_len = sizeof(content);
    licensing_must(&publishing.licensing, &order, &pl);
    char *element = publishing_element(pl.document);
    CU_ASSERT_EQUAL(publishing_open(pl.document, "<ISSUEDPRINCIPALS>", element,
                                    server_key(&publishing), key),
                    32);
    CU_ASSERT_EQUAL(memcmp(key, content, 32), 0);
    char *rights = publishing_rights(pl.document, content, 32);
    CU_ASSERT_PTR_NOT_NULL(strstr(rights, "<NAME>bob@example.org</NAME>"));
    free(rights);
    free(element);
    iss_licensed_clear(&pl);
    publishing_free(&publishing);
}

static void what_is_no_order_is_told_as_that(void)
{
    struct publishing publishing;
    struct iss_licensed pl;

    static const uint8_t between[24] = {1};

    publishing_new(&publishing);
    const struct iss_license_order good = publishing_pl(&publishing);
    const struct iss_terms terms = publishing.terms;
    struct iss_license_order order = good;
    order.content_key = between;
    order.content_key_len = sizeof(between);
    CU_ASSERT_EQUAL(licensing_issue(&publishing.licensing, &order, &pl),
                    ISS_MALFORMED);
    CU_ASSERT_TRUE(licensing_said(&publishing.licensing, "not 24"));
    order = good;
    order.terms = NULL;
    CU_ASSERT_EQUAL(licensing_issue(&publishing.licensing, &order, &pl),
                    ISS_MALFORMED);
    const struct {
        const char *what;
        struct iss_terms terms;
        enum iss_status status;
        const char *said;
    } rows[] = {
        {"no owner", {.owner = {.mail = NULL}}, ISS_MALFORMED, "owner"},
        {"an owner without @",
         {.owner = {.mail = "ann"}},
         ISS_MALFORMED,
         "owner"},
        {"a name without form",
         {.owner = terms.owner, .text = "Secret"},
         ISS_MALFORMED,
         "LCID"},
        {"a content that has ended",
         {.owner = terms.owner,
          .validity = {.present = true, .from = 1, .until = 1000}},
         ISS_REFUSED,
         "has ended"},
        {"no GUID",
         {.owner = terms.owner, .content_guid = "4711"},
         ISS_MALFORMED,
         "no GUID"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        order = good;
        order.terms = &rows[i].terms;
        CU_ASSERT_EQUAL(licensing_issue(&publishing.licensing, &order, &pl),
                        rows[i].status);
        CU_ASSERT_TRUE(licensing_said(&publishing.licensing, rows[i].said));
    }
    publishing_free(&publishing);
}

/* A template is signed: nothing can be said in it. */
static void a_template_has_no_place_for_a_later_time(void)
{
    struct publishing publishing;
    struct iss_licensed template;
    struct iss_licensed pl;

    publishing_new(&publishing);
    struct iss_terms terms = {.text = "LCID 1033:NAME Plan:DESCRIPTION ours;",
                              .grants = publishing.grants,
                              .grant_count = 2};
    const struct iss_license_order first = {.kind = ISS_TEMPLATE,
                                            .terms = &terms};
    licensing_must(&publishing.licensing, &first, &template);
    terms = publishing.terms;
    terms.grant_count = 0;
    terms.validity = (struct xrml_range){.present = true,
                                         .from = STORES_NOW + 86400,
                                         .until = STORES_NOW + 2 * 86400};
    struct iss_license_order order = publishing_pl(&publishing);
    order.terms = &terms;
    order.template_text =
        (struct iss_text){.text = template.document, .len = template.len};
    CU_ASSERT_EQUAL(licensing_issue(&publishing.licensing, &order, &pl),
                    ISS_REFUSED);
    CU_ASSERT_TRUE(licensing_said(&publishing.licensing, "later time"));
    terms.validity.from = STORES_NOW;
    licensing_must(&publishing.licensing, &order, &pl);
    CU_ASSERT_EQUAL(pl.range.until, STORES_NOW + 2 * 86400);
    iss_licensed_clear(&pl);
    iss_licensed_clear(&template);
    publishing_free(&publishing);
}

/* ---- handed in ---------------------------------------------------------- */

static const char rights_of_ann[] =
    "<XrML xmlns=\"\" version=\"1.2\"><BODY type=\"Microsoft Rights Template\" "
    "version=\"3.0\"><ISSUEDTIME>2026-11-21T09:58</ISSUEDTIME><WORK><OBJECT>"
    "<ID type=\"MS-GUID\">" PUBLISHING_CONTENT
    "</ID></OBJECT><METADATA><OWNER><OBJECT><ID type=\"Windows\" />"
    "<NAME>ann@example.org</NAME></OBJECT></OWNER></METADATA>"
    "<RIGHTSGROUP name=\"Main-Rights\"><RIGHTSLIST><VIEW><CONDITIONLIST>"
    "<ACCESS><PRINCIPAL><OBJECT><ID type=\"Windows\" />"
    "<NAME>bob@example.org</NAME></OBJECT></PRINCIPAL></ACCESS>"
    "</CONDITIONLIST></VIEW></RIGHTSLIST></RIGHTSGROUP></WORK></BODY></XrML>";

/* An unsigned license for the server, by hand; free(). */
static char *hand_in(struct publishing *publishing, const char *rights,
                     const char *owner, enum publishing_fault fault)
{
    struct iss_licensed clc;
    const struct iss_license_order order = licensing_clc(&publishing->ann);
    char *element = NULL;
    char *out = NULL;

    licensing_must(&publishing->licensing, &order, &clc);
    char *server =
        licensing_between(clc.document, "<ISSUER>", "<ISSUER>", "</ISSUER>");
    CU_ASSERT_TRUE_FATAL(
        asprintf(&element,
                 "<ISSUEDPRINCIPALS><PRINCIPAL internal-id=\"1\">%s"
                 "</PRINCIPAL></ISSUEDPRINCIPALS>",
                 server) > 0);
    char *bits =
        publishing_seal(element, server_key(publishing), publishing_key, fault);
    char *data = publishing_encrypt(rights, publishing_key);
    CU_ASSERT_TRUE_FATAL(
        asprintf(
            &out,
            "<XrML xmlns=\"\" version=\"1.2\"><BODY type=\"Microsoft Rights "
            "Label\" version=\"3.0\"><ISSUEDTIME>2026-11-21T09:58</ISSUEDTIME>"
            "<ISSUER>%s</ISSUER><ISSUEDPRINCIPALS>"
            "<PRINCIPAL internal-id=\"1\">%s<ENABLINGBITS "
            "type=\"sealed-key-v2\"><VALUE encoding=\"base64\" size=\"%zu\">%s"
            "</VALUE></ENABLINGBITS></PRINCIPAL></ISSUEDPRINCIPALS>"
            "<DISTRIBUTIONPOINT><OBJECT type=\"Referral-Info\">"
            "<ID type=\"MS-GUID\">{81C42010-208A-458A-BAB6-C3C60F06DD5F}</ID>"
            "<NAME>Ann</NAME><ADDRESS type=\"URL\">mailto:ann@example.org"
            "</ADDRESS></OBJECT></DISTRIBUTIONPOINT>"
            "<WORK><OBJECT><ID type=\"MS-GUID\">" PUBLISHING_CONTENT
            "</ID></OBJECT><METADATA><OWNER><OBJECT><ID type=\"Windows\" />"
            "<NAME>%s</NAME></OBJECT></OWNER></METADATA></WORK>"
            "<AUTHENTICATEDDATA id=\"Encrypted-Rights-Data\">%s"
            "</AUTHENTICATEDDATA></BODY></XrML>",
            server, server, (size_t)336 * 8, bits, owner, data) > 0);
    free(data);
    free(bits);
    free(element);
    free(server);
    iss_licensed_clear(&clc);
    return out;
}

static enum iss_status sign_handed(struct publishing *publishing,
                                   const char *text, struct iss_licensed *pl)
{
    const struct iss_license_order order = {.kind = ISS_PL,
                                            .pl = {text, strlen(text)}};

    return licensing_issue(&publishing->licensing, &order, pl);
}

static void an_unsigned_license_is_signed_as_it_stands(void)
{
    struct publishing publishing;
    struct iss_licensed pl;
    struct iss_licensed ul;
    uint8_t key[32];

    publishing_new(&publishing);
    publishing.licensing.stores.now += 120;
    char *text =
        hand_in(&publishing, rights_of_ann, "ann@example.org", PUBLISHING_GOOD);
    CU_ASSERT_EQUAL_FATAL(sign_handed(&publishing, text, &pl), ISS_OK);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(pl.document, "<ISSUEDTIME>2026-11-21T10:02</ISSUEDTIME>"));
    CU_ASSERT_PTR_NOT_NULL(
        strstr(pl.document,
               "<NAME>DRM Server Cluster</NAME><ADDRESS type=\"URL\">https://"
               "rms.example/_wmcs/licensing</ADDRESS>"));
    CU_ASSERT_PTR_NOT_NULL(
        strstr(pl.document, "<NAME>Ann</NAME><ADDRESS type=\"URL\">mailto:"
                            "ann@example.org</ADDRESS>"));
    char *before = licensing_between(text, "<AUTHENTICATEDDATA", ">", "<");
    char *after =
        licensing_between(pl.document, "<AUTHENTICATEDDATA", ">", "<");
    CU_ASSERT_STRING_EQUAL(before, after);
    /* sealed anew, to the same key, for the element that it is now */
    char *element = publishing_element(pl.document);
    CU_ASSERT_EQUAL(publishing_open(pl.document, "<ISSUEDPRINCIPALS>", element,
                                    server_key(&publishing), key),
                    16);
    CU_ASSERT_EQUAL(memcmp(key, publishing_key, 16), 0);
    const struct iss_license_order use = publishing_ul(&pl, &publishing.bob);
    licensing_must(&publishing.licensing, &use, &ul);
    CU_ASSERT_PTR_NOT_NULL(strstr(ul.document, "<VIEW>"));
    free(element);
    free(before);
    free(after);
    free(text);
    iss_licensed_clear(&ul);
    iss_licensed_clear(&pl);
    publishing_free(&publishing);
}

static void what_is_wrong_with_one_behind_the_seal_is_one_refusal(void)
{
    static const struct {
        const char *owner;
        enum publishing_fault fault;
    } rows[] = {{"ann@example.org", PUBLISHING_PADDING},
                {"ann@example.org", PUBLISHING_HEADER},
                {"ann@example.org", PUBLISHING_HASH},
                {"ann@example.org", PUBLISHING_OTHER_KEY},
                /* Bob would make himself the owner of what Ann sealed */
                {"bob@example.org", PUBLISHING_GOOD}};
    struct publishing publishing;
    struct iss_licensed pl;
    char *first = NULL;

    publishing_new(&publishing);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *text =
            hand_in(&publishing, rights_of_ann, rows[i].owner, rows[i].fault);
        CU_ASSERT_EQUAL(sign_handed(&publishing, text, &pl), ISS_REFUSED);
        if (first == NULL)
            first = strdup(publishing.licensing.error.text);
        CU_ASSERT_STRING_EQUAL(publishing.licensing.error.text, first);
        free(text);
    }
    /* another content than the rights data are for */
    char *text =
        hand_in(&publishing, rights_of_ann, "ann@example.org", PUBLISHING_GOOD);
    char *other = publishing_replace(text, "</ISSUEDPRINCIPALS>", "{4d1f3c9e",
                                     "{5d1f3c9e");
    CU_ASSERT_EQUAL(sign_handed(&publishing, other, &pl), ISS_REFUSED);
    CU_ASSERT_TRUE(licensing_said(&publishing.licensing, "is not good"));
    free(other);
    free(text);
    free(first);
    publishing_free(&publishing);
}

static void one_for_another_server_is_refused_unopened(void)
{
    struct publishing publishing;
    struct iss_licensed pl;

    publishing_new(&publishing);
    char *text =
        hand_in(&publishing, rights_of_ann, "ann@example.org", PUBLISHING_GOOD);
    char *id = licensing_between(text, "<ISSUEDPRINCIPALS>",
                                 "<ID type=\"MS-GUID\">", "</ID>");
    char *other = publishing_replace(text, "<ISSUEDPRINCIPALS>", id,
                                     "{11111111-2222-4333-8444-555555555555}");
    CU_ASSERT_EQUAL(sign_handed(&publishing, other, &pl), ISS_REFUSED);
    CU_ASSERT_TRUE(licensing_said(&publishing.licensing, "another server"));
    free(other);
    other = publishing_replace(text, "<ISSUEDPRINCIPALS>",
                               "type=\"sealed-key-v2\"", "type=\"sealed-key\"");
    CU_ASSERT_EQUAL(sign_handed(&publishing, other, &pl), ISS_REFUSED);
    CU_ASSERT_TRUE(licensing_said(&publishing.licensing, "sealed-key-v2"));
    free(other);
    other = publishing_replace(text, "</AUTHENTICATEDDATA>", "</BODY>",
                               "<POLICYLIST type=\"exclusion\" /></BODY>");
    CU_ASSERT_NOT_EQUAL(sign_handed(&publishing, other, &pl), ISS_OK);
    free(other);
    free(id);
    free(text);
    publishing_free(&publishing);
}

UNIT_MAIN("license_pl", UNIT(a_license_is_what_is_published),
          UNIT(its_rights_are_for_who_has_the_content_key),
          UNIT(a_longer_content_key_is_kept_whole),
          UNIT(what_is_no_order_is_told_as_that),
          UNIT(a_template_has_no_place_for_a_later_time),
          UNIT(an_unsigned_license_is_signed_as_it_stands),
          UNIT(what_is_wrong_with_one_behind_the_seal_is_one_refusal),
          UNIT(one_for_another_server_is_refused_unopened))
