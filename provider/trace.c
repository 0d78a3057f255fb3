/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the trace file; a line is one write, so that processes may share. */
#include "trace.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { LINE_SIZE = 512, TRACE_ALL = 2 };

/* The descriptor of a name that is a link to it, or -1. */
static int own_stream(const char *path)
{
    if (strcmp(path, "/dev/stderr") == 0)
        return STDERR_FILENO;
    return strcmp(path, "/dev/stdout") == 0 ? STDOUT_FILENO : -1;
}

/* Without waiting for a reader where it is a FIFO: that is refused. */
static int open_file(const char *path)
{
    struct stat st;
    int fd = open(path,
                  O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW |
                      O_NOCTTY | O_NONBLOCK,
                  0600);

    if (fd < 0)
        return -1;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
        return fd;
    (void)close(fd);
    errno = EINVAL;
    return -1;
}

bool prov_trace_open(struct prov_trace *trace, const char *path, int level)
{
    int stream = own_stream(path);

    trace->level = level;
    trace->fd = stream >= 0 ? fcntl(stream, F_DUPFD_CLOEXEC, STDERR_FILENO + 1)
                            : open_file(path);
    return trace->fd >= 0;
}

void prov_trace_close(struct prov_trace *trace)
{
    if (trace->fd >= 0)
        (void)close(trace->fd);
    trace->fd = -1;
}

/* "2026-11-21T05:26:25.123456Z 4711 4712": time, process, thread. */
static int stamp(char *line, size_t size)
{
    struct timespec now = {0};
    struct tm utc;
    char text[32] = "-";

    (void)clock_gettime(CLOCK_REALTIME, &now);
    if (gmtime_r(&now.tv_sec, &utc) != NULL)
        (void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &utc);
    return snprintf(line, size, "%s.%06ldZ %d %d ", text, now.tv_nsec / 1000,
                    (int)getpid(), (int)gettid());
}

/* A full disk must not fail a signature, nor change what errno says of it. */
static void put(const struct prov_trace *trace, const char *line, size_t len)
{
    int kept = errno;

    if (write(trace->fd, line, len) < 0)
        errno = kept;
}

void prov_trace_note(const struct prov_trace *trace, const char *text)
{
    char line[LINE_SIZE];

    while (trace->fd >= 0 && *text != '\0') {
        int words = (int)strcspn(text, "\n"), used = stamp(line, LINE_SIZE);
        int len = snprintf(line + used, LINE_SIZE - (size_t)used, "%.*s", words,
                           text);

        used += len < LINE_SIZE - used ? len : LINE_SIZE - used - 1;
        line[used] = '\n';
        put(trace, line, (size_t)used + 1);
        text += words;
        text += *text == '\n';
    }
}

void prov_trace_call(void *arg, const char *function, CK_RV rv,
                     uint64_t microseconds)
{
    const struct prov_trace *trace = arg;
    const char *name = p11_rv_name(rv);
    char line[LINE_SIZE];
    int used, len;

    if (trace->fd < 0 || (rv == CKR_OK && trace->level < TRACE_ALL))
        return;
    used = stamp(line, LINE_SIZE);
    len = snprintf(line + used, LINE_SIZE - (size_t)used,
                   "%s %s 0x%lx %" PRIu64 "us\n", function,
                   name != NULL ? name : "-", (unsigned long)rv, microseconds);
    if (len > 0 && len < LINE_SIZE - used)
        put(trace, line, (size_t)(used + len));
}
