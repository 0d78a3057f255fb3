/* SPDX-License-Identifier: Apache-2.0 */
/* privyseal client accept */
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "store.h"
#include "verbs.h"
#include "when.h"

struct matter { /* what was brought */
    struct tool_client client;
    const char *path;
    char *text; /* of the file: what is judged is what is kept */
    size_t len;
    struct xrml_chain chain;
    struct xrml_reading *reading;
    const struct xrml_license *license;
    EVP_PKEY *key; /* that it holds */
    char name[80]; /* of the file */
    const char *folder;
};

static bool same(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

static const char *shown(const char *text)
{
    return text == NULL ? "?" : text;
}

/* Names say it better than a key that does not open. */
static enum iss_status judge_rac(struct tool *tool, struct matter *m)
{
    const struct xrml_object *own =
        &xrml_fields(m->client.machine.documents[0])->principal;
    const struct xrml_object *machine = &m->license->machine.object;
    const char *mail = m->license->principal.object.name;

    if (!same(own->id, machine->id))
        return tool_fail(tool, ISS_REFUSED,
                         "%s: for machine %.64s, this is %.64s", m->path,
                         shown(machine->id), shown(own->id));
    if (m->client.rac.count > 0 && !tool_given(tool, TOOL_FORCE)) {
        const char *before =
            xrml_fields(m->client.rac.documents[0])->principal.name;
        if (!same(before, mail))
            return tool_fail(tool, ISS_CONFLICT,
                             "%s: of %.100s, this client is %.100s (--force)",
                             m->path, shown(mail), shown(before));
    }
    (void)snprintf(m->name, sizeof(m->name), "rac.xml");
    return client_open_key(NULL, m->chain.documents[0], m->client.machine_key,
                           &m->key, &tool->error);
}

static enum iss_status judge_clc(struct tool *tool, struct matter *m)
{
    enum iss_status status = tool_client_need_rac(tool, &m->client);

    if (status != ISS_OK)
        return status;
    const struct xrml_object *own =
        &xrml_fields(m->client.rac.documents[0])->principal;
    if (!same(own->id, m->license->principal.object.id))
        return tool_fail(
            tool, ISS_REFUSED, "%s: for %.100s, this client is %.100s", m->path,
            shown(m->license->principal.object.name), shown(own->name));
    (void)snprintf(m->name, sizeof(m->name), "clc.xml");
    return client_open_key(NULL, m->chain.documents[0], m->client.account,
                           &m->key, &tool->error);
}

static enum iss_status judge_ul(struct tool *tool, struct matter *m)
{
    enum iss_status status = tool_client_need_rac(tool, &m->client);
    char file[TOOL_CLIENT_NAME_SIZE];

    if (status != ISS_OK)
        return status;
    const struct xrml_fields *own = xrml_fields(m->client.rac.documents[0]);
    const struct xrml_key *key = &m->license->principal.key;
    if (key->modulus == NULL ||
        key->modulus_len != own->principal_key.modulus_len ||
        memcmp(key->modulus, own->principal_key.modulus, key->modulus_len) != 0)
        return tool_fail(tool, ISS_REFUSED,
                         "%s: issued to %.100s, this client is %.100s", m->path,
                         shown(m->license->principal.object.name),
                         shown(own->principal.name));
    if (!tool_client_file_name(m->license->work.id, ".xml", file))
        return tool_fail(tool, ISS_REFUSED,
                         "%s: its content has no GUID: give it to privyseal "
                         "open with --ul",
                         m->path);
    m->folder = "licenses";
    (void)snprintf(m->name, sizeof(m->name), "%s", file);
    return ISS_OK;
}

/* Its signature is all that can be asked, and that there is room for it:
 * whether it may revoke anything is asked with each license. */
static enum iss_status judge_list(struct tool *tool, struct matter *m)
{
    char file[TOOL_CLIENT_NAME_SIZE];
    enum iss_status status = ISS_OK;

    if (m->client.lists == NULL)
        status = xrml_revocations_new(&m->client.lists, &tool->error);
    if (status == ISS_OK)
        status = xrml_revocations_add(m->client.lists, NULL,
                                      m->chain.documents[0], &tool->error);
    if (status != ISS_OK)
        return status;
    if (!tool_client_file_name(m->license->guid, ".xml", file))
        return tool_fail(tool, ISS_REFUSED, "%s: has no GUID", m->path);
    m->folder = "lists";
    (void)snprintf(m->name, sizeof(m->name), "%s", file);
    return ISS_OK;
}

static const struct kind {
    enum xrml_type type;
    bool verified; /* its chain must end in an anchor */
    enum iss_status (*judge)(struct tool *tool, struct matter *m);
} kinds[] = {{XRML_RAC, true, judge_rac},
             {XRML_CLC, true, judge_clc},
             {XRML_UL, true, judge_ul},
             {XRML_REVOCATION_LIST, false, judge_list}};

static enum iss_status judge(struct tool *tool, struct matter *m)
{
    const struct kind *kind = NULL;
    enum iss_status status = ISS_OK;

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (kinds[i].type == m->license->type)
            kind = &kinds[i];
    if (kind == NULL)
        return tool_fail(tool, ISS_REFUSED,
                         "%s: a %s: account and client licensor certificates, "
                         "use licenses and revocation lists are taken",
                         m->path, xrml_type_text(m->license->type));
    if (kind->verified)
        status =
            tool_client_verify(&m->client, m->path, &m->chain, &tool->error);
    return status == ISS_OK ? kind->judge(tool, m) : status;
}

static void report(struct tool *tool, const struct matter *m)
{
    struct tool_json *json = &tool->out.json;
    const struct xrml_license *l = m->license;
    const struct xrml_fields *fields = xrml_fields(m->chain.documents[0]);
    const struct xrml_range *range =
        fields->validity.present ? &fields->validity : &fields->range;
    const char *whom = l->principal.object.name;
    char until[TOOL_DATE_SIZE] = "?";

    (void)tool_date_print(range->until, until);
    tool_line(&tool->out, "accepted", "%s%s%s%s%s", xrml_type_text(l->type),
              whom == NULL ? "" : " of ", whom == NULL ? "" : whom,
              range->present ? ", until " : "", range->present ? until : "");
    if (l->type == XRML_RAC && m->client.clc.count == 0)
        tool_note(&tool->out, "next",
                  "to protect files, on the server: privyseal license clc "
                  "--rac rac.xml --out clc.xml; then accept that here");
    if (!tool->out.as_json)
        return;
    tool_json_open(json, NULL, '{');
    tool_json_text(json, "type", xrml_type_text(l->type));
    tool_json_text(json, "guid", l->guid);
    tool_json_text(json, "user", whom);
    if (range->present)
        tool_json_time(json, "until", range->until);
    tool_json_close(json, '}');
}

static enum iss_status run(struct tool *tool)
{
    struct matter m = {.path = tool->options.operands[0]};
    enum iss_status status = tool_client_open(tool, &m.client);

    if (status == ISS_OK)
        status = iss_read_file(m.path, XRML_CHAIN_MAX, &m.text, &m.len,
                               &tool->error);
    if (status == ISS_OK)
        status = tool_client_parse_chain(tool, m.path, m.text, m.len, &m.chain);
    if (status == ISS_OK)
        status =
            xrml_license_read(m.chain.documents[0], &m.reading, &tool->error);
    if (status == ISS_OK) {
        m.license = xrml_reading_license(m.reading);
        status = judge(tool, &m);
    }
    if (status == ISS_OK)
        status =
            tool_client_put(tool, &m.client, m.folder, m.name, m.text, m.len);
    if (status == ISS_OK)
        report(tool, &m);
    EVP_PKEY_free(m.key);
    xrml_reading_free(m.reading);
    xrml_chain_clear(&m.chain);
    free(m.text);
    tool_client_close(&m.client);
    return status;
}

static const struct tool_use uses[] = {
    TOOL_USE_CLIENT,
    {TOOL_FORCE, "take an account certificate of another user than before"},
    TOOL_USE_QUIET,
    TOOL_USE_JSON,
    TOOL_USES_END,
};

const struct tool_verb tool_client_accept = {
    .name = "client accept",
    .summary = "take what the server issued for this user",
    .operands = "FILE",
    .least = 1,
    .most = 1,
    .uses = uses,
    .text =
        "Takes one file from the server: an account certificate (RAC), a "
        "client licensor certificate (CLC), a use license (UL) or a "
        "revocation list. Each is verified up to the client's anchors and "
        "must be for this machine or its user, whose key must open it; else "
        "nothing is changed. Certificates take the place of older ones; use "
        "licenses are kept by the content that they open, so that privyseal "
        "open finds them; revocation lists are asked from now on.\n\n"
        "  privyseal client accept rac.xml\n"
        "  privyseal client accept clc.xml",
    .run = run,
};
