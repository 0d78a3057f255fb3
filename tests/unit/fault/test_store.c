/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of tests/fault/store*.c: a token in a folder, used by many. */
#include "fixture.h"

#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PROCESSES = 16, PAIRS = 4, KILLS = 40 };

static char *folder, *settings;

static void begin(void)
{
    folder = unit_temp_dir();
    settings = fixture_text("token-dir='%s/token'", folder);
}

static void end(void)
{
    free(settings);
    free(folder);
}

/* Runs in another process, which opens the same folder. */
static int elsewhere(int (*act)(CK_SESSION_HANDLE session))
{
    int status = -1;
    pid_t child = fork();

    if (child == 0)
        _exit(act(fixture_start(settings)));
    if (child < 0 || waitpid(child, &status, 0) != child)
        CU_FAIL("no child");
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int make_a_pair(CK_SESSION_HANDLE session)
{
    struct fixture_pair pair;

    return fixture_pair(session, 7, NULL, 0, &pair) == CKR_OK ? 0 : 1;
}

static CK_ULONG find_id(CK_SESSION_HANDLE session, CK_BYTE id,
                        CK_OBJECT_CLASS class, CK_OBJECT_HANDLE *found)
{
    CK_ATTRIBUTE template[] = {{CKA_ID, &id, 1},
                               {CKA_CLASS, &class, sizeof(class)}};

    return fixture_find(session, template, 2, found, 1);
}

static int destroy_public(CK_SESSION_HANDLE session)
{
    CK_OBJECT_HANDLE found = CK_INVALID_HANDLE;

    if (find_id(session, 7, CKO_PUBLIC_KEY, &found) != 1)
        return 1;
    return ck->C_DestroyObject(session, found) == CKR_OK ? 0 : 2;
}

static int rename_private(CK_SESSION_HANDLE session)
{
    CK_OBJECT_HANDLE found = CK_INVALID_HANDLE;
    CK_ATTRIBUTE label = {CKA_LABEL, (char[]){'n', 'e', 'w'}, 3};

    if (find_id(session, 7, CKO_PRIVATE_KEY, &found) != 1)
        return 1;
    return ck->C_SetAttributeValue(session, found, &label, 1) == CKR_OK ? 0 : 2;
}

static void other_processes_see_each_change(void)
{
    CK_SESSION_HANDLE session;
    CK_OBJECT_HANDLE key = CK_INVALID_HANDLE, again = CK_INVALID_HANDLE;
    CK_BYTE label[8], sig[FIXTURE_SIG_MAX];
    CK_ULONG len = sizeof(sig);

    begin();
    session = fixture_start(settings);
    CU_ASSERT_EQUAL(fixture_find(session, NULL, 0, NULL, 0), 0);
    CU_ASSERT_EQUAL(elsewhere(make_a_pair), 0);
    CU_ASSERT_EQUAL(find_id(session, 7, CKO_PRIVATE_KEY, &key), 1);
    CU_ASSERT_EQUAL(elsewhere(rename_private), 0);
    CU_ASSERT_EQUAL(fixture_read(session, key, CKA_LABEL, label, 8), 3);
    CU_ASSERT_EQUAL(memcmp(label, "new", 3), 0);
    CU_ASSERT_EQUAL(elsewhere(destroy_public), 0);
    CU_ASSERT_EQUAL(find_id(session, 7, CKO_PUBLIC_KEY, &again), 0);
    CU_ASSERT_EQUAL(find_id(session, 7, CKO_PRIVATE_KEY, &again), 1);
    CU_ASSERT_EQUAL(key, again);
    CU_ASSERT_EQUAL(fixture_sign(session, CKM_RSA_PKCS, key, sig, &len),
                    CKR_OK);
    CU_ASSERT_TRUE(fixture_verify(session, key, CKM_RSA_PKCS, sig, len));
    CU_ASSERT_EQUAL(ck->C_DestroyObject(session, key), CKR_OK);
    CU_ASSERT_EQUAL(elsewhere(destroy_public), 1);
    fixture_stop();
    end();
}

static void objects_are_there_the_next_time(void)
{
    CK_SESSION_HANDLE session;
    struct fixture_pair pair;
    CK_OBJECT_HANDLE key = CK_INVALID_HANDLE;
    CK_BYTE n[128], again[128];

    begin();
    session = fixture_start(settings);
    CU_ASSERT_EQUAL(fixture_pair(session, 9, NULL, 0, &pair), CKR_OK);
    CU_ASSERT_EQUAL(fixture_read(session, pair.public_key, CKA_MODULUS, n, 128),
                    128);
    fixture_stop();
    session = fixture_start(settings);
    CU_ASSERT_EQUAL(find_id(session, 9, CKO_PRIVATE_KEY, &key), 1);
    CU_ASSERT_EQUAL(fixture_read(session, key, CKA_MODULUS, again, 128), 128);
    CU_ASSERT_EQUAL(memcmp(n, again, 128), 0);
    fixture_stop();
    end();
}

static void session_objects_leave_no_file(void)
{
    CK_ATTRIBUTE template[] = {FIXTURE_FALSE(CKA_TOKEN)};
    CK_SESSION_HANDLE session;
    struct fixture_pair pair;
    CK_OBJECT_HANDLE copy;

    begin();
    session = fixture_start(settings);
    CU_ASSERT_EQUAL(fixture_pair(session, 7, NULL, 0, &pair), CKR_OK);
    CU_ASSERT_EQUAL(
        ck->C_CopyObject(session, pair.private_key, template, 1, &copy),
        CKR_OK);
    CU_ASSERT_EQUAL(fixture_find(session, NULL, 0, NULL, 0), 3);
    fixture_stop();
    session = fixture_start(settings);
    CU_ASSERT_EQUAL(fixture_find(session, NULL, 0, NULL, 0), 2);
    fixture_stop();
    end();
}

static int make_pairs(CK_SESSION_HANDLE session)
{
    for (int i = 0; i < PAIRS; i++) {
        if (make_a_pair(session) != 0)
            return 1;
    }
    return 0;
}

static void many_processes_make_keys_at_once(void)
{
    CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
    CK_ATTRIBUTE template = {CKA_CLASS, &class, sizeof(class)};
    pid_t children[PROCESSES];
    int status = -1;

    begin();
    fixture_load();
    for (int i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        if (children[i] == 0)
            _exit(make_pairs(fixture_start(settings)));
    }
    for (int i = 0; i < PROCESSES; i++) {
        CU_ASSERT_EQUAL(waitpid(children[i], &status, 0), children[i]);
        CU_ASSERT_EQUAL(status, 0);
    }
    CU_ASSERT_EQUAL(
        fixture_find(fixture_start(settings), &template, 1, NULL, 0),
        PROCESSES * PAIRS);
    fixture_stop();
    end();
}

/* Whenever it is killed: pairs are whole, and every one that the process was
 * told of is there. It tells by an octet in a pipe. */
static void kill_leaves_whole_pairs(void)
{
    int told = 0, pipe_fds[2];
    CK_SESSION_HANDLE session;
    CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
    CK_ATTRIBUTE template = {CKA_CLASS, &class, sizeof(class)};
    CK_ULONG private_keys;
    char octet;

    begin();
    fixture_load();
    CU_ASSERT_EQUAL_FATAL(pipe(pipe_fds), 0);
    for (int i = 0; i < KILLS; i++) {
        struct timespec wait = {.tv_nsec = i * 500000};
        pid_t child = fork();

        if (child == 0) {
            session = fixture_start(settings);
            while (make_a_pair(session) == 0 && write(pipe_fds[1], "x", 1) == 1)
                ;
            _exit(1);
        }
        /* Every other one after its first pair, whatever the machine. */
        if (i % 2 == 0 && read(pipe_fds[0], &octet, 1) == 1)
            told++;
        (void)nanosleep(&wait, NULL);
        CU_ASSERT_EQUAL(kill(child, SIGKILL), 0);
        CU_ASSERT_EQUAL(waitpid(child, NULL, 0), child);
    }
    (void)close(pipe_fds[1]);
    while (read(pipe_fds[0], &octet, 1) == 1)
        told++;
    (void)close(pipe_fds[0]);
    session = fixture_start(settings);
    CU_ASSERT_EQUAL(ck->C_FindObjectsInit(session, &template, 1), CKR_OK);
    private_keys = 0;
    for (CK_ULONG n = 1; n > 0;) {
        CK_OBJECT_HANDLE found[16];

        CU_ASSERT_EQUAL(ck->C_FindObjects(session, found, 16, &n), CKR_OK);
        private_keys += n;
    }
    CU_ASSERT_EQUAL(ck->C_FindObjectsFinal(session), CKR_OK);
    CU_ASSERT_TRUE(private_keys >= (CK_ULONG)told);
    CU_ASSERT_TRUE(private_keys <= (CK_ULONG)(told + KILLS));
    CU_ASSERT_TRUE(told > 0);
    class = CKO_PUBLIC_KEY;
    CU_ASSERT_EQUAL(ck->C_FindObjectsInit(session, &template, 1), CKR_OK);
    for (CK_ULONG n = 1; n > 0;) {
        CK_OBJECT_HANDLE found[16];

        CU_ASSERT_EQUAL(ck->C_FindObjects(session, found, 16, &n), CKR_OK);
        private_keys -= n;
    }
    CU_ASSERT_EQUAL(ck->C_FindObjectsFinal(session), CKR_OK);
    CU_ASSERT_EQUAL(private_keys, 0);
    fixture_stop();
    end();
}

static void leftovers_of_killed_processes_are_swept(void)
{
    char *path;
    CK_SESSION_HANDLE session;
    struct fixture_pair pair;
    pid_t child;

    begin();
    session = fixture_start(settings);
    CU_ASSERT_EQUAL(fixture_pair(session, 7, NULL, 0, &pair), CKR_OK);
    child = fork();
    if (child == 0)
        _exit(0);
    CU_ASSERT_EQUAL(waitpid(child, NULL, 0), child);
    path = fixture_text("%s/token/.new-%d-1", folder, (int)child);
    CU_ASSERT_EQUAL(symlink("x", path), 0);
    CU_ASSERT_EQUAL(ck->C_DestroyObject(session, pair.public_key), CKR_OK);
    CU_ASSERT_EQUAL(unlink(path), -1);
    free(path);
    fixture_stop();
    end();
}

static void login_writes_nothing(void)
{
    CK_SESSION_HANDLE session;
    struct dirent **names = NULL;
    char *path;
    int count;

    begin();
    session = fixture_start(settings);
    CU_ASSERT_EQUAL(ck->C_Logout(session), CKR_OK);
    path = fixture_text("%s/token", folder);
    count = scandir(path, &names, NULL, NULL);
    CU_ASSERT_EQUAL(count, 2); /* . and .. */
    while (count > 0)
        free(names[--count]);
    free(names);
    free(path);
    fixture_stop();
    end();
}

static void initialised_token_keeps_its_label_and_pins(void)
{
    CK_BYTE so_pin[] = "12345678", pin[] = "9876";
    CK_BYTE label[33] = "kept                            ";
    CK_SESSION_HANDLE session;
    CK_TOKEN_INFO info;

    begin();
    CU_ASSERT_EQUAL(fixture_initialize(settings), CKR_OK);
    CU_ASSERT_EQUAL(ck->C_InitToken(0, so_pin, 8, label), CKR_OK);
    session = fixture_session();
    CU_ASSERT_EQUAL(ck->C_Login(session, CKU_SO, so_pin, 8), CKR_OK);
    CU_ASSERT_EQUAL(ck->C_InitPIN(session, pin, 4), CKR_OK);
    fixture_stop();
    CU_ASSERT_EQUAL(fixture_initialize(settings), CKR_OK);
    CU_ASSERT_EQUAL(ck->C_GetTokenInfo(0, &info), CKR_OK);
    CU_ASSERT_EQUAL(memcmp(info.label, label, 32), 0);
    session = fixture_session();
    CU_ASSERT_EQUAL(ck->C_Login(session, CKU_USER, pin, 4), CKR_OK);
    fixture_stop();
    end();
}

UNIT_MAIN("store", UNIT(other_processes_see_each_change),
          UNIT(objects_are_there_the_next_time),
          UNIT(session_objects_leave_no_file),
          UNIT(many_processes_make_keys_at_once), UNIT(kill_leaves_whole_pairs),
          UNIT(leftovers_of_killed_processes_are_swept),
          UNIT(login_writes_nothing),
          UNIT(initialised_token_keeps_its_label_and_pins))
