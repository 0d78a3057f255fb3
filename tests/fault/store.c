/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the files of objects. */
#include "store.h"

#include "store_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { NAME_SIZE = 32, SETTLED_MS = 1000 };

struct known { /* a file as it was when it was read */
    unsigned number;
    ino_t ino;
    struct timespec changed;
    bool seen;
};

struct folder {
    struct known *known;
    size_t known_count, known_room;
    struct timespec changed;
    bool settled;
};

static struct folder folders[STORE_TOKENS];
static struct folder *here = folders;
static int lock_fd = -1;

void store_select(unsigned token)
{
    here = &folders[token];
    objects_select(token);
}

unsigned store_selected(void)
{
    return (unsigned)(here - folders);
}

bool store_folder(char *path, size_t size)
{
    static const char *const names[STORE_TOKENS] = {"", "/second", "/spare"};
    int len = snprintf(path, size, "%s%s", fault_conf()->token_dir,
                       names[store_selected()]);

    return len > 0 && (size_t)len < size;
}

static bool in_memory(void)
{
    return fault_conf()->token_dir[0] == '\0';
}

static CK_RV failed(const char *what)
{
    fault_complain("token-dir=%s: %s: %s", fault_conf()->token_dir, what,
                   strerror(errno));
    return CKR_DEVICE_ERROR;
}

static bool same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool make_folder(const char *path)
{
    return mkdir(path, 0700) == 0 || errno == EEXIST;
}

static int open_folder(void)
{
    char path[PATH_MAX];
    int folder;

    if (!store_folder(path, sizeof(path)))
        return -1;
    folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder >= 0 || errno != ENOENT)
        return folder;
    if (!make_folder(fault_conf()->token_dir) || !make_folder(path))
        return -1;
    return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void object_file_name(char name[static NAME_SIZE], unsigned number)
{
    (void)snprintf(name, NAME_SIZE, "%08u.obj", number);
}

/* The number in "00000012.obj"; 0 for other names. */
static unsigned number_of(const char *name)
{
    char *end = NULL;
    unsigned long number = strtoul(name, &end, 10);

    if (strlen(name) < 12 || strcmp(end, ".obj") != 0 || number > INT_MAX)
        return 0;
    return (unsigned)number;
}

/* ---- what is known ----------------------------------------------------- */

static size_t place(unsigned number)
{
    size_t low = 0, high = here->known_count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (here->known[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The entry for that file, a new one too; NULL: no memory. */
static struct known *know(unsigned number, bool *is_new)
{
    size_t at = place(number);

    *is_new = at == here->known_count || here->known[at].number != number;
    if (!*is_new)
        return &here->known[at];
    if (here->known_count == here->known_room) {
        size_t room = here->known_room * 2 + 16;
        struct known *more = realloc(here->known, room * sizeof(*more));

        if (more == NULL)
            return NULL;
        here->known = more;
        here->known_room = room;
    }
    memmove(&here->known[at + 1], &here->known[at],
            (here->known_count - at) * sizeof(*here->known));
    here->known_count++;
    here->known[at] = (struct known){.number = number};
    return &here->known[at];
}

static CK_RV remember(unsigned number, const struct stat *status)
{
    bool is_new;
    struct known *entry = know(number, &is_new);

    if (entry == NULL)
        return CKR_HOST_MEMORY;
    entry->ino = status->st_ino;
    entry->changed = status->st_mtim;
    entry->seen = true;
    return CKR_OK;
}

static void drop_objects(unsigned number)
{
    for (size_t i = objects_count(); i > 0; i--) {
        struct object *object = objects_at(i - 1);

        if (object->file == number)
            objects_remove(object);
    }
}

void store_forget(void)
{
    here->known_count = 0;
    here->settled = false;
}

/* ---- reading ----------------------------------------------------------- */

static CK_RV read_file(int folder, const char *name, unsigned number)
{
    struct object_file content = {.count = 0};
    struct stat status;
    bool is_new;
    struct known *entry;
    int fd;

    if (fstatat(folder, name, &status, 0) != 0)
        return CKR_OK; /* removed in the meantime */
    entry = know(number, &is_new);
    if (entry == NULL)
        return CKR_HOST_MEMORY;
    entry->seen = true;
    if (!is_new && entry->ino == status.st_ino &&
        same_time(entry->changed, status.st_mtim))
        return CKR_OK;
    fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? CKR_OK : failed(name);
    (void)fstat(fd, &status);
    entry->ino = status.st_ino;
    entry->changed = status.st_mtim;
    if (!object_file_read(fd, &content)) {
        fault_complain("token-dir: %s is no object file", name);
        return CKR_DEVICE_ERROR;
    }
    return object_file_take(&content, number, is_new);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_object(const struct dirent *entry)
{
    return number_of(entry->d_name) != 0;
}

static CK_RV read_folder(int folder)
{
    struct dirent **names = NULL;
    int count = scandirat(folder, ".", &names, is_object, by_name);
    CK_RV rv = CKR_OK;

    if (count < 0)
        return failed("scandir");
    for (size_t i = 0; i < here->known_count; i++)
        here->known[i].seen = false;
    for (int i = 0; i < count; i++) {
        if (rv == CKR_OK)
            rv = read_file(folder, names[i]->d_name,
                           number_of(names[i]->d_name));
        free(names[i]);
    }
    free(names);
    for (size_t i = here->known_count; rv == CKR_OK && i > 0; i--) {
        if (here->known[i - 1].seen)
            continue;
        drop_objects(here->known[i - 1].number);
        memmove(&here->known[i - 1], &here->known[i],
                (here->known_count - i) * sizeof(*here->known));
        here->known_count--;
    }
    return rv;
}

CK_RV store_sync(void)
{
    struct timespec now = {.tv_sec = 0};
    char path[PATH_MAX];
    struct stat status;
    int folder;
    CK_RV rv;

    if (in_memory())
        return CKR_OK;
    if (here->settled && store_folder(path, sizeof(path)) &&
        stat(path, &status) == 0 && same_time(status.st_mtim, here->changed))
        return CKR_OK;
    folder = open_folder();
    if (folder < 0 || fstat(folder, &status) != 0)
        return failed("open");
    /* A folder that changes twice within the clock's grain looks unchanged. */
    (void)clock_gettime(CLOCK_REALTIME, &now);
    here->settled = (now.tv_sec - status.st_mtim.tv_sec) * 1000 > SETTLED_MS;
    here->changed = status.st_mtim;
    rv = read_folder(folder);
    (void)close(folder);
    return rv;
}

/* ---- writing ----------------------------------------------------------- */

/* A temporary file with that content, synced. */
static bool write_temporary(int folder, char name[static NAME_SIZE],
                            struct object *const *objects, size_t count,
                            struct stat *status)
{
    static unsigned serial;
    bool written = false;
    int fd;

    (void)snprintf(name, NAME_SIZE, ".new-%d-%u", (int)getpid(), ++serial);
    (void)unlinkat(folder, name, 0); /* of a killed process, same id */
    fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    written = object_file_write(fd, objects, count) && fsync(fd) == 0 &&
              fstat(fd, status) == 0;
    return close(fd) == 0 && written;
}

CK_RV store_add(struct object *const *objects, size_t count)
{
    char temporary[NAME_SIZE], name[NAME_SIZE];
    struct stat status;
    unsigned number =
        here->known_count > 0 ? here->known[here->known_count - 1].number : 0;
    int folder, linked = -1;
    CK_RV rv = CKR_OK;

    if (in_memory())
        return CKR_OK;
    folder = open_folder();
    if (folder < 0)
        return failed("open");
    for (size_t i = 0; i < count; i++)
        objects[i]->index = (unsigned)i + 1;
    if (!write_temporary(folder, temporary, objects, count, &status)) {
        rv = failed("write");
        goto out;
    }
    do {
        object_file_name(name, ++number);
        linked = linkat(folder, temporary, folder, name, 0);
    } while (linked != 0 && errno == EEXIST);
    if (linked != 0 || fsync(folder) != 0) {
        rv = failed("link");
        goto out;
    }
    for (size_t i = 0; i < count; i++)
        objects[i]->file = number;
    rv = remember(number, &status);
out:
    (void)unlinkat(folder, temporary, 0);
    (void)close(folder);
    return rv;
}

/* Removes what killed processes have left. */
static void sweep(int folder)
{
    struct dirent *entry;
    DIR *dir = fdopendir(dup(folder));

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        int pid = 0;

        if (strncmp(entry->d_name, ".new-", 5) == 0)
            pid = (int)strtol(entry->d_name + 5, NULL, 10);
        if (pid > 0 && kill(pid, 0) != 0 && errno == ESRCH)
            (void)unlinkat(folder, entry->d_name, 0);
    }
    if (dir != NULL)
        (void)closedir(dir);
}

CK_RV store_begin(void)
{
    int folder;
    CK_RV rv;

    if (in_memory())
        return CKR_OK;
    folder = open_folder();
    if (folder < 0)
        return failed("open");
    lock_fd = openat(folder, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock_fd < 0 || flock(lock_fd, LOCK_EX) != 0) {
        rv = failed("lock");
    } else {
        sweep(folder);
        rv = store_sync();
    }
    (void)close(folder);
    if (rv != CKR_OK)
        store_end();
    return rv;
}

void store_end(void)
{
    if (lock_fd >= 0)
        (void)close(lock_fd);
    lock_fd = -1;
}

CK_RV store_write(unsigned file)
{
    struct object *left[OBJECT_FILE_MAX];
    char temporary[NAME_SIZE], name[NAME_SIZE];
    struct stat status;
    size_t count = 0;
    int folder;
    CK_RV rv;

    if (in_memory() || file == 0)
        return CKR_OK;
    folder = open_folder();
    if (folder < 0)
        return failed("open");
    for (size_t i = 0; i < objects_count() && count < OBJECT_FILE_MAX; i++) {
        if (objects_at(i)->file == file)
            left[count++] = objects_at(i);
    }
    object_file_name(name, file);
    if (count == 0)
        rv = unlinkat(folder, name, 0) == 0 ? CKR_OK : failed("unlink");
    else if (write_temporary(folder, temporary, left, count, &status) &&
             renameat(folder, temporary, folder, name) == 0)
        rv = remember(file, &status);
    else
        rv = failed("write");
    if (rv == CKR_OK && fsync(folder) != 0)
        rv = failed("fsync");
    (void)close(folder);
    return rv;
}

CK_RV store_clear(void)
{
    char name[NAME_SIZE];
    int folder;

    if (in_memory())
        return CKR_OK;
    folder = open_folder();
    if (folder < 0)
        return failed("open");
    for (size_t i = 0; i < here->known_count; i++) {
        object_file_name(name, here->known[i].number);
        (void)unlinkat(folder, name, 0);
    }
    (void)fsync(folder);
    (void)close(folder);
    store_forget();
    return CKR_OK;
}
