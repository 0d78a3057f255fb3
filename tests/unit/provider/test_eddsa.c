/* SPDX-License-Identifier: Apache-2.0 */
/* EdDSA: whole messages at once and in parts, forms, what is refused. */
#include <openssl/core_names.h>
#include <openssl/x509.h>
#include <string.h>

#include "curves.h"
#include "fixture.h"
#include "pkcs11/p11.h"
#include "unit.h"

enum { SIG_MAX = 128 };

static const uint8_t text[] = "a message";

struct form {
    const char *instance; /* NULL: the usual one */
    const char *context;  /* NULL: none */
};

static size_t fill(OSSL_PARAM params[3], const struct form *form, char *name)
{
    size_t n = 0;

    if (form->instance != NULL) {
        strcpy(name, form->instance);
        params[n++] = OSSL_PARAM_construct_utf8_string("instance", name, 0);
    }
    if (form->context != NULL)
        params[n++] = OSSL_PARAM_construct_octet_string(
            "context-string", (void *)(uintptr_t)form->context,
            strlen(form->context));
    params[n] = OSSL_PARAM_construct_end();
    return n;
}

static int sign(OSSL_LIB_CTX *libctx, EVP_PKEY *pkey, const struct form *form,
                uint8_t *sig, size_t *len)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    OSSL_PARAM params[3];
    char name[20];
    int ok;

    (void)fill(params, form, name);
    ok = EVP_DigestSignInit_ex(ctx, NULL, NULL, libctx, NULL, pkey, params) ==
             1 &&
         EVP_DigestSign(ctx, sig, len, text, sizeof(text)) == 1;
    EVP_MD_CTX_free(ctx);
    return ok;
}

/* Whether this OpenSSL knows forms at all. */
static int knows_forms(EVP_PKEY *software)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *pctx = NULL;
    const OSSL_PARAM *known = NULL;

    if (EVP_DigestVerifyInit_ex(ctx, &pctx, NULL, NULL, NULL, software, NULL))
        known = EVP_PKEY_CTX_settable_params(pctx);
    EVP_MD_CTX_free(ctx);
    return known != NULL && OSSL_PARAM_locate_const(known, "instance") != NULL;
}

static int verify(EVP_PKEY *software, const struct form *form,
                  const uint8_t *sig, size_t len)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    OSSL_PARAM params[3];
    char name[20];
    int ok;

    (void)fill(params, form, name);
    ok = EVP_DigestVerifyInit_ex(ctx, NULL, NULL, NULL, NULL, software,
                                 params) == 1 &&
         EVP_DigestVerify(ctx, sig, len, text, sizeof(text)) == 1;
    EVP_MD_CTX_free(ctx);
    return ok;
}

static void both_curves_sign_messages(void)
{
    static const char *const types[] = {"ED25519", "ED448"};
    static const struct form plain = {NULL, NULL};
    OSSL_LIB_CTX *libctx = fixture();

    for (size_t i = 0; i < 2; i++) {
        EVP_PKEY *pkey = curves_generate(libctx, types[i], NULL, types[i]);
        EVP_PKEY *software;
        uint8_t sig[SIG_MAX];
        char digest[20];
        size_t len = sizeof(sig);

        CU_ASSERT_PTR_NOT_NULL_FATAL(pkey);
        software = curves_software(pkey);
        CU_ASSERT_EQUAL(EVP_PKEY_get_bits(pkey), EVP_PKEY_get_bits(software));
        CU_ASSERT_EQUAL(EVP_PKEY_get_size(pkey), EVP_PKEY_get_size(software));
        CU_ASSERT_EQUAL(EVP_PKEY_get_security_bits(pkey),
                        EVP_PKEY_get_security_bits(software));
        CU_ASSERT_EQUAL(EVP_PKEY_eq(pkey, software), 1);
        CU_ASSERT_EQUAL(EVP_PKEY_eq(software, pkey), 1);
        CU_ASSERT_EQUAL(
            EVP_PKEY_get_default_digest_name(pkey, digest, sizeof(digest)), 2);
        CU_ASSERT_STRING_EQUAL(digest, "UNDEF");
        CU_ASSERT_EQUAL(sign(libctx, pkey, &plain, sig, &len), 1);
        CU_ASSERT_EQUAL(len, (size_t)EVP_PKEY_get_size(software));
        CU_ASSERT_EQUAL(verify(software, &plain, sig, len), 1);
        CU_ASSERT_EQUAL(verify(pkey, &plain, sig, len), 1);
        CU_ASSERT_EQUAL(fixture_errors(NULL), 0);
        sig[3] ^= 1;
        CU_ASSERT_EQUAL(verify(pkey, &plain, sig, len), 0);
        CU_ASSERT_EQUAL(fixture_errors(NULL), 1);
        EVP_PKEY_free(software);
        EVP_PKEY_free(pkey);
    }
    CU_ASSERT_EQUAL(fixture_violations(), 0);
}

static void a_message_may_come_in_parts(void)
{
    OSSL_LIB_CTX *libctx = fixture();
    EVP_PKEY *pkey = curves_load(libctx, "ED25519");
    EVP_PKEY *software = curves_software(pkey);
    static const struct form plain = {NULL, NULL};
    EVP_MD_CTX *ctx = EVP_MD_CTX_new(), *copy = EVP_MD_CTX_new();
    uint8_t sig[SIG_MAX];
    size_t len = sizeof(sig);

    CU_ASSERT_EQUAL(
        EVP_DigestSignInit_ex(ctx, NULL, NULL, libctx, NULL, pkey, NULL), 1);
    CU_ASSERT_EQUAL(EVP_DigestSignUpdate(ctx, text, 4), 1);
    CU_ASSERT_EQUAL(EVP_MD_CTX_copy_ex(copy, ctx), 1);
    CU_ASSERT_EQUAL(EVP_DigestSignUpdate(copy, text + 4, sizeof(text) - 4), 1);
    CU_ASSERT_EQUAL(EVP_DigestSignFinal(copy, sig, &len), 1);
    CU_ASSERT_EQUAL(verify(software, &plain, sig, len), 1);
    CU_ASSERT_EQUAL(fixture_errors(NULL), 0);
    EVP_MD_CTX_free(copy);
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(software);
    EVP_PKEY_free(pkey);
}

static void every_form_that_openssl_verifies_is_signed(void)
{
    static const struct {
        const char *type;
        struct form form;
        int allowed;
    } rows[] = {{"ED25519", {"Ed25519", NULL}, 1},
                {"ED25519", {"Ed25519ctx", "c"}, 1},
                {"ED25519", {"Ed25519ctx", NULL}, 0},
                {"ED25519", {"Ed25519", "c"}, 0},
                {"ED25519", {"Ed25519ph", NULL}, 1},
                {"ED25519", {"Ed25519ph", "context"}, 1},
                {"ED448", {"Ed448", "context"}, 1},
                {"ED448", {"Ed448ph", NULL}, 1},
                {"ED448", {"Ed25519", NULL}, 0}};
    OSSL_LIB_CTX *libctx = fixture();

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        EVP_PKEY *pkey = curves_load(libctx, rows[i].type);
        EVP_PKEY *software = curves_software(pkey);
        uint8_t sig[SIG_MAX] = {0};
        size_t len = sizeof(sig);
        int ok = sign(libctx, pkey, &rows[i].form, sig, &len);

        /* Where software does not know a form, neither do we. */
        CU_ASSERT_EQUAL(ok,
                        rows[i].allowed && (knows_forms(software) || i == 0));
        if (ok)
            CU_ASSERT_EQUAL(verify(software, &rows[i].form, sig, len), 1);
        if (ok)
            (void)fixture_errors(NULL);
        else
            CU_ASSERT_TRUE(fixture_errors(NULL) >= 1);
        EVP_PKEY_free(software);
        EVP_PKEY_free(pkey);
    }
}

static void digests_are_refused_with_one_error(void)
{
    OSSL_LIB_CTX *libctx = fixture();
    EVP_PKEY *pkey = curves_load(libctx, "ED25519");
    EVP_PKEY_CTX *pctx = EVP_PKEY_CTX_new_from_pkey(libctx, pkey, NULL);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    int reason = 0;

    CU_ASSERT_EQUAL(
        EVP_DigestSignInit_ex(ctx, NULL, "SHA256", libctx, NULL, pkey, NULL),
        0);
    CU_ASSERT_EQUAL(fixture_errors(&reason), 1);
    CU_ASSERT_EQUAL(reason, CKR_MECHANISM_INVALID);
    CU_ASSERT_NOT_EQUAL(EVP_PKEY_sign_init(pctx), 1);
    CU_ASSERT_EQUAL(fixture_errors(&reason), 1);
    CU_ASSERT_EQUAL(reason, CKR_KEY_FUNCTION_NOT_PERMITTED);
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_CTX_free(pctx);
    EVP_PKEY_free(pkey);
}

static void a_forced_software_key_signs(void)
{
    static const struct form plain = {NULL, NULL};
    OSSL_LIB_CTX *libctx = fixture();
    EVP_PKEY *pkey = curves_forced(libctx, "ED25519", NULL);
    EVP_PKEY *software = curves_software(pkey);
    uint8_t sig[SIG_MAX];
    size_t len = sizeof(sig);

    CU_ASSERT_EQUAL(sign(libctx, pkey, &plain, sig, &len), 1);
    CU_ASSERT_EQUAL(verify(software, &plain, sig, len), 1);
    CU_ASSERT_EQUAL(fixture_count("*"), 0);
    CU_ASSERT_EQUAL(fixture_errors(NULL), 0);
    EVP_PKEY_free(software);
    EVP_PKEY_free(pkey);
}

UNIT_MAIN("provider/eddsa", UNIT(both_curves_sign_messages),
          UNIT(a_message_may_come_in_parts),
          UNIT(every_form_that_openssl_verifies_is_signed),
          UNIT(digests_are_refused_with_one_error),
          UNIT(a_forced_software_key_signs))
