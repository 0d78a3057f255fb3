/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the file of the token's label and PINs, in plain text: this token
 * protects nothing. */
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of a token without folder that was initialised anew. */
static struct store_identity memory;
static bool memory_set;

static bool path_of(char *path, size_t size, const char *name)
{
    int len = snprintf(path, size, "%s/%s", fault_conf()->token_dir, name);

    return len > 0 && (size_t)len < size;
}

static void take(char out[static FAULT_TEXT_MAX], const char *line)
{
    (void)snprintf(out, FAULT_TEXT_MAX, "%.*s", FAULT_TEXT_MAX - 1, line);
}

static void read_line(struct store_identity *identity, char *line)
{
    line[strcspn(line, "\n")] = '\0';
    if (strncmp(line, "label=", 6) == 0)
        take(identity->label, line + 6);
    if (strncmp(line, "so-pin=", 7) == 0)
        take(identity->so_pin, line + 7);
    if (strncmp(line, "pin=", 4) == 0) {
        take(identity->pin, line + 4);
        identity->has_pin = true;
    }
}

void store_identity_load(struct store_identity *identity)
{
    const struct fault_conf *conf = fault_conf();
    char path[PATH_MAX], line[FAULT_TEXT_MAX + 16];
    FILE *file = NULL;

    if (conf->token_dir[0] == '\0' && memory_set) {
        *identity = memory;
        return;
    }
    if (conf->token_dir[0] != '\0' && path_of(path, sizeof(path), "identity"))
        file = fopen(path, "re");
    *identity = (struct store_identity){.initialized = true};
    if (file == NULL) {
        take(identity->label, conf->label);
        take(identity->pin, conf->pin);
        take(identity->so_pin, conf->so_pin);
        identity->initialized = conf->initialized;
        identity->has_pin = conf->initialized && conf->pin[0] != '\0';
        return;
    }
    while (fgets(line, sizeof(line), file) != NULL)
        read_line(identity, line);
    (void)fclose(file);
}

static bool write_file(const char *path, const struct store_identity *identity)
{
    FILE *file = fopen(path, "we");
    bool good = file != NULL && fchmod(fileno(file), 0600) == 0 &&
                fprintf(file, "label=%s\nso-pin=%s\n", identity->label,
                        identity->so_pin) > 0;

    if (good && identity->has_pin)
        good = fprintf(file, "pin=%s\n", identity->pin) > 0;
    if (good)
        good = fflush(file) == 0 && fsync(fileno(file)) == 0;
    if (file != NULL)
        good = fclose(file) == 0 && good;
    return good;
}

void store_identity_forget(void)
{
    memory_set = false;
}

CK_RV store_identity_save(const struct store_identity *identity)
{
    char path[PATH_MAX], temporary[PATH_MAX], name[64];

    if (fault_conf()->token_dir[0] == '\0') {
        memory = *identity;
        memory_set = true;
        return CKR_OK;
    }
    (void)snprintf(name, sizeof(name), ".new-%d-identity", (int)getpid());
    if (!path_of(path, sizeof(path), "identity") ||
        !path_of(temporary, sizeof(temporary), name) ||
        !write_file(temporary, identity) || rename(temporary, path) != 0) {
        fault_complain("%s: %s", path, strerror(errno));
        return CKR_DEVICE_ERROR;
    }
    return CKR_OK;
}
