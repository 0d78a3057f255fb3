/* SPDX-License-Identifier: Apache-2.0 */
/* Keys: references, public numbers, software halves. */
#include "key.h"

#include <openssl/bn.h>
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "prov.h"
#include "rsa_reject.h"

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
    OPENSSL_clear_free(atomic_load(&key->reject), PROV_REJECT_SECRET);
    free(key->birth);
    free(key);
}

/* Numbers of a SubjectPublicKeyInfo or certificate; NULL where it holds a key
 * of another type. Returns new. */
static OSSL_PARAM *decode(struct prov *prov, const struct prov_keytype *type,
                          const CK_ATTRIBUTE *attr, bool certificate)
{
    EVP_PKEY *pkey = NULL;
    OSSL_PARAM *numbers = NULL;

    if (attr != NULL)
        pkey = prov_soft_decode(&prov->soft, attr->pValue, attr->ulValueLen,
                                certificate);
    if (pkey != NULL && EVP_PKEY_is_a(pkey, type->name) == 1)
        (void)EVP_PKEY_todata(pkey, EVP_PKEY_PUBLIC_KEY, &numbers);
    EVP_PKEY_free(pkey);
    return numbers;
}

static OSSL_PARAM *numbers_of(struct prov *prov,
                              const struct prov_keytype *type,
                              const struct p11_object *object)
{
    OSSL_PARAM *numbers;

    if (p11_object_class(object) == CKO_CERTIFICATE)
        return decode(prov, type, p11_object_attr(object, CKA_VALUE), true);
    numbers = type->numbers(object);
    return numbers != NULL
               ? numbers
               : decode(prov, type,
                        p11_object_attr(object, CKA_PUBLIC_KEY_INFO), false);
}

/* The private object's own numbers; else those of the public key or
 * certificate that belongs to it. */
static OSSL_PARAM *find_numbers(struct prov *prov,
                                const struct prov_keytype *type,
                                struct p11_object *object)
{
    OSSL_PARAM *numbers = numbers_of(prov, type, object);
    struct p11_object *twin = NULL;

    if (numbers == NULL && p11_object_class(object) == CKO_PRIVATE_KEY &&
        p11_object_find_public(object, &twin) == CKR_OK)
        numbers = numbers_of(prov, type, twin);
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
    key->public = find_numbers(prov, type, object);
    prov_leave(prov);
    if (key->public == NULL || !type->measure(key)) {
        prov_raise(&prov->core, P11R_ATTRIBUTE,
                   "%s: the token has no public numbers of this key",
                   p11_object_uri(object));
        p11_object_forget(object);
        prov_key_free(key);
        return NULL;
    }
    return key;
}

/* A software key's public half, or its parameters where it has but these. */
static bool read_soft(struct prov_key *key, EVP_PKEY *pkey)
{
    OSSL_PARAM *public = NULL;

    if (EVP_PKEY_todata(pkey, EVP_PKEY_PUBLIC_KEY, &public) != 1 &&
        (key->type->group_param == NULL ||
         EVP_PKEY_todata(pkey, EVP_PKEY_KEY_PARAMETERS, &public) != 1))
        return false;
    OSSL_PARAM_free(key->public);
    key->public = public;
    return key->type->measure(key);
}

bool prov_key_take_soft(struct prov_key *key, EVP_PKEY *pkey, bool private_key)
{
    if (!read_soft(key, pkey)) {
        EVP_PKEY_free(pkey);
        return false;
    }
    atomic_store(&key->soft, pkey);
    key->soft_private = private_key;
    return true;
}

bool prov_key_take_blank(struct prov_key *key, EVP_PKEY *pkey)
{
    atomic_store(&key->soft, pkey);
    return key->type->measure(key);
}

/* An empty key of a type without parameters, which libssl fills. */
static bool make_blank(struct prov_key *key)
{
    EVP_PKEY_CTX *pctx = prov_soft_generate(&key->prov->soft, key->type->name);
    EVP_PKEY *pkey = NULL;
    bool ok = pctx != NULL && EVP_PKEY_paramgen_init(pctx) == 1 &&
              EVP_PKEY_generate(pctx, &pkey) == 1 &&
              prov_key_take_blank(key, pkey);

    EVP_PKEY_CTX_free(pctx);
    return ok;
}

static struct prov_key *dup_soft(const struct prov_key *from, int selection)
{
    struct prov_key *key = prov_key_new(from->prov, from->type);
    EVP_PKEY *soft = atomic_load(&from->soft);
    OSSL_PARAM *params = NULL;
    bool ok = key != NULL;

    if (ok && (selection & OSSL_KEYMGMT_SELECT_KEYPAIR) == 0 &&
        from->type->group_param == NULL && from->type->exchange != NULL) {
        ok = make_blank(key);
    } else if (ok && soft != NULL) {
        bool private_key = from->soft_private &&
                           (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0;

        if (!private_key)
            selection &= ~OSSL_KEYMGMT_SELECT_PRIVATE_KEY;
        ok = EVP_PKEY_todata(soft, selection, &params) == 1;
        soft = ok ? prov_soft_key(&from->prov->soft, from->type->name,
                                  selection, params)
                  : NULL;
        ok = soft != NULL && prov_key_take_soft(key, soft, private_key);
        OSSL_PARAM_free(params);
    }
    if (ok)
        return key;
    prov_key_free(key);
    return NULL;
}

/* The whole of a key in a token. */
static struct prov_key *dup_token(const struct prov_key *from)
{
    struct prov_key *key = prov_key_new(from->prov, from->type);

    if (key == NULL)
        return NULL;
    key->object = p11_object_up_ref(from->object);
    key->public = from->public != NULL ? OSSL_PARAM_dup(from->public) : NULL;
    if (from->birth != NULL && (key->birth = malloc(sizeof(*key->birth))))
        *key->birth = *from->birth;
    key->bits = from->bits;
    key->security_bits = from->security_bits;
    key->size = from->size;
    for (int i = 0; i < PROV_REFUSALS; i++)
        atomic_init(&key->refused[i], atomic_load(&from->refused[i]));
    atomic_init(&key->raw, atomic_load(&from->raw));
    if (key->public != NULL || from->public == NULL)
        return key;
    prov_key_free(key);
    return NULL;
}

/* A part of it, which is a software key; what is left out, software drops. */
static struct prov_key *dup_half(const struct prov_key *from, int selection)
{
    struct prov_key *key = prov_key_new(from->prov, from->type);
    EVP_PKEY *soft = key != NULL
                         ? prov_soft_key(&from->prov->soft, from->type->name,
                                         selection, from->public)
                         : NULL;

    if (soft != NULL && prov_key_take_soft(key, soft, false))
        return key;
    prov_key_free(key);
    return NULL;
}

struct prov_key *prov_key_dup(const struct prov_key *key, int selection)
{
    struct prov_key *copy;

    prov_enter(key->prov);
    if (key->object == NULL)
        copy = dup_soft(key, selection);
    else if ((selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0 ||
             !prov_key_is_private(key) || key->public == NULL)
        copy = dup_token(key);
    else
        copy = dup_half(key, selection);
    prov_leave(key->prov);
    if (copy == NULL)
        prov_raise(&key->prov->core, CKR_FUNCTION_FAILED, "%s: not copied",
                   prov_key_name(key));
    return copy;
}

static bool is_in(const char *list, const char *name)
{
    size_t len = strlen(name);

    for (; *list != '\0'; list += strcspn(list, ":"), list += *list == ':') {
        if (strcspn(list, ":") == len && strncmp(list, name, len) == 0)
            return true;
    }
    return false;
}

int prov_key_set(struct prov_key *key, const OSSL_PARAM *params)
{
    OSSL_PARAM *unconst; /* EVP_PKEY_set_params lacks a const */
    EVP_PKEY *soft;
    bool ok;

    for (const OSSL_PARAM *p = params; key->object != NULL && p->key != NULL;
         p++) {
        if (key->type->harmless == NULL || !is_in(key->type->harmless, p->key))
            return prov_raise(&key->prov->core, CKR_ATTRIBUTE_READ_ONLY,
                              "%s: %s is not to be changed", prov_key_name(key),
                              p->key);
    }
    soft = key->public != NULL ? prov_key_soft(key) : atomic_load(&key->soft);
    if (soft == NULL)
        return key->public == NULL
                   ? prov_raise(&key->prov->core, CKR_OPERATION_NOT_INITIALIZED,
                                "%s: an empty key takes no parameters",
                                prov_key_name(key))
                   : 0;
    memcpy(&unconst, &params, sizeof(unconst));
    prov_enter(key->prov);
    ok = EVP_PKEY_set_params(soft, unconst) == 1 && read_soft(key, soft);
    prov_leave(key->prov);
    return ok ? 1
              : prov_raise(&key->prov->core, CKR_ARGUMENTS_BAD,
                           "%s: software does not take a parameter",
                           prov_key_name(key));
}

bool prov_key_is_private(const struct prov_key *key)
{
    return key->object != NULL
               ? p11_object_class(key->object) == CKO_PRIVATE_KEY
               : key->soft_private;
}

bool prov_key_has_public(const struct prov_key *key)
{
    return key->public != NULL &&
           OSSL_PARAM_locate_const(key->public, key->type->public_param) !=
               NULL;
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

static bool equal_numbers(const struct prov_key *a, const struct prov_key *b)
{
    for (const OSSL_PARAM *t = a->type->public_types; t->key != NULL; t++) {
        const OSSL_PARAM *x = OSSL_PARAM_locate_const(a->public, t->key);
        const OSSL_PARAM *y = OSSL_PARAM_locate_const(b->public, t->key);

        if (x == NULL || y == NULL || !equal_param(x, y))
            return false;
    }
    return true;
}

/* One number may have several forms (compressed points, explicit groups);
 * software knows them all. */
static bool equal_soft(const struct prov_key *a, const struct prov_key *b,
                       int (*equal)(const EVP_PKEY *a, const EVP_PKEY *b))
{
    struct prov_key *keys[2];
    EVP_PKEY *soft[2];
    bool same;

    memcpy(&keys[0], &a, sizeof(a));
    memcpy(&keys[1], &b, sizeof(b));
    prov_enter(a->prov);
    for (int i = 0; i < 2; i++)
        soft[i] = prov_key_soft(keys[i]);
    same = soft[0] != NULL && soft[1] != NULL && equal(soft[0], soft[1]) == 1;
    prov_leave(a->prov);
    return same;
}

bool prov_key_equal(const struct prov_key *a, const struct prov_key *b)
{
    if (a->type != b->type || !prov_key_has_public(a) ||
        !prov_key_has_public(b))
        return false;
    return equal_numbers(a, b) ||
           (a->type->group_param != NULL && equal_soft(a, b, EVP_PKEY_eq));
}

bool prov_key_same_group(const struct prov_key *a, const struct prov_key *b)
{
    const char *name = a->type->group_param;
    const OSSL_PARAM *x, *y;

    if (a->type != b->type || name == NULL)
        return a->type == b->type;
    if (a->public == NULL || b->public == NULL)
        return a->public == b->public;
    x = OSSL_PARAM_locate_const(a->public, name);
    y = OSSL_PARAM_locate_const(b->public, name);
    return (x != NULL && y != NULL && equal_param(x, y)) ||
           equal_soft(a, b, EVP_PKEY_parameters_eq);
}

bool prov_key_allows(const struct prov_key *key, CK_MECHANISM_TYPE mechanism)
{
    const CK_ATTRIBUTE *attr =
        p11_object_attr(key->object, CKA_ALLOWED_MECHANISMS);
    CK_MECHANISM_TYPE allowed;

    /* Absent, unknown or empty means that all are allowed. */
    if (attr == NULL || attr->ulValueLen < sizeof(allowed))
        return true;
    for (size_t i = 0; i + sizeof(allowed) <= attr->ulValueLen;
         i += sizeof(allowed)) {
        memcpy(&allowed, (const uint8_t *)attr->pValue + i, sizeof(allowed));
        if (allowed == mechanism)
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
