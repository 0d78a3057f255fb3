/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/owner.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "answers.h"
#include "issuer/publish.h"
#include "unit.h"

static const char other_user[] = "nobody";

/* Runs as nobody in a child; false: not to be done here. */
static bool as_nobody(int (*run)(void *arg), void *arg, int *result)
{
    const struct passwd *user = getpwnam(other_user);
    int state = 0;

    if (geteuid() != 0 || user == NULL) {
        unit_skip("only root can be another user");
        return false;
    }
    pid_t child = fork();
    if (child == 0) {
        if (setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0)
            _exit(126);
        _exit(run(arg));
    }
    CU_ASSERT_EQUAL_FATAL(waitpid(child, &state, 0), child);
    CU_ASSERT_TRUE(WIFEXITED(state));
    *result = WEXITSTATUS(state);
    return true;
}

/* ---- who may change a store ------------------------------------------------
 */

static enum iss_status open_as(struct stores *stores, const char *user,
                               const char *const *groups, size_t count)
{
    struct iss *store = NULL;

    stores->env.user = user;
    stores->env.groups = groups;
    stores->env.group_count = count;
    memset(&stores->error, 0, sizeof(stores->error));
    enum iss_status status =
        iss_open(&stores->env, stores->root, 0, &store, &stores->error);
    iss_free(store);
    return status;
}

static void a_group_of_administrators_is_named_in_the_configuration(void)
{
    static const char *const groups[] = {"users", "rmsadmin"};
    struct stores stores;
    struct iss *store = NULL;
    char path[ISS_PATH_MAX];
    size_t len = 0;
    char *longer = NULL;

    answers_new(&stores, ISS_ROOT);
    CU_ASSERT_EQUAL(open_as(&stores, "alice", groups, 1), ISS_OK);
    CU_ASSERT_TRUE_FATAL(iss_path_join(path, stores.root, "privyseal.conf"));
    char *text = unit_read_file(path, &len);
    CU_ASSERT_TRUE_FATAL(
        asprintf(&longer, "%s[privyseal]\nadmin_group = rmsadmin\n", text) > 0);
    CU_ASSERT_EQUAL(
        iss_publish(path, longer, strlen(longer), ISS_PUBLISH_FORCE, NULL),
        ISS_OK);
    CU_ASSERT_EQUAL(open_as(&stores, "alice", groups, 1), ISS_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(stores.error.text, "rmsadmin"));
    CU_ASSERT_PTR_NOT_NULL(strstr(stores.error.text, "alice"));
    CU_ASSERT_EQUAL(open_as(&stores, NULL, NULL, 0), ISS_REFUSED);
    CU_ASSERT_EQUAL(open_as(&stores, "alice", groups, 2), ISS_OK);
    CU_ASSERT_EQUAL(open_as(&stores, "root", NULL, 0), ISS_OK);
    /* whoever reads changes nothing */
    stores.env.user = "bob";
    CU_ASSERT_EQUAL(
        iss_open(&stores.env, stores.root, ISS_READ_ONLY, &store, NULL),
        ISS_OK);
    iss_free(store);
    free(text);
    free(longer);
    stores_free(&stores);
}

enum { OUT_OF_REACH = 2 };

static int open_it(void *arg)
{
    struct stores *stores = arg;

    if (access(stores->root, F_OK) != 0 && errno == EACCES)
        return OUT_OF_REACH;
    if (open_as(stores, other_user, NULL, 0) != ISS_REFUSED)
        return 1;
    return strstr(stores->error.text, "belongs to root") == NULL ||
           strstr(stores->error.text, other_user) == NULL;
}

static void without_a_group_owner_and_root_may_change_it(void)
{
    struct stores stores;
    int result = 0;

    answers_new(&stores, ISS_ROOT);
    CU_ASSERT_EQUAL(chmod(stores.dir, 0755), 0);
    if (as_nobody(open_it, &stores, &result)) {
        if (result == OUT_OF_REACH)
            unit_skip("the folder of the tests is closed to other users");
        else
            CU_ASSERT_EQUAL(result, 0);
    }
    stores_free(&stores);
}

/* ---- whose files they are --------------------------------------------------
 */

static int find_root(void *arg)
{
    struct iss_owner owner;
    struct iss_error error = {.status = ISS_OK};

    (void)arg;
    return iss_owner_find("root", &owner, &error) != ISS_REFUSED ||
           strstr(error.text, "only root") == NULL ||
           iss_owner_find(other_user, &owner, NULL) != ISS_OK || owner.other;
}

static void a_user_is_found_or_named(void)
{
    struct iss_owner owner;
    struct iss_error error = {.status = ISS_OK};
    int result = 0;

    CU_ASSERT_EQUAL(iss_owner_find(NULL, &owner, NULL), ISS_OK);
    CU_ASSERT_FALSE(owner.other);
    CU_ASSERT_EQUAL(owner.uid, geteuid());
    CU_ASSERT_EQUAL(iss_owner_find("no such user", &owner, &error), ISS_USAGE);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "no such user"));
    if (as_nobody(find_root, NULL, &result))
        CU_ASSERT_EQUAL(result, 0);
}

static bool is_theirs(const char *dir, const char *name, uid_t uid)
{
    char path[ISS_PATH_MAX];
    struct stat st;

    return iss_path_join(path, dir, name) && lstat(path, &st) == 0 &&
           st.st_uid == uid;
}

static void a_store_is_given_to_the_service_user(void)
{
    static const char *const files[] = {".",           "privyseal.conf",
                                        "anchors.pem", "lock",
                                        "store.db",    "checkpoints"};
    const struct passwd *user = getpwnam(other_user);
    struct stores stores;
    struct stat st;

    if (geteuid() != 0 || user == NULL) {
        unit_skip("only root can give files away");
        return;
    }
    uid_t uid = user->pw_uid;
    stores_bare(&stores);
    struct iss_init asked = stores_authority(&stores);
    asked.service_user = other_user;
    stores_init(&stores, &asked);
    for (int i = 0; i < 2; i++) {
        for (size_t j = 0; j < sizeof(files) / sizeof(files[0]); j++)
            CU_ASSERT_TRUE(is_theirs(stores.authority, files[j], uid));
        CU_ASSERT_EQUAL(stat(stores.authority, &st), 0);
        CU_ASSERT_EQUAL(st.st_mode & 0777, 0700);
        /* again, with what is there by then */
        stores_init(&stores, &asked);
    }
    /* what root makes there later is theirs too */
    char path[ISS_PATH_MAX];
    CU_ASSERT_TRUE(iss_path_join(path, stores.authority, "member-a.conf"));
    CU_ASSERT_EQUAL(iss_publish(path, "x", 1, 0, NULL), ISS_OK);
    CU_ASSERT_TRUE(is_theirs(stores.authority, "member-a.conf", 0));
    CU_ASSERT_EQUAL(iss_owner_keep(stores.authority, path, NULL), ISS_OK);
    CU_ASSERT_TRUE(is_theirs(stores.authority, "member-a.conf", uid));
    CU_ASSERT_EQUAL(remove(path), 0);
    CU_ASSERT_EQUAL(iss_owner_keep(stores.authority, path, NULL), ISS_STORE);
    /* the database's own files go with it, whoever opens it */
    struct iss *store = stores_open(&stores, stores.authority);
    CU_ASSERT_TRUE(is_theirs(stores.authority, "store.db-wal", uid));
    CU_ASSERT_TRUE(is_theirs(stores.authority, "store.db-shm", uid));
    stores_close(&stores, store);
    stores_free(&stores);
}

/* What else lies there by somebody's hand is not given with it. */
static void only_plain_files_are_given(void)
{
    const struct passwd *user = getpwnam(other_user);
    struct iss_owner owner = {.other = true};
    char path[ISS_PATH_MAX];
    char target[ISS_PATH_MAX];
    struct stat st;

    if (geteuid() != 0 || user == NULL) {
        unit_skip("only root can give files away");
        return;
    }
    owner.uid = user->pw_uid;
    owner.gid = user->pw_gid;
    for (int i = 0; i < 3; i++) {
        char *outside = unit_temp_dir();
        char *dir = unit_temp_dir();

        CU_ASSERT_TRUE(iss_path_join(target, outside, "target"));
        CU_ASSERT_TRUE(iss_path_join(path, dir, "entry"));
        CU_ASSERT_EQUAL(iss_publish(target, "x", 1, 0, NULL), ISS_OK);
        CU_ASSERT_EQUAL(i == 0   ? symlink(target, path)
                        : i == 1 ? link(target, path)
                                 : mkdir(path, 0700),
                        0);
        CU_ASSERT_EQUAL(iss_owner_give(dir, &owner, NULL), ISS_CONFLICT);
        CU_ASSERT_EQUAL(stat(target, &st), 0);
        CU_ASSERT_EQUAL(st.st_uid, 0);
        CU_ASSERT_EQUAL(stat(dir, &st), 0);
        CU_ASSERT_EQUAL(st.st_uid, 0);
        (void)remove(path);
        (void)remove(target);
        (void)remove(dir);
        (void)remove(outside);
        free(dir);
        free(outside);
    }
}

UNIT_MAIN("owner",
          UNIT(a_group_of_administrators_is_named_in_the_configuration),
          UNIT(without_a_group_owner_and_root_may_change_it),
          UNIT(a_user_is_found_or_named),
          UNIT(a_store_is_given_to_the_service_user),
          UNIT(only_plain_files_are_given))
