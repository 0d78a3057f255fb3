/* SPDX-License-Identifier: Apache-2.0 */
/* Owns signing, verifying, encrypting and decrypting in the built-in token. An
 * operation is taken out of its session before it is computed: the lock is not
 * held meanwhile, and whatever comes of it, it has ended. */
#include "token_state.h"

#include "store.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

/* ---- taking out -------------------------------------------------------- */

static bool is_rsa(const struct operation *operation)
{
    return operation->mechanism->key_types[0] == CKK_RSA;
}

static bool is_ml_dsa(const struct operation *operation)
{
    return operation->mechanism->key_types[0] == CKK_ML_DSA;
}

static CK_ULONG output_size(const struct operation *operation)
{
    return is_rsa(operation) ? (CK_ULONG)EVP_PKEY_get_size(operation->key)
                             : curve_signature_size(operation->key);
}

CK_RV token_signature_size(CK_OBJECT_HANDLE which, CK_ULONG *size)
{
    struct object *object = NULL;
    EVP_PKEY *key = NULL;
    CK_RV rv = CKR_KEY_HANDLE_INVALID;

    token_lock();
    for (unsigned i = 0; i < STORE_TOKENS && object == NULL; i++) {
        store_select(i);
        object = objects_find(which);
    }
    if (object != NULL)
        key = object_key(object);
    if (key != NULL) {
        *size = EVP_PKEY_is_a(key, "RSA") ? (CK_ULONG)EVP_PKEY_get_size(key)
                                          : curve_signature_size(key);
        rv = CKR_OK;
    }
    token_unlock();
    return rv;
}

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
        size = output_size(operation);
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
    struct rsa_numbers *numbers;
    EVP_PKEY *key = NULL;

    if (!EVP_PKEY_is_a(instead_of, "RSA"))
        return curve_other(instead_of);
    numbers = calloc(1, sizeof(*numbers));
    if (numbers != NULL &&
        rsa_generate(seed, 0, (unsigned)EVP_PKEY_get_bits(instead_of), 65537,
                     numbers) == CKR_OK)
        key = rsa_key(numbers);
    free(numbers);
    return key;
}

void operation_swap_key(CK_SESSION_HANDLE handle, EVP_PKEY **key)
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
    other = wanted ? make_other_key(*key) : NULL;
    if (other == NULL)
        return;
    EVP_PKEY_free(*key);
    *key = other;
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
    operation_swap_key(handle, &operation->key);
    if (is_rsa(operation))
        rv = rsa_sign(operation->key, &operation->use, data, data_len, out,
                      &room);
    else if (is_ml_dsa(operation))
        rv =
            ml_sign(operation->key, &operation->ml, data, data_len, out, &room);
    else
        rv = curve_sign(operation->key, &operation->curve, data, data_len, out,
                        &room);
    if (rv == CKR_OK)
        *len = room;
    return rv;
}

CK_RV token_sign_init(CK_SESSION_HANDLE handle, CK_MECHANISM *mechanism,
                      CK_OBJECT_HANDLE key)
{
    return operation_init(handle, OP_SIGN, mechanism, key);
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
    return operation_init(handle, OP_VERIFY, mechanism, key);
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
    if (!finish_digest(&operation, &input, &data_len, digest))
        rv = CKR_FUNCTION_FAILED;
    else if (is_ml_dsa(&operation))
        rv = ml_verify(operation.key, &operation.ml, input, data_len, signature,
                       signature_len);
    else if (!is_rsa(&operation))
        rv = curve_verify(operation.key, &operation.curve, input, data_len,
                          signature, signature_len);
    else
        rv = rsa_verify(operation.key, &operation.use, input, data_len,
                        signature, signature_len);
    operation_end(&operation);
    return rv;
}

/* ---- encrypting -------------------------------------------------------- */

CK_RV token_encrypt_init(CK_SESSION_HANDLE handle, CK_MECHANISM *mechanism,
                         CK_OBJECT_HANDLE key)
{
    return operation_init(handle, OP_ENCRYPT, mechanism, key);
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
    return operation_init(handle, OP_DECRYPT, mechanism, key);
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
