/* SPDX-License-Identifier: Apache-2.0 */
/* Whether an operation failed because the token was not there. */
#include <openssl/err.h>

#include "key.h"

/* Cryptoki's results (PKCS #11, CKR_*) that speak of the token, its session or
 * its login and never of what it was given. A token may answer
 * CKR_GENERAL_ERROR or CKR_FUNCTION_FAILED to octets that it cannot open. */
static const struct {
    unsigned long reason;
    enum iss_status status;
} rows[] = {
    {0x00000003, ISS_TOKEN}, /* CKR_SLOT_ID_INVALID */
    {0x00000030, ISS_TOKEN}, /* CKR_DEVICE_ERROR */
    {0x00000031, ISS_TOKEN}, /* CKR_DEVICE_MEMORY */
    {0x00000032, ISS_TOKEN}, /* CKR_DEVICE_REMOVED */
    {0x00000082, ISS_TOKEN}, /* CKR_OBJECT_HANDLE_INVALID */
    {0x000000a0, ISS_LOGIN}, /* CKR_PIN_INCORRECT */
    {0x000000a1, ISS_LOGIN}, /* CKR_PIN_INVALID */
    {0x000000a2, ISS_LOGIN}, /* CKR_PIN_LEN_RANGE */
    {0x000000a3, ISS_LOGIN}, /* CKR_PIN_EXPIRED */
    {0x000000a4, ISS_LOGIN}, /* CKR_PIN_LOCKED */
    {0x000000b0, ISS_TOKEN}, /* CKR_SESSION_CLOSED */
    {0x000000b1, ISS_TOKEN}, /* CKR_SESSION_COUNT */
    {0x000000b3, ISS_TOKEN}, /* CKR_SESSION_HANDLE_INVALID */
    {0x000000e0, ISS_TOKEN}, /* CKR_TOKEN_NOT_PRESENT */
    {0x000000e1, ISS_TOKEN}, /* CKR_TOKEN_NOT_RECOGNIZED */
    {0x00000101, ISS_TOKEN}, /* CKR_USER_NOT_LOGGED_IN */
    {0x00000102, ISS_LOGIN}, /* CKR_USER_PIN_NOT_INITIALIZED */
    {0x00000190, ISS_TOKEN}, /* CKR_CRYPTOKI_NOT_INITIALIZED */
    {0x00700006, ISS_TOKEN}, /* PIN missing: none was sent */
    {0x00700007, ISS_LOGIN}, /* final try, not sent */
};

enum iss_status iss_key_away(enum iss_status otherwise)
{
    enum iss_status status = otherwise;
    unsigned long code = 0;

    while ((code = ERR_get_error()) != 0)
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
            if (status == otherwise && ERR_GET_LIB(code) >= ERR_LIB_USER &&
                rows[i].reason == (unsigned long)ERR_GET_REASON(code))
                status = rows[i].status;
    return status;
}
