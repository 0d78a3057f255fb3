/* SPDX-License-Identifier: Apache-2.0 */
/* Settings: our names, the peers' names, the environment, bad values. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fake_core.h"
#include "unit.h"

static struct prov_core core;
static struct prov_conf conf;

static bool read_conf(const struct fake_setting *settings)
{
    fake_core(&core, settings);
    return prov_conf_read(&core, &conf);
}

static void nothing_configured_means_the_registered_modules(void)
{
    static const struct fake_setting settings[] = {{NULL, NULL}};

    CU_ASSERT_TRUE_FATAL(read_conf(settings));
    CU_ASSERT_STRING_EQUAL(conf.name, "privyseal");
    CU_ASSERT_EQUAL(conf.p11.module_count, 0);
    CU_ASSERT_EQUAL(conf.p11.pin_count, 0);
    CU_ASSERT_PTR_NULL(conf.p11.pin_source);
    CU_ASSERT_EQUAL(conf.p11.login, P11_LOGIN_AUTO);
    CU_ASSERT_EQUAL(conf.p11.copies, P11_COPIES_AUTO);
    CU_ASSERT_FALSE(conf.p11.pin_cache);
    CU_ASSERT_FALSE(conf.rand);
    CU_ASSERT_FALSE(conf.tls_capabilities);
    CU_ASSERT_FALSE(conf.fips);
    CU_ASSERT_TRUE(conf.encode_uri);
    CU_ASSERT_EQUAL(conf.blocked, 0);
    prov_conf_clear(&conf);
}

static void our_own_names_are_read(void)
{
    static const struct fake_setting settings[] = {{"provider-name", "hsm"},
                                                   {"module-path", "/m.so"},
                                                   {"init-args", "args"},
                                                   {"pin-source", "file:/pin"},
                                                   {"login", "never"},
                                                   {"key-copies", "off"},
                                                   {"session-limit", "4"},
                                                   {"session-wait", "2500"},
                                                   {"trace", "/tmp/a,b,2"},
                                                   {"pin-cache", "on"},
                                                   {"rand", "token"},
                                                   {"tls-capabilities", "on"},
                                                   {NULL, NULL}};

    CU_ASSERT_TRUE_FATAL(read_conf(settings));
    CU_ASSERT_STRING_EQUAL(conf.name, "hsm");
    CU_ASSERT_EQUAL_FATAL(conf.p11.module_count, 1);
    CU_ASSERT_STRING_EQUAL(conf.p11.modules[0].path, "/m.so");
    CU_ASSERT_STRING_EQUAL(conf.p11.modules[0].init_args, "args");
    CU_ASSERT_STRING_EQUAL(conf.p11.pin_source, "file:/pin");
    CU_ASSERT_EQUAL(conf.p11.login, P11_LOGIN_NEVER);
    CU_ASSERT_EQUAL(conf.p11.copies, P11_COPIES_OFF);
    CU_ASSERT_EQUAL(conf.p11.session_limit, 4);
    CU_ASSERT_EQUAL(conf.p11.session_wait_ms, 2500);
    CU_ASSERT_STRING_EQUAL(conf.trace_path, "/tmp/a,b");
    CU_ASSERT_EQUAL(conf.trace_level, 2);
    CU_ASSERT_TRUE(conf.p11.pin_cache);
    CU_ASSERT_TRUE(conf.rand);
    CU_ASSERT_TRUE(conf.tls_capabilities);
    prov_conf_clear(&conf);
}

static void refused(const struct fake_setting *settings, const char *first,
                    const char *second)
{
    CU_ASSERT_FALSE(read_conf(settings));
    CU_ASSERT_EQUAL(fake_core_errors(), 1);
    CU_ASSERT_EQUAL(fake_core_reason(), CKR_ARGUMENTS_BAD);
    if (strstr(fake_core_text(), first) == NULL ||
        strstr(fake_core_text(), second) == NULL)
        CU_FAIL(fake_core_text());
}

static void two_names_of_one_thing_must_agree(void)
{
    static const struct fake_setting same[] = {
        {"pkcs11-module-path", "/m.so"},
        {"pkcs11_module", "/m.so"},
        {"module-path", "/m.so"},
        {"login", "always"},
        {"force_login", "yes"},
        {"key-copies", "off"},
        {"pkcs11-module-cache-keys", "false"},
        {"pkcs11-module-token-pin", "file:/p"},
        {"pin-source", "file:/p"},
        {"pin", "file:/p"},
        {NULL, NULL}};
    static const struct fake_setting modules[] = {
        {"pkcs11-module-path", "/theirs.so"},
        {"module-path", "/ours.so"},
        {NULL, NULL}};
    static const struct fake_setting logins[] = {
        {"login", "never"}, {"force_login", "1"}, {NULL, NULL}};
    static const struct fake_setting pins[] = {
        {"pkcs11-module-token-pin", "secret-1"},
        {"pin-source", "file:/pin"},
        {NULL, NULL}};
    static const struct fake_setting lists[] = {{"modules", "a"},
                                                {"a.module-path", "/a.so"},
                                                {"pkcs11_module", "/b.so"},
                                                {NULL, NULL}};
    static const struct fake_setting args[] = {{"modules", "a"},
                                               {"a.module-path", "/a.so"},
                                               {"init-args", "x"},
                                               {NULL, NULL}};

    CU_ASSERT_TRUE_FATAL(read_conf(same));
    CU_ASSERT_EQUAL(conf.p11.module_count, 1);
    CU_ASSERT_STRING_EQUAL(conf.p11.modules[0].path, "/m.so");
    CU_ASSERT_STRING_EQUAL(conf.p11.pin_source, "file:/p");
    prov_conf_clear(&conf);
    refused(modules, "module-path", "pkcs11-module-path");
    refused(logins, "login", "force_login");
    refused(pins, "pkcs11-module-token-pin", "pin-source");
    CU_ASSERT_PTR_NULL(strstr(fake_core_text(), "secret"));
    refused(lists, "modules", "pkcs11_module");
    refused(args, "modules", "init-args");
}

static void all_names_of_pkcs11_provider_are_taken(void)
{
    static const struct fake_setting settings[] = {
        {"pkcs11-module-path", "/m.so"},
        {"pkcs11-module-init-args", "a"},
        {"pkcs11-module-token-pin", "1234"},
        {"pkcs11-module-allow-export", "1"},
        {"pkcs11-module-login-behavior", "always"},
        {"pkcs11-module-load-behavior", "early"},
        {"pkcs11-module-cache-pins", "cache"},
        {"pkcs11-module-cache-keys", "false"},
        {"pkcs11-module-cache-sessions", "0"},
        {"pkcs11-module-encode-provider-uri-to-pem", "true"},
        {"pkcs11-module-block-operations", "digest"},
        {"pkcs11-module-assume-fips", "true"},
        {"pkcs11-module-quirks", "no-deinit"},
        {NULL, NULL}};

    CU_ASSERT_TRUE_FATAL(read_conf(settings));
    CU_ASSERT_STRING_EQUAL(conf.p11.modules[0].path, "/m.so");
    CU_ASSERT_STRING_EQUAL(conf.p11.modules[0].init_args, "a");
    CU_ASSERT_STRING_EQUAL(conf.p11.pin_source, "value:1234");
    CU_ASSERT_EQUAL(conf.p11.login, P11_LOGIN_ALWAYS);
    CU_ASSERT_EQUAL(conf.p11.copies, P11_COPIES_OFF);
    prov_conf_clear(&conf);
}

static void they_mean_what_they_mean_there(void)
{
    static const struct fake_setting settings[] = {
        {"pkcs11-module-token-pin", "file:/p"},
        {"pkcs11-module-cache-pins", "cache"},
        {"pkcs11-module-cache-keys", "true"},
        {"pkcs11-module-encode-provider-uri-to-pem", "false"},
        {"pkcs11-module-block-operations", "store, kem asym-cipher"},
        {"pkcs11-module-assume-fips", "true"},
        {"pkcs11-module-quirks",
         "no-deinit no-operation-state no-session-callbacks "
         "no-allowed-mechanisms no-such-thing"},
        {NULL, NULL}};

    CU_ASSERT_TRUE_FATAL(read_conf(settings));
    CU_ASSERT_STRING_EQUAL(conf.p11.pin_source, "file:/p");
    CU_ASSERT_TRUE(conf.p11.pin_cache);
    CU_ASSERT_EQUAL(conf.p11.copies, P11_COPIES_AUTO);
    CU_ASSERT_FALSE(conf.encode_uri);
    CU_ASSERT_TRUE(conf.fips);
    CU_ASSERT_EQUAL(conf.blocked, 1UL << OSSL_OP_STORE | 1UL << OSSL_OP_KEM |
                                      1UL << OSSL_OP_ASYM_CIPHER);
    CU_ASSERT_PTR_NOT_NULL(strstr(conf.notes, "'no-such-thing' is not known"));
    CU_ASSERT_PTR_NULL(strstr(conf.notes, "'no-deinit"));
    prov_conf_clear(&conf);
}

static void names_of_libp11_are_taken(void)
{
    static const struct fake_setting settings[] = {
        {"pkcs11_module", "/m.so"}, {"force_login", "1"}, {"debug_level", "7"},
        {"init_args", "a"},         {"pin", "4321"},      {NULL, NULL}};

    CU_ASSERT_TRUE_FATAL(read_conf(settings));
    CU_ASSERT_STRING_EQUAL(conf.p11.modules[0].path, "/m.so");
    CU_ASSERT_STRING_EQUAL(conf.p11.modules[0].init_args, "a");
    CU_ASSERT_STRING_EQUAL(conf.p11.pin_source, "value:4321");
    CU_ASSERT_EQUAL(conf.p11.login, P11_LOGIN_ALWAYS);
    prov_conf_clear(&conf);
}

static void the_environment_fills_gaps(void)
{
    static const struct fake_setting none[] = {{NULL, NULL}};
    static const struct fake_setting settings[] = {{"module-path", "/m.so"},
                                                   {"pin-source", "file:/p"},
                                                   {"login", "never"},
                                                   {"trace", "/t"},
                                                   {NULL, NULL}};

    setenv("PKCS11_MODULE_PATH", "/env.so", 1);
    setenv("PKCS11_PIN", "4321", 1);
    setenv("PKCS11_FORCE_LOGIN", "1", 1);
    setenv("PKCS11_DEBUG_LEVEL", "3", 1);
    setenv("PKCS11_PROVIDER_DEBUG", "file:/tmp/x,level:1", 1);
    CU_ASSERT_TRUE_FATAL(read_conf(none));
    CU_ASSERT_STRING_EQUAL(conf.p11.modules[0].path, "/env.so");
    CU_ASSERT_STRING_EQUAL(conf.p11.pin_source, "value:4321");
    CU_ASSERT_EQUAL(conf.p11.login, P11_LOGIN_ALWAYS);
    CU_ASSERT_STRING_EQUAL(conf.trace_path, "/tmp/x");
    CU_ASSERT_EQUAL(conf.trace_level, 1);
    prov_conf_clear(&conf);
    CU_ASSERT_TRUE_FATAL(read_conf(settings));
    CU_ASSERT_STRING_EQUAL(conf.p11.modules[0].path, "/m.so");
    CU_ASSERT_STRING_EQUAL(conf.p11.pin_source, "file:/p");
    CU_ASSERT_EQUAL(conf.p11.login, P11_LOGIN_NEVER);
    CU_ASSERT_STRING_EQUAL(conf.trace_path, "/t");
    prov_conf_clear(&conf);

    setenv("PKCS11_FORCE_LOGIN", "perhaps", 1);
    CU_ASSERT_FALSE(read_conf(none));
    CU_ASSERT_PTR_NOT_NULL(strstr(fake_core_text(), "PKCS11_FORCE_LOGIN"));
    setenv("PKCS11_FORCE_LOGIN", "", 1);
    setenv("PKCS11_PROVIDER_DEBUG", "file:/tmp/x", 1);
    CU_ASSERT_TRUE_FATAL(read_conf(none));
    CU_ASSERT_EQUAL(conf.p11.login, P11_LOGIN_AUTO);
    CU_ASSERT_EQUAL(conf.trace_level, 2);
    prov_conf_clear(&conf);
    unsetenv("PKCS11_MODULE_PATH");
    unsetenv("PKCS11_PIN");
    unsetenv("PKCS11_FORCE_LOGIN");
    unsetenv("PKCS11_DEBUG_LEVEL");
    unsetenv("PKCS11_PROVIDER_DEBUG");
}

static void one_variable_replaces_the_module(void)
{
    static const struct fake_setting one[] = {
        {"module-path", "/m.so"}, {"init-args", "a"}, {NULL, NULL}};
    static const struct fake_setting many[] = {
        {"modules", "a"}, {"a.module-path", "/a.so"}, {NULL, NULL}};

    setenv("PKCS11_PROVIDER_MODULE", "/env.so", 1);
    setenv("PKCS11_MODULE_PATH", "/never.so", 1);
    CU_ASSERT_TRUE_FATAL(read_conf(one));
    CU_ASSERT_STRING_EQUAL(conf.p11.modules[0].path, "/env.so");
    CU_ASSERT_STRING_EQUAL(conf.p11.modules[0].init_args, "a");
    prov_conf_clear(&conf);
    CU_ASSERT_TRUE_FATAL(read_conf(many));
    CU_ASSERT_EQUAL(conf.p11.module_count, 1);
    CU_ASSERT_STRING_EQUAL(conf.p11.modules[0].path, "/a.so");
    prov_conf_clear(&conf);
    unsetenv("PKCS11_PROVIDER_MODULE");
    unsetenv("PKCS11_MODULE_PATH");
}

static void modules_and_pins_are_listed_by_name(void)
{
    static const struct fake_setting settings[] = {
        {"modules", "a, b"},
        {"a.module-path", "/a.so"},
        {"b.module-path", "/b.so"},
        {"b.init-args", "x"},
        {"pins", "p q"},
        {"p.token", "lab"},
        {"p.pin-source", "file:/p"},
        {"q.token", "pkcs11:token=q"},
        {"q.pin-source", "value:1"},
        {NULL, NULL}};

    CU_ASSERT_TRUE_FATAL(read_conf(settings));
    CU_ASSERT_EQUAL_FATAL(conf.p11.module_count, 2);
    CU_ASSERT_STRING_EQUAL(conf.p11.modules[0].path, "/a.so");
    CU_ASSERT_PTR_NULL(conf.p11.modules[0].init_args);
    CU_ASSERT_STRING_EQUAL(conf.p11.modules[1].path, "/b.so");
    CU_ASSERT_STRING_EQUAL(conf.p11.modules[1].init_args, "x");
    CU_ASSERT_EQUAL_FATAL(conf.p11.pin_count, 2);
    CU_ASSERT_STRING_EQUAL(conf.p11.pins[0].token, "lab");
    CU_ASSERT_STRING_EQUAL(conf.p11.pins[0].source, "file:/p");
    CU_ASSERT_STRING_EQUAL(conf.p11.pins[1].source, "value:1");
    prov_conf_clear(&conf);
}

static void credentials_are_files_of_the_service(void)
{
    static const struct fake_setting settings[] = {
        {"pin-source", "credential:hsm-pin"},
        {"pins", "p"},
        {"p.token", "lab"},
        {"p.pin-source", "credential:lab.pin"},
        {NULL, NULL}};
    static const struct fake_setting bad[][2] = {
        {{"pin-source", "credential:"}, {NULL, NULL}},
        {{"pin-source", "credential:../x"}, {NULL, NULL}},
        {{"pin-source", "credential:.."}, {NULL, NULL}}};

    setenv("CREDENTIALS_DIRECTORY", "/run/credentials/x", 1);
    CU_ASSERT_TRUE_FATAL(read_conf(settings));
    CU_ASSERT_STRING_EQUAL(conf.p11.pin_source, "credential:hsm-pin");
    CU_ASSERT_STRING_EQUAL(conf.p11.pins[0].source, "credential:lab.pin");
    CU_ASSERT_STRING_EQUAL(conf.p11.credentials, "/run/credentials/x");
    CU_ASSERT_STRING_EQUAL(conf.notes, "");
    prov_conf_clear(&conf);
    unsetenv("CREDENTIALS_DIRECTORY");
    /* No error before a PIN is wanted: other programs read this file too. */
    CU_ASSERT_TRUE_FATAL(read_conf(settings));
    CU_ASSERT_PTR_NOT_NULL(strstr(conf.notes, "CREDENTIALS_DIRECTORY"));
    prov_conf_clear(&conf);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        refused(bad[i], "pin-source", "credential");
}

static void a_pin_file_that_others_read_is_noted(void)
{
    char *dir = unit_temp_dir(), path[4096];
    const struct fake_setting settings[] = {{"pin-source", path}, {NULL, NULL}};
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/pin", dir);
    file = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    (void)fclose(file);
    CU_ASSERT_EQUAL(chmod(path, 0640), 0);
    CU_ASSERT_TRUE_FATAL(read_conf(settings));
    CU_ASSERT_PTR_NOT_NULL(strstr(conf.notes, "mode 640"));
    prov_conf_clear(&conf);
    CU_ASSERT_EQUAL(chmod(path, 0600), 0);
    CU_ASSERT_TRUE_FATAL(read_conf(settings));
    CU_ASSERT_STRING_EQUAL(conf.notes, "");
    prov_conf_clear(&conf);
    (void)unlink(path);
    (void)rmdir(dir);
    free(dir);
}

static void a_bad_value_is_one_error_with_what_is_allowed(void)
{
    static const struct {
        struct fake_setting settings[2];
        const char *allowed;
    } bad[] = {
        {{{"login", "sometimes"}, {NULL, NULL}}, "auto, always, never"},
        {{{"key-copies", "maybe"}, {NULL, NULL}}, "auto, on, off"},
        {{{"session-limit", "4x"}, {NULL, NULL}}, "0 to 65536"},
        {{{"session-limit", "99999999"}, {NULL, NULL}}, "0 to 65536"},
        {{{"session-limit", "-1"}, {NULL, NULL}}, "0 to 65536"},
        {{{"session-limit", ""}, {NULL, NULL}}, "0 to 65536"},
        {{{"session-wait", "99999999999999999999"}, {NULL, NULL}}, "3600000"},
        {{{"pin-cache", "perhaps"}, {NULL, NULL}}, "on, off"},
        {{{"rand", "on"}, {NULL, NULL}}, "token, off"},
        {{{"tls-capabilities", "2"}, {NULL, NULL}}, "on, off"},
        {{{"trace", ",2"}, {NULL, NULL}}, "FILE,1"},
        {{{"trace", "/tmp/t,9"}, {NULL, NULL}}, "FILE,1"},
        {{{"trace", "/tmp/t,0"}, {NULL, NULL}}, "FILE,1"},
        {{{"module-path", ""}, {NULL, NULL}}, "not empty"},
        {{{"pin-source", ""}, {NULL, NULL}}, "credential:NAME"},
        {{{"modules", "a"}, {NULL, NULL}}, "a.module-path"},
        {{{"modules", "a a a a a a a a a a a a a a a a a"}, {NULL, NULL}},
         "a.module-path"},
        {{{"pins", "a"}, {NULL, NULL}}, "a.pin-source"},
        {{{"pkcs11-module-login-behavior", "x"}, {NULL, NULL}}, "auto, "},
        {{{"pkcs11-module-load-behavior", "late"}, {NULL, NULL}}, "early"},
        {{{"pkcs11-module-cache-pins", "1"}, {NULL, NULL}}, "cache"},
        {{{"pkcs11-module-cache-keys", "1"}, {NULL, NULL}}, "true, false"},
        {{{"pkcs11-module-cache-sessions", "x"}, {NULL, NULL}}, "65536"},
        {{{"pkcs11-module-allow-export", "x"}, {NULL, NULL}}, "0"},
        {{{"pkcs11-module-encode-provider-uri-to-pem", "x"}, {NULL, NULL}},
         "true, false"},
        {{{"pkcs11-module-block-operations", "sign"}, {NULL, NULL}},
         "signature"},
        {{{"pkcs11-module-assume-fips", "x"}, {NULL, NULL}}, "true, false"},
        {{{"force_login", "x"}, {NULL, NULL}}, "1, yes"},
        {{{"debug_level", "x"}, {NULL, NULL}}, "0 to 9"}};

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        refused(bad[i].settings, bad[i].settings[0].name, bad[i].allowed);
}

static void more_names_than_there_is_room_for_are_refused(void)
{
    static const struct fake_setting settings[] = {
        {"modules", "a a a a a a a a a a a a a a a a a"},
        {"a.module-path", "/a.so"},
        {NULL, NULL}};

    refused(settings, "modules", "more than 16");
}

static void a_wrong_pin_setting_is_not_repeated(void)
{
    static const struct fake_setting settings[] = {
        {"pin", "canary-1"}, {"pin-source", "value:canary-2"}, {NULL, NULL}};

    CU_ASSERT_FALSE(read_conf(settings));
    CU_ASSERT_PTR_NULL(strstr(fake_core_text(), "canary"));
}

UNIT_MAIN("provider/config",
          UNIT(nothing_configured_means_the_registered_modules),
          UNIT(our_own_names_are_read), UNIT(two_names_of_one_thing_must_agree),
          UNIT(all_names_of_pkcs11_provider_are_taken),
          UNIT(they_mean_what_they_mean_there), UNIT(names_of_libp11_are_taken),
          UNIT(the_environment_fills_gaps),
          UNIT(one_variable_replaces_the_module),
          UNIT(modules_and_pins_are_listed_by_name),
          UNIT(credentials_are_files_of_the_service),
          UNIT(a_pin_file_that_others_read_is_noted),
          UNIT(a_bad_value_is_one_error_with_what_is_allowed),
          UNIT(more_names_than_there_is_room_for_are_refused),
          UNIT(a_wrong_pin_setting_is_not_repeated))
