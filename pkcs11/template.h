/* SPDX-License-Identifier: Apache-2.0 */
/* Templates of key pairs by purpose, and what must be read back. */
#ifndef PRIVYSEAL_P11_TEMPLATE_H
#define PRIVYSEAL_P11_TEMPLATE_H

#include "attr.h"

/* How much of what a key should have is asked for. */
enum p11_wish { P11_WISH_ALL, P11_WISH_PLAIN, P11_WISH_NONE, P11_WISHES };

struct p11_names { /* of a new key; borrowed */
    const uint8_t *id;
    size_t id_len;
    const char *label;
};

/* Whether keys of this type can be used as asked, and dates are such. */
bool p11_template_can(const struct p11_keygen *keygen);

/* Whether there is more than must be, which tokens may dislike: a general key
 * whose use was stated shall not unwrap either. */
bool p11_template_narrows(const struct p11_keygen *keygen);

void p11_template_private(struct p11_template *t,
                          const struct p11_keygen *keygen,
                          const struct p11_names *names, enum p11_wish wish);
void p11_template_public(struct p11_template *t,
                         const struct p11_keygen *keygen,
                         const struct p11_names *names);

/* What to read of a new private key. */
const struct p11_attr_row *p11_template_read_rows(size_t *count);

/* Judges what was read. NULL where the key is all that it must be, else the
 * name of the first attribute that is not. Fills birth, its list of what was
 * refused included. */
const char *p11_template_judge(const struct p11_keygen *keygen,
                               const struct p11_attrs *attrs,
                               struct p11_birth *birth);

#endif
