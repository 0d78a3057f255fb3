/* SPDX-License-Identifier: Apache-2.0 */
/* The user's side: keys that certificates hold, publishing, opening. */
#include <stdlib.h>
#include <string.h>

#include "handles.h"

enum { CONTENT_KEY_MAX = 32 };

int privyseal_open_key(privyseal *context, const privyseal_chain *holder,
                       EVP_PKEY *with, EVP_PKEY **out)
{
    struct iss_error *error = capi_begin(context);

    *out = NULL;
    return (int)client_open_key(context->libctx, holder->chain.documents[0],
                                with, out, error);
}

int privyseal_publish(privyseal *context, const privyseal_chain *clc,
                      EVP_PKEY *key, const privyseal_order *order, char **out,
                      size_t *len)
{
    struct iss_error *error = capi_begin(context);
    const struct client_publication what = {
        .clc = &clc->chain,
        .key = key,
        .terms = &order->terms,
        .content_key = order->order.content_key,
        .content_key_len = order->order.content_key_len,
        .now = capi_now(context)};

    *out = NULL;
    *len = 0;
    if (order->order.kind != ISS_PL || order->order.content_key == NULL)
        return (int)iss_fail(error, ISS_USAGE,
                             "publishing takes an order of kind pl with a "
                             "content-key");
    return (int)client_publish(context->libctx, &what, out, len, error);
}

void privyseal_text_free(char *text)
{
    free(text);
}

int privyseal_open_content(privyseal *context,
                           const privyseal_verifier *verifier,
                           const privyseal_chain *ul, const privyseal_chain *pl,
                           const privyseal_chain *rac, EVP_PKEY *rac_key,
                           const char *right, uint8_t key[CONTENT_KEY_MAX],
                           size_t *key_len)
{
    struct iss_error *error = capi_begin(context);
    const struct client_use use = {.ul = &ul->chain,
                                   .pl = &pl->chain,
                                   .rac = &rac->chain,
                                   .key = rac_key,
                                   .anchors = verifier->anchors,
                                   .lists = verifier->lists,
                                   .right = right,
                                   .now = verifier->at_set ? verifier->at
                                                           : capi_now(context)};
    struct sealed_secret secret = {.len = 0};
    enum iss_status status =
        client_open_content(context->libctx, &use, &secret, error);

    *key_len = 0;
    if (status == ISS_OK && secret.len > CONTENT_KEY_MAX)
        status = iss_fail(error, ISS_INTERNAL, "a content key of %zu octets",
                          secret.len);
    if (status == ISS_OK) {
        memcpy(key, secret.octets, secret.len);
        *key_len = secret.len;
    }
    sealed_secret_wipe(&secret);
    return (int)status;
}
