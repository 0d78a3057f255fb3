/* SPDX-License-Identifier: Apache-2.0 */
/* An access list that a person looks at, wherever it lies. */
#include "acl_file.h"

#include <stdio.h>
#include <stdlib.h>

#include "issuer/issuer.h"

enum iss_status tool_acl_read(struct tool *tool, const char *path,
                              struct tool_acl *out)
{
    struct iss_error error = {0};
    enum iss_status status;

    *out = (struct tool_acl){0};
    status = iss_acl_read(path, &out->text, &out->len, &error);
    if (status != ISS_OK) {
        (void)snprintf(out->unsafe, sizeof(out->unsafe), "%s", error.text);
        status = iss_read_file(path, ISS_ACL_MAX, &out->text, &out->len,
                               &tool->error);
    }
    if (status == ISS_OK)
        status =
            iss_acl_parse(path, out->text, out->len, &out->acl, &tool->error);
    if (status == ISS_MALFORMED) /* too long */
        status = tool->error.status = ISS_USAGE;
    return status;
}

void tool_acl_clear(struct tool_acl *acl)
{
    iss_acl_free(acl->acl);
    free(acl->text);
    *acl = (struct tool_acl){0};
}

void tool_acl_note(struct tool *tool, const struct tool_acl *acl)
{
    if (acl->unsafe[0] != '\0' && !tool->out.quiet)
        tool_text(&tool->out, TOOL_WARN, "warning    %s", acl->unsafe);
}
