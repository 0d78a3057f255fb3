/* SPDX-License-Identifier: Apache-2.0 */
/* Keys as OpenSSL holds them, without any token. */
#include "key.h"

#include <openssl/err.h>
#include <string.h>

#include "prov.h"
#include "unit.h"

static struct prov prov;

static struct prov_key *software(size_t bits, bool private_key)
{
    struct prov_key *key = prov_key_new(&prov, &prov_keytype_rsa);
    EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", bits);

    CU_ASSERT_PTR_NOT_NULL_FATAL(key);
    CU_ASSERT_TRUE_FATAL(prov_key_take_soft(key, pkey, private_key));
    return key;
}

static void a_software_key_has_the_sizes_of_its_modulus(void)
{
    struct prov_key *key = software(1031, true);

    CU_ASSERT_EQUAL(key->bits, 1031);
    CU_ASSERT_EQUAL(key->size, 129);
    CU_ASSERT_EQUAL(key->security_bits,
                    EVP_PKEY_get_security_bits(prov_key_soft(key)));
    CU_ASSERT_TRUE(prov_key_is_private(key));
    CU_ASSERT_STRING_EQUAL(prov_key_name(key), "a software key");
    prov_key_free(key);
}

static void keys_are_equal_by_their_public_numbers(void)
{
    struct prov_key *a = software(1024, true), *b = software(1024, true);
    struct prov_key *empty = prov_key_new(&prov, &prov_keytype_rsa);
    struct prov_key *copy = prov_key_new(&prov, &prov_keytype_rsa);
    EVP_PKEY *same = EVP_PKEY_dup(prov_key_soft(a));

    CU_ASSERT_TRUE_FATAL(prov_key_take_soft(copy, same, false));
    CU_ASSERT_FALSE(prov_key_is_private(copy));
    CU_ASSERT_TRUE(prov_key_equal(a, a));
    CU_ASSERT_TRUE(prov_key_equal(a, copy));
    CU_ASSERT_TRUE(prov_key_equal(copy, a));
    CU_ASSERT_FALSE(prov_key_equal(a, b));
    CU_ASSERT_FALSE(prov_key_equal(a, empty));
    CU_ASSERT_FALSE(prov_key_equal(empty, empty));
    prov_key_free(copy);
    prov_key_free(empty);
    prov_key_free(b);
    prov_key_free(a);
}

static void a_key_lives_as_long_as_its_last_reference(void)
{
    struct prov_key *key = software(1024, true);

    CU_ASSERT_PTR_EQUAL(prov_key_up_ref(key), key);
    prov_key_free(key);
    CU_ASSERT_EQUAL(key->bits, 1024);
    prov_key_free(key);
    prov_key_free(NULL);
}

static void refusals_are_remembered_one_by_one(void)
{
    const struct prov_digest *sha1 = prov_digest_find("SHA1");
    const struct prov_digest *sha256 = prov_digest_find("SHA256");
    struct prov_key *key = prov_key_new(&prov, &prov_keytype_rsa);

    CU_ASSERT_FALSE(prov_key_refused(key, PROV_REFUSED_PSS, sha256));
    prov_key_refuse(key, PROV_REFUSED_PSS, sha256);
    CU_ASSERT_TRUE(prov_key_refused(key, PROV_REFUSED_PSS, sha256));
    CU_ASSERT_FALSE(prov_key_refused(key, PROV_REFUSED_PSS, sha1));
    CU_ASSERT_FALSE(prov_key_refused(key, PROV_REFUSED_OAEP, sha256));
    prov_key_free(key);
}

static void only_refusals_of_a_mechanism_lead_on(void)
{
    CU_ASSERT_TRUE(prov_key_wrong_mechanism(CKR_MECHANISM_INVALID));
    CU_ASSERT_TRUE(prov_key_wrong_mechanism(CKR_MECHANISM_PARAM_INVALID));
    CU_ASSERT_TRUE(prov_key_wrong_mechanism(CKR_KEY_FUNCTION_NOT_PERMITTED));
    CU_ASSERT_TRUE(prov_key_wrong_mechanism(CKR_KEY_TYPE_INCONSISTENT));
    CU_ASSERT_FALSE(prov_key_wrong_mechanism(CKR_OK));
    CU_ASSERT_FALSE(prov_key_wrong_mechanism(CKR_DEVICE_ERROR));
    CU_ASSERT_FALSE(prov_key_wrong_mechanism(CKR_PIN_INCORRECT));
}

UNIT_MAIN("provider/key", UNIT(a_software_key_has_the_sizes_of_its_modulus),
          UNIT(keys_are_equal_by_their_public_numbers),
          UNIT(a_key_lives_as_long_as_its_last_reference),
          UNIT(refusals_are_remembered_one_by_one),
          UNIT(only_refusals_of_a_mechanism_lead_on))
