/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text to tree and back. The reader is libxml2 behind our own scanner; nothing
 * outside xml.c sees it. A tree is one allocation and never changes, so many
 * threads may read it. Internal to xrml.
 */
#ifndef PRIVYSEAL_XML_H
#define PRIVYSEAL_XML_H

#include <stdbool.h>
#include <stddef.h>

#include "status.h"
#include "xml_scan.h"

struct xml_attribute {
    const char *name, *value; /* UTF-8, references resolved */
};

struct xml_node {
    const char *name;
    const char *text;      /* of an element without children, never NULL */
    const char *namespace; /* "", or one of xml_options.namespaces */
    const struct xml_attribute *attributes;
    size_t attribute_count;
    const struct xml_node *first, *next;
};

struct xml_tree; /* opaque */

/* The tree of the element that text is, from its '<' to its last '>', which
 * xml_scan has passed and counted under the same options. *out returns new. */
ISS_CHECKED enum iss_status xml_parse(const char *text,
                                      const struct xml_span *span,
                                      const struct xml_options *options,
                                      struct xml_tree **out,
                                      struct iss_error *error);
void xml_tree_free(struct xml_tree *tree);
const struct xml_node *xml_root(const struct xml_tree *tree);
/* All elements, in the order of their start tags: an array. */
const struct xml_node *xml_nodes(const struct xml_tree *tree, size_t *count);

/* The first child, or the first sibling after node, of that name; or NULL. */
const struct xml_node *xml_child(const struct xml_node *node, const char *name);
const struct xml_node *xml_next(const struct xml_node *node, const char *name);
/* Walks "A/B/C" down from node by first children; NULL where one is absent. */
const struct xml_node *xml_path(const struct xml_node *node, const char *path);
/* The value of an attribute; NULL: absent. */
const char *xml_attribute(const struct xml_node *node, const char *name);

/* ---- writer: server surface form is what its callers write --------------- */

struct xml_out {
    char *text;
    size_t len, size;
    bool failed; /* out of memory; what follows writes nothing */
};

/* As it stands; escaped; escaped but for quotes, which content does not need;
 * escaped and in ASCII. */
void xml_out_raw(struct xml_out *out, const char *text);
void xml_out_octets(struct xml_out *out, const char *text, size_t len);
void xml_out_text(struct xml_out *out, const char *text);
void xml_out_content(struct xml_out *out, const char *text);
void xml_out_ascii(struct xml_out *out, const char *text);
/* The text, NUL-terminated: returns new, free(), or NULL where writing failed;
 * out is empty afterwards. len may be NULL. */
char *xml_out_take(struct xml_out *out, size_t *len);

#endif
