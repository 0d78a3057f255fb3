/* SPDX-License-Identifier: Apache-2.0 */
/* What the opaque handles of privyseal.h are. Internal to the library. */
#ifndef PRIVYSEAL_CAPI_HANDLES_H
#define PRIVYSEAL_CAPI_HANDLES_H

#include "issuer/client.h"
#include "issuer/license.h"
#include "issuer/xrml_revocation.h"
#include "privyseal.h"

struct privyseal {
    OSSL_LIB_CTX *libctx;
    const UI_METHOD *ui;
    void *ui_data;
    char *host, *user;
    int64_t (*now)(void *arg);
    void *now_arg;
    struct iss_error error;
};

/* Clears what the last call said; the start of every call that can fail. */
struct iss_error *capi_begin(privyseal *context);
int64_t capi_now(const privyseal *context);

enum { CAPI_FIELDS_MAX = 24, CAPI_TEXTS_MAX = 16 };

struct privyseal_chain {
    struct xrml_chain chain;
    struct capi_document { /* owned texts, NULL: it does not say that */
        char *fields[CAPI_FIELDS_MAX];
        struct xrml_reading *reading; /* NULL: none of a license's parts */
    } documents[XRML_CHAIN_DOCUMENTS];
};

/* Takes chain over and empties it; *out returns new. */
ISS_CHECKED enum iss_status capi_chain_take(struct xrml_chain *chain,
                                            privyseal_chain **out,
                                            struct iss_error *error);

struct privyseal_verifier {
    struct xrml_anchors *anchors;
    struct xrml_revocations *lists; /* NULL: none was added */
    bool legacy, at_set;
    int64_t at;
};

struct privyseal_order {
    struct iss_license_order order; /* points into the rest */
    uint8_t nonce[ISS_LICENSE_NONCE_SIZE];
    uint8_t content_key[ISS_CONTENT_KEY_MAX];
    struct iss_terms terms;
    struct iss_grant grants[ISS_GRANTS_MAX];
    /* What those point to, owned. */
    char *texts[CAPI_TEXTS_MAX];
    char *rights[ISS_GRANTS_MAX], *mails[ISS_GRANTS_MAX];
};

#endif
