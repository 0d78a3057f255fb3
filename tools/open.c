/* SPDX-License-Identifier: Apache-2.0 */
/* privyseal open */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client.h"
#include "issuer/protected.h"
#include "newfile.h"
#include "piece.h"
#include "store.h"
#include "text.h"
#include "verbs.h"
#include "when.h"

enum { RIGHT_SIZE = 41 };

struct matter { /* one protected file */
    const char *path;
    int in;
    struct protected_head head;
    struct xrml_chain pl, ul;
    struct tool_client client;
    char ul_path[ISS_PATH_MAX], out[ISS_PATH_MAX];
    char right[RIGHT_SIZE];
    struct sealed_secret key;
    bool first; /* use of this license */
    struct tool_newfile file;
};

static const char suffix[] = ".protected";

/* ---- octets
 */

static enum iss_status from_file(void *arg, uint8_t *octets, size_t size,
                                 size_t *got, struct iss_error *error)
{
    const struct matter *m = arg;

    return tool_piece_read(m->in, m->path, octets, size, got, error);
}

static enum iss_status to_file(void *arg, const uint8_t *octets, size_t len,
                               struct iss_error *error)
{
    struct matter *m = arg;

    return tool_newfile_write(&m->file, octets, len, error);
}

static struct protected_io io_of(struct matter *m)
{
    return (struct protected_io){.read = from_file, .write = to_file, .arg = m};
}

/* ---- reading
 */

static enum iss_status read_head(struct tool *tool, struct matter *m)
{
    const struct protected_io io = io_of(m);
    struct iss_error error = {.status = ISS_OK};
    enum iss_status status = ISS_OK;

    status = tool_piece_open(m->path, &m->in, &tool->error);
    if (status != ISS_OK)
        return status;
    status = protected_read_head(NULL, &io, &m->head, &error);
    if (status == ISS_OK)
        status = xrml_chain_append(&m->pl, m->head.chain, m->head.chain_len, 0,
                                   &error);
    return status == ISS_OK
               ? ISS_OK
               : tool_fail(tool, status, "%s: %s", m->path, error.text);
}

static enum iss_status choose_out(struct tool *tool, struct matter *m)
{
    const char *out = tool_value(tool, TOOL_OUT);
    size_t len = strlen(m->path);
    size_t end = strlen(suffix);
    int n = 0;

    if (out != NULL)
        n = snprintf(m->out, sizeof(m->out), "%s", out);
    else if (len > end && strcmp(m->path + len - end, suffix) == 0)
        n = snprintf(m->out, sizeof(m->out), "%.*s", (int)(len - end), m->path);
    else
        n = snprintf(m->out, sizeof(m->out), "%s.opened", m->path);
    return n > 0 && (size_t)n < sizeof(m->out)
               ? ISS_OK
               : tool_fail(tool, ISS_USAGE, "%.200s: the path is too long",
                           m->path);
}

static enum iss_status choose_right(struct tool *tool, struct matter *m)
{
    const char *right = tool_value(tool, TOOL_RIGHT);

    if (right == NULL)
        right = "view";
    if (strlen(right) >= sizeof(m->right))
        return tool_fail(tool, ISS_USAGE, "--right: no name of a right");
    for (size_t i = 0; right[i] != '\0'; i++)
        m->right[i] = right[i] >= 'a' && right[i] <= 'z'
                          ? (char)(right[i] - 'a' + 'A')
                          : right[i];
    return ISS_OK;
}

/* --ul, else the one that was accepted for this content. */
static enum iss_status find_license(struct tool *tool, struct matter *m)
{
    const char *given = tool_value(tool, TOOL_UL);
    const char *guid = xrml_fields(m->pl.documents[0])->work.id;
    char name[TOOL_CLIENT_NAME_SIZE];
    char word[TOOL_WORD_SIZE];
    struct stat st;
    enum iss_status status = ISS_OK;

    if (given != NULL)
        return tool_client_read_chain(tool, given, &m->ul);
    if (tool_client_file_name(guid, ".xml", name))
        status =
            tool_client_path(tool, &m->client, "licenses", name, m->ul_path);
    if (status != ISS_OK)
        return status;
    if (m->ul_path[0] != '\0' && stat(m->ul_path, &st) == 0)
        return tool_client_read_chain(tool, m->ul_path, &m->ul);
    tool_shell_word(m->path, word);
    return tool_fail(tool, ISS_REFUSED,
                     "%s: no use license for its content %.64s. Here: "
                     "privyseal open %s --pl-out pl.xml; on the server: "
                     "privyseal license ul --rac rac.xml --pl pl.xml --out "
                     "ul.xml; then here: privyseal open %s --ul ul.xml",
                     m->path, guid == NULL ? "?" : guid, word, word);
}

/* ---- opening
 */

static enum iss_status judge(struct tool *tool, struct matter *m)
{
    const char *guid = xrml_fields(m->ul.documents[0])->descriptor.id;
    struct client_use use = {.ul = &m->ul,
                             .pl = &m->pl,
                             .rac = &m->client.rac,
                             .key = m->client.account,
                             .anchors = m->client.anchors,
                             .lists = m->client.lists,
                             .right = m->right,
                             .now = m->client.now};
    struct iss_error error = {.status = ISS_OK};
    enum iss_status status =
        tool_client_first_use(tool, &m->client, guid, &use.first_use);

    if (status != ISS_OK)
        return status;
    status = client_open_content(NULL, &use, &m->key, &error);
    if (status != ISS_OK)
        return tool_fail(tool, status, "%s: %s", m->path, error.text);
    if (m->key.len != PROTECTED_KEY_SIZE)
        return tool_fail(tool, ISS_MALFORMED,
                         "%s: its license has a key of %zu octets, %d are used",
                         m->path, m->key.len, PROTECTED_KEY_SIZE);
    m->first = use.first_use == 0;
    return ISS_OK;
}

static enum iss_status unseal(struct tool *tool, struct matter *m)
{
    const struct protected_io io = io_of(m);
    struct iss_error error = {.status = ISS_OK};
    enum iss_status status =
        tool_newfile_begin(&m->file, m->out, TOOL_SECRET_MODE, &tool->error);

    if (status == ISS_OK)
        status = tool_newfile_differs(&m->file, m->in, &tool->error);
    if (status != ISS_OK)
        return status;
    status = protected_read(NULL, &m->head, m->key.octets, &io, &error);
    if (status == ISS_STORE || status == ISS_USAGE)
        return tool_fail(tool, status, "%s", error.text); /* names its file */
    if (status != ISS_OK)
        return tool_fail(tool, status, "%s: %s", m->path, error.text);
    if (m->first)
        status = tool_client_note_use(
            tool, &m->client, xrml_fields(m->ul.documents[0])->descriptor.id);
    if (status == ISS_OK)
        status = tool_newfile_finish(&m->file, tool_given(tool, TOOL_FORCE),
                                     &tool->error);
    return status;
}

static void report(struct tool *tool, const struct matter *m)
{
    struct tool_json *json = &tool->out.json;
    const struct xrml_fields *pl = xrml_fields(m->pl.documents[0]);

    tool_line(&tool->out, "opened", "%s   to %.40s, content %s", m->out,
              m->right, pl->work.id == NULL ? "?" : pl->work.id);
    tool_note(&tool->out, "note",
              "what was opened is an ordinary file: that it is only used as "
              "the license allows is up to you");
    if (!tool->out.as_json)
        return;
    tool_json_open(json, NULL, '{');
    tool_json_text(json, "file", m->out);
    tool_json_text(json, "right", m->right);
    tool_json_text(json, "content", pl->work.id);
    tool_json_close(json, '}');
}

/* The publishing license alone, for the server: needs no client. */
static enum iss_status write_license(struct tool *tool, const struct matter *m)
{
    const char *path = tool_value(tool, TOOL_PL_OUT);
    char word[TOOL_WORD_SIZE];
    enum iss_status status = iss_publish(
        path, m->head.chain, m->head.chain_len,
        tool_given(tool, TOOL_FORCE) ? ISS_PUBLISH_FORCE : 0, &tool->error);

    if (status != ISS_OK)
        return status;
    tool_line(&tool->out, "wrote", "%s   publishing license, %zu documents",
              path, m->pl.count);
    tool_shell_word(path, word);
    tool_note(&tool->out, "next",
              "on the server: privyseal license ul --rac rac.xml --pl %s --out "
              "ul.xml",
              word);
    if (tool->out.as_json) {
        tool_json_open(&tool->out.json, NULL, '{');
        tool_json_text(&tool->out.json, "license", path);
        tool_json_text(&tool->out.json, "content",
                       xrml_fields(m->pl.documents[0])->work.id);
        tool_json_close(&tool->out.json, '}');
    }
    return ISS_OK;
}

static enum iss_status open_content(struct tool *tool, struct matter *m)
{
    enum iss_status status = choose_out(tool, m);

    if (status == ISS_OK)
        status = choose_right(tool, m);
    if (status == ISS_OK)
        status = tool_client_open(tool, &m->client);
    if (status == ISS_OK)
        status = tool_client_need_rac(tool, &m->client);
    if (status == ISS_OK)
        status = find_license(tool, m);
    if (status == ISS_OK)
        status = judge(tool, m);
    if (status == ISS_OK)
        status = unseal(tool, m);
    if (status == ISS_OK)
        report(tool, m);
    return status;
}

static enum iss_status run(struct tool *tool)
{
    struct matter *m = calloc(1, sizeof(*m));
    enum iss_status status = ISS_OK;

    if (m == NULL)
        return tool_fail(tool, ISS_INTERNAL, "out of memory");
    m->path = tool->options.operands[0];
    m->in = -1;
    m->file = (struct tool_newfile){.folder = -1, .file = -1};
    status = read_head(tool, m);
    if (status == ISS_OK)
        status = tool_given(tool, TOOL_PL_OUT) ? write_license(tool, m)
                                               : open_content(tool, m);
    sealed_secret_wipe(&m->key);
    tool_newfile_drop(&m->file);
    if (m->in >= 0)
        (void)close(m->in);
    protected_head_clear(&m->head);
    xrml_chain_clear(&m->pl);
    xrml_chain_clear(&m->ul);
    tool_client_close(&m->client);
    free(m);
    return status;
}

static const struct tool_use uses[] = {
    TOOL_USE_CLIENT,
    {TOOL_UL, "your use license for it; default: the one that was accepted, or "
              "your own as the one who protected it"},
    {TOOL_RIGHT, "what you want to do: view, print, edit, ...; default: view"},
    {TOOL_OUT, "the opened file; default: FILE without .protected"},
    {TOOL_PL_OUT, "only write the publishing license to this file, for the "
                  "server; needs no client"},
    {TOOL_FORCE, "replace a file that is there"},
    TOOL_USE_QUIET,
    TOOL_USE_JSON,
    TOOL_USES_END,
};

const struct tool_verb tool_open = {
    .name = "open",
    .summary = "open a protected file, if your license allows it",
    .operands = "FILE",
    .least = 1,
    .most = 1,
    .uses = uses,
    .text =
        "Opens a file that privyseal protect has made. The publishing license "
        "in it, your account certificate and your use license must verify up "
        "to your client's anchors as of now, the use license must be yours, "
        "for this content, and grant the right that you want. The content is "
        "written whole or not at all; a file that was altered, cut or added "
        "to is exit 4.\n\n"
        "Exit 3 says what was refused and why: another's license, another "
        "content, a right that is not granted or has ended. Without a "
        "license it says which command the administrator runs to issue "
        "one.\n\n"
        "This program keeps to what the license says; it cannot make you keep "
        "to it. It runs on your machine, with your clock; when a right that "
        "is counted from its first use began is a note in your own folder; "
        "and what was opened is an ordinary file.\n\n"
        "  privyseal open plan.pdf.protected --ul ul.xml --right print",
    .run = run,
};
