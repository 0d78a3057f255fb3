/* SPDX-License-Identifier: Apache-2.0 */
/* Owns key generation in the built-in token. */
#include "token_state.h"

#include "store.h"
#include "template.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_EXPONENT = 65537, TRIES_MAX = 4096 };

/* What weak= does: the attribute, and the value that the key gets. */
static const struct {
    unsigned weak;
    CK_ATTRIBUTE_TYPE type;
    bool value;
} weaknesses[] = {
    {FAULT_WEAK_EXTRACTABLE, CKA_EXTRACTABLE, true},
    {FAULT_WEAK_SENSITIVE, CKA_SENSITIVE, false},
    {FAULT_WEAK_DECRYPT, CKA_DECRYPT, true},
    {FAULT_WEAK_UNWRAP, CKA_UNWRAP, true},
    {FAULT_WEAK_SIGN, CKA_SIGN, false},
    {FAULT_WEAK_PRIVATE, CKA_PRIVATE, false},
};

struct pair {
    struct object *public_key, *private_key; /* owned */
    const struct mechanism *mechanism;
    CK_SESSION_HANDLE session;
    unsigned bits; /* RSA */
    unsigned long exponent;
    struct rsa_numbers rsa;
    const struct curve *curve; /* the others */
    struct curve_pair curved;
    const struct ml_set *ml;
    struct ml_pair lattice;
};

static CK_RV set_origin(const struct mechanism *mechanism, struct object *key)
{
    CK_ULONG asked = object_number(key, CKA_KEY_TYPE);
    CK_RV rv;

    if (asked != CK_UNAVAILABLE_INFORMATION && asked != mechanism->key_types[0])
        return CKR_TEMPLATE_INCONSISTENT;
    rv = object_set_number(key, CKA_KEY_TYPE, mechanism->key_types[0]);

    if (rv == CKR_OK)
        rv = object_set_bool(key, CKA_LOCAL, fault_conf()->local);
    if (rv == CKR_OK)
        rv = object_set_number(key, CKA_KEY_GEN_MECHANISM, mechanism->type);
    return rv;
}

static CK_RV weaken(struct object *key)
{
    const struct fault_conf *conf = fault_conf();
    CK_RV rv = CKR_OK;

    for (size_t i = 0; i < sizeof(weaknesses) / sizeof(weaknesses[0]); i++) {
        if ((conf->weak & weaknesses[i].weak) != 0 && rv == CKR_OK)
            rv = object_set_bool(key, weaknesses[i].type, weaknesses[i].value);
    }
    if ((conf->weak & FAULT_WEAK_MECHANISMS) != 0 && rv == CKR_OK)
        rv = object_set(key, CKA_ALLOWED_MECHANISMS, NULL, 0);
    if (conf->always_auth && rv == CKR_OK)
        rv = object_set_bool(key, CKA_ALWAYS_AUTHENTICATE, true);
    if (rv == CKR_OK)
        rv = object_set_bool(key, CKA_ALWAYS_SENSITIVE,
                             object_bool(key, CKA_SENSITIVE));
    if (rv == CKR_OK)
        rv = object_set_bool(key, CKA_NEVER_EXTRACTABLE,
                             !object_bool(key, CKA_EXTRACTABLE));
    return rv;
}

/* The seed: a digest of seed=, or chance. The index to start from: how many
 * pairs there are, so that the same requests give the same keys. */
static CK_RV choose_seed(CK_MECHANISM_TYPE mechanism, uint8_t seed[static 32],
                         uint64_t *index)
{
    const char *text = fault_conf()->seed;

    *index = 0;
    if (text[0] == '\0')
        return RAND_priv_bytes_ex(rsa_libctx(), seed, 32, 0) == 1
                   ? CKR_OK
                   : CKR_DEVICE_ERROR;
    for (size_t i = 0; i < objects_count(); i++)
        *index +=
            object_number(objects_at(i), CKA_CLASS) == CKO_PRIVATE_KEY &&
            object_number(objects_at(i), CKA_KEY_GEN_MECHANISM) == mechanism;
    return rsa_sha256(text, strlen(text), seed) ? CKR_OK : CKR_DEVICE_ERROR;
}

static bool has_value(CK_ATTRIBUTE_TYPE type, const void *value, size_t len)
{
    for (size_t i = 0; i < objects_count(); i++) {
        const CK_ATTRIBUTE *own = object_get(objects_at(i), type);

        if (own != NULL && own->ulValueLen == len &&
            memcmp(own->pValue, value, len) == 0)
            return true;
    }
    return false;
}

static bool pair_exists(const struct pair *pair)
{
    if (pair->curve != NULL)
        return has_value(CKA_VALUE, pair->curved.private_value,
                         pair->curved.private_len);
    if (pair->ml != NULL)
        return has_value(CKA_VALUE, pair->lattice.private_value,
                         pair->lattice.private_len);
    return has_value(CKA_MODULUS, pair->rsa.value[RSA_N], pair->rsa.len[RSA_N]);
}

static CK_RV draw_pair(struct pair *pair, const uint8_t seed[static 32],
                       uint64_t index)
{
    if (pair->curve != NULL)
        return curve_generate(pair->curve, seed, index, &pair->curved);
    if (pair->ml != NULL)
        return ml_generate(pair->ml, seed, index, &pair->lattice);
    return rsa_generate(seed, index, pair->bits, pair->exponent, &pair->rsa);
}

/* Generates without the lock held. */
static CK_RV make_numbers(struct pair *pair)
{
    uint8_t seed[32];
    uint64_t index = 0;
    bool exists = true;
    CK_RV rv;

    token_lock();
    rv = token_session(pair->session) != NULL ? store_sync()
                                              : CKR_SESSION_HANDLE_INVALID;
    if (rv == CKR_OK)
        rv = choose_seed(pair->mechanism->type, seed, &index);
    token_unlock();
    for (unsigned i = 0; rv == CKR_OK && exists && i < TRIES_MAX; i++) {
        rv = draw_pair(pair, seed, index + i);
        token_lock();
        if (rv == CKR_OK && token_session(pair->session) == NULL)
            rv = CKR_SESSION_HANDLE_INVALID;
        exists = rv == CKR_OK && pair_exists(pair);
        token_unlock();
    }
    OPENSSL_cleanse(seed, sizeof(seed));
    return rv;
}

/* The two templates as objects, without numbers yet. */
static CK_RV begin_pair(struct pair *pair, const CK_ATTRIBUTE *public_template,
                        CK_ULONG public_count,
                        const CK_ATTRIBUTE *private_template,
                        CK_ULONG private_count)
{
    CK_RV rv;

    pair->public_key = object_new();
    pair->private_key = object_new();
    if (pair->public_key == NULL || pair->private_key == NULL)
        return CKR_HOST_MEMORY;
    rv = template_default(pair->public_key, CKO_PUBLIC_KEY);
    if (rv == CKR_OK)
        rv = template_default(pair->private_key, CKO_PRIVATE_KEY);
    if (rv == CKR_OK)
        rv = template_apply(pair->public_key, TEMPLATE_GENERATE,
                            public_template, public_count);
    if (rv == CKR_OK)
        rv = template_apply(pair->private_key, TEMPLATE_GENERATE,
                            private_template, private_count);
    if (rv == CKR_OK)
        rv = set_origin(pair->mechanism, pair->public_key);
    if (rv == CKR_OK)
        rv = set_origin(pair->mechanism, pair->private_key);
    return rv == CKR_OK ? weaken(pair->private_key) : rv;
}

static unsigned long exponent_of(const struct object *public_key)
{
    const CK_ATTRIBUTE *asked = object_get(public_key, CKA_PUBLIC_EXPONENT);
    unsigned long exponent = 0;

    if (asked == NULL)
        return DEFAULT_EXPONENT;
    for (CK_ULONG i = 0; i < asked->ulValueLen; i++) {
        if (exponent >> 24 != 0)
            return 0;
        exponent = exponent << 8 | ((const CK_BYTE *)asked->pValue)[i];
    }
    return exponent % 2 == 1 && exponent > 1 ? exponent : 0;
}

/* Makes the pair durable, in one file where both are on the token, and hands
 * it over to the list. Needs the lock. */
static CK_RV adopt_pair(const struct token_session *session, struct pair *pair,
                        CK_OBJECT_HANDLE *public_key,
                        CK_OBJECT_HANDLE *private_key)
{
    struct object *both[] = {pair->public_key, pair->private_key};
    struct object *durable[2];
    size_t count = 0, first = fault_conf()->has_public ? 0 : 1;
    CK_RV rv = CKR_OK;

    for (size_t i = first; i < 2 && rv == CKR_OK; i++) {
        bool on_token = object_bool(both[i], CKA_TOKEN);

        rv = token_may_write(session, on_token,
                             object_bool(both[i], CKA_PRIVATE));
        if (on_token)
            durable[count++] = both[i];
        else
            both[i]->session = session->handle;
    }
    if (rv == CKR_OK && count > 0)
        rv = store_add(durable, count);
    *public_key = CK_INVALID_HANDLE;
    if (rv == CKR_OK && first == 0) {
        rv = objects_add(pair->public_key);
        if (rv != CKR_OK)
            return rv;
        *public_key = pair->public_key->handle;
        pair->public_key = NULL;
    }
    if (rv == CKR_OK)
        rv = objects_add(pair->private_key);
    if (rv == CKR_OK) {
        *private_key = pair->private_key->handle;
        pair->private_key = NULL;
    }
    return rv;
}

static CK_RV check_request(CK_SESSION_HANDLE handle, const CK_MECHANISM *asked,
                           const struct mechanism **mechanism)
{
    CK_RV rv;

    if (asked == NULL)
        return CKR_ARGUMENTS_BAD;
    token_lock();
    rv = token_session(handle) != NULL ? CKR_OK : CKR_SESSION_HANDLE_INVALID;
    token_unlock();
    *mechanism = mechanism_find(asked->mechanism);
    if (rv == CKR_OK && (*mechanism == NULL ||
                         ((*mechanism)->flags & CKF_GENERATE_KEY_PAIR) == 0))
        rv = CKR_MECHANISM_INVALID;
    return rv;
}

static CK_RV complete_rsa(struct pair *pair)
{
    CK_ULONG bits = object_number(pair->public_key, CKA_MODULUS_BITS);
    CK_RV rv;

    pair->exponent = exponent_of(pair->public_key);
    if (bits == CK_UNAVAILABLE_INFORMATION)
        return CKR_TEMPLATE_INCOMPLETE;
    if (bits < TOKEN_BITS_MIN || bits > TOKEN_BITS_MAX || bits % 16 != 0)
        return CKR_KEY_SIZE_RANGE;
    if (pair->exponent == 0)
        return CKR_ATTRIBUTE_VALUE_INVALID;
    pair->bits = (unsigned)bits;
    rv = make_numbers(pair);
    if (rv == CKR_OK)
        rv = object_set_numbers(pair->public_key, &pair->rsa, false);
    if (rv == CKR_OK)
        rv = object_set_numbers(pair->private_key, &pair->rsa, true);
    return rv;
}

static CK_RV set_curve(const struct pair *pair, struct object *key,
                       bool with_point)
{
    uint8_t text[CURVE_PARAMS_MAX];
    size_t len = sizeof(text);
    CK_RV rv = curve_write_params(pair->curve, text, &len);

    if (rv == CKR_OK)
        rv = object_set(key, CKA_EC_PARAMS, text, len);
    if (rv != CKR_OK || !with_point)
        return rv;
    len = sizeof(text);
    rv = curve_write_point(pair->curve, pair->curved.point,
                           pair->curved.point_len, text, &len);
    return rv == CKR_OK ? object_set(key, CKA_EC_POINT, text, len) : rv;
}

static CK_RV complete_curve(struct pair *pair)
{
    const CK_ATTRIBUTE *params = object_get(pair->public_key, CKA_EC_PARAMS);
    CK_RV rv;

    if (params == NULL)
        return CKR_TEMPLATE_INCOMPLETE;
    pair->curve = object_curve(pair->public_key);
    if (pair->curve == NULL)
        return CKR_CURVE_NOT_SUPPORTED;
    rv = make_numbers(pair);
    if (rv == CKR_OK)
        rv = set_curve(pair, pair->public_key, true);
    if (rv == CKR_OK)
        rv = set_curve(pair, pair->private_key, fault_conf()->private_point);
    if (rv == CKR_OK)
        rv = object_set(pair->private_key, CKA_VALUE,
                        pair->curved.private_value, pair->curved.private_len);
    return rv;
}

static CK_RV complete_ml(struct pair *pair)
{
    const struct ml_pair *made = &pair->lattice;
    CK_RV rv;

    if (object_get(pair->public_key, CKA_PARAMETER_SET) == NULL)
        return CKR_TEMPLATE_INCOMPLETE;
    pair->ml = object_ml(pair->public_key);
    if (pair->ml == NULL)
        return CKR_ATTRIBUTE_VALUE_INVALID;
    rv = make_numbers(pair);
    if (rv == CKR_OK)
        rv = object_set_number(pair->private_key, CKA_PARAMETER_SET,
                               pair->ml->number);
    if (rv == CKR_OK)
        rv = object_set(pair->public_key, CKA_VALUE, made->public_value,
                        made->public_len);
    if (rv == CKR_OK)
        rv = object_set(pair->private_key, CKA_VALUE, made->private_value,
                        made->private_len);
    return rv;
}

/* CKA_PUBLIC_KEY_INFO, of both. */
static CK_RV set_key_info(struct pair *pair)
{
    EVP_PKEY *key = object_key(pair->public_key);
    uint8_t *info = NULL;
    size_t len = 0;
    CK_RV rv;

    if (!fault_conf()->key_info)
        return CKR_OK;
    if (key == NULL || !curve_key_info(key, &info, &len))
        return CKR_FUNCTION_FAILED;
    rv = object_set(pair->public_key, CKA_PUBLIC_KEY_INFO, info, len);
    if (rv == CKR_OK)
        rv = object_set(pair->private_key, CKA_PUBLIC_KEY_INFO, info, len);
    OPENSSL_free(info);
    return rv;
}

static CK_RV complete_pair(struct pair *pair)
{
    const CK_KEY_TYPE type = pair->mechanism->key_types[0];
    CK_RV rv;

    if (type == CKK_RSA)
        rv = complete_rsa(pair);
    else if (type == CKK_ML_DSA || type == CKK_ML_KEM)
        rv = complete_ml(pair);
    else
        rv = complete_curve(pair);

    return rv == CKR_OK ? set_key_info(pair) : rv;
}

CK_RV token_generate_pair(CK_SESSION_HANDLE handle, CK_MECHANISM *mechanism,
                          CK_ATTRIBUTE *public_template, CK_ULONG public_count,
                          CK_ATTRIBUTE *private_template,
                          CK_ULONG private_count, CK_OBJECT_HANDLE *public_key,
                          CK_OBJECT_HANDLE *private_key)
{
    const struct token_session *session;
    const struct mechanism *row = NULL;
    struct pair *pair = NULL;
    CK_RV rv = check_request(handle, mechanism, &row);

    if (rv == CKR_OK && (public_key == NULL || private_key == NULL))
        rv = CKR_ARGUMENTS_BAD;
    if (rv != CKR_OK)
        return rv;
    pair = calloc(1, sizeof(*pair));
    if (pair == NULL)
        return CKR_HOST_MEMORY;
    pair->mechanism = row;
    pair->session = handle;
    rv = begin_pair(pair, public_template, public_count, private_template,
                    private_count);
    if (rv == CKR_OK)
        rv = complete_pair(pair);
    token_lock();
    session = token_session(handle);
    if (session == NULL)
        rv = CKR_SESSION_HANDLE_INVALID;
    if (rv == CKR_OK)
        rv = store_sync();
    if (rv == CKR_OK)
        rv = adopt_pair(session, pair, public_key, private_key);
    object_free(pair->public_key);
    object_free(pair->private_key);
    token_unlock();
    OPENSSL_cleanse(pair, sizeof(*pair));
    free(pair);
    return rv;
}
