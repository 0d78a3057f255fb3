/* SPDX-License-Identifier: Apache-2.0 */
/* Mail addresses: who a person is to others. Pure, like xrml.h. */
#ifndef PRIVYSEAL_MAIL_H
#define PRIVYSEAL_MAIL_H

#include <stdbool.h>

enum { ISS_MAIL_MAX = 254 /* RFC 5321 4.5.3.1.3 */ };

/* Whether text can be a mail address: one "@" between two parts that are not
 * empty, no blanks, no control characters, ISS_MAIL_MAX octets at most. */
bool iss_mail_good(const char *text);

#endif
