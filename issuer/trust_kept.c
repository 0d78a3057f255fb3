/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of the table of trust, read once and kept until a record changes
 * them. */
#include "trust_kept.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "journal.h"
#include "superior.h"
#include "xrml_revocation.h"

static void forget_rows(struct iss_trust *kept)
{
    for (size_t i = 0; i < kept->domain_count; i++) {
        xrml_chain_clear(&kept->domains[i].chain);
        xrml_anchors_free(kept->domains[i].root);
    }
    for (size_t i = 0; i < kept->machine_count; i++)
        xrml_anchors_free(kept->machines[i]);
    free(kept->domains);
    free(kept->machines);
    xrml_revocations_free(kept->lists);
    kept->domains = NULL;
    kept->machines = NULL;
    kept->lists = NULL;
    kept->own = 0;
    kept->domain_count = 0;
    kept->machine_count = 0;
    kept->current = false;
}

void iss_trust_forget(struct iss_trust *trust)
{
    if (trust == NULL)
        return;
    forget_rows(trust);
    for (size_t i = 0; i < trust->key_count; i++)
        EVP_PKEY_free(trust->keys[i].key);
    free(trust->keys);
    free(trust);
}

/* The key that ISSUER of a chain's last document names, as an anchor. */
static enum iss_status read_root(const struct xrml_chain *chain,
                                 struct xrml_anchors **root,
                                 struct iss_error *error)
{
    const struct xrml_fields *last =
        xrml_fields(chain->documents[chain->count - 1]);
    enum iss_status status = xrml_anchors_new(root, error);

    return status == ISS_OK
               ? xrml_anchors_add(
                     *root, last->issuer.name == NULL ? "" : last->issuer.name,
                     &last->issuer_key, error)
               : status;
}

enum iss_status iss_trust_domain_read(const char *text, size_t len,
                                      struct iss_trust_domain *domain,
                                      struct iss_error *error)
{
    enum iss_status status =
        xrml_chain_append(&domain->chain, text, len, 0, error);

    if (status == ISS_OK)
        status = read_root(&domain->chain, &domain->root, error);
    if (status == ISS_OK)
        status = xrml_key_hash(
            &xrml_fields(domain->chain.documents[0])->principal_key,
            domain->hash, error);
    return status;
}

static enum iss_status keep_domain(struct iss_trust *kept,
                                   enum iss_trust_kind kind,
                                   const struct iss_trust_row *row,
                                   struct iss_error *error)
{
    struct iss_trust_domain *more = realloc(
        kept->domains, (kept->domain_count + 1) * sizeof(*kept->domains));

    if (more == NULL)
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    kept->domains = more;
    struct iss_trust_domain *domain = &more[kept->domain_count++];
    memset(domain, 0, sizeof(*domain));
    domain->kind = kind;
    return iss_trust_domain_read((const char *)row->text.data, row->text.len,
                                 domain, error);
}

static enum iss_status keep_machines(struct iss_trust *kept,
                                     const struct iss_trust_row *row,
                                     struct iss_error *error)
{
    struct xrml_anchors **more =
        realloc(kept->machines,
                (kept->machine_count + 1) * sizeof(struct xrml_anchors *));

    if (more == NULL)
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    kept->machines = more;
    enum iss_status status =
        xrml_anchors_parse((const char *)row->text.data, row->text.len,
                           &more[kept->machine_count], error);
    kept->machine_count += status == ISS_OK;
    return status;
}

enum iss_status iss_trust_keep_list(const struct iss *iss,
                                    struct xrml_revocations **lists,
                                    const struct iss_trust_row *row,
                                    struct iss_error *error)
{
    struct xrml_chain chain = {0};
    enum iss_status status =
        *lists == NULL ? xrml_revocations_new(lists, error) : ISS_OK;

    if (status == ISS_OK)
        status = xrml_chain_append(&chain, (const char *)row->text.data,
                                   row->text.len, 0, error);
    if (status == ISS_OK)
        status = xrml_revocations_add(*lists, iss->env.libctx,
                                      chain.documents[0], error);
    xrml_chain_clear(&chain);
    return status;
}

static enum iss_status keep_row(struct iss *iss, struct iss_trust *kept,
                                const struct iss_trust_row *row,
                                struct iss_error *error)
{
    enum iss_trust_kind kind;

    if (!iss_trust_kind_find(row->kind, &kind))
        return iss_fail(error, ISS_JOURNAL,
                        "store.db: table trust has a kind \"%s\"", row->kind);
    if (kind == ISS_TRUST_EXCLUDED) /* asked for in the table */
        return ISS_OK;
    if (kind == ISS_TRUST_LIST)
        return iss_trust_keep_list(iss, &kept->lists, row, error);
    return kind == ISS_TRUST_MACHINES ? keep_machines(kept, row, error)
                                      : keep_domain(kept, kind, row, error);
}

/* The root of this installation by its GUID, which stays when its key changes:
 * a licensing server was made under it. */
static enum iss_status keep_root(struct iss *iss, struct iss_trust *kept,
                                 struct iss_error *error)
{
    struct xrml_chain chain = {0};
    enum iss_status status = ISS_OK;

    memcpy(kept->root, iss->guid, sizeof(kept->root));
    if (iss->role != ISS_LICENSING)
        return ISS_OK;
    status = iss_superior_chain(iss, &chain, error);
    if (status == ISS_OK) {
        const char *id = xrml_fields(chain.documents[0])->principal.id;

        if (id == NULL || !xrml_guid_normal(id, kept->root))
            status = iss_fail(error, ISS_JOURNAL,
                              "journal: the root that it names has no GUID");
    }
    xrml_chain_clear(&chain);
    return status;
}

static enum iss_status read_rows(struct iss *iss, struct iss_trust *kept,
                                 struct iss_error *error)
{
    struct iss_trust_row row = {0};
    uint64_t seq = 0;
    enum iss_status status = keep_root(iss, kept, error);

    while (status == ISS_OK) {
        status = iss_store_trust_after(iss->db, seq, &row, error);
        seq = status == ISS_OK ? row.seq : 0;
        if (seq == 0)
            break;
        status = keep_row(iss, kept, &row, error);
        iss_trust_row_clear(&row);
    }
    return status;
}

enum iss_status iss_trust_kept(struct iss *iss, struct iss_trust **out,
                               struct iss_error *error)
{
    uint64_t taken = 0;
    enum iss_status status = ISS_OK;

    *out = NULL;
    if (iss->trust == NULL)
        iss->trust = calloc(1, sizeof(*iss->trust));
    struct iss_trust *kept = iss->trust;
    if (kept == NULL)
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    status = iss_store_newest(iss->db, ISS_REC_TRUST, 0, &taken, error);
    if (status == ISS_OK && !(kept->current && kept->taken == taken)) {
        forget_rows(kept);
        status = read_rows(iss, kept, error);
        kept->current = status == ISS_OK;
        kept->taken = taken;
    }
    *out = kept;
    return status;
}
