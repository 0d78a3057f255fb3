/* SPDX-License-Identifier: Apache-2.0 */
/* A life through the library's header: account, client, publishing, use. */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "privyseal.h"
#include "tests/unit/issuer/licensing.h"
#include "unit.h"

static const uint8_t content_key[16] = {"sixteen octets.."};
static const uint8_t nonce[16] = {1, 2, 3};

struct life {
    struct licensing licensing;
    privyseal *context;
    privyseal_store *store;
    privyseal_verifier *verifier;
    privyseal_license *rac, *clc;
    EVP_PKEY *account, *client;
};

static int64_t clock_of(void *arg)
{
    const struct life *life = arg;

    return life->licensing.stores.now;
}

static privyseal_order *order_of(struct life *life, const char *kind,
                                 const char *name, const char *value)
{
    privyseal_order *order = NULL;

    CU_ASSERT_EQUAL_FATAL(privyseal_order_new(life->context, kind, &order), 0);
    CU_ASSERT_EQUAL_FATAL(
        privyseal_order_set(life->context, order, name, value), 0);
    return order;
}

/* Issues it and frees the order. */
static privyseal_license *issued(struct life *life, privyseal_order *order)
{
    privyseal_license *license = NULL;
    int status = privyseal_issue(life->store, order, &license);

    if (status != 0)
        CU_FAIL(privyseal_message(life->context));
    CU_ASSERT_EQUAL_FATAL(status, 0);
    privyseal_order_free(order);
    return license;
}

static const char *text_of(const privyseal_license *license)
{
    size_t len = 0;

    return privyseal_license_text(license, &len);
}

static privyseal_order *rac_order(struct life *life, const char *user)
{
    privyseal_order *order = order_of(life, "rac", "user", user);

    CU_ASSERT_EQUAL(privyseal_order_set(life->context, order, "machine",
                                        life->licensing.machine.certificate),
                    0);
    return order;
}

static void set_up(struct life *life)
{
    memset(life, 0, sizeof(*life));
    licensing_new(&life->licensing);
    life->context = privyseal_new(NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(life->context);
    privyseal_set_clock(life->context, clock_of, life);
    CU_ASSERT_EQUAL(privyseal_set_names(life->context, "unit", "tester"), 0);
    CU_ASSERT_EQUAL_FATAL(privyseal_store_open(life->context,
                                               life->licensing.stores.root, 0,
                                               &life->store),
                          0);
    CU_ASSERT_EQUAL_FATAL(
        privyseal_store_verifier(life->store, &life->verifier), 0);
    life->rac = issued(life, rac_order(life, "user@example.org"));
    CU_ASSERT_EQUAL_FATAL(
        privyseal_open_key(life->context, privyseal_license_chain(life->rac),
                           life->licensing.machine_key, &life->account),
        0);
    life->clc = issued(life, order_of(life, "clc", "rac", text_of(life->rac)));
    CU_ASSERT_EQUAL_FATAL(privyseal_open_key(life->context,
                                             privyseal_license_chain(life->clc),
                                             life->account, &life->client),
                          0);
}

static void tear_down(struct life *life)
{
    EVP_PKEY_free(life->account);
    EVP_PKEY_free(life->client);
    privyseal_license_free(life->rac);
    privyseal_license_free(life->clc);
    privyseal_verifier_free(life->verifier);
    CU_ASSERT_EQUAL(privyseal_store_close(life->store), 0);
    privyseal_free(life->context);
    licensing_free(&life->licensing);
}

/* A PL of the user for another, made offline. */
static privyseal_chain *published(struct life *life, const char *reader)
{
    privyseal_order *order = order_of(life, "pl", "owner", "user@example.org");
    privyseal_chain *chain = NULL;
    char *text = NULL;
    size_t len = 0;
    int status = 0;

    CU_ASSERT_EQUAL(
        privyseal_order_grant(life->context, order, "view", reader, 0), 0);
    CU_ASSERT_EQUAL(privyseal_order_set_octets(life->context, order,
                                               "content-key", content_key,
                                               sizeof(content_key)),
                    0);
    status =
        privyseal_publish(life->context, privyseal_license_chain(life->clc),
                          life->client, order, &text, &len);
    if (status != 0)
        CU_FAIL(privyseal_message(life->context));
    CU_ASSERT_EQUAL_FATAL(status, 0);
    CU_ASSERT_EQUAL(len, strlen(text));
    CU_ASSERT_EQUAL_FATAL(
        privyseal_chain_read(life->context, text, len, &chain), 0);
    privyseal_order_free(order);
    privyseal_text_free(text);
    return chain;
}

static char *whole(const privyseal_chain *chain)
{
    char *text = calloc(1, XRML_CHAIN_MAX);
    size_t used = 0;

    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    for (size_t i = 0; i < privyseal_chain_count(chain); i++) {
        size_t len = 0;
        const char *document = privyseal_chain_text(chain, i, &len);

        memcpy(text + used, document, len);
        used += len;
    }
    return text;
}

static void content_is_published_licensed_and_opened(void)
{
    struct life life;
    privyseal_chain *pl = NULL;
    privyseal_license *ul = NULL;
    privyseal_order *order = NULL;
    char *text = NULL;
    uint8_t key[32];
    size_t len = 0;

    set_up(&life);
    pl = published(&life, "user@example.org");
    CU_ASSERT_STRING_EQUAL(privyseal_chain_field(pl, 0, "owner"),
                           "user@example.org");
    CU_ASSERT_EQUAL(privyseal_verify(life.context, life.verifier, pl, NULL), 0);
    text = whole(pl);
    order = order_of(&life, "ul", "rac", text_of(life.rac));
    CU_ASSERT_EQUAL(privyseal_order_set(life.context, order, "pl", text), 0);
    ul = issued(&life, order);
    CU_ASSERT_EQUAL(privyseal_verify(life.context, life.verifier,
                                     privyseal_license_chain(ul), NULL),
                    0);
    CU_ASSERT_EQUAL(privyseal_open_content(life.context, life.verifier,
                                           privyseal_license_chain(ul), pl,
                                           privyseal_license_chain(life.rac),
                                           life.account, "VIEW", key, &len),
                    0);
    CU_ASSERT_EQUAL(len, sizeof(content_key));
    CU_ASSERT_EQUAL(memcmp(key, content_key, sizeof(content_key)), 0);
    /* the wrong key opens nothing */
    CU_ASSERT_NOT_EQUAL(
        privyseal_open_content(life.context, life.verifier,
                               privyseal_license_chain(ul), pl,
                               privyseal_license_chain(life.rac),
                               life.licensing.machine_key, "VIEW", key, &len),
        0);
    CU_ASSERT_EQUAL(len, 0);
    CU_ASSERT_NOT_EQUAL(privyseal_message(life.context)[0], '\0');
    free(text);
    privyseal_license_free(ul);
    privyseal_chain_free(pl);
    tear_down(&life);
}

static void who_is_not_named_gets_nothing(void)
{
    struct life life;
    privyseal_chain *pl = NULL;
    privyseal_license *other = NULL, *ul = NULL;
    privyseal_order *order = NULL;
    char *text = NULL;

    set_up(&life);
    pl = published(&life, "user@example.org");
    text = whole(pl);
    other = issued(&life, rac_order(&life, "other@example.org"));
    order = order_of(&life, "ul", "rac", text_of(other));
    CU_ASSERT_EQUAL(privyseal_order_set(life.context, order, "pl", text), 0);
    CU_ASSERT_EQUAL(privyseal_issue(life.store, order, &ul), 3);
    CU_ASSERT_PTR_NULL(ul);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(privyseal_message(life.context), "other@example.org"));
    privyseal_order_free(order);
    privyseal_license_free(other);
    free(text);
    privyseal_chain_free(pl);
    tear_down(&life);
}

static void the_same_nonce_is_the_same_license(void)
{
    struct life life;
    privyseal_license *first = NULL, *second = NULL;
    int again = -1;

    set_up(&life);
    for (int i = 0; i < 2; i++) {
        privyseal_order *order = rac_order(&life, "user@example.org");

        CU_ASSERT_EQUAL(privyseal_order_set_octets(life.context, order, "nonce",
                                                   nonce, sizeof(nonce)),
                        0);
        *(i == 0 ? &first : &second) = issued(&life, order);
    }
    CU_ASSERT_STRING_EQUAL(text_of(first), text_of(second));
    CU_ASSERT_EQUAL(privyseal_license_record(first, &again),
                    privyseal_license_record(second, NULL));
    CU_ASSERT_EQUAL(again, 0);
    (void)privyseal_license_record(second, &again);
    CU_ASSERT_EQUAL(again, 1);
    privyseal_license_free(first);
    privyseal_license_free(second);
    tear_down(&life);
}

static void a_store_says_what_it_is(void)
{
    struct life life;
    privyseal_chain *chain = NULL;
    privyseal_store *none = NULL;

    set_up(&life);
    CU_ASSERT_STRING_EQUAL(privyseal_store_field(life.store, "role"), "root");
    CU_ASSERT_STRING_EQUAL(privyseal_store_field(life.store, "state"),
                           "enrolled");
    CU_ASSERT_PTR_NULL(privyseal_store_field(life.store, "colour"));
    CU_ASSERT_EQUAL_FATAL(privyseal_store_chain(life.store, &chain), 0);
    CU_ASSERT_STRING_EQUAL(privyseal_chain_field(chain, 0, "until"),
                           privyseal_store_field(life.store, "until"));
    CU_ASSERT_EQUAL(privyseal_verify(life.context, life.verifier, chain, NULL),
                    0);
    privyseal_chain_free(chain);
    CU_ASSERT_EQUAL(privyseal_store_open(life.context, "nowhere", 0, &none), 2);
    CU_ASSERT_PTR_NULL(none);
    CU_ASSERT_EQUAL(privyseal_store_open(life.context,
                                         life.licensing.stores.root, 64, &none),
                    2);
    CU_ASSERT_EQUAL(privyseal_store_close(NULL), 0);
    tear_down(&life);
}

static void a_reader_of_a_store_issues_nothing(void)
{
    struct life life;
    privyseal_store *reader = NULL;
    privyseal_license *license = NULL;
    privyseal_order *order = NULL;

    set_up(&life);
    CU_ASSERT_EQUAL_FATAL(privyseal_store_open(life.context,
                                               life.licensing.stores.root,
                                               PRIVYSEAL_READ_ONLY, &reader),
                          0);
    order = rac_order(&life, "user@example.org");
    CU_ASSERT_NOT_EQUAL(privyseal_issue(reader, order, &license), 0);
    CU_ASSERT_PTR_NULL(license);
    privyseal_order_free(order);
    CU_ASSERT_EQUAL(privyseal_store_close(reader), 0);
    tear_down(&life);
}

UNIT_MAIN("capi store", UNIT(content_is_published_licensed_and_opened),
          UNIT(who_is_not_named_gets_nothing),
          UNIT(the_same_nonce_is_the_same_license),
          UNIT(a_store_says_what_it_is),
          UNIT(a_reader_of_a_store_issues_nothing))
