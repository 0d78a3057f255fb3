/* SPDX-License-Identifier: Apache-2.0 */
/* Trying a key of a token for real: sign, verify in software, unseal. */
#ifndef PRIVYSEAL_TOOL_PROBE_H
#define PRIVYSEAL_TOOL_PROBE_H

#include "device.h"

enum { TOOL_PROBE_ROUNDS = 20 };

struct tool_probe {
    unsigned bits;
    double first_ms;  /* the first signature, login and all */
    double sign_ms;   /* mean of the others */
    bool can_decrypt; /* what the key says it may */
    double decrypt_ms;
};

/* Signs with key and verifies each signature in software with its public
 * numbers; where it may decrypt, seals in software and unseals in the token
 * (OAEP, SHA-1). tool->error names what went wrong: ISS_TOKEN, ISS_LOGIN, ...
 */
ISS_CHECKED enum iss_status tool_probe_key(struct tool *tool,
                                           struct tool_device *device,
                                           struct p11_object *key,
                                           struct tool_probe *probe);

/* Prints the verdict, as text or into the open JSON object. */
void tool_probe_print(struct tool *tool, const struct tool_probe *probe);

#endif
