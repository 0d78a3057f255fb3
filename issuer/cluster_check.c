/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the members of a cluster must agree on, read without any token: the
 * certificate and its chain, the anchors, the access list, each member's
 * configuration and key.
 */
#include "cluster.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf.h"
#include "journal.h"
#include "member.h"
#include "publish.h"

enum { TEXT_SIZE = 512 };

void iss_checker_tell(struct iss_checker *checker, const char *member,
                      const char *what, const char *format, ...)
{
    char text[TEXT_SIZE];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    const struct iss_mismatch found = {
        .member = member, .what = what, .text = text};
    checker->found++;
    checker->each(checker->arg, &found);
}

enum iss_status iss_checker_hash(const struct iss *iss, const char *name,
                                 uint8_t hash[static ISS_HASH_SIZE],
                                 bool *there, struct iss_error *why)
{
    char path[ISS_PATH_MAX];
    char *text = NULL;
    size_t len = 0;

    memset(hash, 0, ISS_HASH_SIZE);
    *there =
        iss_path_join(path, iss->dir, name) &&
        iss_read_file(path, ISS_CHECKER_FILE_MAX, &text, &len, why) == ISS_OK;
    enum iss_status status = *there ? iss_sha256(text, len, hash, why) : ISS_OK;
    free(text);
    return status;
}

/* ---- members --------------------------------------------------------------
 */

static enum iss_status check_conf(struct iss_checker *checker,
                                  const struct iss_member_row *row,
                                  const struct iss_record *record,
                                  struct iss_error *error)
{
    char path[ISS_PATH_MAX];
    uint8_t hash[ISS_HASH_SIZE];
    struct iss_error why = {.status = ISS_OK};
    bool there = false;
    const uint8_t *wanted =
        iss_record_octets(record, ISS_TAG_CONF_HASH, ISS_HASH_SIZE);
    struct iss_conf *conf = malloc(sizeof(*conf));

    if (conf == NULL)
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    enum iss_status status = ISS_OK;
    const char *name = iss_member_path(checker->iss->dir, row->name, path)
                           ? strrchr(path, '/') + 1
                           : "";
    if (iss_conf_load_token(path, conf, &why) != ISS_OK)
        iss_checker_tell(checker, row->name, "configuration", "%s", why.text);
    else
        status = iss_checker_hash(checker->iss, name, hash, &there, &why);
    if (there && (wanted == NULL || memcmp(hash, wanted, ISS_HASH_SIZE) != 0))
        iss_checker_tell(
            checker, row->name, "configuration",
            "%s is not the file with which it joined (record %llu): join "
            "again",
            name, (unsigned long long)row->seq);
    free(conf);
    return status == ISS_OK ? ISS_OK : iss_fail(error, status, "%s", why.text);
}

static enum iss_status check_member(struct iss_checker *checker,
                                    const struct iss_member_row *row,
                                    struct iss_error *error)
{
    struct iss_loaded record = {0};
    enum iss_status status =
        iss_journal_load(checker->iss->db, row->seq, &record, error);

    if (status == ISS_OK) {
        const struct iss_record *at = &record.decoded.record;
        const uint8_t *key =
            iss_record_octets(at, ISS_TAG_KEY_HASH, ISS_HASH_SIZE);

        if (key == NULL || memcmp(key, checker->key, ISS_HASH_SIZE) != 0)
            iss_checker_tell(
                checker, row->name, "key",
                "it has shown that it holds another key than the one the "
                "certificate names now (record %llu): join again",
                (unsigned long long)row->seq);
        status = check_conf(checker, row, at, error);
    }
    iss_loaded_clear(&record);
    return status;
}

static enum iss_status check_members(struct iss_checker *checker,
                                     struct iss_error *error)
{
    struct iss_member_row row = {0};
    uint64_t seq = 0;
    enum iss_status status = ISS_OK;

    do {
        status = iss_store_member_after(checker->iss->db, seq, &row, error);
        seq = status == ISS_OK ? row.seq : 0;
        if (seq != 0)
            status = check_member(checker, &row, error);
        iss_member_row_clear(&row);
    } while (status == ISS_OK && seq != 0);
    return status;
}

/* The first member's key, which no record of its own has shown. */
static enum iss_status check_first(struct iss_checker *checker,
                                   struct iss_error *error)
{
    struct iss *iss = checker->iss;
    struct iss_key_row row = {0};
    enum iss_status status = iss_store_key_get(
        iss->db, iss_purpose_name(iss_purpose_signing(iss->role)), &row, error);

    if (status == ISS_OK && row.seq != 0 && iss->role != ISS_AUTHORITY &&
        memcmp(row.hash, checker->key, ISS_HASH_SIZE) != 0)
        iss_checker_tell(
            checker, "", "key",
            "the store's %s key is not the one its certificate names",
            row.purpose);
    iss_key_row_clear(&row);
    return status;
}

/* A file of a member whom the journal does not know. */
static enum iss_status check_strays(struct iss_checker *checker,
                                    struct iss_error *error)
{
    static const char begin[] = "member-";
    static const char end[] = ".conf";
    enum { BEGIN = sizeof(begin) - 1, END = sizeof(end) - 1 };
    char name[sizeof(checker->iss->member)];
    enum iss_status status = ISS_OK;
    DIR *dir = opendir(checker->iss->dir);

    if (dir == NULL)
        return iss_fail(error, ISS_STORE, "%s: %s", checker->iss->dir,
                        strerror(errno));
    for (const struct dirent *at = readdir(dir); at != NULL && status == ISS_OK;
         at = readdir(dir)) {
        struct iss_member_row row = {0};
        size_t len = strlen(at->d_name);

        if (len <= BEGIN + END || len - BEGIN - END >= sizeof(name) ||
            memcmp(at->d_name, begin, BEGIN) != 0 ||
            memcmp(at->d_name + len - END, end, END) != 0)
            continue;
        memcpy(name, at->d_name + BEGIN, len - BEGIN - END);
        name[len - BEGIN - END] = '\0';
        status = iss_store_member_get(checker->iss->db, name, &row, error);
        if (status == ISS_OK && row.seq == 0)
            iss_checker_tell(
                checker, name, "configuration",
                "%s is there, but the journal knows no such member",
                at->d_name);
        iss_member_row_clear(&row);
    }
    (void)closedir(dir);
    return status;
}

/* ---- what all share --------------------------------------------------------
 */

static enum iss_status check_anchors(struct iss_checker *checker,
                                     struct iss_error *error)
{
    struct iss *iss = checker->iss;
    struct iss_loaded record = {0};
    struct iss_error why = {.status = ISS_OK};
    uint8_t hash[ISS_HASH_SIZE];
    uint64_t seq = 0;
    bool there = false;
    enum iss_status status = iss_store_newest(iss->db, ISS_REC_TRUST,
                                              ISS_TRUST_OF_INIT, &seq, error);

    if (status == ISS_OK && seq != 0)
        status = iss_journal_load(iss->db, seq, &record, error);
    if (status == ISS_OK && seq != 0)
        status = iss_checker_hash(iss, "anchors.pem", hash, &there, &why);
    const uint8_t *wanted =
        status == ISS_OK && seq != 0
            ? iss_record_octets(&record.decoded.record, ISS_TAG_FILE_HASH,
                                ISS_HASH_SIZE)
            : NULL;
    if (wanted != NULL && !there)
        iss_checker_tell(checker, "", "anchors", "%s", why.text);
    else if (wanted != NULL && memcmp(hash, wanted, ISS_HASH_SIZE) != 0)
        iss_checker_tell(
            checker, "", "anchors",
            "anchors.pem is not what record %llu of the journal took",
            (unsigned long long)seq);
    iss_loaded_clear(&record);
    return status;
}

/* The newest decision under an access list: its record and the list's hash. */
static enum iss_status newest_acl(struct iss *iss, uint64_t *seq,
                                  uint8_t hash[static ISS_HASH_SIZE],
                                  struct iss_error *error)
{
    static const unsigned types[] = {ISS_REC_ADMIT, ISS_REC_DENY, ISS_REC_ACL};
    enum { LOOK_BACK = 1000 };
    enum iss_status status = ISS_OK;

    *seq = 0;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        uint64_t at = 0;
        bool found = false;

        for (int n = 0; n < LOOK_BACK && !found && status == ISS_OK; n++) {
            struct iss_loaded record = {0};

            status = iss_store_newest(iss->db, types[i], at, &at, error);
            if (status != ISS_OK || at <= *seq)
                break;
            status = iss_journal_load(iss->db, at, &record, error);
            const uint8_t *value =
                status == ISS_OK
                    ? iss_record_octets(&record.decoded.record,
                                        ISS_TAG_ACL_HASH, ISS_HASH_SIZE)
                    : NULL;
            found = value != NULL;
            if (found)
                memcpy(hash, value, ISS_HASH_SIZE);
            iss_loaded_clear(&record);
        }
        if (found)
            *seq = at;
    }
    return status;
}

static enum iss_status check_acl(struct iss_checker *checker,
                                 struct iss_error *error)
{
    struct iss *iss = checker->iss;
    uint8_t hash[ISS_HASH_SIZE];
    uint8_t wanted[ISS_HASH_SIZE];
    struct iss_error why = {.status = ISS_OK};
    bool there = false;
    uint64_t seq = 0;
    enum iss_status status =
        iss->role == ISS_ROOT ? newest_acl(iss, &seq, wanted, error) : ISS_OK;

    if (status != ISS_OK || seq == 0)
        return status;
    status = iss_checker_hash(iss, "acl", hash, &there, &why);
    if (!there)
        iss_checker_tell(checker, "", "acl", "%s", why.text);
    else if (memcmp(hash, wanted, ISS_HASH_SIZE) != 0)
        iss_checker_tell(
            checker, "", "acl",
            "the file is not the one by which the newest decision was "
            "made (record %llu)",
            (unsigned long long)seq);
    return status;
}

/* The certificate that the tables hold against the record that took it. */
static enum iss_status check_slc(struct iss_checker *checker,
                                 struct iss_error *error)
{
    struct iss *iss = checker->iss;
    struct iss_slc_row slc = {0};
    struct iss_loaded record = {0};
    struct xrml_chain chain = {0};
    uint8_t hash[ISS_HASH_SIZE];
    uint64_t seq = 0;
    enum iss_status status = iss_store_slc_get(iss->db, &slc, error);

    if (status == ISS_OK)
        status = iss_store_newest(iss->db, ISS_REC_IMPORT, 0, &seq, error);
    if (status == ISS_OK && seq != slc.seq)
        iss_checker_tell(
            checker, "", "slc",
            "the journal took its certificate with record %llu, the "
            "tables hold that of record %llu",
            (unsigned long long)seq, (unsigned long long)slc.seq);
    if (status != ISS_OK || seq == 0 || slc.generation == 0)
        goto out;
    status = iss_journal_load(iss->db, seq, &record, error);
    if (status != ISS_OK)
        goto out;
    const struct iss_record *at = &record.decoded.record;
    const uint8_t *after = iss_record_octets(at, ISS_TAG_AFTER, ISS_HASH_SIZE);
    const struct iss_field *text = iss_record_field(at, ISS_TAG_CHAIN);
    if (after == NULL || memcmp(after, slc.body_hash, ISS_HASH_SIZE) != 0 ||
        iss_record_number(at, ISS_TAG_GENERATION) != slc.generation)
        iss_checker_tell(
            checker, "", "slc",
            "it is not the one that record %llu of the journal took",
            (unsigned long long)seq);
    if (text == NULL || text->len != slc.chain.len ||
        memcmp(text->value, slc.chain.data, slc.chain.len) != 0)
        iss_checker_tell(
            checker, "", "chain",
            "it is not the one that record %llu of the journal took",
            (unsigned long long)seq);
    if (xrml_chain_append(&chain, (const char *)slc.chain.data, slc.chain.len,
                          0, NULL) != ISS_OK ||
        chain.count == 0) {
        iss_checker_tell(checker, "", "chain", "it cannot be read");
        goto out;
    }
    xrml_body_hash(chain.documents[0], hash);
    if (memcmp(hash, slc.body_hash, ISS_HASH_SIZE) != 0)
        iss_checker_tell(checker, "", "chain",
                         "it does not begin with the store's certificate");
out:
    xrml_chain_clear(&chain);
    iss_loaded_clear(&record);
    iss_slc_row_clear(&slc);
    return status;
}

enum iss_status iss_cluster_check(struct iss *store, const char *other,
                                  iss_mismatch_fn *each, void *arg,
                                  struct iss_error *error)
{
    struct iss_checker checker = {.iss = store, .each = each, .arg = arg};
    enum iss_status (*const checks[])(struct iss_checker *,
                                      struct iss_error *) = {
        check_slc,    check_first,   check_members,
        check_strays, check_anchors, check_acl,
    };
    enum iss_status status = iss_member_key(store, checker.key, error);

    for (size_t i = 0;
         i < sizeof(checks) / sizeof(checks[0]) && status == ISS_OK; i++)
        status = checks[i](&checker, error);
    if (status == ISS_OK && other != NULL)
        status = iss_checker_compare(&checker, other, error);
    if (status == ISS_OK && checker.found > 0)
        status = iss_fail(error, ISS_CLUSTER, "%s: %zu mismatch%s", store->dir,
                          checker.found, checker.found == 1 ? "" : "es");
    return status;
}
