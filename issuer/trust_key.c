/* SPDX-License-Identifier: Apache-2.0 */
/* The key of a publishing domain: see trust_key.h. */
#include "trust_key.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <string.h>

#include "key.h"
#include "member.h"

enum { USES_SIZE = 64 };

static enum iss_status check_same(EVP_PKEY *key, const char *uri,
                                  const uint8_t hash[static ISS_HASH_SIZE],
                                  struct iss_error *error)
{
    struct enroll_key numbers;
    uint8_t got[ISS_HASH_SIZE];
    enum iss_status status = iss_key_public(key, &numbers, error);

    if (status == ISS_OK)
        status = iss_key_hash(&numbers, got, error);
    if (status == ISS_OK && memcmp(got, hash, sizeof(got)) != 0)
        status = iss_fail(error, ISS_CONFLICT,
                          "%s: not the key that the certificate names", uri);
    return status;
}

/* What the key's provider says of it; one that does not tell is asked below by
 * what the key does. */
static enum iss_status check_uses(EVP_PKEY *key, const char *uri,
                                  struct iss_error *error)
{
    char uses[USES_SIZE] = "";
    size_t len = 0;
    bool told = EVP_PKEY_get_utf8_string_param(key, "privyseal_uses", uses,
                                               sizeof(uses), &len) == 1 &&
                uses[0] != '\0';

    ERR_clear_error();
    if (told && strstr(uses, "sign") != NULL)
        return iss_fail(error, ISS_REFUSED,
                        "%s: the key can sign (CKA_SIGN is true): a key of "
                        "another server may open content, and never sign",
                        uri);
    if (told && strstr(uses, "decrypt") == NULL)
        return iss_fail(error, ISS_REFUSED,
                        "%s: the key cannot open content (CKA_DECRYPT is "
                        "false)",
                        uri);
    return ISS_OK;
}

/* A text of no meaning to anybody, as init tests a key of its own with. */
static enum iss_status check_silent(const struct iss_env *env, EVP_PKEY *key,
                                    const char *uri, struct iss_error *error)
{
    static const uint8_t text[] = "privyseal: this key must not sign\n";
    uint8_t sig[XRML_MODULUS_MAX];
    size_t len = 0;

    if (iss_key_sign(env, key, text, sizeof(text) - 1, sig, &len, NULL) !=
        ISS_OK)
        return ISS_OK;
    return iss_fail(error, ISS_REFUSED,
                    "%s: the key signs: a key of another server may open "
                    "content, and never sign",
                    uri);
}

enum iss_status iss_trust_key_check(struct iss *iss, const char *uri,
                                    const uint8_t hash[static ISS_HASH_SIZE],
                                    struct iss_error *error)
{
    char own[ISS_URI_MAX];
    EVP_PKEY *key = NULL;
    struct iss_error cause = {.status = ISS_OK};
    enum iss_status status = iss_member_uri(iss, uri, own, error);

    if (status == ISS_OK)
        status = iss_key_open(&iss->env, own, &key, error);
    if (status == ISS_OK)
        status = check_same(key, own, hash, error);
    if (status == ISS_OK)
        status = check_uses(key, own, error);
    if (status == ISS_OK)
        status = check_silent(&iss->env, key, own, error);
    /* last: that it refused to sign was not because the token was gone */
    if (status == ISS_OK && iss_key_unseals(&iss->env, key, &cause) != ISS_OK)
        status = iss_fail(error, cause.status, "%s: it opens nothing: %s", own,
                          cause.text);
    EVP_PKEY_free(key);
    return status;
}
