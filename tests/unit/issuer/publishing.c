/* SPDX-License-Identifier: Apache-2.0 */
/* See publishing.h. */
#include "publishing.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

enum { SESSION = 16, HASH = 32, BLOCK = 16, ROOM = 4096 };

const uint8_t publishing_key[16] = {0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae,
                                    0xd2, 0xa6, 0xab, 0xf7, 0x15, 0x88,
                                    0x09, 0xcf, 0x4f, 0x3c};

static void must(bool good, const char *what)
{
    if (good)
        return;
    (void)fprintf(stderr, "publishing: %s\n", what);
    abort();
}

/* ---- people ----------------------------------------------------------------
 */

void publishing_new(struct publishing *publishing)
{
    struct licensing *licensing = &publishing->licensing;

    memset(publishing, 0, sizeof(*publishing));
    licensing_new(licensing);
    struct iss_license_order order =
        licensing_rac(licensing, "ann@example.org");
    licensing_must(licensing, &order, &publishing->ann);
    order.user.mail = "bob@example.org";
    licensing_must(licensing, &order, &publishing->bob);
    publishing->ann_key =
        licensing_open(publishing->ann.document, licensing->machine_key);
    publishing->bob_key =
        licensing_open(publishing->bob.document, licensing->machine_key);
    must(publishing->ann_key != NULL && publishing->bob_key != NULL, "RAC");
    publishing->grants[0] =
        (struct iss_grant){.right = "view", .mail = "bob@example.org"};
    publishing->grants[1] =
        (struct iss_grant){.right = "print", .mail = "bob@example.org"};
    publishing->terms = (struct iss_terms){.owner = {.mail = "ann@example.org"},
                                           .grants = publishing->grants,
                                           .grant_count = 2,
                                           .content_guid = PUBLISHING_CONTENT};
}

void publishing_free(struct publishing *publishing)
{
    EVP_PKEY_free(publishing->ann_key);
    EVP_PKEY_free(publishing->bob_key);
    EVP_PKEY_free(publishing->clc_key);
    iss_licensed_clear(&publishing->clc);
    iss_licensed_clear(&publishing->ann);
    iss_licensed_clear(&publishing->bob);
    licensing_free(&publishing->licensing);
}

struct iss_license_order publishing_pl(const struct publishing *publishing)
{
    return (struct iss_license_order){.kind = ISS_PL,
                                      .content_key = publishing_key,
                                      .content_key_len = sizeof(publishing_key),
                                      .terms = &publishing->terms};
}

struct iss_license_order publishing_ul(const struct iss_licensed *pl,
                                       const struct iss_licensed *rac)
{
    return (struct iss_license_order){.kind = ISS_UL,
                                      .rac = {rac->chain, rac->chain_len},
                                      .pl = {pl->chain, pl->chain_len}};
}

static void enroll_ann(struct publishing *publishing)
{
    const struct iss_license_order order = licensing_clc(&publishing->ann);

    if (publishing->clc_key != NULL)
        return;
    licensing_must(&publishing->licensing, &order, &publishing->clc);
    publishing->clc_key =
        licensing_open(publishing->clc.document, publishing->ann_key);
    must(publishing->clc_key != NULL, "CLC");
}

char *publishing_offline(struct publishing *publishing,
                         const struct iss_terms *terms, size_t *len)
{
    struct xrml_chain clc = {0};
    char *out = NULL;

    enroll_ann(publishing);
    must(xrml_chain_append(&clc, publishing->clc.chain,
                           publishing->clc.chain_len, 0, NULL) == ISS_OK,
         "CLC");
    const struct client_publication what = {
        .clc = &clc,
        .key = publishing->clc_key,
        .terms = terms,
        .content_key = publishing_key,
        .content_key_len = sizeof(publishing_key),
        .now = publishing->licensing.stores.now};
    must(client_publish(NULL, &what, &out, len, &publishing->licensing.error) ==
             ISS_OK,
         publishing->licensing.error.text);
    xrml_chain_clear(&clc);
    return out;
}

/* ---- octets ----------------------------------------------------------------
 */

static uint8_t *decode(const char *text, size_t *len)
{
    const size_t chars = text == NULL ? 0 : strlen(text);
    uint8_t *out = malloc(chars + BLOCK);

    must(out != NULL && chars % 4 == 0, "base64");
    int n = chars == 0
                ? 0
                : EVP_DecodeBlock(out, (const unsigned char *)text, (int)chars);
    for (size_t i = chars; i > 0 && text[i - 1] == '='; i--)
        n--;
    *len = n > 0 ? (size_t)n : 0;
    return out;
}

static char *encode(const uint8_t *data, size_t len)
{
    char *out = malloc((len + 2) / 3 * 4 + 1);

    must(out != NULL, "memory");
    (void)EVP_EncodeBlock((unsigned char *)out, data, (int)len);
    return out;
}

/* ASCII as UTF-16LE; free(). */
static uint8_t *widen(const char *text)
{
    uint8_t *wide = calloc(2, strlen(text) + BLOCK);

    must(wide != NULL, "memory");
    for (size_t i = 0; text[i] != '\0'; i++)
        wide[2 * i] = (uint8_t)text[i];
    return wide;
}

static void hash_element(const char *element, uint8_t hash[static HASH])
{
    uint8_t *wide = widen(element);

    must(EVP_Digest(wide, 2 * strlen(element), hash, NULL, EVP_sha256(),
                    NULL) == 1,
         "SHA-256");
    free(wide);
}

/* Whole blocks, in place. */
static void blocks(const uint8_t *key, size_t key_len, int encrypt,
                   uint8_t *data, size_t len)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int n = 0;

    must(EVP_CipherInit_ex(
             ctx, key_len == 16 ? EVP_aes_128_ecb() : EVP_aes_256_ecb(), NULL,
             key, NULL, encrypt) == 1 &&
             EVP_CIPHER_CTX_set_padding(ctx, 0) == 1 &&
             EVP_CipherUpdate(ctx, data, &n, data, (int)len) == 1 &&
             n == (int)len,
         "AES");
    EVP_CIPHER_CTX_free(ctx);
}

/* ---- sealed keys: docs/formats/sealed.md -----------------------------------
 */

static const uint8_t session_header[] = {28, 0, 0xff, 0xff, 128, 0,
                                         16, 0, 1,    0x10, 0,   0};

static size_t open_session(EVP_PKEY *with, const uint8_t *data, size_t len,
                           uint8_t *plain)
{
    size_t plain_len = ROOM;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(with, NULL);

    if (EVP_PKEY_decrypt_init(ctx) != 1 ||
        EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) != 1 ||
        EVP_PKEY_decrypt(ctx, plain, &plain_len, data, len) != 1)
        plain_len = 0;
    EVP_PKEY_CTX_free(ctx);
    return plain_len;
}

char *publishing_element(const char *pl)
{
    char *inner = licensing_between(pl, "<ISSUEDPRINCIPALS>",
                                    "<ISSUEDPRINCIPALS>", "<ENABLINGBITS");
    char *whole = NULL;

    must(inner != NULL && asprintf(&whole,
                                   "<ISSUEDPRINCIPALS>%s</PRINCIPAL>"
                                   "</ISSUEDPRINCIPALS>",
                                   inner) > 0,
         "ISSUEDPRINCIPALS");
    free(inner);
    return whole;
}

static char *issuer_element(const char *document)
{
    char *inner =
        licensing_between(document, "<ISSUER>", "<ISSUER>", "</ISSUER>");
    char *whole = NULL;

    must(inner != NULL && asprintf(&whole, "<ISSUER>%s</ISSUER>", inner) > 0,
         "ISSUER");
    free(inner);
    return whole;
}

size_t publishing_open(const char *document, const char *at,
                       const char *element, EVP_PKEY *with, uint8_t key[32])
{
    const size_t outer = (size_t)EVP_PKEY_get_size(with);
    char *own = element == NULL ? issuer_element(document) : NULL;
    char *bits =
        licensing_between(document, at, "<ENABLINGBITS type=\"sealed-key-v2\">",
                          "</ENABLINGBITS>");
    char *text = bits == NULL
                     ? NULL
                     : licensing_between(bits, "<VALUE", ">", "</VALUE>");
    size_t len = 0;
    uint8_t *data = decode(text, &len);
    uint8_t plain[ROOM];
    uint8_t hash[HASH];
    size_t found = 0;

    hash_element(element == NULL ? own : element, hash);
    if (len > outer && (len - outer) % BLOCK == 0 &&
        open_session(with, data, outer, plain) ==
            sizeof(session_header) + SESSION &&
        memcmp(plain, session_header, sizeof(session_header)) == 0) {
        uint8_t *inner = data + outer;

        blocks(plain + sizeof(session_header), SESSION, 0, inner, len - outer);
        /* version 2; octets behind; KeyHeader of 12; the key; the hash */
        const size_t held = (size_t)inner[16] - 12;
        const uint8_t header[] = {2, 0, 0, 0, (uint8_t)(12 + held + HASH),
                                  0, 0, 0};
        if ((held == 16 || held == 32) &&
            memcmp(inner, header, sizeof(header)) == 0 &&
            inner[20] == held * 8 % 256 &&
            memcmp(inner + 28 + held, hash, HASH) == 0) {
            memcpy(key, inner + 28, held);
            found = held;
        }
    }
    free(data);
    free(text);
    free(bits);
    free(own);
    return found;
}

char *publishing_seal(const char *element, EVP_PKEY *to, const uint8_t key[16],
                      enum publishing_fault fault)
{
    static const uint8_t frame[] = {2,   0, 0,  0, 60, 0,    0,  0, 0,    0,
                                    0,   0, 0,  0, 0,  0,    28, 0, 0xff, 0xff,
                                    128, 0, 16, 0, 1,  0x10, 0,  0};
    uint8_t plain[sizeof(session_header) + SESSION];
    uint8_t data[ROOM] = {0};
    size_t outer = sizeof(data);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(to, NULL);

    memcpy(plain, session_header, sizeof(session_header));
    if (fault == PUBLISHING_HEADER)
        plain[4] ^= 1;
    must(RAND_bytes(plain + sizeof(session_header), SESSION) == 1 &&
             EVP_PKEY_encrypt_init(ctx) == 1 &&
             EVP_PKEY_CTX_set_rsa_padding(ctx, fault == PUBLISHING_PADDING
                                                   ? RSA_PKCS1_PADDING
                                                   : RSA_PKCS1_OAEP_PADDING) ==
                 1 &&
             EVP_PKEY_encrypt(ctx, data, &outer, plain, sizeof(plain)) == 1,
         "RSA");
    uint8_t *inner = data + outer;
    memcpy(inner, frame, sizeof(frame));
    memcpy(inner + sizeof(frame), key, 16);
    if (fault == PUBLISHING_OTHER_KEY)
        inner[sizeof(frame)] ^= 1;
    hash_element(element, inner + sizeof(frame) + 16);
    if (fault == PUBLISHING_HASH)
        inner[sizeof(frame) + 16] ^= 1;
    blocks(plain + sizeof(session_header), SESSION, 1, inner, 80);
    EVP_PKEY_CTX_free(ctx);
    return encode(data, outer + 80);
}

/* ---- rights data -----------------------------------------------------------
 */

char *publishing_rights(const char *pl, const uint8_t *key, size_t key_len)
{
    char *text = licensing_between(
        pl, "<AUTHENTICATEDDATA id=\"Encrypted-Rights-Data\">", ">",
        "</AUTHENTICATEDDATA>");
    size_t len = 0;
    uint8_t *data = decode(text, &len);
    char *out = calloc(1, len + 1);

    must(out != NULL && len % BLOCK == 0, "rights data");
    blocks(key, key_len, 0, data, len);
    for (size_t i = 0; i < len / 2 && data[2 * i] != 0; i++) {
        must(data[2 * i + 1] == 0, "rights data are not ASCII");
        out[i] = (char)data[2 * i];
    }
    free(data);
    free(text);
    return out;
}

char *publishing_encrypt(const char *rights, const uint8_t key[16])
{
    const size_t len = (2 * strlen(rights) + BLOCK - 1) / BLOCK * BLOCK;
    uint8_t *wide = widen(rights);

    blocks(key, 16, 1, wide, len);
    char *out = encode(wide, len);
    free(wide);
    return out;
}

char *publishing_replace(const char *text, const char *at, const char *from,
                         const char *to)
{
    const char *start = strstr(text, at);
    const char *found = start == NULL ? NULL : strstr(start, from);
    char *out = NULL;

    must(found != NULL && asprintf(&out, "%.*s%s%s", (int)(found - text), text,
                                   to, found + strlen(from)) > 0,
         from);
    return out;
}

/* ---- licenses by hand ------------------------------------------------------
 */

char *publishing_data(const char *owner, const char *list)
{
    char *out = NULL;

    must(asprintf(&out,
                  "<XrML xmlns=\"\" version=\"1.2\"><BODY type=\"Microsoft "
                  "Rights Template\" version=\"3.0\"><ISSUEDTIME>"
                  "2026-11-21T09:58</ISSUEDTIME><WORK><OBJECT>"
                  "<ID type=\"MS-GUID\">" PUBLISHING_CONTENT
                  "</ID></OBJECT><METADATA><OWNER><OBJECT>"
                  "<ID type=\"Windows\" /><NAME>%s</NAME></OBJECT></OWNER>"
                  "</METADATA><RIGHTSGROUP name=\"Main-Rights\"><RIGHTSLIST>"
                  "%s</RIGHTSLIST></RIGHTSGROUP></WORK></BODY></XrML>",
                  owner, list) > 0,
         "memory");
    return out;
}

/* <XrML> around a BODY, signed: RSASSA-PKCS1-v1_5, SHA-256, UTF-16LE. */
static char *sign(const char *body, EVP_PKEY *key)
{
    uint8_t *wide = widen(body);
    uint8_t hash[HASH];
    uint8_t sig[ROOM];
    size_t sig_len = sizeof(sig);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    char *out = NULL;

    hash_element(body, hash);
    must(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
             EVP_DigestSign(ctx, sig, &sig_len, wide, 2 * strlen(body)) == 1,
         "signature");
    char *digest = encode(hash, sizeof(hash));
    char *value = encode(sig, sig_len);
    must(asprintf(&out,
                  "<XrML xmlns=\"\" version=\"1.2\">%s<SIGNATURE><DIGEST>"
                  "<ALGORITHM>SHA256</ALGORITHM><PARAMETER name=\"codingtype\">"
                  "<VALUE encoding=\"string\">surface-coding</VALUE>"
                  "</PARAMETER><VALUE encoding=\"base64\" size=\"256\">%s"
                  "</VALUE></DIGEST><ALGORITHM>RSA PKCS#1-V1.5</ALGORITHM>"
                  "<VALUE encoding=\"base64\" size=\"%zu\">%s</VALUE>"
                  "</SIGNATURE></XrML>",
                  body, digest, sig_len * 8, value) > 0,
         "memory");
    free(value);
    free(digest);
    free(wide);
    EVP_MD_CTX_free(ctx);
    return out;
}

/* Public numbers of the server, from the CLC's ISSUER. */
static EVP_PKEY *server_of(const char *clc)
{
    struct xrml_document *document = NULL;
    struct xrml_key key;
    uint8_t *spki = NULL;
    size_t len = 0;

    must(xrml_parse(clc, strlen(clc), NULL, &document, NULL) == ISS_OK, "CLC");
    key = xrml_fields(document)->issuer_key;
    must(xrml_key_spki(&key, &spki, &len, NULL) == ISS_OK, "key");
    const uint8_t *at = spki;
    EVP_PKEY *out = d2i_PUBKEY(NULL, &at, (long)len);
    free(spki);
    xrml_document_free(document);
    return out;
}

char *publishing_forge(struct publishing *publishing,
                       const struct publishing_forged *forged)
{
    char *body = NULL;
    char *element = NULL;
    char *out = NULL;

    enroll_ann(publishing);
    const char *clc = publishing->clc.document;
    char *issuer =
        licensing_between(clc, "<ISSUEDPRINCIPALS>",
                          "<PRINCIPAL internal-id=\"1\">", "</PRINCIPAL>");
    char *server = licensing_between(clc, "<ISSUER>", "<ISSUER>", "</ISSUER>");
    must(asprintf(&element,
                  "<ISSUEDPRINCIPALS><PRINCIPAL internal-id=\"1\">%s"
                  "</PRINCIPAL></ISSUEDPRINCIPALS>",
                  server) > 0,
         "memory");
    EVP_PKEY *to = server_of(clc);
    char *bits = publishing_seal(element, to, publishing_key, forged->fault);
    char *data = publishing_encrypt(forged->rights, publishing_key);
    must(
        asprintf(&body,
                 "<BODY type=\"Microsoft Rights Label\" version=\"3.0\">"
                 "<ISSUEDTIME>2026-11-21T10:00</ISSUEDTIME><ISSUER>%s"
                 "</ISSUER><ISSUEDPRINCIPALS><PRINCIPAL internal-id=\"1\">%s"
                 "<ENABLINGBITS type=\"%s\"><VALUE encoding=\"base64\" "
                 "size=\"2688\">%s</VALUE></ENABLINGBITS></PRINCIPAL>"
                 "</ISSUEDPRINCIPALS><WORK><OBJECT><ID type=\"MS-GUID\">%s"
                 "</ID></OBJECT><METADATA><OWNER><OBJECT><ID "
                 "type=\"Windows\" /><NAME>%s</NAME></OBJECT></OWNER>"
                 "</METADATA></WORK><AUTHENTICATEDDATA "
                 "id=\"Encrypted-Rights-Data\">%s</AUTHENTICATEDDATA></BODY>",
                 issuer, server,
                 forged->bits == NULL ? "sealed-key-v2" : forged->bits, bits,
                 forged->content == NULL ? PUBLISHING_CONTENT : forged->content,
                 forged->owner, data) > 0,
        "memory");
    char *document = sign(body, publishing->clc_key);
    must(asprintf(&out, "%s%s", document, publishing->clc.chain) > 0, "memory");
    free(document);
    free(body);
    free(data);
    free(bits);
    EVP_PKEY_free(to);
    free(element);
    free(server);
    free(issuer);
    return out;
}
