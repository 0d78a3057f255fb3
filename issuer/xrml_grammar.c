/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The elements of BODY, one row each (MS-RMPR 2.2.9). A name has one meaning
 * wherever it stands. What may stand once stands once: there is no first or
 * last of two that wins.
 */
#include <string.h>

#include "xrml_document.h"

struct element {
    const char *name;
    const char *attributes; /* "!" behind those that must be there */
    const char *children;   /* "?" at most one, "*" any, "+" one or more, else
                               exactly one; in the family in this order */
    bool closed;            /* no other children in any document */
    bool empty;             /* no text either */
};

static const struct element elements[] = {
    {.name = "BODY",
     .attributes = "type! version",
     .children = "ISSUEDTIME VALIDITYTIME? DESCRIPTOR? ISSUER? "
                 "DISTRIBUTIONPOINT* ISSUEDPRINCIPALS? WORK? "
                 "AUTHENTICATEDDATA* SECURESTORE? CONDITIONLIST? "
                 "FEDERATIONPRINCIPALS? DIGESTLIST? POLICYLIST* MODULELIST? "
                 "REVOCATIONLIST?",
     .closed = true},
    {.name = "ISSUEDTIME", .closed = true},
    {.name = "VALIDITYTIME", .children = "FROM UNTIL", .closed = true},
    {.name = "RANGETIME", .children = "FROM UNTIL", .closed = true},
    {.name = "FROM", .closed = true},
    {.name = "UNTIL", .closed = true},
    {.name = "DESCRIPTOR", .children = "OBJECT", .closed = true},
    {.name = "ISSUER",
     .attributes = "type internal-id",
     .children = "OBJECT PUBLICKEY SECURITYLEVEL*",
     .closed = true},
    {.name = "ISSUEDPRINCIPALS", .children = "PRINCIPAL", .closed = true},
    {.name = "PRINCIPAL",
     .attributes = "type internal-id",
     .children = "OBJECT? PUBLICKEY? DIGEST* SECURITYLEVEL* ENABLINGBITS?",
     .closed = true},
    {.name = "OBJECT",
     .attributes = "type",
     .children = "ID NAME? ADDRESS* VERSIONSPAN?",
     .closed = true},
    {.name = "ID", .attributes = "type!", .closed = true},
    {.name = "NAME", .closed = true},
    {.name = "ADDRESS", .attributes = "type!", .closed = true},
    {.name = "PUBLICKEY", .children = "ALGORITHM PARAMETER+", .closed = true},
    {.name = "ALGORITHM", .closed = true},
    {.name = "PARAMETER",
     .attributes = "name!",
     .children = "VALUE",
     .closed = true},
    {.name = "VALUE", .attributes = "encoding! size", .closed = true},
    {.name = "DIGEST",
     .children = "ALGORITHM PARAMETER* VALUE",
     .closed = true},
    {.name = "SECURITYLEVEL",
     .attributes = "name! value!",
     .closed = true,
     .empty = true},
    {.name = "ENABLINGBITS",
     .attributes = "type!",
     .children = "VALUE",
     .closed = true},
    {.name = "DISTRIBUTIONPOINT", .children = "OBJECT PUBLICKEY?"},
    {.name = "WORK",
     .children = "OBJECT METADATA? PRECONDITIONLIST? CONDITIONLIST? "
                 "RIGHTSGROUP?"},
    {.name = "RIGHTSGROUP", .attributes = "name", .children = "RIGHTSLIST"},
    {.name = "RIGHTSLIST", .children = "RIGHT*"},
    {.name = "RIGHT",
     .attributes = "name!",
     .children = "CONDITIONLIST? ACCESS?"},
    {.name = "CONDITIONLIST", .children = "TIME? ACCESS? REFRESH?"},
    {.name = "TIME", .children = "RANGETIME? INTERVALTIME?"},
    {.name = "ACCESS", .children = "PRINCIPAL+"},
    {.name = "REFRESH", .children = "DISTRIBUTIONPOINT+ INTERVALTIME?"},
    {.name = "INTERVALTIME",
     .attributes = "days hours minutes seconds",
     .closed = true,
     .empty = true},
};

static const struct element *find(const char *name)
{
    for (size_t i = 0; i < sizeof(elements) / sizeof(elements[0]); i++)
        if (strcmp(elements[i].name, name) == 0)
            return &elements[i];
    return NULL;
}

struct word {
    const char *text;
    size_t len;
    char mark; /* '\0', '!', '?', '*' or '+' */
};

/* The next word of a list; *list moves behind it. */
static bool next_word(const char **list, struct word *word)
{
    if (*list == NULL)
        return false;
    *list += strspn(*list, " ");
    size_t len = strcspn(*list, " ");
    if (len == 0)
        return false;
    char last = (*list)[len - 1];
    *word = (struct word){.text = *list, .len = len};
    if (strchr("!?*+", last) != NULL) {
        word->mark = last;
        word->len--;
    }
    *list += len;
    return true;
}

static bool is_word(const struct word *word, const char *name)
{
    return strncmp(word->text, name, word->len) == 0 && name[word->len] == '\0';
}

static enum iss_status refuse(struct iss_error *error, const char *element,
                              const char *name, const char *what)
{
    return iss_fail(error, ISS_XML, "XrML document: %s: %s %s", element, name,
                    what);
}

static enum iss_status check_attributes(const struct element *row,
                                        const struct xml_node *node,
                                        struct iss_error *error)
{
    const char *list = row->attributes;
    struct word word;

    while (next_word(&list, &word)) {
        size_t i = 0;
        while (i < node->attribute_count &&
               !is_word(&word, node->attributes[i].name))
            i++;
        if (word.mark == '!' && i == node->attribute_count)
            return iss_fail(error, ISS_XML,
                            "XrML document: %s: attribute %.*s is missing",
                            row->name, (int)word.len, word.text);
    }
    for (size_t i = 0; i < node->attribute_count; i++) {
        bool known = false;
        list = row->attributes;
        while (!known && next_word(&list, &word))
            known = is_word(&word, node->attributes[i].name);
        if (!known)
            return refuse(error, row->name, node->attributes[i].name,
                          "is an unknown attribute");
    }
    return ISS_OK;
}

static enum iss_status check_counts(const struct element *row,
                                    const struct xml_node *node,
                                    struct iss_error *error)
{
    const char *list = row->children;
    struct word word;

    while (next_word(&list, &word)) {
        size_t count = 0;
        for (const struct xml_node *c = node->first; c != NULL; c = c->next)
            count += is_word(&word, c->name);
        if (count == 0 && (word.mark == '\0' || word.mark == '+'))
            return iss_fail(error, ISS_XML,
                            "XrML document: %s: %.*s is missing", row->name,
                            (int)word.len, word.text);
        if (count > 1 && (word.mark == '\0' || word.mark == '?'))
            return iss_fail(error, ISS_XML,
                            "XrML document: %s: %.*s stands %zu times",
                            row->name, (int)word.len, word.text, count);
    }
    return ISS_OK;
}

static enum iss_status check_children(const struct element *row,
                                      const struct xml_node *node, bool family,
                                      struct iss_error *error)
{
    size_t before = 0;

    for (const struct xml_node *c = node->first; c != NULL; c = c->next) {
        const char *list = row->children;
        struct word word;
        size_t place = 0;
        bool known = false;
        while (!known && next_word(&list, &word)) {
            known = is_word(&word, c->name);
            place++;
        }
        if (!known && (family || row->closed))
            return refuse(error, row->name, c->name, "is an unknown element");
        if (known && family && place < before)
            return refuse(error, row->name, c->name, "is not in its place");
        before = place;
    }
    return ISS_OK;
}

static enum iss_status check_element(const struct xml_node *node, bool family,
                                     struct iss_error *error)
{
    const struct element *row = find(node->name);
    enum iss_status status = ISS_OK;

    if (row == NULL)
        return family
                   ? refuse(error, "BODY", node->name, "is an unknown element")
                   : ISS_OK;
    if ((row->empty || row->children != NULL) && node->text[0] != '\0' &&
        node->first == NULL)
        return refuse(error, "BODY", node->name, "holds text");
    status = check_attributes(row, node, error);
    if (status == ISS_OK)
        status = check_counts(row, node, error);
    if (status == ISS_OK)
        status = check_children(row, node, family, error);
    return status;
}

enum iss_status xrml_grammar_check(const struct xml_tree *tree, bool family,
                                   struct iss_error *error)
{
    size_t count = 0;
    const struct xml_node *nodes = xml_nodes(tree, &count);
    enum iss_status status = ISS_OK;

    if (strcmp(nodes[0].name, "BODY") != 0)
        return iss_fail(error, ISS_XML, "XrML document: no BODY");
    for (size_t i = 0; i < count && status == ISS_OK; i++)
        status = check_element(&nodes[i], family, error);
    /* rights data alone say nowhere who issued them, MS-RMPR 2.2.9.8 */
    if (status == ISS_OK && xml_child(&nodes[0], "ISSUER") == NULL &&
        xrml_type_of(xml_attribute(&nodes[0], "type"), NULL) != XRML_RIGHTS)
        status =
            iss_fail(error, ISS_XML, "XrML document: BODY: ISSUER is missing");
    return status;
}
