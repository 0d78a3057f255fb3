/* SPDX-License-Identifier: Apache-2.0 */
/* What goes with which role. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "tools/init.h"
#include "unit.h"

static struct tool tool;
static struct tool_init *order;

/* Pairs of option and value up to TOOL_OPTION_COUNT. */
static enum iss_status read_with(const char *role, int option, ...)
{
    va_list list;
    enum iss_status status;

    tool = (struct tool){0};
    tool.options.value[TOOL_STORE] = "store";
    tool.options.value[TOOL_ROLE] = role;
    tool.options.value[TOOL_NAME] = "RMS01";
    va_start(list, option);
    for (; option != TOOL_OPTION_COUNT; option = va_arg(list, int))
        tool.options.value[option] = va_arg(list, const char *);
    va_end(list);
    order = calloc(1, sizeof(*order));
    CU_ASSERT_PTR_NOT_NULL_FATAL(order);
    status = tool_init_read(&tool, order);
    return status;
}

static void done(void)
{
    tool_init_clear(order);
    free(order);
    order = NULL;
}

static void refuses(const char *role, int option, const char *value,
                    const char *expected)
{
    CU_ASSERT_EQUAL(read_with(role, option, value, TOOL_TOKEN, "pkcs11:token=a",
                              TOOL_PIN_SOURCE, "askpass", TOOL_OPTION_COUNT),
                    ISS_USAGE);
    CU_ASSERT_PTR_NOT_NULL(strstr(tool.error.text, expected));
    done();
}

/* R82 */
static void a_licensing_server_states_no_revocation(void)
{
    refuses("licensing", TOOL_REVOCATION, "standard", "the root controls");
    refuses("licensing", TOOL_REVOCATION, "custom", "the root controls");
    refuses("licensing", TOOL_REVOCATION_KEY, "file", "the root controls");
}

static void an_authority_has_nobody_above_it(void)
{
    refuses("authority", TOOL_URL, "https://a.example", "not for role");
    refuses("authority", TOOL_ANCHORS, "file", "not for role");
    refuses("authority", TOOL_ROOT, "file", "not for role");
    refuses("authority", TOOL_CAN_UNSEAL, "", "not for role");
    refuses("root", TOOL_ROOT, "file", "not for role");
    refuses("root", TOOL_HIERARCHY, "production", "not for role");
}

static void a_role_needs_what_has_no_default(void)
{
    CU_ASSERT_EQUAL(read_with(NULL, TOOL_OPTION_COUNT), ISS_USAGE);
    CU_ASSERT_PTR_NOT_NULL(strstr(tool.error.text, "--role"));
    done();
    refuses("root", TOOL_NAME, "RMS01", "needs --url");
    refuses("root", TOOL_URL, "https://a.example", "needs --anchors");
    refuses("licensing", TOOL_URL, "https://a.example", "needs --anchors");
}

static void a_contact_is_a_mail_address(void)
{
    static const char *const wrong[] = {"nobody",      "@example.org",
                                        "a@",          "a b@example.org",
                                        "a@b\nslc=9y", "<a@example.org>"};

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        refuses("authority", TOOL_CONTACT, wrong[i], "mail address");
    CU_ASSERT_EQUAL(read_with("authority", TOOL_CONTACT, "rms@example.org",
                              TOOL_TOKEN, "pkcs11:token=a", TOOL_PIN_SOURCE,
                              "askpass", TOOL_OPTION_COUNT),
                    ISS_OK);
    CU_ASSERT_STRING_EQUAL(order->init.contact, "rms@example.org");
    done();
}

static void keys_that_issue_licenses_unseal_by_default(void)
{
    CU_ASSERT_EQUAL(read_with("authority", TOOL_TOKEN, "pkcs11:token=a",
                              TOOL_PIN_SOURCE, "askpass", TOOL_OPTION_COUNT),
                    ISS_OK);
    CU_ASSERT_FALSE(order->init.can_unseal);
    CU_ASSERT_EQUAL(order->init.key_bits, 2048);
    CU_ASSERT_PTR_NULL(order->init.module);
    CU_ASSERT_STRING_EQUAL(order->init.pin_source, "askpass");
    done();
    /* any file will do: what stands in it is the engine's to judge */
    CU_ASSERT_EQUAL(read_with("licensing", TOOL_TOKEN, "pkcs11:token=a",
                              TOOL_PIN_SOURCE, "askpass", TOOL_URL,
                              "https://a.example", TOOL_ANCHORS, "/etc/passwd",
                              TOOL_ROOT, "/etc/passwd", TOOL_OPTION_COUNT),
                    ISS_OK);
    CU_ASSERT_TRUE(order->init.can_unseal);
    CU_ASSERT_TRUE(order->init.root_chain_len > 0);
    done();
    CU_ASSERT_EQUAL(read_with("licensing", TOOL_CAN_UNSEAL, "no", TOOL_TOKEN,
                              "pkcs11:token=a", TOOL_PIN_SOURCE, "askpass",
                              TOOL_URL, "https://a.example", TOOL_ANCHORS,
                              "/etc/passwd", TOOL_ROOT, "/etc/passwd",
                              TOOL_OPTION_COUNT),
                    ISS_OK);
    CU_ASSERT_FALSE(order->init.can_unseal);
    done();
}

static void files_go_to_a_user_that_there_is(void)
{
    refuses("authority", TOOL_SERVICE_USER, "no such user here",
            "no such user");
}

UNIT_MAIN("init_order", UNIT(a_licensing_server_states_no_revocation),
          UNIT(an_authority_has_nobody_above_it),
          UNIT(a_role_needs_what_has_no_default),
          UNIT(a_contact_is_a_mail_address),
          UNIT(keys_that_issue_licenses_unseal_by_default),
          UNIT(files_go_to_a_user_that_there_is))
