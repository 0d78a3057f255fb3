/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of TLS groups (IANA "TLS Supported Groups") and signature algorithms
 * ("TLS SignatureScheme") that our key types can serve. */
#include "tls.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>
#include <openssl/prov_ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "core.h"
#include "keytype.h"

enum { NEVER = -1, NEWEST = 0 }; /* for versions */

struct group {
    const char *name, *internal, *alg;
    unsigned int id, bits, kem;
    int min_tls, max_tls, min_dtls, max_dtls;
};

#define EC_GROUP_OF(name, internal, id, bits, last, last_dtls)                \
    {                                                                         \
        name, internal, "EC", id, bits, 0, TLS1_VERSION, last, DTLS1_VERSION, \
            last_dtls                                                         \
    }
#define X_GROUP_OF(name, internal, id, bits)                         \
    {                                                                \
        name, internal, internal, id, bits, 0, TLS1_VERSION, NEWEST, \
            DTLS1_VERSION, NEWEST                                    \
    }
#define KEM_GROUP_OF(name, internal, id, bits)                                \
    {                                                                         \
        name, internal, internal, id, bits, 1, TLS1_3_VERSION, NEWEST, NEVER, \
            NEVER                                                             \
    }

/* Bits of security as OpenSSL counts them. */
static const struct group groups[] = {
    EC_GROUP_OF("secp256r1", "prime256v1", 23, 128, NEWEST, NEWEST),
    EC_GROUP_OF("P-256", "prime256v1", 23, 128, NEWEST, NEWEST),
    EC_GROUP_OF("secp384r1", "secp384r1", 24, 192, NEWEST, NEWEST),
    EC_GROUP_OF("P-384", "secp384r1", 24, 192, NEWEST, NEWEST),
    EC_GROUP_OF("secp521r1", "secp521r1", 25, 256, NEWEST, NEWEST),
    EC_GROUP_OF("P-521", "secp521r1", 25, 256, NEWEST, NEWEST),
    EC_GROUP_OF("secp256k1", "secp256k1", 22, 128, TLS1_2_VERSION,
                DTLS1_2_VERSION),
    EC_GROUP_OF("brainpoolP256r1", "brainpoolP256r1", 26, 128, TLS1_2_VERSION,
                DTLS1_2_VERSION),
    EC_GROUP_OF("brainpoolP384r1", "brainpoolP384r1", 27, 192, TLS1_2_VERSION,
                DTLS1_2_VERSION),
    EC_GROUP_OF("brainpoolP512r1", "brainpoolP512r1", 28, 256, TLS1_2_VERSION,
                DTLS1_2_VERSION),
    X_GROUP_OF("x25519", "X25519", 29, 128),
    X_GROUP_OF("x448", "X448", 30, 224),
    KEM_GROUP_OF("MLKEM512", "ML-KEM-512", 512, 128),
    KEM_GROUP_OF("MLKEM768", "ML-KEM-768", 513, 192),
    KEM_GROUP_OF("MLKEM1024", "ML-KEM-1024", 514, 256),
};

static bool offered(const char *alg)
{
    const struct prov_keytype *type;

    for (size_t i = 0; (type = prov_keytype_at(i)) != NULL; i++) {
        if (strcmp(type->name, alg) == 0)
            return true;
    }
    return false;
}

static int hand_group(const struct group *row, OSSL_CALLBACK *callback,
                      void *arg)
{
    struct group group = *row;
    const OSSL_PARAM params[] = {
        prov_param_utf8(OSSL_CAPABILITY_TLS_GROUP_NAME, group.name),
        prov_param_utf8(OSSL_CAPABILITY_TLS_GROUP_NAME_INTERNAL,
                        group.internal),
        prov_param_utf8(OSSL_CAPABILITY_TLS_GROUP_ALG, group.alg),
        OSSL_PARAM_construct_uint(OSSL_CAPABILITY_TLS_GROUP_ID, &group.id),
        OSSL_PARAM_construct_uint(OSSL_CAPABILITY_TLS_GROUP_SECURITY_BITS,
                                  &group.bits),
        OSSL_PARAM_construct_uint(OSSL_CAPABILITY_TLS_GROUP_IS_KEM, &group.kem),
        OSSL_PARAM_construct_int(OSSL_CAPABILITY_TLS_GROUP_MIN_TLS,
                                 &group.min_tls),
        OSSL_PARAM_construct_int(OSSL_CAPABILITY_TLS_GROUP_MAX_TLS,
                                 &group.max_tls),
        OSSL_PARAM_construct_int(OSSL_CAPABILITY_TLS_GROUP_MIN_DTLS,
                                 &group.min_dtls),
        OSSL_PARAM_construct_int(OSSL_CAPABILITY_TLS_GROUP_MAX_DTLS,
                                 &group.max_dtls),
        OSSL_PARAM_END};

    return callback(params, arg);
}

static int hand_groups(OSSL_CALLBACK *callback, void *arg)
{
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        if (offered(groups[i].alg) &&
            hand_group(&groups[i], callback, arg) != 1)
            return 0;
    }
    return 1;
}

/* Those that libssl does not know by itself, from OpenSSL 3.2 on. */
#ifdef OSSL_CAPABILITY_TLS_SIGALG_NAME

struct sigalg {
    const char *name, *alg, *oid;
    unsigned int code, bits;
};

static const struct sigalg sigalgs[] = {
    {"mldsa44", "ML-DSA-44", "2.16.840.1.101.3.4.3.17", 0x0904, 128},
    {"mldsa65", "ML-DSA-65", "2.16.840.1.101.3.4.3.18", 0x0905, 192},
    {"mldsa87", "ML-DSA-87", "2.16.840.1.101.3.4.3.19", 0x0906, 256},
};

static int hand_sigalg(const struct sigalg *row, OSSL_CALLBACK *callback,
                       void *arg)
{
    struct sigalg sigalg = *row;
    int min_tls = TLS1_3_VERSION, max_tls = NEWEST, dtls = NEVER;
    const OSSL_PARAM params[] = {
        prov_param_utf8(OSSL_CAPABILITY_TLS_SIGALG_IANA_NAME, sigalg.name),
        prov_param_utf8(OSSL_CAPABILITY_TLS_SIGALG_NAME, sigalg.alg),
        prov_param_utf8(OSSL_CAPABILITY_TLS_SIGALG_OID, sigalg.oid),
        OSSL_PARAM_construct_uint(OSSL_CAPABILITY_TLS_SIGALG_CODE_POINT,
                                  &sigalg.code),
        OSSL_PARAM_construct_uint(OSSL_CAPABILITY_TLS_SIGALG_SECURITY_BITS,
                                  &sigalg.bits),
        OSSL_PARAM_construct_int(OSSL_CAPABILITY_TLS_SIGALG_MIN_TLS, &min_tls),
        OSSL_PARAM_construct_int(OSSL_CAPABILITY_TLS_SIGALG_MAX_TLS, &max_tls),
        OSSL_PARAM_construct_int(OSSL_CAPABILITY_TLS_SIGALG_MIN_DTLS, &dtls),
        OSSL_PARAM_construct_int(OSSL_CAPABILITY_TLS_SIGALG_MAX_DTLS, &dtls),
        OSSL_PARAM_END};

    return callback(params, arg);
}

static int hand_sigalgs(OSSL_CALLBACK *callback, void *arg)
{
    for (size_t i = 0; i < sizeof(sigalgs) / sizeof(sigalgs[0]); i++) {
        if (offered(sigalgs[i].alg) &&
            hand_sigalg(&sigalgs[i], callback, arg) != 1)
            return 0;
    }
    return 1;
}

#else

static int hand_sigalgs(OSSL_CALLBACK *callback, void *arg)
{
    (void)callback, (void)arg;
    return 1;
}

#endif

int prov_tls_capabilities(const char *capability, OSSL_CALLBACK *callback,
                          void *arg)
{
    static const struct {
        const char *name;
        int (*hand)(OSSL_CALLBACK *callback, void *arg);
    } rows[] = {{"TLS-GROUP", hand_groups}, {"TLS-SIGALG", hand_sigalgs}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (OPENSSL_strcasecmp(rows[i].name, capability) == 0)
            return rows[i].hand(callback, arg);
    }
    return 0;
}
