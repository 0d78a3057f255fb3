/* SPDX-License-Identifier: Apache-2.0 */
/* privyseal cluster join */
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "abspath.h"
#include "prompt.h"
#include "resources.h"
#include "store.h"
#include "verbs.h"

struct entry { /* what was asked for, in one piece */
    struct iss_join join;
    struct iss_conf conf; /* of the cluster */
    char module[ISS_PATH_MAX], pin_source[ISS_PATH_MAX];
};

/* The members of a cluster run under one account: it owns the store. */
static enum iss_status check_service_user(struct tool *tool, const char *dir)
{
    const char *name = tool_value(tool, TOOL_SERVICE_USER);
    const struct passwd *user = name != NULL ? getpwnam(name) : NULL;
    struct stat folder;

    if (name == NULL)
        return ISS_OK;
    if (user == NULL)
        return tool_fail(tool, ISS_USAGE, "--service-user: no such user: %s",
                         name);
    if (stat(dir, &folder) == 0 && folder.st_uid != user->pw_uid)
        return tool_fail(tool, ISS_CLUSTER,
                         "--service-user %s: %s belongs to another user, and "
                         "the members of a cluster share one",
                         name, dir);
    return ISS_OK;
}

static const char *or_null(const char *text)
{
    return text[0] != '\0' ? text : NULL;
}

static enum iss_status read_entry(struct tool *tool, struct entry *entry)
{
    struct iss_join *join = &entry->join;
    enum iss_status status;

    join->dir = tool_store_named(tool);
    join->token_uri = tool_value(tool, TOOL_TOKEN);
    join->member = tool_member_named(tool);
    if (join->dir == NULL)
        return tool_fail(tool, ISS_USAGE,
                         "which cluster? --store DIR, its store, or "
                         "$PRIVYSEAL_STORE");
    status = tool_uri_check(join->token_uri, &tool->error);
    if (status == ISS_OK)
        status = tool_store_conf(tool, join->dir, &entry->conf);
    if (status == ISS_OK)
        status = check_service_user(tool, join->dir);
    if (status == ISS_OK)
        status = tool_abspath_pin_source(tool, entry->pin_source);
    if (status == ISS_OK)
        status = tool_abspath_module(tool, entry->module);
    join->pin_source = or_null(entry->pin_source);
    join->module = or_null(entry->module);
    return status;
}

/* The store decides which cluster it is; the person says whether it is meant.
 */
static enum iss_status show(struct tool *tool, const struct entry *entry)
{
    const struct iss_join *join = &entry->join;
    struct tool_env env;
    struct iss *store = NULL;
    struct iss_info info;
    enum iss_status status, closed;

    tool_env_plain(&env);
    status = iss_open(&env.iss, join->dir, ISS_READ_ONLY, &store, &tool->error);
    if (status == ISS_OK)
        status = iss_info(store, &info, &tool->error);
    if (status == ISS_OK) {
        tool_line(&tool->out, "store", "%s", join->dir);
        tool_line(&tool->out, "cluster", "%s", info.guid);
        tool_line(&tool->out, "server", "%s   %s%s%zu member%s", info.name,
                  info.url, info.url[0] != '\0' ? "   " : "", info.members,
                  info.members == 1 ? "" : "s");
        tool_line(&tool->out, "member", "%s, token %s",
                  join->member != NULL ? join->member : env.host,
                  join->token_uri != NULL ? join->token_uri
                                          : entry->conf.token_uri);
    }
    closed = iss_close(store, status == ISS_OK ? &tool->error : NULL);
    return status != ISS_OK ? status : closed;
}

static enum iss_status report(struct tool *tool, struct tool_store *store)
{
    struct tool_json *json = &tool->out.json;
    struct iss_info info;
    enum iss_status status = iss_info(store->iss, &info, &tool->error);

    if (status != ISS_OK)
        return status;
    tool_line(&tool->out, "joined",
              "%s: %zu members share one certificate "
              "and one key",
              info.guid, info.members);
    tool_note(&tool->out, "note",
              "load is not balanced by itself: if a balancer stands before "
              "the cluster, add this machine to its configuration");
    tool_note(&tool->out, "next", "privyseal cluster check --store %s",
              store->dir);
    if (!tool->out.as_json)
        return ISS_OK;
    tool_json_open(json, NULL, '{');
    tool_json_text(json, "store", store->dir);
    tool_json_text(json, "cluster", info.guid);
    tool_json_number(json, "members", (int64_t)info.members);
    tool_json_text(json, "key", info.key_uri);
    tool_json_text(json, "note",
                   "add this machine to the load balancer's configuration");
    tool_json_close(json, '}');
    return ISS_OK;
}

static enum iss_status join(struct tool *tool, const struct entry *entry)
{
    struct tool_store store = {.dir = entry->join.dir};
    const char *module = entry->join.module != NULL
                             ? entry->join.module
                             : or_null(entry->conf.module);
    const char *pin_source = entry->join.pin_source != NULL
                                 ? entry->join.pin_source
                                 : entry->conf.pin_source;
    enum iss_status status =
        tool_env_open(&store.env, module, pin_source, &tool->error);

    if (status == ISS_OK)
        status =
            iss_join(&store.env.iss, &entry->join, &store.iss, &tool->error);
    if (status == ISS_OK)
        status = report(tool, &store);
    return tool_store_close(tool, &store, status);
}

static void rehearsed(struct tool *tool, const struct entry *entry)
{
    struct tool_json *json = &tool->out.json;

    tool_line(&tool->out, "dry run",
              "the key was not tried, and nothing was changed");
    if (!tool->out.as_json)
        return;
    tool_json_open(json, NULL, '{');
    tool_json_text(json, "store", entry->join.dir);
    tool_json_bool(json, "dry-run", true);
    tool_json_close(json, '}');
}

static enum iss_status run(struct tool *tool)
{
    struct entry *entry = calloc(1, sizeof(*entry));
    enum iss_status status;

    if (entry == NULL)
        return tool_fail(tool, ISS_INTERNAL, "out of memory");
    status = read_entry(tool, entry);
    if (status == ISS_OK)
        status = show(tool, entry);
    if (status == ISS_OK && tool_given(tool, TOOL_DRY_RUN)) {
        rehearsed(tool, entry);
        goto out;
    }
    if (status == ISS_OK)
        status = tool_confirm(tool, "Join this cluster?");
    if (status == ISS_OK)
        status = join(tool, entry);
out:
    free(entry);
    return status;
}

static const struct tool_use uses[] = {
    {TOOL_STORE, "the cluster's store; default: $PRIVYSEAL_STORE"},
    {TOOL_TOKEN, "this machine's token, which holds the cluster's key: a "
                 "pkcs11: URI; default: the cluster's"},
    {TOOL_PIN_SOURCE, "file:PATH, credential:NAME or askpass; default: the "
                      "cluster's"},
    {TOOL_MODULE, "this machine's PKCS#11 module; default: the cluster's"},
    {TOOL_SERVICE_USER, "the account that the cluster's store must belong to"},
    {TOOL_MEMBER, "this member's name; default: $PRIVYSEAL_MEMBER, else the "
                  "host name"},
    TOOL_USE_YES,
    {TOOL_DRY_RUN, "show which cluster it is, change nothing"},
    TOOL_USE_QUIET,
    TOOL_USE_JSON,
    TOOL_USES_END,
};

const struct tool_verb tool_cluster_join = {
    .name = "cluster join",
    .summary = "add this server to a cluster",
    .operands = "",
    .uses = uses,
    .text =
        "Makes this machine a member of a root's or a licensing server's "
        "cluster. The store decides which one: its GUID is shown and has to "
        "be confirmed. The members share its configuration, certificate and "
        "key, so the token must hold the key that the certificate names, "
        "which a signature shows (exit 30 where it does not). Nothing is "
        "requested from an authority or a root, and no other settings are "
        "taken: they are the cluster's. The first server must be enrolled.\n\n"
        "What is special to this member is kept in member-NAME.conf in the "
        "store. A member whose name is not the host name sets "
        "PRIVYSEAL_MEMBER for later commands. No load balancer is changed.\n\n"
        "  privyseal cluster join --store /srv/privyseal/root1 \\\n"
        "      --token pkcs11:token=root-2 --pin-source file:/etc/rms.pin",
    .run = run,
};
