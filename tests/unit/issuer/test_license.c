/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/license.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "answers.h"
#include "issuer/journal.h"
#include "issuer/key.h"
#include "issuer/order_digest.h"
#include "licensing.h"
#include "unit.h"

static const uint8_t nonce[ISS_LICENSE_NONCE_SIZE] = {1, 2, 3};

static uint64_t records(struct licensing *licensing, unsigned type)
{
    return stores_records(&licensing->stores, licensing->stores.root, type);
}

/* ---- the same again --------------------------------------------------------
 */

/* As a token that is away: nothing of the root's keys can be opened. */
static void hide_keys(struct licensing *licensing)
{
    char *to = NULL;
    struct iss_key_row row;

    CU_ASSERT_EQUAL_FATAL(iss_store_key_get(licensing->root->db, "licensor",
                                            &row, &licensing->error),
                          ISS_OK);
    const char *from = row.uri + strlen("file:");
    CU_ASSERT_TRUE_FATAL(asprintf(&to, "%s.away", from) > 0);
    CU_ASSERT_EQUAL(rename(from, to), 0);
    free(to);
    iss_key_row_clear(&row);
}

static void the_same_order_is_the_same_license_without_token_and_slc(void)
{
    struct licensing licensing;
    struct iss_licensed rac;
    struct iss_licensed first;
    struct iss_licensed again;

    licensing_new(&licensing);
    struct iss_license_order order =
        licensing_rac(&licensing, "ann@example.com");
    licensing_must(&licensing, &order, &rac);
    order = licensing_clc(&rac);
    order.nonce = nonce;
    licensing_must(&licensing, &order, &first);
    CU_ASSERT_FALSE(first.again);
    licensing_again(&licensing);
    hide_keys(&licensing);
    licensing.stores.now += INT64_C(3) * 366 * 86400; /* SLC and RAC ended */
    licensing_must(&licensing, &order, &again);
    CU_ASSERT_TRUE(again.again);
    CU_ASSERT_STRING_EQUAL(first.document, again.document);
    CU_ASSERT_STRING_EQUAL(first.chain, again.chain);
    CU_ASSERT_STRING_EQUAL(first.guid, again.guid);
    CU_ASSERT_STRING_EQUAL(first.words, again.words);
    CU_ASSERT_EQUAL(first.record, again.record);
    CU_ASSERT_EQUAL(first.range.until, again.range.until);
    iss_licensed_clear(&again);
    /* whatever differs is another order, which needs both */
    order.nonce = NULL;
    CU_ASSERT_EQUAL(licensing_issue(&licensing, &order, &again), ISS_EXPIRED);
    iss_licensed_clear(&first);
    iss_licensed_clear(&rac);
    licensing_free(&licensing);
}

static void another_nonce_or_input_is_another_license(void)
{
    static const uint8_t other[ISS_LICENSE_NONCE_SIZE] = {1, 2, 4};
    struct licensing licensing;
    struct iss_licensed results[4];

    licensing_new(&licensing);
    struct iss_license_order order =
        licensing_rac(&licensing, "ann@example.com");
    order.nonce = nonce;
    licensing_must(&licensing, &order, &results[0]);
    order.nonce = other;
    licensing_must(&licensing, &order, &results[1]);
    order.nonce = nonce;
    order.temporary = true;
    licensing_must(&licensing, &order, &results[2]);
    order.temporary = false;
    order.user.mail = "bob@example.com";
    licensing_must(&licensing, &order, &results[3]);
    for (int i = 0; i < 4; i++) {
        CU_ASSERT_FALSE(results[i].again);
        for (int j = 0; j < i; j++)
            CU_ASSERT_STRING_NOT_EQUAL(results[i].guid, results[j].guid);
    }
    for (int i = 0; i < 4; i++)
        iss_licensed_clear(&results[i]);
    licensing_free(&licensing);
}

/* ---- D ---------------------------------------------------------------------
 */

static void hash_line(const void *data, size_t len, char *out, size_t *used)
{
    uint8_t hash[32];

    (void)EVP_Digest(data, len, hash, NULL, EVP_sha256(), NULL);
    iss_hex(hash, sizeof(hash), out + *used);
    *used += 64;
    out[(*used)++] = '\n';
}

/* By docs/formats/journal.md, from the order alone. */
static void d_names_kind_inputs_and_nonce(void)
{
    struct licensing licensing;
    struct iss_licensed rac;
    struct iss_licensed clc;
    struct iss_issue_row row;
    char text[1024];
    uint8_t digest[32];
    static const char said[] = "user\n";

    licensing_new(&licensing);
    struct iss_license_order order =
        licensing_rac(&licensing, "ann@example.com");
    licensing_must(&licensing, &order, &rac);
    order = licensing_clc(&rac);
    order.nonce = nonce;
    licensing_must(&licensing, &order, &clc);
    size_t used = (size_t)snprintf(text, sizeof(text), "%s",
                                   "privyseal-request 1\nclc\n");
    hash_line("", 0, text, &used);
    hash_line(rac.chain, rac.chain_len, text, &used);
    for (int i = 0; i < 3; i++)
        hash_line("", 0, text, &used);
    hash_line(said, sizeof(said) - 1, text, &used);
    used += (size_t)snprintf(text + used, sizeof(text) - used, "%s",
                             "01020300000000000000000000000000\n");
    (void)EVP_Digest(text, used, digest, NULL, EVP_sha256(), NULL);
    CU_ASSERT_EQUAL(
        iss_store_issue_by_request(licensing.root->db, digest, &row, NULL),
        ISS_OK);
    CU_ASSERT_EQUAL(row.result, clc.record);
    iss_licensed_clear(&clc);
    iss_licensed_clear(&rac);
    licensing_free(&licensing);
}

/* How long a right lasts is not how old a list may be, which means nothing
 * where nobody may revoke. */
static void d_tells_an_interval_of_a_right_from_one_of_lists(void)
{
    static const struct xrml_interval day = {.present = true, .days = 1};
    struct iss_grant grant = {.right = "VIEW"};
    struct iss_terms terms = {.grants = &grant, .grant_count = 1};
    const struct iss_license_order order = {.kind = ISS_PL, .terms = &terms};
    uint8_t plain[ISS_HASH_SIZE], right[ISS_HASH_SIZE], list[ISS_HASH_SIZE];

    CU_ASSERT_EQUAL(iss_order_digest(&order, nonce, plain, NULL), ISS_OK);
    grant.interval = day;
    CU_ASSERT_EQUAL(iss_order_digest(&order, nonce, right, NULL), ISS_OK);
    grant.interval = (struct xrml_interval){.present = false};
    terms.refresh.interval = day;
    CU_ASSERT_EQUAL(iss_order_digest(&order, nonce, list, NULL), ISS_OK);
    CU_ASSERT_NOT_EQUAL(memcmp(right, list, sizeof(list)), 0);
    CU_ASSERT_EQUAL(memcmp(plain, list, sizeof(list)), 0);
    terms.refresh.count = 1;
    CU_ASSERT_EQUAL(iss_order_digest(&order, nonce, right, NULL), ISS_OK);
    terms.refresh.interval = (struct xrml_interval){.present = false};
    CU_ASSERT_EQUAL(iss_order_digest(&order, nonce, list, NULL), ISS_OK);
    CU_ASSERT_NOT_EQUAL(memcmp(right, list, sizeof(list)), 0);
}

/* ---- interruptions ---------------------------------------------------------
 */

/* A key that is there but cannot sign. */
static EVP_PKEY *public_half(struct licensing *licensing)
{
    struct enroll_key numbers;
    uint8_t *spki = NULL;
    size_t len = 0;

    CU_ASSERT_EQUAL_FATAL(iss_handle_public(licensing->root, ISS_KEY_LICENSOR,
                                            &numbers, &licensing->error),
                          ISS_OK);
    const struct xrml_key view = iss_key_view(&numbers);
    CU_ASSERT_EQUAL_FATAL(xrml_key_spki(&view, &spki, &len, NULL), ISS_OK);
    const uint8_t *at = spki;
    EVP_PKEY *key = d2i_PUBKEY(NULL, &at, (long)len);
    free(spki);
    return key;
}

static void an_interrupted_license_is_finished_with_its_own_octets(void)
{
    struct licensing licensing;
    struct iss_licensed rac;
    struct iss_licensed again;
    struct iss_info info;

    licensing_new(&licensing);
    struct iss_license_order order =
        licensing_rac(&licensing, "ann@example.com");
    order.nonce = nonce;
    licensing_again(&licensing);
    licensing.root->keys[ISS_KEY_LICENSOR] = public_half(&licensing);
    CU_ASSERT_EQUAL(licensing_issue(&licensing, &order, &rac), ISS_TOKEN);
    CU_ASSERT_PTR_NULL(rac.document);
    CU_ASSERT_EQUAL(iss_info(licensing.root, &info, NULL), ISS_OK);
    CU_ASSERT_EQUAL(info.unfinished, 1);
    CU_ASSERT_EQUAL(records(&licensing, ISS_REC_ACCOUNT), 1);
    CU_ASSERT_EQUAL(iss_close(licensing.root, NULL), ISS_OK);
    licensing.root = stores_open(&licensing.stores, licensing.stores.root);
    licensing.stores.now += 86400;
    licensing_must(&licensing, &order, &rac);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(rac.document, "<ISSUEDTIME>2026-11-21T10:00</ISSUEDTIME>"));
    EVP_PKEY *pair = licensing_open(rac.document, licensing.machine_key);
    CU_ASSERT_PTR_NOT_NULL(pair);
    licensing_must(&licensing, &order, &again);
    CU_ASSERT_STRING_EQUAL(rac.chain, again.chain);
    EVP_PKEY_free(pair);
    iss_licensed_clear(&again);
    iss_licensed_clear(&rac);
    licensing_free(&licensing);
}

static void a_key_that_is_another_is_never_signed_with(void)
{
    struct licensing licensing;
    struct iss_licensed rac;
    EVP_PKEY *audit = NULL;
    struct enroll_key numbers;

    licensing_new(&licensing);
    const struct iss_license_order order =
        licensing_rac(&licensing, "ann@example.com");
    licensing_again(&licensing);
    CU_ASSERT_EQUAL(
        iss_handle_key(licensing.root, ISS_KEY_AUDIT, &audit, &numbers, NULL),
        ISS_OK);
    (void)EVP_PKEY_up_ref(audit);
    licensing.root->keys[ISS_KEY_LICENSOR] = audit;
    /* the handle sees that it is not the licensor's, and opens that */
    licensing_must(&licensing, &order, &rac);
    CU_ASSERT_PTR_NOT_NULL(rac.document);
    iss_licensed_clear(&rac);
    licensing_free(&licensing);
}

enum { RACERS = 6 };

static void ask_as_another_process(struct licensing *licensing, int n,
                                   const struct iss_license_order *order)
{
    struct iss_licensed licensed;
    struct iss *store = NULL;
    char path[ISS_PATH_MAX + 16];

    (void)snprintf(path, sizeof(path), "%s/license-%d", licensing->stores.dir,
                   n);
    if (iss_open(&licensing->stores.env, licensing->stores.root, 0, &store,
                 NULL) != ISS_OK ||
        iss_license(store, order, &licensed, NULL) != ISS_OK)
        _exit(1);
    _exit((int)iss_publish(path, licensed.chain, licensed.chain_len, 0, NULL));
}

static void many_processes_make_one_license(void)
{
    struct licensing licensing;
    pid_t children[RACERS];
    char path[ISS_PATH_MAX + 16];
    char *first = NULL;

    licensing_new(&licensing);
    struct iss_license_order order =
        licensing_rac(&licensing, "ann@example.com");
    order.nonce = nonce;
    const uint64_t before = records(&licensing, ISS_REC_RESULT);
    stores_close(&licensing.stores, licensing.root);
    for (int i = 0; i < RACERS; i++) {
        children[i] = fork();
        if (children[i] == 0)
            ask_as_another_process(&licensing, i, &order);
    }
    for (int i = 0; i < RACERS; i++) {
        size_t len = 0;
        int status = -1;

        CU_ASSERT_EQUAL(waitpid(children[i], &status, 0), children[i]);
        CU_ASSERT_EQUAL(status, 0);
        (void)snprintf(path, sizeof(path), "%s/license-%d",
                       licensing.stores.dir, i);
        char *chain = unit_read_file(path, &len);
        CU_ASSERT_PTR_NOT_NULL_FATAL(chain);
        if (first == NULL)
            first = strdup(chain);
        CU_ASSERT_STRING_EQUAL(chain, first);
        free(chain);
    }
    licensing.root = stores_open(&licensing.stores, licensing.stores.root);
    CU_ASSERT_EQUAL(records(&licensing, ISS_REC_RESULT), before + 1);
    free(first);
    licensing_free(&licensing);
}

/* ---- refusals --------------------------------------------------------------
 */

static void a_refusal_says_kind_digest_cause_and_whom(void)
{
    struct licensing licensing;
    struct iss_licensed rac;
    char newest[STORES_RECORD];

    licensing_new(&licensing);
    struct iss_license_order order =
        licensing_rac(&licensing, "ann@example.com");
    order.until = STORES_NOW + INT64_C(800) * 86400;
    CU_ASSERT_EQUAL(licensing_issue(&licensing, &order, &rac), ISS_REFUSED);
    stores_newest(&licensing.stores, licensing.stores.root, ISS_REC_DENY,
                  newest);
    static const char *const fields[] = {
        "kind=rac;",      "digest=#32;",           "principal=ann@example.com;",
        "class=REFUSED;", "cause=rac: it can end", "host=host1;",
        "user=operator;"};
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (strstr(newest, fields[i]) == NULL)
            (void)fprintf(stderr, "%s: no %s\n", newest, fields[i]);
        CU_ASSERT_PTR_NOT_NULL(strstr(newest, fields[i]));
    }
    licensing_free(&licensing);
}

static void an_intent_says_who_asked(void)
{
    struct licensing licensing;
    struct iss_licensed rac;
    struct iss_origin origin;
    char newest[STORES_RECORD];

    licensing_new(&licensing);
    const struct iss_license_order order =
        licensing_rac(&licensing, "ann@example.com");
    licensing_must(&licensing, &order, &rac);
    stores_newest(&licensing.stores, licensing.stores.root, ISS_REC_INTENT,
                  newest);
    CU_ASSERT_PTR_NOT_NULL(strstr(newest, "kind=rac;"));
    CU_ASSERT_PTR_NOT_NULL(strstr(newest, "principal=ann@example.com;"));
    CU_ASSERT_PTR_NOT_NULL(strstr(newest, "subject-key=#32;"));
    CU_ASSERT_EQUAL(
        iss_whence(licensing.root, rac.body_hash, &origin, &licensing.error),
        ISS_OK);
    CU_ASSERT_STRING_EQUAL(origin.kind, "rac");
    CU_ASSERT_STRING_EQUAL(origin.user, "operator");
    CU_ASSERT_STRING_EQUAL(origin.host, "host1");
    CU_ASSERT_STRING_EQUAL(origin.document, rac.guid);
    iss_licensed_clear(&rac);
    licensing_free(&licensing);
}

/* Longer than any GUID: a mail address of 254 octets. */
static void the_longest_mail_address_is_taken(void)
{
    struct licensing licensing;
    struct iss_licensed rac;
    char mail[255];

    licensing_new(&licensing);
    memset(mail, 'a', sizeof(mail));
    memcpy(mail + 242, "@example.com", sizeof("@example.com"));
    const struct iss_license_order order = licensing_rac(&licensing, mail);
    licensing_must(&licensing, &order, &rac);
    CU_ASSERT_PTR_NOT_NULL(strstr(rac.document, mail));
    const struct iss_license_order next = licensing_clc(&rac);
    struct iss_licensed clc;
    licensing_must(&licensing, &next, &clc);
    iss_licensed_clear(&clc);
    iss_licensed_clear(&rac);
    licensing_free(&licensing);
}

static void who_is_not_enrolled_issues_nothing(void)
{
    struct stores stores;
    struct iss_licensed rac;
    const struct iss_license_order order = {.kind = ISS_RAC,
                                            .user = {.mail = "a@b"}};

    stores_new(&stores);
    struct iss *root = stores_open(&stores, stores.root);
    CU_ASSERT_EQUAL(iss_license(root, &order, &rac, &stores.error),
                    ISS_NOT_ENROLLED);
    stores_close(&stores, root);
    CU_ASSERT_EQUAL(stores_records(&stores, stores.root, ISS_REC_DENY), 1);
    root = stores_open(&stores, stores.authority);
    memset(&stores.error, 0, sizeof(stores.error));
    CU_ASSERT_EQUAL(iss_license(root, &order, &rac, &stores.error),
                    ISS_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(stores.error.text, "role authority issues no rac"));
    stores_close(&stores, root);
    stores_free(&stores);
}

static void a_licensing_server_issues_no_rac(void)
{
    struct stores stores;
    struct iss_licensed rac;
    struct iss_license_order order = {.kind = ISS_RAC, .user = {.mail = "a@b"}};

    answers_new(&stores, ISS_LICENSING);
    answers_pass(&stores, ISS_SUB_ENROLL, 1);
    struct iss *store = stores_open(&stores, stores.root);
    memset(&stores.error, 0, sizeof(stores.error));
    CU_ASSERT_EQUAL(iss_license(store, &order, &rac, &stores.error),
                    ISS_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(stores.error.text, "role licensing issues no rac"));
    /* a CLC it may: what is missing is the order's */
    order.kind = ISS_CLC;
    memset(&stores.error, 0, sizeof(stores.error));
    CU_ASSERT_EQUAL(iss_license(store, &order, &rac, &stores.error),
                    ISS_MALFORMED);
    stores_close(&stores, store);
    stores_free(&stores);
}

static void outside_of_its_certificate_it_issues_nothing(void)
{
    struct licensing licensing;
    struct iss_licensed rac;

    licensing_new(&licensing);
    const struct iss_license_order order =
        licensing_rac(&licensing, "ann@example.com");
    licensing.stores.now -= 3600;
    CU_ASSERT_EQUAL(licensing_issue(&licensing, &order, &rac), ISS_CLOCK);
    CU_ASSERT_EQUAL(records(&licensing, ISS_REC_CLOCK), 1);
    licensing.stores.now += 3600 + INT64_C(366) * 86400;
    CU_ASSERT_EQUAL(licensing_issue(&licensing, &order, &rac), ISS_EXPIRED);
    CU_ASSERT_TRUE(licensing_said(&licensing, "expired on 2027-11-21T10:00"));
    CU_ASSERT_EQUAL(records(&licensing, ISS_REC_DENY), 1);
    licensing_free(&licensing);
}

static void a_kind_that_is_none_is_refused(void)
{
    struct licensing licensing;
    struct iss_licensed licensed;
    enum iss_license_kind kind = ISS_RAC;

    licensing_new(&licensing);
    const struct iss_license_order order = {.kind = ISS_LICENSE_KINDS};
    CU_ASSERT_EQUAL(licensing_issue(&licensing, &order, &licensed), ISS_USAGE);
    CU_ASSERT_FALSE(iss_license_kind_find("spc", &kind));
    for (size_t i = 0; i < ISS_LICENSE_KINDS; i++) {
        CU_ASSERT_TRUE(iss_license_kind_find(
            iss_license_kind_name((enum iss_license_kind)i), &kind));
        CU_ASSERT_EQUAL(kind, (enum iss_license_kind)i);
    }
    licensing_free(&licensing);
}

UNIT_MAIN("license",
          UNIT(the_same_order_is_the_same_license_without_token_and_slc),
          UNIT(another_nonce_or_input_is_another_license),
          UNIT(d_names_kind_inputs_and_nonce),
          UNIT(d_tells_an_interval_of_a_right_from_one_of_lists),
          UNIT(an_interrupted_license_is_finished_with_its_own_octets),
          UNIT(a_key_that_is_another_is_never_signed_with),
          UNIT(many_processes_make_one_license),
          UNIT(a_refusal_says_kind_digest_cause_and_whom),
          UNIT(an_intent_says_who_asked),
          UNIT(the_longest_mail_address_is_taken),
          UNIT(who_is_not_enrolled_issues_nothing),
          UNIT(a_licensing_server_issues_no_rac),
          UNIT(outside_of_its_certificate_it_issues_nothing),
          UNIT(a_kind_that_is_none_is_refused))
