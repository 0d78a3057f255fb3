/* SPDX-License-Identifier: Apache-2.0 */
/* privyseal client init */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client.h"
#include "env.h"
#include "store.h"
#include "verbs.h"
#include "when.h"

struct making { /* a folder beside the one that is to be */
    const char *dir;
    char temp[ISS_PATH_MAX];
    struct client_machine machine;
    char *anchors;
    size_t anchors_len;
};

static enum iss_status read_anchors(struct tool *tool, struct making *making)
{
    const char *path = tool_value(tool, TOOL_ANCHORS);
    struct xrml_anchors *anchors = NULL;
    struct iss_error why = {.status = ISS_OK};
    enum iss_status status = ISS_OK;

    if (path == NULL)
        return tool_fail(tool, ISS_USAGE,
                         "whom do you trust? --anchors FILE: the anchors.pem "
                         "of the authority, from the administrator's hand");
    status = iss_read_file(path, XRML_CHAIN_MAX, &making->anchors,
                           &making->anchors_len, &tool->error);
    if (status != ISS_OK)
        return status;
    status = xrml_anchors_parse(making->anchors, making->anchors_len, &anchors,
                                &why);
    xrml_anchors_free(anchors);
    return status == ISS_OK ? ISS_OK
                            : tool_fail(tool, status, "%s: %s", path, why.text);
}

static bool join(const struct making *making, const char *name,
                 char out[static ISS_PATH_MAX])
{
    int len = snprintf(out, ISS_PATH_MAX, "%s/%s", making->temp, name);

    return len > 0 && len < ISS_PATH_MAX;
}

static enum iss_status put(struct tool *tool, const struct making *making,
                           const char *name, const char *text, size_t len)
{
    char path[ISS_PATH_MAX];

    if (!join(making, name, path))
        return tool_fail(tool, ISS_USAGE, "%.200s: the path is too long",
                         making->dir);
    return iss_publish(path, text, len, ISS_PUBLISH_SECRET, &tool->error);
}

static enum iss_status fill(struct tool *tool, const struct making *making)
{
    const struct client_machine *m = &making->machine;
    enum iss_status status = put(tool, making, "key.pem", m->key, m->key_len);

    if (status == ISS_OK)
        status = put(tool, making, "machine.xml", m->certificate,
                     m->certificate_len);
    if (status == ISS_OK)
        status =
            put(tool, making, "authority.pem", m->authority, m->authority_len);
    if (status == ISS_OK)
        status = put(tool, making, "anchors.pem", making->anchors,
                     making->anchors_len);
    return status;
}

static void remove_temp(const struct making *making)
{
    static const char *const names[] = {"key.pem", "machine.xml",
                                        "authority.pem", "anchors.pem"};
    char path[ISS_PATH_MAX];

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (join(making, names[i], path))
            (void)unlink(path);
    (void)rmdir(making->temp);
}

/* Whole or not at all: made beside it, then given its name. */
static enum iss_status make(struct tool *tool, struct making *making)
{
    size_t len = strlen(making->dir);
    enum iss_status status = ISS_OK;

    while (len > 1 && making->dir[len - 1] == '/')
        len--;
    if (len + sizeof(".XXXXXX") > sizeof(making->temp))
        return tool_fail(tool, ISS_USAGE, "%.200s: the path is too long",
                         making->dir);
    memcpy(making->temp, making->dir, len);
    memcpy(making->temp + len, ".XXXXXX", sizeof(".XXXXXX"));
    if (mkdtemp(making->temp) == NULL)
        return tool_fail(tool, ISS_USAGE, "%s: %s", making->dir,
                         strerror(errno));
    status = fill(tool, making);
    if (status == ISS_OK && rename(making->temp, making->dir) != 0)
        status =
            errno == EEXIST || errno == ENOTEMPTY || errno == ENOTDIR
                ? tool_fail(tool, ISS_CONFLICT,
                            "%s: exists already, not overwritten", making->dir)
                : tool_fail(tool, ISS_STORE, "%s: %s", making->dir,
                            strerror(errno));
    if (status != ISS_OK)
        remove_temp(making);
    return status;
}

static enum iss_status report(struct tool *tool, const struct making *making)
{
    struct tool_json *json = &tool->out.json;
    struct xrml_document *document = NULL;
    enum iss_status status =
        xrml_parse(making->machine.certificate, making->machine.certificate_len,
                   NULL, &document, &tool->error);
    char words[ISS_WORDS_SIZE];
    uint8_t hash[32];

    if (status != ISS_OK)
        return status;
    const char *guid = xrml_fields(document)->principal.id;
    xrml_body_hash(document, hash);
    iss_words(hash, words);
    tool_line(&tool->out, "client", "%s   machine %s, RSA-2048 in software",
              making->dir, guid);
    tool_line(&tool->out, "words", "%s", words);
    tool_note(&tool->out, "next",
              "give the administrator of the root server %s/machine.xml and "
              "%s/authority.pem; there:",
              making->dir, making->dir);
    tool_note(&tool->out, "", "privyseal trust add machines authority.pem");
    tool_note(&tool->out, "",
              "privyseal license rac --user MAIL --machine machine.xml --out "
              "rac.xml");
    tool_note(&tool->out, "",
              "privyseal license clc --rac rac.xml --out "
              "clc.xml");
    tool_note(&tool->out, "",
              "and here: privyseal client accept rac.xml, then clc.xml");
    if (tool->out.as_json) {
        tool_json_open(json, NULL, '{');
        tool_json_text(json, "client", making->dir);
        tool_json_text(json, "machine", guid);
        tool_json_hex(json, "body-sha-256", hash, sizeof(hash));
        tool_json_text(json, "words", words);
        tool_json_close(json, '}');
    }
    xrml_document_free(document);
    return ISS_OK;
}

static enum iss_status run(struct tool *tool)
{
    struct making making = {.dir = NULL};
    const char *name = tool_value(tool, TOOL_NAME);
    struct tool_env env;
    struct stat there;
    enum iss_status status = tool_client_named(tool, &making.dir);

    if (status == ISS_OK && lstat(making.dir, &there) == 0)
        return tool_fail(tool, ISS_CONFLICT,
                         "%s: exists already, not overwritten", making.dir);
    tool_env_plain(&env);
    if (status == ISS_OK)
        status = read_anchors(tool, &making);
    if (status == ISS_OK)
        status = client_machine_make(NULL, name == NULL ? env.host : name,
                                     tool_now(), &making.machine, &tool->error);
    if (status == ISS_OK)
        status = make(tool, &making);
    if (status == ISS_OK)
        status = report(tool, &making);
    client_machine_clear(&making.machine);
    free(making.anchors);
    return status;
}

static const struct tool_use uses[] = {
    {TOOL_CLIENT, "the folder to be made; default: $PRIVYSEAL_CLIENT"},
    {TOOL_ANCHORS, "whom to trust: the authority's anchors.pem; always given"},
    {TOOL_NAME, "what this machine is called; default: its host name"},
    TOOL_USE_QUIET,
    TOOL_USE_JSON,
    TOOL_USES_END,
};

const struct tool_verb tool_client_init = {
    .name = "client init",
    .summary = "make this machine's key and certificate for one user",
    .operands = "--anchors FILE",
    .uses = uses,
    .text =
        "Makes a client's folder: what one user has on one machine to protect "
        "and open files with. key.pem is the machine's key, RSA-2048 in "
        "software, readable to its owner alone; machine.xml its certificate; "
        "authority.pem the key that issued it, which existed for this one "
        "certificate and is gone: who trusts it trusts this machine and no "
        "other. Nothing is sent anywhere: two files are carried to the "
        "administrator, whose answers are taken with privyseal client "
        "accept.\n\n"
        "A key in software can be copied by whoever can read the folder, the "
        "user included.\n\n"
        "  privyseal client init --client ~/.privyseal --anchors anchors.pem",
    .run = run,
};
