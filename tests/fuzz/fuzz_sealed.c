/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A sealed key. First octet: bit 0 the form, bit 1 the kind, bit 2 set: what
 * follows is the inner part, encrypted here with a session key that was sealed
 * as it should be; else it is the whole. What does not open has one text; what
 * opens ends with the hash of the element.
 */
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdint.h>
#include <string.h>

#include "issuer/sealed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    OUTER = 128, /* octets of RSA-1024 */
    HEADER = 12,
    SESSION = 16,
    BLOCK = 16,
    BEFORE_KEY = 28, /* headers before a content key */
    MOST = 4096
};

static const char element[] = "<ISSUER />";

static EVP_PKEY *key;

/* KeyHeader of AES-128 in ECB, and a session key of ones. */
static void make_outer(int padding, uint8_t *out)
{
    uint8_t plain[HEADER + SESSION] = {0x1c, 0,    0xff, 0xff, 0x80, 0,
                                       0x10, 0x00, 0x01, 0x10, 0,    0};
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    size_t len = OUTER;

    memset(plain + HEADER, 1, SESSION);
    if (EVP_PKEY_encrypt_init(ctx) != 1 ||
        EVP_PKEY_CTX_set_rsa_padding(ctx, padding) != 1 ||
        EVP_PKEY_encrypt(ctx, out, &len, plain, sizeof(plain)) != 1)
        __builtin_trap();
    EVP_PKEY_CTX_free(ctx);
}

/* The whole that has this inner part, in whole blocks. */
static size_t wrap(enum sealed_form form, const uint8_t *inner, size_t len,
                   uint8_t *out)
{
    static const int paddings[] = {
        [SEALED_V1] = RSA_PKCS1_PADDING, [SEALED_V2] = RSA_PKCS1_OAEP_PADDING};
    static uint8_t outers[2][OUTER];
    static bool made[2];
    static EVP_CIPHER_CTX *ctx;
    uint8_t session[SESSION];
    int part = 0;

    if (!made[form])
        make_outer(paddings[form], outers[form]);
    made[form] = true;
    if (ctx == NULL)
        ctx = EVP_CIPHER_CTX_new();
    len = len / BLOCK * BLOCK;
    memcpy(out, outers[form], OUTER);
    memset(session, 1, sizeof(session));
    if (EVP_EncryptInit_ex(ctx, EVP_aes_128_ecb(), NULL, session, NULL) != 1 ||
        EVP_CIPHER_CTX_set_padding(ctx, 0) != 1 ||
        EVP_EncryptUpdate(ctx, out + OUTER, &part, inner, (int)len) != 1)
        __builtin_trap();
    return OUTER + len;
}

/* Behind the key stands the hash of the element, and not by chance. */
static bool says_the_element(enum sealed_form form, const uint8_t *at)
{
    const EVP_MD *md = form == SEALED_V1 ? EVP_sha1() : EVP_sha256();
    uint8_t units[2 * sizeof(element)] = {0};
    uint8_t hash[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    for (size_t i = 0; element[i] != '\0'; i++)
        units[2 * i] = (uint8_t)element[i];
    return EVP_Digest(units, 2 * strlen(element), hash, &len, md, NULL) == 1 &&
           memcmp(at, hash, len) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sealed_secret secret;
    static uint8_t whole[OUTER + MOST];
    struct iss_error error = {.status = ISS_OK};

    if (key == NULL)
        key = EVP_RSA_gen(1024);
    if (size == 0 || size > MOST || key == NULL)
        return 0;
    const bool wrapped = (data[0] & 4) != 0;
    const struct sealed_lid lid = {
        .form = (data[0] & 1) != 0 ? SEALED_V2 : SEALED_V1,
        .kind = (data[0] & 2) != 0 ? SEALED_PRIVATE_KEY : SEALED_CONTENT_KEY,
        .element = element,
        .element_len = strlen(element)};
    size_t len = size - 1;
    memcpy(whole, data + 1, len);
    if (wrapped)
        len = wrap(lid.form, data + 1, len, whole);
    enum iss_status status =
        sealed_open(&lid, key, whole, len, &secret, &error);
    if (status != ISS_OK &&
        strcmp(error.text, "the sealed key cannot be opened") != 0)
        __builtin_trap();
    if (status == ISS_OK &&
        (!wrapped ||
         (lid.kind == SEALED_CONTENT_KEY &&
          (memcmp(secret.octets, data + 1 + BEFORE_KEY, secret.len) != 0 ||
           !says_the_element(lid.form, data + 1 + BEFORE_KEY + secret.len)))))
        __builtin_trap();
    sealed_secret_wipe(&secret);
    return 0;
}
