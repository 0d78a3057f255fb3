/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the table of flows, and those with one key and one operation. */
#include "sweep.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/rsa.h>
#include <string.h>

enum { SIG_MAX = 512 };

static const unsigned char message[] = "what is to be signed, agreed or hidden";

enum verdict flow_load(struct run *run, enum world_key key)
{
    if (run->key == NULL)
        run->key = world_load(run->libctx, world_uri(key));
    return run->key != NULL ? RIGHT : FAILED;
}

/* ---- signing ----------------------------------------------------------- */

static const char *digest_of(enum world_key which)
{
    return which == KEY_ED ? NULL : "SHA256";
}

static bool set_pss(EVP_PKEY_CTX *ctx, bool pss)
{
    return !pss ||
           (EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
            EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, 32) == 1);
}

static bool verifies(enum world_key which, bool pss, const unsigned char *sig,
                     size_t len)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *key_ctx = NULL;
    bool good = EVP_DigestVerifyInit_ex(ctx, &key_ctx, digest_of(which), NULL,
                                        NULL, world_public(which), NULL) == 1 &&
                set_pss(key_ctx, pss) &&
                EVP_DigestVerify(ctx, sig, len, message, sizeof(message)) == 1;

    EVP_MD_CTX_free(ctx);
    return good;
}

static enum verdict sign_and_verify(struct run *run, EVP_PKEY *key,
                                    enum world_key which, bool pss)
{
    unsigned char sig[SIG_MAX];
    size_t len = sizeof(sig);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *key_ctx = NULL;
    bool good = EVP_DigestSignInit_ex(ctx, &key_ctx, digest_of(which),
                                      run->libctx, NULL, key, NULL) == 1 &&
                set_pss(key_ctx, pss) &&
                EVP_DigestSign(ctx, sig, &len, message, sizeof(message)) == 1;
    enum verdict verdict = FAILED;

    EVP_MD_CTX_free(ctx);
    if (good) {
        (void)ERR_set_mark();
        verdict = verifies(which, pss, sig, len) ? RIGHT : WRONG;
        (void)ERR_pop_to_mark();
    }
    return verdict;
}

enum verdict flow_sign(struct run *run, EVP_PKEY *key, enum world_key which)
{
    return sign_and_verify(run, key, which, false);
}

static enum verdict load_and_sign(struct run *run, enum world_key which,
                                  bool pss)
{
    enum verdict verdict = flow_load(run, which);

    return verdict == RIGHT ? sign_and_verify(run, run->key, which, pss)
                            : verdict;
}

static enum verdict sign_rsa(struct run *run)
{
    return load_and_sign(run, KEY_RSA, false);
}

static enum verdict sign_pss(struct run *run)
{
    return load_and_sign(run, KEY_RSA, true);
}

static enum verdict sign_ec(struct run *run)
{
    return load_and_sign(run, KEY_EC, false);
}

static enum verdict sign_ed(struct run *run)
{
    return load_and_sign(run, KEY_ED, false);
}

static enum verdict sign_ask(struct run *run)
{
    return load_and_sign(run, KEY_ASK, false);
}

/* ---- loading ----------------------------------------------------------- */

static enum verdict load(struct run *run, enum world_key which)
{
    char name[64];
    enum verdict verdict;

    EVP_PKEY_free(run->key);
    run->key = NULL;
    verdict = flow_load(run, which);
    if (verdict != RIGHT)
        return verdict;
    if (EVP_PKEY_get_bits(run->key) <= 0 || EVP_PKEY_get_size(run->key) <= 0 ||
        EVP_PKEY_get0_type_name(run->key) == NULL)
        return WRONG;
    if (which == KEY_EC &&
        EVP_PKEY_get_group_name(run->key, name, sizeof(name), NULL) != 1)
        return FAILED;
    (void)ERR_set_mark();
    verdict = EVP_PKEY_eq(run->key, world_public(which)) == 1 ? RIGHT : WRONG;
    (void)ERR_pop_to_mark();
    return verdict;
}

static enum verdict load_rsa(struct run *run)
{
    return load(run, KEY_RSA);
}

static enum verdict load_ec(struct run *run)
{
    return load(run, KEY_EC);
}

/* ---- hiding ------------------------------------------------------------ */

static bool set_padding(EVP_PKEY_CTX *ctx, int padding)
{
    return EVP_PKEY_CTX_set_rsa_padding(ctx, padding) == 1 &&
           (padding != RSA_PKCS1_OAEP_PADDING ||
            EVP_PKEY_CTX_set_rsa_oaep_md_name(ctx, "SHA256", NULL) == 1);
}

static bool encrypt(int padding, unsigned char out[static SIG_MAX], size_t *len)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(world_public(KEY_RSA), NULL);
    bool good;

    *len = SIG_MAX;
    good = EVP_PKEY_encrypt_init(ctx) == 1 && set_padding(ctx, padding) &&
           EVP_PKEY_encrypt(ctx, out, len, message, sizeof(message)) == 1;
    EVP_PKEY_CTX_free(ctx);
    return good;
}

static enum verdict decrypt(struct run *run, int padding)
{
    unsigned char hidden[SIG_MAX], plain[SIG_MAX];
    size_t hidden_len = 0, len = sizeof(plain);
    enum verdict verdict = flow_load(run, KEY_RSA);
    EVP_PKEY_CTX *ctx;
    bool good;

    if (verdict != RIGHT)
        return verdict;
    if (!encrypt(padding, hidden, &hidden_len))
        return WRONG;
    ctx = EVP_PKEY_CTX_new_from_pkey(run->libctx, run->key, NULL);
    good = ctx != NULL && EVP_PKEY_decrypt_init(ctx) == 1 &&
           set_padding(ctx, padding) &&
           EVP_PKEY_decrypt(ctx, plain, &len, hidden, hidden_len) == 1;
    EVP_PKEY_CTX_free(ctx);
    if (!good)
        return FAILED;
    return len == sizeof(message) && memcmp(plain, message, len) == 0 ? RIGHT
                                                                      : WRONG;
}

static enum verdict decrypt_oaep(struct run *run)
{
    return decrypt(run, RSA_PKCS1_OAEP_PADDING);
}

static enum verdict decrypt_pkcs1(struct run *run)
{
    return decrypt(run, RSA_PKCS1_PADDING);
}

/* ---- agreeing ---------------------------------------------------------- */

static bool agree(OSSL_LIB_CTX *libctx, EVP_PKEY *key, EVP_PKEY *peer,
                  unsigned char out[static SIG_MAX], size_t *len)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(libctx, key, NULL);
    bool good;

    *len = SIG_MAX;
    good = ctx != NULL && EVP_PKEY_derive_init(ctx) == 1 &&
           EVP_PKEY_derive_set_peer(ctx, peer) == 1 &&
           EVP_PKEY_derive(ctx, out, len) == 1;
    EVP_PKEY_CTX_free(ctx);
    return good;
}

static enum verdict derive(struct run *run, enum world_key which)
{
    unsigned char ours[SIG_MAX], theirs[SIG_MAX];
    size_t ours_len = 0, theirs_len = 0;
    enum verdict verdict = flow_load(run, which);
    EVP_PKEY *peer;
    bool good;

    if (verdict != RIGHT)
        return verdict;
    peer = which == KEY_EC ? EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256")
                           : EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
    good = agree(run->libctx, run->key, peer, ours, &ours_len);
    if (!good)
        verdict = FAILED;
    else if (!agree(NULL, peer, world_public(which), theirs, &theirs_len) ||
             ours_len != theirs_len || memcmp(ours, theirs, ours_len) != 0)
        verdict = WRONG;
    EVP_PKEY_free(peer);
    return verdict;
}

static enum verdict derive_ec(struct run *run)
{
    return derive(run, KEY_EC);
}

static enum verdict derive_x(struct run *run)
{
    return derive(run, KEY_X);
}

const struct flow flows[] = {
    {"load-rsa", "RSA", load_rsa},
    {"load-ec", "EC", load_ec},
    {"sign-rsa", "RSA", sign_rsa},
    {"sign-pss", "RSA", sign_pss},
    {"sign-ec", "EC", sign_ec},
    {"sign-ed25519", "ED25519", sign_ed},
    {"sign-ask", "RSA", sign_ask},
    {"decrypt-oaep", "RSA", decrypt_oaep},
    {"decrypt-pkcs1", "RSA", decrypt_pkcs1},
    {"derive-ec", "EC", derive_ec},
    {"derive-x25519", "X25519", derive_x},
    {"generate", "RSA", flow_generate},
    {"list", "RSA", flow_list},
    {"pem", "RSA", flow_pem},
    {"fork", "RSA", flow_fork},
    {"threads", "RSA", flow_threads},
    {"reconnect", "RSA", flow_reconnect},
    {"reload", "RSA", flow_reload},
};
const size_t flow_count = sizeof(flows) / sizeof(flows[0]);
