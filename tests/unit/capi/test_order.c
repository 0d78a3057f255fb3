/* SPDX-License-Identifier: Apache-2.0 */
/* Orders and the context through the library's header. */
#include <string.h>

#include "privyseal.h"
#include "unit.h"

static void kinds_are_those_of_the_header(void)
{
    static const char *const kinds[] = {"rac", "clc", "pl", "ul", "template"};
    static const char *const none[] = {"slc", "", "revocation", "RAC", "rac "};
    privyseal *context = privyseal_new(NULL);
    privyseal_order *order = NULL;

    CU_ASSERT_PTR_NOT_NULL_FATAL(context);
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        CU_ASSERT_EQUAL(privyseal_order_new(context, kinds[i], &order), 0);
        CU_ASSERT_PTR_NOT_NULL(order);
        privyseal_order_free(order);
    }
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        CU_ASSERT_EQUAL(privyseal_order_new(context, none[i], &order), 2);
        CU_ASSERT_PTR_NULL(order);
        CU_ASSERT_PTR_NOT_NULL(strstr(privyseal_message(context), none[i]));
    }
    privyseal_free(context);
}

static void a_name_that_is_not_known_is_an_error(void)
{
    privyseal *context = privyseal_new(NULL);
    privyseal_order *order = NULL;

    CU_ASSERT_PTR_NOT_NULL_FATAL(context);
    CU_ASSERT_EQUAL_FATAL(privyseal_order_new(context, "ul", &order), 0);
    CU_ASSERT_EQUAL(privyseal_order_set(context, order, "colour", "red"), 2);
    CU_ASSERT_PTR_NOT_NULL(strstr(privyseal_message(context), "colour"));
    CU_ASSERT_EQUAL(
        privyseal_order_set_octets(context, order, "colour", "red", 3), 2);
    CU_ASSERT_EQUAL(privyseal_order_set_number(context, order, "colour", 3), 2);
    CU_ASSERT_EQUAL(privyseal_order_set_number(context, order, "temporary", 2),
                    2);
    CU_ASSERT_EQUAL(privyseal_order_set(context, order, "rac", "a"), 0);
    CU_ASSERT_EQUAL(privyseal_order_set(context, order, "rac", "b"), 0);
    privyseal_order_free(order);
    privyseal_order_free(NULL);
    privyseal_free(context);
}

static void octets_have_their_lengths(void)
{
    static const uint8_t octets[33] = {1};
    privyseal *context = privyseal_new(NULL);
    privyseal_order *order = NULL;

    CU_ASSERT_PTR_NOT_NULL_FATAL(context);
    CU_ASSERT_EQUAL_FATAL(privyseal_order_new(context, "pl", &order), 0);
    for (size_t len = 0; len <= sizeof(octets); len++) {
        CU_ASSERT_EQUAL(
            privyseal_order_set_octets(context, order, "nonce", octets, len),
            len == 16 ? 0 : 2);
        CU_ASSERT_EQUAL(privyseal_order_set_octets(context, order,
                                                   "content-key", octets, len),
                        len == 16 || len == 32 ? 0 : 2);
    }
    privyseal_order_free(order);
    privyseal_free(context);
}

static void there_is_an_end_to_rights(void)
{
    privyseal *context = privyseal_new(NULL);
    privyseal_order *order = NULL;
    int status = 0, granted = 0;

    CU_ASSERT_PTR_NOT_NULL_FATAL(context);
    CU_ASSERT_EQUAL_FATAL(privyseal_order_new(context, "template", &order), 0);
    while (granted < 1000) {
        status =
            privyseal_order_grant(context, order, "VIEW",
                                  granted % 2 == 0 ? "a@example.org" : NULL, 0);
        if (status != 0)
            break;
        granted++;
    }
    CU_ASSERT_EQUAL(granted, 128);
    CU_ASSERT_EQUAL(status, 2);
    privyseal_order_free(order);
    privyseal_free(context);
}

static void statuses_and_version_are_texts(void)
{
    CU_ASSERT_STRING_EQUAL(privyseal_status_text(0), "done");
    CU_ASSERT_STRING_EQUAL(privyseal_status_text(21),
                           "test 2 failed: signature");
    CU_ASSERT_NOT_EQUAL(privyseal_version()[0], '\0');
    privyseal_free(NULL);
}

UNIT_MAIN("capi order", UNIT(kinds_are_those_of_the_header),
          UNIT(a_name_that_is_not_known_is_an_error),
          UNIT(octets_have_their_lengths), UNIT(there_is_an_end_to_rights),
          UNIT(statuses_and_version_are_texts))
