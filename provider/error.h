/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The border between CK_RV and OpenSSL's error stack. A CK_RV is the reason
 * code; what does not fit 23 bits (vendor codes) is raised as CKR_GENERAL_ERROR
 * with its number in the text.
 */
#ifndef PRIVYSEAL_PROV_ERROR_H
#define PRIVYSEAL_PROV_ERROR_H

#include <openssl/core.h>
#include <openssl/err.h>
#include <stdint.h>

#include "core.h"
#include "pkcs11/p11.h"

/* Raises exactly one error and yields 0, so that a dispatch function may
 * return it. The text names the object and the cause. */
#define prov_raise(core, rv, ...)                                     \
    prov_raise_at(core, rv, OPENSSL_FILE, OPENSSL_LINE, OPENSSL_FUNC, \
                  __VA_ARGS__)

/* The same, unless the thread's last error is this one, to the letter: it then
 * stands for both. */
#define prov_raise_once(core, rv, ...)                                     \
    prov_raise_once_at(core, rv, OPENSSL_FILE, OPENSSL_LINE, OPENSSL_FUNC, \
                       __VA_ARGS__)

int prov_raise_once_at(const struct prov_core *core, CK_RV rv, const char *file,
                       int line, const char *function, const char *format, ...)
    __attribute__((format(printf, 6, 7)));
int prov_raise_at(const struct prov_core *core, CK_RV rv, const char *file,
                  int line, const char *function, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

/* The reason code under which rv is raised. */
uint32_t prov_reason(CK_RV rv);

/* Reason codes with their texts, ended by {0, NULL}. Static. */
const OSSL_ITEM *prov_reasons(void);

#endif
