/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libprivyseal: XrML 1.2 documents read and verified, licenses issued by a
 * store, content opened with them. privyseal(3) has examples.
 *
 * Every handle is opaque. A function that can fail returns a status: 0, or the
 * exit code that the command privyseal has for the same outcome; what went
 * wrong is then privyseal_message of the context that was handed in. Texts are
 * UTF-8, NUL-terminated. Times are seconds since 1970, UTC.
 *
 * Ownership: what a function gives by a pointer to a pointer is the caller's,
 * by the matching _free; those take NULL. What is returned as const is borrowed
 * from the handle and lives as long.
 *
 * Threads: a context, and the stores and orders made with it, belong to one
 * thread at a time. A chain, a verifier that is no longer changed, a verdict
 * and a license may be read by many at once.
 *
 * The library prints nothing, reads no environment, asks nobody and does not
 * end the process.
 */
#ifndef PRIVYSEAL_H
#define PRIVYSEAL_H

#include <openssl/types.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define PRIVYSEAL_API __attribute__((visibility("default")))
#define PRIVYSEAL_CHECKED \
    __attribute__((visibility("default"), warn_unused_result))
#else
#define PRIVYSEAL_API
#define PRIVYSEAL_CHECKED
#endif

/* ---- context ------------------------------------------------------------- */

typedef struct privyseal privyseal;

/* libctx: where algorithms and the keys of stores are reached, as an
 * openssl.cnf with the provider privyseal makes it; NULL: the default one.
 * Borrowed. NULL: out of memory. */
PRIVYSEAL_API privyseal *privyseal_new(OSSL_LIB_CTX *libctx);
PRIVYSEAL_API void privyseal_free(privyseal *context);

/* Who is asked for PINs when a store's key is opened, where the provider's
 * configuration has no source for them; NULL: nobody. Both borrowed. */
PRIVYSEAL_API void privyseal_set_ui(privyseal *context, const UI_METHOD *method,
                                    void *data);
/* The names that records of a store's journal get; NULL: as they were, at first
 * "localhost" and "". Copied. */
PRIVYSEAL_CHECKED int privyseal_set_names(privyseal *context, const char *host,
                                          const char *user);
/* Another clock than the system's; NULL: that again. arg is borrowed. */
PRIVYSEAL_API void privyseal_set_clock(privyseal *context,
                                       int64_t (*now)(void *arg), void *arg);

/* What the last call that failed had to say: one line that names the object and
 * the cause; "" before. Valid until the next call with this context. */
PRIVYSEAL_API const char *privyseal_message(const privyseal *context);
/* "test 2 failed: signature"; "" for no status. Static. */
PRIVYSEAL_API const char *privyseal_status_text(int status);
/* "1.0.0". Static. */
PRIVYSEAL_API const char *privyseal_version(void);

/* ---- documents ----------------------------------------------------------- */

/* One or more documents, the leaf first. */
typedef struct privyseal_chain privyseal_chain;

/* Documents one after the other, or an enrollment response; UTF-8, or UTF-16 by
 * its mark or declaration. At most 1 MiB and 16 documents. Nothing is verified.
 * 20: no such text. */
PRIVYSEAL_CHECKED int privyseal_chain_read(privyseal *context, const char *text,
                                           size_t len, privyseal_chain **out);
PRIVYSEAL_API void privyseal_chain_free(privyseal_chain *chain);
PRIVYSEAL_API size_t privyseal_chain_count(const privyseal_chain *chain);
/* A document as it was received, from <XrML to </XrML>; NULL: no such one. */
PRIVYSEAL_API const char *privyseal_chain_text(const privyseal_chain *chain,
                                               size_t document, size_t *len);
/* What a document says, by name; NULL: it does not say that, or there is no
 * such name. At least: "type" ("use license", ...), "guid", "issued",
 * "from", "until", "issuer", "issuer-id", "issuer-key", "name", "id", "url",
 * "key" (SHA-256 of the key that it certifies, hex), "hash" (of BODY, hex),
 * "content" (GUID of the WORK), "owner". Times as "YYYY-MM-DDThh:mmZ". */
PRIVYSEAL_API const char *privyseal_chain_field(const privyseal_chain *chain,
                                                size_t document,
                                                const char *name);
/* Rights of a use license, template or rights data: how many, and each one's
 * name and user (mail, or "" where it is the license's own). */
PRIVYSEAL_API size_t privyseal_chain_rights(const privyseal_chain *chain,
                                            size_t document);
PRIVYSEAL_API const char *privyseal_chain_right(const privyseal_chain *chain,
                                                size_t document, size_t n,
                                                const char **user);

/* ---- verifying ----------------------------------------------------------- */

/* Whom to trust and how to judge. */
typedef struct privyseal_verifier privyseal_verifier;

/* anchors: PEM public keys, "# NAME" before each, as `privyseal trust export`
 * and a store's anchors.pem have them. 2: none, or no key. */
PRIVYSEAL_CHECKED int privyseal_verifier_new(privyseal *context,
                                             const char *anchors, size_t len,
                                             privyseal_verifier **out);
PRIVYSEAL_API void privyseal_verifier_free(privyseal_verifier *verifier);
/* A revocation list, signed. 20 to 22: it is none. */
PRIVYSEAL_CHECKED int privyseal_verifier_add_list(privyseal *context,
                                                  privyseal_verifier *verifier,
                                                  const char *text, size_t len);
/* SHA-1 and keys under 2048 bits are accepted. */
PRIVYSEAL_API void privyseal_verifier_set_legacy(privyseal_verifier *verifier,
                                                 int legacy);
/* The leaf's own dates must hold at this time too; without it each document is
 * judged at the time it was issued. */
PRIVYSEAL_API void privyseal_verifier_set_time(privyseal_verifier *verifier,
                                               int64_t at);

enum {
    PRIVYSEAL_TESTS = 6, /* XML, signature, semantics, conditions, revocation,
                            issuer's key: numbered from 1 */
    PRIVYSEAL_NOT_RUN = 0,
    PRIVYSEAL_PASSED = 1,
    PRIVYSEAL_FAILED = 2
};
typedef struct privyseal_verdict privyseal_verdict;

/* The six tests over a chain up to an anchor. 0: all passed; 20 to 25: the
 * first that failed, leaf first. *verdict, where verdict is not NULL, is given
 * in either case. */
PRIVYSEAL_CHECKED int privyseal_verify(privyseal *context,
                                       const privyseal_verifier *verifier,
                                       const privyseal_chain *chain,
                                       privyseal_verdict **verdict);
PRIVYSEAL_API void privyseal_verdict_free(privyseal_verdict *verdict);
/* PRIVYSEAL_PASSED, ...; *reason, where reason is not NULL: why, or "". */
PRIVYSEAL_API int privyseal_verdict_test(const privyseal_verdict *verdict,
                                         size_t document, unsigned test,
                                         const char **reason);
/* When a document's own range ended, 0: it has not. */
PRIVYSEAL_API int64_t privyseal_verdict_ended(const privyseal_verdict *verdict,
                                              size_t document);

/* ---- orders -------------------------------------------------------------- */

/* A license that is asked for. */
typedef struct privyseal_order privyseal_order;

/* kind: "rac", "clc", "pl", "ul" or "template". 2: no such kind. */
PRIVYSEAL_CHECKED int privyseal_order_new(privyseal *context, const char *kind,
                                          privyseal_order **out);
PRIVYSEAL_API void privyseal_order_free(privyseal_order *order);
/* Texts by name, copied: "user" (mail), "user-id", "user-id-type", "machine",
 * "rac", "pl" and "template" (chains as files), "owner" (mail), "text" (name
 * and description, as LCID 1033:NAME x:DESCRIPTION y;), "content" (GUID),
 * "referral". 2: no such name. */
PRIVYSEAL_CHECKED int privyseal_order_set(privyseal *context,
                                          privyseal_order *order,
                                          const char *name, const char *value);
/* Octets by name, copied: "nonce" (16), "content-key" (16 or 32). */
PRIVYSEAL_CHECKED int privyseal_order_set_octets(privyseal *context,
                                                 privyseal_order *order,
                                                 const char *name,
                                                 const void *data, size_t len);
/* Numbers by name: "until", "temporary" (0 or 1). */
PRIVYSEAL_CHECKED int privyseal_order_set_number(privyseal *context,
                                                 privyseal_order *order,
                                                 const char *name,
                                                 int64_t value);
/* A right, for a mail address or NULL: whoever has an account; until 0: as long
 * as the license. */
PRIVYSEAL_CHECKED int privyseal_order_grant(privyseal *context,
                                            privyseal_order *order,
                                            const char *right, const char *user,
                                            int64_t until);

/* ---- stores -------------------------------------------------------------- */

typedef struct privyseal_store privyseal_store;
typedef struct privyseal_license privyseal_license;

enum { PRIVYSEAL_READ_ONLY = 1 };

/* A store's folder, made by `privyseal init`. */
PRIVYSEAL_CHECKED int privyseal_store_open(privyseal *context, const char *dir,
                                           unsigned flags,
                                           privyseal_store **out);
/* Ends with a checkpoint where something was issued; the handle is gone even
 * where that fails. */
PRIVYSEAL_API int privyseal_store_close(privyseal_store *store);
/* By name: "name", "url", "guid", "role", "state", "key" (its URI), "until" (of
 * the SLC). NULL: no such name. Valid until the next call with this store. */
PRIVYSEAL_API const char *privyseal_store_field(privyseal_store *store,
                                                const char *name);
/* The store's certificates, its own first. */
PRIVYSEAL_CHECKED int privyseal_store_chain(privyseal_store *store,
                                            privyseal_chain **out);
/* A verifier with the store's anchors. */
PRIVYSEAL_CHECKED int privyseal_store_verifier(privyseal_store *store,
                                               privyseal_verifier **out);

/* Issues what is asked for: recorded in the journal, signed in the token,
 * verified, recorded, given. The same order with the same nonce gives the same
 * license. */
PRIVYSEAL_CHECKED int privyseal_issue(privyseal_store *store,
                                      const privyseal_order *order,
                                      privyseal_license **out);
PRIVYSEAL_API void privyseal_license_free(privyseal_license *license);
/* The document with those above it, as a file. */
PRIVYSEAL_API const char *
privyseal_license_text(const privyseal_license *license, size_t *len);
/* The same, read. */
PRIVYSEAL_API const privyseal_chain *
privyseal_license_chain(const privyseal_license *license);
/* The record of the journal that holds its signature; *again, where again is
 * not NULL: whether it was issued before. */
PRIVYSEAL_API uint64_t
privyseal_license_record(const privyseal_license *license, int *again);

/* ---- the user's side ------------------------------------------------------
 */

/* The private key that a RAC holds for a machine's key, or a CLC for a RAC's
 * key. *out is freed by EVP_PKEY_free. 3: it is not for this key. */
PRIVYSEAL_CHECKED int privyseal_open_key(privyseal *context,
                                         const privyseal_chain *holder,
                                         EVP_PKEY *with, EVP_PKEY **out);
/* Publishes content offline: a PL signed with a CLC's key, by an order of kind
 * "pl" with "content-key". *out: a chain as a file, by privyseal_text_free. */
PRIVYSEAL_CHECKED int
privyseal_publish(privyseal *context, const privyseal_chain *clc, EVP_PKEY *key,
                  const privyseal_order *order, char **out, size_t *len);
PRIVYSEAL_API void privyseal_text_free(char *text);
/* The content key, 16 or 32 octets, where a UL grants the right now to the
 * holder of the RAC. 3: it does not, or the licenses are not for each other;
 * 20 to 25: a test failed. The caller wipes key. */
PRIVYSEAL_CHECKED int
privyseal_open_content(privyseal *context, const privyseal_verifier *verifier,
                       const privyseal_chain *ul, const privyseal_chain *pl,
                       const privyseal_chain *rac, EVP_PKEY *rac_key,
                       const char *right, uint8_t key[32], size_t *key_len);

#ifdef __cplusplus
}
#endif

#endif
