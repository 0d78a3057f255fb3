/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sealed keys: see sealed.h. The place of everything in the inner part follows
 * from the length of the whole, which anybody sees; what was decrypted is only
 * ever compared, all of it, and in constant time.
 */
#include "sealed.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <string.h>

#include "xrml_hash.h"
#include "xrml_key.h"

enum {
    OUTER_HEADER = 16,  /* UDEBHeader: four DWORDs */
    KEY_HEADER = 12,    /* of a symmetric key */
    BLOB_HEADER = 8,    /* of a private key */
    BLOB_TYPE = 0x0207, /* a private key, version 2 */
    BLOB_RSA_KEYX = 0xa400,
    BLOB_MAGIC = 0x32415352, /* "RSA2" */
    HEADER_MAX = KEY_HEADER,
    SESSION = 16, /* octets of an AES-128 session key */
    BLOCK = 16,
    BITS = 8,
    INNER_MAX = SEALED_MAX - XRML_MODULUS_MAX,
    FLAGS_AES_ECB = 0x00001001,
    MODE_ECB = 0xffff
};

static const struct form {
    const char *name;
    enum xrml_digest digest;
    uint32_t version; /* in the UDEBHeader */
    int padding;
} forms[] = {
    [SEALED_V1] = {"sealed-key", XRML_SHA1, 1, RSA_PKCS1_PADDING},
    [SEALED_V2] = {"sealed-key-v2", XRML_SHA256, 2, RSA_PKCS1_OAEP_PADDING},
};

/* Lengths that a key of a kind may have. */
static const size_t content_keys[] = {16, 32, 0};
static const size_t private_keys[] = {596, 1172, 1748, 2324, 0};

static const struct kind {
    const size_t *lengths;
    size_t header;
} kinds[] = {
    [SEALED_CONTENT_KEY] = {content_keys, KEY_HEADER},
    [SEALED_PRIVATE_KEY] = {private_keys, BLOB_HEADER},
};

void sealed_secret_wipe(struct sealed_secret *secret)
{
    OPENSSL_cleanse(secret, sizeof(*secret));
}

const char *sealed_form_name(enum sealed_form form)
{
    return forms[form].name;
}

bool sealed_form_find(const char *name, enum sealed_form *form)
{
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
        if (strcmp(forms[i].name, name) == 0) {
            *form = (enum sealed_form)i;
            return true;
        }
    return false;
}

/* ---- layout ----------------------------------------------------------------
 */

static uint8_t *put16(uint8_t *at, size_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
    return at + 2;
}

static uint8_t *put32(uint8_t *at, uint32_t value)
{
    return put16(put16(at, value & 0xffff), value >> 16);
}

/* PRIVATEKEYBLOB: 20 octets, then nine halves of the modulus. */
static size_t blob_bits(size_t len)
{
    return (len - 20) * 2 / 9 * BITS;
}

static void key_header(enum sealed_kind kind, size_t key_len, uint8_t *at)
{
    bool private = kind == SEALED_PRIVATE_KEY;

    at = put16(at, kinds[kind].header + key_len);
    at = put16(at, MODE_ECB);
    at = put16(at, private ? blob_bits(key_len) : key_len * BITS);
    at = put16(at, private ? 0 : BLOCK);
    if (!private)
        (void)put32(at, FLAGS_AES_ECB);
}

struct layout { /* of the inner part */
    size_t header, key, hash, used, padded;
};

static struct layout layout_of(const struct sealed_lid *lid, size_t key_len)
{
    struct layout layout = {.header = OUTER_HEADER};

    layout.key = layout.header + kinds[lid->kind].header;
    layout.hash = layout.key + key_len;
    layout.used =
        layout.hash + xrml_digest_row(forms[lid->form].digest)->octets;
    layout.padded = (layout.used + BLOCK - 1) / BLOCK * BLOCK;
    return layout;
}

/* The length of the key in an inner part of this length; 0: none has it. */
static size_t key_length(const struct sealed_lid *lid, size_t inner_len)
{
    const size_t *lengths = kinds[lid->kind].lengths;

    for (size_t i = 0; lengths[i] != 0; i++)
        if (layout_of(lid, lengths[i]).padded == inner_len)
            return lengths[i];
    return 0;
}

/* Everything of an inner part but the key, as it must stand. */
static bool frame(const struct sealed_lid *lid, size_t key_len, uint8_t *inner)
{
    const struct layout layout = layout_of(lid, key_len);
    uint8_t *at = inner;

    memset(inner, 0, layout.padded);
    at = put32(at, forms[lid->form].version);
    (void)put32(at, (uint32_t)(layout.used - OUTER_HEADER));
    key_header(lid->kind, key_len, inner + layout.header);
    uint8_t hash[XRML_HASH_MAX];
    if (!xrml_hash_utf16le(forms[lid->form].digest, lid->element,
                           lid->element_len, hash))
        return false;
    memcpy(inner + layout.hash, hash, layout.used - layout.hash);
    return true;
}

/* ---- ciphers ---------------------------------------------------------------
 */

/* Whole blocks, in place. */
static bool blocks(OSSL_LIB_CTX *libctx, const uint8_t *session, bool encrypt,
                   uint8_t *data, size_t len)
{
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(libctx, "AES-128-ECB", NULL);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int part = 0;
    bool good =
        cipher != NULL && ctx != NULL &&
        EVP_CipherInit_ex2(ctx, cipher, session, NULL, encrypt, NULL) == 1 &&
        EVP_CIPHER_CTX_set_padding(ctx, 0) == 1 &&
        EVP_CipherUpdate(ctx, data, &part, data, (int)len) == 1 &&
        part == (int)len;

    EVP_CIPHER_CTX_free(ctx);
    EVP_CIPHER_free(cipher);
    return good;
}

/* OAEP with SHA-1 and MGF1 with SHA-1, no label: what CryptoAPI does. */
static bool set_padding(EVP_PKEY_CTX *ctx, enum sealed_form form)
{
    if (EVP_PKEY_CTX_set_rsa_padding(ctx, forms[form].padding) != 1)
        return false;
    return form != SEALED_V2 ||
           (EVP_PKEY_CTX_set_rsa_oaep_md_name(ctx, "SHA1", NULL) == 1 &&
            EVP_PKEY_CTX_set_rsa_mgf1_md_name(ctx, "SHA1", NULL) == 1);
}

static bool encrypt(const struct sealed_lid *lid, EVP_PKEY *to,
                    const uint8_t *plain, size_t plain_len, uint8_t *out,
                    size_t len)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(lid->libctx, to, NULL);
    size_t used = XRML_MODULUS_MAX;
    bool good = ctx != NULL && EVP_PKEY_encrypt_init(ctx) == 1 &&
                set_padding(ctx, lid->form) &&
                EVP_PKEY_encrypt(ctx, out, &used, plain, plain_len) == 1 &&
                used == len;

    EVP_PKEY_CTX_free(ctx);
    return good;
}

/* A session key in any case: a random one where there is none to be had. */
static bool decrypt(EVP_PKEY_CTX *opener, const uint8_t *data, size_t len,
                    uint8_t session[static SESSION])
{
    uint8_t plain[XRML_MODULUS_MAX];
    uint8_t header[KEY_HEADER];
    uint8_t random[SESSION];
    size_t plain_len = sizeof(plain);

    memset(session, 0, SESSION);
    memset(plain, 0, sizeof(plain));
    if (RAND_bytes(random, sizeof(random)) != 1)
        return false;
    key_header(SEALED_CONTENT_KEY, SESSION, header);
    int good = opener != NULL &&
               EVP_PKEY_decrypt(opener, plain, &plain_len, data, len) == 1;
    good &= plain_len == KEY_HEADER + SESSION;
    good &= CRYPTO_memcmp(plain, header, sizeof(header)) == 0;
    const uint8_t mask = (uint8_t)(0 - good);
    for (size_t i = 0; i < SESSION; i++)
        session[i] = (uint8_t)((plain[KEY_HEADER + i] & mask) |
                               (random[i] & (uint8_t)~mask));
    OPENSSL_cleanse(plain, sizeof(plain));
    return good != 0;
}

/* ---- closing and opening ----------------------------------------------------
 */

enum iss_status sealed_close(const struct sealed_lid *lid,
                             const struct xrml_key *to,
                             const struct sealed_secret *secret, uint8_t *out,
                             size_t *len, struct iss_error *error)
{
    EVP_PKEY *key = NULL;
    enum iss_status status = xrml_key_pkey(lid->libctx, to, &key, error);

    *len = 0;
    if (status == ISS_OK)
        status = sealed_close_to(lid, key, secret, out, len, error);
    EVP_PKEY_free(key);
    return status;
}

enum iss_status sealed_close_to(const struct sealed_lid *lid, EVP_PKEY *to,
                                const struct sealed_secret *secret,
                                uint8_t *out, size_t *len,
                                struct iss_error *error)
{
    const struct layout layout = layout_of(lid, secret->len);
    const int size = EVP_PKEY_get_size(to);
    const size_t outer = size > 0 ? (size_t)size : 0;
    uint8_t plain[KEY_HEADER + SESSION];
    uint8_t *session = plain + KEY_HEADER;
    enum iss_status status = ISS_OK;

    *len = 0;
    if (lid->form != SEALED_V2)
        return iss_fail(error, ISS_USAGE, "sealed key: %s is not made",
                        sealed_form_name(lid->form));
    if (secret->len == 0 || secret->len > SEALED_KEY_MAX ||
        key_length(lid, layout.padded) != secret->len)
        return iss_fail(error, ISS_USAGE,
                        "sealed key: %zu octets are no key of this kind",
                        secret->len);
    key_header(SEALED_CONTENT_KEY, SESSION, plain);
    uint8_t *inner = out + outer;
    if (outer == 0 || outer > XRML_MODULUS_MAX ||
        RAND_bytes(session, SESSION) != 1 ||
        !encrypt(lid, to, plain, sizeof(plain), out, outer) ||
        !frame(lid, secret->len, inner))
        status = ISS_INTERNAL;
    if (status == ISS_OK) {
        memcpy(inner + layout.key, secret->octets, secret->len);
        if (!blocks(lid->libctx, session, true, inner, layout.padded))
            status = ISS_INTERNAL;
    }
    OPENSSL_cleanse(plain, sizeof(plain));
    if (status != ISS_OK) {
        OPENSSL_cleanse(out, SEALED_MAX);
        return iss_fail(error, status, "sealed key: libcrypto does not seal");
    }
    *len = outer + layout.padded;
    return ISS_OK;
}

static enum iss_status shut(struct iss_error *error)
{
    return iss_fail(error, ISS_REFUSED, "the sealed key cannot be opened");
}

EVP_PKEY_CTX *sealed_opener(const struct sealed_lid *lid, EVP_PKEY *with)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(lid->libctx, with, NULL);

    if (ctx != NULL && EVP_PKEY_decrypt_init(ctx) == 1 &&
        set_padding(ctx, lid->form))
        return ctx;
    EVP_PKEY_CTX_free(ctx);
    return NULL;
}

enum iss_status sealed_open(const struct sealed_lid *lid, EVP_PKEY *with,
                            const uint8_t *data, size_t len,
                            struct sealed_secret *secret,
                            struct iss_error *error)
{
    EVP_PKEY_CTX *opener = sealed_opener(lid, with);
    enum iss_status status =
        sealed_open_by(lid, opener, data, len, secret, error);

    EVP_PKEY_CTX_free(opener);
    return status;
}

enum iss_status sealed_open_by(const struct sealed_lid *lid,
                               EVP_PKEY_CTX *opener, const uint8_t *data,
                               size_t len, struct sealed_secret *secret,
                               struct iss_error *error)
{
    uint8_t inner[INNER_MAX];
    uint8_t wanted[INNER_MAX];
    uint8_t session[SESSION];
    struct iss_error unused = {.status = ISS_OK};
    int size =
        opener == NULL ? 0 : EVP_PKEY_get_size(EVP_PKEY_CTX_get0_pkey(opener));
    size_t outer = size > 0 ? (size_t)size : 0;

    memset(secret, 0, sizeof(*secret));
    if (outer == 0 || len <= outer || len - outer > sizeof(inner))
        return shut(error);
    size_t inner_len = len - outer;
    size_t key_len = key_length(lid, inner_len);
    if (key_len == 0)
        return shut(error);
    const struct layout layout = layout_of(lid, key_len);
    memcpy(inner, data + outer, inner_len);
    int good = decrypt(opener, data, outer, session);
    good &= frame(lid, key_len, wanted);
    good &= blocks(lid->libctx, session, false, inner, inner_len);
    /* what fills the last block is not looked at */
    good &= CRYPTO_memcmp(inner, wanted, layout.key) == 0;
    good &= CRYPTO_memcmp(inner + layout.hash, wanted + layout.hash,
                          layout.used - layout.hash) == 0;
    if (good) {
        memcpy(secret->octets, inner + layout.key, key_len);
        secret->len = key_len;
    }
    OPENSSL_cleanse(inner, sizeof(inner));
    OPENSSL_cleanse(session, sizeof(session));
    /* a sentence takes its time too: one is made in any case */
    const enum iss_status refused = shut(good ? &unused : error);
    return good ? ISS_OK : refused;
}

/* ---- private keys
 * ------------------------------------------------------------ */

/* One number of a key, its least octet first, in len octets; wiped. */
static bool put_number(const EVP_PKEY *key, const char *name, uint8_t *at,
                       size_t len)
{
    BIGNUM *number = NULL;
    bool good = EVP_PKEY_get_bn_param(key, name, &number) == 1 &&
                BN_bn2lebinpad(number, at, (int)len) == (int)len;

    BN_clear_free(number);
    return good;
}

/* PRIVATEKEYBLOB (MS-RMPR 2.2.9.1.13). libcrypto's own writer leaves what it
 * has written in memory that it frees. */
static bool put_blob(const EVP_PKEY *key, size_t bits, uint8_t *out)
{
    static const struct {
        const char *name;
        size_t halves;
    } numbers[] = {
        {OSSL_PKEY_PARAM_RSA_N, 2},
        {OSSL_PKEY_PARAM_RSA_FACTOR1, 1},
        {OSSL_PKEY_PARAM_RSA_FACTOR2, 1},
        {OSSL_PKEY_PARAM_RSA_EXPONENT1, 1},
        {OSSL_PKEY_PARAM_RSA_EXPONENT2, 1},
        {OSSL_PKEY_PARAM_RSA_COEFFICIENT1, 1},
        {OSSL_PKEY_PARAM_RSA_D, 2},
    };
    const size_t half = bits / (2 * BITS);
    uint8_t *at = put32(out, BLOB_TYPE);
    bool good = true;

    at = put32(at, BLOB_RSA_KEYX);
    at = put32(at, BLOB_MAGIC);
    at = put32(at, (uint32_t)bits);
    good = put_number(key, OSSL_PKEY_PARAM_RSA_E, at, sizeof(uint32_t));
    at += sizeof(uint32_t);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]) && good; i++) {
        const size_t len = numbers[i].halves * half;

        good = put_number(key, numbers[i].name, at, len);
        at += len;
    }
    return good;
}

enum iss_status sealed_from_key(const EVP_PKEY *key,
                                struct sealed_secret *secret,
                                struct iss_error *error)
{
    const int bits = EVP_PKEY_get_bits(key);

    memset(secret, 0, sizeof(*secret));
    ERR_set_mark();
    /* the first length is RSA-1024's, which is read and never made */
    for (const size_t *fits = private_keys + 1; *fits != 0; fits++)
        if (bits > 0 && blob_bits(*fits) == (size_t)bits &&
            EVP_PKEY_is_a(key, "RSA") &&
            put_blob(key, (size_t)bits, secret->octets))
            secret->len = *fits;
    (void)ERR_pop_to_mark();
    if (secret->len > 0)
        return ISS_OK;
    sealed_secret_wipe(secret);
    return iss_fail(error, ISS_USAGE,
                    "sealed key: no RSA private key of 2048, 3072 or 4096 "
                    "bits");
}

enum iss_status sealed_to_key(const struct sealed_secret *secret,
                              EVP_PKEY **out, struct iss_error *error)
{
    const unsigned char *at = secret->octets;
    bool whole = false;

    for (const size_t *fits = private_keys; *fits != 0; fits++)
        whole = whole || secret->len == *fits;
    ERR_set_mark();
    *out = whole ? b2i_PrivateKey(&at, (long)secret->len) : NULL;
    (void)ERR_pop_to_mark();
    if (*out != NULL && EVP_PKEY_is_a(*out, "RSA") &&
        (size_t)EVP_PKEY_get_bits(*out) == blob_bits(secret->len))
        return ISS_OK;
    EVP_PKEY_free(*out);
    *out = NULL;
    return iss_fail(error, ISS_USAGE, "sealed key: no private key of RSA");
}
