/* SPDX-License-Identifier: Apache-2.0 */
/* Upcalls and parameters. */
#include "core.h"

#include <openssl/crypto.h>
#include <openssl/params.h>
#include <string.h>

#include "fake_core.h"
#include "unit.h"

static void a_core_without_upcalls_is_refused(void)
{
    static const OSSL_DISPATCH none[] = {{0, NULL}};
    struct prov_core core;

    CU_ASSERT_FALSE(prov_core_init(&core, NULL, none));
}

static void settings_are_found_by_name(void)
{
    static const struct fake_setting settings[] = {{"a", "1"}, {NULL, NULL}};
    struct prov_core core;

    fake_core(&core, settings);
    CU_ASSERT_STRING_EQUAL(prov_core_setting(&core, "a"), "1");
    CU_ASSERT_PTR_NULL(prov_core_setting(&core, "b"));
}

static void only_our_own_libcrypto_is_shared(void)
{
    struct prov_core core = {.malloc = CRYPTO_malloc};

    CU_ASSERT_TRUE(prov_core_shares_libcrypto(&core));
    core.malloc = NULL;
    CU_ASSERT_FALSE(prov_core_shares_libcrypto(&core));
}

static void parameters_borrow_their_values(void)
{
    static const char text[] = "text";
    const OSSL_PARAM utf8 = prov_param_utf8("k", text);
    const OSSL_PARAM octets = prov_param_octets("o", text, 2);
    const char *got = NULL;

    CU_ASSERT_EQUAL(OSSL_PARAM_get_utf8_string_ptr(&utf8, &got), 1);
    CU_ASSERT_PTR_EQUAL(got, text);
    CU_ASSERT_EQUAL(utf8.data_size, 4);
    CU_ASSERT_EQUAL(octets.data_type, OSSL_PARAM_OCTET_STRING);
    CU_ASSERT_EQUAL(octets.data_size, 2);
}

UNIT_MAIN("provider/core", UNIT(a_core_without_upcalls_is_refused),
          UNIT(settings_are_found_by_name),
          UNIT(only_our_own_libcrypto_is_shared),
          UNIT(parameters_borrow_their_values))
