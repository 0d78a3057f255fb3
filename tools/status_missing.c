/* SPDX-License-Identifier: Apache-2.0 */
/* What an init that was interrupted has left undone. */
#include "status_missing.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void add(char out[static TOOL_MISSING_SIZE], const char *what,
                const char *noun)
{
    const size_t used = strlen(out);

    (void)snprintf(out + used, TOOL_MISSING_SIZE - used, "%sno %s%s",
                   used > 0 ? ", " : "", what, noun);
}

static void each_key(void *arg, const struct iss_held *held)
{
    if (!held->made)
        add(arg, held->purpose, " key");
}

static bool there(const char *dir, const char *name)
{
    char path[ISS_PATH_MAX];
    const int len = snprintf(path, sizeof(path), "%s/%s", dir, name);

    return len > 0 && len < ISS_PATH_MAX && access(path, F_OK) == 0;
}

enum iss_status tool_missing(struct tool *tool, struct iss *iss,
                             const struct iss_info *info,
                             char out[static TOOL_MISSING_SIZE])
{
    enum iss_status status;

    out[0] = '\0';
    status = iss_keys(iss, each_key, out, &tool->error);
    if (!there(info->dir, "anchors.pem"))
        add(out, "anchors.pem", "");
    if (out[0] == '\0' && info->role == ISS_AUTHORITY && !info->slc.present)
        add(out, "certificates of its own", "");
    return status;
}

bool tool_missing_all(const char *dir)
{
    return there(dir, "privyseal.conf") && !there(dir, "anchors.pem") &&
           !there(dir, "checkpoints");
}
