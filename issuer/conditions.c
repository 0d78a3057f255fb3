/* SPDX-License-Identifier: Apache-2.0 */
/* Conditions: see conditions.h. */
#include "conditions.h"

#include <string.h>

#include "xrml_document.h"

enum { PARTS_MAX = 5 };

/* What may stand in an element, once each, and what in that. */
struct part {
    const char *name; /* NULL: no more */
    const struct part *parts;
    bool whole; /* read, and judged, elsewhere */
};

static const struct part times[PARTS_MAX] = {
    {.name = "RANGETIME", .whole = true},
    {.name = "INTERVALTIME", .whole = true}};

static const struct part preconditions[PARTS_MAX] = {
    {.name = "TIME", .parts = times}};

static const struct part of_right[PARTS_MAX] = {
    {.name = "ACCESS", .whole = true}, {.name = "TIME", .parts = times}};

/* Which has them in a list or, in licenses of clients, without one. */
static const struct part listed[PARTS_MAX] = {
    {.name = "CONDITIONLIST", .parts = of_right}};

static const struct part refreshes[PARTS_MAX] = {
    {.name = "REFRESH", .whole = true}};

static const struct part of_work[PARTS_MAX + 1] = {
    {.name = "OBJECT", .whole = true},
    {.name = "METADATA", .whole = true},
    {.name = "PRECONDITIONLIST", .parts = preconditions},
    {.name = "CONDITIONLIST", .parts = refreshes},
    {.name = "RIGHTSGROUP", .whole = true}};

static const struct part *find(const struct part *parts, const char *name)
{
    for (; parts->name != NULL; parts++)
        if (strcmp(parts->name, name) == 0)
            return parts;
    return NULL;
}

/* As deep as the tables above. */
static bool has_only(const struct xml_node *node, const struct part *parts)
{
    bool good = true;

    for (const struct xml_node *n = node->first; n != NULL && good;
         n = n->next) {
        const struct part *part = find(parts, n->name);

        good = part != NULL && xml_next(n, n->name) == NULL &&
               (part->whole || has_only(n, part->parts));
    }
    return good;
}

bool iss_conditions_known(const struct xrml_document *document)
{
    const struct xml_node *body = xml_root(document->tree);
    const struct xml_node *work = xml_child(body, "WORK");
    const struct xml_node *list =
        work == NULL ? NULL : xml_path(work, "RIGHTSGROUP/RIGHTSLIST");
    bool good = xml_child(body, "CONDITIONLIST") == NULL &&
                xml_child(body, "PRECONDITIONLIST") == NULL &&
                (work == NULL || has_only(work, of_work));

    for (const struct xml_node *n = list == NULL ? NULL : list->first;
         n != NULL && good; n = n->next)
        good = has_only(n, xml_child(n, "CONDITIONLIST") != NULL ? listed
                                                                 : of_right);
    return good;
}
