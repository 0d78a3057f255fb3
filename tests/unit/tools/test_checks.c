/* SPDX-License-Identifier: Apache-2.0 */
/* Where the proof of a request lies. */
#include "tools/checks.h"

#include <string.h>

#include "unit.h"

static void gives(const char *request, const char *expected)
{
    char pop[ISS_PATH_MAX];

    CU_ASSERT_TRUE(tool_pop_path(request, pop));
    CU_ASSERT_STRING_EQUAL(pop, expected);
}

static void a_proof_has_the_name_of_its_request(void)
{
    gives("RMS01EnrollRequest.xml", "RMS01EnrollRequest.pop");
    gives("/media/usb/a.XML", "/media/usb/a.pop");
    gives("request", "request.pop");
    gives("request.txt", "request.txt.pop");
    gives("a.xml.xml", "a.xml.pop");
    gives(".xml", ".xml.pop");
}

static void a_path_that_does_not_fit_is_refused(void)
{
    char path[ISS_PATH_MAX], pop[ISS_PATH_MAX];

    memset(path, 'a', sizeof(path));
    path[sizeof(path) - 1] = '\0';
    CU_ASSERT_FALSE(tool_pop_path(path, pop));
}

UNIT_MAIN("checks", UNIT(a_proof_has_the_name_of_its_request),
          UNIT(a_path_that_does_not_fit_is_refused))
