/* SPDX-License-Identifier: Apache-2.0 */
/* Decoding of PKCS#1 v1.5 blocks, laid out by hand after RFC 8017, 7.2.1. */
#include "provider/rsa_reject.h"

#include <pthread.h>
#include <string.h>

#include "unit.h"

enum { K = 64, EDGE = 2 + 8 }; /* the earliest place of the separator */

static struct prov_soft soft; /* without a child: the private context serves */

static void open_soft(void)
{
    memset(&soft, 0, sizeof(soft));
    (void)pthread_mutex_init(&soft.lock, NULL);
}

static void fill(uint8_t em[K], size_t separator)
{
    memset(em, 0xaa, K);
    em[0] = 0;
    em[1] = 2;
    em[separator] = 0;
}

static void a_message_begins_behind_the_first_zero(void)
{
    uint8_t em[K];
    size_t start;

    for (size_t at = EDGE; at < K; at++) {
        fill(em, at);
        if (at + 1 < K)
            em[K - 1] = 0; /* a zero of the message is none of the padding */
        CU_ASSERT_EQUAL(prov_reject_find(em, K, &start), SIZE_MAX);
        CU_ASSERT_EQUAL(start, at + 1);
    }
}

static void every_wrong_block_is_found_wrong(void)
{
    uint8_t em[K];
    size_t start;

    for (size_t at = 2; at < EDGE; at++) { /* padding too short */
        fill(em, at);
        CU_ASSERT_EQUAL(prov_reject_find(em, K, &start), 0);
    }
    fill(em, EDGE);
    em[EDGE] = 1; /* no separator at all */
    CU_ASSERT_EQUAL(prov_reject_find(em, K, &start), 0);
    for (unsigned value = 1; value < 256; value++) {
        fill(em, EDGE);
        em[0] = (uint8_t)value;
        CU_ASSERT_EQUAL(prov_reject_find(em, K, &start), 0);
        fill(em, EDGE);
        em[1] = (uint8_t)(value == 2 ? 0 : value);
        CU_ASSERT_EQUAL(prov_reject_find(em, K, &start), 0);
    }
}

static void a_pre_master_secret_has_but_one_place(void)
{
    const size_t separator = K - PROV_PREMASTER - 1;
    uint8_t em[K];

    fill(em, separator);
    CU_ASSERT_EQUAL(prov_reject_find_premaster(em, K), SIZE_MAX);
    for (size_t at = 2; at < K; at++) {
        fill(em, at);
        if (at != separator)
            CU_ASSERT_EQUAL(prov_reject_find_premaster(em, K), 0);
    }
    fill(em, separator);
    em[3] = 0; /* two separators */
    CU_ASSERT_EQUAL(prov_reject_find_premaster(em, K), 0);
    fill(em, separator);
    em[0] = 1;
    CU_ASSERT_EQUAL(prov_reject_find_premaster(em, K), 0);
    fill(em, separator);
    em[1] = 1;
    CU_ASSERT_EQUAL(prov_reject_find_premaster(em, K), 0);
}

static void made_up_messages_hang_on_secret_and_ciphertext(void)
{
    uint8_t secret[PROV_REJECT_SECRET] = {1}, text[K] = {2};
    const struct prov_part ciphertext = {text, K};
    uint8_t first[K], message[K];
    size_t len, first_len;

    open_soft();
    CU_ASSERT_TRUE_FATAL(
        prov_reject_message(&soft, secret, &ciphertext, first, &first_len));
    CU_ASSERT_TRUE(
        prov_reject_message(&soft, secret, &ciphertext, message, &len));
    CU_ASSERT_EQUAL(len, first_len);
    CU_ASSERT_EQUAL(memcmp(first, message, K), 0);
    secret[31] = 1;
    CU_ASSERT_TRUE(
        prov_reject_message(&soft, secret, &ciphertext, message, &len));
    CU_ASSERT_NOT_EQUAL(memcmp(first, message, K), 0);
    secret[31] = 0;
    text[K - 1] = 1;
    CU_ASSERT_TRUE(
        prov_reject_message(&soft, secret, &ciphertext, message, &len));
    CU_ASSERT_NOT_EQUAL(memcmp(first, message, K), 0);
    prov_soft_clear(&soft);
}

static void made_up_messages_have_every_length_that_fits(void)
{
    enum { ROUNDS = 4000, LENGTHS = K - EDGE };
    uint8_t secret[PROV_REJECT_SECRET] = {7}, text[K] = {0}, message[K];
    const struct prov_part ciphertext = {text, K};
    unsigned seen[K] = {0};
    size_t len;

    open_soft();
    for (unsigned i = 0; i < ROUNDS; i++) {
        text[0] = (uint8_t)i;
        text[1] = (uint8_t)(i >> 8);
        CU_ASSERT_TRUE_FATAL(
            prov_reject_message(&soft, secret, &ciphertext, message, &len));
        CU_ASSERT_TRUE_FATAL(len < LENGTHS);
        seen[len]++;
    }
    /* 74 each are expected, with a deviation of 8.5. */
    for (size_t i = 0; i < LENGTHS; i++)
        CU_ASSERT_TRUE(seen[i] > 20 && seen[i] < 160);
    prov_soft_clear(&soft);
}

UNIT_MAIN("provider/rsa_reject", UNIT(a_message_begins_behind_the_first_zero),
          UNIT(every_wrong_block_is_found_wrong),
          UNIT(a_pre_master_secret_has_but_one_place),
          UNIT(made_up_messages_hang_on_secret_and_ciphertext),
          UNIT(made_up_messages_have_every_length_that_fits))
