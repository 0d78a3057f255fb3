/* SPDX-License-Identifier: Apache-2.0 */
/* privyseal init */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "device.h"
#include "store.h"
#include "verbs.h"

enum { ANCHORS_MAX = 64 * 1024, HOST_SIZE = 256 };

struct order { /* what was asked for, in one piece */
    struct iss_init init;
    char module[ISS_PATH_MAX], pin_source[ISS_PATH_MAX], host[HOST_SIZE];
    char *anchors; /* owned */
    struct enroll_key authorities[ENROLL_AUTHORITIES_MAX];
};

/* What a role needs that has no default, and why. */
static const struct need {
    enum tool_option option;
    bool authority, root;
    const char *why;
} needs[] = {
    {TOOL_TOKEN, true, true,
     "the token that will hold the keys (see privyseal token list)"},
    {TOOL_PIN_SOURCE, true, true, "where the token's PIN comes from"},
    {TOOL_URL, false, true, "the base URL that the certificate will name"},
    {TOOL_ANCHORS, false, true,
     "the authority's anchors.pem: what this server will trust is settled "
     "before it asks for anything"},
};

static enum iss_status check_needs(struct tool *tool, enum iss_role role)
{
    static const char *const roles[] = {
        [ISS_AUTHORITY] = "authority", [ISS_ROOT] = "root"};
    bool authority = role == ISS_AUTHORITY;

    for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++) {
        const struct need *need = &needs[i];
        const char *name = tool_option_info(need->option)->name;
        bool wanted = authority ? need->authority : need->root;

        if (wanted && !tool_given(tool, need->option))
            return tool_fail(tool, ISS_USAGE, "role %s needs --%s: %s",
                             roles[role], name, need->why);
        if (!wanted && tool_given(tool, need->option))
            return tool_fail(tool, ISS_USAGE, "--%s is not for role %s", name,
                             roles[role]);
    }
    if (authority && tool_given(tool, TOOL_CAN_UNSEAL))
        return tool_fail(tool, ISS_USAGE,
                         "--can-unseal is not for role authority: it issues "
                         "no licences");
    if (!authority && tool_given(tool, TOOL_HIERARCHY))
        return tool_fail(tool, ISS_USAGE,
                         "--hierarchy is the authority's choice; a root "
                         "follows its anchors");
    return ISS_OK;
}

/* The configuration is read from any folder: paths in it are absolute. */
static enum iss_status absolute(struct tool *tool, const char *what,
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

static enum iss_status read_pin_source(struct tool *tool, struct order *order)
{
    const char *source = tool_value(tool, TOOL_PIN_SOURCE);
    char path[ISS_PATH_MAX];
    enum iss_status status = tool_pin_check(source, &tool->error);

    if (status == ISS_OK && strncmp(source, "file:", 5) == 0) {
        status = absolute(tool, "PIN file", source + 5, path);
        if (status == ISS_OK && snprintf(order->pin_source, ISS_PATH_MAX,
                                         "file:%s", path) >= ISS_PATH_MAX)
            status = tool_fail(tool, ISS_USAGE, "PIN file: path too long");
    } else if (status == ISS_OK) {
        (void)snprintf(order->pin_source, ISS_PATH_MAX, "%s", source);
    }
    order->init.pin_source = order->pin_source;
    return status;
}

static enum iss_status read_authority_key(struct tool *tool, const char *path,
                                          struct enroll_key *key)
{
    struct xrml_anchors *keys = NULL;
    char *text = NULL;
    size_t len = 0;
    enum iss_status status =
        iss_read_file(path, ANCHORS_MAX, &text, &len, &tool->error);

    if (status == ISS_OK)
        status = xrml_anchors_parse(text, len, &keys, &tool->error);
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

static enum iss_status read_revocation(struct tool *tool, struct order *order)
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

static enum iss_status read_choices(struct tool *tool, struct order *order)
{
    static const char *const hierarchies[] = {"production", "pre-production",
                                              NULL};
    static const char *const answers[] = {"no", "yes", NULL};
    int hierarchy = ISS_PRODUCTION;
    int unseal = order->init.role == ISS_ROOT;
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

static enum iss_status read_files(struct tool *tool, struct order *order)
{
    const char *module = tool_value(tool, TOOL_MODULE);
    const char *anchors = tool_value(tool, TOOL_ANCHORS);
    enum iss_status status = read_pin_source(tool, order);

    if (status == ISS_OK && module != NULL) {
        status = absolute(tool, "module", module, order->module);
        order->init.module = order->module;
    }
    if (status == ISS_OK && anchors != NULL)
        status = iss_read_file(anchors, ANCHORS_MAX, &order->anchors,
                               &order->init.anchors_len, &tool->error);
    order->init.anchors = order->anchors;
    return status;
}

static enum iss_status read_order(struct tool *tool, struct order *order)
{
    static const char *const roles[] = {"authority", "root", NULL};
    int role = -1;
    enum iss_status status =
        tool_option_word(&tool->options, TOOL_ROLE, roles, &role, &tool->error);

    if (status == ISS_OK && role < 0)
        status = tool_fail(tool, ISS_USAGE,
                           "--role is needed: authority (signs certificates "
                           "of others) or root (asks one for its own)");
    order->init.role = role == 0 ? ISS_AUTHORITY : ISS_ROOT;
    if (status == ISS_OK)
        status = check_needs(tool, order->init.role);
    order->init.dir = tool_store_named(tool);
    if (status == ISS_OK && order->init.dir == NULL)
        status = tool_fail(tool, ISS_USAGE,
                           "which folder will be the store? --store DIR, or "
                           "$PRIVYSEAL_STORE");
    if (gethostname(order->host, sizeof(order->host) - 1) != 0)
        order->host[0] = '\0';
    order->init.name =
        tool_given(tool, TOOL_NAME) ? tool_value(tool, TOOL_NAME) : order->host;
    order->init.url = tool_value(tool, TOOL_URL);
    order->init.token_uri = tool_value(tool, TOOL_TOKEN);
    if (status == ISS_OK)
        status = tool_uri_check(order->init.token_uri, &tool->error);
    if (status == ISS_OK)
        status = enroll_name_check(order->init.name, &tool->error);
    if (status == ISS_OK && order->init.url != NULL)
        status = enroll_url_check(order->init.url, &tool->error);
    if (status == ISS_MALFORMED)
        status = tool->error.status = ISS_USAGE;
    if (status == ISS_OK)
        status = read_choices(tool, order);
    return status == ISS_OK ? read_files(tool, order) : status;
}

static void say_what_would(struct tool *tool, const struct order *order)
{
    const struct iss_init *init = &order->init;

    tool_line(&tool->out, "store", "%s would be made, role %s, name %s",
              init->dir, init->role == ISS_ROOT ? "root" : "authority",
              init->name);
    tool_line(&tool->out, "keys",
              init->role == ISS_ROOT
                  ? "RSA-%u licensor key and RSA-2048 audit key in %s"
                  : "four RSA-%u keys and an RSA-2048 audit key in %s",
              init->key_bits, init->token_uri);
    if (!tool->out.as_json)
        return;
    tool_json_open(&tool->out.json, NULL, '{');
    tool_json_text(&tool->out.json, "store", init->dir);
    tool_json_text(&tool->out.json, "name", init->name);
    tool_json_bool(&tool->out.json, "dry-run", true);
    tool_json_close(&tool->out.json, '}');
}

static void report(struct tool *tool, const struct iss_info *info)
{
    bool root = info->role == ISS_ROOT;
    struct tool_json *json = &tool->out.json;
    char hash[TOOL_HASH_SIZE];

    tool_hash_groups(info->key_hash, hash);
    tool_line(&tool->out, "store", "%s  (cluster %s)   %s", info->dir,
              info->guid, root ? "state: unenrolled" : "role: authority");
    tool_line(&tool->out, "key",
              "RSA-%u in token %s, generated there, never extractable",
              info->key_bits, info->token_label);
    tool_line(&tool->out, "sha-256", "%s", hash);
    if (root)
        tool_note(&tool->out, "next", "privyseal enroll --store %s --export",
                  info->dir);
    else
        tool_note(&tool->out, "next",
                  "carry %s/anchors.pem to each server: privyseal init --role "
                  "root --anchors ...",
                  info->dir);
    if (!tool->out.as_json)
        return;
    tool_json_open(json, NULL, '{');
    tool_json_text(json, "store", info->dir);
    tool_json_text(json, "cluster", info->guid);
    tool_json_text(json, "name", info->name);
    tool_json_text(json, "role", root ? "root" : "authority");
    tool_json_text(json, "key", info->key_uri);
    tool_json_number(json, "bits", info->key_bits);
    tool_json_hex(json, "key-sha-256", info->key_hash, sizeof(info->key_hash));
    tool_json_close(json, '}');
}

static enum iss_status make(struct tool *tool, const struct order *order)
{
    struct tool_store store = {.dir = order->init.dir};
    struct iss_info info;
    enum iss_status status = tool_env_open(&store.env, order->init.module,
                                           order->pin_source, &tool->error);

    if (status == ISS_OK)
        status =
            iss_init(&store.env.iss, &order->init, &store.iss, &tool->error);
    if (status == ISS_OK)
        status = iss_info(store.iss, &info, &tool->error);
    if (status == ISS_OK)
        report(tool, &info);
    return tool_store_close(tool, &store, status);
}

static enum iss_status run(struct tool *tool)
{
    struct order *order = calloc(1, sizeof(*order));
    enum iss_status status;

    if (order == NULL)
        return tool_fail(tool, ISS_INTERNAL, "out of memory");
    status = read_order(tool, order);
    if (status == ISS_OK && tool_given(tool, TOOL_DRY_RUN))
        say_what_would(tool, order);
    else if (status == ISS_OK)
        status = make(tool, order);
    free(order->anchors);
    free(order);
    return status;
}

static const struct tool_use uses[] = {
    {TOOL_STORE, "the folder to be made; default: $PRIVYSEAL_STORE"},
    {TOOL_ROLE, "authority or root"},
    {TOOL_NAME, "the server's name in its certificate; default: the host name"},
    {TOOL_URL, "root: the base URL, as https://rms.example/_wmcs"},
    {TOOL_MODULE, "the PKCS#11 module; default: all registered with p11-kit"},
    {TOOL_TOKEN, "the token for the keys: a pkcs11: URI"},
    {TOOL_PIN_SOURCE, "file:PATH, credential:NAME or askpass; kept in the "
                      "configuration"},
    {TOOL_KEY, "rsa:2048 (default), rsa:3072 or rsa:4096"},
    {TOOL_ANCHORS, "root: the authority's anchors.pem"},
    {TOOL_HIERARCHY, "authority: production (default) or pre-production"},
    {TOOL_CAN_UNSEAL, "root: whether the key also opens what is sealed to it; "
                      "default: yes"},
    {TOOL_REVOCATION, "standard (default) or custom"},
    {TOOL_REVOCATION_KEY,
     "with custom: a public key (PEM) that may revoke; up to eight times"},
    {TOOL_DRY_RUN, "check only, change nothing"},
    TOOL_USE_QUIET,
    TOOL_USE_JSON,
    TOOL_USES_END,
};

const struct tool_verb tool_init = {
    .name = "init",
    .summary = "make a store: an authority, or a root server",
    .operands = "",
    .uses = uses,
    .text =
        "Makes a store: a folder with configuration, database and journal, "
        "and its keys, which are born in the token and never leave it. An "
        "authority also gets its own certificates and anchors.pem, which "
        "every server must have before it asks for a certificate. Run "
        "again after an interruption, it goes on where it stopped.\n\n"
        "  privyseal init --store ea --role authority --name 'Example EA' "
        "\\\n"
        "      --token pkcs11:token=ea --pin-source file:pin\n"
        "  privyseal init --store root1 --role root --name RMS01 \\\n"
        "      --url https://rms.example/_wmcs --token pkcs11:token=root \\\n"
        "      --pin-source file:pin --anchors ea/anchors.pem",
    .run = run,
};
