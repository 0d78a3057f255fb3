/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 against RFC 4648 10 and libcrypto. */
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <string.h>

#include "issuer/xrml_base64.h"
#include "unit.h"

static void vectors_of_rfc_4648(void)
{
    static const struct {
        const char *plain, *text;
    } rows[] = {{"", ""},
                {"f", "Zg=="},
                {"fo", "Zm8="},
                {"foo", "Zm9v"},
                {"foob", "Zm9vYg=="},
                {"fooba", "Zm9vYmE="},
                {"foobar", "Zm9vYmFy"}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t out[16] = {0};
        char text[16];
        size_t len = strlen(rows[i].plain);
        CU_ASSERT_EQUAL(
            xrml_base64_encode((const uint8_t *)rows[i].plain, len, text),
            strlen(rows[i].text));
        CU_ASSERT_STRING_EQUAL(text, rows[i].text);
        CU_ASSERT_EQUAL(xrml_base64_decode(text, strlen(text), out, 16), len);
        CU_ASSERT_EQUAL(memcmp(out, rows[i].plain, len), 0);
    }
}

static void random_octets_as_libcrypto_has_them(void)
{
    uint8_t data[300];
    uint8_t back[300];
    unsigned char theirs[XRML_BASE64_SIZE(300)];
    char ours[XRML_BASE64_SIZE(300)];

    for (size_t len = 1; len <= sizeof(data); len++) {
        CU_ASSERT_EQUAL_FATAL(RAND_bytes(data, (int)len), 1);
        (void)EVP_EncodeBlock(theirs, data, (int)len);
        size_t chars = xrml_base64_encode(data, len, ours);
        CU_ASSERT_STRING_EQUAL(ours, (char *)theirs);
        CU_ASSERT_EQUAL(xrml_base64_decode(ours, chars, back, len), len);
        CU_ASSERT_EQUAL(memcmp(back, data, len), 0);
        CU_ASSERT_EQUAL(xrml_base64_decode(ours, chars, back, len - 1),
                        SIZE_MAX);
    }
}

static void other_forms_are_refused(void)
{
    static const char *const texts[] = {
        "Z",     "Zg",   "Zg=",  "Zh==",     "Zm9=",     "====",
        "Zg===", "=Zg=", "Z=g=", "Zm9v=",    "Zm9v ",    " Zm9",
        "Zm\n9", "Zm9-", "Zm9_", "Zg==Zg==", "Zm9v====", "Zm9\xff"};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        uint8_t out[16];
        CU_ASSERT_EQUAL(
            xrml_base64_decode(texts[i], strlen(texts[i]), out, sizeof(out)),
            SIZE_MAX);
    }
}

UNIT_MAIN("xrml_base64", UNIT(vectors_of_rfc_4648),
          UNIT(random_octets_as_libcrypto_has_them),
          UNIT(other_forms_are_refused))
