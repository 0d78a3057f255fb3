/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EME-PKCS1-v1_5 decoding (RFC 8017, 7.2.2) that tells nobody whether the
 * padding was right. To a wrong one the answer is a message too, the same for
 * the same ciphertext each time (implicit rejection), made from the ciphertext
 * and a secret of the key. All in constant time.
 *
 * The secret. Whoever knows it can tell a made-up message from a real one, and
 * so can whoever gets two different answers to one ciphertext. It must not be
 * known outside and must be the same in every process that uses the key.
 * OpenSSL hashes the private exponent, which a token keeps to itself. Where the
 * key does the bare operation, ours is a hash of that operation's result for
 * one fixed number, made from the modulus: nobody finds it without the key, it
 * shows up in no signature (the number has the form of no padding) and in no
 * decryption, and it costs one operation once a process and key. Where the
 * token removes the padding itself, there is no such operation; the secret is
 * then random, made when the first RSA key is loaded, so that forked workers
 * share it. Separate processes do not: between these, as with the timing of
 * such a token, we can but answer alike.
 */
#ifndef PRIVYSEAL_PROV_RSA_REJECT_H
#define PRIVYSEAL_PROV_RSA_REJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "soft.h"

enum { PROV_REJECT_SECRET = 32, PROV_PREMASTER = 48 };

/* Makes the process' random secret, at the first call. False where there is no
 * random source. */
bool prov_reject_seed(struct prov_soft *soft);

/* The secret of a key whose token removes the padding. modulus: big-endian. */
bool prov_reject_random(struct prov_soft *soft, const struct prov_part *modulus,
                        uint8_t secret[static PROV_REJECT_SECRET]);

/* The fixed number, of as many octets as the modulus and less than it. */
bool prov_reject_number(struct prov_soft *soft, const struct prov_part *modulus,
                        uint8_t *number);

/* The secret from what the key has made of that number. */
bool prov_reject_derive(struct prov_soft *soft, const struct prov_part *result,
                        uint8_t secret[static PROV_REJECT_SECRET]);

/* The message for a wrong padding: the last *len of the k octets of message.
 * ciphertext has k octets. */
bool prov_reject_message(struct prov_soft *soft,
                         const uint8_t secret[static PROV_REJECT_SECRET],
                         const struct prov_part *ciphertext, uint8_t *message,
                         size_t *len);

/* Looks for the message in the k octets em (k at least 11): *start is where it
 * begins. Yields a mask. */
size_t prov_reject_find(const uint8_t *em, size_t k, size_t *start);

/* The same for a message of PROV_PREMASTER octets (k at least 59). */
size_t prov_reject_find_premaster(const uint8_t *em, size_t k);

#endif
