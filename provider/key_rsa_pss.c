/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The RSA-PSS key type: RSA keys whose CKA_ALLOWED_MECHANISMS name PSS only.
 * Where one digest's mechanism is all that is named, the key is bound to it: in
 * the words of RFC 4055 this digest, MGF1 with the same, and a salt of its
 * length at least, which is what tokens demand.
 */
#include "rsa_ops.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>
#include <string.h>

#include "error.h"
#include "generate.h"
#include "key.h"
#include "prov.h"

enum { SALT_DEFAULT = 20 }; /* RFC 4055, 3.1 */

/* ---- mechanisms -------------------------------------------------------- */

/* The digest of a PSS mechanism, NULL where it has none of its own. */
static const struct prov_digest *digest_of(CK_MECHANISM_TYPE mechanism)
{
    const struct prov_digest *digest;

    for (size_t i = 0; (digest = prov_digest_at(i)) != NULL; i++) {
        if (digest->rsa_pss != 0 && digest->rsa_pss == mechanism)
            return digest;
    }
    return NULL;
}

static bool is_pss(CK_MECHANISM_TYPE mechanism)
{
    return mechanism == CKM_RSA_PKCS_PSS || digest_of(mechanism) != NULL;
}

/* The n-th allowed mechanism; false after the last. */
static bool allowed_at(const struct p11_object *object, size_t n,
                       CK_MECHANISM_TYPE *out)
{
    const CK_ATTRIBUTE *attr = p11_object_attr(object, CKA_ALLOWED_MECHANISMS);

    if (attr == NULL || (n + 1) * sizeof(*out) > attr->ulValueLen)
        return false;
    memcpy(out, (const uint8_t *)attr->pValue + n * sizeof(*out), sizeof(*out));
    return true;
}

bool prov_rsa_only_pss(const struct p11_object *object)
{
    CK_MECHANISM_TYPE mechanism;
    size_t n = 0;

    for (; allowed_at(object, n, &mechanism); n++) {
        if (!is_pss(mechanism))
            return false;
    }
    return n > 0;
}

/* The digest of all allowed mechanisms, NULL where they differ. */
static const struct prov_digest *common_digest(const struct p11_object *object)
{
    const struct prov_digest *common = NULL, *digest;
    CK_MECHANISM_TYPE mechanism;

    for (size_t n = 0; allowed_at(object, n, &mechanism); n++) {
        digest = digest_of(mechanism);
        if (digest == NULL || (common != NULL && common != digest))
            return NULL;
        common = digest;
    }
    return common;
}

/* ---- public numbers ---------------------------------------------------- */

static OSSL_PARAM *numbers(const struct p11_object *object)
{
    const struct prov_digest *digest = common_digest(object);
    OSSL_PARAM *plain = prov_rsa_numbers(object), *merged, *bound;
    struct prov_digest_name name;
    int saltlen;

    if (plain == NULL || digest == NULL)
        return plain;
    name = prov_digest_name(digest);
    saltlen = (int)digest->size;
    const OSSL_PARAM binding[] = {
        prov_param_utf8(OSSL_PKEY_PARAM_RSA_DIGEST, name.text),
        prov_param_utf8(OSSL_PKEY_PARAM_RSA_MGF1_DIGEST, name.text),
        OSSL_PARAM_construct_int(OSSL_PKEY_PARAM_RSA_PSS_SALTLEN, &saltlen),
        OSSL_PARAM_construct_end()};

    merged = OSSL_PARAM_merge(plain, binding);
    bound = merged != NULL ? OSSL_PARAM_dup(merged) : NULL;
    OPENSSL_free(merged); /* its values are borrowed */
    OSSL_PARAM_free(plain);
    return bound;
}

/* The digest that a parameter names; absent: SHA-1, the default of RFC 4055. */
static const struct prov_digest *named(const struct prov_key *key,
                                       const char *name, bool *present)
{
    const OSSL_PARAM *param = OSSL_PARAM_locate_const(key->public, name);
    const char *text = NULL;

    if (param == NULL || OSSL_PARAM_get_utf8_string_ptr(param, &text) != 1)
        return prov_digest_find("SHA1");
    *present = true;
    return prov_digest_find(text);
}

bool prov_rsa_bound_of(const struct prov_key *key, struct prov_rsa_bound *bound)
{
    const OSSL_PARAM *param;
    bool present = false;

    if (key->type != &prov_keytype_rsa_pss || key->public == NULL)
        return false;
    bound->saltlen = SALT_DEFAULT;
    bound->digest = named(key, OSSL_PKEY_PARAM_RSA_DIGEST, &present);
    bound->mgf1 = named(key, OSSL_PKEY_PARAM_RSA_MGF1_DIGEST, &present);
    param =
        OSSL_PARAM_locate_const(key->public, OSSL_PKEY_PARAM_RSA_PSS_SALTLEN);
    if (param != NULL && OSSL_PARAM_get_int(param, &bound->saltlen) == 1)
        present = true;
    return present;
}

static const struct prov_digest *bound_digest(const struct prov_key *key)
{
    struct prov_rsa_bound bound;

    return prov_rsa_bound_of(key, &bound) ? bound.digest : NULL;
}

/* ---- generation -------------------------------------------------------- */

static int not_kept(const struct prov_gen *gen, const char *name)
{
    return prov_raise(&gen->prov->core, CKR_ARGUMENTS_BAD,
                      "key generation: a token cannot bind a key to this %s",
                      name);
}

/* The digest of a parameter of the generation, NULL where it is not set; 0 and
 * raises where a token has no mechanism for it. */
static int asked(const struct prov_gen *gen, const char *name,
                 const struct prov_digest **digest)
{
    const OSSL_PARAM *param = prov_gen_own(gen, name);
    const char *text = NULL;

    *digest = NULL;
    if (param == NULL)
        return 1;
    if (OSSL_PARAM_get_utf8_string_ptr(param, &text) != 1 ||
        (*digest = prov_digest_find(text)) == NULL || (*digest)->rsa_pss == 0)
        return not_kept(gen, name);
    return 1;
}

static void allow(struct prov_gen *gen, CK_MECHANISM_TYPE mechanism)
{
    if (gen->keygen.allowed_count < PROV_ALLOWED_MAX)
        gen->allowed[gen->keygen.allowed_count++] = mechanism;
}

static int allow_all(struct prov_gen *gen, const struct prov_digest *bound)
{
    const struct prov_digest *digest;

    for (size_t i = 0; i < gen->keygen.allowed_count; i++) {
        if (!is_pss(gen->allowed[i]) ||
            (bound != NULL && gen->allowed[i] != bound->rsa_pss))
            return not_kept(gen, PROV_PARAM_ALLOWED);
    }
    gen->keygen.allowed = gen->allowed;
    if (gen->keygen.allowed_count != 0)
        return 1;
    if (bound != NULL) {
        allow(gen, bound->rsa_pss);
        return 1;
    }
    allow(gen, CKM_RSA_PKCS_PSS);
    for (size_t i = 0; (digest = prov_digest_at(i)) != NULL; i++) {
        if (digest->rsa_pss != 0)
            allow(gen, digest->rsa_pss);
    }
    return 1;
}

static int prepare(struct prov_gen *gen)
{
    const OSSL_PARAM *salt = prov_gen_own(gen, OSSL_PKEY_PARAM_RSA_PSS_SALTLEN);
    const struct prov_digest *digest, *mgf1;
    int saltlen = 0;

    if (prov_rsa_prepare(gen) != 1 ||
        asked(gen, OSSL_PKEY_PARAM_RSA_DIGEST, &digest) != 1 ||
        asked(gen, OSSL_PKEY_PARAM_RSA_MGF1_DIGEST, &mgf1) != 1)
        return 0;
    if (mgf1 != NULL && mgf1 != digest)
        return not_kept(gen, OSSL_PKEY_PARAM_RSA_MGF1_DIGEST);
    if (salt != NULL && (OSSL_PARAM_get_int(salt, &saltlen) != 1 ||
                         digest == NULL || saltlen > (int)digest->size))
        return not_kept(gen, OSSL_PKEY_PARAM_RSA_PSS_SALTLEN);
    if (!gen->keygen.decrypt)
        gen->keygen.sign = true;
    else
        return not_kept(gen, PROV_PARAM_KEY_USAGE);
    return allow_all(gen, digest);
}

static const OSSL_PARAM gen_settable[] = {
    PROV_GEN_SETTABLE,
    OSSL_PARAM_size_t(OSSL_PKEY_PARAM_RSA_BITS, NULL),
    OSSL_PARAM_size_t(OSSL_PKEY_PARAM_RSA_PRIMES, NULL),
    OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_E, NULL, 0),
    OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_RSA_DIGEST, NULL, 0),
    OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_RSA_MGF1_DIGEST, NULL, 0),
    OSSL_PARAM_int(OSSL_PKEY_PARAM_RSA_PSS_SALTLEN, NULL),
    OSSL_PARAM_END};

static const OSSL_PARAM public_types[] = {
    OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_N, NULL, 0),
    OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_E, NULL, 0), OSSL_PARAM_END};

#define BINDING                                                           \
    OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_RSA_DIGEST, NULL, 0),          \
        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_RSA_MASKGENFUNC, NULL, 0), \
        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_RSA_MGF1_DIGEST, NULL, 0), \
        OSSL_PARAM_int(OSSL_PKEY_PARAM_RSA_PSS_SALTLEN, NULL)

static const OSSL_PARAM transfer_types[] = {
    OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_N, NULL, 0),
    OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_E, NULL, 0), BINDING, OSSL_PARAM_END};

static const OSSL_PARAM gettable[] = {
    PROV_KEY_GETTABLE, OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_N, NULL, 0),
    OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_E, NULL, 0), BINDING, OSSL_PARAM_END};

const struct prov_keytype prov_keytype_rsa_pss = {
    .name = "RSA-PSS",
    .operation = "PRIVYSEAL-RSA-PSS",
    .default_digest = "SHA256",
    .public_types = public_types,
    .transfer_types = transfer_types,
    .public_param = OSSL_PKEY_PARAM_RSA_N,
    .gettable = gettable,
    .secret = OSSL_PKEY_PARAM_RSA_D,
    .cryptoki = CKK_RSA,
    .fits = prov_rsa_only_pss,
    .numbers = numbers,
    .measure = prov_rsa_measure,
    .bound = bound_digest,
    .signature = &prov_rsa_signature,
    .generate = prov_gen_run,
    .gen_settable = gen_settable,
    .prepare = prepare,
};
