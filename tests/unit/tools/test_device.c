/* SPDX-License-Identifier: Apache-2.0 */
/* URIs as the verbs build them, and results of Cryptoki as exit codes. */
#include "tools/device.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"

static void adds(const char *uri, const char *name, const char *value,
                 size_t len, const char *expected)
{
    char text[TOOL_URI_SIZE];

    (void)snprintf(text, sizeof(text), "%s", uri);
    CU_ASSERT_TRUE(tool_uri_add(text, name, value, len));
    CU_ASSERT_STRING_EQUAL(text, expected);
}

/* RFC 7512, section 2.3: what may stand unescaped in a path attribute. */
static void attributes_are_escaped_and_put_before_the_query(void)
{
    adds("pkcs11:", "object", "web", 3, "pkcs11:object=web");
    adds("pkcs11:token=a", "object", "a b;c?d%e", 9,
         "pkcs11:token=a;object=a%20b%3Bc%3Fd%25e");
    adds("pkcs11:token=a?module-name=m", "id", "\x01\xff\0", 3,
         "pkcs11:token=a;id=%01%FF%00?module-name=m");
    adds("pkcs11:", "object", "-._~Az09", 8, "pkcs11:object=-._~Az09");
}

static void what_does_not_fit_is_refused(void)
{
    char text[TOOL_URI_SIZE] = "pkcs11:token=a", value[TOOL_URI_SIZE];

    memset(value, ';', sizeof(value));
    CU_ASSERT_FALSE(tool_uri_add(text, "object", value, sizeof(value)));
}

static void results_become_the_documented_exit_codes(void)
{
    static const struct {
        CK_RV rv;
        enum iss_status status;
    } rows[] = {
        {CKR_PIN_INCORRECT, ISS_LOGIN},     {CKR_PIN_LOCKED, ISS_LOGIN},
        {P11R_PIN_FINAL_TRY, ISS_LOGIN},    {P11R_MODULE_MISSING, ISS_USAGE},
        {P11R_URI_INVALID, ISS_USAGE},      {P11R_NO_TOKEN, ISS_TOKEN},
        {CKR_TOKEN_NOT_PRESENT, ISS_TOKEN}, {CKR_GENERAL_ERROR, ISS_TOKEN},
        {CKR_DEVICE_REMOVED, ISS_TOKEN},    {P11R_TEMPLATE, ISS_REFUSED},
        {CKR_ARGUMENTS_BAD, ISS_USAGE},     {P11R_EXISTS, ISS_CONFLICT},
        {CKR_VENDOR_DEFINED, ISS_TOKEN},
    };
    struct tool_device device = {0};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tool tool = {.verb = NULL};

        CU_ASSERT_EQUAL(
            tool_device_fail(&tool, &device, "it", rows[i].rv, NULL),
            rows[i].status);
        CU_ASSERT_PTR_EQUAL(strstr(tool.error.text, "it: "), tool.error.text);
    }
}

static void a_reason_of_the_pin_source_stands_above_that_of_the_token(void)
{
    struct tool_device device = {0};
    struct tool tool = {.verb = NULL};

    device.pin.error =
        (struct iss_error){.status = ISS_USAGE, .text = "PIN file x: empty"};
    CU_ASSERT_EQUAL(
        tool_device_fail(&tool, &device, "it", P11R_PIN_MISSING, NULL),
        ISS_USAGE);
    CU_ASSERT_STRING_EQUAL(tool.error.text, "PIN file x: empty");
}

UNIT_MAIN("device", UNIT(attributes_are_escaped_and_put_before_the_query),
          UNIT(what_does_not_fit_is_refused),
          UNIT(results_become_the_documented_exit_codes),
          UNIT(a_reason_of_the_pin_source_stands_above_that_of_the_token))
