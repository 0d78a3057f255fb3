/* SPDX-License-Identifier: Apache-2.0 */
/* A client's folder: see client.h. */
#include "client.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "when.h"

enum { KEY_MAX = 16 * 1024, USE_MAX = 64, FOLDER_MODE = 0700 };

enum iss_status tool_client_named(struct tool *tool, const char **dir)
{
    *dir = tool_value(tool, TOOL_CLIENT);
    if (*dir == NULL)
        *dir = secure_getenv("PRIVYSEAL_CLIENT");
    if (*dir != NULL && (*dir)[0] != '\0')
        return ISS_OK;
    return tool_fail(tool, ISS_USAGE,
                     "which client? --client DIR, or $PRIVYSEAL_CLIENT");
}

enum iss_status tool_client_path(struct tool *tool,
                                 const struct tool_client *client,
                                 const char *folder, const char *name,
                                 char out[static ISS_PATH_MAX])
{
    int len = folder == NULL
                  ? snprintf(out, ISS_PATH_MAX, "%s/%s", client->dir, name)
                  : snprintf(out, ISS_PATH_MAX, "%s/%s/%s", client->dir, folder,
                             name);

    if (len > 0 && len < ISS_PATH_MAX)
        return ISS_OK;
    return tool_fail(tool, ISS_USAGE, "%.200s: the path is too long",
                     client->dir);
}

enum iss_status tool_client_put(struct tool *tool,
                                const struct tool_client *client,
                                const char *folder, const char *name,
                                const char *text, size_t len)
{
    char path[ISS_PATH_MAX];
    enum iss_status status = ISS_OK;

    if (folder != NULL) {
        int n = snprintf(path, sizeof(path), "%s/%s", client->dir, folder);

        if (n <= 0 || (size_t)n >= sizeof(path))
            return tool_fail(tool, ISS_USAGE, "%.200s: the path is too long",
                             client->dir);
        if (mkdir(path, FOLDER_MODE) != 0 && errno != EEXIST)
            return tool_fail(tool, ISS_STORE, "%s: %s", path, strerror(errno));
    }
    status = tool_client_path(tool, client, folder, name, path);
    if (status == ISS_OK)
        status =
            iss_publish(path, text, len, ISS_PUBLISH_SECRET | ISS_PUBLISH_FORCE,
                        &tool->error);
    return status;
}

bool tool_client_file_name(const char *guid, const char *suffix,
                           char out[static TOOL_CLIENT_NAME_SIZE])
{
    char normal[XRML_GUID_SIZE];

    if (guid == NULL || !xrml_guid_normal(guid, normal))
        return false;
    int len = snprintf(out, TOOL_CLIENT_NAME_SIZE, "%.*s%s", XRML_GUID_SIZE - 3,
                       normal + 1, suffix);
    return len > 0 && len < TOOL_CLIENT_NAME_SIZE;
}

enum iss_status tool_client_parse_chain(struct tool *tool, const char *path,
                                        const char *text, size_t len,
                                        struct xrml_chain *chain)
{
    struct iss_error error = {.status = ISS_OK};
    enum iss_status status = xrml_chain_append(chain, text, len, 0, &error);

    return status == ISS_OK
               ? ISS_OK
               : tool_fail(tool, status, "%s: %s", path, error.text);
}

enum iss_status tool_client_read_chain(struct tool *tool, const char *path,
                                       struct xrml_chain *chain)
{
    char *text = NULL;
    size_t len = 0;
    enum iss_status status =
        iss_read_file(path, XRML_CHAIN_MAX, &text, &len, &tool->error);

    if (status == ISS_OK)
        status = tool_client_parse_chain(tool, path, text, len, chain);
    free(text);
    return status;
}

enum iss_status tool_client_verify(const struct tool_client *client,
                                   const char *what,
                                   const struct xrml_chain *chain,
                                   struct iss_error *error)
{
    const struct xrml_policy policy = {.at_set = true,
                                       .at = client->now,
                                       .now = client->now,
                                       .revocations = client->lists};
    struct iss_error cause = {.status = ISS_OK};
    struct xrml_report report;
    enum iss_status status = xrml_chain_verify(NULL, chain, client->anchors,
                                               &policy, &report, &cause);

    return status == ISS_OK
               ? ISS_OK
               : iss_fail(error, status, "%s: %s", what, cause.text);
}

/* ---- opening
 */

/* A key that another can read is no key of one machine. */
static enum iss_status check_mode(struct tool *tool, const char *path)
{
    struct stat st;

    if (lstat(path, &st) != 0)
        return tool_fail(tool, ISS_USAGE,
                         "%s: %s: is this a client's folder? (privyseal "
                         "client init makes one)",
                         path, strerror(errno));
    if (!S_ISREG(st.st_mode) || (st.st_mode & 077) != 0)
        return tool_fail(tool, ISS_USAGE,
                         "%s: others can read it, or it is no file of its "
                         "own: chmod 600",
                         path);
    return ISS_OK;
}

static int no_password(char *buffer, int size, int writing, void *arg)
{
    (void)buffer;
    (void)size;
    (void)writing;
    (void)arg;
    return -1;
}

static enum iss_status read_key(struct tool *tool, struct tool_client *client)
{
    char path[ISS_PATH_MAX];
    char *text = NULL;
    size_t len = 0;
    enum iss_status status =
        tool_client_path(tool, client, NULL, "key.pem", path);

    if (status == ISS_OK)
        status = check_mode(tool, path);
    if (status == ISS_OK)
        status = iss_read_file(path, KEY_MAX, &text, &len, &tool->error);
    if (status != ISS_OK)
        return status;
    BIO *pem = BIO_new_mem_buf(text, (int)len);
    (void)ERR_set_mark();
    client->machine_key =
        pem == NULL ? NULL
                    : PEM_read_bio_PrivateKey(pem, NULL, no_password, NULL);
    (void)ERR_pop_to_mark();
    BIO_free(pem);
    OPENSSL_cleanse(text, len);
    free(text);
    return client->machine_key != NULL
               ? ISS_OK
               : tool_fail(tool, ISS_USAGE, "%s: no private key in PEM", path);
}

static enum iss_status read_anchors(struct tool *tool,
                                    struct tool_client *client)
{
    char path[ISS_PATH_MAX];
    char *text = NULL;
    size_t len = 0;
    enum iss_status status =
        tool_client_path(tool, client, NULL, "anchors.pem", path);

    if (status == ISS_OK)
        status = iss_read_file(path, XRML_CHAIN_MAX, &text, &len, &tool->error);
    if (status == ISS_OK)
        status = xrml_anchors_parse(text, len, &client->anchors, &tool->error);
    free(text);
    return status;
}

static enum iss_status read_if_there(struct tool *tool,
                                     const struct tool_client *client,
                                     const char *name, struct xrml_chain *chain)
{
    char path[ISS_PATH_MAX];
    struct stat st;
    enum iss_status status = tool_client_path(tool, client, NULL, name, path);

    if (status != ISS_OK || (stat(path, &st) != 0 && errno == ENOENT))
        return status;
    return tool_client_read_chain(tool, path, chain);
}

static enum iss_status add_lists(struct tool *tool, struct tool_client *client,
                                 DIR *folder, const char *path)
{
    enum iss_status status = ISS_OK;
    const struct dirent *entry = NULL;

    while (status == ISS_OK && (entry = readdir(folder)) != NULL) {
        struct xrml_chain chain = {0};
        char file[ISS_PATH_MAX];
        int len = snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);

        if (entry->d_name[0] == '.')
            continue;
        if (len <= 0 || (size_t)len >= sizeof(file))
            return tool_fail(tool, ISS_USAGE, "%.200s: the path is too long",
                             path);
        status = tool_client_read_chain(tool, file, &chain);
        if (status == ISS_OK && client->lists == NULL)
            status = xrml_revocations_new(&client->lists, &tool->error);
        if (status == ISS_OK)
            status = xrml_revocations_add(client->lists, NULL,
                                          chain.documents[0], &tool->error);
        xrml_chain_clear(&chain);
    }
    return status;
}

static enum iss_status read_lists(struct tool *tool, struct tool_client *client)
{
    char path[ISS_PATH_MAX];
    enum iss_status status =
        tool_client_path(tool, client, NULL, "lists", path);
    DIR *folder = status == ISS_OK ? opendir(path) : NULL;

    if (folder == NULL)
        return status != ISS_OK || errno == ENOENT
                   ? status
                   : tool_fail(tool, ISS_USAGE, "%s: %s", path,
                               strerror(errno));
    status = add_lists(tool, client, folder, path);
    (void)closedir(folder);
    return status;
}

enum iss_status tool_client_open(struct tool *tool, struct tool_client *client)
{
    enum iss_status status = ISS_OK;

    *client = (struct tool_client){.now = tool_now()};
    status = tool_client_named(tool, &client->dir);
    if (status == ISS_OK)
        status = read_key(tool, client);
    if (status == ISS_OK)
        status = read_anchors(tool, client);
    if (status == ISS_OK)
        status = read_if_there(tool, client, "machine.xml", &client->machine);
    if (status == ISS_OK && client->machine.count == 0)
        status = tool_fail(tool, ISS_USAGE, "%s/machine.xml: is missing",
                           client->dir);
    if (status == ISS_OK)
        status = read_if_there(tool, client, "rac.xml", &client->rac);
    if (status == ISS_OK)
        status = read_if_there(tool, client, "clc.xml", &client->clc);
    if (status == ISS_OK)
        status = read_lists(tool, client);
    if (status == ISS_OK && client->rac.count > 0)
        status =
            client_open_key(NULL, client->rac.documents[0], client->machine_key,
                            &client->account, &tool->error);
    return status;
}

void tool_client_close(struct tool_client *client)
{
    xrml_anchors_free(client->anchors);
    xrml_revocations_free(client->lists);
    xrml_chain_clear(&client->machine);
    xrml_chain_clear(&client->rac);
    xrml_chain_clear(&client->clc);
    EVP_PKEY_free(client->machine_key);
    EVP_PKEY_free(client->account);
    *client = (struct tool_client){0};
}

enum iss_status tool_client_need_rac(struct tool *tool,
                                     const struct tool_client *client)
{
    if (client->rac.count > 0)
        return ISS_OK;
    return tool_fail(tool, ISS_REFUSED,
                     "%s: no account certificate yet. On the server: privyseal "
                     "license rac --user MAIL --machine %s/machine.xml --out "
                     "rac.xml; then here: privyseal client accept rac.xml",
                     client->dir, client->dir);
}

/* ---- first uses
 */

static enum iss_status
use_path(struct tool *tool, const struct tool_client *client, const char *guid,
         char name[TOOL_CLIENT_NAME_SIZE], char out[static ISS_PATH_MAX])
{
    if (!tool_client_file_name(guid, "", name))
        return tool_fail(tool, ISS_REFUSED, "use license: has no GUID");
    return tool_client_path(tool, client, "uses", name, out);
}

enum iss_status tool_client_first_use(struct tool *tool,
                                      const struct tool_client *client,
                                      const char *guid, int64_t *first)
{
    char name[TOOL_CLIENT_NAME_SIZE];
    char path[ISS_PATH_MAX];
    char *text = NULL;
    char *end = NULL;
    size_t len = 0;
    struct stat st;
    enum iss_status status = use_path(tool, client, guid, name, path);

    *first = 0;
    if (status != ISS_OK || (stat(path, &st) != 0 && errno == ENOENT))
        return status;
    status = iss_read_file(path, USE_MAX, &text, &len, &tool->error);
    if (status != ISS_OK)
        return status;
    errno = 0;
    *first = strtoll(text, &end, 10);
    if (errno != 0 || *first <= 0 || (*end != '\n' && *end != '\0'))
        status =
            tool_fail(tool, ISS_USAGE, "%s: not when something was used", path);
    free(text);
    return status;
}

enum iss_status tool_client_note_use(struct tool *tool,
                                     const struct tool_client *client,
                                     const char *guid)
{
    char name[TOOL_CLIENT_NAME_SIZE];
    char path[ISS_PATH_MAX];
    char text[USE_MAX];
    enum iss_status status = use_path(tool, client, guid, name, path);

    if (status != ISS_OK)
        return status;
    int len = snprintf(text, sizeof(text), "%" PRId64 "\n", client->now);
    return tool_client_put(tool, client, "uses", name, text, (size_t)len);
}
