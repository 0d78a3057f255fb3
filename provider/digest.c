/* SPDX-License-Identifier: Apache-2.0 */
/* Table of digests and the DigestInfo that PKCS#1 v1.5 signs. */
#include "digest.h"

#include <openssl/obj_mac.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#define NIST_HASH(n) \
    .oid = {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, n}, .oid_len = 9

static const struct prov_digest digests[] = {
    {.names = "SHA256:SHA2-256:SHA-256:2.16.840.1.101.3.4.2.1",
     .nid = NID_sha256,
     .size = 32,
     NIST_HASH(1),
     .hash = CKM_SHA256,
     .mgf = CKG_MGF1_SHA256,
     .rsa_pkcs = CKM_SHA256_RSA_PKCS,
     .rsa_pss = CKM_SHA256_RSA_PKCS_PSS,
     .ecdsa = CKM_ECDSA_SHA256},
    {.names = "SHA384:SHA2-384:SHA-384:2.16.840.1.101.3.4.2.2",
     .nid = NID_sha384,
     .size = 48,
     NIST_HASH(2),
     .hash = CKM_SHA384,
     .mgf = CKG_MGF1_SHA384,
     .rsa_pkcs = CKM_SHA384_RSA_PKCS,
     .rsa_pss = CKM_SHA384_RSA_PKCS_PSS,
     .ecdsa = CKM_ECDSA_SHA384},
    {.names = "SHA512:SHA2-512:SHA-512:2.16.840.1.101.3.4.2.3",
     .nid = NID_sha512,
     .size = 64,
     NIST_HASH(3),
     .hash = CKM_SHA512,
     .mgf = CKG_MGF1_SHA512,
     .rsa_pkcs = CKM_SHA512_RSA_PKCS,
     .rsa_pss = CKM_SHA512_RSA_PKCS_PSS,
     .ecdsa = CKM_ECDSA_SHA512},
    {.names = "SHA1:SHA-1:SSL3-SHA1:1.3.14.3.2.26",
     .nid = NID_sha1,
     .size = 20,
     .oid = {0x2b, 0x0e, 0x03, 0x02, 0x1a},
     .oid_len = 5,
     .hash = CKM_SHA_1,
     .mgf = CKG_MGF1_SHA1,
     .rsa_pkcs = CKM_SHA1_RSA_PKCS,
     .rsa_pss = CKM_SHA1_RSA_PKCS_PSS,
     .ecdsa = CKM_ECDSA_SHA1},
    {.names = "SHA224:SHA2-224:SHA-224:2.16.840.1.101.3.4.2.4",
     .nid = NID_sha224,
     .size = 28,
     NIST_HASH(4),
     .hash = CKM_SHA224,
     .mgf = CKG_MGF1_SHA224,
     .rsa_pkcs = CKM_SHA224_RSA_PKCS,
     .rsa_pss = CKM_SHA224_RSA_PKCS_PSS,
     .ecdsa = CKM_ECDSA_SHA224},
    {.names = "SHA512-224:SHA2-512/224:SHA-512/224:2.16.840.1.101.3.4.2.5",
     .nid = NID_sha512_224,
     .size = 28,
     NIST_HASH(5)},
    {.names = "SHA512-256:SHA2-512/256:SHA-512/256:2.16.840.1.101.3.4.2.6",
     .nid = NID_sha512_256,
     .size = 32,
     NIST_HASH(6)},
    {.names = "SHA3-224:2.16.840.1.101.3.4.2.7",
     .nid = NID_sha3_224,
     .size = 28,
     NIST_HASH(7)},
    {.names = "SHA3-256:2.16.840.1.101.3.4.2.8",
     .nid = NID_sha3_256,
     .size = 32,
     NIST_HASH(8)},
    {.names = "SHA3-384:2.16.840.1.101.3.4.2.9",
     .nid = NID_sha3_384,
     .size = 48,
     NIST_HASH(9)},
    {.names = "SHA3-512:2.16.840.1.101.3.4.2.10",
     .nid = NID_sha3_512,
     .size = 64,
     NIST_HASH(10)},
    {.names = "RIPEMD160:RIPEMD-160:RIPEMD:RMD160:1.3.36.3.2.1",
     .nid = NID_ripemd160,
     .size = 20,
     .oid = {0x2b, 0x24, 0x03, 0x02, 0x01},
     .oid_len = 5},
    {.names = "MD5:SSL3-MD5:1.2.840.113549.2.5",
     .nid = NID_md5,
     .size = 16,
     .oid = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x05},
     .oid_len = 8},
    {.names = "MD5-SHA1", .nid = NID_md5_sha1, .size = 36},
};

enum { DIGESTS = sizeof(digests) / sizeof(digests[0]) };

static bool bears_name(const char *names, const char *name)
{
    size_t len = strlen(name);

    while (true) {
        size_t part = strcspn(names, ":");

        if (part == len && strncasecmp(names, name, len) == 0)
            return true;
        if (names[part] == '\0')
            return false;
        names += part + 1;
    }
}

const struct prov_digest *prov_digest_find(const char *name)
{
    for (size_t i = 0; i < DIGESTS; i++) {
        if (bears_name(digests[i].names, name))
            return &digests[i];
    }
    return NULL;
}

const struct prov_digest *prov_digest_at(size_t n)
{
    return n < DIGESTS ? &digests[n] : NULL;
}

size_t prov_digest_index(const struct prov_digest *digest)
{
    return (size_t)(digest - digests);
}

struct prov_digest_name prov_digest_name(const struct prov_digest *digest)
{
    struct prov_digest_name name = {""};
    size_t len = strcspn(digest->names, ":");

    if (len < sizeof(name.text))
        memcpy(name.text, digest->names, len);
    return name;
}

size_t prov_digest_info(const struct prov_digest *digest, const uint8_t *value,
                        uint8_t out[static PROV_DIGEST_INFO_MAX])
{
    uint8_t oid = digest->oid_len, size = (uint8_t)digest->size;
    size_t n = 0;

    if (oid == 0) {
        memcpy(out, value, size);
        return size;
    }
    out[n++] = 0x30; /* DigestInfo */
    out[n++] = (uint8_t)(oid + 8 + size);
    out[n++] = 0x30; /* AlgorithmIdentifier: the digest, NULL */
    out[n++] = (uint8_t)(oid + 4);
    out[n++] = 0x06;
    out[n++] = oid;
    memcpy(out + n, digest->oid, oid);
    n += oid;
    out[n++] = 0x05;
    out[n++] = 0x00;
    out[n++] = 0x04;
    out[n++] = size;
    memcpy(out + n, value, size);
    return n + size;
}
