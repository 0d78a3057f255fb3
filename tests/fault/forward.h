/* SPDX-License-Identifier: Apache-2.0 */
/* The real module that calls are forwarded to. */
#ifndef PRIVYSEAL_FAULT_FORWARD_H
#define PRIVYSEAL_FAULT_FORWARD_H

#include <p11-kit/pkcs11.h>

/* The functions of the module at path, loaded for good; NULL with a line on
 * stderr. */
const CK_FUNCTION_LIST *forward_load(const char *path);

#endif
