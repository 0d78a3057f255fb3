/* SPDX-License-Identifier: Apache-2.0 */
/* Searching a store by subject, issuer and serial, alias, fingerprint. */
#include "find.h"

#include <openssl/asn1.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "error.h"
#include "handout.h"
#include "key.h"
#include "prov.h"

/* ---- what is looked for ------------------------------------------------ */

typedef bool read_fn(struct prov_find *find, const OSSL_PARAM *param);

static bool octets(struct prov_octets *to, const OSSL_PARAM *param)
{
    free(to->data);
    *to = (struct prov_octets){NULL, 0};
    if (param->data_type != OSSL_PARAM_OCTET_STRING || param->data == NULL ||
        param->data_size == 0)
        return false;
    to->data = malloc(param->data_size);
    if (to->data == NULL)
        return false;
    memcpy(to->data, param->data, param->data_size);
    to->len = param->data_size;
    return true;
}

static bool read_subject(struct prov_find *find, const OSSL_PARAM *param)
{
    return octets(&find->subject, param);
}

static bool read_issuer(struct prov_find *find, const OSSL_PARAM *param)
{
    return octets(&find->issuer, param);
}

static bool read_fingerprint(struct prov_find *find, const OSSL_PARAM *param)
{
    return octets(&find->fingerprint, param);
}

/* Tokens hold the DER of the number (CKA_SERIAL_NUMBER). */
static bool read_serial(struct prov_find *find, const OSSL_PARAM *param)
{
    BIGNUM *number = NULL;
    ASN1_INTEGER *serial = NULL;
    uint8_t *der = NULL;
    int len = 0;

    if (OSSL_PARAM_get_BN(param, &number) == 1 &&
        (serial = BN_to_ASN1_INTEGER(number, NULL)) != NULL)
        len = i2d_ASN1_INTEGER(serial, &der);
    if (len > 0) {
        const OSSL_PARAM whole = OSSL_PARAM_construct_octet_string(
            OSSL_STORE_PARAM_SERIAL, der, (size_t)len);

        (void)octets(&find->serial, &whole);
    }
    OPENSSL_free(der);
    ASN1_INTEGER_free(serial);
    BN_free(number);
    return find->serial.data != NULL;
}

static bool read_digest(struct prov_find *find, const OSSL_PARAM *param)
{
    const char *name = NULL;

    if (OSSL_PARAM_get_utf8_string_ptr(param, &name) == 1)
        find->digest = prov_digest_find(name);
    return find->digest != NULL;
}

static bool read_alias(struct prov_find *find, const OSSL_PARAM *param)
{
    free(find->alias);
    find->alias = NULL;
    if (param->data_type == OSSL_PARAM_UTF8_STRING && param->data != NULL)
        find->alias = strndup(param->data, param->data_size);
    return find->alias != NULL;
}

int prov_find_set(struct prov_find *find, const struct prov *prov,
                  const OSSL_PARAM *params)
{
    static const struct {
        const char *name;
        read_fn *read;
    } rows[] = {{OSSL_STORE_PARAM_SUBJECT, read_subject},
                {OSSL_STORE_PARAM_ISSUER, read_issuer},
                {OSSL_STORE_PARAM_SERIAL, read_serial},
                {OSSL_STORE_PARAM_FINGERPRINT, read_fingerprint},
                {OSSL_STORE_PARAM_DIGEST, read_digest},
                {OSSL_STORE_PARAM_ALIAS, read_alias}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const OSSL_PARAM *param = OSSL_PARAM_locate_const(params, rows[i].name);

        if (param != NULL && !rows[i].read(find, param))
            return prov_raise(&prov->core, CKR_ARGUMENTS_BAD,
                              "store: what to look for (%s) is not understood",
                              rows[i].name);
    }
    return 1;
}

void prov_find_clear(struct prov_find *find)
{
    free(find->subject.data);
    free(find->issuer.data);
    free(find->serial.data);
    free(find->fingerprint.data);
    free(find->alias);
    *find = (struct prov_find){0};
}

bool prov_find_match(const struct prov_find *find, struct p11_match *match)
{
    *match = (struct p11_match){.subject = find->subject.data,
                                .subject_len = find->subject.len,
                                .issuer = find->issuer.data,
                                .issuer_len = find->issuer.len,
                                .serial = find->serial.data,
                                .serial_len = find->serial.len,
                                .label = find->alias};
    return match->subject != NULL || match->issuer != NULL ||
           match->serial != NULL || match->label != NULL;
}

/* ---- fingerprints ------------------------------------------------------ */

/* The public key of a key or certificate. Returns new, or NULL. */
static X509_PUBKEY *public_of(struct prov *prov, struct p11_object *object)
{
    X509_PUBKEY *public = NULL;

    if (prov_handout_of(object) == PROV_HAND_KEY) {
        struct prov_key *key =
            prov_key_from_object(prov, prov_keytype_of(object), object);
        EVP_PKEY *soft = key != NULL ? prov_key_soft(key) : NULL;

        if (soft != NULL)
            (void)X509_PUBKEY_set(&public, soft);
        prov_key_free(key);
    } else if (prov_handout_of(object) == PROV_HAND_CERTIFICATE) {
        const CK_ATTRIBUTE *value = p11_object_attr(object, CKA_VALUE);
        const unsigned char *at = value->pValue;
        X509 *cert = d2i_X509(NULL, &at, (long)value->ulValueLen);

        if (cert != NULL)
        public = X509_PUBKEY_dup(X509_get_X509_PUBKEY(cert));
        X509_free(cert);
    }
    return public;
}

static bool digest_is(const struct prov_octets *fingerprint, const EVP_MD *md,
                      const unsigned char *data, int len)
{
    const struct prov_part parts[3] = {
        {data, (size_t)len}, {NULL, 0}, {NULL, 0}};
    uint8_t hash[EVP_MAX_MD_SIZE];

    return EVP_MD_get_size(md) == (int)fingerprint->len &&
           prov_soft_hash(md, parts, hash) &&
           memcmp(hash, fingerprint->data, fingerprint->len) == 0;
}

static bool has_digest(const struct prov_find *find, struct prov *prov,
                       X509_PUBKEY *public, const struct prov_digest *digest)
{
    EVP_MD *md = prov_soft_md(&prov->soft, digest, NULL);
    const unsigned char *bits = NULL;
    unsigned char *der = NULL;
    int bits_len = 0, der_len = i2d_X509_PUBKEY(public, &der);
    bool fits =
        md != NULL && der_len > 0 &&
        X509_PUBKEY_get0_param(NULL, &bits, &bits_len, NULL, public) == 1 &&
        (digest_is(&find->fingerprint, md, der, der_len) ||
         digest_is(&find->fingerprint, md, bits, bits_len));

    OPENSSL_free(der);
    EVP_MD_free(md);
    return fits;
}

/* Without a digest, those that have the length. */
static bool fits(const struct prov_find *find, struct prov *prov,
                 X509_PUBKEY *public)
{
    static const char *const usual[] = {"SHA1", "SHA256", "SHA384", "SHA512"};
    bool found = false;

    if (find->digest != NULL)
        return has_digest(find, prov, public, find->digest);
    for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]) && !found; i++)
        found = has_digest(find, prov, public, prov_digest_find(usual[i]));
    return found;
}

bool prov_find_fits(const struct prov_find *find, struct prov *prov,
                    struct p11_object *object)
{
    const CK_ATTRIBUTE *id = p11_object_attr(object, CKA_ID);
    X509_PUBKEY *public;
    bool found;

    if (find->fingerprint.data == NULL)
        return true;
    if (id != NULL && id->ulValueLen == find->fingerprint.len &&
        memcmp(id->pValue, find->fingerprint.data, id->ulValueLen) == 0)
        return true;
    prov_enter(prov); /* a key that cannot be read does not fit, that is all */
    public = public_of(prov, object);
    found = public != NULL && fits(find, prov, public);
    prov_leave(prov);
    X509_PUBKEY_free(public);
    return found;
}
