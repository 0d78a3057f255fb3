/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Revocation lists: see xrml_revocation.h. A set is one table, sorted by what
 * is revoked, so that a question costs a few searches however long the lists
 * are; who has the authority is asked only where something is found.
 */
#include "xrml_revocation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xrml_base64.h"
#include "xrml_document.h"
#include "xrml_key.h"
#include "xrml_refresh.h"

enum {
    MARK_SIZE = 1 + XRML_HASH_MAX, /* what it is, and a hash that names it */
    NAME_SIZE = 64,
    STRONG_BITS = 2048,
    LEAST_BITS = 1024
};

enum mark { /* as in enum xrml_revoked; hashes by their length */
            BY_KEY,
            BY_ID,
            BY_SHA1,
            BY_SHA256,
            BY_ISSUER_KEY,
            BY_ISSUER_ID,
            BY_CONTENT_ID,
            BY_PRINCIPAL_ID,
            MARKS
};

static const char *const mark_texts[MARKS] = {
    [BY_KEY] = "its key",
    [BY_ID] = "its identifier",
    [BY_SHA1] = "the SHA-1 hash of its BODY",
    [BY_SHA256] = "the hash of its BODY",
    [BY_ISSUER_KEY] = "its issuer's key",
    [BY_ISSUER_ID] = "its issuer's identifier",
    [BY_CONTENT_ID] = "the identifier of its content",
    [BY_PRINCIPAL_ID] = "the identifier of its principal"};

struct entry {
    uint8_t mark[MARK_SIZE];
    uint16_t list;
};

struct list {
    struct xrml_key key; /* who signed it */
    uint8_t modulus[XRML_MODULUS_MAX];
    uint8_t body_hash[XRML_HASH_MAX];
    char name[NAME_SIZE]; /* of its ISSUER */
    int64_t issued;
};

struct xrml_revocations {
    bool legacy;
    bool sha1; /* some entry is a SHA-1 hash */
    size_t list_count;
    struct list *lists[XRML_LISTS_MAX];
    size_t count;
    struct entry *entries; /* sorted by mark */
};

enum iss_status xrml_revocations_new(struct xrml_revocations **out,
                                     struct iss_error *error)
{
    *out = calloc(1, sizeof(**out));
    return *out == NULL ? iss_fail(error, ISS_INTERNAL, "out of memory")
                        : ISS_OK;
}

void xrml_revocations_free(struct xrml_revocations *set)
{
    if (set == NULL)
        return;
    for (size_t i = 0; i < set->list_count; i++)
        free(set->lists[i]);
    free(set->entries);
    free(set);
}

void xrml_revocations_legacy(struct xrml_revocations *set, bool accept)
{
    set->legacy = accept;
}

size_t xrml_revocations_count(const struct xrml_revocations *set)
{
    return set->list_count;
}

/* ---- marks: what names a thing, in 33 octets -------------------------------
 */

static bool mark_hash(enum mark what, const uint8_t *hash, size_t len,
                      uint8_t out[static MARK_SIZE])
{
    memset(out, 0, MARK_SIZE);
    out[0] = (uint8_t)what;
    memcpy(out + 1, hash, len);
    return true;
}

/* False: there is no such key. */
static bool mark_key(enum mark what, const struct xrml_key *key,
                     uint8_t out[static MARK_SIZE])
{
    uint8_t hash[XRML_HASH_MAX];

    return key->modulus != NULL && xrml_key_hash(key, hash, NULL) == ISS_OK &&
           mark_hash(what, hash, sizeof(hash), out);
}

/* An identifier of any type: a GUID in any of its forms, else to the letter.
 * False: there is none. */
static bool mark_id(enum mark what, const char *id,
                    uint8_t out[static MARK_SIZE])
{
    char guid[XRML_GUID_SIZE];
    uint8_t hash[XRML_HASH_MAX];

    if (id == NULL || id[0] == '\0')
        return false;
    if (xrml_guid_normal(id, guid))
        id = guid;
    return xrml_hash(XRML_SHA256, id, strlen(id), hash) &&
           mark_hash(what, hash, sizeof(hash), out);
}

static bool mark_digest(const struct xrml_revoke *revoke,
                        uint8_t out[static MARK_SIZE])
{
    enum xrml_digest digest = XRML_SHA256;
    uint8_t hash[XRML_HASH_MAX];

    if (!xrml_digest_find(revoke->digest, strlen(revoke->digest), &digest))
        return false;
    size_t len = xrml_base64_decode(revoke->hash, strlen(revoke->hash), hash,
                                    sizeof(hash));
    return len == xrml_digest_row(digest)->octets &&
           mark_hash(digest == XRML_SHA1 ? BY_SHA1 : BY_SHA256, hash, len, out);
}

static bool mark_revoke(const struct xrml_revoke *revoke,
                        uint8_t out[static MARK_SIZE])
{
    static const enum mark marks[XRML_REVOKED_KINDS] = {
        [XRML_REVOKED_KEY] = BY_KEY,
        [XRML_REVOKED_ID] = BY_ID,
        [XRML_REVOKED_HASH] = BY_SHA256,
        [XRML_REVOKED_ISSUER_KEY] = BY_ISSUER_KEY,
        [XRML_REVOKED_ISSUER_ID] = BY_ISSUER_ID,
        [XRML_REVOKED_CONTENT_ID] = BY_CONTENT_ID,
        [XRML_REVOKED_PRINCIPAL_ID] = BY_PRINCIPAL_ID};
    enum mark what = marks[revoke->kind];

    if (revoke->kind == XRML_REVOKED_HASH)
        return mark_digest(revoke, out);
    if (what == BY_KEY || what == BY_ISSUER_KEY)
        return mark_key(what, &revoke->key, out);
    return mark_id(what, revoke->object.id, out);
}

/* ---- taking a list ---------------------------------------------------------
 */

static int compare(const void *a, const void *b)
{
    const struct entry *x = a;
    const struct entry *y = b;

    return memcmp(x->mark, y->mark, MARK_SIZE);
}

static enum iss_status check_list(const struct xrml_revocations *set,
                                  OSSL_LIB_CTX *libctx,
                                  const struct xrml_document *list,
                                  struct iss_error *error)
{
    const struct xrml_fields *fields = xrml_fields(list);
    const struct xrml_key *key = &fields->issuer_key;

    if (fields->type != XRML_REVOCATION_LIST)
        return iss_fail(error, ISS_SEMANTICS, "revocation list: this is a %s",
                        xrml_type_text(fields->type));
    if (key->modulus == NULL)
        return iss_fail(error, ISS_SEMANTICS,
                        "revocation list: ISSUER has no key");
    enum iss_status status = xrml_digest_check(list, error);
    if (status == ISS_OK)
        status = xrml_signature_verify(libctx, key, &list->signature, error);
    if (status != ISS_OK)
        return status;
    bool sha1 = xrml_digest_row(list->signature.digest)->legacy;
    if (!set->legacy && (sha1 || xrml_key_bits(key) < STRONG_BITS))
        return iss_fail(error, ISS_SIGNATURE,
                        "revocation list: %s: accepted with --legacy only",
                        sha1 ? "SHA-1 signature" : "RSA key under 2048 bits");
    if (xrml_key_bits(key) < LEAST_BITS)
        return iss_fail(error, ISS_SIGNATURE,
                        "revocation list: RSA key under 1024 bits");
    return ISS_OK;
}

static struct list *new_list(const struct xrml_document *document)
{
    const struct xrml_fields *fields = xrml_fields(document);
    const char *name =
        fields->issuer.name != NULL ? fields->issuer.name : fields->issuer.id;
    struct list *list = calloc(1, sizeof(*list));

    if (list == NULL)
        return NULL;
    list->key = fields->issuer_key;
    list->key.modulus = list->modulus;
    memcpy(list->modulus, fields->issuer_key.modulus,
           fields->issuer_key.modulus_len);
    memcpy(list->body_hash, document->body_hash, XRML_HASH_MAX);
    list->issued = fields->issued;
    (void)snprintf(list->name, sizeof(list->name), "%s",
                   name != NULL ? name : "?");
    return list;
}

static bool is_there(const struct xrml_revocations *set,
                     const struct xrml_document *document)
{
    for (size_t i = 0; i < set->list_count; i++)
        if (memcmp(set->lists[i]->body_hash, document->body_hash,
                   XRML_HASH_MAX) == 0)
            return true;
    return false;
}

/* The entries of a list into the table, which stays sorted: from the end. */
static enum iss_status merge(struct xrml_revocations *set,
                             const struct entry *added, size_t count,
                             struct iss_error *error)
{
    size_t old = set->count;
    size_t to = old + count;
    struct entry *entries =
        realloc(set->entries, (to + 1) * sizeof(*set->entries));

    if (entries == NULL)
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    set->entries = entries;
    set->count = to;
    while (count > 0) {
        bool later =
            old > 0 && compare(&entries[old - 1], &added[count - 1]) > 0;
        entries[--to] = later ? entries[--old] : added[--count];
    }
    return ISS_OK;
}

static enum iss_status take(struct xrml_revocations *set,
                            const struct xrml_license *license,
                            const struct xrml_document *document,
                            struct iss_error *error)
{
    size_t count = license->revoked_count;
    struct entry *entries = calloc(count + 1, sizeof(*entries));
    struct list *list = new_list(document);
    bool sha1 = set->sha1;
    enum iss_status status = ISS_OK;

    if (entries == NULL || list == NULL)
        status = iss_fail(error, ISS_INTERNAL, "out of memory");
    for (size_t i = 0; i < count && status == ISS_OK; i++) {
        entries[i].list = (uint16_t)set->list_count;
        if (!mark_revoke(&license->revoked[i], entries[i].mark))
            status = iss_fail(error, ISS_SEMANTICS,
                              "revocation list: REVOKE %zu names nothing that "
                              "can be revoked",
                              i + 1);
        sha1 = sha1 || entries[i].mark[0] == BY_SHA1;
    }
    if (status != ISS_OK)
        goto out;
    qsort(entries, count, sizeof(*entries), compare);
    status = merge(set, entries, count, error);
    if (status != ISS_OK)
        goto out;
    set->lists[set->list_count++] = list;
    set->sha1 = sha1;
    list = NULL;
out:
    free(list);
    free(entries);
    return status;
}

enum iss_status xrml_revocations_add(struct xrml_revocations *set,
                                     OSSL_LIB_CTX *libctx,
                                     const struct xrml_document *list,
                                     struct iss_error *error)
{
    struct xrml_reading *reading = NULL;
    enum iss_status status = check_list(set, libctx, list, error);

    if (status != ISS_OK || is_there(set, list))
        return status;
    if (set->list_count == XRML_LISTS_MAX)
        return iss_fail(error, ISS_SEMANTICS,
                        "revocation list: more than %d at once",
                        XRML_LISTS_MAX);
    status = xrml_license_read(list, &reading, error);
    if (status == ISS_OK)
        status = take(set, xrml_reading_license(reading), list, error);
    xrml_reading_free(reading);
    return status;
}

bool xrml_revocations_newest(const struct xrml_revocations *set,
                             const struct xrml_key *key, int64_t *issued)
{
    bool found = false;

    for (size_t i = 0; set != NULL && i < set->list_count; i++) {
        const struct list *list = set->lists[i];
        if (!xrml_key_same(&list->key, key) ||
            (found && list->issued <= *issued))
            continue;
        *issued = list->issued;
        found = true;
    }
    return found;
}

/* ---- is it revoked? --------------------------------------------------------
 */

/* The first entry of a mark; set->count: none. */
static size_t find(const struct xrml_revocations *set,
                   const uint8_t mark[static MARK_SIZE])
{
    size_t low = 0;
    size_t high = set->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (memcmp(set->entries[middle].mark, mark, MARK_SIZE) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct question {
    const struct xrml_revocations *set;
    const struct xrml_chain *chain;
    size_t node;
    struct iss_error *error;
};

static enum iss_status ask(const struct question *question,
                           const uint8_t mark[static MARK_SIZE])
{
    const struct xrml_revocations *set = question->set;
    char issued[XRML_TIME_SIZE] = "?";

    for (size_t i = find(set, mark);
         i < set->count && memcmp(set->entries[i].mark, mark, MARK_SIZE) == 0;
         i++) {
        const struct list *list = set->lists[set->entries[i].list];

        if (!xrml_refresh_allows(&list->key, question->chain, question->node))
            continue;
        (void)xrml_time_print(list->issued, issued);
        return iss_fail(question->error, ISS_REVOKED,
                        "revoked by %s, in the list of \"%s\" of %s",
                        mark_texts[mark[0]], list->name, issued);
    }
    return ISS_OK;
}

static enum iss_status ask_hashes(const struct question *question,
                                  const struct xrml_document *document)
{
    uint8_t mark[MARK_SIZE];
    uint8_t hash[XRML_HASH_MAX];
    size_t len = 0;
    enum iss_status status = ISS_OK;

    (void)mark_hash(BY_SHA256, document->body_hash, XRML_HASH_MAX, mark);
    status = ask(question, mark);
    if (status != ISS_OK || !question->set->sha1)
        return status;
    const char *body = xrml_body(document, &len);
    if (!xrml_hash_utf16le(XRML_SHA1, body, len, hash))
        return iss_fail(question->error, ISS_INTERNAL,
                        "libcrypto has no SHA-1, which a revocation list uses");
    (void)mark_hash(BY_SHA1, hash, xrml_digest_row(XRML_SHA1)->octets, mark);
    return ask(question, mark);
}

static enum iss_status ask_all(const struct question *question,
                               const struct xrml_document *document)
{
    const struct xrml_fields *fields = xrml_fields(document);
    const struct xml_node *machine = xml_path(
        xml_root(document->tree), "FEDERATIONPRINCIPALS/PRINCIPAL/OBJECT/ID");
    const struct {
        enum mark what;
        const char *id;
    } ids[] = {{BY_ID, fields->descriptor.id},
               {BY_ISSUER_ID, fields->issuer.id},
               {BY_CONTENT_ID, fields->work.id},
               {BY_PRINCIPAL_ID, fields->principal.id},
               {BY_PRINCIPAL_ID, machine == NULL ? NULL : machine->text}};
    uint8_t mark[MARK_SIZE];
    enum iss_status status = ask_hashes(question, document);

    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]) && status == ISS_OK;
         i++)
        if (mark_id(ids[i].what, ids[i].id, mark))
            status = ask(question, mark);
    if (status == ISS_OK && mark_key(BY_KEY, &fields->principal_key, mark))
        status = ask(question, mark);
    if (status == ISS_OK && mark_key(BY_ISSUER_KEY, &fields->issuer_key, mark))
        status = ask(question, mark);
    return status;
}

enum iss_status xrml_revocations_find(const struct xrml_revocations *set,
                                      const struct xrml_chain *chain,
                                      size_t node, struct iss_error *error)
{
    const struct question question = {set, chain, node, error};

    return set != NULL && set->count > 0
               ? ask_all(&question, chain->documents[node])
               : ISS_OK;
}

enum iss_status xrml_revocations_check(const struct xrml_revocations *set,
                                       const struct xrml_chain *chain,
                                       size_t node, int64_t at,
                                       struct iss_error *error)
{
    enum iss_status status = xrml_revocations_find(set, chain, node, error);

    return status == ISS_OK
               ? xrml_refresh_check(set, chain->documents[node], at, error)
               : status;
}
