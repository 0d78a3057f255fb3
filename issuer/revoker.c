/* SPDX-License-Identifier: Apache-2.0 */
/* A third party's revocation list: see revoke_set.h. */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "key.h"
#include "profile.h"
#include "revoke_set.h"

enum { MINUTE = 60, LEAST_OCTETS = 256 };

/* Opens the key of a revoker, with its numbers. */
static enum iss_status open_key(const struct iss_env *env,
                                const struct iss_revoker *revoker,
                                EVP_PKEY **key, struct enroll_key *numbers,
                                struct iss_error *error)
{
    enum iss_status status = iss_key_open(env, revoker->uri, key, error);

    if (status == ISS_OK)
        status = iss_key_public(*key, numbers, error);
    if (status == ISS_OK && numbers->modulus_len < LEAST_OCTETS)
        status = iss_fail(error, ISS_REFUSED,
                          "%s: a key under 2048 bits: its lists count nowhere",
                          revoker->uri);
    return status;
}

enum iss_status iss_revoker_hash(const struct iss_env *env,
                                 const struct iss_revoker *revoker,
                                 uint8_t hash[static ISS_HASH_SIZE],
                                 struct iss_error *error)
{
    struct enroll_key numbers;
    EVP_PKEY *key = NULL;
    enum iss_status status = open_key(env, revoker, &key, &numbers, error);

    if (status == ISS_OK)
        status = iss_key_hash(&numbers, hash, error);
    EVP_PKEY_free(key);
    return status;
}

/* MS-RMPR 2.2.9.7.9: an external authority is named by its key; the rest of
 * its OBJECT is for people. */
static enum iss_status build(const struct iss_revoker *revoker,
                             const struct enroll_key *numbers,
                             const struct iss_revoke_set *set, char **body,
                             struct iss_error *error)
{
    char guid[XRML_GUID_SIZE];
    size_t count = iss_revoke_count(set);
    /* the documents take entries that may be written to */
    struct xrml_revoke *revoked = calloc(count + 1, sizeof(*revoked));
    enum iss_status status =
        revoked == NULL ? iss_fail(error, ISS_INTERNAL, "out of memory")
                        : iss_guid_new(guid, error);

    for (size_t i = 0; i < count && status == ISS_OK; i++)
        revoked[i] = *iss_revoke_at(set, i);
    const struct xrml_license list = {
        .type = XRML_REVOCATION_LIST,
        .guid = guid,
        .issued = revoker->now - revoker->now % MINUTE,
        .issuer = {.object = {.type = "Revocation-List",
                              .id_type = "ascii-tag",
                              .id = "External revocation authority",
                              .name = revoker->name,
                              .address = revoker->address},
                   .key = iss_key_view(numbers)},
        .revoked = revoked,
        .revoked_count = count};
    if (status == ISS_OK)
        status = xrml_license_build(&list, body, error);
    free(revoked);
    return status;
}

static enum iss_status sign(const struct iss_env *env,
                            const struct iss_revoker *revoker, EVP_PKEY *key,
                            const struct enroll_key *numbers, const char *body,
                            char **out, struct iss_error *error)
{
    const struct xrml_key view = iss_key_view(numbers);
    uint8_t sig[XRML_MODULUS_MAX];
    size_t sig_len = 0;
    uint8_t *octets = NULL;
    size_t len = 0;
    struct iss_error cause = {.status = ISS_OK};
    enum iss_status status =
        xrml_utf16le(body, strlen(body), &octets, &len, &cause);

    if (status == ISS_OK)
        status = iss_key_sign(env, key, octets, len, sig, &sig_len, &cause);
    if (status == ISS_OK && xrml_check(env->libctx, &view, body, strlen(body),
                                       sig, sig_len, &cause) != ISS_OK)
        status = iss_fail(&cause, ISS_TOKEN,
                          "the token gave a signature that does not verify");
    if (status == ISS_OK)
        status = xrml_assemble(body, strlen(body), sig, sig_len, out, &cause);
    free(octets);
    return status == ISS_OK
               ? ISS_OK
               : iss_fail(error, status, "%s: %s", revoker->uri, cause.text);
}

enum iss_status iss_revoker_sign(const struct iss_env *env,
                                 const struct iss_revoker *revoker,
                                 const struct iss_revoke_set *set, char **out,
                                 size_t *len, struct iss_error *error)
{
    struct enroll_key numbers;
    EVP_PKEY *key = NULL;
    char *body = NULL;
    enum iss_status status = open_key(env, revoker, &key, &numbers, error);

    *out = NULL;
    *len = 0;
    if (status == ISS_OK)
        status = build(revoker, &numbers, set, &body, error);
    if (status == ISS_OK)
        status = sign(env, revoker, key, &numbers, body, out, error);
    if (status == ISS_OK)
        *len = strlen(*out);
    free(body);
    EVP_PKEY_free(key);
    return status;
}
