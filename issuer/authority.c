/* SPDX-License-Identifier: Apache-2.0 */
/* An authority's own hierarchy: see authority.h. */
#include "authority.h"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "issue.h"
#include "profile.h"
#include "publish.h"

enum { MINUTE = 60, NAME_SIZE = 5 * ENROLL_NAME_MAX, OWN_SIZE = 128 };

static const char authority_type[] = "DRM-Certificate-Authority";
static const char authority_id[] = "ascii-tag";
static const char server_type[] = "MS-DRM-Server";
static const char server_id[] = "MS-GUID";

/* From the anchor down; each is issued by the one before. */
static const struct own {
    const char *kind;
    enum xrml_type type;
    enum iss_purpose signer, subject;
    const char *issuer, *principal; /* what follows "NAME H " */
    int years;
} own[ISS_AUTHORITY_DOCUMENTS] = {
    {"ca", XRML_CA_CERTIFICATE, ISS_KEY_ROOT, ISS_KEY_CA, "Root", "CA", 30},
    {"eca", XRML_CA_CERTIFICATE, ISS_KEY_CA, ISS_KEY_ECA, "CA",
     "Server Enrollment CA", 30},
    {"esc", XRML_SERVER_CERTIFICATE, ISS_KEY_ECA, ISS_KEY_ESC,
     "Server Enrollment CA", "Server Enrollment Service", 15},
};

static const char *const words[] = {
    [ISS_PRODUCTION] = "Production", [ISS_PRE_PRODUCTION] = "ISV"};

static bool full_name(const struct iss *iss, const char *part,
                      char out[static NAME_SIZE])
{
    int n = snprintf(out, NAME_SIZE, "%s %s %s", iss->name,
                     words[iss->hierarchy], part);
    return n > 0 && n < NAME_SIZE;
}

/* The same for every run of init: a document is made once. */
static enum iss_status own_digest(const struct iss *iss, const struct own *row,
                                  uint8_t digest[static ISS_HASH_SIZE],
                                  struct iss_error *error)
{
    char text[OWN_SIZE];
    int n = snprintf(text, sizeof(text), "privyseal-own 1\n%s\n%s\n", iss->guid,
                     row->kind);
    return iss_sha256(text, n > 0 ? (size_t)n : 0, digest, error);
}

static enum iss_status build(struct iss *iss, const struct own *row,
                             const char *guid, char **body,
                             struct iss_error *error)
{
    char issuer_name[NAME_SIZE];
    char name[NAME_SIZE];
    struct enroll_key issuer_key;
    struct enroll_key key;
    int64_t now = 0;
    bool server = row->type == XRML_SERVER_CERTIFICATE;
    enum iss_status status = iss_journal_time(iss, &now, error);

    if (status == ISS_OK)
        status = iss_handle_public(iss, row->signer, &issuer_key, error);
    if (status == ISS_OK)
        status = iss_handle_public(iss, row->subject, &key, error);
    if (status == ISS_OK && (!full_name(iss, row->issuer, issuer_name) ||
                             !full_name(iss, row->principal, name)))
        status = iss_fail(error, ISS_USAGE, "%s: name too long", iss->name);
    if (status != ISS_OK)
        return status;
    now -= now % MINUTE;
    const struct xrml_certificate fields = {
        .type = row->type,
        .guid = guid,
        .issued = now,
        .range = {.present = true,
                  .from = now,
                  .until = xrml_time_add_years(now, row->years)},
        .issuer = {.type = authority_type,
                   .id_type = authority_id,
                   .id = issuer_name,
                   .name = issuer_name},
        .issuer_key = iss_key_view(&issuer_key),
        .principal = {.type = server ? server_type : authority_type,
                      .id_type = server ? server_id : authority_id,
                      .id = server ? iss->guid : name,
                      .name = name},
        .principal_key = iss_key_view(&key),
    };
    return xrml_build(&fields, body, error);
}

static enum iss_status issue_own(struct iss *iss, const struct own *row,
                                 struct iss_error *error)
{
    char guid[XRML_GUID_SIZE];
    uint8_t digest[ISS_HASH_SIZE];
    struct iss_done done = {0};
    char *body = NULL;
    enum iss_status status = own_digest(iss, row, digest, error);

    if (status == ISS_OK)
        status = iss_act_find(iss, digest, &done, error);
    if (status != ISS_OK || done.result != 0)
        goto out;
    iss_done_clear(&done);
    status = iss_guid_new(guid, error);
    if (status == ISS_OK)
        status = build(iss, row, guid, &body, error);
    if (status != ISS_OK)
        goto out;
    const struct iss_act act = {.kind = row->kind,
                                .digest = digest,
                                .signer = row->signer,
                                .octets = body,
                                .len = strlen(body),
                                .document = guid};
    status = iss_act_perform(iss, &act, &done, error);
out:
    iss_done_clear(&done);
    free(body);
    return status;
}

static enum iss_status write_anchor(struct iss *iss, struct iss_error *error)
{
    char path[ISS_PATH_MAX];
    char name[NAME_SIZE];
    struct enroll_key root;
    uint8_t *spki = NULL;
    char *data = NULL;
    size_t spki_len = 0;
    BIO *text = BIO_new(BIO_s_mem());
    enum iss_status status = iss_handle_public(iss, ISS_KEY_ROOT, &root, error);
    const struct xrml_key view = iss_key_view(&root);

    if (status == ISS_OK)
        status = xrml_key_spki(&view, &spki, &spki_len, error);
    if (status != ISS_OK)
        goto out;
    status = ISS_INTERNAL;
    if (text == NULL || !full_name(iss, "Root", name) ||
        BIO_printf(text, "# %s\n", name) <= 0 ||
        PEM_write_bio(text, "PUBLIC KEY", "", spki, (long)spki_len) <= 0) {
        (void)iss_fail(error, status, "anchors.pem: out of memory");
        goto out;
    }
    long len = BIO_get_mem_data(text, &data);
    if (!iss_path_join(path, iss->dir, "anchors.pem"))
        status = iss_fail(error, ISS_USAGE, "%s: path too long", iss->dir);
    else
        status = iss_publish(path, data, (size_t)len, 0, error);
out:
    free(spki);
    BIO_free(text);
    return status;
}

enum iss_status iss_authority_found(struct iss *iss, struct iss_error *error)
{
    enum iss_status status = ISS_OK;

    for (size_t i = 0; i < ISS_AUTHORITY_DOCUMENTS && status == ISS_OK; i++)
        status = issue_own(iss, &own[i], error);
    return status == ISS_OK ? write_anchor(iss, error) : status;
}

enum iss_status
iss_authority_documents(struct iss *iss,
                        char *texts[static ISS_AUTHORITY_DOCUMENTS],
                        struct iss_error *error)
{
    enum iss_status status = ISS_OK;

    for (size_t i = 0; i < ISS_AUTHORITY_DOCUMENTS; i++)
        texts[i] = NULL;
    for (size_t i = 0; i < ISS_AUTHORITY_DOCUMENTS && status == ISS_OK; i++) {
        const struct own *row = &own[ISS_AUTHORITY_DOCUMENTS - 1 - i];
        struct iss_done done = {0};
        size_t len = 0;

        status = iss_act_newest(iss, row->kind, &done, error);
        if (status == ISS_OK && done.result == 0)
            status = iss_fail(error, ISS_USAGE,
                              "%s: no %s certificate yet: run init again to "
                              "finish it",
                              iss->dir, row->kind);
        if (status == ISS_OK)
            status =
                iss_done_document(&done, row->kind, &texts[i], &len, error);
        iss_done_clear(&done);
    }
    return status;
}

enum iss_hierarchy iss_anchors_hierarchy(const struct xrml_anchors *anchors)
{
    static const char suffix[] = " ISV Root";
    size_t count = xrml_anchors_count(anchors);

    for (size_t i = 0; i < count; i++) {
        const char *name = xrml_anchor_name(anchors, i);
        size_t len = strlen(name);

        if (len < sizeof(suffix) - 1 ||
            strcmp(name + len - (sizeof(suffix) - 1), suffix) != 0)
            return ISS_PRODUCTION;
    }
    return count > 0 ? ISS_PRE_PRODUCTION : ISS_PRODUCTION;
}
