/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Façade of licenses, beside issuer.h: what an enrolled server issues to users.
 * Account certificate (RAC), client licensor certificate (CLC), publishing
 * license (PL), use license (UL), rights policy template, revocation list; MS-
 * RMPR 3.3.4.1, 3.4.4.1, 3.5.4, docs/formats/license.md. Which role may issue
 * which stands in docs/formats/verify.md.
 *
 * Threads: as issuer.h says of the store; iss_license_batch makes threads of
 * its own.
 */
#ifndef PRIVYSEAL_LICENSE_H
#define PRIVYSEAL_LICENSE_H

#include "issuer.h"
#include "xrml_license.h"

enum iss_license_kind {
    ISS_RAC,
    ISS_CLC,
    ISS_PL,
    ISS_UL,
    ISS_TEMPLATE,
    ISS_REVOCATION_LIST,
    ISS_LICENSE_KINDS
};
/* "rac", "clc", "pl", "ul", "template", "revocation". Static. */
const char *iss_license_kind_name(enum iss_license_kind kind);
/* False: no such name. */
bool iss_license_kind_find(const char *name, enum iss_license_kind *kind);

enum {
    ISS_LICENSE_NONCE_SIZE = 16,
    ISS_CONTENT_KEY_MAX = 32,
    ISS_GRANTS_MAX = XRML_RIGHTS_MAX
};

struct iss_text { /* borrowed; text NULL: none */
    const char *text;
    size_t len;
};

struct iss_user {        /* all borrowed; mail is who a person is to others */
    const char *id_type; /* "Windows", "Federation", "Passport"; NULL: Windows
                          */
    const char *id;      /* SID, GUID or PUID; NULL: made from the mail */
    const char *mail;    /* compared without case */
};

struct iss_grant {     /* one right to one user */
    const char *right; /* "VIEW", "PRINT", ...: written in upper case */
    const char *mail;  /* NULL: anyone who has a RAC */
    struct xrml_range range;
    struct xrml_interval interval;
};

/* What its author allows: a template, or the rights data of a PL. */
struct iss_terms {    /* all borrowed */
    const char *text; /* "LCID 1033:NAME x:DESCRIPTION y;", NULL: none */
    struct iss_user owner;
    const struct iss_grant *grants;
    size_t grant_count;
    struct xrml_range validity;  /* of the content; absent: no end */
    struct xrml_refresh refresh; /* revocation; count 0: none */
    const char *referral;        /* address for who wants more, NULL: none */
    const char *content_guid;    /* of the WORK; NULL: a new one */
};

/* One license to be issued; all borrowed. Chains are texts as
 * xrml_chain_append reads them, leaf first, whole up to an anchor or a trusted
 * domain. */
struct iss_license_order {
    enum iss_license_kind kind;
    /* The same order with the same nonce is the same license, for ever. NULL:
     * a random one. */
    const uint8_t *nonce;
    int64_t until; /* 0: what the configuration says; later: ISS_REFUSED */
    /* RAC */
    struct iss_text machine; /* machine certificate */
    struct iss_user user;
    bool temporary;
    /* CLC and UL */
    struct iss_text rac;
    /* UL: of a trusted publishing domain, what is of cryptographic mode 1 is
     * taken as well: "sealed-key", SHA-1, keys under 2048 bits. */
    bool legacy;
    /* UL: signed online or offline. PL: unsigned, to be signed as it stands
     * but for what MS-RMPR 3.5.4.1 changes; NULL: made from terms. */
    struct iss_text pl;
    /* PL made here: its content key, AES-128 or AES-256; terms or a signed
     * template. Template: terms. */
    const uint8_t *content_key;
    size_t content_key_len;
    const struct iss_terms *terms;
    struct iss_text template_text;
    /* Revocation list */
    const struct xrml_revoke *revoked;
    size_t revoked_count;
    const char *list_name;
};

struct iss_licensed { /* owned */
    enum iss_license_kind kind;
    char *document; /* NUL-terminated */
    size_t len;
    char *chain; /* the document and those above it, as a file */
    size_t chain_len;
    char guid[XRML_GUID_SIZE]; /* of the document */
    uint8_t body_hash[32];
    char words[ISS_WORDS_SIZE];
    struct xrml_range range; /* how long it lives; absent: no end */
    uint64_t record;         /* journal number of the RESULT */
    bool again;              /* issued before: the stored document */
};
void iss_licensed_clear(struct iss_licensed *licensed);

/* Judges, INTENT (durable), sign in the token, verify in software, RESULT
 * (durable), answer. A refusal is journaled.
 *
 * ISS_REFUSED: a role that may not issue this, a user who is not named, a right
 * that is not granted, an excluded account, an unsealing that failed for
 * whatever cause (one text); ISS_NOT_ENROLLED, ISS_EXPIRED, ISS_CLOCK: of this
 * server; ISS_MALFORMED: an order that is none; 20 to 25: a test that a
 * document of the order failed. */
ISS_CHECKED enum iss_status iss_license(struct iss *store,
                                        const struct iss_license_order *order,
                                        struct iss_licensed *licensed,
                                        struct iss_error *error);

struct iss_rehearsed { /* owned */
    bool again;        /* it was issued before, or begun: nothing new is made */
    uint64_t record;   /* journal number of that; 0: none */
    char *body;   /* BODY, NUL-terminated; zeros stand for what is sealed */
    char *rights; /* of a UL, "VIEW, PRINT"; else NULL */
    struct xrml_range range; /* as of struct iss_licensed */
};
void iss_rehearsed_clear(struct iss_rehearsed *rehearsed);
/* What iss_license would sign, judged likewise, unsealing included; nothing is
 * signed, recorded or handed out. A refusal is not journaled. */
ISS_CHECKED enum iss_status
iss_license_rehearse(struct iss *store, const struct iss_license_order *order,
                     struct iss_rehearsed *rehearsed, struct iss_error *error);

/* ---- many at once ---------------------------------------------------------
 */

struct iss_batch_result { /* borrowed during the call */
    uint64_t line;
    enum iss_status status;
    const char *text;                    /* of the error, or "" */
    const struct iss_licensed *licensed; /* NULL on failure */
};
struct iss_batch { /* all borrowed */
    unsigned jobs; /* threads that call the token, 1 to 64 */
    /* Fills the next order, whose line it stores, and its nonce; *more false:
     * there are no more. What it lends stays until release is called with the
     * same line, or NULL. A status ends the batch. Called by one thread. */
    enum iss_status (*next)(void *arg, struct iss_license_order *order,
                            uint64_t *line, bool *more,
                            struct iss_error *error);
    /* Every line, once, durable by then, in any order. A status ends the
     * batch. Called by the same thread as next. */
    enum iss_status (*done)(void *arg, const struct iss_batch_result *result,
                            struct iss_error *error);
    void (*release)(void *arg, uint64_t line);
    bool (*stop)(void *arg); /* asked between two steps, or NULL */
    void *arg;
};
/* Issues every order as iss_license does, with token calls in threads and
 * journal records committed in groups; each license keeps its order of INTENT,
 * signature, RESULT. A refused order does not end the batch. The first status
 * that does is returned when all that was begun is finished. */
ISS_CHECKED enum iss_status iss_license_batch(struct iss *store,
                                              const struct iss_batch *batch,
                                              struct iss_error *error);
/* Whether a status does: it is the matter with this server, this store or this
 * token, and the next order would hear the same. */
bool iss_batch_ends(enum iss_status status);

#endif
