/* SPDX-License-Identifier: Apache-2.0 */
/* PSS encoding, OAEP decoding, names of paddings. */
#include "rsa_pad.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COUNTER_SIZE = 4, SALT_AUTO_DIGEST_MAX = -4 };

struct word {
    const char *text;
    int value;
};

static const struct word pads[] = {
    {OSSL_PKEY_RSA_PAD_MODE_PKCSV15, RSA_PKCS1_PADDING},
    {OSSL_PKEY_RSA_PAD_MODE_PSS, RSA_PKCS1_PSS_PADDING},
    {OSSL_PKEY_RSA_PAD_MODE_OAEP, RSA_PKCS1_OAEP_PADDING},
    {"oeap", RSA_PKCS1_OAEP_PADDING}, /* as OpenSSL once spelt it */
    {OSSL_PKEY_RSA_PAD_MODE_NONE, RSA_NO_PADDING},
    {NULL, 0}};

static const struct word salts[] = {{"digest", RSA_PSS_SALTLEN_DIGEST},
                                    {"max", RSA_PSS_SALTLEN_MAX},
                                    {"auto", RSA_PSS_SALTLEN_AUTO},
                                    {"auto-digestmax", SALT_AUTO_DIGEST_MAX},
                                    {NULL, 0}};

static const struct word *by_text(const struct word *words,
                                  const OSSL_PARAM *param)
{
    for (; words->text != NULL; words++) {
        if (strlen(words->text) == param->data_size &&
            memcmp(words->text, param->data, param->data_size) == 0)
            return words;
    }
    return NULL;
}

static const struct word *by_value(const struct word *words, int value)
{
    while (words->text != NULL && words->value != value)
        words++;
    return words->text != NULL ? words : NULL;
}

static size_t trimmed(const OSSL_PARAM *param)
{
    return param->data != NULL ? strnlen(param->data, param->data_size) : 0;
}

bool prov_rsa_pad_get(const OSSL_PARAM *param, int *pad)
{
    OSSL_PARAM text = *param;
    const struct word *word;

    if (param->data_type != OSSL_PARAM_UTF8_STRING)
        return OSSL_PARAM_get_int(param, pad) == 1;
    text.data_size = trimmed(param);
    word = by_text(pads, &text);
    if (word != NULL)
        *pad = word->value;
    return word != NULL;
}

bool prov_rsa_pad_set(OSSL_PARAM *param, int pad)
{
    const struct word *word = by_value(pads, pad);

    if (param->data_type != OSSL_PARAM_UTF8_STRING)
        return OSSL_PARAM_set_int(param, pad) == 1;
    return word != NULL && OSSL_PARAM_set_utf8_string(param, word->text) == 1;
}

static bool salt_number(const OSSL_PARAM *text, int *saltlen)
{
    int n = 0;

    if (text->data_size == 0 || text->data_size > 4)
        return false;
    for (size_t i = 0; i < text->data_size; i++) {
        int c = ((const char *)text->data)[i];

        if (c < '0' || c > '9')
            return false;
        n = n * 10 + (c - '0');
    }
    *saltlen = n;
    return true;
}

bool prov_rsa_salt_get(const OSSL_PARAM *param, int *saltlen)
{
    OSSL_PARAM text = *param;
    const struct word *word;
    int n;

    if (param->data_type == OSSL_PARAM_UTF8_STRING) {
        text.data_size = trimmed(param);
        word = by_text(salts, &text);
        if (word == NULL)
            return salt_number(&text, saltlen);
        *saltlen = word->value;
        return true;
    }
    if (OSSL_PARAM_get_int(param, &n) != 1 || n < SALT_AUTO_DIGEST_MAX)
        return false;
    *saltlen = n;
    return true;
}

bool prov_rsa_salt_set(OSSL_PARAM *param, int saltlen)
{
    const struct word *word = by_value(salts, saltlen);
    char number[16];

    if (param->data_type != OSSL_PARAM_UTF8_STRING)
        return OSSL_PARAM_set_int(param, saltlen) == 1;
    (void)snprintf(number, sizeof(number), "%d", saltlen);
    return OSSL_PARAM_set_utf8_string(param,
                                      word != NULL ? word->text : number) == 1;
}

int prov_rsa_salt_len(int saltlen, const struct prov_digest *digest, int bits)
{
    int em_len = (bits - 1 + 7) / 8;
    int hash_len = (int)digest->size;
    int max = em_len - hash_len - 2;

    if (saltlen == RSA_PSS_SALTLEN_DIGEST)
        saltlen = hash_len;
    else if (saltlen == SALT_AUTO_DIGEST_MAX)
        saltlen = max < hash_len ? max : hash_len;
    else if (saltlen < 0)
        saltlen = max;
    return saltlen >= 0 && saltlen <= max ? saltlen : -1;
}

/* XORs MGF1(seed) over out. */
static bool mask(const EVP_MD *md, const struct prov_part *seed, uint8_t *out,
                 size_t len)
{
    uint8_t block[PROV_DIGEST_MAX];
    size_t size = (size_t)EVP_MD_get_size(md);
    bool ok = true;

    for (uint32_t counter = 0; len > 0 && ok; counter++) {
        const uint8_t octets[COUNTER_SIZE] = {
            (uint8_t)(counter >> 24), (uint8_t)(counter >> 16),
            (uint8_t)(counter >> 8), (uint8_t)counter};
        const struct prov_part parts[3] = {
            *seed, {octets, sizeof(octets)}, {"", 0}};
        size_t part = len < size ? len : size;

        ok = prov_soft_hash(md, parts, block);
        for (size_t i = 0; i < part && ok; i++)
            out[i] ^= block[i];
        out += part;
        len -= part;
    }
    OPENSSL_cleanse(block, sizeof(block));
    return ok;
}

bool prov_rsa_pss_encode(const struct prov_rsa_hash *hash, int bits,
                         size_t salt_len, const uint8_t *value, uint8_t *em)
{
    static const uint8_t zeros[8];
    EVP_MD *md = prov_soft_md(hash->soft, hash->digest, NULL);
    EVP_MD *mgf1 = prov_soft_md(hash->soft, hash->mgf1, NULL);
    size_t em_bits = (size_t)bits - 1, em_len = (em_bits + 7) / 8;
    size_t hash_len = hash->digest->size, db_len, k = ((size_t)bits + 7) / 8;
    uint8_t *db = em + (k - em_len), *h, *salt;
    bool ok = false;

    memset(em, 0, k);
    if (md == NULL || mgf1 == NULL || em_len < hash_len + salt_len + 2)
        goto out;
    db_len = em_len - hash_len - 1;
    h = db + db_len;
    salt = db + db_len - salt_len;
    if (!prov_soft_random(hash->soft, salt, salt_len))
        goto out;
    const struct prov_part parts[3] = {
        {zeros, sizeof(zeros)}, {value, hash_len}, {salt, salt_len}};
    if (!prov_soft_hash(md, parts, h))
        goto out;
    salt[-1] = 0x01;
    if (!mask(mgf1, &(struct prov_part){h, hash_len}, db, db_len))
        goto out;
    db[0] &= (uint8_t)(0xff >> (8 * em_len - em_bits));
    h[hash_len] = 0xbc;
    ok = true;
out:
    EVP_MD_free(mgf1);
    EVP_MD_free(md);
    return ok;
}

/* All ones where x is zero. */
static size_t is_zero(size_t x)
{
    return 0 - ((~x & (x - 1)) >> (8 * sizeof(x) - 1));
}

/* Looks for lHash, zeros, 0x01 in the unmasked data block. Sets *start to what
 * follows, counted from em; yields all ones or zero. */
static size_t find_message(const uint8_t *db, size_t db_len,
                           const uint8_t *label_hash, size_t hash_len,
                           size_t *start)
{
    size_t good, found = 0, bad = 0, at = 0;

    good = is_zero((size_t)CRYPTO_memcmp(db, label_hash, hash_len));
    for (size_t i = hash_len; i < db_len; i++) {
        size_t one = is_zero(db[i] ^ 1U), zero = is_zero(db[i]);

        at |= i & one & ~found;
        bad |= ~one & ~zero & ~found;
        found |= one;
    }
    *start = 1 + hash_len + at + 1;
    return good & found & ~bad;
}

bool prov_rsa_oaep_decode(const struct prov_rsa_hash *hash, uint8_t *em,
                          size_t k, const struct prov_part *label,
                          size_t *start)
{
    EVP_MD *md = prov_soft_md(hash->soft, hash->digest, NULL);
    EVP_MD *mgf1 = prov_soft_md(hash->soft, hash->mgf1, NULL);
    const struct prov_part parts[3] = {*label, {"", 0}, {"", 0}};
    uint8_t label_hash[PROV_DIGEST_MAX];
    size_t hash_len = hash->digest->size, db_len, good = 0;
    uint8_t *seed = em + 1, *db = em + 1 + hash_len;

    if (md == NULL || mgf1 == NULL || k < 2 * hash_len + 2 ||
        !prov_soft_hash(md, parts, label_hash))
        goto out;
    db_len = k - hash_len - 1;
    if (!mask(mgf1, &(struct prov_part){db, db_len}, seed, hash_len) ||
        !mask(mgf1, &(struct prov_part){seed, hash_len}, db, db_len))
        goto out;
    good = find_message(db, db_len, label_hash, hash_len, start);
    good &= is_zero(em[0]);
out:
    EVP_MD_free(mgf1);
    EVP_MD_free(md);
    return good != 0;
}
