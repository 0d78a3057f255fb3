/* SPDX-License-Identifier: Apache-2.0 */
/* privyseal protect */
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "client.h"
#include "grants.h"
#include "issuer/protected.h"
#include "newfile.h"
#include "piece.h"
#include "store.h"
#include "text.h"
#include "verbs.h"
#include "when.h"

enum { LIST_TEXT = 16 * 1024 };

struct list { /* of an option */
    char text[LIST_TEXT];
    const char *words[ISS_GRANTS_MAX];
    size_t count;
};

struct matter { /* one file to be protected */
    struct tool_client client;
    EVP_PKEY *clc_key;
    struct iss_terms terms;
    struct iss_grant grants[ISS_GRANTS_MAX];
    struct list people, rights;
    uint8_t key[PROTECTED_KEY_SIZE];
    char *pl, *ul; /* with their chains */
    size_t pl_len, ul_len;
    struct xrml_chain published;
    char out[ISS_PATH_MAX];
    const char *path; /* what is protected */
    int in;
    struct tool_newfile file;
};

/* ---- who may do what
 */

static enum iss_status grant(struct tool *tool, struct matter *m,
                             const char *right, const char *whom,
                             const struct xrml_range *range)
{
    if (m->terms.grant_count == ISS_GRANTS_MAX)
        return tool_fail(tool, ISS_USAGE,
                         "--for and --rights: more than %d rights in all",
                         ISS_GRANTS_MAX);
    m->grants[m->terms.grant_count++] = (struct iss_grant){
        .right = right,
        .mail = strcasecmp(whom, "anyone") == 0 ? NULL : whom,
        .range = *range};
    return ISS_OK;
}

static enum iss_status read_until(struct tool *tool, const struct matter *m,
                                  struct xrml_range *range)
{
    const char *text = tool_value(tool, TOOL_UNTIL);
    enum iss_status status = ISS_OK;

    *range = (struct xrml_range){.present = text != NULL};
    if (text == NULL)
        return ISS_OK;
    range->from = m->client.now - m->client.now % 60;
    status = tool_time_parse("until", text, &range->until, &tool->error);
    if (status == ISS_OK && range->until <= m->client.now)
        status = tool_fail(tool, ISS_USAGE, "--until: %s is over", text);
    return status;
}

/* Cuts a list at its commas, in place; returns how many words, or 0: a word is
 * empty or has a blank, or there are more than max. */
static size_t cut(char *text, const char **words, size_t max)
{
    size_t count = 0;

    for (char *word = strsep(&text, ","); word != NULL;
         word = strsep(&text, ",")) {
        if (count == max || word[0] == '\0' || strchr(word, ' ') != NULL)
            return 0;
        words[count++] = word;
    }
    return count;
}

static enum iss_status read_list(struct tool *tool, enum tool_option option,
                                 const char *otherwise, struct list *list)
{
    const char *text =
        tool_given(tool, option) ? tool_value(tool, option) : otherwise;
    const char *name = tool_option_info(option)->name;

    if (text == NULL)
        return tool_fail(tool, ISS_USAGE,
                         "for whom? --for MAIL,MAIL or --for anyone");
    int len = snprintf(list->text, sizeof(list->text), "%s", text);
    if (len < 0 || (size_t)len >= sizeof(list->text))
        return tool_fail(tool, ISS_USAGE, "--%s: longer than %d octets", name,
                         LIST_TEXT);
    list->count = cut(list->text, list->words, ISS_GRANTS_MAX);
    if (list->count == 0)
        return tool_fail(tool, ISS_USAGE,
                         "--%s: 1 to %d words, commas between them, and no "
                         "blanks",
                         name, ISS_GRANTS_MAX);
    return ISS_OK;
}

static enum iss_status read_terms(struct tool *tool, struct matter *m)
{
    struct xrml_range range;
    enum iss_status status = read_until(tool, m, &range);

    if (status == ISS_OK)
        status = read_list(tool, TOOL_FOR, NULL, &m->people);
    if (status == ISS_OK)
        status = read_list(tool, TOOL_RIGHTS, "view", &m->rights);
    m->terms.grants = m->grants;
    m->terms.owner.mail = tool_value(tool, TOOL_OWNER);
    for (size_t i = 0; i < m->people.count && status == ISS_OK; i++)
        for (size_t j = 0; j < m->rights.count && status == ISS_OK; j++)
            status =
                grant(tool, m, m->rights.words[j], m->people.words[i], &range);
    return status;
}

/* ---- the license
 */

static enum iss_status open_clc(struct tool *tool, struct matter *m)
{
    enum iss_status status = tool_client_need_rac(tool, &m->client);

    if (status == ISS_OK && m->client.clc.count == 0)
        status = tool_fail(
            tool, ISS_REFUSED,
            "%s: no client licensor certificate yet. On the server: privyseal "
            "license clc --rac %s/rac.xml --out clc.xml; then here: privyseal "
            "client accept clc.xml",
            m->client.dir, m->client.dir);
    /* MS-RMPR 3.8.4.4: who publishes has both, valid */
    if (status == ISS_OK)
        status = tool_client_verify(&m->client, "account certificate",
                                    &m->client.rac, &tool->error);
    if (status == ISS_OK)
        status = tool_client_verify(&m->client, "client licensor certificate",
                                    &m->client.clc, &tool->error);
    if (status == ISS_OK)
        status = client_open_key(NULL, m->client.clc.documents[0],
                                 m->client.account, &m->clc_key, &tool->error);
    return status;
}

static enum iss_status publish(struct tool *tool, struct matter *m)
{
    const struct client_publication what = {.clc = &m->client.clc,
                                            .key = m->clc_key,
                                            .terms = &m->terms,
                                            .content_key = m->key,
                                            .content_key_len = sizeof(m->key),
                                            .now = m->client.now};
    enum iss_status status = ISS_OK;

    if (RAND_priv_bytes(m->key, sizeof(m->key)) != 1)
        return tool_fail(tool, ISS_INTERNAL, "no random numbers");
    status = client_publish(NULL, &what, &m->pl, &m->pl_len, &tool->error);
    if (status == ISS_OK)
        status =
            xrml_chain_append(&m->published, m->pl, m->pl_len, 0, &tool->error);
    if (status == ISS_OK && m->terms.owner.mail == NULL)
        status = client_license_owner(NULL, &what, m->published.documents[0],
                                      m->client.rac.documents[0], &m->ul,
                                      &m->ul_len, &tool->error);
    return status;
}

/* So that who protected a file opens it without asking the server. */
static enum iss_status keep_own(struct tool *tool, const struct matter *m)
{
    char name[TOOL_CLIENT_NAME_SIZE];
    const char *guid = xrml_fields(m->published.documents[0])->work.id;

    if (m->ul == NULL || !tool_client_file_name(guid, ".xml", name))
        return ISS_OK;
    return tool_client_put(tool, &m->client, "licenses", name, m->ul,
                           m->ul_len);
}

/* ---- the file
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

static enum iss_status seal(struct tool *tool, struct matter *m)
{
    const struct protected_io io = {
        .read = from_file, .write = to_file, .arg = m};
    enum iss_status status =
        tool_newfile_begin(&m->file, m->out, TOOL_PUBLIC_MODE, &tool->error);

    if (status == ISS_OK)
        status = tool_newfile_differs(&m->file, m->in, &tool->error);
    if (status == ISS_OK)
        status = protected_write(NULL, m->pl, m->pl_len, NULL, m->key, &io,
                                 &tool->error);
    if (status == ISS_OK)
        status = tool_newfile_finish(&m->file, tool_given(tool, TOOL_FORCE),
                                     &tool->error);
    return status;
}

static enum iss_status open_in(struct tool *tool, struct matter *m)
{
    const char *path = tool->options.operands[0];
    const char *out = tool_value(tool, TOOL_OUT);
    int len = out != NULL
                  ? snprintf(m->out, sizeof(m->out), "%s", out)
                  : snprintf(m->out, sizeof(m->out), "%s.protected", path);

    if (len <= 0 || (size_t)len >= sizeof(m->out))
        return tool_fail(tool, ISS_USAGE, "%.200s: the path is too long", path);
    m->path = path;
    return tool_piece_open(path, &m->in, &tool->error);
}

static void report(struct tool *tool, const struct matter *m)
{
    struct tool_json *json = &tool->out.json;
    const struct xrml_fields *pl = xrml_fields(m->published.documents[0]);
    char word[TOOL_WORD_SIZE];

    tool_line(&tool->out, "wrote", "%s   content %s", m->out,
              pl->work.id == NULL ? "?" : pl->work.id);
    for (size_t i = 0; i < m->terms.grant_count; i++)
        tool_line(&tool->out, i == 0 ? "may" : "", "%s   %s",
                  m->grants[i].mail == NULL ? "anyone" : m->grants[i].mail,
                  m->grants[i].right);
    tool_grants_note(&tool->out, m->grants, m->terms.grant_count);
    tool_note(&tool->out, "note",
              "the file that you protected is still there, unprotected");
    tool_shell_word(m->out, word);
    tool_note(&tool->out, "next", "who receives it: privyseal open %s", word);
    if (!tool->out.as_json)
        return;
    tool_json_open(json, NULL, '{');
    tool_json_text(json, "file", m->out);
    tool_json_text(json, "content", pl->work.id);
    tool_json_text(json, "license", pl->descriptor.id);
    tool_json_bool(json, "owner-license", m->ul != NULL);
    tool_json_close(json, '}');
}

static void clear(struct matter *m)
{
    OPENSSL_cleanse(m->key, sizeof(m->key));
    tool_newfile_drop(&m->file);
    if (m->in >= 0)
        (void)close(m->in);
    free(m->pl);
    free(m->ul);
    xrml_chain_clear(&m->published);
    EVP_PKEY_free(m->clc_key);
    tool_client_close(&m->client);
}

static enum iss_status run(struct tool *tool)
{
    struct matter *m = calloc(1, sizeof(*m));
    enum iss_status status = ISS_OK;

    if (m == NULL)
        return tool_fail(tool, ISS_INTERNAL, "out of memory");
    m->in = -1;
    m->file = (struct tool_newfile){.folder = -1, .file = -1};
    status = tool_client_open(tool, &m->client);
    if (status == ISS_OK)
        status = read_terms(tool, m);
    if (status == ISS_OK)
        status = open_in(tool, m);
    if (status == ISS_OK)
        status = open_clc(tool, m);
    if (status == ISS_OK)
        status = publish(tool, m);
    if (status == ISS_OK)
        status = keep_own(tool, m);
    if (status == ISS_OK)
        status = seal(tool, m);
    if (status == ISS_OK)
        report(tool, m);
    clear(m);
    free(m);
    return status;
}

static const struct tool_use uses[] = {
    TOOL_USE_CLIENT,
    {TOOL_FOR,
     "who may open it: mail addresses, commas between, or \"anyone\": "
     "whoever has an account certificate"},
    {TOOL_RIGHTS, "what they may: view, print, edit, ..., commas between; "
                  "default: view"},
    {TOOL_UNTIL, "when these rights end: YYYY-MM-DD or YYYY-MM-DDThh:mm, UTC; "
                 "default: never"},
    {TOOL_OWNER, "whose it is, if not yours; there is no license for yourself "
                 "then"},
    {TOOL_OUT, "the protected file; default: FILE.protected"},
    {TOOL_FORCE, "replace a file that is there"},
    TOOL_USE_QUIET,
    TOOL_USE_JSON,
    TOOL_USES_END,
};

const struct tool_verb tool_protect = {
    .name = "protect",
    .summary = "encrypt a file for some people, with what they may do",
    .operands = "FILE --for MAIL",
    .least = 1,
    .most = 1,
    .uses = uses,
    .text =
        "Encrypts a file (AES-256-GCM, a new key) and puts a publishing "
        "license before it, signed with the key of your client licensor "
        "certificate: who may do what, until when. Needs no server: the "
        "content key is sealed to the server that certified you, which gives "
        "it to those you named, and to nobody else. Your own license is "
        "kept in your client's folder.\n\n"
        "What is enforced, and by whom: the server enforces who gets a "
        "license, and until when it gives one; nobody without one has the "
        "key. What a license says beyond that, that a file may be viewed and "
        "not printed, that it may be opened until a day, is judged by the "
        "program on the reader's own machine. Whoever controls that machine "
        "controls the program, its clock and what it shows: rights tell "
        "honest people what was agreed; they do not stop the others.\n\n"
        "  privyseal protect plan.pdf --for bo@example.org --rights view,print",
    .run = run,
};
