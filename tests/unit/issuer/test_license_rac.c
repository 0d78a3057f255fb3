/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "issuer/journal.h"
#include "issuer/trust.h"
#include "licensing.h"
#include "unit.h"

static const char rac_key[] = "<ISSUEDPRINCIPALS>";

/* The chain as xrml reads it, up to the root's anchors. */
static void verify(struct licensing *licensing,
                   const struct iss_licensed *licensed, size_t documents)
{
    struct xrml_chain chain = {.count = 0};
    struct xrml_anchors *anchors = NULL;
    struct xrml_report report;
    const struct xrml_policy policy = {.at_set = true,
                                       .at = licensing->stores.now,
                                       .now = licensing->stores.now};

    CU_ASSERT_EQUAL(iss_anchors(licensing->root, &anchors, &licensing->error),
                    ISS_OK);
    CU_ASSERT_EQUAL(xrml_chain_append(&chain, licensed->chain,
                                      licensed->chain_len, 0,
                                      &licensing->error),
                    ISS_OK);
    CU_ASSERT_EQUAL(chain.count, documents);
    CU_ASSERT_EQUAL(xrml_chain_verify(NULL, &chain, anchors, &policy, &report,
                                      &licensing->error),
                    ISS_OK);
    xrml_anchors_free(anchors);
    xrml_chain_clear(&chain);
}

static void a_rac_is_what_is_published(void)
{
    struct licensing licensing;
    struct iss_licensed rac;

    licensing_new(&licensing);
    struct iss_license_order order =
        licensing_rac(&licensing, "Ann@Example.com");
    order.user.id = "S-1-5-21-3270430776-546919264-923996561-1118";
    licensing_must(&licensing, &order, &rac);
    verify(&licensing, &rac, 5);
    const char *text = rac.document;
    CU_ASSERT_PTR_NOT_NULL(strstr(
        text, "<ISSUEDTIME>2026-11-21T10:00</ISSUEDTIME><VALIDITYTIME><FROM>"
              "2026-11-21T09:45</FROM><UNTIL>2027-11-21T10:00</UNTIL>"
              "</VALIDITYTIME><DESCRIPTOR><OBJECT type=\"Group-Identity-"
              "Credential\"><ID type=\"MS-GUID\">{"));
    CU_ASSERT_PTR_NOT_NULL(strstr(
        text,
        "</ISSUER><DISTRIBUTIONPOINT><OBJECT type=\"Activation\"><ID "
        "type=\"MS-GUID\">{8BA9EA80-99E4-4a2b-9764-4CD84F77C3A0}</ID><NAME>"
        "Microsoft Identity Certification Server</NAME><ADDRESS type=\"URL\">"
        "https://rms.example/_wmcs/certification</ADDRESS></OBJECT>"
        "</DISTRIBUTIONPOINT><ISSUEDPRINCIPALS><PRINCIPAL internal-id=\"1\">"
        "<OBJECT type=\"Group-Identity\"><ID type=\"Windows\">S-1-5-21-"
        "3270430776-546919264-923996561-1118</ID><NAME>Ann@Example.com</NAME>"
        "</OBJECT><PUBLICKEY>"));
    CU_ASSERT_PTR_NOT_NULL(strstr(
        text, "<SECURITYLEVEL name=\"Group-Identity-Credential-Type\" "
              "value=\"Persistent\" /><SECURITYLEVEL name=\"Group-Identity-"
              "Type\" value=\"Group\" /><SECURITYLEVEL name=\"Group-Identity-"
              "Policy\" value=\"Group-Identity-Credential\" /></PRINCIPAL>"
              "</ISSUEDPRINCIPALS><FEDERATIONPRINCIPALS><PRINCIPAL><OBJECT "
              "type=\"Machine-Unique-Identifier\">"));
    CU_ASSERT_EQUAL(rac.kind, ISS_RAC);
    CU_ASSERT_FALSE(rac.again);
    CU_ASSERT_EQUAL(rac.range.from, STORES_NOW - 15 * 60);
    CU_ASSERT_EQUAL(rac.range.until, STORES_NOW + INT64_C(365) * 86400);
    iss_licensed_clear(&rac);
    licensing_free(&licensing);
}

static void issuer_and_machine_are_copied_as_they_stand(void)
{
    struct licensing licensing;
    struct iss_licensed rac;
    struct xrml_chain own;

    licensing_new(&licensing);
    const struct iss_license_order order =
        licensing_rac(&licensing, "ann@example.com");
    licensing_must(&licensing, &order, &rac);
    CU_ASSERT_EQUAL(iss_chain(licensing.root, &own, NULL), ISS_OK);
    char *slc = strndup(xrml_text(own.documents[0], &(size_t){0}),
                        strlen(xrml_text(own.documents[0], &(size_t){0})));
    char *principal =
        licensing_between(slc, "<PRINCIPAL internal-id",
                          "<PRINCIPAL internal-id=\"1\">", "</PRINCIPAL>");
    char *issuer =
        licensing_between(rac.document, "<ISSUER>", "<ISSUER>", "</ISSUER>");
    CU_ASSERT_STRING_EQUAL(principal, issuer);
    char *spc = licensing_between(licensing.machine.certificate,
                                  "<ISSUEDPRINCIPALS>", "<OBJECT", "</OBJECT>");
    char *machine = licensing_between(rac.document, "<FEDERATIONPRINCIPALS>",
                                      "<OBJECT", "</OBJECT>");
    CU_ASSERT_STRING_EQUAL(spc, machine);
    char *manufacturer =
        licensing_between(licensing.machine.certificate, "<ISSUEDPRINCIPALS>",
                          "<SECURITYLEVEL name=\"Manufacturer\"", "/>");
    char *copied =
        licensing_between(rac.document, "<FEDERATIONPRINCIPALS>",
                          "<SECURITYLEVEL name=\"Manufacturer\"", "/>");
    CU_ASSERT_STRING_EQUAL(manufacturer, copied);
    free(manufacturer);
    free(copied);
    free(spc);
    free(machine);
    free(issuer);
    free(principal);
    free(slc);
    xrml_chain_clear(&own);
    iss_licensed_clear(&rac);
    licensing_free(&licensing);
}

static void a_user_has_one_pair_on_all_machines(void)
{
    struct licensing licensing;
    struct client_machine other;
    EVP_PKEY *other_key = NULL;
    struct iss_licensed first;
    struct iss_licensed second;

    licensing_new(&licensing);
    licensing_machine(&licensing, "desk2", &other, &other_key);
    struct iss_license_order order =
        licensing_rac(&licensing, "ann@example.com");
    licensing_must(&licensing, &order, &first);
    licensing_again(&licensing);
    order.machine = (struct iss_text){other.certificate, other.certificate_len};
    order.user.mail = "ANN@example.com";
    licensing_must(&licensing, &order, &second);
    EVP_PKEY *pair = licensing_open(first.document, licensing.machine_key);
    EVP_PKEY *same = licensing_open(second.document, other_key);
    CU_ASSERT_PTR_NOT_NULL_FATAL(pair);
    CU_ASSERT_PTR_NOT_NULL_FATAL(same);
    CU_ASSERT_TRUE(licensing_certifies(first.document, rac_key, pair));
    CU_ASSERT_EQUAL(EVP_PKEY_eq(pair, same), 1);
    CU_ASSERT_EQUAL(EVP_PKEY_get_bits(pair), 2048);
    /* neither machine opens the other's */
    CU_ASSERT_PTR_NULL(licensing_open(second.document, licensing.machine_key));
    CU_ASSERT_PTR_NULL(licensing_open(first.document, other_key));
    CU_ASSERT_EQUAL(stores_records(&licensing.stores, licensing.stores.root,
                                   ISS_REC_ACCOUNT),
                    1);
    EVP_PKEY_free(pair);
    EVP_PKEY_free(same);
    EVP_PKEY_free(other_key);
    client_machine_clear(&other);
    iss_licensed_clear(&first);
    iss_licensed_clear(&second);
    licensing_free(&licensing);
}

static void another_user_has_another_pair(void)
{
    struct licensing licensing;
    struct iss_licensed ann;
    struct iss_licensed bob;

    licensing_new(&licensing);
    struct iss_license_order order =
        licensing_rac(&licensing, "ann@example.com");
    licensing_must(&licensing, &order, &ann);
    order.user.mail = "bob@example.com";
    licensing_must(&licensing, &order, &bob);
    EVP_PKEY *pair = licensing_open(ann.document, licensing.machine_key);
    EVP_PKEY *other = licensing_open(bob.document, licensing.machine_key);
    CU_ASSERT_EQUAL(EVP_PKEY_eq(pair, other), 0);
    EVP_PKEY_free(pair);
    EVP_PKEY_free(other);
    iss_licensed_clear(&ann);
    iss_licensed_clear(&bob);
    licensing_free(&licensing);
}

static void a_temporary_rac_lives_fifteen_minutes(void)
{
    struct licensing licensing;
    struct iss_licensed rac;

    licensing_new(&licensing);
    struct iss_license_order order =
        licensing_rac(&licensing, "ann@example.com");
    order.temporary = true;
    licensing_must(&licensing, &order, &rac);
    CU_ASSERT_EQUAL(rac.range.until, STORES_NOW + 15 * 60);
    CU_ASSERT_PTR_NOT_NULL(strstr(rac.document, "value=\"Temporary\""));
    iss_licensed_clear(&rac);
    licensing_configure(&licensing,
                        "[validity]\nrac_temporary = 2h\nrac = 30d\n");
    licensing_must(&licensing, &order, &rac);
    CU_ASSERT_EQUAL(rac.range.until, STORES_NOW + 2 * 3600);
    iss_licensed_clear(&rac);
    order.temporary = false;
    licensing_must(&licensing, &order, &rac);
    CU_ASSERT_EQUAL(rac.range.until, STORES_NOW + INT64_C(30) * 86400);
    iss_licensed_clear(&rac);
    licensing_free(&licensing);
}

static void a_machine_that_nobody_trusts_gets_nothing(void)
{
    struct licensing licensing;
    struct client_machine other;
    struct iss_licensed rac;

    licensing_new(&licensing);
    CU_ASSERT_EQUAL(
        client_machine_make(NULL, "stranger", STORES_NOW - 60, &other, NULL),
        ISS_OK);
    struct iss_license_order order =
        licensing_rac(&licensing, "ann@example.com");
    order.machine = (struct iss_text){other.certificate, other.certificate_len};
    CU_ASSERT_EQUAL(licensing_issue(&licensing, &order, &rac), ISS_KEY);
    CU_ASSERT_TRUE(licensing_said(&licensing, "machine certificate: "));
    CU_ASSERT_PTR_NULL(rac.document);
    CU_ASSERT_EQUAL(
        stores_records(&licensing.stores, licensing.stores.root, ISS_REC_DENY),
        1);
    client_machine_clear(&other);
    licensing_free(&licensing);
}

static void what_is_no_machine_is_refused_as_that(void)
{
    struct licensing licensing;
    struct iss_licensed rac;
    struct iss_licensed wrong;

    licensing_new(&licensing);
    struct iss_license_order order =
        licensing_rac(&licensing, "ann@example.com");
    licensing_must(&licensing, &order, &rac);
    order.machine = (struct iss_text){rac.chain, rac.chain_len};
    CU_ASSERT_EQUAL(licensing_issue(&licensing, &order, &wrong), ISS_SEMANTICS);
    CU_ASSERT_TRUE(licensing_said(&licensing, "machine certificate: it is a"));
    order.machine = (struct iss_text){"no XML", 6};
    CU_ASSERT_EQUAL(licensing_issue(&licensing, &order, &wrong), ISS_XML);
    CU_ASSERT_TRUE(licensing_said(&licensing, "machine certificate: "));
    order.machine = (struct iss_text){NULL, 0};
    CU_ASSERT_EQUAL(licensing_issue(&licensing, &order, &wrong), ISS_MALFORMED);
    CU_ASSERT_TRUE(
        licensing_said(&licensing, "machine certificate: it is missing"));
    iss_licensed_clear(&rac);
    licensing_free(&licensing);
}

static void a_changed_machine_certificate_fails_its_signature(void)
{
    struct licensing licensing;
    struct iss_licensed rac;

    licensing_new(&licensing);
    char *changed = strdup(licensing.machine.certificate);
    char *name = strstr(changed, "<NAME>Machine</NAME>");
    CU_ASSERT_PTR_NOT_NULL_FATAL(name);
    name[6] = 'm';
    struct iss_license_order order =
        licensing_rac(&licensing, "ann@example.com");
    order.machine.text = changed;
    CU_ASSERT_EQUAL(licensing_issue(&licensing, &order, &rac), ISS_SIGNATURE);
    free(changed);
    licensing_free(&licensing);
}

static void an_excluded_account_gets_no_further_rac(void)
{
    struct licensing licensing;
    struct iss_licensed rac;
    struct iss_licensed more;
    uint8_t hash[32];
    struct xrml_chain chain = {.count = 0};

    licensing_new(&licensing);
    const struct iss_license_order order =
        licensing_rac(&licensing, "ann@example.com");
    licensing_must(&licensing, &order, &rac);
    CU_ASSERT_EQUAL(
        xrml_chain_append(&chain, rac.chain, rac.chain_len, 0, NULL), ISS_OK);
    CU_ASSERT_EQUAL(
        xrml_key_hash(&xrml_fields(chain.documents[0])->principal_key, hash,
                      NULL),
        ISS_OK);
    const struct iss_trusted excluded = {.kind = ISS_TRUST_EXCLUDED,
                                         .name = "ann",
                                         .text = {rac.chain, rac.chain_len},
                                         .hash = hash,
                                         .uri = ""};
    CU_ASSERT_EQUAL(iss_trust_add(licensing.root, &excluded, &licensing.error),
                    ISS_OK);
    CU_ASSERT_EQUAL(licensing_issue(&licensing, &order, &more), ISS_REFUSED);
    CU_ASSERT_TRUE(licensing_said(&licensing, "excluded"));
    xrml_chain_clear(&chain);
    iss_licensed_clear(&rac);
    licensing_free(&licensing);
}

static void a_pair_outlives_a_change_of_the_licensor_key(void)
{
    struct licensing licensing;
    struct iss_licensed before;
    struct iss_licensed after;
    struct iss_licensed later;

    licensing_new(&licensing);
    const struct iss_license_order order =
        licensing_rac(&licensing, "ann@example.com");
    licensing_must(&licensing, &order, &before);
    stores_close(&licensing.stores, licensing.root);
    stores_pass(&licensing.stores, ISS_REKEY);
    licensing.root = stores_open(&licensing.stores, licensing.stores.root);
    licensing_must(&licensing, &order, &after);
    licensing_must(&licensing, &order, &later);
    EVP_PKEY *pair = licensing_open(before.document, licensing.machine_key);
    EVP_PKEY *same = licensing_open(after.document, licensing.machine_key);
    EVP_PKEY *last = licensing_open(later.document, licensing.machine_key);
    CU_ASSERT_EQUAL(EVP_PKEY_eq(pair, same), 1);
    CU_ASSERT_EQUAL(EVP_PKEY_eq(pair, last), 1);
    /* sealed to the new key once, and opened with that from then on */
    CU_ASSERT_EQUAL(stores_records(&licensing.stores, licensing.stores.root,
                                   ISS_REC_ACCOUNT),
                    2);
    EVP_PKEY_free(pair);
    EVP_PKEY_free(same);
    EVP_PKEY_free(last);
    iss_licensed_clear(&before);
    iss_licensed_clear(&after);
    iss_licensed_clear(&later);
    licensing_free(&licensing);
}

static void an_end_beyond_the_configured_one_is_refused(void)
{
    struct licensing licensing;
    struct iss_licensed rac;

    licensing_new(&licensing);
    struct iss_license_order order =
        licensing_rac(&licensing, "ann@example.com");
    order.until = STORES_NOW + INT64_C(366) * 86400;
    CU_ASSERT_EQUAL(licensing_issue(&licensing, &order, &rac), ISS_REFUSED);
    CU_ASSERT_TRUE(licensing_said(&licensing, "2027-11-21T10:00"));
    order.until = STORES_NOW;
    CU_ASSERT_EQUAL(licensing_issue(&licensing, &order, &rac), ISS_REFUSED);
    order.until = STORES_NOW + 86400;
    licensing_must(&licensing, &order, &rac);
    CU_ASSERT_EQUAL(rac.range.until, STORES_NOW + 86400);
    iss_licensed_clear(&rac);
    licensing_free(&licensing);
}

static void a_name_that_cannot_stand_in_a_document_is_refused(void)
{
    static const char *const mails[] = {"\xff@example.com", "\xc3@example.com",
                                        "\xc2\x80@example.com",
                                        "\xe2\x80\xae@example.com"};
    struct licensing licensing;
    struct iss_licensed rac;

    licensing_new(&licensing);
    for (size_t i = 0; i < sizeof(mails) / sizeof(mails[0]); i++) {
        const struct iss_license_order order =
            licensing_rac(&licensing, mails[i]);
        CU_ASSERT_EQUAL(licensing_issue(&licensing, &order, &rac),
                        ISS_MALFORMED);
        CU_ASSERT_TRUE(licensing_said(&licensing, "not UTF-8"));
    }
    const struct iss_license_order order =
        licensing_rac(&licensing, "j\xc3\xb6rg@example.com");
    licensing_must(&licensing, &order, &rac);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(rac.document, "<NAME>j\xc3\xb6rg@example.com</NAME>"));
    iss_licensed_clear(&rac);
    licensing_free(&licensing);
}

UNIT_MAIN("license_rac", UNIT(a_rac_is_what_is_published),
          UNIT(issuer_and_machine_are_copied_as_they_stand),
          UNIT(a_user_has_one_pair_on_all_machines),
          UNIT(another_user_has_another_pair),
          UNIT(a_temporary_rac_lives_fifteen_minutes),
          UNIT(a_machine_that_nobody_trusts_gets_nothing),
          UNIT(what_is_no_machine_is_refused_as_that),
          UNIT(a_changed_machine_certificate_fails_its_signature),
          UNIT(an_excluded_account_gets_no_further_rac),
          UNIT(a_pair_outlives_a_change_of_the_licensor_key),
          UNIT(an_end_beyond_the_configured_one_is_refused),
          UNIT(a_name_that_cannot_stand_in_a_document_is_refused))
