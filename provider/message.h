/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A message kept while it comes in parts: beside its digest, until it is known
 * whether the key signs digests (some keys may only hash and sign in the
 * token), or because the key signs whole messages. Long messages are dropped.
 */
#ifndef PRIVYSEAL_PROV_MESSAGE_H
#define PRIVYSEAL_PROV_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PROV_MESSAGE_MAX = 64 * 1024, /* beside a digest */
    PROV_MESSAGE_WHOLE_MAX = 16 * 1024 * 1024
};

struct prov_message {
    uint8_t *data; /* NULL while empty */
    size_t len, size, limit;
    bool kept; /* all of the message is here */
};

/* Begins an empty message of at most limit octets; 0: nothing is kept. */
void prov_message_begin(struct prov_message *message, size_t limit);
void prov_message_clear(struct prov_message *message);

/* Too long or no memory: the message is dropped, which is no failure. */
void prov_message_add(struct prov_message *message, const uint8_t *data,
                      size_t len);

/* to is overwritten; false without memory (to is then empty). */
bool prov_message_copy(struct prov_message *to,
                       const struct prov_message *from);

#endif
