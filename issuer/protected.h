/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A protected file: the publishing license that says who may do what, and the
 * content, AES-256-GCM in chunks (docs/formats/protected.md). A file of any
 * size passes through in little memory; a chunk that was changed, moved, left
 * out or added is found. Pure: octets come and go through the caller's
 * functions; thread-safe.
 */
#ifndef PRIVYSEAL_PROTECTED_H
#define PRIVYSEAL_PROTECTED_H

#include "xrml.h"

enum {
    PROTECTED_CHUNK = 64 * 1024, /* octets of content in all but the last */
    PROTECTED_SALT_SIZE = 32,
    PROTECTED_KEY_SIZE = 32, /* of the content key */
    PROTECTED_HASH_SIZE = 32
};
/* Chunks at most: a tebibyte of content. */
#define PROTECTED_CHUNKS_MAX (UINT64_C(1) << 24)

struct protected_io { /* borrowed during a call */
    /* Fills up to size octets, 0 at the end. */
    enum iss_status (*read)(void *arg, uint8_t *octets, size_t size,
                            size_t *got, struct iss_error *error);
    enum iss_status (*write)(void *arg, const uint8_t *octets, size_t len,
                             struct iss_error *error);
    void *arg;
};

struct protected_head { /* protected_head_clear */
    char *chain;        /* the PL and those above it; NUL-terminated, owned */
    size_t chain_len;
    uint8_t salt[PROTECTED_SALT_SIZE];
    uint8_t hash[PROTECTED_HASH_SIZE]; /* of the whole head */
};
void protected_head_clear(struct protected_head *head);

/* Writes a whole protected file: head with a chain of 1 to XRML_CHAIN_MAX
 * octets, then what read gives. salt NULL: a random one; another than that
 * never twice with one key. ISS_USAGE: sizes; ISS_MALFORMED: more than a
 * tebibyte. What was written before a failure is no protected file. */
ISS_CHECKED enum iss_status
protected_write(OSSL_LIB_CTX *libctx, const char *chain, size_t chain_len,
                const uint8_t *salt, const uint8_t key[PROTECTED_KEY_SIZE],
                const struct protected_io *io, struct iss_error *error);

/* Reads the head alone; nothing in it is authentic before the first chunk was
 * opened. ISS_MALFORMED: no protected file of this version. */
ISS_CHECKED enum iss_status protected_read_head(OSSL_LIB_CTX *libctx,
                                                const struct protected_io *io,
                                                struct protected_head *head,
                                                struct iss_error *error);
/* Opens what follows the head and writes the content. Each chunk is authentic
 * when it is written, but that the content is whole is known only when this
 * returns ISS_OK: publish it then. ISS_MALFORMED: altered, cut, added to, or
 * another key. */
ISS_CHECKED enum iss_status
protected_read(OSSL_LIB_CTX *libctx, const struct protected_head *head,
               const uint8_t key[PROTECTED_KEY_SIZE],
               const struct protected_io *io, struct iss_error *error);

#endif
