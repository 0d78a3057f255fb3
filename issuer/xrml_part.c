/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of documents: see xrml_part.h. */
#include "xrml_part.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xrml_base64.h"
#include "xrml_key.h"

enum { MINUTE = 60, NUMBER_SIZE = 32 };

bool xrml_same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

int64_t xrml_to_minute(int64_t seconds)
{
    int64_t over = seconds % MINUTE;
    return seconds - (over < 0 ? over + MINUTE : over);
}

bool xrml_same_range(const struct xrml_range *a, const struct xrml_range *b)
{
    if (!a->present || !b->present)
        return a->present == b->present;
    return xrml_to_minute(a->from) == xrml_to_minute(b->from) &&
           xrml_to_minute(a->until) == xrml_to_minute(b->until);
}

/* ---- reading ---------------------------------------------------------------
 */

static const char url[] = "URL";

static const char *text_of(const struct xml_node *node)
{
    return node == NULL ? NULL : node->text;
}

void xrml_part_object(const struct xml_node *node, struct xrml_object *out)
{
    if (node == NULL)
        return;
    const struct xml_node *id = xml_child(node, "ID");
    out->type = xml_attribute(node, "type");
    out->id = text_of(id);
    out->id_type = id == NULL ? NULL : xml_attribute(id, "type");
    out->name = text_of(xml_child(node, "NAME"));
    const struct xml_node *address = xml_child(node, "ADDRESS");
    const char *kind = address == NULL ? url : xml_attribute(address, "type");
    out->address = text_of(address);
    out->address_type = xrml_same_text(kind, url) ? NULL : kind;
}

enum iss_status xrml_part_time(const struct xml_node *node, int64_t *out,
                               struct iss_error *error)
{
    if (node == NULL || xrml_time_parse(node->text, strlen(node->text), out))
        return ISS_OK;
    return iss_fail(error, ISS_XML,
                    "XrML document: %s: \"%.40s\" is no time YYYY-MM-DDThh:mm",
                    node->name, node->text);
}

enum iss_status xrml_part_range(const struct xml_node *node,
                                struct xrml_range *out, struct iss_error *error)
{
    struct xrml_range range = {.present = true};
    enum iss_status status = ISS_OK;

    if (node == NULL)
        return ISS_OK;
    status = xrml_part_time(xml_child(node, "FROM"), &range.from, error);
    if (status == ISS_OK)
        status = xrml_part_time(xml_child(node, "UNTIL"), &range.until, error);
    if (status == ISS_OK && range.from >= range.until)
        status =
            iss_fail(error, ISS_XML,
                     "XrML document: %s: UNTIL is not after FROM", node->name);
    if (status == ISS_OK)
        *out = range;
    return status;
}

/* Decimal without sign, below 2^31. */
static bool read_number(const char *text, uint32_t *out)
{
    char *end = NULL;

    if (text == NULL) {
        *out = 0;
        return true;
    }
    if (text[0] < '0' || text[0] > '9' || strlen(text) > 10)
        return false;
    unsigned long long value = strtoull(text, &end, 10);
    *out = (uint32_t)value;
    return *end == '\0' && value < UINT32_C(1) << 31;
}

enum iss_status xrml_part_interval(const struct xml_node *node,
                                   struct xrml_interval *out,
                                   struct iss_error *error)
{
    if (node == NULL)
        return ISS_OK;
    out->present = true;
    if (read_number(xml_attribute(node, "days"), &out->days) &&
        read_number(xml_attribute(node, "hours"), &out->hours) &&
        read_number(xml_attribute(node, "minutes"), &out->minutes) &&
        read_number(xml_attribute(node, "seconds"), &out->seconds))
        return ISS_OK;
    return iss_fail(error, ISS_XML,
                    "XrML document: INTERVALTIME: a part is no number");
}

/* PARAMETER with its one VALUE: the text, or NULL where it is another one. */
static const char *parameter(const struct xml_node *node, const char *name,
                             const char *encoding)
{
    const struct xml_node *value =
        node == NULL ? NULL : xml_child(node, "VALUE");

    if (value == NULL || !xrml_same_text(xml_attribute(node, "name"), name) ||
        !xrml_same_text(xml_attribute(value, "encoding"), encoding))
        return NULL;
    return value->text;
}

static enum iss_status read_key(const struct xml_node *node, bool listed,
                                struct xrml_key *out,
                                uint8_t modulus[static XRML_MODULUS_MAX],
                                struct iss_error *error)
{
    char bits[NUMBER_SIZE];

    if (node == NULL)
        return ISS_OK;
    const struct xml_node *first = xml_child(node, "PARAMETER");
    const struct xml_node *second =
        first == NULL ? NULL : xml_next(first, "PARAMETER");
    const char *algorithm = text_of(xml_child(node, "ALGORITHM"));
    const char *exponent = parameter(first, "public-exponent", "integer32");
    if (listed && exponent == NULL)
        exponent = parameter(first, "public exponent", "integer32");
    if (second == NULL || second->next != NULL || algorithm == NULL ||
        (strcmp(algorithm, "RSA") != 0 &&
         (!listed || strncmp(algorithm, "RSA-", 4) != 0)) ||
        !xrml_same_text(exponent, "65537"))
        return iss_fail(error, ISS_XML,
                        "XrML document: PUBLICKEY: not RSA with the exponent "
                        "65537 in the form of MS-RMPR 2.2.9.1.6");
    const char *text = parameter(second, "modulus", "base64");
    size_t len = text == NULL ? SIZE_MAX
                              : xrml_base64_decode(text, strlen(text), modulus,
                                                   XRML_MODULUS_MAX);
    if (len == SIZE_MAX)
        return iss_fail(error, ISS_XML,
                        "XrML document: PUBLICKEY: modulus: not canonical "
                        "base64 of at most %d octets",
                        XRML_MODULUS_MAX);
    for (size_t i = 0; i < len / 2; i++) {
        uint8_t octet = modulus[i];
        modulus[i] = modulus[len - 1 - i];
        modulus[len - 1 - i] = octet;
    }
    (void)snprintf(bits, sizeof(bits), "%zu", len * 8);
    *out = (struct xrml_key){
        .modulus = modulus, .modulus_len = len, .exponent = 65537};
    if (!xrml_same_text(xml_attribute(xml_child(second, "VALUE"), "size"),
                        bits) ||
        (algorithm[3] == '-' && strcmp(algorithm + 4, bits) != 0) ||
        !xrml_key_plausible(out))
        return iss_fail(error, ISS_XML,
                        "XrML document: PUBLICKEY: modulus: not an RSA modulus "
                        "of the size that it says");
    return ISS_OK;
}

enum iss_status xrml_part_key(const struct xml_node *node, struct xrml_key *out,
                              uint8_t modulus[static XRML_MODULUS_MAX],
                              struct iss_error *error)
{
    return read_key(node, false, out, modulus, error);
}

enum iss_status xrml_part_listed_key(const struct xml_node *node,
                                     struct xrml_key *out,
                                     uint8_t modulus[static XRML_MODULUS_MAX],
                                     struct iss_error *error)
{
    return read_key(node, true, out, modulus, error);
}

enum iss_status xrml_part_bits(const struct xml_node *node,
                               struct xrml_bits *out, struct iss_error *error)
{
    if (node == NULL)
        return ISS_OK;
    const struct xml_node *value = xml_child(node, "VALUE");
    out->form = xml_attribute(node, "type");
    out->text = text_of(value);
    if (out->form != NULL && out->text != NULL && out->text[0] != '\0' &&
        xrml_same_text(xml_attribute(value, "encoding"), "base64"))
        return ISS_OK;
    return iss_fail(error, ISS_XML,
                    "XrML document: ENABLINGBITS: no VALUE in base64");
}

/* ---- writing ---------------------------------------------------------------
 */

void xrml_write_element(struct xml_out *out, const char *name, const char *text)
{
    xml_out_raw(out, "<");
    xml_out_raw(out, name);
    xml_out_raw(out, ">");
    xml_out_text(out, text);
    xml_out_raw(out, "</");
    xml_out_raw(out, name);
    xml_out_raw(out, ">");
}

static void write_attribute(struct xml_out *out, const char *name,
                            const char *value)
{
    if (value == NULL)
        return;
    xml_out_raw(out, " ");
    xml_out_raw(out, name);
    xml_out_raw(out, "=\"");
    xml_out_text(out, value);
    xml_out_raw(out, "\"");
}

void xrml_write_object(struct xml_out *out, const struct xrml_object *object)
{
    bool empty = object->id == NULL || object->id[0] == '\0';

    xml_out_raw(out, "<OBJECT");
    write_attribute(out, "type", object->type);
    xml_out_raw(out, "><ID");
    write_attribute(out, "type", object->id_type);
    xml_out_raw(out, empty ? " />" : ">");
    if (!empty) {
        xml_out_text(out, object->id);
        xml_out_raw(out, "</ID>");
    }
    if (object->name != NULL)
        xrml_write_element(out, "NAME", object->name);
    if (object->address != NULL) {
        xml_out_raw(out, "<ADDRESS");
        write_attribute(out, "type",
                        object->address_type == NULL ? url
                                                     : object->address_type);
        xml_out_raw(out, ">");
        xml_out_text(out, object->address);
        xml_out_raw(out, "</ADDRESS>");
    }
    xml_out_raw(out, "</OBJECT>");
}

void xrml_write_key(struct xml_out *out, const struct xrml_key *key)
{
    uint8_t modulus[XRML_MODULUS_MAX];
    char text[XRML_BASE64_SIZE(XRML_MODULUS_MAX)];
    char bits[NUMBER_SIZE];

    if (key->modulus == NULL)
        return;
    for (size_t i = 0; i < key->modulus_len; i++)
        modulus[i] = key->modulus[key->modulus_len - 1 - i];
    (void)xrml_base64_encode(modulus, key->modulus_len, text);
    (void)snprintf(bits, sizeof(bits), "%zu", key->modulus_len * 8);
    xml_out_raw(out, "<PUBLICKEY><ALGORITHM>RSA</ALGORITHM>"
                     "<PARAMETER name=\"public-exponent\">"
                     "<VALUE encoding=\"integer32\">65537</VALUE></PARAMETER>"
                     "<PARAMETER name=\"modulus\">"
                     "<VALUE encoding=\"base64\"");
    write_attribute(out, "size", bits);
    xml_out_raw(out, ">");
    xml_out_raw(out, text);
    xml_out_raw(out, "</VALUE></PARAMETER></PUBLICKEY>");
}

void xrml_write_level(struct xml_out *out, const char *name, const char *value)
{
    if (value == NULL)
        return;
    xml_out_raw(out, "<SECURITYLEVEL");
    write_attribute(out, "name", name);
    write_attribute(out, "value", value);
    xml_out_raw(out, " />");
}

void xrml_write_time(struct xml_out *out, const char *name, int64_t seconds)
{
    char text[XRML_TIME_SIZE];

    if (!xrml_time_print(seconds, text))
        out->failed = true;
    else
        xrml_write_element(out, name, text);
}

void xrml_write_range(struct xml_out *out, const char *name,
                      const struct xrml_range *range)
{
    if (!range->present)
        return;
    xml_out_raw(out, "<");
    xml_out_raw(out, name);
    xml_out_raw(out, ">");
    xrml_write_time(out, "FROM", range->from);
    xrml_write_time(out, "UNTIL", range->until);
    xml_out_raw(out, "</");
    xml_out_raw(out, name);
    xml_out_raw(out, ">");
}

void xrml_write_interval(struct xml_out *out,
                         const struct xrml_interval *interval)
{
    const struct {
        const char *name;
        uint32_t value;
    } parts[] = {{"days", interval->days},
                 {"hours", interval->hours},
                 {"minutes", interval->minutes},
                 {"seconds", interval->seconds}};

    if (!interval->present)
        return;
    xml_out_raw(out, "<INTERVALTIME");
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        char text[NUMBER_SIZE];

        (void)snprintf(text, sizeof(text), "%u", parts[i].value);
        if (parts[i].value != 0)
            write_attribute(out, parts[i].name, text);
    }
    xml_out_raw(out, " />");
}

void xrml_write_bits(struct xml_out *out, const struct xrml_bits *bits)
{
    char size[NUMBER_SIZE];

    if (bits->form == NULL)
        return;
    size_t len = strlen(bits->text);
    size_t pad = 0;
    while (pad < len && bits->text[len - 1 - pad] == '=')
        pad++;
    (void)snprintf(size, sizeof(size), "%zu", (len / 4 * 3 - pad) * 8);
    xml_out_raw(out, "<ENABLINGBITS");
    write_attribute(out, "type", bits->form);
    xml_out_raw(out, "><VALUE encoding=\"base64\"");
    write_attribute(out, "size", size);
    xml_out_raw(out, ">");
    xml_out_text(out, bits->text);
    xml_out_raw(out, "</VALUE></ENABLINGBITS>");
}

void xrml_write_point(struct xml_out *out, const struct xrml_point *point)
{
    xml_out_raw(out, "<DISTRIBUTIONPOINT>");
    xrml_write_object(out, &point->object);
    xrml_write_key(out, &point->key);
    xml_out_raw(out, "</DISTRIBUTIONPOINT>");
}

void xrml_write_refresh(struct xml_out *out, const struct xrml_refresh *refresh)
{
    if (refresh->count == 0)
        return;
    xml_out_raw(out, "<CONDITIONLIST><REFRESH>");
    for (size_t i = 0; i < refresh->count; i++)
        xrml_write_point(out, &refresh->points[i]);
    xrml_write_interval(out, &refresh->interval);
    xml_out_raw(out, "</REFRESH></CONDITIONLIST>");
}
