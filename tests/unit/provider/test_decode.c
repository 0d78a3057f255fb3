/* SPDX-License-Identifier: Apache-2.0 */
/* Files "PKCS#11 PROVIDER URI" through the ways by which programs read keys. */
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/decoder.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/store.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"
#include "pkcs11/p11.h"
#include "unit.h"
#include "urifile.h"

static const char private_uri[] = "pkcs11:token=fault;object=k;type=private";

/* A context that knows the PIN by its configuration, and no search yet. */
static OSSL_LIB_CTX *context(void)
{
    OSSL_LIB_CTX *libctx;

    (void)fixture(); /* the key is there */
    libctx = fixture_context("pin-source = value:1234", 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(libctx);
    ERR_clear_error();
    return libctx;
}

static BIO *file(const char *uri)
{
    BIO *bio = BIO_new(BIO_s_mem());
    uint8_t der[PROV_URIFILE_DER];
    size_t len = prov_urifile_build(uri, der);

    CU_ASSERT_TRUE_FATAL(len > 0);
    CU_ASSERT_TRUE(PEM_write_bio(bio, PROV_URIFILE_NAME, "", der, (long)len) >
                   0);
    return bio;
}

static EVP_PKEY *read_private(OSSL_LIB_CTX *libctx, BIO *bio)
{
    EVP_PKEY *pkey =
        PEM_read_bio_PrivateKey_ex(bio, NULL, NULL, NULL, libctx, NULL);

    BIO_free(bio);
    return pkey;
}

static int works(OSSL_LIB_CTX *libctx, EVP_PKEY *pkey)
{
    EVP_PKEY *software = fixture_software(pkey);
    uint8_t sig[512];
    size_t len = sizeof(sig);
    int ok = fixture_sign(libctx, pkey, RSA_PKCS1_PADDING, "SHA256", "text",
                          sig, &len) == 1 &&
             fixture_verify(software, RSA_PKCS1_PADDING, "SHA256", "text", sig,
                            len) == 1;

    EVP_PKEY_free(software);
    return ok;
}

static void a_file_is_one_search_and_two_attribute_calls_at_most(void)
{
    OSSL_LIB_CTX *libctx = context();
    EVP_PKEY *pkey;

    /* the module is loaded, and someone logged in */
    EVP_PKEY_free(fixture_load(libctx, FIXTURE_PUBLIC));
    fixture_reset();
    pkey = read_private(libctx, file(private_uri));
    CU_ASSERT_PTR_NOT_NULL_FATAL(pkey);
    CU_ASSERT_EQUAL(fixture_count("C_FindObjectsInit"), 1);
    CU_ASSERT_TRUE(fixture_count("C_GetAttributeValue") <= 2);
    CU_ASSERT_TRUE(fixture_count("*") <= 8);
    CU_ASSERT_EQUAL(fixture_errors(NULL), 0);
    CU_ASSERT_TRUE(works(libctx, pkey));
    EVP_PKEY_free(pkey);
    fixture_reset();
    EVP_PKEY_free(read_private(libctx, file(private_uri)));
    CU_ASSERT_TRUE(fixture_count("*") <= 2);
    OSSL_LIB_CTX_free(libctx);
}

/* Every type by the same two decoders. Tokens whose private keys carry no point
 * are asked once more, for the public key. */
static void keys_of_every_type_are_two_attribute_calls_at_most(void)
{
    static const struct {
        const char *type, *group, *uri;
    } rows[] = {{"EC", "P-256", "pkcs11:token=fault;object=p256"},
                {"EC", "P-384", "pkcs11:token=fault;object=p384"},
                {"ED25519", NULL, "pkcs11:token=fault;object=ed"},
                {"X25519", NULL, "pkcs11:token=fault;object=x"}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        OSSL_LIB_CTX *libctx = context();
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(libctx, rows[i].type,
                                                       "provider=privyseal");
        EVP_PKEY *made = NULL, *read;

        CU_ASSERT_PTR_NOT_NULL_FATAL(ctx);
        CU_ASSERT_EQUAL(EVP_PKEY_keygen_init(ctx), 1);
        CU_ASSERT_EQUAL(EVP_PKEY_CTX_ctrl_str(ctx, "pkcs11_uri", rows[i].uri),
                        1);
        if (rows[i].group != NULL)
            CU_ASSERT_EQUAL(EVP_PKEY_CTX_ctrl_str(ctx, "group", rows[i].group),
                            1);
        CU_ASSERT_EQUAL_FATAL(EVP_PKEY_generate(ctx, &made), 1);
        EVP_PKEY_CTX_free(ctx);
        fixture_reset();
        read = read_private(libctx, file(rows[i].uri));
        CU_ASSERT_PTR_NOT_NULL_FATAL(read);
        CU_ASSERT_EQUAL(EVP_PKEY_is_a(read, rows[i].type), 1);
        CU_ASSERT_EQUAL(EVP_PKEY_eq(read, made), 1);
        CU_ASSERT_TRUE(fixture_count("C_FindObjectsInit") <= 2);
        CU_ASSERT_TRUE(fixture_count("C_GetAttributeValue") <= 2);
        CU_ASSERT_EQUAL(fixture_errors(NULL), 0);
        EVP_PKEY_free(read);
        EVP_PKEY_free(made);
        OSSL_LIB_CTX_free(libctx);
    }
}

static EVP_PKEY *decode(OSSL_LIB_CTX *libctx, BIO *bio, const char *input,
                        int selection)
{
    EVP_PKEY *pkey = NULL;
    OSSL_DECODER_CTX *ctx = OSSL_DECODER_CTX_new_for_pkey(
        &pkey, input, NULL, NULL, selection, libctx, NULL);

    if (OSSL_DECODER_from_bio(ctx, bio) != 1)
        pkey = NULL;
    OSSL_DECODER_CTX_free(ctx);
    BIO_free(bio);
    return pkey;
}

static void decoders_take_pem_and_der_and_every_selection(void)
{
    static const struct {
        const char *uri;
        int selection, private_key;
    } rows[] = {
        {private_uri, EVP_PKEY_KEYPAIR, 1},
        {private_uri, 0, 1},
        {"PKCS11:token=fault;object=k", EVP_PKEY_KEYPAIR, 1},
        {"pkcs11:token=fault;object=k", 0, 1},
        {"pkcs11:token=fault;object=k", EVP_PKEY_PUBLIC_KEY, 0},
        {"pkcs11:token=fault;object=k;type=public", 0, 0},
        {"pkcs11:token=fault;object=k;type=public", EVP_PKEY_PUBLIC_KEY, 0},
        {private_uri, EVP_PKEY_PUBLIC_KEY, 1}};
    OSSL_LIB_CTX *libctx = context();

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t der[PROV_URIFILE_DER];
        size_t len = prov_urifile_build(rows[i].uri, der);
        EVP_PKEY *pkeys[] = {
            decode(libctx, file(rows[i].uri), "PEM", rows[i].selection),
            decode(libctx, file(rows[i].uri), NULL, rows[i].selection),
            decode(libctx, BIO_new_mem_buf(der, (int)len), "DER",
                   rows[i].selection),
            decode(libctx, BIO_new_mem_buf(der, (int)len), NULL,
                   rows[i].selection)};

        for (size_t k = 0; k < sizeof(pkeys) / sizeof(pkeys[0]); k++) {
            CU_ASSERT_PTR_NOT_NULL_FATAL(pkeys[k]);
            if (rows[i].private_key)
                CU_ASSERT_TRUE(works(libctx, pkeys[k]));
            CU_ASSERT_EQUAL(EVP_PKEY_eq(pkeys[0], pkeys[k]), 1);
            if (k > 0)
                EVP_PKEY_free(pkeys[k]);
        }
        EVP_PKEY_free(pkeys[0]);
        CU_ASSERT_EQUAL(fixture_errors(NULL), 0);
    }
    OSSL_LIB_CTX_free(libctx);
}

static void a_public_key_does_not_stand_for_a_private_one(void)
{
    OSSL_LIB_CTX *libctx = context();

    CU_ASSERT_PTR_NULL(
        read_private(libctx, file("pkcs11:token=fault;object=k;type=public")));
    CU_ASSERT_TRUE(fixture_errors(NULL) >= 1);
    OSSL_LIB_CTX_free(libctx);
}

/* What libcrypto adds when nothing came of a decoding is not ours. */
static int our_errors(int *reason)
{
    unsigned long code;
    int count = 0;

    while ((code = ERR_get_error()) != 0) {
        if (strcmp(ERR_lib_error_string(code), "privyseal") != 0)
            continue;
        count++;
        *reason = ERR_GET_REASON(code);
    }
    return count;
}

static void what_is_wrong_is_one_error(void)
{
    static const struct {
        const char *uri;
        int reason;
    } rows[] = {
        {"pkcs11:token=fault;object=none", P11R_NO_OBJECT},
        {"pkcs11:token=none;object=k", P11R_NO_TOKEN},
        {"pkcs11:token=%zz", P11R_URI_INVALID},
        {"https://token", P11R_URI_INVALID}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        OSSL_LIB_CTX *libctx = context();
        int reason = 0;

        CU_ASSERT_PTR_NULL(read_private(libctx, file(rows[i].uri)));
        CU_ASSERT_EQUAL(our_errors(&reason), 1);
        CU_ASSERT_EQUAL(reason, rows[i].reason);
        OSSL_LIB_CTX_free(libctx);
    }
}

static void damaged_files_are_one_error(void)
{
    OSSL_LIB_CTX *libctx = context();
    BIO *whole = file(private_uri);
    char *text;
    const size_t len = (size_t)BIO_get_mem_data(whole, &text);
    const size_t head = strlen("-----BEGIN PKCS#11 PROVIDER URI-----\n");

    for (size_t cut = head; cut < len - 2; cut += 7) {
        int reason = 0;

        CU_ASSERT_PTR_NULL(
            read_private(libctx, BIO_new_mem_buf(text, (int)cut)));
        CU_ASSERT_EQUAL(our_errors(&reason), 1);
        CU_ASSERT_EQUAL(reason, P11R_URI_INVALID);
    }
    CU_ASSERT_EQUAL(fixture_count("*"), 0);
    BIO_free(whole);
    OSSL_LIB_CTX_free(libctx);
}

/* Some versions of libcrypto refuse it, with our error, some do not mind. */
static void a_key_of_another_type_is_a_key_or_an_error(void)
{
    OSSL_LIB_CTX *libctx = context();
    BIO *bio = file(private_uri);
    EVP_PKEY *pkey = NULL;
    OSSL_DECODER_CTX *ctx = OSSL_DECODER_CTX_new_for_pkey(
        &pkey, "PEM", NULL, "EC", EVP_PKEY_KEYPAIR, libctx, NULL);
    int reason = 0;

    if (OSSL_DECODER_from_bio(ctx, bio) == 1) {
        CU_ASSERT_PTR_NOT_NULL_FATAL(pkey);
        CU_ASSERT_TRUE(works(libctx, pkey));
    } else {
        CU_ASSERT_PTR_NULL(pkey);
        CU_ASSERT_TRUE(our_errors(&reason) >= 1);
        CU_ASSERT_EQUAL(reason, CKR_KEY_TYPE_INCONSISTENT);
    }
    EVP_PKEY_free(pkey);
    OSSL_DECODER_CTX_free(ctx);
    BIO_free(bio);
    OSSL_LIB_CTX_free(libctx);
}

/* A software key, also encrypted, with and without EC PARAMETERS. */
static EVP_PKEY *software_key(const char *curve)
{
    return curve == NULL
               ? EVP_PKEY_Q_keygen(NULL, "provider=default", "RSA",
                                   (size_t)1024)
               : EVP_PKEY_Q_keygen(NULL, "provider=default", "EC", curve);
}

static int secret(char *buf, int size, int rwflag, void *arg)
{
    (void)size, (void)rwflag, (void)arg;
    memcpy(buf, "secret", 6);
    return 6;
}

static int write_as(int form, BIO *bio, EVP_PKEY *pkey)
{
    if (form < 2)
        return PEM_write_bio_PrivateKey(bio, pkey,
                                        form == 1 ? EVP_aes_128_cbc() : NULL,
                                        NULL, 0, secret, NULL);
    return PEM_write_bio_PrivateKey_traditional(bio, pkey, NULL, NULL, 0, NULL,
                                                NULL);
}

static void other_files_are_read_as_before(void)
{
    static const char *const curves[] = {NULL, "P-256"};
    OSSL_LIB_CTX *libctx = context();

    for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
        EVP_PKEY *pkey = software_key(curves[i]);

        for (int form = 0; form < 4; form++) {
            BIO *bio = BIO_new(BIO_s_mem());
            EVP_PKEY *back;

            if (form == 3 && curves[i] != NULL)
                (void)BIO_puts(bio, "-----BEGIN EC PARAMETERS-----\n"
                                    "BggqhkjOPQMBBw==\n"
                                    "-----END EC PARAMETERS-----\n");
            CU_ASSERT_EQUAL(write_as(form, bio, pkey), 1);
            back = PEM_read_bio_PrivateKey_ex(bio, NULL, secret, NULL, libctx,
                                              NULL);
            CU_ASSERT_PTR_NOT_NULL_FATAL(back);
            CU_ASSERT_EQUAL(EVP_PKEY_eq(back, pkey), 1);
            CU_ASSERT_EQUAL(fixture_errors(NULL), 0);
            EVP_PKEY_free(back);
            BIO_free(bio);
        }
        EVP_PKEY_free(pkey);
    }
    CU_ASSERT_EQUAL(fixture_count("*"), 0);
    OSSL_LIB_CTX_free(libctx);
}

static void a_key_after_other_blocks_is_found(void)
{
    OSSL_LIB_CTX *libctx = context();
    BIO *ours = file(private_uri), *bio = BIO_new(BIO_s_mem());
    EVP_PKEY *pkey = software_key("P-256");
    char *text;
    int len;

    CU_ASSERT_EQUAL(PEM_write_bio_PUBKEY(bio, pkey), 1);
    len = (int)BIO_get_mem_data(ours, &text);
    CU_ASSERT_EQUAL(BIO_write(bio, text, len), len);
    BIO_free(ours);
    EVP_PKEY_free(pkey);
    pkey = read_private(libctx, bio);
    CU_ASSERT_PTR_NOT_NULL_FATAL(pkey);
    CU_ASSERT_TRUE(works(libctx, pkey));
    CU_ASSERT_EQUAL(fixture_errors(NULL), 0);
    EVP_PKEY_free(pkey);
    OSSL_LIB_CTX_free(libctx);
}

static EVP_PKEY *from_file_store(OSSL_LIB_CTX *libctx, const char *path)
{
    OSSL_STORE_CTX *store =
        OSSL_STORE_open_ex(path, libctx, NULL, NULL, NULL, NULL, NULL, NULL);
    OSSL_STORE_INFO *info = NULL;
    EVP_PKEY *pkey = NULL;

    CU_ASSERT_PTR_NOT_NULL_FATAL(store);
    CU_ASSERT_EQUAL(OSSL_STORE_expect(store, OSSL_STORE_INFO_PKEY), 1);
    while (info == NULL && !OSSL_STORE_eof(store))
        info = OSSL_STORE_load(store);
    if (info != NULL)
        pkey = OSSL_STORE_INFO_get1_PKEY(info);
    OSSL_STORE_INFO_free(info);
    (void)OSSL_STORE_close(store);
    return pkey;
}

static EVP_PKEY *through_a_file_store(OSSL_LIB_CTX *libctx, const char *uri)
{
    char *dir = unit_temp_dir(), path[4096];
    BIO *bio = file(uri), *out;
    EVP_PKEY *pkey;
    char *text;
    int len = (int)BIO_get_mem_data(bio, &text);

    (void)snprintf(path, sizeof(path), "%s/key.pem", dir);
    out = BIO_new_file(path, "w");
    CU_ASSERT_EQUAL(BIO_write(out, text, len), len);
    BIO_free(out);
    pkey = from_file_store(libctx, path);
    BIO_free(bio);
    (void)unlink(path);
    (void)rmdir(dir);
    free(dir);
    return pkey;
}

static void a_file_store_hands_the_key_out_or_the_cause(void)
{
    OSSL_LIB_CTX *libctx = context();
    EVP_PKEY *pkey = through_a_file_store(libctx, private_uri);
    int reason = 0;

    CU_ASSERT_PTR_NOT_NULL_FATAL(pkey);
    CU_ASSERT_TRUE(works(libctx, pkey));
    CU_ASSERT_EQUAL(fixture_errors(NULL), 0);
    EVP_PKEY_free(pkey);
    CU_ASSERT_PTR_NULL(
        through_a_file_store(libctx, "pkcs11:token=fault;object=none"));
    CU_ASSERT_EQUAL(our_errors(&reason), 1);
    CU_ASSERT_EQUAL(reason, P11R_NO_OBJECT);
    OSSL_LIB_CTX_free(libctx);
}

static int asked;

static int give_pin(char *buf, int size, int rwflag, void *arg)
{
    (void)size, (void)rwflag, (void)arg;
    asked++;
    memcpy(buf, "1234", 4);
    return 4;
}

static void the_programs_callback_is_asked_for_the_pin(void)
{
    OSSL_LIB_CTX *libctx;
    BIO *bio = file(private_uri);
    EVP_PKEY *pkey;

    (void)fixture();
    libctx = fixture_context("", 0);
    fixture_stale();
    ERR_clear_error();
    pkey = PEM_read_bio_PrivateKey_ex(bio, NULL, give_pin, NULL, libctx, NULL);
    CU_ASSERT_PTR_NOT_NULL(pkey);
    CU_ASSERT_EQUAL(asked, 1);
    CU_ASSERT_EQUAL(fixture_errors(NULL), 0);
    EVP_PKEY_free(pkey);
    BIO_free(bio);
    OSSL_LIB_CTX_free(libctx);
}

UNIT_MAIN("provider/decode",
          UNIT(a_file_is_one_search_and_two_attribute_calls_at_most),
          UNIT(keys_of_every_type_are_two_attribute_calls_at_most),
          UNIT(decoders_take_pem_and_der_and_every_selection),
          UNIT(a_public_key_does_not_stand_for_a_private_one),
          UNIT(what_is_wrong_is_one_error),
          UNIT(a_key_of_another_type_is_a_key_or_an_error),
          UNIT(damaged_files_are_one_error),
          UNIT(other_files_are_read_as_before),
          UNIT(a_key_after_other_blocks_is_found),
          UNIT(a_file_store_hands_the_key_out_or_the_cause),
          UNIT(the_programs_callback_is_asked_for_the_pin))
