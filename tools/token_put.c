/* SPDX-License-Identifier: Apache-2.0 */
/* privyseal token put */
#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "key.h"
#include "pubkey.h"
#include "verbs.h"

enum { FILE_MAX = 1024 * 1024, ATTRS_MAX = 16, SHA1_LEN = 20 };
enum kind { ANY = -1, CERT, PUBKEY, DATA };

/* What is to be stored; owners NULL at first. */
struct put {
    enum kind kind;
    char *text; /* the file */
    size_t len;
    X509 *cert;
    EVP_PKEY *pkey;
    unsigned char *der, *subject, *issuer, *serial;
    char label[TOOL_LABEL_SIZE];
    uint8_t id[P11_ID_MAX];
    size_t id_len;
    const char *id_from;
    struct tool_pubkey_attrs numbers;
    CK_ATTRIBUTE attrs[ATTRS_MAX];
    CK_ULONG count;
};

static const char *const words[] = {
    [CERT] = "cert", [PUBKEY] = "pubkey", [DATA] = "data", NULL};
static const char *const names[] = {
    [CERT] = "certificate", [PUBKEY] = "public key", [DATA] = "data object"};

/* ---- the file ---------------------------------------------------------- */

/* The whole of the file in DER, or the first such block of a PEM file. */
static X509 *read_cert(const struct put *put)
{
    const unsigned char *at = (const unsigned char *)put->text;
    BIO *bio = BIO_new_mem_buf(put->text, (int)put->len);
    X509 *cert = d2i_X509(NULL, &at, (long)put->len);

    if (cert != NULL && at != (unsigned char *)put->text + put->len) {
        X509_free(cert);
        cert = NULL;
    }
    if (cert == NULL && bio != NULL)
        cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    BIO_free(bio);
    return cert;
}

static EVP_PKEY *read_pubkey(const struct put *put)
{
    const unsigned char *at = (const unsigned char *)put->text;
    BIO *bio = BIO_new_mem_buf(put->text, (int)put->len);
    EVP_PKEY *pkey = d2i_PUBKEY(NULL, &at, (long)put->len);

    if (pkey != NULL && at != (unsigned char *)put->text + put->len) {
        EVP_PKEY_free(pkey);
        pkey = NULL;
    }
    if (pkey == NULL && bio != NULL)
        pkey = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
    BIO_free(bio);
    return pkey;
}

static enum iss_status understand(struct tool *tool, struct put *put)
{
    const char *path = tool->options.operands[0];

    if (put->kind == DATA)
        return put->len > 0 ? ISS_OK
                            : tool_fail(tool, ISS_MALFORMED, "%s: empty", path);
    if (put->kind != PUBKEY)
        put->cert = read_cert(put);
    if (put->cert != NULL) {
        put->kind = CERT;
        put->pkey = X509_get_pubkey(put->cert);
    } else if (put->kind != CERT && (put->pkey = read_pubkey(put)) != NULL) {
        put->kind = PUBKEY;
    }
    if (put->kind == ANY)
        return tool_fail(tool, ISS_MALFORMED,
                         "%s: neither a certificate nor a public key, in PEM "
                         "or DER; --type data stores any file",
                         path);
    if (put->pkey == NULL)
        return tool_fail(tool, ISS_MALFORMED,
                         "%s: no %s, in PEM or DER, that "
                         "is understood",
                         path, names[put->kind]);
    if (put->kind == PUBKEY && !tool_pubkey_attrs(put->pkey, &put->numbers))
        return tool_fail(tool, ISS_MALFORMED,
                         "%s: a public key of a type that tokens are not "
                         "given: %s",
                         path, EVP_PKEY_get0_type_name(put->pkey));
    return ISS_OK;
}

static enum iss_status read_file(struct tool *tool, struct put *put)
{
    int kind = ANY;
    enum iss_status status =
        tool_option_word(&tool->options, TOOL_TYPE, words, &kind, &tool->error);

    put->kind = (enum kind)kind;
    if (status == ISS_OK)
        status = iss_read_file(tool->options.operands[0], FILE_MAX, &put->text,
                               &put->len, &tool->error);
    return status == ISS_OK ? understand(tool, put) : status;
}

/* ---- label and id ------------------------------------------------------ */

struct search {
    struct put *put;
    bool found;
};

static bool each_key(void *arg, struct p11_object *key)
{
    struct search *search = arg;
    struct put *put = search->put;
    const CK_ATTRIBUTE *id = p11_object_attr(key, CKA_ID);
    EVP_PKEY *public_key = tool_pubkey_of(key);

    search->found = public_key != NULL && id != NULL &&
                    id->ulValueLen <= sizeof(put->id) &&
                    EVP_PKEY_eq(public_key, put->pkey) == 1;
    EVP_PKEY_free(public_key);
    if (!search->found)
        return true;
    memcpy(put->id, id->pValue, id->ulValueLen);
    put->id_len = id->ulValueLen;
    put->id_from = "as the private key there";
    if (put->label[0] == '\0')
        tool_key_label(key, put->label);
    return false;
}

/* The id by which a certificate finds its private key: that key's, else what is
 * usual for keys that are not there (RFC 5280, 4.2.1.2). */
static enum iss_status choose_id(struct tool *tool, struct tool_device *device,
                                 struct put *put)
{
    struct search search = {.put = put};
    struct p11_diag diag = {""};
    X509_PUBKEY *public_key = NULL;
    const unsigned char *bits = NULL;
    int len = 0;
    enum iss_status status = tool_option_id(tool, put->id, &put->id_len);
    CK_RV rv;

    put->id_from = "as asked for";
    if (status != ISS_OK || put->id_len > 0 || put->pkey == NULL)
        return status;
    rv = p11_search(device->p11, device->token, P11_PRIVATE_KEY | P11_EVERY,
                    &device->callback, each_key, &search, &diag);
    if (rv != CKR_OK && rv != P11R_NO_OBJECT)
        return tool_device_fail(tool, device, device->token, rv, &diag);
    if (search.found)
        return ISS_OK;
    put->id_from = "SHA-1 of the public key";
    if (X509_PUBKEY_set(&public_key, put->pkey) == 1 &&
        X509_PUBKEY_get0_param(NULL, &bits, &len, NULL, public_key) == 1 &&
        EVP_Digest(bits, (size_t)len, put->id, NULL, EVP_sha1(), NULL) == 1)
        put->id_len = SHA1_LEN;
    X509_PUBKEY_free(public_key);
    return put->id_len > 0 ? ISS_OK : tool_fail(tool, ISS_INTERNAL, "no SHA-1");
}

/* --label, else the private key's, the subject's name, the file's. */
static void choose_label(struct tool *tool, struct put *put)
{
    const char *label = tool_value(tool, TOOL_LABEL);

    if (label != NULL)
        (void)snprintf(put->label, sizeof(put->label), "%s", label);
    if (put->label[0] == '\0' && put->cert != NULL)
        (void)X509_NAME_get_text_by_NID(X509_get_subject_name(put->cert),
                                        NID_commonName, put->label,
                                        sizeof(put->label));
    if (put->label[0] == '\0') {
        const char *path = tool->options.operands[0];
        const char *slash = strrchr(path, '/');

        (void)snprintf(put->label, sizeof(put->label), "%s",
                       slash != NULL && slash[1] != '\0' ? slash + 1 : path);
    }
}

/* ---- storing ----------------------------------------------------------- */

static void add(struct put *put, CK_ATTRIBUTE_TYPE type, const void *value,
                size_t len)
{
    put->attrs[put->count++] =
        (CK_ATTRIBUTE){type, (void *)(uintptr_t)value, len};
}

/* *der is written by what yields len. */
static bool add_der(struct put *put, CK_ATTRIBUTE_TYPE type,
                    unsigned char *const *der, int len)
{
    if (len > 0)
        add(put, type, *der, (size_t)len);
    return len > 0;
}

static bool describe(struct put *put)
{
    static const CK_OBJECT_CLASS classes[] = {
        [CERT] = CKO_CERTIFICATE, [PUBKEY] = CKO_PUBLIC_KEY, [DATA] = CKO_DATA};
    static const CK_CERTIFICATE_TYPE x509 = CKC_X_509;
    static const CK_BBOOL no = CK_FALSE;
    static const char application[] = "privyseal";

    add(put, CKA_CLASS, &classes[put->kind], sizeof(classes[0]));
    add(put, CKA_PRIVATE, &no, sizeof(no));
    add(put, CKA_LABEL, put->label, strlen(put->label));
    if (put->kind == DATA) {
        add(put, CKA_APPLICATION, application, sizeof(application) - 1);
        add(put, CKA_VALUE, put->text, put->len);
        return true;
    }
    add(put, CKA_ID, put->id, put->id_len);
    for (CK_ULONG i = 0; i < put->numbers.count; i++)
        put->attrs[put->count++] = put->numbers.attrs[i];
    if (put->kind == PUBKEY)
        return true;
    add(put, CKA_CERTIFICATE_TYPE, &x509, sizeof(x509));
    return add_der(put, CKA_SUBJECT, &put->subject,
                   i2d_X509_NAME(X509_get_subject_name(put->cert),
                                 &put->subject)) &&
           add_der(
               put, CKA_ISSUER, &put->issuer,
               i2d_X509_NAME(X509_get_issuer_name(put->cert), &put->issuer)) &&
           add_der(put, CKA_SERIAL_NUMBER, &put->serial,
                   i2d_ASN1_INTEGER(X509_get0_serialNumber(put->cert),
                                    &put->serial)) &&
           add_der(put, CKA_VALUE, &put->der, i2d_X509(put->cert, &put->der));
}

static bool each_twin(void *arg, struct p11_object *object)
{
    struct search *search = arg;
    const CK_ATTRIBUTE *value = p11_object_attr(object, CKA_VALUE);
    X509 *cert = NULL;
    const unsigned char *at = value != NULL ? value->pValue : NULL;

    if (value != NULL)
        cert = d2i_X509(NULL, &at, (long)value->ulValueLen);
    search->found = cert != NULL && X509_cmp(cert, search->put->cert) == 0;
    X509_free(cert);
    return !search->found;
}

/* A certificate needs to be there once only, whatever its label. */
static enum iss_status refuse_twin(struct tool *tool,
                                   struct tool_device *device, struct put *put)
{
    struct search search = {.put = put};
    struct p11_match match = {0};
    struct p11_diag diag = {""};
    CK_RV rv;

    for (CK_ULONG i = 0; i < put->count; i++) {
        if (put->attrs[i].type == CKA_SERIAL_NUMBER) {
            match.serial = put->attrs[i].pValue;
            match.serial_len = put->attrs[i].ulValueLen;
        }
    }
    if (match.serial == NULL)
        return ISS_OK;
    rv = p11_search_match(device->p11, device->token,
                          P11_CERTIFICATE | P11_EVERY, &match,
                          &device->callback, each_twin, &search, &diag);
    if (rv == CKR_OK && search.found)
        return tool_fail(tool, ISS_CONFLICT,
                         "%s: this certificate is in the token already",
                         tool->options.operands[0]);
    if (rv == P11R_NO_OBJECT)
        rv = CKR_OK;
    return tool_device_fail(tool, device, device->token, rv, &diag);
}

static void report(struct tool *tool, const struct put *put, const char *uri,
                   bool dry_run)
{
    struct tool_json *json = &tool->out.json;

    if (dry_run)
        tool_line(&tool->out, "object", "%s \"%s\" would be stored in %s",
                  names[put->kind], put->label, uri);
    else
        tool_line(&tool->out, "object", "%s", uri);
    if (!dry_run)
        tool_line(&tool->out, "kind", "%s, %zu bytes", names[put->kind],
                  put->len);
    if (put->kind != DATA)
        tool_note(&tool->out, "id", "%s", put->id_from);
    if (!tool->out.as_json)
        return;
    tool_json_open(json, NULL, '{');
    tool_json_text(json, dry_run ? "token" : "uri", uri);
    tool_json_text(json, "kind", words[put->kind]);
    tool_json_text(json, "label", put->label);
    if (put->kind != DATA)
        tool_json_hex(json, "id", put->id, put->id_len);
    if (dry_run)
        tool_json_bool(json, "dry-run", true);
    tool_json_close(json, '}');
}

static enum iss_status store(struct tool *tool, struct tool_device *device,
                             struct put *put)
{
    struct p11_object *object = NULL;
    struct p11_diag diag = {""};
    CK_RV rv;

    if (tool_given(tool, TOOL_DRY_RUN)) {
        report(tool, put, device->token, true);
        return ISS_OK;
    }
    rv = p11_put(device->p11, device->token, put->attrs, put->count,
                 &device->callback, &object, &diag);
    if (rv != CKR_OK)
        return tool_device_fail(tool, device, device->token, rv, &diag);
    report(tool, put, p11_object_uri(object), false);
    p11_object_free(object);
    return ISS_OK;
}

static void clear(struct put *put)
{
    OPENSSL_free(put->serial);
    OPENSSL_free(put->issuer);
    OPENSSL_free(put->subject);
    OPENSSL_free(put->der);
    EVP_PKEY_free(put->pkey);
    X509_free(put->cert);
    free(put->text);
}

static enum iss_status run(struct tool *tool)
{
    struct tool_device device = {0};
    struct put put = {.kind = ANY};
    enum iss_status status = read_file(tool, &put);

    if (status == ISS_OK && put.kind == DATA && tool_given(tool, TOOL_ID))
        status = tool_fail(tool, ISS_USAGE, "--id: a data object has none");
    if (status == ISS_OK)
        status = tool_device_open(tool, &device);
    if (status == ISS_OK && device.token == NULL)
        status = tool_fail(tool, ISS_USAGE,
                           "which token? --token 'pkcs11:token=...'; see "
                           "privyseal token list");
    if (status == ISS_OK)
        status = choose_id(tool, &device, &put);
    if (status == ISS_OK) {
        choose_label(tool, &put);
        if (!describe(&put))
            status = tool_fail(tool, ISS_INTERNAL, "out of memory");
    }
    if (status == ISS_OK)
        status = refuse_twin(tool, &device, &put);
    if (status == ISS_OK)
        status = store(tool, &device, &put);
    tool_device_close(&device);
    clear(&put);
    return status;
}

static const struct tool_use uses[] = {
    TOOL_USES_DEVICE,
    TOOL_USES_LOGIN,
    {TOOL_TYPE, "cert, pubkey or data; default: cert or pubkey, as FILE is"},
    {TOOL_LABEL, "the object's label; default: that of the private key, the "
                 "subject's name, the file's name"},
    {TOOL_ID, "its id (CKA_ID); default: that of the private key, else SHA-1 "
              "of the public key"},
    {TOOL_DRY_RUN, "check only, change nothing"},
    {TOOL_QUIET, "no notes, only results"},
    {TOOL_JSON, "one JSON object instead of text"},
    TOOL_USES_END,
};

const struct tool_verb tool_token_put = {
    .name = "token put",
    .summary = "store a certificate, public key or data in a token",
    .operands = "FILE",
    .least = 1,
    .most = 1,
    .uses = uses,
    .text =
        "Stores FILE in the token: a certificate or a public key (PEM or DER), "
        "or, with --type data, any file of up to 1 MiB. A certificate gets the "
        "id and label of the private key in the token that it belongs to, so "
        "that programs find both. What is there already is refused. The object "
        "can be read without a PIN: it must be no secret.\n\n"
        "  privyseal token put www.crt --token pkcs11:token=web \\\n"
        "      --pin-source file:pin",
    .run = run,
};
