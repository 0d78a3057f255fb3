/* SPDX-License-Identifier: Apache-2.0 */
/* Who may revoke a content, as options say it: --revokers, --refresh,
 * --list-url. */
#ifndef PRIVYSEAL_TOOL_REVOKERS_H
#define PRIVYSEAL_TOOL_REVOKERS_H

#include "issuer/xrml_license.h"
#include "option.h"

/* The keys of the file that --revokers names: PEM public keys, or the first
 * certificate of a file of XrML documents. --refresh says how old a list of
 * each may be, --list-url where they are to be had. None given: count 0.
 * *owner returns new, what refresh borrows from beside options;
 * xrml_anchors_free. ISS_USAGE. */
ISS_CHECKED enum iss_status
tool_revokers_read(const struct tool_options *options,
                   struct xrml_anchors **owner, struct xrml_refresh *refresh,
                   struct iss_error *error);

#endif
