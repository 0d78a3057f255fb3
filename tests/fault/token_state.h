/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the built-in token share: its lock, login and sessions. */
#ifndef PRIVYSEAL_FAULT_TOKEN_STATE_H
#define PRIVYSEAL_FAULT_TOKEN_STATE_H

#include "curve.h"
#include "object.h"
#include "token.h"

enum { TOKEN_BITS_MIN = 512, TOKEN_BITS_MAX = 8192 };

enum operation_kind {
    OP_SIGN,
    OP_VERIFY,
    OP_ENCRYPT,
    OP_DECRYPT,
    OP_DERIVE,      /* one call: never active in a session */
    OP_DECAPSULATE, /* the same */
    OP_KINDS
};

struct mechanism {
    CK_MECHANISM_TYPE type;
    CK_FLAGS flags;           /* CKF_SIGN ... */
    int padding;              /* RSA_..._PADDING, else 0 */
    const char *digest;       /* made by the token, or NULL */
    CK_KEY_TYPE key_types[2]; /* of its key, of another kind of key */
    CK_ULONG min_size, max_size;
};

struct operation {
    const struct mechanism *mechanism; /* NULL: not active */
    EVP_PKEY *key;                     /* owned */
    uint8_t *label;                    /* owned; OAEP's, or a context */
    EVP_MD_CTX *digest;                /* owned; hashing mechanisms */
    struct rsa_use use;
    struct curve_use curve;
    struct ml_use ml;
    bool private, wants_login, logged_in, streaming;
};

struct token_session {
    CK_SESSION_HANDLE handle;
    unsigned token; /* also its slot */
    bool rw, other_key, finding;
    struct operation operations[OP_KINDS];
    CK_OBJECT_HANDLE *found;
    size_t found_count, found_next;
    struct token_session *next;
};

enum token_user { TOKEN_NOBODY, TOKEN_USER, TOKEN_SO };

/* Under the lock. Everything below is about the selected token (store.h); to
 * look a session up selects its token. */
struct token_session *token_session(CK_SESSION_HANDLE handle);
enum token_user token_user(void);
bool token_has_sessions(void);

/* Selects the token in that slot. False: there is none now. */
bool token_at(CK_SLOT_ID slot);
bool token_slot_is_there(CK_SLOT_ID slot);

/* NULL, or the object, where the session's user may see it. Syncs first. */
struct object *token_object(CK_OBJECT_HANDLE handle);
bool token_visible(const struct object *object);

/* CKR_OK where the session may create or change an object of that kind. */
CK_RV token_may_write(const struct token_session *session, bool on_token,
                      bool private);

/* Takes a whole object into the token: durable where it is on the token, a
 * handle. Owned by the token where it gives CKR_OK. */
CK_RV token_adopt(const struct token_session *session, struct object *object,
                  CK_OBJECT_HANDLE *handle);

/* Drops session objects: of one session (or of all: CK_INVALID_HANDLE), only
 * private ones where asked. */
void token_drop_objects(CK_SESSION_HANDLE session, bool private_only);

void operation_end(struct operation *operation);
CK_RV operation_init(CK_SESSION_HANDLE handle, enum operation_kind kind,
                     const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key);

/* Whether the key (NULL: no such key) may be used so. */
CK_RV operation_check_key(const struct object *key, enum operation_kind kind,
                          const struct mechanism *mechanism);

/* Another key in its place, where the session is to suffer other-key. */
void operation_swap_key(CK_SESSION_HANDLE handle, EVP_PKEY **key);
/* NULL where the token has none, or hides it. */
const struct mechanism *mechanism_find(CK_MECHANISM_TYPE type);
bool mechanism_takes(const struct mechanism *mechanism, CK_KEY_TYPE type);

/* A hash's name for libcrypto and its generator, by CKM_SHA... */
struct hash {
    CK_MECHANISM_TYPE type;
    CK_RSA_PKCS_MGF_TYPE mgf;
    const char *name;
};
const struct hash *hash_find(CK_MECHANISM_TYPE type);
const struct hash *hash_of_mgf(CK_RSA_PKCS_MGF_TYPE mgf);

struct token_template {
    const CK_ATTRIBUTE *attributes;
    CK_ULONG count;
};
struct token_text {
    const CK_BYTE *data;
    CK_ULONG len;
};

/* C_DecapsulateKey of 3.2. */
CK_RV token_decapsulate(CK_SESSION_HANDLE handle, const CK_MECHANISM *mechanism,
                        CK_OBJECT_HANDLE key,
                        const struct token_template *template,
                        const struct token_text *ciphertext,
                        CK_OBJECT_HANDLE *out);

/* Cryptoki functions of the other files, for the table in token.c. */
CK_RV token_find_init(CK_SESSION_HANDLE, CK_ATTRIBUTE *, CK_ULONG);
CK_RV token_find(CK_SESSION_HANDLE, CK_OBJECT_HANDLE *, CK_ULONG, CK_ULONG *);
CK_RV token_find_final(CK_SESSION_HANDLE);
CK_RV token_get_attributes(CK_SESSION_HANDLE, CK_OBJECT_HANDLE, CK_ATTRIBUTE *,
                           CK_ULONG);
CK_RV token_set_attributes(CK_SESSION_HANDLE, CK_OBJECT_HANDLE, CK_ATTRIBUTE *,
                           CK_ULONG);
CK_RV token_create(CK_SESSION_HANDLE, CK_ATTRIBUTE *, CK_ULONG,
                   CK_OBJECT_HANDLE *);
CK_RV token_copy(CK_SESSION_HANDLE, CK_OBJECT_HANDLE, CK_ATTRIBUTE *, CK_ULONG,
                 CK_OBJECT_HANDLE *);
CK_RV token_destroy(CK_SESSION_HANDLE, CK_OBJECT_HANDLE);
CK_RV token_generate_pair(CK_SESSION_HANDLE, CK_MECHANISM *, CK_ATTRIBUTE *,
                          CK_ULONG, CK_ATTRIBUTE *, CK_ULONG,
                          CK_OBJECT_HANDLE *, CK_OBJECT_HANDLE *);
CK_RV token_derive(CK_SESSION_HANDLE, CK_MECHANISM *, CK_OBJECT_HANDLE,
                   CK_ATTRIBUTE *, CK_ULONG, CK_OBJECT_HANDLE *);
CK_RV token_sign_init(CK_SESSION_HANDLE, CK_MECHANISM *, CK_OBJECT_HANDLE);
CK_RV token_sign(CK_SESSION_HANDLE, CK_BYTE *, CK_ULONG, CK_BYTE *, CK_ULONG *);
CK_RV token_sign_update(CK_SESSION_HANDLE, CK_BYTE *, CK_ULONG);
CK_RV token_sign_final(CK_SESSION_HANDLE, CK_BYTE *, CK_ULONG *);
CK_RV token_verify_init(CK_SESSION_HANDLE, CK_MECHANISM *, CK_OBJECT_HANDLE);
CK_RV token_verify(CK_SESSION_HANDLE, CK_BYTE *, CK_ULONG, CK_BYTE *, CK_ULONG);
CK_RV token_encrypt_init(CK_SESSION_HANDLE, CK_MECHANISM *, CK_OBJECT_HANDLE);
CK_RV token_encrypt(CK_SESSION_HANDLE, CK_BYTE *, CK_ULONG, CK_BYTE *,
                    CK_ULONG *);
CK_RV token_decrypt_init(CK_SESSION_HANDLE, CK_MECHANISM *, CK_OBJECT_HANDLE);
CK_RV token_decrypt(CK_SESSION_HANDLE, CK_BYTE *, CK_ULONG, CK_BYTE *,
                    CK_ULONG *);
CK_RV token_init(CK_SLOT_ID, CK_BYTE *, CK_ULONG, CK_BYTE *);
CK_RV token_init_pin(CK_SESSION_HANDLE, CK_BYTE *, CK_ULONG);
CK_RV token_set_pin(CK_SESSION_HANDLE, CK_BYTE *, CK_ULONG, CK_BYTE *,
                    CK_ULONG);
CK_RV token_get_info(CK_INFO *);
CK_RV token_slot_list(CK_BYTE, CK_SLOT_ID *, CK_ULONG *);
CK_RV token_slot_info(CK_SLOT_ID, CK_SLOT_INFO *);
CK_RV token_token_info(CK_SLOT_ID, CK_TOKEN_INFO *);
CK_RV token_mechanism_list(CK_SLOT_ID, CK_MECHANISM_TYPE *, CK_ULONG *);
CK_RV token_mechanism_info(CK_SLOT_ID, CK_MECHANISM_TYPE, CK_MECHANISM_INFO *);

#endif
