/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file that stands for a private key in a token: PEM "PKCS#11 PROVIDER
 * URI" around
 *
 *   SEQUENCE { VisibleString "PKCS#11 Provider URI v1.0", UTF8String uri }
 *
 * in DER, as pkcs11-provider has it. Reading and writing, no keys, no tokens.
 */
#ifndef PRIVYSEAL_PROV_URIFILE_H
#define PRIVYSEAL_PROV_URIFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROV_URIFILE_NAME      "PKCS#11 PROVIDER URI"
#define PROV_URIFILE_STRUCTURE "pkcs11uri" /* our word for it in properties */

enum {
    PROV_URIFILE_URI = 4096, /* octets of a URI at most */
    PROV_URIFILE_DER = PROV_URIFILE_URI + 64,
    PROV_URIFILE_BASE64 = (PROV_URIFILE_DER + 2) / 3 * 4,
    PROV_URIFILE_HEAD = 64 /* octets that tell ours from others */
};

enum prov_urifile {
    PROV_URIFILE_OTHER, /* something else */
    PROV_URIFILE_BROKEN,
    PROV_URIFILE_GOOD
};

/* Whether der, of which len octets are known, begins as ours does. */
bool prov_urifile_is_ours(const uint8_t *der, size_t len);

/* Takes the whole of der apart. GOOD: uri is filled, a pkcs11: URI without a
 * PIN; else *why says what is wrong, a static text. */
enum prov_urifile prov_urifile_parse(const uint8_t *der, size_t len,
                                     char uri[static PROV_URIFILE_URI + 1],
                                     const char **why);

/* Writes the DER of uri; returns its length, 0 where uri is too long. */
size_t prov_urifile_build(const char *uri,
                          uint8_t out[static PROV_URIFILE_DER]);

/* Reads one PEM block, piece by piece. Begin with zeroes. */
struct prov_urifile_pem {
    enum { PROV_URIFILE_SEEK, PROV_URIFILE_BODY, PROV_URIFILE_ENDED } state;
    bool within; /* the next piece goes on with a line */
    size_t len;
    char base64[PROV_URIFILE_BASE64];
};

/* Takes the next piece: a line with its end, or a part of one where it is long.
 * True: wants more. False: ended, see prov_urifile_pem_der. */
bool prov_urifile_pem_line(struct prov_urifile_pem *pem, const char *piece,
                           size_t len);

/* The octets of the block; OTHER where the first block there was is another.
 * BROKEN: *why as above. */
enum prov_urifile prov_urifile_pem_der(const struct prov_urifile_pem *pem,
                                       uint8_t der[static PROV_URIFILE_DER],
                                       size_t *der_len, const char **why);

#endif
