/* SPDX-License-Identifier: Apache-2.0 */
/* A token's module for the verbs that speak Cryptoki: token and key. */
#ifndef PRIVYSEAL_TOOL_DEVICE_H
#define PRIVYSEAL_TOOL_DEVICE_H

#include "issuer/issuer.h"
#include "pin.h"
#include "pkcs11/p11.h"
#include "tool.h"

/* The options that tool_device_open reads, for tables of uses. */
#define TOOL_USE_MODULE                                                      \
    {                                                                        \
        TOOL_MODULE, "the PKCS#11 module; default: that of the store, else " \
                     "all registered with p11-kit"                           \
    }
#define TOOL_USES_DEVICE                                               \
    TOOL_USE_MODULE,                                                   \
        {TOOL_STORE, "a store, for its module, token and PIN source; " \
                     "default: $PRIVYSEAL_STORE"},                     \
    {                                                                  \
        TOOL_CONFIG, "the same, from a configuration file"             \
    }
#define TOOL_USES_LOGIN                                                     \
    {TOOL_TOKEN, "the token: a pkcs11: URI"},                               \
    {                                                                       \
        TOOL_PIN_SOURCE, "file:PATH, credential:NAME or askpass; default: " \
                         "asked on the terminal"                            \
    }

struct tool_device { /* stays where it is while open */
    struct p11 *p11;
    struct tool_pin pin;
    struct p11_pin_callback callback;
    struct iss_conf conf; /* of the store, where one is named */
    const char *token;    /* URI: --token, else the store's, else NULL */
};

ISS_CHECKED enum iss_status tool_device_open(struct tool *tool,
                                             struct tool_device *device);
void tool_device_close(struct tool_device *device);

/* tool->error from a result of p11: text of diag, else that of rv behind what.
 * Returns the status that stands for rv; ISS_OK for CKR_OK. */
enum iss_status tool_device_fail(struct tool *tool,
                                 const struct tool_device *device,
                                 const char *what, CK_RV rv,
                                 const struct p11_diag *diag);

enum { TOOL_URI_SIZE = 2048 };

/* The URI of one object: the operand, if there is one, else the token's with
 * --label and --id. ISS_USAGE where that does not name an object. */
ISS_CHECKED enum iss_status tool_device_object(struct tool *tool,
                                               const struct tool_device *device,
                                               char uri[static TOOL_URI_SIZE]);

/* Adds ";name=value" to the path of a pkcs11: URI, escaped as RFC 7512 wants;
 * false: does not fit. */
bool tool_uri_add(char uri[static TOOL_URI_SIZE], const char *name,
                  const void *value, size_t len);

/* --id as octets; *len stays 0 where it is not given. ISS_USAGE. */
ISS_CHECKED enum iss_status
tool_option_id(struct tool *tool, uint8_t id[static P11_ID_MAX], size_t *len);

/* --type or --key: "rsa:N" into *bits; unchanged where it is not given. */
ISS_CHECKED enum iss_status
tool_option_bits(struct tool *tool, enum tool_option option, unsigned *bits);

#endif
