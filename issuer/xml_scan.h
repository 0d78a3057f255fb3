/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scanner that every text passes before the parser sees it. One pass over
 * UTF-8, linear in time, without memory: it knows a strict subset of XML
 * (docs/formats/xrml.md), holds it to the limits and finds elements by their
 * path. Offsets are octets from the text given. Internal to xrml.
 */
#ifndef PRIVYSEAL_XML_SCAN_H
#define PRIVYSEAL_XML_SCAN_H

#include <stddef.h>

#include "status.h"

enum {
    XML_REFUSE_CR = 1, /* the parser would make it a line feed */
    XML_XMLNS = 2      /* namespaces may be declared, prefixes still not used */
};

struct xml_options {
    enum iss_status failure; /* of a text that is refused */
    const char *object;      /* how messages call the text: "request" */
    unsigned flags;
    const char *const *namespaces; /* those known, NULL at the end; or NULL */
};

struct xml_watch { /* an element to be found, by names from the root */
    const char *path;
    size_t count;                /* how many there are; the rest: the first */
    size_t start, end;           /* from its '<' to behind its '>' */
    size_t inner, inner_end;     /* what is between its tags */
    size_t elements, attributes; /* in it, itself included */
};

struct xml_span {
    size_t start, end; /* of the root element */
    size_t elements, attributes;
};

/* Scans the one element that begins at text[at]; what is behind it is not
 * looked at. */
ISS_CHECKED enum iss_status xml_scan(const char *text, size_t len, size_t at,
                                     const struct xml_options *options,
                                     struct xml_watch *watches, size_t count,
                                     struct xml_span *span,
                                     struct iss_error *error);

enum {
    XML_DECLARES_UTF8 = 1,
    XML_DECLARES_UTF16 = 2,
    XML_DECLARES_ASCII_UTF16 = 4 /* UTF-16, where all of the text is ASCII */
};

/* Moves *at over an XML declaration, if text begins with one, and white space.
 * declares: the encodings that it may name. */
ISS_CHECKED enum iss_status xml_prolog(const char *text, size_t len,
                                       unsigned declares,
                                       const struct xml_options *options,
                                       size_t *at, struct iss_error *error);

/* The offset of the first octet from at that is no white space. */
size_t xml_skip_space(const char *text, size_t len, size_t at);

#endif
