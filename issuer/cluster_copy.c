/* SPDX-License-Identifier: Apache-2.0 */
/* A store against a copy of it, such as another member may have been given. */
#include "cluster.h"

#include <string.h>

#include "journal.h"
#include "member.h"

/* ---- a copy ----------------------------------------------------------------
 */

static enum iss_status compare_slc(struct iss_checker *checker,
                                   struct iss *other, struct iss_error *error)
{
    struct iss_slc_row rows[2] = {{.generation = 0}};
    enum iss_status status =
        iss_store_slc_get(checker->iss->db, &rows[0], error);

    if (status == ISS_OK)
        status = iss_store_slc_get(other->db, &rows[1], error);
    if (status == ISS_OK &&
        (rows[0].generation != rows[1].generation ||
         memcmp(rows[0].body_hash, rows[1].body_hash, ISS_HASH_SIZE) != 0))
        iss_checker_tell(
            checker, "", "slc",
            "generation %llu here and generation %llu in %s are not the "
            "same certificate",
            (unsigned long long)rows[0].generation,
            (unsigned long long)rows[1].generation, other->dir);
    else if (status == ISS_OK &&
             (rows[0].chain.len != rows[1].chain.len ||
              (rows[0].chain.len > 0 &&
               memcmp(rows[0].chain.data, rows[1].chain.data,
                      rows[0].chain.len) != 0)))
        iss_checker_tell(checker, "", "chain",
                         "%s has another one above the same "
                         "certificate",
                         other->dir);
    iss_slc_row_clear(&rows[0]);
    iss_slc_row_clear(&rows[1]);
    return status;
}

static enum iss_status compare_file(struct iss_checker *checker,
                                    struct iss *other, const char *name,
                                    const char *what, struct iss_error *error)
{
    uint8_t here[ISS_HASH_SIZE];
    uint8_t over[ISS_HASH_SIZE];
    bool there[2] = {false, false};
    enum iss_status status =
        iss_checker_hash(checker->iss, name, here, &there[0], NULL);

    if (status == ISS_OK)
        status = iss_checker_hash(other, name, over, &there[1], NULL);
    if (status != ISS_OK)
        return iss_fail(error, status, "%s: cannot be hashed", name);
    if (there[0] != there[1])
        iss_checker_tell(checker, "", what, "%s is in %s only", name,
                         there[0] ? checker->iss->dir : other->dir);
    else if (memcmp(here, over, ISS_HASH_SIZE) != 0)
        iss_checker_tell(checker, "", what, "%s is not the same in %s", name,
                         other->dir);
    return ISS_OK;
}

/* One journal must be the beginning of the other: their records at the shorter
 * one's end are the same, and the chain vouches for what is before. */
static enum iss_status compare_journal(struct iss_checker *checker,
                                       struct iss *other,
                                       struct iss_error *error)
{
    struct iss *iss = checker->iss;
    struct iss_loaded records[2] = {{.data = NULL}};
    uint64_t sizes[2] = {0, 0};
    enum iss_status status = iss_store_head(iss->db, &sizes[0], error);

    if (status == ISS_OK)
        status = iss_store_head(other->db, &sizes[1], error);
    uint64_t shorter = sizes[0] < sizes[1] ? sizes[0] : sizes[1];
    if (status == ISS_OK)
        status = iss_journal_load(iss->db, shorter, &records[0], error);
    if (status == ISS_OK)
        status = iss_journal_load(other->db, shorter, &records[1], error);
    if (status == ISS_OK &&
        memcmp(records[0].row.hash, records[1].row.hash, ISS_HASH_SIZE) != 0)
        iss_checker_tell(
            checker, "", "journal",
            "record %llu is not the same in %s: neither journal goes on "
            "with the other",
            (unsigned long long)shorter, other->dir);
    iss_loaded_clear(&records[0]);
    iss_loaded_clear(&records[1]);
    return status;
}

static enum iss_status compare_members(struct iss_checker *checker,
                                       struct iss *other,
                                       struct iss_error *error)
{
    char path[ISS_PATH_MAX];
    uint64_t seq = 0;
    enum iss_status status = ISS_OK;

    do {
        struct iss_member_row row = {0};

        status = iss_store_member_after(checker->iss->db, seq, &row, error);
        seq = status == ISS_OK ? row.seq : 0;
        if (seq != 0 && iss_member_path(".", row.name, path))
            status =
                compare_file(checker, other, path + 2, "configuration", error);
        iss_member_row_clear(&row);
    } while (status == ISS_OK && seq != 0);
    return status;
}

enum iss_status iss_checker_compare(struct iss_checker *checker,
                                    const char *dir, struct iss_error *error)
{
    struct iss *iss = checker->iss;
    struct iss *other = NULL;
    struct iss_error why = {.status = ISS_OK};
    const struct iss_env env = {.host = iss->host,
                                .user = iss->user,
                                .libctx = iss->env.libctx,
                                .now = iss->env.now,
                                .now_arg = iss->env.now_arg};
    enum iss_status status = iss_open(&env, dir, ISS_READ_ONLY, &other, &why);

    if (status == ISS_USAGE || status == ISS_INTERNAL)
        return iss_fail(error, status, "%s", why.text);
    if (status != ISS_OK) {
        iss_checker_tell(checker, "", "store", "%s: %s", dir, why.text);
        return ISS_OK;
    }
    if (strcmp(iss->guid, other->guid) != 0)
        iss_checker_tell(checker, "", "guid", "%s here, %s in %s", iss->guid,
                         other->guid, dir);
    if (iss->role != other->role)
        iss_checker_tell(checker, "", "role", "%s here, %s in %s",
                         iss_role_name(iss->role), iss_role_name(other->role),
                         dir);
    status = compare_slc(checker, other, error);
    if (status == ISS_OK)
        status = compare_file(checker, other, "acl", "acl", error);
    if (status == ISS_OK)
        status = compare_file(checker, other, "anchors.pem", "anchors", error);
    if (status == ISS_OK)
        status = compare_file(checker, other, "privyseal.conf", "configuration",
                              error);
    if (status == ISS_OK)
        status = compare_members(checker, other, error);
    if (status == ISS_OK)
        status = compare_journal(checker, other, error);
    iss_free(other);
    return status;
}
