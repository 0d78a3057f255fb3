/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/key.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stores.h"
#include "unit.h"

static void a_uri_names_the_key_and_keeps_the_query(void)
{
    static const uint8_t id[ISS_ID_SIZE] = {0x00, 0x7f, 0xff, 'A'};
    const struct iss_keygen keygen = {.token_uri =
                                          "pkcs11:token=a%20b?module-name=x",
                                      .label = "Example EA;audit/\xc3\xa4",
                                      .id = id};
    char uri[ISS_URI_MAX];
    char shortened[ISS_URI_MAX];

    CU_ASSERT_TRUE(iss_key_uri(&keygen, ";type=private", uri));
    CU_ASSERT_STRING_EQUAL(
        uri, "pkcs11:token=a%20b;object=Example%20EA%3Baudit%2F%C3%A4;id="
             "%00%7F%FF%41%00%00%00%00%00%00%00%00%00%00%00%00;type=private"
             "?module-name=x");
    char *longer = malloc(ISS_URI_MAX);
    CU_ASSERT_PTR_NOT_NULL_FATAL(longer);
    memset(longer, 'x', ISS_URI_MAX - 1);
    longer[ISS_URI_MAX - 1] = '\0';
    const struct iss_keygen large = {
        .token_uri = longer, .label = "l", .id = id};
    CU_ASSERT_FALSE(iss_key_uri(&large, "", shortened));
    free(longer);
}

static void a_key_that_is_not_there_is_named(void)
{
    const struct iss_env env = {0};
    struct iss_error error = {0};
    EVP_PKEY *key = NULL;

    CU_ASSERT_EQUAL(iss_key_open(&env, "file:/no/such.pem", &key, &error),
                    ISS_TOKEN);
    CU_ASSERT_PTR_NULL(key);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "file:/no/such.pem"));
}

static void what_is_signed_verifies_and_nothing_else(void)
{
    struct stores stores;
    struct enroll_key key;
    struct enroll_key other;
    EVP_PKEY *pair = NULL;
    uint8_t sig[XRML_MODULUS_MAX];
    size_t len = 0;
    static const uint8_t text[] = "text";

    stores_new(&stores);
    struct iss *store = stores_open(&stores, stores.root);
    CU_ASSERT_EQUAL(
        iss_handle_key(store, ISS_KEY_LICENSOR, &pair, &key, &stores.error),
        ISS_OK);
    CU_ASSERT_EQUAL(iss_handle_public(store, ISS_KEY_AUDIT, &other, NULL),
                    ISS_OK);
    CU_ASSERT_EQUAL(iss_key_sign(&stores.env, pair, text, 4, sig, &len, NULL),
                    ISS_OK);
    CU_ASSERT_TRUE(iss_key_verify(NULL, &key, text, 4, sig, len));
    CU_ASSERT_FALSE(iss_key_verify(NULL, &other, text, 4, sig, len));
    CU_ASSERT_FALSE(iss_key_verify(NULL, &key, text, 3, sig, len));
    CU_ASSERT_FALSE(iss_key_verify(NULL, &key, text, 4, sig, len - 1));
    sig[9] ^= 1;
    CU_ASSERT_FALSE(iss_key_verify(NULL, &key, text, 4, sig, len));
    CU_ASSERT_EQUAL(iss_key_unseals(&stores.env, pair, NULL), ISS_OK);
    stores_close(&stores, store);
    stores_free(&stores);
}

/* DER as libcrypto writes it is taken; any other octets are not. */
static void one_encoding_of_a_key_only(void)
{
    struct stores stores;
    struct enroll_key key;
    struct enroll_key again;
    EVP_PKEY *pair = NULL;
    uint8_t *der = NULL;

    stores_new(&stores);
    struct iss *store = stores_open(&stores, stores.root);
    CU_ASSERT_EQUAL(iss_handle_key(store, ISS_KEY_LICENSOR, &pair, &key, NULL),
                    ISS_OK);
    int len = i2d_PUBKEY(pair, &der);
    CU_ASSERT_TRUE_FATAL(len > 0);
    CU_ASSERT_TRUE(iss_key_from_spki(der, (size_t)len, &again));
    CU_ASSERT_TRUE(iss_key_same(&key, &again));
    CU_ASSERT_FALSE(iss_key_from_spki(der, (size_t)len - 1, &again));
    unsigned same = 0;
    for (int i = 0; i < len; i++) {
        der[i] ^= 1;
        same += iss_key_from_spki(der, (size_t)len, &again) &&
                iss_key_same(&key, &again);
        der[i] ^= 1;
    }
    CU_ASSERT_EQUAL(same, 0);
    OPENSSL_free(der);
    stores_close(&stores, store);
    stores_free(&stores);
}

static void a_key_that_is_not_the_stores_is_not_used(void)
{
    struct stores stores;
    struct iss_key_row esc;
    struct iss_key_row eca;
    struct enroll_key key;
    EVP_PKEY *pair = NULL;
    size_t len = 0;

    stores_new(&stores);
    struct iss *store = stores_open(&stores, stores.authority);
    CU_ASSERT_EQUAL(iss_store_key_get(store->db, "esc", &esc, NULL), ISS_OK);
    CU_ASSERT_EQUAL(iss_store_key_get(store->db, "eca", &eca, NULL), ISS_OK);
    char *text = unit_read_file(eca.uri + strlen("file:"), &len);
    CU_ASSERT_EQUAL(iss_publish(esc.uri + strlen("file:"), text, len,
                                ISS_PUBLISH_FORCE, NULL),
                    ISS_OK);
    CU_ASSERT_EQUAL(
        iss_handle_key(store, ISS_KEY_ESC, &pair, &key, &stores.error),
        ISS_CONFLICT);
    CU_ASSERT_PTR_NULL(pair);
    free(text);
    iss_key_row_clear(&esc);
    iss_key_row_clear(&eca);
    iss_free(store);
    stores_free(&stores);
}

UNIT_MAIN("key", UNIT(a_uri_names_the_key_and_keeps_the_query),
          UNIT(a_key_that_is_not_there_is_named),
          UNIT(what_is_signed_verifies_and_nothing_else),
          UNIT(one_encoding_of_a_key_only),
          UNIT(a_key_that_is_not_the_stores_is_not_used))
