/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "issuer/journal.h"
#include "issuer/trust.h"
#include "licensing.h"
#include "unit.h"

static void a_clc_is_what_is_published(void)
{
    struct licensing licensing;
    struct iss_licensed rac;
    struct iss_licensed clc;

    licensing_new(&licensing);
    const struct iss_license_order first =
        licensing_rac(&licensing, "ann@example.com");
    licensing_must(&licensing, &first, &rac);
    const struct iss_license_order order = licensing_clc(&rac);
    licensing_must(&licensing, &order, &clc);
    const char *text = clc.document;
    CU_ASSERT_PTR_NOT_NULL(strstr(
        text, "<ISSUEDTIME>2026-11-21T10:00</ISSUEDTIME><DESCRIPTOR><OBJECT "
              "type=\"Client-Licensor-Certificate\"><ID type=\"MS-GUID\">{"));
    CU_ASSERT_PTR_NOT_NULL(strstr(
        text,
        "</ISSUER><DISTRIBUTIONPOINT><OBJECT type=\"License-Acquisition-URL\">"
        "<ID type=\"MS-GUID\">{0F45FD50-383B-43EE-90A4-ED013CD0CFE5}</ID>"
        "<NAME>DRM Server Cluster</NAME><ADDRESS type=\"URL\">https://"
        "rms.example/_wmcs/licensing</ADDRESS></OBJECT></DISTRIBUTIONPOINT>"
        "<ISSUEDPRINCIPALS>"));
    CU_ASSERT_PTR_NOT_NULL(strstr(
        text, "<RIGHT name=\"ISSUE\"><CONDITIONLIST><TIME><RANGETIME>"
              "<FROM>2026-11-21T10:00</FROM><UNTIL>2033-11-21T10:00"
              "</UNTIL></RANGETIME></TIME><ACCESS><PRINCIPAL "
              "internal-id=\"1\"><ENABLINGBITS type=\"sealed-key-v2\">"));
    char *account = licensing_between(rac.document, "<ISSUEDPRINCIPALS>",
                                      "<OBJECT", "</OBJECT>");
    char *copied =
        licensing_between(text, "<ISSUEDPRINCIPALS>", "<OBJECT", "</OBJECT>");
    CU_ASSERT_STRING_EQUAL(account, copied);
    char *descriptor =
        licensing_between(text, "<DESCRIPTOR>", "<OBJECT", "</OBJECT>");
    char *work = licensing_between(text, "<WORK>", "<OBJECT", "</OBJECT>");
    CU_ASSERT_STRING_EQUAL(descriptor, work);
    CU_ASSERT_EQUAL(clc.range.until, INT64_C(2016180000)); /* date -u -d */
    free(account);
    free(copied);
    free(descriptor);
    free(work);
    iss_licensed_clear(&clc);
    iss_licensed_clear(&rac);
    licensing_free(&licensing);
}

static void its_key_is_sealed_to_the_account_and_to_nobody_else(void)
{
    struct licensing licensing;
    struct iss_licensed rac;
    struct iss_licensed clc;
    struct iss_licensed again;

    licensing_new(&licensing);
    const struct iss_license_order first =
        licensing_rac(&licensing, "ann@example.com");
    licensing_must(&licensing, &first, &rac);
    const struct iss_license_order order = licensing_clc(&rac);
    licensing_must(&licensing, &order, &clc);
    licensing_must(&licensing, &order, &again);
    EVP_PKEY *account = licensing_open(rac.document, licensing.machine_key);
    EVP_PKEY *key = licensing_open(clc.document, account);
    EVP_PKEY *other = licensing_open(again.document, account);
    CU_ASSERT_PTR_NOT_NULL_FATAL(key);
    CU_ASSERT_TRUE(
        licensing_certifies(clc.document, "<ISSUEDPRINCIPALS>", key));
    CU_ASSERT_PTR_NULL(licensing_open(clc.document, licensing.machine_key));
    /* each has its own */
    CU_ASSERT_EQUAL(EVP_PKEY_eq(key, other), 0);
    EVP_PKEY_free(other);
    EVP_PKEY_free(key);
    EVP_PKEY_free(account);
    iss_licensed_clear(&again);
    iss_licensed_clear(&clc);
    iss_licensed_clear(&rac);
    licensing_free(&licensing);
}

static void client_enrollment_can_be_turned_off(void)
{
    struct licensing licensing;
    struct iss_licensed rac;
    struct iss_licensed clc;
    char newest[STORES_RECORD];

    licensing_new(&licensing);
    const struct iss_license_order first =
        licensing_rac(&licensing, "ann@example.com");
    licensing_must(&licensing, &first, &rac);
    licensing_configure(&licensing, "[license]\nclient_enrollment = no\n");
    const struct iss_license_order order = licensing_clc(&rac);
    CU_ASSERT_EQUAL(licensing_issue(&licensing, &order, &clc), ISS_REFUSED);
    CU_ASSERT_TRUE(licensing_said(&licensing, "client enrollment"));
    stores_newest(&licensing.stores, licensing.stores.root, ISS_REC_DENY,
                  newest);
    CU_ASSERT_PTR_NOT_NULL(strstr(newest, "kind=clc;"));
    CU_ASSERT_PTR_NOT_NULL(strstr(newest, "principal=ann@example.com;"));
    iss_licensed_clear(&rac);
    licensing_free(&licensing);
}

static void it_may_end_with_its_rac(void)
{
    struct licensing licensing;
    struct iss_licensed rac;
    struct iss_licensed clc;

    licensing_new(&licensing);
    const struct iss_license_order first =
        licensing_rac(&licensing, "ann@example.com");
    licensing_must(&licensing, &first, &rac);
    licensing_configure(&licensing, "[validity]\nclc = rac\n");
    licensing.stores.now += 40000; /* no whole minute */
    struct iss_license_order order = licensing_clc(&rac);
    licensing_must(&licensing, &order, &clc);
    CU_ASSERT_EQUAL(clc.range.from, rac.range.from);
    CU_ASSERT_EQUAL(clc.range.until, rac.range.until);
    iss_licensed_clear(&clc);
    order.until = rac.range.until + 60;
    CU_ASSERT_EQUAL(licensing_issue(&licensing, &order, &clc), ISS_REFUSED);
    iss_licensed_clear(&rac);
    licensing_free(&licensing);
}

static void a_rac_that_has_ended_gets_nothing(void)
{
    struct licensing licensing;
    struct iss_licensed rac;
    struct iss_licensed clc;

    licensing_new(&licensing);
    struct iss_license_order order =
        licensing_rac(&licensing, "ann@example.com");
    order.temporary = true;
    licensing_must(&licensing, &order, &rac);
    licensing.stores.now += 15 * 60;
    order = licensing_clc(&rac);
    CU_ASSERT_EQUAL(licensing_issue(&licensing, &order, &clc), ISS_CONDITIONS);
    CU_ASSERT_TRUE(licensing_said(&licensing, "RAC: "));
    iss_licensed_clear(&rac);
    licensing_free(&licensing);
}

static void what_is_no_rac_is_refused_as_that(void)
{
    struct licensing licensing;
    struct iss_licensed rac;
    struct iss_licensed clc;
    struct iss_licensed wrong;

    licensing_new(&licensing);
    struct iss_license_order order =
        licensing_rac(&licensing, "ann@example.com");
    licensing_must(&licensing, &order, &rac);
    order = licensing_clc(&rac);
    licensing_must(&licensing, &order, &clc);
    order = licensing_clc(&clc);
    CU_ASSERT_EQUAL(licensing_issue(&licensing, &order, &wrong), ISS_SEMANTICS);
    CU_ASSERT_TRUE(licensing_said(&licensing, "RAC: "));
    order.rac = (struct iss_text){NULL, 0};
    CU_ASSERT_EQUAL(licensing_issue(&licensing, &order, &wrong), ISS_MALFORMED);
    /* somebody else's name in it */
    char *changed = strdup(rac.chain);
    memcpy(strstr(changed, "ann@"), "bob@", 4);
    order.rac = (struct iss_text){changed, rac.chain_len};
    CU_ASSERT_EQUAL(licensing_issue(&licensing, &order, &wrong), ISS_SIGNATURE);
    free(changed);
    iss_licensed_clear(&clc);
    iss_licensed_clear(&rac);
    licensing_free(&licensing);
}

static void an_excluded_account_gets_none(void)
{
    struct licensing licensing;
    struct iss_licensed rac;
    struct iss_licensed clc;
    struct xrml_chain chain = {.count = 0};
    uint8_t hash[32];

    licensing_new(&licensing);
    struct iss_license_order order =
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
    order = licensing_clc(&rac);
    CU_ASSERT_EQUAL(licensing_issue(&licensing, &order, &clc), ISS_REFUSED);
    CU_ASSERT_TRUE(licensing_said(&licensing, "excluded"));
    xrml_chain_clear(&chain);
    iss_licensed_clear(&rac);
    licensing_free(&licensing);
}

UNIT_MAIN("license_clc", UNIT(a_clc_is_what_is_published),
          UNIT(its_key_is_sealed_to_the_account_and_to_nobody_else),
          UNIT(client_enrollment_can_be_turned_off),
          UNIT(it_may_end_with_its_rac),
          UNIT(a_rac_that_has_ended_gets_nothing),
          UNIT(what_is_no_rac_is_refused_as_that),
          UNIT(an_excluded_account_gets_none))
