/* SPDX-License-Identifier: Apache-2.0 */
/* The options of privyseal init, and what goes with which role. */
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "abspath.h"
#include "device.h"
#include "init.h"
#include "store.h"

enum { ANCHORS_MAX = 64 * 1024, AUTHORITY = 1, ROOT = 2, LICENSING = 4 };

static const char *const roles[] = {[ISS_AUTHORITY] = "authority",
                                    [ISS_ROOT] = "root",
                                    [ISS_LICENSING] = "licensing",
                                    NULL};

const char *tool_init_role(enum iss_role role)
{
    return roles[role];
}

/* What a role needs that has no default, what it may be given, and why. */
static const struct rule {
    enum tool_option option;
    unsigned needs, takes; /* roles */
    const char *why, *why_not;
} rules[] = {
    {TOOL_TOKEN, AUTHORITY | ROOT | LICENSING, AUTHORITY | ROOT | LICENSING,
     "the token that will hold the keys (see privyseal token list)", NULL},
    {TOOL_PIN_SOURCE, AUTHORITY | ROOT | LICENSING,
     AUTHORITY | ROOT | LICENSING, "where the token's PIN comes from", NULL},
    {TOOL_URL, ROOT | LICENSING, ROOT | LICENSING,
     "the base URL that the certificate will name",
     "an authority serves no clients"},
    {TOOL_ANCHORS, ROOT | LICENSING, ROOT | LICENSING,
     "the authority's anchors.pem: what this server will trust is settled "
     "before it asks for anything",
     "an authority is an anchor itself"},
    {TOOL_ROOT, LICENSING, LICENSING,
     "the root's chain (privyseal trust export there): a licensing server is "
     "made only after its root is enrolled",
     "only a licensing server has a root above it"},
    {TOOL_REVOCATION, 0, ROOT, NULL, "the root controls who may revoke"},
    {TOOL_REVOCATION_KEY, 0, ROOT, NULL, "the root controls who may revoke"},
    {TOOL_CAN_UNSEAL, 0, ROOT | LICENSING, NULL, "it issues no licenses"},
    {TOOL_HIERARCHY, 0, AUTHORITY, NULL,
     "it is the authority's choice; others follow their anchors"},
    {TOOL_OUT, 0, LICENSING, NULL,
     "only a licensing server asks for its certificate at once"},
};

/* What is not for the role comes first: it may be the role that is wrong. */
static enum iss_status check_rules(struct tool *tool, enum iss_role role)
{
    unsigned bit = 1U << role;
    size_t count = sizeof(rules) / sizeof(rules[0]);

    for (size_t i = 0; i < count; i++)
        if ((rules[i].takes & bit) == 0 && tool_given(tool, rules[i].option))
            return tool_fail(tool, ISS_USAGE, "--%s is not for role %s: %s",
                             tool_option_info(rules[i].option)->name,
                             roles[role], rules[i].why_not);
    for (size_t i = 0; i < count; i++)
        if ((rules[i].needs & bit) != 0 && !tool_given(tool, rules[i].option))
            return tool_fail(
                tool, ISS_USAGE, "role %s needs --%s: %s", roles[role],
                tool_option_info(rules[i].option)->name, rules[i].why);
    return ISS_OK;
}

static enum iss_status read_role(struct tool *tool, enum iss_role *role)
{
    int choice = -1;
    enum iss_status status = tool_option_word(&tool->options, TOOL_ROLE, roles,
                                              &choice, &tool->error);

    if (status == ISS_OK && choice < 0)
        status = tool_fail(tool, ISS_USAGE,
                           "--role is needed: authority (signs certificates "
                           "of others), root (asks one of an authority) or "
                           "licensing (asks one of a root)");
    *role = choice < 0 ? ISS_AUTHORITY : (enum iss_role)choice;
    return status;
}

/* ---- values
 * ------------------------------------------------------------------
 */

static enum iss_status read_authority_key(struct tool *tool, const char *path,
                                          struct enroll_key *key)
{
    struct xrml_anchors *keys = NULL;
    char *text = NULL;
    size_t len = 0;
    struct iss_error why = {.status = ISS_OK};
    enum iss_status status =
        iss_read_file(path, ANCHORS_MAX, &text, &len, &tool->error);

    if (status == ISS_OK &&
        xrml_anchors_parse(text, len, &keys, &why) != ISS_OK)
        status = tool_fail(tool, why.status, "--revocation-key %s: %s", path,
                           why.text);
    if (status == ISS_OK && xrml_anchors_count(keys) != 1)
        status =
            tool_fail(tool, ISS_USAGE,
                      "--revocation-key %s: not exactly one public key", path);
    if (status == ISS_OK) {
        const struct xrml_key *found = xrml_anchor_key(keys, 0);

        memcpy(key->modulus, found->modulus, found->modulus_len);
        key->modulus_len = found->modulus_len;
        key->exponent = found->exponent;
    }
    xrml_anchors_free(keys);
    free(text);
    return status;
}

static enum iss_status read_revocation(struct tool *tool,
                                       struct tool_init *order)
{
    static const char *const words[] = {"standard", "custom", NULL};
    int choice = ENROLL_STANDARD;
    size_t count = tool->options.list_count;
    enum iss_status status = tool_option_word(&tool->options, TOOL_REVOCATION,
                                              words, &choice, &tool->error);

    for (size_t i = 0; status == ISS_OK && i < count; i++)
        status = read_authority_key(tool, tool->options.list[i],
                                    &order->authorities[i]);
    if (status == ISS_OK && (choice == ENROLL_CUSTOM) != (count > 0))
        status = tool_fail(tool, ISS_USAGE,
                           "--revocation custom goes with --revocation-key, "
                           "and neither without the other");
    order->init.revocation = (enum enroll_revocation)choice;
    order->init.authorities = order->authorities;
    order->init.authority_count = count;
    return status;
}

static enum iss_status read_choices(struct tool *tool, struct tool_init *order)
{
    static const char *const hierarchies[] = {"production", "pre-production",
                                              NULL};
    static const char *const answers[] = {"no", "yes", NULL};
    int hierarchy = ISS_PRODUCTION;
    int unseal = order->init.role != ISS_AUTHORITY;
    enum iss_status status = tool_option_word(
        &tool->options, TOOL_HIERARCHY, hierarchies, &hierarchy, &tool->error);

    if (status == ISS_OK)
        status = tool_option_word(&tool->options, TOOL_CAN_UNSEAL, answers,
                                  &unseal, &tool->error);
    order->init.key_bits = 2048;
    if (status == ISS_OK)
        status = tool_option_bits(tool, TOOL_KEY, &order->init.key_bits);
    if (status == ISS_OK)
        status = read_revocation(tool, order);
    order->init.hierarchy = (enum iss_hierarchy)hierarchy;
    order->init.can_unseal = unseal != 0;
    return status;
}

/* A mail address as people write it; who it reaches is not for us to check. */
static enum iss_status check_contact(struct tool *tool, const char *contact)
{
    const char *at = contact != NULL ? strchr(contact, '@') : NULL;

    if (contact == NULL ||
        (at != NULL && at > contact && at[1] != '\0' &&
         strpbrk(contact, " \t\r\n<>#") == NULL &&
         strlen(contact) < sizeof(((struct iss_conf *)NULL)->contact)))
        return ISS_OK;
    return tool_fail(tool, ISS_USAGE, "--contact: not a mail address: %s",
                     contact);
}

static enum iss_status check_service_user(struct tool *tool, const char *name)
{
    const struct passwd *user = name != NULL ? getpwnam(name) : NULL;

    if (name == NULL)
        return ISS_OK;
    if (user == NULL)
        return tool_fail(tool, ISS_USAGE, "--service-user: no such user: %s",
                         name);
    if (geteuid() != 0 && user->pw_uid != geteuid())
        return tool_fail(tool, ISS_USAGE,
                         "--service-user %s: only root can give files to "
                         "another user",
                         name);
    return ISS_OK;
}

static enum iss_status read_names(struct tool *tool, struct tool_init *order)
{
    struct iss_init *init = &order->init;
    enum iss_status status = tool_uri_check(init->token_uri, &tool->error);

    if (gethostname(order->host, sizeof(order->host) - 1) != 0)
        order->host[0] = '\0';
    init->name =
        tool_given(tool, TOOL_NAME) ? tool_value(tool, TOOL_NAME) : order->host;
    if (status == ISS_OK)
        status = enroll_name_check(init->name, &tool->error);
    if (status == ISS_OK && init->url != NULL)
        status = enroll_url_check(init->url, &tool->error);
    if (status == ISS_MALFORMED)
        status = tool->error.status = ISS_USAGE;
    if (status == ISS_OK)
        status = check_contact(tool, init->contact);
    if (status == ISS_OK)
        status = check_service_user(tool, init->service_user);
    return status;
}

static enum iss_status read_files(struct tool *tool, struct tool_init *order)
{
    const char *anchors = tool_value(tool, TOOL_ANCHORS);
    const char *chain = tool_value(tool, TOOL_ROOT);
    enum iss_status status = tool_abspath_pin_source(tool, order->pin_source);

    if (status == ISS_OK)
        status = tool_abspath_module(tool, order->module);
    if (status == ISS_OK && anchors != NULL)
        status = iss_read_file(anchors, ANCHORS_MAX, &order->anchors,
                               &order->init.anchors_len, &tool->error);
    if (status == ISS_OK && chain != NULL)
        status = iss_read_file(chain, XRML_CHAIN_MAX, &order->chain,
                               &order->init.root_chain_len, &tool->error);
    order->init.pin_source = order->pin_source;
    order->init.module = order->module[0] != '\0' ? order->module : NULL;
    order->init.anchors = order->anchors;
    order->init.root_chain = order->chain;
    return status;
}

enum iss_status tool_init_read(struct tool *tool, struct tool_init *order)
{
    struct iss_init *init = &order->init;
    enum iss_status status = read_role(tool, &init->role);

    if (status == ISS_OK)
        status = check_rules(tool, init->role);
    init->dir = tool_store_named(tool);
    if (status == ISS_OK && init->dir == NULL)
        status = tool_fail(tool, ISS_USAGE,
                           "which folder will be the store? --store DIR, or "
                           "$PRIVYSEAL_STORE");
    init->url = tool_value(tool, TOOL_URL);
    init->token_uri = tool_value(tool, TOOL_TOKEN);
    init->contact = tool_value(tool, TOOL_CONTACT);
    init->service_user = tool_value(tool, TOOL_SERVICE_USER);
    if (status == ISS_OK)
        status = read_names(tool, order);
    if (status == ISS_OK)
        status = read_choices(tool, order);
    return status == ISS_OK ? read_files(tool, order) : status;
}

void tool_init_clear(struct tool_init *order)
{
    free(order->anchors);
    free(order->chain);
    order->anchors = NULL;
    order->chain = NULL;
}
