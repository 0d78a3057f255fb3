/* SPDX-License-Identifier: Apache-2.0 */
/* Forms of words in an access list; docs/formats/acl.md. Internal. */
#ifndef PRIVYSEAL_ACL_FORMS_H
#define PRIVYSEAL_ACL_FORMS_H

#include "acl_list.h"

/* Whether the slice is the word. */
bool iss_acl_is(struct iss_acl_text text, const char *word);
/* Moves behind the prefix where the slice begins with it. */
bool iss_acl_strip(struct iss_acl_text *text, const char *prefix);
/* The part before the first c; *rest gets what follows it. */
struct iss_acl_text iss_acl_before(struct iss_acl_text text, char c,
                                   struct iss_acl_text *rest, bool *found);

/* Decimal without leading zeros, below 2^31. */
bool iss_acl_number(struct iss_acl_text text, uint32_t *number);
/* A number and min, h, d or y. */
bool iss_acl_span(struct iss_acl_text text, struct iss_acl_span *span);
/* YYYY-MM-DDThh:mm:ssZ. */
bool iss_acl_time(struct iss_acl_text text, int64_t *out);
bool iss_acl_is_name(struct iss_acl_text text);
bool iss_acl_is_cidr(struct iss_acl_text text);
/* These give the slice itself, a quoted text without its quotes. */
bool iss_acl_hex(struct iss_acl_text text, struct iss_acl_text *out);
bool iss_acl_id(struct iss_acl_text text, struct iss_acl_text *out);
bool iss_acl_quoted(struct iss_acl_text text, struct iss_acl_text *out);

#endif
