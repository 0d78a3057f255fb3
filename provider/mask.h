/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Choices that take the same time whatever is chosen: a condition is a mask,
 * all ones or zero.
 */
#ifndef PRIVYSEAL_PROV_MASK_H
#define PRIVYSEAL_PROV_MASK_H

#include <stddef.h>
#include <stdint.h>

/* Hides a value from the optimiser, which would make a branch of it. */
static inline size_t prov_mask_hide(size_t x)
{
    __asm__("" : "+r"(x));
    return x;
}

/* All ones where the top bit of x is set. */
static inline size_t prov_mask_top(size_t x)
{
    return prov_mask_hide(0 - (x >> (8 * sizeof(x) - 1)));
}

static inline size_t prov_mask_zero(size_t x)
{
    return prov_mask_top(~x & (x - 1));
}

static inline size_t prov_mask_equal(size_t a, size_t b)
{
    return prov_mask_zero(a ^ b);
}

/* Whether a < b; both at most half of SIZE_MAX. */
static inline size_t prov_mask_less(size_t a, size_t b)
{
    return prov_mask_top(a - b);
}

static inline size_t prov_mask_select(size_t mask, size_t yes, size_t no)
{
    return (mask & yes) | (~mask & no);
}

/* out = mask ? yes : no, len octets each; out may be one of them. */
static inline void prov_mask_copy(size_t mask, const uint8_t *yes,
                                  const uint8_t *no, uint8_t *out, size_t len)
{
    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)prov_mask_select(mask, yes[i], no[i]);
}

#endif
