/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures through EVP: paddings, calls, errors, forks, threads. */
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"
#include "pkcs11/p11.h"
#include "unit.h"

enum { SIG_MAX = 512, THREADS = 8, ROUNDS = 25 };

static void every_padding_and_digest_verifies_without_the_provider(void)
{
    static const char *const digests[] = {"SHA1",   "SHA224",   "SHA256",
                                          "SHA384", "SHA512",   "SHA3-256",
                                          "MD5",    "RIPEMD160"};
    static const int pads[] = {RSA_PKCS1_PADDING, RSA_PKCS1_PSS_PADDING};
    OSSL_LIB_CTX *libctx = fixture();
    EVP_PKEY *pkey = fixture_load(libctx, FIXTURE_KEY);
    EVP_PKEY *software;
    uint8_t sig[SIG_MAX];

    CU_ASSERT_PTR_NOT_NULL_FATAL(pkey);
    software = fixture_software(pkey);
    for (size_t i = 0; i < sizeof(digests) / sizeof(digests[0]); i++) {
        for (size_t j = 0; j < 2; j++) {
            size_t len = sizeof(sig);

            CU_ASSERT_EQUAL_FATAL(fixture_sign(libctx, pkey, pads[j],
                                               digests[i], "text", sig, &len),
                                  1);
            CU_ASSERT_EQUAL(len, 256);
            CU_ASSERT_EQUAL(
                fixture_verify(software, pads[j], digests[i], "text", sig, len),
                1);
        }
    }
    CU_ASSERT_EQUAL(fixture_errors(NULL), 0);
    CU_ASSERT_EQUAL(fixture_violations(), 0);
    EVP_PKEY_free(software);
    EVP_PKEY_free(pkey);
}

static void a_signature_is_two_calls(void)
{
    OSSL_LIB_CTX *libctx = fixture();
    EVP_PKEY *pkey = fixture_load(libctx, FIXTURE_KEY);
    static const int pads[] = {RSA_PKCS1_PADDING, RSA_PKCS1_PSS_PADDING};
    uint8_t sig[SIG_MAX];
    size_t len = sizeof(sig);

    CU_ASSERT_PTR_NOT_NULL_FATAL(pkey);
    (void)fixture_sign(libctx, pkey, RSA_PKCS1_PADDING, "SHA256", "first", sig,
                       &len);
    for (size_t i = 0; i < 2; i++) {
        fixture_reset();
        for (int j = 0; j < 10; j++) {
            len = sizeof(sig);
            CU_ASSERT_EQUAL(fixture_sign(libctx, pkey, pads[i], "SHA256",
                                         "text", sig, &len),
                            1);
        }
        CU_ASSERT_EQUAL(fixture_count("C_SignInit"), 10);
        CU_ASSERT_EQUAL(fixture_count("C_Sign"), 10);
        CU_ASSERT_EQUAL(fixture_count("*"), 20);
    }
    EVP_PKEY_free(pkey);
}

static void asking_for_the_size_does_not_enter_the_token(void)
{
    OSSL_LIB_CTX *libctx = fixture();
    EVP_PKEY *pkey = fixture_load(libctx, FIXTURE_KEY);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    size_t len = 0;

    fixture_reset();
    CU_ASSERT_EQUAL(
        EVP_DigestSignInit_ex(ctx, NULL, "SHA256", libctx, NULL, pkey, NULL),
        1);
    CU_ASSERT_EQUAL(EVP_DigestSignUpdate(ctx, "abc", 3), 1);
    CU_ASSERT_EQUAL(EVP_DigestSignFinal(ctx, NULL, &len), 1);
    CU_ASSERT_EQUAL(len, 256);
    CU_ASSERT_EQUAL(fixture_count("*"), 0);
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(pkey);
}

static void a_context_may_be_copied_in_mid_message(void)
{
    OSSL_LIB_CTX *libctx = fixture();
    EVP_PKEY *pkey = fixture_load(libctx, FIXTURE_KEY);
    EVP_PKEY *software = fixture_software(pkey);
    EVP_MD_CTX *one = EVP_MD_CTX_new(), *two = EVP_MD_CTX_new();
    uint8_t a[SIG_MAX], b[SIG_MAX];
    size_t a_len = sizeof(a), b_len = sizeof(b);

    CU_ASSERT_EQUAL_FATAL(
        EVP_DigestSignInit_ex(one, NULL, "SHA256", libctx, NULL, pkey, NULL),
        1);
    CU_ASSERT_EQUAL(EVP_DigestSignUpdate(one, "ab", 2), 1);
    CU_ASSERT_EQUAL(EVP_MD_CTX_copy_ex(two, one), 1);
    CU_ASSERT_EQUAL(EVP_DigestSignUpdate(one, "c", 1), 1);
    CU_ASSERT_EQUAL(EVP_DigestSignUpdate(two, "d", 1), 1);
    CU_ASSERT_EQUAL(EVP_DigestSignFinal(one, a, &a_len), 1);
    CU_ASSERT_EQUAL(EVP_DigestSignFinal(two, b, &b_len), 1);
    CU_ASSERT_EQUAL(
        fixture_verify(software, RSA_PKCS1_PADDING, "SHA256", "abc", a, a_len),
        1);
    CU_ASSERT_EQUAL(
        fixture_verify(software, RSA_PKCS1_PADDING, "SHA256", "abd", b, b_len),
        1);
    CU_ASSERT_EQUAL(fixture_errors(NULL), 0);
    EVP_MD_CTX_free(one);
    EVP_MD_CTX_free(two);
    EVP_PKEY_free(software);
    EVP_PKEY_free(pkey);
}

static void a_failure_is_0_and_one_error_with_the_tokens_reason(void)
{
    static const struct {
        const char *rule;
        int reason;
    } rows[] = {{"C_SignInit -> rv=CKR_KEY_FUNCTION_NOT_PERMITTED",
                 CKR_KEY_FUNCTION_NOT_PERMITTED},
                {"C_Sign -> rv=CKR_FUNCTION_FAILED", CKR_FUNCTION_FAILED},
                {"C_Sign -> rv=CKR_DATA_LEN_RANGE", CKR_DATA_LEN_RANGE},
                {"C_Sign -> rv=CKR_HOST_MEMORY", CKR_HOST_MEMORY},
                {"C_Sign -> rv=CKR_GENERAL_ERROR", CKR_GENERAL_ERROR},
                {"C_Sign -> rv=0x80000001", CKR_GENERAL_ERROR}};
    OSSL_LIB_CTX *libctx = fixture();
    EVP_PKEY *pkey = fixture_load(libctx, FIXTURE_KEY);
    uint8_t sig[SIG_MAX];
    size_t len = sizeof(sig);

    CU_ASSERT_EQUAL(fixture_sign(libctx, pkey, RSA_PKCS1_PADDING, "SHA256",
                                 "first", sig, &len),
                    1);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int reason = 0;

        fixture_reset();
        fixture_rule(rows[i].rule);
        len = sizeof(sig);
        CU_ASSERT_EQUAL(fixture_sign(libctx, pkey, RSA_PKCS1_PADDING, "SHA256",
                                     "text", sig, &len),
                        0);
        CU_ASSERT_EQUAL(fixture_errors(&reason), 1);
        CU_ASSERT_EQUAL(reason, rows[i].reason);
    }
    fixture_reset();
    len = sizeof(sig);
    CU_ASSERT_EQUAL(fixture_sign(libctx, pkey, RSA_PKCS1_PADDING, "SHA256",
                                 "text", sig, &len),
                    1);
    CU_ASSERT_EQUAL(fixture_errors(NULL), 0);
    EVP_PKEY_free(pkey);
}

static void lost_sessions_are_replaced_without_a_word(void)
{
    OSSL_LIB_CTX *libctx = fixture();
    EVP_PKEY *pkey = fixture_load(libctx, FIXTURE_KEY);
    EVP_PKEY *software = fixture_software(pkey);
    uint8_t sig[SIG_MAX];
    size_t len = sizeof(sig);

    fixture_stale();
    CU_ASSERT_EQUAL(fixture_sign(libctx, pkey, RSA_PKCS1_PADDING, "SHA256",
                                 "text", sig, &len),
                    1);
    CU_ASSERT_EQUAL(
        fixture_verify(software, RSA_PKCS1_PADDING, "SHA256", "text", sig, len),
        1);
    CU_ASSERT_EQUAL(fixture_errors(NULL), 0);
    EVP_PKEY_free(software);
    EVP_PKEY_free(pkey);
}

static void verifying_is_done_in_software(void)
{
    OSSL_LIB_CTX *libctx = fixture();
    EVP_PKEY *pkey = fixture_load(libctx, FIXTURE_KEY);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    uint8_t sig[SIG_MAX];
    size_t len = sizeof(sig);
    int reason = 0;

    (void)fixture_sign(libctx, pkey, RSA_PKCS1_PADDING, "SHA256", "text", sig,
                       &len);
    fixture_reset();
    CU_ASSERT_EQUAL(
        EVP_DigestVerifyInit_ex(ctx, NULL, "SHA256", libctx, NULL, pkey, NULL),
        1);
    CU_ASSERT_EQUAL(EVP_DigestVerify(ctx, sig, len, (const uint8_t *)"text", 4),
                    1);
    CU_ASSERT_EQUAL(fixture_errors(NULL), 0);
    EVP_MD_CTX_reset(ctx);
    CU_ASSERT_EQUAL(
        EVP_DigestVerifyInit_ex(ctx, NULL, "SHA256", libctx, NULL, pkey, NULL),
        1);
    sig[17] ^= 1;
    CU_ASSERT_EQUAL(EVP_DigestVerify(ctx, sig, len, (const uint8_t *)"text", 4),
                    0);
    CU_ASSERT_EQUAL(fixture_errors(&reason), 1);
    CU_ASSERT_EQUAL(reason, CKR_SIGNATURE_INVALID);
    CU_ASSERT_EQUAL(fixture_count("*"), 0);
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(pkey);
}

static void a_public_key_does_not_sign(void)
{
    OSSL_LIB_CTX *libctx = fixture();
    EVP_PKEY *pkey = fixture_load(libctx, FIXTURE_PUBLIC);
    uint8_t sig[SIG_MAX];
    size_t len = sizeof(sig);
    int reason = 0;

    CU_ASSERT_PTR_NOT_NULL_FATAL(pkey);
    CU_ASSERT_EQUAL(fixture_sign(libctx, pkey, RSA_PKCS1_PADDING, "SHA256",
                                 "text", sig, &len),
                    0);
    CU_ASSERT_EQUAL(fixture_errors(&reason), 1);
    CU_ASSERT_EQUAL(reason, CKR_KEY_FUNCTION_NOT_PERMITTED);
    EVP_PKEY_free(pkey);
}

static void a_child_of_a_fork_signs(void)
{
    OSSL_LIB_CTX *libctx = fixture();
    EVP_PKEY *pkey = fixture_load(libctx, FIXTURE_KEY);
    uint8_t sig[SIG_MAX];
    size_t len = sizeof(sig);
    int status = -1;
    pid_t child;

    CU_ASSERT_EQUAL(fixture_sign(libctx, pkey, RSA_PKCS1_PADDING, "SHA256",
                                 "text", sig, &len),
                    1);
    (void)fflush(NULL);
    child = fork();
    if (child == 0) {
        uint8_t other[SIG_MAX];
        size_t other_len = sizeof(other);
        int ok = fixture_sign(libctx, pkey, RSA_PKCS1_PADDING, "SHA256", "text",
                              other, &other_len);

        _exit(ok == 1 && memcmp(sig, other, len) == 0 &&
                      fixture_violations() == 0
                  ? 0
                  : 1);
    }
    CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
    CU_ASSERT_EQUAL(status, 0);
    CU_ASSERT_EQUAL(fixture_sign(libctx, pkey, RSA_PKCS1_PADDING, "SHA256",
                                 "text", sig, &len),
                    1);
    CU_ASSERT_EQUAL(fixture_violations(), 0);
    EVP_PKEY_free(pkey);
}

struct worker {
    OSSL_LIB_CTX *libctx;
    EVP_PKEY *pkey, *software;
    int good;
};

static void *work(void *arg)
{
    struct worker *w = arg;
    uint8_t sig[SIG_MAX];

    for (int i = 0; i < ROUNDS; i++) {
        size_t len = sizeof(sig);

        if (fixture_sign(w->libctx, w->pkey, RSA_PKCS1_PADDING, "SHA256",
                         "text", sig, &len) == 1 &&
            fixture_verify(w->software, RSA_PKCS1_PADDING, "SHA256", "text",
                           sig, len) == 1 &&
            ERR_peek_error() == 0)
            w->good++;
    }
    return NULL;
}

static void threads_share_a_key(void)
{
    struct worker workers[THREADS];
    pthread_t threads[THREADS];
    OSSL_LIB_CTX *libctx = fixture();
    EVP_PKEY *pkey = fixture_load(libctx, FIXTURE_KEY);
    EVP_PKEY *software = fixture_software(pkey);

    for (int i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){libctx, pkey, software, 0};
        CU_ASSERT_EQUAL_FATAL(
            pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        (void)pthread_join(threads[i], NULL);
        CU_ASSERT_EQUAL(workers[i].good, ROUNDS);
    }
    CU_ASSERT_EQUAL(fixture_violations(), 0);
    EVP_PKEY_free(software);
    EVP_PKEY_free(pkey);
}

UNIT_MAIN("provider/signature",
          UNIT(every_padding_and_digest_verifies_without_the_provider),
          UNIT(a_signature_is_two_calls),
          UNIT(asking_for_the_size_does_not_enter_the_token),
          UNIT(a_context_may_be_copied_in_mid_message),
          UNIT(a_failure_is_0_and_one_error_with_the_tokens_reason),
          UNIT(lost_sessions_are_replaced_without_a_word),
          UNIT(verifying_is_done_in_software), UNIT(a_public_key_does_not_sign),
          UNIT(a_child_of_a_fork_signs), UNIT(threads_share_a_key))
