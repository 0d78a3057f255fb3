/* SPDX-License-Identifier: Apache-2.0 */
/* Options that become values of a configuration. */
#include "tools/abspath.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "unit.h"

static char out[ISS_PATH_MAX];

static void a_relative_path_becomes_absolute(void)
{
    char folder[] = "unit-XXXXXX", here[ISS_PATH_MAX],
         expected[2 * ISS_PATH_MAX];
    char source[64];
    struct tool tool = {0};

    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
    CU_ASSERT_PTR_NOT_NULL_FATAL(getcwd(here, sizeof(here)));
    CU_ASSERT_EQUAL(tool_abspath(&tool, "module", folder, out), ISS_OK);
    (void)snprintf(expected, sizeof(expected), "%s/%s", here, folder);
    CU_ASSERT_STRING_EQUAL(out, expected);

    (void)snprintf(source, sizeof(source), "file:%s", folder);
    tool.options.value[TOOL_PIN_SOURCE] = source;
    CU_ASSERT_EQUAL(tool_abspath_pin_source(&tool, out), ISS_OK);
    (void)snprintf(expected, sizeof(expected), "file:%s/%s", here, folder);
    CU_ASSERT_STRING_EQUAL(out, expected);
    CU_ASSERT_EQUAL(rmdir(folder), 0);
    CU_ASSERT_EQUAL(tool_abspath_pin_source(&tool, out), ISS_USAGE);
    CU_ASSERT_PTR_NOT_NULL(strstr(tool.error.text, folder));
}

static void other_sources_stay_as_they_are(void)
{
    static const char *const sources[] = {"askpass", "credential:pin"};
    struct tool tool = {0};

    for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
        tool.options.value[TOOL_PIN_SOURCE] = sources[i];
        CU_ASSERT_EQUAL(tool_abspath_pin_source(&tool, out), ISS_OK);
        CU_ASSERT_STRING_EQUAL(out, sources[i]);
    }
}

static void what_is_not_given_is_empty(void)
{
    struct tool tool = {0};

    CU_ASSERT_EQUAL(tool_abspath_pin_source(&tool, out), ISS_OK);
    CU_ASSERT_STRING_EQUAL(out, "");
    CU_ASSERT_EQUAL(tool_abspath_module(&tool, out), ISS_OK);
    CU_ASSERT_STRING_EQUAL(out, "");
}

static void a_pin_is_no_source_and_is_not_repeated(void)
{
    struct tool tool = {0};

    tool.options.value[TOOL_PIN_SOURCE] = "735191";
    CU_ASSERT_EQUAL(tool_abspath_pin_source(&tool, out), ISS_USAGE);
    CU_ASSERT_PTR_NULL(strstr(tool.error.text, "735191"));
}

UNIT_MAIN("abspath", UNIT(a_relative_path_becomes_absolute),
          UNIT(other_sources_stay_as_they_are),
          UNIT(what_is_not_given_is_empty),
          UNIT(a_pin_is_no_source_and_is_not_repeated))
