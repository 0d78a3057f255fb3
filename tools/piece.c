/* SPDX-License-Identifier: Apache-2.0 */
/* Octets of an open file: see piece.h. */
#include "piece.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum iss_status tool_piece_open(const char *path, int *file,
                                struct iss_error *error)
{
    struct stat st;

    *file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (*file < 0 || fstat(*file, &st) != 0)
        return iss_fail(error, ISS_USAGE, "%s: %s", path, strerror(errno));
    return S_ISREG(st.st_mode)
               ? ISS_OK
               : iss_fail(error, ISS_USAGE, "%s: not a regular file", path);
}

enum iss_status tool_piece_read(int file, const char *path, uint8_t *octets,
                                size_t size, size_t *got,
                                struct iss_error *error)
{
    ssize_t n = 0;

    do
        n = read(file, octets, size);
    while (n < 0 && errno == EINTR);
    *got = n > 0 ? (size_t)n : 0;
    return n >= 0 ? ISS_OK
                  : iss_fail(error, ISS_USAGE, "%s: %s", path, strerror(errno));
}
