/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of a store, made and not yet made. */
#include <string.h>

#include "stores.h"
#include "unit.h"

struct seen {
    size_t count, made;
    char purposes[64];
};

static void take(void *arg, const struct iss_held *held)
{
    static const uint8_t none[32];
    struct seen *seen = arg;

    (void)strncat(seen->purposes, held->purpose, 16);
    (void)strncat(seen->purposes, " ", 2);
    seen->count++;
    seen->made += held->made;
    CU_ASSERT_EQUAL(held->made, held->uri[0] != '\0');
    CU_ASSERT_EQUAL(held->made, memcmp(held->hash, none, sizeof(none)) != 0);
}

static struct seen look(struct stores *stores, const char *dir)
{
    struct iss *store = stores_open(stores, dir);
    struct seen seen = {.count = 0};

    CU_ASSERT_EQUAL(iss_keys(store, take, &seen, &stores->error), ISS_OK);
    stores_close(stores, store);
    return seen;
}

static void every_purpose_of_a_role_has_its_key(void)
{
    struct stores stores;

    stores_new(&stores);
    struct seen root = look(&stores, stores.root);
    struct seen authority = look(&stores, stores.authority);

    CU_ASSERT_STRING_EQUAL(root.purposes, "audit licensor ");
    CU_ASSERT_EQUAL(root.made, 2);
    CU_ASSERT_STRING_EQUAL(authority.purposes, "audit root ca eca esc ");
    CU_ASSERT_EQUAL(authority.made, 5);
    stores_free(&stores);
}

static void what_an_interrupted_init_has_not_made_is_told(void)
{
    struct stores stores;
    struct iss *store = NULL;

    stores_bare(&stores);
    const struct iss_init init = stores_authority(&stores);

    stores.fail_after = 2;
    CU_ASSERT_NOT_EQUAL(iss_init_with(&stores.env, &init, stores_make, &stores,
                                      &store, &stores.error),
                        ISS_OK);
    stores.error = (struct iss_error){.status = ISS_OK};
    struct seen seen = look(&stores, stores.authority);

    CU_ASSERT_EQUAL(seen.count, 5);
    CU_ASSERT_EQUAL(seen.made, 2);
    stores_free(&stores);
}

UNIT_MAIN("keyring", UNIT(every_purpose_of_a_role_has_its_key),
          UNIT(what_an_interrupted_init_has_not_made_is_told))
