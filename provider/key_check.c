/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a key is valid, as far as a token lets that be seen. */
#include <openssl/core_dispatch.h>

#include "error.h"
#include "key.h"
#include "prov.h"

static int software_check(struct prov_key *key, int selection)
{
    EVP_PKEY *soft = prov_key_soft(key);
    EVP_PKEY_CTX *ctx;
    int ok;

    if (soft == NULL)
        return 0;
    prov_enter(key->prov);
    ctx = prov_soft_use(&key->prov->soft, soft);
    if (ctx == NULL)
        ok = 0;
    else if ((selection & OSSL_KEYMGMT_SELECT_KEYPAIR) == 0)
        ok = EVP_PKEY_param_check(ctx);
    else if ((selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) == 0)
        ok = EVP_PKEY_public_check(ctx);
    else if ((selection & OSSL_KEYMGMT_SELECT_PUBLIC_KEY) == 0)
        ok = EVP_PKEY_private_check(ctx);
    else
        ok = EVP_PKEY_pairwise_check(ctx);
    EVP_PKEY_CTX_free(ctx);
    prov_leave(key->prov);
    return ok == 1 ? 1
                   : prov_raise(&key->prov->core, CKR_PUBLIC_KEY_INVALID,
                                "%s: the key is not valid", prov_key_name(key));
}

int prov_key_check(struct prov_key *key, int selection)
{
    const int private_half = OSSL_KEYMGMT_SELECT_PRIVATE_KEY;
    const int pair = OSSL_KEYMGMT_SELECT_KEYPAIR;

    if ((selection & OSSL_KEYMGMT_SELECT_DOMAIN_PARAMETERS) != 0 &&
        (selection & pair) == 0 && key->type->group_param == NULL)
        return 1;
    if (key->object == NULL)
        return software_check(key, selection);
    if ((selection & private_half) != 0 && !prov_key_is_private(key))
        return prov_raise(&key->prov->core, CKR_KEY_TYPE_INCONSISTENT,
                          "%s: no private key", prov_key_name(key));
    if ((selection & ~private_half) != 0 &&
        software_check(key, selection & ~private_half) != 1)
        return 0;
    return (selection & pair) != pair || key->type->pairwise == NULL ||
           key->type->pairwise(key);
}
