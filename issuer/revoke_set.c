/* SPDX-License-Identifier: Apache-2.0 */
/* Entries of a revocation list: see revoke_set.h. */
#include "revoke_set.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "handle.h"
#include "xrml_base64.h"
#include "xrml_key.h"
#include "xrml_revocation.h"

struct iss_revoke_set {
    size_t count, room;
    struct xrml_revoke *entries; /* every text and modulus is owned */
};

/* What names a kind, and what it stands for. */
static const struct row {
    const char *text;  /* for people, before the name */
    const char *wants; /* what a document must have for it */
} rows[XRML_REVOKED_KINDS] = {
    [XRML_REVOKED_KEY] = {"whoever has the key", "certified key"},
    [XRML_REVOKED_ID] = {"the document", "GUID"},
    [XRML_REVOKED_HASH] = {"the document with the BODY hash", "hash"},
    [XRML_REVOKED_ISSUER_KEY] = {"everything issued with the key",
                                 "certified key"},
    [XRML_REVOKED_ISSUER_ID] = {"everything issued by", "principal's GUID"},
    [XRML_REVOKED_CONTENT_ID] = {"every license of the content", "content"},
    [XRML_REVOKED_PRINCIPAL_ID] = {"every document of the principal",
                                   "principal's GUID"},
};

enum iss_status iss_revoke_new(struct iss_revoke_set **out,
                               struct iss_error *error)
{
    *out = calloc(1, sizeof(**out));
    return *out == NULL ? iss_fail(error, ISS_INTERNAL, "out of memory")
                        : ISS_OK;
}

/* The texts are copies of our own, const for those who read them. */
static void free_text(const void *text)
{
    free((void *)(uintptr_t)text);
}

static void clear(struct xrml_revoke *entry)
{
    free_text(entry->object.type);
    free_text(entry->object.id_type);
    free_text(entry->object.id);
    free_text(entry->object.name);
    free_text(entry->object.address);
    free_text(entry->key.modulus);
    free_text(entry->digest);
    free_text(entry->hash);
}

void iss_revoke_free(struct iss_revoke_set *set)
{
    if (set == NULL)
        return;
    for (size_t i = 0; i < set->count; i++)
        clear(&set->entries[i]);
    free(set->entries);
    free(set);
}

size_t iss_revoke_count(const struct iss_revoke_set *set)
{
    return set->count;
}

const struct xrml_revoke *iss_revoke_at(const struct iss_revoke_set *set,
                                        size_t n)
{
    return &set->entries[n];
}

/* ---- one entry -------------------------------------------------------------
 */

static bool copy_text(const char *from, const char **to)
{
    *to = from == NULL ? NULL : strdup(from);
    return from == NULL || *to != NULL;
}

static bool copy_key(const struct xrml_key *from, struct xrml_key *to)
{
    *to = *from;
    if (from->modulus == NULL)
        return true;
    uint8_t *modulus = malloc(from->modulus_len);
    if (modulus != NULL)
        memcpy(modulus, from->modulus, from->modulus_len);
    to->modulus = modulus;
    return modulus != NULL;
}

static bool copy(const struct xrml_revoke *from, struct xrml_revoke *to)
{
    *to = (struct xrml_revoke){.kind = from->kind};
    return copy_text(from->object.type, &to->object.type) &&
           copy_text(from->object.id_type, &to->object.id_type) &&
           copy_text(from->object.id, &to->object.id) &&
           copy_text(from->object.name, &to->object.name) &&
           copy_text(from->object.address, &to->object.address) &&
           copy_key(&from->key, &to->key) &&
           copy_text(from->digest, &to->digest) &&
           copy_text(from->hash, &to->hash);
}

static bool same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* What counts is what is named, not how the object is described. */
static bool same(const struct xrml_revoke *a, const struct xrml_revoke *b)
{
    bool keys = a->key.modulus != NULL && b->key.modulus != NULL;

    return a->kind == b->kind && same_text(a->object.id, b->object.id) &&
           same_text(a->digest, b->digest) && same_text(a->hash, b->hash) &&
           (keys ? xrml_key_same(&a->key, &b->key)
                 : a->key.modulus == b->key.modulus);
}

static enum iss_status grow(struct iss_revoke_set *set, struct iss_error *error)
{
    size_t room = set->room == 0 ? 16 : 2 * set->room;

    if (set->count == XRML_REVOKED_MAX)
        return iss_fail(error, ISS_USAGE,
                        "a revocation list holds %d revocations at most",
                        XRML_REVOKED_MAX);
    if (set->count < set->room)
        return ISS_OK;
    struct xrml_revoke *more = realloc(set->entries, room * sizeof(*more));
    if (more == NULL)
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    set->entries = more;
    set->room = room;
    return ISS_OK;
}

static enum iss_status add(struct iss_revoke_set *set,
                           const struct xrml_revoke *entry,
                           struct iss_error *error)
{
    for (size_t i = 0; i < set->count; i++)
        if (same(&set->entries[i], entry))
            return ISS_OK;
    enum iss_status status = grow(set, error);
    if (status != ISS_OK)
        return status;
    struct xrml_revoke *to = &set->entries[set->count];
    if (!copy(entry, to)) {
        clear(to);
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    }
    set->count++;
    return ISS_OK;
}

/* ---- what is given ---------------------------------------------------------
 */

enum iss_status iss_revoke_add_hash(struct iss_revoke_set *set,
                                    const uint8_t hash[static 32],
                                    struct iss_error *error)
{
    char text[XRML_BASE64_SIZE(ISS_HASH_SIZE)];
    const struct xrml_revoke entry = {
        .kind = XRML_REVOKED_HASH, .digest = "SHA256", .hash = text};

    (void)xrml_base64_encode(hash, ISS_HASH_SIZE, text);
    return add(set, &entry, error);
}

enum iss_status iss_revoke_add_key(struct iss_revoke_set *set,
                                   const struct xrml_key *key,
                                   enum xrml_revoked kind,
                                   struct iss_error *error)
{
    const struct xrml_revoke entry = {.kind = kind, .key = *key};

    if (kind != XRML_REVOKED_KEY && kind != XRML_REVOKED_ISSUER_KEY)
        return iss_fail(error, ISS_USAGE,
                        "a key names who has it, or what was issued with it");
    return add(set, &entry, error);
}

static bool names_id(enum xrml_revoked kind)
{
    return kind == XRML_REVOKED_ID || kind == XRML_REVOKED_ISSUER_ID ||
           kind == XRML_REVOKED_CONTENT_ID || kind == XRML_REVOKED_PRINCIPAL_ID;
}

enum iss_status iss_revoke_add_guid(struct iss_revoke_set *set,
                                    const char *guid, enum xrml_revoked kind,
                                    struct iss_error *error)
{
    char normal[XRML_GUID_SIZE];
    const struct xrml_revoke entry = {
        .kind = kind, .object = {.id_type = "MS-GUID", .id = normal}};

    if (!names_id(kind))
        return iss_fail(error, ISS_USAGE,
                        "a GUID names a document, an issuer, a content or a "
                        "principal");
    if (!xrml_guid_normal(guid, normal))
        return iss_fail(error, ISS_USAGE, "%s: not a GUID", guid);
    return add(set, &entry, error);
}

/* The object of a document that a kind names; NULL: it has none. */
static const struct xrml_object *object_of(const struct xrml_fields *fields,
                                           enum xrml_revoked kind)
{
    const struct xrml_object *object =
        kind == XRML_REVOKED_ID           ? &fields->descriptor
        : kind == XRML_REVOKED_CONTENT_ID ? &fields->work
                                          : &fields->principal;

    return object->id != NULL && object->id[0] != '\0' ? object : NULL;
}

enum iss_status iss_revoke_add_document(struct iss_revoke_set *set,
                                        const struct xrml_document *document,
                                        enum xrml_revoked kind,
                                        struct iss_error *error)
{
    const struct xrml_fields *fields = xrml_fields(document);
    uint8_t hash[ISS_HASH_SIZE];
    enum iss_status status = ISS_OK;

    xrml_body_hash(document, hash);
    if (kind == XRML_REVOKED_HASH)
        return iss_revoke_add_hash(set, hash, error);
    if (!names_id(kind) && fields->principal_key.modulus != NULL)
        return iss_revoke_add_key(set, &fields->principal_key, kind, error);
    const struct xrml_object *object =
        names_id(kind) ? object_of(fields, kind) : NULL;
    if (object == NULL)
        return iss_fail(error, ISS_SEMANTICS, "%s: it names no %s",
                        xrml_type_text(fields->type), rows[kind].wants);
    const struct xrml_revoke entry = {.kind = kind,
                                      .object = {.type = object->type,
                                                 .id_type = object->id_type,
                                                 .id = object->id,
                                                 .name = object->name}};
    status = add(set, &entry, error);
    return status;
}

enum iss_status iss_revoke_add_list(struct iss_revoke_set *set,
                                    OSSL_LIB_CTX *libctx,
                                    const struct xrml_document *list,
                                    const uint8_t *signer,
                                    struct iss_error *error)
{
    const struct xrml_fields *fields = xrml_fields(list);
    uint8_t hash[ISS_HASH_SIZE];
    struct xrml_revocations *lists = NULL;
    struct xrml_reading *reading = NULL;
    enum iss_status status = xrml_revocations_new(&lists, error);

    if (status == ISS_OK)
        status = xrml_revocations_add(lists, libctx, list, error);
    if (status == ISS_OK)
        status = xrml_key_hash(&fields->issuer_key, hash, error);
    if (status == ISS_OK && signer != NULL &&
        memcmp(hash, signer, sizeof(hash)) != 0)
        status = iss_fail(error, ISS_CONFLICT,
                          "the earlier list was signed with another key");
    if (status == ISS_OK)
        status = xrml_license_read(list, &reading, error);
    if (status == ISS_OK) {
        const struct xrml_license *license = xrml_reading_license(reading);

        for (size_t i = 0; status == ISS_OK && i < license->revoked_count; i++)
            status = add(set, &license->revoked[i], error);
    }
    xrml_reading_free(reading);
    xrml_revocations_free(lists);
    return status;
}

/* ---- for people ------------------------------------------------------------
 */

void iss_revoke_text(const struct xrml_revoke *revoke,
                     char out[static ISS_REVOKE_TEXT])
{
    const char *text = rows[revoke->kind].text;
    const char *name = revoke->object.name;
    uint8_t hash[ISS_HASH_SIZE] = {0};
    char hex[2 * ISS_HASH_SIZE + 1];

    if (revoke->key.modulus != NULL) {
        if (xrml_key_hash(&revoke->key, hash, NULL) != ISS_OK)
            memset(hash, 0, sizeof(hash));
        iss_hex(hash, sizeof(hash), hex);
        (void)snprintf(out, ISS_REVOKE_TEXT, "%s %s", text, hex);
    } else if (revoke->hash != NULL) {
        size_t len = xrml_base64_decode(revoke->hash, strlen(revoke->hash),
                                        hash, sizeof(hash));

        iss_hex(hash, len == SIZE_MAX ? 0 : len, hex);
        (void)snprintf(out, ISS_REVOKE_TEXT, "%s %s", text, hex);
    } else {
        (void)snprintf(out, ISS_REVOKE_TEXT, "%s %s%s%s", text,
                       revoke->object.id == NULL ? "?" : revoke->object.id,
                       name == NULL || name[0] == '\0' ? "" : "  ",
                       name == NULL ? "" : name);
    }
}
