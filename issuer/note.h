/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signed texts of our own (proofs, checkpoints, receipts): ASCII lines of a
 * name, one blank and a value, in fixed order, then "sig" lines, then "end".
 * Each signature is over all octets before its own line.
 */
#ifndef PRIVYSEAL_NOTE_H
#define PRIVYSEAL_NOTE_H

#include "key.h"

enum {
    ISS_NOTE_LINE_MAX = 4096,
    ISS_NOTE_SIGNERS = 3,
    ISS_SIG_LINE_SIZE = ISS_NOTE_LINE_MAX
};

struct iss_note { /* a reader: borrows the text */
    const char *text;
    size_t len, at;
};

/* The value of the next line where its name is this; borrowed, not ended. */
bool iss_note_value(struct iss_note *note, const char *name, const char **value,
                    size_t *len);
/* The next line is exactly this. */
bool iss_note_line(struct iss_note *note, const char *line);
/* Forms of values; a line that has not its form is not taken. */
bool iss_note_hex(struct iss_note *note, const char *name, uint8_t *out,
                  size_t len);
bool iss_note_time(struct iss_note *note, const char *name, int64_t *seconds);
bool iss_note_number(struct iss_note *note, const char *name, uint64_t *number);

struct iss_sig { /* one "sig" line */
    char who[16];
    size_t before; /* octets that it signs */
    struct enroll_key key;
    uint8_t value[XRML_MODULUS_MAX];
    size_t len;
};
/* The next line where it is a sig line of canonical form. */
bool iss_note_sig(struct iss_note *note, struct iss_sig *sig);
bool iss_note_sig_good(OSSL_LIB_CTX *libctx, const char *text,
                       const struct iss_sig *sig);

/* "sig WHO SPKI SIGNATURE\n" into line; ISS_INTERNAL where it does not fit. */
ISS_CHECKED enum iss_status iss_note_sig_print(
    const char *who, const struct enroll_key *key, const uint8_t *value,
    size_t len, char line[static ISS_SIG_LINE_SIZE], struct iss_error *error);

#endif
