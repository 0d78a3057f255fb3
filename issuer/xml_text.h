/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Characters and encodings. Everything behind this border is well-formed UTF-8;
 * files in UTF-16 are turned into it here, strictly. Internal to xrml.
 */
#ifndef PRIVYSEAL_XML_TEXT_H
#define PRIVYSEAL_XML_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "status.h"

/* The code point at *at, which moves behind it. False: not well-formed (an
 * overlong form, a surrogate, above U+10FFFF, cut off); *at does not move. */
bool xml_utf8_next(const char *text, size_t len, size_t *at, uint32_t *out);

/* Writes one code point, returns its octets, 1 to 4. */
size_t xml_utf8_put(uint32_t c, char out[static 4]);

/* What may stand in a document: XML's Char without the controls but tab and
 * line feed (CR is the scanner's affair), the other line ends, directional
 * overrides, byte order marks and noncharacters. */
bool xml_char_allowed(uint32_t c);

/* Octets to UTF-16LE; out must hold 2 * len. Returns the octets written, or
 * SIZE_MAX where text is not well-formed UTF-8. */
size_t xml_utf16le(const char *text, size_t len, uint8_t *out);

enum xml_encoding { XML_UTF8, XML_UTF16 };

/* A file's octets to UTF-8 without byte order mark. UTF-16 is known by its mark
 * or by a '<' in two octets. *out returns new, NUL-terminated, free(). Failure:
 * the status that is given, or ISS_INTERNAL. */
ISS_CHECKED enum iss_status xml_decode(const char *file, size_t len,
                                       enum iss_status failure, char **out,
                                       size_t *out_len,
                                       enum xml_encoding *encoding,
                                       struct iss_error *error);

#endif
