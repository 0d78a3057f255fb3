/* SPDX-License-Identifier: Apache-2.0 */
/* privyseal revoke: reads what is to be revoked, shows it, has it signed by a
 * store or by a third party's key, writes the list. */
#include "revoke.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "issuer/trust.h"
#include "pin.h"
#include "prompt.h"
#include "store.h"
#include "verbs.h"

/* ---- showing and writing ---------------------------------------------------
 */

static void describe(struct tool *tool, const struct tool_revoking *revoking)
{
    for (size_t i = 0; i < iss_revoke_count(revoking->set); i++) {
        char text[ISS_REVOKE_TEXT];

        iss_revoke_text(iss_revoke_at(revoking->set, i), text);
        tool_line(&tool->out, i < revoking->before ? "still" : "revokes", "%s",
                  text);
    }
    if (iss_revoke_count(revoking->set) == 0)
        tool_line(&tool->out, "revokes", "nothing: the list says so");
    if (iss_revoke_count(revoking->set) > revoking->before)
        tool_line(&tool->out, "means",
                  "what it names, and everything issued under it, is refused "
                  "wherever the list is taken");
}

/* A publishing license certifies the key that its content key is sealed to:
 * who revokes one by its key would revoke all of this server's. */
static enum iss_status check_own(struct tool *tool,
                                 const struct tool_revoking *revoking)
{
    for (size_t i = revoking->before; i < iss_revoke_count(revoking->set);
         i++) {
        const struct xrml_revoke *entry = iss_revoke_at(revoking->set, i);
        uint8_t hash[32];

        if (entry->kind == XRML_REVOKED_KEY &&
            xrml_key_hash(&entry->key, hash, NULL) == ISS_OK &&
            memcmp(hash, revoking->signer, sizeof(hash)) == 0)
            return tool_fail(tool, ISS_REFUSED,
                             "that is this store's own key: with it every "
                             "publishing license for this server would be "
                             "revoked; one is by --by guid, hash or content");
    }
    return ISS_OK;
}

static enum iss_status choose_out(struct tool *tool, const char *name,
                                  char out[static ISS_PATH_MAX])
{
    const char *path = tool_value(tool, TOOL_OUT);
    int len = path != NULL
                  ? snprintf(out, ISS_PATH_MAX, "%s", path)
                  : snprintf(out, ISS_PATH_MAX, "%s.revocation.xml", name);

    if (path == NULL && strchr(name, '/') != NULL)
        return tool_fail(tool, ISS_USAGE,
                         "which file? the name %s is none: --out FILE", name);
    if (len > 0 && len < ISS_PATH_MAX)
        return ISS_OK;
    return tool_fail(tool, ISS_USAGE, "--out: the path is too long");
}

/* A list that was read as the earlier one is what the new one replaces. */
static unsigned publish_flags(const struct tool *tool, const char *path)
{
    if (tool_given(tool, TOOL_FORCE))
        return ISS_PUBLISH_FORCE;
    for (size_t i = 0; i < tool->options.list_count; i++)
        if (strcmp(tool->options.list[i], path) == 0)
            return ISS_PUBLISH_FORCE;
    return 0;
}

static void report(struct tool *tool, const struct tool_revoking *revoking,
                   const struct tool_revoked *revoked)
{
    struct tool_json *json = &tool->out.json;

    if (revoked->path[0] == '\0')
        tool_line(&tool->out, "dry run", "nothing was signed");
    else
        tool_line(&tool->out, "wrote", "%s   %zu revocation%s", revoked->path,
                  iss_revoke_count(revoking->set),
                  iss_revoke_count(revoking->set) == 1 ? "" : "s");
    if (revoked->words[0] != '\0')
        tool_line(&tool->out, "words", "%s", revoked->words);
    if (revoked->taken)
        tool_line(&tool->out, "taken", "this store refuses what it names");
    else if (revoked->path[0] != '\0')
        tool_note(&tool->out, "next",
                  "carry it to every server concerned: privyseal trust add "
                  "list FILE");
    if (!tool->out.as_json)
        return;
    tool_json_open(json, NULL, '{');
    tool_json_text(json, "list",
                   revoked->path[0] != '\0' ? revoked->path : NULL);
    tool_json_number(json, "revocations",
                     (int64_t)iss_revoke_count(revoking->set));
    tool_json_number(json, "earlier", (int64_t)revoking->before);
    tool_json_open(json, "revokes", '[');
    for (size_t i = 0; i < iss_revoke_count(revoking->set); i++) {
        char text[ISS_REVOKE_TEXT];

        iss_revoke_text(iss_revoke_at(revoking->set, i), text);
        tool_json_text(json, NULL, text);
    }
    tool_json_close(json, ']');
    if (revoked->words[0] != '\0')
        tool_json_text(json, "words", revoked->words);
    tool_json_bool(json, "taken", revoked->taken);
    if (revoked->path[0] == '\0')
        tool_json_bool(json, "dry-run", true);
    tool_json_close(json, '}');
}

/* Whether to go on; *go false: a rehearsal, which has been told. */
static enum iss_status agree(struct tool *tool,
                             const struct tool_revoking *revoking, bool *go)
{
    static const struct tool_revoked nothing = {.path = ""};

    *go = !tool_given(tool, TOOL_DRY_RUN);
    describe(tool, revoking);
    if (!*go) {
        report(tool, revoking, &nothing);
        return ISS_OK;
    }
    return tool_confirm(tool, "Sign this list?");
}

static enum iss_status name_words(const char *text, size_t len,
                                  struct tool_revoked *revoked,
                                  struct iss_error *error)
{
    struct xrml_document *document = NULL;
    uint8_t hash[32];
    enum iss_status status = xrml_parse(text, len, NULL, &document, error);

    if (status != ISS_OK)
        return status;
    xrml_body_hash(document, hash);
    iss_words(hash, revoked->words);
    xrml_document_free(document);
    return ISS_OK;
}

/* ---- by a third party ------------------------------------------------------
 */

static enum iss_status sign_by_key(struct tool *tool, struct tool_env *env,
                                   struct tool_revoking *revoking)
{
    const struct iss_revoker revoker = {.uri = tool_value(tool, TOOL_SIGNER),
                                        .name = tool_value(tool, TOOL_NAME),
                                        .now = tool_now()};
    struct tool_revoked revoked = {.path = ""};
    char *text = NULL;
    size_t len = 0;
    uint8_t signer[32];
    bool go = false;
    enum iss_status status =
        iss_revoker_hash(&env->iss, &revoker, signer, &tool->error);

    if (status == ISS_OK)
        status = tool_revoking_read(tool, env->libctx, signer, revoking);
    if (status == ISS_OK)
        status = choose_out(tool, revoker.name, revoked.path);
    if (status == ISS_OK)
        status = agree(tool, revoking, &go);
    if (status != ISS_OK || !go)
        return status;
    status = iss_revoker_sign(&env->iss, &revoker, revoking->set, &text, &len,
                              &tool->error);
    if (status == ISS_OK)
        status = name_words(text, len, &revoked, &tool->error);
    if (status == ISS_OK)
        status = iss_publish(revoked.path, text, len,
                             publish_flags(tool, revoked.path), &tool->error);
    if (status == ISS_OK)
        report(tool, revoking, &revoked);
    free(text);
    return status;
}

static enum iss_status run_by_key(struct tool *tool,
                                  struct tool_revoking *revoking)
{
    const char *pin = tool_value(tool, TOOL_PIN_SOURCE);
    struct tool_env env;
    enum iss_status status =
        tool_uri_check(tool_value(tool, TOOL_SIGNER), &tool->error);

    if (status == ISS_OK && tool_given(tool, TOOL_STORE))
        return tool_fail(tool, ISS_USAGE,
                         "--key signs without a store: leave out --store");
    if (status == ISS_OK && !tool_given(tool, TOOL_NAME))
        return tool_fail(tool, ISS_USAGE,
                         "--key: who signs? --name NAME, for those who read "
                         "the list");
    if (status != ISS_OK)
        return status;
    status = tool_env_open(&env, tool_value(tool, TOOL_MODULE),
                           pin == NULL ? "" : pin, &tool->error);
    if (status == ISS_OK) {
        status = sign_by_key(tool, &env, revoking);
        if (status != ISS_OK)
            status = tool_env_explain(&env.pin, status, &tool->error);
        tool_env_close(&env);
    }
    return status;
}

/* ---- by a store ------------------------------------------------------------
 */

static enum iss_status order(struct tool *tool, struct iss *iss,
                             const struct tool_revoking *revoking,
                             struct iss_licensed *licensed)
{
    size_t count = iss_revoke_count(revoking->set);
    const struct iss_license_order asked = {
        .kind = ISS_REVOCATION_LIST,
        .revoked = count == 0 ? NULL : iss_revoke_at(revoking->set, 0),
        .revoked_count = count,
        .list_name = tool_value(tool, TOOL_NAME)};

    return iss_license(iss, &asked, licensed, &tool->error);
}

/* Durable in the journal first: a list that was written and not taken is made
 * again by trust add, one that was taken and not written by trust list. */
static enum iss_status take(struct tool *tool, struct iss *iss,
                            const struct iss_licensed *licensed,
                            struct tool_revoked *revoked)
{
    const struct iss_trusted trusted = {
        .kind = ISS_TRUST_LIST,
        .name = tool_value(tool, TOOL_NAME),
        .text = {.text = licensed->document, .len = licensed->len}};

    if (tool_given(tool, TOOL_NO_TRUST))
        return ISS_OK;
    revoked->taken = true;
    return iss_trust_add(iss, &trusted, &tool->error);
}

static enum iss_status sign_by_store(struct tool *tool,
                                     struct tool_store *store,
                                     struct tool_revoking *revoking)
{
    struct tool_revoked revoked = {.path = ""};
    struct iss_licensed licensed = {.document = NULL};
    struct iss_info info;
    bool go = false;
    enum iss_status status = iss_info(store->iss, &info, &tool->error);

    if (status == ISS_OK)
        status = tool_revoking_earlier(tool, store->iss, revoking);
    if (status == ISS_OK)
        status = tool_revoking_read(tool, store->env.libctx, revoking->signer,
                                    revoking);
    if (status == ISS_OK)
        status = check_own(tool, revoking);
    if (status == ISS_OK)
        status =
            choose_out(tool,
                       tool_given(tool, TOOL_NAME) ? tool_value(tool, TOOL_NAME)
                                                   : info.name,
                       revoked.path);
    if (status == ISS_OK)
        status = agree(tool, revoking, &go);
    if (status != ISS_OK || !go)
        return status;
    status = order(tool, store->iss, revoking, &licensed);
    if (status == ISS_OK)
        status = iss_publish(revoked.path, licensed.document, licensed.len,
                             publish_flags(tool, revoked.path), &tool->error);
    if (status == ISS_OK)
        status = take(tool, store->iss, &licensed, &revoked);
    if (status == ISS_OK) {
        (void)snprintf(revoked.words, sizeof(revoked.words), "%s",
                       licensed.words);
        report(tool, revoking, &revoked);
    }
    iss_licensed_clear(&licensed);
    return status;
}

static enum iss_status run_by_store(struct tool *tool,
                                    struct tool_revoking *revoking)
{
    struct tool_store store;
    enum iss_status status = ISS_OK;

    if (tool_given(tool, TOOL_MODULE) || tool_given(tool, TOOL_PIN_SOURCE))
        return tool_fail(tool, ISS_USAGE,
                         "--module and --pin-source go with --key: a store "
                         "has its own");
    status = tool_store_open(tool, TOOL_CHANGE, &store);
    if (status == ISS_OK)
        status = sign_by_store(tool, &store, revoking);
    return tool_store_close(tool, &store, status);
}

static enum iss_status run(struct tool *tool)
{
    struct tool_revoking revoking = {.set = NULL};
    enum iss_status status = iss_revoke_new(&revoking.set, &tool->error);

    if (status == ISS_OK)
        status = tool_revoking_check(tool);
    if (status == ISS_OK)
        status = tool_given(tool, TOOL_SIGNER) ? run_by_key(tool, &revoking)
                                               : run_by_store(tool, &revoking);
    iss_revoke_free(revoking.set);
    return status;
}

static const struct tool_use uses[] = {
    TOOL_USES_STORE,
    {TOOL_BY, "what of FILE is named: guid (default), hash, key, issuer, "
              "issuer-id, content, principal"},
    {TOOL_GUID, "a GUID instead of FILE, with --by guid, issuer-id, content, "
                "principal"},
    {TOOL_HASH, "the SHA-256 hash of a document's BODY instead of FILE, 64 "
                "hexadecimal digits"},
    {TOOL_EARLIER, "an earlier list of the same key, whose revocations stay"},
    {TOOL_FRESH, "forget what this store's earlier list revokes"},
    {TOOL_SIGNER, "sign as a third party: a pkcs11: URI of its key; no store"},
    {TOOL_NAME, "the list's name; with --key who signs it"},
    {TOOL_OUT, "the list; default: ./NAME.revocation.xml"},
    {TOOL_FORCE, "replace a file of other content; one given by --list is"},
    {TOOL_NO_TRUST, "do not take the list into this store"},
    {TOOL_PIN_SOURCE, "with --key: file:PATH, credential:NAME or askpass"},
    {TOOL_MODULE, "with --key: the PKCS#11 module"},
    TOOL_USE_YES,
    {TOOL_DRY_RUN, "say what would be revoked, sign nothing"},
    TOOL_USE_QUIET,
    TOOL_USE_JSON,
    TOOL_USES_END,
};

const struct tool_verb tool_revoke = {
    .name = "revoke",
    .summary = "make a revocation list",
    .operands = "[FILE...]",
    .most = 64,
    .uses = uses,
    .text =
        "Signs a list of what is revoked. FILE is a document: it is revoked "
        "by its GUID, by the hash of its BODY, by the key that it certifies; "
        "with --by issuer everything issued with that key, with --by content "
        "every license of its content. A FILE of PEM public keys is revoked "
        "by key or by issuer. What will be refused is shown and has to be "
        "confirmed.\n\n"
        "A list is signed by the store's own key: a root or a licensing "
        "server revokes what stands below it, an authority the certificates "
        "that it issued. Its earlier revocations stay, unless --fresh says "
        "otherwise; the list is taken into the store at once. With --key a "
        "third party signs, whom certificates or conditions name as one that "
        "may revoke; it gives its earlier list by --list.\n\n"
        "A list takes effect where it is taken (privyseal trust add list "
        "FILE) or shown (privyseal verify --revocation FILE).\n\n"
        "  privyseal revoke --store ea RMS01.slc.xml --by hash\n"
        "  privyseal revoke --key 'pkcs11:token=revoker;object=r1' \\\n"
        "      --name 'Example Revoker' --list old.xml stolen.ul.xml",
    .run = run,
};
