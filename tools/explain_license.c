/* SPDX-License-Identifier: Apache-2.0 */
/* What a document says: see explain_license.h. */
#include "explain_license.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "when.h"

enum { RANGE_SIZE = 2 * TOOL_TIME_SIZE + 8, INTERVAL_SIZE = 64, DAY = 86400 };

static const char *const revoked_names[XRML_REVOKED_KINDS] = {
    [XRML_REVOKED_KEY] = "principal-key",
    [XRML_REVOKED_ID] = "license-id",
    [XRML_REVOKED_HASH] = "license-hash",
    [XRML_REVOKED_ISSUER_KEY] = "issuer-key",
    [XRML_REVOKED_ISSUER_ID] = "issuer-id",
    [XRML_REVOKED_CONTENT_ID] = "content-id",
    [XRML_REVOKED_PRINCIPAL_ID] = "principal-id"};

static bool is_certificate(const struct xrml_license *l)
{
    return l->type == XRML_CA_CERTIFICATE || l->type == XRML_SERVER_CERTIFICATE;
}

static bool has_object(const struct xrml_object *object)
{
    return object->type != NULL || object->id != NULL || object->name != NULL;
}

/* Bits that canonical or other base64 stands for. */
static int64_t base64_bits(const char *text)
{
    size_t digits = 0;

    for (; *text != '\0' && *text != '='; text++)
        digits += strchr(" \t\r\n", *text) == NULL;
    return (int64_t)(digits * 6 / 8 * 8);
}

/* ---- for people ------------------------------------------------------------
 */

struct lines {
    struct tool_out *out;
    int indent;
};

__attribute__((format(printf, 3, 4))) static void
line(const struct lines *lines, const char *label, const char *format, ...)
{
    char text[1024];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    tool_text(lines->out, TOOL_PLAIN, "%*s%-10s %s", lines->indent, "", label,
              text);
}

/* "NAME (Windows S-1-5-...), ADDRESS" */
static const char *object_text(const struct xrml_object *object, char out[256])
{
    bool named = object->name != NULL && object->name[0] != '\0';
    bool identified = object->id != NULL && object->id[0] != '\0';

    (void)snprintf(out, 256, "%s%s%s%s%s%s%s%s", named ? object->name : "",
                   named && identified ? " (" : "",
                   identified && object->id_type != NULL ? object->id_type : "",
                   identified ? " " : "", identified ? object->id : "",
                   named && identified ? ")" : "",
                   object->address != NULL ? ", " : "",
                   object->address != NULL ? object->address : "");
    return out;
}

static const char *range_text(const struct xrml_range *range,
                              char out[RANGE_SIZE + 2])
{
    char from[TOOL_TIME_SIZE], until[TOOL_TIME_SIZE];

    out[0] = '\0';
    if (range->present && tool_time_print(range->from, from) &&
        tool_time_print(range->until, until))
        (void)snprintf(out, RANGE_SIZE + 2, ", %s .. %s", from, until);
    return out;
}

static const char *interval_text(const struct xrml_interval *interval,
                                 char out[INTERVAL_SIZE])
{
    out[0] = '\0';
    if (interval->present)
        (void)snprintf(out, INTERVAL_SIZE, ", %u d %02u:%02u:%02u",
                       interval->days, interval->hours, interval->minutes,
                       interval->seconds);
    return out;
}

static void print_object(const struct lines *lines, const char *label,
                         const struct xrml_object *object)
{
    char text[256];

    if (has_object(object))
        line(lines, label, "%s", object_text(object, text));
}

static void print_bits(const struct lines *lines, const char *whose,
                       const struct xrml_bits *bits)
{
    if (bits->form != NULL)
        line(lines, "sealed", "%s: %s, %lld bits", whose, bits->form,
             (long long)base64_bits(bits->text));
}

static void print_levels(const struct lines *lines,
                         const struct xrml_principal *principal)
{
    for (size_t i = 0; i < principal->level_count; i++)
        line(lines, "", "%s: %s", principal->levels[i].name,
             principal->levels[i].value);
}

static void print_key(const struct lines *lines, const struct xrml_key *key)
{
    char groups[TOOL_HASH_SIZE];
    uint8_t hash[32];

    if (key->modulus == NULL || xrml_key_hash(key, hash, NULL) != ISS_OK)
        return;
    tool_hash_groups(hash, groups);
    line(lines, "key", "RSA-%zu %s", key->modulus_len * 8, groups);
}

static void print_refresh(const struct lines *lines,
                          const struct xrml_refresh *refresh)
{
    char object[256], interval[INTERVAL_SIZE];

    for (size_t i = 0; i < refresh->count; i++) {
        line(lines, "revokers", "%s%s",
             object_text(&refresh->points[i].object, object),
             interval_text(&refresh->interval, interval));
        print_key(lines, &refresh->points[i].key);
    }
}

static void print_right(const struct lines *lines,
                        const struct xrml_right *right)
{
    char range[RANGE_SIZE + 2], interval[INTERVAL_SIZE], user[256];
    const char *who =
        right->first ? "its principal" : object_text(&right->user, user);

    line(lines, "right", "%s: %s%s%s", right->name, who,
         range_text(&right->range, range),
         interval_text(&right->interval, interval));
    print_bits(lines, right->name, &right->bits);
}

static void print_revoked(const struct lines *lines,
                          const struct xrml_revoke *revoke)
{
    char groups[TOOL_HASH_SIZE] = "";
    uint8_t hash[32];

    if (revoke->hash != NULL)
        line(lines, "revokes", "%s %s %s", revoked_names[revoke->kind],
             revoke->digest, revoke->hash);
    else if (revoke->key.modulus == NULL)
        line(lines, "revokes", "%s %s", revoked_names[revoke->kind],
             revoke->object.id);
    else if (xrml_key_hash(&revoke->key, hash, NULL) == ISS_OK) {
        tool_hash_groups(hash, groups);
        line(lines, "revokes", "%s %s", revoked_names[revoke->kind], groups);
    }
}

/* When any right may be exercised at all. */
static const char *conditions_text(const struct xrml_license *l,
                                   char out[RANGE_SIZE + INTERVAL_SIZE + 2])
{
    char range[RANGE_SIZE + 2], interval[INTERVAL_SIZE];
    const char *parts[] = {range_text(&l->when, range),
                           interval_text(&l->how_long, interval)};

    (void)snprintf(out, RANGE_SIZE + INTERVAL_SIZE + 2, "%s%s", parts[0],
                   parts[1]);
    return strncmp(out, ", ", 2) == 0 ? out + 2 : out;
}

void tool_explain_fields(struct tool *tool, int indent,
                         const struct xrml_license *l)
{
    const struct lines lines = {&tool->out, indent};
    char text[RANGE_SIZE + INTERVAL_SIZE + 2];

    if (is_certificate(l))
        return;
    if (l->text != NULL)
        line(&lines, "text", "%s", l->text);
    print_object(&lines, "issuer", &l->issuer.object);
    print_object(&lines, "principal", &l->principal.object);
    print_key(&lines, &l->principal.key);
    print_levels(&lines, &l->principal);
    print_bits(&lines, "to its principal", &l->principal.bits);
    print_object(&lines, "machine", &l->machine.object);
    print_bits(&lines, "to the machine", &l->machine.bits);
    print_object(&lines, "content", &l->work);
    print_object(&lines, "owner", &l->owner);
    print_object(&lines, "referral", &l->referral);
    for (size_t i = 0; i < l->point_count; i++)
        print_object(&lines, "point", &l->points[i].object);
    if (l->when.present || l->how_long.present)
        line(&lines, "open", "%s", conditions_text(l, text));
    for (size_t i = 0; i < l->right_count; i++)
        print_right(&lines, &l->rights[i]);
    print_refresh(&lines, &l->refresh);
    for (size_t i = 0; i < l->data_count; i++)
        line(&lines, "data", "%s%s%s, %zu characters", l->data[i].id,
             l->data[i].name != NULL ? " " : "",
             l->data[i].name != NULL ? l->data[i].name : "",
             strlen(l->data[i].text));
    for (size_t i = 0; i < l->revoked_count; i++)
        print_revoked(&lines, &l->revoked[i]);
    if (l->beyond != NULL)
        line(&lines, "beyond", "%s, which is not shown here", l->beyond);
}

/* ---- JSON: what a document does not have is left out -----------------------
 */

static void json_optional(struct tool_json *json, const char *name,
                          const char *text)
{
    if (text != NULL)
        tool_json_text(json, name, text);
}

static void json_members(struct tool_json *json,
                         const struct xrml_object *object)
{
    json_optional(json, "type", object->type);
    json_optional(json, "id-type", object->id_type);
    json_optional(json, "id", object->id);
    json_optional(json, "name", object->name);
    json_optional(json, "address", object->address);
}

static void json_object(struct tool_json *json, const char *name,
                        const struct xrml_object *object)
{
    if (!has_object(object))
        return;
    tool_json_open(json, name, '{');
    json_members(json, object);
    tool_json_close(json, '}');
}

static void json_key(struct tool_json *json, const struct xrml_key *key)
{
    uint8_t hash[32];

    if (key->modulus == NULL || xrml_key_hash(key, hash, NULL) != ISS_OK)
        return;
    tool_json_hex(json, "key-sha-256", hash, sizeof(hash));
    tool_json_number(json, "key-bits", (int64_t)key->modulus_len * 8);
}

static void json_bits(struct tool_json *json, const struct xrml_bits *bits)
{
    if (bits->form == NULL)
        return;
    tool_json_open(json, "sealed", '{');
    tool_json_text(json, "form", bits->form);
    tool_json_number(json, "bits", base64_bits(bits->text));
    tool_json_close(json, '}');
}

static void json_range(struct tool_json *json, const char *name,
                       const struct xrml_range *range)
{
    if (!range->present)
        return;
    tool_json_open(json, name, '{');
    tool_json_time(json, "from", range->from);
    tool_json_time(json, "until", range->until);
    tool_json_close(json, '}');
}

static void json_interval(struct tool_json *json, const char *name,
                          const struct xrml_interval *interval)
{
    enum { MINUTE = 60, HOUR = 3600 };

    if (interval->present)
        tool_json_number(
            json, name,
            (int64_t)interval->days * DAY + (int64_t)interval->hours * HOUR +
                (int64_t)interval->minutes * MINUTE + interval->seconds);
}

static void json_principal(struct tool_json *json, const char *name,
                           const struct xrml_principal *principal)
{
    if (!has_object(&principal->object) && principal->key.modulus == NULL)
        return;
    tool_json_open(json, name, '{');
    json_members(json, &principal->object);
    json_key(json, &principal->key);
    if (principal->digest != NULL) {
        tool_json_text(json, "digest", principal->digest);
        tool_json_text(json, "hash", principal->hash);
    }
    if (principal->level_count > 0)
        tool_json_open(json, "levels", '{');
    for (size_t i = 0; i < principal->level_count; i++)
        tool_json_text(json, principal->levels[i].name,
                       principal->levels[i].value);
    if (principal->level_count > 0)
        tool_json_close(json, '}');
    json_bits(json, &principal->bits);
    tool_json_close(json, '}');
}

static void json_points(struct tool_json *json, const struct xrml_point *points,
                        size_t count)
{
    if (count > 0)
        tool_json_open(json, "points", '[');
    for (size_t i = 0; i < count; i++) {
        tool_json_open(json, NULL, '{');
        json_members(json, &points[i].object);
        json_key(json, &points[i].key);
        tool_json_close(json, '}');
    }
    if (count > 0)
        tool_json_close(json, ']');
}

static void json_rights(struct tool_json *json, const struct xrml_license *l)
{
    if (l->right_count == 0)
        return;
    tool_json_open(json, "rights", '[');
    for (size_t i = 0; i < l->right_count; i++) {
        const struct xrml_right *right = &l->rights[i];

        tool_json_open(json, NULL, '{');
        tool_json_text(json, "right", right->name);
        tool_json_bool(json, "principal", right->first);
        json_object(json, "user", &right->user);
        json_range(json, "range", &right->range);
        json_interval(json, "interval-seconds", &right->interval);
        json_bits(json, &right->bits);
        tool_json_close(json, '}');
    }
    tool_json_close(json, ']');
}

static void json_data(struct tool_json *json, const struct xrml_license *l)
{
    if (l->data_count == 0)
        return;
    tool_json_open(json, "data", '[');
    for (size_t i = 0; i < l->data_count; i++) {
        tool_json_open(json, NULL, '{');
        json_optional(json, "id", l->data[i].id);
        json_optional(json, "name", l->data[i].name);
        tool_json_number(json, "characters", (int64_t)strlen(l->data[i].text));
        tool_json_close(json, '}');
    }
    tool_json_close(json, ']');
}

static void json_revoked(struct tool_json *json, const struct xrml_license *l)
{
    if (l->type != XRML_REVOCATION_LIST)
        return;
    tool_json_open(json, "revoked", '[');
    for (size_t i = 0; i < l->revoked_count; i++) {
        const struct xrml_revoke *revoke = &l->revoked[i];

        tool_json_open(json, NULL, '{');
        tool_json_text(json, "revoke", revoked_names[revoke->kind]);
        json_members(json, &revoke->object);
        json_key(json, &revoke->key);
        json_optional(json, "digest", revoke->digest);
        json_optional(json, "hash", revoke->hash);
        tool_json_close(json, '}');
    }
    tool_json_close(json, ']');
}

void tool_explain_fields_json(struct tool_json *json,
                              const struct xrml_license *l)
{
    tool_json_open(json, "license", '{');
    json_optional(json, "descriptor", l->descriptor_type);
    json_optional(json, "guid", l->guid);
    json_optional(json, "text", l->text);
    json_range(json, "validity", &l->validity);
    json_principal(json, "issuer", &l->issuer);
    json_principal(json, "principal", &l->principal);
    json_principal(json, "machine", &l->machine);
    json_object(json, "content", &l->work);
    json_object(json, "owner", &l->owner);
    json_object(json, "referral", &l->referral);
    json_points(json, l->points, l->point_count);
    json_range(json, "when", &l->when);
    json_interval(json, "how-long-seconds", &l->how_long);
    json_rights(json, l);
    if (l->refresh.count > 0) {
        tool_json_open(json, "refresh", '{');
        json_points(json, l->refresh.points, l->refresh.count);
        json_interval(json, "interval-seconds", &l->refresh.interval);
        tool_json_close(json, '}');
    }
    json_data(json, l);
    json_revoked(json, l);
    json_optional(json, "beyond", l->beyond);
    tool_json_close(json, '}');
}
