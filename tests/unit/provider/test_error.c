/* SPDX-License-Identifier: Apache-2.0 */
/* CK_RV as reason codes. */
#include "error.h"

#include <string.h>

#include "fake_core.h"
#include "unit.h"

static void a_result_is_its_own_reason(void)
{
    CU_ASSERT_EQUAL(prov_reason(CKR_PIN_INCORRECT), CKR_PIN_INCORRECT);
    CU_ASSERT_EQUAL(prov_reason(P11R_NO_TOKEN), P11R_NO_TOKEN);
    CU_ASSERT_EQUAL(prov_reason(0x7fffff), 0x7fffff);
}

static void what_does_not_fit_is_a_general_error(void)
{
    CU_ASSERT_EQUAL(prov_reason(CKR_OK), CKR_GENERAL_ERROR);
    CU_ASSERT_EQUAL(prov_reason(0x800000), CKR_GENERAL_ERROR);
    CU_ASSERT_EQUAL(prov_reason(CKR_VENDOR_DEFINED + 7), CKR_GENERAL_ERROR);
}

static void raising_is_one_error_and_yields_0(void)
{
    static const struct fake_setting none[] = {{NULL, NULL}};
    struct prov_core core;

    fake_core(&core, none);
    CU_ASSERT_EQUAL(prov_raise(&core, CKR_PIN_LOCKED, "token '%s'", "lab"), 0);
    CU_ASSERT_EQUAL(fake_core_errors(), 1);
    CU_ASSERT_EQUAL(fake_core_reason(), CKR_PIN_LOCKED);
    CU_ASSERT_STRING_EQUAL(fake_core_text(), "token 'lab'");
    CU_ASSERT_EQUAL(prov_raise(&core, CKR_VENDOR_DEFINED + 7, "100%%"), 0);
    CU_ASSERT_EQUAL(fake_core_errors(), 2);
    CU_ASSERT_STRING_EQUAL(fake_core_text(), "100% (0x80000007)");
}

static void every_reason_has_a_text_and_is_listed_once(void)
{
    const OSSL_ITEM *items = prov_reasons();
    bool has_pin = false, has_own = false;

    for (size_t i = 0; items[i].id != 0; i++) {
        CU_ASSERT_PTR_NOT_NULL_FATAL(items[i].ptr);
        CU_ASSERT_TRUE(strlen(items[i].ptr) > 3);
        has_pin = has_pin || items[i].id == CKR_PIN_INCORRECT;
        has_own = has_own || items[i].id == P11R_NO_TOKEN;
        for (size_t j = 0; j < i; j++)
            CU_ASSERT_NOT_EQUAL(items[i].id, items[j].id);
    }
    CU_ASSERT_TRUE(has_pin && has_own);
}

UNIT_MAIN("provider/error", UNIT(a_result_is_its_own_reason),
          UNIT(what_does_not_fit_is_a_general_error),
          UNIT(raising_is_one_error_and_yields_0),
          UNIT(every_reason_has_a_text_and_is_listed_once))
