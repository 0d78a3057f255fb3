/* SPDX-License-Identifier: Apache-2.0 */
/* Where requests go. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/enroll.h"
#include "unit.h"

static void goes(enum iss_op op, const char *where, const char *request,
                 const char *proof)
{
    static struct tool_exported exported;
    const struct tool_export order = {.op = op, .where = where};
    struct tool tool = {0};

    CU_ASSERT_EQUAL(tool_export_paths(&tool, "RMS01", &order, &exported),
                    ISS_OK);
    CU_ASSERT_STRING_EQUAL(exported.path, request);
    CU_ASSERT_STRING_EQUAL(exported.pop, proof);
}

static void names_are_those_of_the_pages(void)
{
    goes(ISS_ENROLL, NULL, "RMS01EnrollRequest.xml", "RMS01EnrollRequest.pop");
    goes(ISS_SUB_ENROLL, NULL, "RMS01EnrollRequest.xml",
         "RMS01EnrollRequest.pop");
    goes(ISS_RENEW, NULL, "RMS01RenewalRequest.xml", "RMS01RenewalRequest.pop");
    goes(ISS_REKEY, NULL, "RMS01RenewalRequest.xml", "RMS01RenewalRequest.pop");
}

static void a_folder_or_a_file_may_be_chosen(void)
{
    char folder[] = "unit-XXXXXX", request[64], proof[64];

    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
    (void)snprintf(request, sizeof(request), "%s/RMS01RenewalRequest.xml",
                   folder);
    (void)snprintf(proof, sizeof(proof), "%s/RMS01RenewalRequest.pop", folder);
    goes(ISS_RENEW, folder, request, proof);
    CU_ASSERT_EQUAL(rmdir(folder), 0);
    goes(ISS_RENEW, "not/there/", "not/there/RMS01RenewalRequest.xml",
         "not/there/RMS01RenewalRequest.pop");
    goes(ISS_RENEW, "/media/usb/a.xml", "/media/usb/a.xml", "/media/usb/a.pop");
}

static void a_path_that_does_not_fit_is_refused(void)
{
    static struct tool_exported exported;
    static char where[ISS_PATH_MAX];
    const struct tool_export order = {.op = ISS_RENEW, .where = where};
    struct tool tool = {0};

    memset(where, 'a', sizeof(where) - 1);
    where[sizeof(where) - 2] = '/';
    CU_ASSERT_EQUAL(tool_export_paths(&tool, "RMS01", &order, &exported),
                    ISS_USAGE);
    CU_ASSERT_PTR_NOT_NULL(strstr(tool.error.text, "too long"));
}

UNIT_MAIN("enroll_export", UNIT(names_are_those_of_the_pages),
          UNIT(a_folder_or_a_file_may_be_chosen),
          UNIT(a_path_that_does_not_fit_is_refused))
