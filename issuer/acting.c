/* SPDX-License-Identifier: Apache-2.0 */
/* What an act is signed with, and the steps of signing, which any thread may
 * take: see acts.h. */
#include "acts.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "key.h"

/* ---- signers ----------------------------------------------------------- */

static enum iss_status make_signer(struct iss *iss, enum iss_purpose purpose,
                                   EVP_PKEY *key,
                                   const struct enroll_key *numbers,
                                   struct iss_signer **out,
                                   struct iss_error *error)
{
    struct iss_signer *signer = calloc(1, sizeof(*signer));

    if (signer == NULL || EVP_PKEY_up_ref(key) != 1) {
        free(signer);
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    }
    signer->users = 1;
    signer->purpose = purpose;
    signer->numbers = *numbers;
    signer->libctx = iss->env.libctx;
    signer->key = key;
    signer->public = iss_key_software(iss->env.libctx, numbers);
    enum iss_status status = iss_key_hash(numbers, signer->hash, error);
    if (status == ISS_OK && signer->public == NULL)
        status = iss_fail(error, ISS_INTERNAL, "%s key: libcrypto refuses it",
                          iss_purpose_name(purpose));
    if (status == ISS_OK)
        status = iss_key_signing(&iss->env, key, &signer->signing, error);
    if (status != ISS_OK) {
        iss_signer_drop(signer);
        return status;
    }
    *out = signer;
    return ISS_OK;
}

enum iss_status iss_signer_get(struct iss *iss, enum iss_purpose purpose,
                               struct iss_signer **signer,
                               struct iss_error *error)
{
    struct iss_signer *made = NULL;
    struct enroll_key numbers;
    EVP_PKEY *key = NULL;
    enum iss_status status =
        iss_handle_key(iss, purpose, &key, &numbers, error);

    if (status != ISS_OK)
        return status;
    if (*signer != NULL && (*signer)->purpose == purpose &&
        (*signer)->key == key && iss_key_same(&(*signer)->numbers, &numbers))
        return ISS_OK;
    status = make_signer(iss, purpose, key, &numbers, &made, error);
    if (status == ISS_OK) {
        iss_signer_drop(*signer);
        *signer = made;
    }
    return status;
}

void iss_signer_drop(struct iss_signer *signer)
{
    if (signer == NULL || --signer->users > 0)
        return;
    EVP_PKEY_CTX_free(signer->signing);
    EVP_PKEY_free(signer->key);
    EVP_PKEY_free(signer->public);
    free(signer);
}

/* ---- signing and verifying ----------------------------------------------- */

bool iss_acting_well(const struct iss_acting *acting)
{
    return acting->status == ISS_OK && !acting->busy && !acting->done.again;
}

/* A draft was hashed when it was read back. */
static enum iss_status hash_it(struct iss_acting *acting)
{
    const struct iss_done *done = &acting->done;

    if (acting->draft != NULL) {
        xrml_body_hash(acting->draft, acting->hash);
        return ISS_OK;
    }
    enum iss_status status =
        iss_kind_octets(done->kind, done->octets, done->len, &acting->octets,
                        &acting->octets_len, &acting->error);
    return status == ISS_OK ? iss_sha256(acting->octets, acting->octets_len,
                                         acting->hash, &acting->error)
                            : status;
}

void iss_acting_prepare(struct iss_acting *acting)
{
    if (!iss_acting_well(acting) || acting->signing != NULL)
        return;
    acting->status = hash_it(acting);
    if (acting->status != ISS_OK)
        return;
    acting->signing = EVP_PKEY_CTX_dup(acting->signer->signing);
    if (acting->signing == NULL)
        acting->status =
            iss_fail(&acting->error, ISS_INTERNAL, "out of memory");
}

void iss_acting_sign(struct iss_acting *acting)
{
    struct iss_done *done = &acting->done;

    if (!iss_acting_well(acting))
        return;
    acting->status = iss_key_sign_hash(acting->signing, acting->hash, done->sig,
                                       &done->sig_len, &acting->error);
    acting->token_failed = acting->status != ISS_OK;
}

/* The document stays with the act: who asks for it next need not have it made
 * again. */
static enum iss_status hash_whole(struct iss_acting *acting,
                                  struct iss_error *error)
{
    struct iss_done *done = &acting->done;
    char *document = NULL;
    size_t len = 0;
    enum iss_status status =
        iss_done_document(done, done->kind, &document, &len, error);

    if (status == ISS_OK)
        status = iss_sha256(document, len, acting->whole, error);
    done->document = document;
    done->document_len = len;
    return status;
}

static enum iss_status complete(struct iss_acting *acting,
                                struct iss_error *error)
{
    struct iss_done *done = &acting->done;
    const struct xrml_verifier by = {
        .libctx = acting->signer->libctx,
        .key = acting->signer->public,
        .numbers = iss_key_view(&acting->signer->numbers)};
    size_t len = 0;
    enum iss_status status =
        xrml_complete(acting->draft, &by, done->sig, done->sig_len, error);

    if (status != ISS_OK)
        return status;
    done->read = xrml_document_share(acting->draft);
    const char *text = xrml_text(done->read, &len);
    return iss_sha256(text, len, acting->whole, error);
}

static enum iss_status check_octets(struct iss_acting *acting,
                                    struct iss_error *error)
{
    const struct iss_done *done = &acting->done;

    return iss_key_verifies(acting->signer->libctx, acting->signer->public,
                            acting->octets, acting->octets_len, done->sig,
                            done->sig_len)
               ? hash_whole(acting, error)
               : iss_fail(error, ISS_SIGNATURE, "signature");
}

void iss_acting_verify(struct iss_acting *acting)
{
    struct iss_error why = {.status = ISS_OK};

    if (!iss_acting_well(acting))
        return;
    acting->status = acting->draft != NULL ? complete(acting, &why)
                                           : check_octets(acting, &why);
    if (acting->status == ISS_SIGNATURE)
        acting->status =
            iss_fail(&acting->error, ISS_TOKEN,
                     "INTENT %llu: the signature that the token gave does not "
                     "verify; it was not published",
                     (unsigned long long)acting->done.intent);
    else if (acting->status != ISS_OK)
        (void)iss_fail(&acting->error, acting->status, "%s", why.text);
    free(acting->octets);
    acting->octets = NULL;
    EVP_PKEY_CTX_free(acting->signing);
    acting->signing = NULL;
}
