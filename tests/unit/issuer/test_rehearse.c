/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "issuer/journal.h"
#include "publishing.h"
#include "unit.h"

static uint64_t acts(struct publishing *publishing)
{
    struct stores *stores = &publishing->licensing.stores;

    return stores_records(stores, stores->root, ISS_REC_INTENT) +
           stores_records(stores, stores->root, ISS_REC_RESULT) +
           stores_records(stores, stores->root, ISS_REC_DENY);
}

static enum iss_status rehearse(struct publishing *publishing,
                                const struct iss_license_order *order,
                                struct iss_rehearsed *rehearsed)
{
    return iss_license_rehearse(publishing->licensing.root, order, rehearsed,
                                &publishing->licensing.error);
}

/* The value of the first ENABLINGBITS; new, free(). */
static char *sealed_value(const char *text)
{
    char *value =
        licensing_between(text, "<ENABLINGBITS", "<VALUE", "</VALUE>");
    const char *at = strchr(value, '>');

    CU_ASSERT_PTR_NOT_NULL_FATAL(at);
    memmove(value, at + 1, strlen(at));
    return value;
}

static void a_rehearsal_shows_what_is_not_sealed_and_does_nothing(void)
{
    struct publishing publishing;
    struct iss_licensed pl;
    struct iss_licensed ul;
    struct iss_rehearsed rehearsed;

    publishing_new(&publishing);
    const struct iss_license_order order = publishing_pl(&publishing);
    licensing_must(&publishing.licensing, &order, &pl);
    const struct iss_license_order use = publishing_ul(&pl, &publishing.bob);
    const uint64_t before = acts(&publishing);
    CU_ASSERT_EQUAL_FATAL(rehearse(&publishing, &use, &rehearsed), ISS_OK);
    CU_ASSERT_EQUAL(acts(&publishing), before);
    CU_ASSERT_FALSE(rehearsed.again);
    CU_ASSERT_STRING_EQUAL(rehearsed.rights, "VIEW, PRINT");
    CU_ASSERT_EQUAL(strncmp(rehearsed.body, "<BODY ", 6), 0);
    licensing_must(&publishing.licensing, &use, &ul);
    char *shown = sealed_value(rehearsed.body);
    char *real = sealed_value(ul.document);
    CU_ASSERT_EQUAL(strlen(shown), strlen(real));
    CU_ASSERT_EQUAL(strspn(shown, "A="), strlen(shown));
    CU_ASSERT_NOT_EQUAL(strspn(real, "A="), strlen(real));
    CU_ASSERT_EQUAL(rehearsed.range.until, ul.range.until);
    free(shown);
    free(real);
    iss_rehearsed_clear(&rehearsed);
    iss_licensed_clear(&ul);
    iss_licensed_clear(&pl);
    publishing_free(&publishing);
}

static void what_was_issued_before_is_told_by_its_number(void)
{
    struct publishing publishing;
    struct iss_licensed pl;
    struct iss_rehearsed rehearsed;
    static const uint8_t nonce[ISS_LICENSE_NONCE_SIZE] = {7};

    publishing_new(&publishing);
    struct iss_license_order order = publishing_pl(&publishing);
    order.nonce = nonce;
    CU_ASSERT_EQUAL_FATAL(rehearse(&publishing, &order, &rehearsed), ISS_OK);
    CU_ASSERT_FALSE(rehearsed.again);
    CU_ASSERT_PTR_NULL(rehearsed.rights);
    iss_rehearsed_clear(&rehearsed);
    licensing_must(&publishing.licensing, &order, &pl);
    CU_ASSERT_FALSE(pl.again);
    CU_ASSERT_EQUAL_FATAL(rehearse(&publishing, &order, &rehearsed), ISS_OK);
    CU_ASSERT_TRUE(rehearsed.again);
    CU_ASSERT_EQUAL(rehearsed.record, pl.record);
    CU_ASSERT_PTR_NULL(rehearsed.body);
    iss_rehearsed_clear(&rehearsed);
    iss_licensed_clear(&pl);
    publishing_free(&publishing);
}

static void a_refusal_is_told_and_not_recorded(void)
{
    struct publishing publishing;
    struct iss_licensed pl;
    struct iss_licensed ul;
    struct iss_rehearsed rehearsed;

    publishing_new(&publishing);
    publishing.terms.grant_count = 1;
    publishing.grants[0].mail = "ann@example.org";
    const struct iss_license_order order = publishing_pl(&publishing);
    licensing_must(&publishing.licensing, &order, &pl);
    const struct iss_license_order use = publishing_ul(&pl, &publishing.bob);
    const uint64_t before = acts(&publishing);
    CU_ASSERT_EQUAL(rehearse(&publishing, &use, &rehearsed), ISS_REFUSED);
    CU_ASSERT_TRUE(licensing_said(&publishing.licensing, "bob@example.org"));
    CU_ASSERT_PTR_NULL(rehearsed.body);
    CU_ASSERT_EQUAL(acts(&publishing), before);
    CU_ASSERT_EQUAL(licensing_issue(&publishing.licensing, &use, &ul),
                    ISS_REFUSED);
    CU_ASSERT_EQUAL(acts(&publishing), before + 1);
    iss_licensed_clear(&pl);
    publishing_free(&publishing);
}

UNIT_MAIN("rehearse",
          UNIT(a_rehearsal_shows_what_is_not_sealed_and_does_nothing),
          UNIT(what_was_issued_before_is_told_by_its_number),
          UNIT(a_refusal_is_told_and_not_recorded))
