/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The SIGNATURE element. It is not signed itself, so it is compared octet for
 * octet: servers write DIGEST first, clients ALGORITHM first, and in neither
 * form is there a character that could be another one.
 */
#include <stdio.h>
#include <string.h>

#include "xrml_base64.h"
#include "xrml_document.h"

static const char start_text[] = "<SIGNATURE>";
static const char algorithm_text[] = "<ALGORITHM>RSA PKCS#1-V1.5</ALGORITHM>";
static const char digest_text[] = "<DIGEST><ALGORITHM>";
static const char coding_text[] =
    "</ALGORITHM><PARAMETER name=\"codingtype\"><VALUE "
    "encoding=\"string\">surface-coding</VALUE></PARAMETER>";
static const char value_text[] = "<VALUE encoding=\"base64\" size=\"";
static const char value_end_text[] = "</VALUE>";
static const char digest_end_text[] = "</DIGEST>";
static const char end_text[] = "</SIGNATURE>";

struct cursor {
    const char *at, *end;
};

static bool expect(struct cursor *in, const char *literal)
{
    size_t len = strlen(literal);

    if ((size_t)(in->end - in->at) < len || memcmp(in->at, literal, len) != 0)
        return false;
    in->at += len;
    return true;
}

/* The octets up to the next '<'. */
static size_t to_tag(const struct cursor *in)
{
    const char *tag = memchr(in->at, '<', (size_t)(in->end - in->at));
    return tag == NULL ? 0 : (size_t)(tag - in->at);
}

/* A VALUE element whose size attribute is that of what it holds, in bits. */
static bool read_value(struct cursor *in, uint8_t *out, size_t size,
                       size_t *len)
{
    char bits[32];
    struct cursor number;

    if (!expect(in, value_text))
        return false;
    number = *in;
    const char *close = memchr(in->at, '>', (size_t)(in->end - in->at));
    if (close == NULL)
        return false;
    in->at = close + 1;
    size_t characters = to_tag(in);
    *len = xrml_base64_decode(in->at, characters, out, size);
    if (*len == SIZE_MAX || *len == 0)
        return false;
    in->at += characters;
    (void)snprintf(bits, sizeof(bits), "%zu\">", *len * 8);
    return expect(&number, bits) && number.at == close + 1 &&
           expect(in, value_end_text);
}

static bool read_digest(struct cursor *in, struct xrml_signature *out)
{
    size_t len = 0;

    if (!expect(in, digest_text))
        return false;
    size_t name = to_tag(in);
    if (!xrml_digest_find(in->at, name, &out->digest))
        return false;
    in->at += name;
    return expect(in, coding_text) &&
           read_value(in, out->hash, sizeof(out->hash), &len) &&
           len == xrml_digest_row(out->digest)->octets &&
           expect(in, digest_end_text);
}

enum iss_status xrml_signature_read(const char *text, size_t len,
                                    struct xrml_signature *out,
                                    struct iss_error *error)
{
    struct cursor in = {text, text + len};

    if (!expect(&in, start_text))
        return iss_fail(error, ISS_XML, "XrML document: no SIGNATURE");
    bool algorithm_first = expect(&in, algorithm_text);
    if (!read_digest(&in, out) ||
        (!algorithm_first && !expect(&in, algorithm_text)) ||
        !read_value(&in, out->value, sizeof(out->value), &out->value_len) ||
        !expect(&in, end_text) || in.at != in.end)
        return iss_fail(error, ISS_XML,
                        "XrML document: SIGNATURE, %zu octets into it: not "
                        "the form of MS-RMPR 2.2.9.1.12",
                        (size_t)(in.at - text));
    return ISS_OK;
}

static void write_value(struct xml_out *out, const uint8_t *octets, size_t len)
{
    char text[XRML_BASE64_SIZE(XRML_MODULUS_MAX)];
    char bits[32];

    (void)snprintf(bits, sizeof(bits), "%zu\">", len * 8);
    (void)xrml_base64_encode(octets, len, text);
    xml_out_raw(out, value_text);
    xml_out_raw(out, bits);
    xml_out_raw(out, text);
    xml_out_raw(out, value_end_text);
}

void xrml_signature_write(struct xml_out *out,
                          const struct xrml_signature *signature)
{
    const struct xrml_digest_row *digest = xrml_digest_row(signature->digest);

    xml_out_raw(out, start_text);
    xml_out_raw(out, digest_text);
    xml_out_raw(out, digest->name);
    xml_out_raw(out, coding_text);
    write_value(out, signature->hash, digest->octets);
    xml_out_raw(out, digest_end_text);
    xml_out_raw(out, algorithm_text);
    write_value(out, signature->value, signature->value_len);
    xml_out_raw(out, end_text);
}
