/* SPDX-License-Identifier: Apache-2.0 */
/* Where a license is written: names that say what a file is. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "license_order.h"

enum { NAME_SIZE = 240, NONCE_SHOWN = 4 }; /* NAME_MAX, less what is added */

/* A name or a mail address as part of a file name: what a shell or a folder
 * could take for something else becomes '_'. */
static void plain(const char *text, size_t len, char out[static NAME_SIZE])
{
    size_t used = 0;

    for (size_t i = 0; i < len && used < NAME_SIZE / 2 - 1; i++) {
        const char c = text[i];
        const bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') ||
                          (c != '\0' && strchr("@._+-", c) != NULL) ||
                          (unsigned char)c >= 0x80;

        out[used] = good && (used > 0 || (c != '.' && c != '-')) ? c : '_';
        used++;
    }
    out[used] = '\0';
}

/* "report.pl.xml" in any folder: "report". */
static size_t stem(const char **path)
{
    static const char *const ends[] = {".xml", ".pl"};
    const char *slash = strrchr(*path, '/');
    size_t len;

    *path = slash == NULL ? *path : slash + 1;
    len = strlen(*path);
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        const size_t end = strlen(ends[i]);

        if (len > end && memcmp(*path + len - end, ends[i], end) == 0)
            len -= end;
    }
    return len;
}

static void name_pl(const struct tool_order *order,
                    const struct tool_options *options,
                    char out[static NAME_SIZE])
{
    const char *source = options->value[TOOL_UNSIGNED];
    char base[NAME_SIZE];

    if (source != NULL) {
        const size_t len = stem(&source);

        plain(source, len, base);
        (void)snprintf(out, NAME_SIZE, "%.*s.signed.pl.xml", NAME_SIZE / 2,
                       base);
        return;
    }
    source = options->value[TOOL_OWNER];
    plain(source, strlen(source), base);
    (void)snprintf(out, NAME_SIZE, "%.*s-%02x%02x%02x%02x.pl.xml",
                   NAME_SIZE / 2, base, order->nonce[0], order->nonce[1],
                   order->nonce[2], order->nonce[NONCE_SHOWN - 1]);
}

static void name_ul(const struct tool_order *order,
                    const struct tool_options *options,
                    char out[static NAME_SIZE])
{
    const char *source = options->value[TOOL_PL];
    char base[NAME_SIZE], user[NAME_SIZE];
    const size_t len = stem(&source);

    plain(source, len, base);
    plain(order->user, strlen(order->user), user);
    (void)snprintf(out, NAME_SIZE, "%.*s.%.*s.ul.xml", NAME_SIZE / 2 - 8, base,
                   NAME_SIZE / 2 - 8, user);
}

/* NAME.KIND.xml */
static void name_plain(const char *name, enum iss_license_kind kind,
                       char out[static NAME_SIZE])
{
    char base[NAME_SIZE];

    plain(name, strlen(name), base);
    (void)snprintf(out, NAME_SIZE, "%.*s.%s.xml", NAME_SIZE / 2, base,
                   iss_license_kind_name(kind));
}

static void name_it(const struct tool_order *order,
                    const struct tool_options *options,
                    char out[static NAME_SIZE])
{
    const enum iss_license_kind kind = order->order.kind;

    if (kind == ISS_PL)
        name_pl(order, options, out);
    else if (kind == ISS_UL)
        name_ul(order, options, out);
    else if (kind == ISS_TEMPLATE)
        name_plain(options->value[TOOL_NAME], kind, out);
    else
        name_plain(order->user, kind, out);
}

enum iss_status tool_order_path(const struct tool_order *order,
                                const struct tool_options *options,
                                char out[static TOOL_ORDER_PATH_SIZE],
                                struct iss_error *error)
{
    const char *path = options->value[TOOL_OUT];
    struct stat file;
    const bool folder =
        path != NULL && stat(path, &file) == 0 && S_ISDIR(file.st_mode);
    char name[NAME_SIZE];
    int len;

    name_it(order, options, name);
    if (path == NULL)
        len = snprintf(out, TOOL_ORDER_PATH_SIZE, "%s", name);
    else if (folder)
        len = snprintf(out, TOOL_ORDER_PATH_SIZE, "%s/%s", path, name);
    else
        len = snprintf(out, TOOL_ORDER_PATH_SIZE, "%s", path);
    if (len > 0 && len < TOOL_ORDER_PATH_SIZE)
        return ISS_OK;
    return iss_fail(error, ISS_USAGE, "--out: the path is too long");
}
