/* SPDX-License-Identifier: Apache-2.0 */
/* Signing and checking, with libcrypto's own verification beside ours. */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "hierarchy.h"
#include "unit.h"

static const char body[] = "<BODY>\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80</BODY>";

static void signature_is_over_utf_16_with_sha_256(void)
{
    static const uint8_t wanted[] = {'<',  0,    'B',  0,    'O',  0,    'D',
                                     0,    'Y',  0,    '>',  0,    0xe4, 0,
                                     0xac, 0x20, 0x3d, 0xd8, 0x00, 0xde};
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    struct iss_error error = {0};
    uint8_t sig[256];
    size_t sig_len = 0;
    uint8_t *octets = NULL;
    size_t len = 0;

    CU_ASSERT_EQUAL(xrml_utf16le(body, strlen(body), &octets, &len, &error),
                    ISS_OK);
    CU_ASSERT_EQUAL(memcmp(octets, wanted, sizeof(wanted)), 0);
    CU_ASSERT_EQUAL(xrml_sign(NULL, hierarchy_key(SLC_KEY), body, strlen(body),
                              sig, &sig_len, &error),
                    ISS_OK);
    CU_ASSERT_EQUAL(sig_len, 256);
    CU_ASSERT_EQUAL(EVP_DigestVerifyInit_ex(ctx, NULL, "SHA256", NULL, NULL,
                                            hierarchy_key(SLC_KEY), NULL),
                    1);
    CU_ASSERT_EQUAL(EVP_DigestVerify(ctx, sig, sig_len, octets, len), 1);
    EVP_MD_CTX_free(ctx);
    free(octets);
}

static void check_accepts_that_signature_and_no_other(void)
{
    const struct xrml_key *key = hierarchy_numbers(SLC_KEY);
    struct iss_error error = {0};
    uint8_t sig[256];
    size_t len = 0;

    CU_ASSERT_EQUAL(xrml_sign(NULL, hierarchy_key(SLC_KEY), body, strlen(body),
                              sig, &len, &error),
                    ISS_OK);
    CU_ASSERT_EQUAL(xrml_check(NULL, key, body, strlen(body), sig, len, &error),
                    ISS_OK);
    CU_ASSERT_EQUAL(xrml_check(NULL, hierarchy_numbers(CA_KEY), body,
                               strlen(body), sig, len, NULL),
                    ISS_SIGNATURE);
    CU_ASSERT_EQUAL(
        xrml_check(NULL, key, body, strlen(body) - 1, sig, len, NULL),
        ISS_SIGNATURE);
    CU_ASSERT_EQUAL(
        xrml_check(NULL, key, body, strlen(body), sig, len - 1, NULL),
        ISS_SIGNATURE);
    CU_ASSERT_EQUAL(xrml_check(NULL, key, body, strlen(body), sig, 0, NULL),
                    ISS_SIGNATURE);
    for (size_t i = 0; i < len; i++) {
        sig[i] ^= 0x10;
        CU_ASSERT_EQUAL(
            xrml_check(NULL, key, body, strlen(body), sig, len, NULL),
            ISS_SIGNATURE);
        sig[i] ^= 0x10;
    }
}

static void values_that_are_no_signature_are_refused(void)
{
    const struct xrml_key *key = hierarchy_numbers(SLC_KEY);
    uint8_t sig[256] = {0};

    CU_ASSERT_EQUAL(xrml_check(NULL, key, body, 5, sig, 256, NULL),
                    ISS_SIGNATURE);
    memcpy(sig, key->modulus, 256); /* not below the modulus */
    CU_ASSERT_EQUAL(xrml_check(NULL, key, body, 5, sig, 256, NULL),
                    ISS_SIGNATURE);
    memset(sig, 0xff, 256);
    CU_ASSERT_EQUAL(xrml_check(NULL, key, body, 5, sig, 256, NULL),
                    ISS_SIGNATURE);
}

static void a_key_that_cannot_sign_is_named(void)
{
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
    struct iss_error error = {0};
    uint8_t sig[256];
    size_t len = 0;

    CU_ASSERT_EQUAL(xrml_sign(NULL, key, body, 5, sig, &len, &error),
                    ISS_TOKEN);
    CU_ASSERT_EQUAL(strncmp(error.text, "signing: ", 9), 0);
    CU_ASSERT_EQUAL(xrml_sign(NULL, key, "\xff", 1, sig, &len, NULL),
                    ISS_MALFORMED);
    EVP_PKEY_free(key);
}

static void an_assembled_document_is_read_back(void)
{
    struct hierarchy_row rows[HIERARCHY_ROWS];
    struct xrml_document *document = NULL;
    struct iss_error error = {0};
    size_t len = 0;

    hierarchy_rows(rows);
    char *text = hierarchy_text(&rows[SLC_ROW]);
    CU_ASSERT_EQUAL_FATAL(
        xrml_parse(text, strlen(text), NULL, &document, &error), ISS_OK);
    CU_ASSERT_STRING_EQUAL(xrml_text(document, &len), text);
    CU_ASSERT_EQUAL(len, strlen(text));
    CU_ASSERT_PTR_NULL(strchr(text, '\n'));
    xrml_document_free(document);
    free(text);
}

UNIT_MAIN("xrml_sign", UNIT(signature_is_over_utf_16_with_sha_256),
          UNIT(check_accepts_that_signature_and_no_other),
          UNIT(values_that_are_no_signature_are_refused),
          UNIT(a_key_that_cannot_sign_is_named),
          UNIT(an_assembled_document_is_read_back))
