/* SPDX-License-Identifier: Apache-2.0 */
/* Hashes against FIPS 180 examples and libcrypto over iconv's UTF-16. */
#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "issuer/xml_text.h"
#include "issuer/xrml_hash.h"
#include "unit.h"

static void published_examples(void)
{
    uint8_t wanted[XRML_HASH_MAX];
    uint8_t hash[XRML_HASH_MAX];

    (void)unit_hex("a9993e364706816aba3e25717850c26c9cd0d89d", wanted, 20);
    CU_ASSERT_TRUE(xrml_hash(XRML_SHA1, "abc", 3, hash));
    CU_ASSERT_EQUAL(memcmp(hash, wanted, 20), 0);
    (void)unit_hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61"
                   "f20015ad",
                   wanted, 32);
    CU_ASSERT_TRUE(xrml_hash(XRML_SHA256, "abc", 3, hash));
    CU_ASSERT_EQUAL(memcmp(hash, wanted, 32), 0);
}

/* Lengths around the pieces in which the text is converted, with characters of
 * one to four octets across their borders. */
static void utf_16_in_pieces_is_utf_16_at_once(void)
{
    static const char *const letters[] = {"a", "\xc3\xa4", "\xe2\x82\xac",
                                          "\xf0\x9f\x98\x80"};

    for (size_t count = 1000; count < 1100; count += 3)
        for (size_t kind = 0; kind < 4; kind++) {
            char text[8192] = "";
            uint8_t units[16384];
            uint8_t ours[XRML_HASH_MAX];
            uint8_t theirs[EVP_MAX_MD_SIZE];
            size_t len = 0;
            for (size_t i = 0; i < count; i++) {
                const char *letter = i % 7 == 0 ? "b" : letters[kind];
                memcpy(text + len, letter, strlen(letter));
                len += strlen(letter);
            }
            size_t octets = xml_utf16le(text, len, units);
            CU_ASSERT_TRUE(xrml_hash_utf16le(XRML_SHA256, text, len, ours));
            CU_ASSERT_EQUAL(
                EVP_Digest(units, octets, theirs, NULL, EVP_sha256(), NULL), 1);
            CU_ASSERT_EQUAL(memcmp(ours, theirs, 32), 0);
        }
}

static void text_that_is_no_utf_8_has_no_hash(void)
{
    uint8_t hash[XRML_HASH_MAX];
    char many[3000];

    CU_ASSERT_FALSE(xrml_hash_utf16le(XRML_SHA1, "a\xff", 2, hash));
    memset(many, 0x80, sizeof(many));
    CU_ASSERT_FALSE(xrml_hash_utf16le(XRML_SHA256, many, sizeof(many), hash));
}

static void *hash_often(void *arg)
{
    uint8_t hash[XRML_HASH_MAX];
    size_t *wrong = arg;

    for (int i = 0; i < 2000; i++)
        *wrong +=
            !xrml_hash_utf16le(XRML_SHA256, "abc", 3, hash) || hash[0] != 0x13;
    return NULL;
}

/* First octet of SHA-256 over "a\0b\0c\0": echo -n abc | iconv ... | sha256sum
 */
static void threads_hash_at_once(void)
{
    pthread_t threads[4];
    size_t wrong[4] = {0};

    for (size_t i = 0; i < 4; i++)
        CU_ASSERT_EQUAL_FATAL(
            pthread_create(&threads[i], NULL, hash_often, &wrong[i]), 0);
    for (size_t i = 0; i < 4; i++) {
        CU_ASSERT_EQUAL(pthread_join(threads[i], NULL), 0);
        CU_ASSERT_EQUAL(wrong[i], 0);
    }
}

UNIT_MAIN("xrml_hash", UNIT(published_examples),
          UNIT(utf_16_in_pieces_is_utf_16_at_once),
          UNIT(text_that_is_no_utf_8_has_no_hash), UNIT(threads_hash_at_once))
