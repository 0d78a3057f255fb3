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
static struct store_identity memory[STORE_TOKENS];
static bool memory_set[STORE_TOKENS];

static bool path_of(char *path, size_t size, const char *name)
{
    char folder[PATH_MAX];
    int len = -1;

    if (store_folder(folder, sizeof(folder)))
        len = snprintf(path, size, "%s/%s", folder, name);
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

/* What the settings say where nothing was written down. */
static void take_settings(struct store_identity *identity)
{
    const struct fault_conf *conf = fault_conf();
    unsigned token = store_selected();

    identity->initialized = conf->initialized && token != STORE_SPARE;
    if (token == STORE_SPARE)
        return;
    take(identity->label, token == 0 ? conf->label : conf->label_2);
    take(identity->pin, token == 0 ? conf->pin : conf->pin_2);
    take(identity->so_pin, token == 0 ? conf->so_pin : conf->so_pin_2);
    identity->has_pin = identity->initialized && identity->pin[0] != '\0';
}

void store_identity_load(struct store_identity *identity)
{
    const struct fault_conf *conf = fault_conf();
    char path[PATH_MAX], line[FAULT_TEXT_MAX + 16];
    FILE *file = NULL;

    if (conf->token_dir[0] == '\0' && memory_set[store_selected()]) {
        *identity = memory[store_selected()];
        return;
    }
    if (conf->token_dir[0] != '\0' && path_of(path, sizeof(path), "identity"))
        file = fopen(path, "re");
    *identity = (struct store_identity){.initialized = true};
    if (file == NULL) {
        take_settings(identity);
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
    memory_set[store_selected()] = false;
}

CK_RV store_identity_save(const struct store_identity *identity)
{
    char path[PATH_MAX], temporary[PATH_MAX], name[64];

    if (fault_conf()->token_dir[0] == '\0') {
        memory[store_selected()] = *identity;
        memory_set[store_selected()] = true;
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
