/* SPDX-License-Identifier: Apache-2.0 */
/* Digests: names, sizes and DigestInfo against libcrypto's own. */
#include "digest.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <string.h>

#include "unit.h"

static void each_row_agrees_with_libcrypto(void)
{
    const struct prov_digest *row;

    for (size_t i = 0; (row = prov_digest_at(i)) != NULL; i++) {
        struct prov_digest_name name = prov_digest_name(row);
        EVP_MD *md = EVP_MD_fetch(NULL, name.text, NULL);

        CU_ASSERT_PTR_NOT_NULL_FATAL(md);
        CU_ASSERT_EQUAL((size_t)EVP_MD_get_size(md), row->size);
        CU_ASSERT_EQUAL(EVP_MD_get_type(md), row->nid);
        CU_ASSERT_EQUAL(prov_digest_index(row), i);
        EVP_MD_free(md);
    }
}

static void digest_info_is_the_der_of_libcrypto(void)
{
    uint8_t value[PROV_DIGEST_MAX], info[PROV_DIGEST_INFO_MAX];
    const struct prov_digest *row;

    for (size_t i = 0; i < sizeof(value); i++)
        value[i] = (uint8_t)(i * 7 + 1);
    for (size_t i = 0; (row = prov_digest_at(i)) != NULL; i++) {
        size_t len = prov_digest_info(row, value, info);
        X509_SIG *sig = X509_SIG_new();
        X509_ALGOR *algor;
        ASN1_OCTET_STRING *octets;
        uint8_t *der = NULL;
        int der_len;

        X509_SIG_getm(sig, &algor, &octets);
        X509_ALGOR_set0(algor, OBJ_nid2obj(row->nid), V_ASN1_NULL, NULL);
        ASN1_OCTET_STRING_set(octets, value, (int)row->size);
        der_len = i2d_X509_SIG(sig, &der);
        if (row->oid_len == 0) {
            CU_ASSERT_EQUAL(len, row->size);
            CU_ASSERT_EQUAL(memcmp(info, value, len), 0);
        } else {
            CU_ASSERT_EQUAL_FATAL((int)len, der_len);
            CU_ASSERT_EQUAL(memcmp(info, der, len), 0);
        }
        OPENSSL_free(der);
        X509_SIG_free(sig);
    }
}

static void names_are_found_in_any_case_and_spelling(void)
{
    const struct prov_digest *sha256 = prov_digest_find("SHA256");

    CU_ASSERT_PTR_NOT_NULL(sha256);
    CU_ASSERT_PTR_EQUAL(prov_digest_find("sha2-256"), sha256);
    CU_ASSERT_PTR_EQUAL(prov_digest_find("Sha-256"), sha256);
    CU_ASSERT_PTR_EQUAL(prov_digest_find("2.16.840.1.101.3.4.2.1"), sha256);
    CU_ASSERT_PTR_NULL(prov_digest_find("SHA25"));
    CU_ASSERT_PTR_NULL(prov_digest_find("SHA2567"));
    CU_ASSERT_PTR_NULL(prov_digest_find(""));
}

UNIT_MAIN("provider/digest", UNIT(each_row_agrees_with_libcrypto),
          UNIT(digest_info_is_the_der_of_libcrypto),
          UNIT(names_are_found_in_any_case_and_spelling))
