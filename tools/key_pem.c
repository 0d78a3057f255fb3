/* SPDX-License-Identifier: Apache-2.0 */
/* privyseal key pem */
#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <string.h>

#include "key.h"
#include "verbs.h"

static const char title[] = "PKCS#11 Provider URI v1.0";
static const char name[] = "PKCS#11 PROVIDER URI";

static bool push(ASN1_SEQUENCE_ANY *sequence, int type, const char *text)
{
    ASN1_STRING *string = ASN1_STRING_type_new(type);
    ASN1_TYPE *any = ASN1_TYPE_new();

    if (string == NULL || any == NULL ||
        ASN1_STRING_set(string, text, -1) != 1 ||
        sk_ASN1_TYPE_push(sequence, any) <= 0) {
        ASN1_STRING_free(string);
        ASN1_TYPE_free(any);
        return false;
    }
    ASN1_TYPE_set(any, type, string);
    return true;
}

/* SEQUENCE { VisibleString title, UTF8String uri } in PEM. Returns new. */
static BIO *make_pem(const char *uri)
{
    ASN1_SEQUENCE_ANY *sequence = sk_ASN1_TYPE_new_null();
    unsigned char *der = NULL;
    BIO *pem = BIO_new(BIO_s_mem());
    bool ok = sequence != NULL && pem != NULL &&
              push(sequence, V_ASN1_VISIBLESTRING, title) &&
              push(sequence, V_ASN1_UTF8STRING, uri);
    int len = ok ? i2d_ASN1_SEQUENCE_ANY(sequence, &der) : 0;

    ok = len > 0 && PEM_write_bio(pem, name, "", der, len) > 0;
    OPENSSL_free(der);
    sk_ASN1_TYPE_pop_free(sequence, ASN1_TYPE_free);
    if (ok)
        return pem;
    BIO_free(pem);
    return NULL;
}

/* A URI that can lead to nothing but private keys, made so where it says
 * nothing of a type. */
static enum iss_status settle(struct tool *tool,
                              const struct tool_device *device,
                              char uri[static TOOL_URI_SIZE])
{
    struct p11_diag diag = {""};
    struct p11_uri_says says;
    CK_RV rv = p11_uri_check(uri, &says, &diag);

    if (rv != CKR_OK)
        return tool_device_fail(tool, device, uri, rv, &diag);
    if (says.classes != 0 && says.classes != P11_PRIVATE_KEY)
        return tool_fail(tool, ISS_USAGE,
                         "%s: its type is not private, and no other key can "
                         "stand in a file for one",
                         uri);
    if (!says.object)
        return tool_fail(tool, ISS_USAGE,
                         "%s: names no key: object= or id= is wanted", uri);
    if (says.classes == 0 && !tool_uri_add(uri, "type", "private", 7))
        return tool_fail(tool, ISS_USAGE, "the URI is too long");
    return ISS_OK;
}

static void print_lines(struct tool *tool, const char *text, size_t len)
{
    for (const char *end; (end = memchr(text, '\n', len)) != NULL;) {
        const size_t line = (size_t)(end - text);

        tool_text(&tool->out, TOOL_PLAIN, "%.*s", (int)line, text);
        text += line + 1;
        len -= line + 1;
    }
}

static enum iss_status hand_over(struct tool *tool, const char *uri, BIO *pem)
{
    const char *path = tool_value(tool, TOOL_OUT);
    char *text = NULL;
    const size_t len = (size_t)BIO_get_mem_data(pem, &text);
    struct tool_json *json = &tool->out.json;
    enum iss_status status = ISS_OK;

    if (path != NULL)
        status = iss_publish(path, text, len, 0, &tool->error);
    if (status != ISS_OK)
        return status;
    if (path == NULL)
        print_lines(tool, text, len);
    else
        tool_line(&tool->out, "wrote", "%s, which stands for %s", path, uri);
    if (!tool->out.as_json)
        return ISS_OK;
    tool_json_open(json, NULL, '{');
    tool_json_text(json, "uri", uri);
    if (path != NULL)
        tool_json_text(json, "file", path);
    tool_json_text_n(json, "pem", text, len);
    tool_json_close(json, '}');
    return ISS_OK;
}

static enum iss_status run(struct tool *tool)
{
    char uri[TOOL_URI_SIZE];
    struct tool_device device;
    BIO *pem = NULL;
    enum iss_status status = tool_device_open(tool, &device);

    if (status == ISS_OK && tool->options.operand_count > 0 &&
        tool_uri_check(tool->options.operands[0], NULL) != ISS_OK)
        status = tool_fail(tool, ISS_USAGE,
                           "a URI with a PIN, or its source, is not written to "
                           "a file: the provider's configuration has them");
    if (status == ISS_OK)
        status = tool_device_object(tool, &device, uri);
    if (status == ISS_OK)
        status = settle(tool, &device, uri);
    if (status == ISS_OK && (pem = make_pem(uri)) == NULL)
        status = tool_fail(tool, ISS_INTERNAL, "out of memory");
    if (status == ISS_OK)
        status = hand_over(tool, uri, pem);
    BIO_free(pem);
    tool_device_close(&device);
    return status;
}

static const struct tool_use uses[] = {
    {TOOL_STORE, "a store, for its token; default: $PRIVYSEAL_STORE"},
    {TOOL_CONFIG, "the same, from a configuration file"},
    {TOOL_TOKEN, "the token: a pkcs11: URI"},
    {TOOL_LABEL, "the key's label"},
    {TOOL_ID, "the key's id (CKA_ID)"},
    {TOOL_OUT, "where to write; default: standard output"},
    {TOOL_QUIET, "no notes, only results"},
    {TOOL_JSON, "one JSON object instead of text"},
    TOOL_USES_END,
};

const struct tool_verb tool_key_pem = {
    .name = "key pem",
    .summary = "a PEM file that stands for a private key",
    .operands = "[URI]",
    .most = 1,
    .uses = uses,
    .text =
        "Writes a file for programs that can only read files (haproxy, nginx, "
        "curl, openssl ts): it names the key's URI and is no secret. The "
        "program must load the provider (privyseal-provider(7)), whose "
        "configuration has the PIN; a URI with a PIN is refused. No token is "
        "asked: the URI is written as it is, type=private added.\n\n"
        "  privyseal key pem 'pkcs11:token=web;object=www' --out www.key",
    .run = run,
};
