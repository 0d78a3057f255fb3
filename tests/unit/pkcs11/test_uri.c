/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 7512 URIs: parsing, matching, building. */
#include "pkcs11/uri.h"

#include "unit.h"

#include <stdlib.h>
#include <string.h>

static struct p11_uri *parse(const char *text)
{
    struct p11_uri *uri = NULL;
    struct p11_diag diag = {""};

    if (p11_uri_parse(text, &uri, &diag) != CKR_OK) {
        CU_ASSERT_STRING_NOT_EQUAL(diag.text, "");
        return NULL;
    }
    return uri;
}

static CK_TOKEN_INFO token(const char *label, const char *serial)
{
    CK_TOKEN_INFO info;

    memset(&info, ' ', sizeof(info));
    memcpy(info.label, label, strlen(label));
    memcpy(info.serialNumber, serial, strlen(serial));
    return info;
}

static bool matches(const char *text, const CK_TOKEN_INFO *info)
{
    struct p11_uri *uri = parse(text);
    CK_SLOT_INFO slot;
    bool match;

    CU_ASSERT_PTR_NOT_NULL_FATAL(uri);
    memset(&slot, ' ', sizeof(slot));
    match = !p11_uri_unknown(uri) && p11_uri_matches_token(uri, 7, &slot, info);
    p11_uri_free(uri);
    return match;
}

static void the_scheme_is_compared_without_case(void)
{
    static const char *const good[] = {"pkcs11:", "PKCS11:token=a",
                                       "PkCs11:token=a"};
    static const char *const bad[] = {"", "pkcs11", "file:token=a",
                                      " pkcs11:token=a"};

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct p11_uri *uri = parse(good[i]);

        CU_ASSERT_PTR_NOT_NULL(uri);
        p11_uri_free(uri);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        CU_ASSERT_PTR_NULL(parse(bad[i]));
}

static void malformed_escapes_are_refused(void)
{
    CU_ASSERT_PTR_NULL(parse("pkcs11:token=%"));
    CU_ASSERT_PTR_NULL(parse("pkcs11:token=%4"));
    CU_ASSERT_PTR_NULL(parse("pkcs11:token=%zz"));
}

static void token_and_slot_attributes_must_all_match(void)
{
    const CK_TOKEN_INFO info = token("My token", "0123");

    CU_ASSERT_TRUE(matches("pkcs11:", &info));
    CU_ASSERT_TRUE(matches("pkcs11:token=My%20token", &info));
    CU_ASSERT_TRUE(matches("pkcs11:token=My%20token;serial=0123", &info));
    CU_ASSERT_FALSE(matches("pkcs11:token=My%20token;serial=0124", &info));
    CU_ASSERT_FALSE(matches("pkcs11:token=my%20token", &info));
    CU_ASSERT_TRUE(matches("pkcs11:slot-id=7", &info));
    CU_ASSERT_FALSE(matches("pkcs11:slot-id=8", &info));
}

static void an_unknown_attribute_matches_nothing(void)
{
    const CK_TOKEN_INFO info = token("a", "1");

    CU_ASSERT_FALSE(matches("pkcs11:token=a;bogus=1", &info));
    CU_ASSERT_FALSE(matches("pkcs11:TOKEN=a", &info));
    CU_ASSERT_FALSE(matches("pkcs11:token=a;type=unheard-of", &info));
}

static void modules_match_by_path_and_by_name(void)
{
    static const struct {
        const char *uri;
        bool match;
    } rows[] = {{"pkcs11:", true},
                {"pkcs11:?module-path=/usr/lib/libsofthsm2.so", true},
                {"pkcs11:?module-path=/usr/lib/other.so", false},
                {"pkcs11:?module-name=softhsm2", true},
                {"pkcs11:?module-name=softhsm", false},
                {"pkcs11:?module-name=mine", true}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct p11_uri *uri = parse(rows[i].uri);

        CU_ASSERT_PTR_NOT_NULL_FATAL(uri);
        CU_ASSERT_EQUAL(
            p11_uri_matches_file(uri, "/usr/lib/libsofthsm2.so", "mine"),
            rows[i].match);
        p11_uri_free(uri);
    }
}

static void only_some_uris_narrow_the_tokens(void)
{
    static const struct {
        const char *uri;
        bool narrows;
    } rows[] = {{"pkcs11:object=a;type=private", false},
                {"pkcs11:?pin-value=1", false},
                {"pkcs11:token=a", true},
                {"pkcs11:slot-id=1", true},
                {"pkcs11:slot-description=a", true},
                {"pkcs11:library-manufacturer=a", true},
                {"pkcs11:?module-name=a", true}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct p11_uri *uri = parse(rows[i].uri);

        CU_ASSERT_PTR_NOT_NULL_FATAL(uri);
        CU_ASSERT_EQUAL(p11_uri_narrows(uri), rows[i].narrows);
        p11_uri_free(uri);
    }
}

static void pins_and_classes_are_read(void)
{
    struct p11_uri *uri =
        parse("pkcs11:object=k;type=cert?pin-value=12%2034&pin-source=file:/a");

    CU_ASSERT_PTR_NOT_NULL_FATAL(uri);
    CU_ASSERT_STRING_EQUAL(p11_uri_pin_value(uri), "12 34");
    CU_ASSERT_STRING_EQUAL(p11_uri_pin_source(uri), "file:/a");
    CU_ASSERT_EQUAL(p11_uri_class(uri), P11_CERTIFICATE);
    CU_ASSERT_PTR_NULL(strstr(p11_uri_key(uri), "34"));
    p11_uri_free(uri);
}

static void no_text_of_a_uri_tells_its_pin(void)
{
    static const struct {
        const char *uri, *key;
    } rows[] = {
        {"pkcs11:token=a?pin-value=1234", "pkcs11:token=a"},
        {"pkcs11:token=a;pin-value=1234", "pkcs11:token=a"},
        {"pkcs11:pin-value=1234;token=a", "pkcs11:token=a"},
        {"pkcs11:token=a;pin-value=1234;id=%01", "pkcs11:token=a;id=%01"},
        {"pkcs11:token=a;pin -val\nue=1234", "pkcs11:token=a"},
        {"PKCS11:pin-source=1234", "pkcs11:"},
        {"pkcs11:token=a;pinfile=1234?module-name=b", "pkcs11:token=a"}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct p11_uri *uri = parse(rows[i].uri);

        CU_ASSERT_PTR_NOT_NULL_FATAL(uri);
        CU_ASSERT_STRING_EQUAL(p11_uri_key(uri), rows[i].key);
        CU_ASSERT_TRUE(p11_uri_pin_value(uri) != NULL ||
                       p11_uri_pin_source(uri) != NULL);
        p11_uri_free(uri);
    }
}

static void an_objects_uri_says_token_serial_name_id_and_type(void)
{
    const CK_TOKEN_INFO info = token("My token", "0123");
    uint8_t octets[] = {0x01, 0xff};
    char name[] = "k;1";
    const CK_ATTRIBUTE id = {CKA_ID, octets, 2}, label = {CKA_LABEL, name, 3};
    char *text = p11_uri_of_object(&info, CKO_PRIVATE_KEY, &id, &label);
    struct p11_uri *uri;

    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    CU_ASSERT_STRING_EQUAL(text, "pkcs11:serial=0123;token=My%20token;"
                                 "id=%01%FF;object=k%3B1;type=private");
    uri = parse(text);
    CU_ASSERT_PTR_NOT_NULL_FATAL(uri);
    CU_ASSERT_EQUAL(p11_uri_class(uri), P11_PRIVATE_KEY);
    CU_ASSERT_EQUAL(p11_uri_attr(uri, CKA_ID)->ulValueLen, 2);
    p11_uri_free(uri);
    free(text);
}

UNIT_MAIN("uri", UNIT(the_scheme_is_compared_without_case),
          UNIT(malformed_escapes_are_refused),
          UNIT(token_and_slot_attributes_must_all_match),
          UNIT(an_unknown_attribute_matches_nothing),
          UNIT(modules_match_by_path_and_by_name),
          UNIT(only_some_uris_narrow_the_tokens),
          UNIT(pins_and_classes_are_read), UNIT(no_text_of_a_uri_tells_its_pin),
          UNIT(an_objects_uri_says_token_serial_name_id_and_type))
