/* SPDX-License-Identifier: Apache-2.0 */
/* Names of servers. */
#include <stdio.h>
#include <string.h>

#include "issuer/enroll.h"
#include "unit.h"

static void plain_names_are_accepted(void)
{
    static const char *const names[] = {
        "RMS01",
        "a",
        "R\xc3\xa4ksm\xc3\xb6rg\xc3\xa5s 2",
        "rms.example",
        "A & B (test) [1], 'x'; 50%",
        "\xd0\x9c\xd0\xbe\xd1\x81\xd0\xba\xd0\xb2\xd0\xb0",
        "\xe6\x9d\xb1\xe4\xba\xac",
        "0123456789012345678901234567890123456789012345678901234567890123"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct iss_error error = {0};
        CU_ASSERT_EQUAL(enroll_name_check(names[i], &error), ISS_OK);
        if (error.status != ISS_OK)
            (void)fprintf(stderr, "%s\n", error.text);
    }
}

static void names_that_mislead_are_refused(void)
{
    static const char *const names[] = {
        "",
        " a",
        "a ",
        ".a",
        "-a",
        "a/b",
        "a\\b",
        "a:b",
        "a*b",
        "a?b",
        "a\"b",
        "a<b",
        "a>b",
        "a|b",
        "a\nb",
        "a\tb",
        "a\x7f"
        "b",
        "\xff",
        "a\xc2\xa0"
        "b", /* no-break space */
        "a\xe2\x80\xae"
        "b", /* right-to-left override */
        "a\xe2\x80\x8b"
        "b",                 /* zero width space */
        "a\xef\xbb\xbf",     /* byte order mark */
        "a\xcc\x88",         /* letter and combining diaeresis */
        "a\xee\x80\x80",     /* private use */
        "a\xf3\xa0\x81\x81", /* tag */
        "p\xd0\xb0ypal",     /* Cyrillic a */
        "RM\xce\xa3",        /* Greek sigma */
        "01234567890123456789012345678901234567890123456789012345678901234"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct iss_error error = {0};
        if (enroll_name_check(names[i], &error) != ISS_MALFORMED)
            (void)fprintf(stderr, "accepted: %s\n", names[i]);
        CU_ASSERT_EQUAL(error.status, ISS_MALFORMED);
    }
}

UNIT_MAIN("enroll_name", UNIT(plain_names_are_accepted),
          UNIT(names_that_mislead_are_refused))
