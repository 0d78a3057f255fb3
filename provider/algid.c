/* SPDX-License-Identifier: Apache-2.0 */
/* AlgorithmIdentifiers without parameters. */
#include "algid.h"

#include <openssl/crypto.h>
#include <openssl/objects.h>
#include <openssl/x509.h>

int prov_algid_set(OSSL_PARAM *param, int nid)
{
    X509_ALGOR *algor = X509_ALGOR_new();
    uint8_t *der = NULL;
    int len = -1, ok = 0;

    if (nid != NID_undef && algor != NULL &&
        X509_ALGOR_set0(algor, OBJ_nid2obj(nid), V_ASN1_UNDEF, NULL) == 1)
        len = i2d_X509_ALGOR(algor, &der);
    if (len > 0)
        ok = OSSL_PARAM_set_octet_string(param, der, (size_t)len);
    OPENSSL_free(der);
    X509_ALGOR_free(algor);
    return ok;
}
