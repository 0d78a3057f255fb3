/* SPDX-License-Identifier: Apache-2.0 */
/* The question that options of a command line put to an access list. */
#include "acl_question.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checks.h"
#include "when.h"

enum { KEY_FILE_MAX = 64 * 1024, DAYS_MAX = 36525, YEARS_MAX = 100 };

/* ---- how long -------------------------------------------------------------
 */

bool tool_acl_days(const char *text, int64_t from, int *days)
{
    char *end = NULL;
    const long count = text[0] >= '1' && text[0] <= '9' && strlen(text) < 8
                           ? strtol(text, &end, 10)
                           : 0;

    if (end == NULL || end[0] == '\0' || end[1] != '\0')
        return false;
    if (end[0] == 'd' && count <= DAYS_MAX)
        *days = (int)count;
    else if (end[0] == 'y' && count <= YEARS_MAX)
        *days =
            (int)((xrml_time_add_years(from, (int)count) - from) / TOOL_DAY);
    else
        return false;
    return true;
}

static enum iss_status take_days(struct tool *tool,
                                 struct iss_acl_question *ask)
{
    const char *validity = tool_value(tool, TOOL_VALIDITY);
    unsigned long days = 0;
    enum iss_status status = tool_option_number(&tool->options, TOOL_DAYS,
                                                DAYS_MAX, &days, &tool->error);

    if (status != ISS_OK)
        return status;
    if (validity != NULL && tool_given(tool, TOOL_DAYS))
        return tool_fail(tool, ISS_USAGE, "--days and --validity: one of them");
    ask->days = (int)days;
    if (validity != NULL && !tool_acl_days(validity, ask->now, &ask->days))
        return tool_fail(tool, ISS_USAGE,
                         "--validity: not days or years, as 30d or 1y: %s",
                         validity);
    return ISS_OK;
}

/* ---- what ------------------------------------------------------------------
 */

static void hex_of(const uint8_t hash[static 32],
                   char out[static TOOL_ACL_HEX_SIZE])
{
    for (size_t i = 0; i < 32; i++)
        (void)snprintf(out + 2 * i, 3, "%02x", hash[i]);
}

static EVP_PKEY *read_key(const char *text, size_t len)
{
    BIO *bio = BIO_new_mem_buf(text, (int)len);
    EVP_PKEY *key =
        bio != NULL ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;
    X509 *certificate = NULL;

    if (key == NULL && bio != NULL && BIO_reset(bio) == 1) {
        certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
        if (certificate != NULL)
            key = X509_get_pubkey(certificate);
    }
    X509_free(certificate);
    BIO_free(bio);
    return key;
}

static enum iss_status take_key(struct tool *tool,
                                struct tool_acl_question *out)
{
    const char *path = tool_value(tool, TOOL_KEY);
    char *text = NULL;
    size_t len = 0;
    EVP_PKEY *key = NULL;
    unsigned char *spki = NULL;
    uint8_t hash[32];
    int spki_len = -1;
    enum iss_status status;

    if (path == NULL)
        return ISS_OK;
    status = iss_read_file(path, KEY_FILE_MAX, &text, &len, &tool->error);
    if (status == ISS_OK)
        key = read_key(text, len);
    if (key != NULL)
        spki_len = i2d_PUBKEY(key, &spki);
    if (status == ISS_OK &&
        (spki_len <= 0 || EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA ||
         EVP_Digest(spki, (size_t)spki_len, hash, NULL, EVP_sha256(), NULL) !=
             1))
        status = tool_fail(tool, ISS_USAGE,
                           "--key: %s: no RSA public key or certificate in PEM",
                           path);
    if (status == ISS_OK) {
        hex_of(hash, out->key);
        out->ask.key_bits = (unsigned)EVP_PKEY_get_bits(key);
    }
    OPENSSL_free(spki);
    EVP_PKEY_free(key);
    free(text);
    return status;
}

static enum iss_status take_request(struct tool *tool,
                                    struct tool_acl_question *out)
{
    const char *path = tool_value(tool, TOOL_REQUEST);
    struct tool_request file;
    struct enroll_request *request = calloc(1, sizeof(*request));
    struct iss_error error = {0};
    uint8_t hash[32];
    enum iss_status status;

    if (path == NULL || request == NULL) {
        free(request);
        return path == NULL ? ISS_OK
                            : tool_fail(tool, ISS_INTERNAL, "out of memory");
    }
    status = tool_request_read(tool, path, &file);
    if (status == ISS_OK) {
        status = enroll_request_parse(file.text, file.len, request, &error);
        if (status != ISS_OK)
            (void)tool_fail(tool, status, "%s: %s", path, error.text);
    }
    if (status == ISS_OK) {
        const struct xrml_key key = {.modulus = request->key.modulus,
                                     .modulus_len = request->key.modulus_len,
                                     .exponent = request->key.exponent};

        (void)snprintf(out->url, sizeof(out->url), "%s", request->url);
        (void)snprintf(out->guid, sizeof(out->guid), "%s", request->guid);
        out->ask.key_bits = (unsigned)request->key.modulus_len * 8;
        status = xrml_key_hash(&key, hash, &tool->error);
        if (status == ISS_OK)
            hex_of(hash, out->key);
    }
    tool_request_clear(&file);
    free(request);
    return status;
}

/* What is given beside a request stands above it. */
static enum iss_status take_what(struct tool *tool,
                                 struct tool_acl_question *out)
{
    const char *url = tool_value(tool, TOOL_URL);
    const char *guid = tool_value(tool, TOOL_GUID);

    if (url != NULL) {
        if (strlen(url) >= sizeof(out->url))
            return tool_fail(tool, ISS_USAGE, "--url: too long");
        (void)snprintf(out->url, sizeof(out->url), "%s", url);
    }
    if (guid != NULL && !xrml_guid_normal(guid, out->guid))
        return tool_fail(tool, ISS_USAGE, "--guid: not a GUID: %s", guid);
    if (out->url[0] == '\0')
        return tool_fail(tool, ISS_USAGE,
                         "for which URL? --url URL, or --request FILE");
    return take_key(tool, out);
}

static enum iss_status take_op(struct tool *tool, struct iss_acl_question *ask)
{
    const char *word = tool_value(tool, TOOL_OP);

    ask->op =
        word != NULL ? iss_acl_op_of(word, strlen(word)) : ISS_ACL_SUB_ENROLL;
    if (ask->op == ISS_ACL_OPS)
        return tool_fail(tool, ISS_USAGE,
                         "--op: %s is no operation: sub-enroll, renew, rekey, "
                         "...",
                         word);
    ask->whose = ask->op == ISS_ACL_RENEW || ask->op == ISS_ACL_REKEY
                     ? ISS_ACL_GUID_OWN
                     : ISS_ACL_GUID_NEW;
    return ISS_OK;
}

/* ---- who ------------------------------------------------------------------
 */

static void take_approver(struct tool_acl_question *out)
{
    const struct iss_env *env = &out->env.iss;
    size_t count = 0;

    if (env->user != NULL)
        out->approver[count++] = (struct iss_acl_proof){
            .kind = ISS_ACL_UNIX_USER, .value = env->user};
    for (size_t i = 0; i < env->group_count && count < TOOL_ACL_APPROVERS; i++)
        out->approver[count++] = (struct iss_acl_proof){
            .kind = ISS_ACL_UNIX_GROUP, .value = env->groups[i]};
    out->ask.approver = out->approver;
    out->ask.approver_count = count;
}

enum iss_status tool_acl_question(struct tool *tool, const struct iss_acl *acl,
                                  struct tool_acl_question *out)
{
    const char *as = tool_value(tool, TOOL_AS);
    enum iss_status status = ISS_OK;

    memset(out, 0, sizeof(*out));
    tool_env_plain(&out->env);
    if (as == NULL)
        return tool_fail(tool, ISS_USAGE, "as whom? --as PRINCIPAL");
    out->ask.now = tool_now();
    if (tool_given(tool, TOOL_AT))
        status = tool_time_parse("at", tool_value(tool, TOOL_AT), &out->ask.now,
                                 &tool->error);
    if (status == ISS_OK)
        status = take_op(tool, &out->ask);
    if (status == ISS_OK)
        status = take_days(tool, &out->ask);
    out->ask.key_bits = 2048;
    if (status == ISS_OK)
        status = take_request(tool, out);
    if (status == ISS_OK)
        status = take_what(tool, out);
    if (status != ISS_OK)
        return status;
    if (iss_acl_proof_of(acl, as, out->ask.now, out->value, &out->proof)) {
        out->ask.proofs = &out->proof;
        out->ask.proof_count = 1;
    }
    take_approver(out);
    out->ask.as = as;
    out->ask.url = out->url;
    out->ask.guid = out->guid;
    out->ask.subject_key = out->key;
    out->ask.years = 1;
    return ISS_OK;
}
