/* SPDX-License-Identifier: Apache-2.0 */
/* Listing tokens and mechanisms. */
#include "pair.h"
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tokens {
    struct p11_token_info infos[8];
    size_t count, most;
};

static bool keep(void *arg, const struct p11_token_info *info)
{
    struct tokens *tokens = arg;

    tokens->infos[tokens->count++] = *info;
    return tokens->count < tokens->most;
}

static void a_token_is_described_without_its_padding(void)
{
    struct tokens tokens = {.most = 8};
    const struct p11_token_info *info = &tokens.infos[0];
    struct world world;

    world_open(&world, &(struct world_conf){.settings = NULL});
    CU_ASSERT_EQUAL(p11_tokens(world.p11, NULL, keep, &tokens, NULL), CKR_OK);
    CU_ASSERT_EQUAL_FATAL(tokens.count, 1);
    CU_ASSERT_STRING_EQUAL(info->label, "world");
    CU_ASSERT_STRING_EQUAL(info->manufacturer, "privyseal");
    CU_ASSERT_STRING_EQUAL(info->model, "fault");
    CU_ASSERT_STRING_EQUAL(info->module, "fault");
    CU_ASSERT(strlen(info->slot_description) > 0);
    CU_ASSERT(strlen(info->library_description) > 0);
    CU_ASSERT((info->flags & CKF_LOGIN_REQUIRED) != 0);
    CU_ASSERT_EQUAL(world_violations(), 0);
    world_close(&world);
}

static void tokens_of_all_modules_and_slots_are_listed_as_asked(void)
{
    static const struct {
        const char *uri;
        size_t most, count;
    } rows[] = {{NULL, 8, 4},
                {"pkcs11:", 8, 4},
                {"pkcs11:", 2, 2},
                {"pkcs11:token=one", 8, 1},
                {"pkcs11:token=three", 8, 1},
                {"pkcs11:?module-name=two", 8, 3},
                {"pkcs11:manufacturer=privyseal;token=two", 8, 1},
                {"pkcs11:token=nobody", 8, 0},
                {"pkcs11:token=one;x-mine=1", 8, 0}};
    struct pair pair;
    struct p11 *p11;

    pair_open(&pair, "slots=2 label-2=three spare=yes");
    p11 = pair_p11(&pair, &(struct p11_conf){0});
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tokens tokens = {.most = rows[i].most};

        CU_ASSERT_EQUAL(p11_tokens(p11, rows[i].uri, keep, &tokens, NULL),
                        CKR_OK);
        CU_ASSERT_EQUAL(tokens.count, rows[i].count);
    }
    p11_free(p11);
    pair_close(&pair);
}

static size_t listed(struct p11 *p11, const char *attribute, const char *value)
{
    struct tokens tokens = {.most = 8};
    char uri[512];
    size_t len = (size_t)snprintf(uri, sizeof(uri), "pkcs11:%s=", attribute);

    for (; *value != '\0' && len + 4 < sizeof(uri); value++)
        len += (size_t)snprintf(uri + len, sizeof(uri) - len, "%%%02x",
                                (unsigned char)*value);
    CU_ASSERT_EQUAL(p11_tokens(p11, uri, keep, &tokens, NULL), CKR_OK);
    return tokens.count;
}

static void slots_and_libraries_can_be_asked_for_by_name(void)
{
    struct tokens all = {.most = 8};
    const struct p11_token_info *info = &all.infos[0];
    const struct {
        const char *attribute, *value;
    } rows[] = {{"slot-description", info->slot_description},
                {"slot-manufacturer", info->slot_manufacturer},
                {"library-description", info->library_description},
                {"library-manufacturer", info->library_manufacturer}};
    struct world world;

    world_open(&world, &(struct world_conf){.settings = NULL});
    CU_ASSERT_EQUAL(p11_tokens(world.p11, NULL, keep, &all, NULL), CKR_OK);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CU_ASSERT_EQUAL(listed(world.p11, rows[i].attribute, rows[i].value), 1);
        CU_ASSERT_EQUAL(listed(world.p11, rows[i].attribute, "nobody"), 0);
    }
    world_close(&world);
}

static void a_token_that_has_left_is_not_listed(void)
{
    struct tokens tokens = {.most = 8};
    struct world world;

    world_open(&world, &(struct world_conf){.settings = NULL});
    world_remove();
    CU_ASSERT_EQUAL(p11_tokens(world.p11, NULL, keep, &tokens, NULL), CKR_OK);
    CU_ASSERT_EQUAL(tokens.count, 0);
    world_insert();
    CU_ASSERT_EQUAL(p11_tokens(world.p11, NULL, keep, &tokens, NULL), CKR_OK);
    CU_ASSERT_EQUAL(tokens.count, 1);
    world_close(&world);
}

/* ---- mechanisms -------------------------------------------------------- */

struct mechanisms {
    size_t count, most;
    bool rsa;
    CK_ULONG most_bits;
};

static bool tally(void *arg, CK_MECHANISM_TYPE mechanism,
                  const CK_MECHANISM_INFO *info)
{
    struct mechanisms *m = arg;

    m->count++;
    if (mechanism == CKM_RSA_PKCS) {
        m->rsa = (info->flags & CKF_SIGN) != 0;
        m->most_bits = info->ulMaxKeySize;
    }
    return m->count < m->most;
}

static void mechanisms_are_told_with_what_they_do(void)
{
    struct mechanisms all = {.most = 1000}, two = {.most = 2};
    struct world world;

    world_open(&world, &(struct world_conf){.settings = NULL});
    CU_ASSERT_EQUAL(
        p11_mechanisms(world.p11, "pkcs11:token=world", tally, &all, NULL),
        CKR_OK);
    CU_ASSERT(all.count > 5);
    CU_ASSERT(all.rsa);
    CU_ASSERT(all.most_bits >= 2048);
    CU_ASSERT_EQUAL(
        p11_mechanisms(world.p11, "pkcs11:token=world", tally, &two, NULL),
        CKR_OK);
    CU_ASSERT_EQUAL(two.count, 2);
    world_close(&world);
}

static void one_token_is_needed_for_its_mechanisms(void)
{
    struct mechanisms m = {.most = 1000};
    struct p11_diag diag = {""};
    struct pair pair;
    struct p11 *p11;

    pair_open(&pair, NULL);
    p11 = pair_p11(&pair, &(struct p11_conf){0});
    CU_ASSERT_EQUAL(p11_mechanisms(p11, "pkcs11:", tally, &m, &diag),
                    P11R_AMBIGUOUS);
    CU_ASSERT_PTR_NOT_NULL(strstr(diag.text, "'one'"));
    CU_ASSERT_PTR_NOT_NULL(strstr(diag.text, "'two'"));
    CU_ASSERT_EQUAL(p11_mechanisms(p11, "pkcs11:token=no", tally, &m, &diag),
                    P11R_NO_TOKEN);
    CU_ASSERT_EQUAL(
        p11_mechanisms(p11, "pkcs11:token=one;no=1", tally, &m, &diag),
        P11R_NO_TOKEN);
    CU_ASSERT_PTR_NOT_NULL(strstr(diag.text, "no is not of RFC 7512"));
    CU_ASSERT_EQUAL(m.count, 0);
    CU_ASSERT_EQUAL(
        pair_rule(&pair, 0, "C_GetMechanismInfo:3 -> rv=CKR_DEVICE_ERROR"), 0);
    CU_ASSERT_EQUAL(p11_mechanisms(p11, "pkcs11:token=one", tally, &m, &diag),
                    CKR_DEVICE_ERROR);
    CU_ASSERT_PTR_NOT_NULL(strstr(diag.text, "'one'"));
    p11_free(p11);
    pair_close(&pair);
}

UNIT_MAIN("list", UNIT(a_token_is_described_without_its_padding),
          UNIT(tokens_of_all_modules_and_slots_are_listed_as_asked),
          UNIT(slots_and_libraries_can_be_asked_for_by_name),
          UNIT(a_token_that_has_left_is_not_listed),
          UNIT(mechanisms_are_told_with_what_they_do),
          UNIT(one_token_is_needed_for_its_mechanisms))
