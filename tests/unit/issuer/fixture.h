/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of documents share: sample files, chains and anchors. */
#ifndef PRIVYSEAL_TEST_FIXTURE_H
#define PRIVYSEAL_TEST_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>

#include "issuer/xrml.h"

/* A file under the sample folder; free(). NULL where the folder is absent,
 * which the caller has asked before by unit_samples(). */
char *fixture_sample(const char *name, size_t *len);

/* Appends sample files, named by a list with blanks between. */
bool fixture_chain(struct xrml_chain *chain, const char *names);

/* PEM anchor of a document's ISSUER key, made by libcrypto from the text of the
 * document alone; free(). */
char *fixture_issuer_pem(const char *document);

/* Anchors of one sample's ISSUER key. */
struct xrml_anchors *fixture_anchor(const char *name);

/* Verifies with these settings; text of the error in *text if not NULL. */
enum iss_status fixture_verify(const struct xrml_chain *chain,
                               const struct xrml_anchors *anchors, bool legacy,
                               struct xrml_report *report, char text[512]);

/* A self-made document with known digest: mode 1, no private key exists. */
extern const char fixture_known_answer[];

#endif
