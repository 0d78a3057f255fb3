/* SPDX-License-Identifier: Apache-2.0 */
/* How documents get into a chain; shared with the responses. Internal to xrml.
 */
#ifndef PRIVYSEAL_XRML_CHAIN_H
#define PRIVYSEAL_XRML_CHAIN_H

#include "xrml.h"

/* Appends the one document that text is (consumed NULL), or the one at its
 * beginning. flags as xrml_chain_append. Failure: ISS_XML, chain unchanged. */
ISS_CHECKED enum iss_status xrml_chain_add(struct xrml_chain *chain,
                                           const char *text, size_t len,
                                           unsigned flags, size_t *consumed,
                                           struct iss_error *error);

/* Appends all documents of text, UTF-8, leaf first, white space between. */
ISS_CHECKED enum iss_status xrml_chain_add_all(struct xrml_chain *chain,
                                               const char *text, size_t len,
                                               unsigned flags,
                                               struct iss_error *error);

/* Appends the documents of a file in any of the forms that are read. failure:
 * the status of what is wrong with the file; a document's own is ISS_XML. */
ISS_CHECKED enum iss_status xrml_chain_add_file(struct xrml_chain *chain,
                                                const char *file, size_t len,
                                                unsigned flags,
                                                enum iss_status failure,
                                                struct iss_error *error);

/* Frees the documents from count on. */
void xrml_chain_cut(struct xrml_chain *chain, size_t count);

#endif
