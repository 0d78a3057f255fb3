/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a fuzz target over files and folders: the corpus as an ordinary test. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *path)
{
    size_t len = 0;
    char *text = unit_read_file(path, &len);
    /* Exactly as long as the input, so that a checker sees one octet more. */
    uint8_t *data = text == NULL ? NULL : malloc(len == 0 ? 1 : len);

    if (data == NULL) {
        free(text);
        return 0;
    }
    memcpy(data, text, len);
    (void)LLVMFuzzerTestOneInput(data, len);
    free(data);
    free(text);
    return 1;
}

int main(int argc, char **argv)
{
    int count = 0;

    for (int i = 1; i < argc; i++) {
        struct dirent **entries = NULL;
        int found = scandir(argv[i], &entries, NULL, alphasort);
        for (int j = 0; j < found; j++) {
            char path[4096];
            (void)snprintf(path, sizeof(path), "%s/%s", argv[i],
                           entries[j]->d_name);
            if (entries[j]->d_name[0] != '.')
                count += replay(path);
            free(entries[j]);
        }
        free(entries);
    }
    (void)printf("%d inputs\n", count);
    return count > 0 ? 0 : 1;
}
