/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/mail.h"

#include <string.h>

#include "unit.h"

static void one_sign_between_two_parts_is_an_address(void)
{
    static const char *const good[] = {"ann@example.com", "a@b",
                                       "o'neil+x@sub.example.org",
                                       "b\xc3\xb6rje@example.se"};
    static const char *const bad[] = {"",  "ann",   "@example.com", "ann@",
                                      "@", "a@b@c", "a@@b"};

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        CU_ASSERT_TRUE(iss_mail_good(good[i]));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        CU_ASSERT_FALSE(iss_mail_good(bad[i]));
}

/* What ends an element, an attribute, a part of a description or a list must
 * not be within. */
static void no_sign_of_its_surroundings_is_part_of_it(void)
{
    char text[] = "a_b@c_d";
    size_t refused = 0;

    for (int c = 1; c < 256; c++) {
        const bool bad = c <= ' ' || c == 0x7f || c == '@' ||
                         strchr("<>\"&,;:()[]\\", c) != NULL;

        text[1] = (char)c;
        CU_ASSERT_EQUAL(iss_mail_good(text), !bad);
        text[1] = '_';
        text[5] = (char)c;
        CU_ASSERT_EQUAL(iss_mail_good(text), !bad);
        text[5] = '_';
        refused += bad;
    }
    CU_ASSERT_EQUAL(refused, 32 + 1 + 1 + 12);
}

/* RFC 5321 4.5.3.1.3 */
static void an_address_has_254_octets_at_most(void)
{
    char text[256];

    memset(text, 'a', sizeof(text));
    text[1] = '@';
    text[254] = '\0';
    CU_ASSERT_TRUE(iss_mail_good(text));
    text[254] = 'a';
    text[255] = '\0';
    CU_ASSERT_FALSE(iss_mail_good(text));
}

UNIT_MAIN("mail", UNIT(one_sign_between_two_parts_is_an_address),
          UNIT(no_sign_of_its_surroundings_is_part_of_it),
          UNIT(an_address_has_254_octets_at_most))
