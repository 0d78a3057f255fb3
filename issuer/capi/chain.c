/* SPDX-License-Identifier: Apache-2.0 */
/* Documents read, and what they say by name. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "handles.h"

enum { FIELD_TEXT_SIZE = 80, HASH_SIZE = 32 };

/* What a field's text is made from. */
struct source {
    const struct xrml_document *document;
    const struct xrml_fields *fields;
    const struct xrml_license *license; /* NULL: it could not be read as one */
    char text[FIELD_TEXT_SIZE];         /* where one has to be made */
};

/* ---- makers: a text, borrowed or in source->text, or NULL ------------------
 */

static const char *make_time(struct source *source, int64_t seconds)
{
    char printed[XRML_TIME_SIZE];

    if (!xrml_time_print(seconds, printed))
        return NULL;
    (void)snprintf(source->text, sizeof(source->text), "%sZ", printed);
    return source->text;
}

static const char *make_hex(struct source *source,
                            const uint8_t hash[static HASH_SIZE])
{
    for (size_t i = 0; i < HASH_SIZE; i++)
        (void)snprintf(source->text + 2 * i, 3, "%02x", hash[i]);
    return source->text;
}

static const char *make_key(struct source *source, const struct xrml_key *key)
{
    uint8_t hash[HASH_SIZE];
    struct iss_error unused = {.status = ISS_OK};

    return key->modulus != NULL && xrml_key_hash(key, hash, &unused) == ISS_OK
               ? make_hex(source, hash)
               : NULL;
}

/* VALIDITYTIME says when a document holds; without it RANGETIME does. */
static const struct xrml_range *range_of(const struct source *source)
{
    return source->fields->validity.present ? &source->fields->validity
                                            : &source->fields->range;
}

static const char *type_of(struct source *source)
{
    return xrml_type_text(source->fields->type);
}
static const char *guid_of(struct source *source)
{
    return source->fields->descriptor.id;
}
static const char *issued_of(struct source *source)
{
    return make_time(source, source->fields->issued);
}
static const char *from_of(struct source *source)
{
    const struct xrml_range *range = range_of(source);

    return range->present ? make_time(source, range->from) : NULL;
}
static const char *until_of(struct source *source)
{
    const struct xrml_range *range = range_of(source);

    return range->present ? make_time(source, range->until) : NULL;
}
static const char *issuer_of(struct source *source)
{
    return source->fields->issuer.name;
}
static const char *issuer_id_of(struct source *source)
{
    return source->fields->issuer.id;
}
static const char *issuer_key_of(struct source *source)
{
    return make_key(source, &source->fields->issuer_key);
}
static const char *name_of(struct source *source)
{
    return source->fields->principal.name;
}
static const char *id_of(struct source *source)
{
    return source->fields->principal.id;
}
static const char *url_of(struct source *source)
{
    return source->fields->principal.address;
}
static const char *key_of(struct source *source)
{
    return make_key(source, &source->fields->principal_key);
}
static const char *hash_of(struct source *source)
{
    uint8_t hash[HASH_SIZE];

    xrml_body_hash(source->document, hash);
    return make_hex(source, hash);
}
static const char *content_of(struct source *source)
{
    return source->fields->work.id;
}
static const char *owner_of(struct source *source)
{
    return source->license != NULL ? source->license->owner.name : NULL;
}
static const char *version_of(struct source *source)
{
    return source->fields->server_version;
}

static const struct field {
    const char *name;
    const char *(*make)(struct source *source);
} rows[] = {{"type", type_of},
            {"guid", guid_of},
            {"issued", issued_of},
            {"from", from_of},
            {"until", until_of},
            {"issuer", issuer_of},
            {"issuer-id", issuer_id_of},
            {"issuer-key", issuer_key_of},
            {"name", name_of},
            {"id", id_of},
            {"url", url_of},
            {"key", key_of},
            {"hash", hash_of},
            {"content", content_of},
            {"owner", owner_of},
            {"server-version", version_of}};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };
_Static_assert((size_t)ROWS <= (size_t)CAPI_FIELDS_MAX, "room for every field");

/* ---- chains --------------------------------------------------------------
 */

static enum iss_status look(struct capi_document *document,
                            const struct xrml_document *from,
                            struct iss_error *error)
{
    struct source source = {.document = from, .fields = xrml_fields(from)};
    struct iss_error unused = {.status = ISS_OK};

    /* whether it is a good one is for the verifier to say */
    if (xrml_license_read(from, &document->reading, &unused) == ISS_OK)
        source.license = xrml_reading_license(document->reading);
    for (size_t i = 0; i < ROWS; i++) {
        const char *text = rows[i].make(&source);

        if (text != NULL && (document->fields[i] = strdup(text)) == NULL)
            return iss_fail(error, ISS_INTERNAL, "out of memory");
    }
    return ISS_OK;
}

enum iss_status capi_chain_take(struct xrml_chain *chain, privyseal_chain **out,
                                struct iss_error *error)
{
    privyseal_chain *taken = calloc(1, sizeof(*taken));
    enum iss_status status = ISS_OK;

    *out = NULL;
    if (taken == NULL) {
        xrml_chain_clear(chain);
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    }
    taken->chain = *chain;
    memset(chain, 0, sizeof(*chain));
    for (size_t i = 0; i < taken->chain.count && status == ISS_OK; i++)
        status = look(&taken->documents[i], taken->chain.documents[i], error);
    if (status != ISS_OK) {
        privyseal_chain_free(taken);
        return status;
    }
    *out = taken;
    return ISS_OK;
}

int privyseal_chain_read(privyseal *context, const char *text, size_t len,
                         privyseal_chain **out)
{
    struct iss_error *error = capi_begin(context);
    struct xrml_chain chain = {0};
    enum iss_status status = xrml_chain_append(&chain, text, len, 0, error);

    *out = NULL;
    if (status == ISS_OK)
        status = capi_chain_take(&chain, out, error);
    return (int)status;
}

void privyseal_chain_free(privyseal_chain *chain)
{
    if (chain == NULL)
        return;
    for (size_t i = 0; i < chain->chain.count; i++) {
        for (size_t j = 0; j < ROWS; j++)
            free(chain->documents[i].fields[j]);
        xrml_reading_free(chain->documents[i].reading);
    }
    xrml_chain_clear(&chain->chain);
    free(chain);
}

size_t privyseal_chain_count(const privyseal_chain *chain)
{
    return chain->chain.count;
}

const char *privyseal_chain_text(const privyseal_chain *chain, size_t document,
                                 size_t *len)
{
    *len = 0;
    return document < chain->chain.count
               ? xrml_text(chain->chain.documents[document], len)
               : NULL;
}

const char *privyseal_chain_field(const privyseal_chain *chain, size_t document,
                                  const char *name)
{
    for (size_t i = 0; document < chain->chain.count && i < ROWS; i++)
        if (strcmp(rows[i].name, name) == 0)
            return chain->documents[document].fields[i];
    return NULL;
}

/* ---- rights --------------------------------------------------------------
 */

static const struct xrml_license *license_at(const privyseal_chain *chain,
                                             size_t document)
{
    return document < chain->chain.count &&
                   chain->documents[document].reading != NULL
               ? xrml_reading_license(chain->documents[document].reading)
               : NULL;
}

size_t privyseal_chain_rights(const privyseal_chain *chain, size_t document)
{
    const struct xrml_license *license = license_at(chain, document);

    return license != NULL ? license->right_count : 0;
}

const char *privyseal_chain_right(const privyseal_chain *chain, size_t document,
                                  size_t n, const char **user)
{
    const struct xrml_license *license = license_at(chain, document);

    if (license == NULL || n >= license->right_count)
        return NULL;
    if (user != NULL) {
        const char *name = license->rights[n].user.name;

        *user = name != NULL ? name : "";
    }
    return license->rights[n].name;
}
