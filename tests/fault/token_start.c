/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the start of operations in the built-in token: whether the key may, and
 * the mechanism's parameters. */
#include "token_state.h"

#include "conf.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    CK_FLAGS flag;            /* of the mechanism */
    CK_ATTRIBUTE_TYPE permit; /* of the key */
    CK_OBJECT_CLASS class;
} kinds[OP_KINDS] = {
    [OP_SIGN] = {CKF_SIGN, CKA_SIGN, CKO_PRIVATE_KEY},
    [OP_VERIFY] = {CKF_VERIFY, CKA_VERIFY, CKO_PUBLIC_KEY},
    [OP_ENCRYPT] = {CKF_ENCRYPT, CKA_ENCRYPT, CKO_PUBLIC_KEY},
    [OP_DECRYPT] = {CKF_DECRYPT, CKA_DECRYPT, CKO_PRIVATE_KEY},
    [OP_DERIVE] = {CKF_DERIVE, CKA_DERIVE, CKO_PRIVATE_KEY},
    [OP_DECAPSULATE] = {CKF_DECAPSULATE, CKA_DECAPSULATE, CKO_PRIVATE_KEY},
};

void operation_end(struct operation *operation)
{
    EVP_PKEY_free(operation->key);
    EVP_MD_CTX_free(operation->digest);
    free(operation->label);
    *operation = (struct operation){.mechanism = NULL};
}

static bool is_allowed(const struct object *key, CK_MECHANISM_TYPE type)
{
    const CK_ATTRIBUTE *list = object_get(key, CKA_ALLOWED_MECHANISMS);
    CK_MECHANISM_TYPE one;

    if (list == NULL || list->ulValueLen == 0)
        return true;
    for (CK_ULONG at = 0; at + sizeof(one) <= list->ulValueLen;
         at += sizeof(one)) {
        memcpy(&one, (const CK_BYTE *)list->pValue + at, sizeof(one));
        if (one == type)
            return true;
    }
    return false;
}

static CK_RV read_pss(struct operation *operation,
                      const CK_MECHANISM *mechanism)
{
    const CK_RSA_PKCS_PSS_PARAMS *params = mechanism->pParameter;
    const struct hash *hash, *mgf;

    if (params == NULL || mechanism->ulParameterLen != sizeof(*params))
        return CKR_MECHANISM_PARAM_INVALID;
    hash = hash_find(params->hashAlg);
    mgf = hash_of_mgf(params->mgf);
    if (hash == NULL || mgf == NULL || params->sLen > 512 ||
        (operation->mechanism->digest != NULL &&
         strcmp(operation->mechanism->digest, hash->name) != 0))
        return CKR_MECHANISM_PARAM_INVALID;
    operation->use.digest = hash->name;
    operation->use.mgf = mgf->name;
    operation->use.salt_len = (int)params->sLen;
    return CKR_OK;
}

static CK_RV keep_label(struct operation *operation, const void *data,
                        CK_ULONG len)
{
    if (len == 0)
        return CKR_OK;
    if (data == NULL || len > 4096)
        return CKR_MECHANISM_PARAM_INVALID;
    operation->label = malloc(len);
    if (operation->label == NULL)
        return CKR_HOST_MEMORY;
    memcpy(operation->label, data, len);
    return CKR_OK;
}

static CK_RV read_oaep(struct operation *operation,
                       const CK_MECHANISM *mechanism)
{
    const CK_RSA_PKCS_OAEP_PARAMS *params = mechanism->pParameter;
    const struct hash *hash, *mgf;
    CK_RV rv;

    if (params == NULL || mechanism->ulParameterLen != sizeof(*params))
        return CKR_MECHANISM_PARAM_INVALID;
    hash = hash_find(params->hashAlg);
    mgf = hash_of_mgf(params->mgf);
    if (hash == NULL || mgf == NULL || params->source > CKZ_DATA_SPECIFIED ||
        params->ulSourceDataLen > 4096)
        return CKR_MECHANISM_PARAM_INVALID;
    operation->use.digest = hash->name;
    operation->use.mgf = mgf->name;
    operation->use.label_len = params->ulSourceDataLen;
    rv = keep_label(operation, params->pSourceData, params->ulSourceDataLen);
    operation->use.label = operation->label;
    return rv;
}

/* Ed25519 may have parameters; so may Ed448, whose standard wants them. */
static CK_RV read_eddsa(struct operation *operation,
                        const CK_MECHANISM *mechanism)
{
    const struct eddsa_params *params = mechanism->pParameter;
    CK_RV rv;

    if (mechanism->ulParameterLen == 0)
        return CKR_OK;
    if (params == NULL || mechanism->ulParameterLen != sizeof(*params) ||
        params->context_len > 255)
        return CKR_MECHANISM_PARAM_INVALID;
    rv = keep_label(operation, params->context, params->context_len);
    operation->curve = (struct curve_use){.hashed = params->hashed != CK_FALSE,
                                          .context = operation->label,
                                          .context_len = params->context_len};
    return rv;
}

static CK_RV read_ml_dsa(struct operation *operation,
                         const CK_MECHANISM *mechanism)
{
    const struct sign_context *params = mechanism->pParameter;
    CK_RV rv;

    if (mechanism->ulParameterLen == 0)
        return CKR_OK;
    if (params == NULL || mechanism->ulParameterLen != sizeof(*params) ||
        params->context_len > 255 || params->hedge > CKH_DETERMINISTIC_REQUIRED)
        return CKR_MECHANISM_PARAM_INVALID;
    rv = keep_label(operation, params->context, params->context_len);
    operation->ml = (struct ml_use){.deterministic = params->hedge ==
                                                     CKH_DETERMINISTIC_REQUIRED,
                                    .context = operation->label,
                                    .context_len = params->context_len};
    return rv;
}

static CK_RV read_parameter(struct operation *operation,
                            const CK_MECHANISM *mechanism)
{
    operation->use = (struct rsa_use){
        .padding = operation->mechanism->padding,
        .digest = operation->mechanism->digest,
    };
    if (operation->mechanism->type == CKM_EDDSA)
        return read_eddsa(operation, mechanism);
    if (operation->mechanism->type == CKM_ML_DSA)
        return read_ml_dsa(operation, mechanism);
    if (operation->use.padding == RSA_PKCS1_PSS_PADDING)
        return read_pss(operation, mechanism);
    if (operation->use.padding == RSA_PKCS1_OAEP_PADDING)
        return read_oaep(operation, mechanism);
    return mechanism->ulParameterLen == 0 ? CKR_OK
                                          : CKR_MECHANISM_PARAM_INVALID;
}

static CK_RV start_digest(struct operation *operation)
{
    EVP_MD *md;
    CK_RV rv = CKR_HOST_MEMORY;

    if (operation->mechanism->digest == NULL)
        return CKR_OK;
    md = EVP_MD_fetch(rsa_libctx(), operation->mechanism->digest, NULL);
    operation->digest = EVP_MD_CTX_new();
    if (md != NULL && operation->digest != NULL &&
        EVP_DigestInit_ex2(operation->digest, md, NULL) == 1)
        rv = CKR_OK;
    EVP_MD_free(md);
    return rv;
}

CK_RV operation_check_key(const struct object *key, enum operation_kind kind,
                          const struct mechanism *mechanism)
{
    if (key == NULL)
        return CKR_KEY_HANDLE_INVALID;
    if (object_number(key, CKA_CLASS) != kinds[kind].class ||
        !mechanism_takes(mechanism, object_number(key, CKA_KEY_TYPE)))
        return CKR_KEY_TYPE_INCONSISTENT;
    if (!object_bool(key, kinds[kind].permit))
        return CKR_KEY_FUNCTION_NOT_PERMITTED;
    return is_allowed(key, mechanism->type) ? CKR_OK : CKR_MECHANISM_INVALID;
}

static CK_RV start(struct operation *operation, enum operation_kind kind,
                   const CK_MECHANISM *mechanism, struct object *key)
{
    CK_RV rv;

    operation->mechanism = mechanism_find(mechanism->mechanism);
    if (operation->mechanism == NULL ||
        (operation->mechanism->flags & kinds[kind].flag) == 0)
        return CKR_MECHANISM_INVALID;
    rv = operation_check_key(key, kind, operation->mechanism);
    if (rv == CKR_OK)
        rv = read_parameter(operation, mechanism);
    if (rv == CKR_OK)
        rv = start_digest(operation);
    if (rv != CKR_OK)
        return rv;
    operation->key = object_key(key);
    if (operation->key == NULL || EVP_PKEY_up_ref(operation->key) != 1) {
        operation->key = NULL;
        return CKR_FUNCTION_FAILED;
    }
    operation->private = object_bool(key, CKA_PRIVATE);
    operation->wants_login = object_bool(key, CKA_ALWAYS_AUTHENTICATE);
    return CKR_OK;
}

CK_RV operation_init(CK_SESSION_HANDLE handle, enum operation_kind kind,
                     const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
    struct token_session *session;
    struct operation operation = {.mechanism = NULL};
    CK_RV rv;

    if (mechanism == NULL)
        return CKR_ARGUMENTS_BAD;
    token_lock();
    session = token_session(handle);
    if (session == NULL)
        rv = CKR_SESSION_HANDLE_INVALID;
    else if (session->operations[kind].mechanism != NULL &&
             (fault_conf()->strict & FAULT_STRICT_STATE) != 0)
        rv = CKR_OPERATION_ACTIVE;
    else
        rv = start(&operation, kind, mechanism, token_object(key));
    if (rv == CKR_OK) {
        operation_end(&session->operations[kind]);
        session->operations[kind] = operation;
        operation = (struct operation){.mechanism = NULL};
    }
    operation_end(&operation);
    token_unlock();
    return rv;
}
