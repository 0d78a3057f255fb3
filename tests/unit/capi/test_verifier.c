/* SPDX-License-Identifier: Apache-2.0 */
/* Verifying through the library's header. */
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#include "privyseal.h"
#include "tests/unit/issuer/hierarchy.h"
#include "unit.h"

static char *pem_of(int key)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *data = NULL, *text = NULL;
    long len = 0;

    CU_ASSERT_PTR_NOT_NULL_FATAL(bio);
    CU_ASSERT_EQUAL_FATAL(PEM_write_bio_PUBKEY(bio, hierarchy_key(key)), 1);
    len = BIO_get_mem_data(bio, &data);
    text = strndup(data, (size_t)len);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    BIO_free(bio);
    return text;
}

/* The four certificates from the SLC up, one after the other. */
static char *chain_text(void)
{
    struct hierarchy_row rows[HIERARCHY_ROWS];
    struct xrml_chain chain = {0};
    char *text = calloc(1, XRML_CHAIN_MAX);
    size_t used = 0;

    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    hierarchy_rows(rows);
    hierarchy_chain(rows, SLC_ROW, CA_ROW, &chain);
    for (size_t i = 0; i < chain.count; i++) {
        size_t len = 0;
        const char *document = xrml_text(chain.documents[i], &len);

        memcpy(text + used, document, len);
        used += len;
    }
    xrml_chain_clear(&chain);
    return text;
}

static int64_t at_hierarchy_time(void *arg)
{
    (void)arg;
    return HIERARCHY_TIME + 60;
}

struct bench {
    privyseal *context;
    privyseal_verifier *verifier;
    privyseal_chain *chain;
    char *text;
};

static void set_up(struct bench *bench, int anchor)
{
    char *pem = pem_of(anchor);

    bench->context = privyseal_new(NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(bench->context);
    privyseal_set_clock(bench->context, at_hierarchy_time, NULL);
    CU_ASSERT_EQUAL_FATAL(privyseal_verifier_new(bench->context, pem,
                                                 strlen(pem), &bench->verifier),
                          0);
    bench->text = chain_text();
    CU_ASSERT_EQUAL_FATAL(privyseal_chain_read(bench->context, bench->text,
                                               strlen(bench->text),
                                               &bench->chain),
                          0);
    free(pem);
}

static void tear_down(struct bench *bench)
{
    privyseal_chain_free(bench->chain);
    privyseal_verifier_free(bench->verifier);
    privyseal_free(bench->context);
    free(bench->text);
}

static void a_good_chain_passes_all_tests(void)
{
    privyseal_verdict *verdict = NULL;
    struct bench bench;

    set_up(&bench, ROOT_KEY);
    CU_ASSERT_EQUAL(
        privyseal_verify(bench.context, bench.verifier, bench.chain, &verdict),
        0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(verdict);
    for (size_t i = 0; i < 4; i++) {
        CU_ASSERT_EQUAL(privyseal_verdict_test(verdict, i, 1, NULL),
                        PRIVYSEAL_PASSED);
        CU_ASSERT_EQUAL(privyseal_verdict_test(verdict, i, 2, NULL),
                        PRIVYSEAL_PASSED);
        CU_ASSERT_EQUAL(privyseal_verdict_test(verdict, i, 6, NULL),
                        PRIVYSEAL_PASSED);
        CU_ASSERT_EQUAL(privyseal_verdict_ended(verdict, i), 0);
    }
    CU_ASSERT_EQUAL(privyseal_verdict_test(verdict, 4, 1, NULL),
                    PRIVYSEAL_NOT_RUN);
    CU_ASSERT_EQUAL(privyseal_verdict_test(verdict, 0, 0, NULL),
                    PRIVYSEAL_NOT_RUN);
    CU_ASSERT_EQUAL(privyseal_verdict_test(verdict, 0, 7, NULL),
                    PRIVYSEAL_NOT_RUN);
    privyseal_verdict_free(verdict);
    CU_ASSERT_EQUAL(
        privyseal_verify(bench.context, bench.verifier, bench.chain, NULL), 0);
    tear_down(&bench);
}

static void another_anchor_is_test_six(void)
{
    privyseal_verdict *verdict = NULL;
    const char *reason = NULL;
    struct bench bench;

    set_up(&bench, SUB_KEY);
    CU_ASSERT_EQUAL(
        privyseal_verify(bench.context, bench.verifier, bench.chain, &verdict),
        25);
    CU_ASSERT_NOT_EQUAL(privyseal_message(bench.context)[0], '\0');
    CU_ASSERT_PTR_NOT_NULL_FATAL(verdict);
    CU_ASSERT_EQUAL(privyseal_verdict_test(verdict, 3, 6, &reason),
                    PRIVYSEAL_FAILED);
    CU_ASSERT_NOT_EQUAL(reason[0], '\0');
    privyseal_verdict_free(verdict);
    tear_down(&bench);
}

static void a_changed_letter_is_test_two(void)
{
    struct bench bench;
    privyseal_chain *chain = NULL;
    char *name = NULL;

    set_up(&bench, ROOT_KEY);
    name = strstr(bench.text, "<ISSUEDTIME>20");
    CU_ASSERT_PTR_NOT_NULL_FATAL(name);
    name[15] = name[15] == '9' ? '8' : (char)(name[15] + 1);
    CU_ASSERT_EQUAL_FATAL(privyseal_chain_read(bench.context, bench.text,
                                               strlen(bench.text), &chain),
                          0);
    CU_ASSERT_EQUAL(
        privyseal_verify(bench.context, bench.verifier, chain, NULL), 21);
    privyseal_chain_free(chain);
    tear_down(&bench);
}

static void a_time_after_the_end_is_test_four(void)
{
    struct bench bench;

    set_up(&bench, ROOT_KEY);
    privyseal_verifier_set_time(bench.verifier,
                                HIERARCHY_TIME + INT64_C(200) * 366 * 86400);
    CU_ASSERT_EQUAL(
        privyseal_verify(bench.context, bench.verifier, bench.chain, NULL), 23);
    tear_down(&bench);
}

static void bad_anchors_and_lists_are_told(void)
{
    struct bench bench;
    privyseal_verifier *none = NULL;

    set_up(&bench, ROOT_KEY);
    CU_ASSERT_EQUAL(privyseal_verifier_new(bench.context, "nothing", 7, &none),
                    2);
    CU_ASSERT_PTR_NULL(none);
    CU_ASSERT_EQUAL(
        privyseal_verifier_add_list(bench.context, bench.verifier, "<XrML>", 6),
        20);
    CU_ASSERT_NOT_EQUAL(privyseal_message(bench.context)[0], '\0');
    privyseal_verifier_free(NULL);
    privyseal_verdict_free(NULL);
    tear_down(&bench);
}

UNIT_MAIN("capi verifier", UNIT(a_good_chain_passes_all_tests),
          UNIT(another_anchor_is_test_six), UNIT(a_changed_letter_is_test_two),
          UNIT(a_time_after_the_end_is_test_four),
          UNIT(bad_anchors_and_lists_are_told))
