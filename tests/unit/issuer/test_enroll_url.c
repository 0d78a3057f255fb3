/* SPDX-License-Identifier: Apache-2.0 */
/* URLs of servers: one form of each. */
#include <stdio.h>
#include <string.h>

#include "issuer/enroll.h"
#include "unit.h"

static void normal_urls_are_accepted(void)
{
    static const char *const urls[] = {
        "https://rms.example/_wmcs", "http://rms/_wmcs",
        "https://rms.example",       "https://rms.example:8443/a/b-c_d~e.f",
        "http://192.0.2.1:8080",     "https://xn--rksmrgs-5wao1o.example/_wmcs",
        "http://rms:443/a",          "https://a.example/%20%C3%A4/x;y=z,1:2@3"};

    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        struct iss_error error = {0};
        CU_ASSERT_EQUAL(enroll_url_check(urls[i], &error), ISS_OK);
        if (error.status != ISS_OK)
            (void)fprintf(stderr, "%s\n", error.text);
    }
}

static void every_other_form_is_refused(void)
{
    static const char *const urls[] = {
        "",
        "rms.example",
        "ftp://rms.example",
        "HTTPS://rms.example",
        "https:/rms.example",
        "https://",
        "https:///a",
        "https://Rms.example",
        "https://r\xc3\xa4.example",
        "https://user@rms.example",
        "https://user:a@rms.example/",
        "https://rms.example/",
        "https://rms.example/a/",
        "https://rms.example//a",
        "https://rms.example/a?b",
        "https://rms.example/a#b",
        "https://rms.example?a",
        "https://rms.example:443/a",
        "http://rms.example:80",
        "https://rms.example:/a",
        "https://rms.example:08443",
        "https://rms.example:65536",
        "https://rms.example:1a",
        "https://rms.example/./a",
        "https://rms.example/..",
        "https://rms.example/a/../b",
        "https://rms.example/%41",
        "https://rms.example/%2e",
        "https://rms.example/%C3%a4",
        "https://rms.example/%",
        "https://rms.example/%2",
        "https://rms.example/%00",
        "https://rms.example/a b",
        "https://rms.example/a\\b",
        "https://rms.example/\xc3\xa4",
        "https://rms..example",
        "https://.rms.example",
        "https://rms.example.",
        "https://-rms.example",
        "https://rms-.example",
        "https://rms_1.example",
        "https://[::1]/a",
        ("https://a23456789a23456789a23456789a23456789a23456789a23456789"
         "a234567890.example"),
        "https://rms.example/\"",
        "https://rms.example/<"};

    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        struct iss_error error = {0};
        if (enroll_url_check(urls[i], &error) != ISS_MALFORMED)
            (void)fprintf(stderr, "accepted: %s\n", urls[i]);
        CU_ASSERT_EQUAL(error.status, ISS_MALFORMED);
    }
}

static void length_is_held_at_512(void)
{
    char url[ENROLL_URL_MAX + 2] = "https://rms.example/";

    memset(url + 20, 'a', ENROLL_URL_MAX - 20);
    CU_ASSERT_EQUAL(enroll_url_check(url, NULL), ISS_OK);
    url[ENROLL_URL_MAX] = 'a';
    CU_ASSERT_EQUAL(enroll_url_check(url, NULL), ISS_MALFORMED);
}

UNIT_MAIN("enroll_url", UNIT(normal_urls_are_accepted),
          UNIT(every_other_form_is_refused), UNIT(length_is_held_at_512))
