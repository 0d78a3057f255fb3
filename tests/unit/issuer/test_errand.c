/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/errand.h"

#include <stdlib.h>

#include "unit.h"

/* What the next order would hear as well ends a batch; what is wrong with one
 * order does not keep the others from being answered. */
static void a_batch_ends_with_its_server_and_not_with_an_order(void)
{
    static const enum iss_status ends[] = {
        ISS_INTERNAL, ISS_TOKEN,   ISS_LOGIN, ISS_STORE,  ISS_NOT_ENROLLED,
        ISS_EXPIRED,  ISS_JOURNAL, ISS_CLOCK, ISS_CLUSTER};
    static const enum iss_status goes_on[] = {
        ISS_OK,        ISS_USAGE, ISS_REFUSED, ISS_MALFORMED, ISS_CONFLICT,
        ISS_SIGNATURE, ISS_KEY,   ISS_XML,     ISS_SEMANTICS, ISS_REVOKED};

    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
        CU_ASSERT_TRUE(iss_errand_ends(ends[i]));
    for (size_t i = 0; i < sizeof(goes_on) / sizeof(goes_on[0]); i++)
        CU_ASSERT_FALSE(iss_errand_ends(goes_on[i]));
}

static void a_pile_gives_back_the_newest(void)
{
    struct iss_errand *errands = calloc(2, sizeof(*errands));
    struct iss_pile pile = {0};

    CU_ASSERT_PTR_NOT_NULL_FATAL(errands);
    CU_ASSERT_TRUE_FATAL(iss_pile_make(&pile, 2));
    CU_ASSERT_PTR_NULL(iss_pile_pull(&pile));
    iss_pile_put(&pile, &errands[0]);
    iss_pile_put(&pile, &errands[1]);
    CU_ASSERT_EQUAL(pile.count, 2);
    CU_ASSERT_PTR_EQUAL(iss_pile_pull(&pile), &errands[1]);
    CU_ASSERT_PTR_EQUAL(iss_pile_pull(&pile), &errands[0]);
    CU_ASSERT_PTR_NULL(iss_pile_pull(&pile));
    CU_ASSERT_PTR_EQUAL(iss_errand_of(&errands[1].task), &errands[1]);
    free(pile.at);
    free(errands);
}

UNIT_MAIN("errand", UNIT(a_batch_ends_with_its_server_and_not_with_an_order),
          UNIT(a_pile_gives_back_the_newest))
