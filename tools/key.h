/* SPDX-License-Identifier: Apache-2.0 */
/* One private key in a token, as the verbs look at it. */
#ifndef PRIVYSEAL_TOOL_KEY_H
#define PRIVYSEAL_TOOL_KEY_H

#include "device.h"

/* Finds the one private key of uri; *out returns new. */
ISS_CHECKED enum iss_status tool_key_find(struct tool *tool,
                                          struct tool_device *device,
                                          const char *uri,
                                          struct p11_object **out);

/* A boolean attribute; false where the token does not tell. */
bool tool_key_flag(struct p11_object *key, CK_ATTRIBUTE_TYPE type);

/* The modulus of an RSA key in bits, 0: unknown. */
unsigned tool_key_bits(const struct p11_object *key);

/* Refuses keys that a store made: each of their signatures has a record in its
 * journal, and a probe would have none. ISS_REFUSED. */
ISS_CHECKED enum iss_status tool_key_is_general(struct tool *tool,
                                                struct p11_object *key);

/* "general", or "store" where tool_key_is_general would refuse. Static. */
const char *tool_key_kind(struct p11_object *key);

/* The facts of its birth, "local, never extractable, always sensitive"; "-"
 * for none. */
enum { TOOL_BORN_SIZE = 64 };
void tool_key_born(struct p11_object *key, char out[static TOOL_BORN_SIZE]);

/* CKA_ID as hex. */
enum { TOOL_ID_SIZE = 2 * P11_ID_MAX + 1 };
void tool_key_id(const struct p11_object *key, char out[static TOOL_ID_SIZE]);

/* CKA_LABEL; "" for none. */
enum { TOOL_LABEL_SIZE = 256 };
void tool_key_label(const struct p11_object *key,
                    char out[static TOOL_LABEL_SIZE]);

#endif
