/* SPDX-License-Identifier: Apache-2.0 */
/* Proof of possession, the .pop beside a request: docs/formats/proof.md. */
#ifndef PRIVYSEAL_POP_H
#define PRIVYSEAL_POP_H

#include "note.h"

enum {
    ISS_POP_MAX = 16 * 1024,
    ISS_POP_ISSUERS = 4,
    ISS_NONCE_SIZE = 16,
    ISS_POP_DAYS = 30
};

struct iss_pop {
    enum iss_op op;
    uint8_t request[ISS_HASH_SIZE];
    size_t issuer_count;
    uint8_t issuers[ISS_POP_ISSUERS][ISS_HASH_SIZE];
    bool has_predecessor;
    uint8_t predecessor[ISS_HASH_SIZE];
    bool local, never_extractable, always_sensitive;
    int64_t created, expires;
    uint8_t nonce[ISS_NONCE_SIZE];
    size_t signed_len; /* octets of the signed part */
    uint8_t
        digest[ISS_HASH_SIZE]; /* of the signed part: what names a request */
    size_t sig_count;
    struct iss_sig sigs[ISS_NOTE_SIGNERS]; /* subject [licensor] [identity] */
};

const char *iss_op_name(enum iss_op op);
bool iss_op_parse(const char *text, size_t len, enum iss_op *op);

/* Form alone; ISS_MALFORMED names the line. */
ISS_CHECKED enum iss_status iss_pop_parse(const char *text, size_t len,
                                          struct iss_pop *pop,
                                          struct iss_error *error);
/* The signed part alone, without signatures and end. */
ISS_CHECKED enum iss_status iss_pop_parse_signed(const char *text, size_t len,
                                                 struct iss_pop *pop,
                                                 struct iss_error *error);
/* The signed part; *out returns new, free(). */
ISS_CHECKED enum iss_status iss_pop_print(const struct iss_pop *pop, char **out,
                                          size_t *len, struct iss_error *error);

/* Why a proof does not hold, NULL where it does. Static. */
const char *iss_pop_time_fault(const struct iss_pop *pop, int64_t now);
const char *iss_pop_key_fault(const struct iss_pop *pop,
                              const struct enroll_key *key);
const char *iss_pop_sig_fault(OSSL_LIB_CTX *libctx, const char *text,
                              const struct iss_pop *pop);

/* born line: "local,never-extractable", "-" for none. False: another form. */
bool iss_pop_born_parse(const char *text, size_t len, struct iss_pop *pop);

#endif
