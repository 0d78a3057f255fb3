/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/matter.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

#include "issuer/desk.h"
#include "issuer/key.h"
#include "licensing.h"
#include "unit.h"

static const char shut[] = "rac: the sealed key cannot be opened";

/* Opens, lets change, unseals, writes. */
static enum iss_status go(struct licensing *licensing,
                          const struct iss_license_order *order,
                          void (*change)(struct iss_matter *matter))
{
    struct iss_matter matter;

    memset(&licensing->error, 0, sizeof(licensing->error));
    enum iss_status status =
        iss_matter_open(licensing->root, order, &matter, &licensing->error);
    if (status == ISS_OK) {
        change(&matter);
        iss_matter_unseal(&matter);
        status = iss_matter_write(&matter, &licensing->error);
    }
    iss_matter_clear(&matter);
    return status;
}

static void nothing(struct iss_matter *matter)
{
    CU_ASSERT_TRUE(matter->sealed.needed);
}

static void first_octet(struct iss_matter *matter)
{
    matter->sealed.data[0] ^= 1;
}

static void last_octet(struct iss_matter *matter)
{
    matter->sealed.data[matter->sealed.len - 1 - 16] ^= 1;
}

static void shorter(struct iss_matter *matter)
{
    matter->sealed.len -= 16;
}

static void another_account(struct iss_matter *matter)
{
    matter->sealed.element[strlen("privyseal-account 1\nW")] ^= 1;
}

static EVP_PKEY *stranger;

static void another_key(struct iss_matter *matter)
{
    matter->sealed.with = stranger;
}

static void whatever_is_wrong_with_a_sealed_key_it_is_one_text(void)
{
    static void (*const changes[])(struct iss_matter * matter) = {
        first_octet, last_octet, shorter, another_account, another_key};
    struct licensing licensing;
    struct iss_licensed rac;

    licensing_new(&licensing);
    stranger = EVP_RSA_gen(2048);
    const struct iss_license_order order =
        licensing_rac(&licensing, "ann@example.com");
    licensing_must(&licensing, &order, &rac);
    CU_ASSERT_EQUAL(go(&licensing, &order, nothing), ISS_OK);
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        CU_ASSERT_EQUAL(go(&licensing, &order, changes[i]), ISS_REFUSED);
        CU_ASSERT_STRING_EQUAL(licensing.error.text, shut);
    }
    EVP_PKEY_free(stranger);
    iss_licensed_clear(&rac);
    licensing_free(&licensing);
}

/* ---- chains that were read before ------------------------------------------
 */

static void what_is_kept_of_a_chain_vouches_for_no_other(void)
{
    struct licensing licensing;
    struct iss_licensed rac;
    struct iss_licensed clc;

    licensing_new(&licensing);
    const struct iss_license_order first =
        licensing_rac(&licensing, "ann@example.com");
    licensing_must(&licensing, &first, &rac);
    struct iss_license_order order = licensing_clc(&rac);
    licensing_must(&licensing, &order, &clc);
    iss_licensed_clear(&clc);
    /* each document above the leaf, an octet of its text changed */
    char *changed = strdup(rac.chain);
    char *at = changed;
    order.rac.text = changed;
    for (int i = 0; i < 4; i++) {
        at = strstr(at + 1, "</XrML><XrML");
        CU_ASSERT_PTR_NOT_NULL_FATAL(at);
        char *time = strstr(at, "<ISSUEDTIME>2") + strlen("<ISSUEDTIME>202");
        const char was = *time;
        *time = was == '6' ? '5' : '6';
        CU_ASSERT_EQUAL(licensing_issue(&licensing, &order, &clc),
                        ISS_SIGNATURE);
        *time = was;
    }
    /* and as it was */
    licensing_must(&licensing, &order, &clc);
    iss_licensed_clear(&clc);
    /* one document less, one twice */
    const size_t len = (size_t)(at - changed) + strlen("</XrML>");
    order.rac.len = len;
    CU_ASSERT_EQUAL(licensing_issue(&licensing, &order, &clc), ISS_KEY);
    free(changed);
    iss_licensed_clear(&rac);
    licensing_free(&licensing);
}

static void the_same_octets_give_the_same_documents(void)
{
    struct licensing licensing;
    struct iss_licensed rac;
    struct xrml_chain one;
    struct xrml_chain two;
    struct xrml_chain plain = {.count = 0};

    licensing_new(&licensing);
    const struct iss_license_order order =
        licensing_rac(&licensing, "ann@example.com");
    licensing_must(&licensing, &order, &rac);
    CU_ASSERT_EQUAL(
        iss_desk_chain(licensing.root, rac.chain, rac.chain_len, &one, NULL),
        ISS_OK);
    CU_ASSERT_EQUAL(
        iss_desk_chain(licensing.root, rac.chain, rac.chain_len, &two, NULL),
        ISS_OK);
    CU_ASSERT_EQUAL(
        xrml_chain_append(&plain, rac.chain, rac.chain_len, 0, NULL), ISS_OK);
    CU_ASSERT_EQUAL(one.count, plain.count);
    CU_ASSERT_EQUAL(two.count, plain.count);
    CU_ASSERT_PTR_EQUAL(one.documents[0], two.documents[0]);
    for (size_t i = 0; i < plain.count; i++) {
        size_t len = 0;
        size_t same = 0;
        const char *text = xrml_text(one.documents[i], &len);
        const char *wanted = xrml_text(plain.documents[i], &same);

        CU_ASSERT_EQUAL(len, same);
        CU_ASSERT_NSTRING_EQUAL(text, wanted, len);
        if (i > 0)
            CU_ASSERT_PTR_EQUAL(one.documents[i], two.documents[i]);
    }
    xrml_chain_clear(&plain);
    xrml_chain_clear(&one);
    /* the other's are there still, and after the store they are too */
    CU_ASSERT_PTR_NOT_NULL(xrml_fields(two.documents[1])->principal.name);
    iss_licensed_clear(&rac);
    licensing_free(&licensing);
    CU_ASSERT_PTR_NOT_NULL(xrml_fields(two.documents[1])->principal.name);
    xrml_chain_clear(&two);
}

static void more_chains_than_are_kept_are_read_all_the_same(void)
{
    enum { CHAINS = 20 };
    struct licensing licensing;
    struct iss_licensed rac;

    licensing_new(&licensing);
    const struct iss_license_order order =
        licensing_rac(&licensing, "ann@example.com");
    licensing_must(&licensing, &order, &rac);
    for (int i = 0; i < CHAINS; i++) {
        struct xrml_chain chain;
        char *text = NULL;
        /* white space between documents is no part of them */
        int n = asprintf(&text, "%s%*s\n", rac.document, i, "");

        CU_ASSERT_TRUE_FATAL(n > 0);
        char *whole = NULL;
        int len = asprintf(&whole, "%s%s", text, rac.chain + rac.len);
        CU_ASSERT_EQUAL(
            iss_desk_chain(licensing.root, whole, (size_t)len, &chain, NULL),
            ISS_OK);
        CU_ASSERT_EQUAL(chain.count, 5);
        xrml_chain_clear(&chain);
        free(whole);
        free(text);
    }
    iss_licensed_clear(&rac);
    licensing_free(&licensing);
}

/* ---- times -----------------------------------------------------------------
 */

/* date -u -d '2026-11-21T10:00:59Z + ...' +%s */
static void a_range_begins_with_its_minute(void)
{
    struct iss_license_order order = {.kind = ISS_CLC};
    struct iss_license_profile profile = {.kind = "clc"};
    struct iss_matter matter = {
        .order = &order, .profile = &profile, .now = STORES_NOW + 59};
    struct iss_error error = {.status = ISS_OK};
    struct xrml_range range;
    const struct iss_lifetime seven = {.years = 7};
    const struct iss_lifetime hour = {.seconds = 3600};

    CU_ASSERT_EQUAL(iss_matter_range(&matter, &seven, &range, &error), ISS_OK);
    CU_ASSERT_TRUE(range.present);
    CU_ASSERT_EQUAL(range.from, STORES_NOW);
    CU_ASSERT_EQUAL(range.until, 2016180000);
    CU_ASSERT_EQUAL(iss_matter_range(&matter, &hour, &range, &error), ISS_OK);
    CU_ASSERT_EQUAL(range.until, STORES_NOW + 3600);
    order.until = STORES_NOW + 1800 + 59;
    CU_ASSERT_EQUAL(iss_matter_range(&matter, &hour, &range, &error), ISS_OK);
    CU_ASSERT_EQUAL(range.until, STORES_NOW + 1800);
    order.until = STORES_NOW + 3601;
    CU_ASSERT_EQUAL(iss_matter_range(&matter, &hour, &range, &error),
                    ISS_REFUSED);
    matter.now = STORES_NOW + 10; /* within the minute, which is cut off */
    order.until = STORES_NOW + 50;
    CU_ASSERT_EQUAL(iss_matter_range(&matter, &hour, &range, &error),
                    ISS_REFUSED);
    matter.now = STORES_NOW + 59;
    order.until = STORES_NOW + 59;
    CU_ASSERT_EQUAL(iss_matter_range(&matter, &hour, &range, &error),
                    ISS_REFUSED);
}

UNIT_MAIN("matter", UNIT(whatever_is_wrong_with_a_sealed_key_it_is_one_text),
          UNIT(what_is_kept_of_a_chain_vouches_for_no_other),
          UNIT(the_same_octets_give_the_same_documents),
          UNIT(more_chains_than_are_kept_are_read_all_the_same),
          UNIT(a_range_begins_with_its_minute))
