/* SPDX-License-Identifier: Apache-2.0 */
/* Paddings in software against libcrypto's, with a key without any token. */
#include "rsa_pad.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rsa.h>
#include <string.h>

#include "unit.h"

static struct prov_soft soft; /* without a child: the private context serves */

static void open_soft(void)
{
    memset(&soft, 0, sizeof(soft));
    (void)pthread_mutex_init(&soft.lock, NULL);
}

static EVP_PKEY_CTX *context(EVP_PKEY *pkey, int (*begin)(EVP_PKEY_CTX *),
                             int pad)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);

    CU_ASSERT_PTR_NOT_NULL_FATAL(ctx);
    CU_ASSERT_EQUAL_FATAL(begin(ctx), 1);
    CU_ASSERT_EQUAL_FATAL(EVP_PKEY_CTX_set_rsa_padding(ctx, pad), 1);
    return ctx;
}

static int verifies(EVP_PKEY *pkey, const char *digest, const char *mgf1,
                    int salt, const uint8_t *em, size_t len,
                    const uint8_t *value, size_t value_len)
{
    EVP_PKEY_CTX *ctx = context(pkey, EVP_PKEY_sign_init, RSA_NO_PADDING);
    uint8_t sig[PROV_RSA_MAX];
    size_t sig_len = sizeof(sig);
    int ok;

    CU_ASSERT_EQUAL_FATAL(EVP_PKEY_sign(ctx, sig, &sig_len, em, len), 1);
    EVP_PKEY_CTX_free(ctx);
    ctx = context(pkey, EVP_PKEY_verify_init, RSA_PKCS1_PSS_PADDING);
    EVP_PKEY_CTX_set_signature_md(ctx, EVP_get_digestbyname(digest));
    EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, EVP_get_digestbyname(mgf1));
    EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, salt);
    ok = EVP_PKEY_verify(ctx, sig, sig_len, value, value_len);
    EVP_PKEY_CTX_free(ctx);
    return ok;
}

static void pss_verifies_for_every_length_of_modulus(void)
{
    static const unsigned sizes[] = {1024, 1025, 1031, 1032, 2048};
    static const char *const names[][2] = {
        {"SHA256", "SHA256"}, {"SHA1", "SHA1"}, {"SHA256", "SHA1"}};
    const uint8_t value[PROV_DIGEST_MAX] = {1, 2, 3};
    uint8_t em[PROV_RSA_MAX];

    open_soft();
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)sizes[i]);

        for (size_t j = 0; j < sizeof(names) / sizeof(names[0]); j++) {
            const struct prov_rsa_hash hash = {&soft,
                                               prov_digest_find(names[j][0]),
                                               prov_digest_find(names[j][1])};
            int bits = EVP_PKEY_get_bits(pkey), salt;

            for (int want = -3; want <= 11; want += 7) {
                salt = prov_rsa_salt_len(want, hash.digest, bits);
                CU_ASSERT_TRUE_FATAL(salt >= 0);
                CU_ASSERT_TRUE_FATAL(
                    prov_rsa_pss_encode(&hash, bits, (size_t)salt, value, em));
                CU_ASSERT_EQUAL(verifies(pkey, names[j][0], names[j][1], salt,
                                         em, (size_t)(bits + 7) / 8, value,
                                         hash.digest->size),
                                1);
            }
        }
        EVP_PKEY_free(pkey);
    }
    prov_soft_clear(&soft);
}

static void pss_refuses_a_salt_that_does_not_fit(void)
{
    const struct prov_digest *sha512 = prov_digest_find("SHA512");
    const struct prov_rsa_hash hash = {&soft, sha512, sha512};
    const uint8_t value[PROV_DIGEST_MAX] = {0};
    uint8_t em[PROV_RSA_MAX];

    open_soft();
    CU_ASSERT_EQUAL(prov_rsa_salt_len(62, sha512, 1024), 62);
    CU_ASSERT_EQUAL(prov_rsa_salt_len(63, sha512, 1024), -1);
    CU_ASSERT_EQUAL(prov_rsa_salt_len(-1, sha512, 1024), -1);
    CU_ASSERT_EQUAL(prov_rsa_salt_len(-4, sha512, 1024), 62);
    CU_ASSERT_EQUAL(prov_rsa_salt_len(-2, sha512, 1024), 62);
    CU_ASSERT_FALSE(prov_rsa_pss_encode(&hash, 1024, 63, value, em));
    prov_soft_clear(&soft);
}

static size_t encrypted(EVP_PKEY *pkey, const char *md, const char *mgf1,
                        const struct prov_part *label, const uint8_t *message,
                        size_t len, uint8_t *em)
{
    EVP_PKEY_CTX *ctx =
        context(pkey, EVP_PKEY_encrypt_init, RSA_PKCS1_OAEP_PADDING);
    uint8_t cipher[PROV_RSA_MAX];
    size_t cipher_len = sizeof(cipher), em_len = PROV_RSA_MAX;

    EVP_PKEY_CTX_set_rsa_oaep_md(ctx, EVP_get_digestbyname(md));
    EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, EVP_get_digestbyname(mgf1));
    if (label->len != 0)
        EVP_PKEY_CTX_set0_rsa_oaep_label(
            ctx, OPENSSL_memdup(label->data, label->len), (int)label->len);
    CU_ASSERT_EQUAL_FATAL(
        EVP_PKEY_encrypt(ctx, cipher, &cipher_len, message, len), 1);
    EVP_PKEY_CTX_free(ctx);
    ctx = context(pkey, EVP_PKEY_decrypt_init, RSA_NO_PADDING);
    CU_ASSERT_EQUAL_FATAL(
        EVP_PKEY_decrypt(ctx, em, &em_len, cipher, cipher_len), 1);
    EVP_PKEY_CTX_free(ctx);
    return em_len;
}

static void oaep_decodes_what_libcrypto_encodes(void)
{
    static const size_t lengths[] = {0, 1, 32, 62};
    EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)1024);
    const uint8_t message[62] = {0, 1, 0, 1, 9};
    uint8_t em[PROV_RSA_MAX], copy[PROV_RSA_MAX];
    size_t k, start;

    open_soft();
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        const struct prov_digest *sha256 = prov_digest_find("SHA256");
        const struct prov_rsa_hash hash = {&soft, sha256,
                                           prov_digest_find("SHA1")};
        const struct prov_part label = {"label", i % 2 == 0 ? 5 : 0};
        const struct prov_part other = {"labem", 5};

        k = encrypted(pkey, "SHA256", "SHA1", &label, message, lengths[i], em);
        memcpy(copy, em, k);
        CU_ASSERT_TRUE_FATAL(
            prov_rsa_oaep_decode(&hash, copy, k, &label, &start));
        CU_ASSERT_EQUAL_FATAL(k - start, lengths[i]);
        CU_ASSERT_EQUAL(memcmp(copy + start, message, lengths[i]), 0);
        memcpy(copy, em, k);
        CU_ASSERT_FALSE(prov_rsa_oaep_decode(&hash, copy, k, &other, &start));
    }
    EVP_PKEY_free(pkey);
    prov_soft_clear(&soft);
}

static void oaep_refuses_any_changed_octet(void)
{
    EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)1024);
    const struct prov_digest *sha1 = prov_digest_find("SHA1");
    const struct prov_rsa_hash hash = {&soft, sha1, sha1};
    const struct prov_part label = {"", 0};
    const uint8_t message[4] = {1, 2, 3, 4};
    uint8_t em[PROV_RSA_MAX], copy[PROV_RSA_MAX];
    size_t k, start, accepted = 0;

    open_soft();
    k = encrypted(pkey, "SHA1", "SHA1", &label, message, sizeof(message), em);
    /* A changed octet of the message's own part is not OAEP's to find, but it
     * changes the seed, and with it all the rest. */
    for (size_t i = 0; i < k; i++) {
        memcpy(copy, em, k);
        copy[i] ^= 0x40;
        accepted += prov_rsa_oaep_decode(&hash, copy, k, &label, &start);
    }
    CU_ASSERT_EQUAL(accepted, 0);
    CU_ASSERT_FALSE(prov_rsa_oaep_decode(&hash, copy, 41, &label, &start));
    EVP_PKEY_free(pkey);
    prov_soft_clear(&soft);
}

static void paddings_and_salts_have_words_and_numbers(void)
{
    char text[16] = "oaep";
    int pad = 0, salt = 0;
    OSSL_PARAM word =
        OSSL_PARAM_construct_utf8_string("pad-mode", text, sizeof(text));
    OSSL_PARAM number = OSSL_PARAM_construct_int("pad-mode", &pad);

    CU_ASSERT_TRUE(prov_rsa_pad_get(&word, &pad));
    CU_ASSERT_EQUAL(pad, RSA_PKCS1_OAEP_PADDING);
    CU_ASSERT_TRUE(prov_rsa_pad_set(&word, RSA_PKCS1_PSS_PADDING));
    CU_ASSERT_STRING_EQUAL(text, "pss");
    CU_ASSERT_TRUE(prov_rsa_pad_set(&number, RSA_NO_PADDING));
    CU_ASSERT_EQUAL(pad, RSA_NO_PADDING);

    word.data_size = sizeof(text);
    strcpy(text, "digest");
    CU_ASSERT_TRUE(prov_rsa_salt_get(&word, &salt));
    CU_ASSERT_EQUAL(salt, RSA_PSS_SALTLEN_DIGEST);
    strcpy(text, "20");
    CU_ASSERT_TRUE(prov_rsa_salt_get(&word, &salt));
    CU_ASSERT_EQUAL(salt, 20);
    strcpy(text, "2x");
    CU_ASSERT_FALSE(prov_rsa_salt_get(&word, &salt));
    strcpy(text, "padding");
    CU_ASSERT_FALSE(prov_rsa_pad_get(&word, &pad));
    CU_ASSERT_TRUE(prov_rsa_salt_set(&word, 33));
    CU_ASSERT_STRING_EQUAL(text, "33");
    CU_ASSERT_TRUE(prov_rsa_salt_set(&word, RSA_PSS_SALTLEN_MAX));
    CU_ASSERT_STRING_EQUAL(text, "max");
}

UNIT_MAIN("provider/rsa_pad", UNIT(pss_verifies_for_every_length_of_modulus),
          UNIT(pss_refuses_a_salt_that_does_not_fit),
          UNIT(oaep_decodes_what_libcrypto_encodes),
          UNIT(oaep_refuses_any_changed_octet),
          UNIT(paddings_and_salts_have_words_and_numbers))
