/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the trace file; a line is one write, so that processes may share. */
#include "trace.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { LINE_SIZE = 160, TRACE_ALL = 2 };

bool prov_trace_open(struct prov_trace *trace, const char *path, int level)
{
    trace->level = level;
    trace->fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    return trace->fd >= 0;
}

void prov_trace_close(struct prov_trace *trace)
{
    if (trace->fd >= 0)
        (void)close(trace->fd);
    trace->fd = -1;
}

void prov_trace_call(void *arg, const char *function, CK_RV rv,
                     uint64_t microseconds)
{
    const struct prov_trace *trace = arg;
    const char *name = p11_rv_name(rv);
    char line[LINE_SIZE], stamp[32] = "";
    struct timespec now = {0};
    struct tm utc;
    int len;

    if (trace->fd < 0 || (rv == CKR_OK && trace->level < TRACE_ALL))
        return;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    if (gmtime_r(&now.tv_sec, &utc) != NULL)
        (void)strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", &utc);
    len = snprintf(line, sizeof(line), "%s %d %s %s 0x%lx %" PRIu64 "us\n",
                   stamp, (int)getpid(), function, name != NULL ? name : "-",
                   (unsigned long)rv, microseconds);
    /* A full disk must not fail a signature. */
    if (len > 0 && len < LINE_SIZE && write(trace->fd, line, (size_t)len) < 0)
        return;
}
