/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A machine: its key, and the security processor certificate of MS-RMPR 2.2.9.4
 * for it. There is no vendor of processors here whom everybody trusts: the key
 * that signs is made for this one certificate and is gone afterwards. Who
 * trusts its public half trusts this machine and no other.
 */
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#include "client_part.h"
#include "xml_text.h"
#include "xrml_base64.h"
#include "xrml_hash.h"

enum { MACHINE_BITS = 2048, HASH_TEXT = XRML_BASE64_SIZE(XRML_HASH_MAX) };

static const char manufacturer[] = "privyseal, software, no protection";

/* MS-RMPR 2.2.9.4.3: the client itself. */
static const struct xrml_object activation = {
    .type = "Activation",
    .id_type = "MS-GUID",
    .id = "{99F48562-703E-4E7D-9175-DD69C66921B7}",
    .name = "Microsoft Activation",
    .address = "file:///privyseal"};

void client_machine_clear(struct client_machine *machine)
{
    if (machine->key != NULL)
        OPENSSL_cleanse(machine->key, machine->key_len);
    free(machine->key);
    free(machine->certificate);
    free(machine->authority);
    *machine = (struct client_machine){0};
}

/* One line that fits an ISSUER's NAME and a comment of an anchor file. */
static bool is_name(const char *name)
{
    size_t len = strlen(name);
    uint32_t c = 0;

    if (len == 0 || len > XRML_NAME_MAX)
        return false;
    for (size_t at = 0; at < len;)
        if (!xml_utf8_next(name, len, &at, &c) || !xml_char_allowed(c) ||
            c < 0x20)
            return false;
    return name[0] != ' ' && name[len - 1] != ' ';
}

static enum iss_status make_key(OSSL_LIB_CTX *libctx, EVP_PKEY **out,
                                struct iss_error *error)
{
    *out = EVP_PKEY_Q_keygen(libctx, "?provider=default", "RSA",
                             (size_t)MACHINE_BITS);
    return *out == NULL ? iss_fail(error, ISS_INTERNAL,
                                   "machine key: libcrypto makes no RSA key")
                        : ISS_OK;
}

/* What a BIO of memory holds, NUL-terminated; frees it, wiped where it is a
 * secret one. */
static enum iss_status take_text(BIO *memory, bool written, char **out,
                                 size_t *len, struct iss_error *error)
{
    char *data = NULL;
    long size = written ? BIO_get_mem_data(memory, &data) : 0;
    char *text = size > 0 ? malloc((size_t)size + 1) : NULL;

    if (text != NULL) {
        memcpy(text, data, (size_t)size);
        text[size] = '\0';
        *out = text;
        *len = (size_t)size;
    }
    BIO_free(memory);
    return text == NULL ? iss_fail(error, ISS_INTERNAL,
                                   "machine key: libcrypto writes no PEM")
                        : ISS_OK;
}

static enum iss_status print_keys(EVP_PKEY *key, EVP_PKEY *authority,
                                  const char *name,
                                  struct client_machine *machine,
                                  struct iss_error *error)
{
    BIO *secret = BIO_new(BIO_s_secmem());
    BIO *public = BIO_new(BIO_s_mem());
    bool written =
        secret != NULL && PEM_write_bio_PKCS8PrivateKey(secret, key, NULL, NULL,
                                                        0, NULL, NULL) == 1;
    enum iss_status status =
        take_text(secret, written, &machine->key, &machine->key_len, error);

    written = public != NULL && BIO_puts(public, "# ") == 2 &&
              BIO_puts(public, name) > 0 && BIO_puts(public, "\n") == 1 &&
              PEM_write_bio_PUBKEY(public, authority) == 1;
    if (status != ISS_OK) {
        BIO_free(public);
        return status;
    }
    return take_text(public, written, &machine->authority,
                     &machine->authority_len, error);
}

/* No property of the hardware is asked for: what stands for it is the machine's
 * own GUID. */
static bool hash_guid(const char *guid, char out[static HASH_TEXT])
{
    uint8_t hash[XRML_HASH_MAX];

    if (!xrml_hash_utf16le(XRML_SHA256, guid, strlen(guid), hash))
        return false;
    (void)xrml_base64_encode(hash, sizeof(hash), out);
    return true;
}

static enum iss_status certify(OSSL_LIB_CTX *libctx, const char *name,
                               int64_t now, EVP_PKEY *key, EVP_PKEY *authority,
                               char **out, struct iss_error *error)
{
    enum { DOCUMENT, ISSUER, MACHINE, GUIDS };
    char guids[GUIDS][XRML_GUID_SIZE];
    char hash[HASH_TEXT];
    struct client_numbers numbers;
    struct client_numbers above;
    enum iss_status status = client_numbers(key, &numbers, error);

    *out = NULL;
    if (status == ISS_OK)
        status = client_numbers(authority, &above, error);
    for (size_t i = 0; i < GUIDS && status == ISS_OK; i++)
        status = client_guid(guids[i], error);
    if (status == ISS_OK && !hash_guid(guids[MACHINE], hash))
        status = iss_fail(error, ISS_INTERNAL, "libcrypto has no SHA-256");
    if (status != ISS_OK)
        return status;
    const struct xrml_license spc = {
        .type = XRML_MACHINE_CERTIFICATE,
        .guid = guids[DOCUMENT],
        .text = "Microsoft Machine-Certificate",
        .issued = now,
        .issuer = {.object = {.type = "MS-DRM-Desktop-Security-Processor",
                              .id_type = "MS-GUID",
                              .id = guids[ISSUER],
                              .name = name},
                   .key = above.key},
        .point_count = 1,
        .points = {{.object = activation}},
        .principal = {.object = {.type = "Machine-Unique-Identifier",
                                 .id_type = "MS-GUID",
                                 .id = guids[MACHINE],
                                 .name = "Machine"},
                      .key = numbers.key,
                      .digest = "SHA256",
                      .hash = hash,
                      .level_count = 3,
                      .levels = {{"Platform", PRIVYSEAL_VERSION},
                                 {"Manufacturer", manufacturer},
                                 {"Repository", PRIVYSEAL_VERSION}}}};
    return client_sign(libctx, &spc, authority, out, error);
}

enum iss_status client_machine_make(OSSL_LIB_CTX *libctx, const char *name,
                                    int64_t now, struct client_machine *machine,
                                    struct iss_error *error)
{
    EVP_PKEY *key = NULL;
    EVP_PKEY *authority = NULL;
    enum iss_status status = ISS_OK;

    *machine = (struct client_machine){0};
    if (!is_name(name))
        return iss_fail(error, ISS_USAGE,
                        "name of a machine: 1 to %d octets of UTF-8, one line, "
                        "no blank at its ends",
                        XRML_NAME_MAX);
    status = make_key(libctx, &key, error);
    if (status == ISS_OK)
        status = make_key(libctx, &authority, error);
    if (status == ISS_OK)
        status = certify(libctx, name, now, key, authority,
                         &machine->certificate, error);
    if (status == ISS_OK) {
        machine->certificate_len = strlen(machine->certificate);
        status = print_keys(key, authority, name, machine, error);
    }
    EVP_PKEY_free(key);
    EVP_PKEY_free(authority);
    if (status != ISS_OK)
        client_machine_clear(machine);
    return status;
}
