/* SPDX-License-Identifier: Apache-2.0 */
/* AlgorithmIdentifiers without parameters. */
#include "algid.h"

#include <openssl/obj_mac.h>
#include <string.h>

#include "unit.h"

static void the_der_is_that_of_the_standards(void)
{
    static const uint8_t ecdsa[] = {0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86,
                                    0x48, 0xce, 0x3d, 0x04, 0x03, 0x02};
    static const uint8_t ed448[] = {0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x71};
    uint8_t out[32];
    OSSL_PARAM param =
        OSSL_PARAM_construct_octet_string("algorithm-id", out, sizeof(out));

    CU_ASSERT_EQUAL(prov_algid_set(&param, NID_ecdsa_with_SHA256), 1);
    CU_ASSERT_EQUAL_FATAL(param.return_size, sizeof(ecdsa));
    CU_ASSERT_EQUAL(memcmp(out, ecdsa, sizeof(ecdsa)), 0);
    CU_ASSERT_EQUAL(prov_algid_set(&param, NID_ED448), 1);
    CU_ASSERT_EQUAL_FATAL(param.return_size, sizeof(ed448));
    CU_ASSERT_EQUAL(memcmp(out, ed448, sizeof(ed448)), 0);
}

static void what_has_none_or_no_room_is_refused(void)
{
    uint8_t out[4];
    OSSL_PARAM param =
        OSSL_PARAM_construct_octet_string("algorithm-id", out, sizeof(out));

    CU_ASSERT_EQUAL(prov_algid_set(&param, NID_undef), 0);
    CU_ASSERT_EQUAL(prov_algid_set(&param, NID_ED448), 0);
}

UNIT_MAIN("provider/algid", UNIT(the_der_is_that_of_the_standards),
          UNIT(what_has_none_or_no_room_is_refused))
