/* SPDX-License-Identifier: Apache-2.0 */
/* Names and values of settings, row by row. */
#include "setting.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"

static const struct prov_setting *named(const char *name)
{
    const struct prov_setting *setting;

    for (size_t i = 0; (setting = prov_setting_at(i)) != NULL; i++) {
        if (strcmp(setting->name, name) == 0)
            return setting;
    }
    CU_FAIL_FATAL(name);
    return NULL;
}

static void no_name_stands_there_twice(void)
{
    const struct prov_setting *a, *b;

    for (size_t i = 0; (a = prov_setting_at(i)) != NULL; i++) {
        for (size_t k = 0; k < i; k++) {
            b = prov_setting_at(k);
            CU_ASSERT_STRING_NOT_EQUAL(a->name, b->name);
        }
        /* OpenSSL takes these for itself. */
        CU_ASSERT_STRING_NOT_EQUAL(a->name, "module");
        CU_ASSERT_STRING_NOT_EQUAL(a->name, "identity");
        CU_ASSERT_STRING_NOT_EQUAL(a->name, "activate");
        CU_ASSERT_STRING_NOT_EQUAL(a->name, "soft_load");
    }
}

static void everything_that_is_allowed_is_taken(void)
{
    const struct prov_setting *setting;
    struct prov_value value;
    char allowed[256], *rest, *word;

    for (size_t i = 0; (setting = prov_setting_at(i)) != NULL; i++) {
        prov_setting_allowed(setting, allowed, sizeof(allowed));
        CU_ASSERT_TRUE(strlen(allowed) > 2 && strlen(allowed) < 192);
        if (setting->words == NULL)
            continue;
        for (word = strtok_r(allowed, ", ", &rest); word != NULL;
             word = strtok_r(NULL, ", ", &rest)) {
            CU_ASSERT_TRUE(prov_setting_read(setting, word, &value));
            CU_ASSERT_PTR_NULL(value.unknown);
        }
    }
}

static void numbers_have_a_limit(void)
{
    const struct prov_setting *limit = named("session-limit");
    struct prov_value value;

    CU_ASSERT_TRUE(prov_setting_read(limit, "0", &value));
    CU_ASSERT_TRUE(prov_setting_read(limit, "65536", &value));
    CU_ASSERT_EQUAL(value.number, 65536);
    CU_ASSERT_FALSE(prov_setting_read(limit, "65537", &value));
    CU_ASSERT_FALSE(prov_setting_read(limit, "+1", &value));
    CU_ASSERT_FALSE(prov_setting_read(limit, " 1", &value));
    CU_ASSERT_FALSE(prov_setting_read(limit, "1 ", &value));
    CU_ASSERT_FALSE(prov_setting_read(limit, "0x10", &value));
    CU_ASSERT_FALSE(prov_setting_read(limit, "18446744073709551617", &value));
}

static void lists_of_words_are_parted_by_blanks_and_commas(void)
{
    const struct prov_setting *block = named("pkcs11-module-block-operations");
    const struct prov_setting *quirks = named("pkcs11-module-quirks");
    struct prov_value one, two;

    CU_ASSERT_TRUE(prov_setting_read(block, " store,kem ", &one));
    CU_ASSERT_TRUE(prov_setting_read(block, "kem store", &two));
    CU_ASSERT_TRUE(prov_value_same(&one, &two));
    CU_ASSERT_FALSE(prov_setting_read(block, "store stor", &one));
    CU_ASSERT_TRUE(prov_setting_read(quirks, "no-deinit odd", &one));
    CU_ASSERT_EQUAL(one.unknown_len, 3);
    CU_ASSERT_EQUAL(strncmp(one.unknown, "odd", 3), 0);
}

static void pins_are_told_from_their_files(void)
{
    const struct prov_setting *source = named("pin-source");
    const struct prov_setting *pin = named("pin");
    struct prov_value a, b;

    CU_ASSERT_TRUE(prov_setting_secret(source) && prov_setting_secret(pin));
    CU_ASSERT_FALSE(prov_setting_secret(named("module-path")));
    CU_ASSERT_TRUE(prov_setting_read(source, "value:1234", &a));
    CU_ASSERT_TRUE(prov_setting_read(pin, "1234", &b));
    CU_ASSERT_TRUE(a.literal && prov_value_same(&a, &b));
    CU_ASSERT_TRUE(prov_setting_read(source, "1234", &a));
    CU_ASSERT_FALSE(a.literal || prov_value_same(&a, &b));
    CU_ASSERT_TRUE(prov_setting_read(pin, "file:/p", &b));
    CU_ASSERT_FALSE(b.literal);
    CU_ASSERT_FALSE(prov_setting_read(source, "value:", &a));
    CU_ASSERT_FALSE(prov_setting_read(pin, "", &a));
}

static void traces_have_a_file_and_a_level(void)
{
    static const struct {
        const char *text, *path;
        long level;
    } rows[] = {{"/t", "/t", 1},
                {"/t,1", "/t", 1},
                {"/t,2", "/t", 2},
                {"/a,b,2", "/a,b", 2}};
    static const struct {
        const char *text, *path;
        long level;
    } theirs[] = {{"file:/t", "/t", 2},
                  {"file:/t,level:0", "/t", 1},
                  {"file:/t,level:1", "/t", 1},
                  {"file:/t,level:5", "/t", 2}};
    const struct prov_setting *trace = named("trace"), *debug;
    struct prov_value value;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CU_ASSERT_TRUE(prov_setting_read(trace, rows[i].text, &value));
        CU_ASSERT_EQUAL(value.len, strlen(rows[i].path));
        CU_ASSERT_EQUAL(strncmp(value.text, rows[i].path, value.len), 0);
        CU_ASSERT_EQUAL(value.number, rows[i].level);
    }
    for (size_t i = 0; (debug = prov_variable_at(i)) != NULL; i++) {
        if (strcmp(debug->name, "PKCS11_PROVIDER_DEBUG") == 0)
            break;
    }
    CU_ASSERT_PTR_NOT_NULL_FATAL(debug);
    for (size_t i = 0; i < sizeof(theirs) / sizeof(theirs[0]); i++) {
        CU_ASSERT_TRUE(prov_setting_read(debug, theirs[i].text, &value));
        CU_ASSERT_EQUAL(value.len, strlen(theirs[i].path));
        CU_ASSERT_EQUAL(value.number, theirs[i].level);
    }
    CU_ASSERT_FALSE(prov_setting_read(debug, "/t", &value));
    CU_ASSERT_FALSE(prov_setting_read(debug, "file:", &value));
    CU_ASSERT_FALSE(prov_setting_read(debug, "file:/t,level:x", &value));
}

UNIT_MAIN("provider/setting", UNIT(no_name_stands_there_twice),
          UNIT(everything_that_is_allowed_is_taken), UNIT(numbers_have_a_limit),
          UNIT(lists_of_words_are_parted_by_blanks_and_commas),
          UNIT(pins_are_told_from_their_files),
          UNIT(traces_have_a_file_and_a_level))
