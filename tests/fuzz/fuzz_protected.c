/* SPDX-License-Identifier: Apache-2.0 */
/* A protected file: nothing that was not sealed with the key opens, and what
 * cannot be opened wrote no octet of a first chunk. */
#include <stdint.h>
#include <string.h>

#include "issuer/protected.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct tape {
    const uint8_t *at, *end;
    size_t written;
};

static enum iss_status read_tape(void *arg, uint8_t *octets, size_t size,
                                 size_t *got, struct iss_error *error)
{
    struct tape *tape = arg;
    size_t left = (size_t)(tape->end - tape->at);

    (void)error;
    *got = size < left ? size : left;
    if (*got > 0)
        memcpy(octets, tape->at, *got);
    tape->at += *got;
    return ISS_OK;
}

static enum iss_status count(void *arg, const uint8_t *octets, size_t len,
                             struct iss_error *error)
{
    struct tape *tape = arg;

    (void)octets;
    (void)error;
    tape->written += len;
    return ISS_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t key[PROTECTED_KEY_SIZE] = {7};
    struct tape tape = {.at = data, .end = data + size};
    const struct protected_io io = {
        .read = read_tape, .write = count, .arg = &tape};
    struct protected_head head;
    enum iss_status status = protected_read_head(NULL, &io, &head, NULL);

    if (status != ISS_OK) {
        if (status != ISS_MALFORMED || head.chain != NULL || tape.written != 0)
            __builtin_trap();
        return 0;
    }
    if (head.chain_len == 0 || head.chain_len >= size ||
        head.chain[head.chain_len] != '\0')
        __builtin_trap();
    status = protected_read(NULL, &head, key, &io, NULL);
    if (status != ISS_MALFORMED || tape.written != 0)
        __builtin_trap();
    protected_head_clear(&head);
    return 0;
}
