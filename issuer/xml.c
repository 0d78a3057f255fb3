/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reader: see xml.h. libxml2 is used as an event parser, so that its own
 * tree is never built and memory is what the scanner has counted. By then the
 * text has no declaration of any kind, so there is nothing to load or expand.
 */
#include "xml.h"

#include <libxml/parser.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xrml.h"

struct xml_tree {
    struct xml_node *nodes;
    struct xml_attribute *attributes;
    char *strings;
    size_t node_count, attribute_count, used; /* filled */
    size_t node_room, attribute_room, room;
};

struct builder {
    struct xml_tree *tree;
    const struct xml_options *options;
    struct xml_node *open[XRML_DEPTH_MAX];
    struct xml_node *last[XRML_DEPTH_MAX]; /* child of open[i] */
    size_t depth;
    bool failed;
    char reason[160];
};

static CRYPTO_ONCE once = CRYPTO_ONCE_STATIC_INIT;

static void fail(xmlParserCtxtPtr parser, const char *reason)
{
    struct builder *b = parser->_private;

    if (!b->failed)
        (void)snprintf(b->reason, sizeof(b->reason), "%s", reason);
    b->failed = true;
    xmlStopParser(parser);
}

static void on_error(void *arg, xmlErrorPtr problem)
{
    struct builder *b = ((xmlParserCtxtPtr)arg)->_private;

    if (b->failed || problem->message == NULL)
        return;
    (void)snprintf(b->reason, sizeof(b->reason), "%s", problem->message);
    b->reason[strcspn(b->reason, "\n")] = '\0';
    b->failed = true;
}

/* Appends to the strings; the scanner's counts bound them, so that this can
 * fail only where the parser reads something else than the scanner did. */
static bool put(xmlParserCtxtPtr parser, const xmlChar *text, size_t len)
{
    struct builder *b = parser->_private;
    struct xml_tree *tree = b->tree;

    if (len >= tree->room - tree->used) {
        fail(parser, "more text than was scanned");
        return false;
    }
    memcpy(tree->strings + tree->used, text, len);
    tree->used += len;
    tree->strings[tree->used] = '\0';
    return true;
}

static const char *put_string(xmlParserCtxtPtr parser, const xmlChar *text,
                              size_t len)
{
    struct builder *b = parser->_private;
    const char *string = b->tree->strings + b->tree->used;

    if (!put(parser, text, len))
        return "";
    b->tree->used++;
    return string;
}

static const char *find_namespace(const struct builder *b, const xmlChar *uri)
{
    const char *const *known = b->options->namespaces;

    if (uri == NULL || *uri == '\0')
        return "";
    while (known != NULL && *known != NULL && strcmp(*known, (const char *)uri))
        known++;
    return known == NULL ? NULL : *known;
}

static void put_attributes(xmlParserCtxtPtr parser, struct xml_node *node,
                           const xmlChar **five, int count)
{
    struct builder *b = parser->_private;
    struct xml_tree *tree = b->tree;

    node->attributes = tree->attributes + tree->attribute_count;
    for (int i = 0; i < count && !b->failed; i++, five += 5) {
        if (tree->attribute_count == tree->attribute_room) {
            fail(parser, "more attributes than were scanned");
            return;
        }
        struct xml_attribute *attribute =
            &tree->attributes[tree->attribute_count++];
        attribute->name =
            put_string(parser, five[0], strlen((const char *)five[0]));
        attribute->value =
            put_string(parser, five[3], (size_t)(five[4] - five[3]));
        node->attribute_count++;
    }
}

static void on_start(void *arg, const xmlChar *name, const xmlChar *prefix,
                     const xmlChar *uri, int namespace_count,
                     const xmlChar **namespaces, int attribute_count,
                     int defaulted, const xmlChar **attributes)
{
    xmlParserCtxtPtr parser = arg;
    struct builder *b = parser->_private;
    struct xml_tree *tree = b->tree;

    (void)prefix, (void)namespace_count, (void)namespaces, (void)defaulted;
    if (b->failed)
        return;
    if (tree->node_count == tree->node_room || b->depth == XRML_DEPTH_MAX) {
        fail(parser, "more elements than were scanned");
        return;
    }
    struct xml_node *node = &tree->nodes[tree->node_count++];
    node->text = "";
    node->namespace = find_namespace(b, uri);
    if (node->namespace == NULL) {
        fail(parser, "unknown namespace");
        return;
    }
    if (b->depth > 0) {
        struct xml_node *parent = b->open[b->depth - 1];
        if (b->last[b->depth - 1] == NULL) {
            parent->first = node;
            parent->text = ""; /* it was white space */
        } else {
            b->last[b->depth - 1]->next = node;
        }
        b->last[b->depth - 1] = node;
    }
    b->open[b->depth] = node;
    b->last[b->depth++] = NULL;
    if (tree->used > 0 && tree->strings[tree->used - 1] != '\0')
        tree->used++;
    node->name = put_string(parser, name, strlen((const char *)name));
    put_attributes(parser, node, attributes, attribute_count);
}

static void on_end(void *arg, const xmlChar *name, const xmlChar *prefix,
                   const xmlChar *uri)
{
    struct builder *b = ((xmlParserCtxtPtr)arg)->_private;

    (void)name, (void)prefix, (void)uri;
    if (b->failed || b->depth == 0)
        return;
    b->depth--;
    if (b->open[b->depth]->text[0] != '\0')
        b->tree->used++; /* the NUL of a text is kept once it is whole */
}

static void on_text(void *arg, const xmlChar *text, int len)
{
    xmlParserCtxtPtr parser = arg;
    struct builder *b = parser->_private;

    if (b->failed || b->depth == 0 || b->open[b->depth - 1]->first != NULL)
        return;
    const char *start = b->tree->strings + b->tree->used;
    if (put(parser, text, (size_t)len) &&
        b->open[b->depth - 1]->text[0] == '\0')
        b->open[b->depth - 1]->text = start;
}

static xmlParserCtxtPtr new_parser(struct builder *b)
{
    xmlParserCtxtPtr parser = NULL;

    if (CRYPTO_THREAD_run_once(&once, xmlInitParser) != 1)
        return NULL;
    parser = xmlNewParserCtxt();
    if (parser == NULL)
        return NULL;
    *parser->sax = (xmlSAXHandler){
        .initialized = XML_SAX2_MAGIC,
        .startElementNs = on_start,
        .endElementNs = on_end,
        .characters = on_text,
        .ignorableWhitespace = on_text,
        .serror = on_error,
    };
    parser->_private = b;
    return parser;
}

static struct xml_tree *new_tree(const struct xml_span *span)
{
    size_t nodes = span->elements * sizeof(struct xml_node);
    size_t attributes = span->attributes * sizeof(struct xml_attribute);
    size_t room = span->end - span->start + 1;
    struct xml_tree *tree =
        calloc(1, sizeof(*tree) + nodes + attributes + room);

    if (tree == NULL)
        return NULL;
    tree->nodes = (struct xml_node *)(void *)(tree + 1);
    tree->attributes =
        (struct xml_attribute *)(void *)((char *)(tree + 1) + nodes);
    tree->strings = (char *)(tree + 1) + nodes + attributes;
    tree->node_room = span->elements;
    tree->attribute_room = span->attributes;
    tree->room = room;
    return tree;
}

enum iss_status xml_parse(const char *text, const struct xml_span *span,
                          const struct xml_options *options,
                          struct xml_tree **out, struct iss_error *error)
{
    /* NOENT resolves "&amp;" in attributes too; no other entity can be here. */
    const int flags = XML_PARSE_NONET | XML_PARSE_NOENT;
    enum iss_status status = ISS_INTERNAL;
    struct xml_tree *tree = new_tree(span);
    struct builder b = {.tree = tree, .options = options};
    xmlParserCtxtPtr parser = tree == NULL ? NULL : new_parser(&b);
    size_t len = span->end - span->start;

    *out = NULL;
    if (parser == NULL || len > XRML_CHAIN_MAX) {
        (void)iss_fail(error, status, "%s: out of memory", options->object);
        goto out;
    }
    (void)xmlCtxtReadMemory(parser, text + span->start, (int)len, NULL, "UTF-8",
                            flags);
    if (!b.failed && (parser->wellFormed == 0 || parser->nsWellFormed == 0 ||
                      tree->node_count != span->elements || b.depth != 0)) {
        (void)snprintf(b.reason, sizeof(b.reason), "%s", "not well-formed");
        b.failed = true;
    }
    if (b.failed) {
        status = iss_fail(error, options->failure, "%s: %s", options->object,
                          b.reason);
        goto out;
    }
    *out = tree;
    tree = NULL;
    status = ISS_OK;
out:
    xmlFreeParserCtxt(parser);
    free(tree);
    return status;
}

void xml_tree_free(struct xml_tree *tree)
{
    free(tree);
}

const struct xml_node *xml_root(const struct xml_tree *tree)
{
    return tree->nodes;
}

const struct xml_node *xml_nodes(const struct xml_tree *tree, size_t *count)
{
    *count = tree->node_count;
    return tree->nodes;
}

static const struct xml_node *named(const struct xml_node *node,
                                    const char *name, size_t len)
{
    while (node != NULL &&
           (strncmp(node->name, name, len) != 0 || node->name[len] != '\0'))
        node = node->next;
    return node;
}

const struct xml_node *xml_child(const struct xml_node *node, const char *name)
{
    return node == NULL ? NULL : named(node->first, name, strlen(name));
}

const struct xml_node *xml_next(const struct xml_node *node, const char *name)
{
    return named(node->next, name, strlen(name));
}

const struct xml_node *xml_path(const struct xml_node *node, const char *path)
{
    while (node != NULL && *path != '\0') {
        size_t len = strcspn(path, "/");
        node = named(node->first, path, len);
        path += len + (path[len] == '/');
    }
    return node;
}

const char *xml_attribute(const struct xml_node *node, const char *name)
{
    for (size_t i = 0; i < node->attribute_count; i++)
        if (strcmp(node->attributes[i].name, name) == 0)
            return node->attributes[i].value;
    return NULL;
}
