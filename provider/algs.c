/* SPDX-License-Identifier: Apache-2.0 */
/* THE table of algorithms and key types. */
#include "algs.h"

#include <openssl/core_dispatch.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keytype.h"
#include "urifile.h"

#define RSA_NAMES     "RSA:rsaEncryption:1.2.840.113549.1.1.1"
#define PSS_NAMES     "RSA-PSS:RSASSA-PSS:1.2.840.113549.1.1.10"
#define EC_NAMES      "EC:id-ecPublicKey:1.2.840.10045.2.1"
#define ED25519_NAMES "ED25519:1.3.101.112"
#define ED448_NAMES   "ED448:1.3.101.113"
#define X25519_NAMES  "X25519:1.3.101.110"
#define X448_NAMES    "X448:1.3.101.111"
#define SPKI          ",structure=SubjectPublicKeyInfo"

struct row {
    int operation;
    const char *names;
    const char *properties; /* after "provider=NAME,privyseal.token=yes" */
    const OSSL_DISPATCH *dispatch;
    const char *description;
};

/* What every type has: text, the public half, the file of a private key's URI.
 */
#define ENCODERS(names, word)                                              \
    {OSSL_OP_ENCODER, names, ",output=text", prov_encode_text,             \
     word " keys in PKCS#11 tokens, for people"},                          \
        {OSSL_OP_ENCODER, names, ",output=der" SPKI, prov_encode_spki_der, \
         word " public keys"},                                             \
        {OSSL_OP_ENCODER, names, ",output=pem" SPKI, prov_encode_spki_pem, \
         word " public keys"},                                             \
    {                                                                      \
        OSSL_OP_ENCODER, names, ",output=pem,structure=PrivateKeyInfo",    \
            prov_encode_private, word " private keys, as their URI"        \
    }

/* The form of a public key that its type alone has. */
#define OWN_FORM(names, word, form)                            \
    {OSSL_OP_ENCODER, names, ",output=der,structure=" form,    \
     prov_encode_type_der, word " public keys"},               \
    {                                                          \
        OSSL_OP_ENCODER, names, ",output=pem,structure=" form, \
            prov_encode_type_pem, word " public keys"          \
    }

/* Key management bears the usual names: programs ask a key for them. What it
 * does is found by key management only (query_operation_name), so that it
 * bears names that nobody asks for by chance. */
static const struct row table[] = {
    {OSSL_OP_KEYMGMT, RSA_NAMES, "", prov_keymgmt_rsa,
     "RSA keys in PKCS#11 tokens"},
    {OSSL_OP_KEYMGMT, PSS_NAMES, "", prov_keymgmt_rsa_pss,
     "RSA keys in PKCS#11 tokens that sign by PSS only"},
    {OSSL_OP_KEYMGMT, EC_NAMES, "", prov_keymgmt_ec,
     "EC keys in PKCS#11 tokens"},
    {OSSL_OP_KEYMGMT, ED25519_NAMES, "", prov_keymgmt_ed25519,
     "Ed25519 keys in PKCS#11 tokens"},
    {OSSL_OP_KEYMGMT, ED448_NAMES, "", prov_keymgmt_ed448,
     "Ed448 keys in PKCS#11 tokens"},
    {OSSL_OP_KEYMGMT, X25519_NAMES, "", prov_keymgmt_x25519,
     "X25519 keys in PKCS#11 tokens"},
    {OSSL_OP_KEYMGMT, X448_NAMES, "", prov_keymgmt_x448,
     "X448 keys in PKCS#11 tokens"},

    {OSSL_OP_SIGNATURE, "PRIVYSEAL-RSA", "", prov_signature,
     "RSA signatures by PKCS#11 tokens"},
    {OSSL_OP_SIGNATURE, "PRIVYSEAL-RSA-PSS", "", prov_signature,
     "RSA-PSS signatures by PKCS#11 tokens"},
    {OSSL_OP_SIGNATURE, "PRIVYSEAL-EC", "", prov_signature,
     "ECDSA by PKCS#11 tokens"},
    {OSSL_OP_SIGNATURE, "PRIVYSEAL-ED25519", "", prov_signature,
     "Ed25519 by PKCS#11 tokens"},
    {OSSL_OP_SIGNATURE, "PRIVYSEAL-ED448", "", prov_signature,
     "Ed448 by PKCS#11 tokens"},

    {OSSL_OP_KEYEXCH, "PRIVYSEAL-EC", "", prov_exchange,
     "ECDH by PKCS#11 tokens"},
    {OSSL_OP_KEYEXCH, "PRIVYSEAL-X25519", "", prov_exchange,
     "X25519 by PKCS#11 tokens"},
    {OSSL_OP_KEYEXCH, "PRIVYSEAL-X448", "", prov_exchange,
     "X448 by PKCS#11 tokens"},

    {OSSL_OP_ASYM_CIPHER, "PRIVYSEAL-RSA", "", prov_asymcipher,
     "RSA decryption by PKCS#11 tokens"},

    {OSSL_OP_RAND, "PRIVYSEAL-RAND", "", prov_rand,
     "Random numbers of PKCS#11 tokens"},

    {OSSL_OP_STORE, "pkcs11", "", prov_store,
     "Objects of PKCS#11 tokens, by URI (RFC 7512)"},

    ENCODERS(RSA_NAMES, "RSA"),
    OWN_FORM(RSA_NAMES, "RSA", "pkcs1"),
    OWN_FORM(RSA_NAMES, "RSA", "type-specific"),
    ENCODERS(PSS_NAMES, "RSA-PSS"),
    ENCODERS(EC_NAMES, "EC"),
    ENCODERS(ED25519_NAMES, "Ed25519"),
    ENCODERS(ED448_NAMES, "Ed448"),
    ENCODERS(X25519_NAMES, "X25519"),
    ENCODERS(X448_NAMES, "X448"),

    /* The file that names a key's URI. Each of the last two makes a key of any
     * type, and the first that is asked ends the search; of the types that
     * libcrypto knows at least these two are asked for. */
    {OSSL_OP_DECODER, "DER", ",input=pem", prov_decode_pem,
     "The PEM file of a PKCS#11 URI"},
    {OSSL_OP_DECODER, "RSA", ",input=der,structure=" PROV_URIFILE_STRUCTURE,
     prov_decode_uri, "Keys named by a PKCS#11 URI in a file"},
    {OSSL_OP_DECODER, "EC", ",input=der,structure=" PROV_URIFILE_STRUCTURE,
     prov_decode_uri, "Keys named by a PKCS#11 URI in a file"},
};

/* What OpenSSL has since 3.5. */
#define ML_DSA(n, oid)                                                 \
    {OSSL_OP_KEYMGMT, "ML-DSA-" #n ":MLDSA" #n ":" oid, "",            \
     prov_keymgmt_ml_dsa_##n, "ML-DSA-" #n " keys in PKCS#11 tokens"}, \
        ENCODERS("ML-DSA-" #n ":MLDSA" #n ":" oid, "ML-DSA-" #n)
#define ML_KEM(n, oid)                                                 \
    {OSSL_OP_KEYMGMT, "ML-KEM-" #n ":MLKEM" #n ":" oid, "",            \
     prov_keymgmt_ml_kem_##n, "ML-KEM-" #n " keys in PKCS#11 tokens"}, \
        ENCODERS("ML-KEM-" #n ":MLKEM" #n ":" oid, "ML-KEM-" #n)

static const struct row newer[] = {
    ML_DSA(44, "id-ml-dsa-44:2.16.840.1.101.3.4.3.17"),
    ML_DSA(65, "id-ml-dsa-65:2.16.840.1.101.3.4.3.18"),
    ML_DSA(87, "id-ml-dsa-87:2.16.840.1.101.3.4.3.19"),
    {OSSL_OP_SIGNATURE, "PRIVYSEAL-ML-DSA", "", prov_signature,
     "ML-DSA by PKCS#11 tokens"},
    ML_KEM(512, "id-alg-ml-kem-512:2.16.840.1.101.3.4.4.1"),
    ML_KEM(768, "id-alg-ml-kem-768:2.16.840.1.101.3.4.4.2"),
    ML_KEM(1024, "id-alg-ml-kem-1024:2.16.840.1.101.3.4.4.3"),
    {OSSL_OP_KEM, "PRIVYSEAL-ML-KEM", "", prov_kem, "ML-KEM by PKCS#11 tokens"},
};

/* Types that not every OpenSSL has come last. */
static const struct prov_keytype *const types[] = {
    &prov_keytype_rsa,        &prov_keytype_rsa_pss,
    &prov_keytype_ec,         &prov_keytype_ed25519,
    &prov_keytype_ed448,      &prov_keytype_x25519,
    &prov_keytype_x448,       &prov_keytype_ml_dsa_44,
    &prov_keytype_ml_dsa_65,  &prov_keytype_ml_dsa_87,
    &prov_keytype_ml_kem_512, &prov_keytype_ml_kem_768,
    &prov_keytype_ml_kem_1024};

enum {
    ROWS = sizeof(table) / sizeof(table[0]),
    NEWER = sizeof(newer) / sizeof(newer[0]),
    TYPES = sizeof(types) / sizeof(types[0])
};

const struct prov_keytype *prov_keytype_at(size_t n)
{
    return n < TYPES && OpenSSL_version_num() >= types[n]->since ? types[n]
                                                                 : NULL;
}

const struct prov_keytype *prov_keytype_of(const struct p11_object *object)
{
    const struct prov_keytype *type;

    for (size_t i = 0; (type = prov_keytype_at(i)) != NULL; i++) {
        if (type->cryptoki == p11_object_key_type(object) &&
            (type->fits == NULL || type->fits(object)))
            return type;
    }
    return NULL;
}

/* The array of an operation, the next free one for a new operation. */
static OSSL_ALGORITHM *array_for(struct prov_algs *algs, int operation)
{
    for (size_t i = 0; i < PROV_OPERATIONS; i++) {
        if (algs->ids[i] == 0)
            algs->ids[i] = operation;
        if (algs->ids[i] == operation)
            return algs->rows[i];
    }
    return NULL;
}

static bool add(struct prov_algs *algs, const struct row *row,
                const char *properties)
{
    OSSL_ALGORITHM *array = array_for(algs, row->operation);
    size_t i = 0;

    if (array == NULL)
        return false;
    while (array[i].algorithm_names != NULL)
        i++;
    if (i + 1 >= PROV_OPERATION_ROWS)
        return false;
    array[i] = (OSSL_ALGORITHM){.algorithm_names = row->names,
                                .property_definition = properties,
                                .implementation = row->dispatch,
                                .algorithm_description = row->description};
    return true;
}

static size_t named_count(void)
{
    size_t n = 0;

    while (prov_sigalg_at(n) != NULL)
        n++;
    return n;
}

/* Rows of the two tables that this OpenSSL is offered. */
static size_t table_count(void)
{
    return OpenSSL_version_num() >= PROV_OPENSSL_3_5 ? ROWS + NEWER : ROWS;
}

/* The n-th row of all: the tables', then the algorithms with names. */
static struct row row_at(size_t n)
{
    const struct prov_sigalg_row *named;

    if (n < ROWS)
        return table[n];
    if (n < table_count())
        return newer[n - ROWS];
    named = prov_sigalg_at(n - table_count());
    return (struct row){OSSL_OP_SIGNATURE, named->names, "", named->dispatch,
                        "Signatures by PKCS#11 tokens"};
}

bool prov_algs_init(struct prov_algs *algs, const char *name, bool fips)
{
    const size_t count = table_count() + named_count();

    memset(algs, 0, sizeof(*algs));
    algs->properties = calloc(count, PROV_PROPERTY_SIZE);
    for (size_t i = 0; i < count && algs->properties != NULL; i++) {
        const struct row row = row_at(i);
        char *text = algs->properties + i * PROV_PROPERTY_SIZE;
        int len = snprintf(text, PROV_PROPERTY_SIZE,
                           "provider=%s,privyseal.token=yes%s%s", name,
                           fips ? ",fips=yes" : "", row.properties);

        if (len < 0 || len >= PROV_PROPERTY_SIZE || !add(algs, &row, text)) {
            prov_algs_clear(algs);
            return false;
        }
    }
    return algs->properties != NULL;
}

void prov_algs_clear(struct prov_algs *algs)
{
    free(algs->properties);
    memset(algs, 0, sizeof(*algs));
}

const OSSL_ALGORITHM *prov_algs_of(const struct prov_algs *algs, int operation)
{
    for (size_t i = 0; i < PROV_OPERATIONS; i++) {
        if (algs->ids[i] == operation)
            return algs->rows[i];
    }
    return NULL;
}
