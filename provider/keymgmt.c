/* SPDX-License-Identifier: Apache-2.0 */
/* OpenSSL's KEYMGMT operation, generic over the type of key. */
#include <openssl/bn.h>
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/params.h>
#include <stdio.h>
#include <string.h>

#include "algs.h"
#include "error.h"
#include "generate.h"
#include "key.h"
#include "prov.h"

static OSSL_FUNC_keymgmt_gen_set_params_fn keymgmt_gen_set_params;
static OSSL_FUNC_keymgmt_gen_set_template_fn keymgmt_gen_set_template;
static OSSL_FUNC_keymgmt_gen_fn keymgmt_gen;
static OSSL_FUNC_keymgmt_gen_cleanup_fn keymgmt_gen_cleanup;
static OSSL_FUNC_keymgmt_load_fn keymgmt_load;
static OSSL_FUNC_keymgmt_free_fn keymgmt_free;
static OSSL_FUNC_keymgmt_get_params_fn keymgmt_get_params;
static OSSL_FUNC_keymgmt_set_params_fn keymgmt_set_params;
static OSSL_FUNC_keymgmt_has_fn keymgmt_has;
static OSSL_FUNC_keymgmt_validate_fn keymgmt_validate;
static OSSL_FUNC_keymgmt_match_fn keymgmt_match;
static OSSL_FUNC_keymgmt_import_fn keymgmt_import;
static OSSL_FUNC_keymgmt_export_fn keymgmt_export;
static OSSL_FUNC_keymgmt_dup_fn keymgmt_dup;

/* ---- generation -------------------------------------------------------- */

static void *gen_init(void *provctx, const struct prov_keytype *type,
                      int selection, const OSSL_PARAM params[])
{
    struct prov_gen *gen;

    /* libssl makes "parameters" of X25519 too: an empty key. */
    if ((selection & OSSL_KEYMGMT_SELECT_KEYPAIR) == 0 &&
        type->group_param == NULL && type->exchange == NULL)
        return NULL;
    gen = prov_gen_new(provctx, type, selection);
    if (gen != NULL && prov_gen_set(gen, params) != 1) {
        prov_gen_free(gen);
        return NULL;
    }
    return gen;
}

static int keymgmt_gen_set_params(void *genctx, const OSSL_PARAM params[])
{
    return prov_gen_set(genctx, params);
}

static int keymgmt_gen_set_template(void *genctx, void *templ)
{
    return prov_gen_like(genctx, templ);
}

static void *keymgmt_gen(void *genctx, OSSL_CALLBACK *cb, void *cbarg)
{
    struct prov_gen *gen = genctx;

    (void)cb, (void)cbarg;
    return gen->type->generate(gen);
}

static void keymgmt_gen_cleanup(void *genctx)
{
    prov_gen_free(genctx);
}

/* ---- life -------------------------------------------------------------- */

static void *keymgmt_load(const void *reference, size_t reference_sz)
{
    struct prov_key *key = NULL;

    /* The store hands out the address of a key that it holds. */
    if (reference_sz != sizeof(struct prov_key *) || reference == NULL)
        return NULL;
    memcpy(&key, reference, sizeof(key));
    return key != NULL ? prov_key_up_ref(key) : NULL;
}

static void keymgmt_free(void *keydata)
{
    prov_key_free(keydata);
}

static void *keymgmt_dup(const void *keydata_from, int selection)
{
    return prov_key_dup(keydata_from, selection);
}

/* ---- questions --------------------------------------------------------- */

enum { PARAMETERS = OSSL_KEYMGMT_SELECT_DOMAIN_PARAMETERS };

static int keymgmt_has(const void *keydata, int selection)
{
    const struct prov_key *key = keydata;

    if (key == NULL)
        return 0;
    if ((selection & PARAMETERS) != 0 && key->type->group_param != NULL &&
        key->public == NULL)
        return 0;
    if ((selection & OSSL_KEYMGMT_SELECT_PUBLIC_KEY) != 0 &&
        !prov_key_has_public(key))
        return 0;
    return (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) == 0 ||
           prov_key_is_private(key);
}

/* A token's key is known by its public half: the private one stays there. */
static int keymgmt_match(const void *keydata1, const void *keydata2,
                         int selection)
{
    if ((selection & OSSL_KEYMGMT_SELECT_KEYPAIR) != 0)
        return prov_key_equal(keydata1, keydata2);
    return (selection & PARAMETERS) == 0 ||
           prov_key_same_group(keydata1, keydata2);
}

static int answer_int(OSSL_PARAM *params, const char *name, int value)
{
    OSSL_PARAM *p = OSSL_PARAM_locate(params, name);

    return p == NULL || OSSL_PARAM_set_int(p, value) == 1;
}

static int answer_text(OSSL_PARAM *params, const char *name, const char *value)
{
    OSSL_PARAM *p = OSSL_PARAM_locate(params, name);

    return p == NULL || OSSL_PARAM_set_utf8_string(p, value) == 1;
}

static int answer_number(OSSL_PARAM *to, const OSSL_PARAM *from)
{
    BIGNUM *n = NULL;
    int ok = OSSL_PARAM_get_BN(from, &n) == 1 && OSSL_PARAM_set_BN(to, n) == 1;

    BN_free(n);
    return ok;
}

static int answer_public(const struct prov_key *key, OSSL_PARAM *params)
{
    for (const OSSL_PARAM *t = key->type->public_types; t->key != NULL; t++) {
        OSSL_PARAM *to = OSSL_PARAM_locate(params, t->key);
        const OSSL_PARAM *from =
            key->public != NULL ? OSSL_PARAM_locate_const(key->public, t->key)
                                : NULL;
        int ok = 1;

        if (to == NULL || from == NULL)
            continue;
        if (from->data_type == OSSL_PARAM_UNSIGNED_INTEGER)
            ok = answer_number(to, from);
        else if (from->data_type == OSSL_PARAM_UTF8_STRING)
            ok = OSSL_PARAM_set_utf8_string(to, from->data);
        else
            ok = OSSL_PARAM_set_octet_string(to, from->data, from->data_size);
        if (ok != 1)
            return 0;
    }
    return 1;
}

static int answer_birth(const struct prov_key *key, OSSL_PARAM *params)
{
    const struct p11_birth *birth = key->birth;
    char born[64];

    if (birth == NULL)
        return 1;
    (void)snprintf(born, sizeof(born), "%s%s%s", birth->local ? ",local" : "",
                   birth->never_extractable ? ",never-extractable" : "",
                   birth->always_sensitive ? ",always-sensitive" : "");
    return answer_text(params, PROV_PARAM_BORN,
                       born[0] == ',' ? born + 1 : "-") &&
           answer_text(params, PROV_PARAM_REFUSED, birth->refused);
}

/* Whether a token's key has a use: 1, 0, or -1 where the token does not say. */
static int has_use(const struct prov_key *key, CK_ATTRIBUTE_TYPE use)
{
    const CK_ATTRIBUTE *attr = p11_object_attr(key->object, use);

    return attr == NULL || attr->ulValueLen != sizeof(CK_BBOOL)
               ? -1
               : *(const CK_BBOOL *)attr->pValue != CK_FALSE;
}

/* What the private key may be used for, where the token says both. */
static int answer_uses(const struct prov_key *key, OSSL_PARAM *params)
{
    int sign = -1;
    int decrypt = -1;

    if (key->object != NULL) {
        sign = has_use(key, CKA_SIGN);
        decrypt = has_use(key, CKA_DECRYPT);
    }
    if (sign < 0 || decrypt < 0)
        return 1;
    return answer_text(params, PROV_PARAM_USES,
                       sign > 0 && decrypt > 0 ? "sign,decrypt"
                       : sign > 0              ? "sign"
                       : decrypt > 0           ? "decrypt"
                                               : "-");
}

/* What we answer ourselves, or what nobody has. */
static bool is_own(const struct prov_key *key, const char *name)
{
    static const OSSL_PARAM common[] = {PROV_KEY_GETTABLE, OSSL_PARAM_END};

    return OSSL_PARAM_locate_const(common, name) != NULL ||
           (key->public != NULL &&
            OSSL_PARAM_locate_const(key->type->public_types, name) != NULL &&
            OSSL_PARAM_locate_const(key->public, name) != NULL);
}

/* The rest is for software, which knows every form of a public number. */
static int answer_rest(struct prov_key *key, OSSL_PARAM *params)
{
    EVP_PKEY *soft;
    size_t i = 0;
    int ok;

    while (params[i].key != NULL && is_own(key, params[i].key))
        i++;
    if (params[i].key == NULL)
        return 1;
    soft = key->public != NULL ? prov_key_soft(key) : NULL;
    if (soft == NULL)
        return key->public == NULL;
    prov_enter(key->prov);
    ok = EVP_PKEY_get_params(soft, params);
    prov_leave(key->prov);
    return ok == 1 ? 1
                   : prov_raise(&key->prov->core, CKR_BUFFER_TOO_SMALL,
                                "%s: software does not answer a parameter",
                                prov_key_name(key));
}

static int answer_bound(const struct prov_digest *digest, OSSL_PARAM *params)
{
    struct prov_digest_name name = prov_digest_name(digest);

    return answer_text(params, OSSL_PKEY_PARAM_MANDATORY_DIGEST, name.text) &&
           answer_text(params, OSSL_PKEY_PARAM_DEFAULT_DIGEST, name.text);
}

static int answer_digest(const struct prov_key *key, OSSL_PARAM *params)
{
    const struct prov_keytype *type = key->type;
    const struct prov_digest *bound =
        type->bound != NULL ? type->bound(key) : NULL;

    if (bound != NULL)
        return answer_bound(bound, params);

    if (type->signature != NULL && type->signature->whole)
        return answer_text(params, OSSL_PKEY_PARAM_MANDATORY_DIGEST, "");
    return type->default_digest == NULL ||
           answer_text(params, OSSL_PKEY_PARAM_DEFAULT_DIGEST,
                       type->default_digest);
}

static int keymgmt_get_params(void *keydata, OSSL_PARAM params[])
{
    struct prov_key *key = keydata;

    if (answer_rest(key, params) != 1)
        return 0;
    if (answer_int(params, OSSL_PKEY_PARAM_BITS, key->bits) &&
        answer_int(params, OSSL_PKEY_PARAM_SECURITY_BITS, key->security_bits) &&
        answer_int(params, OSSL_PKEY_PARAM_MAX_SIZE, (int)key->size) &&
        answer_digest(key, params) &&
        (key->object == NULL ||
         answer_text(params, PROV_PARAM_URI, p11_object_uri(key->object))) &&
        answer_birth(key, params) && answer_uses(key, params) &&
        answer_public(key, params))
        return 1;
    return prov_raise(&key->prov->core, CKR_BUFFER_TOO_SMALL,
                      "%s: a parameter has no room", prov_key_name(key));
}

static int keymgmt_set_params(void *keydata, const OSSL_PARAM params[])
{
    struct prov_key *key = keydata;

    if (params == NULL || params[0].key == NULL || key->type->settable == NULL)
        return 1;
    return prov_key_set(key, params);
}

static int keymgmt_validate(const void *keydata, int selection, int checktype)
{
    struct prov_key *key;

    (void)checktype;
    memcpy(&key, &keydata, sizeof(key));
    return prov_key_check(key, selection);
}

/* ---- public numbers in and out ----------------------------------------- */

static int keymgmt_import(void *keydata, int selection,
                          const OSSL_PARAM params[])
{
    struct prov_key *key = keydata;
    bool private_key = (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0 &&
                       OSSL_PARAM_locate_const(params, key->type->secret);
    EVP_PKEY *pkey;
    bool ok;

    if ((selection & OSSL_KEYMGMT_SELECT_KEYPAIR) == 0 &&
        key->type->group_param == NULL)
        return 1;
    if (!private_key)
        selection &= ~OSSL_KEYMGMT_SELECT_PRIVATE_KEY;
    prov_enter(key->prov);
    pkey = prov_soft_key(&key->prov->soft, key->type->name, selection, params);
    ok = pkey != NULL && prov_key_take_soft(key, pkey, private_key);
    prov_leave(key->prov);
    return ok ? 1
              : prov_raise(&key->prov->core, CKR_ARGUMENTS_BAD,
                           "import: not an %s key", key->type->name);
}

static int export_soft(const struct prov_key *key, int selection,
                       OSSL_CALLBACK *param_cb, void *cbarg)
{
    EVP_PKEY *soft = atomic_load(&key->soft);

    if (soft != NULL && EVP_PKEY_export(soft, selection, param_cb, cbarg) == 1)
        return 1;
    return prov_raise(&key->prov->core, CKR_KEY_NEEDED,
                      "%s: it lacks what is to be exported",
                      prov_key_name(key));
}

static int export_group(const struct prov_key *key, OSSL_CALLBACK *param_cb,
                        void *cbarg)
{
    const OSSL_PARAM *group =
        key->public != NULL && key->type->group_param != NULL
            ? OSSL_PARAM_locate_const(key->public, key->type->group_param)
            : NULL;
    OSSL_PARAM params[2] = {OSSL_PARAM_END, OSSL_PARAM_END};

    if (group != NULL)
        params[0] = *group;
    return (group != NULL || key->type->group_param == NULL) &&
           param_cb(params, cbarg) == 1;
}

static int keymgmt_export(void *keydata, int selection, OSSL_CALLBACK *param_cb,
                          void *cbarg)
{
    const struct prov_key *key = keydata;

    if (key->object == NULL)
        return export_soft(key, selection, param_cb, cbarg);
    if ((selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0)
        /* libcrypto asks again for each form that a key might be written in. */
        return prov_raise_once(&key->prov->core, CKR_KEY_UNEXTRACTABLE,
                               "%s: a private key is not exported",
                               prov_key_name(key));
    if ((selection & OSSL_KEYMGMT_SELECT_PUBLIC_KEY) == 0)
        return (selection & PARAMETERS) == 0 ||
               export_group(key, param_cb, cbarg);
    return key->public != NULL && param_cb(key->public, cbarg) == 1;
}

static const OSSL_PARAM *transfer_types(const struct prov_keytype *type,
                                        int selection)
{
    if ((selection & OSSL_KEYMGMT_SELECT_KEYPAIR) == 0 &&
        ((selection & PARAMETERS) == 0 || type->group_param == NULL))
        return NULL;
    return type->transfer_types != NULL ? type->transfer_types
                                        : type->public_types;
}

/* ---- one table a type -------------------------------------------------- */

/* What libcrypto calls without any argument that tells the type. */
#define KEYMGMT(type)                                                         \
    static OSSL_FUNC_keymgmt_new_fn type##_new;                               \
    static OSSL_FUNC_keymgmt_gen_init_fn type##_gen_init;                     \
    static OSSL_FUNC_keymgmt_gen_settable_params_fn type##_gen_settable;      \
    static OSSL_FUNC_keymgmt_gettable_params_fn type##_gettable_params;       \
    static OSSL_FUNC_keymgmt_settable_params_fn type##_settable_params;       \
    static OSSL_FUNC_keymgmt_import_types_fn type##_types;                    \
    static OSSL_FUNC_keymgmt_query_operation_name_fn type##_operation;        \
    static void *type##_new(void *provctx)                                    \
    {                                                                         \
        return prov_key_new(provctx, &prov_keytype_##type);                   \
    }                                                                         \
    static void *type##_gen_init(void *provctx, int selection,                \
                                 const OSSL_PARAM params[])                   \
    {                                                                         \
        return gen_init(provctx, &prov_keytype_##type, selection, params);    \
    }                                                                         \
    static const OSSL_PARAM *type##_gen_settable(void *genctx, void *provctx) \
    {                                                                         \
        (void)genctx, (void)provctx;                                          \
        return prov_keytype_##type.gen_settable;                              \
    }                                                                         \
    static const OSSL_PARAM *type##_gettable_params(void *provctx)            \
    {                                                                         \
        (void)provctx;                                                        \
        return prov_keytype_##type.gettable;                                  \
    }                                                                         \
    static const OSSL_PARAM *type##_settable_params(void *provctx)            \
    {                                                                         \
        (void)provctx;                                                        \
        return prov_keytype_##type.settable;                                  \
    }                                                                         \
    static const OSSL_PARAM *type##_types(int selection)                      \
    {                                                                         \
        return transfer_types(&prov_keytype_##type, selection);               \
    }                                                                         \
    static const char *type##_operation(int operation_id)                     \
    {                                                                         \
        (void)operation_id;                                                   \
        return prov_keytype_##type.operation;                                 \
    }                                                                         \
    const OSSL_DISPATCH prov_keymgmt_##type[] = {                             \
        {OSSL_FUNC_KEYMGMT_NEW, (void (*)(void))type##_new},                  \
        {OSSL_FUNC_KEYMGMT_GEN_INIT, (void (*)(void))type##_gen_init},        \
        {OSSL_FUNC_KEYMGMT_GEN_SET_PARAMS,                                    \
         (void (*)(void))keymgmt_gen_set_params},                             \
        {OSSL_FUNC_KEYMGMT_GEN_SETTABLE_PARAMS,                               \
         (void (*)(void))type##_gen_settable},                                \
        {OSSL_FUNC_KEYMGMT_GEN_SET_TEMPLATE,                                  \
         (void (*)(void))keymgmt_gen_set_template},                           \
        {OSSL_FUNC_KEYMGMT_GEN, (void (*)(void))keymgmt_gen},                 \
        {OSSL_FUNC_KEYMGMT_GEN_CLEANUP, (void (*)(void))keymgmt_gen_cleanup}, \
        {OSSL_FUNC_KEYMGMT_LOAD, (void (*)(void))keymgmt_load},               \
        {OSSL_FUNC_KEYMGMT_FREE, (void (*)(void))keymgmt_free},               \
        {OSSL_FUNC_KEYMGMT_GET_PARAMS, (void (*)(void))keymgmt_get_params},   \
        {OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS,                                   \
         (void (*)(void))type##_gettable_params},                             \
        {OSSL_FUNC_KEYMGMT_SET_PARAMS, (void (*)(void))keymgmt_set_params},   \
        {OSSL_FUNC_KEYMGMT_SETTABLE_PARAMS,                                   \
         (void (*)(void))type##_settable_params},                             \
        {OSSL_FUNC_KEYMGMT_VALIDATE, (void (*)(void))keymgmt_validate},       \
        {OSSL_FUNC_KEYMGMT_QUERY_OPERATION_NAME,                              \
         (void (*)(void))type##_operation},                                   \
        {OSSL_FUNC_KEYMGMT_HAS, (void (*)(void))keymgmt_has},                 \
        {OSSL_FUNC_KEYMGMT_MATCH, (void (*)(void))keymgmt_match},             \
        {OSSL_FUNC_KEYMGMT_IMPORT, (void (*)(void))keymgmt_import},           \
        {OSSL_FUNC_KEYMGMT_IMPORT_TYPES, (void (*)(void))type##_types},       \
        {OSSL_FUNC_KEYMGMT_EXPORT, (void (*)(void))keymgmt_export},           \
        {OSSL_FUNC_KEYMGMT_EXPORT_TYPES, (void (*)(void))type##_types},       \
        {OSSL_FUNC_KEYMGMT_DUP, (void (*)(void))keymgmt_dup},                 \
        {0, NULL}}

KEYMGMT(rsa);
KEYMGMT(rsa_pss);
KEYMGMT(ec);
KEYMGMT(ed25519);
KEYMGMT(ed448);
KEYMGMT(x25519);
KEYMGMT(x448);
KEYMGMT(ml_dsa_44);
KEYMGMT(ml_dsa_65);
KEYMGMT(ml_dsa_87);
KEYMGMT(ml_kem_512);
KEYMGMT(ml_kem_768);
KEYMGMT(ml_kem_1024);
