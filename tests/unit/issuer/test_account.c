/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/account.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "issuer/key.h"
#include "licensing.h"
#include "unit.h"

static const char guid[] = "{00000000-0000-4000-8000-000000000001}";

static enum iss_status name(const char *type, const char *id, const char *mail,
                            struct iss_identity *out)
{
    const struct iss_user user = {.id_type = type, .id = id, .mail = mail};
    struct iss_error error = {.status = ISS_OK};

    return iss_identity_of(guid, &user, out, &error);
}

static void an_id_is_of_its_type(void)
{
    static const struct {
        const char *type, *id, *out; /* out NULL: refused */
    } rows[] = {{NULL, "S-1-5-21-1-2-3-1000", "S-1-5-21-1-2-3-1000"},
                {"Windows", "s-1-5-21-1-2-3-1000", "S-1-5-21-1-2-3-1000"},
                {"Windows", "S-1-1-0", "S-1-1-0"},
                {"Windows", "S-1-5-21-0-2-30-1000", "S-1-5-21-0-2-30-1000"},
                {"Windows", "S-1-5-021-1-2-3-1000", NULL},
                {"Windows", "S-1-5-21-1-2-3-00", NULL},
                {"Windows", "S-1-5", NULL},
                {"Windows", "S-1-5-", NULL},
                {"Windows", "S-1-5--1", NULL},
                {"Windows", "S-2-5-21-1", NULL},
                {"Windows", "S-1-5-21-1x", NULL},
                {"Windows", "S-1-5-21-1 ", NULL},
                {"Windows", "S-1-5-21-1234567890123456", NULL},
                {"Windows", "", NULL},
                {"Federation", "{0F45FD50-383B-43EE-90A4-ED013CD0CFE5}",
                 "{0f45fd50-383b-43ee-90a4-ed013cd0cfe5}"},
                {"Federation", "S-1-5-21-1-2-3-1000", NULL},
                {"Passport", "00037ffe12345678", "00037FFE12345678"},
                {"Passport", "00037FFE1234567", NULL},
                {"Passport", "00037FFE1234567G", NULL},
                {"windows", "S-1-1-0", NULL}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct iss_identity who;
        const enum iss_status status =
            name(rows[i].type, rows[i].id, "ann@example.com", &who);

        CU_ASSERT_EQUAL(status, rows[i].out != NULL ? ISS_OK : ISS_MALFORMED);
        if (rows[i].out != NULL)
            CU_ASSERT_STRING_EQUAL(who.id, rows[i].out);
    }
}

/* printf '{00000000-0000-4000-8000-000000000001}\nann@example.com' |
 * openssl dgst -sha256 */
static void without_an_id_the_mail_makes_one_for_ever(void)
{
    struct iss_identity who;
    struct iss_identity same;
    struct iss_identity other;

    CU_ASSERT_EQUAL(name(NULL, NULL, "ann@example.com", &who), ISS_OK);
    CU_ASSERT_STRING_EQUAL(
        who.id, "S-1-5-21-4187331651-2294498861-2239015361-1971454835");
    CU_ASSERT_STRING_EQUAL(
        who.account,
        "Windows:S-1-5-21-4187331651-2294498861-2239015361-1971454835");
    CU_ASSERT_EQUAL(name(NULL, NULL, "Ann@EXAMPLE.com", &same), ISS_OK);
    CU_ASSERT_STRING_EQUAL(same.account, who.account);
    CU_ASSERT_STRING_EQUAL(same.mail, "Ann@EXAMPLE.com");
    CU_ASSERT_EQUAL(name("Federation", NULL, "ann@example.com", &other),
                    ISS_OK);
    CU_ASSERT_STRING_EQUAL(other.id, "{f9959c43-88c3-862d-8574-a9c175820373}");
    CU_ASSERT_EQUAL(name("Passport", NULL, "ann@example.com", &other), ISS_OK);
    CU_ASSERT_STRING_EQUAL(other.id, "F9959C4388C3462D");
    CU_ASSERT_EQUAL(name(NULL, NULL, "bob@example.com", &other), ISS_OK);
    CU_ASSERT_STRING_NOT_EQUAL(other.id, who.id);
}

static void who_is_nobody_is_named(void)
{
    struct iss_identity who;
    struct iss_error error = {.status = ISS_OK};
    const struct iss_user nobody = {.mail = NULL};
    const struct iss_user wrong = {.id_type = "Unix", .mail = "a@b"};

    CU_ASSERT_EQUAL(iss_identity_of(guid, &nobody, &who, &error),
                    ISS_MALFORMED);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "nobody"));
    error.status = ISS_OK;
    error.text[0] = '\0';
    CU_ASSERT_EQUAL(iss_identity_of(guid, &wrong, &who, &error), ISS_MALFORMED);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "Unix"));
}

/* ---- pairs -----------------------------------------------------------------
 */

static void a_pair_is_bound_to_its_account(void)
{
    struct iss_account account;
    struct enroll_key holder;
    struct sealed_secret secret;
    struct iss_error error = {.status = ISS_OK};
    EVP_PKEY *licensor = EVP_RSA_gen(2048);
    EVP_PKEY *pair = EVP_RSA_gen(2048);
    EVP_PKEY *opened = NULL;
    char *bound = NULL;

    CU_ASSERT_EQUAL(iss_key_public(licensor, &holder, NULL), ISS_OK);
    CU_ASSERT_EQUAL(iss_account_seal(NULL, "Windows:S-1-1-0", pair, &holder,
                                     &account, &error),
                    ISS_OK);
    CU_ASSERT_EQUAL(
        iss_account_bound("Windows:S-1-1-0", account.hash, &bound, NULL),
        ISS_OK);
    struct sealed_lid lid = {.form = SEALED_V2,
                             .kind = SEALED_PRIVATE_KEY,
                             .element = bound,
                             .element_len = strlen(bound)};
    CU_ASSERT_EQUAL(sealed_open(&lid, licensor, account.sealed.data,
                                account.sealed.len, &secret, &error),
                    ISS_OK);
    CU_ASSERT_EQUAL(sealed_to_key(&secret, &opened, NULL), ISS_OK);
    CU_ASSERT_EQUAL(EVP_PKEY_eq(pair, opened), 1);
    sealed_secret_wipe(&secret);
    free(bound);
    /* of another account it cannot be opened */
    CU_ASSERT_EQUAL(
        iss_account_bound("Windows:S-1-1-1", account.hash, &bound, NULL),
        ISS_OK);
    lid.element = bound;
    CU_ASSERT_EQUAL(sealed_open(&lid, licensor, account.sealed.data,
                                account.sealed.len, &secret, &error),
                    ISS_REFUSED);
    free(bound);
    EVP_PKEY_free(opened);
    EVP_PKEY_free(pair);
    EVP_PKEY_free(licensor);
    iss_account_clear(&account);
}

static void the_journal_knows_accounts_and_nothing_in_the_clear(void)
{
    const struct iss_log_check check = {.from = 1};
    struct iss_log_verdict verdict;
    struct licensing licensing;
    struct iss_licensed rac;
    struct iss_account account;
    struct iss_identity who;
    char newest[STORES_RECORD];

    licensing_new(&licensing);
    const struct iss_license_order order =
        licensing_rac(&licensing, "ann@example.com");
    licensing_must(&licensing, &order, &rac);
    CU_ASSERT_EQUAL(
        iss_identity_of(licensing.root->guid, &order.user, &who, NULL), ISS_OK);
    CU_ASSERT_EQUAL(iss_account_find(licensing.root, who.account, &account,
                                     &licensing.error),
                    ISS_OK);
    CU_ASSERT_TRUE(account.known);
    /* modulus of 2048 bits; what else is in it is sealed */
    CU_ASSERT_EQUAL(account.spki.len, 294);
    CU_ASSERT_EQUAL(account.sealed.len, 256 + 1232);
    iss_account_clear(&account);
    CU_ASSERT_EQUAL(iss_account_find(licensing.root, "Windows:S-1-1-0",
                                     &account, &licensing.error),
                    ISS_OK);
    CU_ASSERT_FALSE(account.known);
    stores_newest(&licensing.stores, licensing.stores.root, ISS_REC_ACCOUNT,
                  newest);
    CU_ASSERT_PTR_NOT_NULL(strstr(newest, "account=Windows:S-1-5-21-"));
    CU_ASSERT_PTR_NOT_NULL(strstr(newest, "sealed-key=#1488;"));
    CU_ASSERT_EQUAL(
        iss_log_verify(licensing.root, &check, &verdict, &licensing.error),
        ISS_OK);
    iss_licensed_clear(&rac);
    licensing_free(&licensing);
}

/* ---- races -----------------------------------------------------------------
 */

enum { RACERS = 6 };

static void ask_as_another_process(struct licensing *licensing)
{
    struct iss_licensed rac;
    struct iss *store = NULL;
    const struct iss_license_order order =
        licensing_rac(licensing, "ann@example.com");

    if (iss_open(&licensing->stores.env, licensing->stores.root, 0, &store,
                 NULL) != ISS_OK ||
        iss_license(store, &order, &rac, NULL) != ISS_OK)
        _exit(1);
    EVP_PKEY *pair = licensing_open(rac.document, licensing->machine_key);
    _exit(pair != NULL ? 0 : 2);
}

static void many_processes_make_one_pair(void)
{
    const struct iss_log_check check = {.from = 1};
    struct iss_log_verdict verdict;
    struct licensing licensing;
    pid_t children[RACERS];

    licensing_new(&licensing);
    stores_close(&licensing.stores, licensing.root);
    for (int i = 0; i < RACERS; i++) {
        children[i] = fork();
        if (children[i] == 0)
            ask_as_another_process(&licensing);
    }
    for (int i = 0; i < RACERS; i++) {
        int status = -1;

        CU_ASSERT_EQUAL(waitpid(children[i], &status, 0), children[i]);
        CU_ASSERT_EQUAL(status, 0);
    }
    licensing.root = stores_open(&licensing.stores, licensing.stores.root);
    CU_ASSERT_EQUAL(stores_records(&licensing.stores, licensing.stores.root,
                                   ISS_REC_ACCOUNT),
                    1);
    CU_ASSERT_EQUAL(
        iss_log_verify(licensing.root, &check, &verdict, &licensing.error),
        ISS_OK);
    licensing_free(&licensing);
}

UNIT_MAIN("account", UNIT(an_id_is_of_its_type),
          UNIT(without_an_id_the_mail_makes_one_for_ever),
          UNIT(who_is_nobody_is_named), UNIT(a_pair_is_bound_to_its_account),
          UNIT(the_journal_knows_accounts_and_nothing_in_the_clear),
          UNIT(many_processes_make_one_pair))
