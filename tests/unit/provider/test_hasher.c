/* SPDX-License-Identifier: Apache-2.0 */
/* Digest contexts that are used again, by more threads than there are. */
#include "hasher.h"

#include <pthread.h>
#include <string.h>

#include "unit.h"

enum { THREADS = PROV_HASHERS + 8, ROUNDS = 200 };

static struct prov_hashers hashers;

/* FIPS 180-4: "abc". */
static const uint8_t abc256[] = {
    0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40,
    0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17,
    0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad};
static const uint8_t abc1[] = {0xa9, 0x99, 0x3e, 0x36, 0x47, 0x06, 0x81,
                               0x6a, 0xba, 0x3e, 0x25, 0x71, 0x78, 0x50,
                               0xc2, 0x6c, 0x9c, 0xd0, 0xd8, 0x9d};

static bool hashes(const EVP_MD *md, const uint8_t *expected)
{
    uint8_t out[EVP_MAX_MD_SIZE];

    return prov_hash(&hashers, md, (const uint8_t *)"abc", 3, out) &&
           memcmp(out, expected, (size_t)EVP_MD_get_size(md)) == 0;
}

static void a_context_serves_one_digest_after_the_other(void)
{
    EVP_MD *sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    EVP_MD *sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
    uint8_t out[EVP_MAX_MD_SIZE];

    prov_hashers_init(&hashers);
    for (int i = 0; i < 3; i++) {
        CU_ASSERT_TRUE(hashes(sha256, abc256));
        CU_ASSERT_TRUE(hashes(sha256, abc256));
        CU_ASSERT_TRUE(hashes(sha1, abc1));
    }
    CU_ASSERT_TRUE(prov_hash(&hashers, sha256, NULL, 0, out));
    CU_ASSERT_EQUAL(out[0], 0xe3); /* of no octets */
    CU_ASSERT_TRUE(hashes(sha256, abc256));
    prov_hashers_clear(&hashers);
    CU_ASSERT_TRUE(hashes(sha256, abc256)); /* none is kept now */
    prov_hashers_clear(&hashers);
    EVP_MD_free(sha1);
    EVP_MD_free(sha256);
}

static void *work(void *arg)
{
    size_t good = 0;

    for (int i = 0; i < ROUNDS; i++)
        good += hashes(arg, abc256) ? 1 : 0;
    return good == ROUNDS ? arg : NULL;
}

static void more_threads_than_contexts_hash_at_once(void)
{
    EVP_MD *sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    pthread_t threads[THREADS];
    void *result;

    prov_hashers_init(&hashers);
    for (size_t i = 0; i < THREADS; i++)
        CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, work, sha256),
                              0);
    for (size_t i = 0; i < THREADS; i++) {
        CU_ASSERT_EQUAL(pthread_join(threads[i], &result), 0);
        CU_ASSERT_PTR_NOT_NULL(result);
    }
    prov_hashers_clear(&hashers);
    EVP_MD_free(sha256);
}

UNIT_MAIN("provider/hasher", UNIT(a_context_serves_one_digest_after_the_other),
          UNIT(more_threads_than_contexts_hash_at_once))
