/* SPDX-License-Identifier: Apache-2.0 */
/* Owns key agreement in the built-in token: ECDH without a key derivation of
 * the token's own, and the decapsulation of ML-KEM. */
#include "token_state.h"

#include "store.h"
#include "template.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

struct agreement {
    EVP_PKEY *key; /* owned */
    const struct curve *curve;
    CK_ECDH1_DERIVE_PARAMS params;
    uint8_t secret[CURVE_PRIVATE_MAX];
    size_t secret_len;
};

static CK_RV read_mechanism(const CK_MECHANISM *mechanism,
                            struct agreement *agreement)
{
    const CK_ECDH1_DERIVE_PARAMS *params = mechanism->pParameter;

    if (params == NULL || mechanism->ulParameterLen != sizeof(*params) ||
        params->kdf != CKD_NULL || params->ulSharedDataLen != 0 ||
        params->pPublicData == NULL || params->ulPublicDataLen == 0)
        return CKR_MECHANISM_PARAM_INVALID;
    agreement->params = *params;
    return CKR_OK;
}

/* Takes the key out. Needs the lock. */
static CK_RV take_key(CK_SESSION_HANDLE handle, enum operation_kind kind,
                      const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE which,
                      struct agreement *agreement)
{
    const struct mechanism *row = mechanism_find(mechanism->mechanism);
    struct object *key;
    CK_RV rv;

    if (token_session(handle) == NULL)
        return CKR_SESSION_HANDLE_INVALID;
    if (row == NULL || (row->flags & (CKF_DERIVE | CKF_DECAPSULATE)) == 0)
        return CKR_MECHANISM_INVALID;
    key = token_object(which);
    rv = operation_check_key(key, kind, row);
    if (rv == CKR_OK && kind == OP_DERIVE)
        rv = read_mechanism(mechanism, agreement);
    if (rv != CKR_OK)
        return rv;
    agreement->curve = object_curve(key);
    agreement->key = object_key(key);
    if (agreement->key == NULL || EVP_PKEY_up_ref(agreement->key) != 1) {
        agreement->key = NULL;
        return CKR_FUNCTION_FAILED;
    }
    return CKR_OK;
}

/* The peer's point, raw: wrapped ones are accepted where ec-peer= says. */
static CK_RV compute(struct agreement *agreement)
{
    const CK_ECDH1_DERIVE_PARAMS *params = &agreement->params;
    size_t len = params->ulPublicDataLen;
    const uint8_t *point =
        curve_read_point(agreement->curve, params->pPublicData, &len);
    unsigned accepts = fault_conf()->ec_peer;
    bool is_wrapped = point != params->pPublicData;

    if ((is_wrapped && accepts == FAULT_PEER_RAW) ||
        (!is_wrapped && accepts == FAULT_PEER_WRAPPED))
        return CKR_MECHANISM_PARAM_INVALID;
    agreement->secret_len = sizeof(agreement->secret);
    return curve_derive(agreement->key, point, len, agreement->secret,
                        &agreement->secret_len);
}

/* The secret as a key: cut at its start to CKA_VALUE_LEN. */
static CK_RV fill(struct object *object, const struct agreement *agreement,
                  const CK_ATTRIBUTE *template, CK_ULONG count)
{
    CK_ULONG wanted;
    CK_RV rv = template_default(object, CKO_SECRET_KEY);

    if (rv == CKR_OK)
        rv = template_apply(object, TEMPLATE_GENERATE, template, count);
    if (rv != CKR_OK)
        return rv;
    if (object_get(object, CKA_KEY_TYPE) == NULL)
        return CKR_TEMPLATE_INCOMPLETE;
    wanted = object_number(object, CKA_VALUE_LEN);
    if (wanted == CK_UNAVAILABLE_INFORMATION)
        wanted = agreement->secret_len;
    if (wanted == 0 || wanted > agreement->secret_len)
        return CKR_KEY_SIZE_RANGE;
    rv = object_set(object, CKA_VALUE,
                    agreement->secret + agreement->secret_len - wanted, wanted);
    if (rv == CKR_OK)
        rv = object_set_number(object, CKA_VALUE_LEN, wanted);
    return rv;
}

/* Hands the secret out as an object of the session. */
static CK_RV adopt(CK_SESSION_HANDLE handle, const struct agreement *agreement,
                   const CK_ATTRIBUTE *template, CK_ULONG count,
                   CK_OBJECT_HANDLE *out)
{
    struct object *object = object_new();
    const struct token_session *session;
    CK_RV rv = object != NULL ? fill(object, agreement, template, count)
                              : CKR_HOST_MEMORY;

    token_lock();
    session = token_session(handle);
    if (rv == CKR_OK && session == NULL)
        rv = CKR_SESSION_HANDLE_INVALID;
    if (rv == CKR_OK)
        rv = store_sync();
    if (rv == CKR_OK)
        rv = token_adopt(session, object, out);
    token_unlock();
    if (rv != CKR_OK)
        object_free(object);
    return rv;
}

static void forget(struct agreement *agreement)
{
    EVP_PKEY_free(agreement->key);
    OPENSSL_cleanse(agreement, sizeof(*agreement));
}

CK_RV token_derive(CK_SESSION_HANDLE handle, CK_MECHANISM *mechanism,
                   CK_OBJECT_HANDLE key, CK_ATTRIBUTE *template, CK_ULONG count,
                   CK_OBJECT_HANDLE *out)
{
    struct agreement agreement = {.key = NULL};
    CK_RV rv;

    if (mechanism == NULL || out == NULL || (template == NULL && count > 0))
        return CKR_ARGUMENTS_BAD;
    token_lock();
    rv = take_key(handle, OP_DERIVE, mechanism, key, &agreement);
    token_unlock();
    if (rv == CKR_OK) {
        operation_swap_key(handle, &agreement.key);
        rv = compute(&agreement);
    }
    if (rv == CKR_OK)
        rv = adopt(handle, &agreement, template, count, out);
    forget(&agreement);
    return rv;
}

CK_RV token_decapsulate(CK_SESSION_HANDLE handle, const CK_MECHANISM *mechanism,
                        CK_OBJECT_HANDLE key,
                        const struct token_template *template,
                        const struct token_text *ciphertext,
                        CK_OBJECT_HANDLE *out)
{
    struct agreement agreement = {.key = NULL};
    CK_RV rv;

    if (mechanism == NULL || out == NULL || ciphertext->data == NULL ||
        (template->attributes == NULL && template->count > 0))
        return CKR_ARGUMENTS_BAD;
    if (mechanism->ulParameterLen != 0)
        return CKR_MECHANISM_PARAM_INVALID;
    token_lock();
    rv = take_key(handle, OP_DECAPSULATE, mechanism, key, &agreement);
    token_unlock();
    if (rv == CKR_OK)
        rv = ml_decapsulate(agreement.key, ciphertext->data, ciphertext->len,
                            agreement.secret);
    agreement.secret_len = ML_SECRET;
    if (rv == CKR_OK)
        rv = adopt(handle, &agreement, template->attributes, template->count,
                   out);
    forget(&agreement);
    return rv;
}
