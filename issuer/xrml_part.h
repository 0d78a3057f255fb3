/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parts that documents of every kind have: objects, keys, times, points,
 * conditions; from the tree and to text in server surface form. Internal to
 * xrml.
 */
#ifndef PRIVYSEAL_XRML_PART_H
#define PRIVYSEAL_XRML_PART_H

#include "xml.h"
#include "xrml_license.h"

/* ---- reading: a node that is NULL leaves *out as it is; ISS_XML ------------
 */

void xrml_part_object(const struct xml_node *node, struct xrml_object *out);
ISS_CHECKED enum iss_status xrml_part_time(const struct xml_node *node,
                                           int64_t *out,
                                           struct iss_error *error);
/* VALIDITYTIME or RANGETIME. */
ISS_CHECKED enum iss_status xrml_part_range(const struct xml_node *node,
                                            struct xrml_range *out,
                                            struct iss_error *error);
/* INTERVALTIME. */
ISS_CHECKED enum iss_status xrml_part_interval(const struct xml_node *node,
                                               struct xrml_interval *out,
                                               struct iss_error *error);
/* PUBLICKEY, MS-RMPR 2.2.9.1.6; the modulus lies in the given room. */
ISS_CHECKED enum iss_status
xrml_part_key(const struct xml_node *node, struct xrml_key *out,
              uint8_t modulus[static XRML_MODULUS_MAX],
              struct iss_error *error);
/* The same in a revocation list, whose published examples spell two words
 * otherwise: ALGORITHM RSA-1024, PARAMETER "public exponent". */
ISS_CHECKED enum iss_status
xrml_part_listed_key(const struct xml_node *node, struct xrml_key *out,
                     uint8_t modulus[static XRML_MODULUS_MAX],
                     struct iss_error *error);
/* ENABLINGBITS. */
ISS_CHECKED enum iss_status xrml_part_bits(const struct xml_node *node,
                                           struct xrml_bits *out,
                                           struct iss_error *error);

/* ---- writing ---------------------------------------------------------------
 */

/* <NAME>text</NAME> */
void xrml_write_element(struct xml_out *out, const char *name,
                        const char *text);
/* Parts that are NULL are left out. ID is there always. */
void xrml_write_object(struct xml_out *out, const struct xrml_object *object);
void xrml_write_key(struct xml_out *out, const struct xrml_key *key);
/* value NULL: nothing. */
void xrml_write_level(struct xml_out *out, const char *name, const char *value);
void xrml_write_time(struct xml_out *out, const char *name, int64_t seconds);
/* <name><FROM/><UNTIL/></name>; nothing where it is not present. */
void xrml_write_range(struct xml_out *out, const char *name,
                      const struct xrml_range *range);
/* Parts of zero are left out. */
void xrml_write_interval(struct xml_out *out,
                         const struct xrml_interval *interval);
void xrml_write_bits(struct xml_out *out, const struct xrml_bits *bits);
void xrml_write_point(struct xml_out *out, const struct xrml_point *point);
/* CONDITIONLIST with REFRESH; nothing where it is not present. */
void xrml_write_refresh(struct xml_out *out,
                        const struct xrml_refresh *refresh);

/* Equal as documents go: minutes, GUIDs in any form. */
bool xrml_same_text(const char *a, const char *b);
bool xrml_same_range(const struct xrml_range *a, const struct xrml_range *b);
int64_t xrml_to_minute(int64_t seconds);

#endif
