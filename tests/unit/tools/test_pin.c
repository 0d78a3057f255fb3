/* SPDX-License-Identifier: Apache-2.0 */
/* Sources of PINs, and URIs that carry one. */
#include "tools/pin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/pinfile.h"
#include "unit.h"

static void known_sources_are_taken(void)
{
    static const char *const good[] = {"file:pin", "file:/etc/pin",
                                       "credential:rms-pin", "askpass", ""};

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        CU_ASSERT_EQUAL(tool_pin_check(good[i], NULL), ISS_OK);
}

/* Least of all a PIN that someone has typed there: it is not repeated. */
static void other_sources_are_refused_without_repeating_them(void)
{
    static const char *const bad[] = {
        "1234",      "value:1234", "file:",     "credential:",
        "/etc/1234", "env:PIN",    "askpass:x", "credential:a/../1234"};

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct iss_error error = {0};

        CU_ASSERT_EQUAL(tool_pin_check(bad[i], &error), ISS_USAGE);
        if (strncmp(bad[i], "credential:a", 12) != 0)
            CU_ASSERT_PTR_NULL(strstr(error.text, "1234"));
    }
}

static void a_uri_with_a_pin_or_its_source_is_refused(void)
{
    static const char *const bad[] = {
        "pkcs11:token=a?pin-value=1234",
        "pkcs11:token=a?pin-source=file:/x",
        "pkcs11:token=a?PIN-VALUE=1234",
        "pkcs11:pin-value=1234",
        "file:key.pem",
        "token=a",
        "",
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct iss_error error = {0};

        CU_ASSERT_EQUAL(tool_uri_check(bad[i], &error), ISS_USAGE);
        CU_ASSERT_PTR_NULL(strstr(error.text, "1234"));
    }
    CU_ASSERT_EQUAL(tool_uri_check("pkcs11:token=a;object=b", NULL), ISS_OK);
    CU_ASSERT_EQUAL(tool_uri_check("PKCS11:", NULL), ISS_OK);
    CU_ASSERT_EQUAL(tool_uri_check(NULL, NULL), ISS_OK);
}

static void a_file_and_a_credential_give_their_pin(void)
{
    char *folder = unit_temp_dir();
    char path[4096], source[4200], pin[TOOL_PIN_MAX + 1];
    struct tool_pin from = {.what = "PIN"};
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/c1", folder);
    (void)umask(077);
    file = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    (void)fputs("9876\n", file);
    (void)fclose(file);
    (void)snprintf(source, sizeof(source), "file:%s", path);
    from.source = source;
    CU_ASSERT_EQUAL(tool_pin_get(&from, "lab", pin, sizeof(pin)), 4);
    CU_ASSERT_EQUAL(memcmp(pin, "9876", 4), 0);
    (void)snprintf(source, sizeof(source), "file://%s", path);
    CU_ASSERT_EQUAL(tool_pin_get(&from, "lab", pin, sizeof(pin)), 4);

    from.source = "credential:c1";
    CU_ASSERT_EQUAL(unsetenv("CREDENTIALS_DIRECTORY"), 0);
    CU_ASSERT_EQUAL(tool_pin_get(&from, "lab", pin, sizeof(pin)), -1);
    CU_ASSERT_PTR_NOT_NULL(strstr(from.error.text, "CREDENTIALS_DIRECTORY"));
    CU_ASSERT_EQUAL(setenv("CREDENTIALS_DIRECTORY", folder, 1), 0);
    CU_ASSERT_EQUAL(tool_pin_get(&from, "lab", pin, sizeof(pin)), 4);
    CU_ASSERT_EQUAL(from.error.status, ISS_OK);
    (void)unlink(path);
    (void)rmdir(folder);
    free(folder);
}

static void without_a_terminal_nothing_is_asked(void)
{
    char pin[TOOL_PIN_MAX + 1];
    struct tool_pin from = {.source = "", .what = "SO PIN"};

    if (isatty(STDIN_FILENO) == 1 && freopen("/dev/null", "r", stdin) == NULL)
        abort();
    CU_ASSERT_EQUAL(tool_pin_get(&from, "lab", pin, sizeof(pin)), -1);
    CU_ASSERT_EQUAL(from.error.status, ISS_USAGE);
    CU_ASSERT_PTR_NOT_NULL(strstr(from.error.text, "SO PIN of token lab"));
}

UNIT_MAIN("pin", UNIT(known_sources_are_taken),
          UNIT(other_sources_are_refused_without_repeating_them),
          UNIT(a_uri_with_a_pin_or_its_source_is_refused),
          UNIT(a_file_and_a_credential_give_their_pin),
          UNIT(without_a_terminal_nothing_is_asked))
