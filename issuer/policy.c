/* SPDX-License-Identifier: Apache-2.0 */
/* Policy files: see policy.h. The checks themselves are in judge.c. */
#include "policy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "conf.h"
#include "publish.h"

enum { KEY_MIN = 2048, KEY_MAX = 4096 };

static bool set_level(void *object, const struct iss_conf_row *row,
                      const char *value)
{
    static const char *const words[] = {[ISS_LEVEL_REFUSE] = "refuse",
                                        [ISS_LEVEL_WARN] = "warn",
                                        [ISS_LEVEL_OFF] = "off"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(words[i], value) != 0)
            continue;
        enum iss_level level = (enum iss_level)i;
        memcpy((char *)object + row->offset, &level, sizeof(level));
        return true;
    }
    return false;
}

static bool set_always(void *object, const struct iss_conf_row *row,
                       const char *value)
{
    (void)object;
    (void)row;
    return strcmp(value, "refuse") == 0;
}

#define LEVEL(name, number)                                   \
    {                                                         \
        .section = "policy", .key = (name), .set = set_level, \
        .form = "refuse, warn or off",                        \
        .offset = offsetof(struct iss_policy, levels) +       \
                  (number) * sizeof(enum iss_level)           \
    }
#define MEMBER(member)                             \
    .offset = offsetof(struct iss_policy, member), \
    .size = sizeof(((struct iss_policy *)NULL)->member)

static const struct iss_conf_row rows[] = {
    {.section = "policy",
     .key = "form",
     .set = set_always,
     .form = "form cannot be turned off"},
#define CHECK(number, name, function) LEVEL(name, number),
#include "checks.def"
#undef CHECK
    {.section = "policy",
     .key = "key-min",
     .set = iss_conf_set_number,
     .form = "a number of bits",
     MEMBER(key_min)},
    {.section = "policy",
     .key = "key-max",
     .set = iss_conf_set_number,
     .form = "a number of bits",
     MEMBER(key_max)},
    {.section = "policy",
     .key = "url-allow",
     .set = iss_conf_set_text,
     .form = "patterns, blanks between",
     MEMBER(url_allow)},
    {.section = "policy",
     .key = "validity",
     .set = iss_conf_set_years,
     .form = "a number of years, as 1y",
     MEMBER(years)},
};

enum iss_status iss_policy_read(const char *name, const char *text, size_t len,
                                struct iss_policy *policy,
                                struct iss_error *error)
{
    memset(policy, 0, sizeof(*policy));
    policy->key_min = KEY_MIN;
    policy->key_max = KEY_MAX;
    if (text == NULL)
        return ISS_OK;
    enum iss_status status = iss_conf_read(
        name, text, len, rows, sizeof(rows) / sizeof(rows[0]), policy, error);
    if (status == ISS_OK && policy->key_min < KEY_MIN)
        status =
            iss_fail(error, ISS_USAGE, "%s: key-min: below %d", name, KEY_MIN);
    return status;
}

enum iss_status iss_policy_load(struct iss *iss, const struct iss_order *order,
                                struct iss_policy *policy,
                                struct iss_error *error)
{
    struct iss_error cause = {.status = ISS_OK};
    char path[ISS_PATH_MAX] = "policy";
    const char *text = order->policy;
    size_t len = order->policy_len;
    char *own = NULL;
    struct stat st;
    enum iss_status status = ISS_OK;

    /* a root has its access list in place of a policy file */
    bool file = text == NULL && iss->role == ISS_AUTHORITY;

    if (file && !iss_path_join(path, iss->dir, "policy.conf"))
        return iss_fail(error, ISS_USAGE, "%s: path too long", iss->dir);
    /* a link that leads nowhere is a policy that cannot be read, not none */
    if (file && (lstat(path, &st) == 0 || errno != ENOENT)) {
        status = iss_read_file(path, ISS_POLICY_MAX, &own, &len, &cause);
        text = own;
    }
    if (status == ISS_OK)
        status = iss_policy_read(path, text, len, policy, &cause);
    if (status != ISS_OK)
        status = iss_fail(error, ISS_REFUSED,
                          "policy: %s; an invalid policy allows nothing",
                          cause.text);
    free(own);
    return status;
}

static size_t part(const char *text, size_t len, char stop)
{
    const char *at = memchr(text, stop, len);
    return at == NULL ? len : (size_t)(at - text);
}

bool iss_url_matches(const char *pattern, size_t len, const char *url)
{
    static const char separator[] = "://";
    const char *url_host = strstr(url, separator);
    const char *host = memmem(pattern, len, separator, sizeof(separator) - 1);

    if (url_host == NULL || host == NULL || url_host - url != host - pattern ||
        memcmp(url, pattern, (size_t)(host - pattern)) != 0)
        return false;
    host += sizeof(separator) - 1;
    url_host += sizeof(separator) - 1;
    size_t host_len = part(host, len - (size_t)(host - pattern), '/');
    size_t url_host_len = part(url_host, strlen(url_host), '/');
    const char *path = host + host_len;
    const char *url_path = url_host + url_host_len;
    size_t path_len = len - (size_t)(path - pattern);
    if (host_len > 2 && host[0] == '*' && host[1] == '.') {
        size_t label = part(url_host, url_host_len, '.');

        if (label == 0 || label == url_host_len)
            return false;
        host += 1;
        host_len -= 1;
        url_host += label;
        url_host_len -= label;
    }
    if (host_len != url_host_len || memcmp(host, url_host, host_len) != 0)
        return false;
    if (path_len >= 2 && path[path_len - 1] == '*' && path[path_len - 2] == '/')
        return strncmp(path, url_path, path_len - 1) == 0;
    return strlen(url_path) == path_len &&
           memcmp(path, url_path, path_len) == 0;
}
