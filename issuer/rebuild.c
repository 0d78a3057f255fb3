/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables made anew from the journal, for a database that lost or gained
 * rows. One transaction: whatever the journal cannot vouch for leaves the store
 * as it was.
 */
#include "journal.h"
#include "lock.h"

struct builder {
    struct iss_store *db;
    struct iss_walk walk;
};

static enum iss_status apply(void *arg, const struct iss_row *row,
                             struct iss_error *error)
{
    struct builder *builder = arg;
    struct iss_decoded decoded;
    enum iss_status status =
        iss_walk_step(&builder->walk, row, &decoded, error);

    return status == ISS_OK
               ? iss_index_apply(builder->db, &decoded.record, error)
               : status;
}

/* Within a transaction: rows by the journal, then the whole of it verified,
 * with the keys that it has just given. */
static enum iss_status build(struct iss *iss, struct iss_log_verdict *verdict,
                             struct iss_error *error)
{
    const struct iss_log_check all = {0};
    struct builder builder = {.db = iss->db};
    enum iss_status status = iss_store_clear(iss->db, error);

    if (status == ISS_OK)
        status = iss_store_each(iss->db, 1, 0, apply, &builder, error);
    iss_walk_end(&builder.walk);
    return status == ISS_OK ? iss_log_verify(iss, &all, verdict, error)
                            : status;
}

enum iss_status iss_log_rebuild(const struct iss_env *env, const char *dir,
                                struct iss_log_verdict *verdict,
                                struct iss_error *error)
{
    struct iss *iss = NULL;
    /* iss_open would ask the tables for the audit key */
    enum iss_status status = iss_handle_new(env, dir, 0, &iss, error);

    if (status == ISS_OK)
        status = iss_handle_load(iss, error);
    if (status == ISS_OK)
        status = iss_lock_take(iss->lock, ISS_LOCK_MAKING, error);
    if (status != ISS_OK)
        goto out;
    status = iss_store_begin(iss->db, error);
    if (status == ISS_OK) {
        status = build(iss, verdict, error);
        if (status == ISS_OK)
            status = iss_store_commit(iss->db, error);
        else
            iss_store_rollback(iss->db);
    }
    iss_lock_drop(iss->lock, ISS_LOCK_MAKING);
out:
    iss_free(iss);
    return status == ISS_CONFLICT ? ISS_JOURNAL : status;
}
