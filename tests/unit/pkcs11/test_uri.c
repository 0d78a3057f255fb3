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
    bool match;

    CU_ASSERT_PTR_NOT_NULL_FATAL(uri);
    match = !p11_uri_unknown(uri) && p11_uri_matches_token(uri, 7, info);
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

static void a_bad_escape_is_refused_with_its_place(void)
{
    static const struct {
        const char *uri, *place;
    } rows[] = {{"pkcs11:token=%", "octet 14,"},
                {"pkcs11:token=%4", "octet 14,"},
                {"pkcs11:token=%zz", "octet 14,"},
                {"pkcs11:token=%41%4;id=%01", "octet 17,"},
                {"pkcs11: token = a%2", "octet 18,"},
                {"pkcs11:?pin-value=1%g1", "octet 20,"}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct p11_uri *uri = NULL;
        struct p11_diag diag = {""};

        CU_ASSERT_EQUAL(p11_uri_parse(rows[i].uri, &uri, &diag),
                        P11R_URI_INVALID);
        CU_ASSERT_PTR_NOT_NULL(strstr(diag.text, rows[i].place));
        CU_ASSERT_PTR_NULL(uri);
    }
}

static void what_says_too_much_or_nothing_is_refused_by_name(void)
{
    static const struct {
        const char *uri, *name;
    } rows[] = {{"pkcs11:token=a;token=a", "token"},
                {"pkcs11:id=%01;object=a;id=%02", "id"},
                {"pkcs11:pin-value=1234?pin-value=1234", "pin-value"},
                {"pkcs11:?module-name=a&module-name=b", "module-name"},
                {"pkcs11:slot-id=", "slot-id"},
                {"pkcs11:slot-id=-1", "slot-id"},
                {"pkcs11:slot-id=18446744073709551615", "slot-id"},
                {"pkcs11:slot-id=99999999999999999999999", "slot-id"},
                {"pkcs11:?pin-value=12%0034", "pin-value"},
                {"pkcs11:?module-path=/a%00b", "module-path"},
                {"pkcs11:library-version=1.2.3", "version"},
                {"pkcs11:token", "without name"},
                {"pkcs11:=a", "without name"},
                {"pkcs11:?pin-value", "without name"}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct p11_uri *uri = NULL;
        struct p11_diag diag = {""};

        CU_ASSERT_EQUAL(p11_uri_parse(rows[i].uri, &uri, &diag),
                        P11R_URI_INVALID);
        CU_ASSERT_PTR_NOT_NULL(strstr(diag.text, rows[i].name));
        CU_ASSERT_PTR_NULL(strstr(diag.text, "34"));
        p11_uri_free(uri);
    }
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

static void an_unknown_attribute_matches_nothing_and_is_named(void)
{
    static const struct {
        const char *uri, *name;
    } rows[] = {{"pkcs11:token=a;bogus=1", "bogus"},
                {"pkcs11:TOKEN=a", "TOKEN"},
                {"pkcs11:x-vendor=1;y=2", "x-vendor"},
                {"pkcs11:token=a;type=unheard-of", "type"},
                {"pkcs11:token=a;type=", "type"},
                {"pkcs11:token=a?x-vendor=1", "x-vendor"},
                {"pkcs11:?token=a", "token"},
                {"pkcs11:token=a;module-name=b", "module-name"},
                {"pkcs11:object-type=cert", "object-type"},
                {"pkcs11:token=0123456789012345678901234567890123", "long"}};
    const CK_TOKEN_INFO info = token("a", "1");

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct p11_uri *uri = parse(rows[i].uri);

        CU_ASSERT_PTR_NOT_NULL_FATAL(uri);
        CU_ASSERT_PTR_NOT_NULL_FATAL(p11_uri_unknown(uri));
        CU_ASSERT_PTR_NOT_NULL(strstr(p11_uri_unknown(uri), rows[i].name));
        p11_uri_free(uri);
        CU_ASSERT_FALSE(matches(rows[i].uri, &info));
    }
    CU_ASSERT_TRUE(matches("pkcs11:token=a", &info));
}

/* RFC 7512, section 2.3, with values that a token, slot and library have. */
static void every_attribute_of_a_place_is_matched(void)
{
    static const struct {
        const char *right, *wrong;
    } rows[] = {
        {"pkcs11:token=tok", "pkcs11:token=toc"},
        {"pkcs11:manufacturer=Snake%20Oil,%20Inc.",
         "pkcs11:manufacturer=Snake%20Oil"},
        {"pkcs11:model=1.0", "pkcs11:model=1"},
        {"pkcs11:serial=42", "pkcs11:serial=4"},
        {"pkcs11:slot-id=7", "pkcs11:slot-id=70"},
        {"pkcs11:slot-description=reader%201", "pkcs11:slot-description=r"},
        {"pkcs11:slot-manufacturer=Maker", "pkcs11:slot-manufacturer=maker"},
        {"pkcs11:library-description=Soft%20Token%20Library",
         "pkcs11:library-description=Soft"},
        {"pkcs11:library-manufacturer=Libs", "pkcs11:library-manufacturer=L"},
        {"pkcs11:library-version=3.11", "pkcs11:library-version=3.1"}};
    CK_TOKEN_INFO info = token("tok", "42");
    CK_SLOT_INFO slot;
    CK_INFO library;

    memset(&slot, ' ', sizeof(slot));
    memset(&library, ' ', sizeof(library));
    memcpy(info.manufacturerID, "Snake Oil, Inc.", 15);
    memcpy(info.model, "1.0", 3);
    memcpy(slot.slotDescription, "reader 1", 8);
    memcpy(slot.manufacturerID, "Maker", 5);
    memcpy(library.libraryDescription, "Soft Token Library", 18);
    memcpy(library.manufacturerID, "Libs", 4);
    library.libraryVersion = (CK_VERSION){3, 11};
    for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
        const char *text = i % 2 == 0 ? rows[i / 2].right : rows[i / 2].wrong;
        struct p11_uri *uri = parse(text);

        CU_ASSERT_PTR_NOT_NULL_FATAL(uri);
        CU_ASSERT_EQUAL(p11_uri_matches_library(uri, &library) &&
                            p11_uri_matches_slot(uri, &slot) &&
                            p11_uri_matches_token(uri, 7, &info),
                        i % 2 == 0);
        CU_ASSERT_TRUE(p11_uri_narrows(uri));
        p11_uri_free(uri);
    }
}

static void every_type_is_a_class(void)
{
    static const struct {
        const char *uri;
        unsigned class;
    } rows[] = {{"pkcs11:type=cert", P11_CERTIFICATE},
                {"pkcs11:type=data", P11_DATA},
                {"pkcs11:type=private", P11_PRIVATE_KEY},
                {"pkcs11:type=public", P11_PUBLIC_KEY},
                {"pkcs11:type=secret-key", P11_SECRET_KEY},
                {"pkcs11:object=a", 0}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct p11_uri *uri = parse(rows[i].uri);

        CU_ASSERT_PTR_NOT_NULL_FATAL(uri);
        CU_ASSERT_EQUAL(p11_uri_class(uri), rows[i].class);
        CU_ASSERT_PTR_NULL(p11_uri_unknown(uri));
        p11_uri_free(uri);
    }
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
                {"pkcs11:slot-description=", true},
                {"pkcs11:token=", true},
                {"pkcs11:library-version=0.0", true},
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
        {"pkcs11:token=a;pinfile=1234?module-name=b",
         "pkcs11:token=a?module-name=b"},
        {"pkcs11:?module-path=/a&pin-value=1234&module-name=b",
         "pkcs11:?module-path=/a&module-name=b"},
        {"pkcs11:token=a;pin=1234;id=%01?pin-value=1&pin-valeu=1234",
         "pkcs11:token=a;id=%01"}};

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

static void what_a_uri_says_is_told_without_a_token(void)
{
    static const struct {
        const char *uri;
        CK_RV rv;
        unsigned classes;
        bool object;
    } rows[] = {{"pkcs11:", CKR_OK, 0, false},
                {"pkcs11:token=a;slot-id=1?module-name=x", CKR_OK, 0, false},
                {"PKCS11:object=k", CKR_OK, 0, true},
                {"pkcs11:id=%01;type=private", CKR_OK, P11_PRIVATE_KEY, true},
                {"pkcs11:type=cert", CKR_OK, P11_CERTIFICATE, false},
                {"pkcs11:token=%zz", P11R_URI_INVALID, 0, false},
                {"file:/etc/passwd", P11R_URI_INVALID, 0, false}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct p11_uri_says says;
        struct p11_diag diag = {""};

        CU_ASSERT_EQUAL(p11_uri_check(rows[i].uri, &says, &diag), rows[i].rv);
        CU_ASSERT_EQUAL(says.classes, rows[i].classes);
        CU_ASSERT_EQUAL(says.object, rows[i].object);
        CU_ASSERT_EQUAL(diag.text[0] != '\0', rows[i].rv != CKR_OK);
    }
}

UNIT_MAIN("uri", UNIT(the_scheme_is_compared_without_case),
          UNIT(a_bad_escape_is_refused_with_its_place),
          UNIT(what_says_too_much_or_nothing_is_refused_by_name),
          UNIT(token_and_slot_attributes_must_all_match),
          UNIT(an_unknown_attribute_matches_nothing_and_is_named),
          UNIT(every_attribute_of_a_place_is_matched),
          UNIT(every_type_is_a_class), UNIT(modules_match_by_path_and_by_name),
          UNIT(only_some_uris_narrow_the_tokens),
          UNIT(pins_and_classes_are_read), UNIT(no_text_of_a_uri_tells_its_pin),
          UNIT(an_objects_uri_says_token_serial_name_id_and_type),
          UNIT(what_a_uri_says_is_told_without_a_token))
