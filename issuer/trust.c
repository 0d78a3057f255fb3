/* SPDX-License-Identifier: Apache-2.0 */
/* What is trusted, as it is asked for. */
#include "trust.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "key.h"
#include "member.h"
#include "trust_kept.h"
#include "xrml_revocation.h"

static const char *const names[ISS_TRUST_KINDS] = {
    [ISS_TRUST_USERS] = "users",       [ISS_TRUST_PUBLISHING] = "publishing",
    [ISS_TRUST_MACHINES] = "machines", [ISS_TRUST_LIST] = "list",
    [ISS_TRUST_EXCLUDED] = "excluded",
};

const char *iss_trust_kind_name(enum iss_trust_kind kind)
{
    return names[kind];
}

bool iss_trust_kind_find(const char *name, enum iss_trust_kind *kind)
{
    for (size_t i = 0; i < ISS_TRUST_KINDS; i++) {
        if (strcmp(names[i], name) != 0)
            continue;
        *kind = (enum iss_trust_kind)i;
        return true;
    }
    return false;
}

/* ---- verifying -------------------------------------------------------------
 */

static bool accepts(unsigned accepted, enum iss_trust_kind kind)
{
    return (accepted & 1U << kind) != 0;
}

/* The domain whose certificate is that of a key; NULL: none. */
static const struct iss_trust_domain *domain_of(const struct iss_trust *kept,
                                                unsigned accepted,
                                                const struct xrml_key *key)
{
    uint8_t hash[ISS_HASH_SIZE];

    if (key->modulus == NULL || xrml_key_hash(key, hash, NULL) != ISS_OK)
        return NULL;
    for (size_t i = 0; i < kept->domain_count; i++)
        if (accepts(accepted, kept->domains[i].kind) &&
            memcmp(kept->domains[i].hash, hash, sizeof(hash)) == 0)
            return &kept->domains[i];
    return NULL;
}

/* The authority of machines that issued the chain's last document. */
static const struct xrml_anchors *machines_of(const struct iss_trust *kept,
                                              const struct xrml_key *key)
{
    for (size_t i = 0; i < kept->machine_count; i++)
        for (size_t n = 0; n < xrml_anchors_count(kept->machines[i]); n++) {
            const struct xrml_key *own = xrml_anchor_key(kept->machines[i], n);

            if (key->modulus != NULL && own->exponent == key->exponent &&
                own->modulus_len == key->modulus_len &&
                memcmp(own->modulus, key->modulus, key->modulus_len) == 0)
                return kept->machines[i];
        }
    return NULL;
}

/* Finds the domain below which a chain stands: whole is the chain up to the
 * domain's root, of borrowed documents. NULL: none. */
static const struct iss_trust_domain *
find_domain(const struct iss_trust *kept, const struct xrml_chain *chain,
            unsigned accepted, struct xrml_chain *whole)
{
    const struct iss_trust_domain *domain = NULL;

    *whole = *chain;
    for (size_t i = 1; i < chain->count && domain == NULL; i++)
        domain = domain_of(kept, accepted,
                           &xrml_fields(chain->documents[i])->principal_key);
    if (domain != NULL)
        return domain;
    domain =
        domain_of(kept, accepted,
                  &xrml_fields(chain->documents[chain->count - 1])->issuer_key);
    if (domain == NULL ||
        chain->count + domain->chain.count > XRML_CHAIN_DOCUMENTS)
        return NULL;
    memcpy(whole->documents + chain->count, domain->chain.documents,
           domain->chain.count * sizeof(domain->chain.documents[0]));
    whole->count += domain->chain.count;
    return domain;
}

/* R132: an account of the installation's own root. That the GUID is the root's
 * is vouched for by the chain, which was verified up to an anchor. */
static enum iss_status check_root(const struct iss_trust *kept,
                                  const struct xrml_chain *chain,
                                  struct iss_error *error)
{
    const struct xrml_object *issuer =
        &xrml_fields(chain->documents[0])->issuer;
    char guid[XRML_GUID_SIZE];

    if (issuer->id != NULL && xrml_guid_normal(issuer->id, guid) &&
        strcmp(guid, kept->root) == 0)
        return ISS_OK;
    return iss_fail(error, ISS_REFUSED,
                    "document 1: issued by %s, which is neither the root of "
                    "this installation nor trusted (privyseal trust add users)",
                    issuer->name != NULL ? issuer->name : "nobody");
}

static enum iss_status verify(struct iss *iss, const struct xrml_chain *chain,
                              const struct xrml_anchors *anchors, bool legacy,
                              int64_t at, struct iss_error *error)
{
    const struct xrml_policy policy = {.at_set = true,
                                       .at = at,
                                       .now = at,
                                       .legacy = legacy,
                                       .revocations = iss->trust->lists};
    struct xrml_report *report = calloc(1, sizeof(*report));
    enum iss_status status =
        report == NULL ? iss_fail(error, ISS_INTERNAL, "out of memory")
                       : xrml_chain_verify(iss->env.libctx, chain, anchors,
                                           &policy, report, error);

    free(report);
    return status;
}

struct beside { /* what judges a chain in place of the store's own anchors */
    const struct xrml_anchors *anchors; /* borrowed; NULL: those judge it */
    enum iss_trust_kind kind;
    struct xrml_chain whole; /* the chain up to there; its documents borrowed */
};

static enum iss_status find_beside(struct iss *store,
                                   const struct xrml_chain *chain,
                                   unsigned accepted, struct beside *beside,
                                   struct iss_error *error)
{
    struct iss_trust *kept = NULL;
    enum iss_status status = iss_trust_kept(store, &kept, error);

    *beside = (struct beside){.anchors = NULL};
    if (status == ISS_OK && chain->count == 0)
        status = iss_fail(error, ISS_XML, "no document");
    if (status != ISS_OK)
        return status;
    const struct iss_trust_domain *domain =
        find_domain(kept, chain, accepted, &beside->whole);
    if (domain != NULL) {
        beside->kind = domain->kind;
        beside->anchors = domain->root;
        return ISS_OK;
    }
    if (!accepts(accepted, ISS_TRUST_MACHINES))
        return ISS_OK;
    beside->kind = ISS_TRUST_MACHINES;
    beside->anchors = machines_of(
        kept, &xrml_fields(chain->documents[chain->count - 1])->issuer_key);
    return ISS_OK;
}

enum iss_status iss_trust_verify(struct iss *store,
                                 const struct xrml_chain *chain,
                                 unsigned accepted, int64_t at,
                                 struct iss_error *error)
{
    struct iss_trust *kept = NULL;
    struct xrml_anchors *own = NULL;
    struct beside beside;
    struct iss_error why = {.status = ISS_OK};
    enum iss_status status =
        find_beside(store, chain, accepted, &beside, error);

    if (status != ISS_OK)
        return status;
    if (beside.anchors != NULL)
        return verify(store, &beside.whole, beside.anchors,
                      beside.kind != ISS_TRUST_MACHINES &&
                          (accepted & ISS_TRUST_LEGACY) != 0,
                      at, error);
    status = iss_trust_kept(store, &kept, error);
    if (status == ISS_OK)
        status = iss_anchors(store, &own, error);
    if (status == ISS_OK)
        status = verify(store, chain, own, false, at, &why);
    if (status == ISS_OK && accepts(accepted, ISS_TRUST_USERS))
        status = check_root(kept, chain, &why);
    if (status == ISS_KEY && accepts(accepted, ISS_TRUST_MACHINES))
        status = iss_fail(error, status,
                          "%s; who certified it is not trusted here (privyseal "
                          "trust add machines)",
                          why.text);
    else if (status != ISS_OK)
        status = iss_fail(error, status, "%s", why.text);
    xrml_anchors_free(own);
    return status;
}

enum iss_status iss_trust_own(struct iss *store, const struct xrml_chain *own,
                              uint64_t generation, struct iss_error *error)
{
    struct iss_trust *kept = NULL;
    struct iss_error why = {.status = ISS_OK};
    enum iss_status status = iss_trust_kept(store, &kept, error);

    if (status != ISS_OK || kept->lists == NULL || kept->own == generation)
        return status;
    for (size_t i = 0; i < own->count && status == ISS_OK; i++)
        status = xrml_revocations_find(kept->lists, own, i, &why);
    if (status != ISS_OK)
        return iss_fail(error, status,
                        "%s: it issues nothing, since its own certificate, or "
                        "one above it, is revoked: %s",
                        store->dir, why.text);
    kept->own = generation;
    return ISS_OK;
}

/* ---- as anchors and lists --------------------------------------------------
 */

static enum iss_status add_all(struct xrml_anchors *to,
                               const struct xrml_anchors *from,
                               struct iss_error *error)
{
    enum iss_status status = ISS_OK;

    for (size_t i = 0; i < xrml_anchors_count(from) && status == ISS_OK; i++)
        status = xrml_anchors_add(to, xrml_anchor_name(from, i),
                                  xrml_anchor_key(from, i), error);
    return status;
}

enum iss_status iss_trust_ground(struct iss *store, struct xrml_chain *chain,
                                 unsigned accepted,
                                 struct iss_trust_ground *ground,
                                 struct iss_error *error)
{
    struct beside beside;
    enum iss_status status =
        find_beside(store, chain, accepted, &beside, error);

    *ground = (struct iss_trust_ground){.anchors = NULL};
    if (status != ISS_OK)
        return status;
    ground->kind = beside.kind;
    ground->beside = beside.anchors != NULL;
    if (beside.anchors == NULL)
        return iss_anchors(store, &ground->anchors, error);
    for (; chain->count < beside.whole.count; chain->count++)
        chain->documents[chain->count] =
            xrml_document_share(beside.whole.documents[chain->count]);
    status = xrml_anchors_new(&ground->anchors, error);
    if (status == ISS_OK)
        status = add_all(ground->anchors, beside.anchors, error);
    if (status != ISS_OK) {
        xrml_anchors_free(ground->anchors);
        ground->anchors = NULL;
    }
    return status;
}

enum iss_status iss_trust_anchors(struct iss *store, unsigned accepted,
                                  struct xrml_anchors **out,
                                  struct iss_error *error)
{
    struct iss_trust *kept = NULL;
    enum iss_status status = iss_trust_kept(store, &kept, error);

    *out = NULL;
    if (status == ISS_OK)
        status = iss_anchors(store, out, error);
    for (size_t i = 0; status == ISS_OK && i < kept->domain_count; i++) {
        const struct xrml_fields *own =
            xrml_fields(kept->domains[i].chain.documents[0]);

        if (accepts(accepted, kept->domains[i].kind))
            status = xrml_anchors_add(
                *out, own->principal.name == NULL ? "" : own->principal.name,
                &own->principal_key, error);
    }
    for (size_t i = 0; status == ISS_OK && i < kept->machine_count; i++)
        if (accepts(accepted, ISS_TRUST_MACHINES))
            status = add_all(*out, kept->machines[i], error);
    if (status != ISS_OK) {
        xrml_anchors_free(*out);
        *out = NULL;
    }
    return status;
}

enum iss_status iss_trust_lists(struct iss *store,
                                struct xrml_revocations **out,
                                struct iss_error *error)
{
    struct xrml_revocations *lists = NULL;
    struct iss_trust_row row = {0};
    uint64_t seq = 0;
    enum iss_status status = ISS_OK;

    *out = NULL;
    while (status == ISS_OK) {
        status = iss_store_trust_after(store->db, seq, &row, error);
        seq = status == ISS_OK ? row.seq : 0;
        if (seq == 0)
            break;
        if (strcmp(row.kind, names[ISS_TRUST_LIST]) == 0)
            status = iss_trust_keep_list(store, &lists, &row, error);
        iss_trust_row_clear(&row);
    }
    if (status == ISS_OK)
        *out = lists;
    else
        xrml_revocations_free(lists);
    return status;
}

/* ---- keys and exclusions ---------------------------------------------------
 */

static EVP_PKEY *find_key(const struct iss_trust *kept, const uint8_t *hash)
{
    for (size_t i = 0; i < kept->key_count; i++)
        if (memcmp(kept->keys[i].hash, hash, ISS_HASH_SIZE) == 0)
            return kept->keys[i].key;
    return NULL;
}

/* Opens it, and takes it only where it is the one that was trusted. */
static enum iss_status open_key(struct iss *iss, struct iss_trust *kept,
                                const struct iss_trust_row *row, EVP_PKEY **out,
                                struct iss_error *error)
{
    char uri[ISS_URI_MAX];
    uint8_t hash[ISS_HASH_SIZE];
    struct enroll_key numbers;
    struct iss_trust_key *more =
        realloc(kept->keys, (kept->key_count + 1) * sizeof(*kept->keys));

    if (more == NULL)
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    kept->keys = more;
    enum iss_status status = iss_member_uri(iss, row->uri, uri, error);
    if (status == ISS_OK)
        status = iss_key_open(&iss->env, uri, out, error);
    if (status == ISS_OK)
        status = iss_key_public(*out, &numbers, error);
    if (status == ISS_OK)
        status = iss_key_hash(&numbers, hash, error);
    if (status == ISS_OK && memcmp(hash, row->hash, sizeof(hash)) != 0)
        status = iss_fail(error, ISS_CONFLICT,
                          "%s: this is not the key of the publishing domain "
                          "\"%s\"",
                          uri, row->name);
    if (status != ISS_OK) {
        EVP_PKEY_free(*out);
        *out = NULL;
        return status;
    }
    memcpy(more[kept->key_count].hash, hash, sizeof(hash));
    more[kept->key_count++].key = *out;
    return ISS_OK;
}

enum iss_status iss_trust_key(struct iss *store,
                              const uint8_t hash[static ISS_HASH_SIZE],
                              EVP_PKEY **out, struct iss_error *error)
{
    struct iss_trust *kept = NULL;
    struct iss_trust_row row = {0};
    enum iss_status status = iss_trust_kept(store, &kept, error);

    *out = NULL;
    if (status == ISS_OK)
        status = iss_store_trust_by_hash(store->db, names[ISS_TRUST_PUBLISHING],
                                         hash, &row, error);
    if (status == ISS_OK && row.seq != 0) {
        *out = find_key(kept, hash);
        if (*out == NULL)
            status = open_key(store, kept, &row, out, error);
    }
    iss_trust_row_clear(&row);
    return status;
}

enum iss_status iss_trust_excluded(struct iss *store,
                                   const uint8_t hash[static ISS_HASH_SIZE],
                                   struct iss_error *error)
{
    struct iss_trust_row row = {0};
    enum iss_status status = iss_store_trust_by_hash(
        store->db, names[ISS_TRUST_EXCLUDED], hash, &row, error);

    if (status == ISS_OK && row.seq != 0)
        status = iss_fail(error, ISS_REFUSED,
                          "the account \"%s\" is excluded (record %llu)",
                          row.name, (unsigned long long)row.seq);
    iss_trust_row_clear(&row);
    return status;
}
