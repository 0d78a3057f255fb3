/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Base64, canonical only: a value has one form, so that no character of it can
 * change without changing the value. Internal to xrml.
 */
#ifndef PRIVYSEAL_XRML_BASE64_H
#define PRIVYSEAL_XRML_BASE64_H

#include <stddef.h>
#include <stdint.h>

#define XRML_BASE64_SIZE(octets) (((octets) + 2) / 3 * 4 + 1)

/* Octets written to out (at most size), or SIZE_MAX: other characters, wrong
 * padding, unused bits that are not zero, more than size. */
size_t xrml_base64_decode(const char *text, size_t len, uint8_t *out,
                          size_t size);

/* out holds XRML_BASE64_SIZE(len) with the NUL. Returns the characters. */
size_t xrml_base64_encode(const uint8_t *data, size_t len, char *out);

#endif
