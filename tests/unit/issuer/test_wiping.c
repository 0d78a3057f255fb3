/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private keys of accounts and content keys are wiped before their memory is
 * freed: this program looks at every block that it or a library of it frees. A
 * sanitizer has a free() of its own; with one the test is skipped.
 */
#include <malloc.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "publishing.h"
#include "unit.h"

#ifdef __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED
#endif

enum { SECRETS = 5, SECRET = 16, MODULUS = 256 };

static uint8_t secrets[SECRETS][SECRET];
static atomic_bool watching;
static atomic_uint unwiped;

#ifndef SANITIZED

static const bool sanitized = false;

void __libc_free(void *block);
void free(void *block);

void free(void *block)
{
    for (size_t i = 0; block != NULL && atomic_load(&watching) && i < SECRETS;
         i++)
        if (memmem(block, malloc_usable_size(block), secrets[i], SECRET) !=
            NULL)
            atomic_fetch_add(&unwiped, 1);
    __libc_free(block);
}

#else

static const bool sanitized = true;

#endif

/* From the middle of a number, in both orders of its octets. */
static void take(const EVP_PKEY *key, const char *name, uint8_t (*to)[SECRET])
{
    uint8_t octets[MODULUS] = {0};
    BIGNUM *number = NULL;

    CU_ASSERT_EQUAL_FATAL(EVP_PKEY_get_bn_param(key, name, &number), 1);
    (void)BN_bn2binpad(number, octets, MODULUS);
    memcpy(to[0], octets + MODULUS - 2 * SECRET, SECRET);
    (void)BN_bn2lebinpad(number, octets, MODULUS);
    memcpy(to[1], octets + SECRET, SECRET);
    BN_clear_free(number);
}

static void no_key_is_left_in_freed_memory(void)
{
    struct publishing publishing;
    struct iss_licensed rac;
    struct iss_licensed pl;
    struct iss_licensed ul;

    if (sanitized) {
        unit_skip("a sanitizer has its own free()");
        return;
    }
    publishing_new(&publishing);
    take(publishing.bob_key, OSSL_PKEY_PARAM_RSA_FACTOR1, secrets);
    take(publishing.bob_key, OSSL_PKEY_PARAM_RSA_D, secrets + 2);
    memcpy(secrets[4], publishing_key, SECRET);
    const struct iss_license_order account =
        licensing_rac(&publishing.licensing, "bob@example.org");
    const struct iss_license_order order = publishing_pl(&publishing);
    atomic_store(&watching, true);
    licensing_must(&publishing.licensing, &account, &rac);
    licensing_must(&publishing.licensing, &order, &pl);
    const struct iss_license_order use = publishing_ul(&pl, &publishing.bob);
    licensing_must(&publishing.licensing, &use, &ul);
    atomic_store(&watching, false);
    CU_ASSERT_EQUAL(atomic_load(&unwiped), 0);
    /* and it would be seen */
    uint8_t *volatile block = malloc(MODULUS); /* not left out */
    CU_ASSERT_PTR_NOT_NULL_FATAL(block);
    memcpy(block + 1, publishing_key, SECRET);
    atomic_store(&watching, true);
    free(block);
    atomic_store(&watching, false);
    CU_ASSERT_EQUAL(atomic_load(&unwiped), 1);
    iss_licensed_clear(&ul);
    iss_licensed_clear(&pl);
    iss_licensed_clear(&rac);
    publishing_free(&publishing);
}

UNIT_MAIN("wiping", UNIT(no_key_is_left_in_freed_memory))
