/* SPDX-License-Identifier: Apache-2.0 */
/* Frame of the unit tests: see unit.h. */
#include "unit.h"

#include <CUnit/Basic.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const sample_folders[] = {
    UNIT_SOURCE_DIR "/../shared/samples/rms",
    UNIT_SOURCE_DIR "/shared/samples/rms",
};

/* Folders made by unit_temp_dir, removed after a run without failures. */
enum { FOLDERS_MAX = 512 };
static char *folders[FOLDERS_MAX];
static size_t folder_count;

static int remove_one(const char *path, const struct stat *info, int type,
                      struct FTW *walk)
{
    (void)info;
    (void)type;
    (void)walk;
    (void)remove(path);
    return 0;
}

static void forget_folders(int clean)
{
    while (folder_count > 0) {
        char *path = folders[--folder_count];
        if (clean)
            (void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
        free(path);
    }
}

static int wanted(const char *name, int argc, char **argv)
{
    if (argc < 2)
        return 1;
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], name) == 0)
            return 1;
    return 0;
}

int unit_main(const char *suite_name, const struct unit_test *tests,
              size_t count, int argc, char **argv)
{
    unsigned failures = 1;
    unsigned run = 0;

    if (CU_initialize_registry() != CUE_SUCCESS)
        return 1;
    CU_pSuite suite = CU_add_suite(suite_name, NULL, NULL);
    if (suite == NULL)
        goto out;
    for (size_t i = 0; i < count; i++)
        if (wanted(tests[i].name, argc, argv) &&
            CU_add_test(suite, tests[i].name, tests[i].run) == NULL)
            goto out;
    CU_basic_set_mode(CU_BRM_VERBOSE);
    if (CU_basic_run_tests() != CUE_SUCCESS)
        goto out;
    failures = CU_get_number_of_failures();
    run = CU_get_number_of_tests_run();
out:
    CU_cleanup_registry();
    forget_folders(failures == 0);
    return failures == 0 && run > 0 ? 0 : 1;
}

char *unit_read_file(const char *path, size_t *len)
{
    FILE *file = fopen(path, "rb");
    char *text = NULL;
    long size = 0;

    if (file == NULL)
        return NULL;
    if (fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) < 0)
        goto out;
    rewind(file);
    text = malloc((size_t)size + 1);
    if (text == NULL)
        goto out;
    if (fread(text, 1, (size_t)size, file) != (size_t)size) {
        free(text);
        text = NULL;
        goto out;
    }
    text[size] = '\0';
    *len = (size_t)size;
out:
    (void)fclose(file);
    return text;
}

const char *unit_samples(void)
{
    for (size_t i = 0; i < sizeof(sample_folders) / sizeof(*sample_folders);
         i++)
        if (access(sample_folders[i], R_OK) == 0)
            return sample_folders[i];
    return NULL;
}

void unit_skip(const char *why)
{
    (void)printf("skipped: %s ... ", why);
}

static int nibble(char c)
{
    const char *digits = "0123456789abcdef";
    const char *at = c == '\0' ? NULL : strchr(digits, c | 0x20);
    return at == NULL ? -1 : (int)(at - digits);
}

size_t unit_hex(const char *hex, uint8_t *out, size_t size)
{
    size_t len = 0;

    while (*hex != '\0' && len < size) {
        if (*hex == ' ' || *hex == '\n') {
            hex++;
            continue;
        }
        int high = nibble(hex[0]);
        int low = high < 0 ? -1 : nibble(hex[1]);
        if (low < 0)
            abort();
        out[len++] = (uint8_t)(high << 4 | low);
        hex += 2;
    }
    return len;
}

char *unit_temp_dir(void)
{
    char *path = strdup("unit-XXXXXX");
    if (path == NULL || mkdtemp(path) == NULL) {
        (void)fprintf(stderr, "mkdtemp: %s\n", strerror(errno));
        abort();
    }
    char *absolute = realpath(path, NULL);
    free(path);
    if (absolute != NULL && folder_count < FOLDERS_MAX)
        folders[folder_count++] = strdup(absolute);
    return absolute;
}
