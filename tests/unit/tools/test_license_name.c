/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "license_order.h"
#include "unit.h"

static struct tool_order order;
static struct tool_options options;
static char path[TOOL_ORDER_PATH_SIZE];

static void begin(enum iss_license_kind kind, const char *user)
{
    memset(&order, 0, sizeof(order));
    memset(&options, 0, sizeof(options));
    order.order.kind = kind;
    (void)snprintf(order.user, sizeof(order.user), "%s", user);
}

static void is_named(const char *expected)
{
    CU_ASSERT_EQUAL(tool_order_path(&order, &options, path, NULL), ISS_OK);
    CU_ASSERT_STRING_EQUAL(path, expected);
}

static void certificates_are_named_after_their_user(void)
{
    begin(ISS_RAC, "anna@example.org");
    is_named("anna@example.org.rac.xml");
    begin(ISS_CLC, "b\xc3\xb6rje+x@example.org");
    is_named("b\xc3\xb6rje+x@example.org.clc.xml");
}

static void a_publishing_license_after_owner_and_nonce(void)
{
    begin(ISS_PL, "");
    options.value[TOOL_OWNER] = "anna@example.org";
    memcpy(order.nonce, "\x0a\x1b\x2c\x3d\x4e", 5);
    is_named("anna@example.org-0a1b2c3d.pl.xml");
}

static void one_that_a_client_made_after_its_file(void)
{
    begin(ISS_PL, "");
    options.value[TOOL_UNSIGNED] = "/some/folder/report.pl.xml";
    is_named("report.signed.pl.xml");
    options.value[TOOL_UNSIGNED] = "report.xml";
    is_named("report.signed.pl.xml");
    options.value[TOOL_UNSIGNED] = "../report";
    is_named("report.signed.pl.xml");
}

static void a_use_license_after_its_document_and_user(void)
{
    begin(ISS_UL, "bo@example.org");
    options.value[TOOL_PL] = "in/report.pl.xml";
    is_named("report.bo@example.org.ul.xml");
}

static void a_template_after_itself(void)
{
    begin(ISS_TEMPLATE, "");
    options.value[TOOL_NAME] = "Board members";
    is_named("Board_members.template.xml");
}

/* A mail address comes out of a document that somebody else made. */
static void no_name_leads_elsewhere(void)
{
    static const char *const rows[][2] = {
        {"../../etc/passwd", "_._.._etc_passwd.rac.xml"},
        {"-rf@x", "_rf@x.rac.xml"},
        {".hidden", "_hidden.rac.xml"},
        {"a;b$(c)`d`|e", "a_b__c__d__e.rac.xml"},
        {"a\nb\tc\x1b[0m", "a_b_c__0m.rac.xml"},
        {"/", "_.rac.xml"}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        begin(ISS_RAC, rows[i][0]);
        CU_ASSERT_EQUAL(tool_order_path(&order, &options, path, NULL), ISS_OK);
        CU_ASSERT_PTR_NULL(strchr(path, '/'));
        CU_ASSERT_STRING_EQUAL(path, rows[i][1]);
    }
}

static void a_long_name_is_cut_to_what_a_folder_takes(void)
{
    char name[XRML_NAME_MAX + 1];

    memset(name, 'a', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    begin(ISS_UL, name);
    options.value[TOOL_PL] = name;
    CU_ASSERT_EQUAL(tool_order_path(&order, &options, path, NULL), ISS_OK);
    CU_ASSERT_TRUE(strlen(path) <= 255); /* NAME_MAX */
    CU_ASSERT_STRING_EQUAL(path + strlen(path) - 7, ".ul.xml");
    begin(ISS_PL, "");
    options.value[TOOL_OWNER] = name;
    CU_ASSERT_EQUAL(tool_order_path(&order, &options, path, NULL), ISS_OK);
    CU_ASSERT_TRUE(strlen(path) <= 255);
    CU_ASSERT_STRING_EQUAL(path + strlen(path) - 16, "-00000000.pl.xml");
}

static void out_is_a_file_or_a_folder_of_such_names(void)
{
    char *folder = unit_temp_dir();
    char *expected = NULL;

    CU_ASSERT_PTR_NOT_NULL_FATAL(folder);
    begin(ISS_RAC, "anna@example.org");
    options.value[TOOL_OUT] = folder;
    CU_ASSERT_TRUE_FATAL(
        asprintf(&expected, "%s/anna@example.org.rac.xml", folder) > 0);
    is_named(expected);
    options.value[TOOL_OUT] = "not/there.xml";
    is_named("not/there.xml");
    CU_ASSERT_EQUAL(rmdir(folder), 0);
    free(expected);
    free(folder);
}

static void a_path_that_does_not_fit_is_refused(void)
{
    char *longer = calloc(1, TOOL_ORDER_PATH_SIZE + 1);
    struct iss_error error = {.status = ISS_OK};

    CU_ASSERT_PTR_NOT_NULL_FATAL(longer);
    memset(longer, 'a', TOOL_ORDER_PATH_SIZE);
    begin(ISS_RAC, "anna@example.org");
    options.value[TOOL_OUT] = longer;
    CU_ASSERT_EQUAL(tool_order_path(&order, &options, path, &error), ISS_USAGE);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "--out"));
    longer[TOOL_ORDER_PATH_SIZE - 1] = '\0';
    CU_ASSERT_EQUAL(tool_order_path(&order, &options, path, NULL), ISS_OK);
    free(longer);
}

UNIT_MAIN("license_name", UNIT(certificates_are_named_after_their_user),
          UNIT(a_publishing_license_after_owner_and_nonce),
          UNIT(one_that_a_client_made_after_its_file),
          UNIT(a_use_license_after_its_document_and_user),
          UNIT(a_template_after_itself), UNIT(no_name_leads_elsewhere),
          UNIT(a_long_name_is_cut_to_what_a_folder_takes),
          UNIT(out_is_a_file_or_a_folder_of_such_names),
          UNIT(a_path_that_does_not_fit_is_refused))
