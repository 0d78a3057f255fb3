/* SPDX-License-Identifier: Apache-2.0 */
/* Owns what the built-in token says of itself, its mechanisms, and how it is
 * initialised. */
#include "token_state.h"

#include "presence.h"
#include "store.h"

#include <openssl/crypto.h>
#include <openssl/rsa.h>
#include <string.h>

#define PAIR    CKF_GENERATE_KEY_PAIR
#define SIGNING (CKF_SIGN | CKF_VERIFY)
#define SEALING (CKF_ENCRYPT | CKF_DECRYPT)

#define RSA(type, flags, padding, digest)                         \
    {                                                             \
        (type), (flags), (padding), (digest), {CKK_RSA, CKK_RSA}, \
            TOKEN_BITS_MIN, TOKEN_BITS_MAX                        \
    }
#define ECDSA(type, flags, digest)                               \
    {                                                            \
        (type), (flags), 0, (digest), {CKK_EC, CKK_EC}, 224, 521 \
    }
#define CURVE(type, flags, key_type, other_type)                       \
    {                                                                  \
        (type), (flags), 0, NULL, {(key_type), (other_type)}, 224, 521 \
    }

#define ML(type, flags, key_type)                                \
    {                                                            \
        (type), (flags), 0, NULL, {(key_type), (key_type)}, 0, 0 \
    }

static const struct mechanism mechanisms[] = {
    RSA(CKM_RSA_PKCS_KEY_PAIR_GEN, PAIR, 0, NULL),
    RSA(CKM_RSA_PKCS, SIGNING | SEALING, RSA_PKCS1_PADDING, NULL),
    RSA(CKM_RSA_X_509, SIGNING | SEALING, RSA_NO_PADDING, NULL),
    RSA(CKM_RSA_PKCS_OAEP, SEALING, RSA_PKCS1_OAEP_PADDING, NULL),
    RSA(CKM_RSA_PKCS_PSS, SIGNING, RSA_PKCS1_PSS_PADDING, NULL),
    RSA(CKM_SHA1_RSA_PKCS, SIGNING, RSA_PKCS1_PADDING, "SHA1"),
    RSA(CKM_SHA224_RSA_PKCS, SIGNING, RSA_PKCS1_PADDING, "SHA224"),
    RSA(CKM_SHA256_RSA_PKCS, SIGNING, RSA_PKCS1_PADDING, "SHA256"),
    RSA(CKM_SHA384_RSA_PKCS, SIGNING, RSA_PKCS1_PADDING, "SHA384"),
    RSA(CKM_SHA512_RSA_PKCS, SIGNING, RSA_PKCS1_PADDING, "SHA512"),
    RSA(CKM_SHA1_RSA_PKCS_PSS, SIGNING, RSA_PKCS1_PSS_PADDING, "SHA1"),
    RSA(CKM_SHA224_RSA_PKCS_PSS, SIGNING, RSA_PKCS1_PSS_PADDING, "SHA224"),
    RSA(CKM_SHA256_RSA_PKCS_PSS, SIGNING, RSA_PKCS1_PSS_PADDING, "SHA256"),
    RSA(CKM_SHA384_RSA_PKCS_PSS, SIGNING, RSA_PKCS1_PSS_PADDING, "SHA384"),
    RSA(CKM_SHA512_RSA_PKCS_PSS, SIGNING, RSA_PKCS1_PSS_PADDING, "SHA512"),
    ECDSA(CKM_EC_KEY_PAIR_GEN, PAIR, NULL),
    ECDSA(CKM_ECDSA, SIGNING, NULL),
    ECDSA(CKM_ECDSA_SHA1, SIGNING, "SHA1"),
    ECDSA(CKM_ECDSA_SHA224, SIGNING, "SHA224"),
    ECDSA(CKM_ECDSA_SHA256, SIGNING, "SHA256"),
    ECDSA(CKM_ECDSA_SHA384, SIGNING, "SHA384"),
    ECDSA(CKM_ECDSA_SHA512, SIGNING, "SHA512"),
    CURVE(CKM_ECDH1_DERIVE, CKF_DERIVE, CKK_EC, CKK_EC_MONTGOMERY),
    CURVE(CKM_EC_EDWARDS_KEY_PAIR_GEN, PAIR, CKK_EC_EDWARDS, CKK_EC_EDWARDS),
    CURVE(CKM_EDDSA, SIGNING, CKK_EC_EDWARDS, CKK_EC_EDWARDS),
    CURVE(CKM_EC_MONTGOMERY_KEY_PAIR_GEN, PAIR, CKK_EC_MONTGOMERY,
          CKK_EC_MONTGOMERY),
    ML(CKM_ML_DSA_KEY_PAIR_GEN, PAIR, CKK_ML_DSA),
    ML(CKM_ML_DSA, SIGNING, CKK_ML_DSA),
    ML(CKM_ML_KEM_KEY_PAIR_GEN, PAIR, CKK_ML_KEM),
    ML(CKM_ML_KEM, CKF_DECAPSULATE, CKK_ML_KEM),
};

static const struct hash hashes[] = {
    {CKM_SHA_1, CKG_MGF1_SHA1, "SHA1"},
    {CKM_SHA224, CKG_MGF1_SHA224, "SHA224"},
    {CKM_SHA256, CKG_MGF1_SHA256, "SHA256"},
    {CKM_SHA384, CKG_MGF1_SHA384, "SHA384"},
    {CKM_SHA512, CKG_MGF1_SHA512, "SHA512"},
};

const struct hash *hash_find(CK_MECHANISM_TYPE type)
{
    for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
        if (hashes[i].type == type)
            return &hashes[i];
    }
    return NULL;
}

const struct hash *hash_of_mgf(CK_RSA_PKCS_MGF_TYPE mgf)
{
    for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
        if (hashes[i].mgf == mgf)
            return &hashes[i];
    }
    return NULL;
}

/* What libcrypto may be too old for. */
static bool is_there(const struct mechanism *mechanism)
{
    const CK_KEY_TYPE type = mechanism->key_types[0];

    return (type != CKK_ML_DSA && type != CKK_ML_KEM) || ml_known(type);
}

const struct mechanism *mechanism_find(CK_MECHANISM_TYPE type)
{
    if (fault_list_has(&fault_conf()->no_mechanism, type))
        return NULL;
    for (size_t i = 0; i < sizeof(mechanisms) / sizeof(mechanisms[0]); i++) {
        if (mechanisms[i].type == type)
            return is_there(&mechanisms[i]) ? &mechanisms[i] : NULL;
    }
    return NULL;
}

bool mechanism_takes(const struct mechanism *mechanism, CK_KEY_TYPE type)
{
    return mechanism->key_types[0] == type || mechanism->key_types[1] == type;
}

/* Blank-padded, as Cryptoki's texts are. */
static void pad(CK_BYTE *out, size_t size, const char *text)
{
    size_t len = strlen(text) < size ? strlen(text) : size;

    memset(out, ' ', size);
    memcpy(out, text, len);
}

CK_RV token_get_info(CK_INFO *info)
{
    if (info == NULL)
        return CKR_ARGUMENTS_BAD;
    *info = (CK_INFO){.cryptokiVersion = {2, 40}, .libraryVersion = {1, 0}};
    pad(info->manufacturerID, sizeof(info->manufacturerID), "privyseal");
    pad(info->libraryDescription, sizeof(info->libraryDescription),
        "privyseal fault module");
    return CKR_OK;
}

/* Whether the settings have the slot, and its time has come: late= holds back
 * the last one that is not spare. */
bool token_slot_is_there(CK_SLOT_ID slot)
{
    const struct fault_conf *conf = fault_conf();

    if (slot == STORE_SPARE)
        return conf->spare;
    return slot < conf->slots &&
           (slot + 1 < conf->slots || !conf->late || fault_appeared());
}

CK_RV token_slot_list(CK_BYTE present, CK_SLOT_ID *slots, CK_ULONG *count)
{
    CK_ULONG found = 0, room;

    if (count == NULL)
        return CKR_ARGUMENTS_BAD;
    room = slots != NULL ? *count : 0;
    for (CK_SLOT_ID i = 0; i < STORE_TOKENS; i++) {
        if (!token_slot_is_there(i) || (present && i == 0 && fault_removed()))
            continue;
        if (found < room)
            slots[found] = i;
        found++;
    }
    *count = found;
    return slots != NULL && found > room ? CKR_BUFFER_TOO_SMALL : CKR_OK;
}

CK_RV token_slot_info(CK_SLOT_ID slot, CK_SLOT_INFO *info)
{
    if (!token_slot_is_there(slot))
        return CKR_SLOT_ID_INVALID;
    if (info == NULL)
        return CKR_ARGUMENTS_BAD;
    *info = (CK_SLOT_INFO){.flags = CKF_TOKEN_PRESENT | CKF_REMOVABLE_DEVICE,
                           .hardwareVersion = {1, 0},
                           .firmwareVersion = {1, 0}};
    if (slot == 0 && fault_removed())
        info->flags &= ~(CK_FLAGS)CKF_TOKEN_PRESENT;
    pad(info->slotDescription, sizeof(info->slotDescription),
        "privyseal fault slot");
    pad(info->manufacturerID, sizeof(info->manufacturerID), "privyseal");
    return CKR_OK;
}

/* Hex digits of the label's digest: a copy of the folder elsewhere is the same
 * token. */
static void make_serial(CK_BYTE out[static 16], const char *label)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t digest[32] = {0};

    (void)rsa_sha256(label, strlen(label), digest);
    for (size_t i = 0; i < 8; i++) {
        out[2 * i] = (CK_BYTE)digits[digest[i] >> 4];
        out[2 * i + 1] = (CK_BYTE)digits[digest[i] & 15];
    }
}

CK_RV token_token_info(CK_SLOT_ID slot, CK_TOKEN_INFO *info)
{
    const char *serials[] = {fault_conf()->serial, fault_conf()->serial_2, ""};
    struct store_identity identity;
    bool there;

    if (info == NULL)
        return CKR_ARGUMENTS_BAD;
    token_lock();
    there = token_at(slot);
    store_identity_load(&identity);
    token_unlock();
    if (!there)
        return CKR_SLOT_ID_INVALID;
    *info = (CK_TOKEN_INFO){.flags = CKF_RNG | CKF_LOGIN_REQUIRED,
                            .ulMaxSessionCount = CK_EFFECTIVELY_INFINITE,
                            .ulSessionCount = CK_UNAVAILABLE_INFORMATION,
                            .ulMaxRwSessionCount = CK_EFFECTIVELY_INFINITE,
                            .ulRwSessionCount = CK_UNAVAILABLE_INFORMATION,
                            .ulMaxPinLen = FAULT_TEXT_MAX - 1,
                            .ulMinPinLen = 4,
                            .ulTotalPublicMemory = CK_UNAVAILABLE_INFORMATION,
                            .ulFreePublicMemory = CK_UNAVAILABLE_INFORMATION,
                            .ulTotalPrivateMemory = CK_UNAVAILABLE_INFORMATION,
                            .ulFreePrivateMemory = CK_UNAVAILABLE_INFORMATION,
                            .hardwareVersion = {1, 0},
                            .firmwareVersion = {1, 0}};
    if (identity.initialized)
        info->flags |= CKF_TOKEN_INITIALIZED;
    if (fault_conf()->pin_pad)
        info->flags |= CKF_PROTECTED_AUTHENTICATION_PATH;
    if (identity.has_pin)
        info->flags |= CKF_USER_PIN_INITIALIZED;
    pad(info->label, sizeof(info->label),
        identity.initialized ? identity.label : "");
    pad(info->manufacturerID, sizeof(info->manufacturerID), "privyseal");
    pad(info->model, sizeof(info->model), "fault");
    if (serials[slot][0] != '\0')
        pad(info->serialNumber, sizeof(info->serialNumber), serials[slot]);
    else
        make_serial(info->serialNumber, identity.label);
    memset(info->utcTime, ' ', sizeof(info->utcTime));
    OPENSSL_cleanse(&identity, sizeof(identity));
    return CKR_OK;
}

CK_RV token_mechanism_list(CK_SLOT_ID slot, CK_MECHANISM_TYPE *list,
                           CK_ULONG *count)
{
    CK_ULONG found = 0, room;

    if (!token_slot_is_there(slot))
        return CKR_SLOT_ID_INVALID;
    if (count == NULL)
        return CKR_ARGUMENTS_BAD;
    room = list != NULL ? *count : 0;
    for (size_t i = 0; i < sizeof(mechanisms) / sizeof(mechanisms[0]); i++) {
        if (mechanism_find(mechanisms[i].type) == NULL)
            continue;
        if (found < room)
            list[found] = mechanisms[i].type;
        found++;
    }
    *count = found;
    return list != NULL && found > room ? CKR_BUFFER_TOO_SMALL : CKR_OK;
}

CK_RV token_mechanism_info(CK_SLOT_ID slot, CK_MECHANISM_TYPE type,
                           CK_MECHANISM_INFO *info)
{
    const struct mechanism *mechanism = mechanism_find(type);

    if (!token_slot_is_there(slot))
        return CKR_SLOT_ID_INVALID;
    if (info == NULL)
        return CKR_ARGUMENTS_BAD;
    if (mechanism == NULL)
        return CKR_MECHANISM_INVALID;
    *info = (CK_MECHANISM_INFO){.ulMinKeySize = mechanism->min_size,
                                .ulMaxKeySize = mechanism->max_size,
                                .flags = mechanism->flags};
    return CKR_OK;
}

/* ---- initialising ------------------------------------------------------ */

static CK_RV set_pin(char out[static FAULT_TEXT_MAX], const CK_BYTE *pin,
                     CK_ULONG len)
{
    if (pin == NULL || len < 4 || len >= FAULT_TEXT_MAX)
        return CKR_PIN_LEN_RANGE;
    if (memchr(pin, '\n', len) != NULL || memchr(pin, '\0', len) != NULL)
        return CKR_PIN_INVALID;
    memcpy(out, pin, len);
    out[len] = '\0';
    return CKR_OK;
}

static bool same_pin(const char *want, const CK_BYTE *pin, CK_ULONG len)
{
    return pin != NULL && strlen(want) == len &&
           CRYPTO_memcmp(want, pin, len) == 0;
}

/* Wipes the token. Needs the lock. */
static CK_RV init_anew(const struct store_identity *identity)
{
    CK_RV rv = store_begin();

    if (rv != CKR_OK)
        return rv;
    rv = store_clear();
    objects_clear();
    if (rv == CKR_OK)
        rv = store_identity_save(identity);
    store_end();
    return rv;
}

CK_RV token_init(CK_SLOT_ID slot, CK_BYTE *pin, CK_ULONG pin_len,
                 CK_BYTE *label)
{
    struct store_identity identity;
    size_t len = 32;
    CK_RV rv;

    if (label == NULL)
        return CKR_ARGUMENTS_BAD;
    token_lock();
    if (!token_at(slot)) {
        token_unlock();
        return CKR_SLOT_ID_INVALID;
    }
    store_identity_load(&identity);
    if (token_has_sessions())
        rv = CKR_SESSION_EXISTS;
    else if (identity.initialized && !same_pin(identity.so_pin, pin, pin_len))
        rv = CKR_PIN_INCORRECT;
    else
        rv = set_pin(identity.so_pin, pin, pin_len);
    if (rv == CKR_OK) {
        while (len > 0 && label[len - 1] == ' ')
            len--;
        memcpy(identity.label, label, len);
        identity.label[len] = '\0';
        identity.initialized = true;
        identity.has_pin = false;
        rv = init_anew(&identity);
    }
    token_unlock();
    OPENSSL_cleanse(&identity, sizeof(identity));
    return rv;
}

CK_RV token_init_pin(CK_SESSION_HANDLE handle, CK_BYTE *pin, CK_ULONG pin_len)
{
    const struct token_session *session;
    struct store_identity identity;
    CK_RV rv = CKR_OK;

    token_lock();
    session = token_session(handle);
    store_identity_load(&identity);
    if (session == NULL)
        rv = CKR_SESSION_HANDLE_INVALID;
    else if (token_user() != TOKEN_SO)
        rv = CKR_USER_NOT_LOGGED_IN;
    if (rv == CKR_OK)
        rv = set_pin(identity.pin, pin, pin_len);
    if (rv == CKR_OK) {
        identity.has_pin = true;
        rv = store_identity_save(&identity);
    }
    token_unlock();
    OPENSSL_cleanse(&identity, sizeof(identity));
    return rv;
}

CK_RV token_set_pin(CK_SESSION_HANDLE handle, CK_BYTE *old_pin,
                    CK_ULONG old_len, CK_BYTE *new_pin, CK_ULONG new_len)
{
    const struct token_session *session;
    struct store_identity identity;
    char *mine;
    CK_RV rv = CKR_OK;

    token_lock();
    session = token_session(handle);
    store_identity_load(&identity);
    mine = token_user() == TOKEN_SO ? identity.so_pin : identity.pin;
    if (session == NULL)
        rv = CKR_SESSION_HANDLE_INVALID;
    else if (!session->rw)
        rv = CKR_SESSION_READ_ONLY;
    else if (!same_pin(mine, old_pin, old_len))
        rv = CKR_PIN_INCORRECT;
    if (rv == CKR_OK)
        rv = set_pin(mine, new_pin, new_len);
    if (rv == CKR_OK)
        rv = store_identity_save(&identity);
    token_unlock();
    OPENSSL_cleanse(&identity, sizeof(identity));
    return rv;
}
