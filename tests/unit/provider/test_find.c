/* SPDX-License-Identifier: Apache-2.0 */
/* What a program asks a store for, as a token understands it. */
#include "find.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>

#include "fake_core.h"
#include "prov.h"
#include "unit.h"

static const struct fake_setting none[] = {{NULL, NULL}};

/* Serial numbers are the DER of an INTEGER (X.690, 8.3). */
static void serial_numbers_become_der(void)
{
    static const struct {
        const char *number, *der;
    } rows[] = {
        {"0", "020100"},
        {"1", "020101"},
        {"7f", "02017f"},
        {"80", "02020080"},
        {"80ff", "02030080ff"},
        {"7fffffffffffffffffffffff01", "020d7fffffffffffffffffffffff01"}};
    struct prov prov = {.trace = {.fd = -1}};

    fake_core(&prov.core, none);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct prov_find find = {0};
        struct p11_match match;
        uint8_t expected[32], native[32] = {0};
        size_t len = unit_hex(rows[i].der, expected, sizeof(expected));
        BIGNUM *number = NULL;

        CU_ASSERT_TRUE(BN_hex2bn(&number, rows[i].number) > 0);
        CU_ASSERT_TRUE(BN_bn2nativepad(number, native, sizeof(native)) > 0);
        const OSSL_PARAM params[] = {
            OSSL_PARAM_construct_BN(OSSL_STORE_PARAM_SERIAL, native,
                                    sizeof(native)),
            OSSL_PARAM_END};
        CU_ASSERT_EQUAL(prov_find_set(&find, &prov, params), 1);
        CU_ASSERT_TRUE(prov_find_match(&find, &match));
        CU_ASSERT_EQUAL_FATAL(match.serial_len, len);
        CU_ASSERT_EQUAL(memcmp(match.serial, expected, len), 0);
        CU_ASSERT_PTR_NULL(match.issuer);
        prov_find_clear(&find);
        BN_free(number);
    }
}

static void names_and_labels_are_passed_on(void)
{
    char alias[] = "web server", name[] = "\x30\x00";
    struct prov prov = {.trace = {.fd = -1}};
    struct prov_find find = {0};
    struct p11_match match;
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_STORE_PARAM_ALIAS, alias, 0),
        OSSL_PARAM_construct_octet_string(OSSL_STORE_PARAM_SUBJECT, name, 2),
        OSSL_PARAM_construct_octet_string(OSSL_STORE_PARAM_ISSUER, name, 2),
        OSSL_PARAM_END};

    fake_core(&prov.core, none);
    CU_ASSERT_FALSE(prov_find_match(&find, &match));
    for (int twice = 0; twice < 2; twice++) {
        CU_ASSERT_EQUAL(prov_find_set(&find, &prov, params), 1);
        CU_ASSERT_TRUE(prov_find_match(&find, &match));
        CU_ASSERT_STRING_EQUAL(match.label, "web server");
        CU_ASSERT_EQUAL(match.subject_len, 2);
        CU_ASSERT_EQUAL(match.issuer_len, 2);
    }
    prov_find_clear(&find);
    CU_ASSERT_FALSE(prov_find_match(&find, &match));
}

static void what_is_not_understood_is_one_error(void)
{
    char text[] = "no digest of this name", empty[] = "";
    const OSSL_PARAM bad[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_STORE_PARAM_DIGEST, text, 0),
        OSSL_PARAM_construct_utf8_string(OSSL_STORE_PARAM_SERIAL, text, 0),
        OSSL_PARAM_construct_utf8_string(OSSL_STORE_PARAM_SUBJECT, text, 0),
        OSSL_PARAM_construct_octet_string(OSSL_STORE_PARAM_ISSUER, empty, 0),
        OSSL_PARAM_construct_octet_string(OSSL_STORE_PARAM_FINGERPRINT, NULL,
                                          0),
        OSSL_PARAM_construct_octet_string(OSSL_STORE_PARAM_ALIAS, text, 2)};
    struct prov prov = {.trace = {.fd = -1}};

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct prov_find find = {0};
        const OSSL_PARAM params[] = {bad[i], OSSL_PARAM_END};

        fake_core(&prov.core, none);
        CU_ASSERT_EQUAL(prov_find_set(&find, &prov, params), 0);
        CU_ASSERT_EQUAL(fake_core_errors(), 1);
        CU_ASSERT_EQUAL(fake_core_reason(), CKR_ARGUMENTS_BAD);
        CU_ASSERT_PTR_NOT_NULL(strstr(fake_core_text(), bad[i].key));
        prov_find_clear(&find);
    }
}

UNIT_MAIN("provider/find", UNIT(serial_numbers_become_der),
          UNIT(names_and_labels_are_passed_on),
          UNIT(what_is_not_understood_is_one_error))
