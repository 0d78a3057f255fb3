/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Protected files: see protected.h. A chunk's nonce is its number and whether
 * it is the last; the key comes from the content key and the file's own salt,
 * so that no nonce is ever used twice with a key, and the content key itself,
 * which also encrypts the rights data, encrypts no content.
 */
#include "protected.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

enum {
    TAG = 16,
    NONCE = 12,
    FIXED = 20, /* octets of the head before the salt */
    SEALED_CHUNK = PROTECTED_CHUNK + TAG,
    VERSION = 1,
    SUITE = 1, /* HKDF with SHA-256, AES-256-GCM */
    COUNTER_AT = 3
};

static const uint8_t magic[8] = {0x89, 'P', 'V', 'S', '\r', '\n', 0x1a, '\n'};
static const char info[] = "privyseal protected file 1";

struct stream { /* one file on its way */
    EVP_CIPHER *cipher;
    EVP_CIPHER_CTX *ctx;
    const struct protected_io *io;
    bool encrypt;
    uint8_t *current, *next; /* SEALED_CHUNK each */
    size_t current_len, next_len;
    uint64_t number;
    const uint8_t *bound; /* hash of the head */
};

/* ---- the head
 */

static void put(uint8_t *at, size_t octets, uint64_t value)
{
    while (octets-- > 0) {
        at[octets] = (uint8_t)value;
        value >>= 8;
    }
}

static uint64_t get(const uint8_t *at, size_t octets)
{
    uint64_t value = 0;

    for (size_t i = 0; i < octets; i++)
        value = value << 8 | at[i];
    return value;
}

static void print_fixed(size_t chain_len, uint8_t out[static FIXED])
{
    memcpy(out, magic, sizeof(magic));
    put(out + 8, 2, VERSION);
    put(out + 10, 2, SUITE);
    put(out + 12, 4, PROTECTED_CHUNK);
    put(out + 16, 4, chain_len);
}

static enum iss_status hash_head(OSSL_LIB_CTX *libctx,
                                 struct protected_head *head,
                                 struct iss_error *error)
{
    uint8_t fixed[FIXED];
    EVP_MD *md = EVP_MD_fetch(libctx, "SHA256", NULL);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();

    print_fixed(head->chain_len, fixed);
    bool good = md != NULL && ctx != NULL &&
                EVP_DigestInit_ex2(ctx, md, NULL) == 1 &&
                EVP_DigestUpdate(ctx, fixed, sizeof(fixed)) == 1 &&
                EVP_DigestUpdate(ctx, head->salt, sizeof(head->salt)) == 1 &&
                EVP_DigestUpdate(ctx, head->chain, head->chain_len) == 1 &&
                EVP_DigestFinal_ex(ctx, head->hash, NULL) == 1;
    EVP_MD_CTX_free(ctx);
    EVP_MD_free(md);
    return good ? ISS_OK
                : iss_fail(error, ISS_INTERNAL, "libcrypto has no SHA-256");
}

void protected_head_clear(struct protected_head *head)
{
    free(head->chain);
    *head = (struct protected_head){0};
}

static enum iss_status make_head(OSSL_LIB_CTX *libctx, const char *chain,
                                 size_t chain_len, const uint8_t *salt,
                                 struct protected_head *head,
                                 struct iss_error *error)
{
    *head = (struct protected_head){0};
    if (chain_len == 0 || chain_len > XRML_CHAIN_MAX)
        return iss_fail(error, ISS_USAGE,
                        "protected file: a chain of 1 to %d octets",
                        XRML_CHAIN_MAX);
    head->chain = malloc(chain_len + 1);
    if (head->chain == NULL)
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    memcpy(head->chain, chain, chain_len);
    head->chain[chain_len] = '\0';
    head->chain_len = chain_len;
    if (salt != NULL)
        memcpy(head->salt, salt, sizeof(head->salt));
    else if (RAND_bytes_ex(libctx, head->salt, sizeof(head->salt), 0) != 1)
        return iss_fail(error, ISS_INTERNAL, "no random numbers");
    return hash_head(libctx, head, error);
}

static enum iss_status write_head(const struct protected_head *head,
                                  const struct protected_io *io,
                                  struct iss_error *error)
{
    uint8_t fixed[FIXED];

    print_fixed(head->chain_len, fixed);
    enum iss_status status = io->write(io->arg, fixed, sizeof(fixed), error);
    if (status == ISS_OK)
        status = io->write(io->arg, head->salt, sizeof(head->salt), error);
    if (status == ISS_OK)
        status = io->write(io->arg, (const uint8_t *)head->chain,
                           head->chain_len, error);
    return status;
}

/* As many octets as there are, at most size. */
static enum iss_status fill(const struct protected_io *io, uint8_t *octets,
                            size_t size, size_t *len, struct iss_error *error)
{
    size_t got = 1;
    enum iss_status status = ISS_OK;

    for (*len = 0; *len < size && got > 0 && status == ISS_OK; *len += got) {
        got = 0;
        status = io->read(io->arg, octets + *len, size - *len, &got, error);
    }
    return status;
}

static enum iss_status take(const struct protected_io *io, uint8_t *octets,
                            size_t size, struct iss_error *error)
{
    size_t len = 0;
    enum iss_status status = fill(io, octets, size, &len, error);

    if (status == ISS_OK && len < size)
        status = iss_fail(error, ISS_MALFORMED,
                          "protected file: ends within its head");
    return status;
}

static enum iss_status check_fixed(const uint8_t fixed[static FIXED],
                                   struct iss_error *error)
{
    uint64_t version = get(fixed + 8, 2);
    uint64_t chain_len = get(fixed + 16, 4);

    if (memcmp(fixed, magic, sizeof(magic)) != 0)
        return iss_fail(error, ISS_MALFORMED,
                        "no protected file: does not begin like one");
    if (version != VERSION)
        return iss_fail(error, ISS_MALFORMED,
                        "protected file: version %u, only %d is read",
                        (unsigned)version, VERSION);
    if (get(fixed + 10, 2) != SUITE || get(fixed + 12, 4) != PROTECTED_CHUNK)
        return iss_fail(error, ISS_MALFORMED,
                        "protected file: a cipher or chunk size that this "
                        "version has not");
    if (chain_len == 0 || chain_len > XRML_CHAIN_MAX)
        return iss_fail(error, ISS_MALFORMED,
                        "protected file: a chain of %llu octets, 1 to %d are "
                        "read",
                        (unsigned long long)chain_len, XRML_CHAIN_MAX);
    return ISS_OK;
}

enum iss_status protected_read_head(OSSL_LIB_CTX *libctx,
                                    const struct protected_io *io,
                                    struct protected_head *head,
                                    struct iss_error *error)
{
    uint8_t fixed[FIXED];

    *head = (struct protected_head){0};
    enum iss_status status = take(io, fixed, sizeof(fixed), error);
    if (status == ISS_OK)
        status = check_fixed(fixed, error);
    if (status == ISS_OK)
        status = take(io, head->salt, sizeof(head->salt), error);
    if (status != ISS_OK)
        return status;
    head->chain_len = (size_t)get(fixed + 16, 4);
    head->chain = calloc(1, head->chain_len + 1);
    if (head->chain == NULL)
        status = iss_fail(error, ISS_INTERNAL, "out of memory");
    if (status == ISS_OK)
        status = take(io, (uint8_t *)head->chain, head->chain_len, error);
    if (status == ISS_OK)
        status = hash_head(libctx, head, error);
    if (status != ISS_OK)
        protected_head_clear(head);
    return status;
}

/* ---- chunks
 */

static bool derive(OSSL_LIB_CTX *libctx, const uint8_t *salt,
                   const uint8_t *key, uint8_t out[static PROTECTED_KEY_SIZE])
{
    EVP_KDF *kdf = EVP_KDF_fetch(libctx, "HKDF", NULL);
    EVP_KDF_CTX *ctx = kdf == NULL ? NULL : EVP_KDF_CTX_new(kdf);
    char digest[] = "SHA256";
    uint8_t secret[PROTECTED_KEY_SIZE];
    uint8_t mixed[PROTECTED_SALT_SIZE];
    char label[sizeof(info)];

    memcpy(secret, key, sizeof(secret));
    memcpy(mixed, salt, sizeof(mixed));
    memcpy(label, info, sizeof(info));
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, secret,
                                          sizeof(secret)),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, mixed,
                                          sizeof(mixed)),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, label,
                                          sizeof(info) - 1),
        OSSL_PARAM_construct_end()};
    bool good = ctx != NULL &&
                EVP_KDF_derive(ctx, out, PROTECTED_KEY_SIZE, params) == 1;

    OPENSSL_cleanse(secret, sizeof(secret));
    EVP_KDF_CTX_free(ctx);
    EVP_KDF_free(kdf);
    return good;
}

static void stream_clear(struct stream *stream)
{
    EVP_CIPHER_CTX_free(stream->ctx);
    EVP_CIPHER_free(stream->cipher);
    if (stream->current != NULL)
        OPENSSL_cleanse(stream->current, SEALED_CHUNK);
    if (stream->next != NULL)
        OPENSSL_cleanse(stream->next, SEALED_CHUNK);
    free(stream->current);
    free(stream->next);
}

static enum iss_status
stream_open(OSSL_LIB_CTX *libctx, const struct protected_head *head,
            const uint8_t *key, const struct protected_io *io, bool encrypt,
            struct stream *stream, struct iss_error *error)
{
    uint8_t derived[PROTECTED_KEY_SIZE];

    *stream =
        (struct stream){.cipher = EVP_CIPHER_fetch(libctx, "AES-256-GCM", NULL),
                        .ctx = EVP_CIPHER_CTX_new(),
                        .io = io,
                        .encrypt = encrypt,
                        .current = calloc(1, SEALED_CHUNK),
                        .next = calloc(1, SEALED_CHUNK),
                        .bound = head->hash};
    bool good = stream->cipher != NULL && stream->ctx != NULL &&
                stream->current != NULL && stream->next != NULL &&
                derive(libctx, head->salt, key, derived) &&
                EVP_CipherInit_ex2(stream->ctx, stream->cipher, derived, NULL,
                                   encrypt, NULL) == 1;
    OPENSSL_cleanse(derived, sizeof(derived));
    if (good)
        return ISS_OK;
    stream_clear(stream);
    *stream = (struct stream){0};
    return iss_fail(error, ISS_INTERNAL,
                    "libcrypto has no AES-256-GCM, no HKDF, or no memory");
}

/* Three octets of zeros, the number in eight, 1 for the last. */
static bool begin_chunk(struct stream *stream, bool last)
{
    uint8_t nonce[NONCE] = {0};
    int len = 0;

    put(nonce + COUNTER_AT, 8, stream->number);
    nonce[NONCE - 1] = last ? 1 : 0;
    return EVP_CipherInit_ex2(stream->ctx, NULL, NULL, nonce, stream->encrypt,
                              NULL) == 1 &&
           EVP_CipherUpdate(stream->ctx, NULL, &len, stream->bound,
                            PROTECTED_HASH_SIZE) == 1;
}

/* In place; the tag behind it. */
static bool seal_chunk(struct stream *stream, bool last)
{
    uint8_t *at = stream->current;
    int len = 0;
    int rest = 0;

    if (!begin_chunk(stream, last) ||
        (stream->current_len > 0 &&
         EVP_CipherUpdate(stream->ctx, at, &len, at,
                          (int)stream->current_len) != 1) ||
        EVP_CipherFinal_ex(stream->ctx, at + len, &rest) != 1)
        return false;
    stream->current_len = (size_t)len;
    if (EVP_CIPHER_CTX_ctrl(stream->ctx, EVP_CTRL_AEAD_GET_TAG, TAG,
                            at + len) != 1)
        return false;
    stream->current_len += TAG;
    return true;
}

static bool open_chunk(struct stream *stream, bool last)
{
    uint8_t *at = stream->current;
    int len = 0;
    int rest = 0;

    if (stream->current_len < TAG)
        return false;
    stream->current_len -= TAG;
    if (!begin_chunk(stream, last) ||
        EVP_CIPHER_CTX_ctrl(stream->ctx, EVP_CTRL_AEAD_SET_TAG, TAG,
                            at + stream->current_len) != 1 ||
        (stream->current_len > 0 &&
         EVP_CipherUpdate(stream->ctx, at, &len, at,
                          (int)stream->current_len) != 1))
        return false;
    return EVP_CipherFinal_ex(stream->ctx, at + len, &rest) == 1;
}

static enum iss_status bad_chunk(const struct stream *stream,
                                 struct iss_error *error)
{
    if (stream->encrypt)
        return iss_fail(error, ISS_INTERNAL, "libcrypto does not encrypt");
    return iss_fail(error, ISS_MALFORMED,
                    "protected file: chunk %llu is not authentic: altered, "
                    "moved, cut off, added, or sealed with another key",
                    (unsigned long long)stream->number + 1);
}

/* Whether a chunk is the last is known when the next was looked for: one is
 * read ahead. An empty chunk is there only where there is no content. */
static enum iss_status run(struct stream *stream, struct iss_error *error)
{
    const size_t size = stream->encrypt ? PROTECTED_CHUNK : SEALED_CHUNK;
    bool last = false;
    enum iss_status status =
        fill(stream->io, stream->current, size, &stream->current_len, error);

    for (stream->number = 0; status == ISS_OK && !last; stream->number++) {
        if (stream->number == PROTECTED_CHUNKS_MAX)
            return iss_fail(error, ISS_MALFORMED,
                            "protected file: more than a tebibyte");
        status = fill(stream->io, stream->next, size, &stream->next_len, error);
        if (status != ISS_OK)
            return status;
        last = stream->next_len == 0;
        bool good = stream->encrypt ? seal_chunk(stream, last)
                                    : open_chunk(stream, last);
        good = good && (stream->current_len > 0 || stream->number == 0);
        if (!good)
            return bad_chunk(stream, error);
        if (stream->current_len > 0)
            status = stream->io->write(stream->io->arg, stream->current,
                                       stream->current_len, error);
        uint8_t *spare = stream->current;
        stream->current = stream->next;
        stream->current_len = stream->next_len;
        stream->next = spare;
    }
    return status;
}

enum iss_status protected_write(OSSL_LIB_CTX *libctx, const char *chain,
                                size_t chain_len, const uint8_t *salt,
                                const uint8_t key[PROTECTED_KEY_SIZE],
                                const struct protected_io *io,
                                struct iss_error *error)
{
    struct protected_head head;
    struct stream stream = {0};
    enum iss_status status =
        make_head(libctx, chain, chain_len, salt, &head, error);

    if (status == ISS_OK)
        status = stream_open(libctx, &head, key, io, true, &stream, error);
    if (status == ISS_OK)
        status = write_head(&head, io, error);
    if (status == ISS_OK)
        status = run(&stream, error);
    stream_clear(&stream);
    protected_head_clear(&head);
    return status;
}

enum iss_status protected_read(OSSL_LIB_CTX *libctx,
                               const struct protected_head *head,
                               const uint8_t key[PROTECTED_KEY_SIZE],
                               const struct protected_io *io,
                               struct iss_error *error)
{
    struct stream stream = {0};
    enum iss_status status =
        stream_open(libctx, head, key, io, false, &stream, error);

    if (status == ISS_OK)
        status = run(&stream, error);
    stream_clear(&stream);
    return status;
}
