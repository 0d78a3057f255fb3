/* SPDX-License-Identifier: Apache-2.0 */
/* Sealed keys of a class: see sealing.h. */
#include "sealing.h"

#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <string.h>

#include "oracle.h"

enum { SHORT_MESSAGE = 20 };

const char *const sealing_names[SEALING_CLASSES] = {
    [SEALING_GOOD] = "good",
    [SEALING_OTHER_ELEMENT] = "wrong hash",
    [SEALING_WRONG_PADDING] = "wrong padding",
    [SEALING_WRONG_LENGTH] = "wrong length",
    [SEALING_WRONG_SECOND] = "second part altered"};

/* The first part anew: a block without padding, or a message too short. */
static void spoil_first(EVP_PKEY *to, enum sealing class, size_t k,
                        uint8_t *data)
{
    const bool unpadded = class == SEALING_WRONG_PADDING;
    EVP_PKEY_CTX *ctx =
        oracle_context(to, EVP_PKEY_encrypt_init,
                       unpadded ? RSA_NO_PADDING : RSA_PKCS1_OAEP_PADDING);
    uint8_t block[XRML_MODULUS_MAX];
    size_t len = k;

    if (RAND_bytes(block, (int)k) != 1)
        oracle_stop("random");
    block[0] = 0;
    if (EVP_PKEY_encrypt(ctx, data, &len, block,
                         unpadded ? k : SHORT_MESSAGE) != 1)
        oracle_stop("encryption");
    EVP_PKEY_CTX_free(ctx);
}

size_t sealing_make(EVP_PKEY *to, enum sealing class, const char *element,
                    const uint8_t key[static SEALING_KEY],
                    uint8_t data[static SEALED_MAX])
{
    static const char other[] = "<ISSUEDPRINCIPALS>other</ISSUEDPRINCIPALS>";
    const char *bound = class == SEALING_OTHER_ELEMENT ? other : element;
    const struct sealed_lid lid = {.form = SEALED_V2,
                                   .kind = SEALED_CONTENT_KEY,
                                   .element = bound,
                                   .element_len = strlen(bound)};
    struct sealed_secret secret = {.len = SEALING_KEY};
    struct iss_error error = {.status = ISS_OK};
    const size_t k = (size_t)EVP_PKEY_get_size(to);
    size_t len = 0;

    memcpy(secret.octets, key, SEALING_KEY);
    if (sealed_close_to(&lid, to, &secret, data, &len, &error) != ISS_OK)
        oracle_stop(error.text);
    if (class == SEALING_WRONG_PADDING || class == SEALING_WRONG_LENGTH)
        spoil_first(to, class, k, data);
    if (class == SEALING_WRONG_SECOND)
        data[k] ^= 1;
    return len;
}
