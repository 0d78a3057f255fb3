/* SPDX-License-Identifier: Apache-2.0 */
/* Sealed keys of a license on its way: opened in the token, closed in
 * software. */
#include "matter.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "desk.h"
#include "key.h"
#include "xrml_base64.h"

enum { PAIR_BITS = 2048 };

/* ---- the token's step ------------------------------------------------------
 */

static void open_sealed(struct iss_matter_sealed *sealed)
{
    struct iss_error unused = {.status = ISS_OK};

    ERR_clear_error();
    sealed->status =
        sealed->opener != NULL
            ? sealed_open_by(&sealed->lid, sealed->opener, sealed->data,
                             sealed->len, &sealed->secret, &unused)
            : sealed_open(&sealed->lid, sealed->with, sealed->data, sealed->len,
                          &sealed->secret, &unused);
    /* that the token was away says nothing about what it was given; asked in
     * any case, which takes its time */
    const enum iss_status away = iss_key_away(sealed->status);
    if (sealed->status != ISS_OK)
        sealed->status = away;
    ERR_clear_error();
}

/* In software, whatever provider is listed first: it is sealed and handed
 * out. */
static EVP_PKEY *make_pair(OSSL_LIB_CTX *libctx)
{
    EVP_PKEY_CTX *ctx =
        EVP_PKEY_CTX_new_from_name(libctx, "RSA", "?provider=default");
    EVP_PKEY *pair = NULL;

    if (ctx == NULL || EVP_PKEY_keygen_init(ctx) != 1 ||
        EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, PAIR_BITS) != 1 ||
        EVP_PKEY_generate(ctx, &pair) != 1)
        pair = NULL;
    EVP_PKEY_CTX_free(ctx);
    ERR_clear_error();
    return pair;
}

void iss_matter_unseal(struct iss_matter *matter)
{
    if (matter->sealed.needed)
        open_sealed(&matter->sealed);
    if (matter->pair_needed && matter->pair == NULL)
        matter->pair = make_pair(matter->iss->env.libctx);
}

/* ---- the desk's ------------------------------------------------------------
 */

enum iss_status iss_matter_licensor(struct iss_matter *matter,
                                    const uint8_t hash[static ISS_HASH_SIZE],
                                    EVP_PKEY **out, struct iss_error *error)
{
    return iss_desk_licensor(matter->iss, hash, out, error);
}

enum iss_status iss_matter_recipient(struct iss_matter *matter,
                                     const struct xrml_key *to,
                                     struct iss_error *error)
{
    EVP_PKEY_free(matter->to);
    matter->to = NULL;
    return iss_desk_recipient(matter->iss, to, &matter->to, error);
}

/* ISSUER as a license of this server has it: PRINCIPAL of its certificate. */
static char *print_issuer(const struct iss_matter *matter)
{
    const struct xrml_fields *own = xrml_fields(matter->own.documents[0]);
    char *out = NULL;
    int n = asprintf(&out, "<ISSUER>%.*s</ISSUER>",
                     (int)own->principal_text_len, own->principal_text);

    return n < 0 ? NULL : out;
}

enum iss_status iss_matter_seal(const struct iss_matter *matter,
                                enum sealed_kind kind,
                                const struct sealed_secret *secret, char **out,
                                struct iss_error *error)
{
    char *issuer = print_issuer(matter);
    uint8_t *data = malloc(SEALED_MAX);
    size_t len = 0;
    enum iss_status status = ISS_OK;

    *out = malloc(XRML_BASE64_SIZE(SEALED_MAX));
    if (issuer == NULL || data == NULL || *out == NULL) {
        status = iss_fail(error, ISS_INTERNAL, "out of memory");
        goto out;
    }
    const struct sealed_lid lid = {.libctx = matter->iss->env.libctx,
                                   .form = SEALED_V2,
                                   .kind = kind,
                                   .element = issuer,
                                   .element_len = strlen(issuer)};
    status = sealed_close_to(&lid, matter->to, secret, data, &len, error);
    if (status == ISS_OK)
        (void)xrml_base64_encode(data, len, *out);
out:
    if (status != ISS_OK) {
        free(*out);
        *out = NULL;
    }
    free(data);
    free(issuer);
    return status;
}

enum iss_status iss_matter_address(const struct iss_matter *matter,
                                   const char *tail, char **out,
                                   struct iss_error *error)
{
    const struct xrml_fields *own = xrml_fields(matter->own.documents[0]);
    const char *base = own->principal.address != NULL ? own->principal.address
                                                      : matter->iss->url;

    if (asprintf(out, "%s%s", base, tail) >= 0)
        return ISS_OK;
    *out = NULL;
    return iss_fail(error, ISS_INTERNAL, "out of memory");
}
