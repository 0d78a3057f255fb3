/* SPDX-License-Identifier: Apache-2.0 */
/* privyseal init */
#include "init.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "enroll.h"
#include "verbs.h"

static void say_what_would(struct tool *tool, const struct tool_init *order,
                           const struct tool_exported *exported)
{
    const struct iss_init *init = &order->init;
    struct tool_json *json = &tool->out.json;
    bool asks = exported->path[0] != '\0';

    tool_line(&tool->out, "store", "%s would be made, role %s, name %s",
              init->dir, tool_init_role(init->role), init->name);
    tool_line(&tool->out, "keys",
              init->role == ISS_AUTHORITY
                  ? "four RSA-%u keys and an RSA-2048 audit key in %s"
                  : "RSA-%u licensor key and RSA-2048 audit key in %s",
              init->key_bits, init->token_uri);
    if (asks)
        tool_line(&tool->out, "would write", "%s and %s", exported->path,
                  exported->pop);
    if (!tool->out.as_json)
        return;
    tool_json_open(json, NULL, '{');
    tool_json_text(json, "store", init->dir);
    tool_json_text(json, "name", init->name);
    if (asks) {
        tool_json_text(json, "request", exported->path);
        tool_json_text(json, "proof", exported->pop);
    }
    tool_json_bool(json, "dry-run", true);
    tool_json_close(json, '}');
}

static void report(struct tool *tool, const struct iss_info *info,
                   const struct tool_exported *exported)
{
    struct tool_json *json = &tool->out.json;
    char hash[TOOL_HASH_SIZE];

    tool_hash_groups(info->key_hash, hash);
    tool_line(&tool->out, "store", "%s  (cluster %s)   %s", info->dir,
              info->guid,
              info->role == ISS_AUTHORITY ? "role: authority"
              : info->role == ISS_ROOT    ? "state: unenrolled"
                                          : "state: sub-enrollment pending");
    tool_line(&tool->out, "key",
              "RSA-%u in token %s, generated there, never extractable",
              info->key_bits, info->token_label);
    tool_line(&tool->out, "key hash", "%s", hash);
    if (info->role == ISS_ROOT)
        tool_note(&tool->out, "next", "privyseal enroll --store %s --export",
                  info->dir);
    if (info->role == ISS_AUTHORITY)
        tool_note(&tool->out, "next",
                  "carry %s/anchors.pem to each server: privyseal init --role "
                  "root --anchors ...",
                  info->dir);
    if (tool->out.as_json) {
        tool_json_open(json, NULL, '{');
        tool_json_text(json, "store", info->dir);
        tool_json_text(json, "cluster", info->guid);
        tool_json_text(json, "name", info->name);
        tool_json_text(json, "role", tool_init_role(info->role));
        tool_json_text(json, "key", info->key_uri);
        tool_json_number(json, "bits", info->key_bits);
        tool_json_hex(json, "key-sha-256", info->key_hash,
                      sizeof(info->key_hash));
    }
    if (exported->request.text != NULL)
        tool_exported_print(tool, exported);
    if (tool->out.as_json)
        tool_json_close(json, '}');
}

/* A licensing server is enrolled as part of being provisioned. */
static enum iss_status make(struct tool *tool, const struct tool_init *order,
                            const struct tool_export *export,
                            struct tool_exported *exported)
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
    if (status == ISS_OK && info.role == ISS_LICENSING && info.generation == 0)
        status = tool_export(tool, &store, export, exported);
    if (status == ISS_OK)
        report(tool, &info, exported);
    return tool_store_close(tool, &store, status);
}

/* Files in the way of the request are found before a store is made. One that is
 * there goes on: they may be its own. */
static enum iss_status check_way(struct tool *tool,
                                 const struct tool_init *order,
                                 const struct tool_exported *exported)
{
    const char *const files[] = {exported->path, exported->pop};

    if (access(order->init.dir, F_OK) == 0)
        return ISS_OK;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        if (access(files[i], F_OK) == 0)
            return tool_fail(tool, ISS_CONFLICT,
                             "%s: a file is there already; choose another "
                             "with --out, nothing was made",
                             files[i]);
    return ISS_OK;
}

static enum iss_status run(struct tool *tool)
{
    const struct tool_export export = {.op = ISS_SUB_ENROLL,
                                       .where = tool_value(tool, TOOL_OUT)};
    struct tool_init *order = calloc(1, sizeof(*order));
    struct tool_exported *exported = calloc(1, sizeof(*exported));
    enum iss_status status;

    if (order == NULL || exported == NULL) {
        status = tool_fail(tool, ISS_INTERNAL, "out of memory");
        goto out;
    }
    status = tool_init_read(tool, order);
    if (status == ISS_OK && order->init.role == ISS_LICENSING) {
        status = tool_export_paths(tool, order->init.name, &export, exported);
        if (status == ISS_OK)
            status = check_way(tool, order, exported);
    }
    if (status == ISS_OK && tool_given(tool, TOOL_DRY_RUN))
        say_what_would(tool, order, exported);
    else if (status == ISS_OK)
        status = make(tool, order, &export, exported);
    tool_exported_clear(exported);
    tool_init_clear(order);
out:
    free(exported);
    free(order);
    return status;
}

static const struct tool_use uses[] = {
    {TOOL_STORE, "the folder to be made; default: $PRIVYSEAL_STORE"},
    {TOOL_ROLE, "authority, root or licensing"},
    {TOOL_NAME, "the server's name in its certificate; default: the host name"},
    {TOOL_URL, "root, licensing: the base URL, as https://rms.example/_wmcs"},
    {TOOL_MODULE, "the PKCS#11 module; default: all registered with p11-kit"},
    {TOOL_TOKEN, "the token for the keys: a pkcs11: URI"},
    {TOOL_PIN_SOURCE, "file:PATH, credential:NAME or askpass; kept in the "
                      "configuration"},
    {TOOL_KEY, "rsa:2048 (default), rsa:3072 or rsa:4096"},
    {TOOL_ANCHORS, "root, licensing: the authority's anchors.pem"},
    {TOOL_ROOT, "licensing: the root's chain, as privyseal trust export "
                "writes it there"},
    {TOOL_OUT, "licensing: where the sub-enrollment request goes, a folder or "
               "file name; default: the current folder"},
    {TOOL_HIERARCHY, "authority: production (default) or pre-production"},
    {TOOL_CAN_UNSEAL, "root, licensing: whether the key also opens what is "
                      "sealed to it; default: yes"},
    {TOOL_REVOCATION, "root: standard (default) or custom"},
    {TOOL_REVOCATION_KEY,
     "with custom: a public key (PEM) that may revoke; up to eight times"},
    {TOOL_CONTACT, "the mail address shown to who is refused"},
    {TOOL_SERVICE_USER, "who owns the store's files; default: the caller"},
    {TOOL_DRY_RUN, "check only, change nothing"},
    TOOL_USE_QUIET,
    TOOL_USE_JSON,
    TOOL_USES_END,
};

const struct tool_verb tool_init = {
    .name = "init",
    .summary = "make a store: an authority, a root or a licensing server",
    .operands = "--role ROLE --token URI --pin-source SOURCE",
    .uses = uses,
    .text =
        "Makes a store: a folder with configuration, database and journal, "
        "and its keys, which are born in the token and never leave it. An "
        "authority also gets its own certificates and anchors.pem, which "
        "every server must have before it asks for a certificate. Run "
        "again after an interruption, it goes on where it stopped.\n\n"
        "A licensing server is made after its root is enrolled: --root is "
        "the root's chain, which must verify up to an anchor and not have "
        "ended, or nothing is made. It states no revocation, the root "
        "controls that. init ends by writing its sub-enrollment request, "
        "which the root answers (privyseal subenroll --serve).\n\n"
        "To have more servers for the sake of redundancy or load, rather add "
        "members to the root's cluster (privyseal cluster join): they share "
        "its certificate and store. A licensing server of its own is for "
        "taking load off the root, or for a department with a URL of its "
        "own; it cannot share a load balancer with the root.\n\n"
        "  privyseal init --store ea --role authority --name 'Example EA' "
        "\\\n"
        "      --token pkcs11:token=ea --pin-source file:pin\n"
        "  privyseal init --store root1 --role root --name RMS01 \\\n"
        "      --url https://rms.example/_wmcs --token pkcs11:token=root \\\n"
        "      --pin-source file:pin --anchors ea/anchors.pem\n"
        "  privyseal init --store lic1 --role licensing --name LIC01 \\\n"
        "      --url https://lic.example/_wmcs --token pkcs11:token=lic \\\n"
        "      --pin-source file:pin --anchors ea/anchors.pem \\\n"
        "      --root root.chain.xml",
    .run = run,
};
