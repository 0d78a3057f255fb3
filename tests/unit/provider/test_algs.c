/* SPDX-License-Identifier: Apache-2.0 */
/* The table of algorithms. */
#include "algs.h"

#include <openssl/core_dispatch.h>
#include <string.h>

#include "keytype.h"
#include "unit.h"

static const int operations[] = {OSSL_OP_KEYMGMT, OSSL_OP_SIGNATURE,
                                 OSSL_OP_ASYM_CIPHER, OSSL_OP_STORE,
                                 OSSL_OP_ENCODER};

static void every_row_bears_the_instances_name(void)
{
    struct prov_algs algs;

    CU_ASSERT_TRUE_FATAL(prov_algs_init(&algs, "my-hsm", false));
    for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
        const OSSL_ALGORITHM *row = prov_algs_of(&algs, operations[i]);

        CU_ASSERT_PTR_NOT_NULL_FATAL(row);
        CU_ASSERT_PTR_NOT_NULL(row->algorithm_names);
        for (; row->algorithm_names != NULL; row++) {
            CU_ASSERT_EQUAL(strncmp(row->property_definition,
                                    "provider=my-hsm,privyseal.token=yes", 35),
                            0);
            CU_ASSERT_PTR_NOT_NULL(row->implementation);
            CU_ASSERT_PTR_NOT_NULL(row->algorithm_description);
        }
    }
    prov_algs_clear(&algs);
}

/* Programs ask for these by name, after those of all others (prime.c). */
static bool is_named(const OSSL_ALGORITHM *row)
{
    const struct prov_sigalg_row *named;

    for (size_t i = 0; (named = prov_sigalg_at(i)) != NULL; i++) {
        if (row->implementation == named->dispatch)
            return true;
    }
    return false;
}

static void nothing_is_offered_that_could_serve_foreign_keys(void)
{
    static const int never[] = {OSSL_OP_DIGEST, OSSL_OP_CIPHER, OSSL_OP_MAC,
                                OSSL_OP_KDF};
    struct prov_algs algs;
    const OSSL_ALGORITHM *row;

    CU_ASSERT_TRUE_FATAL(prov_algs_init(&algs, "privyseal", false));
    for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
        CU_ASSERT_PTR_NULL(prov_algs_of(&algs, never[i]));
    /* Offered where the configuration says so, and under one name. */
    row = prov_algs_of(&algs, OSSL_OP_RAND);
    CU_ASSERT_STRING_EQUAL(row[0].algorithm_names, "PRIVYSEAL-RAND");
    CU_ASSERT_PTR_NULL(row[1].algorithm_names);
    for (size_t i = 1; i <= 2; i++) {
        for (row = prov_algs_of(&algs, operations[i]);
             row->algorithm_names != NULL; row++)
            CU_ASSERT_TRUE(is_named(row) || strncmp(row->algorithm_names,
                                                    "PRIVYSEAL-", 10) == 0);
    }
    prov_algs_clear(&algs);
}

static bool offers(const struct prov_algs *algs, int operation,
                   const char *name)
{
    const OSSL_ALGORITHM *row = prov_algs_of(algs, operation);

    while (row != NULL && row->algorithm_names != NULL &&
           strcmp(row->algorithm_names, name) != 0)
        row++;
    return row != NULL && row->algorithm_names != NULL;
}

static void every_type_has_its_scoped_operations(void)
{
    struct prov_algs algs;
    const struct prov_keytype *type;

    CU_ASSERT_TRUE_FATAL(prov_algs_init(&algs, "privyseal", false));
    for (size_t i = 0; (type = prov_keytype_at(i)) != NULL; i++) {
        CU_ASSERT_EQUAL(offers(&algs, OSSL_OP_SIGNATURE, type->operation),
                        type->signature != NULL);
        CU_ASSERT_EQUAL(offers(&algs, OSSL_OP_ASYM_CIPHER, type->operation),
                        type->cipher != NULL);
        CU_ASSERT_EQUAL(offers(&algs, OSSL_OP_KEYEXCH, type->operation),
                        type->exchange != NULL);
        CU_ASSERT_EQUAL(offers(&algs, OSSL_OP_KEM, type->operation),
                        type->kem != NULL);
    }
    prov_algs_clear(&algs);
}

static void a_name_that_does_not_fit_is_refused(void)
{
    struct prov_algs algs;
    char name[300];

    memset(name, 'a', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    CU_ASSERT_FALSE(prov_algs_init(&algs, name, false));
}

UNIT_MAIN("provider/algs", UNIT(every_row_bears_the_instances_name),
          UNIT(nothing_is_offered_that_could_serve_foreign_keys),
          UNIT(every_type_has_its_scoped_operations),
          UNIT(a_name_that_does_not_fit_is_refused))
