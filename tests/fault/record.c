/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the files that record what happened. */
#include "record.h"

#include "call.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINE_MAX_LEN = 512, TOKENS = 3 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned long written[FAULT_FUNCTIONS]; /* already in count= */
static unsigned memory_tries[TOKENS];

void fault_record_lock(void)
{
    (void)pthread_mutex_lock(&lock);
}

void fault_record_unlock(void)
{
    (void)pthread_mutex_unlock(&lock);
}

/* One write, so that lines of several processes do not mix. */
static void append(const char *path, const char *line, bool sync)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    size_t len = strlen(line);

    if (fd < 0 || write(fd, line, len) != (ssize_t)len ||
        (sync && fsync(fd) != 0))
        fault_complain("%s: %s", path, strerror(errno));
    if (fd >= 0)
        (void)close(fd);
}

void fault_record_log(enum fault_function function, CK_RV rv)
{
    const char *path = fault_conf()->log;
    const char *name = fault_result_name(rv);
    char number[32], line[LINE_MAX_LEN];

    if (path[0] == '\0')
        return;
    (void)snprintf(number, sizeof(number), "0x%lx", rv);
    (void)snprintf(line, sizeof(line), "%s %s %d\n",
                   fault_function_name(function), name ? name : number,
                   (int)gettid());
    append(path, line, false);
}

/* Adds the lines of the file to the counts. */
static void read_counts(FILE *file,
                        unsigned long counts[static FAULT_FUNCTIONS])
{
    char line[LINE_MAX_LEN];

    while (fgets(line, sizeof(line), file) != NULL) {
        enum fault_function function;
        char *blank = strchr(line, ' ');

        if (blank == NULL)
            continue;
        *blank = '\0';
        if (fault_function_find(line, &function) && function < FAULT_FUNCTIONS)
            counts[function] += strtoul(blank + 1, NULL, 10);
    }
}

static bool write_counts(FILE *file,
                         const unsigned long counts[static FAULT_FUNCTIONS])
{
    rewind(file);
    for (size_t i = 0; i < FAULT_FUNCTIONS; i++) {
        if (counts[i] != 0 &&
            fprintf(file, "%s %lu\n",
                    fault_function_name((enum fault_function)i), counts[i]) < 0)
            return false;
    }
    return fflush(file) == 0 && ftruncate(fileno(file), ftell(file)) == 0;
}

void fault_record_counts(void)
{
    const char *path = fault_conf()->count;
    unsigned long now[FAULT_FUNCTIONS], sum[FAULT_FUNCTIONS];
    FILE *file = NULL;
    int fd;

    if (path[0] == '\0')
        return;
    fault_record_lock();
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0 && flock(fd, LOCK_EX) == 0)
        file = fdopen(fd, "r+");
    fault_calls_snapshot(now);
    for (size_t i = 0; i < FAULT_FUNCTIONS; i++) {
        sum[i] = now[i] >= written[i] ? now[i] - written[i] : now[i];
        written[i] = now[i];
    }
    if (file != NULL)
        read_counts(file, sum);
    if (file == NULL || !write_counts(file, sum))
        fault_complain("%s: %s", path, strerror(errno));
    if (file != NULL)
        (void)fclose(file);
    else if (fd >= 0)
        (void)close(fd);
    fault_record_unlock();
}

static char *hex(char *to, const CK_BYTE *data, size_t len)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < len; i++) {
        *to++ = digits[data[i] >> 4];
        *to++ = digits[data[i] & 15];
    }
    *to = '\0';
    return to;
}

void fault_record_signature(const CK_BYTE *id, size_t id_len,
                            const CK_BYTE input[static 32],
                            const CK_BYTE output[static 32])
{
    char line[LINE_MAX_LEN] = "-";
    char *end = line + 1;

    if (id_len > 0 && id_len <= 128)
        end = hex(line, id, id_len);
    *end++ = ' ';
    end = hex(end, input, 32);
    *end++ = ' ';
    end = hex(end, output, 32);
    *end++ = '\n';
    *end = '\0';
    append(fault_conf()->journal, line, true);
}

static bool tries_path(CK_SLOT_ID slot, char *path, size_t size)
{
    const char *folder = fault_conf()->token_dir;
    char number[8] = "";
    int len;

    if (slot > 0)
        (void)snprintf(number, sizeof(number), "-%u", (unsigned)slot % TOKENS);
    len = snprintf(path, size, "%s/wrong-pins%s", folder, number);

    return folder[0] != '\0' && len > 0 && (size_t)len < size;
}

unsigned fault_record_tries(CK_SLOT_ID slot)
{
    char path[PATH_MAX];
    struct stat status;
    unsigned tries;

    if (tries_path(slot, path, sizeof(path)))
        return stat(path, &status) == 0 ? (unsigned)status.st_size : 0;
    fault_record_lock();
    tries = memory_tries[slot % TOKENS];
    fault_record_unlock();
    return tries;
}

void fault_record_wrong_pin(CK_SLOT_ID slot)
{
    char path[PATH_MAX];

    if (tries_path(slot, path, sizeof(path))) {
        append(path, "x", true);
        return;
    }
    fault_record_lock();
    memory_tries[slot % TOKENS]++;
    fault_record_unlock();
}

void fault_record_right_pin(CK_SLOT_ID slot)
{
    char path[PATH_MAX];

    if (tries_path(slot, path, sizeof(path))) {
        if (fault_record_tries(slot) != 0)
            (void)unlink(path);
        return;
    }
    fault_record_lock();
    memory_tries[slot % TOKENS] = 0;
    fault_record_unlock();
}

void fault_record_forget_pins(void)
{
    fault_record_lock();
    memset(memory_tries, 0, sizeof(memory_tries));
    fault_record_unlock();
}
