/* SPDX-License-Identifier: Apache-2.0 */
/* Conditions on revocation lists: see xrml_refresh.h. */
#include "xrml_refresh.h"

#include "xrml_document.h"
#include "xrml_key.h"
#include "xrml_part.h"

/* The conditions of one document: BODY's own, and that of WORK. */
static const struct xml_node *refresh_of(const struct xrml_document *document,
                                         unsigned n)
{
    static const char *const paths[] = {"CONDITIONLIST/REFRESH",
                                        "WORK/CONDITIONLIST/REFRESH"};

    return xml_path(xml_root(document->tree), paths[n]);
}

enum { REFRESHES = 2 };

static const struct xml_node *next_point(const struct xml_node *refresh,
                                         const struct xml_node *point)
{
    static const char name[] = "DISTRIBUTIONPOINT";

    return point == NULL ? xml_child(refresh, name) : xml_next(point, name);
}

static bool point_key(const struct xml_node *point, struct xrml_key *key,
                      uint8_t modulus[static XRML_MODULUS_MAX])
{
    const struct xml_node *node = xml_child(point, "PUBLICKEY");

    return node != NULL && xrml_part_key(node, key, modulus, NULL) == ISS_OK;
}

static bool names_key(const struct xrml_document *document,
                      const struct xrml_key *wanted)
{
    uint8_t modulus[XRML_MODULUS_MAX];
    struct xrml_key key = {0};

    for (unsigned n = 0; n < REFRESHES; n++) {
        const struct xml_node *refresh = refresh_of(document, n);
        const struct xml_node *point =
            refresh == NULL ? NULL : next_point(refresh, NULL);
        for (; point != NULL; point = next_point(refresh, point))
            if (point_key(point, &key, modulus) && xrml_key_same(&key, wanted))
                return true;
    }
    return false;
}

bool xrml_refresh_allows(const struct xrml_key *key,
                         const struct xrml_chain *chain, size_t node)
{
    for (size_t i = node; i < chain->count; i++)
        if (xrml_key_same(&xrml_fields(chain->documents[i])->issuer_key, key) ||
            names_key(chain->documents[i], key))
            return true;
    return false;
}

static const char *point_name(const struct xml_node *point)
{
    struct xrml_object object = {0};

    xrml_part_object(xml_child(point, "OBJECT"), &object);
    return object.name != NULL ? object.name
           : object.id != NULL ? object.id
                               : "?";
}

/* One point of a condition. Without interval a list is asked for only where
 * the point says whence to fetch it; of whatever age. */
static enum iss_status check_point(const struct xrml_revocations *set,
                                   const struct xml_node *point,
                                   int64_t interval, int64_t at,
                                   struct iss_error *error)
{
    uint8_t modulus[XRML_MODULUS_MAX];
    char issued[XRML_TIME_SIZE] = "?";
    char since[XRML_TIME_SIZE] = "?";
    struct xrml_key key = {0};
    int64_t newest = 0;

    if (interval == 0 && xml_path(point, "OBJECT/ADDRESS") == NULL)
        return ISS_OK;
    if (!point_key(point, &key, modulus))
        return iss_fail(error, ISS_REVOKED,
                        "asks for a list of \"%.40s\" without saying its key",
                        point_name(point));
    if (!xrml_revocations_newest(set, &key, &newest))
        return iss_fail(error, ISS_REVOKED,
                        "asks for a revocation list of \"%.40s\": none is at "
                        "hand",
                        point_name(point));
    if (interval == 0 || newest >= at - interval)
        return ISS_OK;
    (void)xrml_time_print(newest, issued);
    (void)xrml_time_print(at - interval, since);
    return iss_fail(error, ISS_REVOKED,
                    "the newest list of \"%.40s\" is of %s: one since %s is "
                    "asked for",
                    point_name(point), issued, since);
}

static int64_t seconds_of(const struct xrml_interval *interval)
{
    enum { MINUTE = 60, HOUR = 3600, DAY = 86400 };

    return (int64_t)interval->days * DAY + (int64_t)interval->hours * HOUR +
           (int64_t)interval->minutes * MINUTE + interval->seconds;
}

enum iss_status xrml_refresh_check(const struct xrml_revocations *set,
                                   const struct xrml_document *document,
                                   int64_t at, struct iss_error *error)
{
    enum iss_status status = ISS_OK;

    if (xrml_fields(document)->type == XRML_TEMPLATE)
        return ISS_OK;
    for (unsigned n = 0; n < REFRESHES && status == ISS_OK; n++) {
        const struct xml_node *refresh = refresh_of(document, n);
        struct xrml_interval interval = {0};

        if (refresh == NULL)
            continue;
        if (xrml_part_interval(xml_child(refresh, "INTERVALTIME"), &interval,
                               NULL) != ISS_OK)
            return iss_fail(error, ISS_REVOKED,
                            "REFRESH: INTERVALTIME cannot be read");
        const struct xml_node *point = next_point(refresh, NULL);
        for (; point != NULL && status == ISS_OK;
             point = next_point(refresh, point))
            status = check_point(set, point, seconds_of(&interval), at, error);
    }
    return status;
}
