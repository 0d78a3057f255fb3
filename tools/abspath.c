/* SPDX-License-Identifier: Apache-2.0 */
/* Options that become values of a configuration. */
#include "abspath.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pin.h"

enum iss_status tool_abspath(struct tool *tool, const char *what,
                             const char *path, char out[static ISS_PATH_MAX])
{
    char *real = realpath(path, NULL);
    int len = real != NULL ? snprintf(out, ISS_PATH_MAX, "%s", real) : 0;

    free(real);
    if (len > 0 && len < ISS_PATH_MAX)
        return ISS_OK;
    return tool_fail(tool, ISS_USAGE, "%s %s: %s", what, path,
                     strerror(len == 0 ? errno : ENAMETOOLONG));
}

enum iss_status tool_abspath_pin_source(struct tool *tool,
                                        char out[static ISS_PATH_MAX])
{
    static const char file[] = "file:";
    const char *source = tool_value(tool, TOOL_PIN_SOURCE);
    char path[ISS_PATH_MAX];
    enum iss_status status;

    out[0] = '\0';
    if (source == NULL)
        return ISS_OK;
    status = tool_pin_check(source, &tool->error);
    if (status != ISS_OK)
        return status;
    if (strncmp(source, file, sizeof(file) - 1) != 0) {
        (void)snprintf(out, ISS_PATH_MAX, "%s", source);
        return ISS_OK;
    }
    status = tool_abspath(tool, "PIN file", source + sizeof(file) - 1, path);
    if (status == ISS_OK &&
        snprintf(out, ISS_PATH_MAX, "%s%s", file, path) >= ISS_PATH_MAX)
        status = tool_fail(tool, ISS_USAGE, "PIN file: the path is too long");
    return status;
}

enum iss_status tool_abspath_module(struct tool *tool,
                                    char out[static ISS_PATH_MAX])
{
    const char *module = tool_value(tool, TOOL_MODULE);

    out[0] = '\0';
    return module == NULL ? ISS_OK : tool_abspath(tool, "module", module, out);
}
