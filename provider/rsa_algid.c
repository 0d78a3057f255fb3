/* SPDX-License-Identifier: Apache-2.0 */
/* AlgorithmIdentifiers of RSA signatures. */
#include "rsa_algid.h"

#include <openssl/asn1.h>
#include <openssl/objects.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdbool.h>

enum { SALT_DEFAULT = 20 };

/* Returns new: an AlgorithmIdentifier with parameters NULL. */
static X509_ALGOR *plain(int nid)
{
    X509_ALGOR *algor = X509_ALGOR_new();

    if (algor != NULL &&
        X509_ALGOR_set0(algor, OBJ_nid2obj(nid), V_ASN1_NULL, NULL) == 1)
        return algor;
    X509_ALGOR_free(algor);
    return NULL;
}

int prov_rsa_pkcs1_algid(const struct prov_digest *digest, uint8_t **der)
{
    X509_ALGOR *algor;
    int nid, len;

    if (OBJ_find_sigid_by_algs(&nid, digest->nid, NID_rsaEncryption) != 1)
        return -1;
    algor = plain(nid);
    len = algor != NULL ? i2d_X509_ALGOR(algor, der) : -1;
    X509_ALGOR_free(algor);
    return len;
}

/* An AlgorithmIdentifier whose parameters are the DER of item. Returns new. */
static X509_ALGOR *with(int nid, const void *value, const ASN1_ITEM *item)
{
    ASN1_STRING *packed = ASN1_item_pack((void *)(uintptr_t)value, item, NULL);
    X509_ALGOR *algor = X509_ALGOR_new();

    if (packed != NULL && algor != NULL &&
        X509_ALGOR_set0(algor, OBJ_nid2obj(nid), V_ASN1_SEQUENCE, packed) == 1)
        return algor;
    ASN1_STRING_free(packed);
    X509_ALGOR_free(algor);
    return NULL;
}

/* Defaults of RFC 4055 (SHA-1, MGF1 with SHA-1, 20) are left out, as DER
 * demands. */
static bool fill_pss(RSA_PSS_PARAMS *pss, const struct prov_digest *digest,
                     const struct prov_digest *mgf1, int salt_len)
{
    X509_ALGOR *inner = NULL;
    bool ok = true;

    if (digest->nid != NID_sha1)
        ok = (pss->hashAlgorithm = plain(digest->nid)) != NULL;
    if (ok && mgf1->nid != NID_sha1) {
        inner = plain(mgf1->nid);
        ok = inner != NULL &&
             (pss->maskGenAlgorithm =
                  with(NID_mgf1, inner, ASN1_ITEM_rptr(X509_ALGOR))) != NULL;
        X509_ALGOR_free(inner);
    }
    if (ok && salt_len != SALT_DEFAULT)
        ok = (pss->saltLength = ASN1_INTEGER_new()) != NULL &&
             ASN1_INTEGER_set(pss->saltLength, salt_len) == 1;
    return ok;
}

int prov_rsa_pss_algid(const struct prov_digest *digest,
                       const struct prov_digest *mgf1, int salt_len,
                       uint8_t **der)
{
    RSA_PSS_PARAMS *pss = salt_len >= 0 ? RSA_PSS_PARAMS_new() : NULL;
    X509_ALGOR *algor = NULL;
    int len = -1;

    if (pss != NULL && fill_pss(pss, digest, mgf1, salt_len))
        algor = with(NID_rsassaPss, pss, ASN1_ITEM_rptr(RSA_PSS_PARAMS));
    if (algor != NULL)
        len = i2d_X509_ALGOR(algor, der);
    X509_ALGOR_free(algor);
    RSA_PSS_PARAMS_free(pss);
    return len;
}
