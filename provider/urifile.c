/* SPDX-License-Identifier: Apache-2.0 */
/* The PEM form of a URI. */
#include "urifile.h"

#include <openssl/evp.h>
#include <string.h>
#include <strings.h>

enum {
    SEQUENCE = 0x30,
    VISIBLE_STRING = 0x1a,
    UTF8_STRING = 0x0c,
    LONG_FORM = 0x80,
    LENGTH_OCTETS = 2 /* as many as we have use for */
};

static const char title[] = "PKCS#11 Provider URI v1.0";
static const char begin[] = "-----BEGIN ";
static const char begin_ours[] = "-----BEGIN " PROV_URIFILE_NAME "-----";
static const char dashes[] = "-----";
static const char end_ours[] = "-----END " PROV_URIFILE_NAME "-----";

#define LEN(text) (sizeof(text) - 1)

/* ---- DER --------------------------------------------------------------- */

struct input {
    const uint8_t *at;
    size_t left;
};

/* An element of this tag; DER has one way only to write a length. */
static bool enter(struct input *in, uint8_t tag, size_t *len)
{
    size_t octets;

    if (in->left < 2 || in->at[0] != tag)
        return false;
    *len = in->at[1];
    in->at += 2;
    in->left -= 2;
    if (*len < LONG_FORM)
        return true;
    octets = *len - LONG_FORM;
    if (octets == 0 || octets > LENGTH_OCTETS || in->left < octets ||
        in->at[0] == 0)
        return false;
    *len = octets == 1 ? in->at[0] : (size_t)in->at[0] << 8 | in->at[1];
    in->at += octets;
    in->left -= octets;
    return *len >= LONG_FORM && (octets == 1 || *len > UINT8_MAX);
}

static bool title_follows(struct input *in)
{
    size_t len;

    if (!enter(in, VISIBLE_STRING, &len) || len != LEN(title) ||
        in->left < len || memcmp(in->at, title, len) != 0)
        return false;
    in->at += len;
    in->left -= len;
    return true;
}

bool prov_urifile_is_ours(const uint8_t *der, size_t len)
{
    struct input in = {der, len};
    size_t whole;

    return enter(&in, SEQUENCE, &whole) && title_follows(&in);
}

static const char *fault_of(const char *uri)
{
    static const char scheme[] = "pkcs11:";

    if (strncasecmp(uri, scheme, LEN(scheme)) != 0)
        return "what it names is no pkcs11: URI";
    return NULL;
}

enum prov_urifile prov_urifile_parse(const uint8_t *der, size_t len,
                                     char uri[static PROV_URIFILE_URI + 1],
                                     const char **why)
{
    struct input in = {der, len};
    size_t size;

    *why = "another structure";
    if (!prov_urifile_is_ours(der, len))
        return PROV_URIFILE_OTHER;
    *why = "its lengths do not fit, or octets follow";
    if (!enter(&in, SEQUENCE, &size) || size != in.left ||
        !title_follows(&in) || !enter(&in, UTF8_STRING, &size) ||
        size != in.left)
        return PROV_URIFILE_BROKEN;
    *why = "its URI is empty, too long or has a NUL";
    if (size == 0 || size > PROV_URIFILE_URI ||
        memchr(in.at, '\0', size) != NULL)
        return PROV_URIFILE_BROKEN;
    memcpy(uri, in.at, size);
    uri[size] = '\0';
    *why = fault_of(uri);
    return *why == NULL ? PROV_URIFILE_GOOD : PROV_URIFILE_BROKEN;
}

static size_t put_header(uint8_t *out, uint8_t tag, size_t len)
{
    size_t at = 0;

    out[at++] = tag;
    if (len > UINT8_MAX)
        out[at++] = LONG_FORM + 2;
    else if (len >= LONG_FORM)
        out[at++] = LONG_FORM + 1;
    if (len > UINT8_MAX)
        out[at++] = (uint8_t)(len >> 8);
    out[at++] = (uint8_t)len;
    return at;
}

size_t prov_urifile_build(const char *uri, uint8_t out[static PROV_URIFILE_DER])
{
    uint8_t header[2 + LENGTH_OCTETS];
    const size_t len = strlen(uri);
    size_t at, inner;

    if (len == 0 || len > PROV_URIFILE_URI)
        return 0;
    inner = 2 + LEN(title) + put_header(header, UTF8_STRING, len) + len;
    at = put_header(out, SEQUENCE, inner);
    at += put_header(out + at, VISIBLE_STRING, LEN(title));
    memcpy(out + at, title, LEN(title));
    at += LEN(title);
    at += put_header(out + at, UTF8_STRING, len);
    memcpy(out + at, uri, len);
    return at + len;
}

/* ---- PEM --------------------------------------------------------------- */

/* A whole line without blanks at its end. */
static bool line_is(const char *line, size_t len, const char *text)
{
    while (len > 0 && strchr("\r\n \t", line[len - 1]) != NULL)
        len--;
    return len == strlen(text) && memcmp(line, text, len) == 0;
}

static bool line_begins(const char *line, size_t len, const char *text)
{
    return len >= strlen(text) && memcmp(line, text, strlen(text)) == 0;
}

/* What base64 cannot be is kept too, for the decoder to stumble over. */
static void collect(struct prov_urifile_pem *pem, const char *piece, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (piece[i] != '\0' && strchr("\r\n \t", piece[i]) != NULL)
            continue;
        if (pem->len < sizeof(pem->base64))
            pem->base64[pem->len] = piece[i];
        pem->len++;
    }
}

bool prov_urifile_pem_line(struct prov_urifile_pem *pem, const char *piece,
                           size_t len)
{
    const bool starts = !pem->within;

    if (len == 0 || pem->state == PROV_URIFILE_ENDED)
        return false;
    pem->within = piece[len - 1] != '\n';
    if (pem->state == PROV_URIFILE_SEEK) {
        if (!starts || !line_begins(piece, len, begin))
            return true;
        if (!line_is(piece, len, begin_ours))
            return false;
        pem->state = PROV_URIFILE_BODY;
        return true;
    }
    if (starts && line_begins(piece, len, dashes)) {
        if (line_is(piece, len, end_ours))
            pem->state = PROV_URIFILE_ENDED;
        return false;
    }
    collect(pem, piece, len);
    return pem->len <= sizeof(pem->base64);
}

/* Strictly: whole groups of four, padding at the end only. */
static bool decode(const struct prov_urifile_pem *pem,
                   uint8_t der[static PROV_URIFILE_DER], size_t *der_len)
{
    uint8_t room[PROV_URIFILE_BASE64];
    size_t pad = 0;
    int len;

    if (pem->len == 0 || pem->len % 4 != 0 || pem->len > sizeof(pem->base64))
        return false;
    while (pad < 2 && pem->base64[pem->len - 1 - pad] == '=')
        pad++;
    if (memchr(pem->base64, '=', pem->len - pad) != NULL)
        return false;
    len = EVP_DecodeBlock(room, (const unsigned char *)pem->base64,
                          (int)pem->len);
    if (len < 0 || (size_t)len < pad || (size_t)len - pad > PROV_URIFILE_DER)
        return false;
    *der_len = (size_t)len - pad;
    memcpy(der, room, *der_len);
    return true;
}

enum prov_urifile prov_urifile_pem_der(const struct prov_urifile_pem *pem,
                                       uint8_t der[static PROV_URIFILE_DER],
                                       size_t *der_len, const char **why)
{
    *why = "another structure";
    if (pem->state == PROV_URIFILE_SEEK)
        return PROV_URIFILE_OTHER;
    *why = pem->len > sizeof(pem->base64) ? "it is too long"
                                          : "its end is missing";
    if (pem->state != PROV_URIFILE_ENDED)
        return PROV_URIFILE_BROKEN;
    *why = "it is not base64";
    return decode(pem, der, der_len) ? PROV_URIFILE_GOOD : PROV_URIFILE_BROKEN;
}
