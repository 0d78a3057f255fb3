/* SPDX-License-Identifier: Apache-2.0 */
/* Who may do what, as options say it: --for, --rights, --grant. */
#ifndef PRIVYSEAL_TOOL_GRANTS_H
#define PRIVYSEAL_TOOL_GRANTS_H

#include "issuer/license.h"
#include "option.h"
#include "output.h"

/* Every right of --rights to each of --for, then each --grant
 * MAIL:RIGHT[,RIGHT][:TIME or DURATION]; "anyone" stands for whoever has an
 * account. A time is when the right ends, a duration (min, h, d) how long it
 * lasts from the first use. None given: none. *words returns new, what the
 * grants borrow from; free(). ISS_USAGE. */
ISS_CHECKED enum iss_status
tool_grants_read(const struct tool_options *options, char **words,
                 struct iss_grant grants[static ISS_GRANTS_MAX], size_t *count,
                 struct iss_error *error);

/* Says of each right that is none of those which programs know that it is one
 * of one's own: it might be a slip of the pen. */
void tool_grants_note(struct tool_out *out, const struct iss_grant *grants,
                      size_t count);

/* "7d", "12h", "90min". False: no duration. */
bool tool_interval_parse(const char *text, struct xrml_interval *out);

#endif
