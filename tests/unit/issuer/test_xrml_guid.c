/* SPDX-License-Identifier: Apache-2.0 */
/* GUIDs: every form that is read, one that is written. */
#include "issuer/xrml.h"
#include "unit.h"

static void all_forms_become_one(void)
{
    static const char *const texts[] = {
        "BA653B6A-E163-416e-B0BB-2F94B02799EE",
        "{BA653B6A-E163-416e-B0BB-2F94B02799EE}",
        "{ba653b6a-e163-416e-b0bb-2f94b02799ee}"};

    for (size_t i = 0; i < 3; i++) {
        char out[XRML_GUID_SIZE];
        CU_ASSERT_TRUE(xrml_guid_normal(texts[i], out));
        CU_ASSERT_STRING_EQUAL(out, "{ba653b6a-e163-416e-b0bb-2f94b02799ee}");
    }
}

static void what_is_no_guid_is_refused(void)
{
    static const char *const texts[] = {
        "",
        "{}",
        "00000000-0000-0000-0000-000000000000",
        "{00000000-0000-0000-0000-000000000000}",
        "ba653b6a-e163-416e-b0bb-2f94b02799e",
        "ba653b6a-e163-416e-b0bb-2f94b02799eef",
        "{ba653b6a-e163-416e-b0bb-2f94b02799ee",
        "ba653b6a-e163-416e-b0bb-2f94b02799ee}",
        "ba653b6ae163-416e-b0bb-2f94b02799eeaa",
        "(ba653b6a-e163-416e-b0bb-2f94b02799ee)",
        "ga653b6a-e163-416e-b0bb-2f94b02799ee",
        "ba653b6a-e163-416e-b0bb-2f94b02799e ",
        "ba653b6a--163-416e-b0bb-2f94b02799ee",
        "ba653b6aae163a416eab0bba2f94b02799ee"};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        char out[XRML_GUID_SIZE];
        CU_ASSERT_FALSE(xrml_guid_normal(texts[i], out));
    }
}

UNIT_MAIN("xrml_guid", UNIT(all_forms_become_one),
          UNIT(what_is_no_guid_is_refused))
