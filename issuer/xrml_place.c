/* SPDX-License-Identifier: Apache-2.0 */
/* Places and hierarchies: see xrml_place.h. */
#include "xrml_place.h"

#include <string.h>

#define FROM(role) (1u << XRML_ROLE_##role)

static const char ca[] = "DRM-Certificate-Authority";
static const char machine_ca[] =
    "DRM-Desktop-Security-Processor-Certificate-Authority";
static const char machine[] = "MS-DRM-Desktop-Security-Processor";
static const char server[] = "MS-DRM-Server";

static const struct row {
    unsigned issuers; /* FROM(...) of those who may issue it */
    enum xrml_type type;
    const char *issuer; /* OBJECT types; NULL: any */
    const char *principal;
    enum xrml_place place;
    enum xrml_role role;
} rows[] = {
    {FROM(ANCHOR) | FROM(CA), XRML_CA_CERTIFICATE, ca, ca, XRML_PLACE_CA,
     XRML_ROLE_CA},
    {FROM(ANCHOR) | FROM(CA), XRML_CA_CERTIFICATE, ca, machine_ca,
     XRML_PLACE_CA, XRML_ROLE_CA},
    {FROM(ANCHOR) | FROM(CA), XRML_SERVER_CERTIFICATE, machine_ca, machine,
     XRML_PLACE_CA, XRML_ROLE_MACHINE_ISSUER},
    {FROM(ANCHOR) | FROM(CA), XRML_SERVER_CERTIFICATE, ca, server,
     XRML_PLACE_ENROLLMENT_SERVICE, XRML_ROLE_ENROLLMENT_SERVICE},
    {FROM(ANCHOR), XRML_SERVER_CERTIFICATE, server, server, XRML_PLACE_SLC,
     XRML_ROLE_BARE_SLC},
    {FROM(ENROLLMENT_SERVICE), XRML_SERVER_CERTIFICATE, server, server,
     XRML_PLACE_SLC, XRML_ROLE_SLC},
    {FROM(SLC), XRML_SERVER_CERTIFICATE, server, server, XRML_PLACE_SUB_SLC,
     XRML_ROLE_SUB_SLC},
    {FROM(ANCHOR) | FROM(MACHINE_ISSUER), XRML_MACHINE_CERTIFICATE, NULL, NULL,
     XRML_PLACE_LEAF, XRML_ROLE_NONE},
    {FROM(ANCHOR) | FROM(SLC), XRML_RAC, NULL, NULL, XRML_PLACE_LEAF,
     XRML_ROLE_NONE},
    {FROM(ANCHOR) | FROM(SLC) | FROM(SUB_SLC) | FROM(BARE_SLC), XRML_CLC, NULL,
     NULL, XRML_PLACE_LEAF, XRML_ROLE_CLC},
    {FROM(ANCHOR) | FROM(SLC) | FROM(SUB_SLC) | FROM(BARE_SLC) | FROM(CLC),
     XRML_PL, NULL, NULL, XRML_PLACE_LEAF, XRML_ROLE_NONE},
    {FROM(ANCHOR) | FROM(SLC) | FROM(SUB_SLC) | FROM(BARE_SLC) | FROM(CLC),
     XRML_UL, NULL, NULL, XRML_PLACE_LEAF, XRML_ROLE_NONE},
    {FROM(ANCHOR) | FROM(SLC) | FROM(SUB_SLC) | FROM(BARE_SLC), XRML_TEMPLATE,
     NULL, NULL, XRML_PLACE_LEAF, XRML_ROLE_NONE},
    {FROM(ANCHOR) | FROM(CA) | FROM(ENROLLMENT_SERVICE) | FROM(SLC) |
         FROM(SUB_SLC) | FROM(BARE_SLC) | FROM(CLC),
     XRML_REVOCATION_LIST, NULL, NULL, XRML_PLACE_LEAF, XRML_ROLE_NONE},
};

static bool is_type(const char *wanted, const char *type)
{
    return wanted == NULL || (type != NULL && strcmp(wanted, type) == 0);
}

bool xrml_place_of(const struct xrml_fields *fields, enum xrml_role issuer,
                   enum xrml_place *place, enum xrml_role *role)
{
    *place = XRML_PLACE_UNKNOWN;
    *role = XRML_ROLE_NONE;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct row *row = &rows[i];
        if ((row->issuers & 1u << issuer) == 0 || row->type != fields->type ||
            !is_type(row->issuer, fields->issuer.type) ||
            !is_type(row->principal, fields->principal.type))
            continue;
        *place = row->place;
        *role = row->role;
        return true;
    }
    return false;
}

const char *xrml_place_text(enum xrml_place place)
{
    static const char *const texts[] = {
        [XRML_PLACE_UNKNOWN] = "unknown",
        [XRML_PLACE_CA] = "certification authority",
        [XRML_PLACE_ENROLLMENT_SERVICE] = "enrollment service",
        [XRML_PLACE_SLC] = "server licensor",
        [XRML_PLACE_SUB_SLC] = "licensing-only server",
        [XRML_PLACE_LEAF] = "leaf"};

    return (size_t)place < sizeof(texts) / sizeof(texts[0])
               ? texts[place]
               : texts[XRML_PLACE_UNKNOWN];
}

/* "... Production CA": the words of an authority's name that are not its own.
 * One published name is used in both hierarchies and says nothing. */
static const char *const tails[] = {"Root", "CA", "Server Enrollment CA",
                                    "Server Enrollment Service",
                                    "Machine Activation Server CA"};
static const char *const published[] = {
    "Microsoft DRM Production Server Enrollment CA"};
static const struct {
    const char *word;
    unsigned set;
} words[] = {{" Production ", XRML_PRODUCTION}, {" ISV ", XRML_PRE_PRODUCTION}};

static bool ends_with(const char *text, size_t *len, const char *tail)
{
    size_t tail_len = strlen(tail);

    if (*len < tail_len || memcmp(text + *len - tail_len, tail, tail_len) != 0)
        return false;
    *len -= tail_len;
    return true;
}

static unsigned hierarchy_of(const char *name)
{
    for (size_t i = 0; i < sizeof(published) / sizeof(published[0]); i++)
        if (name == NULL || strcmp(name, published[i]) == 0)
            return 0;
    for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++)
        for (size_t j = 0; j < sizeof(words) / sizeof(words[0]); j++) {
            size_t len = strlen(name);
            if (ends_with(name, &len, tails[i]) &&
                ends_with(name, &len, words[j].word))
                return words[j].set;
        }
    return 0;
}

/* An authority's own names, and those that it gave; not those of clusters. */
unsigned xrml_hierarchies(const struct xrml_fields *fields)
{
    if (!is_type(ca, fields->issuer.type))
        return 0;
    return hierarchy_of(fields->issuer.name) | hierarchy_of(fields->issuer.id) |
           hierarchy_of(fields->principal.name) |
           hierarchy_of(fields->principal.id);
}
