/* SPDX-License-Identifier: Apache-2.0 */
/* Loading by URI: kinds of object, calls, PINs, errors. */
#include <openssl/core_dispatch.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/store.h>
#include <openssl/ui.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

#include "fixture.h"
#include "pkcs11/p11.h"
#include "unit.h"

static void a_key_loads_in_at_most_eight_calls_then_two(void)
{
    OSSL_LIB_CTX *libctx;
    EVP_PKEY *pkey;

    (void)fixture();
    libctx = fixture_context("", 0); /* which remembers no search */
    CU_ASSERT_PTR_NOT_NULL_FATAL(libctx);
    EVP_PKEY_free(fixture_load(libctx, FIXTURE_PUBLIC)); /* initialised */
    fixture_reset();
    pkey = fixture_load(libctx, FIXTURE_KEY);
    CU_ASSERT_PTR_NOT_NULL(pkey);
    CU_ASSERT_TRUE(fixture_count("*") <= 8);
    EVP_PKEY_free(pkey);
    fixture_reset();
    pkey = fixture_load(libctx, FIXTURE_KEY);
    CU_ASSERT_PTR_NOT_NULL(pkey);
    CU_ASSERT_TRUE(fixture_count("*") <= 2);
    CU_ASSERT_EQUAL(fixture_errors(NULL), 0);
    EVP_PKEY_free(pkey);
    OSSL_LIB_CTX_free(libctx);
}

static int loaded(OSSL_LIB_CTX *libctx, const char *uri, int expect, int *kinds)
{
    OSSL_STORE_CTX *store =
        OSSL_STORE_open_ex(uri, libctx, NULL, NULL, NULL, NULL, NULL, NULL);
    int count = 0;

    CU_ASSERT_PTR_NOT_NULL_FATAL(store);
    if (expect != 0)
        CU_ASSERT_EQUAL(OSSL_STORE_expect(store, expect), 1);
    while (!OSSL_STORE_eof(store)) {
        OSSL_STORE_INFO *info = OSSL_STORE_load(store);

        if (info != NULL) {
            count++;
            *kinds |= 1 << OSSL_STORE_INFO_get_type(info);
        }
        OSSL_STORE_INFO_free(info);
    }
    (void)OSSL_STORE_close(store);
    return count;
}

static void type_and_expectation_choose_the_kind(void)
{
    static const struct {
        const char *uri;
        int expect, count, kinds;
    } rows[] = {{"pkcs11:token=fault;object=k?pin-value=1234", 0, 2,
                 1 << OSSL_STORE_INFO_PKEY | 1 << OSSL_STORE_INFO_PUBKEY},
                {"pkcs11:token=fault;object=k?pin-value=1234",
                 OSSL_STORE_INFO_PKEY, 1, 1 << OSSL_STORE_INFO_PKEY},
                {"pkcs11:token=fault;object=k?pin-value=1234",
                 OSSL_STORE_INFO_PUBKEY, 1, 1 << OSSL_STORE_INFO_PUBKEY},
                {"pkcs11:token=fault;object=k;type=public", 0, 1,
                 1 << OSSL_STORE_INFO_PUBKEY},
                {"PKCS11:token=fault;object=k;type=public", 0, 1,
                 1 << OSSL_STORE_INFO_PUBKEY}};
    OSSL_LIB_CTX *libctx = fixture();

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int kinds = 0;

        CU_ASSERT_EQUAL(loaded(libctx, rows[i].uri, rows[i].expect, &kinds),
                        rows[i].count);
        CU_ASSERT_EQUAL(kinds, rows[i].kinds);
    }
    CU_ASSERT_EQUAL(fixture_errors(NULL), 0);
}

static void what_is_not_found_is_one_error_and_the_end(void)
{
    static const struct {
        const char *uri;
        int expect, reason;
    } rows[] = {{"pkcs11:token=none;object=k?pin-value=1234",
                 OSSL_STORE_INFO_PKEY, P11R_NO_TOKEN},
                {"pkcs11:token=fault;object=none?pin-value=1234",
                 OSSL_STORE_INFO_PKEY, P11R_NO_OBJECT},
                {"pkcs11:token=fault;object=none", OSSL_STORE_INFO_CERT,
                 P11R_NO_OBJECT},
                {"pkcs11:token=%zz", OSSL_STORE_INFO_PKEY, P11R_URI_INVALID}};
    OSSL_LIB_CTX *libctx = fixture();

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        OSSL_STORE_CTX *store = OSSL_STORE_open_ex(
            rows[i].uri, libctx, NULL, NULL, NULL, NULL, NULL, NULL);
        int reason = 0;

        CU_ASSERT_PTR_NOT_NULL_FATAL(store);
        CU_ASSERT_EQUAL(OSSL_STORE_expect(store, rows[i].expect), 1);
        ERR_clear_error();
        CU_ASSERT_PTR_NULL(OSSL_STORE_load(store));
        CU_ASSERT_EQUAL(OSSL_STORE_error(store), 1);
        CU_ASSERT_EQUAL(fixture_errors(&reason), 1);
        CU_ASSERT_EQUAL(reason, rows[i].reason);
        CU_ASSERT_PTR_NULL(OSSL_STORE_load(store));
        CU_ASSERT_EQUAL(OSSL_STORE_eof(store), 1);
        (void)OSSL_STORE_close(store);
        ERR_clear_error();
    }
}

static int asked;
static char prompt[256];

static int read_pin(UI *ui, UI_STRING *uis)
{
    asked++;
    (void)strncpy(prompt, UI_get0_output_string(uis), sizeof(prompt) - 1);
    return UI_set_result(ui, uis, UI_get0_user_data(ui)) == 0;
}

static EVP_PKEY *load_asking(OSSL_LIB_CTX *libctx, char *pin)
{
    UI_METHOD *method = UI_create_method("test");
    EVP_PKEY *pkey = NULL;
    OSSL_STORE_INFO *info;
    OSSL_STORE_CTX *store;

    asked = 0;
    UI_method_set_reader(method, read_pin);
    store = OSSL_STORE_open_ex("pkcs11:token=fault;object=k;type=private",
                               libctx, NULL, method, pin, NULL, NULL, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(store);
    CU_ASSERT_EQUAL(OSSL_STORE_expect(store, OSSL_STORE_INFO_PKEY), 1);
    info = OSSL_STORE_load(store);
    if (info != NULL)
        pkey = OSSL_STORE_INFO_get1_PKEY(info);
    OSSL_STORE_INFO_free(info);
    (void)OSSL_STORE_close(store);
    UI_destroy_method(method);
    return pkey;
}

/* The first test: nobody is logged in yet, and there is no key. */
static void the_programs_callback_gives_the_pin_once(void)
{
    OSSL_LIB_CTX *libctx = fixture_context("", 0);
    char right[] = "1234", wrong[] = "9999";
    int reason = 0;

    CU_ASSERT_PTR_NOT_NULL_FATAL(libctx);
    CU_ASSERT_PTR_NULL(load_asking(libctx, wrong));
    CU_ASSERT_EQUAL(asked, 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(prompt, "fault"));
    CU_ASSERT_EQUAL(fixture_errors(&reason), 1);
    CU_ASSERT_EQUAL(reason, CKR_PIN_INCORRECT);
    CU_ASSERT_EQUAL(fixture_count("C_Login"), 1);
    CU_ASSERT_PTR_NULL(load_asking(libctx, right));
    CU_ASSERT_EQUAL(asked, 1);
    CU_ASSERT_EQUAL(fixture_errors(&reason), 1);
    CU_ASSERT_EQUAL(reason, P11R_NO_OBJECT);
    CU_ASSERT_EQUAL(fixture_count("C_Login"), 2);
    OSSL_LIB_CTX_free(libctx);
}

/* ---- searching and deleting -------------------------------------------- */

static OSSL_STORE_CTX *opened(OSSL_LIB_CTX *libctx, const char *uri,
                              OSSL_STORE_SEARCH *search)
{
    OSSL_STORE_CTX *store =
        OSSL_STORE_open_ex(uri, libctx, NULL, NULL, NULL, NULL, NULL, NULL);

    CU_ASSERT_PTR_NOT_NULL_FATAL(store);
    CU_ASSERT_EQUAL(OSSL_STORE_find(store, search), 1);
    OSSL_STORE_SEARCH_free(search);
    return store;
}

static int count_of(OSSL_STORE_CTX *store)
{
    int count = 0;

    while (!OSSL_STORE_eof(store)) {
        OSSL_STORE_INFO *info = OSSL_STORE_load(store);

        count += info != NULL;
        OSSL_STORE_INFO_free(info);
    }
    (void)OSSL_STORE_close(store);
    return count;
}

static void an_alias_is_looked_for_by_the_token(void)
{
    OSSL_LIB_CTX *libctx = fixture();
    const char *uri = "pkcs11:token=fault;type=public";

    CU_ASSERT_EQUAL(
        count_of(opened(libctx, uri, OSSL_STORE_SEARCH_by_alias("k"))), 1);
    CU_ASSERT_EQUAL(fixture_errors(NULL), 0);
    CU_ASSERT_EQUAL(
        count_of(opened(libctx, uri, OSSL_STORE_SEARCH_by_alias("none"))), 0);
    CU_ASSERT_EQUAL(fixture_errors(NULL), 1);
    CU_ASSERT_EQUAL(
        count_of(opened(libctx, "pkcs11:token=fault;object=k;type=public",
                        OSSL_STORE_SEARCH_by_alias("other"))),
        0);
    CU_ASSERT_EQUAL(fixture_errors(NULL), 1);
}

static void subjects_are_of_certificates(void)
{
    OSSL_LIB_CTX *libctx = fixture();
    X509_NAME *name = X509_NAME_new();

    CU_ASSERT_EQUAL(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                               (const unsigned char *)"k", -1,
                                               -1, 0),
                    1);
    CU_ASSERT_EQUAL(count_of(opened(libctx, "pkcs11:token=fault;type=public",
                                    OSSL_STORE_SEARCH_by_name(name))),
                    0);
    CU_ASSERT_EQUAL(fixture_errors(NULL), 1);
    X509_NAME_free(name);
}

static void a_key_identifier_is_a_fingerprint(void)
{
    OSSL_LIB_CTX *libctx = fixture();
    EVP_PKEY *pkey = fixture_load(libctx, FIXTURE_PUBLIC);
    unsigned char *der = NULL, hash[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    int der_len = i2d_PUBKEY(pkey, &der);

    CU_ASSERT_TRUE_FATAL(der_len > 0);
    CU_ASSERT_EQUAL(
        EVP_Digest(der, (size_t)der_len, hash, &len, EVP_sha256(), NULL), 1);
    for (int wrong = 0; wrong < 2; wrong++) {
        hash[0] ^= (unsigned char)wrong;
        CU_ASSERT_EQUAL(
            count_of(opened(
                libctx, "pkcs11:token=fault;type=public",
                OSSL_STORE_SEARCH_by_key_fingerprint(EVP_sha256(), hash, len))),
            1 - wrong);
        CU_ASSERT_EQUAL(fixture_errors(NULL), wrong);
    }
    OPENSSL_free(der);
    EVP_PKEY_free(pkey);
}

static void names_can_be_asked_for(void)
{
    OSSL_LIB_CTX *libctx = fixture();
    OSSL_STORE_CTX *store =
        OSSL_STORE_open_ex("pkcs11:token=fault;object=k?pin-value=1234", libctx,
                           NULL, NULL, NULL, NULL, NULL, NULL);

    CU_ASSERT_EQUAL(OSSL_STORE_expect(store, OSSL_STORE_INFO_NAME), 1);
    for (int i = 0; i < 2; i++) {
        OSSL_STORE_INFO *info = OSSL_STORE_load(store);

        CU_ASSERT_PTR_NOT_NULL_FATAL(info);
        CU_ASSERT_EQUAL(OSSL_STORE_INFO_get_type(info), OSSL_STORE_INFO_NAME);
        CU_ASSERT_PTR_NOT_NULL(
            strstr(OSSL_STORE_INFO_get0_NAME(info), "object=k"));
        CU_ASSERT_PTR_NULL(strstr(OSSL_STORE_INFO_get0_NAME(info), "pin"));
        CU_ASSERT_PTR_NOT_NULL(strstr(
            OSSL_STORE_INFO_get0_NAME_description(info), "in token 'fault'"));
        OSSL_STORE_INFO_free(info);
    }
    CU_ASSERT_EQUAL(OSSL_STORE_eof(store), 1);
    (void)OSSL_STORE_close(store);
    CU_ASSERT_EQUAL(fixture_errors(NULL), 0);
}

#ifdef OSSL_FUNC_STORE_DELETE
static void make(OSSL_LIB_CTX *libctx, const char *label, unsigned char id)
{
    char uri[128];
    OSSL_PARAM params[2] = {OSSL_PARAM_END, OSSL_PARAM_END};
    EVP_PKEY *pkey;

    (void)snprintf(uri, sizeof(uri),
                   "pkcs11:token=fault;object=%s;id=%%%02x?pin-value=1234",
                   label, id);
    params[0] = OSSL_PARAM_construct_utf8_string("pkcs11_uri", uri, 0);
    pkey = fixture_generate(libctx, params);
    CU_ASSERT_PTR_NOT_NULL_FATAL(pkey);
    EVP_PKEY_free(pkey);
}

static void a_pair_is_deleted_and_nothing_else(void)
{
    static const struct {
        const char *uri;
        int done, reason;
    } rows[] = {
        {"pkcs11:token=fault?pin-value=1234", 0, P11R_AMBIGUOUS},
        {"pkcs11:token=fault;type=private?pin-value=1234", 0, P11R_AMBIGUOUS},
        {"pkcs11:token=fault;slot-id=0;type=public", 0, P11R_AMBIGUOUS},
        {"pkcs11:token=fault;object=none?pin-value=1234", 0, P11R_NO_OBJECT},
        {"pkcs11:token=fault;object=d1;type=public?pin-value=1234", 1, 0},
        {"pkcs11:token=fault;object=d1?pin-value=1234", 1, 0},
        {"pkcs11:token=fault;object=d1?pin-value=1234", 0, P11R_NO_OBJECT}};
    OSSL_LIB_CTX *libctx = fixture();

    make(libctx, "d1", 0xd1);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int reason = 0;

        CU_ASSERT_EQUAL(
            OSSL_STORE_delete(rows[i].uri, libctx, NULL, NULL, NULL, NULL),
            rows[i].done);
        CU_ASSERT_EQUAL(fixture_errors(&reason), 1 - rows[i].done);
        CU_ASSERT_EQUAL(reason, rows[i].reason);
    }
    EVP_PKEY_free(fixture_load(libctx, FIXTURE_KEY));
    CU_ASSERT_EQUAL(fixture_errors(NULL), 0);
}
#else
static void a_pair_is_deleted_and_nothing_else(void)
{
    unit_skip("OpenSSL 3.0 and 3.1 have no OSSL_STORE_delete");
}
#endif

UNIT_MAIN("provider/store", UNIT(the_programs_callback_gives_the_pin_once),
          UNIT(a_key_loads_in_at_most_eight_calls_then_two),
          UNIT(type_and_expectation_choose_the_kind),
          UNIT(what_is_not_found_is_one_error_and_the_end),
          UNIT(an_alias_is_looked_for_by_the_token),
          UNIT(subjects_are_of_certificates),
          UNIT(a_key_identifier_is_a_fingerprint), UNIT(names_can_be_asked_for),
          UNIT(a_pair_is_deleted_and_nothing_else))
