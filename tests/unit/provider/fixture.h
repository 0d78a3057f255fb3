/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The provider in a library context of its own, over the built-in token of the
 * fault module (label "fault", PIN "1234"). One for each test program.
 */
#ifndef PRIVYSEAL_TEST_FIXTURE_H
#define PRIVYSEAL_TEST_FIXTURE_H

#include <openssl/evp.h>
#include <openssl/types.h>
#include <stddef.h>
#include <stdint.h>

#define FIXTURE_KEY    "pkcs11:token=fault;object=k;type=private?pin-value=1234"
#define FIXTURE_PUBLIC "pkcs11:token=fault;object=k;type=public"

/* Makes the context (with default, ours first) and an RSA-2048 key "k" at the
 * first call; resets counters and rules of the module at each. Borrowed. */
OSSL_LIB_CTX *fixture(void);

/* Another context, configured by lines of the provider's section; alone: with
 * no other provider. Free with OSSL_LIB_CTX_free. */
OSSL_LIB_CTX *fixture_context(const char *lines, int alone);

/* What the module does from now on. */
void fixture_rule(const char *rule);
void fixture_set(const char *settings);
void fixture_stale(void);
unsigned long fixture_count(const char *function);
unsigned long fixture_violations(void);
void fixture_reset(void);

/* A key by URI; NULL where it does not load. */
EVP_PKEY *fixture_load(OSSL_LIB_CTX *libctx, const char *uri);

/* Generates an RSA key in the token; params end with OSSL_PARAM_END. */
EVP_PKEY *fixture_generate(OSSL_LIB_CTX *libctx, const OSSL_PARAM *params);

/* EVP_DigestSign of a message with an optional padding. Returns its result. */
int fixture_sign(OSSL_LIB_CTX *libctx, EVP_PKEY *pkey, int pad,
                 const char *digest, const char *message, uint8_t *sig,
                 size_t *sig_len);

/* A key of the same public numbers that only the default provider knows. */
EVP_PKEY *fixture_software(EVP_PKEY *pkey);

/* EVP_DigestVerify with it. */
int fixture_verify(EVP_PKEY *software, int pad, const char *digest,
                   const char *message, const uint8_t *sig, size_t sig_len);

/* Entries on the thread's error stack, which is emptied, without libcrypto's
 * remark that a provider failed; reason of the last one, if reason is not NULL.
 */
int fixture_errors(int *reason);

#endif
