/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "issuer/journal.h"
#include "publishing.h"
#include "unit.h"

static const char secret[] = "LCID 1033:NAME Secret:DESCRIPTION For few;";

static struct iss_terms terms_of(const struct publishing *publishing)
{
    return (struct iss_terms){
        .text = secret, .grants = publishing->grants, .grant_count = 2};
}

static struct iss_license_order order_of(const struct iss_terms *terms)
{
    return (struct iss_license_order){.kind = ISS_TEMPLATE, .terms = terms};
}

static void a_template_is_what_is_published(void)
{
    struct publishing publishing;
    struct iss_licensed template;

    publishing_new(&publishing);
    publishing.grants[1].mail = NULL;
    struct iss_terms terms = terms_of(&publishing);
    terms.validity = (struct xrml_range){
        .present = true, .from = STORES_NOW, .until = STORES_NOW + 3600};
    const struct iss_license_order order = order_of(&terms);
    licensing_must(&publishing.licensing, &order, &template);
    const char *text = template.document;
    CU_ASSERT_PTR_EQUAL(
        strstr(text, "<XrML xmlns=\"\" version=\"1.2\"><BODY type=\"Microsoft "
                     "Official Rights Template\"><ISSUEDTIME>2026-11-21T10:00"
                     "</ISSUEDTIME><DESCRIPTOR><OBJECT><ID type=\"MS-GUID\">"),
        text);
    CU_ASSERT_PTR_NOT_NULL(strstr(
        text, "<NAME>LCID 1033:NAME Secret:DESCRIPTION For few;</NAME>"
              "</OBJECT></DESCRIPTOR><ISSUER><OBJECT type=\"MS-DRM-Server\">"));
    /* as the specification's own: no SECURITYLEVEL */
    CU_ASSERT_PTR_NULL(strstr(text, "SECURITYLEVEL"));
    CU_ASSERT_PTR_NOT_NULL(strstr(
        text,
        "</PUBLICKEY></ISSUER><DISTRIBUTIONPOINT><OBJECT "
        "type=\"Publishing-URL\"><ID type=\"MS-GUID\">"
        "{9A23D98E-4449-4ba5-812A-F30808F3CB16}</ID><NAME>Publishing Point"
        "</NAME><ADDRESS type=\"URL\">https://rms.example/_wmcs/licensing"
        "</ADDRESS></OBJECT></DISTRIBUTIONPOINT><WORK><OBJECT><ID type=\"\" />"
        "</OBJECT><PRECONDITIONLIST><TIME><RANGETIME><FROM>2026-11-21T10:00"
        "</FROM><UNTIL>2026-11-21T11:00</UNTIL></RANGETIME></TIME>"
        "</PRECONDITIONLIST><RIGHTSGROUP name=\"Main-Rights\"><RIGHTSLIST>"
        "<RIGHT name=\"OWNER\"><CONDITIONLIST><ACCESS><PRINCIPAL><OBJECT>"
        "<ID type=\"Internal\">Owner</ID></OBJECT></PRINCIPAL></ACCESS>"
        "</CONDITIONLIST></RIGHT><VIEW><CONDITIONLIST><ACCESS><PRINCIPAL>"
        "<OBJECT><ID type=\"Unspecified\" /><NAME>bob@example.org</NAME>"
        "</OBJECT></PRINCIPAL></ACCESS></CONDITIONLIST></VIEW><PRINT>"
        "<CONDITIONLIST><ACCESS><PRINCIPAL><OBJECT><ID type=\"Internal\">"
        "ANYONE</ID></OBJECT></PRINCIPAL></ACCESS></CONDITIONLIST></PRINT>"
        "</RIGHTSLIST></RIGHTSGROUP></WORK></BODY><SIGNATURE>"));
    iss_licensed_clear(&template);
    publishing_free(&publishing);
}

static void a_template_without_name_or_rights_is_none(void)
{
    struct publishing publishing;
    struct iss_licensed template;

    publishing_new(&publishing);
    struct iss_terms terms = terms_of(&publishing);
    const struct iss_license_order order = order_of(&terms);
    terms.text = NULL;
    CU_ASSERT_EQUAL(licensing_issue(&publishing.licensing, &order, &template),
                    ISS_MALFORMED);
    terms.text = "Secret";
    CU_ASSERT_EQUAL(licensing_issue(&publishing.licensing, &order, &template),
                    ISS_MALFORMED);
    CU_ASSERT_TRUE(licensing_said(&publishing.licensing, "LCID"));
    terms = terms_of(&publishing);
    terms.grant_count = 0;
    CU_ASSERT_EQUAL(licensing_issue(&publishing.licensing, &order, &template),
                    ISS_MALFORMED);
    terms = terms_of(&publishing);
    terms.owner.mail = "ann@example.org";
    CU_ASSERT_EQUAL(licensing_issue(&publishing.licensing, &order, &template),
                    ISS_MALFORMED);
    publishing_free(&publishing);
}

/* Of a template given as text: Ann publishes. */
static struct iss_license_order publish(struct publishing *publishing,
                                        const char *template)
{
    struct iss_license_order order = publishing_pl(publishing);

    publishing->terms.grant_count = 0;
    order.template_text = (struct iss_text){template, strlen(template)};
    return order;
}

static void what_is_published_with_it_repeats_it_to_the_letter(void)
{
    struct publishing publishing;
    struct iss_licensed template;
    struct iss_licensed pl;
    struct iss_licensed ul;

    publishing_new(&publishing);
    const struct iss_terms terms = terms_of(&publishing);
    const struct iss_license_order order = order_of(&terms);
    licensing_must(&publishing.licensing, &order, &template);
    const char *const texts[] = {template.document, template.chain};
    for (size_t i = 0; i < 2; i++) {
        const struct iss_license_order made = publish(&publishing, texts[i]);
        licensing_must(&publishing.licensing, &made, &pl);
        char *rights = publishing_rights(pl.document, publishing_key, 16);
        CU_ASSERT_STRING_EQUAL(rights, template.document);
        CU_ASSERT_PTR_NOT_NULL(strstr(pl.document, secret));
        struct iss_license_order use = publishing_ul(&pl, &publishing.bob);
        licensing_must(&publishing.licensing, &use, &ul);
        CU_ASSERT_PTR_NOT_NULL(strstr(ul.document, "<VIEW>"));
        CU_ASSERT_PTR_NOT_NULL(strstr(ul.document, "<PRINT>"));
        iss_licensed_clear(&ul);
        use = publishing_ul(&pl, &publishing.ann);
        licensing_must(&publishing.licensing, &use, &ul);
        CU_ASSERT_PTR_NOT_NULL(strstr(ul.document, "<RIGHT name=\"OWNER\">"));
        iss_licensed_clear(&ul);
        free(rights);
        iss_licensed_clear(&pl);
    }
    iss_licensed_clear(&template);
    publishing_free(&publishing);
}

static void an_altered_template_publishes_nothing(void)
{
    struct publishing publishing;
    struct iss_licensed template;
    struct iss_licensed pl;

    publishing_new(&publishing);
    const struct iss_terms terms = terms_of(&publishing);
    const struct iss_license_order order = order_of(&terms);
    licensing_must(&publishing.licensing, &order, &template);
    char *other = publishing_replace(template.chain, "<VIEW>",
                                     "bob@example.org", "eve@example.org");
    struct iss_license_order made = publish(&publishing, other);
    CU_ASSERT_EQUAL(licensing_issue(&publishing.licensing, &made, &pl),
                    ISS_SIGNATURE);
    made = publish(&publishing, publishing.ann.chain);
    CU_ASSERT_EQUAL(licensing_issue(&publishing.licensing, &made, &pl),
                    ISS_SEMANTICS);
    made = publish(&publishing, template.chain);
    publishing.terms.grant_count = 1;
    CU_ASSERT_EQUAL(licensing_issue(&publishing.licensing, &made, &pl),
                    ISS_MALFORMED);
    CU_ASSERT_TRUE(licensing_said(&publishing.licensing, "not by both"));
    free(other);
    iss_licensed_clear(&template);
    publishing_free(&publishing);
}

/* A client's license made with a template: who its owner is, nobody but the
 * client says; and a template that is not ours counts for nothing. */
static void of_a_template_in_the_rights_data_the_signature_counts(void)
{
    struct publishing publishing;
    struct iss_licensed template;
    struct iss_licensed ul;

    publishing_new(&publishing);
    const struct iss_terms terms = terms_of(&publishing);
    const struct iss_license_order order = order_of(&terms);
    licensing_must(&publishing.licensing, &order, &template);
    struct publishing_forged forged = {.owner = "bob@example.org",
                                       .rights = template.document};
    char *pl = publishing_forge(&publishing, &forged);
    struct iss_license_order use = {
        .kind = ISS_UL,
        .rac = {publishing.bob.chain, publishing.bob.chain_len},
        .pl = {pl, strlen(pl)}};
    licensing_must(&publishing.licensing, &use, &ul);
    CU_ASSERT_PTR_NOT_NULL(strstr(ul.document, "<VIEW>"));
    CU_ASSERT_PTR_NULL(strstr(ul.document, "\"OWNER\""));
    iss_licensed_clear(&ul);
    free(pl);
    char *other = publishing_replace(template.document, "<RIGHTSLIST>",
                                     "<VIEW>", "<EDIT>");
    char *both = publishing_replace(other, "<EDIT>", "</VIEW>", "</EDIT>");
    forged.rights = both;
    pl = publishing_forge(&publishing, &forged);
    use.pl = (struct iss_text){pl, strlen(pl)};
    CU_ASSERT_EQUAL(licensing_issue(&publishing.licensing, &use, &ul),
                    ISS_REFUSED);
    CU_ASSERT_TRUE(licensing_said(&publishing.licensing,
                                  "grants this account nothing now, or what "
                                  "is sealed in it is not good"));
    free(pl);
    free(both);
    free(other);
    iss_licensed_clear(&template);
    publishing_free(&publishing);
}

/* It is signed once and used for years. */
static void it_outlives_the_certificate_that_it_was_signed_under(void)
{
    struct publishing publishing;
    struct iss_licensed template;
    struct iss_licensed pl;
    struct iss_licensed ul;

    publishing_new(&publishing);
    const struct iss_terms terms = terms_of(&publishing);
    const struct iss_license_order order = order_of(&terms);
    licensing_must(&publishing.licensing, &order, &template);
    struct iss_license_order made = publish(&publishing, template.chain);
    licensing_must(&publishing.licensing, &made, &pl);
    stores_close(&publishing.licensing.stores, publishing.licensing.root);
    publishing.licensing.stores.now += 300 * 86400;
    stores_pass(&publishing.licensing.stores, ISS_RENEW);
    publishing.licensing.root = stores_open(&publishing.licensing.stores,
                                            publishing.licensing.stores.root);
    publishing.licensing.stores.now += 3600;
    const struct iss_license_order use = publishing_ul(&pl, &publishing.bob);
    licensing_must(&publishing.licensing, &use, &ul);
    iss_licensed_clear(&ul);
    iss_licensed_clear(&pl);
    made = publish(&publishing, template.chain);
    licensing_must(&publishing.licensing, &made, &pl);
    iss_licensed_clear(&pl);
    iss_licensed_clear(&template);
    publishing_free(&publishing);
}

UNIT_MAIN("license_template", UNIT(a_template_is_what_is_published),
          UNIT(a_template_without_name_or_rights_is_none),
          UNIT(what_is_published_with_it_repeats_it_to_the_letter),
          UNIT(an_altered_template_publishes_nothing),
          UNIT(of_a_template_in_the_rights_data_the_signature_counts),
          UNIT(it_outlives_the_certificate_that_it_was_signed_under))
