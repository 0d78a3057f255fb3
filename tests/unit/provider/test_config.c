/* SPDX-License-Identifier: Apache-2.0 */
/* Settings: our names, the peers' names, the environment, bad values. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

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
    prov_conf_clear(&conf);
}

static void our_own_names_are_read(void)
{
    static const struct fake_setting settings[] = {
        {"provider-name", "hsm"}, {"module-path", "/m.so"},
        {"init-args", "args"},    {"pin-source", "file:/pin"},
        {"login", "never"},       {"key-copies", "off"},
        {"session-limit", "4"},   {"session-wait", "2500"},
        {"trace", "/tmp/a,b,2"},  {NULL, NULL}};

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
    prov_conf_clear(&conf);
}

static void our_names_stand_before_those_of_others(void)
{
    static const struct fake_setting settings[] = {
        {"pkcs11-module-path", "/theirs.so"},
        {"pkcs11_module", "/old.so"},
        {"module-path", "/ours.so"},
        {"pkcs11-module-token-pin", "1234"},
        {"pin-source", "file:/pin"},
        {NULL, NULL}};

    CU_ASSERT_TRUE_FATAL(read_conf(settings));
    CU_ASSERT_EQUAL(conf.p11.module_count, 1);
    CU_ASSERT_STRING_EQUAL(conf.p11.modules[0].path, "/ours.so");
    CU_ASSERT_STRING_EQUAL(conf.p11.pin_source, "file:/pin");
    prov_conf_clear(&conf);
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

static void names_of_libp11_and_its_environment_are_taken(void)
{
    static const struct fake_setting settings[] = {{"pkcs11_module", "/m.so"},
                                                   {"force_login", "1"},
                                                   {"debug_level", "0"},
                                                   {"init_args", "a"},
                                                   {NULL, NULL}};
    static const struct fake_setting none[] = {{NULL, NULL}};

    CU_ASSERT_TRUE_FATAL(read_conf(settings));
    CU_ASSERT_STRING_EQUAL(conf.p11.modules[0].path, "/m.so");
    CU_ASSERT_EQUAL(conf.p11.login, P11_LOGIN_ALWAYS);
    prov_conf_clear(&conf);

    setenv("PKCS11_MODULE_PATH", "/env.so", 1);
    setenv("PKCS11_PIN", "4321", 1);
    setenv("PKCS11_FORCE_LOGIN", "1", 1);
    CU_ASSERT_TRUE_FATAL(read_conf(none));
    CU_ASSERT_STRING_EQUAL(conf.p11.modules[0].path, "/env.so");
    CU_ASSERT_STRING_EQUAL(conf.p11.pin_source, "value:4321");
    CU_ASSERT_EQUAL(conf.p11.login, P11_LOGIN_ALWAYS);
    prov_conf_clear(&conf);
    CU_ASSERT_TRUE_FATAL(read_conf(settings));
    CU_ASSERT_STRING_EQUAL(conf.p11.modules[0].path, "/m.so");
    prov_conf_clear(&conf);
    unsetenv("PKCS11_MODULE_PATH");
    unsetenv("PKCS11_PIN");
    unsetenv("PKCS11_FORCE_LOGIN");
}

static void modules_and_pins_are_listed_by_name(void)
{
    static const struct fake_setting settings[] = {{"modules", "a, b"},
                                                   {"a.module-path", "/a.so"},
                                                   {"b.module-path", "/b.so"},
                                                   {"b.init-args", "x"},
                                                   {"module-path", "/no.so"},
                                                   {"pins", "p"},
                                                   {"p.token", "lab"},
                                                   {"p.pin-source", "file:/p"},
                                                   {NULL, NULL}};

    CU_ASSERT_TRUE_FATAL(read_conf(settings));
    CU_ASSERT_EQUAL_FATAL(conf.p11.module_count, 2);
    CU_ASSERT_STRING_EQUAL(conf.p11.modules[0].path, "/a.so");
    CU_ASSERT_PTR_NULL(conf.p11.modules[0].init_args);
    CU_ASSERT_STRING_EQUAL(conf.p11.modules[1].path, "/b.so");
    CU_ASSERT_STRING_EQUAL(conf.p11.modules[1].init_args, "x");
    CU_ASSERT_EQUAL_FATAL(conf.p11.pin_count, 1);
    CU_ASSERT_STRING_EQUAL(conf.p11.pins[0].token, "lab");
    CU_ASSERT_STRING_EQUAL(conf.p11.pins[0].source, "file:/p");
    prov_conf_clear(&conf);
}

static void a_bad_value_is_one_error_that_names_the_setting(void)
{
    static const struct fake_setting bad[][2] = {
        {{"login", "sometimes"}, {NULL, NULL}},
        {{"key-copies", "maybe"}, {NULL, NULL}},
        {{"session-limit", "4x"}, {NULL, NULL}},
        {{"session-wait", "-1"}, {NULL, NULL}},
        {{"session-limit", "99999999"}, {NULL, NULL}},
        {{"trace", ",2"}, {NULL, NULL}},
        {{"trace", "/tmp/t,9"}, {NULL, NULL}},
        {{"modules", "a"}, {NULL, NULL}},
        {{"modules", "a a a a a a a a a a a a a a a a a"}, {NULL, NULL}},
        {{"pins", "a"}, {NULL, NULL}}};

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        CU_ASSERT_FALSE(read_conf(bad[i]));
        CU_ASSERT_EQUAL(fake_core_errors(), 1);
        CU_ASSERT_EQUAL(fake_core_reason(), CKR_ARGUMENTS_BAD);
        CU_ASSERT_PTR_NOT_NULL(strstr(fake_core_text(), bad[i][0].name));
    }
}

UNIT_MAIN("provider/config",
          UNIT(nothing_configured_means_the_registered_modules),
          UNIT(our_own_names_are_read),
          UNIT(our_names_stand_before_those_of_others),
          UNIT(all_names_of_pkcs11_provider_are_taken),
          UNIT(names_of_libp11_and_its_environment_are_taken),
          UNIT(modules_and_pins_are_listed_by_name),
          UNIT(a_bad_value_is_one_error_that_names_the_setting))
