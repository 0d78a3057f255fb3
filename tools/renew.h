/* SPDX-License-Identifier: Apache-2.0 */
/* The part of renew that nobody watches. */
#ifndef PRIVYSEAL_TOOL_RENEW_H
#define PRIVYSEAL_TOOL_RENEW_H

#include "store.h"

enum { TOOL_WINDOW = 60 /* days before the end, --days */ };

/* privyseal renew --unattended DIR: journals the event that stands, takes the
 * answer that lies in DIR, else puts a request there where it is time. Returns
 * how the certificate stands afterwards, as privyseal status does, or what went
 * wrong. */
ISS_CHECKED enum iss_status tool_renew_unattended(struct tool *tool,
                                                  struct tool_store *store);

/* Whether a certificate that ends at until is to be renewed at now. */
bool tool_renew_due(int64_t until, int64_t now, unsigned long days);

#endif
