/* SPDX-License-Identifier: Apache-2.0 */
#include "keyfile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

/* A folder of this test, as working directory. */
static void enter(void)
{
    char *folder = unit_temp_dir();

    CU_ASSERT_PTR_NOT_NULL_FATAL(folder);
    CU_ASSERT_EQUAL_FATAL(chdir(folder), 0);
    free(folder);
}

static void put(const char *path, const char *text, size_t len)
{
    FILE *file = fopen(path, "w");

    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_EQUAL(fwrite(text, 1, len, file), len);
    CU_ASSERT_EQUAL(fclose(file), 0);
}

static const char digits[] =
    "000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F\r\n";

static void octets_and_digits_are_keys_of_both_sizes(void)
{
    static const struct {
        const char *text;
        size_t len, key;
    } rows[] = {{digits, 66, 32},
                {digits, 65, 32},
                {digits, 64, 32},
                {digits, 32, 16},
                {"0123456789abcde\n", 16, 16},
                {"the octets of a key of thirty-2.", 32, 32}};
    struct iss_error error = {.status = ISS_OK};
    uint8_t key[TOOL_KEYFILE_KEY_MAX];
    size_t len = 0;

    enter();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        put("some.key", rows[i].text, rows[i].len);
        CU_ASSERT_EQUAL(tool_keyfile_read("some.key", key, &len, &error),
                        ISS_OK);
        CU_ASSERT_EQUAL(len, rows[i].key);
        for (size_t k = 0; k < len && rows[i].text == digits; k++)
            CU_ASSERT_EQUAL(key[k], k);
    }
}

static void another_length_is_no_key(void)
{
    static const size_t sizes[] = {0, 1, 15, 17, 31, 33, 63, 67};
    struct iss_error error = {.status = ISS_OK};
    uint8_t key[TOOL_KEYFILE_KEY_MAX];
    const char text[80] = "x";
    size_t len = 0;

    enter();
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        put("odd.key", text, sizes[i]);
        CU_ASSERT_EQUAL(tool_keyfile_read("odd.key", key, &len, &error),
                        ISS_MALFORMED);
    }
    CU_ASSERT_EQUAL(tool_keyfile_read("none.key", key, &len, &error),
                    ISS_USAGE);
}

static void a_new_key_is_its_owners_and_stays(void)
{
    uint8_t key[TOOL_KEYFILE_KEY_MAX], again[TOOL_KEYFILE_KEY_MAX];
    struct iss_error error = {.status = ISS_OK};
    size_t len = 0;
    bool fresh = false;
    struct stat file;

    enter();
    (void)umask(0);
    CU_ASSERT_EQUAL(tool_keyfile_make("new.key", key, &len, &fresh, &error),
                    ISS_OK);
    CU_ASSERT_TRUE(fresh);
    CU_ASSERT_EQUAL(len, 32);
    CU_ASSERT_EQUAL_FATAL(stat("new.key", &file), 0);
    CU_ASSERT_EQUAL(file.st_mode & 0777, 0600);
    CU_ASSERT_EQUAL(tool_keyfile_make("new.key", again, &len, &fresh, &error),
                    ISS_OK);
    CU_ASSERT_FALSE(fresh);
    CU_ASSERT_EQUAL(len, 32);
    CU_ASSERT_EQUAL(memcmp(key, again, len), 0);
    CU_ASSERT_EQUAL(tool_keyfile_make("newer.key", again, &len, &fresh, &error),
                    ISS_OK);
    CU_ASSERT_NOT_EQUAL(memcmp(key, again, len), 0);
    /* what is no key is not replaced by one */
    put("mine.key", "mine\n", 5);
    CU_ASSERT_EQUAL(tool_keyfile_make("mine.key", again, &len, &fresh, &error),
                    ISS_MALFORMED);
}

UNIT_MAIN("keyfile", UNIT(octets_and_digits_are_keys_of_both_sizes),
          UNIT(another_length_is_no_key),
          UNIT(a_new_key_is_its_owners_and_stays))
