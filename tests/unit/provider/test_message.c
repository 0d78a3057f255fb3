/* SPDX-License-Identifier: Apache-2.0 */
/* Messages kept beside their digest. */
#include "message.h"

#include <string.h>

#include "unit.h"

static void parts_are_put_together(void)
{
    struct prov_message message = {0}, copy;

    prov_message_begin(&message, PROV_MESSAGE_MAX);
    prov_message_add(&message, (const uint8_t *)"ab", 2);
    prov_message_add(&message, NULL, 0);
    prov_message_add(&message, (const uint8_t *)"cde", 3);
    CU_ASSERT_TRUE(message.kept);
    CU_ASSERT_EQUAL_FATAL(message.len, 5);
    CU_ASSERT_EQUAL(memcmp(message.data, "abcde", 5), 0);
    CU_ASSERT_TRUE(prov_message_copy(&copy, &message));
    prov_message_add(&copy, (const uint8_t *)"f", 1);
    CU_ASSERT_EQUAL(message.len, 5);
    CU_ASSERT_EQUAL_FATAL(copy.len, 6);
    CU_ASSERT_EQUAL(memcmp(copy.data, "abcdef", 6), 0);
    prov_message_clear(&copy);
    prov_message_clear(&message);
}

static void the_limit_is_kept_and_one_more_is_dropped(void)
{
    static const uint8_t block[PROV_MESSAGE_MAX + 1];
    struct prov_message message = {0};

    prov_message_begin(&message, PROV_MESSAGE_MAX);
    prov_message_add(&message, block, PROV_MESSAGE_MAX);
    CU_ASSERT_TRUE(message.kept);
    CU_ASSERT_EQUAL(message.len, PROV_MESSAGE_MAX);
    prov_message_add(&message, block, 1);
    CU_ASSERT_FALSE(message.kept);
    CU_ASSERT_PTR_NULL(message.data);
    prov_message_add(&message, block, 1);
    CU_ASSERT_PTR_NULL(message.data);

    prov_message_begin(&message, PROV_MESSAGE_MAX);
    prov_message_add(&message, block, sizeof(block));
    CU_ASSERT_FALSE(message.kept);
    prov_message_clear(&message);
}

static void nothing_is_kept_unasked(void)
{
    struct prov_message message = {0};

    prov_message_begin(&message, 0);
    prov_message_add(&message, (const uint8_t *)"ab", 2);
    CU_ASSERT_FALSE(message.kept);
    CU_ASSERT_PTR_NULL(message.data);
}

UNIT_MAIN("provider/message", UNIT(parts_are_put_together),
          UNIT(the_limit_is_kept_and_one_more_is_dropped),
          UNIT(nothing_is_kept_unasked))
