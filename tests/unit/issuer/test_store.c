/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "issuer/publish.h"
#include "unit.h"

struct place {
    char *dir;
    char path[ISS_PATH_MAX];
    struct iss_error error;
};

static struct place place_new(void)
{
    struct place place = {.dir = unit_temp_dir()};
    CU_ASSERT_TRUE(iss_path_join(place.path, place.dir, "store.db"));
    return place;
}

static void place_free(struct place *place)
{
    static const char *const names[] = {"store.db", "store.db-wal",
                                        "store.db-shm"};
    char path[ISS_PATH_MAX];

    for (size_t i = 0; i < 3; i++)
        if (iss_path_join(path, place->dir, names[i]))
            (void)unlink(path);
    CU_ASSERT_EQUAL(rmdir(place->dir), 0);
    free(place->dir);
}

static struct iss_store *open_store(struct place *place, unsigned flags)
{
    struct iss_store *store = NULL;

    memset(&place->error, 0, sizeof(place->error));
    (void)(iss_store_open(place->path, flags, &store, &place->error) == ISS_OK);
    return store;
}

static struct iss_row row_of(uint64_t seq)
{
    static const uint8_t record[] = "PSJ1 record";
    struct iss_row row = {.seq = seq, .record = record, .len = sizeof(record)};

    row.prev[0] = (uint8_t)seq;
    row.hash[0] = (uint8_t)(seq + 1);
    return row;
}

static void a_store_is_made_only_where_asked(void)
{
    struct place place = place_new();

    CU_ASSERT_PTR_NULL(open_store(&place, 0));
    CU_ASSERT_EQUAL(place.error.status, ISS_STORE);
    struct iss_store *store = open_store(&place, ISS_STORE_CREATE);
    CU_ASSERT_PTR_NOT_NULL(store);
    iss_store_close(store);
    store = open_store(&place, ISS_READ_ONLY);
    CU_ASSERT_PTR_NOT_NULL_FATAL(store);
    CU_ASSERT_EQUAL(iss_store_meta_put(store, "a", "b", NULL), ISS_STORE);
    iss_store_close(store);
    place_free(&place);
}

/* A child's store: reachable when it ends, so it is no leak. */
static struct iss_store *made;

static void many_may_make_a_store_at_once(void)
{
    enum { MAKERS = 12 };
    struct place place = place_new();
    pid_t children[MAKERS];

    for (size_t i = 0; i < MAKERS; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            made = open_store(&place, ISS_STORE_CREATE);
            _exit(made == NULL);
        }
    }
    for (size_t i = 0; i < MAKERS; i++) {
        int status = -1;

        CU_ASSERT_EQUAL(waitpid(children[i], &status, 0), children[i]);
        CU_ASSERT_EQUAL(status, 0);
    }
    place_free(&place);
}

static void other_files_are_not_taken_for_a_store(void)
{
    struct place place = place_new();
    char text[4096];

    memset(text, 'x', sizeof(text));
    CU_ASSERT_EQUAL(iss_publish(place.path, text, sizeof(text), 0, NULL),
                    ISS_OK);
    CU_ASSERT_PTR_NULL(open_store(&place, 0));
    CU_ASSERT_EQUAL(place.error.status, ISS_JOURNAL);
    CU_ASSERT_PTR_NULL(open_store(&place, ISS_STORE_CREATE));
    CU_ASSERT_EQUAL(unlink(place.path), 0);
    CU_ASSERT_EQUAL(mkfifo(place.path, 0600), 0);
    CU_ASSERT_PTR_NULL(open_store(&place, ISS_READ_ONLY));
    CU_ASSERT_EQUAL(place.error.status, ISS_STORE);
    place_free(&place);
}

/* A trigger that was taken away, a table of somebody else, a newer version:
 * each by one octet of the file changed. */
static void a_changed_schema_is_seen(void)
{
    static const char *const parts[] = {
        "the journal grows only", "body_hash BLOB NOT NULL UNIQUE", "PSS1"};
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        struct place place = place_new();
        size_t len = 0;

        iss_store_close(open_store(&place, ISS_STORE_CREATE));
        char *text = unit_read_file(place.path, &len);
        char *at = memmem(text, len, parts[i], strlen(parts[i]));
        CU_ASSERT_PTR_NOT_NULL_FATAL(at);
        at[2] = 'X';
        CU_ASSERT_EQUAL(
            iss_publish(place.path, text, len, ISS_PUBLISH_FORCE, NULL),
            ISS_OK);
        CU_ASSERT_PTR_NULL(open_store(&place, 0));
        CU_ASSERT_NOT_EQUAL(place.error.status, ISS_OK);
        free(text);
        place_free(&place);
    }
}

static void a_number_stands_once(void)
{
    struct place place = place_new();
    struct iss_store *store = open_store(&place, ISS_STORE_CREATE);
    struct iss_row row = row_of(1);

    CU_ASSERT_EQUAL(iss_store_append(store, &row, NULL), ISS_OK);
    CU_ASSERT_EQUAL(iss_store_append(store, &row, NULL), ISS_CONFLICT);
    row.prev[0] = 9;
    row.hash[0] = 9;
    CU_ASSERT_EQUAL(iss_store_append(store, &row, NULL), ISS_CONFLICT);
    row.seq = 2;
    CU_ASSERT_EQUAL(iss_store_append(store, &row, NULL), ISS_OK);
    iss_store_close(store);
    place_free(&place);
}

static void what_is_rolled_back_was_never_there(void)
{
    struct place place = place_new();
    struct iss_store *store = open_store(&place, ISS_STORE_CREATE);
    struct iss_row row = row_of(1);
    uint64_t seq = 9;

    CU_ASSERT_EQUAL(iss_store_begin(store, NULL), ISS_OK);
    CU_ASSERT_EQUAL(iss_store_append(store, &row, NULL), ISS_OK);
    iss_store_rollback(store);
    CU_ASSERT_EQUAL(iss_store_head(store, &seq, NULL), ISS_OK);
    CU_ASSERT_EQUAL(seq, 0);
    CU_ASSERT_EQUAL(iss_store_begin(store, NULL), ISS_OK);
    CU_ASSERT_EQUAL(iss_store_append(store, &row, NULL), ISS_OK);
    CU_ASSERT_EQUAL(iss_store_commit(store, NULL), ISS_OK);
    struct iss_store *other = open_store(&place, 0);
    CU_ASSERT_EQUAL(iss_store_head(other, &seq, NULL), ISS_OK);
    CU_ASSERT_EQUAL(seq, 1);
    iss_store_close(other);
    iss_store_close(store);
    place_free(&place);
}

static void one_key_has_one_guid_and_a_guid_one_place(void)
{
    struct place place = place_new();
    struct iss_store *store = open_store(&place, ISS_STORE_CREATE);
    uint8_t a[ISS_HASH_SIZE] = {1};
    uint8_t b[ISS_HASH_SIZE] = {2};
    struct iss_subject row = {.hash = a,
                              .guid = "{g}",
                              .url = "https://a",
                              .principal = "p",
                              .seq = 1};

    CU_ASSERT_EQUAL(iss_store_subject_put(store, &row, NULL), ISS_OK);
    CU_ASSERT_EQUAL(iss_store_subject_put(store, &row, NULL), ISS_OK);
    row.guid = "{h}";
    row.url = "https://h";
    CU_ASSERT_EQUAL(iss_store_subject_put(store, &row, NULL), ISS_CONFLICT);
    row.hash = b;
    row.url = "https://a";
    CU_ASSERT_EQUAL(iss_store_subject_put(store, &row, NULL), ISS_CONFLICT);
    row.guid = "{g}";
    struct iss_octets hash = {0};
    CU_ASSERT_EQUAL(iss_store_subject_put(store, &row, NULL), ISS_CONFLICT);
    CU_ASSERT_EQUAL(iss_store_key_of_guid(store, "{g}", &hash, NULL), ISS_OK);
    CU_ASSERT_EQUAL(memcmp(hash.data, a, ISS_HASH_SIZE), 0);
    free(hash.data);
    iss_store_close(store);
    place_free(&place);
}

UNIT_MAIN("store", UNIT(a_store_is_made_only_where_asked),
          UNIT(many_may_make_a_store_at_once),
          UNIT(other_files_are_not_taken_for_a_store),
          UNIT(a_changed_schema_is_seen), UNIT(a_number_stands_once),
          UNIT(what_is_rolled_back_was_never_there),
          UNIT(one_key_has_one_guid_and_a_guid_one_place))
