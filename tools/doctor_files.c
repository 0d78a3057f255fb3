/* SPDX-License-Identifier: Apache-2.0 */
/* A store's folder, its files, its configuration, its PIN: who may do what. */
#include <dirent.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "doctor_find.h"
#include "pinfile.h"

enum { FORBIDDEN = 0077, OTHERS_WRITE = 0022, MODE_BITS = 07777 };

static bool ours(uid_t owner)
{
    return owner == 0 || owner == geteuid();
}

/* ---- files ----------------------------------------------------------------
 */

static bool check_folder(struct tool_check *check)
{
    struct stat st;

    if (stat(check->dir, &st) != 0 || !S_ISDIR(st.st_mode)) {
        tool_find(check, TOOL_ERROR, ISS_USAGE, "store",
                  "privyseal init makes one; --store or $PRIVYSEAL_STORE names "
                  "it",
                  "%s: %s", check->dir,
                  errno != 0 ? strerror(errno) : "not a folder");
        return false;
    }
    if (!ours(st.st_uid))
        tool_find(check, TOOL_WARNING, ISS_OK, "store",
                  "run privyseal as the owner of the store or as root",
                  "%s belongs to user %u, who is not you", check->dir,
                  (unsigned)st.st_uid);
    if ((st.st_mode & FORBIDDEN) != 0)
        tool_find(check, TOOL_WARNING, ISS_OK, "store", "chmod 700 the folder",
                  "%s has mode %04o: others than its owner may look into it",
                  check->dir, (unsigned)st.st_mode & MODE_BITS);
    return true;
}

static void check_one(struct tool_check *check, const char *name, uid_t *owner,
                      size_t *good)
{
    char path[ISS_PATH_MAX];
    struct stat st;
    const int len = snprintf(path, sizeof(path), "%s/%s", check->dir, name);

    if (len < 0 || len >= ISS_PATH_MAX || lstat(path, &st) != 0)
        return;
    if (S_ISLNK(st.st_mode)) {
        tool_find(check, TOOL_WARNING, ISS_OK, name,
                  "put the file itself there: a link may be turned elsewhere",
                  "is a symbolic link");
        return;
    }
    if ((st.st_mode & OTHERS_WRITE) != 0)
        tool_find(check, TOOL_ERROR, ISS_STORE, name, "chmod go-w the file",
                  "mode %04o: others than its owner may write to it",
                  (unsigned)st.st_mode & MODE_BITS);
    else if (!ours(st.st_uid) && st.st_uid != *owner)
        tool_find(check, TOOL_WARNING, ISS_OK, name,
                  "chown it to the owner of the folder",
                  "belongs to user %u, the folder to user %u",
                  (unsigned)st.st_uid, (unsigned)*owner);
    else
        (*good)++;
}

void tool_doctor_files(struct tool_check *check)
{
    const size_t before = check->found[TOOL_WARNING] + check->found[TOOL_ERROR];
    size_t good = 0;
    struct stat st = {0};
    struct dirent *entry;
    DIR *dir;

    errno = 0;
    if (!check_folder(check))
        return;
    dir = opendir(check->dir);
    if (dir == NULL || stat(check->dir, &st) != 0) {
        tool_find(check, TOOL_ERROR, ISS_STORE, "store",
                  "run privyseal as the owner of the store or as root",
                  "%s: %s", check->dir, strerror(errno));
    }
    while (dir != NULL && (entry = readdir(dir)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            check_one(check, entry->d_name, &st.st_uid, &good);
    if (dir != NULL)
        (void)closedir(dir);
    if (check->found[TOOL_WARNING] + check->found[TOOL_ERROR] == before)
        tool_find(check, TOOL_WELL, ISS_OK, "store", NULL,
                  "%s: owner and mode of folder and %zu files", check->dir,
                  good);
}

/* ---- configuration --------------------------------------------------------
 */

static void each_fault(void *arg, const char *text)
{
    struct tool_check *check = arg;

    check->conf_good = false;
    tool_find(check, TOOL_ERROR, ISS_USAGE, "configuration",
              "privyseal-config(5) has every word", "%s", text);
}

static void check_module(struct tool_check *check)
{
    if (check->conf.module[0] == '\0')
        tool_find(check, TOOL_NOTE, ISS_OK, "module", NULL,
                  "none is named: those registered with p11-kit are used");
    else if (access(check->conf.module, R_OK) != 0)
        tool_find(check, TOOL_ERROR, ISS_USAGE, "module",
                  "install it, or correct module = in [token]", "%s: %s",
                  check->conf.module, strerror(errno));
}

/* The PIN is read to see that it can be, and wiped; nobody is sent it here. */
static void check_pin_file(struct tool_check *check, const char *path)
{
    char pin[TOOL_PIN_MAX + 2];
    struct iss_error error = {0};
    const ssize_t len =
        tool_pinfile_read(path, TOOL_PINFILE_OWN, pin, sizeof(pin), &error);

    OPENSSL_cleanse(pin, sizeof(pin));
    if (len < 0)
        tool_find(check, TOOL_ERROR, ISS_USAGE, "PIN file",
                  "a file of your own, mode 600, one line, in folders that "
                  "nobody else may write to",
                  "%s", error.text);
    else
        tool_find(check, TOOL_WELL, ISS_OK, "PIN file", NULL, "%s", path);
}

static void check_pin(struct tool_check *check)
{
    const char *source = check->conf.pin_source;
    struct iss_error error = {0};

    if (source[0] == '\0' || strcmp(source, "askpass") == 0)
        tool_find(check, TOOL_NOTE, ISS_OK, "PIN",
                  "for unattended runs: pin_source = file:PATH or "
                  "credential:NAME in [token]",
                  "a person is asked for it");
    else if (tool_pin_check(source, &error) != ISS_OK)
        tool_find(check, TOOL_ERROR, ISS_USAGE, "PIN",
                  "file:PATH, credential:NAME or askpass", "%s", error.text);
    else if (strncmp(source, "file:", 5) == 0)
        check_pin_file(check, source + 5);
    else if (secure_getenv("CREDENTIALS_DIRECTORY") == NULL)
        tool_find(check, TOOL_NOTE, ISS_OK, "PIN",
                  "LoadCredential= or LoadCredentialEncrypted= in the unit "
                  "that runs privyseal",
                  "%s is there only for a service of systemd", source);
}

void tool_doctor_settings(struct tool_check *check)
{
    const char *named = tool_value(check->tool, TOOL_CONFIG);
    char path[ISS_PATH_MAX];
    struct iss_error error = {0};
    const int len = named != NULL ? snprintf(path, sizeof(path), "%s", named)
                                  : snprintf(path, sizeof(path),
                                             "%s/privyseal.conf", check->dir);

    if (len < 0 || len >= ISS_PATH_MAX)
        return;
    check->conf_good = true;
    if (iss_conf_faults(path, each_fault, check, &error) != ISS_OK) {
        check->conf_good = false;
        tool_find(check, TOOL_ERROR, ISS_USAGE, "configuration",
                  "privyseal init writes one", "%s", error.text);
    }
    if (!check->conf_good)
        return;
    if (iss_conf_load(path, &check->conf, &error) != ISS_OK ||
        tool_uri_check(check->conf.token_uri, &error) != ISS_OK) {
        check->conf_good = false;
        tool_find(check, TOOL_ERROR, ISS_USAGE, "configuration",
                  "privyseal-config(5) has every word", "%s", error.text);
        return;
    }
    tool_find(check, TOOL_WELL, ISS_OK, "configuration", NULL,
              "%s is understood", path);
    check_module(check);
    check_pin(check);
}
