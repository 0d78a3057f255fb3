/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sealed keys against boxes that this file makes with libcrypto from the octets
 * of MS-RMPR 2.2.9.1.13 written out, and against the lengths of real ones.
 */
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

#include "hierarchy.h"
#include "issuer/sealed.h"
#include "unit.h"

enum { AES_BLOCK = 16, RSA_2048 = 256 };

static const char element[] =
    "<ISSUER><OBJECT type=\"MS-DRM-Server\" /></ISSUER>";

/* KeyHeader of AES-128 in ECB mode: 28 octets in all, 0xffff, 128 bits, blocks
 * of 16, flags. */
static const char session_header[] = "1c00 ffff 8000 1000 01100000";

static struct sealed_lid lid_of(enum sealed_form form, enum sealed_kind kind)
{
    return (struct sealed_lid){.form = form,
                               .kind = kind,
                               .element = element,
                               .element_len = strlen(element)};
}

static struct sealed_secret content_key(size_t len)
{
    struct sealed_secret secret = {.len = len};

    for (size_t i = 0; i < len; i++)
        secret.octets[i] = (uint8_t)(i * 7 + 1);
    return secret;
}

/* ---- libcrypto alone
 * --------------------------------------------------------- */

static void element_hash(const EVP_MD *md, uint8_t *hash)
{
    uint8_t units[2 * sizeof(element)] = {0};

    for (size_t i = 0; i < strlen(element); i++)
        units[2 * i] = (uint8_t)element[i];
    CU_ASSERT_EQUAL(
        EVP_Digest(units, 2 * strlen(element), hash, NULL, md, NULL), 1);
}

static void ecb(const uint8_t *session, int encrypt, uint8_t *data, size_t len)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int part = 0;

    CU_ASSERT_EQUAL_FATAL(
        EVP_CipherInit_ex(ctx, EVP_aes_128_ecb(), NULL, session, NULL, encrypt),
        1);
    (void)EVP_CIPHER_CTX_set_padding(ctx, 0);
    CU_ASSERT_EQUAL(EVP_CipherUpdate(ctx, data, &part, data, (int)len), 1);
    CU_ASSERT_EQUAL(part, (int)len);
    EVP_CIPHER_CTX_free(ctx);
}

/* One RSA operation with the padding of a form; the octets that come out. */
static size_t rsa(int padding, int encrypt, const uint8_t *in, size_t in_len,
                  uint8_t *out, size_t size)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(hierarchy_key(SLC_KEY), NULL);
    int ready =
        encrypt ? EVP_PKEY_encrypt_init(ctx) : EVP_PKEY_decrypt_init(ctx);
    int done = 0;
    size_t len = size;

    CU_ASSERT_EQUAL_FATAL(ready, 1);
    CU_ASSERT_EQUAL(EVP_PKEY_CTX_set_rsa_padding(ctx, padding), 1);
    done = encrypt ? EVP_PKEY_encrypt(ctx, out, &len, in, in_len)
                   : EVP_PKEY_decrypt(ctx, out, &len, in, in_len);
    EVP_PKEY_CTX_free(ctx);
    ERR_clear_error();
    return done == 1 ? len : 0;
}

/* A box with an AES-128 key, made by hand. */
struct box {
    uint8_t octets[SEALED_MAX];
    size_t len;
};

struct recipe { /* what a test changes */
    int padding;
    const char *outer; /* UDEBHeader */
    const char *header;
    const char *session; /* header of the session key */
    const EVP_MD *md;
};

static const struct recipe version_2 = {
    .padding = RSA_PKCS1_OAEP_PADDING,
    .outer = "02000000 3c000000 00000000 00000000",
    .header = session_header,
    .session = session_header};

static const struct recipe version_1 = {
    .padding = RSA_PKCS1_PADDING,
    .outer = "01000000 30000000 00000000 00000000",
    .header = session_header,
    .session = session_header};

static void make_box(const struct recipe *recipe, const EVP_MD *md,
                     struct box *box)
{
    uint8_t plain[28];
    uint8_t inner[96] = {0};
    const struct sealed_secret key = content_key(16);
    size_t used = 16 + 12 + 16 + (size_t)EVP_MD_get_size(md);
    size_t padded = (used + AES_BLOCK - 1) / AES_BLOCK * AES_BLOCK;

    (void)unit_hex(recipe->session, plain, 12);
    memset(plain + 12, 0x5a, 16);
    CU_ASSERT_EQUAL(unit_hex(recipe->outer, inner, 16), 16);
    CU_ASSERT_EQUAL(unit_hex(recipe->header, inner + 16, 12), 12);
    memcpy(inner + 28, key.octets, 16);
    element_hash(md, inner + 44);
    ecb(plain + 12, 1, inner, padded);
    CU_ASSERT_EQUAL(
        rsa(recipe->padding, 1, plain, sizeof(plain), box->octets, RSA_2048),
        RSA_2048);
    memcpy(box->octets + RSA_2048, inner, padded);
    box->len = RSA_2048 + padded;
}

/* ---- tests
 * ------------------------------------------------------------------- */

static void lengths_are_those_of_real_documents(void)
{
    static const struct {
        enum sealed_kind kind;
        size_t secret, sealed;
    } rows[] = {{SEALED_CONTENT_KEY, 16, 256 + 80},
                {SEALED_CONTENT_KEY, 32, 256 + 96},
                {SEALED_PRIVATE_KEY, 1172, 256 + 1232}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct sealed_lid lid = lid_of(SEALED_V2, rows[i].kind);
        const struct sealed_secret secret = content_key(rows[i].secret);
        uint8_t out[SEALED_MAX];
        size_t len = 0;

        CU_ASSERT_EQUAL(sealed_close(&lid, hierarchy_numbers(SLC_KEY), &secret,
                                     out, &len, NULL),
                        ISS_OK);
        CU_ASSERT_EQUAL(len, rows[i].sealed);
    }
}

static void what_we_seal_libcrypto_alone_opens(void)
{
    const struct sealed_lid lid = lid_of(SEALED_V2, SEALED_CONTENT_KEY);
    const struct sealed_secret secret = content_key(16);
    uint8_t out[SEALED_MAX];
    uint8_t plain[RSA_2048];
    uint8_t wanted[80] = {0};
    size_t len = 0;

    CU_ASSERT_EQUAL_FATAL(sealed_close(&lid, hierarchy_numbers(SLC_KEY),
                                       &secret, out, &len, NULL),
                          ISS_OK);
    CU_ASSERT_EQUAL_FATAL(
        rsa(RSA_PKCS1_OAEP_PADDING, 0, out, RSA_2048, plain, sizeof(plain)),
        28);
    (void)unit_hex(session_header, wanted, 12);
    CU_ASSERT_EQUAL(memcmp(plain, wanted, 12), 0);
    ecb(plain + 12, 0, out + RSA_2048, 80);
    (void)unit_hex(version_2.outer, wanted, 16);
    (void)unit_hex(version_2.header, wanted + 16, 12);
    memcpy(wanted + 28, secret.octets, 16);
    element_hash(EVP_sha256(), wanted + 44);
    CU_ASSERT_EQUAL(memcmp(out + RSA_2048, wanted, 80), 0);
}

static void a_box_made_by_hand_opens(void)
{
    static const struct {
        enum sealed_form form;
        const struct recipe *recipe;
    } rows[] = {{SEALED_V2, &version_2}, {SEALED_V1, &version_1}};
    const struct sealed_secret key = content_key(16);

    for (size_t i = 0; i < 2; i++) {
        const struct sealed_lid lid = lid_of(rows[i].form, SEALED_CONTENT_KEY);
        struct sealed_secret secret;
        struct box box;

        make_box(rows[i].recipe, i == 0 ? EVP_sha256() : EVP_sha1(), &box);
        CU_ASSERT_EQUAL(sealed_open(&lid, hierarchy_key(SLC_KEY), box.octets,
                                    box.len, &secret, NULL),
                        ISS_OK);
        CU_ASSERT_EQUAL(secret.len, 16);
        CU_ASSERT_EQUAL(memcmp(secret.octets, key.octets, 16), 0);
        sealed_secret_wipe(&secret);
    }
}

static void expect_shut(const struct sealed_lid *lid, int key,
                        const struct box *box)
{
    struct iss_error error = {.status = ISS_OK};
    struct sealed_secret secret;

    CU_ASSERT_EQUAL(sealed_open(lid, hierarchy_key(key), box->octets, box->len,
                                &secret, &error),
                    ISS_REFUSED);
    CU_ASSERT_STRING_EQUAL(error.text, "the sealed key cannot be opened");
    CU_ASSERT_EQUAL(secret.len, 0);
    for (size_t i = 0; i < sizeof(secret.octets); i++)
        if (secret.octets[i] != 0)
            CU_FAIL("something of the key was given out");
}

static void any_changed_octet_shuts_it(void)
{
    const struct sealed_lid lid = lid_of(SEALED_V2, SEALED_CONTENT_KEY);
    struct box box;

    make_box(&version_2, EVP_sha256(), &box);
    /* each block of the cipher holds something of headers or hash */
    for (size_t i = 0; i < box.len; i += i < RSA_2048 ? 15 : 1) {
        box.octets[i] ^= 1;
        expect_shut(&lid, SLC_KEY, &box);
        box.octets[i] ^= 1;
    }
}

static void wrong_headers_shut_it(void)
{
    static const struct recipe rows[] = {
        {RSA_PKCS1_OAEP_PADDING, "01000000 3c000000 00000000 00000000",
         session_header, session_header, NULL},
        {RSA_PKCS1_OAEP_PADDING, "02000000 40000000 00000000 00000000",
         session_header, session_header, NULL},
        {RSA_PKCS1_OAEP_PADDING, "02000000 3c000000 01000000 00000000",
         session_header, session_header, NULL},
        {RSA_PKCS1_OAEP_PADDING, "02000000 3c000000 00000000 00000000",
         "1c00 feff 8000 1000 01100000", session_header, NULL},
        {RSA_PKCS1_OAEP_PADDING, "02000000 3c000000 00000000 00000000",
         session_header, "1c00 ffff 3800 1000 01000000", NULL},
        {RSA_PKCS1_PADDING, "02000000 3c000000 00000000 00000000",
         session_header, session_header, NULL},
    };
    const struct sealed_lid lid = lid_of(SEALED_V2, SEALED_CONTENT_KEY);

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct box box;

        make_box(&rows[i], EVP_sha256(), &box);
        expect_shut(&lid, SLC_KEY, &box);
    }
}

static void another_element_key_form_or_kind_shuts_it(void)
{
    static const char other[] = "<ISSUER></ISSUER>";
    struct sealed_lid lid = lid_of(SEALED_V2, SEALED_CONTENT_KEY);
    struct box box;

    make_box(&version_2, EVP_sha256(), &box);
    expect_shut(&lid, SUB_KEY, &box);
    lid.kind = SEALED_PRIVATE_KEY;
    expect_shut(&lid, SLC_KEY, &box);
    lid = lid_of(SEALED_V1, SEALED_CONTENT_KEY);
    expect_shut(&lid, SLC_KEY, &box);
    lid = lid_of(SEALED_V2, SEALED_CONTENT_KEY);
    lid.element = other;
    lid.element_len = strlen(other);
    expect_shut(&lid, SLC_KEY, &box);
}

static void any_other_length_shuts_it(void)
{
    const struct sealed_lid lid = lid_of(SEALED_V2, SEALED_CONTENT_KEY);
    struct box box;

    make_box(&version_2, EVP_sha256(), &box);
    for (size_t len = 0; len < sizeof(box.octets); len += 8) {
        const size_t whole = 256 + 80;

        box.len = len;
        if (len != whole)
            expect_shut(&lid, SLC_KEY, &box);
    }
}

static void private_keys_travel_whole(void)
{
    const struct sealed_lid lid = lid_of(SEALED_V2, SEALED_PRIVATE_KEY);
    struct sealed_secret secret;
    struct sealed_secret opened;
    uint8_t box[SEALED_MAX];
    EVP_PKEY *key = NULL;
    size_t len = 0;

    CU_ASSERT_EQUAL_FATAL(
        sealed_from_key(hierarchy_key(SUB_KEY), &secret, NULL), ISS_OK);
    /* BLOBHEADER: private key, version 2, CALG_RSA_KEYX; "RSA2", 2048 bits */
    CU_ASSERT_EQUAL(secret.len, 1172);
    CU_ASSERT_EQUAL(
        memcmp(secret.octets, "\x07\x02\0\0\0\xa4\0\0RSA2\0\x08\0\0", 16), 0);
    CU_ASSERT_EQUAL_FATAL(sealed_close(&lid, hierarchy_numbers(SLC_KEY),
                                       &secret, box, &len, NULL),
                          ISS_OK);
    CU_ASSERT_EQUAL_FATAL(
        sealed_open(&lid, hierarchy_key(SLC_KEY), box, len, &opened, NULL),
        ISS_OK);
    CU_ASSERT_EQUAL_FATAL(sealed_to_key(&opened, &key, NULL), ISS_OK);
    CU_ASSERT_EQUAL(EVP_PKEY_eq(key, hierarchy_key(SUB_KEY)), 1);
    EVP_PKEY_free(key);
    sealed_secret_wipe(&secret);
    opened.len -= 1;
    CU_ASSERT_EQUAL(sealed_to_key(&opened, &key, NULL), ISS_USAGE);
    CU_ASSERT_PTR_NULL(key);
    sealed_secret_wipe(&opened);
    CU_ASSERT_EQUAL(ERR_peek_error(), 0);
}

/* The same octets as libcrypto's own writer. */
static void private_keys_are_written_as_libcrypto_writes_them(void)
{
    static const unsigned sizes[] = {2048, 3072};
    struct sealed_secret secret;

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        BIO *memory = BIO_new(BIO_s_secmem());
        EVP_PKEY *key = EVP_RSA_gen(sizes[i]);
        char *wanted = NULL;

        CU_ASSERT_FATAL(i2b_PrivateKey_bio(memory, key) > 0);
        const long len = BIO_get_mem_data(memory, &wanted);
        CU_ASSERT_EQUAL(sealed_from_key(key, &secret, NULL), ISS_OK);
        CU_ASSERT_EQUAL_FATAL((long)secret.len, len);
        CU_ASSERT_EQUAL(memcmp(secret.octets, wanted, secret.len), 0);
        sealed_secret_wipe(&secret);
        BIO_free(memory);
        EVP_PKEY_free(key);
    }
}

static void keys_without_private_numbers_are_none(void)
{
    EVP_PKEY *curve = EVP_EC_gen("P-256");
    EVP_PKEY *small = EVP_RSA_gen(1024);
    EVP_PKEY *public = NULL;
    uint8_t *spki = NULL;
    int len = i2d_PUBKEY(hierarchy_key(SUB_KEY), &spki);
    const uint8_t *at = spki;
    struct sealed_secret secret;

    public = d2i_PUBKEY(NULL, &at, len);
    CU_ASSERT_PTR_NOT_NULL_FATAL(public);
    CU_ASSERT_EQUAL(sealed_from_key(public, &secret, NULL), ISS_USAGE);
    CU_ASSERT_EQUAL(secret.len, 0);
    CU_ASSERT_EQUAL(sealed_from_key(curve, &secret, NULL), ISS_USAGE);
    CU_ASSERT_EQUAL(sealed_from_key(small, &secret, NULL), ISS_USAGE);
    CU_ASSERT_EQUAL(ERR_peek_error(), 0);
    OPENSSL_free(spki);
    EVP_PKEY_free(public);
    EVP_PKEY_free(small);
    EVP_PKEY_free(curve);
}

static void what_is_no_key_is_not_sealed(void)
{
    struct sealed_lid lid = lid_of(SEALED_V2, SEALED_CONTENT_KEY);
    struct sealed_secret secret = content_key(24);
    uint8_t box[SEALED_MAX];
    size_t len = 1;

    CU_ASSERT_EQUAL(sealed_close(&lid, hierarchy_numbers(SLC_KEY), &secret, box,
                                 &len, NULL),
                    ISS_USAGE);
    CU_ASSERT_EQUAL(len, 0);
    secret.len = 16;
    lid.form = SEALED_V1;
    CU_ASSERT_EQUAL(sealed_close(&lid, hierarchy_numbers(SLC_KEY), &secret, box,
                                 &len, NULL),
                    ISS_USAGE);
    EVP_PKEY *other = EVP_EC_gen("P-256");
    CU_ASSERT_EQUAL(sealed_from_key(other, &secret, NULL), ISS_USAGE);
    EVP_PKEY_free(other);
}

UNIT_MAIN("sealed", UNIT(lengths_are_those_of_real_documents),
          UNIT(what_we_seal_libcrypto_alone_opens),
          UNIT(a_box_made_by_hand_opens), UNIT(any_changed_octet_shuts_it),
          UNIT(wrong_headers_shut_it),
          UNIT(another_element_key_form_or_kind_shuts_it),
          UNIT(any_other_length_shuts_it), UNIT(private_keys_travel_whole),
          UNIT(private_keys_are_written_as_libcrypto_writes_them),
          UNIT(keys_without_private_numbers_are_none),
          UNIT(what_is_no_key_is_not_sealed))
