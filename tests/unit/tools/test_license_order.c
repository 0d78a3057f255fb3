/* SPDX-License-Identifier: Apache-2.0 */
#include "license_order.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "issuer/client.h"
#include "licenses.h"
#include "unit.h"

static struct tool_options options;
static struct iss_error error;

static void put(const char *name, const char *text)
{
    FILE *file = fopen(name, "w");

    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_TRUE(fputs(text, file) >= 0);
    CU_ASSERT_EQUAL(fclose(file), 0);
}

static void put_license(enum license_kind kind, const char *name)
{
    struct license license;

    license_make(kind, false, &license);
    char *text = license_text(&license);
    put(name, text);
    free(text);
}

/* The same without its signature, as a client hands one in. */
static void put_unsigned(enum license_kind kind, const char *name)
{
    static const char end[] = "</BODY>";
    struct license license;

    license_make(kind, false, &license);
    char *text = license_text(&license);
    char *body = strstr(text, end);
    CU_ASSERT_PTR_NOT_NULL_FATAL(body);
    memcpy(body + sizeof(end) - 1, "</XrML>", sizeof("</XrML>"));
    put(name, text);
    free(text);
}

static void put_machine(void)
{
    struct client_machine machine;

    CU_ASSERT_EQUAL_FATAL(
        client_machine_make(NULL, "desk1", HIERARCHY_TIME, &machine, &error),
        ISS_OK);
    put("machine", machine.certificate);
    client_machine_clear(&machine);
}

/* A folder of this test, as working directory, with a file of each kind. */
static void begin(void)
{
    static bool entered;

    memset(&options, 0, sizeof(options));
    if (entered)
        return;
    char *folder = unit_temp_dir();
    CU_ASSERT_PTR_NOT_NULL_FATAL(folder);
    CU_ASSERT_EQUAL_FATAL(chdir(folder), 0);
    free(folder);
    put_machine();
    put_license(LICENSE_RAC, "rac");
    put_license(LICENSE_PL, "pl");
    put_unsigned(LICENSE_PL, "unsigned");
    put_unsigned(LICENSE_RAC, "other");
    put_license(LICENSE_TEMPLATE, "template");
    put("key", "0123456789abcdef");
    put("text", "no XML at all");
    entered = true;
}

static struct tool_order *read_order(enum iss_license_kind kind)
{
    struct tool_order *order = NULL;

    memset(&error, 0, sizeof(error));
    if (tool_order_read(&options, kind, &order, &error) == ISS_OK)
        return order;
    CU_ASSERT_PTR_NULL(order);
    return NULL;
}

static bool refuses(enum iss_license_kind kind, enum iss_status status,
                    const char *what)
{
    struct tool_order *order = read_order(kind);
    const bool good = order == NULL && error.status == status &&
                      strstr(error.text, what) != NULL;

    if (!good)
        (void)fprintf(stderr, "not \"%s\" but \"%s\"\n", what, error.text);
    tool_order_free(order);
    return good;
}

static void each_kind_says_what_it_misses(void)
{
    begin();
    CU_ASSERT_TRUE(refuses(ISS_RAC, ISS_USAGE, "--user MAIL is missing"));
    CU_ASSERT_TRUE(refuses(ISS_CLC, ISS_USAGE, "--rac FILE is missing"));
    CU_ASSERT_TRUE(refuses(ISS_PL, ISS_USAGE, "--owner MAIL is missing"));
    CU_ASSERT_TRUE(refuses(ISS_UL, ISS_USAGE, "--rac FILE is missing"));
    CU_ASSERT_TRUE(refuses(ISS_TEMPLATE, ISS_USAGE, "--name NAME is missing"));
    options.value[TOOL_USER] = "bo@x";
    CU_ASSERT_TRUE(refuses(ISS_RAC, ISS_USAGE, "--machine FILE is missing"));
    options.value[TOOL_RAC] = "rac";
    CU_ASSERT_TRUE(refuses(ISS_UL, ISS_USAGE, "--pl FILE is missing"));
    options.value[TOOL_OWNER] = "ann@x";
    CU_ASSERT_TRUE(refuses(ISS_PL, ISS_USAGE, "who may do what?"));
    options.value[TOOL_NAME] = "n";
    CU_ASSERT_TRUE(refuses(ISS_TEMPLATE, ISS_USAGE, "who may do what?"));
}

static void a_file_of_another_kind_is_told_by_its_name(void)
{
    begin();
    options.value[TOOL_USER] = "bo@x";
    options.value[TOOL_MACHINE] = "rac";
    CU_ASSERT_TRUE(
        refuses(ISS_RAC, ISS_MALFORMED, "rac: not a machine certificate but"));
    options.value[TOOL_MACHINE] = NULL;
    options.value[TOOL_RAC] = "pl";
    CU_ASSERT_TRUE(refuses(ISS_CLC, ISS_MALFORMED, "pl: not an account"));
    options.value[TOOL_RAC] = "rac";
    options.value[TOOL_PL] = "template";
    CU_ASSERT_TRUE(
        refuses(ISS_UL, ISS_MALFORMED, "template: not a publishing license"));
    options.value[TOOL_PL] = "text";
    CU_ASSERT_TRUE(refuses(ISS_UL, ISS_MALFORMED, "text: "));
    options.value[TOOL_PL] = "absent";
    CU_ASSERT_TRUE(refuses(ISS_UL, ISS_USAGE, "absent"));
}

static void the_user_of_an_order_is_that_of_its_certificate(void)
{
    struct license license;

    begin();
    license_make(LICENSE_RAC, false, &license);
    options.value[TOOL_RAC] = "rac";
    options.value[TOOL_PL] = "pl";
    options.value[TOOL_UNTIL] = "2027-01-01T12:30";
    struct tool_order *order = read_order(ISS_UL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(order);
    CU_ASSERT_STRING_EQUAL(order->user, license.fields.principal.object.name);
    CU_ASSERT_EQUAL(order->order.kind, ISS_UL);
    CU_ASSERT_PTR_EQUAL(order->order.rac.text, order->rac);
    CU_ASSERT_EQUAL(order->order.rac.len, strlen(order->rac));
    CU_ASSERT_EQUAL(order->order.pl.len, strlen(order->pl));
    CU_ASSERT_PTR_NULL(order->order.machine.text);
    /* date -ud 2027-01-01T12:30 +%s */
    CU_ASSERT_EQUAL(order->order.until, 1798806600);
    tool_order_free(order);
}

static void what_an_id_is_follows_from_its_form(void)
{
    static const char *const rows[][2] = {
        {"S-1-5-21-1-2-3-1000", "Windows"},
        {"6b29fc40-ca47-1067-b31d-00dd010662da", "Federation"},
        {"0003BFFD8F1D2A3C", "Passport"}};

    begin();
    options.value[TOOL_USER] = "bo@x";
    options.value[TOOL_MACHINE] = "machine";
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        options.value[TOOL_USER_ID] = rows[i][0];
        struct tool_order *order = read_order(ISS_RAC);
        CU_ASSERT_PTR_NOT_NULL_FATAL(order);
        CU_ASSERT_STRING_EQUAL(order->order.user.id, rows[i][0]);
        CU_ASSERT_STRING_EQUAL(order->order.user.id_type, rows[i][1]);
        CU_ASSERT_STRING_EQUAL(order->order.user.mail, "bo@x");
        CU_ASSERT_STRING_EQUAL(order->user, "bo@x");
        CU_ASSERT_FALSE(order->order.temporary);
        tool_order_free(order);
    }
    options.value[TOOL_USER_ID] = NULL;
    options.value[TOOL_TEMPORARY] = "";
    struct tool_order *order = read_order(ISS_RAC);
    CU_ASSERT_PTR_NOT_NULL_FATAL(order);
    CU_ASSERT_PTR_NULL(order->order.user.id);
    CU_ASSERT_TRUE(order->order.temporary);
    tool_order_free(order);
}

static void terms_are_what_the_options_say(void)
{
    begin();
    options.value[TOOL_OWNER] = "ann@x";
    options.value[TOOL_FOR] = "bo@x,anyone";
    options.value[TOOL_RIGHTS] = "view";
    options.value[TOOL_NAME] = "Board";
    options.value[TOOL_DESCRIPTION] = "for us";
    options.value[TOOL_LCID] = "1053";
    options.value[TOOL_REFERRAL] = "mailto:ann@x";
    options.value[TOOL_UNTIL] = "2027-01-01T12:30";
    options.value[TOOL_CONTENT_KEY] = "key";
    struct tool_order *order = read_order(ISS_PL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(order);
    const struct iss_terms *terms = order->order.terms;
    CU_ASSERT_STRING_EQUAL(terms->text,
                           "LCID 1053:NAME Board:DESCRIPTION for us;");
    CU_ASSERT_STRING_EQUAL(terms->owner.mail, "ann@x");
    CU_ASSERT_STRING_EQUAL(terms->referral, "mailto:ann@x");
    CU_ASSERT_EQUAL(terms->grant_count, 2);
    CU_ASSERT_STRING_EQUAL(terms->grants[0].mail, "bo@x");
    CU_ASSERT_PTR_NULL(terms->grants[1].mail);
    CU_ASSERT_TRUE(terms->validity.present);
    CU_ASSERT_EQUAL(terms->validity.from, 0);
    CU_ASSERT_EQUAL(terms->validity.until, 1798806600);
    CU_ASSERT_EQUAL(order->order.until, 0);
    CU_ASSERT_FALSE(order->key_wanted);
    CU_ASSERT_EQUAL(order->order.content_key_len, 16);
    CU_ASSERT_EQUAL(memcmp(order->order.content_key, "0123456789abcdef", 16),
                    0);
    tool_order_free(order);
}

static void a_name_cannot_end_its_text(void)
{
    static const char *const bad[] = {"a:b", "a;", "x:DESCRIPTION y;LCID 7"};

    begin();
    options.value[TOOL_FOR] = "bo@x";
    options.value[TOOL_RIGHTS] = "view";
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        options.value[TOOL_NAME] = bad[i];
        options.value[TOOL_DESCRIPTION] = NULL;
        CU_ASSERT_TRUE(refuses(ISS_TEMPLATE, ISS_USAGE, "--name"));
        options.value[TOOL_NAME] = "n";
        options.value[TOOL_DESCRIPTION] = bad[i];
        CU_ASSERT_TRUE(refuses(ISS_TEMPLATE, ISS_USAGE, "--description"));
    }
    options.value[TOOL_NAME] = NULL;
    options.value[TOOL_OWNER] = "ann@x";
    options.value[TOOL_DESCRIPTION] = "d";
    CU_ASSERT_TRUE(refuses(ISS_PL, ISS_USAGE, "--name NAME is missing"));
}

static void a_template_or_grants_and_never_both(void)
{
    begin();
    options.value[TOOL_OWNER] = "ann@x";
    options.value[TOOL_TEMPLATE] = "template";
    struct tool_order *order = read_order(ISS_PL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(order);
    CU_ASSERT_PTR_EQUAL(order->order.template_text.text, order->pattern);
    CU_ASSERT_TRUE(order->key_wanted);
    tool_order_free(order);
    options.value[TOOL_FOR] = "bo@x";
    options.value[TOOL_RIGHTS] = "view";
    CU_ASSERT_TRUE(refuses(ISS_PL, ISS_USAGE, "--template says"));
}

static void an_unsigned_license_says_all_of_it(void)
{
    static const enum tool_option others[] = {
        TOOL_OWNER, TOOL_FOR,         TOOL_RIGHTS,   TOOL_GRANT,
        TOOL_UNTIL, TOOL_CONTENT_KEY, TOOL_TEMPLATE, TOOL_NAME,
        TOOL_LCID,  TOOL_DESCRIPTION, TOOL_REFERRAL};

    begin();
    options.value[TOOL_UNSIGNED] = "other";
    CU_ASSERT_TRUE(refuses(ISS_PL, ISS_MALFORMED, "other: "));
    options.value[TOOL_UNSIGNED] = "text";
    CU_ASSERT_TRUE(refuses(ISS_PL, ISS_MALFORMED, "text: "));
    options.value[TOOL_UNSIGNED] = "unsigned";
    struct tool_order *order = read_order(ISS_PL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(order);
    CU_ASSERT_PTR_EQUAL(order->order.pl.text, order->pl);
    CU_ASSERT_PTR_NULL(order->order.terms);
    CU_ASSERT_FALSE(order->key_wanted);
    tool_order_free(order);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        options.value[others[i]] = "x";
        CU_ASSERT_TRUE(
            refuses(ISS_PL, ISS_USAGE, "does not go with --unsigned"));
        CU_ASSERT_PTR_NOT_NULL(
            strstr(error.text, tool_option_info(others[i])->name));
        options.value[others[i]] = NULL;
    }
}

static void a_nonce_is_32_digits_or_random(void)
{
    static const char *const bad[] = {"",
                                      "00",
                                      "0001020304050607 8090a0b0c0d0e0f0",
                                      "000102030405060708090a0b0c0d0e0",
                                      "000102030405060708090a0b0c0d0e0f0",
                                      "000102030405060708090a0b0c0d0e0g"};
    static const uint8_t nonce[ISS_LICENSE_NONCE_SIZE] = {
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

    begin();
    options.value[TOOL_RAC] = "rac";
    struct tool_order *one = read_order(ISS_CLC);
    struct tool_order *two = read_order(ISS_CLC);
    CU_ASSERT_PTR_NOT_NULL_FATAL(one);
    CU_ASSERT_PTR_NOT_NULL_FATAL(two);
    CU_ASSERT_PTR_EQUAL(one->order.nonce, one->nonce);
    CU_ASSERT_NOT_EQUAL(memcmp(one->nonce, two->nonce, sizeof(nonce)), 0);
    tool_order_free(one);
    tool_order_free(two);
    options.value[TOOL_NONCE] = "000102030405060708090A0b0c0d0e0f";
    one = read_order(ISS_CLC);
    CU_ASSERT_PTR_NOT_NULL_FATAL(one);
    CU_ASSERT_EQUAL(memcmp(one->order.nonce, nonce, sizeof(nonce)), 0);
    tool_order_free(one);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        options.value[TOOL_NONCE] = bad[i];
        CU_ASSERT_TRUE(refuses(ISS_CLC, ISS_USAGE, "--nonce"));
    }
}

UNIT_MAIN("license_order", UNIT(each_kind_says_what_it_misses),
          UNIT(a_file_of_another_kind_is_told_by_its_name),
          UNIT(the_user_of_an_order_is_that_of_its_certificate),
          UNIT(what_an_id_is_follows_from_its_form),
          UNIT(terms_are_what_the_options_say),
          UNIT(a_name_cannot_end_its_text),
          UNIT(a_template_or_grants_and_never_both),
          UNIT(an_unsigned_license_says_all_of_it),
          UNIT(a_nonce_is_32_digits_or_random))
