/* SPDX-License-Identifier: Apache-2.0 */
/* Software operations without a child context: the private one serves. */
#include "soft.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <string.h>

#include "unit.h"

static struct prov_soft soft;

static void open_soft(void)
{
    memset(&soft, 0, sizeof(soft));
    (void)pthread_mutex_init(&soft.lock, NULL);
}

static void digests_are_fetched_once(void)
{
    const struct prov_digest *sha256 = prov_digest_find("SHA256");
    EVP_MD *one, *two, *other;

    open_soft();
    one = prov_soft_md(&soft, sha256, NULL);
    two = prov_soft_md(&soft, sha256, "");
    other = prov_soft_md(&soft, sha256, "provider=default");
    CU_ASSERT_PTR_NOT_NULL(one);
    CU_ASSERT_PTR_EQUAL(one, two);
    CU_ASSERT_PTR_NOT_NULL(other);
    CU_ASSERT_PTR_NULL(prov_soft_md(&soft, sha256, "provider=nobody"));
    EVP_MD_free(one);
    EVP_MD_free(two);
    EVP_MD_free(other);
    prov_soft_clear(&soft);
    ERR_clear_error();
}

static void parts_are_hashed_in_turn(void)
{
    /* FIPS 180-2, B.1: SHA-256 of "abc" */
    static const char abc[] = "ba7816bf8f01cfea414140de5dae2223"
                              "b00361a396177a9cb410ff61f20015ad";
    const struct prov_part parts[3] = {{"a", 1}, {"", 0}, {"bc", 2}};
    uint8_t value[PROV_DIGEST_MAX], expect[PROV_DIGEST_MAX];
    EVP_MD *md;

    open_soft();
    md = prov_soft_md(&soft, prov_digest_find("SHA256"), NULL);
    CU_ASSERT_EQUAL(unit_hex(abc, expect, sizeof(expect)), 32);
    CU_ASSERT_TRUE(prov_soft_hash(md, parts, value));
    CU_ASSERT_EQUAL(memcmp(value, expect, 32), 0);
    EVP_MD_free(md);
    prov_soft_clear(&soft);
}

static void random_octets_differ(void)
{
    uint8_t a[32] = {0}, b[32] = {0};

    open_soft();
    CU_ASSERT_TRUE(prov_soft_random(&soft, a, sizeof(a)));
    CU_ASSERT_TRUE(prov_soft_random(&soft, b, sizeof(b)));
    CU_ASSERT_NOT_EQUAL(memcmp(a, b, sizeof(a)), 0);
    CU_ASSERT_TRUE(prov_soft_random(&soft, a, 0));
    prov_soft_clear(&soft);
}

static void keys_that_are_none_are_refused(void)
{
    const OSSL_PARAM none[] = {OSSL_PARAM_END};

    open_soft();
    CU_ASSERT_PTR_NULL(prov_soft_key(&soft, "RSA", EVP_PKEY_PUBLIC_KEY, none));
    CU_ASSERT_PTR_NULL(
        prov_soft_key(&soft, "NO-SUCH-TYPE", EVP_PKEY_PUBLIC_KEY, none));
    prov_soft_clear(&soft);
    ERR_clear_error();
}

UNIT_MAIN("provider/soft", UNIT(digests_are_fetched_once),
          UNIT(parts_are_hashed_in_turn), UNIT(random_octets_differ),
          UNIT(keys_that_are_none_are_refused))
