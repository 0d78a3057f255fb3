/* SPDX-License-Identifier: Apache-2.0 */
/* Keys: references, public numbers, software halves. */
#include "key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "prov.h"

enum { ALLOWED_MAX = 64 };

struct prov_key *prov_key_new(struct prov *prov,
                              const struct prov_keytype *type)
{
    struct prov_key *key = calloc(1, sizeof(*key));

    if (key == NULL)
        return NULL;
    key->prov = prov;
    key->type = type;
    atomic_init(&key->references, 1);
    return key;
}

struct prov_key *prov_key_up_ref(struct prov_key *key)
{
    atomic_fetch_add_explicit(&key->references, 1, memory_order_relaxed);
    return key;
}

void prov_key_free(struct prov_key *key)
{
    if (key == NULL || atomic_fetch_sub(&key->references, 1) != 1)
        return;
    p11_object_free(key->object);
    EVP_PKEY_free(atomic_load(&key->soft));
    OSSL_PARAM_free(key->public);
    free(key->birth);
    free(key);
}

/* The private object's own numbers; else those of the public key or
 * certificate that belongs to it. */
static OSSL_PARAM *find_numbers(const struct prov_keytype *type,
                                struct p11_object *object)
{
    OSSL_PARAM *numbers = type->numbers(object);
    struct p11_object *twin = NULL;

    if (numbers == NULL && p11_object_class(object) == CKO_PRIVATE_KEY &&
        p11_object_find_public(object, &twin) == CKR_OK)
        numbers = type->numbers(twin);
    p11_object_free(twin);
    return numbers;
}

struct prov_key *prov_key_from_object(struct prov *prov,
                                      const struct prov_keytype *type,
                                      struct p11_object *object)
{
    struct prov_key *key = prov_key_new(prov, type);

    if (key == NULL) {
        prov_raise(&prov->core, CKR_HOST_MEMORY, "%s", p11_object_uri(object));
        return NULL;
    }
    key->object = p11_object_up_ref(object);
    prov_enter(prov);
    key->public = find_numbers(type, object);
    prov_leave(prov);
    if (key->public == NULL || !type->measure(key)) {
        prov_raise(&prov->core, P11R_ATTRIBUTE,
                   "%s: the token has no public numbers of this key",
                   p11_object_uri(object));
        prov_key_free(key);
        return NULL;
    }
    return key;
}

bool prov_key_take_soft(struct prov_key *key, EVP_PKEY *pkey, bool private_key)
{
    if (EVP_PKEY_todata(pkey, EVP_PKEY_PUBLIC_KEY, &key->public) != 1 ||
        !key->type->measure(key)) {
        EVP_PKEY_free(pkey);
        return false;
    }
    atomic_store(&key->soft, pkey);
    key->soft_private = private_key;
    return true;
}

bool prov_key_is_private(const struct prov_key *key)
{
    return key->object != NULL
               ? p11_object_class(key->object) == CKO_PRIVATE_KEY
               : key->soft_private;
}

const char *prov_key_name(const struct prov_key *key)
{
    return key->object != NULL ? p11_object_uri(key->object) : "a software key";
}

EVP_PKEY *prov_key_soft(struct prov_key *key)
{
    EVP_PKEY *soft = atomic_load(&key->soft), *expected = NULL;

    if (soft != NULL)
        return soft;
    if (key->public != NULL) {
        prov_enter(key->prov);
        soft = prov_soft_key(&key->prov->soft, key->type->name,
                             EVP_PKEY_PUBLIC_KEY, key->public);
        prov_leave(key->prov);
    }
    if (soft == NULL) {
        prov_raise(&key->prov->core, CKR_FUNCTION_FAILED,
                   "%s: no software implementation takes its public key",
                   prov_key_name(key));
        return NULL;
    }
    if (!atomic_compare_exchange_strong(&key->soft, &expected, soft)) {
        EVP_PKEY_free(soft);
        soft = expected;
    }
    return soft;
}

static bool equal_param(const OSSL_PARAM *a, const OSSL_PARAM *b)
{
    BIGNUM *x = NULL, *y = NULL;
    bool equal = false;

    if (a->data_type != b->data_type)
        return false;
    if (a->data_type == OSSL_PARAM_UNSIGNED_INTEGER)
        equal = OSSL_PARAM_get_BN(a, &x) == 1 &&
                OSSL_PARAM_get_BN(b, &y) == 1 && BN_cmp(x, y) == 0;
    else
        equal = a->data_size == b->data_size &&
                memcmp(a->data, b->data, a->data_size) == 0;
    BN_free(x);
    BN_free(y);
    return equal;
}

bool prov_key_equal(const struct prov_key *a, const struct prov_key *b)
{
    if (a->type != b->type || a->public == NULL || b->public == NULL)
        return false;
    for (const OSSL_PARAM *t = a->type->public_types; t->key != NULL; t++) {
        const OSSL_PARAM *x = OSSL_PARAM_locate_const(a->public, t->key);
        const OSSL_PARAM *y = OSSL_PARAM_locate_const(b->public, t->key);

        if (x == NULL || y == NULL || !equal_param(x, y))
            return false;
    }
    return true;
}

bool prov_key_allows(struct prov_key *key, CK_MECHANISM_TYPE mechanism)
{
    CK_MECHANISM_TYPE allowed[ALLOWED_MAX];
    size_t len = 0;
    CK_RV rv;

    prov_enter(key->prov);
    rv = p11_object_read(key->object, CKA_ALLOWED_MECHANISMS, allowed,
                         sizeof(allowed), &len);
    prov_leave(key->prov);
    /* Absent, unknown or empty means that all are allowed. */
    if (rv != CKR_OK || len < sizeof(allowed[0]) || len > sizeof(allowed))
        return true;
    for (size_t i = 0; i < len / sizeof(allowed[0]); i++) {
        if (allowed[i] == mechanism)
            return true;
    }
    return false;
}

bool prov_key_refused(struct prov_key *key, enum prov_refusal what,
                      const struct prov_digest *digest)
{
    unsigned mask =
        atomic_load_explicit(&key->refused[what], memory_order_relaxed);

    return (mask >> prov_digest_index(digest) & 1) != 0;
}

void prov_key_refuse(struct prov_key *key, enum prov_refusal what,
                     const struct prov_digest *digest)
{
    atomic_fetch_or(&key->refused[what], 1U << prov_digest_index(digest));
}

bool prov_key_wrong_mechanism(CK_RV rv)
{
    return rv == CKR_KEY_TYPE_INCONSISTENT ||
           rv == CKR_KEY_FUNCTION_NOT_PERMITTED ||
           rv == CKR_MECHANISM_INVALID || rv == CKR_MECHANISM_PARAM_INVALID;
}
