/* SPDX-License-Identifier: Apache-2.0 */
/* Opening the store that a verb acts on. */
#include "store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prompt.h"

const char *tool_store_named(const struct tool *tool)
{
    const char *dir = tool_value(tool, TOOL_STORE);

    if (dir == NULL)
        dir = secure_getenv("PRIVYSEAL_STORE");
    return dir != NULL && dir[0] != '\0' ? dir : NULL;
}

const char *tool_member_named(const struct tool *tool)
{
    const char *name = tool_value(tool, TOOL_MEMBER);

    if (name == NULL)
        name = secure_getenv("PRIVYSEAL_MEMBER");
    return name != NULL && name[0] != '\0' ? name : NULL;
}

enum iss_status tool_store_conf(struct tool *tool, const char *dir,
                                struct iss_conf *conf)
{
    const char *named = tool_value(tool, TOOL_CONFIG);
    char path[ISS_PATH_MAX];
    enum iss_status status;

    if (named == NULL) {
        int len = snprintf(path, sizeof(path), "%s/privyseal.conf", dir);

        if (len < 0 || (size_t)len >= sizeof(path))
            return tool_fail(tool, ISS_USAGE, "%s: the path is too long", dir);
        named = path;
    }
    status = iss_conf_load(named, conf, &tool->error);
    if (status == ISS_OK && conf->token_uri[0] != '\0')
        status = tool_uri_check(conf->token_uri, &tool->error);
    return status;
}

enum iss_status tool_store_open(struct tool *tool,
                                enum tool_store_purpose purpose,
                                struct tool_store *store)
{
    unsigned flags = purpose == TOOL_LOOK ? ISS_READ_ONLY : 0;
    enum iss_status status;
    const char *module, *member;

    store->iss = NULL;
    tool_env_plain(&store->env);
    store->dir = tool_store_named(tool);
    if (store->dir == NULL)
        return tool_fail(tool, ISS_USAGE,
                         "which store? --store DIR, or $PRIVYSEAL_STORE");
    member = tool_member_named(tool);
    status = tool_store_conf(tool, store->dir, &store->conf);
    if (status == ISS_OK)
        status = iss_conf_member(store->dir,
                                 member != NULL ? member : store->env.host,
                                 &store->conf, &tool->error);
    if (status != ISS_OK)
        return status;
    if (purpose == TOOL_CHANGE) {
        module = store->conf.module[0] != '\0' ? store->conf.module : NULL;
        status = tool_env_open(&store->env, module, store->conf.pin_source,
                               &tool->error);
        if (status != ISS_OK)
            return status;
    }
    store->env.iss.conf = tool_value(tool, TOOL_CONFIG);
    store->env.iss.member = member;
    status =
        iss_open(&store->env.iss, store->dir, flags, &store->iss, &tool->error);
    return tool_env_explain(&store->env.pin, status, &tool->error);
}

enum iss_status tool_accept_time(struct tool *tool, struct tool_store *store)
{
    enum iss_status status;

    if (!tool_given(tool, TOOL_ACCEPT_TIME) || tool_given(tool, TOOL_DRY_RUN))
        return ISS_OK;
    status = tool_confirm(tool, "Is the clock of this machine right, although "
                                "the journal may say a later time?");
    return status == ISS_OK ? iss_accept_time(store->iss, &tool->error)
                            : status;
}

enum iss_status tool_store_close(struct tool *tool, struct tool_store *store,
                                 enum iss_status status)
{
    struct iss_error ignored = {0};
    struct iss_error *error = status == ISS_OK ? &tool->error : &ignored;
    enum iss_status closed = ISS_OK;

    if (status != ISS_OK)
        status = tool_env_explain(&store->env.pin, status, &tool->error);
    /* A token that has refused is not asked once more, for a checkpoint: the
     * PIN would be sent a second time. */
    if (status == ISS_LOGIN || status == ISS_TOKEN)
        iss_free(store->iss);
    else if (store->iss != NULL)
        closed = iss_close(store->iss, error);
    store->iss = NULL;
    if (status == ISS_OK)
        status = tool_env_explain(&store->env.pin, closed, &tool->error);
    tool_env_close(&store->env);
    return status;
}
