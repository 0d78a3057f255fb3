/* SPDX-License-Identifier: Apache-2.0 */
/* Responses as a form of chain: what xrml_chain.c needs. Internal to xrml. */
#ifndef PRIVYSEAL_ENROLL_RESPONSE_H
#define PRIVYSEAL_ENROLL_RESPONSE_H

#include "xrml.h"

/* Appends the documents of a response: UTF-8, from its root's '<'. Failure of
 * the response's form: failure, of a document: ISS_XML; chain then longer. */
ISS_CHECKED enum iss_status enroll_response_add(struct xrml_chain *chain,
                                                const char *text, size_t len,
                                                unsigned flags,
                                                enum iss_status failure,
                                                struct iss_error *error);

#endif
