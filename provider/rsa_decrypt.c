/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RSA decryption in a token. The bare operation with the padding removed here
 * is preferred for PKCS#1 v1.5: a token's own error is an oracle, ours is none
 * (rsa_reject.h).
 */
#include "rsa_ops.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>
#include <openssl/rsa.h>
#include <string.h>

#include "ask.h"
#include "error.h"
#include "key.h"
#include "mask.h"
#include "prov.h"
#include "rsa_pad.h"
#include "rsa_reject.h"

enum { VERSION_BITS = 8, OVERHEAD = 11 };

struct job {
    uint8_t *out;
    size_t *out_len;   /* size in, length out */
    const uint8_t *in; /* as many octets as the modulus has */
    size_t in_len;
    const uint8_t *modulus;
};

static int failed(const struct prov_padding *padding, CK_RV rv)
{
    return prov_raise(&padding->prov->core, rv, "%s: not decrypted: %s",
                      prov_key_name(padding->key), p11_rv_text(rv));
}

const struct prov_digest *
prov_rsa_oaep_digest(const struct prov_padding *padding)
{
    return padding->digest != NULL ? padding->digest : prov_digest_find("SHA1");
}

const struct prov_digest *prov_rsa_oaep_mgf1(const struct prov_padding *padding)
{
    return padding->mgf1 != NULL ? padding->mgf1
                                 : prov_rsa_oaep_digest(padding);
}

/* What a token may say of a ciphertext that does not decrypt. The caller must
 * not learn which: to an attacker each would be an oracle. */
static bool about_ciphertext(CK_RV rv)
{
    static const CK_RV codes[] = {
        CKR_ENCRYPTED_DATA_INVALID, CKR_ENCRYPTED_DATA_LEN_RANGE,
        CKR_DATA_INVALID,           CKR_DATA_LEN_RANGE,
        CKR_GENERAL_ERROR,          CKR_FUNCTION_FAILED,
        CKR_BUFFER_TOO_SMALL,       P11R_OUTPUT};

    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        if (codes[i] == rv)
            return true;
    }
    return false;
}

static CK_RV token_decrypt(struct prov_padding *padding,
                           const CK_MECHANISM *how, const struct job *job,
                           uint8_t plain[static PROV_RSA_MAX], size_t *len)
{
    CK_RV rv;

    *len = PROV_RSA_MAX;
    prov_enter(padding->prov);
    rv = p11_decrypt(padding->key->object, how, job->in, job->in_len, plain,
                     len, &prov_ask_default);
    prov_leave(padding->prov);
    return about_ciphertext(rv) ? CKR_ENCRYPTED_DATA_INVALID : rv;
}

static int hand_out(const struct prov_padding *padding, const struct job *job,
                    const uint8_t *plain, size_t len)
{
    if (*job->out_len < len)
        return failed(padding, CKR_BUFFER_TOO_SMALL);
    memcpy(job->out, plain, len);
    *job->out_len = len;
    return 1;
}

/* The bare operation; em gets as many octets as the modulus has. */
static CK_RV token_bare(struct prov_padding *padding, const struct job *job,
                        uint8_t em[static PROV_RSA_MAX])
{
    const CK_MECHANISM how = {CKM_RSA_X_509, NULL, 0};
    size_t k = padding->key->size, len;
    CK_RV rv = token_decrypt(padding, &how, job, em, &len);

    if (rv == CKR_OK && len > k)
        rv = P11R_OUTPUT;
    if (rv != CKR_OK)
        return rv;
    if (len < k) { /* a token that drops leading zeros */
        memmove(em + (k - len), em, len);
        memset(em, 0, k - len);
    }
    return CKR_OK;
}

static int decrypt_bare(struct prov_padding *padding, const struct job *job,
                        uint8_t plain[static PROV_RSA_MAX])
{
    CK_RV rv = token_bare(padding, job, plain);

    return rv == CKR_OK ? hand_out(padding, job, plain, padding->key->size)
                        : failed(padding, rv);
}

/* ---- PKCS#1 v1.5 ------------------------------------------------------- */

/* The block, its padding removed here or by the token. good is a mask. */
struct block {
    uint8_t *em;
    size_t good, start;
    bool bare; /* em is all of the block */
};

/* Whether the key is to be asked for the bare operation. */
static bool wants_bare(struct prov_key *key)
{
    return !prov_key_refused(key, PROV_REFUSED_BARE, prov_digest_at(0)) &&
           prov_key_allows(key, CKM_RSA_X_509);
}

/* Has the token remove the padding. What it says of a wrong one is kept in
 * good, the message is put to the end of em. */
static CK_RV open_by_token(struct prov_padding *padding, const struct job *job,
                           struct block *block)
{
    const CK_MECHANISM how = {CKM_RSA_PKCS, NULL, 0};
    size_t k = padding->key->size, len = 0;
    CK_RV rv = token_decrypt(padding, &how, job, block->em, &len);

    if (rv != CKR_OK && rv != CKR_ENCRYPTED_DATA_INVALID)
        return rv;
    block->good = prov_mask_equal(rv, CKR_OK) &
                  ~prov_mask_less(k - OVERHEAD, len & (PROV_RSA_MAX * 2 - 1));
    len = prov_mask_select(block->good, len, 0);
    memmove(block->em + (k - len), block->em, len);
    block->start = k - len;
    return CKR_OK;
}

static CK_RV open_block(struct prov_padding *padding, const struct job *job,
                        struct block *block)
{
    struct prov_key *key = padding->key;
    CK_RV rv = CKR_MECHANISM_INVALID;

    if (wants_bare(key)) {
        rv = token_bare(padding, job, block->em);
        block->bare = true;
    }
    if (prov_key_wrong_mechanism(rv)) {
        block->bare = false;
        rv = open_by_token(padding, job, block);
        if (rv == CKR_OK)
            prov_key_refuse(key, PROV_REFUSED_BARE, prov_digest_at(0));
    }
    return rv;
}

/* What the key makes of the fixed number, which the secret is made from. */
static CK_RV ask_secret(struct prov_padding *padding, const struct job *job,
                        uint8_t secret[static PROV_REJECT_SECRET])
{
    const struct prov_part modulus = {job->modulus, job->in_len};
    struct prov_soft *soft = &padding->prov->soft;
    uint8_t number[PROV_RSA_MAX], result[PROV_RSA_MAX];
    const struct job ask = {.in = number, .in_len = job->in_len};
    CK_RV rv = CKR_FUNCTION_FAILED;
    bool ok;

    prov_enter(padding->prov);
    ok = prov_reject_number(soft, &modulus, number);
    prov_leave(padding->prov);
    if (ok)
        rv = token_bare(padding, &ask, result);
    prov_enter(padding->prov);
    if (rv == CKR_OK &&
        !prov_reject_derive(soft, &(struct prov_part){result, job->in_len},
                            secret))
        rv = CKR_FUNCTION_FAILED;
    prov_leave(padding->prov);
    OPENSSL_cleanse(result, sizeof(result));
    return rv;
}

static CK_RV make_secret(struct prov_padding *padding, const struct job *job,
                         bool bare, uint8_t secret[static PROV_REJECT_SECRET])
{
    const struct prov_part modulus = {job->modulus, job->in_len};
    bool ok;

    if (bare)
        return ask_secret(padding, job, secret);
    prov_enter(padding->prov);
    ok = prov_reject_random(&padding->prov->soft, &modulus, secret);
    prov_leave(padding->prov);
    return ok ? CKR_OK : CKR_FUNCTION_FAILED;
}

/* The key's secret, made at first need. */
static CK_RV find_secret(struct prov_padding *padding, const struct job *job,
                         bool bare, const uint8_t **secret)
{
    struct prov_key *key = padding->key;
    uint8_t *made, *expected = NULL;
    CK_RV rv;

    *secret = atomic_load(&key->reject);
    if (*secret != NULL)
        return CKR_OK;
    made = OPENSSL_malloc(PROV_REJECT_SECRET);
    if (made == NULL)
        return CKR_HOST_MEMORY;
    rv = make_secret(padding, job, bare, made);
    if (rv == CKR_OK &&
        atomic_compare_exchange_strong(&key->reject, &expected, made)) {
        *secret = made;
        return CKR_OK;
    }
    OPENSSL_clear_free(made, PROV_REJECT_SECRET);
    *secret = expected;
    return rv;
}

/* Puts the message for a wrong padding over the block, or leaves it. */
static int choose(struct prov_padding *padding, const struct job *job,
                  const uint8_t *secret, struct block *block)
{
    const struct prov_part ciphertext = {job->in, job->in_len};
    size_t k = job->in_len, len = 0;
    uint8_t message[PROV_RSA_MAX];
    bool made;

    prov_enter(padding->prov);
    made = prov_reject_message(&padding->prov->soft, secret, &ciphertext,
                               message, &len);
    prov_leave(padding->prov);
    block->start = prov_mask_select(block->good, block->start, k - len);
    prov_mask_copy(block->good, block->em, message, block->em, k);
    OPENSSL_cleanse(message, sizeof(message));
    return made ? 1 : failed(padding, CKR_FUNCTION_FAILED);
}

static int decrypt_pkcs1(struct prov_padding *padding, const struct job *job,
                         uint8_t plain[static PROV_RSA_MAX])
{
    struct block block = {.em = plain};
    const uint8_t *secret = NULL;
    size_t k = job->in_len;
    CK_RV rv;

    memset(plain, 0, PROV_RSA_MAX);
    rv = open_block(padding, job, &block);
    if (rv == CKR_OK && !padding->reveals)
        rv = find_secret(padding, job, block.bare, &secret);
    if (rv != CKR_OK)
        return failed(padding, rv);
    if (block.bare)
        block.good = prov_reject_find(plain, k, &block.start);
    if (padding->reveals && block.good == 0)
        return failed(padding, CKR_ENCRYPTED_DATA_INVALID);
    if (!padding->reveals && choose(padding, job, secret, &block) != 1)
        return 0;
    return hand_out(padding, job, plain + block.start, k - block.start);
}

/* A version of two octets, as a mask. */
static size_t is_version(const uint8_t *octets, unsigned version)
{
    return prov_mask_equal(octets[0], version >> VERSION_BITS) &
           prov_mask_equal(octets[1], version & 0xff);
}

/* RFC 5246, 7.4.7.1: whatever is wrong with the ciphertext, the caller gets 48
 * octets, random ones, and the handshake fails later. */
static int decrypt_tls(struct prov_padding *padding, const struct job *job,
                       uint8_t plain[static PROV_RSA_MAX])
{
    unsigned client = padding->tls_client, other = padding->tls_negotiated;
    struct block block = {.em = plain};
    uint8_t fallback[PROV_PREMASTER];
    size_t k = job->in_len, version;
    const uint8_t *secret;
    CK_RV rv;

    if (client == 0 || *job->out_len < PROV_PREMASTER ||
        k < PROV_PREMASTER + OVERHEAD)
        return failed(padding, CKR_MECHANISM_PARAM_INVALID);
    if (!prov_soft_random(&padding->prov->soft, fallback, sizeof(fallback)))
        return failed(padding, CKR_FUNCTION_FAILED);
    memset(plain, 0, PROV_RSA_MAX);
    rv = open_block(padding, job, &block);
    if (rv != CKR_OK)
        return failed(padding, rv);
    secret = plain + (k - PROV_PREMASTER);
    if (block.bare)
        block.good = prov_reject_find_premaster(plain, k);
    else
        block.good &= prov_mask_equal(block.start, k - PROV_PREMASTER);
    version = is_version(secret, client);
    /* A client that offered more and then used what was negotiated. */
    if (other != 0)
        version |= is_version(secret, other);
    prov_mask_copy(block.good & version, secret, fallback, job->out,
                   PROV_PREMASTER);
    *job->out_len = PROV_PREMASTER;
    OPENSSL_cleanse(fallback, sizeof(fallback));
    return 1;
}

/* ---- OAEP -------------------------------------------------------------- */

static CK_RV token_oaep(struct prov_padding *padding, const struct job *job,
                        uint8_t plain[static PROV_RSA_MAX],
                        struct prov_part *message)
{
    CK_RSA_PKCS_OAEP_PARAMS params = {
        .hashAlg = prov_rsa_oaep_digest(padding)->hash,
        .mgf = prov_rsa_oaep_mgf1(padding)->mgf,
        .source = CKZ_DATA_SPECIFIED,
        .pSourceData = padding->label_len != 0 ? padding->label : NULL,
        .ulSourceDataLen = padding->label_len};
    const CK_MECHANISM how = {CKM_RSA_PKCS_OAEP, &params, sizeof(params)};

    if (params.hashAlg == 0 || params.mgf == 0)
        return CKR_MECHANISM_PARAM_INVALID;
    message->data = plain;
    return token_decrypt(padding, &how, job, plain, &message->len);
}

static CK_RV raw_oaep(struct prov_padding *padding, const struct job *job,
                      uint8_t plain[static PROV_RSA_MAX],
                      struct prov_part *message)
{
    const struct prov_rsa_hash hash = {&padding->prov->soft,
                                       prov_rsa_oaep_digest(padding),
                                       prov_rsa_oaep_mgf1(padding)};
    const struct prov_part label = {padding->label, padding->label_len};
    size_t k = padding->key->size, start = 0;
    CK_RV rv = token_bare(padding, job, plain);

    if (rv != CKR_OK)
        return rv;
    prov_enter(padding->prov);
    if (!prov_rsa_oaep_decode(&hash, plain, k, &label, &start))
        rv = CKR_ENCRYPTED_DATA_INVALID;
    prov_leave(padding->prov);
    *message = (struct prov_part){plain + start, k - start};
    return rv;
}

static bool refused_oaep(CK_RV rv)
{
    /* SoftHSM2 calls every digest but SHA-1 a bad argument. */
    return prov_key_wrong_mechanism(rv) || rv == CKR_ARGUMENTS_BAD;
}

/* The token's own OAEP first, but with a label or a digest of MGF1's own: some
 * tokens (SoftHSM2) ignore the label, and then a ciphertext made for one
 * purpose decrypts for another, some (TPMs) the digest. */
static int decrypt_oaep(struct prov_padding *padding, const struct job *job,
                        uint8_t plain[static PROV_RSA_MAX])
{
    bool special = padding->label_len != 0 ||
                   prov_rsa_oaep_mgf1(padding) != prov_rsa_oaep_digest(padding);
    struct prov_key *key = padding->key;
    struct prov_part message;
    CK_RV rv = CKR_MECHANISM_PARAM_INVALID, raw;

    if (!special && !prov_key_refused(key, PROV_REFUSED_OAEP,
                                      prov_rsa_oaep_digest(padding)))
        rv = token_oaep(padding, job, plain, &message);
    if (refused_oaep(rv) && prov_key_allows(key, CKM_RSA_X_509)) {
        raw = raw_oaep(padding, job, plain, &message);
        if (raw == CKR_OK && !special)
            prov_key_refuse(key, PROV_REFUSED_OAEP,
                            prov_rsa_oaep_digest(padding));
        if (!prov_key_wrong_mechanism(raw))
            rv = raw;
    }
    if (special && refused_oaep(rv))
        rv = token_oaep(padding, job, plain, &message);
    return rv == CKR_OK ? hand_out(padding, job, message.data, message.len)
                        : failed(padding, rv);
}

/* ---- all paddings ------------------------------------------------------ */

/* The ciphertext as many octets long as the modulus, and less than it: what
 * fails here anybody could have told. */
static bool normalise(const struct prov_padding *padding, const uint8_t *in,
                      size_t in_len, uint8_t *out, uint8_t *modulus)
{
    const OSSL_PARAM *param =
        padding->key->public != NULL
            ? OSSL_PARAM_locate_const(padding->key->public,
                                      OSSL_PKEY_PARAM_RSA_N)
            : NULL;
    size_t k = padding->key->size;
    BIGNUM *n = NULL;
    bool ok = false;

    if (in_len == 0 || in_len > k)
        return false;
    memset(out, 0, k - in_len);
    memcpy(out + (k - in_len), in, in_len);
    if (param != NULL && OSSL_PARAM_get_BN(param, &n) == 1)
        ok = BN_bn2binpad(n, modulus, (int)k) == (int)k &&
             memcmp(out, modulus, k) < 0;
    BN_free(n);
    return ok;
}

int prov_rsa_decrypt(struct prov_padding *padding, uint8_t *out,
                     size_t *out_len, const uint8_t *in, size_t in_len)
{
    static const struct {
        int pad;
        int (*decrypt)(struct prov_padding *padding, const struct job *job,
                       uint8_t plain[static PROV_RSA_MAX]);
    } ways[] = {{RSA_PKCS1_PADDING, decrypt_pkcs1},
                {RSA_PKCS1_WITH_TLS_PADDING, decrypt_tls},
                {RSA_PKCS1_OAEP_PADDING, decrypt_oaep},
                {RSA_NO_PADDING, decrypt_bare}};
    uint8_t plain[PROV_RSA_MAX], block[PROV_RSA_MAX], modulus[PROV_RSA_MAX];
    const struct job job = {out, out_len, block, padding->key->size, modulus};
    int ok;

    if (job.in_len < OVERHEAD ||
        !normalise(padding, in, in_len, block, modulus))
        return failed(padding, CKR_ENCRYPTED_DATA_LEN_RANGE);
    /* As libcrypto wants it, whatever the message: room for some of them only
     * would tell them apart. */
    if (padding->pad != RSA_PKCS1_WITH_TLS_PADDING && *out_len < job.in_len)
        return failed(padding, CKR_BUFFER_TOO_SMALL);
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        if (ways[i].pad != padding->pad)
            continue;
        ok = ways[i].decrypt(padding, &job, plain);
        OPENSSL_cleanse(plain, sizeof(plain));
        return ok;
    }
    return failed(padding, CKR_MECHANISM_INVALID);
}
