/* SPDX-License-Identifier: Apache-2.0 */
/* Two machines of one store; their keys are PEM files that both can reach. */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "issuer/journal.h"
#include "issuer/member.h"
#include "issuer/publish.h"
#include "stores.h"
#include "unit.h"

enum { RACERS = 8 };

static enum iss_status join_as(struct stores *stores, const char *host,
                               const char *name)
{
    const struct iss_join join = {.dir = stores->root,
                                  .token_uri = "pkcs11:token=second",
                                  .pin_source = "file:/run/pin",
                                  .member = name};
    struct iss_env env = stores->env;
    struct iss *store = NULL;

    env.host = host;
    memset(&stores->error, 0, sizeof(stores->error));
    enum iss_status status = iss_join(&env, &join, &store, &stores->error);
    enum iss_status closed = iss_close(store, &stores->error);
    return status == ISS_OK ? closed : status;
}

struct list {
    size_t count;
    char names[4][32];
    char uris[4][ISS_URI_MAX];
    int64_t since[4];
};

static bool note_member(void *arg, const struct iss_member *member)
{
    struct list *list = arg;

    CU_ASSERT_FATAL(list->count < 4);
    (void)snprintf(list->names[list->count], 32, "%s", member->name);
    (void)snprintf(list->uris[list->count], ISS_URI_MAX, "%s", member->uri);
    list->since[list->count++] = member->since;
    return true;
}

static struct list members(struct stores *stores)
{
    struct list list = {0};
    struct iss *store = stores_open(stores, stores->root);

    CU_ASSERT_EQUAL(iss_members(store, note_member, &list, NULL), ISS_OK);
    stores_close(stores, store);
    return list;
}

struct found {
    size_t count;
    char what[8][16];
    char member[8][32];
};

static void note_mismatch(void *arg, const struct iss_mismatch *mismatch)
{
    struct found *found = arg;

    if (found->count == 8)
        return;
    (void)snprintf(found->what[found->count], 16, "%s", mismatch->what);
    (void)snprintf(found->member[found->count++], 32, "%s", mismatch->member);
}

/* What the check finds; its status is the count's. */
static struct found check(struct stores *stores, const char *other)
{
    struct found found = {0};
    struct iss *store = NULL;

    CU_ASSERT_EQUAL_FATAL(iss_open(&stores->env, stores->root, ISS_READ_ONLY,
                                   &store, &stores->error),
                          ISS_OK);
    enum iss_status status =
        iss_cluster_check(store, other, note_mismatch, &found, NULL);
    CU_ASSERT_EQUAL(status, found.count > 0 ? ISS_CLUSTER : ISS_OK);
    iss_free(store);
    return found;
}

static void path_of(const char *dir, const char *name, char *out)
{
    CU_ASSERT_TRUE_FATAL(iss_path_join(out, dir, name));
}

/* The PEM file of the root's licensor key. */
static void key_file(struct stores *stores, char out[static ISS_PATH_MAX])
{
    struct iss *store = stores_open(stores, stores->root);
    struct iss_key_row row = {0};

    CU_ASSERT_EQUAL_FATAL(iss_store_key_get(store->db, "licensor", &row, NULL),
                          ISS_OK);
    (void)snprintf(out, ISS_PATH_MAX, "%s", row.uri + sizeof("file:") - 1);
    iss_key_row_clear(&row);
    stores_close(stores, store);
}

static void who_is_not_enrolled_has_no_members(void)
{
    struct stores stores;

    stores_new(&stores);
    CU_ASSERT_EQUAL(join_as(&stores, "host2", NULL), ISS_NOT_ENROLLED);
    CU_ASSERT_EQUAL(stores_records(&stores, stores.root, ISS_REC_MEMBER), 0);
    memcpy(stores.root, stores.authority, sizeof(stores.root));
    CU_ASSERT_EQUAL(join_as(&stores, "host2", NULL), ISS_REFUSED);
    stores_free(&stores);
}

static void a_machine_joins_once_and_never_asks_for_a_certificate(void)
{
    struct stores stores;
    struct stat st;
    char path[ISS_PATH_MAX];
    struct iss_info info;

    stores_new(&stores);
    stores_enroll(&stores);
    unsigned tests = stores_records(&stores, stores.root, ISS_REC_RESULT);
    unsigned exports = stores_records(&stores, stores.root, ISS_REC_EXPORT);
    stores.now += 60;
    CU_ASSERT_EQUAL(join_as(&stores, "host2", NULL), ISS_OK);
    CU_ASSERT_EQUAL(join_as(&stores, "host2", NULL), ISS_OK);
    CU_ASSERT_EQUAL(stores_records(&stores, stores.root, ISS_REC_MEMBER), 1);
    CU_ASSERT_EQUAL(stores_records(&stores, stores.root, ISS_REC_RESULT),
                    tests + 1);
    CU_ASSERT_EQUAL(stores_records(&stores, stores.root, ISS_REC_EXPORT),
                    exports);
    path_of(stores.root, "member-host2.conf", path);
    CU_ASSERT_EQUAL(stat(path, &st), 0);
    struct list list = members(&stores);
    CU_ASSERT_EQUAL(list.count, 2);
    CU_ASSERT_STRING_EQUAL(list.names[0], "host1");
    CU_ASSERT_STRING_EQUAL(list.names[1], "host2");
    CU_ASSERT_EQUAL(list.since[1], STORES_NOW + 60);
    struct iss *store = stores_open(&stores, stores.root);
    CU_ASSERT_EQUAL(iss_info(store, &info, NULL), ISS_OK);
    CU_ASSERT_EQUAL(info.members, 2);
    stores_close(&stores, store);
    CU_ASSERT_EQUAL(check(&stores, NULL).count, 0);
    stores_free(&stores);
}

static void a_member_signs_with_its_own_token(void)
{
    struct stores stores;
    struct iss_log_verdict verdict;
    const struct iss_log_check all = {0};

    stores_new(&stores);
    stores_enroll(&stores);
    CU_ASSERT_EQUAL(join_as(&stores, "host9", "node2"), ISS_OK);
    stores.env.member = "node2";
    struct iss *store = stores_open(&stores, stores.root);
    CU_ASSERT_STRING_EQUAL(store->member, "node2");
    CU_ASSERT_STRING_EQUAL(store->conf.token_uri, "pkcs11:token=second");
    CU_ASSERT_STRING_EQUAL(store->conf.pin_source, "file:/run/pin");
    CU_ASSERT_EQUAL(iss_log_verify(store, &all, &verdict, &stores.error),
                    ISS_OK);
    stores_close(&stores, store);
    stores_free(&stores);
}

static void the_first_member_does_not_join(void)
{
    struct stores stores;

    stores_new(&stores);
    stores_enroll(&stores);
    CU_ASSERT_EQUAL(join_as(&stores, "host1", NULL), ISS_CONFLICT);
    CU_ASSERT_EQUAL(join_as(&stores, "host2", "a/b"), ISS_USAGE);
    CU_ASSERT_EQUAL(stores_records(&stores, stores.root, ISS_REC_MEMBER), 0);
    stores_free(&stores);
}

static void another_key_in_the_token_is_a_mismatch_and_nothing_is_kept(void)
{
    struct stores stores;
    char key[ISS_PATH_MAX];
    char moved[ISS_PATH_MAX + 8];
    char path[ISS_PATH_MAX];
    EVP_PKEY *other = EVP_RSA_gen(2048);

    stores_new(&stores);
    stores_enroll(&stores);
    unsigned intents = stores_records(&stores, stores.root, ISS_REC_INTENT);
    key_file(&stores, key);
    (void)snprintf(moved, sizeof(moved), "%s.kept", key);
    CU_ASSERT_EQUAL(rename(key, moved), 0);
    CU_ASSERT_EQUAL(join_as(&stores, "host2", NULL), ISS_CLUSTER);
    FILE *file = fopen(key, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_EQUAL(
        PEM_write_PrivateKey(file, other, NULL, NULL, 0, NULL, NULL), 1);
    CU_ASSERT_EQUAL(fclose(file), 0);
    CU_ASSERT_EQUAL(join_as(&stores, "host2", NULL), ISS_CLUSTER);
    CU_ASSERT_PTR_NOT_NULL(strstr(stores.error.text, "host2"));
    CU_ASSERT_EQUAL(rename(moved, key), 0);
    path_of(stores.root, "member-host2.conf", path);
    CU_ASSERT_NOT_EQUAL(access(path, F_OK), 0);
    CU_ASSERT_EQUAL(stores_records(&stores, stores.root, ISS_REC_MEMBER), 0);
    CU_ASSERT_EQUAL(stores_records(&stores, stores.root, ISS_REC_INTENT),
                    intents);
    CU_ASSERT_EQUAL(join_as(&stores, "host2", NULL), ISS_OK);
    EVP_PKEY_free(other);
    stores_free(&stores);
}

static void of_many_that_join_as_one_one_joins(void)
{
    struct stores stores;
    pid_t children[RACERS];

    stores_new(&stores);
    stores_enroll(&stores);
    unsigned results = stores_records(&stores, stores.root, ISS_REC_RESULT);
    for (size_t i = 0; i < RACERS; i++) {
        children[i] = fork();
        if (children[i] == 0)
            _exit((int)join_as(&stores, "host2", NULL));
    }
    for (size_t i = 0; i < RACERS; i++) {
        int status = -1;

        CU_ASSERT_EQUAL(waitpid(children[i], &status, 0), children[i]);
        CU_ASSERT_EQUAL(status, 0);
    }
    CU_ASSERT_EQUAL(stores_records(&stores, stores.root, ISS_REC_MEMBER), 1);
    CU_ASSERT_EQUAL(stores_records(&stores, stores.root, ISS_REC_RESULT),
                    results + 1);
    stores_free(&stores);
}

static void replace(const char *dir, const char *name, const char *text)
{
    char path[ISS_PATH_MAX];

    path_of(dir, name, path);
    CU_ASSERT_EQUAL(
        iss_publish(path, text, strlen(text), ISS_PUBLISH_FORCE, NULL), ISS_OK);
}

static void each_mismatch_of_a_member_is_named(void)
{
    struct stores stores;
    struct found found;
    char path[ISS_PATH_MAX];

    stores_new(&stores);
    stores_enroll(&stores);
    CU_ASSERT_EQUAL(join_as(&stores, "host2", NULL), ISS_OK);
    path_of(stores.root, "member-host2.conf", path);
    size_t len = 0;
    char *kept = unit_read_file(path, &len);
    CU_ASSERT_PTR_NOT_NULL_FATAL(kept);
    /* another token, an invalid file, none at all, one of a stranger */
    replace(stores.root, "member-host2.conf",
            "[token]\nuri = pkcs11:token=third\n");
    found = check(&stores, NULL);
    CU_ASSERT_EQUAL(found.count, 1);
    CU_ASSERT_STRING_EQUAL(found.what[0], "configuration");
    CU_ASSERT_STRING_EQUAL(found.member[0], "host2");
    replace(stores.root, "member-host2.conf", "[token]\nurl = x\n");
    CU_ASSERT_STRING_EQUAL(check(&stores, NULL).what[0], "configuration");
    /* joining again sets it right, even on the host that cannot read it */
    CU_ASSERT_EQUAL(join_as(&stores, "host2", NULL), ISS_OK);
    CU_ASSERT_EQUAL(check(&stores, NULL).count, 0);
    CU_ASSERT_EQUAL(unlink(path), 0);
    CU_ASSERT_EQUAL(check(&stores, NULL).count, 1);
    replace(stores.root, "member-host2.conf", kept);
    CU_ASSERT_EQUAL(check(&stores, NULL).count, 0);
    replace(stores.root, "member-stray.conf", kept);
    found = check(&stores, NULL);
    CU_ASSERT_EQUAL(found.count, 1);
    CU_ASSERT_STRING_EQUAL(found.member[0], "stray");
    path_of(stores.root, "member-stray.conf", path);
    CU_ASSERT_EQUAL(unlink(path), 0);
    /* anchors that no record took */
    replace(stores.root, "anchors.pem", "# none\n");
    found = check(&stores, NULL);
    CU_ASSERT_EQUAL(found.count, 1);
    CU_ASSERT_STRING_EQUAL(found.what[0], "anchors");
    free(kept);
    stores_free(&stores);
}

/* A member that has shown another key than the certificate's, a certificate
 * that no record took, a decision under another access list. */
static void the_journal_is_held_against_the_tables(void)
{
    struct stores stores;
    uint8_t hash[ISS_HASH_SIZE] = {1};
    struct iss_entry entry = iss_entry_of(ISS_REC_MEMBER);
    struct iss_entry deny = iss_entry_of(ISS_REC_DENY);
    struct iss_slc_row slc = {0};
    struct found found;

    stores_new(&stores);
    stores_enroll(&stores);
    struct iss *store = stores_open(&stores, stores.root);
    iss_entry_octets(&deny, ISS_TAG_ACL_HASH, hash, sizeof(hash));
    CU_ASSERT_EQUAL(iss_journal_write(store, &deny, 1, NULL, NULL), ISS_OK);
    stores_close(&stores, store);
    found = check(&stores, NULL);
    CU_ASSERT_EQUAL(found.count, 1);
    CU_ASSERT_STRING_EQUAL(found.what[0], "acl");
    store = stores_open(&stores, stores.root);
    iss_entry_text(&entry, ISS_TAG_GUID, store->guid);
    iss_entry_text(&entry, ISS_TAG_MEMBER, "host3");
    iss_entry_text(&entry, ISS_TAG_HOST, "host3");
    iss_entry_text(&entry, ISS_TAG_URI, "pkcs11:token=x;object=k");
    iss_entry_octets(&entry, ISS_TAG_KEY_HASH, hash, sizeof(hash));
    iss_entry_octets(&entry, ISS_TAG_CONF_HASH, hash, sizeof(hash));
    CU_ASSERT_EQUAL(iss_journal_write(store, &entry, 1, NULL, NULL), ISS_OK);
    stores_close(&stores, store);
    found = check(&stores, NULL);
    CU_ASSERT_EQUAL(found.count, 3); /* and it has no file */
    CU_ASSERT_STRING_EQUAL(found.what[0], "key");
    CU_ASSERT_STRING_EQUAL(found.member[0], "host3");
    store = stores_open(&stores, stores.root);
    CU_ASSERT_EQUAL(iss_store_slc_get(store->db, &slc, NULL), ISS_OK);
    slc.generation++;
    slc.body_hash[0] ^= 1;
    slc.seq++;
    CU_ASSERT_EQUAL(iss_store_slc_put(store->db, &slc, NULL), ISS_OK);
    iss_slc_row_clear(&slc);
    iss_free(store);
    found = check(&stores, NULL);
    CU_ASSERT_STRING_EQUAL(found.what[0], "slc");
    CU_ASSERT_STRING_EQUAL(found.what[1], "slc");
    CU_ASSERT_STRING_EQUAL(found.what[2], "chain");
    stores_free(&stores);
}

static void copy_store(const char *from, const char *to)
{
    static const char *const names[] = {"store.db",    "store.db-wal",
                                        "checkpoints", "anchors.pem",
                                        "lock",        "privyseal.conf"};
    char path[ISS_PATH_MAX];

    CU_ASSERT_TRUE(mkdir(to, 0700) == 0 || access(to, F_OK) == 0);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        size_t len = 0;

        path_of(from, names[i], path);
        char *text = unit_read_file(path, &len);
        if (text == NULL)
            continue;
        path_of(to, names[i], path);
        CU_ASSERT_EQUAL(iss_publish(path, text, len, ISS_PUBLISH_FORCE, NULL),
                        ISS_OK);
        free(text);
    }
}

static void a_copy_is_the_same_until_one_of_them_goes_its_own_way(void)
{
    struct stores stores;
    struct found found;
    struct iss_request request;
    char copy[ISS_PATH_MAX];
    char root[ISS_PATH_MAX];

    stores_new(&stores);
    stores_enroll(&stores);
    path_of(stores.dir, "copy", copy);
    copy_store(stores.root, copy);
    CU_ASSERT_EQUAL(check(&stores, copy).count, 0);
    /* a copy that is behind is a beginning of the journal */
    CU_ASSERT_EQUAL(join_as(&stores, "host1b", NULL), ISS_OK);
    found = check(&stores, copy);
    CU_ASSERT_EQUAL(found.count, 1); /* the member's file is not there */
    CU_ASSERT_STRING_EQUAL(found.what[0], "configuration");
    replace(copy, "acl", "privyseal-acl 1\n");
    found = check(&stores, copy);
    CU_ASSERT_EQUAL(found.count, 2);
    CU_ASSERT_STRING_EQUAL(found.what[0], "acl");
    /* now the copy appends something of its own */
    memcpy(root, stores.root, sizeof(root));
    memcpy(stores.root, copy, sizeof(copy));
    stores.now += 5;
    stores_export(&stores, &request);
    iss_request_clear(&request);
    memcpy(stores.root, root, sizeof(root));
    found = check(&stores, copy);
    CU_ASSERT_EQUAL(found.count, 3);
    CU_ASSERT_STRING_EQUAL(found.what[2], "journal");
    /* and another store is none of it */
    found = check(&stores, stores.authority);
    CU_ASSERT_STRING_EQUAL(found.what[0], "guid");
    CU_ASSERT_STRING_EQUAL(found.what[1], "role");
    CU_ASSERT_STRING_EQUAL(found.what[2], "slc");
    stores_free(&stores);
}

UNIT_MAIN("cluster", UNIT(who_is_not_enrolled_has_no_members),
          UNIT(a_machine_joins_once_and_never_asks_for_a_certificate),
          UNIT(a_member_signs_with_its_own_token),
          UNIT(the_first_member_does_not_join),
          UNIT(another_key_in_the_token_is_a_mismatch_and_nothing_is_kept),
          UNIT(of_many_that_join_as_one_one_joins),
          UNIT(each_mismatch_of_a_member_is_named),
          UNIT(the_journal_is_held_against_the_tables),
          UNIT(a_copy_is_the_same_until_one_of_them_goes_its_own_way))
