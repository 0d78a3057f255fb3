/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/errand.h"

#include <stdlib.h>

#include "unit.h"

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

UNIT_MAIN("errand", UNIT(a_pile_gives_back_the_newest))
