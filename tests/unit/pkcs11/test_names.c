/* SPDX-License-Identifier: Apache-2.0 */
/* Names of numbers. */
#include "pkcs11/p11.h"

#include "unit.h"

#include <string.h>

static void results_have_names_and_sentences(void)
{
    const char *name, *text;
    CK_RV rv;
    size_t n = 0;

    for (; p11_rv_at(n, &rv, &name, &text); n++) {
        CU_ASSERT_STRING_EQUAL(p11_rv_name(rv), name);
        CU_ASSERT_STRING_EQUAL(p11_rv_text(rv), text);
        CU_ASSERT(strncmp(name, "CKR_", 4) == 0 ||
                  strncmp(name, "P11R_", 5) == 0);
        CU_ASSERT(rv < 1ul << 23);
    }
    CU_ASSERT(n > 90);
}

/* Numbers as PKCS #11 2.40 lists them. */
static void known_numbers_have_their_names(void)
{
    CU_ASSERT_STRING_EQUAL(p11_rv_name(0xa0), "CKR_PIN_INCORRECT");
    CU_ASSERT_STRING_EQUAL(p11_rv_name(0xb3), "CKR_SESSION_HANDLE_INVALID");
    CU_ASSERT_STRING_EQUAL(p11_rv_name(P11R_KEY_CHANGED), "P11R_KEY_CHANGED");
    CU_ASSERT_STRING_EQUAL(p11_mechanism_name(0x1), "CKM_RSA_PKCS");
    CU_ASSERT_STRING_EQUAL(p11_mechanism_name(0x40), "CKM_SHA256_RSA_PKCS");
    CU_ASSERT_STRING_EQUAL(p11_attribute_name(0x3), "CKA_LABEL");
    CU_ASSERT_STRING_EQUAL(p11_attribute_name(0x120), "CKA_MODULUS");
}

static void unknown_numbers_have_no_name_but_a_sentence(void)
{
    CU_ASSERT_PTR_NULL(p11_rv_name(0x7ffffff1));
    CU_ASSERT_PTR_NULL(p11_mechanism_name(0x7ffffff1));
    CU_ASSERT_PTR_NULL(p11_attribute_name(0x7ffffff1));
    CU_ASSERT_PTR_NOT_NULL(p11_rv_text(0x7ffffff1));
    CU_ASSERT_PTR_NOT_NULL(p11_rv_text(0x80000001));
}

UNIT_MAIN("names", UNIT(results_have_names_and_sentences),
          UNIT(known_numbers_have_their_names),
          UNIT(unknown_numbers_have_no_name_but_a_sentence))
