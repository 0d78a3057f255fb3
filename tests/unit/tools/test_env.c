/* SPDX-License-Identifier: Apache-2.0 */
/* Who runs a command, as the engine is told. */
#include "tools/env.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

enum { LINE = 8192 };

/* What the command id(1) says. */
static void ask(const char *command, char line[static LINE])
{
    FILE *pipe = popen(command, "r");

    line[0] = '\0';
    if (pipe == NULL)
        return;
    if (fgets(line, LINE, pipe) == NULL)
        line[0] = '\0';
    (void)pclose(pipe);
    line[strcspn(line, "\n")] = '\0';
}

static void the_user_is_the_real_one_whatever_the_environment_says(void)
{
    static struct tool_env env;
    char name[LINE];

    ask("id -run", name);
    CU_ASSERT_NOT_EQUAL_FATAL(name[0], '\0');
    CU_ASSERT_EQUAL(setenv("USER", "somebody", 1), 0);
    CU_ASSERT_EQUAL(setenv("LOGNAME", "somebody", 1), 0);
    CU_ASSERT_EQUAL(setenv("SUDO_USER", "somebody", 1), 0);
    CU_ASSERT_EQUAL(setenv("SUDO_UID", "12345", 1), 0);
    tool_env_plain(&env);
    CU_ASSERT_STRING_EQUAL(env.iss.user, name);
}

/* id prints the groups of the databases where it is given a name. */
static void the_groups_are_those_of_the_databases(void)
{
    static struct tool_env env;
    char groups[LINE];
    size_t count = 0;

    ask("id -Gn \"$(id -run)\"", groups);
    tool_env_plain(&env);
    for (char *rest = NULL, *name = strtok_r(groups, " ", &rest); name != NULL;
         name = strtok_r(NULL, " ", &rest), count++) {
        bool found = false;

        for (size_t i = 0; i < env.iss.group_count; i++)
            found = found || strcmp(env.iss.groups[i], name) == 0;
        CU_ASSERT_TRUE(found);
    }
    CU_ASSERT_TRUE(count > 0);
    CU_ASSERT_EQUAL(env.iss.group_count, count);
}

UNIT_MAIN("env", UNIT(the_user_is_the_real_one_whatever_the_environment_says),
          UNIT(the_groups_are_those_of_the_databases))
