/* SPDX-License-Identifier: Apache-2.0 */
/* Implicit rejection; see rsa_reject.h. */
#include "rsa_reject.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>
#include <pthread.h>
#include <string.h>

#include "core.h"
#include "digest.h"
#include "mask.h"
#include "rsa_pad.h"

enum {
    HEAD = 2,    /* 00 02 */
    FILL = 8,    /* octets of padding, at least */
    TRIES = 128, /* numbers of which one is the length */
    NUMBER = 2,  /* octets of each */
    DRAWN = TRIES * NUMBER
};

static const char number_info[] = "privyseal implicit rejection, number";
static const char secret_info[] = "privyseal implicit rejection, secret";

static pthread_mutex_t seed_lock = PTHREAD_MUTEX_INITIALIZER;
static uint8_t seed[PROV_REJECT_SECRET];
static bool seeded;

bool prov_reject_seed(struct prov_soft *soft)
{
    bool ok;

    (void)pthread_mutex_lock(&seed_lock);
    if (!seeded)
        seeded = prov_soft_random(soft, seed, sizeof(seed));
    ok = seeded;
    (void)pthread_mutex_unlock(&seed_lock);
    return ok;
}

/* HKDF (RFC 5869) with SHA-256. */
static bool expand(struct prov_soft *soft, const struct prov_part *key,
                   const struct prov_part *info, uint8_t *out, size_t len)
{
    const OSSL_PARAM params[] = {
        prov_param_utf8(OSSL_KDF_PARAM_DIGEST, "SHA256"),
        prov_param_octets(OSSL_KDF_PARAM_KEY, key->data, key->len),
        prov_param_octets(OSSL_KDF_PARAM_INFO, info->data, info->len),
        OSSL_PARAM_END};

    return prov_soft_kdf(soft, "HKDF", params, out, len);
}

static bool hash(struct prov_soft *soft, const struct prov_part *a,
                 const struct prov_part *b,
                 uint8_t secret[static PROV_REJECT_SECRET])
{
    const struct prov_part parts[3] = {
        {secret_info, sizeof(secret_info)}, *a, *b};
    EVP_MD *md = prov_soft_md(soft, prov_digest_find("SHA256"), NULL);
    bool ok = md != NULL && prov_soft_hash(md, parts, secret);

    EVP_MD_free(md);
    return ok;
}

bool prov_reject_random(struct prov_soft *soft, const struct prov_part *modulus,
                        uint8_t secret[static PROV_REJECT_SECRET])
{
    return prov_reject_seed(soft) &&
           hash(soft, &(struct prov_part){seed, sizeof(seed)}, modulus, secret);
}

bool prov_reject_number(struct prov_soft *soft, const struct prov_part *modulus,
                        uint8_t *number)
{
    const struct prov_part info = {number_info, sizeof(number_info)};

    if (!expand(soft, modulus, &info, number, modulus->len))
        return false;
    /* 00, then what neither of the PKCS#1 paddings has there, nor PSS at its
     * end. */
    number[0] = 0;
    number[1] = 0xff;
    number[modulus->len - 1] = 0;
    return true;
}

bool prov_reject_derive(struct prov_soft *soft, const struct prov_part *result,
                        uint8_t secret[static PROV_REJECT_SECRET])
{
    return hash(soft, result, &(struct prov_part){"", 0}, secret);
}

/* Of the numbers drawn, each cut to the bits of max, the last that is less. */
static size_t draw_length(const uint8_t drawn[static DRAWN], size_t max)
{
    size_t bits = max, len = 0;

    for (unsigned shift = 1; shift < 8 * NUMBER; shift *= 2)
        bits |= bits >> shift;
    for (size_t i = 0; i < DRAWN; i += NUMBER) {
        size_t n = (((size_t)drawn[i] << 8) | drawn[i + 1]) & bits;

        len = prov_mask_select(prov_mask_less(n, max), n, len);
    }
    return len;
}

bool prov_reject_message(struct prov_soft *soft,
                         const uint8_t secret[static PROV_REJECT_SECRET],
                         const struct prov_part *ciphertext, uint8_t *message,
                         size_t *len)
{
    uint8_t drawn[DRAWN + PROV_RSA_MAX];
    size_t k = ciphertext->len;
    bool ok = expand(soft, &(struct prov_part){secret, PROV_REJECT_SECRET},
                     ciphertext, drawn, DRAWN + k);

    if (ok) {
        memcpy(message, drawn + DRAWN, k);
        *len = draw_length(drawn, k - HEAD - FILL);
    }
    OPENSSL_cleanse(drawn, sizeof(drawn));
    return ok;
}

size_t prov_reject_find(const uint8_t *em, size_t k, size_t *start)
{
    size_t good = prov_mask_zero(em[0]) & prov_mask_equal(em[1], 2);
    size_t found = 0, at = 0;

    for (size_t i = HEAD; i < k; i++) {
        size_t zero = prov_mask_zero(em[i]);

        at = prov_mask_select(zero & ~found, i, at);
        found |= zero;
    }
    *start = at + 1;
    return good & found & ~prov_mask_less(at, HEAD + FILL);
}

size_t prov_reject_find_premaster(const uint8_t *em, size_t k)
{
    size_t good = prov_mask_zero(em[0]) & prov_mask_equal(em[1], 2);
    size_t end = k - PROV_PREMASTER - 1;

    for (size_t i = HEAD; i < end; i++)
        good &= ~prov_mask_zero(em[i]);
    return good & prov_mask_zero(em[end]);
}
