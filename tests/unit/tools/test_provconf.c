/* SPDX-License-Identifier: Apache-2.0 */
/* Paths go through libcrypto's configuration reader unchanged. */
#include "tools/provconf.h"

#include <openssl/bio.h>
#include <openssl/conf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

/* What the reader makes of it. */
static void comes_back(const char *path)
{
    char *text = NULL;
    CONF *conf = NCONF_new(NULL);
    BIO *bio = NULL;
    const char *module = NULL;
    long line = 0;

    CU_ASSERT_EQUAL_FATAL(
        tool_provconf_print("/p/privyseal.so", path, &text, NULL), ISS_OK);
    bio = BIO_new_mem_buf(text, -1);
    CU_ASSERT_EQUAL(NCONF_load_bio(conf, bio, &line), 1);
    module = NCONF_get_string(conf, "use_privyseal", "module-path");
    CU_ASSERT_PTR_NOT_NULL_FATAL(module);
    CU_ASSERT_STRING_EQUAL(module, path);
    module = NCONF_get_string(conf, "use_privyseal", "module");
    CU_ASSERT_PTR_NOT_NULL_FATAL(module);
    CU_ASSERT_STRING_EQUAL(module, "/p/privyseal.so");
    BIO_free(bio);
    NCONF_free(conf);
    free(text);
}

static void every_printable_character_survives(void)
{
    char path[3] = "/x";

    for (int octet = 0x20; octet < 0x100; octet++) {
        if (octet == 0x7f)
            continue;
        path[1] = (char)octet;
        comes_back(path);
    }
}

static void variables_comments_and_quotes_are_text(void)
{
    static const char *const paths[] = {
        "/a/$ENV::HOME/b", "/a/${HOME}", "$HOME",
        "/a # b",          "# a",        "/a\\",
        "/a\\n",           "\"",         "'",
        "/a\"b'c`d\\",     " /a ",       ".include /etc/passwd",
        "[section]",       "/a = b",     "/a;b",
    };

    CU_ASSERT_EQUAL(setenv("HOME", "/elsewhere", 1), 0);
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        comes_back(paths[i]);
}

static void long_paths_survive(void)
{
    char path[4096];

    memset(path, '$', sizeof(path));
    path[sizeof(path) - 1] = '\0';
    comes_back(path);
    memset(path, '\\', sizeof(path) - 1);
    comes_back(path);
}

static void control_characters_are_refused(void)
{
    char path[3] = "/x", *text = NULL;

    for (int octet = 1; octet < 0x80; octet++) {
        if (octet == 0x20)
            octet = 0x7f;
        path[1] = (char)octet;
        CU_ASSERT_EQUAL(tool_provconf_print("/p", path, &text, NULL),
                        ISS_USAGE);
        CU_ASSERT_PTR_NULL(text);
    }
}

static void without_a_module_the_registered_ones_are_left(void)
{
    char *text = NULL;

    CU_ASSERT_EQUAL(tool_provconf_print("/p", NULL, &text, NULL), ISS_OK);
    CU_ASSERT_PTR_NULL(strstr(text, "module-path"));
    free(text);
}

UNIT_MAIN("provconf", UNIT(every_printable_character_survives),
          UNIT(variables_comments_and_quotes_are_text),
          UNIT(long_paths_survive), UNIT(control_characters_are_refused),
          UNIT(without_a_module_the_registered_ones_are_left))
