/* SPDX-License-Identifier: Apache-2.0 */
/* Errors as a provider raises them: a library of its own, Cryptoki's results as
 * reasons, their numbers by the standard's header. */
#include <openssl/err.h>
#include <p11-kit/pkcs11.h>

#include "issuer/key.h"
#include "unit.h"

static int library;

static void raise_of(int lib, unsigned long reason)
{
    ERR_new();
    ERR_set_error(lib, (int)reason, "%s", "a token");
}

static enum iss_status status_of(unsigned long reason)
{
    if (library == 0)
        library = ERR_get_next_error_library();
    raise_of(library, reason);
    return iss_key_away(ISS_REFUSED);
}

static void what_speaks_of_token_or_session_is_a_token_away(void)
{
    static const CK_RV rows[] = {
        CKR_SLOT_ID_INVALID,       CKR_DEVICE_ERROR,
        CKR_DEVICE_MEMORY,         CKR_DEVICE_REMOVED,
        CKR_OBJECT_HANDLE_INVALID, CKR_SESSION_CLOSED,
        CKR_SESSION_COUNT,         CKR_SESSION_HANDLE_INVALID,
        CKR_TOKEN_NOT_PRESENT,     CKR_TOKEN_NOT_RECOGNIZED,
        CKR_USER_NOT_LOGGED_IN,    CKR_CRYPTOKI_NOT_INITIALIZED};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        CU_ASSERT_EQUAL(status_of(rows[i]), ISS_TOKEN);
}

static void what_speaks_of_a_pin_is_a_login(void)
{
    static const CK_RV rows[] = {
        CKR_PIN_INCORRECT, CKR_PIN_INVALID, CKR_PIN_LEN_RANGE,
        CKR_PIN_EXPIRED,   CKR_PIN_LOCKED,  CKR_USER_PIN_NOT_INITIALIZED};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        CU_ASSERT_EQUAL(status_of(rows[i]), ISS_LOGIN);
}

/* A token that cannot open octets may say no more than that it failed. */
static void what_may_be_the_data_stays_what_it_was(void)
{
    static const CK_RV rows[] = {
        CKR_GENERAL_ERROR,          CKR_FUNCTION_FAILED,
        CKR_ENCRYPTED_DATA_INVALID, CKR_ENCRYPTED_DATA_LEN_RANGE,
        CKR_DATA_INVALID,           CKR_DATA_LEN_RANGE,
        CKR_ARGUMENTS_BAD,          CKR_MECHANISM_INVALID,
        CKR_KEY_TYPE_INCONSISTENT};

    ERR_clear_error();
    CU_ASSERT_EQUAL(iss_key_away(ISS_REFUSED), ISS_REFUSED);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        CU_ASSERT_EQUAL(status_of(rows[i]), ISS_REFUSED);
    CU_ASSERT_EQUAL(iss_key_away(ISS_SEMANTICS), ISS_SEMANTICS);
}

static void the_same_number_of_libcrypto_is_another_reason(void)
{
    static const int libraries[] = {ERR_LIB_RSA, ERR_LIB_PROV, ERR_LIB_EVP,
                                    ERR_LIB_SYS};

    for (size_t i = 0; i < sizeof(libraries) / sizeof(libraries[0]); i++) {
        raise_of(libraries[i], CKR_DEVICE_REMOVED);
        CU_ASSERT_EQUAL(iss_key_away(ISS_REFUSED), ISS_REFUSED);
    }
}

static void one_error_of_many_is_enough_and_none_is_left(void)
{
    CU_ASSERT_EQUAL(status_of(CKR_DATA_INVALID), ISS_REFUSED);
    raise_of(ERR_LIB_EVP, 1);
    raise_of(library, CKR_TOKEN_NOT_PRESENT);
    raise_of(library, CKR_PIN_LOCKED);
    raise_of(ERR_LIB_RSA, 1);
    CU_ASSERT_EQUAL(iss_key_away(ISS_REFUSED), ISS_TOKEN);
    CU_ASSERT_EQUAL(ERR_peek_error(), 0);
    CU_ASSERT_EQUAL(iss_key_away(ISS_REFUSED), ISS_REFUSED);
}

UNIT_MAIN("key_away", UNIT(what_speaks_of_token_or_session_is_a_token_away),
          UNIT(what_speaks_of_a_pin_is_a_login),
          UNIT(what_may_be_the_data_stays_what_it_was),
          UNIT(the_same_number_of_libcrypto_is_another_reason),
          UNIT(one_error_of_many_is_enough_and_none_is_left))
