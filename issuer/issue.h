/* SPDX-License-Identifier: Apache-2.0 */
/* The act of signing, for the files that prepare what is to be signed. Whatever
 * a licensor or authority key signs goes through iss_act_perform. */
#ifndef PRIVYSEAL_ISSUE_H
#define PRIVYSEAL_ISSUE_H

#include "handle.h"
#include "journal.h"

struct iss_act {           /* one thing to be signed; all borrowed */
    const char *kind;      /* "slc", "proof", ...: docs/formats/journal.md */
    const uint8_t *digest; /* D: the same D is the same act, for ever */
    enum iss_purpose signer;
    const char *octets; /* BODY in UTF-8, or ASCII text */
    size_t len;
    struct xrml_document *draft; /* of which they are the BODY; or NULL */
    const char *op;              /* of a request, or NULL */
    const char *document;        /* GUID of the document, or NULL */
    const char *guid, *url, *principal; /* whom it is for, or NULL */
    const uint8_t *subject;             /* hash of the certified key, or NULL */
    const char *host, *user, *member;   /* who asks, where no ADMIT says it */
    struct iss_entry *admit; /* ADMIT, appended with the INTENT; or NULL */
    /* Asked once more within the transaction of the INTENT; or NULL */
    enum iss_status (*guard)(void *arg, struct iss_error *error);
    void *guard_arg;
};

struct iss_done { /* owned */
    uint64_t intent, result;
    char kind[32];
    uint8_t issuer[ISS_HASH_SIZE]; /* hash of the key that signs */
    char *octets;                  /* NUL-terminated */
    size_t len;
    uint8_t sig[XRML_MODULUS_MAX];
    size_t sig_len;
    bool again;     /* the RESULT was there already */
    char *document; /* where iss_done_document has been asked before; or NULL */
    size_t document_len;
    struct xrml_document *read; /* the same, of an act that had a draft */
};
void iss_done_clear(struct iss_done *done);

/* INTENT (durable) -> sign -> verify in software -> RESULT (durable). An act
 * of the same digest that was begun before is finished with its own octets,
 * whatever act->octets says; a finished one is given again. */
ISS_CHECKED enum iss_status iss_act_perform(struct iss *iss,
                                            const struct iss_act *act,
                                            struct iss_done *done,
                                            struct iss_error *error);
/* The finished act of a digest; done->result 0: none, or not finished. */
ISS_CHECKED enum iss_status iss_act_find(struct iss *iss, const uint8_t *digest,
                                         struct iss_done *done,
                                         struct iss_error *error);
/* The newest finished act of a kind; done->result 0: none. */
ISS_CHECKED enum iss_status iss_act_newest(struct iss *iss, const char *kind,
                                           struct iss_done *done,
                                           struct iss_error *error);
/* What was signed as whole text: the document, or text and signature. *out
 * returns new, free(). */
ISS_CHECKED enum iss_status iss_done_document(const struct iss_done *done,
                                              const char *kind, char **out,
                                              size_t *len,
                                              struct iss_error *error);

/* The act of a row, its signature where it is finished. */
ISS_CHECKED enum iss_status iss_done_load(struct iss_store *db,
                                          const struct iss_issue_row *row,
                                          struct iss_done *done,
                                          struct iss_error *error);

/* The octets that are hashed for a text of a kind; *out returns new. */
ISS_CHECKED enum iss_status iss_kind_octets(const char *kind, const char *text,
                                            size_t len, uint8_t **out,
                                            size_t *out_len,
                                            struct iss_error *error);
/* Whether the signature verifies, in software: else ISS_TOKEN. */
ISS_CHECKED enum iss_status iss_kind_verify(OSSL_LIB_CTX *libctx,
                                            const char *kind,
                                            const struct enroll_key *key,
                                            const struct iss_done *done,
                                            struct iss_error *error);

struct iss_issued { /* a certificate that was issued here */
    bool found;
    uint8_t body_hash[ISS_HASH_SIZE];
    uint8_t subject[ISS_HASH_SIZE]; /* hash of the key that it certifies */
    struct xrml_range range;
};
/* The certificate of this body hash that was issued here to this GUID; NULL:
 * the newest of the GUID. */
ISS_CHECKED enum iss_status iss_issued_to(struct iss *iss, const char *guid,
                                          const uint8_t *body_hash,
                                          struct iss_issued *issued,
                                          struct iss_error *error);

#endif
