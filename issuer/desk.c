/* SPDX-License-Identifier: Apache-2.0 */
/* What an open store keeps between two licenses: see desk.h. */
#include "desk.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "key.h"
#include "member.h"
#include "xrml_key.h"

enum { KEPT = 8 }; /* chains that orders come with */

struct iss_desk {
    uint64_t generation; /* of own; 0: none is kept */
    struct xrml_chain own;
    struct ring {
        struct kept {
            char *text;
            size_t len;
            struct xrml_chain chain;
        } kept[KEPT];
        size_t next;   /* to be given up first */
    } whole, above;    /* above the first document of a chain */
    struct recipient { /* somebody to whom secrets were sealed */
        uint8_t hash[ISS_HASH_SIZE];
        EVP_PKEY *key;
    } recipients[KEPT];
    size_t next_recipient;
    struct earlier { /* a licensor key before a re-key */
        struct earlier *next;
        uint8_t hash[ISS_HASH_SIZE];
        EVP_PKEY *key;
    } * earlier; /* never closed before the store: licenses on their way borrow
                    them */
};

static void clear_kept(struct kept *kept)
{
    xrml_chain_clear(&kept->chain);
    free(kept->text);
    memset(kept, 0, sizeof(*kept));
}

void iss_desk_free(struct iss_desk *desk)
{
    if (desk == NULL)
        return;
    xrml_chain_clear(&desk->own);
    for (size_t i = 0; i < KEPT; i++) {
        clear_kept(&desk->whole.kept[i]);
        clear_kept(&desk->above.kept[i]);
        EVP_PKEY_free(desk->recipients[i].key);
    }
    for (struct earlier *at = desk->earlier, *next = NULL; at != NULL;
         at = next) {
        next = at->next;
        EVP_PKEY_free(at->key);
        free(at);
    }
    free(desk);
}

static enum iss_status desk_of(struct iss *iss, struct iss_desk **out,
                               struct iss_error *error)
{
    if (iss->desk == NULL)
        iss->desk = calloc(1, sizeof(*iss->desk));
    *out = iss->desk;
    return *out != NULL ? ISS_OK
                        : iss_fail(error, ISS_INTERNAL, "out of memory");
}

/* ---- chains ----------------------------------------------------------------
 */

/* Behind those that chain has; there is room for all. */
static void share(const struct xrml_chain *from, struct xrml_chain *chain)
{
    for (size_t i = 0; i < from->count; i++)
        chain->documents[chain->count++] =
            xrml_document_share(from->documents[i]);
}

/* The present one, read before. */
static enum iss_status recall_own(struct iss *iss, struct iss_desk *desk,
                                  struct xrml_chain *chain,
                                  uint64_t *generation, struct iss_error *error)
{
    uint64_t newest = 0;
    enum iss_status status = iss_store_slc_newest(iss->db, &newest, error);

    if (status != ISS_OK || newest == 0 || newest != desk->generation)
        return status;
    *generation = newest;
    share(&desk->own, chain);
    return ISS_OK;
}

enum iss_status iss_desk_own(struct iss *iss, uint64_t record,
                             struct xrml_chain *chain, uint64_t *generation,
                             struct iss_error *error)
{
    struct iss_desk *desk = NULL;
    struct iss_slc_row slc = {0};
    enum iss_status status = desk_of(iss, &desk, error);

    memset(chain, 0, sizeof(*chain));
    *generation = 0;
    if (status == ISS_OK && record == 0)
        status = recall_own(iss, desk, chain, generation, error);
    if (status != ISS_OK || *generation != 0)
        return status;
    status = record == 0 ? iss_store_slc_get(iss->db, &slc, error)
                         : iss_store_slc_before(iss->db, record, &slc, error);
    if (status != ISS_OK || slc.generation == 0)
        goto out;
    if (slc.generation != desk->generation) {
        xrml_chain_clear(&desk->own);
        desk->generation = 0;
        status = xrml_chain_append(&desk->own, (const char *)slc.chain.data,
                                   slc.chain.len, 0, error);
    }
    if (status != ISS_OK)
        goto out;
    desk->generation = slc.generation;
    *generation = slc.generation;
    share(&desk->own, chain);
out:
    iss_slc_row_clear(&slc);
    return status;
}

/* Whether a test of the first document failed that is not about revocation: a
 * list that a condition asks for is its reader's to have. */
static bool failed(const struct xrml_report *report)
{
    enum { REVOCATION = 4 };
    bool any = false;

    for (unsigned i = 0; i < XRML_TESTS; i++)
        any = any ||
              (i != REVOCATION && report->nodes[0].tests[i] == XRML_FAILED);
    return any;
}

/* The chain itself was verified up to the store's anchors when it was taken:
 * the key that issued its last document vouches for it here. */
static enum iss_status verify(struct iss *iss, const struct xrml_chain *chain,
                              struct xrml_report *report,
                              struct iss_error *error)
{
    const struct xrml_fields *top =
        xrml_fields(chain->documents[chain->count - 1]);
    const struct xrml_policy policy = {
        .now = xrml_fields(chain->documents[0])->issued};
    struct xrml_anchors *anchors = NULL;
    enum iss_status status = xrml_anchors_new(&anchors, error);

    if (status == ISS_OK)
        status = xrml_anchors_add(anchors, "", &top->issuer_key, error);
    if (status == ISS_OK)
        status = xrml_chain_verify(iss->env.libctx, chain, anchors, &policy,
                                   report, error);
    xrml_anchors_free(anchors);
    return status;
}

enum iss_status iss_desk_check(struct iss *iss, struct xrml_document *document,
                               const struct xrml_chain *own,
                               struct iss_error *error)
{
    struct xrml_chain chain = {.count = 0};
    struct xrml_report *report = calloc(1, sizeof(*report));
    struct iss_error why = {.status = ISS_OK};
    enum iss_status status = ISS_OK;

    if (report == NULL || own->count >= XRML_CHAIN_DOCUMENTS)
        status = iss_fail(&why, ISS_INTERNAL, "no room for a chain");
    if (status == ISS_OK) {
        chain.documents[chain.count++] = xrml_document_share(document);
        share(own, &chain);
        status = verify(iss, &chain, report, &why);
        if (status != ISS_OK && report->status != ISS_OK && !failed(report))
            status = ISS_OK;
    }
    xrml_chain_clear(&chain);
    free(report);
    return status == ISS_OK
               ? ISS_OK
               : iss_fail(error, ISS_INTERNAL,
                          "%s: signed, and does not verify as its readers "
                          "would verify it: %s; it was not handed out",
                          iss->dir, why.text);
}

/* False: not among those that are kept. */
static bool recall(const struct ring *ring, const char *text, size_t len,
                   struct xrml_chain *chain)
{
    for (size_t i = 0; i < KEPT; i++)
        if (ring->kept[i].text != NULL && ring->kept[i].len == len &&
            memcmp(ring->kept[i].text, text, len) == 0) {
            share(&ring->kept[i].chain, chain);
            return true;
        }
    return false;
}

/* Without memory for it, it is not kept. */
static void keep(struct ring *ring, const char *text, size_t len,
                 const struct xrml_chain *chain)
{
    struct kept *kept = &ring->kept[ring->next];
    char *copy = malloc(len);

    if (copy == NULL)
        return;
    memcpy(copy, text, len);
    clear_kept(kept);
    kept->text = copy;
    kept->len = len;
    share(chain, &kept->chain);
    ring->next = (ring->next + 1) % KEPT;
}

/* Documents one behind the other, in UTF-8. False: not of that form. */
static bool read_apart(struct iss_desk *desk, const char *text, size_t len,
                       struct xrml_chain *chain)
{
    struct xrml_chain above = {.count = 0};
    size_t first = 0;

    if (len > XRML_CHAIN_MAX ||
        xrml_parse(text, len, &first, &chain->documents[0], NULL) != ISS_OK)
        return false;
    chain->count = 1;
    const char *rest = text + first;
    if (first == len || recall(&desk->above, rest, len - first, chain))
        return true;
    if (xrml_chain_append(&above, rest, len - first, 0, NULL) != ISS_OK ||
        above.count >= XRML_CHAIN_DOCUMENTS) {
        xrml_chain_clear(&above);
        xrml_chain_clear(chain);
        return false;
    }
    share(&above, chain);
    keep(&desk->above, rest, len - first, &above);
    xrml_chain_clear(&above);
    return true;
}

enum iss_status iss_desk_chain(struct iss *iss, const char *text, size_t len,
                               struct xrml_chain *chain,
                               struct iss_error *error)
{
    struct iss_desk *desk = NULL;
    enum iss_status status = desk_of(iss, &desk, error);

    memset(chain, 0, sizeof(*chain));
    if (status != ISS_OK || recall(&desk->whole, text, len, chain))
        return status;
    if (!read_apart(desk, text, len, chain))
        return xrml_chain_append(chain, text, len, 0, error);
    keep(&desk->whole, text, len, chain);
    return ISS_OK;
}

/* ---- keys to seal to --------------------------------------------------------
 */

/* The oldest of those that are kept gives way. */
static enum iss_status keep_recipient(struct iss *iss, struct recipient *place,
                                      const struct xrml_key *numbers,
                                      const uint8_t *hash,
                                      struct iss_error *error)
{
    EVP_PKEY *key = NULL;
    enum iss_status status =
        xrml_key_pkey(iss->env.libctx, numbers, &key, error);

    if (status != ISS_OK)
        return status;
    EVP_PKEY_free(place->key);
    place->key = key;
    memcpy(place->hash, hash, ISS_HASH_SIZE);
    return ISS_OK;
}

enum iss_status iss_desk_recipient(struct iss *iss,
                                   const struct xrml_key *numbers,
                                   EVP_PKEY **out, struct iss_error *error)
{
    struct iss_desk *desk = NULL;
    struct recipient *found = NULL;
    uint8_t hash[ISS_HASH_SIZE];
    enum iss_status status = desk_of(iss, &desk, error);

    *out = NULL;
    if (status == ISS_OK)
        status = xrml_key_hash(numbers, hash, error);
    if (status != ISS_OK)
        return status;
    for (size_t i = 0; i < KEPT; i++)
        if (desk->recipients[i].key != NULL &&
            memcmp(desk->recipients[i].hash, hash, sizeof(hash)) == 0)
            found = &desk->recipients[i];
    if (found == NULL) {
        found = &desk->recipients[desk->next_recipient];
        desk->next_recipient = (desk->next_recipient + 1) % KEPT;
        status = keep_recipient(iss, found, numbers, hash, error);
    }
    if (status == ISS_OK && EVP_PKEY_up_ref(found->key) != 1)
        status = iss_fail(error, ISS_INTERNAL, "out of memory");
    if (status == ISS_OK)
        *out = found->key;
    return status;
}

/* ---- licensor keys ---------------------------------------------------------
 */

/* Opens one by its row, its public numbers compared. */
static enum iss_status open_earlier(struct iss *iss,
                                    const struct iss_key_row *row,
                                    EVP_PKEY **out, struct iss_error *error)
{
    char uri[ISS_URI_MAX];
    uint8_t hash[ISS_HASH_SIZE];
    struct enroll_key numbers;
    struct iss_error cause = {.status = ISS_OK};
    enum iss_status status = iss_member_uri(iss, row->uri, uri, &cause);

    if (status == ISS_OK)
        status = iss_key_open(&iss->env, uri, out, &cause);
    if (status == ISS_OK)
        status = iss_key_public(*out, &numbers, &cause);
    if (status == ISS_OK)
        status = iss_key_hash(&numbers, hash, &cause);
    if (status == ISS_OK && memcmp(hash, row->hash, sizeof(hash)) != 0)
        status =
            iss_fail(&cause, ISS_CONFLICT,
                     "%s: this is not the store's earlier licensor key", uri);
    if (status == ISS_OK)
        return ISS_OK;
    EVP_PKEY_free(*out);
    *out = NULL;
    iss->token_failed = true;
    if (status == ISS_LOGIN && (iss->flags & ISS_READ_ONLY) == 0)
        iss_handle_login_refused(iss, cause.text);
    return iss_fail(error, status, "%s", cause.text);
}

static enum iss_status add_earlier(struct iss *iss, struct iss_desk *desk,
                                   const struct iss_key_row *row,
                                   EVP_PKEY **out, struct iss_error *error)
{
    struct earlier *at = calloc(1, sizeof(*at));
    enum iss_status status =
        at == NULL ? iss_fail(error, ISS_INTERNAL, "out of memory")
                   : open_earlier(iss, row, &at->key, error);

    if (status != ISS_OK) {
        free(at);
        return status;
    }
    memcpy(at->hash, row->hash, ISS_HASH_SIZE);
    at->next = desk->earlier;
    desk->earlier = at;
    *out = at->key;
    return ISS_OK;
}

static enum iss_status find_earlier(struct iss *iss, const uint8_t *hash,
                                    EVP_PKEY **out, struct iss_error *error)
{
    static const char purpose[] = "licensor"; /* -old, -next */
    struct iss_desk *desk = NULL;
    struct iss_key_row row = {0};
    enum iss_status status = desk_of(iss, &desk, error);

    if (status != ISS_OK)
        return status;
    for (struct earlier *at = desk->earlier; at != NULL; at = at->next)
        if (memcmp(at->hash, hash, ISS_HASH_SIZE) == 0) {
            *out = at->key;
            return ISS_OK;
        }
    status = iss_store_key_by_hash(iss->db, hash, &row, error);
    if (status == ISS_OK && row.seq != 0 && row.uri != NULL &&
        strncmp(row.purpose, purpose, strlen(purpose)) == 0)
        status = add_earlier(iss, desk, &row, out, error);
    iss_key_row_clear(&row);
    return status;
}

enum iss_status iss_desk_licensor(struct iss *iss,
                                  const uint8_t hash[static ISS_HASH_SIZE],
                                  EVP_PKEY **out, struct iss_error *error)
{
    struct enroll_key numbers;
    uint8_t present[ISS_HASH_SIZE];
    enum iss_status status =
        iss_handle_public(iss, ISS_KEY_LICENSOR, &numbers, error);

    *out = NULL;
    if (status == ISS_OK)
        status = iss_key_hash(&numbers, present, error);
    if (status != ISS_OK)
        return status;
    return memcmp(present, hash, ISS_HASH_SIZE) == 0
               ? iss_handle_key(iss, ISS_KEY_LICENSOR, out, &numbers, error)
               : find_earlier(iss, hash, out, error);
}
