/* SPDX-License-Identifier: Apache-2.0 */
/* Owns signing, verifying, encrypting and decrypting in the built-in token. An
 * operation is taken out of its session before it is computed: the lock is not
 * held meanwhile, and whatever comes of it, it has ended. */
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
};

void operation_end(struct operation *operation)
{
    EVP_PKEY_free(operation->key);
    EVP_MD_CTX_free(operation->digest);
    free(operation->label);
    *operation = (struct operation){.mechanism = NULL};
}

/* ---- starting ---------------------------------------------------------- */

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

static CK_RV read_oaep(struct operation *operation,
                       const CK_MECHANISM *mechanism)
{
    const CK_RSA_PKCS_OAEP_PARAMS *params = mechanism->pParameter;
    const struct hash *hash, *mgf;

    if (params == NULL || mechanism->ulParameterLen != sizeof(*params))
        return CKR_MECHANISM_PARAM_INVALID;
    hash = hash_find(params->hashAlg);
    mgf = hash_of_mgf(params->mgf);
    if (hash == NULL || mgf == NULL || params->source > CKZ_DATA_SPECIFIED ||
        params->ulSourceDataLen > 4096)
        return CKR_MECHANISM_PARAM_INVALID;
    operation->use.digest = hash->name;
    operation->use.mgf = mgf->name;
    if (params->ulSourceDataLen == 0)
        return CKR_OK;
    operation->label = malloc(params->ulSourceDataLen);
    if (operation->label == NULL || params->pSourceData == NULL)
        return CKR_MECHANISM_PARAM_INVALID;
    memcpy(operation->label, params->pSourceData, params->ulSourceDataLen);
    operation->use.label = operation->label;
    operation->use.label_len = params->ulSourceDataLen;
    return CKR_OK;
}

static CK_RV read_parameter(struct operation *operation,
                            const CK_MECHANISM *mechanism)
{
    operation->use = (struct rsa_use){
        .padding = operation->mechanism->padding,
        .digest = operation->mechanism->digest,
    };
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

static CK_RV check_key(const struct object *key, enum operation_kind kind,
                       CK_MECHANISM_TYPE type)
{
    if (key == NULL)
        return CKR_KEY_HANDLE_INVALID;
    if (object_number(key, CKA_CLASS) != kinds[kind].class ||
        object_number(key, CKA_KEY_TYPE) != CKK_RSA)
        return CKR_KEY_TYPE_INCONSISTENT;
    if (!object_bool(key, kinds[kind].permit))
        return CKR_KEY_FUNCTION_NOT_PERMITTED;
    return is_allowed(key, type) ? CKR_OK : CKR_MECHANISM_INVALID;
}

static CK_RV start(struct operation *operation, enum operation_kind kind,
                   const CK_MECHANISM *mechanism, struct object *key)
{
    CK_RV rv;

    operation->mechanism = mechanism_find(mechanism->mechanism);
    if (operation->mechanism == NULL ||
        (operation->mechanism->flags & kinds[kind].flag) == 0)
        return CKR_MECHANISM_INVALID;
    rv = check_key(key, kind, mechanism->mechanism);
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

static CK_RV init(CK_SESSION_HANDLE handle, enum operation_kind kind,
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

/* ---- taking out -------------------------------------------------------- */

/* Takes the operation out of its session where the call will end it: not for
 * a length query (out NULL), nor where the buffer is certainly too small. */
static CK_RV take(CK_SESSION_HANDLE handle, enum operation_kind kind,
                  const CK_BYTE *out, CK_ULONG *len, struct operation *taken)
{
    struct token_session *session;
    struct operation *operation = NULL;
    CK_ULONG size;
    CK_RV rv = CKR_OK;

    token_lock();
    session = token_session(handle);
    if (session == NULL)
        rv = CKR_SESSION_HANDLE_INVALID;
    else if (session->operations[kind].mechanism == NULL)
        rv = CKR_OPERATION_NOT_INITIALIZED;
    else
        operation = &session->operations[kind];
    if (operation != NULL &&
        ((operation->private && token_user() != TOKEN_USER) ||
         (operation->wants_login && !operation->logged_in))) {
        operation_end(operation);
        operation = NULL;
        rv = CKR_USER_NOT_LOGGED_IN;
    }
    if (operation != NULL && len != NULL) {
        size = (CK_ULONG)EVP_PKEY_get_size(operation->key);
        if (out == NULL || (*len < size && kind != OP_DECRYPT)) {
            rv = out == NULL ? CKR_OK : CKR_BUFFER_TOO_SMALL;
            *len = size;
            operation = NULL;
        }
    }
    *taken = (struct operation){.mechanism = NULL};
    if (operation != NULL) {
        *taken = *operation;
        *operation = (struct operation){.mechanism = NULL};
    }
    token_unlock();
    return rv;
}

/* Back into its session: the buffer was too small after all. */
static void give_back(CK_SESSION_HANDLE handle, enum operation_kind kind,
                      struct operation *taken)
{
    struct token_session *session;

    token_lock();
    session = token_session(handle);
    if (session != NULL && session->operations[kind].mechanism == NULL) {
        session->operations[kind] = *taken;
        *taken = (struct operation){.mechanism = NULL};
    }
    token_unlock();
}

/* The digest of a hashing mechanism in place of data. */
static bool finish_digest(struct operation *operation, const CK_BYTE **data,
                          CK_ULONG *len, CK_BYTE digest[static EVP_MAX_MD_SIZE])
{
    unsigned digest_len = 0;

    if (operation->digest == NULL)
        return true;
    if (*len > 0 && EVP_DigestUpdate(operation->digest, *data, *len) != 1)
        return false;
    if (EVP_DigestFinal_ex(operation->digest, digest, &digest_len) != 1)
        return false;
    *data = digest;
    *len = digest_len;
    return true;
}

/* A key that nobody asked for, of the same size. Returns new, or NULL. */
static EVP_PKEY *make_other_key(EVP_PKEY *instead_of)
{
    static const uint8_t seed[32] = "other key";
    struct rsa_numbers *numbers = calloc(1, sizeof(*numbers));
    EVP_PKEY *key = NULL;

    if (numbers != NULL &&
        rsa_generate(seed, 0, (unsigned)EVP_PKEY_get_bits(instead_of), 65537,
                     numbers) == CKR_OK)
        key = rsa_key(numbers);
    free(numbers);
    return key;
}

static void swap_key(CK_SESSION_HANDLE handle, struct operation *operation)
{
    struct token_session *session;
    EVP_PKEY *other;
    bool wanted = false;

    token_lock();
    session = token_session(handle);
    if (session != NULL) {
        wanted = session->other_key;
        session->other_key = false;
    }
    token_unlock();
    other = wanted ? make_other_key(operation->key) : NULL;
    if (other == NULL)
        return;
    EVP_PKEY_free(operation->key);
    operation->key = other;
}

/* ---- signing ----------------------------------------------------------- */

static CK_RV sign(CK_SESSION_HANDLE handle, struct operation *operation,
                  const CK_BYTE *data, CK_ULONG data_len, CK_BYTE *out,
                  CK_ULONG *len)
{
    CK_BYTE digest[EVP_MAX_MD_SIZE];
    size_t room = *len;
    CK_RV rv;

    if (!finish_digest(operation, &data, &data_len, digest))
        return CKR_FUNCTION_FAILED;
    swap_key(handle, operation);
    rv = rsa_sign(operation->key, &operation->use, data, data_len, out, &room);
    if (rv == CKR_OK)
        *len = room;
    return rv;
}

CK_RV token_sign_init(CK_SESSION_HANDLE handle, CK_MECHANISM *mechanism,
                      CK_OBJECT_HANDLE key)
{
    return init(handle, OP_SIGN, mechanism, key);
}

CK_RV token_sign(CK_SESSION_HANDLE handle, CK_BYTE *data, CK_ULONG data_len,
                 CK_BYTE *out, CK_ULONG *len)
{
    struct operation operation;
    CK_RV rv;

    if (len == NULL || (data == NULL && data_len > 0))
        return CKR_ARGUMENTS_BAD;
    rv = take(handle, OP_SIGN, out, len, &operation);
    if (operation.mechanism != NULL) {
        rv = operation.streaming
                 ? CKR_OPERATION_ACTIVE
                 : sign(handle, &operation, data, data_len, out, len);
        operation_end(&operation);
    }
    return rv;
}

CK_RV token_sign_update(CK_SESSION_HANDLE handle, CK_BYTE *data,
                        CK_ULONG data_len)
{
    struct token_session *session;
    struct operation *operation = NULL;
    CK_RV rv = CKR_OK;

    if (data == NULL && data_len > 0)
        return CKR_ARGUMENTS_BAD;
    token_lock();
    session = token_session(handle);
    if (session == NULL)
        rv = CKR_SESSION_HANDLE_INVALID;
    else if (session->operations[OP_SIGN].mechanism == NULL)
        rv = CKR_OPERATION_NOT_INITIALIZED;
    else
        operation = &session->operations[OP_SIGN];
    if (operation != NULL) {
        operation->streaming = true;
        if (operation->digest == NULL)
            rv = CKR_FUNCTION_NOT_SUPPORTED;
        else if (EVP_DigestUpdate(operation->digest, data, data_len) != 1)
            rv = CKR_FUNCTION_FAILED;
        if (rv != CKR_OK)
            operation_end(operation);
    }
    token_unlock();
    return rv;
}

CK_RV token_sign_final(CK_SESSION_HANDLE handle, CK_BYTE *out, CK_ULONG *len)
{
    struct operation operation;
    CK_RV rv;

    if (len == NULL)
        return CKR_ARGUMENTS_BAD;
    rv = take(handle, OP_SIGN, out, len, &operation);
    if (operation.mechanism != NULL) {
        rv = operation.digest != NULL
                 ? sign(handle, &operation, NULL, 0, out, len)
                 : CKR_OPERATION_NOT_INITIALIZED;
        operation_end(&operation);
    }
    return rv;
}

CK_RV token_verify_init(CK_SESSION_HANDLE handle, CK_MECHANISM *mechanism,
                        CK_OBJECT_HANDLE key)
{
    return init(handle, OP_VERIFY, mechanism, key);
}

CK_RV token_verify(CK_SESSION_HANDLE handle, CK_BYTE *data, CK_ULONG data_len,
                   CK_BYTE *signature, CK_ULONG signature_len)
{
    CK_BYTE digest[EVP_MAX_MD_SIZE];
    const CK_BYTE *input = data;
    struct operation operation;
    CK_RV rv;

    if (signature == NULL || (data == NULL && data_len > 0))
        return CKR_ARGUMENTS_BAD;
    rv = take(handle, OP_VERIFY, NULL, NULL, &operation);
    if (operation.mechanism == NULL)
        return rv;
    if (finish_digest(&operation, &input, &data_len, digest))
        rv = rsa_verify(operation.key, &operation.use, input, data_len,
                        signature, signature_len);
    else
        rv = CKR_FUNCTION_FAILED;
    operation_end(&operation);
    return rv;
}

/* ---- encrypting -------------------------------------------------------- */

CK_RV token_encrypt_init(CK_SESSION_HANDLE handle, CK_MECHANISM *mechanism,
                         CK_OBJECT_HANDLE key)
{
    return init(handle, OP_ENCRYPT, mechanism, key);
}

CK_RV token_encrypt(CK_SESSION_HANDLE handle, CK_BYTE *data, CK_ULONG data_len,
                    CK_BYTE *out, CK_ULONG *len)
{
    struct operation operation;
    CK_RV rv;

    if (len == NULL || (data == NULL && data_len > 0))
        return CKR_ARGUMENTS_BAD;
    rv = take(handle, OP_ENCRYPT, out, len, &operation);
    if (operation.mechanism != NULL) {
        rv = rsa_encrypt(operation.key, &operation.use, data, data_len, out,
                         len);
        operation_end(&operation);
    }
    return rv;
}

CK_RV token_decrypt_init(CK_SESSION_HANDLE handle, CK_MECHANISM *mechanism,
                         CK_OBJECT_HANDLE key)
{
    return init(handle, OP_DECRYPT, mechanism, key);
}

CK_RV token_decrypt(CK_SESSION_HANDLE handle, CK_BYTE *data, CK_ULONG data_len,
                    CK_BYTE *out, CK_ULONG *len)
{
    struct operation operation;
    CK_BYTE plain[RSA_NUMBER_MAX];
    size_t plain_len = sizeof(plain);
    CK_RV rv;

    if (len == NULL || (data == NULL && data_len > 0))
        return CKR_ARGUMENTS_BAD;
    rv = take(handle, OP_DECRYPT, out, len, &operation);
    if (operation.mechanism == NULL)
        return rv;
    rv = rsa_decrypt(operation.key, &operation.use, data, data_len, plain,
                     &plain_len);
    if (rv == CKR_OK && plain_len > *len) {
        give_back(handle, OP_DECRYPT, &operation);
        rv = CKR_BUFFER_TOO_SMALL;
    } else if (rv == CKR_OK && plain_len > 0) {
        memcpy(out, plain, plain_len);
    }
    if (rv == CKR_OK || rv == CKR_BUFFER_TOO_SMALL)
        *len = plain_len;
    OPENSSL_cleanse(plain, sizeof(plain));
    operation_end(&operation);
    return rv;
}
