/* SPDX-License-Identifier: Apache-2.0 */
/* The store where its disk or its neighbours misbehave. Calls of the system
 * are exchanged under SQLite: writes by its own table of them, syncs by names
 * of this program's, which the linker prefers. */
#include "issuer/store_sqlite.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include "issuer/publish.h"
#include "unit.h"

enum { PAGE = 4096 };

static int write_error; /* errno of every write, 0: none */
static int sync_error;

static ssize_t bad_pwrite(int fd, const void *data, size_t len, off_t at)
{
    if (write_error == 0)
        return pwrite(fd, data, len, at);
    errno = write_error;
    return -1;
}

__attribute__((visibility("default"))) int fdatasync(int fd)
{
    if (sync_error == 0)
        return (int)syscall(SYS_fdatasync, fd);
    errno = sync_error;
    return -1;
}

__attribute__((visibility("default"))) int fsync(int fd)
{
    if (sync_error == 0)
        return (int)syscall(SYS_fsync, fd);
    errno = sync_error;
    return -1;
}

static void exchange_writes(void)
{
    static const char *const names[] = {"pwrite", "pwrite64"};
    sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);

    for (size_t i = 0; i < 2; i++)
        CU_ASSERT_EQUAL(
            vfs->xSetSystemCall(vfs, names[i], (sqlite3_syscall_ptr)bad_pwrite),
            SQLITE_OK);
}

struct place {
    char *dir;
    char path[ISS_PATH_MAX];
    struct iss_error error;
};

static void place_new(struct place *place)
{
    memset(place, 0, sizeof(*place));
    place->dir = unit_temp_dir();
    CU_ASSERT_TRUE(iss_path_join(place->path, place->dir, "store.db"));
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

static enum iss_status append(struct iss_store *store, uint64_t seq,
                              struct iss_error *error)
{
    static const uint8_t record[PAGE] = "PSJ1";
    struct iss_row row = {.seq = seq, .record = record, .len = sizeof(record)};

    memset(error, 0, sizeof(*error));
    memcpy(row.prev, &seq, sizeof(seq));
    memset(row.hash, 0x55, sizeof(row.hash));
    memcpy(row.hash, &seq, sizeof(seq));
    enum iss_status status = iss_store_begin(store, error);
    if (status != ISS_OK)
        return status;
    status = iss_store_append(store, &row, error);
    if (status == ISS_OK)
        return iss_store_commit(store, error);
    iss_store_rollback(store);
    return status;
}

static uint64_t head(struct iss_store *store)
{
    uint64_t seq = 99;

    CU_ASSERT_EQUAL(iss_store_head(store, &seq, NULL), ISS_OK);
    return seq;
}

static void who_waits_too_long_is_told_of_the_other(void)
{
    struct place place;

    place_new(&place);
    struct iss_store *one = open_store(&place, ISS_STORE_CREATE);
    struct iss_store *two = open_store(&place, 0);
    CU_ASSERT_EQUAL(iss_store_begin(one, NULL), ISS_OK);
    (void)sqlite3_busy_timeout(two->db, 20);
    CU_ASSERT_EQUAL(append(two, 1, &place.error), ISS_STORE);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(place.error.text, "locked by another process"));
    iss_store_rollback(one);
    CU_ASSERT_EQUAL(append(two, 1, &place.error), ISS_OK);
    iss_store_close(one);
    iss_store_close(two);
    place_free(&place);
}

static void a_full_or_broken_disk_takes_nothing_and_later_all(void)
{
    static const struct {
        int error;
        const char *text;
    } cases[] = {{ENOSPC, "disk full"}, {EDQUOT, "disk"}, {EIO, "disk error"}};

    exchange_writes();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct place place;

        place_new(&place);
        struct iss_store *store = open_store(&place, ISS_STORE_CREATE);
        CU_ASSERT_EQUAL(append(store, 1, &place.error), ISS_OK);
        write_error = cases[i].error;
        CU_ASSERT_EQUAL(append(store, 2, &place.error), ISS_STORE);
        CU_ASSERT_PTR_NOT_NULL(strstr(place.error.text, cases[i].text));
        CU_ASSERT_EQUAL(append(store, 2, &place.error), ISS_STORE);
        write_error = 0;
        CU_ASSERT_EQUAL(head(store), 1);
        CU_ASSERT_EQUAL(append(store, 2, &place.error), ISS_OK);
        iss_store_close(store);
        store = open_store(&place, ISS_READ_ONLY);
        CU_ASSERT_EQUAL(head(store), 2);
        CU_ASSERT_EQUAL(iss_store_check(store, NULL), ISS_OK);
        iss_store_close(store);
        place_free(&place);
    }
}

static void after_a_sync_that_failed_nothing_more_is_written(void)
{
    struct place place;

    place_new(&place);
    struct iss_store *store = open_store(&place, ISS_STORE_CREATE);
    CU_ASSERT_EQUAL(append(store, 1, &place.error), ISS_OK);
    sync_error = EIO;
    CU_ASSERT_EQUAL(append(store, 2, &place.error), ISS_STORE);
    sync_error = 0;
    CU_ASSERT_EQUAL(append(store, 3, &place.error), ISS_STORE);
    CU_ASSERT_PTR_NOT_NULL(strstr(place.error.text, "open it anew"));
    iss_store_close(store);
    store = open_store(&place, 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(store);
    CU_ASSERT_TRUE(head(store) == 1 || head(store) == 2);
    CU_ASSERT_EQUAL(append(store, 3, &place.error), ISS_OK);
    iss_store_close(store);
    place_free(&place);
}

static void what_may_only_be_read_is_not_written(void)
{
    struct place place;

    place_new(&place);
    iss_store_close(open_store(&place, ISS_STORE_CREATE));
    struct iss_store *store = open_store(&place, ISS_READ_ONLY);
    CU_ASSERT_EQUAL(append(store, 1, &place.error), ISS_STORE);
    CU_ASSERT_PTR_NOT_NULL(strstr(place.error.text, "not writable"));
    CU_ASSERT_EQUAL(head(store), 0);
    iss_store_close(store);
    CU_ASSERT_EQUAL(unlink(place.path), 0);
    CU_ASSERT_PTR_NULL(open_store(&place, ISS_READ_ONLY));
    CU_ASSERT_EQUAL(place.error.status, ISS_STORE);
    place_free(&place);
}

/* Even by somebody who has the database open. */
static void a_record_is_neither_changed_nor_taken_away(void)
{
    static const char *const statements[] = {
        "UPDATE journal SET hash = zeroblob(32)", "UPDATE journal SET seq = 7",
        "DELETE FROM journal", "DELETE FROM journal WHERE seq = 1"};
    struct place place;

    place_new(&place);
    struct iss_store *store = open_store(&place, ISS_STORE_CREATE);
    CU_ASSERT_EQUAL(append(store, 1, &place.error), ISS_OK);
    for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++) {
        char *why = NULL;

        CU_ASSERT_EQUAL(
            sqlite3_exec(store->db, statements[i], NULL, NULL, &why) & 0xff,
            SQLITE_CONSTRAINT);
        CU_ASSERT_PTR_NOT_NULL(why);
        CU_ASSERT_STRING_EQUAL(why, "the journal grows only");
        sqlite3_free(why);
    }
    CU_ASSERT_EQUAL(head(store), 1);
    iss_store_close(store);
    place_free(&place);
}

static enum iss_status walk(void *arg, const struct iss_row *row,
                            struct iss_error *error)
{
    (void)arg;
    (void)row;
    (void)error;
    return ISS_OK;
}

/* Page by page: its header, where a B-tree says what it is and a long record
 * where it goes on. */
static void a_damaged_page_is_seen(void)
{
    enum { RECORDS = 30, FIRST_HEADER = 100, DAMAGE = 8 };
    struct place place;
    size_t len = 0;
    unsigned missed = 0;

    place_new(&place);
    struct iss_store *store = open_store(&place, ISS_STORE_CREATE);
    for (uint64_t seq = 1; seq <= RECORDS; seq++)
        CU_ASSERT_EQUAL(append(store, seq, &place.error), ISS_OK);
    iss_store_close(store);
    char *text = unit_read_file(place.path, &len);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    CU_ASSERT_TRUE(len > (size_t)RECORDS * PAGE);
    for (size_t page = 0; page < len / PAGE; page++) {
        char *at = text + page * PAGE + (page == 0 ? FIRST_HEADER : 0);
        char kept[DAMAGE];
        enum iss_status status = ISS_OK;

        memcpy(kept, at, DAMAGE);
        memset(at, 0xa5, DAMAGE);
        CU_ASSERT_EQUAL(
            iss_publish(place.path, text, len, ISS_PUBLISH_FORCE, NULL),
            ISS_OK);
        store = open_store(&place, ISS_READ_ONLY);
        status = place.error.status;
        if (store != NULL)
            status = iss_store_check(store, NULL);
        if (store != NULL && status == ISS_OK)
            status = iss_store_each(store, 1, 0, walk, NULL, NULL);
        missed += status != ISS_JOURNAL;
        iss_store_close(store);
        memcpy(at, kept, DAMAGE);
    }
    CU_ASSERT_EQUAL(missed, 0);
    free(text);
    place_free(&place);
}

UNIT_MAIN("store_sqlite", UNIT(who_waits_too_long_is_told_of_the_other),
          UNIT(a_full_or_broken_disk_takes_nothing_and_later_all),
          UNIT(after_a_sync_that_failed_nothing_more_is_written),
          UNIT(what_may_only_be_read_is_not_written),
          UNIT(a_record_is_neither_changed_nor_taken_away),
          UNIT(a_damaged_page_is_seen))
