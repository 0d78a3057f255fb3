/* SPDX-License-Identifier: Apache-2.0 */
/* Attributes: templates, and what a token may do to a list it fills. */
#include "pkcs11/attr.h"

#include "unit.h"

#include <string.h>

static const struct p11_attr_row rows[] = {
    {CKA_ID, 5}, {CKA_MODULUS, 16}, {CKA_KEY_TYPE, sizeof(CK_KEY_TYPE)}};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static void a_template_keeps_copies_that_are_aligned(void)
{
    struct p11_template t;
    char id[] = "abc";
    CK_ULONG value;

    p11_template_clear(&t);
    p11_template_bool(&t, CKA_TOKEN, true);
    p11_template_octets(&t, CKA_ID, id, 3);
    p11_template_ulong(&t, CKA_MODULUS_BITS, 3072);
    memset(id, 'x', sizeof(id));
    CU_ASSERT_FALSE(t.full);
    CU_ASSERT_EQUAL(t.count, 3);
    CU_ASSERT_EQUAL(*(CK_BBOOL *)t.attrs[0].pValue, CK_TRUE);
    CU_ASSERT_EQUAL(memcmp(t.attrs[1].pValue, "abc", 3), 0);
    CU_ASSERT_EQUAL((uintptr_t)t.attrs[2].pValue % sizeof(CK_ULONG), 0);
    memcpy(&value, t.attrs[2].pValue, sizeof(value));
    CU_ASSERT_EQUAL(value, 3072);
}

static void too_much_for_a_template_is_told_and_not_added(void)
{
    static const uint8_t big[P11_TEMPLATE_ROOM + 1];
    struct p11_template t;

    p11_template_clear(&t);
    p11_template_octets(&t, CKA_ID, big, sizeof(big));
    CU_ASSERT_TRUE(t.full);
    CU_ASSERT_EQUAL(t.count, 0);

    p11_template_clear(&t);
    p11_template_octets(&t, CKA_ID, big, P11_TEMPLATE_ROOM - 7);
    CU_ASSERT_FALSE(t.full);
    p11_template_bool(&t, CKA_TOKEN, true);
    CU_ASSERT_TRUE(t.full);
    CU_ASSERT_EQUAL(t.count, 1);

    p11_template_clear(&t);
    for (unsigned i = 0; i < P11_TEMPLATE_MAX; i++)
        p11_template_bool(&t, CKA_TOKEN, true);
    CU_ASSERT_FALSE(t.full);
    p11_template_bool(&t, CKA_TOKEN, true);
    CU_ASSERT_TRUE(t.full);
    CU_ASSERT_EQUAL(t.count, P11_TEMPLATE_MAX);
}

static void what_the_token_lacks_or_hides_is_no_failure(void)
{
    struct p11_attrs *attrs = p11_attrs_new(rows, ROWS);

    CU_ASSERT_PTR_NOT_NULL_FATAL(attrs);
    memcpy(attrs->attrs[0].pValue, "ab", 2);
    attrs->attrs[0].ulValueLen = 2;
    attrs->attrs[1].ulValueLen = CK_UNAVAILABLE_INFORMATION;
    CU_ASSERT_EQUAL(p11_attrs_judge(attrs, rows, CKR_ATTRIBUTE_TYPE_INVALID),
                    CKR_OK);
    CU_ASSERT_EQUAL(p11_attrs_judge(attrs, rows, CKR_ATTRIBUTE_SENSITIVE),
                    CKR_OK);
    CU_ASSERT_PTR_NOT_NULL(p11_attrs_find(attrs, CKA_ID));
    CU_ASSERT_PTR_NULL(p11_attrs_find(attrs, CKA_MODULUS));
    CU_ASSERT_PTR_NULL(p11_attrs_find(attrs, CKA_LABEL));
    CU_ASSERT_EQUAL(p11_attrs_judge(attrs, rows, CKR_DEVICE_ERROR),
                    CKR_DEVICE_ERROR);
    CU_ASSERT_EQUAL(p11_attrs_judge(attrs, rows, CKR_BUFFER_TOO_SMALL),
                    CKR_BUFFER_TOO_SMALL);
    p11_attrs_free(attrs);
}

static void an_error_about_none_of_the_attributes_is_a_failure(void)
{
    struct p11_attrs *attrs = p11_attrs_new(rows, ROWS);

    CU_ASSERT_EQUAL(p11_attrs_judge(attrs, rows, CKR_ATTRIBUTE_TYPE_INVALID),
                    CKR_ATTRIBUTE_TYPE_INVALID);
    CU_ASSERT_EQUAL(p11_attrs_judge(attrs, rows, CKR_ATTRIBUTE_SENSITIVE),
                    CKR_ATTRIBUTE_SENSITIVE);
    p11_attrs_free(attrs);
}

static void a_length_beyond_the_room_is_a_wrong_answer(void)
{
    static const CK_ULONG lengths[] = {6, 1 << 20,
                                       CK_UNAVAILABLE_INFORMATION - 1};

    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        struct p11_attrs *attrs = p11_attrs_new(rows, ROWS);

        attrs->attrs[0].ulValueLen = lengths[i];
        CU_ASSERT_EQUAL(p11_attrs_judge(attrs, rows, CKR_OK), P11R_ATTRIBUTE);
        p11_attrs_free(attrs);
    }
}

static void addresses_and_types_are_ours_whatever_the_token_writes(void)
{
    struct p11_attrs *attrs = p11_attrs_new(rows, ROWS);
    void *const room = attrs->attrs[1].pValue;

    attrs->attrs[1] = (CK_ATTRIBUTE){CKA_VALUE, NULL, 16};
    CU_ASSERT_EQUAL(p11_attrs_judge(attrs, rows, CKR_OK), CKR_OK);
    CU_ASSERT_PTR_NULL(p11_attrs_find(attrs, CKA_VALUE));
    CU_ASSERT_PTR_NOT_NULL_FATAL(p11_attrs_find(attrs, CKA_MODULUS));
    CU_ASSERT_PTR_EQUAL(p11_attrs_find(attrs, CKA_MODULUS)->pValue, room);
    p11_attrs_free(attrs);
}

static void values_of_a_wrong_size_are_the_fallback(void)
{
    struct p11_attrs *attrs = p11_attrs_new(rows, ROWS);

    attrs->attrs[2].ulValueLen = sizeof(CK_KEY_TYPE) - 1;
    CU_ASSERT_EQUAL(p11_attrs_ulong(attrs, CKA_KEY_TYPE, 77), 77);
    attrs->attrs[2].ulValueLen = sizeof(CK_KEY_TYPE);
    CU_ASSERT_EQUAL(p11_attrs_ulong(attrs, CKA_KEY_TYPE, 77), CKK_RSA);
    attrs->attrs[0].ulValueLen = 2;
    CU_ASSERT_TRUE(p11_attrs_bool(attrs, CKA_ID, true));
    CU_ASSERT_FALSE(p11_attrs_bool(attrs, CKA_ID, false));
    CU_ASSERT_TRUE(p11_attrs_bool(NULL, CKA_ID, true));
    p11_attrs_free(attrs);
}

static void numbers_are_equal_whatever_zeros_lead(void)
{
    uint8_t a[] = {0, 0, 1, 0}, b[] = {1, 0}, c[] = {1, 1}, zero[] = {0, 0};
    const CK_ATTRIBUTE wide = {CKA_MODULUS, a, 4}, narrow = {CKA_MODULUS, b, 2},
                       other = {CKA_MODULUS, c, 2},
                       zeros = {CKA_MODULUS, zero, 2},
                       empty = {CKA_MODULUS, NULL, 0};

    CU_ASSERT_TRUE(p11_attr_same_number(&wide, &narrow));
    CU_ASSERT_FALSE(p11_attr_equal(&wide, &narrow));
    CU_ASSERT_FALSE(p11_attr_same_number(&narrow, &other));
    CU_ASSERT_TRUE(p11_attr_same_number(&zeros, &empty));
    CU_ASSERT_FALSE(p11_attr_same_number(&narrow, NULL));
    CU_ASSERT_TRUE(p11_attr_same_number(NULL, NULL));
    CU_ASSERT_TRUE(p11_attr_equal(&empty, &empty));
}

UNIT_MAIN("attr", UNIT(a_template_keeps_copies_that_are_aligned),
          UNIT(too_much_for_a_template_is_told_and_not_added),
          UNIT(what_the_token_lacks_or_hides_is_no_failure),
          UNIT(an_error_about_none_of_the_attributes_is_a_failure),
          UNIT(a_length_beyond_the_room_is_a_wrong_answer),
          UNIT(addresses_and_types_are_ours_whatever_the_token_writes),
          UNIT(values_of_a_wrong_size_are_the_fallback),
          UNIT(numbers_are_equal_whatever_zeros_lead))
