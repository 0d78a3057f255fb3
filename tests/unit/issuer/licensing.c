/* SPDX-License-Identifier: Apache-2.0 */
/* See licensing.h. */
#include "licensing.h"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "issuer/publish.h"
#include "issuer/trust.h"
#include "unit.h"

enum { SESSION = 16, HEADERS = 24, HASH = 32 };

static void must(bool good, const struct iss_error *error, const char *what)
{
    if (good)
        return;
    (void)fprintf(stderr, "%s: %s\n", what, error->text);
    abort();
}

/* ---- stores ----------------------------------------------------------------
 */

static EVP_PKEY *read_key(const char *pem, size_t len)
{
    BIO *bio = BIO_new_mem_buf(pem, (int)len);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);

    BIO_free(bio);
    return key;
}

void licensing_machine(struct licensing *licensing, const char *name,
                       struct client_machine *machine, EVP_PKEY **key)
{
    must(client_machine_make(NULL, name, licensing->stores.now - 3600, machine,
                             &licensing->error) == ISS_OK,
         &licensing->error, "machine");
    *key = read_key(machine->key, machine->key_len);
    const struct iss_trusted trusted = {
        .kind = ISS_TRUST_MACHINES,
        .name = name,
        .text = {machine->authority, machine->authority_len},
        .uri = ""};
    must(*key != NULL && iss_trust_add(licensing->root, &trusted,
                                       &licensing->error) == ISS_OK,
         &licensing->error, "trust");
}

void licensing_new(struct licensing *licensing)
{
    memset(licensing, 0, sizeof(*licensing));
    stores_new(&licensing->stores);
    stores_enroll(&licensing->stores);
    licensing->root = stores_open(&licensing->stores, licensing->stores.root);
    licensing_machine(licensing, "desk1", &licensing->machine,
                      &licensing->machine_key);
}

void licensing_free(struct licensing *licensing)
{
    stores_close(&licensing->stores, licensing->root);
    EVP_PKEY_free(licensing->machine_key);
    client_machine_clear(&licensing->machine);
    stores_free(&licensing->stores);
}

void licensing_again(struct licensing *licensing)
{
    stores_close(&licensing->stores, licensing->root);
    licensing->root = stores_open(&licensing->stores, licensing->stores.root);
}

void licensing_configure(struct licensing *licensing, const char *text)
{
    char path[ISS_PATH_MAX];
    FILE *file = NULL;

    must(iss_path_join(path, licensing->stores.root, "privyseal.conf"),
         &licensing->error, "path");
    file = fopen(path, "a");
    must(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0,
         &licensing->error, path);
    licensing_again(licensing);
}

/* ---- orders ----------------------------------------------------------------
 */

struct iss_license_order licensing_rac(const struct licensing *licensing,
                                       const char *mail)
{
    return (struct iss_license_order){
        .kind = ISS_RAC,
        .machine = {licensing->machine.certificate,
                    licensing->machine.certificate_len},
        .user = {.mail = mail}};
}

struct iss_license_order licensing_clc(const struct iss_licensed *rac)
{
    return (struct iss_license_order){.kind = ISS_CLC,
                                      .rac = {rac->chain, rac->chain_len}};
}

enum iss_status licensing_issue(struct licensing *licensing,
                                const struct iss_license_order *order,
                                struct iss_licensed *licensed)
{
    memset(&licensing->error, 0, sizeof(licensing->error));
    return iss_license(licensing->root, order, licensed, &licensing->error);
}

void licensing_must(struct licensing *licensing,
                    const struct iss_license_order *order,
                    struct iss_licensed *licensed)
{
    must(licensing_issue(licensing, order, licensed) == ISS_OK,
         &licensing->error, iss_license_kind_name(order->kind));
}

bool licensing_said(const struct licensing *licensing, const char *what)
{
    if (strstr(licensing->error.text, what) != NULL)
        return true;
    (void)fprintf(stderr, "not \"%s\" but \"%s\"\n", what,
                  licensing->error.text);
    return false;
}

/* ---- documents -------------------------------------------------------------
 */

char *licensing_between(const char *text, const char *at, const char *begin,
                        const char *end)
{
    const char *from = strstr(text, at);
    const char *to = NULL;

    if (from != NULL)
        from = strstr(from, begin);
    if (from == NULL)
        return NULL;
    from += strlen(begin);
    to = strstr(from, end);
    return to == NULL ? NULL : strndup(from, (size_t)(to - from));
}

/* base64 behind the next ">"; *len 0: none. */
static uint8_t *decode(const char *text, size_t *len)
{
    const char *from = text == NULL ? NULL : strchr(text, '>');
    const size_t chars = from == NULL ? 0 : strlen(from + 1);
    uint8_t *out = malloc(chars + 4);

    *len = 0;
    if (out == NULL || chars == 0 || chars % 4 != 0)
        return out;
    int n = EVP_DecodeBlock(out, (const unsigned char *)from + 1, (int)chars);
    for (size_t i = chars; i > 0 && from[i] == '='; i--)
        n--;
    *len = n > 0 ? (size_t)n : 0;
    return out;
}

/* SHA-256 of an element as UTF-16LE; ASCII alone in these tests. */
static bool hash_issuer(const char *document, uint8_t hash[static HASH])
{
    char *inner =
        licensing_between(document, "<ISSUER>", "<ISSUER>", "</ISSUER>");
    char *whole = NULL;
    bool good =
        inner != NULL && asprintf(&whole, "<ISSUER>%s</ISSUER>", inner) > 0;
    uint8_t *wide = good ? calloc(2, strlen(whole)) : NULL;

    for (size_t i = 0; wide != NULL && whole[i] != '\0'; i++)
        wide[2 * i] = (uint8_t)whole[i];
    good = wide != NULL && EVP_Digest(wide, 2 * strlen(whole), hash, NULL,
                                      EVP_sha256(), NULL) == 1;
    free(wide);
    free(whole);
    free(inner);
    return good;
}

static bool open_session(EVP_PKEY *with, const uint8_t *data, size_t len,
                         uint8_t session[static SESSION])
{
    static const uint8_t header[] = {28, 0, 0xff, 0xff, 128, 0,
                                     16, 0, 1,    0x10, 0,   0};
    uint8_t plain[1024];
    size_t plain_len = sizeof(plain);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(with, NULL);
    bool good =
        EVP_PKEY_decrypt_init(ctx) == 1 &&
        EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1 &&
        EVP_PKEY_decrypt(ctx, plain, &plain_len, data, len) == 1 &&
        plain_len == sizeof(header) + SESSION &&
        memcmp(plain, header, sizeof(header)) == 0;

    if (good)
        memcpy(session, plain + sizeof(header), SESSION);
    EVP_PKEY_CTX_free(ctx);
    return good;
}

static bool open_inner(const uint8_t *session, uint8_t *data, size_t len)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int n = 0;
    bool good =
        EVP_DecryptInit_ex(ctx, EVP_aes_128_ecb(), NULL, session, NULL) == 1 &&
        EVP_CIPHER_CTX_set_padding(ctx, 0) == 1 &&
        EVP_DecryptUpdate(ctx, data, &n, data, (int)len) == 1 && n == (int)len;

    EVP_CIPHER_CTX_free(ctx);
    return good;
}

EVP_PKEY *licensing_open(const char *document, EVP_PKEY *with)
{
    const size_t outer = (size_t)EVP_PKEY_get_size(with);
    char *bits =
        licensing_between(document, "<ENABLINGBITS type=\"sealed-key-v2\">",
                          "<VALUE ", "</VALUE>");
    size_t len = 0;
    uint8_t *data = decode(bits, &len);
    uint8_t session[SESSION];
    uint8_t hash[HASH];
    EVP_PKEY *key = NULL;

    if (data == NULL || len <= outer + HEADERS + HASH ||
        (len - outer) % 16 != 0 || !open_session(with, data, outer, session) ||
        !open_inner(session, data + outer, len - outer) ||
        !hash_issuer(document, hash))
        goto out;
    /* version 2, how many octets follow, zeros; length and mode of the key */
    const uint8_t *inner = data + outer;
    const size_t used = (size_t)inner[4] | (size_t)inner[5] << 8;
    const size_t held = (size_t)inner[16] | (size_t)inner[17] << 8;
    if (inner[0] != 2 || used != held + HASH || used + 16 > len - outer ||
        inner[18] != 0xff || inner[19] != 0xff ||
        memcmp(inner + 16 + held, hash, HASH) != 0)
        goto out;
    const unsigned char *blob = inner + HEADERS;
    key = b2i_PrivateKey(&blob, (long)(held - 8));
out:
    free(data);
    free(bits);
    return key;
}

bool licensing_certifies(const char *document, const char *at, EVP_PKEY *key)
{
    char *text = licensing_between(document, at,
                                   "<PARAMETER name=\"modulus\">"
                                   "<VALUE ",
                                   "</VALUE>");
    size_t len = 0;
    uint8_t *modulus = decode(text, &len);
    BIGNUM *n = NULL;
    BIGNUM *said = BN_lebin2bn(modulus, (int)len, NULL);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    bool good = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n) == 1 &&
                BN_cmp(n, said) == 0 && EVP_PKEY_pairwise_check(ctx) == 1;

    EVP_PKEY_CTX_free(ctx);
    BN_free(said);
    BN_free(n);
    free(modulus);
    free(text);
    return good;
}
