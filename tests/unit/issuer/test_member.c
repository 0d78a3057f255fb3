/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/member.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stores.h"
#include "unit.h"

static void a_member_s_file_has_a_name_that_is_one(void)
{
    static const char *const bad[] = {"",   "..", "a/b",  "-x",  "a*b",
                                      "x ", ".h", "a\nb", "a:b", "a\\b"};
    char path[ISS_PATH_MAX];

    CU_ASSERT_TRUE(iss_member_path("store", "rms2.example", path));
    CU_ASSERT_STRING_EQUAL(path, "store/member-rms2.example.conf");
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        CU_ASSERT_FALSE(iss_member_path("store", bad[i], path));
}

static struct iss *handle(const char *member, const char *token)
{
    struct iss *iss = calloc(1, sizeof(*iss));

    CU_ASSERT_PTR_NOT_NULL_FATAL(iss);
    (void)snprintf(iss->member, sizeof(iss->member), "%s", member);
    (void)snprintf(iss->conf.token_uri, sizeof(iss->conf.token_uri), "%s",
                   token);
    return iss;
}

/* RFC 7512: path attributes by ";", then "?" and query attributes. */
static void a_key_is_looked_for_in_the_members_own_token(void)
{
    static const char key[] =
        "pkcs11:token=one;object=RMS01%20licensor;id=%01%02;type=private"
        "?module-name=x";
    static const struct {
        const char *member, *token, *uri;
    } cases[] = {
        {"", "pkcs11:token=two", key},
        {"b", "", key},
        {"b", "pkcs11:token=two",
         "pkcs11:token=two;object=RMS01%20licensor;id=%01%02;type=private"},
        {"b", "pkcs11:serial=9;token=two?module-path=/m.so",
         "pkcs11:serial=9;token=two;object=RMS01%20licensor;id=%01%02;"
         "type=private?module-path=/m.so"},
    };
    char uri[ISS_URI_MAX];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct iss *iss = handle(cases[i].member, cases[i].token);

        CU_ASSERT_EQUAL(iss_member_uri(iss, key, uri, NULL), ISS_OK);
        CU_ASSERT_STRING_EQUAL(uri, cases[i].uri);
        free(iss);
    }
}

static void a_uri_that_does_not_fit_is_refused(void)
{
    char token[ISS_URI_MAX];
    char uri[ISS_URI_MAX];

    memset(token, 'x', sizeof(token));
    memcpy(token, "pkcs11:", 7);
    token[sizeof(token) - 1] = '\0';
    struct iss *iss = handle("b", token);
    CU_ASSERT_EQUAL(iss_member_uri(iss, "pkcs11:token=a;object=k", uri, NULL),
                    ISS_USAGE);
    free(iss);
}

static void a_member_s_token_is_laid_over_the_cluster_s(void)
{
    static const char good[] = "[token]\nuri = pkcs11:token=two\n"
                               "pin_source = file:pin2\n";
    static const char other[] = "[validity]\nslc = 2y\n";
    struct stores stores;
    char path[ISS_PATH_MAX];
    char pin[ISS_PATH_MAX + 16];
    struct iss_conf conf = {
        .module = "/m.so", .token_uri = "pkcs11:token=one", .slc_years = 3};

    stores_bare(&stores);
    CU_ASSERT_EQUAL(iss_conf_member(stores.dir, "b", &conf, NULL), ISS_OK);
    CU_ASSERT_STRING_EQUAL(conf.token_uri, "pkcs11:token=one");
    CU_ASSERT_TRUE(iss_member_path(stores.dir, "b", path));
    CU_ASSERT_EQUAL(iss_publish(path, good, sizeof(good) - 1, 0, NULL), ISS_OK);
    CU_ASSERT_EQUAL(iss_conf_member(stores.dir, "b", &conf, NULL), ISS_OK);
    CU_ASSERT_STRING_EQUAL(conf.token_uri, "pkcs11:token=two");
    CU_ASSERT_STRING_EQUAL(conf.module, "/m.so");
    (void)snprintf(pin, sizeof(pin), "file:%s/pin2", stores.dir);
    CU_ASSERT_STRING_EQUAL(conf.pin_source, pin);
    CU_ASSERT_EQUAL(conf.slc_years, 3);
    CU_ASSERT_EQUAL(unlink(path), 0);
    CU_ASSERT_EQUAL(iss_publish(path, other, sizeof(other) - 1, 0, NULL),
                    ISS_OK);
    CU_ASSERT_EQUAL(iss_conf_member(stores.dir, "b", &conf, NULL), ISS_USAGE);
    stores_free(&stores);
}

static void only_members_open_a_store_as_members(void)
{
    struct stores stores;
    struct iss *store = NULL;

    stores_new(&stores);
    stores.env.member = "nobody";
    CU_ASSERT_EQUAL(iss_open(&stores.env, stores.root, 0, &store, NULL),
                    ISS_USAGE);
    stores.env.member = "host1";
    stores_close(&stores, stores_open(&stores, stores.root));
    stores_free(&stores);
}

UNIT_MAIN("member", UNIT(a_member_s_file_has_a_name_that_is_one),
          UNIT(a_key_is_looked_for_in_the_members_own_token),
          UNIT(a_uri_that_does_not_fit_is_refused),
          UNIT(a_member_s_token_is_laid_over_the_cluster_s),
          UNIT(only_members_open_a_store_as_members))
