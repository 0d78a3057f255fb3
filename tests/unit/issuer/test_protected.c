/* SPDX-License-Identifier: Apache-2.0 */
/* Protected files: octet for octet what another implementation writes
 * (tests/check/check_protected.py), and nothing but that is opened. */
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "issuer/protected.h"
#include "unit.h"

enum { CONTENT_MAX = 200000, WHOLE_MAX = CONTENT_MAX + 4096, HEAD = 52 + 7 };

static const char chain[] = "<XrML/>";
static uint8_t content[CONTENT_MAX];
static uint8_t key[PROTECTED_KEY_SIZE];
static uint8_t salt[PROTECTED_SALT_SIZE];

static void prepare(void)
{
    for (size_t i = 0; i < CONTENT_MAX; i++)
        content[i] = (uint8_t)(i * 7 + i / 251);
    for (size_t i = 0; i < sizeof(key); i++) {
        key[i] = (uint8_t)(i + 1);
        salt[i] = (uint8_t)(i + 100);
    }
}

struct tape { /* octets in, octets out, in steps of a size */
    const uint8_t *in;
    size_t in_len, at, step;
    uint8_t *out;
    size_t out_len;
    size_t room; /* what may still be written */
};

static enum iss_status tape_read(void *arg, uint8_t *octets, size_t size,
                                 size_t *got, struct iss_error *error)
{
    struct tape *tape = arg;
    size_t left = tape->in_len - tape->at;

    (void)error;
    *got = size < left ? size : left;
    if (*got > tape->step)
        *got = tape->step;
    memcpy(octets, tape->in + tape->at, *got);
    tape->at += *got;
    return ISS_OK;
}

static enum iss_status tape_write(void *arg, const uint8_t *octets, size_t len,
                                  struct iss_error *error)
{
    struct tape *tape = arg;

    if (len > tape->room)
        return iss_fail(error, ISS_STORE, "the tape is full");
    memcpy(tape->out + tape->out_len, octets, len);
    tape->out_len += len;
    tape->room -= len;
    return ISS_OK;
}

static struct protected_io io_of(struct tape *tape, const uint8_t *in,
                                 size_t in_len)
{
    tape->in = in;
    tape->in_len = in_len;
    tape->at = 0;
    tape->step = 4093;
    tape->out = malloc(WHOLE_MAX);
    CU_ASSERT_PTR_NOT_NULL_FATAL(tape->out);
    tape->out_len = 0;
    tape->room = WHOLE_MAX;
    return (struct protected_io){
        .read = tape_read, .write = tape_write, .arg = tape};
}

/* A protected file of the first octets of content; free(). */
static uint8_t *seal(size_t size, const uint8_t *with, size_t *len)
{
    struct tape tape = {0};
    const struct protected_io io = io_of(&tape, content, size);

    CU_ASSERT_EQUAL_FATAL(
        protected_write(NULL, chain, strlen(chain), with, key, &io, NULL),
        ISS_OK);
    *len = tape.out_len;
    return tape.out;
}

static enum iss_status unseal(const uint8_t *whole, size_t len,
                              const uint8_t *with, struct tape *tape)
{
    struct protected_head head;
    const struct protected_io io = io_of(tape, whole, len);
    enum iss_status status = protected_read_head(NULL, &io, &head, NULL);

    if (status == ISS_OK)
        status = protected_read(NULL, &head, with, &io, NULL);
    protected_head_clear(&head);
    return status;
}

/* ---- tests
 */

static void files_are_those_of_the_other_implementation(void)
{
    static const struct {
        size_t size;
        const char *sha256;
    } rows[] = {
        {0, "516d66f392c3c182056df4115a77485ac93b8378a46eed354224860dc9d002b0"},
        {1, "e9dfb7d00629163fc7f16faf07b0e02c7dd4e235cab2a84e3d83ff1f7d6092a0"},
        {16,
         "7f928400121fb3724a2003f8b3a033df8bfd5bd86f62707f6a664e9b837e7228"},
        {65535,
         "bdae30feda74d3a56bd20176152aaa5d839a99c3574da1dbfd193cd2fa92b92e"},
        {65536,
         "5a4f7378ebd6db52da3c3d2e1adc5c6612ab1bf260714fd527fbd7c3fe577955"},
        {65537,
         "cf2a6f552c967d48967d85d427d8eec5672275acc2418e335c4531f422b643fc"},
        {131072,
         "fedc12c7a126c5b58eeb01e4c56d64791fcfbd57400be76b1f16632c5b7d5ef5"},
        {200000,
         "88fcf4c4fc6bee7143cf5d04dab5af062bd26793bb2207f0b52bd29864f942ec"},

    };

    prepare();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t len = 0;
        uint8_t *whole = seal(rows[i].size, salt, &len);
        uint8_t wanted[32];
        uint8_t hash[32];
        struct tape tape = {0};

        CU_ASSERT_EQUAL(unit_hex(rows[i].sha256, wanted, 32), 32);
        CU_ASSERT_EQUAL(EVP_Digest(whole, len, hash, NULL, EVP_sha256(), NULL),
                        1);
        CU_ASSERT_EQUAL(memcmp(hash, wanted, 32), 0);
        CU_ASSERT_EQUAL(unseal(whole, len, key, &tape), ISS_OK);
        CU_ASSERT_EQUAL(tape.out_len, rows[i].size);
        CU_ASSERT_EQUAL(memcmp(tape.out, content, rows[i].size), 0);
        free(tape.out);
        free(whole);
    }
}

static void without_a_salt_no_two_files_are_alike(void)
{
    size_t len = 0;
    size_t again_len = 0;
    struct tape tape = {0};

    prepare();
    uint8_t *whole = seal(100, NULL, &len);
    uint8_t *again = seal(100, NULL, &again_len);
    CU_ASSERT_EQUAL(len, again_len);
    CU_ASSERT_NOT_EQUAL(memcmp(whole + HEAD, again + HEAD, 100), 0);
    CU_ASSERT_EQUAL(unseal(again, again_len, key, &tape), ISS_OK);
    CU_ASSERT_EQUAL(memcmp(tape.out, content, 100), 0);
    free(tape.out);
    free(whole);
    free(again);
}

/* Every octet of a small file, one bit each, and every cut of it. */
static void no_octet_may_change_and_none_be_missing(void)
{
    size_t len = 0;
    size_t opened = 0;

    prepare();
    uint8_t *whole = seal(40, salt, &len);
    for (size_t i = 0; i < len; i++) {
        struct tape tape = {0};

        whole[i] ^= (uint8_t)(1u << i % 8);
        opened += unseal(whole, len, key, &tape) != ISS_MALFORMED;
        free(tape.out);
        whole[i] ^= (uint8_t)(1u << i % 8);
        opened += unseal(whole, i, key, &tape) != ISS_MALFORMED;
        free(tape.out);
    }
    CU_ASSERT_EQUAL(opened, 0);
    free(whole);
}

static void expect_shut(const uint8_t *whole, size_t len)
{
    struct tape tape = {0};

    CU_ASSERT_EQUAL(unseal(whole, len, key, &tape), ISS_MALFORMED);
    free(tape.out);
}

static void chunks_keep_their_order_and_their_end(void)
{
    enum { FULL = PROTECTED_CHUNK + 16, SIZE = 2 * PROTECTED_CHUNK + 100 };
    size_t len = 0;

    prepare();
    uint8_t *whole = seal(SIZE, salt, &len);
    uint8_t *other = malloc(WHOLE_MAX);
    CU_ASSERT_PTR_NOT_NULL_FATAL(other);
    CU_ASSERT_EQUAL_FATAL(len, HEAD + 2 * FULL + 116);

    /* the second before the first */
    memcpy(other, whole, len);
    memcpy(other + HEAD, whole + HEAD + FULL, FULL);
    memcpy(other + HEAD + FULL, whole + HEAD, FULL);
    expect_shut(other, len);
    /* the last left out; the first alone; no chunk */
    expect_shut(whole, HEAD + 2 * FULL);
    expect_shut(whole, HEAD + FULL);
    expect_shut(whole, HEAD);
    /* the second left out */
    memcpy(other, whole, HEAD + FULL);
    memcpy(other + HEAD + FULL, whole + HEAD + 2 * FULL, 116);
    expect_shut(other, HEAD + FULL + 116);
    /* something behind the end: an octet, a tag, the last chunk again */
    memcpy(other, whole, len);
    memset(other + len, 0, 16);
    expect_shut(other, len + 1);
    expect_shut(other, len + 16);
    memcpy(other + len, whole + HEAD + 2 * FULL, 116);
    expect_shut(other, len + 116);
    free(other);
    free(whole);
}

static void the_end_of_a_whole_chunk_is_an_end(void)
{
    size_t len = 0;
    struct tape tape = {0};

    prepare();
    uint8_t *whole = seal(PROTECTED_CHUNK, salt, &len);
    CU_ASSERT_EQUAL(len, HEAD + PROTECTED_CHUNK + 16);
    CU_ASSERT_EQUAL(unseal(whole, len, key, &tape), ISS_OK);
    free(tape.out);
    free(whole);
}

static void another_key_opens_nothing(void)
{
    size_t len = 0;
    uint8_t other[PROTECTED_KEY_SIZE] = {0};
    struct tape tape = {0};

    prepare();
    uint8_t *whole = seal(100, salt, &len);
    CU_ASSERT_EQUAL(unseal(whole, len, other, &tape), ISS_MALFORMED);
    CU_ASSERT_EQUAL(tape.out_len, 0);
    free(tape.out);
    free(whole);
}

static void heads_out_of_bounds_are_told_apart(void)
{
    static const struct {
        size_t at;
        uint8_t octet;
        const char *words;
    } rows[] = {{0, 0x88, "does not begin like one"},
                {9, 2, "version 2"},
                {11, 2, "cipher or chunk size"},
                {15, 1, "cipher or chunk size"},
                {16, 1, "1 to 1048576"},
                {19, 0, "a chain of 0 octets"}};
    size_t len = 0;

    prepare();
    uint8_t *whole = seal(10, salt, &len);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tape tape = {0};
        struct protected_head head;
        struct iss_error error = {.status = ISS_OK};
        const struct protected_io io = io_of(&tape, whole, len);
        uint8_t before = whole[rows[i].at];

        whole[rows[i].at] = rows[i].octet;
        CU_ASSERT_EQUAL(protected_read_head(NULL, &io, &head, &error),
                        ISS_MALFORMED);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.text, rows[i].words));
        CU_ASSERT_PTR_NULL(head.chain);
        whole[rows[i].at] = before;
        free(tape.out);
    }
    free(whole);
}

static void the_chain_comes_out_as_it_went_in(void)
{
    size_t len = 0;
    struct tape tape = {0};
    struct protected_head head;

    prepare();
    uint8_t *whole = seal(0, NULL, &len);
    const struct protected_io io = io_of(&tape, whole, len);
    CU_ASSERT_EQUAL_FATAL(protected_read_head(NULL, &io, &head, NULL), ISS_OK);
    CU_ASSERT_EQUAL(head.chain_len, strlen(chain));
    CU_ASSERT_STRING_EQUAL(head.chain, chain);
    protected_head_clear(&head);
    free(tape.out);
    free(whole);
}

static void what_a_caller_cannot_write_ends_it(void)
{
    struct tape tape = {0};
    struct iss_error error = {.status = ISS_OK};

    prepare();
    const struct protected_io io = io_of(&tape, content, CONTENT_MAX);
    tape.room = PROTECTED_CHUNK;
    CU_ASSERT_EQUAL(
        protected_write(NULL, chain, strlen(chain), NULL, key, &io, &error),
        ISS_STORE);
    CU_ASSERT_STRING_EQUAL(error.text, "the tape is full");
    CU_ASSERT_EQUAL(protected_write(NULL, chain, 0, NULL, key, &io, NULL),
                    ISS_USAGE);
    CU_ASSERT_EQUAL(
        protected_write(NULL, chain, XRML_CHAIN_MAX + 1, NULL, key, &io, NULL),
        ISS_USAGE);
    free(tape.out);
}

UNIT_MAIN("protected", UNIT(files_are_those_of_the_other_implementation),
          UNIT(without_a_salt_no_two_files_are_alike),
          UNIT(no_octet_may_change_and_none_be_missing),
          UNIT(chunks_keep_their_order_and_their_end),
          UNIT(the_end_of_a_whole_chunk_is_an_end),
          UNIT(another_key_opens_nothing),
          UNIT(heads_out_of_bounds_are_told_apart),
          UNIT(the_chain_comes_out_as_it_went_in),
          UNIT(what_a_caller_cannot_write_ends_it))
